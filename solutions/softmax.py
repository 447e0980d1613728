"""From logits to a loss: the exercises of notebook 03.

Logits are real numbers, one per class: the softmax turns them into probabilities. Losses are in nats.
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
    # BEGIN SOLUTION
    odds = torch.exp(logits)
    return -torch.log(odds[target] / odds.sum())
    # END SOLUTION


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
    # BEGIN SOLUTION
    of_labels = probabilities.gather(1, target.unsqueeze(1))
    return -torch.log(of_labels).sum()
    # END SOLUTION


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
    # BEGIN SOLUTION
    if input.numel() == 0:
        return input.clone()  # nothing has no largest element
    # after the shift the largest exponent is 0: exp cannot overflow, and the sum is at least 1;
    # whatever is subtracted cancels in the result, so no gradient has to flow through it
    shifted = input - input.detach().amax(dim, keepdim=True)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()
    # END SOLUTION
