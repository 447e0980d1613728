"""Finds submissions in a folder and opens them safely: .py, .ipynb, a folder or a zip, one per learner.

Everything here comes from strangers. Files are read as bytes with a cap and parsed as text, JSON or zip; nothing is
imported, executed or unpacked to disk. What cannot be read becomes a submission with a problem, so nobody is lost.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coursekit.course.stubs import spans_of
from coursekit.grading.newest import Dated, base_of, oldest_first
from coursekit.grading.opening import SUFFIXES, UnreadableError, cells_of, file_bytes, from_zip, is_work, label
from coursekit.text import visible
from coursekit.wire import Cell

MAX_TOTAL = 64 << 20
MAX_FILES = 100
MAX_SOURCE = 1 << 20
MAX_CELLS = 5_000
MAX_LISTED = 10_000  # entries of a folder, with all below it, that are looked at
_RETURN = re.compile(r"^[ \t]+return\b", re.MULTILINE)
_STAMP = "timestamp.txt"  # nbgrader's, of each assignment that was handed in: "2026-02-02 15:58:23.948203 UTC"


@dataclass(frozen=True)
class Submission:
    """A learner's files, as labelled pieces of source; `problem` says why where they cannot be read."""

    learner: str
    cells: tuple[Cell, ...] = ()
    problem: str = ""
    file: str = ""  # what was read, fit to be shown; empty where nobody asks


def files_that_define(cells: Sequence[Cell], name: str) -> tuple[str, ...]:
    """The files in which a function of that name seems to begin, the one that counts last: a stub hides no answer."""
    stubs, written = _files_with(cells, name)
    return (*(file for file in stubs if file not in written), *written)


def files_that_answer(cells: Sequence[Cell], name: str) -> tuple[str, ...]:
    """Those of them in which it is no stub any more, the one that counts last."""
    return tuple(_files_with(cells, name)[1])


def _files_with(cells: Sequence[Cell], name: str) -> tuple[dict[str, None], dict[str, None]]:
    """The files with a stub of the function, and those with an answer, each in the order of their last."""
    stubs, written = dict[str, None](), dict[str, None]()
    for place, text in cells:
        for begin, end in spans_of(text, name):
            places = stubs if _is_stub(text[begin:end]) else written
            places.pop(_file_of(place), None)
            places[_file_of(place)] = None
    return stubs, written


def _is_stub(body: str) -> bool:
    """Whether a function seems to do nothing but to refuse."""
    last = body.rstrip().rpartition("\n")[2].lstrip()
    return last.startswith("raise NotImplementedError") and _RETURN.search(body) is None


def _file_of(label: str) -> str:
    """The file that a cell's label names; only a notebook's ends with a number."""
    file, _, number = label.rpartition(" cell ")
    return file if number.isdecimal() else label


def read_submission(entry: Path, learner: str) -> Submission:
    """The submission in one file, folder or zip; never raises for what is in it."""
    return _submission(learner, lambda: _code_in(entry))


def read_together(files: Sequence[Handed], learner: str) -> Submission:
    """The submission in several files or folders of one learner, of which the newer counts; never raises likewise.

    A file that cannot be read costs nothing where a newer version of it can be.
    """
    return _submission(learner, lambda: _code_together(files))


@dataclass(frozen=True)
class Handed:
    """One of several things that a learner has handed in.

    Attributes:
        path: where it is.
        name: what the learner called it, which no other of theirs is called.
        number: of the upload, where the platform counts them.
    """

    path: Path
    name: str
    number: int = 0


def _submission(learner: str, read: Callable[[], Iterable[Cell]]) -> Submission:
    try:
        cells = _within_caps(read())
        if not cells:
            raise UnreadableError("There is no code in it.")
        return Submission(learner, cells)
    except UnreadableError as error:
        return Submission(learner, problem=str(error))
    except OSError as error:
        return Submission(learner, problem=f"It cannot be read: {error.strerror or type(error).__name__}.")


