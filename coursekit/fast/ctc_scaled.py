"""The CTC loss in probabilities that are rescaled on the way: no exp, no log, only products and sums.

Probabilities of long alignments underflow. Divided by their sum every few frames they do not, and the logarithms of
these sums add up to that of the likelihood (L. Rabiner, A tutorial on hidden Markov models, 1989, section V.A). What
may still be lost is a state that matters later and is tiny now. The guard notices, and such a sample is computed again
with more range.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.fast.ctc_log import log_kernel, skips_both_ways, starts_both_ways
from coursekit.fast.lattice import Lattice, Lengths, analytic, lattice_of, subtract_occupancy

RESCALE_EVERY = 4  # frames: a few products are far from underflow, and a division costs as much as they do
SMALL = 2**17  # states at all frames: so few cost little more in float64, which is nearer to the truth
Readings = Callable[[Tensor, Lattice], tuple[Tensor, Tensor, Tensor]]
TOLERANCE = 1e-4  # how far the readings of one ln-likelihood may lie apart, in nats


def scaled(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Form (d): rescaled probabilities, guarded: where they fail, float64 takes over, and where that fails, log space.

    Small problems are in float64 from the start.

    Args:
        logits: (T, N, C), float32 or float64; their softmax over C is part of the loss.
        targets: (N, S), integers; what stands behind a target's length is not read.
        input_lengths: N numbers from 0 to T, a tensor or a list.
        target_lengths: N numbers from 0 to S, a tensor or a list.
        blank: the index of the blank.
        reduction: "none", "sum" or "mean". The mean divides each loss by its number of labels (or by 1) first.
        zero_infinity: whether a sample that cannot be aligned has loss 0 and gradient 0, in place of inf and NaN.

    Returns:
        The losses in nats: (N,) for "none", else a single number, in the dtype of `logits`.

    Raises:
        ValueError: a shape, a dtype, a length, a label, the blank or the reduction is none of these, or a label is the
            blank.
    """
    lattice = lattice_of(logits, targets, input_lengths, target_lengths, blank)
    return analytic(guarded_kernel, logits, lattice, reduction, zero_infinity)


def guarded_kernel(logits: Tensor, lattice: Lattice, kernel: Readings | None = None) -> tuple[Tensor, Tensor]:
    """Losses (N,) and gradients (T, N, C), each sample by the cheapest way that is right for it.

    Args:
        logits: (T, N, C).
        lattice: the states.
        kernel: gives losses, gradients and the spread of the readings; `scaled_kernel` if None.
    """
    kernel = kernel or scaled_kernel
    losses, gradient, spread = kernel(logits, lattice)
    failed = failures(spread, lattice)
    if len(failed) and logits.dtype is torch.float32:
        again, there, spread[failed] = kernel(logits[:, failed].double(), lattice.only(failed))
        losses[failed], gradient[:, failed] = again.float(), there.float()
        failed = failures(spread, lattice)
    if len(failed):
        again, there = log_kernel(logits[:, failed].double(), lattice.only(failed))
        losses[failed], gradient[:, failed] = again.to(logits.dtype), there.to(logits.dtype)
    return losses.masked_fill(lattice.impossible, torch.inf), gradient


def failures(spread: Tensor, lattice: Lattice) -> Tensor:
    """The indices of samples whose readings do not agree; NaN agrees with nothing. What is impossible cannot fail."""
    return (~(spread <= TOLERANCE) & ~lattice.impossible).nonzero()[:, 0]


