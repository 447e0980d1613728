"""Preferences without a reward model: `dpo_loss`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Rng,
    always_float32,
    other_default,
    same_dtype,
    same_gradient,
    same_value,
)
from coursekit.graders.ranking.common import DTYPE_LOST, READY_MADE, surprise


def dpo_spec(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    reference_chosen: Tensor,
    reference_rejected: Tensor,
    beta: float = 0.1,
) -> Tensor:
    """The mean surprise, with beta · ln(policy/reference) as rewards."""
    chosen = beta * (policy_chosen - reference_chosen)
    rejected = beta * (policy_rejected - reference_rejected)
    return surprise(chosen - rejected).mean()


def log_probabilities(rng: Rng, pairs: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
    """Log-probabilities of whole answers: policy's chosen and rejected, reference's chosen and rejected."""
    four = -rng.permutation((1.2, 2.9, 4.3, 6.7, 8.8, 11.5, 3.7, 9.6, 13.1, 5.4, 2.3, 7.6)[: 4 * pairs])
    return tuple(tensor(four.reshape(4, pairs), dtype=dtype))


dpo_loss = Exercise(
    "dpo_loss",
    dpo_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="DPO is Bradley and Terry's loss, where the reward of an answer is how much more likely it has become.",
    hints=(
        "What is the reward of an answer here? beta times how far its log-probability has moved from the reference.",
        "Two rewards, chosen and rejected, then the loss of the last exercise, and the mean.",
        "The inputs are logarithms already: ln(a / b) is a difference of two of them, and nothing needs `exp`.",
    ),
)


@dpo_loss.check
def nothing_moved_yet(f: Function, rng: Rng) -> None:
    """A policy equal to its reference costs ln 2; moved by 10 towards the chosen, 0.3133"""
    reference = tensor([-12.0]), tensor([-15.0])
    same_value(f, dpo_spec, tensor([-5.0]), tensor([-18.0]), *reference)  # first: -2 ln ½ is many a mistake's number
    same_value(f, dpo_spec, *reference, *reference)


@dpo_loss.check
def a_batch(f: Function, rng: Rng) -> None:
    """The mean over a batch of comparisons

    Four log-probabilities each: which are added, which subtracted?
    """
    for pairs in (1, 2, 3):
        same_value(f, dpo_spec, *log_probabilities(rng, pairs), beta=1.0)
        same_value(f, dpo_spec, *log_probabilities(rng, pairs))


@dpo_loss.check
def other_betas(f: Function, rng: Rng) -> None:
    """beta multiplies the rewards"""
    for beta in (0.5, 2.0):
        same_value(f, dpo_spec, *log_probabilities(rng, 2), beta)
        same_value(f, dpo_spec, *log_probabilities(rng, 2), beta=beta)


@dpo_loss.check
def policy_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the policy's log-probabilities, chosen and rejected"""
    for beta in (0.1, 0.5):
        same_gradient(f, dpo_spec, *log_probabilities(rng, 3), beta, wrt=(0, 1))


@dpo_loss.parity
def long_answers(f: Function, rng: Rng) -> None:
    """Log-probabilities of long answers, down to -5000, give a finite loss and a gradient

    exp(-5000) is 0. Stay with logarithms.
    """
    long = tensor([-3000.0, -900.0]), tensor([-1000.0, -5000.0]), tensor([-2990.0, -910.0]), tensor([-995.0, -5003.0])
    same_gradient(f, dpo_spec, *long, 0.5, wrt=(0, 1))
    far = tensor([-3000.0, -2.0]), tensor([-1000.0, -3.0]), tensor([-1000.0, -1.0]), tensor([-3000.0, -4.0])
    same_gradient(f, dpo_spec, *far, 0.5, wrt=(0, 1))


@dpo_loss.parity
def not_yet_trained(f: Function, rng: Rng) -> None:
    """At the start policy and reference are one model: the pull is ½ · beta on either side

    At a lead of 0 `clamp` and `abs` have a slope of their own choice, and the loss has none to choose: `softplus` is
    smooth there.
    """
    chosen, rejected, _, _ = log_probabilities(rng, 2)
    for beta in (0.1, 2.0):
        same_gradient(f, dpo_spec, chosen, rejected, chosen, rejected, beta, wrt=(0, 1))


