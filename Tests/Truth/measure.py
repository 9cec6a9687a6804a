"""Runs one workload under the command, beside its witnesses, and puts the figures of both side by side."""
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

import fork_events
from groups import Groups

FOLDER = pathlib.Path(__file__).resolve().parent
MEBIBYTE = 1 << 20
LIBRARIES = 32 * MEBIBYTE  # pages of programs and libraries that the kernel charged to whoever read them first
DEADLINE_SECONDS = 180  # a hang, not a slow machine


class NotRun(Exception):
    """Why this machine cannot run a workload."""


@dataclass
class Row:
    """One figure of one workload: what the witness says (a value, or what it lies between), and what the report says."""
    workload: str
    figure: str
    witness: str
    low: float
    high: float
    ours: float = None
    marked: bool = False
    reach: float = 0.0

    @property
    def error(self):
        """Nothing inside the range that the witnesses leave."""
        return None if self.ours is None else min(0, self.ours - self.low) or max(0, self.ours - self.high)

    @property
    def verdict(self):
        if self.ours is None:
            return "missing"
        if abs(self.error) <= self.reach:
            return "within reach"
        return "at least" if self.marked and self.error < 0 else "WRONG"


# Figure: (key of the report, key of the witness, absolute reach). Beyond it, 1 % is the reach.
FIGURES = {
    "CPU time": ("cpu_seconds", "cpu_seconds", 0.02),
    "minor faults": ("minor_faults", "minor_faults", 256),  # 1 MiB of pages
    "major faults": ("major_faults", "major_faults", 16),
    "context switches": ("switches", "switches", 64),
    "read calls": ("read_calls", "syscr", 64),
    "write calls": ("write_calls", "syscw", 64),
    "characters read": ("read_characters_bytes", "rchar", MEBIBYTE),
    "characters written": ("write_characters_bytes", "wchar", MEBIBYTE),
    "read from storage": ("read_bytes", "read_bytes", MEBIBYTE),
    "written to storage": ("write_bytes", "write_bytes", MEBIBYTE),
}


def is_lower_bound(total, figure):
    """Does the report say "at least" of it?"""
    own = ("switches_are_lower_bound" if figure == "context switches" else
           "calls_are_lower_bound" if "calls" in figure or "characters" in figure else "usage_is_lower_bound")
    return bool(total.get(own, total.get("usage_is_lower_bound")))


@dataclass
class Workload:
    name: str
    command: object  # words, or a function of the Bench that returns them
    processes: int = None  # as the workload itself counts them
    memory: int = None  # of the whole tree, shared pages once, as the workload itself touches it
    options: tuple = ()
    short: bool = False
    needs: tuple = ()
    reaped: bool = True  # False: some children are waited for by nobody, and the group alone knows their use
    ends: tuple = (0,)  # exit codes of the command
    attach: bool = False
    prepare: object = None
    user: str = None
    limits: dict = field(default_factory=dict)  # of the recorder too: {resource.RLIMIT_NOFILE: 32}


