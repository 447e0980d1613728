"""The gradebook: what was graded, for whom and when. Rows are added, and never changed or taken away.

A result belongs to a piece of work: the same cells under the same grader are graded once, and an entry points to the
result for each learner who handed them in. SQLite by default, PostgreSQL by URL; several graders may write at once.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from coursekit.classroom.folder import person
from coursekit.report import Graded, Outcome, Report

SCHEMA = 1
BUSY_SECONDS = 30  # how long to wait for another grader's transaction, each of which takes milliseconds
_TRIES = 10

_tables = sa.MetaData()
# C: PostgreSQL sorts names as SQLite and Python do, whatever language the server speaks
_Word = sa.String().with_variant(sa.String(collation="C"), "postgresql")
about = sa.Table("coursekit_gradebook", _tables, sa.Column("schema", sa.Integer, primary_key=True, autoincrement=False))
results = sa.Table(
    "coursekit_result",
    _tables,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("work", sa.String, nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)
entries = sa.Table(
    "coursekit_entry",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("learner", _Word, nullable=False),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("key", sa.ForeignKey(results.c.key), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("after", sa.Integer, nullable=False),  # the learner's entry before, so that two graders add one, not two
    sa.Column("at", sa.String, nullable=False),
    sa.UniqueConstraint("learner", "exercise", "key", "after"),
)
accepted = sa.Table(
    "coursekit_accepted",
    _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("exercise", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("at", sa.String, nullable=False),
)

# One grader at a time makes the tables
_ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7073)"}

_CAUSES = {  # what databases and their drivers say, and what it means
    "disk is full|no space left": "the disk is full",
    "disk i/o error": "the disk cannot be written; it may be full, or gone",
    "is locked": f"another program has held it for more than {BUSY_SECONDS} s",
    "readonly|read-only": "it may not be written",
    "unable to open database": "its folder is not there, or may not be written",
    "not a database|malformed": "it is no database, or a damaged one",
    "connection|server closed|could not translate|terminating|timeout expired": "the database server does not answer",
    "authentication|no password": "the database server does not know this user or password",
    "does not exist": "the database server has no such database or user",
}


class GradebookError(Exception):
    """The gradebook cannot be read or written; the message says why."""


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


class Gradebook:
    """An open gradebook; it is made where there is none. Use it as a context manager, from one thread.

    Args:
        url: what SQLAlchemy opens, such as sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE.

    Raises:
        GradebookError: by every method too, where the database cannot do what is asked.
    """

    def __init__(self, url: str) -> None:
        self.name = url
        with self._explained():
            self._engine = _engine(url)
            self.name = self._engine.url.render_as_string(hide_password=True).removeprefix("sqlite:///")
            self._path = (
                Path(self.name) if self._engine.dialect.name == "sqlite" and self._engine.url.database else None
            )
            try:
                self._make()
            except BaseException:
                self._engine.dispose()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @property
    def there(self) -> bool:
        """False where its file has been removed."""
        return self._path is None or self._path.exists()

    def known(self, works: Iterable[Work]) -> set[str]:
        """The keys of those that have a result."""
        keys = [work.key for work in works]
        with self._explained(), self._engine.connect() as connection:
            return set(connection.scalars(sa.select(results.c.key).where(results.c.key.in_(keys))))

    def attempts(self, learner: str, works: Sequence[Work]) -> dict[str, int]:
        """By exercise, how many other pieces of work the learner had handed in before they first handed in this one."""
        who = person(learner)
        theirs = entries.c.learner == _to_text(learner)
        if who[1]:  # between two bounds, which an index finds
            theirs = (entries.c.learner >= f"{who[0]}_") & (entries.c.learner < f"{who[0]}`")  # ` follows _
        in_order = (
            sa.select(entries.c.learner, results.c.exercise, results.c.work)
            .join(results, results.c.key == entries.c.key)
            .where(theirs)
            .order_by(entries.c.id)
        )
        before: dict[str, list[str]] = {work.exercise: [] for work in works}
        with self._explained(), self._engine.connect() as connection:
            for row in connection.execute(in_order):
                seen = before.get(row.exercise)
                if seen is not None and row.work not in seen and person(_from_text(row.learner)) == who:
                    seen.append(row.work)
        found = {}
        for work in works:
            others = before[work.exercise]
            found[work.exercise] = others.index(work.digest) if work.digest in others else len(others)
        return found

    def record(
        self, learners: Sequence[str], works: Sequence[Work], reports: Mapping[str, str], problem: str = ""
    ) -> None:
        """Adds results and, for each learner, an entry for each piece of work that is not their newest already.

        Args:
            learners: who handed in this work.
            works: the work, graded now or before.
            reports: by exercise, the JSON of each Report that is new, without a learner.
            problem: why the submission could not be read, if so.

        A report that a busy machine has spoilt is kept, and shown as long as there is no other, but the work does not
        count as graded: it stands under a key of its own, so `known` does not tell of it.
        """
        spoilt = {name for name, report in reports.items() if json.loads(report).get("outcome") == Outcome.STARVED}
        works = [replace(work, key=f"{work.key} starved") if work.exercise in spoilt else work for work in works]
        new = works
        for tries_left in reversed(range(_TRIES)):
            found = {work.key: reports[work.exercise] for work in new if work.exercise in reports}
            with self._explained():
                try:
                    with self._engine.begin() as connection:
                        self._record(connection, learners, works, found, problem)
                    return
                except IntegrityError:  # another grader was faster with the same row: leave that out
                    if not tries_left:
                        raise
            known = self.known(works)
            new = [work for work in works if work.key not in known]

    def _record(
        self,
        connection: sa.Connection,
        learners: Sequence[str],
        works: Sequence[Work],
        reports: Mapping[str, str],
        problem: str,
    ) -> None:
        self._insist_on_file()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        works = sorted(works, key=lambda work: work.key)  # all graders in one order, or two could block each other
        rows: list[dict[str, object]] = [
            {
                "key": work.key,
                "exercise": work.exercise,
                "version": work.version,
                "work": work.digest,
                "points": json.loads(reports[work.key])["points"],
                "report": reports[work.key],
                "at": now,
            }
            for work in works
            if work.key in reports
        ]
        if rows:
            connection.execute(sa.insert(results), rows)
        for learner in sorted(map(_to_text, learners)):
            of_learner = sa.select(entries.c.exercise, entries.c.id, entries.c.key).where(entries.c.learner == learner)
            newest = {row.exercise: row for row in connection.execute(of_learner.order_by(entries.c.id))}
            rows = [
                {
                    "learner": learner,
                    "exercise": work.exercise,
                    "key": work.key,
                    "problem": _to_text(problem),
                    "after": newest[work.exercise].id if work.exercise in newest else 0,
                    "at": now,
                }
                for work in works
                if work.exercise not in newest or newest[work.exercise].key != work.key
            ]
            if rows:
                connection.execute(sa.insert(entries), rows)

    def accepted(self) -> dict[str, str]:
        """By exercise, the grader version whose grades were accepted last."""
        with self._explained(), self._engine.connect() as connection:
            return {
                row.exercise: row.version for row in connection.execute(sa.select(accepted).order_by(accepted.c.id))
            }

    def accept(self, versions: Mapping[str, str]) -> None:
        """From now on the grades of these versions (by exercise) are among those that `latest` and `best` show."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        before = self.accepted()
        rows = [
            {"exercise": exercise, "version": version, "at": now}
            for exercise, version in versions.items()
            if before.get(exercise) != version
        ]
        if rows:
            with self._explained(), self._engine.begin() as connection:
                connection.execute(sa.insert(accepted), rows)

    def latest(
        self, exercises: Sequence[str] | None = None, *, versions: Collection[str] | None = None
    ) -> Iterator[Graded]:
        """What each learner handed in last, by learner's name.

        Args:
            exercises: the names of those to show, in this order; by default all, in the order of their names.
            versions: show the grades of these grader versions, accepted or not; by default the accepted ones.
        """
        rank = sa.func.row_number().over(
            partition_by=(entries.c.learner, entries.c.exercise), order_by=entries.c.id.desc()
        )
        ranked = _shown(exercises, versions).add_columns(rank.label("rank")).subquery()
        return self._graded(sa.select(ranked.c.id).where(ranked.c.rank == 1), exercises)

    def best(self, exercises: Sequence[str] | None = None) -> Iterator[Graded]:
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
        return self._graded(sa.select(ranked.c.id).where(ranked.c.rank == 1), exercises)

    def _graded(self, chosen: sa.Select[Any], exercises: Sequence[str] | None) -> Iterator[Graded]:
        """The grades in the chosen entries, read piece by piece."""
        place = {name: number for number, name in enumerate(exercises or ())}
        rows = (
            sa.select(entries.c.learner, entries.c.problem, results.c.report)
            .join(results, results.c.key == entries.c.key)
            .where(entries.c.id.in_(chosen))
            .order_by(entries.c.learner, entries.c.exercise)
            .execution_options(yield_per=100)
        )
        with self._explained(), self._engine.connect() as connection:
            for stored, of_learner in groupby(connection.execute(rows), lambda row: row.learner):
                learner = _from_text(stored)
                found = list(of_learner)
                reports = [Report.from_json({**json.loads(row.report), "learner": learner}) for row in found]
                reports.sort(key=lambda report: place.get(report.exercise, 0))
                problem = next((_from_text(row.problem) for row in found if row.problem), "")
                yield Graded(learner, tuple(reports), problem)

    def _make(self) -> None:
        """Makes the tables in an empty database, and refuses one that is something else."""
        self._insist_on_folder()
        if self._path:
            with suppress(OSError):  # is there already, or cannot be made, which SQLite says in its words
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL, 0o600))  # for its owner: hidden inputs are in it
        with self._engine.begin() as connection:
            if self._engine.dialect.name in _ALONE:
                connection.exec_driver_sql(_ALONE[self._engine.dialect.name])
            there = sa.inspect(connection).get_table_names()
            if not there:
                _tables.create_all(connection)
                connection.execute(sa.insert(about).values(schema=SCHEMA))
            elif about.name not in there:
                raise GradebookError(
                    f"{self.name} is no gradebook: it holds other tables ({', '.join(sorted(there)[:3])}). Name "
                    "another file, or an empty database."
                )
            schema = connection.scalar(sa.select(about.c.schema))
        if schema != SCHEMA:
            raise GradebookError(
                f"The gradebook {self.name} is of version {schema}, and this coursekit reads version {SCHEMA}. Use the "
                "coursekit that wrote it, or name another gradebook."
            )

    def _insist_on_folder(self) -> None:
        if self._path and not self._path.parent.is_dir():
            raise GradebookError(f"The gradebook {self.name} cannot be made: {self._path.parent} is no folder.")

    def _insist_on_file(self) -> None:
        """SQLite would go on writing into a file that has no name any more."""
        if not self.there:
            raise GradebookError(f"The gradebook {self.name} was removed while it was open; what it held went with it.")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Says in a sentence what the database means."""
        try:
            yield
        except (NoSuchModuleError, ArgumentError, ImportError) as error:
            raise GradebookError(
                f"The gradebook {self.name} cannot be opened: {_first_line(error)}. Give a URL such as "
                "sqlite:///grades.sqlite, or postgresql+psycopg://user@host/database "
                "(pip install 'coursekit[postgres]')."
            ) from None
        except SQLAlchemyError as error:
            said = str(error.orig if isinstance(error, DBAPIError) else error)
            means = next((cause for signs, cause in _CAUSES.items() if re.search(signs, said, re.IGNORECASE)), "")
            raise GradebookError(f"The gradebook {self.name} fails: {means or _first_line(said)}.") from None


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.drivername == "postgresql":  # plain postgresql:// would ask for psycopg2
        parsed = parsed.set(drivername="postgresql+psycopg")
    sqlite = parsed.get_backend_name() == "sqlite"
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_SECONDS} if sqlite else {})
    if sqlite:
        sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    """WAL: readers and a writer at once, and a commit that a killed program cannot lose costs no wait for the disk.

    A power failure can take the last moments' results; the file stays whole, and the next run grades them again.
    """
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            # of two that do this to a new file, SQLite tells one that it is locked at once, whatever the time to wait
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


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


def _to_text(text: str) -> str:
    """Text as it is, where a database can hold it; else as a JSON string."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)
    return json.dumps(text) if text.startswith('"') or "\0" in text else text


def _from_text(stored: str) -> str:
    return str(json.loads(stored)) if stored.startswith('"') else stored


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
