"""Wrong answers to the exercises of notebook 13, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _lsm(z):
    z = z - z.amax(-1, keepdim=True).detach()
    return z - z.exp().sum(-1, keepdim=True).log()


def _wg(input, linear_weight, target, chunk_rows, div="N", chunkmean=False):
    g = torch.zeros_like(linear_weight)
    n = len(input)
    with torch.no_grad():
        for i in range(0, n, chunk_rows):
            x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
            p = _lsm(x @ linear_weight.T).exp()
            p[torch.arange(len(y)), y] -= 1
            g += p.T @ x / (len(y) if chunkmean else 1)
    if chunkmean:
        return g / -(-n // chunk_rows)
    return g / n if div == "N" else g


def weight_gradient__sum(input, linear_weight, target, chunk_rows):
    """The gradient of the sum, not divided by N."""
    return _wg(input, linear_weight, target, chunk_rows, div="1")


def weight_gradient__chunk_means(input, linear_weight, target, chunk_rows):
    """The mean of the chunks' means: a short last chunk counts too much."""
    return _wg(input, linear_weight, target, chunk_rows, chunkmean=True)


def weight_gradient__rest_lost(input, linear_weight, target, chunk_rows):
    """The rest that fills no whole chunk is not read."""
    n = len(input) // chunk_rows * chunk_rows
    return _wg(input[:n], linear_weight, target[:n], chunk_rows) * (n / len(input))


def weight_gradient__no_target(input, linear_weight, target, chunk_rows):
    """The one-hot target is not taken away: p^T x."""
    p = _lsm(input @ linear_weight.T).exp()
    return p.T @ input / len(input)


def weight_gradient__sign(input, linear_weight, target, chunk_rows):
    """The sign is turned: target less probability."""
    return -_wg(input, linear_weight, target, chunk_rows)


def online_softmax_step__no_rescale(state, logits):
    """The old sum is not rescaled to the new maximum."""
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    s = state[1] + (logits - safe[:, None]).exp().sum(1)
    return torch.stack([m, s])


def online_softmax_step__nan_at_inf(state, logits):
    """-inf less -inf is NaN in a row that has seen nothing but -inf."""
    m = torch.maximum(state[0], logits.amax(1))
    s = state[1] * (state[0] - m).exp() + (logits - m[:, None]).exp().sum(1)
    return torch.stack([m, s])


def online_softmax_step__max_of_new(state, logits):
    """The maximum of the new logits alone: the old one is forgotten."""
    m = logits.amax(1)
    m = torch.where(torch.isinf(m), state[0], m)
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    s = state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().sum(1)
    return torch.stack([m, s])


def online_softmax_step__log_sum(state, logits):
    """The logarithm of the sum is kept, not the sum."""
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    s = state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().sum(1)
    return torch.stack([m, s.log()])


def _z(input, target, z_weight, ignore_index, reduction, *, power=2, div="count", price="all", detach=False):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    keep = target != ignore_index
    x = torch.where(keep[:, None], input, torch.zeros_like(input))
    y = torch.where(keep, target, 0)
    m = x.amax(1)
    lz = m + (x - m[:, None]).exp().sum(1).log()
    ce = lz - x.gather(1, y[:, None])[:, 0]
    zp = z_weight * (lz.detach() if detach else lz) ** power
    loss = torch.where(keep, ce, 0.0) + (zp if price == "padding too" else torch.where(keep, zp, 0.0))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / (keep.sum() if div == "count" else len(loss))


