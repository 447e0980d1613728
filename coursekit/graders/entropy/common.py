"""What several exercises share: the logarithm that is 0 at 0, and what is said of mistakes that all of them invite."""

from __future__ import annotations

from torch import Tensor

READY_MADE = ("special_entr",)

MASKED_TOO_LATE = (
    "The value is masked after the logarithm, so its gradient is still NaN. Mask the input of the logarithm as well."
)
IN_BITS = "This is in bits. Nats need the natural logarithm."
PADDED = (
    "A small number inside the logarithm avoids the NaN by computing something slightly else. Mask the zeros instead."
)


def ln(p: Tensor) -> Tensor:
    """ln p, with 0 for ln 0: every term it stands in is multiplied by that 0."""
    return p.where(p > 0, 1.0).log()
