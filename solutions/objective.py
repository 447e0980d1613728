"""Loss, cost, objective: the exercises of notebook 00, made to try out `check`."""

import torch
from torch import Tensor


def squared_error(prediction: Tensor, target: Tensor) -> Tensor:
    """The loss of each sample: how far the prediction is from the target, squared.

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

    Args:
        prediction: predictions, any shape.
        target: targets, same shape.

    Returns:
        A single number.
    """
    # BEGIN SOLUTION
    return squared_error(prediction, target).mean()
    # END SOLUTION
