"""Notices that a file has been saved, whichever way an editor does it.

The file's stamp is asked for forty times a second. Of one file that takes no time worth mentioning, and it works on
every disk: a system's own notices do not come from a network drive, from Windows' side of WSL or into a container.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.025  # seconds between two looks
_REST = 0.015  # seconds for which a file is to stay as it is before it counts as saved
_LONGER = 0.3  # the same for a file that is gone or empty: editors leave it so for a moment
_Stamp = tuple[int, int, int, int] | None


@dataclass(frozen=True)
class Saved:
    """A file has been saved, or taken away.

    Attributes:
        at: when, in seconds since the epoch; None where the file is gone.
    """

    at: float | None


class Saves:
    """The saves of one file at a time."""

    def __init__(self, path: Path) -> None:
        self.watch(path)

    def watch(self, path: Path) -> None:
        """Turns to another file; only what is saved from now on counts."""
        self._path = path
        self._seen = _stamp(path)

    async def __aiter__(self) -> AsyncIterator[Saved]:
        """Every save, as it comes."""
        while True:
            await asyncio.sleep(_EVERY)
            path, now, begin = self._path, _stamp(self._path), time.monotonic()
            while path == self._path and now != self._seen:
                await asyncio.sleep(_REST)
                before, now = now, _stamp(path)
                if now != before:
                    begin = time.monotonic()
                elif path == self._path and ((now and now[1]) or time.monotonic() - begin >= _LONGER):
                    self._seen = now
                    yield Saved(now[0] / 1e9 if now else None)


def _stamp(path: Path) -> _Stamp:
    """What changes with every save: time, size and place on the disk; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev
