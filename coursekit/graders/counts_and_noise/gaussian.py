"""The surprise of a normal error: `gaussian_nll`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import READY_MADE, noise
from coursekit.graders.counts_and_noise.noise import noise_cases, noise_checks
from coursekit.graders.counts_and_noise.shared_mistakes import gaussian_mistakes, noise_mistakes
from coursekit.graders.counts_and_noise.specs import HALF_LN_2PI, gaussian_nll_spec, laplace_nll_spec


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
    cases=noise_cases,
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
    narrow = 10.0 ** -int(rng.integers(4, 7))
    input = tensor([0.5, -0.5], dtype=torch.float64)
    same_gradient(f, gaussian_nll_spec, input, input + narrow, input * 0 + 2 * narrow**2, wrt=(0, 2))


noise_checks(gaussian_nll)

wrong = gaussian_nll.misconceptions

noise_mistakes(wrong)
gaussian_mistakes(wrong, lambda terms: lambda input, target, var: terms(target - input, var) + HALF_LN_2PI)

wrong.table(
    constant_missing=(
        "½ ln 2π is missing. It moves no minimum, but without it this is no density, and no likelihood to compare.",
        lambda input, target, var: gaussian_nll_spec(input, target, var) - HALF_LN_2PI,
    ),
    only_the_square=(
        "This is the square alone: ½ ln(2π · var) is missing. Without it the widest noise is always the best.",
        lambda input, target, var: (target - input).square() / (2 * var),
    ),
    constant_whole=(
        "ln 2π is not halved: it stands under the root with the variance, so ½ ln(2π · var).",
        lambda input, target, var: gaussian_nll_spec(input, target, var) + HALF_LN_2PI,
    ),
    constant_without_two=(
        "The constant is ½ ln π. The 2 of 2π is missing.",
        lambda input, target, var: gaussian_nll_spec(input, target, var) - math.log(2) / 2,
    ),
    gaussian_padded=(
        "A small number was added to the variance. A variance is positive; nothing needs protection.",
        lambda input, target, var, *, eps=1e-6: gaussian_nll_spec(input, target, var + eps),
    ),
    laplace_for_gauss=(
        "This is Laplace's surprise with the root of `var` as its scale.",
        lambda input, target, var: laplace_nll_spec(input, target, var.sqrt()),
    ),
)
wrong.table(
    both_not_halved=(
        "ln(2π · var) is not halved. It comes from a root: ½ ln(2π · var).",
        lambda input, target, var: gaussian_nll_spec(input, target, var) + var.log() / 2 + HALF_LN_2PI,
    ),
)
wrong.terms(
    width=("½ ln var", lambda input, target, var: var.log() / 2 + 0 * (input + target)),
    distance=("the square over 2 · var", lambda input, target, var: (target - input).square() / (2 * var)),
    two_pi=("½ ln 2π", lambda input, target, var: 0 * (input + target + var) + HALF_LN_2PI),
)
