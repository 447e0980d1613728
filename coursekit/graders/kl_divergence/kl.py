"""What believing q costs where p is true: `kl_divergence`."""

from __future__ import annotations

import math

import torch
from torch import tensor

from coursekit.exercise import Exercise, Function, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.kl_divergence.common import (
    AVERAGED,
    NAN_TO_NUM,
    READY_MADE,
    SUMMED,
    SUMMED_FIRST,
    cross_entropy_spec,
    kl_spec,
    ln,
    normalised,
    pair,
    pair_checks,
)

kl_divergence = Exercise(
    "kl_divergence",
    kl_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="KL is the excess surprise, weighed by what really happens; that is why its two directions differ.",
    hints=(
        "How much more does one outcome surprise somebody who believes q (-ln q) than somebody who knows p (-ln p)?",
        "Average that excess, ln p - ln q, with the weights p, over the last dimension.",
        "Three cases need thought: p = 0 (adds 0), p > 0 with q = 0 (inf), both 0 (adds 0). In which of them must "
        "the logarithm see something else? Only p decides.",
        "`torch.where` can choose what each of the two logarithms is given. Masking the product afterwards is too late "
        "for the gradient.",
    ),
)


@kl_divergence.check
def fair_coin_against_quarter(f: Function, rng: Rng) -> None:
    """A fair coin against one that shows heads once in four: 0.1438 nats

    KL(p‖q): p is what happens, q is what is believed.
    """
    same_value(f, kl_spec, tensor([0.5, 0.5]), tensor([0.25, 0.75]))
    same_value(f, kl_spec, *pair(rng, 3))


pair_checks(kl_divergence, "kl")


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
    tiny = 10.0 ** -int(rng.integers(7, 10))
    p, q = tensor([tiny, 1 - tiny], dtype=torch.float64), tensor([0.5, 0.5], dtype=torch.float64)
    same_gradient(f, kl_spec, q, p, wrt=(0, 1))
    same_gradient(f, kl_spec, p, q, wrt=(0, 1))


keeps_dtype(kl_divergence, lambda rng: pair(rng, 3), name="kl_dtype")


PADDED = (
    "A small number inside the logarithms, added or as a clamp, avoids NaN by computing something slightly else, and "
    "turns the inf of an impossible event into a harmless number. Mask the zeros of p instead."
)

