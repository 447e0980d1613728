"""Loss, cost, objective: write your answers here, then score one with `coursekit check squared_error`.

Made from solutions/objective.py by `coursekit refresh`.
"""

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
    raise NotImplementedError("squared_error: write your answer here")


def cost(prediction: Tensor, target: Tensor) -> Tensor:
    """The cost of a whole batch: the mean of its samples' squared errors.

    Args:
        prediction: predictions, any shape.
        target: targets, same shape.

    Returns:
        A single number.
    """
    raise NotImplementedError("cost: write your answer here")
