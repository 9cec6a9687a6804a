"""A program that SIGKILL ended, alone or together with its recorder: every page is complete to the last record."""
import json
import os
import signal
import xml.etree.ElementTree

import pytest

from kernel import wait_until
from speedscope_reader import Speedscope
from stripchart_command import read_csv
from test_columns import Columns

COUNT = 977  # an odd number, that no default happens to be


@pytest.fixture(params=["program", "recorder too"])
def killed(request, stripchart, program, package):
    """A recording of COUNT steps and a last span that nobody ended."""
    environment = {**os.environ, "PYTHONPATH": str(package)}
    arguments = program("killed_spans", COUNT, *(["wait"] if request.param == "recorder too" else []))
    recording = stripchart.new_recording()
    process = stripchart.start_run(*arguments, recording=recording, options=["-q", "-i", "10ms"], env=environment)
    if request.param == "recorder too":
        assert process.stdout.readline() == b"ready\n"
        wait_until(lambda: children(process.pid), "the program")
        [child] = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        os.kill(child, signal.SIGKILL)
    process.communicate(timeout=60)
    return recording


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(each) for each in file.read().split()]


def test_every_page_is_complete_to_the_last_record(stripchart, killed, engine, folder):
    def output(*arguments):
        done = stripchart(*arguments)
        assert done.rc == 0, done.stderr
        return done.stdout

    # The engine counts what is there, independently of us.
    assert engine(killed, "select count(*) as n from slice where name = 'step'") == [{"n": COUNT}]
    report = json.loads(output("report", killed, "--json"))
    calls = {each["name"]: (each["calls"], each["open"]) for each in report["spans"]}
    assert calls == {"step": (COUNT, 0), "last words": (0, 1)}
    assert report["mark_count"] == 1 and report["counters"][0]["last"] == COUNT - 1

    terminal = output("report", killed, "--no-color").decode()
    row = next(line for line in terminal.splitlines() if "step" in line and str(COUNT) in line.split())
    assert row and "last words" in terminal

    markdown = output("report", killed, "--markdown").decode()
    assert any(str(COUNT) in line and "step" in line for line in markdown.splitlines()) and "last words" in markdown

    output("report", killed, "--html", "-o", folder / "x.html")
    page = (folder / "x.html").read_text()
    data = json.loads(page.split('id="data">', 1)[1].split("</script>", 1)[0])
    assert {each["name"]: (each["calls"], each["open"]) for each in data["spans"]} == calls
    assert data["markCount"] == 1

    output("report", killed, "--svg", "-o", folder / "x.svg")
    texts = " ".join(xml.etree.ElementTree.parse(folder / "x.svg").getroot().itertext())
    assert "last words" in texts and "progress" in texts

    output("export", killed, "--to", "csv", "-o", folder / "x")
    events = [(row["event"], row["name"]) for row in read_csv(folder / "x.events.csv")]
    assert events == [("start", "step"), ("end", "step")] * COUNT + [("start", "last words")]

    spans = Columns(output("export", killed, "--to", "columns"))["spans"]
    assert spans["name"] == ["step"] * COUNT + ["last words"]

    records = [json.loads(line) for line in output("export", killed, "--to", "json").splitlines()]
    assert [each["name"] for each in records if each["record"] == "span"] == ["step"] * COUNT + ["last words"]
    assert [each["value"] for each in records if each["record"] == "counter"] == list(range(COUNT))
    assert [each["name"] for each in records if each["record"] == "mark"] == ["all steps done"]

    [profile] = Speedscope(output("export", killed, "--to", "speedscope")).profiles
    assert profile.calls == {"step": COUNT, "last words": 1}
    stacks = output("export", killed, "--to", "collapsed").decode().splitlines()
    assert [line.rsplit(" ", 1)[0].split(";")[2:] for line in stacks] == [["step"], ["last words"]]

    trace = json.loads(output("export", killed, "--to", "chrome"))["traceEvents"]
    phases = [(each["ph"], each.get("name")) for each in trace if each["ph"] in "BE"]
    assert phases == [("B", "step"), ("E", None)] * COUNT + [("B", "last words")]
    assert [each["args"]["value"] for each in trace if each["ph"] == "C" and each["name"] == "progress"] == list(range(COUNT))

    output("diff", killed, killed, "--html", "-o", folder / "y.html")
    data = json.loads((folder / "y.html").read_text().split('id="data">', 1)[1].split("</script>", 1)[0])
    assert [each["calls"] for each in data["spans"] if each["name"] == "step"] == [COUNT, COUNT]
