"""What people do with a folder of grades: mark by hand, see what was marked, and see what was handed in.

The folder's files are made of the gradebook's rows, so a mark is a row first; then reports/ and grades.csv follow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.classroom import gradefiles
from coursekit.classroom.choosing import names_among
from coursekit.classroom.folder import person
from coursekit.classroom.gradebook import Gradebook, attempts, marks
from coursekit.classroom.gradebook.attempts import Attempt
from coursekit.classroom.gradebook.marks import LEARNER, MISCONCEPTION, Row
from coursekit.database import to_text
from coursekit.errors import CommandError
from coursekit.files import write_whole
from coursekit.report import Graded, Report
from coursekit.text import clean, clean_name, visible

MAX_COMMENT = 2_000  # characters
MAX_EXTRA = 1_000_000.0  # points


@dataclass(frozen=True)
class Wish:
    """What somebody wants to give, or to take back.

    Attributes:
        exercise: of which exercise.
        learners: to whom; empty where it is given to a misconception.
        misconception: to whoever holds it; empty where it is given to learners.
        points: in place of the machine's; None to say nothing of them.
        comment: None to say nothing.
        by: who gives it.
        keep: whether points stand for what a learner hands in later, too.
        extra: whether points may be more than the exercise has.
        take_back: whether what was given before is taken back.
    """

    exercise: str
    learners: Sequence[str] = ()
    misconception: str = ""
    points: float | None = None
    comment: str | None = None
    by: str = ""
    keep: bool = False
    extra: bool = False
    take_back: bool = False


@dataclass(frozen=True)
class Listed:
    """A row of the gradebook's marks, and what has become of it.

    Attributes:
        row: the row.
        state: `stands`, `replaced` by a newer one, `taken back`, or `takes back` what was given before.
        counts_for: the learners in the folder whose points it decides.
        said_to: those who read its comment.
        elsewhere: those to whose other work it was given.
    """

    row: Row
    state: str
    counts_for: tuple[str, ...]
    said_to: tuple[str, ...]
    elsewhere: tuple[str, ...]


def mark(folder: Path, book: Gradebook, wish: Wish) -> list[str]:
    """Adds rows to the gradebook, and brings the folder in step.

    Returns:
        What was done, a sentence each.

    Raises:
        CommandError: what is wanted cannot be given; then nothing is.
        OSError: the folder cannot be read or written.
    """
    grades = gradefiles.read_reports(folder)
    reports = _of_exercise(grades, wish.exercise, folder)
    comment = _comment(wish)
    by = clean_name(wish.by) if wish.by.strip() else ""
    if not by:
        raise CommandError("Who gives it? Say it with --by NAME.")
    if bool(wish.learners) == bool(wish.misconception):
        raise CommandError("To whom? Name learners with --learner, or what they hold with --misconception.")
    if not wish.take_back and wish.points is None and not comment:
        raise CommandError("What is to be given? Say --points, --comment, or --take-back.")
    if wish.take_back and (wish.points is not None or comment):
        raise CommandError("--take-back goes alone: give the new mark after it, without it.")
    points = None if wish.points is None else _points(wish.points, reports, extra=wish.extra)
    kind = LEARNER if wish.learners else MISCONCEPTION
    given = [
        Row(kind, key, wish.exercise, work, points, comment, by, wish.take_back)
        for key, work in _targets(wish, grades, reports, folder)
    ]
    before = marks.stand(marks.rows(book)).rows
    said = []
    for row in given:
        if row.taken_back and row.about not in before:
            said.append(f"There was nothing to take back: {_named(row)}.")
        elif marks.give(book, row):
            said.append(f"{'Taken back' if row.taken_back else 'Kept'}: {_named(row)}.")
        else:
            said.append(f"It stands already: {_named(row)}.")
    refresh(folder, book)
    return said


def refresh(folder: Path, book: Gradebook) -> list[Graded]:
    """Writes into reports/ and grades.csv what is marked by now, and returns all grades."""
    standing = marks.standing(book)
    shown = []
    for before in gradefiles.read_reports(folder):
        graded = standing.on(before)
        if graded != before:
            gradefiles.write_report(folder, graded)
        shown.append(graded)
    shown.sort(key=lambda graded: to_text(graded.learner))  # as the gradebook sorts them
    gradefiles.write_table(folder, shown, _exercises(shown))
    return shown


def listed(folder: Path, book: Gradebook) -> list[Listed]:
    """All that was ever given or taken back, in that order, with what has become of it."""
    rows = marks.rows(book)
    stands = marks.stand(rows)
    reports = [report for graded in gradefiles.read_reports(folder) for report in graded.reports]
    return [_listed(row, stands, reports) for row in rows]


def attempts_of(folder: Path, book: Gradebook, learner: str = "") -> list[Attempt]:
    """The attempts of one learner, or of everybody who is in the folder, at the exercises that it holds.

    Raises:
        CommandError: nobody is called so.
    """
    grades = gradefiles.read_reports(folder)
    known = [graded.learner for graded in grades]
    names = names_among([learner], known, "learner", str(folder)) if learner else known
    found = attempts.attempts_by(book, _exercises(grades))
    return [attempt for who in dict.fromkeys(map(person, names)) for attempt in found.get(who, [])]


def as_file(attempt: Attempt, book: Gradebook) -> str:
    """What was handed in, as one file: each cell under a line that names it."""
    cells = attempts.cells_of(book, attempt.digest)
    return "\n\n".join(f"# %% {visible(label)}\n{text.rstrip()}" for label, text in cells) + "\n"


def write_attempts(folder: Path, found: Sequence[Attempt], book: Gradebook) -> list[Path]:
    """Writes what was handed in as LEARNER-N.py, and returns the paths.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for attempt in found:
        path = folder / f"{gradefiles.file_name(attempt.learner)}-{attempt.number}.py"
        write_whole(path, as_file(attempt, book).encode("utf-8", errors="backslashreplace"))
        paths.append(path)
    return paths


