"""This side of the wall: starts the zygote, and has it fork children for the functions that are graded.

The judge never imports or runs a submission. It sends source text and inputs, and takes numbers back. The child is
limited in time, memory and output, and confined (see `inside.confine`): it reaches no file, no network and no other
process. Where bubblewrap can be had, the zygote itself sees nothing but the interpreter and its packages.
"""

from __future__ import annotations

import select
import socket
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self

from coursekit.exercise import Exercise, Stopped
from coursekit.grading import scoring
from coursekit.grading.behaviour.probes import ask_child
from coursekit.grading.rehearsal import Line
from coursekit.jail.child import Child
from coursekit.jail.ending import Clock
from coursekit.jail.process import ZygoteGone, line
from coursekit.jail.terms import JailError, Layer, Limits
from coursekit.jail.walls import OPEN, START_SECONDS, Ready, Start, insist, layers, leave, look
from coursekit.report import Outcome, Report
from coursekit.wire import Answer, Cell, Question
from coursekit.wire.readymade import relatives

_FEW = 8  # forks of a zygote, for which laying its memory would take longer than it saves

__all__ = ["Jail", "JailError", "Layer", "Limits", "ZygoteGone", "insist", "look"]


@dataclass(frozen=True)
class Leaning:
    """Which functions of a submission depend on which others.

    Attributes:
        may: by exercise, the names of those to ask about.
        does: what was found so far; nothing is kept of an exercise that was not asked about.
    """

    may: Mapping[str, Sequence[str]]
    does: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Jail:
    """One warm zygote. Use it as a context manager, from one thread at a time.

    Args:
        limits: what one exercise of one submission may use.
        confined: False leaves a process of its own and its limits, and no other wall: for work of people you trust.
        ready: a zygote that is ready already, for it to begin with.

    Attributes:
        layers: what holds, once the jail has started.
    """

    def __init__(self, limits: Limits | None = None, confined: bool = True, ready: Ready | None = None) -> None:
        self.limits = limits or Limits()
        self.confined = confined
        self.layers: tuple[Layer, ...] = ()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._has_late = False
        self._forks = 0
        self._ready = ready
        self._closed = False

    def __enter__(self) -> Self:
        self._closed = False
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True  # who still grades in it, in another thread, shall not start it again
        self._stop()

    def score(
        self,
        cells: tuple[Cell, ...],
        asked: Sequence[tuple[Exercise, int]],
        *,
        learner: str = "",
        exercises: Sequence[str] = (),
        instead: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        leaning: Leaning | None = None,
    ) -> list[Report]:
        """Grades several functions of one submission; those that forbid the same share a child, to save forks.

        What earns full marks there is done. What does not is graded again, as the first one in a new child, where no
        other exercise's code has run: so none loses a point by another's (and one that hangs costs its time twice). So
        is what a busy machine left no time. Once the submission's own time is over, nothing is graded again.

        Args:
            cells: all of the submission's source.
            asked: each exercise with its seed.
            learner: whose it is.
            exercises: the names of all that the course asks for: none of them is a misspelt other one.
            instead: by name, the source of functions that take the place of the learner's own ones.
            clock: the time of the submission; by default it begins now.
            leaning: whom to ask about in passing, where a child has run nothing yet; what is found is put there.

        Raises:
            JailError: the jail cannot be started again.
        """
        groups: dict[frozenset[str], list[tuple[Exercise, int]]] = {}
        for exercise, seed in asked:
            groups.setdefault(relatives(exercise.forbids), []).append((exercise, seed))
        reports: dict[str, Report] = {}
        clock = clock or Clock(self.limits.total)
        for waiting in groups.values():
            for report in self._grade_group(cells, waiting, learner, exercises, instead or {}, clock, leaning):
                reports[report.exercise] = report
        return [reports[exercise.name] for exercise, _ in asked]

    def leans_on(
        self, cells: tuple[Cell, ...], exercise: Exercise, others: Sequence[str], clock: Clock
    ) -> tuple[str, ...]:
        """Which of the functions `others` of the same cells an answer depends on; see `Source.leans_on`."""
        try:
            with self._fork(cells, exercise.forbids, (), clock, late=False) as child:
                return child.leans_on(exercise.name, others)
        except (Stopped, ZygoteGone):
            return ()

    def answers(
        self,
        cells: tuple[Cell, ...],
        exercise: Exercise,
        asked: Sequence[bytes],
        instead: Mapping[str, str],
        clock: Clock,
    ) -> list[Answer]:
        """What one function of a submission answers to questions, as far as it comes, in a child of its own.

        Args:
            cells: all of the submission's source.
            exercise: which function.
            asked: the questions, as frames.
            instead: see `score`.
            clock: the time of the submission.

        Returns:
            Nothing where the machine was too busy, or the jail ended.
        """
        for late in (False, True):
            try:
                with self._fork(cells, exercise.forbids, (), clock, late=late) as child:
                    child.turn_to(exercise, instead)
                    found = ask_child(child, asked)
                    if late or not child.lacks:
                        return found
            except (Stopped, ZygoteGone):
                break
        return []

    def _grade_group(
        self,
        cells: tuple[Cell, ...],
        waiting: list[tuple[Exercise, int]],
        learner: str,
        exercises: Sequence[str],
        instead: Mapping[str, str],
        clock: Clock,
        leaning: Leaning | None,
    ) -> Iterator[Report]:
        """Grades exercises under one rule, in as many children as it takes; should the jail end, in a new one."""
        ended: Exercise | None = None  # under which one, as the first in its child, the jail has ended
        starved: Exercise | None = None  # which one had no time on a busy machine, and gets another try
        late = False
        while waiting:
            first, seed = waiting[0]
            if clock.is_over:
                yield scoring.score(first, partial(_no_time_left, clock), seed=seed, learner=learner)
                del waiting[0]
                continue
            try:
                with self._fork(cells, first.forbids, exercises, clock, late=late) as child:
                    if child.is_over:
                        raise ZygoteGone
                    if leaning is not None and not _asked_what_leans(child, first, leaning):
                        continue
                    again = first is starved
                    starved = yield from _grade_in_turn(child, waiting, learner, instead, clock, again=again)
                    late |= child.lacks
            except ZygoteGone:
                if waiting[0][0] is not first:
                    continue
                if ended is first:
                    yield scoring.score(first, _ended_twice, seed=seed, learner=learner)
                    del waiting[0]
                ended = first

    @contextmanager
    def child(self, cells: tuple[Cell, ...], exercise: Exercise, *, late: bool = False) -> Iterator[Line]:
        """A fork that holds one learner's function, and the way to ask it.

        Args:
            cells: all of the submission's source.
            exercise: which function.
            late: whether to give it all that a child can import, which takes seconds the first time.

        Asking raises Stopped when the child is gone or oversteps a limit, ZygoteGone when the jail itself ended, and
        JailError when it cannot be started again.
        """
        with self._fork(cells, exercise.forbids, (), Clock(self.limits.total), late=late) as child:
            child.turn_to(exercise)
            yield child

    @contextmanager
    def _fork(
        self, cells: tuple[Cell, ...], forbids: Sequence[str], exercises: Sequence[str], clock: Clock, *, late: bool
    ) -> Iterator[Child]:
        if self._closed:
            raise JailError("The jail was closed.")
        if self._control is None or not self._is_well():
            self._stop()
            self._start()
        self._forks += 1
        if self._forks == _FEW:
            self._bid("settle")
        if late and not self._has_late:  # imports what torch.func, say, imports at its first call, in nobody's time
            self._has_late = self._bid("bring")
        assert self._control is not None
        child = Child(self._control, self.limits, clock)
        try:
            child.begin(cells, forbids, exercises, late=late)
            yield child
        finally:
            if not child.end():  # the zygote does not answer for its child: begin anew
                self._stop()

    def _is_well(self) -> bool:
        """Whether the zygote lives and has nothing to say: it speaks only when spoken to, or when it has ended."""
        assert self._control is not None
        ended = self._zygote is not None and self._zygote.poll() is not None
        return not ended and not select.select([self._control], [], [], 0)[0]

    def _bid(self, what: str) -> bool:
        """Has the zygote do what takes it a while, and says whether it has."""
        assert self._control is not None
        with suppress(OSError):  # the zygote is gone or stuck, which the child's first question will tell
            self._control.settimeout(START_SECONDS)
            self._control.send(line({what: True}))
            return bool(self._control.recv(1 << 10))
        return False

    def _start(self) -> None:
        ready, self._ready = self._ready, None
        if ready is None:
            start = Start("zygote", confined=self.confined)
            (ready,) = start.wait()
            self._zygote = start.process
        self._control, told = ready
        self.layers = layers(told) if self.confined else OPEN
        if self.confined:
            try:
                insist(self.layers)
            except JailError:
                self._stop()
                raise

    def _stop(self) -> None:
        # who grades in it and who closes it may both come here, each from a thread of its own
        zygote, control = self._zygote, self._control
        self._zygote = self._control = None
        self._has_late = False
        self._forks = 0
        if control is not None:
            control.close()  # the zygote reads an end of file and leaves
        if zygote is not None:
            leave(zygote)


