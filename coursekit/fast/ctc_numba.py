"""The scaled CTC recursion as a compiled loop: no temporary tensors, so the memory is touched once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from coursekit.fast.ctc_scaled import guarded_kernel
from coursekit.fast.lattice import Lattice, Lengths, analytic, lattice_of

Array = np.ndarray[Any, Any]


def compiled(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Form (e): the loops of form (a), rescaled, their sums in float64, compiled by numba when first called.

    Arguments, result and errors are those of `coursekit.fast.ctc.scaled`.

    Raises:
        ModuleNotFoundError: numba is not installed.
    """
    lattice = lattice_of(logits, targets, input_lengths, target_lengths, blank)
    kernel = partial(guarded_kernel, kernel=partial(loop_kernel, loops=_compiled()))
    return analytic(kernel, logits, lattice, reduction, zero_infinity)


def loop_kernel(logits: Tensor, lattice: Lattice, loops: Callable[..., None]) -> tuple[Tensor, Tensor, Tensor]:
    """Losses (N,), gradients (T, N, C) and the spread (N,) of the readings, by `loops`, compiled or not."""
    N = logits.shape[1]
    losses, spread = torch.zeros(2, N, dtype=torch.float64)
    gradient = logits.softmax(2)
    numbers = (gradient, losses, spread, lattice.states, lattice.skips, lattice.input_lengths, lattice.target_lengths)
    loops(*(tensor.numpy() for tensor in numbers), torch.finfo(logits.dtype).tiny)
    return losses.to(logits.dtype), gradient, spread


@cache
def _compiled() -> Callable[..., None]:
    try:
        import numba
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}: this form needs numba; pip install 'coursekit[fast]'") from error
    # error_model="numpy": dividing by 0 gives NaN, which the guard understands, and no exception;
    # "reassoc": sums may be taken in any order, several numbers at a time (all of fastmath would forbid NaN)
    options: dict[str, Any] = {"cache": True, "error_model": "numpy", "fastmath": {"reassoc"}}
    loops: Callable[..., None] = numba.njit(**options)(all_loops)
    return loops


def all_loops(
    p: Array,
    losses: Array,
    spread: Array,
    states: Array,
    skips: Array,
    input_lengths: Array,
    target_lengths: Array,
    tiny: float,
) -> None:
    """Both recursions of all samples: softmax p (T, N, C) becomes the gradient; losses, spread (N,) are filled in."""
    for n in range(p.shape[1]):
        T, L, state = input_lengths[n], 2 * target_lengths[n] + 1, states[n]
        p[T:, n] = 0.0
        skip = np.zeros(L + 2)  # factors, not conditions: the processor then takes several states at once
        skip[:L] = skips[n, :L]
        emitted, alpha = np.empty((T, L)), np.zeros((T + 1, L + 2))  # two columns in front, so that s - 2 always exists
        alpha[0, 2], log_scale, scale, faint = 1.0, np.zeros(T + 1), 1.0, 0
        for t in range(T):
            total = 0.0
            for s in range(L):
                emitted[t, s] = p[t, n, state[s]]
                faint += emitted[t, s] < tiny
            for s in range(L):
                arriving = alpha[t, s + 2] + alpha[t, s + 1] + skip[s] * alpha[t, s]
                alpha[t + 1, s + 2] = arriving * (emitted[t, s] * scale)
                total += alpha[t + 1, s + 2]
            scale = 1 / total  # of this row, but the next one pays: it is read there anyway
            log_scale[t + 1] = log_scale[t] + np.log(total)
        beta, occupancy, log_likelihood, log_beta = np.zeros(L + 2), np.empty(L), 0.0, 0.0
        beta[max(L - 2, 0) : L] = 1.0  # it may end in the last label or in the blank after it
        if faint:
            spread[n] = np.inf  # cut alike in alpha and beta: the readings would not show it
        for t in range(T - 1, -1, -1):
            total = rest = blanks = 0.0
            for s in range(L):
                occupancy[s] = alpha[t + 1, s + 2] * beta[s]
                total += occupancy[s]
                beta[s] *= emitted[t, s]
                rest += beta[s]
            reading = np.log(total) + log_scale[t] + log_beta
            if t == T - 1:
                log_likelihood = reading
            apart = abs(reading - log_likelihood)
            spread[n] = max(spread[n], apart) if apart == apart else np.inf  # NaN is no number to compare
            for s in range(0, L, 2):  # half of the states are the one blank: a sum, and one number to write
                blanks += occupancy[s]
            p[t, n, state[0]] -= blanks * (1 / total)
            for s in range(1, L, 2):
                p[t, n, state[s]] -= occupancy[s] * (1 / total)
            for s in range(L):  # upwards: what is still to be read is not yet overwritten
                beta[s] = (beta[s] + beta[s + 1] + skip[s + 2] * beta[s + 2]) * (1 / rest)
            log_beta += np.log(rest)
        losses[n] = -log_likelihood
