"""What a learner calls: check, hint, solution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coursekit import course, grading, show, stubs
from coursekit.exercise import Exercise
from coursekit.report import Outcome, Report

VISIBLE_SEED = 0  # the inputs of a learner's own checks; a graded run draws others


def check(function: Callable[..., Any] | str, name: str | None = None) -> show.Feedback:
    """Scores a function of yours and says what to do next.

    Args:
        function: the function; its name is the exercise's.
        name: the exercise, where your function is called otherwise.
    """
    if isinstance(function, str):
        return _say(f"Give the function itself, without quotes: check({function}).")
    if not callable(function):
        return _say(f"Give the function itself: check(entropy). This is a {type(function).__name__}.")
    name = name or getattr(function, "__name__", "")
    try:
        _, exercise = course.find_exercise(name)
    except course.UnknownNameError as error:
        return _say(str(error))
    report = grading.grade(exercise, grading.ask_here(function, exercise), seed=VISIBLE_SEED)
    return show.Feedback(report, next_steps(exercise, report))


def hint(name: str, step: int = 1) -> show.Feedback:
    """The next rung of an exercise's ladder of hints; the last one is still not the answer."""
    name = getattr(name, "__name__", name)
    try:
        _, exercise = course.find_exercise(name)
    except course.UnknownNameError as error:
        return _say(str(error))
    if not 1 <= step <= len(exercise.hints):
        return _say(f"`{name}` has hints 1 to {len(exercise.hints)}.")
    after = (
        f'One more: hint("{name}", {step + 1})'
        if step < len(exercise.hints)
        else f'That was the last one. To see the answer: solution("{name}")'
    )
    return _say(f"Hint {step} of {len(exercise.hints)}. {exercise.hints[step - 1]}", after)


def solution(name: str) -> show.Source | show.Feedback:
    """The course's own answer, to compare with yours."""
    name = getattr(name, "__name__", name)
    try:
        topic, _ = course.find_exercise(name)
    except course.UnknownNameError as error:
        return _say(str(error))
    return show.Source(stubs.answer(topic, name))


def next_steps(exercise: Exercise, report: Report) -> tuple[str, ...]:
    """What to do after this report."""
    name = exercise.name
    if report.outcome is Outcome.UNATTEMPTED:
        return (f'A hint: hint("{name}")',)
    if not grading.is_solved(report):
        return (f'Next: mend it and check again. A hint: hint("{name}")',)
    after = course.next_exercise(name)
    onward = f"Next exercise: {after}" if after else "That was the last exercise of the course."
    return (exercise.idea, f'{show.ADVICE} Compare: solution("{name}")', onward)


def _say(*lines: str) -> show.Feedback:
    return show.Feedback(None, lines)
