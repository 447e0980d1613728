"""Right numbers, but for a term of the sum: it is missing, or has another sign, or another factor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from torch import Tensor

from coursekit.exercise import Exercise, Loss
from coursekit.exercise.recall import recall
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.report import Diagnosis

# A factor that a term has in place of 1: how to call it, and what to say
_FACTORS: tuple[tuple[float, str, str], ...] = (
    (0.0, "missing", "{0} is missing."),
    (-1.0, "turned", "{0} has the wrong sign."),
    (2.0, "doubled", "{0} counts twice: it should count once, a ½ may be missing."),
    (0.5, "halved", "{0} counts half: it should count once."),
    (-2.0, "turned_and_doubled", "{0} has the wrong sign, and counts twice."),
    (1 / math.log(2), "in_bits", "{0} is in bits (`log2`): use the natural logarithm."),
    (1 / math.log(10), "of_base_10", "{0} has a logarithm of base 10: use the natural one."),
)


def wrong_part(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """The one term that is wrong in a sum, if all else in it is right; see `wrong_parts`."""
    return next((found for one in exercise.misconceptions.parts if (found := _wrong(exercise, evidence, [one]))), None)


def wrong_parts(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """The two terms that are wrong in a sum, if all else in it is right.

    Args:
        exercise: what was asked.
        evidence: what no mistake of the exercise's own explains, of enough numbers.
    """
    if evidence.failed_values < 3:
        return None
    pairs = combinations(exercise.misconceptions.parts, 2)
    return next((found for some in pairs if (found := _wrong(exercise, evidence, some))), None)


def _wrong(exercise: Exercise, evidence: Evidence, some: Sequence[str]) -> Diagnosis | None:
    parts = [exercise.misconceptions.parts[name] for name in some]
    factors = _factors(evidence, [loss for _, loss in parts])
    if factors is None or not evidence.fits_all(partial(_sum, exercise.spec, [loss for _, loss in parts], factors)):
        return None
    said = [_said(name, words, factor) for name, (words, _), factor in zip(some, parts, factors, strict=True)]
    says = " ".join(
        ["All is right but for a term." if len(said) == 1 else "Two terms are wrong.", *(s for _, s in said)]
    )
    return Diagnosis("_and_".join(name for name, _ in said), says)


def _factors(evidence: Evidence, parts: list[Loss]) -> list[float] | None:
    """What these terms are multiplied by, by the learner's values; None where the values do not tell."""
    off: list[float] = []
    terms: list[list[float]] = []
    for call, right in evidence.failed_with_right:
        values = [recall(part, call.question).value for part in parts]
        if call.answer.value is None or right.value is None or call.answer.value.shape != right.value.shape:
            return None
        if any(value is None or value.shape != right.value.shape for value in values):
            return None
        off += (call.answer.value.double() - right.value.double()).flatten().tolist()
        columns = [value.double().flatten().tolist() for value in values if value is not None]
        terms += [list(row) for row in zip(*columns, strict=True)]
    finite = [(a, b) for a, b in zip(off, terms, strict=True) if math.isfinite(a) and all(map(math.isfinite, b))]
    if len(finite) <= len(parts):
        return None
    left, matrix = np.array([a for a, _ in finite]), np.array([b for _, b in finite])
    solution, _, rank, _ = np.linalg.lstsq(matrix, left, rcond=1e-6)
    if rank < len(parts) or np.abs(solution).min() < 1e-3:  # the latter: one of them is right
        return None
    return [_usual(1 + x) for x in solution.tolist()]


def _usual(factor: float) -> float:
    return next((usual for usual, _, _ in _FACTORS if abs(factor - usual) < 1e-3), factor)


def _said(name: str, words: str, factor: float) -> tuple[str, str]:
    known = next(((how, says) for usual, how, says in _FACTORS if usual == factor), None)
    how, says = known or ("scaled", "{0} is multiplied by {1:.3g}, which nobody asked for.")
    sentence = says.format(words, factor)
    return f"{name}_{how}", sentence[0].upper() + sentence[1:]


def _sum(spec: Loss, parts: list[Loss], factors: list[float], *args: Any, **flags: Any) -> Tensor:
    result = spec(*args, **flags)
    for part, factor in zip(parts, factors, strict=True):
        result = result + (factor - 1) * part(*args, **flags)
    return result
