"""Mistakes on the command line: an exit code that says which, one line that says how to mend it, and nothing started."""
import os
import subprocess

import pytest

from stripchart_command import assert_one_line_error

TELLTALE = ("sh", "-c", "touch started")


def assert_refused(outcome, code, folder):
    assert outcome.rc == code, outcome.stderr
    assert_one_line_error(outcome)
    assert outcome.stdout == b""
    assert not (folder / "started").exists(), "the program was started all the same"


@pytest.mark.parametrize("interval", ["0", "0ms", "-1s", "-5", "", "soon", "5 parsecs", "1e400s", "nan", "99999999999999999999s"])
def test_an_interval_that_is_none_is_refused(stripchart, folder, interval):
    outcome = stripchart.run(*TELLTALE, options=[f"--interval={interval}"])
    assert_refused(outcome, 64, folder)
    assert "interval" in outcome.stderr.lower()


@pytest.mark.parametrize("interval", ["auto", "5ms", "1s", "0.5s"])
def test_an_interval_with_a_unit_is_taken(stripchart, interval):
    assert stripchart.run("true", options=["-i", interval]).rc == 0


@pytest.mark.parametrize("arguments", [
    ["run"], ["run", "--"], ["run", "--no-such-flag", "--", "touch", "started"], ["attach"], ["attach", "pid"],
    ["attach", "-1"], ["attach", "0"], ["attach", "1,,2"], ["attach", "99999999999999999999"], ["report"], ["export"],
    ["no-such-verb"],
], ids=" ".join)
def test_wrong_usage_is_64(stripchart, folder, arguments):
    # A usage error may show the usage, so more than one line.
    outcome = stripchart(*arguments)
    assert outcome.rc == 64, outcome.stderr
    assert outcome.stderr.strip()
    assert outcome.stdout == b""
    assert not (folder / "started").exists()


@pytest.mark.parametrize("duration", ["0", "-1s", "soon"])
def test_a_duration_that_is_none_is_refused(stripchart, folder, duration):
    outcome = stripchart("attach", os.getpid(), f"-d={duration}" if duration.startswith("-") else f"--duration={duration}")
    assert_refused(outcome, 64, folder)


def test_no_such_process_is_66(stripchart, folder):
    gone = subprocess.Popen(["true"])
    gone.wait()
    outcome = stripchart.attach(gone.pid)
    assert_refused(outcome, 66, folder)
    assert str(gone.pid) in outcome.stderr
    assert not outcome.recording.exists()


def test_an_existing_output_is_refused_before_the_program_starts(stripchart, folder):
    existing = folder / "existing.pftrace"
    existing.write_text("precious")
    assert_refused(stripchart.run(*TELLTALE, recording=existing), 73, folder)
    assert existing.read_text() == "precious"
    assert_refused(stripchart.attach(os.getpid(), recording=existing), 73, folder)
    assert existing.read_text() == "precious"


def test_force_replaces_an_existing_output(stripchart, folder):
    existing = folder / "existing.pftrace"
    existing.write_text("precious")
    assert stripchart.run("sh", "-c", "exit 3", recording=existing, options=["--force"]).rc == 3
    assert stripchart.report(existing)["program"]["exit"]["code"] == 3


def test_an_output_that_cannot_be_created_is_73(stripchart, folder):
    (folder / "file").write_text("")
    for path in (folder / "file" / "below.pftrace", folder / "missing" / "folder.pftrace", folder):
        assert_refused(stripchart.run(*TELLTALE, recording=path), 73, folder)


@pytest.mark.root
def test_an_output_folder_without_permission_is_73_or_77(stripchart, folder, unprivileged):
    outcome = unprivileged.run("run", "-o", "/root/x.pftrace" if os.path.isdir("/root") else "/x.pftrace", "--", *TELLTALE)
    assert outcome.rc in (73, 77), outcome.stderr
    assert_one_line_error(outcome)


def test_reading_what_is_not_there_is_66(stripchart, folder):
    missing = folder / "missing.pftrace"
    for arguments in (["report", missing], ["report", missing, "--json"], ["export", missing, "--to", "csv", "-o", "x"],
                      ["recover", missing, "-o", "x.pftrace"]):
        outcome = stripchart(*arguments)
        assert_refused(outcome, 66, folder)
        assert "missing.pftrace" in outcome.stderr
    assert list(folder.iterdir()) == []


def test_help_of_each_verb_is_there_and_shows_an_example(stripchart):
    for verb in ("run", "attach", "system", "report", "export", "recover", "doctor"):
        outcome = stripchart(verb, "--help")
        assert outcome.rc == 0
        assert f"stripchart {verb}" in outcome.text


def test_doctor_says_what_can_be_recorded(stripchart):
    outcome = stripchart("doctor")
    assert outcome.rc == 0, outcome.stderr
    assert outcome.text.strip()


def test_system_records_the_machine_for_a_duration(stripchart, folder, engine):
    outcome = stripchart("system", "-d", "300ms", "-o", folder / "system.pftrace")
    assert outcome.rc == 0, outcome.stderr
    engine.assert_clean(folder / "system.pftrace")
    report = stripchart.report(folder / "system.pftrace")
    assert report["recorder"]["ticks"] > 0


def test_report_of_the_json_is_the_same_each_time(stripchart, small_recording):
    assert stripchart.report(small_recording) == stripchart.report(small_recording)


def test_a_report_into_a_closed_pipe_is_no_trap(stripchart, small_recording):
    done = subprocess.run(["sh", "-c", '"$0" report "$1" --json | :', stripchart.path, small_recording], capture_output=True, timeout=60)
    assert b"Fatal error" not in done.stderr
