"""GPUs against a driver that is played: what the stand-in of NVML was told to say is what reports must say. The last tests ask the real
driver where there is one."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import PROGRAMS, REPOSITORY
from perfetto_engine import decode

STAND_IN = REPOSITORY / "Tests/StandIns/nvml.c"
GIB = 1 << 30
LOST = 15


@pytest.fixture(scope="session")
def build_driver(tmp_path_factory):
    """build_driver("OLD") is a folder with the stand-in as libnvidia-ml.so.1, built with these variants."""
    built = {}

    def folder_of(*variants):
        if variants not in built:
            folder = tmp_path_factory.mktemp("nvml")
            compiler = next(filter(None, map(shutil.which, ["cc", "clang", "gcc"])), None)
            if compiler is None:
                pytest.fail("no C compiler (cc, clang or gcc) to build the stand-in")
            subprocess.run([compiler, "-O1", "-fPIC", "-shared", "-Wall", "-Werror", *(f"-D{each}" for each in variants),
                            "-o", folder / "libnvidia-ml.so.1", STAND_IN], check=True)
            built[variants] = folder
        return built[variants]

    return folder_of


class Scene:
    """A folder that the stand-in reads, and the environment to run with."""

    def __init__(self, folder, library):
        self.folder = folder
        self.library = library
        folder.mkdir()

    def write(self, **files):
        for name, text in files.items():
            (self.folder / name.replace("_", ".")).write_text(text)
        return self

    def environment(self, **more):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CUDA_")}
        return {**environment, "STANDIN_NVML": str(self.folder), "LD_LIBRARY_PATH": str(self.library), **more}


@pytest.fixture
def scene(folder, build_driver):
    return lambda *variants: Scene(folder / "scene", build_driver(*variants))


def gpu(**values):
    """A GPU's file; `lines` are lines as they stand, `name` and `uuid` texts, the others numbers."""
    lines = values.pop("lines", [])
    settings = {"name": "Stand-in A100", "uuid": "GPU-0a0a0a0a", "total": 80 * GIB, "used": GIB, "busy": 0, "memory_busy": 0,
                "power": 100_000, "power_limit": 400_000, "energy": 5_000_000, "temperature": 40, "clock": 1410, "memory_clock": 1593,
                "reasons": 1, **values}
    texts = [f"text {key} {settings.pop(key)}" for key in ("name", "uuid")]
    return "\n".join([*texts, *(f"{key} {value}" for key, value in settings.items() if value is not None), *lines]) + "\n"


def player(*steps, rc=0, python=sys.executable):
    return [python, str(PROGRAMS / "gpu_player.py"), json.dumps(list(steps)), str(rc)]


def mine(used, percent=None):
    return [f"compute {{pid}} {used}"] + ([f"use {{pid}} {percent}"] if percent is not None else [])


def record(stripchart, scene, *steps, options=(), **environment):
    outcome = stripchart.run(*player(*steps), options=["-i", "20ms", *options], env=scene.environment(**environment))
    assert outcome.rc == 0, outcome.stderr
    return outcome


def of(report, index, partition=None):
    found = [each for each in report["gpus"] if each["index"] == index and each["partition"] == partition]
    assert len(found) == 1, report["gpus"]
    return found[0]


def levels(engine, recording, counter, gpu):
    """(time, value) of a counter of a GPU as the engine reads it."""
    return [(row["ts"], row["value"]) for row in engine(recording, f"""
        select c.ts, c.value from counter c join track t on c.track_id = t.id join track p on t.parent_id = p.id
        where t.name = '{counter}' and p.name glob 'GPU {gpu} *' order by c.ts""")]


# What a driver says is what is reported


def test_two_gpus_say_what_the_driver_said(stripchart, scene, engine):
    played = scene().write(gpu0=gpu(), gpu1=gpu(uuid="GPU-1b1b1b1b", used=3 * GIB, busy=70, temperature=77))
    outcome = record(
        stripchart, played,
        {"gpu0": gpu(used=2 * GIB, busy=50, energy=5_040_000, lines=mine(GIB, 40))},
        {"gpu0": gpu(used=5 * GIB, busy=90, memory_busy=30, energy=5_100_000, lines=mine(4 * GIB, 80))},
        {"gpu0": gpu(used=3 * GIB, busy=10, energy=5_123_000, lines=mine(2 * GIB, 5))})
    report = stripchart.report(outcome.recording)
    first, second = of(report, 0), of(report, 1)
    assert first["name"] == "Stand-in A100" and first["driver"] == "nvidia 999.01.02"
    assert first["pci"] == "0000:65:00.0" and second["pci"] == "0000:66:00.0"
    assert first["memory_bytes"] == 80 * GIB and first["power_limit_watts"] == 400
    assert first["first_memory_bytes"] == GIB and first["peak_memory_bytes"] == 5 * GIB
    assert first["last_memory_bytes"] == 3 * GIB
    assert first["recorded_peak_memory_bytes"] == 4 * GIB
    assert first["energy_joules"] == 123
    assert first["busy_share_max"] == 0.9
    assert second["busy_share"] == pytest.approx(0.7) and second["idle_share"] == pytest.approx(0.3)
    assert second["energy_joules"] == 0 and second["temperature_celsius_max"] == 77
    assert second["recorded_peak_memory_bytes"] == 0, "nobody that was recorded is on it"
    [process] = first["processes"]
    assert process["pid"] == report["processes"][0]["pid"]
    assert process["peak_memory_bytes"] == 4 * GIB and process["last_memory_bytes"] == 2 * GIB
    assert report["missing"] == [each for each in report["missing"] if "GPU" not in each["probe"]]
    # The engine sees the same values, and nothing in the file is wrong.
    engine.assert_clean(outcome.recording)
    used = [value for _, value in levels(engine, outcome.recording, "gpu_memory", 0)]
    assert used == [GIB, 2 * GIB, 5 * GIB, 3 * GIB] or used == [2 * GIB, 5 * GIB, 3 * GIB]
    decode(outcome.recording)


def test_the_mean_is_that_of_the_engines_own_curve(stripchart, scene, engine):
    played = scene().write(gpu0=gpu(busy=20))
    outcome = record(stripchart, played, *({"gpu0": gpu(busy=busy, lines=mine(GIB))} for busy in (80, 10, 60, 30)))
    report = stripchart.report(outcome.recording)
    curve = levels(engine, outcome.recording, "gpu_busy_thousandths", 0)
    [end] = engine(outcome.recording, "select int_value as ns from args where key = 'debug.last_read_ns'")
    area = sum(value * (until - since) for (since, value), (until, _) in zip(curve, [*curve[1:], (end["ns"], 0)]))
    assert of(report, 0)["busy_share"] == pytest.approx(area / 1000 / (end["ns"] - curve[0][0]), rel=1e-6)


def test_traffic_is_counted_from_its_first_reading(stripchart, scene):
    before = dict(pcie_received=10 * GIB, pcie_sent=GIB, nvlink_received_kib=1 << 20, nvlink_sent_kib=2 << 20)
    after = dict(pcie_received=12 * GIB, pcie_sent=GIB + 4096, nvlink_received_kib=(1 << 20) + 7, nvlink_sent_kib=2 << 20)
    played = scene().write(gpu0=gpu(**before))
    # These are read once a second: twelve steps of three readings, a tenth of a second apart.
    outcome = record(stripchart, played, {}, *([{"gpu0": gpu(**after)}] * 6))
    first = of(stripchart.report(outcome.recording), 0)
    assert first["pcie_received_bytes"] == 2 * GIB and first["pcie_sent_bytes"] == 4096
    assert first["nvlink_received_bytes"] == 7 * 1024 and first["nvlink_sent_bytes"] == 0


