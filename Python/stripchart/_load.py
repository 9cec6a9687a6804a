"""Reading a recording in Python."""

from __future__ import annotations

import errno
import mmap
import os
import subprocess
import tempfile
from typing import Union

from . import _command
from ._recording import Recording

# sysexits(3), as the command ends with.
_DATA_ERROR, _NO_INPUT, _NO_PERMISSION = 65, 66, 77


class RecordingError(ValueError):
    """A file holds nothing that can be read as a recording."""


def load(path: Union[str, "os.PathLike[str]"]) -> Recording:
    """Reads the recording at `path`.

    The `stripchart` command reads it and writes all columns to a file without a name, which is mapped: memory is taken
    only for columns that are looked at. A damaged or unfinished recording is read up to its damage;
    `recording.findings` says so.

    Errors: FileNotFoundError, PermissionError and other OSError for what cannot be opened; RecordingError (a
    ValueError) for what is no recording; RuntimeError when the command is missing, fails or is of another version.
    """
    name = os.fspath(path)
    os.stat(name)
    return Recording(name, _columns(name))


def _columns(path: str) -> mmap.mmap:
    # A mapping outlives the file that it is of.
    with tempfile.TemporaryFile(prefix="stripchart-") as file:
        arguments = ["export", "--to", "columns", "--", path]
        done = _command.run(arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise _error(done.returncode, done.stderr.decode(errors="replace"), path)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _error(code: int, said: str, path: str) -> Exception:
    lines = said.strip().splitlines() or [f"the stripchart command ended with {code}"]
    message = lines[0].replace("stripchart: ", "", 1)
    if code in (_DATA_ERROR, _NO_INPUT):
        return RecordingError(message)
    if code == _NO_PERMISSION:
        return PermissionError(errno.EACCES, message, path)
    return RuntimeError("\n".join(lines))
