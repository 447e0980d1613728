"""Right answers to the exercises of notebook 14, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import math

import torch
import torch.nn.functional as F

# ---- hmm_nll -----------------------------------------------------------------------------------------------------


def hmm_nll__loop(initial, transition, emission):
    """State by state; a row of zeros is left as it is."""
    states, loss = range(len(initial)), 0.0
    row = [initial[s] * emission[0, s] for s in states]
    for t in range(len(emission)):
        if t:
            row = [sum(row[i] * transition[i, j] for i in states) * emission[t, j] for j in states]
        total = sum(row)
        loss = loss - torch.log(total)
        row = [x / total if total > 0 else x for x in row]
    return loss if total > 0 else torch.full_like(loss, torch.inf)


def hmm_nll__log_space(initial, transition, emission):
    """No scaling: logarithms all the way, two exponentials a number."""
    row = initial.log() + emission[0].log()
    for emitted in emission[1:].log():
        row = torch.logsumexp(row.unsqueeze(1) + transition.log(), dim=0) + emitted
    return -torch.logsumexp(row, dim=0)


def hmm_nll__backwards(initial, transition, emission):
    """From the last frame to the first: how probable is the rest, from each state?"""
    rest, loss = torch.ones_like(initial), initial.new_zeros(())
    for emitted in emission.flip(0)[:-1]:
        rest = transition @ (emitted * rest)
        scale = rest.max()
        loss, rest = loss - scale.log(), rest / torch.where(scale > 0, scale, 1.0)
    return loss - (initial * emission[0] * rest).sum().log()


def hmm_nll__largest(initial, transition, emission):
    """Divided by the largest of the row, now and then, and by a constant as far as autograd is concerned."""
    row, logs = initial * emission[0], 0.0
    for t in range(1, len(emission)):
        row = torch.einsum("i,ij,j->j", row, transition, emission[t])
        top = row.detach().amax().item()
        if top > 0:
            row, logs = row / top, logs + math.log(top)
    return -(row.sum().log() + logs)


# ---- hmm_posterior -----------------------------------------------------------------------------------------------


def hmm_posterior__loop(initial, transition, emission):
    """Lists of single numbers; the largest of each row is divided out."""
    S, T = range(len(initial)), len(emission)
    seen = [[initial[s] * emission[0, s] for s in S]]
    for t in range(1, T):
        top = max(seen[-1])
        seen.append([sum(seen[-1][i] / top * transition[i, j] for i in S) * emission[t, j] for j in S])
    rest = [[torch.ones_like(initial[0])] * len(initial)]
    for t in range(T - 1, 0, -1):
        top = max(rest[0])
        rest.insert(0, [sum(transition[i, j] * emission[t, j] * rest[0][j] / top for j in S) for i in S])
    rows = []
    for a, b in zip(seen, rest, strict=True):
        both = torch.stack([x * y for x, y in zip(a, b, strict=True)])
        rows.append(both / both.sum())
    return torch.stack(rows)


def hmm_posterior__slope_of_the_likelihood(initial, transition, emission):
    """The share of a state is the slope of ln P with respect to the logarithm of its emission."""
    logs = emission.log()
    with torch.enable_grad():
        leaf = logs if logs.requires_grad else logs.detach().requires_grad_()
        row, total = initial * leaf[0].exp(), 0.0
        for emitted in leaf[1:].exp():
            total = total + row.sum().log()
            row = (row / row.sum()) @ transition * emitted
        total = total + row.sum().log()
        (slope,) = torch.autograd.grad(total, leaf, create_graph=True)
    impossible = ~total.isfinite()
    return torch.where(impossible, torch.nan, slope)


def hmm_posterior__log_space(initial, transition, emission):
    """No scaling: logarithms all the way, then a softmax."""
    moves, shown = transition.log(), emission.log()
    ahead = [initial.log() + shown[0]]
    for frame in shown[1:]:
        ahead.append(torch.logsumexp(ahead[-1][:, None] + moves, 0) + frame)
    back = torch.zeros_like(ahead[0])
    rows = [ahead[-1] + back]
    for t in range(len(shown) - 1, 0, -1):
        back = torch.logsumexp(moves + shown[t] + back, 1)
        rows.append(ahead[t - 1] + back)
    return torch.stack(rows[::-1]).softmax(1)


def hmm_posterior__correction(initial, transition, emission):
    """Filtered first; then each frame is corrected by what the next one has come to know (Rauch, Tung and Striebel)."""
    row = initial * emission[0]
    filtered = [row / row.sum()]
    for frame in emission[1:]:
        row = (filtered[-1] @ transition) * frame
        filtered.append(row / row.sum())
    known = [filtered[-1]]
    for past in reversed(filtered[:-1]):
        expected = past @ transition
        ratio = torch.where(expected > 0, known[0] / torch.where(expected > 0, expected, 1.0), 0.0)
        known.insert(0, past * (transition @ ratio))
    everything = torch.stack(known)
    return everything + 0 * everything.sum()


# ---- ctc_scaled --------------------------------------------------------------------------------------------------


def lattice(target, blank):
    """The classes of the states, and where a jump may land."""
    states = torch.full((2 * target.numel() + 1,), blank)
    states[1::2] = target
    jumps = torch.zeros(states.numel())
    jumps[3::2] = (target[1:] != target[:-1]).float()
    return states, jumps


def ctc_scaled__loop(log_probs, target, blank=0):
    """Lists of single numbers; the largest entry of each row is divided out."""
    states = [blank]
    for label in target.tolist():
        states += [label, blank]
    row, logs = [1.0] + [0.0] * (len(states) - 1), 0.0
    for frame in log_probs.exp():
        new = []
        for s, state in enumerate(states):
            arriving = row[s]
            if s >= 1:
                arriving = arriving + row[s - 1]
            if s >= 2 and state != blank and state != states[s - 2]:
                arriving = arriving + row[s - 2]
            new.append(arriving * frame[state])
        largest = max(new)
        logs = logs + largest.log()
        row = [value / largest for value in new]
    return -(logs + sum(row[-2:]).log())


def ctc_scaled__matrix(log_probs, target, blank=0):
    """A step of the chain is a product with its transition matrix."""
    states, jumps = lattice(target, blank)
    L = len(states)
    moves = torch.eye(L) + torch.diag(torch.ones(L - 1), 1)
    if L > 2:
        moves += torch.diag(jumps[2:], 2)
    moves = moves.to(log_probs.dtype)
    row = F.one_hot(torch.tensor(0), L).to(log_probs.dtype)
    sums = []
    for frame in log_probs.exp()[:, states]:
        row = torch.einsum("a,ab,b->b", row, moves, frame)
        sums.append(row.sum())
        row = row / sums[-1]
    return -(torch.stack(sums).log().sum() + row[-2:].sum().log())


def ctc_scaled__constants(log_probs, target, blank=0):
    """All scales are constants: the last logarithm alone then carries the whole gradient."""
    states, jumps = lattice(target, blank)
    jumps = jumps.to(log_probs.dtype)
    row, logs = F.pad(log_probs.new_ones(1), (0, len(states) - 1)), 0.0
    for frame in log_probs.exp()[:, states]:
        one, two = F.pad(row, (1, 0))[:-1], F.pad(row, (2, 0))[: len(row)]
        row = (row + one + two * jumps) * frame
        with torch.no_grad():
            scale = row.sum()
            logs = logs + scale.log()
        row = row / scale
    return -(row[-2:].sum().log() + logs)


def ctc_scaled__emissions_first(log_probs, target, blank=0):
    """The largest emission of each frame is taken out beforehand, and the rows are normalised by `F.normalize`."""
    states, jumps = lattice(target, blank)
    picked = log_probs[:, states]
    peaks = picked.max(1).values
    emitted = (picked - peaks[:, None]).exp()
    jumps = jumps.to(emitted.dtype)
    row, total = F.pad(emitted.new_ones(1), (0, len(states) - 1)), peaks.sum()
    for frame in emitted:
        moved = [row, row.roll(1), row.roll(2) * jumps]
        moved[1] = torch.cat([row.new_zeros(1), row[:-1]])
        row = torch.stack(moved).sum(0) * frame
        total = total + row.sum().log()
        row = F.normalize(row, p=1, dim=0, eps=0)
    return -total - row[-2:].sum().log()


def ctc_scaled__log_space(log_probs, target, blank=0):
    """No probabilities at all; -1e30 stands for ln 0."""
    states, jumps = lattice(target, blank)
    never = -1e30
    closed = torch.where(jumps > 0, 0.0, never).to(log_probs.dtype)
    emitted = log_probs[:, states].clamp(min=never)
    row = F.pad(emitted.new_zeros(1), (2, len(states) - 1), value=never)
    for frame in emitted:
        row = torch.stack([row[2:], row[1:-1], row[:-2] + closed]).logsumexp(0) + frame
        row = F.pad(row, (2, 0), value=never)
    loss = -row[2:][-2:].logsumexp(0)
    return torch.where(loss > 1e29, torch.inf, loss)


class _Scaled(torch.autograd.Function):
    """Alpha, and beta as alpha of everything reversed; by ln p the gradient is minus the time spent in each class."""

    @staticmethod
    def forward(ctx, log_probs, target, blank):
        states, jumps = lattice(target, blank)
        jumps = jumps.to(log_probs.dtype)
        emitted = log_probs.detach().exp()[:, states]
        _, alpha, log_likelihood = _Scaled.walk(emitted, jumps)
        backwards = F.pad(jumps.flip(0), (2, 0))[: len(jumps)]
        arriving, _, _ = _Scaled.walk(emitted.flip(0, 1), backwards)
        occupancy = alpha * arriving.flip(0, 1)
        occupancy /= occupancy.sum(1, keepdim=True)
        ctx.save_for_backward(torch.zeros_like(log_probs).index_add_(1, states, occupancy))
        return -log_likelihood

    @staticmethod
    def walk(emitted, jumps):
        """Rows before and after their frame, and ln of the likelihood."""
        row, logs, before, after = F.pad(emitted.new_ones(1), (2, len(jumps) - 1)), 0.0, [], []
        for frame in emitted:
            before.append(row[2:] + row[1:-1] + row[:-2] * jumps)
            row = before[-1] * frame
            logs = logs + row.sum().log()
            row = row / row.sum()
            after.append(row)
            row = F.pad(row, (2, 0))
        return torch.stack(before), torch.stack(after), logs + after[-1][-2:].sum().log()

    @staticmethod
    def backward(ctx, upstream):
        (occupancy,) = ctx.saved_tensors
        return -upstream * occupancy, None, None


def ctc_scaled__own_backward(log_probs, target, blank=0):
    return _Scaled.apply(log_probs, target, blank)
