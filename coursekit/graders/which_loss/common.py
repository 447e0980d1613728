"""What the six exercises share: the mistakes about the mean of the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from coursekit.exercise import Exercise, Loss

Rng = np.random.Generator


def mean_mistakes(exercise: Exercise, each: Loss, samples: str) -> None:
    """Adds what goes wrong when the losses of the samples become one number.

    Args:
        exercise: a loss that is the mean of `each`.
        each: the right losses, shape (N,).
        samples: what they are called, in the plural.
    """

    def wrong(name: str, explanation: str, function: Loss) -> None:
        exercise.misconception(explanation, name)(function)

    def divided_twice(*args: Any) -> Tensor:
        losses: Tensor = each(*args)
        return losses.mean() / len(losses)

    wrong(
        "summed",
        f"This is the sum over the {samples}. With it, the step grows with the batch: take the mean.",
        lambda *args: each(*args).sum(),
    )
    wrong(
        "not_reduced",
        f"The {samples} keep a loss each. A training step needs a single number: their mean.",
        each,
    )
    wrong(  # R5
        "divided_twice",
        f"The mean is divided by the number of {samples} once more. 'mean' has done it already.",
        divided_twice,
    )
