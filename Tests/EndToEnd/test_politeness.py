"""A recorded program behaves as if alone."""
import os
import resource
import signal
import stat
import subprocess

import pytest

from stripchart_command import assert_one_line_error, root

FORWARDED = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


# Exit codes


@pytest.mark.parametrize("code", [0, 1, 2, 3, 42, 64, 65, 66, 73, 77, 126, 127, 128, 130, 137, 254, 255])
def test_the_exit_code_is_the_programs(stripchart, code):
    outcome = stripchart.run("sh", "-c", f"exit {code}")
    assert outcome.rc == code
    report = stripchart.report(outcome.recording)
    assert report["program"]["exit"] == {"code": code, "signal": None}
    assert root(report)["exit"] == {"code": code, "signal": None}


@pytest.mark.parametrize("name", ["TERM", "KILL", "INT", "SEGV", "ABRT"])
def test_a_program_ended_by_a_signal_gives_128_plus_its_number(stripchart, name):
    number = getattr(signal, f"SIG{name}")
    outcome = stripchart.run("sh", "-c", f"ulimit -c 0; kill -{name} $$")
    assert outcome.rc == 128 + number
    assert stripchart.report(outcome.recording)["program"]["exit"] == {"code": None, "signal": number}


def test_a_command_that_does_not_exist_is_127(stripchart):
    for missing in ("no-such-command-of-ours", "./no-such-file", "/no/such/path"):
        outcome = stripchart.run(missing)
        assert outcome.rc == 127
        assert_one_line_error(outcome)
        assert missing in outcome.stderr


def test_a_command_that_cannot_run_is_126(stripchart, folder):
    plain = folder / "plain-file"
    plain.write_text("not a program")
    for unfit in (plain, folder):
        outcome = stripchart.run(unfit)
        assert outcome.rc == 126
        assert_one_line_error(outcome)


def test_flags_after_the_dashes_are_the_programs(stripchart):
    outcome = stripchart.run("printf", "%s|", "-o", "x", "--force", "--", "-h")
    assert outcome.stdout == b"-o|x|--force|--|-h|"


# Streams


def test_input_and_output_pass_through_byte_for_byte(stripchart):
    content = os.urandom(8 << 20)
    outcome = stripchart.run("cat", stdin=content)
    assert outcome.rc == 0
    assert outcome.stdout == content


def test_the_report_goes_to_standard_error_after_the_programs_own(stripchart):
    outcome = stripchart.run("sh", "-c", "echo out; echo err >&2")
    assert outcome.stdout == b"out\n"
    assert outcome.stderr.startswith("err\n")
    assert len(outcome.stderr) > len("err\n")


def test_quiet_adds_nothing_to_the_programs_output(stripchart):
    outcome = stripchart.run("sh", "-c", "echo out; echo err >&2; exit 4", options=["-q"])
    assert (outcome.rc, outcome.stdout, outcome.stderr) == (4, b"out\n", "err\n")


def test_a_reader_that_closes_the_pipe_ends_the_program_by_sigpipe(stripchart):
    running = stripchart.start_run("yes", recording=stripchart.new_recording())
    running.stdout.readline()
    running.stdout.close()
    assert running.wait(timeout=30) == 128 + signal.SIGPIPE


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_streams_closed_by_the_caller_stay_closed(stripchart, folder, closed):
    # The program must not find our files under the numbers of its missing streams.
    script = "ls -l /proc/self/fd > listing 2>/dev/null < /dev/null; exit 6"
    redirections = " ".join(f"{number}>&-" for number in closed)
    command = f'"$0" run -o recording.pftrace -- sh -c "$1" {redirections}'
    done = subprocess.run(["sh", "-c", command, stripchart.path, script], cwd=folder, capture_output=True, timeout=60)
    assert done.returncode == 6
    assert "pftrace" not in (folder / "listing").read_text()


