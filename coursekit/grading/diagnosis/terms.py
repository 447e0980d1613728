"""Right numbers, but for what an argument adds to them or multiplies them by: a term too many, or too few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from inspect import Parameter, signature
from itertools import product
from typing import Any

from torch import Tensor, tensor

from coursekit.exercise import Exercise, Loss
from coursekit.grading.diagnosis.changes import ACTS, TERMS, Change
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.grading.diagnosis.general import Possible, Slip, first_that_fits, is_real
from coursekit.report import Diagnosis


def wrong_term(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """What of an argument is added to the right result, or multiplies it, if that is all.

    Args:
        exercise: what was asked.
        evidence: what neither a mistake above nor one factor explains, of enough numbers.
    """
    return first_that_fits(_wrong_terms, exercise, evidence)


@lru_cache(128)
def _wrong_terms(exercise: Exercise) -> list[Slip]:
    spec, bound = exercise.spec, exercise.misconceptions.bound
    return [
        Slip(Diagnosis(name, says), partial(_with_term, spec, bound, which, change, act), possible, (which,))
        for name, says, which, change, act, possible in _terms(exercise)
    ]


def _terms(
    exercise: Exercise,
) -> Iterator[tuple[str, str, str, Change, Callable[[Tensor, Tensor], Tensor], Possible]]:
    """Of each argument and what it may add to the result: a name, a sentence, the argument, what is made of it, how."""
    parameters = [p for p in signature(exercise.spec).parameters.values() if p.kind is not Parameter.VAR_POSITIONAL]
    for each, (key, (change, what)), (word, (act, how)) in product(parameters, TERMS.items(), ACTS.items()):
        says = f"These are the right numbers {how.format(what.format(each.name))}."
        yield f"{each.name}_{key}_{word}", says, each.name, change, act, partial(is_real, each.name, each.default)


def _with_term(
    spec: Loss,
    bound: Callable[..., Any],
    name: str,
    change: Change,
    act: Callable[[Tensor, Tensor], Tensor],
    *args: Any,
    **flags: Any,
) -> Tensor:
    call = bound(*args, **flags)
    right = spec(*call.args, **call.kwargs)
    call.apply_defaults()
    value = call.arguments[name]
    return act(right, change(value if isinstance(value, Tensor) else tensor(value, dtype=right.dtype)))
