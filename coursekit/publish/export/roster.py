"""The instructor's own roster: a CSV file from the platform, read, matched with our learners, and written back.

Its cells are the platform's: all but those that we fill keep their text, whatever it is.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from coursekit.errors import ExportError
from coursekit.report import Graded
from coursekit.text import clean, clean_name

BOM = "\ufeff"
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Merged:
    """The filled file, and what an instructor should know of it, one sentence each."""

    content: bytes
    notes: tuple[str, ...]


@dataclass
class Roster:
    """A table whose rows are as long as its header or longer; how it was written is kept beside it."""

    header: list[str]
    rows: list[list[str]]
    bom: bool
    delimiter: str
    line_end: str

    def column(self, name: str) -> int:
        """The place of the column called `name`.

        Raises:
            ExportError: there is none, or there are two.
        """
        places = [place for place, title in enumerate(self.header) if title.strip() == name.strip()]
        if len(places) > 1:
            raise ExportError(
                f"The roster has {len(places)} columns called “{clean_name(name)}”: rename or remove one."
            )
        if not places:
            titles = [title.strip() for title in self.header]
            close = difflib.get_close_matches(name, titles, n=1, cutoff=0.6)
            hint = f"Did you mean “{clean_name(close[0])}”?" if close else f"It has: {_listed(titles)}."
            raise ExportError(f"The roster has no column called “{clean_name(name)}”. {hint}")
        return places[0]

    def has(self, name: str) -> bool:
        """Whether some column is called `name`."""
        return any(title.strip() == name for title in self.header)

    def to_bytes(self) -> bytes:
        """The file, with the byte order mark, the delimiter and the line ends that it had."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.line_end)
        writer.writerows([self.header, *self.rows])
        return ((BOM if self.bom else "") + text.getvalue()).encode("utf-8")


