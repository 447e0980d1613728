"""What torch's four have in common: weights, reductions, cases, what a drop-in owes, what goes wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    reduced,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    wrong_words,
)
from coursekit.graders.regression.common import DTYPES, Loss, Rng, draw_weight, pair
from coursekit.wire import Question


def weighed(losses: Tensor, input: Tensor, weight: Tensor | None) -> Tensor:
    """Each loss times its factor."""
    if weight is None:
        return losses
    if weight.shape != input.shape:
        raise ValueError(f"weight is {tuple(weight.shape)}, input {tuple(input.shape)}")
    return losses * weight


def torch_twin(function: Loss, *flags: str) -> Loss:
    """torch's own, with the positions that are left without `size_average` and `reduce`."""

    def twin(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return function(input, target, **dict(zip(("reduction", *flags), args)), **kwargs)

    return twin


def torch_cases(*flags: dict[str, Any], weights: bool, edges: tuple[float, ...]) -> Iterator[Question]:
    """Reductions × flags × weights × shapes × dtypes with gradients by all; then `edges` as errors, in value."""
    shapes: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3), (2, 2), (2, 1, 3), (0, 3))
    for reduction, flag, dtype, shape in product(REDUCTIONS, flags, DTYPES, shapes):
        size = math.prod(shape)
        input = torch.linspace(-3, 2.5, size, dtype=dtype).reshape(shape)
        target = torch.linspace(1, -0.7, size, dtype=dtype).cos().reshape(shape)
        yield Question((input, target), {"reduction": reduction, **flag}, wrt=(0, 1))
        yield Question((input, input.clone()), {"reduction": reduction, **flag}, wrt=(0, 1))
        for factors in (torch.linspace(0.1, 0.3, size), torch.linspace(3, 0, size), torch.zeros(size)):
            if weights:
                kwargs = {"reduction": reduction, "weight": factors.reshape(shape).to(dtype), **flag}
                yield Question((input, target), kwargs, wrt=(0, 1))
    for reduction, flag in product(REDUCTIONS, flags):
        kwargs = {"reduction": reduction, **flag}
        error = tensor(edges)
        yield Question((error, torch.zeros_like(error)), kwargs)
        for one in error[~error.isnan()]:  # the slope at NaN is 0 in L1 and NaN in the others, an accident of both
            yield Question((one[None], one.new_zeros(1)), kwargs, wrt=(0, 1))
        yield Question((tensor([0.5, -2.0]), tensor([0, 3])), kwargs)
        # (N, 1) against (N,): torch warns, and computes N × N losses
        yield Question((tensor([[1.0], [2.5], [4.0]]), tensor([1.0, 3.0, 5.0])), kwargs, wrt=(0, 1))
        yield Question((error.double(), torch.ones_like(error)), kwargs)


