"""The warm process, as the screen has it: begun in the background, asked for checks, begun anew when it is gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from coursekit.errors import CommandError
from coursekit.learning.watching import orders
from coursekit.learning.watching.orders import Entry, Order, Result
from coursekit.report import Outcome

_PROGRAM = ("-m", "coursekit.learning.watching.warm")
_COURSE = Path(__file__).resolve().parents[3]
_GRACE = 5.0  # seconds more than a check has, after which the process itself must be stuck
_LONGEST = 1 << 24  # bytes of an answer


class Checker:
    """Asks the warm process, one order at a time: a newer one ends the one before.

    Args:
        hear: is given the course, each time a process is ready, and then the result of the newest order.
    """

    def __init__(self, hear: Callable[[Result | list[Entry]], None]) -> None:
        self._hear = hear
        self._number = 0
        self._open: Order | None = None  # what has not been answered
        self._process: asyncio.subprocess.Process | None = None
        self._is_ready = False

    def order(self, file: Path, exercise: str, *, follows: bool) -> None:
        """Asks for a check; see `Order`."""
        self._number += 1
        self._open = Order(self._number, str(file), exercise, follows)
        self._send()

    async def run(self) -> None:
        """Keeps a process going, until this task is cancelled.

        Raises:
            CommandError: it cannot be begun; the message is what Python said.
        """
        while True:
            with tempfile.TemporaryFile() as said:
                try:
                    await self._talk(said)
                finally:
                    self._end()
                    if self._process is not None:
                        await self._process.wait()
                if not self._is_ready:
                    said.seek(0)
                    last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
                    raise CommandError(f"The process that checks could not begin: {last or 'it said nothing'}.")
            self._is_ready = False
            if self._open is not None and not self._open.ended:
                self._open = replace(self._open, ended=str(Outcome.ERROR))

    async def _talk(self, said: IO[bytes]) -> None:
        """Begins a process and hears it, until it is gone."""
        apart = (
            {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
            if sys.platform == "win32"
            else {"start_new_session": True}
        )
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, *_PROGRAM, str(Path.cwd())),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=_COURSE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            limit=_LONGEST,
            **apart,  # Ctrl-C is for the screen
        )
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            answer = orders.answer_of(line)
            if not isinstance(answer, Result):
                self._is_ready = True
                self._hear(answer)
                self._send()
            elif answer.number == self._number and self._open is not None:
                self._open = None
                self._hear(answer)
        await self._process.wait()

    def _send(self) -> None:
        if self._open is None or self._process is None or self._process.stdin is None or not self._is_ready:
            return
        with suppress(OSError, RuntimeError):  # it is gone: the next one is given the order
            self._process.stdin.write(orders.line(self._open))
        loop = asyncio.get_running_loop()
        loop.call_later(orders.SECONDS + _GRACE, self._give_up, self._open.number)

    def _give_up(self, number: int) -> None:
        """Ends a process that has not answered."""
        if self._open is not None and self._open.number == number:
            self._open = replace(self._open, ended=str(Outcome.TIMEOUT))
            self._end()

    def _end(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
