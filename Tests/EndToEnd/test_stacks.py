"""Call stacks: which functions and lines of a native program were on the CPU, without a change of it."""
import ctypes
import os
import re
import shutil
import signal
import struct
import subprocess

import pytest

from conftest import PROGRAMS
from kernel import samples_programs, wait_until
from perfetto_engine import decode
from stripchart_command import process

SOURCE = PROGRAMS / "burn_functions.c"
LEAVES = """
    select m.name as image, s.name as function, count(*) as samples
    from perf_sample p join stack_profile_callsite c on p.callsite_id = c.id join stack_profile_frame f on c.frame_id = f.id
    join stack_profile_mapping m on f.mapping = m.id
    left join (select symbol_set_id, name, min(id) from stack_profile_symbol group by symbol_set_id) s
      on s.symbol_set_id = f.symbol_set_id
    group by 1, 2
"""


@pytest.fixture(scope="session")
def burner(tmp_path_factory):
    """burner(argument…): the argument list of programs/burn_functions.c, built as a package manager builds: optimised, with lines."""
    binary = tmp_path_factory.mktemp("burner") / "burn_functions"
    compiler = next(filter(None, map(shutil.which, ["cc", "clang", "gcc"])))
    subprocess.run([compiler, "-O1", "-g", "-fno-omit-frame-pointer", "-pthread", "-o", binary, SOURCE], check=True)
    return lambda *arguments: [str(binary), *map(str, arguments)]


@pytest.fixture(autouse=True)
def _possible():
    if not samples_programs():
        pytest.skip("the kernel gives us no samples")
    if not shutil.which("llvm-symbolizer") and not shutil.which("swift"):
        pytest.skip("no llvm-symbolizer")


def recorded(stripchart, *command, options=(), **popen):
    outcome = stripchart.run(*command, options=["--stacks", "-i", "20ms", *options], **popen)
    assert outcome.rc == 0, outcome.stderr
    return outcome.recording


def functions(report):
    return {each["function"]: each for each in report["stacks"]["functions"]}


def own(report, name):
    return functions(report).get(name, {"self_samples": 0})["self_samples"]


def line_of(words):
    return next(number for number, line in enumerate(SOURCE.read_text().splitlines(), 1) if words in line)


# MARK: truth


def test_samples_add_up_to_what_the_kernel_charged(stripchart, burner):
    report = stripchart.report(recorded(stripchart, *burner(200)))
    stacks = report["stacks"]
    assert stacks["lost_samples"] == 0
    assert stacks["samples"] * stacks["period_seconds"] == pytest.approx(report["total"]["cpu_seconds"], rel=0.05)
    assert sum(each["self_samples"] for each in stacks["functions"]) == stacks["samples"]


@pytest.mark.parametrize("way", ["", "threads", "fork", "exec"])
def test_functions_have_the_shares_that_they_used(stripchart, burner, way):
    report = stripchart.report(recorded(stripchart, *burner(150, *([way] if way else []))))
    light, heavy = own(report, "light"), own(report, "heavy")
    # Each is known to a few per cent by the program's own clock; the rest is chance: five standard deviations.
    total = light + heavy
    assert heavy / total == pytest.approx(2 / 3, abs=0.03 + 5 * (2 / 9 / total) ** 0.5)
    # Whatever is below counts for them.
    assert functions(report)["both"]["total_samples"] >= 0.98 * total


def test_a_line_has_the_samples_of_its_loop(stripchart, burner):
    report = stripchart.report(recorded(stripchart, *burner(150)))
    sources = {each["function"]: each for each in report["stacks"]["sources"]}
    for name in ("light", "heavy"):
        lines = {line["line"]: line["samples"] for line in sources[name]["lines"]}
        hot = line_of(f"the {name} line")
        assert max(lines, key=lines.get) == hot
        assert lines[hot] > 0.8 * sum(lines.values())
        text = sources[name]["source"][hot - sources[name]["first_line"]]
        assert f"the {name} line" in text
        assert sources[name]["file"].endswith("burn_functions.c")


