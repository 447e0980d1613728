"""Losses of regression: torch's L1, MSE, SmoothL1 and Huber, then Keras's and how Keras averages.

Sources: Huber, Robust Estimation of a Location Parameter (1964); Girshick, Fast R-CNN (2015), for smooth L1;
`torch.nn.functional.l1_loss`, `mse_loss`, `smooth_l1_loss`, `huber_loss`; `keras.losses`.

The losses of a family make the same mistakes around the formula: what goes wrong in a reduction, with weights or in
lining up two shapes is written once, and added to each.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.compare import refuses, same_dtype, same_gradient, same_value
from coursekit.exercise import Exercise, Question
from coursekit.grading import Function
from coursekit.twins import keras_twin

Rng = np.random.Generator
Loss = Callable[..., Tensor]

LOSSES = ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")
# as a TorchFunctionMode sees them: with the overload's name where one is called through torch.ops
READY_MADE = tuple(name + overload for name in LOSSES for overload in ("", ".default", ".out"))

REDUCTIONS = ("none", "sum", "mean")
DTYPES = (torch.float32, torch.float64)

# Errors of either side of every threshold that a check sets, all of them different, and none of them its own square
SIZES = (0.3, 2.2, 0.7, 3.1, 1.4, 4.2, 1.1, 2.7)
FACTORS = (0.05, 0.4, 0.1, 0.25, 0.02, 0.06)


def pair(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Predictions and targets with errors of up to eight different sizes, and of both signs.

    Of one error the sign is drawn; of several, the two largest have opposite signs, so that no mistake about the
    sign stays hidden.
    """
    count = int(np.prod(shape, dtype=int))
    error = np.array(SIZES[:count]) * rng.choice([-1, 1], size=count)
    if count > 1:
        largest, second = np.argsort(-np.abs(error))[:2]
        error[second] = -np.sign(error[largest]) * abs(error[second])
    target = np.round(rng.normal(size=count), 1) + 0.0  # a -0.0 would be printed as such
    input = np.round(target + rng.permutation(error), 1) + 0.0
    return tensor(input.reshape(shape), dtype=dtype), tensor(target.reshape(shape), dtype=dtype)


def draw_weight(rng: Rng, *shape: int) -> Tensor:
    """A factor for each of up to six elements, all different, together less than 1."""
    count = int(np.prod(shape, dtype=int))
    return tensor(rng.permutation(FACTORS[:count]).reshape(shape), dtype=torch.float32)


def weighed(losses: Tensor, input: Tensor, weight: Tensor | None) -> Tensor:
    """Each loss times its factor."""
    if weight is None:
        return losses
    if weight.shape != input.shape:
        raise ValueError(f"weight is {tuple(weight.shape)}, input {tuple(input.shape)}")
    return losses * weight


def reduced(losses: Tensor, reduction: str, divisor: Tensor | None = None) -> Tensor:
    """`losses` as "none", "sum" and "mean" leave them; the mean divides by their number if by nothing else."""
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / (losses.numel() if divisor is None else divisor)
    raise ValueError(f"{reduction!r} is no reduction")


