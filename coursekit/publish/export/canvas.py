"""Canvas: the gradebook that the instructor exported, with the column of one assignment filled.

What is a student's row, and what is an assignment's column, follows lib/gradebook_importer.rb of canvas-lms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from coursekit.errors import ExportError
from coursekit.publish.export import roster
from coursekit.publish.export.roster import Keys, Merged, Roster
from coursekit.report import Graded
from coursekit.text import clean_name

_ABOUT_STUDENTS = {
    *("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID"),
    *("Section", "Integration ID", "Root Account"),
}
_COMPUTED = re.compile("(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
_POSTING = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
# leeann_4321 (see `classroom.layouts`), or the file itself, leeann_late_4321_98765_answers.py
_PERSON = re.compile(r"(?P<name>.*?)_(?:late_)?(?P<user>\d+)(?P<upload>_\d+_.*)?", re.IGNORECASE | re.DOTALL)


def merge(grades: Sequence[Graded], data: bytes, *, column: str = "", by: str = "") -> Merged:
    """The exported gradebook with our points in one assignment's column, ready to be imported.

    Where our points are no grade, as the work could not be read or was not graded to the end, the cell stays as it is.

    Args:
        grades: ours; no learner twice.
        data: the file that Canvas exported.
        column: the assignment, with or without Canvas's number behind it; may be left out where there is one.
        by: the column that identifies learners, where it is not to be guessed.

    Raises:
        ExportError: the file, the column or a learner is not what it must be.
    """
    table = roster.read(data)
    if not (table.has("Student") or table.has("LastName")) or not table.has("ID"):
        raise ExportError("This is not the gradebook that Canvas exports: it has no columns Student and ID.")
    possible = next((i for i, row in enumerate(table.rows) if row and "Points Possible" in row[0]), None)
    place = _assignment(table, column, table.rows[possible] if possible is not None else [])
    students = [i for i, row in enumerate(table.rows) if i != possible and _is_student(row)]
    matched, notes = roster.match(table, grades, _keys(table, students), students, by)
    changes = [  # an empty cell would take a grade away that stands there
        roster.fill(table, row, place, roster.number(graded.grade))
        for row, graded in matched.items()
        if graded.is_grade
    ]
    notes += roster.not_graded(matched.values())
    if possible is not None:
        notes += _points_possible(table, possible, place, grades[0].maximum)
    return Merged(table.to_bytes(), notes + roster.replaced(changes))


def _is_student(row: Sequence[str]) -> bool:
    return not all(_POSTING.fullmatch(cell) for cell in row)


def _assignment(table: Roster, wanted: str, possible: Sequence[str]) -> int:
    """The place of the assignment's column."""
    read_only = {title for title, cell in zip(table.header, possible, strict=False) if "read only" in cell}
    titles = [
        title
        for title in dict.fromkeys(table.header)
        if title.strip() and title not in _ABOUT_STUDENTS | read_only and not _COMPUTED.search(title)
    ]
    if not titles:
        raise ExportError("The gradebook has no assignment: create it in Canvas, then export the gradebook again.")
    if not wanted and len(titles) > 1:
        raise ExportError(f"Which assignment? Name one with --column: {', '.join(map(clean_name, titles))}.")
    fitting = [title for title in titles if not wanted or wanted in (title, re.sub(r" \(\d+\)$", "", title))]
    if len(fitting) > 1:
        raise ExportError(
            f"Several assignments are called so; name one in full: {', '.join(map(clean_name, fitting))}."
        )
    return table.column(fitting[0] if fitting else wanted)


def _points_possible(table: Roster, row: int, place: int, maximum: float) -> tuple[str, ...]:
    """Fills the row of what can be had where it is empty; says so where it is something else."""
    before = table.rows[row][place].strip()
    if not before:
        table.rows[row][place] = roster.number(maximum)
        return ()
    if roster.same_number(before, roster.number(maximum)):
        return ()
    return (f"Canvas gives {clean_name(before)} points for it, we {maximum:g}: ours are not scaled.",)


def _keys(table: Roster, students: Sequence[int]) -> Keys:
    """How this gradebook tells learners apart: by what they are called, or by Canvas's number in that."""
    name, number = ([table.column(title)] if table.has(title) else [] for title in ("Student", "ID"))
    called = {  # the number's row, in letters in any order: Canvas has `leeann` and `Lee, Ann`, and `annlee` elsewhere
        table.rows[row][number[0]].strip(): _letters("".join(table.rows[row][place] for place in name))
        for row in students
    }

    def of_learner(column: str, learner: str) -> Sequence[str]:
        person = _PERSON.fullmatch(learner) if column.strip() == "ID" else None
        known = person and (person["upload"] or called.get(person["user"]) in (_letters(person["name"]), ""))
        return (*([person["user"]] if person and known else []), roster.plain_key(learner))

    return Keys(
        columns=("SIS Login ID", "SIS User ID", "ID", "Integration ID", "Student"),
        of_cell=lambda _column, cell: roster.plain_key(cell),
        of_learner=of_learner,
    )


def _letters(name: str) -> str:
    return "".join(sorted(char for char in name.casefold() if char.isalnum()))
