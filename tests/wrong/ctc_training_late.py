"""Wrong answers to the exercises of notebook 12, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _states(target, blank):
    s = [blank]
    for k in target.tolist():
        s += [k, blank]
    return s


def _masks(target, blank):
    s = torch.tensor(_states(target, blank))
    skip = torch.zeros(len(s), dtype=torch.bool)
    if len(s) > 2:
        skip[2:] = (s[2:] != blank) & (s[2:] != s[:-2])
    return s, skip


def _shift(x, k, fill=-math.inf):
    pad = x.new_full((abs(k),), fill)
    if abs(k) >= len(x):
        return x.new_full((len(x),), fill)
    return torch.cat([pad, x[:-k]]) if k > 0 else torch.cat([x[-k:], pad])


def _lse3(*xs):
    x = torch.stack(xs)
    m = x.amax(0)
    m = torch.where(m == -math.inf, torch.zeros_like(m), m)
    return (x - m).exp().sum(0).log() + m


def _alpha(lp, target, blank):
    s, skip = _masks(target, blank)
    a = lp.new_full((len(s),), -math.inf)
    a[:2] = lp[0, s[:2]]
    rows = [a]
    for t in range(1, len(lp)):
        two = torch.where(skip, _shift(a, 2), -math.inf)
        a = _lse3(a, _shift(a, 1), two) + lp[t, s]
        rows.append(a)
    return torch.stack(rows)


def _beta(lp, target, blank, emit="next", ends=2, skip_at="target"):
    s, skip = _masks(target, blank)
    b = lp.new_full((len(s),), -math.inf)
    b[-ends:] = 0.0
    rows = [b]
    for t in range(len(lp) - 2, -1, -1):
        e = lp[t + 1 if emit == "next" else t, s]
        x = b + e
        if skip_at == "target":
            two = _shift(torch.where(skip, x, -math.inf), -2)
        else:
            two = torch.where(skip, _shift(x, -2), -math.inf)
        b = _lse3(x, _shift(x, -1), two)
        rows.append(b)
    return torch.stack(rows[::-1])


def _edit(r, h, sub=1, ins=1, dele=1, swap=False):
    r, h = r.tolist(), h.tolist()
    d = [[0] * (len(h) + 1) for _ in range(len(r) + 1)]
    for i in range(len(r) + 1):
        d[i][0] = i * dele
    for j in range(len(h) + 1):
        d[0][j] = j * ins
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            c = 0 if r[i - 1] == h[j - 1] else sub
            d[i][j] = min(d[i - 1][j] + dele, d[i][j - 1] + ins, d[i - 1][j - 1] + c)
            if swap and i > 1 and j > 1 and r[i - 1] == h[j - 2] and r[i - 2] == h[j - 1]:
                d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1)
    return d[-1][-1]


def _add(a, b):
    m = max(a, b)
    return m if m == -math.inf else m + math.log(math.exp(a - m) + math.exp(b - m))


def _beam(log_probs, width, blank, rank="sum", repeat="right", prune=True):
    beams = {(): (0.0, -math.inf)}
    for row in log_probs.tolist():
        new = {}

        def put(prefix, b, nb):
            ob, onb = new.get(prefix, (-math.inf, -math.inf))
            new[prefix] = (_add(ob, b), _add(onb, nb))

        for prefix, (b, nb) in beams.items():
            for k, lp in enumerate(row):
                if k == blank:
                    put(prefix, _add(b, nb) + lp, -math.inf)
                elif prefix and prefix[-1] == k:
                    if repeat == "right":
                        put(prefix, -math.inf, nb + lp)
                        put((*prefix, k), -math.inf, b + lp)
                    elif repeat == "extends":
                        put((*prefix, k), -math.inf, _add(b, nb) + lp)
                    else:
                        put(prefix, -math.inf, _add(b, nb) + lp)
                else:
                    put((*prefix, k), -math.inf, _add(b, nb) + lp)
        key = {
            "sum": lambda e: _add(*e[1]),
            "max": lambda e: max(e[1]),
            "blank": lambda e: e[1][0],
            "len": lambda e: _add(*e[1]) / (len(e[0]) or 1),
        }[rank]
        beams = dict(sorted(new.items(), key=key, reverse=True)[:width])
    return torch.tensor(list(max(beams.items(), key=key)[0]), dtype=torch.int64)


def _logits(
    logits,
    targets,
    input_lengths,
    target_lengths,
    blank,
    reduction,
    zero_infinity,
    mean=None,
    scale=None,
    zero_tail=True,
):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    lp = logits - torch.logsumexp(logits, -1, keepdim=True)
    losses = []
    for i in range(logits.shape[1]):
        t, u = int(input_lengths[i]), int(target_lengths[i])
        a = _alpha(lp[:t, i], targets[i, :u], blank)[-1]
        losses.append(-torch.logsumexp(a[-2:], 0))
    loss = torch.stack(losses)
    if zero_infinity:
        loss = torch.where(loss == math.inf, torch.zeros_like(loss), loss)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return mean(loss, target_lengths) if mean else (loss / target_lengths.clamp(min=1)).mean()


def ctc_beta__starts_like_alpha(log_probs, target, blank=0):
    return _alpha(log_probs.flip(0), target.flip(0), blank).flip(0).flip(1)


def ctc_occupancy__alpha_beta_probs(log_probs, target, blank=0):
    a, b = _alpha(log_probs, target, blank), _beta(log_probs, target, blank)
    s, _ = _masks(target, blank)
    g = (a + b).exp()
    return torch.zeros_like(log_probs).index_add(1, s, g / g.sum())


def greedy_decode__drops_repeats_across_blank(log_probs, blank=0):
    best = log_probs.argmax(-1)
    return torch.unique_consecutive(best[best != blank])


def edit_distance__substitution_free(reference, hypothesis):
    return torch.tensor(_edit(reference, hypothesis, sub=0))


def prefix_beam_search__argmax_last_frame(log_probs, beam_width, blank=0):
    return _beam(log_probs[:-1], beam_width, blank)


def ctc_loss_from_logits__softmax_not_log(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return _logits(logits.softmax(-1), targets, input_lengths, target_lengths, blank, reduction, zero_infinity)