def torch_twin(function: Loss, *flags: str) -> Loss:
    """torch's own without its warnings, and with the positions that are left without `size_average` and `reduce`."""

    def twin(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return function(input, target, **dict(zip(("reduction", *flags), args)), **kwargs)

    return twin


def named(name: str, function: Loss) -> Loss:
    """`function` under the name by which a diagnosis will call it."""
    function.__name__ = name
    return function


# ---- what torch's four have in common ------------------------------------------------------------------------


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

    for kind in REDUCTIONS:

        def always(
            input: Tensor, target: Tensor, reduction: str = "", *args: Any, _kind: str = kind, **kwargs: Any
        ) -> Tensor:
            return spec(input, target, _kind, *args, **kwargs)

        def unknown(
            input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, _kind: str = kind, **kwargs: Any
        ) -> Tensor:
            return spec(input, target, reduction if reduction in REDUCTIONS else _kind, *args, **kwargs)

        wrong(f"The reduction is ignored: this is '{kind}' whatever was asked for.")(named(f"always_{kind}", always))
        wrong(
            f"An unknown reduction passes for '{kind}'. A misspelt word should not train a model: raise a ValueError."
        )(named(f"unknown_is_{kind}", unknown))
        if kind != "mean":

            def by_default(input: Tensor, target: Tensor, reduction: str = kind, *args: Any, **kwargs: Any) -> Tensor:
                return spec(input, target, reduction, *args, **kwargs)

            wrong(f"The default reduction is '{kind}' here. A call without a word for it means 'mean'.")(
                named(f"default_is_{kind}", by_default)
            )

    def of_losses(explanation: str) -> Callable[[Callable[[Tensor, str], Tensor]], None]:
        """Registers a mistake in one reduction, made with the losses of the elements."""

        def add(reduce: Callable[[Tensor, str], Tensor]) -> None:
            def loss(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **kwargs: Any) -> Tensor:
                losses = spec(input, target, "none", *args, **kwargs)
                if reduction == "mean" and any(isinstance(x, Tensor) for x in (*args, *kwargs.values())):
                    return spec(input, target, reduction, *args, **kwargs)  # weights have a mean of their own
                return reduce(losses, reduction)

            wrong(explanation)(named(reduce.__name__, loss))

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

    def with_weight(explanation: str) -> Callable[[Loss], None]:
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

            wrong(explanation)(named(function.__name__, whole))

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

        with_weight(explanation)(named(name, divided))


# ---- l1_loss -------------------------------------------------------------------------------------------------


def l1_spec(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """|input - target|; the weighted mean divides by the sum of the weights."""
    losses = weighed((input - target).abs(), input, weight)
    return reduced(losses, reduction, None if weight is None else weight.sum())


def formula_mistakes(exercise: Exercise, assemble: Callable[[Loss], Loss]) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator for wrong formulas of one element's error, with flags and reductions as they should be."""

    def wrong(explanation: str) -> Callable[[Loss], Loss]:
        def add(formula: Loss) -> Loss:
            exercise.misconception(explanation)(named(formula.__name__, assemble(formula)))
            return formula

        return add

    return wrong


def weighted_loss(formula: Loss) -> Loss:
    """`formula(input, target)` with the reductions and weights of L1 and MSE."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
        losses = weighed(formula(input, target), input, weight)
        return reduced(losses, reduction, None if weight is None else weight.sum())

    return loss


l1_loss = Exercise(
    "l1_loss",
    l1_spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.l1_loss, "weight"),
    cases=lambda: torch_cases({}, weights=True, edges=(0.0, 0.5, -2.0, inf, -inf, nan, 1e20)),
    idea="The slope of L1 is 1 however far off you are, so it is the number of points on either side that counts.",
    hints=(
        "First one number an element, the distance. Then three ways to leave it: as it is, summed, averaged.",
        "`x.abs()` has the slope 0 at 0, as torch's loss has. A root of a square, or a `where`, has not.",
        "With weights: multiply before you reduce, and look in the docstring for what the mean divides by. Compare "
        "`weight.shape` with `input.shape` first.",
    ),
)


@l1_loss.check
def distances(f: Function, rng: Rng) -> None:
    """'none': predicted 3 and 1, right were 1 and 2: losses 2 and 1"""
    same_value(f, l1_spec, tensor([3.0, 1.0]), tensor([1.0, 2.0]), reduction="none")
    same_value(f, l1_spec, *pair(rng, 2, 3), reduction="none")


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


mean_and_sum(l1_loss)


@l1_loss.check
def l1_gradient(f: Function, rng: Rng) -> None:
    """The slope is 1 or -1, divided by the number of elements in a mean"""
    same_gradient(f, l1_spec, tensor([3.0, 1.0]), tensor([1.0, 2.0]), reduction="sum")
    same_gradient(f, l1_spec, *pair(rng, 2, 3))


drop_in_parity(l1_loss, {})


@l1_loss.parity
def l1_at_the_kink(f: Function, rng: Rng) -> None:
    """Where the prediction is right, the slope is 0

    Between -1 and 1 every slope would do. torch takes 0, so that a right prediction is left alone.
    """
    input, target = tensor([2.0, 0.5, -1.0]), tensor([2.0, 1.0, -1.0])
    same_gradient(f, l1_spec, input, target, wrt=(0, 1), reduction="sum")
    same_gradient(f, l1_spec, input, target, "mean", tensor([0.5, 2.0, 1.0]), wrt=(0, 1))


weight_parity(l1_loss, {})
reduction_mistakes(l1_loss)
weight_mistakes(l1_loss, "`l1_loss`")
wrong_l1 = formula_mistakes(l1_loss, weighted_loss)


@wrong_l1("This is the squared error. L1 is the distance itself.")
def squared_error(input: Tensor, target: Tensor) -> Tensor:
    return (input - target) ** 2


@wrong_l1("This is the difference with its sign: errors of opposite signs cancel. Take its absolute value.")
def signed_difference(input: Tensor, target: Tensor) -> Tensor:
    return input - target


@wrong_l1("Only predictions that are too high cost something here. Too low is as bad: take the absolute value.")
def too_high_only(input: Tensor, target: Tensor) -> Tensor:
    return (input - target).relu()


@wrong_l1("The absolute values are taken before the subtraction. Subtract first.")
def absolute_first(input: Tensor, target: Tensor) -> Tensor:
    return (input.abs() - target.abs()).abs()


@wrong_l1("The error is divided by the target's size: that is a relative error. L1 counts in the units of the target.")
def relative_error(input: Tensor, target: Tensor) -> Tensor:
    return (input - target).abs() / target.abs()


@wrong_l1("This is smooth L1: small errors are squared. L1 keeps its kink.")
def rounded_off(input: Tensor, target: Tensor) -> Tensor:
    return smooth_formula(input - target, 1.0)


@wrong_l1(
    "The root of the square is the right value, but where the prediction is right its gradient is NaN: the slope of "
    "the root at 0 is infinite. `abs` has no such trouble."
)
def root_of_square(input: Tensor, target: Tensor) -> Tensor:
    return ((input - target) ** 2).sqrt()


@wrong_l1(
    "A small number under the root avoids the NaN at 0 and rounds the loss off: a right prediction costs 0.001. `abs` "
    "needs no protection."
)
def padded_root(input: Tensor, target: Tensor) -> Tensor:
    return ((input - target) ** 2 + 1e-6).sqrt()


@wrong_l1(  # MSE8
    "Where the prediction is right, the slope is 1: `where(a >= b, a - b, b - a)` decides for one side. torch's is 0 "
    "there, as that of `abs`."
)
def slope_one_at_zero(input: Tensor, target: Tensor) -> Tensor:
    return torch.where(input >= target, input - target, target - input)


@wrong_l1(  # MSE8
    "Where the prediction is right, the slope is -1: `where(a > b, a - b, b - a)` decides for one side. torch's is 0 "
    "there, as that of `abs`."
)
def slope_minus_one_at_zero(input: Tensor, target: Tensor) -> Tensor:
    return torch.where(input > target, input - target, target - input)


@l1_loss.misconception("The errors are averaged first, then made positive: opposite signs have cancelled by then.")
def distance_of_means(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    signed = weighted_loss(signed_difference)
    return signed(input, target, reduction, weight).abs()


# ---- mse_loss ------------------------------------------------------------------------------------------------


def mse_spec(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(input - target)²; the weighted mean divides by the sum of the weights."""
    difference = input - target
    losses = weighed(difference * difference, input, weight)
    return reduced(losses, reduction, None if weight is None else weight.sum())


mse_loss = Exercise(
    "mse_loss",
    mse_spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.mse_loss, "weight"),
    cases=lambda: torch_cases({}, weights=True, edges=(0.0, 0.5, -2.0, inf, -inf, nan, 1e15)),
    idea="The slope of the squared error is twice the error: far points pull hard, and right ones let go.",
    hints=(
        "All is as in `l1_loss` but for one line.",
        "Subtract, then square: `x.square()` or `x**2`. No factor ½, no root.",
        "Weights multiply the squares, not the errors. The mean divides by their sum.",
    ),
)


@mse_loss.check
def squares(f: Function, rng: Rng) -> None:
    """'none': predicted 3 and 0.5, right were 1 and 2: losses 4 and 2.25"""
    same_value(f, mse_spec, tensor([3.0, 0.5]), tensor([1.0, 2.0]), reduction="none")
    same_value(f, mse_spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(mse_loss)


@mse_loss.check
def mse_gradient(f: Function, rng: Rng) -> None:
    """The slope is twice the error, divided by the number of elements in a mean"""
    same_gradient(f, mse_spec, tensor([3.0, 0.5]), tensor([1.0, 2.0]), reduction="sum")
    same_gradient(f, mse_spec, *pair(rng, 2, 3))


drop_in_parity(mse_loss, {})


@mse_loss.parity
def perfect_fit(f: Function, rng: Rng) -> None:
    """A perfect fit: loss 0, gradient 0"""
    fit = tensor([2.0, 0.5])
    for reduction in REDUCTIONS:
        same_gradient(f, mse_spec, fit, fit.clone(), wrt=(0, 1), reduction=reduction)
    same_gradient(f, mse_spec, tensor([2.0, 0.5]), tensor([2.0, 1.0]), wrt=(0, 1))


@mse_loss.parity
def far_from_zero(f: Function, rng: Rng) -> None:
    """Large numbers that are close together (float64)

    The error must be formed first. a² - 2ab + b² loses all its digits here.
    """
    _, target = pair(rng, 3, dtype=torch.float64)
    same_value(f, mse_spec, target + 1e8 + 0.5, target + 1e8)


weight_parity(mse_loss, {})
reduction_mistakes(mse_loss)
weight_mistakes(mse_loss, "`mse_loss`")
wrong_mse = formula_mistakes(mse_loss, weighted_loss)


@wrong_mse(  # MSE4
    "This is half the squared error. The factor ½ makes a handsome derivative, but torch does not have it."
)
def half_square(input: Tensor, target: Tensor) -> Tensor:
    return (input - target) ** 2 / 2


@wrong_mse("This is the absolute error. The squared error multiplies the error by itself.")
def absolute_error(input: Tensor, target: Tensor) -> Tensor:
    return (input - target).abs()


@wrong_mse("Each value is squared before the subtraction. Subtract first, then square.")
def squares_subtracted(input: Tensor, target: Tensor) -> Tensor:
    return input**2 - target**2


@wrong_mse("The square keeps the sign of the error. A square is never negative.")
def signed_square(input: Tensor, target: Tensor) -> Tensor:
    return (input - target) * (input - target).abs()


@wrong_mse("The error is divided by the target first: that is a relative error.")
def relative_square(input: Tensor, target: Tensor) -> Tensor:
    return ((input - target) / target) ** 2


@wrong_mse(
    "This is a² - 2ab + b², in which three large numbers cancel: of two values near 1e8 that differ by 0.5 nothing is "
    "left. Subtract first, then square."
)
def expanded(input: Tensor, target: Tensor) -> Tensor:
    return input**2 - 2 * input * target + target**2


def after_mean(explanation: str) -> Callable[[Loss], None]:
    """Registers what is done to the right mean; the other reductions stay right."""

    def add(function: Loss) -> None:
        def loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
            if reduction != "mean":
                return mse_spec(input, target, reduction, weight)
            return function(input, target, weight)

        mse_loss.misconception(explanation)(named(function.__name__, loss))

    return add


@after_mean(  # MSE5
    "This is the root of the mean, the RMSE: in the units of the target, but with a NaN for a gradient at a perfect "
    "fit. The MSE is not rooted."
)
def root_mean_square(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    return mse_spec(input, target, "mean", weight).sqrt()


@after_mean(  # MSE6
    "This is the norm of the error, the root of the sum of squares. The mean squared error has no root, and divides."
)
def norm_of_error(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    return mse_spec(input, target, "sum", weight).sqrt()


@after_mean("The errors are averaged before they are squared: opposite signs have cancelled by then.")
def square_of_mean(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    return weighted_loss(signed_difference)(input, target, "mean", weight) ** 2


@after_mean(
    "This is the variance of the errors: their mean was taken off first, so a prediction that is always 5 too high "
    "costs nothing."
)
def variance_of_errors(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    error = input - target
    return mse_spec(error, error.mean().expand_as(error), "mean", weight)


@mse_loss.misconception(
    "The weight multiplies the error before it is squared, so it counts squared. Weigh the squares."
)
def weight_squared(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    losses = weighed(input - target, input, weight) ** 2
    return reduced(losses, reduction, None if weight is None else weight.sum())


# ---- smooth_l1_loss ------------------------------------------------------------------------------------------


def smooth_formula(d: Tensor, beta: float) -> Tensor:
    """Smooth L1 of an error d. The parabola sees 0 where it is not used: its slope at inf would be 0 · inf."""
    size = d.abs()
    if beta == 0:
        return size
    near = size < beta
    return torch.where(near, size.where(near, 0.0) ** 2 / (2 * beta), size - beta / 2)


def smooth_l1_spec(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """D²/2β for an error d below β, |d| - β/2 beyond; |d| for β = 0."""
    if not beta >= 0:
        raise ValueError(f"beta is {beta}")
    return reduced(smooth_formula(input - target, beta), reduction)


BETAS: tuple[dict[str, Any], ...] = ({"beta": 1.0}, {"beta": 0.5}, {"beta": 2.0}, {"beta": 0.0})

smooth_l1_loss = Exercise(
    "smooth_l1_loss",
    smooth_l1_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.smooth_l1_loss, "beta"),
    cases=lambda: torch_cases(
        {}, *BETAS, {"beta": 0.3}, {"beta": 1e6}, weights=False, edges=(0.0, 0.3, -0.5, 1.0, -2.0, inf, -inf, nan, 1e20)
    ),
    idea="Smooth L1 keeps the slope of L1 far away, ±1 whatever beta is, and lets it run to 0 inside beta.",
    hints=(
        "Two formulas, one for |d| < beta and one beyond. `torch.where` chooses for each element.",
        "At |d| = beta both must give beta/2, and have the slope 1. Which constants make that so?",
        "beta = 0 is a case of its own: d²/(2 · 0) is NaN at d = 0. And `where` differentiates both branches: at an "
        "infinite error the parabola, though not chosen, turns the gradient into NaN. `clamp` its input.",
    ),
)


@smooth_l1_loss.check
def inside_and_outside(f: Function, rng: Rng) -> None:
    """Errors 0.5, -0.5, 3 and -3 cost 0.125, 0.125, 2.5 and 2.5

    Inside beta = 1 half the square, outside the distance less a half.
    """
    same_value(f, smooth_l1_spec, tensor([1.5, 0.5, 4.0, -2.0]), torch.ones(4), reduction="none")
    same_value(f, smooth_l1_spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(smooth_l1_loss)


@smooth_l1_loss.check
def other_betas(f: Function, rng: Rng) -> None:
    """With beta = 2, errors of 1 and 3 cost 0.25 and 2

    beta moves the threshold, and stands in both formulas.
    """
    same_value(f, smooth_l1_spec, tensor([2.0, 4.0]), torch.ones(2), reduction="none", beta=2.0)
    same_value(f, smooth_l1_spec, *pair(rng, 2, 3), reduction="none", beta=0.5)
    same_value(f, smooth_l1_spec, *pair(rng, 2, 3), beta=2.5)


@smooth_l1_loss.check
def smooth_gradient(f: Function, rng: Rng) -> None:
    """The slope is d/beta inside, ±1 outside"""
    for beta in (1.0, 0.5, 2.0):
        same_gradient(f, smooth_l1_spec, *pair(rng, 2, 3), reduction="sum", beta=beta)


drop_in_parity(smooth_l1_loss, *BETAS)


@smooth_l1_loss.parity
def beta_of_zero(f: Function, rng: Rng) -> None:
    """beta = 0 is L1, with a slope of 0 at 0

    Look for a division by beta, and for a small number that replaces it.
    """
    same_value(f, smooth_l1_spec, *pair(rng, 2, 2), beta=0.0)
    same_gradient(f, smooth_l1_spec, tensor([2.0, 0.5]), tensor([2.0, 1.0]), wrt=(0, 1), beta=0.0)
    same_gradient(f, smooth_l1_spec, tensor([1e-7, 0.5]), tensor([0.0, 1.0]), wrt=(0, 1), beta=0.0)


def at_the_threshold(exercise: Exercise, flag: str) -> None:
    """The core of what is smooth about both."""
    spec = exercise.spec

    @exercise.parity
    def threshold(f: Function, rng: Rng) -> None:
        """Exactly at the threshold, and at an error of 0, value and slope fit"""
        for size in (0.5, 1.0, 2.0):
            kwargs: dict[str, Any] = {"reduction": "sum", flag: size}
            same_gradient(f, spec, tensor([size + 1, 1 - size, 1.0]), torch.ones(3), wrt=(0, 1), **kwargs)

    @exercise.parity
    def infinite_error(f: Function, rng: Rng) -> None:
        """The slope of an infinite error is that of any large one

        `where` differentiates both branches, and the slope of the parabola at inf, times 0, is NaN. Let the parabola
        see a harmless number there.
        """
        for size in (1.0, 2.0):
            kwargs: dict[str, Any] = {"reduction": "sum", flag: size}
            same_gradient(f, spec, tensor([inf, -inf, 0.5]), torch.zeros(3), wrt=(0, 1), **kwargs)

    @exercise.misconception(
        "The value is right at an infinite error, the gradient is NaN: `where` differentiates the parabola too, and "
        "0 · inf is NaN. Clamp what the parabola sees."
    )
    def masked_too_late(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **kwargs: Any) -> Tensor:
        # 0 · d² adds nothing to the value; to the gradient of an infinite error it adds 0 · inf
        losses = spec(input, target, reduction, *args, **kwargs)
        d = input - target
        ghost = torch.where(torch.ones_like(d, dtype=torch.bool), torch.zeros_like(d), d**2)
        return losses + reduced(ghost, reduction)


at_the_threshold(smooth_l1_loss, "beta")


@smooth_l1_loss.parity
def negative_beta(f: Function, rng: Rng) -> None:
    """A negative beta is refused"""
    refuses(f, *pair(rng, 3), beta=-1.0)


reduction_mistakes(smooth_l1_loss)


def smooth_loss(formula: Loss) -> Loss:
    """`formula(d, beta)` with the reductions of smooth L1."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
        if not beta >= 0:
            raise ValueError(f"beta is {beta}")
        return reduced(formula(input - target, beta), reduction)

    return loss


def branches(d: Tensor, threshold: float, inside: Loss, outside: Loss) -> Tensor:
    """`inside(|d|)` below the threshold, `outside(|d|)` from it on, without a NaN from the other branch."""
    size = d.abs()
    near = size < threshold
    return torch.where(near, inside(size.where(near, 0.0)), outside(size))


wrong_smooth = formula_mistakes(smooth_l1_loss, smooth_loss)


@wrong_smooth(  # HUB1, HUB7
    "This is the Huber loss: beta times as large as smooth L1. In smooth L1 the slope far away is 1 whatever beta is, "
    "in Huber it is delta."
)
def is_huber(d: Tensor, beta: float) -> Tensor:
    return beta * smooth_formula(d, beta) if beta else 0 * d


@wrong_smooth(  # HUB2
    "beta moves the threshold only. Both formulas hold it as well, d²/(2·beta) and |d| - beta/2; without it the loss "
    "jumps at the threshold."
)
def threshold_only(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / 2, lambda x: x - 0.5)


@wrong_smooth("beta is not used: the threshold stays at 1.")
def beta_ignored(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, 1.0)


@wrong_smooth("beta is missing under the square: d²/(2·beta), so that the two formulas meet at beta/2.")
def beta_missing_inside(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / 2, lambda x: x - beta / 2)


@wrong_smooth("Far away a half is taken off, it should be beta/2: the two formulas have to meet at beta.")
def beta_missing_outside(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: x - 0.5) if beta else d.abs() - 0.5


@wrong_smooth("Far away this is |d|. The straight line starts beta/2 lower, where the parabola ends.")
def line_too_high(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: x) if beta else d.abs()


@wrong_smooth("The ½ is missing in the parabola: d²/beta has the slope 2 where the line has 1.")
def half_missing(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / beta, lambda x: x - beta / 2) if beta else d.abs()


@wrong_smooth(
    "The sign of the error decides: the condition is |d| < beta, and without the absolute value every negative error "
    "falls to the parabola."
)
def sign_decides(d: Tensor, beta: float) -> Tensor:
    if not beta:
        return d.abs()
    return torch.where(d < beta, d.clamp(max=beta) ** 2 / (2 * beta), d.abs() - beta / 2)


@wrong_smooth("The branches are exchanged: the square belongs to the small errors, the line to the large ones.")
def branches_exchanged(d: Tensor, beta: float) -> Tensor:
    size = d.abs()
    return torch.where(size < beta, size - beta / 2, size**2 / (2 * beta)) if beta else size


@wrong_smooth(  # HUB3
    "beta is taken for the σ of Fast R-CNN, which puts the threshold at 1/σ². torch's beta is the threshold itself."
)
def sigma_of_fast_rcnn(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, 1 / beta**2) if beta else d.abs()


@wrong_smooth("The threshold is compared with d², not with |d|: it lies at the root of beta.")
def square_compared(d: Tensor, beta: float) -> Tensor:
    if not beta:
        return d.abs()
    return branches(d, math.sqrt(beta), lambda x: x**2 / (2 * beta), lambda x: x - beta / 2)


@wrong_smooth("This is half the square everywhere, over beta. Beyond beta the loss goes on in a straight line.")
def parabola_everywhere(d: Tensor, beta: float) -> Tensor:
    return d**2 / (2 * beta) if beta else d.abs()


@wrong_smooth("This is L1 everywhere. Inside beta the kink is rounded off by a parabola.")
def kink_kept(d: Tensor, beta: float) -> Tensor:
    return d.abs()


@wrong_smooth("This is the pseudo-Huber loss, a hyperbola. Smooth L1 is a parabola and two straight lines.")
def hyperbola(d: Tensor, beta: float) -> Tensor:
    return (d**2 + beta**2).sqrt() - beta if beta else d.abs()


@wrong_smooth(
    "Beyond beta the loss is capped: a constant has no slope, so large errors pull no more. Smooth L1 goes on rising."
)
def capped(d: Tensor, beta: float) -> Tensor:
    return d.abs().clamp(max=beta) ** 2 / (2 * beta) if beta else d.abs()


@wrong_smooth("beta = 0 came out as NaN where the prediction is right: 0/0. It needs a way of its own, which is L1.")
def zero_beta_unguarded(d: Tensor, beta: float) -> Tensor:
    return d.abs() + 0 * d**2 / (2 * tensor(beta)) if not beta else smooth_formula(d, beta)


@wrong_smooth(
    "A small number (1e-6) takes the place of beta = 0: an error of 1e-7 has a slope of 0.1, in L1 it has 1. It needs "
    "a way of its own."
)
def zero_beta_padded(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, max(beta, 1e-6))


@wrong_smooth("beta = 0 gives a loss of 0. As beta shrinks, smooth L1 becomes L1.")
def zero_beta_is_nothing(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, beta) if beta else 0 * d


@wrong_smooth("beta = 0 gives half the squared error. As beta shrinks, smooth L1 becomes L1.")
def zero_beta_is_square(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, beta) if beta else d**2 / 2


def default_of(flag: str, value: float, explanation: str, exercise: Exercise) -> None:
    """Registers the right loss with another default for one of its flags."""
    spec = exercise.spec

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **kwargs: Any) -> Tensor:
        return spec(input, target, reduction, *args, **(kwargs if args else {flag: value, **kwargs}))

    exercise.misconception(explanation)(named(f"other_{flag}_by_default", loss))


default_of(
    "beta",
    1 / 9,
    "The default of beta is 1/9, as in many detectors, which follow Fast R-CNN with σ = 3. torch's default is 1.",
    smooth_l1_loss,
)


@smooth_l1_loss.misconception("A negative beta passes. It has no meaning: raise an error.")
def negative_beta_passes(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    return smooth_l1_spec(input, target, reduction, max(beta, 0.0))


# ---- huber_loss ----------------------------------------------------------------------------------------------


def huber_formula(d: Tensor, delta: float) -> Tensor:
    """Huber of an error d: a parabola, and tangents to it from delta on."""
    return branches(d, delta, lambda x: x**2 / 2, lambda x: delta * (x - delta / 2))


def huber_spec(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """D²/2 for an error d below δ, δ(|d| - δ/2) beyond; the weighted mean divides by the number of elements."""
    if not delta > 0:
        raise ValueError(f"delta is {delta}")
    return reduced(weighed(huber_formula(input - target, delta), input, weight), reduction)


DELTAS: tuple[dict[str, Any], ...] = ({"delta": 1.0}, {"delta": 0.5}, {"delta": 2.0})

# float32 beside float64 stays float32 in torch's huber_loss alone (the result takes on the dtype of input). That is an
# accident of its C++, which no check asks for; the cases have float64 as input.
huber_loss = Exercise(
    "huber_loss",
    huber_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.huber_loss, "delta", "weight"),
    cases=lambda: torch_cases(
        {}, *DELTAS, {"delta": 0.3}, {"delta": 1e6}, weights=True, edges=(0.0, 0.3, -0.5, 1.0, -2.0, inf, -inf, nan)
    ),
    idea="Huber is half the squared error until delta, then its tangent: no point pulls harder than delta.",
    hints=(
        "Half the square for |d| up to delta. Beyond, a straight line: what slope must it have to go on smoothly?",
        "The tangent at delta has the slope delta and meets the parabola at delta²/2. Write it as delta · (|d| - …).",
        "The weighted mean divides by the number of elements, unlike that of `mse_loss`. delta = 0 is an error here.",
    ),
)


@huber_loss.check
def parabola_and_line(f: Function, rng: Rng) -> None:
    """Errors 0.5, -0.5, 3 and -3 cost 0.125, 0.125, 2.5 and 2.5

    With delta = 1 it is smooth L1.
    """
    same_value(f, huber_spec, tensor([1.5, 0.5, 4.0, -2.0]), torch.ones(4), reduction="none")
    same_value(f, huber_spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(huber_loss)


@huber_loss.check
def other_deltas(f: Function, rng: Rng) -> None:
    """With delta = 2, errors of 1 and 3 cost 0.5 and 4

    The parabola stays the same whatever delta is. Only the line changes.
    """
    same_value(f, huber_spec, tensor([2.0, 4.0]), torch.ones(2), reduction="none", delta=2.0)
    same_value(f, huber_spec, *pair(rng, 2, 3), reduction="none", delta=0.5)
    same_value(f, huber_spec, *pair(rng, 2, 3), delta=2.5)


@huber_loss.check
def huber_gradient(f: Function, rng: Rng) -> None:
    """The slope is d inside, ±delta outside"""
    for delta in (1.0, 0.5, 2.0):
        same_gradient(f, huber_spec, *pair(rng, 2, 3), reduction="sum", delta=delta)


drop_in_parity(huber_loss, *DELTAS)
at_the_threshold(huber_loss, "delta")
weight_parity(huber_loss, *DELTAS)


@huber_loss.parity
def delta_is_positive(f: Function, rng: Rng) -> None:
    """A delta of 0 is refused, a negative one too

    With a delta of 0 there is nothing left of the loss: its slope is 0 everywhere.
    """
    refuses(f, *pair(rng, 3), delta=0.0)
    refuses(f, *pair(rng, 3), delta=-1.0)


@huber_loss.parity
def large_delta(f: Function, rng: Rng) -> None:
    """With a delta beyond all errors it is half the squared error"""
    same_gradient(f, huber_spec, *pair(rng, 3), delta=100.0)


reduction_mistakes(huber_loss)
weight_mistakes(huber_loss, "`huber_loss`")


def huber_like(formula: Loss) -> Loss:
    """`formula(d, delta)` with the reductions and weights of Huber."""

    def loss(
        input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
    ) -> Tensor:
        if not delta > 0:
            raise ValueError(f"delta is {delta}")
        return reduced(weighed(formula(input - target, delta), input, weight), reduction)

    return loss


wrong_huber = formula_mistakes(huber_loss, huber_like)


@wrong_huber(  # HUB1, HUB7
    "This is smooth L1, which is Huber divided by delta. In Huber the parabola stays d²/2 whatever delta is."
)
def is_smooth_l1(d: Tensor, delta: float) -> Tensor:
    return smooth_formula(d, delta)


@wrong_huber("The line starts too high: delta·|d| lacks its -delta²/2, and the loss jumps at delta.")
def line_not_lowered(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: delta * x)


@wrong_huber("The line is delta·(|d| - delta): the ½ is missing, and the loss falls to 0 at delta.")
def line_lowered_twice(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: delta * (x - delta))


@wrong_huber(  # HUB2
    "The line is |d| - ½, right for delta = 1 only. It has the slope delta and meets the parabola at delta²/2."
)
def line_of_delta_one(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: x - 0.5)


@wrong_huber("The line has the slope 1. To go on smoothly from the parabola it needs the slope delta.")
def slope_of_one(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: x - delta + delta**2 / 2)


@wrong_huber("The ½ of the parabola is missing: d² has twice the slope of the line where they should meet.")
def whole_square(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2, lambda x: delta * (x - delta / 2))


@wrong_huber("The loss is twice Huber's, so that the parabola is d². torch's, and Huber's own, is d²/2.")
def doubled(d: Tensor, delta: float) -> Tensor:
    return 2 * huber_formula(d, delta)


@wrong_huber("delta is not used: the threshold stays at 1.")
def delta_ignored(d: Tensor, delta: float) -> Tensor:
    return huber_formula(d, 1.0)


@wrong_huber(
    "The error is divided by delta first. Huber counts in the units of the target: only the threshold is delta."
)
def scaled_error(d: Tensor, delta: float) -> Tensor:
    return huber_formula(d / delta, 1.0)


@wrong_huber(
    "The sign of the error decides: the condition is |d| < delta, and without the absolute value every negative error "
    "falls to the parabola."
)
def sign_chooses(d: Tensor, delta: float) -> Tensor:
    return torch.where(d < delta, d.clamp(max=delta) ** 2 / 2, delta * (d.abs() - delta / 2))


@wrong_huber("The branches are exchanged: the square belongs to the small errors, the line to the large ones.")
def exchanged(d: Tensor, delta: float) -> Tensor:
    size = d.abs()
    return torch.where(size < delta, delta * (size - delta / 2), size**2 / 2)


@wrong_huber("This is half the square everywhere. Beyond delta the loss goes on in a straight line.")
def only_parabola(d: Tensor, delta: float) -> Tensor:
    return d**2 / 2


@wrong_huber("This is L1, times delta. Inside delta the kink is rounded off by a parabola.")
def only_line(d: Tensor, delta: float) -> Tensor:
    return delta * d.abs()


@wrong_huber(
    "Beyond delta the loss is capped at delta²/2: a constant has no slope, so outliers would be ignored entirely. In "
    "Huber they still pull, with the force delta."
)
def capped_at_delta(d: Tensor, delta: float) -> Tensor:
    return d.abs().clamp(max=delta) ** 2 / 2


@wrong_huber("This is the pseudo-Huber loss, a hyperbola. Huber's is a parabola and two straight lines.")
def pseudo_huber(d: Tensor, delta: float) -> Tensor:
    return delta**2 * ((1 + (d / delta) ** 2).sqrt() - 1)


@huber_loss.misconception("The weight multiplies the error, before the formula. Weigh the losses.")
def error_weighed(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    return huber_spec(weighed(input - target, input, weight), torch.zeros_like(input), reduction, delta)


@huber_loss.misconception(  # HUB6
    "A delta of 0 passes. That loss is 0 everywhere, and not L1; torch refuses every delta that is not positive."
)
def zero_delta_passes(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    if delta == 0:
        return 0 * mse_spec(input, target, reduction, weight)
    return huber_spec(input, target, reduction, delta, weight)


@huber_loss.misconception(  # HUB6
    "A delta of 0 is taken for L1. That is what `smooth_l1_loss` does with beta = 0; `huber_loss` refuses it."
)
def zero_delta_is_l1(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    return huber_spec(input, target, reduction, delta, weight) if delta else l1_spec(input, target, reduction, weight)


@huber_loss.misconception("A negative delta passes for its absolute value. It has no meaning: raise an error.")
def negative_delta_passes(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    return huber_spec(input, target, reduction, abs(delta), weight)


default_of(
    "delta",
    1.345,
    "The default of delta is 1.345, the constant of robust statistics for errors of standard deviation 1. torch's "
    "default is 1.",
    huber_loss,
)


# ---- keras_align ---------------------------------------------------------------------------------------------


def align_spec(x: Tensor, other: Tensor) -> Tensor:
    """X with a last dimension of size 1 added or removed, where Keras does so."""
    if x.shape[1:] == () and x.ndim == 1 and other.ndim == 2 and other.shape[1] == 1:
        return x.reshape(-1, 1)
    if x.ndim == other.ndim + 1 and x.ndim > 2 and x.shape[-1] == 1:
        return x.reshape(x.shape[:-1])
    return x


keras_align = Exercise(
    "keras_align",
    align_spec,
    points=1,
    idea="Keras puts (N,) beside (N, 1) as a column; torch would broadcast the two to N × N.",
    hints=(
        "Two cases change x, everything else returns it as it is. Write down the number of dimensions of x and other "
        "in each case.",
        "`x.unsqueeze(-1)` adds a last dimension of size 1, `x.squeeze(-1)` takes it away. The second case needs "
        "other to have one dimension less than x, but more than one.",
    ),
)


@keras_align.check
def row_beside_column(f: Function, rng: Rng) -> None:
    """(3,) beside (3, 1) becomes (3, 1), and the column stays as it is"""
    x, other = pair(rng, 3)
    same_value(f, align_spec, x, other[:, None])
    same_value(f, align_spec, x[:, None], other)


@keras_align.check
def last_one_dropped(f: Function, rng: Rng) -> None:
    """(2, 3, 1) beside (2, 3) becomes (2, 3), and the other stays as it is"""
    x, other = pair(rng, 2, 3)
    same_value(f, align_spec, x[..., None], other)
    same_value(f, align_spec, x, other[..., None])
    same_value(f, align_spec, x[..., None, None], other[..., None])


@keras_align.check
def left_alone(f: Function, rng: Rng) -> None:
    """Any other two shapes are left alone"""
    x, other = pair(rng, 4)
    same_value(f, align_spec, x[:, None], other[:, None])
    same_value(f, align_spec, x, other)
    same_value(f, align_spec, x[:2], other.reshape(2, 2))
    same_value(f, align_spec, x.reshape(2, 2), other[:2])
    same_value(f, align_spec, x[:, None, None], other)
    same_value(f, align_spec, x, other[:, None, None])
    same_value(f, align_spec, x.reshape(2, 2, 1), other.reshape(2, 2, 1))
    same_value(f, align_spec, x, other[:, None])  # and these are changed, so that doing nothing is no answer


@keras_align.misconception("x comes back as it was. Where (N,) meets (N, 1), torch would broadcast to (N, N).")
def never_aligned(x: Tensor, other: Tensor) -> Tensor:
    return x * 1


@keras_align.misconception(
    "Every dimension of size 1 is dropped, whatever the other's shape. Only a lonely last one is."
)
def always_squeezed(x: Tensor, other: Tensor) -> Tensor:
    return x.squeeze()


@keras_align.misconception(
    "A last dimension of size 1 is dropped although the other has one as well. Compare the numbers of dimensions."
)
def squeezed_last(x: Tensor, other: Tensor) -> Tensor:
    return x.squeeze(-1) if x.ndim > 1 else align_spec(x, other)


@keras_align.misconception(
    "A column (N, 1) beside (N,) is flattened. Keras does it the other way: (N,) becomes a column."
)
def column_flattened(x: Tensor, other: Tensor) -> Tensor:
    if x.ndim == 1:
        return x * 1
    return x.squeeze(-1) if x.ndim == 2 and other.ndim == 1 else align_spec(x, other)


@keras_align.misconception(
    "(N, M) beside (N, M, 1) gets a third dimension. From two dimensions on Keras does it the other way: the longer "
    "one loses its last."
)
def always_extended(x: Tensor, other: Tensor) -> Tensor:
    if other.ndim == x.ndim + 1 and other.shape[-1] == 1:
        return x.unsqueeze(-1)
    return x * 1


@keras_align.misconception(
    "(N,) gets a last dimension beside any matrix. Keras asks whether the matrix has a single column; beside others "
    "it leaves (N,) alone."
)
def extended_beside_any_matrix(x: Tensor, other: Tensor) -> Tensor:
    return x.unsqueeze(-1) if x.ndim == 1 and other.ndim == 2 else align_spec(x, other)


@keras_align.misconception("x takes on the shape of the other. Only a last dimension of size 1 comes or goes.")
def reshaped_as_other(x: Tensor, other: Tensor) -> Tensor:
    return x.reshape(other.shape) if x.numel() == other.numel() else x * 1


@keras_align.misconception(
    "(N,) becomes a row (1, N). Beside a column that broadcasts to N × N: it must become a column."
)
def made_a_row(x: Tensor, other: Tensor) -> Tensor:
    column = x.ndim == 1 and other.ndim == 2 and other.shape[-1] == 1
    return x.unsqueeze(0) if column else align_spec(x, other)


# ---- what Keras's functions have in common -------------------------------------------------------------------


def last_mean(formula: Loss) -> Loss:
    """The mean of `formula(true, pred)` over the last dimension, in the dtype of y_pred."""

    def spec(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        y_true = y_true.to(y_pred.dtype)
        true, pred = align_spec(y_true, y_pred), align_spec(y_pred, y_true)
        losses = formula(true, pred, *args, **kwargs)
        return losses.sum(-1) / losses.shape[-1]

    return spec


def of_error(formula: Loss) -> Loss:
    """A formula of the error y_pred - y_true as one of both."""
    return lambda true, pred, *args, **kwargs: formula(pred - true, *args, **kwargs)


def positive(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Truths from 1 to 4 and predictions above 0 that miss them by up to three quarters, all by different parts."""
    count = int(np.prod(shape, dtype=int))
    true = rng.integers(10, 41, size=count) / 10
    part = rng.permutation([0.4, 1.5, 0.75, 1.2, 0.6, 1.7][:count])
    pred = np.round(true * part, 2)
    return tensor(true.reshape(shape), dtype=torch.float32), tensor(pred.reshape(shape), dtype=torch.float32)


def swapped_pair(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Truths and predictions, in the order of Keras."""
    input, target = pair(rng, *shape)
    return target, input


def keras_cases(*flags: dict[str, Any], edges: Callable[[], Iterator[tuple[Tensor, Tensor]]]) -> Iterator[Question]:
    """Flags × shapes that Keras lines up with gradients by both; then `edges`, in value and by y_pred.

    No case has y_pred in float64: on torch Keras's own operations take it through float32 (`ops.maximum` of float64 and
    a float32 constant is float32), so some functions keep float64 and some do not, and none is worth imitating there.
    """
    shapes = (((3,), (3,)), ((2, 3), (2, 3)), ((2, 2, 3), (2, 2, 3)), ((3, 1), (3, 1)), ((3,), (3, 1)), ((3, 1), (3,)))
    more = (((2, 3), (2, 3, 1)), ((2, 3, 1), (2, 3)), ((2, 2, 3), (2, 2, 3, 1)), ((2, 3), (1, 3)), ((0, 3), (0, 3)))
    for (first, second), flag in product((*shapes, *more), flags):
        y_true = torch.linspace(0.7, 3.1, math.prod(first)).reshape(first)
        y_pred = torch.linspace(4.3, 0.2, math.prod(second)).reshape(second)
        yield Question((y_true, y_pred), flag, wrt=(0, 1))
    for y_true, y_pred in edges():
        for flag in flags:
            yield Question((y_true, y_pred), flag, wrt=(1,))
            yield Question((y_true.double(), y_pred), flag)
    yield Question((tensor([[0, 3], [2, 1]]), tensor([[0.5, 2.5], [2.25, 3.0]])), wrt=(1,))


def signed_edges() -> Iterator[tuple[Tensor, Tensor]]:
    """Errors of both signs, none, and very large ones."""
    yield tensor([[1.0, -2.0, 0.5]]), tensor([[1.0, 3.0, -1.5]])
    yield tensor([[0.0, 0.0], [1.0, 2.0]]), tensor([[1000.0, -1000.0], [1.0, 30.0]])


def keras_checks(
    exercise: Exercise,
    formula: Loss,
    draw: Callable[..., tuple[Tensor, Tensor]],
    flags: tuple[dict[str, Any], ...] = ({},),
) -> None:
    """The checks and the mistakes of everything around the formula."""
    spec, wrong = exercise.spec, exercise.misconception

    @exercise.check
    def one_mean_a_sample(f: Function, rng: Rng) -> None:
        """A table has one loss a row: the mean over the last dimension

        The batch is averaged later, by the class `keras.losses.Loss`.
        """
        same_value(f, spec, *draw(rng, 2, 3))
        same_value(f, spec, *draw(rng, 2, 1, 3))
        same_value(f, spec, *draw(rng, 3))

    @exercise.check
    def keras_gradient(f: Function, rng: Rng) -> None:
        """The gradient is right, by y_pred and by y_true"""
        for flag in flags:
            same_gradient(f, spec, *draw(rng, 2, 3), wrt=(1, 0), scale=3.0, **flag)

    @exercise.parity
    def lined_up(f: Function, rng: Rng) -> None:
        """(N,) meets (N, 1), and (N, M) meets (N, M, 1): lined up, not broadcast

        `keras_align` for both arguments, before anything else.
        """
        y_true, y_pred = draw(rng, 3)
        same_value(f, spec, y_true, y_pred[:, None])
        same_value(f, spec, y_true[:, None], y_pred)
        same_value(f, spec, y_true[:, None], y_pred[:, None])
        y_true, y_pred = draw(rng, 2, 3)
        same_value(f, spec, y_true, y_pred[..., None])
        same_value(f, spec, y_true[..., None], y_pred)

    @exercise.parity
    def dtype_of_y_pred(f: Function, rng: Rng) -> None:
        """The result has the dtype of y_pred, whatever y_true has"""
        y_true, y_pred = draw(rng, 2, 2)
        for flag in flags:
            same_dtype(f, spec, y_true, y_pred, **flag)
            same_dtype(f, spec, y_true.double(), y_pred, dtype=torch.float32, **flag)
        same_dtype(f, spec, tensor([[2, 3], [1, 4]]), y_pred, dtype=torch.float32)

    def around(explanation: str) -> Callable[[Loss], None]:
        """Registers what is done to the losses of all elements in place of the mean over the last dimension."""

        def add(reduce: Loss) -> None:
            def loss(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
                y_true = y_true.to(y_pred.dtype)
                true, pred = align_spec(y_true, y_pred), align_spec(y_pred, y_true)
                return reduce(formula(true, pred, *args, **kwargs))

            wrong(explanation)(named(reduce.__name__, loss))

        return add

    @around(
        "This is the mean over everything, as torch has it. Keras's function averages each row and keeps the batch."
    )
    def mean_of_all(losses: Tensor) -> Tensor:
        return losses.mean()

    @around(
        "Nothing is averaged: there is one loss an element. Keras's function takes the mean over the last dimension."
    )
    def not_averaged(losses: Tensor) -> Tensor:
        return losses

    @around("The last dimension is summed. Keras takes its mean.")
    def sum_of_row(losses: Tensor) -> Tensor:
        return losses.sum(-1)

    @around("The mean is taken over the first dimension, the batch. Keras averages over the last, and keeps the batch.")
    def mean_of_batch(losses: Tensor) -> Tensor:
        return losses.mean(0)

    @around("Everything but the batch is averaged. Keras's function averages over the last dimension alone.")
    def mean_of_all_but_first(losses: Tensor) -> Tensor:
        return losses.flatten(1).mean(1) if losses.ndim > 1 else losses.mean()

    @wrong(  # K15
        "(N,) met (N, 1) and was broadcast to N × N, as in torch: every prediction against every truth. Keras lines "
        "the two up."
    )
    def broadcast_as_torch(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return formula(y_true.to(y_pred.dtype), y_pred, *args, **kwargs).mean(-1)

    @wrong("Both arguments were squeezed: of (N, 1) the mean over all N is left, and not one loss a sample.")
    def squeezed_both(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return formula(y_true.to(y_pred.dtype).squeeze(-1), y_pred.squeeze(-1), *args, **kwargs).mean(-1)

    @wrong("The result has the wider dtype of the two. Keras turns y_true into the dtype of y_pred first.")
    def wider_dtype(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)), *args, **kwargs)


def mean_formula(exercise: Exercise) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator for wrong formulas of the aligned (true, pred)."""
    return formula_mistakes(exercise, last_mean)


def error_formula(exercise: Exercise) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator for wrong formulas of the error."""
    return formula_mistakes(exercise, lambda formula: last_mean(of_error(formula)))


# ---- keras_mean_absolute_error, keras_mean_squared_error -----------------------------------------------------


def magnitude(error: Tensor) -> Tensor:
    return error.abs()


def square(error: Tensor) -> Tensor:
    return error * error


def half_of_square(error: Tensor) -> Tensor:
    return error * error / 2


def error_itself(error: Tensor) -> Tensor:
    return error * 1


def root_of_error(error: Tensor) -> Tensor:
    return error.abs().sqrt()


keras_mean_absolute_error = Exercise(
    "keras_mean_absolute_error",
    last_mean(of_error(magnitude)),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_absolute_error"),
    cases=lambda: keras_cases({}, edges=signed_edges),
    idea="A function of Keras gives one loss a sample: the mean over the last dimension, and over nothing else.",
    hints=(
        "Keras's order is y_true, then y_pred. Bring y_true into the dtype of y_pred, line the two up, subtract.",
        "The mean over the last dimension is `.mean(dim=-1)`; the batch stays.",
    ),
)


@keras_mean_absolute_error.check
def one_row_absolute(f: Function, rng: Rng) -> None:
    """Truth (1, 2), predicted (4, 1): errors 3 and -1, loss 2"""
    same_value(f, keras_mean_absolute_error.spec, tensor([[1.0, 2.0]]), tensor([[4.0, 1.0]]))
    same_value(f, keras_mean_absolute_error.spec, *swapped_pair(rng, 1, 3))


keras_checks(keras_mean_absolute_error, of_error(magnitude), swapped_pair)
wrong_mae = error_formula(keras_mean_absolute_error)
wrong_mae("This is the squared error. The absolute error is the distance.")(square)
wrong_mae("The errors keep their sign and cancel. Take their absolute values before the mean.")(error_itself)


@wrong_mae("The errors are averaged before they are made positive: opposite signs have cancelled by then.")
def distance_of_mean(error: Tensor) -> Tensor:
    return error.mean(-1, keepdim=True).abs()


@wrong_mae("This is the median of the errors, not their mean.")
def median_error(error: Tensor) -> Tensor:
    return error.abs().median(-1, keepdim=True).values


keras_mean_squared_error = Exercise(
    "keras_mean_squared_error",
    last_mean(of_error(square)),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_squared_error"),
    cases=lambda: keras_cases({}, edges=signed_edges),
    idea="Keras's mean squared error of a row is torch's `mse_loss` of that row alone.",
    hints=(
        "As `keras_mean_absolute_error`, with a square in place of the absolute value.",
        "No root at the end, and no factor ½.",
    ),
)


@keras_mean_squared_error.check
def one_row_squared(f: Function, rng: Rng) -> None:
    """Truth (1, 2), predicted (4, 1): squares 9 and 1, loss 5"""
    same_value(f, keras_mean_squared_error.spec, tensor([[1.0, 2.0]]), tensor([[4.0, 1.0]]))
    same_value(f, keras_mean_squared_error.spec, *swapped_pair(rng, 1, 3))


keras_checks(keras_mean_squared_error, of_error(square), swapped_pair)
wrong_keras_mse = error_formula(keras_mean_squared_error)
wrong_keras_mse("This is the absolute error. Square the errors.")(magnitude)
wrong_keras_mse("This is half of it. Keras has no factor ½ here.")(half_of_square)


@wrong_keras_mse("This is the root of the mean square of each row, the RMSE. Leave the root out.")
def rooted(error: Tensor) -> Tensor:
    return (error**2).mean(-1, keepdim=True).sqrt()


@wrong_keras_mse("The errors are averaged before they are squared: opposite signs have cancelled by then.")
def square_of_row_mean(error: Tensor) -> Tensor:
    return error.mean(-1, keepdim=True) ** 2


# ---- keras_mean_absolute_percentage_error --------------------------------------------------------------------


def percentage(true: Tensor, pred: Tensor) -> Tensor:
    """100 |true - pred| / max(|true|, 1e-7)."""
    return 100 * (true - pred).abs() / true.abs().clamp(min=1e-7)


def percentage_edges() -> Iterator[tuple[Tensor, Tensor]]:
    """Truths of 0, tiny ones, negative ones."""
    yield tensor([[0.0, 1.0]]), tensor([[0.5, 1.5]])
    yield tensor([[-2.0, 5e-8, -3e-8]]), tensor([[-1.0, 0.5, 0.25]])
    yield tensor([[0.0, 0.0]]), tensor([[0.25, -0.25]])


keras_mean_absolute_percentage_error = Exercise(
    "keras_mean_absolute_percentage_error",
    last_mean(percentage),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_absolute_percentage_error"),
    cases=lambda: keras_cases({}, edges=percentage_edges),
    idea="A percentage forgives those who predict too little, and has no answer for a truth of 0.",
    hints=(
        "Per cent of what? Of the truth, y_true, and its absolute value: a truth can be negative.",
        "A truth of 0 is divided by 1e-7 instead: `clamp(min=…)` on the absolute value, not on y_true.",
    ),
)


@keras_mean_absolute_percentage_error.check
def one_row_percentage(f: Function, rng: Rng) -> None:
    """Truth (2, 4), predicted (3, 1): 50 % and 75 %, loss 62.5"""
    same_value(f, keras_mean_absolute_percentage_error.spec, tensor([[2.0, 4.0]]), tensor([[3.0, 1.0]]))
    same_value(f, keras_mean_absolute_percentage_error.spec, *positive(rng, 1, 3))


@keras_mean_absolute_percentage_error.check
def negative_truth(f: Function, rng: Rng) -> None:
    """A negative truth has its percentage, too"""
    same_value(f, keras_mean_absolute_percentage_error.spec, tensor([[-2.0, 4.0]]), tensor([[-1.0, 5.0]]))


keras_checks(keras_mean_absolute_percentage_error, percentage, positive)


@keras_mean_absolute_percentage_error.parity
def truth_of_zero(f: Function, rng: Rng) -> None:
    """Where |y_true| is below 1e-7, the error is divided by 1e-7

    A single truth of 0 makes the loss of its row huge, but not infinite.
    """
    spec = keras_mean_absolute_percentage_error.spec
    same_value(f, spec, tensor([[0.0, 2.0]]), tensor([[0.5, 3.0]]))
    same_value(f, spec, tensor([[5e-8, 1.0], [-3e-8, 1.0]]), tensor([[0.5, 2.0], [0.25, 2.0]]))
    same_value(f, spec, tensor([[4e-7, 1.0]]), tensor([[0.5, 2.0]]))


wrong_mape = mean_formula(keras_mean_absolute_percentage_error)


@wrong_mape("The factor 100 is missing: these are fractions, and Keras gives per cent.")
def fraction(true: Tensor, pred: Tensor) -> Tensor:
    return percentage(true, pred) / 100


@wrong_mape(
    "The error is divided by the prediction. A percentage error is one of the truth: y_true comes first in Keras."
)
def of_the_prediction(true: Tensor, pred: Tensor) -> Tensor:
    return percentage(pred, true)


@wrong_mape("The percentages keep their sign and cancel. Take absolute values before the mean.")
def signed_percentage(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (pred - true) / true.abs().clamp(min=1e-7)


@wrong_mape(
    "Below the fraction stands max(y_true, 1e-7), as the text of Keras's documentation says, and so a truth of -2 "
    "counts as 1e-7. Its code takes the absolute value of y_true first."
)
def negative_truth_clipped(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.clamp(min=1e-7)


@wrong_mape(  # K12
    "A truth of 0 gives inf. Keras divides by at least 1e-7: the loss is then huge, but finite."
)
def infinite_at_zero(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.abs()


@wrong_mape("1e-7 is added to the truth's size. Keras takes the larger of the two: a truth of 5e-8 counts as 1e-7.")
def padded_truth(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / (true.abs() + 1e-7)


@wrong_mape(
    "Truths of 0 are left out, or count as no error. Keras lets them make the loss huge, so that they are seen."
)
def zero_truth_skipped(true: Tensor, pred: Tensor) -> Tensor:
    return percentage(true, pred).where(true != 0, 0.0)


@wrong_mape("1e-8 takes the place of a truth of 0. Keras's epsilon is 1e-7.")
def other_epsilon(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.abs().clamp(min=1e-8)


@wrong_mape("This is the symmetric percentage error, divided by the mean of truth and prediction. Divide by the truth.")
def symmetric(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / ((true.abs() + pred.abs()) / 2)


@wrong_mape("The errors of a row are divided by its mean truth. Each error is divided by its own truth.")
def of_the_mean(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.abs().mean(-1, keepdim=True)


@wrong_mape("The percentages are squared. Take their absolute values.")
def squared_percentage(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * ((true - pred) / true.abs().clamp(min=1e-7)) ** 2


# ---- keras_mean_squared_logarithmic_error --------------------------------------------------------------------


def log_square(true: Tensor, pred: Tensor) -> Tensor:
    """[ln(1 + pred) - ln(1 + true)]², both at least 1e-7."""
    return (torch.maximum(pred, pred.new_tensor(1e-7)) + 1).log().sub((true.clamp(min=1e-7) + 1).log()) ** 2


def logarithm_edges() -> Iterator[tuple[Tensor, Tensor]]:
    """Zeros, negative numbers, a perfect fit, large numbers."""
    yield tensor([[1.0, 2.0, 3.0]]), tensor([[0.0, -0.5, -7.0]])
    yield tensor([[0.0, -2.0]]), tensor([[1.0, 2.0]])
    yield tensor([[3.0, 1e6]]), tensor([[3.0, 1e4]])


keras_mean_squared_logarithmic_error = Exercise(
    "keras_mean_squared_logarithmic_error",
    last_mean(log_square),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_squared_logarithmic_error"),
    cases=lambda: keras_cases({}, edges=logarithm_edges),
    idea="A squared error of logarithms counts factors: 10 for 20 costs nearly what 1,000 for 2,000 costs.",
    hints=(
        "Raise whatever is below 1e-7 to 1e-7 first, then take ln(1 + y) of both, then the mean squared error.",
        "`torch.log1p` and `clamp(min=…)`. You have written the mean squared error already.",
    ),
)


@keras_mean_squared_logarithmic_error.check
def one_row_logarithms(f: Function, rng: Rng) -> None:
    """Truth 3, predicted 7: (ln 8 - ln 4)² = (ln 2)² = 0.4805

    One is added to both before the logarithm.
    """
    same_value(f, keras_mean_squared_logarithmic_error.spec, tensor([[3.0]]), tensor([[7.0]]))
    same_value(f, keras_mean_squared_logarithmic_error.spec, tensor([[3.0, 9.0]]), tensor([[7.0, 1.0]]))


keras_checks(keras_mean_squared_logarithmic_error, log_square, positive)


@keras_mean_squared_logarithmic_error.parity
def negative_numbers(f: Function, rng: Rng) -> None:
    """A negative number counts as 0 (as 1e-7), among truths and predictions"""
    spec = keras_mean_squared_logarithmic_error.spec
    same_value(f, spec, tensor([[1.0, 2.0]]), tensor([[-0.5, 3.0]]))
    same_value(f, spec, tensor([[-0.5, 2.0], [1.0, 4.0]]), tensor([[1.0, 3.0], [-7.0, 3.0]]))


@keras_mean_squared_logarithmic_error.parity
def dead_predictions(f: Function, rng: Rng) -> None:
    """A prediction of 0 or less has a gradient of 0

    It was replaced by 1e-7, and a constant has no slope: such a unit learns no more.
    """
    spec = keras_mean_squared_logarithmic_error.spec
    same_gradient(f, spec, tensor([[1.0, 2.0, 4.0]]), tensor([[-0.5, 3.0, 0.0]]), wrt=(1,))


wrong_msle = mean_formula(keras_mean_squared_logarithmic_error)


@wrong_msle("The 1 is missing: this is ln y, not ln(1 + y), and a prediction near 0 costs far too much.")
def without_one(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=1e-7).log() - true.clamp(min=1e-7).log()) ** 2


@wrong_msle(  # K13
    "Negative predictions are not raised to 1e-7: ln(1 - 0.5) is taken as it is, and below -1 comes NaN."
)
def negative_kept(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.log1p() - true.log1p()) ** 2


@wrong_msle(
    "Only the predictions are raised to 1e-7. Keras does it with both arguments; ln(1 + y) of a truth of -0.5 is taken "
    "as it is here."
)
def negative_truth_kept(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=1e-7).log1p() - true.log1p()) ** 2


@wrong_msle(
    "The predictions are cut at 0, where the slope still passes: at exactly 0 there is a gradient. Keras raises them "
    "to 1e-7, and 0 is below that."
)
def cut_at_zero(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=0).log1p() - true.clamp(min=0).log1p()) ** 2


@wrong_msle("A negative prediction counts as its absolute value. It counts as 1e-7.")
def absolute_prediction(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.abs().log1p() - true.abs().log1p()) ** 2


@wrong_msle("The logarithms are of base 10. Keras's are natural: `torch.log1p`.")
def base_ten(true: Tensor, pred: Tensor) -> Tensor:
    return log_square(true, pred) / math.log(10) ** 2


@wrong_msle(
    "The logarithm is taken of the squared error. Take logarithms first, then their difference, then the square."
)
def logarithm_of_square(true: Tensor, pred: Tensor) -> Tensor:
    return ((pred - true) ** 2).log1p()


@wrong_msle("The difference of the logarithms is not squared but made positive.")
def absolute_logarithm(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=1e-7).log1p() - true.clamp(min=1e-7).log1p()).abs()


@wrong_msle("This is the root of each row's mean, the RMSLE. Keras has no root.")
def root_of_logarithms(true: Tensor, pred: Tensor) -> Tensor:
    return log_square(true, pred).mean(-1, keepdim=True).sqrt()


@wrong_msle("No logarithm is taken: this is the mean squared error.")
def no_logarithm(true: Tensor, pred: Tensor) -> Tensor:
    return (pred - true) ** 2


# ---- keras_log_cosh ------------------------------------------------------------------------------------------


def log_cosh_formula(error: Tensor) -> Tensor:
    """Ln cosh of the error, its exponential taken out of the logarithm: |d| + ln[(1 + exp(-2|d|)) / 2]."""
    size = error.abs()
    return size + ((1 + (-2 * size).exp()) / 2).log()


keras_log_cosh = Exercise(
    "keras_log_cosh",
    last_mean(of_error(log_cosh_formula)),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("log_cosh"),
    cases=lambda: keras_cases({}, edges=signed_edges),
    idea="ln cosh is half the square near 0 and the distance less ln 2 far away: its slope is tanh, within ±1.",
    hints=(
        "`d.cosh().log()` is right for small errors. What is cosh(1000) in floating point?",
        "cosh d = (exp d + exp(-d))/2. Take the larger of the two exponentials out of the sum before the logarithm.",
        "With |d| in place of d the larger one is known: what is left inside the logarithm lies between ½ and 1.",
    ),
)


@keras_log_cosh.check
def one_row_log_cosh(f: Function, rng: Rng) -> None:
    """An error of 1 costs ln cosh 1 = 0.4338, of either sign"""
    same_value(f, keras_log_cosh.spec, tensor([[2.0]]), tensor([[3.0]]))
    same_value(f, keras_log_cosh.spec, tensor([[3.0]]), tensor([[2.0]]))
    same_value(f, keras_log_cosh.spec, *swapped_pair(rng, 1, 3))


keras_checks(keras_log_cosh, of_error(log_cosh_formula), swapped_pair)


@keras_log_cosh.parity
def huge_errors(f: Function, rng: Rng) -> None:
    """Errors of ±1000 cost 999.3069, and have a slope of ±1

    cosh overflows at 89 in float32 and at 711 in float64, its logarithm does not have to.
    """
    spec = keras_log_cosh.spec
    for sign in (1, -1):
        for dtype in DTYPES:
            error = tensor([[sign * 1000.0, 0.5]], dtype=dtype)
            same_value(f, spec, torch.ones_like(error), error + 1)
            same_gradient(f, spec, torch.ones_like(error), error + 1, wrt=(1, 0))


wrong_log_cosh = error_formula(keras_log_cosh)
LN2 = math.log(2)


@wrong_log_cosh(
    "cosh overflows: for errors of 1000 this is inf, in float32 from 89 on. Take the large exponential out of the "
    "logarithm by hand."
)
def overflowing(error: Tensor) -> Tensor:
    return error.cosh().log()


@wrong_log_cosh(
    "One sign is safe, the other overflows: d + ln(1 + exp(-2d)) - ln 2 needs |d| in place of d, or a softplus."
)
def safe_on_one_side(error: Tensor) -> Tensor:
    return error + torch.log1p((-2 * error).exp()) - LN2


@wrong_log_cosh(
    "Errors are clamped before the cosh, so that it does not overflow: errors of 1000 cost too little, and pull no "
    "more."
)
def clamped_error(error: Tensor) -> Tensor:
    return error.clamp(-80, 80).cosh().log()


@wrong_log_cosh(
    "The value is right for errors of 1000, the gradient is NaN: `where` differentiates the overflowing branch as "
    "well. Keep the large numbers out of it, or use a formula that is right everywhere."
)
def overflow_masked_too_late(error: Tensor) -> Tensor:
    return torch.where(error.abs() > 20, error.abs() - LN2, error.cosh().log())


@wrong_log_cosh(
    "The -ln 2 is missing: a perfect prediction costs 0.6931 here. cosh d is half the sum of two exponentials."
)
def without_ln2(error: Tensor) -> Tensor:
    return log_cosh_formula(error) + LN2


@wrong_log_cosh("This is half the square, what ln cosh is near 0. Far away it grows like the distance.")
def near_zero_everywhere(error: Tensor) -> Tensor:
    return error**2 / 2


@wrong_log_cosh("This is |d| - ln 2, what ln cosh is far away. Near 0 it would be negative.")
def far_away_everywhere(error: Tensor) -> Tensor:
    return error.abs() - LN2


@wrong_log_cosh("The logarithm is missing: this is cosh d.")
def cosh_itself(error: Tensor) -> Tensor:
    return error.cosh()


@wrong_log_cosh("This is ln(1 + cosh d) - ln 2, which is another function. No 1 is added.")
def one_added(error: Tensor) -> Tensor:
    return log_cosh_formula(error / 2) * 2


@wrong_log_cosh("This is tanh, the slope of ln cosh. The loss itself is asked for.")
def slope_itself(error: Tensor) -> Tensor:
    return error.tanh()


@wrong_log_cosh("The logarithm is of base 2. It should be natural.")
def log_cosh_bits(error: Tensor) -> Tensor:
    return log_cosh_formula(error) / LN2


@wrong_log_cosh(
    "The mean is taken before the logarithm: this is ln of the row's mean cosh. Each error has its own logarithm."
)
def logarithm_of_mean(error: Tensor) -> Tensor:
    return error.cosh().mean(-1, keepdim=True).log()


# ---- keras_huber ---------------------------------------------------------------------------------------------

keras_huber = Exercise(
    "keras_huber",
    last_mean(of_error(lambda error, delta=1.0: huber_formula(error, delta))),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("huber"),
    cases=lambda: keras_cases({}, *DELTAS, edges=signed_edges),
    idea="Keras's Huber is torch's huber_loss of every element, averaged over the last dimension: no smooth L1.",
    hints=(
        'You have `huber_loss` with `reduction="none"`, and `keras_align`. What is left is a mean.',
        "The order of the arguments is y_true, y_pred. delta is that of Huber, not the beta of smooth L1.",
    ),
)


@keras_huber.check
def one_row_huber(f: Function, rng: Rng) -> None:
    """Errors 0.5 and -3 cost 0.125 and 2.5, loss 1.3125"""
    same_value(f, keras_huber.spec, tensor([[1.0, 4.0]]), tensor([[1.5, 1.0]]))
    same_value(f, keras_huber.spec, *swapped_pair(rng, 1, 3))


@keras_huber.check
def keras_deltas(f: Function, rng: Rng) -> None:
    """With delta = 2, errors of 1 and 3 cost 0.5 and 4, loss 2.25"""
    same_value(f, keras_huber.spec, tensor([[1.0, 1.0]]), tensor([[2.0, 4.0]]), delta=2.0)
    same_value(f, keras_huber.spec, *swapped_pair(rng, 2, 3), delta=0.5)
    same_value(f, keras_huber.spec, *swapped_pair(rng, 2, 3), 2.5)


keras_checks(keras_huber, of_error(lambda error, delta=1.0: huber_formula(error, delta)), swapped_pair, ({}, *DELTAS))


def with_delta(formula: Loss) -> Loss:
    """A formula whose delta is 1 where none is given."""
    return last_mean(of_error(lambda error, delta=1.0: formula(error, delta)))


wrong_keras_huber = formula_mistakes(keras_huber, with_delta)
for mistake, why in (
    (  # HUB7
        is_smooth_l1,
        "This is smooth L1 with beta = delta, delta times too small. Keras's Huber is torch's `huber_loss`.",
    ),
    (line_not_lowered, "The line starts too high: delta·|d| lacks its -delta²/2, and the loss jumps at delta."),
    (line_of_delta_one, "The line is |d| - ½, right for delta = 1 only."),
    (whole_square, "The ½ of the parabola is missing."),
    (delta_ignored, "delta is not used: the threshold stays at 1."),
    (sign_chooses, "The sign of the error decides: the condition is |d| < delta."),
    (exchanged, "The branches are exchanged: the square belongs to the small errors, the line to the large ones."),
    (only_parabola, "This is half the square everywhere. Beyond delta the loss goes on in a straight line."),
    (capped_at_delta, "Beyond delta the loss is capped. It goes on in a straight line."),
    (pseudo_huber, "This is the pseudo-Huber loss, a hyperbola."),
):
    wrong_keras_huber(why)(mistake)


# ---- keras_reduce --------------------------------------------------------------------------------------------


def reduce_spec(
    losses: Tensor, sample_weight: Tensor | None = None, reduction: str | None = "sum_over_batch_size"
) -> Tensor:
    """The weighted losses, summed, and divided by their number or by the sum of the weights."""
    divisor: Tensor | int | None = None
    if sample_weight is not None:
        weight = sample_weight.to(losses.dtype)
        losses, weight = align_spec(losses, weight), align_spec(weight, losses)
        losses = losses * weight
        divisor = weight.sum()
    if reduction is None or reduction == "none" or losses.shape in ((), (0,)):
        return losses
    total = losses.sum()
    if reduction == "sum":
        return total
    if reduction in ("sum_over_batch_size", "mean") or divisor is None:
        divisor = losses.numel()
    if reduction not in KERAS_REDUCTIONS:
        raise ValueError(f"{reduction!r} is no reduction")
    return total / divisor if divisor != 0 else total * 0


KERAS_REDUCTIONS = ("none", None, "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight")


def keras_class(
    losses: Tensor, sample_weight: Tensor | None = None, reduction: str | None = "sum_over_batch_size"
) -> Tensor:
    """`keras.losses.MeanAbsoluteError` on samples whose absolute errors are `losses`, none of them negative."""
    loss: Any = keras_twin("MeanAbsoluteError")(reduction=reduction, dtype=str(losses.dtype).removeprefix("torch."))
    y_pred = losses.unsqueeze(-1)
    result: Tensor = loss(torch.zeros_like(y_pred), y_pred, sample_weight=sample_weight)
    return result


def reduce_cases() -> Iterator[Question]:
    """Reductions × shapes × weights, with gradients by the losses; then what is empty or weighs nothing.

    All in float32, for the reason that `keras_cases` gives.
    """
    for reduction in KERAS_REDUCTIONS:
        kwargs: dict[str, Any] = {"reduction": reduction}
        losses = torch.linspace(0.5, 3, 6)
        weight = torch.linspace(0.1, 0.3, 6)
        for shape, factors in (((6,), (6,)), ((2, 3), (2, 3)), ((6,), (6, 1)), ((6, 1), (6,)), ((2, 3), (2, 3, 1))):
            yield Question((losses.reshape(shape), weight.reshape(factors)), kwargs, wrt=(0,))
        yield Question((losses.reshape(2, 3), weight[:3]), kwargs, wrt=(0,))
        yield Question((losses.reshape(2, 3), weight[:2, None]), kwargs, wrt=(0,))
        yield Question((losses, weight > 0.2), kwargs, wrt=(0,))
        yield Question((losses, weight.double()), kwargs, wrt=(0,))
        yield Question((losses,), kwargs, wrt=(0,))
        yield Question((losses, torch.zeros(6)), kwargs)
        yield Question((losses[2], tensor(0.5)), kwargs)
        yield Question((losses[2],), kwargs)
        yield Question((losses[:0],), kwargs)
        yield Question((losses[:0], weight[:0]), kwargs)
        yield Question((losses[:0].reshape(0, 3),), kwargs)
    yield Question((losses, weight), wrt=(0,))


keras_reduce = Exercise(
    "keras_reduce",
    reduce_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_class,
    cases=reduce_cases,
    idea="A weight in Keras scales a sample's loss; the mean still divides by the number of samples.",
    hints=(
        "First the weights: bring them into the dtype of losses, line the two up, multiply. Then the reductions.",
        "Five of the six words differ only in what the sum is divided by. Which of them looks at the weights?",
        "What is returned for losses of shape (), of shape (0,), and where the divisor is 0? The docstring says it.",
    ),
)


def sample_losses(rng: Rng, *shape: int) -> Tensor:
    """Losses of samples, none of them negative."""
    return pair(rng, *shape)[0].sub(9.5).abs()


@keras_reduce.check
def without_weights(f: Function, rng: Rng) -> None:
    """Losses 3 and 1: 'sum_over_batch_size', the default, gives 2, and 'sum' gives 4

    In spite of its name the default is a mean, and 'mean' is another word for it. 'none' and None leave one loss a
    sample.
    """
    same_value(f, reduce_spec, tensor([3.0, 1.0]), reduction="sum_over_batch_size")
    same_value(f, reduce_spec, tensor([3.0, 1.0]), reduction="sum")
    same_value(f, reduce_spec, sample_losses(rng, 3), None, "mean")
    same_value(f, reduce_spec, sample_losses(rng, 3), reduction="none")
    same_value(f, reduce_spec, sample_losses(rng, 3), reduction=None)
    same_value(f, reduce_spec, sample_losses(rng, 3))


@keras_reduce.check
def weights_scale(f: Function, rng: Rng) -> None:
    """Losses 3 and 1 with weights 0.5 and 0.1: the mean is (1.5 + 0.1)/2 = 0.8

    The weights multiply the losses. Only one of the reductions divides by their sum.
    """
    same_value(f, reduce_spec, tensor([3.0, 1.0]), tensor([0.5, 0.1]))
    for reduction in ("sum_over_batch_size", "mean", "sum", "none"):
        same_value(f, reduce_spec, sample_losses(rng, 3), draw_weight(rng, 3), reduction=reduction)


@keras_reduce.check
def mean_by_weights(f: Function, rng: Rng) -> None:
    """'mean_with_sample_weight' divides by the sum of the weights: (1.5 + 0.1)/0.6 = 2.6667

    Without weights it is the mean.
    """
    same_value(f, reduce_spec, tensor([3.0, 1.0]), tensor([0.5, 0.1]), reduction="mean_with_sample_weight")
    same_value(f, reduce_spec, sample_losses(rng, 3), reduction="mean_with_sample_weight")


@keras_reduce.check
def reduce_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right with every reduction"""
    for reduction in KERAS_REDUCTIONS:
        same_gradient(f, reduce_spec, sample_losses(rng, 3), draw_weight(rng, 3), reduction=reduction, scale=3.0)


@keras_reduce.parity
def losses_of_steps(f: Function, rng: Rng) -> None:
    """Losses (N, T): the mean goes over all of them

    There may be a weight for each, or one for each sample (N, 1), which broadcasts.
    """
    for reduction in KERAS_REDUCTIONS:
        same_value(f, reduce_spec, sample_losses(rng, 2, 3), reduction=reduction)
        same_value(f, reduce_spec, sample_losses(rng, 2, 3), draw_weight(rng, 2, 3), reduction=reduction)
        same_value(f, reduce_spec, sample_losses(rng, 2, 3), draw_weight(rng, 2, 1), reduction=reduction)


@keras_reduce.parity
def column_of_weights(f: Function, rng: Rng) -> None:
    """Weights (N, 1) for losses (N,) are lined up, not broadcast

    `keras_align` for both.
    """
    for reduction in ("sum", "mean", "mean_with_sample_weight"):
        same_value(f, reduce_spec, sample_losses(rng, 3), draw_weight(rng, 3, 1), reduction=reduction)


@keras_reduce.parity
def weights_of_nothing(f: Function, rng: Rng) -> None:
    """Weights that are all 0 give 0, not NaN"""
    losses = sample_losses(rng, 3)
    same_value(f, reduce_spec, losses, torch.zeros(3), reduction="mean_with_sample_weight")
    same_value(f, reduce_spec, losses, tensor([0.0, 0.0, 1e-6]), reduction="mean_with_sample_weight")


@keras_reduce.parity
def not_reduced(f: Function, rng: Rng) -> None:
    """A single loss (), or none (0,), comes back weighted and not reduced; (0, 3) gives 0"""
    for reduction in ("sum", "mean_with_sample_weight"):
        same_value(f, reduce_spec, sample_losses(rng), tensor(0.25), reduction=reduction)
    same_value(f, reduce_spec, torch.empty(0))
    same_value(f, reduce_spec, torch.empty(0, 3))
    same_value(f, reduce_spec, torch.empty(0), reduction="sum")


@keras_reduce.parity
def reduce_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of the losses; weights may be float64, or booleans"""
    losses = sample_losses(rng, 3)
    same_dtype(f, reduce_spec, losses, draw_weight(rng, 3))
    same_dtype(f, reduce_spec, losses, draw_weight(rng, 3).double(), dtype=torch.float32)
    same_dtype(f, reduce_spec, losses, tensor([True, False, True]))


@keras_reduce.parity
def unknown_reduction(f: Function, rng: Rng) -> None:
    """A reduction that does not exist is refused"""
    refuses(f, sample_losses(rng, 3), reduction="batchmean")


def wrong_reduce(explanation: str) -> Callable[[Loss], Loss]:
    """Registers `function(losses, weight, reduction)`, called with all three and under Keras's defaults."""

    def add(function: Loss) -> Loss:
        def loss(
            losses: Tensor, sample_weight: Tensor | None = None, reduction: str | None = "sum_over_batch_size"
        ) -> Tensor:
            return function(losses, sample_weight, reduction)

        keras_reduce.misconception(explanation)(named(function.__name__, loss))
        return function

    return add


@wrong_reduce(  # K14
    "With weights, the mean divides by their sum. Keras divides by the number of samples, unless it is asked for "
    "'mean_with_sample_weight'."
)
def always_by_weights(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if reduction in ("sum_over_batch_size", "mean"):
        reduction = "mean_with_sample_weight"
    return reduce_spec(losses, weight, reduction)


@wrong_reduce(
    "'mean_with_sample_weight' divides by the number of samples here. It is the one that divides by the weights."
)
def never_by_weights(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, "mean" if reduction == "mean_with_sample_weight" else reduction)


@wrong_reduce("'mean' is taken for 'mean_with_sample_weight'. It is another word for 'sum_over_batch_size'.")
def mean_by_sum_of_weights(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, "mean_with_sample_weight" if reduction == "mean" else reduction)


@wrong_reduce("The weights are not used. Each loss is multiplied by its weight.")
def weights_unused(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, None, reduction)


@wrong_reduce("'none' gives the losses without their weights. They are weighted as well.")
def none_unweighted(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, None if reduction in ("none", None) else weight, reduction)


@wrong_reduce("'sum_over_batch_size' only sums. Its name is read: the sum, divided by the batch size.")
def sum_only(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, "sum" if reduction == "sum_over_batch_size" else reduction)


@wrong_reduce("'sum' divides by the number of samples. It only adds.")
def sum_divided(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, "mean" if reduction == "sum" else reduction)


@wrong_reduce("The mean divides by the batch size alone: for losses (N, T) by N. Keras divides by N · T.")
def divided_by_batch(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    result = reduce_spec(losses, weight, reduction)
    by_number = reduction in ("sum_over_batch_size", "mean") or (
        reduction == "mean_with_sample_weight" and weight is None
    )
    return result * losses.shape[-1] if by_number and losses.ndim > 1 else result


@wrong_reduce(
    "'mean_with_sample_weight' divides by the weights after they were broadcast to all losses. Keras divides by the "
    "sum of the weights as they were given."
)
def broadcast_weights_summed(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if weight is None or reduction != "mean_with_sample_weight" or losses.ndim != 2 or weight.ndim != 2:
        return reduce_spec(losses, weight, reduction)
    return reduce_spec(losses, weight.expand_as(losses), reduction)


@wrong_reduce(  # K15
    "Weights (N, 1) and losses (N,) were broadcast to N × N. Keras lines the two up."
)
def weights_broadcast(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if weight is None or losses.ndim != 1 or weight.ndim != 2:
        return reduce_spec(losses, weight, reduction)
    by_weights = weight.sum() if reduction == "mean_with_sample_weight" else None
    table = losses * weight
    return table.sum() / by_weights if by_weights is not None else reduce_spec(table, None, reduction)


@wrong_reduce("Weights that are all 0 give NaN, 0/0. Keras answers 0 there.")
def nan_without_weight(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    result = reduce_spec(losses, weight, reduction)
    none = weight is not None and reduction == "mean_with_sample_weight" and bool(weight.sum() == 0)
    return result * nan if none else result


@wrong_reduce(
    "A small number is added to the sum of the weights. Divide by what is there, and answer 0 where that is 0."
)
def padded_divisor(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if weight is None or reduction != "mean_with_sample_weight" or losses.shape in ((), (0,)):
        return reduce_spec(losses, weight, reduction)
    return reduce_spec(losses, weight, "sum") / (weight.sum() + 1e-7)


@wrong_reduce("No samples give NaN. Keras returns no losses for shape (0,), and 0 for an empty table.")
def nan_for_nothing(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if losses.numel() == 0 and reduction not in ("none", None):
        return losses.sum() if reduction == "sum" else losses.mean()
    return reduce_spec(losses, weight, reduction)


@wrong_reduce(
    "A single loss of shape () is divided by its weight again. Keras does not reduce what is a number already."
)
def single_reduced(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if losses.ndim == 0:
        return reduce_spec(losses[None], None if weight is None else weight[None], reduction)
    return reduce_spec(losses, weight, reduction)


@wrong_reduce(
    "The result has the wider dtype of losses and weights. Keras turns the weights into the dtype of the losses."
)
def weights_widen(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    wide = losses if weight is None else losses.to(torch.promote_types(losses.dtype, weight.dtype))
    return reduce_spec(wide, weight, reduction)


@wrong_reduce("The reduction None is not known here. Keras takes it for 'none'.")
def none_is_mean(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, "mean" if reduction is None else reduction)


@wrong_reduce("An unknown reduction passes for the mean. A misspelt word should not train a model: raise a ValueError.")
def unknown_passes(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, reduction if reduction in KERAS_REDUCTIONS else "mean")


@keras_reduce.misconception("The default reduction is 'none' here. Keras's is 'sum_over_batch_size'.")
def default_none(losses: Tensor, sample_weight: Tensor | None = None, reduction: str | None = "none") -> Tensor:
    return reduce_spec(losses, sample_weight, reduction)
