"""What goes wrong in `ctc_loss` at the end of one word: which states count, and what no frames and no labels cost."""

from __future__ import annotations

import torch
from torch import Tensor, inf

from coursekit.exercise import Loss, Mistakes
from coursekit.graders.ctc_forward.common import doubles, forward, ln_sum
from coursekit.graders.ctc_forward.drop_in_spec import batched, ctc_spec, word_loss

MISTAKES = Mistakes(ctc_spec)


def of_last_row(loss: Loss) -> Loss:
    """A loss of each word, from the ln α of its last frame; without any frame it is right."""
    return batched(lambda x, word, blank: loss(forward(x, word, blank)[-1]) if len(x) else word_loss(x, word, blank))


def of_right_loss(loss: Loss) -> Loss:
    """A loss of each word, from the right one, the log-probabilities (T, C) and the labels."""
    return batched(lambda x, word, blank: loss(word_loss(x, word, blank), x, word))


MISTAKES.table(
    of_last_row,
    last_state_only=(
        "Only the last state counts, the blank at the end. A path may also end with the last label: add the last two "
        "states.",
        lambda row: -row[-1],
        "CTC12",
    ),
    last_three_states=(
        "The last three states count as an end: from the third, the last label is still missing. Only two do.",
        lambda row: -ln_sum(row[-3:]),
    ),
    last_label_only=(
        "Only paths that end with the last label count. A path may also end with a blank: add the last two states.",
        lambda row: -(row[-2] if len(row) > 1 else ln_sum(row)),
    ),
    unfinished_words=(
        "All states of the last frame are added up: paths count that have not finished the word.",
        lambda row: -ln_sum(row),
    ),
)
MISTAKES.table(
    of_right_loss,
    empty_counted_twice=(
        "The empty word's only state is counted twice, as last label and as last blank: ln 2 is missing from its loss.",
        lambda loss, x, word: loss if word else loss - torch.log(loss.new_tensor(2.0)),
    ),
    empty_is_free=(
        "The empty word costs nothing here. It costs -Σ ln of the blanks: the network can be wrong about it, too.",
        lambda loss, x, word: loss * (1.0 if word else 0.0),
    ),
    empty_is_impossible=(
        "An empty word is treated as impossible. Blanks in every frame spell it.",
        lambda loss, x, word: loss if word else x.new_full((), inf),
    ),
)
MISTAKES.table(
    of_last_row,
    probability_formed=(
        "A probability was formed, in every step or at the end: for an unlikely word it is 0 in float32, and its "
        "logarithm -inf. Stay in log space down to the last sum, which is a `logsumexp`.",
        lambda row: -row[-2:].exp().sum().log(),
        "CTC13",
    ),
)
MISTAKES.table(
    of_right_loss,
    wrong_sign=(
        "This is the log-probability. The loss is its negative: what training makes smaller.",
        lambda loss, x, word: -loss,
    ),
    probability=(
        "This is the probability. The loss is -ln of it.",
        lambda loss, x, word: (-loss).exp(),
    ),
    divided_by_frames=(
        "Each loss is divided by the number of frames. torch divides by the length of the target, in 'mean' only.",
        lambda loss, x, word: loss / max(len(x), 1),
    ),
    always_by_length=(
        "Each loss is divided by the length of its target in 'none' and 'sum', too. torch does so in 'mean' only.",
        lambda loss, x, word: loss / max(len(word), 1),
    ),
    huge_instead_of_inf=(
        "A word that does not fit into its frames costs a huge number instead of inf. Nothing can learn from it, and "
        "zero_infinity will not find it.",
        lambda loss, x, word: loss.clamp(max=1e30),
        "CTC7",
    ),
)


@MISTAKES.formula(of_right_loss)(
    "A word that does not fit into its frames is an error here. torch gives inf: one such sample stops no batch."
)
def impossible_raises(loss: Tensor, x: Tensor, word: list[int]) -> Tensor:
    if len(word) + doubles(word) > len(x):
        raise ValueError("too few frames")
    return loss


MISTAKES.table(
    of_right_loss,
    fits_without_its_blanks=(
        "A word fits if it has no more labels than frames: the frame that aa needs for its blank was forgotten, and "
        "the loss is something else than inf.",
        lambda loss, x, word: x.sum() * 0 if len(word) <= len(x) < len(word) + doubles(word) else loss,
        "CTC7",
    ),
)


@MISTAKES.formula(of_right_loss)(
    "Without any frame, an error. Zero frames spell the empty word (loss 0) and no other (inf)."
)
def no_frames_raises(loss: Tensor, x: Tensor, word: list[int]) -> Tensor:
    if not len(x):
        raise IndexError("index -1 is out of bounds")
    return loss


MISTAKES.table(
    of_right_loss,
    no_frames_are_inf=(
        "With an input length of 0 every word costs inf. Zero frames spell the empty word: its loss is 0.",
        lambda loss, x, word: loss if len(x) else x.new_full((), inf),
    ),
    no_frames_are_free=(
        "With an input length of 0 every word costs 0. Zero frames spell the empty word only: any other costs inf.",
        lambda loss, x, word: loss if len(x) else x.new_zeros(()),
    ),
    nan_is_inf=(
        "A NaN has become inf or 0, in a comparison that is false for NaN. It should be seen.",
        lambda loss, x, word: loss.where(loss < inf, inf),
    ),
)
MISTAKES.table(
    batched,
    through_float32=(
        "The numbers are rounded to float32 on the way. Make your tensors with the dtype of log_probs.",
        lambda x, word, blank: word_loss(x.float(), word, blank).to(x.dtype),
    ),
    loss_float32=(
        "The result is float32 for float64 input. Make your tensors with `new_zeros`, `new_full` or a dtype.",
        lambda x, word, blank: word_loss(x, word, blank).float(),
    ),
)
