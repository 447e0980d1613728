"""Entropy and mutual information: the exercises of notebook 01.

Probabilities come as tensors; a joint distribution as a table `joint[x, y]`. Entropies are in nats unless a
docstring says bits.
"""

import torch
from torch import Tensor


def self_information(p: Tensor) -> Tensor:
    """How surprising is an event of probability p, in bits?

    A coin's head has one bit, a certain event none.

    Args:
        p: probabilities, any shape.

    Returns:
        -log2 p, same shape: inf where p is 0.
    """
    # BEGIN SOLUTION
    return -torch.log2(p)
    # END SOLUTION


def entropy(p: Tensor) -> Tensor:
    """The expected surprise of a distribution, in nats. An outcome of probability 0 adds nothing.

    Nothing is normalised: a p that does not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        p: probabilities (..., K) that sum to 1 over the last dimension.

    Returns:
        H(p), shape (...). Its gradient is no NaN, even where a probability is 0.
    """
    # BEGIN SOLUTION
    # 1 stands in for 0 before the logarithm: a NaN that is masked afterwards would come back in the gradient
    log_p = torch.log(torch.where(p > 0, p, 1.0))
    return -(p * log_p).sum(dim=-1)
    # END SOLUTION


def perplexity(losses: Tensor) -> Tensor:
    """Among how many equally likely choices does a model hesitate, judged by its losses?

    Args:
        losses: one loss in nats per token, shape (N,).

    Returns:
        The perplexity, a single number: 1 when every loss is 0.
    """
    # BEGIN SOLUTION
    return losses.mean().exp()
    # END SOLUTION


def joint_entropy(joint: Tensor) -> Tensor:
    """The entropy of the pair (X, Y), in nats.

    Nothing is normalised: a table that does not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        joint: probabilities p(x, y), shape (X, Y), together 1. Some may be 0.

    Returns:
        H(X, Y), a single number.
    """
    # BEGIN SOLUTION
    log_joint = torch.log(torch.where(joint > 0, joint, 1.0))
    return -(joint * log_joint).sum()
    # END SOLUTION


def conditional_entropy(joint: Tensor) -> Tensor:
    """What is left of Y's entropy once X is known, in nats: H(Y|X).

    The table as a whole is not normalised: one that does not sum to 1 should show, and a division would change the
    gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        joint: probabilities p(x, y), shape (X, Y), together 1. Some may be 0, even a whole row.

    Returns:
        H(Y|X), a single number.
    """
    # BEGIN SOLUTION
    p_x = joint.sum(dim=1, keepdim=True)
    inside = joint > 0
    log_y_given_x = torch.log(torch.where(inside, joint, 1.0)) - torch.log(torch.where(inside, p_x, 1.0))
    return -(joint * log_y_given_x).sum()
    # END SOLUTION


def pointwise_mutual_information(joint: Tensor) -> Tensor:
    """How much more often than by chance do x and y come together? For each cell, in nats.

    0: as often as if X and Y were independent. Above 0: more often. Below: less often. Nothing is normalised: a table
    that does not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        joint: probabilities p(x, y), shape (X, Y), together 1. Some may be 0, even a whole row or column.

    Returns:
        ln [p(x, y) / (p(x) p(y))], same shape and dtype: -inf where x and y never come together, NaN where x or y
        never comes at all. The gradient flows through p(x, y) and through both sums; where a cell is empty it is not
        asked for.
    """
    # BEGIN SOLUTION
    independent = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0)  # a column times a row is a table
    return torch.log(joint / independent)
    # END SOLUTION


def mutual_information(joint: Tensor) -> Tensor:
    """How much X tells about Y (and Y about X), in nats: 0 when they are independent.

    Nothing is normalised: a table that does not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        joint: probabilities p(x, y), shape (X, Y), together 1. Some may be 0.

    Returns:
        I(X; Y), a single number.
    """
    # BEGIN SOLUTION
    independent = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    inside = joint > 0
    ratio = torch.where(inside, joint, 1.0) / torch.where(inside, independent, 1.0)
    return (joint * torch.log(ratio)).sum()
    # END SOLUTION


def entr(input: Tensor) -> Tensor:
    """-x ln x for every element: a drop-in for `torch.special.entr`.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        input: any shape, float32 or float64.

    Returns:
        Same shape and dtype: 0 where x is 0, -inf where x is negative, NaN where x is NaN.
    """
    # BEGIN SOLUTION
    positive = input > 0
    safe = torch.where(positive, input, 1.0)
    result = -safe * torch.log(safe)
    result = torch.where(input < 0, -torch.inf, result)
    return torch.where(torch.isnan(input), input, result)
    # END SOLUTION
