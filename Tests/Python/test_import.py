"""What `import stripchart` costs, and where it is refused."""
from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

import stripchart


def python(text):
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)


def test_import_brings_nothing_large():
    text = "import sys; before = set(sys.modules); import stripchart; print(*sorted(set(sys.modules) - before))"
    brought = set(python(text).stdout.split())
    large = {"numpy", "asyncio", "subprocess", "inspect", "typing", "dataclasses", "re", "warnings", "linecache", "threading", "json"}
    assert brought & large == set()
    assert "stripchart._native" in brought


def test_a_free_threaded_build_gets_a_clear_import_error():
    done = python("import sys; sys.abiflags = 't'; import stripchart")
    assert done.returncode == 1 and "ImportError: stripchart does not run on a free-threaded build" in done.stderr


@pytest.mark.skipif(not (3, 12) <= sys.version_info < (3, 14), reason="the module that makes subinterpreters has another name")
@pytest.mark.parametrize("isolated", [True, False])
def test_a_subinterpreter_gets_a_clear_import_error(isolated):
    if sys.version_info < (3, 13):
        module, made = "_xxsubinterpreters", f"create(isolated={isolated})"
    else:
        module, made = "_interpreters", f"create({'isolated' if isolated else 'legacy'!r})"
    done = python(f"""
import sys, stripchart, {module} as interpreters
text = "import sys; sys.path[:] = " + repr(sys.path) + "\\ntry: import stripchart\\nexcept ImportError as error: print(error)"
interpreters.run_string(interpreters.{made}, text)
""")
    assert "subinterpreter" in done.stdout, done.stdout + done.stderr


def test_what_is_needed_later_is_found_later():
    assert stripchart.record and stripchart.Recording and set(stripchart.__all__) <= set(dir(stripchart))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        stripchart.nonsense


def test_the_extension_prints_no_value_that_embedded_swift_cannot_print():
    # The standard library puts this text where a string interpolates a value that has no description there, an enum for one.
    assert b"cannot print value" not in pathlib.Path(stripchart._native.__file__).read_bytes()


def test_the_version_is_that_of_the_command(command):
    assert stripchart.__version__ in subprocess.run([command, "--version"], capture_output=True, text=True).stdout
