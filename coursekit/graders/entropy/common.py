"""What several exercises share: the logarithm that is 0 at 0, a check, what is said of mistakes that all invite."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_gradient
from coursekit.exercise.families.inputs import joint
from coursekit.report import Tier

READY_MADE = ("special_entr",)

MASKED_TOO_LATE = (
    "The value is masked after the logarithm, so its gradient is still NaN. Mask the input of the logarithm as well."
)
IN_BITS = "This is in bits. Nats need the natural logarithm."
PADDED = (
    "A small number inside the logarithm, added or as a clamp, avoids the NaN by computing something slightly else. "
    "Mask the zeros instead."
)
TABLE_NORMALISED = (
    "The table is divided by its sum first. One that does not sum to 1 should show, and the division changes the "
    "gradient: take it as it is."
)


def ln(p: Tensor) -> Tensor:
    """ln p, with 0 for ln 0: every term it stands in is multiplied by that 0."""
    return p.where(p > 0, 1.0).log()


def gradient_beside_an_empty_cell(exercise: Exercise, name: str, columns: int = 3) -> None:
    """Adds the check of the gradient by a joint distribution of two rows."""

    def gradient(f: Function, rng: Rng) -> None:
        """The gradient is right, also beside an empty cell, and in one that is nearly empty

        If a NaN stands in the gradient, mask the input of the logarithm, not its output. If a gradient is too small,
        look for a small number added inside the logarithm, or a clamp.
        """
        same_gradient(f, exercise.spec, joint(rng, 2, columns))
        table = tensor([[0.5, 0.0], [0.25, 0.25]])
        same_gradient(f, exercise.spec, table, free=table == 0)
        tiny = 1e-9 * int(rng.integers(1, 9))
        for row in ([tiny, 3 * tiny], [0.4, tiny]):
            table = torch.tensor([row, [0.3, 0.7 - sum(row)]], dtype=torch.float64)
            same_gradient(f, exercise.spec, table)

    exercise.add_check(gradient, Tier.CORE, name=name)
