"""Keras's loss of one-hot and soft targets: `keras_categorical_crossentropy`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Rng,
    argument_fixed,
    detached,
    keras_twin,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    shapes_broadcast,
    wider_dtype,
)
from coursekit.exercise.families.inputs import distribution, in_float64, indices
from coursekit.graders.cross_entropy.keras_checks import draw_scores, keras_checks
from coursekit.graders.cross_entropy.keras_mistakes import MISTAKES
from coursekit.graders.cross_entropy.keras_spec import dense_cases, dense_spec, log_shares, one_hot
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec

keras_categorical_crossentropy = Exercise(
    "keras_categorical_crossentropy",
    dense_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=keras_twin("categorical_crossentropy"),
    cases=dense_cases,
    idea="Without from_logits any numbers are made shares and clipped: nothing complains, and slopes vanish.",
    hints=(
        "Write ln p first, in two ways: for logits your `log_softmax` along `axis`, for the rest a share of the sum.",
        "Divide, then clip to [1e-7, 1 - 1e-7], then take the logarithm. Logits are not clipped.",
        "Smooth the target: (1 - α) of it, and α/K everywhere. Then sum over `axis`, and take no mean.",
        "The dtype is that of `y_pred`: convert `y_true`, which may hold integers. Shapes that differ are an error.",
    ),
)

keras_checks(keras_categorical_crossentropy, truth=one_hot)


@keras_categorical_crossentropy.check
def dense_soft(f: Function, rng: Rng) -> None:
    """The target may be any distribution"""
    same_value(f, dense_spec, tensor([[0.75, 0.25]]), tensor([[0.5, 0.5]]))
    same_value(f, dense_spec, distribution(rng, 2, 3), distribution(rng, 2, 3))
    same_value(f, dense_spec, distribution(rng, 2, 3), draw_logits(rng, 2, 3), from_logits=True)


@keras_categorical_crossentropy.check
def dense_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` spreads α evenly over all classes, with shares and with logits"""
    y, scores, x = one_hot(indices(rng, 3, 4), torch.empty(4, 3)), draw_scores(rng, 4, 3), draw_logits(rng, 4, 3)
    for smoothing in (0.3, 1.0):
        same_value(f, dense_spec, y, scores, label_smoothing=smoothing)
        same_value(f, dense_spec, y, x, from_logits=True, label_smoothing=smoothing)


@keras_categorical_crossentropy.parity
def dense_pairs(f: Function, rng: Rng) -> None:
    """Smoothing of soft targets, beside a share of 0, and along `axis`"""
    q = distribution(rng, 2, 3)
    same_gradient(f, dense_spec, q, draw_scores(rng, 2, 3), wrt=(1,), label_smoothing=0.2)
    same_value(f, dense_spec, q[:1], tensor([[3.0, 0.0, 1.0]]), label_smoothing=0.2)
    # as many places as classes: Keras itself takes K from the last dimension, and either K is right
    x, q = draw_logits(rng, 1, 3, 3), distribution(rng, 1, 3, 3).movedim(-1, 1)
    same_gradient(f, dense_spec, q, x, wrt=(1,), label_smoothing=0.2, axis=1, from_logits=True)


@keras_categorical_crossentropy.parity
def dense_as_it_stands(f: Function, rng: Rng) -> None:
    """The target is taken as it stands, though it sums to 3"""
    same_value(f, dense_spec, tensor([[2.0, 0.0, 1.0]]), draw_scores(rng, 1, 3))
    same_value(f, dense_spec, tensor([[2.0, 0.0, 1.0]]), draw_logits(rng, 1, 3), from_logits=True)


@keras_categorical_crossentropy.parity
def dense_by_truth(f: Function, rng: Rng) -> None:
    """A gradient with respect to y_true as well, with both ways of reading y_pred"""
    for from_logits in (False, True):
        args = distribution(rng, 2, 3), draw_scores(rng, 2, 3)
        same_gradient(f, dense_spec, *args, wrt=(0, 1), from_logits=from_logits, label_smoothing=0.2)


@keras_categorical_crossentropy.parity
def dense_converts(f: Function, rng: Rng) -> None:
    """y_true takes the dtype of y_pred, integers and float64 alike"""
    scores = draw_scores(rng, 2, 3)
    same_dtype(f, dense_spec, tensor([[0, 1, 0], [1, 0, 0]]), scores, dtype=torch.float32)
    same_dtype(f, dense_spec, in_float64(distribution(rng, 2, 3)), scores, dtype=torch.float32)
    same_dtype(f, dense_spec, distribution(rng, 2, 3), scores.double(), dtype=torch.float64)


@keras_categorical_crossentropy.parity
def dense_shapes(f: Function, rng: Rng) -> None:
    """Shapes that differ are refused, though they would broadcast

    (3,) against (N, 3) is one target for all samples, or a mistake. Keras says ValueError.
    """
    refuses(f, tensor([0.0, 1.0, 0.0]), draw_scores(rng, 2, 3))
    refuses(f, tensor([[0.0], [1.0]]), draw_scores(rng, 2, 3))


