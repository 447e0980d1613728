"""Wrong answers to the exercises of notebook 12, other mistakes than the usual ones, written before grader or catalogue was read.

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


def _backward(lp, states, blank, emit_at=1, steps=(0, 1, 2), any_skip=False, best=False):
    n, S = len(lp), len(states)
    out = [None] * n
    row = [lp.new_tensor(0.0) if s >= S - 2 else lp.new_tensor(NEG) for s in range(S)]
    out[-1] = torch.stack(row)
    for t in range(n - 2, -1, -1):
        new = []
        for s in range(S):
            ways = []
            for k in steps:
                if s + k >= S or (k == 2 and not any_skip and (states[s + 2] == blank or states[s + 2] == states[s])):
                    continue
                ways.append(row[s + k] + lp[t + emit_at, states[s + k]])
            new.append(max(ways, key=lambda w: w.item()) if best and ways else _lse(ways, lp))
        row = new
        out[t] = torch.stack(row)
    return torch.stack(out)


def ctc_beta__same_frame(log_probs, target, blank=0):
    """The emission of frame t in place of t + 1."""
    return _backward(log_probs, _states(target, blank), blank, emit_at=0)


def ctc_beta__skips_anything(log_probs, target, blank=0):
    """Jumps over labels and between equal labels."""
    return _backward(log_probs, _states(target, blank), blank, any_skip=True)


def ctc_beta__best(log_probs, target, blank=0):
    """The best way and not the sum."""
    return _backward(log_probs, _states(target, blank), blank, best=True)


def ctc_beta__is_alpha_reversed(log_probs, target, blank=0):
    """Alpha of the frames in reverse, not of the labels in reverse."""
    return _forward(log_probs.flip(0), _states(target, blank), blank).flip(0)


def _occ(g, states, lp):
    return torch.zeros_like(lp).index_add(1, torch.tensor(states), g)


def ctc_occupancy__softmax_over_frames(log_probs, target, blank=0):
    """Normalised over the frames."""
    st = _states(target, blank)
    g = _forward(log_probs, st, blank) + _backward(log_probs, st, blank)
    return _occ(torch.softmax(g, 0).nan_to_num(), st, log_probs)


def ctc_occupancy__beta_only(log_probs, target, blank=0):
    """Only the backward variables."""
    st = _states(target, blank)
    return _occ(torch.softmax(_backward(log_probs, st, blank), 1), st, log_probs)


def ctc_occupancy__labels_only(log_probs, target, blank=0):
    """The blanks' shares are left out."""
    st = _states(target, blank)
    g = torch.softmax(_forward(log_probs, st, blank) + _backward(log_probs, st, blank), 1)
    out = torch.zeros_like(log_probs)
    for s in range(1, len(st), 2):
        out[:, st[s]] += g[:, s]
    return out


def ctc_occupancy__best_state(log_probs, target, blank=0):
    """1 for the most probable state of each frame."""
    st = _states(target, blank)
    g = _forward(log_probs, st, blank) + _backward(log_probs, st, blank)
    out = torch.zeros_like(log_probs)
    for t, s in enumerate(g.argmax(1).tolist()):
        out[t, st[s]] = 1
    return out


def ctc_occupancy__log(log_probs, target, blank=0):
    """The logarithm of the shares."""
    st = _states(target, blank)
    g = torch.softmax(_forward(log_probs, st, blank) + _backward(log_probs, st, blank), 1)
    return _occ(g, st, log_probs).log()


def greedy_decode__keeps_blanks(log_probs, blank=0):
    """The blanks stay."""
    return torch.unique_consecutive(log_probs.argmax(1))


def greedy_decode__sorted(log_probs, blank=0):
    """unique sorts."""
    u = torch.unique(log_probs.argmax(1))
    return u[u != blank]


def greedy_decode__second(log_probs, blank=0):
    """The blank is ruled out before the argmax."""
    x = log_probs.clone()
    x[:, blank] = NEG
    return torch.unique_consecutive(x.argmax(1))


