"""What Laplace's noise and Gauss's are asked alike: the cases of their twins, and what holds of -ln of any density."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import torch
from torch import tensor

from coursekit.exercise import Exercise, Function, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import DTYPES, noise
from coursekit.wire import Question

# of mean, target and width
SHAPES = (((3,),) * 3, ((2, 3),) * 3, ((2, 2, 2),) * 3, ((0, 3),) * 3, ((2, 1), (3,), (1,)))


def noise_cases() -> Iterator[Question]:
    """Shapes × dtypes with all gradients."""
    for shapes, dtype in product(SHAPES, DTYPES):
        input, target, width = (
            torch.linspace(low, high, math.prod(shape), dtype=dtype).reshape(shape)
            for shape, (low, high) in zip(shapes, ((-1.9, 2.1), (3.3, -1.2), (0.04, 2.7)))
        )
        yield Question((input, target, width), wrt=(0, 1, 2))


def noise_checks(exercise: Exercise) -> None:
    """What holds of -ln of any density, whatever its shape; the second half is parity."""
    spec = exercise.spec

    @exercise.check
    def any_shape(f: Function, rng: Rng) -> None:
        """One surprise per element, in any shape"""
        same_value(f, spec, *noise(rng, 2, 3))
        input, target, width = noise(rng, 3)
        same_value(f, spec, input[:, None], target, width[:1])

    @exercise.check
    def every_gradient(f: Function, rng: Rng) -> None:
        """The gradient is right, for all three"""
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
    def exact_hit(f: Function, rng: Rng) -> None:
        """An exact hit costs what the width costs, and has a slope of 0 for the prediction

        If a NaN stands there: the root of a square has no slope at 0. `abs` has one.
        """
        input, _, width = noise(rng, 3)
        same_gradient(f, spec, input, input, width, wrt=(0, 1, 2))

    keeps_dtype(exercise, lambda rng: noise(rng, 3))
