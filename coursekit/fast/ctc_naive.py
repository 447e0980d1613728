"""The CTC loss as the formulas stand in the paper: one sample, one frame, one state at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from coursekit.fast.lattice import Lattice, Lengths, analytic, lattice_of


def naive(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Form (a): plain loops over Python's numbers. Slow, and easy to hold against the paper.

    Arguments, result and errors are those of `coursekit.fast.ctc.scaled`.
    """
    lattice = lattice_of(logits, targets, input_lengths, target_lengths, blank)
    return analytic(_loop_over_samples, logits, lattice, reduction, zero_infinity)


def _loop_over_samples(logits: Tensor, lattice: Lattice) -> tuple[Tensor, Tensor]:
    log_p = logits.double().log_softmax(2)
    losses, gradient = [], torch.zeros_like(log_p)
    for n, (frames, labels) in enumerate(
        zip(lattice.input_lengths.tolist(), lattice.target_lengths.tolist(), strict=True)
    ):
        states = lattice.states[n, : 2 * labels + 1].tolist()
        rows = log_p[:frames, n].tolist()
        loss, gradient_rows = _one_sample(rows, states, lattice.blank)
        losses.append(loss)
        if gradient_rows:
            gradient[:frames, n] = torch.tensor(gradient_rows, dtype=torch.float64)
    return torch.tensor(losses, dtype=torch.float64).to(logits.dtype), gradient.to(logits.dtype)


def _one_sample(log_p: list[list[float]], states: list[int], blank: int) -> tuple[float, list[list[float]]]:
    """The loss of one sample and its gradient, from ln p of its frames and the class of each state."""
    if not log_p:  # no frame says nothing: certain if nothing was to be said
        return (0.0 if len(states) == 1 else math.inf), []
    forward = _forward(log_p, states, blank)
    backward = [row[::-1] for row in reversed(_forward(log_p[::-1], states[::-1], blank))]
    log_likelihood = _log_sum(*forward[-1][-2:])
    if log_likelihood == -math.inf:
        return math.inf, []
    gradient = []
    for alpha, beta, row in zip(forward, backward, log_p, strict=True):
        slope = [math.exp(value) for value in row]
        for a, b, state in zip(alpha, beta, states, strict=True):
            if row[state] > -math.inf:
                # both alpha and beta have emitted at this frame, so one emission is taken back
                slope[state] -= math.exp(a + b - row[state] - log_likelihood)
        gradient.append(slope)
    return -log_likelihood, gradient


def _forward(log_p: list[list[float]], states: list[int], blank: int) -> list[list[float]]:
    """Ln alpha: of all ways to be in state s after frame t, having emitted what was heard so far."""
    table = [[-math.inf] * len(states) for _ in log_p]
    for s in range(min(2, len(states))):  # the first frame is the first blank or the first label
        table[0][s] = log_p[0][states[s]]
    for t in range(1, len(log_p)):
        for s, state in enumerate(states):
            ways = [table[t - 1][s]]
            if s >= 1:
                ways.append(table[t - 1][s - 1])
            if s >= 2 and state not in (blank, states[s - 2]):
                ways.append(table[t - 1][s - 2])
            table[t][s] = _log_sum(*ways) + log_p[t][state]
    return table


def _log_sum(*logs: float) -> float:
    """Ln of a sum of numbers whose logarithms are given."""
    largest = max(logs)
    if largest == -math.inf:
        return largest
    return largest + math.log(sum(math.exp(value - largest) for value in logs))
