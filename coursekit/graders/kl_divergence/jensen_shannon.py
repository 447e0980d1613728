"""Both divergences from the middle: `js_divergence`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.kl_divergence.common import (
    ARGUMENTS_NORMALISED,
    AVERAGED,
    READY_MADE,
    SUMMED,
    cross_entropy_spec,
    entropy_of,
    kl_spec,
    ln,
    normalised,
    pair,
    pair_checks,
)


def halves(p: Tensor, q: Tensor, m: Tensor) -> Tensor:
    """Half of KL(p‖m) and half of KL(q‖m)."""
    return kl_spec(p, m) / 2 + kl_spec(q, m) / 2


def js_spec(p: Tensor, q: Tensor) -> Tensor:
    """The divergences from the mean of the probabilities."""
    return halves(p, q, (p + q) / 2)


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


pair_checks(js_divergence, "js")


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
    same_gradient(f, js_spec, p, q, wrt=(0, 1))


keeps_dtype(js_divergence, lambda rng: pair(rng, 3), name="js_dtype")


wrong = js_divergence.misconceptions
wrong.table(
    geometric_mean=(
        "m is the normalised geometric mean: this is what averaging logits or log-probabilities gives. It is 0 where "
        "either distribution is, so the bound ln 2 is lost. Average the probabilities: m = (p + q)/2.",
        lambda p, q: halves(p, q, normalised((p * q).sqrt())),
        "I9",
    ),
    distance=(
        "This is the Jensen-Shannon distance, the square root of the divergence (what scipy's `jensenshannon` "
        "returns).",
        lambda p, q: js_spec(p, q).sqrt(),
    ),
    js_bits=(
        "This is in bits, where the bound is 1. Nats need the natural logarithm, and the bound is ln 2.",
        lambda p, q: js_spec(p, q) / math.log(2),
        "I4",
    ),
    js_normalised=(
        ARGUMENTS_NORMALISED,
        lambda p, q: js_spec(normalised(p), normalised(q)),
        "I5",
    ),
    not_halved=(
        "The two divergences are added. Take their mean, half of each: m was mixed half and half, too.",
        lambda p, q: 2 * js_spec(p, q),
    ),
    one_side=(
        "This is KL(p‖m) alone. The other half, KL(q‖m), makes it symmetric.",
        lambda p, q: kl_spec(p, (p + q) / 2),
    ),
)


@wrong(
    "The divergences point the wrong way: these are KL(m‖p) and KL(m‖q), which are inf where p or q is 0. The "
    "outcomes come from p or q, and m is what is believed.",
    covers="KL2",
)
def from_the_middle(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return kl_spec(m, p) / 2 + kl_spec(m, q) / 2


wrong.table(
    jeffreys=(
        "This is the mean of KL(p‖q) and KL(q‖p) (half of Jeffreys' divergence): symmetric, but without a bound. "
        "Compare each with the middle m instead.",
        lambda p, q: kl_spec(p, q) / 2 + kl_spec(q, p) / 2,
    ),
    middle_is_a_sum=(
        "m is p + q, which sums to 2: the result is ln 2 too small, and negative. Halve the sum.",
        lambda p, q: kl_spec(p, p + q) / 2 + kl_spec(q, p + q) / 2,
    ),
    entropies_not_halved=(
        "This is H(m) - H(p) - H(q). What the entropy of the middle exceeds is the mean of the two: (H(p) + H(q))/2.",
        lambda p, q: entropy_of((p + q) / 2) - entropy_of(p) - entropy_of(q),
    ),
    js_averaged=(
        "This divides by the number of outcomes. The weights already add up to 1: sum over dim=-1, do not average.",
        lambda p, q: js_spec(p, q) / p.shape[-1],
        "KL3",
    ),
    js_summed_over_batch=(SUMMED, lambda p, q: js_spec(p, q).sum()),
    js_averaged_over_batch=(AVERAGED, lambda p, q: js_spec(p, q).mean()),
)


@wrong(
    "0 · log 0, or 0 / 0 in the ratio, came out as NaN. The limit is 0: put 1 where p or q is 0, before you divide and "
    "before the logarithm.",
    covers="KL8",
)
def js_nan(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (p * (p / m).log() + q * (q / m).log()).sum(-1) / 2


@wrong(
    "The value is right beside a 0, its gradient is NaN: it was corrected after the logarithm, and the logarithm of "
    "0 is still differentiated. Mask the input of the logarithm.",
    covers="KL9",
)
def js_masked_too_late(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    log_m, none = ln(m), torch.zeros_like(p)
    terms = torch.where(p > 0, p * (p.log() - log_m), none) + torch.where(q > 0, q * (q.log() - log_m), none)
    return terms.sum(-1) / 2


@wrong(
    "A small number inside the logarithms avoids NaN by computing something slightly else. Mask the zeros instead.",
    covers="I6",
)
def js_padded(p: Tensor, q: Tensor, *, eps: float = 1e-6) -> Tensor:
    p_, q_, m_ = p + eps, q + eps, (p + q) / 2 + eps
    return (p * (p_ / m_).log() + q * (q_ / m_).log()).sum(-1) / 2


wrong.table(
    geometric_middle=(
        "m is the root of p · q, the geometric middle. It does not sum to 1: m is (p + q) / 2.",
        lambda p, q: (kl_spec(p, (p * q).sqrt()) + kl_spec(q, (p * q).sqrt())) / 2,
    ),
)
wrong.terms(
    of_p=("half of KL(p‖m)", lambda p, q: kl_spec(p, (p + q) / 2) / 2),
    of_q=("half of KL(q‖m)", lambda p, q: kl_spec(q, (p + q) / 2) / 2),
)
wrong.table(
    largest_half=(
        "The larger of the two divergences is taken. Take their mean.",
        lambda p, q: torch.maximum(kl_spec(p, (p + q) / 2), kl_spec(q, (p + q) / 2)),
    ),
    other_side=(
        "This is KL(q‖m) alone, or its half. KL(p‖m) makes it symmetric.",
        (
            lambda p, q: kl_spec(q, (p + q) / 2),
            lambda p, q: kl_spec(q, (p + q) / 2) / 2,
            lambda p, q: kl_spec(p, (p + q) / 2) / 2,
        ),
    ),
    of_the_middle_alone=(
        "This is the entropy of the middle, or its cross-entropies. The entropies of p and q are to be taken away.",
        (
            lambda p, q: entropy_of((p + q) / 2),
            lambda p, q: (cross_entropy_spec(p, (p + q) / 2) + cross_entropy_spec(q, (p + q) / 2)) / 2,
        ),
    ),
    against_each_other=(
        "p and q are compared with each other, and not with the middle.",
        (kl_spec, lambda p, q: kl_spec(p, q) + kl_spec(q, p), lambda p, q: kl_spec(q, p)),
    ),
    kept_from_one=("This is 1 less the divergence, a similarity.", lambda p, q: 1 - js_spec(p, q)),
    middle_softened=(
        "p and q went through a softmax first. They hold probabilities already.",
        lambda p, q: js_spec(p.softmax(-1), q.softmax(-1)),
    ),
    middle_detached=(
        "The middle is cut from the graph: the value is right, and the gradient misses that m moves too.",
        lambda p, q: halves(p, q, ((p + q) / 2).detach()),
    ),
    middle_of_roots=(
        "The middle is of roots or squares. It is the mean of the probabilities: (p + q) / 2.",
        (
            lambda p, q: halves(p, q, ((p.square() + q.square()) / 2).sqrt()),
            lambda p, q: halves(p, q, 2 * p * q / (p + q).where(p + q > 0, 1.0)),
        ),
    ),
)
wrong.table(
    middle_in_the_numerator=(
        "p and q are compared with the wrong partner: ln(q/m) is weighed by p, and ln(p/m) by q.",
        lambda p, q: ((p * (ln(q) - ln((p + q) / 2))).sum(-1) + (q * (ln(p) - ln((p + q) / 2))).sum(-1)) / 2,
    ),
    weighed_by_the_middle=(
        "The logarithms are weighed by the middle. Each divergence has weights of its own, p or q.",
        (
            lambda p, q: ((p + q) / 2 * (ln(p) - ln(q))).sum(-1),
            lambda p, q: ((p + q) / 2 * (ln(p) + ln(q) - 2 * ln((p + q) / 2))).sum(-1) / 2,
        ),
    ),
    smaller_for_the_middle=(
        "The smaller or the larger one of p and q stands in the place of their middle.",
        (
            lambda p, q: halves(p, q, torch.minimum(p, q)),
            lambda p, q: halves(p, q, torch.maximum(p, q)),
        ),
    ),
)
