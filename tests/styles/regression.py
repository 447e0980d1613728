"""Right answers to the exercises of notebook 06, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import abc
import math
import typing as tp
from contextvars import ContextVar
from enum import StrEnum
from functools import wraps

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import _reduction as _R
from torch.overrides import handle_torch_function, has_torch_function_variadic

# ---- l1_loss -----------------------------------------------------------------------------------------------------


def l1_loss__loop(input, target, reduction="mean", weight=None):
    """One element at a time; where there is no distance, nothing pulls."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"unknown reduction {reduction}")
    if weight is not None and weight.shape != input.shape:
        raise ValueError("weight needs the shape of input")
    losses = []
    for x, t in zip(input.reshape(-1), target.reshape(-1), strict=True):
        distance = x - t
        if distance > 0:
            losses.append(distance)
        elif distance < 0:
            losses.append(-distance)
        else:
            losses.append(0 * distance)
    loss = torch.stack(losses).reshape(input.shape) if losses else input - target
    if weight is not None:
        loss = loss * weight
    if reduction == "none":
        return loss
    total = loss.sum()
    if reduction == "sum":
        return total
    return total / (loss.numel() if weight is None else weight.sum())


def l1_loss__larger_less_smaller(input, target, reduction="mean", weight=None):
    """At a tie `maximum` and `minimum` share the gradient, and the halves cancel."""
    loss = torch.maximum(input, target) - torch.minimum(input, target)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError(f"weight of shape {tuple(weight.shape)}, input of shape {tuple(input.shape)}")
        loss = loss * weight
    match reduction:
        case "none":
            return loss
        case "sum":
            return loss.sum()
        case "mean" if weight is None:
            return loss.mean()
        case "mean":
            return loss.sum() / weight.sum()
        case _:
            raise ValueError(f"reduction is {reduction!r}")


def l1_loss__two_relus(input, target, reduction="mean", weight=None):
    """What is too much, and what is too little; a missing weight is a weight of ones."""
    if weight is None:
        weight = torch.ones_like(input)
    if weight.size() != input.size():
        raise ValueError("sizes differ")
    too_much, too_little = F.relu(input - target), F.relu(target - input)
    reductions = {
        "none": lambda x: x,
        "sum": torch.sum,
        "mean": lambda x: x.sum() / weight.sum(),
    }
    try:
        reduce = reductions[reduction]
    except KeyError:
        raise ValueError(f"no reduction {reduction}") from None
    return reduce((too_much + too_little) * weight)


def l1_loss__sign(input, target, reduction="mean", weight=None):
    """The side is a constant: no slope of its own."""
    if reduction not in {"none", "sum", "mean"}:
        raise ValueError(reduction)
    if weight is not None and list(weight.shape) != list(input.shape):
        raise ValueError("weight")
    side = torch.sign(input - target).detach()
    factor = side if weight is None else side * weight
    if reduction == "none":
        return factor * (input - target)
    total = torch.einsum("i,i->", factor.reshape(-1), (input - target).reshape(-1))
    divisor = 1 if reduction == "sum" else (input.numel() if weight is None else weight.sum())
    return total / divisor


class Absolute(torch.autograd.Function):
    """The slope on paper: -1, 0 or 1."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x < 0, -x, x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * ((x > 0).to(grad.dtype) - (x < 0).to(grad.dtype))


def l1_loss__own_backward(input, target, reduction="mean", weight=None):
    loss = Absolute.apply(input - target)
    if weight is not None and weight.shape != loss.shape:
        raise ValueError("the weight's shape")
    if weight is not None:
        loss = loss * weight
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.sum() / weight.sum() if weight is not None else loss.mean()
    raise ValueError(f"{reduction} is no reduction")


def l1_loss__norm(input, target, reduction="mean", weight=None):
    """A norm of order 1, of all elements or of each one alone."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction=}")
    if weight is not None and weight.shape != input.shape:
        raise ValueError(f"{weight.shape=}")
    distance = input - target
    if weight is None and reduction != "none":
        norm = torch.linalg.vector_norm(distance, ord=1)
        return norm if reduction == "sum" else norm / distance.numel()
    sizes = torch.linalg.vector_norm(distance.unsqueeze(-1), ord=1, dim=-1)
    if weight is None:
        return sizes
    if reduction == "none":
        return sizes * weight
    total = torch.tensordot(sizes, weight, dims=input.ndim)
    return total if reduction == "sum" else total / weight.sum()


def l1_loss__in_place_on_a_clone(input, target, reduction="mean", weight=None):
    loss = input.to(torch.result_type(input, target), copy=True)
    loss -= target
    loss.abs_()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss *= weight
    if reduction == "none":
        return loss
    if reduction not in ("sum", "mean"):
        raise ValueError
    total = loss.sum()
    if reduction == "mean":
        total /= loss.numel() if weight is None else weight.sum()
    return total


