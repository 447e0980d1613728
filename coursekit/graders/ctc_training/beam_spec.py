"""The prefix beam search in plain Python, with every place at which it may go wrong as an argument."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from coursekit.graders.ctc_training.common import labels, log_sum

Prefix = tuple[int, ...]
Ends = tuple[float, float]  # log-probability of the paths of a prefix that end in blank, and of the others
Ways = Iterator[tuple[Prefix, Ends]]

NONE = -math.inf
WIDE = 1000  # more than there are prefixes in any of the checks: nothing is lost


def both(ends: Ends) -> float:
    """All paths of a prefix."""
    return log_sum(ends)


def in_blank(ends: Ends) -> float:
    """Those that end in blank."""
    return ends[0]


def in_label(ends: Ends) -> float:
    """Those that end in its last label."""
    return ends[1]


def onward(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    """What a prefix becomes when a frame emits `label`: Hannun's three cases."""
    if label == blank:
        yield prefix, (both(ends) + log_prob, NONE)
    elif prefix and label == prefix[-1]:
        yield prefix, (NONE, in_label(ends) + log_prob)
        yield (*prefix, label), (NONE, in_blank(ends) + log_prob)
    else:
        yield (*prefix, label), (NONE, both(ends) + log_prob)


def search(
    log_probs: Tensor,
    beam_width: int,
    blank: int = 0,
    *,
    onward: Callable[[Prefix, Ends, int, float, int], Ways] = onward,
    add: Callable[[tuple[float, float]], float] = log_sum,
    keep: Callable[[Ends], float] = both,
    choose: Callable[[Prefix, Ends], float] | None = None,
) -> list[tuple[Prefix, float]]:
    """The prefixes that are left after the last frame with their log-probabilities, the best first.

    Args:
        log_probs: (T, C).
        beam_width: how many prefixes live on after each frame.
        blank: the class that stands for no label.
        onward: what a prefix becomes.
        add: how paths of the same prefix are joined.
        keep: by what the prefixes to keep are chosen.
        choose: by what the last one is chosen, if not as the others.
    """
    beam: dict[Prefix, Ends] = {(): (0.0, NONE)}
    for frame in log_probs.tolist():
        found: dict[Prefix, Ends] = {}
        for prefix, ends in beam.items():
            for label, log_prob in enumerate(frame):
                for longer, more in onward(prefix, ends, label, log_prob, blank):
                    old = found.get(longer, (NONE, NONE))
                    found[longer] = add((old[0], more[0])), add((old[1], more[1]))
        beam = dict(sorted(found.items(), key=lambda item: -keep(item[1]))[:beam_width])
    scores = [(prefix, keep(ends) if choose is None else choose(prefix, ends)) for prefix, ends in beam.items()]
    return sorted(scores, key=lambda item: -item[1])


def read(log_probs: Tensor, beam_width: int, blank: int = 0, **rules: Any) -> Tensor:
    """The best prefix after the last frame; `rules` are those of `search`."""
    return labels(search(log_probs, beam_width, blank, **rules)[0][0])


def beam_spec(log_probs: Tensor, beam_width: int, blank: int = 0) -> Tensor:
    """The best prefix after the last frame."""
    return read(log_probs, beam_width, blank)
