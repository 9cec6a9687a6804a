"""A pseudo-terminal with a command on it, as a user at a keyboard has."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

CTRL_C, CTRL_Z = b"\x03", b"\x1a"


class Terminal:
    """Starts `command` as leader of a new session whose controlling terminal this is."""

    def __init__(self, command, cwd, rows=33, columns=101, pass_fds=(), stderr=None):
        self.keyboard, screen = pty.openpty()
        self.name = os.ttyname(screen)
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.process = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, stdin=screen, stdout=screen, stderr=stderr or screen,
            start_new_session=True, pass_fds=pass_fds, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(screen)
        self.shown = b""

    def type(self, keys):
        os.write(self.keyboard, keys)

    def read_until(self, text, seconds=60):
        """Reads the screen until `text` is on it."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            assert self._read(deadline), f"{text!r} was not shown: {self.shown!r}"
        return self.shown

    def read_to_end(self, seconds=60):
        """Reads the screen until every program has left it; returns the exit code of the first."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        return self.process.wait(timeout=seconds)

    def _read(self, deadline):
        ready, _, _ = select.select([self.keyboard], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"the screen stays as it is: {self.shown!r}"
        try:
            shown = os.read(self.keyboard, 65536)
        except OSError:  # EIO: the last program has closed the terminal
            return False
        self.shown += shown
        return bool(shown)

    def close(self):
        os.close(self.keyboard)  # hangs up: SIGHUP to who is left
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

