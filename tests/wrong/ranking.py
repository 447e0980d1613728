"""Wrong answers to the exercises of notebook 09, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _reduced(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _softplus(x):
    return torch.where(x > 0, x, torch.zeros_like(x)) + torch.log1p(torch.exp(-x.abs()))


# ---- from a review -----------------------------------------------------------------------------------------------


def preference_loss__share_of_exponentials(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError("shape")
    return _reduced(-torch.log(torch.exp(chosen) / (torch.exp(chosen) + torch.exp(rejected))), reduction)


def bradley_terry_loss__share_of_exponentials(scores, wins):
    s = torch.exp(scores)
    p = s[:, None] / (s[:, None] + s[None, :])
    return -(wins * torch.log(p)).sum()


def plackett_luce_loss__exp_over_cumsum(scores):
    e = torch.exp(scores)
    left = torch.flip(torch.cumsum(torch.flip(e, (-1,)), -1), (-1,))
    return -torch.log(e / left).sum(-1)


def plackett_luce_loss__padded_1e_4(scores):
    e = torch.exp(scores - scores.amax(-1, keepdim=True))
    left = e.flip(-1).cumsum(-1).flip(-1)
    return -torch.log(e / left + 1e-4).sum(-1)


def plackett_luce_loss__padded_1e_10(scores):
    """allRank's ListMLE."""
    z = scores - scores.max(dim=-1, keepdim=True).values
    cumsums = torch.cumsum(z.exp().flip(dims=[-1]), dim=-1).flip(dims=[-1])
    return (torch.log(cumsums + 1e-10) - z).sum(-1)


# ---- written anew ------------------------------------------------------------------------------------------------


def bradley_terry_loss__transposed(scores, wins):
    d = scores[None, :] - scores[:, None]
    return (wins * _softplus(d).T).sum().to(scores.dtype)


def bradley_terry_loss__mean(scores, wins):
    d = scores[:, None] - scores[None, :]
    return (wins * _softplus(-d)).sum() / wins.sum()


def bradley_terry_loss__loop_upper_half(scores, wins):
    total = scores.sum() * 0
    for i in range(len(scores)):
        for j in range(i + 1, len(scores)):
            total = total + wins[i, j] * _softplus(scores[j] - scores[i])
    return total


def bradley_terry_loss__wins_as_yes_no(scores, wins):
    d = scores[:, None] - scores[None, :]
    return ((wins > 0).to(scores.dtype) * _softplus(-d)).sum()


def bradley_terry_loss__log_of_sigmoid(scores, wins):
    d = scores.unsqueeze(1) - scores.unsqueeze(0)
    return -(wins * torch.log(1 / (1 + torch.exp(-d)))).sum()


def plackett_luce_loss__everyone_stays(scores):
    z = scores - scores.amax(-1, keepdim=True)
    return (z.exp().sum(-1, keepdim=True).log() - z).sum(-1)


def plackett_luce_loss__reversed(scores):
    m = scores.amax(-1, keepdim=True)
    z = scores - m
    losses = [z[..., : k + 1].exp().sum(-1).log() - z[..., k] for k in range(scores.shape[-1])]
    return torch.stack(losses).sum(0)


def plackett_luce_loss__first_only(scores):
    z = scores - scores.amax(-1, keepdim=True)
    return z.exp().sum(-1).log() - z[..., 0]


def plackett_luce_loss__mean(scores):
    out = 0
    k = scores.shape[-1]
    for i in range(k):
        rest = scores[..., i:]
        m = rest.amax(-1)
        out = out + (rest - m.unsqueeze(-1)).exp().sum(-1).log() + m - scores[..., i]
    return out / k


def plackett_luce_loss__without_oneself(scores):
    out = 0
    for i in range(scores.shape[-1] - 1):
        rest = scores[..., i + 1 :]
        m = rest.amax(-1)
        out = out + (rest - m.unsqueeze(-1)).exp().sum(-1).log() + m - scores[..., i]
    return out


def area_under_curve__ties_lose(scores, labels):
    pos = scores[labels == 1]
    neg = scores[labels == 0]
    return (pos[:, None] > neg[None, :]).to(scores.dtype).mean()


