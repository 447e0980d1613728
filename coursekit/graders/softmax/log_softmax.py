"""From logits to log-probabilities along any dimension: `log_softmax`."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, same_dtype, same_gradient, same_value, scaled_gradient
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec


def log_softmax_cases() -> Iterator[Question]:
    """Shapes × dims × dtypes with gradients; then extremes, and the edges in value only."""
    for dtype in (torch.float32, torch.float64):
        for shape in ((), (3,), (2, 3), (2, 2, 3), (2, 3, 1, 2), (0, 3)):
            x = torch.linspace(-2, 1.7, int(np.prod(shape, dtype=int)), dtype=dtype).square().reshape(shape)
            for dim in range(-max(x.ndim, 1), max(x.ndim, 1)):
                if x.ndim == 0 or x.shape[dim] > 0:  # of no class at all there is no largest logit
                    yield Question((x, dim), wrt=(0,))
        for row in ([1000.0, 0.0], [-1000.0, -1001.0], [100.0, 0.0], [-inf, 0.0, 1.0], [7.0]):
            yield Question((tensor(row, dtype=dtype), 0), wrt=(0,))
        for row in ([-inf, -inf], [inf, 0.0], [nan, 0.0]):
            yield Question((tensor(row, dtype=dtype), 0))


log_softmax = Exercise(
    "log_softmax",
    log_softmax_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=F.log_softmax,
    cases=log_softmax_cases,
    idea="Only differences between logits count, so the largest may be taken from all of them before `exp` sees any.",
    hints=(
        "On paper: ln(exp xᵢ / Σ exp xⱼ) = xᵢ - ln Σ exp xⱼ. That has one exp and one log less.",
        "exp(1000) is inf, exp(0) is 1. Which number may be taken from all logits of a row without a change of the "
        "result?",
        "`input.amax(dim, keepdim=True)` is one maximum for each row, in a shape that can be subtracted.",
    ),
)


@log_softmax.check
def one_row(f: Function, rng: Rng) -> None:
    """Logits [1, 2] become [-1.3133, -0.3133]"""
    same_value(f, log_softmax_spec, tensor([1.0, 2.0]), 0)
    same_value(f, log_softmax_spec, draw_logits(rng, 3), 0)


@log_softmax.check
def along_dim(f: Function, rng: Rng) -> None:
    """The classes lie along `dim`, wherever that is

    `keepdim=True` keeps the sum in a shape that can be subtracted.
    """
    for dim in (1, 0):
        same_value(f, log_softmax_spec, draw_logits(rng, 2, 2), dim)
        same_value(f, log_softmax_spec, draw_logits(rng, 2, 3), dim)
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 3, 2), 1)


@log_softmax.check
def log_softmax_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, log_softmax_spec, draw_logits(rng, 3), 0)
    same_gradient(f, log_softmax_spec, draw_logits(rng, 2, 3), 1)


@log_softmax.check
def large_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers, not inf or NaN

    Take the largest logit of each row away before `exp`, and keep softmax and logarithm together: ln(exp x) is x.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_value(f, log_softmax_spec, tensor([big, 0.0]), 0)
    same_value(f, log_softmax_spec, tensor([-big, -big - 1]), 0)
    same_value(f, log_softmax_spec, tensor([[big, big - 1], [-big, 1 - big]]), 1)
    same_gradient(f, log_softmax_spec, tensor([big, 0.0, big - 1]), 0)


@log_softmax.parity
def last_dim(f: Function, rng: Rng) -> None:
    """`dim` may count from the end"""
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 3), -1)
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 3, 2), -2)


@log_softmax.parity
def class_ruled_out(f: Function, rng: Rng) -> None:
    """A class ruled out by -inf stays at -inf and leaves the others in peace"""
    same_gradient(f, log_softmax_spec, tensor([-inf, 0.0, 1.0]), 0)


@log_softmax.parity
def all_ruled_out(f: Function, rng: Rng) -> None:
    """Where every class is ruled out, NaN

    0/0 has no value, and torch says so. A number in its place would hide that the row has no answer.
    """
    same_value(f, log_softmax_spec, tensor([[-inf, -inf], [1.0, 2.0]]), 1)


@log_softmax.parity
def few_logits(f: Function, rng: Rng) -> None:
    """One class alone has the logarithm 0, whatever its logit"""
    same_value(f, log_softmax_spec, draw_logits(rng, 1), 0)
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 1), 1)
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 1), 0)


@log_softmax.parity
def log_softmax_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64 and is exact

    Look for a small number added inside the logarithm, or a clamp.
    """
    same_dtype(f, log_softmax_spec, draw_logits(rng, 3), 0)
    same_dtype(f, log_softmax_spec, tensor([0.0, -float(rng.integers(9, 15))], dtype=torch.float64), 0)


