"""The surprise of an error with heavy tails: `laplace_nll`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import READY_MADE, noise
from coursekit.graders.counts_and_noise.noise import noise_cases, noise_checks
from coursekit.graders.counts_and_noise.shared_mistakes import noise_mistakes
from coursekit.graders.counts_and_noise.specs import gaussian_nll_spec, laplace_nll_spec


def torch_laplace(input: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """The surprise by torch's own distribution."""
    log_density: Tensor = torch.distributions.Laplace(input, scale).log_prob(target)  # type: ignore[no-untyped-call]
    return -log_density


laplace_nll = Exercise(
    "laplace_nll",
    laplace_nll_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=torch_laplace,
    cases=noise_cases,
    idea="Under Laplace's noise the surprise is the absolute error, measured in scales, plus the price of the scale.",
    hints=(
        "Take -ln of exp(-|x - input| / scale) / (2 · scale) on paper: a product becomes a sum of two terms.",
        "-ln exp(-a) is a, and -ln(1/b) is ln b.",
    ),
)


@laplace_nll.check
def laplace_one_off(f: Function, rng: Rng) -> None:
    """2 off at a scale of 1: 2 + ln 2 = 2.6931; at a scale of 2: 1 + ln 4 = 2.3863"""
    same_value(f, laplace_nll_spec, tensor([0.0, 0.0]), tensor([2.0, 2.0]), tensor([1.0, 2.0]))
    same_value(f, laplace_nll_spec, *noise(rng, 3))


@laplace_nll.parity
def laplace_negative(f: Function, rng: Rng) -> None:
    """A narrow density is above 1, and its surprise below 0 (float64)

    Look for a clamp, and for a small number added to the scale.
    """
    narrow = 10.0 ** -int(rng.integers(7, 10))
    input = tensor([0.5, -0.5], dtype=torch.float64)
    same_gradient(f, laplace_nll_spec, input, input + narrow, input * 0 + 2 * narrow, wrt=(0, 2))


noise_checks(laplace_nll)

wrong = laplace_nll.misconceptions

noise_mistakes(wrong)

# of the error d and the scale b
wrong.table(
    lambda terms: lambda input, target, scale: terms(target - input, scale),
    laplace_width_missing=(
        "ln(2 · scale) is missing. Without it the widest noise is always the best.",
        lambda d, b: d.abs() / b,
    ),
    laplace_two_missing=(
        "This has ln scale in place of ln(2 · scale): the density has two sides, and its area must be 1.",
        lambda d, b: d.abs() / b + b.log(),
    ),
    laplace_width_subtracted=(
        "ln(2 · scale) was subtracted. It divides the density, so it adds to the surprise.",
        lambda d, b: d.abs() / b - (2 * b).log(),
    ),
    laplace_two_outside=("This has 2 · ln scale in place of ln(2 · scale).", lambda d, b: d.abs() / b + 2 * b.log()),
    laplace_scale_missing=(
        "The error is not divided by the scale: it is to be measured in widths of the noise.",
        lambda d, b: d.abs() + (2 * b).log(),
    ),
    laplace_multiplied=(
        "The error is multiplied by the scale. Wide noise makes an error less surprising: divide.",
        lambda d, b: d.abs() * b + (2 * b).log(),
    ),
    laplace_halved=(
        "The error is divided by 2 · scale. The 2 belongs to the area under the density, not to the exponent.",
        lambda d, b: d.abs() / (2 * b) + (2 * b).log(),
    ),
    laplace_squared=(
        "The error is squared: that is Gauss. Laplace's exponent holds |x - input|.",
        lambda d, b: d.square() / b + (2 * b).log(),
    ),
    laplace_exponent_of_gauss=(
        "The exponent is Gauss's, (x - input)² / (2 · scale²). Laplace's is |x - input| / scale.",
        (
            lambda d, b: d.square() / (2 * b.square()) + (2 * b).log(),
            lambda d, b: d.square() / b.square() + (2 * b).log(),
        ),
    ),
    laplace_variance=(
        "The scale is taken for a variance, which is 2 · scale². It is the scale itself.",
        lambda d, b: d.abs() / (b / 2).sqrt() + (2 * (b / 2).sqrt()).log(),
    ),
    laplace_log_missing=(
        "Of ln(2 · scale) only the ln 2 is there: without ln scale the widest noise is always the best.",
        lambda d, b: d.abs() / b + math.log(2),
    ),
    laplace_scale_squared=(
        "The scale is squared below the error. Laplace's exponent holds |x - input| / scale.",
        lambda d, b: d.abs() / b.square() + (2 * b).log(),
    ),
    laplace_sign_kept=(
        "The error keeps its sign. Too low and too high are equally surprising: take the absolute value.",
        lambda d, b: d / b + (2 * b).log(),
    ),
    laplace_deviation=(
        "The scale is taken for a standard deviation and divided by √2. It is the scale itself: Laplace's standard "
        "deviation is √2 · scale.",
        lambda d, b: d.abs() * math.sqrt(2) / b + (math.sqrt(2) * b).log(),
    ),
    laplace_log_scale=(
        "The scale is taken for a logarithm, and put through `exp`. It is the scale itself.",
        lambda d, b: d.abs() / b.exp() + b + math.log(2),
    ),
    laplace_padded=(
        "A small number was added to the scale. A scale is positive; nothing needs protection.",
        lambda d, b, *, eps=1e-6: d.abs() / (b + eps) + (2 * (b + eps)).log(),
    ),
    scale_detached=(
        "No gradient flows back to the scale. A model can learn how noisy its data are.",
        lambda d, b: d.abs() / b.detach() + (2 * b.detach()).log(),
    ),
)

wrong.table(
    gauss_for_laplace=(
        "This is Gauss's surprise with `scale` as its standard deviation.",
        lambda input, target, scale: gaussian_nll_spec(input, target, scale.square()),
    )
)
wrong.terms(
    distance=("the distance over the scale", lambda input, target, scale: (target - input).abs() / scale),
    width=("ln scale", lambda input, target, scale: scale.log() + 0 * (input + target)),
    two=("ln 2", lambda input, target, scale: 0 * (input + target + scale) + math.log(2)),
)
wrong.table(
    lambda terms: lambda input, target, scale: terms(target - input, scale),
    laplace_one_scale=(
        "The scales are averaged: each number has a width of its own.",
        (
            lambda d, b: d.abs() / b.mean() + (2 * b).log(),
            lambda d, b: d.abs() / b + (2 * b.mean()).log(),
            lambda d, b: d.abs() / b.mean() + (2 * b.mean()).log(),
        ),
    ),
    laplace_scale_rooted=(
        "The root of the scale stands below the error. It is the scale itself.",
        lambda d, b: d.abs() / b.sqrt() + (2 * b).log(),
    ),
    laplace_rounded_corner=(
        "A small number under a root rounds the corner off. Laplace's exponent is |x - input|.",
        lambda d, b, *, eps=1e-8: (d.square() + eps).sqrt() / b + (2 * b).log(),
    ),
)
