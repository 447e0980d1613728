"""What a graded run leaves behind: grades.csv, one JSON file of reports a learner, and the secret of its inputs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import secrets
import stat
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from coursekit.files import make_folder, whole, write_first, write_whole
from coursekit.report import Graded, Outcome, Report
from coursekit.text import visible

Cell = str | int | float

_TRIES = 10
_SHORTEST = 32  # characters of a secret; those that we make have 64

_SIGNS = " _.-',()\u3000"  # besides letters and digits; the last is the space of Chinese and Japanese
_UNSEEN = set(map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x200C, 0x200D, 0x3164)))
_UNSEEN |= set(map(chr, (*range(0xFE00, 0xFE10), 0xFFA0, *range(0xE0100, 0xE01F0))))  # some disks pass over them
_MAX_LENGTH, _MAX_BYTES = 80, 200
_MARK = re.compile(r"-[0-9a-f]{16}$", re.IGNORECASE)


def make_private(folder: Path) -> bool:
    """Makes the folder of grades where it is not there, and keeps it from all but its owner: it holds hidden inputs.

    Returns:
        Whether nobody else can open it. A memory stick knows no owners, and another one's folder cannot be closed.

    Raises:
        OSError: it cannot be made.
    """
    make_folder(folder)
    with suppress(OSError):
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~0o077)
    return os.name == "nt" or not folder.stat().st_mode & 0o077  # Windows has other rights, which these do not tell


def read_secret(folder: Path) -> bytes:
    """The secret of this folder of grades; made on the first run, so that a second one gives the same grades.

    Raises:
        OSError: it cannot be made or read, or is too short to be one.
    """
    path = folder / "secret.key"
    if not path.exists():
        write_first(path, secrets.token_hex(32).encode())
    for _ in range(_TRIES):
        secret = path.read_bytes().strip()
        if len(secret) >= _SHORTEST:
            return secret
        time.sleep(0.1)  # another grader is about to fill it
    what = "shorter than a secret can be" if secret else "empty"
    raise OSError(f"{path} is {what}: put the secret of your earlier runs back, or delete it to grade with a new one.")


def write_report(folder: Path, graded: Graded) -> Path:
    """`reports/<learner>.json`, written whole or not at all."""
    reports = folder / "reports"
    reports.mkdir(exist_ok=True)
    path = reports / f"{file_name(graded.learner)}.json"
    # a name or message may hold half a character; JSON's own escape for it is what backslashreplace writes
    text = json.dumps(graded.to_json(), indent=1, ensure_ascii=False) + "\n"
    write_whole(path, text.encode("utf-8", errors="backslashreplace"))
    return path


def drop_reports(folder: Path, kept: Iterable[Path]) -> list[str]:
    """Removes the reports of whoever is in the run no longer, or no page or export could tell them from the others.

    Args:
        folder: of the grades.
        kept: the reports that `write_report` has written for this run.

    Returns:
        Whose reports went, by the names of their files.
    """
    own = {path.name: path for path in kept}
    strange = [path for path in sorted((folder / "reports").glob("*.json")) if path.name not in own]
    same = {_identity(path) for path in own.values()} if strange else set()  # a disk may take `Bob` and `bob` for one
    gone = [path for path in strange if _identity(path) not in same]
    for path in gone:
        path.unlink(missing_ok=True)
    return [path.stem for path in gone]


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def read_reports(folder: Path) -> list[Graded]:
    """All grades that `write_report` left in a folder, in the order of their learners.

    Raises:
        OSError: there are none, one is damaged, or a learner has two.
    """
    paths = sorted((folder / "reports").glob("*.json"))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no reports: give the folder that `coursekit grade` wrote.")
    grades: dict[str, Graded] = {}
    for path in paths:
        try:
            graded = Graded.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise OSError(f"{path} is damaged: delete it and grade again.") from None
        if graded.learner in grades:
            raise OSError(f"{path} is a second report of the same learner: delete the one that is out of date.")
        grades[graded.learner] = graded
    return [grades[learner] for learner in sorted(grades)]


def read_names(path: Path) -> list[str]:
    """The learners that a text file names, one a line.

    Raises:
        OSError: it cannot be read, or is no text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise OSError(f"{path} is not UTF-8 text: save it with one learner a line.") from None
    return [unicodedata.normalize("NFC", line.strip()) for line in lines if line.strip()]


