"""What a learner calls: check, hint, solution."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from coursekit.course import stubs, syllabus
from coursekit.errors import CommandError
from coursekit.exercise import Exercise
from coursekit.grading import leaning, scoring
from coursekit.grading.here import as_graded, ask_here
from coursekit.grading.submission import Submission, read_submission
from coursekit.jail.inside import source
from coursekit.jail.inside.byhand import ByHand
from coursekit.learning import feedback, memory
from coursekit.learning.card.parting import Asked
from coursekit.learning.card.shown import Card
from coursekit.learning.reading import used_in
from coursekit.report import Outcome, Report
from coursekit.wire import Answer, Problem
from coursekit.wire.answering import describe


@dataclass(frozen=True)
class Wording:
    """How a next step is written where the learner is: a call in a notebook, a command in a terminal."""

    hint: str
    solution: str


NOTEBOOK = Wording('`hint("{name}", {step})`', '`solution("{name}")`')
TERMINAL = Wording("`coursekit hint {name} {step}`", "`coursekit solution {name}`")

_SOON = 0.2  # seconds that a single question of a curve may take
VISIBLE_SEED = 0  # the inputs of a learner's own checks; a graded run draws others


def check(function: Callable[..., Any] | str, name: str | None = None) -> feedback.Feedback:
    """Scores a function of yours and says what to do next.

    Args:
        function: the function; its name is the exercise's.
        name: the exercise, where your function is called otherwise.
    """
    if isinstance(function, str):
        return _say(f"Give the function itself, without quotes: `check({function})`.")
    if not callable(function):
        return _say(f"Give the function itself: `check(entropy)`. This is a {type(function).__name__}.")
    name = name or _name_of(function, sys._getframe(1).f_globals)
    if not name.isidentifier():
        return _say(f"This function has no name of its own. Write it with `def`, or name the exercise: {_NAMED}.")
    try:
        _, exercise = syllabus.find_exercise(name)
    except syllabus.UnknownNameError as error:
        return _say(str(error))
    used = used_in(function, exercise)
    asked = list[Asked]()
    report = _score(exercise, function, asked=asked) if used is None else _refused(exercise, Problem("forbidden", used))
    steps = (*next_steps(exercise, report), *_remembered(report))
    return Card(report, steps, exercise, asked, function.__doc__ or "")


def _remembered(report: Report) -> tuple[str, ...]:
    """Remembers a check; a line to show where that could not be done."""
    said = memory.remember(report)
    return (said,) if said else ()


_NAMED = '`check(my_function, "entropy")`'


def _name_of(function: Callable[..., Any], names: Mapping[str, Any]) -> str:
    """The exercise that a function is called after; of a lambda, a partial or a module, the name that it was given."""
    own = str(getattr(function, "__name__", ""))
    known = syllabus.exercises()
    if own in known:
        return own
    return next((name for name, value in names.items() if value is function and name in known), own)


def check_file(name: str, path: Path | None = None) -> tuple[Report, tuple[str, ...]]:
    """Scores the function `name` in a .py or .ipynb file, and says what to do next in a terminal's words.

    Args:
        name: the exercise.
        path: the file; the topic's own in `exercises/` where none is given.

    Raises:
        UnknownNameError: there is no such exercise.
        CommandError: a file stands where the exercise should, or none is given and this is the installed package.
        OSError: the file cannot be read.
    """
    if path is None and name.endswith((".py", ".ipynb")):
        raise CommandError(f"Name the exercise first, then the file: `coursekit check squared_error {name}`.")
    topic, exercise = syllabus.find_exercise(name)
    if path is None:
        if not syllabus.in_course():
            raise CommandError(
                f"Give a file: `coursekit check {name} FILE`. Without one it looks into exercises/ of the course's "
                "folder, and this is the installed package."
            )
        path = topic.stub
    submission = read_submission(path, learner="")
    if submission.problem:
        raise OSError(f"{path}: {submission.problem}")
    report = _score_file(submission, exercise)
    return report, (*next_steps(exercise, report, TERMINAL), f"Your file: {path}", *_remembered(report))


def _refused(exercise: Exercise, problem: Problem) -> Report:
    return scoring.score(exercise, lambda _: Answer(problem=problem), seed=VISIBLE_SEED)


def _score(
    exercise: Exercise,
    function: Callable[..., Any],
    by_hand: ByHand | None = None,
    asked: list[Asked] | None = None,
) -> Report:
    way = _Here(exercise.name, function, by_hand, [] if asked is None else asked)
    return leaning.part(way, exercise, way.grade(exercise, {}), {})


@dataclass(frozen=True)
class _Here:
    """How a function of this process is graded, and those of the same module or notebook that it calls."""

    name: str
    function: Callable[..., Any]
    by_hand: ByHand | None  # what has caught what the function called, if it was loaded so
    asked: list[Asked]  # is added to

    def grade(self, exercise: Exercise, instead: Mapping[str, str]) -> Report:
        there = self._reached()
        function = self.function if exercise.name == self.name else there[exercise.name]
        if instead and isinstance(function, FunctionType):
            lent = {name: source.Source([("course", text)]).load(name) for name, text in instead.items()}
            names = function.__globals__ | {}  # a copy: what the learner has defined stays as it is
            names |= {name: _with_globals(each, names) for name, each in there.items()} | lent
            function = _with_globals(function, names)
        here = ask_here(function, exercise)
        judge = self.by_hand.judge if self.by_hand and exercise.name == self.name else lambda answer: answer
        ask = Asked(exercise.name, lambda question: judge(here(question)), ask_here(function, exercise, _SOON))
        self.asked.append(ask)
        with as_graded():
            return scoring.score(exercise, ask, seed=VISIBLE_SEED)

    def leans_on(self, exercise: Exercise, others: Sequence[str]) -> tuple[str, ...]:
        function = self.function if exercise.name == self.name else None
        reached = self._reached(function or self._reached()[exercise.name])
        return tuple(other for other in others if other in reached)

    def _reached(self, function: Callable[..., Any] | None = None) -> dict[str, FunctionType]:
        """The functions of the same module that a function calls, and those that they call, by their names."""
        first = function or self.function
        reached = dict[str, FunctionType]()
        waiting = [first] if isinstance(first, FunctionType) else []
        while waiting:
            each = waiting.pop()
            for name in _global_names(each.__code__):
                called = each.__globals__.get(name)
                if name in reached or called is first or not isinstance(called, FunctionType):
                    continue
                if called.__globals__ is each.__globals__ and called.__name__ == name:
                    reached[name] = called
                    waiting.append(called)
        return reached


def _with_globals(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _global_names(code: CodeType) -> Iterator[str]:
    """The global names that code reads, in functions within it as well; no attribute's name is one."""
    yield from (str(each.argval) for each in dis.get_instructions(code) if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _global_names(constant)


def _score_file(submission: Submission, exercise: Exercise) -> Report:
    by_hand = ByHand(exercise.forbids)
    try:
        read = source.Source(list(submission.cells), syllabus.exercises().keys())
        function = read.load(exercise.name, by_hand)
    except source.SourceError as error:
        problem = Problem(error.kind, str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: an exit() in the file is the file's problem
        problem = Problem("broken", f"Loading it raised {describe(error).message}.")
    else:
        return _score(exercise, function, by_hand)
    return _refused(exercise, by_hand.judge(Answer(problem=problem)).problem or problem)


def hint(name: str, step: int = 1, wording: Wording = NOTEBOOK) -> feedback.Feedback:
    """The next rung of an exercise's ladder of hints; the last one is still not the answer."""
    name = getattr(name, "__name__", name)
    try:
        _, exercise = syllabus.find_exercise(name)
    except syllabus.UnknownNameError as error:
        return _say(str(error))
    if not 1 <= step <= len(exercise.hints):
        return _say(f"`{name}` has hints 1 to {len(exercise.hints)}.")
    memory.remember_hint(name, step)
    after = (
        f"One more: {wording.hint.format(name=name, step=step + 1)}"
        if step < len(exercise.hints)
        else f"That was the last one. To see the answer: {wording.solution.format(name=name)}"
    )
    return _say(f"Hint {step} of {len(exercise.hints)}. {exercise.hints[step - 1]}", after)


def solution(name: str) -> feedback.Code | feedback.Feedback:
    """The course's own answer, to compare with yours."""
    name = getattr(name, "__name__", name)
    try:
        topic, _ = syllabus.find_exercise(name)
    except syllabus.UnknownNameError as error:
        return _say(str(error))
    return feedback.Code(stubs.model_answer(topic, name))


def next_steps(exercise: Exercise, report: Report, wording: Wording = NOTEBOOK) -> tuple[str, ...]:
    """What to do after this report."""
    name = exercise.name
    if report.outcome is Outcome.UNATTEMPTED:
        return (_help(exercise, wording),)
    if not scoring.is_solved(report):
        return (f"Next: mend it and check again. {_help(exercise, wording)}",)
    after = syllabus.next_exercise(name)
    onward = f"Next exercise: `{after}`" if after else "That was the last exercise of the course."
    return (exercise.idea, f"{feedback.ADVICE} Compare: {wording.solution.format(name=name)}", onward)


def _help(exercise: Exercise, wording: Wording) -> str:
    """The way to the next hint that is unread; to the first one, and to the answer, where all are read."""
    name, step = exercise.name, memory.next_hint(exercise.name)
    if step <= len(exercise.hints):
        return f"{'A hint' if step == 1 else 'The next hint'}: {wording.hint.format(name=name, step=step)}"
    again, answer = wording.hint.format(name=name, step=1), wording.solution.format(name=name)
    return f"All its hints are read; again: {again}. To see the answer: {answer}"


def _say(*lines: str) -> feedback.Feedback:
    return feedback.Feedback(None, lines)