def _grade_in_turn(
    child: Child,
    waiting: list[tuple[Exercise, int]],
    learner: str,
    instead: Mapping[str, str],
    clock: Clock,
    *,
    again: bool,
) -> Generator[Report, None, Exercise | None]:
    """Grades one after another, and takes each from `waiting` whose report stands, until one's does not.

    What was starved gets another try in a new child, and is returned; `again` says that the first one here has that.
    """
    alone = True  # no code of another exercise has run in this child
    while waiting and not child.is_over:
        exercise, seed = waiting[0]
        try:
            child.turn_to(exercise, instead)
        except Stopped:
            return None
        # once it has failed here, and is to be graded again, nobody needs to know in what else, nor by which mistake
        came = scoring.run(exercise, child, seed=seed, leave=partial(_is_unsure, child, clock, alone=alone))
        has_run = child.has_run or came.outcome is not Outcome.UNATTEMPTED
        unsure = has_run and not alone and not came.is_solved
        if (unsure or child.lacks or (child.is_starved and not again)) and not clock.is_over:
            return exercise if child.is_starved else None
        del waiting[0]
        yield came.report(learner)
        alone, again = alone and not has_run, False
    return None


def _is_unsure(child: Child, clock: Clock, *, alone: bool) -> bool:
    """Whether what does not pass is graded again: it has run where another exercise's code had run before."""
    return child.has_run and not alone and not clock.is_over


def _asked_what_leans(child: Child, exercise: Exercise, leaning: Leaning) -> bool:
    """Asks what an answer depends on, if that is not known: in a child where nothing of the learner's has run.

    Returns:
        Whether the child can go on. Where it has ended by this, nothing is known, and it is not asked again.
    """
    others = leaning.may.get(exercise.name)
    if not others or exercise.name in leaning.does:
        return True
    leaning.does[exercise.name] = ()
    try:
        leaning.does[exercise.name] = child.leans_on(exercise.name, others)
    except Stopped:
        return False
    return True


def _no_time_left(clock: Clock, _question: Question) -> Answer:
    raise clock.stop()


def _ended_twice(_question: Question) -> Answer:
    raise Stopped(
        Outcome.ERROR,
        "The grading process ended twice while it ran this function.",
        "If the function uses little memory, ask your instructor to look at the grading machine.",
    )
