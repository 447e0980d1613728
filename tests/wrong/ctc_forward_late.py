"""Wrong answers to the exercises of notebook 11, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math
from itertools import product

import torch


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


def _single(lp, target, blank):
    if len(lp) == 0:
        return lp.new_tensor(0.0 if len(target) == 0 else math.inf)
    a = _alpha(lp, target, blank, skip=_ok)[-1]
    return -_lse([a[-1], a[-2]] if len(a) > 1 else [a[-1]])


def collapse__unique_consecutive_kept_blank_index_zero(path, blank=0):
    out = torch.unique_consecutive(path)
    return out[out != 0]


def ctc_by_enumeration__any_subsequence(probs, target, blank=0):
    t, c = probs.shape
    w = target.tolist()
    total = probs.sum() * 0
    for path in product(range(c), repeat=t):
        i = 0
        for k in path:
            if i < len(w) and k == w[i]:
                i += 1
        if i == len(w):
            total = total + probs[torch.arange(t), list(path)].prod()
    return total


def ctc_states__interleave_wrong_end(target, blank=0):
    out = []
    for k in target.tolist():
        out += [blank, k]
    return torch.tensor(out, dtype=target.dtype)


def ctc_skips__compares_two_before_label(target, blank=0):
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    return torch.tensor([i >= 4 and s[i] != blank and s[i] != s[i - 4] for i in range(len(s))], dtype=torch.bool)


def ctc_alpha__adds_probabilities_in_log(log_probs, target, blank=0):
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
                terms.append(row[i - 1])
            new.append(_lse(terms) + log_probs[t, s[i]])
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def ctc_loss__batch_mean(
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
        lambda e, u, t: e.mean(),
    )
