"""The Python package: spans, calls and lines against its peers, the import, and a whole job with every function recorded."""

import statistics

from harness import OUT, ROOT, ROUNDS, STRIPCHART, Row, Unavailable, in_turn, json_lines, recorded, recording, require
from harness import seconds, spread_of

HERE = ROOT / "Benchmarks/python"
PROGRAMS = OUT / "python/bin"  # the newest CPython of this machine, with the wheel and the peers
PYTHON = PROGRAMS / "python"


def measure():
    require(STRIPCHART, PYTHON)
    yield from events()
    yield from importing()
    yield from mixed_job()


def events():
    def program(who):
        return [PYTHON, HERE / "events.py", who]

    results = in_turn({
        "recorded": lambda: json_lines(recorded(program("stripchart"), recording("python-events"))),
        "outside": lambda: json_lines(program("stripchart")),
        **{peer: lambda peer=peer: peer_results(program(peer)) for peer in ("predecessor", "viztracer", "line_profiler")},
    })

    def cost(who, name):
        return spread_of([result for result in results[who] if result], name)

    def row(what, limit, spread):
        met = None if limit is None else spread.minimum <= limit
        return Row(f"Python: {what}", "" if limit is None else f"≤ {limit} ns", spread.show(" ns", 1), met, spread.figures())

    yield row("entry and exit of a span", 100, cost("recorded", "entry and exit"))
    yield row("`with span(\"block\")`, made, entered and left", 100, cost("recorded", "with"))
    yield row("the same with an argument", None, cost("recorded", "with argument"))
    yield row("a call of a decorated function", 80, cost("recorded", "decorator"))
    yield row("entry and exit outside a recording", 40, cost("outside", "entry and exit"))
    yield row("made, entered and left outside a recording", None, cost("outside", "with"))
    yield row("a decorated call outside a recording", 40, cost("outside", "decorator"))
    yield row("a line", 60, cost("recorded", "line"))
    yield row("a line outside a recording", None, cost("outside", "line"))
    for peer, name, what, ours, least in [
        ("predecessor", "with", "the predecessor's event pair", "with", 20),
        ("viztracer", "decorator", "a call under viztracer", "decorator", None),
        ("line_profiler", "line", "a line under line_profiler", "line", 6),
    ]:
        if not any(results[peer]):
            yield Row(f"Python: {what}", "", "not measured: it failed")
            continue
        spread = cost(peer, name)
        ratio = (spread / cost("recorded", ours)).minimum
        reach = "" if least is None else f"≥ {least} × ours"
        measured = f"{spread.show(' ns', 1)}: {ratio:.1f} × ours"
        yield Row(f"Python: {what}", reach, measured, None if least is None else ratio >= least, {**spread.figures(), "ratio": ratio})


def peer_results(command):
    """A peer that fails costs its round, not the others."""
    try:
        return json_lines(command)
    except Unavailable:
        return None


def importing():
    results = [json_lines([PYTHON, HERE / "importing.py"]) for _ in range(5 * ROUNDS)]
    spread = spread_of(results, "import")
    milliseconds = type(spread)(spread.minimum / 1e6, spread.median / 1e6)
    large = results[0]["import"]["large"]
    yield Row("`import stripchart`", "≤ 3 ms, nothing large", milliseconds.show(" ms") + (f", brings {large}" if large else ""),
              milliseconds.median <= 3 and not large, milliseconds.figures())


def mixed_job():
    job = [HERE / "mixed_job.py", 20]
    plain = [PYTHON, *job]
    tools = {
        "stripchart --functions '*'": lambda: seconds(recorded(plain, recording("mixed"), "--functions", "*")),
        "stripchart": lambda: seconds(recorded(plain, recording("mixed"))),
        "viztracer": lambda: seconds([PROGRAMS / "viztracer", "-o", OUT / "mixed.json", "--quiet", *job]),
        "line_profiler": lambda: seconds([PROGRAMS / "kernprof", "-l", "-o", OUT / "mixed.lprof", "--prof-mod", job[0], *job]),
    }

    def optional(tool):
        try:
            return tool()
        except (Unavailable, OSError):
            return None

    times = in_turn({"plain": lambda: seconds(plain), **{name: lambda tool=tool: optional(tool) for name, tool in tools.items()}})
    for name in tools:
        pairs = [(with_tool, alone) for with_tool, alone in zip(times[name], times["plain"]) if with_tool is not None]
        what, reach = f"Python: a mixed job under {name}, wall time against none", "≤ 1.5" if "functions" in name else ""
        if not pairs:
            yield Row(what, reach, "not measured: it failed in each round")
            continue
        ratio = statistics.median(with_tool / alone for with_tool, alone in pairs)
        measured = f"{ratio:.2f} median of {len(pairs)} ({statistics.median(alone for _, alone in pairs):.2f} s alone)"
        yield Row(what, reach, measured, ratio <= 1.5 if reach else None, {"seconds": times[name], "seconds_alone": times["plain"]})
