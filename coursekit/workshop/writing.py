"""Keeps what many people post at once in few transactions: each waits for its own, and nobody for a queue of locks."""

from __future__ import annotations

import asyncio

from coursekit.database import DatabaseError
from coursekit.workshop.store import Person, Posted, Store

_AT_ONCE = 100  # posts in one transaction
_WAITING = 2_000  # posts that wait for theirs; of more nobody would hear in time


class BusyError(Exception):
    """More is posted than the database takes."""


class Writer:
    """Writes to a store, one transaction after another.

    Args:
        store: to which.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._posts: asyncio.Queue[tuple[Person, Posted, asyncio.Future[None]]] = asyncio.Queue(_WAITING)

    async def keep(self, person: Person, posted: Posted) -> None:
        """Returns once it is kept.

        Raises:
            BusyError: too many wait; nothing of it is kept.
            DatabaseError: the database cannot keep it.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._posts.put_nowait((person, posted, kept))
        except asyncio.QueueFull:
            raise BusyError from None
        await kept

    async def write(self) -> None:
        """Writes for ever."""
        while True:
            posts = [await self._posts.get()]
            while not self._posts.empty() and len(posts) < _AT_ONCE:
                posts.append(self._posts.get_nowait())
            waiting = [kept for _, _, kept in posts]
            try:
                await asyncio.to_thread(self._store.log_all, [(person, posted) for person, posted, _ in posts])
            except DatabaseError as error:
                for kept in waiting:
                    if not kept.done():  # whoever waited may be gone
                        kept.set_exception(error)
            else:
                for kept in waiting:
                    if not kept.done():
                        kept.set_result(None)
