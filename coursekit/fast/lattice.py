"""What every form of the CTC loss starts from: arguments that were checked, and the lattice of states.

Two conventions rid the forms of all special cases.

- **A padded frame says "blank", with certainty.** A frame beyond a sample's length gets probability 1 for the blank. No
  likelihood changes, no gradient comes of it, and all samples have T frames.
- **Before the first frame, all probability waits in the first state.** The recursion's first step is like all others.

Source: A. Graves and others, Connectionist Temporal Classification (2006).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import REDUCTIONS

IMPOSSIBLE = -1e30  # stands for ln 0: finite, so that differences and gradients of it are no NaN

Lengths = Tensor | Sequence[int]
Kernel = Callable[[Tensor, "Lattice"], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Lattice:
    """The states that a batch's alignments run through: blank, label 1, blank, label 2, …, blank.

    Attributes:
        targets: (N, S), with the blank in place of the padding.
        input_lengths: (N,), how many frames count.
        target_lengths: (N,), how many labels count.
        blank: the index of the blank.
        states: (N, L) with L = 2 S + 1, the class that each state emits.
        skips: (N, L), True for a label that may follow the label before it without a blank between: an unlike one.
        frames: T, of the batch.
        impossible: (N,), True for samples with fewer frames than labels and the blanks that part equal ones.
    """

    targets: Tensor
    input_lengths: Tensor
    target_lengths: Tensor
    blank: int
    states: Tensor
    skips: Tensor
    frames: int
    impossible: Tensor

    @cached_property
    def unused(self) -> Tensor:
        """(N, L), True for the states behind the last blank of a sample."""
        return torch.arange(self.states.shape[1]) > 2 * self.target_lengths[:, None]

    @cached_property
    def padded(self) -> Tensor:
        """(T, N, 1), True for the frames behind a sample's last one."""
        return (torch.arange(self.frames)[:, None] >= self.input_lengths)[:, :, None]

    def only(self, rows: Tensor) -> Lattice:
        """The lattice of the samples with these indices."""
        return Lattice(
            targets=self.targets[rows],
            input_lengths=self.input_lengths[rows],
            target_lengths=self.target_lengths[rows],
            blank=self.blank,
            states=self.states[rows],
            skips=self.skips[rows],
            frames=self.frames,
            impossible=self.impossible[rows],
        )


def lattice_of(logits: Tensor, targets: Tensor, input_lengths: Lengths, target_lengths: Lengths, blank: int) -> Lattice:
    """The lattice of a batch, its arguments checked first.

    Args:
        logits: (T, N, C), float32 or float64.
        targets: (N, S), integers; what stands behind a target's length is not read.
        input_lengths: N numbers from 0 to T.
        target_lengths: N numbers from 0 to S.
        blank: the index of the blank, from 0 to C - 1.

    Raises:
        ValueError: a shape, a dtype, a length, a label or the blank is not as above, or a label is the blank.
    """
    if logits.ndim != 3 or 0 in logits.shape or logits.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"logits: need float32 or float64 of shape (T, N, C), got {logits.dtype} of {_shape(logits)}")
    T, N, C = logits.shape
    if targets.ndim != 2 or targets.shape[0] != N or targets.is_floating_point():
        raise ValueError(f"targets: need integers of shape ({N}, S), got {targets.dtype} of {_shape(targets)}")
    if not 0 <= blank < C:
        raise ValueError(f"blank: need an index of the {C} classes, got {blank}")
    S = targets.shape[1]
    frames = _lengths("input_lengths", input_lengths, N, T)
    labels = _lengths("target_lengths", target_lengths, N, S)
    padding = torch.arange(S) >= labels[:, None]
    targets = targets.long().masked_fill(padding, blank)
    wrong = ~padding & ((targets < 0) | (targets >= C) | (targets == blank))
    if wrong.any():
        n, s = (int(index) for index in wrong.nonzero()[0])
        raise ValueError(f"targets[{n}, {s}] is {targets[n, s]}: a label is one of the {C} classes, but not the blank")
    states = torch.full((N, 2 * S + 1), blank)
    states[:, 1::2] = targets
    skips = torch.zeros(N, 2 * S + 1, dtype=torch.bool)
    unlike = targets[:, 1:] != targets[:, :-1]
    skips[:, 3::2] = unlike
    repeats = (unlike | padding[:, 1:]).logical_not_().sum(1)
    impossible = frames < labels + repeats
    return Lattice(targets, frames, labels, blank, states, skips, T, impossible)


def _shape(value: Tensor) -> str:
    return str(tuple(value.shape))


def _lengths(name: str, lengths: Lengths, N: int, most: int) -> Tensor:
    numbers = torch.as_tensor(lengths)
    if numbers.shape != (N,) or numbers.is_floating_point():
        raise ValueError(f"{name}: need {N} whole numbers, got {numbers.dtype} of shape {_shape(numbers)}")
    if not all(0 <= number <= most for number in numbers.tolist()):
        raise ValueError(f"{name}: need numbers from 0 to {most}, got {numbers.tolist()}")
    return numbers.long()


def subtract_occupancy(probabilities: Tensor, occupancy: Tensor, lattice: Lattice) -> Tensor:
    """The gradient of each loss by its logits: softmax minus the expected time in each class.

    Args:
        probabilities: (T, N, C), written into.
        occupancy: (T, N, L), the probability of each state at each frame, given the target.
        lattice: the states.

    Returns:
        (T, N, C): `probabilities`, changed.
    """
    T, N, _ = probabilities.shape
    # half of the states are the one blank: a sum is much faster than adding each of them to the same place
    probabilities[:, :, lattice.blank] -= occupancy[:, :, 0::2].sum(2)
    return probabilities.scatter_add_(2, lattice.targets.expand(T, N, -1), occupancy[:, :, 1::2].neg())


class _Analytic(torch.autograd.Function):
    """The loss of each sample by a kernel that computes its gradient along with it."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, kernel: Kernel, lattice: Lattice, zero_infinity: bool) -> Tensor:
        losses, gradient = kernel(logits, lattice)
        infinite = losses.isinf()
        if infinite.any():  # as in torch: an infinite loss has no slope, unless it was asked to count for nothing
            nothing = infinite[:, None] & ~lattice.padded
            gradient = gradient.masked_fill(infinite[:, None], 0.0)
            if not zero_infinity:
                gradient = gradient.masked_fill(nothing, torch.nan)
        ctx.save_for_backward(gradient)
        return losses

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None, None]:
        (gradient,) = ctx.saved_tensors
        return upstream[:, None] * gradient, None, None, None


def analytic(kernel: Kernel, logits: Tensor, lattice: Lattice, reduction: str, zero_infinity: bool) -> Tensor:
    """The reduced loss of a kernel that gives losses (N,) and their gradients (T, N, C)."""
    losses = _Analytic.apply(logits, kernel, lattice, zero_infinity)  # type: ignore[no-untyped-call]
    return reduce(losses, lattice, reduction, zero_infinity)


def reduce(losses: Tensor, lattice: Lattice, reduction: str, zero_infinity: bool) -> Tensor:
    """Losses (N,) as `reduction` leaves them; the mean divides each by its number of labels first, or by 1.

    Raises:
        ValueError: `reduction` is no reduction.
    """
    if zero_infinity:
        losses = torch.where(losses.isinf(), 0.0, losses)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return (losses / lattice.target_lengths.clamp(min=1)).mean()
    raise ValueError(f"{reduction!r} is no reduction; there are {', '.join(REDUCTIONS)}")
