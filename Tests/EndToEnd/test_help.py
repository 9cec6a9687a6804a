"""The help of each verb: wrapped once, for the terminal that it is shown on; what is to be copied stays on one line."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest

from conftest import REPOSITORY

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


@pytest.mark.parametrize("verb", ["run", "attach", "system"])
def test_the_readme_has_every_option_of_what_records(stripchart, verb):
    readme = (REPOSITORY / "README.md").read_text()
    options = {word for line in help_at(stripchart, verb, 400) for word in re.findall(r"^ {2}(?:-\w, )?(--[a-z-]+)", line)}
    assert "--gpus" in options
    short = {"--output": "-o FILE", "--interval": "-i INTERVAL", "--duration": "-d 1m", "--quiet": "`-q`"}
    missing = [each for each in options - {"--help", "--version"} if short.get(each, each) not in readme]
    assert not missing


def test_the_readme_has_every_environment_variable_that_is_read(stripchart):
    readme = (REPOSITORY / "README.md").read_text() + (REPOSITORY / "CONTRIBUTING.md").read_text()
    sources = [*(REPOSITORY / "Sources").rglob("*.swift"), *(REPOSITORY / "Python/stripchart").rglob("*.py")]
    read = {name for path in sources for name in re.findall(r'"(STRIPCHART_[A-Z_]+)"', path.read_text())}
    assert {"STRIPCHART_GPUS", "STRIPCHART_COMMAND"} <= read
    assert not sorted(name for name in read if name not in readme)


def test_one_rate_of_stack_samples_stands_everywhere(stripchart):
    """The period is a constant of the code; who tells of it says what follows from it."""
    [period] = re.findall(r"period: UInt64 = ([0-9_]+)", (REPOSITORY / "Sources/Profiling/StackProfiler.swift").read_text())
    rate = str(round(1e9 / int(period.replace("_", ""))))
    texts = {verb: " ".join(help_at(stripchart, verb, 400)) for verb in ("run", "attach")}
    texts["README.md"] = (REPOSITORY / "README.md").read_text()
    for where, text in texts.items():
        found = re.findall(r"([0-9]+) times (?:a|in each) second", text)
        assert found and set(found) == {rate}, where
