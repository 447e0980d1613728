"""Sequences of unequal length, padded: `sequence_loss`."""

from __future__ import annotations

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.cross_entropy.common import READY_MADE, Rng, draw_logits, log_softmax_spec
from coursekit.graders.cross_entropy.picking import nll_loss_spec
from coursekit.graders.cross_entropy.softmax import log_after_softmax, no_shift


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
    same_value(f, sequence_loss_spec, draw_logits(rng, 2, 2, 3), tensor([[0, 1], [2, 1]]), 2)
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


@sequence_loss.parity
def sequence_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, sequence_loss_spec, draw_logits(rng, 1, 2, 2), tensor([[1, 0]]), 0)
    same_dtype(f, sequence_loss_spec, draw_logits(rng, 1, 2, 2).double(), tensor([[1, 0]]), 0)


def token_losses(logits: Tensor, target: Tensor) -> Tensor:
    """The surprise at every place, padded or not, shape (N, T)."""
    return nll_loss_spec(log_softmax_spec(logits, 2).movedim(2, 1), target, reduction="none")


@sequence_loss.misconception(  # CE7
    "The padded places were set to 0 and still counted: the mean is too small by their share. Divide by the real "
    "tokens."
)
def padding_counted(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target).where(target != padding, 0.0).mean()


@sequence_loss.misconception(  # CE10
    "`padding` is not used: the padded places count like words, and the model is trained to predict padding."
)
def padding_trained(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target).mean()


@sequence_loss.misconception("The padding class is fixed at 0. It is the argument `padding`, which may be any class.")
def padding_is_zero(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target)[target != 0].mean()


@sequence_loss.misconception(  # CE11
    "The padding class was taken out of the softmax. Only targets are skipped: the model may still "
    "believe in padding, so its logit stays in the sum."
)
def padding_class_removed(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    without = logits.masked_fill(torch.arange(logits.shape[2]) == padding, -inf)
    return token_losses(without, target)[target != padding].mean()


@sequence_loss.misconception(  # CE19, NLL4
    "The classes were looked for in dimension 1, where the places are. With as many places as classes nothing warns "
    "you. The softmax goes over the last dimension."
)
def places_as_classes(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return sequence_loss_spec(logits.movedim(1, 2), target, padding)


@sequence_loss.misconception(  # NLL3
    "The softmax goes over the places instead of the classes: the picked entry is right, its probability is not. "
    "Use dim=2."
)
def softmax_over_places(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    log_p = log_softmax_spec(logits, 1)
    return nll_loss_spec(log_p.movedim(2, 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE20
    "`reshape` to (N, C, T) keeps the order in memory and cuts across the classes. Swap dimensions with `movedim` or "
    "`transpose`, or flatten to (N · T, C)."
)
def scrambled(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    n, t, c = logits.shape
    return nll_loss_spec(log_softmax_spec(logits.reshape(n, c, t), 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE27
    "Each sequence is averaged for itself first, so that a word in a short sequence counts more. Add up all real "
    "tokens of the batch, then divide once."
)
def mean_of_means(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    real = target != padding
    return (token_losses(logits, target).where(real, 0.0).sum(1) / real.sum(1)).mean()


@sequence_loss.misconception("This is the sum over the tokens. Longer batches would count more: take the mean.")
def sum_of_tokens(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target)[target != padding].sum()


@sequence_loss.misconception("The sum is divided by the number of sequences. Divide by the number of real tokens.")
def mean_over_sequences(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return sum_of_tokens(logits, target, padding) / len(logits)


@sequence_loss.misconception("The model's own guess decides what is padding here. The target does.")
def guessed_padding(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target)[logits.argmax(2) != padding].mean()


@sequence_loss.misconception(  # NLL2
    "The logits are picked without a softmax: they are no log-probabilities, and this loss has no lower bound."
)
def raw_logits(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return -logits.gather(2, target.unsqueeze(2)).squeeze(2)[target != padding].mean()


@sequence_loss.misconception(  # CE3
    "exp overflows for large logits. Take each place's largest logit away before `exp`, as in your `log_softmax`."
)
def sequence_no_shift(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    log_p = no_shift(logits, 2)
    return nll_loss_spec(log_p.movedim(2, 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE2
    "A probability was rounded to 0 before its logarithm was taken. Use x - ln Σ exp x, where no probability is formed."
)
def sequence_log_after_softmax(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return nll_loss_spec(log_after_softmax(logits, 2).movedim(2, 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE9
    "The mask multiplies: 0 · NaN is NaN. Choose with `torch.where`, or index with the mask."
)
def sequence_multiplied_mask(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    real = target != padding
    return (token_losses(logits, target) * real).sum() / real.sum()
