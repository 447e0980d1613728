"""Wrong answers to the exercises of notebook 11, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

from itertools import product

import torch


def collapse__first_of_each(path, blank=0):
    """Labels that came before are dropped, wherever they stand."""
    out = []
    for c in path.tolist():
        if c != blank and c not in out:
            out.append(c)
    return torch.tensor(out, dtype=path.dtype)


def collapse__keeps_last_blank(path, blank=0):
    """Drops runs of two at most: the third frame of a label begins anew."""
    out, i, p = [], 0, path.tolist()
    while i < len(p):
        if p[i] != blank:
            out.append(p[i])
        i += 2 if i + 1 < len(p) and p[i + 1] == p[i] else 1
    return torch.tensor(out, dtype=path.dtype)


def ctc_by_enumeration__no_collapse(probs, target, blank=0):
    """Paths are compared after the blanks are dropped; runs are not merged."""
    T, C = probs.shape
    total = probs.new_zeros(())
    for path in product(range(C), repeat=T):
        if [c for c in path if c != blank] == target.tolist():
            total = total + probs[torch.arange(T), list(path)].prod()
    return total


def ctc_states__two_blanks(target, blank=0):
    """A blank before and one behind every label: two between labels."""
    out = []
    for c in target.tolist():
        out += [blank, c, blank]
    return torch.tensor(out or [blank], dtype=target.dtype)


def ctc_skips__compares_next(target, blank=0):
    """Compares a label with the next one, not with the one before."""
    s = torch.zeros(2 * len(target) + 1, dtype=torch.bool)
    for i in range(1, len(target)):
        s[2 * i + 1] = i + 1 == len(target) or bool(target[i] != target[i + 1])
    return s
