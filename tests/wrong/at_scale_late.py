"""Wrong answers to the exercises of notebook 13, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _p(z):
    z = z - z.amax(1, keepdim=True)
    e = z.exp()
    return e / e.sum(1, keepdim=True)


def _nll(z, y):
    z = z - z.amax(1, keepdim=True)
    return z.exp().sum(1).log() - z[torch.arange(len(y)), y]


def _lsm(z):
    z = z - z.amax(-1, keepdim=True)
    return z - z.exp().sum(-1, keepdim=True).log()


def _adaptive(
    input, target, cutoffs, head, tail, slot=lambda c0, i: c0 + i, offset=lambda t, lo: t - lo, combine=torch.add
):
    n_classes = cutoffs[-1] + tail[-1].shape[0]
    if bool(((target < 0) | (target >= n_classes)).any()):
        raise RuntimeError
    out = []
    c0 = cutoffs[0]
    for x, y in zip(input, target.tolist()):
        h = _lsm(head @ x)
        if y < c0:
            out.append(h[y])
            continue
        i = max(k for k in range(len(cutoffs)) if y >= cutoffs[k])
        within = _lsm(tail[2 * i + 1] @ (tail[2 * i] @ x))
        out.append(combine(h[slot(c0, i)], within[offset(y, cutoffs[i])]))
    return torch.stack(out) if out else input.sum(1)


def _lce(
    input,
    linear_weight,
    target,
    linear_bias,
    weight,
    reduction,
    ignore_index,
    label_smoothing,
    bias_sign=1,
    smooth_k=0,
    denominator="weights",
):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    z = input @ linear_weight.T
    if linear_bias is not None:
        z = z + bias_sign * linear_bias
    v = z.shape[-1]
    lp = _lsm(z)
    w = torch.ones(v, dtype=z.dtype) if weight is None else weight
    if target.is_floating_point():
        if ignore_index is not None:
            raise RuntimeError
        q = target * (1 - label_smoothing) + label_smoothing / (v + smooth_k)
        loss = -(torch.where(q == 0, torch.zeros_like(lp), w * q * lp)).sum(-1)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
    ii = -100 if ignore_index is None else ignore_index
    keep = target != ii
    if bool(((target < 0) | (target >= v))[keep].any()):
        raise IndexError
    y = torch.where(keep, target, 0)
    loss = -(1 - label_smoothing) * w[y] * lp.gather(-1, y.unsqueeze(-1)).squeeze(-1)
    if label_smoothing:
        loss = loss - label_smoothing / (v + smooth_k) * (w * lp).sum(-1)
    loss = torch.where(keep, loss, torch.zeros_like(loss))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    d = {"weights": (w[y] * keep).sum(), "count": keep.sum(), "all": keep.numel()}[denominator]
    return loss.sum() / d


def weight_gradient__mean_per_chunk_weighted_wrong(input, linear_weight, target, chunk_rows):
    g = torch.zeros_like(linear_weight)
    k = 0
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _p(x @ linear_weight.T)
        p[torch.arange(len(y)), y] -= 1
        g += p.T @ x
        k += 1
    return g / (k * chunk_rows)


def online_softmax_step__old_max_kept(state, logits):
    m = state[0]
    safe = torch.where(m == -math.inf, torch.zeros_like(m), m)
    s = state[1] + (logits - safe[:, None]).exp().sum(1)
    return torch.stack([m, s])


def accumulated_loss__ignored_in_denominator(logits, target, sizes, ignore_index=-100):
    total, at = 0.0, 0
    for n in sizes:
        z, y = logits[at : at + n], target[at : at + n]
        at += n
        keep = y != ignore_index
        total = total + _nll(z[keep], y[keep]).sum()
    return total / sum(sizes)


def adaptive_log_softmax__one_hidden_for_all(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, offset=lambda t, lo: t - cutoffs[0])


def linear_cross_entropy__weight_transposed_bias_twice(
    input,
    linear_weight,
    target,
    *,
    linear_bias=None,
    weight=None,
    reduction="mean",
    ignore_index=None,
    label_smoothing=0.0,
):
    b = None if linear_bias is None else linear_bias - linear_bias.mean()
    return _lce(
        input, linear_weight, target, b if b is None else b * 2, weight, reduction, ignore_index, label_smoothing
    )
