"""What a mistake is seen by: the kind of difference between what comes and what should, read off its line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from coursekit.report import Example

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Symptom:
    """A kind of difference.

    Attributes:
        anchor: what a link to it ends with.
        title: what is seen.
        fits: whether an example shows it.
    """

    anchor: str
    title: str
    fits: Callable[[Example], bool]


def _numbers(text: str) -> list[float] | None:
    """The numbers of a value that is numbers and nothing else."""
    bare = text.strip("[] ")
    parts = [each.strip(" []") for each in bare.split(",")]
    return [float(each) for each in parts] if all(_NUMBER.fullmatch(each) for each in parts) else None


def _is_gradient(example: Example) -> bool:
    return example.line.endswith(".grad")


def _is_negative(example: Example) -> bool:
    got, right = _numbers(example.got), _numbers(example.expected)
    return bool(got and right and not _is_gradient(example) and min(got) < 0 <= min(right))


def _factor(example: Example) -> float | None:
    """By what one thing all numbers are too large, if it is one thing."""
    got, right = _numbers(example.got), _numbers(example.expected)
    if not got or not right or len(got) != len(right) or not all(right):
        return None
    factors = [a / b for a, b in zip(got, right, strict=True)]
    near = all(abs(each - factors[0]) <= 2e-3 * abs(factors[0]) for each in factors)
    return factors[0] if near and len(factors) > 1 else None


def _is_all(value: float) -> Callable[[Example], bool]:
    def fits(example: Example) -> bool:
        got, right = _numbers(example.got), _numbers(example.expected)
        return bool(got and right and set(got) == {value} and set(right) != {value})

    return fits


def _shape(example: Example) -> bool:
    return example.line.endswith(".shape")


# In this order; an example is listed under the first that fits
SYMPTOMS = (
    Symptom("error", "An error where a value should come", lambda e: e.got == "an error"),
    Symptom("no-error", "A value where an error should come", lambda e: e.expected == "an error"),
    Symptom("shape", "Another shape", _shape),
    Symptom("dtype", "Another dtype", lambda e: e.line.endswith(".dtype")),
    Symptom("no-gradient", "No gradient flows back", lambda e: e.got == "None"),
    Symptom(
        "nan-gradient",
        "A gradient that is NaN",
        lambda e: _is_gradient(e) and "nan" in e.got and "nan" not in e.expected,
    ),
    Symptom("nan", "A loss that is NaN", lambda e: "nan" in e.got and "nan" not in e.expected),
    Symptom("inf", "A loss that is infinite", lambda e: "inf" in e.got and "inf" not in e.expected),
    Symptom(
        "finite", "A finite loss where it should be infinite", lambda e: "inf" in e.expected and "inf" not in e.got
    ),
    Symptom("negative", "A loss that is negative", _is_negative),
    Symptom("zero-gradient", "A gradient that is 0 everywhere", lambda e: _is_gradient(e) and _is_all(0.0)(e)),
    Symptom("zero", "A loss that is 0", _is_all(0.0)),
    Symptom(
        "gradient-factor",
        "A gradient too large or too small by one factor",
        lambda e: _is_gradient(e) and _factor(e) is not None,
    ),
    Symptom("factor", "Losses all too large or too small by one factor", lambda e: _factor(e) is not None),
    Symptom("gradient", "Another gradient, beside a value that is right", _is_gradient),
)


def symptom(example: Example) -> Symptom | None:
    """The first that fits; None for a plain other number."""
    return next((each for each in SYMPTOMS if each.fits(example)), None)
