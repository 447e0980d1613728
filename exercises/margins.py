"""Margins: write your answers here, then score one with `coursekit check soft_margin_loss`.

Made from solutions/margins.py by `coursekit refresh`.
"""

import torch
from torch import Tensor


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """The logistic loss of a score and a side: a drop-in for `torch.nn.functional.soft_margin_loss`.

    Better than torch's in one place: torch's own is inf beyond ±88 (float32), this one stays finite.

    By hand: no ready-made loss or distribution.

    Args:
        input: scores x, any shape, up to ±1000.
        target: the sides y, -1 or 1, same shape, of any numeric dtype. Other numbers are used as they are.
        reduction: "none" for ln(1 + exp(-y · x)) of every element, "sum" or "mean" over all elements.

    Returns:
        The shape of input for "none", else a single number. The slope of an element is -y · σ(-y · x).

    Raises:
        ValueError: reduction is another word, or target has another shape than input.
    """
    raise NotImplementedError("soft_margin_loss: write your answer here")


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The right score against each of the wrong ones: a drop-in for `torch.nn.functional.multi_margin_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: one score for each of C classes, (N, C), or (C,) for a single sample.
        target: the right class of each sample (N,), int64; a single number () beside (C,).
        p: the power of each gap, 1 or 2.
        margin: how far the right score should be above each other one.
        weight: a factor for each class (C,). A sample's loss has that of its right class.
        reduction: "none" for one loss per sample, "sum" or "mean" over the samples.

    Returns:
        The loss of a sample is weight[y] · Σ max(0, margin - input[y] + input[j])^p / C over the C - 1
        classes j other than y: shape of target, or reduced. The mean divides by N, with weights too. A
        margin that is met exactly has a slope of 0.

    Raises:
        ValueError: p is neither 1 nor 2, a target is no class, target or weight has the wrong shape, or
            reduction is another word.
    """
    raise NotImplementedError("multi_margin_loss: write your answer here")


def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Each right score against each wrong one: a drop-in for `torch.nn.functional.multilabel_margin_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: one score for each of C classes, (N, C), or (C,) for a single sample.
        target: the right classes of each sample as a list of indices, same shape, int64. The first -1 ends
            the list; what stands behind it is not read. A class that is listed twice counts twice.
        reduction: "none" for one loss per sample, "sum" or "mean" over the samples.

    Returns:
        The loss of a sample is Σ max(0, 1 - input[i] + input[j]) / C over every listed i and every class j
        that is not listed: shape (N,), or () for a single sample, or reduced. A margin that is met exactly
        has a slope of 0.

    Raises:
        ValueError: target has another shape than input, a number in the list is neither a class nor -1, or
            reduction is another word.
    """
    raise NotImplementedError("multilabel_margin_loss: write your answer here")


def keras_hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The hinge loss of each sample: a drop-in for `keras.losses.hinge`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: the sides (N, …, D), -1 or 1. If the whole tensor holds nothing but 0 and 1, a 0 stands for
            -1. It takes on the dtype of y_pred.
        y_pred: scores of any size, same shape.

    Returns:
        The mean of max(0, 1 - y_true · y_pred) over the last dimension, shape (N, …). Where the product is
        exactly 1, any slope from that of one side to that of the other will do.
    """
    raise NotImplementedError("keras_hinge: write your answer here")


def keras_squared_hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The squared hinge loss of each sample: a drop-in for `keras.losses.squared_hinge`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: the sides (N, …, D), -1 or 1. If the whole tensor holds nothing but 0 and 1, a 0 stands for
            -1. It takes on the dtype of y_pred.
        y_pred: scores of any size, same shape.

    Returns:
        The mean of max(0, 1 - y_true · y_pred)² over the last dimension, shape (N, …).
    """
    raise NotImplementedError("keras_squared_hinge: write your answer here")


def keras_categorical_hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The right score against the best of the wrong ones: a drop-in for `keras.losses.categorical_hinge`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: 1 for the right class, 0 for the others, (N, …, C). It takes on the dtype of y_pred.
        y_pred: one score for each of C classes, same shape.

    Returns:
        max(0, 1 + wrong - right), shape (N, …), with right the sum of y_true · y_pred over the classes and
        wrong the largest (1 - y_true) · y_pred. The right class itself takes part in that maximum, as a 0.
        At a tie or a margin of exactly 1, any slope between those of the two sides will do.
    """
    raise NotImplementedError("keras_categorical_hinge: write your answer here")
