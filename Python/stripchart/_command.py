"""The `stripchart` command that belongs to this package."""
from __future__ import annotations

import functools
import os
import subprocess
import sys
from typing import Any, Iterator, List, Optional


class CommandNotFound(RuntimeError):
    """There is no `stripchart` command beside the package, among this Python's scripts, or on PATH."""


@functools.lru_cache(maxsize=None)
def path() -> str:
    """The command of this installation: what the package's own record of files names, then this Python's scripts
    folder, then PATH. STRIPCHART_COMMAND goes before all of them. Errors: CommandNotFound."""
    named = os.environ.get("STRIPCHART_COMMAND")
    if named:
        if _is_program(named):
            return named
        raise CommandNotFound(f"STRIPCHART_COMMAND is {named!r}, which is no program")
    for candidate in _candidates():
        if candidate and _is_program(candidate):
            return candidate
    raise CommandNotFound(
        "the stripchart command was found neither beside the package, nor in the scripts folder of "
        f"{sys.executable}, nor on PATH: install the package again (pip install stripchart), or set STRIPCHART_COMMAND"
    )


def run(arguments: List[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """subprocess.run of the command. Errors: CommandNotFound, and those of subprocess.run."""
    return subprocess.run([path(), *arguments], **options)


def become(arguments: List[str]) -> None:
    """execv(3): this process becomes the command. Returns only by an error: CommandNotFound, OSError."""
    command = path()
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command, [command, *arguments])


def _candidates() -> Iterator[Optional[str]]:
    yield _recorded()
    import sysconfig

    yield os.path.join(sysconfig.get_path("scripts"), "stripchart")
    try:
        yield os.path.join(sysconfig.get_path("scripts", f"{os.name}_user"), "stripchart")
    except KeyError:
        pass
    import shutil

    yield shutil.which("stripchart")


def _recorded() -> Optional[str]:
    """The installed distribution's RECORD names the command relative to site-packages."""
    import importlib.metadata

    try:
        files = importlib.metadata.files("stripchart") or ()
    except Exception:
        return None
    for file in files:
        if file.name == "stripchart" and file.parent.name in ("bin", "Scripts"):
            return os.path.normpath(str(file.locate()))
    return None


def _is_program(candidate: str) -> bool:
    return os.path.isfile(candidate) and os.access(candidate, os.X_OK)
