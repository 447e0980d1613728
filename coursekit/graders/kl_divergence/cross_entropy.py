"""The surprise at p of whoever believes q: `distribution_cross_entropy`."""

from __future__ import annotations

import math

from torch import tensor

from coursekit.exercise import Exercise, Function, Rng, same_value
from coursekit.graders.kl_divergence.common import (
    ARGUMENTS_NORMALISED,
    AVERAGED,
    NAN_TO_NUM,
    READY_MADE,
    SUMMED,
    SUMMED_FIRST,
    cross_entropy_spec,
    entropy_of,
    kl_spec,
    ln,
    normalised,
    pair,
    pair_checks,
)

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


pair_checks(distribution_cross_entropy, "cross_entropy", "number")


@distribution_cross_entropy.check
def cross_entropy_zeros(f: Function, rng: Rng) -> None:
    """What q rules out costs infinitely much if it happens, nothing if it does not

    Look for a small number added inside the logarithm, for a clamp, and for 0 · (-inf).
    """
    same_value(f, cross_entropy_spec, tensor([0.5, 0.5]), tensor([1.0, 0.0]))
    same_value(f, cross_entropy_spec, tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0]))


distribution_cross_entropy.misconceptions.table(
    entropy_of_belief=(
        "This is the entropy of q: p is not used. The outcomes come from p.",
        lambda p, q: cross_entropy_spec(q, q),
    ),
    entropy_of_truth=(
        "This is the entropy of p: q is not used. The surprise is at what was believed, -ln q.",
        lambda p, q: cross_entropy_spec(p, p),
    ),
    cross_entropy_swapped=(
        "p and q have changed places: this is H(q, p). The outcomes come from p, so p holds the weights, and the "
        "surprise is -ln q.",
        lambda p, q: cross_entropy_spec(q, p),
        "KL2",
    ),
    entropy_of_p=(
        "This is the entropy of p: q is not used. The surprise is -ln q.",
        lambda p, q: entropy_of(p) + 0 * q.sum(-1),
    ),
    divergence_instead=(
        "This is KL(p‖q), the excess over the entropy of p. The cross-entropy is the whole surprise: leave ln p out.",
        kl_spec,
    ),
    logarithm_of_mean=(
        "This is -ln Σ p q, the logarithm of a mean. The cross-entropy is the mean of logarithms: -Σ p ln q.",
        lambda p, q: -(p * q).sum(-1).log(),
    ),
    negative_cross_entropy=(
        "The minus sign is missing: logarithms of probabilities are negative, a surprise is not.",
        lambda p, q: -cross_entropy_spec(p, q),
    ),
    cross_entropy_bits=(
        "This is in bits. Nats need the natural logarithm, `torch.log`.",
        lambda p, q: cross_entropy_spec(p, q) / math.log(2),
        "I4",
    ),
    cross_entropy_unweighted=(
        "The surprises are not weighted by p: this is their plain sum, as if every outcome came equally often.",
        lambda p, q: -q.log().sum(-1) + 0 * p.sum(-1),
    ),
    cross_entropy_softmax=(
        "q went through a softmax first. It holds probabilities already; a softmax is for logits.",
        lambda p, q: -(p * q.log_softmax(-1)).sum(-1),
    ),
    cross_entropy_averaged=(
        "This divides by the number of outcomes. The weights p already add up to 1: sum, do not average.",
        lambda p, q: -(p * ln(q, where=p > 0)).mean(-1),
        "KL3",
    ),
    cross_entropy_total=(SUMMED, lambda p, q: cross_entropy_spec(p, q).sum()),
    cross_entropy_batch_mean=(AVERAGED, lambda p, q: cross_entropy_spec(p, q).mean()),
    cross_entropy_first_dim=(SUMMED_FIRST, lambda p, q: -(p * ln(q, where=p > 0)).sum(0)),
    cross_entropy_nan=(
        "0 · log 0 came out as NaN (0 times -inf). What never happens costs nothing: keep the logarithm away from a q "
        "of 0 where p is 0.",
        lambda p, q: -(p * q.log()).sum(-1),
        "KL8",
    ),
    cross_entropy_padded=(
        "A small number inside the logarithm, or a clamp, makes the impossible merely expensive, in place of inf. Let "
        "inf be seen, and mask where p is 0.",
        lambda p, q, *, eps=1e-8: -(p * (q + eps).log()).sum(-1),
        "I6",
    ),
    cross_entropy_masked_by_q=(
        "The outcomes with q = 0 are left out. That is right only where p is 0 too; an outcome that happens although q "
        "rules it out costs inf. Choose by p, not by q.",
        lambda p, q: -(p * ln(q)).sum(-1),
        "I6",
    ),
    cross_entropy_normalised=(
        ARGUMENTS_NORMALISED,
        lambda p, q: cross_entropy_spec(normalised(p), normalised(q)),
        "I5",
    ),
    cross_entropy_nan_to_num=(NAN_TO_NUM, lambda p, q: -(p * q.log()).nan_to_num().sum(-1), "I3"),
)
distribution_cross_entropy.misconceptions.table(
    of_the_likeliest=(
        "Only the likeliest outcome of p counts. Every outcome counts, weighed by its p.",
        lambda p, q: -q.gather(-1, p.argmax(-1, keepdim=True)).squeeze(-1).log(),
    ),
    yes_or_no_of_each=(
        "1 - p and 1 - q have terms of their own: that is a yes-or-no question for each outcome. One of them comes.",
        lambda p, q: cross_entropy_spec(p, q) + cross_entropy_spec(1 - p, 1 - q),
    ),
    both_entropies=(
        "The entropies of p and of q are added, or averaged. The cross-entropy is -Σ p ln q.",
        (
            lambda p, q: entropy_of(p) + entropy_of(q),
            lambda p, q: (entropy_of(p) + entropy_of(q)) / 2,
            lambda p, q: (cross_entropy_spec(p, q) + cross_entropy_spec(q, p)) / 2,
            lambda p, q: cross_entropy_spec(p, q) + cross_entropy_spec(q, p),
        ),
    ),
    entropy_of_product=(
        "The logarithm is of p · q, or of p / q. It is of q alone.",
        (
            lambda p, q: cross_entropy_spec(p, p * q),
            lambda p, q: -cross_entropy_spec(p, q) + entropy_of(p),
            lambda p, q: cross_entropy_spec(p * q, q),
        ),
    ),
    without_logarithm=(
        "There is no logarithm: this is Σ p q or Σ p (1 - q). The surprise is -ln q.",
        (lambda p, q: (p * q).sum(-1), lambda p, q: -(p * q).sum(-1), lambda p, q: (p * (1 - q)).sum(-1)),
    ),
)
