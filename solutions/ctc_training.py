"""CTC, the way back: backward variables, occupancies, reading out, and a loss with a gradient of its own.

One sample is log_probs (T, C), the log-probabilities of C classes in T frames, and target (U,). Its lattice has
the 2U + 1 states blank, y1, blank, y2, …, blank.
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
    # BEGIN SOLUTION
    states = target.new_full((2 * len(target) + 1,), blank)
    states[1::2] = target
    no_jump = torch.ones_like(states, dtype=torch.bool)  # from a state to the next but one
    no_jump[:-2] = (states[2:] == blank) | (states[2:] == states[:-2])
    nowhere = log_probs.new_full((2,), -math.inf)

    beta = log_probs.new_full((len(log_probs), len(states)), -math.inf)
    beta[-1, -2:] = 0
    for t in range(len(log_probs) - 2, -1, -1):
        arrive = torch.cat([beta[t + 1] + log_probs[t + 1, states], nowhere])  # to be in s at t + 1, and go on
        stay, step, jump = arrive[:-2], arrive[1:-1], arrive[2:].masked_fill(no_jump, -math.inf)
        beta[t] = torch.stack([stay, step, jump]).logsumexp(0)
    return beta
    # END SOLUTION


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
    # BEGIN SOLUTION
    states = target.new_full((2 * len(target) + 1,), blank)
    states[1::2] = target
    no_jump = torch.ones_like(states, dtype=torch.bool)
    no_jump[2:] = (states[2:] == blank) | (states[2:] == states[:-2])

    def walk(emitted: Tensor, no_jump: Tensor) -> Tensor:
        """log α of a lattice: it begins in one of the first two states."""
        nowhere = emitted.new_full((2,), -math.inf)
        alpha = torch.full_like(emitted, -math.inf)
        alpha[0, :2] = emitted[0, :2]
        for t in range(1, len(emitted)):
            before = torch.cat([nowhere, alpha[t - 1]])
            stay, step, jump = before[2:], before[1:-1], before[:-2].masked_fill(no_jump, -math.inf)
            alpha[t] = torch.stack([stay, step, jump]).logsumexp(0) + emitted[t]
        return alpha

    emitted = log_probs[:, states]
    forward = walk(emitted, no_jump)
    # the lattice turned round is a lattice: β with its own frame, read from the other end
    back = no_jump.roll(-2).flip(0)
    backward = walk(emitted.flip(0, 1), back).flip(0, 1)
    joint = forward + backward - emitted  # the frame itself was counted twice
    share = (joint - joint.logsumexp(1, keepdim=True)).exp()
    return torch.zeros_like(log_probs).index_add(1, states, share)
    # END SOLUTION


def greedy_decode(log_probs: Tensor, blank: int = 0) -> Tensor:
    """Reads out the most probable path.

    By hand: no ready-made loss or distribution.

    Args:
        log_probs: log-probabilities of C classes in T frames, shape (T, C).
        blank: the class that stands for no label.

    Returns:
        The labels that the path of the best class of each frame spells, int64, shape (U,). U may be 0.
    """
    # BEGIN SOLUTION
    path = log_probs.argmax(1)
    merged = torch.unique_consecutive(path)
    return merged[merged != blank]
    # END SOLUTION


def edit_distance(reference: Tensor, hypothesis: Tensor) -> Tensor:
    """The least number of labels to insert, delete or replace that turns one sequence into the other.

    Args:
        reference: the right labels, shape (U,). U may be 0.
        hypothesis: the labels that were read, shape (V,). V may be 0.

    Returns:
        A single number.
    """
    # BEGIN SOLUTION
    right, read = reference.tolist(), hypothesis.tolist()
    row = list(range(len(read) + 1))  # from nothing to the first j labels that were read: insert them all
    for i, label in enumerate(right, 1):
        above, row = row, [i]
        for j, other in enumerate(read, 1):
            replaced = above[j - 1] + (label != other)
            row.append(min(replaced, above[j] + 1, row[j - 1] + 1))
    return torch.tensor(row[-1], device=reference.device)
    # END SOLUTION


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

    # BEGIN SOLUTION
    def add(*logs: float) -> float:
        top = max(logs)
        return top if top == -math.inf else top + math.log(sum(math.exp(x - top) for x in logs))

    beam = {(): (0.0, -math.inf)}  # prefix: log-probability of its paths that end in blank, and of the others
    for frame in log_probs.tolist():
        found: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (ends_blank, ends_label) in beam.items():
            total = add(ends_blank, ends_label)
            for label, log_prob in enumerate(frame):
                if label == blank:
                    ways = [(prefix, total + log_prob, -math.inf)]
                elif prefix and label == prefix[-1]:  # merges, unless a blank was between
                    ways = [
                        (prefix, -math.inf, ends_label + log_prob),
                        ((*prefix, label), -math.inf, ends_blank + log_prob),
                    ]
                else:
                    ways = [((*prefix, label), -math.inf, total + log_prob)]
                for longer, blank_way, label_way in ways:
                    old = found.get(longer, (-math.inf, -math.inf))
                    found[longer] = add(old[0], blank_way), add(old[1], label_way)
        best = sorted(found.items(), key=lambda item: add(*item[1]), reverse=True)
        beam = dict(best[:beam_width])
    return torch.tensor(next(iter(beam)), dtype=torch.int64, device=log_probs.device)
    # END SOLUTION


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

    # BEGIN SOLUTION
    def walk(emitted: Tensor, no_jump: Tensor) -> Tensor:
        """log α of a lattice: it begins in one of the first two states."""
        nowhere = emitted.new_full((2,), -math.inf)
        alpha = torch.full_like(emitted, -math.inf)
        alpha[0, :2] = emitted[0, :2]
        for t in range(1, len(emitted)):
            before = torch.cat([nowhere, alpha[t - 1]])
            stay, step, jump = before[2:], before[1:-1], before[:-2].masked_fill(no_jump, -math.inf)
            alpha[t] = torch.stack([stay, step, jump]).logsumexp(0) + emitted[t]
        return alpha

    def one_sample(log_probs: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """-ln P and its gradient with respect to the logits."""
        states = target.new_full((2 * len(target) + 1,), blank)
        states[1::2] = target
        no_jump = torch.ones_like(states, dtype=torch.bool)
        no_jump[2:] = (states[2:] == blank) | (states[2:] == states[:-2])
        emitted = log_probs[:, states]
        forward = walk(emitted, no_jump)
        backward = walk(emitted.flip(0, 1), no_jump.roll(-2).flip(0)).flip(0, 1)
        log_p = forward[-1, -2:].logsumexp(0)
        share = (forward + backward - emitted - log_p).exp()
        return -log_p, log_probs.exp().index_add(1, states, share, alpha=-1)

    class Ctc(torch.autograd.Function):
        @staticmethod
        def forward(ctx, logits: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
            log_probs = logits.log_softmax(2)
            slopes, losses = torch.zeros_like(logits), logits.new_zeros(logits.shape[1])
            for n, (frames, labels) in enumerate(zip(input_lengths.tolist(), target_lengths.tolist(), strict=True)):
                if frames == 0:  # they spell the target that has no labels, and no other
                    losses[n] = math.inf if labels and not zero_infinity else 0.0
                    continue
                loss, slope = one_sample(log_probs[:frames, n], targets[n, :labels])
                if not (zero_infinity and loss == math.inf):
                    losses[n], slopes[:frames, n] = loss, slope
            ctx.save_for_backward(slopes)
            return losses

        @staticmethod
        def backward(ctx, grad: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
            (slopes,) = ctx.saved_tensors
            return grad[:, None] * slopes

    losses = Ctc.apply(logits)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return (losses / target_lengths.to(losses.device).clamp(min=1)).mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION
