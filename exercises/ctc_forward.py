"""CTC: the forward algorithm: write your answers here, then score one with `coursekit check collapse`.

Made from solutions/ctc_forward.py by `coursekit refresh`.
"""

from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor


def collapse(path: Tensor, blank: int = 0) -> Tensor:
    """The labels that a path spells: runs of one class count once, then the blanks go.

    By hand: no ready-made loss or distribution.

    Args:
        path: a class for each frame (T,), integers.
        blank: the class that stands for no label.

    Returns:
        The labels (U,), U from 0 to T, in the dtype of path.
    """
    raise NotImplementedError("collapse: write your answer here")


def ctc_by_enumeration(probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """The probability of a word: that of every path which spells it, added up.

    For tiny cases only: there are C to the power of T paths.

    By hand: no ready-made loss or distribution.

    Args:
        probs: probabilities of the classes in each frame (T, C).
        target: the labels of the word (U,), none of them the blank. U may be 0.
        blank: the class that stands for no label.

    Returns:
        A single number, 0 if no path of T frames spells the word.
    """
    raise NotImplementedError("ctc_by_enumeration: write your answer here")


def ctc_states(target: Tensor, blank: int = 0) -> Tensor:
    """The states that a path for a word goes through: its labels, with a blank before, between and after them.

    By hand: no ready-made loss or distribution.

    Args:
        target: the labels of the word (U,), none of them the blank. U may be 0.
        blank: the class that stands for no label.

    Returns:
        The class of each state (2U + 1,), in the dtype of target.
    """
    raise NotImplementedError("ctc_states: write your answer here")


def ctc_skips(target: Tensor, blank: int = 0) -> Tensor:
    """The states into which a path may jump over the state before.

    By hand: no ready-made loss or distribution.

    Args:
        target: the labels of the word (U,), none of them the blank. U may be 0.
        blank: the class that stands for no label.

    Returns:
        For each state of `ctc_states` whether it may follow the one two places before it in the next
        frame, bool (2U + 1,).
    """
    raise NotImplementedError("ctc_skips: write your answer here")


def ctc_alpha(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """The forward variables of one word, in log space.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of the classes in each frame (T, C), T at least 1. They are taken as they
            are: they need not sum to 1, and a class may be ruled out by -inf.
        target: the labels of the word (U,), none of them the blank. U may be 0.
        blank: the class that stands for no label.

    Returns:
        For each frame t and each state s of `ctc_states`: ln of the probability, added up over all ways to
        begin, of the first frames up to t if they end in s. Shape (T, 2U + 1), -inf where no path comes. The
        gradient of the others holds no NaN.
    """
    raise NotImplementedError("ctc_alpha: write your answer here")


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | list[int],
    target_lengths: Tensor | list[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """What it costs that the outputs spell the targets: a drop-in for `torch.nn.functional.ctc_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities (T, N, C): T frames, N samples, C classes. Or (T, C) for one sample. They
            are taken as they are: they need not sum to 1, and a class may be ruled out by -inf; behind a
            sample's input length there may be anything, NaN too.
        targets: labels, integers: padded (N, S), where what stands behind a target's length is not read,
            whatever it is; or the targets one after another, (the sum of all target_lengths,). For one
            sample (S,).
        input_lengths: how many frames of each sample count, from 0 to T: a tensor or a list of N integers.
            For one sample a tensor of shape () or (1,), or a list of one.
        target_lengths: how many labels each target has, likewise.
        blank: the class that stands for no label.
        reduction: "none" for one loss per sample, "sum", or "mean" for the average over the samples of
            loss / target length, where a length of 0 counts as 1.
        zero_infinity: whether an infinite loss counts as 0, and has a gradient of 0.

    Returns:
        -ln of the probability of each target (N,), or () for one sample; or a single number. inf where the
        frames are too few for the target; the gradient of an inf may be anything.

    Raises:
        ValueError: a label that counts is not one of the C classes, blank is not, a length does not fit, or
            reduction is another word.
    """
    raise NotImplementedError("ctc_loss: write your answer here")
