"""`stripchart run --functions … --lines …`: instrumentation without a change of code."""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from stripchart import _command

from conftest import needs_monitoring

SHOP = {
    "shop/__init__.py": "def opening():\n    return 1\n",
    "shop/prices.py": """
class Price:
    def __init__(self, value):
        self.value = value
    @classmethod
    def of(cls, value):
        return cls(value)

def total(prices):
    sum_of_all = 0
    for price in prices:
        sum_of_all += price.value
    return sum_of_all

def lonely():
    return 0
""",
    "train.py": """
import sys
from shop import opening
from shop.prices import Price, total

def step(n):
    return total([Price.of(i) for i in range(n)])

def main():
    opening()
    print(step(4))

if __name__ == "__main__":
    main()
""",
}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    for name, text in SHOP.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("STRIPCHART_RECORDING", "STRIPCHART_FUNCTIONS", "STRIPCHART_LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_path(*folders):
    """The environment with folders in front of PYTHONPATH."""
    before = os.environ.get("PYTHONPATH")
    return dict(os.environ, PYTHONPATH=os.pathsep.join([*map(str, folders), *([before] if before else [])]))


class Run:
    """One `stripchart run` to its end, and what its recording says."""

    def __init__(self, *options, program=("train.py",), **popen):
        self.recording = pathlib.Path("run.pftrace").absolute()
        popen.setdefault("env", dict(os.environ))
        done = subprocess.run(
            [_command.path(), "run", "-q", "--force", "-o", self.recording, *options, "--", sys.executable, *program],
            capture_output=True, text=True, timeout=120, **popen)
        self.rc, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr

    @property
    def report(self):
        done = _command.run(["report", str(self.recording), "--json"], capture_output=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def calls(self):
        """name of a span → how often it was called, over all processes and parents."""
        counts = {}
        for span in self.report["spans"]:
            counts[span["name"]] = counts.get(span["name"], 0) + span["calls"]
        return counts

    @property
    def hits(self):
        """function → line → hits."""
        return {function["function"]: {line["line"]: line["hits"] for line in function["lines"]}
                for function in self.report["lines"]}

    @property
    def unmatched(self):
        return {(each["option"], each["pattern"]): each["near"] for each in self.report["unmatched_patterns"]}


def calls_of(run, name):
    """Calls of a function, whatever its module is called in the span's name."""
    return sum(count for each, count in run.calls.items() if each == name or each.endswith(("." + name, ":" + name)))


# What is recorded

def test_functions_of_a_package_are_spans_without_a_change_of_code(shop):
    run = Run("--functions", "shop.*")
    assert run.rc == 0 and run.stdout == "6\n"
    assert [calls_of(run, name) for name in ("opening", "Price.of", "Price.__init__", "total", "step", "main", "lonely")] \
        == [1, 4, 4, 1, 0, 0, 0], run.calls


def test_lines_of_a_function_are_counted(shop):
    hits = Run("--lines", "shop.prices:total").hits
    (lines,) = [lines for name, lines in hits.items() if name.endswith("total")]
    assert lines == {10: 1, 11: 5, 12: 4, 13: 1}
    assert len(hits) == 1


def test_lines_of_a_file_are_counted_with_those_of_the_module(shop):
    hits = Run("--lines", "train.py").hits
    names = {name.rpartition(":")[2].rpartition(".")[2] for name in hits}
    assert {"step", "main", "<module>"} <= names
    assert "total" not in names


def test_options_repeat_and_mix(shop):
    run = Run("--functions", "step", "--functions", "shop:opening", "--lines", "shop.prices:total", "--lines", "main")
    assert calls_of(run, "step") == 1 and calls_of(run, "opening") == 1 and calls_of(run, "total") == 0
    assert {name.rpartition(":")[2].rpartition(".")[2] for name in run.hits} == {"total", "main"}


def test_star_means_the_users_own_code(shop):
    (shop / "uses.py").write_text("import json\ndef own():\n    return json.loads('[1]')\nown()\n")
    run = Run("--functions", "*", program=["uses.py"])
    assert calls_of(run, "own") == 1 and calls_of(run, "loads") == 0
    assert calls_of(Run("--functions", "json.*", program=["uses.py"]), "loads") == 1


def test_a_module_that_is_run_goes_by_its_name(shop):
    run = Run("--functions", "train:step", program=["-m", "train"])
    assert calls_of(run, "step") == 1


@pytest.mark.parametrize("start", [
    "import subprocess, sys; subprocess.run([sys.executable, 'train.py'])",
    "import os, sys\nos.chdir('.')\nos.execv(sys.executable, [sys.executable, 'train.py'])",
    "import os\nif os.fork() == 0:\n    import train; train.main()\n    os._exit(0)\nos.wait()",
], ids=["subprocess", "exec", "fork"])
def test_descendants_are_instrumented_too(shop, start):
    (shop / "starts.py").write_text(start)
    run = Run("--functions", "shop.*", program=["starts.py"])
    assert calls_of(run, "total") == 1, run.stderr


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_a_pool_are_instrumented(shop, method):
    (shop / "pools.py").write_text(f"""
import multiprocessing, shop.prices
def work(n):
    return shop.prices.total([shop.prices.Price.of(n)])
if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        assert pool.map(work, range(6), chunksize=1) == list(range(6))
        pool.close()
        pool.join()
""")
    run = Run("--functions", "shop.*", "--functions", "pools:work", program=["pools.py"])
    assert run.rc == 0, run.stderr
    assert (calls_of(run, "total"), calls_of(run, "work")) == (6, 6)


# Nothing else changes

def test_the_users_own_sitecustomize_still_runs(shop):
    (shop / "sitecustomize.py").write_text("import sys\nsys.user_was_here = __file__\n")
    (shop / "shows.py").write_text("import sys, sitecustomize; print(sys.user_was_here == sitecustomize.__file__)")
    run = Run("--functions", "shop.*", program=["shows.py"], env=with_path(shop))
    assert run.stdout == "True\n" and run.stderr == ""


def test_an_error_in_the_users_sitecustomize_is_shown_as_ever(shop):
    (shop / "sitecustomize.py").write_text("1 / 0\n")
    env = with_path(shop)
    plain = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, env=env)
    run = Run("--functions", "shop.*", env=env)
    assert run.stderr == plain.stderr and "ZeroDivisionError" in run.stderr
    assert calls_of(run, "total") == 1


def test_what_a_program_sees_of_its_modules_and_path_is_as_ever(shop):
    (shop / "shows.py").write_text(
        "import sys\nprint(sys.path)\nprint('sitecustomize' in sys.modules)\nprint([each for each in sys.path_importer_cache if 'stripchart-' in each])")
    plain = subprocess.run([sys.executable, "shows.py"], capture_output=True, text=True, env=dict(os.environ))
    assert Run("--functions", "shop.*", program=["shows.py"]).stdout == plain.stdout


def test_a_traceback_is_that_of_the_program(shop):
    (shop / "fails.py").write_text("def fails():\n    raise ValueError('mine')\nfails()\n")
    plain = subprocess.run([sys.executable, "fails.py"], capture_output=True, text=True)
    run = Run("--functions", "*", "--lines", "*", program=["fails.py"])
    assert (run.rc, run.stderr) == (1, plain.stderr)


def test_the_private_folder_is_gone_afterwards(shop, tmp_path):
    private = tmp_path / "tmp"
    private.mkdir()
    (shop / "shows.py").write_text(
        "import os; folder = os.environ['PYTHONPATH'].split(':')[0]; print(folder, oct(os.stat(folder).st_mode & 0o777))")
    run = Run("--functions", "shop.*", program=["shows.py"], env=dict(os.environ, TMPDIR=str(private)))
    folder, mode = run.stdout.split()
    assert folder.startswith(f"{private}/stripchart-") and mode == "0o700"
    assert list(private.iterdir()) == []
    failed = subprocess.run([_command.path(), "run", "-q", "-o", "x", "--lines", "x", "--", "/etc"],
                            capture_output=True, env=dict(os.environ, TMPDIR=str(private)))
    assert failed.returncode == 126 and list(private.iterdir()) == []


def test_the_users_pythonpath_stays_behind_ours(shop):
    (shop / "shows.py").write_text("import os; print(os.environ['PYTHONPATH'].partition(':')[2])")
    env = with_path("/one", "/two")
    assert Run("--functions", "x", program=["shows.py"], env=env).stdout == env["PYTHONPATH"] + "\n"


CHECKS = {
    "modules": "import sys\nprint(sorted(sys.modules))",
    "finders": "import sys\nprint([str(each).partition(' at ')[0] for each in sys.meta_path + sys.path_hooks], sorted(sys.path_importer_cache))",
    "warnings": "import sys, warnings\nprint(warnings.filters, sys.warnoptions)",
    "builtins": "print(sorted(vars(__builtins__)), __import__)",
    "handlers": "import signal\nprint([signal.getsignal(each) for each in (2, 13, 15)])",
}


@pytest.mark.parametrize("option", ["--functions", "--lines"])
@pytest.mark.parametrize("check", CHECKS)
def test_a_strict_program_does_not_see_us(shop, check, option):
    (shop / "strict.py").write_text("def main():\n    return 1\nmain()\n" + CHECKS[check])
    command = ["-W", "error", "strict.py"]
    plain = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    run = Run(option, "strict.py", program=command)
    seen, expected = run.stdout, plain.stdout
    if sys.version_info < (3, 10):  # there its callbacks are the module's, so it must be the one that the program gets
        seen = seen.replace("'atexit', ", "")
        expected = expected.replace("'atexit', ", "")
    assert (run.rc, seen, run.stderr) == (0, expected, plain.stderr)
    assert calls_of(run, "main") == 1 if option == "--functions" else run.hits


def test_the_table_of_import_times_is_that_of_the_program(shop):
    def imported(text):
        return [row.rpartition("|")[2] for row in text.splitlines() if row.startswith("import time:")]

    command = ["-X", "importtime", "train.py"]
    plain = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    run = Run("--functions", "shop.*", "--lines", "train.py", program=command)
    ours = ["atexit"] if sys.version_info < (3, 10) else []
    assert [each for each in imported(run.stderr) if each.strip() not in ours] == imported(plain.stderr)
    assert calls_of(run, "total") == 1


def test_pytest_starts_where_warnings_are_errors(shop):
    (shop / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (shop / "test_shop.py").write_text("from shop.prices import Price, total\ndef test_total():\n    assert total([Price.of(1)]) == 1\n")
    run = Run("--functions", "shop.*", program=["-m", "pytest", "-q", "-p", "no:cacheprovider"])
    assert run.rc == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout and calls_of(run, "total") == 1


def test_a_program_that_uses_the_package_under_the_options_has_both(shop):
    (shop / "both.py").write_text("""
import stripchart, sys
assert sys.modules["stripchart"] is stripchart
@stripchart.profile
def decorated():
    return matched()
def matched():
    with stripchart.span("inside"):
        return 1
decorated()
""")
    run = Run("--functions", "both:matched", "--lines", "both:matched", program=["both.py"])
    assert run.rc == 0, run.stderr
    assert (run.calls["decorated"], run.calls["matched"], run.calls["inside"]) == (1, 1, 1) and set(run.hits) == {"matched"}


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="lines and calls come from sys.monitoring")
@pytest.mark.parametrize("hook", ["settrace", "setprofile"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_who_takes_a_hook_of_the_interpreter_takes_only_what_comes_through_it(shop, hook, when):
    taken = f"sys.{hook}(lambda *a: None)\n"
    (shop / "taken.py").write_text(
        "import sys\n" + (taken if when == "before" else "") + "def f():\n    return 1\nf()\n" + (taken if when == "after" else "")
        + "for _ in range(4): f()\n")
    run = Run("--functions", "f", "--lines", "f", program=["taken.py"])
    assert run.calls == {"f": 5} and run.unmatched == {}
    missing = [each["probe"] for each in run.report["missing"]]
    if hook == "settrace":
        assert "lines of Python" in missing
    else:
        assert missing == [] and list(run.hits["f"].values()) == [5]
    for option, probe in (("--functions", "functions of Python"), ("--lines", "lines of Python")):
        run = Run(option, "f", program=["taken.py"])
        is_taken = (option == "--lines") == (hook == "settrace")
        assert run.unmatched == {} and (probe in [each["probe"] for each in run.report["missing"]]) == is_taken


@needs_monitoring
def test_a_program_that_takes_all_numbers_of_monitoring_keeps_them_and_the_report_says_so(shop):
    (shop / "takes.py").write_text("""
import stripchart, sys
for number in (1, 3, 4, 5): sys.monitoring.use_tool_id(number, "mine")
stripchart.start("run.pftrace")
def f():
    return 1
f()
stripchart.stop()
""")
    done = subprocess.run([sys.executable, "-W", "error", "takes.py"], capture_output=True, text=True,
                          env=dict(os.environ, STRIPCHART_FUNCTIONS="f"))
    assert (done.returncode, done.stderr) == (0, "")
    run = Run.__new__(Run)
    run.recording = shop / "run.pftrace"
    assert [each["probe"] for each in run.report["missing"]] == ["functions and lines of Python"] and run.unmatched == {}


# A python that cannot be instrumented

def test_a_python_without_the_package_runs_as_ever_and_the_report_says_so(shop):
    (shop / "shows.py").write_text("import sys; print(sys.version_info[0])")
    base = os.path.realpath(sys.executable)
    probe = subprocess.run([base, "-c", "import stripchart"], capture_output=True, cwd="/",
                           env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
    if probe.returncode == 0:
        pytest.skip("every Python here has the package")
    done = subprocess.run(
        [_command.path(), "run", "-o", "run.pftrace", "--lines", "x", "--", base, "shows.py"], capture_output=True, text=True,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
    assert (done.returncode, done.stdout) == (0, "3\n")
    assert "not recorded: functions and lines" in done.stderr and "No module named 'stripchart'" in done.stderr
    assert "pip install stripchart" in " ".join(done.stderr.split())


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_a_python_that_ignores_its_environment_is_said_to(shop, flag):
    done = subprocess.run(
        [_command.path(), "run", "-o", f"run{flag}.pftrace", "--lines", "x", "--", sys.executable, flag, "-c", "pass"],
        capture_output=True, text=True)
    assert done.returncode == 0
    assert "functions and lines" in done.stderr and "told to ignore its environment" in " ".join(done.stderr.split())


# Patterns that match nothing

def test_a_pattern_that_matched_nothing_is_named_with_what_resembles_it(shop):
    run = Run("--functions", "shop.*", "--functions", "shop.prices:totl", "--lines", "trainn.py")
    assert run.unmatched == {("functions", "shop.prices:totl"): ["shop.prices:total"], ("lines", "trainn.py"): ["train.py"]}


def test_a_pattern_that_matched_in_one_process_of_many_is_not_named(shop):
    (shop / "starts.py").write_text(
        "import subprocess, sys\nfor each in ('train.py', '-cpass'):\n    subprocess.run([sys.executable, each])\n")
    assert Run("--functions", "shop.*", "--lines", "main", program=["starts.py"]).unmatched == {}


@pytest.mark.parametrize("option", ["--functions", "--lines"])
@pytest.mark.parametrize("pattern", ["", "  ", "a\nb", "x" * 2000])
def test_what_is_no_pattern_is_refused_before_anything_starts(shop, option, pattern):
    done = subprocess.run([_command.path(), "run", "-o", "run.pftrace", option, pattern, "--", "touch", "started"],
                          capture_output=True, text=True)
    assert done.returncode == 64 and option in done.stderr
    assert not os.path.exists("started") and not os.path.exists("run.pftrace")


# Other ways to ask

def test_the_environment_asks_as_the_options_do(shop):
    run = Run(env=dict(os.environ, STRIPCHART_FUNCTIONS="shop.*\nstep", STRIPCHART_LINES="main"))
    assert calls_of(run, "total") == 1 and calls_of(run, "step") == 1 and len(run.hits) == 1


def test_a_program_that_records_itself_takes_the_environments_patterns(shop):
    (shop / "records.py").write_text(
        "import stripchart, train\nstripchart.start('run.pftrace')\ntrain.main()\nstripchart.stop()\nprint(stripchart._native.state())")
    done = subprocess.run([sys.executable, "records.py"], capture_output=True, text=True, timeout=60, env=dict(
        os.environ, STRIPCHART_FUNCTIONS="shop.*", STRIPCHART_LINES="train:step\ntrain:stepp"))
    assert (done.stdout, done.stderr) == ("6\n0\n", "")
    names = {"train.step"} | ({"train.step.<locals>.<listcomp>"} if sys.version_info < (3, 12) else set())
    run = Run.__new__(Run)
    run.recording = shop / "run.pftrace"
    assert calls_of(run, "total") == 1 and set(run.hits) == names
    assert ("lines", "train:stepp") in run.unmatched


def test_a_run_within_a_run_takes_the_outer_patterns_into_its_own_recording(shop):
    inner = [_command.path(), "run", "-q", "-o", "inner.pftrace", "--", sys.executable, "train.py"]
    (shop / "starts.py").write_text(f"import subprocess\nsubprocess.run({inner!r})\n")
    Run("--functions", "shop.*", program=["starts.py"])
    run = Run.__new__(Run)
    run.recording = shop / "inner.pftrace"
    assert calls_of(run, "total") == 1
