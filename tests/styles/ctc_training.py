"""Right answers to the exercises on training with CTC and reading out, in other styles than the solutions'."""

import functools
import heapq
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from functools import total_ordering

import numpy as np
import torch

# ---- ctc_beta ----------------------------------------------------------------------------------------------------


def lattice_of(target, blank):
    states = [blank]
    for label in target.tolist():
        states += [label, blank]
    return states


def ctc_beta__loop(log_probs, target, blank=0):
    states, last = lattice_of(target, blank), len(log_probs) - 1
    beta = torch.full((len(log_probs), len(states)), -math.inf, dtype=log_probs.dtype)
    for s in range(max(len(states) - 2, 0), len(states)):
        beta[last, s] = 0.0
    for t in reversed(range(last)):
        for s in range(len(states)):
            ways = [beta[t + 1, s] + log_probs[t + 1, states[s]]]
            if s + 1 < len(states):
                ways.append(beta[t + 1, s + 1] + log_probs[t + 1, states[s + 1]])
            if s + 2 < len(states) and states[s + 2] != blank and states[s + 2] != states[s]:
                ways.append(beta[t + 1, s + 2] + log_probs[t + 1, states[s + 2]])
            beta[t, s] = torch.logsumexp(torch.stack(ways), 0)
    return beta


def ctc_beta__transitions(log_probs, target, blank=0):
    """A matrix of moves, in log space: each step back is one logsumexp over its columns."""
    states = torch.tensor(lattice_of(target, blank))
    size = len(states)
    moves = torch.eye(size) + torch.diag(torch.ones(size - 1), 1)
    for s in range(size - 2):
        if states[s + 2] != blank and states[s + 2] != states[s]:
            moves[s, s + 2] = 1
    moves = moves.to(log_probs.dtype).log()
    rows = [torch.where(torch.arange(size) >= size - 2, 0.0, -math.inf).to(log_probs.dtype)]
    for t in range(len(log_probs) - 1, 0, -1):
        rows.append((moves + (rows[-1] + log_probs[t, states])).logsumexp(1))
    return torch.stack(rows[::-1])


def ctc_beta__memo(log_probs, target, blank=0):
    """The definition, as a function that remembers; frames from the end on, so that it never goes deep."""
    states, table = lattice_of(target, blank), log_probs.tolist()

    @functools.cache
    def beta(t, s):
        if t == len(table) - 1:
            return 0.0 if s >= len(states) - 2 else -math.inf
        ways = []
        for way in range(s, min(s + 3, len(states))):
            if way < s + 2 or (states[way] != blank and states[way] != states[s]):
                ways.append(beta(t + 1, way) + table[t + 1][states[way]])
        return float(np.logaddexp.reduce(ways))

    rows = [[beta(t, s) for s in range(len(states))] for t in reversed(range(len(table)))]
    return torch.tensor(rows[::-1], dtype=log_probs.dtype)


def ctc_beta__turned_round(log_probs, target, blank=0):
    """α of the reversed lattice, less the frame itself."""
    states = torch.tensor(lattice_of(target.flip(0), blank))
    jump = torch.zeros(len(states), dtype=torch.bool)
    jump[3::2] = states[3::2] != states[1:-2:2]
    alpha = torch.full((len(log_probs), len(states) + 2), -math.inf, dtype=log_probs.dtype)
    alpha[0, 2:4] = 0
    for t, row in enumerate(log_probs.flip(0)[:-1, states]):
        sent = torch.cat([alpha[t, :2], alpha[t, 2:] + row])
        skip = torch.where(jump, sent[:-2], -math.inf)
        alpha[t + 1, 2:] = torch.logaddexp(torch.logaddexp(sent[2:], sent[1:-1]), skip)
    return alpha[:, 2:].flip(0, 1)


# ---- ctc_occupancy -----------------------------------------------------------------------------------------------


def log_alpha(log_probs, target, blank):
    states = torch.tensor(lattice_of(target, blank))
    size = len(states)
    moves = torch.eye(size) + torch.diag(torch.ones(size - 1), 1)
    for s in range(2, size):
        if states[s] != blank and states[s] != states[s - 2]:
            moves[s - 2, s] = 1
    moves = moves.to(log_probs.dtype).log()
    row = torch.where(torch.arange(size) < 2, log_probs[0, states], -math.inf)
    rows = [row]
    for emitted in log_probs[1:, states]:
        row = (row[:, None] + moves).logsumexp(0) + emitted
        rows.append(row)
    return torch.stack(rows)


