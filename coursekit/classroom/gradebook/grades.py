"""What was graded, for whom and when. Rows are added, and never changed or taken away.

A result belongs to a piece of work: the same cells under the same grader are graded once, and an entry points to the
result for each learner who handed them in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from coursekit.classroom.folder import person
from coursekit.classroom.gradebook import tables
from coursekit.classroom.gradebook.attempts import numbers
from coursekit.classroom.gradebook.names import add_behaviours
from coursekit.classroom.gradebook.tables import accepted, entries, results
from coursekit.database import Database, DatabaseError, RowTakenError, from_text, now, to_text
from coursekit.report import Diagnosis, Graded, Outcome, Report
from coursekit.text import visible

if TYPE_CHECKING:
    from coursekit.grading.behaviour.unnamed import Unnamed

Told = Callable[[str, int], Diagnosis | None]  # a result's key, an entry → what the answer's group is called there
_TRIES = 10
_ASKED = 500  # learners at a time: a database takes so many names in one question


@dataclass(frozen=True)
class Work:
    """One exercise of one submission, under one grader.

    Attributes:
        exercise: the exercise's name.
        version: of the grader.
        digest: of the exercise and the submission's cells: the same work, whoever grades it.
        key: of all that decides the result.
        attempt: see `hidden_seed`.
    """

    exercise: str
    version: str
    digest: str
    key: str
    attempt: int = 0


class Gradebook(Database):
    """An open gradebook; it is made where there is none. Use it as a context manager, from one thread."""

    called = "gradebook"
    about = tables.about
    schema = tables.SCHEMA

    def known(self, works: Iterable[Work]) -> set[str]:
        """The keys of those that have a result."""
        keys = [work.key for work in works]
        with self.reading() as connection:
            return set(connection.scalars(sa.select(results.c.key).where(results.c.key.in_(keys))))

    def attempts(self, learner: str, works: Sequence[Work]) -> dict[str, int]:
        """By exercise, how many other pieces of work the learner had handed in before they first handed in this one."""
        who = person(learner)
        theirs = entries.c.learner == to_text(learner)
        begin, _, _ = who.rpartition("_")
        if begin:  # earlier versions called a learner what a platform calls an upload: all these names begin alike
            theirs |= (entries.c.learner >= f"{begin}_") & (entries.c.learner < f"{begin}`")  # ` follows _
        in_order = (
            sa.select(entries.c.learner, results.c.exercise, results.c.work)
            .join(results, results.c.key == entries.c.key)
            .where(theirs)
            .order_by(entries.c.id)
        )
        before: dict[str, list[str]] = {work.exercise: [] for work in works}
        with self.reading() as connection:
            for row in connection.execute(in_order):
                seen = before.get(row.exercise)
                if seen is not None and row.work not in seen and who in (person(name := from_text(row.learner)), name):
                    seen.append(row.work)
        found = {}
        for work in works:
            others = before[work.exercise]
            found[work.exercise] = others.index(work.digest) if work.digest in others else len(others)
        return found

    def record(
        self,
        learners: Sequence[str],
        works: Sequence[Work],
        reports: Mapping[str, str],
        problem: str = "",
        behaviours: Mapping[str, Unnamed] | None = None,
    ) -> None:
        """Adds results and, for each learner, an entry for each piece of work that is not their newest already.

        Args:
            learners: who handed in this work.
            works: the work, graded now or before.
            reports: by exercise, the JSON of each Report that is new, without a learner.
            problem: why the submission could not be read, if so.
            behaviours: by exercise, what those of the new results do that no known mistake explains.

        A report that a busy machine has spoilt is kept, and shown as long as there is no other, but the work does not
        count as graded: it stands under a key of its own, so `known` does not tell of it.
        """
        spoilt = {name for name, report in reports.items() if json.loads(report).get("outcome") == Outcome.STARVED}
        works = [replace(work, key=f"{work.key} starved") if work.exercise in spoilt else work for work in works]
        new = works
        for tries_left in reversed(range(_TRIES)):
            found = {work.key: reports[work.exercise] for work in new if work.exercise in reports}
            does = {work.key: behaviours[work.exercise] for work in new if behaviours and work.exercise in behaviours}
            try:
                with self.writing() as connection:
                    _record(connection, learners, works, found, problem)
                    add_behaviours(connection, does)
            except RowTakenError:  # another grader was faster with the same row: leave that out
                if not tries_left:
                    raise
            else:
                return
            known = self.known(works)
            new = [work for work in works if work.key not in known]

    def accepted(self) -> dict[str, str]:
        """By exercise, the grader version whose grades were accepted last."""
        with self.reading() as connection:
            return {
                row.exercise: row.version for row in connection.execute(sa.select(accepted).order_by(accepted.c.id))
            }

    def accept(self, versions: Mapping[str, str]) -> None:
        """From now on the grades of these versions (by exercise) are among those that `latest` and `best` show."""
        at = now()
        before = self.accepted()
        rows = [
            {"exercise": exercise, "version": version, "at": at}
            for exercise, version in versions.items()
            if before.get(exercise) != version
        ]
        if rows:
            with self.writing() as connection:
                connection.execute(sa.insert(accepted), rows)

    def latest(
        self,
        exercises: Sequence[str] | None = None,
        *,
        versions: Collection[str] | None = None,
        told: Told | None = None,
    ) -> Iterator[Graded]:
        """What each learner handed in last, by learner's name.

        Args:
            exercises: the names of those to show, in this order; by default all, in the order of their names.
            versions: show the grades of these grader versions, accepted or not; by default the accepted ones.
            told: what groups of answers are called that no known mistake explains.
        """
        return self._graded(_latest(exercises, versions), exercises, told)

    def best(self, exercises: Sequence[str] | None = None, *, told: Told | None = None) -> Iterator[Graded]:
        """The work of each learner that has most points, each exercise by itself, by learner's name.

        The same work that was graded again counts as it was graded last.
        """
        again = sa.func.row_number().over(
            partition_by=(entries.c.learner, entries.c.exercise, results.c.work), order_by=entries.c.id.desc()
        )
        last = _shown(exercises, None).add_columns(again.label("again")).subquery()
        rank = sa.func.row_number().over(
            partition_by=(last.c.learner, last.c.exercise), order_by=(last.c.points.desc(), last.c.id.desc())
        )
        ranked = sa.select(last.c.id, rank.label("rank")).where(last.c.again == 1).subquery()
        return self._graded(sa.select(ranked.c.id).where(ranked.c.rank == 1), exercises, told)

    def holders(self) -> dict[str, list[str]]:
        """By the key of a result, the learners whose latest grade in its exercise it is."""
        chosen = sa.select(entries.c.key, entries.c.learner).where(entries.c.id.in_(_latest(None, None)))
        found: dict[str, list[str]] = {}
        with self.reading() as connection:
            for row in connection.execute(chosen):
                found.setdefault(row.key, []).append(from_text(row.learner))
        return found

    def _graded(self, chosen: sa.Select[Any], exercises: Sequence[str] | None, told: Told | None) -> Iterator[Graded]:
        """The grades in the chosen entries, read piece by piece."""
        place = {name: number for number, name in enumerate(exercises or ())}
        attempts = numbers(self, exercises)
        rows = (
            sa.select(
                *(entries.c.id, entries.c.key, entries.c.learner, entries.c.exercise, entries.c.problem),
                *(results.c.report, results.c.work),
            )
            .join(results, results.c.key == entries.c.key)
            .where(entries.c.id.in_(chosen))
            .order_by(entries.c.learner, entries.c.exercise)
            .execution_options(yield_per=100)
        )
        with self.reading() as connection:
            for stored, of_learner in groupby(connection.execute(rows), lambda row: row.learner):
                learner = from_text(stored)
                found = list(of_learner)
                reports = [self._report(row, learner, told) for row in found]
                reports.sort(key=lambda report: place.get(report.exercise, 0))
                problem = next((from_text(row.problem) for row in found if row.problem), "")
                yield Graded(learner, tuple(reports), problem, attempts.get(person(learner), 0))

    def _report(self, row: Any, learner: str, told: Told | None) -> Report:
        try:
            fields = {**json.loads(row.report), "learner": learner, "work": row.work, "is_unread": bool(row.problem)}
            report = Report.from_json(fields)
            if report.exercise != row.exercise:
                raise ValueError("it is of another exercise")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise DatabaseError(
                f"The gradebook {self.name} holds a damaged row: the report of {visible(str(row.exercise))} of "
                f"{visible(learner)} cannot be read. Restore a copy of the gradebook, or name another and grade again."
            ) from None
        named = told(row.key, row.id) if told and report.diagnosis is None else None
        return report if named is None else replace(report, diagnosis=named)

    def held_for(self, learners: Collection[str]) -> set[str]:
        """The exercises of which it shows a grade of at least one of these learners."""
        stored, held = sorted(map(to_text, learners)), set[str]()
        with self.reading() as connection:
            for at in range(0, len(stored), _ASKED):
                shown = _shown(None, None).where(entries.c.learner.in_(stored[at : at + _ASKED])).subquery()
                held.update(connection.scalars(sa.select(shown.c.exercise).distinct()))
        return held


def _shown(exercises: Sequence[str] | None, versions: Collection[str] | None) -> sa.Select[Any]:
    """The entries that count."""
    shown = sa.select(
        entries.c.id, entries.c.learner, entries.c.exercise, results.c.points, results.c.work.label("work")
    ).join(results, results.c.key == entries.c.key)
    if versions is None:
        same = (accepted.c.exercise == results.c.exercise) & (accepted.c.version == results.c.version)
        shown = shown.where(sa.exists().where(same))
    else:
        shown = shown.where(results.c.version.in_(versions))
    return shown if exercises is None else shown.where(entries.c.exercise.in_(exercises))


def _latest(exercises: Sequence[str] | None, versions: Collection[str] | None) -> sa.Select[Any]:
    """Of the entries that count, the newest of each learner in each exercise."""
    rank = sa.func.row_number().over(partition_by=(entries.c.learner, entries.c.exercise), order_by=entries.c.id.desc())
    ranked = _shown(exercises, versions).add_columns(rank.label("rank")).subquery()
    return sa.select(ranked.c.id).where(ranked.c.rank == 1)


def _record(
    connection: sa.Connection,
    learners: Sequence[str],
    works: Sequence[Work],
    reports: Mapping[str, str],
    problem: str,
) -> None:
    at = now()
    works = sorted(works, key=lambda work: work.key)  # all graders in one order, or two could block each other
    rows: list[dict[str, object]] = [
        {
            "key": work.key,
            "exercise": work.exercise,
            "version": work.version,
            "work": work.digest,
            "points": json.loads(reports[work.key])["points"],
            "report": reports[work.key],
            "at": at,
        }
        for work in works
        if work.key in reports
    ]
    if rows:
        connection.execute(sa.insert(results), rows)
    for learner in sorted(map(to_text, learners)):
        of_learner = sa.select(entries.c.exercise, entries.c.id, entries.c.key).where(entries.c.learner == learner)
        newest = {row.exercise: row for row in connection.execute(of_learner.order_by(entries.c.id))}
        rows = [
            {
                "learner": learner,
                "exercise": work.exercise,
                "key": work.key,
                "problem": to_text(problem),
                "after": newest[work.exercise].id if work.exercise in newest else 0,
                "at": at,
            }
            for work in works
            if work.exercise not in newest or newest[work.exercise].key != work.key
        ]
        if rows:
            connection.execute(sa.insert(entries), rows)
