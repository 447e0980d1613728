"""A stranger's file on a disk: opened without following a link or waking a device, and read up to a cap."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from coursekit.text import visible

MAX_FILE = 16 << 20  # a notebook with many pictures
SUFFIXES = (".py", ".ipynb")
_LEFTOVERS = ("__MACOSX", "__pycache__")


class UnreadableError(Exception):
    """Why a file cannot be taken; the message is for the learner."""


def is_work(name: str) -> bool:
    """Whether a file's or a folder's name is not one of those that systems and editors leave behind."""
    return not name.startswith(".") and name not in _LEFTOVERS


def label(name: str) -> str:
    """What a file is called in messages: one short line, whatever its name."""
    name = visible(name)
    return name if len(name) <= 100 else f"{name[:48]}…{name[-48:]}"


def open_file(path: Path) -> int:
    """A descriptor of a regular file; never follows a link, never waits for a pipe, never wakes a device.

    Raises:
        UnreadableError: it is no regular file.
        OSError: it cannot be opened.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        raise UnreadableError("It is not a regular file.")
    flags = ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY")
    descriptor = os.open(path, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # it was, a moment ago
        os.close(descriptor)
        raise UnreadableError("It is not a regular file.")
    return descriptor


def file_bytes(path: Path) -> bytes:
    """The file's content, and no more of it than the cap.

    Raises:
        UnreadableError: it is larger, or no regular file.
        OSError: it cannot be read.
    """
    with os.fdopen(open_file(path), "rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise UnreadableError(f"It is larger than {MAX_FILE >> 20} MB.")
    return data