def test_the_csv_has_the_predecessors_columns(stripchart, scene):
    played = scene().write(gpu0=gpu(), gpu1=gpu(used=2 * GIB, busy=33))
    outcome = record(stripchart, played, {"gpu0": gpu(used=4 * GIB, busy=75, lines=mine(3 * GIB))})
    rows, _ = stripchart.export_csv(outcome.recording)
    columns = list(rows[0])
    expected = [f"gpu_{index}_{name}" for index in (0, 1) for name in ("mem_mb", "mem_mb_global", "utilization_percent_global")]
    place = columns.index("write_mb_global") + 1
    assert columns[place:place + 6] == expected
    assert max(float(row["gpu_0_mem_mb"] or 0) for row in rows) == 3072
    assert max(float(row["gpu_0_mem_mb_global"] or 0) for row in rows) == 4096
    assert max(float(row["gpu_0_utilization_percent_global"] or 0) for row in rows) == 75
    told = [row for row in rows if row["gpu_1_mem_mb_global"]]
    assert told and {float(row["gpu_1_mem_mb_global"]) for row in told} == {2048}
    assert {float(row["gpu_1_mem_mb"]) for row in told[1:]} == {0}, "it is known that nobody recorded is on it"
    # Before the first reading nothing is known, and that is not zero.
    assert all(row["gpu_1_mem_mb"] == "" for row in rows if not row["gpu_1_mem_mb_global"])


def test_spans_say_what_the_gpu_did_meanwhile(stripchart, scene, package):
    played = scene().write(gpu0=gpu())
    def at(second, busy):
        return {"gpu0": gpu(used=3 * GIB, busy=busy, energy=5_000_000 + 40_000 * second, lines=mine(2 * GIB))}

    work = [[at(4 * step + part, 90) for part in range(4)] for step in range(2)]
    outcome = record(stripchart, played, {}, *work, *([at(7, 0)] * 12), PYTHONPATH=str(package))
    report = stripchart.report(outcome.recording)
    spans = {span["name"]: span["inside"]["gpus"][0] for span in report["spans"]}
    assert spans["step2"]["busy_share"]["mean"] == pytest.approx(0.9, abs=0.02)
    assert spans["step6"]["busy_share"]["mean"] == pytest.approx(0, abs=0.02)
    assert spans["step6"]["idle_share"] == pytest.approx(1, abs=0.02)
    assert spans["step0"]["memory_growth_bytes"] + spans["step1"]["memory_growth_bytes"] == pytest.approx(2 * GIB, rel=0.1)
    assert spans["step6"]["memory_growth_bytes"] == pytest.approx(0, abs=GIB / 100)
    # A reading says what was used since the one before, so some of a span's energy stands in its neighbour.
    whole = sum(each["energy_joules"] or 0 for each in spans.values())
    assert whole == pytest.approx(280, rel=0.15) and of(report, 0)["energy_joules"] == 280
    assert spans["step2"]["energy_joules"] == pytest.approx(160, rel=0.35)
    [idle] = [each for each in report["findings"] if each["kind"] == "gpu_idle"]
    assert idle["figures"]["idle_share"] == pytest.approx(of(report, 0)["idle_share"])
    shown = stripchart("report", outcome.recording).text
    assert "GPU 0 was idle" in " ".join(shown.split())
    markdown = stripchart("report", "--markdown", outcome.recording).text
    assert "GPU 0 Stand-in A100" in markdown


def test_a_gpu_at_work_is_not_called_idle(stripchart, scene):
    busy = {"gpu0": gpu(busy=95, lines=mine(GIB))}
    outcome = record(stripchart, scene().write(gpu0=gpu(busy=95)), *([busy] * 12))
    assert "gpu_idle" not in [each["kind"] for each in stripchart.report(outcome.recording)["findings"]]


