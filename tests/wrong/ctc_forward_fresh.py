"""Wrong answers to the exercises of notebook 11, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

from itertools import product

import torch

NEG = float("-inf")


def collapse__keeps_blank(path, blank=0):
    """The blanks are not taken away."""
    return torch.unique_consecutive(path)


def collapse__last_run_lost(path, blank=0):
    """A run is written when the next begins: the last one is lost."""
    out = []
    for a, b in zip(path[:-1].tolist(), path[1:].tolist()):
        if a != b and a != blank:
            out.append(a)
    return torch.tensor(out, dtype=path.dtype)


def collapse__previous_kept_over_blank(path, blank=0):
    """`last` is not updated by a blank."""
    out, last = [], None
    for c in path.tolist():
        if c == blank:
            continue
        if c != last:
            out.append(c)
            last = c
    return torch.tensor(out, dtype=path.dtype)


def _spell(path, blank):
    out, prev = [], None
    for c in path:
        if c != prev and c != blank:
            out.append(c)
        prev = c
    return out


def ctc_by_enumeration__no_collapse(probs, target, blank=0):
    """Paths spell without merging: only the blanks go."""
    t, c = probs.shape
    total = probs.new_zeros(())
    for path in product(range(c), repeat=t):
        if [k for k in path if k != blank] == target.tolist():
            total = total + torch.stack([probs[i, k] for i, k in enumerate(path)]).prod()
    return total


def ctc_by_enumeration__normalised(probs, target, blank=0):
    """Divided by the number of paths: their mean."""
    t, c = probs.shape
    found = [
        torch.stack([probs[i, k] for i, k in enumerate(path)]).prod()
        for path in product(range(c), repeat=t)
        if _spell(path, blank) == target.tolist()
    ]
    return torch.stack(found).mean() if found else probs.new_zeros(())


def ctc_by_enumeration__as_sets(probs, target, blank=0):
    """Labels as a set: the order does not count."""
    t, c = probs.shape
    total = probs.new_zeros(())
    for path in product(range(c), repeat=t):
        if set(_spell(path, blank)) == set(target.tolist()):
            total = total + torch.stack([probs[i, k] for i, k in enumerate(path)]).prod()
    return total


def ctc_states__double_blank(target, blank=0):
    """Each label has a blank before and after: two between labels."""
    out = []
    for x in target.tolist():
        out += [blank, x, blank]
    return torch.tensor(out or [blank], dtype=target.dtype)


def ctc_states__blank_zero(target, blank=0):
    """blank is always 0."""
    s = torch.zeros(2 * len(target) + 1, dtype=target.dtype)
    s[1::2] = target
    return s


def ctc_skips__negated(target, blank=0):
    """Where labels are equal, in place of different."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    s[3::2] = target[1:] == target[:-1]
    return s


def ctc_skips__from_the_state(target, blank=0):
    """The state that is left, and not the state that is entered: two places too early."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    if len(target) > 1:
        s[1:-2:2] = target[1:] != target[:-1]
    return s


def ctc_skips__compares_next(target, blank=0):
    """Compared with the next label."""
    u = len(target)
    s = torch.zeros(2 * u + 1, dtype=torch.bool)
    for i in range(1, u):
        s[2 * i + 1] = bool(i + 1 < u and target[i] != target[i + 1])
    return s


def _alpha(lp, target, blank, emit=True, order=(0, 1, 2), first=2, skip_blank=False, prev_emit=False):
    states = [blank]
    for x in target.tolist():
        states += [x, blank]
    S = len(states)
    row = [lp[0, states[s]] if s < first else lp.new_tensor(NEG) for s in range(S)]
    rows = [torch.stack(row)]
    for t in range(1, len(lp)):
        new = []
        for s, c in enumerate(states):
            ways = []
            for back in order:
                if s - back < 0:
                    continue
                if back == 2 and not skip_blank and (c == blank or c == states[s - 2]):
                    continue
                ways.append(row[s - back])
            ways = [w for w in ways if w.item() != NEG]
            e = lp[t - 1, c] if prev_emit else lp[t, c]
            new.append(torch.logsumexp(torch.stack(ways), 0) + (e if emit else 0) if ways else lp.new_tensor(NEG))
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def ctc_alpha__no_stay(log_probs, target, blank=0):
    """A path may not stay in a state."""
    return _alpha(log_probs, target, blank, order=(1, 2))


def ctc_alpha__skips_blanks(log_probs, target, blank=0):
    """Jumps everywhere: over labels too."""
    return _alpha(log_probs, target, blank, skip_blank=True)


def ctc_alpha__previous_emission(log_probs, target, blank=0):
    """The emission of the frame before."""
    return _alpha(log_probs, target, blank, prev_emit=True)


def ctc_alpha__probabilities(log_probs, target, blank=0):
    """Probabilities and not logarithms."""
    return _alpha(log_probs, target, blank).exp()


def ctc_alpha__transposed(log_probs, target, blank=0):
    """(2U + 1, T)."""
    return _alpha(log_probs, target, blank).T


def _ctc(lp, targets, il, tl, blank, reduction, zero_infinity, end=2, div="each", sign=-1, concat=True):
    single = lp.dim() == 2
    if single:
        lp = lp.unsqueeze(1)
    il = [int(v) for v in (il.reshape(-1).tolist() if torch.is_tensor(il) else il)]
    tl = [int(v) for v in (tl.reshape(-1).tolist() if torch.is_tensor(tl) else tl)]
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    out, at = [], 0
    for i in range(lp.shape[1]):
        if single:
            y = targets.reshape(-1)[: tl[i]]
        elif targets.dim() == 2:
            y = targets[i, : tl[i]]
        else:
            y = targets[at : at + tl[i]]
            at += tl[i] if concat else 0
        if il[i] == 0:
            out.append(lp.new_tensor(0.0 if tl[i] == 0 else float("inf")))
            continue
        a = _alpha(lp[: il[i], i], y, blank)
        ends = [e for e in a[-1, -end:] if e.item() != NEG]
        out.append(sign * torch.logsumexp(torch.stack(ends), 0) if ends else lp.new_tensor(float("inf")))
    loss = torch.stack(out)
    if zero_infinity:
        loss = torch.where(loss.isinf(), torch.zeros_like(loss), loss)
    if reduction == "mean":
        n = torch.tensor(tl)
        if div == "each":
            return (loss / n.clamp(min=1)).mean()
        if div == "frames":
            return (loss / torch.tensor(il).clamp(min=1)).mean()
        return loss.sum() / n.sum()
    if reduction == "sum":
        return loss.sum()
    return loss[0] if single else loss


def ctc_loss__sign(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """ln p and not -ln p."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, sign=1)


def ctc_loss__divided_by_frames(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The mean divides by the input lengths."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, div="frames")


def ctc_loss__last_three_states(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """A path may end in the last three states."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, end=3)


def ctc_loss__zero_infinity_always(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Infinite losses are 0 always."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, True)
