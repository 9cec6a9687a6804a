"""The words of the command that is run: any number of them, byte by byte, whatever our own parser makes of them."""
import os
import subprocess
import sys
import threading

import pytest

# Seconds where time grows with the number of words, hours where it grows with its square.
MANY = 55_000

SHOW = ("-c", "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))")


def words_of(outcome):
    assert outcome.rc == 0, outcome.stderr
    return outcome.stdout.split(b"\0")


@pytest.mark.parametrize("separator", [["--"], []], ids=["after --", "without --"])
def test_as_many_words_as_the_kernel_allows(stripchart, separator):
    words = [str(number) for number in range(MANY)]
    recording = stripchart.new_recording()
    outcome = stripchart("run", "-o", recording, *separator, sys.executable, *SHOW, *words)
    assert words_of(outcome) == [word.encode() for word in words]
    program = stripchart.report(recording)["program"]
    assert program["command_words"] == MANY + 3
    assert program["arguments"][:4] == [sys.executable, *SHOW, "0"]
    assert len(outcome.stderr) < 20_000, "the report does not repeat them all"
    assert recording.stat().st_size < 4 << 20


def test_options_in_a_row_with_their_values_are_the_commands(stripchart):
    words = [text for number in range(5000) for text in ("-o", f"{number}.pftrace")]
    outcome = stripchart("run", "-q", sys.executable, *SHOW, *words)
    assert words_of(outcome) == [word.encode() for word in words]


def test_our_options_may_be_many_too(stripchart, folder):
    options = [text for number in range(300) for text in ("--functions", f"nobody{number}")]
    outcome = stripchart("run", "-o", folder / "x.pftrace", *options, sys.executable, *SHOW, "--functions", "x")
    assert words_of(outcome) == [b"--functions", b"x"]


def test_a_wrong_option_before_many_words_is_named(stripchart):
    outcome = stripchart("run", "--wrong", "--", "true", *["word"] * 3000)
    assert outcome.rc == 64
    assert "--wrong" in outcome.stderr


def test_bytes_that_are_no_text_name_a_command_and_its_folder(stripchart, folder):
    place = os.fsencode(folder) + b"/bin\xff"
    os.mkdir(place)
    with open(place + b"/na\xfeme", "wb") as script:
        script.write(b"#!/bin/sh\necho \"$1\"\nexit 3\n")
    os.chmod(place + b"/na\xfeme", 0o755)
    environment = {**os.environb, b"PATH": b"/nowhere:" + place + b":" + os.environb[b"PATH"]}
    for name in (place + b"/na\xfeme", b"bin\xff/na\xfeme", b"na\xfeme"):
        outcome = stripchart("run", "-o", stripchart.new_recording(), "--", name, b"\xe9\xff", env=environment)
        assert (outcome.rc, outcome.stdout) == (3, b"\xe9\xff\n"), outcome.stderr
    outcome = stripchart("run", "-q", "--", b"no\xfesuch", env=environment)
    assert outcome.rc == 127


def test_the_id_of_a_thread_is_told_with_its_process(stripchart, program):
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        outcome = stripchart.attach(other.native_id)
        assert outcome.rc == 66
        assert f"{other.native_id} is a thread of process {os.getpid()}" in outcome.stderr
        assert f"stripchart attach {os.getpid()}" in outcome.stderr
    finally:
        done.set()
        other.join()
