"""At a terminal, too, a recorded program behaves as if alone: Ctrl-C, Ctrl-Z, the size, the foreground."""
import json
import os
import sys

import pytest

from conftest import PROGRAMS
from stripchart_command import process
from terminal import CTRL_C, CTRL_Z, Terminal


@pytest.fixture
def terminal(folder):
    opened = []

    def start(*command, **how):
        opened.append(Terminal(command, folder, **how))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_a_program_has_the_terminal_as_if_alone(stripchart, program, terminal, folder):
    screen = terminal(stripchart.path, "run", "-o", "t.pftrace", "--", *program("describe_terminal"))
    assert screen.read_to_end() == 0
    seen = json.loads(screen.shown.decode(errors="replace").splitlines()[0])
    leader = screen.process.pid
    assert seen == {"is_terminal": [True, True, True], "name": screen.name, "size": [101, 33], "in_foreground": True,
                    "group": leader, "session": leader}


def test_ctrl_c_reaches_the_program_once_and_the_report_is_written(stripchart, program, terminal, folder):
    screen = terminal(stripchart.path, "run", "-o", "t.pftrace", "--", *program("count_signals"))
    screen.read_until(b"ready")
    screen.type(CTRL_C)
    assert screen.read_to_end() == 9
    _, _, after = screen.shown.partition(b"got SIGINT\r\n")
    assert after.strip(), f"no report on the screen: {screen.shown!r}"
    assert stripchart.report(folder / "t.pftrace")["program"]["exit"] == {"code": 9, "signal": None}


def test_ctrl_c_ends_a_program_that_does_not_handle_it(stripchart, terminal, folder):
    screen = terminal(stripchart.path, "run", "-o", "t.pftrace", "--", "sh", "-c", "echo ready; exec sleep 600")
    screen.read_until(b"ready")
    screen.type(CTRL_C)
    assert screen.read_to_end() == 130
    assert stripchart.report(folder / "t.pftrace")["program"]["exit"] == {"code": None, "signal": 2}


@pytest.mark.parametrize("recorded", [False, True], ids=["alone", "recorded"])
def test_ctrl_z_stops_the_job_and_fg_continues_it(stripchart, terminal, recorded):
    job = ["sh", "-c", "echo ready; read line; echo read $line; exit 7"]
    if recorded:
        job = [stripchart.path, "run", "-o", "t.pftrace", "--", *job]
    events, say = os.pipe()
    hear, answer = os.pipe()
    screen = terminal(sys.executable, PROGRAMS / "job_shell.py", say, hear, *job, pass_fds=[say, hear])
    os.close(say)
    os.close(hear)
    with os.fdopen(events) as events, os.fdopen(answer, "wb", buffering=0) as answer:
        screen.read_until(b"ready")
        screen.type(CTRL_Z)
        assert events.readline() == "stopped\n"
        answer.write(b"c")
        screen.type(b"a line\n")
        screen.read_until(b"read a line")
        assert screen.read_to_end() == 0
        assert events.readline() == "exited 7\n"


def test_ctrl_c_ends_attach_with_success_and_a_report(stripchart, program, terminal, folder):
    held = stripchart.start_program(program("hold"))
    screen = terminal(stripchart.path, "attach", held.pid, "-o", "t.pftrace")
    stripchart.wait_until_recorded(folder / "t.pftrace", held.pid)
    shown_before = len(screen.shown)
    screen.type(CTRL_C)
    assert screen.read_to_end() == 0
    assert len(screen.shown) > shown_before
    assert held.poll() is None, "the attached program must not notice"
    process(stripchart.report(folder / "t.pftrace"), held.pid)
