"""A number that a call may leave out, or give, and that counts as another: found by the learner's own numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from inspect import Parameter, signature
from typing import Any

from torch import Tensor

from coursekit.exercise import Exercise
from coursekit.exercise.answers import of_value
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.report import Diagnosis
from coursekit.wire.answering import answer

# Where to look for it: between two of these in which the learner's number lies
_GRID = (0.0, *(digit * 10.0**power for power in range(-8, 4) for digit in (1, 2, 5)))
_DIGITS = 4  # of a number that somebody has written down
_HALVINGS = 40


def other_value(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """The argument whose default is another, or that counts as one and the same whatever is given, if that is all.

    One number is met by some value of any argument: where there are no more, it must be a default of few digits.

    Args:
        exercise: what was asked.
        evidence: what no mistake above explains.
    """
    question = evidence.first.question
    given = exercise.misconceptions.bound(*question.args, **question.kwargs).arguments
    for each in signature(exercise.spec).parameters.values():
        if not isinstance(each.default, float) or isinstance(given.get(each.name), Tensor):
            continue
        fixed = each.name in given
        if fixed and not evidence.is_enough:
            continue
        for value in _values(partial(_with, exercise, each.name, fixed), evidence):
            if not evidence.is_enough and value != float(f"{value:.2g}"):
                continue
            if evidence.fits_all(partial(_with, exercise, each.name, fixed, value), each.name):
                return _fixed(each, value) if fixed else _default(each, value)
    return None


def _default(each: Parameter, value: float) -> Diagnosis:
    says = f"Where `{each.name}` is not given, it counts as {value:g} here. Its default is {each.default:g}."
    return Diagnosis(f"other_default_of_{each.name}", says)


def _fixed(each: Parameter, value: float) -> Diagnosis:
    return Diagnosis(f"{each.name}_fixed", f"`{each.name}` counts as {value:g}, whatever is given.")


def _with(exercise: Exercise, name: str, fixed: bool, value: float, *args: Any, **flags: Any) -> Tensor:
    call = exercise.misconceptions.bound(*args, **flags)
    if fixed:
        call.arguments[name] = value
    else:
        call.arguments.setdefault(name, value)
    return exercise.spec(*call.args, **call.kwargs)


def _values(wrong: Callable[..., Tensor], evidence: Evidence) -> Iterator[float]:
    """The numbers by which the right function gives the learner's, where that is most wrong."""
    got, right = evidence.first_values
    if got is None or right is None or got.shape != right.shape or not got.numel():
        return
    at = int((got.double() - right.double()).abs().flatten().nan_to_num(0.0, posinf=0.0).argmax())
    aim = got.flatten()[at].item()
    question = of_value(evidence.first.question)

    def off(value: float) -> float:
        reply = answer(partial(wrong, value), question).value
        return math.nan if reply is None or reply.shape != right.shape else reply.flatten()[at].item() - aim

    offs = [off(value) for value in _GRID]
    for low, high, below, above in zip(_GRID, _GRID[1:], offs, offs[1:], strict=False):
        if below * above <= 0:  # NaN is not
            yield _root(off, low, high, below)


def _root(off: Callable[[float], float], low: float, high: float, below: float) -> float:
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if off(middle) * below > 0:
            low = middle
        else:
            high = middle
    return float(f"{high:.{_DIGITS}g}")
