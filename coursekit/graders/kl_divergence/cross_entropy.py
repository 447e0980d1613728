"""The surprise at p of who believes q: `distribution_cross_entropy`."""

from __future__ import annotations

import math

from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_gradient, same_value
from coursekit.graders.kl_divergence.common import READY_MADE, Rng, cross_entropy_spec, entropy_of, ln
from coursekit.graders.kl_divergence.kl import kl_spec, pair

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
