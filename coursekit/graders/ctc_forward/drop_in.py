"""A batch of words, with every flag of torch's: `ctc_loss`, what it means and what it owes."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Rng,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    wrong_words,
)
from coursekit.exercise.families.inputs import normal
from coursekit.graders.ctc_forward import batch_mistakes, word_mistakes
from coursekit.graders.ctc_forward.cases import cases, torch_ctc
from coursekit.graders.ctc_forward.common import READY_MADE, draw_log_probs, draw_word, whole
from coursekit.graders.ctc_forward.drop_in_spec import batched, ctc_spec, word_loss
from coursekit.graders.ctc_forward.recursion_mistakes import recursion_mistakes

ctc_loss = Exercise(
    "ctc_loss",
    ctc_spec,
    points=4,
    parity_points=4,
    forbids=READY_MADE,
    twin=torch_ctc,
    cases=cases,
    idea="CTC adds up every way to spell the word; the lattice makes an exponential sum a walk of T steps.",
    hints=(
        "Begin with one sample: your `ctc_alpha`, then -ln of the last row's last two states added up. Which ones "
        "are they if the word is empty?",
        "A loop over the samples is a full answer: cut log_probs[:, n] to its input length, and a word out of targets.",
        "targets come in three layouts. Concatenated ones (1-D beside a batch) can be cut with `split`.",
        "For a batch at once: states (N, 2S + 1), one row (N, 2S + 1) a frame, all rows kept. Then pick for each "
        "sample the row of its last frame, and in it states 2U - 1 and 2U.",
        "'mean' divides each loss by max(its target length, 1) first. zero_infinity comes before that, and before the "
        "reduction: the sample still counts in N.",
    ),
)


@ctc_loss.check
def letter_in_two_frames(f: Function, rng: Rng) -> None:
    """One letter in two frames: 0.88 of probability, 0.1278 of loss"""
    one = (whole(1)[None], whole(2), whole(1))
    same_value(f, ctc_spec, tensor([[[0.6, 0.4]], [[0.2, 0.8]]]).log(), *one, reduction="sum")
    same_value(f, ctc_spec, draw_log_probs(rng, 2, 1, 3), *one, reduction="sum")


@ctc_loss.check
def two_letters_and_double_letter(f: Function, rng: Rng) -> None:
    """ab may leave out the blank between its letters, aa may not"""
    a, b = draw_word(rng, 2, 3)
    same_value(f, ctc_spec, draw_log_probs(rng, 3, 1, 3), whole(a, b)[None], whole(3), whole(2), reduction="sum")
    same_value(f, ctc_spec, draw_log_probs(rng, 4, 1, 3), whole(a, b)[None], whole(4), whole(2), reduction="sum")
    same_value(f, ctc_spec, draw_log_probs(rng, 4, 1, 3), whole(a, a)[None], whole(4), whole(2), reduction="sum")


def ragged(rng: Rng, classes: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Targets of lengths 2, 2 and 1, padded with a label, and frames of which 4, 4 and 3 count."""
    a, b = draw_word(rng, 2, classes)
    return tensor([[a, b], [b, b], [a, b]]), whole(4, 4, 3), whole(2, 2, 1)


@ctc_loss.check
def ragged_batch(f: Function, rng: Rng) -> None:
    """A batch: words and frames of different lengths, one loss each

    Labels behind the length of a target are padding. Frames behind an input length do not count, whatever they hold.
    """
    same_value(f, ctc_spec, draw_log_probs(rng, 4, 3, 3), *ragged(rng), reduction="none")
    same_value(f, ctc_spec, draw_log_probs(rng, 3, 3, 3), tensor([[2], [1], [2]]), whole(1, 2, 3), whole(1, 1, 1),
               reduction="none")  # fmt: skip


