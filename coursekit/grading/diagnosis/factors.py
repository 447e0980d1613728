"""Right numbers but for one factor, or one constant: a mean that divides by something else, a term that lacks a 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from inspect import signature
from itertools import product
from operator import add, mul
from typing import Any

from torch import Tensor

from coursekit.exercise import Exercise, Loss
from coursekit.grading.diagnosis.changes import After
from coursekit.grading.diagnosis.evidence import Evidence, Near
from coursekit.grading.diagnosis.general import AVERAGES, is_reduced, of_each_loss
from coursekit.report import Diagnosis

# What is counted in an argument
_COUNTED: dict[str, tuple[Callable[[Tensor], Any], str]] = {
    "size": (lambda x: x.numel(), "the number of all entries of `{0}`"),
    "rows": (lambda x: x.shape[0] if x.ndim > 1 else 0, "the first size of `{0}`"),
    "columns": (lambda x: x.shape[-1] if x.ndim > 1 else 0, "the last size of `{0}`"),
    "shape": (
        lambda x: x.shape[0] / x.shape[-1] if x.ndim > 1 else 0,
        "the first size of `{0}` over the last: the two have changed places",
    ),
    "sum": (lambda x: x.sum(), "the sum of `{0}`"),
    "nonzero": (lambda x: (x != 0).sum().item(), "how many of `{0}` are not 0"),
    "positive": (lambda x: (x > 0).sum().item(), "how many of `{0}` are above 0"),
}
# What such a number does to the result
_DONE: dict[str, tuple[Callable[[Any], Any], str]] = {
    "divided": (lambda n: 1 / n, "divided by {0}"),
    "multiplied": (lambda n: n, "times {0}"),
    "over_one_less": (
        lambda n: n / (n - 1),
        "divided by one less than they should be: n - 1 in the place of n, where n is {0}",
    ),
    "over_one_more": (
        lambda n: n / (n + 1),
        "divided by one more than they should be: n + 1 in the place of n, where n is {0}",
    ),
}
_ANOTHER_DENOMINATOR = Diagnosis(
    "another_denominator",
    "These are the right numbers, but for a number of entries that they are multiplied or divided by: something is "
    "averaged that should be added up, or added up that should be averaged, or a mean divides by another number.",
)
_A_FACTOR = Diagnosis(
    "constant_factor",
    "These are the right numbers but for one factor, the same everywhere: a constant is missing or does not belong, or "
    "a mean divides by another number.",
)
_A_CONSTANT = Diagnosis(
    "constant_added",
    "These are the right numbers plus one and the same number: a term is missing, or does not belong.",
)
_A_CONSTANT_TO_EACH = Diagnosis(
    "constant_added_to_each",
    "One and the same number is added to each loss: a term is missing, or does not belong.",
)
_A_FACTOR_AND_A_CONSTANT = Diagnosis(
    "factor_and_constant",
    "These are the right numbers times one number, plus another, the same two everywhere: constants are missing, or do "
    "not belong.",
)
_A_POWER = Diagnosis(
    "another_power",
    "These are powers of the right numbers, always of the same exponent: a square, a root or an exponent is another.",
)


def wrong_factor(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """What the right numbers are multiplied by, or what is added to them, if that is all.

    Of several sizes that are the same in all calls nobody can tell which it is, and then none is named.

    Args:
        exercise: what was asked.
        evidence: what no other mistake explains, of enough numbers.
    """
    known = _sizes(exercise)
    likely = (known[place] for place in evidence.candidates(_sizes, (wrong for _, wrong in known)))
    sizes = [says for says, wrong in likely if evidence.fits_all(wrong)]
    if sizes:
        return sizes[0] if len(sizes) == 1 else _ANOTHER_DENOMINATOR
    powers = [
        says for says, wrong in _powers(exercise) if evidence.fits_all(wrong, *signature(exercise.spec).parameters)
    ]
    if powers:
        return powers[0]
    constant = _constant(exercise, evidence) if evidence.failed_values > 1 else None
    return constant or next((says for says, alike in _NEARLY if evidence.is_nearly(alike)), None)


def _constant(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """A factor or a term that is the same everywhere; where it is near 1, a constant was rounded, and is no other."""
    got, right = evidence.first_values
    if got is None or right is None or got.shape != right.shape or not right.numel():
        return None
    at = right.abs().flatten().nan_to_num(posinf=0.0).argmax()
    one, other = got.flatten()[at].item(), right.flatten()[at].item()
    if not math.isfinite(one) or not other or abs(one / other - 1) < 0.01:
        return None
    if evidence.fits_all(After(partial(mul, one / other), exercise.spec)):
        return _A_FACTOR
    if evidence.fits_all(After(partial(add, one - other), exercise.spec)):
        return _A_CONSTANT
    if is_reduced(exercise) and evidence.fits_all(partial(of_each_loss, exercise, partial(add, one - other))):
        return _A_CONSTANT_TO_EACH
    return _two_constants(exercise, evidence) if evidence.failed_values > 3 else None


def _two_constants(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """A factor and a term, or an exponent, that are the same everywhere, where there are numbers enough to tell."""
    pairs = evidence.pairs
    if len({right for right, _ in pairs}) < 2:
        return None
    (low, from_low), (high, from_high) = min(pairs), max(pairs)
    factor = (from_high - from_low) / (high - low)
    if abs(factor) > 1e-3 and evidence.fits_all(After(lambda x: factor * x + (from_low - factor * low), exercise.spec)):
        return _A_FACTOR_AND_A_CONSTANT
    powers = [(x, y) for x, y in pairs if x > 0 and y > 0]
    if len({right for right, _ in powers}) < 2:
        return None
    (low, from_low), (high, from_high) = min(powers), max(powers)
    power = math.log(from_high / from_low) / math.log(high / low)
    if abs(power) > 0.1 and evidence.fits_all(After(lambda x: x ** round(power, 2), exercise.spec)):
        return _A_POWER
    return None


# ---- what no function can make: every row, or every number, has a slip of its own ------------------------------------


def _but_for_signs(got: Tensor, right: Tensor, near: Near) -> bool:
    return near(got.abs(), right.abs())


def _but_for_a_term_a_row(got: Tensor, right: Tensor, near: Near) -> bool:
    off = got - right
    return got.ndim > 0 and got.shape[-1] > 1 and near(off, off[..., :1].expand(off.shape))


def _but_for_a_factor_a_row(got: Tensor, right: Tensor, near: Near) -> bool:
    factor = (got / right)[..., :1] if got.ndim else got
    return got.ndim > 0 and got.shape[-1] > 1 and near(got, factor * right)


_NEARLY = (
    (
        Diagnosis("some_signs", "The sizes of all numbers are right, and the signs of some are not."),
        _but_for_signs,
    ),
    (
        Diagnosis(
            "term_of_each_row",
            "In each row all numbers are off by the same: what is added to, or taken from, the whole row is wrong.",
        ),
        _but_for_a_term_a_row,
    ),
    (
        Diagnosis(
            "factor_of_each_row",
            "In each row all numbers are off by the same factor: what the whole row is divided or multiplied by is "
            "wrong.",
        ),
        _but_for_a_factor_a_row,
    ),
)


@lru_cache(128)
def _powers(exercise: Exercise) -> list[tuple[Diagnosis, Loss]]:
    """Of each argument that is a number, a power of it too many, or too few."""
    numbers = [
        each.name for each in signature(exercise.spec).parameters.values() if each.annotation in (float, "float")
    ]
    found: list[tuple[Diagnosis, Loss]] = []
    for name, power in product(numbers, (1, -1, 2, -2, 3, -3, 4, -4)):
        says = f"`{name}` multiplies or divides once too often, or once too few: these are the right numbers times "
        says += f"`{name}`^{power}."
        found.append((Diagnosis(f"power_of_{name}", says), partial(_by_power, exercise, name, power)))
    return found


def _by_power(exercise: Exercise, name: str, power: int, *args: Any, **flags: Any) -> Tensor:
    call = exercise.misconceptions.bound(*args, **flags)
    right = exercise.spec(*call.args, **call.kwargs)
    call.apply_defaults()
    factor: float = call.arguments[name] ** power
    return factor * right


@lru_cache(128)
def _sizes(exercise: Exercise) -> list[tuple[Diagnosis, Loss]]:
    found: list[tuple[Diagnosis, Loss]] = []
    for name, (key, (count, counted)), (word, (act, done)) in product(
        signature(exercise.spec).parameters, _COUNTED.items(), _DONE.items()
    ):
        says = f"These are the right numbers {done.format(counted.format(name))}."
        found.append((Diagnosis(f"{word}_by_{key}_of_{name}", says), partial(_by_size, exercise, name, count, act)))
    if "reduction" in signature(exercise.spec).parameters:
        for name, (key, (count, counted)) in product(signature(exercise.spec).parameters, _COUNTED.items()):
            says = f"'mean' is the sum divided by {counted.format(name)} here. It divides by another number."
            found.append((Diagnosis(f"mean_over_{key}_of_{name}", says), partial(_sum_over, exercise, name, count)))
    return found


def _sum_over(exercise: Exercise, name: str, count: Callable[[Tensor], Any], *args: Any, **flags: Any) -> Tensor:
    call = exercise.misconceptions.bound(*args, **flags)
    call.apply_defaults()
    if call.arguments["reduction"] not in AVERAGES:
        return exercise.spec(*call.args, **call.kwargs)
    number = count(call.arguments[name])
    call.arguments["reduction"] = "sum"
    mean: Tensor = exercise.spec(*call.args, **call.kwargs) / number
    return mean


def _by_size(
    exercise: Exercise,
    name: str,
    count: Callable[[Tensor], Any],
    act: Callable[[Any], Any],
    *args: Any,
    **flags: Any,
) -> Tensor:
    call = exercise.misconceptions.bound(*args, **flags)
    right = exercise.spec(*call.args, **call.kwargs)
    given = call.arguments[name]
    call.apply_defaults()
    if call.arguments.get("reduction", "mean") not in AVERAGES:
        return right
    factor: Tensor | float = act(count(given))
    return factor * right
