"""Rewards in place of preferences: the clipped ratio of PPO and GRPO, `ppo_clip_loss`."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    each_reduction,
    keeps_dtype,
    refuses,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.ranking.clipped_mistakes import MISTAKES
from coursekit.graders.ranking.clipped_spec import ppo_clip_cases, ppo_clip_spec
from coursekit.graders.ranking.common import READY_MADE


def answers(rng: Rng, *shape: int) -> tuple[Tensor, Tensor, Tensor]:
    """Log-probabilities after and before, and advantages: good and bad answers below, within and above the clip."""
    order = rng.permutation(6)
    moves = tensor([-0.6, 0.1, 0.5, -0.7, -0.1, 1.2])[order] + float(rng.choice([-0.05, 0.0, 0.05]))
    advantages = tensor([1.3, 0.4, 0.9, -0.5, -1.6, -0.8])[order]
    old = -tensor(rng.permutation([1.7, 1.9, 2.3, 2.7, 3.1, 4.2]), dtype=torch.float32)
    count = math.prod(shape)
    new = (old + moves).round(decimals=2)
    return new[:count].reshape(shape), old[:count].reshape(shape), advantages[:count].reshape(shape)


ppo_clip_loss = Exercise(
    "ppo_clip_loss",
    ppo_clip_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    cases=ppo_clip_cases,
    idea="A hinge on a ratio: an answer is pushed until it has become 20 % likelier or rarer, and then left alone.",
    hints=(
        "How many times as likely has each answer become? The inputs are logarithms: exp of their difference is "
        "the ratio.",
        "Two objectives for each answer: ratio · A, and the same with the ratio clamped to [1 - ε, 1 + ε]. Which of "
        "the two is the more cautious promise?",
        "The smaller one, answer by answer, before any mean; and a loss is minus an objective. What came from the old "
        "policy and from the rewards is detached.",
    ),
)


@ppo_clip_loss.check
def not_moved(f: Function, rng: Rng) -> None:
    """A policy that has not moved: minus the mean advantage

    Every ratio is 1.
    """
    _, old, advantages = answers(rng, 4)
    same_value(f, ppo_clip_spec, old, old, advantages)


@ppo_clip_loss.check
def good_answer(f: Function, rng: Rng) -> None:
    """A good answer (A = 1): half, 1.1 times, 2.7 times as likely give -0.5, -1.1, -1.2

    The gain ends at a ratio of 1 + ε. A loss of probability is never cut off.
    """
    old = tensor([-2.0, -2.0, -2.0])
    moved = tensor([-2.6931, -1.9047, -1.0])
    same_value(f, ppo_clip_spec, moved, old, torch.ones(3), reduction="none")


@ppo_clip_loss.check
def bad_answer(f: Function, rng: Rng) -> None:
    """A bad answer (A = -1): half, 1.1 times, 2.7 times as likely give 0.8, 1.1, 2.7

    The gain ends at a ratio of 1 - ε. That it became likelier is never cut off.
    """
    old = tensor([-2.0, -2.0, -2.0])
    moved = tensor([-2.6931, -1.9047, -1.0])
    same_value(f, ppo_clip_spec, moved, old, -torch.ones(3), reduction="none")


@ppo_clip_loss.check
def mean_of_answers(f: Function, rng: Rng) -> None:
    """The default is the mean over the answers, good and bad"""
    same_value(f, ppo_clip_spec, *answers(rng, 2))
    same_value(f, ppo_clip_spec, *answers(rng, 6))


@ppo_clip_loss.check
def other_epsilons(f: Function, rng: Rng) -> None:
    """`epsilon` is how far the ratio counts"""
    for epsilon in (0.05, 0.5):
        same_value(f, ppo_clip_spec, *answers(rng, 6), epsilon)
        same_value(f, ppo_clip_spec, *answers(rng, 6), epsilon=epsilon, reduction="none")


@ppo_clip_loss.check
def slope(f: Function, rng: Rng) -> None:
    """The gradient: minus A · ratio, and 0 where the gain is cut off

    An answer that has moved the wrong way, however far, is pulled back.
    """
    same_gradient(f, ppo_clip_spec, tensor([-2.7, -1.0]), tensor([-2.0, -2.0]), tensor([1.0, -1.0]), reduction="sum")
    same_gradient(f, ppo_clip_spec, *answers(rng, 6))


@ppo_clip_loss.check
def constants(f: Function, rng: Rng) -> None:
    """No gradient flows to the old log-probabilities, nor to the advantages

    Advantages come from rewards, and often from a network that estimates them. What is pulled here is the policy alone.
    """
    same_gradient(f, ppo_clip_spec, *answers(rng, 6), wrt=(0, 1, 2))


each_reduction(ppo_clip_loss, lambda rng: answers(rng, 6), "`reduction`: none, sum, mean", "clip_reductions")


@ppo_clip_loss.parity
def three_shapes(f: Function, rng: Rng) -> None:
    """Every reduction in one, two and three dimensions, in value and gradient"""
    for shape, reduction in product(((2, 3), (4,), (2, 1, 2)), REDUCTIONS):
        same_gradient(f, ppo_clip_spec, *answers(rng, *shape), scale=3.0, reduction=reduction)


@ppo_clip_loss.parity
def long_answers(f: Function, rng: Rng) -> None:
    """Log-probabilities of long answers, down to -5000, give a finite loss and a gradient

    exp(-5000) is 0, and 0/0 is NaN. Subtract first, then take `exp`.
    """
    old = tensor([-3000.0, -900.0, -5000.0])
    same_gradient(f, ppo_clip_spec, old + tensor([-0.5, 0.125, 0.0]), old, tensor([1.5, -0.5, 0.25]))


@ppo_clip_loss.parity
def no_advantage(f: Function, rng: Rng) -> None:
    """An answer like all others (A = 0) costs nothing and pulls at nothing"""
    new, old, advantages = answers(rng, 3)
    same_gradient(f, ppo_clip_spec, new, old, advantages * tensor([1.0, 0.0, 1.0]), reduction="none")
    same_gradient(f, ppo_clip_spec, new, old, torch.zeros(3))


@ppo_clip_loss.parity
def unequal_shapes(f: Function, rng: Rng) -> None:
    """Unequal shapes are refused

    One advantage a row, (3, 1), against (3,) would give every answer every advantage.
    """
    new, old, advantages = answers(rng, 3)
    refuses(f, new, old, advantages[:, None])
    refuses(f, new, old, advantages[:1])
    refuses(f, new, old[:, None], advantages)


@ppo_clip_loss.parity
def no_answers(f: Function, rng: Rng) -> None:
    """An empty batch: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing; and a NaN shows"""
    for reduction in REDUCTIONS:
        same_value(f, ppo_clip_spec, *(torch.empty(0),) * 3, reduction=reduction)
    new, old, advantages = answers(rng, 3)
    for reduction in ("none", "mean"):
        same_value(f, ppo_clip_spec, new + tensor([nan, 0.0, 0.0]), old, advantages, reduction=reduction)


keeps_dtype(ppo_clip_loss, lambda rng: answers(rng, 6), name="clip_dtype")
unknown_word(ppo_clip_loss, lambda rng: answers(rng, 3))

ppo_clip_loss.misconceptions.extend(MISTAKES)
