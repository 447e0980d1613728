# EX: log_sigmoid, log_softmax
import torch
from torch.distributions import transforms as T


def log_sigmoid(input):
    """The slope of a transform, whose logarithm torch has."""
    both = T.SigmoidTransform()
    return (both.log_abs_det_jacobian(input, both(input)) + input) / 2


def log_softmax(input, dim):
    from torch.distributions.utils import logits_to_probs

    return logits_to_probs(input.movedim(dim, -1)).log().movedim(-1, dim)
