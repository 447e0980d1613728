"""Wrong answers to the exercises of notebook 09, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError("unknown reduction")


def _nls(z):
    return torch.clamp(-z, min=0) + torch.log1p(torch.exp(-z.abs()))


def bradley_terry_loss__transposed(scores, wins):
    """The loser gets the win: wins[i, j] is read for j."""
    d = scores[:, None] - scores[None, :]
    return (wins.T.to(scores.dtype) * _nls(d)).sum()


def bradley_terry_loss__mean(scores, wins):
    """Divided by the number of games."""
    d = scores[:, None] - scores[None, :]
    w = wins.to(scores.dtype)
    return (w * _nls(d)).sum() / w.sum()


def bradley_terry_loss__upper(scores, wins):
    """Only pairs i < j: the other half of the table is not read."""
    total = scores.new_zeros(())
    for i in range(len(scores)):
        for j in range(i + 1, len(scores)):
            total = total + wins[i, j].to(scores.dtype) * _nls(scores[i] - scores[j])
    return total


def bradley_terry_loss__ratio(scores, wins):
    """Strengths are taken as they are, s_i / (s_i + s_j), not through a sigmoid."""
    p = scores[:, None] / (scores[:, None] + scores[None, :])
    w = wins.to(scores.dtype)
    return -(w * torch.where(w > 0, p, 1.0).log()).sum()


def bradley_terry_loss__who_won(scores, wins):
    """Only whether i ever beat j counts, not how often."""
    d = scores.unsqueeze(1) - scores
    return ((wins > 0).to(scores.dtype) * _nls(d)).sum()


def _lse(z, dim=-1):
    m = z.amax(dim, keepdim=True)
    return (m + (z - m).exp().sum(dim, keepdim=True).log()).squeeze(dim)


def plackett_luce_loss__from_last(scores):
    """The order is read from the last place on."""
    total = 0
    s = scores.flip(-1)
    for i in range(s.shape[-1]):
        total = total + _lse(s[..., i:]) - s[..., i]
    return total


def plackett_luce_loss__with_replacement(scores):
    """Who has come in stays: every place goes by a softmax over all."""
    return (_lse(scores).unsqueeze(-1) - scores).sum(-1)


def plackett_luce_loss__first_only(scores):
    """Only the first place counts, as in ListNet's top one."""
    return _lse(scores) - scores[..., 0]


def plackett_luce_loss__mean(scores):
    """The mean over the places."""
    k = scores.shape[-1]
    return torch.stack([_lse(scores[..., i:]) - scores[..., i] for i in range(k)], -1).mean(-1)


def plackett_luce_loss__unstable(scores):
    """Sums of exponentials without a maximum: overflow."""
    rest = scores.exp().flip(-1).cumsum(-1).flip(-1)
    return (rest.log() - scores).sum(-1)


def area_under_curve__ties_lose(scores, labels):
    """A tie counts nothing."""
    pos, neg = scores[labels == 1], scores[labels != 1]
    return (pos[:, None] > neg[None, :]).to(scores.dtype).mean()


def area_under_curve__ties_win(scores, labels):
    """A tie counts as a whole pair."""
    pos, neg = scores[labels == 1], scores[labels != 1]
    return (pos[:, None] >= neg).to(scores.dtype).mean()


def area_under_curve__accuracy(scores, labels):
    """The accuracy at a threshold of 0."""
    return ((scores > 0) == (labels == 1)).to(scores.dtype).mean()


def area_under_curve__zero_if_none(scores, labels):
    """0.5 where there is no pair, not NaN."""
    pos, neg = scores[labels == 1], scores[labels == 0]
    if len(pos) == 0 or len(neg) == 0:
        return torch.tensor(0.5, dtype=scores.dtype)
    c = (pos[:, None] > neg).to(scores.dtype) + 0.5 * (pos[:, None] == neg).to(scores.dtype)
    return c.mean()


def area_under_curve__all_pairs(scores, labels):
    """Divides by all pairs N(N - 1)/2, those of equal labels too."""
    pos, neg = scores[labels == 1], scores[labels == 0]
    c = (pos[:, None] > neg).to(scores.dtype) + 0.5 * (pos[:, None] == neg).to(scores.dtype)
    n = len(scores)
    return c.sum() / (n * (n - 1) / 2)


def preference_loss__turned(chosen, rejected, reduction="mean"):
    """rejected - chosen."""
    if chosen.shape != rejected.shape:
        raise ValueError("shapes")
    return _red(_nls(rejected - chosen), reduction)


