"""How a learner's own function is scored in this process: one of a notebook, or one of a file that is loaded here."""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from coursekit.course import syllabus
from coursekit.exercise import Exercise, Stopped
from coursekit.grading import leaning, scoring
from coursekit.grading.here import as_graded, ask_here
from coursekit.grading.submission import Submission
from coursekit.jail.inside import source
from coursekit.jail.inside.byhand import ByHand
from coursekit.learning.card.parting import Asked
from coursekit.learning.reading import used_in
from coursekit.report import Report
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.answering import describe

_SOON = 0.2  # seconds that a single question of a curve may take
VISIBLE_SEED = 0  # the inputs of a learner's own checks; a graded run draws others


def of_notebook(function: Callable[..., Any], exercise: Exercise, asked: list[Asked]) -> Report:
    """Scores a function of a notebook; what it was asked is added to `asked`."""
    used = used_in(function, exercise)
    if used is not None:
        return _refused(exercise, Problem("forbidden", used))
    return _score(exercise, function, None, asked)


def of_file(submission: Submission, exercise: Exercise) -> Report:
    """Scores the function of an exercise in files that have been read."""
    by_hand = ByHand(exercise.forbids)
    try:
        read = source.Source(list(submission.cells), syllabus.names().keys())
        function = read.load(exercise.name, by_hand)
    except source.SourceError as error:
        problem = Problem(error.kind, str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: an exit() in the file is the file's problem
        problem = Problem("broken", f"Loading it raised {describe(error).message}.")
    else:
        return _score(exercise, function, by_hand, [])
    return _refused(exercise, by_hand.judge(Answer(problem=problem)).problem or problem)


def stopped(exercise: Exercise, why: Stopped) -> Report:
    """Of a function that has ended, or outlived, the process in which it was scored."""

    def ask(_: Question) -> Answer:
        raise why

    return scoring.score(exercise, ask, seed=VISIBLE_SEED)


def _refused(exercise: Exercise, problem: Problem) -> Report:
    return scoring.score(exercise, lambda _: Answer(problem=problem), seed=VISIBLE_SEED)


def _score(exercise: Exercise, function: Callable[..., Any], by_hand: ByHand | None, asked: list[Asked]) -> Report:
    way = _Here(exercise.name, function, by_hand, asked)
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
        ask = Asked(exercise.name, lambda question: judge(here(question)), ask_here(function, exercise, seconds=_SOON))
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
