"""Wrong answers to the exercises of notebook 14, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch

# ---- written anew ------------------------------------------------------------------------------------------------


def _scaled(log_probs, target, blank, scale=True, sign=-1, last=True):
    p = log_probs.exp()
    states = [blank]
    for y in target.tolist():
        states += [y, blank]
    n = len(states)
    skip = torch.tensor([s > 1 and states[s] != blank and states[s] != states[s - 2] for s in range(n)])
    a = torch.cat([p[0, states[:2]], p.new_zeros(max(n - 2, 0))])
    total = p.new_zeros(())
    for t in range(len(p)):
        if t:
            one = torch.cat([a.new_zeros(1), a[:-1]])
            two = torch.cat([a.new_zeros(2), a])[:n] * skip
            a = (a + one + two) * p[t, states]
        if scale:
            c = a.sum()
            total = total + c.log()
            a = a / c
    end = a[-2:].sum() if last else a[-1]
    return sign * ((total + end.log()) if scale is True else end.log())


def ctc_scaled__underflows(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, scale=False)


def ctc_scaled__sign(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, sign=1)


def ctc_scaled__scale_not_added(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, scale="lost")


def ctc_scaled__last_state_only(log_probs, target, blank=0):
    return _scaled(log_probs, target, blank, last=False)


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def ctc_scaled__scale_after_the_first(log_probs, target, blank=0):
    # the first frame's scale is forgotten
    p = log_probs.exp()
    states = [blank]
    for y in target.tolist():
        states += [y, blank]
    n = len(states)
    a = p.new_zeros(n)
    a = a.index_put((torch.arange(min(2, n)),), p[0, states[:2]])
    total = p.new_zeros(())
    a = a / a.sum()
    for t in range(1, len(p)):
        b = []
        for s in range(n):
            v = a[s]
            if s:
                v = v + a[s - 1]
            if s > 1 and states[s] != blank and states[s] != states[s - 2]:
                v = v + a[s - 2]
            b.append(v * p[t, states[s]])
        a = torch.stack(b)
        c = a.sum()
        total = total + c.log()
        a = a / c
    return -(total + a[-2:].sum().log())
