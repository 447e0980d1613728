"""Right answers to the exercises of notebook 05, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import contextlib
import io
import math
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.loss import _Loss, _WeightedLoss

# ---- sigmoid -----------------------------------------------------------------------------------------------------


def sigmoid__loop(input):
    """Logit by logit; the exponent is never positive."""
    shares = []
    for x in input.reshape(-1):
        if x > 0:
            shares.append(1 / (1 + torch.exp(-x)))
        else:
            odds = torch.exp(x)
            shares.append(odds / (odds + 1))
    return torch.stack(shares).reshape(input.shape)


def sigmoid__hyperbolic_tangent(input):
    return torch.tanh(input * 0.5).mul(0.5).add(0.5)


def sigmoid__clamped(input):
    """Beyond ±80 nothing can be told from 0 or 1, and the slope of the clamp is the 0 that it should be."""
    return (1 + (-input.clamp(-80, 80)).exp()).reciprocal()


def sigmoid__boolean_indexing(input):
    result = torch.empty_like(input)
    yes = input >= 0
    no = ~yes
    result[yes] = 1 / (1 + (-input[yes]).exp())
    small = input[no].exp()
    result[no] = small / (1 + small)
    return result


def sigmoid__where_before_and_after(input):
    right = input > 0
    minus = torch.where(right, -input, input)
    small = minus.exp()
    return torch.where(right, torch.ones_like(small), small) / (1 + small)


def sigmoid__two_classes(input):
    """The softmax of (0, x) by hand, with the maximum in the graph."""
    logits = torch.stack((torch.zeros_like(input), input), dim=-1)
    powers = (logits - logits.amax(-1, keepdim=True)).exp()
    return (powers / powers.sum(-1, keepdim=True))[..., 1]


def sigmoid__signed(input):
    """By the sign: the probability of the likelier answer, and if that is no, what remains."""
    sign = torch.where(input.detach() < 0, -1.0, 1.0).to(input.dtype)
    likelier = 1 / (1 + torch.exp(-sign * input))
    return (1 - sign) / 2 + sign * likelier


def sigmoid__powers_of_two(input):
    x = torch.maximum(torch.minimum(input, input.new_tensor(87.0)), input.new_tensor(-87.0))
    return 1 / (1 + torch.exp2(x * -math.log2(math.e)))


def sigmoid__float64_inside(input):
    x = input.to(torch.float64)
    return torch.div(1, 1 + torch.exp(-torch.clip(x, min=-300, max=300))).to(input.dtype)


def sigmoid__vmap(input):
    def of_one(x):
        top = torch.where(x > 0, x, 0.0).detach()
        return torch.exp(x - top) / (torch.exp(x - top) + torch.exp(-top))

    return torch.vmap(of_one)(input.reshape(-1)).view(input.shape)


class Sigmoid(torch.autograd.Function):
    """The slope is p(1 - p), by the result alone."""

    @staticmethod
    def forward(ctx, x):
        small = torch.exp(-x.abs())
        p = torch.where(x < 0, small, torch.ones_like(x)).div_(1 + small)
        ctx.save_for_backward(p)
        return p

    @staticmethod
    def backward(ctx, grad):
        (p,) = ctx.saved_tensors
        return grad * p * (1 - p)


def sigmoid__own_backward(input):
    return Sigmoid.apply(input)


def sigmoid__hyperbolic_cosine(input):
    """exp(x/2) over what exp(x/2) and exp(-x/2) are together."""
    half = input.clamp(-100, 100) / 2
    return half.exp() / (2 * half.cosh())


def sigmoid__half_angle(input):
    """The odds are a squared tangent, the probability is a squared sine."""
    x = torch.clamp(input, -60, 60)
    return torch.sin(torch.atan(torch.exp(x / 2))) ** 2


class Squash(nn.Module):
    def forward(self, logits):
        zero = torch.zeros_like(logits)
        weights = torch.minimum(logits, zero).exp(), torch.minimum(-logits, zero).exp()
        return weights[0] / sum(weights)


def sigmoid__in_place_on_a_clone(input):
    """Only `exp_` and `reciprocal_` are remembered by autograd, by their results: those stay as they are."""
    powers = input.clone().clamp_(-85, 85).neg_().exp_()
    return powers.add(1).reciprocal_()


def sigmoid__module(input):
    return Squash()(input)


# ---- log_sigmoid -------------------------------------------------------------------------------------------------


def log_sigmoid__minimum(input):
    return torch.minimum(input, torch.zeros_like(input)) - torch.log1p(torch.exp(-torch.abs(input)))


def log_sigmoid__half_line(input):
    """x/2 - ln(2 cosh(x/2)): at 0 only the straight part has a slope, and that is ½."""
    return (input - input.abs()) / 2 - (-input.abs()).exp().log1p()


def log_sigmoid__loop(input):
    logs = []
    for x in input.flatten():
        logs.append(-torch.log1p(torch.exp(-x)) if x >= 0 else x - torch.log1p(torch.exp(x)))
    return torch.stack(logs).reshape(input.shape) if logs else input.clone()


def log_sigmoid__boolean_indexing(input):
    out = torch.zeros_like(input)
    yes = input > 0
    out[yes] = -torch.exp(-input[yes]).log1p()
    out[~yes] = input[~yes] - torch.exp(input[~yes]).log1p()
    return out


def log_sigmoid__chosen_before(input):
    left, right = input.masked_fill(input >= 0, -1), input.masked_fill(input < 0, 1)
    return torch.where(input < 0, left - left.exp().log1p(), -torch.log1p(right.neg().exp()))


def log_sigmoid__two_classes(input):
    """A log-softmax by hand, with the maximum in the graph."""
    pair = torch.stack([input, torch.zeros_like(input)])
    pair = pair - pair.max(dim=0).values
    return pair[0] - pair.exp().sum(0).log()


def log_sigmoid__float64_inside(input):
    """In float64 exp(500) is a number; below -500 nothing but the line remains."""
    x = input.double()
    curved = -torch.log1p(torch.exp(-x.clamp(min=-500)))
    return torch.where(x < -500, x, curved).to(input.dtype)


def log_sigmoid__area_tangent(input):
    """ln(1 + e) is 2 artanh(e / (2 + e))."""
    small = torch.exp(-input.abs())
    return 0.5 * input - 0.5 * input.abs() - 2 * torch.atanh(small / (2 + small))


def log_sigmoid__vmap(input):
    def of_one(x):
        sign = torch.where(x >= 0, 1.0, -1.0).to(x.dtype)
        return (1 - sign) / 2 * x - torch.log1p(torch.exp(-sign * x))

    return torch.vmap(of_one)(input.reshape(-1)).reshape(input.shape) if input.numel() else input * 1


class LogSigmoid(torch.autograd.Function):
    """By x the slope is the probability of no."""

    @staticmethod
    def forward(ctx, x):
        small = x.abs().neg().exp()
        ctx.save_for_backward(torch.where(x > 0, small, torch.ones_like(x)) / (1 + small))
        return x.clamp(max=0) - small.log1p()

    @staticmethod
    def backward(ctx, grad):
        (no,) = ctx.saved_tensors
        return no * grad


def log_sigmoid__own_backward(input):
    return LogSigmoid.apply(input)


def log_sigmoid__detached_surrogate(input):
    """The value is a constant, and a line through it has the slope: 1 - σ(x)."""
    with torch.no_grad():
        value = input.clamp(max=0) - torch.log1p(torch.exp(-input.abs()))
        slope = -torch.expm1(value)
    return value + slope * (input - input.detach())


def log_sigmoid__in_place_on_a_clone(input):
    small = input.abs().neg_().exp_()
    return input.clone().sub_(input.abs()).div_(2).sub_(small.log1p())


def log_sigmoid__asymptotes(input):
    """Far out a line and an exponential, and between them ln(1 / (1 + exp(-x))) as on paper."""
    left, right = input < -30, input > 30
    middle = input.masked_fill(left | right, 0)
    curve = torch.log(1 / (1 + torch.exp(-middle)))
    return torch.where(left, input, torch.where(right, -torch.exp(-input.clamp(min=0)), curve))


def log_sigmoid__xlog1py(input):
    half = input / 2
    return half - half.abs() - torch.special.xlog1py(torch.ones_like(input), torch.exp(-2 * half.abs()))


def log_sigmoid__setup_context(input):
    return FunctionalLogSigmoid.apply(input)


class FunctionalLogSigmoid(torch.autograd.Function):
    """In the newer form, with the context apart; the slope from the result: 1 - exp(ln σ)."""

    @staticmethod
    def forward(x):
        return torch.minimum(x, x.new_zeros(())) - torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, grad):
        (log,) = ctx.saved_tensors
        return -grad * torch.expm1(log)


def log_sigmoid__split_and_cat(input):
    """Sorted first: then the noes are a slice, and so are the yeses."""
    flat, order = input.reshape(-1).sort()
    noes = int((flat < 0).sum())
    left, right = flat[:noes], flat[noes:]
    logs = torch.cat((left - torch.log(1 + left.exp()), -torch.log1p((-right).exp())))
    return logs[order.argsort()].reshape(input.shape)


# ---- binary_cross_entropy ----------------------------------------------------------------------------------------


def all_shares(*tensors):
    """Raises unless every number is from 0 to 1; NaN compares with nothing."""
    for values in tensors:
        if not ((values >= 0) & (values <= 1)).all():
            raise RuntimeError("all elements should be between 0 and 1")


class Surprise(torch.autograd.Function):
    """Of each element; by p with the guard of 1e-12, by t the difference of the two logarithms."""

    @staticmethod
    def forward(ctx, p, t):
        yes, no = p.log().clamp(min=-100), (-p).log1p().clamp(min=-100)
        ctx.save_for_backward(p, t, no - yes)
        return -t * yes - (1 - t) * no

    @staticmethod
    def backward(ctx, grad):
        p, t, by_target = ctx.saved_tensors
        return grad * (p - t) / (p * (1 - p)).clamp(min=1e-12), grad * by_target


def binary_cross_entropy__own_backward(input, target, weight=None, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError(f"target is {tuple(target.shape)}, input is {tuple(input.shape)}")
    all_shares(input, target)
    losses = Surprise.apply(input, target)
    if weight is not None:
        losses = losses * weight.expand(losses.shape)
    match reduction:
        case "none":
            return losses
        case "sum":
            return losses.sum()
        case "mean":
            return losses.mean()
    raise ValueError(f"reduction: {reduction}")


def binary_cross_entropy__detached_surrogate(input, target, weight=None, reduction="mean"):
    """The logarithms are constants; a line through each loss has the slope of the docstring."""
    reductions = {"none": nn.Identity(), "sum": torch.sum, "mean": torch.mean}
    if reduction not in reductions or input.shape != target.shape:
        raise ValueError("no such reduction, or two shapes")
    all_shares(input, target)
    p, t = input.detach(), target.detach()
    yes, no = torch.clamp(torch.log(p), min=-100.0), torch.clamp(torch.log(1 - p), min=-100.0)
    slope = (p - t) / torch.clamp(p * (1 - p), min=1e-12)
    losses = -(target * yes + (1 - target) * no) + slope * (input - p)
    if weight is not None:
        losses = torch.broadcast_to(weight, input.shape) * losses
    return reductions[reduction](losses)


def binary_cross_entropy__loop(input, target, weight=None, reduction="mean"):
    """Element by element: in the open the plain formula, at the walls a constant with the slope put in."""
    if input.size() != target.size():
        raise ValueError("sizes")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError("reduction")
    factors = torch.ones_like(input) if weight is None else weight.expand_as(input)
    losses = []
    for p, t, w in zip(input.reshape(-1), target.reshape(-1), factors.reshape(-1), strict=True):
        if not (0 <= p <= 1 and 0 <= t <= 1):
            raise RuntimeError(f"{p} or {t} is no probability")
        if p * (1 - p) > 1e-12:
            loss = -t * p.log() - (1 - t) * (1 - p).log()
        else:
            at = p.detach()
            yes = at.log().clamp(min=-100) + (1 - at) * 1e12 * (p - at)
            no = (-at).log1p().clamp(min=-100) - at * 1e12 * (p - at)
            loss = -t * yes - (1 - t) * no
        losses.append(w * loss)
    each = torch.stack(losses).reshape(input.shape) if losses else (input + target) * factors
    if reduction == "none":
        return each
    total = each.sum()
    return total if reduction == "sum" else total / input.numel()


class GuardedLog(torch.autograd.Function):
    """max(ln a, -100), with the slope (1 - a) / max(a(1 - a), 1e-12): that is 1/a in the open."""

    @staticmethod
    def forward(ctx, a, rest):
        ctx.save_for_backward(a, rest)
        return a.log().clamp(min=-100)

    @staticmethod
    def backward(ctx, grad):
        a, rest = ctx.saved_tensors
        return grad * rest / torch.clamp(a * rest, min=1e-12), None


def binary_cross_entropy__guarded_logarithm(input, target, weight=None, reduction="mean"):
    if reduction not in {"none", "sum", "mean"}:
        raise ValueError(reduction)
    if input.shape != target.shape:
        raise ValueError("shapes")
    for values in (input, target):
        if values.isnan().any() or (values < 0).any() or (values > 1).any():
            raise RuntimeError("not from 0 to 1")
    yes, no = input, 1 - input
    losses = torch.lerp(GuardedLog.apply(no, yes), GuardedLog.apply(yes, no), target).neg()
    if weight is not None:
        if torch.broadcast_shapes(weight.shape, losses.shape) != losses.shape:
            raise RuntimeError("weight does not fit")
        losses = losses * weight
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / losses.numel()


def binary_cross_entropy__hook(input, target, weight=None, reduction="mean"):
    """The plain formula, kept off the walls by `where`; a hook puts the slope in place of the one that came."""
    if input.shape != target.shape:
        raise ValueError("input and target differ in shape")
    all_shares(torch.cat([input.flatten(), target.flatten()]))
    yes, no = input.detach().log().clamp_min(-100), (1 - input.detach()).log().clamp_min(-100)
    slope = ((input - target) / (input * (1 - input)).clamp_min(1e-12)).detach()
    carrier = input * 1.0
    if carrier.requires_grad:
        carrier.register_hook(lambda grad: grad * slope)
    losses = target * -yes + (1 - target) * -no + (carrier - carrier.detach())
    if weight is not None:
        losses = losses * weight.expand_as(losses)
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f"{reduction} is not a valid reduction")


def binary_cross_entropy__three_regions(input, target, weight=None, reduction="mean"):
    """Plain autograd where it is right, and 1e12 times a distance at the walls: `where` before and after."""
    if input.shape != target.shape:
        raise ValueError("different shapes")
    all_shares(input)
    all_shares(target)
    open_ = input * (1 - input) >= 1e-12
    p = torch.where(open_, input, 0.5)
    inside = -torch.xlogy(target, p) - (1 - target) * torch.log1p(-p)
    wall = input.detach()
    constants = -target * wall.log().clamp(-100, 0) - (1 - target) * (1 - wall).log().clamp(-100, 0)
    outside = constants + 1e12 * (wall - target.detach()) * (input - wall)
    losses = torch.where(open_, inside, outside)
    if weight is not None:
        losses = torch.mul(weight.expand_as(losses), losses)
    try:
        return {"none": lambda: losses, "sum": losses.sum, "mean": losses.mean}[reduction]()
    except KeyError as error:
        raise ValueError(*error.args) from None


def binary_cross_entropy__vmap(input, target, weight=None, reduction="mean"):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError("shape")
    all_shares(input, target)
    weight = input.new_ones(input.shape) if weight is None else weight.expand(input.shape)

    def of_one(p, t, w):
        here = p.detach()
        costs = torch.stack((-(1 - here).log(), -here.log())).clamp(max=100)
        slope = (here - t.detach()) / torch.clamp(here - here**2, min=1e-12)
        return w * (torch.stack((1 - t, t)) @ costs + slope * (p - here))

    if input.numel():
        losses = torch.vmap(of_one)(input.reshape(-1), target.reshape(-1), weight.reshape(-1)).reshape(input.shape)
    else:
        losses = input * target * weight
    return losses if reduction == "none" else getattr(losses, reduction)()


class WholeLoss(torch.autograd.Function):
    """Weighing and reducing inside, so that the backward does them as well."""

    @staticmethod
    def forward(ctx, p, t, w, reduction):
        yes, no = p.log().clamp(min=-100), torch.log1p(-p).clamp(min=-100)
        ctx.save_for_backward(p, t, w, no - yes)
        ctx.share = 1 / p.numel() if reduction == "mean" and p.numel() else 1
        losses = -w * torch.lerp(no, yes, t)
        return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()

    @staticmethod
    def backward(ctx, grad):
        p, t, w, by_target = ctx.saved_tensors
        grad = grad * ctx.share * w
        return grad * (p - t) / torch.clamp(p - p * p, min=1e-12), grad * by_target, None, None


def binary_cross_entropy__in_one_function(input, target, weight=None, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shapes")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    all_shares(input, target)
    weight = torch.ones_like(input) if weight is None else weight.expand_as(input)
    return WholeLoss.apply(input, target, weight, reduction)


def binary_cross_entropy__in_place_on_a_clone(input, target, weight=None, reduction="mean"):
    """The corners are taken out of the plain formula, and written back."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    for name, values in {"input": input, "target": target}.items():
        if not bool(torch.logical_and(values >= 0, values <= 1).all()):
            raise RuntimeError(f"{name} is no probability")
    corner = input * (1 - input) < 1e-12
    p = input.clone()
    p[corner] = 0.5
    losses = -(target * p.log() + (1 - target) * (1 - p).log())
    x, t = input[corner], target[corner]
    at = x.detach()
    slope = (at - t.detach()) / 1e-12
    losses[corner] = t * at.log().neg().clamp(max=100) + (1 - t) * (-at).log1p().neg().clamp(max=100) + slope * (x - at)
    if weight is not None:
        losses *= weight.expand_as(losses)
    if reduction == "none":
        return losses
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return losses.sum() if reduction == "sum" else losses.sum() / losses.numel()


