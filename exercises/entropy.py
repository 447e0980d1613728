"""Entropy and mutual information: write your answers here, then score one with `coursekit check self_information`.

Made from solutions/entropy.py by `coursekit refresh`.
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
    raise NotImplementedError("self_information: write your answer here")


def entropy(p: Tensor) -> Tensor:
    """The expected surprise of a distribution, in nats. An outcome of probability 0 adds nothing.

    Nothing is normalised: a p that does not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        p: probabilities (..., K) that sum to 1 over the last dimension.

    Returns:
        H(p), shape (...). Its gradient is no NaN, even where a probability is 0.
    """
    raise NotImplementedError("entropy: write your answer here")


def perplexity(losses: Tensor) -> Tensor:
    """Among how many equally likely choices does a model hesitate, judged by its losses?

    Args:
        losses: one loss in nats per token, shape (N,).

    Returns:
        The perplexity, a single number: 1 when every loss is 0.
    """
    raise NotImplementedError("perplexity: write your answer here")


def joint_entropy(joint: Tensor) -> Tensor:
    """The entropy of the pair (X, Y), in nats.

    Nothing is normalised: a table that does not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        joint: probabilities p(x, y), shape (X, Y), together 1. Some may be 0.

    Returns:
        H(X, Y), a single number.
    """
    raise NotImplementedError("joint_entropy: write your answer here")


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
    raise NotImplementedError("conditional_entropy: write your answer here")


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
    raise NotImplementedError("pointwise_mutual_information: write your answer here")


def mutual_information(joint: Tensor) -> Tensor:
    """How much X tells about Y (and Y about X), in nats: 0 when they are independent.

    Nothing is normalised: a table that does not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        joint: probabilities p(x, y), shape (X, Y), together 1. Some may be 0.

    Returns:
        I(X; Y), a single number.
    """
    raise NotImplementedError("mutual_information: write your answer here")


def entr(input: Tensor) -> Tensor:
    """-x ln x for every element: a drop-in for `torch.special.entr`.

    By hand: no ready-made loss, distribution or special.entr.

    Args:
        input: any shape, float32 or float64.

    Returns:
        Same shape and dtype: 0 where x is 0, -inf where x is negative, NaN where x is NaN.
    """
    raise NotImplementedError("entr: write your answer here")
