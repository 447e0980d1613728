"""Wrong answers to the exercises of notebook 03, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def sample_loss__no_log(logits, target):
    """-p: the logarithm is forgotten."""
    e = (logits - logits.max()).exp()
    return -(e / e.sum())[target]


def sample_loss__log2(logits, target):
    """In bits."""
    e = torch.exp(logits - logits.max())
    return -torch.log2(e[target] / e.sum())


def negative_log_likelihood__mean(probabilities, target):
    """The mean over the samples: the likelihood is a product, its logarithm a sum."""
    return -probabilities[torch.arange(len(target)), target].log().mean()


def negative_log_likelihood__product(probabilities, target):
    """The product is formed first: it underflows."""
    likelihood = torch.ones((), dtype=probabilities.dtype)
    for row, t in zip(probabilities, target):
        likelihood = likelihood * row[t]
    return -torch.log(likelihood)


def log_softmax__no_shift(input, dim):
    """Unstable: exp overflows."""
    return torch.log(input.exp() / input.exp().sum(dim, keepdim=True))


def log_softmax__global_sum(input, dim):
    """dim is not read: the last dimension always."""
    z = input - input.amax(-1, keepdim=True)
    return z - torch.log(torch.sum(torch.exp(z), -1, keepdim=True))
