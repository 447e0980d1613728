"""Finds submissions in a folder and opens them safely: .py, .ipynb, a folder or a zip, one a learner.

Everything here comes from strangers. Files are read as bytes with a cap and parsed as text, JSON or zip; nothing is
imported, executed or unpacked to disk. What cannot be read becomes a submission with a problem, so nobody is lost.

Text is UTF-8, whatever a coding comment says: what is graded is what everybody sees. Right-to-left text stays as it
is, and so do the invisible marks that can make code look like other code: an honest comment in Hebrew may hold them,
and they cannot mislead a grade, which comes from numbers. They are made visible where text is shown (text.visible).
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coursekit.grading.newest import age_in_name
from coursekit.text import visible
from coursekit.wire import Cell

MAX_FILE = 16 << 20  # a notebook with many pictures
MAX_TOTAL = 64 << 20
MAX_FILES = 100
MAX_SOURCE = 1 << 20
MAX_CELLS = 5_000
MAX_LISTED = 10_000  # entries of a folder, with all below it, that are looked at
MAX_DIRECTORY = 1 << 20  # bytes of an archive's list of files: some fifteen thousand names
MAX_VALUES = 500_000  # things in a notebook's JSON: once parsed, each takes up to 250 bytes
SUFFIXES = (".py", ".ipynb")
_CHUNK = 1 << 18
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks all others without a bound
_LEFTOVERS = ("__MACOSX", "__pycache__")


@dataclass(frozen=True)
class Submission:
    """A learner's files, as labelled pieces of source; `problem` says why where they cannot be read."""

    learner: str
    cells: tuple[Cell, ...] = ()
    problem: str = ""


def files_that_define(cells: Sequence[Cell], name: str) -> tuple[str, ...]:
    """The files in which a function of that name seems to begin, in the order in which they are read."""
    beginning = re.compile(rf"^def[ \t]+{re.escape(name)}[ \t]*\(", re.MULTILINE)
    return tuple(dict.fromkeys(_file_of(label) for label, text in cells if beginning.search(text)))


def _file_of(label: str) -> str:
    """The file that a cell's label names; only a notebook's ends with a number."""
    file, _, number = label.rpartition(" cell ")
    return file if number.isdecimal() else label


class _UnreadableError(Exception):
    """Why a file cannot be taken; the message is for the learner."""


def read_submission(entry: Path, learner: str) -> Submission:
    """The submission in one file, folder or zip; never raises for what is in it."""
    try:
        cells = tuple(_code_in(entry))
        if not cells:
            raise _UnreadableError("There is no code in it.")
        return Submission(learner, cells)
    except _UnreadableError as error:
        return Submission(learner, problem=str(error))
    except OSError as error:
        return Submission(learner, problem=f"It cannot be read: {error.strerror or type(error).__name__}.")


def _code_in(entry: Path) -> Iterator[Cell]:
    """The cells of all its files, within the caps."""
    if entry.is_symlink():
        raise _UnreadableError("It is a link; hand in the file itself.")
    if entry.is_dir():
        files = _from_folder(entry)
    elif entry.suffix.lower() == ".zip":
        files = _from_zip(entry)
    elif entry.suffix.lower() in SUFFIXES:
        files = iter([(entry.name, _bytes(entry))])
    else:
        kind = visible(entry.suffix)[:20] or "file without ending"
        raise _UnreadableError(f"A {kind} is not graded; hand in a .py or .ipynb file.")
    count = length = total = 0
    for number, (name, data) in enumerate(files, start=1):
        if number > MAX_FILES:  # of several zips together; of one, or of a folder, it was seen before any was read
            raise _UnreadableError(f"It holds more than {MAX_FILES} code files.")
        total += len(data)
        if total > MAX_TOTAL:
            raise _UnreadableError(f"Its files are larger than {MAX_TOTAL >> 20} MB together.")
        for label, text in _cells(_label(name), data):
            count, length = count + 1, length + len(text)
            if length > MAX_SOURCE:
                raise _UnreadableError(f"Its code is longer than {MAX_SOURCE >> 20} MB.")
            if count > MAX_CELLS:
                raise _UnreadableError(f"It holds more than {MAX_CELLS} code cells.")
            yield label, text


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Its code files; where it has none, those of its zips (some platforms put what was uploaded into a folder)."""
    found = sorted(_walk(folder), key=lambda path: age_in_name(path.relative_to(folder).as_posix()))
    paths = [path for path in found if path.suffix.lower() in SUFFIXES]
    paths = paths or [path for path in found if path.suffix.lower() == ".zip"]
    if len(paths) > MAX_FILES:
        raise _UnreadableError(f"It holds more than {MAX_FILES} code files.")
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise _UnreadableError(f"{_label(name)} is a link; hand in the file itself.")
        if path.suffix.lower() == ".zip":
            yield from ((f"{name}/{inner}", data) for inner, data in _from_zip(path))
        else:
            yield name, _bytes(path)


def _walk(folder: Path) -> Iterator[Path]:
    """All that is not a folder, at any depth; not through links, not into hidden folders, not for ever."""
    seen = 0
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as listing:
            for entry in listing:
                seen += 1
                if seen > MAX_LISTED:
                    raise _UnreadableError(f"It holds more than {MAX_LISTED} files; hand in those with your code.")
                if not is_work(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    yield Path(entry.path)


class _Archive(io.BufferedReader):
    """A file that hands out no more at once than a list of files may take, since zipfile reads that list whole."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(MAX_DIRECTORY + 1 if size is None or size < 0 else min(size, MAX_DIRECTORY + 1))
        if len(data) > MAX_DIRECTORY:
            raise _UnreadableError("Its list of files is too long; hand in only the files with your code.")
        return data


