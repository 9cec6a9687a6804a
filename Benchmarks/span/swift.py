"""What a Swift program pays for its spans and lines, in a recording and outside of one, and for linking the library."""

import shutil
import subprocess

from harness import OUT, ROOT, STRIP_BENCH, Row, Unavailable, in_turn, json_lines, output, recorded, recording
from harness import require, spread_of

PACKAGE = ROOT / "Benchmarks/span/linking"


def measure():
    require(STRIP_BENCH)
    results = in_turn({
        "inside": lambda: json_lines(recorded([STRIP_BENCH, "swift"], recording("swift"))),
        "outside": lambda: json_lines(output([STRIP_BENCH, "swift"])),
    })
    inside = lambda name: spread_of(results["inside"], name)
    outside = lambda name: spread_of(results["outside"], f"{name} outside a recording")
    two, call, waited = inside("two counter readings"), inside("plain call"), inside("plain async call")
    yield row("span { }, with the call inside", inside("span"), two.minimum + call.minimum + 10, "two TSC reads, the call, 10 ns")
    yield row("span { } in a program with async spans", inside("span, in a program with async spans"), None)
    yield row("a line marker", inside("line marker"), 1.5 * two.minimum / 2, "15 ns × (TSC / 10 ns)")
    yield row("async span above the call", inside("async span"), waited.minimum + 100, "the call + 100 ns")
    yield row("beginSpan and end", inside("beginSpan and end"), None)
    yield row("counter", inside("counter"), None)
    plain = spread_of(results["outside"], "plain call").minimum
    yield row("span { } outside a recording", outside("span"), plain + 3, "the call + 3 ns")
    yield row("a line marker outside a recording", outside("line marker"), 3, "3 ns")
    yield from sizes()


def row(what, cost, limit, why=""):
    reach = "" if limit is None else f"≤ {limit:.1f} ns: {why}"
    return Row(what, reach, cost.show(" ns", 1), None if limit is None else cost.minimum <= limit, cost.figures())


def sizes():
    scratch = OUT / "linking"
    build = ["swift", "build", "-c", "release", "--static-swift-stdlib", "--package-path", PACKAGE, "--scratch-path", scratch]
    if shutil.which("swift") is None or subprocess.run(build, stdout=subprocess.DEVNULL).returncode != 0:
        raise Unavailable(f"{PACKAGE} does not build")
    sizes = {name: stripped_size(scratch / "release" / name) for name in ("plain", "spans", "linked")}
    for name, what in (("spans", "spans only"), ("linked", "with Recording.start")):
        added = sizes[name] - sizes["plain"]
        yield Row(f"linking Stripchart, stripped and static, {what}", "≤ 300 KB added", f"{added / 1000:.0f} KB", added <= 300_000, sizes)


def stripped_size(program):
    stripped = program.with_suffix(".stripped")
    subprocess.run(["strip", "-o", stripped, program], check=True)
    return stripped.stat().st_size
