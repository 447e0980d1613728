"""CTC, the forward algorithm: the exercises of notebook 11.

A network has T outputs, a word has U labels, and nobody says which output belongs to which label.
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
    # BEGIN SOLUTION
    begins = torch.ones_like(path, dtype=torch.bool)
    begins[1:] = path[1:] != path[:-1]
    return path[begins & (path != blank)]
    # END SOLUTION


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
    # BEGIN SOLUTION
    frames, classes = probs.shape
    word = target.tolist()
    total = probs.new_zeros(())
    for path in product(range(classes), repeat=frames):
        runs = [label for t, label in enumerate(path) if t == 0 or label != path[t - 1]]
        if [label for label in runs if label != blank] == word:
            total = total + probs[range(frames), path].prod()
    return total
    # END SOLUTION


def ctc_states(target: Tensor, blank: int = 0) -> Tensor:
    """The states that a path for a word goes through: its labels, with a blank before, between and after them.

    By hand: no ready-made loss or distribution.

    Args:
        target: the labels of the word (U,), none of them the blank. U may be 0.
        blank: the class that stands for no label.

    Returns:
        The class of each state (2U + 1,), in the dtype of target.
    """
    # BEGIN SOLUTION
    states = target.new_full((2 * len(target) + 1,), blank)
    states[1::2] = target
    return states
    # END SOLUTION


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
    # BEGIN SOLUTION
    states = target.new_full((2 * len(target) + 1,), blank)
    states[1::2] = target
    skips = torch.zeros_like(states, dtype=torch.bool)
    skips[2:] = states[2:] != states[:-2]  # two blanks are equal, too
    return skips
    # END SOLUTION


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
    # BEGIN SOLUTION
    states = target.new_full((2 * len(target) + 1,), blank)
    states[1::2] = target
    skips = torch.zeros_like(states, dtype=torch.bool)
    skips[2:] = states[2:] != states[:-2]

    never = -1e30  # stands for ln 0 on the way: the gradient of a sum of nothing but -inf is NaN
    emitted = log_probs[:, states].clamp(min=never)
    # Two places in front that nobody reaches, so that every state has two before it. And before the first
    # frame all paths stand on the first blank: from there they can stay on it or step to the first label.
    row = F.pad(emitted.new_zeros(1), (2, 2 * len(target)), value=never)
    rows = []
    for frame in emitted:
        stay, step, jump = row[2:], row[1:-1], row[:-2].masked_fill(~skips, never)
        rows.append(frame + torch.stack([stay, step, jump]).logsumexp(0))
        row = F.pad(rows[-1], (2, 0), value=never)
    alpha = torch.stack(rows)
    return alpha.masked_fill(alpha < never / 2, -torch.inf)
    # END SOLUTION


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
    # BEGIN SOLUTION
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    alone = log_probs.ndim == 2
    if alone:
        log_probs, targets = log_probs.unsqueeze(1), targets.reshape(1, -1)
    frames, samples, classes = log_probs.shape
    input_lengths = torch.as_tensor(input_lengths, device=log_probs.device).reshape(-1)
    target_lengths = torch.as_tensor(target_lengths, device=log_probs.device).reshape(-1)
    if targets.ndim == 1:
        targets = torch.nn.utils.rnn.pad_sequence(targets.split(target_lengths.tolist()), batch_first=True)

    for lengths, most in ((input_lengths, frames), (target_lengths, targets.shape[1])):
        if lengths.shape != (samples,) or lengths.min() < 0 or lengths.max() > most:
            raise ValueError(f"lengths {lengths.tolist()} for {samples} samples of at most {most}")
    counts = torch.arange(targets.shape[1], device=log_probs.device) < target_lengths[:, None]
    labels = targets.long().where(counts, blank)
    if not 0 <= blank < classes or bool(((labels < 0) | (labels >= classes)).any()):
        raise ValueError(f"blank {blank} and labels {labels.tolist()} are from 0 to {classes - 1}")

    # (N, 2S + 1): the classes of the states, and whether a path may jump into each
    states = labels.new_full((samples, 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = labels
    skips = torch.zeros_like(states, dtype=torch.bool)
    skips[:, 2:] = states[:, 2:] != states[:, :-2]

    # Forward in log space, as in `ctc_alpha`, for all samples at once. The row before the first frame is kept
    # as well, so that row t is what a sample of t frames ends with, t = 0 included.
    never = -1e30
    emitted = log_probs.gather(2, states.expand(frames, -1, -1)).clamp(min=never)
    row = F.pad(emitted.new_zeros(samples, 1), (2, states.shape[1] - 1), value=never)
    rows = [row]
    for frame in emitted:
        stay, step, jump = row[:, 2:], row[:, 1:-1], row[:, :-2].masked_fill(~skips, never)
        row = F.pad(frame + torch.stack([stay, step, jump]).logsumexp(0), (2, 0), value=never)
        rows.append(row)

    # A path ends on the last label or on the blank behind it: states 2U - 1 and 2U, two places further here
    numbers = torch.arange(samples, device=log_probs.device)
    last = torch.stack(rows)[input_lengths.long(), numbers]
    ends = torch.stack([2 * target_lengths + 1, 2 * target_lengths + 2], dim=1)
    losses = -last.gather(1, ends.long()).logsumexp(1)
    losses = losses.masked_fill(losses > -never / 2, 0.0 if zero_infinity else torch.inf)
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return (losses / target_lengths.clamp(min=1)).mean()
    return losses.squeeze(0) if alone else losses
    # END SOLUTION
