"""Wrong answers to the exercises of notebook 03, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def sample_loss__log10(logits, target):
    p = torch.exp(logits - logits.max())
    p = p / p.sum()
    return -torch.log10(p[target])


def log_softmax__keepdim_forgotten(input, dim):
    m = input.amax(dim, keepdim=True)
    s = (input - m).exp().sum(dim)
    return (
        input - m - s.log().unsqueeze(-1)
        if dim in (-1, input.ndim - 1)
        else input - m - s.log().unsqueeze(0 if dim == 0 else dim) * 0
    )