def preference_loss__log_sigmoid(chosen, rejected, reduction="mean"):
    """The sign is missing: ln σ."""
    if chosen.shape != rejected.shape:
        raise ValueError("shapes")
    return _red(-_nls(chosen - rejected), reduction)


def preference_loss__each_own(chosen, rejected, reduction="mean"):
    """The two are judged apart: -ln σ(chosen) - ln σ(-rejected)."""
    if chosen.shape != rejected.shape:
        raise ValueError("shapes")
    return _red(_nls(chosen) + _nls(-rejected), reduction)


def preference_loss__batch_mean(chosen, rejected, reduction="mean"):
    """The mean divides by the first size only."""
    if chosen.shape != rejected.shape:
        raise ValueError("shapes")
    loss = _nls(chosen - rejected)
    if reduction == "mean":
        return loss.sum() / (chosen.shape[0] if chosen.dim() else 1)
    return _red(loss, reduction)


def dpo_loss__no_reference(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """The reference is left out."""
    return _nls(beta * (policy_chosen - policy_rejected)).mean()


def dpo_loss__divided(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """Divided by beta, as by a temperature."""
    z = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return _nls(z / beta).mean()


def dpo_loss__beta_outside(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """beta multiplies the loss, not the reward."""
    z = policy_chosen - reference_chosen - policy_rejected + reference_rejected
    return beta * _nls(z).mean()


def dpo_loss__reference_sign(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """The reference's ratio is added, not taken away."""
    z = (policy_chosen - policy_rejected) + (reference_chosen - reference_rejected)
    return _nls(beta * z).mean()


def ppo_clip_loss__max(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The larger of the two gains, not the smaller."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("shapes")
    r = (log_probs - old_log_probs.detach()).exp()
    a = advantages.detach()
    return _red(-torch.maximum(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__only_clipped(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """Only the clipped gain, without the minimum."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("shapes")
    r = torch.exp(log_probs - old_log_probs.detach())
    return _red(-torch.clip(r, 1 - epsilon, 1 + epsilon) * advantages.detach(), reduction)


def ppo_clip_loss__log_ratio(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The ratio of the log-probabilities, not of the probabilities."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("shapes")
    r = log_probs / old_log_probs.detach()
    a = advantages.detach()
    return _red(-torch.minimum(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__normalised(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """The advantages are normalised first."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("shapes")
    a = advantages.detach()
    a = (a - a.mean()) / (a.std() + 1e-8)
    r = (log_probs - old_log_probs.detach()).exp()
    return _red(-torch.minimum(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__old_not_detached(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """Right in value: a gradient flows to old_log_probs."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("shapes")
    r = (log_probs - old_log_probs).exp()
    a = advantages.detach()
    return _red(-torch.minimum(r * a, r.clamp(1 - epsilon, 1 + epsilon) * a), reduction)


def margin_ranking_loss__margin_sign(input1, input2, target, margin=0, reduction="mean"):
    """The margin is taken away."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError("dimensions")
    return _red((-target * (input1 - input2) - margin).clamp(min=0), reduction)


def margin_ranking_loss__target_on_first(input1, input2, target, margin=0, reduction="mean"):
    """The target multiplies input1 only."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError("dimensions")
    return _red((-target * input1 + input2 + margin).clamp(min=0), reduction)


def margin_ranking_loss__only_violations(input1, input2, target, margin=0, reduction="mean"):
    """The mean is over the comparisons that cost anything."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError("dimensions")
    loss = (-target * (input1 - input2) + margin).clamp(min=0)
    if reduction == "mean":
        return loss.sum() / (loss > 0).sum().clamp(min=1)
    return _red(loss, reduction)


def dpo_loss__beta_default(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.5):
    """The default of beta is 0.5."""
    z = policy_chosen - reference_chosen - policy_rejected + reference_rejected
    return _nls(beta * z).mean()


def dpo_loss__ipo(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    """The loss of IPO: (z - 1/(2 beta))²."""
    z = policy_chosen - reference_chosen - policy_rejected + reference_rejected
    return ((z - 1 / (2 * beta)) ** 2).mean()


def ppo_clip_loss__one_side(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """Clips above only: the ratio may fall as far as it likes."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("shapes")
    r = (log_probs - old_log_probs.detach()).exp()
    a = advantages.detach()
    return _red(-torch.minimum(r * a, r.clamp(max=1 + epsilon) * a), reduction)


def margin_ranking_loss__sign_and_sum(input1, input2, target, margin=0, reduction="mean"):
    """Two mistakes: the sign of the target, and "mean" is the sum."""
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError("dimensions")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    loss = (target * (input1 - input2) + margin).clamp(min=0)
    return loss if reduction == "none" else loss.sum()
