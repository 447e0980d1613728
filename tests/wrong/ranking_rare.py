"""Wrong answers to the exercises of notebook 09, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _sp(z):
    return torch.logaddexp(z, torch.zeros_like(z))


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def _bt(scores, wins, f):
    w = wins.to(scores.dtype)
    d = scores[:, None] - scores[None, :]
    return f(w, d)


def bradley_terry_loss__mean(scores, wins):
    return _bt(scores, wins, lambda w, d: (w * _sp(-d)).mean())


def bradley_terry_loss__diagonal_ignored_sum_rows(scores, wins):
    return _bt(scores, wins, lambda w, d: (w * _sp(-d)).sum(1).max())


def bradley_terry_loss__no_weights(scores, wins):
    return _bt(scores, wins, lambda w, d: (torch.sign(w) * _sp(-d)).sum())


def bradley_terry_loss__squared_lead(scores, wins):
    return _bt(scores, wins, lambda w, d: (w * (1 - torch.sigmoid(d)) ** 2).sum())


def bradley_terry_loss__exp_lead(scores, wins):
    return _bt(scores, wins, lambda w, d: (w * torch.exp(-d)).sum() - w.diagonal().sum())


def bradley_terry_loss__column_mean(scores, wins):
    return _bt(scores, wins, lambda w, d: (w * _sp(-d)).sum() / len(scores))


def plackett_luce_loss__minus_mean_of_rest(scores):
    total = 0
    for k in range(scores.shape[-1]):
        total = total + scores[..., k:].mean(-1) - scores[..., k]
    return total


def plackett_luce_loss__max_of_rest(scores):
    total = 0
    for k in range(scores.shape[-1]):
        total = total + scores[..., k:].max(-1).values - scores[..., k]
    return total


def plackett_luce_loss__discounted(scores):
    total = 0
    for k in range(scores.shape[-1]):
        total = total + (torch.logsumexp(scores[..., k:], -1) - scores[..., k]) / math.log2(k + 2)
    return total


def plackett_luce_loss__product_of_probabilities(scores):
    p = 1
    for k in range(scores.shape[-1]):
        p = p * torch.softmax(scores[..., k:], -1)[..., 0]
    return 1 - p


def _auc(scores, labels, f):
    pos, neg = scores[labels == 1], scores[labels == 0]
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(math.nan, dtype=scores.dtype)
    return f(pos, neg).to(scores.dtype)


def area_under_curve__gini(scores, labels):
    def f(p, n):
        a = ((p[:, None] > n).double() + 0.5 * (p[:, None] == n).double()).mean()
        return 2 * a - 1

    return _auc(scores, labels, f)


def area_under_curve__zipped(scores, labels):
    def f(p, n):
        k = min(len(p), len(n))
        return ((p[:k] > n[:k]).double() + 0.5 * (p[:k] == n[:k]).double()).mean()

    return _auc(scores, labels, f)


def area_under_curve__soft(scores, labels):
    return _auc(scores, labels, lambda p, n: torch.sigmoid(p[:, None] - n).mean())


def area_under_curve__count(scores, labels):
    return _auc(scores, labels, lambda p, n: ((p[:, None] > n).double() + 0.5 * (p[:, None] == n).double()).sum())


def area_under_curve__against_mean(scores, labels):
    return _auc(scores, labels, lambda p, n: ((p > n.mean()).double() + 0.5 * (p == n.mean()).double()).mean())


def preference_loss__margin_half(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(_sp(0.5 - (chosen - rejected)), reduction)


def preference_loss__detached_chosen(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(_sp(rejected - chosen.detach()), reduction)


def preference_loss__log_of_softmax_pair_mean(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(torch.logaddexp(chosen, rejected) - (chosen + rejected) / 2, reduction)


def preference_loss__squared_difference(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red((1 - (chosen - rejected)) ** 2, reduction)


def preference_loss__regularised(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return _red(_sp(rejected - chosen) + 0.01 * (chosen**2 + rejected**2), reduction)


def dpo_loss__beta_on_reference_only(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - policy_rejected) - beta * (reference_chosen - reference_rejected)
    return _sp(-d).mean()


def dpo_loss__mean_reference(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen.mean()) - (policy_rejected - reference_rejected.mean())
    return _sp(-beta * d).mean()


def dpo_loss__hinge_one(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return torch.relu(1 - beta * d).mean()


def dpo_loss__smoothed(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return (0.9 * _sp(-beta * d) + 0.1 * _sp(beta * d)).mean()


def dpo_loss__plus_sft(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return (_sp(-beta * d) - policy_chosen).mean()


def dpo_loss__sum_over_two(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return _sp(-beta * d).sum() / 2


def _mr(a, b, y, r, f):
    if not a.ndim == b.ndim == y.ndim:
        raise RuntimeError
    return _red(f(a, b, y), r)


def margin_ranking_loss__min_zero(input1, input2, target, margin=0, reduction="mean"):
    return _mr(input1, input2, target, reduction, lambda a, b, y: (-y * (a - b) + margin).clamp(max=0))


def margin_ranking_loss__margin_times(input1, input2, target, margin=0, reduction="mean"):
    return _mr(input1, input2, target, reduction, lambda a, b, y: (-y * (a - b) * margin).clamp(min=0))


def margin_ranking_loss__relative(input1, input2, target, margin=0, reduction="mean"):
    return _mr(
        input1,
        input2,
        target,
        reduction,
        lambda a, b, y: (-y * (a - b) / (a.abs() + b.abs() + 1e-8) + margin).clamp(min=0),
    )


def margin_ranking_loss__margin_doubled(input1, input2, target, margin=0, reduction="mean"):
    return _mr(input1, input2, target, reduction, lambda a, b, y: (-y * (a - b) + 2 * margin).clamp(min=0))
