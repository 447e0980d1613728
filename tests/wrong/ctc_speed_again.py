"""Wrong answers to the exercises of notebook 14, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math


def _scaled(log_probs, target, blank, skip, start=2, ends=2, count=lambda c: -c.log()):
    p = log_probs.exp()
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    n = len(s)
    a = [p[0, s[i]] if i < start else p[0, 0] * 0 for i in range(n)]
    loss = 0.0
    for t in range(len(p)):
        if t:
            new = []
            for i in range(n):
                v = a[i] + (a[i - 1] if i else 0)
                if skip(s, i):
                    v = v + a[i - 2]
                new.append(v * p[t, s[i]])
            a = new
        if t < len(p) - 1:
            c = sum(a)
            if c == 0:
                return log_probs.new_tensor(math.inf)
            loss = loss - c.log()
            a = [x / c for x in a]
    return loss - sum(a[-ends:]).log()


def ctc_scaled__skips_repeats(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, lambda s, i: i > 1 and s[i] != blank)


def ctc_scaled__last_state_only(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, lambda s, i: i > 1 and s[i] != blank and s[i] != s[i - 2], ends=1)


def ctc_scaled__sum_of_all_states(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, lambda s, i: i > 1 and s[i] != blank and s[i] != s[i - 2], ends=999)


def ctc_scaled__per_frame(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, lambda s, i: i > 1 and s[i] != blank and s[i] != s[i - 2]) / len(log_probs)
