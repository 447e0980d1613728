"""Losses of comparisons: the exercises of the notebook on ranking, torch's margin_ranking_loss last."""

import torch
from torch import Tensor


def bradley_terry_loss(scores: Tensor, wins: Tensor) -> Tensor:
    """How surprising a table of results is, if i beats j with probability sigmoid(scores[i] - scores[j]).

    By hand: no ready-made loss or distribution.

    Args:
        scores: one strength for each of N players, shape (N,), up to ±1000.
        wins: how often the player of the row beat the player of the column, shape (N, N), floating point or
            integer, 0 on the diagonal. Halves count draws.

    Returns:
        The sum over all games of -ln of the probability of what happened: a single number in the dtype of
        scores. Who never met adds nothing.
    """
    # BEGIN SOLUTION
    lead = scores[:, None] - scores[None, :]
    surprise = torch.nn.functional.softplus(-lead)  # -ln sigmoid(lead)
    return (wins * surprise).sum()
    # END SOLUTION


def plackett_luce_loss(scores: Tensor) -> Tensor:
    """How surprising an order is, if each place goes by softmax to one of those who are left.

    By hand: no ready-made loss or distribution.

    Args:
        scores: the scores of K items in the order in which they came in, the first of all first, shape
            (…, K), up to ±1000.

    Returns:
        -ln of the probability of each order, shape (…).
    """
    # BEGIN SOLUTION
    left = scores.flip(-1).logcumsumexp(-1).flip(-1)  # at each place: of this item and all behind it
    return (left - scores).sum(-1)
    # END SOLUTION


def area_under_curve(scores: Tensor, labels: Tensor) -> Tensor:
    """The share of pairs that the scores put in the right order: the area under the ROC curve.

    Args:
        scores: one score per item, shape (N,); ±inf is a score like any other.
        labels: 1 for the items that should come first, 0 for the others, shape (N,), any dtype.

    Returns:
        Of all pairs of a 1 and a 0, the share in which the 1 has the larger score. A tie counts as half a
        pair. NaN if there is no pair. A single number in the dtype of scores.
    """
    # BEGIN SOLUTION
    ones, zeros = scores[labels == 1][:, None], scores[labels == 0][None, :]
    right, tied = ones > zeros, ones == zeros
    return (right.to(scores.dtype) + tied.to(scores.dtype) / 2).mean()
    # END SOLUTION


def preference_loss(chosen: Tensor, rejected: Tensor, reduction: str = "mean") -> Tensor:
    """The loss of a reward model: -ln sigmoid(chosen - rejected), one for each comparison.

    By hand: no ready-made loss or distribution.

    Args:
        chosen: the rewards of the answers that were preferred, any shape, up to ±1000.
        rejected: the rewards of the answers that they were preferred to, same shape.
        reduction: "none" for one loss per comparison, "sum" or "mean" over all comparisons.

    Returns:
        The shape of chosen for "none", else a single number.

    Raises:
        ValueError: the shapes differ, or reduction is another word.
    """
    # BEGIN SOLUTION
    if chosen.shape != rejected.shape:
        raise ValueError(f"chosen is {tuple(chosen.shape)}, rejected {tuple(rejected.shape)}")
    losses = torch.nn.functional.softplus(rejected - chosen)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def dpo_loss(
    policy_chosen: Tensor,
    policy_rejected: Tensor,
    reference_chosen: Tensor,
    reference_rejected: Tensor,
    beta: float = 0.1,
) -> Tensor:
    """Direct preference optimisation: the loss of preferences, with log-ratios of two models as rewards.

    By hand: no ready-made loss or distribution.

    Args:
        policy_chosen: ln of the probability that the model in training gives to each preferred answer,
            shape (N,).
        policy_rejected: the same of the answers that were not preferred.
        reference_chosen: ln of the probability that the model had given them before training.
        reference_rejected: the same of the answers that were not preferred.
        beta: the reward of an answer is beta times the ln of (policy / reference).

    Returns:
        The mean over the comparisons of -ln sigmoid(reward of chosen - reward of rejected).
    """
    # BEGIN SOLUTION
    chosen = beta * (policy_chosen - reference_chosen)
    rejected = beta * (policy_rejected - reference_rejected)
    return torch.nn.functional.softplus(rejected - chosen).mean()
    # END SOLUTION


def ppo_clip_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, epsilon: float = 0.2, reduction: str = "mean"
) -> Tensor:
    """The loss of PPO, and of GRPO: reward answers by becoming likelier, but no further than a clip allows.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: ln of the probability that the policy in training gives to each answer, any shape.
        old_log_probs: ln of the probability that it gave them when they were drawn, same shape. Down to -5000.
        advantages: how much better each answer was than expected, same shape; negative if it was worse. Taken as
            they are, and no gradient flows to them, nor to old_log_probs.
        epsilon: ε. The gain of an answer ends where it is 1 + ε times as likely as it was, or 1 - ε times if the
            advantage is negative.
        reduction: "none" for one loss per answer, "sum" or "mean" over all answers.

    Returns:
        -min(r · A, clip(r, 1 - ε, 1 + ε) · A), where r is the ratio of the new probability to the old one. The
        shape of log_probs for "none", else a single number; a NaN stays one.

    Raises:
        ValueError: the shapes differ, or reduction is another word.
    """
    # BEGIN SOLUTION
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        shapes = tuple(log_probs.shape), tuple(old_log_probs.shape), tuple(advantages.shape)
        raise ValueError(f"log_probs, old_log_probs and advantages have the shapes {shapes}")
    advantages = advantages.detach()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    losses = -torch.minimum(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    """What is missing to the right order: a drop-in for `torch.nn.functional.margin_ranking_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input1: scores, any shape.
        input2: the scores that they are compared with.
        target: 1 where input1 should be larger, -1 where input2 should, floating point or integer. The
            shapes of the three broadcast, but have equally many dimensions.
        margin: by how much the right one should lead.
        reduction: "none" for max(0, -target · (input1 - input2) + margin) of every comparison, "sum" or
            "mean" over all.

    Returns:
        The shape that the three broadcast to for "none", else a single number. Where the loss is exactly at
        the edge of 0, the gradient is that of the side above.

    Raises:
        RuntimeError: the three do not have equally many dimensions.
        ValueError: reduction is another word.
    """
    # BEGIN SOLUTION
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(f"dimensions differ: {input1.ndim}, {input2.ndim}, {target.ndim}")
    losses = (-target * (input1 - input2) + margin).clamp(min=0)  # clamp has slope 1 at its edge, relu 0
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION
