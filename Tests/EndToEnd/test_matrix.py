"""Every output of every kind of recording is valid: those of Tests/Recordings, which stay readable for ever, some made now, and harmed
ones. Whatever the recording, no command ends by a signal, and no text shows what only a program understands."""
import csv
import gzip
import io
import json
import os
import random
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor

import pytest

import browser as browsers
from conftest import REPOSITORY
from harmed_packets import with_extremes
from perfetto_engine import decode
from speedscope_reader import Speedscope
from test_columns import Columns
from test_damage import said

sys.path.insert(0, str(REPOSITORY / "Tests/Recordings"))
import kinds  # noqa: E402

HARMED = sorted((REPOSITORY / "Tests/Recordings/harmed").glob("*.pftrace.gz"))
RECORDINGS = sorted(set((REPOSITORY / "Tests/Recordings").glob("*/*.pftrace.gz")) - set(HARMED))
SCHEMA = (REPOSITORY / "Docs/report-schema.md").read_text()
DOCUMENTED = {0, 2, 3, 64, 65, 66, 73, 74, 77}
FORMATS = ["csv", "columns", "json", "chrome", "speedscope", "collapsed"]
# What a formatter prints of a value that it cannot print.
UNPRINTED = re.compile(r"\(null\)|cannot print value|Optional\(|\[object |\b(?:-?nan|-?inf|-?infinity|undefined)\b", re.IGNORECASE)
SVG = "{http://www.w3.org/2000/svg}"
# The number of a recording's version stands there (Docs/recording-format.md).
CONTROL, VERSION = kinds.CONTROL, kinds.CONTROL + 8


def name_of(path):
    return f"{path.parent.name}/{path.name.split('.')[0]}"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all pages."""
    if browsers.find() is None:
        yield None
        return
    opened = browsers.Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A recording to compare with."""
    [packed] = [path for path in RECORDINGS if name_of(path).endswith("/swift-spans")][-1:]
    path = tmp_path_factory.mktemp("other") / "other.pftrace"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


# Checks of one text each: they raise AssertionError or what a parser raises.


def printed(text):
    found = UNPRINTED.search(text)
    assert not found, f"{found[0]!r} in {text[max(0, found.start() - 60):found.end() + 20]!r}"
    return text


def plain(data, width=None, colour=False):
    """Text for people: no control character but those of colours, no line wider than asked."""
    text = printed(data.decode())
    without = re.sub(r"\x1b\[[0-9;]*m", "", text) if colour else text
    strange = [each for each in without if not each.isprintable() and each != "\n"]
    assert not strange, f"control characters: {strange[:5]}"
    assert without.strip(), "nothing was printed"
    for line in without.splitlines() if width else []:
        assert len(line) <= width, f"{len(line)} columns of {width}: {line!r}"


def strict_json(data):
    def refused(text):
        raise AssertionError(f"{text} is no JSON")

    def once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), f"a key twice: {[key for key, _ in pairs]}"
        return dict(pairs)

    text = data.decode()
    assert not re.search(r"cannot print value|\(null\)|Optional\(", text)
    return json.loads(text, parse_constant=refused, object_pairs_hook=once)


def sections():
    """{heading: text} of the schema, those of `report --json`."""
    text = SCHEMA.split("## JSON, schema 1", 1)[1].split("\n## CSV", 1)[0]
    parts = re.split(r"^### `(\w+)`\n", text, flags=re.MULTILINE)
    return parts[0], dict(zip(parts[1::2], parts[2::2]))


def words(text):
    """Every word that stands as code: `pid`, and those of `{"code", "signal"}`."""
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"\w+", code)}


