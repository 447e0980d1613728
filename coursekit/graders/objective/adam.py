"""Weight decay before the division and beside it: `adam_first_step`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import sqrt

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Question, Rng, same_dtype, same_value
from coursekit.graders.objective.common import draw_weights
from coursekit.graders.objective.penalties import l2_spec
from coursekit.graders.objective.steps import step_inputs, torch_step


def twin(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float, decoupled: bool) -> Tensor:
    """torch's own: AdamW if the decay is decoupled."""
    optimizer = torch.optim.AdamW if decoupled else torch.optim.Adam
    return torch_step(optimizer, weights, gradient, learning_rate, weight_decay)


def cases() -> Iterator[Question]:
    """Every input of `step_inputs`, for Adam and for AdamW."""
    for args, decoupled in product(step_inputs(), (False, True)):
        yield Question((*args, decoupled))


def spec(weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float, decoupled: bool) -> Tensor:
    """Adam written out: means of gradient and square with their correction, of which one step leaves little."""
    if not decoupled:
        gradient = gradient + weight_decay * weights
    mean = (1 - 0.9) * gradient / (1 - 0.9)
    square = (1 - 0.999) * gradient * gradient / (1 - 0.999)
    decay = learning_rate * weight_decay * weights if decoupled else 0.0
    return weights - decay - learning_rate * mean / (square.sqrt() + 1e-8)


