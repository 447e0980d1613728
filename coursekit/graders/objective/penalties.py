"""The price of weights: `l2_penalty` and `l1_penalty`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, detached, same_gradient, same_value
from coursekit.graders.objective.common import draw_weights

# said of either price
ROWS_ONLY = "This adds up over the last dimension only. The price of a table is one number."
NO_GRADIENT = (
    "The value is right, and no gradient flows back: with `.item()`, `.detach()` or `.data` the price is a number that "
    "training cannot see."
)

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
        "Each weight has its own price. What makes one number of them, whatever their shape?",
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


l2_penalty.misconceptions.table(
    norm=(
        "This is the norm, the root of the sum. Its gradient has the same length whether the weights are large or "
        "small: it no longer pulls large weights harder. Leave the root out.",
        lambda w: w.square().sum().sqrt(),
        "R3",
    ),
    half_l2=(
        "This is half of it. The factor ½ is a convention; here the price is Σ w² without it.",
        lambda w: l2_spec(w) / 2,
    ),
    root_mean_square=(
        "This is the root of the mean of the squares. The price is their sum, with neither mean nor root.",
        lambda w: w.square().mean().sqrt(),
    ),
    mean_square=(
        "This is the mean of the squares: a model of twice as many weights would pay no more. Prices add up; take the "
        "sum.",
        lambda w: w.square().mean(),
    ),
    l1_instead=("These are absolute values: the L1 price. L2 squares the weights.", lambda w: w.abs().sum()),
    squared_sum=(
        "The weights were added first and the sum was squared: positive and negative weights pay for one another. "
        "Square, then add.",
        lambda w: w.sum().square(),
    ),
    squares=("These are the squares, one a weight. Add them up.", lambda w: w.square()),
    plain_sum=(
        "This is the sum of the weights themselves: a negative weight lowers it. Square first.",
        lambda w: w.sum(),
    ),
    l2_of_rows=(ROWS_ONLY, lambda w: w.square().sum(-1)),
    norm_of_rows=(
        "This is the sum of the rows' norms. For a single row it is the norm, and for no shape it is Σ w².",
        lambda w: w.square().sum(-1).sqrt().sum(),
    ),
    matrix_product=(
        "`weights @ weights` is the sum of squares for one dimension only. For a table it multiplies matrices, and "
        "other shapes raise an error. Square element by element.",
        lambda w: w @ w,
    ),
    reward=("The sign is turned round: this pays for large weights. A price is positive.", lambda w: -l2_spec(w)),
)
detached(l2_penalty.misconceptions, "weights", NO_GRADIENT, "cut_off")

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
    same_value(f, l1_spec, torch.zeros(2))


l1_penalty.misconceptions.table(
    signed_sum=(
        "This is the sum of the weights: positive and negative ones cancel. Each weight's own distance from 0 counts.",
        lambda w: w.sum(),
    ),
    absolute_sum=(
        "The absolute value was taken of the sum, when the weights had cancelled already. Take it of each weight.",
        lambda w: w.sum().abs(),
    ),
    mean_absolute_weight=("This is the mean. Prices add up; take the sum.", lambda w: w.abs().mean()),
    l2_instead=("These are squares: the L2 price. L1 takes absolute values.", lambda w: w.square().sum()),
    norm_instead=(
        "This is the norm, the root of the sum of squares. L1 adds up the absolute values.",
        lambda w: w.square().sum().sqrt(),
    ),
    largest=(
        "This is the largest absolute value. The smaller weights have a price too: add them all up.",
        lambda w: w.abs().max(),
    ),
    count=(
        "This counts the weights that are not 0. It does not change when a weight does, so it has no gradient to "
        "follow.",
        lambda w: (w != 0).to(w.dtype).sum() + 0 * w.sum(),
    ),
    distances=("These are the absolute values, one a weight. Add them up.", lambda w: w.abs()),
    l1_of_rows=(ROWS_ONLY, lambda w: w.abs().sum(-1)),
    positive_part=(
        "Negative weights are left out. They cost as much as positive ones.",
        lambda w: w.clamp(min=0).sum(),
    ),
    half_l1=("This is half of it. Σ |w| has no factor.", lambda w: l1_spec(w) / 2),
)
detached(l1_penalty.misconceptions, "weights", NO_GRADIENT, "l1_cut_off")
l1_penalty.misconceptions.table(
    root_of_square=(
        "The root of a square has no slope at 0: the gradient of a weight that is 0 is NaN, and one step later so is "
        "the weight. `abs` knows what to do.",
        lambda w: w.square().sqrt().sum(),
    ),
    rounded_corner=(
        "A small number under the root rounds the corner off: a weight of 0 now has a price, and no weight is drawn to "
        "exactly 0.",
        lambda w, *, eps=1e-6: (w.square() + eps).sqrt().sum(),
    ),
    zero_is_negative=(
        "A weight of 0 is pushed upwards here: where the weight is compared with 0, the 0 itself falls on the negative "
        "side.",
        lambda w: torch.where(w > 0, w, -w).sum(),
    ),
    zero_is_positive=(
        "A weight of 0 is pushed downwards here: where the weight is compared with 0, the 0 itself falls on the "
        "positive side.",
        lambda w: torch.where(w >= 0, w, -w).sum(),
    ),
)
l2_penalty.misconceptions.table(
    largest_square=(
        "This is the square of the largest weight. All of them have a price.",
        lambda w: w.abs().amax().square(),
    ),
    fourth_powers=(
        "The weights are raised to the fourth power, or the third.",
        (lambda w: w.pow(4).sum(), lambda w: w.abs().pow(3).sum()),
    ),
    spread_of_weights=(
        "The mean of the weights is taken off first. The price is of the weights themselves.",
        (lambda w: (w - w.mean()).square().sum(), lambda w: (w - w.mean()).square().mean()),
    ),
    first_weight_lost=(
        "The first weight is left out, or the last.",
        (lambda w: w.flatten()[1:].square().sum(), lambda w: w.flatten()[:-1].square().sum()),
    ),
)
l1_penalty.misconceptions.table(
    round_bottom=(
        "Small weights cost their square, as in Huber's loss: none is drawn to exactly 0. The price is |w| everywhere.",
        (
            lambda w: torch.where(w.abs() < 1, w.square() / 2, w.abs() - 0.5).sum(),
            lambda w: torch.where(w.abs() < 1, w.square(), 2 * w.abs() - 1).sum(),
        ),
    ),
)
