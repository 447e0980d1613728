"""Loss and cost on the smallest example there is, so that the first thing a learner meets is `check` itself.

Then the objective: L1 and L2 prices, the step that makes weights exactly 0, and what weight decay does in SGD, Adam and
AdamW. Sources: Tibshirani, Regression Shrinkage and Selection via the Lasso (1996); Loshchilov and Hutter, Decoupled
Weight Decay Regularization (2019); `torch.optim.SGD`, `Adam`, `AdamW`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import normal
from coursekit.wire import Question

Rng = np.random.Generator


def draw_weights(rng: Rng, *shape: int) -> Tensor:
    """Weights between -3 and 3 in steps of 0.1, of both signs, no two equally large, none near 0."""
    size = int(np.prod(shape, dtype=int))
    signs = np.where(rng.permutation(size) % 2, -1, 1)
    return tensor((signs * rng.permutation(np.arange(3, 31))[:size] / 10).reshape(shape), dtype=torch.float32)


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


# ---- batch_cost --------------------------------------------------------------------------------------------------


def batch_cost_spec(means: Tensor, sizes: Tensor) -> Tensor:
    """The sum of all losses, batch by batch, divided by their number."""
    return (means * sizes).sum() / sizes.sum()


batch_cost = Exercise(
    "batch_cost",
    batch_cost_spec,
    points=1,
    idea="A cost belongs to samples, not to batches: add up sums and counts, and divide once.",
    hints=(
        "A batch of 3 with the mean 1: what do its losses add up to?",
        "Every mean times its size is a sum again. Add the sums. How many samples are there in all?",
    ),
)


@batch_cost.check
def three_and_one(f: Function, rng: Rng) -> None:
    """Three samples with the mean 1 and one of 5 cost 2

    The losses are 1, 1, 1 and 5.
    """
    same_value(f, batch_cost_spec, tensor([1.0, 5.0]), tensor([3, 1]))


@batch_cost.check
def many_batches(f: Function, rng: Rng) -> None:
    """Batches of any size, in any order"""
    same_value(f, batch_cost_spec, draw_weights(rng, 3).abs() + 1, tensor([2, 5, 3]))
    same_value(f, batch_cost_spec, draw_weights(rng, 4).abs() + 1, tensor(rng.permutation([1, 4, 4, 7])))
    same_value(f, batch_cost_spec, tensor([2.5]), tensor([4]))


@batch_cost.check
def batch_cost_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: each batch counts as much as it holds"""
    same_gradient(f, batch_cost_spec, draw_weights(rng, 3).abs() + 1, tensor([2, 5, 3]))


@batch_cost.misconception(  # R4
    "This is the mean of the means: a sample in a short batch counts more than one in a long batch. Weigh each batch "
    "by its size."
)
def mean_of_means(means: Tensor, sizes: Tensor) -> Tensor:
    return means.mean()


@batch_cost.misconception("This is the sum of the losses. Divide it by the number of samples.")
def sum_of_losses(means: Tensor, sizes: Tensor) -> Tensor:
    return (means * sizes).sum()


@batch_cost.misconception("This is the sum of the means. Neither a mean nor a sum of losses comes of it.")
def sum_of_means(means: Tensor, sizes: Tensor) -> Tensor:
    return means.sum()


@batch_cost.misconception("The sum is right. It was divided by the number of batches; divide by the number of samples.")
def divided_by_batches(means: Tensor, sizes: Tensor) -> Tensor:
    return (means * sizes).sum() / len(sizes)


@batch_cost.misconception(
    "The means were added as if they were sums of losses. Multiply each by its size before you add them up."
)
def means_as_sums(means: Tensor, sizes: Tensor) -> Tensor:
    return means.sum() / sizes.sum()


@batch_cost.misconception(
    "The sum was divided by the number of batches times the size of the first: as if all batches were as long."
)
def first_size_for_all(means: Tensor, sizes: Tensor) -> Tensor:
    return (means * sizes).sum() / (len(sizes) * sizes[0])


@batch_cost.misconception("Each mean was divided by its size. It has been divided already: multiply, to undo it.")
def divided_again(means: Tensor, sizes: Tensor) -> Tensor:
    return (means / sizes).mean()


@batch_cost.misconception("This is one number a batch, each weighed by its share. Add them up.")
def shares(means: Tensor, sizes: Tensor) -> Tensor:
    return means * sizes / sizes.sum()


@batch_cost.misconception("This is the cost of the last batch only.")
def last_batch(means: Tensor, sizes: Tensor) -> Tensor:
    return means[-1]


# ---- l2_penalty --------------------------------------------------------------------------------------------------


def l2_spec(weights: Tensor) -> Tensor:
    """Σ w²."""
    return (weights * weights).sum()


l2_penalty = Exercise(
    "l2_penalty",
    l2_spec,
    points=1,
    idea="The L2 price pulls a weight in proportion to its size: large weights hard, small ones hardly at all.",
    hints=(
        "Two weights, 3 and 4. What do they cost each, what together?",
        "Square every weight, whatever the shape, and add everything up.",
    ),
)