def ctc_occupancy__one_hot(log_probs, target, blank=0):
    states = torch.tensor(lattice_of(target, blank))
    joint = log_alpha(log_probs, target, blank) + ctc_beta__transitions(log_probs, target, blank)
    fold = torch.nn.functional.one_hot(states, log_probs.shape[1]).to(log_probs.dtype)
    return joint.softmax(1) @ fold


def ctc_occupancy__slope(log_probs, target, blank=0):
    """The occupancy is the slope of ln P by the log-probabilities: let autograd find it."""
    states = torch.tensor(lattice_of(target, blank))
    far = -1e30
    leaf = log_probs.detach().clone().requires_grad_()
    with torch.enable_grad():
        row = torch.where(torch.arange(len(states)) < 2, leaf[0, states], far)
        for emitted in leaf[1:, states]:
            before = torch.cat([row.new_full((2,), far), row])
            open_ = torch.tensor(
                [s > 1 and states[s] != blank and bool(states[s] != states[s - 2]) for s in range(len(states))]
            )
            ways = torch.stack([before[2:], before[1:-1], before[:-2].masked_fill(~open_, far)])
            row = ways.logsumexp(0) + emitted
        row[-2:].logsumexp(0).backward()
    return leaf.grad


def ctc_occupancy__scaled(log_probs, target, blank=0):
    """Rabiner's way: probabilities, every row made to sum to 1, forwards and backwards."""
    states = lattice_of(target, blank)
    y = (log_probs - log_probs.max(1, keepdim=True).values).double().exp().numpy()[:, states]
    size = len(states)
    moves = np.eye(size) + np.diag(np.ones(size - 1), 1)
    for s in range(2, size):
        moves[s - 2, s] = states[s] != blank and states[s] != states[s - 2]
    forward, row = [], np.where(np.arange(size) < 2, y[0], 0)
    for t in range(len(y)):
        row = row if t == 0 else (row @ moves) * y[t]
        row = row / row.sum()
        forward.append(row)
    row, result = np.where(np.arange(size) >= size - 2, 1.0, 0.0), np.zeros(log_probs.shape)
    for t in reversed(range(len(y))):
        if t < len(y) - 1:
            row = moves @ (row * y[t + 1])
            row = row / row.sum()
        share = forward[t] * row
        np.add.at(result[t], states, share / share.sum())
    return torch.tensor(result, dtype=log_probs.dtype)


def ctc_occupancy__loop(log_probs, target, blank=0):
    alpha, beta = log_alpha(log_probs, target, blank), ctc_beta__loop(log_probs, target, blank)
    result = torch.zeros_like(log_probs)
    log_p = torch.logsumexp(alpha[-1, -2:], 0)
    for t in range(len(log_probs)):
        for s, state in enumerate(lattice_of(target, blank)):
            result[t, state] += torch.exp(alpha[t, s] + beta[t, s] - log_p)
    return result


# ---- greedy_decode -----------------------------------------------------------------------------------------------


def greedy_decode__groupby(log_probs, blank=0):
    path = [int(c) for c in log_probs.argmax(dim=-1)]
    return torch.tensor([c for c, _ in itertools.groupby(path) if c != blank], dtype=torch.long)


def greedy_decode__mask(log_probs, blank=0):
    path = log_probs.max(1).indices
    new = torch.ones_like(path, dtype=torch.bool)
    new[1:] = path[1:] != path[:-1]
    return path[new & (path != blank)]


def greedy_decode__loop(log_probs, blank=0):
    labels, before = [], None
    for row in log_probs:
        best = int(torch.argmax(row))
        if best not in (before, blank):
            labels.append(best)
        before = best
    return torch.tensor(labels).long()


def greedy_decode__numpy(log_probs, blank=0):
    path = log_probs.numpy().argmax(1)
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    kept = path[starts]
    return torch.from_numpy(kept[kept != blank])


# ---- edit_distance -----------------------------------------------------------------------------------------------


