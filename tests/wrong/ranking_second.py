"""Wrong answers to the exercises of notebook 09, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _r(v, how):
    if how not in ("none", "sum", "mean"):
        raise ValueError(how)
    return v if how == "none" else getattr(v, how)()


def _s(z):
    return torch.clamp(-z, min=0) + torch.log1p(torch.exp(-z.abs()))


def bradley_terry_loss__diagonal(scores, wins):
    """Every player is given a game against itself: N ln 2 too much."""
    w = wins.to(scores.dtype) + torch.eye(len(scores), dtype=scores.dtype)
    return (w * _s(scores[:, None] - scores)).sum()


def bradley_terry_loss__rates(scores, wins):
    """Wins are turned into shares of each pair's games first."""
    w = wins.to(scores.dtype)
    n = w + w.T
    share = torch.where(n > 0, w / torch.where(n > 0, n, 1.0), 0.0)
    return (share * _s(scores[:, None] - scores)).sum()


def plackett_luce_loss__last_left_in(scores):
    """Each place is shared with those before it and itself (cumulative from the first)."""
    out = 0.0
    for i in range(scores.shape[-1]):
        z = scores[..., : i + 1]
        m = z.amax(-1, keepdim=True)
        out = out + m[..., 0] + (z - m).exp().sum(-1).log() - scores[..., i]
    return out


def area_under_curve__gini(scores, labels):
    """2 AUC - 1."""
    p, n = scores[labels == 1], scores[labels == 0]
    c = (p[:, None] > n).to(scores.dtype) + 0.5 * (p[:, None] == n).to(scores.dtype)
    return 2 * c.mean() - 1


def area_under_curve__turned(scores, labels):
    """The share of pairs in which the 0 has the larger score."""
    p, n = scores[labels == 1], scores[labels == 0]
    return ((p[:, None] < n).to(scores.dtype) + 0.5 * (p[:, None] == n).to(scores.dtype)).mean()


def preference_loss__margin_one(chosen, rejected, reduction="mean"):
    """A margin of 1 is asked for."""
    if chosen.shape != rejected.shape:
        raise ValueError
    return _r(_s(chosen - rejected - 1), reduction)


def dpo_loss__reference_in_full(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """beta multiplies the policy's ratio only."""
    return _s(beta * (policy_chosen - policy_rejected) - (reference_chosen - reference_rejected)).mean()


def ppo_clip_loss__advantage_sign(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """Old less new: the ratio is upside down."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    r = (old_log_probs.detach() - log_probs).exp()
    a = advantages.detach()
    return _r(-torch.minimum(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def margin_ranking_loss__swapped(input1, input2, target, margin=0, reduction="mean"):
    """The margin is multiplied by the target."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError
    return _r((-target * (input1 - input2 - margin)).clamp(min=0), reduction)
