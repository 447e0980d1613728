"""What the exercises share: the surprise at a win, draws, and what goes wrong in a mean of comparisons."""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import Exercise, reduced, wrong_words

Rng = np.random.Generator
Loss = Callable[..., Tensor]

READY_MADE = (
    *("margin_ranking_loss", "soft_margin_loss", "multilabel_soft_margin_loss", "hinge_embedding_loss"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy"),
)

# Far enough apart that no mistake about two of them stays hidden, and none the negative of another
SCORES = (-1.9, -1.1, -0.4, 0.6, 1.4, 2.3)


def draw_scores(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Up to six scores in any order, all different, shifted together by a tenth or two."""
    count = math.prod(shape)
    some = rng.permutation(SCORES)[:count] + rng.choice([-0.2, -0.1, 0.0, 0.1, 0.2])
    return tensor(np.round(some, 1) + 0.0, dtype=dtype).reshape(shape)  # a -0.0 would be printed as such


def surprise(lead: Tensor) -> Tensor:
    """-ln σ(lead): how surprising a win is to who puts the winner ahead by so much."""
    return torch.logaddexp(torch.zeros_like(lead), -lead)


def always_float32(exercise: Exercise) -> None:
    """Adds the mistake that every exercise with a dtype check knows."""
    spec = exercise.spec

    @exercise.misconception("The result is float32 for float64 input. Keep the dtype of the input.")
    def always_float32(*args: Any, **flags: Any) -> Tensor:
        return spec(*args, **flags).float()


def of_losses(exercise: Exercise, explanation: str) -> Callable[[Callable[[Tensor, str], Tensor]], None]:
    """Registers a mistake that is made with the losses of the comparisons, and the word for their reduction."""
    spec, calls = exercise.spec, signature(exercise.spec)

    def add(reduce: Callable[[Tensor, str], Tensor]) -> None:
        def loss(*args: Any, **flags: Any) -> Tensor:
            call = calls.bind(*args, **flags)
            call.apply_defaults()
            word, call.arguments["reduction"] = call.arguments["reduction"], "none"
            return reduce(spec(*call.args, **call.kwargs), word)

        exercise.misconception(explanation, reduce.__name__)(loss)

    return add


def reduction_mistakes(exercise: Exercise) -> None:
    """What goes wrong between the losses of the comparisons and the number that is returned."""
    wrong_words(exercise.misconceptions)

    def wrong(explanation: str) -> Callable[[Callable[[Tensor, str], Tensor]], None]:
        return of_losses(exercise, explanation)

    @wrong("'mean' sums over each row and averages the rows. It divides by the number of all comparisons.")
    def mean_of_row_sums(losses: Tensor, word: str) -> Tensor:
        rows = losses.flatten(1).sum(1) if word == "mean" and losses.ndim > 1 else losses
        return reduced(rows, word)

    @wrong("'mean' averages over the last dimension only. It is one number, over everything.")
    def mean_of_last(losses: Tensor, word: str) -> Tensor:
        return losses.mean(-1) if word == "mean" else reduced(losses, word)

    @wrong("'sum' sums over the last dimension only. It is one number, over everything.")
    def sum_of_last(losses: Tensor, word: str) -> Tensor:
        return losses.sum(-1) if word == "sum" else reduced(losses, word)

    @wrong("'none' averages over the last dimension. It leaves one loss a comparison.")
    def none_averages(losses: Tensor, word: str) -> Tensor:
        return losses.mean(-1) if word == "none" else reduced(losses, word)

    @wrong("The mean is divided by the batch size once more. `.mean()` has done it already.")  # R5
    def divided_twice(losses: Tensor, word: str) -> Tensor:
        rows = losses.shape[0] if losses.ndim and word == "mean" else 1
        return reduced(losses, word) / (rows or nan)

    @wrong("The mean of an empty batch is 0 here. 0/0 is NaN: nothing was compared, and that should be seen.")
    def empty_is_zero(losses: Tensor, word: str) -> Tensor:
        return reduced(losses, word) if losses.numel() else reduced(losses, word).nan_to_num()

    @wrong("A NaN counts as 0. Let it through: a hole in the data should be seen.")
    def nan_hidden(losses: Tensor, word: str) -> Tensor:
        return reduced(losses.where(~losses.isnan(), 0.0), word)
