"""From one loss per sample to one number, as Keras's classes do it: `keras_reduce`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Question,
    Rng,
    keras_twin,
    same_dtype,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.regression.common import READY_MADE, draw_weight, pair
from coursekit.graders.regression.keras_averaging_mistakes import MISTAKES
from coursekit.graders.regression.keras_averaging_spec import KERAS_REDUCTIONS, reduce_spec


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
        yield Question((tensor([0.5, nan, 2.0]), tensor([0.5, 0.0, 0.25])), kwargs)
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
    """Losses 3, 1 and 5: 'sum_over_batch_size', the default, gives 3, and 'sum' gives 9

    In spite of its name the default is a mean, and 'mean' is another word for it. 'none' and None leave one loss a
    sample.
    """
    same_value(f, reduce_spec, tensor([3.0, 1.0, 5.0]), reduction="sum_over_batch_size")
    same_value(f, reduce_spec, tensor([3.0, 1.0, 5.0]), reduction="sum")
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
    """Weights that are all 0, or cancel, give 0: not NaN, nor what is above the line"""
    losses = sample_losses(rng, 3)
    same_value(f, reduce_spec, losses, tensor([1.0, -1.5, 0.5]), reduction="mean_with_sample_weight")
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
def nan_shows(f: Function, rng: Rng) -> None:
    """A loss of NaN is not hidden, by a weight of 0 neither

    A loss that skips it hides that the data, or the model, are broken.
    """
    losses = torch.cat([sample_losses(rng, 2), tensor([nan])])
    for reduction in ("none", "sum", "mean", "mean_with_sample_weight"):
        same_value(f, reduce_spec, losses, reduction=reduction)
        same_value(f, reduce_spec, losses, tensor([0.5, 0.25, 0.0]), reduction=reduction)


unknown_word(keras_reduce, lambda rng: (sample_losses(rng, 3),), name="unknown_reduction")


keras_reduce.misconceptions.extend(MISTAKES)
