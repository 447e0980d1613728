"""What the exercises share: the surprise at a win, draws, and what goes wrong in a mean of comparisons."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Mistakes, Rng, usual_mistakes, wrong_words

READY_MADE = (
    *("margin_ranking_loss", "soft_margin_loss", "multilabel_soft_margin_loss", "hinge_embedding_loss"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy"),
)

# The sentence of `always_float32`
DTYPE_LOST = "The result is float32 for float64 input. Keep the dtype of the input."

# Far enough apart that no mistake about two of them stays hidden, and none the negative of another
SCORES = (-1.9, -1.1, -0.4, 0.6, 1.4, 2.3)


def draw_scores(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Up to six scores in any order, all different, shifted together by a tenth or two."""
    count = math.prod(shape)
    some = rng.permutation(SCORES)[:count] + rng.choice([-0.2, -0.1, 0.0, 0.1, 0.2])
    return tensor(np.round(some, 1) + 0.0, dtype=dtype).reshape(shape)  # a -0.0 would be printed as such


def surprise(lead: Tensor) -> Tensor:
    """-ln σ(lead): how surprising a win is to whoever puts the winner ahead by so much."""
    return torch.logaddexp(torch.zeros_like(lead), -lead)


def reduction_mistakes(wrong: Mistakes) -> None:
    """Adds what goes wrong between the losses of the comparisons and the number that is returned."""
    wrong_words(wrong)
    usual_mistakes(
        wrong,
        *("mean_of_row_sums", "mean_of_last", "sum_of_last", "none_averages"),
        *("divided_twice", "empty_is_zero", "nan_hidden"),
        mean_of_row_sums="'mean' sums over each row and averages the rows. It divides by the number of all "
        "comparisons.",
        none_averages="'none' averages over the last dimension. It leaves one loss per comparison.",
        empty_is_zero="The mean of an empty batch is 0 here. 0/0 is NaN: nothing was compared, and that should be "
        "seen.",
        nan_hidden="A NaN counts as 0. Let it through: a hole in the data should be seen.",
    )
