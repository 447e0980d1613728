"""The CTC loss in log space, a batch at a time: differentiated by autograd, or with its own gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.fast.lattice import IMPOSSIBLE, Lattice, Lengths, analytic, lattice_of, reduce, subtract_occupancy


def log_autograd(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Form (b): all samples and states at once, frame by frame; autograd walks the loop back.

    Arguments, result and errors are those of `coursekit.fast.ctc.scaled`.
    """
    lattice = lattice_of(logits, targets, input_lengths, target_lengths, blank)
    emitted = _emissions(_log_probabilities(logits, lattice), lattice)
    skip = torch.where(lattice.skips, 0.0, IMPOSSIBLE)
    log_alpha = _starts(lattice)[: len(skip), 2:].to(logits.dtype)
    for log_p in emitted:
        before = torch.nn.functional.pad(log_alpha, (2, 0), value=IMPOSSIBLE)
        stay_or_step = torch.logaddexp(log_alpha, before[:, 1:-1])
        log_alpha = torch.logaddexp(stay_or_step, before[:, :-2] + skip) + log_p
    log_likelihood = (log_alpha + _ends(lattice)).logsumexp(1)
    # A factor and no torch.where: what is infinite gets no slope, and spoils nobody else's.
    infinite = torch.where(log_likelihood < IMPOSSIBLE / 2, torch.inf, 1.0)
    if zero_infinity:
        infinite = torch.where(infinite.isinf(), 0.0, 1.0)
    return reduce(-log_likelihood * infinite, lattice, reduction, zero_infinity)


def log_analytic(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Form (c): alpha and beta as one batch of 2N, the gradient by its formula, softmax minus occupancy.

    Arguments, result and errors are those of `coursekit.fast.ctc.scaled`.
    """
    lattice = lattice_of(logits, targets, input_lengths, target_lengths, blank)
    return analytic(log_kernel, logits, lattice, reduction, zero_infinity)


def log_kernel(logits: Tensor, lattice: Lattice) -> tuple[Tensor, Tensor]:
    """Losses (N,) and gradients (T, N, C), in log space and in the dtype of `logits`."""
    N = logits.shape[1]
    log_p = _log_probabilities(logits, lattice)
    emitted = _emissions(log_p, lattice)
    # Beta is alpha of the labels read backwards, in time that runs backwards. Both recursions are one batch.
    both = torch.cat([emitted, emitted.flip(0, 2)], 1)
    skip = torch.where(skips_both_ways(lattice), 0.0, IMPOSSIBLE).to(logits.dtype)
    arriving, alpha = _recursion(both, skip, _starts(lattice).to(logits.dtype))
    # Alpha has emitted frame t, beta is about to: no emission is counted twice.
    through = alpha[:, :N] + arriving[:, N:].flip(0, 2)
    log_likelihood = through[-1].logsumexp(1)
    gradient = subtract_occupancy(log_p.exp_(), through.softmax(2), lattice)
    return torch.where(log_likelihood < IMPOSSIBLE / 2, torch.inf, -log_likelihood), gradient


def _recursion(emitted: Tensor, skip: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """Ln of the probability of each state at each frame, before and after the frame is emitted: (T, 2N, L) each."""
    T, rows, L = emitted.shape
    arriving = torch.empty_like(emitted)
    alpha = emitted.new_full((T + 1, rows, L + 2), IMPOSSIBLE)  # two columns in front, so that s - 2 always exists
    alpha[0] = start
    for t in range(T):
        stay, one, two = alpha[t, :, 2:], alpha[t, :, 1:-1], alpha[t, :, :-2]
        torch.logaddexp(stay, one, out=arriving[t])
        torch.logaddexp(arriving[t], two + skip, out=arriving[t])
        torch.add(arriving[t], emitted[t], out=alpha[t + 1, :, 2:])
    return arriving, alpha[1:, :, 2:]


def _log_probabilities(logits: Tensor, lattice: Lattice) -> Tensor:
    """Ln p, (T, N, C), where a padded frame says "blank" with certainty; no smaller than `IMPOSSIBLE`."""
    certain = logits.new_full(logits.shape[2:], IMPOSSIBLE)
    certain[lattice.blank] = 0.0
    return torch.where(lattice.padded, certain, logits.log_softmax(2)).clamp(min=IMPOSSIBLE)


def _emissions(log_p: Tensor, lattice: Lattice) -> Tensor:
    """Ln p of each state at each frame, (T, N, L)."""
    emitted = log_p.gather(2, lattice.states.expand(len(log_p), -1, -1))
    return emitted.masked_fill(lattice.unused, IMPOSSIBLE)


def skips_both_ways(lattice: Lattice) -> Tensor:
    """(2N, L): which states may be reached across a blank, forwards, and with the labels read backwards."""
    backwards = torch.zeros_like(lattice.skips)
    backwards[:, 2:] = lattice.skips.flip(1)[:, :-2]  # the same pairs of labels, entered from the other side
    return torch.cat([lattice.skips, backwards])


def starts_both_ways(lattice: Lattice) -> Tensor:
    """(2N, L + 2), True where all probability waits before the first frame; two columns of False in front."""
    N, L = lattice.states.shape
    start = torch.zeros(2 * N, L + 2, dtype=torch.bool)
    start[:N, 2] = True
    start[torch.arange(N, 2 * N), L + 1 - 2 * lattice.target_lengths] = True  # unused states stand in front there
    return start


def _starts(lattice: Lattice) -> Tensor:
    return torch.where(starts_both_ways(lattice), 0.0, IMPOSSIBLE)


def _ends(lattice: Lattice) -> Tensor:
    """(N, L): 0 for the last label and the blank after it, where an alignment may end."""
    place = 2 * lattice.target_lengths[:, None] - torch.arange(lattice.states.shape[1])
    return torch.where((place == 0) | (place == 1), 0.0, IMPOSSIBLE)
