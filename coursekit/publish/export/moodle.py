"""Moodle: the grading worksheet that the instructor downloaded, with grades and feedback filled in.

What Moodle needs of it follows mod/assign/feedback/offline/importgradeslib.php.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Sequence

from coursekit.publish.export import roster, worksheet
from coursekit.publish.export.roster import Keys, Merged, Roster
from coursekit.publish.export.worksheet import Columns
from coursekit.publish.privacy import all_feedback
from coursekit.report import Graded
from coursekit.text import MAX_FEEDBACK, clean, clean_name

# Ann Lee_4321 (see `classroom.layouts`), or the file itself, Ann Lee_4321_assignsubmission_file_answers.py:
# what a learner is called whose work was downloaded, and what reports of earlier versions call them.
_PERSON = re.compile(r"(?P<name>.*?)_(?P<participant>\d+)(?P<download>_assignsubmission_.*)?", re.DOTALL)


def merge(grades: Sequence[Graded], data: bytes, *, column: str = "", feedback: str = "", by: str = "") -> Merged:
    """The grading worksheet with our points and feedback, ready to be uploaded.

    Where our points are no grade, as the work could not be read or was not graded to the end, the grade stays as it is.

    Args:
        grades: ours; no learner twice.
        data: the worksheet that Moodle made, in any language.
        column: the heading of the grades, where it is not to be found out.
        feedback: the heading of the comments, likewise.
        by: the column that identifies learners, where it is not to be guessed.

    Raises:
        ExportError: the file, a column or a learner is not what it must be.
    """
    table = roster.read(data)
    students = [i for i, row in enumerate(table.rows) if any(cell.strip() for cell in row)]
    found = worksheet.columns(table, students, grade=column, feedback=feedback)
    matched, notes = roster.match(table, grades, _keys(table, found), students, by)
    notes += found.notes
    locked, unknown, changes = [], set(), []
    for row, graded in matched.items():
        word = "" if found.changeable is None else table.rows[row][found.changeable]
        if word and worksheet.is_locked(word):
            locked.append(clean_name(graded.learner))
            continue
        if word and worksheet.is_locked(word) is None:
            unknown.add(clean_name(word))
        if graded.is_grade:
            text = roster.number(graded.grade, comma=found.comma)
            changes.append(roster.fill(table, row, found.grade, text))
        if found.feedback is not None and graded.is_final:
            table.rows[row][found.feedback] = as_comment(clean(all_feedback(graded), MAX_FEEDBACK))
    notes += roster.not_graded(matched.values())
    if found.feedback is None:
        notes += ("The worksheet has no column for feedback: only the grades are filled in.",)
    if locked:
        notes += (f"Moodle does not let these grades be changed ({len(locked)}): {', '.join(locked)}.",)
    if unknown and found.changeable is not None:
        notes += (
            f"Which grades can be changed stands in “{clean_name(table.header[found.changeable])}”, in words that are "
            f"not known here ({', '.join(sorted(unknown))}): Moodle passes over those that cannot.",
        )
    return Merged(table.to_bytes(), notes + _about_maximum(table, found, matched) + roster.replaced(changes))


def as_comment(text: str) -> str:
    """Plain text as Moodle, which takes a comment for HTML, will show it; in one line, and never a formula."""
    return f"<pre>{html.escape(text, quote=False)}</pre>".replace("\n", "<br>")


def _about_maximum(table: Roster, found: Columns, matched: dict[int, Graded]) -> tuple[str, ...]:
    notes = []
    if found.misses:
        notes.append(f"Moodle will refuse the worksheet without its column “{found.misses}”.")
    if found.maximum is not None:
        for row, graded in matched.items():
            before = table.rows[row][found.maximum].strip()
            if before and not roster.same_number(before, roster.number(graded.maximum)):
                ours = roster.number(graded.maximum, comma=found.comma)
                notes.append(f"Moodle's maximum is {clean_name(before)}, ours {ours}: set it in Moodle.")
                break
    return tuple(notes)


def _keys(table: Roster, found: Columns) -> Keys:
    """How this worksheet tells learners apart: what stands left of the grades, the number first and the name last."""
    titles = [title.strip() for title in table.header]
    left = [*(place for place in (found.identifier,) if place is not None)]
    left += [place for place in range(found.grade) if place not in (found.identifier, found.name)]
    left += [place for place in (found.name,) if place is not None]
    identifier = titles[found.identifier] if found.identifier is not None else None
    rows = [row for row in table.rows if row]
    numbers = [row[found.identifier] for row in rows] if found.identifier is not None else []
    word = _letters(numbers[0]) if numbers else ""
    called: defaultdict[str, set[str]] = defaultdict(set)  # by number, what its row is called
    for row, number in zip(rows, numbers, strict=False):
        called[_number(number)].update(filter(None, (_letters(row[place]) for place in left)))

    def of_cell(column: str, cell: str) -> str:
        return _number(cell) if column.strip() == identifier else roster.plain_key(cell)

    def of_learner(column: str, learner: str) -> Sequence[str]:
        person = _PERSON.fullmatch(learner)
        if column.strip() != identifier:
            return (roster.plain_key(learner), *([roster.plain_key(person["name"])] if person else []))
        if person and (person["download"] or _letters(person["name"]) in called[person["participant"]]):
            return (person["participant"],)  # another platform's student_12 is not participant 12
        number = _number(learner)  # “Participant 4321”, “Teilnehmer/in7005”: no other word will do
        return (number,) if number and _letters(learner) in ("participant", word) else ()

    return Keys(tuple(titles[place] for place in left if titles.count(titles[place]) == 1), of_cell, of_learner)


def _number(text: str) -> str:
    """The number at its end."""
    return "".join(re.findall(r"\d+$", text.strip()))


def _letters(text: str) -> str:
    """A name or word without its signs, which files have lost."""
    return "".join(char for char in text.casefold() if char.isalpha())
