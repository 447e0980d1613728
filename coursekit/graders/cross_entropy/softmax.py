"""From logits to log-probabilities: `sample_loss` of one sample, and `log_softmax`."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import indices
from coursekit.graders.cross_entropy.common import READY_MADE, Rng, draw_logits, log_softmax_spec
from coursekit.wire import Question

# ---- sample_loss -------------------------------------------------------------------------------------------------


def sample_loss_spec(logits: Tensor, target: Tensor) -> Tensor:
    """-ln of the target's softmax probability."""
    return -log_softmax_spec(logits, 0)[target]


sample_loss = Exercise(
    "sample_loss",
    sample_loss_spec,
    points=1,
    forbids=READY_MADE,
    idea="Cross-entropy is surprise: -ln of the probability that the model gave to what turned out to be right.",
    hints=(
        "First probabilities: `exp` makes every logit positive, and dividing by the sum of all makes them add up to 1.",
        "Then pick the probability of the right class, `p[target]`, and tell its surprise in nats.",
    ),
)


@sample_loss.check
def two_classes(f: Function, rng: Rng) -> None:
    """Logits [1, 2]: class 0 costs 1.3133, class 1 only 0.3133

    Exponentials first, then divide by their sum, then minus the natural logarithm.
    """
    same_value(f, sample_loss_spec, tensor([1.0, 2.0]), tensor(0))
    same_value(f, sample_loss_spec, tensor([1.0, 2.0]), tensor(1))


@sample_loss.check
def more_classes(f: Function, rng: Rng) -> None:
    """Three and four classes, whichever is right"""
    for classes in (3, 4):
        x = draw_logits(rng, classes)
        same_value(f, sample_loss_spec, x, x.argmin())
        same_value(f, sample_loss_spec, x, tensor(int(rng.integers(classes))))


@sample_loss.check
def sample_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: the probabilities, less 1 at the right class"""
    same_gradient(f, sample_loss_spec, draw_logits(rng, 3), indices(rng, 3))


@sample_loss.misconception(  # NLL1
    "This is minus the probability; its logarithm is missing. -p lies between -1 and 0, a surprise is never negative."
)
def minus_probability(logits: Tensor, target: Tensor) -> Tensor:
    return -sample_loss_spec(logits, target).neg().exp()


@sample_loss.misconception(  # NLL2
    "This is minus the logit. Logits are no log-probabilities: this loss falls for ever when all logits grow. Apply "
    "the softmax before the logarithm."
)
def minus_logit(logits: Tensor, target: Tensor) -> Tensor:
    return -logits[target]


@sample_loss.misconception("The minus sign is missing: the logarithm of a probability is negative, a loss is not.")
def log_probability(logits: Tensor, target: Tensor) -> Tensor:
    return -sample_loss_spec(logits, target)


@sample_loss.misconception("This is in bits. Nats need the natural logarithm, `torch.log`.")
def in_bits(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(logits, target) / log(2)


@sample_loss.misconception(
    "The logits are divided by their sum without `exp`: negative logits become negative probabilities."
)
def without_exponential(logits: Tensor, target: Tensor) -> Tensor:
    return -(logits[target] / logits.sum()).log()


@sample_loss.misconception(  # CE1
    "The softmax is applied twice. The second one flattens the probabilities, so the loss cannot come near 0."
)
def softmax_twice(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(log_softmax_spec(logits, 0).exp(), target)


@sample_loss.misconception(
    "The sum below the fraction leaves out the right class: those are odds. Sum over all classes."
)
def odds(logits: Tensor, target: Tensor) -> Tensor:
    p = sample_loss_spec(logits, target).neg().exp()
    return -(p / (1 - p)).log()


@sample_loss.misconception("The other classes' surprises are added (or all are summed). Only the right class counts.")
def all_surprises(logits: Tensor, target: Tensor) -> Tensor:
    return -log_softmax_spec(logits, 0).sum()


@sample_loss.misconception(
    "This averages over the classes. There is one right class and its surprise is the whole loss."
)
def mean_over_classes(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(logits, target) / len(logits)


@sample_loss.misconception("-ln(1 - p) of the wrong classes is added: that is one binary cross-entropy for each class.")
def one_against_all(logits: Tensor, target: Tensor) -> Tensor:
    p = log_softmax_spec(logits, 0).exp()
    return -p[target].log() - (1 - p).log().sum() + (1 - p[target]).log()


@sample_loss.misconception("This is the surprise of the likeliest class. The target says which class is right.")
def likeliest_class(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(logits, logits.argmax())


@sample_loss.misconception("This is 1 - p: it punishes a sure mistake hardly more than an unsure one. Use -ln p.")
def missing_probability(logits: Tensor, target: Tensor) -> Tensor:
    return 1 - sample_loss_spec(logits, target).neg().exp()


@sample_loss.misconception(
    "This is the squared distance to the one-hot target (the Brier score), not the surprise -ln p."
)
def brier(logits: Tensor, target: Tensor) -> Tensor:
    p = log_softmax_spec(logits, 0).exp()
    return (p * p).sum() - 2 * p[target] + 1


# ---- log_softmax -------------------------------------------------------------------------------------------------


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
def log_softmax_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64 and is exact

    Look for a small number added inside the logarithm, or a clamp.
    """
    same_dtype(f, log_softmax_spec, draw_logits(rng, 3), 0)
    same_dtype(f, log_softmax_spec, tensor([0.0, -float(rng.integers(9, 15))], dtype=torch.float64), 0)


