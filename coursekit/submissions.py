"""Finds submissions in a folder and opens them safely: .py, .ipynb, a folder or a zip, one a learner.

Everything here comes from strangers. Files are read as bytes with a cap and parsed as text, JSON or zip; nothing is
imported, executed or unpacked to disk. What cannot be read becomes a submission with a problem, so nobody is lost.
"""

from __future__ import annotations

import json
import os
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coursekit.jail.inside.source import Cell

MAX_FILE = 16 << 20  # a notebook with many pictures
MAX_TOTAL = 64 << 20
MAX_FILES = 100
MAX_SOURCE = 1 << 20
SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True)
class Submission:
    """A learner's files, as labelled pieces of source; `problem` says why where they cannot be read."""

    learner: str
    cells: tuple[Cell, ...] = ()
    problem: str = ""


class _UnreadableError(Exception):
    """Why a file cannot be taken; the message is for the learner."""


def find(folder: Path) -> list[Submission]:
    """One submission for each entry of `folder`, in the order of their names.

    Raises:
        NotADirectoryError: `folder` is no folder.
    """
    return [read(entry, learner) for learner, entry in entries(folder)]


def entries(folder: Path) -> list[tuple[str, Path]]:
    """Learner and path of each entry of `folder`, in the order of their names; nothing is opened.

    The learner is the entry's name without its ending; where two entries would share it, both keep their endings.
    Hidden entries are passed over.

    Raises:
        NotADirectoryError: `folder` is no folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    found = sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__")))
    stems = Counter(map(_stem, found))
    return [(_stem(entry) if stems[_stem(entry)] == 1 else entry.name, entry) for entry in found]


def _stem(entry: Path) -> str:
    return entry.name if entry.is_dir() else entry.stem


def read(entry: Path, learner: str) -> Submission:
    """The submission in one file, folder or zip."""
    try:
        if entry.is_symlink():
            raise _UnreadableError("It is a link; hand in the file itself.")
        if entry.is_dir():
            files = _from_folder(entry)
        elif entry.suffix.lower() == ".zip":
            files = _from_zip(entry)
        else:
            files = iter([(entry.name, _bytes(entry))])
        cells = tuple(cell for name, data in files for cell in _cells(name, data))
        if not cells:
            raise _UnreadableError("There is no code in it.")
        if sum(len(text) for _, text in cells) > MAX_SOURCE:
            raise _UnreadableError(f"Its code is longer than {MAX_SOURCE >> 20} MB.")
        return Submission(learner, cells)
    except _UnreadableError as error:
        return Submission(learner, problem=str(error))
    except OSError as error:
        return Submission(learner, problem=f"It cannot be read: {error.strerror or error}.")


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    entries = sorted(path for path in folder.rglob("*") if not path.is_dir())
    paths = [path for path in entries if _wanted(path.relative_to(folder).as_posix())]
    if len(paths) > MAX_FILES:
        raise _UnreadableError(f"It holds more than {MAX_FILES} code files.")
    for path in paths:
        data = _bytes(path)
        total += len(data)
        if total > MAX_TOTAL:
            raise _UnreadableError(f"Its files are larger than {MAX_TOTAL >> 20} MB together.")
        yield path.relative_to(folder).as_posix(), data


def _from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _wanted(member.filename)]
            if len(members) > MAX_FILES:
                raise _UnreadableError(f"It holds more than {MAX_FILES} code files.")
            for member in sorted(members, key=lambda member: member.filename):
                if member.flag_bits & 1:
                    raise _UnreadableError("It is protected by a password.")
                with archive.open(member) as file:
                    data = file.read(MAX_FILE + 1)  # what it unpacks to, whatever its header claims
                total += len(data)
                if len(data) > MAX_FILE or total > MAX_TOTAL:
                    raise _UnreadableError("It unpacks to more than is allowed.")
                yield member.filename, data
    except _UnreadableError:
        raise
    except Exception as error:  # each kind of compression has errors of its own for damaged data
        raise _UnreadableError(f"It is not a zip file that can be opened ({error}).") from None


def _wanted(name: str) -> bool:
    """Code files, without what systems and editors leave in an archive."""
    path = PurePosixPath(name)
    clean = not any(part.startswith((".", "__")) for part in path.parts)
    return clean and path.suffix.lower() in SUFFIXES


def _bytes(path: Path) -> bytes:
    """The file's content; never follows a link, never waits for a pipe, never reads more than the cap."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise _UnreadableError("It is not a regular file.")
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise _UnreadableError(f"It is larger than {MAX_FILE >> 20} MB.")
    return data


def _cells(name: str, data: bytes) -> Iterator[Cell]:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise _UnreadableError(f"A {suffix or 'file without ending'} is not graded; hand in a .py or .ipynb file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _UnreadableError(f"{name} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    if suffix == ".py":
        yield name, text
    else:
        yield from _notebook_cells(name, text)


def _notebook_cells(name: str, text: str) -> Iterator[Cell]:
    """The code cells of a notebook, read as JSON: a broken or hostile one is not worth a parser that trusts it."""
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _UnreadableError(f"{name} is not a notebook: {error}. Save it again in Jupyter.") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise _UnreadableError(f"{name} has no cells (is it of an old format?). Save it again in Jupyter.")
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str):
            yield f"{name} cell {number}", source
