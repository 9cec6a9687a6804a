"""How fast a recording is read, and what memory the report takes for a small and for a large one."""

from harness import ROUNDS, STRIP_BENCH, STRIPCHART, Row, in_turn, json_lines, output, recording, require, spread_of, watch

SMALL, LARGE = 500_000, 5_000_000
MEBIBYTE = 1 << 20


def measure():
    require(STRIP_BENCH, STRIPCHART)
    files = {count: recording(f"synthetic-{count}") for count in (SMALL, LARGE)}
    for count, path in files.items():
        output([STRIP_BENCH, "generate", path, count])

    results = in_turn({"read": lambda: json_lines([STRIP_BENCH, "read", files[LARGE]])}, rounds=ROUNDS)
    cost = spread_of(results["read"])
    fastest, usual = 1000 / cost.minimum, 1000 / cost.median  # nanoseconds a record to million records a second
    yield Row(
        "reading a recording",
        "≥ 5 million records a second",
        f"{fastest:.1f} million at best, {usual:.1f} median",
        fastest >= 5,
        cost.figures(),
    )

    peaks = {}
    for count, path in files.items():
        [report] = watch([STRIPCHART, "report", path, "--json"], every=0.02)
        peaks[count] = report.peak_bytes
    yield Row(
        "memory of `report`",
        "by series and names, not file size",
        ", ".join(
            f"{peaks[count] / MEBIBYTE:.0f} MiB for {files[count].stat().st_size / MEBIBYTE:.0f} MiB" for count in files
        ),
        figures={str(count): peak for count, peak in peaks.items()},
    )
