"""Wrong answers to the exercises of notebook 13, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _p(z):
    z = z - z.amax(1, keepdim=True)
    e = z.exp()
    return e / e.sum(1, keepdim=True)


def weight_gradient__transposed(input, linear_weight, target, chunk_rows):
    g = torch.zeros_like(linear_weight)
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _p(x @ linear_weight.T)
        p[torch.arange(len(y)), y] -= 1
        g += p.T @ x / len(x)
    return g


def weight_gradient__last_chunk_only(input, linear_weight, target, chunk_rows):
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _p(x @ linear_weight.T)
        p[torch.arange(len(y)), y] -= 1
        g = p.T @ x / len(input)
    return g


def weight_gradient__softmax_over_rows(input, linear_weight, target, chunk_rows):
    g = torch.zeros_like(linear_weight)
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _p((x @ linear_weight.T).T).T
        p[torch.arange(len(y)), y] -= 1
        g += p.T @ x
    return g / len(input)


def weight_gradient__chunk_count(input, linear_weight, target, chunk_rows):
    g = torch.zeros_like(linear_weight)
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _p(x @ linear_weight.T)
        p[torch.arange(len(y)), y] -= 1
        g += p.T @ x
    return g / chunk_rows


def online_softmax_step__sum_of_new_unshifted(state, logits):
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(m == -math.inf, torch.zeros_like(m), m)
    s = state[1] * (state[0] - safe).exp() + (logits - logits.amax(1, keepdim=True)).exp().nan_to_num().sum(1)
    return torch.stack([m, s])


def online_softmax_step__mean_instead(state, logits):
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(m == -math.inf, torch.zeros_like(m), m)
    s = state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().mean(1)
    return torch.stack([m, s])


def online_softmax_step__log_sum(state, logits):
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(m == -math.inf, torch.zeros_like(m), m)
    s = state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().sum(1)
    return torch.stack([m, s.log()])


def online_softmax_step__global_max(state, logits):
    m = torch.maximum(state[0], logits.amax(1)).max().expand(state[0].shape)
    safe = torch.where(m == -math.inf, torch.zeros_like(m), m)
    s = state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().sum(1)
    return torch.stack([m, s])


def _nll(z, y):
    z = z - z.amax(1, keepdim=True)
    return z.exp().sum(1).log() - z[torch.arange(len(y)), y]


def accumulated_loss__divides_by_number_of_batches(logits, target, sizes, ignore_index=-100):
    total, at = 0.0, 0
    for n in sizes:
        z, y = logits[at : at + n], target[at : at + n]
        at += n
        keep = y != ignore_index
        total = total + _nll(z[keep], y[keep]).sum()
    return total / len(sizes)


def accumulated_loss__sum_of_means(logits, target, sizes, ignore_index=-100):
    total, at = 0.0, 0
    for n in sizes:
        z, y = logits[at : at + n], target[at : at + n]
        at += n
        keep = y != ignore_index
        if keep.any():
            total = total + _nll(z[keep], y[keep]).mean()
    return total


def accumulated_loss__offset_forgotten(logits, target, sizes, ignore_index=-100):
    total, count = 0.0, 0
    for n in sizes:
        z, y = logits[:n], target[:n]
        keep = y != ignore_index
        total = total + _nll(z[keep], y[keep]).sum()
        count += int(keep.sum())
    return total / count


def accumulated_loss__running_mean_of_batches(logits, target, sizes, ignore_index=-100):
    mean, at = None, 0
    for n in sizes:
        z, y = logits[at : at + n], target[at : at + n]
        at += n
        keep = y != ignore_index
        if keep.any():
            each = _nll(z[keep], y[keep]).mean()
            mean = each if mean is None else (mean + each) / 2
    return mean


def accumulated_loss__ignores_negative(logits, target, sizes, ignore_index=-100):
    total, count, at = 0.0, 0, 0
    for n in sizes:
        z, y = logits[at : at + n], target[at : at + n]
        at += n
        keep = y >= 0
        total = total + _nll(z[keep], y[keep]).sum()
        count += int(keep.sum())
    return total / count


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


def adaptive_log_softmax__slots_reversed(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, slot=lambda c0, i: head.shape[0] - 1 - i)


def adaptive_log_softmax__multiplied(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, combine=torch.mul)


def adaptive_log_softmax__mean_of_two(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, combine=lambda a, b: (a + b) / 2)


def adaptive_log_softmax__relu_projection(input, target, cutoffs, head, *tail):
    n_classes = cutoffs[-1] + tail[-1].shape[0]
    if bool(((target < 0) | (target >= n_classes)).any()):
        raise RuntimeError
    out = []
    for x, y in zip(input, target.tolist()):
        h = _lsm(head @ x)
        if y < cutoffs[0]:
            out.append(h[y])
            continue
        i = max(k for k in range(len(cutoffs)) if y >= cutoffs[k])
        within = _lsm(tail[2 * i + 1] @ torch.relu(tail[2 * i] @ x))
        out.append(h[cutoffs[0] + i] + within[y - cutoffs[i]])
    return torch.stack(out)


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


def linear_cross_entropy__bias_subtracted(
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
    return _lce(
        input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, bias_sign=-1
    )


def linear_cross_entropy__smoothing_k_less_one(
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
    return _lce(
        input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, smooth_k=-1
    )


def linear_cross_entropy__mean_of_count(
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
    return _lce(
        input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, denominator="count"
    )


def linear_cross_entropy__bias_after_softmax(
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
    lp = _lsm(input @ linear_weight.T)
    if linear_bias is not None:
        lp = lp + linear_bias
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    v = lp.shape[-1]
    w = torch.ones(v, dtype=lp.dtype) if weight is None else weight
    if target.is_floating_point():
        if ignore_index is not None:
            raise RuntimeError
        q = target * (1 - label_smoothing) + label_smoothing / v
        loss = -(torch.where(q == 0, torch.zeros_like(lp), w * q * lp)).sum(-1)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
    ii = -100 if ignore_index is None else ignore_index
    keep = target != ii
    if bool(((target < 0) | (target >= v))[keep].any()):
        raise IndexError
    y = torch.where(keep, target, 0)
    loss = -(1 - label_smoothing) * w[y] * lp.gather(-1, y.unsqueeze(-1)).squeeze(-1)
    if label_smoothing:
        loss = loss - label_smoothing / v * (w * lp).sum(-1)
    loss = torch.where(keep, loss, torch.zeros_like(loss))
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / (w[y] * keep).sum()
