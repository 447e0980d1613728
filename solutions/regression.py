"""Losses of regression: the exercises of notebook 06, torch's four first, then Keras's.

torch's functions take (input, target), Keras's take (y_true, y_pred).
"""

import math

import torch
from torch import Tensor


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """The absolute error: a drop-in for `torch.nn.functional.l1_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: predictions, any shape, float32 or float64.
        target: what was to be predicted, same shape; it may hold whole numbers.
        reduction: "none" for |input - target| of every element, "sum" or "mean" over all elements.
        weight: a factor for every element, same shape as input. The mean then divides by the sum of the
            factors.

    Returns:
        The shape of input for "none", else a single number. A NaN is never hidden, and the mean of no
        elements is NaN. Where input equals target, the gradient is 0.

    Raises:
        ValueError: reduction is another word, or weight has another shape than input.
        RuntimeError: input and target do not fit together.
    """
    # BEGIN SOLUTION
    losses = (input - target).abs()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError(f"weight is {tuple(weight.shape)}, input {tuple(input.shape)}")
        losses = weight * losses
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean() if weight is None else losses.sum() / weight.sum()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """The squared error: a drop-in for `torch.nn.functional.mse_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: predictions, any shape, float32 or float64.
        target: what was to be predicted, same shape; it may hold whole numbers.
        reduction: "none" for (input - target)² of every element, "sum" or "mean" over all elements.
        weight: a factor for every element, same shape as input. The mean then divides by the sum of the
            factors.

    Returns:
        The shape of input for "none", else a single number. A NaN is never hidden, and the mean of no
        elements is NaN.

    Raises:
        ValueError: reduction is another word, or weight has another shape than input.
        RuntimeError: input and target do not fit together.
    """
    # BEGIN SOLUTION
    losses = (input - target).square()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError(f"weight is {tuple(weight.shape)}, input {tuple(input.shape)}")
        losses = weight * losses
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean() if weight is None else losses.sum() / weight.sum()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """The absolute error with a round bottom: a drop-in for `torch.nn.functional.smooth_l1_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: predictions, any shape, float32 or float64.
        target: what was to be predicted, same shape; it may hold whole numbers.
        reduction: "none" for one loss per element, "sum" or "mean" over all elements.
        beta: the size of the error d up to which the loss is d²/(2·beta). Beyond it, |d| - beta/2. With
            beta = 0 it is |d|.

    Returns:
        The shape of input for "none", else a single number. A NaN is never hidden, and the mean of no
        elements is NaN. The slope of an infinite error is 1 or -1.

    Raises:
        ValueError: beta is negative, or reduction is another word.
        RuntimeError: input and target do not fit together.
    """
    # BEGIN SOLUTION
    if not beta >= 0:
        raise ValueError(f"beta is {beta}, it cannot be negative")
    losses = (input - target).abs()
    if beta > 0:
        near = losses.clamp(max=beta)  # the part of the error that the parabola sees
        losses = near * (losses - near / 2) / beta
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Half the square, then its tangent: a drop-in for `torch.nn.functional.huber_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: predictions, any shape, float32 or float64.
        target: what was to be predicted, same shape; it may hold whole numbers.
        reduction: "none" for one loss per element, "sum" or "mean" over all elements.
        delta: the size of the error d up to which the loss is d²/2. Beyond it, delta · (|d| - delta/2).
        weight: a factor for every element, same shape as input. The mean divides by the number of
            elements all the same.

    Returns:
        The shape of input for "none", else a single number. A NaN is never hidden, and the mean of no
        elements is NaN. The slope of an infinite error is delta or
        -delta.

    Raises:
        ValueError: delta is not positive, reduction is another word, or weight has another shape than
            input.
        RuntimeError: input and target do not fit together.
    """
    # BEGIN SOLUTION
    if not delta > 0:
        raise ValueError(f"delta is {delta}, it must be positive")
    size = (input - target).abs()
    near = size.clamp(max=delta)
    losses = near * (size - near / 2)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError(f"weight is {tuple(weight.shape)}, input {tuple(input.shape)}")
        losses = weight * losses
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def quantile_loss(input: Tensor, target: Tensor, quantile: float = 0.5, reduction: str = "mean") -> Tensor:
    """A price for each side of the target, so that the best prediction is a quantile: the pinball loss.

    By hand: no ready-made loss or distribution.

    Args:
        input: predictions, any shape, float32 or float64.
        target: what was to be predicted, same shape; it may hold whole numbers.
        quantile: the share of the targets that are to lie below their predictions, between 0 and 1. A unit
            that a prediction is too low costs quantile, a unit that it is too high costs 1 - quantile.
        reduction: "none" for one loss per element, "sum" or "mean" over all elements.

    Returns:
        The shape of input for "none", else a single number. A NaN is never hidden, and the mean of no
        elements is NaN. Where input equals target, the slope is the mean of those on either side.

    Raises:
        ValueError: quantile is not above 0 and below 1, or reduction is another word.
        RuntimeError: input and target do not fit together.
    """
    # BEGIN SOLUTION
    if not 0 < quantile < 1:
        raise ValueError(f"quantile is {quantile}, it lies between 0 and 1")
    too_low = target - input
    losses = torch.maximum(quantile * too_low, (quantile - 1) * too_low)  # at a tie it shares the gradient
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def keras_align(x: Tensor, other: Tensor) -> Tensor:
    """How Keras lines up two tensors before it subtracts them, where torch would broadcast.

    It acts if one of the two has one dimension more than the other, and its last dimension has size 1.
    Then (N,) becomes (N, 1) beside (N, 1); and (N, M, 1) becomes (N, M) beside (N, M), likewise with more
    dimensions.

    Args:
        x: any shape.
        other: what x is to be combined with.

    Returns:
        x, with a last dimension of size 1 added, or taken away, or as it was.
    """
    # BEGIN SOLUTION
    if x.ndim == 1 and other.ndim == 2 and other.shape[-1] == 1:
        return x.unsqueeze(-1)
    if x.ndim == other.ndim + 1 and other.ndim != 1 and x.shape[-1] == 1:
        return x.squeeze(-1)
    return x
    # END SOLUTION


def keras_mean_squared_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The mean squared error of each sample: a drop-in for `keras.losses.mean_squared_error`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: what was to be predicted (N, …, D). It takes on the dtype of y_pred.
        y_pred: predictions, same shape; the two are lined up as `keras_align` does.

    Returns:
        The mean of (y_true - y_pred)² over the last dimension, shape (N, …).
    """
    # BEGIN SOLUTION
    y_true = y_true.to(y_pred.dtype)
    error = keras_align(y_pred, y_true) - keras_align(y_true, y_pred)
    return error.square().mean(dim=-1)
    # END SOLUTION


def keras_mean_absolute_percentage_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The error in per cent of the truth: a drop-in for `keras.losses.mean_absolute_percentage_error`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: what was to be predicted (N, …, D). It takes on the dtype of y_pred.
        y_pred: predictions, same shape; the two are lined up as `keras_align` does.

    Returns:
        100 times the mean of |y_true - y_pred| / |y_true| over the last dimension, shape (N, …). Where
        |y_true| is below 1e-7, the error is divided by 1e-7. Where the two are equal, the slope is 0.
    """
    # BEGIN SOLUTION
    y_true = y_true.to(y_pred.dtype)
    y_true, y_pred = keras_align(y_true, y_pred), keras_align(y_pred, y_true)
    return 100 * ((y_true - y_pred).abs() / y_true.abs().clamp(min=1e-7)).mean(dim=-1)
    # END SOLUTION


def keras_mean_squared_logarithmic_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The squared error of ln(1 + y): a drop-in for `keras.losses.mean_squared_logarithmic_error`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: what was to be predicted (N, …, D), 0 or more. It takes on the dtype of y_pred.
        y_pred: predictions, same shape; the two are lined up as `keras_align` does.

    Returns:
        The mean of [ln(1 + y_pred) - ln(1 + y_true)]² over the last dimension, shape (N, …). Whatever is
        below 1e-7, 0 and negative numbers too, counts as 1e-7 and has a gradient of 0.
    """
    # BEGIN SOLUTION
    log_true = torch.log1p(y_true.to(y_pred.dtype).clamp(min=1e-7))
    log_pred = torch.log1p(y_pred.clamp(min=1e-7))
    return keras_mean_squared_error(log_true, log_pred)
    # END SOLUTION


def keras_log_cosh(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The logarithm of the hyperbolic cosine of the error: a drop-in for `keras.losses.log_cosh`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: what was to be predicted (N, …, D). It takes on the dtype of y_pred.
        y_pred: predictions, same shape; the two are lined up as `keras_align` does.

    Returns:
        The mean of ln cosh(y_pred - y_true) over the last dimension, shape (N, …), finite for errors of
        ±1000 too.
    """
    # BEGIN SOLUTION
    y_true = y_true.to(y_pred.dtype)
    size = (keras_align(y_pred, y_true) - keras_align(y_true, y_pred)).abs()
    # cosh d = (exp |d| / 2) · (1 + exp(-2|d|)), and its logarithm is a sum in which nothing overflows
    return (size + torch.log1p(torch.exp(-2 * size)) - math.log(2)).mean(dim=-1)
    # END SOLUTION


def keras_huber(y_true: Tensor, y_pred: Tensor, delta: float = 1.0) -> Tensor:
    """The mean Huber loss of each sample: a drop-in for `keras.losses.huber`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: what was to be predicted (N, …, D). It takes on the dtype of y_pred.
        y_pred: predictions, same shape; the two are lined up as `keras_align` does.
        delta: the size of the error, above 0, from which the loss goes on in a straight line.

    Returns:
        The mean over the last dimension of d²/2 up to delta and delta · (|d| - delta/2) beyond, shape
        (N, …).
    """
    # BEGIN SOLUTION
    y_true = y_true.to(y_pred.dtype)
    input, target = keras_align(y_pred, y_true), keras_align(y_true, y_pred)
    return huber_loss(input, target, reduction="none", delta=delta).mean(dim=-1)
    # END SOLUTION


def keras_reduce(
    losses: Tensor, sample_weight: Tensor | None = None, reduction: str | None = "sum_over_batch_size"
) -> Tensor:
    """What every loss class of Keras does with the losses that its function returned.

    By hand: no ready-made loss or distribution.

    Args:
        losses: one loss per sample (N,), or (N, T) with one for each of T steps.
        sample_weight: a factor for each loss; losses and factors are lined up as `keras_align` does. It
            takes on the dtype of losses.
        reduction: "none" or None for the weighted losses, "sum" for their sum, "sum_over_batch_size" or
            "mean" for the sum divided by the number of losses, "mean_with_sample_weight" for the sum
            divided by the sum of the factors (by the number of losses if no factors are given).

    Returns:
        A single number, or the weighted losses. A division by 0 gives 0. Losses of shape () or (0,) come
        back weighted, and not reduced.

    Raises:
        ValueError: reduction is another word.
    """
    # BEGIN SOLUTION
    if reduction not in (None, "none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError(f"{reduction!r} is no reduction")
    divisor: Tensor | int = losses.numel()
    if sample_weight is not None:
        weight = sample_weight.to(losses.dtype)
        losses, weight = keras_align(losses, weight), keras_align(weight, losses)
        losses = losses * weight
        divisor = weight.sum() if reduction == "mean_with_sample_weight" else losses.numel()
    if reduction in (None, "none") or losses.shape in ((), (0,)):
        return losses
    total = losses.sum()
    if reduction == "sum":
        return total
    return total / divisor if divisor != 0 else 0 * total
    # END SOLUTION
