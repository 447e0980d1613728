"""Grading on this machine: judges, which are processes of their own with a warm jail each, and lend no time to others.

What a judge does, checks and diagnoses, is Python, and threads of one process would take turns at it however many cores
there are. A judge is forked from the process that reads and records, when torch and the graders are imported: so it
costs a moment, and shares their memory. What they say to each other is pickled; no submission comes near a pickle.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import socket
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from queue import SimpleQueue

from coursekit.classroom.batch import Cells, Result, Terms, Workers, score_in
from coursekit.exercise import Exercise
from coursekit.jail.inside import confine
from coursekit.jail.judge import Jail
from coursekit.jail.terms import JailError
from coursekit.jail.walls import OPEN, Ready, Start, insist, layers, leave

_FORK = multiprocessing.get_context("fork")


@contextmanager
def judges(count: int, terms: Terms, exercises: Sequence[Exercise], start: Start | None) -> Iterator[Workers]:
    """So many judges. What they are at when this is left by an exception is ended, and not waited for.

    Args:
        count: how many.
        terms: what decides a grade besides the work.
        exercises: what they may be asked to grade.
        start: zygotes that have been started already.

    Raises:
        JailError: submissions cannot be confined here, or no process can be started.
    """
    with start or Start("zygote", confined=terms.confined, count=count) as start:
        ready = start.wait()
    walls = layers(ready[0].told) if terms.confined else OPEN
    forked: list[tuple[ForkProcess, Connection]] = []
    try:
        if terms.confined:
            insist(walls)
        gc.freeze()  # torch and the graders stay: whoever looks for garbage has not to look through them
        for own in [*ready[:count], *[None] * (count - len(ready))]:
            others: list[Connection | socket.socket] = [way for _, way in forked]
            others += [each.control for each in ready if each is not own]
            forked.append(_fork(own, others, terms, exercises))
        for each in ready:
            each.control.close()
        with ThreadPoolExecutor(count) as executor:
            try:
                yield Workers(executor, _Asking(way for _, way in forked), count, walls)
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                for judge, _ in forked:
                    judge.kill()
                raise
    finally:
        for each in ready:
            each.control.close()
        for judge, way in forked:
            way.close()  # at which it leaves
            judge.join()
        leave(start.process)


class _Asking:
    """Has whichever judge is idle grade a submission; called by as many threads as there are judges."""

    def __init__(self, ways: Iterable[Connection]) -> None:
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        for way in ways:
            self._idle.put(way)

    def __call__(self, cells: Cells, asked: Sequence[tuple[str, int]]) -> Mapping[str, Result]:
        way = self._idle.get()
        try:
            way.send((cells, asked))
            found: Mapping[str, Result] | Exception = way.recv()
        except (EOFError, OSError):
            raise JailError("A grading process was ended from outside. Is there memory enough for all?") from None
        finally:
            self._idle.put(way)
        if isinstance(found, Exception):
            raise found
        return found


def _fork(
    ready: Ready | None, others: Sequence[Connection | socket.socket], terms: Terms, exercises: Sequence[Exercise]
) -> tuple[ForkProcess, Connection]:
    """A judge, and the way to talk with it."""
    ours, theirs = _FORK.Pipe()
    arguments = theirs, [ours, *others], ready, terms, exercises
    judge = _FORK.Process(target=_judge, args=arguments, daemon=True)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it has a handler of its own
    try:
        judge.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
    return judge, ours


def _judge(
    way: Connection,
    others: Iterable[Connection | socket.socket],
    ready: Ready | None,
    terms: Terms,
    exercises: Iterable[Exercise],
) -> None:
    """Grades what it is sent until nobody is there any more to send it."""
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C in the terminal is for the process that ends this one
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    confine.die_with_parent()
    for other in others:  # who holds them could not be told from whoever talks by them
        other.close()
    by_name = {exercise.name: exercise for exercise in exercises}
    with Jail(terms.limits, terms.confined, ready) as jail:
        while True:
            try:
                cells, asked = way.recv()
            except (EOFError, OSError):
                return
            try:
                way.send(score_in(jail, cells, [(by_name[name], attempt) for name, attempt in asked], terms.secret))
            except Exception as error:
                error.add_note(traceback.format_exc())
                way.send(error)
