"""Wrong answers to the exercises of notebook 12, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch

NEG = float("-inf")


def _states(target, blank):
    out = [blank]
    for y in target.tolist():
        out += [y, blank]
    return out


def _lse(values):
    m = max(values)
    return m if m == NEG else m + math.log(sum(math.exp(v - m) for v in values))


def _alpha(lp, states, blank):
    n = len(states)
    rows = [[lp[0][states[s]] if s < 2 else NEG for s in range(n)]]
    for t in range(1, len(lp)):
        before = rows[-1]
        row = []
        for s in range(n):
            values = [before[s]] + ([before[s - 1]] if s else [])
            if s > 1 and states[s] != blank and states[s] != states[s - 2]:
                values.append(before[s - 2])
            row.append(_lse(values) + lp[t][states[s]])
        rows.append(row)
    return rows


def _beta(lp, states, blank, skip=True, both_ends=True):
    n = len(states)
    last = [NEG] * n
    last[-1] = 0.0
    if n > 1 and both_ends:
        last[-2] = 0.0
    rows = [last]
    for t in range(len(lp) - 1, 0, -1):
        after = rows[0]
        row = []
        for s in range(n):
            values = [after[s] + lp[t][states[s]]]
            if s + 1 < n:
                values.append(after[s + 1] + lp[t][states[s + 1]])
            if skip and s + 2 < n and states[s + 2] != blank and states[s + 2] != states[s]:
                values.append(after[s + 2] + lp[t][states[s + 2]])
            row.append(_lse(values))
        rows.insert(0, row)
    return rows


# ---- from a review -----------------------------------------------------------------------------------------------


def ctc_occupancy__last_state_wins(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    a = torch.tensor(_alpha(lp, states, blank), dtype=log_probs.dtype)
    b = torch.tensor(_beta(lp, states, blank), dtype=log_probs.dtype)
    total = torch.logsumexp(a[0] + b[0], 0)
    share = (a + b - total).exp()
    out = torch.zeros_like(log_probs)
    for s, c in enumerate(states):
        if c == blank:
            out[:, c] += share[:, s]
        else:
            out[:, c] = share[:, s]
    return out


def prefix_beam_search__ranked_by_larger_half(log_probs, beam_width, blank=0):
    return _beam(log_probs, beam_width, blank, rank=max)


# ---- written anew ------------------------------------------------------------------------------------------------


def _beam(log_probs, beam_width, blank, rank=None, repeats=True, merge=True):
    rank = rank or (lambda pair: _lse(list(pair)))
    beams = {(): (0.0, NEG)}
    for frame in log_probs.tolist():
        new = {}

        def add(prefix, k, value):
            pair = list(new.get(prefix, (NEG, NEG)))
            pair[k] = _lse([pair[k], value]) if merge else max(pair[k], value)
            new[prefix] = tuple(pair)

        for prefix, (p_b, p_nb) in beams.items():
            for c, p in enumerate(frame):
                if c == blank:
                    add(prefix, 0, _lse([p_b, p_nb]) + p)
                elif prefix and prefix[-1] == c:
                    add(prefix, 1, p_nb + p)
                    if repeats:
                        add((*prefix, c), 1, p_b + p)
                else:
                    add((*prefix, c), 1, _lse([p_b, p_nb]) + p)
        beams = dict(sorted(new.items(), key=lambda item: -rank(item[1]))[:beam_width])
    best = max(beams.items(), key=lambda item: rank(item[1]))[0]
    return torch.tensor(best, dtype=torch.int64)


def prefix_beam_search__never_doubles(log_probs, beam_width, blank=0):
    return _beam(log_probs, beam_width, blank, repeats=False)


def prefix_beam_search__best_path_of_each(log_probs, beam_width, blank=0):
    return _beam(log_probs, beam_width, blank, rank=max, merge=False)


def prefix_beam_search__greedy(log_probs, beam_width, blank=0):
    path = torch.unique_consecutive(log_probs.argmax(-1))
    return path[path != blank]


def prefix_beam_search__width_one(log_probs, beam_width, blank=0):
    return _beam(log_probs, 1, blank)


def ctc_beta__emission_included(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    b = torch.tensor(_beta(lp, states, blank), dtype=log_probs.dtype)
    return b + log_probs[:, states]


def ctc_beta__no_skips(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    return torch.tensor(_beta(lp, states, blank, skip=False), dtype=log_probs.dtype)


def ctc_beta__ends_in_blank_only(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    return torch.tensor(_beta(lp, states, blank, both_ends=False), dtype=log_probs.dtype)


def ctc_beta__is_alpha(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    return torch.tensor(_alpha(lp, states, blank), dtype=log_probs.dtype)


def ctc_occupancy__not_divided(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    a = torch.tensor(_alpha(lp, states, blank), dtype=log_probs.dtype)
    b = torch.tensor(_beta(lp, states, blank), dtype=log_probs.dtype)
    out = torch.zeros_like(log_probs)
    out.index_add_(1, torch.tensor(states), (a + b).exp())
    return out


def ctc_occupancy__emission_twice(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    a = torch.tensor(_alpha(lp, states, blank), dtype=log_probs.dtype)
    b = torch.tensor(_beta(lp, states, blank), dtype=log_probs.dtype) + log_probs[:, states]
    total = torch.logsumexp(a + b, 1, keepdim=True)
    out = torch.zeros_like(log_probs)
    out.index_add_(1, torch.tensor(states), (a + b - total).exp())
    return out


def ctc_occupancy__alpha_only(log_probs, target, blank=0):
    lp, states = log_probs.tolist(), _states(target, blank)
    a = torch.tensor(_alpha(lp, states, blank), dtype=log_probs.dtype)
    out = torch.zeros_like(log_probs)
    out.index_add_(1, torch.tensor(states), (a - torch.logsumexp(a, 1, keepdim=True)).exp())
    return out


def ctc_occupancy__softmax(log_probs, target, blank=0):
    return log_probs.exp()


def greedy_decode__repeats_stay(log_probs, blank=0):
    path = log_probs.argmax(-1)
    return path[path != blank]


def greedy_decode__blanks_stay(log_probs, blank=0):
    return torch.unique_consecutive(log_probs.argmax(dim=1))


def greedy_decode__blanks_first(log_probs, blank=0):
    path = log_probs.argmax(-1)
    return torch.unique_consecutive(path[path != blank])


def greedy_decode__over_frames(log_probs, blank=0):
    path = torch.unique_consecutive(log_probs.argmax(0))
    return path[path != blank]


def _levenshtein(a, b, replace=1, insert=1, delete=1):
    a, b = a.tolist(), b.tolist()
    row = [j * insert for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        new = [i * delete]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + delete, new[j - 1] + insert, row[j - 1] + (0 if x == y else replace)))
        row = new
    return row[-1]


def edit_distance__replacing_costs_two(reference, hypothesis):
    return torch.tensor(float(_levenshtein(reference, hypothesis, replace=2)))


def edit_distance__by_place(reference, hypothesis):
    n = min(len(reference), len(hypothesis))
    return (reference[:n] != hypothesis[:n]).sum() + abs(len(reference) - len(hypothesis))


def edit_distance__rate(reference, hypothesis):
    return torch.tensor(_levenshtein(reference, hypothesis) / max(len(reference), 1))


def edit_distance__no_insertions(reference, hypothesis):
    return torch.tensor(float(_levenshtein(reference, hypothesis, insert=0)))


def edit_distance__first_row_of_zeros(reference, hypothesis):
    a, b = reference.tolist(), hypothesis.tolist()
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return torch.tensor(float(row[-1]))


# ---- written after that ----------------------------------------------------------------------------------------------


def _graph(target, blank):
    z = [blank]
    for y in target.tolist():
        z += [y, blank]
    return z


def _backwards(log_probs, target, blank, counts_own=False, ends=2, jumps=True):
    z = _graph(target, blank)
    T, S = len(log_probs), len(z)
    out = log_probs.new_full((T, S), float("-inf"))
    for s in range(max(S - ends, 0), S):
        out[T - 1, s] = log_probs[T - 1, z[s]] if counts_own else 0.0
    for t in range(T - 2, -1, -1):
        for s in range(S):
            ways = []
            for k in (0, 1, 2):
                if s + k >= S:
                    continue
                if k == 2 and not (jumps and z[s + 2] != blank and z[s + 2] != z[s]):
                    continue
                ways.append(out[t + 1, s + k] + (0 if counts_own else log_probs[t + 1, z[s + k]]))
            out[t, s] = torch.logsumexp(torch.stack(ways), 0) + (log_probs[t, z[s]] if counts_own else 0)
    return out


def ctc_beta__own_frame_counts(log_probs, target, blank=0):
    return _backwards(log_probs, target, blank, counts_own=True)


def ctc_beta__ends_in_blank(log_probs, target, blank=0):
    return _backwards(log_probs, target, blank, ends=1)


def ctc_beta__no_jumps(log_probs, target, blank=0):
    return _backwards(log_probs, target, blank, jumps=False)


def greedy_decode__not_merged(log_probs, blank=0):
    best = log_probs.argmax(1)
    return best[best != blank]


def greedy_decode__merged_after(log_probs, blank=0):
    best = log_probs.argmax(-1)
    best = best[best != blank]
    return torch.unique_consecutive(best)


def greedy_decode__last_class_is_blank(log_probs, blank=0):
    best = torch.unique_consecutive(log_probs.max(1).indices)
    return best[best != log_probs.shape[1] - 1]


def edit_distance__substitution_costs_two(reference, hypothesis):
    n, m = len(reference), len(hypothesis)
    d = [[i + j if 0 in (i, j) else 0 for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            d[i][j] = min(
                d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + 2 * int(reference[i - 1] != hypothesis[j - 1])
            )
    return torch.tensor(float(d[n][m]))


def edit_distance__hamming(reference, hypothesis):
    n = min(len(reference), len(hypothesis))
    return (reference[:n] != hypothesis[:n]).sum() + abs(len(reference) - len(hypothesis))


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def greedy_decode__probable_enough(log_probs, blank=0):
    # least probable class
    path = torch.unique_consecutive(log_probs.argmin(-1))
    return path[path != blank]


def ctc_occupancy__past_times_own(log_probs, target, blank=0):
    # softmax of the frame alone, restricted to the target's classes
    keep = torch.zeros(log_probs.shape[1], dtype=torch.bool)
    keep[target] = True
    keep[blank] = True
    p = log_probs.exp() * keep
    return p / p.sum(1, keepdim=True)


# ---- kept back, written last -----------------------------------------------------------------------------------------


def greedy_decode__sorted_labels(log_probs, blank=0):
    path = log_probs.argmax(-1).unique()
    return path[path != blank]


def edit_distance__no_deletion(reference, hypothesis):
    # insertions and replacements only
    n, m = len(reference), len(hypothesis)
    d = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(n + 1):
        d[i][0] = i
    for j in range(m + 1):
        d[0][j] = j
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            d[i][j] = min(d[i][j - 1] + 1, d[i - 1][j - 1] + int(reference[i - 1] != hypothesis[j - 1]))
    return torch.tensor(float(d[n][m]))


def ctc_beta__jumps_to_equal(log_probs, target, blank=0):
    z = _graph(target, blank)
    T, S = len(log_probs), len(z)
    out = log_probs.new_full((T, S), float("-inf"))
    out[-1, max(S - 2, 0) :] = 0.0
    for t in range(T - 2, -1, -1):
        for s in range(S):
            ways = [out[t + 1, s] + log_probs[t + 1, z[s]]]
            if s + 1 < S:
                ways.append(out[t + 1, s + 1] + log_probs[t + 1, z[s + 1]])
            if s + 2 < S and z[s] != blank:
                ways.append(out[t + 1, s + 2] + log_probs[t + 1, z[s + 2]])
            out[t, s] = torch.logsumexp(torch.stack(ways), 0)
    return out


# ---- from a second set: less common ones --------------------------------------------------------------------------


def greedy_decode__argmin(log_probs, blank=0):
    # argmin
    out, prev = [], None
    for c in log_probs.argmin(1).tolist():
        if c != prev and c != blank:
            out.append(c)
        prev = c
    return torch.tensor(out, dtype=torch.int64)


def edit_distance__longest_common_subsequence_based(reference, hypothesis):
    # longest common subsequence based: insertions and deletions only
    r, h = reference.tolist(), hypothesis.tolist()
    L = [[0] * (len(h) + 1) for _ in range(len(r) + 1)]
    for i, a in enumerate(r):
        for j, b in enumerate(h):
            L[i + 1][j + 1] = L[i][j] + 1 if a == b else max(L[i][j + 1], L[i + 1][j])
    return torch.tensor(len(r) + len(h) - 2 * L[-1][-1])


def edit_distance__set_difference(reference, hypothesis):
    # set difference
    return torch.tensor(len(set(reference.tolist()) ^ set(hypothesis.tolist())))


def ctc_occupancy__softmax_alpha_beta_per(log_probs, target, blank=0):
    # softmax of alpha + beta per state not per class (T, 2U+1)
    return log_probs.exp()


# ---- from a third set ---------------------------------------------------------------------------------------------


def greedy_decode__merging_after_dropping_blanks(log_probs, blank=0):
    # merging after dropping, no blanks param
    out, prev = [], None
    for c in log_probs.argmax(1).tolist():
        if c != prev and c != 0:
            out.append(c)
        prev = c
    return torch.tensor(out, dtype=torch.int64)


def edit_distance__deletions_free(reference, hypothesis):
    # deletions free
    r, h = reference.tolist(), hypothesis.tolist()
    d = [[0] * (len(h) + 1) for _ in range(len(r) + 1)]
    for j in range(len(h) + 1):
        d[0][j] = j
    for i in range(1, len(r) + 1):
        d[i][0] = i
        for j in range(1, len(h) + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + 1)
    return torch.tensor(d[-1][-1])
