"""The word `reduction` of torch's losses: what it means, and the mistakes that it invites."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from coursekit.exercise import Exercise

REDUCTIONS = ("none", "sum", "mean")


def reduced(losses: Tensor, reduction: str, divisor: Tensor | None = None) -> Tensor:
    """`losses` as "none", "sum" and "mean" leave them.

    Args:
        losses: any shape.
        reduction: one of the three words.
        divisor: what the mean divides the sum by, if not by the number of losses.

    Returns:
        The shape of `losses` for "none", else a single number.

    Raises:
        ValueError: `reduction` is another word.
    """
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / (losses.numel() if divisor is None else divisor)
    raise ValueError(f"{reduction!r} is no reduction")


def wrong_words(exercise: Exercise, prefix: str = "") -> None:
    """Adds the mistakes about the word itself: one that is not read, one that is unknown, one that is left out.

    Args:
        exercise: a loss whose spec has a parameter `reduction`.
        prefix: what the mistakes' names begin with.
    """
    spec, calls = exercise.spec, signature(exercise.spec)

    def add(name: str, explanation: str, heard: Callable[[str | None], str | None]) -> None:
        """A loss that hears another word than was said; None stands for no word."""

        def loss(*args: Any, **flags: Any) -> Tensor:
            call = calls.bind(*args, **flags)
            word = heard(call.arguments.get("reduction"))
            if word is not None:
                call.arguments["reduction"] = word
            return spec(*call.args, **call.kwargs)

        exercise.misconception(explanation, prefix + name)(loss)

    for kind in REDUCTIONS:
        add(
            f"always_{kind}",
            f"The reduction is ignored: this is '{kind}' whatever was asked for.",
            partial(_always, kind),
        )
        add(
            f"unknown_is_{kind}",
            f"An unknown reduction passes for '{kind}'. A misspelt word should not train a model: raise a ValueError.",
            partial(_unknown_is, kind),
        )
        if kind != "mean" and calls.parameters["reduction"].default == "mean":
            add(
                f"default_is_{kind}",
                f"The default reduction is '{kind}' here. A call without a word for it means 'mean'.",
                partial(_default_is, kind),
            )


def _always(kind: str, _word: str | None) -> str:
    return kind


def _unknown_is(kind: str, word: str | None) -> str | None:
    return word if word in (None, *REDUCTIONS) else kind


def _default_is(kind: str, word: str | None) -> str:
    return kind if word is None else word
