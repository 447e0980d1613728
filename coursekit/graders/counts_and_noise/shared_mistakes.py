"""What several exercises get wrong alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor

from coursekit.exercise import Exercise, reduced, wrong_words


def wrong_densities(exercise: Exercise) -> None:
    """The mistakes that -ln of any density invites, element by element."""
    spec = exercise.spec
    mistakes: tuple[tuple[str, str, Callable[[Tensor], Tensor]], ...] = (
        (
            "log_likelihood",
            "The sign is missing: this is the logarithm of the likelihood, which is to be large. A loss is to be low.",
            lambda nll: -nll,
        ),
        (
            "likelihood",
            "This is the likelihood itself. The loss is -ln of it, so that a product over samples becomes a sum.",
            lambda nll: (-nll).exp(),
        ),
        (  # I4
            "bits",
            "This is in bits. Nats need the natural logarithm, `torch.log`.",
            lambda nll: nll / math.log(2),
        ),
        (
            "summed",
            "This sums over the elements. Here each element keeps its own surprise.",
            lambda nll: nll.sum(),
        ),
        (
            "averaged",
            "This averages over the elements. Here each element keeps its own surprise.",
            lambda nll: nll.mean(),
        ),
    )
    for name, explanation, spoil in mistakes:

        def wrong(*args: Tensor, _spoil: Callable[[Tensor], Tensor] = spoil) -> Tensor:
            return _spoil(spec(*args))

        exercise.misconception(explanation, name)(wrong)


def wrong_reductions(exercise: Exercise) -> None:
    """The mistakes that `reduction` invites, in a loss of elements."""
    spec = exercise.spec

    def wrong(name: str, explanation: str, choose: Callable[[Tensor, str], Tensor]) -> None:
        def loss(*args: Any, reduction: str = "mean", **flags: Any) -> Tensor:
            return choose(spec(*args, reduction="none", **flags), reduction)

        exercise.misconception(explanation, name)(loss)

    wrong_words(exercise.misconceptions)
    wrong(
        "mean_over_rows",
        "'mean' divides by the number of rows. torch divides by the number of all elements: a table of three columns "
        "gives a third of this.",
        lambda losses, reduction: (
            losses.sum() / losses.shape[0] if reduction == "mean" and losses.ndim else reduced(losses, reduction)
        ),
    )
    wrong(
        "none_sums_rows",
        "'none' sums over the last dimension. It should leave one loss an element.",
        lambda losses, reduction: losses.sum(-1) if reduction == "none" else reduced(losses, reduction),
    )
    wrong(
        "mean_of_last",
        "'mean' averages over the last dimension only, as Keras does. torch's mean is one number, over everything.",
        lambda losses, reduction: losses.mean(-1) if reduction == "mean" else reduced(losses, reduction),
    )
    wrong(
        "empty_is_zero",
        "The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen.",
        lambda losses, reduction: (
            losses.sum() if reduction == "mean" and not losses.numel() else reduced(losses, reduction)
        ),
    )
    wrong(
        "kept_above_0",
        "What is below 0 was cut off. A negative log-likelihood may be negative; cut off, it has no gradient there.",
        lambda losses, reduction: reduced(losses.clamp(min=0), reduction),
    )