def binary_cross_entropy__float64_inside(input, target, weight=None, reduction="mean"):
    """All in float64, and rounded once."""
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    all_shares(input, target)
    losses = Surprise.apply(input.double(), target.double())
    if weight is not None:
        losses = losses * weight.double().expand_as(losses)
    if reduction == "mean":
        losses = losses.mean()
    elif reduction == "sum":
        losses = losses.sum()
    elif reduction != "none":
        raise ValueError("none, sum or mean")
    return losses.to(input.dtype)


# ---- binary_cross_entropy_with_logits ----------------------------------------------------------------------------


def binary_cross_entropy_with_logits__two_log_sigmoids(input, target, weight=None, reduction="mean", pos_weight=None):
    if input.shape != target.shape:
        raise ValueError("input and target need one shape")
    yes, no = -F.logsigmoid(input), -F.logsigmoid(-input)
    if pos_weight is not None:
        yes = yes * pos_weight.expand_as(yes)
    losses = target * yes + (1 - target) * no
    if weight is not None:
        losses = losses * weight.expand_as(losses)
    match reduction:
        case "none":
            return losses
        case "sum":
            return losses.sum()
        case "mean":
            return losses.mean()
        case _:
            raise ValueError(reduction)


def binary_cross_entropy_with_logits__softplus(input, target, weight=None, reduction="mean", pos_weight=None):
    """A yes costs softplus(-x), a no softplus(x)."""
    if reduction not in ("none", "sum", "mean") or input.shape != target.shape:
        raise ValueError
    pos_weight = torch.ones(()) if pos_weight is None else pos_weight
    weight = torch.ones(()) if weight is None else weight
    pos_weight, weight = pos_weight.to(input).expand_as(input), weight.to(input).expand_as(input)
    losses = weight * (pos_weight * target * F.softplus(-input) + (1 - target) * F.softplus(input))
    return losses if reduction == "none" else getattr(losses, reduction)()


