"""CTC in probabilities that are rescaled: the exercises of notebook 14. Losses are in nats."""

import torch
import torch.nn.functional as F
from torch import Tensor


def ctc_scaled(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """The CTC loss of one sample, by a recursion in probabilities that never underflows.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of the classes in each frame (T, C), T at least 1.
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
