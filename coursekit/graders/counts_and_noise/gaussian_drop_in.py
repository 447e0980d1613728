"""torch's loss of a model that knows its noise: `gaussian_nll_loss`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import inf, nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Rng, refuses, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import DTYPES, READY_MADE, draw, noise
from coursekit.graders.counts_and_noise.gaussian_drop_in_mistakes import MISTAKES
from coursekit.graders.counts_and_noise.specs import gaussian_nll_loss_spec
from coursekit.wire import Question


def gaussian_cases() -> Iterator[Question]:
    """Reductions × full × shapes of var × dtypes with all gradients; then floats, eps, 0, whole targets."""
    shapes = (
        *(((), ()), ((3,), (3,)), ((3,), ()), ((3,), (1,)), ((2, 3), (2, 3)), ((2, 3), (2,)), ((2, 3), (2, 1))),
        *(
            ((2, 3), (1, 3)),
            ((3, 3), (3,)),
            ((2, 3, 2), (2, 3)),
            ((2, 3, 2), (2, 1, 2)),
            ((0, 3), (0, 3)),
            ((0, 3), (0,)),
        ),
    )
    for reduction, full in product(REDUCTIONS, (False, True)):
        flags: dict[str, Any] = {"reduction": reduction, "full": full}
        for (shape, var_shape), dtype in product(shapes, DTYPES):
            numbers = torch.linspace(-1.9, 2.1, math.prod(shape), dtype=dtype).reshape(shape)
            target = numbers.flip(0) * 2 + 0.3
            var = torch.linspace(0.04, 2.7, math.prod(var_shape), dtype=dtype).reshape(var_shape)
            yield Question((numbers, target, var), flags, wrt=(0, 1, 2))
            yield Question((numbers, target, var), {**flags, "eps": 0.5}, wrt=(0, 1, 2))
            yield Question((numbers, target, 0.25), flags, wrt=(0, 1))
        numbers, target = tensor([0.5, 1.5, -2.0, 1.0]), tensor([0.5, 1.0, -2.002, inf])
        yield Question((numbers, target, tensor([0.0, 1e-9, 0.0, 2.0])), flags, wrt=(0, 1, 2))
        yield Question((numbers, target, tensor([nan, inf, 1.0, 1.0])), flags, wrt=(0,))
        yield Question((numbers, target, 0.0), flags, wrt=(0, 1))
        yield Question((numbers, tensor([0, 1, -2, 4]), numbers.square()), flags, wrt=(0, 2))
        for first, second, third in product(DTYPES, DTYPES, DTYPES):
            args = (numbers.to(first), (numbers + 1).to(second), numbers.square().to(third))
            yield Question(args, flags, wrt=(0, 1, 2))


gaussian_nll_loss = Exercise(
    "gaussian_nll_loss",
    gaussian_nll_loss_spec,
    points=3,
    parity_points=3,
    forbids=READY_MADE,
    twin=F.gaussian_nll_loss,
    cases=gaussian_cases,
    idea="A model that predicts its own variance weighs its errors by itself, and pays ½ ln var for every excuse.",
    hints=(
        "Per element ½ [ln var + (input - target)² / var]; `full` adds ½ ln 2π, a number.",
        "Three shapes of var need care. Of input (3, 3) and var (3,), which element belongs to which row? "
        "`unsqueeze(-1)` says it.",
        "`clamp(min=eps)` has the gradient 0 below eps, and a variance at 0 could never grow again. You need a "
        "constant that lifts var to eps: something detached.",
        "What is refused: a negative variance, also as a float; a var whose shape differs in two dimensions, or by "
        "more than a missing last one; an unknown reduction.",
    ),
)


@gaussian_nll_loss.check
def gaussian_loss_two_off(f: Function, rng: Rng) -> None:
    """2 off at a variance of 4: ½ (ln 4 + 4/4) = 1.1931

    The variance is σ², not σ.
    """
    same_value(f, gaussian_nll_loss_spec, tensor([0.0]), tensor([2.0]), tensor([4.0]))
    same_value(f, gaussian_nll_loss_spec, *noise(rng, 2, 3), reduction="none")


@gaussian_nll_loss.check
def gaussian_loss_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to input, target and var

    By var it is ½ (1 / var - error² / var²): it vanishes where var is the squared error.
    """
    same_gradient(f, gaussian_nll_loss_spec, *noise(rng, 2, 3), wrt=(0, 1, 2), reduction="mean")
    same_gradient(f, gaussian_nll_loss_spec, *noise(rng, 2), wrt=(0, 1, 2), reduction="sum")