def binary_cross_entropy_with_logits__logaddexp(input, target, weight=None, reduction="mean", pos_weight=None):
    """The surprise at a yes is ln(1 + exp(-x)), and a no costs x more."""
    if input.shape != target.shape:
        raise ValueError("two shapes")
    zero = torch.zeros_like(input)
    yes = torch.logaddexp(zero, -input)
    no = yes + input
    factor = target if pos_weight is None else target * torch.broadcast_to(pos_weight, target.shape)
    losses = factor * yes + (1 - target) * no
    if weight is not None:
        losses = losses * torch.broadcast_to(weight, losses.shape)
    if reduction == "none":
        return losses
    if reduction not in ("sum", "mean"):
        raise ValueError(f"{reduction}?")
    return losses.sum() / (losses.numel() if reduction == "mean" else 1)


def binary_cross_entropy_with_logits__loop(input, target, weight=None, reduction="mean", pos_weight=None):
    if input.size() != target.size():
        raise ValueError("sizes")
    weights = [1] * input.numel() if weight is None else weight.expand_as(input).flatten()
    factors = [1] * input.numel() if pos_weight is None else pos_weight.expand_as(input).flatten()
    losses = []
    for x, t, w, f in zip(input.flatten(), target.flatten(), weights, factors, strict=True):
        if x > 0:
            yes = torch.log1p(torch.exp(-x))
            no = x + yes
        else:
            no = torch.log1p(torch.exp(x))
            yes = no - x
        losses.append(w * (f * t * yes + (1 - t) * no))
    if reduction == "none":
        return torch.stack(losses).reshape(input.shape) if losses else input * target
    total = sum(losses, start=torch.zeros((), dtype=torch.promote_types(input.dtype, target.dtype)))
    if reduction == "sum":
        return total
    if reduction == "mean":
        return total / len(losses) if losses else total * torch.nan
    raise ValueError(f"{reduction=}")