def documented(report):
    """Every key of the report is in Docs/report-schema.md where it belongs, and every first key there in the report."""
    head, parts = sections()
    rows = {word: row for row in head.splitlines() if row.startswith("| `") for word in words(row.split("|")[1])}
    assert set(rows) <= set(report), f"not in the report: {set(rows) - set(report)}"
    assert set(report) <= set(rows), f"not documented: {set(report) - set(rows)}"

    def of(section):
        """The section's words, and those of the sections that it names."""
        own = words(parts.get(section, ""))
        return own | {word for named in own & set(parts) for word in words(parts[named])}

    def known(value, allowed, path):
        if isinstance(value, list):
            for each in value:
                known(each, allowed, path)
        elif isinstance(value, dict):
            assert set(value) <= allowed, f"not documented in {path}: {set(value) - allowed}"
            for key, each in value.items():
                if key not in ("arguments", "slowest_arguments"):  # the program's own
                    known(each, allowed | of(key), f"{path}.{key}")

    for key, value in report.items():
        known(value, of(key) | words(rows[key]), key)


def report_json(data):
    report = strict_json(data)
    documented(report)


def markdown(data):
    plain(data)
    widths = None
    for line in data.decode().splitlines():
        if not line.startswith("|"):
            widths = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert widths in (None, cells), f"a row of {cells} cells under one of {widths}: {line!r}"
        widths = cells


def well_formed(data):
    return xml.etree.ElementTree.fromstring(data)


def junit(data):
    printed(data.decode())
    assert well_formed(data).tag.endswith(("testsuite", "testsuites"))


def svg(data):
    root = well_formed(data)
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not UNPRINTED.search(value), f"{element.tag} {name}={value!r}"
            if name in ("x", "y", "x1", "x2", "y1", "y2", "width", "height", "r") and not value.endswith("%"):
                assert float(value) >= 0 or name not in ("width", "height", "r")
        printed("".join(filter(None, [element.text, element.tail])))
    # Half a name has the whole one under the mouse.
    of = {child: parent for parent in root.iter() for child in parent}
    for text in root.iter(f"{SVG}text"):
        if (text.text or "").endswith("…") and text.get("font-weight") is None and text.get("font-size") == "10":
            assert of[text].find(f"{SVG}title") is not None, f"{text.text!r} has no title"


