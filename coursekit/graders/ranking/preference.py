"""Which of two answers was preferred: the loss of a reward model, `preference_loss`."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Rng,
    always_float32,
    detached,
    reduced,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    shapes_broadcast,
    unknown_word,
)
from coursekit.graders.ranking.common import DTYPE_LOST, READY_MADE, draw_scores, reduction_mistakes, surprise


def preference_spec(chosen: Tensor, rejected: Tensor, reduction: str = "mean") -> Tensor:
    """Bradley and Terry's surprise at each comparison."""
    if chosen.shape != rejected.shape:
        raise ValueError("a reward without a partner")
    return reduced(surprise(chosen - rejected), reduction)


def rewards(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Rewards of which the first chosen one is ahead, and the others follow the draw."""
    both = draw_scores(rng, 6, dtype=dtype)
    count = math.prod(shape)
    chosen = both[:count]
    rejected = chosen - tensor([1.5, -0.7, 0.9, -2.1, 0.4, -1.2], dtype=dtype)[:count]
    return chosen.reshape(shape), rejected.round(decimals=1).reshape(shape)


preference_loss = Exercise(
    "preference_loss",
    preference_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    idea="A reward model never sees a reward, only which of two answers was preferred: a season with one game a pair.",
    hints=(
        "Two players, one game, and the chosen answer won. You have written this loss already.",
        "-ln sigmoid(chosen - rejected), one for each comparison; then the reduction.",
        "`softplus` for ±1000. Compare the shapes before you subtract: a column against a row would broadcast.",
    ),
)


@preference_loss.check
def one_comparison(f: Function, rng: Rng) -> None:
    """Equal rewards cost ln 2, a lead of 1 costs 0.3133, a lag of 1 costs 1.3133"""
    same_value(f, preference_spec, tensor([0.5, 2.0, 1.0]), tensor([0.5, 1.0, 2.0]), reduction="none")
    same_value(f, preference_spec, *rewards(rng, 2), reduction="none")


@preference_loss.check
def mean_of_comparisons(f: Function, rng: Rng) -> None:
    """The default is the mean over the comparisons"""
    same_value(f, preference_spec, *rewards(rng, 3))
    same_value(f, preference_spec, *rewards(rng, 2, 3))


@preference_loss.check
def both_pulled(f: Function, rng: Rng) -> None:
    """The gradient pulls the chosen up and the rejected down, with equal strength"""
    same_gradient(f, preference_spec, *rewards(rng, 3), wrt=(0, 1), reduction="sum")


@preference_loss.parity
def three_reductions(f: Function, rng: Rng) -> None:
    """Three reductions, for one, two and three dimensions, in value and gradient"""
    for shape, reduction in product(((2, 3), (4,), (2, 1, 2)), REDUCTIONS):
        same_gradient(f, preference_spec, *rewards(rng, *shape), wrt=(0, 1), scale=3.0, reduction=reduction)


@preference_loss.parity
def sure_mistakes(f: Function, rng: Rng) -> None:
    """Rewards of ±1000 give a finite loss, and a gradient of 1 where the model is sure and wrong"""
    chosen, rejected = tensor([-1000.0, 1000.0, 30.0]), tensor([1000.0, -1000.0, 150.0])
    same_gradient(f, preference_spec, chosen, rejected, wrt=(0, 1), reduction="none")


@preference_loss.parity
def equal_rewards(f: Function, rng: Rng) -> None:
    """Between equal rewards the pull is ½ on either side

    A reward model begins with nothing but ties. At a lead of 0 `clamp` and `abs` have a slope of their own choice, and
    the loss has none to choose: `softplus` is smooth there.
    """
    level = rewards(rng, 2)[0]
    same_gradient(f, preference_spec, level, level, wrt=(0, 1), reduction="sum")
    same_gradient(f, preference_spec, tensor([0.0, 1.5]), tensor([0.0, 0.5]), wrt=(0, 1))


@preference_loss.parity
def unequal_shapes(f: Function, rng: Rng) -> None:
    """Unequal shapes are refused

    (3, 1) against (3,) would compare every chosen answer with every rejected one.
    """
    chosen, rejected = rewards(rng, 3)
    refuses(f, chosen[:, None], rejected)
    refuses(f, chosen, rejected[:1])


@preference_loss.parity
def nothing_compared(f: Function, rng: Rng) -> None:
    """An empty batch: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing; and a NaN shows"""
    for reduction in REDUCTIONS:
        same_value(f, preference_spec, torch.empty(0), torch.empty(0), reduction=reduction)
    same_value(f, preference_spec, tensor([nan, 1.0]), tensor([0.0, 0.5]), reduction="none")
    same_value(f, preference_spec, tensor([nan, 1.0]), tensor([0.0, 0.5]))


@preference_loss.parity
def preference_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, preference_spec, *rewards(rng, 3))
    same_dtype(f, preference_spec, *rewards(rng, 3, dtype=torch.float64))


unknown_word(preference_loss, lambda rng: rewards(rng, 3))


def of_rewards(formula: Loss) -> Loss:
    """A loss of one comparison by its two rewards, with shapes and reductions as they should be."""

    def loss(chosen: Tensor, rejected: Tensor, reduction: str = "mean") -> Tensor:
        if chosen.shape != rejected.shape:
            raise ValueError("a reward without a partner")
        return reduced(formula(chosen, rejected), reduction)

    return loss


def of_lead(formula: Loss) -> Loss:
    """A loss of one comparison by how far the chosen answer is ahead."""
    return of_rewards(lambda chosen, rejected: formula(chosen - rejected))


PADDED = (
    "A small number, added to the probability or as a clip, keeps the logarithm finite: with 1e-8 a surprise of 2000 "
    "becomes one of 18, and the gradient of the surest mistakes 0. Take softplus(-lead)."
)

wrong = preference_loss.misconceptions
always_float32(wrong, DTYPE_LOST)
reduction_mistakes(wrong)
wrong.table(
    of_lead,
    rejected_first=(
        "The rejected answer is put first: this model learns to be disliked. The lead is chosen - rejected.",
        lambda lead: surprise(-lead),
    ),
    log_likelihood=(
        "The sign is turned: this is the log-likelihood, which is to be maximised. A loss is minus that.",
        lambda lead: -surprise(lead),
    ),
    probability_of_the_other=(
        "The logarithm is missing: this is the probability that the choice was the other one.",
        lambda lead: (-lead).sigmoid(),
    ),
    minus_probability=(
        "The logarithm is missing: this is minus the probability of the choice.",
        lambda lead: -lead.sigmoid(),
    ),
    hinge=(
        "This is a hinge, max(0, 1 - lead). It says nothing of probabilities, and stops at a lead of 1.",
        lambda lead: (1 - lead).clamp(min=0),
    ),
    squared=(
        "This is the squared error of the probability. The surprise at the choice is its -ln.",
        lambda lead: (1 - lead.sigmoid()) ** 2,
    ),
    bits=("This is in bits. Use the natural logarithm.", lambda lead: surprise(lead) / math.log(2)),
    logarithm_of_sigmoid=(
        "`sigmoid` of a lead of -1000 is 0, and its logarithm -inf; `exp` of 1000 is inf. ln(1 + e^x) is "
        "`softplus(x)`, which is x where x is large.",
        lambda lead: -lead.sigmoid().log(),
    ),
    no_sigmoid=(
        "This is rejected - chosen: the sigmoid and its logarithm are missing. A lead that is large already earns as "
        "much as one that is lacking, and the loss has no lower bound.",
        lambda lead: -lead,
    ),
    padded=(
        PADDED,
        lambda lead, *, eps=1e-8: -(lead.sigmoid() + eps).log(),
    ),
    clipped=(
        PADDED,
        lambda lead, *, eps=1e-7: -lead.sigmoid().clamp(min=eps).log(),
    ),
    lead_clamped=(
        "The lead is clamped, so a sure mistake has no gradient. softplus needs no clamp.",
        lambda lead: surprise(lead.clamp(-50, 50)),
    ),
)
wrong.table(
    of_rewards,
    sigmoid_of_each=(
        "Each reward went through a sigmoid first. Then no lead exceeds 1, and no comparison costs less than 0.3133. "
        "Rewards are any real numbers, and one sigmoid of their difference is the probability.",
        lambda chosen, rejected: surprise(chosen.sigmoid() - rejected.sigmoid()),
    ),
    share_of_rewards=(
        "This is -ln(chosen / (chosen + rejected)), which holds for the exponentials of the rewards: the probability "
        "is sigmoid(chosen - rejected).",
        lambda chosen, rejected: -(chosen / (chosen + rejected)).log(),
    ),
    each_alone=(
        "Each answer is judged alone, chosen as a yes and rejected as a no. Then rewards must be right in themselves; "
        "a comparison tells their difference only.",
        lambda chosen, rejected: surprise(chosen) + surprise(-rejected),
    ),
)
detached(wrong, "rejected", "No gradient flows to the rejected answer. A comparison pulls at both.")


@wrong.formula(of_rewards)(
    "The softmax runs over the batch. Each comparison has two answers, and its probability is between those two."
)
def over_the_batch(chosen: Tensor, rejected: Tensor) -> Tensor:
    if not chosen.numel():
        return surprise(chosen - rejected)
    return torch.cat([chosen.flatten(), rejected.flatten()]).logsumexp(0) - chosen


shapes_broadcast(
    wrong,
    "broadcast",
    "Unequal shapes were broadcast, so answers were compared that never met. Compare the shapes first, and raise a "
    "ValueError.",
)


@wrong("Unequal shapes were cut or flattened until they fitted. Raise a ValueError.")
def made_to_fit(chosen: Tensor, rejected: Tensor, *args: Any, **flags: Any) -> Tensor:
    if chosen.shape != rejected.shape:
        size = min(chosen.numel(), rejected.numel())
        chosen, rejected = chosen.flatten()[:size], rejected.flatten()[:size]
    return preference_spec(chosen, rejected, *args, **flags)


wrong.table(
    of_rewards,
    difference_of_surprises=(
        "The surprises are subtracted: ln σ(rejected) - ln σ(chosen). The rewards are, before the sigmoid.",
        (
            lambda chosen, rejected: surprise(chosen) - surprise(rejected),
            lambda chosen, rejected: surprise(chosen) - surprise(-rejected),
            lambda chosen, rejected: -(chosen.sigmoid() - rejected.sigmoid()),
            lambda chosen, rejected: -(chosen.sigmoid() - rejected.sigmoid()).log(),
        ),
    ),
    chosen_alone=(
        "The rejected answer is not used. A comparison has two sides.",
        lambda chosen, rejected: surprise(chosen) + 0 * rejected,
    ),
    ratio_of_rewards=(
        "The rewards are divided or multiplied. It is their difference that counts.",
        (
            lambda chosen, rejected: surprise(chosen / rejected),
            lambda chosen, rejected: surprise(chosen * rejected),
            lambda chosen, rejected: surprise(chosen + rejected),
        ),
    ),
    size_of_lead=(
        "The size of the lead is taken, or its square: whoever is ahead, it costs the same.",
        (
            lambda chosen, rejected: surprise((chosen - rejected).abs()),
            lambda chosen, rejected: surprise(-(chosen - rejected).abs()),
            lambda chosen, rejected: surprise((chosen - rejected).square()),
        ),
    ),
    lead_scaled=(
        "The lead is halved or doubled, or a margin is taken off it. It is taken as it is.",
        (
            lambda chosen, rejected: surprise((chosen - rejected) / 2),
            lambda chosen, rejected: surprise(2 * (chosen - rejected)),
            lambda chosen, rejected: surprise(chosen - rejected - 1),
            lambda chosen, rejected: surprise(chosen - rejected + 1),
            lambda chosen, rejected: surprise(0.1 * (chosen - rejected)),
        ),
    ),
)
wrong.table(
    of_rewards,
    squared_lead=(
        "The lead is drawn to 1 by squares. The surprise falls the further the chosen answer is ahead.",
        (
            lambda chosen, rejected: (1 - (chosen - rejected)).square(),
            lambda chosen, rejected: (chosen - rejected).square(),
            lambda chosen, rejected: (1 - (chosen - rejected)).clamp(min=0).square(),
        ),
    ),
    rewards_kept_small=(
        "A price for large rewards is added.",
        tuple(
            lambda chosen, rejected, w=w: surprise(chosen - rejected) + w * (chosen.square() + rejected.square())
            for w in (0.01, 0.1, 0.001, 0.5)
        ),
    ),
    half_margin=(
        "A margin is taken off the lead. It counts as it is.",
        tuple(lambda chosen, rejected, m=m: surprise(chosen - rejected - m) for m in (0.5, 0.1, 0.2, 2.0)),
    ),
)
wrong.table(
    of_rewards,
    wrong_order_counted=(
        "This counts the comparisons in the wrong order: it has no gradient.",
        lambda chosen, rejected: (chosen < rejected).to(chosen.dtype) + 0 * chosen,
    ),
)