def binary_cross_entropy_with_logits__log_softmax(input, target, weight=None, reduction="mean", pos_weight=None):
    """Two classes with the logits 0 and x, and the share of each."""
    if input.shape != target.shape:
        raise ValueError("shape")
    logs = F.log_softmax(torch.stack((torch.zeros_like(input), input), -1), dim=-1)
    yes = target if pos_weight is None else target * pos_weight.expand_as(target)
    shares = torch.stack((1 - target, yes), dim=-1)
    losses = torch.einsum("...k,...k->...", shares, -logs.to(shares.dtype))
    if weight is not None:
        losses = losses * weight.expand_as(losses)
    reduce = {"none": torch.clone, "sum": torch.sum, "mean": torch.mean}.get(reduction)
    if reduce is None:
        raise ValueError("unknown reduction")
    return reduce(losses)


def binary_cross_entropy_with_logits__two_classes(input, target, weight=None, reduction="mean", pos_weight=None):
    """Two classes, of which no has the logit 0; what their shares add up to is taken off both logits."""
    if input.shape != target.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError("shape or reduction")
    logits = torch.stack((input, torch.zeros_like(input)), dim=-1)
    logits = logits - logits.detach().amax(-1, keepdim=True)
    yes, no = (logits - logits.exp().sum(-1, keepdim=True).log()).unbind(-1)
    if pos_weight is not None:
        yes = pos_weight.expand_as(yes) * yes
    losses = (target - 1) * no - target * yes
    losses = losses if weight is None else losses * weight.expand_as(losses)
    return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]


class LogitLoss(torch.autograd.Function):
    """By x: (1 - t) p - w t (1 - p). By t and w: the surprises themselves."""

    @staticmethod
    def forward(ctx, x, t, w):
        small = torch.exp(-x.abs())
        yes, no = (-x).clamp(min=0) + small.log1p(), x.clamp(min=0) + small.log1p()
        p = torch.where(x > 0, 1, small) / (1 + small)
        q = torch.where(x > 0, small, 1) / (1 + small)
        ctx.save_for_backward(t, w, yes, no, p, q)
        return w * t * yes + (1 - t) * no

    @staticmethod
    def backward(ctx, grad):
        t, w, yes, no, p, q = ctx.saved_tensors
        return grad * ((1 - t) * p - w * t * q), grad * (w * yes - no), grad * t * yes


def binary_cross_entropy_with_logits__own_backward(input, target, weight=None, reduction="mean", pos_weight=None):
    if input.shape != target.shape:
        raise ValueError("shape")
    w = torch.ones_like(input) if pos_weight is None else pos_weight.expand_as(input)
    losses = LogitLoss.apply(input, target, w)
    losses = losses if weight is None else losses.mul(weight.expand_as(losses))
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(f"reduction {reduction!r}")


def binary_cross_entropy_with_logits__maximum(input, target, weight=None, reduction="mean", pos_weight=None):
    """max(x, 0) - x t + ln(1 + exp(-|x|)) without a factor; with one, the part of yes is added (w - 1) times."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    curve = (-input.abs()).exp().log1p()
    losses = torch.maximum(input, torch.zeros_like(input)) - input * target + curve
    if pos_weight is not None:
        below = torch.maximum(-input, torch.zeros_like(input))
        losses = losses + (pos_weight.expand_as(input) - 1) * target * (below + curve)
    if weight is not None:
        losses = losses * weight.expand_as(losses)
    match reduction:
        case "none":
            return losses
        case "sum" | "mean":
            return getattr(torch, reduction)(losses)
        case other:
            raise ValueError(other)


def binary_cross_entropy_with_logits__logsumexp(input, target, weight=None, reduction="mean", pos_weight=None):
    if input.shape != target.shape:
        raise ValueError("shape")
    everything = torch.logsumexp(torch.stack([torch.zeros_like(input), input]), dim=0)
    surprise_yes, surprise_no = everything - input, everything
    parts = [target * surprise_yes, (1 - target) * surprise_no]
    if pos_weight is not None:
        parts[0] = parts[0] * pos_weight.expand(parts[0].shape)
    losses = sum(parts)
    if weight is not None:
        losses = losses * weight.expand(losses.shape)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / math.prod(losses.shape) if losses.numel() else losses.mean()
    raise ValueError


def binary_cross_entropy_with_logits__vmap(input, target, weight=None, reduction="mean", pos_weight=None):
    if input.shape != target.shape:
        raise ValueError("shape")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    ones = torch.ones_like(input)
    weight = ones if weight is None else weight.expand_as(input)
    pos_weight = ones if pos_weight is None else pos_weight.expand_as(input)

    def of_one(x, t, w, factor):
        return -w * (factor * t * F.logsigmoid(x) + (1 - t) * F.logsigmoid(-x))

    losses = input * target
    if input.numel():
        flat = [values.reshape(-1) for values in (input, target, weight, pos_weight)]
        losses = torch.vmap(of_one)(*flat).reshape(input.shape)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def binary_cross_entropy_with_logits__float64_inside(input, target, weight=None, reduction="mean", pos_weight=None):
    if input.shape != target.shape:
        raise ValueError("shape")
    dtype = torch.promote_types(input.dtype, target.dtype)
    x, t = input.double(), target.double()
    yes, no = (torch.logaddexp(sign * x, torch.zeros_like(x)) for sign in (-1, 1))
    if pos_weight is not None:
        dtype = torch.promote_types(dtype, pos_weight.dtype)
        yes = yes * pos_weight.double().expand_as(x)
    losses = torch.lerp(no, yes, t)
    if weight is not None:
        dtype = torch.promote_types(dtype, weight.dtype)
        losses = losses * weight.double().expand_as(x)
    if reduction == "mean":
        losses = losses.mean()
    elif reduction == "sum":
        losses = losses.sum()
    elif reduction != "none":
        raise ValueError(reduction)
    return losses.to(dtype)


class Coin:
    """A distribution of one's own: what either side of a coin says of it."""

    def __init__(self, logits):
        self.logits = logits

    def log_prob(self, heads):
        return heads * self.logits - torch.logaddexp(self.logits, self.logits * 0)


def binary_cross_entropy_with_logits__own_distribution(input, target, weight=None, reduction="mean", pos_weight=None):
    """One toss: the coin gives what a yes costs, and what a no."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    once = Coin(input)
    yes, no = -once.log_prob(torch.ones_like(input)), -once.log_prob(torch.zeros_like(input))
    if pos_weight is not None:
        yes = yes * pos_weight.expand_as(yes)
    losses = no + target * (yes - no)
    if weight is not None:
        losses = losses * weight.expand_as(losses)
    match reduction:
        case "mean":
            return losses.mean()
        case "sum":
            return losses.sum()
        case "none":
            return losses
    raise ValueError(reduction)


def binary_cross_entropy_with_logits__boolean_indexing(input, target, weight=None, reduction="mean", pos_weight=None):
    """Each half of the logits with its own formula, of which no exponent is positive."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    t, x = target, input
    dtype = torch.promote_types(x.dtype, t.dtype)
    w = torch.ones_like(x) if pos_weight is None else pos_weight.expand_as(x)
    losses = torch.zeros(x.shape, dtype=dtype)
    for side, rows in ((1, x > 0), (-1, x <= 0)):
        curve = torch.log1p(torch.exp(-side * x[rows]))
        yes, no = (curve, curve + x[rows]) if side == 1 else (curve - x[rows], curve)
        losses[rows] = (w[rows] * t[rows] * yes + (1 - t[rows]) * no).to(dtype)
    if weight is not None:
        losses.mul_(weight.expand_as(losses))
    return losses if reduction == "none" else getattr(losses, reduction)()


