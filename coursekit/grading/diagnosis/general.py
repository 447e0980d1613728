"""What can go wrong with any loss: an argument taken for something else, a factor, a logarithm too few.

These are made of the right function, and tried where no mistake of the exercise's own fits. Nobody has read them beside
the exercise, so they must give the very numbers of every failing check, and their sentences say no more than that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping
from functools import lru_cache, partial
from inspect import Parameter, signature
from itertools import combinations, product
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Call, Exercise, Loss, Misconception
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.report import Diagnosis

Change = Callable[[Tensor], Tensor]
Given = MutableMapping[str, Any]  # the arguments of a call, by name


def _exp_of_positive(x: Tensor) -> Tensor:
    """Of scales and variances: other numbers it drives so far apart that any of several mistakes would look alike."""
    if bool((x <= 0).any()):
        raise ValueError
    return x.exp()


# What is made of the right result, and what to say of it
_OF_THE_RESULT: dict[str, tuple[Change, str]] = {
    "sign_turned": (lambda x: -x, "These are the right numbers with the other sign: one minus too many, or too few."),
    "halved": (lambda x: x / 2, "These are half of the right numbers: there is a ½ too many, or a mean of two."),
    "doubled": (lambda x: 2 * x, "These are twice the right numbers: a ½ is missing, or something counts twice."),
    "logarithm_of_base_2": (
        lambda x: x / math.log(2),
        "These are the right numbers divided by ln 2: `log2` in place of the natural logarithm, bits and not nats.",
    ),
    "logarithm_of_base_10": (
        lambda x: x / math.log(10),
        "These are the right numbers divided by ln 10: `log10` in place of the natural logarithm.",
    ),
    "logarithm_of_base_e": (
        lambda x: x * math.log(2),
        "These are the right numbers times ln 2: `log` in place of `log2`, nats and not bits.",
    ),
    "root_taken": (torch.sqrt, "These are the roots of the right numbers: there is a root too many."),
    "squared": (torch.square, "These are the squares of the right numbers: a root is missing, or a square too many."),
    "exponential": (torch.exp, "These are the right numbers after an `exp` too many, or with a `log` too few."),
    "logarithm": (torch.log, "These are the right numbers after a `log` too many, or with an `exp` too few."),
    "probability": (
        lambda x: (-x).exp(),
        "This is exp(-loss), a probability: the logarithm and the minus are missing.",
    ),
    "probability_of_the_rest": (
        lambda x: 1 - (-x).exp(),
        "This is 1 - exp(-loss), the probability of all the rest: the loss is -ln of what is not the rest.",
    ),
    "taken_from_one": (lambda x: 1 - x, "These are 1 minus the right numbers."),
    "one_too_many": (lambda x: x + 1, "These are the right numbers plus 1: look for a constant that does not belong."),
    "one_too_few": (lambda x: x - 1, "These are the right numbers minus 1: look for a constant that is missing."),
    "cut_at_zero": (lambda x: x.clamp(min=0), "What is negative came out as 0: the right numbers may be below 0."),
    "absolute_value": (torch.abs, "The sign is lost: what should be negative came out positive."),
    "averaged_over_everything": (
        lambda x: x.mean(),
        "This is the mean of the right numbers. They are asked for one by one: nothing is averaged here.",
    ),
    "summed_over_everything": (
        lambda x: x.sum(),
        "This is the sum of the right numbers. They are asked for one by one: nothing is summed here.",
    ),
    "cut_off": (
        torch.detach,
        "The numbers are right, and no gradient flows: numpy, `.item()`, `.detach()`, `torch.tensor(x)` or "
        "`torch.no_grad` cuts the graph.",
    ),
}

# What is made of an argument of real numbers
_OF_AN_ARGUMENT: dict[str, tuple[Change, str]] = {
    "through_exp": (_exp_of_positive, "exp({0}): it is taken for a logarithm, which it is not"),
    "through_log": (torch.log, "ln {0}: a logarithm is taken of it that does not belong there"),
    "through_exp_of_double": (
        lambda x: _exp_of_positive(2 * x),
        "exp(2 · {0}): it is taken for the logarithm of a root",
    ),
    "squared": (torch.square, "{0}²: it is squared once too often"),
    "root_taken": (torch.sqrt, "the root of {0}: a root is taken that does not belong there"),
    "sign_turned": (lambda x: -x, "-{0}: its sign is turned"),
    "absolute": (torch.abs, "|{0}|: its sign is lost"),
    "cut_at_zero": (lambda x: x.clamp(min=0), "max(0, {0}): what is negative is lost"),
    "inverted": (torch.reciprocal, "1 / {0}: a division stands where a product should, or the other way round"),
    "taken_from_one": (lambda x: 1 - x, "1 - {0}: yes and no have changed places"),
    "doubled": (lambda x: 2 * x, "2 · {0}: it counts twice"),
    "halved": (lambda x: x / 2, "{0} / 2: it counts half"),
    "through_sigmoid": (torch.sigmoid, "the sigmoid of {0}, which is put through one too many"),
    "through_softmax": (lambda x: x.softmax(-1), "the softmax of {0}, which is put through one too many"),
    "through_log_softmax": (lambda x: x.log_softmax(-1), "the log_softmax of {0}, which is put through one too many"),
    "normalised": (lambda x: x / x.sum(-1, keepdim=True), "{0} divided by its sum, which nobody asked for"),
    "of_mean_one": (lambda x: x / x.mean(), "{0} divided by its mean, which nobody asked for"),
    "only_where_one": (lambda x: (x == 1).to(x.dtype), "1 where {0} is exactly 1, and 0 where it is anything else"),
    "detached": (torch.detach, "{0} with no gradient: something on the way cuts the graph"),
}


def general_mistake(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """The one of these mistakes that gives the very numbers of all failing checks, if one does, and they are enough.

    Args:
        exercise: what was asked.
        evidence: what its own mistakes do not explain.
    """
    question = evidence.first.question
    if evidence.first.answer.value is None or not _enough(evidence.failed):
        return None
    given = exercise.misconceptions.bound(*question.args, **question.kwargs).arguments
    for mistake, possible in _general_mistakes(exercise):
        if possible(given) and evidence.fits_all(mistake.function):
            return Diagnosis(mistake.name, mistake.explanation)
    return None


def _enough(calls: list[Call]) -> bool:
    """Whether there are three numbers that do not come of themselves: one or two may coincide with anything."""
    parts = [part for call in calls for part in (call.answer.value, *call.answer.gradients) if part is not None]
    numbers = {round(x, 5) for part in parts for x in part.double().flatten().tolist() if math.isfinite(x)}
    return len(numbers - {-1.0, 0.0, 1.0}) >= 3


@lru_cache(128)
def _general_mistakes(exercise: Exercise) -> list[tuple[Misconception, Callable[[Given], bool]]]:
    """These mistakes, each with what tells of a call's arguments whether it can be made there."""
    spec, bound = exercise.spec, exercise.misconceptions.bound
    parameters = [p for p in signature(spec).parameters.values() if p.kind is not Parameter.VAR_POSITIONAL]
    names = [each.name for each in parameters]

    def with_result(change: Change) -> Loss:
        return lambda *args, **flags: change(spec(*args, **flags))

    def with_arguments(change: Callable[[Given], None]) -> Loss:
        def wrong(*args: Any, **flags: Any) -> Tensor:
            call = bound(*args, **flags)
            change(call.arguments)
            return spec(*call.args, **call.kwargs)

        return wrong

    mistakes: list[tuple[Misconception, Callable[[Given], bool]]] = [
        (Misconception(k, says, with_result(change)), bool) for k, (change, says) in _OF_THE_RESULT.items()
    ]
    for name in (each.name for each in parameters if each.default is not Parameter.empty):
        says = f"`{name}` is not used: these are the right numbers of a call without it."
        ignored = with_arguments(partial(_leave_out, name))
        mistakes.append((Misconception(f"{name}_not_used", says, ignored), partial(_is_given, name)))
    for each, value in product(parameters, (0.5, 1.0, 2.0)):
        name = each.name
        says = f"`{name}` counts as {value:g}, whatever is given."
        fixed = with_arguments(partial(_fix, name, value))
        mistakes.append((Misconception(f"{name}_fixed", says, fixed), partial(_is_number, name, each.default)))
    for one, other in combinations(names, 2):
        says = f"`{one}` and `{other}` have changed places: these are the right numbers with the two exchanged."
        turned = with_arguments(partial(_exchange, one, other))
        mistakes.append((Misconception(f"{one}_and_{other}_exchanged", says, turned), partial(_alike, one, other)))
    both = [pair for pair in combinations(names, 2) if len(names) == 2 or _share_a_word(*pair)]
    for one, other in both:
        for key, (change, what) in _OF_AN_ARGUMENT.items():
            says = f"These are the right numbers for {what.format(f'`{one}`')}, and likewise for `{other}`."
            changed = with_arguments(partial(_change_both, one, other, change))
            mistakes.append((Misconception(f"{one}_and_{other}_{key}", says, changed), partial(_alike, one, other)))
    for name in names:
        for key, (change, what) in _OF_AN_ARGUMENT.items():
            says = f"These are the right numbers for {what.format(f'`{name}`')}."
            changed = with_arguments(partial(_change, name, change))
            mistakes.append((Misconception(f"{name}_{key}", says, changed), partial(_is_real, name)))
    return mistakes