@gaussian_nll_loss.check
def full_gaussian(f: Function, rng: Rng) -> None:
    """full=True adds ½ ln 2π = 0.9189 to every element"""
    same_value(f, gaussian_nll_loss_spec, tensor([0.0]), tensor([2.0]), tensor([4.0]), full=True)
    same_value(f, gaussian_nll_loss_spec, *noise(rng, 2, 3), full=True, reduction="none")


@gaussian_nll_loss.parity
def variance_of_zero(f: Function, rng: Rng) -> None:
    """A variance below eps counts as eps

    It is lifted to eps, and eps is not added to the others.
    """
    input, target, var = tensor([1.0, 1.0]), tensor([1.2, 1.5]), tensor([0.0, 1.0])
    same_value(f, gaussian_nll_loss_spec, input, target, var, eps=0.1, reduction="none")
    same_value(f, gaussian_nll_loss_spec, input, target, var)
    # below the default, where no other bound may stand
    same_value(f, gaussian_nll_loss_spec, input, input + 1e-4, 1e-8 * var, eps=1e-9)


@gaussian_nll_loss.parity
def gaussian_reductions(f: Function, rng: Rng) -> None:
    """Three reductions with and without full, and 'mean' is the default"""
    args = noise(rng, 2, 3)
    same_value(f, gaussian_nll_loss_spec, *args)
    for reduction, full in product(REDUCTIONS, (False, True)):
        same_value(f, gaussian_nll_loss_spec, *args, full=full, reduction=reduction)
        same_gradient(f, gaussian_nll_loss_spec, *args, wrt=(0, 1, 2), scale=3.0, full=full, reduction=reduction)


@gaussian_nll_loss.parity
def gradient_below_eps(f: Function, rng: Rng) -> None:
    """The gradient with respect to var passes below eps, as if var were eps

    `clamp` would stop it, and a variance that has fallen to 0 could never grow again.
    """
    input, target, var = tensor([1.0, 1.0]), tensor([1.2, 1.5]), tensor([0.0, 1.0])
    for eps in (0.1, 0.3):
        same_gradient(f, gaussian_nll_loss_spec, input, target, var, wrt=(0, 2), eps=eps, reduction="sum")
    # away from a root of ½ (1/eps - error²/eps²), where no gradient at all would look right
    same_gradient(f, gaussian_nll_loss_spec, tensor([0.25]), tensor([0.5]), tensor([1e-8]), wrt=(0, 2))


@gaussian_nll_loss.parity
def one_variance_a_row(f: Function, rng: Rng) -> None:
    """A var without the last dimension holds one variance per row

    A plain broadcast of (3,) against (3, 3) would give one to every column. A last dimension of size 1 means the same.
    """
    input, target, _ = noise(rng, 3, 3)
    var = draw(rng, 12, 35, 3)
    for v in (var, var[:, None]):
        same_gradient(f, gaussian_nll_loss_spec, input, target, v, wrt=(0, 2), reduction="none")
    same_gradient(f, gaussian_nll_loss_spec, input[0], target[0], tensor(0.7), wrt=(0, 2))
    same_gradient(f, gaussian_nll_loss_spec, input[0, 0], target[0, 0], tensor(0.7), wrt=(0, 2), reduction="none")
    input, target, var = noise(rng, 2, 3, 2)
    same_gradient(f, gaussian_nll_loss_spec, input, target, var[:, :, 0], wrt=(0, 2))


