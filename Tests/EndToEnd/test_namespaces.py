"""A process in another PID namespace is itself, whichever side its number comes from: never the machine's process 1."""
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess

import pytest

from kernel import wait_until
from stripchart_command import pids, process

OWN_PROC = "unshare --pid --fork --mount-proc"
OUTER_PROC = "unshare --pid --fork"
USER = "unshare -Ur --pid --fork --mount-proc"
# The root's own file system has no /proc mounted in it.
NO_PROC = "unshare --mount --pid --fork sh -ec 'mount --bind / {root}; mount --bind {folder} {root}{folder}; cd {folder}; export SPAN_FIXTURE=\"${{*#* }}\"; exec chroot {root} \"$@\"' -"

BUBBLEWRAP = "bwrap --ro-bind / / --bind {folder} {folder} --unshare-pid --dev /dev --proc /proc"
# A root of its own, into which the recording's folder and the system's libraries are mounted.
OTHER_ROOT = ("bwrap --tmpfs / --ro-bind /usr /usr --ro-bind-try /lib /lib --ro-bind-try /lib64 /lib64 --ro-bind-try /bin /bin"
              " --bind {folder} {folder} --unshare-all --proc /proc")

WRITERS = """
    select process.pid, process.name, count(*) as calls from slice join thread_track on slice.track_id = thread_track.id
    join thread using (utid) join process using (upid) where slice.name = 'outer' group by process.upid
"""
FIRST_PLACEHOLDER = 1 << 30