def png(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[-8:-4] == b"IEND"
    width, height = struct.unpack(">II", data[16:24])
    assert width == 2000 and height > 100


def table(data):
    """CSV: every row as wide as its header, no name twice."""
    printed(data.decode())
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert rows and len(set(rows[0])) == len(rows[0]), "no header, or a column twice"
    for row in rows:
        assert len(row) == len(rows[0]), f"{len(row)} cells under {len(rows[0])}: {row}"


def json_lines(data):
    lines = [strict_json(line) for line in data.splitlines()]
    assert lines[0]["record"] == "summary" and {"schema", "summary"} <= set(lines[0])
    documented(lines[0]["summary"])
    for line in lines[1:]:
        assert line["record"] in ("sample", "process_sample", "machine_sample", "span", "folded", "counter", "mark", "note"), line


def chrome(data):
    for event in strict_json(data)["traceEvents"]:
        assert event["ph"] in "BEXiICMsbenfPNODRcST" and isinstance(event.get("pid", 0), int), event
        if event["ph"] != "M":
            assert isinstance(event["ts"], (int, float)), event


def collapsed(data):
    text = data.decode()
    for line in printed(text).splitlines():
        assert line.isprintable() and re.fullmatch(r"[^;]+(;[^;]+)* [0-9]+", line), line


def columns(data):
    documented(Columns(data).summary)


def page(browser):
    """A check of a page's file: it runs in the browser without a complaint, light and dark, and shows no value that it could not print."""
    def check(path):
        if browser is None:
            return
        browser.complaints.clear()
        browser.open(path)
        for dark in (False, True):
            browser.scheme(dark)
            browser.settle()
            shown = browser.run("""document.body.innerText + "\\n" + [...document.querySelectorAll("[title], [aria-label]")]
                .map(each => each.title + "\\n" + each.getAttribute("aria-label")).join("\\n")""")
            printed(re.sub(r"^null$", "", shown, flags=re.MULTILINE))
        assert browser.complaints == []

    return check


def told(what, error):
    return f"{what}: {type(error).__name__}: {str(error).splitlines()[0][:300] if str(error) else ''}"


# The matrix


class Outputs:
    """Everything that the commands say of one recording. `said` collects what is wrong with it."""

    def __init__(self, command, recording, folder, browser, other, is_whole=True):
        self.command, self.recording, self.folder, self.other = command, recording, folder, other
        self.page, self.is_whole, self.wrong, self.pages = page(browser), is_whole, [], []
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("NO_COLOR", "CLICOLOR_FORCE", "COLUMNS") and not name.startswith("STRIPCHART_")}

    def __call__(self, *arguments, check=None, codes=(0,), file=None, files=(), **environment):
        """Runs it, and holds what it printed, or the file that it wrote, against `check`."""
        shown = " ".join(map(str, arguments)).replace(str(self.folder), "").replace(str(self.recording), "IT")
        if file is not None:
            arguments = (*arguments, "-o", file)
        done = subprocess.run([self.command, *map(str, arguments)], capture_output=True, cwd=self.folder, timeout=120,
                              stdin=subprocess.DEVNULL, env={**self.environment, **environment})
        said = done.stderr.decode(errors="replace")
        try:
            assert done.returncode >= 0, f"ended by signal {-done.returncode}: {said[-400:]}"
            assert done.returncode in DOCUMENTED and done.returncode in codes, f"exit {done.returncode}: {said[-400:]}"
            plain(done.stderr) if done.stderr else None
            # Of what cannot be read, `check` cannot tell.
            is_refused = done.returncode not in (0, 2, 3) or (done.returncode == 3 and 65 in codes and said)
            if is_refused:
                lines = said.splitlines()
                assert lines[0].startswith("stripchart: ") and len(lines) <= 2 and done.stdout == b"", said
                assert file is None or not file.exists(), "a file was written for what cannot be read"
            elif check is not None:
                for each in files or ([file] if file else [None]):
                    check(each.read_bytes() if each else done.stdout)
        except Exception as error:
            self.wrong.append(told(shown, error))
        return done

    def later(self, path):
        """The browser is one, and its pages come when all have been written."""
        if path.exists():
            self.pages.append(path)

    def all(self, codes=(0,), every=True):
        """Runs them all. `every` false: without what differs in widths, orders and parts alone."""
        it, new, codes = self.recording, self.folder, tuple(codes)
        calls = []

        def call(*arguments, **more):
            calls.append((arguments, {"codes": codes, **more}))

        report = self("report", it, "--json", check=report_json, codes=codes)
        found = json.loads(report.stdout) if report.returncode == 0 else {}
        wall = (found.get("program") or {}).get("wall_seconds")
        has_parts = wall != 0  # else what is left of it is a moment
        wall = wall or 1
        spans = [each["name"] for each in found.get("spans", []) if re.fullmatch(r"[\w() .]+\w.*", each["name"]) and each["name"].isprintable()
                 and "/" not in each["name"]]
        call("report", it, COLUMNS="80", check=lambda data: plain(data, 80))
        call("report", it, "--markdown", check=markdown)
        call("report", it, CLICOLOR_FORCE="1", check=lambda data: plain(data, colour=True))
        half = [f"{wall / 2:.9f}s"]
        parts = [["--from", f"{wall / 4:.9f}s", "--to", *half], ["--from", *half], ["--from", "0", "--to", *half]]
        for part in parts if every and has_parts else parts[:has_parts]:
            call("report", it, *part, check=plain)
            call("report", it, *part, "--json", check=strict_json)
            call("report", it, *part, "--markdown", check=markdown)
        for name in sorted({*spans[:1], *spans[-1:]}):
            call("report", it, "--span", name, check=plain)
            call("report", it, "--span", name, "--json", check=strict_json)
            call("report", it, "--span", name, "--markdown", check=markdown)
            call("check", it, "--span", f"{name}:p95=1ns", "--json", codes={0, 2, 3, *codes}, check=strict_json)
        if every:
            for width in (60, 100, 200):
                call("report", it, COLUMNS=str(width), check=lambda data, width=width: plain(data, width))
            for order in ("total", "self", "cpu", "rss", "io", "calls", "max"):
                call("report", it, "--sort", order, "--top", "2", check=plain)
            call("report", it, "--svg", "--select", "rss,cpu", file=new / "some.svg", check=svg, codes={0, 64, *codes})
            call("report", it, "--svg", "--select", "spans", file=new / "spans.svg", check=svg)
        call("report", it, "--html", file=new / "it.html", check=lambda data: self.later(new / "it.html"))
        call("report", it, "--svg", file=new / "it.svg", check=svg)
        call("report", it, "--png", file=new / "it.png", check=png)
        for format in FORMATS[1:]:
            check = {"columns": columns, "json": json_lines, "chrome": chrome, "speedscope": Speedscope, "collapsed": collapsed}[format]
            call("export", it, "--to", format, check=check)
        call("export", it, "--to", "chrome", file=new / "it.chrome", check=chrome)
        for weight in ("cpu", "growth", "bytes"):
            call("export", it, "--to", "collapsed", "--weight", weight, check=collapsed, codes={0, 64, *codes})
        tables = [new / f"csv.{each}.csv" for each in ("resources", "processes", "events")]
        call("export", it, "--to", "csv", "-o", new / "csv", files=tables, check=table)
        budgets = ["--max-memory", "1B", "--max-cpu", "1h", "--max-wall", "1h", "--max-read", "1B", "--max-write", "1GiB"]
        verdict = {0, 2, 3, *codes}
        call("check", it, *budgets, codes=verdict, check=plain)
        call("check", it, *budgets, "--json", codes=verdict, check=strict_json)
        call("check", it, *budgets, "--junit", new / "it.xml", codes=verdict, files=[new / "it.xml"], check=junit)
        call("check", it, "--baseline", self.other, codes=verdict, check=plain)
        sides = [[self.other, it], [it, it, "--against", self.other, it], [it, self.other], [it, it]]
        for number, each in enumerate(sides if every else sides[:1]):
            call("diff", *each, check=plain)
            call("diff", *each, "--json", check=strict_json)
            call("diff", *each, "--markdown", check=markdown)
            page = new / f"diff-{number}.html"
            call("diff", *each, "--html", file=page, check=lambda data, page=page: self.later(page))
        call("recover", it, file=new / "recovered.pftrace")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda each: self(*each[0], **each[1]), calls))
        for page in self.pages:
            try:
                self.page(page)
            except Exception as error:
                self.wrong.append(told(page.name, error))
        return found

    def recovered(self, report):
        """What was recovered is a strict trace that says the same."""
        path = self.folder / "recovered.pftrace"
        if not path.exists() or not report:
            return
        try:
            decode(path)
            again = json.loads(self("report", path, "--json").stdout)
            for each in (report, again):
                each["program"].pop("complete")
            assert said(again) == said(report)
        except Exception as error:
            self.wrong.append(told("recovered", error))


