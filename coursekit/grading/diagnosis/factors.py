"""Right numbers but for one factor, or one constant: a mean that divides by something else, a term that lacks a 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, partial
from inspect import signature
from itertools import product
from typing import Any

from torch import Tensor

from coursekit.exercise import Exercise, Loss
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.report import Diagnosis

# What is counted in an argument
_COUNTED: dict[str, tuple[Callable[[Tensor], float], str]] = {
    "size": (lambda x: x.numel(), "the number of all entries of `{0}`"),
    "rows": (lambda x: x.shape[0] if x.ndim > 1 else 0, "the first size of `{0}`"),
    "columns": (lambda x: x.shape[-1] if x.ndim > 1 else 0, "the last size of `{0}`"),
    "sum": (lambda x: x.detach().sum().item(), "the sum of `{0}`"),
    "nonzero": (lambda x: (x != 0).sum().item(), "how many of `{0}` are not 0"),
    "positive": (lambda x: (x > 0).sum().item(), "how many of `{0}` are above 0"),
}
# What such a number does to the result
_DONE: dict[str, tuple[Callable[[float], float], str]] = {
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


def wrong_factor(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """What the right numbers are multiplied by, or what is added to them, if that is all.

    Of several sizes that are the same in all calls nobody can tell which it is, and then none is named.

    Args:
        exercise: what was asked.
        evidence: what no other mistake explains, of enough numbers.
    """
    sizes = [says for says, wrong in _sizes(exercise) if evidence.fits_all(wrong)]
    if sizes:
        return sizes[0] if len(sizes) == 1 else _ANOTHER_DENOMINATOR
    got, right = evidence.first_values
    if got is None or right is None or got.shape != right.shape or not right.numel():
        return None
    at = right.abs().flatten().nan_to_num(posinf=0.0).argmax()
    one, other = got.flatten()[at].item(), right.flatten()[at].item()
    if not math.isfinite(one) or not other or one == other:
        return None
    for says, change in ((_A_FACTOR, one / other), (_A_CONSTANT, one - other)):
        wrong = partial(_times if says is _A_FACTOR else _plus, exercise.spec, change)
        if evidence.fits_all(wrong) and evidence.failed_values > 1:
            return says
    return None


def _times(spec: Loss, factor: float, *args: Any, **flags: Any) -> Tensor:
    return factor * spec(*args, **flags)


def _plus(spec: Loss, term: float, *args: Any, **flags: Any) -> Tensor:
    return term + spec(*args, **flags)


@lru_cache(128)
def _sizes(exercise: Exercise) -> list[tuple[Diagnosis, Loss]]:
    found: list[tuple[Diagnosis, Loss]] = []
    for name, (key, (count, counted)), (word, (act, done)) in product(
        signature(exercise.spec).parameters, _COUNTED.items(), _DONE.items()
    ):
        says = f"These are the right numbers {done.format(counted.format(name))}."
        found.append((Diagnosis(f"{word}_by_{key}_of_{name}", says), partial(_by_size, exercise, name, count, act)))
    return found


def _by_size(
    exercise: Exercise,
    name: str,
    count: Callable[[Tensor], float],
    act: Callable[[float], float],
    *args: Any,
    **flags: Any,
) -> Tensor:
    call = exercise.misconceptions.bound(*args, **flags)
    return act(count(call.arguments[name])) * exercise.spec(*call.args, **call.kwargs)
