"""What goes wrong in `prefix_beam_search`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.graders.ctc_training.beam import WIDE, beam_spec, prefix_beam_search
from coursekit.graders.ctc_training.common import log_max
from coursekit.graders.ctc_training.greedy import greedy_spec
from coursekit.graders.ctc_training.search import NONE, Ends, Prefix, Ways, both, labels, onward, search


def wrong(explanation: str) -> Callable[[Callable[[Tensor, int, int], Prefix]], None]:
    """Registers a search that reads other labels."""

    def add(function: Callable[[Tensor, int, int], Prefix]) -> None:
        def read(log_probs: Tensor, beam_width: int, blank: int = 0) -> Tensor:
            return labels(function(log_probs, beam_width, blank))

        prefix_beam_search.misconception(explanation, function.__name__)(read)

    return add


def wrong_step(explanation: str) -> Callable[[Callable[[Prefix, Ends, int, float, int], Ways]], None]:
    """Registers a search in which a prefix becomes something else than it should."""

    def add(step: Callable[[Prefix, Ends, int, float, int], Ways]) -> None:
        def read(log_probs: Tensor, beam_width: int, blank: int = 0) -> Tensor:
            return labels(search(log_probs, beam_width, blank, onward=step)[0][0])

        prefix_beam_search.misconception(explanation, step.__name__)(read)

    return add


def repeats(prefix: Prefix, label: int, blank: int) -> bool:
    """Whether a frame emits the last label once more."""
    return label != blank and prefix[-1:] == (label,)


@wrong("This is the best path. Many paths that are each less probable may spell the same labels: add them up.")
def best_path(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return tuple(greedy_spec(log_probs, blank).tolist())


@wrong("Where a prefix is reached in two ways, the better one is kept. The probabilities of both add up.")
def better_way_kept(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, blank, add=log_max)[0][0]


@wrong("Where a prefix is reached a second time, what was found the first time is overwritten. Add to it.")
def overwritten(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, blank, add=lambda ways: ways[0] if ways[1] == NONE else ways[1])[0][0]


@wrong_step(
    "The last label once more is always merged, so no label is ever read twice in a row. After a blank it is a new "
    "one: keep the paths that end in blank apart."
)
def never_repeats(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    if repeats(prefix, label, blank):
        yield prefix, (NONE, both(ends) + log_prob)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


@wrong_step(
    "Every label that is emitted makes the prefix longer. A label that lasts for two frames is one label, unless a "
    "blank is between."
)
def never_merges(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    if repeats(prefix, label, blank):
        yield (*prefix, label), (NONE, both(ends) + log_prob)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


@wrong_step(
    "The last label once more makes the prefix longer from all its paths. From those that end in that label it merges; "
    "only those that end in blank make it longer."
)
def repeats_without_blank(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    if repeats(prefix, label, blank):
        yield prefix, (NONE, ends[1] + log_prob)
        yield (*prefix, label), (NONE, both(ends) + log_prob)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


@wrong_step(
    "The last label once more keeps the prefix from all its paths, and makes it longer as well. Those that end in "
    "blank are counted in both."
)
def merges_over_blank(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    if repeats(prefix, label, blank):
        yield prefix, (NONE, both(ends) + log_prob)
        yield (*prefix, label), (NONE, ends[0] + log_prob)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


@wrong_step(
    "The paths that emit the last label once more are lost: what makes the prefix longer is there, what merges is not."
)
def merging_lost(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    if repeats(prefix, label, blank):
        yield (*prefix, label), (NONE, ends[0] + log_prob)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


@wrong_step("A blank goes on from the paths that end in blank only. It may follow a label as well: take both.")
def blank_after_blank_only(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    if label == blank:
        yield prefix, (ends[0] + log_prob, NONE)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


@wrong_step("A new label goes on from the paths that end in a label only. It may follow a blank as well: take both.")
def label_after_label_only(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    if prefix and label not in (blank, prefix[-1]):
        yield (*prefix, label), (NONE, ends[1] + log_prob)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


@wrong("`beam_width` is not used: all prefixes are kept. In 100 frames there would be too many to count.")
def all_kept(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, WIDE if len(log_probs) < 10 else beam_width, blank)[0][0]


@wrong("One prefix is kept after each frame, whatever `beam_width` says.")
def one_kept(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, 1, blank)[0][0]


@wrong("One prefix less than `beam_width` is kept.")
def one_short(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, max(beam_width - 1, 1), blank)[0][0]


@wrong("The prefixes are ranked by their paths that end in a label. Rank them by all their paths.")
def ranked_by_label(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, blank, keep=lambda ends: ends[1])[0][0]


@wrong("The prefixes are ranked by their paths that end in blank. Rank them by all their paths.")
def ranked_by_blank(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, blank, keep=lambda ends: ends[0])[0][0]


@wrong("The last choice counts the paths that end in blank only. Add those that end in a label.")
def chosen_by_blank(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, blank, choose=lambda _prefix, ends: ends[0])[0][0]


@wrong("The last choice is by the log-probability divided by the number of labels, which favours long answers.")
def divided_by_length(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, blank, choose=lambda prefix, ends: both(ends) / max(len(prefix), 1))[0][0]


@wrong("The least probable prefix of the beam is returned. Sort from the highest log-probability down.")
def least_returned(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, blank)[-1][0]


@wrong("The last frame is not read.")
def last_frame_left_out(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs[:-1], beam_width, blank)[0][0]


@wrong("The blank is always class 0 here. It is the class that `blank` names.")
def blank_is_zero(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    return search(log_probs, beam_width, 0)[0][0]


@wrong(  # CTC13
    "Probabilities are multiplied over all frames. After some hundred they are 0, all prefixes alike: add logarithms."
)
def underflows(log_probs: Tensor, beam_width: int, blank: int) -> Prefix:
    # from where the float64 is 0 on, no prefix is better than another, and the first that was found stays
    until = int((log_probs.max(1).values.cumsum(0) > -745).sum())
    prefix = search(log_probs[:until], beam_width, blank)[0][0]
    return prefix if until == len(log_probs) else prefix[:1]


@prefix_beam_search.misconception("`torch.tensor(())` is float32. Labels are indices: give it `dtype=torch.int64`.")
def empty_is_float(log_probs: Tensor, beam_width: int, blank: int = 0) -> Tensor:
    read = beam_spec(log_probs, beam_width, blank)
    return read if len(read) else torch.zeros(0)
