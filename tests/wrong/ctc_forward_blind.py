"""Wrong answers to the exercises of notebook 11, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

from itertools import product

import torch


def collapse__blanks_first(path, blank=0):
    """Blanks go first, then runs count once: a doubled label that a blank parted is lost."""
    p = path[path != blank]
    keep = torch.ones(len(p), dtype=torch.bool)
    keep[1:] = p[1:] != p[:-1]
    return p[keep]


def collapse__unique(path, blank=0):
    """Each class once, sorted: torch.unique."""
    u = torch.unique(path)
    return u[u != blank]


def collapse__runs_kept(path, blank=0):
    """Only the blanks go: runs are kept."""
    return torch.stack([c for c in path if c != blank]) if (path != blank).any() else path[:0]


def collapse__blank_zero(path, blank=0):
    """blank is not read: always 0."""
    merged = torch.unique_consecutive(path)
    return merged[merged != 0]


def _collapse(path, blank):
    out, last = [], None
    for c in path:
        if c != last and c != blank:
            out.append(c)
        last = c
    return out


def ctc_by_enumeration__best_path(probs, target, blank=0):
    """The largest of the paths' probabilities, not their sum."""
    T, C = probs.shape
    best = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        if _collapse(path, blank) == target.tolist():
            p = probs[torch.arange(T), list(path)].prod()
            best = torch.maximum(best, p)
    return best


def ctc_by_enumeration__sum_in_path(probs, target, blank=0):
    """The probabilities along a path are added, not multiplied."""
    T, C = probs.shape
    total = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        if _collapse(path, blank) == target.tolist():
            total = total + sum(probs[t, c] for t, c in enumerate(path))
    return total


def ctc_by_enumeration__averaged(probs, target, blank=0):
    """Divided by the number of paths."""
    T, C = probs.shape
    found = [
        probs[range(T), list(p)].prod() for p in product(range(C), repeat=T) if _collapse(p, blank) == target.tolist()
    ]
    return sum(found) / len(found) if found else probs.new_zeros(())


def ctc_by_enumeration__loss(probs, target, blank=0):
    """-ln of the sum."""
    T, C = probs.shape
    total = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        if _collapse(path, blank) == target.tolist():
            total = total + probs[torch.arange(T), list(path)].prod()
    return -total.log()


def ctc_states__no_ends(target, blank=0):
    """Blanks only between the labels: neither before nor after them."""
    out = []
    for i, c in enumerate(target):
        if i:
            out.append(torch.tensor(blank, dtype=target.dtype))
        out.append(c)
    return torch.stack(out) if out else target.clone()


def ctc_states__zero(target, blank=0):
    """The blank is always 0."""
    out = torch.zeros(2 * len(target) + 1, dtype=target.dtype)
    out[1::2] = target
    return out


def ctc_states__labels_doubled(target, blank=0):
    """Labels and blanks have changed places: labels stand at the even places."""
    out = torch.full((2 * len(target) + 1,), blank, dtype=target.dtype)
    out[: 2 * len(target) : 2] = target
    return out


def ctc_skips__every_label(target, blank=0):
    """Every label may be jumped to, also one that repeats the label before."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    s[3::2] = True
    return s


def ctc_skips__first_label(target, blank=0):
    """The first label is said to be jumped to: there is no state two before it."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    for i in range(len(target)):
        s[2 * i + 1] = i == 0 or bool(target[i] != target[i - 1])
    return s


def ctc_skips__only_repeats(target, blank=0):
    """Turned round: only repeats may be jumped to."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    s[3::2] = target[1:] == target[:-1]
    return s


def ctc_skips__blanks_too(target, blank=0):
    """Compares neighbouring labels for all states: blanks may be jumped to as well."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    s[2:] = True
    s[3::2] = target[1:] != target[:-1]
    return s


def _lse(items):
    m = torch.stack(items)
    top = m.max(0).values
    safe = torch.where(torch.isinf(top), torch.zeros_like(top), top)
    s = (m - safe).exp().sum(0)
    return torch.where(s > 0, safe + torch.where(s > 0, s, 1.0).log(), -torch.inf)


