"""Children of every kind land in the same recording, however they end."""
from __future__ import annotations

import os
import subprocess

import pytest


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_are_recorded(python, method):
    recorded = python(f"""
        import multiprocessing, os
        @stripchart.profile
        def work(n):
            with stripchart.span("block", n=n): return os.getpid()
        if __name__ == "__main__":
            context = multiprocessing.get_context({method!r})
            with stripchart.span("parent"):
                processes = [context.Process(target=work, args=(n,)) for n in range(2)]
                for process in processes: process.start()
                for process in processes: process.join()
                assert [process.exitcode for process in processes] == [0, 0]
                with context.Pool(2) as pool:
                    pool.map(work, range(4))
    """)
    assert len(recorded.spans("work")) == 6
    assert {each.arguments["n"] for each in recorded.spans("block")} == {0, 1, 2, 3}
    assert {each.path for each in recorded.spans("block")} == {"work/block"}
    assert recorded.span("parent").pid not in {each.pid for each in recorded.spans("work")}
    assert recorded.notes("misuse") == []


def test_process_pools_are_recorded(python):
    recorded = python("""
        from concurrent.futures import ProcessPoolExecutor
        @stripchart.profile
        def work(n): return n + 1
        if __name__ == "__main__":
            with ProcessPoolExecutor(2) as pool: assert list(pool.map(work, range(6))) == list(range(1, 7))
    """)
    assert len(recorded.spans("work")) == 6


def test_subprocesses_join_by_themselves(python):
    recorded = python("""
        import subprocess, sys
        text = "import stripchart\\nwith stripchart.span('child'): pass"
        subprocess.run([sys.executable, "-c", text], check=True)
        with stripchart.span("parent"): pass
    """)
    assert len({each.pid for each in recorded.spans()}) == 2


def test_a_fork_inside_spans_and_lines(python):
    recorded = python("""
        import os
        @stripchart.lines
        @stripchart.profile
        def work():
            with stripchart.span("open"):
                pid = os.fork()
                with stripchart.span("child" if pid == 0 else "parent"): pass
            if pid: os.waitpid(pid, 0)
            return pid
        if work() == 0:
            with stripchart.span("after in child"): pass
            os._exit(0)
        with stripchart.span("after"): pass
    """)
    assert recorded.span("parent").path == "work/open/parent"
    assert recorded.span("child").pid != recorded.span("parent").pid
    assert recorded.span("after in child").depth == 0
    assert recorded.span("open").nanoseconds >= 0 and recorded.span("after").depth == 0


@pytest.mark.parametrize("end, rc", [
    ("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", 137), ("ctypes.string_at(0)", 139), ("raise SystemExit(5)", 5),
])  # fmt: skip
def test_nothing_recorded_is_lost_however_the_program_ends(python, end, rc):
    recorded = python(f"""
        import ctypes, faulthandler, os
        faulthandler.disable()
        @stripchart.lines
        def count():
            for n in range(10):
                with stripchart.span("work", n=n): pass
        count()
        {end}
    """, rc=rc)
    assert [each.arguments["n"] for each in recorded.spans("work")] == list(range(10))


def test_a_program_that_records_itself_and_is_killed_loses_nothing(python):
    recorded = python.alone("""
        import os
        stripchart.start("own.pftrace")
        for n in range(10):
            with stripchart.span("work"): pass
        os.kill(os.getpid(), 9)
    """, rc=-9)
    assert len(recorded.spans("work")) == 10


def test_a_forked_child_that_exits_does_not_end_its_parents_recording(python):
    recorded = python.alone("""
        import os, sys
        with stripchart.record("own.pftrace"):
            pid = os.fork()
            if pid == 0:
                with stripchart.span("child"): pass
                sys.exit(0)
            os.waitpid(pid, 0)
            with stripchart.span("parent"): pass
    """)
    assert sorted(recorded.names()) == ["child", "parent"]


def test_daemon_threads_that_still_write_at_the_end(python):
    recorded = python("""
        import threading, time
        def work():
            while True:
                with stripchart.span("work"): time.sleep(0)
        for _ in range(4): threading.Thread(target=work, daemon=True).start()
        time.sleep(0.05)
    """)
    assert len(recorded.spans("work")) > 4


def test_threads_that_write_while_a_recording_starts_and_stops(python):
    python.alone("""
        import threading, time
        going = True
        @stripchart.lines
        @stripchart.profile
        def inner():
            value = 1
            with stripchart.span("inner", value=value): pass
            stripchart.counter("c", 1)
        def work():
            while going: inner()
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads: thread.start()
        for round in range(10):
            with stripchart.record("own.pftrace", force=True): time.sleep(0.02)
        going = False
        for thread in threads: thread.join()
    """)


