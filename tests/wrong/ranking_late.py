"""Wrong answers to the exercises of notebook 09, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def bradley_terry_loss__log_of_ratio(scores, wins):
    w = wins.to(scores.dtype)
    e = scores.exp()
    return -(w * torch.log(e[:, None] / e[None, :])).sum()


def plackett_luce_loss__cumsum_forward(scores):
    e = scores.exp()
    return (torch.log(torch.cumsum(e, -1)) - scores).sum(-1)


def area_under_curve__rank_formula_off(scores, labels):
    pos, neg = scores[labels == 1], scores[labels == 0]
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(math.nan, dtype=scores.dtype)
    order = scores.argsort()
    ranks = torch.empty_like(scores)
    ranks[order] = torch.arange(len(scores), dtype=scores.dtype)
    n = len(pos)
    return (ranks[labels == 1].sum() - n * (n + 1) / 2) / (n * len(neg))


def preference_loss__accuracy(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red((chosen < rejected).to(chosen.dtype) + 0 * chosen, reduction)


def dpo_loss__log_ratio_squared(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return (beta * d**2).mean()


def margin_ranking_loss__margin_default_wrong_sign(input1, input2, target, margin=0, reduction="mean"):
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError
    return _red(torch.clamp(target * (input1 - input2) - margin, min=0), reduction)