def _alpha(
    log_probs, target, blank, *, skip_same=False, one_start=False, stay=True, skips=True, late_emission=False, vit=False
):
    T = len(log_probs)
    z = [blank]
    for c in target.tolist():
        z += [c, blank]
    neg = log_probs.new_tensor(-torch.inf)
    a = [log_probs[0, z[0]]] + ([log_probs[0, z[1]]] if len(z) > 1 and not one_start else [])
    a += [neg] * (len(z) - len(a))
    rows = [torch.stack(a)]
    for t in range(1, T):
        new = []
        for s in range(len(z)):
            terms = [a[s]] if stay else [neg]
            if s >= 1:
                terms.append(a[s - 1])
            if skips and s >= 2 and z[s] != blank and (skip_same or z[s] != z[s - 2]):
                terms.append(a[s - 2])
            e = log_probs[t - 1 if late_emission else t, z[s]]
            new.append((torch.stack(terms).amax() if vit else _lse(terms)) + e)
        a = new
        rows.append(torch.stack(a))
    return torch.stack(rows)


def ctc_alpha__skips_repeats(log_probs, target, blank=0):
    """Jumps between equal labels too."""
    return _alpha(log_probs, target, blank, skip_same=True)


def ctc_alpha__starts_in_blank(log_probs, target, blank=0):
    """Paths may begin in the first blank only."""
    return _alpha(log_probs, target, blank, one_start=True)


def ctc_alpha__viterbi(log_probs, target, blank=0):
    """The best way, not the sum over all: max in place of logsumexp."""
    return _alpha(log_probs, target, blank, vit=True)


def ctc_alpha__no_skips(log_probs, target, blank=0):
    """No jump over a blank at all."""
    return _alpha(log_probs, target, blank, skips=False)


def ctc_alpha__emission_of_frame_before(log_probs, target, blank=0):
    """Frame t emits with the probabilities of frame t - 1."""
    return _alpha(log_probs, target, blank, late_emission=True)


def _ctc(
    log_probs,
    targets,
    input_lengths,
    target_lengths,
    blank,
    reduction,
    zero_infinity,
    *,
    ends=2,
    per="length",
    full=False,
    zi=True,
    **kw,
):
    single = log_probs.dim() == 2
    lp = log_probs.unsqueeze(1) if single else log_probs
    il = torch.as_tensor(input_lengths).reshape(-1).tolist()
    tl = torch.as_tensor(target_lengths).reshape(-1).tolist()
    T, N, C = lp.shape
    if not 0 <= blank < C:
        raise ValueError("blank")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    if len(il) != N or len(tl) != N or any(not 0 <= i <= T for i in il):
        raise ValueError("lengths")
    if targets.dim() == 1 and not single:
        ys, o = [], 0
        if sum(tl) != len(targets):
            raise ValueError("lengths")
        for u in tl:
            ys.append(targets[o : o + u])
            o += u
    else:
        tt = targets.reshape(N, -1) if not single else targets[None]
        if any(not 0 <= u <= tt.shape[1] for u in tl):
            raise ValueError("lengths")
        ys = [tt[n, :u] for n, u in enumerate(tl)]
    out = []
    for n in range(N):
        if any(not 0 <= c < C for c in ys[n].tolist()):
            raise ValueError("label")
        T_n = T if full else il[n]
        if T_n == 0:
            out.append(lp.new_tensor(0.0 if len(ys[n]) == 0 else torch.inf))
            continue
        a = _alpha(lp[:T_n, n], ys[n], blank, **kw)[-1]
        loss = -_lse([a[-1]] + ([a[-2]] if len(a) > 1 and ends == 2 else []))
        out.append(loss)
    loss = torch.stack(out)
    if zero_infinity and zi:
        loss = torch.where(torch.isinf(loss), torch.zeros_like(loss), loss)
    if reduction == "none":
        return loss[0] if single else loss
    if reduction == "sum":
        return loss.sum()
    if per == "length":
        return (loss / torch.tensor(tl).clamp(min=1)).mean()
    if per == "total":
        return loss.sum() / max(sum(tl), 1)
    if per == "frames":
        return (loss / torch.tensor(il).clamp(min=1)).mean()
    return loss.mean()


def ctc_loss__plain_mean(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The mean over the samples, not divided by the target lengths."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, per="none")


def ctc_loss__per_label(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The sum divided by the number of all labels: long targets count more."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, per="total")


def ctc_loss__ends_in_blank(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Only paths that end in the last blank count."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, ends=1)


def ctc_loss__all_frames(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """input_lengths is not read: all T frames count."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, full=True)


def ctc_loss__zero_infinity_unread(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """zero_infinity is not read."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, zi=False)


def ctc_loss__no_stay(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """A state cannot be kept: it must be left after one frame."""
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, stay=False)
