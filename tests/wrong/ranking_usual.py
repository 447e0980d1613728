"""Wrong answers to the exercises of notebook 09, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _softplus(x):
    return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))


def bradley_terry_loss__loser(scores, wins):
    """The scores have changed places: columns beat rows."""
    d = scores[None, :] - scores[:, None]
    return (wins.to(scores.dtype) * _softplus(d).T).sum()


def bradley_terry_loss__mean_games(scores, wins):
    """The mean over the games."""
    d = scores.unsqueeze(1) - scores.unsqueeze(0)
    return (wins * _softplus(-d)).sum() / wins.sum()


def bradley_terry_loss__upper_triangle(scores, wins):
    """Only the games of i < j count: wins below the diagonal are lost."""
    total = scores.sum() * 0
    n = len(scores)
    for i in range(n):
        for j in range(i + 1, n):
            total = total + wins[i, j] * _softplus(scores[j] - scores[i])
    return total


def plackett_luce_loss__all_left(scores):
    """Each place is drawn from all items: who is placed is not taken away."""
    return -(torch.log_softmax(scores, -1)).sum(-1)


def plackett_luce_loss__first_only(scores):
    """Only the first place."""
    return -torch.log_softmax(scores, dim=-1)[..., 0]


def plackett_luce_loss__reverse(scores):
    """The order is turned round: cumulated from the front."""
    return (torch.logcumsumexp(scores, -1) - scores).sum(-1)


def plackett_luce_loss__mean(scores):
    """Mean over the places."""
    lse = torch.logcumsumexp(scores.flip(-1), -1).flip(-1)
    return (lse - scores).mean(-1)


def area_under_curve__ties_lose(scores, labels):
    """Ties count nothing."""
    pos = scores[labels == 1]
    neg = scores[labels == 0]
    return (pos[:, None] > neg[None, :]).to(scores.dtype).mean()


def area_under_curve__accuracy(scores, labels):
    """The share of right answers at a threshold of 0.5."""
    return ((scores > 0.5) == (labels == 1)).to(scores.dtype).mean()


def area_under_curve__ties_win(scores, labels):
    """Ties count as won."""
    count = 0
    pairs = 0
    for s, y in zip(scores, labels):
        for s2, l2 in zip(scores, labels):
            if y == 1 and l2 == 0:
                pairs += 1
                if s >= s2:
                    count += 1
    if pairs == 0:
        return torch.tensor(float("nan"), dtype=scores.dtype)
    return torch.tensor(count / pairs, dtype=scores.dtype)


def preference_loss__log_of_sigmoid(chosen, rejected, reduction="mean"):
    """log(sigmoid): -inf at -1000."""
    if chosen.shape != rejected.shape:
        raise ValueError
    loss = -torch.log(torch.sigmoid(chosen - rejected))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError


def preference_loss__difference_only(chosen, rejected, reduction="mean"):
    """The difference without the sigmoid."""
    if chosen.shape != rejected.shape:
        raise ValueError
    loss = rejected - chosen
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError


def dpo_loss__no_reference(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """The reference is not read."""
    return _softplus(-beta * (policy_chosen - policy_rejected)).mean()


def dpo_loss__beta_outside(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """beta multiplies the loss and not the reward."""
    a = policy_chosen - reference_chosen
    b = policy_rejected - reference_rejected
    return beta * _softplus(b - a).mean()


def dpo_loss__reference_sign(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """The reference's difference is added."""
    pi = policy_chosen - policy_rejected
    ref = reference_chosen - reference_rejected
    return _softplus(-beta * (pi + ref)).mean()


def _r(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def ppo_clip_loss__max(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The larger of the two gains."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    r = (log_probs - old_log_probs.detach()).exp()
    a = advantages.detach()
    return _r(-torch.max(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__clip_only(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """Only the clipped gain: no minimum."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    r = (log_probs - old_log_probs.detach()).exp()
    return _r(-r.clamp(1 - epsilon, 1 + epsilon) * advantages.detach(), reduction)


def ppo_clip_loss__attached(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The gradient flows to advantages."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError
    r = torch.exp(log_probs - old_log_probs.detach())
    return _r(-torch.minimum(r * advantages, r.clip(1 - epsilon, 1 + epsilon) * advantages), reduction)


def margin_ranking_loss__margin_subtracted(input1, input2, target, margin=0, reduction="mean"):
    """The margin is taken off."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError
    return _r((-target * (input1 - input2) - margin).clamp(min=0), reduction)


def margin_ranking_loss__no_clamp(input1, input2, target, margin=0, reduction="mean"):
    """No max(0, ...)."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError
    return _r(margin - target * (input1 - input2), reduction)