@gaussian_nll_loss.parity
def one_dimension_of_one(f: Function, rng: Rng) -> None:
    """A var of size 1 in one other dimension is shared along it"""
    input, target, var = noise(rng, 2, 3, 2)
    same_gradient(f, gaussian_nll_loss_spec, input, target, var[:, :1], wrt=(0, 2))
    same_gradient(f, gaussian_nll_loss_spec, input[0], target[0], var[0, :1], wrt=(0, 2), reduction="none")


@gaussian_nll_loss.parity
def float_variance(f: Function, rng: Rng) -> None:
    """One float may be the variance of all"""
    input, target, _ = noise(rng, 2, 3)
    for var in (0.25, 0.0):
        same_gradient(f, gaussian_nll_loss_spec, input, target, var, wrt=(0, 1), eps=0.04)
        same_value(f, gaussian_nll_loss_spec, input, target, var, full=True, reduction="none")


@gaussian_nll_loss.parity
def wrong_shapes(f: Function, rng: Rng) -> None:
    """Other shapes of var are refused, also where torch could broadcast them

    Of input (2, 3): (3,), () and (2, 3, 1).
    """
    # (1, 1) is refused by torch 2.13 as well, but only by an oversight (pytorch issue 176230): not asked for
    input, target, var = noise(rng, 2, 3)
    for v in (var[0], tensor(0.7), var[..., None]):
        refuses(f, input, target, v)


@gaussian_nll_loss.parity
def negative_variance(f: Function, rng: Rng) -> None:
    """A negative variance is refused, as a tensor and as a float"""
    input, target, var = noise(rng, 2, 2)
    refuses(f, input, target, var - 0.1 * int(rng.integers(36, 40)))
    refuses(f, input, target, tensor([[1.0, 2.0], [-1e-3, 1.0]]))
    refuses(f, input, target, -0.25)


@gaussian_nll_loss.parity
def gaussian_loss_negative(f: Function, rng: Rng) -> None:
    """The loss may be negative, and is not cut off

    At a variance of 0.01 and a perfect mean it is -2.3026.
    """
    input = draw(rng, -20, 20, 2)
    same_gradient(f, gaussian_nll_loss_spec, input, input, tensor([0.01, 0.04]), wrt=(0, 2))
    same_value(f, gaussian_nll_loss_spec, input, input, tensor([0.01, 0.04]), full=True, reduction="none")


@gaussian_nll_loss.parity
def gaussian_loss_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, one float64 among the three makes all float64"""
    args = noise(rng, 3)
    same_dtype(f, gaussian_nll_loss_spec, *args, full=True)
    for place in range(3):
        mixed = [x.double() if n == place else x for n, x in enumerate(args)]
        same_dtype(f, gaussian_nll_loss_spec, *mixed, dtype=torch.float64, full=True)
    same_dtype(f, gaussian_nll_loss_spec, args[0].double(), args[1].double(), 0.3)


@gaussian_nll_loss.parity
def gaussian_empty(f: Function, rng: Rng) -> None:
    """An empty batch: the mean is NaN, the sum 0"""
    empty = torch.empty(0, 3)
    same_value(f, gaussian_nll_loss_spec, empty, empty, empty)
    same_value(f, gaussian_nll_loss_spec, empty, empty, empty[:, 0], reduction="sum")


@gaussian_nll_loss.parity
def gaussian_unknown_reduction(f: Function, rng: Rng) -> None:
    """An unknown reduction is refused"""
    refuses(f, *noise(rng, 3), reduction="average")
    refuses(f, *noise(rng, 2, 3), full=True, reduction="batchmean")


gaussian_nll_loss.misconceptions.extend(MISTAKES)
