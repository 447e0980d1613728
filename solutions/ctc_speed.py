"""CTC in probabilities that are rescaled: the exercises of notebook 14. Losses are in nats."""

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
    # BEGIN SOLUTION
    row = initial * emission[0]
    total = row.sum()
    loss = -total.log()
    for emitted in emission[1:]:
        if total == 0:  # nothing is possible, and nothing is left to divide by 0
            return loss
        row = (row / total) @ transition * emitted
        total = row.sum()
        loss = loss - total.log()
    return loss
    # END SOLUTION


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
    # BEGIN SOLUTION
    seen = [initial * emission[0]]
    for emitted in emission[1:]:
        seen.append((seen[-1] / seen[-1].sum()) @ transition * emitted)
    rest = [torch.ones_like(initial)]  # behind the last frame nothing is to come
    for emitted in emission[1:].flip(0):
        rest.append(transition @ (emitted * rest[-1] / rest[-1].sum()))
    # each row of either may be divided by any number: the shares stay
    both = torch.stack(seen) * torch.stack(rest[::-1])
    return both / both.sum(1, keepdim=True)
    # END SOLUTION


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
    # BEGIN SOLUTION
    states = target.new_full((2 * len(target) + 1,), blank)
    states[1::2] = target
    skips = torch.zeros_like(states, dtype=torch.bool)
    skips[2:] = states[2:] != states[:-2]  # two blanks are equal, too
    emitted = log_probs.exp()[:, states]

    # Before the first frame all probability stands on the first blank. The two places in front stay empty.
    row = F.pad(emitted.new_ones(1), (2, 2 * len(target)))
    log_likelihood = emitted.new_zeros(())
    for frame in emitted:
        arriving = row[2:] + row[1:-1] + row[:-2] * skips
        row = arriving * frame
        total = row.sum()
        log_likelihood = log_likelihood + total.log()
        row = F.pad(row / total, (2, 0))
    return -(log_likelihood + row[2:][-2:].sum().log())
    # END SOLUTION
