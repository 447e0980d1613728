"""Training F, a language model on padded words: `language_model_loss`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nan, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.cross_entropy.sequence import sequence_loss, sequence_loss_spec, token_losses
from coursekit.graders.softmax.common import draw_logits
from coursekit.graders.which_loss.common import mean_mistakes, once_more


def real_losses(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """The surprise of each real token, in one row."""
    return token_losses(logits, target)[target != padding]


def language_model_spec(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """The surprises of all real tokens, averaged; NaN if there is none."""
    if bool((target == padding).all()):
        return tensor(nan, dtype=logits.dtype)
    return sequence_loss_spec(logits, target, padding)


def torch_cross_entropy(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """As torch has it: classes in dimension 1."""
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding)


def language_model_cases() -> Iterator[Question]:
    """Shapes (also as many places as classes), padding at every class, extremes, dtypes, nothing but padding."""
    generator = torch.Generator().manual_seed(0)
    targets = (
        tensor([[1]]),
        tensor([[1, 2, 0]]),
        tensor([[2, 0, 0], [1, 2, 1]]),
        tensor([[0, 0, 2], [2, 1, 1], [1, 0, 0]]),
    )
    for target in targets:
        for dtype in (torch.float32, torch.float64):
            logits = torch.randn((*target.shape, 3), generator=generator, dtype=dtype)
            for padding in (0, 2):
                yield Question((logits, target, padding), wrt=(0,))
    yield Question((tensor([[[0.0, 1000.0], [1000.0, 0.0]]]), tensor([[1, 0]]), 0), wrt=(0,))
    yield Question((torch.zeros(1, 2, 3), tensor([[0, 0]]), 0))  # by the gradient torch has 0, the spec has none


language_model_loss = Exercise(
    "language_model_loss",
    language_model_spec,
    points=2,
    parity_points=1,
    idea="Padding is no word: it counts neither above nor below the mean.",
    hints=(
        "`F.cross_entropy` can skip one class among the targets. Which one does it skip when nothing is said?",
        "Where does `F.cross_entropy` expect the classes of a three-dimensional input? Make one long list of tokens, "
        "or swap two dimensions.",
        "Change the logits at a padded place: the loss must stay. Then append more padding: it must stay, too.",
    ),
    twin=torch_cross_entropy,
    cases=language_model_cases,
)


@language_model_loss.check
def one_word(f: Function, rng: Rng) -> None:
    """One word and one padded place

    As many places as classes: a mixed-up dimension raises no error here, it gives another number.
    """
    logits = tensor([[[0.0, 2.0, 1.0], [0.0, 1.0, 3.0], [5.0, 0.0, 1.0]]])
    same_value(f, language_model_spec, logits, tensor([[1, 2, 0]]), 0)
    same_value(f, language_model_spec, draw_logits(rng, 1, 3, 3), tensor([[1, 2, 0]]), 0)


@language_model_loss.check
def words_of_unequal_length(f: Function, rng: Rng) -> None:
    """Words of different lengths: every real token counts the same"""
    same_value(f, language_model_spec, draw_logits(rng, 2, 2, 3), tensor([[1, 2], [1, 0]]), 0)
    same_value(f, language_model_spec, draw_logits(rng, 2, 3, 2), tensor([[1, 1, 1], [1, 0, 0]]), 0)


@language_model_loss.check
def any_padding(f: Function, rng: Rng) -> None:
    """Padding is whatever class `padding` says, at the end or at the beginning"""
    same_value(f, language_model_spec, draw_logits(rng, 2, 2, 3), tensor([[0, 1], [2, 1]]), 2)
    same_value(f, language_model_spec, draw_logits(rng, 1, 3, 3), tensor([[1, 0, 2]]), 1)


@language_model_loss.check
def language_model_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: none at all at a padded place

    What does not count does not train.
    """
    same_gradient(f, language_model_spec, draw_logits(rng, 1, 3, 3), tensor([[1, 2, 0]]), 0)


@language_model_loss.parity
def more_padding(f: Function, rng: Rng) -> None:
    """A row of nothing but padding changes nothing; a batch of nothing else is NaN"""
    logits = draw_logits(rng, 2, 2, 3)
    same_gradient(f, language_model_spec, logits, tensor([[1, 2], [0, 0]]), 0)
    same_value(f, language_model_spec, logits, tensor([[0, 0], [0, 0]]), 0)


@language_model_loss.parity
def language_model_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000, with their gradient"""
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, language_model_spec, tensor([[[0.0, big], [big, 0.0]]]), tensor([[1, 0]]), 0)
    same_gradient(f, language_model_spec, tensor([[[0.0, big], [big, 0.0]]]), tensor([[0, 1]]), 1)


keeps_dtype(
    language_model_loss,
    lambda rng: (draw_logits(rng, 1, 2, 2), tensor([[1, 0]]), 0),
    name="language_model_dtype",
    anew=True,
)


wrong = language_model_loss.misconceptions
mean_mistakes(wrong, real_losses, "real tokens")
once_more(
    wrong,
    sequence_loss.misconceptions,
    padding_trained=(
        "The padded places count like words: padding trains the model, and because it is easy to guess, the loss looks "
        "too good. Name the class to skip: `ignore_index`."
    ),
    padding_counted=(
        "The padded places cost 0 and are still counted in the mean: it is too small by their share. Divide by the "
        "number of real tokens, as `ignore_index` does."
    ),
    padding_is_zero="Class 0 is skipped, whatever `padding` says.",
    padding_class_removed=(
        "The padding class was taken out of the softmax. Only targets are skipped; its logit stays in the sum."
    ),
    places_as_classes=(
        "`cross_entropy` looks for the classes in dimension 1, where the places are. With as many places as classes "
        "nothing warns you. Flatten to (N · T, C), or swap the last two dimensions."
    ),
    softmax_over_places="The softmax runs over the places (dim=1). The classes lie along dimension 2.",
    scrambled=(
        "`reshape` or `view` to (N, C, T) cuts across the classes. Swap dimensions with `transpose` or `movedim`."
    ),
    shifted_again=(
        "Logits and targets are shifted against each other, as for a text that is its own target. Here each place has "
        "its own target already."
    ),
    only_padding="The mask is upside down: only the padded places count.",
    mean_of_means=(
        "Each word is averaged for itself first, so a letter of a short word counts more. Average all tokens at once."
    ),
    mean_over_sequences="The sum is divided by the number of words. Divide by the number of real tokens.",
    guessed_padding="The model's own guess decides what is padding here. The target does.",
    raw_logits="`nll_loss` of logits: it picks them as they are. `cross_entropy` takes logits.",
    sequence_log_after_softmax="`softmax`, then `log`: a probability rounded to 0 costs inf.",
)
wrong.table(
    softmax_first=(
        "A softmax before `cross_entropy`, which has one inside: the loss has a floor. Pass the logits.",
        lambda x, y, padding: torch_cross_entropy(x.softmax(2), y, padding),
        "CE1",
    ),
)


@wrong("A batch of nothing but padding costs 0 here. torch says NaN: nothing was measured, and that should be seen.")
def nothing_is_zero(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    loss = torch_cross_entropy(logits, target, padding)
    return loss if bool((target != padding).any()) else 0 * logits.sum()
