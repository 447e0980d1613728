"""What every loss owes besides its formula: checks of its dtype, its gradient, an empty batch, the word `reduction`.

A check's name seeds its inputs, and stands in every report: so each takes the name that it has in its exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from coursekit.exercise.comparing import refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.exercise import Exercise, Rng
from coursekit.exercise.families.inputs import in_float64
from coursekit.exercise.families.reductions import REDUCTIONS
from coursekit.exercise.function import Function
from coursekit.report import Tier

Draw = Callable[[Rng], Sequence[Any]]  # positional arguments of a call


def keeps_dtype(
    exercise: Exercise,
    draw: Draw,
    words: str = "float32 stays float32, float64 stays float64",
    name: str = "",
    *,
    anew: bool = False,
) -> None:
    """Adds the check that the result has the dtype of the inputs.

    Args:
        exercise: any loss.
        draw: positional arguments, tensors in float32; whatever else is among them stays as it is.
        words: title, and help below it.
        name: the check's, if not that of the family.
        anew: whether float64 is asked about other numbers than float32.
    """

    def keeps_dtype(f: Function, rng: Rng) -> None:
        args = draw(rng)
        same_dtype(f, exercise.spec, *args)
        args = draw(rng) if anew else args
        same_dtype(f, exercise.spec, *(in_float64(x) if isinstance(x, Tensor) else x for x in args))

    exercise.add_check(keeps_dtype, words=words, name=name)


def dtype_of_y_pred(
    exercise: Exercise,
    draw: Draw,
    kinds: Callable[[Tensor], Sequence[Tensor]],
    words: str = "The result has the dtype of y_pred, whatever y_true has",
    name: str = "",
) -> None:
    """Adds the check of the dtype that a loss of Keras's gives.

    Args:
        exercise: a loss that is called with y_true and y_pred.
        draw: both in float32.
        kinds: of y_true, what is asked about besides it and its float64.
        words: title, and help below it.
        name: the check's, if not that of the family.
    """

    def dtype_of_y_pred(f: Function, rng: Rng) -> None:
        y_true, y_pred = draw(rng)
        for truth in (y_true, in_float64(y_true), *kinds(y_true)):
            same_dtype(f, exercise.spec, truth, y_pred, dtype=y_pred.dtype)

    exercise.add_check(dtype_of_y_pred, words=words, name=name)


def scaled_gradient(
    exercise: Exercise,
    draw: Draw,
    words: str = "The gradient passes on what comes from above",
    name: str = "",
    *,
    wrt: tuple[int, ...] = (0,),
) -> None:
    """Adds the check of a gradient below a factor of 3.

    Args:
        exercise: any loss.
        draw: positional arguments.
        words: title, and help below it.
        name: the check's, if not that of the family.
        wrt: the positions with respect to which to differentiate.
    """

    def scaled_gradient(f: Function, rng: Rng) -> None:
        same_gradient(f, exercise.spec, *draw(rng), wrt=wrt, scale=3.0)

    exercise.add_check(scaled_gradient, words=words, name=name)


def each_reduction(
    exercise: Exercise,
    draw: Draw,
    words: str,
    name: str = "",
    *,
    reductions: Sequence[str | None] = REDUCTIONS,
    tier: Tier = Tier.CORE,
) -> None:
    """Adds the check of one batch with every reduction.

    Args:
        exercise: a loss with a parameter `reduction`.
        draw: positional arguments.
        words: title, and help below it.
        name: the check's, if not that of the family.
        reductions: what is asked for, in order; None stands for a call without a word for it.
        tier: whether the check is of what the loss means, or of what a drop-in replacement owes.
    """

    def each_reduction(f: Function, rng: Rng) -> None:
        args = draw(rng)
        for word in reductions:
            same_value(f, exercise.spec, *args, **({} if word is None else {"reduction": word}))

    exercise.add_check(each_reduction, tier, words, name)


def no_elements(
    exercise: Exercise,
    draw: Draw,
    words: str = "An empty batch: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing",
    name: str = "no_elements",
    *,
    reductions: Sequence[str | None] = REDUCTIONS,
) -> None:
    """Adds the check of an empty batch with every reduction.

    Args:
        exercise: a loss with a parameter `reduction`.
        draw: positional arguments, of which the first rows are left out: all of them.
        words: title, and help below it.
        name: the check's, if not that of the family.
        reductions: see `each_reduction`.
    """

    def empty(rng: Rng) -> list[Tensor]:
        return [x[:0] for x in draw(rng)]

    each_reduction(exercise, empty, words, name, reductions=reductions, tier=Tier.PARITY)


def unknown_word(
    exercise: Exercise, draw: Draw, words: str = "A reduction that does not exist is refused", name: str = ""
) -> None:
    """Adds the check that a misspelt reduction is refused.

    Args:
        exercise: a loss with a parameter `reduction`.
        draw: positional arguments.
        words: title, and help below it.
        name: the check's, if not that of the family.
    """

    def unknown_word(f: Function, rng: Rng) -> None:
        refuses(f, *draw(rng), reduction="batchmean")

    exercise.add_check(unknown_word, words=words, name=name)
