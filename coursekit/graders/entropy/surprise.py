"""How surprising one outcome is, and a whole distribution: `self_information`, `entropy`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, keeps_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import distribution
from coursekit.graders.entropy.common import PADDED, READY_MADE, ln

# ---- self_information --------------------------------------------------------------------------------------------


def self_information_spec(p: Tensor) -> Tensor:
    """-log2 p."""
    return -p.log2()


self_information = Exercise(
    "self_information",
    self_information_spec,
    points=1,
    idea="Surprise is the logarithm of 1/p: independent surprises add up, because probabilities multiply.",
    hints=(
        "A head has probability 1/2 and one bit, two heads in a row 1/4 and two bits. Which function turns 1/4 into 2?",
        "Bits are logarithms to base 2 (torch has `torch.log2`), and a surprise is never negative.",
    ),
)


@self_information.check
def coin(f: Function, rng: Rng) -> None:
    """A fair coin's head carries 1 bit, an event of 1/4 carries 2"""
    same_value(f, self_information_spec, tensor(0.5))
    same_value(f, self_information_spec, tensor(0.25))


@self_information.check
def many(f: Function, rng: Rng) -> None:
    """Many probabilities at once

    The function works element by element: the result has the shape of p.
    """
    same_value(f, self_information_spec, distribution(rng, 3))
    same_value(f, self_information_spec, distribution(rng, 2, 4))


@self_information.check
def certain_and_impossible(f: Function, rng: Rng) -> None:
    """A certain event carries nothing, an impossible one infinitely much"""
    same_value(f, self_information_spec, tensor([1.0, 0.0]))


@self_information.check
def information_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, self_information_spec, distribution(rng, 3))


self_information.misconceptions.table(
    nats=(
        "This is the surprise in nats: `torch.log` is the natural logarithm. Bits need base 2.",
        lambda p: -p.log(),
        "I4",
    ),
    negative_information=(
        "The minus sign is missing: log2 of a probability is negative, a surprise is not.",
        lambda p: p.log2(),
    ),
    weighted_information=(
        "This weighs the surprise by p. That belongs to the entropy, which averages surprises.",
        lambda p: -p * p.log2(),
    ),
    padded_information=(
        "A small number was added to p before the logarithm, or p was kept from 0 by a clamp: an impossible event no "
        "longer has infinite surprise.",
        lambda p, *, eps=1e-8: -(p + eps).log2(),
        "I6",
    ),
    decimal_digits=(
        "This is in decimal digits, the logarithm to base 10. Bits need base 2.",
        lambda p: -p.log10(),
        "I4",
    ),
)


# ---- entropy -----------------------------------------------------------------------------------------------------


def entropy_spec(p: Tensor) -> Tensor:
    """-Σ p ln p over the last dimension, 0 ln 0 = 0."""
    return -(p * ln(p)).sum(-1)


entropy = Exercise(
    "entropy",
    entropy_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Entropy is the surprise to expect: each outcome's surprise, weighted by how often it comes.",
    hints=(
        "An expectation is a sum of value times probability. Here the value is the surprise -ln p.",
        "At p = 0 the computer finds 0 · (-inf) = nan. The limit of p ln p is 0: what could stand in for p inside the "
        "logarithm, so that the product is 0?",
        "`torch.where` can choose what the logarithm is given; masking the product afterwards is too late for the "
        "gradient. Sum over `dim=-1`.",
    ),
)


@entropy.check
def fair_coin(f: Function, rng: Rng) -> None:
    """A fair coin has ln 2 = 0.6931 nats, a crooked one less"""
    same_value(f, entropy_spec, tensor([0.5, 0.5]))
    same_value(f, entropy_spec, distribution(rng, 2))
    same_value(f, entropy_spec, distribution(rng, 3))


@entropy.check
def rows(f: Function, rng: Rng) -> None:
    """A batch of distributions gives one entropy each

    Sum over the last dimension only.
    """
    same_value(f, entropy_spec, distribution(rng, 2, 3))
    same_value(f, entropy_spec, distribution(rng, 2, 2, 3))


