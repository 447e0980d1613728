"""torch's loss of a model that knows its noise: `gaussian_nll_loss`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, reduced, refuses, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import DTYPES, READY_MADE, Loss, Rng, draw
from coursekit.graders.counts_and_noise.gaussian import GAUSSIAN_TERMS, HALF_LN_2PI
from coursekit.graders.counts_and_noise.noise import noise
from coursekit.graders.counts_and_noise.shared_mistakes import wrong_reductions
from coursekit.wire import Question


def aligned(input: Tensor, var: Tensor | float) -> Tensor:
    """The variances in a shape that broadcasts as torch means it: one dimension short means one variance a row."""
    v = torch.full_like(input, var) if isinstance(var, float) else var
    if (v < 0).any():
        raise ValueError("negative variance")
    if input.ndim and v.shape == input.shape[:-1]:
        v = v.unsqueeze(-1)
    differing = [size for size, wanted in zip(v.shape, input.shape) if size != wanted]
    if v.ndim != input.ndim or differing not in ([], [1]):
        raise ValueError("shape of var")
    return v


def floored(var: Tensor, eps: float) -> Tensor:
    """What is below eps becomes eps, while the gradient passes as if nothing had happened."""
    return var + (eps - var).clamp(min=0).detach()


def gaussian_nll_loss_spec(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """½ [ln v + (input - target)² / v], with v the variance or eps, whichever is larger; with full, plus ½ ln 2π."""
    v = floored(aligned(input, var), eps)
    losses = (v.log() + (input - target).square() / v) / 2
    return reduced(losses + HALF_LN_2PI if full else losses, reduction)


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
    """The gradient is right, by input, target and var

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
    """The gradient by var passes below eps, as if var were eps

    `clamp` would stop it, and a variance that has fallen to 0 could never grow again.
    """
    input, target, var = tensor([1.0, 1.0]), tensor([1.2, 1.5]), tensor([0.0, 1.0])
    for eps in (0.1, 0.3):
        same_gradient(f, gaussian_nll_loss_spec, input, target, var, wrt=(0, 2), eps=eps, reduction="sum")
    # away from a root of ½ (1/eps - error²/eps²), where no gradient at all would look right
    same_gradient(f, gaussian_nll_loss_spec, tensor([0.25]), tensor([0.5]), tensor([1e-8]), wrt=(0, 2))


@gaussian_nll_loss.parity
def one_variance_a_row(f: Function, rng: Rng) -> None:
    """A var without the last dimension holds one variance a row

    A plain broadcast of (3,) against (3, 3) would give one to every column. A last dimension of size 1 means the same.
    """
    input, target, _ = noise(rng, 3, 3)
    var = draw(rng, 12, 35, 3)
    for v in (var, var[:, None]):
        same_gradient(f, gaussian_nll_loss_spec, input, target, v, wrt=(0, 2), reduction="none")
    same_gradient(f, gaussian_nll_loss_spec, input[0], target[0], tensor(0.7), wrt=(0, 2))
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


wrong_reductions(gaussian_nll_loss)

for _name, _explanation, _terms in GAUSSIAN_TERMS:

    def _wrong_loss(
        input: Tensor,
        target: Tensor,
        var: Tensor | float,
        full: bool = False,
        eps: float = 1e-6,
        reduction: str = "mean",
        _terms: Loss = _terms,
    ) -> Tensor:
        losses = _terms(target - input, floored(aligned(input, var), eps))
        return reduced(losses + HALF_LN_2PI if full else losses, reduction)

    gaussian_nll_loss.misconception(_explanation, _name)(_wrong_loss)


def wrong_floor(explanation: str) -> Callable[[Callable[[Tensor, float], Tensor]], None]:
    """Registers a mistake in what eps does to the variances."""

    def register(floor: Callable[[Tensor, float], Tensor]) -> None:
        def loss(
            input: Tensor,
            target: Tensor,
            var: Tensor | float,
            full: bool = False,
            eps: float = 1e-6,
            reduction: str = "mean",
        ) -> Tensor:
            v = floor(aligned(input, var), eps)
            losses = (v.log() + (input - target).square() / v) / 2
            return reduced(losses + HALF_LN_2PI if full else losses, reduction)

        gaussian_nll_loss.misconception(explanation, floor.__name__)(loss)

    return register


@wrong_floor(
    "eps is added to every variance. (torch's page says so, its code does not.) It is a floor: what is above stays."
)
def eps_added(var: Tensor, eps: float) -> Tensor:
    return var + eps


@wrong_floor(
    "The clamp stops the gradient by var: a variance below eps gets none, and can never grow again. torch lifts the "
    "number and lets the gradient pass: lift it by something detached."
)
def clamp_stops_gradient(var: Tensor, eps: float) -> Tensor:
    return var.clamp(min=eps)


@wrong_floor("eps is not used: a variance of 0 gives inf or NaN.")
def no_floor(var: Tensor, eps: float) -> Tensor:
    return var


@wrong_floor("eps is fixed at 1e-6, whatever was asked for.")
def fixed_floor(var: Tensor, eps: float) -> Tensor:
    return floored(var, 1e-6)