def test_pictures_and_pages_have_lanes(stripchart, scene):
    outcome = record(stripchart, scene().write(gpu0=gpu()), {"gpu0": gpu(busy=50, lines=mine(GIB))})
    done = stripchart("report", "--svg", "--select", "gpu", "-o", "gpu.svg", outcome.recording)
    assert done.rc == 0, done.stderr
    drawing = (stripchart.folder / "gpu.svg").read_text()
    assert "GPU 0 memory" in drawing and "peak 50.0 %" in drawing
    done = stripchart("report", "--html", "-o", "gpu.html", outcome.recording)
    assert done.rc == 0, done.stderr
    page = (stripchart.folder / "gpu.html").read_text()
    assert '"GPU 0 memory"' in page


# Variants of the driver


@pytest.mark.parametrize("variant", ["OLD", "LAYOUT_535"])
def test_other_versions_of_the_driver_tell_the_same_of_processes(stripchart, scene, variant):
    others = [f"compute {pid} {GIB}" for pid in (1, 2)]
    played = scene(variant).write(gpu0=gpu(used=2 * GIB))
    outcome = record(stripchart, played, {"gpu0": gpu(used=9 * GIB, busy=80, lines=others + mine(6 * GIB))})
    report = stripchart.report(outcome.recording)
    first = of(report, 0)
    assert first["recorded_peak_memory_bytes"] == 6 * GIB and first["peak_memory_bytes"] == 9 * GIB
    assert first["busy_share_max"] == 0.8
    if variant == "OLD":
        # What this driver does not offer is missing, and power stands in for the counter of energy.
        assert first["pcie_received_bytes"] is None and first["processes"][0]["busy_share"] is None
        assert first["energy_joules"] > 0


def test_mig_devices_are_recorded_one_by_one(stripchart, scene):
    def parts(first, second):
        return {"gpu0.0": gpu(uuid="MIG-1", total=20 * GIB, used=first + GIB, busy=None, power=None, energy=None, lines=mine(first)),
                "gpu0.1": gpu(uuid="MIG-2", total=10 * GIB, used=second + GIB, busy=None, power=None, energy=None, lines=mine(second))}

    whole = gpu(mig_mode=1, used=4 * GIB, busy=None, lines=["compute 1 77"])
    played = scene().write(gpu0=whole, **{name.replace(".", "_"): text for name, text in parts(0, 0).items()})
    outcome = record(stripchart, played, parts(3 * GIB, GIB), parts(5 * GIB, 2 * GIB))
    report = stripchart.report(outcome.recording)
    assert of(report, 0)["processes"] == [] and of(report, 0)["recorded_peak_memory_bytes"] is None
    assert of(report, 0)["busy_share"] is None, "a divided GPU has no utilisation of its own"
    assert of(report, 0, 0)["recorded_peak_memory_bytes"] == 5 * GIB and of(report, 0, 0)["memory_bytes"] == 20 * GIB
    assert of(report, 0, 1)["recorded_peak_memory_bytes"] == 2 * GIB and of(report, 0, 1)["uuid"] == "MIG-2"
    rows, _ = stripchart.export_csv(outcome.recording)
    assert max(float(row["gpu_0_mem_mb"] or 0) for row in rows) == 7 * 1024


def test_a_process_on_two_lists_holds_its_memory_once(stripchart, scene):
    both = [f"{kind} {{pid}} {2 * GIB}" for kind in ("compute", "graphics", "mps")]
    outcome = record(stripchart, scene().write(gpu0=gpu()), {"gpu0": gpu(lines=both)})
    assert of(stripchart.report(outcome.recording), 0)["recorded_peak_memory_bytes"] == 2 * GIB


def test_a_list_longer_than_the_first_buffer_is_read_whole(stripchart, scene):
    # Numbers that are processes of this machine: this test's own, over and over.
    crowd = [f"compute {os.getpid()} {4096 * number}" for number in range(300)]
    outcome = record(stripchart, scene().write(gpu0=gpu()), {"gpu0": gpu(lines=crowd + mine(5 * GIB, 12))})
    assert of(stripchart.report(outcome.recording), 0)["recorded_peak_memory_bytes"] == 5 * GIB


