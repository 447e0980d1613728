"""Wrong answers to the exercises of notebook 11, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

from itertools import product

import torch

NEG = float("-inf")


def collapse__blanks_first(path, blank=0):
    """The blanks go first, then runs collapse: repeated labels are lost."""
    kept = path[path != blank]
    return torch.unique_consecutive(kept)


def collapse__blank_fixed(path, blank=0):
    """blank is always 0."""
    out = torch.unique_consecutive(path)
    return out[out != 0]


def collapse__unique(path, blank=0):
    """torch.unique: sorted, every label once."""
    u = torch.unique(path)
    return u[u != blank]


def collapse__runs_kept(path, blank=0):
    """Only the blanks are taken away."""
    return path[path != blank]


def _spell(path, blank):
    out, prev = [], None
    for c in path:
        if c != prev and c != blank:
            out.append(c)
        prev = c
    return out


def ctc_by_enumeration__best_path(probs, target, blank=0):
    """The largest of the paths and not their sum."""
    t, c = probs.shape
    best = probs.new_zeros(())
    for path in product(range(c), repeat=t):
        if _spell(path, blank) == target.tolist():
            best = torch.maximum(best, torch.stack([probs[i, k] for i, k in enumerate(path)]).prod())
    return best


def ctc_by_enumeration__log(probs, target, blank=0):
    """-ln of the probability."""
    t, c = probs.shape
    total = probs.new_zeros(())
    for path in product(range(c), repeat=t):
        if _spell(path, blank) == target.tolist():
            total = total + torch.stack([probs[i, k] for i, k in enumerate(path)]).prod()
    return -total.log()


def ctc_by_enumeration__sums_probs(probs, target, blank=0):
    """The probabilities along a path are added."""
    t, c = probs.shape
    total = probs.new_zeros(())
    for path in product(range(c), repeat=t):
        if _spell(path, blank) == target.tolist():
            total = total + probs[torch.arange(t), torch.tensor(path)].sum()
    return total


def ctc_states__no_final(target, blank=0):
    """The last blank is missing."""
    out = []
    for x in target.tolist():
        out += [blank, x]
    return torch.tensor(out, dtype=target.dtype)


def ctc_states__no_first(target, blank=0):
    """The first blank is missing."""
    out = []
    for x in target.tolist():
        out += [x, blank]
    return torch.tensor(out, dtype=target.dtype)


def ctc_states__labels_even(target, blank=0):
    """Labels at even places, and blanks at odd ones."""
    s = torch.full((2 * len(target) + 1,), blank, dtype=target.dtype)
    s[0:-1:2] = target
    return s


def ctc_skips__same_allowed(target, blank=0):
    """Repeated labels may be jumped too."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    s[3::2] = True
    return s


def ctc_skips__blanks_too(target, blank=0):
    """Blanks may be jumped to as well."""
    u = len(target)
    s = torch.zeros(2 * u + 1, dtype=torch.bool)
    for i in range(2, 2 * u + 1):
        if i % 2 == 0:
            s[i] = True
        elif target[i // 2] != target[i // 2 - 1]:
            s[i] = True
    return s


def ctc_skips__first_label(target, blank=0):
    """The first label may be jumped to."""
    u = len(target)
    s = torch.zeros(2 * u + 1, dtype=torch.bool)
    prev = None
    for i, x in enumerate(target.tolist()):
        s[2 * i + 1] = x != prev
        prev = x
    return s


def _lse(xs):
    return torch.logsumexp(torch.stack(xs), 0)


def _alpha(log_probs, target, blank, start_all=False, skip=True, same=False, best=False, stay=True):
    states = [blank]
    for x in target.tolist():
        states += [x, blank]
    rows = []
    row = [log_probs[0, states[s]] if (s < 2 or start_all) else log_probs.new_tensor(NEG) for s in range(len(states))]
    rows.append(torch.stack(row))
    for t in range(1, len(log_probs)):
        new = []
        for s, c in enumerate(states):
            ways = [row[s]] if stay else []
            if s > 0:
                ways.append(row[s - 1])
            if skip and s > 1 and c != blank and (same or c != states[s - 2]):
                ways.append(row[s - 2])
            ways = [w for w in ways if w.item() != NEG]
            if not ways:
                new.append(log_probs.new_tensor(NEG))
            elif best:
                new.append(torch.stack(ways).max() + log_probs[t, c])
            else:
                new.append(_lse(ways) + log_probs[t, c])
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows), states


