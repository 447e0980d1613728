"""A database of ours, as the gradebook and the workshop are: SQLite or PostgreSQL; several may write at once."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Self

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

BUSY_SECONDS = 30  # how long to wait for another program's transaction, each of which takes milliseconds

_ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7073)"}

_CAUSES = {  # what databases and their drivers say, and what it means
    "disk is full|no space left": "the disk is full",
    "disk i/o error": "the disk cannot be written; it may be full, or gone",
    "is locked": f"another program has held it for more than {BUSY_SECONDS} s",
    "readonly|read-only": "it may not be written",
    "unable to open database": "its folder is not there, or may not be written",
    "not a database|malformed": "it is no database, or a damaged one",
    "no such (table|column)|relation .* does not exist|column .* does not exist": "a table or a column is gone",
    "password authentication failed|no password supplied": "the database server does not take this user's password",
    "peer authentication failed|ident authentication failed": "the database server wants the account of that name",
    "no pg_hba.conf entry|pg_hba.conf rejects": "the database server lets this user not in from this machine",
    'role "?.*"? (does not exist|is not permitted)': "the database server knows no such user",
    'database "?.*"? does not exist': "the database server has no such database; make it first (createdb)",
    "permission denied|must be owner": "this user may not use its tables; whoever owns them can grant it",
    "too many (clients|connections)|remaining connection slots": "the database server has too many connections open",
    "resolve host|translate host|name or service not known|nodename nor servname": "no machine is called so",
    "starting up|shutting down|in recovery": "the database server is just starting or stopping",
    "connection|server closed|terminating|timeout expired": "the database server does not answer",
}


class DatabaseError(Exception):
    """A database cannot be read or written; the message says why."""


class RowTakenError(DatabaseError):
    """Another program was faster with the same row."""


class Database:
    """An open database with its tables, made where there are none. A context manager, for one thread.

    Args:
        url: what SQLAlchemy opens, such as sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE.

    Raises:
        DatabaseError: by every method too, where the database cannot do what is asked.

    Attributes:
        called: what it is, in a sentence.
        about: the table that says of which version the tables are.
        schema: the version that is read here.
    """

    called: ClassVar[str]
    about: ClassVar[sa.Table]
    schema: ClassVar[int]

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

    @property
    def _it(self) -> str:
        """How a sentence about it begins."""
        return f"The {self.called} {self.name}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    @property
    def there(self) -> bool:
        """False where its file has been removed."""
        return self._path is None or self._path.exists()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to ask."""
        with self._explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: all of it is kept, or nothing.

        Raises:
            RowTakenError: a row that must be one of its kind is there already.
        """
        with self._explained(), self._engine.begin() as connection:
            self._insist_on_file()
            yield connection

    def _let_alone(self, connection: sa.Connection) -> None:
        """From here to the end of a transaction one program at a time goes on, as when the tables are made."""
        if self._engine.dialect.name in _ALONE:
            connection.exec_driver_sql(_ALONE[self._engine.dialect.name])

    def _make(self) -> None:
        """Makes the tables in an empty database, and refuses one that is something else."""
        self._insist_on_folder()
        if self._path:
            with suppress(OSError):  # is there already, or cannot be made, which SQLite says in its words
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL, 0o600))  # for its owner: hidden inputs are in it
        with self._engine.begin() as connection:
            self._let_alone(connection)
            there = sa.inspect(connection).get_table_names()
            if not there:
                self.about.metadata.create_all(connection)
                connection.execute(sa.insert(self.about).values(schema=self.schema))
            elif self.about.name not in there:
                raise DatabaseError(
                    f"{self.name} is no {self.called}: it holds other tables ({', '.join(sorted(there)[:3])}). Name "
                    "another file, or an empty database."
                )
            schema = connection.scalar(sa.select(sa.func.max(self.about.c.schema)))
            if schema is not None and schema < self.schema:  # what it lacks are tables
                self.about.metadata.create_all(connection)
                connection.execute(sa.insert(self.about).values(schema=self.schema))
                schema = self.schema
        if schema != self.schema:
            raise DatabaseError(
                f"{self._it} is of version {schema}, and this coursekit reads version {self.schema}. "
                f"Use the coursekit that wrote it, or name another {self.called}."
            )

    def _insist_on_folder(self) -> None:
        if self._path and not self._path.parent.is_dir():
            raise DatabaseError(f"{self._it} cannot be made: {self._path.parent} is no folder.")

    def _insist_on_file(self) -> None:
        """SQLite would go on writing into a file that has no name any more."""
        if not self.there:
            raise DatabaseError(f"{self._it} was removed while it was open; what it held went with it.")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Says in a sentence what the database means."""
        try:
            yield
        except (NoSuchModuleError, ArgumentError, ImportError) as error:
            raise DatabaseError(
                f"{self._it} cannot be opened: {_first_line(error)}. Give a URL such as "
                "sqlite:///grades.sqlite, or postgresql+psycopg://user@host/database "
                "(pip install 'coursekit[postgres]')."
            ) from None
        except IntegrityError as error:
            raise RowTakenError(f"{self._it} fails: {_first_line(error.orig)}.") from None
        except SQLAlchemyError as error:
            said = str(error.orig if isinstance(error, DBAPIError) else error)
            means = next((cause for signs, cause in _CAUSES.items() if re.search(signs, said, re.IGNORECASE)), "")
            raise DatabaseError(f"{self._it} fails: {means or _first_line(said)}.") from None


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.drivername == "postgresql":  # plain postgresql:// would ask for psycopg2
        parsed = parsed.set(drivername="postgresql+psycopg")
    sqlite = parsed.get_backend_name() == "sqlite"
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_SECONDS} if sqlite else {})
    if sqlite:
        sa.event.listen(engine, "connect", _prepare_or_close)
    return engine


def _prepare_or_close(connection: Any, _record: object) -> None:
    try:
        _prepare(connection)
    except BaseException:  # SQLAlchemy forgets a connection that could not be prepared, and leaves it open
        connection.close()
        raise


def _prepare(connection: Any) -> None:
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


def now() -> str:
    """This moment, as rows have it: in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def to_text(text: str) -> str:
    """Text as it is, where a database can hold it; else as a JSON string."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)
    return json.dumps(text) if text.startswith('"') or "\0" in text else text


def from_text(stored: str) -> str:
    """The text that `to_text` was given.

    Raises:
        DatabaseError: the row that it comes from is damaged.
    """
    try:
        return str(json.loads(stored)) if stored.startswith('"') else stored
    except (ValueError, AttributeError):
        raise DatabaseError(
            f"A row of the database is damaged: {stored!r:.80} is no text. Restore a copy of it."
        ) from None


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