def binary_cross_entropy_with_logits__detached_surrogate(input, target, weight=None, reduction="mean", pos_weight=None):
    """The surprises are constants, and lines through them have the slopes p - 1 and p."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    here = input.detach()
    step = input - here
    yes = F.softplus(-here) - torch.sigmoid(-here) * step
    no = F.softplus(here) + torch.sigmoid(here) * step
    losses = (1 - target) * no + target * (yes if pos_weight is None else yes * pos_weight.expand_as(yes))
    losses = losses if weight is None else weight.expand_as(losses) * losses
    reductions = {"none": torch.Tensor.clone, "sum": torch.Tensor.sum, "mean": torch.Tensor.mean}
    if reduction not in reductions:
        raise ValueError(f"{reduction}: one of {', '.join(reductions)}")
    return reductions[reduction](losses)


class WithLogits(nn.Module):
    def __init__(self, reduction):
        super().__init__()
        if reduction not in ("none", "sum", "mean"):
            raise ValueError(f"reduction={reduction!r}")
        self.reduction = reduction

    def forward(self, x, t, weight, pos_weight):
        if x.shape != t.shape:
            raise ValueError("shape")
        losses = -(t * pos_weight.expand_as(x) * F.logsigmoid(x) + (1 - t) * (F.logsigmoid(x) - x))
        losses = losses * weight.expand_as(x)
        return losses if self.reduction == "none" else getattr(losses, self.reduction)()


def binary_cross_entropy_with_logits__module(input, target, weight=None, reduction="mean", pos_weight=None):
    one = input.new_ones(1)[0]
    weight, pos_weight = (one if factor is None else factor for factor in (weight, pos_weight))
    return WithLogits(reduction)(input, target, weight, pos_weight)


# ---- sigmoid_focal_loss ------------------------------------------------------------------------------------------


def sigmoid_focal_loss__torchvision(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """The formula as it stands."""
    if logits.shape != targets.shape:
        raise ValueError("shapes")
    p = torch.sigmoid(logits)
    loss = F.softplus(-logits) * targets + F.softplus(logits) * (1 - targets)
    q = p * targets + (1 - p) * (1 - targets)
    loss = loss * (1 - q) ** gamma
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    if reduction == "none":
        return loss
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    raise ValueError(reduction)


def sigmoid_focal_loss__logarithms(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """What is missing to certainty in log space: (1 - q)^γ is exp(γ ln(1 - q))."""
    if logits.shape != targets.shape:
        raise ValueError("shapes")
    log_p, log_no = F.logsigmoid(logits), F.logsigmoid(-logits)
    missing = targets * log_no.exp() + (1 - targets) * log_p.exp()
    # where nothing is missing the logarithm would be -inf, and its slope NaN
    known = missing == 0
    power = torch.where(known, float(gamma == 0), (gamma * missing.masked_fill(known, 1).log()).exp())
    losses = -power * (targets * log_p + (1 - targets) * log_no)
    if not alpha < 0:
        losses = losses * torch.lerp(torch.full_like(targets, 1 - alpha), torch.full_like(targets, alpha), targets)
    match reduction:
        case "none":
            return losses
        case "sum":
            return losses.sum()
        case "mean":
            return losses.mean()
    raise ValueError(f"reduction is {reduction}")


def sigmoid_focal_loss__loop(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    if logits.shape != targets.shape:
        raise ValueError("shape")
    losses = []
    for x, t in zip(logits.reshape(-1), targets.reshape(-1), strict=True):
        small = torch.exp(-x if x > 0 else x)
        p, no = (1 / (1 + small), small / (1 + small)) if x > 0 else (small / (1 + small), 1 / (1 + small))
        surprise = torch.log1p(small) + (t * 0 + (1 - t) * x if x > 0 else -t * x)
        wrong = t * no + (1 - t) * p
        factor = 1 if alpha < 0 else alpha * t + (1 - alpha) * (1 - t)
        losses.append(factor * surprise * wrong.pow(gamma))
    each = torch.stack(losses).reshape(logits.shape) if losses else logits * targets
    return {"none": lambda: each, "sum": each.sum, "mean": each.mean}.get(reduction, unknown)()


def unknown():
    raise ValueError("no such reduction")


def sigmoid_focal_loss__two_sides(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """1 - q is linear in t: (1 - p) of a yes and p of a no."""
    if targets.shape != logits.shape:
        raise ValueError("shape")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError("reduction")
    shares = torch.stack((targets, 1 - targets))
    wrong = torch.einsum("k...,k...->...", shares, torch.softmax(torch.stack((-logits, 0 * logits)), 0))
    surprise = torch.einsum("k...,k...->...", shares, torch.logaddexp(torch.stack((-logits, logits)), 0 * logits))
    factors = (1.0, 1.0) if alpha < 0 else (alpha, 1 - alpha)
    factor = torch.einsum("k...,k->...", shares, shares.new_tensor(factors))
    losses = factor * torch.float_power(wrong, gamma).to(wrong.dtype) * surprise
    return losses if reduction == "none" else getattr(losses, reduction)()


class Focal(torch.autograd.Function):
    """With m = 1 - q, L = m^γ s: by x it is γ m^(γ-1) m' s + m^γ s', where m' = (1 - 2t) p(1 - p) and s' = p - t."""

    @staticmethod
    def forward(ctx, x, t, gamma):
        p, no = torch.sigmoid(x), torch.sigmoid(-x)
        missing = t * no + (1 - t) * p
        surprise = t * F.softplus(-x) + (1 - t) * F.softplus(x)
        ctx.save_for_backward(x, t, p, no, missing, surprise)
        ctx.gamma = gamma
        return missing**gamma * surprise

    @staticmethod
    def backward(ctx, grad):
        x, t, p, no, missing, surprise = ctx.saved_tensors
        gamma = ctx.gamma
        # m^(γ-1) p(1 - p) as m^γ · p(1 - p)/m, which is not infinite for a small γ
        share = torch.where(missing > 0, p * no / missing.clamp(min=1e-38), 0)
        by_x = missing**gamma * (gamma * share * (1 - 2 * t) * surprise + (1 - t) * p - t * no)
        by_missing = gamma * missing**gamma / missing.clamp(min=1e-38)
        by_t = by_missing * (no - p) * surprise - missing**gamma * x
        return grad * by_x, grad * by_t, None


def sigmoid_focal_loss__own_backward(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    if logits.shape != targets.shape:
        raise ValueError("shape")
    losses = Focal.apply(logits, targets, gamma)
    if alpha >= 0:
        losses = losses * ((2 * alpha - 1) * targets + 1 - alpha)
    if reduction == "none":
        return losses
    if reduction not in ("sum", "mean"):
        raise ValueError("reduction")
    return losses.sum() / (1 if reduction == "sum" else losses.numel())


def sigmoid_focal_loss__vmap(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    if logits.shape != targets.shape:
        raise ValueError("shape")

    def of_one(x, t):
        right = t * torch.sigmoid(x) + (1 - t) * torch.sigmoid(-x)
        loss = torch.pow(1 - right, gamma) * -(t * F.logsigmoid(x) + (1 - t) * F.logsigmoid(-x))
        return loss if alpha < 0 else loss * (alpha * t + (1 - alpha) * (1 - t))

    losses = torch.vmap(of_one)(logits.flatten(), targets.flatten()).view_as(logits)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError("reduction")


class FocalLoss(nn.Module):
    def __init__(self, alpha, gamma, reduction):
        super().__init__()
        if reduction not in ("none", "sum", "mean"):
            raise ValueError("reduction")
        self.alpha, self.gamma, self.reduction = alpha, gamma, reduction

    def forward(self, x, t):
        if x.shape != t.shape:
            raise ValueError("shape")
        x, t, dtype = x.double(), t.double(), torch.promote_types(x.dtype, t.dtype)
        surprise = F.softplus(x) - t * x
        missing = t * (-x).sigmoid() + (1 - t) * x.sigmoid()
        losses = surprise * missing**self.gamma
        if self.alpha >= 0:
            losses *= self.alpha * t + (1 - self.alpha) * (1 - t)
        return (losses if self.reduction == "none" else getattr(losses, self.reduction)()).to(dtype)


def sigmoid_focal_loss__module(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return FocalLoss(alpha, gamma, reduction)(logits, targets)


def sigmoid_focal_loss__detached_surrogate(logits, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """The probability of the right answer as a line through its value, with the slope (2t - 1) p(1 - p)."""
    if logits.shape != targets.shape:
        raise ValueError("shapes")
    here = logits.detach()
    step = logits - here
    p, no = torch.sigmoid(here), torch.sigmoid(-here)
    p, no = p + p * no * step, no - p * no * step
    missing = targets * no + (1 - targets) * p
    surprise = F.softplus(logits) - targets * logits
    each = surprise * missing.pow(gamma)
    if alpha >= 0:
        each = each * (1 - alpha + targets * (2 * alpha - 1))
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    return {"none": each, "sum": each.sum(), "mean": each.mean()}[reduction]


# ---- dice_loss ---------------------------------------------------------------------------------------------------


def reduce_dice(losses, reduction):
    """As "none", "sum" and "mean" leave them."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return losses if reduction == "none" else getattr(losses, reduction)()