def test_memory_that_the_driver_does_not_tell_is_missing(stripchart, scene):
    outcome = record(stripchart, scene().write(gpu0=gpu()), {"gpu0": gpu(lines=["compute {pid} -1"])})
    [process] = of(stripchart.report(outcome.recording), 0)["processes"]
    assert process["peak_memory_bytes"] is None


# Which GPUs


def test_gpus_are_chosen_by_number(stripchart, scene):
    played = scene().write(gpu0=gpu(), gpu1=gpu(), gpu2=gpu())
    chosen = record(stripchart, played, {}, options=["--gpus", "0,2"])
    assert [each["index"] for each in stripchart.report(chosen.recording)["gpus"]] == [0, 2]
    none = stripchart.run("/bin/true", options=["--gpus", "none"], env=played.environment())
    assert stripchart.report(none.recording)["gpus"] == []
    absent = record(stripchart, played, {}, options=["--gpus", "1,7"])
    report = stripchart.report(absent.recording)
    assert [each["index"] for each in report["gpus"]] == [1]
    assert any(each["probe"] == "GPU 7" and "no GPU of this number" in each["reason"] for each in report["missing"])
    wrong = stripchart("run", "--gpus", "0;1", "--", "/bin/true")
    assert wrong.rc == 64 and "nvidia-smi" in wrong.stderr


@pytest.mark.parametrize("visible", ["1,0", "GPU-1b,GPU-0a"])
def test_labels_respect_what_the_program_was_told(stripchart, scene, visible):
    played = scene().write(gpu0=gpu(), gpu1=gpu(uuid="GPU-1b1b1b1b"), gpu2=gpu(uuid="GPU-2c2c2c2c"))
    outcome = record(stripchart, played, {"gpu1": gpu(uuid="GPU-1b1b1b1b", lines=mine(GIB))}, CUDA_VISIBLE_DEVICES=visible)
    report = stripchart.report(outcome.recording)
    assert [(each["visible"], each["cuda_ordinal"]) for each in report["gpus"]] == [(True, 1), (True, 0), (False, None)]
    assert "(cuda:0)" in stripchart("report", outcome.recording).text


def test_numbers_of_unequal_gpus_are_not_guessed(stripchart, scene):
    played = scene().write(gpu0=gpu(name="Small"), gpu1=gpu(name="Great"))
    step = {"gpu1": gpu(name="Great", lines=mine(GIB))}
    guessed = record(stripchart, played, step, CUDA_VISIBLE_DEVICES="0")
    assert [each["cuda_ordinal"] for each in stripchart.report(guessed.recording)["gpus"]] == [None, None]
    told = record(stripchart, played, step, CUDA_VISIBLE_DEVICES="1", CUDA_DEVICE_ORDER="PCI_BUS_ID")
    assert [each["cuda_ordinal"] for each in stripchart.report(told.recording)["gpus"]] == [None, 0]


def test_attach_and_system_see_them_too(stripchart, scene, program):
    played = scene().write(gpu0=gpu(used=2 * GIB, busy=40))
    whole = stripchart("system", "-d", "1s", "-i", "50ms", "-o", "system.pftrace", env=played.environment())
    assert whole.rc == 0, whole.stderr
    assert of(stripchart.report(stripchart.folder / "system.pftrace"), 0)["peak_memory_bytes"] == 2 * GIB
    held = stripchart.start_program(program("hold"))
    played.write(gpu0=gpu(used=2 * GIB, lines=[f"compute {held.pid} {GIB}"]))
    attached = stripchart("attach", held.pid, "-d", "1s", "-i", "50ms", "-o", "attach.pftrace", env=played.environment())
    assert attached.rc == 0, attached.stderr
    assert of(stripchart.report(stripchart.folder / "attach.pftrace"), 0)["recorded_peak_memory_bytes"] == GIB


# What goes wrong with drivers


