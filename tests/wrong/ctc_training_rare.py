"""Wrong answers to the exercises of notebook 12, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

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


def ctc_beta__ends_anywhere(log_probs, target, blank=0):
    return _beta(log_probs, target, blank, ends=2 * len(target) + 1)


def ctc_beta__no_stay(log_probs, target, blank=0):
    s, skip = _masks(target, blank)
    b = log_probs.new_full((len(s),), -math.inf)
    b[-2:] = 0.0
    rows = [b]
    for t in range(len(log_probs) - 2, -1, -1):
        x = b + log_probs[t + 1, s]
        two = _shift(torch.where(skip, x, -math.inf), -2)
        b = _lse3(_shift(x, -1), two)
        rows.append(b)
    return torch.stack(rows[::-1])


def ctc_beta__maximum(log_probs, target, blank=0):
    s, skip = _masks(target, blank)
    b = log_probs.new_full((len(s),), -math.inf)
    b[-2:] = 0.0
    rows = [b]
    for t in range(len(log_probs) - 2, -1, -1):
        x = b + log_probs[t + 1, s]
        two = _shift(torch.where(skip, x, -math.inf), -2)
        b = torch.stack([x, _shift(x, -1), two]).amax(0)
        rows.append(b)
    return torch.stack(rows[::-1])


def ctc_beta__last_row_is_log_half(log_probs, target, blank=0):
    return _beta(log_probs, target, blank) - math.log(2)


def ctc_occupancy__classes_averaged(log_probs, target, blank=0):
    a, b = _alpha(log_probs, target, blank), _beta(log_probs, target, blank)
    s, _ = _masks(target, blank)
    g = (a + b).softmax(1)
    out = torch.zeros_like(log_probs).index_add(1, s, g)
    n = torch.zeros(log_probs.shape[1]).index_add(0, s, torch.ones(len(s))).clamp(min=1)
    return out / n


def ctc_occupancy__one_frame_normaliser(log_probs, target, blank=0):
    a, b = _alpha(log_probs, target, blank), _beta(log_probs, target, blank)
    s, _ = _masks(target, blank)
    g = (a + b - torch.logsumexp(a + b, 0)).exp()
    return torch.zeros_like(log_probs).index_add(1, s, g)


def ctc_occupancy__minus_softmax(log_probs, target, blank=0):
    a, b = _alpha(log_probs, target, blank), _beta(log_probs, target, blank)
    s, _ = _masks(target, blank)
    g = (a + b).softmax(1)
    return log_probs.exp() - torch.zeros_like(log_probs).index_add(1, s, g)


def ctc_occupancy__hard(log_probs, target, blank=0):
    a, b = _alpha(log_probs, target, blank), _beta(log_probs, target, blank)
    s, _ = _masks(target, blank)
    best = (a + b).argmax(1)
    return torch.nn.functional.one_hot(s[best], log_probs.shape[1]).to(log_probs.dtype)


def greedy_decode__threshold(log_probs, blank=0):
    out, last = [], None
    for row in log_probs:
        k = int(row.argmax())
        if row[k] < math.log(0.5):
            k = blank
        if k != last and k != blank:
            out.append(k)
        last = k
    return torch.tensor(out, dtype=torch.int64)


def greedy_decode__best_mean_class(log_probs, blank=0):
    k = log_probs.mean(0).argmax()
    return k[None] if int(k) != blank else torch.empty(0, dtype=torch.int64)


def greedy_decode__merge_only_blanks(log_probs, blank=0):
    best = log_probs.argmax(1).tolist()
    return torch.tensor([k for k in best if k != blank], dtype=torch.int64)


def greedy_decode__skips_last(log_probs, blank=0):
    best = torch.unique_consecutive(log_probs[:-1].argmax(1))
    return best[best != blank]


def edit_distance__diagonal_always_one(reference, hypothesis):
    r, h = reference.tolist(), hypothesis.tolist()
    d = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(h) + 1)] for i in range(len(r) + 1)]
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + 1)
    return torch.tensor(d[-1][-1])


def edit_distance__max_length_minus_matches(reference, hypothesis):
    n = min(len(reference), len(hypothesis))
    return torch.tensor(max(len(reference), len(hypothesis))) - (reference[:n] == hypothesis[:n]).sum()


def edit_distance__normalised_by_longer(reference, hypothesis):
    return torch.tensor(_edit(reference, hypothesis) / max(len(reference), len(hypothesis), 1))


def edit_distance__loop_short(reference, hypothesis):
    return (
        torch.tensor(_edit(reference[:-1], hypothesis[:-1]))
        if len(reference) and len(hypothesis)
        else torch.tensor(max(len(reference), len(hypothesis)))
    )


def edit_distance__insert_half(reference, hypothesis):
    return torch.tensor(float(_edit(reference, hypothesis, ins=0.5)))


def prefix_beam_search__max_not_sum(log_probs, beam_width, blank=0):
    return _beam(log_probs, beam_width, blank, rank="max")


def prefix_beam_search__extends_repeats(log_probs, beam_width, blank=0):
    return _beam(log_probs, beam_width, blank, repeat="extends")


def prefix_beam_search__width_of_one(log_probs, beam_width, blank=0):
    return _beam(log_probs, 1, blank)


def prefix_beam_search__no_pruning(log_probs, beam_width, blank=0):
    return _beam(log_probs, 10**6, blank)


def ctc_loss_from_logits__sum_over_frames(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return _logits(
        logits,
        targets,
        input_lengths,
        target_lengths,
        blank,
        reduction,
        zero_infinity,
        mean=lambda each, u: (each / input_lengths.clamp(min=1)).mean(),
    )


def ctc_loss_from_logits__no_normalisation(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return _logits(logits * 2, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


def ctc_loss_from_logits__target_lengths_summed(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return _logits(
        logits,
        targets,
        input_lengths,
        target_lengths,
        blank,
        reduction,
        zero_infinity,
        mean=lambda each, u: each.sum() / u.sum().clamp(min=1),
    )