def in_namespaces(pid):
    """The process's PIDs from ours down to its own."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return [int(each) for each in line.split()[1:]]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return []


def descendants(pid):
    try:
        children = [int(each) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                    for each in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [each for child in children for each in [child, *descendants(child)]]


def writers_below(pid):
    """{PID: PIDs in its namespaces} of the span fixtures below a process, as the kernel has them."""
    found = {}
    for each in descendants(pid):
        try:
            if pathlib.Path(f"/proc/{each}/comm").read_text().startswith("strip-span-fixt"):
                found[each] = in_namespaces(each)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


@pytest.fixture
def sandboxed(stripchart, span_fixture, folder):
    """sandboxed(wrapper, writers=…): records it, gives the outcome and the kernel's {PID: PIDs in its namespaces} of those that wrote."""
    def record(shell, writers, proc="", options=()):
        root = folder / "root"
        root.mkdir(exist_ok=True)
        # A filter that allows everything: seccomp(2), BPF_RET | BPF_K, SECCOMP_RET_ALLOW.
        (folder / "allow").write_bytes(struct.pack("<HBBI", 0x06, 0, 0, 0x7FFF0000))
        # Into the folder that the sandboxes share.
        fixture = shutil.copy(span_fixture, folder)
        line = shell.format(root=root, folder=folder, fixture=fixture)
        probe = subprocess.run(["sh", "-c", line.replace(str(fixture), "true").replace(" & ", " ; ")], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if probe.returncode != 0:
            pytest.skip(f"no such namespace here: {probe.stderr.strip()}")
        recording = stripchart.new_recording()
        running = stripchart.start_run("sh", "-c", line + "; true", recording=recording, options=options)
        found = {}

        def are_there():
            found.clear()
            found.update(writers_below(running.pid))
            return len(found) == writers

        wait_until(are_there, f"{writers} writers")
        stripchart.wait_until_recorded(recording, *found)
        outcome = stripchart.finish(running, b"", recording)
        assert outcome.rc == 0, outcome.stderr
        return outcome, dict(found)

    return record


def calls_by_pid(stripchart, recording):
    calls = {}
    for row in stripchart.export_csv(recording)[1]:
        if row["event"] == "start" and row["name"] == "outer":
            calls[row["pid"]] = calls.get(row["pid"], 0) + 1
    return calls


def assert_each_is_itself(stripchart, engine, outcome, found, calls):
    """One row for each writer, under its PID here; the spans are theirs; the engine mixes nobody up."""
    report = stripchart.report(outcome.recording)
    assert len(pids(report)) == len(set(pids(report))) and None not in pids(report)
    for pid, chain in found.items():
        row = process(report, pid)
        assert row["namespace_pid"] == (chain[-1] if len(chain) > 1 else None)
        assert row["name"].startswith("strip-span-fixt") and row["cpu_seconds"] is not None
    assert calls_by_pid(stripchart, outcome.recording) == {str(pid): calls for pid in found}
    table = stripchart("report", outcome.recording).text
    assert "kthreadd" not in table and "namespace" not in table
    rows = engine.assert_clean(outcome.recording, WRITERS)
    assert len(rows) == len(found) and {row["calls"] for row in rows} == {calls}
    for row in rows:
        assert row["pid"] in found or row["pid"] >= FIRST_PLACEHOLDER
    inside = {pid for chain in found.values() for pid in chain[1:]} - set(found)
    assert not [row for row in engine(outcome.recording, "select pid from process") if row["pid"] in inside]


SANDBOXES = {
    "own /proc": (f"{OWN_PROC} {{fixture}} 2 100 2 hold", 3),
    "the outer /proc": (f"{OUTER_PROC} {{fixture}} 2 100 2 hold", 3),
    "no /proc": (f"{NO_PROC} {{fixture}} 2 100 2 hold", 3),
    "no rights": (f"{USER} {{fixture}} 2 100 1 hold", 2),
    "nested": (f"{OWN_PROC} {OWN_PROC} {{fixture}} 2 100 1 hold", 2),
    "nested without /proc": (f"{OUTER_PROC} {OUTER_PROC} {{fixture}} 2 100 1 hold", 2),
    "two with the same number": (f"{OWN_PROC} {{fixture}} 2 100 1 hold & {OWN_PROC} {{fixture}} 2 100 1 hold & wait", 4),
    "two without /proc": (f"{NO_PROC} {{fixture}} 2 100 1 hold & {OUTER_PROC} {{fixture}} 2 100 1 hold & wait", 4),
    "bubblewrap": (f"{BUBBLEWRAP} {{fixture}} 2 100 1 hold", 2),
    "filtered system calls": (f"{BUBBLEWRAP} --seccomp 9 {{fixture}} 2 100 1 hold 9<{{folder}}/allow", 2),
    "filtered system calls, no /proc": (
        f"{BUBBLEWRAP} --tmpfs /proc --setenv SPAN_FIXTURE '2 100 1 hold' --seccomp 9 {{fixture}} 2 100 1 hold 9<{{folder}}/allow", 2),
    "another root": (f"{OTHER_ROOT} {{fixture}} 2 100 1 hold", 2),
    "inside and outside": (f"{OWN_PROC} {{fixture}} 2 100 1 hold & {{fixture}} 2 100 1 hold & wait", 4),
}


@pytest.mark.root
@pytest.mark.parametrize("kind", SANDBOXES)
def test_a_sandboxed_writer_is_one_process_under_its_pid_here(stripchart, engine, sandboxed, kind):
    shell, writers = SANDBOXES[kind]
    # In the background a shell's children have no standard input, and nothing to hold them.
    outcome, found = sandboxed("exec 3<&0; " + re.sub(r"hold(?= |$)", "hold <&3", shell), writers)
    assert sum(len(chain) > 1 for chain in found.values()) >= 2
    assert_each_is_itself(stripchart, engine, outcome, found, calls=200)


@pytest.mark.root
def test_with_the_recorders_proc_a_writer_knows_its_pid_and_threads_here(stripchart, engine, sandboxed):
    outcome, found = sandboxed(f"{OUTER_PROC} {{fixture}} 2 100 1 hold", 2)
    assert {row["pid"] for row in engine.assert_clean(outcome.recording, WRITERS)} == set(found)
    threads = {int(row["tid"]) for row in stripchart.export_csv(outcome.recording)[1]}
    # Threads of the sandbox have small numbers there, and numbers after their process's here.
    assert len(threads) == 4 and min(threads) > min(found)


@pytest.mark.root
def test_a_writer_that_nobody_saw_is_no_process_1(stripchart, engine, span_fixture):
    # Ended before the second tick. Where the kernel's exit records are there it is one of them, and two of its kind are not told apart.
    outcome = stripchart.run(
        "sh", "-c", f"{OWN_PROC} {span_fixture} 1 10 0 & {OWN_PROC} {span_fixture} 1 10 0 & wait", options=["--interval", "10s"])
    if outcome.rc != 0 or b"joined" not in outcome.stdout:
        pytest.skip(f"no PID namespace here: {outcome.stderr}")
    report = stripchart.report(outcome.recording)
    assert 1 not in pids(report)
    unknown = [each for each in report["processes"] if each["pid"] is None]
    inside = [each for each in report["processes"] if each["namespace_pid"] == 1]
    assert len(inside) == 2
    assert all(each["cpu_seconds"] is None and each["name"].startswith("strip-span-fixt") for each in unknown)
    text = " ".join(stripchart("report", outcome.recording, env={**os.environ, "COLUMNS": "200"}).text.split())
    assert text.count("(PID 1 of another PID namespace)") == len(unknown)
    assert not unknown or "wrote spans from" in text
    rows = engine.assert_clean(outcome.recording, WRITERS)
    assert len(rows) == 2
    assert all(row["pid"] >= FIRST_PLACEHOLDER and "(PID 1 of PID namespace " in row["name"] for row in rows)
    known = {str(each["pid"]) for each in inside if each["pid"] is not None}
    assert {row["pid"] for row in stripchart.export_csv(outcome.recording)[1]} == known | ({""} if unknown else set())


@pytest.mark.root
@pytest.mark.parametrize("wrapper", [OWN_PROC, OUTER_PROC, f"{OUTER_PROC} {OUTER_PROC}", f"{USER}"])
def test_a_recorder_inside_a_namespace_records_its_own_children(stripchart, span_fixture, wrapper):
    recording = stripchart.new_recording()
    line = f"{wrapper} {stripchart.path} run -o {recording} -- sh -c {shlex.quote(f'{span_fixture} 1 300000 1; exit 3')}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3, done.stderr
    report = stripchart.report(recording)
    assert {each["name"] for each in report["processes"]} <= {"sh", "strip-span-fixt"}
    assert {each["namespace_pid"] for each in report["processes"]} == {None}
    writers = [each for each in report["processes"] if each["name"] == "strip-span-fixt"]
    assert len(writers) == 2 and all(each["cpu_seconds"] > 0 for each in writers)
    calls = calls_by_pid(stripchart, recording)
    assert calls == {str(each["pid"]): 300000 for each in writers}
