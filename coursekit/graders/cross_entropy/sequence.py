"""Sequences of unequal length, padded: `sequence_loss`."""

from __future__ import annotations

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.cross_entropy.picking_spec import nll_loss_spec
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec
from coursekit.graders.softmax.log_softmax import log_after_softmax, no_shift


def sequence_loss_spec(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """The surprises of all real tokens, averaged."""
    log_p = log_softmax_spec(logits, 2)
    places = (target != padding).nonzero().tolist()
    return torch.stack([-log_p[n, t, target[n, t]] for n, t in places]).mean()


sequence_loss = Exercise(
    "sequence_loss",
    sequence_loss_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A batch is a heap of tokens: each real one counts once, and a padded place counts neither above nor below.",
    hints=(
        "Write the surprise of the right class at every place first: shape (N, T).",
        "The mask is `target != padding`. Which two sums does the mean need, and what does the mask do in each?",
        "With your `nll_loss`: it wants the classes in dimension 1, so swap the last two dimensions (a `reshape` "
        "would scramble them).",
    ),
)


@sequence_loss.check
def one_sequence(f: Function, rng: Rng) -> None:
    """One sequence, two tokens and one padded place

    As many places as classes: a mixed-up dimension raises no error here, it gives another number.
    """
    places = tensor([[1, 2, 0]])
    same_value(f, sequence_loss_spec, tensor([[[0.0, 2.0, 1.0], [0.0, 1.0, 3.0], [5.0, 0.0, 1.0]]]), places, 0)
    same_value(f, sequence_loss_spec, draw_logits(rng, 1, 3, 3), places, 0)


@sequence_loss.check
def ragged(f: Function, rng: Rng) -> None:
    """Sequences of different lengths: every token counts the same

    Add up over the whole batch first, then divide once.
    """
    same_value(f, sequence_loss_spec, draw_logits(rng, 2, 2, 3), tensor([[1, 2], [1, 0]]), 0)
    same_value(f, sequence_loss_spec, draw_logits(rng, 2, 3, 2), tensor([[1, 1, 1], [1, 0, 0]]), 0)


@sequence_loss.check
def any_padding(f: Function, rng: Rng) -> None:
    """Padding is whatever class `padding` says, at the end or at the beginning"""
    same_value(f, sequence_loss_spec, draw_logits(rng, 2, 2, 3), tensor([[0, 1], [2, 0]]), 2)
    same_value(f, sequence_loss_spec, draw_logits(rng, 1, 3, 3), tensor([[1, 0, 2]]), 1)


@sequence_loss.check
def sequence_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: none at all at a padded place"""
    same_gradient(f, sequence_loss_spec, draw_logits(rng, 1, 3, 3), tensor([[1, 2, 0]]), 0)


@sequence_loss.parity
def empty_sequence(f: Function, rng: Rng) -> None:
    """A sequence of nothing but padding changes nothing"""
    same_gradient(f, sequence_loss_spec, draw_logits(rng, 2, 2, 3), tensor([[1, 2], [0, 0]]), 0)


@sequence_loss.parity
def sequence_extremes(f: Function, rng: Rng) -> None:
    """Very large logits

    Use the stable form: the largest logit of each place is taken away before `exp`.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, sequence_loss_spec, tensor([[[0.0, big], [big, 0.0]]]), tensor([[1, 0]]), 0)
    same_gradient(f, sequence_loss_spec, tensor([[[0.0, big], [big, 0.0]]]), tensor([[0, 1]]), 1)


@sequence_loss.parity
def padded_nan(f: Function, rng: Rng) -> None:
    """NaN at a padded place does not reach the loss

    A mask that multiplies makes 0 · NaN = NaN. Choose with `torch.where`, or index with the mask.
    """
    same_value(f, sequence_loss_spec, tensor([[[0.0, 1.0], [nan, nan]]]), tensor([[1, 0]]), 0)