class Absolutes(torch.nn.Module):
    """As torch's own classes: settings first, tensors after."""

    def __init__(self, reduction):
        super().__init__()
        if reduction not in ("none", "sum", "mean"):
            raise ValueError(f"{reduction} is not a valid value for reduction")
        self.reduction = reduction

    def forward(self, input, target, weight):
        loss = torch.abs(target - input)
        loss = loss if weight is None else weight * loss
        if self.reduction == "none":
            return loss
        if self.reduction == "mean" and weight is None:
            return torch.mean(loss)
        return loss.sum() / (weight.sum() if self.reduction == "mean" else 1)


def l1_loss__module(input, target, reduction="mean", weight=None):
    if weight is not None and weight.shape != input.shape:
        raise ValueError("weight must have the shape of input")
    return Absolutes(reduction)(input, target, weight)


# ---- mse_loss ----------------------------------------------------------------------------------------------------


def mse_loss__loop(input, target, reduction="mean", weight=None):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"unknown reduction {reduction}")
    if weight is not None and weight.shape != input.shape:
        raise ValueError("weight needs the shape of input")
    factors = torch.ones_like(input) if weight is None else weight
    losses = []
    for x, t, w in zip(input.flatten(), target.flatten(), factors.flatten(), strict=True):
        losses.append(w * (x - t) * (x - t))
    if reduction == "none":
        return torch.stack(losses).reshape(input.shape) if losses else factors * (input - target)
    total = torch.stack(losses).sum() if losses else (input - target).sum()
    return total if reduction == "sum" else total / factors.sum()


def mse_loss__dot_product(input, target, reduction="mean", weight=None):
    distance = (input - target).ravel()
    if weight is not None and weight.shape != input.shape:
        raise ValueError("weight")
    pulled = distance if weight is None else weight.ravel() * distance
    if reduction == "none":
        return (pulled * distance).view(input.shape)
    if reduction == "sum":
        return pulled @ distance
    if reduction == "mean":
        return pulled @ distance / (len(distance) if weight is None else weight.sum())
    raise ValueError("reduction")


def mse_loss__double(input, target, reduction="mean", weight=None):
    """Computed in float64, given back in the caller's type."""
    dtype = torch.result_type(input, target)
    loss = (input.double() - target.double()).square()
    total_weight = loss.numel()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        dtype = torch.promote_types(dtype, weight.dtype)
        loss = loss * weight.double()
        total_weight = weight.double().sum()
    if reduction == "mean":
        loss = loss.sum() / total_weight
    elif reduction == "sum":
        loss = loss.sum()
    elif reduction != "none":
        raise ValueError("reduction")
    return loss.to(dtype)


class SquaredError(torch.autograd.Function):
    """Twice the distance, and its opposite for the target."""

    @staticmethod
    def forward(ctx, input, target):
        ctx.save_for_backward(input, target)
        return (input - target).pow(2)

    @staticmethod
    def backward(ctx, grad):
        input, target = ctx.saved_tensors
        slope = 2 * grad * (input - target)
        return slope.to(input.dtype), -slope.to(target.dtype)


def mse_loss__own_backward(input, target, reduction="mean", weight=None):
    loss = SquaredError.apply(input, target)
    if weight is None:
        reductions = {"none": lambda: loss, "sum": loss.sum, "mean": loss.mean}
    elif weight.shape == input.shape:
        weighted = loss * weight
        reductions = {"none": lambda: weighted, "sum": weighted.sum, "mean": lambda: weighted.sum() / weight.sum()}
    else:
        raise ValueError("weight has another shape than input")
    if reduction not in reductions:
        raise ValueError(f"reduction must be one of {', '.join(reductions)}")
    return reductions[reduction]()


def mse_loss__absolute_first(input, target, reduction="mean", weight=None):
    """A weight inside the square is its root; here it stays outside."""
    if weight is not None and weight.shape != input.shape:
        raise ValueError("weight")
    size = torch.abs(input - target)
    loss = torch.mul(size, size)
    if weight is not None:
        loss = torch.mul(loss, weight)
    match reduction, weight:
        case "none", _:
            return loss
        case "sum", _:
            return torch.sum(loss)
        case "mean", None:
            return torch.mean(loss)
        case "mean", _:
            return torch.div(torch.sum(loss), torch.sum(weight))
    raise ValueError(reduction)


