"""Wrong answers to the exercises of notebook 13, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _ls(x, dim=-1):
    x = x - x.max(dim=dim, keepdim=True).values
    return x - x.exp().sum(dim=dim, keepdim=True).log()


def weight_gradient__sum(input, linear_weight, target, chunk_rows):
    """Not divided by N."""
    out = torch.zeros_like(linear_weight)
    for i in range(0, len(input), chunk_rows):
        x, t = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _ls(x @ linear_weight.T).exp()
        p[torch.arange(len(t)), t] -= 1
        out += p.T @ x
    return out


def weight_gradient__sign(input, linear_weight, target, chunk_rows):
    """Onehot minus p: the sign is turned."""
    out = torch.zeros_like(linear_weight)
    for x, t in zip(input.split(chunk_rows), target.split(chunk_rows)):
        p = _ls(x @ linear_weight.T).exp()
        onehot = torch.zeros_like(p).scatter_(1, t[:, None], 1.0)
        out += (onehot - p).T @ x / len(input)
    return out


def weight_gradient__chunk_mean(input, linear_weight, target, chunk_rows):
    """Each chunk divided by its own rows, then averaged over the chunks."""
    parts = []
    for x, t in zip(input.split(chunk_rows), target.split(chunk_rows)):
        p = _ls(x @ linear_weight.T).exp()
        p[torch.arange(len(t)), t] -= 1
        parts.append(p.T @ x / len(x))
    return torch.stack(parts).mean(0)


def online_softmax_step__no_rescale(state, logits):
    """The old sum is not rescaled to the new maximum."""
    m = torch.maximum(state[0], logits.max(1).values)
    safe = torch.where(m.isinf(), torch.zeros_like(m), m)
    s = state[1] + torch.exp(logits - safe[:, None]).sum(1)
    return torch.stack([m, s])


def online_softmax_step__inverted(state, logits):
    """Rescaled by exp(new - old): upside down."""
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(m.isinf(), torch.zeros_like(m), m)
    scale = torch.where(state[0].isinf(), torch.zeros_like(m), torch.exp(safe - state[0]))
    return torch.stack([m, state[1] * scale + (logits - safe.unsqueeze(1)).exp().sum(1)])


def cross_entropy_with_z_loss__not_squared(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """ln Z is not squared."""
    keep = target != ignore_index
    x = torch.where(keep[:, None], input, torch.zeros_like(input))
    lse = torch.logsumexp(x, 1) if False else x.max(1).values + (x - x.max(1, keepdim=True).values).exp().sum(1).log()
    zy = x.gather(1, torch.where(keep, target, 0)[:, None])[:, 0]
    loss = torch.where(keep, lse - zy + z_weight * lse, torch.zeros_like(lse))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction != "mean":
        raise ValueError
    return loss.sum() / keep.sum()


def cross_entropy_with_z_loss__ignored_pay(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """Ignored rows pay the price too."""
    keep = target != ignore_index
    x = torch.nan_to_num(input, nan=0.0, neginf=float("-inf"))
    m = x.max(1, keepdim=True).values
    lse = m[:, 0] + (x - m).exp().sum(1).log()
    zy = x.gather(1, torch.where(keep, target, 0)[:, None])[:, 0]
    loss = torch.where(keep, lse - zy, torch.zeros_like(lse)) + z_weight * lse**2
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction != "mean":
        raise ValueError
    return loss.sum() / keep.sum()


def accumulated_loss__mean_of_means(logits, target, sizes, ignore_index=-100):
    """The mean of the micro-batches' means."""
    out = []
    for x, t in zip(logits.split(sizes), target.split(sizes)):
        keep = t != ignore_index
        if keep.any():
            out.append(-_ls(x[keep]).gather(1, t[keep][:, None]).mean())
    return torch.stack(out).mean()


def accumulated_loss__weighted_by_size(logits, target, sizes, ignore_index=-100):
    """Means are weighted with the sizes of the micro-batches, ignored targets included."""
    total = 0.0
    for x, t in zip(logits.split(sizes), target.split(sizes)):
        keep = t != ignore_index
        if keep.any():
            total = total - _ls(x[keep]).gather(1, t[keep][:, None]).mean() * len(t)
    return total / sum(sizes)


def adaptive_log_softmax__cluster_forgotten(input, target, cutoffs, head, *tail):
    """The cluster's own log-probability is not added."""
    h = _ls(input @ head.T)
    out = torch.zeros(len(target), dtype=input.dtype)
    for n, t in enumerate(target.tolist()):
        if t < cutoffs[0]:
            out[n] = h[n, t]
            continue
        i = max(k for k, c in enumerate(cutoffs) if t >= c)
        proj, rows = tail[2 * i], tail[2 * i + 1]
        if t - cutoffs[i] >= len(rows) or t < 0:
            raise RuntimeError
        out[n] = _ls(rows @ (proj @ input[n]))[t - cutoffs[i]]
    return out


def linear_cross_entropy__bias_ignored(
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
    """linear_bias is not read."""
    return _lce(input, linear_weight, target, None, weight, reduction, ignore_index, label_smoothing)


def _lce(input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, by_n=False):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    single = input.dim() == 1
    x = input.reshape(-1, input.shape[-1])
    z = x @ linear_weight.T
    if linear_bias is not None:
        z = z + linear_bias
    lp = _ls(z)
    v = lp.shape[1]
    w = torch.ones(v, dtype=input.dtype) if weight is None else weight
    if target.is_floating_point():
        if ignore_index is not None:
            raise RuntimeError
        q = target.reshape(-1, v) * (1 - label_smoothing) + label_smoothing / v
        loss = -torch.where(q * w == 0, torch.zeros_like(lp), w * q * lp).sum(1)
        den = len(loss)
    else:
        t = target.reshape(-1)
        keep = t != (-100 if ignore_index is None else ignore_index)
        if ((t < 0) | (t >= v))[keep].any():
            raise IndexError
        s = torch.where(keep, t, 0)
        q = torch.full_like(lp, label_smoothing / v).scatter(1, s[:, None], 1 - label_smoothing + label_smoothing / v)
        loss = -torch.where(q * w == 0, torch.zeros_like(lp), w * q * lp).sum(1)
        loss = torch.where(keep, loss, torch.zeros_like(loss))
        den = keep.sum() if by_n else torch.where(keep, w[s], torch.zeros_like(loss)).sum()
    if reduction == "none":
        return loss[0] if single else loss
    return loss.sum() if reduction == "sum" else loss.sum() / den


def linear_cross_entropy__mean_by_n(
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
    """The mean divides by the number of rows that count, with weights too."""
    return _lce(input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, by_n=True)
