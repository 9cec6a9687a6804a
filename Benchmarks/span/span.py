"""One span, begin and end, written into the recording of a run: from C through stripchart.h, and from Swift."""

from harness import ROOT, SPAN_LIBRARY, STRIP_BENCH, STRIPCHART, Row, compiled, in_turn, json_lines
from harness import recorded, recording, require, spread_of

HEADERS = ROOT / "Sources/SpanCore/include"


def measure():
    require(STRIPCHART, SPAN_LIBRARY, HEADERS / "stripchart.h")
    programs = {"C": [compiled("span/span.c", f"-I{HEADERS}", SPAN_LIBRARY, "-lm")]}
    if STRIP_BENCH.exists():
        programs["Swift"] = [STRIP_BENCH, "span"]
    results = in_turn({name: lambda command=command: run(command) for name, command in programs.items()})

    counter = spread_of(results["C"], "tsc")
    yield Row("one TSC read", "", counter.show(" ns", 1), figures=counter.figures())
    yield row("one span from C", spread_of(results["C"], "span"), counter)
    yield row("one span from C, nested", spread_of(results["C"], "nested"), counter)
    if "Swift" in results:
        yield row("one span from Swift", spread_of(results["Swift"]), counter)


def run(command):
    return json_lines(recorded(command, recording("span")))


def row(what, cost, counter):
    # 30 ns where a TSC read costs 10: two reads, and as much as one more for the two records.
    limit = 3 * counter.minimum
    return Row(what, f"≤ 30 ns × (TSC / 10 ns) = {limit:.0f} ns", cost.show(" ns", 1), cost.minimum <= limit, cost.figures())