@entropy.check
def entropy_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, entropy_spec, distribution(rng, 3))
    same_gradient(f, entropy_spec, distribution(rng, 2, 3))


@entropy.check
def zero_probability(f: Function, rng: Rng) -> None:
    """0 ln 0 counts as 0"""
    same_value(f, entropy_spec, tensor([0.5, 0.5, 0.0]))


@entropy.check
def gradient_beside_a_zero(f: Function, rng: Rng) -> None:
    """A probability of 0 leaves no NaN in the gradient

    `torch.where` computes both branches; the gradient of the one not taken is multiplied by 0, and 0 · inf is NaN. Put
    the mask inside the logarithm.
    """
    # at the zero itself the slope is +inf; 0 is what masking gives, and as good for training
    p = tensor([0.5, 0.5, 0.0])
    same_gradient(f, entropy_spec, p, free=p == 0)


@entropy.parity
def tiny_probability(f: Function, rng: Rng) -> None:
    """Tiny probabilities are not rounded away (float64)

    Look for a small number added inside the logarithm, or a clamp.
    """
    tiny = 1e-9 * int(rng.integers(1, 9))
    same_gradient(f, entropy_spec, tensor([tiny, 1 - tiny], dtype=torch.float64))


keeps_dtype(entropy, lambda rng: (distribution(rng, 3),), name="entropy_dtype", anew=True)