@pytest.fixture
def outputs(command_path, folder, browser, other):
    return lambda recording, **more: Outputs(command_path, recording, folder, browser, other, **more)


@pytest.mark.parametrize("packed", RECORDINGS, ids=name_of)
def test_every_output_of_every_kind_is_valid(outputs, folder, packed):
    recording = folder / "it.pftrace"
    content = gzip.decompress(packed.read_bytes())
    recording.write_bytes(content)
    of_it = outputs(recording)
    of_it.recovered(of_it.all())
    assert not of_it.wrong, "\n".join(of_it.wrong)
    assert recording.read_bytes() == content, "reading changed the recording"


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_every_output_of_what_is_recorded_now_is_valid(outputs, command_path, folder, package, kind):
    (folder / "made").mkdir()
    try:
        recording = kinds.Maker(command_path, folder / "made", package).make(kind)
    except kinds.Impossible as reason:
        pytest.skip(str(reason))
    of_it = outputs(recording)
    of_it.recovered(of_it.all(every=False))
    assert not of_it.wrong, "\n".join(of_it.wrong)


def harms(content, seed):
    """Two of what may become of a file on its way: cut off, overwritten here and there, or in one piece, with a tail."""
    dice = random.Random(seed)
    changed = bytearray(content)
    for _ in range(dice.randint(1, 40)):
        changed[dice.randrange(4096, len(changed))] = dice.randrange(256)
    # One kind of byte everywhere in a piece: varints without an end, numbers of the greatest size.
    at, piece = dice.randrange(4096, len(content)), bytes([dice.choice([0, 0x7F, 0x80, 0xFF])]) * 64
    return dice.sample([
        content[:len(content) * dice.randint(30, 95) // 100], bytes(changed), content[:at] + piece + content[at + 64:],
        content + bytes(dice.randint(1, 20_000)),
    ], 2)


@pytest.mark.parametrize("packed", RECORDINGS, ids=name_of)
def test_no_output_of_a_harmed_recording_is_a_trap(outputs, folder, packed):
    content = gzip.decompress(packed.read_bytes())
    wrong = []
    for number, harmed in enumerate(harms(content, name_of(packed))):
        place = folder / str(number)
        place.mkdir()
        (place / "it.pftrace").write_bytes(harmed)
        of_it = outputs(place / "it.pftrace")
        of_it.folder = place
        of_it.all(codes={0, 65}, every=False)
        wrong += [f"harm {number}: {each}" for each in of_it.wrong]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("packed", RECORDINGS, ids=name_of)
def test_no_output_of_values_that_nobody_writes_is_a_trap(outputs, stripchart, folder, packed):
    (folder / "whole.pftrace").write_bytes(gzip.decompress(packed.read_bytes()))
    assert stripchart("recover", "whole.pftrace", "-o", "strict.pftrace").rc == 0
    dice = random.Random(name_of(packed))
    recording = folder / "it.pftrace"
    recording.write_bytes(with_extremes((folder / "strict.pftrace").read_bytes(), dice, dice.choice([1, 4, 16])))
    of_it = outputs(recording)
    of_it.all(codes={0, 64, 65}, every=False)
    assert not of_it.wrong, "\n".join(of_it.wrong)


@pytest.mark.parametrize("packed", HARMED, ids=name_of)
def test_what_once_was_a_trap_is_none(outputs, folder, packed):
    recording = folder / "it.pftrace"
    recording.write_bytes(gzip.decompress(packed.read_bytes()))
    of_it = outputs(recording)
    of_it.all(codes={0, 64, 65}, every=False)
    assert not of_it.wrong, "\n".join(of_it.wrong)


def no_recordings(content):
    return {
        "empty": b"", "one byte": content[:1], "its head alone": content[:CONTROL + 4], "zeros": bytes(20_000),
        "of a newer format": content[:VERSION] + struct.pack("<I", 2) + content[VERSION + 4:],
        "of the newest format": content[:VERSION] + b"\xff" * 4 + content[VERSION + 4:],
    }


@pytest.mark.parametrize("what", no_recordings(b""))
def test_what_cannot_be_read_is_refused_by_every_command_alike(outputs, folder, other, what):
    recording = folder / "it.pftrace"
    recording.write_bytes(no_recordings(other.read_bytes())[what])
    of_it = outputs(recording)
    of_it.all(codes={65}, every=False)
    # `--select` and `--weight` are usage only when there is a recording.
    wrong = [each for each in of_it.wrong if "exit 64" not in each]
    assert not wrong, "\n".join(wrong)
    assert [path.name for path in folder.iterdir() if path.name not in ("it.pftrace",)] == [], "nothing was written"
