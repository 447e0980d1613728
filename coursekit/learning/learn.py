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
from coursekit.exercise import Exercise, Stopped
from coursekit.grading import leaning, scoring
from coursekit.grading.here import as_graded, ask_here
from coursekit.grading.opening import in_conflict, is_in_conflict
from coursekit.grading.submission import Submission, read_submission
from coursekit.jail.inside import source
from coursekit.jail.inside.byhand import ByHand
from coursekit.learning import feedback, memory, overview
from coursekit.learning.card.parting import Asked
from coursekit.learning.card.shown import Card
from coursekit.learning.reading import used_in
from coursekit.report import Outcome, Report
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.answering import describe


@dataclass(frozen=True)
class Wording:
    """How a next step is written where the learner is: a call in a notebook, a command in a terminal, a key."""

    where: str
    hint: str
    solution: str


NOTEBOOK = Wording("notebook", '`hint("{name}", {step})`', '`solution("{name}")`')
TERMINAL = Wording("terminal", "`coursekit hint {name} {step}`", "`coursekit solution {name}`")
WATCH = Wording("watch", "press `h`", "press `s`")

_ALL: Any = object()  # no function at all; None is what a mistaken name may hold
_SOON = 0.2  # seconds that a single question of a curve may take
VISIBLE_SEED = 0  # the inputs of a learner's own checks; a graded run draws others


def check(function: Callable[..., Any] | str = _ALL, name: str | None = None) -> feedback.Feedback | overview.Overview:
    """Scores a function of yours and says what to do next; without any, all exercises that the notebook has run.

    Args:
        function: the function; its name is the exercise's.
        name: the exercise, where your function is called otherwise.
    """
    if function is _ALL:
        return _check_notebook(sys._getframe(1).f_globals)
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
    asked = list[Asked]()
    report = _report_of(function, exercise, asked)
    steps = (*next_steps(exercise, report), *_remembered(report, NOTEBOOK))
    return Card(report, steps, exercise, asked, function.__doc__ or "")


def _check_notebook(names: Mapping[str, Any]) -> feedback.Feedback | overview.Overview:
    """Scores all exercises that stand among the names of a notebook."""
    found = overview.in_notebook(names)
    if not found:
        return _say("No exercise of this notebook has run yet: run its cells, or name a function: `check(entropy)`.")
    reports = [_report_of(names[name], syllabus.find_exercise(name)[1], []) for name in found]
    return _overview("This notebook", reports, "`check({name})`", NOTEBOOK)


def _report_of(function: Callable[..., Any], exercise: Exercise, asked: list[Asked]) -> Report:
    used = used_in(function, exercise)
    if used is not None:
        return _refused(exercise, Problem("forbidden", used))
    return _score(exercise, function, None, asked)


def _remembered(report: Report, wording: Wording) -> tuple[str, ...]:
    """Remembers a check; a line to show where that could not be done."""
    said = memory.remember(report, wording.where)
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
        CommandError: no file is given, and this is the installed package.
        OSError: the file cannot be read.
    """
    topic, _ = syllabus.find_exercise(name)
    if path is None:
        if not syllabus.in_course():
            raise CommandError(
                f"Give a file: `coursekit check {name} FILE`. Without one it looks into exercises/ of the course's "
                "folder, and this is the installed package."
            )
        path = topic.stub
    report, steps = score_in(_read(path), name, TERMINAL)
    return report, (*steps, f"Your file: {path}", *_remembered(report, TERMINAL))


def score_in(submission: Submission, name: str, wording: Wording) -> tuple[Report, tuple[str, ...]]:
    """Scores the function `name` in files that have been read, and says what to do next; remembers nothing."""
    _, exercise = syllabus.find_exercise(name)
    report = _score_file(submission, exercise)
    return report, next_steps(exercise, report, wording)


def stopped(name: str, why: Stopped, wording: Wording) -> tuple[Report, tuple[str, ...]]:
    """The same for a function that has ended, or outlived, the process in which it was scored."""

    def ask(_: Question) -> Answer:
        raise why

    _, exercise = syllabus.find_exercise(name)
    report = scoring.score(exercise, ask, seed=VISIBLE_SEED)
    return report, next_steps(exercise, report, wording)


def check_whole_file(path: Path) -> overview.Overview:
    """Scores all exercises that a .py or .ipynb file is about.

    Raises:
        CommandError: it is a folder, or about none.
        OSError: the file cannot be read.
    """
    if path.is_dir():
        raise CommandError(f"{path} is a folder: name one file of it. `coursekit progress` shows the whole course.")
    submission = _read(path)
    names = overview.in_file(path, submission.cells)
    if not names:
        raise CommandError(f"{path} defines no function that is called as an exercise. `coursekit list` names them.")
    reports = [_score_file(submission, syllabus.find_exercise(name)[1]) for name in names]
    return _overview(str(path), reports, f"`coursekit check {{name}} {path}`", TERMINAL)


def _overview(title: str, reports: Sequence[Report], one: str, wording: Wording) -> overview.Overview:
    """The reports with what to do next; `one` is how one of them is checked."""
    tried = [report for report in reports if report.outcome is not Outcome.UNATTEMPTED]
    shown = overview.Overview(title, reports)
    # what is remembered last is where the learner is: at the first that is wrong
    said = dict.fromkeys(
        line for report in sorted(tried, key=lambda each: each is shown.wrong) for line in _remembered(report, wording)
    )
    begin = next((report.exercise for report in reports if report.outcome is Outcome.UNATTEMPTED), None)
    steps = list[str]()
    if shown.wrong is not None:
        steps += next_steps(syllabus.find_exercise(shown.wrong.exercise)[1], shown.wrong, wording)
        others = (report.exercise for report in tried if report is not shown.wrong and not scoring.is_solved(report))
        steps += [f"What is wrong with the next one: {one.format(name=name)}" for name in [*others][:1]]
    elif begin is not None:
        steps.append(f"Next: write `{begin}`. {_help(syllabus.find_exercise(begin)[1], wording)}")
    return overview.Overview(title, reports, (*steps, *said))


def _read(path: Path) -> Submission:
    submission = read_submission(path, learner="")
    if submission.problem:
        raise OSError(f"{path}: {submission.problem}")
    if any(is_in_conflict(text) for _, text in submission.cells):
        raise CommandError(in_conflict(str(path)))
    return submission


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
        return _score(exercise, function, by_hand, [])
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
    memory.read_hint(name, step)
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