@l2_penalty.check
def three_four(f: Function, rng: Rng) -> None:
    """Weights 3 and 4 cost 25"""
    same_value(f, l2_spec, tensor([3.0, 4.0]))
    same_value(f, l2_spec, draw_weights(rng, 3))


@l2_penalty.check
def l2_shapes(f: Function, rng: Rng) -> None:
    """Weights of any shape have one price

    A layer's weights are a table; an image filter's have four dimensions.
    """
    same_value(f, l2_spec, draw_weights(rng, 2, 2))
    same_value(f, l2_spec, draw_weights(rng, 2, 3))
    same_value(f, l2_spec, draw_weights(rng, 2, 3, 2))
    same_value(f, l2_spec, tensor(-1.5))


@l2_penalty.check
def l2_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: it pulls each weight by twice its size"""
    same_gradient(f, l2_spec, tensor([3.0, 4.0]))
    same_gradient(f, l2_spec, draw_weights(rng, 2, 3))


@l2_penalty.misconception(  # R3
    "This is the norm, the root of the sum. Its gradient has the same length whether the weights are large or small: "
    "it no longer pulls large weights harder. Leave the root out."
)
def norm(weights: Tensor) -> Tensor:
    return weights.square().sum().sqrt()


@l2_penalty.misconception("This is half of it. The factor ½ is a convention; here the price is Σ w² without it.")
def half_l2(weights: Tensor) -> Tensor:
    return l2_spec(weights) / 2


@l2_penalty.misconception(
    "This is the mean of the squares: a model of twice as many weights would pay no more. Prices add up; take the sum."
)
def mean_square(weights: Tensor) -> Tensor:
    return weights.square().mean()


@l2_penalty.misconception("These are absolute values: the L1 price. L2 squares the weights.")
def l1_instead(weights: Tensor) -> Tensor:
    return weights.abs().sum()


@l2_penalty.misconception(
    "The weights were added first and the sum was squared: positive and negative weights pay for one another. Square, "
    "then add."
)
def squared_sum(weights: Tensor) -> Tensor:
    return weights.sum().square()


@l2_penalty.misconception("These are the squares, one a weight. Add them up.")
def squares(weights: Tensor) -> Tensor:
    return weights.square()


@l2_penalty.misconception("This is the sum of the weights themselves: a negative weight lowers it. Square first.")
def plain_sum(weights: Tensor) -> Tensor:
    return weights.sum()


@l2_penalty.misconception("This adds up over the last dimension only. The price of a table is one number.")
def l2_of_rows(weights: Tensor) -> Tensor:
    return weights.square().sum(-1)


@l2_penalty.misconception(
    "This is the sum of the rows' norms. For a single row it is the norm, and for no shape it is Σ w²."
)
def norm_of_rows(weights: Tensor) -> Tensor:
    return weights.square().sum(-1).sqrt().sum()


@l2_penalty.misconception(
    "`weights @ weights` is the sum of squares for one dimension only. For a table it multiplies matrices, and other "
    "shapes raise an error. Square element by element."
)
def matrix_product(weights: Tensor) -> Tensor:
    return weights @ weights


@l2_penalty.misconception("The sign is turned round: this pays for large weights. A price is positive.")
def reward(weights: Tensor) -> Tensor:
    return -l2_spec(weights)


@l2_penalty.misconception(
    "The value is right, and no gradient flows back: with `.item()`, `.detach()` or `.data` the price is a number that "
    "training cannot see."
)
def cut_off(weights: Tensor) -> Tensor:
    return l2_spec(weights.detach())


# ---- l1_penalty --------------------------------------------------------------------------------------------------


def l1_spec(weights: Tensor) -> Tensor:
    """Σ |w|, each absolute value written as sign times weight, so that the slope at 0 is 0."""
    return (weights.detach().sign() * weights).sum()


l1_penalty = Exercise(
    "l1_penalty",
    l1_spec,
    points=1,
    parity_points=1,
    idea="The L1 price pulls every weight equally hard, however small it is: that is what makes weights 0.",
    hints=(
        "Two weights, 3 and -4. How far is each from 0?",
        "Take the absolute values, whatever the shape, and add everything up.",
        "If the gradient at 0 fails: what is the slope of a square root at 0, and what does your comparison say to 0?",
    ),
)


@l1_penalty.check
def three_minus_four(f: Function, rng: Rng) -> None:
    """Weights 3 and -4 cost 7"""
    same_value(f, l1_spec, tensor([3.0, -4.0]))
    same_value(f, l1_spec, draw_weights(rng, 3))


@l1_penalty.check
def l1_shapes(f: Function, rng: Rng) -> None:
    """Weights of any shape have one L1 price"""
    same_value(f, l1_spec, draw_weights(rng, 2, 3))
    same_value(f, l1_spec, draw_weights(rng, 2, 3, 2))
    same_value(f, l1_spec, tensor(-1.5))


@l1_penalty.check
def l1_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: it pulls each weight by 1, towards 0"""
    same_gradient(f, l1_spec, tensor([3.0, -4.0]))
    same_gradient(f, l1_spec, draw_weights(rng, 2, 3))


