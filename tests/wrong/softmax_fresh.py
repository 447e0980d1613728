"""Wrong answers to the exercises of notebook 03, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def sample_loss__max_not_added(logits, target):
    """The maximum is taken off inside lse, and not off the logit."""
    m = logits.max()
    return torch.log(torch.exp(logits - m).sum()) - logits[target]


def sample_loss__abs(logits, target):
    """The logit in place of its exponential in the numerator."""
    e = torch.exp(logits - logits.max())
    return -torch.log(e[logits.argmax()] / e.sum())


def negative_log_likelihood__sums_rows(probabilities, target):
    """All classes are summed."""
    return -torch.log(probabilities).sum()


def log_softmax__log_of_input(input, dim):
    """Softmax without the logarithm."""
    e = torch.exp(input - input.max(dim, keepdim=True).values)
    return e / e.sum(dim, keepdim=True)