def _within_caps(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    taken: list[Cell] = []
    length = 0
    for cell in cells:
        length += len(cell[1])
        if length > MAX_SOURCE:
            raise UnreadableError(f"Its code is longer than {MAX_SOURCE >> 20} MB.")
        if len(taken) == MAX_CELLS:
            raise UnreadableError(f"It holds more than {MAX_CELLS} code cells.")
        taken.append(cell)
    return tuple(taken)


def _code_in(entry: Path, name: str = "") -> Iterator[Cell]:
    """The cells of all its files, within the caps; `name` is what its learner called it, if not as it is called."""
    if entry.is_symlink():
        raise UnreadableError("It is a link; hand in the file itself.")
    within = f"{name}/" if name else ""
    if entry.is_dir():
        files = ((within + inner, data) for inner, data in _from_folder(entry))
    elif entry.suffix.lower() == ".zip":
        files = ((within + inner, data) for inner, data in from_zip(entry))
    elif entry.suffix.lower() in SUFFIXES:
        files = ((each, file_bytes(entry)) for each in [name or entry.name])
    else:
        kind = visible(ending(entry.name))[:20] or "file without ending"
        raise UnreadableError(f"A {kind} is not graded; hand in a .py or .ipynb file.")
    total = 0
    for number, (inner, data) in enumerate(files, start=1):
        if number > MAX_FILES:  # of several zips together; of one, or of a folder, it was seen before any was read
            raise UnreadableError(f"It holds more than {MAX_FILES} code files.")
        total += len(data)
        if total > MAX_TOTAL:
            raise UnreadableError(f"Its files are larger than {MAX_TOTAL >> 20} MB together.")
        yield from cells_of(label(inner), data)


def ending(name: str) -> str:
    """A file's ending; of an archive in an archive, both: `.tar.gz`."""
    path = PurePosixPath(name)
    inner = PurePosixPath(path.stem).suffix
    return inner + path.suffix if inner.lower() == ".tar" else path.suffix


def _code_together(files: Sequence[Handed]) -> Iterator[Cell]:
    """The cells of all files and folders with code; where there are none, those of the zips, as in a folder."""
    if len(files) > MAX_FILES:
        raise UnreadableError(f"It holds more than {MAX_FILES} code files.")
    by_name = {file.name: file for file in files}
    in_order = [by_name[name] for name in oldest_first(Dated(file.name, (), file.number) for file in files)]
    taken = [file for file in in_order if file.path.is_dir() or file.path.suffix.lower() in (*SUFFIXES, ".zip")]
    if not taken:
        raise UnreadableError(f"No .py or .ipynb file is among {', '.join(label(file.name) for file in in_order[:5])}.")
    zips = [file for file in taken if file.path.suffix.lower() == ".zip" and not file.path.is_dir()]
    yield from _newest_of_each([file for file in taken if file not in zips]) or _newest_of_each(zips)


def _newest_of_each(files: Sequence[Handed]) -> list[Cell]:
    """The cells of all of them. What cannot be read is passed over where a newer version of it can be."""
    cells: list[Cell] = []
    failed: dict[str, UnreadableError] = {}
    for file in files:
        base = base_of(file.name)
        try:
            cells += _within_caps(_code_in(file.path, file.name))
        except UnreadableError as error:
            said = str(error)
            failed[base] = UnreadableError(f"{label(file.name)}: {said}" if said.startswith("It") else said)
        else:
            failed.pop(base, None)
    if failed:
        raise next(iter(failed.values()))
    return cells


def _from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Its code files; where it has none, those of its zips (some platforms put what was uploaded into a folder)."""
    found = list(_walk(folder))
    paths = [path for path in found if path.suffix.lower() in SUFFIXES]
    paths = paths or [path for path in found if path.suffix.lower() == ".zip"]
    stamps = {path.parent: _time_in(path) for path in found if path.name == _STAMP and not path.is_symlink()}
    if len(paths) > MAX_FILES:
        raise UnreadableError(f"It holds more than {MAX_FILES} code files.")
    dated = (Dated(path.relative_to(folder).as_posix(), _time_of(path, stamps)) for path in paths)
    for name in oldest_first(dated):
        path = folder / name
        if path.is_symlink():
            raise UnreadableError(f"{label(name)} is a link; hand in the file itself.")
        if path.suffix.lower() == ".zip":
            yield from ((f"{name}/{inner}", data) for inner, data in from_zip(path))
        else:
            yield name, file_bytes(path)


def _time_of(path: Path, stamps: Mapping[Path, tuple[int, ...]]) -> tuple[int, ...]:
    """When the assignment that a file belongs to was handed in; nothing where nbgrader did not collect it."""
    return next((stamps[parent] for parent in path.parents if parent in stamps), ())


def _time_in(stamp: Path) -> tuple[int, ...]:
    """Year, month, day and so on in a timestamp.txt, as nbgrader's `write_timestamp` writes it, in UTC."""
    return tuple(map(int, re.findall(rb"\d+", file_bytes(stamp)[:40])))


def _walk(folder: Path) -> Iterator[Path]:
    """All that is not a folder, at any depth; not through links, not into hidden folders, not for ever."""
    seen = 0
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as listing:
            for entry in listing:
                seen += 1
                if seen > MAX_LISTED:
                    raise UnreadableError(f"It holds more than {MAX_LISTED} files; hand in those with your code.")
                if not is_work(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    yield Path(entry.path)
