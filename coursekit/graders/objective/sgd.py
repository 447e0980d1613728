"""Weight decay as a price: `sgd_step`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, same_dtype, same_value
from coursekit.graders.objective.common import draw_weights
from coursekit.graders.objective.penalties import l2_spec
from coursekit.graders.objective.steps import step_inputs, torch_step


def cases() -> Iterator[Question]:
    """Every input of `step_inputs`."""
    for args in step_inputs():
        yield Question(args)


def spec(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    """Downhill on cost + (λ/2) Σ w², whose gradient is that of the cost and λw."""
    downhill = -gradient - weight_decay * weights
    return weights + learning_rate * downhill


sgd_step = Exercise(
    "sgd_step",
    spec,
    points=2,
    parity_points=1,
    twin=partial(torch_step, torch.optim.SGD),
    cases=cases,
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
    same_value(f, spec, tensor([2.0, -3.0]), tensor([0.0, 0.0]), 1.0, 0.1)


@sgd_step.check
def gradient_and_decay(f: Function, rng: Rng) -> None:
    """Weights 2 and -3, gradient 1 and 1, λ = 0.1, learning rate 0.5: 1.4 and -3.35"""
    same_value(f, spec, tensor([2.0, -3.0]), tensor([1.0, 1.0]), 0.5, 0.1)
    same_value(f, spec, draw_weights(rng, 2, 3), draw_weights(rng, 2, 3), 0.5, 0.3)


@sgd_step.check
def no_decay(f: Function, rng: Rng) -> None:
    """Without decay a step is learning rate times gradient, downhill"""
    same_value(f, spec, tensor([2.0, -3.0]), tensor([1.0, -0.5]), 0.5, 0.0)


@sgd_step.parity
def sgd_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64, for any shape"""
    weights, gradient = draw_weights(rng, 2, 3).double(), draw_weights(rng, 2, 3).double()
    same_dtype(f, spec, weights, gradient, 0.25, 0.3)
    same_dtype(f, spec, tensor(-1.5), tensor(0.5), 0.25, 0.3)


