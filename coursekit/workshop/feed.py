"""Follows the log of a session and tells whoever is connected what has changed.

The log is asked a few times a second, and nothing is handed from a post to a board directly. So a board shows what is
kept and nothing else, and several servers on one database show the same.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial

from coursekit.database import DatabaseError
from coursekit.workshop.room import Room
from coursekit.workshop.store import Session, Store

TICK = 0.25  # seconds between two looks at the log
_LARGE = 100_000  # characters of a board, which is some 700 learners: from there on it is sent once a second
KEEP_ALIVE = 15.0  # seconds after which a silent stream says that it is there


@dataclass(frozen=True)
class Snapshot:
    """What everybody sees, at one moment.

    Attributes:
        board: for instructors, as JSON.
        learners: for each learner by id, the same.
    """

    board: str = "{}"
    learners: dict[int, str] = field(default_factory=dict)


class Feed:
    """What the session is like by now, for as many streams as there are.

    Args:
        store: where the log is.
        session: whose.
    """

    def __init__(self, store: Store, session: Session) -> None:
        self._store, self._session, self._room = store, session, Room()
        self.now = Snapshot()
        self.is_over = self.is_closing = False
        self._changed = asyncio.Event()  # of the board
        self._spoken = asyncio.Event()  # of what learners see, which is seldom: thousands of streams sleep meanwhile

    def close(self) -> None:
        """Ends all streams, though the session goes on: its server stops."""
        self.is_closing = True
        self._changed.set()
        self._spoken.set()

    async def follow(self) -> None:
        """Looks at the log until the session is over, or its server stops."""
        while not (self.is_over or self.is_closing):
            try:
                found = await asyncio.to_thread(self._look)
            except DatabaseError:  # the database is away: boards keep what they show, and it is asked again
                await asyncio.sleep(4 * TICK)
                continue
            if found is not None or self.is_over:
                before, self.now = self.now, found or self.now
                self._changed.set()
                self._changed = asyncio.Event()
                if self.is_over or self.now.learners is not before.learners:
                    self._spoken.set()
                    self._spoken = asyncio.Event()
            await asyncio.sleep(TICK if len(self.now.board) < _LARGE else 1)

    def _look(self) -> Snapshot | None:
        """What has become of it since the last look; None if nothing has happened."""
        room, before, spoken = self._room, (self._room.seen, self._room.met), self._room.spoken
        current = self._store.current()
        self.is_over = current is None or current.id != self._session.id
        for person in self._store.people(self._session, after=room.met):
            room.meet(person)
        while logged := self._store.events(self._session, after=room.seen):
            for each in logged:
                room.tell(each)
        if (room.seen, room.met) == before:
            return None
        learners = self.now.learners
        if room.spoken != spoken or len(room.learners) != len(learners):
            learners = {who: json.dumps(room.for_learner(who)) for who in room.learners}
        return Snapshot(json.dumps(room.board()), learners)

    def board(self) -> AsyncIterator[str]:
        """The stream of a board."""
        return self._stream(lambda now: now.board, lambda: self._changed)

    def learner(self, who: int) -> AsyncIterator[str]:
        """The stream of a learner."""
        return self._stream(partial(_of_learner, who), lambda: self._spoken)

    async def _stream(self, of: Callable[[Snapshot], str], news: Callable[[], asyncio.Event]) -> AsyncIterator[str]:
        """Server-sent events: what there is, and each time anew when it is another."""
        sent = None
        while not (self.is_over or self.is_closing):
            changed, data = news(), of(self.now)
            if data != sent:
                yield f"data: {data}\n\n"
                sent = data
                continue  # it may have changed while that was sent
            try:
                await asyncio.wait_for(changed.wait(), KEEP_ALIVE)
            except TimeoutError:
                yield ": still here\n\n"
        if self.is_over:
            yield "event: over\ndata: {}\n\n"


def _of_learner(who: int, now: Snapshot) -> str:
    return now.learners.get(who, "{}")
