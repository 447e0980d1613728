"""What learners have handed in, and when: each work once, compressed, as the cells that were graded."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coursekit.classroom.folder import person
from coursekit.classroom.gradebook.tables import accepted, attempts, entries, handed_in, results
from coursekit.database import Database, RowTakenError, from_text, now, to_text
from coursekit.grading.submission import Submission
from coursekit.wire import Cell

_TRIES = 10
_theirs = (attempts.c.digest == handed_in.c.digest) & (attempts.c.learner == sa.bindparam("learner"))
# no row where this was never handed in; one with no number where others have handed it in, and this learner has not
_KEPT = (
    sa.select(attempts.c.id)
    .select_from(handed_in.outerjoin(attempts, _theirs))
    .where(handed_in.c.digest == sa.bindparam("digest"))
)


@dataclass(frozen=True)
class Attempt:
    """A work that a learner has handed in; one that comes back is the attempt that it was.

    Attributes:
        learner: under which name.
        number: 1 for the first.
        at: when it was first seen by a run, in UTC.
        file: the entry of the folder that it was.
        digest: of the submission.
        points: the machine's, by exercise.
    """

    learner: str
    number: int
    at: str
    file: str
    digest: str
    points: dict[str, float]


def digest_of(submission: Submission) -> str:
    """What was handed in, whoever did so: its cells, or why there are none."""
    return hashlib.sha256(json.dumps([submission.cells, submission.problem]).encode()).hexdigest()


def work_of(exercise: str, digest: str) -> str:
    """What the gradebook calls one exercise of what was handed in."""
    return hashlib.sha256(json.dumps([exercise, digest]).encode()).hexdigest()


def keep(book: Database, submission: Submission) -> None:
    """Keeps what was handed in, and who did so; what is there already stays as it is.

    Raises:
        DatabaseError: it cannot be written.
    """
    learner, digest = to_text(submission.learner), digest_of(submission)
    at = now()
    for tries_left in reversed(range(_TRIES)):
        with book.reading() as connection:
            kept = connection.execute(_KEPT, {"learner": learner, "digest": digest}).first()
        if kept is not None and kept.id is not None:
            return
        try:
            with book.writing() as connection:
                if kept is None:
                    cells = zlib.compress(json.dumps(submission.cells).encode(), 9)
                    row = {"digest": digest, "cells": cells, "problem": to_text(submission.problem), "at": at}
                    connection.execute(sa.insert(handed_in), row)
                row = {"learner": learner, "digest": digest, "file": to_text(submission.file), "at": at}
                connection.execute(sa.insert(attempts), row)
        except RowTakenError:  # another grader was faster: look again
            if not tries_left:
                raise
        else:
            return


def cells_of(book: Database, digest: str) -> tuple[Cell, ...]:
    """The cells of what was handed in; none where it could not be read."""
    with book.reading() as connection:
        stored = connection.scalar(sa.select(handed_in.c.cells).where(handed_in.c.digest == digest))
    return tuple((label, text) for label, text in json.loads(zlib.decompress(stored))) if stored else ()


def attempts_by(book: Database, exercises: Sequence[str] | None = None) -> dict[str, list[Attempt]]:
    """The attempts of everybody, by who they are (see `folder.person`), in the order in which they came.

    Args:
        book: an open gradebook.
        exercises: only attempts at one of these; by default at any.
    """
    points = _points(book)
    graded = dict.fromkeys(exercise for exercise, _ in points)
    found: defaultdict[str, list[Attempt]] = defaultdict(list)
    with book.reading() as connection:
        rows = connection.execute(sa.select(attempts).order_by(attempts.c.id)).all()
    for row in rows:
        theirs = {
            exercise: points[exercise, work]
            for exercise in graded
            if (exercise, work := work_of(exercise, row.digest)) in points
        }
        if exercises is not None and not theirs.keys() & set(exercises):
            continue
        learner = from_text(row.learner)
        before = found[person(learner)]
        before.append(Attempt(learner, len(before) + 1, row.at, from_text(row.file), row.digest, theirs))
    return dict(found)


def _points(book: Database) -> dict[tuple[str, str], float]:
    """By exercise and work, as it was graded last, by checks whose grades are accepted."""
    same = (accepted.c.exercise == results.c.exercise) & (accepted.c.version == results.c.version)
    rows = (
        sa.select(results.c.exercise, results.c.work, results.c.points)
        .join(entries, entries.c.key == results.c.key)
        .where(sa.exists().where(same))
        .order_by(entries.c.id)
    )
    with book.reading() as connection:
        return {(row.exercise, row.work): row.points for row in connection.execute(rows)}


def numbers(book: Database, exercises: Iterable[str] | None = None) -> dict[str, int]:
    """By who they are, how many different works learners have handed in for one of these exercises (any by default).

    This asks the entries, which are older than the table of attempts.
    """
    rows = sa.select(entries.c.learner, results.c.exercise, results.c.work).distinct()
    rows = rows.join(results, results.c.key == entries.c.key)
    if exercises is not None:
        rows = rows.where(results.c.exercise.in_(list(exercises)))
    works: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with book.reading() as connection:
        for row in connection.execute(rows):
            works[person(from_text(row.learner))][row.exercise].add(row.work)
    return {who: max(map(len, of_exercise.values())) for who, of_exercise in works.items()}