def edit_distance__table(reference, hypothesis):
    table = torch.zeros(len(reference) + 1, len(hypothesis) + 1, dtype=torch.long)
    table[:, 0] = torch.arange(len(reference) + 1)
    table[0] = torch.arange(len(hypothesis) + 1)
    for i in range(1, len(reference) + 1):
        for j in range(1, len(hypothesis) + 1):
            replaced = table[i - 1, j - 1] + (reference[i - 1] != hypothesis[j - 1])
            table[i, j] = min(replaced, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return table[-1, -1]


def edit_distance__recursive(reference, hypothesis):
    @functools.cache
    def distance(a, b):
        if not a or not b:
            return len(a) + len(b)
        if a[0] == b[0]:
            return distance(a[1:], b[1:])
        return 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))

    return torch.tensor(distance(tuple(reference.tolist()), tuple(hypothesis.tolist())))


def edit_distance__rows(reference, hypothesis):
    """A row at a time: insertions are a running minimum of what is left of a ramp."""
    ramp = torch.arange(len(hypothesis) + 1)
    row = ramp.clone()
    for label in reference:
        best = torch.cat([row[:1] + 1, torch.minimum(row[1:] + 1, row[:-1] + (hypothesis != label).long())])
        row = torch.cummin(best - ramp, 0).values + ramp
    return row[-1]


def edit_distance__float(reference, hypothesis):
    """Breadth first: how far along each diagonal do so many edits reach?"""
    a, b, edits = reference.tolist(), hypothesis.tolist(), 0
    reach = {0: 0}
    while True:
        for d, i in list(reach.items()):
            while i < len(a) and i + d < len(b) and a[i] == b[i + d]:
                i += 1
            reach[d] = i
        if reach.get(len(b) - len(a), -1) >= len(a):
            return torch.tensor(float(edits))
        edits, after = edits + 1, {}
        for d, i in reach.items():
            for new, at in ((d, i + 1), (d - 1, i + 1), (d + 1, i)):
                if at <= len(a) and 0 <= at + new <= len(b):
                    after[new] = max(after.get(new, 0), at)
        reach = after


# ---- prefix_beam_search ------------------------------------------------------------------------------------------


def prefix_beam_search__logaddexp(log_probs, beam_width, blank=0):
    beam = [((), 0.0, -math.inf)]
    for frame in log_probs.double().numpy():
        table = defaultdict(lambda: [-math.inf, -math.inf])
        for prefix, in_blank, in_label in beam:
            either = np.logaddexp(in_blank, in_label)
            for c, p in enumerate(frame):
                if c == blank:
                    table[prefix][0] = np.logaddexp(table[prefix][0], either + p)
                    continue
                entry = table[(*prefix, c)]
                if prefix and prefix[-1] == c:
                    entry[1] = np.logaddexp(entry[1], in_blank + p)
                    table[prefix][1] = np.logaddexp(table[prefix][1], in_label + p)
                else:
                    entry[1] = np.logaddexp(entry[1], either + p)
        ranked = sorted(table, key=lambda prefix: np.logaddexp(*table[prefix]), reverse=True)
        beam = [(prefix, *table[prefix]) for prefix in ranked[:beam_width]]
    return torch.tensor(beam[0][0], dtype=torch.long)


def prefix_beam_search__scaled(log_probs, beam_width, blank=0):
    """Probabilities, divided after every frame by their sum."""
    beam = {(): (1.0, 0.0)}
    for frame in log_probs:
        y = (frame - frame.max()).double().exp().tolist()
        stay, grow = defaultdict(float), defaultdict(float)
        for prefix, (in_blank, in_label) in beam.items():
            stay[prefix] += (in_blank + in_label) * y[blank]
            if prefix:
                grow[prefix] += in_label * y[prefix[-1]]
            for c in range(len(y)):
                if c != blank:
                    grow[(*prefix, c)] += y[c] * (in_blank + (0 if prefix[-1:] == (c,) else in_label))
        total = {prefix: stay[prefix] + grow[prefix] for prefix in {*stay, *grow}}
        best = sorted(total, key=total.get)[-beam_width:]
        whole = sum(total[prefix] for prefix in best)
        beam = {prefix: (stay[prefix] / whole, grow[prefix] / whole) for prefix in best}
    return torch.tensor(max(beam, key=lambda prefix: sum(beam[prefix]))).long()