def edit_distance__no_replacement(reference, hypothesis):
    """No replacement: only insertions and deletions where labels differ."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(h) + 1)] for i in range(len(r) + 1)]
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            d[i][j] = d[i - 1][j - 1] if r[i - 1] == h[j - 1] else 1 + min(d[i - 1][j], d[i][j - 1])
    return torch.tensor(d[-1][-1])


def edit_distance__rate(reference, hypothesis):
    """Divided by the length of the reference."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(h) + 1)] for i in range(len(r) + 1)]
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (r[i - 1] != h[j - 1]))
    return torch.tensor(d[-1][-1] / max(1, len(r)))


def edit_distance__always_one(reference, hypothesis):
    """A match costs 1 as well."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(h) + 1)] for i in range(len(r) + 1)]
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            d[i][j] = 1 + min(d[i - 1][j], d[i][j - 1], d[i - 1][j - 1])
    return torch.tensor(d[-1][-1])


def _beam(log_probs, width, blank, rank="both", final="both", no_stay=False, keep_all=False):
    def add(*xs):
        m = max(xs)
        return NEG if m == NEG else m + math.log(sum(math.exp(x - m) for x in xs))

    beams = {(): (0.0, NEG)}
    for frame in log_probs.tolist():
        new = {}

        def put(k, b=NEG, nb=NEG):
            o = new.get(k, (NEG, NEG))
            new[k] = (add(o[0], b), add(o[1], nb))

        for prefix, (b, nb) in beams.items():
            for c, lp in enumerate(frame):
                if c == blank:
                    put(prefix, b=add(b, nb) + lp)
                elif prefix and prefix[-1] == c:
                    if not no_stay:
                        put(prefix, nb=nb + lp)
                    put(prefix + (c,), nb=b + lp)
                else:
                    put(prefix + (c,), nb=add(b, nb) + lp)
        key = (lambda kv: add(*kv[1])) if rank == "both" else (lambda kv: kv[1][0])
        beams = dict(sorted(new.items(), key=key, reverse=True)[: None if keep_all else width])
    best = max(beams, key=lambda k: add(*beams[k]) if final == "both" else add(*beams[k]) / max(1, len(k)))
    return torch.tensor(best, dtype=torch.int64)


def prefix_beam_search__no_merge(log_probs, beam_width, blank=0):
    """A label that lasts is lost: the prefix does not stay."""
    return _beam(log_probs, beam_width, blank, no_stay=True)


def prefix_beam_search__ranked_by_blank(log_probs, beam_width, blank=0):
    """Ranked by the paths that end in blank alone."""
    return _beam(log_probs, beam_width, blank, rank="blank")


def prefix_beam_search__length_normalised(log_probs, beam_width, blank=0):
    """The last choice is divided by the length."""
    return _beam(log_probs, beam_width, blank, final="length")


def prefix_beam_search__width_ignored(log_probs, beam_width, blank=0):
    """One beam only."""
    return _beam(log_probs, 1, blank)


def _loss(logits, targets, il, tl, blank, reduction, zero_infinity, lp=None, div="label", all_frames=False):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    lp = torch.log_softmax(logits, -1) if lp is None else lp
    out = []
    for i in range(lp.shape[1]):
        y = targets[i, : tl[i]]
        a = _forward(lp[: None if all_frames else il[i], i], _states(y, blank), blank)
        out.append(-_lse([a[-1, -1]] + ([a[-1, -2]] if len(y) else []), lp))
    loss = torch.stack(out)
    if zero_infinity:
        loss = torch.where(loss.isinf(), torch.zeros_like(loss), loss)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return (loss / tl.clamp(min=1)).mean() if div == "label" else (loss / il).mean() if div == "frames" else loss.mean()


def ctc_loss_from_logits__divided_by_frames(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """The mean divides by frames."""
    return _loss(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, div="frames")


def ctc_loss_from_logits__all_frames(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """All frames count."""
    return _loss(logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, all_frames=True)


def ctc_loss_from_logits__softmax_over_time(
    logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    """log_softmax over the frames."""
    return _loss(
        logits, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, lp=torch.log_softmax(logits, 0)
    )
