"""Wrong answers to the exercises of notebook 11, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math
from itertools import product

import torch


def _collapse(path, blank):
    out, before = [], None
    for k in path:
        if k != before and k != blank:
            out.append(k)
        before = k
    return out


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


def collapse__pairs_merged(path, blank=0):
    out, i, p = [], 0, path.tolist()
    while i < len(p):
        out.append(p[i])
        i += 2 if i + 1 < len(p) and p[i + 1] == p[i] else 1
    return torch.tensor([k for k in out if k != blank], dtype=path.dtype)


def collapse__blank_between_ignored_for_prev(path, blank=0):
    out, last = [], None
    for k in path.tolist():
        if k == blank:
            continue
        if k != last:
            out.append(k)
        last = k
    return torch.tensor(out, dtype=path.dtype)


def collapse__minus_one(path, blank=0):
    return torch.tensor(_collapse(path.tolist(), blank), dtype=path.dtype) - 1


def collapse__last_of_run_only_if_followed(path, blank=0):
    p = path.tolist()
    return torch.tensor([a for a, b in zip(p, p[1:]) if a != b and a != blank], dtype=path.dtype)


def _enum(probs, target, blank, counts, value):
    t, c = probs.shape
    total = probs.sum() * 0
    for path in product(range(c), repeat=t):
        if counts(path, target.tolist()):
            total = total + value(probs[torch.arange(t), list(path)])
    return total


def ctc_by_enumeration__suffix(probs, target, blank=0):
    return _enum(
        probs, target, blank, lambda p, w: _collapse(p, blank)[-len(w) :] == w if w else True, lambda x: x.prod()
    )


def ctc_by_enumeration__log_sum(probs, target, blank=0):
    return _enum(probs, target, blank, lambda p, w: _collapse(p, blank) == w, lambda x: x.log().sum())


def ctc_by_enumeration__length_only(probs, target, blank=0):
    return _enum(probs, target, blank, lambda p, w: len(_collapse(p, blank)) == len(w), lambda x: x.prod())


def ctc_by_enumeration__mean_frame(probs, target, blank=0):
    return _enum(probs, target, blank, lambda p, w: _collapse(p, blank) == w, lambda x: x.mean())


def ctc_by_enumeration__complement(probs, target, blank=0):
    return 1 - _enum(probs, target, blank, lambda p, w: _collapse(p, blank) == w, lambda x: x.prod())


def ctc_by_enumeration__reversed_word(probs, target, blank=0):
    return _enum(probs, target, blank, lambda p, w: _collapse(p, blank) == w[::-1], lambda x: x.prod())


def ctc_states__labels_then_blanks(target, blank=0):
    return torch.cat([target, torch.full((len(target) + 1,), blank, dtype=target.dtype)])


def ctc_states__no_ends(target, blank=0):
    out = []
    for i, k in enumerate(target.tolist()):
        if i:
            out.append(blank)
        out.append(k)
    return torch.tensor(out, dtype=target.dtype)


def ctc_states__shifted(target, blank=0):
    s = [blank]
    for k in target.tolist():
        s += [k + 1, blank]
    return torch.tensor(s, dtype=target.dtype)


def ctc_skips__every_other(target, blank=0):
    n = 2 * len(target) + 1
    return torch.tensor([i % 2 == 1 for i in range(n)], dtype=torch.bool)


def ctc_skips__compare_next(target, blank=0):
    s = _states(target, blank)
    n = len(s)
    return torch.tensor(
        [i > 1 and s[i] != blank and i + 2 < n and s[i] != s[i + 2] for i in range(n)], dtype=torch.bool
    )


def ctc_skips__from_three(target, blank=0):
    s = _states(target, blank)
    return torch.tensor([i > 3 and _ok(s, i, blank) for i in range(len(s))], dtype=torch.bool)


def ctc_alpha__no_emission_first(log_probs, target, blank=0):
    a = _alpha(log_probs, target, blank, skip=_ok)
    s = _states(target, blank)
    return a - log_probs[0, s]


def ctc_alpha__stay_missing(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=_ok, stay=False)


def ctc_alpha__step_missing(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=_ok, step=False)


def ctc_alpha__skip_three(log_probs, target, blank=0):
    s = _states(target, blank)
    ninf = log_probs.new_tensor(-math.inf)
    row = [log_probs[0, s[i]] if i < 2 else ninf for i in range(len(s))]
    rows = [torch.stack(row)]
    for t in range(1, len(log_probs)):
        new = []
        for i in range(len(s)):
            terms = [row[i]]
            if i:
                terms.append(row[i - 1])
            if _ok(s, i, blank):
                terms.append(row[i - 2])
            if i > 2:
                terms.append(row[i - 3])
            new.append(_lse(terms) + log_probs[t, s[i]])
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def ctc_alpha__probability_of_all_frames(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=_ok).cumsum(0)


def ctc_alpha__normalised_rows(log_probs, target, blank=0):
    a = _alpha(log_probs, target, blank, skip=_ok)
    return a - torch.stack([_lse(list(r)) for r in a])[:, None]


def _m(each, u, t):
    return (each / u.clamp(min=1)).mean()


def _with(ends=None, post=None):
    def single(lp, target, blank):
        if len(lp) == 0:
            return lp.new_tensor(0.0 if len(target) == 0 else math.inf)
        a = _alpha(lp, target, blank, skip=_ok)
        v = -_lse(ends(a))
        return v if post is None else post(v, lp, target)

    return single


def _two(a):
    a = a[-1]
    return [a[-1], a[-2]] if len(a) > 1 else [a[-1]]


def ctc_loss__ends_everywhere(
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
        _with(lambda a: list(a[-1])),
        _m,
    )


def ctc_loss__per_frame_each(
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
        _with(_two, lambda v, lp, y: v / len(lp)),
        _m,
    )


def ctc_loss__bits(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    return _batch(
        log_probs,
        targets,
        input_lengths,
        target_lengths,
        blank,
        reduction,
        zero_infinity,
        _with(_two, lambda v, lp, y: v / math.log(2)),
        _m,
    )


def ctc_loss__plus_length(
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
        _with(_two),
        lambda each, u, t: (each / (u + 1)).mean(),
    )


def ctc_loss__sum_divided_by_batch_and_max_length(
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
        _with(_two),
        lambda each, u, t: each.mean() / u.max().clamp(min=1),
    )


def ctc_loss__last_frame_missing(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    def single(lp, target, blank):
        if len(lp) == 0:
            return lp.new_tensor(0.0 if len(target) == 0 else math.inf)
        a = _alpha(lp[: max(len(lp) - 1, 1)], target, blank, skip=_ok)
        return -_lse(_two(a))

    return _batch(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, single, _m)