class Beam:
    """A prefix as an object, linked to the one it grew from."""

    def __init__(self, labels):
        self.labels, self.blank, self.label = labels, -math.inf, -math.inf

    def total(self):
        return torch.logaddexp(torch.tensor(self.blank).double(), torch.tensor(self.label).double()).item()

    def gain(self, where, log):
        old = getattr(self, where)
        setattr(self, where, torch.logaddexp(torch.tensor(old).double(), torch.tensor(log).double()).item())


def prefix_beam_search__objects(log_probs, beam_width, blank=0):
    start = Beam(())
    start.blank = 0.0
    beams = [start]
    for frame in log_probs.tolist():
        new = {}
        for old in beams:
            new.setdefault(old.labels, Beam(old.labels)).gain("blank", old.total() + frame[blank])
            for c, p in enumerate(frame):
                if c == blank:
                    continue
                longer = new.setdefault((*old.labels, c), Beam((*old.labels, c)))
                if old.labels[-1:] == (c,):
                    longer.gain("label", old.blank + p)
                    new[old.labels].gain("label", old.label + p)
                else:
                    longer.gain("label", old.total() + p)
        beams = sorted(new.values(), key=Beam.total)[::-1][:beam_width]
    return torch.tensor(beams[0].labels, dtype=torch.int64)


# ---- ctc_loss_from_logits ----------------------------------------------------------------------------------------


def reduce_losses(losses, target_lengths, reduction):
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return (losses / target_lengths.clamp(min=1).to(losses.dtype)).sum() / len(losses)
    raise ValueError(reduction)


