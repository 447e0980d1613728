"""What `soft_margin_loss` is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import REDUCTIONS, Question, reduced
from coursekit.graders.margins.common import DTYPES


def soft_margin_spec(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """Ln(1 + exp(-y · x)) of each element, with the larger of the two exponentials taken out of the logarithm."""
    if target.shape != input.shape:
        raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
    wrong = -target * input
    # a clamp passes its whole slope at its bound, so that the slope at 0 is that of the second branch: ½
    above = wrong + torch.log1p(torch.exp(-wrong.clamp(min=0)))
    below = torch.log1p(torch.exp(wrong.clamp(max=0)))
    return reduced(torch.where(wrong > 0, above, below), reduction)


def soft_margin_twin(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """torch's own, as far as it can count.

    torch takes exp(-y · x) as it is: from 89 on that is inf in float32, and the gradient NaN. Beyond 80 the loss is
    y · x with its sign turned, or 0, in every digit that float32 has; there the spec decides and not torch.
    """
    margin = target * input
    if not bool((margin.abs() > 80).any()):
        return torch.nn.functional.soft_margin_loss(input, target, reduction=reduction)
    near = torch.nn.functional.soft_margin_loss(margin.clamp(-80, 80), torch.ones_like(margin), reduction="none")
    return reduced(torch.where(margin.abs() > 80, (-margin).clamp(min=0), near), reduction)


def cases() -> Iterator[Question]:
    """Reductions × shapes × dtypes × targets, for scores up to 80: beyond, torch is wrong.

    No case has a target wider than its input: torch's result is float32 then, an accident that no check asks for.
    """
    shapes: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3), (2, 2), (2, 1, 3), (0, 3))
    for reduction, dtype, shape in product(REDUCTIONS, DTYPES, shapes):
        count = prod(shape)
        input = torch.linspace(-3, 2.5, count, dtype=dtype).reshape(shape)
        side = (torch.arange(count) % 2 * 2 - 1).reshape(shape)
        for target in (side.to(dtype), side, side.float(), (side + 1) // 2, side.to(dtype) * 0.7):
            yield Question((input, target), {"reduction": reduction}, wrt=(0,))
        yield Question((torch.zeros_like(input), side.to(dtype)), {"reduction": reduction}, wrt=(0,))
    far = tensor([80.0, -80.0, 40.0, -40.0, 17.0, -17.0, 0.0])
    for reduction, same_side in product(REDUCTIONS, (1.0, -1.0)):
        yield Question((far, torch.full_like(far, same_side)), {"reduction": reduction}, wrt=(0,))
        yield Question((far.double(), torch.full_like(far, same_side)), {"reduction": reduction}, wrt=(0,))
        yield Question((tensor([nan, 1.0]), torch.full((2,), same_side)), {"reduction": reduction})
