"""Wrong answers to the exercises of notebook 13, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

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


def _wg(input, linear_weight, target, chunk_rows, f=None, fin=None):
    g = torch.zeros_like(linear_weight)
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _p(x @ linear_weight.T)
        one = torch.nn.functional.one_hot(y, len(linear_weight)).to(x.dtype)
        g = g + (p - one if f is None else f(p, one)).T @ x
    return g / len(input) if fin is None else fin(g)


def weight_gradient__squared_residual(input, linear_weight, target, chunk_rows):
    return _wg(input, linear_weight, target, chunk_rows, f=lambda p, o: (p - o) * p * (1 - p))


def weight_gradient__abs(input, linear_weight, target, chunk_rows):
    return _wg(input, linear_weight, target, chunk_rows, f=lambda p, o: (p - o).abs())


def weight_gradient__classes_divided(input, linear_weight, target, chunk_rows):
    return _wg(input, linear_weight, target, chunk_rows, fin=lambda g: g / len(linear_weight))


def weight_gradient__plus_target(input, linear_weight, target, chunk_rows):
    return _wg(input, linear_weight, target, chunk_rows, f=lambda p, o: p + o)


def weight_gradient__half(input, linear_weight, target, chunk_rows):
    return _wg(input, linear_weight, target, chunk_rows, fin=lambda g: g / (2 * len(input)))


def _os(state, logits, f):
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(m == -math.inf, torch.zeros_like(m), m)
    return f(m, safe)


def online_softmax_step__minimum(state, logits):
    m = torch.minimum(state[0].nan_to_num(neginf=math.inf), logits.amin(1))
    s = state[1] * (state[0] - m).exp() + (logits - m[:, None]).exp().sum(1)
    return torch.stack([m, s])


def online_softmax_step__sum_added_unscaled(state, logits):
    return _os(state, logits, lambda m, safe: torch.stack([m, state[1] + (logits - safe[:, None]).exp().sum(1)]))


def online_softmax_step__mean_scaled(state, logits):
    return _os(
        state,
        logits,
        lambda m, safe: torch.stack(
            [m, (state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().sum(1)) / 2]
        ),
    )


def online_softmax_step__only_new(state, logits):
    return _os(state, logits, lambda m, safe: torch.stack([m, (logits - safe[:, None]).exp().sum(1)]))


def online_softmax_step__lse(state, logits):
    return _os(
        state,
        logits,
        lambda m, safe: torch.stack(
            [m, safe + (state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().sum(1)).log()]
        ),
    )


def _acc(logits, target, sizes, ignore_index, f):
    out, at = [], 0
    for n in sizes:
        z, y = logits[at : at + n], target[at : at + n]
        at += n
        keep = y != ignore_index
        out.append((_nll(z[keep], y[keep]).sum(), int(keep.sum()), n))
    return f(out)


def accumulated_loss__max_mean(logits, target, sizes, ignore_index=-100):
    return _acc(logits, target, sizes, ignore_index, lambda o: max(s / max(c, 1) for s, c, n in o))


def accumulated_loss__divided_by_first_size(logits, target, sizes, ignore_index=-100):
    return _acc(logits, target, sizes, ignore_index, lambda o: sum(s for s, c, n in o) / o[0][2])


def accumulated_loss__nonempty_average(logits, target, sizes, ignore_index=-100):
    return _acc(
        logits, target, sizes, ignore_index, lambda o: sum(s / c for s, c, n in o if c) / sum(1 for s, c, n in o if c)
    )


def accumulated_loss__counts_plus_one(logits, target, sizes, ignore_index=-100):
    return _acc(logits, target, sizes, ignore_index, lambda o: sum(s for s, c, n in o) / (sum(c for s, c, n in o) + 1))


def accumulated_loss__square_root_scaling(logits, target, sizes, ignore_index=-100):
    return _acc(
        logits, target, sizes, ignore_index, lambda o: sum(s for s, c, n in o) / math.sqrt(sum(c for s, c, n in o))
    )


def adaptive_log_softmax__tail_projection_skipped(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, slot=lambda c0, i: c0 - 1 - i)


def adaptive_log_softmax__within_exp(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, combine=lambda a, b: a + b.exp())


def adaptive_log_softmax__max_combine(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, combine=torch.maximum)


def adaptive_log_softmax__minus(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, combine=lambda a, b: b - a)


def adaptive_log_softmax__cluster_size_prior(input, target, cutoffs, head, *tail):
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
        out.append(h[cutoffs[0] + i] - math.log(tail[2 * i + 1].shape[0]))
    return torch.stack(out)


def linear_cross_entropy__bias_halved(
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
        input,
        linear_weight,
        target,
        None if linear_bias is None else linear_bias / 2,
        weight,
        reduction,
        ignore_index,
        label_smoothing,
    )


def linear_cross_entropy__features_normalised(
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
    x = input / input.norm(dim=-1, keepdim=True)
    return _lce(x, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing)


def linear_cross_entropy__scaled_by_dimension(
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
    x = input / math.sqrt(input.shape[-1])
    return _lce(x, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing)


def linear_cross_entropy__mean_of_all(
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
        input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, denominator="all"
    )


def linear_cross_entropy__label_smoothing_ignored(
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
    return _lce(input, linear_weight, target, linear_bias, weight, reduction, ignore_index, 0.0)
