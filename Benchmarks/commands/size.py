"""Bytes an hour of recording, and the recorder's memory in a short and in a long run."""

from harness import STRIPCHART, Row, job, output, recorded, recording, require, watch

# A short and a long run, side by side: their difference is the rate, free of what every recording begins with.
SHORT_SECONDS, LONG_SECONDS = 5, 30
INTERVALS = ["auto", "10ms", "1s"]
MEBIBYTE = 1 << 20


def measure():
    require(STRIPCHART)
    for kind in ("idle", "busy"):
        runs = {(interval, length): recording(f"{kind}-{interval}-{length}")
                for interval in INTERVALS for length in (SHORT_SECONDS, LONG_SECONDS)}
        recorders = watch(*(recorded(job(kind, length), path, "-i", interval)
                            for (interval, length), path in runs.items()))
        sizes = {run: packed_size(path) for run, path in runs.items()}
        for interval in INTERVALS:
            yield size_row(kind, interval, sizes[interval, SHORT_SECONDS], sizes[interval, LONG_SECONDS])
        yield memory_row(kind, dict(zip(runs, recorders)))


def packed_size(path):
    """The bytes of the packets. The file is longer by the unused part of its last blocks: some 64 KiB, whatever its age."""
    packed = path.with_suffix(".packed")
    output([STRIPCHART, "recover", "--force", path, "-o", packed])
    return packed.stat().st_size


def size_row(kind, interval, short, long):
    a_second = (long - short) / (LONG_SECONDS - SHORT_SECONDS)
    figures = {"bytes_short": short, "bytes_long": long, "bytes_a_second": a_second}
    if interval == "auto":  # the runs saw its first ticks only, of 10 ms
        hour, day = (a_second * 0.010 * automatic_ticks(length) / MEBIBYTE for length in (3600, 86400))
        measured = f"{hour:.1f} MiB the first hour, {day:.1f} MiB a day (by its number of ticks)"
    else:
        measured = f"{a_second * 3600 / MEBIBYTE:.2f} MiB an hour"
    return Row(f"recording size, -i {interval}, one {kind} process", "", measured, figures=figures)


def automatic_ticks(length):
    """Ticks of `-i auto` in so many seconds: 10 ms, doubled each 60,000 ticks up to 1 s."""
    ticks, interval = 0, 0.010
    while interval < 1 and length > 60_000 * interval:
        ticks += 60_000
        length -= 60_000 * interval
        interval = min(2 * interval, 1)
    return ticks + length / interval


def memory_row(kind, recorders):
    short, long = (recorders["10ms", length].peak_bytes / MEBIBYTE for length in (SHORT_SECONDS, LONG_SECONDS))
    peak = max(recorder.peak_bytes for recorder in recorders.values()) / MEBIBYTE
    return Row(
        f"recorder memory at 100 Hz, one {kind} process",
        "≤ 15 MB, whatever the length",
        f"{short:.1f} MiB after {SHORT_SECONDS} s, {long:.1f} MiB after {LONG_SECONDS} s (VmHWM)",
        peak * MEBIBYTE <= 15e6,
        {"peak_bytes_short": short * MEBIBYTE, "peak_bytes_long": long * MEBIBYTE},
    )
