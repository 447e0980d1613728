"""What a learner calls: check, hint, solution."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from coursekit.course import stubs, syllabus
from coursekit.errors import CommandError
from coursekit.exercise import Exercise
from coursekit.grading import scoring
from coursekit.grading.opening import in_conflict, is_in_conflict
from coursekit.grading.submission import Submission, read_submission
from coursekit.learning import feedback, memory, overview, own
from coursekit.learning.card.parting import Asked
from coursekit.learning.card.shown import Card
from coursekit.learning.joined import pace, posting
from coursekit.report import Outcome, Report


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
    report = own.of_notebook(function, exercise, asked)
    steps = (*next_steps(exercise, report), *_remembered(report, NOTEBOOK, partial(inspect.getsource, function)))
    return Card(report, steps, exercise, asked, function.__doc__ or "")


def _check_notebook(names: Mapping[str, Any]) -> feedback.Feedback | overview.Overview:
    """Scores all exercises that stand among the names of a notebook."""
    found = overview.in_notebook(names)
    if not found:
        return _say("No exercise of this notebook has run yet: run its cells, or name a function: `check(entropy)`.")
    reports = [own.of_notebook(names[name], syllabus.find_exercise(name)[1], []) for name in found]
    return _overview("This notebook", reports, "`check({name})`", NOTEBOOK)


def _remembered(report: Report, wording: Wording, code: Callable[[], str] = str) -> tuple[str, ...]:
    """Remembers a check, and tells it to a workshop; lines of what went wrong with that, and of where the room is."""
    said = memory.remember(report, wording.where)
    posting.post_check(report, wording.where, code)
    return tuple(filter(None, (said, pace.said(report.exercise))))


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
    report, steps = score_in(read_file(path), name, TERMINAL)
    return report, (*steps, f"Your file: {path}", *_remembered(report, TERMINAL))


def score_in(submission: Submission, name: str, wording: Wording) -> tuple[Report, tuple[str, ...]]:
    """Scores the function `name` in files that have been read, and says what to do next; remembers nothing."""
    _, exercise = syllabus.find_exercise(name)
    report = own.of_file(submission, exercise)
    return report, next_steps(exercise, report, wording)


def check_whole_file(path: Path) -> overview.Overview:
    """Scores all exercises that a .py or .ipynb file is about.

    Raises:
        CommandError: it is a folder, or about none.
        OSError: the file cannot be read.
    """
    if path.is_dir():
        raise CommandError(f"{path} is a folder: name one file of it. `coursekit progress` shows the whole course.")
    submission = read_file(path)
    names = overview.in_file(path, submission.cells)
    if not names:
        raise CommandError(f"{path} defines no function that is called as an exercise. `coursekit list` names them.")
    reports = [own.of_file(submission, syllabus.find_exercise(name)[1]) for name in names]
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


def read_file(path: Path) -> Submission:
    """The code in a learner's own file.

    Raises:
        OSError: there is none to be had.
        CommandError: a merge has left both sides of a conflict in it.
    """
    submission = read_submission(path, learner="")
    if submission.problem:
        raise OSError(f"{path}: {submission.problem}")
    if any(is_in_conflict(text) for _, text in submission.cells):
        raise CommandError(in_conflict(str(path)))
    return submission


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
    optional = " (optional)" if after and syllabus.is_of_keras(after) else ""
    onward = f"Next exercise: `{after}`{optional}" if after else "That was the last exercise of the course."
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
