"""A terminal to test in: a pseudo-terminal with a screen that can be read, and keys that can be pressed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import pyte

_WHERE_IS_THE_CURSOR, _AT_THE_TOP = b"\x1b[6n", b"\x1b[1;1R"


class Terminal:
    """Runs a program in a terminal of its own.

    Args:
        command: the program and its arguments.
        rows: of the screen.
        columns: of the screen.
        environment: variables beside those of this process.

    Attributes:
        raw: all that the program has sent.
        pid: the program's process.
    """

    def __init__(
        self, command: Sequence[str], rows: int = 30, columns: int = 100, environment: Mapping[str, str] | None = None
    ) -> None:
        self.raw = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._own, program_end = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(program_end)
        everything = {**os.environ, "TERM": "xterm-256color", **(environment or {})}
        self.pid = os.fork()
        if self.pid == 0:
            os.login_tty(program_end)
            os.execvpe(command[0], list(command), everything)
        self._program_end = program_end  # is kept open: its settings are looked at when the program is gone

    def resize(self, rows: int, columns: int) -> None:
        """As one drags the window's corner."""
        fcntl.ioctl(self._own, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def wait(self, until: str | Callable[[str], bool], seconds: float = 90.0) -> str:
        """Waits until the screen shows a text, or is as asked for; returns what it shows."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            shown = self.text
            if until in shown if isinstance(until, str) else until(shown):
                return shown
            if not self._read(0.05) and self.is_over:
                break
        raise AssertionError(f"waited for {until!r}, and this is the screen:\n{self.text}")

    def press(self, keys: str) -> None:
        """As if typed."""
        os.write(self._own, keys.encode())

    def kill(self, number: int) -> None:
        """Sends a signal to the program."""
        os.kill(self.pid, number)

    def close(self) -> int:
        """Waits for the program to end; returns its exit code."""
        end = time.monotonic() + 30
        while not self.is_over:
            self._read(0.05)
            if time.monotonic() > end:
                self.kill(signal.SIGKILL)
        while self._read(0.0):
            pass
        return os.waitstatus_to_exitcode(self._status)

    @property
    def is_over(self) -> bool:
        """Whether the program has ended."""
        if not hasattr(self, "_status"):
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if not ended:
                return False
            self._status = status
        return True

    @property
    def is_restored(self) -> bool:
        """Whether the terminal is as the program has found it: its settings, the other screen left, a cursor."""
        left = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        cursor = self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")
        return termios.tcgetattr(self._program_end) == self.before and left and cursor

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._own], [], [], seconds)
        data = b""
        if ready:
            with suppress(OSError):
                data = os.read(self._own, 1 << 16)
        if _WHERE_IS_THE_CURSOR in data:
            os.write(self._own, _AT_THE_TOP)
        self.raw += data
        self._stream.feed(data)
        return data
