"""Wrong answers to the exercises of notebook 14, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def hmm_nll__underflow(initial, transition, emission):
    """The forward variables are not scaled: they underflow to 0 after some hundred frames."""
    a = initial * emission[0]
    for e in emission[1:]:
        a = (a @ transition) * e
    return -torch.log(a.sum())


def hmm_nll__transposed(initial, transition, emission):
    """transition is read the wrong way: from the column to the row."""
    total, a = 0.0, initial * emission[0]
    for e in emission[1:]:
        s = a.sum()
        total = total + s.log()
        a = (transition @ (a / s)) * e
    return -(total + a.sum().log())


def hmm_nll__viterbi(initial, transition, emission):
    """The best way through the states, not the sum over all."""
    a = initial.log() + emission[0].log()
    for e in emission[1:]:
        a = (a[:, None] + transition.log()).amax(0) + e.log()
    return -a.max()


def hmm_nll__no_first_emission(initial, transition, emission):
    """The first frame's emission is left out."""
    a, total = initial, 0.0
    for e in emission[1:]:
        a = (a @ transition) * e
        s = a.sum()
        total, a = total + s.log(), a / s
    return -(total + a.sum().log())


def hmm_nll__moves_first(initial, transition, emission):
    """The model moves before the first frame already."""
    a, total = initial, 0.0
    for e in emission:
        a = (a @ transition) * e
        s = a.sum()
        total, a = total + s.log(), a / s
    return -total


def hmm_nll__per_frame(initial, transition, emission):
    """The mean per frame."""
    a = initial * emission[0]
    total = a.sum().log()
    a = a / a.sum()
    for e in emission[1:]:
        a = (a @ transition) * e
        total = total + a.sum().log()
        a = a / a.sum()
    return -total / len(emission)


def hmm_nll__scale_detached(initial, transition, emission):
    """Right in value; the scales are detached, and so the gradient is that of the last sum alone."""
    a, total = initial * emission[0], 0.0
    for e in emission[1:]:
        s = a.sum()
        total = total + s.log().detach()
        a = ((a / s) @ transition) * e
    return -(total + a.sum().log())


def hmm_nll__last_scale_twice(initial, transition, emission):
    """The last sum is counted twice."""
    a, total = initial * emission[0], 0.0
    for t in range(len(emission)):
        if t:
            a = (a @ transition) * emission[t]
        s = a.sum()
        total = total + torch.log(s)
        a = a / s
    return -(total + torch.log(s))


def hmm_nll__sign(initial, transition, emission):
    """ln of the likelihood: the sign is missing."""
    a, total = initial * emission[0], 0.0
    for e in emission[1:]:
        s = a.sum()
        total, a = total + s.log(), ((a / s) @ transition) * e
    return total + a.sum().log()


def hmm_nll__rows_normalised(initial, transition, emission):
    """Emissions are divided by their sum in each frame: densities are lost."""
    emission = emission / emission.sum(1, keepdim=True)
    a, total = initial * emission[0], 0.0
    for e in emission[1:]:
        s = a.sum()
        total, a = total + s.log(), ((a / s) @ transition) * e
    return -(total + a.sum().log())


def _scaled(
    log_probs,
    target,
    blank,
    *,
    skip_same=False,
    ends=2,
    scale=True,
    starts=2,
    skip=True,
    detach=False,
    per=False,
    count_last=True,
    maxscale=False,
):
    z = [blank]
    for c in target.tolist():
        z += [c, blank]
    p = log_probs.exp()[:, z]
    S = len(z)
    ok = torch.tensor(
        [skip and s >= 2 and z[s] != blank and (skip_same or z[s] != z[s - 2]) for s in range(S)], dtype=p.dtype
    )
    a = p[0] * torch.tensor([1.0 if s < starts else 0.0 for s in range(S)], dtype=p.dtype)
    total = log_probs.new_zeros(())
    for t in range(1, len(p)):
        if scale:
            k = a.amax() if maxscale else a.sum()
            if k == 0:
                return log_probs.new_tensor(torch.inf)
            lk = k.log()
            total = total + (lk.detach() if detach else lk)
            a = a / k
        one = torch.cat([a.new_zeros(1), a[:-1]])
        two = torch.cat([a.new_zeros(2), a[:-2]])[:S]
        a = p[t] * (a + one + ok * two)
    last = a[-1] + (a[-2] if S > 1 and ends == 2 else 0)
    loss = -(total + last.log())
    return loss / max(len(target), 1) if per else loss


def ctc_scaled__unscaled(log_probs, target, blank=0):
    """Never scaled: it underflows with many frames."""
    return _scaled(log_probs, target, blank, scale=False)


def ctc_scaled__skips_repeats(log_probs, target, blank=0):
    """Jumps between equal labels too."""
    return _scaled(log_probs, target, blank, skip_same=True)


def ctc_scaled__ends_in_blank(log_probs, target, blank=0):
    """Only paths that end in the last blank."""
    return _scaled(log_probs, target, blank, ends=1)


def ctc_scaled__starts_in_blank(log_probs, target, blank=0):
    """Only paths that begin in the first blank."""
    return _scaled(log_probs, target, blank, starts=1)


def ctc_scaled__no_skips(log_probs, target, blank=0):
    """Blanks are never jumped over."""
    return _scaled(log_probs, target, blank, skip=False)


def ctc_scaled__scale_detached(log_probs, target, blank=0):
    """The scales' logarithms are detached: value right, gradient not."""
    return _scaled(log_probs, target, blank, detach=True)


def ctc_scaled__per_label(log_probs, target, blank=0):
    """Divided by the number of labels."""
    return _scaled(log_probs, target, blank, per=True)


def ctc_scaled__blank_last(log_probs, target, blank=0):
    """blank is not read: it is always 0."""
    return _scaled(log_probs, target, 0)