def test_a_forked_child_in_another_pid_namespace_is_the_process_that_its_parent_knows(python):
    recorded = python("""
        import ctypes, os
        CLONE_NEWPID = 0x20000000
        with stripchart.span("outside"): pass
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWPID) != 0:
            print("denied")
            raise SystemExit
        child = os.fork()
        if child == 0:
            assert os.getpid() == 1
            with stripchart.span("inside"): pass
            os._exit(0)
        os.waitpid(child, 0)
        with stripchart.span("after"): pass
        print(os.getpid(), child)
    """)
    if recorded.stdout.startswith("denied"):
        pytest.skip("needs the right to make PID namespaces")
    parent, child = map(int, recorded.stdout.split()[:2])
    assert (recorded.span("outside").pid, recorded.span("inside").pid, recorded.span("after").pid) == (parent, child, parent)
    assert (recorded.span("outside").tid, recorded.span("inside").tid) == (parent, child)
    rows = [each["pid"] for each in recorded.report()["processes"]]
    assert sorted(rows) == sorted([parent, child])


CHILD = "import stripchart\nwith stripchart.span('child'): pass"


def test_children_with_a_cleared_environment_join(python):
    recorded = python(f"""
        import os, subprocess, sys
        text = {CHILD!r}
        subprocess.run([sys.executable, "-c", text], env={{}}, check=True)
        subprocess.run(["env", "-i", sys.executable, "-c", text], check=True)
        subprocess.run(["sh", "-c", 'env -i sh -c \\'"$0" -c "$1"; true\\' "$0" "$1"', sys.executable, text], check=True)
        subprocess.run([sys.executable, "-I", "-c", text], check=True)
        os.execve(sys.executable, [sys.executable, "-c", text], {{}})
    """)
    assert len(recorded.spans("child")) == 5
    assert recorded.report()["missing"] == [] or all(each["probe"] != "spans" for each in recorded.report()["missing"])


def test_an_empty_variable_keeps_a_child_out(python):
    recorded = python(f"""
        import os, subprocess, sys
        with stripchart.span("parent"):
            subprocess.run([sys.executable, "-c", {CHILD!r}], env={{**os.environ, "STRIPCHART_RECORDING": ""}}, check=True)
    """)
    assert recorded.names() == ["parent"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_child_in_a_mount_namespace_that_hides_the_recording_joins(python):
    recorded = python(f"""
        import os, subprocess, sys
        inside = 'mount -t tmpfs none "$2" 2>/dev/null || exit 7; exec "$0" -c "$1"'
        done = subprocess.run(["unshare", "-m", "sh", "-c", inside, sys.executable, {CHILD!r}, os.getcwd()])
        print("denied" if done.returncode else "done")
    """)
    if recorded.stdout.startswith("denied"):
        pytest.skip("needs the right to mount")
    assert len(recorded.spans("child")) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_children_of_another_user_are_told(python):
    """They live until the recorder has looked at them: it says so, or they never end."""
    recorded = python("""
        import os, sys, time
        with stripchart.span("parent"):
            for _ in range(2):
                if os.fork() == 0:
                    os.setgroups([]); os.setgid(65534); os.setuid(65534)
                    os.chdir("/")
                    try:
                        os.execve(sys.executable, [sys.executable, "-c", "import stripchart, time\\nprint('lives', flush=True)\\ntime.sleep(2)"], os.environ)
                    finally: os._exit(9)
            codes = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2)]
    """)
    if recorded.stdout.count("lives") != 2:
        pytest.skip("another user cannot run this Python")
    silent = [each for each in recorded.report()["missing"] if each["probe"] == "spans"]
    assert len(silent) == 2 and all("another user" in each["reason"] for each in silent)
    text = subprocess.run([recorded.command, "report", recorded.path], capture_output=True, text=True, check=True).stdout
    assert "2 Python processes wrote no spans" in " ".join(text.split())


def test_thousands_of_threads_cost_what_they_are_and_the_cost_is_told(python):
    source = """
        import os, resource, threading
        N = 1500
        barrier = threading.Barrier(N)
        def work():
            with stripchart.span("outer"):
                barrier.wait()
                with stripchart.span("inner"): pass
        threading.stack_size(65536)
        threads = [threading.Thread(target=work) for _ in range(N)]
        for each in threads: each.start()
        for each in threads: each.join()
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime)
    """
    recorded, alone = python(source), python.alone(source)
    assert len(recorded.spans("inner")) == 1500
    with_us, without = float(recorded.stdout), float(alone.stdout)
    assert with_us < 4 * without  # walking all threads for each made it nine times
    (library,) = recorded.report()["libraries"]
    # What is told is what was measured of joining and of dear readings at least; first touches of memory and threads' ends are not in it.
    assert 0 < library["measured_overhead_seconds"] <= library["estimated_overhead_seconds"] < 1.2 * max(with_us - without, 0.05)
