"""What is asked of each of torch's four, whatever its formula: reductions, gradients, dtypes, weights; and cases."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Question,
    Rng,
    each_reduction,
    no_elements,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.regression.common import DTYPES, draw_weight, pair


def torch_cases(*flags: dict[str, Any], weights: bool, edges: tuple[float, ...]) -> Iterator[Question]:
    """Reductions × flags × weights × shapes × dtypes with gradients by all; then `edges` as errors, in value."""
    shapes: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3), (2, 2), (2, 1, 3), (0, 3))
    for reduction, flag, dtype, shape in product(REDUCTIONS, flags, DTYPES, shapes):
        size = math.prod(shape)
        input = torch.linspace(-3, 2.5, size, dtype=dtype).reshape(shape)
        target = torch.linspace(1, -0.7, size, dtype=dtype).cos().reshape(shape)
        yield Question((input, target), {"reduction": reduction, **flag}, wrt=(0, 1))
        yield Question((input, input.clone()), {"reduction": reduction, **flag}, wrt=(0, 1))
        for factors in (torch.linspace(0.1, 0.3, size), torch.linspace(3, 0, size), torch.zeros(size)):
            if weights:
                kwargs = {"reduction": reduction, "weight": factors.reshape(shape).to(dtype), **flag}
                yield Question((input, target), kwargs, wrt=(0, 1))
    for reduction, flag in product(REDUCTIONS, flags):
        kwargs = {"reduction": reduction, **flag}
        error = tensor(edges)
        yield Question((error, torch.zeros_like(error)), kwargs)
        for one in error[~error.isnan()]:  # the slope at NaN is 0 in L1 and NaN in the others, an accident of both
            yield Question((one[None], one.new_zeros(1)), kwargs, wrt=(0, 1))
        yield Question((tensor([0.5, -2.0]), tensor([0, 3])), kwargs)
        # (N, 1) against (N,): torch warns, and computes N × N losses
        yield Question((tensor([[1.0], [2.5], [4.0]]), tensor([1.0, 3.0, 5.0])), kwargs, wrt=(0, 1))
        yield Question((error.double(), torch.ones_like(error)), kwargs)


def mean_and_sum(exercise: Exercise) -> None:
    """The core check that each of the four has: a mean and a sum of more than one row."""
    words = "'mean', the default, is over all elements of a table; 'sum' too"
    each_reduction(exercise, lambda rng: pair(rng, 2, 3), words, "of_a_table", reductions=("mean", "sum", None))


def drop_in_parity(exercise: Exercise, *flags: dict[str, Any]) -> None:
    """What each of the four owes besides its formula, whatever the formula is."""
    spec = exercise.spec

    @exercise.parity
    def three_reductions(f: Function, rng: Rng) -> None:
        """Three reductions, for one, two and three dimensions, and for a single number

        'mean' divides by the number of all elements, whatever the shape.
        """
        for shape, reduction in product(((2, 2), (3,), (2, 1, 3), ()), REDUCTIONS):
            same_value(f, spec, *pair(rng, *shape), reduction=reduction)

    @exercise.parity
    def every_gradient(f: Function, rng: Rng) -> None:
        """The gradient with every reduction and flag, for input and target"""
        for reduction, flag in product(REDUCTIONS, flags):
            same_gradient(f, spec, *pair(rng, 2, 3), wrt=(0, 1), scale=3.0, reduction=reduction, **flag)

    no_elements(exercise, lambda rng: pair(rng, 2, 3))

    @exercise.parity
    def nan_shows(f: Function, rng: Rng) -> None:
        """A NaN is not hidden, an infinite error costs inf

        A NaN among the targets is for the caller to remove. A loss that skips it hides that the data are broken.
        """
        input, target = tensor([1.0, nan, 0.5, inf]), tensor([nan, 2.0, 0.0, 0.0])
        same_value(f, spec, input, target, reduction="none")
        same_value(f, spec, input[:3], target[:3])
        same_value(f, spec, input[2:], target[2:])

    @exercise.parity
    def keeps_dtype(f: Function, rng: Rng) -> None:
        """float32 stays float32, float64 stays float64, and an integer target takes part as it is"""
        input, target = pair(rng, 2, 2)
        same_dtype(f, spec, input, target)
        same_dtype(f, spec, input.double(), target.double())
        same_dtype(f, spec, input, tensor([[0, 3], [-2, 1]]))

    unknown_word(
        exercise,
        lambda rng: pair(rng, 3),
        "A reduction that does not exist is refused\n\n"
        "'batchmean' is a word of `kl_div` only. A misspelt reduction that passes for another one trains a model on "
        "a loss that nobody asked for.",
    )

    @exercise.parity
    def unlike_shapes(f: Function, rng: Rng) -> None:
        """Shapes that do not fit together are refused"""
        refuses(f, pair(rng, 2)[0], pair(rng, 3)[1])


def weight_parity(exercise: Exercise, *flags: dict[str, Any]) -> None:
    """What a weight for every element means, for the losses that take one."""
    spec = exercise.spec

    @exercise.parity
    def weights(f: Function, rng: Rng) -> None:
        """A weight for every element, with every reduction

        What does the mean divide by? The docstring says it.
        """
        for reduction, flag in product(REDUCTIONS, flags):
            for shape in ((2,), (2, 3)):
                same_value(f, spec, *pair(rng, *shape), reduction=reduction, weight=draw_weight(rng, *shape), **flag)
        same_value(f, spec, *pair(rng, 3), weight=tensor([0.0, 2.0, 5.0]))

    @exercise.parity
    def weight_of_nothing(f: Function, rng: Rng) -> None:
        """Weights that are all 0: the mean is what the division says"""
        input, target = pair(rng, 3)
        same_value(f, spec, input, target, weight=torch.zeros(3))
        same_value(f, spec, input, target, weight=tensor([0.0, 0.0, 0.25]))

    @exercise.parity
    def weight_gradients(f: Function, rng: Rng) -> None:
        """The gradient with weights, for input, target and weight"""
        for reduction, flag in product(REDUCTIONS, flags):
            rest = (reduction, *flag.values(), draw_weight(rng, 2, 2))
            same_gradient(f, spec, *pair(rng, 2, 2), *rest, wrt=(0, 1, 3 + len(flag)))

    @exercise.parity
    def weight_shape(f: Function, rng: Rng) -> None:
        """A weight in another shape than the input is refused

        torch does not broadcast weights: (2,) beside (2, 2) could mean a weight per row or a weight per column.
        """
        refuses(f, *pair(rng, 2, 2), weight=draw_weight(rng, 2))

    @exercise.parity
    def unknown_word_with_weights(f: Function, rng: Rng) -> None:
        """A reduction that does not exist is refused beside weights as well"""
        refuses(f, *pair(rng, 3), reduction="batchmean", weight=draw_weight(rng, 3))


def at_the_threshold(exercise: Exercise, flag: str) -> None:
    """The core of what is smooth about both."""
    spec = exercise.spec

    @exercise.parity
    def threshold(f: Function, rng: Rng) -> None:
        """Exactly at the threshold, and at an error of 0, value and slope fit"""
        for size in (0.5, 1.0, 2.0):
            kwargs: dict[str, Any] = {"reduction": "sum", flag: size}
            same_gradient(f, spec, tensor([size + 1, 1 - size, 1.0]), torch.ones(3), wrt=(0, 1), **kwargs)

    @exercise.parity
    def infinite_error(f: Function, rng: Rng) -> None:
        """The slope of an infinite error is that of any large one

        `where` differentiates both branches, and the slope of the parabola at inf, times 0, is NaN. Let the parabola
        see a harmless number there.
        """
        for size in (1.0, 2.0):
            kwargs: dict[str, Any] = {"reduction": "sum", flag: size}
            same_gradient(f, spec, tensor([inf, -inf, 0.5]), torch.zeros(3), wrt=(0, 1), **kwargs)