def test_the_default_recording_is_named_for_the_program_and_its_pid(stripchart, folder):
    outcome = stripchart("run", "--", "sh", "-c", "echo $$")
    assert [path.name for path in folder.iterdir()] == [f"sh-{outcome.text.strip()}.pftrace"]


def test_a_recording_is_for_its_owner_only(small_recording):
    assert stat.S_IMODE(small_recording.stat().st_mode) == 0o600


# What a program inherits


def ignore_signals():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def block_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM})


def ignore_children():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # wait then finds no child unless the disposition is reset


def strange_limits():
    os.umask(0o027)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(3)


@pytest.mark.parametrize("prepare", [None, ignore_signals, block_signals, ignore_children, strange_limits],
                         ids=lambda prepare: prepare.__name__ if prepare else "plain")
def test_a_program_inherits_what_it_would_alone(stripchart, program, folder, prepare):
    """Signals, limits, descriptors, environment, folder, mask, priority, timer slack, session, process group."""
    extra = os.open(folder / "inherited", os.O_RDWR | os.O_CREAT)
    surroundings = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                        cwd=folder, pass_fds=[extra], preexec_fn=prepare)
    alone = subprocess.Popen(program("describe_self", "x"), **surroundings)
    expected, _ = alone.communicate(timeout=60)
    recorded = stripchart.start_run(*program("describe_self", "x"), recording=stripchart.new_recording(), **surroundings)
    outcome = stripchart.finish(recorded)
    os.close(extra)
    assert outcome.rc == 0
    assert facts(outcome.stdout, recorded.pid) == facts(expected, alone.pid)


def facts(description, leader):
    """The lines of describe_self, without our own variables, and with the leader of the session by name."""
    lines = description.decode().splitlines()
    assert f"session {leader}" in lines and f"group {leader}" in lines
    own = ("environment STRIPCHART_", f"session {leader}", f"group {leader}")
    return [line for line in lines if not line.startswith(own)]


def test_every_variable_that_we_add_is_named_stripchart(stripchart):
    outcome = stripchart.run("env", "-0", env={"PATH": os.environ["PATH"], "ODD": "a\nb=c"})
    given = {line.split(b"=")[0] for line in outcome.stdout.split(b"\0") if line}
    added = given - {b"PATH", b"ODD"}
    assert b"STRIPCHART_RECORDING" in added
    assert all(name.startswith(b"STRIPCHART_") for name in added)


# Signals


@pytest.mark.parametrize("number", FORWARDED, ids=lambda number: number.name)
def test_a_signal_sent_to_the_recorder_reaches_the_program_once(stripchart, program, number):
    recording = stripchart.new_recording()
    running = stripchart.start_run(*program("count_signals"), recording=recording)
    assert running.stdout.readline().startswith(b"ready")
    running.send_signal(number)
    outcome = stripchart.finish(running)
    assert outcome.stdout == f"got {number.name}\n".encode()
    assert outcome.rc == 9
    assert stripchart.report(recording)["program"]["exit"] == {"code": 9, "signal": None}


@pytest.mark.parametrize("number", FORWARDED, ids=lambda number: number.name)
def test_a_program_that_dies_of_a_forwarded_signal_is_reported_so(stripchart, number):
    recording = stripchart.new_recording()
    running = stripchart.start_run("sh", "-c", "ulimit -c 0; echo ready; exec sleep 600", recording=recording)
    running.stdout.readline()
    running.send_signal(number)
    assert stripchart.finish(running).rc == 128 + number
    assert stripchart.report(recording)["program"]["exit"] == {"code": None, "signal": number}


def test_a_signal_that_the_program_gets_itself_is_not_ours(stripchart, program):
    running = stripchart.start_run(*program("count_signals"), recording=stripchart.new_recording())
    pid = int(running.stdout.readline().split()[1])
    os.kill(pid, signal.SIGUSR1)
    outcome = stripchart.finish(running)
    assert (outcome.rc, outcome.stdout) == (9, b"got SIGUSR1\n")
