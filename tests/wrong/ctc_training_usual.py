"""Wrong answers to the exercises of notebook 12, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import math

import torch

NEG = float("-inf")


def _states(target, blank):
    s = [blank]
    for x in target.tolist():
        s += [x, blank]
    return s


def _lse(ways, like):
    ways = [w for w in ways if w.item() != NEG]
    return torch.logsumexp(torch.stack(ways), 0) if ways else like.new_tensor(NEG)


def _forward(lp, states, blank):
    row = [lp[0, states[s]] if s < 2 else lp.new_tensor(NEG) for s in range(len(states))]
    rows = [torch.stack(row)]
    for t in range(1, len(lp)):
        new = []
        for s, c in enumerate(states):
            ways = [row[s]] + ([row[s - 1]] if s else [])
            if s > 1 and c != blank and c != states[s - 2]:
                ways.append(row[s - 2])
            new.append(_lse(ways, lp) + lp[t, c])
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def _backward(lp, states, blank, own=False, skip=True, last=2, same=False):
    n, S = len(lp), len(states)
    out = [None] * n
    row = [lp.new_tensor(0.0) if s >= S - last else lp.new_tensor(NEG) for s in range(S)]
    if own:
        row = [r + lp[-1, states[s]] for s, r in enumerate(row)]
    out[-1] = torch.stack(row)
    for t in range(n - 2, -1, -1):
        new = []
        for s in range(S):
            nxt = [s]
            if s + 1 < S:
                nxt.append(s + 1)
            if skip and s + 2 < S and states[s + 2] != blank and (same or states[s + 2] != states[s]):
                nxt.append(s + 2)
            if own:
                new.append(_lse([row[k] for k in nxt], lp) + lp[t, states[s]])
            else:
                new.append(_lse([row[k] + lp[t + 1, states[k]] for k in nxt], lp))
        row = new
        out[t] = torch.stack(row)
    return torch.stack(out)


def ctc_beta__own_frame(log_probs, target, blank=0):
    """The frame itself is counted (Graves's beta)."""
    return _backward(log_probs, _states(target, blank), blank, own=True)


def ctc_beta__no_skip(log_probs, target, blank=0):
    """No jumps."""
    return _backward(log_probs, _states(target, blank), blank, skip=False)


def ctc_beta__last_state_only(log_probs, target, blank=0):
    """Paths may end in the last blank only."""
    return _backward(log_probs, _states(target, blank), blank, last=1)


def ctc_beta__emits_own_next(log_probs, target, blank=0):
    """The emission of frame t + 1 is that of the state left, not that of the state entered."""
    states = _states(target, blank)
    n, S = len(log_probs), len(states)
    beta = torch.full((n, S), NEG, dtype=log_probs.dtype)
    beta[-1, -2:] = 0
    for t in range(n - 2, -1, -1):
        for s in range(S):
            ways = [beta[t + 1, s]]
            if s + 1 < S:
                ways.append(beta[t + 1, s + 1])
            if s + 2 < S and states[s + 2] != blank and states[s + 2] != states[s]:
                ways.append(beta[t + 1, s + 2])
            beta[t, s] = torch.logsumexp(torch.stack(ways), 0) + log_probs[t + 1, states[s]]
    return beta


def _occ(lp, target, blank, double=False):
    states = _states(target, blank)
    a = _forward(lp, states, blank)
    b = _backward(lp, states, blank, own=double)
    g = a + b
    return g, states


def ctc_occupancy__emission_twice(log_probs, target, blank=0):
    """The frame's emission counts twice, in alpha and in beta; normalised row by row."""
    g, states = _occ(log_probs, target, blank, double=True)
    g = torch.softmax(g, 1)
    out = torch.zeros_like(log_probs)
    for s, c in enumerate(states):
        out[:, c] += g[:, s]
    return out


def ctc_occupancy__last_state_wins(log_probs, target, blank=0):
    """States of one class overwrite each other and are not added."""
    g, states = _occ(log_probs, target, blank)
    g = torch.softmax(g, 1)
    out = torch.zeros_like(log_probs)
    for s, c in enumerate(states):
        out[:, c] = g[:, s]
    return out


def ctc_occupancy__alpha_only(log_probs, target, blank=0):
    """Only the forward variables."""
    states = _states(target, blank)
    g = torch.softmax(_forward(log_probs, states, blank), 1)
    out = torch.zeros_like(log_probs)
    out.index_add_(1, torch.tensor(states), g)
    return out


def ctc_occupancy__not_normalised(log_probs, target, blank=0):
    """Not divided by the probability of the target."""
    g, states = _occ(log_probs, target, blank)
    out = torch.zeros_like(log_probs)
    return out.index_add(1, torch.tensor(states), g.exp())


def greedy_decode__no_collapse(log_probs, blank=0):
    """Runs are not collapsed."""
    path = log_probs.argmax(1)
    return path[path != blank]


def greedy_decode__blanks_first(log_probs, blank=0):
    """Blanks are taken away before the runs collapse."""
    path = log_probs.argmax(-1)
    out = []
    for c in path.tolist():
        if c == blank:
            continue
        if not out or out[-1] != c:
            out.append(c)
    return torch.tensor(out, dtype=torch.int64)


def greedy_decode__argmax_over_time(log_probs, blank=0):
    """argmax over the frames."""
    path = torch.unique_consecutive(log_probs.argmax(0))
    return path[path != blank]


def edit_distance__substitution_two(reference, hypothesis):
    """A replacement costs 2."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = [[i + j if i * j == 0 else 0 for j in range(len(h) + 1)] for i in range(len(r) + 1)]
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (0 if r[i - 1] == h[j - 1] else 2))
    return torch.tensor(d[-1][-1])


def edit_distance__hamming(reference, hypothesis):
    """Place by place."""
    n = min(len(reference), len(hypothesis))
    return (reference[:n] != hypothesis[:n]).sum() + abs(len(reference) - len(hypothesis))


def edit_distance__first_row_zero(reference, hypothesis):
    """The edges of the table are 0."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = [[0] * (len(h) + 1) for _ in range(len(r) + 1)]
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (r[i - 1] != h[j - 1]))
    return torch.tensor(d[len(r)][len(h)])


