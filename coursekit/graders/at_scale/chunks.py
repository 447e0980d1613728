"""A gradient that is taken chunk by chunk: `weight_gradient`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, keeps_dtype, same_value
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec


def weight_gradient_spec(input: Tensor, linear_weight: Tensor, target: Tensor, chunk_rows: int) -> Tensor:
    """(softmax - one-hot)ᵀ · input / N, of all rows at once."""
    by_logits = log_softmax_spec(input @ linear_weight.T, 1).exp()
    by_logits = by_logits - torch.eye(len(linear_weight), dtype=input.dtype)[target]
    return by_logits.T @ input / len(input)


weight_gradient = Exercise(
    "weight_gradient",
    weight_gradient_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="The gradient is a sum over rows, so a chunk of rows can pay its share and be forgotten.",
    hints=(
        "For one chunk: the gradient of the summed loss by the logits is softmax - one-hot, shape (rows, V).",
        "From the logits to the weights: the logits are x @ W.T, so that gradient, transposed, times x: (V, rows) "
        "times (rows, D).",
        "Add these over the chunks. By which number does the mean divide, and when?",
    ),
)


@weight_gradient.check
def one_chunk(f: Function, rng: Rng) -> None:
    """One chunk that holds all rows"""
    same_value(f, weight_gradient_spec, tensor([[1.0, 2.0]]), tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([0]), 1)
    same_value(f, weight_gradient_spec, draw_logits(rng, 3, 2), draw_logits(rng, 3, 2), tensor([2, 0, 0]), 3)


@weight_gradient.check
def even_chunks(f: Function, rng: Rng) -> None:
    """Two chunks of the same size give what one gives"""
    same_value(f, weight_gradient_spec, draw_logits(rng, 4, 2), draw_logits(rng, 3, 2), tensor([0, 2, 1, 0]), 2)


@weight_gradient.check
def uneven_chunks(f: Function, rng: Rng) -> None:
    """A last chunk that is smaller: every row counts the same

    The mean divides by all N rows, once.
    """
    same_value(f, weight_gradient_spec, draw_logits(rng, 3, 2), draw_logits(rng, 3, 2), tensor([0, 2, 1]), 2)
    same_value(f, weight_gradient_spec, draw_logits(rng, 5, 2), draw_logits(rng, 2, 2), tensor([0, 1, 1, 0, 1]), 3)


@weight_gradient.check
def chunk_too_large(f: Function, rng: Rng) -> None:
    """A chunk that is larger than the batch"""
    same_value(f, weight_gradient_spec, draw_logits(rng, 2, 3), draw_logits(rng, 3, 3), tensor([1, 2]), 8)


@weight_gradient.parity
def gradient_of_large_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers

    Take each row's largest logit away before `exp`.
    """
    big = 100.0 * int(rng.integers(8, 11))
    eye = tensor([[1.0, 0.0], [0.0, 1.0]])
    same_value(f, weight_gradient_spec, tensor([[big, 0.0], [0.0, -big]]), eye, tensor([1, 1]), 1)
    same_value(f, weight_gradient_spec, tensor([[big, -big], [0.0, 0.5]]), eye, tensor([1, 1]), 2)


keeps_dtype(
    weight_gradient,
    lambda rng: (draw_logits(rng, 3, 2), draw_logits(rng, 2, 2), tensor([0, 1, 1]), 2),
    name="gradient_dtype",
)


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = weight_gradient.misconceptions


def by_logits(formula: Loss) -> Loss:
    """The gradient that follows from a wrong gradient by the logits, of `(logits, one_hot)`."""

    def gradient(input: Tensor, linear_weight: Tensor, target: Tensor, chunk_rows: int) -> Tensor:
        total = torch.zeros_like(linear_weight)
        for x, y in zip(torch.split(input, chunk_rows), torch.split(target, chunk_rows)):
            one_hot = torch.eye(len(linear_weight), dtype=x.dtype)[y]
            total = total + formula(x @ linear_weight.T, one_hot).T @ x
        return total / len(input)

    return gradient


def chunk_means(input: Tensor, linear_weight: Tensor, target: Tensor, chunk_rows: int) -> Tensor:
    """The gradient of each chunk's own mean."""
    parts = zip(torch.split(input, chunk_rows), torch.split(target, chunk_rows))
    return torch.stack([weight_gradient_spec(x, linear_weight, y, chunk_rows) for x, y in parts])


