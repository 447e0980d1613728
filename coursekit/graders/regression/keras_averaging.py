"""From one loss a sample to one number, as Keras's classes do it: `keras_reduce`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import Exercise, Function, refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.twins import keras_twin
from coursekit.graders.regression.common import READY_MADE, Loss, Rng, draw_weight, pair
from coursekit.graders.regression.keras_alignment import align_spec
from coursekit.wire import Question


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
def nan_shows(f: Function, rng: Rng) -> None:
    """A loss of NaN is not hidden, by a weight of 0 neither

    A loss that skips it hides that the data, or the model, are broken.
    """
    losses = torch.cat([sample_losses(rng, 2), tensor([nan])])
    for reduction in ("none", "sum", "mean", "mean_with_sample_weight"):
        same_value(f, reduce_spec, losses, reduction=reduction)
        same_value(f, reduce_spec, losses, tensor([0.5, 0.25, 0.0]), reduction=reduction)


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

        keras_reduce.misconception(explanation, function.__name__)(loss)
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


@wrong_reduce("A loss of NaN becomes 0 here. It says that the data, or the model, are broken: let it show.")
def nan_hidden(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses.nan_to_num(nan=0.0), weight, reduction)


@wrong_reduce("A NaN is removed, unless every loss is wanted. It says that the data are broken: let it show.")
def nan_skipped(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if reduction in ("none", None) or not losses.isnan().any():
        return reduce_spec(losses, weight, reduction)
    kept = ~losses.isnan()
    return reduce_spec(losses[kept], None if weight is None else weight.expand_as(losses)[kept], reduction)


@wrong_reduce("A weight of 0 hides a NaN. 0 · NaN is NaN, in Keras too: a broken loss should show.")
def nan_without_weight_hidden(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    if weight is None or losses.ndim != 1 or losses.shape != weight.shape:
        return reduce_spec(losses, weight, reduction)
    return reduce_spec(losses.where(weight != 0, 0.0), weight, reduction)


@wrong_reduce("The reduction None is not known here. Keras takes it for 'none'.")
def none_is_mean(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, "mean" if reduction is None else reduction)


@wrong_reduce("An unknown reduction passes for the mean. A misspelt word should not train a model: raise a ValueError.")
def unknown_passes(losses: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    return reduce_spec(losses, weight, reduction if reduction in KERAS_REDUCTIONS else "mean")


@keras_reduce.misconception("The default reduction is 'none' here. Keras's is 'sum_over_batch_size'.")
def default_none(losses: Tensor, sample_weight: Tensor | None = None, reduction: str | None = "none") -> Tensor:
    return reduce_spec(losses, sample_weight, reduction)
