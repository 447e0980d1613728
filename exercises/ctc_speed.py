"""CTC: a faster one: write your answers here, then score one with `coursekit check hmm_nll`.

Made from solutions/ctc_speed.py by `coursekit refresh`.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def hmm_nll(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """How improbable is what a hidden Markov model has shown? -ln of its likelihood, in nats, however long it is.

    The model is in one state at each frame. It begins by `initial`, moves by `transition`, and each state shows what is
    seen with a probability of its own. The likelihood is a sum over all ways through the states.

    Args:
        initial: the probability of each state at the first frame (S,).
        transition: transition[i, j] is the probability of moving from state i to state j, (S, S).
        emission: emission[t, s] is the probability, or the density, of what was seen at frame t if the state is s,
            (T, S), T at least 1. There may be thousands of frames.

    Returns:
        -ln of the likelihood, a single number in the dtype of the arguments: inf where no way is possible, and below 0
        where densities make the likelihood larger than 1.
    """
    raise NotImplementedError("hmm_nll: write your answer here")


def hmm_posterior(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """In which state was a hidden Markov model at each frame, now that all of it has been seen?

    The model is that of `hmm_nll`.

    Args:
        initial: the probability of each state at the first frame (S,).
        transition: transition[i, j] is the probability of moving from state i to state j, (S, S).
        emission: emission[t, s] is the probability, or the density, of what was seen at frame t if the state is s,
            (T, S), T at least 1. There may be thousands of frames.

    Returns:
        The probability of each state at each frame, given everything that was seen before, then and after: (T, S), in
        the dtype of the arguments. Each row sums to 1. Where no way can show what was seen, every place is NaN.
    """
    raise NotImplementedError("hmm_posterior: write your answer here")


def ctc_scaled(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """The CTC loss of one sample, by a recursion in probabilities that never underflows.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of the classes in each frame (T, C), T at least 1. Some may be -inf.
        target: the labels (U,), none of them the blank. U may be 0.
        blank: the class that stands for no label.

    Returns:
        A single number in nats, in the dtype of log_probs; inf if T frames are too few for the target.
    """
    raise NotImplementedError("ctc_scaled: write your answer here")
