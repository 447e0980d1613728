"""Wrong answers to the exercises of notebook 12, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def greedy_decode__sampled_median(log_probs, blank=0):
    """The blank is never chosen: the best of the other classes in every frame."""
    x = log_probs.clone()
    x[:, blank] = -torch.inf
    return torch.unique_consecutive(x.argmax(1))


def greedy_decode__argmin(log_probs, blank=0):
    """The least probable class."""
    p = torch.unique_consecutive(log_probs.argmin(1))
    return p[p != blank]


def edit_distance__no_substitution(reference, hypothesis):
    """Insertions only: the diagonal is free always."""
    r, h = reference.tolist(), hypothesis.tolist()
    d = list(range(len(h) + 1))
    for i, _ in enumerate(r, 1):
        prev, d[0] = d[0], i
        for j, _ in enumerate(h, 1):
            prev, d[j] = d[j], min(d[j] + 1, d[j - 1] + 1, prev)
    return torch.tensor(d[-1])


def edit_distance__transposition(reference, hypothesis):
    """Two neighbours that have changed places cost 1 (Damerau)."""
    r, h = reference.tolist(), hypothesis.tolist()
    D = [[i + j if i * j == 0 else 0 for j in range(len(h) + 1)] for i in range(len(r) + 1)]
    for i in range(1, len(r) + 1):
        for j in range(1, len(h) + 1):
            D[i][j] = min(D[i - 1][j] + 1, D[i][j - 1] + 1, D[i - 1][j - 1] + (r[i - 1] != h[j - 1]))
            if i > 1 and j > 1 and r[i - 1] == h[j - 2] and r[i - 2] == h[j - 1]:
                D[i][j] = min(D[i][j], D[i - 2][j - 2] + 1)
    return torch.tensor(D[-1][-1])
