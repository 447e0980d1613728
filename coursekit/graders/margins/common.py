"""What all exercises share: constants, inputs, and what goes wrong once the losses of the samples are there."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, reduced

Rng = np.random.Generator
Loss = Callable[..., Tensor]

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


def of_samples(exercise: Exercise) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator for what is made of the right losses, one a sample (or an element), in place of a reduction."""
    spec, calls = exercise.spec, signature(exercise.spec)

    def wrong(explanation: str) -> Callable[[Loss], Loss]:
        def add(reduce: Loss) -> Loss:
            def loss(*args: Any, **flags: Any) -> Tensor:
                call = calls.bind(*args, **flags)
                word = call.arguments.get("reduction", "mean")
                call.arguments["reduction"] = "none"
                return reduce(spec(*call.args, **call.kwargs), word, call.arguments["input"])

            exercise.misconception(explanation, reduce.__name__)(loss)
            return reduce

        return add

    return wrong


def sample_mistakes(exercise: Exercise) -> None:
    """What goes wrong between the losses of the samples and one number, for losses with one loss a row of C scores."""
    wrong = of_samples(exercise)

    @wrong("'mean' divides by the number of all scores, N · C. The C is in each sample's loss already: divide by N.")
    def mean_over_scores(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
        return losses.sum() / input.numel() if reduction == "mean" else reduced(losses, reduction)

    @wrong("'sum' is not divided by C. That division belongs to each sample's loss, whatever happens to them later.")
    def sum_without_classes(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
        return reduced(losses, reduction) * (input.shape[-1] if reduction == "sum" else 1)

    @wrong(
        "'mean' divides by the number of samples that still cost something. A sample whose margins are all met counts "
        "as well, with its 0."
    )
    def mean_over_active(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
        return losses.sum() / (losses > 0).sum().clamp(min=1) if reduction == "mean" else reduced(losses, reduction)

    @wrong("'none' leaves out the samples whose loss is 0. There is one loss a sample, in the order of the samples.")
    def none_drops_zeros(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
        return losses[losses > 0] if reduction == "none" else reduced(losses, reduction)

    @wrong("A single sample comes back as a batch of one, shape (1,). Without a batch dimension the loss has none.")
    def keeps_a_batch(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
        return reduced(losses.reshape(-1), reduction)

    @wrong("The result is float32 for float64 input. Keep the dtype of the input, its digits were paid for.")
    def always_float32(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
        return reduced(losses, reduction).float()
