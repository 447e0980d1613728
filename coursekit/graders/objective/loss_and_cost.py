"""Of one sample, of many, of batches: `squared_error`, `cost` and `batch_cost`."""

from __future__ import annotations

from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_gradient, same_value
from coursekit.exercise.families.inputs import normal
from coursekit.graders.objective.common import draw_weights

# ---- squared_error -----------------------------------------------------------------------------------------------


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
        "Predicted 3, was 1, loss 4. Which two steps lead from 3 and 1 to 4?",
        "A difference of two tensors holds one number per sample. `x**2` and `torch.square(x)` take each by itself.",
    ),
)


@squared_error.check
def one_sample(f: Function, rng: Rng) -> None:
    """One sample: predicted 3, was 1, loss 4"""
    same_value(f, squared_error_spec, tensor(3.0), tensor(1.0))


@squared_error.check
def a_loss_for_each(f: Function, rng: Rng) -> None:
    """Three samples have three losses

    The loss of a sample knows nothing of the others.
    """
    same_value(f, squared_error_spec, tensor([3.0, 0.5, 1.0]), tensor([1.0, 2.0, 4.0]))
    same_value(f, squared_error_spec, normal(rng, 2, 2), normal(rng, 2, 2) + 5)


@squared_error.check
def squared_error_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, squared_error_spec, normal(rng, 3), normal(rng, 3) + 5)


squared_error.misconceptions.table(
    absolute=("This is the absolute error: the distance, not its square.", lambda p, t: (p - t).abs()),
    difference=(
        "This is the difference itself: it is negative for half of all mistakes. Square it.",
        lambda p, t: p - t,
    ),
    halved=(
        "This is half of it. The factor ½ makes a handsome derivative, but it is not asked for here.",
        lambda p, t: squared_error_spec(p, t) / 2,
    ),
    averaged=(
        "This takes a mean already, of all or of each row: that is for the cost. A loss keeps the shape: one "
        "number for each.",
        lambda p, t: squared_error_spec(p, t).mean(),
    ),
    squares_subtracted=(
        "Each value is squared before the subtraction. Subtract first, then square.",
        lambda p, t: p * p - t * t,
    ),
)
squared_error.misconceptions.table(
    added=("Prediction and target are added. An error is their difference.", lambda p, t: (p + t).square()),
    target_not_squared=(
        "The prediction alone is squared. Subtract the target first, then square.",
        (lambda p, t: p.square() - t, lambda p, t: p - t.square()),
    ),
    relative=(
        "The error is divided by the target: a share of it. The squared error takes it as it is.",
        (lambda p, t: ((p - t) / t).square(), lambda p, t: (p - t).square() / t),
    ),
    rows_added=(
        "The last dimension is added up. A loss keeps the shape: one number for each.",
        lambda p, t: squared_error_spec(p, t).sum(-1),
    ),
)
squared_error.misconceptions.terms(
    of_prediction=("the square of the prediction", lambda p, t: p * p + 0 * t),
    product=("-2 · prediction · target", lambda p, t: -2 * p * t),
    of_target=("the square of the target", lambda p, t: t * t + 0 * p),
)


# ---- cost --------------------------------------------------------------------------------------------------------


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
    same_value(f, cost_spec, normal(rng, 3, 4), normal(rng, 3, 4) + 5)  # of two rows a mean of the sums is a half


@cost.check
def cost_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, cost_spec, normal(rng, 3), normal(rng, 3) + 5)


cost.misconceptions.table(
    summed=(
        "This is the sum of the losses: it doubles when the batch does. Take the mean.",
        lambda p, t: squared_error_spec(p, t).sum(),
    ),
    divided_twice=(
        "This divides by the batch size twice: `.mean()` has done it already.",
        lambda p, t: cost_spec(p, t) / len(p),
        "R5",
    ),
    not_reduced=("These are the losses, one per sample. The cost is their mean.", squared_error_spec),
    mean_absolute=("This is the mean distance, squared errors are missing.", lambda p, t: (p - t).abs().mean()),
    cost_halved=(
        "This is half of the mean: the ½ that makes a handsome derivative is not asked for here.",
        lambda p, t: cost_spec(p, t) / 2,
    ),
    mean_error_squared=(
        "The errors are averaged first and squared then, so that errors of either sign cancel. Square each, then "
        "average.",
        lambda p, t: (p - t).mean().square(),
    ),
    root=(
        "This takes the square root of the mean: the RMSE. The cost asked for is the mean itself.",
        lambda p, t: cost_spec(p, t).sqrt(),
    ),
    mean_of_row_sums=(
        "This sums within each row first and averages the rows. The mean goes over all entries.",
        lambda p, t: squared_error_spec(p, t).sum() / len(p),
    ),
)
cost.misconceptions.table(
    mean_of_last=(
        "The mean is taken over the last dimension only. The cost is one number, over all entries.",
        lambda p, t: squared_error_spec(p, t).mean(-1),
    ),
    mean_of_first=(
        "The mean is taken over the first dimension only. The cost is one number, over all entries.",
        lambda p, t: squared_error_spec(p, t).mean(0),
    ),
    median=(
        "This is the median of the losses. The cost is their mean.",
        lambda p, t: squared_error_spec(p, t).median(),
    ),
    largest=("This is the largest loss. The cost is the mean of all.", lambda p, t: squared_error_spec(p, t).max()),
    variance=(
        "This is the variance of the errors: their mean is taken off first, so a model that is always too high by the "
        "same pays nothing.",
        (lambda p, t: (p - t).var(), lambda p, t: (p - t).var(correction=0)),
    ),
    cost_one_less=(
        "The sum is divided by N - 1. The mean of N losses divides by N.",
        lambda p, t: squared_error_spec(p, t).sum() / (p.numel() - 1),
    ),
    norm=(
        "This is the length of the error, a root of the sum of squares. The cost has no root, and a mean.",
        lambda p, t: squared_error_spec(p, t).sum().sqrt(),
    ),
)


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
        "So each batch can tell what its losses add up to. And how many samples are there in all?",
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