@wrong_floor("The standard deviation is kept at eps or more. eps is the least variance.")
def floor_of_deviation(var: Tensor, eps: float) -> Tensor:
    return floored(var, eps**2)


@wrong_floor(
    "The variances below eps were detached together with those above: the value is right, and only the variances that "
    "were lifted... get a gradient."
)
def only_lifted_learn(var: Tensor, eps: float) -> Tensor:
    return torch.where(var < eps, floored(var, eps), var.detach())


@gaussian_nll_loss.misconception(
    "The variance is lifted to eps below the square, but not in the logarithm: ln 0 is -inf."
)
def logarithm_not_lifted(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    v = aligned(input, var)
    losses = (v.log() + (input - target).square() / floored(v, eps)) / 2
    return reduced(losses + HALF_LN_2PI if full else losses, reduction)


@gaussian_nll_loss.misconception(
    "The variance is lifted to eps in the logarithm, but not below the square: an error over 0 is inf."
)
def square_not_lifted(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    v = aligned(input, var)
    losses = (floored(v, eps).log() + (input - target).square() / v) / 2
    return reduced(losses + HALF_LN_2PI if full else losses, reduction)


@gaussian_nll_loss.misconception(
    "The variances of the caller were changed in place. Work on a copy: `var = var.clone()` before `clamp_`."
)
def clamped_in_place(input: Tensor, target: Tensor, var: Tensor | float, eps: float = 1e-6, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and (var >= 0).all():
        with torch.no_grad():
            var.clamp_(min=eps)
    return gaussian_nll_loss_spec(input, target, var, eps=eps, **flags)


@gaussian_nll_loss.misconception("`full` is ignored: with True it adds ½ ln 2π to every element.")
def gaussian_full_ignored(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception("½ ln 2π is always added. It is added only with `full`.")
def gaussian_always_full(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, full=True, **flags)


def wrong_full(name: str, explanation: str, constant: float) -> None:
    """Registers another constant than ½ ln 2π."""

    def loss(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
        return gaussian_nll_loss_spec(input, target, var, **flags) + _constant(full, constant, input, flags)

    gaussian_nll_loss.misconception(explanation, name)(loss)


def _constant(full: bool, constant: float, input: Tensor, flags: dict[str, Any]) -> float:
    elements = input.numel() if flags.get("reduction") == "sum" else 1
    return constant * elements if full else 0.0


wrong_full("full_whole", "`full` adds ln 2π whole. It is halved: ½ ln 2π = 0.9189.", 2 * HALF_LN_2PI)
wrong_full("full_subtracted", "`full` subtracts ½ ln 2π. It divides the density, so it adds to the loss.", -HALF_LN_2PI)
wrong_full("full_without_two", "`full` adds ½ ln π. The 2 of 2π is missing.", math.log(math.pi) / 2)
wrong_full("full_without_logarithm", "`full` adds ½ · 2π, without the logarithm: it is ½ ln 2π.", math.pi)


@gaussian_nll_loss.misconception(
    "½ ln 2π is added once, after the reduction. It belongs to every element: a sum holds it as often as it has "
    "elements."
)
def gaussian_full_once(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, **flags) + (HALF_LN_2PI if full else 0.0)


@gaussian_nll_loss.misconception(
    "A var without the last dimension was broadcast from the right: one variance a column. torch means one a row: "
    "`unsqueeze(-1)`."
)
def variance_of_columns(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.shape == input.shape[:-1]:
        var = var.expand_as(input)
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "Every shape of var that broadcasts is accepted. torch refuses all but three: the same, without the last "
    "dimension, and with a single dimension of size 1."
)
def any_shape(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor):
        var = var.unsqueeze(-1) if var.shape == input.shape[:-1] else var
        input, var = input + 0 * var, var + 0 * input
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception("A var without the last dimension is refused. torch takes it for one variance a row.")
def row_variance_refused(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.ndim != input.ndim:
        raise ValueError("shape of var")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "A size of 1 is accepted in the last dimension only. torch accepts it in any single dimension."
)
def last_dimension_only(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.shape[:-1] != input.shape[:-1] and var.shape != input.shape[:-1]:
        raise ValueError("shape of var")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception("A float is refused as var. torch takes it for the variance of every element.")
def float_refused(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, float):
        raise TypeError("var must be a tensor")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "A negative variance passes: it is lifted to eps like a small one. It is a mistake of the model, and torch raises "
    "a ValueError."
)
def negative_lifted(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor):
        return gaussian_nll_loss_spec(input, target, var + (-var).clamp(min=0).detach(), **flags)
    return negative_float_passes(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "A negative variance loses its sign. It is a mistake of the model, and torch raises a ValueError."
)
def negative_unsigned(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var.abs() if isinstance(var, Tensor) else abs(var), **flags)


@gaussian_nll_loss.misconception(
    "A negative variance is refused only as a tensor. As a float it passes, and counts as eps."
)
def negative_float_passes(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var if isinstance(var, Tensor) else max(var, 0.0), **flags)


@gaussian_nll_loss.misconception("No gradient flows back to the target. In torch it does.")
def gaussian_target_detached(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target.detach(), var, **flags)


@gaussian_nll_loss.misconception("Everything was converted to float32. float64 should stay float64.")
def gaussian_always_float32(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, **flags).float()
