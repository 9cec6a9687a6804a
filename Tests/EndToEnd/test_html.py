"""The HTML page in a real browser: it shows what the report says, follows mouse and keys, and runs nothing of the recording's."""
import os
import sys

import pytest

import browser as browsers
from conftest import REPOSITORY
from stripchart_command import assert_one_line_error

ATTACK = "</script><img src=x onerror=alert(1)>&\u2028\u202e<!--"
PAINTED = """
    [...document.querySelectorAll('canvas')].map(each => {
      const pixels = each.getContext('2d').getImageData(0, 0, each.width, each.height).data;
      let count = 0;
      for (let index = 3; index < pixels.length; index += 4) count += pixels[index] > 0;
      return count;
    })
"""
# Every text and what stands behind it, by the formula of WCAG 2.1: the worst of them.
CONTRAST = """
    (() => {
      const parse = color => color.match(/[0-9.]+/g).map(Number);
      const light = rgb => rgb.slice(0, 3).map(each => each / 255)
        .map(each => each <= 0.03928 ? each / 12.92 : Math.pow((each + 0.055) / 1.055, 2.4))
        .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
      const behind = element => {
        for (let each = element; each; each = each.parentElement) {
          const color = parse(getComputedStyle(each).backgroundColor);
          if (color.length < 4 || color[3] === 1) return color;
        }
        return [255, 255, 255];
      };
      let worst = [21, ''];
      for (const element of document.querySelectorAll('body *')) {
        const hasText = [...element.childNodes].some(each => each.nodeType === 3 && each.textContent.trim());
        if (!hasText || !element.offsetParent || element.disabled) continue;
        const levels = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
        const ratio = (levels[0] + 0.05) / (levels[1] + 0.05);
        if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 200)];
      }
      return worst;
    })()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if browsers.find() is None:
        pytest.skip("no browser: install the package chromium (`Scripts/setup test`), or name one with STRIPCHART_BROWSER")
    opened = browsers.Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture
def recording(stripchart, program, package):
    environment = {**os.environ, "PYTHONPATH": str(package)}
    outcome = stripchart.run(*program("page", ATTACK), options=["-i", "10ms"], env=environment)
    assert outcome.rc == 0, outcome.stderr
    return outcome.recording


@pytest.fixture
def page(stripchart, recording, browser):
    """The recording's page, open in the browser; at the end it has complained of nothing."""
    done = stripchart("report", "--html", recording)
    assert done.rc == 0, done.stderr
    browser.complaints.clear()
    browser.open(recording.with_suffix(".html"))
    yield browser
    assert browser.complaints == []


def rows(page, section="spans"):
    """The rows of a table as lists of texts."""
    return page.run(f"[...document.querySelectorAll('#{section} tbody tr')].map(row => [...row.cells].map(each => each.textContent))")


def names(page):
    return [row[0] for row in rows(page)]


def seconds(text):
    number, unit = text.split()
    return float(number) * {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]


def test_the_page_shows_what_the_report_says(page, stripchart, recording):
    report = stripchart.report(recording)
    calls = {row[0]: int(row[1]) for row in rows(page)}
    assert calls == {"load": 1, "train": 1, "step": 10, calls_name(report): 1}
    totals = {row[0]: seconds(row[2]) for row in rows(page)}
    for span in report["spans"]:
        shown = totals.get(span["name"], totals[calls_name(report)])
        assert shown == pytest.approx(span["wall_seconds"]["total"], rel=0.006)
    assert page.text("#verdict")
    assert [row[1] for row in rows(page, "processes")] == [str(each["pid"]) for each in report["processes"]]
    assert any("total += sum(range(100))" in row[-1] for row in rows(page, "source"))
    assert len(rows(page, "marks")) == 1
    assert all(count > 100 for count in page.run(PAINTED)), "a canvas is empty"
    for label in page.run("[...document.querySelectorAll('.lane canvas')].map(each => each.getAttribute('aria-label'))"):
        assert "peak" in label and "mean" in label


def calls_name(report):
    """The hostile name as it is shown: what would hide or turn text is written out."""
    return next(each["name"] for each in report["spans"] if "img" in each["name"]).replace("\u2028", "\\u{2028}").replace("\u202e", "\\u{202e}")


