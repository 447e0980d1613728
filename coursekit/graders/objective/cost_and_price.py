"""Errors and weights in one number: `objective`."""

from __future__ import annotations

from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, same_gradient, same_value
from coursekit.exercise.families.inputs import normal
from coursekit.graders.objective.common import draw_weights
from coursekit.graders.objective.loss_and_cost import cost_spec, squared_error_spec
from coursekit.graders.objective.penalties import l1_spec, l2_spec


def spec(prediction: Tensor, target: Tensor, weights: Tensor, strength: float) -> Tensor:
    """The mean of the squared errors, and strength times the sum of the squared weights."""
    return cost_spec(prediction, target) + strength * l2_spec(weights)


objective = Exercise(
    "objective",
    spec,
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
    same_value(f, spec, tensor([3.0, 1.0]), tensor([1.0, 4.0]), tensor([3.0, 4.0]), 0.1)


@objective.check
def three_weights(f: Function, rng: Rng) -> None:
    """Samples and weights need not be equally many

    The price is there once, not once a sample.
    """
    weights = draw_weights(rng, 3)
    same_value(f, spec, normal(rng, 5), normal(rng, 5) + 5, weights, 0.5)
    same_value(f, spec, normal(rng, 2, 2), normal(rng, 2, 2) + 5, draw_weights(rng, 2, 3), 2.0)


@objective.check
def strength_zero(f: Function, rng: Rng) -> None:
    """At strength 0 the objective is the cost"""
    same_value(f, spec, tensor([3.0, 1.0]), tensor([1.0, 4.0]), tensor([3.0, 4.0, -2.0]), 0.0)


@objective.check
def objective_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to predictions and weights"""
    args = (normal(rng, 4), normal(rng, 4) + 5, draw_weights(rng, 3), 0.25)
    same_gradient(f, spec, *args, wrt=(0, 2))


wrong = objective.misconceptions


def objective_of(formula: Loss) -> Loss:
    """An objective of `formula(losses, weights, strength)`."""
    return lambda prediction, target, w, strength: formula(squared_error_spec(prediction, target), w, strength)


wrong.table(
    objective_of,
    price_not_squared=(
        "The weights are added up as they are, and negative ones earn something. The price is of their squares.",
        lambda losses, w, strength: losses.mean() + strength * w.sum(),
    ),
    summed_cost=(
        "The losses are added up. The cost is their mean, or the price would weigh less with every sample.",
        lambda losses, w, strength: losses.sum() + strength * l2_spec(w),
    ),
    mean_price=(
        "The price is averaged over the weights. It is the sum of their squares.",
        lambda losses, w, strength: losses.mean() + strength * w.square().mean(),
    ),
    half_price=(
        "The price has a factor ½. A convention, and not this one: strength · Σ w².",
        lambda losses, w, strength: losses.mean() + strength / 2 * l2_spec(w),
    ),
    norm_price=(
        "The price is the norm of the weights, not its square: leave the root out.",
        lambda losses, w, strength: losses.mean() + strength * l2_spec(w).sqrt(),
        "R3",
    ),
    l1_price=(
        "The price is L1, Σ |w|. Here it is Σ w².",
        lambda losses, w, strength: losses.mean() + strength * l1_spec(w),
    ),
    no_strength=(
        "The strength is left out: this is cost + Σ w², however strong the price should be.",
        lambda losses, w, strength: losses.mean() + l2_spec(w),
    ),
    no_price=(
        "This is the cost alone. The weights have a price as well.",
        lambda losses, w, strength: losses.mean() + 0 * w.sum(),
    ),
    no_cost=(
        "This is the price alone. The errors have a cost as well.",
        lambda losses, w, strength: strength * l2_spec(w) + 0 * losses.sum(),
    ),
    strong_cost=(
        "The strength multiplies the cost. It belongs to the price.",
        lambda losses, w, strength: strength * losses.mean() + l2_spec(w),
    ),
    strong_both=(
        "Cost and price are both multiplied by the strength. Only the price is.",
        lambda losses, w, strength: strength * (losses.mean() + l2_spec(w)),
    ),
    price_subtracted=(
        "The price is subtracted: training would make the weights as large as it can. Add it.",
        lambda losses, w, strength: losses.mean() - strength * l2_spec(w),
    ),
    price_a_sample=(
        "The price is divided by the number of samples. It belongs to the model, not to the batch: add it as it is.",
        lambda losses, w, strength: losses.mean() + strength * l2_spec(w) / losses.numel(),
    ),
    price_times_samples=(
        "The price is paid once a sample: a batch twice as long pays it twice. Add it once, after the losses are "
        "averaged.",
        lambda losses, w, strength: losses.mean() + losses.numel() * strength * l2_spec(w),
    ),
    squared_strength=(
        "The strength is squared as well: (strength · w)². Only the weight is.",
        lambda losses, w, strength: losses.mean() + l2_spec(strength * w),
    ),
    price_of_sum=(
        "The weights are added before they are squared, so that their signs cancel. Square each weight.",
        lambda losses, w, strength: losses.mean() + strength * w.sum().square(),
    ),
    mixture=(
        "This is a mixture, (1 - strength) · cost + strength · price. Here the cost keeps its full weight.",
        lambda losses, w, strength: (1 - strength) * losses.mean() + strength * l2_spec(w),
    ),
    objective_of_each=(
        "The losses are not averaged: one objective a sample came out. It is a single number.",
        lambda losses, w, strength: losses + strength * l2_spec(w),
    ),
    rmse_cost=(
        "The cost is the root of the mean squared error. Leave the root out.",
        lambda losses, w, strength: losses.mean().sqrt() + strength * l2_spec(w),
    ),
    detached_price=(
        "The value is right, and the price has no gradient: with `.item()`, `.detach()` or `.data` it is a number that "
        "training cannot see.",
        lambda losses, w, strength: losses.mean() + strength * l2_spec(w.detach()),
    ),
)
wrong.table(
    predictions_priced=(
        "The predictions are priced in place of the weights.",
        lambda p, t, w, strength: cost_spec(p, t) + strength * l2_spec(p) + 0 * w.sum(),
    ),
)
wrong.terms(
    objective_of,
    cost=("the cost", lambda losses, w, strength: losses.mean() + 0 * w.sum()),
    price=("the price", lambda losses, w, strength: strength * l2_spec(w) + 0 * losses.sum()),
)
wrong.table(
    objective_of,
    cost_times_price=(
        "Cost and price are multiplied. They are added.",
        (
            lambda losses, w, strength: losses.mean() * (1 + strength * l2_spec(w)),
            lambda losses, w, strength: losses.mean() * strength * l2_spec(w),
        ),
    ),
    both_prices=(
        "Both prices are paid, L1 and L2. Here it is Σ w² alone.",
        lambda losses, w, strength: losses.mean() + strength * (l2_spec(w) + l1_spec(w)),
    ),
    absolute_cost=(
        "The errors are not squared: this is the mean distance, and the price.",
        lambda losses, w, strength: losses.sqrt().mean() + strength * l2_spec(w),
    ),
    strength_in_percent=(
        "The strength is divided or multiplied by another number.",
        (
            lambda losses, w, strength: losses.mean() + 2 * strength * l2_spec(w),
            lambda losses, w, strength: losses.mean() + strength * l2_spec(w) / len(w),
        ),
    ),
    price_divides=(
        "The price is divided by the strength. It is multiplied by it.",
        lambda losses, w, strength: losses.mean() + l2_spec(w) / strength,
    ),
)
