"""Loss, cost, objective: the exercises of notebook 00."""

import torch
from torch import Tensor


def squared_error(prediction: Tensor, target: Tensor) -> Tensor:
    """The loss of each sample: how far the prediction is from the target, squared.

    By hand: no ready-made loss or distribution.

    Args:
        prediction: predictions, any shape.
        target: targets, same shape.

    Returns:
        (prediction - target)², one loss for each sample, same shape.
    """
    # BEGIN SOLUTION
    return torch.square(prediction - target)
    # END SOLUTION


def cost(prediction: Tensor, target: Tensor) -> Tensor:
    """The cost of a whole batch: the mean of its samples' squared errors.

    By hand: no ready-made loss or distribution.

    Args:
        prediction: predictions, any shape.
        target: targets, same shape.

    Returns:
        A single number.
    """
    # BEGIN SOLUTION
    return squared_error(prediction, target).mean()
    # END SOLUTION


def batch_cost(means: Tensor, sizes: Tensor) -> Tensor:
    """The cost of data that came in batches: the mean over all samples, however they were cut.

    Args:
        means: the cost of each batch, which is the mean over its samples (B,).
        sizes: the number of samples in each batch (B,), int64.

    Returns:
        A single number.
    """
    # BEGIN SOLUTION
    return (means * sizes).sum() / sizes.sum()
    # END SOLUTION


def l2_penalty(weights: Tensor) -> Tensor:
    """The L2 price of weights: the sum of their squares, without a ½ and without a root.

    Args:
        weights: any shape.

    Returns:
        Σ w², a single number.
    """
    # BEGIN SOLUTION
    return weights.square().sum()
    # END SOLUTION


def l1_penalty(weights: Tensor) -> Tensor:
    """The L1 price of weights: the sum of their absolute values.

    Args:
        weights: any shape.

    Returns:
        Σ |w|, a single number. Its gradient is the sign of each weight, and 0 for a weight of 0.
    """
    # BEGIN SOLUTION
    return weights.abs().sum()
    # END SOLUTION


def objective(prediction: Tensor, target: Tensor, weights: Tensor, strength: float) -> Tensor:
    """What training makes small: the cost of the predictions, and an L2 price for the weights.

    Args:
        prediction: predictions, any shape.
        target: targets, same shape.
        weights: the weights that have a price, any shape of their own.
        strength: λ, what each squared weight costs; 0 leaves the cost alone.

    Returns:
        The mean squared error + strength · Σ w² (without a ½), a single number.
    """
    # BEGIN SOLUTION
    return cost(prediction, target) + strength * l2_penalty(weights)
    # END SOLUTION


def soft_threshold(weights: Tensor, threshold: float) -> Tensor:
    """Every weight moves towards 0 by the threshold, and stops there.

    By hand: no ready-made loss, distribution or softshrink.

    Args:
        weights: any shape.
        threshold: how far each weight moves, at least 0.

    Returns:
        The moved weights, same shape. A weight no larger than the threshold, of either sign, becomes 0.
    """
    # BEGIN SOLUTION
    return weights.sign() * (weights.abs() - threshold).clamp(min=0)
    # END SOLUTION


def sgd_step(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    """The weights after one step of gradient descent with weight decay, as `torch.optim.SGD` takes it.

    The decay λ stands for the price (λ/2) Σ w², which is added to the cost.

    Args:
        weights: the weights before the step, any shape. They are left as they are.
        gradient: the gradient of the cost alone, same shape.
        learning_rate: how long the step is.
        weight_decay: λ.

    Returns:
        The new weights, same shape and dtype.
    """
    # BEGIN SOLUTION
    return weights - learning_rate * (gradient + weight_decay * weights)
    # END SOLUTION


def adam_first_step(
    weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float, decoupled: bool
) -> Tensor:
    """The weights after the very first step of Adam or, decoupled, of AdamW.

    In its first step Adam divides a gradient g by its own size: it moves by learning_rate · g / (|g| + 1e-8).

    Args:
        weights: the weights before the step, any shape. They are left as they are.
        gradient: the gradient of the cost alone, same shape.
        learning_rate: how long the step is.
        weight_decay: λ.
        decoupled: False for Adam, which adds λ times the weights to the gradient; True for AdamW, which
            leaves the gradient alone and takes the share learning_rate · λ off the weights before the step.

    Returns:
        The new weights, same shape and dtype.
    """
    # BEGIN SOLUTION
    if decoupled:
        weights = weights * (1 - learning_rate * weight_decay)
    else:
        gradient = gradient + weight_decay * weights
    return weights - learning_rate * gradient / (gradient.abs() + 1e-8)
    # END SOLUTION