def _fix(name: str, value: float, given: Given) -> None:
    given[name] = value


def _is_number(name: str, default: Any, given: Given) -> bool:
    return isinstance(given.get(name, default), float)


def _leave_out(name: str, given: Given) -> None:
    given.pop(name, None)


def _is_given(name: str, given: Given) -> bool:
    return name in given


def _alike(one: str, other: str, given: Given) -> bool:
    a, b = given.get(one), given.get(other)
    return isinstance(a, Tensor) and isinstance(b, Tensor) and a.dtype == b.dtype and a.shape == b.shape


def _is_real(name: str, given: Given) -> bool:
    value = given.get(name)
    return isinstance(value, float) or (isinstance(value, Tensor) and value.is_floating_point())


def _exchange(one: str, other: str, given: Given) -> None:
    given[one], given[other] = given[other], given[one]


def _share_a_word(one: str, other: str) -> bool:
    return not {*one.split("_")}.isdisjoint(other.split("_"))


def _change_both(one: str, other: str, change: Change, given: Given) -> None:
    _change(one, change, given)
    _change(other, change, given)


def _change(name: str, change: Change, given: Given) -> None:
    value = given.get(name)
    if isinstance(value, float):
        given[name] = change(torch.tensor(value, dtype=torch.float64)).item()
    elif isinstance(value, Tensor) and value.is_floating_point():
        given[name] = change(value)
