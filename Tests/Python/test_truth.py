"""Figures of spans and lines against programs that use a known amount, and against what the kernel told these programs."""
from __future__ import annotations

import json

import pytest

MEBIBYTE = 1 << 20
# The kernel counts the pages of a running process in batches, for each CPU.
SLACK = 2 * MEBIBYTE

PROGRAM = """
    import json, mmap, os, resource, sys, time
    import stripchart

    SIZE = 64 << 20

    def used():
        usage = resource.getrusage(resource.RUSAGE_THREAD)
        return {"cpu": time.thread_time(), "written": usage.ru_oublock * 512, "faults": usage.ru_minflt}

    def measured(name, work):
        before = used()
        with stripchart.span(name):
            inside = used()
            work()
            at_least = {key: value - inside[key] for key, value in used().items()}
        at_most = {key: value - before[key] for key, value in used().items()}
        figures[name] = [at_least, at_most]

    def burn():
        end = time.thread_time() + 0.2
        while time.thread_time() < end:
            pass

    def grow():
        memory = mmap.mmap(-1, SIZE)
        for page in range(0, SIZE, 4096):
            memory[page] = 1
        held.append(memory)

    def shrink():
        held.pop().close()

    def write():
        with open(sys.argv[1], "wb", buffering=0) as file:
            for _ in range(16):
                file.write(bytes(1 << 20))
            os.fsync(file.fileno())

    def sleep():
        time.sleep(0.2)

    @stripchart.lines
    def by_line():
        end = time.thread_time() + 0.1
        memory = bytearray(32 << 20)
        time.sleep(0.1)
        while time.thread_time() < end: pass
        return memory

    held, figures = [], {}
    for work in (burn, grow, shrink, write, sleep):
        measured(work.__name__, work)
    for _ in range(3):
        by_line()
    print(json.dumps(figures))
"""


@pytest.fixture
def recorded(python, tmp_path):
    return python(PROGRAM, str(tmp_path / "written.bin"))


@pytest.fixture
def spans(recorded):
    return {span["name"]: span for span in recorded.report()["spans"]}


@pytest.fixture
def told(recorded):
    return json.loads(recorded.stdout)


def test_cpu_time_is_between_what_the_thread_read_inside_and_outside(recorded, spans, told):
    # What stands at a begin may have been read one bound before.
    bound = recorded.report()["libraries"][0]["bound_nanoseconds"] / 1e9
    for name in ("burn", "grow", "write", "sleep"):
        least, most = told[name]
        assert least["cpu"] - bound <= spans[name]["cpu_seconds"] <= most["cpu"] + bound, name
    assert spans["burn"]["cpu_seconds"] >= 0.2
    assert spans["sleep"]["cpu_seconds"] < 0.1


def test_growth_is_what_was_touched_and_kept_and_shrinks_when_it_goes(spans):
    assert abs(spans["grow"]["rss_growth_bytes"] - 64 * MEBIBYTE) < SLACK
    assert abs(spans["shrink"]["rss_growth_bytes"] + 64 * MEBIBYTE) < SLACK
    assert abs(spans["sleep"]["rss_growth_bytes"]) < SLACK
    assert spans["grow"]["peak_rss_bytes"] >= 64 * MEBIBYTE


def test_storage_bytes_are_those_that_the_kernel_counted_for_the_thread(spans, told):
    least, most = told["write"]
    assert least["written"] <= spans["write"]["write_bytes"] <= most["written"]
    assert spans["burn"]["write_bytes"] <= told["burn"][1]["written"]


def test_each_line_has_its_own(recorded):
    function = next(function for function in recorded.report()["lines"] if function["function"].endswith("by_line"))
    first, source = function["first_line"], function["source"]
    by_text = {source[line["line"] - first].strip(): line for line in function["lines"]}
    allocation = by_text["memory = bytearray(32 << 20)"]
    sleeping = by_text["time.sleep(0.1)"]
    burning = by_text["while time.thread_time() < end: pass"]
    assert allocation["hits"] == 3 and sleeping["hits"] == 3
    assert abs(allocation["rss_growth_bytes"] - 96 * MEBIBYTE) < 3 * SLACK
    assert sleeping["self_seconds"] >= 0.3
    assert sleeping["cpu_seconds"] < 0.1
    assert burning["cpu_seconds"] >= 0.2