def area_under_curve__ties_win(scores, labels):
    pos, neg = scores[labels > 0], scores[labels <= 0]
    return (pos.unsqueeze(1) >= neg.unsqueeze(0)).to(scores.dtype).mean()


def area_under_curve__upside_down(scores, labels):
    pos, neg = scores[labels > 0], scores[labels <= 0]
    d = neg[None, :] - pos[:, None]
    return ((d > 0).to(scores.dtype) + 0.5 * (d == 0).to(scores.dtype)).mean()


def area_under_curve__counts(scores, labels):
    total = scores.new_zeros(())
    for s, y in zip(scores, labels):
        for r, z in zip(scores, labels):
            if y == 1 and z == 0:
                total += 1.0 if s > r else 0.5 if s == r else 0.0
    return total


def area_under_curve__all_pairs(scores, labels):
    pos, neg = scores[labels > 0], scores[labels <= 0]
    d = pos[:, None] - neg[None, :]
    hits = ((d > 0).to(scores.dtype) + 0.5 * (d == 0).to(scores.dtype)).sum()
    n = len(scores)
    return hits / (n * (n - 1) / 2)


def preference_loss__swapped(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError("shape")
    return _reduced(_softplus(chosen - rejected), reduction)


def preference_loss__no_log(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError("shape")
    return _reduced(-1 / (1 + torch.exp(rejected - chosen)), reduction)


def preference_loss__hinge(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError("shape")
    return _reduced(torch.clamp(1 - (chosen - rejected), min=0), reduction)


def preference_loss__log_of_sigmoid(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError("shape")
    p = 1 / (1 + torch.exp(-(chosen - rejected)))
    return _reduced(-torch.log(p), reduction)


def preference_loss__mean_only(chosen, rejected):
    return torch.mean(_softplus(rejected - chosen))


def dpo_loss__no_reference(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    return _softplus(-beta * (policy_chosen - policy_rejected)).mean()


def dpo_loss__beta_outside(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - policy_rejected) - (reference_chosen - reference_rejected)
    return beta * _softplus(-d).mean()


def dpo_loss__no_beta(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return _softplus(-d).mean()


def dpo_loss__swapped(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_rejected - reference_rejected) - (policy_chosen - reference_chosen)
    return _softplus(-beta * d).mean()


def dpo_loss__reference_added(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - policy_rejected) + (reference_chosen - reference_rejected)
    return _softplus(-beta * d).mean()


def dpo_loss__ratios_of_logs(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = policy_chosen / reference_chosen - policy_rejected / reference_rejected
    return _softplus(-beta * d).mean()


def dpo_loss__summed(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    d = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return _softplus(-beta * d).sum()


def _ranked(input1, input2, target):
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError("dims")
    return target * (input1 - input2)


def margin_ranking_loss__sign(input1, input2, target, margin=0, reduction="mean"):
    return _reduced(torch.clamp(_ranked(input1, input2, target) + margin, min=0), reduction)


def margin_ranking_loss__margin_taken_off(input1, input2, target, margin=0, reduction="mean"):
    return _reduced(torch.clamp(-_ranked(input1, input2, target) - margin, min=0), reduction)


def margin_ranking_loss__margin_turned(input1, input2, target, margin=0, reduction="mean"):
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError("dims")
    return _reduced(torch.clamp(-target * (input1 - input2 + margin), min=0), reduction)


def margin_ranking_loss__relu(input1, input2, target, margin=0, reduction="mean"):
    return _reduced(torch.relu(-_ranked(input1, input2, target) + margin), reduction)


def margin_ranking_loss__mean_of_violated(input1, input2, target, margin=0, reduction="mean"):
    loss = torch.clamp(-_ranked(input1, input2, target) + margin, min=0)
    if reduction == "mean":
        return loss.sum() / (loss > 0).sum()
    return _reduced(loss, reduction)


# ---- written after that ----------------------------------------------------------------------------------------------


def bradley_terry_loss__mean_per_game(scores, wins):
    total = 0
    games = 0
    for i in range(len(scores)):
        for j in range(len(scores)):
            if wins[i, j] > 0:
                total = total + wins[i, j] * torch.logaddexp(torch.zeros_like(scores[0]), scores[j] - scores[i])
                games = games + wins[i, j]
    return total / games


def bradley_terry_loss__upper_half(scores, wins):
    # each pair only once, i < j
    total = scores.sum() * 0
    n = len(scores)
    for i in range(n):
        for j in range(i + 1, n):
            d = scores[i] - scores[j]
            total = total + wins[i, j] * torch.logaddexp(-d, torch.zeros_like(d))
    return total


def bradley_terry_loss__logits_of_strengths(scores, wins):
    # p = s_i / (s_i + s_j) with the scores themselves
    s = scores
    p = s[:, None] / (s[:, None] + s[None, :])
    return -(wins * torch.log(p)).sum()


def preference_loss__probability(chosen, rejected, reduction="mean"):
    # 1 - σ
    p = 1 / (1 + torch.exp(rejected - chosen))
    loss = 1 - p
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def margin_ranking_loss__margin_subtracted(input1, input2, target, margin=0, reduction="mean"):
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    loss = torch.clamp(-target * (input1 - input2) - margin, min=0)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def margin_ranking_loss__margin_in_the_product(input1, input2, target, margin=0, reduction="mean"):
    # -y·(x1 - x2 + margin)
    loss = (-target * (input1 - input2 + margin)).clamp(min=0)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def margin_ranking_loss__difference_turned(input1, input2, target, margin=0, reduction="mean"):
    if input1.dim() != input2.dim() or input1.dim() != target.dim():
        raise RuntimeError
    loss = torch.max(target * (input1 - input2) + margin, torch.zeros(()))
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def dpo_loss__squared(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    # IPO
    h = (policy_chosen - policy_rejected) - (reference_chosen - reference_rejected)
    return ((h - 1 / (2 * beta)) ** 2).mean()


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def plackett_luce_loss__last_first(scores):
    # cumulates from the front
    return (torch.logcumsumexp(scores, -1) - scores).sum(-1)


def plackett_luce_loss__first_place_only(scores):
    # the softmax cross-entropy of the first
    return torch.logsumexp(scores, -1) - scores[..., 0]


def plackett_luce_loss__whole_softmax_each_time(scores):
    return (torch.logsumexp(scores, -1, keepdim=True) - scores).sum(-1)


def area_under_curve__below(scores, labels):
    pos, neg = scores[labels > 0], scores[labels <= 0]
    total = 0.0
    for p in pos:
        for n in neg:
            total += 1.0 if p < n else 0.5 if p == n else 0.0
    return torch.tensor(total / (len(pos) * len(neg)) if len(pos) and len(neg) else float("nan"), dtype=scores.dtype)


def area_under_curve__accuracy(scores, labels):
    return ((scores > 0.5) == (labels == 1)).to(scores.dtype).mean()


# ---- kept back, written last -----------------------------------------------------------------------------------------


def plackett_luce_loss__product_of_logs(scores):
    s = scores - scores.amax(-1, keepdim=True)
    tails = torch.flip(torch.cumsum(torch.flip(s.exp(), [-1]), -1), [-1])
    return -(s.exp() / tails).prod(-1)


def bradley_terry_loss__wins_minus_losses(scores, wins):
    d = scores[:, None] - scores[None, :]
    net = torch.relu(wins - wins.T)
    return (net * torch.logaddexp(-d, torch.zeros_like(d))).sum()


def area_under_curve__half_for_all(scores, labels):
    order = scores.argsort()
    ranks = torch.empty_like(scores)
    ranks[order] = torch.arange(len(scores), dtype=scores.dtype)
    pos = labels == 1
    n1, n0 = pos.sum(), (~pos).sum()
    return (ranks[pos].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)


def dpo_loss__reference_gradient_sum(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    # two separate sigmoids
    a = beta * (policy_chosen - reference_chosen)
    b = beta * (policy_rejected - reference_rejected)
    return (torch.logaddexp(-a, torch.zeros_like(a)) + torch.logaddexp(b, torch.zeros_like(b))).mean()


def preference_loss__ratio_of_rewards(chosen, rejected, reduction="mean"):
    loss = -torch.log(chosen / (chosen + rejected))
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a second set: less common ones --------------------------------------------------------------------------


def bradley_terry_loss__wins_share_rather_than(scores, wins):
    # wins share rather than counts
    d = scores[:, None] - scores[None, :]
    w = wins.to(scores.dtype)
    n = w + w.T
    share = torch.where(n > 0, w / torch.where(n > 0, n, 1.0), 0.0)
    return (share * ((-d).clamp(min=0) + torch.log1p(torch.exp(-d.abs())))).sum()


def bradley_terry_loss__probability_ratio_strengths(scores, wins):
    # probability by ratio of strengths
    p = scores[:, None] / (scores[:, None] + scores[None, :])
    return -(wins.to(scores.dtype) * p.log()).sum()


def plackett_luce_loss__pairwise_neighbours_only(scores):
    # pairwise neighbours only
    d = scores[..., :-1] - scores[..., 1:]
    return ((-d).clamp(min=0) + torch.log1p(torch.exp(-d.abs()))).sum(-1)


def plackett_luce_loss__sorted_first(scores):
    # sorted first
    s = scores.sort(-1, descending=True).values
    return (torch.logcumsumexp(s.flip(-1), -1).flip(-1) - s).sum(-1)


def area_under_curve__difference_means(scores, labels):
    # difference of means
    return scores[labels == 1].mean() - scores[labels == 0].mean()


def area_under_curve__divides_all_pairs_n(scores, labels):
    # divides by all pairs N*N
    pos, neg = scores[labels == 1], scores[labels == 0]
    d = pos[:, None] - neg[None, :]
    return ((d > 0).to(scores.dtype) + 0.5 * (d == 0).to(scores.dtype)).sum() / len(scores) ** 2


def preference_loss__hinge_2(chosen, rejected, reduction="mean"):
    # hinge
    loss = (1 - (chosen - rejected)).clamp(min=0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def preference_loss__sum_rewards(chosen, rejected, reduction="mean"):
    # sum of the rewards
    d = chosen + rejected
    loss = (-d).clamp(min=0) + torch.log1p(torch.exp(-d.abs()))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def dpo_loss__sum_mean(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    # sum not mean
    x = beta * ((policy_chosen - reference_chosen) - (policy_rejected - reference_rejected))
    return (torch.where(x < 0, -x, 0.0) + torch.log1p(torch.exp(-x.abs()))).sum()


def dpo_loss__chosen_only(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    # chosen only
    x = beta * (policy_chosen - reference_chosen)
    return (torch.where(x < 0, -x, 0.0) + torch.log1p(torch.exp(-x.abs()))).mean()


def margin_ranking_loss__log_sigmoid_smooth(input1, input2, target, margin=0, reduction="mean"):
    # log-sigmoid (smooth)
    z = -target * (input1 - input2) + margin
    loss = z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- from a third set ---------------------------------------------------------------------------------------------


def bradley_terry_loss__wins_transposed_wins(scores, wins):
    # wins - transposed wins
    d = scores[:, None] - scores[None, :]
    w = wins.to(scores.dtype)
    return ((w + w.T) * ((-d).clamp(min=0) + torch.log1p(torch.exp(-d.abs())))).sum()


def plackett_luce_loss__sum_over_last_place(scores):
    # sum over the last place missing: first K-2
    return (torch.logcumsumexp(scores.flip(-1), -1).flip(-1) - scores)[..., :-2].sum(-1)


def plackett_luce_loss__sign(scores):
    # sign
    return (scores - torch.logcumsumexp(scores.flip(-1), -1).flip(-1)).sum(-1)


def area_under_curve__soft_sigmoid_differences(scores, labels):
    # soft: sigmoid of differences
    pos, neg = scores[labels == 1], scores[labels == 0]
    return torch.sigmoid(pos[:, None] - neg[None, :]).mean()


def preference_loss__log_1_sigmoid(chosen, rejected, reduction="mean"):
    # not log: 1 - sigmoid
    loss = 1 - 1 / (1 + torch.exp(-(chosen - rejected)))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def dpo_loss__exp_log_ratios(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    # exp of log ratios
    x = beta * ((policy_chosen - reference_chosen).exp() - (policy_rejected - reference_rejected).exp())
    return ((-x).clamp(min=0) + torch.log1p(torch.exp(-x.abs()))).mean()


def margin_ranking_loss__abs_difference(input1, input2, target, margin=0, reduction="mean"):
    # abs difference
    loss = (-target * (input1 - input2).abs() + margin).clamp(min=0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- the clipped ratio -----------------------------------------------------------------------------------------------


def _checked(log_probs, old_log_probs, advantages):
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("shapes differ")


def _finish(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError(reduction)


def ppo_clip_loss__clip_alone(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return _finish(-torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * advantages.detach(), reduction)


def ppo_clip_loss__max(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.detach()
    return _finish(-torch.max(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__objective(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.detach()
    return _finish(torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__nothing_detached(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(log_probs - old_log_probs)
    clipped = torch.clamp(ratio, 1 - epsilon, 1 + epsilon)
    return _finish(-torch.min(ratio * advantages, clipped * advantages), reduction)


def ppo_clip_loss__advantages_not_detached(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    clipped = torch.clamp(ratio, 1 - epsilon, 1 + epsilon)
    return _finish(torch.max(-ratio * advantages, -clipped * advantages), reduction)


def ppo_clip_loss__ratio_detached(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(log_probs - old_log_probs).detach()
    a = advantages.detach()
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__probabilities_divided(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = log_probs.exp() / old_log_probs.detach().exp()
    a = advantages.detach()
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__log_ratio(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = log_probs - old_log_probs.detach()
    a = advantages.detach()
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__log_ratio_clamped(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    move = log_probs - old_log_probs.detach()
    a = advantages.detach()
    return _finish(-torch.min(move.exp() * a, move.clamp(-epsilon, epsilon).exp() * a), reduction)


def ppo_clip_loss__upside_down(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(old_log_probs.detach() - log_probs)
    a = advantages.detach()
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__one_sided(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return _finish(-torch.clamp(ratio, max=1 + epsilon) * advantages.detach(), reduction)


def ppo_clip_loss__normalised(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    a = advantages.detach()
    a = (a - a.mean()) / (a.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__means_first(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    a = advantages.detach()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    both = ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a
    if reduction == "mean":
        return -torch.min(both[0].mean(), both[1].mean())
    return _finish(-torch.min(*both), reduction)


def ppo_clip_loss__any_shape(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    a = advantages.detach()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a), reduction)


def ppo_clip_loss__no_clip(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    return _finish(-torch.exp(log_probs - old_log_probs.detach()) * advantages.detach(), reduction)


def ppo_clip_loss__reinforce(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    return _finish(-log_probs * advantages.detach(), reduction)


def ppo_clip_loss__hinge_alone(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio, a = torch.exp(log_probs - old_log_probs.detach()), advantages.detach()
    missing = torch.where(a > 0, 1 + epsilon - ratio, ratio - (1 - epsilon))
    return _finish(a.abs() * torch.relu(missing), reduction)


def ppo_clip_loss__masked_outside(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    ratio, a = torch.exp(log_probs - old_log_probs.detach()), advantages.detach()
    inside = ((ratio >= 1 - epsilon) & (ratio <= 1 + epsilon)).to(ratio.dtype)
    return _finish(-ratio * a * inside, reduction)


def ppo_clip_loss__only_mean(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    a = advantages.detach()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return -torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a).mean()


def ppo_clip_loss__multiplicative(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    a = advantages.detach()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 1 / (1 + epsilon), 1 + epsilon) * a), reduction)


def ppo_clip_loss__fixed_epsilon(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _checked(log_probs, old_log_probs, advantages)
    a = advantages.detach()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return _finish(-torch.min(ratio * a, torch.clamp(ratio, 0.8, 1.2) * a), reduction)