def ctc_alpha__viterbi(log_probs, target, blank=0):
    """The best way and not the sum over all."""
    return _alpha(log_probs, target, blank, best=True)[0]


def ctc_alpha__no_skip(log_probs, target, blank=0):
    """No jumps: every blank must be gone through."""
    return _alpha(log_probs, target, blank, skip=False)[0]


def ctc_alpha__start_anywhere(log_probs, target, blank=0):
    """A path may begin in any state."""
    return _alpha(log_probs, target, blank, start_all=True)[0]


def ctc_alpha__start_blank_only(log_probs, target, blank=0):
    """A path may begin in the first blank only."""
    a, states = _alpha(torch.cat([log_probs[:1], log_probs]), target, blank)
    lp = log_probs.clone()
    rows = []
    row = [log_probs[0, blank]] + [log_probs.new_tensor(NEG)] * (len(states) - 1)
    rows.append(torch.stack(row))
    for t in range(1, len(lp)):
        new = []
        for s, c in enumerate(states):
            ways = [row[s]] + ([row[s - 1]] if s else [])
            if s > 1 and c != blank and c != states[s - 2]:
                ways.append(row[s - 2])
            ways = [w for w in ways if w.item() != NEG]
            new.append(_lse(ways) + lp[t, c] if ways else lp.new_tensor(NEG))
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def _lengths(x, n):
    return [int(v) for v in (x.reshape(-1).tolist() if torch.is_tensor(x) else x)]


def _ctc(
    log_probs,
    targets,
    input_lengths,
    target_lengths,
    blank,
    reduction,
    zero_infinity,
    end="both",
    lengths=True,
    mean="label",
    **kw,
):
    single = log_probs.dim() == 2
    if single:
        log_probs = log_probs.unsqueeze(1)
    n = log_probs.shape[1]
    il, tl = _lengths(input_lengths, n), _lengths(target_lengths, n)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    losses = []
    at = 0
    for i in range(n):
        if single:
            y = targets.reshape(-1)[: tl[i]]
        elif targets.dim() == 2:
            y = targets[i, : tl[i]]
        else:
            y = targets[at : at + tl[i]]
            at += tl[i]
        x = log_probs[: il[i] if lengths else None, i]
        if len(x) == 0:
            losses.append(log_probs.new_tensor(0.0 if len(y) == 0 else float("inf")))
            continue
        a, _ = _alpha(x, y, blank, **kw)
        ends = [a[-1, -1]] if end != "label" else []
        if len(y) and end != "blank":
            ends.append(a[-1, -2])
        ends = [e for e in ends if e.item() != NEG]
        losses.append(-_lse(ends) if ends else log_probs.new_tensor(float("inf")))
    loss = torch.stack(losses)
    if zero_infinity:
        loss = torch.where(loss.isinf(), torch.zeros_like(loss), loss)
    if reduction == "mean":
        return (loss / torch.tensor(tl).clamp(min=1)).mean() if mean == "label" else loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss[0] if single else loss


def ctc_loss__ends_in_blank(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Only paths that end in the last blank count."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, end="blank")


def ctc_loss__input_lengths_ignored(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """All frames count."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, lengths=False)


def ctc_loss__plain_mean(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The mean does not divide by the target's length."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, mean="plain")


def ctc_loss__same_label_skip(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Equal labels are jumped between without a blank."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, same=True)
