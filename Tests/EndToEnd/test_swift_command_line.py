"""The command-line program of Examples/Swift: under `stripchart run`, and recording itself."""
import collections
import os
import pathlib
import re
import subprocess

import pytest

PROGRAM = pathlib.Path(os.environ.get(
    "STRIPCHART_WORD_COUNT",
    pathlib.Path(__file__).resolve().parents[2] / ".build-examples/CommandLine/debug/WordCount"))
TEXTS = ["to be or not to be\n" * 400, "to see or not to see\n" * 300]
SLICES = "select name, count(*) as calls, sum(dur < 0) as open from slice where category is null group by 1"
CURVE = "select c.value from counter c join counter_track t on c.track_id = t.id where t.name = 'different words' order by c.ts"


@pytest.fixture
def texts(folder):
    if not os.access(PROGRAM, os.X_OK):
        pytest.skip("the example is not built: make examples")
    for number, text in enumerate(TEXTS):
        (folder / f"{number}.txt").write_text(text)
    return sorted(folder.glob("*.txt"))


def counted(output):
    return {word: int(number) for number, word in (line.split("\t") for line in output.splitlines())}


def check(engine, recording):
    slices, curve = engine.assert_clean(recording, SLICES, CURVE)
    assert {row["name"]: (row["calls"], row["open"]) for row in slices} == {
        "read": (2, 0), "count": (2, 0), "count part": (8, 0), "merge": (2, 0), "sort": (1, 0)}
    assert [row["value"] for row in curve] == [4, 5]


def test_it_joins_the_run(stripchart, engine, texts):
    outcome = stripchart.run(PROGRAM, *texts)
    assert outcome.rc == 0, outcome.stderr
    assert counted(outcome.text) == collections.Counter(re.findall("[a-z]+", "".join(TEXTS)))
    check(engine, outcome.recording)
    assert not (stripchart.folder / "wordcount.pftrace").exists()


def test_it_records_itself_without_one(stripchart, engine, texts):
    done = subprocess.run([PROGRAM, *texts], cwd=stripchart.folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    check(engine, stripchart.folder / "wordcount.pftrace")
    assert oct((stripchart.folder / "wordcount.pftrace").stat().st_mode & 0o777) == "0o600"