sgd_step.misconceptions.table(
    doubled_decay=(
        "The decay is twice as strong: this is the gradient of λ Σ w², which is 2λw. torch's weight_decay stands for "
        "(λ/2) Σ w², with the gradient λw.",
        lambda w, g, lr, decay: w - lr * (g + 2 * decay * w),
        "R1",
    ),
    halved_decay=(
        "The decay is half as strong. The derivative of (λ/2) w² is λw: the ½ is used up.",
        lambda w, g, lr, decay: w - lr * (g + decay / 2 * w),
    ),
    decay_without_rate=(
        "The decay is not multiplied by the learning rate. It is part of the gradient here.",
        lambda w, g, lr, decay: w - lr * g - decay * w,
    ),
    decay_ignored=(
        "The decay is missing: this is a step on the cost alone.",
        lambda w, g, lr, decay: w - lr * g,
    ),
    gradient_ignored=(
        "The gradient is missing: the weights decay, and learn nothing.",
        lambda w, g, lr, decay: w - lr * decay * w,
    ),
    uphill=(
        "This goes uphill, on cost and price alike. A step goes against the gradient.",
        lambda w, g, lr, decay: w + lr * (g + decay * w),
    ),
    cost_uphill=(
        "The cost goes uphill, and the weights decay. A step goes against the gradient.",
        lambda w, g, lr, decay: w + lr * (g - decay * w),
    ),
    growth=(
        "The weights grow where they should decay: the sign of λw is turned round.",
        lambda w, g, lr, decay: w - lr * (g - decay * w),
    ),
    decay_of_gradient=(
        "λ multiplies the gradient. It multiplies the weights: the price (λ/2) Σ w² has the gradient λw.",
        lambda w, g, lr, decay: w - lr * (g + decay * g),
    ),
    steps_of_one_length=(
        "The gradient is divided by its norm, so that all steps are equally long. Here it is taken as it is.",
        (
            lambda w, g, lr, decay: w - lr * (g + decay * w) / (g + decay * w).square().sum().sqrt(),
            lambda w, g, lr, decay: w - lr * (g / g.square().sum().sqrt() + decay * w),
        ),
    ),
    l1_decay=(
        "The decay is λ times the sign: the gradient of an L1 price. Weight decay is λ times the weight.",
        lambda w, g, lr, decay: w - lr * (g + decay * w.sign()),
    ),
    norm_decay=(
        "The decay has the same length for all weights: the gradient of the norm, not of its square.",
        lambda w, g, lr, decay: w - lr * (g + decay * w / l2_spec(w).sqrt()),
        "R3",
    ),
    one_after_the_other=(
        "The weights step first, and decay from where they have arrived. Gradient and decay both see the old weights.",
        lambda w, g, lr, decay: (w - lr * g) - lr * decay * (w - lr * g),
    ),
    gradient_decays=(
        "The gradient decays, where the weights should.",
        lambda w, g, lr, decay: w - lr * (1 - decay) * g,
    ),
    rate_missing=(
        "The learning rate is missing: this goes the whole gradient.",
        lambda w, g, lr, decay: w - (g + decay * w),
    ),
    change_only=("This is the change. Add it to the weights.", lambda w, g, lr, decay: -lr * (g + decay * w)),
)
sgd_step.misconceptions.terms(
    weights=("the old weight", lambda w, g, lr, decay: w + 0 * g),
    gradient=("-learning_rate · gradient", lambda w, g, lr, decay: 0 * w - lr * g),
    decay=("-learning_rate · λ · weight", lambda w, g, lr, decay: 0 * g - lr * decay * w),
)
sgd_step.misconceptions.table(
    decay_of_square=(
        "The decay is λ times the squared weight. The derivative of (λ/2) w² is λw.",
        (
            lambda w, g, lr, decay: w - lr * (g + decay * w.square()),
            lambda w, g, lr, decay: w - lr * (g + decay / 2 * w.square()),
            lambda w, g, lr, decay: w - lr * (g + decay * w.square().sum()),
            lambda w, g, lr, decay: w - lr * (g + decay / 2 * w.square().sum()),
        ),
    ),
    decay_added_bare=(
        "λ is added to the gradient as it is. It multiplies the weights: λw.",
        lambda w, g, lr, decay: w - lr * (g + decay),
    ),
    kept_share=(
        "The weights are multiplied by λ, or by 1 - λ or the like, and not by 1 - learning_rate · λ.",
        (
            lambda w, g, lr, decay: decay * w - lr * g,
            lambda w, g, lr, decay: (1 - lr) * w - lr * g,
            lambda w, g, lr, decay: w / (1 + lr * decay) - lr * g,
            lambda w, g, lr, decay: (w - lr * g) / (1 + lr * decay),
        ),
    ),
    rate_divides=(
        "The gradient is divided by the learning rate. It is multiplied: a smaller rate makes a shorter step.",
        lambda w, g, lr, decay: w - (g + decay * w) / lr,
    ),
    rate_for_decay=(
        "Learning rate and decay have changed places.",
        lambda w, g, lr, decay: spec(w, g, decay, lr),
    ),
    rate_squared=(
        "The decay is multiplied by the learning rate twice.",
        lambda w, g, lr, decay: w - lr * (g + lr * decay * w),
    ),
)
sgd_step.misconceptions.table(
    share_without_rate=(
        "The weights decay by λ and not by learning_rate · λ, or do so after the step.",
        (
            lambda w, g, lr, decay: (w - lr * g) * (1 - decay),
            lambda w, g, lr, decay: w * (1 - decay) - lr * g,
        ),
    ),
    gradient_clipped=(
        "The gradient is cut off at ±1. It is taken as it is.",
        (
            lambda w, g, lr, decay: w - lr * (g.clamp(-1, 1) + decay * w),
            lambda w, g, lr, decay: w - lr * (g + decay * w).clamp(-1, 1),
            lambda w, g, lr, decay: w - lr * (g.sign() + decay * w),
        ),
    ),
    more_than_a_step=(
        "The step is taken twice, or has a momentum. It is learning_rate times the gradient with its decay, once.",
        (
            lambda w, g, lr, decay: w - lr * (1 + lr) * (g + decay * w),
            lambda w, g, lr, decay: w - 2 * lr * (g + decay * w),
            lambda w, g, lr, decay: w - 0.1 * lr * (g + decay * w),
            lambda w, g, lr, decay: w - 1.9 * lr * (g + decay * w),
        ),
    ),
)