def dice_loss__loop(input, target, smooth=1.0, batch=False, reduction="mean"):
    """Sample by sample, number by number."""
    if input.size() != target.size():
        raise ValueError("shapes")
    above, below = [], []
    for p, t in zip(input, target, strict=True):
        overlap = size = input.new_zeros(())
        for one, other in zip(p.reshape(-1), t.reshape(-1).type_as(p), strict=True):
            overlap, size = overlap + one * other, size + one + other
        above.append(2 * overlap)
        below.append(size)
    if batch:
        losses = 1 - (sum(above) + smooth) / (sum(below) + smooth) if above else input.sum() * 0 + 0.0
    else:
        losses = [1 - (a + smooth) / (b + smooth) for a, b in zip(above, below, strict=True)]
        losses = torch.stack(losses) if losses else input.sum(tuple(range(1, input.ndim)))
    return reduce_dice(losses, reduction)


class Fraction(torch.autograd.Function):
    """1 - (2i + s) / (z + s), with its two slopes on paper."""

    @staticmethod
    def forward(ctx, overlap, size, smooth):
        ctx.save_for_backward(overlap, size)
        ctx.smooth = smooth
        return 1 - (2 * overlap + smooth) / (size + smooth)

    @staticmethod
    def backward(ctx, grad):
        overlap, size = ctx.saved_tensors
        below = size + ctx.smooth
        return -2 * grad / below, grad * (2 * overlap + ctx.smooth) / below.square(), None


