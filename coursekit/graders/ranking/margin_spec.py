"""What `margin_ranking_loss` is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import REDUCTIONS, Question, reduced

DTYPES = (torch.float32, torch.float64)


def same_dimensions(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    """Raises as torch does: it asks how many dimensions there are, and not how large they are."""
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError("unequal numbers of dimensions")


def missing(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    """By how much the right one would have to gain; negative where it leads by more than the margin."""
    return margin - target * (input1 - input2)


def margin_ranking_spec(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    """What is missing, where something is: at exactly 0 it counts as missing, so that its slope is 1."""
    same_dimensions(input1, input2, target)
    z = missing(input1, input2, target, margin)
    return reduced(torch.where(z < 0, torch.zeros_like(z), z), reduction)


def cases() -> Iterator[Question]:
    """Reductions × margins × shapes × dtypes with gradients by all three, then targets of other kinds and edges."""
    same: tuple[tuple[int, ...], ...] = ((), (1,), (4,), (2, 3), (2, 1, 3), (0, 3))
    shapes = [(shape, shape, shape) for shape in same]
    shapes += [((1, 3), (1, 3), (3, 1)), ((3, 1), (1, 3), (3, 3)), ((4,), (1,), (4,)), ((4,), (4,), (1,))]
    flags: list[dict[str, Any]] = [{}]
    flags += [{"margin": m, "reduction": word} for m, word in product((0.0, 0.5, 1.0, -0.5), REDUCTIONS)]
    for flag, dtype, (one, two, three) in product(flags, DTYPES, shapes):
        input1 = torch.linspace(-3, 2.5, math.prod(one), dtype=dtype).reshape(one)
        input2 = torch.linspace(1, -0.7, math.prod(two), dtype=dtype).cos().reshape(two)
        target = torch.linspace(0, 5, math.prod(three), dtype=dtype).reshape(three).cos().sign()
        yield Question((input1, input2, target), flag, wrt=(0, 1, 2))
        if one == two:
            yield Question((input1, input1.clone(), target), flag, wrt=(0, 1, 2))  # the kink, at margin 0
    one, two = tensor([1.0, 2.0, 0.5, 3.0]), tensor([2.0, 1.0, 0.5, 2.5])
    for flag in flags:
        for target in (tensor([1, -1, 1, -1]), tensor([1, -1, 0, 0], dtype=torch.int32)):
            yield Question((one, two, target), flag, wrt=(0, 1))
        yield Question((one, two, tensor([0.0, 0.5, -2.0, 0.0])), flag, wrt=(0, 1, 2))
        yield Question((one.double(), two, tensor([1.0, -1.0, 1.0, -1.0])), flag, wrt=(0, 1, 2))
        yield Question((one, two, tensor([1.0, -1.0, 1.0, -1.0]).double()), flag, wrt=(0, 1, 2))
        # values only: the slope where the loss is NaN or a difference infinite is an accident of the writing
        far = tensor([nan, 1.0, inf, inf, 0.0, -inf]), tensor([0.0, nan, 0.0, inf, inf, 2.0])
        yield Question((*far, tensor([1.0, 1.0, 1.0, 1.0, 1.0, -1.0])), flag)