def test_without_a_library_there_is_no_word_of_gpus(stripchart, folder, engine):
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), "STRIPCHART_SYS": str(folder)}
    if subprocess.run(["ldconfig", "-p"], capture_output=True, text=True).stdout.count("libnvidia-ml.so.1"):
        pytest.skip("this machine has NVIDIA's library")
    outcome = stripchart.run("sleep", "0.3", env=environment)
    report = stripchart.report(outcome.recording)
    assert report["gpus"] == [] and not [each for each in report["missing"] if "NVML" in each["probe"]]
    assert engine(outcome.recording, "select count(*) n from track where name glob '*GPU*' or name glob '*gpu*'") == [{"n": 0}]
    assert "GPU" not in outcome.stderr


@pytest.mark.parametrize("code, needs", [(9, "modprobe nvidia"), (18, "reboot"), (999, "nvidia-smi")])
def test_a_driver_that_does_not_start_is_named_with_its_fix(stripchart, scene, code, needs):
    played = scene().write(driver=f"fail nvmlInit_v2 {code}\n", gpu0=gpu())
    outcome = stripchart.run("sleep", "0.4", env=played.environment())
    assert outcome.rc == 0
    report = stripchart.report(outcome.recording)
    assert report["gpus"] == []
    [missing] = [each for each in report["missing"] if each["probe"] == "NVML"]
    assert needs in missing["needs"]


def test_a_call_that_fails_leaves_a_gap_and_no_zero(stripchart, scene):
    refused = [f"fail {call} 3" for call in ("nvmlDeviceGetUtilizationRates", "nvmlDeviceGetPowerUsage", "nvmlDeviceGetClockInfo",
                                             "nvmlDeviceGetTotalEnergyConsumption")]
    refused += ["fail nvmlDeviceGetComputeRunningProcesses_v3 4", "fail nvmlDeviceGetGraphicsRunningProcesses_v3 4",
                "fail nvmlDeviceGetMPSComputeRunningProcesses_v3 4", "fail nvmlDeviceGetTemperature 999"]
    outcome = record(stripchart, scene().write(gpu0=gpu(lines=refused)), {})
    first = of(stripchart.report(outcome.recording), 0)
    assert first["peak_memory_bytes"] == GIB
    for name in ("busy_share", "idle_share", "power_watts", "energy_joules", "clock_hertz", "temperature_celsius_max",
                 "recorded_peak_memory_bytes"):
        assert first[name] is None, name
    rows, _ = stripchart.export_csv(outcome.recording)
    assert {row["gpu_0_mem_mb"] for row in rows} == {""} and {row["gpu_0_utilization_percent_global"] for row in rows} == {""}


def test_a_lost_gpu_ends_its_series_and_nothing_else(stripchart, scene, engine):
    played = scene().write(gpu0=gpu(used=2 * GIB), gpu1=gpu(used=GIB))
    lost = {"gpu0": gpu(used=7 * GIB, lines=[f"fail nvmlDeviceGetMemoryInfo_v2 {LOST}"])}
    later = {"gpu1": gpu(used=4 * GIB, lines=mine(3 * GIB))}
    outcome = record(stripchart, played, {"gpu0": gpu(used=2 * GIB, lines=mine(GIB))}, lost, later)
    report = stripchart.report(outcome.recording)
    first, second = of(report, 0), of(report, 1)
    assert first["lost_reason"] == "GPU is lost" and 0 < first["lost_at_seconds"] < report["program"]["wall_seconds"]
    assert first["peak_memory_bytes"] == 2 * GIB and first["recorded_peak_memory_bytes"] == GIB
    assert second["recorded_peak_memory_bytes"] == 3 * GIB and second["lost_at_seconds"] is None
    assert any(each["probe"] == "GPU 0" and each["reason"] == "GPU is lost" for each in report["missing"])
    engine.assert_clean(outcome.recording)
    assert levels(engine, outcome.recording, "gpu_memory", 0)[-1][1] == 0
    assert "GPU is lost" in stripchart("report", outcome.recording).text


