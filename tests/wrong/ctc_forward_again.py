"""Wrong answers to the exercises of notebook 11, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math
from itertools import product

import torch


def collapse__merge_after_drop(path, blank=0):
    kept = [k for k in path.tolist() if k != blank]
    out = [k for i, k in enumerate(kept) if i == 0 or k != kept[i - 1]]
    return torch.tensor(out, dtype=path.dtype)


def collapse__keeps_one_blank(path, blank=0):
    out = []
    for k in path.tolist():
        if not out or out[-1] != k:
            out.append(k)
    return torch.tensor(out, dtype=path.dtype)


def collapse__first_frame_lost(path, blank=0):
    out = []
    p = path.tolist()
    for i in range(1, len(p)):
        if p[i] != blank and p[i] != p[i - 1]:
            out.append(p[i])
    return torch.tensor(out, dtype=path.dtype)


def collapse__positive_labels(path, blank=0):
    if len(path) == 0:
        return path
    keep = torch.ones(len(path), dtype=torch.bool)
    keep[1:] = path[1:] != path[:-1]
    return path[keep & (path > blank)]


def _collapse(path, blank):
    out, before = [], None
    for k in path:
        if k != before and k != blank:
            out.append(k)
        before = k
    return out


def ctc_by_enumeration__best_path(probs, target, blank=0):
    t, c = probs.shape
    word = target.tolist()
    best = probs.sum() * 0
    for path in product(range(c), repeat=t):
        if _collapse(path, blank) == word:
            p = probs[torch.arange(t), list(path)].prod()
            best = torch.maximum(best, p)
    return best


def ctc_by_enumeration__sums_frames(probs, target, blank=0):
    t, c = probs.shape
    word = target.tolist()
    total = probs.sum() * 0
    for path in product(range(c), repeat=t):
        if _collapse(path, blank) == word:
            total = total + probs[torch.arange(t), list(path)].sum()
    return total


def ctc_by_enumeration__set_of_labels(probs, target, blank=0):
    t, c = probs.shape
    word = sorted(target.tolist())
    total = probs.sum() * 0
    for path in product(range(c), repeat=t):
        if sorted(_collapse(path, blank)) == word:
            total = total + probs[torch.arange(t), list(path)].prod()
    return total


def ctc_by_enumeration__no_merge(probs, target, blank=0):
    t, c = probs.shape
    word = target.tolist()
    total = probs.sum() * 0
    for path in product(range(c), repeat=t):
        if [k for k in path if k != blank] == word:
            total = total + probs[torch.arange(t), list(path)].prod()
    return total


def ctc_states__no_blank_before(target, blank=0):
    out = torch.full((2 * len(target) + 1,), blank, dtype=target.dtype)
    out[::2][: len(target)] = target
    return out


def ctc_states__between_only_repeats(target, blank=0):
    out = [blank]
    for i, k in enumerate(target.tolist()):
        if i and k == target[i - 1]:
            out.append(blank)
        out.append(k)
    out.append(blank)
    return torch.tensor(out, dtype=target.dtype)


def ctc_skips__blanks_too(target, blank=0):
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    return torch.tensor(
        [i > 1 and s[i] != s[i - 2] or (i > 1 and s[i] == blank) for i in range(len(s))], dtype=torch.bool
    )


def ctc_skips__first_label_allowed(target, blank=0):
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    return torch.tensor([s[i] != blank and (i < 2 or s[i] != s[i - 2]) for i in range(len(s))], dtype=torch.bool)


def ctc_skips__repeats_only(target, blank=0):
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    return torch.tensor([i > 2 and s[i] != blank and s[i] == s[i - 2] for i in range(len(s))], dtype=torch.bool)


def _states(target, blank):
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    return s


def _lse(terms):
    x = torch.stack(terms)
    m = x.max().detach()
    if m == -math.inf:
        return m
    return m + (x - m).exp().sum().log()


def _alpha(lp, target, blank, start=2, skip=None, stay=True, emit_prev=False, step=True):
    s = _states(target, blank)
    n = len(s)
    ninf = lp.new_tensor(-math.inf)
    row = [lp[0, s[i]] if i < start else ninf for i in range(n)]
    rows = [torch.stack(row)]
    for t in range(1, len(lp)):
        new = []
        for i in range(n):
            terms = []
            if stay:
                terms.append(row[i])
            if i and step:
                terms.append(row[i - 1])
            if skip(s, i, blank):
                terms.append(row[i - 2])
            new.append(_lse(terms) + lp[t - 1 if emit_prev else t, s[i]] if terms else ninf)
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def _ok(s, i, blank):
    return i > 1 and s[i] != blank and s[i] != s[i - 2]


def ctc_alpha__previous_emission(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=_ok, emit_prev=True)


def ctc_alpha__starts_in_blank_only(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, start=1, skip=_ok)


def ctc_alpha__skips_to_blanks(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=lambda s, i, b: i > 1 and (s[i] == b or s[i] != s[i - 2]))


def ctc_alpha__never_skips(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=lambda s, i, b: False)


def ctc_alpha__starts_anywhere(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, start=99, skip=_ok)


def ctc_alpha__best_only(log_probs, target, blank=0):
    s = _states(target, blank)
    ninf = log_probs.new_tensor(-math.inf)
    row = [log_probs[0, s[i]] if i < 2 else ninf for i in range(len(s))]
    rows = [torch.stack(row)]
    for t in range(1, len(log_probs)):
        new = []
        for i in range(len(s)):
            best = row[i]
            if i:
                best = torch.maximum(best, row[i - 1])
            if _ok(s, i, blank):
                best = torch.maximum(best, row[i - 2])
            new.append(best + log_probs[t, s[i]])
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def _batch(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, single, mean):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    alone = log_probs.ndim == 2
    lp = log_probs.unsqueeze(1) if alone else log_probs
    big_t, n, c = lp.shape
    il = torch.as_tensor(input_lengths).reshape(-1).tolist()
    tl = torch.as_tensor(target_lengths).reshape(-1).tolist()
    if not 0 <= blank < c or len(il) != n or len(tl) != n:
        raise ValueError
    if any(not 0 <= t <= big_t for t in il) or any(u < 0 for u in tl):
        raise ValueError
    if alone:
        targets = targets.reshape(1, -1)
    if targets.ndim == 1:
        if sum(tl) != len(targets):
            raise ValueError
        rows, at = [], 0
        for u in tl:
            rows.append(targets[at : at + u])
            at += u
    else:
        if any(u > targets.shape[1] for u in tl):
            raise ValueError
        rows = [targets[i, : tl[i]] for i in range(n)]
    for r in rows:
        if bool(((r < 0) | (r >= c)).any()):
            raise ValueError
    losses = []
    for i in range(n):
        losses.append(single(lp[: il[i], i], rows[i], blank))
    loss = torch.stack(losses)
    if zero_infinity:
        loss = torch.where(loss == math.inf, torch.zeros_like(loss), loss)
    if alone and reduction == "none":
        return loss[0]
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return mean(loss, lp.new_tensor(tl), lp.new_tensor(il))


def _single(lp, target, blank):
    if len(lp) == 0:
        return lp.new_tensor(0.0 if len(target) == 0 else math.inf)
    a = _alpha(lp, target, blank, skip=_ok)[-1]
    return -_lse([a[-1], a[-2]] if len(a) > 1 else [a[-1]])


def ctc_loss__mean_by_frames(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return _batch(
        log_probs,
        targets,
        input_lengths,
        target_lengths,
        blank,
        reduction,
        zero_infinity,
        _single,
        lambda each, u, t: (each / t.clamp(min=1)).mean(),
    )


def ctc_loss__total_over_labels(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return _batch(
        log_probs,
        targets,
        input_lengths,
        target_lengths,
        blank,
        reduction,
        zero_infinity,
        _single,
        lambda each, u, t: each.sum() / u.sum().clamp(min=1),
    )


def ctc_loss__ends_in_last_blank(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    def single(lp, target, blank):
        if len(lp) == 0:
            return lp.new_tensor(0.0 if len(target) == 0 else math.inf)
        return -_alpha(lp, target, blank, skip=_ok)[-1, -1]

    return _batch(
        log_probs,
        targets,
        input_lengths,
        target_lengths,
        blank,
        reduction,
        zero_infinity,
        single,
        lambda each, u, t: (each / u.clamp(min=1)).mean(),
    )


def ctc_loss__repeat_skip(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    def single(lp, target, blank):
        if len(lp) == 0:
            return lp.new_tensor(0.0 if len(target) == 0 else math.inf)
        a = _alpha(lp, target, blank, skip=lambda s, i, b: i > 1 and s[i] != b)[-1]
        return -_lse([a[-1], a[-2]] if len(a) > 1 else [a[-1]])

    return _batch(
        log_probs,
        targets,
        input_lengths,
        target_lengths,
        blank,
        reduction,
        zero_infinity,
        single,
        lambda each, u, t: (each / u.clamp(min=1)).mean(),
    )


def ctc_loss__infinite_left_out(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    def mean(each, u, t):
        per = each / u.clamp(min=1)
        if zero_infinity:
            return per.sum() / (each != 0).sum().clamp(min=1)
        return per.mean()

    return _batch(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, _single, mean)
