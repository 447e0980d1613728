"""Losses with a margin: the exercises of the lesson on margins, torch's three first, then Keras's.

Keras's functions take (y_true, y_pred), torch's take (input, target).
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
    # BEGIN SOLUTION
    if target.shape != input.shape:
        raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
    wrong = -target * input
    # ln(exp 0 + exp wrong): logaddexp takes the larger exponential out of the logarithm, whichever it is
    losses = torch.logaddexp(wrong, torch.zeros_like(wrong))
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


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
    # BEGIN SOLUTION
    if p not in (1, 2):
        raise ValueError(f"p is {p}, it must be 1 or 2")
    scores, labels = torch.atleast_2d(input), target.reshape(-1)
    classes = scores.shape[1]
    if target.ndim > 1 or len(labels) != len(scores):
        raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
    if ((labels < 0) | (labels >= classes)).any():
        raise ValueError(f"a target is not among the classes 0 to {classes - 1}")
    if weight is not None and weight.shape != (classes,):
        raise ValueError(f"weight is {tuple(weight.shape)} for {classes} classes")
    right = scores.gather(1, labels[:, None])
    gaps = torch.relu(margin - right + scores)  # relu and not clamp: its slope at 0 is 0, as in torch
    is_right = torch.arange(classes, device=input.device) == labels[:, None]
    losses = gaps.pow(p).masked_fill(is_right, 0).sum(dim=1) / classes
    if weight is not None:
        losses = losses * weight[labels]
    if reduction == "none":
        return losses.reshape(target.shape)
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


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
    # BEGIN SOLUTION
    if target.shape != input.shape:
        raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
    scores, labels = torch.atleast_2d(input), torch.atleast_2d(target)
    classes = scores.shape[1]
    if ((labels < -1) | (labels >= classes)).any():
        raise ValueError(f"a target is neither -1 nor one of the classes 0 to {classes - 1}")
    listed = (labels == -1).cumsum(dim=1) == 0  # up to the first -1
    # how often each class is listed; what is not listed adds 0 to class 0
    times = torch.zeros_like(scores).scatter_add(1, labels.clamp(min=0), listed.to(scores.dtype))
    pairs = times[:, :, None] * (times == 0)[:, None, :]  # (N, right, wrong)
    gaps = torch.relu(1 - scores[:, :, None] + scores[:, None, :])  # relu: a slope of 0 at 0, as in torch
    losses = (pairs * gaps).sum(dim=(1, 2)) / classes
    if reduction == "none":
        return losses.reshape(input.shape[:-1])
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


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
    # BEGIN SOLUTION
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():  # one -1 or ½ anywhere, and every 0 stays a 0
        y = 2 * y - 1
    return (1 - y * y_pred).clamp(min=0).mean(dim=-1)
    # END SOLUTION


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
    # BEGIN SOLUTION
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 2 * y - 1
    return (1 - y * y_pred).clamp(min=0).square().mean(dim=-1)
    # END SOLUTION


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
    # BEGIN SOLUTION
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(dim=-1)
    wrong = ((1 - y) * y_pred).amax(dim=-1)  # never below 0, because of the 0 of the right class
    return (1 + wrong - right).clamp(min=0)
    # END SOLUTION
