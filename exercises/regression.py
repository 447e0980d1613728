"""Regression: write your answers here, then score one with `coursekit check l1_loss`.

Made from solutions/regression.py by `coursekit refresh`.
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
    raise NotImplementedError("l1_loss: write your answer here")


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
    raise NotImplementedError("mse_loss: write your answer here")


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
    raise NotImplementedError("smooth_l1_loss: write your answer here")


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
    raise NotImplementedError("huber_loss: write your answer here")


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
    raise NotImplementedError("quantile_loss: write your answer here")


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
    raise NotImplementedError("keras_align: write your answer here")


def keras_mean_squared_error(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The mean squared error of each sample: a drop-in for `keras.losses.mean_squared_error`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: what was to be predicted (N, …, D). It takes on the dtype of y_pred.
        y_pred: predictions, same shape; the two are lined up as `keras_align` does.

    Returns:
        The mean of (y_true - y_pred)² over the last dimension, shape (N, …).
    """
    raise NotImplementedError("keras_mean_squared_error: write your answer here")


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
    raise NotImplementedError("keras_mean_absolute_percentage_error: write your answer here")


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
    raise NotImplementedError("keras_mean_squared_logarithmic_error: write your answer here")


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
    raise NotImplementedError("keras_log_cosh: write your answer here")


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
    raise NotImplementedError("keras_huber: write your answer here")


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
    raise NotImplementedError("keras_reduce: write your answer here")