@dpo_loss.parity
def dpo_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, dpo_spec, *log_probabilities(rng, 2))
    same_dtype(f, dpo_spec, *log_probabilities(rng, 2, dtype=torch.float64))


def of_rewards(lead: Loss) -> Loss:
    """The mean surprise at a lead: a formula of the four log-probabilities, in their order, and of beta."""

    def loss(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float = 0.1) -> Tensor:
        return surprise(lead(a, b, c, d, beta)).mean()

    return loss


def of_lead(formula: Loss) -> Loss:
    """A loss by the difference of the two log-ratios and beta."""

    def loss(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float = 0.1) -> Tensor:
        return formula((a - c) - (b - d), beta)

    return loss


wrong = dpo_loss.misconceptions
always_float32(wrong, DTYPE_LOST)
wrong.table(
    of_rewards,
    no_reference=(
        "The reference is not used. Without it the reward is the policy's own log-probability, and an answer that was "
        "likely from the start counts as good.",
        lambda a, b, c, d, beta: beta * (a - b),
    ),
    exchanged=(
        "The sign of the lead is turned: policy and reference are exchanged, or chosen and rejected. This pulls the "
        "policy away from what was preferred.",
        lambda a, b, c, d, beta: beta * (c - d - a + b),
    ),
    reference_turned=(
        "The reference has the wrong sign: it is added, or its chosen and rejected are exchanged. The reward of an "
        "answer is beta · ln(policy / reference), both of that same answer.",
        lambda a, b, c, d, beta: beta * (a - d - b + c),
    ),
    beta_ignored=("beta is not used. It multiplies the rewards.", lambda a, b, c, d, beta: a - c - b + d),
    beta_divides=(
        "beta divides, as a temperature would. It multiplies the rewards.",
        lambda a, b, c, d, beta: (a - c - b + d) / beta,
    ),
    beta_of_policy_only=(
        "beta multiplies the policy only. It belongs to the whole log-ratio, reference included.",
        lambda a, b, c, d, beta: beta * (a - b) - (c - d),
    ),
    beta_of_chosen_only=(
        "beta multiplies the reward of the chosen answer only. Both are rewards.",
        lambda a, b, c, d, beta: beta * (a - c) - (b - d),
    ),
    chosen_only=(
        "Only the chosen answer is heard. The rejected one is half of the comparison.",
        lambda a, b, c, d, beta: beta * (a - c),
    ),
    probabilities=(
        "Rewards are made of probabilities, by `exp`. The reward is a difference of logarithms, which are given.",
        lambda a, b, c, d, beta: beta * (a.exp() - c.exp() - b.exp() + d.exp()),
    ),
    ratio_of_logarithms=(
        "The logarithm was taken once more, of the ratio of two logarithms. The inputs are logarithms already.",
        lambda a, b, c, d, beta: beta * ((a / c).log() - (b / d).log()),
    ),
    ratios_of_logarithms=(
        "The logarithms of policy and reference are divided by each other. The log of the ratio is their difference.",
        lambda a, b, c, d, beta: beta * (a / c - b / d),
    ),
    through_exp=(
        "`exp`, a ratio, then `log` again: exp(-1000) is 0, and ln(0/0) NaN. The difference of the logarithms is the "
        "log of the ratio.",
        lambda a, b, c, d, beta: beta * ((a.exp() / c.exp()).log() - (b.exp() / d.exp()).log()),
    ),
    rejected_detached=(
        "No gradient flows to the rejected answer. It is pulled down as the chosen is pulled up.",
        lambda a, b, c, d, beta: beta * (a - c - b.detach() + d),
    ),
)
wrong.table(
    of_lead,
    beta_outside=(
        "beta stands outside the logarithm, where it only scales the step. It multiplies the rewards, inside.",
        lambda lead, beta: beta * surprise(lead).mean(),
    ),
    summed=(
        "The losses are summed. Take the mean over the comparisons.",
        lambda lead, beta: surprise(beta * lead).sum(),
    ),
    not_reduced=(
        "There is one loss for each comparison. Take the mean.",
        lambda lead, beta: surprise(beta * lead),
    ),
    mean_of_leads=(
        "The mean is taken of the leads, before the logarithm. Each comparison has a loss of its own: average those.",
        lambda lead, beta: surprise(beta * lead.mean()),
    ),
    log_likelihood=(
        "The sign is turned: this is the log-likelihood, which is to be maximised. A loss is minus that.",
        lambda lead, beta: -surprise(beta * lead).mean(),
    ),
    logarithm_of_sigmoid=(
        "`sigmoid` of a lead of -2000 is 0, and its logarithm -inf; `exp` of 2000 is inf. ln(1 + e^x) is "
        "`softplus(x)`, which is x where x is large.",
        lambda lead, beta: -(beta * lead).sigmoid().log().mean(),
    ),
    hinge=(
        "This is a hinge, max(0, 1 - lead), as in SLiC. DPO takes -ln sigmoid of the lead.",
        lambda lead, beta: (1 - beta * lead).clamp(min=0).mean(),
    ),
    identity_preference=(
        "This is IPO's loss, (log-ratio - 1/(2 beta))². DPO takes -ln sigmoid of beta times the log-ratio.",
        lambda lead, beta: ((lead - 1 / (2 * beta)) ** 2).mean(),
    ),
)
wrong.table(
    each_alone=(
        "Each answer is judged alone, chosen as a yes and rejected as a no. A comparison has one sigmoid, of the "
        "difference of the two rewards.",
        lambda a, b, c, d, beta=0.1: (surprise(beta * (a - c)) + surprise(-beta * (b - d))).mean(),
    ),
)
other_default(
    wrong,
    "other_default",
    "Where no beta is given, it is 1 here, it should be 0.1: at the start a step of DPO is meant to be small.",
    beta=1.0,
)
wrong.table(
    of_rewards,
    rewards_through_exp=(
        "The ratios themselves are subtracted, without their logarithm. A reward is beta · ln(policy / reference).",
        lambda a, b, c, d, beta: beta * ((a - c).exp() - (b - d).exp()),
    ),
    references_only_once=(
        "The reference is taken off one of the two answers only. Each reward has its own.",
        (lambda a, b, c, d, beta: beta * ((a - c) - b), lambda a, b, c, d, beta: beta * (a - (b - d))),
    ),
    lead_sized=(
        "The size of the lead is taken: whoever is ahead, it costs the same.",
        (
            lambda a, b, c, d, beta: beta * ((a - c) - (b - d)).abs(),
            lambda a, b, c, d, beta: -beta * ((a - c) - (b - d)).abs(),
        ),
    ),
    rewards_added=(
        "The two rewards are added. It is their difference that counts.",
        lambda a, b, c, d, beta: beta * ((a - c) + (b - d)),
    ),
    beta_squared=(
        "beta multiplies twice, or as a root.",
        (
            lambda a, b, c, d, beta: beta**2 * ((a - c) - (b - d)),
            lambda a, b, c, d, beta: beta**0.5 * ((a - c) - (b - d)),
        ),
    ),
)
wrong.table(
    of_rewards,
    beta_of_reference_only=(
        "Only the reference is multiplied by beta. The difference of the logarithms is.",
        lambda a, b, c, d, beta: (a - b) - beta * (c - d),
    ),
)
wrong.table(
    of_lead,
    labels_smoothed=(
        "The preferences are smoothed: some share of them counts the other way round.",
        tuple(
            lambda lead, beta, e=e: ((1 - e) * surprise(beta * lead) + e * surprise(-beta * lead)).mean()
            for e in (0.1, 0.05, 0.2, 0.01)
        ),
    ),
    squared_leads=(
        "The lead is drawn to a number by squares.",
        (lambda lead, beta: (1 - beta * lead).square().mean(), lambda lead, beta: (beta * lead).square().mean()),
    ),
)
