"""Wrong answers to the exercises of notebook 03, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def sample_loss__probability(logits, target):
    """The probability itself, without -ln."""
    e = (logits - logits.max()).exp()
    return (e / e.sum())[target]


def sample_loss__sign(logits, target):
    """ln p, the sign is missing."""
    z = logits - logits.max()
    return z[target] - z.exp().sum().log()


def sample_loss__bits(logits, target):
    """In bits."""
    z = logits - logits.max()
    return torch.log2(z.exp().sum()) - z[target] * 1.4426950408889634


def sample_loss__max_counted_twice(logits, target):
    """The shift is added back to the lse, and the shifted logit is taken away: too large by the maximum."""
    m = logits.max()
    lse = m + (logits - m).exp().sum().log()
    return lse - (logits - m)[target]


def sample_loss__without_target(logits, target):
    """The denominator leaves the right class out."""
    m = logits.max()
    keep = torch.arange(len(logits)) != target
    return m + (logits - m)[keep].exp().sum().log() - logits[target]


def sample_loss__log1p(logits, target):
    """One is added within the logarithm."""
    gaps = logits - logits[target]
    m = gaps.max()
    return m + torch.log(torch.exp(-m) + torch.exp(gaps - m).sum())


def sample_loss__eps(logits, target):
    """1e-8 within the logarithm: a very improbable class costs 18.4, no more."""
    e = torch.exp(logits - logits.max())
    return -torch.log(e[target] / e.sum() + 1e-8)


def negative_log_likelihood__mean(probabilities, target):
    """The mean of the surprises, not their sum."""
    return -probabilities[torch.arange(len(target)), target].log().mean()


def negative_log_likelihood__product_first(probabilities, target):
    """The product underflows before the logarithm is taken."""
    like = probabilities.new_ones(())
    for row, y in zip(probabilities, target):
        like = like * row[y]
    return -like.log()


def negative_log_likelihood__all_classes(probabilities, target):
    """All classes' logarithms are added, not those of the labels alone."""
    return -torch.log(probabilities).sum()


def negative_log_likelihood__log_of_sum(probabilities, target):
    """The logarithm of the sum of probabilities, not the sum of logarithms."""
    return -torch.log(probabilities.gather(1, target[:, None]).sum())


def negative_log_likelihood__argmax(probabilities, target):
    """The most probable class is taken in place of the label."""
    return -probabilities.max(dim=1).values.log().sum()


def negative_log_likelihood__renormalised(probabilities, target):
    """A softmax is taken of what are probabilities already."""
    p = probabilities.exp()
    p = p / p.sum(1, keepdim=True)
    return -(p[range(len(target)), target]).log().sum()


def negative_log_likelihood__clamped(probabilities, target):
    """A probability of 0 costs 23 nats, not inf."""
    picked = torch.take_along_dim(probabilities, target.unsqueeze(1), dim=1)
    return -torch.log(picked.clamp(min=1e-10)).sum()


def log_softmax__global_max(input, dim):
    """The maximum over everything is taken away: a row far below it underflows."""
    z = input - input.max()
    return z - z.exp().sum(dim, keepdim=True).log()


def log_softmax__last_dim(input, dim):
    """dim is not read: always the last one."""
    z = input - input.max(-1, keepdim=True)[0]
    return z - z.exp().sum(-1, keepdim=True).log()


def log_softmax__log_of_softmax(input, dim):
    """The softmax first, then its logarithm: -inf where the probability underflows."""
    e = torch.exp(input - input.amax(dim, keepdim=True))
    return torch.log(e / e.sum(dim, keepdim=True))


def log_softmax__shifted_twice(input, dim):
    """The maximum is added back to ln Σ though the logits are shifted already."""
    m = input.max(dim, keepdim=True).values
    z = input - m
    return z - (m + z.exp().sum(dim, keepdim=True).log())


def log_softmax__detached(input, dim):
    """The normaliser is detached: the gradient is that of the logits alone."""
    m = input.amax(dim, keepdim=True)
    lse = m + (input - m).exp().sum(dim, keepdim=True).log()
    return input - lse.detach()


def log_softmax__inf_to_zero(input, dim):
    """A row of nothing but -inf gives -inf, not NaN: the maximum was kept finite."""
    m = input.amax(dim, keepdim=True)
    m = torch.where(torch.isinf(m), torch.zeros_like(m), m)
    s = (input - m).exp().sum(dim, keepdim=True)
    return input - m - torch.where(s > 0, s, torch.ones_like(s)).log()


def log_softmax__probabilities(input, dim):
    """The softmax, without its logarithm."""
    e = (input - input.max(dim=dim, keepdim=True).values).exp()
    return e / e.sum(dim=dim, keepdim=True)
