"""How much longer a job takes under a recorder than alone: ours and three others, in turn."""

import pathlib
import shlex
import statistics
import sys

from harness import OUT, ROUNDS, STRIPCHART, Row, Unavailable, in_turn, job, recorded, recording, require, seconds

PROGRAMS = pathlib.Path(sys.executable).parent
PLAIN, OURS = "none", "stripchart"


def measure():
    require(STRIPCHART)
    for name in ("cpu", "io"):
        times = in_turn(recorders(job(name)), rounds=max(ROUNDS, 7))
        for tool in times:
            if tool != PLAIN:
                yield row(name, tool, times[tool], times[PLAIN])


def recorders(command):
    words = shlex.join(map(str, command))
    log = OUT / "peer.out"
    tools = {
        PLAIN: lambda: seconds(command),
        OURS: lambda: seconds(recorded(command, recording("wall"))),
        "psrecord, 10 Hz": lambda: seconds(
            [PROGRAMS / "psrecord", words, "--log", log, "--interval", "0.1", "--include-children"]
        ),
        "mprof, 10 Hz": lambda: seconds([PROGRAMS / "mprof", "run", "-o", log, *command]),
        "py-spy, 100 Hz": lambda: seconds(
            [PROGRAMS / "py-spy", "record", "-r", "100", "-f", "raw", "-o", log, "--", *command]
        ),
    }
    return {name: tool if name in (PLAIN, OURS) else optional(tool) for name, tool in tools.items()}


def optional(tool):
    """A peer may be forbidden here (py-spy wants ptrace) or fail now and then: that costs its round, not the others."""

    def run():
        try:
            return tool()
        except (Unavailable, OSError):
            return None

    return run


def row(name, tool, times, plain):
    what = f"{name}-bound job under {tool}, wall time against none"
    reach = "≤ 1.01" if tool == OURS else ""
    pairs = [(with_tool, alone) for with_tool, alone in zip(times, plain) if with_tool is not None]
    if len(pairs) < 3:
        return Row(what, reach, f"not measured: it failed in {len(times) - len(pairs)} of {len(times)} rounds")
    # Of each round on its own: neighbours in time share the machine's mood.
    ratio = statistics.median(with_tool / alone for with_tool, alone in pairs)
    fastest = min(with_tool for with_tool, _ in pairs) / min(plain)
    return Row(
        what,
        reach,
        f"{ratio:.3f} median of {len(pairs)}, {fastest:.3f} of the minima ({statistics.median(plain):.2f} s alone)",
        ratio <= 1.01 if tool == OURS else None,
        {"seconds": times, "seconds_alone": plain},
    )