class Bench:
    """A folder for each workload, and the programs built once."""

    def __init__(self, command):
        self.command = pathlib.Path(command).resolve()
        # On a disk, where the kernel counts what is written.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stripchart-truth-", dir=os.environ.get("TMPDIR", "/var/tmp")))
        os.chmod(self.folder, 0o755)
        self.python = sys.executable
        self.work = self.folder
        self.afterwards = []  # what puts the machine back as it was

    def program(self, name):
        binary = self.folder / name
        if not binary.exists():
            compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
            if not compiler:
                raise NotRun("no C compiler")
            subprocess.run([compiler, "-O1", "-pthread", "-o", binary, FOLDER / "programs" / f"{name}.c"], check=True)
        return str(binary)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def measure(self, workload):
        """The rows of one workload."""
        for need in workload.needs:
            if not shutil.which(need):
                raise NotRun(f"{need} is not installed")
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))
        os.chmod(self.work, 0o777)
        groups = Groups(f"stripchart-truth-{os.getpid()}-{self.work.name}")
        try:
            if workload.prepare:
                workload.prepare(self)
            words = [str(each) for each in (workload.command(self) if callable(workload.command) else workload.command)]
            return self._attached(workload, words) if workload.attach else self._run(workload, words, groups)
        finally:
            while self.afterwards:
                self.afterwards.pop()()
            groups.remove()
            shutil.rmtree(self.work, ignore_errors=True)

    def _run(self, workload, words, groups):
        recording, said = self.work / "truth.pftrace", self.work / "witness.json"
        if workload.user:
            words = ["setpriv", f"--reuid={workload.user}", f"--regid={workload.user}", "--clear-groups", *words]
        forks = fork_events.ForkEvents() if fork_events.offered() is None else None
        done = self._finish([
            self.command, "run", "-q", "-o", recording, *workload.options, "--", self.program("witness"), said, groups.paths, *words,
        ], workload)
        if forks:
            forks.close()
        if not said.exists():
            raise NotRun(f"the witness wrote nothing; the command ended with {done.returncode}: {last_line(done.stderr)}")
        witness = json.loads(said.read_text())
        code = os.waitstatus_to_exitcode(witness["status"])
        if code == 77:
            raise NotRun("the program found no such memory here")
        if code not in workload.ends:
            raise NotRun(f"the workload ended with {code}: {last_line(done.stderr)}")
        told = self.work / "adjust.json"
        unwaited = json.loads(told.read_text()) if told.exists() else {}
        forked = forks.processes_below(witness["pid"]) if forks else None
        return self._rows(workload, witness, groups, self._total(recording), unwaited, forked)

    def _rows(self, workload, witness, groups, total, unwaited, forked):
        rows = []
        for figure, (ours, theirs, absolute) in FIGURES.items():
            low = high = witness.get(theirs)
            name = "wait4" if theirs in ("cpu_seconds", "minor_faults", "major_faults", "switches") else "/proc/self/io of the waiter"
            group = groups.cpu_seconds
            if theirs in unwaited and figure != "CPU time":
                low = high = low + unwaited[theirs]
                name += " and the children's own"
            elif not workload.reaped:
                if figure != "CPU time" or group is None:
                    continue  # nobody but the product can know
                # A child that nobody waits for is taken down on its own account, after its figures were told.
                name, high = "control group", group
                low = min(group, max(low, group * 0.97))
            if low is not None and not (low == 0 and total.get(ours) == 0):
                rows.append(Row(workload.name, figure, name, low, high, total.get(ours), is_lower_bound(total, figure), max(absolute, 0.01 * high)))
        if workload.processes is not None:
            rows.append(Row(workload.name, "processes", "the workload's own count", workload.processes + 1, workload.processes + 1,
                            total.get("process_count"), bool(total.get("process_count_is_lower_bound")), 0))
        elif forked is not None:
            rows.append(Row(workload.name, "processes", "the kernel's fork events", forked, forked,
                            total.get("process_count"), bool(total.get("process_count_is_lower_bound")), 0))
        held = total.get("peak_memory_bytes", total.get("peak_rss_bytes"))
        if workload.memory is not None:
            low, high, name = workload.memory, workload.memory + 8 * MEBIBYTE, "the pages that it touches, 8 MiB of programs"
        else:
            low, name = witness["greatest_rss_bytes"], "greatest process (wait4) to group's peak + 32 MiB"
            high = groups.greatest_memory
            high = None if high is None else max(low, high + LIBRARIES)
        if high is not None:
            rows.append(Row(workload.name, "peak memory", name, low, high, held,
                            bool(total.get("peak_memory_is_lower_bound")), max(MEBIBYTE, 0.01 * low)))
        return rows

    def _attached(self, workload, words):
        recording = self.work / "truth.pftrace"
        target = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.work, start_new_session=True)
        recorder = None
        try:
            if target.stdout.readline().strip() != b"ready":
                raise NotRun("the program did not get ready")
            recorder = subprocess.Popen([self.command, "attach", str(target.pid), *workload.options, "-q", "-o", recording],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self._until_recorded(recorder, recording, target.pid)
            said, _ = target.communicate(b"\n", timeout=DEADLINE_SECONDS)
            recorder.communicate(timeout=DEADLINE_SECONDS)
        finally:
            for process in (target, recorder):
                if process and process.poll() is None:
                    process.send_signal(signal.SIGKILL)
        witness, total = json.loads(said), self._total(recording)
        return [
            Row(workload.name, figure, "getrusage of each, since the attachment", witness[key], witness[key], total.get(ours), is_lower_bound(total, figure),
                max(absolute, 0.01 * witness[key]))
            for figure, (ours, key, absolute) in FIGURES.items() if key in witness
        ] + [
            Row(workload.name, figure, "the workload's own count", 0, 0, total.get(FIGURES[figure][0]), is_lower_bound(total, figure), MEBIBYTE)
            for figure in ("written to storage", "characters written")
        ]

    def _until_recorded(self, recorder, recording, pid):
        while recorder.poll() is None:
            done = subprocess.run([self.command, "report", recording, "--json"], capture_output=True)
            with contextlib.suppress(ValueError):
                if any(each["pid"] == pid for each in json.loads(done.stdout)["processes"]):
                    time.sleep(0.2)  # its children are met at the next ticks
                    return
            time.sleep(0.1)
        raise NotRun(f"attach ended with {recorder.returncode}: {last_line(recorder.stderr.read())}")

    def _finish(self, words, workload):
        import resource

        def limit():
            for each, value in workload.limits.items():
                resource.setrlimit(each, (value, value))

        process = subprocess.Popen(words, cwd=self.work, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   start_new_session=True, preexec_fn=limit)
        try:
            _, stderr = process.communicate(timeout=DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise NotRun(f"still running after {DEADLINE_SECONDS} s") from None
        return subprocess.CompletedProcess(words, process.returncode, b"", stderr)

    def _total(self, recording):
        done = subprocess.run([self.command, "report", recording, "--json"], capture_output=True)
        if done.returncode != 0:
            raise NotRun(f"no report: {last_line(done.stderr)}")
        total = json.loads(done.stdout)["total"]
        switches = [total.get("voluntary_switches"), total.get("involuntary_switches")]
        total["switches"] = None if None in switches else sum(switches)
        return total


def last_line(text):
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def unprivileged_user():
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return name, pwd.getpwnam(name)
    raise NotRun("no unprivileged user")
