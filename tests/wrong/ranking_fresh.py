"""Wrong answers to the exercises of notebook 09, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _sp(x):
    return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def bradley_terry_loss__ratio(scores, wins):
    """s_i / (s_i + s_j): the scores are taken for strengths, without exp."""
    p = scores[:, None] / (scores[:, None] + scores[None, :])
    return -(torch.where(wins > 0, wins * p.log(), 0.0)).sum()


def bradley_terry_loss__wins_as_flags(scores, wins):
    """How often is lost: wins > 0 counts once."""
    d = scores[:, None] - scores[None, :]
    return ((wins > 0).to(scores.dtype) * _sp(-d)).sum()


def bradley_terry_loss__both_sides(scores, wins):
    """Each game counts for both: wins + wins.T."""
    d = scores[:, None] - scores[None, :]
    return ((wins + wins.T) * _sp(-d)).sum()


def plackett_luce_loss__excludes_itself(scores):
    """The item itself is left out of the denominator: off by one."""
    total = torch.zeros(scores.shape[:-1], dtype=scores.dtype)
    for k in range(scores.shape[-1] - 1):
        total = total + torch.logsumexp(scores[..., k + 1 :], -1) - scores[..., k]
    return total


def plackett_luce_loss__pairs(scores):
    """Pairwise: each against each later one by a sigmoid."""
    total = torch.zeros(scores.shape[:-1], dtype=scores.dtype)
    n = scores.shape[-1]
    for i in range(n):
        for j in range(i + 1, n):
            total = total + _sp(scores[..., j] - scores[..., i])
    return total


def plackett_luce_loss__sorted(scores):
    """The scores are sorted first."""
    s = scores.sort(-1, descending=True).values
    return (s.flip(-1).logcumsumexp(-1).flip(-1) - s).sum(-1)


def area_under_curve__swapped(scores, labels):
    """The pairs the wrong way round: 1 - AUC."""
    pos, neg = scores[labels == 1], scores[labels == 0]
    d = (neg[:, None] > pos[None, :]).to(scores.dtype) + 0.5 * (neg[:, None] == pos[None, :]).to(scores.dtype)
    return d.mean()


def area_under_curve__all_pairs(scores, labels):
    """Divided by N squared."""
    pos, neg = scores[labels == 1], scores[labels == 0]
    d = (pos[:, None] > neg[None, :]).to(scores.dtype) + 0.5 * (pos[:, None] == neg[None, :]).to(scores.dtype)
    return d.sum() / len(scores) ** 2


def area_under_curve__sigmoid(scores, labels):
    """A soft count by a sigmoid."""
    pos, neg = scores[labels == 1], scores[labels == 0]
    return torch.sigmoid(pos[:, None] - neg[None, :]).mean()


def preference_loss__ratio(chosen, rejected, reduction="mean"):
    """The other way round: rejected - chosen."""
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(_sp(chosen - rejected), reduction)


def preference_loss__two_terms(chosen, rejected, reduction="mean"):
    """-ln sigma(chosen) - ln sigma(-rejected)."""
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(_sp(-chosen) + _sp(rejected), reduction)


def dpo_loss__sum(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """The sum."""
    h = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return _sp(-beta * h).sum()


def dpo_loss__probabilities(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """Ratios and not log-ratios."""
    h = (policy_chosen - reference_chosen).exp() - (policy_rejected - reference_rejected).exp()
    return _sp(-beta * h).mean()


def dpo_loss__ipo(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """IPO's square."""
    h = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return ((h - 1 / (2 * beta)) ** 2).mean()


def ppo_clip_loss__no_minus(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The gain and not the loss."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    r, a = (log_probs - old_log_probs.detach()).exp(), advantages.detach()
    return _red(torch.min(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__ratio_of_logs(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The ratio of the logarithms."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    r, a = log_probs / old_log_probs.detach(), advantages.detach()
    return _red(-torch.min(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__clip_log(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The log-ratio is clipped to +-epsilon, before exp."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    d, a = log_probs - old_log_probs.detach(), advantages.detach()
    return _red(-torch.min(d.exp() * a, d.clamp(-epsilon, epsilon).exp() * a), reduction)


def ppo_clip_loss__normalised(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """Advantages are normalised."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    a = advantages.detach()
    a = (a - a.mean()) / (a.std() + 1e-8)
    r = (log_probs - old_log_probs.detach()).exp()
    return _red(-torch.min(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def margin_ranking_loss__target_on_margin(input1, input2, target, margin=0, reduction="mean"):
    """The target multiplies the margin too."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError
    return _red((-target * (input1 - input2 - margin)).clamp(min=0), reduction)


def margin_ranking_loss__zero_one(input1, input2, target, margin=0, reduction="mean"):
    """target is taken for 0 and 1."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError
    y = 2 * target - 1
    return _red((-y * (input1 - input2) + margin).clamp(min=0), reduction)
