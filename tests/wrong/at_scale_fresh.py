"""Wrong answers to the exercises of notebook 13, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _ls(x, dim=-1):
    x = x - x.amax(dim, keepdim=True)
    return x - x.exp().sum(dim, keepdim=True).log()


def weight_gradient__transposed(input, linear_weight, target, chunk_rows):
    """(D, V) and not (V, D)."""
    p = _ls(input @ linear_weight.T).exp()
    p[torch.arange(len(target)), target] -= 1
    return input.T @ p / len(target)


def online_softmax_step__max_of_chunk(state, logits):
    """The new maximum is that of the chunk alone."""
    m = logits.amax(1)
    safe = torch.where(m.isinf(), torch.zeros_like(m), m)
    old = torch.where(state[0].isinf(), torch.zeros_like(m), state[1] * (state[0] - safe).exp())
    return torch.stack([m, old + (logits - safe[:, None]).exp().sum(1)])


def cross_entropy_with_z_loss__no_cross_entropy(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """The square of the loss and not of ln Z."""
    keep = target != ignore_index
    x = torch.where(keep[:, None], input, torch.zeros_like(input))
    ce = -_ls(x).gather(1, torch.where(keep, target, 0)[:, None])[:, 0]
    loss = torch.where(keep, ce + z_weight * ce**2, torch.zeros_like(ce))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction != "mean":
        raise ValueError
    return loss.sum() / keep.sum()


def accumulated_loss__last_only(logits, target, sizes, ignore_index=-100):
    """total = in place of total +=."""
    count = 0
    for x, t in zip(logits.split(sizes), target.split(sizes)):
        keep = t != ignore_index
        total = -_ls(x[keep]).gather(1, t[keep][:, None]).sum()
        count += int(keep.sum())
    return total / count


def adaptive_log_softmax__tail_index_not_shifted(input, target, cutoffs, head, *tail):
    """Within the cluster the class is counted from its end."""
    h = _ls(input @ head.T)
    out = torch.zeros(len(target), dtype=input.dtype)
    for n, t in enumerate(target.tolist()):
        if t < 0:
            raise RuntimeError
        if t < cutoffs[0]:
            out[n] = h[n, t]
            continue
        i = max(k for k, c in enumerate(cutoffs) if t >= c)
        rows = tail[2 * i + 1]
        if t - cutoffs[i] >= len(rows):
            raise RuntimeError
        out[n] = h[n, cutoffs[0] + i] + _ls(rows @ (tail[2 * i] @ input[n]))[len(rows) - 1 - (t - cutoffs[i])]
    return out
