"""What the processes of a run tell `stripchart run --functions … --lines …`, through files in its private folder.

====================  ==============================================================================================
file                  says
====================  ==============================================================================================
``found``             a process has this package
``refused``           a line for each that could not use it: the interpreter, a tab, why (written by sitecustomize)
``matched-KEY``       a process ran code that the pattern matches; KEY is ``f`` or ``l`` and the pattern's place
``near-PID``          lines of KEY, a likeness from 0 to 1 or ``uncalled``, and a name, separated by tabs: what
                      resembles a pattern that nothing matched
====================  ==============================================================================================

A folder that is gone is no error: the run is over.
"""
from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Tuple, Union

    Likeness = Union[float, str]


class Answers:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def found(self) -> None:
        self._write("found", "")

    def matched(self, key: str) -> None:
        self._write("matched-" + key, "")

    def has_matched(self, key: str) -> bool:
        """In any process so far."""
        return os.path.exists(self._folder + "/matched-" + key)

    def near(self, misses: Iterable[Tuple[str, Likeness, str]]) -> None:
        lines = ["%s\t%s\t%s\n" % (key, likeness, name) for key, likeness, name in misses]
        if lines:
            self._write("near-%d" % os.getpid(), "".join(lines))

    def _write(self, name: str, text: str) -> None:
        try:
            descriptor = os.open(self._folder + "/" + name, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            if text:
                os.write(descriptor, text.encode("utf-8", "replace"))
        except OSError:
            pass
        finally:
            os.close(descriptor)
