"""What goes wrong in `prefix_beam_search`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor, tensor

from coursekit.exercise import Loss, Mistakes, argument_fixed
from coursekit.graders.ctc_training.beam_spec import (
    NONE,
    WIDE,
    Ends,
    Prefix,
    Ways,
    beam_spec,
    both,
    in_blank,
    in_label,
    onward,
    read,
    search,
)
from coursekit.graders.ctc_training.common import labels, log_max
from coursekit.graders.ctc_training.greedy import greedy_spec

MISTAKES = Mistakes(beam_spec)
Some = Callable[[Ends], float]


def last_label_again(stays: Some | None, grows: Some | None) -> Loss:
    """A search in which the last label once more, which is no blank, does something else than it should.

    Args:
        stays: whose paths stay the same prefix, if any do.
        grows: whose paths make it longer, if any do.
    """

    def step(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
        if label == blank or prefix[-1:] != (label,):
            yield from onward(prefix, ends, label, log_prob, blank)
            return
        if stays:
            yield prefix, (NONE, stays(ends) + log_prob)
        if grows:
            yield (*prefix, label), (NONE, grows(ends) + log_prob)

    return partial(read, onward=step)


def blank_after_blank(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    """A blank never follows a label."""
    if label == blank:
        yield prefix, (in_blank(ends) + log_prob, NONE)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


def label_after_label(prefix: Prefix, ends: Ends, label: int, log_prob: float, blank: int) -> Ways:
    """A new label never follows a blank, except at the start."""
    if prefix and label not in (blank, prefix[-1]):
        yield (*prefix, label), (NONE, in_label(ends) + log_prob)
    else:
        yield from onward(prefix, ends, label, log_prob, blank)


MISTAKES.table(
    best_path=(
        "This is the best path. Many paths that are each less probable may spell the same labels: add them up.",
        lambda x, width, blank=0: greedy_spec(x, blank),
    ),
    better_way_kept=(
        "Where a prefix is reached in two ways, the better one is kept. The probabilities of both add up.",
        partial(read, add=log_max),
    ),
    overwritten=(
        "Where a prefix is reached a second time, what was found the first time is overwritten. Add to it.",
        partial(read, add=lambda ways: ways[0] if ways[1] == NONE else ways[1]),
    ),
    never_repeats=(
        "The last label once more is always merged, so no label is ever read twice in a row. After a blank it is a new "
        "one: keep the paths that end in blank apart.",
        last_label_again(stays=both, grows=None),
    ),
    repeats_lost=(
        "The last label once more merges from the paths that end in it, and those that end in blank are lost. They "
        "make the prefix longer: after a blank it is a new label.",
        last_label_again(stays=in_label, grows=None),
    ),
    never_merges=(
        "Every label that is emitted makes the prefix longer. A label that lasts for two frames is one label, unless a "
        "blank is between.",
        last_label_again(stays=None, grows=both),
    ),
    repeats_without_blank=(
        "The last label once more makes the prefix longer from all its paths. From those that end in that label it "
        "merges; only those that end in blank make it longer.",
        last_label_again(stays=in_label, grows=both),
    ),
    merges_over_blank=(
        "The last label once more keeps the prefix from all its paths, and makes it longer as well. Those that end in "
        "blank are counted in both.",
        last_label_again(stays=both, grows=in_blank),
    ),
    merging_lost=(
        "The paths that emit the last label once more are lost: what makes the prefix longer is there, what merges is "
        "not.",
        last_label_again(stays=None, grows=in_blank),
    ),
    blank_after_blank_only=(
        "A blank goes on from the paths that end in blank only. It may follow a label as well: take both.",
        partial(read, onward=blank_after_blank),
    ),
    label_after_label_only=(
        "A new label goes on from the paths that end in a label only. It may follow a blank as well: take both.",
        partial(read, onward=label_after_label),
    ),
    all_kept=(
        "`beam_width` is not used: all prefixes are kept. In 100 frames there would be too many to count.",
        lambda x, width, blank=0: read(x, WIDE if len(x) < 10 else width, blank),
    ),
)
argument_fixed(MISTAKES, "one_kept", "One prefix is kept after each frame, whatever `beam_width` says.", beam_width=1)
MISTAKES.table(
    one_short=(
        "One prefix less than `beam_width` is kept.",
        lambda x, width, blank=0: read(x, max(width - 1, 1), blank),
    ),
    ranked_by_label=(
        "The prefixes are ranked by their paths that end in a label. Rank them by all their paths.",
        partial(read, keep=in_label),
    ),
    ranked_by_the_larger=(
        "The prefixes are ranked by their paths that end in blank or by the others, whichever has more. Add up both.",
        partial(read, keep=max),
    ),
    best_path_of_each=(
        "Each prefix is worth its best path here. The probabilities of all its paths add up.",
        partial(read, add=log_max, keep=max),
    ),
    ranked_by_blank=(
        "The prefixes are ranked by their paths that end in blank. Rank them by all their paths.",
        (partial(read, keep=in_blank), partial(read, keep=in_blank, choose=lambda prefix, ends: both(ends))),
    ),
    chosen_by_blank=(
        "The last choice counts the paths that end in blank only. Add those that end in a label.",
        partial(read, choose=lambda prefix, ends: in_blank(ends)),
    ),
    divided_by_length=(
        "The last choice is by the log-probability divided by the number of labels, which favours long answers.",
        partial(read, choose=lambda prefix, ends: both(ends) / max(len(prefix), 1)),
    ),
    least_returned=(
        "The least probable prefix of the beam is returned. Sort from the highest log-probability down.",
        lambda x, width, blank=0: labels(search(x, width, blank)[-1][0]),
    ),
    last_frame_left_out=(
        "The last frame is not read.",
        lambda x, width, blank=0: read(x[:-1], width, blank),
    ),
)
argument_fixed(
    MISTAKES, "blank_is_zero", "The blank is always class 0 here. It is the class that `blank` names.", blank=0
)


@MISTAKES(
    "Probabilities are multiplied over all frames. After some hundred they are 0, all prefixes alike: add logarithms.",
    covers="CTC13",
)
def underflows(log_probs: Tensor, beam_width: int, blank: int = 0) -> Tensor:
    # from where the float64 is 0 on, no prefix is better than another, and the first that was found stays
    until = int((log_probs.max(1).values.cumsum(0) > -745).sum())
    best = read(log_probs[:until], beam_width, blank)
    return best if until == len(log_probs) else best[:1]


MISTAKES.table(
    empty_is_float=(
        "`torch.tensor(())` is float32. Labels are indices: give it `dtype=torch.int64`.",
        lambda x, width, blank=0: tensor(beam_spec(x, width, blank).tolist()),
    ),
)
