"""Loss and cost on the smallest example there is, so that the first thing a learner meets is `check` itself."""

from __future__ import annotations

import numpy as np
from torch import Tensor, tensor

from coursekit.compare import same_gradient, same_value
from coursekit.exercise import Exercise
from coursekit.grading import Function
from coursekit.inputs import normal

Rng = np.random.Generator


def squared_error_spec(prediction: Tensor, target: Tensor) -> Tensor:
    """(prediction - target)²."""
    difference = prediction - target
    return difference * difference


squared_error = Exercise(
    "squared_error",
    squared_error_spec,
    points=1,
    forbids=("mse_loss",),
    idea="A loss looks at one sample: one number for how wrong one prediction is.",
    hints=(
        "Subtract the target from the prediction, then square. Tensors do that for all samples at once.",
        "`x**2` and `torch.square(x)` square each element.",
    ),
)


@squared_error.check
def one_sample(f: Function, rng: Rng) -> None:
    """One sample: predicted 3, was 1, loss 4"""
    same_value(f, squared_error_spec, tensor(3.0), tensor(1.0))


@squared_error.check
def a_loss_for_each(f: Function, rng: Rng) -> None:
    """Three samples have three losses

    Do not average here: the loss of a sample knows nothing of the others.
    """
    same_value(f, squared_error_spec, tensor([3.0, 0.5, 1.0]), tensor([1.0, 2.0, 4.0]))
    same_value(f, squared_error_spec, normal(rng, 2, 2), normal(rng, 2, 2) + 5)


@squared_error.check
def squared_error_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, squared_error_spec, normal(rng, 3), normal(rng, 3) + 5)


@squared_error.misconception("This is the absolute error: the distance, not its square.")
def absolute(prediction: Tensor, target: Tensor) -> Tensor:
    return (prediction - target).abs()


@squared_error.misconception("This is the difference itself: it is negative for half of all mistakes. Square it.")
def difference(prediction: Tensor, target: Tensor) -> Tensor:
    return prediction - target


@squared_error.misconception(
    "This is half of it. The factor ½ makes a handsome derivative, but it is not asked for here."
)
def halved(prediction: Tensor, target: Tensor) -> Tensor:
    return squared_error_spec(prediction, target) / 2


@squared_error.misconception(
    "This is the mean over the samples already: that is the cost. A loss is one number a sample."
)
def averaged(prediction: Tensor, target: Tensor) -> Tensor:
    return squared_error_spec(prediction, target).mean()


@squared_error.misconception("Each value is squared before the subtraction. Subtract first, then square.")
def squares_subtracted(prediction: Tensor, target: Tensor) -> Tensor:
    return prediction * prediction - target * target


def cost_spec(prediction: Tensor, target: Tensor) -> Tensor:
    """The mean of the losses."""
    losses = squared_error_spec(prediction, target)
    return losses.sum() / losses.numel()


cost = Exercise(
    "cost",
    cost_spec,
    points=1,
    forbids=("mse_loss",),
    idea="A cost is the mean loss of many samples, so that it does not grow with the size of the batch.",
    hints=(
        "You have a function for the losses of a batch. What makes one number of them?",
        "Call `squared_error` and take the `.mean()` of what it gives.",
    ),
)


@cost.check
def mean_of_two(f: Function, rng: Rng) -> None:
    """Losses 4 and 9 cost 6.5"""
    same_value(f, cost_spec, tensor([3.0, 1.0]), tensor([1.0, 4.0]))


@cost.check
def table(f: Function, rng: Rng) -> None:
    """A table of predictions still has one cost: the mean over all entries"""
    same_value(f, cost_spec, normal(rng, 2, 3), normal(rng, 2, 3) + 5)


@cost.check
def cost_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, cost_spec, normal(rng, 3), normal(rng, 3) + 5)


@cost.misconception("This is the sum of the losses: it doubles when the batch does. Take the mean.")
def summed(prediction: Tensor, target: Tensor) -> Tensor:
    return squared_error_spec(prediction, target).sum()


@cost.misconception("This divides by the batch size twice: `.mean()` has done it already.")  # R5
def divided_twice(prediction: Tensor, target: Tensor) -> Tensor:
    return cost_spec(prediction, target) / len(prediction)


@cost.misconception("These are the losses, one a sample. The cost is their mean.")
def not_reduced(prediction: Tensor, target: Tensor) -> Tensor:
    return squared_error_spec(prediction, target)


@cost.misconception("This is the mean distance, squared errors are missing.")
def mean_absolute(prediction: Tensor, target: Tensor) -> Tensor:
    return (prediction - target).abs().mean()


@cost.misconception("This takes the square root of the mean: the RMSE. The cost asked for is the mean itself.")
def root(prediction: Tensor, target: Tensor) -> Tensor:
    return cost_spec(prediction, target).sqrt()


@cost.misconception("This sums within each row first and averages the rows. The mean goes over all entries.")
def mean_of_row_sums(prediction: Tensor, target: Tensor) -> Tensor:
    losses = squared_error_spec(prediction, target)
    return losses.sum() / len(losses)
