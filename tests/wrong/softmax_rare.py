"""Wrong answers to the exercises of notebook 03, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def sample_loss__log_sum_of_logits(logits, target):
    return torch.log(logits.abs().sum()) - logits[target]


def sample_loss__detached_normaliser(logits, target):
    m = logits.max()
    lse = (logits - m).exp().sum().log() + m
    return lse.detach() - logits[target]


def sample_loss__two_class(logits, target):
    x = logits - logits.mean()
    return torch.log(torch.exp(x).sum()) - logits[target]


def sample_loss__next_class(logits, target):
    lp = logits - torch.log(torch.exp(logits).sum())
    return -lp[(target + 1) % len(logits)]


def sample_loss__temperature_two(logits, target):
    z = logits / 2
    return torch.log(torch.exp(z).sum()) - z[target]


def _lsm(x, d):
    x = x - x.amax(d, keepdim=True)
    return x - x.exp().sum(d, keepdim=True).log()


def log_softmax__sigmoid_like(input, dim):
    x = input - input.amax(dim, keepdim=True)
    return x - torch.log1p(x.exp().sum(dim, keepdim=True))


def log_softmax__double(input, dim):
    return 2 * _lsm(input, dim)


def log_softmax__sum_not_exp(input, dim):
    x = input - input.amax(dim, keepdim=True)
    return x - x.sum(dim, keepdim=True).abs().log()


def log_softmax__wrong_dim_max(input, dim):
    m = input.amax(0, keepdim=True)
    return input - m - (input - m).exp().sum(dim, keepdim=True).log()


def log_softmax__max_not_subtracted_outside(input, dim):
    m = input.amax(dim, keepdim=True)
    return input - (input - m).exp().sum(dim, keepdim=True).log()
