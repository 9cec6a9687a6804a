"""The figures as a table for the documentation, and in short."""
import datetime
import os
import platform

COUNTS = {"minor faults", "major faults", "context switches", "read calls", "write calls", "processes"}


def amount(figure, value):
    if value is None:
        return "missing"
    if figure == "CPU time":
        return f"{value:.3f} s"
    if figure in COUNTS:
        return f"{value:.0f}"
    return f"{value / (1 << 20):.2f} MiB"


def range_of(row):
    low, high = amount(row.figure, row.low), amount(row.figure, row.high)
    return low if low == high else f"{low} to {high}"


def error(row):
    if row.ours is None:
        return ""
    if row.error == 0:
        return "0"
    against = row.low if row.error < 0 else row.high
    share = f" ({100 * row.error / against:+.2g} %)" if against else ""
    sign = "+" if row.error > 0 else "−"
    return f"{sign}{amount(row.figure, abs(row.error))}{share}"


def line(cells):
    return "| " + " | ".join(str(each).replace("|", "\\|") for each in cells) + " |"


def cells(row):
    return [row.workload, row.figure, row.witness, range_of(row), amount(row.figure, row.ours), error(row), row.verdict]


def processor():
    with open("/proc/cpuinfo") as file:
        return next((each.split(":")[1].strip() for each in file if each.startswith("model name")), platform.machine())


def memory():
    with open("/proc/meminfo") as file:
        return int(file.readline().split()[1]) / (1 << 20)


def document(measured, not_run, version):
    count = {verdict: sum(row.verdict == verdict for row in measured) for verdict in ("within reach", "at least", "WRONG", "missing")}
    workloads = list(dict.fromkeys(row.workload for row in measured))
    head = [
        "# What the report says, and what the kernel says",
        "",
        "`make truth` writes this page: it records each workload with `stripchart run` (or `attach`) while a witness, which the",
        "recorder does not read, counts the same.",
        "",
        f"{datetime.date.today().isoformat()}, {version}; Linux {platform.release()}, {os.cpu_count()} CPUs ({processor()}), "
        f"{memory():.1f} GiB, {'as root' if os.geteuid() == 0 else 'without privileges'}.",
        "",
        f"{len(workloads)} workloads, {len(measured)} figures: {count['within reach']} within reach, {count['at least']} too low and "
        f"marked as a lower bound, {count['WRONG']} wrong and not marked, {count['missing']} missing.",
        "",
        "- Within reach: at most 1 % off, or 20 ms, 1 MiB, 64 calls or switches, 256 minor and 16 major faults; processes exactly.",
        "- `at least`: below the witness by more, and the report calls the figure a lower bound.",
        "- wait4: the recorded command is a small program that becomes the reaper of all that its workload leaves, waits for every",
        "  process, and asks getrusage(2) and /proc/self/io at the end. It counts itself, as the report does.",
        "- Control group: made for the workload. What the kernel does to take down a child that nobody waits for is in it after the",
        "  child's own figures were told; there, 3 % less is within what witnesses agree on.",
        "- Peak memory is the tree's, shared pages once. Where the workload does not know it, it lies between the greatest process and",
        "  the group's peak, page cache included.",
        "",
    ]
    names = ["workload", "figure", "witness", "witness says", "report says", "error", "verdict"]
    rule = line(["---"] * len(names))
    off = [row for row in measured if row.verdict != "within reach"]
    body = ["## Not within reach", "", *([line(names), rule, *(line(cells(row)) for row in off)] if off else ["None."]), ""]
    if not_run:
        body += ["## Not run", "", line(["workload", "reason"]), line(["---"] * 2),
                 *(line([name, f"not run: {reason}"]) for name, reason in not_run), ""]
    body += ["## All", "", line(names), rule, *(line(cells(row)) for row in measured), ""]
    return "\n".join(head + body)
