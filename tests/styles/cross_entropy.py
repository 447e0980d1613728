"""Right answers to the exercises of notebook 04, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import enum
import math
from collections import deque
from queue import Queue
from typing import TypedDict, Unpack

import numpy as np
import torch
import torch as th
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.functional import one_hot

# ---- log_softmax -------------------------------------------------------------------------------------------------


class LogSoftmax(torch.autograd.Function):
    """What comes from above, less its sum times the probabilities."""

    @staticmethod
    def forward(ctx, input, dim):
        shifted = input - input.amax(dim, keepdim=True)
        result = shifted - shifted.exp().sum(dim, keepdim=True).log()
        ctx.dim = dim
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad):
        (result,) = ctx.saved_tensors
        return grad - result.exp() * grad.sum(ctx.dim, keepdim=True), None


def log_softmax_of(input, dim):
    """ln Σ exp x on its own, then one subtraction."""
    top = torch.max(input, dim=dim, keepdim=True).values
    return input - (top + torch.log(torch.sum(torch.exp(input - top), dim=dim, keepdim=True)))


def log_softmax_in_one_pass(input, dim):
    """When a larger logit comes, what was added up is made smaller."""
    top, *others = input.unbind(dim)
    total = torch.ones_like(top)
    for x in others:
        new_top = torch.where(x > top, x, top)
        total = total * torch.exp(top - new_top) + torch.exp(x - new_top)
        top = new_top
    return input - (top + total.log()).unsqueeze(dim)


# ---- smooth_targets ----------------------------------------------------------------------------------------------


def smooth_targets__one_hot(target, num_classes, label_smoothing):
    return F.one_hot(target, num_classes) * (1 - label_smoothing) + label_smoothing / num_classes


def smooth_targets__fancy_indexing(target, num_classes, label_smoothing):
    q = torch.full((len(target), num_classes), label_smoothing / num_classes)
    q[torch.arange(len(target)), target] += 1 - label_smoothing
    return q


def smooth_targets__scatter_and_lerp(target, num_classes, label_smoothing):
    hard = torch.zeros(len(target), num_classes).scatter_(1, target[:, None], 1.0)
    return torch.lerp(hard, torch.full_like(hard, 1 / num_classes), label_smoothing)


def smooth_targets__lists(target, num_classes, label_smoothing):
    """No gradient is asked for, so lists will do."""
    share = label_smoothing / num_classes
    return torch.tensor([[share + (c == y) * (1 - label_smoothing) for c in range(num_classes)] for y in target])


def smooth_targets__comparison(target, num_classes, label_smoothing):
    """A column of targets against a row of all classes."""
    right = target.unsqueeze(1) == torch.arange(num_classes)
    share = label_smoothing / num_classes
    return torch.where(right, 1 - label_smoothing + share, share)


def smooth_targets__mixing_matrix(target, num_classes, label_smoothing):
    """Row y of a matrix that mixes the classes."""
    uniform = torch.ones(num_classes, num_classes) / num_classes
    return ((1 - label_smoothing) * torch.eye(num_classes) + label_smoothing * uniform).index_select(0, target)


def smooth_targets__vmap(target, num_classes, label_smoothing):
    classes = torch.arange(num_classes)

    def of_one(y):
        return (classes == y).float() * (1 - label_smoothing) + label_smoothing / num_classes

    return torch.vmap(of_one)(target)


# ---- nll_loss ----------------------------------------------------------------------------------------------------


def refuse_strangers(target, counts, classes):
    """An error for a target that counts and is no class: indexing alone would take -1 for the last one."""
    strange = counts & ((target < 0) | (target >= classes))
    if strange.any():
        raise IndexError(f"target {target[strange][0]} is out of bounds for {classes} classes")


def nll_loss__loop(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Over all places, with plain numbers for the targets."""
    classes = input.shape[0] if input.ndim == 1 else input.shape[1]
    rows = input[None] if input.ndim == 1 else input.movedim(1, -1).reshape(-1, classes)
    losses, weights = [], []
    for row, y in zip(rows, target.reshape(-1).tolist(), strict=True):
        if y == ignore_index:
            losses.append(input.new_zeros(()))
            continue
        if not 0 <= y < classes:
            raise IndexError(f"{y} is no class")
        weights.append(input.new_ones(()) if weight is None else weight[y])
        losses.append(-weights[-1] * row[y])
    if reduction == "none":
        return torch.stack(losses).reshape(target.shape) if losses else input.new_zeros(target.shape)
    total = sum(losses, start=input.new_zeros(()))
    return total if reduction == "sum" else total / sum(weights, start=input.new_zeros(()))