wrong = keras_categorical_crossentropy.misconceptions
wrong.extend(MISTAKES["dense"])
argument_fixed(
    wrong,
    "dense_no_smoothing",
    "`label_smoothing` is not used: α of each target belongs to all classes.",
    label_smoothing=0.0,
)


def smoothed_by(smooth: Loss) -> Loss:
    """The loss of the target that `smooth(y_true, α, number of classes)` makes."""

    def loss(y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any) -> Tensor:
        return dense_spec(smooth(y_true, label_smoothing, y_pred.shape[axis]), y_pred, axis=axis, **flags)

    return loss


wrong.table(
    smoothed_by,
    dense_smoothed_as_binary=(
        "α/2 was added everywhere, as in Keras's BinaryCrossentropy. K classes share α: add α/K.",
        lambda y, a, k: y * (1 - a) + a / 2,
        "K6",
    ),
)


@wrong(
    "α went to the K - 1 wrong classes only, α/(K-1) each. Keras spreads it over all K, as torch does.", covers="CE12"
)
def dense_wrong_classes_only(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    more = label_smoothing * y_pred.shape[axis] / (y_pred.shape[axis] - 1)
    return dense_spec(y_true, y_pred, label_smoothing=more, axis=axis, **flags)


wrong.table(
    smoothed_by,
    dense_nothing_taken=(
        "α/K was added, and nothing was taken away for it: the target adds up to 1 + α. Multiply it by 1 - α first.",
        lambda y, a, k: y + a / k,
        "CE13",
    ),
    dense_share_without_factor=(
        "1/K was added without the factor α: the smoothed target adds up to 2 - α. Add α/K.",
        lambda y, a, k: y * (1 - a) + 1 / k if a else y,
        "CE14",
    ),
)


@wrong("The prediction was smoothed in place of the target: labels are what `label_smoothing` is about.")
def dense_prediction_smoothed(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    p = (1 - label_smoothing) * y_pred + label_smoothing / y_pred.shape[axis]
    return dense_spec(y_true, p, axis=axis, **flags)


wrong.table(
    dense_logits_unsmoothed=(
        "With `from_logits` the smoothing is left out. It is about the target, however `y_pred` is read.",
        lambda y, x, label_smoothing=0.0, from_logits=False, **flags: dense_spec(
            y, x, from_logits, 0.0 if from_logits else label_smoothing, **flags
        ),
    ),
    dense_truth_normalised=(
        "The target is divided by its sum as well. Keras divides `y_pred` only, and takes `y_true` as it stands.",
        lambda y, x, axis=-1, **flags: dense_spec(y / y.sum(axis, keepdim=True), x, axis=axis, **flags),
    ),
    dense_likeliest_target=(
        "The target was turned into its likeliest class. The rest of the row counts too: sum over all classes.",
        lambda y, x, axis=-1, **flags: dense_spec(one_hot(y.argmax(axis), x, axis), x, axis=axis, **flags),
    ),
)


@wrong("-(1 - y) ln(1 - p) of every class was added: that is one binary cross-entropy for each class.")
def dense_one_against_all(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    p = (log_softmax_spec if flags.get("from_logits") else log_shares)(y_pred, axis).exp()
    return dense_spec(y_true, y_pred, axis=axis, **flags) - ((1 - y_true) * (1 - p).log()).sum(axis)


@wrong("The entropy of the target was subtracted: that is KL. A cross-entropy of soft targets does not fall to 0.")
def dense_divergence(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    entropy = -(y_true * y_true.where(y_true > 0, 1.0).log()).sum(axis)
    return dense_spec(y_true, y_pred, axis=axis, **flags) - entropy


detached(
    wrong,
    "y_true",
    "`y_true` is taken for a constant: no gradient flows back to it. Keras's does.",
    "dense_truth_detached",
)
wider_dtype(
    wrong,
    "The result has the finer dtype of the two, as torch promotes. Keras converts `y_true` to the dtype of `y_pred`.",
    "dense_promoted",
)
shapes_broadcast(
    wrong,
    "dense_broadcasts",
    "Targets of another shape were broadcast. Keras raises ValueError: one target for all samples is most often a "
    "forgotten batch dimension.",
)


def own(
    y_true: Tensor, y_pred: Tensor, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """What the loss has of the targets as they are."""
    return (1 - label_smoothing) * dense_spec(y_true, y_pred, from_logits, axis=axis)


def spread(
    y_true: Tensor, y_pred: Tensor, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """What the loss has of the share that is spread."""
    smoothed = dense_spec(y_true, y_pred, from_logits, label_smoothing, axis)
    return smoothed - own(y_true, y_pred, from_logits, label_smoothing, axis)


wrong.terms(
    own=("the target's part, times 1 - α,", own),
    spread=("the part that is spread over all classes", spread),
)
