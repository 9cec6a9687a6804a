"""Starts the stripchart command and reads what it says."""
import csv
import json
import os
import pathlib
import shlex
import signal
import subprocess
from dataclasses import dataclass, field
from typing import Optional

from kernel import state, wait_until

DEADLINE_SECONDS = 60  # a hang, not a slow machine


@dataclass
class Outcome:
    """How a started command ended. `rc` is negative when a signal killed it, as in subprocess."""
    rc: int
    stdout: bytes
    stderr_bytes: bytes
    recording: Optional[pathlib.Path] = None
    pid: int = 0

    @property
    def stderr(self):
        return self.stderr_bytes.decode(errors="replace")

    @property
    def text(self):
        return self.stdout.decode()

    @property
    def json(self):
        return json.loads(self.stdout)


@dataclass
class StripchartCommand:
    path: pathlib.Path
    folder: pathlib.Path
    _started: list = field(default_factory=list)
    _recordings: int = 0

    # Recording

    def run(self, *command, options=(), recording=None, stdin=b"", **popen):
        """`stripchart run -o RECORDING OPTIONS -- COMMAND`, to its end."""
        recording = recording or self.new_recording()
        return self.finish(self.start_run(*command, options=options, recording=recording, **popen), stdin, recording)

    def start_run(self, *command, recording, options=(), **popen):
        return self.start("run", "-o", recording, *options, "--", *command, **popen)

    def attach(self, *pids, options=(), recording=None, **popen):
        recording = recording or self.new_recording()
        return self.finish(self.start_attach(*pids, options=options, recording=recording, **popen), b"", recording)

    def start_attach(self, *pids, recording, options=(), **popen):
        return self.start("attach", ",".join(map(str, pids)), *options, "-o", recording, **popen)

    # Any verb

    def __call__(self, *arguments, stdin=b"", **popen):
        return self.finish(self.start(*arguments, **popen), stdin)

    def start(self, *arguments, **popen):
        """The running command, in a session of its own, with pipes for what the caller did not name."""
        for stream in ("stdin", "stdout", "stderr"):
            popen.setdefault(stream, subprocess.PIPE)
        popen.setdefault("start_new_session", True)
        popen.setdefault("cwd", self.folder)
        process = subprocess.Popen([str(self.path), *(each if isinstance(each, bytes) else str(each) for each in arguments)], **popen)
        self._started.append(process)
        return process

    def finish(self, process, stdin=b"", recording=None):
        """Feeds stdin, waits for the end of the command and of its output."""
        try:
            stdout, stderr = process.communicate(stdin if process.stdin else None, timeout=DEADLINE_SECONDS)
        except subprocess.TimeoutExpired:
            kill_session(process)
            raise AssertionError(f"still running after {DEADLINE_SECONDS} s: {shlex.join(process.args)}") from None
        return Outcome(process.returncode, stdout or b"", stderr or b"", recording, process.pid)

    def start_program(self, arguments, **popen):
        """A program beside the command, not under it; its first line of output says that it is ready."""
        process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, **popen)
        self._started.append(process)
        assert process.stdout.readline().startswith(b"ready")
        return process

    def wait_until_recorded(self, recording, *pids):
        """Until the recording, still being written, says something of these processes."""
        def has_them():
            done = self("report", recording, "--json")
            return done.rc == 0 and set(pids) <= {each["pid"] for each in done.json["processes"]}

        wait_until(has_them, f"processes {pids} in {recording}")

    def new_recording(self):
        self._recordings += 1
        return self.folder / f"recording-{self._recordings}.pftrace"

    def end_all(self):
        for process in self._started:
            kill_session(process)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
            process.wait()

    # Reading

    def report(self, recording):
        """`stripchart report RECORDING --json`, decoded."""
        done = self("report", recording, "--json")
        assert done.rc == 0, done.stderr
        return done.json

    def export_csv(self, recording):
        """The rows of the two CSV files: (resources, events), each a list of dictionaries in the file's column order."""
        prefix = self.folder / f"{recording.stem}-export"
        done = self("export", recording, "--to", "csv", "-o", prefix)
        assert done.rc == 0, done.stderr
        return tuple(read_csv(pathlib.Path(f"{prefix}.{log}.csv")) for log in ("resources", "events"))


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def kill_session(process):
    """SIGKILL for what the test started, also for what its ended leader has left behind."""
    if process.returncode is not None and state(process.pid) is not None:
        return  # the leader is reaped, so this is another process under its number
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


# Parts of a report


def process(report, pid):
    """The one process of the report with this pid."""
    found = [each for each in report["processes"] if each["pid"] == pid]
    assert len(found) == 1, f"pid {pid} is listed {len(found)} times among {pids(report)}"
    return found[0]


def pids(report):
    return [each["pid"] for each in report["processes"]]


def root(report):
    """The process that `run` started: its parent is none of the listed ones."""
    listed = set(pids(report))
    roots = [each for each in report["processes"] if each["parent_pid"] not in listed]
    assert len(roots) == 1, f"{len(roots)} roots among {report['processes']}"
    return roots[0]


def command_text(process):
    """The command of a process as one line, whether it is stored as text or as a list of arguments."""
    command = process["command"]
    return command if isinstance(command, str) else " ".join(command)


def assert_one_line_error(outcome):
    """An error is one line, which a hint may follow; no trap, no stack trace."""
    lines = [line for line in outcome.stderr.splitlines() if line.strip()]
    assert outcome.rc > 0, f"ended with {outcome.rc}: {outcome.stderr}"
    assert 1 <= len(lines) <= 2, outcome.stderr
    assert "Fatal error" not in outcome.stderr, outcome.stderr