def test_the_report_opens_with_the_line(stripchart, burner):
    recording = recorded(stripchart, *burner(400))
    [finding] = [each for each in stripchart.report(recording)["findings"] if each["kind"] in ("hot_line", "cpu_one_thread")]
    assert (finding["function"], finding["line"]) == ("heavy", line_of("the heavy line"))
    shown = stripchart("report", recording, env={**os.environ, "COLUMNS": "160"}).text
    assert re.search(r"of the CPU time went to burn_functions\.c:\d+", " ".join(shown.split()))
    assert "the heavy line" in shown


def test_recursion_counts_once(stripchart, burner):
    report = stripchart.report(recorded(stripchart, *burner(60, "deep", 50)))
    deep = functions(report)["deep"]
    assert deep["total_samples"] <= report["stacks"]["samples"]
    assert deep["total_samples"] >= 0.9 * report["stacks"]["samples"]
    assert deep["self_samples"] <= 0.05 * report["stacks"]["samples"]


def test_stacks_deeper_than_the_kernel_follows_are_cut_and_kept(stripchart, burner, engine):
    recording = recorded(stripchart, *burner(60, "deep", 5000))
    engine.assert_clean(recording)
    report = stripchart.report(recording)
    assert own(report, "heavy") + own(report, "light") > 0.9 * report["stacks"]["samples"]


@pytest.mark.root
def test_time_inside_the_kernel_counts_for_whoever_called(stripchart, burner):
    report = stripchart.report(recorded(stripchart, *burner(100, "kernel")))
    assert report["stacks"]["kernel"] is True
    assert functions(report)["main"]["total_samples"] > 0.9 * report["stacks"]["samples"]


# MARK: the file


def test_perfetto_has_the_same_samples_and_names(stripchart, burner, engine):
    recording = recorded(stripchart, *burner(100))
    [count], leaves = engine.assert_clean(recording, "select count(*) as samples from perf_sample", LEAVES)
    report = stripchart.report(recording)
    assert count["samples"] == report["stacks"]["samples"]
    ours = {each["function"]: each["self_samples"] for each in report["stacks"]["functions"] if each["image"] == "burn_functions"}
    theirs = {each["function"]: each["samples"] for each in leaves if each["image"].endswith("/burn_functions")}
    assert {name: samples for name, samples in theirs.items() if name} == {
        name: samples for name, samples in ours.items() if samples and name != "(no name)"}
    symbols = [each for packet in decode(recording).packet for each in packet.module_symbols.address_symbols]
    assert any(line.line_number == line_of("the heavy line") for each in symbols for line in each.lines)


def test_a_part_of_a_recording_has_the_samples_of_that_part(stripchart, burner):
    recording = recorded(stripchart, *burner(150))
    wall = stripchart.report(recording)["program"]["wall_seconds"]
    middle = f"{wall / 2:.6f}s"
    whole, first, second = (
        stripchart("report", recording, "--json", *part).json["stacks"]["samples"] for part in ([], ["--to", middle], ["--from", middle]))
    assert first > 0 and second > 0
    assert abs(first + second - whole) <= 1


def test_a_recording_without_stacks_says_so(stripchart, small_recording):
    assert stripchart.report(small_recording)["stacks"] is None
    assert "on the CPU" not in stripchart("report", small_recording).text


# MARK: whom


def test_attach_samples_what_runs_already(stripchart, burner):
    running = stripchart.start_program(burner(3000, "announce"))
    outcome = stripchart.attach(running.pid, options=["--stacks", "-d", "500ms"])
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    stacks = report["stacks"]
    assert stacks["samples"] * stacks["period_seconds"] == pytest.approx(
        process(report, running.pid)["cpu_seconds"], rel=0.1, abs=0.03)
    assert own(report, "light") + own(report, "heavy") > 0.9 * stacks["samples"]


def test_an_unprivileged_user_has_the_stacks_of_own_programs(unprivileged, burner):
    program = unprivileged.folder / "burn_functions"
    shutil.copy(burner()[0], program)
    program.chmod(0o755)
    done = unprivileged.run("run", "--stacks", "-o", "own.pftrace", "--", program, 100)
    assert done.rc == 0, done.stderr
    report = unprivileged.run("report", "own.pftrace", "--json").json
    if report["stacks"] is None:
        pytest.skip("this kernel gives no stacks to an unprivileged user")
    assert own(report, "heavy") > own(report, "light") > 0


