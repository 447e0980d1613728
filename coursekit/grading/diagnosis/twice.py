"""Two slips in one answer: a mistake of the exercise's own, and then a general one in what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from inspect import signature
from typing import Any

from torch import Tensor

from coursekit.exercise import Exercise, Loss
from coursekit.grading.diagnosis.changes import OF_THE_RESULT, After
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.grading.diagnosis.general import AVERAGES, is_reduced
from coursekit.report import Diagnosis

# What may happen to what comes out, and how to say it of numbers that are not the right ones
_BESIDES: dict[str, str] = {
    "sign_turned": "the sign of what comes out is turned",
    "halved": "what comes out is halved",
    "doubled": "what comes out is doubled",
    "logarithm_of_base_2": "what comes out is divided by ln 2, as from nats to bits",
    "logarithm_of_base_e": "what comes out is multiplied by ln 2, as from bits to nats",
    "root_taken": "the root of what comes out is taken",
    "squared": "what comes out is squared",
    "logarithm": "a logarithm is taken of what comes out",
    "exponential": "`exp` is taken of what comes out",
    "absolute_value": "the sign of what comes out is lost",
    "averaged_over_everything": "the mean of all numbers is taken, which are asked for one by one",
    "summed_over_everything": "all numbers are added up, which are asked for one by one",
}


def two_mistakes(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """A mistake of the exercise's own and a slip in its result, if the two give the very numbers together.

    Args:
        exercise: what was asked.
        evidence: what no single mistake explains, of enough numbers.
    """
    names = signature(exercise.spec).parameters  # what fails with further arguments is to be explained as well
    pairs = _pairs(exercise)
    found = (pairs[place] for place in evidence.candidates(two_mistakes, (wrong for _, wrong in pairs)))
    return next((says for says, wrong in found if evidence.fits_all(wrong, *names)), None)


@lru_cache(128)
def _pairs(exercise: Exercise) -> tuple[tuple[Diagnosis, Loss], ...]:
    return tuple(_each_pair(exercise))


def _each_pair(exercise: Exercise) -> Iterator[tuple[Diagnosis, Loss]]:
    for key, besides in _BESIDES.items():
        for mistake in exercise.misconceptions:
            says = f"Two things at once. {mistake.explanation} And {besides}."
            yield Diagnosis(f"{mistake.name}_and_{key}", says), After(OF_THE_RESULT[key][0], mistake.function)
    if is_reduced(exercise):
        for mistake in exercise.misconceptions:
            says = f"Two things at once. {mistake.explanation} And 'mean' gives the sum."
            yield Diagnosis(f"{mistake.name}_and_mean_is_sum", says), partial(_summed, exercise, mistake.function)


def _summed(exercise: Exercise, wrong: Loss, *args: Any, **flags: Any) -> Tensor:
    """A mistake that gives the sum where a mean is asked for."""
    call = exercise.misconceptions.bound(*args, **flags)
    call.apply_defaults()
    if call.arguments["reduction"] in AVERAGES:
        call.arguments["reduction"] = "sum"
    return wrong(*call.args, **call.kwargs)
