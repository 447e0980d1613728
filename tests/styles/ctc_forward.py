"""Right answers to the exercises of notebook 11, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import itertools
import math
import re
from functools import lru_cache
from itertools import pairwise

import torch

# ---- collapse ----------------------------------------------------------------------------------------------------


def collapse__loop(path, blank=0):
    """A machine with a memory of one frame."""
    labels, last = [], None
    for label in path.tolist():
        if label != last and label != blank:
            labels.append(label)
        last = label
    return torch.tensor(labels, dtype=path.dtype)


def collapse__unique_consecutive(path, blank=0):
    """torch has merging ready."""
    if path.numel() == 0:
        return path.clone()
    merged = torch.unique_consecutive(path)
    return merged[merged != blank]


def collapse__groupby(path, blank=0):
    runs = [label for label, _ in itertools.groupby(path.tolist())]
    return path.new_tensor([label for label in runs if label != blank])


def collapse__regular_expression(path, blank=0):
    """Runs of the same character, in a text of private characters."""
    text = "".join(chr(0xE000 + label) for label in path.tolist())
    merged = re.sub(r"(.)\1*", r"\1", text, flags=re.DOTALL)
    return path.new_tensor([ord(c) - 0xE000 for c in merged if ord(c) - 0xE000 != blank])


# ---- ctc_by_enumeration ------------------------------------------------------------------------------------------


def ctc_by_enumeration__recursive(probs, target, blank=0):
    """One frame after another, with what was spelled so far."""
    word = target.tolist()

    def rest(t, said, last):
        if t == len(probs):
            return probs.new_ones(()) if said == len(word) else probs.new_zeros(())
        total = probs.new_zeros(())
        for label in range(probs.shape[1]):
            if label in (blank, last):
                total = total + probs[t, label] * rest(t + 1, said, label)
            elif said < len(word) and label == word[said]:
                total = total + probs[t, label] * rest(t + 1, said + 1, label)
        return total

    return rest(0, 0, blank)


def ctc_by_enumeration__all_at_once(probs, target, blank=0):
    """Every path as a row of a table."""
    frames, classes = probs.shape
    paths = torch.cartesian_prod(*[torch.arange(classes)] * frames).reshape(-1, frames)
    words = [[k for k, _ in itertools.groupby(row) if k != blank] for row in paths.tolist()]
    chosen = torch.tensor([word == target.tolist() for word in words])
    chances = probs.gather(1, paths.T).prod(0)
    return (chances * chosen).sum()


def ctc_by_enumeration__outer_products(probs, target, blank=0):
    """The probabilities of all paths as one tensor with a dimension a frame."""
    joint = probs.new_ones(())
    for frame in probs:
        joint = joint[..., None] * frame
    mask = torch.zeros(joint.shape, dtype=torch.bool)
    for path in itertools.product(range(probs.shape[1]), repeat=len(probs)):
        merged = [b for a, b in zip((None, *path), path, strict=False) if a != b]
        mask[path] = [k for k in merged if k != blank] == target.tolist()
    return joint[mask].sum()


# ---- ctc_states --------------------------------------------------------------------------------------------------


def ctc_states__loop(target, blank=0):
    states = [blank]
    for label in target.tolist():
        states.append(label)
        states.append(blank)
    return torch.tensor(states, dtype=target.dtype)


def ctc_states__stack(target, blank=0):
    """A blank before each label, and one more."""
    pairs = torch.stack([torch.full_like(target, blank), target], dim=1).flatten()
    return torch.cat([pairs, target.new_tensor([blank])])


def ctc_states__scatter(target, blank=0):
    places = 2 * torch.arange(len(target)) + 1
    return target.new_full((2 * len(target) + 1,), blank).scatter(0, places, target)


# ---- ctc_skips ---------------------------------------------------------------------------------------------------


def ctc_skips__loop(target, blank=0):
    states = [blank]
    for label in target.tolist():
        states += [label, blank]
    return torch.tensor([s > 1 and z != blank and z != states[s - 2] for s, z in enumerate(states)])


def ctc_skips__neighbours(target, blank=0):
    """Without the states: compare each label with the one before it."""
    skips = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    skips[3::2] = target[1:] != target[:-1]
    return skips


def ctc_skips__roll(target, blank=0):
    states = torch.full((2 * len(target) + 1,), blank, dtype=target.dtype)
    states[1::2] = target
    return (states != torch.roll(states, 2)) & (states != blank) & (torch.arange(len(states)) > 2)


# ---- ctc_alpha ---------------------------------------------------------------------------------------------------

IMPOSSIBLE = -1e30


def ctc_alpha__loop(log_probs, target, blank=0):
    """State by state; what no path reaches is None, and stays out of every sum."""
    states = [blank]
    for label in target.tolist():
        states += [label, blank]
    before = [log_probs[0, z] if s < 2 else None for s, z in enumerate(states)]
    rows = [before]
    for t in range(1, len(log_probs)):
        row = []
        for s, z in enumerate(states):
            sources = [before[s], before[s - 1] if s else None]
            if s > 1 and z not in (blank, states[s - 2]):
                sources.append(before[s - 2])
            sources = [source for source in sources if source is not None]
            row.append(torch.logsumexp(torch.stack(sources), 0) + log_probs[t, z] if sources else None)
        rows.append(row)
        before = row
    nowhere = log_probs.new_full((), -torch.inf)
    return torch.stack([torch.stack([nowhere if a is None else a for a in row]) for row in rows])


def ctc_alpha__double_where(log_probs, target, blank=0):
    """True infinities, hidden from the sum where there is nothing else."""
    size = 2 * len(target) + 1
    states = torch.full((size,), blank)
    states[1::2] = target
    allowed = torch.zeros(size, dtype=torch.bool)
    allowed[3::2] = target[1:] != target[:-1]
    emitted = log_probs[:, states]
    shut = log_probs.new_full((2,), -torch.inf)
    rows = [torch.where(torch.arange(size) < 2, emitted[0], -torch.inf)]
    for t in range(1, len(log_probs)):
        wide = torch.cat([shut, rows[-1]])
        ways = torch.stack([wide[2:], wide[1:-1], torch.where(allowed, wide[:-2], -torch.inf)])
        dead = torch.isneginf(ways).all(0)
        safe = torch.where(dead, torch.zeros_like(ways), ways)
        rows.append(torch.where(dead, -torch.inf, torch.logsumexp(safe, 0)) + emitted[t])
    return torch.stack(rows)


def ctc_alpha__logaddexp(log_probs, target, blank=0):
    """Two sums of two, with a number for never."""
    size = 2 * len(target) + 1
    states = torch.full((size,), blank)
    states[1::2] = target
    closed = torch.full((size,), IMPOSSIBLE, dtype=log_probs.dtype)
    for s in range(3, size, 2):
        if states[s] != states[s - 2]:
            closed[s] = 0.0
    emitted = torch.nan_to_num(log_probs[:, states], nan=torch.nan, neginf=IMPOSSIBLE)
    entry = torch.full((size,), IMPOSSIBLE, dtype=log_probs.dtype)
    entry[:2] = 0.0
    one, two = log_probs.new_full((1,), IMPOSSIBLE), log_probs.new_full((2,), IMPOSSIBLE)
    rows = [emitted[0] + entry]
    for frame in emitted[1:]:
        row = rows[-1]
        step, jump = torch.cat([one, row])[:size], torch.cat([two, row])[:size] + closed
        rows.append(torch.logaddexp(torch.logaddexp(row, step), jump) + frame)
    alpha = torch.stack(rows)
    return torch.where(alpha < -1e28, -torch.inf, alpha)


def ctc_alpha__transitions(log_probs, target, blank=0):
    """A matrix of moves, and a logsumexp over where a path comes from."""
    size = 2 * len(target) + 1
    states = [blank] * size
    states[1::2] = target.tolist()
    moves = torch.full((size, size), IMPOSSIBLE, dtype=log_probs.dtype)
    for s in range(size):
        for r in range(max(s - 2, 0), s + 1):
            if s - r < 2 or states[s] != states[r]:
                moves[r, s] = 0.0
    emitted = log_probs[:, states].clamp(min=IMPOSSIBLE)
    first = log_probs.new_full((size,), IMPOSSIBLE)
    first[:2] = 0.0
    rows = [first + emitted[0]]
    for t in range(1, len(log_probs)):
        rows.append((rows[-1][:, None] + moves).logsumexp(0) + emitted[t])
    alpha = torch.stack(rows)
    return alpha.masked_fill(alpha <= IMPOSSIBLE / 10, -torch.inf)


# ---- ctc_loss ----------------------------------------------------------------------------------------------------


def as_numbers(lengths):
    return lengths.reshape(-1).tolist() if isinstance(lengths, torch.Tensor) else list(lengths)


def samples_of(log_probs, targets, input_lengths, target_lengths, blank, reduction):
    """Each sample's frames and word; everything that is wrong about a call is found here."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"reduction {reduction}")
    if log_probs.ndim == 2:
        log_probs, targets = log_probs[:, None], targets.reshape(1, -1)
    frames, lengths = as_numbers(input_lengths), as_numbers(target_lengths)
    longest, batch, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise ValueError("blank")
    if len(frames) != batch or len(lengths) != batch or any(not 0 <= t <= longest for t in frames):
        raise ValueError("input_lengths")
    if targets.ndim == 1:
        words = [list(part) for part in torch.split(targets, lengths)]
    else:
        if max(lengths) > targets.shape[1]:
            raise ValueError("target_lengths")
        words = [list(row[:length]) for row, length in zip(targets, lengths, strict=True)]
    words = [[int(label) for label in word] for word in words]
    if any(label < 0 or label >= classes for word in words for label in word):
        raise ValueError("targets")
    return [(log_probs[:t, n], word) for n, (t, word) in enumerate(zip(frames, words, strict=True))]


