"""The surprise of a normal error: `gaussian_nll`."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import READY_MADE, Loss, Rng
from coursekit.graders.counts_and_noise.noise import (
    NOISE_SHAPES,
    gaussian_nll_spec,
    laplace_nll_spec,
    noise,
    noise_cases,
    noise_checks,
    noise_mistakes,
)


def torch_normal(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    """The surprise by torch's own distribution, which wants the standard deviation."""
    log_density: Tensor = torch.distributions.Normal(input, var.sqrt()).log_prob(target)  # type: ignore[no-untyped-call]
    return -log_density


gaussian_nll = Exercise(
    "gaussian_nll",
    gaussian_nll_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=torch_normal,
    cases=lambda: noise_cases(NOISE_SHAPES),
    idea="Under Gauss's noise the surprise is the squared error, in variances, plus the price of the variance.",
    hints=(
        "The density is exp(-(x - input)² / (2 · var)) / √(2π · var). Take -ln on paper: a sum of two terms.",
        "ln √a is ½ ln a. Is σ needed anywhere, or only σ²?",
    ),
)


@gaussian_nll.check
def gaussian_two_off(f: Function, rng: Rng) -> None:
    """2 off at a variance of 1: 2.9189; at a variance of 4: 2.1121

    The last argument is the variance σ², not the standard deviation σ.
    """
    same_value(f, gaussian_nll_spec, tensor([0.0, 0.0]), tensor([2.0, 2.0]), tensor([1.0, 4.0]))
    same_value(f, gaussian_nll_spec, *noise(rng, 3))


@gaussian_nll.parity
def gaussian_negative(f: Function, rng: Rng) -> None:
    """A narrow density is above 1, and its surprise below 0 (float64)

    Look for a clamp, and for a small number added to the variance.
    """
    narrow = 10.0 ** -int(rng.integers(2, 5))
    input = tensor([0.5, -0.5], dtype=torch.float64)
    same_gradient(f, gaussian_nll_spec, input, input + narrow, input * 0 + 2 * narrow**2, wrt=(0, 2))


noise_checks(gaussian_nll)
noise_mistakes(gaussian_nll)

HALF_LN_2PI = math.log(2 * math.pi) / 2

# each mistake as two terms of error d and variance v: of the width, then of the distance
GAUSSIAN_TERMS: tuple[tuple[str, str, Loss], ...] = (
    (
        "deviation_given",
        "The variance is taken for the standard deviation: it was squared. It is σ² already.",
        lambda d, v: v.log() + d.square() / (2 * v.square()),
    ),
    (
        "deviation_below",
        "The squared error is divided by σ, the root of the variance. Squares are measured in variances: divide by "
        "σ² itself.",
        lambda d, v: v.log() / 2 + d.square() / (2 * v.sqrt()),
    ),
    (
        "not_halved",
        "The ½ is missing: this is twice the surprise of every element.",
        lambda d, v: v.log() + d.square() / v,
    ),
    (
        "logarithm_not_halved",
        "ln var is not halved. The density holds the root of the variance, and ln √var is ½ ln var.",
        lambda d, v: v.log() + d.square() / (2 * v),
    ),
    (
        "square_not_halved",
        "The square is not halved: a Gaussian's exponent holds (x - μ)² / (2σ²), with a 2 below.",
        lambda d, v: v.log() / 2 + d.square() / v,
    ),
    (
        "logarithm_subtracted",
        "ln var was subtracted. The width divides the density, so it adds to the surprise.",
        lambda d, v: -v.log() / 2 + d.square() / (2 * v),
    ),
    (
        "logarithm_left_out",
        "ln var is missing. Without the price of a large variance, an infinite one is always the best.",
        lambda d, v: d.square() / (2 * v),
    ),
    (
        "variance_not_used",
        "The variance is not used: this is half the squared error, as if every variance were 1.",
        lambda d, v: d.square() / 2 + 0 * v,
    ),
    (
        "variance_multiplied",
        "The square is multiplied by the variance. Wide noise makes an error less surprising: divide.",
        lambda d, v: v.log() / 2 + d.square() * v / 2,
    ),
    (
        "precision_given",
        "The variance is taken for the precision 1/σ². Its logarithm is added, and the square is divided by it.",
        lambda d, v: -v.log() / 2 + d.square() * v / 2,
    ),
    (
        "log_variance_given",
        "The variance is taken for its logarithm, as many networks give it, and put through `exp`. It is σ² itself.",
        lambda d, v: v / 2 + d.square() / (2 * v.exp()),
    ),
    (
        "softplus_variance",
        "The variance went through a softplus. The caller makes it positive; here it is taken as it stands.",
        lambda d, v: F.softplus(v).log() / 2 + d.square() / (2 * F.softplus(v)),
    ),
    (
        "not_squared",
        "The error is not squared. A Gaussian's exponent holds (x - μ)².",
        lambda d, v: v.log() / 2 + d.abs() / (2 * v),
    ),
    (
        "variance_detached",
        "No gradient flows back to the variance: the value is right, and no model learns how noisy its data are.",
        lambda d, v: v.detach().log() / 2 + d.square() / (2 * v.detach()),
    ),
    (
        "logarithm_detached",
        "No gradient flows through ln var: the value is right, and every variance grows without end.",
        lambda d, v: v.detach().log() / 2 + d.square() / (2 * v),
    ),
    (
        "bits_in_the_logarithm",
        "The logarithm is to base 2. Nats need `torch.log`.",
        lambda d, v: v.log2() / 2 + d.square() / (2 * v),
    ),
)


for _name, _explanation, _terms in GAUSSIAN_TERMS:

    def _wrong(input: Tensor, target: Tensor, var: Tensor, _terms: Loss = _terms) -> Tensor:
        return _terms(target - input, var) + HALF_LN_2PI

    gaussian_nll.misconception(_explanation, _name)(_wrong)


@gaussian_nll.misconception(
    "½ ln 2π is missing. It moves no minimum, but without it this is no density, and no likelihood to compare."
)
def constant_missing(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var) - HALF_LN_2PI


@gaussian_nll.misconception("ln 2π is not halved: it stands under the root with the variance, so ½ ln(2π · var).")
def constant_whole(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var) + HALF_LN_2PI


@gaussian_nll.misconception("The constant is ½ ln π. The 2 of 2π is missing.")
def constant_without_two(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var) - math.log(2) / 2


@gaussian_nll.misconception(
    "A small number (1e-6) was added to the variance. A variance is positive; nothing needs protection."
)
def gaussian_padded(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var + 1e-6)


@gaussian_nll.misconception("This is Laplace's surprise with the root of `var` as its scale.")
def laplace_for_gauss(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return laplace_nll_spec(input, target, var.sqrt())
