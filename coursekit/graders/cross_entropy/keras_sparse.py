"""Keras's loss of labels: `keras_sparse_categorical_crossentropy`."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Rng,
    argument_fixed,
    keras_twin,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
)
from coursekit.graders.cross_entropy.keras_checks import draw_scores, keras_checks
from coursekit.graders.cross_entropy.keras_mistakes import MISTAKES
from coursekit.graders.cross_entropy.keras_spec import sparse_cases, sparse_spec
from coursekit.graders.softmax.common import READY_MADE, draw_logits

keras_sparse_categorical_crossentropy = Exercise(
    "keras_sparse_categorical_crossentropy",
    sparse_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=keras_twin("sparse_categorical_crossentropy"),
    cases=sparse_cases,
    idea="The sparse loss picks what the dense one multiplies, and what is ignored costs 0 and moves nothing.",
    hints=(
        "ln p is made as in the dense loss. Then pick: `gather` along `axis`, with the labels unsqueezed there.",
        "`gather` wants int64 and a class everywhere: put one in where `ignore_class` stands, and 0 in the result.",
        "A row that is ignored may hold NaN or zeros. Put harmless numbers into it before anything is divided.",
        "`y_true` may come as (N, 1): squeeze `axis`, and only that. `ignore_class` may be 0: ask whether it is None.",
    ),
)

keras_checks(keras_sparse_categorical_crossentropy, truth=lambda y, y_pred, axis=-1: y)


@keras_sparse_categorical_crossentropy.check
def sparse_ignore(f: Function, rng: Rng) -> None:
    """Samples of `ignore_class` cost 0 and keep their place

    The function returns a number for every sample; only the class leaves them out of its mean.
    """
    scores, x = draw_scores(rng, 3, 3), draw_logits(rng, 3, 3)
    for y, ignored in ((tensor([0, 2, 1]), 2), (tensor([2, 0, 1]), 0)):
        same_value(f, sparse_spec, y, scores, ignore_class=ignored)
        same_value(f, sparse_spec, y, x, ignore_class=ignored, from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_columns(f: Function, rng: Rng) -> None:
    """Labels may come as a column: (N, 1), (N, T, 1), (1, 1)

    Squeeze the dimension of the classes, and no other: a batch of one stays a batch.
    """
    scores = draw_scores(rng, 3, 3)
    same_value(f, sparse_spec, tensor([[0], [2], [1]]), scores)
    same_value(f, sparse_spec, tensor([[0], [2], [1]]), scores, ignore_class=2)
    same_value(f, sparse_spec, tensor([[1]]), scores[:1], from_logits=True)
    places = draw_scores(rng, 1, 3, 2)
    same_value(f, sparse_spec, tensor([[[0], [1], [1]]]), places)
    same_value(f, sparse_spec, tensor([[[0, 2]]]), places, axis=1)


@keras_sparse_categorical_crossentropy.parity
def sparse_no_class(f: Function, rng: Rng) -> None:
    """`ignore_class` may be no class at all: -1 or 255, with or without `from_logits`"""
    scores = draw_scores(rng, 3, 3)
    for ignored, from_logits in product((-1, 255), (False, True)):
        y = tensor([2, ignored, 0])
        same_gradient(f, sparse_spec, y, scores, wrt=(1,), ignore_class=ignored, from_logits=from_logits)
    same_value(f, sparse_spec, tensor([[0, -1], [1, 0]]), draw_scores(rng, 2, 2, 2), ignore_class=-1, axis=1)


@keras_sparse_categorical_crossentropy.parity
def sparse_all_ignored(f: Function, rng: Rng) -> None:
    """Where everything is ignored there are zeros, never NaN; then one that counts"""
    scores = draw_scores(rng, 2, 3)
    same_value(f, sparse_spec, tensor([2, 2]), scores, ignore_class=2)
    same_value(f, sparse_spec, tensor([2, 1]), scores, ignore_class=2)


@keras_sparse_categorical_crossentropy.parity
def sparse_ignored_nan(f: Function, rng: Rng) -> None:
    """What is ignored has no influence, on the gradient neither: NaN, and rows of zeros

    `torch.where` behind the division is too late for the gradient. Choose before anything is computed.
    """
    rows = tensor([[1.0, 2.0], [nan, nan], [0.0, 0.0]])
    for from_logits in (False, True):
        same_gradient(f, sparse_spec, tensor([0, 1, 1]), rows, wrt=(1,), ignore_class=1, from_logits=from_logits)


@keras_sparse_categorical_crossentropy.parity
def sparse_ruled_out(f: Function, rng: Rng) -> None:
    """A logit of -inf beside the label costs nothing

    0 · (-inf) is NaN: pick by index, and multiply with no one-hot row.
    """
    same_gradient(f, sparse_spec, tensor([0]), tensor([[1.0, -inf, 0.0]]), wrt=(1,), from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_label_dtypes(f: Function, rng: Rng) -> None:
    """Labels may be int32, uint8 or floats

    Keras's own class hands them over as float32.
    """
    scores = draw_scores(rng, 2, 3)
    for dtype in (torch.int32, torch.uint8, torch.float32):
        same_dtype(f, sparse_spec, tensor([2, 0], dtype=dtype), scores, dtype=torch.float32)
        same_value(f, sparse_spec, tensor([2, 0], dtype=dtype), scores, ignore_class=2, from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_refuses(f: Function, rng: Rng) -> None:
    """A label that is no class is an error, and so is a one-hot row"""
    scores = draw_scores(rng, 2, 3)
    refuses(f, tensor([0, 3]), scores)
    refuses(f, tensor([0, -1]), scores)
    refuses(f, tensor([[0, 1, 0], [1, 0, 0]]), scores)
    refuses(f, tensor([0]), scores)


wrong = keras_sparse_categorical_crossentropy.misconceptions
wrong.extend(MISTAKES["sparse"])
argument_fixed(
    wrong,
    "sparse_no_ignore",
    "`ignore_class` is not used: samples of that class still cost something (or are taken for an index).",
    ignore_class=None,
)
wrong.table(
    sparse_zero_not_ignored=(
        "`ignore_class=0` is taken for None (`if ignore_class:`). Class 0 can be ignored like any other: ask `is not "
        "None`.",
        lambda y, x, ignore_class=None, **flags: sparse_spec(y, x, ignore_class=ignore_class or None, **flags),
    ),
)


def of_those_that_count(change: Loss) -> Loss:
    """The right losses, and then `change(losses, counts)`, if a class is to be ignored."""

    def loss(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
        losses = sparse_spec(y_true, y_pred, ignore_class=ignore_class, **flags)
        return losses if ignore_class is None else change(losses, y_true.reshape(losses.shape) != ignore_class)

    return loss


def masked_behind(mask: Loss) -> Loss:
    """The losses of all samples, and then `mask(losses, counts)`, if a class is to be ignored."""

    def loss(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, axis: int = -1, **flags: Any) -> Tensor:
        if ignore_class is None:
            return sparse_spec(y_true, y_pred, axis=axis, **flags)
        counts = y_true != ignore_class
        losses = sparse_spec(y_true.where(counts, 0), y_pred, axis=axis, **flags)
        return mask(losses, counts.reshape(losses.shape))

    return loss


wrong.table(
    of_those_that_count,
    sparse_dropped=(
        "The samples that are ignored are gone. The result keeps a number for each sample, 0 for those.",
        lambda losses, counts: losses[counts],
    ),
)


@wrong(
    "The ignored class was taken out of the prediction. Only its samples are skipped: its share stays in the sum.",
    covers="CE11",
)
def sparse_class_removed(
    y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, axis: int = -1, **flags: Any
) -> Tensor:
    if ignore_class is not None and 0 <= ignore_class < y_pred.shape[axis]:
        out = -inf if flags.get("from_logits") else 0.0
        y_pred = y_pred.index_fill(axis, tensor(ignore_class), out)
    return sparse_spec(y_true, y_pred, ignore_class=ignore_class, axis=axis, **flags)


wrong.table(
    masked_behind,
    sparse_masked_too_late=(
        "The value is right, the gradient of an ignored row of NaN or zeros is NaN: `torch.where` stands behind the "
        "logarithm. Put harmless numbers into the row before anything is computed.",
        lambda losses, counts: losses.where(counts, 0.0),
    ),
    sparse_multiplied_mask=(
        "The ignored samples are multiplied by 0, and 0 · NaN is NaN. Choose with `torch.where`, before the logarithm.",
        lambda losses, counts: losses * counts,
        "CE9",
    ),
)
wrong.table(
    of_those_that_count,
    sparse_ignored_is_nan=(
        "Ignored samples were given NaN. They cost 0: Keras's class then leaves them out of its mean.",
        lambda losses, counts: losses.where(counts, nan),
        "CE8",
    ),
    sparse_mean_of_valid=(
        "The losses of those that count were averaged. The class does that; the function keeps one number per sample.",
        lambda losses, counts: losses.sum() / counts.sum(),
    ),
)


@wrong("Labels of shape (N, 1) keep their column, in the result too. Squeeze the dimension of the classes.")
def sparse_column_kept(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, axis=axis, **flags)
    return losses.unsqueeze(axis) if y_true.ndim == y_pred.ndim else losses


wrong.table(
    sparse_all_squeezed=(
        "Every dimension of size 1 was squeezed, the batch of one as well. Squeeze only `axis`.",
        lambda y, x, **flags: sparse_spec(y, x, **flags).squeeze(),
    ),
)


@wrong("Labels of shape (N, 1) are refused. Keras squeezes that column away.")
def sparse_column_refused(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if y_true.ndim == y_pred.ndim:
        raise ValueError("y_true has as many dimensions as y_pred")
    return sparse_spec(y_true, y_pred, **flags)


@wrong("Only int64 labels are taken. Keras takes int32 and floats too, and hands floats over itself: `.long()`.")
def sparse_long_only(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if y_true.dtype != torch.int64:
        raise RuntimeError("expected int64")
    return sparse_spec(y_true, y_pred, **flags)


@wrong(
    "The label is multiplied as a one-hot row: 0 · (-inf) is NaN, though that class is not the label. Pick by index.",
    covers="CE18",
)
def sparse_one_hot_product(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    ruined = (y_pred == -inf).any(axis)
    return sparse_spec(y_true, y_pred, axis=axis, **flags).masked_fill(ruined, nan)


wrong.table(
    sparse_largest=(
        "This picks the likeliest class: what the model believes. The label says what is right.",
        lambda y, x, axis=-1, **flags: sparse_spec(x.argmax(axis), x, axis=axis, **flags),
    ),
)


def relabelled(inside: Loss) -> Loss:
    """The loss after labels that are no class were made one by `inside(y_true, number of classes)`."""

    def loss(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
        classes = y_pred.shape[flags.get("axis", -1)]
        kept = (y_true >= 0) & (y_true < classes) | (y_true == flags.get("ignore_class"))
        return sparse_spec(y_true.where(kept, inside(y_true, classes)), y_pred, **flags)

    return loss


wrong.table(
    relabelled,
    sparse_from_the_end=(
        "A negative label counted from the end, as Python's indices do. It is no class: raise an error.",
        lambda y, classes: y.where(y >= 0, y + classes),
    ),
    sparse_label_wrapped=(
        "A label that is no class was counted round, modulo C, as `torch.take_along_dim` does. It is a mistake in the "
        "data: raise an error.",
        lambda y, classes: y % classes,
    ),
    sparse_label_clipped=(
        "A label that is no class was moved to the nearest one, in silence. It is a mistake in the data: raise an "
        "error.",
        lambda y, classes: y.clamp(0, classes - 1),
    ),
)
wrong.table(
    sparse_takes_one_hot=(
        "One-hot rows were taken for labels. They belong to the dense loss; the sparse one refuses them.",
        lambda y, x, **flags: sparse_spec(y.argmax(-1) if y.shape == x.shape else y, x, **flags),
    ),
)