def reduce_losses(losses, samples, reduction, alone):
    if reduction == "none":
        return losses[0] if alone else losses
    if reduction == "sum":
        return losses.sum()
    return torch.stack([loss / max(len(word), 1) for loss, (_, word) in zip(losses, samples, strict=True)]).mean()


def ctc_loss__loop(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """Sample by sample, frame by frame, state by state; None is where no path comes."""
    samples = samples_of(log_probs, targets, input_lengths, target_lengths, blank, reduction)
    losses = []
    for frames, word in samples:
        states = [blank]
        for label in word:
            states += [label, blank]
        row = [frames.new_zeros(()) if s == 0 else None for s in range(len(states))]
        for frame in frames.unbind(0):
            new = []
            for s, z in enumerate(states):
                ways = [row[s]]
                if s > 0:
                    ways.append(row[s - 1])
                if s > 1 and z != states[s - 2]:
                    ways.append(row[s - 2])
                ways = [way for way in ways if way is not None]
                if not ways or frame[z] == -torch.inf:
                    new.append(None)
                elif len(ways) == 1:
                    new.append(ways[0] + frame[z])
                else:
                    new.append(torch.stack(ways).logsumexp(0) + frame[z])
            row = new
        ends = [end for end in row[-2:] if end is not None]
        if ends:
            losses.append(-torch.stack(ends).logsumexp(0))
        else:
            losses.append(log_probs.new_full((), 0.0 if zero_infinity else math.inf))
    return reduce_losses(torch.stack(losses), samples, reduction, log_probs.ndim == 2)


def ctc_loss__rescaled(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Probabilities, each row divided by its sum, and the logarithms of the sums added up (Rabiner).

    In float64: dividing by a row's sum saves long words, not words of which one label is very unlikely.
    """
    samples = samples_of(log_probs, targets, input_lengths, target_lengths, blank, reduction)
    losses = []
    for frames, word in samples:
        states = torch.full((2 * len(word) + 1,), blank)
        states[1::2] = torch.tensor(word, dtype=torch.int64)
        skips = torch.zeros(len(states), dtype=torch.float64)
        skips[2:] = (states[2:] != states[:-2]).double()
        # a frame's largest output is taken out, and its logarithm kept: e to the power of -400 is 0 in every dtype
        emitted = frames[:, states].double()
        largest = emitted.detach().amax(1)
        largest = largest.where(largest > -torch.inf, 0.0)
        probs = (emitted - largest[:, None]).exp()
        row = emitted.new_zeros(len(states) + 2)
        row[2] = 1.0
        scale = emitted.new_zeros(())
        for t, frame in enumerate(probs):
            row = (row[2:] + row[1:-1] + row[:-2] * skips) * frame
            if bool((row == 0).all()):
                row = None
                break
            scale = scale + row.sum().log() + largest[t]
            row = torch.nn.functional.pad(row / row.sum(), (2, 0))
        total = None if row is None else row[-2:].sum()  # two dead places in front of a single state
        if total is None or bool(total == 0):
            losses.append(log_probs.new_full((), 0.0 if zero_infinity else math.inf))
        else:
            losses.append((-total.log() - scale).to(log_probs.dtype))
    return reduce_losses(torch.stack(losses), samples, reduction, log_probs.ndim == 2)


def ctc_loss__prefixes(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """No lattice: for each prefix of the word, paths that end in a blank and paths that end in its last label."""
    samples = samples_of(log_probs, targets, input_lengths, target_lengths, blank, reduction)
    losses = []
    for frames, word in samples:
        labels = torch.tensor(word, dtype=torch.int64)
        again = torch.zeros(len(word), dtype=torch.bool)
        again[1:] = labels[1:] == labels[:-1]
        frames = frames.clamp(min=IMPOSSIBLE)
        in_blank = log_probs.new_full((len(word) + 1,), IMPOSSIBLE)
        in_blank[0] = 0.0
        in_label = log_probs.new_full((len(word),), IMPOSSIBLE)  # of the prefixes from 1 on
        never = log_probs.new_full((1,), IMPOSSIBLE)
        for frame in frames:
            whole = torch.cat([never, in_label])
            shorter = whole[:-1].masked_fill(again, IMPOSSIBLE)
            new_label = torch.stack([in_label, in_blank[:-1], shorter]).logsumexp(0) + frame[labels]
            in_blank = torch.stack([in_blank, whole]).logsumexp(0) + frame[blank]
            in_label = new_label
        end = in_blank[-1:] if not word else torch.stack([in_blank[-1], in_label[-1]])
        loss = -end.logsumexp(0)
        if bool(loss > 1e28):
            loss = log_probs.new_full((), 0.0 if zero_infinity else math.inf)
        losses.append(loss)
    return reduce_losses(torch.stack(losses), samples, reduction, log_probs.ndim == 2)


def ctc_loss__matrices(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """A chain of matrices of moves, a logarithm kept aside, one `einsum` a frame."""
    samples = samples_of(log_probs, targets, input_lengths, target_lengths, blank, reduction)
    losses = []
    for frames, word in samples:
        states = [blank] * (2 * len(word) + 1)
        states[1::2] = word
        size = len(states)
        moves = torch.zeros(size, size, dtype=torch.float64)
        for s in range(size):
            for r in range(max(0, s - 2), s + 1):
                moves[r, s] = float(s - r < 2 or states[s] != states[r])
        here = torch.zeros(size, dtype=torch.float64)
        here[0] = 1.0
        kept = torch.zeros((), dtype=torch.float64)
        emitted = frames[:, states].double()
        for t in range(len(frames)):
            top = emitted[t].detach().max()
            top = top if top.isfinite() else torch.zeros_like(top)
            here = torch.einsum("r,rs,s->s", here, moves, (emitted[t] - top).exp())
            mass = here.sum()
            if bool(mass > 0):
                here, kept = here / mass, kept + mass.log() + top
            elif bool(mass.isnan()):
                kept = kept + mass
        ends = here[-2:].sum()
        if bool(ends == 0):
            losses.append(log_probs.new_full((), 0.0 if zero_infinity else math.inf))
        else:
            losses.append((-ends.log() - kept).to(log_probs.dtype))
    return reduce_losses(torch.stack(losses), samples, reduction, log_probs.ndim == 2)


class ForwardBackward(torch.autograd.Function):
    """One sample's loss with its gradient on paper: minus the share of the paths that use an output."""

    @staticmethod
    def forward(ctx, frames, states, skips):
        def rows(frames, skips):
            row = frames.new_full((len(states) + 2,), IMPOSSIBLE)
            row[2] = 0.0
            found = []
            for frame in frames:
                ways = torch.stack([row[2:], row[1:-1], row[:-2].masked_fill(~skips, IMPOSSIBLE)])
                found.append(frame + ways.logsumexp(0))
                row = torch.cat([row.new_full((2,), IMPOSSIBLE), found[-1]])
            return torch.stack(found)

        emitted = frames[:, states].clamp(min=IMPOSSIBLE)
        alpha = rows(emitted, skips)
        back_skips = torch.zeros_like(skips)
        back_skips[2:] = skips[2:].flip(0)
        beta = rows(emitted.flip(0, 1), back_skips).flip(0, 1)
        loss = -alpha[-1, -2:].logsumexp(0)
        ctx.impossible = bool(loss > 1e28)
        share = (alpha + beta - emitted + loss).exp()
        gradient = torch.zeros_like(frames)
        gradient.index_add_(1, states, -share)
        ctx.save_for_backward(gradient)
        return loss.clone()

    @staticmethod
    def backward(ctx, grad):
        (gradient,) = ctx.saved_tensors
        return torch.zeros_like(gradient) if ctx.impossible else grad * gradient, None, None


def ctc_loss__own_backward(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Forward and backward variables in an autograd.Function."""
    samples = samples_of(log_probs, targets, input_lengths, target_lengths, blank, reduction)
    losses = []
    for frames, word in samples:
        states = torch.full((2 * len(word) + 1,), blank)
        states[1::2] = torch.tensor(word, dtype=torch.int64)
        skips = torch.zeros(len(states), dtype=torch.bool)
        skips[2:] = states[2:] != states[:-2]
        if len(frames):
            loss = ForwardBackward.apply(frames, states, skips)
        else:
            loss = log_probs.new_full((), 1e30 if word else 0.0)
        losses.append(torch.where(loss > 1e28, 0.0 if zero_infinity else math.inf, loss).to(log_probs.dtype))
    return reduce_losses(torch.stack(losses), samples, reduction, log_probs.ndim == 2)


def ctc_loss__batched_logaddexp(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The whole batch in one row; a sample that has ended keeps its row."""
    samples = samples_of(log_probs, targets, input_lengths, target_lengths, blank, reduction)
    words = [word for _, word in samples]
    frames = torch.tensor([len(part) for part, _ in samples])
    lengths = torch.tensor([len(word) for word in words])
    batch, size = len(words), 2 * max(map(len, words)) + 1
    states = torch.full((batch, size), blank)
    for n, word in enumerate(words):
        states[n, 1 : 2 * len(word) : 2] = torch.tensor(word, dtype=torch.int64)
    closed = torch.zeros(batch, size, dtype=log_probs.dtype)
    closed[:, :2] = IMPOSSIBLE
    closed[:, 2:][states[:, 2:] == states[:, :-2]] = IMPOSSIBLE
    outputs = (log_probs if log_probs.ndim == 3 else log_probs[:, None]).clamp(min=IMPOSSIBLE)
    row = torch.full((batch, size), IMPOSSIBLE, dtype=log_probs.dtype)
    row[:, 0] = 0.0
    for t in range(int(frames.max())):
        step = torch.nn.functional.pad(row, (1, 0), value=IMPOSSIBLE)[:, :size]
        jump = torch.nn.functional.pad(row, (2, 0), value=IMPOSSIBLE)[:, :size] + closed
        new = torch.logaddexp(torch.logaddexp(row, step), jump) + outputs[t].gather(1, states)
        row = torch.where((t < frames)[:, None], new, row)
    last = row.gather(1, 2 * lengths[:, None])[:, 0]
    label = row.gather(1, (2 * lengths[:, None] - 1).clamp(min=0))[:, 0].masked_fill(lengths == 0, IMPOSSIBLE)
    losses = -torch.logaddexp(last, label)
    losses = losses.masked_fill(losses > 1e28, 0.0 if zero_infinity else math.inf)
    return reduce_losses(losses, samples, reduction, log_probs.ndim == 2)


# ---- odd but honest ----------------------------------------------------------------------------------------------


NEG = -math.inf


def collapse__string(path, blank=0):
    text = "".join(map(chr, (path + 256).tolist()))
    text = re.sub(r"(.)\1+", r"\1", text, flags=re.S).replace(chr(int(blank) + 256), "")
    return torch.tensor([ord(c) - 256 for c in text], dtype=path.dtype)


def collapse__recursive_match(path, blank=0):
    def go(labels):
        match labels:
            case []:
                return []
            case [a, b, *rest] if a == b:
                return go([b, *rest])
            case [a, *rest]:
                return ([a] if a != blank else []) + go(rest)

    return path.new_tensor(go(path.tolist()))


def states(target, blank=0):
    return (
        torch.stack([torch.full_like(target, blank), target], 1)
        .flatten()
        .new_tensor([*itertools.chain.from_iterable((blank, y) for y in target.tolist()), blank])
    )


def ctc_states__strided(target, blank=0):
    out = target.new_full((2 * target.numel() + 1,), blank)
    out[1::2] = target
    return out


def ctc_skips__list(target, blank=0):
    y = target.tolist()
    flags = [False] * (2 * len(y) + 1)
    for i, (a, b) in enumerate(pairwise(y), start=1):
        flags[2 * i + 1] = a != b
    return torch.tensor(flags)


def ctc_alpha__lru_recursion(log_probs, target, blank=0):
    z, skip = states(target, blank).tolist(), ctc_skips__list(target, blank).tolist()

    @lru_cache(None)
    def α(t, s):
        if s < 0:
            return None
        if t == 0:
            return log_probs[0, z[s]] if s < 2 else None
        before = [x for x in (α(t - 1, s), α(t - 1, s - 1), α(t - 1, s - 2) if skip[s] else None) if x is not None]
        return torch.stack(before).logsumexp(0) + log_probs[t, z[s]] if before else None

    none = log_probs.new_tensor(NEG)
    return torch.stack(
        [torch.stack([none if (a := α(t, s)) is None else a for s in range(len(z))]) for t in range(len(log_probs))]
    )
