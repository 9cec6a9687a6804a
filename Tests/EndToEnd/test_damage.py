"""Reading what is damaged: the whole packets before the damage, or an error with the offset; never a trap."""
import os
import random
import re

import pytest

from perfetto_engine import decode
from stripchart_command import assert_one_line_error

DAMAGED = 65
RANDOM_CASES = 100


def foreign_files():
    return {
        "empty": b"",
        "one byte": b"\x0a",
        "text": b"This is a letter, not a recording.\n" * 100,
        "elf": open("/bin/true", "rb").read(),
        "zeros": bytes(100_000),
        "ones": b"\xff" * 100_000,
        "an endless varint": b"\x0a" + b"\x80" * 1000,
        "a packet longer than the address space": b"\x0a" + b"\xff" * 9 + b"\x01",
    }


@pytest.mark.parametrize("kind", foreign_files())
def test_what_is_no_recording_is_refused(stripchart, folder, kind):
    file = folder / "foreign"
    file.write_bytes(foreign_files()[kind])
    for arguments in (["report", file], ["report", file, "--json"], ["export", file, "--to", "csv", "-o", folder / "out"],
                      ["recover", file, "-o", folder / "out.pftrace"]):
        outcome = stripchart(*arguments)
        assert outcome.rc == DAMAGED, f"{arguments}: {outcome.rc} {outcome.stderr}"
        assert_one_line_error(outcome)
        assert outcome.stdout == b""
    assert [path.name for path in folder.iterdir()] == ["foreign"], "nothing is written for a file that cannot be read"


@pytest.mark.parametrize("kind", ["folder", "fifo", "device"])
def test_what_is_no_file_is_refused(stripchart, folder, kind):
    path = folder / "it"
    {"folder": path.mkdir, "fifo": lambda: os.mkfifo(path), "device": lambda: path.symlink_to("/dev/null")}[kind]()
    outcome = stripchart("report", path)
    assert outcome.rc in (DAMAGED, 66)
    assert_one_line_error(outcome)


