"""Preferences without a reward model: `dpo_loss`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.ranking.common import READY_MADE, Rng, always_float32, surprise


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
    same_value(f, dpo_spec, *reference, *reference)
    same_value(f, dpo_spec, tensor([-5.0]), tensor([-18.0]), *reference)


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
    """The gradient by the policy's log-probabilities, chosen and rejected"""
    for beta in (0.1, 0.5):
        same_gradient(f, dpo_spec, *log_probabilities(rng, 3), beta, wrt=(0, 1))


@dpo_loss.parity
def long_answers(f: Function, rng: Rng) -> None:
    """Log-probabilities of long answers, down to -5000, give a finite loss and a gradient

    exp(-5000) is 0. Stay with logarithms.
    """
    long = tensor([-3000.0, -900.0]), tensor([-1000.0, -5000.0]), tensor([-2990.0, -910.0]), tensor([-990.0, -5003.0])
    same_gradient(f, dpo_spec, *long, 0.5, wrt=(0, 1))
    far = tensor([-3000.0, -2.0]), tensor([-1000.0, -3.0]), tensor([-1000.0, -1.0]), tensor([-3000.0, -4.0])
    same_gradient(f, dpo_spec, *far, 0.5, wrt=(0, 1))


@dpo_loss.parity
def dpo_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, dpo_spec, *log_probabilities(rng, 2))
    same_dtype(f, dpo_spec, *log_probabilities(rng, 2, dtype=torch.float64))


always_float32(dpo_loss)
wrong = dpo_loss.misconception


def of_rewards(explanation: str) -> Callable[[Callable[..., Tensor]], None]:
    """Registers a wrong lead, by the four log-probabilities and beta: its surprise is averaged as it should be."""

    def add(lead: Callable[..., Tensor]) -> None:
        def loss(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float = 0.1) -> Tensor:
            return surprise(lead(a, b, c, d, beta)).mean()

        wrong(explanation, lead.__name__)(loss)

    return add


@of_rewards(
    "The reference is not used. Without it the reward is the policy's own log-probability, and an answer that was "
    "likely from the start counts as good."
)
def no_reference(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (a - b)


@of_rewards(
    "The sign of the lead is turned: policy and reference are exchanged, or chosen and rejected. This pulls the policy "
    "away from what was preferred."
)
def exchanged(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (c - d - a + b)


@of_rewards(
    "The reference has the wrong sign: it is added, or its chosen and rejected are exchanged. The reward of an answer "
    "is beta · ln(policy / reference), both of that same answer."
)
def reference_turned(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (a - d - b + c)


@of_rewards("beta is not used. It multiplies the rewards.")
def beta_ignored(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return a - c - b + d


@of_rewards("beta divides, as a temperature would. It multiplies the rewards.")
def beta_divides(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return (a - c - b + d) / beta


@of_rewards("beta multiplies the policy only. It belongs to the whole log-ratio, reference included.")
def beta_of_policy_only(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (a - b) - (c - d)


@of_rewards("beta multiplies the reward of the chosen answer only. Both are rewards.")
def beta_of_chosen_only(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (a - c) - (b - d)


@of_rewards("Only the chosen answer is heard. The rejected one is half of the comparison.")
def chosen_only(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (a - c)


@of_rewards("Rewards are made of probabilities, by `exp`. The reward is a difference of logarithms, which are given.")
def probabilities(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (a.exp() - c.exp() - b.exp() + d.exp())


@of_rewards("The logarithm was taken once more, of the ratio of two logarithms. The inputs are logarithms already.")
def ratio_of_logarithms(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * ((a / c).log() - (b / d).log())


@of_rewards(
    "`exp`, a ratio, then `log` again: exp(-1000) is 0, and ln(0/0) NaN. The difference of the logarithms is the log "
    "of the ratio."
)
def through_exp(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * ((a.exp() / c.exp()).log() - (b.exp() / d.exp()).log())


@of_rewards("No gradient flows to the rejected answer. It is pulled down as the chosen is pulled up.")
def rejected_detached(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float) -> Tensor:
    return beta * (a - c - b.detach() + d)


def of_lead(explanation: str) -> Callable[[Callable[..., Tensor]], None]:
    """Registers a wrong loss, by the difference of the two log-ratios and beta."""

    def add(formula: Callable[..., Tensor]) -> None:
        def loss(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float = 0.1) -> Tensor:
            return formula((a - c) - (b - d), beta)

        wrong(explanation, formula.__name__)(loss)

    return add


@of_lead("beta stands outside the logarithm, where it only scales the step. It multiplies the rewards, inside.")
def beta_outside(lead: Tensor, beta: float) -> Tensor:
    return beta * surprise(lead).mean()


@of_lead("The losses are summed. Take the mean over the comparisons.")
def summed(lead: Tensor, beta: float) -> Tensor:
    return surprise(beta * lead).sum()


@of_lead("There is one loss for each comparison. Take the mean.")
def not_reduced(lead: Tensor, beta: float) -> Tensor:
    return surprise(beta * lead)


@of_lead("The mean is taken of the leads, before the logarithm. Each comparison has a loss of its own: average those.")
def mean_of_leads(lead: Tensor, beta: float) -> Tensor:
    return surprise(beta * lead.mean())


@of_lead("The sign is turned: this is the log-likelihood, which is to be maximised. A loss is minus that.")
def log_likelihood(lead: Tensor, beta: float) -> Tensor:
    return -surprise(beta * lead).mean()


@of_lead(
    "`sigmoid` of a lead of -2000 is 0, and its logarithm -inf; `exp` of 2000 is inf. ln(1 + e^x) is `softplus(x)`, "
    "which is x where x is large."
)
def logarithm_of_sigmoid(lead: Tensor, beta: float) -> Tensor:
    return -(beta * lead).sigmoid().log().mean()


@of_lead("This is a hinge, max(0, 1 - lead), as in SLiC. DPO takes -ln sigmoid of the lead.")
def hinge(lead: Tensor, beta: float) -> Tensor:
    return (1 - beta * lead).clamp(min=0).mean()


@of_lead("This is IPO's loss, (log-ratio - 1/(2 beta))². DPO takes -ln sigmoid of beta times the log-ratio.")
def identity_preference(lead: Tensor, beta: float) -> Tensor:
    return ((lead - 1 / (2 * beta)) ** 2).mean()


@wrong("The default of beta is 1 here, it should be 0.1: at the start a step of DPO is meant to be small.")
def other_default(a: Tensor, b: Tensor, c: Tensor, d: Tensor, beta: float = 1.0) -> Tensor:
    return dpo_spec(a, b, c, d, beta)