kl_divergence.misconceptions.table(
    swapped=(
        "The arguments are swapped: this is KL(q‖p), weighed by q. What happens is p, so p holds the weights and "
        "stands on top of the ratio.",
        lambda p, q: kl_spec(q, p),
        "KL2",
    ),
    upside_down=(
        "The ratio is upside down: this is -KL(p‖q). An average excess of surprise cannot be negative: the logarithm "
        "is of p/q.",
        lambda p, q: -kl_spec(p, q),
    ),
    whole_surprise=(
        "This is the cross-entropy H(p, q), the whole surprise. KL is the excess over the entropy: H(p, q) - H(p).",
        cross_entropy_spec,
    ),
    both_directions=(
        "This adds both directions, KL(p‖q) + KL(q‖p) (Jeffreys' divergence). KL itself has a direction.",
        lambda p, q: kl_spec(p, q) + kl_spec(q, p),
    ),
    bits=(
        "This is in bits. Nats need the natural logarithm, `torch.log`: ln 2 = 0.693 nats are one bit.",
        lambda p, q: kl_spec(p, q) / math.log(2),
        "I4",
    ),
    weighted_by_q=(
        "The log ratios are weighed by q. What happens is p: weigh each by p.",
        lambda p, q: (q * (ln(p) - ln(q, where=p > 0))).sum(-1),
    ),
    chi_squared=(
        "This is Σ (p - q)² / q, Pearson's χ². KL weighs logarithms: Σ p ln(p/q).",
        lambda p, q: ((p - q) ** 2 / q.where(q > 0, 1.0)).sum(-1),
    ),
    total_variation=(
        "This adds up the differences |p - q|. KL weighs logarithms: Σ p ln(p/q).",
        (lambda p, q: (p - q).abs().sum(-1), lambda p, q: (p - q).abs().sum(-1) / 2),
    ),
    entropy_only=(
        "q is not used: this is Σ p ln p, minus the entropy of p.",
        lambda p, q: (p * ln(p)).sum(-1),
    ),
    terms_cut=(
        "Each term is cut off at 0. Terms below 0 belong to the sum: only the sum of all is never negative.",
        lambda p, q: (p * (ln(p) - ln(q, where=p > 0))).clamp(min=0).sum(-1),
        "I8",
    ),
    unweighted=(
        "The log ratios are added without weights. Weigh each by p: an outcome that comes often counts often.",
        lambda p, q: (p / q).log().sum(-1),
    ),
    softmax_first=(
        "The arguments went through a softmax first. They hold probabilities already; a softmax is for logits.",
        lambda p, q: kl_spec(p.softmax(-1), q.softmax(-1)),
    ),
    averaged=(
        "This divides by the number of outcomes, as `reduction='mean'` of `kl_div` does. The weights p already add up "
        "to 1: sum, do not average.",
        lambda p, q: kl_spec(p, q) / p.shape[-1],
        "KL3",
    ),
    summed_over_batch=(SUMMED, lambda p, q: kl_spec(p, q).sum()),
    averaged_over_batch=(AVERAGED, lambda p, q: kl_spec(p, q).mean()),
    batchmean_of_anything=(
        "The sum is divided by the first size (`batchmean`). For a single distribution that size is the number of "
        "outcomes, and for a batch every pair of rows should keep its own number: sum over dim=-1.",
        lambda p, q: kl_spec(p, q).sum() / p.shape[0],
        "KL5",
    ),
    summed_over_first=(SUMMED_FIRST, lambda p, q: (p * (ln(p) - ln(q, where=p > 0))).sum(0)),
    nan_at_zero=(
        "0 · log 0, or 0 / 0 in the ratio, came out as NaN. The limit is 0: put 1 for p and q where p is 0, before you "
        "divide and before the logarithm.",
        lambda p, q: (p * (p / q).log()).sum(-1),
        "KL8",
    ),
    masked_too_late=(
        "The value is right beside a 0 in p, its gradient is NaN: `where`, `nansum` and `xlogy` correct the value "
        "after the logarithm, and the logarithm of 0 is still differentiated. Mask the input of the logarithm.",
        lambda p, q: torch.where(p > 0, p * (p.log() - q.log()), torch.zeros_like(p)).sum(-1),
        "KL9",
    ),
    nan_to_num=(NAN_TO_NUM, lambda p, q: (p * (p / q).log()).nan_to_num().sum(-1), "I3"),
    left_out_beside_zero_q=(
        "The outcomes with q = 0 are left out altogether. That is right only where p is 0 too; an outcome that happens "
        "although q rules it out gives inf. Choose by p, not by q.",
        lambda p, q: (p * (ln(p, where=(p > 0) & (q > 0)) - ln(q, where=(p > 0) & (q > 0)))).sum(-1),
        "I6",
    ),
    terms_made_positive=(
        "`abs` makes each term positive. Terms below 0 belong to the sum: only the sum of all is never negative.",
        lambda p, q: (p * (ln(p) - ln(q, where=p > 0))).abs().sum(-1),
        "I8",
    ),
    masked_by_q=(
        "The outcomes with q = 0 are left out. That is right only where p is 0 too; an outcome that happens although q "
        "rules it out gives inf. Choose by p, not by q.",
        lambda p, q: (p * (ln(p) - ln(q))).sum(-1),
        "I6",
    ),
    padded=(
        PADDED,
        lambda p, q, *, eps=1e-8: (p * ((p + eps) / (q + eps)).log()).sum(-1),
        "I6",
    ),
    weights_padded=(
        PADDED,
        lambda p, q, *, eps=1e-6: ((p + eps) * ((p + eps) / (q + eps)).log()).sum(-1),
        "I6",
    ),
    q_padded=(
        PADDED,
        lambda p, q, *, eps=1e-8: (p * (ln(p) - (q + eps).log())).sum(-1),
        "I6",
    ),
    clipped=(
        PADDED,
        lambda p, q, *, eps=1e-6: (p * (p.clamp(min=eps) / q.clamp(min=eps)).log()).sum(-1),
        "I6",
    ),
    weights_clipped=(
        PADDED,
        lambda p, q, *, eps=1e-7: (p.clamp(min=eps) * (p.clamp(min=eps) / q.clamp(min=eps)).log()).sum(-1),
        "I6",
    ),
    absolute=(
        "`abs` makes a negative result positive. KL of two distributions is never negative; a negative one says that "
        "an argument does not sum to 1, and should be seen.",
        lambda p, q: kl_spec(p, q).abs(),
        "I8",
    ),
    clamped_result=(
        "A clamp at 0 hides a negative result. KL of two distributions is never negative; a negative one says that an "
        "argument does not sum to 1, and should be seen.",
        lambda p, q: kl_spec(p, q).clamp(min=0),
        "I8",
    ),
    normalised=(
        "This normalises p and q first, as `scipy.stats.entropy` does. Arguments that do not sum to 1 should show, and "
        "the division changes the gradient.",
        lambda p, q: kl_spec(normalised(p), normalised(q)),
        "KL10",
    ),
)
kl_divergence.misconceptions.terms(
    truth=("Σ p ln p", lambda p, q: (p * ln(p)).sum(-1)),
    belief=("-Σ p ln q", cross_entropy_spec),
)
kl_divergence.misconceptions.table(
    masses_added=(
        "q - p is added, term by term, as `scipy.special.kl_div` does. For distributions it adds up to 0, and the "
        "gradient is another.",
        (
            lambda p, q: kl_spec(p, q) + (q - p).sum(-1),
            lambda p, q: kl_spec(p, q) + (p - q).sum(-1),
        ),
    ),
    logarithm_of_mean=(
        "The logarithm is taken after the sum: this is ln Σ p · p/q. KL is the mean of the logarithms.",
        (
            lambda p, q: (p * p / q.where(p > 0, 1.0)).sum(-1).log(),
            lambda p, q: (p.square() / q).sum(-1).log(),
            lambda p, q: -(p * q).sqrt().sum(-1).log(),
            lambda p, q: -(p * q / p.where(p > 0, 1.0)).sum(-1).log(),
        ),
    ),
    logarithm_of_difference=(
        "The logarithm is of the difference of p and q. It is of their ratio: ln p - ln q.",
        (lambda p, q: (p * (p - q).abs().log()).sum(-1), lambda p, q: (p * (1 + p - q).log()).sum(-1)),
    ),
    entropies_compared=(
        "This compares the entropies of p and q, each with weights of its own. KL weighs both logarithms by p.",
        (
            lambda p, q: (p * ln(p)).sum(-1) - (q * ln(q)).sum(-1),
            lambda p, q: (q * ln(q)).sum(-1) - (p * ln(p)).sum(-1),
        ),
    ),
    middle=(
        "p is compared with the middle of p and q, or this is Jensen and Shannon's. KL compares with q itself.",
        (
            lambda p, q: kl_spec(p, (p + q) / 2),
            lambda p, q: (kl_spec(p, (p + q) / 2) + kl_spec(q, (p + q) / 2)) / 2,
        ),
    ),
    weighted_by_the_difference=(
        "The log ratios are weighed by p - q: that is both directions at once. Weigh by p.",
        lambda p, q: ((p - q) * (p / q).log()).sum(-1),
    ),
    squared_logarithms=(
        "The differences are squared. A divergence of KL's kind weighs ln(p/q) by p, with its sign.",
        (
            lambda p, q: (p * (ln(p) - ln(q)).square()).sum(-1),
            lambda p, q: (p - q).square().sum(-1),
            lambda p, q: (ln(p) - ln(q)).square().sum(-1),
        ),
    ),
    both_averaged=(
        "This is the mean of both directions. KL itself has a direction.",
        lambda p, q: (kl_spec(p, q) + kl_spec(q, p)) / 2,
    ),
    one_more_inside=(
        "A 1 stands inside the logarithms, as with `log1p`. They are of p and q.",
        (lambda p, q: (p * (p.log1p() - q.log1p())).sum(-1), lambda p, q: (p * (p / q).log1p()).sum(-1)),
    ),
)
kl_divergence.misconceptions.table(
    weighed_by_the_mean=(
        "The log ratios are weighed by the mean of p and q. What happens is p: weigh by p.",
        lambda p, q: ((p + q) / 2 * (ln(p) - ln(q, where=p > 0))).sum(-1),
    ),
    largest_ratio=(
        "The largest log ratio is taken. KL is their mean, weighed by p.",
        (lambda p, q: (ln(p) - ln(q, where=p > 0)).amax(-1), lambda p, q: (p * (ln(p) - ln(q, where=p > 0))).amax(-1)),
    ),
    hellinger=(
        "This is a distance of the roots of p and q (Hellinger's). KL weighs logarithms: Σ p ln(p/q).",
        (
            lambda p, q: 1 - (p * q).sqrt().sum(-1),
            lambda p, q: (1 - (p * q).sqrt().sum(-1)).sqrt(),
            lambda p, q: (p.sqrt() - q.sqrt()).square().sum(-1) / 2,
            lambda p, q: (p.sqrt() - q.sqrt()).square().sum(-1),
        ),
    ),
    entropy_of_belief_taken=(
        "The entropy of q is taken away from the cross-entropy. It is that of p: H(p, q) - H(p).",
        lambda p, q: cross_entropy_spec(p, q) + (q * ln(q)).sum(-1),
    ),
)
kl_divergence.misconceptions.table(
    one_logarithm_weighed=(
        "Only one of the two logarithms is weighed by p. Their difference is: put it into brackets.",
        (
            lambda p, q: (p * ln(p) - ln(q, where=p > 0)).sum(-1),
            lambda p, q: (ln(p) - p * ln(q, where=p > 0)).sum(-1),
        ),
    ),
)