# MARK: what can go wrong


def test_without_the_right_to_sample_the_program_runs_and_the_report_says_why(stripchart, burner):
    outcome = stripchart.run(*burner(20), options=["--stacks"], preexec_fn=forbid_sampling)
    assert outcome.rc == 0, outcome.stderr
    assert stripchart.report(outcome.recording)["stacks"] is None
    assert "not recorded: call stacks" in outcome.stderr and "perf_event_paranoid" in " ".join(outcome.stderr.split())


def test_without_a_symbolizer_the_report_says_what_to_install(stripchart, burner):
    outcome = stripchart.run(*burner(60), options=["--stacks"], env={"PATH": "/nowhere"})
    assert outcome.rc == 0, outcome.stderr
    assert "llvm-symbolizer" in outcome.stderr
    assert functions(stripchart.report(outcome.recording)).keys() == {"(no name)"}


def test_a_program_that_was_built_anew_meanwhile_gets_no_names_of_the_new_one(stripchart, burner, folder):
    program = folder / "program"
    shutil.copy(burner()[0], program)
    running = stripchart.start_program([str(program), "1500", "announce"])
    recording = stripchart.new_recording()
    attached = stripchart.start_attach(running.pid, recording=recording, options=["--stacks", "-d", "300ms"])
    stripchart.wait_until_recorded(recording, running.pid)
    program.unlink()
    shutil.copy(shutil.which("true"), program)
    assert stripchart.finish(attached, b"", recording).rc == 0
    report = stripchart.report(recording)
    assert all(each["function"] == "(no name)" for each in report["stacks"]["functions"] if each["image"].startswith("program"))


def test_a_source_that_is_newer_than_the_program_is_told(stripchart, folder):
    source = folder / "burn_functions.c"
    shutil.copy(SOURCE, source)
    subprocess.run(["cc", "-O1", "-g", "-fno-omit-frame-pointer", "-pthread", "-o", "program", source], check=True, cwd=folder)
    later = os.stat(folder / "program").st_mtime + 10
    os.utime(source, (later, later))
    outcome = stripchart.run(folder / "program", 60, options=["--stacks"])
    assert "changed after the program had been built" in " ".join(outcome.stderr.split())


def test_a_recorder_that_is_killed_leaves_its_samples(stripchart, burner, engine):
    recording = stripchart.new_recording()
    running = stripchart.start_run(*burner(2000, "announce"), recording=recording, options=["--stacks", "-i", "20ms"])
    assert running.stdout.readline() == b"ready\n"
    wait_until(lambda: engine(recording, "select count(*) as samples from perf_sample")[0]["samples"] > 50, "samples")
    os.kill(running.pid, signal.SIGKILL)
    stacks = stripchart.report(recording)["stacks"]
    assert stacks["samples"] > 50 and stacks["lost_samples"] is None


def test_the_program_does_not_notice(stripchart, burner):
    """Its own exit code, no descriptor, no signal."""
    assert stripchart.run("sh", "-c", "ls /proc/self/fd | wc -l; exit 7", options=["--stacks"]).rc == 7
    plain, sampled = (stripchart.run("sh", "-c", "ls /proc/self/fd; cat /proc/self/status | grep ^Sig", options=options).text
                      for options in ([], ["--stacks"]))
    assert plain == sampled


def forbid_sampling():
    """seccomp(2): perf_event_open fails with EPERM in this process and all that it starts."""
    number = {"x86_64": 298, "aarch64": 241}[os.uname().machine]
    program = b"".join(struct.pack("HBBI", *each) for each in [
        (0x20, 0, 0, 0),  # the number of the call
        (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)])
    code = ctypes.create_string_buffer(program)

    class Filter(ctypes.Structure):
        _fields_ = [("count", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    if libc.prctl(22, 2, ctypes.byref(Filter(4, ctypes.addressof(code))), 0, 0) != 0:
        os._exit(99)
