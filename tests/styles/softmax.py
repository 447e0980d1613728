"""Right answers to the exercises of notebook 03, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import torch
import torch as th
import torch.nn.functional as F
from torch import Tensor

# ---- sample_loss -------------------------------------------------------------------------------------------------


def sample_loss__difference(logits, target):
    return torch.log(torch.exp(logits).sum()) - logits[target]


def sample_loss__loop(logits, target):
    total = 0.0
    for x in logits:
        total = total + x.exp()
    return total.log() - logits[int(target)]


def sample_loss__one_hot(logits, target):
    p = logits.exp() / logits.exp().sum()
    return -torch.log(p @ F.one_hot(target, len(logits)).to(p.dtype))


def sample_loss__gather(logits, target):
    p = logits.exp() / logits.exp().sum(0, keepdim=True)
    return -p.gather(0, target.reshape(1)).log().squeeze()


def sample_loss__odds(logits, target):
    """How much larger is every other class?"""
    others = torch.arange(len(logits)) != target
    return torch.log1p(torch.exp(logits[others] - logits[target]).sum())


class SampleLoss(torch.autograd.Function):
    """The slope is the probabilities, less 1 at the right class."""

    @staticmethod
    def forward(ctx, logits, target):
        p = logits.exp() / logits.exp().sum()
        ctx.save_for_backward(p, target)
        return -p[target].log()

    @staticmethod
    def backward(ctx, grad):
        p, target = ctx.saved_tensors
        slope = p.clone()
        slope[target] -= 1
        return grad * slope, None


def sample_loss__own_backward(logits, target):
    return SampleLoss.apply(logits, target)


# ---- negative_log_likelihood -------------------------------------------------------------------------------------


def negative_log_likelihood__loop(probabilities, target):
    total = 0 * probabilities.sum()
    for row, label in zip(probabilities.unbind(), target.tolist(), strict=True):
        total -= torch.log(row[label])
    return total


class Likelihood(torch.autograd.Function):
    """The slope is -1/p at each label."""

    @staticmethod
    def forward(ctx, probabilities, target):
        rows = torch.arange(len(target), device=target.device)
        ctx.save_for_backward(probabilities, rows, target)
        return (1 / probabilities[rows, target]).log().sum()

    @staticmethod
    def backward(ctx, grad):
        probabilities, rows, target = ctx.saved_tensors
        slope = torch.zeros_like(probabilities)
        slope[rows, target] = -grad / probabilities[rows, target]
        return slope, None


def negative_log_likelihood__own_backward(probabilities, target):
    return Likelihood.apply(probabilities, target)


def negative_log_likelihood__one_hot(probabilities, target):
    """The probability of the label is a dot product with a one-hot row."""
    rows = F.one_hot(target, probabilities.shape[1]).to(probabilities.dtype)
    return torch.einsum("nc,nc->n", probabilities, rows).log().neg().sum()


def negative_log_likelihood__mask(probabilities, target):
    is_label = torch.arange(probabilities.shape[1]) == target[:, None]
    return -probabilities[is_label].log().sum()


def negative_log_likelihood__vmap(probabilities, target):
    if len(target) == 0:
        return probabilities.new_zeros(())

    def surprise(row, label):
        return -torch.log(torch.gather(row, 0, label.reshape(1))).squeeze()

    return torch.vmap(surprise)(probabilities, target).sum()


def negative_log_likelihood__mantissas(probabilities, target):
    """The product after all, with its power of two kept beside it."""
    p = probabilities.gather(1, target[:, None]).squeeze(1)
    with torch.no_grad():
        exponents = torch.frexp(p).exponent.to(p.dtype)
    mantissas = p * torch.exp2(-exponents)
    return -(mantissas.prod().log() + exponents.sum() * math.log(2))


# ---- log_softmax -------------------------------------------------------------------------------------------------


def log_softmax__max_and_sum(input, dim):
    """ln Σ exp x on its own, then one subtraction."""
    top, _ = torch.max(input, dim=dim, keepdim=True)
    return input - (top + torch.log(torch.sum(torch.exp(input - top), dim=dim, keepdim=True)))


def log_softmax__loop(input, dim):
    """Over rows in Python, and in each row over its numbers."""
    moved = input.movedim(dim, -1)
    rows = []
    for row in moved.reshape(-1, moved.shape[-1]):
        top = row[0]
        for x in row:
            top = x if x > top else top
        total = sum(torch.exp(x - top) for x in row)
        rows.append(torch.stack([x - top - torch.log(total) for x in row]))
    return torch.stack(rows).reshape(moved.shape).movedim(-1, dim)


def log_softmax__unbind(input, dim):
    """Over the classes in Python, each with all rows at once."""
    classes = torch.unbind(input, dim)
    top = classes[0]
    for x in classes[1:]:
        top = torch.maximum(top, x)
    total = sum((x - top).exp() for x in classes)
    return torch.stack([x - top - total.log() for x in classes], dim)


def log_softmax__streaming(input, dim):
    """One pass: when a larger logit comes, what was added up is made smaller."""
    top, *others = input.unbind(dim)
    total = torch.ones_like(top)
    for x in others:
        new_top = torch.where(x > top, x, top)
        total = total * torch.exp(top - new_top) + torch.exp(x - new_top)
        top = new_top
    return input - (top + total.log()).unsqueeze(dim)


def log_softmax__einsum(input, dim):
    """The maximum is a constant here: its part of the gradient cancels."""
    x = input.transpose(dim, -1)
    x = x - x.max(-1, keepdim=True).values.detach()
    total = torch.einsum("...c->...", x.exp())
    return (x - total.log().unsqueeze(-1)).transpose(dim, -1)


def log_softmax__matmul(input, dim):
    """The sums by a matrix of ones, which puts them beside every class."""
    x = input.movedim(dim, -1)
    x = x - x.amax(-1, keepdim=True)
    ones = x.new_ones(x.shape[-1], x.shape[-1])
    return (x - (x.exp() @ ones).log()).movedim(-1, dim)


def log_softmax__numpy_like(input, dim):
    """Sorted rows have their largest logit at the end, wherever the rows came from."""
    moved = input.swapaxes(dim, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    rows = rows - torch.sort(rows, axis=1).values[:, -1:]
    rows = rows - torch.log(torch.exp(rows).sum(axis=1))[:, None]
    return rows.reshape(moved.shape).swapaxes(dim, -1)


def log_softmax__take_along_dim(input, dim):
    """The largest logit by its position."""
    top = torch.take_along_dim(input, input.argmax(dim, keepdim=True), dim)
    odds = torch.exp(input - top)
    return input - top - odds.sum(dim, keepdim=True).log()


def log_softmax__in_place_on_a_clone(input, dim):
    result = input.clone()
    result -= input.amax(dim, keepdim=True)
    result -= result.exp().sum(dim, keepdim=True).log_()
    return result


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


def log_softmax__own_backward(input, dim):
    return LogSoftmax.apply(input, dim)


class ByVjp(torch.autograd.Function):
    """forward asks torch.func for the backward that goes with it."""

    @staticmethod
    def forward(ctx, input, dim):
        value, ctx.pull_back = torch.func.vjp(lambda x: log_softmax__max_and_sum(x, dim), input)
        return value

    @staticmethod
    def backward(ctx, grad):
        return *ctx.pull_back(grad), None


def log_softmax__vjp(input, dim):
    return ByVjp.apply(input, dim)


def log_softmax__vmap(input, dim):
    """Written for one row, mapped over all the others."""

    def of_row(row):
        shifted = row - row.max()
        return shifted - shifted.exp().sum().log()

    moved = input.movedim(dim, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    return torch.vmap(of_row)(rows).reshape(moved.shape).movedim(-1, dim)


def log_softmax__recursive(input, dim):
    """The sum over the classes by halves."""

    def total(x):
        classes = x.shape[dim]
        if classes == 1:
            return x.exp()
        return sum(total(half) for half in x.split([classes // 2, classes - classes // 2], dim))

    shifted = input - input.amax(dim, keepdim=True)
    return shifted - total(shifted).log()


def log_softmax__in_double(input, dim):
    """Wider inside, and back to the caller's dtype at the end."""
    x = input.double()
    x = x - x.amax(dim, keepdim=True)
    return (x - x.exp().sum(dim, keepdim=True).log()).to(input.dtype)


# ---- odd but honest ----------------------------------------------------------------------------------------------


def sample_loss__threads(logits, target):
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda x: (x - logits[target]).exp(), logits.unbind()))
    return sum(parts).log()


class LSM(NamedTuple):
    top: Tensor
    total: Tensor

    @classmethod
    def of(cls, x, dim):
        top = x.amax(dim, keepdim=True)
        return cls(top, (x - top).exp().sum(dim, keepdim=True))

    def __rsub__(self, x):
        return x - self.top - self.total.log()


def log_softmax__rsub(input, dim):
    return input - LSM.of(input, dim)


def log_softmax__out(input, dim):
    with th.no_grad():
        top = th.empty(0, dtype=input.dtype)
        th.amax(input, dim, keepdim=True, out=top)
    z = th.sub(input, top)
    return z - z.exp().sum(dim, keepdim=True).log()


def log_softmax__cumsum(input, dim):
    z = input - input.max(dim, keepdim=True)[0]
    return z - z.exp().cumsum(dim).narrow(dim, -1, 1).log()
