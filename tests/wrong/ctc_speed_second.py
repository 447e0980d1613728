"""Wrong answers to the exercises of notebook 14, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""


def hmm_nll__max_scale(initial, transition, emission):
    """Scaled by the maximum, and the logarithms of the sums are added."""
    a = initial * emission[0]
    out = -a.sum().log()
    a = a / a.max()
    for e in emission[1:]:
        a = (a @ transition) * e
        out = out - a.sum().log()
        a = a / a.max()
    return out


def hmm_nll__last_state(initial, transition, emission):
    """Only ways that end in the last state count."""
    a, out = initial * emission[0], 0.0
    for e in emission[1:]:
        s = a.sum()
        out, a = out - s.log(), ((a / s) @ transition) * e
    return out - a[-1].log()


def hmm_nll__emission_squared(initial, transition, emission):
    """The emission is multiplied in twice from the second frame on."""
    a, out = initial * emission[0], 0.0
    for e in emission[1:]:
        a = ((a * e) @ transition) * e
        s = a.sum()
        out, a = out - s.log(), a / s
    return out - a.sum().log()
