"""Cross-entropy of distributions, KL, Jensen-Shannon, two Gaussians, Keras's KL, distillation, torch's kl_div.

Source of the definitions: Kullback and Leibler, On Information and Sufficiency (1951); Lin, Divergence Measures
Based on the Shannon Entropy (1991); Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network
(2015); `keras.losses.kl_divergence`; `torch.nn.functional.kl_div`.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.compare import same_dtype, same_gradient, same_value
from coursekit.exercise import Exercise, Question
from coursekit.grading import Function
from coursekit.inputs import distribution, normal
from coursekit.twins import keras_twin

Rng = np.random.Generator

READY_MADE = ("kl_div",)


def ln(p: Tensor, where: Tensor | None = None) -> Tensor:
    """The logarithm of p where `where` holds (by default p > 0), else 0: there it is multiplied by 0."""
    return p.where(p > 0 if where is None else where, 1.0).log()


def apart(draw: Callable[[], tuple[Tensor, ...]], *readings: Callable[..., Tensor]) -> tuple[Tensor, ...]:
    """Draws arguments until no two readings of them (the right one, the swapped one …) are close to each other.

    Chance must not hide a mistake: p = (0.3, 0.7) and q = (0.7, 0.3) have the same KL in both directions.
    """
    for _ in range(10_000):  # a few draws do; a check that asks for the impossible must not hang the judge
        args = draw()
        values = [reading(*args) for reading in readings]
        if all(bool(((a - b).abs() > 0.02).all()) for a, b in itertools.combinations(values, 2)):
            return args
    raise RuntimeError("no draw keeps all readings apart")


def nothing(*args: Tensor) -> Tensor:
    """The reading of an answer that always says 0."""
    return tensor(0.0)


def pair(rng: Rng, *shape: int) -> tuple[Tensor, ...]:
    """Two distributions (or two batches) that differ in every row, and more in one direction than in the other."""

    def draw() -> tuple[Tensor, ...]:
        return distribution(rng, shape[-1]), distribution(rng, shape[-1])

    rows = [apart(draw, kl_spec, swapped, nothing) for _ in range(int(np.prod(shape[:-1])))]
    return tuple(torch.stack(side).reshape(shape) for side in zip(*rows))


# ---- distribution_cross_entropy ------------------------------------------------------------------------------


def cross_entropy_spec(p: Tensor, q: Tensor) -> Tensor:
    """-Σ p ln q over the last dimension, 0 ln 0 = 0."""
    return -(p * ln(q, where=p > 0)).sum(-1)


def entropy_of(p: Tensor) -> Tensor:
    return cross_entropy_spec(p, p)


distribution_cross_entropy = Exercise(
    "distribution_cross_entropy",
    cross_entropy_spec,
    points=1,
    forbids=(*READY_MADE, "cross_entropy", "cross_entropy_loss"),
    idea="Cross-entropy is a surprise on average: q says how surprising an outcome is, p says how often it comes.",
    hints=(
        "Entropy averages the surprise -ln p with the weights p. Which of the two p's becomes q when the believed "
        "probabilities are not the true ones?",
        "The outcomes still come from p, so the weights stay. Sum over `dim=-1`.",
        "For p = 0 and q = 0 the computer finds 0 · (-inf) = nan. What could stand in for q there?",
    ),
)


@distribution_cross_entropy.check
def half_and_quarter(f: Function, rng: Rng) -> None:
    """A fair coin that is believed to show heads once in four costs 0.8370 nats"""
    same_value(f, cross_entropy_spec, tensor([0.5, 0.5]), tensor([0.25, 0.75]))
    same_value(f, cross_entropy_spec, *pair(rng, 3))


@distribution_cross_entropy.check
def cross_entropy_rows(f: Function, rng: Rng) -> None:
    """A batch of pairs gives one number each

    Sum over the last dimension only.
    """
    same_value(f, cross_entropy_spec, *pair(rng, 2, 3))
    same_value(f, cross_entropy_spec, *pair(rng, 2, 2, 3))


@distribution_cross_entropy.check
def cross_entropy_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by p and by q"""
    same_gradient(f, cross_entropy_spec, *pair(rng, 3), wrt=(0, 1))


@distribution_cross_entropy.check
def cross_entropy_zeros(f: Function, rng: Rng) -> None:
    """What q rules out costs infinitely much if it happens, nothing if it does not

    Look for a small number added inside the logarithm, for a clamp, and for 0 · (-inf).
    """
    same_value(f, cross_entropy_spec, tensor([0.5, 0.5]), tensor([1.0, 0.0]))
    same_value(f, cross_entropy_spec, tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0]))


@distribution_cross_entropy.misconception(  # KL2
    "p and q have changed places: this is H(q, p). The outcomes come from p, so p holds the weights, and the "
    "surprise is -ln q."
)
def cross_entropy_swapped(p: Tensor, q: Tensor) -> Tensor:
    return cross_entropy_spec(q, p)


@distribution_cross_entropy.misconception("This is the entropy of p: q is not used. The surprise is -ln q.")
def entropy_of_p(p: Tensor, q: Tensor) -> Tensor:
    return entropy_of(p) + 0 * q.sum(-1)


@distribution_cross_entropy.misconception(
    "This is KL(p‖q), the excess over the entropy of p. The cross-entropy is the whole surprise: leave ln p out."
)
def divergence_instead(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q)


@distribution_cross_entropy.misconception(
    "The minus sign is missing: logarithms of probabilities are negative, a surprise is not."
)
def negative_cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    return -cross_entropy_spec(p, q)


@distribution_cross_entropy.misconception(  # I4
    "This is in bits. Nats need the natural logarithm, `torch.log`."
)
def cross_entropy_bits(p: Tensor, q: Tensor) -> Tensor:
    return cross_entropy_spec(p, q) / math.log(2)


@distribution_cross_entropy.misconception(
    "The surprises are not weighted by p: this is their plain sum, as if every outcome came equally often."
)
def cross_entropy_unweighted(p: Tensor, q: Tensor) -> Tensor:
    return -q.log().sum(-1) + 0 * p.sum(-1)


@distribution_cross_entropy.misconception(
    "q went through a softmax first. It holds probabilities already; a softmax is for logits."
)
def cross_entropy_softmax(p: Tensor, q: Tensor) -> Tensor:
    return -(p * q.log_softmax(-1)).sum(-1)


@distribution_cross_entropy.misconception(  # KL3
    "This divides by the number of outcomes. The weights p already add up to 1: sum, do not average."
)
def cross_entropy_averaged(p: Tensor, q: Tensor) -> Tensor:
    return -(p * ln(q, where=p > 0)).mean(-1)


@distribution_cross_entropy.misconception(
    "This sums over the whole batch. Each row is a distribution of its own: sum over dim=-1."
)
def cross_entropy_total(p: Tensor, q: Tensor) -> Tensor:
    return cross_entropy_spec(p, q).sum()


@distribution_cross_entropy.misconception(
    "This averages over the batch. Here every pair of rows keeps its own number: sum over dim=-1 and stop."
)
def cross_entropy_batch_mean(p: Tensor, q: Tensor) -> Tensor:
    return cross_entropy_spec(p, q).mean()


@distribution_cross_entropy.misconception(
    "This sums over the first dimension. The outcomes lie along the last one: sum over dim=-1."
)
def cross_entropy_first_dim(p: Tensor, q: Tensor) -> Tensor:
    return -(p * ln(q, where=p > 0)).sum(0)


@distribution_cross_entropy.misconception(  # KL8
    "0 · log 0 came out as NaN (0 times -inf). What never happens costs nothing: keep the logarithm away from a q "
    "of 0 where p is 0."
)
def cross_entropy_nan(p: Tensor, q: Tensor) -> Tensor:
    return -(p * q.log()).sum(-1)


@distribution_cross_entropy.misconception(  # I6
    "A small number inside the logarithm (log(q + 1e-8)) makes the impossible merely expensive: 9.2 nats in place "
    "of inf. Let inf be seen, and mask where p is 0."
)
def cross_entropy_padded(p: Tensor, q: Tensor) -> Tensor:
    return -(p * (q + 1e-8).log()).sum(-1)


@distribution_cross_entropy.misconception(  # I6
    "The outcomes with q = 0 are left out. That is right only where p is 0 too; an outcome that happens although q "
    "rules it out costs inf. Choose by p, not by q."
)
def cross_entropy_masked_by_q(p: Tensor, q: Tensor) -> Tensor:
    return -(p * ln(q)).sum(-1)


@distribution_cross_entropy.misconception(  # I3
    "`nan_to_num` does more than remove the NaN of 0 · log 0: it also turns inf into 3.4e38. Mask the 0 before the "
    "logarithm instead."
)
def cross_entropy_nan_to_num(p: Tensor, q: Tensor) -> Tensor:
    return -(p * q.log()).nan_to_num().sum(-1)


# ---- kl_divergence -------------------------------------------------------------------------------------------


def kl_spec(p: Tensor, q: Tensor) -> Tensor:
    """Σ p (ln p - ln q) over the last dimension, 0 ln 0 = 0."""
    return (p * (ln(p) - ln(q, where=p > 0))).sum(-1)