scaled_gradient(log_softmax, lambda rng: (draw_logits(rng, 2, 3), 1), name="log_softmax_scaled")


wrong = log_softmax.misconceptions


@wrong(
    "Without the shift by the maximum, exp overflows: above 88.7 in float32 it is inf, and far below 0 every term "
    "is 0. Take the row's largest logit away first; the result does not change.",
    covers="CE3 NLL5",
)
def no_shift(input: Tensor, dim: int) -> Tensor:
    return input - input.exp().sum(dim, keepdim=True).log()


@wrong(
    "Softmax first and then its logarithm: a small probability is rounded to 0, and ln 0 is -inf (with a gradient "
    "of NaN). Write x - ln Σ exp x instead, where no probability is ever formed.",
    covers="CE2",
)
def log_after_softmax(input: Tensor, dim: int) -> Tensor:
    powers = (input - input.amax(dim, keepdim=True)).exp()
    return (powers / powers.sum(dim, keepdim=True)).log()


@wrong(
    "One maximum was taken from the whole tensor. In a row far below it every exp is 0, and ln 0 is -inf: each row "
    "needs its own maximum."
)
def one_maximum(input: Tensor, dim: int) -> Tensor:
    shifted = input - input.max()
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


wrong.table(
    softmax=("This is the softmax: its logarithm is missing.", lambda x, dim: log_softmax_spec(x, dim).exp()),
    over_the_batch=(
        "`dim` is not used: this always sums over dimension 0, which in a batch mixes the samples.",
        lambda x, dim: log_softmax_spec(x, 0),
        "NLL3",
    ),
    one_sum_for_all=(
        "The exponentials of the whole tensor are summed: each row has a sum of its own, over `dim`.",
        lambda x, dim: (x - x.amax(dim, keepdim=True)) - (x - x.amax(dim, keepdim=True)).exp().sum().log(),
    ),
    over_the_last=(
        "`dim` is not used: this always sums over the last dimension.",
        lambda x, dim: log_softmax_spec(x, -1),
    ),
    over_everything=(
        "This sums over all dimensions at once: each row should add up to 1 for itself.",
        lambda x, dim: log_softmax_spec(x.flatten(), 0).reshape(x.shape),
    ),
    dimension_lost=(
        "The sum lost its dimension, and broadcasting lined it up with the wrong one (or failed). `keepdim=True` keeps "
        "it.",
        lambda x, dim: x - (x - log_softmax_spec(x, dim)).select(dim, 0),
    ),
    shift_forgotten=(
        "The maximum was taken from the exponents but never given back: ln Σ exp(x - m) is ln Σ exp x - m, so use x - "
        "m in the first place too.",
        lambda x, dim: x - (x - x.amax(dim, keepdim=True)).exp().sum(dim, keepdim=True).log(),
    ),
    negated=(
        "The sign is turned: logarithms of probabilities are negative. The minus belongs to the loss.",
        lambda x, dim: -log_softmax_spec(x, dim),
    ),
    mean_of_exponentials=(
        "This divides by the mean of the exponentials. Their sum makes the probabilities add up to 1.",
        lambda x, dim: log_softmax_spec(x, dim) + log(x.shape[dim] if x.ndim else 1),
    ),
    base_two=(
        "This is in base 2. The natural logarithm undoes `exp`.",
        lambda x, dim: log_softmax_spec(x, dim) / log(2),
    ),
)