def pair_after_pair(means: Tensor, sizes: Tensor) -> Tensor:
    """Half of each new mean, and half of what came before."""
    value = means[0]
    for mean in means[1:]:
        value = (value + mean) / 2
    return value


batch_cost.misconceptions.table(
    mean_of_means=(
        "This is the mean of the means: a sample in a short batch counts more than one in a long batch. Weigh each "
        "batch by its size.",
        lambda means, sizes: means.mean(),
        "R4",
    ),
    sum_of_losses=(
        "This is the sum of the losses. Divide it by the number of samples.",
        lambda means, sizes: (means * sizes).sum(),
    ),
    sum_of_means=(
        "This is the sum of the means. Neither a mean nor a sum of losses comes of it.",
        lambda means, sizes: means.sum(),
    ),
    divided_by_batches=(
        "The sum is right. It was divided by the number of batches; divide by the number of samples.",
        lambda means, sizes: (means * sizes).sum() / len(sizes),
    ),
    means_as_sums=(
        "The means were added as if they were sums of losses. Multiply each by its size before you add them up.",
        lambda means, sizes: means.sum() / sizes.sum(),
    ),
    first_size_for_all=(
        "The sum was divided by the number of batches times the size of the first: as if all batches were as long.",
        lambda means, sizes: (means * sizes).sum() / (len(sizes) * sizes[0]),
    ),
    divided_again=(
        "Each mean was divided by its size. It has been divided already: multiply, to undo it.",
        lambda means, sizes: (means / sizes).mean(),
    ),
    shares=(
        "This is one number per batch, each weighed by its share. Add them up.",
        lambda means, sizes: means * sizes / sizes.sum(),
    ),
    last_batch=("This is the cost of the last batch only.", lambda means, sizes: means[-1]),
    pair_after_pair=(
        "The mean is taken of two after two: each new batch counts half, whatever its size and however many came "
        "before.",
        pair_after_pair,
    ),
    small_batches_first=(
        "The weights are upside down: a small batch counts more than a large one. Weigh each by its size.",
        lambda means, sizes: (means / sizes).sum() / (1 / sizes).sum(),
    ),
)
batch_cost.misconceptions.table(
    median_of_samples=(
        "This is the median. The cost is the mean over all samples.",
        (
            lambda means, sizes: means.repeat_interleave(sizes).median(),
            lambda means, sizes: means.median(),
        ),
    ),
    shares_rounded=(
        "The shares are whole numbers: `//` rounds them down to 0. Divide with `/`.",
        (
            lambda means, sizes: (means * (sizes // sizes.sum())).sum(),
            lambda means, sizes: (means * sizes).sum() // sizes.sum(),
        ),
    ),
    one_too_few=(
        "The sum is divided by one less than the number of samples.",
        (
            lambda means, sizes: (means * sizes).sum() / (sizes.sum() - 1),
            lambda means, sizes: (means * (sizes - 1)).sum() / (sizes.sum() - len(sizes)),
        ),
    ),
)
squared_error.misconceptions.table(
    one_sided=(
        "Errors of one sign cost nothing. Each is squared, whichever way it goes.",
        (lambda p, t: (p - t).clamp(min=0).square(), lambda p, t: (t - p).clamp(min=0).square()),
    ),
    capped=("The loss is capped. A square goes on rising.", lambda p, t: squared_error_spec(p, t).clamp(max=1)),
)
batch_cost.misconceptions.table(
    mean_of_products=(
        "The means are multiplied, or their roots averaged. They are averaged as they are, by the sizes.",
        (
            lambda means, sizes: (means.log() * sizes).sum().div(sizes.sum()).exp(),
            lambda means, sizes: (means.sqrt() * sizes).sum().div(sizes.sum()).square(),
            lambda means, sizes: sizes.sum() / (sizes / means).sum(),
        ),
    ),
)
squared_error.misconceptions.table(
    logarithm_of_square=(
        "A logarithm is taken of the square, ln(1 + d²) or ln d². The loss is the square itself.",
        (lambda p, t: (p - t).square().log1p(), lambda p, t: (p - t).square().log()),
    ),
)
cost.misconceptions.table(
    largest_left_out=(
        "The largest loss is left out. All of them count.",
        lambda p, t: (squared_error_spec(p, t).sum() - squared_error_spec(p, t).max()) / (p.numel() - 1),
    ),
)
