"""What swift-distributed-tracing and swift-metrics cost with our back ends in a recording, against none at all."""

import shutil
import subprocess

from harness import OUT, ROOT, Row, STRIPCHART, Unavailable, in_turn, json_lines, recorded, recording, require, spread_of

PACKAGE = ROOT / "Benchmarks/swift"
SPANS = ("withSpan", "withSpan, async", "withSpan, nested", "withSpan, two attributes")
METRICS = ("counter", "gauge", "timer")


def measure():
    require(STRIPCHART)
    bench = built()
    results = in_turn({
        "none": lambda: json_lines([bench, "none"]),
        "off": lambda: json_lines([bench, "ours"]),
        "ours": lambda: json_lines(recorded([bench, "ours"], recording("bridges"))),
    })
    for name in SPANS:
        none, ours = spread_of(results["none"], name), spread_of(results["ours"], name)
        ratio = ours.minimum / none.minimum
        off = spread_of(results["off"], name)
        yield Row(f"{name}, our tracer, nothing recorded", "", off.show(" ns", 0), None, off.figures())
        yield Row(
            f"{name} into our tracer", f"≤ 2 × {none.minimum:.0f} ns with none", f"{ours.show(' ns', 0)}, {ratio:.2f} ×", ratio <= 2,
            ours.figures())
    for name in METRICS:
        none, ours = spread_of(results["none"], name), spread_of(results["ours"], name)
        yield Row(f"swift-metrics {name}", f"with none: {none.minimum:.1f} ns", ours.show(" ns", 1), None, ours.figures())


def built():
    """The measuring program. The first build gets swift-distributed-tracing and swift-metrics."""
    scratch = OUT / "bridges"
    build = ["swift", "build", "-c", "release", "--package-path", PACKAGE, "--scratch-path", scratch]
    if shutil.which("swift") is None or subprocess.run(build, stdout=subprocess.DEVNULL).returncode != 0:
        raise Unavailable(f"{PACKAGE.relative_to(ROOT)} does not build")
    return scratch / "release/bridge-bench"