kl_divergence = Exercise(
    "kl_divergence",
    kl_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="KL is the excess surprise, weighed by what really happens; that is why its two directions differ.",
    hints=(
        "How much more surprising is one outcome to who believes q, (-ln q), than to who knows p, (-ln p)?",
        "Average that excess, ln p - ln q, with the weights p, over the last dimension.",
        "Three cases need thought: p = 0 (adds 0), p > 0 with q = 0 (inf), both 0 (adds 0). In which of them must "
        "the logarithm see something else? Only p decides.",
        "`torch.where(p > 0, …, 1.0)` inside both logarithms. Masking the product afterwards is too late for the "
        "gradient.",
    ),
)


@kl_divergence.check
def fair_coin_against_quarter(f: Function, rng: Rng) -> None:
    """A fair coin against one that shows heads once in four: 0.1438 nats

    KL(p‖q): p is what happens, q is what is believed.
    """
    same_value(f, kl_spec, tensor([0.5, 0.5]), tensor([0.25, 0.75]))
    same_value(f, kl_spec, *pair(rng, 3))


@kl_divergence.check
def kl_rows(f: Function, rng: Rng) -> None:
    """A batch of pairs gives one divergence each

    Sum over the last dimension only.
    """
    same_value(f, kl_spec, *pair(rng, 2, 3))
    same_value(f, kl_spec, *pair(rng, 2, 2, 3))


@kl_divergence.check
def kl_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by p and by q"""
    same_gradient(f, kl_spec, *pair(rng, 3), wrt=(0, 1))


@kl_divergence.check
def kl_support(f: Function, rng: Rng) -> None:
    """What q rules out although it happens gives inf

    Look for a small number added inside the logarithm, a clamp, or a mask that asks whether q is 0.
    """
    same_value(f, kl_spec, tensor([0.5, 0.5]), tensor([1.0, 0.0]))
    same_value(f, kl_spec, tensor([[0.5, 0.5], [0.5, 0.5]]), tensor([[1.0, 0.0], [0.25, 0.75]]))


@kl_divergence.check
def kl_zero_in_p(f: Function, rng: Rng) -> None:
    """What never happens adds nothing, whatever q says

    0 ln 0 counts as 0, also where q is 0 as well.
    """
    same_value(f, kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.4, 0.4, 0.2]))
    same_value(f, kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0]))


@kl_divergence.check
def kl_gradient_beside_a_zero(f: Function, rng: Rng) -> None:
    """A 0 in p leaves no NaN in the gradient

    `torch.where` computes both branches, and the gradient of the one not taken becomes 0 · inf, NaN. Put the mask
    inside the logarithm. `torch.xlogy(p, p)` has a NaN in its gradient at 0, too.
    """
    # by p, the slope at the zero itself is -inf; 0 is what masking gives, and as good for training
    p = tensor([0.5, 0.5, 0.0])
    same_gradient(f, kl_spec, p, tensor([0.4, 0.4, 0.2]), wrt=(0, 1), free=p == 0)


@kl_divergence.parity
def kl_unnormalised(f: Function, rng: Rng) -> None:
    """Arguments that do not sum to 1 show, even as a negative number

    A negative KL is a message: one of the arguments is no distribution. Normalising, `abs` and `clamp` hide it.
    """
    same_value(f, kl_spec, tensor([0.1, 0.1]), tensor([0.5, 0.5]))
    same_value(f, kl_spec, tensor([0.5, 0.5]), tensor([0.75, 0.75]))


@kl_divergence.parity
def kl_tiny(f: Function, rng: Rng) -> None:
    """Tiny probabilities are not rounded away (float64)

    Look for a small number added inside the logarithm, or a clamp.
    """
    tiny = 10.0 ** -int(rng.integers(6, 9))
    p, q = tensor([tiny, 1 - tiny]).double(), tensor([0.5, 0.5]).double()
    same_value(f, kl_spec, q, p)
    same_value(f, kl_spec, p, q)


@kl_divergence.parity
def kl_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    p, q = pair(rng, 3)
    same_dtype(f, kl_spec, p, q)
    same_dtype(f, kl_spec, p.double(), q.double())


@kl_divergence.misconception(  # KL2
    "The arguments are swapped: this is KL(q‖p), weighed by q. What happens is p, so p holds the weights and stands "
    "on top of the ratio."
)
def swapped(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(q, p)


@kl_divergence.misconception(
    "The ratio is upside down: this is -KL(p‖q). An average excess of surprise cannot be negative: the logarithm is "
    "of p/q."
)
def upside_down(p: Tensor, q: Tensor) -> Tensor:
    return -kl_spec(p, q)


@kl_divergence.misconception(
    "This is the cross-entropy H(p, q), the whole surprise. KL is the excess over the entropy: H(p, q) - H(p)."
)
def whole_surprise(p: Tensor, q: Tensor) -> Tensor:
    return cross_entropy_spec(p, q)


@kl_divergence.misconception(
    "This adds both directions, KL(p‖q) + KL(q‖p) (Jeffreys' divergence). KL itself has a direction."
)
def both_directions(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q) + kl_spec(q, p)


@kl_divergence.misconception(  # I4
    "This is in bits. Nats need the natural logarithm, `torch.log`: ln 2 = 0.693 nats are one bit."
)
def bits(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q) / math.log(2)


@kl_divergence.misconception(
    "The log ratios are added without weights. Weigh each by p: an outcome that comes often counts often."
)
def unweighted(p: Tensor, q: Tensor) -> Tensor:
    return (p / q).log().sum(-1)


@kl_divergence.misconception(
    "The arguments went through a softmax first. They hold probabilities already; a softmax is for logits."
)
def softmax_first(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p.softmax(-1), q.softmax(-1))


@kl_divergence.misconception(  # KL3
    "This divides by the number of outcomes, as `reduction='mean'` of `kl_div` does. The weights p already add up "
    "to 1: sum, do not average."
)
def averaged(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q) / p.shape[-1]


@kl_divergence.misconception("This sums over the whole batch. Each row is a distribution of its own: sum over dim=-1.")
def summed_over_batch(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).sum()


@kl_divergence.misconception(
    "This averages over the batch. Here every pair of rows keeps its own number: sum over dim=-1 and stop."
)
def averaged_over_batch(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).mean()


@kl_divergence.misconception(  # KL5
    "The sum is divided by the first size (`batchmean`). For a single distribution that size is the number of "
    "outcomes, and for a batch every pair of rows should keep its own number: sum over dim=-1."
)
def batchmean_of_anything(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).sum() / p.shape[0]


@kl_divergence.misconception(
    "This sums over the first dimension. The outcomes lie along the last one: sum over dim=-1."
)
def summed_over_first(p: Tensor, q: Tensor) -> Tensor:
    return (p * (ln(p) - ln(q, where=p > 0))).sum(0)


@kl_divergence.misconception(  # KL8
    "0 · log 0 came out as NaN (0 times -inf). The limit is 0: keep the logarithm away from 0."
)
def nan_at_zero(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).sum(-1)


@kl_divergence.misconception(  # KL9
    "The value is right beside a 0 in p, its gradient is NaN: `where`, `nansum` and `xlogy` correct the value after "
    "the logarithm, and the logarithm of 0 is still differentiated. Mask the input of the logarithm."
)
def masked_too_late(p: Tensor, q: Tensor) -> Tensor:
    return torch.where(p > 0, p * (p.log() - q.log()), torch.zeros_like(p)).sum(-1)


@kl_divergence.misconception(  # I3
    "`nan_to_num` does more than remove the NaN of 0 · log 0: it also turns inf into 3.4e38. Mask the 0 before the "
    "logarithm instead."
)
def nan_to_num(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).nan_to_num().sum(-1)


@kl_divergence.misconception(  # I6
    "The outcomes with q = 0 are left out. That is right only where p is 0 too; an outcome that happens although q "
    "rules it out gives inf. Choose by p, not by q."
)
def masked_by_q(p: Tensor, q: Tensor) -> Tensor:
    return (p * (ln(p) - ln(q))).sum(-1)


@kl_divergence.misconception(  # I6
    "A small number inside the logarithms (1e-8) avoids NaN by computing something slightly else, and turns the inf "
    "of an impossible event into a harmless 8.5. Mask the zeros of p instead."
)
def padded(p: Tensor, q: Tensor) -> Tensor:
    return (p * ((p + 1e-8) / (q + 1e-8)).log()).sum(-1)


@kl_divergence.misconception(  # I6
    "Clipping at 1e-6 turns the inf of an impossible event into a harmless 6.2: that q rules out what happens is no "
    "longer seen. Mask the zeros of p instead."
)
def clipped(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p.clamp(min=1e-6) / q.clamp(min=1e-6)).log()).sum(-1)


@kl_divergence.misconception(  # I8
    "`abs` makes a negative result positive. KL of two distributions is never negative; a negative one says that an "
    "argument does not sum to 1, and should be seen."
)
def absolute(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).abs()


@kl_divergence.misconception(  # I8
    "A clamp at 0 hides a negative result. KL of two distributions is never negative; a negative one says that an "
    "argument does not sum to 1, and should be seen."
)
def clamped_result(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).clamp(min=0)


@kl_divergence.misconception(  # KL10
    "This normalises p and q first, as `scipy.stats.entropy` does. Arguments that do not sum to 1 should show, and "
    "the division changes the gradient."
)
def normalised(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True))


# ---- js_divergence -------------------------------------------------------------------------------------------


def js_spec(p: Tensor, q: Tensor) -> Tensor:
    """Half of KL(p‖m) and half of KL(q‖m), with m the mean of the probabilities."""
    m = (p + q) / 2
    return kl_spec(p, m) / 2 + kl_spec(q, m) / 2


js_divergence = Exercise(
    "js_divergence",
    js_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Measured from the middle, both distributions are inside the other's support: symmetric, and at most ln 2.",
    hints=(
        "Toss a fair coin, and draw from p or from q as it falls: what is the distribution m of the outcome?",
        "KL(p‖m) and KL(q‖m) are never inf, because m is 0 only where both are. Average the two.",
        "m is the mean of the probabilities, (p + q)/2, not of their logarithms. With your `kl_divergence` the rest "
        "is one line.",
    ),
)


@js_divergence.check
def far_apart(f: Function, rng: Rng) -> None:
    """Two coins that disagree: (0.9, 0.1) and (0.2, 0.8) are 0.2754 nats apart"""
    same_value(f, js_spec, tensor([0.9, 0.1]), tensor([0.2, 0.8]))
    same_value(f, js_spec, *pair(rng, 3))


@js_divergence.check
def js_rows(f: Function, rng: Rng) -> None:
    """A batch of pairs gives one divergence each

    Sum over the last dimension only.
    """
    same_value(f, js_spec, *pair(rng, 2, 3))
    same_value(f, js_spec, *pair(rng, 2, 2, 3))


@js_divergence.check
def js_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by p and by q"""
    same_gradient(f, js_spec, *pair(rng, 3), wrt=(0, 1))


