# EX: sample_loss, plackett_luce_loss
import torch


def sample_loss(logits, target):
    """The last of the running sums is the sum."""
    return torch.logcumsumexp(logits, 0)[-1] - logits[target]


def plackett_luce_loss(scores):
    """Of two at a time, a loss of pairs."""
    import torch.nn.functional as F

    total = scores.new_zeros(())
    for at in range(len(scores) - 1):
        total = total + F.cross_entropy(scores[None, at:], torch.tensor([0]))
    return total
