"""Wrong answers to the exercises of notebook 13, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _ls(z):
    z = z - z.amax(-1, keepdim=True)
    return z - z.exp().sum(-1, keepdim=True).log()


def weight_gradient__of_logits(input, linear_weight, target, chunk_rows):
    """Each chunk overwrites what the ones before it gave: `=` and not `+=`."""
    g = torch.zeros_like(linear_weight)
    for i in range(0, len(input), chunk_rows):
        x, y = input[i : i + chunk_rows], target[i : i + chunk_rows]
        p = _ls(x @ linear_weight.T).exp()
        p[range(len(y)), y] -= 1
        g = p.T @ x / len(input)
    return g


def online_softmax_step__min(state, logits):
    """The smaller of the two maxima is kept."""
    m = torch.minimum(state[0], logits.amax(1))
    safe = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    return torch.stack([m, state[1] * (state[0] - safe).exp() + (logits - safe[:, None]).exp().sum(1)])


def accumulated_loss__first_size(logits, target, sizes, ignore_index=-100):
    """The sum of the micro-batches' means."""
    total = logits.new_zeros(())
    for x, y in zip(logits.split(sizes), target.split(sizes)):
        k = y != ignore_index
        if k.any():
            total = total - _ls(x[k]).gather(1, y[k][:, None]).mean()
    return total


def cross_entropy_with_z_loss__abs(input, target, z_weight=1e-4, ignore_index=-100, reduction="mean"):
    """The price is on the largest logit, not on ln Z."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    k = target != ignore_index
    x = torch.where(k[:, None], input, 0.0)
    y = torch.where(k, target, 0)
    m = x.amax(1)
    lz = m + (x - m[:, None]).exp().sum(1).log()
    v = torch.where(k, lz - x.gather(1, y[:, None])[:, 0] + z_weight * m**2, 0.0)
    return v if reduction == "none" else v.sum() if reduction == "sum" else v.sum() / k.sum()