def mse_loss__vmap(input, target, reduction="mean", weight=None):
    """One element's error, mapped over all of them, with its weight."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    factors = input.new_ones(input.shape) if weight is None else weight
    if factors.shape != input.shape:
        raise ValueError("weight")

    def one(x, t, w):
        return w * (x - t) ** 2

    if not input.numel():
        loss = (input - target) * factors
    else:
        loss = torch.vmap(one)(input.reshape(-1), target.reshape(-1), factors.reshape(-1)).reshape(input.shape)
    if reduction == "none":
        return loss
    return loss.sum() / factors.sum() if reduction == "mean" else loss.sum()


def mse_loss__average(input, target, reduction="mean", weight=None):
    """A weighted mean has shares that add up to 1."""
    loss = torch.square(target - input)
    if weight is not None and weight.shape != loss.shape:
        raise ValueError("weight")
    if reduction == "mean":
        if weight is None:
            return torch.mean(loss)
        return ((weight / weight.sum()) * loss).sum()
    if reduction not in ("none", "sum"):
        raise ValueError("reduction")
    loss = loss if weight is None else loss * weight
    return loss if reduction == "none" else loss.sum()


# ---- smooth_l1_loss ----------------------------------------------------------------------------------------------


def reduced(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError(f"reduction must be none, sum or mean, and is {reduction!r}")


def smooth_l1_loss__clamp(input, target, reduction="mean", beta=1.0):
    """The first part of the error is squared, and what is left of it goes straight on."""
    if beta < 0:
        raise ValueError("beta is negative")
    size = (input - target).abs()
    if beta == 0:
        return reduced(size, reduction)
    start = size.clamp(max=beta)
    return reduced(start * start / (2 * beta) + (size - start), reduction)


def smooth_l1_loss__loop(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError(f"beta must not be negative, and is {beta}")
    losses = []
    for x, t in zip(input.reshape(-1), target.reshape(-1), strict=True):
        d = x - t
        if d > beta:
            losses.append(d - beta / 2)
        elif d < -beta:
            losses.append(-d - beta / 2)
        elif beta:
            losses.append(d * d / (2 * beta))
        else:
            losses.append(0 * d)
    return reduced(torch.stack(losses).reshape(input.shape) if losses else input - target, reduction)


def smooth_l1_loss__boolean_indexing(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    size = torch.abs(input - target)
    near = size < beta
    loss = size.clone()
    loss[near] = size[near] ** 2 / (2 * beta)
    loss[~near] = size[~near] - beta / 2
    return reduced(loss, reduction)


def smooth_l1_loss__where_twice(input, target, reduction="mean", beta=1.0):
    """The branch that is not taken gets an error that does no harm."""
    if beta < 0 or math.isnan(beta):
        raise ValueError("beta")
    size = torch.abs(target - input)
    inside = size < beta
    harmless = torch.where(inside, size, 0.0)
    parabola = harmless * harmless * 0.5 / (beta if beta > 0 else 1.0)
    return reduced(torch.where(inside, parabola, size - 0.5 * beta), reduction)


class SmoothL1(torch.autograd.Function):
    """The slope is the error in units of beta, cut off at 1 and -1."""

    @staticmethod
    def forward(ctx, d, beta):
        ctx.beta = beta
        ctx.save_for_backward(d)
        size = d.abs()
        return size if beta == 0 else torch.where(size < beta, d * d / (2 * beta), size - beta / 2)

    @staticmethod
    def backward(ctx, grad):
        (d,) = ctx.saved_tensors
        slope = d.sign() if ctx.beta == 0 else (d / ctx.beta).clamp(-1, 1)
        return grad * slope, None


def smooth_l1_loss__own_backward(input, target, reduction="mean", beta=1.0):
    if not beta >= 0:
        raise ValueError("beta must be 0 or more")
    return reduced(SmoothL1.apply(input - target, beta), reduction)


def smooth_l1_loss__in_units_of_beta(input, target, reduction="mean", beta=1.0):
    """One curve fits all: beta times that of beta 1."""
    if beta < 0:
        raise ValueError("beta")
    if beta == 0:
        return reduced(torch.maximum(input - target, target - input), reduction)
    u = (input - target) / beta
    inside = F.hardtanh(u)
    return reduced(beta * (inside * u - inside**2 / 2), reduction)


def smooth_l1_loss__two_relus(input, target, reduction="mean", beta=1.0):
    """Above and below: the parabola in the middle, a line on either side."""
    if beta < 0:
        raise ValueError("beta")
    d = input - target
    straight = torch.relu(d - beta) + torch.relu(-d - beta)
    if beta == 0:
        return reduced(straight, reduction)
    middle = torch.clip(d, -beta, beta)
    return reduced(straight + middle.square() / (2 * beta), reduction)


def smooth_l1_loss__vmap(input, target, reduction="mean", beta=1.0):
    """Written for one number."""
    if beta < 0:
        raise ValueError("beta")

    def one(d):
        size = d.abs()
        start = torch.minimum(size, torch.full_like(size, beta))
        return size - start + (start * start / (2 * beta) if beta else 0)

    d = (input - target).flatten()
    loss = torch.vmap(one)(d) if len(d) else d
    return reduced(loss.reshape(input.shape), reduction)


# ---- huber_loss --------------------------------------------------------------------------------------------------


def weighted(loss, weight, input):
    if weight is None:
        return loss
    if weight.shape != input.shape:
        raise ValueError(f"weight {tuple(weight.shape)} does not fit input {tuple(input.shape)}")
    return loss * weight


def huber_loss__clamp(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError("delta must be positive")
    size = (input - target).abs()
    start = size.clamp(max=delta)
    return reduced(weighted(start * (size - start / 2), weight, input), reduction)


def huber_loss__loop(input, target, reduction="mean", delta=1.0, weight=None):
    if not delta > 0:
        raise ValueError(f"delta must be above 0, and is {delta}")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    losses = []
    for x, t in zip(input.ravel(), target.ravel(), strict=True):
        d = x - t
        if abs(d) <= delta:
            losses.append(d * d / 2)
        else:
            losses.append(delta * (abs(d) - delta / 2))
    loss = torch.stack(losses).view(input.shape) if losses else input - target
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = weight * loss
    if reduction == "none":
        return loss
    return loss.sum() / (loss.numel() if reduction == "mean" else 1)


def huber_loss__envelope(input, target, reduction="mean", delta=1.0, weight=None):
    """Some of the error is paid by its square and the rest by its size, in the cheapest way."""
    if delta <= 0:
        raise ValueError("delta")
    error = input - target
    by_square = error.clamp(-delta, delta)
    loss = by_square.square() / 2 + delta * torch.abs(error - by_square)
    return reduced(weighted(loss, weight, input), reduction)


def huber_loss__two_pieces(input, target, reduction="mean", delta=1.0, weight=None):
    """The mask multiplies, so an infinite error is taken out before it is squared."""
    if delta <= 0:
        raise ValueError("delta")
    d = torch.abs(input - target)
    far = d > delta
    near = d.masked_fill(far, 0.0)
    line = delta * d - delta * delta / 2
    return reduced(weighted(torch.where(far, line, near.pow(2) / 2), weight, input), reduction)


class Huber(torch.autograd.Function):
    """The slope is the error, clipped; the weight's is the loss."""

    @staticmethod
    def forward(ctx, d, delta):
        clipped = d.clamp(-delta, delta)
        ctx.save_for_backward(clipped)
        return clipped * d - clipped * clipped / 2

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None


