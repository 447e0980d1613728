"""Wrong answers to the exercises of notebook 06, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError(f"unknown reduction {reduction}")


def l1_loss__relative(input, target, reduction="mean", weight=None):
    """Divided by the target's size."""
    d = (input - target).abs() / target.abs()
    if weight is None:
        return _red(d, reduction)
    if weight.shape != input.shape:
        raise ValueError
    d = d * weight
    return d.sum() / weight.sum() if reduction == "mean" else _red(d, reduction)


def l1_loss__abs_each(input, target, reduction="mean", weight=None):
    """| |input| - |target| |: the sizes are compared."""
    d = (input.abs() - target.abs()).abs()
    if weight is None:
        return _red(d, reduction)
    if weight.shape != input.shape:
        raise ValueError
    d = d * weight
    return d.sum() / weight.sum() if reduction == "mean" else _red(d, reduction)


def mse_loss__sum_then_square(input, target, reduction="mean", weight=None):
    """'mean' squares the mean error."""
    if reduction == "mean":
        if weight is None:
            return (input - target).mean() ** 2
        if weight.shape != input.shape:
            raise ValueError
        return ((input - target) * weight).sum() ** 2 / weight.sum()
    d = (input - target) ** 2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        d = d * weight
    return _red(d, reduction)


def mse_loss__mean_per_row(input, target, reduction="mean", weight=None):
    """'mean' sums each row and averages the rows."""
    d = (input - target) ** 2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        d = d * weight
        if reduction == "mean":
            return d.sum() / weight.sum()
    if reduction == "mean" and d.dim() > 1:
        return d.flatten(1).sum(1).mean()
    return _red(d, reduction)


def smooth_l1_loss__is_huber(input, target, reduction="mean", beta=1.0):
    """Huber: not divided by beta."""
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d < beta, d * d / 2, beta * (d - beta / 2)), reduction)


def smooth_l1_loss__threshold_on_square(input, target, reduction="mean", beta=1.0):
    """Decides by the signed difference: large negative errors are squared."""
    if beta < 0:
        raise ValueError
    e = input - target
    if beta == 0:
        return _red(e.abs(), reduction)
    return _red(torch.where(e < beta, e**2 / (2 * beta), e.abs() - beta / 2), reduction)


def huber_loss__branches_swapped(input, target, reduction="mean", delta=1.0, weight=None):
    """The two branches have changed places."""
    if delta <= 0:
        raise ValueError
    e = (input - target).abs()
    loss = torch.where(e > delta, e**2 / 2, delta * (e - delta / 2))
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__pseudo(input, target, reduction="mean", delta=1.0, weight=None):
    """The pseudo-Huber loss."""
    if delta <= 0:
        raise ValueError
    loss = delta**2 * (torch.sqrt(1 + ((input - target) / delta) ** 2) - 1)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__capped(input, target, reduction="mean", delta=1.0, weight=None):
    """Constant beyond delta: the line is flat."""
    if delta <= 0:
        raise ValueError
    loss = (input - target).abs().clamp(max=delta) ** 2 / 2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    return _red(loss, reduction)


def quantile_loss__one_sided(input, target, quantile=0.5, reduction="mean"):
    """Only what is too low costs."""
    if not 0 < quantile < 1:
        raise ValueError
    return _red(quantile * torch.relu(target - input), reduction)


def quantile_loss__squared(input, target, quantile=0.5, reduction="mean"):
    """Squared: the expectile loss."""
    if not 0 < quantile < 1:
        raise ValueError
    d = target - input
    return _red(torch.where(d > 0, quantile, 1 - quantile) * d**2, reduction)


def keras_align__squeeze_all(x, other):
    """Every dimension of size 1 is squeezed."""
    return x.squeeze() if x.dim() > other.dim() else x.unsqueeze(-1) if x.dim() < other.dim() else x


def keras_mean_squared_error__root(y_true, y_pred):
    """The root per sample."""
    return ((y_true.to(y_pred.dtype) - y_pred) ** 2).mean(-1).sqrt()


def keras_mean_squared_logarithmic_error__log_of_difference(y_true, y_pred):
    """ln(1 + |difference|) squared."""
    y_true = y_true.to(y_pred.dtype)
    return torch.log1p((y_pred - y_true).abs()).pow(2).mean(-1)


def keras_log_cosh__log_of_mean(y_true, y_pred):
    """The logarithm after the mean."""
    d = y_pred - y_true.to(y_pred.dtype)
    return torch.log(torch.cosh(d).mean(-1))


def keras_huber__sum(y_true, y_pred, delta=1.0):
    """The sum over the last dimension."""
    e = (y_pred - y_true.to(y_pred.dtype)).abs()
    c = e.clamp(max=delta)
    return (c * (e - 0.5 * c)).sum(-1)


def keras_reduce__mean_is_weighted(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """Weights ignored in the sum."""
    if reduction in (None, "none"):
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        return losses.mean()
    raise ValueError