def drop_in_parity(exercise: Exercise, *flags: dict[str, Any]) -> None:
    """What each of the four owes besides its formula, whatever the formula is."""
    spec = exercise.spec

    @exercise.parity
    def three_reductions(f: Function, rng: Rng) -> None:
        """Three reductions, for one, two and three dimensions, and for a single number

        'mean' divides by the number of all elements, whatever the shape.
        """
        for shape, reduction in product(((2, 2), (3,), (2, 1, 3), ()), REDUCTIONS):
            same_value(f, spec, *pair(rng, *shape), reduction=reduction)

    @exercise.parity
    def every_gradient(f: Function, rng: Rng) -> None:
        """The gradient with every reduction and flag, by input and by target"""
        for reduction, flag in product(REDUCTIONS, flags):
            same_gradient(f, spec, *pair(rng, 2, 3), wrt=(0, 1), scale=3.0, reduction=reduction, **flag)

    @exercise.parity
    def no_elements(f: Function, rng: Rng) -> None:
        """An empty batch: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing"""
        empty = torch.empty(0, 3)
        for reduction in REDUCTIONS:
            same_value(f, spec, empty, empty, reduction=reduction)

    @exercise.parity
    def nan_shows(f: Function, rng: Rng) -> None:
        """A NaN is not hidden, an infinite error costs inf

        A NaN among the targets is for the caller to remove. A loss that skips it hides that the data are broken.
        """
        input, target = tensor([1.0, nan, 0.5, inf]), tensor([nan, 2.0, 0.0, 0.0])
        same_value(f, spec, input, target, reduction="none")
        same_value(f, spec, input[:3], target[:3])
        same_value(f, spec, input[2:], target[2:])

    @exercise.parity
    def keeps_dtype(f: Function, rng: Rng) -> None:
        """float32 stays float32, float64 stays float64, and an integer target takes part as it is"""
        input, target = pair(rng, 2, 2)
        same_dtype(f, spec, input, target)
        same_dtype(f, spec, input.double(), target.double())
        same_dtype(f, spec, input, tensor([[0, 3], [-2, 1]]))

    @exercise.parity
    def unknown_word(f: Function, rng: Rng) -> None:
        """A reduction that does not exist is refused

        'batchmean' is a word of `kl_div` only. A misspelt reduction that passes for another one trains a model on
        a loss that nobody asked for.
        """
        refuses(f, *pair(rng, 3), reduction="batchmean")

    @exercise.parity
    def unlike_shapes(f: Function, rng: Rng) -> None:
        """Shapes that do not fit together are refused"""
        refuses(f, pair(rng, 2)[0], pair(rng, 3)[1])