def nll_loss__take_along_dim(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The weights are spread over the places first, as 0 where a place does not count."""
    dim = min(input.ndim - 1, 1)
    counts = target != ignore_index
    refuse_strangers(target, counts, input.size(dim))
    y = target.clamp(0, input.size(dim) - 1)
    w = counts.to(input.dtype) if weight is None else weight.take(y).masked_fill(~counts, 0)
    picked = torch.take_along_dim(input, y.unsqueeze(dim), dim).squeeze(dim)
    losses = -w * picked.masked_fill(~counts, 0)
    if reduction == "mean":
        return losses.sum() / w.sum()
    return losses.sum() if reduction == "sum" else losses


def nll_loss__one_hot(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """A mask with one True a place, which chooses and never multiplies: 0 times -inf would be NaN."""
    dim = 0 if input.ndim == 1 else 1
    classes = input.shape[dim]
    counts = target != ignore_index
    refuse_strangers(target, counts, classes)
    one_hot = F.one_hot(target.where(counts, 0), classes).movedim(-1, dim).bool() & counts.unsqueeze(dim)
    w = torch.ones(classes, dtype=input.dtype) if weight is None else weight
    w = w.reshape([classes if d == dim else 1 for d in range(input.ndim)])
    losses = -torch.where(one_hot, w * input, 0.0).sum(dim)
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / (w * one_hot).sum()


def nll_loss__boolean_indexing(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Only what counts is looked at; the others are added as zeros at the end."""
    if input.ndim == 1:
        loss = nll_loss__boolean_indexing(input[None], target[None], weight, ignore_index, reduction)
        return loss[0] if reduction == "none" else loss
    counts = target != ignore_index
    refuse_strangers(target, counts, input.shape[1])
    y = target[counts]
    log_p = input.movedim(1, -1)[counts][torch.arange(len(y)), y]
    w = torch.ones_like(log_p) if weight is None else weight[y]
    match reduction:
        case "sum":
            return -(w * log_p).sum()
        case "mean":
            return -(w * log_p).sum() / w.sum()
    losses = torch.zeros(target.shape, dtype=input.dtype)
    losses[counts] = -w * log_p
    return losses


def nll_loss__meshgrid(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """As in numpy: an index for every dimension, and that of the classes is the target."""
    counts = target.ne(ignore_index)
    dim = int(input.ndim > 1)
    refuse_strangers(target, counts, input.shape[dim])
    y = torch.where(counts, target, torch.zeros_like(target))
    places = list(torch.meshgrid(*map(torch.arange, target.shape), indexing="ij")) if target.ndim else []
    places.insert(dim, y)
    w = torch.ones(y.shape, dtype=input.dtype) if weight is None else weight[y]
    losses = torch.where(counts, -input[tuple(places)] * w, torch.zeros_like(w))
    if reduction == "none":
        return losses
    total = losses.sum()
    if reduction == "mean":
        total = total / w[counts].sum()
    return total


def nll_loss__in_place_on_a_clone(input, target, weight=None, ignore_index=-100, reduction="mean"):
    dim = 0 if input.ndim == 1 else 1
    y, ignored = target.clone(), target == ignore_index
    y[ignored] = 0
    if y.numel() and not 0 <= y.min() <= y.max() < input.shape[dim]:
        raise IndexError("a target is no class")
    w = torch.ones_like(y, dtype=input.dtype) if weight is None else weight[y].clone()
    w[ignored] = 0
    losses = input.gather(dim, y.unsqueeze(dim)).squeeze(dim).clone()
    losses[ignored] = 0
    losses.mul_(w).neg_()
    if reduction != "none":
        losses = losses.sum()
    if reduction == "mean":
        losses /= w.sum()
    return losses


def nll_loss__einsum(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Σ over the classes of one-hot · weight · input, for all places in one list."""
    x = input.unsqueeze(0) if input.ndim == 1 else input
    classes = x.shape[1]
    y = target.reshape(-1)
    counts = y != ignore_index
    refuse_strangers(y, counts, classes)
    x = x.moveaxis(1, -1).reshape(len(y), classes)
    one_hot = torch.eye(classes, dtype=x.dtype)[y * counts] * counts[:, None]
    w = x.new_ones(classes) if weight is None else weight
    losses = -torch.einsum("nc,c,nc->n", one_hot, w, x.masked_fill(one_hot == 0, 0))
    if reduction == "none":
        return losses.reshape(target.shape)
    return losses.sum() / (torch.einsum("nc,c->", one_hot, w) if reduction == "mean" else 1)


class NLL(torch.autograd.Function):
    """The whole loss, reduction included: -w[y] at every target, divided as the value is."""

    @staticmethod
    def forward(ctx, input, target, weight, ignore_index, reduction):
        dim = 0 if input.ndim == 1 else 1
        counts = target != ignore_index
        refuse_strangers(target, counts, input.shape[dim])
        index = torch.where(counts, target, 0)
        factors = -(torch.ones(input.shape[dim], dtype=input.dtype) if weight is None else weight)[index] * counts
        divisor = -factors.sum() if reduction == "mean" else torch.ones((), dtype=input.dtype)
        picked = input.gather(dim, index.unsqueeze(dim)).squeeze(dim)
        losses = torch.where(counts, factors * picked, 0)
        ctx.save_for_backward(input, counts, index, factors, divisor)
        ctx.dim = dim
        return losses if reduction == "none" else losses.sum() / divisor

    @staticmethod
    def backward(ctx, grad):
        input, counts, index, factors, divisor = ctx.saved_tensors
        slope = torch.where(counts, grad * factors / divisor, 0).unsqueeze(ctx.dim)
        return torch.zeros_like(input).scatter(ctx.dim, index.unsqueeze(ctx.dim), slope), None, None, None, None


def nll_loss__own_backward(input, target, weight=None, ignore_index=-100, reduction="mean"):
    return NLL.apply(input, target, weight, ignore_index, reduction)


def nll_loss__vmap(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """One place gives its loss and its weight; vmap leads through all places."""
    classes = input.shape[min(input.ndim - 1, 1)]
    refuse_strangers(target, target != ignore_index, classes)
    w = torch.ones(classes, dtype=input.dtype) if weight is None else weight

    def of_place(log_p, y):
        right = torch.arange(classes) == y
        counts = y != ignore_index
        return torch.where(right & counts, -w * log_p, 0).sum(), torch.where(right & counts, w, 0).sum()

    rows = input.movedim(min(input.ndim - 1, 1), -1).reshape(target.numel(), classes)
    # there is no mapping over nothing
    losses, weights = torch.vmap(of_place)(rows, target.flatten()) if len(rows) else (rows.sum(1), rows.sum(1))
    reductions = {"none": losses.reshape(target.shape), "sum": losses.sum(), "mean": losses.sum() / weights.sum()}
    return reductions[reduction]


def nll_loss__recursive(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Places are taken apart from the last dimension on, until one sample is left."""
    if reduction != "none":
        total = nll_loss__recursive(input, target, weight, ignore_index, "none").sum()
        if reduction == "sum":
            return total
        counting = target[target != ignore_index]
        return total / (len(counting) if weight is None else weight[counting].sum())
    if target.numel() == 0:
        return input.new_zeros(target.shape)
    if input.ndim > 1:
        last = -1 if input.ndim > 2 else 0
        pairs = zip(input.unbind(last), target.unbind(last), strict=True)
        return torch.stack([nll_loss__recursive(x, y, weight, ignore_index, "none") for x, y in pairs], last)
    if target == ignore_index:
        return input.new_zeros(())
    if not 0 <= target < len(input):
        raise IndexError(f"{int(target)} is no class")
    return -input[target] * (1 if weight is None else weight[target])


class NLLLoss(torch.nn.Module):
    """Flags at construction, tensors at the call, like torch's own classes."""

    def __init__(self, weight, ignore_index, reduction):
        super().__init__()
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduce = getattr(self, f"_{reduction}")

    def forward(self, input, target):
        classes = input.shape[0] if input.ndim == 1 else input.shape[1]
        counts = target != self.ignore_index
        refuse_strangers(target, counts, classes)
        w = input.new_ones(classes) if self.weight is None else self.weight
        scaled = -input.movedim(min(input.ndim - 1, 1), -1) * w
        picked = scaled.gather(-1, (target * counts).unsqueeze(-1)).squeeze(-1)
        return self.reduce(torch.where(counts, picked, 0), w[target[counts]])

    @staticmethod
    def _none(losses, weights):
        return losses

    @staticmethod
    def _sum(losses, weights):
        return losses.sum()

    @staticmethod
    def _mean(losses, weights):
        return losses.sum() / weights.sum()


def nll_loss__module(input, target, weight=None, ignore_index=-100, reduction="mean"):
    return NLLLoss(weight, ignore_index, reduction)(input, target)


# ---- sequence_loss -----------------------------------------------------------------------------------------------


def sequence_loss__loop(logits, target, padding):
    """Token by token, with a count of the real ones."""
    total, tokens = 0.0, 0
    for sequence, classes in zip(logits, target, strict=True):
        for place, y in zip(sequence, classes, strict=True):
            if y != padding:
                shifted = place - place.max()
                total = total + shifted.exp().sum().log() - shifted[y]
                tokens += 1
    return total / tokens


def sequence_loss__boolean_indexing(logits, target, padding):
    """Padded places are gone before anything is computed."""
    real = target != padding
    x, y = logits[real], target[real]
    log_p = log_softmax_of(x, 1)
    return -log_p[range(len(y)), y].mean()


def sequence_loss__one_hot(logits, target, padding):
    real = target != padding
    x = torch.where(real[..., None], logits, 0.0)  # whatever stands at a padded place
    one_hot = F.one_hot(target, logits.shape[-1]) * real[..., None]
    return -(one_hot * log_softmax_in_one_pass(x, -1)).sum() / real.sum()


def sequence_loss__gather(logits, target, padding):
    """Sums over the batch and over time, above and below the fraction."""
    mask = (target != padding).to(logits.dtype)
    picked = log_softmax_in_one_pass(logits, 2).gather(2, target.unsqueeze(2))[:, :, 0]
    return torch.nn.Threshold(0.5, 0.0)(mask).mul(-picked.masked_fill(mask == 0, 0)).sum() / mask.sum()


def sequence_loss__vmap(logits, target, padding):
    """A function of one place, mapped over time and then over the batch."""

    def of_place(x, y):
        x = torch.where(y == padding, torch.zeros_like(x), x)
        x = x - x.max()
        surprise = x.exp().sum().log() - torch.where(torch.arange(len(x)) == y, x, 0).sum()
        return torch.where(y == padding, 0, surprise)

    return torch.vmap(torch.vmap(of_place))(logits, target).sum() / (target != padding).sum()


def sequence_loss__concatenated(logits, target, padding):
    """Each sequence without its padding, one after the other."""
    pieces = [(x[y != padding], y[y != padding]) for x, y in zip(logits, target, strict=True)]
    x, y = (torch.cat(side) for side in zip(*pieces, strict=True))
    return nll_loss__one_hot(log_softmax_of(x, 1), y)


class SequenceLoss(torch.autograd.Function):
    """At each real token the probabilities less the one-hot target, by the number of tokens."""

    @staticmethod
    def forward(ctx, logits, target, padding):
        n, t = torch.nonzero(target != padding, as_tuple=True)
        y = target[n, t]
        log_p = log_softmax_of(logits[n, t], 1)
        ctx.save_for_backward(n, t, y, log_p.exp())
        ctx.shape = logits.shape
        return -log_p[torch.arange(len(y)), y].mean()

    @staticmethod
    def backward(ctx, grad):
        n, t, y, slope = ctx.saved_tensors
        slope = slope.clone()
        slope[torch.arange(len(y)), y] -= 1
        result = slope.new_zeros(ctx.shape)
        result[n, t] = grad * slope / len(y)
        return result, None, None


def sequence_loss__own_backward(logits, target, padding):
    return SequenceLoss.apply(logits, target, padding)


# ---- focal_loss --------------------------------------------------------------------------------------------------


def focal_loss__fancy_indexing(logits, target, gamma=2.0, weight=None):
    log_p = log_softmax_of(logits, 1)[torch.arange(len(target)), target]
    losses = -((1 - log_p.exp()) ** gamma) * log_p
    return (losses if weight is None else losses * weight[target]).mean()


def focal_loss__loop(logits, target, gamma=2.0, weight=None):
    total = 0.0
    for x, y in zip(logits, target, strict=True):
        odds = torch.exp(x - x.max())
        p = odds[y] / odds.sum()
        surprise = odds.sum().log() - (x[y] - x.max())
        total = total + (1 - p) ** gamma * surprise * (1.0 if weight is None else weight[y])
    return total / len(logits)


def focal_loss__einsum(logits, target, gamma=2.0, weight=None):
    """One-hot rows pick the logarithm and the weight; `expm1` is 1 - p without a rounding."""
    one_hot = F.one_hot(target, logits.shape[1]).to(logits.dtype)
    log_p = torch.einsum("nc,nc->n", one_hot, log_softmax_in_one_pass(logits, 1))
    w = logits.new_ones(len(target)) if weight is None else one_hot @ weight
    return torch.einsum("n,n,n->", w, (-torch.expm1(log_p)) ** gamma, -log_p) / len(target)


def focal_loss__vmap(logits, target, gamma=2.0, weight=None):
    w = torch.ones(logits.shape[1], dtype=logits.dtype) if weight is None else weight

    def of_sample(x, right):
        shifted = x - x.max()
        surprise = shifted.exp().sum().log() - (right * shifted).sum()
        return (right * w).sum() * (1 - torch.exp(-surprise)).pow(gamma) * surprise

    right = torch.eye(logits.shape[1], dtype=logits.dtype)[target]
    return torch.vmap(of_sample)(logits, right).mean()


class Focal(torch.autograd.Function):
    """Slope by ln p first, then by the logits, where ln p has the slope one-hot - p."""

    @staticmethod
    def forward(ctx, logits, target, gamma, weight):
        log_p = log_softmax_of(logits, 1)
        w = torch.ones(len(target), dtype=logits.dtype) if weight is None else weight[target]
        picked = log_p.gather(1, target[:, None])
        ctx.save_for_backward(log_p, picked, target, w[:, None])
        ctx.gamma = gamma
        return (w[:, None] * (1 - picked.exp()) ** gamma * -picked).mean()

    @staticmethod
    def backward(ctx, grad):
        log_p, picked, target, w = ctx.saved_tensors
        p = picked.exp()
        rest = 1 - p
        through_factor = torch.where(rest > 0, ctx.gamma * p * picked * rest ** (ctx.gamma - 1), 0)
        by_log_p = w * (through_factor - rest**ctx.gamma)
        one_hot = F.one_hot(target, log_p.shape[1])
        return grad * by_log_p * (one_hot - log_p.exp()) / len(target), None, None, None


def focal_loss__own_backward(logits, target, gamma=2.0, weight=None):
    return Focal.apply(logits, target, gamma, weight)


def focusing(gamma):
    """A function of the surprise alone."""

    def focused(surprise):
        return surprise * (1 - torch.exp(-surprise)) ** gamma

    return focused


def focal_loss__closure(logits, target, gamma=2.0, weight=None):
    focused = focusing(gamma)
    surprises = nll_loss__take_along_dim(log_softmax_of(logits, 1), target, reduction="none")
    losses = focused(surprises)
    if weight is not None:
        losses *= weight.index_select(0, target)
    return losses.sum() / losses.numel()


# ---- cross_entropy -----------------------------------------------------------------------------------------------


def cross_entropy__loop(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Place by place and class by class; a class that gets no share is not even looked at."""
    dim = 0 if input.ndim == 1 else 1
    classes = input.shape[dim]
    soft = target.is_floating_point()
    places = input.select(dim, 0).shape
    rows = input.movedim(dim, -1).reshape(places.numel(), classes)
    labels = target.movedim(dim, -1).reshape(places.numel(), classes) if soft else target.reshape(-1)
    weights = [1.0] * classes if weight is None else list(weight)
    zero = input.new_zeros(())
    losses, divisor = [], zero
    for row, label in zip(rows, labels, strict=True):
        if not soft and label == ignore_index:
            losses.append(zero)
            continue
        if not soft and not 0 <= label < classes:
            raise IndexError(f"{int(label)} is no class")
        top = row.max()
        log_total = sum((x - top).exp() for x in row).log()
        loss = zero
        for c in range(classes):
            hard = label[c] if soft else float(label == c)
            share = (1 - label_smoothing) * hard + label_smoothing / classes
            if soft or share > 0:
                loss = loss - weights[c] * share * (row[c] - top - log_total)
        losses.append(loss)
        divisor = divisor + (1.0 if soft else weights[int(label)])
    losses = torch.stack(losses).reshape(places) if losses else zero.expand(places)
    if reduction == "none":
        return losses
    return losses.sum() / divisor if reduction == "mean" else losses.sum()


def cross_entropy__one_hot(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Indices become probabilities, and there is one formula for both."""
    dim = 0 if input.ndim == 1 else 1
    classes = input.shape[dim]
    w = torch.ones(classes, dtype=input.dtype) if weight is None else weight
    w = w.view([classes if d == dim else 1 for d in range(input.ndim)])
    weighted = w * log_softmax_in_one_pass(input, dim)
    if target.dtype == torch.int64:
        counts = (target != ignore_index).unsqueeze(dim)
        refuse_strangers(target, counts.squeeze(dim), classes)
        q = F.one_hot(torch.where(target == ignore_index, 0, target), classes).movedim(-1, dim)
        q = q.to(input.dtype) * counts  # an int64 times a float would be float32
        divisor = (w * q).sum()
        q = (q * (1 - label_smoothing) + label_smoothing / classes) * counts
        terms = torch.where(q > 0, q * weighted, 0)  # 0 times -inf, or times NaN, would be NaN
    else:
        terms = (target * (1 - label_smoothing) + label_smoothing / classes) * weighted
        divisor = terms.select(dim, 0).numel()
    losses = -terms.sum(dim)
    return {"none": losses, "sum": losses.sum(), "mean": losses.sum() / divisor}[reduction]


def cross_entropy__gather(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Two parts, the picked one and the spread one, and no one-hot row anywhere."""
    dim = 0 if input.ndim == 1 else 1
    log_p = log_softmax_of(input, dim)
    w = input.new_ones(input.shape[dim]) if weight is None else weight
    costs = -(log_p.movedim(dim, -1) * w)
    spread = costs.mean(-1)
    if target.is_floating_point():
        losses = (1 - label_smoothing) * torch.linalg.vecdot(costs, target.movedim(dim, -1)) + label_smoothing * spread
        divisor = losses.numel()
    else:
        counts = target != ignore_index
        refuse_strangers(target, counts, input.shape[dim])
        y = torch.where(counts, target, 0)
        losses = costs.gather(-1, y[..., None])[..., 0]
        if label_smoothing:
            losses = torch.lerp(losses, spread, label_smoothing)
        losses = losses.masked_fill(~counts, 0)
        divisor = w.take(y).masked_fill(~counts, 0).sum()
    if reduction == "none":
        return losses
    losses = losses.sum()
    return losses / divisor if reduction == "mean" else losses


def cross_entropy__numpy_like(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Everything is a table with one row a place; the shape comes back at the end."""
    axis = 0 if input.ndim == 1 else 1
    x = torch.moveaxis(input, axis, -1)
    shape, classes = x.shape[:-1], x.shape[-1]
    x = x.reshape(shape.numel(), classes)
    x = x - x.max(axis=1, keepdims=True).values
    log_p = x - torch.log(torch.exp(x).sum(axis=1, keepdims=True))
    w = torch.ones(classes, dtype=input.dtype) if weight is None else weight
    if target.is_floating_point():
        q = torch.moveaxis(target, axis, -1).reshape(-1, classes) * (1 - label_smoothing) + label_smoothing / classes
        losses = -(log_p * q) @ w
        share = torch.ones_like(losses)
    else:
        y = target.reshape(-1)
        (rows,) = (y != ignore_index).nonzero(as_tuple=True)
        if (y[rows] < 0).any():
            raise IndexError("a negative target")  # one that is too large is refused by the indexing below
        losses, share = (torch.zeros(len(y), dtype=input.dtype) for _ in range(2))
        share[rows] = w[y[rows]]
        losses[rows] = -(1 - label_smoothing) * share[rows] * log_p[rows, y[rows]]
        if label_smoothing > 0:
            losses[rows] -= label_smoothing * (log_p[rows] @ w) / classes
    if reduction == "none":
        return losses.reshape(shape)
    return losses.sum() / share.sum() if reduction == "mean" else losses.sum()


def cross_entropy__boolean_indexing(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """Rows that do not count are dropped at once, and come back as zeros."""
    if input.ndim == 1:
        loss = cross_entropy__boolean_indexing(
            input[None], target[None], weight, ignore_index, reduction, label_smoothing
        )
        return loss.squeeze(0) if reduction == "none" else loss
    w = torch.ones(input.shape[1], dtype=input.dtype) if weight is None else weight
    if torch.is_floating_point(target):
        counts = torch.ones_like(input.select(1, 0), dtype=torch.bool)
        divisor, q = counts.sum(), target.movedim(1, -1)[counts]
    else:
        counts = target != ignore_index
        refuse_strangers(target, counts, input.shape[1])
        divisor, q = w[target[counts]].sum(), torch.eye(input.shape[1], dtype=input.dtype)[target[counts]]
    log_p = log_softmax_of(input.movedim(1, -1)[counts], 1)
    q = q + label_smoothing * (1 / input.shape[1] - q)
    terms = torch.zeros_like(log_p)
    needed = q != 0
    terms[needed] = (-w * q)[needed] * log_p[needed]
    losses = terms.sum(1)
    if reduction == "none":
        return torch.zeros(counts.shape, dtype=losses.dtype).masked_scatter(counts, losses)
    return losses.sum() / (divisor if reduction == "mean" else 1)


def cross_entropy__in_place_on_a_clone(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """One buffer, turned from logits into costs step by step."""
    dim = 0 if input.ndim == 1 else 1
    classes = input.shape[dim]
    costs = input.clone()
    costs -= input.amax(dim, keepdim=True)
    costs -= costs.exp().sum(dim, keepdim=True).log_()
    w = torch.ones(classes, dtype=input.dtype) if weight is None else weight
    costs.movedim(dim, -1).mul_(-w)
    if target.is_floating_point():
        q = target.clone()
        q *= 1 - label_smoothing
        q += label_smoothing / classes
        losses = costs.mul_(q).sum(dim)
        divisor = losses.numel()
    else:
        ignored = target == ignore_index
        refuse_strangers(target, ~ignored, classes)
        y = target.clone()
        y[ignored] = 0
        losses = costs.gather(dim, y.unsqueeze(dim)).squeeze(dim).clone()
        if label_smoothing:
            losses *= 1 - label_smoothing
            losses += label_smoothing * costs.mean(dim)
        losses[ignored] = 0
        divisor = w[target[~ignored]].sum()
    if reduction == "none":
        return losses
    loss = losses.sum()
    if reduction == "mean":
        loss /= divisor
    return loss


def cross_entropy__einsum(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """q, w and ln p in one sum, for which ln p is 0 where nothing is to be added."""
    lift = input.ndim == 1
    x = input.reshape(1, -1, 1) if lift else input.flatten(2) if input.ndim > 2 else input.unsqueeze(2)  # n, c, d
    n, c, d = x.shape
    log_p = log_softmax_of(x, 1)
    w = x.new_ones(c) if weight is None else weight
    if target.is_floating_point():
        counts = x.new_ones(n, d)
        q = target.reshape(n, c, d) * (1 - label_smoothing) + label_smoothing / c
        divisor = n * d
    else:
        y = target.reshape(n, d)
        counts = (y != ignore_index).to(x.dtype)
        refuse_strangers(y, counts > 0, c)
        one_hot = torch.eye(c, dtype=x.dtype)[torch.where(counts > 0, y, 0)].transpose(1, 2)
        divisor = torch.einsum("ncd,c,nd->", one_hot, w, counts)
        q = (one_hot * (1 - label_smoothing) + label_smoothing / c) * counts.unsqueeze(1)
        log_p = log_p.masked_fill(q == 0, 0)
    if reduction == "none":
        losses = torch.einsum("ncd,c,ncd->nd", q, -w, log_p)
        return losses.reshape(()) if lift else losses.reshape(n, *input.shape[2:])
    total = torch.einsum("ncd,c,ncd->", q, -w, log_p)
    return total / divisor if reduction == "mean" else total


class SoftCrossEntropy(torch.autograd.Function):
    """Σ a (-ln p) over the last dimension: by the logits the slope is p Σ a - a, by a it is -ln p."""

    @staticmethod
    def forward(ctx, logits, a, skip_zeros):
        log_p = log_softmax_of(logits, -1)
        ctx.save_for_backward(log_p, a)
        terms = torch.where(a == 0, 0, a * log_p) if skip_zeros else a * log_p
        return -terms.sum(-1)

    @staticmethod
    def backward(ctx, grad):
        log_p, a = ctx.saved_tensors
        grad = grad.unsqueeze(-1)
        return grad * (log_p.exp() * a.sum(-1, keepdim=True) - a), -grad * log_p, None


def cross_entropy__own_backward(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    logits = input if input.ndim == 1 else input.movedim(1, -1)
    classes = logits.shape[-1]
    w = input.new_ones(classes) if weight is None else weight
    soft = target.is_floating_point()
    if soft:
        q = target if input.ndim == 1 else target.movedim(1, -1)
        counts = q.new_ones(q.shape[:-1])
        divisor = counts.sum()
    else:
        real = target != ignore_index
        refuse_strangers(target, real, classes)
        counts = real.to(input.dtype)
        q = F.one_hot(target * real, classes).to(input.dtype)
        divisor = (w[target * real] * counts).sum()
    a = w * ((1 - label_smoothing) * q + label_smoothing / classes) * counts.unsqueeze(-1)
    losses = SoftCrossEntropy.apply(logits, a, not soft)
    if reduction == "none":
        return losses
    return losses.sum() / divisor if reduction == "mean" else losses.sum()


def cross_entropy__vmap(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """One place has a loss and a share in the divisor; vmap leads through the others."""
    dim = 0 if input.ndim == 1 else 1
    classes = input.shape[dim]
    soft = target.is_floating_point()
    if not soft:
        refuse_strangers(target, target != ignore_index, classes)
    w = torch.ones(classes, dtype=input.dtype) if weight is None else weight

    def of_place(logits, label):
        shifted = logits - logits.max()
        costs = w * (shifted.exp().sum().log() - shifted)
        if soft:
            return torch.dot(label * (1 - label_smoothing) + label_smoothing / classes, costs), torch.ones(())
        right = torch.arange(classes) == label
        picked = torch.where(right, costs, 0).sum()
        loss = torch.lerp(picked, costs.mean(), label_smoothing) if label_smoothing else picked
        return torch.where(label == ignore_index, 0, loss), torch.where(right, w, 0).sum() * (label != ignore_index)

    places = input.select(dim, 0).shape
    rows = input.movedim(dim, -1).reshape(places.numel(), classes)
    labels = target.movedim(dim, -1).reshape(places.numel(), classes) if soft else target.flatten()
    losses, shares = torch.vmap(of_place)(rows, labels) if len(rows) else (rows.sum(1), rows.sum(1))
    if reduction == "none":
        return losses.reshape(places)
    return losses.sum() / shares.sum() if reduction == "mean" else losses.sum()


def cross_entropy__recursive(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Down to one sample; smoothing is the mean of what every class would cost as the target."""
    w = torch.ones(input.shape[min(input.ndim - 1, 1)], dtype=input.dtype) if weight is None else weight
    soft = target.is_floating_point()
    flags = {"weight": w, "ignore_index": ignore_index, "label_smoothing": label_smoothing}
    if reduction != "none":
        losses = cross_entropy__recursive(input, target, reduction="none", **flags)
        divisor = losses.numel() if soft else w[target[target != ignore_index]].sum()
        return losses.sum() / divisor if reduction == "mean" else losses.sum()
    if input.ndim > 1:
        last = -1 if input.ndim > 2 else 0
        pairs = zip(input.unbind(last), target.unbind(last), strict=True)
        losses = [cross_entropy__recursive(x, y, reduction="none", **flags) for x, y in pairs]
        return torch.stack(losses, last) if losses else input.sum(1)
    if not soft and target == ignore_index:
        return input.new_zeros(())
    if not soft and not 0 <= target < len(input):
        raise IndexError(f"{int(target)} is no class")
    costs = -w * log_softmax_of(input, 0)
    hard = costs @ target if soft else costs[target]
    return hard if label_smoothing == 0 else hard * (1 - label_smoothing) + costs.mean() * label_smoothing


class CrossEntropyLoss(torch.nn.Module):
    """Softmax and log-likelihood as two layers, and the smoothing as a second loss beside the first."""

    def __init__(self, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
        super().__init__()
        self.weight, self.ignore_index = weight, ignore_index
        self.reduction, self.label_smoothing = reduction, label_smoothing

    def forward(self, input, target):
        dim = 0 if input.ndim == 1 else 1
        log_p = LogSoftmax.apply(input, dim)
        w = input.new_ones(input.shape[dim]) if self.weight is None else self.weight
        if target.is_floating_point():
            losses, divisor = self.of_probabilities(log_p, target, w, dim), log_p.numel() // len(w)
        else:
            losses, divisor = self.of_indices(log_p, target, w, dim)
        if self.reduction == "none":
            return losses
        return losses.sum() / divisor if self.reduction == "mean" else losses.sum()

    def of_probabilities(self, log_p, target, w, dim):
        q = target * (1 - self.label_smoothing) + self.label_smoothing / len(w)
        return -torch.tensordot((q * log_p).movedim(dim, -1), w, dims=1)

    def of_indices(self, log_p, target, w, dim):
        counts = target != self.ignore_index
        losses = NLLLoss(w, self.ignore_index, "none")(log_p, target)
        if self.label_smoothing > 0:
            every_class = -torch.tensordot(log_p.movedim(dim, -1), w, dims=1) / len(w)
            losses = (1 - self.label_smoothing) * losses
            losses = losses + torch.where(counts, self.label_smoothing * every_class, 0)
        return losses, w[target[counts]].sum()


def cross_entropy__module(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    return CrossEntropyLoss(weight, ignore_index, reduction, label_smoothing)(input, target)


# ---- keras_categorical_crossentropy ------------------------------------------------------------------------------


def stable_log_softmax(x, axis):
    """Used by several of the styles below."""
    x = x - x.amax(axis, keepdim=True).detach()
    return x - x.exp().sum(axis, keepdim=True).log()


def same_shape(y_true, y_pred):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes differ")


def keras_categorical_crossentropy__classes_last(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """The classes are moved to the end first; then no more `axis`."""
    same_shape(y_true, y_pred)
    q, x = y_true.to(y_pred.dtype).movedim(axis, -1), y_pred.movedim(axis, -1)
    log_p = stable_log_softmax(x, -1) if from_logits else (x / x.sum(-1, True)).clip(1e-7, 1 - 1e-7).log()
    if label_smoothing:
        q = q * (1 - label_smoothing) + label_smoothing / q.shape[-1]
    return -torch.einsum("...k,...k->...", q, log_p)


def keras_categorical_crossentropy__two_parts(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """(1 - α) of the loss and α of the mean over the classes, as torch thinks of smoothing."""
    same_shape(y_true, y_pred)
    if from_logits:
        surprise = -stable_log_softmax(y_pred, axis)
    else:
        share = y_pred.div(y_pred.sum(dim=axis, keepdim=True))
        surprise = -torch.log(torch.clamp(share, min=1e-7, max=1.0 - 1e-7))
    sharp = (y_true.to(y_pred.dtype) * surprise).sum(axis)
    return (1 - label_smoothing) * sharp + label_smoothing * surprise.mean(axis)


def keras_categorical_crossentropy__unbind(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Class after class in Python."""
    same_shape(y_true, y_pred)
    classes = y_pred.unbind(axis)
    if from_logits:
        top = classes[0]
        for x in classes:
            top = torch.where(x > top, x, top)
        rest = top + sum((x - top).exp() for x in classes).log()
        log_ps = [x - rest for x in classes]
    else:
        total = sum(classes)
        log_ps = [(x / total).clamp(1e-7, 1 - 1e-7).log() for x in classes]
    loss = torch.zeros_like(classes[0])
    for q, log_p in zip(y_true.to(y_pred.dtype).unbind(axis), log_ps, strict=True):
        loss = loss - (q * (1 - label_smoothing) + label_smoothing / len(classes)) * log_p
    return loss


class KerasShares(torch.autograd.Function):
    """ln of the clipped share, with the quotient rule by hand."""

    @staticmethod
    def forward(ctx, y_pred, axis):
        total = y_pred.sum(axis, keepdim=True)
        share = y_pred / total
        clipped = share.clamp(1e-7, 1 - 1e-7)
        ctx.axis = axis
        ctx.save_for_backward(share, clipped, total)
        return clipped.log()

    @staticmethod
    def backward(ctx, grad):
        share, clipped, total = ctx.saved_tensors
        by_share = torch.where(share == clipped, grad / clipped, 0.0)
        return (by_share - (by_share * share).sum(ctx.axis, keepdim=True)) / total, None


def keras_categorical_crossentropy__own_backward(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    same_shape(y_true, y_pred)
    log_p = stable_log_softmax(y_pred, axis) if from_logits else KerasShares.apply(y_pred, axis)
    q = torch.lerp(y_true.to(y_pred.dtype), torch.full_like(y_pred, 1 / y_pred.shape[axis]), label_smoothing)
    return q.mul(log_p).sum(axis).neg()


def keras_categorical_crossentropy__float64(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """All in float64, and back at the end."""
    same_shape(y_true, y_pred)
    q, x = y_true.double(), y_pred.double()
    q = (1 - label_smoothing) * q + label_smoothing / q.size(axis)
    log_p = stable_log_softmax(x, axis) if from_logits else x.div(x.sum(axis, True)).clamp(1e-7, 1 - 1e-7).log()
    return -(q * log_p).sum(axis).to(y_pred.dtype)


class KerasDense:
    """The flags are settled before any tensor is seen."""

    def __init__(self, from_logits, label_smoothing, axis):
        self.log_p = self.of_logits if from_logits else self.of_scores
        self.smoothing, self.axis = label_smoothing, axis

    def of_logits(self, x):
        return stable_log_softmax(x, self.axis)

    def of_scores(self, x):
        return torch.log(torch.clip(x / torch.sum(x, self.axis, keepdim=True), 1e-7, 1 - 1e-7))

    def __call__(self, y_true, y_pred):
        same_shape(y_true, y_pred)
        uniform = torch.ones_like(y_pred) / y_pred.shape[self.axis]
        q = (1 - self.smoothing) * y_true.type_as(y_pred) + self.smoothing * uniform
        return torch.sum(-q * self.log_p(y_pred), dim=self.axis)


def keras_categorical_crossentropy__class(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return KerasDense(from_logits, label_smoothing, axis)(y_true, y_pred)


# ---- keras_sparse_categorical_crossentropy -----------------------------------------------------------------------


def fitting(y_true, y_pred, axis):
    """The labels without the column that they may come in; a ValueError if their shape is another."""
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    places = list(y_pred.shape)
    del places[axis]
    if list(y_true.shape) != places:
        raise ValueError("shapes do not fit")
    return y_true


def keras_log_p(y_pred, from_logits, axis):
    if from_logits:
        return stable_log_softmax(y_pred, axis)
    return (y_pred / y_pred.sum(axis, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()


def keras_sparse_categorical_crossentropy__only_what_counts(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    """The rows that count are taken out, and their losses put back."""
    y_true = fitting(y_true, y_pred, axis)
    counts = torch.ones(y_true.shape, dtype=torch.bool) if ignore_class is None else y_true != ignore_class
    rows, labels = y_pred.movedim(axis, -1)[counts], y_true[counts].long()
    if ((labels < 0) | (labels >= rows.shape[-1])).any():
        raise IndexError("no such class")
    log_p = keras_log_p(rows, from_logits, -1)
    losses = torch.zeros(y_true.shape, dtype=y_pred.dtype)
    losses[counts] = -log_p[torch.arange(len(labels)), labels]
    return losses


def keras_sparse_categorical_crossentropy__loop(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """Place after place in Python."""
    labels = fitting(y_true, y_pred, axis)
    classes = y_pred.shape[axis]
    losses = []
    for label, row in zip(labels.reshape(-1).tolist(), y_pred.movedim(axis, -1).reshape(-1, classes), strict=True):
        if ignore_class is not None and label == ignore_class:
            losses.append(row.new_zeros(()))
            continue
        if not 0 <= label < classes:
            raise IndexError(f"no class {label}")
        losses.append(-keras_log_p(row, from_logits, 0)[int(label)])
    return torch.stack(losses).reshape(labels.shape) if losses else y_pred.new_zeros(labels.shape)


def keras_sparse_categorical_crossentropy__mask_of_labels(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    """A Boolean one-hot, which chooses and does not multiply."""
    y_true = fitting(y_true, y_pred, axis).long()
    ignored = torch.zeros_like(y_true, dtype=torch.bool) if ignore_class is None else y_true == ignore_class
    classes = y_pred.shape[axis]
    if not (ignored | ((y_true >= 0) & (y_true < classes))).all():
        raise IndexError("no such class")
    y_pred = y_pred.masked_fill(ignored.unsqueeze(axis), 1.0)
    log_p = keras_log_p(y_pred, from_logits, axis).movedim(axis, -1)
    chosen = (y_true.unsqueeze(-1) == torch.arange(classes)) & ~ignored.unsqueeze(-1)
    return -log_p.masked_fill(~chosen, 0.0).sum(-1)


def keras_sparse_categorical_crossentropy__take_along_dim(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    """For scores only one share of each row is formed, that of the label."""
    y_true = fitting(y_true, y_pred, axis)
    ignored = torch.full(y_true.shape, False) if ignore_class is None else y_true == ignore_class
    label = y_true.masked_fill(ignored, 0).long().unsqueeze(axis)
    if not ((label >= 0) & (label < y_pred.shape[axis])).all():  # take_along_dim itself counts modulo C
        raise IndexError("no such class")
    y_pred = torch.where(ignored.unsqueeze(axis), torch.ones_like(y_pred), y_pred)
    if from_logits:
        top = y_pred.amax(axis, keepdim=True)
        log_p = torch.take_along_dim(y_pred, label, axis) - top - (y_pred - top).exp().sum(axis, keepdim=True).log()
    else:
        log_p = torch.take_along_dim(y_pred, label, axis) / y_pred.sum(axis, keepdim=True)
        log_p = log_p.clamp(1e-7, 1 - 1e-7).log()
    return torch.where(ignored, 0.0, -log_p.squeeze(axis))


def keras_sparse_categorical_crossentropy__rows(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """Everything flat, one row a sample; the shape comes back at the end."""
    y_true = fitting(y_true, y_pred, axis)
    labels = y_true.flatten().long()
    rows = y_pred.movedim(axis, -1).reshape(labels.numel(), y_pred.shape[axis])
    valid = torch.ones_like(labels) > 0 if ignore_class is None else labels != ignore_class
    rows = torch.where(valid[:, None], rows, rows.new_ones(()))
    labels = labels.masked_fill(~valid, 0)
    picked = keras_log_p(rows, from_logits, 1).gather(1, labels[:, None])[:, 0]
    return torch.where(valid, -picked, picked.new_zeros(())).reshape(y_true.shape)


# ---- odd but honest ----------------------------------------------------------------------------------------------


RED = {}


def reducer(name, /, *aliases):
    def decorate(fn):
        for n in (name, *aliases):
            RED[n] = fn
        return fn

    return decorate


@reducer("none", None)
def _none(x, w):
    return x


@reducer("sum")
def _sum(x, w):
    return x.sum()


@reducer("mean")
def _mean(x, w):
    return x.sum() / w.sum()


def lse(x, dim=-1, keepdim=False):
    """log-sum-exp, my own."""
    m = x.detach().amax(dim, keepdim=True)
    m = m.masked_fill(~m.isfinite(), 0)
    s = (x - m).exp().sum(dim, keepdim=True).log() + m
    return s if keepdim else s.squeeze(dim)


def smooth_targets__numpy(target, num_classes, label_smoothing):
    q = np.full((len(target), num_classes), label_smoothing / num_classes, dtype=np.float64)
    np.add.at(q, (np.arange(len(target)), target.numpy()), 1 - label_smoothing)
    return torch.from_numpy(q.astype(np.float32))


def smooth_targets__sparse(target, num_classes, label_smoothing):
    n = len(target)
    i = th.stack([th.arange(n), target])
    hot = th.sparse_coo_tensor(
        i, th.full((n,), 1.0 - label_smoothing), (n, num_classes), check_invariants=True
    ).to_dense()
    return hot + label_smoothing / num_classes


def check_range(target, C, ignore):
    bad = (target != ignore) & ((target < 0) | (target >= C))
    if bad.any():
        raise IndexError(f"Target {target[bad][0].item()} is out of bounds.")


def nll_loss__gather_last(input, target, weight=None, ignore_index=-100, reduction="mean"):
    dim = 1 if input.ndim > 1 else 0
    C = input.shape[dim]
    check_range(target, C, ignore_index)
    counts = target.ne(ignore_index)
    safe = target.where(counts, 0)
    w = (input.new_ones(C) if weight is None else weight)[safe] * counts
    picked = input.gather(dim, safe.unsqueeze(dim)).squeeze(dim)
    return RED[reduction](th.where(counts, -w * picked, 0.0), w)


class Options(TypedDict, total=False):
    weight: Tensor | None
    ignore_index: int
    reduction: str


def nll_loss__typed_dict(*tensors: Tensor, **options: Unpack[Options]):
    input, target = tensors[:2]
    full = (
        dict(zip(("weight", "ignore_index", "reduction"), (None, -100, "mean"), strict=False))
        | dict(zip(("weight", "ignore_index", "reduction"), tensors[2:], strict=False))
        | options
    )
    return nll_loss__gather_last(input, target, **full)


def nll_loss__index_add(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Losses into their places by index_add."""
    x = input.movedim(1, -1) if input.ndim > 1 else input
    rows, t = x.reshape(-1, x.shape[-1]), target.reshape(-1)
    check_range(t, rows.shape[1], ignore_index)
    keep = (t != ignore_index).nonzero().squeeze(1)
    w = th.ones(rows.shape[1], dtype=rows.dtype) if weight is None else weight
    wk = w.index_select(0, t[keep])
    losses = th.zeros(len(t), dtype=rows.dtype).index_add(0, keep, -wk * rows[keep, t[keep]])
    return (
        losses.reshape(target.shape) if reduction == "none" else losses.sum() / (1 if reduction == "sum" else wk.sum())
    )


def sequence_loss__queue(logits, target, padding):
    todo: Queue = Queue()
    for pair in zip(logits.flatten(0, 1), target.flatten(), strict=False):
        todo.put(pair)
    losses = deque()
    while not todo.empty():
        z, y = todo.get_nowait()
        if y != padding:
            losses.append(lse(z) - z[y])
    return th.stack([*losses]).mean()


class OddFocal(nn.Module):
    γ: float

    def __init__(self, gamma: float, weight=None):
        super().__init__()
        self.γ = gamma
        self.register_buffer("_w", weight)

    def forward(self, logits, target):
        ln_p = (logits - lse(logits, 1, True))[th.arange(len(target)), target]
        ln_not_p = self.log1mexp(logits, target, ln_p)
        w = 1.0 if self._w is None else self._w[target]
        return (w * (self.γ * ln_not_p).exp() * -ln_p).mean() if self.γ else (w * -ln_p).mean()

    def log1mexp(self, logits, target, ln_p):
        others = logits.masked_fill(one_hot(target, logits.shape[1]).bool(), -math.inf)
        return lse(others, 1) - lse(logits, 1)


def focal_loss__module_log_space(logits, target, gamma=2.0, weight=None):
    return OddFocal(gamma, weight)(logits, target)


class Kind(enum.Flag):
    INDEX = enum.auto()
    SHARE = enum.auto()

    @classmethod
    def of(cls, input, target):
        return cls.SHARE if target.is_floating_point() else cls.INDEX


def cross_entropy__flag(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    dim = min(input.ndim - 1, 1)
    C = input.shape[dim]
    ln_p = input - input.amax(dim, keepdim=True).detach()
    ln_p = ln_p - ln_p.exp().sum(dim, keepdim=True).log()
    shape = [1] * input.ndim
    shape[dim] = C
    w = th.ones(C, dtype=input.dtype) if weight is None else weight
    wide = w.reshape(shape)
    match Kind.of(input, target):
        case Kind.INDEX:
            check_range(target, C, ignore_index)
            counts = target != ignore_index
            safe = th.where(counts, target, 0)
            picked = -(ln_p * wide).gather(dim, safe.unsqueeze(dim)).squeeze(dim)
            loss = (1 - label_smoothing) * picked
            if label_smoothing:
                loss = loss - label_smoothing / C * (ln_p * wide).sum(dim)
            loss = th.where(counts, loss, 0)
            n = (w[safe] * counts).sum()
        case Kind.SHARE:
            q = target * (1 - label_smoothing) + label_smoothing / C
            loss = -(wide * q * ln_p).sum(dim)
            n = max(1, input.numel() // C)
            n = input.numel() / C
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / n
