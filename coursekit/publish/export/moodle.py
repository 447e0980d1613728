"""Moodle: the grading worksheet that the instructor downloaded, with grades and feedback filled in.

What Moodle needs of it follows mod/assign/feedback/offline/importgradeslib.php.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from coursekit.publish.export import roster
from coursekit.publish.export.roster import Keys, Merged, Roster
from coursekit.publish.privacy import all_feedback
from coursekit.report import Graded
from coursekit.text import MAX_FEEDBACK, clean, clean_name

# Ann Lee_4321_assignsubmission_file_answers.py. The first number counts: what follows is a name that the learner chose
_DOWNLOAD = re.compile(r"(?P<name>.*?)_(?P<participant>\d+)_assignsubmission_", re.DOTALL)
_MODIFIED = "Last modified (grade)"


def merge(
    grades: Sequence[Graded], data: bytes, *, column: str = "Grade", feedback: str = "Feedback comments", by: str = ""
) -> Merged:
    """The grading worksheet with our points and feedback, ready to be uploaded.

    Args:
        grades: ours; no learner twice.
        data: the worksheet that Moodle made.
        column: the heading of the grades, which is in the language of the course.
        feedback: the heading of the comments; passed over where the worksheet has no such column.
        by: the column that identifies learners, where it is not to be guessed.

    Raises:
        ExportError: the file, a column or a learner is not what it must be.
    """
    table = roster.read(data)
    place = table.column(column)
    comments = table.column(feedback) if table.has(feedback) else None
    students = [i for i, row in enumerate(table.rows) if any(cell.strip() for cell in row)]
    matched, notes = roster.match(table, grades, _KEYS, students, by)
    locked, changes = [], []
    for row, graded in matched.items():
        if table.has("Grade can be changed") and _cell(table, row, "Grade can be changed").casefold() == "no":
            locked.append(clean_name(graded.learner))
            continue
        if graded.is_grade:
            changes.append(roster.fill(table, row, place, roster.number(graded.grade)))
        if comments is not None and graded.is_final:
            table.rows[row][comments] = as_comment(clean(all_feedback(graded), MAX_FEEDBACK))
    notes += roster.not_graded(matched.values())
    if comments is None:
        notes += ("The worksheet has no column for feedback: only the grades are filled in.",)
    if locked:
        notes += (f"Moodle does not let these grades be changed ({len(locked)}): {', '.join(locked)}.",)
    return Merged(table.to_bytes(), notes + _about_maximum(table, matched) + roster.replaced(changes))


def as_comment(text: str) -> str:
    """Plain text as Moodle, which takes a comment for HTML, will show it; in one line, and never a formula."""
    return f"<pre>{html.escape(text, quote=False)}</pre>".replace("\n", "<br>")


def _about_maximum(table: Roster, matched: dict[int, Graded]) -> tuple[str, ...]:
    notes = []
    if not table.has(_MODIFIED):
        notes.append(f"Moodle in English will refuse the worksheet without its column “{_MODIFIED}”.")
    if table.has("Maximum Grade"):
        for row, graded in matched.items():
            before = _cell(table, row, "Maximum Grade")
            if before and not roster.same_number(before, roster.number(graded.maximum)):
                notes.append(f"Moodle's maximum is {clean_name(before)}, ours {graded.maximum:g}: set it in Moodle.")
                break
    return tuple(notes)


def _cell(table: Roster, row: int, column: str) -> str:
    return table.rows[row][table.column(column)].strip()


def _of_cell(column: str, cell: str) -> str:
    return re.sub(r"^\D*", "", cell.strip()) if column == "Identifier" else roster.plain_key(cell)


def _of_learner(column: str, learner: str) -> Sequence[str]:
    download = _DOWNLOAD.match(learner)
    if column == "Identifier":  # “Participant 4321” in the worksheet's language: the number is what counts
        number = download["participant"] if download else re.sub(r"^participant[ _]", "", roster.plain_key(learner))
        return (number,) if download or number != roster.plain_key(learner) else ()
    return (roster.plain_key(download["name"] if download else learner),)


_KEYS = Keys(
    columns=("Identifier", "ID number", "Username", "Email address", "Full name"),
    of_cell=_of_cell,
    of_learner=_of_learner,
)