def cross_entropy_with_z_loss__not_squared(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """ln Z, not its square."""
    return _z(input, target, z_weight, ignore_index, reduction, power=1)


def cross_entropy_with_z_loss__padding_pays(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """Rows that do not count pay the price of their ln Z (that of zeros)."""
    return _z(input, target, z_weight, ignore_index, reduction, price="padding too")


def cross_entropy_with_z_loss__mean_over_all(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """The mean divides by all rows."""
    return _z(input, target, z_weight, ignore_index, reduction, div="all")


def cross_entropy_with_z_loss__detached(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """The price is detached: no gradient."""
    return _z(input, target, z_weight, ignore_index, reduction, detach=True)


def cross_entropy_with_z_loss__default(input, target, z_weight=1e-3, ignore_index=-100, reduction="mean"):
    """The default of z_weight is 1e-3."""
    return _z(input, target, z_weight, ignore_index, reduction)


def accumulated_loss__mean_of_means(logits, target, sizes, ignore_index=-100):
    """The mean of the micro-batches' means."""
    out = []
    for x, y in zip(logits.split(sizes), target.split(sizes)):
        k = y != ignore_index
        if k.any():
            out.append(-_lsm(x[k]).gather(1, y[k][:, None]).mean())
    return torch.stack(out).mean()


def accumulated_loss__weighted_by_size(logits, target, sizes, ignore_index=-100):
    """Each micro-batch's mean is weighted by its rows, those that do not count included."""
    total = logits.new_zeros(())
    for x, y in zip(logits.split(sizes), target.split(sizes)):
        k = y != ignore_index
        if k.any():
            total = total + -_lsm(x[k]).gather(1, y[k][:, None]).mean() * len(y)
    return total / len(target)


def accumulated_loss__over_all_rows(logits, target, sizes, ignore_index=-100):
    """Divides by N, not by those that count."""
    k = target != ignore_index
    return -_lsm(logits[k]).gather(1, target[k][:, None]).sum() / len(target)


def accumulated_loss__empty_nan(logits, target, sizes, ignore_index=-100):
    """A micro-batch in which nothing counts gives NaN: 0/0 times 0."""
    total, n = 0.0, 0
    for x, y in zip(logits.split(sizes), target.split(sizes)):
        k = y != ignore_index
        total = total + -_lsm(x[k]).gather(1, y[k][:, None]).mean() * k.sum()
        n = n + k.sum()
    return total / n


def _ada(input, target, cutoffs, head, tail, *, no_gate=False, no_proj=False, offset=0, order=None):
    c = len(cutoffs)
    sizes = [tail[2 * i + 1].shape[0] for i in range(c)]
    n_classes = cutoffs[-1] + sizes[-1]
    if ((target < 0) | (target >= n_classes)).any():
        raise RuntimeError("no class")
    h = _lsm(input @ head.T)
    out = []
    for x, y, g in zip(input, target.tolist(), h):
        if y < cutoffs[0]:
            out.append(g[y])
            continue
        i = max(k for k in range(c) if y >= cutoffs[k])
        lp = _lsm(x @ tail[2 * i].T @ tail[2 * i + 1].T)[y - cutoffs[i] + offset]
        gate = g[cutoffs[0] + (i if order is None else c - 1 - i)]
        out.append(lp if no_gate else lp + gate)
    return torch.stack(out) if out else input.sum(1)


def adaptive_log_softmax__no_gate(input, target, cutoffs, head, *tail):
    """The cluster's own log-probability in the head is left out."""
    return _ada(input, target, cutoffs, head, tail, no_gate=True)


def adaptive_log_softmax__gates_reversed(input, target, cutoffs, head, *tail):
    """The clusters' rows of the head are read from the end on."""
    return _ada(input, target, cutoffs, head, tail, order="reversed")


def adaptive_log_softmax__head_softmax_short(input, target, cutoffs, head, *tail):
    """The head's softmax is taken over its classes alone, and over the clusters apart."""
    c = len(cutoffs)
    n_classes = cutoffs[-1] + tail[-1].shape[0]
    if ((target < 0) | (target >= n_classes)).any():
        raise RuntimeError("no class")
    z = input @ head.T
    hc, hg = _lsm(z[:, : cutoffs[0]]), _lsm(z[:, cutoffs[0] :])
    out = []
    for n, y in enumerate(target.tolist()):
        if y < cutoffs[0]:
            out.append(hc[n, y])
        else:
            i = max(k for k in range(c) if y >= cutoffs[k])
            out.append(hg[n, i] + _lsm(input[n] @ tail[2 * i].T @ tail[2 * i + 1].T)[y - cutoffs[i]])
    return torch.stack(out)


def _lce(input, W, target, b, weight, reduction, ignore_index, ls, *, bias=True, den="w", smooth=True):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    prob = target.is_floating_point()
    if prob and ignore_index is not None:
        raise RuntimeError("ignore_index")
    ii = -100 if ignore_index is None else ignore_index
    single = input.dim() == 1
    x = input[None] if single else input
    y = target[None] if single else target
    v = len(W)
    w = torch.ones(v, dtype=x.dtype) if weight is None else weight
    if prob:
        z = x @ W.T + (b if b is not None and bias else 0)
        q = y * (1 - ls) + ls / v
        lp = _lsm(z)
        loss = -torch.where(q == 0, 0.0, w * q * torch.where(q == 0, 0.0, lp)).sum(1)
        n = len(loss)
    else:
        k = y != ii
        yy = torch.where(k, y, 0)
        if ((yy < 0) | (yy >= v)).any():
            raise IndexError("no class")
        xx = torch.where(k[:, None], x, torch.zeros_like(x))
        lp = _lsm(xx @ W.T + (b if b is not None and bias else 0))
        loss = -w[yy] * lp.gather(1, yy[:, None])[:, 0]
        if ls:
            loss = (1 - ls) * loss - ls / v * (w * lp).sum(1)
        loss = torch.where(k, loss, 0.0)
        n = (w[yy] * k).sum() if den == "w" else k.sum()
    if reduction == "none":
        return loss[0] if single else loss
    return loss.sum() if reduction == "sum" else loss.sum() / n


def linear_cross_entropy__no_bias(
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
    return _lce(input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, bias=False)


def linear_cross_entropy__mean_by_count(
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
    """The mean divides by the number of targets that count, not by their weights."""
    return _lce(input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, den="n")


def linear_cross_entropy__smoothing_unread(
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
    """label_smoothing is not read."""
    return _lce(input, linear_weight, target, linear_bias, weight, reduction, ignore_index, 0.0)


def linear_cross_entropy__bias_and_count(
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
    """Two mistakes: no bias, and the mean divides by the count."""
    return _lce(
        input, linear_weight, target, linear_bias, weight, reduction, ignore_index, label_smoothing, bias=False, den="n"
    )


def cross_entropy_with_z_loss__price_of_z(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """The price is that of the mean ln Z squared, once for the batch."""
    base = _z(input, target, 0.0, ignore_index, reduction)
    keep = target != ignore_index
    x = input[keep]
    if not len(x):
        return base
    m = x.amax(1)
    lz = m + (x - m[:, None]).exp().sum(1).log()
    return base + z_weight * lz.mean() ** 2
