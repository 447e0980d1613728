"""Right answers to the exercises of the notebook on ranking, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import bisect
import math
import operator

import torch
import torch.nn.functional as F

# ---- bradley_terry_loss ------------------------------------------------------------------------------------------


def bradley_terry_loss__loop(scores, wins):
    total = scores.sum() * 0
    for i in range(len(scores)):
        for j in range(len(scores)):
            if i != j:
                total = total - wins[i, j] * torch.nn.functional.logsigmoid(scores[i] - scores[j])
    return total


def bradley_terry_loss__einsum(scores, wins):
    lead = scores.unsqueeze(1) - scores.unsqueeze(0)
    return -torch.einsum("ij,ij->", wins.to(scores.dtype), _log_sigmoid(lead))


def _log_sigmoid(x):
    """min(x, 0) - ln(1 + exp(-|x|)), whose slope at 0 is a half."""
    size = torch.where(x >= 0, x, -x)
    return x.where(x < 0, 0.0) - (-size).exp().log1p()


def bradley_terry_loss__softmax_of_two(scores, wins):
    """Every game as a choice between two classes."""
    n = len(scores)
    two = torch.stack([scores[:, None].expand(n, n), scores[None, :].expand(n, n)])
    return -(two.log_softmax(0)[0] * wins).sum()


def bradley_terry_loss__pairs_once(scores, wins):
    """Each pair of players once: the games, and how many of them the first one lost."""
    first, second = torch.triu_indices(len(scores), len(scores), 1)
    lead = scores[first] - scores[second]
    games = wins[first, second] + wins[second, first]
    return (games * torch.logaddexp(lead, torch.zeros_like(lead)) - wins[first, second] * lead).sum()


class Season(torch.autograd.Function):
    """The slope is the wins that were expected less those that came."""

    @staticmethod
    def forward(ctx, scores, wins):
        lead = scores[:, None] - scores
        ctx.save_for_backward(lead, wins)
        return (wins * torch.nn.functional.softplus(-lead)).sum()

    @staticmethod
    def backward(ctx, grad):
        lead, wins = ctx.saved_tensors
        surplus = (wins + wins.T) * lead.sigmoid() - wins
        return grad * surplus.fill_diagonal_(0).sum(1), None


def bradley_terry_loss__own_backward(scores, wins):
    return Season.apply(scores, wins)


# ---- plackett_luce_loss ------------------------------------------------------------------------------------------


def plackett_luce_loss__loop(scores):
    rows = []
    for row in scores.reshape(-1, scores.shape[-1]):
        left, surprise = list(row), row.sum() * 0
        while left:
            surprise = surprise - torch.stack(left).log_softmax(0)[0]
            left.pop(0)
        rows.append(surprise)
    return torch.stack(rows).reshape(scores.shape[:-1])


def plackett_luce_loss__triangle(scores):
    """Who has gone is at -inf, in a square whose rows are the places."""
    k = scores.shape[-1]
    gone = torch.ones(k, k).tril(-1).bool()
    square = scores[..., None, :].expand(*scores.shape, k).masked_fill(gone, -math.inf)
    return -square.log_softmax(-1).diagonal(dim1=-2, dim2=-1).sum(-1)


def plackett_luce_loss__from_the_back(scores):
    """One logaddexp a place, from the last one on."""
    behind, total = scores[..., -1], torch.zeros_like(scores[..., -1])
    for place in range(scores.shape[-1] - 2, -1, -1):
        behind = torch.logaddexp(behind, scores[..., place])
        total = total + behind - scores[..., place]
    return total


def plackett_luce_loss__recursive(scores):
    if scores.shape[-1] == 1:
        return scores[..., 0] * 0
    return scores.logsumexp(-1) - scores[..., 0] + plackett_luce_loss__recursive(scores[..., 1:])


# ---- area_under_curve --------------------------------------------------------------------------------------------


def area_under_curve__loop(scores, labels):
    right, pairs = 0.0, 0
    for one, is_one in zip(scores, labels, strict=True):
        for zero, is_also_one in zip(scores, labels, strict=True):
            if is_one == 1 and is_also_one == 0:
                pairs += 1
                right += 1.0 if one > zero else 0.5 if one == zero else 0.0
    return scores.new_tensor(right / pairs if pairs else math.nan)


def area_under_curve__ranks(scores, labels):
    """Mann and Whitney's U: the ranks of the ones, ties sharing the mean of theirs."""
    below = (scores[:, None] > scores).sum(1)
    tied = (scores[:, None] == scores).sum(1)
    rank = below + (tied + 1) / 2
    ones = (labels == 1).sum()
    zeros = len(labels) - ones
    return ((rank[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)).to(scores.dtype)


def area_under_curve__staircase(scores, labels):
    """Under the ROC curve itself, by trapezoids, one threshold after another."""
    truth = (labels == 1).to(scores.dtype)
    thresholds = scores.unique().flip(0)
    taken = (scores >= thresholds[:, None]).to(scores.dtype)
    hits = taken @ truth / truth.sum()
    alarms = taken @ (1 - truth) / (1 - truth).sum()
    start = hits.new_zeros(1)
    return torch.trapezoid(torch.cat([start, hits]), torch.cat([start, alarms]))


def area_under_curve__einsum(scores, labels):
    ones, zeros = (labels == 1).to(scores.dtype), (labels == 0).to(scores.dtype)
    order = (scores[:, None] > scores[None]).to(scores.dtype) + 0.5 * (scores[:, None] == scores[None])
    return torch.einsum("i,ij,j->", ones, order.to(scores.dtype), zeros) / (ones.sum() * zeros.sum())


# ---- preference_loss ---------------------------------------------------------------------------------------------


def preference_loss__loop(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError("shape or reduction")
    losses = [-torch.nn.functional.logsigmoid(a - b) for a, b in zip(chosen.flatten(), rejected.flatten(), strict=True)]
    if reduction == "none":
        return torch.stack(losses).reshape(chosen.shape) if losses else chosen - rejected
    total = sum(losses, start=(chosen - rejected).sum() * 0) if losses else chosen.sum()
    return total / chosen.numel() if reduction == "mean" else total


def preference_loss__softmax_of_two(chosen, rejected, reduction="mean"):
    losses = -torch.stack([chosen, rejected]).log_softmax(0)[0]
    match reduction:
        case "none":
            return losses
        case "sum":
            return torch.sum(losses)
        case "mean":
            return torch.mean(losses)
    raise ValueError(reduction)


def preference_loss__logaddexp(chosen, rejected, reduction="mean"):
    if chosen.size() != rejected.size():
        raise ValueError("one reward for each answer, please")
    losses = torch.logaddexp(chosen, rejected) - chosen
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return losses if reduction == "none" else getattr(losses, reduction)()


class Choice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, lead):
        ctx.save_for_backward(lead)
        return (-lead).clamp(min=0) + (-lead.abs()).exp().log1p()

    @staticmethod
    def backward(ctx, grad):
        (lead,) = ctx.saved_tensors
        return -grad * (-lead).sigmoid()


def preference_loss__own_backward(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError("shapes")
    losses = Choice.apply(chosen - rejected)
    if reduction == "none":
        return losses
    if reduction not in ("sum", "mean"):
        raise ValueError("reduction")
    return losses.sum() if reduction == "sum" else losses.sum() / losses.numel()


# ---- dpo_loss ----------------------------------------------------------------------------------------------------


def dpo_loss__loop(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    losses = []
    for a, b, c, d in zip(policy_chosen, policy_rejected, reference_chosen, reference_rejected, strict=True):
        losses.append(-torch.nn.functional.logsigmoid(beta * ((a - b) - (c - d))))
    return sum(losses) / len(losses)


def dpo_loss__two_rewards(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    policy = torch.stack([policy_chosen, policy_rejected], dim=1)
    reference = torch.stack([reference_chosen, reference_rejected], dim=1)
    return -(beta * (policy - reference)).log_softmax(dim=1)[:, 0].mean()


def dpo_loss__einsum(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    four = torch.stack([policy_chosen, policy_rejected, reference_chosen, reference_rejected])
    lead = torch.einsum("k,kn->n", four.new_tensor([beta, -beta, -beta, beta]), four)
    return torch.logaddexp(-lead, torch.zeros_like(lead)).mean()


def dpo_loss__own_backward(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    ratio = (policy_chosen - policy_rejected) - (reference_chosen - reference_rejected)
    return Choice.apply(beta * ratio).mean()


def dpo_loss__reference_without_gradient(
    policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1
):
    with torch.no_grad():
        head_start = reference_chosen - reference_rejected
    return torch.nn.functional.softplus(beta * (policy_rejected - policy_chosen + head_start)).mean()


# ---- ppo_clip_loss -----------------------------------------------------------------------------------------------


def _equal_shapes(*tensors):
    if len({tuple(x.shape) for x in tensors}) > 1:
        raise ValueError("unequal shapes")


def _clip_reduced(losses, reduction):
    return {"none": lambda: losses, "sum": losses.sum, "mean": losses.mean}[reduction]()


def ppo_clip_loss__larger_loss(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """Two losses in place of two objectives, so the larger one counts."""
    _equal_shapes(log_probs, old_log_probs, advantages)
    with torch.no_grad():
        a, old = advantages.clone(), old_log_probs.clone()
    ratio = (log_probs - old).exp()
    both = torch.stack([-a * ratio, -a * torch.clip(ratio, 1 - epsilon, 1 + epsilon)])
    return _clip_reduced(both.amax(0), reduction)


def ppo_clip_loss__hinge(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """A hinge on the ratio, scaled by |A|, and the constant that PPO adds."""
    _equal_shapes(log_probs, old_log_probs, advantages)
    a = advantages.detach()
    side = a.sign()
    end = 1 + epsilon * side
    missing = F.relu(side * (end - torch.exp(log_probs - old_log_probs.detach())))
    return _clip_reduced(a.abs() * missing - a * end, reduction)


def ppo_clip_loss__loop(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _equal_shapes(log_probs, old_log_probs, advantages)
    losses = []
    before, gains = old_log_probs.flatten().tolist(), advantages.flatten().tolist()
    for new, old, a in zip(log_probs.flatten(), before, gains, strict=True):
        ratio = math.e ** (new - old)
        if a > 0 and ratio > 1 + epsilon:
            ratio = ratio.detach() * 0 + 1 + epsilon
        elif a < 0 and ratio < 1 - epsilon:
            ratio = ratio.detach() * 0 + 1 - epsilon
        losses.append(-ratio * a)
    stacked = torch.stack(losses) if losses else log_probs.flatten() * 1
    return _clip_reduced(stacked.reshape(log_probs.shape), reduction)


class ClippedRatio(torch.autograd.Function):
    """The slope by ln p is -A · ratio, and 0 where the gain has ended."""

    @staticmethod
    def forward(ctx, log_probs, old_log_probs, advantages, epsilon):
        ratio = (log_probs - old_log_probs).exp()
        ended = torch.where(advantages > 0, ratio > 1 + epsilon, ratio < 1 - epsilon)
        ctx.save_for_backward(ratio, ended, advantages)
        kept = torch.where(ended, 1 + epsilon * advantages.sign(), ratio)
        return -advantages * kept

    @staticmethod
    def backward(ctx, grad):
        ratio, ended, advantages = ctx.saved_tensors
        return torch.where(ended, 0, -advantages * ratio * grad), None, None, None


def ppo_clip_loss__own_backward(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    _equal_shapes(log_probs, old_log_probs, advantages)
    return _clip_reduced(ClippedRatio.apply(log_probs, old_log_probs, advantages, epsilon), reduction)


def ppo_clip_loss__expm1(log_probs, old_log_probs, advantages, epsilon=0.2, reduction="mean"):
    """By how much each ratio differs from 1, which ε bounds on one side."""
    _equal_shapes(log_probs, old_log_probs, advantages)
    a = advantages.detach()
    change = torch.expm1(log_probs - old_log_probs.detach())
    inf = torch.full_like(a, math.inf)
    bounded = torch.clamp(change, torch.where(a < 0, -epsilon, -inf), torch.where(a > 0, epsilon, inf))
    return _clip_reduced(-a * bounded - a, reduction)


# ---- margin_ranking_loss -----------------------------------------------------------------------------------------


def _ask(input1, input2, target, reduction):
    if len({input1.dim(), input2.dim(), target.dim()}) > 1:
        raise RuntimeError("the same number of dimensions, please")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)


def margin_ranking_loss__loop(input1, input2, target, margin=0, reduction="mean"):
    _ask(input1, input2, target, reduction)
    a, b, y = torch.broadcast_tensors(input1, input2, target)
    losses = []
    for one, two, sign in zip(a.flatten(), b.flatten(), y.flatten(), strict=True):
        short = margin - sign * (one - two)
        losses.append(torch.zeros_like(short) if short < 0 else short)
    if reduction == "none":
        return torch.stack(losses).reshape(a.shape) if losses else a - b
    total = torch.stack(losses).sum() if losses else (a - b).sum()
    return total / a.numel() if reduction == "mean" else total


def margin_ranking_loss__where(input1, input2, target, margin=0, reduction="mean"):
    _ask(input1, input2, target, reduction)
    lead = target * (input1 - input2)
    losses = torch.where(lead > margin, 0.0, margin - lead)
    return losses if reduction == "none" else getattr(losses, reduction)()


def margin_ranking_loss__masked_fill(input1, input2, target, margin=0, reduction="mean"):
    _ask(input1, input2, target, reduction)
    losses = margin + target * (input2 - input1)
    losses = losses.masked_fill(losses < 0, 0)
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / losses.numel()


def margin_ranking_loss__in_place(input1, input2, target, margin=0, reduction="mean"):
    _ask(input1, input2, target, reduction)
    short = -target * (input1 - input2)
    short += margin
    short.clamp_(min=0)
    return {"none": lambda x: x, "sum": torch.sum, "mean": torch.mean}[reduction](short)


class Hinge(torch.autograd.Function):
    """Slope 1 from the edge on, the edge itself included."""

    @staticmethod
    def forward(ctx, short):
        ctx.save_for_backward(short >= 0)
        return short.where(~(short < 0), 0.0)

    @staticmethod
    def backward(ctx, grad):
        (costs,) = ctx.saved_tensors
        return grad * costs


def margin_ranking_loss__own_backward(input1, input2, target, margin=0, reduction="mean"):
    _ask(input1, input2, target, reduction)
    losses = Hinge.apply(margin - target * (input1 - input2))
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.mean()


class Ranking(torch.nn.Module):
    """As torch's own class: settings first, tensors after."""

    def __init__(self, margin, reduction):
        super().__init__()
        self.margin, self.reduction = margin, reduction

    def forward(self, x1, x2, y):
        _ask(x1, x2, y, self.reduction)
        short = torch.sub(self.margin, torch.mul(y, torch.sub(x1, x2)))
        losses = torch.clamp(short, 0)
        return losses if self.reduction == "none" else getattr(torch, self.reduction)(losses)


def margin_ranking_loss__module(input1, input2, target, margin=0, reduction="mean"):
    return Ranking(margin, reduction)(input1, input2, target)


def margin_ranking_loss__einsum(input1, input2, target, margin=0, reduction="mean"):
    """The lead as a product of the target with the two scores, of which the second is negative."""
    _ask(input1, input2, target, reduction)
    a, b, y = torch.broadcast_tensors(input1, input2, target)
    lead = torch.einsum("...k,...->...", torch.stack([a, -b], dim=-1), y.to(torch.result_type(a, y)))
    losses = (margin - lead).clamp(min=0)
    return losses if reduction == "none" else losses.sum() / (losses.numel() if reduction == "mean" else 1)


# ---- odd but honest ----------------------------------------------------------------------------------------------


def plackett_luce_loss__flip_logcumsumexp(scores):
    return (scores.flip(-1).logcumsumexp(-1).flip(-1) - scores).sum(-1)


def area_under_curve__searchsorted(scores, labels):
    pos, neg = scores[labels.bool()], scores[~labels.bool()]
    neg = neg.sort().values.contiguous()
    below = torch.searchsorted(neg, pos.contiguous(), right=False) + torch.searchsorted(
        neg, pos.contiguous(), right=True
    )
    return (
        (below.sum() / 2 / (len(pos) * len(neg))).to(scores.dtype)
        if len(pos) * len(neg)
        else scores.new_tensor(math.nan)
    )


def area_under_curve__bisect(scores, labels):
    yes = [s for s, y in zip(scores.tolist(), labels.tolist(), strict=False) if y]
    no = sorted(s for s, y in zip(scores.tolist(), labels.tolist(), strict=False) if not y)
    won = sum(bisect.bisect_left(no, s) + bisect.bisect_right(no, s) for s in yes) / 2
    return scores.new_tensor(won / (len(yes) * len(no)) if yes and no else float("nan"))


def red(losses, reduction):
    match reduction:
        case "none":
            return losses
        case "sum" | "mean" as name:
            return operator.methodcaller("sum")(losses) if name == "sum" else losses.mean()
        case other:
            raise NotImplementedError(other)


def preference_loss__not_implemented_word(chosen, rejected, reduction="mean"):
    if chosen.shape != rejected.shape:
        raise ValueError
    return red(F.softplus(rejected - chosen), reduction)


def dpo_loss__star(*logs, beta=0.1):
    if len(logs) == 5:
        *logs, beta = logs
    pc, pr, rc, rr = logs
    return -F.logsigmoid(beta * torch.stack([pc, -pr, -rc, rr]).sum(0)).mean()
