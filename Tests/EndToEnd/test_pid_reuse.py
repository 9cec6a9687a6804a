"""A number that is used again is another process."""

import json
import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).parent / "programs" / "pid_reuse.py"


@pytest.mark.root
def test_a_reused_pid_is_not_recorded_as_the_process_that_had_it(stripchart, folder):
    recording = folder / "reused.pftrace"
    done = subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, PROGRAM, stripchart.path, recording],
        capture_output=True, text=True, timeout=60,
    )
    if done.returncode != 0 and "unshare" in done.stderr:
        pytest.skip(f"no PID namespace here: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    if found["second"] != found["first"]:
        pytest.skip("the number was not given out again")
    assert found["attach"] == 0
    report = stripchart.report(recording)
    assert report["program"]["end_reason"] == "all ended"
    assert [each["pid"] for each in report["processes"]] == [found["first"]]
    assert report["processes"][0]["final_reading"] in ("vanished", "zombie")