@ctc_loss.check
def mean_of_the_batch(f: Function, rng: Rng) -> None:
    """'mean', the default, divides each loss by its target's length and averages; 'sum' adds up"""
    pair = (tensor([draw_word(rng, 2, 3)] * 2), whole(3, 3), whole(2, 1))
    same_value(f, ctc_spec, draw_log_probs(rng, 3, 2, 3), *pair)
    log_probs, rest = draw_log_probs(rng, 4, 3, 3), ragged(rng)
    same_value(f, ctc_spec, log_probs, *rest)
    same_value(f, ctc_spec, log_probs, *rest, reduction="sum")
    same_value(f, ctc_spec, log_probs, *rest, reduction="mean")


@ctc_loss.check
def loss_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the logits, through log_softmax, of a ragged batch

    It is 0 in frames that do not count. A NaN comes from `logsumexp` or `logaddexp` of nothing but -inf.
    """
    same_gradient(f, ctc_spec, normal(rng, 4, 3, 3), *ragged(rng), 0, "sum", through="log_softmax")


@ctc_loss.check
def unlikely_word(f: Function, rng: Rng) -> None:
    """A word of probability e to the power of -160 costs 160

    In float32 such a probability is 0, and so is that of any word after a hundred frames or two. In log space nothing
    underflows.
    """
    sure = (tensor([[[40.0, 0.0, 0.0]]] * 4) + normal(rng, 4, 1, 3)).log_softmax(-1)
    same_value(f, ctc_spec, sure, tensor([[1, 2, 1, 2]]), whole(4), whole(4), reduction="sum")


# ---- parity ------------------------------------------------------------------------------------------------------


@ctc_loss.parity
def reductions(f: Function, rng: Rng) -> None:
    """Three reductions with each flag, and their gradients"""
    for reduction, zero, blank in ((*pair, pair[1] * 2) for pair in product(REDUCTIONS, (False, True))):
        a, b = draw_word(rng, 2, 3, blank)
        rest = (tensor([[a, b], [b, b]]), whole(4, 3), whole(1, 2), blank, reduction, zero)
        same_gradient(f, ctc_spec, normal(rng, 4, 2, 3), *rest, scale=3.0, through="log_softmax")


@ctc_loss.parity
def loss_blank(f: Function, rng: Rng) -> None:
    """The blank is the class that `blank` says"""
    for blank in (1, 2):
        a, b = draw_word(rng, 2, 3, blank)
        rest = (tensor([[a, b], [a, a]]), whole(4, 3), whole(2, 2))
        same_value(f, ctc_spec, draw_log_probs(rng, 4, 2, 3), *rest, blank=blank, reduction="none")


@ctc_loss.parity
def concatenated(f: Function, rng: Rng) -> None:
    """Targets one after another, without padding"""
    log_probs, (a, b) = draw_log_probs(rng, 4, 3, 3), draw_word(rng, 2, 3)
    same_value(f, ctc_spec, log_probs, whole(a, b, b, a, b), whole(4, 4, 3), whole(2, 1, 2), reduction="none")
    same_value(f, ctc_spec, log_probs, whole(b, a, b), whole(3, 4, 2), whole(1, 2, 0))


@ctc_loss.parity
def one_sample(f: Function, rng: Rng) -> None:
    """One sample without a batch: log_probs (T, C), lengths of shape (), a single loss"""
    for reduction in REDUCTIONS:
        word = whole(*draw_word(rng, 2, 3))
        same_value(f, ctc_spec, draw_log_probs(rng, 4, 3), word, tensor(4), tensor(2), reduction=reduction)
    same_value(f, ctc_spec, draw_log_probs(rng, 3, 3), whole(2), [3], [1], reduction="none")


@ctc_loss.parity
def lists_of_lengths(f: Function, rng: Rng) -> None:
    """Lengths as lists of integers, lengths and targets as int32"""
    targets, frames, lengths = ragged(rng)
    log_probs = draw_log_probs(rng, 4, 3, 3)
    same_value(f, ctc_spec, log_probs, targets, frames.tolist(), lengths.tolist())
    same_value(f, ctc_spec, log_probs, targets.int(), frames.int(), lengths.int())


@ctc_loss.parity
def empty_targets(f: Function, rng: Rng) -> None:
    """The empty word: blanks in every frame; its length counts as 1 in 'mean'"""
    for reduction in REDUCTIONS:
        rest = (tensor([[1, 2], [2, 1]]), whole(3, 4), whole(2, 0), 0, reduction)
        same_gradient(f, ctc_spec, normal(rng, 4, 2, 3), *rest, through="log_softmax")
    same_value(
        f, ctc_spec, draw_log_probs(rng, 3, 2, 3), torch.zeros(2, 0, dtype=torch.int64), whole(2, 3), whole(0, 0)
    )
    same_value(f, ctc_spec, draw_log_probs(rng, 3, 2, 3), whole(), whole(2, 3), whole(0, 0), reduction="none")


@ctc_loss.parity
def too_few_frames(f: Function, rng: Rng) -> None:
    """A word that does not fit into its frames costs inf: aa needs three

    As many frames as labels, and one more for each label that equals the one before it.
    """
    log_probs, targets = draw_log_probs(rng, 3, 3, 3), tensor([[1, 1], [1, 2], [2, 2]])
    for reduction in REDUCTIONS:
        same_value(f, ctc_spec, log_probs, targets, whole(2, 2, 3), whole(2, 2, 2), reduction=reduction)
    same_value(f, ctc_spec, log_probs, targets, whole(3, 1, 2), whole(2, 2, 1), reduction="none")


@ctc_loss.parity
def zero_for_infinity(f: Function, rng: Rng) -> None:
    """zero_infinity makes an infinite loss and its gradient 0; the sample still counts

    A `where` behind an infinite loss is too late: 0 · NaN is NaN. Keep the loss finite until it is replaced.
    """
    for reduction in REDUCTIONS:
        rest = (tensor([[1, 1], [1, 2], [2, 2]]), whole(2, 2, 3), whole(2, 2, 2), 0, reduction, True)
        same_gradient(f, ctc_spec, normal(rng, 3, 3, 3), *rest, through="log_softmax")
    log_probs = draw_log_probs(rng, 3, 1, 4)
    log_probs[1] = tensor([-inf, -inf, -inf, 0.0])  # where every path ends
    same_gradient(f, ctc_spec, log_probs, tensor([[1, 2]]), whole(3), whole(2), 0, "sum", True)


@ctc_loss.parity
def no_frames(f: Function, rng: Rng) -> None:
    """An input length of 0: the empty word costs 0, any other inf"""
    log_probs, targets = draw_log_probs(rng, 3, 3, 3), tensor([[1, 2], [1, 2], [2, 1]])
    same_value(f, ctc_spec, log_probs, targets, whole(0, 0, 3), whole(0, 1, 2), reduction="none")
    same_value(f, ctc_spec, log_probs, targets, whole(3, 0, 2), whole(2, 1, 1), zero_infinity=True)


@ctc_loss.parity
def padding_is_not_read(f: Function, rng: Rng) -> None:
    """Padding of -1, and NaN in frames behind the input length, change nothing"""
    log_probs = draw_log_probs(rng, 4, 2, 3)
    log_probs[3, 1] = nan
    same_value(f, ctc_spec, log_probs, tensor([[1, 2], [2, -1]]), whole(4, 3), whole(2, 1), reduction="none")
    same_value(f, ctc_spec, log_probs, tensor([[1, 2], [2, 9]]), whole(4, 3), whole(2, 1))


@ctc_loss.parity
def taken_as_they_are(f: Function, rng: Rng) -> None:
    """Log-probabilities are taken as they are: not normalised, -inf and NaN among them

    A class that is ruled out rules out the paths that need it. A NaN shows in its sample, and in no other.
    """
    rest = (tensor([[1, 2], [2, 1]]), whole(3, 3), whole(2, 2))
    same_value(f, ctc_spec, -normal(rng, 3, 2, 3).abs() - 0.5, *rest, reduction="none")
    ruled_out = draw_log_probs(rng, 3, 2, 3)
    ruled_out[1, 0, 0], ruled_out[1, 1, 2] = -inf, -inf
    # by value only: torch's gradient is NaN in a frame with a -inf
    same_value(f, ctc_spec, ruled_out, *rest, reduction="none")
    for bad in (-inf, nan):
        frame = draw_log_probs(rng, 3, 2, 3)
        frame[1, 0] = bad
        same_value(f, ctc_spec, frame, tensor([[1, 2], [2, 1]]), whole(3, 1), whole(2, 1), reduction="none")


@ctc_loss.parity
def labels_out_of_range(f: Function, rng: Rng) -> None:
    """A label that is no class is refused, and so is a negative one

    torch does not look. It reads the log-probabilities of another sample, and its backward pass writes into memory that
    is not its own. Your function does better.
    """
    log_probs = draw_log_probs(rng, 3, 2, 3)
    refuses(f, log_probs, tensor([[3], [1]]), whole(3, 3), whole(1, 1))
    refuses(f, log_probs, tensor([[1, 2], [2, -1]]), whole(3, 3), whole(2, 2))
    refuses(f, log_probs, whole(1, 2, 4), whole(3, 3), whole(1, 2))


@ctc_loss.parity
def misfits(f: Function, rng: Rng) -> None:
    """Lengths that do not fit, a blank that is no class and an unknown reduction are refused"""
    log_probs, targets = draw_log_probs(rng, 3, 2, 3), tensor([[1, 2], [2, 1]])
    refuses(f, log_probs, targets, whole(3, 4), whole(2, 2))
    refuses(f, log_probs, targets, whole(-1, 3), whole(0, 2))
    refuses(f, log_probs, targets, whole(3, 3), whole(2, 3))
    refuses(f, log_probs, targets, whole(3, 3), whole(2, 2), blank=3)
    refuses(f, log_probs, targets, whole(3, 3), whole(2, 2), reduction="batchmean")


@ctc_loss.parity
def loss_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64 with all its digits"""
    # many calls, and every flag in one of them, so that no other mistake gives all these numbers
    log_probs = draw_log_probs(rng, 4, 4, 3, dtype=torch.float64)
    rest = (whole(0, 1, 1, 1, 0), whole(2, 4, 2, 3), whole(2, 2, 0, 1), 2)
    same_gradient(f, ctc_spec, normal(rng, 4, 4, 3).double(), *rest, "mean", True, through="log_softmax")
    same_value(f, ctc_spec, log_probs, tensor([[1, 1]] * 4), [4, 2, 0, 0], [2, 2, 0, 1], 0, "none")
    same_value(f, ctc_spec, log_probs[:, 0], whole(1, 2), tensor(4), tensor(2), 0, "none")
    same_dtype(f, ctc_spec, log_probs.float(), *rest, "mean", True)
    same_dtype(f, ctc_spec, log_probs, *rest, "mean", True)


