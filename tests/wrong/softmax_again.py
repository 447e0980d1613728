"""Wrong answers to the exercises of notebook 03, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def sample_loss__margin_to_best_other(logits, target):
    others = logits.clone()
    others[target] = -math.inf
    return torch.log1p(torch.exp(others.max() - logits[target]))


def sample_loss__others_only(logits, target):
    mask = torch.arange(len(logits)) != target
    rest = logits[mask]
    m = rest.max()
    return m + (rest - m).exp().sum().log() - logits[target]


def log_softmax__shift_not_along_dim(input, dim):
    x = input - input.max()
    return x - x.exp().sum(dim, keepdim=True).log()


def log_softmax__last_dim_only(input, dim):
    m = input.amax(-1, keepdim=True)
    x = input - m
    return x - x.exp().sum(-1, keepdim=True).log()


def log_softmax__max_added_back_twice(input, dim):
    m = input.amax(dim, keepdim=True)
    lse = (input - m).exp().sum(dim, keepdim=True).log() + m
    return input - m - lse