@l1_penalty.parity
def zero_stays(f: Function, rng: Rng) -> None:
    """A weight of 0 costs 0 and is not pulled

    At 0 the slope of |w| is anything from -1 to 1. torch takes 0, and so should a weight that has arrived.
    """
    same_gradient(f, l1_spec, tensor([0.0, 2.0, -0.5]))


@l1_penalty.misconception(
    "This is the sum of the weights: positive and negative ones cancel. Each weight's own distance from 0 counts."
)
def signed_sum(weights: Tensor) -> Tensor:
    return weights.sum()


@l1_penalty.misconception(
    "The absolute value was taken of the sum, when the weights had cancelled already. Take it of each weight."
)
def absolute_sum(weights: Tensor) -> Tensor:
    return weights.sum().abs()


@l1_penalty.misconception("This is the mean. Prices add up; take the sum.")
def mean_absolute_weight(weights: Tensor) -> Tensor:
    return weights.abs().mean()


@l1_penalty.misconception("These are squares: the L2 price. L1 takes absolute values.")
def l2_instead(weights: Tensor) -> Tensor:
    return weights.square().sum()


@l1_penalty.misconception("This is the norm, the root of the sum of squares. L1 adds up the absolute values.")
def norm_instead(weights: Tensor) -> Tensor:
    return weights.square().sum().sqrt()


@l1_penalty.misconception("This is the largest absolute value. The smaller weights have a price too: add them all up.")
def largest(weights: Tensor) -> Tensor:
    return weights.abs().max()


@l1_penalty.misconception(
    "This counts the weights that are not 0. It does not change when a weight does, so it has no gradient to follow."
)
def count(weights: Tensor) -> Tensor:
    return (weights != 0).to(weights.dtype).sum() + 0 * weights.sum()


@l1_penalty.misconception("These are the absolute values, one a weight. Add them up.")
def distances(weights: Tensor) -> Tensor:
    return weights.abs()


@l1_penalty.misconception("This adds up over the last dimension only. The price of a table is one number.")
def l1_of_rows(weights: Tensor) -> Tensor:
    return weights.abs().sum(-1)


@l1_penalty.misconception("Negative weights are left out. They cost as much as positive ones.")
def positive_part(weights: Tensor) -> Tensor:
    return weights.clamp(min=0).sum()


@l1_penalty.misconception("This is half of it. Σ |w| has no factor.")
def half_l1(weights: Tensor) -> Tensor:
    return l1_spec(weights) / 2


@l1_penalty.misconception(
    "The value is right, and no gradient flows back: with `.item()`, `.detach()` or `.data` the price is a number that "
    "training cannot see."
)
def l1_cut_off(weights: Tensor) -> Tensor:
    return l1_spec(weights.detach())


@l1_penalty.misconception(
    "The root of a square has no slope at 0: the gradient of a weight that is 0 is NaN, and one step later so is the "
    "weight. `abs` knows what to do."
)
def root_of_square(weights: Tensor) -> Tensor:
    return weights.square().sqrt().sum()


@l1_penalty.misconception(
    "A small number under the root rounds the corner off: a weight of 0 now has a price, and no weight is drawn to "
    "exactly 0."
)
def rounded_corner(weights: Tensor) -> Tensor:
    return (weights.square() + 1e-6).sqrt().sum()


@l1_penalty.misconception(
    "A weight of 0 is pushed upwards here: where the weight is compared with 0, the 0 itself falls on the negative "
    "side."
)
def zero_is_negative(weights: Tensor) -> Tensor:
    return torch.where(weights > 0, weights, -weights).sum()


@l1_penalty.misconception(
    "A weight of 0 is pushed downwards here: where the weight is compared with 0, the 0 itself falls on the positive "
    "side."
)
def zero_is_positive(weights: Tensor) -> Tensor:
    return torch.where(weights >= 0, weights, -weights).sum()


# ---- objective ---------------------------------------------------------------------------------------------------


def objective_spec(prediction: Tensor, target: Tensor, weights: Tensor, strength: float) -> Tensor:
    """The mean of the squared errors, and strength times the sum of the squared weights."""
    return cost_spec(prediction, target) + strength * l2_spec(weights)


objective = Exercise(
    "objective",
    objective_spec,
    points=2,
    idea="Errors are averaged, prices are added up; the strength says how many units of cost a unit of price is worth.",
    hints=(
        "There are two parts. Which of them knows the data, which of them knows the weights?",
        "The cost is a mean over samples. The price belongs to the model: it is there once, however many samples came.",
        "You have written both parts: `cost` and `l2_penalty`.",
    ),
)


@objective.check
def cost_and_price(f: Function, rng: Rng) -> None:
    """Losses 4 and 9, weights 3 and 4, strength 0.1: 6.5 + 2.5"""
    same_value(f, objective_spec, tensor([3.0, 1.0]), tensor([1.0, 4.0]), tensor([3.0, 4.0]), 0.1)


@objective.check
def three_weights(f: Function, rng: Rng) -> None:
    """Samples and weights need not be equally many

    The price is there once, not once a sample.
    """
    weights = draw_weights(rng, 3)
    same_value(f, objective_spec, normal(rng, 5), normal(rng, 5) + 5, weights, 0.5)
    same_value(f, objective_spec, normal(rng, 2, 2), normal(rng, 2, 2) + 5, draw_weights(rng, 2, 3), 2.0)