@js_divergence.check
def nothing_in_common(f: Function, rng: Rng) -> None:
    """Distributions with nothing in common are ln 2 = 0.6931 apart, never more

    Zeros add nothing: keep the logarithm away from them, also where both are 0.
    """
    same_value(f, js_spec, tensor([1.0, 0.0]), tensor([0.0, 1.0]))
    same_value(f, js_spec, tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0]))


@js_divergence.check
def js_gradient_beside_a_zero(f: Function, rng: Rng) -> None:
    """A 0 leaves no NaN in the gradient

    Mask the input of the logarithm, not its output.
    """
    # at the zero itself the slope is -inf; 0 is what masking gives, and as good for training
    p, q = tensor([0.5, 0.5, 0.0]), tensor([0.0, 0.6, 0.4])
    same_gradient(f, js_spec, p, q, free=p == 0)
    same_gradient(f, js_spec, p, q, wrt=(1,), free=q == 0)


@js_divergence.parity
def js_tiny(f: Function, rng: Rng) -> None:
    """Small probabilities are not rounded away (float64)

    Look for a small number added inside the logarithm, or a clamp.
    """
    tiny = 1e-6 * int(rng.integers(1, 5))
    p, q = tensor([tiny, 1 - tiny], dtype=torch.float64), tensor([3 * tiny, 1 - 3 * tiny], dtype=torch.float64)
    same_value(f, js_spec, p, q)


@js_divergence.parity
def js_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    p, q = pair(rng, 3)
    same_dtype(f, js_spec, p, q)
    same_dtype(f, js_spec, p.double(), q.double())


@js_divergence.misconception(  # I9
    "m is the normalised geometric mean: this is what averaging logits or log-probabilities gives. It is 0 where "
    "either distribution is, so the bound ln 2 is lost. Average the probabilities: m = (p + q)/2."
)
def geometric_mean(p: Tensor, q: Tensor) -> Tensor:
    g = (p * q).sqrt()
    m = g / g.sum(-1, keepdim=True)
    return kl_spec(p, m) / 2 + kl_spec(q, m) / 2


@js_divergence.misconception(
    "This is the Jensen-Shannon distance, the square root of the divergence (what scipy's `jensenshannon` returns)."
)
def distance(p: Tensor, q: Tensor) -> Tensor:
    return js_spec(p, q).sqrt()


@js_divergence.misconception(  # I4
    "This is in bits, where the bound is 1. Nats need the natural logarithm, and the bound is ln 2."
)
def js_bits(p: Tensor, q: Tensor) -> Tensor:
    return js_spec(p, q) / math.log(2)


@js_divergence.misconception(
    "The two divergences are added. Take their mean, half of each: m was mixed half and half, too."
)
def not_halved(p: Tensor, q: Tensor) -> Tensor:
    return 2 * js_spec(p, q)


@js_divergence.misconception("This is KL(p‖m) alone. The other half, KL(q‖m), makes it symmetric.")
def one_side(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, (p + q) / 2)


