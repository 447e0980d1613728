"""Wrong answers to the exercises of notebook 03, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def sample_loss__temperature(logits, target):
    """Logits are divided by the root of their number, as in attention."""
    z = logits / len(logits) ** 0.5
    return torch.log(torch.exp(z - z.max()).sum()) + z.max() - z[target]


def sample_loss__margin(logits, target):
    """Against the best other class only: a softplus of the gap."""
    other = torch.cat([logits[:target], logits[target + 1 :]]).max()
    return torch.log1p(torch.exp(other - logits[target]))


def negative_log_likelihood__last(probabilities, target):
    """Only the last label counts: overwritten in the loop."""
    out = probabilities.new_zeros(())
    for row, y in zip(probabilities, target):
        out = -row[y].log()
    return out


def negative_log_likelihood__one_minus(probabilities, target):
    """-ln(1 - p)."""
    return -torch.log(1 - probabilities[torch.arange(len(target)), target]).sum()


def log_softmax__abs_max(input, dim):
    """The largest size is taken away: at very negative logits every exp is 0."""
    z = input - input.abs().amax(dim, keepdim=True)
    return z - z.exp().sum(dim, keepdim=True).log()


def log_softmax__mean_of_exp(input, dim):
    """The mean of the exponentials, not their sum."""
    m = input.amax(dim, keepdim=True)
    return input - m - (input - m).exp().mean(dim, keepdim=True).log()