@objective.check
def strength_zero(f: Function, rng: Rng) -> None:
    """At strength 0 the objective is the cost"""
    same_value(f, objective_spec, tensor([3.0, 1.0]), tensor([1.0, 4.0]), tensor([3.0, 4.0, -2.0]), 0.0)


@objective.check
def objective_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by the predictions and by the weights"""
    args = (normal(rng, 4), normal(rng, 4) + 5, draw_weights(rng, 3), 0.25)
    same_gradient(f, objective_spec, *args, wrt=(0, 2))


def wrong_objective(explanation: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """A misconception of `objective`, written as a function of losses, weights and strength."""

    def add(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def wrong(prediction: Tensor, target: Tensor, weights: Tensor, strength: float) -> Tensor:
            result: Tensor = function(squared_error_spec(prediction, target), weights, strength)
            return result

        wrong.__name__ = function.__name__
        return objective.misconception(explanation)(wrong)

    return add


@wrong_objective("The losses are added up. The cost is their mean, or the price would weigh less with every sample.")
def summed_cost(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.sum() + strength * l2_spec(weights)


@wrong_objective("The price is averaged over the weights. It is the sum of their squares.")
def mean_price(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + strength * weights.square().mean()


@wrong_objective("The price has a factor ½. A convention, and not this one: strength · Σ w².")
def half_price(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + strength / 2 * l2_spec(weights)


@wrong_objective("The price is the norm of the weights, not its square: leave the root out.")  # R3
def norm_price(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + strength * l2_spec(weights).sqrt()


@wrong_objective("The price is L1, Σ |w|. Here it is Σ w².")
def l1_price(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + strength * l1_spec(weights)


@wrong_objective("The strength is left out: this is cost + Σ w², however strong the price should be.")
def no_strength(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + l2_spec(weights)


@wrong_objective("This is the cost alone. The weights have a price as well.")
def no_price(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + 0 * weights.sum()


@wrong_objective("This is the price alone. The errors have a cost as well.")
def no_cost(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return strength * l2_spec(weights) + 0 * losses.sum()


@wrong_objective("The strength multiplies the cost. It belongs to the price.")
def strong_cost(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return strength * losses.mean() + l2_spec(weights)


@wrong_objective("Cost and price are both multiplied by the strength. Only the price is.")
def strong_both(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return strength * (losses.mean() + l2_spec(weights))


@wrong_objective("The price is subtracted: training would make the weights as large as it can. Add it.")
def price_subtracted(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() - strength * l2_spec(weights)


@wrong_objective(
    "The price is divided by the number of samples. It belongs to the model, not to the batch: add it as it is."
)
def price_a_sample(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + strength * l2_spec(weights) / losses.numel()


@wrong_objective(
    "The price is paid once a sample: a batch twice as long pays it twice. Add it once, after the losses are averaged."
)
def price_times_samples(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + losses.numel() * strength * l2_spec(weights)


@wrong_objective("The strength is squared as well: (strength · w)². Only the weight is.")
def squared_strength(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + l2_spec(strength * weights)


@wrong_objective("The weights are added before they are squared, so that their signs cancel. Square each weight.")
def price_of_sum(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + strength * weights.sum().square()


@wrong_objective("This is a mixture, (1 - strength) · cost + strength · price. Here the cost keeps its full weight.")
def mixture(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return (1 - strength) * losses.mean() + strength * l2_spec(weights)


@wrong_objective("The losses are not averaged: one objective a sample came out. It is a single number.")
def objective_of_each(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses + strength * l2_spec(weights)


@wrong_objective("The cost is the root of the mean squared error. Leave the root out.")
def rmse_cost(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean().sqrt() + strength * l2_spec(weights)


@wrong_objective(
    "The value is right, and the price has no gradient: with `.item()`, `.detach()` or `.data` it is a number that "
    "training cannot see."
)
def detached_price(losses: Tensor, weights: Tensor, strength: float) -> Tensor:
    return losses.mean() + strength * l2_spec(weights.detach())


@objective.misconception("The predictions are priced in place of the weights.")
def predictions_priced(prediction: Tensor, target: Tensor, weights: Tensor, strength: float) -> Tensor:
    return cost_spec(prediction, target) + strength * l2_spec(prediction) + 0 * weights.sum()


# ---- soft_threshold ----------------------------------------------------------------------------------------------


def soft_threshold_spec(weights: Tensor, threshold: float) -> Tensor:
    """Each weight by itself: moved down, moved up, or 0."""
    moved = [w - threshold if w > threshold else w + threshold if w < -threshold else 0 * w for w in weights.ravel()]
    return torch.stack(moved).reshape(weights.shape)


soft_threshold = Exercise(
    "soft_threshold",
    soft_threshold_spec,
    points=2,
    forbids=("softshrink",),
    idea="This step solves the L1 price exactly, where a gradient step would jump across 0 and back.",
    hints=(
        "Where does a weight of 2 go when the threshold is 0.5? One of -2? One of 0.3?",
        "Split a weight into its sign and its size. Which of the two changes?",
        "The size shrinks by the threshold, and is never less than 0: `clamp` has a `min`.",
    ),
)


@soft_threshold.check
def two_becomes_one_and_a_half(f: Function, rng: Rng) -> None:
    """Threshold 0.5: 2 becomes 1.5, -2 becomes -1.5, 0.3 becomes 0"""
    same_value(f, soft_threshold_spec, tensor([2.0, -2.0, 0.3]), 0.5)


@soft_threshold.check
def stops_at_zero(f: Function, rng: Rng) -> None:
    """What would cross 0 stops there

    Also a weight exactly as large as the threshold.
    """
    same_value(f, soft_threshold_spec, tensor([1.0, 0.9, -0.9, -1.0, 1.1, -0.2]), 1.0)


@soft_threshold.check
def threshold_shapes(f: Function, rng: Rng) -> None:
    """Each weight of any shape moves by itself"""
    same_value(f, soft_threshold_spec, draw_weights(rng, 2, 3), 0.75)
    same_value(f, soft_threshold_spec, draw_weights(rng, 2, 2, 3), 1.25)
    same_value(f, soft_threshold_spec, tensor(-1.5), 0.25)


@soft_threshold.check
def threshold_zero(f: Function, rng: Rng) -> None:
    """A threshold of 0 moves nothing, a large one makes everything 0"""
    same_value(f, soft_threshold_spec, tensor([-2.0, 0.0, 0.5]), 0.0)
    same_value(f, soft_threshold_spec, tensor([-2.0, 0.0, 0.5]), 10.0)
    same_value(f, soft_threshold_spec, tensor([-12.0, 0.0, 0.5]), 10.0)


@soft_threshold.misconception(
    "This is the hard threshold: small weights become 0 and the others stay. Here the others move as well."
)
def hard(weights: Tensor, threshold: float) -> Tensor:
    return weights.where(weights.abs() > threshold, 0.0)


@soft_threshold.misconception(
    "The threshold is subtracted from every weight: a negative one moves away from 0. Move each towards 0."
)
def subtracted(weights: Tensor, threshold: float) -> Tensor:
    return weights - threshold


@soft_threshold.misconception(
    "Small weights jump across 0 and come out with the other sign: this is a gradient step. Stop at 0."
)
def crosses_zero(weights: Tensor, threshold: float) -> Tensor:
    return weights - threshold * weights.sign()


@soft_threshold.misconception(
    "This cuts the weights off at ± the threshold. It is what should be taken away, not what should be left."
)
def clipped(weights: Tensor, threshold: float) -> Tensor:
    return weights.clamp(-threshold, threshold)


@soft_threshold.misconception("The sign is lost: negative weights come out positive. Multiply by the sign again.")
def sign_lost(weights: Tensor, threshold: float) -> Tensor:
    return (weights.abs() - threshold).clamp(min=0)


@soft_threshold.misconception("Every negative weight became 0. Only the small ones should; large ones move up.")
def one_sided(weights: Tensor, threshold: float) -> Tensor:
    return (weights - threshold).clamp(min=0)


@soft_threshold.misconception(
    "The weights are divided by 1 + 2 · threshold: that is the exact step for the L2 price. It makes no weight 0."
)
def l2_step(weights: Tensor, threshold: float) -> Tensor:
    return weights / (1 + 2 * threshold)


@soft_threshold.misconception("The weights are multiplied by 1 - threshold. They should all move equally far.")
def scaled(weights: Tensor, threshold: float) -> Tensor:
    return weights * (1 - threshold)


@soft_threshold.misconception("The weights move away from 0. Shrink their size instead.")
def outwards(weights: Tensor, threshold: float) -> Tensor:
    return weights.sign() * (weights.abs() + threshold)


@soft_threshold.misconception("The weights move by twice the threshold.")
def twice_as_far(weights: Tensor, threshold: float) -> Tensor:
    return soft_threshold_spec(weights, 2 * threshold)


@soft_threshold.misconception("The weights move by half the threshold.")
def half_as_far(weights: Tensor, threshold: float) -> Tensor:
    return soft_threshold_spec(weights, threshold / 2)


@soft_threshold.misconception(
    "All weights are shrunk by one factor, 1 - threshold / norm: they reach 0 together or not at all. Each weight "
    "moves by itself."
)
def group(weights: Tensor, threshold: float) -> Tensor:
    return weights * (1 - threshold / l2_spec(weights).sqrt()).clamp(min=0)


@soft_threshold.misconception("Large weights became 0 and small ones are left: the comparison is turned round.")
def turned_round(weights: Tensor, threshold: float) -> Tensor:
    return weights.sign() * (weights.abs() - threshold).clamp(max=0)


@soft_threshold.misconception("The result is one number. Every weight keeps its own.")
def size_left(weights: Tensor, threshold: float) -> Tensor:
    return soft_threshold_spec(weights, threshold).abs().sum()


# ---- sgd_step ----------------------------------------------------------------------------------------------------


def torch_step(optimizer: Any, weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    """One step of torch's own optimizer, from a gradient that is given."""
    parameter = torch.nn.Parameter(weights.detach().clone())
    parameter.grad = gradient.detach().clone()
    optimizer([parameter], lr=learning_rate, weight_decay=weight_decay).step()
    return parameter.detach()


