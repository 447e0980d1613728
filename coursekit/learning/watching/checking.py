"""What the warm process knows: the course, the files that it has read, and how one answer in them is checked."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from coursekit.course import syllabus
from coursekit.course.stubs import spans_of
from coursekit.errors import CommandError
from coursekit.exercise import Stopped
from coursekit.exercise.failure import NO_END
from coursekit.grading.submission import Submission, read_submission
from coursekit.learning import learn, memory, overview, own, records
from coursekit.learning.watching.orders import SECONDS, Entry, Order, Result
from coursekit.report import Outcome, Report
from coursekit.wire import Cell

_PRINTED = 2_000  # characters of what an answer prints that are kept: a screen has no room for more


@dataclass(frozen=True)
class Asked:
    """An order that can be carried out, with the file as it was read."""

    order: Order
    exercise: str
    exercises: tuple[str, ...]
    submission: Submission
    is_new: bool

    @property
    def line(self) -> int:
        """Where the answer begins, in a .py file."""
        if len(self.submission.cells) != 1:
            return 0
        text = self.submission.cells[0][1]
        found = re.search(rf"(?m)^def[ \t]+{self.exercise}\b", text)
        return text.count("\n", 0, found.start()) + 1 if found else 0


class Desk:
    """Reads files and checks answers in them.

    Attributes:
        warm: the exercises whose check has run in this process.
        untold: the files whose code has changed since a verdict was told of it.
    """

    def __init__(self) -> None:
        self.warm: set[str] = set()
        self.untold: set[str] = set()
        self._read: dict[str, tuple[Cell, ...]] = {}  # by file its code when it was last read

    def course(self) -> list[Entry]:
        """All exercises."""
        return [
            Entry(exercise.name, topic.name, exercise.maximum, exercise.hints)
            for topic, exercise in syllabus.exercises().values()
        ]

    def read(self, order: Order) -> Asked | Result:
        """Reads the file of an order and decides which exercise is meant; a problem where that cannot be done."""
        path = Path(order.file)
        try:
            submission = learn.read_file(path)
        except (OSError, CommandError) as error:
            return Result(order.number, order.exercise, problem=str(error).removeprefix(f"{path}: "))
        names = overview.in_file(path, submission.cells)
        if not names and not order.exercise:
            said = "It defines no function that is called as an exercise. `coursekit list` names them."
            return Result(order.number, "", problem=said)
        before, self._read[order.file] = self._read.get(order.file, ()), submission.cells
        exercise = order.exercise or records.next_up([names], memory.checks()) or names[0]
        if order.follows and before:
            changed = [name for name in names if _text_of(before, name) != _text_of(submission.cells, name)]
            exercise = exercise if exercise in changed else next(iter(changed), exercise)
        if before != submission.cells:
            self.untold.add(order.file)
        return Asked(order, exercise, tuple(names), submission, order.file in self.untold)

    def check(self, asked: Asked) -> Result:
        """Checks one answer."""
        printed = _Printed()
        with redirect_stdout(printed), redirect_stderr(printed):
            report, steps = learn.score_in(asked.submission, asked.exercise, learn.WATCH)
        self.warm.add(asked.exercise)
        return _result(asked, report, steps, printed.getvalue())

    def refusal(self, asked: Asked, stopped: Stopped) -> Result:
        """What is said of a check that did not come to its end."""
        _, exercise = syllabus.find_exercise(asked.exercise)
        report = own.stopped(exercise, stopped)
        return _result(asked, report, learn.next_steps(exercise, report, learn.WATCH), "")

    def warm_up(self, name: str) -> None:
        """Checks the course's own answer, which brings along whatever a first check imports and works out."""
        topic, _ = syllabus.find_exercise(name)
        if not self.warm:
            learn.score_in(_NO_PYTHON, name, learn.WATCH)  # what is no Python is asked of IPython
        learn.score_in(read_submission(topic.solution, learner=""), name, learn.WATCH)
        self.warm.add(name)


_NO_PYTHON = Submission("", (("cell", "%magic\n"),))


def _result(asked: Asked, report: Report, steps: tuple[str, ...], printed: str) -> Result:
    return Result(
        asked.order.number,
        asked.exercise,
        asked.exercises,
        asked.line,
        report=report,
        steps=steps,
        printed=printed,
        is_new=asked.is_new,
    )


def _text_of(cells: Sequence[Cell], name: str) -> str:
    """All that defines a function, wherever it stands."""
    return "\n".join(text[begin:end] for _, text in cells for begin, end in spans_of(text, name))


def too_slow() -> Stopped:
    """Of a check that was still running when its time was over."""
    return Stopped(Outcome.TIMEOUT, f"Still running after {SECONDS:g} s, so it was ended.", NO_END)


def crashed() -> Stopped:
    """Of a check that has ended the process in which it ran."""
    said = "The code ended its own process instead of returning a value."
    return Stopped(Outcome.ERROR, said, "Take out exit(), quit(), sys.exit() and os._exit().")


class _Printed(io.StringIO):
    """Keeps the beginning of what is printed; a loop that prints for ever fills nothing."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, _PRINTED - self.tell())])
        return len(text)
