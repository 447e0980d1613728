"""CTC: training and reading out: write your answers here, then score one with `coursekit check ctc_beta`.

Made from solutions/ctc_training.py by `coursekit refresh`.
"""

import math

import torch
from torch import Tensor


def ctc_beta(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """The backward variables of CTC, for one sample, in log space.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of C classes in T frames, shape (T, C). T may be some hundreds.
        target: U labels, none of them blank, shape (U,). U may be 0.
        blank: the class that stands for no label.

    Returns:
        Shape (T, 2U + 1): at [t, s] the logarithm of the probability of all ways to go on from state s after
        frame t to the end of the target. What is emitted in frame t itself does not count, so the last row is
        0 in the states in which a path may end. -inf where there is no way.
    """
    raise NotImplementedError("ctc_beta: write your answer here")


def ctc_occupancy(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """How much of the target's probability passes through each class in each frame, for one sample.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of C classes in T frames, shape (T, C). A frame's need not sum to 1.
        target: U labels, none of them blank, shape (U,). U may be 0. At least one path of T frames spells it.
        blank: the class that stands for no label.

    Returns:
        Shape (T, C): at [t, c] the share of all paths that spell the target, each counted with its
        probability, that emit c in frame t. Every row sums to 1.
    """
    raise NotImplementedError("ctc_occupancy: write your answer here")


def greedy_decode(log_probs: Tensor, blank: int = 0) -> Tensor:
    """Reads out the most probable path.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of C classes in T frames, shape (T, C).
        blank: the class that stands for no label.

    Returns:
        The labels that the path of the best class of each frame spells, int64, shape (U,). U may be 0.
    """
    raise NotImplementedError("greedy_decode: write your answer here")


def edit_distance(reference: Tensor, hypothesis: Tensor) -> Tensor:
    """The least number of labels to insert, delete or replace that turns one sequence into the other.

    Args:
        reference: the right labels, shape (U,). U may be 0.
        hypothesis: the labels that were read, shape (V,). V may be 0.

    Returns:
        A single number.
    """
    raise NotImplementedError("edit_distance: write your answer here")


def prefix_beam_search(log_probs: Tensor, beam_width: int, blank: int = 0) -> Tensor:
    """Reads out the most probable labels: the sum over all their paths, searched with a beam.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of C classes in T frames, shape (T, C). T may be large: their sums are far
            below the logarithm of the smallest float.
        beam_width: after every frame, so many of the most probable prefixes are kept.
        blank: the class that stands for no label.

    Returns:
        The labels of the most probable prefix after the last frame, int64, shape (U,). U may be 0.
    """

    raise NotImplementedError("prefix_beam_search: write your answer here")


def ctc_loss_from_logits(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """CTC from logits: `torch.nn.functional.ctc_loss` of their log_softmax, with a gradient of its own.

    By hand: no ready-made loss or distribution.

    Args:
        logits: shape (T, N, C): frames first.
        targets: labels, padded to the same length, shape (N, S).
        input_lengths: how many frames of each sample count, shape (N,).
        target_lengths: how many labels of each sample count, shape (N,).
        blank: the class that stands for no label.
        reduction: "none" for -ln P(target) of every sample, "sum", or "mean": each is divided by its number
            of labels (by 1 if it has none), then averaged.
        zero_infinity: a target that has no path costs 0, and has a gradient of 0, instead of inf.

    Returns:
        Shape (N,) for "none", else a single number. The gradient with respect to the logits is softmax - occupancy in
        the frames that count, and 0 in the others.

    Raises:
        ValueError: reduction is another word.
    """

    raise NotImplementedError("ctc_loss_from_logits: write your answer here")
