"""Wrong answers to the exercises of notebook 14, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def ctc_scaled__scales_summed_wrong(log_probs, target, blank=0):
    """The scales are thrown away: -ln of the last (normalised) row only."""
    states = [blank]
    for x in target.tolist():
        states += [x, blank]
    p = log_probs.exp()
    a = torch.zeros(len(states), dtype=p.dtype)
    a[0] = p[0, blank]
    if len(states) > 1:
        a[1] = p[0, states[1]]
    a = a / a.sum()
    for t in range(1, len(p)):
        new = a.clone()
        new[1:] += a[:-1]
        for s in range(2, len(states)):
            if states[s] != blank and states[s] != states[s - 2]:
                new[s] = new[s] + a[s - 2]
        a = new * p[t, states]
        a = a / a.sum()
    return -torch.log(a[-2:].sum())
