"""What all exercises share: inputs at known angles and distances, what a reduction owes, and its mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, tensor

from coursekit.exercise import (
    Draw,
    Exercise,
    Mistakes,
    Rng,
    keeps_dtype,
    no_elements,
    unknown_word,
    usual_mistakes,
    wrong_words,
)

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


def shuffled(rng: Rng, *columns: Tensor) -> tuple[Tensor, ...]:
    """The same rows of each, in a new order."""
    order: Sequence[int] = rng.permutation(len(columns[0])).tolist()
    return tuple(column[torch.tensor(order)] for column in columns)


def drop_in_parity(exercise: Exercise, draw: Draw, words: str) -> None:
    """What each loss with a `reduction` owes, whatever its formula is.

    Args:
        exercise: the loss.
        draw: its positional arguments: floating-point tensors, then perhaps an integer one.
        words: what a batch holds, for the title: "pairs".
    """
    keeps_dtype(exercise, draw)
    no_elements(exercise, draw, f"No {words} at all: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing")
    unknown_word(
        exercise,
        draw,
        "A reduction that does not exist is refused\n\n"
        "A misspelt reduction that passes for another one trains a model on a loss that nobody asked for.",
    )


def reduction_mistakes(wrong: Mistakes, costs_nothing: str) -> None:
    """What goes wrong around the formula of each loss.

    Args:
        wrong: of a loss whose spec has a parameter `reduction`.
        costs_nothing: what its zeros are, for a sentence: "triplets that are met already".
    """
    wrong_words(wrong)
    usual_mistakes(
        wrong,
        mean_of_active=(
            f"The mean is taken over the losses above 0 only. torch's is over all of them: {costs_nothing} count as "
            "well. A mean over what is left grows more noisy as the model gets better, and is NaN at the end.",
            "TRI7",
        ),
        mean_of_active_or_zero=(
            "The sum is divided by the number of losses above 0, or by 1 if there are none. torch divides by the "
            f"number of all of them: {costs_nothing} count as well.",
            "TRI7",
        ),
    )
    usual_mistakes(wrong, "divided_twice", "empty_is_zero", "always_float32")
