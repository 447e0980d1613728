"""Softmax and cross-entropy: write your answers here, then score one with `coursekit check sample_loss`.

Made from solutions/softmax.py by `coursekit refresh`.
"""

import torch
from torch import Tensor


def sample_loss(logits: Tensor, target: Tensor) -> Tensor:
    """How surprised is a model by the right class? The loss of one sample, in nats.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        logits: one real number per class, shape (C,).
        target: the index of the right class, an int64 tensor of shape ().

    Returns:
        -ln p, where p is the softmax probability of the right class; a single number.
    """
    raise NotImplementedError("sample_loss: write your answer here")


def negative_log_likelihood(probabilities: Tensor, target: Tensor) -> Tensor:
    """How improbable does a model find all labels together? -ln of their likelihood, in nats.

    The likelihood is the product of the probabilities that the model gave to the labels. With many labels, or with rare
    ones, it is smaller than any float: its logarithm is not.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        probabilities: what the model says of each sample, one number per class, shape (N, C). Each row sums to 1, and
            nothing is normalised again.
        target: the labels, class indices (N,), int64. They are independent of each other.

    Returns:
        -ln of the likelihood, a single number of the dtype of `probabilities`: inf where a label was given probability
        0, and 0 where there is no label (N = 0).
    """
    raise NotImplementedError("negative_log_likelihood: write your answer here")


def log_softmax(input: Tensor, dim: int) -> Tensor:
    """The logarithm of the softmax: a drop-in for `torch.nn.functional.log_softmax(input, dim)`.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: logits, any shape, float32 or float64. They may be as large as ±1000, and -inf rules a
            class out.
        dim: the dimension along which the classes lie.

    Returns:
        Same shape and dtype; exp of it sums to 1 over `dim`. Where every logit is -inf, NaN.
    """
    raise NotImplementedError("log_softmax: write your answer here")