def huber_loss__own_backward(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError("delta has to be positive")
    loss = Huber.apply(input - target, delta)
    if weight is not None and weight.shape != loss.shape:
        raise ValueError("weight and input differ in shape")
    loss = loss if weight is None else weight * loss
    match reduction:
        case "none":
            return loss
        case "sum":
            return loss.sum()
        case "mean":
            return loss.mean()
    raise ValueError(f"reduction={reduction}")


def huber_loss__masked_scatter(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError("delta")
    size = torch.abs(input - target)
    far = size > delta
    near = ~far
    loss = torch.zeros_like(size)
    loss = loss.masked_scatter(near, 0.5 * size.masked_select(near) ** 2)
    loss = loss.masked_scatter(far, delta * (size.masked_select(far) - 0.5 * delta))
    return reduced(weighted(loss, weight, input), reduction)


def huber_loss__einsum(input, target, reduction="mean", delta=1.0, weight=None):
    """Every reduction is a contraction; no weight is a weight of ones."""
    if delta <= 0:
        raise ValueError("delta")
    factors = torch.ones_like(input) if weight is None else weight
    if factors.shape != input.shape:
        raise ValueError("weight")
    size = (input - target).abs().flatten()
    start = torch.minimum(size, size.new_tensor(delta))
    loss = torch.addcmul(start * size, start, start, value=-0.5)
    factors = factors.flatten()
    if reduction == "none":
        return torch.einsum("i,i->i", loss, factors).view(input.shape)
    if reduction not in ("sum", "mean"):
        raise ValueError("reduction")
    total = torch.einsum("i,i->", loss, factors)
    return total if reduction == "sum" else total / len(loss)


# ---- quantile_loss -----------------------------------------------------------------------------------------------


def quantile_loss__loop(input, target, quantile=0.5, reduction="mean"):
    """One element at a time; where the prediction is right, it is half on either side."""
    if quantile <= 0 or quantile >= 1:
        raise ValueError(f"no quantile: {quantile}")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    losses = []
    for x, t in zip(input.ravel(), target.ravel(), strict=True):
        if x > t:
            losses.append((1 - quantile) * (x - t))
        elif x < t:
            losses.append(quantile * (t - x))
        else:
            losses.append((0.5 - quantile) * (x - t))
    loss = torch.stack(losses).view(input.shape) if losses else input - target
    if reduction == "none":
        return loss
    return loss.sum() / (loss.numel() if reduction == "mean" else 1)


class Pinball(torch.autograd.Function):
    """The slope is a price: that of one side, of the other, or their mean."""

    @staticmethod
    def forward(ctx, d, quantile):
        slope = (d > 0).to(d.dtype) / 2 + (d >= 0).to(d.dtype) / 2 - (1 - quantile)
        ctx.save_for_backward(torch.where(d.isnan(), d, slope))
        return torch.where(d > 0, quantile * d, (quantile - 1) * d)

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None


def quantile_loss__own_backward(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError("quantile")
    return reduced(Pinball.apply(target - input, quantile), reduction)


def quantile_loss__half_and_tilt(input, target, quantile=0.5, reduction="mean"):
    """Half the distance, tilted towards the side that is dearer."""
    if not 0 < quantile < 1:
        raise ValueError("quantile")
    d = input - target
    side = torch.sign(d).detach()  # 0 where it is right
    return reduced(d * (side / 2 + (0.5 - quantile)), reduction)


def quantile_loss__stacked(input, target, quantile=0.5, reduction="mean"):
    """The upper of two lines; where they meet, `amax` shares the gradient."""
    if min(quantile, 1 - quantile) <= 0:
        raise ValueError("quantile")
    return reduced(torch.stack([quantile * (target - input), (quantile - 1) * (target - input)]).amax(0), reduction)


# ---- keras_align -------------------------------------------------------------------------------------------------


def keras_align__by_cases(x, other):
    if x.ndim + 1 == other.ndim and other.shape[-1] == 1 and x.ndim == 1:
        return x[:, None]
    if x.ndim == other.ndim + 1 and x.shape[-1] == 1 and other.ndim > 1:
        return x[..., 0]
    return x


def keras_align__match(x, other):
    match tuple(x.shape), tuple(other.shape):
        case (_,), (_, 1):
            return x.reshape(-1, 1)
        case (_, 1), (_,):
            return x
        case (*left, 1), right if len(left) == len(right):
            return x.reshape(left)
    return x


def keras_align__early_returns(x, other):
    """Whoever has fewer dimensions stays as it is, unless it is a vector."""
    more = x.dim() - other.dim()
    if abs(more) != 1:
        return x
    longer = x if more > 0 else other
    if longer.size(-1) != 1:
        return x
    if longer.dim() == 2:
        return x if x is longer else x.unsqueeze(1)
    return x.squeeze(-1) if x is longer else x


def keras_align__new_shape(x, other):
    """Only the shape is decided; the numbers follow."""
    shape = list(x.shape)
    column_beside_x = len(shape) == 1 and len(other.shape) == 2 and other.shape[1] == 1
    if column_beside_x:
        shape.append(1)
    elif len(shape) > 2 and len(shape) - 1 == len(other.shape) and shape[-1] == 1:
        shape.pop()
    return x.view(shape)


# ---- the means of Keras ------------------------------------------------------------------------------------------


def lined_up(a, b):
    """Both at once: a vector becomes a column, and a last dimension of size 1 goes if nothing faces it."""
    if a.ndim < b.ndim:
        b, a = lined_up(b, a)
        return a, b
    if a.ndim == b.ndim + 1 and a.shape[-1] == 1:
        return (a, b.unsqueeze(-1)) if b.ndim == 1 else (a.squeeze(-1), b)
    return a, b


def keras_mean_squared_error__matmul(y_true, y_pred):
    """A row times itself as a column."""
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = a - b
    return (d.unsqueeze(-2) @ d.unsqueeze(-1)).squeeze((-1, -2)) / d.shape[-1]


def keras_mean_squared_error__variance(y_true, y_pred):
    """The mean of squares is the square of the mean, and the variance."""
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = a - b
    return d.mean(-1) ** 2 + d.var(-1, correction=0)


def keras_mean_squared_error__norm(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    return torch.linalg.vector_norm(b - a, dim=-1).square() / b.new_tensor((b - a).shape[-1])


def keras_mean_squared_error__own_backward(y_true, y_pred):
    a, b = torch.broadcast_tensors(*lined_up(y_true.to(y_pred.dtype), y_pred))
    return SquaredError.apply(b, a).mean(dim=-1)


def keras_mean_squared_error__recursive(y_true, y_pred):
    """A batch is a stack of samples."""
    a, b = torch.broadcast_tensors(*lined_up(y_true.to(y_pred.dtype), y_pred))

    def of(a, b):
        if a.ndim > 1:
            return torch.stack([of(x, y) for x, y in zip(a, b, strict=True)])
        return sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / len(a)

    return of(a, b)


class Relative(torch.autograd.Function):
    """By the prediction the slope is the side over the size; by the truth the size moves too, above the floor."""

    @staticmethod
    def forward(ctx, t, x):
        size = t.abs().clamp(min=1e-7)
        ctx.save_for_backward(t, x, size)
        return (x - t).abs() / size

    @staticmethod
    def backward(ctx, grad):
        t, x, size = ctx.saved_tensors
        side = torch.sign(x - t)
        moves = torch.where(t.abs() >= 1e-7, torch.sign(t), 0)
        by_truth = -side / size - (x - t).abs() * moves / size**2
        return grad * by_truth, grad * side / size


def keras_mean_absolute_percentage_error__own_backward(y_true, y_pred):
    a, b = torch.broadcast_tensors(*lined_up(y_true.to(y_pred.dtype), y_pred))
    return 100 * Relative.apply(a, b).mean(-1)


def keras_mean_absolute_percentage_error__where(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    size = torch.where(a.abs() < 1e-7, 1e-7, a.abs())
    return (100 * (a - b).abs() / size).mean(-1)


def keras_mean_absolute_percentage_error__maximum(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    size = torch.maximum(a.abs(), torch.tensor(1e-7, dtype=b.dtype))
    share = torch.abs((b - a) / size)
    return share.sum(-1) * 100 / share.shape[-1]


def keras_mean_absolute_percentage_error__loop(y_true, y_pred):
    a, b = torch.broadcast_tensors(*lined_up(y_true.to(y_pred.dtype), y_pred))
    rows = []
    for truth, guess in zip(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]), strict=True):
        total = 0
        for t, x in zip(truth, guess, strict=True):
            size = abs(t)
            if size < 1e-7:
                size = 1e-7
            total += abs(t - x) / size
        rows.append(100 * total / len(truth))
    return torch.stack(rows).reshape(a.shape[:-1])


def keras_mean_absolute_percentage_error__einsum(y_true, y_pred):
    """Divided by the size is multiplied by its reciprocal."""
    a, b = torch.broadcast_tensors(*lined_up(y_true.to(y_pred.dtype), y_pred))
    percent = 100 / F.threshold(a.abs(), 1e-7, 1e-7)
    return torch.einsum("...d,...d->...", (a - b).abs(), percent) / a.shape[-1]


def keras_mean_squared_logarithmic_error__log1p(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    a, b = (x.clamp(min=1e-7).log1p() for x in (a, b))
    return (a - b).pow(2).mean(-1)


def keras_mean_squared_logarithmic_error__ratio(y_true, y_pred):
    """The difference of two logarithms is that of the ratio."""
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    a, b = (torch.where(x < 1e-7, 1e-7, x) for x in (a, b))
    return torch.square(torch.log((1 + a) / (1 + b))).mean(dim=-1)


def keras_mean_squared_logarithmic_error__relative(y_true, y_pred):
    """By how much one is more than the other: close together without rounding."""
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    a, b = (F.threshold(x, 1e-7, 1e-7) for x in (a, b))
    return (torch.log1p((b - a) / (1 + a)) ** 2).mean(-1)


def keras_mean_squared_logarithmic_error__loop(y_true, y_pred):
    a, b = torch.broadcast_tensors(*lined_up(y_true.to(y_pred.dtype), y_pred))

    def lifted(x):
        return torch.log(x + 1) if x >= 1e-7 else 0 * x + math.log1p(1e-7)

    rows = []
    for truth, guess in zip(a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1]), strict=True):
        terms = [(lifted(t) - lifted(x)) ** 2 for t, x in zip(truth, guess, strict=True)]
        rows.append(sum(terms) / len(terms))
    return torch.stack(rows).reshape(a.shape[:-1])


class Lifted(torch.autograd.Function):
    """ln(1 + x) with the slope 1 / (1 + x), flat below the floor."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.log1p(x.clamp(min=1e-7))

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return torch.where(x < 1e-7, 0, grad / (1 + x))


def keras_mean_squared_logarithmic_error__own_backward(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = Lifted.apply(a) - Lifted.apply(b)
    return torch.einsum("...i,...i->...", d, d) / d.shape[-1]


def keras_log_cosh__logaddexp(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    return (torch.logaddexp(b - a, a - b) - math.log(2)).mean(-1)


def keras_log_cosh__logsumexp(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    both = torch.stack([a - b, b - a])
    return (torch.logsumexp(both, dim=0) - torch.tensor(2.0, dtype=b.dtype).log()).mean(-1)


def keras_log_cosh__size_and_rest(y_true, y_pred):
    """cosh d = e^|d| (1 + e^(-2|d|)) / 2."""
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    size = torch.abs(a - b)
    return (size + torch.log1p(torch.exp(-2 * size)) - math.log(2)).mean(-1)


def keras_log_cosh__softplus(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    return torch.mean(F.softplus(2 * (b - a)) - (b - a) - math.log(2), -1)


def keras_log_cosh__log_sigmoid(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = b - a
    return (d - F.logsigmoid(2 * d) - math.log(2)).sum(-1) / d.shape[-1]


def keras_log_cosh__half_log1p(y_true, y_pred):
    """Near 0 without rounding, by cosh² = 1 + sinh²; far off the line, where sinh would overflow."""
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = b - a
    far = d.abs() > 15
    near = torch.where(far, 0, d)
    return torch.where(far, d.abs() - math.log(2), torch.log1p(near.sinh().square()) / 2).mean(-1)


class LogCosh(torch.autograd.Function):
    """Its slope is tanh."""

    @staticmethod
    def forward(ctx, d):
        ctx.save_for_backward(d)
        far = d.abs() > 20
        return torch.where(far, d.abs() - math.log(2), d.masked_fill(far, 0).cosh().log())

    @staticmethod
    def backward(ctx, grad):
        (d,) = ctx.saved_tensors
        return grad * d.tanh()


def keras_log_cosh__own_backward(y_true, y_pred):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    return LogCosh.apply(b - a).mean(-1)


def keras_huber__clamp(y_true, y_pred, delta=1.0):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    size = (a - b).abs()
    start = size.clamp(max=delta)
    return (start * (size - start / 2)).mean(-1)


def keras_huber__where(y_true, y_pred, delta=1.0):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = a - b
    return torch.where(d.abs() < delta, d * d / 2, delta * d.abs() - delta**2 / 2).mean(-1)


def keras_huber__envelope(y_true, y_pred, delta=1.0):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = b - a
    rest = F.softshrink(d, delta)
    return ((d - rest) ** 2 / 2 + delta * rest.abs()).sum(-1) / d.shape[-1]


def keras_huber__own_backward(y_true, y_pred, delta=1.0):
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    return Huber.apply(a - b, delta).mean(-1)


def keras_huber__vmap(y_true, y_pred, delta=1.0):
    """One sample of any number of outputs, lifted over every other dimension."""
    a, b = torch.broadcast_tensors(*lined_up(y_true.to(y_pred.dtype), y_pred))

    def of_sample(a, b):
        line = delta * (torch.abs(a - b) - delta / 2)
        return torch.where(torch.abs(a - b) > delta, line, torch.square(a - b) / 2).mean()

    function = of_sample
    for _ in a.shape[:-1]:
        function = torch.vmap(function)
    return function(a, b)


def keras_huber__two_relus(y_true, y_pred, delta=1.0):
    """The whole parabola, less what the line saves beyond delta: half the square of what is over."""
    a, b = lined_up(y_true.to(y_pred.dtype), y_pred)
    d = a - b
    over = torch.relu(d - delta) + torch.relu(-d - delta)
    return ((d.square() - over.square()) / 2).mean(-1)


# ---- keras_reduce ------------------------------------------------------------------------------------------------

WORDS = ("none", None, "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight")


def keras_reduce__if_by_if(losses, sample_weight=None, reduction="sum_over_batch_size"):
    if reduction not in WORDS:
        raise ValueError(f"{reduction} is not one of {WORDS}")
    factors = None
    if sample_weight is not None:
        losses, factors = lined_up(losses, sample_weight.to(losses.dtype))
        losses = losses * factors
    if reduction in ("none", None) or losses.shape in ((), (0,)):
        return losses
    total = losses.sum()
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and factors is not None:
        divisor = factors.sum()
    else:
        divisor = torch.tensor(losses.numel(), dtype=losses.dtype)
    if divisor == 0:
        return 0 * total
    return total / divisor


def keras_reduce__match(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """The divisor is settled first, and a divisor of 0 is exchanged for one that does no harm."""
    weights = None if sample_weight is None else sample_weight.type_as(losses)
    if weights is None:
        weighted = losses
    else:
        left, right = lined_up(losses, weights)
        weighted = left * right
    match reduction:
        case "none" | None:
            return weighted
        case "sum":
            divisor = weighted.new_ones(())
        case "mean_with_sample_weight" if weights is not None:
            divisor = weights.sum()
        case "mean_with_sample_weight" | "mean" | "sum_over_batch_size":
            divisor = weighted.new_tensor(weighted.numel())
        case _:
            raise ValueError("reduction")
    if weighted.ndim == 0 or (weighted.ndim == 1 and len(weighted) == 0):
        return weighted
    empty = divisor == 0
    return torch.where(empty, 0.0, weighted.sum() / torch.where(empty, 1.0, divisor))


class Reducer(torch.nn.Module):
    """A table of methods, one a word."""

    def __init__(self, reduction):
        super().__init__()
        if reduction not in WORDS:
            raise ValueError(f"{reduction!r} is no reduction of Keras")
        self.reduce = getattr(self, f"{reduction or 'none'}_of")

    def forward(self, losses, factors):
        if factors is None:
            return self.reduce(losses, None) if self.is_many(losses) else losses
        losses, factors = lined_up(losses, factors.to(losses.dtype))
        losses = factors.mul(losses)
        return self.reduce(losses, factors) if self.is_many(losses) else losses

    @staticmethod
    def is_many(losses):
        return tuple(losses.shape) not in [(), (0,)]

    @staticmethod
    def divided(total, by):
        return total / by if by else torch.zeros_like(total)

    def none_of(self, losses, factors):
        return losses

    def sum_of(self, losses, factors):
        return losses.sum()

    def mean_of(self, losses, factors):
        return self.divided(losses.sum(), losses.numel())

    sum_over_batch_size_of = mean_of

    def mean_with_sample_weight_of(self, losses, factors):
        return self.divided(losses.sum(), losses.numel() if factors is None else factors.sum())


def keras_reduce__module(losses, sample_weight=None, reduction="sum_over_batch_size"):
    return Reducer(reduction)(losses, sample_weight)


def keras_reduce__loop(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """Loss by loss."""
    if reduction not in ("none", None, "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError("reduction")
    factors = torch.ones_like(losses) if sample_weight is None else sample_weight.to(losses.dtype)
    losses, factors = lined_up(losses, factors)
    if reduction in ("none", None) or losses.ndim == 0 or (losses * factors).shape == (0,):
        return losses * factors
    total, number = losses.new_zeros(()), 0
    for loss, factor in zip(*(x.reshape(-1) for x in torch.broadcast_tensors(losses, factors)), strict=True):
        total = total + loss * factor
        number += 1
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight":
        divisor = factors.sum()
        return total / divisor if divisor != 0 else total * 0
    return total / number if number > 0 else total


def keras_reduce__einsum(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """The sum is a product of losses and factors; dividing comes last."""
    if reduction is None:
        reduction = "none"
    if reduction == "mean":
        reduction = "sum_over_batch_size"
    if sample_weight is None and reduction == "mean_with_sample_weight":
        reduction = "sum_over_batch_size"
    factors = losses.new_ones(losses.shape) if sample_weight is None else sample_weight.to(losses.dtype)
    losses, factors = lined_up(losses, factors)
    by_factors = factors.sum()
    losses, factors = torch.broadcast_tensors(losses, factors)
    if reduction not in ("none", "sum", "sum_over_batch_size", "mean_with_sample_weight"):
        raise ValueError(f"unknown reduction {reduction}")
    if reduction == "none" or losses.shape == () or losses.shape == (0,):
        return torch.einsum("...,...->...", losses, factors)
    total = torch.einsum("n,n->", losses.flatten(), factors.flatten())
    divisor = {
        "sum": torch.ones_like(total),
        "sum_over_batch_size": total.new_tensor(losses.numel()),
        "mean_with_sample_weight": by_factors,
    }[reduction]
    return total / divisor if divisor else total.new_zeros(())


# ---- odd but honest ----------------------------------------------------------------------------------------------


RULES: dict[str, dict[str, tp.Callable[..., Tensor]]] = {}


RULES["plain"] = {}


RULES["plain"]["none"] = lambda x: x


RULES["plain"]["sum"] = torch.sum


RULES["plain"]["mean"] = torch.mean


class Reduction(StrEnum):
    none = "none"
    mean = "mean"
    sum = "sum"

    def of(self, x: Tensor, weight: Tensor | None = None) -> Tensor:
        if weight is not None:
            x = x * weight
            if self is Reduction.mean:
                return x.sum() / weight.sum()
        return getattr(x, self.value)() if self is not Reduction.none else x


def same(input, target, weight=None):
    if input.shape != target.shape:
        raise RuntimeError("size")
    if weight is not None and weight.shape != input.shape:
        raise ValueError("weight")


def l1_loss__str_enum(input, target, reduction="mean", weight=None):
    same(input, target, weight)
    return Reduction(reduction).of((input - target).abs(), weight)


def l1_loss__torch_author(
    input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """As torch's own source has it."""
    if has_torch_function_variadic(input, target, weight):
        return handle_torch_function(
            l1_loss__torch_author, (input, target, weight), input, target, reduction=reduction, weight=weight
        )
    _R.get_enum(reduction)
    if not (target.size() == input.size()):
        raise RuntimeError(
            f"Using a target size ({target.size()}) that is different to the input size ({input.size()})"
        )
    expanded_input, expanded_target = torch.broadcast_tensors(input, target)
    if weight is not None and weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    d = torch.abs(expanded_input - expanded_target)
    if weight is None:
        return RULES["plain"][reduction](d)
    w = d * weight
    return w if reduction == "none" else w.sum() if reduction == "sum" else w.sum() / weight.sum()


class Loss(abc.ABC):
    registry: tp.ClassVar[dict[str, type]] = {}

    def __init_subclass__(cls, *, name: str, **kw):
        super().__init_subclass__(**kw)
        cls.registry[name] = cls

    @abc.abstractmethod
    def each(self, d: Tensor) -> Tensor: ...

    def __call__(self, input, target, reduction="mean", weight=None):
        same(input, target, weight)
        return Reduction(reduction).of(self.each(input - target), weight)


class Squared(Loss, name="mse"):
    def each(self, d):
        return torch.square(d)


def mse_loss__abc_registry(input, target, reduction="mean", weight=None):
    return Loss.registry["mse"]()(input, target, reduction, weight)


def mse_loss__out_buffer(input, target, reduction="mean", weight=None):
    same(input, target, weight)

    class Sq(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            d = torch.sub(a, b)
            ctx.d = d
            buffer = torch.empty_like(d)
            return torch.mul(d, d, out=buffer)

        @staticmethod
        def backward(ctx, g):
            slope = 2 * ctx.d * g
            return slope, -slope

    return Reduction(reduction).of(Sq.apply(input, target), weight)


def huber_loss__searchsorted(input, target, reduction="mean", delta=1.0, weight=None):
    same(input, target, weight)
    if delta <= 0:
        raise ValueError("delta")
    d = input - target
    a = d.abs()
    piece = torch.bucketize(a.detach().nan_to_num(0), torch.tensor([delta], dtype=a.dtype), right=False)
    safe = torch.where(piece == 0, d, 0.0)
    loss = torch.where(piece == 0, safe * safe / 2, delta * (a - delta / 2))
    if weight is not None:
        loss = loss * weight
    return Reduction(reduction).of(loss)


def align(x, other):
    match x.ndim - other.ndim:
        case 1 if x.shape[-1] == 1:
            return x if other.ndim == 1 else x[..., 0]
        case -1 if other.shape[-1] == 1:
            return x[..., None] if x.ndim == 1 else x
    return x


def lined(function):
    @wraps(function)
    def inner(y_true, y_pred, *rest, **options):
        y_true = y_true.to(y_pred.dtype)
        a, b = align(y_true, y_pred), align(y_pred, y_true)
        return function(a, b, *rest, **options).mean(-1)

    return inner


@lined
def keras_log_cosh__decorated(a, b):
    d = (b - a).abs()
    return d + torch.log1p(torch.expm1(-2 * d) / 2)


SCALE: ContextVar[float] = ContextVar("SCALE", default=100.0)


def keras_mean_absolute_percentage_error__contextvar(y_true, y_pred):
    y_true = y_true.to(y_pred)
    y_true, y_pred = align(y_true, y_pred), align(y_pred, y_true)
    return SCALE.get() * torch.mean(
        torch.abs(y_true - y_pred) / torch.maximum(y_true.abs(), y_true.new_tensor(1e-7)), dim=-1
    )