def prefix_beam_search__is_greedy(log_probs, beam_width, blank=0):
    """Greedy: the best path."""
    p = torch.unique_consecutive(log_probs.argmax(1))
    return p[p != blank]


def prefix_beam_search__max(log_probs, beam_width, blank=0):
    """Paths of a prefix are not added: the best counts."""
    beams = {(): (0.0, NEG)}
    for frame in log_probs.tolist():
        new = {}

        def put(prefix, b, nb):
            ob, onb = new.get(prefix, (NEG, NEG))
            new[prefix] = (max(ob, b), max(onb, nb))

        for prefix, (b, nb) in beams.items():
            for c, lp in enumerate(frame):
                if c == blank:
                    put(prefix, max(b, nb) + lp, NEG)
                elif prefix and prefix[-1] == c:
                    put(prefix, NEG, nb + lp)
                    put(prefix + (c,), NEG, b + lp)
                else:
                    put(prefix + (c,), NEG, max(b, nb) + lp)
        beams = dict(sorted(new.items(), key=lambda kv: max(kv[1]), reverse=True)[:beam_width])
    return torch.tensor(max(beams, key=lambda k: max(beams[k])), dtype=torch.int64)


def prefix_beam_search__repeat_extends(log_probs, beam_width, blank=0):
    """A repeated label extends the prefix from paths without a blank too."""

    def add(*xs):
        m = max(xs)
        return NEG if m == NEG else m + math.log(sum(math.exp(x - m) for x in xs))

    beams = {(): (0.0, NEG)}
    for frame in log_probs.tolist():
        new = {}
        for prefix, (b, nb) in beams.items():
            for c, lp in enumerate(frame):
                if c == blank:
                    o = new.get(prefix, (NEG, NEG))
                    new[prefix] = (add(o[0], b + lp, nb + lp), o[1])
                else:
                    e = prefix + (c,)
                    o = new.get(e, (NEG, NEG))
                    new[e] = (o[0], add(o[1], b + lp, nb + lp))
                    if prefix and prefix[-1] == c:
                        o = new.get(prefix, (NEG, NEG))
                        new[prefix] = (o[0], add(o[1], nb + lp))
        beams = dict(sorted(new.items(), key=lambda kv: add(*kv[1]), reverse=True)[:beam_width])
    return torch.tensor(max(beams, key=lambda k: add(*beams[k])), dtype=torch.int64)


def _loss(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, lp=None, mean="label"):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    lp = torch.log_softmax(logits, -1) if lp is None else lp
    out = []
    for i in range(lp.shape[1]):
        y = targets[i, : target_lengths[i]]
        states = _states(y, blank)
        a = _forward(lp[: input_lengths[i], i], states, blank)
        p = _lse([a[-1, -1]] + ([a[-1, -2]] if len(y) else []), lp)
        out.append(-p)
    loss = torch.stack(out)
    if zero_infinity:
        loss = torch.where(loss.isinf(), torch.zeros_like(loss), loss)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return (loss / target_lengths.clamp(min=1)).mean() if mean == "label" else loss.sum() / target_lengths.sum()


def ctc_loss_from_logits__no_log_softmax(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The logits are taken for log-probabilities."""
    return _loss(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, lp=logits)


def ctc_loss_from_logits__total_labels(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The mean divides the sum by the number of all labels."""
    return _loss(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, mean="total")


def ctc_loss_from_logits__softmax_over_batch(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """log_softmax over dim 1, the batch."""
    return _loss(
        logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, lp=torch.log_softmax(logits, 1)
    )