def test_every_truncation_is_a_shorter_recording_or_an_error_with_the_offset(stripchart, small_recording, folder):
    whole = small_recording.read_bytes()
    stride = max(1, (len(whole) - 300) // 200)
    lengths = [*range(0, 300), *range(300, len(whole), stride), len(whole)]
    readable_from = None
    for length, outcome in damaged(stripchart, folder, ((length, whole[:length]) for length in lengths)):
        if outcome.rc == 0:
            readable_from = length if readable_from is None else readable_from
        else:
            assert readable_from is None, f"{readable_from} bytes were readable, {length} are not: {outcome.stderr}"
    assert readable_from is not None and readable_from < len(whole)


def test_random_damage_is_never_a_trap(stripchart, small_recording, folder):
    whole = small_recording.read_bytes()
    for _ in damaged(stripchart, folder, ((seed, with_random_bytes(whole, seed)) for seed in range(RANDOM_CASES))):
        pass


def test_damage_in_the_control_block_is_never_a_trap(stripchart, small_recording, folder):
    # The head of the file holds what the writers share: sizes, and where the chunks are.
    whole = small_recording.read_bytes()
    cases = [(f"byte {at} = {value:#x}", whole[:at] + bytes([value]) + whole[at + 1:])
             for at in range(0, 160, 4) for value in (0x00, 0xFF)]
    for _ in damaged(stripchart, folder, cases):
        pass


def test_zeros_in_the_middle_are_never_a_trap(stripchart, small_recording, folder):
    # What a power loss leaves: pages that never reached the disk.
    whole = small_recording.read_bytes()
    cases = [(at, whole[:at] + bytes(min(4096, len(whole) - at)) + whole[at + 4096:])
             for at in range(0, len(whole), max(4096, len(whole) // 24 // 4096 * 4096))]
    for _ in damaged(stripchart, folder, cases):
        pass


def test_export_and_recover_take_damage_as_report_does(stripchart, small_recording, folder):
    whole = small_recording.read_bytes()
    file = folder / "damaged.pftrace"
    cases = [whole[:len(whole) * part // 12] for part in range(1, 12)] + [with_random_bytes(whole, seed) for seed in range(12)]
    for number, content in enumerate(cases):
        file.write_bytes(content)
        expected = stripchart("report", file, "--json").rc
        exported = stripchart("export", file, "--to", "csv", "-o", folder / f"exported-{number}")
        recovered = folder / f"recovered-{number}.pftrace"
        done = stripchart("recover", file, "-o", recovered)
        assert (exported.rc, done.rc) == (expected, expected), f"case {number}: {exported.stderr} {done.stderr}"
        if done.rc == 0:
            decode(recovered)


def test_a_recovered_truncation_is_a_strict_trace_with_the_same_report(stripchart, small_recording, folder, engine):
    whole = small_recording.read_bytes()
    for part in (5, 7, 9):
        cut = folder / f"cut-{part}.pftrace"
        cut.write_bytes(whole[:len(whole) * part // 10 + 1])
        before = stripchart("report", cut, "--json")
        if before.rc == DAMAGED:
            continue  # too short to say anything
        recovered = folder / f"recovered-{part}.pftrace"
        assert stripchart("recover", cut, "-o", recovered).rc == 0
        assert len(decode(recovered).packet) > 0
        engine.assert_clean(recovered)
        assert stripchart.report(recovered)["processes"] == before.json["processes"]


def test_a_zero_tail_is_recovered(stripchart, small_recording, folder, engine):
    # The file of a killed writer has been grown further than it was written.
    tailed = folder / "tailed.pftrace"
    tailed.write_bytes(small_recording.read_bytes() + bytes(1 << 20))
    recovered = folder / "recovered.pftrace"
    assert stripchart("recover", tailed, "-o", recovered).rc == 0
    decode(recovered)
    engine.assert_clean(recovered)
    assert stripchart.report(tailed)["processes"] == stripchart.report(small_recording)["processes"]
    assert stripchart.report(recovered)["processes"] == stripchart.report(small_recording)["processes"]


def test_recovering_a_whole_recording_changes_nothing_that_is_said(stripchart, small_recording, folder, engine):
    recovered = folder / "recovered.pftrace"
    assert stripchart("recover", small_recording, "-o", recovered).rc == 0
    decode(recovered)
    engine.assert_clean(recovered)
    assert said(stripchart.report(recovered)) == said(stripchart.report(small_recording))


def said(report):
    """What a report says of the program, without the file that it came from."""
    report.pop("file")
    for of_the_file in ("file_bytes", "bytes_per_hour"):
        report["recorder"].pop(of_the_file)
    return report


def test_recover_and_export_do_not_overwrite(stripchart, small_recording, folder):
    before = small_recording.read_bytes()
    assert stripchart("recover", small_recording, "-o", small_recording).rc == 73
    assert small_recording.read_bytes() == before
    existing = folder / "x.resources.csv"
    existing.write_text("precious")
    assert stripchart("export", small_recording, "--to", "csv", "-o", folder / "x").rc == 73
    assert existing.read_text() == "precious"


def damaged(stripchart, folder, cases):
    """Reports each (name, content); holds what is true of all damage; yields (name, outcome)."""
    file = folder / "damaged.pftrace"
    for name, content in cases:
        file.write_bytes(content)
        outcome = stripchart("report", file, "--json")
        said = f"case {name}: exit {outcome.rc}: {outcome.stderr[-500:]}"
        assert outcome.rc in (0, DAMAGED), said
        if outcome.rc == 0:
            assert outcome.json["schema"], said
        else:
            assert_one_line_error(outcome)
            assert content == b"" or re.search(r"\d", outcome.stderr.replace(str(file), "")), f"no offset: {said}"
        assert file.read_bytes() == content, f"reading changed the file: {said}"
        yield name, outcome


def with_random_bytes(content, seed):
    """One to eight bytes changed anywhere, the same for the same seed."""
    dice = random.Random(seed)
    changed = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)