def ctc_loss_from_logits__autograd(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """No backward of its own: a large negative number in place of -inf, and autograd does the rest."""
    losses = []
    for n in range(logits.shape[1]):
        target = targets[n, : target_lengths[n]]
        log_probs = logits[: input_lengths[n], n].log_softmax(1)
        states = torch.tensor(lattice_of(target, blank))
        closed = torch.tensor(
            [s < 2 or states[s] == blank or bool(states[s] == states[s - 2]) for s in range(len(states))]
        )
        row = torch.where(torch.arange(len(states)) < 2, log_probs[0, states], -1e30)
        for t in range(1, len(log_probs)):
            before = torch.cat([row.new_full((2,), -1e30), row])
            ways = torch.stack([before[2:], before[1:-1], before[:-2].masked_fill(closed, -1e30)])
            row = ways.logsumexp(0) + log_probs[t, states]
        loss = -row[-2:].logsumexp(0)
        if loss > 1e29:
            loss = logits.new_zeros(()) if zero_infinity else logits.new_tensor(math.inf)
        losses.append(loss)
    return reduce_losses(torch.stack(losses), target_lengths, reduction)


def batched(log_probs, targets, input_lengths, target_lengths, blank):
    """All samples at once: losses (N,) and occupancies (T, N, C)."""
    frames, count, _ = log_probs.shape
    size = 2 * targets.shape[1] + 1
    states = torch.full((count, size), blank)
    states[:, 1::2] = targets
    jump = torch.zeros(count, size, dtype=torch.bool)
    jump[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    emitted = log_probs.gather(2, states.expand(frames, -1, -1))
    far = log_probs.new_full((count, 2), -math.inf)
    alpha = torch.full((frames, count, size), -math.inf, dtype=log_probs.dtype)
    alpha[0, :, :2] = emitted[0, :, :2]
    for t in range(1, frames):
        before = torch.cat([far, alpha[t - 1]], 1)
        ways = torch.stack([before[:, 2:], before[:, 1:-1], before[:, :-2].where(jump, -math.inf)])
        alpha[t] = ways.logsumexp(0) + emitted[t]
    places, last = torch.arange(size), 2 * target_lengths[:, None]
    ends = torch.where((places == last) | (places == last - 1), 0.0, -math.inf).to(log_probs.dtype)
    beta = torch.full_like(alpha, -math.inf)
    leap = torch.cat([jump[:, 2:], torch.zeros(count, min(size, 2), dtype=torch.bool)], 1)[:, :size]
    for t in range(frames - 1, -1, -1):
        if t + 1 < frames:
            after = torch.cat([beta[t + 1] + emitted[t + 1], far], 1)
            ways = torch.stack([after[:, :-2], after[:, 1:-1], after[:, 2:].where(leap, -math.inf)])
            beta[t] = ways.logsumexp(0)
        beta[t] = torch.where((input_lengths == t + 1)[:, None], ends, beta[t])
    log_p = (alpha[0] + beta[0]).logsumexp(1)
    share = (alpha + beta - log_p[:, None]).exp()
    return -log_p, torch.zeros_like(log_probs).scatter_add(2, states.expand(frames, -1, -1), share)


class Batched(torch.autograd.Function):
    """softmax - occupancy of all samples at once."""

    @staticmethod
    def forward(ctx, logits, targets, input_lengths, target_lengths, blank, zero_infinity):
        log_probs = torch.log_softmax(logits, -1)
        losses, shares = batched(log_probs, targets, input_lengths, target_lengths, blank)
        slopes = log_probs.exp() - shares
        slopes = slopes.where((torch.arange(len(logits))[:, None] < input_lengths)[:, :, None], 0.0)
        if zero_infinity:
            unfit = losses.isinf()
            losses, slopes = losses.masked_fill(unfit, 0.0), slopes.masked_fill(unfit[:, None], 0.0)
        ctx.save_for_backward(slopes)
        return losses

    @staticmethod
    def backward(ctx, grad):
        return (ctx.saved_tensors[0] * grad.unsqueeze(-1), *[None] * 5)


def ctc_loss_from_logits__batched(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    losses = Batched.apply(logits, targets, input_lengths, target_lengths, blank, zero_infinity)
    return reduce_losses(losses, target_lengths, reduction)


def ctc_loss_from_logits__surrogate(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Cross-entropy against the occupancies has the right slope; its value is put right by a constant."""
    log_probs = logits - logits.logsumexp(-1, keepdim=True)
    with torch.no_grad():
        losses, shares = batched(log_probs, targets, input_lengths, target_lengths, blank)
        unfit = losses.isinf()
        shares = shares.masked_fill(unfit[:, None], 0.0)
        shares = shares * (torch.arange(len(logits))[:, None] < input_lengths)[:, :, None]
    surprise = torch.where(shares > 0, -log_probs * shares, 0.0).sum((0, 2))
    losses = losses.masked_fill(unfit, 0.0 if zero_infinity else math.inf)
    return reduce_losses(losses + (surprise - surprise.detach()), target_lengths, reduction)


class Sample(torch.autograd.Function):
    """One sample, in numpy; the gradient is found in backward."""

    @staticmethod
    def forward(ctx, logits, target, blank):
        ctx.save_for_backward(logits, target)
        ctx.blank = blank
        ends = log_alpha(logits.log_softmax(1), target, blank)[-1, -2:]
        return -torch.logsumexp(ends, 0)

    @staticmethod
    def backward(ctx, grad):
        logits, target = ctx.saved_tensors
        log_probs = logits.log_softmax(1)
        return grad * (log_probs.exp() - ctc_occupancy__one_hot(log_probs, target, ctx.blank)), None, None


def ctc_loss_from_logits__by_sample(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    losses = []
    for n, (frames, labels) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        loss = Sample.apply(logits[:frames, n], targets[n, :labels], blank)
        losses.append(loss.new_zeros(()) if zero_infinity and torch.isinf(loss) else loss)
    return reduce_losses(torch.stack(losses), target_lengths, reduction)


class Loss(torch.nn.Module):
    """As torch's own class: settings first, tensors after."""

    def __init__(self, blank, reduction, zero_infinity):
        super().__init__()
        if reduction not in ("none", "sum", "mean"):
            raise ValueError("reduction")
        self.blank, self.reduction, self.zero_infinity = blank, reduction, zero_infinity

    def forward(self, logits, targets, input_lengths, target_lengths):
        losses = ctc_loss_from_logits__batched(
            logits, targets, input_lengths, target_lengths, self.blank, "none", self.zero_infinity
        )
        if self.reduction == "mean":
            losses = torch.div(losses, torch.maximum(target_lengths, torch.ones_like(target_lengths)))
        return losses if self.reduction == "none" else getattr(torch, self.reduction)(losses)


def ctc_loss_from_logits__module(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return Loss(blank, reduction, zero_infinity)(logits, targets, input_lengths, target_lengths)


# ---- odd but honest ----------------------------------------------------------------------------------------------


NEG = -math.inf


def zs(target, blank):
    z = target.new_full((2 * len(target) + 1,), blank).long()
    z[1::2] = target
    return z


def graph(z, blank):
    """Which state may follow which: (from, to)."""
    S = len(z)
    s = torch.arange(S)
    step = s[None, :] - s[:, None]
    new = (z != blank)[None, :] & (z[None, :] != z[:, None])
    return (step == 0) | (step == 1) | ((step == 2) & new)


def lse(x, dim):
    dead = x.isneginf().all(dim, keepdim=True)
    return torch.where(dead, 0.0, x).logsumexp(dim).masked_fill(dead.squeeze(dim), NEG)


def log_p(log_probs, target, blank):
    z = zs(target, blank)
    moves = graph(z, blank)
    row = torch.where(torch.arange(len(z)) < 2, log_probs[0, z], NEG)
    rows = [row]
    for t in range(1, len(log_probs)):
        row = lse(torch.where(moves, row[:, None], NEG), 0) + log_probs[t, z]
        rows.append(row)
    return torch.stack(rows), lse(row[-2:], 0)


def ctc_occupancy__autograd_slope(log_probs, target, blank=0):
    """The slope of ln P by the log-probabilities."""
    x = log_probs.clone() if log_probs.requires_grad else log_probs.detach().clone().requires_grad_()
    return torch.autograd.grad(log_p(x, target, blank)[1], x, create_graph=log_probs.requires_grad)[0]


def edit_distance__dijkstra(reference, hypothesis):
    a, b = reference.tolist(), hypothesis.tolist()
    queue, done = [(0, 0, 0)], set()
    while queue:
        d, i, j = heapq.heappop(queue)
        if (i, j) == (len(a), len(b)):
            return torch.tensor(d)
        if (i, j) in done:
            continue
        done.add((i, j))
        for di, dj in ((1, 0), (0, 1), (1, 1)):
            if i + di <= len(a) and j + dj <= len(b):
                heapq.heappush(queue, (d + (1 if di != dj else int(a[i] != b[j])), i + di, j + dj))
    raise AssertionError("the corner is always reached")


def edit_distance__bfs(reference, hypothesis):
    """Diagonals: how far each reaches with so many edits."""
    a, b = reference.tolist(), hypothesis.tolist()
    reach = {0: 0}
    for edits in range(len(a) + len(b) + 1):

        def slide(k, i):
            while i < len(a) and i - k < len(b) and a[i] == b[i - k]:
                i += 1
            return i

        reach = {k: slide(k, i) for k, i in reach.items()}
        if reach.get(len(a) - len(b), -1) >= len(a):
            return torch.tensor(edits)
        new = defaultdict(int)
        for k, i in reach.items():
            for kk, ii in ((k - 1, i), (k + 1, i + 1), (k, i + 1)):
                if ii <= len(a) and 0 <= ii - kk <= len(b):
                    new[kk] = max(new[kk], ii)
        reach = dict(new)
    raise AssertionError("so many edits are always enough")


def add(a, b):
    if a == b == NEG:
        return NEG
    hi, lo = max(a, b), min(a, b)
    return hi + math.log1p(math.exp(lo - hi))


@total_ordering
@dataclass
class OddBeam:
    prefix: tuple
    blank: float = NEG
    label: float = NEG

    @property
    def total(self):
        return add(self.blank, self.label)

    def __lt__(self, other):
        return self.total < other.total

    def __eq__(self, other):
        return self.total == other.total

    __hash__ = None


def prefix_beam_search__dataclass_heap(log_probs, beam_width, blank=0):
    beams = [OddBeam((), 0.0, NEG)]
    for frame in log_probs.tolist():
        nxt = {}

        def get(p, nxt=nxt):
            return nxt.setdefault(p, OddBeam(p))

        for b in beams:
            for c, lp in enumerate(frame):
                if c == blank:
                    get(b.prefix).blank = add(get(b.prefix).blank, b.total + lp)
                elif b.prefix[-1:] == (c,):
                    get(b.prefix).label = add(get(b.prefix).label, b.label + lp)
                    get((*b.prefix, c)).label = add(get((*b.prefix, c)).label, b.blank + lp)
                else:
                    get((*b.prefix, c)).label = add(get((*b.prefix, c)).label, b.total + lp)
        beams = heapq.nlargest(beam_width, nxt.values(), key=lambda b: b.total)
    return torch.tensor(beams[0].prefix, dtype=torch.int64)