@log_softmax.parity
def log_softmax_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, log_softmax_spec, draw_logits(rng, 2, 3), 1, scale=3.0)


@log_softmax.misconception(  # CE3, NLL5
    "Without the shift by the maximum, exp overflows: above 88.7 in float32 it is inf, and far below 0 every term "
    "is 0. Take the row's largest logit away first; the result does not change."
)
def no_shift(input: Tensor, dim: int) -> Tensor:
    return input - input.exp().sum(dim, keepdim=True).log()


@log_softmax.misconception(  # CE2
    "Softmax first and then its logarithm: a small probability is rounded to 0, and ln 0 is -inf (with a gradient "
    "of NaN). Write x - ln Σ exp x instead, where no probability is ever formed."
)
def log_after_softmax(input: Tensor, dim: int) -> Tensor:
    powers = (input - input.amax(dim, keepdim=True)).exp()
    return (powers / powers.sum(dim, keepdim=True)).log()


@log_softmax.misconception(
    "One maximum was taken from the whole tensor. In a row far below it every exp is 0, and ln 0 is -inf: each row "
    "needs its own maximum."
)
def one_maximum(input: Tensor, dim: int) -> Tensor:
    shifted = input - input.max()
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


@log_softmax.misconception("This is the softmax: its logarithm is missing.")
def softmax(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim).exp()


@log_softmax.misconception(  # NLL3
    "`dim` is not used: this always sums over dimension 0, which in a batch mixes the samples."
)
def over_the_batch(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, 0)


@log_softmax.misconception("`dim` is not used: this always sums over the last dimension.")
def over_the_last(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, -1)


@log_softmax.misconception("This sums over all dimensions at once: each row should add up to 1 for itself.")
def over_everything(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input.flatten(), 0).reshape(input.shape)


@log_softmax.misconception(
    "The sum lost its dimension, and broadcasting lined it up with the wrong one (or failed). `keepdim=True` keeps it."
)
def dimension_lost(input: Tensor, dim: int) -> Tensor:
    return input - (input - log_softmax_spec(input, dim)).select(dim, 0)


@log_softmax.misconception(
    "The maximum was taken from the exponents but never given back: ln Σ exp(x - m) is ln Σ exp x - m, so use x - m "
    "in the first place too."
)
def shift_forgotten(input: Tensor, dim: int) -> Tensor:
    return input - (input - input.amax(dim, keepdim=True)).exp().sum(dim, keepdim=True).log()


@log_softmax.misconception(
    "The sign is turned: logarithms of probabilities are negative. The minus belongs to the loss."
)
def negated(input: Tensor, dim: int) -> Tensor:
    return -log_softmax_spec(input, dim)


@log_softmax.misconception(
    "This divides by the mean of the exponentials. Their sum makes the probabilities add up to 1."
)
def mean_of_exponentials(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim) + log(input.shape[dim] if input.ndim else 1)


@log_softmax.misconception("This is in base 2. The natural logarithm undoes `exp`.")
def base_two(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim) / log(2)


@log_softmax.misconception(
    "A small number inside the logarithm avoids -inf by computing something slightly else. Without a softmax before "
    "the logarithm there is no 0 to avoid."
)
def padded(input: Tensor, dim: int) -> Tensor:
    return (log_softmax_spec(input, dim).exp() + 1e-8).log()


@log_softmax.misconception(
    "The logits are clamped before `exp`. That changes the differences, and outside the clamp the gradient is 0."
)
def clamped(input: Tensor, dim: int) -> Tensor:
    x = input.clamp(-80, 80)
    return x - x.exp().sum(dim, keepdim=True).log()


@log_softmax.misconception(
    "The sum was cut from the graph (`.detach()`, `.item()`, `no_grad`), so the gradient misses that all "
    "probabilities share one total."
)
def total_detached(input: Tensor, dim: int) -> Tensor:
    return input + (log_softmax_spec(input, dim) - input).detach()


@log_softmax.misconception(
    "A row in which every class is ruled out came out as -inf. It has no probabilities: torch gives NaN."
)
def nothing_left(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim).masked_fill((input == -inf).all(dim, keepdim=True), -inf)


def raw(input: Tensor, dim: int) -> Tensor:
    """No softmax at all."""
    return input