def test_a_slow_call_delays_no_tick(stripchart, scene):
    slow = gpu(lines=["slow nvmlDeviceGetUtilizationRates 250"])
    outcome = record(stripchart, scene().write(gpu0=slow), {})
    recorder = stripchart.report(outcome.recording)["recorder"]
    reads = {tier["name"]: tier for tier in recorder["tiers"]}
    # Were it read by the ticks, there were as many of one as of the other.
    assert reads["GPUs"]["reads"] >= 3 and reads["every tick"]["reads"] > 5 * reads["GPUs"]["reads"]
    assert reads["GPUs"]["mean_nanoseconds"] > 250e6 > 10 * reads["every tick"]["mean_nanoseconds"]


@pytest.mark.parametrize("where", ["gpu0", "driver"])
def test_a_call_that_never_returns_holds_nothing_up(stripchart, scene, where):
    if where == "gpu0":
        played = scene().write(gpu0=gpu(used=3 * GIB, lines=["hang nvmlDeviceGetTemperature"]))
    else:
        played = scene().write(gpu0=gpu(), driver="hang nvmlInit_v2\n")
    outcome = stripchart.run("sh", "-c", "sleep 2; exit 7", options=["-i", "20ms"], env=played.environment())
    assert outcome.rc == 7, outcome.stderr
    report = stripchart.report(outcome.recording)
    assert report["program"]["complete"] and report["recorder"]["ticks"] > 20
    [missing] = [each for each in report["missing"] if each["probe"] == "GPUs"]
    assert "did not answer" in missing["reason"]
    ended = stripchart("system", "-d", "200ms", "-o", "system.pftrace", env=played.environment())
    assert ended.rc == 0, ended.stderr


def test_numbers_of_another_pid_namespace_are_said_and_not_shown_as_zero(stripchart, scene):
    strangers = [f"compute {pid} {GIB}" for pid in (4_190_001, 4_190_002)]
    outcome = record(stripchart, scene().write(gpu0=gpu()), *([{"gpu0": gpu(used=3 * GIB, lines=strangers)}] * 2))
    report = stripchart.report(outcome.recording)
    first = of(report, 0)
    assert first["recorded_peak_memory_bytes"] is None and first["processes"] == []
    assert first["peak_memory_bytes"] == 3 * GIB
    [missing] = [each for each in report["missing"] if each["probe"] == "GPU memory of processes"]
    assert "2 processes" in missing["reason"] and "--pid=host" in missing["needs"]
    rows, _ = stripchart.export_csv(outcome.recording)
    assert rows[-1]["gpu_0_mem_mb"] == "" and float(rows[-1]["gpu_0_mem_mb_global"]) == 3072
    assert "by the recorded processes" not in stripchart("report", outcome.recording).text


def test_a_process_that_leaves_the_gpu_holds_nothing_there(stripchart, scene):
    outcome = record(stripchart, scene().write(gpu0=gpu()), {"gpu0": gpu(lines=mine(GIB))}, {"gpu0": gpu()}, {"gpu0": gpu()})
    [process] = of(stripchart.report(outcome.recording), 0)["processes"]
    assert process["peak_memory_bytes"] == GIB and process["last_memory_bytes"] == 0


def test_names_of_devices_are_only_text(stripchart, scene):
    evil = "<script>alert(1)</script> \x1b[31m| `x`"
    played = scene().write(gpu0=gpu(name=evil))
    outcome = record(stripchart, played, {"gpu0": gpu(name=evil, lines=mine(GIB))})
    assert "\x1b[31m" not in stripchart("report", outcome.recording).text
    assert of(stripchart.report(outcome.recording), 0)["name"] == evil
    stripchart("report", "--html", "-o", "page.html", outcome.recording)
    assert "<script>alert" not in (stripchart.folder / "page.html").read_text()


# AMD, without a library


