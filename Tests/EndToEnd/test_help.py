"""The help of each verb: wrapped once, for the terminal that it is shown on; what is to be copied stays on one line."""
import fcntl
import os
import pty
import struct
import subprocess
import termios

import pytest

VERBS = ["", "run", "attach", "system", "report", "export", "diff", "check", "recover", "doctor"]


def help_at(stripchart, verb, columns):
    """What `stripchart VERB --help` says on a terminal of that width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen([stripchart.path, *filter(None, [verb]), "--help"], stdout=follower, stderr=follower,
                               env={**environment, "COLUMNS": str(columns)})
    os.close(follower)
    text = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(leader)
    assert process.wait() == 0
    return text.decode().replace("\r", "").splitlines()


def examples(lines):
    return [line for line in lines if line.startswith("  stripchart ")]


@pytest.mark.parametrize("verb", VERBS)
def test_examples_stay_on_one_line(stripchart, verb):
    wide = examples(help_at(stripchart, verb, 400))
    assert wide
    for columns in (80, 120):
        assert examples(help_at(stripchart, verb, columns)) == wide


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_broken_before_it_is_full(stripchart, verb, columns):
    lines = help_at(stripchart, verb, columns)
    assert all(len(line) <= columns for line in lines if not line.startswith("USAGE")), lines
    wide = help_at(stripchart, verb, 4000)
    # Each line of a paragraph but its last could not have held the next one's first word.
    for line, following in zip(lines, lines[1:]):
        if not line or line.startswith((" ", "USAGE")) or not following or following.startswith(" "):
            continue
        if line in wide:
            continue  # whole, however wide the terminal is
        assert len(line) + 1 + len(following.split()[0]) > columns - 2, (line, following)


@pytest.mark.parametrize("verb", VERBS)
def test_the_usage_fits_a_terminal(stripchart, verb):
    [usage] = [line for line in help_at(stripchart, verb, 80) if line.startswith("USAGE")]
    assert len(usage) <= 80
