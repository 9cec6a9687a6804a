"""`%load_ext stripchart` in a real IPython, and in a real kernel where Jupyter's client is installed."""
from __future__ import annotations

import os
import pathlib
import tempfile
import time

import pytest

IPython = pytest.importorskip("IPython")

import stripchart  # noqa: E402
from stripchart.jupyter import OptionError, Options, split_cell  # noqa: E402


class Shell:
    """An IPython whose outputs are kept."""

    def __init__(self, monkeypatch):
        from IPython.core.interactiveshell import InteractiveShell

        InteractiveShell.clear_instance()
        self.shell = InteractiveShell.instance()
        self.shell.run_line_magic("load_ext", "stripchart")
        self.reports = []
        monkeypatch.setattr("IPython.display.display", lambda data, raw: self.reports.append(data))

    def __call__(self, *lines):
        return self.shell.run_cell("\n".join(lines), store_history=True)

    @property
    def report(self):
        return self.reports[-1]["text/plain"]


@pytest.fixture
def ipython(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    if stripchart._native.state() != 0:
        pytest.skip("these tests make their own recordings")
    yield Shell(monkeypatch)
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.clear_instance()


def temporary_folders():
    return set(pathlib.Path(tempfile.gettempdir()).glob("stripchart-*"))


def test_a_cell_shows_its_report_as_text_and_html_and_leaves_no_file(ipython, capsys):
    before = temporary_folders()
    result = ipython("%%stripchart", "x = 6", "print('hello')", "x * 7")
    assert result.success and result.result == 42
    assert "hello" in capsys.readouterr().out
    assert "resident" in ipython.report
    assert ipython.reports[-1]["text/html"].startswith("<pre>") and len(ipython.reports) == 1
    assert ipython.shell.user_ns["x"] == 6
    assert temporary_folders() == before
    assert stripchart._native.state() == 0


def test_spans_of_the_cell_are_in_its_report(ipython):
    ipython("%%stripchart", "import stripchart", "with stripchart.span('collate'):", "    sum(range(1000))")
    assert "collate" in ipython.report


def test_an_error_is_the_cells_own_and_the_report_still_comes(ipython, capsys):
    result = ipython("%%stripchart", "x = 1", "1 / 0")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    shown = capsys.readouterr().out
    assert shown.count("ZeroDivisionError") >= 1 and "stripchart/jupyter.py" not in shown
    assert "line 3" in shown or "3 1" in shown or "> 3" in shown
    assert len(ipython.reports) == 1 and stripchart._native.state() == 0


def test_a_syntax_error_is_the_cells_own(ipython, capsys):
    result = ipython("%%stripchart", "x = = 1")
    assert isinstance(result.error_before_exec, SyntaxError) or isinstance(result.error_in_exec, SyntaxError)
    assert stripchart._native.state() == 0


def test_a_cell_may_await(ipython):
    ipython("%autoawait asyncio")
    result = ipython("%%stripchart", "import asyncio", "await asyncio.sleep(0)", "11")
    assert result.result == 11 and "resident" in ipython.report


def test_another_cell_magic_may_follow(ipython, capsys):
    ipython("%%stripchart", "%%time", "print('inner')")
    shown = capsys.readouterr().out
    assert "inner" in shown and "Wall time" in shown
    assert len(ipython.reports) == 1


def test_the_recording_is_kept_where_the_option_says(ipython, tmp_path):
    ipython("%%stripchart -o 'kept file.pftrace' -i 5ms", "pass")
    assert (tmp_path / "kept file.pftrace").stat().st_size > 0
    assert ipython.report.endswith(f"recorded to {tmp_path / 'kept file.pftrace'}")
    ipython("%%stripchart --output='kept file.pftrace'", "pass")
    assert "resident" in ipython.report


def test_an_expression_has_its_value(ipython):
    result = ipython("%stripchart 6 * 7")
    assert result.result == 42 and "resident" in ipython.report
    result = ipython("y = %stripchart -i 5ms sum(range(10))")
    assert ipython.shell.user_ns["y"] == 45
    ipython("%stripchart z = 3")
    assert ipython.shell.user_ns["z"] == 3


def test_an_expression_that_fails_raises(ipython):
    assert isinstance(ipython("%stripchart 1 / 0").error_in_exec, ZeroDivisionError)
    assert stripchart._native.state() == 0 and len(ipython.reports) == 1


def test_lines_of_a_function_are_counted(ipython):
    ipython("def work(n):", "    total = 0", "    for each in range(n):", "        total += each", "    return total")
    ipython("%%stripchart --lines work", "work(100)")
    assert "total += each" in ipython.report


def test_lines_of_a_module_are_counted(ipython, tmp_path, monkeypatch):
    (tmp_path / "shop_of_test.py").write_text("def total(n):\n    return sum(range(n))\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    ipython("import shop_of_test as shop")
    ipython("%%stripchart -l shop.total", "shop.total(3)")
    assert "return sum(range(n))" in ipython.report
    ipython("%%stripchart -l shop_of_test:total", "shop.total(3)")
    assert "return sum(range(n))" in ipython.report


def test_lines_of_a_function_that_the_cell_itself_defines_are_counted(ipython):
    ipython("%%stripchart --lines inner_work", "def inner_work():", "    return 'here'", "inner_work()")
    assert "return 'here'" in ipython.report


def test_a_pattern_that_matches_nothing_is_named(ipython):
    ipython("def work_on_it():", "    return 1")
    ipython("%%stripchart --lines work_on_itt", "work_on_it()")
    assert "--lines 'work_on_itt' matched nothing" in ipython.report


@pytest.mark.parametrize("line, word", [
    ("--no-such", "unknown option '--no-such'"), ("--lines", "--lines needs a value"), ("-o", "-o needs a value"),
    ("x = 1", "'x = 1' is no option"), ("-o 'a", "closing quotation"),
])
def test_a_wrong_option_is_named_and_nothing_runs(ipython, line, word):
    ipython(f"%%stripchart {line}", "ran = True")
    assert word.lower() in ipython.report.lower() and "ran" not in ipython.shell.user_ns


@pytest.mark.parametrize("interval", ["soon", "-1s"])
def test_a_wrong_interval_is_named_and_the_cell_runs(ipython, interval):
    result = ipython(f"%%stripchart --interval={interval}", "ran = True")
    assert result.success and ipython.shell.user_ns["ran"]
    assert "interval" in ipython.report.lower()
    assert stripchart._native.state() == 0


def test_help_shows_the_usage(ipython):
    ipython("%stripchart --help")
    assert "%%stripchart [options]" in ipython.report
    ipython("%stripchart")
    assert "%%stripchart [options]" in ipython.report


def test_in_a_recording_that_runs_already_the_cell_goes_there(ipython, tmp_path):
    stripchart.start(str(tmp_path / "mine.pftrace"))
    try:
        assert ipython("%%stripchart", "8").result == 8
        assert f"the cell is in it: {tmp_path / 'mine.pftrace'}" in ipython.report
        assert stripchart._native.state() == 2
    finally:
        stripchart.stop()


def test_a_cell_without_the_magic_is_left_alone(ipython):
    assert ipython("7").result == 7 and ipython.reports == []
    assert ipython("s = '''", "%%stripchart", "'''").success and ipython.reports == []


def test_loading_twice_changes_nothing_and_unloading_takes_it_away(ipython):
    ipython("%load_ext stripchart")
    ipython("%%stripchart", "1")
    assert len(ipython.reports) == 1
    ipython("%reload_ext stripchart")
    ipython("%%stripchart", "1")
    assert len(ipython.reports) == 2
    ipython("%unload_ext stripchart")
    ipython("%%stripchart", "1")
    assert len(ipython.reports) == 2


def test_options_stop_where_the_expression_begins():
    options = Options("--lines f -l 'g.h' -i=5ms -o out f(\"a b\", -1)")
    assert (options.lines, options.interval, options.output) == (["f", "g.h"], "5ms", "out")
    assert options.rest == 'f("a b", -1)'
    with pytest.raises(OptionError):
        Options("--wrong f()")


def test_a_cell_is_split_into_options_and_body():
    assert split_cell("\n%%stripchart -l f\na\nb") == (" -l f", "a\nb")
    assert split_cell("%%stripcharts\n") is None and split_cell("x") is None


def test_a_real_kernel_shows_the_report_under_the_cell(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = [
        "%load_ext stripchart",
        "%%stripchart\nimport stripchart, asyncio\nwith stripchart.span('from the kernel'):\n    print('out')\nawait asyncio.sleep(0)\n5",
        "%%stripchart\n1 / 0",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    client = nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True,
                                     resources={"metadata": {"path": str(tmp_path)}})
    try:
        client.execute()
    except Exception as error:  # no kernel is registered here
        if type(error).__name__ == "NoSuchKernel":
            pytest.skip(str(error))
        raise
    good, bad = notebook.cells[1].outputs, notebook.cells[2].outputs
    assert [each.output_type for each in good] == ["stream", "execute_result", "display_data"]
    assert "from the kernel" in good[2].data["text/plain"] and "<pre>" in good[2].data["text/html"]
    assert [each.output_type for each in bad] == ["error", "display_data"]
    assert bad[0].ename == "ZeroDivisionError"


def test_a_cell_that_grows_is_named_with_its_line(ipython):
    ipython("%%stripchart", "kept_of_test = []", "kept_of_test.append(bytearray(288 << 20))")
    report = " ".join(ipython.report.split())
    assert "Memory peaked in In [" in report or "gained 288 MiB" in report
    assert "kept_of_test.append(bytearray(288 << 20))" in report  # the cell's own lines
    ipython.shell.user_ns.pop("kept_of_test")