def _exercises(grades: Sequence[Graded]) -> list[str]:
    """The exercises in all reports, in the order of those who have most."""
    most_first = sorted(grades, key=lambda graded: -len(graded.reports))
    return list(dict.fromkeys(report.exercise for graded in most_first for report in graded.reports))


def _of_exercise(grades: Sequence[Graded], exercise: str, folder: Path) -> dict[str, Report]:
    """The reports of an exercise, by learner."""
    (name,) = names_among([exercise], _exercises(grades), "exercise", str(folder))
    return {graded.learner: report for graded in grades for report in graded.reports if report.exercise == name}


def _comment(wish: Wish) -> str:
    """The comment without what would steer a terminal or turn the reading order."""
    if wish.comment is None:
        return ""
    comment = clean(wish.comment, limit=len(wish.comment) + 1).replace("\ufffd", "").strip()
    if not comment:
        raise CommandError("The comment says nothing: leave --comment out, or write one.")
    if len(comment) > MAX_COMMENT:
        raise CommandError(f"The comment has {len(comment):,} characters; {MAX_COMMENT:,} are the most.")
    return comment


def _points(points: float, reports: dict[str, Report], *, extra: bool) -> float:
    maximum = max(report.maximum for report in reports.values())
    if not math.isfinite(points) or points < 0:
        raise CommandError("--points needs a number from 0 on.")
    if points > maximum and not extra:
        raise CommandError(f"The exercise has {maximum:g} points, and {points:g} are more: give them with --extra.")
    if points > MAX_EXTRA:
        raise CommandError(f"{points:g} points are too many: {MAX_EXTRA:,.0f} are the most.")
    return round(points, 2)


def _targets(
    wish: Wish, grades: Sequence[Graded], reports: dict[str, Report], folder: Path
) -> Iterator[tuple[str, str]]:
    """To what it is given, with the work that points are for."""
    if wish.misconception:
        yield _misconception(wish, reports.values()), ""
        return
    for learner in names_among(wish.learners, [graded.learner for graded in grades], "learner", str(folder)):
        if learner not in reports:
            raise CommandError(f"{visible(learner)} has no report of {wish.exercise}: grade it first.")
        if not reports[learner].work:
            raise CommandError(f"{folder} was written by an earlier coursekit: run `coursekit grade` once more, first.")
        yield learner, "" if wish.keep else reports[learner].work


def _misconception(wish: Wish, reports: Iterable[Report]) -> str:
    from coursekit.course import syllabus  # imports every grader, and torch

    held = [report.diagnosis.misconception for report in reports if report.diagnosis is not None]
    known = [each.name for each in syllabus.find_exercise(wish.exercise)[1].misconceptions]
    names = list(dict.fromkeys([*known, *held]))  # what is held may have got its name in this class
    (name,) = names_among([wish.misconception], names, "misconception", f"`{wish.exercise}`")
    return name


def _named(row: Row) -> str:
    given = [] if row.points is None else [f"{row.points:g} point{'' if row.points == 1 else 's'}"]
    given += ["a comment"] * bool(row.comment)
    what = f": {' and '.join(given)}" if given else ""
    who = clean_name(row.key) if row.kind == LEARNER else f"whoever holds `{row.key}`"
    return f"{who}, {row.exercise}{what}"


def _listed(row: Row, stands: marks.Standing, reports: Sequence[Report]) -> Listed:
    given = [(report.learner, mark) for report in reports for each, mark in stands.found(report) if each == row]
    return Listed(
        row,
        _state(row, stands.rows.get(row.about, ())),
        tuple(learner for learner, mark in given if mark.points is not None and not mark.other_work),
        tuple(learner for learner, mark in given if mark.comment),
        tuple(learner for learner, mark in given if mark.other_work),
    )


def _state(row: Row, stand: Sequence[Row]) -> str:
    if row.taken_back:
        return "takes back"
    if row not in stand:
        return "taken back"
    later = stand[stand.index(row) + 1 :]
    points = row.points is None or any(each.points is not None and each.work in ("", row.work) for each in later)
    comment = not row.comment or any(each.comment for each in later)
    return "replaced" if points and comment else "stands"