wrong.table(
    by_logits,
    no_one_hot=(
        "The 1 at the right class is not taken away: the gradient with respect to the logits is softmax - one-hot.",
        lambda logits, one_hot: log_softmax_spec(logits, 1).exp(),
    ),
    no_probabilities=(
        "Only the 1 at the right class is taken away: the softmax is missing, by which the other classes are pushed "
        "down.",
        lambda logits, one_hot: -one_hot,
    ),
    turned=(
        "The sign is turned: this is one-hot - softmax. A step of gradient descent by it would raise the loss.",
        lambda logits, one_hot: one_hot - log_softmax_spec(logits, 1).exp(),
    ),
    right_class_only=(
        "Only the right class has a gradient here, p - 1. The others have theirs, p.",
        lambda logits, one_hot: (log_softmax_spec(logits, 1).exp() - 1) * one_hot,
    ),
    one_everywhere=(
        "The 1 is taken from every class. Only the right class loses it.",
        lambda logits, one_hot: log_softmax_spec(logits, 1).exp() - 1,
    ),
    no_softmax=(
        "The logits stand where their softmax should: the gradient is softmax - one-hot.",
        lambda logits, one_hot: logits - one_hot,
    ),
    one_sum_for_the_chunk=(
        "One sum of exponentials divides the whole chunk. Each row has a softmax of its own.",
        lambda logits, one_hot: (
            (logits - logits.amax(1, keepdim=True)).exp() / (logits - logits.amax(1, keepdim=True)).exp().sum()
            - one_hot
        ),
    ),
    softmax_over_rows=(
        "The softmax goes over the rows of the chunk. The classes of a row are along dimension 1.",
        lambda logits, one_hot: log_softmax_spec(logits, 0).exp() - one_hot,
    ),
)


@wrong.formula(by_logits)("exp overflows for large logits. Take each row's largest logit away before `exp`.")
def gradient_no_shift(logits: Tensor, one_hot: Tensor) -> Tensor:
    odds = logits.float().exp().to(logits.dtype)
    return odds / odds.sum(1, keepdim=True) - one_hot


wrong.table(
    mean_of_chunk_means=(
        "Each chunk's mean is taken, and then the mean of those: rows of a smaller chunk count more. Add up, and "
        "divide once by N.",
        lambda *args: chunk_means(*args).mean(0),
    ),
    sum_of_chunk_means=(
        "Each chunk's mean is taken, and these are added: too large by the number of chunks.",
        lambda *args: chunk_means(*args).sum(0),
    ),
    gradient_of_the_sum=(
        "This is the gradient of the sum of the losses. The mean divides by N.",
        lambda x, w, y, n: weight_gradient_spec(x, w, y, n) * len(x),
    ),
    divided_by_chunks=(
        "The sum is divided by the number of chunks. The mean is over all N rows.",
        lambda x, w, y, n: weight_gradient_spec(x, w, y, n) * len(x) / -(-len(x) // n),
    ),
    divided_by_chunk=(
        "The sum is divided by `chunk_rows`. The mean is over all N rows.",
        lambda x, w, y, n: weight_gradient_spec(x, w, y, n) * len(x) / n,
    ),
)


@wrong(
    "The rows after the last full chunk are left out. `split` gives a smaller last chunk, `N // chunk_rows` does not."
)
def rest_dropped(input: Tensor, linear_weight: Tensor, target: Tensor, chunk_rows: int) -> Tensor:
    kept = len(input) // chunk_rows * chunk_rows
    if kept == 0:
        return torch.zeros_like(linear_weight)
    return weight_gradient_spec(input[:kept], linear_weight, target[:kept], chunk_rows) * kept / len(input)


@wrong("Only the last chunk's share is returned: add the shares up, with `+=`.")
def last_chunk_only(input: Tensor, linear_weight: Tensor, target: Tensor, chunk_rows: int) -> Tensor:
    x, y = torch.split(input, chunk_rows)[-1], torch.split(target, chunk_rows)[-1]
    return weight_gradient_spec(x, linear_weight, y, chunk_rows) * len(x) / len(input)


wrong.table(
    targets_not_cut=(
        "Every chunk uses the first targets again. Cut the targets where the rows are cut.",
        lambda x, w, y, n: weight_gradient_spec(x, w, torch.cat([y[: len(part)] for part in torch.split(x, n)]), n),
    ),
    transposed=(
        "The gradient is transposed: it has the shape of `linear_weight`, (V, D).",
        lambda *args: weight_gradient_spec(*args).T,
    ),
)


wrong.terms(
    by_logits,
    softmax=("the softmax", lambda logits, one_hot: log_softmax_spec(logits, 1).exp()),
    target=("minus the one-hot target", lambda logits, one_hot: -one_hot),
)
wrong.table(
    by_logits,
    of_squared_error=(
        "The difference is multiplied by p (1 - p), as for a squared error of probabilities. The gradient of the "
        "cross-entropy is softmax - one-hot, no more.",
        lambda logits, one_hot: (
            (log_softmax_spec(logits, 1).exp() - one_hot)
            * log_softmax_spec(logits, 1).exp()
            * (1 - log_softmax_spec(logits, 1).exp())
        ),
    ),
    size_of_difference=(
        "The sign of softmax - one-hot is lost.",
        lambda logits, one_hot: (log_softmax_spec(logits, 1).exp() - one_hot).abs(),
    ),
    likeliest_for_softmax=(
        "The likeliest class stands in the place of the softmax: 1 for it, and 0 for all others.",
        lambda logits, one_hot: (logits == logits.amax(1, keepdim=True)).to(logits.dtype) - one_hot,
    ),
    divided_by_classes=(
        "The gradient is divided by the number of classes as well. It is divided by N.",
        lambda logits, one_hot: (log_softmax_spec(logits, 1).exp() - one_hot) / logits.shape[1],
    ),
)