@wrong(
    "A small number inside the logarithm avoids -inf by computing something slightly else. Without a softmax before "
    "the logarithm there is no 0 to avoid."
)
def padded(input: Tensor, dim: int, *, eps: float = 1e-8) -> Tensor:
    return (log_softmax_spec(input, dim).exp() + eps).log()


@wrong("The logits are clamped before `exp`. That changes the differences, and outside the clamp the gradient is 0.")
def clamped(input: Tensor, dim: int) -> Tensor:
    x = input.clamp(-80, 80)
    return x - x.exp().sum(dim, keepdim=True).log()


@wrong(
    "The sum was cut from the graph (`.detach()`, `.item()`, `no_grad`), so the gradient misses that all "
    "probabilities share one total."
)
def total_detached(input: Tensor, dim: int) -> Tensor:
    return input + (log_softmax_spec(input, dim) - input).detach()


wrong.table(
    nothing_left=(
        "A row in which every class is ruled out came out as -inf. It has no probabilities: torch gives NaN.",
        lambda x, dim: log_softmax_spec(x, dim).masked_fill((x == -inf).all(dim, keepdim=True), -inf),
    ),
)

wrong.table(
    sum_plus_one=(
        "The logarithm is of 1 + Σ exp: `log1p` has no place here. Without the 1 the probabilities add up to 1.",
        lambda x, dim: (
            x - x.amax(dim, keepdim=True) - (x - x.amax(dim, keepdim=True)).exp().sum(dim, keepdim=True).log1p()
        ),
    ),
    ruled_out_kept=(
        "-inf was replaced by a number. It rules a class out: its probability is 0, and the logarithm -inf.",
        (
            lambda x, dim: log_softmax_spec(x.clamp(min=-1e4), dim),
            lambda x, dim: log_softmax_spec(x.clamp(min=-1e9), dim),
            lambda x, dim: log_softmax_spec(x.clamp(min=-1e30), dim),
            lambda x, dim: log_softmax_spec(x.nan_to_num(neginf=torch.finfo(x.dtype).min), dim),
        ),
    ),
)
wrong.table(
    divided_by_the_largest=(
        "The logits are divided by the largest one. It is taken off: a softmax sees differences only.",
        lambda x, dim: log_softmax_spec(x / x.amax(dim, keepdim=True), dim),
    ),
    mean_taken_off=(
        "The mean of the exponentials, or of the logits, is taken off. It is the logarithm of the sum of exponentials.",
        (
            lambda x, dim: x - x.mean(dim, keepdim=True),
            lambda x, dim: x - x.exp().mean(dim, keepdim=True).log(),
        ),
    ),
    logarithm_of_logits=(
        "The logarithm is of the logits, or of their shares without `exp`.",
        (lambda x, dim: (x / x.sum(dim, keepdim=True)).log(), lambda x, dim: x.log() - x.sum(dim, keepdim=True).log()),
    ),
    log_sigmoid_of_each=(
        "Each logit went through a sigmoid. In a softmax the classes share the probability.",
        lambda x, dim: -(-x).exp().log1p(),
    ),
)


@wrong("The maximum is taken over the first dimension, whatever `dim` says, or over the last, where `dim` is another.")
def maximum_of_others(input: Tensor, dim: int) -> Tensor:
    shifted = input - input.amax(0, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


wrong.table(
    largest_alone=(
        "Only the largest logit is taken off. The logarithm of the sum of exponentials is to be taken off.",
        lambda x, dim: x - x.amax(dim, keepdim=True),
    ),
)
