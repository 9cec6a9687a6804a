"""`python -m stripchart`: the command, with this Python where a Python is wanted.

    python -m stripchart run [options] script.py [argument ...]
    python -m stripchart run [options] -m module [argument ...]
    python -m stripchart run [options] -c code [argument ...]
    python -m stripchart run [options] -- command [argument ...]
    python -m stripchart report FILE          (and every other verb: as `stripchart` itself)
"""
from __future__ import annotations

import sys
from typing import List

# The options of `stripchart run` that take a value of their own; all others are flags.
_WITH_VALUE = frozenset(["-o", "--output", "-i", "--interval", "--budget", "--max-size", "--functions", "--lines"])


class UsageError(Exception):
    pass


def translated(arguments: List[str], python: List[str]) -> List[str]:
    """The arguments for the command: after `run` and its options, `python` goes before a script, `-m` or `-c`."""
    if arguments[:1] != ["run"]:
        return arguments
    at = 1
    while at < len(arguments):
        word = arguments[at]
        if word == "--" or word in ("-h", "--help"):
            return arguments
        if word in ("-m", "-c"):
            if at + 1 == len(arguments):
                raise UsageError(f"{word} needs a {'module' if word == '-m' else 'program text'}")
            break
        if not word.startswith("-") or word == "-":
            break
        at += 2 if word in _WITH_VALUE else 1
    if at >= len(arguments):
        raise UsageError("no script to run")
    return [*arguments[:at], "--", *python, *arguments[at:]]


def interpreter() -> List[str]:
    """This Python, with the options that it was started with (-X, -W, -O, …)."""
    import subprocess

    # The standard library's own way for children of the same kind (multiprocessing uses it).
    return [sys.executable, *subprocess._args_from_interpreter_flags()]  # type: ignore[attr-defined]


def main() -> int:
    from . import _command

    try:
        _command.become(translated(sys.argv[1:], interpreter()))
    except UsageError as error:
        print(f"stripchart: {error}", file=sys.stderr)
        print("  hint: python -m stripchart run [options] script.py | -m module | -c code", file=sys.stderr)
        return 64
    except (_command.CommandNotFound, OSError) as error:
        print(f"stripchart: {error}", file=sys.stderr)
        return 127
    return 0


if __name__ == "__main__":
    sys.exit(main())