adam_first_step = Exercise(
    "adam_first_step",
    spec,
    points=2,
    parity_points=1,
    twin=twin,
    cases=cases,
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
    same_value(f, spec, tensor([2.0, -3.0]), tensor([0.1, 40.0]), 0.5, 0.0, False)
    same_value(f, spec, tensor([2.0, -3.0]), tensor([0.1, -40.0]), 0.5, 0.0, True)


@adam_first_step.check
def coupled(f: Function, rng: Rng) -> None:
    """Adam, weights 2 and -3, gradient 0.2 each, λ = 0.1, learning rate 0.5: 1.5 and -2.5

    λ times the weights is added to the gradient: (0.4, -0.1). What is left of it after the division?
    """
    same_value(f, spec, tensor([2.0, -3.0]), tensor([0.2, 0.2]), 0.5, 0.1, False)
    same_value(f, spec, tensor([2.0, -3.0]), tensor([-0.3, 0.45]), 0.5, 0.1, False)
    # gradients are larger than any λw: where the two cancel but for rounding, Adam makes a full step of the rounding
    gradient = (draw_weights(rng, 2, 3) * 10).round() / 4
    same_value(f, spec, draw_weights(rng, 2, 3), gradient, 0.5, 0.05, False)


@adam_first_step.check
def decoupled_step(f: Function, rng: Rng) -> None:
    """AdamW, the same: 1.4 and -3.35

    The weights lose the share learning rate · λ, which is 5 %; the gradient is left alone.
    """
    same_value(f, spec, tensor([2.0, -3.0]), tensor([0.2, 0.2]), 0.5, 0.1, True)
    same_value(f, spec, draw_weights(rng, 2, 3), draw_weights(rng, 2, 3), 0.5, 0.3, True)


@adam_first_step.check
def no_gradient(f: Function, rng: Rng) -> None:
    """A gradient of 0: in Adam the decay alone makes a full step, in AdamW it takes its share

    Where nothing at all pulls, the weight stays: 0 / (0 + 1e-8) is 0.
    """
    same_value(f, spec, tensor([2.0, -3.0, 0.0]), tensor([0.0, 0.0, 0.0]), 0.5, 0.01, False)
    same_value(f, spec, tensor([2.0, -3.0, 0.0]), tensor([0.0, 0.0, 0.0]), 0.5, 0.01, True)


@adam_first_step.parity
def tiny_gradients(f: Function, rng: Rng) -> None:
    """A gradient of 1e-8 makes half a step: 1e-8 is added to its size

    Outside the root: sqrt(g² + 1e-8) would shorten the step of a gradient of 1e-4 by a third.
    """
    sign = float(rng.choice([-1.0, 1.0]))
    for decoupled in (False, True):
        gradient = sign * tensor([1e-8, -1e-9, 1e-7, -1e-6, 1e-4])
        same_value(f, spec, torch.zeros(5), gradient, 0.5, 0.0, decoupled)
    same_value(f, spec, tensor([2.0, -3.0]), sign * tensor([1e-8, -3e-8]), 0.5, 0.1, True)


@adam_first_step.parity
def adam_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64, for any shape and both kinds"""
    weights, gradient = draw_weights(rng, 2, 3).double(), draw_weights(rng, 2, 3).double()
    for decoupled in (False, True):
        same_dtype(f, spec, weights, gradient, 0.25, 0.01, decoupled)
        same_dtype(f, spec, tensor(-1.5), tensor(0.5), 0.25, 0.01, decoupled)


wrong = adam_first_step.misconceptions


def unit(gradient: Tensor) -> Tensor:
    """What Adam makes of a gradient in its first step: its sign, and 0 of 0."""
    return gradient / (gradient.abs() + 1e-8)


def of_change(change: Loss) -> Loss:
    """A step of -`change(lr, gradient)`, with the decay where it belongs."""

    def step(w: Tensor, g: Tensor, lr: float, decay: float, decoupled: bool) -> Tensor:
        kept = w - lr * decay * w if decoupled else w
        result: Tensor = kept - change(lr, g if decoupled else g + decay * w)
        return result

    return step


wrong.table(
    swapped=(
        "The two are swapped: `decoupled=True` is AdamW, which leaves the gradient alone.",
        lambda w, g, lr, decay, decoupled: spec(w, g, lr, decay, not decoupled),
    ),
    always_coupled=(
        "The decay always joins the gradient. Decoupled, it must stay out of it: that is what the W stands for.",
        lambda w, g, lr, decay, decoupled: spec(w, g, lr, decay, False),
        "R2",
    ),
    always_decoupled=(
        "The decay always acts on the weights directly. Adam's own weight_decay adds λ times the weights to the "
        "gradient, and divides the sum by its size.",
        lambda w, g, lr, decay, decoupled: spec(w, g, lr, decay, True),
        "R2",
    ),
    adam_without_decay=(
        "The decay is missing: this is right for λ = 0 only.",
        lambda w, g, lr, decay, decoupled: w - lr * unit(g),
    ),
    steps_of_sgd=(
        "The gradient is not divided by its size: these are steps of SGD.",
        lambda w, g, lr, decay, decoupled: w - lr * (g + decay * w),
    ),
    divided_by_root=(
        "The gradient is divided by the root of its size. Adam divides by √(g²), which is the size |g| itself.",
        lambda w, g, lr, decay, decoupled: (
            w * (1 - lr * decay) - lr * g / (g.abs().sqrt() + 1e-8)
            if decoupled
            else w - lr * (g + decay * w) / ((g + decay * w).abs().sqrt() + 1e-8)
        ),
    ),
    divided_by_the_old=(
        "The gradient is divided by the size that it had before λ times the weights joined it. Adam divides the sum by "
        "the size of the sum.",
        lambda w, g, lr, decay, decoupled: (
            spec(w, g, lr, decay, True) if decoupled else w - lr * (g + decay * w) / (g.abs() + 1e-8)
        ),
    ),
    share_without_rate=(
        "Decoupled, the decay is not multiplied by the learning rate. The share that goes is learning_rate · λ.",
        lambda w, g, lr, decay, decoupled: w - decay * w - lr * unit(g) if decoupled else spec(w, g, lr, decay, False),
    ),
    decay_afterwards=(
        "Decoupled, the weights step first and decay afterwards. torch lets them decay before the step.",
        lambda w, g, lr, decay, decoupled: (
            (1 - lr * decay) * (w - lr * unit(g)) if decoupled else spec(w, g, lr, decay, False)
        ),
    ),
    decay_by_sign=(
        "Decoupled, the decay is λ times the sign of the weight. It is λ times the weight.",
        lambda w, g, lr, decay, decoupled: (
            w - lr * decay * w.sign() - lr * unit(g) if decoupled else spec(w, g, lr, decay, False)
        ),
    ),
    adam_growth=(
        "Decoupled, the weights grow: the sign of the decay is turned round.",
        lambda w, g, lr, decay, decoupled: spec(w, g, lr, -decay if decoupled else decay, decoupled),
    ),
    coupled_growth=(
        "In Adam the weights are pushed away from 0: λ times the weights is subtracted from the gradient. Add it.",
        lambda w, g, lr, decay, decoupled: spec(w, g, lr, decay if decoupled else -decay, decoupled),
    ),
    adam_doubled=(
        "λ is doubled, as if the price were λ Σ w². Here too it stands for (λ/2) Σ w², with the gradient λw.",
        lambda w, g, lr, decay, decoupled: spec(w, g, lr, 2 * decay, decoupled),
        "R1",
    ),
)
wrong.table(
    of_change,
    divided_by_square=(
        "The gradient is divided by its square: small gradients explode. Divide by its size, |g|.",
        lambda lr, g: lr * g / (g.square() + 1e-8),
    ),
    divided_by_norm=(
        "The whole gradient is divided by its norm. Adam divides each weight's gradient by its own size.",
        lambda lr, g: lr * g / (l2_spec(g).sqrt() + 1e-8),
    ),
    adam_uphill=("This goes uphill. A step goes against the gradient.", lambda lr, g: -lr * unit(g)),
    uncorrected=(
        "The step is 3.16 times as long: the means of gradient and square lack their correction, 0.1 g over the root "
        "of 0.001 g². In the first step the corrected means are g and g².",
        lambda lr, g: lr * 0.1 * g / (sqrt(0.001) * g.abs() + 1e-8),
    ),
    nothing_over_nothing=(
        "0 / 0 came out as NaN: where nothing pulls, the 1e-8 below the line keeps the weight where it is.",
        lambda lr, g: lr * g / g.abs(),
    ),
    eps_under_the_root=(
        "1e-8 is added under the root, to g². It is added to |g|, after the root: under it 1e-8 is as much as a |g| of "
        "1e-4.",
        lambda lr, g: lr * g / (g.square() + 1e-8).sqrt(),
    ),
    sign_of_gradient=(
        "This moves by the sign of the gradient. In g / (|g| + 1e-8) the 1e-8 is felt where g is as small.",
        lambda lr, g: lr * g.sign(),
    ),
    other_eps=(
        "Another small number stands below the line: torch's Adam adds 1e-8 to |g|.",
        lambda lr, g, *, eps=1e-7: lr * g / (g.abs() + eps),
    ),
)
wrong.table(
    adam_change_only=(
        "This is the change. Add it to the weights.",
        lambda w, g, lr, decay, decoupled: spec(w, g, lr, decay, decoupled) - w,
    ),
)
wrong.terms(
    weights=("the old weight", lambda w, g, lr, decay, decoupled: w + 0 * g),
    share=(
        "the share that decays beside the step",
        lambda w, g, lr, decay, decoupled: 0 * g - (lr * decay * w if decoupled else 0 * w),
    ),
    step=("the step", lambda w, g, lr, decay, decoupled: 0 * w - lr * unit(g if decoupled else g + decay * w)),
)
wrong.table(
    adam_rate_missing=(
        "The step is not multiplied by the learning rate: every weight moves by 1.",
        lambda w, g, lr, decay, decoupled: w - lr * decay * w - unit(g) if decoupled else w - unit(g + decay * w),
    ),
    decayed_by_size=(
        "λ joins the gradient with the size of the weight, or its square. It is λ times the weight, sign and all.",
        (
            lambda w, g, lr, decay, decoupled: (
                spec(w, g, lr, decay, True) if decoupled else spec(w, g + decay * w.abs(), lr, 0.0, False)
            ),
            lambda w, g, lr, decay, decoupled: (
                spec(w, g, lr, decay, True) if decoupled else spec(w, g + decay * w.square(), lr, 0.0, False)
            ),
        ),
    ),
)
wrong.table(
    decay_in_both=(
        "Decoupled, the decay joins the gradient as well as the weights. It acts on the weights alone.",
        lambda w, g, lr, decay, decoupled: (
            w - lr * decay * w - lr * unit(g + decay * w) if decoupled else spec(w, g, lr, decay, False)
        ),
    ),
)
