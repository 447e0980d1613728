"""Wrong answers to the exercises of notebook 04, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _ls(x, dim=-1):
    x = x - x.amax(dim, keepdim=True)
    return x - x.exp().sum(dim, keepdim=True).log()


def smooth_targets__full_eps(target, num_classes, label_smoothing):
    """eps itself goes to every class."""
    out = torch.full((len(target), num_classes), label_smoothing)
    out[range(len(target)), target] += 1 - label_smoothing
    return out


def nll_loss__sign(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The sign is forgotten."""
    keep = target != ignore_index
    safe = target.masked_fill(~keep, 0)
    picked = input[safe] if input.dim() == 1 else input.gather(1, safe.unsqueeze(1)).squeeze(1)
    w = torch.ones_like(picked) if weight is None else weight[safe]
    w = w * keep
    loss = w * picked
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / w.sum()


def sequence_loss__pads_by_position(logits, target, padding):
    """Everything behind the first padding is dropped."""
    lp = _ls(logits)
    total, count = 0.0, 0
    for row, t in zip(lp, target):
        for step, y in zip(row, t):
            if y == padding:
                break
            total = total - step[y]
            count += 1
    return total / count


def focal_loss__gamma_times(logits, target, gamma=2.0, weight=None):
    """gamma * (1 - p) in place of a power."""
    lp = _ls(logits).gather(1, target[:, None]).squeeze(1)
    w = 1.0 if weight is None else weight[target]
    return (w * gamma * (1 - lp.exp()) * -lp).mean()


def cross_entropy__dim_last(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Classes along the last dimension always, also for (N, C, d1): and only indices."""
    lp = _ls(input, -1)
    c = input.shape[1] if input.dim() > 1 else input.shape[0]
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    d = 1 if input.dim() > 1 else 0
    shape = [1] * input.dim()
    shape[d] = c
    wv = w.reshape(shape)
    if target.is_floating_point():
        q = target * (1 - label_smoothing) + label_smoothing / c
        loss = -(wv * q * lp).sum(d)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
    keep = target != ignore_index
    safe = target.masked_fill(~keep, 0)
    q = torch.full_like(lp, label_smoothing / c).scatter(
        d, safe.unsqueeze(d), 1 - label_smoothing + label_smoothing / c
    )
    loss = -(wv * q * lp).sum(d).masked_fill(~keep, 0)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / w[safe].masked_fill(~keep, 0).sum()