def _from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with _Archive(io.FileIO(_open(path))) as file, zipfile.ZipFile(file) as archive:
            # of a name that stands there twice the last one counts, as it does for who unpacks the archive
            members = {member.filename: member for member in archive.infolist() if _wanted(member)}
            if len(members) > MAX_FILES:
                raise _UnreadableError(f"It holds more than {MAX_FILES} code files.")
            for name, member in sorted(members.items(), key=lambda item: age_in_name(item[0])):
                yield name, _unpacked(archive, member)
    except _UnreadableError:
        raise
    except Exception as error:  # zipfile and zlib have errors of many kinds for damaged data
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):  # EINVAL: a place that is nowhere
            raise
        why = visible(str(error))[:200]
        raise _UnreadableError(f"It is not a zip file that can be opened ({why}).") from None


def _wanted(member: zipfile.ZipInfo) -> bool:
    """Code files, without what systems and editors leave in an archive, and none that would be put elsewhere."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    return all(map(is_work, path.parts)) and path.suffix.lower() in SUFFIXES and not member.is_dir()


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """What a member unpacks to, whatever its header claims, and no more than the cap."""
    mode = stat.S_IFMT(member.external_attr >> 16)
    if mode not in (0, stat.S_IFREG):
        raise _UnreadableError(f"{_label(member.filename)} is a link or a device; hand in the file itself.")
    if member.flag_bits & 1:
        raise _UnreadableError("It is protected by a password.")
    if member.compress_type not in _COMPRESSIONS:
        raise _UnreadableError("It is compressed in an unusual way; make a zip file with your system's own command.")
    data = bytearray()
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            data += chunk
            if len(data) > MAX_FILE:
                raise _UnreadableError("It unpacks to more than is allowed.")
    return bytes(data)


def is_work(name: str) -> bool:
    """Whether a file's or a folder's name is not one of those that systems and editors leave behind."""
    return not name.startswith(".") and name not in _LEFTOVERS


def _label(name: str) -> str:
    """What a file is called in messages: one short line, whatever its name."""
    name = visible(name)
    return name if len(name) <= 100 else f"{name[:48]}…{name[-48:]}"


def _open(path: Path) -> int:
    """A descriptor of a regular file; never follows a link, never waits for a pipe, never wakes a device."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise _UnreadableError("It is not a regular file.")
    flags = ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY")
    descriptor = os.open(path, os.O_RDONLY | sum(getattr(os, flag, 0) for flag in flags))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # it was, a moment ago
        os.close(descriptor)
        raise _UnreadableError("It is not a regular file.")
    return descriptor


def _bytes(path: Path) -> bytes:
    """The file's content, and no more of it than the cap."""
    with os.fdopen(_open(path), "rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise _UnreadableError(f"It is larger than {MAX_FILE >> 20} MB.")
    return data


def _cells(name: str, data: bytes) -> Iterator[Cell]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _UnreadableError(f"{name} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    if "\0" in text:
        raise _UnreadableError(f"{name} is not text: it holds a NUL byte. Save it as UTF-8.")
    if name.lower().endswith(".ipynb"):
        yield from _notebook_cells(name, text)
    else:
        yield name, text


def _notebook_cells(name: str, text: str) -> Iterator[Cell]:
    """The code cells of a notebook, read as JSON: a broken or hostile one is not worth a parser that trusts it."""
    if sum(map(text.count, "[{,")) > MAX_VALUES:
        raise _UnreadableError(f"{name} holds too much output. Clear its outputs in Jupyter and save it again.")
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
        if isinstance(source, str):  # JSON can spell half a character, which no file or database takes
            yield f"{name} cell {number}", source.encode("utf-8", "replace").decode()