entropy.misconceptions.table(
    nan_at_zero=(
        "0 · log 0 came out as NaN (0 times -inf). The limit is 0: keep the logarithm away from 0.",
        lambda p: -(p * p.log()).sum(-1),
        "I1",
    ),
    masked_too_late=(
        "The value is masked after the logarithm (`where`, `nan_to_num`), so its gradient is still NaN: both branches "
        "are differentiated. Mask the input of the logarithm as well.",
        lambda p: -torch.where(p > 0, p * p.log(), torch.zeros_like(p)).sum(-1),
        "I2",
    ),
    collision=(
        "This is -ln Σ p², Rényi's entropy of order 2: the logarithm of a mean. Entropy is the mean of logarithms, "
        "-Σ p ln p.",
        lambda p: -p.square().sum(-1).log(),
    ),
    gini=(
        "This is 1 - Σ p², the Gini impurity. Entropy weighs logarithms: -Σ p ln p.",
        lambda p: 1 - p.square().sum(-1),
    ),
    yes_or_no_of_each=(
        "1 - p has a surprise of its own here: that is a yes-or-no question for each outcome. One of them comes, and "
        "only its own surprise counts.",
        lambda p: entropy_spec(p) + entropy_spec(1 - p),
    ),
    bits=(
        "This is the entropy in bits. Nats need the natural logarithm, `torch.log`: ln 2 = 0.693 nats are one bit.",
        lambda p: entropy_spec(p) / math.log(2),
        "I4",
    ),
    padded=(
        PADDED,
        lambda p, *, eps=1e-8: -(p * (p + eps).log()).sum(-1),
        "I6",
    ),
    clipped=(PADDED, lambda p, *, eps=1e-4: -(p * p.clamp(min=eps).log()).sum(-1), "I6"),
    weights_clipped=(
        "The clamp holds for the weights as well as for the logarithm: an outcome of probability 0 adds something. "
        "Mask the zeros inside the logarithm instead.",
        lambda p, *, eps=1e-4: -(p.clamp(min=eps) * p.clamp(min=eps).log()).sum(-1),
        "I6",
    ),
    negative_entropy=(
        "The minus sign is missing: logarithms of probabilities are negative, entropy is not.",
        lambda p: (p * ln(p)).sum(-1),
    ),
    share_of_the_largest=(
        "This is divided by ln K, the entropy of K equally likely outcomes: a share between 0 and 1, and no nats.",
        lambda p: entropy_spec(p) / math.log(p.shape[-1]),
    ),
    unweighted=(
        "The surprises are not weighted by their probabilities: this is their plain sum.",
        lambda p: -ln(p).sum(-1),
    ),
    averaged=(
        "This divides by the number of outcomes. The weights p add up to 1 already: sum, do not average.",
        (lambda p: -(p * ln(p)).mean(-1), lambda p: -(p * ln(p)).sum(-1) / (p > 0).sum(-1)),
    ),
    summed_over_batch=(
        "This sums over the whole batch. Each row is a distribution of its own: sum over dim=-1.",
        lambda p: -(p * ln(p)).sum(),
    ),
    summed_over_first=(
        "This sums over the first dimension. The outcomes lie along the last one: sum over dim=-1.",
        lambda p: -(p * ln(p)).sum(0),
    ),
    normalised=(
        "This normalises p first, as `scipy.stats.entropy` does. A p that does not sum to 1 should show as a wrong "
        "entropy, and the division changes the gradient.",
        lambda p: entropy_spec(p / p.sum(-1, keepdim=True)),
        "I5",
    ),
)
self_information.misconceptions.table(
    inverse=(
        "This is 1/p, how often the event is waited for. The information is its logarithm.",
        lambda p: 1 / p,
    ),
    of_one_more=(
        "A 1 stands inside the logarithm, log2(1 + 1/p) or log2(1 + p). Information is log2(1/p).",
        (lambda p: (1 + 1 / p).log2(), lambda p: (1 + p).log2(), lambda p: -(1 + p).log2()),
    ),
    surprise_of_the_rest=(
        "This is the surprise at what did not happen, -log2(1 - p).",
        lambda p: -(1 - p).log2(),
    ),
    yes_or_no=(
        "This is the entropy of yes or no. The information is that of the event alone.",
        lambda p: -p * p.log2() - (1 - p) * (1 - p).log2(),
    ),
    odds_of_it=(
        "This is the logarithm of the odds against it. Information is log2(1/p).",
        lambda p: ((1 - p) / p).log2(),
    ),
    lacking=("This is 1 - p, or 1 - log2 p. Information is -log2 p.", (lambda p: 1 - p, lambda p: 1 - p.log2())),
    expected=(
        "The surprises are weighed and added up: that is the entropy. One for each event is asked for.",
        lambda p: -(p * p.log2()).sum(-1),
    ),
)
entropy.misconceptions.table(
    redundancy=(
        "This is ln K - H, what is missing to equally likely outcomes. The entropy is H itself.",
        lambda p: math.log(p.shape[-1]) - entropy_spec(p),
    ),
    of_the_likeliest=(
        "This is the surprise at the likeliest outcome. The entropy averages over all of them.",
        lambda p: -p.amax(-1).log(),
    ),
    of_the_number=(
        "This is the logarithm of how many outcomes there are, the entropy of equally likely ones.",
        lambda p: 0 * p.sum(-1) + math.log(p.shape[-1]),
    ),
    entropy_softmax=(
        "p went through a softmax first. It holds probabilities already; a softmax is for logits.",
        lambda p: entropy_spec(p.softmax(-1)),
    ),
    weights_squared=(
        "Each surprise is weighed by p², twice as it were. Weigh by p.",
        lambda p: -(p.square() * ln(p)).sum(-1),
    ),
    perplexity_instead=(
        "This is exp(H), the perplexity. The entropy is the exponent.",
        lambda p: entropy_spec(p).exp(),
    ),
    only_yes=(
        "This is for a probability of yes alone, -p ln p - (1 - p) ln(1 - p) of the first outcome.",
        lambda p: entropy_spec(p[..., :1]) + entropy_spec(1 - p[..., :1]),
    ),
    logarithm_of_sum=(
        "The logarithm is taken after the sum: ln Σ p is 0. Each outcome has its own.",
        (lambda p: -p.sum(-1).log(), lambda p: -(p * p).sum(-1).sqrt().log()),
    ),
    other_size=(
        "The entropies of a batch are averaged. Each row keeps its own.",
        lambda p: entropy_spec(p).mean(),
    ),
)
