"""What goes wrong around the formula of each of torch's four: in reductions, gradients, dtypes, weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import (
    REDUCTIONS,
    Loss,
    Mistakes,
    always_float32,
    detached,
    reduced,
    usual_mistakes,
    with_defaults,
    wrong_words,
)


def reduction_mistakes(wrong: Mistakes) -> None:
    """Adds the mistakes that all four share."""
    wrong_words(wrong)
    unweighted = Mistakes(wrong.spec)
    usual_mistakes(
        unweighted,
        mean_of_row_sums=(
            "'mean' sums over each row and averages the rows. torch divides by the number of all elements: a table of "
            "five columns gives a fifth of this.",
            "MSE3",
        ),
        mean_of_last=(
            "'mean' averages over the last dimension only, as Keras does. torch's mean is one number, over everything."
        ),
        none_averages="'none' averages over the last dimension. It should leave one loss per element.",
        sum_of_last="'sum' sums over the last dimension only. torch's sum is one number, over everything.",
    )
    usual_mistakes(unweighted, "divided_twice", "empty_is_zero", "nan_skipped")
    wrong.extend(replace(mistake, function=_right_if_weighted(wrong, mistake.function)) for mistake in unweighted)
    detached(
        wrong,
        "target",
        "No gradient flows to the target. torch's does; a target that is not to be trained is detached by the caller.",
    )
    always_float32(wrong)

    @wrong(
        "Two shapes that do not fit are cut to the shorter, as `zip` does. Subtract the tensors: torch then raises "
        "what should be raised."
    )
    def cut_to_fit(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
        if input.ndim and target.ndim and len(input) != len(target):
            rows = min(len(input), len(target))
            input, target = input[:rows], target[:rows]
        return wrong.spec(input, target, *args, **flags)


def _right_if_weighted(wrong: Mistakes, mistaken: Loss) -> Loss:
    """Weights have a mean of their own, which these mistakes know nothing of."""

    def loss(*args: Any, **flags: Any) -> Tensor:
        given = wrong.bound(*args, **flags).arguments
        weighted = given.get("weight") is not None and given.get("reduction", "mean") == "mean"
        return (wrong.spec if weighted else mistaken)(*args, **flags)

    return loss


def infinite_slope(wrong: Mistakes) -> None:
    """Adds what happens to a parabola that ends at a threshold, where the error is infinite."""

    @wrong(
        "The value is right at an infinite error, the gradient is NaN: `where` differentiates the parabola too, and "
        "0 · inf is NaN. Clamp what the parabola sees."
    )
    def masked_too_late(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **flags: Any) -> Tensor:
        # 0 · d² adds nothing to the value; to the gradient of an infinite error it adds 0 · inf
        d = input - target
        ghost = torch.where(torch.ones_like(d, dtype=torch.bool), torch.zeros_like(d), d**2)
        return wrong.spec(input, target, reduction, *args, **flags) + reduced(ghost, reduction)


# ---- weights -----------------------------------------------------------------------------------------------------


def beside_weights(wrong: Mistakes) -> Callable[[Loss], Loss]:
    """For tables: `formula(weight, loss, word)` is what is returned where there is a weight.

    Its `loss(weight, word)` is the right one, for whatever weight and reduction.
    """

    def assemble(formula: Loss) -> Loss:
        def whole(input: Tensor, target: Tensor, reduction: str, *rest: Any) -> Tensor:
            *flags, weight = rest

            def right(weight: Tensor | None, word: str = reduction) -> Tensor:
                return wrong.spec(input, target, word, *flags, weight)

            return right(None) if weight is None else formula(weight, right, reduction)

        return with_defaults(wrong)(whole)

    return assemble


def weight_mistakes(wrong: Mistakes) -> None:
    """Adds wrong ways to weigh, for the losses that take weights."""
    wrong.table(
        beside_weights(wrong),
        weight_ignored=(
            "The weight is not used. Each element's loss is multiplied by its weight.",
            lambda weight, loss, word: loss(None),
        ),
        weight_in_mean_only=(
            "The weight is used in 'mean' only. 'none' and 'sum' are weighted as well.",
            lambda weight, loss, word: loss(weight if word == "mean" else None),
        ),
        weight_normalised=(
            "The weights are divided by their sum first, so 'none' and 'sum' come out too large here, where they add "
            "up to less than 1. Weights are taken as they are.",
            lambda weight, loss, word: loss(weight / weight.sum()),
        ),
        weight_broadcast=(
            "A weight in another shape was broadcast. torch refuses it: nobody can see whether it was meant for rows "
            "or for columns.",
            lambda weight, loss, word: loss(weight.expand_as(loss(None, "none"))),
        ),
        weight_detached=(
            "No gradient flows to the weight. torch's does: weights can be learned.",
            lambda weight, loss, word: loss(weight.detach()),
        ),
        weighted_is_mean=(
            "The reduction is ignored beside weights: they take a way of their own here, which ends in 'mean'. "
            "Weigh first, then reduce once.",
            lambda weight, loss, word: loss(weight, "mean"),
        ),
        weighted_unknown_is_mean=(
            "Beside weights an unknown reduction passes for 'mean'. A misspelt word should not train a model: raise a "
            "ValueError on that way, too.",
            lambda weight, loss, word: loss(weight, word if word in REDUCTIONS else "mean"),
        ),
    )


def divided(wrong: Mistakes) -> Callable[[Loss], Loss]:
    """For tables: the weighted mean divides by `divisor(weight)`."""
    whole = beside_weights(wrong)
    return lambda divisor: whole(
        lambda weight, loss, word: loss(weight, "sum") / divisor(weight) if word == "mean" else loss(weight)
    )


BY_NONZERO: tuple[str, Loss] = (
    "The weighted mean divides by the number of weights that are not 0. The docstring says what it divides by.",
    lambda weight: (weight != 0).sum(),
)


def divisor_mistakes(wrong: Mistakes, name: str) -> None:
    """Adds wrong divisors of a mean that divides by the sum of the weights; `name` as it stands in a sentence."""
    wrong.table(
        divided(wrong),
        divided_by_count=(
            f"The weighted mean divides by the number of elements, as binary cross-entropy does. {name} divides by the "
            "sum of the weights: equal weights then change nothing.",
            lambda weight: weight.numel(),
            "MSE9",
        ),
        divided_by_nonzero=BY_NONZERO,
        divided_by_at_least_one=(
            "The sum of the weights is kept from falling below 1 (`clamp(min=1)`), so small weights give a mean that "
            "is too small. Divide by what is there, and by 0 if that is 0.",
            lambda weight: weight.sum().clamp(min=1),
        ),
        guarded_division=(
            "A small number is added to the sum of the weights, so that weights of 0 give 0. torch gives NaN: nothing "
            "was measured, and that should be seen.",
            lambda weight, *, eps=1e-8: weight.sum() + eps,
        ),
    )
