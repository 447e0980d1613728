"""What several exercises share: constants, inputs, the parts of the specifications, a check."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, refuses

READY_MADE = (
    *("softmax", "log_softmax", "logsumexp", "logaddexp", "logaddexp2", "logcumsumexp"),
    *("nll_loss", "cross_entropy", "kl_div"),
)

# No two pairs of these marks are the same distance apart (a Golomb ruler), and losses see only distances between
# logits: whatever is confused with whatever, the numbers differ.
MARKS = (0, 2, 6, 24, 29, 40, 43, 55, 68, 75, 76, 85)
FACTORS = (0.05, 0.4, 0.1, 0.25)


def draw_logits(rng: Rng, *shape: int) -> Tensor:
    """Up to 12 logits between -2.1 and 2.15, all of them different, and so are their differences."""
    marks = rng.permutation(MARKS)[: int(np.prod(shape, dtype=int))]
    return tensor((marks.reshape(shape) - 42) / 20, dtype=torch.float32)


def draw_weight(rng: Rng, classes: int) -> Tensor:
    """A factor for each of up to four classes, all different, together less than 1."""
    return tensor(rng.permutation(FACTORS[:classes]), dtype=torch.float32)


def log_softmax_spec(input: Tensor, dim: int) -> Tensor:
    """x - ln Σ exp x, with the largest x taken out of the sum."""
    top = input.amax(dim, keepdim=True)
    return input - top - (input - top).exp().sum(dim, keepdim=True).log()


def class_dim(input: Tensor) -> int:
    """The dimension of the classes: 1, or 0 for a sample without a batch."""
    return min(1, input.ndim - 1)


def as_rows(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C, d1, …) as rows (M, C), one for each target, and the targets in the same order: indices or rows alike."""
    classes = input.shape[class_dim(input)]

    def rows(x: Tensor) -> Tensor:
        return x.movedim(class_dim(x), -1).reshape(x.numel() // classes, classes)

    return rows(input), rows(target) if target.is_floating_point() else target.reshape(-1)


def only_valid(targets: Tensor, classes: int) -> Tensor:
    """The targets; raises IndexError where one is no class."""
    if not ((targets >= 0) & (targets < classes)).all():
        raise IndexError("a target is out of bounds")
    return targets


def refuses_no_class(exercise: Exercise, name: str) -> None:
    """Adds the check of a target outside the classes, above and below."""

    def no_class(f: Function, rng: Rng) -> None:
        """A target that is no class is an error

        Python's -1 is the last entry: a mistake in the data would train the last class, and nobody would notice.
        """
        refuses(f, draw_logits(rng, 2, 2), tensor([0, -1]))
        refuses(f, draw_logits(rng, 2, 2), tensor([0, 2]))

    exercise.add_check(no_class, name=name)
