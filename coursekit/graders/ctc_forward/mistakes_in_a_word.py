"""What goes wrong in `ctc_loss` at the end of one word: which states count, and what no frames and no labels cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, inf

from coursekit.graders.ctc_forward.batch import batched, word_loss
from coursekit.graders.ctc_forward.common import Loss, doubles, forward, ln_sum

Mistakes = dict[str, tuple[str, Loss]]


def noting(mistakes: Mistakes, assemble: Callable[[Loss], Loss]) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator with a sentence, for a part of which `assemble` makes a whole `ctc_loss`."""

    def wrong(explanation: str) -> Callable[[Loss], Loss]:
        def add(part: Loss) -> Loss:
            mistakes[part.__name__] = (explanation, assemble(part))
            return part

        return add

    return wrong


ENDS: Mistakes = {}
wrong_end = noting(ENDS, batched)


@wrong_end(  # CTC12
    "Only the last state counts, the blank at the end. A path may also end with the last label: add the last two "
    "states."
)
def last_state_only(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return -forward(log_probs, word, blank)[-1, -1] if len(log_probs) else word_loss(log_probs, word, blank)


@wrong_end("Only paths that end with the last label count. A path may also end with a blank: add the last two states.")
def last_label_only(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(log_probs) or not len(word):
        return word_loss(log_probs, word, blank)
    return -forward(log_probs, word, blank)[-1, -2]


@wrong_end("All states of the last frame are added up: paths count that have not finished the word.")
def unfinished_words(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return -ln_sum(forward(log_probs, word, blank)[-1]) if len(log_probs) else word_loss(log_probs, word, blank)


@wrong_end(
    "The empty word's only state is counted twice, as last label and as last blank: ln 2 is missing from its loss."
)
def empty_counted_twice(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    return loss if len(word) else loss - torch.log(loss.new_tensor(2.0))


@wrong_end("The empty word costs nothing here. It costs -Σ ln of the blanks: the network can be wrong about it, too.")
def empty_is_free(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) * (1.0 if len(word) else 0.0)


@wrong_end("An empty word is treated as impossible. Blanks in every frame spell it.")
def empty_is_impossible(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) if len(word) else log_probs.new_full((), inf)


@wrong_end(  # CTC13
    "A probability was formed, in every step or at the end: for an unlikely word it is 0 in float32, and its logarithm "
    "-inf. Stay in log space down to the last sum, which is a `logsumexp`."
)
def probability_formed(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(log_probs):
        return word_loss(log_probs, word, blank)
    alpha = forward(log_probs, word, blank)[-1, -2:]
    return -alpha.exp().sum().log()


@wrong_end("This is the log-probability. The loss is its negative: what training makes smaller.")
def wrong_sign(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return -word_loss(log_probs, word, blank)


@wrong_end("This is the probability. The loss is -ln of it.")
def probability(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return (-word_loss(log_probs, word, blank)).exp()


@wrong_end("Each loss is divided by the number of frames. torch divides by the length of the target, in 'mean' only.")
def divided_by_frames(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) / max(len(log_probs), 1)


@wrong_end("Each loss is divided by the length of its target in 'none' and 'sum', too. torch does so in 'mean' only.")
def always_by_length(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) / max(len(word), 1)


@wrong_end(  # CTC7
    "A word that does not fit into its frames costs a huge number instead of inf. Nothing can learn from it, and "
    "zero_infinity will not find it."
)
def huge_instead_of_inf(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank).clamp(max=1e30)


@wrong_end(
    "A word that does not fit into its frames is an error here. torch gives inf: one such sample stops no batch."
)
def impossible_raises(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    if len(word) + doubles(word) > len(log_probs):
        raise ValueError("too few frames")
    return loss


@wrong_end(  # CTC7
    "A word fits if it has no more labels than frames: the frame that aa needs for its blank was forgotten, and the "
    "loss is something else than inf."
)
def fits_without_its_blanks(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    repeats = doubles(word)
    return log_probs.sum() * 0 if len(word) <= len(log_probs) < len(word) + repeats else loss


@wrong_end("Without any frame, an error. Zero frames spell the empty word (loss 0) and no other (inf).")
def no_frames_raises(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(log_probs):
        raise IndexError("index -1 is out of bounds")
    return word_loss(log_probs, word, blank)


@wrong_end("With an input length of 0 every word costs inf. Zero frames spell the empty word: its loss is 0.")
def no_frames_are_inf(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) if len(log_probs) else log_probs.new_full((), inf)


@wrong_end("With an input length of 0 every word costs 0. Zero frames spell the empty word only: any other costs inf.")
def no_frames_are_free(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) if len(log_probs) else log_probs.new_zeros(())


@wrong_end("A NaN has become inf or 0, in a comparison that is false for NaN. It should be seen.")
def nan_is_inf(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    return loss.where(loss < inf, inf)


@wrong_end("The numbers are rounded to float32 on the way. Make your tensors with the dtype of log_probs.")
def through_float32(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs.float(), word, blank).to(log_probs.dtype)


@wrong_end("The result is float32 for float64 input. Make your tensors with `new_zeros`, `new_full` or a dtype.")
def loss_float32(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank).float()