def reduction_mistakes(exercise: Exercise) -> None:
    """What goes wrong around the formula of each of the four."""
    spec, wrong = exercise.spec, exercise.misconception

    wrong_words(exercise.misconceptions)

    def of_losses(explanation: str) -> Callable[[Callable[[Tensor, str], Tensor]], None]:
        """Registers a mistake in one reduction, made with the losses of the elements."""

        def add(reduce: Callable[[Tensor, str], Tensor]) -> None:
            def loss(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **kwargs: Any) -> Tensor:
                losses = spec(input, target, "none", *args, **kwargs)
                if reduction == "mean" and any(isinstance(x, Tensor) for x in (*args, *kwargs.values())):
                    return spec(input, target, reduction, *args, **kwargs)  # weights have a mean of their own
                return reduce(losses, reduction)

            wrong(explanation, reduce.__name__)(loss)

        return add

    @of_losses(  # MSE3
        "'mean' sums over each row and averages the rows. torch divides by the number of all elements: a table of five "
        "columns gives a fifth of this."
    )
    def mean_of_row_sums(losses: Tensor, reduction: str) -> Tensor:
        rows = losses.flatten(1).sum(1) if losses.ndim > 1 else losses
        return reduced(rows if reduction == "mean" else losses, reduction)

    @of_losses(
        "'mean' averages over the last dimension only, as Keras does. torch's mean is one number, over everything."
    )
    def mean_of_last(losses: Tensor, reduction: str) -> Tensor:
        return losses.mean(-1) if reduction == "mean" else reduced(losses, reduction)

    @of_losses("'none' averages over the last dimension. It should leave one loss an element.")
    def none_averages(losses: Tensor, reduction: str) -> Tensor:
        return losses.mean(-1) if reduction == "none" else reduced(losses, reduction)

    @of_losses("'sum' sums over the last dimension only. torch's sum is one number, over everything.")
    def sum_of_last(losses: Tensor, reduction: str) -> Tensor:
        return losses.sum(-1) if reduction == "sum" else reduced(losses, reduction)

    @of_losses("The mean is divided by the batch size once more. `.mean()` has done it already.")  # R5
    def divided_twice(losses: Tensor, reduction: str) -> Tensor:
        rows = losses.shape[0] if losses.ndim and reduction == "mean" else 1
        return reduced(losses, reduction) / (rows or nan)

    @of_losses("The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen.")
    def empty_is_zero(losses: Tensor, reduction: str) -> Tensor:
        return reduced(losses, reduction) if losses.numel() else reduced(losses, reduction).nan_to_num()

    @of_losses(
        "NaN losses count as 0, or are left out of the mean. torch lets them through: a hole in the data should be "
        "seen, and removed by the caller before the loss."
    )
    def nan_skipped(losses: Tensor, reduction: str) -> Tensor:
        if reduction == "mean" and losses.numel():
            return losses.nanmean()
        return reduced(losses.where(~losses.isnan(), 0.0), reduction)

    @wrong(
        "No gradient flows to the target. torch's does; a target that is not to be trained is detached by the caller."
    )
    def target_detached(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return spec(input, target.detach(), *args, **kwargs)

    @wrong("The result is float32 for float64 input. Keep the dtype of the input, its digits were paid for.")
    def always_float32(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return spec(input, target, *args, **kwargs).float()

    @wrong(
        "Two shapes that do not fit are cut to the shorter, as `zip` does. Subtract the tensors: torch then raises "
        "what should be raised."
    )
    def cut_to_fit(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if input.ndim and target.ndim and len(input) != len(target):
            rows = min(len(input), len(target))
            input, target = input[:rows], target[:rows]
        return spec(input, target, *args, **kwargs)


def weight_parity(exercise: Exercise, *flags: dict[str, Any]) -> None:
    """What a weight for every element means, for the losses that take one."""
    spec = exercise.spec

    @exercise.parity
    def weights(f: Function, rng: Rng) -> None:
        """A weight for every element, with every reduction

        What does the mean divide by? The docstring says it.
        """
        for reduction, flag in product(REDUCTIONS, flags):
            for shape in ((2,), (2, 3)):
                same_value(f, spec, *pair(rng, *shape), reduction=reduction, weight=draw_weight(rng, *shape), **flag)
        same_value(f, spec, *pair(rng, 3), weight=tensor([0.0, 2.0, 5.0]))

    @exercise.parity
    def weight_of_nothing(f: Function, rng: Rng) -> None:
        """Weights that are all 0: the mean is what the division says"""
        input, target = pair(rng, 3)
        same_value(f, spec, input, target, weight=torch.zeros(3))
        same_value(f, spec, input, target, weight=tensor([0.0, 0.0, 0.25]))

    @exercise.parity
    def weight_gradients(f: Function, rng: Rng) -> None:
        """The gradient with weights, by input, target and weight"""
        for reduction, flag in product(REDUCTIONS, flags):
            rest = (reduction, *flag.values(), draw_weight(rng, 2, 2))
            same_gradient(f, spec, *pair(rng, 2, 2), *rest, wrt=(0, 1, 3 + len(flag)))

    @exercise.parity
    def weight_shape(f: Function, rng: Rng) -> None:
        """A weight in another shape than the input is refused

        torch does not broadcast weights: (2,) beside (2, 2) could mean a weight a row or a weight a column.
        """
        refuses(f, *pair(rng, 2, 2), weight=draw_weight(rng, 2))

    @exercise.parity
    def unknown_word_with_weights(f: Function, rng: Rng) -> None:
        """A reduction that does not exist is refused beside weights as well"""
        refuses(f, *pair(rng, 3), reduction="batchmean", weight=draw_weight(rng, 3))


def weight_mistakes(exercise: Exercise, loss_name: str) -> None:
    """Wrong ways to weigh, for the losses that take weights; `loss_name` as it stands in a sentence."""
    spec, wrong = exercise.spec, exercise.misconception

    def with_weight(explanation: str, name: str = "") -> Callable[[Loss], None]:
        """Registers `function(weight, *, input, loss, reduction)`: what is returned where there is a weight.

        Its `loss(weight, reduction)` is the right one, for whatever weight and reduction.
        """

        def add(function: Loss) -> None:
            def whole(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **kwargs: Any) -> Tensor:
                weight = kwargs.pop("weight", None)
                if args and isinstance(args[-1], Tensor):
                    *args, weight = args  # type: ignore[assignment]

                def right(weight: Tensor | None, reduction: str = reduction) -> Tensor:
                    return spec(input, target, reduction, *args, weight=weight, **kwargs)

                return right(None) if weight is None else function(weight, input=input, loss=right, reduction=reduction)

            wrong(explanation, name or function.__name__)(whole)

        return add

    @with_weight("The weight is not used. Each element's loss is multiplied by its weight.")
    def weight_ignored(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str) -> Tensor:
        return loss(None)

    @with_weight("The weight is used in 'mean' only. 'none' and 'sum' are weighted as well.")
    def weight_in_mean_only(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str) -> Tensor:
        return loss(weight if reduction == "mean" else None)

    @with_weight(
        "The weights are divided by their sum first, so 'none' and 'sum' come out too large here, where they add up to "
        "less than 1. Weights are taken as they are."
    )
    def weight_normalised(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str) -> Tensor:
        return loss(weight / weight.sum())

    @with_weight(
        "A weight in another shape was broadcast. torch refuses it: nobody can see whether it was meant for rows or "
        "for columns."
    )
    def weight_broadcast(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str) -> Tensor:
        return loss(weight.expand_as(input))

    @with_weight("No gradient flows to the weight. torch's does: weights can be learned.")
    def weight_detached(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str) -> Tensor:
        return loss(weight.detach())

    @with_weight(
        "The reduction is ignored beside weights: they take a way of their own here, which ends in 'mean'. "
        "Weigh first, then reduce once."
    )
    def weighted_is_mean(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str) -> Tensor:
        return loss(weight, "mean")

    @with_weight(
        "Beside weights an unknown reduction passes for 'mean'. A misspelt word should not train a model: raise a "
        "ValueError on that way, too."
    )
    def weighted_unknown_is_mean(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str) -> Tensor:
        return loss(weight, reduction if reduction in REDUCTIONS else "mean")

    by_count = exercise.name == "huber_loss"
    denominators: dict[str, tuple[str, Loss]] = {
        "divided_by_weights": (
            "The weighted mean divides by the sum of the weights. So does torch in `mse_loss` and `l1_loss`, but not "
            "in `huber_loss`: there it divides by the number of elements.",  # MSE10
            lambda weight: weight.sum(),
        ),
        "divided_by_count": (
            f"The weighted mean divides by the number of elements, as binary cross-entropy does. {loss_name} divides "
            "by the sum of the weights: equal weights then change nothing.",  # MSE9
            lambda weight: weight.numel(),
        ),
        "divided_by_nonzero": (
            "The weighted mean divides by the number of weights that are not 0. The docstring says what it divides by.",
            lambda weight: (weight != 0).sum(),
        ),
        "divided_by_at_least_one": (
            "The sum of the weights is kept from falling below 1 (`clamp(min=1)`), so small weights give a mean that "
            "is too small. Divide by what is there, and by 0 if that is 0.",
            lambda weight: weight.sum().clamp(min=1),
        ),
        "guarded_division": (
            "A small number is added to the sum of the weights, so that weights of 0 give 0. torch gives NaN: nothing "
            "was measured, and that should be seen.",
            lambda weight: weight.sum() + 1e-8,
        ),
    }
    for name, (explanation, divisor) in denominators.items():
        if name == "divided_by_count" if by_count else name == "divided_by_weights":
            continue
        if by_count and name not in ("divided_by_weights", "divided_by_nonzero"):
            continue

        def divided(weight: Tensor, *, input: Tensor, loss: Loss, reduction: str, _by: Loss = divisor) -> Tensor:
            return loss(weight, "sum") / _by(weight) if reduction == "mean" else loss(weight)

        with_weight(explanation, name)(divided)


def mean_and_sum(exercise: Exercise) -> None:
    """The core check that each of the four has: a mean and a sum of more than one row."""
    spec = exercise.spec

    @exercise.check
    def of_a_table(f: Function, rng: Rng) -> None:
        """'mean', the default, is over all elements of a table; 'sum' too"""
        input, target = pair(rng, 2, 3)
        same_value(f, spec, input, target, reduction="mean")
        same_value(f, spec, input, target, reduction="sum")
        same_value(f, spec, input, target)
