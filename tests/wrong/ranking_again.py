"""Wrong answers to the exercises of notebook 09, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _sp(z):
    return torch.logaddexp(z, torch.zeros_like(z))


def bradley_terry_loss__mean_over_games(scores, wins):
    w = wins.to(scores.dtype)
    d = scores[:, None] - scores[None, :]
    return (w * _sp(-d)).sum() / w.sum()


def bradley_terry_loss__row_lost(scores, wins):
    w = wins.to(scores.dtype)
    d = scores[:, None] - scores[None, :]
    return (w * _sp(d)).sum()


def bradley_terry_loss__ratio_of_scores(scores, wins):
    w = wins.to(scores.dtype)
    d = scores[:, None] - scores[None, :]
    return (torch.triu(w) * _sp(-d)).sum()


def bradley_terry_loss__both_sides(scores, wins):
    w = wins.to(scores.dtype)
    d = scores[:, None] - scores[None, :]
    return (w * (_sp(-d) + _sp(d))).sum()


def plackett_luce_loss__all_in_every_round(scores):
    lse = torch.logsumexp(scores, -1, keepdim=True)
    return (lse - scores).sum(-1)


def plackett_luce_loss__worst_first(scores):
    lse = torch.logcumsumexp(scores, -1)
    return (lse - scores).sum(-1)


def plackett_luce_loss__excludes_itself(scores):
    total = 0
    for k in range(scores.shape[-1] - 1):
        total = total + torch.logsumexp(scores[..., k + 1 :], -1) - scores[..., k]
    return total if scores.shape[-1] > 1 else scores.sum(-1) * 0


def plackett_luce_loss__top_one(scores):
    return torch.logsumexp(scores, -1) - scores[..., 0]


def plackett_luce_loss__mean_places(scores):
    lse = torch.logcumsumexp(scores.flip(-1), -1).flip(-1)
    return (lse - scores).mean(-1)


def plackett_luce_loss__sorted_first(scores):
    scores = scores.sort(-1, descending=True).values
    lse = torch.logcumsumexp(scores.flip(-1), -1).flip(-1)
    return (lse - scores).sum(-1)


def area_under_curve__ties_lose(scores, labels):
    pos, neg = scores[labels == 1], scores[labels == 0]
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(math.nan, dtype=scores.dtype)
    return (pos[:, None] > neg[None, :]).to(scores.dtype).mean()


def area_under_curve__ties_win(scores, labels):
    pos, neg = scores[labels == 1], scores[labels == 0]
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(math.nan, dtype=scores.dtype)
    return (pos[:, None] >= neg[None, :]).to(scores.dtype).mean()


def area_under_curve__reversed(scores, labels):
    pos, neg = scores[labels == 1], scores[labels == 0]
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(math.nan, dtype=scores.dtype)
    d = neg[None, :] - pos[:, None]
    return ((d > 0).to(scores.dtype) + 0.5 * (neg[None, :] == pos[:, None]).to(scores.dtype)).mean()


def area_under_curve__half_without_pairs(scores, labels):
    pos, neg = scores[labels == 1], scores[labels == 0]
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(0.5, dtype=scores.dtype)
    return ((pos[:, None] > neg).to(scores.dtype) + 0.5 * (pos[:, None] == neg).to(scores.dtype)).mean()


def area_under_curve__by_all_pairs(scores, labels):
    pos, neg = scores[labels == 1], scores[labels == 0]
    n = len(scores)
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(math.nan, dtype=scores.dtype)
    return ((pos[:, None] > neg).to(scores.dtype) + 0.5 * (pos[:, None] == neg).to(scores.dtype)).sum() / (
        n * (n - 1) / 2
    )


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def preference_loss__hinge(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(torch.relu(1 - (chosen - rejected)), reduction)


def preference_loss__log_sigmoid_of_chosen_alone(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(_sp(-chosen) + 0 * rejected, reduction)


def preference_loss__difference_of_logs(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(_sp(-chosen) - _sp(-rejected), reduction)


def preference_loss__probability(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(1 - torch.exp(-_sp(rejected - chosen)), reduction)


def dpo_loss__beta_outside(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return beta * _sp(-d).mean()


def dpo_loss__no_reference(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    return _sp(-beta * (policy_chosen - policy_rejected)).mean()


def dpo_loss__reference_added(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - policy_rejected) + (reference_chosen - reference_rejected)
    return _sp(-beta * d).mean()


def dpo_loss__ipo(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return ((d - 1 / (2 * beta)) ** 2).mean()


def dpo_loss__ratio_of_logs(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = policy_chosen / reference_chosen - policy_rejected / reference_rejected
    return _sp(-beta * d).mean()


def margin_ranking_loss__margin_subtracted(input1, input2, target, margin=0, reduction="mean"):
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError
    return _red(torch.clamp(-target * (input1 - input2) - margin, min=0), reduction)


def margin_ranking_loss__margin_inside(input1, input2, target, margin=0, reduction="mean"):
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError
    return _red(torch.clamp(-target * (input1 - input2 + margin), min=0), reduction)


def margin_ranking_loss__target_01(input1, input2, target, margin=0, reduction="mean"):
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError
    y = 2 * target - 1
    return _red(torch.clamp(-y * (input1 - input2) + margin, min=0), reduction)
