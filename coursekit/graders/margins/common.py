"""What the exercises share: constants, inputs, the hinge, a check, and mistakes that several of them invite."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Draw,
    Exercise,
    Loss,
    Mistakes,
    Rng,
    always_float32,
    each_reduction,
    reduced,
    wider_dtype,
)

READY_MADE = (
    *("soft_margin_loss", "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss"),
    *("hinge_embedding_loss", "margin_ranking_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"),
)

DTYPES = (torch.float32, torch.float64)

# No two of these scores are a whole number apart, and none is one: with a margin of 1, 2, or one that ends in 5
# hundredths, no gap between them is 0.
SCORES = (-3.0, -1.9, -1.4, -0.8, -0.3, 0.4, 0.9, 1.3, 1.8, 2.5)
FACTORS = (0.05, 0.4, 0.1, 0.25, 0.02, 0.06)


def draw_scores(rng: Rng, *shape: int) -> Tensor:
    """Scores that differ within a row, the last dimension of `shape`.

    Returns:
        float32 tensor of that shape.
    """
    rows = [rng.permutation(SCORES)[: shape[-1]] for _ in range(prod(shape[:-1]))]
    return tensor(np.array(rows).reshape(shape), dtype=torch.float32)


def draw_factors(rng: Rng, count: int) -> Tensor:
    """A factor for each of up to six classes, all different, together less than 1."""
    return tensor(rng.permutation(FACTORS[:count]), dtype=torch.float32)


def hinge(gap: Tensor) -> Tensor:
    """What of each gap is above 0. At 0 its slope is 0, as that of an `if (z > 0)`."""
    return torch.relu(gap)


def of_a_batch(exercise: Exercise, draw: Draw) -> None:
    """Adds the check of the reductions, for losses that have one number for each sample."""
    words = "'none' gives one loss per sample, 'sum' their sum, 'mean', the default, their mean"
    each_reduction(exercise, draw, words, "of_a_batch", reductions=(*REDUCTIONS, None))


def sample_mistakes(wrong: Mistakes) -> None:
    """Adds what goes wrong between the losses of the samples and one number, where each is of a row of C scores."""

    def of_samples(reduce: Loss) -> Loss:
        """A loss made of the losses of the samples, of the word that was said, and of C."""

        def loss(input: Tensor, *args: Any, **flags: Any) -> Tensor:
            call = wrong.bound(input, *args, **flags)
            word = call.arguments.get("reduction", "mean")
            call.arguments["reduction"] = "none"
            return reduce(wrong.spec(*call.args, **call.kwargs), word, input.shape[-1])

        return loss

    wrong.table(
        of_samples,
        mean_over_scores=(
            "'mean' divides by the number of all scores, N · C. The C is in each sample's loss already: divide by N.",
            lambda losses, word, classes: reduced(losses, word, losses.numel() * classes),
        ),
        sum_without_classes=(
            "'sum' is not divided by C. That division belongs to each sample's loss, whatever happens to them later.",
            lambda losses, word, classes: reduced(losses, word) * (classes if word == "sum" else 1),
        ),
        mean_over_active=(
            "'mean' divides by the number of samples that still cost something. A sample whose margins are all met "
            "counts as well, with its 0.",
            lambda losses, word, classes: reduced(losses, word, (losses > 0).sum().clamp(min=1)),
        ),
        none_drops_zeros=(
            "'none' leaves out the samples whose loss is 0. There is one loss per sample, in the order of the samples.",
            lambda losses, word, classes: reduced(losses[losses > 0] if word == "none" else losses, word),
        ),
        keeps_a_batch=(
            "A single sample comes back as a batch of one, shape (1,). Without a batch dimension the loss has none.",
            lambda losses, word, classes: reduced(losses.reshape(-1), word),
        ),
    )
    always_float32(wrong)


def keras_dtype_mistakes(wrong: Mistakes) -> None:
    """Adds what goes wrong where Keras turns y_true into the dtype of y_pred."""
    wider_dtype(wrong)

    @wrong("Labels of type bool raise an error. Turn y_true into the dtype of y_pred before any arithmetic.")
    def bool_refused(y_true: Tensor, y_pred: Tensor) -> Tensor:
        if y_true.dtype is torch.bool:
            raise RuntimeError("Subtraction with a bool tensor is not supported.")
        return wrong.spec(y_true, y_pred)