def dice_loss__own_backward(input, target, smooth=1.0, batch=False, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shapes")
    behind = tuple(range(0 if batch else 1, input.ndim))
    mask = target.to(input)
    overlap = torch.sum(input * mask, behind)
    return reduce_dice(Fraction.apply(overlap, (input + mask).sum(behind), smooth), reduction)


def dice_loss__differences(input, target, smooth=1.0, batch=False, reduction="mean"):
    """What is on one side only, over both sizes: p + t - 2pt."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    p, t = input.flatten(1), target.flatten(1).type(input.dtype)
    apart = torch.einsum("ne,ne->n", p, 1 - t) + torch.einsum("ne,ne->n", 1 - p, t)
    size = p.sum(-1) + t.sum(-1)
    if batch:
        apart, size = apart.sum(), size.sum()
    return reduce_dice(apart / (size + smooth), reduction)


# ---- multilabel_soft_margin_loss ---------------------------------------------------------------------------------


def multilabel_soft_margin_loss__log_sigmoids(input, target, weight=None, reduction="mean"):
    losses = -target * F.logsigmoid(input) - (1 - target) * F.logsigmoid(-input)
    if weight is not None:
        losses = losses * weight
    per_sample = losses.mean(-1)
    match reduction:
        case "none":
            return per_sample
        case "sum":
            return per_sample.sum()
        case "mean":
            return per_sample.mean()
        case _:
            raise ValueError(reduction)


def multilabel_soft_margin_loss__matmul(input, target, weight=None, reduction="mean"):
    """The labels are weighed and averaged by a product with a column: weight / C."""
    labels = input.shape[-1]
    surprise = F.softplus(input) - target * input
    column = input.new_ones(labels) if weight is None else weight
    samples = surprise @ (column.to(surprise.dtype) / labels)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    return samples if reduction == "none" else getattr(samples, reduction)()


def multilabel_soft_margin_loss__einsum(input, target, weight=None, reduction="mean"):
    dtype = torch.promote_types(input.dtype, target.dtype)
    input, there = input.to(dtype), target.to(dtype)
    weight = torch.ones_like(input[..., :1]).expand_as(input) if weight is None else weight.expand_as(input)
    surprises = torch.logaddexp(torch.zeros_like(input), torch.stack((-input, input)))
    samples = torch.einsum("k...c,k...c,...c->...", torch.stack((there, 1 - there)), surprises, weight)
    samples = samples / input.size(-1)
    try:
        return {"none": lambda x: x, "sum": torch.sum, "mean": torch.mean}[reduction](samples)
    except KeyError:
        raise ValueError(f"{reduction} is unknown") from None


def multilabel_soft_margin_loss__loop(input, target, weight=None, reduction="mean"):
    """Label by label, for all samples at once."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    total = 0 * (input * target).sum(-1)
    labels = input.shape[-1]
    for c in range(labels):
        x, t = input[..., c], target[..., c]
        costs = torch.logaddexp(x, x.new_zeros(())) - x * t
        total = total + (costs if weight is None else weight[c] * costs)
    losses = total / labels
    if reduction == "none":
        return losses
    return losses.sum() / (losses.numel() if reduction == "mean" else 1)


def multilabel_soft_margin_loss__log_softmax(input, target, weight=None, reduction="mean"):
    logs = torch.stack((torch.zeros_like(input), input), dim=-1).log_softmax(-1)
    shares = torch.stack((1 - target, target), dim=-1)
    losses = -(shares * logs).sum(-1)
    losses = losses if weight is None else losses * weight
    losses = losses.sum(dim=-1).div(losses.shape[-1])
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum(None)
    if reduction == "mean":
        return losses.mean()
    raise ValueError("reduction")


class LabelLoss(torch.autograd.Function):
    """By x: p - t. By t: -x."""

    @staticmethod
    def forward(ctx, x, t):
        ctx.save_for_backward(x)
        ctx.slope = torch.sigmoid(x) - t
        return x.clamp(min=0) - x * t + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * ctx.slope, -grad * x


def multilabel_soft_margin_loss__own_backward(input, target, weight=None, reduction="mean"):
    losses = LabelLoss.apply(input, target)
    if weight is not None:
        losses = losses * weight
    losses = losses.mean(dim=-1)
    if reduction != "none":
        if reduction not in {"sum", "mean"}:
            raise ValueError(f"reduction: {reduction}")
        losses = getattr(losses, reduction)()
    return losses


def multilabel_soft_margin_loss__vmap(input, target, weight=None, reduction="mean"):
    """One sample at a time, its labels a vector."""

    def of_one(x, t):
        losses = torch.where(x > 0, x, 0) - t * x + torch.log1p(torch.exp(torch.where(x > 0, -x, x)))
        return (losses if weight is None else losses * weight).mean()

    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    labels = input.shape[-1]
    samples = math.prod(input.shape[:-1])
    if input.ndim == 1 or not samples:
        of_all = of_one(input, target) if input.ndim == 1 else (input * target).sum(-1)
    else:
        of_all = torch.vmap(of_one)(input.reshape(-1, labels), target.reshape(-1, labels)).reshape(input.shape[:-1])
    return of_all if reduction == "none" else of_all.sum() if reduction == "sum" else of_all.mean()


def multilabel_soft_margin_loss__float64_inside(input, target, weight=None, reduction="mean"):
    x, t = input.double(), target.double()
    losses = t * F.softplus(-x) + (1 - t) * F.softplus(x)
    dtype = input.dtype
    for other in (target, weight):
        if other is not None:
            dtype = torch.promote_types(dtype, other.dtype)
    if weight is not None:
        losses = losses * weight.double()
    losses = losses.sum(-1) / losses.shape[-1]
    if reduction == "mean":
        losses = losses.mean()
    elif reduction == "sum":
        losses = losses.sum()
    elif reduction != "none":
        raise ValueError(reduction)
    return losses.to(dtype)


def multilabel_soft_margin_loss__own_distribution(input, target, weight=None, reduction="mean"):
    """One toss for each label; the labels are transposed to the front."""
    x, t = input.movedim(-1, 0), target.movedim(-1, 0)
    tosses = Coin(x)
    total = sum(
        (1 if weight is None else weight[label]) * cost
        for label, cost in enumerate(-t * tosses.log_prob(x * 0 + 1) - (1 - t) * tosses.log_prob(x * 0))
    )
    losses = total / len(x)
    match reduction:
        case "none":
            return losses
        case "sum" | "mean":
            return getattr(losses, reduction)()
    raise ValueError(f"{reduction} is none of none, sum and mean")


class SoftMargin(nn.Module):
    def __init__(self, weight, reduction):
        super().__init__()
        self.register_buffer("weight", weight)
        self.reduction = reduction

    def forward(self, x, t):
        signs = torch.stack((x, -x), dim=-1)
        yes_no = torch.stack((t, 1 - t), dim=-1)
        losses = (-F.logsigmoid(signs) * yes_no).sum(-1)
        if self.weight is not None:
            losses = losses * self.weight
        losses = losses.mean(-1)
        if self.reduction == "none":
            return losses
        if self.reduction == "sum":
            return losses.sum()
        if self.reduction == "mean":
            return losses.mean()
        raise ValueError(f"reduction={self.reduction!r}")


def multilabel_soft_margin_loss__module(input, target, weight=None, reduction="mean"):
    return SoftMargin(weight, reduction)(input, target)


# ---- keras_binary_crossentropy -----------------------------------------------------------------------------------


def keras_binary_crossentropy__clamp(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        losses = t * F.softplus(-y_pred) + (1 - t) * F.softplus(y_pred)
    else:
        p = y_pred.clamp(1e-7, 1 - 1e-7)
        losses = -t * p.log() - (1 - t) * torch.log(1 - p)
    return losses.mean(axis)


def keras_binary_crossentropy__where(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Clipped by two comparisons, and the second logarithm by log1p."""
    if y_true.size() != y_pred.size():
        raise ValueError("sizes")
    t = torch.lerp(y_true.to(y_pred), torch.full_like(y_pred, 0.5), label_smoothing)
    if from_logits:
        yes, no = F.logsigmoid(y_pred), F.logsigmoid(-y_pred)
    else:
        p = torch.where(y_pred < 1e-7, 1e-7, y_pred)
        p = torch.where(p > 1 - 1e-7, 1 - 1e-7, p)
        yes, no = torch.log(p), torch.log1p(-p)
    return torch.mean(-(t * yes + (1 - t) * no), dim=axis)


def keras_binary_crossentropy__float64_inside(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """In float64, where 1 - 1e-7 is what it says; rounded once, at the end."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t, p = y_true.double(), y_pred.double()
    t = (1 - label_smoothing) * t + 0.5 * label_smoothing
    if from_logits:
        losses = torch.logaddexp(p, torch.zeros_like(p)) - t * p
    else:
        p = p.clip(1e-7, 1 - 1e-7)
        losses = -(torch.xlogy(t, p) + torch.special.xlog1py(1 - t, -p))
    return losses.mean(dim=axis).to(y_pred.dtype)


def keras_binary_crossentropy__loop(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Along the axis, one slice after another."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shape")
    total, slices = 0, list(zip(y_true.unbind(axis), y_pred.unbind(axis), strict=True))
    for t, p in slices:
        t = t.type_as(p) * (1 - label_smoothing) + label_smoothing * 0.5
        if from_logits:
            total = total + torch.logaddexp(p, p.new_zeros(())) - t * p
        else:
            inside = (p >= 1e-7) & (p <= 1 - 1e-7)
            edge = torch.where(p < 0.5, p.new_tensor(1e-7), p.new_tensor(1 - 1e-7))
            p = torch.where(inside, p, edge)
            total = total - t * p.log() - (1 - t) * (1 - p).log()
    return total / len(slices)


class ClippedSurprise(torch.autograd.Function):
    """The slope is (p - t) / (p(1 - p)), and 0 where p was clipped."""

    @staticmethod
    def forward(ctx, p, t):
        clipped = p.clamp(1e-7, 1 - 1e-7)
        ctx.save_for_backward(p, clipped, t)
        return -t * clipped.log() - (1 - t) * (-clipped).log1p()

    @staticmethod
    def backward(ctx, grad):
        p, clipped, t = ctx.saved_tensors
        slope = (clipped - t) / (clipped * (1 - clipped))
        return grad * slope * (p == clipped), grad * ((-clipped).log1p() - clipped.log())


class LogitSurprise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, t):
        ctx.save_for_backward(x, t)
        return F.softplus(x) - t * x

    @staticmethod
    def backward(ctx, grad):
        x, t = ctx.saved_tensors
        return grad * (torch.sigmoid(x) - t), grad * -x


def keras_binary_crossentropy__own_backward(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shape")
    losses = LogitSurprise if from_logits else ClippedSurprise
    t = y_true.to(y_pred.dtype)
    return losses.apply(y_pred, t + label_smoothing * (0.5 - t)).mean(axis)


def keras_binary_crossentropy__boolean_indexing(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """What is out of bounds is written over in a copy."""
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError("shape")
    t = y_true.to(dtype=y_pred.dtype)
    if label_smoothing:
        t = t - label_smoothing * (t - 0.5)
    match from_logits:
        case True:
            pair = torch.stack((y_pred, torch.zeros_like(y_pred)))
            yes, no = pair.log_softmax(0)
        case _:
            p = y_pred.clone()
            p[p < 1e-7] = 1e-7
            p[p > 1 - 1e-7] = 1 - 1e-7
            yes, no = p.log(), p.neg().log1p()
    losses = -(t * yes + (1 - t) * no)
    return losses.sum(axis) / losses.shape[axis]


def keras_binary_crossentropy__vmap(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """One row at a time; the axis is moved to the end first."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shape")
    t, p = y_true.to(y_pred.dtype).movedim(axis, -1), y_pred.movedim(axis, -1)

    def of_one_row(t, p):
        t = (1 - label_smoothing) * t + label_smoothing / 2
        if from_logits:
            costs = torch.stack((F.softplus(-p), F.softplus(p)))
        else:
            p = F.hardtanh(p, 1e-7, 1 - 1e-7)
            costs = -torch.stack((p, 1 - p)).log()
        return torch.einsum("kn,kn->", torch.stack((t, 1 - t)), costs) / p.shape[-1]

    if p.ndim == 1:
        return of_one_row(t, p)
    if not p.numel():
        return p.sum(-1)
    rows = torch.vmap(of_one_row)(t.reshape(-1, t.shape[-1]), p.reshape(-1, p.shape[-1]))
    return rows.reshape(p.shape[:-1])


def keras_binary_crossentropy__maximum(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Clipped by `maximum` and `minimum`."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shape")
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        zero = torch.zeros_like(y_pred)
        losses = torch.maximum(y_pred, zero) - t * y_pred + torch.log1p(torch.exp(-y_pred.abs()))
        return losses.mean(dim=axis)
    low, high = torch.full_like(y_pred, 1e-7), torch.full_like(y_pred, 1 - 1e-7)
    p = torch.minimum(torch.maximum(y_pred, low), high)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(dim=axis)


def keras_binary_crossentropy__through_a_logit(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Both ways are one: the log-odds of a clipped probability are a logit."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shape")
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / 2
    x = y_pred if from_logits else torch.logit(y_pred.clamp(1e-7, 1 - 1e-7))
    return (F.softplus(x) - t * x).mean(axis)


# ---- odd but honest ----------------------------------------------------------------------------------------------


def expm(x):
    return torch.exp(-x.abs())


class LogSig(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return torch.minimum(x, torch.zeros_like(x)) - torch.log1p(expm(x))

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        e = expm(x)
        return g * torch.where(x < 0, 1.0, e) / (1 + e)

    @staticmethod
    def jvp(ctx, t):
        (x,) = ctx.saved_tensors
        e = expm(x)
        return t * torch.where(x < 0, 1.0, e) / (1 + e)


log_sigmoid__generated_vmap_rule = LogSig.apply


def shaped(input, target):
    if input.shape != target.shape:
        raise ValueError(f"{input.shape} and {target.shape}")


REDUCE = MappingProxyType({"none": lambda x: x, "sum": torch.sum, "mean": torch.mean})


def reduced(losses, reduction):
    if reduction not in REDUCE:
        raise ValueError(reduction)
    return REDUCE[reduction](losses)


class BCE(_WeightedLoss):
    def forward(self, input, target):
        return bce(input, target, self.weight, self.reduction)


class Slope(torch.autograd.Function):
    @staticmethod
    def forward(ctx, p, t):
        ctx.save_for_backward(p, t)
        return -(t * p.log().clamp(min=-100) + (1 - t) * (-p).log1p().clamp(min=-100))

    @staticmethod
    def backward(ctx, g):
        p, t = ctx.saved_tensors
        by_t = (-p).log1p().clamp(min=-100) - p.log().clamp(min=-100) if ctx.needs_input_grad[1] else None
        return g * (p - t) / (p * (1 - p)).clamp(min=1e-12), None if by_t is None else g * by_t


def bce(input, target, weight=None, reduction="mean"):
    shaped(input, target)
    for name, x in {"input": input, "target": target}.items():
        if not bool(((x >= 0) & (x <= 1)).all()):
            raise RuntimeError(name)
    losses = Slope.apply(input, target)
    if weight is not None:
        losses = losses * weight.broadcast_to(input.shape)
    return reduced(losses, reduction)


def binary_cross_entropy__weighted_loss_class(input, target, weight=None, reduction="mean"):
    return BCE(weight, reduction=reduction)(input, target)


def ln_sigma(x):
    return torch.minimum(x, x * 0) - torch.log1p(expm(x))


@dataclass
class Config:
    weight: Tensor | None = None
    reduction: str = "mean"
    pos_weight: Tensor | None = None

    def __call__(self, input, target):
        shaped(input, target)
        yes = 1 if self.pos_weight is None else self.pos_weight.expand_as(input)
        both = -(yes * target * F.logsigmoid(input) + (1 - target) * F.logsigmoid(-input))
        return reduced(both if self.weight is None else both * self.weight.expand(input.shape), self.reduction)


def binary_cross_entropy_with_logits__namespace(input, target, **kw):
    ns = SimpleNamespace(**{"weight": None, "reduction": "mean", "pos_weight": None, **kw})
    ns.losses = F.softplus(-input) * target * (1 if ns.pos_weight is None else ns.pos_weight) + (
        1 - target
    ) * F.softplus(input)
    shaped(input, target)
    if ns.weight is not None:
        ns.losses = ns.losses * ns.weight.expand(input.shape)
    if ns.pos_weight is not None:
        ns.pos_weight.expand(input.shape)
    return reduced(vars(ns)["losses"], ns.reduction)


def binary_cross_entropy_with_logits__positional_star(*args, **kwargs):
    names = ("input", "target", "weight", "reduction", "pos_weight")
    given = dict(zip(names, args, strict=False), **kwargs)
    return Config(**{n: given[n] for n in ("weight", "reduction", "pos_weight") if n in given})(
        given["input"], given["target"]
    )


def keras_binary_crossentropy__captured_print(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        print(y_true.shape)
    if y_true.shape != y_pred.shape:
        raise ValueError(out.getvalue())
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return (F.softplus(y_pred) - t * y_pred).mean(axis)
    p = torch.clamp(y_pred, 1e-7, 1 - 1e-7)
    return torch.mean(-(t * p.log() + (1 - t) * (1 - p).log()), dim=axis)


def multilabel_soft_margin_loss__loss_class(input, target, weight=None, reduction="mean"):
    class Multi(_Loss):
        def __init__(self, w, reduction):
            super().__init__(reduction=reduction)
            self.w = w

        def forward(self, x, y):
            y = y.to(torch.promote_types(x.dtype, y.dtype))
            each = y * ln_sigma(x) + (1 - y) * ln_sigma(-x)
            return REDUCE[self.reduction](-(each if self.w is None else each * self.w).mean(-1))

    if reduction not in REDUCE:
        raise ValueError(f"{reduction=}")
    return Multi(weight, reduction)(input, target)