def uniform_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, reduction: str
) -> Tensor:
    """If all classes are equally likely, the number of paths times the probability of one; labels without repeats."""
    frames, _, classes = log_probs.shape
    paths = math.comb(frames + targets.shape[1], 2 * targets.shape[1])
    return tensor(frames * math.log(classes) - math.log(paths), dtype=torch.float64)


@ctc_loss.parity
def five_hundred_frames(f: Function, rng: Rng) -> None:
    """Five hundred frames in float32"""
    # The probability of a path, 1e-389, is none in float64 either. More frames would take as much longer.
    # by value only: torch's own gradient in float32 is 2e-3 from that in float64 after a thousand frames
    log_probs = torch.full((500, 1, 6), -math.log(6))
    rest = (tensor([draw_word(rng, 2, 6)]), whole(500), whole(2))
    same_value(f, uniform_loss, log_probs, *rest, reduction="sum")


def of_rows(rows: Loss) -> Loss:
    """`ctc_loss` by another recursion."""
    return batched(lambda log_probs, word, blank: word_loss(log_probs, word, blank, rows))


wrong = ctc_loss.misconceptions
wrong_words(wrong)
# the loss does not show where a probability was formed: see `probability_formed` in `word_mistakes`
wrong.extend(m for m in recursion_mistakes("loss", of_rows) if m.name != "loss_in_probabilities")
wrong.extend(word_mistakes.MISTAKES)
wrong.extend(batch_mistakes.MISTAKES)
