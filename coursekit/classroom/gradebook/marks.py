"""Marks by hand: points and comments that people give beside the machine's. Rows are added, and never changed.

A mark is given to a learner's exercise, or to what learners share, such as a misconception: then it is everybody's who
has it. Points that are given to a learner belong to the work that was marked, unless the mark is to be kept: a newer
attempt shows that a mark stands for another work, and does not get its points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from coursekit.classroom.folder import person
from coursekit.classroom.gradebook.tables import marks
from coursekit.database import Database, from_text, now, to_text
from coursekit.report import Graded, Mark, Report

LEARNER = "learner"
MISCONCEPTION = "misconception"

Target = tuple[str, str]  # a kind, and which of it


@dataclass(frozen=True)
class Row:
    """One row of the table: what somebody gave, or took back.

    Attributes:
        kind: LEARNER, MISCONCEPTION, or what else learners share.
        key: which learner, which misconception.
        exercise: its name.
        work: the work that it was given for (see `Report.work`); empty where it stands for whatever is handed in.
        points: in place of the machine's; None where nothing is said of them.
        comment: empty where nothing is said.
        by: who.
        taken_back: whether it takes back what earlier rows with the same kind, key and exercise gave.
        at: when, in UTC.
        id: its number.
    """

    kind: str
    key: str
    exercise: str
    work: str = ""
    points: float | None = None
    comment: str = ""
    by: str = ""
    taken_back: bool = False
    at: str = ""
    id: int = 0

    @property
    def about(self) -> tuple[Target, str]:
        """What it is about, and of which exercise."""
        return _target(self.kind, self.key), self.exercise


def give(book: Database, row: Row) -> bool:
    """Adds a row.

    Returns:
        False where the newest row of the same kind, key and exercise says the same: then nothing is added.

    Raises:
        DatabaseError: it cannot be written.
    """
    before = [each for each in rows(book) if each.about == row.about]
    if before and replace(before[-1], at="", id=0, key=row.key) == row:
        return False
    stored = {
        **{name: getattr(row, name) for name in ("kind", "exercise", "work", "points", "taken_back")},
        **{name: to_text(getattr(row, name)) for name in ("key", "comment", "by")},
        "at": now(),
    }
    with book.writing() as connection:
        connection.execute(sa.insert(marks), stored)
    return True


def rows(book: Database) -> list[Row]:
    """All that was ever given or taken back, in that order."""
    with book.reading() as connection:
        return [
            Row(**{**row._mapping, **{name: from_text(row._mapping[name]) for name in ("key", "comment", "by")}})
            for row in connection.execute(sa.select(marks).order_by(marks.c.id))
        ]


def shared(report: Report) -> Iterator[Target]:
    """What a report shares with others, so that a mark which is given to that is given to it."""
    if report.diagnosis is not None:
        yield MISCONCEPTION, report.diagnosis.misconception


@dataclass(frozen=True)
class Standing:
    """The rows that have not been taken back, by what they are about.

    Attributes:
        rows: in the order in which they were added.
        shared: says what a report shares with others.
    """

    rows: Mapping[tuple[Target, str], tuple[Row, ...]]
    shared: Callable[[Report], Iterable[Target]] = shared

    def on(self, graded: Graded) -> Graded:
        """The grades with the marks that stand now, and no other."""
        return replace(graded, reports=tuple(map(self._on_report, graded.reports)))

    def _on_report(self, report: Report) -> Report:
        return replace(report, marks=tuple(mark for _, mark in self.found(report)))

    def found(self, report: Report) -> Iterator[tuple[Row, Mark]]:
        """What a report is given, each with the row that gives it: first what is its learner's own."""
        for target in (_target(LEARNER, report.learner), *self.shared(report)):
            yield from self._found(target, report)

    def _found(self, target: Target, report: Report) -> Iterator[tuple[Row, Mark]]:
        """The newest points, for this work rather than for another, and the newest comment."""
        given = self.rows.get((target, report.exercise), ())
        points = [row for row in given if row.points is not None]
        of_points = ([row for row in points if row.work in ("", report.work)] or points)[-1:]
        of_comment = [row for row in given if row.comment][-1:]
        for row in dict.fromkeys([*of_points, *of_comment]):
            yield (
                row,
                Mark(
                    row.kind,
                    row.key,
                    row.by,
                    row.at,
                    row.points if row in of_points else None,
                    row.comment if row in of_comment else "",
                    other_work=row.work not in ("", report.work),
                ),
            )


def standing(book: Database) -> Standing:
    """What stands now."""
    return stand(rows(book))


def stand(given: Iterable[Row]) -> Standing:
    """What stands after these rows."""
    found: defaultdict[tuple[Target, str], list[Row]] = defaultdict(list)
    for row in given:
        if row.taken_back:
            found.pop(row.about, None)
        else:
            found[row.about].append(row)
    return Standing({about: tuple(each) for about, each in found.items()})


def _target(kind: str, key: str) -> Target:
    """One target for all the names that a platform gives to a learner."""
    return (kind, "\0".join(person(key))) if kind == LEARNER else (kind, key)
