"""What several exercises share: weights, the parts of the specifications, a check."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, refuses
from coursekit.graders.softmax.common import draw_logits

FACTORS = (0.05, 0.4, 0.1, 0.25)


def draw_weight(rng: Rng, classes: int) -> Tensor:
    """A factor for each of up to four classes, all different, together less than 1."""
    return tensor(rng.permutation(FACTORS[:classes]), dtype=torch.float32)


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