keeps_dtype(
    sequence_loss, lambda rng: (draw_logits(rng, 1, 2, 2), tensor([[1, 0]]), 0), name="sequence_dtype", anew=True
)


def token_losses(logits: Tensor, target: Tensor) -> Tensor:
    """The surprise at every place, padded or not, shape (N, T)."""
    return nll_loss_spec(log_softmax_spec(logits, 2).movedim(2, 1), target, reduction="none")


wrong = sequence_loss.misconceptions
wrong.table(
    padding_counted=(
        "The padded places were set to 0 and still counted: the mean is too small by their share. Divide by the real "
        "tokens.",
        lambda x, y, padding: token_losses(x, y).where(y != padding, 0.0).mean(),
        "CE7",
    ),
    padding_trained=(
        "`padding` is not used: the padded places count like words, and the model is trained to predict padding.",
        lambda x, y, padding: token_losses(x, y).mean(),
        "CE10",
    ),
    shifted_again=(
        "Logits and targets are shifted against each other, as for a text that is its own target. Here each place has "
        "its own target already.",
        lambda x, y, padding: token_losses(x[:, :-1], y[:, 1:])[y[:, 1:] != padding].mean(),
    ),
    only_padding=(
        "The mask is upside down: only the padded places count. Keep those whose target is not the padding.",
        lambda x, y, padding: token_losses(x, y)[y == padding].mean(),
    ),
    counted_by_zero=(
        "The losses are those of the real tokens, and their number is that of the targets other than 0. Count those "
        "other than `padding`.",
        lambda x, y, padding: token_losses(x, y).where(y != padding, 0.0).sum() / (y != 0).sum(),
    ),
    padding_is_zero=(
        "The padding class is fixed at 0. It is the argument `padding`, which may be any class.",
        lambda x, y, padding: token_losses(x, y)[y != 0].mean(),
    ),
)