def test_an_amd_gpu_is_read_from_sysfs(stripchart, folder):
    card = folder / "sys/class/drm/card1"
    device = folder / "sys/devices/pci0000:00/0000:03:00.0"
    sensors = device / "hwmon/hwmon4"
    sensors.mkdir(parents=True)
    card.mkdir(parents=True)
    (card / "device").symlink_to(device)
    driver = folder / "sys/bus/pci/drivers/amdgpu"
    driver.mkdir(parents=True)
    (device / "driver").symlink_to(driver)
    for name, value in {"vendor": "0x1002", "device": "0x744c", "mem_info_vram_total": 24 * GIB, "mem_info_vram_used": 5 * GIB,
                        "gpu_busy_percent": 64, "hwmon/hwmon4/power1_average": 215_000_000, "hwmon/hwmon4/temp1_input": 71_000,
                        "hwmon/hwmon4/freq1_input": 2_304_000_000}.items():
        (device / name).write_text(f"{value}\n")
    outcome = stripchart.run("sleep", "1", options=["-i", "20ms"], env={**os.environ, "STRIPCHART_SYS": str(folder / "sys")})
    gpus = stripchart.report(outcome.recording)["gpus"]
    [amd] = [each for each in gpus if each["driver"] == "amdgpu"]
    assert amd["name"] == "AMD GPU 744c" and amd["pci"] == "0000:03:00.0"
    assert amd["memory_bytes"] == 24 * GIB and amd["peak_memory_bytes"] == 5 * GIB
    assert amd["busy_share"] == pytest.approx(0.64) and amd["power_watts"] == pytest.approx(215)
    assert amd["temperature_celsius_max"] == 71 and amd["clock_hertz"] == pytest.approx(2.304e9)


# doctor


def test_doctor_says_what_there_is_and_the_fix(stripchart, scene):
    played = scene().write(gpu0=gpu())
    fine = stripchart("doctor", env=played.environment()).text
    assert "yes  NVIDIA GPUs" in fine and "1 GPU: Stand-in A100" in fine
    played.write(driver="fail nvmlInit_v2 9\n")
    broken = stripchart("doctor", env=played.environment()).text
    assert "no   NVIDIA GPUs" in broken and "Driver Not Loaded" in broken and "modprobe nvidia" in broken


# The real driver


@pytest.fixture(scope="session")
def real():
    """nvidia-smi's own figures of each GPU: index, uuid, name, memory.total (MiB)."""
    if not shutil.which("nvidia-smi"):
        pytest.skip("no nvidia-smi here: the stand-in alone was asked")
    done = subprocess.run(["nvidia-smi", "--query-gpu=index,uuid,name,memory.total,memory.used", "--format=csv,noheader,nounits"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"nvidia-smi does not work: {done.stdout.strip() or done.stderr.strip()}")
    return [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines()]


def test_the_real_driver_agrees_with_nvidia_smi(stripchart, real, engine):
    outcome = stripchart.run("sleep", "3", options=["-i", "50ms"])
    report = stripchart.report(outcome.recording)
    gpus = [each for each in report["gpus"] if (each["driver"] or "").startswith("nvidia") and each["partition"] is None]
    assert [(each["index"], each["uuid"], each["name"]) for each in gpus] == [(int(row[0]), row[1], row[2]) for row in real]
    for each, row in zip(gpus, real):
        assert each["memory_bytes"] == pytest.approx(int(row[3]) << 20, rel=0.01)
        assert 0 <= each["peak_memory_bytes"] <= each["memory_bytes"]
        if each["busy_share"] is not None:
            assert 0 <= each["busy_share"] <= each["busy_share_max"] <= 1
        if each["energy_joules"] is not None and each["power_watts"] is not None:
            # The counter and the gauge of power are two instruments.
            assert each["energy_joules"] == pytest.approx(each["power_watts"] * report["program"]["wall_seconds"], rel=0.5)
        assert each["recorded_peak_memory_bytes"] in (0, None)
    engine.assert_clean(outcome.recording)
