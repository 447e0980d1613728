"""What the workshop keeps: sessions, who is in them, and all that happened, in a database that may be shared.

There is one log for a session. What learners post and what the instructor says to the room are events of it, each kept
once and never changed, so any server that reads the log shows the same board: after a crash, or beside another server.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from coursekit.database import Database, from_text, now, to_text
from coursekit.workshop import tables
from coursekit.workshop.tables import events, people, sessions

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read as another
_CODE = 6  # of 31 letters: 900 million codes, and the server lets few be tried
_TOKEN = 32  # bytes


class Role(StrEnum):
    """What a token lets somebody do."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"


@dataclass(frozen=True)
class Session:
    """One workshop, from its beginning to its end.

    Attributes:
        id: its number in the database.
        title: what it is called.
        code: what learners join by.
        begun: when, in UTC, as ISO 8601 has it.
        ended: the same, or empty while it goes on.
    """

    id: int
    title: str
    code: str
    begun: str
    ended: str


@dataclass(frozen=True)
class Person:
    """Somebody in a session.

    Attributes:
        id: their number in the database.
        session: which.
        role: what they may do.
        name: what they call themselves; empty if they do not say.
        number: which of their role in this session, from 1.
    """

    id: int
    session: int
    role: Role
    name: str
    number: int


Posted = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Logged:
    """An event that was kept.

    Attributes:
        id: its place in the log.
        person: whose, as `Person.id`.
        body: what it says.
        at: when it came, in seconds since 1970.
    """

    id: int
    person: int
    body: dict[str, Any]
    at: float


def hashed(token: str) -> str:
    """What is kept of a token. It is random enough that nobody finds it by trying, so this needs no salt."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class Store(Database):
    """An open workshop; it is made where there is none. A context manager; several threads and servers may use it.

    Args:
        url: what SQLAlchemy opens, such as sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE.

    Raises:
        DatabaseError: by every method too, where the database cannot do what is asked.
    """

    called = "workshop"
    about = tables.about
    schema = tables.SCHEMA

    def begin(self, title: str) -> Session:
        """Begins a session with a code of its own; one that was going on ends."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
        row = {"title": to_text(title), "code": code, "begun": now(), "ended": ""}
        with self._alone() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.ended == "").values(ended=row["begun"]))
            connection.execute(sa.insert(sessions), row)
        session = self.current()
        assert session is not None
        return session

    def end(self) -> None:
        """Ends the session that goes on, if one does: nobody can join it or post to it any more."""
        with self._alone() as connection:
            connection.execute(sa.update(sessions).where(sessions.c.ended == "").values(ended=now()))

    def current(self) -> Session | None:
        """The session that goes on; None if none does."""
        return next((each for each in reversed(self.sessions()) if not each.ended), None)

    def sessions(self) -> list[Session]:
        """All sessions, the oldest first."""
        with self.reading() as connection:
            rows = connection.execute(sa.select(sessions).order_by(sessions.c.id)).all()
        return [Session(row.id, from_text(row.title), row.code, row.begun, row.ended) for row in rows]

    def add_person(self, session: Session, role: Role, name: str = "") -> tuple[Person, str]:
        """Lets somebody in.

        Returns:
            Who they are now, and their token, which is told this once.
        """
        token = secrets.token_urlsafe(_TOKEN)
        row = {"session": session.id, "role": role, "name": to_text(name), "token": hashed(token), "at": now()}
        same = (people.c.session == session.id) & (people.c.role == role)
        with self._alone() as connection:
            before = connection.scalar(sa.select(sa.func.max(people.c.number)).where(same)) or 0
            connection.execute(sa.insert(people), {**row, "number": before + 1})
        person = self.person(token)
        assert person is not None
        return person, token

    def person(self, token: str) -> Person | None:
        """Whose token that is, in a session that goes on; None if nobody's."""
        rows = sa.select(people).join(sessions, sessions.c.id == people.c.session)
        with self.reading() as connection:
            row = connection.execute(rows.where(people.c.token == hashed(token), sessions.c.ended == "")).one_or_none()
        return None if row is None else _person(row)

    def people(self, session: Session, after: int = 0) -> list[Person]:
        """Everybody in a session in the order in which they came, from behind the one with this id."""
        rows = sa.select(people).where(people.c.session == session.id, people.c.id > after).order_by(people.c.id)
        with self.reading() as connection:
            return [_person(row) for row in connection.execute(rows)]

    def log(self, person: Person, posted: Posted) -> int:
        """Keeps events; those that this person has posted before are passed over.

        Args:
            person: who posts them.
            posted: the id of each, which whoever posts has made, and what it says.

        Returns:
            How many are new. All of them are kept when this returns, whatever happens to the server then.
        """
        return self.log_all([(person, posted)])

    def log_all(self, posts: Sequence[tuple[Person, Posted]]) -> int:
        """Keeps what several people post, in one transaction, which takes hardly longer than for one of them."""
        at = time.time()
        rows = {
            (person.id, uid): {"session": person.session, "person": person.id, "uid": uid, "body": body, "at": at}
            for person, posted in posts
            for uid, body in ((uid, json.dumps(body)) for uid, body in dict(posted).items())
        }
        given = events.c.person.in_({who for who, _ in rows}) & events.c.uid.in_({uid for _, uid in rows})
        with self._alone() as connection:  # so that ids are seen in their order, by which servers follow the log
            there = {(row.person, row.uid) for row in connection.execute(sa.select(events).where(given))}
            new = [row for key, row in rows.items() if key not in there]
            if new:
                connection.execute(sa.insert(events), new)
        return len(new)

    def events(self, session: Session, after: int = 0, most: int = 10_000) -> list[Logged]:
        """What happened in a session, in order, from behind the event with this id."""
        rows = sa.select(events).where(events.c.session == session.id, events.c.id > after)
        with self.reading() as connection:
            found = connection.execute(rows.order_by(events.c.id).limit(most)).all()
        return [Logged(row.id, row.person, json.loads(row.body), row.at) for row in found]

    def delete(self, session: int | None = None) -> int:
        """Deletes a session, or all: who was in it, what they posted, its codes and tokens.

        Returns:
            How many sessions that were.
        """
        ids = sa.select(sessions.c.id)
        ids = ids if session is None else ids.where(sessions.c.id == session)
        with self._alone() as connection:
            found = list(connection.scalars(ids))
            connection.execute(sa.delete(events).where(events.c.session.in_(found)))
            connection.execute(sa.delete(people).where(people.c.session.in_(found)))
            connection.execute(sa.delete(sessions).where(sessions.c.id.in_(found)))
        if self._engine.dialect.name == "sqlite":  # which would leave them in the file, in pages that are free
            with self.reading() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                alone.exec_driver_sql("VACUUM")
                alone.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(found)

    @contextmanager
    def _alone(self) -> Iterator[sa.Connection]:
        """A transaction beside which no other one writes."""
        with self.writing() as connection:
            self._let_alone(connection)
            yield connection


def _person(row: Any) -> Person:
    return Person(row.id, row.session, Role(row.role), from_text(row.name), row.number)