def write_table(folder: Path, grades: Iterable[Graded], exercises: Sequence[str]) -> Path:
    """`grades.csv`: one row per learner, one column per exercise with the machine's points, then total and maximum.

    What could not be read or was not graded to the end has empty cells, no zeros; a column `problem` says why, where
    anybody has one. The total is of the points that count; where nothing counts, it is empty, too. Where a person has
    marked something, a column for each exercise of which they did, with the points given by hand, and the machine's
    total follow.
    """
    path = folder / "grades.csv"
    rows = [_row(graded, exercises) for graded in grades]
    marked = [place for place in range(len(exercises)) if any(row.by_hand[place] != "" for row in rows)]
    problem = ["problem"] * any(row.problem for row in rows)
    by_hand = [f"{exercises[place]} by hand" for place in marked] + ["total by machine"] * bool(marked)
    with whole(path) as partial, partial.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)  # or a ; in a name would end its cell in some countries
        writer.writerow(["learner", *exercises, "total", "maximum", *problem, *by_hand])
        for row in rows:
            cells = [row.by_hand[place] for place in marked] + [row.by_machine] * bool(marked)
            writer.writerow([row.learner, *row.points, row.total, row.maximum, *[row.problem][: len(problem)], *cells])
    return path


class _Row(NamedTuple):
    """A learner's cells; an empty one is text, and all others are numbers."""

    learner: str
    points: list[Cell]
    total: Cell
    maximum: Cell
    problem: str
    by_hand: list[Cell]
    by_machine: Cell


def _row(graded: Graded, exercises: Sequence[str]) -> _Row:
    is_machines = {report.exercise: not report.is_unread and not _is_starved(report) for report in graded.reports}
    points = {report.exercise: _number(report.points) for report in graded.reports if is_machines[report.exercise]}
    problem = graded.problem or ("" if graded.is_final else "Not graded to the end: the machine was too busy.")
    marked = {report.exercise: _number(report.grade) for report in graded.reports if report.mark is not None}
    return _Row(
        _cell(graded.learner),
        [points.get(exercise, "") for exercise in exercises],
        "" if graded.is_open else _number(graded.grade),
        _number(graded.maximum),
        _cell(problem),
        [marked.get(exercise, "") for exercise in exercises],
        _number(graded.points) if any(is_machines.values()) else "",
    )


def _is_starved(report: Report) -> bool:
    return report.outcome is Outcome.STARVED


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """`learners.csv`: which file is whose.

    Args:
        folder: where to.
        files: by learner, as paths from there.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table, quoting=csv.QUOTE_ALL)
    writer.writerow(["learner", "file"])
    writer.writerows([_cell(learner), file] for learner, file in files.items())
    path = folder / "learners.csv"
    write_whole(path, table.getvalue().encode())
    return path


def _number(points: float) -> int | float:
    return int(points) if points == int(points) else points


def _cell(text: str) -> str:
    """Text that a spreadsheet takes for text, on one line: a leading = + - @ would begin a formula."""
    text = visible(text)
    return "'" + text if text.lstrip().startswith(tuple("=+-@＝＋－＠")) else text


def file_name(learner: str) -> str:
    """The learner's name where it makes a harmless file name; else a cleaned one with a mark of its own.

    Letters of every script stay, in their composed form (NFC). What Windows, FAT, a shell or a reader might take for
    something else goes: signs, control characters, marks of direction, invisible letters, names of devices. With any
    ending of ours, and with what a half-written file is called, it keeps to the 255 bytes that a name may have.

    No two learners share one, not even where one of them is called like another's mark. On a disk that knows no case
    that holds for the learners of a run: `folder.entries` gives no two names that differ by case alone.
    """
    composed = unicodedata.normalize("NFC", learner)
    clean = _cut("".join(map(_harmless, composed)).lstrip("- .").rstrip(" .")) or "learner"
    if clean == learner and not _MARK.search(clean) and not _is_device(clean):
        return clean
    mark = hashlib.sha256(learner.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{'_' * _is_device(clean)}{clean}-{mark}"


def _harmless(char: str) -> str:
    """The character, or what stands for it in a file's name."""
    if char in _UNSEEN:
        return ""
    if unicodedata.category(char)[0] in "LMN" or char in _SIGNS:
        return char
    return " " if unicodedata.category(char) == "Zs" else "_"


def _cut(name: str) -> str:
    """The beginning of a name that is too long: whole characters only."""
    name = name[:_MAX_LENGTH].encode()[:_MAX_BYTES].decode(errors="ignore")
    return name.rstrip(" .")


def _is_device(name: str) -> bool:
    """Whether Windows takes a file of that name for a device, whatever its ending: `aux`, `com1.py`, `LPT² .txt`."""
    return re.fullmatch(r"(con|prn|aux|nul|(com|lpt)[\d¹²³])\s*(\..*)?", name, re.IGNORECASE) is not None
