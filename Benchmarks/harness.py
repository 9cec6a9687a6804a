"""What every benchmark uses: paths, rows of the table, runs in turn, and commands watched from outside."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUT = ROOT / ".build-bench"
STRIPCHART = ROOT / ".build/release/stripchart"
STRIP_BENCH = ROOT / ".build/release/strip-bench"
SPAN_LIBRARY = ROOT / ".build-embedded/release/libStripSpanCore.a"
JOBS = ROOT / "Benchmarks/commands/jobs.py"
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))


class Unavailable(Exception):
    """A part that is not built, or a command that failed: the row says so and the others go on."""


@dataclasses.dataclass
class Row:
    what: str
    reach: str
    measured: str
    met: bool | None = None  # None: for information, or not measured
    figures: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Spread:
    """Two honest numbers of a noisy series: what the machine can do, and what it usually does."""

    minimum: float
    median: float

    @classmethod
    def of(cls, values):
        return cls(min(values), statistics.median(values))

    def __truediv__(self, other):
        return Spread(self.minimum / other.minimum, self.median / other.median)

    def show(self, unit="", digits=2):
        return f"{self.minimum:.{digits}f}{unit} min, {self.median:.{digits}f}{unit} median"

    def figures(self):
        return dataclasses.asdict(self)


def in_turn(commands, rounds=ROUNDS):
    """Calls each of `commands` (name: function) once a round, so that a slow minute of the machine hits all of them alike.

    The order rotates, so nobody always runs after the same neighbour. Returns name: list of results, round by round.
    """
    names = list(commands)
    results = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            results[name].append(commands[name]())
    return results


def require(*paths):
    for path in paths:
        if not path.exists():
            raise Unavailable(f"{path.relative_to(ROOT)} is not built")


def compiled(source, *arguments):
    """The program made of one C file of this folder."""
    program = OUT / pathlib.Path(source).stem
    compiler = shutil.which("cc") or shutil.which("clang")
    output([compiler, "-O2", "-o", program, ROOT / "Benchmarks" / source, *arguments])
    return program


def output(command):
    """What a command prints; raises with its last words when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=OUT, capture_output=True, text=True)
    if done.returncode != 0:
        words = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise Unavailable(f"{pathlib.Path(command[0]).name} failed: {words}")
    return done.stdout


def json_lines(command):
    """The JSON objects that a measuring program prints, by their names."""
    lines = (line for line in output(command).splitlines() if line.startswith("{"))
    return {line["name"]: line for line in map(json.loads, lines)}


def spread_of(results, name=None):
    """One Spread from what the same program printed in several rounds (of its line `name`, or of its only line)."""
    lines = [result[name] if name else next(iter(result.values())) for result in results]
    return Spread(min(line["min_ns"] for line in lines), statistics.median(line["median_ns"] for line in lines))


def seconds(command):
    """The wall time of a command that must succeed, its output thrown away."""
    start = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in command],
        cwd=OUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    elapsed = time.perf_counter() - start
    if done.returncode != 0:
        raise Unavailable(f"{pathlib.Path(command[0]).name} failed with exit code {done.returncode}")
    return elapsed


def recording(name):
    """A path for a recording that does not exist yet."""
    path = OUT / "recordings" / f"{name}.pftrace"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


def recorded(command, path, *options):
    """`stripchart run` around a command."""
    return [STRIPCHART, "run", "-q", *options, "-o", path, "--", *command]


def job(*arguments):
    return [sys.executable, JOBS, *arguments]


class Watched:
    """A command while it runs, seen through the kernel: peak memory of its own process (not of its children), CPU time.

    The peak is VmHWM of proc_pid_status(5). ru_maxrss of wait4 would not do: it counts what ran before the exec as well.
    CPU time is the process's own CPU clock, whose id clock_getcpuclockid(3) makes of the PID.
    """

    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=OUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.peak_bytes = 0
        self.cpu_readings = []  # (time, CPU time), in seconds

    def look(self):
        try:
            with open(f"/proc/{self.process.pid}/status") as file:
                kilobytes = [line.split()[1] for line in file if line.startswith("VmHWM:")]
            cpu = time.clock_gettime(~self.process.pid << 3 | 2)
        except OSError:
            return  # ended between two looks
        if kilobytes:  # a zombie has none
            self.peak_bytes = max(self.peak_bytes, int(kilobytes[0]) * 1024)
            self.cpu_readings.append((time.monotonic(), cpu))

    def cpu_share(self, after):
        """CPU time per wall time from `after` seconds after the start on: the steady state, without start and end."""
        steady = [reading for reading in self.cpu_readings if reading[0] >= self.cpu_readings[0][0] + after]
        (start, cpu_start), (end, cpu_end) = steady[0], steady[-1]
        return (cpu_end - cpu_start) / (end - start)


def watch(*commands, every=0.1):
    """Runs commands side by side to their ends."""
    watched = [Watched(command) for command in commands]
    while any(each.process.poll() is None for each in watched):
        for each in watched:
            each.look()
        time.sleep(every)
    for each in watched:
        if each.process.returncode != 0:
            raise Unavailable(f"{pathlib.Path(each.command[0]).name} failed with exit code {each.process.returncode}")
    return watched