def test_nothing_of_the_recording_is_markup(page):
    assert page.run("document.querySelectorAll('img, iframe, object, link, base').length") == 0
    assert page.run("document.scripts.length") == 2
    assert "<img" in " ".join(names(page))
    # The policy is in force: what is not the page's own does not run.
    page.run("document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))")
    assert page.run("window.ran") is None
    assert [each for each in page.complaints if "Content Security Policy" not in each] == []
    page.complaints.clear()


def test_the_tables_follow_a_selected_range(page):
    page.drag(".lane canvas", 0.5, 0.7)
    shown = page.text("#shown")
    assert shown.startswith("selected")
    assert "load" not in names(page)
    table = {row[0]: row for row in rows(page)}
    assert 1 <= int(table["step"][1]) <= 5
    width = seconds(shown[shown.index("(") + 1:-1])
    assert seconds(table["train"][2]) == pytest.approx(width, rel=0.02)
    assert page.text("#spans .scope").startswith("selected")
    page.key("Enter")
    assert page.text("#shown").startswith("shown")
    page.key("Escape")
    assert page.text("#shown").startswith("whole recording")
    assert "load" in names(page)


def test_a_click_on_a_span_selects_its_time(page):
    left, top, width, height = page.box(".band canvas")
    place = page.run("(() => { const data = JSON.parse(document.getElementById('data').textContent);"
                     "const begins = new Uint32Array(Uint8Array.from(atob(data.blocks.begins), each => each.charCodeAt(0)).buffer);"
                     "return begins[0] / 4294967295; })()")
    page.click_at(left + (place + 0.02) * width, top + 10)
    # The time is counted in 512 parts, so a neighbour may have a share of one.
    totals = {row[0]: seconds(row[2]) for row in rows(page)}
    assert totals.pop("load") == pytest.approx(0.25, abs=0.05)
    assert all(total < 0.02 for total in totals.values())
    assert page.texts("#spans tr.chosen td.name") == ["load"]
    left, top, width, height = page.box(".band canvas")
    page.click_at(left + (place + 0.02) * width, top + 10, count=2)
    page.key("Escape")
    begin, end = page.text("#shown").removeprefix("shown ").split(" (")[0].split(" – ")
    assert seconds(end) - seconds(begin) == pytest.approx(0.275, abs=0.06)


def test_wheel_keys_and_buttons_zoom_and_pan(page):
    def shown():
        text = page.text("#shown")
        return None if text.startswith("whole") else tuple(map(seconds, text.split(" ", 1)[1].split(" (")[0].split(" – ")))

    assert shown() is None
    page.wheel(".lane canvas", 0.5, -200)
    first = shown()
    page.key("+")
    second = shown()
    assert second[1] - second[0] == pytest.approx((first[1] - first[0]) / 2, rel=0.05)
    page.key("ArrowRight")
    third = shown()
    assert third[0] > second[0] and third[1] - third[0] == pytest.approx(second[1] - second[0], rel=0.05)
    page.drag(".lane canvas", 0.2, 0.6, shift=True)
    assert shown()[0] < third[0]
    page.click("#zoom-out")
    page.key("0")
    assert shown() is None
    page.drag(".axis canvas", 0.25, 0.5)
    assert shown() is not None
    page.click("#reset")
    assert shown() is None


def test_a_range_can_be_selected_by_keys_alone(page):
    page.run("document.getElementById('timeline').focus()")
    for _ in range(3):
        page.key(".")
    assert page.text("#moment").startswith("cursor")
    for _ in range(4):
        page.key("ArrowRight", shift=True)
    assert page.text("#shown").startswith("selected")
    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_span_table_sorts_and_filters(page):
    page.click("#spans th button[data-by=calls]")
    assert names(page)[0].startswith("step")
    assert page.run("document.querySelector('#spans th[aria-sort=descending]').textContent").startswith("calls")
    page.click("#spans th button[data-by=calls]")
    assert names(page)[-1].startswith("step")
    page.click("#filter")
    page.write("STEP")
    assert [name.split()[0] for name in names(page)] == ["step"]
    page.write("no such span")
    assert names(page) == [] and page.text("#spans .more") == "None here."


@pytest.mark.parametrize("dark", [False, True])
def test_every_text_can_be_read_in_both_themes(page, dark):
    page.scheme(dark)
    page.settle()
    ratio, element = page.run(CONTRAST)
    assert ratio >= 4.5, element


