"""What reports of a large recording take on one core, beside loading it in the Perfetto engine; and the demo's picture."""

import os
import shutil
import statistics
import time

from harness import OUT, ROOT, ROUNDS, STRIP_BENCH, STRIPCHART, Row, Unavailable, Watched, in_turn, output, recording, require

EVENTS, SAMPLES = 10_000_000, 1_000_000
MEBIBYTE = 1 << 20
ENGINE = ROOT / "Tests/Perfetto/engine.mjs"
DEMO = ROOT / ".build-demo/demo.pftrace"


def measure():
    require(STRIP_BENCH, STRIPCHART)
    path = OUT / "recordings" / f"large-{EVENTS}-{SAMPLES}.pftrace"
    if not path.exists():
        output([STRIP_BENCH, "generate", recording("large-partial"), EVENTS, SAMPLES])
        (OUT / "recordings/large-partial.pftrace").rename(path)
    page = OUT / "large.html"
    reports = {
        "terminal": [STRIPCHART, "report", path],
        "JSON": [STRIPCHART, "report", path, "--json"],
        "HTML": [STRIPCHART, "report", path, "--html", "--force", "-o", page],
    }
    results = in_turn({name: lambda command=command: OneCore(command) for name, command in reports.items()})
    for name, runs in results.items():
        seconds, peak = min(run.seconds for run in runs), max(run.peak_bytes for run in runs)
        size = f", page of {page.stat().st_size / MEBIBYTE:.2f} MiB" if name == "HTML" else ""
        yield Row(
            f"`report` as {name}: 10 M events, 1 M samples",
            "≤ 3 s, ≤ 500 MB",
            f"{shown(runs)}, {peak / 1e6:.0f} MB{size}",
            seconds <= 3 and peak <= 500e6,
            figures(runs),
        )
    yield engine(path)
    yield picture()


def engine(path):
    """The whole file through Perfetto's own trace processor (WebAssembly, one thread)."""
    node = shutil.which("node")
    if node is None:
        return Row("the same file in the Perfetto engine", "", "not measured: no node")
    try:
        runs = [OneCore([node, ENGINE, path, "select count(*) from slice"])]
    except Unavailable as reason:
        return Row("the same file in the Perfetto engine", "", f"not measured: {reason}")
    return Row("the same file in the Perfetto engine, loaded", "", f"{shown(runs)}, {runs[0].peak_bytes / 1e6:.0f} MB", figures=figures(runs))


def picture():
    if not DEMO.exists():
        return Row("the demo as a PNG", "≤ 0.5 s", "not measured: `make demo` makes its recording")
    command = [STRIPCHART, "report", DEMO, "--png", "--force", "-o", OUT / "demo.png"]
    runs = [OneCore(command) for _ in range(ROUNDS)]
    return Row("the demo as a PNG", "≤ 0.5 s", shown(runs), min(run.seconds for run in runs) <= 0.5, figures(runs))


class OneCore(Watched):
    """A command that may use one core only, run to its end."""

    def __init__(self, command):
        start = time.perf_counter()
        super().__init__(["taskset", "-c", str(min(os.sched_getaffinity(0))), *command])
        while self.process.poll() is None:
            self.look()
            time.sleep(0.005)
        self.seconds = time.perf_counter() - start
        self.cpu_seconds = self.cpu_readings[-1][1] if self.cpu_readings else 0.0
        if self.process.returncode != 0:
            raise Unavailable(f"{command[0]} failed with exit code {self.process.returncode}")


def shown(runs):
    seconds = [run.seconds for run in runs]
    cpu = min(run.cpu_seconds for run in runs)
    return f"{min(seconds):.2f} s min, {statistics.median(seconds):.2f} s median ({cpu:.2f} s CPU)"


def figures(runs):
    return {
        "seconds": [run.seconds for run in runs],
        "cpu_seconds": [run.cpu_seconds for run in runs],
        "peak_bytes": [run.peak_bytes for run in runs],
    }
