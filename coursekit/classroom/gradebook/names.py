"""What answers do that no known mistake explains, and what a grader has called it. Rows are only added.

A name belongs to work: to all that was in the group when it was named. So it outlives a change of the checks, which
asks other questions and forms the groups anew.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from coursekit.classroom.gradebook.tables import behaviours, entries, names, names_accepted, results
from coursekit.database import Database, from_text, now, to_text
from coursekit.report import Example

if TYPE_CHECKING:
    from coursekit.grading.behaviour.unnamed import Unnamed


@dataclass(frozen=True)
class Kept:
    """What one piece of work does.

    Attributes:
        key: of its result.
        exercise: whose exercise's.
        version: of the grader whose questions it answers.
        work: its digest (see `Work`).
        does: its behaviour, as bytes.
        shows: the smallest input that shows it.
        code: how it is written.
    """

    key: str
    exercise: str
    version: str
    work: str
    does: bytes
    shows: Example | None
    code: str


@dataclass(frozen=True)
class Name:
    """What a group was called once.

    Attributes:
        number: counts up; of several names of a group the last one counts.
        exercise: whose exercise's.
        works: the digests of the work that was in the group then.
        sentence: empty where a name is taken away.
        after: the number of the last entry by then.
        accepted: whether it is told of what was graded before it as well.
    """

    number: int
    exercise: str
    works: tuple[str, ...]
    sentence: str
    after: int
    accepted: bool

    def holds_for(self, entry: int, *, pending: bool = False) -> bool:
        """Whether it is told of an entry; with `pending`, as if all names were accepted."""
        return pending or self.accepted or entry > self.after


def add_behaviours(connection: sa.Connection, found: Mapping[str, Unnamed]) -> None:
    """Adds what new results do, by their keys."""
    rows = [
        {"key": key, "does": each.does, "shows": each.shows, "code": to_text(each.code), "at": now()}
        for key, each in sorted(found.items())
    ]
    if rows:
        connection.execute(sa.insert(behaviours), rows)


def read_behaviours(book: Database, exercises: Collection[str] | None = None) -> list[Kept]:
    """What is kept of these exercises, or of all, in the order in which it came."""
    asked = (
        sa.select(behaviours, results.c.exercise, results.c.version, results.c.work)
        .join(results, results.c.key == behaviours.c.key)
        .order_by(behaviours.c.id)
    )
    if exercises is not None:
        asked = asked.where(results.c.exercise.in_(exercises))
    with book.reading() as connection:
        return [
            Kept(
                row.key,
                row.exercise,
                row.version,
                row.work,
                row.does,
                Example(**example) if (example := json.loads(row.shows)) else None,
                from_text(row.code),
            )
            for row in connection.execute(asked)
        ]


def read_names(book: Database) -> list[Name]:
    """All names that were given, in this order."""
    with book.reading() as connection:
        accepted: dict[str, int] = {
            row.exercise: row.name
            for row in connection.execute(sa.select(names_accepted).order_by(names_accepted.c.id))
        }
        return [
            Name(
                row.id,
                row.exercise,
                tuple(json.loads(row.works)),
                from_text(row.sentence),
                row.after,
                row.id <= accepted.get(row.exercise, 0),
            )
            for row in connection.execute(sa.select(names).order_by(names.c.id))
        ]


def add_name(book: Database, exercise: str, works: Sequence[str], sentence: str) -> None:
    """From now on a group has this name, or none if it is empty."""
    with book.writing() as connection:
        connection.execute(
            sa.insert(names).values(
                exercise=exercise,
                works=json.dumps(list(works)),
                sentence=to_text(sentence),
                after=sa.select(sa.func.coalesce(sa.func.max(entries.c.id), 0)).scalar_subquery(),
                at=now(),
            )
        )


def accept_names(book: Database, exercises: Collection[str]) -> None:
    """From now on the names that these exercises' groups have are told of all that was graded before, too."""
    last: dict[str, int] = {}
    for name in read_names(book):
        if name.exercise in exercises and not name.accepted:
            last[name.exercise] = name.number
    rows = [{"exercise": exercise, "name": number, "at": now()} for exercise, number in last.items()]
    if rows:
        with book.writing() as connection:
            connection.execute(sa.insert(names_accepted), rows)