def torch_sgd_step(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return torch_step(torch.optim.SGD, weights, gradient, learning_rate, weight_decay)


def step_inputs() -> Iterator[tuple[Tensor, Tensor, float, float]]:
    """Shapes × learning rates × decays × dtypes, without gradients that the decay cancels but for rounding."""
    for dtype, shape in product((torch.float32, torch.float64), ((), (1,), (3,), (2, 3), (0,), (2, 1, 2))):
        size = int(np.prod(shape, dtype=int))
        weights = torch.linspace(-2.1, 1.7, size, dtype=dtype).reshape(shape)
        gradient = torch.linspace(1.3, -0.9, size, dtype=dtype).reshape(shape)
        for learning_rate, weight_decay in product((0.01, 0.5), (0.0, 1e-4, 0.3, 2.0)):
            yield weights, gradient, learning_rate, weight_decay
            yield weights, torch.zeros_like(gradient), learning_rate, weight_decay
    yield tensor([2.0, 0.0, 0.0]), tensor([-1.0, 0.0, 0.5]), 0.1, 0.5  # λw cancels the gradient exactly


def sgd_cases() -> Iterator[Question]:
    """Every input of `step_inputs`."""
    for args in step_inputs():
        yield Question(args)


def sgd_step_spec(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    """Downhill on cost + (λ/2) Σ w², whose gradient is that of the cost and λw."""
    downhill = -gradient - weight_decay * weights
    return weights + learning_rate * downhill


sgd_step = Exercise(
    "sgd_step",
    sgd_step_spec,
    points=2,
    parity_points=1,
    twin=torch_sgd_step,
    cases=sgd_cases,
    idea="In SGD weight decay λ is the price (λ/2) Σ w²: each step takes the share learning_rate · λ of every weight.",
    hints=(
        "What is the derivative of (λ/2) w²?",
        "Add it to the gradient of the cost; then step against the sum, as always.",
    ),
)


@sgd_step.check
def decay_only(f: Function, rng: Rng) -> None:
    """Weights 2 and -3, gradient 0, λ = 0.1, learning rate 1: 1.8 and -2.7

    The gradient of (λ/2) Σ w² is λw = (0.2, -0.3).
    """
    same_value(f, sgd_step_spec, tensor([2.0, -3.0]), tensor([0.0, 0.0]), 1.0, 0.1)


@sgd_step.check
def gradient_and_decay(f: Function, rng: Rng) -> None:
    """Weights 2 and -3, gradient 1 and 1, λ = 0.1, learning rate 0.5: 1.4 and -3.35"""
    same_value(f, sgd_step_spec, tensor([2.0, -3.0]), tensor([1.0, 1.0]), 0.5, 0.1)
    same_value(f, sgd_step_spec, draw_weights(rng, 2, 3), draw_weights(rng, 2, 3), 0.5, 0.3)


@sgd_step.check
def no_decay(f: Function, rng: Rng) -> None:
    """Without decay a step is learning rate times gradient, downhill"""
    same_value(f, sgd_step_spec, tensor([2.0, -3.0]), tensor([1.0, -0.5]), 0.5, 0.0)


@sgd_step.parity
def sgd_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64, for any shape"""
    weights, gradient = draw_weights(rng, 2, 3).double(), draw_weights(rng, 2, 3).double()
    same_dtype(f, sgd_step_spec, weights, gradient, 0.25, 0.3)
    same_dtype(f, sgd_step_spec, tensor(-1.5), tensor(0.5), 0.25, 0.3)


@sgd_step.misconception(  # R1
    "The decay is twice as strong: this is the gradient of λ Σ w², which is 2λw. torch's weight_decay stands for "
    "(λ/2) Σ w², with the gradient λw."
)
def doubled_decay(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * (gradient + 2 * weight_decay * weights)


@sgd_step.misconception("The decay is half as strong. The derivative of (λ/2) w² is λw: the ½ is used up.")
def halved_decay(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * (gradient + weight_decay / 2 * weights)


@sgd_step.misconception("The decay is not multiplied by the learning rate. It is part of the gradient here.")
def decay_without_rate(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * gradient - weight_decay * weights


@sgd_step.misconception("The decay is missing: this is a step on the cost alone.")
def decay_ignored(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * gradient


@sgd_step.misconception("The gradient is missing: the weights decay, and learn nothing.")
def gradient_ignored(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * weight_decay * weights


@sgd_step.misconception("This goes uphill, on cost and price alike. A step goes against the gradient.")
def uphill(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights + learning_rate * (gradient + weight_decay * weights)


@sgd_step.misconception("The cost goes uphill, and the weights decay. A step goes against the gradient.")
def cost_uphill(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights + learning_rate * (gradient - weight_decay * weights)


@sgd_step.misconception("The weights grow where they should decay: the sign of λw is turned round.")
def growth(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * (gradient - weight_decay * weights)


@sgd_step.misconception(
    "The decay is λ times the sign: the gradient of an L1 price. Weight decay is λ times the weight."
)
def l1_decay(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * (gradient + weight_decay * weights.sign())


@sgd_step.misconception(  # R3
    "The decay has the same length for all weights: the gradient of the norm, not of its square."
)
def norm_decay(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * (gradient + weight_decay * weights / l2_spec(weights).sqrt())


@sgd_step.misconception(
    "The weights step first, and decay from where they have arrived. Gradient and decay both see the old weights."
)
def one_after_the_other(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    stepped = weights - learning_rate * gradient
    return stepped - learning_rate * weight_decay * stepped


@sgd_step.misconception("The gradient decays, where the weights should.")
def gradient_decays(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - learning_rate * (1 - weight_decay) * gradient


@sgd_step.misconception("The learning rate is missing: this goes the whole gradient.")
def rate_missing(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return weights - (gradient + weight_decay * weights)


@sgd_step.misconception("This is the change. Add it to the weights.")
def change_only(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    return -learning_rate * (gradient + weight_decay * weights)


# ---- adam_first_step ---------------------------------------------------------------------------------------------


def torch_adam_step(
    weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float, decoupled: bool
) -> Tensor:
    optimizer = torch.optim.AdamW if decoupled else torch.optim.Adam
    return torch_step(optimizer, weights, gradient, learning_rate, weight_decay)


def adam_cases() -> Iterator[Question]:
    """Every input of `step_inputs`, for Adam and for AdamW."""
    for args, decoupled in product(step_inputs(), (False, True)):
        yield Question((*args, decoupled))


def adam_first_step_spec(
    weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float, decoupled: bool
) -> Tensor:
    """Adam written out: means of gradient and square with their correction, of which one step leaves little."""
    if not decoupled:
        gradient = gradient + weight_decay * weights
    mean = (1 - 0.9) * gradient / (1 - 0.9)
    square = (1 - 0.999) * gradient * gradient / (1 - 0.999)
    decay = learning_rate * weight_decay * weights if decoupled else 0.0
    return weights - decay - learning_rate * mean / (square.sqrt() + 1e-8)


adam_first_step = Exercise(
    "adam_first_step",
    adam_first_step_spec,
    points=2,
    parity_points=1,
    twin=torch_adam_step,
    cases=adam_cases,
    idea="Adam divides what it is given by its size, an L2 gradient too; AdamW keeps the decay out of that division.",
    hints=(
        "Write the step without decay first: learning_rate · g / (|g| + 1e-8). How long is it for g = 0.1, for g = 40?",
        "Adam: λ times the weights joins the gradient before the division, above and below the line.",
        "AdamW: the gradient stays as it is. What does `weights` become before the step?",
    ),
)


@adam_first_step.check
def plain_adam(f: Function, rng: Rng) -> None:
    """Without decay each weight moves by the learning rate, whatever the size of its gradient"""
    same_value(f, adam_first_step_spec, tensor([2.0, -3.0]), tensor([0.1, 40.0]), 0.5, 0.0, False)
    same_value(f, adam_first_step_spec, tensor([2.0, -3.0]), tensor([0.1, -40.0]), 0.5, 0.0, True)


@adam_first_step.check
def coupled(f: Function, rng: Rng) -> None:
    """Adam, weights 2 and -3, gradient 0.2 each, λ = 0.1, learning rate 0.5: 1.5 and -2.5

    λ times the weights is added to the gradient: (0.4, -0.1). What is left of it after the division?
    """
    same_value(f, adam_first_step_spec, tensor([2.0, -3.0]), tensor([0.2, 0.2]), 0.5, 0.1, False)
    same_value(f, adam_first_step_spec, tensor([2.0, -3.0]), tensor([-0.3, 0.45]), 0.5, 0.1, False)
    # gradients are larger than any λw: where the two cancel but for rounding, Adam makes a full step of the rounding
    gradient = (draw_weights(rng, 2, 3) * 10).round() / 4
    same_value(f, adam_first_step_spec, draw_weights(rng, 2, 3), gradient, 0.5, 0.05, False)


@adam_first_step.check
def decoupled_step(f: Function, rng: Rng) -> None:
    """AdamW, the same: 1.4 and -3.35

    The weights lose the share learning rate · λ, which is 5 %; the gradient is left alone.
    """
    same_value(f, adam_first_step_spec, tensor([2.0, -3.0]), tensor([0.2, 0.2]), 0.5, 0.1, True)
    same_value(f, adam_first_step_spec, draw_weights(rng, 2, 3), draw_weights(rng, 2, 3), 0.5, 0.3, True)


@adam_first_step.check
def no_gradient(f: Function, rng: Rng) -> None:
    """A gradient of 0: in Adam the decay alone makes a full step, in AdamW it takes its share

    Where nothing at all pulls, the weight stays: 0 / (0 + 1e-8) is 0.
    """
    same_value(f, adam_first_step_spec, tensor([2.0, -3.0, 0.0]), tensor([0.0, 0.0, 0.0]), 0.5, 0.01, False)
    same_value(f, adam_first_step_spec, tensor([2.0, -3.0, 0.0]), tensor([0.0, 0.0, 0.0]), 0.5, 0.01, True)


@adam_first_step.parity
def adam_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64, for any shape and both kinds"""
    weights, gradient = draw_weights(rng, 2, 3).double(), draw_weights(rng, 2, 3).double()
    for decoupled in (False, True):
        same_dtype(f, adam_first_step_spec, weights, gradient, 0.25, 0.01, decoupled)
        same_dtype(f, adam_first_step_spec, tensor(-1.5), tensor(0.5), 0.25, 0.01, decoupled)


def unit(gradient: Tensor) -> Tensor:
    """What Adam makes of a gradient in its first step: its sign, and 0 of 0."""
    return gradient / (gradient.abs() + 1e-8)


@adam_first_step.misconception("The two are swapped: `decoupled=True` is AdamW, which leaves the gradient alone.")
def swapped(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return adam_first_step_spec(w, g, lr, lam, not decoupled)


@adam_first_step.misconception(  # R2
    "The decay always joins the gradient. Decoupled, it must stay out of it: that is what the W stands for."
)
def always_coupled(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return adam_first_step_spec(w, g, lr, lam, False)


@adam_first_step.misconception(  # R2
    "The decay always acts on the weights directly. Adam's own weight_decay adds λ times the weights to the gradient, "
    "and divides the sum by its size."
)
def always_decoupled(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return adam_first_step_spec(w, g, lr, lam, True)


@adam_first_step.misconception("The decay is missing: this is right for λ = 0 only.")
def adam_without_decay(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return w - lr * unit(g)


@adam_first_step.misconception("The gradient is not divided by its size: these are steps of SGD.")
def steps_of_sgd(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return w - lr * (g + lam * w)


@adam_first_step.misconception(
    "The gradient is divided by the size that it had before λ times the weights joined it. Adam divides the sum by the "
    "size of the sum."
)
def divided_by_the_old(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    if decoupled:
        return adam_first_step_spec(w, g, lr, lam, True)
    return w - lr * (g + lam * w) / (g.abs() + 1e-8)


@adam_first_step.misconception(
    "Decoupled, the decay is not multiplied by the learning rate. The share that goes is learning_rate · λ."
)
def share_without_rate(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return w - lam * w - lr * unit(g) if decoupled else adam_first_step_spec(w, g, lr, lam, False)


@adam_first_step.misconception(
    "Decoupled, the weights step first and decay afterwards. torch lets them decay before the step."
)
def decay_afterwards(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return (1 - lr * lam) * (w - lr * unit(g)) if decoupled else adam_first_step_spec(w, g, lr, lam, False)


@adam_first_step.misconception("Decoupled, the decay is λ times the sign of the weight. It is λ times the weight.")
def decay_by_sign(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    if decoupled:
        return w - lr * lam * w.sign() - lr * unit(g)
    return adam_first_step_spec(w, g, lr, lam, False)


@adam_first_step.misconception("Decoupled, the weights grow: the sign of the decay is turned round.")
def adam_growth(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return adam_first_step_spec(w, g, lr, -lam if decoupled else lam, decoupled)


@adam_first_step.misconception(
    "In Adam the weights are pushed away from 0: λ times the weights is subtracted from the gradient. Add it."
)
def coupled_growth(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return adam_first_step_spec(w, g, lr, lam if decoupled else -lam, decoupled)


@adam_first_step.misconception(  # R1
    "λ is doubled, as if the price were λ Σ w². Here too it stands for (λ/2) Σ w², with the gradient λw."
)
def adam_doubled(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return adam_first_step_spec(w, g, lr, 2 * lam, decoupled)


@adam_first_step.misconception(
    "The gradient is divided by its square: small gradients explode. Divide by its size, |g|."
)
def divided_by_square(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    if decoupled:
        return w - lr * lam * w - lr * g / (g.square() + 1e-8)
    g = g + lam * w
    return w - lr * g / (g.square() + 1e-8)


@adam_first_step.misconception(
    "The whole gradient is divided by its norm. Adam divides each weight's gradient by its own size."
)
def divided_by_norm(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    pull = g if decoupled else g + lam * w
    return w - (lr * lam * w if decoupled else 0.0) - lr * pull / (l2_spec(pull).sqrt() + 1e-8)


@adam_first_step.misconception("This goes uphill. A step goes against the gradient.")
def adam_uphill(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return w - lr * lam * w + lr * unit(g) if decoupled else w + lr * unit(g + lam * w)


@adam_first_step.misconception(
    "The step is 3.16 times as long: the means of gradient and square lack their correction, 0.1 g over the root of "
    "0.001 g². In the first step the corrected means are g and g²."
)
def uncorrected(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    pull = g if decoupled else g + lam * w
    return w - (lr * lam * w if decoupled else 0.0) - lr * 0.1 * pull / (sqrt(0.001) * pull.abs() + 1e-8)


@adam_first_step.misconception(
    "0 / 0 came out as NaN: where nothing pulls, the 1e-8 below the line keeps the weight where it is."
)
def nothing_over_nothing(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    pull = g if decoupled else g + lam * w
    return w - (lr * lam * w if decoupled else 0.0) - lr * pull / pull.abs()


@adam_first_step.misconception("This is the change. Add it to the weights.")
def adam_change_only(w: Tensor, g: Tensor, lr: float, lam: float, decoupled: bool) -> Tensor:
    return adam_first_step_spec(w, g, lr, lam, decoupled) - w