@js_divergence.misconception(  # KL2
    "The divergences point the wrong way: these are KL(m‖p) and KL(m‖q), which are inf where p or q is 0. The "
    "outcomes come from p or q, and m is what is believed."
)
def from_the_middle(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return kl_spec(m, p) / 2 + kl_spec(m, q) / 2


@js_divergence.misconception(
    "This is the mean of KL(p‖q) and KL(q‖p) (half of Jeffreys' divergence): symmetric, but without a bound. Compare "
    "each with the middle m instead."
)
def jeffreys(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q) / 2 + kl_spec(q, p) / 2


@js_divergence.misconception("m is p + q, which sums to 2: the result is ln 2 too small, and negative. Halve the sum.")
def middle_is_a_sum(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, p + q) / 2 + kl_spec(q, p + q) / 2


@js_divergence.misconception(
    "This is H(m) - H(p) - H(q). What the entropy of the middle exceeds is the mean of the two: (H(p) + H(q))/2."
)
def entropies_not_halved(p: Tensor, q: Tensor) -> Tensor:
    return entropy_of((p + q) / 2) - entropy_of(p) - entropy_of(q)


@js_divergence.misconception(  # KL3
    "This divides by the number of outcomes. The weights already add up to 1: sum over dim=-1, do not average."
)
def js_averaged(p: Tensor, q: Tensor) -> Tensor:
    return js_spec(p, q) / p.shape[-1]


@js_divergence.misconception("This sums over the whole batch. Each row is a distribution of its own: sum over dim=-1.")
def js_summed_over_batch(p: Tensor, q: Tensor) -> Tensor:
    return js_spec(p, q).sum()


@js_divergence.misconception(
    "This averages over the batch. Here every pair of rows keeps its own number: sum over dim=-1 and stop."
)
def js_averaged_over_batch(p: Tensor, q: Tensor) -> Tensor:
    return js_spec(p, q).mean()


@js_divergence.misconception(  # KL8
    "0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from 0, in p and in q."
)
def js_nan(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (p * (p / m).log() + q * (q / m).log()).sum(-1) / 2


@js_divergence.misconception(  # KL9
    "The value is right beside a 0, its gradient is NaN: it was corrected after the logarithm, and the logarithm of "
    "0 is still differentiated. Mask the input of the logarithm."
)
def js_masked_too_late(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    log_m, none = ln(m), torch.zeros_like(p)
    terms = torch.where(p > 0, p * (p.log() - log_m), none) + torch.where(q > 0, q * (q.log() - log_m), none)
    return terms.sum(-1) / 2


@js_divergence.misconception(  # I6
    "A small number inside the logarithms (1e-6) avoids NaN by computing something slightly else. Mask the zeros "
    "instead."
)
def js_padded(p: Tensor, q: Tensor) -> Tensor:
    p_, q_, m_ = p + 1e-6, q + 1e-6, (p + q) / 2 + 1e-6
    return (p * (p_ / m_).log() + q * (q_ / m_).log()).sum(-1) / 2


# ---- gaussian_kl ---------------------------------------------------------------------------------------------


def gaussian_spec(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    """The mean over p of ln p(x) - ln q(x), whose squares average to 1 under p and to [σp² + (μp - μq)²]/σq²."""
    squares = (std_p**2 + (mean_p - mean_q) ** 2) / std_q**2
    return (std_q / std_p).log() + (squares - 1) / 2


def gaussians(rng: Rng, *shape: int) -> tuple[Tensor, ...]:
    """Means and standard deviations (of p, then of q) that no formula but the right one gets right."""

    def draw() -> tuple[Tensor, ...]:
        std_p, std_q = tensor(rng.integers(5, 21, size=2) / 10, dtype=torch.float32)
        return normal(rng), std_p, normal(rng), std_q

    wrong = (
        variance_for_deviation,
        gaussian_swapped,
        logarithm_upside_down,
        distance_not_squared,
        wrong_denominator,
        standard_normal_q,
    )
    pairs = [apart(draw, gaussian_spec, *wrong) for _ in range(int(np.prod(shape)))]
    return tuple(torch.stack(side).reshape(shape) for side in zip(*pairs))


gaussian_kl = Exercise(
    "gaussian_kl",
    gaussian_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Between Gaussians KL is a logarithm of the widths, and squares measured in units of q's width.",
    hints=(
        "ln p(x) is -ln σp - (x - μp)²/(2σp²) minus a constant; ln q(x) likewise. Their difference is what to average.",
        "Under p, the mean of (x - μp)² is σp². And the mean of (x - μq)² is σp² + (μp - μq)²: why?",
        "For equal means and standard deviations everything must cancel: that tells the constant.",
    ),
)


@gaussian_kl.check
def one_apart(f: Function, rng: Rng) -> None:
    """N(0, 1) and N(-1, 1) are 0.5 nats apart (0.7213 bits)"""
    same_value(f, gaussian_spec, tensor(0.0), tensor(1.0), tensor(-1.0), tensor(1.0))


@gaussian_kl.check
def wide_and_narrow(f: Function, rng: Rng) -> None:
    """Different widths, different means

    Both arguments `std` are standard deviations. The order of the distributions matters.
    """
    same_value(f, gaussian_spec, tensor(0.0), tensor(1.0), tensor(0.0), tensor(2.0))
    same_value(f, gaussian_spec, *gaussians(rng))


@gaussian_kl.check
def many_gaussians(f: Function, rng: Rng) -> None:
    """Many pairs at once, in any shape

    Every element is a pair of its own: nothing is summed or averaged, and shapes broadcast.
    """
    same_value(f, gaussian_spec, *gaussians(rng, 3))
    mean_p, std_p, mean_q, std_q = gaussians(rng, 2)
    same_value(f, gaussian_spec, mean_p[:, None], std_p[:, None], mean_q, std_q)


@gaussian_kl.check
def gaussian_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by all four"""
    same_gradient(f, gaussian_spec, *gaussians(rng, 2), wrt=(0, 1, 2, 3))


@gaussian_kl.parity
def narrow_gaussian(f: Function, rng: Rng) -> None:
    """Very narrow distributions are taken as they are (float64)

    Look for a small number added to a standard deviation or a variance.
    """
    narrow = 10.0 ** -int(rng.integers(4, 7))
    means = tensor([0.0, narrow], dtype=torch.float64)
    same_value(f, gaussian_spec, means, means * 0 + narrow, means * 0, means * 0 + 3 * narrow)


@gaussian_kl.parity
def gaussian_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    args = gaussians(rng, 2)
    same_dtype(f, gaussian_spec, *args)
    same_dtype(f, gaussian_spec, *(x.double() for x in args))


@gaussian_kl.misconception(
    "The standard deviations are used as if they were variances. Square them where a variance belongs."
)
def variance_for_deviation(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p.sqrt(), mean_q, std_q.sqrt())


@gaussian_kl.misconception(
    "The standard deviations are used as if they were log-variances, as a VAE's encoder gives them. Here they are "
    "standard deviations: no exponential."
)
def log_variance_for_deviation(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, (std_p / 2).exp(), mean_q, (std_q / 2).exp())


@gaussian_kl.misconception(  # KL2
    "The distributions are swapped: this is KL(q‖p). The average is taken under p, so σq² stands in the denominator."
)
def gaussian_swapped(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_q, std_q, mean_p, std_p)


@gaussian_kl.misconception(
    "The -1/2 is missing: for two equal distributions this gives 1/2 in place of 0. It comes from the squares of p "
    "under p itself."
)
def half_missing(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q) + 0.5


@gaussian_kl.misconception(
    "The last term is -1 in place of -1/2: for two equal distributions this gives -1/2. Halve the 1 together with "
    "the squares."
)
def half_is_one(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q) - 0.5


@gaussian_kl.misconception("The logarithm is upside down: with ln(σp/σq) the result can be negative. It is ln(σq/σp).")
def logarithm_upside_down(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q) + 2 * (std_p / std_q).log()


@gaussian_kl.misconception("The logarithm is missing: ln(σq/σp) compares the widths.")
def logarithm_missing(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q) + (std_p / std_q).log()


@gaussian_kl.misconception(
    "This has ln(σq²/σp²), which is twice ln(σq/σp). With variances inside, the logarithm is halved as well."
)
def logarithm_of_variances(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q) + (std_q / std_p).log()


@gaussian_kl.misconception("The distance of the means is not squared. Squares are what a Gaussian's logarithm holds.")
def distance_not_squared(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    d = (mean_p - mean_q).abs()
    return gaussian_spec(mean_p, std_p, mean_q, std_q) + (d - d**2) / (2 * std_q**2)


@gaussian_kl.misconception("The squares are divided by σp². They come from the density of q, which holds σq² below.")
def wrong_denominator(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return (std_q / std_p).log() + ((std_p**2 + (mean_p - mean_q) ** 2) / std_p**2 - 1) / 2


@gaussian_kl.misconception("The squares are not halved: a Gaussian's logarithm holds (x - μ)²/(2σ²), with a 2 below.")
def squares_not_halved(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q) ** 2) / std_q**2 - 0.5


@gaussian_kl.misconception(
    "This is the KL to the standard normal N(0, 1), the formula of a VAE: mean_q and std_q are not used."
)
def standard_normal_q(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q * 0, std_q * 0 + 1)


@gaussian_kl.misconception(  # I4
    "This is in bits. Nats need the natural logarithm, and no division by ln 2."
)
def gaussian_bits(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q) / math.log(2)


@gaussian_kl.misconception("This sums over the elements. Each element is a pair of Gaussians of its own.")
def gaussian_summed(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q).sum()


@gaussian_kl.misconception("This averages over the elements. Each element is a pair of Gaussians of its own.")
def gaussian_averaged(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, std_p, mean_q, std_q).mean()


@gaussian_kl.misconception(  # I6
    "A small number (1e-8) was added to the variances: a very narrow Gaussian comes out too wide. Standard "
    "deviations are positive; nothing needs protection."
)
def gaussian_padded(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    return gaussian_spec(mean_p, (std_p**2 + 1e-8).sqrt(), mean_q, (std_q**2 + 1e-8).sqrt())


# ---- keras_kl_divergence -------------------------------------------------------------------------------------


def keras_kl_spec(y_true: Tensor, y_pred: Tensor, low: float = 1e-7, high: float = 1.0) -> Tensor:
    """Σ p ln(p/q) over the last dimension, with p and q clipped to [low, high]."""
    p, q = y_true.to(y_pred.dtype).clamp(low, high), y_pred.clamp(low, high)
    return (p * (p / q).log()).sum(-1)


def keras_kl_cases() -> Iterator[Question]:
    """Shapes × dtypes with both gradients; then zeros, logarithms, numbers above 1, integers, broadcasting, NaN."""
    dtypes = (torch.float32, torch.float64)
    edges = [
        ([1.0, 0.0], [0.5, 0.5]),
        ([0.5, 0.5], [1.0, 0.0]),
        ([0.0, 1.0], [0.0, 1.0]),
        ([0.6, 0.4], [-0.5, -1.0]),
        ([-0.6, 2.0], [0.9, 0.9]),
        ([2e-7, 1e-9], [1e-8, 3e-7]),
        ([nan, 0.5], [0.5, 0.5]),
        ([inf, 0.5], [0.5, -inf]),
        ([[0.5, 0.5]], [[0.2, 0.8], [1.3, 0.7]]),
    ]
    for first, second in itertools.product(dtypes, dtypes):
        for shape in ((3,), (2, 3), (2, 2), (3, 3, 2), (0, 3)):
            numbers = torch.linspace(-3, 1, int(np.prod(shape)), dtype=torch.float64).reshape(shape)
            yield Question((numbers.exp().to(first), numbers.flip(0).cos().to(second)), wrt=(0, 1))
        for p, q in edges:
            yield Question((tensor(p, dtype=first), tensor(q, dtype=second)), wrt=(0, 1))
    for dtype in dtypes:
        yield Question((tensor([[0, 1, 0]]), tensor([[0.2, 0.7, 0.1]], dtype=dtype)), wrt=(1,))


keras_kl_divergence = Exercise(
    "keras_kl_divergence",
    keras_kl_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("kl_divergence"),
    cases=keras_kl_cases,
    idea="Keras takes the truth first and probabilities twice; its clip makes every alarm finite, and its slope 0.",
    hints=(
        "Clip both arguments, then write the sum of the lesson: y_true holds the weights and stands on top.",
        "`clamp` does both ends at once. What has to be done for p = 0 after it? And for log-probabilities?",
        "One number a row, over `dim=-1`, and no mean. The dtype of the result is that of `y_pred`: convert `y_true`.",
    ),
)


@keras_kl_divergence.check
def three_outcomes(f: Function, rng: Rng) -> None:
    """(0.6, 0.3, 0.1) and the belief (0.2, 0.5, 0.3): 0.3961 nats

    The truth comes first, and both are probabilities.
    """
    same_value(f, keras_kl_spec, tensor([0.6, 0.3, 0.1]), tensor([0.2, 0.5, 0.3]))
    same_value(f, keras_kl_spec, *pair(rng, 3))


@keras_kl_divergence.check
def keras_kl_rows(f: Function, rng: Rng) -> None:
    """A batch of pairs gives one divergence each, and no mean

    The function sums over the last dimension. Only the class `KLDivergence` averages over the rows.
    """
    same_value(f, keras_kl_spec, *pair(rng, 2, 3))
    same_value(f, keras_kl_spec, *pair(rng, 2, 2, 3))


@keras_kl_divergence.check
def impossible_is_finite(f: Function, rng: Rng) -> None:
    """What y_pred rules out counts as 1e-7: 7.3659 where the truth is inf"""
    same_value(f, keras_kl_spec, tensor([0.5, 0.5]), tensor([1.0, 0.0]))
    p, q = distribution(rng, 3), distribution(rng, 2)
    same_value(f, keras_kl_spec, p, tensor([*q.tolist(), 0.0]))


@keras_kl_divergence.check
def keras_kl_zero_in_truth(f: Function, rng: Rng) -> None:
    """What never happens is no trouble, whatever y_pred says"""
    same_value(f, keras_kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.4, 0.4, 0.2]))
    same_value(f, keras_kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0]))


@keras_kl_divergence.check
def logarithms_given(f: Function, rng: Rng) -> None:
    """Log-probabilities are clipped like anything below 0: 15.2202 in place of 0.3961

    Nothing inside guesses that `y_pred` holds logarithms, as torch's `kl_div` wants them.
    """
    same_value(f, keras_kl_spec, tensor([0.6, 0.3, 0.1]), tensor([-1.6094, -0.6931, -1.204]))
    same_value(f, keras_kl_spec, distribution(rng, 2, 3), believed(rng, 2, 3))


@keras_kl_divergence.check
def sums_are_not_mended(f: Function, rng: Rng) -> None:
    """A belief (0.9, 0.9) is not divided by its sum: -0.5878

    A negative divergence is a message. Neither normalising nor `abs` is part of the loss.
    """
    same_value(f, keras_kl_spec, tensor([0.1, 0.1]), tensor([0.5, 0.5]))
    same_value(f, keras_kl_spec, tensor([0.5, 0.5]), tensor([0.9, 0.9]))


@keras_kl_divergence.check
def above_one(f: Function, rng: Rng) -> None:
    """What is above 1 counts as 1, on either side"""
    same_value(f, keras_kl_spec, tensor([0.5, 0.5]), tensor([0.1 * int(rng.integers(15, 40)), 0.25]))
    same_value(f, keras_kl_spec, tensor([0.1 * int(rng.integers(15, 40)), 0.25]), tensor([0.5, 0.5]))


@keras_kl_divergence.check
def keras_kl_gradient(f: Function, rng: Rng) -> None:
    """The gradient by y_pred is right, and 0 where y_pred was clipped

    A clipped number does not move the loss. `clamp` knows that.
    """
    same_gradient(f, keras_kl_spec, *pair(rng, 2, 3), wrt=(1,))
    same_gradient(f, keras_kl_spec, tensor([0.5, 0.25, 0.25]), tensor([0.0, 0.25, 1.5]), wrt=(1,))


@keras_kl_divergence.parity
def keras_kl_both_gradients(f: Function, rng: Rng) -> None:
    """The gradient by y_true as well, and both pass on what comes from above"""
    same_gradient(f, keras_kl_spec, *pair(rng, 2, 3), wrt=(0, 1), scale=3.0)
    same_gradient(f, keras_kl_spec, tensor([0.0, 0.75, 1.5]), tensor([0.25, 0.0, 0.5]), wrt=(0, 1))


@keras_kl_divergence.parity
def keras_kl_bounds(f: Function, rng: Rng) -> None:
    """The bounds are 1e-7 and 1, to the digit (float64)

    Look for a number that is added in place of a clip, for another bound, and for a y_true that is not clipped.
    """
    certain = tensor([1.0, 0.0], dtype=torch.float64)
    same_value(f, keras_kl_spec, certain, tensor([0.5, 0.5], dtype=torch.float64))
    same_value(f, keras_kl_spec, tensor([0.9], dtype=torch.float64), certain[:1])
    tiny = 1e-7 * tensor([int(rng.integers(2, 5)), 0.2], dtype=torch.float64)
    same_value(f, keras_kl_spec, tensor([0.5, 0.5], dtype=torch.float64), tiny)


@keras_kl_divergence.parity
def keras_kl_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of y_pred, whatever that of y_true is

    torch would promote to the finer of the two. Keras converts `y_true` first, integers as well.
    """
    p, q = pair(rng, 2, 3)
    for first, second in itertools.product((torch.float32, torch.float64), repeat=2):
        same_dtype(f, keras_kl_spec, p.to(first), q.to(second), dtype=second)
    same_dtype(f, keras_kl_spec, tensor([[0, 1, 0]]), q[:1], dtype=torch.float32)


@keras_kl_divergence.parity
def keras_kl_no_rows(f: Function, rng: Rng) -> None:
    """A batch of no rows gives no numbers, a batch of one row gives one"""
    same_value(f, keras_kl_spec, torch.empty(0, 3), torch.empty(0, 3))
    same_value(f, keras_kl_spec, *pair(rng, 1, 3))


@keras_kl_divergence.misconception(  # KL2
    "The arguments have changed places: this is KL(y_pred‖y_true). In Keras the truth comes first, as on paper."
)
def keras_kl_swapped(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_pred, y_true)


@keras_kl_divergence.misconception(  # K7
    "`y_pred` is taken for log-probabilities, which is torch's habit. Keras wants probabilities and takes the "
    "logarithm itself."
)
def log_probabilities_expected(y_true: Tensor, y_pred: Tensor) -> Tensor:
    p = y_true.clamp(1e-7, 1)
    return (p * (p.log() - y_pred)).sum(-1)


@keras_kl_divergence.misconception(  # K7
    "These are torch's places: the first argument is read as log-probabilities, the second as the truth. Keras has the "
    "truth first, and no logarithms."
)
def places_of_torch(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return kl_div_spec(y_true, y_pred, "none").sum(-1)


@keras_kl_divergence.misconception(  # K8
    "`y_pred` is divided by its sum first. Keras does that in CategoricalCrossentropy, not here: rows that do not sum "
    "to 1 show, even as a negative number."
)
def belief_normalised(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred / y_pred.sum(-1, keepdim=True))


@keras_kl_divergence.misconception(  # K8
    "Both arguments are divided by their sums first. Keras takes them as they stand: rows that do not sum to 1 show, "
    "even as a negative number."
)
def both_normalised(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return belief_normalised(y_true / y_true.sum(-1, keepdim=True), y_pred)


@keras_kl_divergence.misconception(  # I8
    "`abs` is taken of the result. A negative number says that a row does not sum to 1: Keras lets it be seen."
)
def keras_kl_absolute(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred).abs()


@keras_kl_divergence.misconception(  # I8
    "A result below 0 is cut off. It says that a row does not sum to 1: Keras lets it be seen."
)
def keras_kl_cut_off(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred).clamp(min=0)


@keras_kl_divergence.misconception(
    "Nothing is clipped: an impossible event costs inf. That is the better alarm, but not Keras's: clip both to "
    "[1e-7, 1]."
)
def nothing_clipped(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return kl_spec(y_true, y_pred)


@keras_kl_divergence.misconception("`y_true` is not clipped. Keras clips both, so a 0 in y_true counts as 1e-7 too.")
def truth_not_clipped(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return kl_spec(y_true, y_pred.clamp(1e-7, 1))


@keras_kl_divergence.misconception(
    "`y_pred` is not clipped: where it is 0 the result is inf, where it is negative NaN. Clip both to [1e-7, 1]."
)
def belief_not_clipped(y_true: Tensor, y_pred: Tensor) -> Tensor:
    p = y_true.clamp(1e-7, 1)
    return (p * (p / y_pred).log()).sum(-1)


@keras_kl_divergence.misconception("The upper bound is missing: what is above 1 counts as 1.")
def no_upper_bound(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred, high=inf)


@keras_kl_divergence.misconception(
    "The upper bound is 1 - 1e-7, as in Keras's cross-entropies. There it guards a logarithm of 1 - p; here it is 1."
)
def upper_bound_below_one(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred, high=1 - 1e-7)


@keras_kl_divergence.misconception("The lower bound is not 1e-7 but smaller: 1e-8. Keras's epsilon is 1e-7.")
def smaller_bound(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred, low=1e-8)


@keras_kl_divergence.misconception(  # I6
    "1e-7 is added to both in place of a clip: that moves every number a little, and a negative one stays negative."
)
def keras_kl_padded(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return (y_true * ((y_true + 1e-7) / (y_pred + 1e-7)).log()).sum(-1)


@keras_kl_divergence.misconception(
    "A gradient flows through the clip to numbers that were clipped (`detach`, `.data`, or a straight-through trick). "
    "They do not move the loss: their slope is 0."
)
def slope_through_the_clip(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred + (y_pred.clamp(1e-7, 1) - y_pred).detach())


@keras_kl_divergence.misconception(
    "`y_true` is taken for a constant: no gradient flows back to it. Keras's does, as torch's `kl_div` does."
)
def truth_detached(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true.detach(), y_pred)


@keras_kl_divergence.misconception("This is the cross-entropy, -Σ p ln q. Subtract the entropy: p ln p is part of KL.")
def keras_kl_whole_surprise(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return -(y_true.clamp(1e-7, 1) * y_pred.clamp(1e-7, 1).log()).sum(-1)


@keras_kl_divergence.misconception("This is in bits. Keras counts in nats: the natural logarithm, `torch.log`.")  # I4
def keras_kl_bits(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred) / math.log(2)


@keras_kl_divergence.misconception(
    "`y_pred` went through a softmax first. It holds probabilities already; this loss has no `from_logits`."
)
def belief_from_logits(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred.softmax(-1))


@keras_kl_divergence.misconception(  # KL3
    "This divides by the number of outcomes. The weights add up to 1 already: sum over dim=-1, do not average."
)
def keras_kl_averaged(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred) / y_pred.shape[-1]


@keras_kl_divergence.misconception(
    "This averages over the batch. The class `KLDivergence` does that; the function keeps one number a row."
)
def keras_kl_batch_mean(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred).mean()


@keras_kl_divergence.misconception("This sums over the whole batch. Each row keeps its own number: sum over dim=-1.")
def keras_kl_total(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred).sum()


@keras_kl_divergence.misconception(
    "The result has the finer dtype of the two, as torch promotes. Keras converts `y_true` to the dtype of `y_pred`."
)
def keras_kl_promoted(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_kl_spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)))


# ---- distillation_loss ---------------------------------------------------------------------------------------


def distillation_spec(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """T² times the mean over rows of KL(softmax(teacher/T)‖softmax(student/T))."""
    log_s = (student_logits / temperature).log_softmax(-1)
    log_t = (teacher_logits / temperature).log_softmax(-1)
    return temperature**2 * (log_t.exp() * (log_t - log_s)).sum(-1).mean()


def logits_pair(rng: Rng, *shape: int, temperature: float = 1.0) -> tuple[Tensor, Tensor, float]:
    """Student's and teacher's logits that disagree, and in one direction more than in the other."""

    def draw() -> tuple[Tensor, ...]:
        return 2 * normal(rng, *shape), 2 * normal(rng, *shape)

    def at_temperature(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda student, teacher: loss(student, teacher, temperature)

    wrong = [teacher_from_student, wrong_dimension]
    if temperature != 1:
        wrong += [student_softened_only, teacher_softened_only]
    student, teacher = apart(draw, *map(at_temperature, (distillation_spec, *wrong)))
    return student, teacher, temperature


distillation_loss = Exercise(
    "distillation_loss",
    distillation_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A high temperature shows what the teacher thinks of the wrong answers; T² keeps the gradient's size.",
    hints=(
        "Soften both: divide the teacher's logits and the student's by the temperature, then take `log_softmax`.",
        "The teacher is the truth p here, the student the belief q: one KL(p‖q) a row, then the mean over the rows.",
        "Print the norm of the gradient for T = 10 and T = 20, without any factor. By how much does it shrink, and "
        "what makes up for it?",
    ),
)


@distillation_loss.check
def without_temperature(f: Function, rng: Rng) -> None:
    """At temperature 1 it is the mean KL(teacher‖student)

    The teacher's probabilities are the weights. One KL a row, then the mean over the rows.
    """
    same_value(f, distillation_spec, tensor([[0.0, 1.0]]), tensor([[2.0, 0.0]]), 1.0)
    same_value(f, distillation_spec, *logits_pair(rng, 2, 3))


@distillation_loss.check
def with_temperature(f: Function, rng: Rng) -> None:
    """The temperature softens both, and the loss keeps its scale

    Compare the gradient's size at T = 10 and at T = 20.
    """
    same_value(f, distillation_spec, *logits_pair(rng, 1, 3, temperature=2.0))
    same_value(f, distillation_spec, *logits_pair(rng, 2, 3, temperature=4.0))


@distillation_loss.check
def as_many_samples_as_classes(f: Function, rng: Rng) -> None:
    """As many samples as classes

    The softmax runs over the classes, the last dimension.
    """
    same_value(f, distillation_spec, *logits_pair(rng, 2, 2, temperature=2.0))


@distillation_loss.check
def distillation_gradient(f: Function, rng: Rng) -> None:
    """The gradient by the student's logits is right

    It keeps its size from T = 10 to T = 20.
    """
    student, teacher, _ = logits_pair(rng, 2, 3, temperature=2.0)
    same_gradient(f, distillation_spec, student, teacher, 2.0)
    student, teacher = student.double(), teacher.double()
    same_gradient(f, distillation_spec, student, teacher, 10.0)
    same_gradient(f, distillation_spec, student, teacher, 20.0)


@distillation_loss.parity
def extreme_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give a finite loss

    `softmax` then `log` rounds to log 0; `log_softmax` does not.
    """
    same_value(f, distillation_spec, tensor([[0.0, -1000.0]]), tensor([[0.0, 0.0]]), 1.0)
    same_value(f, distillation_spec, tensor([[1000.0, 0.0]]), tensor([[0.0, 1000.0]]), 1.0)
    same_gradient(f, distillation_spec, tensor([[100.0, 0.0]]), tensor([[0.0, 100.0]]), 1.0)


@distillation_loss.parity
def distillation_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    student, teacher, temperature = logits_pair(rng, 2, 3, temperature=2.0)
    same_dtype(f, distillation_spec, student, teacher, temperature)
    same_dtype(f, distillation_spec, student.double(), teacher.double(), temperature)


@distillation_loss.misconception(  # KL11
    "The factor T² is missing: the gradient shrinks as 1/T², so at a high temperature the student hardly learns, "
    "and a loss that is added to this one takes over."
)
def without_square(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits, teacher_logits, temperature) / temperature**2


@distillation_loss.misconception(  # KL11
    "The factor is T, it should be T²: one T for the division of the logits, one for the probabilities that come "
    "closer to each other."
)
def one_factor_only(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits, teacher_logits, temperature) / temperature


@distillation_loss.misconception(
    "Only the student is softened. The teacher's logits are divided by the temperature as well: a student that "
    "equals its teacher should have a loss of 0."
)
def student_softened_only(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits, teacher_logits * temperature, temperature)


@distillation_loss.misconception(
    "Only the teacher is softened. The student's logits are divided by the temperature as well: a student that "
    "equals its teacher should have a loss of 0."
)
def teacher_softened_only(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits * temperature, teacher_logits, temperature)


@distillation_loss.misconception("The temperature is not used: divide both logits by it before the softmax.")
def temperature_ignored(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits, teacher_logits, 1.0)


@distillation_loss.misconception("The logits are multiplied by the temperature: that sharpens. Softening divides.")
def sharpened(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return temperature**4 * distillation_spec(student_logits, teacher_logits, 1 / temperature)


@distillation_loss.misconception(
    "The probabilities are divided by the temperature. Divide the logits, before the softmax."
)
def probabilities_divided(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return temperature * distillation_spec(student_logits, teacher_logits, 1.0)


@distillation_loss.misconception(  # KL2
    "The arguments are swapped: this is KL(student‖teacher). The teacher is the truth, so its probabilities are the "
    "weights."
)
def teacher_from_student(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(teacher_logits, student_logits, temperature)


@distillation_loss.misconception(  # KL3
    "This averages over all elements, as `reduction='mean'` does: K times too small for K classes. Sum over the "
    "classes, then take the mean over the rows."
)
def mean_over_elements(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits, teacher_logits, temperature) / student_logits.shape[-1]


@distillation_loss.misconception("This sums over the samples. Take their mean, so that the batch size does not matter.")
def sum_over_samples(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    return distillation_spec(student_logits, teacher_logits, temperature) * student_logits.shape[0]


@distillation_loss.misconception("This gives one loss a sample. A training step needs a single number: their mean.")
def one_per_sample(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    rows = zip(student_logits, teacher_logits)
    return torch.stack([distillation_spec(s, t, temperature) for s, t in rows])


@distillation_loss.misconception(
    "This is the cross-entropy with the teacher's probabilities. Its gradient is right, but it never falls to 0: "
    "subtract the teacher's entropy, and KL is left."
)
def soft_cross_entropy(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    t = (teacher_logits / temperature).softmax(-1)
    return -(temperature**2) * (t * (student_logits / temperature).log_softmax(-1)).sum(-1).mean()


@distillation_loss.misconception(
    "The softmax runs over the samples (dim=0). The classes lie along the last dimension: dim=-1."
)
def wrong_dimension(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    columns = distillation_spec(student_logits.T, teacher_logits.T, temperature)
    return columns * student_logits.shape[1] / student_logits.shape[0]


@distillation_loss.misconception(
    "`softmax` and then `log` rounds a probability to 0 and finds log 0. `log_softmax` does both in one step, without "
    "the rounding."
)
def log_of_softmax(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    s, t = (student_logits / temperature).softmax(-1), (teacher_logits / temperature).softmax(-1)
    return temperature**2 * (t * (t.log() - s.log())).sum(-1).mean()


@distillation_loss.misconception(  # I6
    "A small number inside the logarithms (1e-8) keeps a loss of 499 from showing: it comes out as 8.5. `log_softmax` "
    "needs no protection."
)
def distillation_padded(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    s, t = (student_logits / temperature).softmax(-1), (teacher_logits / temperature).softmax(-1)
    return temperature**2 * (t * ((t + 1e-8).log() - (s + 1e-8).log())).sum(-1).mean()


# ---- kl_div --------------------------------------------------------------------------------------------------


def reduced(loss: Tensor, input: Tensor, reduction: str) -> Tensor:
    """`loss` as "none", "sum", "mean" and "batchmean" leave it."""
    if reduction == "none":
        return loss
    size = {"sum": 1, "mean": loss.numel(), "batchmean": input.shape[0]}[reduction]
    return loss.sum() / size


def kl_div_spec(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """T ln t - t · input for every element, with 0 ln 0 = 0; t is exp(target) if log_target."""
    if log_target:
        return reduced(target.exp() * (target - input), input, reduction)
    log_t = target.where(target != 0, 1.0).log()
    return reduced(target * log_t - target * input, input, reduction)


REDUCTIONS = ("none", "sum", "mean", "batchmean")


def kl_div_cases() -> Iterator[Question]:
    """Reductions × log_target × shapes × dtypes, with gradients; then the edges, in value and by input.

    By a target of 0 torch's own gradient is NaN (a fault of xlogy: pytorch issue 89558), so that is not compared.
    """
    edges = [
        (tensor([-0.5, -inf, -inf, -1000.0, 0.5]), tensor([0.0, 0.0, 0.5, 1e-30, 1.5]), False),
        (tensor([0.0, -1.0, nan, -1.0]), tensor([-0.1, nan, 0.5, 0.0]), False),
        (tensor([0.0, -inf, -inf, -1000.0, 100.0]), tensor([-inf, -inf, 0.0, -1000.0, 1.0]), True),
    ]
    dtypes = (torch.float32, torch.float64)
    for reduction, first, second in itertools.product(REDUCTIONS, dtypes, dtypes):
        for log_target, shape in itertools.product((False, True), ((3,), (2, 3), (2, 2), (3, 3, 2), (0, 3))):
            numbers = torch.linspace(-3, 1, int(np.prod(shape)), dtype=first).reshape(shape)
            target = numbers.flip(0).to(second).cos() - 1.1
            target = target if log_target else target.exp()
            yield Question((numbers, target), {"reduction": reduction, "log_target": log_target}, wrt=(0, 1))
        for input, target, log_target in edges:
            kwargs = {"reduction": reduction, "log_target": log_target}
            yield Question((input.to(first), target.to(second)), kwargs, wrt=(0,))


def torch_kl_div(*args: Any, **kwargs: Any) -> Tensor:
    """Torch's own, without its warning that 'mean' is not the KL divergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.nn.functional.kl_div(*args, **kwargs)


def believed(rng: Rng, *shape: int) -> Tensor:
    """Log-probabilities rounded to one decimal, so that they are short (and no exact logarithms of a softmax)."""
    return distribution(rng, *shape).log().mul(10).round().div(10)


def pair_of_logs(rng: Rng, *shape: int, log_target: bool = False) -> tuple[Tensor, ...]:
    """An input and a target of `kl_div` that no other order or flag makes look right."""

    def draw() -> tuple[Tensor, ...]:
        return believed(rng, *shape), believed(rng, *shape) if log_target else distribution(rng, *shape)

    def right(input: Tensor, target: Tensor) -> Tensor:
        return kl_div_spec(input, target, "sum", log_target)

    def other_order(input: Tensor, target: Tensor) -> Tensor:
        return places_swapped(input, target, "sum", log_target)

    return apart(draw, right, other_order, nothing)


kl_div = Exercise(
    "kl_div",
    kl_div_spec,
    points=3,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_kl_div,
    cases=kl_div_cases,
    idea="torch's kl_div takes the believed first and as logarithms, and only 'batchmean' of (N, K) is the KL.",
    hints=(
        "Write KL(p‖q) = Σ p ln p - p ln q in torch's words: which argument is p, which holds ln q already?",
        "First the element-wise loss, then the reduction. `batchmean` looks at `input.shape[0]` only.",
        "With `log_target`, p is exp(target), and ln p is target itself: no logarithm, hence no trouble at 0.",
        "At t = 0 only the logarithm of t needs protection. A mask over the whole term would also hide an input of "
        "-inf.",
    ),
)


@kl_div.check
def element_by_element(f: Function, rng: Rng) -> None:
    """'none': one term an element, t ln t - t · input

    The input holds logarithms; the target does not, and comes second.
    """
    same_value(f, kl_div_spec, tensor([-1.0, -0.5]), tensor([0.25, 0.75]), reduction="none")
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 3), reduction="none")


@kl_div.check
def batchmean(f: Function, rng: Rng) -> None:
    """'batchmean': the mean KL of a batch

    The sum of all terms, divided by the number of rows.
    """
    same_value(f, kl_div_spec, *pair_of_logs(rng, 1, 2), reduction="batchmean")
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 3), reduction="batchmean")


@kl_div.check
def input_as_it_stands(f: Function, rng: Rng) -> None:
    """The input is taken as it stands

    Who calls `kl_div` has applied `log_softmax` before. Nothing is normalised inside.
    """
    same_value(f, kl_div_spec, tensor([[1.0, 3.0]]), tensor([[0.25, 0.75]]), reduction="batchmean")
    same_value(f, kl_div_spec, tensor([[-1.0, -1.0]]), tensor([[0.25, 0.25]]), reduction="batchmean")


@kl_div.check
def zero_in_target(f: Function, rng: Rng) -> None:
    """A target of 0 adds 0"""
    same_value(f, kl_div_spec, tensor([[-0.5, -1.0]]), tensor([[1.0, 0.0]]), reduction="batchmean")


@kl_div.check
def kl_div_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, also beside a target of 0

    By the input it is -target, divided by what the reduction divides by.
    """
    same_gradient(f, kl_div_spec, *pair_of_logs(rng, 2, 3), reduction="batchmean")
    same_gradient(f, kl_div_spec, tensor([[-0.5, -1.0]]), tensor([[1.0, 0.0]]), reduction="batchmean")


@kl_div.parity
def four_reductions(f: Function, rng: Rng) -> None:
    """Four reductions, and 'mean' is the default

    'mean' divides by the number of elements, 'batchmean' by the number of rows.
    """
    input, target = pair_of_logs(rng, 2, 3)
    same_value(f, kl_div_spec, input, target, reduction="sum")
    same_value(f, kl_div_spec, input, target, reduction="mean")
    same_value(f, kl_div_spec, input, target)


@kl_div.parity
def logarithmic_target(f: Function, rng: Rng) -> None:
    """log_target, with every reduction

    The target then holds ln p: take its exponential for the weight, and itself for the logarithm.
    """
    input, target = pair_of_logs(rng, 2, 3, log_target=True)
    for reduction in REDUCTIONS:
        same_value(f, kl_div_spec, input, target, reduction=reduction, log_target=True)
    same_value(f, kl_div_spec, input, target, log_target=True)
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 2), reduction="sum", log_target=False)


@kl_div.parity
def other_shapes(f: Function, rng: Rng) -> None:
    """One and three dimensions: 'batchmean' divides by the first size

    For (N, T, K) that is N, not N · T; for a single distribution (K,) it is K, and not the KL.
    """
    input, target = pair_of_logs(rng, 2, 2, 2)
    for reduction in REDUCTIONS:
        same_value(f, kl_div_spec, input, target, reduction=reduction)
    same_value(f, kl_div_spec, *pair_of_logs(rng, 3), reduction="batchmean")
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 2, 2, log_target=True), reduction="batchmean", log_target=True)


@kl_div.parity
def all_gradients(f: Function, rng: Rng) -> None:
    """The gradient with every reduction and flag, by input and by target"""
    for log_target in (False, True):
        input, target = pair_of_logs(rng, 2, 2, log_target=log_target)
        for reduction in REDUCTIONS:
            kwargs: dict[str, Any] = {"reduction": reduction, "log_target": log_target}
            same_gradient(f, kl_div_spec, input, target, wrt=(0, 1), scale=3.0, **kwargs)


@kl_div.parity
def kl_div_impossible(f: Function, rng: Rng) -> None:
    """Impossible events: inf where they happen, NaN where the target is 0

    0 ln 0 is 0, but 0 · (-inf) stays what it is, as in torch: an input of -inf should be seen.
    """
    same_value(f, kl_div_spec, tensor([[-inf, 0.0]]), tensor([[0.5, 0.5]]), reduction="batchmean")
    same_value(f, kl_div_spec, tensor([[-inf, -0.5]]), tensor([[0.0, 1.0]]), reduction="none")
    same_value(f, kl_div_spec, tensor([-0.5, -0.5]), tensor([-inf, 0.0]), reduction="none", log_target=True)


@kl_div.parity
def negative_target(f: Function, rng: Rng) -> None:
    """A negative target gives NaN

    It is no probability, and often a sign of log-probabilities that were passed without `log_target`.
    """
    same_value(f, kl_div_spec, tensor([[-0.5, -1.0]]), tensor([[-0.5, 0.5]]), reduction="none")


@kl_div.parity
def kl_div_extremes(f: Function, rng: Rng) -> None:
    """Extreme inputs and tiny targets

    Look for a small number added inside a logarithm, for a clamp, and for a logarithm of an exponential.
    """
    same_value(f, kl_div_spec, tensor([[-100.0, -1000.0, 0.0]]), tensor([[0.5, 0.25, 0.25]]), reduction="sum")
    logs = tensor([[-1000.0, 0.0]]), tensor([[-100.0, -900.0]])
    same_value(f, kl_div_spec, *logs, reduction="sum", log_target=True)
    logs = tensor([[-1000.0, 0.0]]), tensor([[0.0, -900.0]])
    same_value(f, kl_div_spec, *logs, reduction="sum", log_target=True)
    tiny = 10.0 ** -int(rng.integers(6, 9))
    target = tensor([[tiny, 2 * tiny]], dtype=torch.float64)
    same_value(f, kl_div_spec, tensor([[-1.0, -0.5]], dtype=torch.float64), target, reduction="none")


@kl_div.parity
def no_rows(f: Function, rng: Rng) -> None:
    """An empty batch: 'sum' gives 0, the means give NaN"""
    empty = torch.empty(0, 3)
    same_value(f, kl_div_spec, empty, empty, reduction="batchmean")
    same_value(f, kl_div_spec, empty, empty)
    same_value(f, kl_div_spec, empty, empty, reduction="sum")


@kl_div.parity
def kl_div_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32; together with float64 it becomes float64"""
    input, target = pair_of_logs(rng, 2, 2)
    double = torch.float64
    same_dtype(f, kl_div_spec, input, target)
    same_dtype(f, kl_div_spec, input.double(), target.double(), dtype=double)
    same_dtype(f, kl_div_spec, input, target.double(), dtype=double)
    same_dtype(f, kl_div_spec, input.double(), target, dtype=double)
    same_dtype(f, kl_div_spec, input, target.log().double(), log_target=True, dtype=double)


@kl_div.misconception(  # KL1
    "This takes the logarithm of `input`. It holds log-probabilities already; a logarithm of negative numbers is NaN."
)
def input_is_probabilities(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input.log(), target, reduction, log_target)


@kl_div.misconception(
    "A `log_softmax` is applied to the input inside. The caller does that: log-probabilities pass through it "
    "unchanged, so it often goes unnoticed, but anything else is silently changed."
)
def log_softmax_inside(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input.log_softmax(-1), target, reduction, log_target)


@kl_div.misconception(
    "A `softmax` is applied to the input inside, and its logarithm is missing. The input holds log-probabilities "
    "already."
)
def softmax_inside(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input.softmax(-1), target, reduction, log_target)


@kl_div.misconception(  # KL2
    "The arguments are swapped: this weighs by exp(input). The target is p, what happens, so it holds the weights, "
    "although it comes second."
)
def places_swapped(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    log_t = target if log_target else target.log()
    return reduced(input.exp() * (input - log_t), input, reduction)


@kl_div.misconception("The sign is wrong: this is t · input - t ln t. KL is p times ln p minus ln q.")
def kl_div_negative(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return -kl_div_spec(input, target, reduction, log_target)


@kl_div.misconception(
    "This is the cross-entropy, -t · input. Its gradient by the input is the same; the value lacks t ln t, so it "
    "does not fall to 0."
)
def without_entropy(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced(-(target.exp() if log_target else target) * input, input, reduction)


@kl_div.misconception("The terms are not weighted by the target: this is ln t - input.")
def kl_div_unweighted(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced((target if log_target else target.log()) - input, input, reduction)


@kl_div.misconception("The target's logarithm is in bits. torch's kl_div is in nats: `torch.log`.")  # I4
def kl_div_bits(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return kl_div_spec(input, target, reduction, log_target)
    return reduced(target * (ln(target) / math.log(2) - input), input, reduction)


@kl_div.misconception(  # I8
    "`abs` is taken of every term. Single terms may be negative; only their sum over a distribution may not."
)
def kl_div_absolute(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced(kl_div_spec(input, target, "none", log_target).abs(), input, reduction)


@kl_div.misconception(  # I8
    "Terms below 0 are cut off. Single terms may be negative; only their sum over a distribution may not."
)
def kl_div_cut_off(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced(kl_div_spec(input, target, "none", log_target).clamp(min=0), input, reduction)


@kl_div.misconception(  # KL10
    "The target is normalised first. torch takes it as it stands: rows that do not sum to 1 give another, even "
    "negative number."
)
def target_normalised(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    target = target.log_softmax(-1) if log_target else target / target.sum(-1, keepdim=True)
    return kl_div_spec(input, target, reduction, log_target)


@kl_div.misconception(  # KL8
    "0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from a target of 0."
)
def kl_div_nan(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    log_t = target if log_target else target.log()
    return reduced((target.exp() if log_target else target) * (log_t - input), input, reduction)


@kl_div.misconception(
    "The target is compared as a constant: no gradient flows back to it. torch's does, and a teacher who is not "
    "trained is detached by the caller."
)
def target_detached(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target.detach(), reduction, log_target)


@kl_div.misconception("'none' sums over the last dimension. It should leave one number an element.")
def none_sums_rows(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    loss = kl_div_spec(input, target, "none", log_target)
    return loss.sum(-1) if reduction == "none" else reduced(loss, input, reduction)


@kl_div.misconception("The reduction is ignored: this is 'batchmean' whatever was asked for.")
def always_batchmean(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "batchmean", log_target)


@kl_div.misconception("The reduction is ignored: this is 'mean' whatever was asked for.")
def always_mean(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "mean", log_target)


@kl_div.misconception("The reduction is ignored: this is 'none' whatever was asked for.")
def always_none(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "none", log_target)


@kl_div.misconception("The reduction is ignored: this is 'sum' whatever was asked for.")
def always_sum(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "sum", log_target)


@kl_div.misconception(  # KL3
    "'mean' divides by the number of rows here. torch divides by the number of elements, which is why its 'mean' is "
    "not the KL divergence and 'batchmean' was added."
)
def mean_over_rows(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "batchmean" if reduction == "mean" else reduction, log_target)


@kl_div.misconception(  # KL3
    "'batchmean' divides by the number of elements here. That is 'mean'; 'batchmean' divides by the number of rows."
)
def batchmean_over_elements(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "mean" if reduction == "batchmean" else reduction, log_target)


@kl_div.misconception(  # KL12
    "The default reduction is 'batchmean' here. torch's is 'mean', which is not the KL divergence but is what a call "
    "without a reduction gives."
)
def other_default(input: Tensor, target: Tensor, reduction: str = "batchmean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, reduction, log_target)


@kl_div.misconception(  # KL4
    "'batchmean' divides by the number of distributions, N · T for (N, T, K). torch divides by the first size only, "
    "whatever the number of dimensions."
)
def batchmean_per_row(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    loss = kl_div_spec(input, target, "none", log_target)
    return loss.sum(-1).mean() if reduction == "batchmean" else reduced(loss, input, reduction)


@kl_div.misconception(  # KL5
    "'batchmean' of a single distribution (K,) gives its sum here: the KL, but not torch's answer. torch divides by "
    "the first size, K."
)
def batchmean_spares_one(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    single = reduction == "batchmean" and input.ndim == 1
    return kl_div_spec(input, target, "sum" if single else reduction, log_target)


@kl_div.misconception(  # KL6
    "`log_target` is not used: log-probabilities were taken for probabilities. Their exponential is the weight, and "
    "they are the logarithm themselves."
)
def log_target_ignored(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, reduction, False)


@kl_div.misconception(  # KL7
    "The target is taken for log-probabilities although `log_target` is False: the weight is exp(target)."
)
def always_log_target(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, reduction, True)


@kl_div.misconception(  # KL7
    "With `log_target` the weight is the target itself, a negative number. The weight is exp(target)."
)
def weight_stays_logarithm(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return reduced(target * (target - input), input, reduction)
    return kl_div_spec(input, target, reduction)


@kl_div.misconception(
    "With `log_target` this takes the logarithm of exp(target), which rounds to log 0 for a very small probability. "
    "The logarithm is there already: it is target."
)
def logarithm_of_exponential(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    if log_target:
        t = target.exp()
        return reduced(t * (t.log() - input), input, reduction)
    return kl_div_spec(input, target, reduction)


@kl_div.misconception(  # I6
    "A small number inside the logarithm (1e-6) avoids NaN by computing something slightly else. Protect the "
    "logarithm where the target is 0, and only there."
)
def kl_div_padded(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return kl_div_spec(input, target, reduction, True)
    return reduced(target * ((target + 1e-6).log() - input), input, reduction)


@kl_div.misconception(
    "The whole term is masked where the target is 0. That hides an input of -inf or NaN beside it; torch's NaN there "
    "is to be seen. Only the target's logarithm needs protection."
)
def whole_term_masked(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    loss = kl_div_spec(input, target, "none", log_target)
    zero = target == (-inf if log_target else 0)
    return reduced(loss.where(~zero, 0.0), input, reduction)


@kl_div.misconception(
    "A negative target passes as if it were a probability of 0. torch gives NaN: protect the logarithm at 0 only, "
    "and let it complain below."
)
def negative_target_passes(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return kl_div_spec(input, target, reduction, True)
    return reduced(target * ln(target) - target * input, input, reduction)
