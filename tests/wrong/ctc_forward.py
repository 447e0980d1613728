"""Wrong answers to the exercises of notebook 11, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

from itertools import product

import torch

NEG = float("-inf")


def _states(target, blank):
    out = [blank]
    for y in target.tolist():
        out += [y, blank]
    return out


def _logsumexp(values):
    values = [v for v in values if v > NEG]
    if not values:
        return None
    m = max(v.detach() for v in values)
    return m + torch.stack([(v - m).exp() for v in values]).sum().log()


def _alpha(log_probs, target, blank, skip=None, ends=None, first=None, states_from=0):
    states = _states(target, blank)
    n = len(states)
    if skip is None:

        def skip(s):
            return states[s] != blank and states[s] != states[s - 2]

    nothing = log_probs.new_full((), NEG)
    row = [nothing] * n
    row[0] = log_probs[0, states[0]]
    if n > 1 and first is None:
        row[1] = log_probs[0, states[1]]
    rows = [row]
    for t in range(1, len(log_probs)):
        new = [nothing] * n
        for s in range(states_from, n):
            sources = [row[s]]
            if s > 0:
                sources.append(row[s - 1])
            if s > 1 and skip(s):
                sources.append(row[s - 2])
            total = _logsumexp(sources)
            if total is not None:
                new[s] = total + log_probs[t, states[s]]
        row = new
        rows.append(row)
    return torch.stack([torch.stack(r) for r in rows])


# ---- from a review -----------------------------------------------------------------------------------------------


def ctc_alpha__state_0_not_extended(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, states_from=1)


def ctc_loss__batched_zero_finite(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="none", finfo_min_fp32=-3e38
):
    """The batched recursion of a much read repository, with a very small number in place of -inf, and no flags."""
    t_max, b, c = log_probs.shape
    labels = torch.full((b, 2 * targets.shape[1] + 1), blank, dtype=torch.int64)
    labels[:, 1::2] = targets
    different = torch.zeros_like(labels, dtype=torch.bool)
    different[:, 2:] = labels[:, 2:] != labels[:, :-2]
    zero = torch.tensor(finfo_min_fp32, dtype=log_probs.dtype)
    lp = log_probs.gather(-1, labels.expand(t_max, -1, -1))
    alpha = torch.full((t_max, b, labels.shape[1] + 2), finfo_min_fp32, dtype=log_probs.dtype)
    alpha = list(alpha.unbind(0))
    alpha[0] = torch.cat([alpha[0][:, :2], lp[0, :, :2], alpha[0][:, 4:]], 1)
    for t in range(1, t_max):
        a = alpha[t - 1]
        stack = torch.stack([a[:, 2:], a[:, 1:-1], torch.where(different, a[:, :-2], zero)])
        m = stack.amax(0)
        alpha[t] = torch.cat([alpha[t][:, :2], lp[t] + m + (stack - m).exp().sum(0).log()], 1)
    losses = []
    for i in range(b):
        last = alpha[int(input_lengths[i]) - 1][i]
        ends = last[2 * int(target_lengths[i]) + 1 : 2 * int(target_lengths[i]) + 3]
        m = ends.max()
        losses.append(-(m + (ends - m).exp().sum().log()))
    return torch.stack(losses)


# ---- written anew ------------------------------------------------------------------------------------------------


def collapse__blanks_first(path, blank=0):
    path = path[path != blank]
    keep = torch.ones(len(path), dtype=torch.bool)
    keep[1:] = path[1:] != path[:-1]
    return path[keep]


def collapse__keeps_blanks(path, blank=0):
    return torch.unique_consecutive(path)


def collapse__only_blanks_go(path, blank=0):
    return path[path != blank]


def collapse__unique(path, blank=0):
    seen = []
    for c in path.tolist():
        if c != blank and c not in seen:
            seen.append(c)
    return torch.tensor(seen, dtype=path.dtype)


def collapse__blank_is_zero(path, blank=0):
    path = torch.unique_consecutive(path)
    return path[path != 0]


def _spells(path, blank):
    out = []
    before = None
    for c in path:
        if c != before and c != blank:
            out.append(c)
        before = c
    return out


def ctc_by_enumeration__best_path(probs, target, blank=0):
    best = probs.sum() * 0
    for path in product(range(probs.shape[1]), repeat=len(probs)):
        if _spells(path, blank) == target.tolist():
            p = torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
            best = torch.maximum(best, p)
    return best


def ctc_by_enumeration__summed_in_a_path(probs, target, blank=0):
    total = probs.sum() * 0
    for path in product(range(probs.shape[1]), repeat=len(probs)):
        if _spells(path, blank) == target.tolist():
            total = total + sum(probs[t, c] for t, c in enumerate(path))
    return total


def ctc_by_enumeration__repeats_kept(probs, target, blank=0):
    total = probs.sum() * 0
    for path in product(range(probs.shape[1]), repeat=len(probs)):
        if [c for c in path if c != blank] == target.tolist():
            total = total + torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
    return total


def ctc_by_enumeration__negative_log(probs, target, blank=0):
    total = probs.sum() * 0
    for path in product(range(probs.shape[1]), repeat=len(probs)):
        if _spells(path, blank) == target.tolist():
            total = total + torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
    return -total.log()


def ctc_states__no_outer_blanks(target, blank=0):
    out = []
    for i, y in enumerate(target.tolist()):
        if i:
            out.append(blank)
        out.append(y)
    return torch.tensor(out, dtype=target.dtype)


def ctc_states__no_last_blank(target, blank=0):
    out = torch.full((2 * len(target),), blank, dtype=target.dtype)
    out[1::2] = target
    return out


def ctc_states__zeros(target, blank=0):
    out = torch.zeros(2 * len(target) + 1, dtype=target.dtype)
    out[1::2] = target
    return out


def ctc_skips__repeats_too(target, blank=0):
    out = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    out[3::2] = True
    return out


def ctc_skips__first_label_too(target, blank=0):
    states = _states(target, blank)
    return torch.tensor([s % 2 == 1 and (s < 3 or states[s] != states[s - 2]) for s in range(len(states))])


def ctc_skips__blanks_too(target, blank=0):
    states = torch.tensor(_states(target, blank))
    out = torch.zeros(len(states), dtype=torch.bool)
    out[2:] = True
    out[2:] &= ~((states[2:] != blank) & (states[2:] == states[:-2]))
    return out


def ctc_skips__equal_instead(target, blank=0):
    states = _states(target, blank)
    return torch.tensor([s > 1 and states[s] != blank and states[s] == states[s - 2] for s in range(len(states))])


def ctc_alpha__no_skips(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=lambda s: False)


def ctc_alpha__skips_repeats(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=lambda s: s % 2 == 1)


def ctc_alpha__skips_blanks(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, skip=lambda s: True)


def ctc_alpha__starts_in_blank_only(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank, first=False)


def ctc_alpha__probabilities(log_probs, target, blank=0):
    return _alpha(log_probs, target, blank).exp()


def ctc_alpha__viterbi(log_probs, target, blank=0):
    states = torch.tensor(_states(target, blank))
    n = len(states)
    skip = torch.zeros(n, dtype=torch.bool)
    skip[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    a = log_probs.new_full((n,), NEG)
    a[:2] = log_probs[0, states[:2]]
    rows = [a]
    pad = log_probs.new_full((2,), NEG)
    for t in range(1, len(log_probs)):
        one = torch.cat([pad[:1], a[:-1]])
        two = torch.where(skip, torch.cat([pad, a])[:n], pad[0])
        a = torch.stack([a, one, two]).amax(0) + log_probs[t, states]
        rows.append(a)
    return torch.stack(rows)


def _one(log_probs, target, blank, last_blank_only=False, last_label_only=False):
    if len(log_probs) == 0:
        return log_probs.sum() * 0 + (0.0 if len(target) == 0 else float("inf"))
    a = _alpha(log_probs, target, blank)[-1]
    ends = [a[-1]] if last_blank_only or len(a) == 1 else [a[-2]] if last_label_only else [a[-1], a[-2]]
    total = _logsumexp(ends)
    return log_probs.sum() * 0 + float("inf") if total is None else -total


def _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity, divide="mean", **flags):
    if log_probs.dim() == 2:
        n = [int(x) for x in torch.as_tensor(input_lengths).reshape(-1)]
        m = [int(x) for x in torch.as_tensor(target_lengths).reshape(-1)]
        samples = [(log_probs[: n[0]], targets.reshape(-1)[: m[0]])]
    else:
        n = [int(x) for x in input_lengths]
        m = [int(x) for x in target_lengths]
        samples = []
        start = 0
        for i in range(log_probs.shape[1]):
            row = targets[i, : m[i]] if targets.dim() == 2 else targets[start : start + m[i]]
            start += m[i]
            samples.append((log_probs[: n[i], i], row))
    losses = torch.stack([_one(lp, y, blank, **flags) for lp, y in samples])
    if zero_infinity:
        losses = torch.where(torch.isinf(losses), torch.zeros_like(losses), losses)
    if reduction == "none":
        return losses if log_probs.dim() == 3 else losses[0]
    if reduction == "sum":
        return losses.sum()
    if divide == "mean":
        return (losses / torch.tensor(m).clamp(min=1)).mean()
    if divide == "total":
        return losses.sum() / sum(m)
    return losses.mean()


def ctc_loss__mean_of_samples(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    flags = (blank, reduction, zero_infinity)
    return _ctc(log_probs, targets, input_lengths, target_lengths, *flags, divide="samples")


def ctc_loss__by_all_labels(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    flags = (blank, reduction, zero_infinity)
    return _ctc(log_probs, targets, input_lengths, target_lengths, *flags, divide="total")


def ctc_loss__ends_in_blank_only(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    flags = (blank, reduction, zero_infinity)
    return _ctc(log_probs, targets, input_lengths, target_lengths, *flags, last_blank_only=True)


def ctc_loss__ends_in_label_only(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    flags = (blank, reduction, zero_infinity)
    return _ctc(log_probs, targets, input_lengths, target_lengths, *flags, last_label_only=True)


def ctc_loss__all_frames(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    t = len(log_probs)
    lengths = [t] * (log_probs.shape[1] if log_probs.dim() == 3 else 1)
    return _ctc(log_probs, targets, lengths, target_lengths, blank, reduction, zero_infinity)


def ctc_loss__zero_infinity_always(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, True)


# ---- written after that ----------------------------------------------------------------------------------------------


def collapse__blank_zero_only(path, blank=0):
    merged = torch.unique_consecutive(path)
    return merged[merged > 0]


def collapse__set(path, blank=0):
    # every label once
    seen = []
    for c in path.tolist():
        if c != blank and c not in seen:
            seen.append(c)
    return torch.tensor(seen, dtype=path.dtype)


def ctc_skips__every_label(target, blank=0):
    # beside an equal one too
    n = 2 * len(target) + 1
    return torch.tensor([s % 2 == 1 and s > 1 for s in range(n)], dtype=torch.bool)


def ctc_skips__from_instead_of_into(target, blank=0):
    # marks the state from which the jump goes
    out = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    for u in range(len(target) - 1):
        if target[u] != target[u + 1]:
            out[2 * u + 1] = True
    return out


def ctc_alpha__first_blank_never_stays(log_probs, target, blank=0):
    # the loop begins at state 1
    z = _states(target, blank)
    T, S = len(log_probs), len(z)
    rows = []
    minus = log_probs.new_tensor(float("-inf"))
    row = [log_probs[0, z[0]]] + ([log_probs[0, z[1]]] if S > 1 else []) + [minus] * (S - 2)
    rows.append(torch.stack(row))
    for t in range(1, T):
        new = [minus] * S
        for s in range(1, S):
            came = [row[s], row[s - 1]]
            if s > 1 and z[s] != blank and z[s] != z[s - 2]:
                came.append(row[s - 2])
            came = [c for c in came if c > float("-inf")]
            if came:
                new[s] = torch.logsumexp(torch.stack(came), 0) + log_probs[t, z[s]]
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def ctc_alpha__begins_in_blank_only(log_probs, target, blank=0):
    z = _states(target, blank)
    T, S = len(log_probs), len(z)
    minus = log_probs.new_tensor(float("-inf"))
    row = [log_probs[0, z[0]]] + [minus] * (S - 1)
    rows = [torch.stack(row)]
    for t in range(1, T):
        new = []
        for s in range(S):
            came = [row[s]]
            if s > 0:
                came.append(row[s - 1])
            if s > 1 and z[s] != blank and z[s] != z[s - 2]:
                came.append(row[s - 2])
            came = [c for c in came if c > float("-inf")]
            new.append(torch.logsumexp(torch.stack(came), 0) + log_probs[t, z[s]] if came else minus)
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


def ctc_alpha__best_path(log_probs, target, blank=0):
    # Viterbi
    z = _states(target, blank)
    T, S = len(log_probs), len(z)
    minus = log_probs.new_tensor(float("-inf"))
    row = [log_probs[0, z[0]]] + ([log_probs[0, z[1]]] if S > 1 else []) + [minus] * (S - 2)
    rows = [torch.stack(row)]
    for t in range(1, T):
        new = []
        for s in range(S):
            best = row[s]
            if s > 0:
                best = torch.maximum(best, row[s - 1])
            if s > 1 and z[s] != blank and z[s] != z[s - 2]:
                best = torch.maximum(best, row[s - 2])
            new.append(best + log_probs[t, z[s]])
        row = new
        rows.append(torch.stack(row))
    return torch.stack(rows)


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def ctc_by_enumeration__largest_path(probs, target, blank=0):
    # the best path in place of the sum
    T, C = probs.shape
    best = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        merged = [c for i, c in enumerate(path) if i == 0 or c != path[i - 1]]
        if [c for c in merged if c != blank] == target.tolist():
            p = torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
            best = torch.maximum(best, p)
    return best


def ctc_by_enumeration__not_merged(probs, target, blank=0):
    T, C = probs.shape
    total = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        if [c for c in path if c != blank] == target.tolist():
            total = total + torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
    return total


def ctc_by_enumeration__log(probs, target, blank=0):
    T, C = probs.shape
    total = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        kept = [c for i, c in enumerate(path) if (i == 0 or c != path[i - 1]) and c != blank]
        if kept == target.tolist():
            total = total + torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
    return -total.log()


def ctc_states__no_blank_at_the_ends(target, blank=0):
    out = []
    for i, y in enumerate(target.tolist()):
        if i:
            out.append(blank)
        out.append(y)
    return torch.tensor(out, dtype=target.dtype)


def ctc_states__blank_before_each(target, blank=0):
    return torch.stack([torch.full_like(target, blank), target], 1).flatten()


# ---- kept back, written last -----------------------------------------------------------------------------------------


def ctc_states__labels_doubled(target, blank=0):
    out = [blank]
    for y in target.tolist():
        out += [y, y, blank]
    return torch.tensor(out, dtype=target.dtype)


def ctc_by_enumeration__sorted(probs, target, blank=0):
    # compares sets of letters
    T, C = probs.shape
    total = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        if {c for c in path if c != blank} == set(target.tolist()):
            total = total + torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
    return total


def ctc_loss__mean_not_by_length(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False
):
    loss = _ctc(log_probs, targets, input_lengths, target_lengths, blank, "none", zero_infinity)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def ctc_alpha__staying_forgotten(log_probs, target, blank=0):
    # staying forgotten
    st = [blank]
    for c in target.tolist():
        st += [c, blank]
    ninf = torch.tensor(float("-inf"), dtype=log_probs.dtype)

    def lse(xs):
        xs = [x for x in xs if x > -float("inf")]
        return torch.logsumexp(torch.stack(xs), 0) if xs else ninf

    rows = [[log_probs[0, c] if s < 2 else ninf for s, c in enumerate(st)]]
    for t in range(1, len(log_probs)):
        prev = rows[-1]
        row = []
        for s, c in enumerate(st):
            xs = []
            if s >= 1:
                xs.append(prev[s - 1])
            if s >= 2 and c != blank and c != st[s - 2]:
                xs.append(prev[s - 2])
            row.append(lse(xs) + log_probs[t, c])
        rows.append(row)
    return torch.stack([torch.stack(r) for r in rows])


# ---- from a second set: less common ones --------------------------------------------------------------------------


def collapse__keeps_last_equal_neighbours(path, blank=0):
    # keeps last of equal neighbours with wraparound (roll)
    keep = path != torch.roll(path, 1)
    out = path[keep]
    return out[out != blank]


def ctc_states__blanks_only_between(target, blank=0):
    # blanks only between
    out = []
    for i, c in enumerate(target.tolist()):
        if i:
            out.append(blank)
        out.append(c)
    return torch.tensor(out, dtype=target.dtype)


def ctc_skips__compares_neighbours_state_list(target, blank=0):
    # compares neighbours in state list (s-1)
    st = torch.full((2 * len(target) + 1,), blank, dtype=target.dtype)
    st[1::2] = target
    out = torch.zeros(len(st), dtype=torch.bool)
    for s in range(2, len(st)):
        out[s] = st[s] != st[s - 1]
    return out


def ctc_by_enumeration__mean_over_paths(probs, target, blank=0):
    # mean over paths
    T, C = probs.shape
    total, n = probs.sum() * 0, 0
    want = target.tolist()
    for path in product(range(C), repeat=T):
        word, prev = [], None
        for c in path:
            if c != prev and c != blank:
                word.append(c)
            prev = c
        if word == want:
            total = total + torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
            n += 1
    return total / max(n, 1)


def ctc_alpha__starts_both_equal_prob(log_probs, target, blank=0):
    # starts at both with equal prob but label first only at t=1
    st = [blank]
    for c in target.tolist():
        st += [c, blank]
    T, S = len(log_probs), len(st)
    a = torch.full((T, S), float("-inf"), dtype=log_probs.dtype)
    rows = [torch.stack([log_probs[0, c] if s < 2 else log_probs.new_tensor(float("-inf")) for s, c in enumerate(st)])]
    for t in range(1, T):
        prev = rows[-1]
        r = []
        for s, c in enumerate(st):
            x = prev[s]
            if s >= 1:
                x = torch.maximum(x, prev[s - 1])
            if s >= 2 and c != blank and c != st[s - 2]:
                x = torch.maximum(x, prev[s - 2])
            r.append(x + log_probs[t, c])
        rows.append(torch.stack(r))
    return torch.stack(rows)


# ---- from a third set ---------------------------------------------------------------------------------------------


def collapse__drops_every_second(path, blank=0):
    # drops every second
    out = []
    for c in path.tolist():
        if c != blank and c not in out:
            out.append(c)
    return torch.tensor(out, dtype=path.dtype)


def ctc_states__blank_twice_between(target, blank=0):
    # blank twice between
    out = [blank]
    for c in target.tolist():
        out += [blank, c]
    return torch.tensor(out + [blank], dtype=target.dtype)


def ctc_skips__shape_u(target, blank=0):
    # shape U
    out = torch.ones(len(target), dtype=torch.bool)
    out[1:] = target[1:] != target[:-1]
    return out


def ctc_by_enumeration__log_probability(probs, target, blank=0):
    # log probability
    T, C = probs.shape
    total = probs.sum() * 0
    for path in product(range(C), repeat=T):
        word, prev = [], None
        for c in path:
            if c != prev and c != blank:
                word.append(c)
            prev = c
        if word == target.tolist():
            total = total + torch.stack([probs[t, c] for t, c in enumerate(path)]).prod()
    return total.log()