def scaled_kernel(logits: Tensor, lattice: Lattice, tilted: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """Losses (N,), gradients (T, N, C) and the spread (N,) of the readings, in the dtype of `logits`."""
    T, N, _ = logits.shape
    tilt = _tilt(lattice) if tilted else torch.ones(N, dtype=torch.float64)
    softmax = logits.softmax(2, dtype=torch.float64 if T * lattice.states.numel() <= SMALL else logits.dtype)
    probabilities = _padded(softmax, lattice)
    emitted = _emissions(probabilities, lattice)
    arriving, alpha, log_scale = _recursion(emitted, lattice, tilt.repeat(2).to(softmax.dtype))

    # Where the sample is at each frame: alpha has emitted frame t, beta is about to.
    occupancy = alpha[:, :N].mul_(arriving[:, N:].flip(0, 2))
    total = occupancy.sum(2, keepdim=True)
    # Every frame is a reading of the same likelihood. Where one differs, something that matters underflowed.
    before_t, after_t = log_scale[1:, :N], log_scale[:-1, N:].flip(0)
    readings = total[:, :, 0].double().log() + before_t + after_t
    spread = (readings - readings[-1]).abs().amax(0)
    spread.masked_fill_(_faint(softmax, emitted[:, :N], lattice), torch.inf)

    losses = 2 * lattice.target_lengths * tilt.log() - readings[-1]
    gradient = subtract_occupancy(probabilities, occupancy.div_(total), lattice)
    return losses.to(logits.dtype), gradient.to(logits.dtype), spread


def _recursion(emitted: Tensor, lattice: Lattice, tilt: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Alpha and beta as one batch of 2N rows, each row divided by its sum every few frames.

    Returns:
        The rows before and after each frame is emitted, (T, 2N, L), and the ln of all that they were divided by so
        far, (T + 1, 2N), in float64.
    """
    T, rows, L = emitted.shape
    dtype = emitted.dtype
    # Both tables in one piece: such a large one the allocator keeps for the next call, in place of new pages each time.
    tables = torch.empty(2, T + 1, rows, L + 2, dtype=dtype)
    alpha, arriving = tables[0], tables[1, 1:, :, 2:]
    alpha[1:, :, :2] = 0.0  # two columns in front, so that s - 2 always exists
    alpha[0] = starts_both_ways(lattice)
    scale = torch.ones(T + 1, rows, 1, dtype=dtype)
    step = tilt[:, None].expand(rows, L).contiguous()
    skip = skips_both_ways(lattice) * step**2

    # All views at once: cutting them out frame by frame would take as long as the arithmetic.
    stay, one, two = alpha[:, :, 2:].unbind(), alpha[:, :, 1:-1].unbind(), alpha[:, :, :-2].unbind()
    sums, before, after = scale.unbind(), arriving.unbind(), emitted.unbind()
    for t in range(T):
        torch.addcmul(stay[t], one[t], step, out=before[t])
        before[t].addcmul_(two[t], skip)
        torch.mul(before[t], after[t], out=stay[t + 1])
        if t % RESCALE_EVERY == 0:
            torch.sum(stay[t + 1], 1, keepdim=True, out=sums[t + 1])
            stay[t + 1].div_(sums[t + 1])
    return arriving, alpha[1:, :, 2:], scale[:, :, 0].double().log_().cumsum(0)


def _padded(probabilities: Tensor, lattice: Lattice) -> Tensor:
    """The same where a frame counts; a padded frame says "blank" with certainty."""
    if not lattice.padded.any():
        return probabilities
    certain = torch.zeros(probabilities.shape[2], dtype=probabilities.dtype)
    certain[lattice.blank] = 1.0
    return torch.where(lattice.padded, certain, probabilities)


def _emissions(probabilities: Tensor, lattice: Lattice) -> Tensor:
    """The probability of what each state emits, (T, 2N, L): forwards, and backwards in time and labels."""
    T, N, _ = probabilities.shape
    both = probabilities.new_empty(T, 2 * N, lattice.states.shape[1])
    torch.gather(probabilities, 2, lattice.states.expand(T, -1, -1), out=both[:, :N])
    if lattice.unused.any():
        both[:, :N].masked_fill_(lattice.unused, 0.0)
    both[:, N:] = both[:, :N].flip(0, 2)
    return both


def _faint(softmax: Tensor, emitted: Tensor, lattice: Lattice) -> Tensor:
    """(N,), True where some frame gives a state of the sample less than the dtype holds with all its digits.

    Such an emission is cut alike in alpha and beta, so their readings would agree on a wrong likelihood.
    """
    tiny = torch.finfo(softmax.dtype).tiny
    if softmax.min() >= tiny:  # nearly always, and much cheaper than to look at every state
        return torch.zeros_like(lattice.impossible)
    lost = (emitted < tiny) & ~lattice.unused & ~lattice.padded
    return lost.any(2).any(0)


def _tilt(lattice: Lattice) -> Tensor:
    """What each step up is multiplied by, (N,), so that alpha keeps to the pace of the sample.

    Left alone, alpha runs ahead of where beta will say that the sample is, and the states that matter become the tail
    of both. Every alignment climbs the same number of states, 2 for each label, so a factor for each state climbed is
    the same for all of them, and is divided out at the end. With a factor r, a frame that says nothing moves alpha on
    by (r + r²) / (1 + r + r²/2) states, as it may stay, step, or (into half of the states) skip. We solve for the r
    that gives the sample's own pace.
    """
    pace = 2 * lattice.target_lengths.double() / lattice.input_lengths.clamp(min=1)
    pace = pace.clamp(1e-3, 0.8)  # 0.8 is the pace of r = 1: nobody is hurried
    # (1 - pace/2) r² + (1 - pace) r - pace = 0
    a, b = 1 - pace / 2, 1 - pace
    return ((b * b + 4 * a * pace).sqrt() - b) / (2 * a)
