"""Recordings that a program makes of itself: `record`, `start`, `stop`."""
from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING, Optional, Union

from . import _native, _quantities

if TYPE_CHECKING:
    from types import TracebackType

    from . import _recording

_VARIABLE = "STRIPCHART_RECORDING"  # by it the children of this process find the recording
_running: Optional[Recorder] = None
_warned: set[str] = set()


class Recorder:
    """A recording of this process and its descendants, from `with` (or `start`) on. `path` names its file."""

    def __init__(
        self,
        path: Union[str, os.PathLike[str], None] = None,
        *,
        interval: Union[str, float] = "auto",
        max_size: Union[str, int] = "256MiB",
        force: bool = False,
    ) -> None:
        self.path = os.path.abspath(_default_name() if path is None else os.fspath(path))
        self._interval = 0 if interval == "auto" else round(_quantities.seconds(interval) * 1e9)
        if interval != "auto" and self._interval < 100_000:
            raise ValueError(f"an interval of {interval!r} is too short: 100us is the least")
        self._maximum = _quantities.size(max_size)
        self._force = force

    @property
    def is_running(self) -> bool:
        """Whether this object's own recording is being made."""
        return _running is self

    def __enter__(self) -> Recorder:
        self._start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], traceback: Optional[TracebackType]
    ) -> None:
        self.stop()

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"<stripchart.Recorder {self.path!r}{', running' if self.is_running else ''}>"

    def _start(self) -> None:
        global _running
        if _native.state() == 1:  # under `stripchart run`: what is recorded goes there
            self.path = _native.path() or self.path
            return
        if _running is not None:
            _warn(f"stripchart records already, into {_running.path}; a second recording is not started")
            return
        status, reason = _native.start(self.path, self._interval, self._maximum, self._force)
        if status != 0:
            _warn(f"stripchart records nothing: {_problem(status, reason, self.path)}")
            return
        _running = self
        os.environ[_VARIABLE] = self.path
        _stop_at_exit()
        if os.environ.get("STRIPCHART_FUNCTIONS") or os.environ.get("STRIPCHART_LINES"):
            from . import _hooks

            _hooks.recording_started()

    def stop(self) -> None:
        """Ends the recording, when this object's is the one that runs. Waits for its last readings: about a millisecond."""
        global _running
        if _running is not self:
            return
        hooks = sys.modules.get("stripchart._hooks")
        if hooks is not None:
            hooks.recording_stops()
        _running = None
        if os.environ.get(_VARIABLE) == self.path:
            del os.environ[_VARIABLE]
        _native.stop()

    def load(self) -> _recording.Recording:
        """The recording's figures, as `stripchart.load(path)`. Errors: those of `stripchart.load`."""
        from ._load import load

        return load(self.path)

    def report(self) -> str:
        """What `stripchart report` prints. Errors: CommandNotFound, subprocess.CalledProcessError."""
        from . import _command

        return str(_command.run(["report", self.path], check=True, capture_output=True, text=True).stdout)


def record(
    path: Union[str, os.PathLike[str], None] = None,
    *,
    interval: Union[str, float] = "auto",
    max_size: Union[str, int] = "256MiB",
    force: bool = False,
) -> Recorder:
    """`with stripchart.record("train.pftrace"):` records this process and its descendants.

    path: of the file to make; without it SCRIPT-PID.pftrace in the working directory. force: replace an existing file.
    interval: between samples, as "10ms" or in seconds; "auto" takes what costs little. max_size: of the file, as "200 MiB"
    or in bytes; it is never exceeded.

    A thread without the GIL samples. Under `stripchart run` nothing is started: what is recorded goes to that run's file.
    A file that cannot be made, or a second recording at the same time, is a RuntimeWarning, and the program goes on.
    Raises ValueError: the interval or the size is none.
    """
    return Recorder(path, interval=interval, max_size=max_size, force=force)


def start(
    path: Union[str, os.PathLike[str], None] = None,
    *,
    interval: Union[str, float] = "auto",
    max_size: Union[str, int] = "256MiB",
    force: bool = False,
) -> Recorder:
    """Begins what `record` describes, until `stop()` or the end of the program. While one runs, gives that one back."""
    recording = Recorder(path, interval=interval, max_size=max_size, force=force)
    recording._start()
    return _running or recording


def stop() -> Optional[Recorder]:
    """Ends the recording that runs, and gives it back; None: there is none that this program started."""
    recording = _running
    if recording is not None:
        recording.stop()
    return recording


def _default_name() -> str:
    script = os.path.splitext(os.path.basename(sys.argv[0] if sys.argv else ""))[0]
    if script in ("", "-c", "-m", "-", "__main__", "ipykernel_launcher"):
        script = "python"
    return f"{script}-{os.getpid()}.pftrace"


def _problem(status: int, reason: str, path: str) -> str:
    if status == 2:
        return f"{path} exists; force=True replaces it"
    if status == 4:
        return "no thread could be started"
    if status == 1:
        return "there is a recording already"
    return reason or f"{path} cannot be made"


def _warn(text: str) -> None:
    """Once each, and never as an error: the program did nothing that it must not survive."""
    if text in _warned:
        return
    _warned.add(text)
    try:
        warnings.warn(text, RuntimeWarning, stacklevel=4)
    except Warning:
        pass


_stops_at_exit = False


def _stop_at_exit() -> None:
    global _stops_at_exit
    if not _stops_at_exit:
        import atexit

        _stops_at_exit = True
        atexit.register(stop)
