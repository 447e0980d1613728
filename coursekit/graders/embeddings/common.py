"""What all exercises share: inputs at known angles and distances, what a reduction owes, and its mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, reduced, refuses, same_dtype, same_value, wrong_words

Rng = np.random.Generator
Loss = Callable[..., Tensor]
Draw = Callable[[Rng], tuple[Any, ...]]
Array = NDArray[np.float64]

DTYPES = (torch.float32, torch.float64)

READY_MADE = (
    *("cosine_similarity", "cosine_embedding_loss", "hinge_embedding_loss", "pairwise_distance", "cdist"),
    *("triplet_margin_loss", "triplet_margin_with_distance_loss"),
)


def cosine(x: Array, y: Array) -> Array:
    """The cosine of the angle between the vectors in the last dimension."""
    lengths = np.linalg.norm(x, axis=-1) * np.linalg.norm(y, axis=-1)
    result: Array = (x * y).sum(-1) / np.maximum(lengths, 1e-9)
    return result


def angled(rng: Rng, *bands: tuple[float, float], size: int = 3) -> tuple[Tensor, Tensor]:
    """Pairs of vectors with one decimal, of lengths from 0.8 to 3 that differ, each with its cosine in a band.

    Args:
        rng: the source of chance.
        bands: the least and the largest cosine of each pair.
        size: the number of dimensions.

    Returns:
        float32 tensors of shape (len(bands), size).
    """
    first, second = [], []
    for low, high in bands:
        while True:
            x, y = np.round(rng.normal(size=(2, 500, size)), 1) + 0.0  # a -0.0 would be printed as such
            a, b = np.linalg.norm(x, axis=-1), np.linalg.norm(y, axis=-1)
            cos = cosine(x, y)
            fits = (cos > low) & (cos < high) & (np.minimum(a, b) > 0.8) & (np.maximum(a, b) < 3)
            (found,) = np.nonzero(fits & (np.abs(a - b) > 0.2))
            if found.size:
                first.append(x[found[0]])
                second.append(y[found[0]])
                break
    return tensor(np.array(first), dtype=torch.float32), tensor(np.array(second), dtype=torch.float32)


def drop_in_parity(exercise: Exercise, draw: Draw, words: str) -> None:
    """What each loss with a `reduction` owes, whatever its formula is.

    Args:
        exercise: the loss.
        draw: its positional arguments: floating-point tensors, then perhaps an integer one.
        words: what a batch holds, for the title: "pairs".
    """
    spec = exercise.spec

    def keeps_dtype(f: Function, rng: Rng) -> None:
        args = draw(rng)
        same_dtype(f, spec, *args)
        same_dtype(f, spec, *(x.double() if x.is_floating_point() else x for x in args))

    def no_elements(f: Function, rng: Rng) -> None:
        args = [x[:0] for x in draw(rng)]
        for reduction in REDUCTIONS:
            same_value(f, spec, *args, reduction=reduction)

    def unknown_word(f: Function, rng: Rng) -> None:
        refuses(f, *draw(rng), reduction="batchmean")

    keeps_dtype.__doc__ = "float32 stays float32, float64 stays float64"
    no_elements.__doc__ = f"No {words} at all: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing"
    unknown_word.__doc__ = (
        "A reduction that does not exist is refused\n\n"
        "A misspelt reduction that passes for another one trains a model on a loss that nobody asked for."
    )
    for check in (keeps_dtype, no_elements, unknown_word):
        exercise.parity(check)


def reduction_mistakes(exercise: Exercise, costs_nothing: str, prefix: str = "") -> None:
    """What goes wrong around the formula of each loss.

    Args:
        exercise: a loss whose spec has a parameter `reduction`.
        costs_nothing: what its zeros are, for a sentence: "triplets that are met already".
        prefix: what the mistakes' names begin with.
    """
    spec, calls = exercise.spec, signature(exercise.spec)
    wrong_words(exercise.misconceptions, prefix)

    def of_losses(explanation: str) -> Callable[[Callable[[Tensor, str], Tensor]], None]:
        """Registers a mistake in one reduction, made with the losses of the elements."""

        def add(reduce: Callable[[Tensor, str], Tensor]) -> None:
            def loss(*args: Any, **kwargs: Any) -> Tensor:
                call = calls.bind(*args, **kwargs)
                word = call.arguments.get("reduction", "mean")
                call.arguments["reduction"] = "none"
                return reduce(spec(*call.args, **call.kwargs), word)

            exercise.misconception(explanation, prefix + reduce.__name__)(loss)

        return add

    @of_losses(  # TRI7
        f"The mean is taken over the losses above 0 only. torch's is over all of them: {costs_nothing} count as well. "
        "A mean over what is left grows more noisy as the model gets better, and is NaN at the end."
    )
    def mean_of_active(losses: Tensor, word: str) -> Tensor:
        return losses[losses > 0].mean() if word == "mean" else reduced(losses, word)

    @of_losses(  # TRI7
        "The sum is divided by the number of losses above 0, or by 1 if there are none. torch divides by the number"
        " of "
        f"all of them: {costs_nothing} count as well."
    )
    def mean_of_active_or_zero(losses: Tensor, word: str) -> Tensor:
        return losses.sum() / (losses > 0).sum().clamp(min=1) if word == "mean" else reduced(losses, word)

    @of_losses("The mean is divided by the batch size once more. `.mean()` has done it already.")  # R5
    def divided_twice(losses: Tensor, word: str) -> Tensor:
        rows = len(losses) if losses.ndim and word == "mean" else 1
        return reduced(losses, word) / (rows or torch.nan)

    @of_losses("The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen.")
    def empty_is_zero(losses: Tensor, word: str) -> Tensor:
        return reduced(losses, word) if losses.numel() else reduced(losses, word).nan_to_num()

    @of_losses("The result is float32 for float64 input. Keep the dtype of the input, its digits were paid for.")
    def always_float32(losses: Tensor, word: str) -> Tensor:
        return reduced(losses, word).float()


def shuffled(rng: Rng, *columns: Tensor) -> tuple[Tensor, ...]:
    """The same rows of each, in a new order."""
    order: Sequence[int] = rng.permutation(len(columns[0])).tolist()
    return tuple(column[torch.tensor(order)] for column in columns)
