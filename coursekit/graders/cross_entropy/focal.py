"""Silencing what is known already: `focal_loss`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Rng,
    argument_fixed,
    same_dtype,
    same_gradient,
    same_value,
    scaled_gradient,
)
from coursekit.exercise.families.inputs import indices
from coursekit.graders.cross_entropy.common import draw_weight
from coursekit.graders.cross_entropy.picking_spec import nll_loss_spec
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec
from coursekit.graders.softmax.log_softmax import log_after_softmax, no_shift


def sample_losses(logits: Tensor, target: Tensor) -> Tensor:
    """-ln p of every sample's right class."""
    return nll_loss_spec(log_softmax_spec(logits, 1), target, reduction="none")


def focal_loss_spec(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    """Σ w[y] (1 - p)^γ (-ln p) / N."""
    nll = sample_losses(logits, target)
    w = logits.new_ones(logits.shape[1]) if weight is None else weight
    return (w[target] * (1 - nll.neg().exp()) ** gamma * nll).sum() / len(logits)


focal_loss = Exercise(
    "focal_loss",
    focal_loss_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A factor of (1 - p)^γ silences what is known already, one sample at a time: it must be inside the mean.",
    hints=(
        "Start from one surprise per sample, unreduced. Which p belongs to a surprise of nll?",
        "p = exp(-nll), from the surprise before any weight is on it.",
        "Multiply (1 - p)^γ, the surprise and weight[target], sample by sample; only then take the mean.",
    ),
)


@focal_loss.check
def focal_default(f: Function, rng: Rng) -> None:
    """γ = 2: sure samples fall silent"""
    same_value(f, focal_loss_spec, tensor([[1.0, 2.0]]), tensor([0]))
    same_value(f, focal_loss_spec, tensor([[1.0, 2.0], [1.0, 3.0]]), tensor([0, 1]))
    same_value(f, focal_loss_spec, draw_logits(rng, 3, 3), indices(rng, 3, 3))


@focal_loss.check
def focal_gamma(f: Function, rng: Rng) -> None:
    """γ is the exponent: with 0 the loss is the cross-entropy"""
    x, y = draw_logits(rng, 2, 3), indices(rng, 3, 2)
    for gamma in (0.0, 1.0, 0.5 * int(rng.integers(5, 9))):
        same_value(f, focal_loss_spec, x, y, gamma=gamma)


@focal_loss.check
def focal_weight(f: Function, rng: Rng) -> None:
    """Weights are factors on the losses; the mean still divides by N

    p comes from the surprise without its weight.
    """
    x, y, w = draw_logits(rng, 3, 3), tensor([2, 0, 0]), draw_weight(rng, 3)
    same_value(f, focal_loss_spec, x, y, weight=w)
    same_value(f, focal_loss_spec, x, y, gamma=1.0, weight=w)


@focal_loss.check
def focal_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right

    It flows through the surprise and through the factor (1 - p)^γ.
    """
    same_gradient(f, focal_loss_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, focal_loss_spec, draw_logits(rng, 2, 2), tensor([0, 1]), gamma=1.0, weight=draw_weight(rng, 2))


@focal_loss.parity
def focal_extremes(f: Function, rng: Rng) -> None:
    """Very large logits: a sure mistake costs its full surprise, a sure hit nothing"""
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, focal_loss_spec, tensor([[big, 0.0], [0.0, 1.0]]), tensor([0, 0]))
    same_gradient(f, focal_loss_spec, tensor([[big, 0.0]]), tensor([1]))


@focal_loss.parity
def focal_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, w = draw_logits(rng, 2, 2), tensor([0, 1]), draw_weight(rng, 2)
    same_dtype(f, focal_loss_spec, x, y, weight=w)
    same_dtype(f, focal_loss_spec, x.double(), y, weight=w.double())


scaled_gradient(focal_loss, lambda rng: (draw_logits(rng, 2, 2), tensor([0, 1])), name="focal_scaled")


def factor(nll: Tensor, gamma: float) -> Tensor:
    """(1 - p)^γ."""
    return (1 - nll.neg().exp()) ** gamma


def weighed(losses: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """Each sample's number times the weight of its class."""
    return losses if weight is None else losses * weight[target]


wrong = focal_loss.misconceptions


@wrong(
    "p was computed from the weighted surprise: exp(-w·nll) is p to the power w. Take p before the weight is on.",
    covers="CE25",
)
def weighted_probability(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = weighed(sample_losses(logits, target), target, weight)
    return (factor(nll, gamma) * nll).mean()


@wrong(
    "The factor was computed from the mean of the losses: one factor for the whole batch only rescales the "
    "cross-entropy. Each sample needs its own, before the mean.",
    covers="CE26",
)
def one_factor(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = weighed(sample_losses(logits, target), target, weight).mean()
    return factor(nll, gamma) * nll


@wrong("The factor is p^γ: it keeps the easy samples and silences the hard ones. Use 1 - p.")
def keeps_the_easy(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = weighed(sample_losses(logits, target), target, weight)
    return (sample_losses(logits, target).neg().exp() ** gamma * nll).mean()


argument_fixed(wrong, "always_two", "`gamma` is not used: the exponent is always 2.", gamma=2.0)
argument_fixed(wrong, "no_factor", "This is the cross-entropy; the factor (1 - p)^γ is missing.", gamma=0.0)
wrong.table(
    gamma_as_factor=(
        "This multiplies by γ instead of raising to the power γ.",
        lambda x, y, gamma=2.0, **flags: gamma * focal_loss_spec(x, y, 1.0, **flags),
    ),
    factor_alone=(
        "The factor (1 - p)^γ stands alone; the surprise -ln p that it should scale is missing.",
        lambda x, y, gamma=2.0, weight=None: weighed(factor(sample_losses(x, y), gamma), y, weight).mean(),
    ),
)


@wrong(
    "The sum is divided by the weights, as `cross_entropy` does. Here the docstring asks for the mean over the N "
    "samples."
)
def focal_by_weights(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    value = focal_loss_spec(logits, target, gamma, weight)
    return value if weight is None else value * len(logits) / weight[target].sum()


@wrong("The sum is divided by the factors (1 - p)^γ. The easy samples then count as much as before.")
def focal_by_factors(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    factors = factor(sample_losses(logits, target), gamma)
    return focal_loss_spec(logits, target, gamma, weight) * len(logits) / factors.sum()


wrong.table(
    focal_sum=(
        "This is the sum over the samples: take the mean.",
        lambda x, y, **flags: focal_loss_spec(x, y, **flags) * len(x),
    ),
)
argument_fixed(
    wrong,
    "focal_no_weight",
    "`weight` is not used: each loss is to be multiplied by the weight of its class.",
    weight=None,
)


@wrong("The weights were given to the samples in their order. They belong to the classes: weight[target].")
def focal_weight_by_row(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = sample_losses(logits, target)
    return (factor(nll, gamma) * nll * (1.0 if weight is None else weight)).mean()


@wrong(
    "The factor was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that the "
    "factor moves with p too."
)
def factor_detached(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = sample_losses(logits, target)
    return weighed(factor(nll.detach(), gamma) * nll, target, weight).mean()


@wrong(
    "A probability was rounded to 0 before its logarithm was taken. Start from a stable log-softmax, and take p as "
    "exp of it.",
    covers="CE2",
)
def focal_log_after_softmax(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    p = log_after_softmax(logits, 1).exp().gather(1, target.unsqueeze(1)).squeeze(1)
    return weighed((1 - p) ** gamma * -p.log(), target, weight).mean()


@wrong(
    "exp overflows for large logits. Take each row's largest logit away before `exp`, as in your `log_softmax`.",
    covers="CE3",
)
def focal_no_shift(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = nll_loss_spec(no_shift(logits, 1), target, reduction="none")
    return weighed(factor(nll, gamma) * nll, target, weight).mean()


wrong.table(
    weight_in_the_factor=(
        "The weight is inside the factor, so it is raised to the power γ as well. It multiplies each sample once.",
        lambda x, y, gamma=2.0, weight=None: (
            weighed(1 - sample_losses(x, y).neg().exp(), y, weight) ** gamma * sample_losses(x, y)
        ).mean(),
    ),
    likeliest_probability=(
        "p is that of the likeliest class. It is that of the right one: the target says which.",
        lambda x, y, gamma=2.0, weight=None: weighed(
            (1 - log_softmax_spec(x, 1).exp().amax(1)) ** gamma * sample_losses(x, y), y, weight
        ).mean(),
    ),
    exponent_one_less=(
        "The exponent is γ - 1. The factor is (1 - p)^γ, as it stands.",
        lambda x, y, gamma=2.0, **flags: focal_loss_spec(x, y, gamma - 1, **flags),
    ),
)
wrong.table(
    surprise_to_the_power=(
        "The surprise itself is raised to the power γ. Only 1 - p is: the factor stands before -ln p.",
        (
            lambda x, y, gamma=2.0, weight=None: weighed(sample_losses(x, y) ** gamma, y, weight).mean(),
            lambda x, y, gamma=2.0, weight=None: weighed(
                (factor(sample_losses(x, y), 1.0) * sample_losses(x, y)) ** gamma, y, weight
            ).mean(),
        ),
    ),
)


def of_samples(formula: Loss) -> Loss:
    """The mean of `formula(p, gamma)` times the surprise, with p the probability of the right class; weighted."""

    def loss(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
        nll = sample_losses(logits, target)
        return weighed(formula(nll.neg().exp(), gamma) * nll, target, weight).mean()

    return loss


wrong.table(
    of_samples,
    power_before_difference=(
        "The factor is 1 - p^γ. It is (1 - p)^γ: take the difference first.",
        lambda p, gamma: 1 - p**gamma,
    ),
    one_plus=("The factor is (1 + p)^γ. It is (1 - p)^γ.", lambda p, gamma: (1 + p) ** gamma),
    exponent_one_more=("The exponent is γ + 1. It is γ.", lambda p, gamma: (1 - p) ** (gamma + 1)),
    exponential_factor=(
        "The factor is exp(-γ p), or p^-γ or the like. It is (1 - p)^γ.",
        (lambda p, gamma: (-gamma * p).exp(), lambda p, gamma: (gamma * (1 - p)).exp(), lambda p, gamma: p**-gamma),
    ),
    quarter=(
        "The losses are multiplied by an alpha, as in the paper's other formula. Here only `weight` does that.",
        (lambda p, gamma: 0.25 * (1 - p) ** gamma, lambda p, gamma: 0.75 * (1 - p) ** gamma),
    ),
    root_of_the_rest=(
        "The root of 1 - p is taken. The exponent is γ.",
        lambda p, gamma: (1 - p) ** (1 / max(gamma, 1e-3)),
    ),
    factor_and_surprise=(
        "The factor is added to the loss. It multiplies it.",
        lambda p, gamma: 1 + (1 - p) ** gamma,
    ),
    first_term_kept=(
        "The factor is taken from the loss: 1 - (1 - p)^γ. It multiplies it as it is.",
        lambda p, gamma: 1 - (1 - p) ** gamma,
    ),
)


@wrong(
    "All classes are added up, each as a yes or a no of its own, or each with a factor of its own. Only the right "
    "class counts."
)
def focal_of_all_classes(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    log_p = log_softmax_spec(logits, 1)
    p, right = log_p.exp(), torch.eye(logits.shape[1], dtype=logits.dtype)[target]
    yes, no = (1 - p) ** gamma * log_p, p**gamma * (-p).log1p()
    return -weighed((right * yes + (1 - right) * no).sum(1), target, weight).mean()


@wrong("The weight multiplies the loss twice.")
def focal_weight_twice(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    return focal_loss_spec(logits, target, gamma, None if weight is None else weight.square())


@wrong("The reduction is missing: this is one loss per sample. Take their mean.")
def focal_of_each(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = sample_losses(logits, target)
    return weighed(factor(nll, gamma) * nll, target, weight)


wrong.table(
    of_samples,
    probability_loss=(
        "The surprise -ln p is missing, 1 - p stands in its place: this is (1 - p)^(γ + 1).",
        lambda p, gamma: (1 - p) ** (gamma + 1) / -p.log(),
    ),
)


@wrong("The weights multiply the logits. They multiply the losses.")
def focal_weighted_logits(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    return focal_loss_spec(logits if weight is None else logits * weight, target, gamma)