@wrong(
    "The padding class was taken out of the softmax. Only targets are skipped: the model may still "
    "believe in padding, so its logit stays in the sum.",
    covers="CE11",
)
def padding_class_removed(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    without = logits.masked_fill(torch.arange(logits.shape[2]) == padding, -inf)
    return token_losses(without, target)[target != padding].mean()


wrong.table(
    places_as_classes=(
        "The classes were looked for in dimension 1, where the places are. With as many places as classes nothing "
        "warns you. The softmax goes over the last dimension.",
        lambda x, y, padding: sequence_loss_spec(x.movedim(1, 2), y, padding),
        "CE19 NLL4",
    ),
    softmax_over_places=(
        "The softmax goes over the places instead of the classes: the picked entry is right, its probability is not. "
        "Use dim=2.",
        lambda x, y, padding: nll_loss_spec(log_softmax_spec(x, 1).movedim(2, 1), y, ignore_index=padding),
        "NLL3",
    ),
)


@wrong(
    "`reshape` to (N, C, T) keeps the order in memory and cuts across the classes. Swap dimensions with `movedim` or "
    "`transpose`, or flatten to (N · T, C).",
    covers="CE20",
)
def scrambled(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    n, t, c = logits.shape
    return nll_loss_spec(log_softmax_spec(logits.reshape(n, c, t), 1), target, ignore_index=padding)


@wrong(
    "Each sequence is averaged for itself first, so that a word in a short sequence counts more. Add up all real "
    "tokens of the batch, then divide once.",
    covers="CE27",
)
def mean_of_means(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    real = target != padding
    return (token_losses(logits, target).where(real, 0.0).sum(1) / real.sum(1)).mean()


wrong.table(
    sum_of_tokens=(
        "This is the sum over the tokens. Longer batches would count more: take the mean.",
        lambda x, y, padding: token_losses(x, y)[y != padding].sum(),
    ),
    mean_over_sequences=(
        "The sum is divided by the number of sequences. Divide by the number of real tokens.",
        lambda x, y, padding: token_losses(x, y)[y != padding].sum() / len(x),
    ),
    guessed_padding=(
        "The model's own guess decides what is padding here. The target does.",
        lambda x, y, padding: token_losses(x, y)[x.argmax(2) != padding].mean(),
    ),
    raw_logits=(
        "The logits are picked without a softmax: they are no log-probabilities, and this loss has no lower bound.",
        lambda x, y, padding: -x.gather(2, y.unsqueeze(2)).squeeze(2)[y != padding].mean(),
        "NLL2",
    ),
    sequence_no_shift=(
        "exp overflows for large logits. Take each place's largest logit away before `exp`, as in your `log_softmax`.",
        lambda x, y, padding: nll_loss_spec(no_shift(x, 2).movedim(2, 1), y, ignore_index=padding),
        "CE3",
    ),
    sequence_log_after_softmax=(
        "A probability was rounded to 0 before its logarithm was taken. Use x - ln Σ exp x, where no probability is "
        "formed.",
        lambda x, y, padding: nll_loss_spec(log_after_softmax(x, 2).movedim(2, 1), y, ignore_index=padding),
        "CE2",
    ),
)


@wrong("The mask multiplies: 0 · NaN is NaN. Choose with `torch.where`, or index with the mask.", covers="CE9")
def sequence_multiplied_mask(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    real = target != padding
    return (token_losses(logits, target) * real).sum() / real.sum()


wrong.table(
    stops_at_padding=(
        "Whatever stands behind the first padding is left out. Padding may stand at the beginning.",
        lambda x, y, padding: token_losses(x, y)[(y != padding).cumprod(1).bool()].mean(),
    ),
    leading_padding_counts=(
        "Only the padding at the end is left out. It may stand at the beginning as well.",
        lambda x, y, padding: token_losses(x, y)[(y != padding).flip(1).cumsum(1).flip(1) > 0].mean(),
    ),
    one_loss_a_sequence=(
        "This gives one loss a sequence. The mean over all real tokens is one number.",
        (
            lambda x, y, padding: token_losses(x, y).where(y != padding, 0.0).sum(1) / (y != padding).sum(1),
            lambda x, y, padding: token_losses(x, y).where(y != padding, 0.0).sum(1),
        ),
    ),
    one_loss_a_token=(
        "This gives one loss a place. The mean over all real tokens is one number.",
        lambda x, y, padding: token_losses(x, y).where(y != padding, 0.0),
    ),
    mean_over_places=(
        "The sum is divided by the number of places of a sequence, T. Divide by the real tokens.",
        lambda x, y, padding: token_losses(x, y).where(y != padding, 0.0).sum() / y.shape[1],
    ),
    token_perplexity=(
        "This is the perplexity, exp of the mean. The mean itself is asked for.",
        lambda x, y, padding: token_losses(x, y)[y != padding].mean().exp(),
    ),
    last_token_lost=(
        "The last place of each sequence is left out.",
        lambda x, y, padding: token_losses(x[:, :-1], y[:, :-1])[y[:, :-1] != padding].mean(),
    ),
    first_token_lost=(
        "The first place of each sequence is left out.",
        lambda x, y, padding: token_losses(x[:, 1:], y[:, 1:])[y[:, 1:] != padding].mean(),
    ),
)
wrong.table(
    padding_at_a_discount=(
        "The padded places count as well, if less. They do not count at all.",
        tuple(
            lambda x, y, padding, w=w: (
                (token_losses(x, y) * torch.where(y == padding, w, 1.0)).sum() / torch.where(y == padding, w, 1.0).sum()
            )
            for w in (0.1, 0.5, 0.01)
        ),
    ),
    longest_sequence=(
        "Only one sequence counts, the longest or the first. All real tokens of the batch count.",
        (
            lambda x, y, padding: token_losses(x, y)[(y != padding).sum(1).argmax()][
                (y != padding)[(y != padding).sum(1).argmax()]
            ].mean(),
            lambda x, y, padding: token_losses(x, y)[0][y[0] != padding].mean(),
        ),
    ),
)
