"""What every loss owes besides its formula: checks of its dtype, of an empty batch, of the word `reduction`.

A check's name seeds its inputs, and stands in every report: so each takes the name that it has in its exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from coursekit.exercise.comparing import refuses, same_dtype, same_value
from coursekit.exercise.exercise import Exercise, Rng
from coursekit.exercise.function import Function
from coursekit.exercise.reductions import REDUCTIONS

Draw = Callable[[Rng], Sequence[Tensor]]  # positional arguments of a call


def keeps_dtype(
    exercise: Exercise, draw: Draw, words: str = "float32 stays float32, float64 stays float64", name: str = ""
) -> None:
    """Adds the check that the result has the dtype of the inputs.

    Args:
        exercise: any loss.
        draw: positional arguments in float32; integers among them stay as they are.
        words: title, and help below it.
        name: the check's, if not that of the family.
    """

    def keeps_dtype(f: Function, rng: Rng) -> None:
        args = draw(rng)
        same_dtype(f, exercise.spec, *args)
        same_dtype(f, exercise.spec, *(x.double() if x.is_floating_point() else x for x in args))

    exercise.add_check(keeps_dtype, words=words, name=name)


def no_elements(
    exercise: Exercise,
    draw: Draw,
    words: str = "An empty batch: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing",
    name: str = "",
) -> None:
    """Adds the check of an empty batch with every reduction.

    Args:
        exercise: a loss with a parameter `reduction`.
        draw: positional arguments, of which the first rows are left out: all of them.
        words: title, and help below it.
        name: the check's, if not that of the family.
    """

    def no_elements(f: Function, rng: Rng) -> None:
        args = [x[:0] for x in draw(rng)]
        for reduction in REDUCTIONS:
            same_value(f, exercise.spec, *args, reduction=reduction)

    exercise.add_check(no_elements, words=words, name=name)


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