def test_the_theme_can_be_chosen(page):
    def background():
        return page.run("getComputedStyle(document.body).backgroundColor")

    by_system = background()
    page.click("#theme")
    assert page.text("#theme") == "Theme: light" and background() == by_system
    page.click("#theme")
    assert page.text("#theme") == "Theme: dark" and background() != by_system
    page.click("#theme")
    assert background() == by_system


@pytest.mark.parametrize("width", [360, 1920])
def test_the_page_fits_its_window(page, width):
    page.size(width, 800)
    page.settle()
    assert page.run("document.documentElement.scrollWidth") <= width


def test_a_sampled_function_leads_to_its_source(stripchart, program, browser):
    recording = stripchart.run(*program("burn_functions", 100), options=["--stacks"]).recording
    stacks = stripchart.report(recording)["stacks"]
    if stacks is None:
        pytest.skip("the kernel gives this user no samples of call stacks")
    if not stacks["sources"]:
        pytest.skip("no llvm-symbolizer")
    assert stripchart("report", "--html", recording).rc == 0
    browser.complaints.clear()
    browser.open(recording.with_suffix(".html"))
    shown = [row[0] for row in rows(browser, "stacks")]
    assert shown == [each["function"] for each in stacks["functions"] if each["self_samples"]][:50]
    assert shown[0] == "heavy" and rows(browser, "stacks")[0][4] == "burn_functions"
    # Another one first, so that the click has something to do.
    browser.run("(list => { list.value = 1; list.dispatchEvent(new Event('change')); })(document.getElementById('function'))")
    assert not any("// the heavy line" in row[-1] for row in rows(browser, "source"))
    browser.click("#stacks tbody button")
    assert browser.run("document.getElementById('function').selectedOptions[0].textContent").startswith("heavy  burn_functions.c")
    assert browser.texts("#source th") == ["line", "samples", "self", "", "%", "total", "source"]
    hot = [row for row in rows(browser, "source") if "// the heavy line" in row[-1]]
    assert len(hot) == 1 and int(hot[0][1]) > 0
    assert browser.complaints == []


def test_a_recording_that_was_cut_off_has_a_page(stripchart, recording, browser):
    whole = recording.read_bytes()
    cut = recording.with_name("cut.pftrace")
    cut.write_bytes(whole[:len(whole) * 2 // 3])
    assert stripchart("report", "--html", cut).rc == 0
    browser.complaints.clear()
    browser.open(cut.with_suffix(".html"))
    assert browser.complaints == []


def test_no_file_is_lost_to_the_page(stripchart, small_recording, folder):
    (folder / "mine.html").write_text("mine")
    done = stripchart("report", "--html", "-o", "mine.html", small_recording)
    assert_one_line_error(done)
    assert (folder / "mine.html").read_text() == "mine"
    assert stripchart("report", "--html", "--force", "-o", "mine.html", small_recording).rc == 0
    assert (folder / "mine.html").read_text().startswith("<!DOCTYPE html>")
    assert_one_line_error(stripchart("report", "--html", "-o", ".", small_recording))
    whole = small_recording.read_bytes()
    assert_one_line_error(stripchart("report", "--html", "--force", "-o", small_recording, small_recording))
    assert small_recording.read_bytes() == whole


def test_every_span_is_named_in_its_block_or_in_the_legend(stripchart, program, package, browser):
    environment = {**os.environ, "PYTHONPATH": str(package)}
    recording = stripchart.run(*program("kinds", "tasks"), options=["-q"], env=environment).recording
    assert stripchart("report", "--html", recording).rc == 0
    for dark in (False, True):
        browser.complaints.clear()
        browser.open(recording.with_suffix(".html"), dark=dark)
        browser.run("""
            window.said = new Set();
            const fill = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...at) { said.add(text); return fill.call(this, text, ...at); };
        """)
        browser.key("+")
        browser.key("0")
        drawn = set(browser.run("[...said]")) | set(browser.texts(".legend .names span"))
        assert {each["name"] for each in stripchart.report(recording)["spans"]} <= drawn
        swatches = browser.run("[...document.querySelectorAll('.legend i')].map(each => getComputedStyle(each).backgroundColor)")
        assert swatches and all(each not in ("", "rgba(0, 0, 0, 0)") for each in swatches)
        assert browser.complaints == []
