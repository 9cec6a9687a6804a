"""`report --svg` and `report --png`: a drawing that a real renderer reads, of what was asked for."""

import os
import struct
import subprocess
import xml.etree.ElementTree as tree

import pytest

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def recorded(stripchart, span_fixture):
    return stripchart.run(span_fixture, "2", "2000", "1", options=["-q"]).recording


@pytest.fixture
def report(command_path):
    def run(*arguments):
        return subprocess.run([command_path, "report", *arguments], capture_output=True, text=True)

    return run


def texts(path):
    return ["".join(element.itertext()) for element in tree.parse(path).iter(f"{SVG}text")]


def test_an_svg_is_well_formed_and_has_curves_spans_and_a_time_axis(recorded, report, tmp_path):
    path = tmp_path / "run.svg"
    assert report("--svg", "-o", path, recorded).returncode == 0
    said = texts(path)
    assert "Memory" in said and "CPU" in said
    assert any(text.startswith("peak ") and text.endswith("iB") for text in said)
    assert "0 s" in said
    titles = {"".join(title.itertext()).split(":")[0] for title in tree.parse(path).iter(f"{SVG}title")}
    assert titles <= {"outer", "inner"}


def test_only_what_is_selected_is_drawn_in_its_order(recorded, report, tmp_path):
    path = tmp_path / "run.svg"
    assert report("--svg", "--select", "cpu,rss", "-o", path, recorded).returncode == 0
    said = texts(path)
    assert said.index("CPU") < said.index("Memory")
    assert "Disk" not in said and not any("PID" in text for text in said)


def test_a_program_of_a_millisecond_has_its_cpu_curve(stripchart, report, tmp_path):
    recording = stripchart.run("true", options=["-q"]).recording
    path = tmp_path / "run.svg"
    result = report("--svg", "--select", "cpu", "-o", path, recording)
    assert result.returncode == 0, result.stderr
    assert "CPU" in texts(path)


def test_what_the_recording_does_not_have_is_an_error_that_names_what_it_has(recorded, report, tmp_path):
    path = tmp_path / "run.svg"
    result = report("--svg", "--select", "rss,loss", "-o", path, recorded)
    assert result.returncode == 64
    assert "'loss'" in result.stderr and "memory" in result.stderr
    assert not path.exists()


def test_a_png_has_twice_the_drawings_pixels_or_an_error_that_names_the_package(recorded, report, tmp_path):
    drawing, path = tmp_path / "run.svg", tmp_path / "run.png"
    assert report("--svg", "-o", drawing, recorded).returncode == 0
    result = report("--png", "-o", path, recorded)
    if result.returncode == 126:
        assert "librsvg2-2" in result.stderr and not path.exists()
        pytest.skip("no librsvg here; the error says so")
    assert result.returncode == 0, result.stderr
    root = tree.parse(drawing).getroot()
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (2 * int(root.get("width")), 2 * -(-float(root.get("height")) // 1))


def test_an_existing_picture_is_left_alone_without_force(recorded, report, tmp_path):
    path = tmp_path / "run.svg"
    path.write_text("mine")
    assert report("--svg", "-o", path, recorded).returncode == 73
    assert path.read_text() == "mine"
    assert report("--svg", "--force", "-o", path, recorded).returncode == 0
    assert path.read_text().startswith("<svg")


@pytest.mark.parametrize("kind", ["--svg", "--png", "--html"])
def test_the_recording_itself_is_never_replaced(recorded, report, kind):
    before = recorded.read_bytes()
    same = recorded.parent / "." / ".." / recorded.parent.name / recorded.name
    result = report(kind, "--force", "-o", same, recorded)
    assert result.returncode == 64, result.stderr
    assert recorded.read_bytes() == before


def test_every_span_is_named_in_its_block_or_in_the_legend(stripchart, program, package, report, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(package)}
    recording = stripchart.run(*program("kinds", "tasks"), options=["-q"], env=environment).recording
    path = tmp_path / "run.svg"
    assert report("--svg", "-o", path, recording).returncode == 0
    names = {each["name"] for each in stripchart.report(recording)["spans"]}
    assert {"wait", "answer"} < names
    assert names <= set(texts(path)) | cut_names(path)


def cut_names(path):
    """The whole names, from their titles, of what is written with less than them. What is cut has its title."""
    found = set()
    for group in tree.parse(path).iter(f"{SVG}g"):
        title = group.find(f"{SVG}title")
        for text in group.iter(f"{SVG}text"):
            if "…" in text.text:
                assert len(text.text) >= 12, "enough to know it by"
                found.add(title.text.rsplit(": ", 1)[0])
    return found
