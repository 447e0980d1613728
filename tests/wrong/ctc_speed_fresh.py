"""Wrong answers to `hmm_nll`, in several styles, written from its docstring before its grader was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import math

import torch


def hmm_nll__no_scaling(initial, transition, emission):
    alpha = initial * emission[0]
    for t in range(1, emission.shape[0]):
        alpha = (alpha @ transition) * emission[t]
    return -alpha.sum().log()


def hmm_nll__transition_transposed(initial, transition, emission):
    row = initial * emission[0]
    nll = 0.0
    for t in range(len(emission)):
        if t > 0:
            row = (transition @ row) * emission[t]
        s = row.sum()
        nll = nll - torch.log(s)
        row = row / s
    return nll


def hmm_nll__viterbi(initial, transition, emission):
    delta = initial.log() + emission[0].log()
    for e in emission[1:]:
        delta = (delta[:, None] + transition.log()).max(0).values + e.log()
    return -delta.max()


def hmm_nll__moves_before_the_first_frame(initial, transition, emission):
    row, loss = initial, torch.zeros((), dtype=emission.dtype)
    for emitted in emission:
        row = (row @ transition) * emitted
        scale = row.sum()
        loss = loss - scale.log()
        row = row / scale
    return loss


def hmm_nll__last_state_only(initial, transition, emission):
    log_alpha = initial.log() + emission[0].log()
    for t in range(1, len(emission)):
        log_alpha = torch.logsumexp(log_alpha.unsqueeze(1) + transition.log(), 0) + emission[t].log()
    return -log_alpha[-1]


def hmm_nll__forgets_the_first_scale(initial, transition, emission):
    alpha = initial * emission[0]
    alpha = alpha / alpha.sum()
    total = emission.new_zeros(())
    for e in emission[1:]:
        alpha = alpha @ transition * e
        c = alpha.sum()
        total = total + c.log()
        alpha = alpha / c
    return -total


def hmm_nll__divided_by_plain_numbers(initial, transition, emission):
    row = initial * emission[0]
    loss = 0.0
    for e in [None, *emission[1:]]:
        if e is not None:
            row = (row @ transition) * e
        scale = row.sum().item()
        loss -= math.log(scale) if scale > 0 else -math.inf
        row = row / scale
    return torch.as_tensor(loss, dtype=emission.dtype) - row.sum().log()


def hmm_nll__divided_but_not_counted(initial, transition, emission):
    row = initial * emission[0]
    for e in emission[1:]:
        row = row / row.sum()
        row = (row @ transition) * e
    return -torch.log(row.sum())


def hmm_nll__per_frame(initial, transition, emission):
    row = initial * emission[0]
    logs = [row.sum().log()]
    row = row / row.sum()
    for e in emission[1:]:
        row = row @ transition * e
        logs.append(row.sum().log())
        row = row / row.sum()
    return -torch.stack(logs).mean()


def hmm_nll__in_bits(initial, transition, emission):
    row = initial * emission[0]
    bits = -torch.log2(row.sum())
    row = row / row.sum()
    for e in emission[1:]:
        row = row @ transition * e
        bits = bits - torch.log2(row.sum())
        row = row / row.sum()
    return bits


def hmm_nll__epsilon_in_the_logarithm(initial, transition, emission):
    log_a, log_pi, log_b = (transition + 1e-8).log(), (initial + 1e-8).log(), (emission + 1e-8).log()
    alpha = log_pi + log_b[0]
    for t in range(1, len(log_b)):
        alpha = torch.logsumexp(alpha[:, None] + log_a, dim=0) + log_b[t]
    return -torch.logsumexp(alpha, dim=0)


def hmm_nll__nan_where_nothing_is_possible(initial, transition, emission):
    row = initial * emission[0]
    total = row.sum()
    loss = -total.log()
    for emitted in emission[1:]:
        row = (row / total) @ transition * emitted
        total = row.sum()
        loss = loss - total.log()
    return loss


def hmm_nll__divided_by_the_largest_and_the_sum_forgotten(initial, transition, emission):
    row = initial * emission[0]
    loss = torch.zeros((), dtype=emission.dtype)
    for t in range(len(emission)):
        if t:
            row = row @ transition * emission[t]
        top = row.max()
        loss = loss - top.log()
        row = row / top
    return loss


def hmm_nll__clamped_at_zero(initial, transition, emission):
    row = initial * emission[0]
    loss = -row.sum().log()
    for e in emission[1:]:
        row = row / row.sum()
        row = row @ transition * e
        loss = loss - row.sum().log()
    return loss.clamp(min=0)


def hmm_nll__likelihood(initial, transition, emission):
    row = initial * emission[0]
    for e in emission[1:]:
        row = row @ transition * e
    return row.sum()


def hmm_nll__states_are_independent(initial, transition, emission):
    loss = -(initial * emission[0]).sum().log()
    state = initial
    for e in emission[1:]:
        state = state @ transition
        loss = loss - (state * e).sum().log()
    return loss


def hmm_nll__one_frame_missing(initial, transition, emission):
    row, loss = initial * emission[0], 0
    for t in range(1, len(emission) - 1):
        s = row.sum()
        loss = loss - s.log()
        row = (row / s) @ transition * emission[t]
    return loss - row.sum().log()


def hmm_nll__posterior_of_states_summed(initial, transition, emission):
    log_alpha = (initial * emission[0]).log()
    for t in range(1, len(emission)):
        log_alpha = torch.logsumexp(log_alpha[:, None] + transition.log(), 0) + emission[t].log()
    return -log_alpha.sum()
