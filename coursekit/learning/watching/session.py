"""What happens in `coursekit watch`: which exercise is looked at, what is known of it, what a key does. No terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from coursekit.course import stubs, syllabus
from coursekit.errors import CommandError
from coursekit.learning import memory, records
from coursekit.learning.joined import posting
from coursekit.learning.watching import march
from coursekit.learning.watching.orders import Entry, Result
from coursekit.learning.watching.resetting import reset
from coursekit.learning.watching.saves import Saved
from coursekit.report import Outcome, Report


class View(Enum):
    """What fills the screen."""

    CHECK = auto()
    LIST = auto()
    SOLUTION = auto()


class Question(Enum):
    """What is asked before it is done."""

    RESET = auto()
    SOLUTION = auto()


class Cause(Enum):
    """Why an answer is checked."""

    SAVE = auto()
    ARRIVAL = auto()  # at the beginning, or after a pass: what is passed already is left behind
    KEY = auto()  # the learner wants to be here


class Order(Protocol):
    """Asks for a check of an exercise in a file, or of the one in it that the last save has changed."""

    def __call__(self, file: Path, exercise: str, *, follows: bool) -> None:
        """See `Checker.order`."""


class Session:
    """One evening.

    Args:
        file: what is watched first.
        exercise: what is looked at first; empty where the file's own answers tell.
        order: asks for a check.
        turn: is told of the file that is watched from now on.

    Attributes:
        entries: the exercises of the course, once they are known.
        result: what came of the last check of this exercise; None where there is none yet.
        since: when the check was asked for that has not come back, by `time.monotonic`; None where none is awaited.
        took: the seconds from the last save to its verdict, where there was a save.
        passed: what was passed since the beginning, in that order.
        hints: how many of an exercise's hints are shown.
        notice: a sentence about what has just happened.
    """

    def __init__(self, file: Path, exercise: str, order: Order, turn: Callable[[Path], None]) -> None:
        self.file, self.exercise = file, exercise
        self._order, self._turn = order, turn
        self.entries: dict[str, Entry] = {}
        self.result: Result | None = None
        self.since: float | None = None
        self.took: float | None = None
        self.passed: list[Report] = []
        self.hints: dict[str, int] = {}
        self.notice = ""
        self.view, self.question, self.cursor = View.CHECK, None, 0
        self.is_over = False
        self._cause, self._saved_at = Cause.ARRIVAL, None
        self._of_file: tuple[str, ...] = ()  # the exercises that the file is about

    view: View
    question: Question | None
    _cause: Cause
    _saved_at: float | None

    # ---- what comes in -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Asks for the first check."""
        self._ask(Cause.ARRIVAL)

    def saved(self, saved: Saved) -> None:
        """The file has been saved, or is gone."""
        if saved.at is None:
            self.since, self._cause = None, Cause.SAVE
            self.notice = f"{self.file.name} is gone. When it is back, it is checked again."
            return
        self.notice = ""
        self._saved_at = saved.at
        self._ask(Cause.SAVE)

    def knows(self, course: list[Entry]) -> None:
        """The exercises of the course have come."""
        self.entries = {entry.name: entry for entry in course}
        if self.since is not None:
            self.since = time.monotonic()  # until now it could not begin

    def came(self, result: Result) -> None:
        """The check that was asked for has ended."""
        self.since = None
        self.took = time.time() - self._saved_at if self._saved_at is not None else None
        if result.exercise != self.exercise and self._cause is Cause.SAVE:
            self.notice = f"You are writing `{result.exercise}`: on to it."
        self.exercise, self.result = result.exercise, result
        self._of_file = result.exercises or self._of_file
        if result.report is None:
            return
        self._remember(result.report)
        if _is_done(result.report) and self._cause is not Cause.KEY:
            self._move_on(result.report)

    def key(self, key: str) -> None:
        """A key was pressed, by its name: a letter, or up, down, enter, escape."""
        if self.question is not None:
            self._answer(key)
        elif self.view is View.LIST:
            self._key_in_list(key)
        elif self.view is View.SOLUTION and key != "q":
            self.view = View.CHECK if key in ("s", "escape", "enter") else self.view
        elif key in _KEYS:
            self.notice = ""
            _KEYS[key](self)

    # ---- what it does --------------------------------------------------------------------------------------------

    @property
    def march(self) -> list[str]:
        """The exercises that next and previous go through: those of the file, or of the course in its own files."""
        return list(self.entries) if march.is_of_course(self.file) else list(self._of_file)

    def states(self) -> dict[str, records.State]:
        """How far each exercise has come that was tried, today or before."""
        found = {name: record.state for name, record in records.records(memory.checks()).items()}
        return found | dict.fromkeys((report.exercise for report in self.passed), records.State.DONE)

    def _ask(self, cause: Cause) -> None:
        self._cause, self.since = cause, time.monotonic()
        if cause is not Cause.SAVE:
            self._saved_at = None
        self._order(self.file, self.exercise, follows=cause is Cause.SAVE)

    def _remember(self, report: Report) -> None:
        """Every save of other code counts; to look at an answer counts where it tells something new."""
        known = self.states().get(report.exercise)
        old = (records.State.DONE,) if _is_done(report) else _PASSED
        is_try = self._cause is Cause.SAVE and self.result is not None and self.result.is_new
        if is_try or (report.outcome is Outcome.PASSED and known not in old):
            self.notice = memory.remember(report, "watch") or self.notice
            posting.post_check(report, "watch")

    def _move_on(self, report: Report) -> None:
        self.passed = [*(each for each in self.passed if each.exercise != report.exercise), report]
        passed = [name for name, state in self.states().items() if state in _PASSED]
        following = march.after(self.march, self.exercise, passed)
        if following is not None:
            self._go_to(following, Cause.ARRIVAL)
        elif march.is_of_course(self.file):
            self.notice = "All exercises of the course are passed."
        else:
            self.notice = f"All exercises of {self.file.name} are passed."

    def _go_to(self, name: str, cause: Cause) -> None:
        file = march.file_of(self.entries[name].topic, self.file)
        if file != self.file:
            self.file = file
            self._turn(file)
        self.exercise, self.result, self.view = name, None, View.CHECK
        self._ask(cause)

    def _step(self, by: int) -> None:
        names = self.march
        if self.exercise not in names:
            self.notice = _NOT_READY
            return
        at = names.index(self.exercise) + by
        if 0 <= at < len(names):
            self._go_to(names[at], Cause.KEY)
        else:
            self.notice = f"This is the {'last' if by > 0 else 'first'} exercise here."

    def _next(self) -> None:
        self._step(1)

    def _previous(self) -> None:
        self._step(-1)

    def _hint(self) -> None:
        if self.exercise not in self.entries:
            self.notice = _NOT_READY
            return
        shown, there = self.hints.get(self.exercise, 0), len(self.entries[self.exercise].hints)
        if shown == there:
            self.notice = "These are all hints. `s` shows the answer."
            return
        # with those that were read before, in a notebook perhaps
        step = min(there, max(shown + 1, memory.next_hint(self.exercise)))
        memory.read_hint(self.exercise, step)
        self.hints[self.exercise] = step

    def _solution(self) -> None:
        if self.exercise not in self.entries:
            self.notice = _NOT_READY
        elif self.states().get(self.exercise) in _PASSED:
            self.view = View.SOLUTION
        else:
            self.question = Question.SOLUTION

    def _reset(self) -> None:
        if self.exercise in self.entries:
            self.question = Question.RESET
        else:
            self.notice = _NOT_READY

    def _answer(self, key: str) -> None:
        asked, self.question = self.question, None
        if key != "y":
            self.notice = "Nothing was done."
        elif asked is Question.SOLUTION:
            self.view = View.SOLUTION
        else:
            self._put_back()

    def _put_back(self) -> None:
        topic = syllabus.find_topic(self.entries[self.exercise].topic)
        try:
            copy = reset(self.file, topic, self.exercise)
        except (OSError, CommandError) as error:
            why = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
            self.notice = f"Nothing was changed: {why}"
        else:
            self.hints.pop(self.exercise, None)
            self.notice = (
                f"The stub is back; load the file again in your editor. As it was: {copy.parent.name}/{copy.name}"
            )

    def _list(self) -> None:
        names = self.march
        self.view = View.LIST
        self.cursor = names.index(self.exercise) if self.exercise in names else 0

    def _key_in_list(self, key: str) -> None:
        names = self.march
        if key in ("l", "escape"):
            self.view = View.CHECK
        elif key in ("down", "up", "n", "p") and names:
            self.cursor = max(0, min(len(names) - 1, self.cursor + (1 if key in ("down", "n") else -1)))
        elif key == "enter" and names:
            self._go_to(names[self.cursor], Cause.KEY)
        elif key == "q":
            self._quit()

    def _quit(self) -> None:
        self.is_over = True

    @property
    def solution(self) -> str:
        """The course's own answer."""
        return stubs.model_answer(syllabus.find_topic(self.entries[self.exercise].topic), self.exercise)


_PASSED = (records.State.CORE, records.State.DONE)
_NOT_READY = "One moment: torch is being loaded."
_KEYS: dict[str, Callable[[Session], None]] = {
    "h": Session._hint,
    "n": Session._next,
    "p": Session._previous,
    "l": Session._list,
    "s": Session._solution,
    "r": Session._reset,
    "q": Session._quit,
}


def _is_done(report: Report) -> bool:
    return report.outcome is Outcome.PASSED and report.points >= report.maximum