def read(data: bytes) -> Roster:
    """The table in a CSV file.

    Raises:
        ExportError: it is empty, not UTF-8, or no CSV.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ExportError(
            f"The roster is not UTF-8 text (byte {error.start}): export it again as CSV, or save it as “CSV UTF-8”."
        ) from None
    bom, text = text.startswith(BOM), text.removeprefix(BOM)
    if not text.strip():
        raise ExportError("The roster is empty: export it again.")
    if "\0" in text:
        raise ExportError("The roster is no CSV file (it holds NUL characters): export it again as CSV.")
    first = text.splitlines()[0]
    delimiter = max(_DELIMITERS, key=lambda each: len(next(csv.reader([first], delimiter=each))))
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise ExportError(f"The roster is no CSV file ({error}): export it again as CSV.") from None
    if len(header) < 2:
        raise ExportError("The roster has a single column: a CSV file has several, separated by commas.")
    rows = [row + [""] * (len(header) - len(row)) if row else row for row in rows]
    return Roster(header, rows, bom, delimiter, "\r\n" if "\r\n" in text else "\n")


@dataclass(frozen=True)
class Keys:
    """How a platform tells learners apart.

    Attributes:
        columns: the columns that do so, the most reliable one first.
        of_cell: what identifies a learner in the cell of a column.
        of_learner: under what a learner of ours may stand in a column, the likeliest first; their name is what the
            submission was called, which is often the platform's own name for a downloaded file.
    """

    columns: tuple[str, ...]
    of_cell: Callable[[str, str], str]
    of_learner: Callable[[str, str], Sequence[str]]


def match(
    roster: Roster, grades: Sequence[Graded], keys: Keys, students: Sequence[int], by: str = ""
) -> tuple[dict[int, Graded], tuple[str, ...]]:
    """Finds each learner's row by the column in which most of them are found.

    Args:
        roster: the instructor's file.
        grades: ours.
        keys: how the platform tells learners apart.
        students: the rows that are learners.
        by: the column to match by, where it is not to be guessed.

    Returns:
        The grades by row, and sentences on how they were matched and who was not.

    Raises:
        ExportError: no column serves, nobody is found, or somebody is found twice.
    """
    _refuse_twins(grades)
    columns = [by] if by else [name for name in keys.columns if roster.has(name)]
    if not columns:
        raise ExportError(
            f"The roster has no column by which to find a learner ({_listed(keys.columns)}). "
            f"It has: {_listed(roster.header)}. Name one with --match."
        )
    found = {name: _by_column(roster, grades, keys, students, name) for name in columns}
    column = max(columns, key=lambda name: len(found[name]))
    if not found[column]:
        shown = next((row[roster.column(column)] for row in (roster.rows[i] for i in students)), "")
        raise ExportError(
            f"None of {len(grades)} learners stands in the roster. Ours are called like "
            f"“{clean_name(grades[0].learner)}”, its {clean_name(column)} like “{clean_name(shown)}”. "
            "Name another column with --match."
        )
    matched: dict[int, Graded] = {}
    for graded, rows in found[column]:
        name = clean_name(graded.learner)
        if len(rows) > 1:
            raise ExportError(
                f"“{name}” stands in {len(rows)} rows of the roster by its column {clean_name(column)}: "
                "keep one of them, or name another column with --match."
            )
        if rows[0] in matched:
            other = clean_name(matched[rows[0]].learner)
            raise ExportError(f"“{other}” and “{name}” are the same row of the roster: keep one of the submissions.")
        matched[rows[0]] = graded
    ours = {graded.learner for graded in matched.values()}
    strangers = [graded.learner for graded in grades if graded.learner not in ours]
    without = [_row_name(roster, row) for row in students if row not in matched]
    notes = [f"{len(matched)} of {len(grades)} learners matched by {clean_name(column)}."]
    if strangers:
        notes.append(f"Graded, but not in the roster ({len(strangers)}, left out): {_listed(strangers)}.")
    if without:
        notes.append(f"In the roster, but not graded ({len(without)}, left as they were): {_listed(without)}.")
    return matched, tuple(notes)


def fill(roster: Roster, row: int, place: int, text: str) -> str:
    """Writes a cell; returns a note where that replaced something else."""
    before = roster.rows[row][place].strip()
    roster.rows[row][place] = text
    if before in ("", "-", text) or same_number(before, text):
        return ""
    return f"{_row_name(roster, row)}: {clean_name(before)} became {text}"


def replaced(changes: Sequence[str]) -> tuple[str, ...]:
    """The sentence on the grades that stood there before."""
    changed = [change for change in changes if change]
    return (f"Other grades stood there before ({len(changed)}): {'; '.join(changed)}.",) if changed else ()


def not_graded(grades: Collection[Graded]) -> tuple[str, ...]:
    """Sentences on those whose points are no grade: who, and why. What stood in their rows stays."""
    grades = [graded for graded in grades if not graded.is_grade]
    unread = [graded for graded in grades if graded.problem]
    waiting = [graded.learner for graded in grades if not graded.problem and not graded.is_final]
    notes = []
    if unread:
        why = "; ".join(f"{clean_name(graded.learner)} ({clean(graded.problem).rstrip('.')})" for graded in unread)
        notes.append(f"Could not be read, so no grade is written ({len(unread)}): {why}.")
    if waiting:
        notes.append(
            f"Not final, as the machine was too busy, so no grade is written ({len(waiting)}): {_listed(waiting)}. "
            "Grade again: the same command grades these."
        )
    return tuple(notes)


def plain_key(text: str) -> str:
    """An id, login or name without what varies from file to file: case and surrounding space."""
    return " ".join(text.split()).casefold()


def number(points: float, *, comma: bool = False) -> str:
    """Points with at most two places, and a decimal point, which every platform reads, or a comma where it is asked."""
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text


def value(cell: str) -> float | None:
    """The number in a cell, with a decimal point or a decimal comma; None where there is none."""
    plain = re.sub(r"[\s'’]", "", cell)
    if "," in plain and "." in plain:  # the other one parts thousands
        plain = plain.replace("," if plain.rindex(".") > plain.rindex(",") else ".", "")
    try:
        number = float(plain.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def same_number(one: str, other: str) -> bool:
    """Whether two cells hold the same number, however it is written."""
    return value(one) is not None and value(one) == value(other)


def _by_column(
    roster: Roster, grades: Sequence[Graded], keys: Keys, students: Sequence[int], column: str
) -> list[tuple[Graded, list[int]]]:
    """Each learner who is found in a column, and in which rows."""
    place = roster.column(column)
    rows = defaultdict(list)
    for row in students:
        rows[keys.of_cell(column, roster.rows[row][place])].append(row)
    rows.pop("", None)
    found = []
    for graded in grades:
        names = (name for name in keys.of_learner(column, graded.learner) if name in rows)
        if (name := next(names, None)) is not None:
            found.append((graded, rows[name]))
    return found


def _refuse_twins(grades: Sequence[Graded]) -> None:
    if not grades:
        raise ExportError("There are no grades to export.")
    names = [graded.learner for graded in grades]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ExportError(f"Graded twice: {_listed(twins)}. Keep one report of each.")


def _row_name(roster: Roster, row: int) -> str:
    """What a person calls that row: its first two cells."""
    return " ".join(clean_name(cell) for cell in roster.rows[row][:2] if cell.strip())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(clean_name(name) for name in names)
