"""Wrong answers to the exercises of notebook 12, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import math

import torch


def _lse(items):
    m = torch.stack(items)
    top = m.max(0).values
    safe = torch.where(torch.isinf(top), torch.zeros_like(top), top)
    s = (m - safe).exp().sum(0)
    return torch.where(s > 0, safe + torch.where(s > 0, s, 1.0).log(), -torch.inf)


def _states(target, blank):
    z = [blank]
    for c in target.tolist():
        z += [c, blank]
    return z


def _beta(log_probs, target, blank, *, own=False, one_end=False, skip_same=False, skips=True, frame=1, vit=False):
    T, z = len(log_probs), _states(target, blank)
    S = len(z)
    neg = log_probs.new_tensor(-torch.inf)
    b = [neg] * S
    b[S - 1] = log_probs.new_tensor(0.0)
    if S > 1 and not one_end:
        b[S - 2] = log_probs.new_tensor(0.0)
    rows = [torch.stack([x + (log_probs[T - 1, z[s]] if own else 0) for s, x in enumerate(b)])]
    if own:
        b = list(rows[0])
    for t in range(T - 2, -1, -1):
        new = []
        for s in range(S):
            terms = []
            for k in (0, 1, 2):
                if s + k >= S:
                    continue
                if k == 2 and (not skips or z[s + 2] == blank or (z[s + 2] == z[s] and not skip_same)):
                    continue
                terms.append(b[s + k] + (0 if own else log_probs[t + frame, z[s + k]]))
            v = torch.stack(terms).amax() if vit else _lse(terms)
            new.append(v + log_probs[t, z[s]] if own else v)
        b = new
        rows.insert(0, torch.stack(b))
    return torch.stack(rows)


def ctc_beta__own_frame(log_probs, target, blank=0):
    """What frame t emits counts, as in Graves: one emission too many."""
    return _beta(log_probs, target, blank, own=True)


def ctc_beta__ends_in_blank(log_probs, target, blank=0):
    """A path may end in the last blank only."""
    return _beta(log_probs, target, blank, one_end=True)


def ctc_beta__frame_not_ahead(log_probs, target, blank=0):
    """Emits the next state with the probabilities of frame t and not of t + 1."""
    return _beta(log_probs, target, blank, frame=0)


def ctc_beta__viterbi(log_probs, target, blank=0):
    """The best way on, not the sum."""
    return _beta(log_probs, target, blank, vit=True)


def ctc_beta__no_skips(log_probs, target, blank=0):
    """No jump over blanks."""
    return _beta(log_probs, target, blank, skips=False)


def _alpha(log_probs, target, blank):
    T, z = len(log_probs), _states(target, blank)
    neg = log_probs.new_tensor(-torch.inf)
    a = [log_probs[0, z[0]]] + ([log_probs[0, z[1]]] if len(z) > 1 else []) + [neg] * max(len(z) - 2, 0)
    rows = [torch.stack(a)]
    for t in range(1, T):
        a = [
            _lse(
                [a[s]]
                + ([a[s - 1]] if s else [])
                + ([a[s - 2]] if s > 1 and z[s] != blank and z[s] != z[s - 2] else [])
            )
            + log_probs[t, z[s]]
            for s in range(len(z))
        ]
        rows.append(torch.stack(a))
    return torch.stack(rows)


def _occ(log_probs, target, blank, mode="right"):
    z = torch.tensor(_states(target, blank))
    a, b = _alpha(log_probs, target, blank), _beta(log_probs, target, blank)
    g = a if mode == "alpha" else a + b
    g = (g - g.amax(1, keepdim=True)).exp()
    if mode == "unnormalised":
        g = (a + b).exp()
    else:
        g = g / g.sum(1, keepdim=True)
    out = torch.zeros_like(log_probs)
    if mode == "last_state":
        for s, c in enumerate(z.tolist()):
            out[:, c] = g[:, s]
        return out
    return out.index_add(1, z, g)


def ctc_occupancy__forward_only(log_probs, target, blank=0):
    """Only the forward variables are used: what comes after frame t does not count."""
    return _occ(log_probs, target, blank, "alpha")


def ctc_occupancy__not_divided(log_probs, target, blank=0):
    """Not divided by the probability of the target: rows sum to it."""
    return _occ(log_probs, target, blank, "unnormalised")


def ctc_occupancy__overwritten(log_probs, target, blank=0):
    """States of one class overwrite each other: out[:, c] = and not +=."""
    return _occ(log_probs, target, blank, "last_state")


def ctc_occupancy__softmax(log_probs, target, blank=0):
    """The model's own probabilities, normalised: the target is not read."""
    p = log_probs.exp()
    return p / p.sum(1, keepdim=True)


def greedy_decode__no_collapse(log_probs, blank=0):
    """Runs are not collapsed: only the blanks go."""
    best = log_probs.argmax(1)
    return best[best != blank]


def greedy_decode__blanks_first(log_probs, blank=0):
    """Blanks go before runs are collapsed."""
    best = log_probs.argmax(dim=-1)
    return torch.unique_consecutive(best[best != blank])


def greedy_decode__blank_kept(log_probs, blank=0):
    """The blanks stay in the result."""
    return torch.unique_consecutive(torch.argmax(log_probs, 1))


