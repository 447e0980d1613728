"""What goes wrong in `keras_reduce`: in what the sum is divided by, and where weights or NaN take part."""

from __future__ import annotations

import torch
from torch import Tensor, nan

from coursekit.exercise import Loss, Mistakes, other_default, with_defaults
from coursekit.graders.regression.keras_averaging_spec import KERAS_REDUCTIONS, reduce_spec

MISTAKES = Mistakes(reduce_spec)

of_all = with_defaults(MISTAKES)
wrong = MISTAKES.formula(of_all)
BY_WEIGHTS = "mean_with_sample_weight"


def misread(**meant: str) -> Loss:
    """The right loss of another word, for each of these."""
    return lambda losses, weight, word: reduce_spec(losses, weight, meant.get(word, word))


MISTAKES.table(
    of_all,
    always_by_weights=(
        "With weights, the mean divides by their sum. Keras divides by the number of samples, unless it is asked for "
        "'mean_with_sample_weight'.",
        misread(sum_over_batch_size=BY_WEIGHTS, mean=BY_WEIGHTS),
        "K14",
    ),
    never_by_weights=(
        "'mean_with_sample_weight' divides by the number of samples here. It is the one that divides by the weights.",
        misread(mean_with_sample_weight="mean"),
    ),
    mean_by_sum_of_weights=(
        "'mean' is taken for 'mean_with_sample_weight'. It is another word for 'sum_over_batch_size'.",
        misread(mean=BY_WEIGHTS),
    ),
    weights_unused=(
        "The weights are not used. Each loss is multiplied by its weight.",
        lambda losses, weight, word: reduce_spec(losses, None, word),
    ),
    none_unweighted=(
        "'none' gives the losses without their weights. They are weighted as well.",
        lambda losses, weight, word: reduce_spec(losses, None if word in ("none", None) else weight, word),
    ),
    sum_unweighted=(
        "'sum' adds the losses without their weights. They are weighted as well.",
        lambda losses, weight, word: reduce_spec(losses, None if word == "sum" else weight, word),
    ),
    sum_only=(
        "'sum_over_batch_size' only sums. Its name is read: the sum, divided by the batch size.",
        misread(sum_over_batch_size="sum"),
    ),
    none_averages=(
        "'none' averages as well. It leaves one loss for each, weighted.",
        lambda losses, weight, word: reduce_spec(losses, weight, "mean" if word in ("none", None) else word),
    ),
    sum_divided=("'sum' divides by the number of samples. It only adds.", misread(sum="mean")),
)


@wrong("The mean divides by the batch size alone: for losses (N, T) by N. Keras divides by N · T.")
def divided_by_batch(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    result = reduce_spec(losses, weight, word)
    by_number = word in ("sum_over_batch_size", "mean") or (word == BY_WEIGHTS and weight is None)
    return result * losses.shape[-1] if by_number and losses.ndim > 1 else result


@wrong(
    "'mean_with_sample_weight' divides by the weights after they were broadcast to all losses. Keras divides by the "
    "sum of the weights as they were given."
)
def broadcast_weights_summed(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    if weight is None or word != BY_WEIGHTS or losses.ndim != 2 or weight.ndim != 2:
        return reduce_spec(losses, weight, word)
    return reduce_spec(losses, weight.expand_as(losses), word)


@wrong("Weights (N, 1) and losses (N,) were broadcast to N × N. Keras lines the two up.", covers="K15")
def weights_broadcast(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    if weight is None or losses.ndim != 1 or weight.ndim != 2:
        return reduce_spec(losses, weight, word)
    table = losses * weight
    return table.sum() / weight.sum() if word == BY_WEIGHTS else reduce_spec(table, None, word)


@wrong("Weights that are all 0 give NaN, 0/0. Keras answers 0 there.")
def nan_without_weight(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    result = reduce_spec(losses, weight, word)
    none = weight is not None and word == BY_WEIGHTS and bool(weight.sum() == 0)
    return result * nan if none else result


@wrong("A small number is added to the sum of the weights. Divide by what is there, and answer 0 where that is 0.")
def padded_divisor(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    if weight is None or word != BY_WEIGHTS or losses.shape in ((), (0,)):
        return reduce_spec(losses, weight, word)
    return reduce_spec(losses, weight, "sum") / (weight.sum() + 1e-7)


@wrong("No samples give NaN. Keras returns no losses for shape (0,), and 0 for an empty table.")
def nan_for_nothing(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    if losses.numel() == 0 and word not in ("none", None):
        return losses.sum() if word == "sum" else losses.mean()
    return reduce_spec(losses, weight, word)


@wrong("A single loss of shape () is divided by its weight again. Keras does not reduce what is a number already.")
def single_reduced(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    if losses.ndim == 0:
        return reduce_spec(losses[None], None if weight is None else weight[None], word)
    return reduce_spec(losses, weight, word)


@wrong("The result has the wider dtype of losses and weights. Keras turns the weights into the dtype of the losses.")
def weights_widen(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    wide = losses if weight is None else losses.to(torch.promote_types(losses.dtype, weight.dtype))
    return reduce_spec(wide, weight, word)


MISTAKES.table(
    of_all,
    nan_hidden=(
        "A loss of NaN becomes 0 here. It says that the data, or the model, are broken: let it show.",
        lambda losses, weight, word: reduce_spec(losses.nan_to_num(nan=0.0), weight, word),
    ),
)


@wrong("A NaN is removed, unless every loss is wanted. It says that the data are broken: let it show.")
def nan_skipped(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    if word in ("none", None) or not losses.isnan().any():
        return reduce_spec(losses, weight, word)
    kept = ~losses.isnan()
    return reduce_spec(losses[kept], None if weight is None else weight.expand_as(losses)[kept], word)


@wrong("A weight of 0 hides a NaN. 0 · NaN is NaN, in Keras too: a broken loss should show.")
def nan_without_weight_hidden(losses: Tensor, weight: Tensor | None, word: str | None) -> Tensor:
    if weight is None or losses.ndim != 1 or losses.shape != weight.shape:
        return reduce_spec(losses, weight, word)
    return reduce_spec(losses.where(weight != 0, 0.0), weight, word)


MISTAKES.table(
    of_all,
    none_is_mean=(
        "The reduction None is not known here. Keras takes it for 'none'.",
        lambda losses, weight, word: reduce_spec(losses, weight, word or "mean"),
    ),
    unknown_passes=(
        "An unknown reduction passes for the mean. A misspelt word should not train a model: raise a ValueError.",
        lambda losses, weight, word: reduce_spec(losses, weight, word if word in KERAS_REDUCTIONS else "mean"),
    ),
)
other_default(
    MISTAKES,
    "default_none",
    "Where no reduction is given, it is 'none' here. Keras's default is 'sum_over_batch_size'.",
    reduction="none",
)
