"""Wrong answers to the exercises of notebook 13, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _log_softmax(z):
    z = z - z.max(-1, keepdim=True).values
    return z - z.exp().sum(-1, keepdim=True).log()


# ---- from a review -----------------------------------------------------------------------------------------------


def linear_cross_entropy__chunked_no_flags(input, linear_weight, target, chunk_size=2):
    """As in blogs on large vocabularies: in chunks, and none of the flags."""
    total = 0
    for start in range(0, len(input), chunk_size):
        logits = input[start : start + chunk_size] @ linear_weight.T
        labels = target[start : start + chunk_size]
        total = total - _log_softmax(logits)[torch.arange(len(labels)), labels].sum()
    return total / len(input)


# ---- written anew ------------------------------------------------------------------------------------------------


def weight_gradient__not_divided(input, linear_weight, target, chunk_rows):
    grad = torch.zeros_like(linear_weight)
    for start in range(0, len(input), chunk_rows):
        x, y = input[start : start + chunk_rows], target[start : start + chunk_rows]
        p = _log_softmax(x @ linear_weight.T).exp()
        p[torch.arange(len(y)), y] -= 1
        grad += p.T @ x
    return grad


def weight_gradient__by_chunks(input, linear_weight, target, chunk_rows):
    grad = torch.zeros_like(linear_weight)
    chunks = 0
    for start in range(0, len(input), chunk_rows):
        x, y = input[start : start + chunk_rows], target[start : start + chunk_rows]
        p = _log_softmax(x @ linear_weight.T).exp()
        p[torch.arange(len(y)), y] -= 1
        grad += p.T @ x / len(x)
        chunks += 1
    return grad / chunks


def weight_gradient__no_target(input, linear_weight, target, chunk_rows):
    grad = torch.zeros_like(linear_weight)
    for start in range(0, len(input), chunk_rows):
        x = input[start : start + chunk_rows]
        grad += _log_softmax(x @ linear_weight.T).exp().T @ x
    return grad / len(input)


def weight_gradient__last_rows_lost(input, linear_weight, target, chunk_rows):
    grad = torch.zeros_like(linear_weight)
    for k in range(len(input) // chunk_rows):
        x = input[k * chunk_rows : (k + 1) * chunk_rows]
        y = target[k * chunk_rows : (k + 1) * chunk_rows]
        p = _log_softmax(x @ linear_weight.T).exp()
        p[torch.arange(len(y)), y] -= 1
        grad += p.T @ x
    return grad / len(input)


def weight_gradient__overflows(input, linear_weight, target, chunk_rows):
    grad = torch.zeros_like(linear_weight)
    for start in range(0, len(input), chunk_rows):
        x, y = input[start : start + chunk_rows], target[start : start + chunk_rows]
        e = torch.exp(x @ linear_weight.T)
        p = e / e.sum(1, keepdim=True)
        p[torch.arange(len(y)), y] -= 1
        grad += p.T @ x
    return grad / len(input)


def weight_gradient__sign(input, linear_weight, target, chunk_rows):
    grad = torch.zeros_like(linear_weight)
    for x, y in zip(input.split(chunk_rows), target.split(chunk_rows)):
        p = -_log_softmax(x @ linear_weight.T).exp()
        p[torch.arange(len(y)), y] += 1
        grad += torch.einsum("nv,nd->vd", p, x)
    return grad / len(input)


def online_softmax_step__not_rescaled(state, logits):
    m = torch.maximum(state[0], logits.max(-1).values)
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    return torch.stack([m, state[1] + torch.exp(logits - safe[:, None]).sum(-1)])


def online_softmax_step__nan_at_the_beginning(state, logits):
    m = torch.maximum(state[0], logits.max(-1).values)
    s = state[1] * torch.exp(state[0] - m) + torch.exp(logits - m[:, None]).sum(-1)
    return torch.stack([m, s])


def online_softmax_step__rescaled_the_wrong_way(state, logits):
    m = torch.maximum(state[0], logits.max(-1).values)
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    old = torch.where(torch.isinf(state[0]), safe, state[0])
    return torch.stack([m, state[1] * torch.exp(safe - old) + torch.exp(logits - safe[:, None]).sum(-1)])


def online_softmax_step__forgets_the_past(state, logits):
    m = torch.maximum(state[0], logits.max(-1).values)
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    return torch.stack([m, torch.exp(logits - safe[:, None]).sum(-1)])


def online_softmax_step__only_new_maximum(state, logits):
    m = logits.max(-1).values
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    old = torch.where(state[1] > 0, torch.exp(state[0] - safe), torch.zeros_like(m))
    return torch.stack([m, state[1] * old + torch.exp(logits - safe[:, None]).sum(-1)])


def accumulated_loss__mean_of_means(logits, target, sizes, ignore_index=-100):
    losses = []
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        keep = y != ignore_index
        if keep.any():
            losses.append(-_log_softmax(z[keep])[torch.arange(int(keep.sum())), y[keep]].mean())
    return torch.stack(losses).mean()


def accumulated_loss__nan_of_an_empty_batch(logits, target, sizes, ignore_index=-100):
    total = 0
    start = 0
    for n in sizes:
        z, y = logits[start : start + n], target[start : start + n]
        keep = y != ignore_index
        loss = -_log_softmax(z[keep])[torch.arange(int(keep.sum())), y[keep]].mean()
        total = total + loss / len(sizes)
        start += n
    return total


def accumulated_loss__weighted_by_size(logits, target, sizes, ignore_index=-100):
    total = 0
    for n, z, y in zip(sizes, logits.split(sizes), target.split(sizes)):
        keep = y != ignore_index
        if keep.any():
            total = total - n * _log_softmax(z[keep])[torch.arange(int(keep.sum())), y[keep]].mean()
    return total / sum(sizes)


def accumulated_loss__divided_by_all(logits, target, sizes, ignore_index=-100):
    total = logits.sum() * 0
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        keep = y != ignore_index
        total = total - _log_softmax(z[keep])[torch.arange(int(keep.sum())), y[keep]].sum()
    return total / len(target)


def _adaptive(input, target, cutoffs, head, tail, cluster=True, slot=None):
    head_logp = _log_softmax(input @ head.T)
    out = []
    for n, y in enumerate(target.tolist()):
        if y < cutoffs[0]:
            out.append(head_logp[n, y])
            continue
        for i in range(len(cutoffs)):
            low = cutoffs[i]
            projection, rows = tail[2 * i], tail[2 * i + 1]
            if low <= y < low + len(rows):
                logp = _log_softmax(input[n] @ projection.T @ rows.T)[y - low]
                place = cutoffs[0] + i if slot is None else slot(i)
                out.append(logp + head_logp[n, place] if cluster else logp)
                break
        else:
            raise RuntimeError("no class")
    return torch.stack(out)


def adaptive_log_softmax__no_cluster(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, cluster=False)


def adaptive_log_softmax__cluster_slot_off_by_one(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, slot=lambda i: cutoffs[0] + i - 1)


def adaptive_log_softmax__first_cluster_only(input, target, cutoffs, head, *tail):
    return _adaptive(input, target, cutoffs, head, tail, slot=lambda i: cutoffs[0])


def adaptive_log_softmax__negative(input, target, cutoffs, head, *tail):
    return -_adaptive(input, target, cutoffs, head, tail)


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
    logits = input @ linear_weight.T
    if logits.dim() == 1:
        logits, target = logits[None], target[None]
    logp = _log_softmax(logits)
    loss = -logp[torch.arange(len(logp)), target]
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- written after that ----------------------------------------------------------------------------------------------


def online_softmax_step__max_never_updated(state, logits):
    # the sum is moved right, the old maximum is kept
    m = torch.maximum(state[0], logits.max(1).values)
    safe = torch.where(m.isinf(), torch.zeros_like(m), m)
    s = state[1] * torch.exp(state[0] - safe) + torch.exp(logits - safe[:, None]).sum(1)
    return torch.stack((state[0], s))


def online_softmax_step__sum_of_logits(state, logits):
    # sums exp(z) without the shift
    m = torch.max(state[0], logits.amax(-1))
    return torch.stack((m, state[1] + logits.exp().sum(-1)))


def online_softmax_step__log_sum(state, logits):
    # the second row holds ln of the sum
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(m.isinf(), torch.zeros_like(m), m)
    s = state[1] * torch.exp(state[0] - safe) + torch.exp(logits - safe[:, None]).sum(1)
    return torch.stack((m, s.log()))


def adaptive_log_softmax__head_only_for_all(input, target, cutoffs, head, *tail):
    # the cluster's own log-probability is left out
    logp = _log_softmax(input @ head.T)
    place = target.clone()
    for i, low in enumerate(cutoffs):
        place[target >= low] = cutoffs[0] + i
    return logp.gather(1, place[:, None]).squeeze(1)


def adaptive_log_softmax__index_not_shifted(input, target, cutoffs, head, *tail):
    # clusters counted from the end of the head's rows
    logp = _log_softmax(input @ head.T)
    out = []
    for n in range(len(target)):
        y = int(target[n])
        if y < cutoffs[0]:
            out.append(logp[n, y])
            continue
        i = max(k for k, low in enumerate(cutoffs) if y >= low)
        proj, rows = tail[2 * i], tail[2 * i + 1]
        if y - cutoffs[i] >= len(rows):
            raise RuntimeError("no class")
        inner = _log_softmax((input[n] @ proj.T) @ rows.T)
        out.append(logp[n, -(i + 1)] + inner[y - cutoffs[i]])
    return torch.stack(out)


def adaptive_log_softmax__no_normaliser_in_cluster(input, target, cutoffs, head, *tail):
    logp = _log_softmax(input @ head.T)
    out = torch.zeros(len(target), dtype=input.dtype)
    for n, y in enumerate(target.tolist()):
        if y < cutoffs[0]:
            out[n] = logp[n, y]
        else:
            i = sum(y >= c for c in cutoffs) - 1
            h = input[n] @ tail[2 * i].T
            out[n] = logp[n, cutoffs[0] + i] + h @ tail[2 * i + 1][y - cutoffs[i]]
    return out


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def weight_gradient__by_inputs(input, linear_weight, target, chunk_rows):
    # divided by the number of chunks
    grad = torch.zeros_like(linear_weight)
    n = 0
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _log_softmax(x @ linear_weight.t()).exp()
        p[torch.arange(len(y)), y] -= 1
        grad = grad + p.t() @ x
        n += 1
    return grad / n


def weight_gradient__loss_only_at_target(input, linear_weight, target, chunk_rows):
    # p - 1 at the target and nothing elsewhere
    grad = torch.zeros_like(linear_weight)
    for i in range(len(input)):
        p = _log_softmax(linear_weight @ input[i]).exp()
        y = int(target[i])
        grad[y] += (p[y] - 1) * input[i]
    return grad / len(input)


def accumulated_loss__last_batch(logits, target, sizes, ignore_index=-100):
    start = 0
    for n in sizes:
        z, y = logits[start : start + n], target[start : start + n]
        keep = y != ignore_index
        if keep.any():
            loss = -_log_softmax(z[keep])[torch.arange(int(keep.sum())), y[keep]].mean()
        start += n
    return loss


def accumulated_loss__summed(logits, target, sizes, ignore_index=-100):
    total = 0
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        for row, label in zip(z, y):
            if label != ignore_index:
                total = total - _log_softmax(row[None])[0, label]
    return total


# ---- kept back, written last -----------------------------------------------------------------------------------------


def accumulated_loss__no_ignore(logits, target, sizes, ignore_index=-100):
    total = 0
    n = 0
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        total = total - _log_softmax(z)[torch.arange(len(y)), y].sum()
        n += len(y)
    return total / n


def online_softmax_step__mean_in_place_of_sum(state, logits):
    m = torch.maximum(state[0], logits.amax(1))
    safe = torch.where(m.isinf(), torch.zeros_like(m), m)
    s = state[1] * torch.exp(state[0] - safe) + torch.exp(logits - safe[:, None]).mean(1)
    return torch.stack((m, s))


def linear_cross_entropy__summed(
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
    logits = input @ linear_weight.T
    if linear_bias is not None:
        logits = logits + linear_bias
    lp = _log_softmax(logits)
    return -lp[torch.arange(len(target)), target].sum()


def weight_gradient__transposed_logits(input, linear_weight, target, chunk_rows):
    # one-hot minus nothing: the mean of the inputs of each class
    grad = torch.zeros_like(linear_weight)
    for x, y in zip(input, target):
        grad[y] -= x
    return grad / len(input)


# ---- from a second set: less common ones --------------------------------------------------------------------------


def weight_gradient__p_without_minus_one(input, linear_weight, target, chunk_rows):
    # p without minus one-hot
    g = torch.zeros_like(linear_weight)
    for i in range(0, len(input), chunk_rows):
        x = input[i : i + chunk_rows]
        y = target[i : i + chunk_rows]
        z = x @ linear_weight.T
        p = (z - z.amax(1, keepdim=True)).exp()
        p = p / p.sum()
        p[torch.arange(len(y)), y] -= 1
        g += p.T @ x / len(input)
    return g


def online_softmax_step__max_state_only_new(state, logits):
    # max of state only by new logits' sum
    m, s = state
    new = torch.maximum(m, logits.amax(1))
    return torch.stack([new, s + logits.exp().sum(1)])


def accumulated_loss__only_last_micro_batch(logits, target, sizes, ignore_index=-100):
    # only last micro-batch's denominators
    total, count = 0.0, 0
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        keep = y != ignore_index
        count = keep.sum()
        if keep.any():
            z = z[keep] - z[keep].amax(1, keepdim=True)
            total = total + (z.exp().sum(1).log() - z[torch.arange(len(z)), y[keep]]).sum()
    return total / count


def accumulated_loss__divided(logits, target, sizes, ignore_index=-100):
    # not divided
    total = 0.0
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        keep = y != ignore_index
        if keep.any():
            z = z[keep] - z[keep].amax(1, keepdim=True)
            total = total + (z.exp().sum(1).log() - z[torch.arange(len(z)), y[keep]]).sum()
    return total


# ---- from a third set ---------------------------------------------------------------------------------------------


def online_softmax_step__log_sum_stored(state, logits):
    # log of the sum stored
    m, s = state
    new = torch.maximum(m, logits.amax(1))
    ok = torch.isfinite(new)
    n0 = torch.where(ok, new, 0.0)
    t = torch.where(torch.isfinite(m), s * (torch.where(torch.isfinite(m), m, 0.0) - n0).exp(), 0.0) + (
        logits - n0[:, None]
    ).exp().sum(1)
    return torch.stack([new, t.log()])


def weight_gradient__transposed_result_divided_v(input, linear_weight, target, chunk_rows):
    # transposed result / divided by V
    z = input @ linear_weight.T
    p = (z - z.amax(1, keepdim=True)).exp()
    p = p / p.sum(1, keepdim=True)
    p[torch.arange(len(target)), target] -= 1
    return p.T @ input / len(linear_weight)


def accumulated_loss__sum_over_micro_batches(logits, target, sizes, ignore_index=-100):
    # sum over micro-batches of means
    total = 0.0
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        keep = y != ignore_index
        if keep.any():
            z = z[keep] - z[keep].amax(1, keepdim=True)
            total = total + (z.exp().sum(1).log() - z[torch.arange(len(z)), y[keep]]).mean()
    return total


# ---- cross_entropy_with_z_loss, as it is written in a hurry ------------------------------------------------------


def _lse(z):
    top = z.amax(1)
    return top + (z - top[:, None]).exp().sum(1).log()


def _z_reduced(loss, counts, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    if reduction == "none":
        return torch.zeros(len(counts), dtype=loss.dtype).index_put((counts,), loss)
    return loss.sum() if reduction == "sum" else loss.mean()


def cross_entropy_with_z_loss__not_squared(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    return _z_reduced(log_z - z[torch.arange(len(z)), y] + z_weight * log_z, keep, reduction)


def cross_entropy_with_z_loss__of_log_probabilities(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_p = z - _lse(z)[:, None]
    return _z_reduced(-log_p[torch.arange(len(z)), y] + z_weight * _lse(log_p) ** 2, keep, reduction)


def cross_entropy_with_z_loss__largest_lost(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    z = z - z.amax(1, keepdim=True)
    log_z = z.exp().sum(1).log()
    return _z_reduced(log_z - z[torch.arange(len(z)), y] + z_weight * log_z**2, keep, reduction)


def cross_entropy_with_z_loss__overflow(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = torch.log(torch.exp(z).sum(1))
    return _z_reduced(log_z - z[torch.arange(len(z)), y] + z_weight * log_z**2, keep, reduction)


def cross_entropy_with_z_loss__padding_pays(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    price = z_weight * _lse(input) ** 2
    z, y = input[keep], target[keep]
    loss = _z_reduced(_lse(z) - z[torch.arange(len(z)), y], keep, reduction)
    return loss + (price if reduction == "none" else price.sum() if reduction == "sum" else price.mean())


def cross_entropy_with_z_loss__mean_squared(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    return _z_reduced(log_z - z[torch.arange(len(z)), y] + z_weight * log_z.mean() ** 2, keep, reduction)


def cross_entropy_with_z_loss__detached(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    return _z_reduced(log_z - z[torch.arange(len(z)), y] + z_weight * log_z.detach() ** 2, keep, reduction)


def cross_entropy_with_z_loss__price_only(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    return _z_reduced(z_weight * _lse(input[keep]) ** 2, keep, reduction)


def cross_entropy_with_z_loss__left_out(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    loss = log_z - z[torch.arange(len(z)), y] + z_weight * log_z**2
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def cross_entropy_with_z_loss__multiplied_mask(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = (target != ignore_index).to(input.dtype)
    log_z = _lse(input)
    y = target.clamp(min=0, max=input.shape[1] - 1)
    loss = (log_z - input[torch.arange(len(y)), y] + z_weight * log_z**2) * keep
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / keep.sum()


# ---- of cross_entropy_with_z_loss, written after its catalogue ---------------------------------------------------


def cross_entropy_with_z_loss__squared_sum(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    loss = log_z - z[torch.arange(len(z)), y]
    return _z_reduced(loss + z_weight * loss * log_z, keep, reduction)


def cross_entropy_with_z_loss__weight_on_both(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    return _z_reduced(z_weight * (log_z - z[torch.arange(len(z)), y] + log_z**2), keep, reduction)


def cross_entropy_with_z_loss__mean_over_all(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    loss = log_z - z[torch.arange(len(z)), y] + z_weight * log_z**2
    return loss.sum() / len(target) if reduction == "mean" else _z_reduced(loss, keep, reduction)


def cross_entropy_with_z_loss__centred(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    z = z - z.mean(1, keepdim=True)
    log_z = _lse(z)
    return _z_reduced(log_z - z[torch.arange(len(z)), y] + z_weight * log_z**2, keep, reduction)


def cross_entropy_with_z_loss__target_logit(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    mine = z[torch.arange(len(z)), y]
    return _z_reduced(_lse(z) - mine + z_weight * mine**2, keep, reduction)


def cross_entropy_with_z_loss__price_once(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    keep = target != ignore_index
    z, y = input[keep], target[keep]
    log_z = _lse(z)
    loss = _z_reduced(log_z - z[torch.arange(len(z)), y], keep, reduction)
    return loss + z_weight * (log_z**2).mean()