def edit_distance__swaps_cost_two(reference, hypothesis):
    """A replacement costs 2: an insertion and a deletion."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = list(range(len(h) + 1))
    for i, a in enumerate(r, 1):
        prev, d[0] = d[0], i
        for j, b in enumerate(h, 1):
            prev, d[j] = d[j], min(d[j] + 1, d[j - 1] + 1, prev + (0 if a == b else 2))
    return torch.tensor(d[-1])


def edit_distance__hamming(reference, hypothesis):
    """Place by place, and the difference of the lengths."""
    n = min(len(reference), len(hypothesis))
    return (reference[:n] != hypothesis[:n]).sum() + abs(len(reference) - len(hypothesis))


def edit_distance__rate(reference, hypothesis):
    """Divided by the length of the reference."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = list(range(len(h) + 1))
    for i, a in enumerate(r, 1):
        prev, d[0] = d[0], i
        for j, b in enumerate(h, 1):
            prev, d[j] = d[j], min(d[j] + 1, d[j - 1] + 1, prev + (a != b))
    return torch.tensor(d[-1] / max(len(r), 1))


def edit_distance__border_zero(reference, hypothesis):
    """The table's first row is 0: what is inserted at the beginning is free."""
    r, h = reference.tolist(), hypothesis.tolist()
    D = [[0] * (len(h) + 1) for _ in range(len(r) + 1)]
    for i in range(len(r) + 1):
        D[i][0] = i
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            D[i][j] = min(D[i - 1][j] + 1, D[i][j - 1] + 1, D[i - 1][j - 1] + (r[i - 1] != h[j - 1]))
    return torch.tensor(D[-1][-1])


def _add(a, b):
    if a == -math.inf:
        return b
    if b == -math.inf:
        return a
    m = max(a, b)
    return m + math.log(math.exp(a - m) + math.exp(b - m))


def _beam(log_probs, beam_width, blank, *, double_wrong=False, merge=True, prune=max):
    lp = log_probs.tolist()
    beams = {(): (0.0, -math.inf)}
    for row in lp:
        new = {}

        def put(k, b, nb):
            ob, onb = new.get(k, (-math.inf, -math.inf))
            new[k] = (_add(ob, b), _add(onb, nb)) if merge else (max(ob, b), max(onb, nb))

        for pre, (pb, pnb) in beams.items():
            tot = _add(pb, pnb)
            for c, p in enumerate(row):
                if c == blank:
                    put(pre, tot + p, -math.inf)
                elif pre and pre[-1] == c:
                    put(pre, -math.inf, pnb + p)
                    put(pre + (c,), -math.inf, (tot if double_wrong else pb) + p)
                else:
                    put(pre + (c,), -math.inf, tot + p)
        key = (lambda kv: kv[1][1]) if prune is None else (lambda kv: _add(*kv[1]))
        beams = dict(sorted(new.items(), key=key, reverse=True)[:beam_width])
    best = max(beams.items(), key=lambda kv: _add(*kv[1]))[0]
    return torch.tensor(best, dtype=torch.int64)


def prefix_beam_search__doubles_without_blank(log_probs, beam_width, blank=0):
    """A label may be doubled without a blank between."""
    return _beam(log_probs, beam_width, blank, double_wrong=True)


def prefix_beam_search__max(log_probs, beam_width, blank=0):
    """Paths of one prefix are not added: the best of them counts."""
    return _beam(log_probs, beam_width, blank, merge=False)


def prefix_beam_search__greedy(log_probs, beam_width, blank=0):
    """The width is not read: it is one."""
    return _beam(log_probs, 1, blank)


def _loss_logits(
    logits,
    targets,
    input_lengths,
    target_lengths,
    blank,
    reduction,
    zero_infinity,
    *,
    per="length",
    norm=True,
    detach=False,
    zi_grad=True,
):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    m = logits.amax(-1, keepdim=True).detach()
    z = logits - m
    lse = z.exp().sum(-1, keepdim=True).log()
    lp = z - (lse.detach() if detach else lse) if norm else logits
    out = []
    for n in range(logits.shape[1]):
        T, U = int(input_lengths[n]), int(target_lengths[n])
        if T == 0:
            out.append(lp.new_tensor(0.0 if U == 0 else torch.inf))
            continue
        a = _alpha(lp[:T, n], targets[n, :U], blank)[-1]
        out.append(-_lse([a[-1]] + ([a[-2]] if len(a) > 1 else [])))
    loss = torch.stack(out)
    if zero_infinity:
        loss = torch.where(torch.isinf(loss), torch.zeros_like(loss), loss)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return (loss / target_lengths.clamp(min=1)).mean() if per == "length" else loss.mean()


def ctc_loss_from_logits__no_log_softmax(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Logits are taken as log-probabilities: no log_softmax."""
    return _loss_logits(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, norm=False)


def ctc_loss_from_logits__plain_mean(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The mean is not divided by the lengths."""
    return _loss_logits(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, per="none")


def ctc_loss_from_logits__normaliser_detached(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """Right in value; the gradient is minus the occupancy, without the softmax."""
    return _loss_logits(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, detach=True)


def edit_distance__no_replacement_no_border(reference, hypothesis):
    """Two mistakes: no replacement is allowed, and it is divided by the longer length."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = list(range(len(h) + 1))
    for i, a in enumerate(r, 1):
        prev, d[0] = d[0], i
        for j, b in enumerate(h, 1):
            prev, d[j] = d[j], prev if a == b else min(d[j], d[j - 1]) + 1
    return torch.tensor(d[-1] / max(len(r), len(h), 1))


def ctc_occupancy__states_mean(log_probs, target, blank=0):
    """Logarithm of the occupancy, not the share."""
    return _occ(log_probs, target, blank).log()
