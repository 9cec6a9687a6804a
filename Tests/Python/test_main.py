"""`python -m stripchart`, and where the command of an installation is."""
from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stripchart import _command
from stripchart.__main__ import UsageError, translated

PYTHON = ["/usr/bin/python3", "-X", "dev"]


@pytest.mark.parametrize("arguments, expected", [
    ("run train.py --epochs 3", "run -- PYTHON train.py --epochs 3"),
    ("run -m pkg.mod -q", "run -- PYTHON -m pkg.mod -q"),
    ("run -c pass x", "run -- PYTHON -c pass x"),
    ("run -o out.pftrace -i 5ms --force train.py", "run -o out.pftrace -i 5ms --force -- PYTHON train.py"),
    ("run --output=o --lines train.py --functions pkg.* -q train.py -o mine",
     "run --output=o --lines train.py --functions pkg.* -q -- PYTHON train.py -o mine"),
    ("run --max-size 64MiB --budget 1% - x", "run --max-size 64MiB --budget 1% -- PYTHON - x"),
    ("run -o x -- make all", "run -o x -- make all"),
    ("run --help", "run --help"),
    ("report run.pftrace --json", "report run.pftrace --json"),
    ("--version", "--version"),
    ("", ""),
])
def test_python_goes_before_a_script_a_module_or_a_text(arguments, expected):
    wanted = [word for each in expected.split() for word in (PYTHON if each == "PYTHON" else [each])]
    assert translated(arguments.split(), PYTHON) == wanted


@pytest.mark.parametrize("arguments", ["run", "run -q", "run -o", "run -o x", "run -m", "run -q -c"])
def test_nothing_to_run_is_a_usage_error(arguments):
    with pytest.raises(UsageError):
        translated(arguments.split(), PYTHON)


def python_m(*arguments, **options):
    options.setdefault("env", dict(os.environ))
    return subprocess.run([sys.executable, "-m", "stripchart", *arguments], capture_output=True, text=True, timeout=60, **options)


def test_a_script_runs_under_this_python_with_its_arguments_and_its_exit_code(tmp_path):
    script = tmp_path / "train.py"
    script.write_text("import sys; print(sys.executable, sys.argv[1:], sys.flags.optimize); sys.exit(7)")
    done = subprocess.run(
        [sys.executable, "-O", "-m", "stripchart", "run", "-q", "-o", tmp_path / "x.pftrace", script, "--force", "-o", "mine"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 7, done.stderr
    assert done.stdout == f"{sys.executable} ['--force', '-o', 'mine'] 1\n"
    assert (tmp_path / "x.pftrace").stat().st_size > 0


def test_a_module_and_a_text_run_too(tmp_path):
    assert python_m("run", "-q", "-o", tmp_path / "1", "-c", "print(6 * 7)").stdout == "42\n"
    (tmp_path / "hello.py").write_text("print(__name__)")
    assert python_m("run", "-q", "-o", tmp_path / "2", "-m", "hello", cwd=tmp_path).stdout == "__main__\n"


def test_other_verbs_are_the_commands_own(tmp_path):
    python_m("run", "-q", "-o", tmp_path / "x.pftrace", "-c", "pass")
    done = python_m("report", tmp_path / "x.pftrace")
    assert done.returncode == 0 and "exit 0" in done.stdout


def test_a_usage_error_is_64_with_a_hint():
    done = python_m("run", "-q")
    assert done.returncode == 64
    assert done.stderr == (
        "stripchart: no script to run\n  hint: python -m stripchart run [options] script.py | -m module | -c code\n")


def test_a_command_that_is_not_there_is_127_and_says_where_it_was_looked_for():
    done = python_m("report", "x", env=dict(os.environ, STRIPCHART_COMMAND="/nowhere/stripchart"))
    assert done.returncode == 127
    assert done.stderr == "stripchart: STRIPCHART_COMMAND is '/nowhere/stripchart', which is no program\n"


def test_the_command_is_looked_for_once_and_run(tmp_path):
    done = _command.run(["--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.strip()
    assert _command.path() == _command.path()


def test_without_a_recorded_command_the_scripts_folder_and_path_are_looked_at(tmp_path, monkeypatch):
    program = tmp_path / "stripchart"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.delenv("STRIPCHART_COMMAND", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(_command, "_recorded", lambda: None)
    assert str(program) in list(_command._candidates())
    _command.path.cache_clear()
    monkeypatch.setattr(_command, "_candidates", lambda: iter([None, str(tmp_path), str(tmp_path / "none")]))
    with pytest.raises(_command.CommandNotFound, match="install the package again"):
        _command.path()
    _command.path.cache_clear()
