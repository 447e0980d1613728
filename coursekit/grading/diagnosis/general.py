"""What can go wrong with any loss: an argument taken for something else, a factor, a logarithm too few.

These are made of the right function, and tried where no mistake of the exercise's own fits. Nobody has read them beside
the exercise, so they must give the very numbers of every failing check, and their sentences say no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import Parameter, signature
from itertools import combinations, permutations, product
from typing import Any

from torch import Tensor, stack, tensor
from torch import float64 as DOUBLE

from coursekit.exercise import Exercise, Loss
from coursekit.exercise.mistakes import EPS
from coursekit.grading.diagnosis.changes import (
    IN_PLACE_OF_A_MEAN,
    OF_ALL_ARGUMENTS,
    OF_AN_ARGUMENT,
    OF_EACH_LOSS,
    OF_THE_RESULT,
    OF_TWO_ARGUMENTS,
    OF_WHOLE_NUMBERS,
    After,
    Change,
)
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.report import Diagnosis

Given = MutableMapping[str, Any]  # the arguments of a call, by name
Spoil = Callable[[Given], None]
Possible = Callable[[Given], bool]


@dataclass(frozen=True)
class Slip:
    """A general mistake.

    Attributes:
        says: its name, and its sentence.
        function: the wrong implementation.
        possible: tells of a call's arguments whether it can be made there.
        about: the arguments that it is about, where it is about some of them only.
    """

    says: Diagnosis
    function: Loss
    possible: Possible = bool
    about: tuple[str, ...] = ()


def general_mistake(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """The one of these mistakes that gives the very numbers of all failing checks, if one does.

    Args:
        exercise: what was asked.
        evidence: what its own mistakes do not explain, of enough numbers.
    """
    return first_that_fits(_general_mistakes, exercise, evidence)


def first_that_fits(made: Callable[[Exercise], list[Slip]], exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """The first of these that can be made in the call that failed, and gives the very numbers of all of them.

    Args:
        made: makes them, for any exercise.
        exercise: what was asked.
        evidence: what came.
    """
    question, slips = evidence.first.question, made(exercise)
    given = exercise.misconceptions.bound(*question.args, **question.kwargs).arguments
    possible = (slip.function if slip.possible(given) else None for slip in slips)
    found = (slips[place] for place in evidence.candidates(made, possible))
    return next((slip.says for slip in found if evidence.fits_all(slip.function, *slip.about)), None)


@lru_cache(128)
def _general_mistakes(exercise: Exercise) -> list[Slip]:
    spec, bound = exercise.spec, exercise.misconceptions.bound

    def of_arguments(change: Spoil) -> Loss:
        def wrong(*args: Any, **flags: Any) -> Tensor:
            call = bound(*args, **flags)
            change(call.arguments)
            return spec(*call.args, **call.kwargs)

        return wrong

    return [
        *(Slip(Diagnosis(key, says), After(change, spec)) for key, (change, says) in OF_THE_RESULT.items()),
        *(
            Slip(Diagnosis(name, says), of_arguments(spoil), possible, about)
            for name, says, spoil, possible, about in _spoilt_arguments(exercise)
        ),
        *(
            Slip(
                Diagnosis(key.format(*pair), says.format(*pair)),
                partial(_both_ways, spec, bound, pair, over),
                partial(_alike, *pair),
                pair,
            )
            for pair, (key, over, says) in product(combinations(signature(spec).parameters, 2), _OF_BOTH_WAYS)
        ),
        *(
            Slip(Diagnosis(key, says), partial(_row_by_row, spec, bound, over), _has_rows)
            for key, over, says in _OF_EACH_ROW
        ),
        *(
            Slip(
                Diagnosis(f"mean_is_{key}", f"'mean' gives {what}. It is the mean of all of them."),
                partial(_instead_of_the_mean, exercise, take),
            )
            for key, (take, what) in IN_PLACE_OF_A_MEAN.items()
            if is_reduced(exercise)
        ),
        *(
            Slip(
                Diagnosis(f"each_{key}", f"{what} before they are averaged or added up."),
                partial(of_each_loss, exercise, change),
            )
            for key, (change, what) in OF_EACH_LOSS.items()
            if is_reduced(exercise)
        ),
    ]


def _spoilt_arguments(exercise: Exercise) -> Iterator[tuple[str, str, Spoil, Possible, tuple[str, ...]]]:
    """The name of each mistake in arguments, what to say, what it does to them, whether it can, and about which."""
    parameters = [p for p in signature(exercise.spec).parameters.values() if p.kind is not Parameter.VAR_POSITIONAL]
    names = [each.name for each in parameters]
    for name in (each.name for each in parameters if each.default is not Parameter.empty):
        says = f"`{name}` is not used: these are the right numbers of a call without it."
        yield f"{name}_not_used", says, partial(_leave_out, name), partial(_is_given, name), (name,)
    for each, value in product(parameters, (0.5, 1.0, 2.0)):
        name, says = each.name, f"`{each.name}` counts as {value:g}, whatever is given."
        yield f"{name}_fixed", says, partial(_fix, name, value), partial(_is_number, name, each.default), (name,)
    for pair in combinations(names, 2):
        one, other = pair
        says = f"`{one}` and `{other}` have changed places: these are the right numbers with the two exchanged."
        yield f"{one}_and_{other}_exchanged", says, partial(_exchange, *pair), partial(_alike, *pair), pair
    for pair in permutations(names, 2):
        one, other = pair
        says = f"These are the right numbers with `{other}` in the place of `{one}`, which is not used."
        yield f"{other}_for_{one}", says, partial(_put_in_place, *pair), partial(_alike, *pair), pair
    for tells, table in ((is_real, OF_AN_ARGUMENT), (_is_whole, OF_WHOLE_NUMBERS)):
        for each, (key, (change, what)) in product(parameters, table.items()):
            name, says = each.name, f"These are the right numbers for {what.format(f'`{each.name}`')}."
            spoil = partial(_change, name, change, default=each.default)
            yield f"{name}_{key}", says, spoil, partial(tells, name, each.default), (name,)
    both = [pair for pair in combinations(names, 2) if list(pair) == names[:2] or _share_a_word(*pair)]
    for pair, (key, (change, what)) in product(both, OF_AN_ARGUMENT.items()):
        one, other = pair
        says = f"These are the right numbers for {what.format(f'`{one}`')}, and likewise for `{other}`."
        yield f"{one}_and_{other}_{key}", says, partial(_change_both, *pair, change), partial(_alike, *pair), pair
    for pair, (key, (join, what)) in product(permutations(names, 2), OF_TWO_ARGUMENTS.items()):
        one, other = pair
        says = f"These are the right numbers with {what.format(f'`{one}`', f'`{other}`')} in the place of `{one}`."
        yield f"{one}_{key}_{other}", says, partial(_join, one, other, join), partial(_alike, *pair), pair
    for each, eps in product(parameters, EPS):
        name = each.name
        for key, change, what in (
            ("padded", partial(_padded, eps), "`{0}` + {1:g}: a small number is added to it that nobody asked for"),
            ("kept_above", partial(_kept_above, eps), "`{0}` kept at {1:g} or above, which nobody asked for"),
        ):
            says = f"These are the right numbers for {what.format(name, eps)}."
            spoil = partial(_change, name, change, default=each.default)
            yield f"{name}_{key}", says, spoil, partial(_is_real_tensor, name), (name,)
    for key, (change, what) in OF_ALL_ARGUMENTS.items():
        yield (
            f"all_{key}",
            f"These are the right numbers {what}.",
            partial(_change_all, names[0], change),
            _has_rows,
            (),
        )


# Two arguments in both orders, and what becomes of the results
_OF_BOTH_WAYS: tuple[tuple[str, Callable[[Tensor, Tensor], Tensor], str], ...] = (
    (
        "{0}_and_{1}_both_ways",
        lambda one, other: (one + other) / 2,
        "`{0}` and `{1}` are taken in both orders, and the mean of the two is returned. They have one order.",
    ),
    (
        "{0}_and_{1}_added_both_ways",
        lambda one, other: one + other,
        "`{0}` and `{1}` are taken in both orders, and the two are added. They have one order.",
    ),
)


def _both_ways(
    spec: Loss,
    bound: Callable[..., Any],
    pair: tuple[str, str],
    over: Callable[[Tensor, Tensor], Tensor],
    *args: Any,
    **flags: Any,
) -> Tensor:
    call = bound(*args, **flags)
    one = spec(*call.args, **call.kwargs)
    _exchange(*pair, call.arguments)
    return over(one, spec(*call.args, **call.kwargs))


# Each row of the arguments by itself, and what becomes of the results
_OF_EACH_ROW = (
    (
        "mean_of_rows",
        Tensor.mean,
        "Each row is finished by itself, and the mean of these is taken. All of them belong together.",
    ),
    ("sum_of_rows", Tensor.sum, "Each row is finished by itself, and these are added. All of them belong together."),
    ("one_for_each_row", Tensor.clone, "Each row is finished by itself. All of them belong together, in one result."),
)


def _row_by_row(spec: Loss, bound: Callable[..., Any], over: Change, *args: Any, **flags: Any) -> Tensor:
    call = bound(*args, **flags)
    given: Given = dict(call.arguments)
    first = next(iter(given))
    results = []
    for row in range(given[first].shape[0]):
        _change_all(first, partial(Tensor.select, dim=0, index=row), call.arguments)
        results.append(spec(*call.args, **call.kwargs))
        call.arguments.update(given)
    return over(stack(results))


AVERAGES = ("mean", "batchmean", "sum_over_batch_size")  # the words of `reduction` that ask for a mean


def _instead_of_the_mean(exercise: Exercise, take: Change, *args: Any, **flags: Any) -> Tensor:
    call = exercise.misconceptions.bound(*args, **flags)
    call.apply_defaults()
    word = call.arguments["reduction"]
    if word not in AVERAGES:
        return exercise.spec(*call.args, **call.kwargs)
    call.arguments["reduction"] = "none"
    return take(exercise.spec(*call.args, **call.kwargs))


def is_reduced(exercise: Exercise) -> bool:
    """Whether it asks for losses one by one, or for their mean or sum."""
    return "reduction" in signature(exercise.spec).parameters


def of_each_loss(exercise: Exercise, change: Change, *args: Any, **flags: Any) -> Tensor:
    """What becomes of the right result if each loss is changed before the reduction, whatever a mean divides by."""
    call = exercise.misconceptions.bound(*args, **flags)
    call.apply_defaults()
    word = call.arguments["reduction"]

    def right(reduction: str) -> Tensor:
        call.arguments["reduction"] = reduction
        return exercise.spec(*call.args, **call.kwargs)

    losses = change(right("none"))
    return losses if word == "none" else losses.sum() * (right(word) / right("sum")).detach()


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


def is_real(name: str, default: Any, given: Given) -> bool:
    """Whether a call has a real number there, or a tensor of them."""
    value = given.get(name, default)
    return isinstance(value, float) or (isinstance(value, Tensor) and value.is_floating_point())


def _is_whole(name: str, default: Any, given: Given) -> bool:
    value = given.get(name, default)
    return isinstance(value, Tensor) and not value.is_floating_point()


def _has_rows(given: Given) -> bool:
    return isinstance(first := next(iter(given.values())), Tensor) and first.ndim > 0


def _exchange(one: str, other: str, given: Given) -> None:
    given[one], given[other] = given[other], given[one]


def _put_in_place(one: str, other: str, given: Given) -> None:
    given[one] = given[other]


def _join(one: str, other: str, join: Callable[[Tensor, Tensor], Tensor], given: Given) -> None:
    given[one] = join(given[one], given[other])


def _padded(eps: float, x: Tensor) -> Tensor:
    return x + eps


def _kept_above(eps: float, x: Tensor) -> Tensor:
    return x.clamp(min=eps)


def _is_real_tensor(name: str, given: Given) -> bool:
    return isinstance(value := given.get(name), Tensor) and value.is_floating_point()


def _share_a_word(one: str, other: str) -> bool:
    return not {*one.split("_")}.isdisjoint(other.split("_"))


def _change_both(one: str, other: str, change: Change, given: Given) -> None:
    _change(one, change, given)
    _change(other, change, given)


def _change_all(first: str, change: Change, given: Given) -> None:
    rows = given[first].shape[0]
    for name, value in given.items():
        if isinstance(value, Tensor) and value.ndim and value.shape[0] == rows:
            given[name] = change(value)


def _change(name: str, change: Change, given: Given, default: Any = None) -> None:
    value = given.get(name, default)
    if isinstance(value, float):
        given[name] = change(tensor(value, dtype=DOUBLE)).item()
    elif isinstance(value, Tensor):
        given[name] = change(value)
