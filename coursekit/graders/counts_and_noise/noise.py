"""What the two kinds of noise share: their densities, their cases, and what holds of -ln of any density."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import DTYPES, Rng, draw
from coursekit.graders.counts_and_noise.shared_mistakes import wrong_densities
from coursekit.wire import Question


def laplace_nll_spec(input: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """|target - input| / scale + ln(2 · scale)."""
    return (target - input).abs() / scale + (2 * scale).log()


def gaussian_nll_spec(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    """½ ln(2π · var) + (target - input)² / (2 · var)."""
    return (2 * math.pi * var).log() / 2 + (target - input).square() / (2 * var)


def noise_cases(twin_shapes: tuple[tuple[tuple[int, ...], ...], ...]) -> Iterator[Question]:
    """Shapes × dtypes with all gradients."""
    for shapes, dtype in product(twin_shapes, DTYPES):
        input, target, width = (
            torch.linspace(low, high, math.prod(shape), dtype=dtype).reshape(shape)
            for shape, (low, high) in zip(shapes, ((-1.9, 2.1), (3.3, -1.2), (0.04, 2.7)))
        )
        yield Question((input, target, width), wrt=(0, 1, 2))


NOISE_SHAPES = (((3,),) * 3, ((2, 3),) * 3, ((2, 2, 2),) * 3, ((0, 3),) * 3, ((2, 1), (3,), (1,)))


def noise(rng: Rng, *shape: int) -> tuple[Tensor, Tensor, Tensor]:
    """Means, targets at least 0.5 away from them, and widths away from 1, whose logarithm is 0 and square 1."""
    input = draw(rng, -20, 20, *shape)
    away = draw(rng, 5, 25, *shape) * tensor(rng.choice([-1.0, 1.0], size=shape)).float()
    return input, (input + away).mul(10).round().div(10), draw(rng, 12, 35, *shape)


def noise_checks(exercise: Exercise) -> None:
    """What holds of -ln of any density, whatever its shape; the second half is parity."""
    spec = exercise.spec

    @exercise.check
    def any_shape(f: Function, rng: Rng) -> None:
        """One surprise an element, in any shape"""
        same_value(f, spec, *noise(rng, 2, 3))
        input, target, width = noise(rng, 3)
        same_value(f, spec, input[:, None], target, width[:1])

    @exercise.check
    def every_gradient(f: Function, rng: Rng) -> None:
        """The gradient is right, by all three"""
        same_gradient(f, spec, *noise(rng, 2, 2), wrt=(0, 1, 2))

    @exercise.parity
    def far_out(f: Function, rng: Rng) -> None:
        """An error of 200 has a finite price and a slope

        Write the logarithm on paper: what it takes apart need not be multiplied first.
        """
        far = 200.0 + int(rng.integers(1, 9))
        args = tensor([0.0, 1.0]), tensor([far, -far]), tensor([1.0, 1.5])
        same_gradient(f, spec, *args, wrt=(0, 1, 2))

    @exercise.parity
    def keeps_dtype(f: Function, rng: Rng) -> None:
        """float32 stays float32, float64 stays float64"""
        args = noise(rng, 3)
        same_dtype(f, spec, *args)
        same_dtype(f, spec, *(x.double() for x in args))


def noise_mistakes(exercise: Exercise) -> None:
    """The mistakes of -ln of a density, which may underflow, and exceed 1 where a probability of a count may not."""

    @exercise.misconception(
        "The density is computed first and its logarithm taken then. Far from the centre the density is rounded to 0, "
        "and its surprise to inf. Take the logarithm on paper."
    )
    def density_first(*args: Tensor) -> Tensor:
        return -(-exercise.spec(*args)).exp().log()

    wrong_densities(exercise)

    @exercise.misconception(
        "What is below 0 was cut off. A density may be larger than 1; -ln of it is then negative, and right."
    )
    def kept_above_0(*args: Tensor) -> Tensor:
        return exercise.spec(*args).clamp(min=0)
