"""Keras's two, `keras_categorical_crossentropy` and `keras_sparse_categorical_crossentropy`: what they owe."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import distribution, indices
from coursekit.exercise.twins import keras_twin
from coursekit.graders.cross_entropy.common import READY_MADE, Loss, Rng, draw_logits, log_softmax_spec, only_valid
from coursekit.wire import Question


def log_shares(y_pred: Tensor, axis: int, low: float = 1e-7, high: float = 1 - 1e-7) -> Tensor:
    """ln of each score's share of the sum, clipped to [low, high]."""
    return (y_pred / y_pred.sum(axis, keepdim=True)).clamp(low, high).log()


def dense_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    shares: Loss = log_shares,
    softmax: Loss = log_softmax_spec,
) -> Tensor:
    """-Σ q ln p along the classes, q being the target smoothed; mistakes bring a `shares` or `softmax` of their own."""
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    # Keras 3.15 reads the number of classes off the last dimension whatever `axis` says, later versions do not
    # (keras pull request 23437): where the two differ it is no case
    q = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    return -(q * (softmax if from_logits else shares)(y_pred, axis)).sum(axis)


def sparse_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    shares: Loss = log_shares,
    softmax: Loss = log_softmax_spec,
) -> Tensor:
    """-ln p of each label that counts, 0 of the others, whose row is not looked at."""
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if y_true.shape != y_pred.select(axis, 0).shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    counts = torch.full_like(y_true, True, dtype=torch.bool) if ignore_class is None else y_true != ignore_class
    seen = y_pred.where(counts.unsqueeze(axis), 1.0)
    rows = (softmax if from_logits else shares)(seen, axis).movedim(axis, -1)[counts]
    labels = only_valid(y_true[counts].long(), y_pred.shape[axis])
    losses = y_pred.new_zeros(y_true.shape)
    losses[counts] = -rows[range(len(labels)), labels]
    return losses


def one_hot(y: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    """Indices as the dense loss wants them: rows of 0 and 1 in the shape and the dtype of `y_pred`."""
    return torch.eye(y_pred.shape[axis], dtype=y_pred.dtype)[y].movedim(-1, axis)


def as_index(y: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    """Indices as the sparse loss wants them."""
    return y


def draw_scores(rng: Rng, *shape: int) -> Tensor:
    """Up to 12 different positive numbers between 0.05 and 4.3 whose rows add up to anything."""
    return ((20 * draw_logits(rng, *shape)).round() + 43) / 20  # short decimals again


KERAS_SHAPES = (
    *(((3,), -1), ((2, 3), -1), ((2, 3), 1), ((2, 3, 4), -1), ((3, 2), 0), ((2, 3, 4), 1), ((2, 3, 4), -2)),
    *(((2, 3, 3), 1), ((1, 2, 2, 2), 1), ((1, 3, 2, 2), -3), ((0, 3), -1), ((0, 3, 3), 1)),
)


def keras_inputs() -> Iterator[tuple[Tensor, Tensor, dict[str, Any]]]:
    """Predictions, indices and flags: shapes with axes × dtypes × from_logits; then rows that go below 0."""
    for dtype, (shape, axis), from_logits in product((torch.float32, torch.float64), KERAS_SHAPES, (False, True)):
        x = torch.linspace(-2.3, 1.9, int(np.prod(shape)), dtype=torch.float64).reshape(shape)
        places = x.select(axis, 0)
        y = torch.arange(places.numel()).reshape(places.shape) % shape[axis]
        for y_pred in (x.exp(), x.square()):
            yield y_pred.to(dtype), y, {"from_logits": from_logits, "axis": axis}
        first = x.index_fill(axis, tensor([0]), 2.0).index_fill(axis, tensor([1]), 0.0)  # a 0 in every row
        yield first.to(dtype), y, {"from_logits": from_logits, "axis": axis}
    for dtype in (torch.float32, torch.float64):
        rows = tensor([[3.0, 1.0, -2.0], [1.0, 0.0, 0.0], [0.0, 5.0, 0.0], [-1.0, -2.0, -3.0]], dtype=dtype)
        for y, from_logits in product((tensor([1, 1, 1, 1]), tensor([0, 0, 2, 0])), (False, True)):
            yield rows, y, {"from_logits": from_logits}
        yield tensor([[1000.0, 0.0], [-1000.0, 0.0]], dtype=dtype), tensor([1, 0]), {"from_logits": True}


def dense_cases() -> Iterator[Question]:
    """The inputs with one-hot, soft, unnormalised and integer targets × smoothing; then NaN and mixed dtypes."""
    for y_pred, y, flags in keras_inputs():
        axis = flags.get("axis", -1)
        hard = one_hot(y, y_pred, axis)
        soft = log_softmax_spec(hard + y_pred.flip(axis).tanh(), axis).exp()
        agreed = (0.0, 0.1, 1.0) if y_pred.shape[axis] == y_pred.shape[-1] else (0.0,)
        for smoothing, y_true in product(agreed, (hard, soft, 2 * soft)):
            yield Question((y_true, y_pred), {"label_smoothing": smoothing, **flags}, wrt=(0, 1))
        yield Question((hard.long(), y_pred), flags, wrt=(1,))
        yield Question((soft.float(), y_pred), flags, wrt=(0, 1))
        yield Question((soft.double(), y_pred), flags, wrt=(0, 1))
    for dtype in (torch.float32, torch.float64):
        eye, zeros = torch.eye(2, dtype=dtype), torch.zeros(2, 2, dtype=dtype)
        yield Question((eye, zeros))
        yield Question((eye, tensor([[1.0, 2.0], [nan, 1.0]], dtype=dtype)))
        yield Question((eye, tensor([[0.0, -inf], [-inf, -inf]], dtype=dtype)), {"from_logits": True})


def sparse_cases() -> Iterator[Question]:
    """The inputs with labels of several dtypes, squeezed or not × ignore_class; then NaN and what is ruled out."""
    for y_pred, y, flags in keras_inputs():
        column = y.unsqueeze(flags.get("axis", -1))
        for y_true in (y, y.int(), y.float(), column, column.int()):
            yield Question((y_true, y_pred), flags, wrt=(1,))
        for ignored in (0, 1, -1, 255):
            y_true = y.where(y != 1, ignored)
            yield Question((y_true, y_pred), {"ignore_class": ignored, **flags}, wrt=(1,))
    for dtype in (torch.float32, torch.float64):
        rows = tensor([[1.0, 2.0], [nan, nan], [0.0, 0.0]], dtype=dtype)
        for from_logits in (False, True):
            flags = {"ignore_class": 1, "from_logits": from_logits}
            yield Question((tensor([0, 1, 1]), rows), flags, wrt=(1,))
            yield Question((tensor([1, 1, 1]), rows), flags, wrt=(1,))
        yield Question((tensor([0, 1]), rows[1:]))
        yield Question((tensor([0]), tensor([[1.0, -inf]], dtype=dtype)), {"from_logits": True}, wrt=(1,))


def keras_checks(exercise: Exercise, truth: Loss) -> None:
    """What both of Keras's losses mean and owe; `truth(y, y_pred, axis)` makes `y_true` from indices."""
    spec = exercise.spec

    @exercise.check
    def share_of_a_half(f: Function, rng: Rng) -> None:
        """Of (¼, ½, ¼) the class with ½ costs 0.6931

        The truth comes first. Without `from_logits` the second argument holds probabilities.
        """
        p = tensor([[0.25, 0.5, 0.25]])
        same_value(f, spec, truth(tensor([1]), p), p)
        p = distribution(rng, 1, 3)
        same_value(f, spec, truth(indices(rng, 3, 1), p), p)

    @exercise.check
    def one_number_each(f: Function, rng: Rng) -> None:
        """One number for each sample, and no mean

        Only the class averages over the batch.
        """
        p = distribution(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), p), p)
        p = distribution(rng, 3, 3)
        same_value(f, spec, truth(indices(rng, 3, 3), p), p)

    @exercise.check
    def divided_by_the_sum(f: Function, rng: Rng) -> None:
        """What does not sum to 1 is divided by its sum: [1, 2, 1] costs 0.6931 too

        Divide first, then clip. [3, 1, -2] sums to 2, so class 1 has the share ½ again.
        """
        for row in ([1.0, 2.0, 1.0], [3.0, 1.0, -2.0]):
            same_value(f, spec, truth(tensor([1]), tensor([row])), tensor([row]))
        scores = draw_scores(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), scores), scores)

    @exercise.check
    def keras_logits(f: Function, rng: Rng) -> None:
        """With `from_logits` a softmax comes first: class 1 of [3, 1, -2] costs 2.1328"""
        x = tensor([[3.0, 1.0, -2.0]])
        same_value(f, spec, truth(tensor([1]), x), x, from_logits=True)
        x = draw_logits(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), x), x, from_logits=True)

    @exercise.check
    def certain_and_wrong(f: Function, rng: Rng) -> None:
        """Certain and wrong costs 16.1181 and no more: a share of 0 counts as 1e-7"""
        p = tensor([[1.0, 0.0, 0.0]])
        same_value(f, spec, truth(tensor([1]), p), p)
        p = tensor([[0.0, 3.0, 0.1 * int(rng.integers(1, 9))], [2.0, 0.0, 0.0]])
        same_value(f, spec, truth(tensor([0, 2]), p), p)

    @exercise.check
    def keras_gradient(f: Function, rng: Rng) -> None:
        """The gradient by y_pred is right, of shares and of logits

        The sum that divides depends on every class: it is part of the gradient.
        """
        y = indices(rng, 3, 2)
        scores, x = draw_scores(rng, 2, 3), draw_logits(rng, 2, 3)
        same_gradient(f, spec, truth(y, scores), scores, wrt=(1,))
        same_gradient(f, spec, truth(y, x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def no_slope_behind_the_clip(f: Function, rng: Rng) -> None:
        """Where the share was clipped the gradient is 0; logits keep theirs

        That is Keras's own behaviour: a sure mistake among probabilities is not repaired.
        """
        p = tensor([[5.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
        same_gradient(f, spec, truth(tensor([1, 0]), p), p, wrt=(1,))
        x = tensor([[25.0, 0.0, -1.0]])
        same_gradient(f, spec, truth(tensor([1]), x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def keras_axis(f: Function, rng: Rng) -> None:
        """The classes may lie along any `axis`"""
        scores, x = draw_scores(rng, 2, 3, 2), draw_logits(rng, 2, 3, 2)
        y = tensor([[0, 2], [2, 1]])
        for axis in (1, -2):
            same_gradient(f, spec, truth(y, scores, axis), scores, wrt=(1,), axis=axis)
            same_gradient(f, spec, truth(y, x, axis), x, wrt=(1,), axis=axis, from_logits=True)
        square = draw_scores(rng, 3, 3)
        same_value(f, spec, truth(tensor([0, 2, 1]), square, 0), square, axis=0)

    @exercise.parity
    def places_and_one_sample(f: Function, rng: Rng) -> None:
        """A class for every place, (N, T, C), and one sample without a batch, (C,)"""
        scores = draw_scores(rng, 2, 2, 3)
        same_value(f, spec, truth(tensor([[0, 2], [2, 1]]), scores), scores)
        same_value(f, spec, truth(tensor([[0, 2], [2, 1]]), scores), scores, from_logits=True)
        scores = draw_scores(rng, 3)
        same_value(f, spec, truth(indices(rng, 3), scores), scores)

    @exercise.parity
    def keras_extremes(f: Function, rng: Rng) -> None:
        """Logits of ±1000 give numbers, and are not clipped

        Take the largest logit away before `exp`, and form no probability before the logarithm.
        """
        big = 100.0 * int(rng.integers(8, 11))
        x = tensor([[big, 0.0], [-big, 0.0], [0.0, -big]])
        same_gradient(f, spec, truth(tensor([1, 0, 0]), x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def keras_bounds(f: Function, rng: Rng) -> None:
        """The bounds are 1e-7 and 1 - 1e-7, to the digit (float64)

        A perfect prediction costs 1e-7. Look for another bound, and for a number that is added in place of a clip.
        """
        p = tensor([[1.0, 0.0]], dtype=torch.float64)
        same_value(f, spec, truth(tensor([0]), p), p)
        same_value(f, spec, truth(tensor([1]), p), p)
        small = tensor([[1.0, 1e-7 * int(rng.integers(3, 9))]], dtype=torch.float64)
        same_value(f, spec, truth(tensor([1]), small), small)

    @exercise.parity
    def nothing_to_divide(f: Function, rng: Rng) -> None:
        """A row of zeros has no shares: NaN

        0/0 has no value, and Keras says so. A small number in the denominator hides a model that is dead.
        """
        p = tensor([[0.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
        same_value(f, spec, truth(tensor([1, 0]), p), p)

    @exercise.parity
    def keras_dtype(f: Function, rng: Rng) -> None:
        """The result has the dtype of y_pred, float32 or float64"""
        scores = draw_scores(rng, 2, 3)
        for y_pred, from_logits in product((scores, scores.double()), (False, True)):
            y_true = truth(tensor([2, 0]), y_pred)
            same_dtype(f, spec, y_true, y_pred, dtype=y_pred.dtype, from_logits=from_logits)

    @exercise.parity
    def keras_scaled(f: Function, rng: Rng) -> None:
        """The gradient passes on what comes from above, in a batch of one and of none as well"""
        scores = draw_scores(rng, 1, 3)
        same_gradient(f, spec, truth(tensor([1]), scores), scores, wrt=(1,), scale=3.0)
        none, nobody = torch.empty(0, 3), torch.empty(0, dtype=torch.int64)
        same_value(f, spec, truth(nobody, none), none)


keras_categorical_crossentropy = Exercise(
    "keras_categorical_crossentropy",
    dense_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=keras_twin("categorical_crossentropy"),
    cases=dense_cases,
    idea="Without from_logits any numbers are made shares and clipped: nothing complains, and slopes vanish.",
    hints=(
        "Write ln p first, in two ways: for logits your `log_softmax` along `axis`, for the rest a share of the sum.",
        "Divide, then clip to [1e-7, 1 - 1e-7], then take the logarithm. Logits are not clipped.",
        "Smooth the target: (1 - α) of it, and α/K everywhere. Then sum over `axis`, and take no mean.",
        "The dtype is that of `y_pred`: convert `y_true`, which may hold integers. Shapes that differ are an error.",
    ),
)

keras_checks(keras_categorical_crossentropy, one_hot)


@keras_categorical_crossentropy.check
def dense_soft(f: Function, rng: Rng) -> None:
    """The target may be any distribution"""
    same_value(f, dense_spec, tensor([[0.75, 0.25]]), tensor([[0.5, 0.5]]))
    same_value(f, dense_spec, distribution(rng, 2, 3), distribution(rng, 2, 3))
    same_value(f, dense_spec, distribution(rng, 2, 3), draw_logits(rng, 2, 3), from_logits=True)


@keras_categorical_crossentropy.check
def dense_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` spreads α evenly over all classes, with shares and with logits"""
    y, scores, x = one_hot(indices(rng, 3, 2), torch.empty(2, 3)), draw_scores(rng, 2, 3), draw_logits(rng, 2, 3)
    for smoothing in (0.3, 1.0):
        same_value(f, dense_spec, y, scores, label_smoothing=smoothing)
        same_value(f, dense_spec, y, x, from_logits=True, label_smoothing=smoothing)


@keras_categorical_crossentropy.parity
def dense_pairs(f: Function, rng: Rng) -> None:
    """Smoothing of soft targets, beside a share of 0, and along `axis`"""
    q = distribution(rng, 2, 3)
    same_gradient(f, dense_spec, q, draw_scores(rng, 2, 3), wrt=(1,), label_smoothing=0.2)
    same_value(f, dense_spec, q[:1], tensor([[3.0, 0.0, 1.0]]), label_smoothing=0.2)
    x, q = draw_logits(rng, 1, 3, 3), distribution(rng, 1, 3, 3).movedim(-1, 1)
    same_gradient(f, dense_spec, q, x, wrt=(1,), label_smoothing=0.2, axis=1, from_logits=True)


@keras_categorical_crossentropy.parity
def dense_as_it_stands(f: Function, rng: Rng) -> None:
    """The target is taken as it stands, though it sums to 3"""
    same_value(f, dense_spec, tensor([[2.0, 0.0, 1.0]]), draw_scores(rng, 1, 3))
    same_value(f, dense_spec, tensor([[2.0, 0.0, 1.0]]), draw_logits(rng, 1, 3), from_logits=True)


@keras_categorical_crossentropy.parity
def dense_by_truth(f: Function, rng: Rng) -> None:
    """A gradient by y_true as well, with both ways of reading y_pred"""
    for from_logits in (False, True):
        args = distribution(rng, 2, 3), draw_scores(rng, 2, 3)
        same_gradient(f, dense_spec, *args, wrt=(0, 1), from_logits=from_logits, label_smoothing=0.2)


@keras_categorical_crossentropy.parity
def dense_converts(f: Function, rng: Rng) -> None:
    """y_true takes the dtype of y_pred, integers and float64 alike"""
    scores = draw_scores(rng, 2, 3)
    same_dtype(f, dense_spec, tensor([[0, 1, 0], [1, 0, 0]]), scores, dtype=torch.float32)
    same_dtype(f, dense_spec, distribution(rng, 2, 3).double(), scores, dtype=torch.float32)
    same_dtype(f, dense_spec, distribution(rng, 2, 3), scores.double(), dtype=torch.float64)


@keras_categorical_crossentropy.parity
def dense_shapes(f: Function, rng: Rng) -> None:
    """Shapes that differ are refused, though they would broadcast

    (3,) against (N, 3) is one target for all samples, or a mistake. Keras says ValueError.
    """
    refuses(f, tensor([0.0, 1.0, 0.0]), draw_scores(rng, 2, 3))
    refuses(f, tensor([[0.0], [1.0]]), draw_scores(rng, 2, 3))


keras_sparse_categorical_crossentropy = Exercise(
    "keras_sparse_categorical_crossentropy",
    sparse_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=keras_twin("sparse_categorical_crossentropy"),
    cases=sparse_cases,
    idea="The sparse loss picks what the dense one multiplies, and what is ignored costs 0 and moves nothing.",
    hints=(
        "ln p is made as in the dense loss. Then pick: `gather` along `axis`, with the labels unsqueezed there.",
        "`gather` wants int64 and a class everywhere: put one in where `ignore_class` stands, and 0 in the result.",
        "A row that is ignored may hold NaN or zeros. Put harmless numbers into it before anything is divided.",
        "`y_true` may come as (N, 1): squeeze `axis`, and only that. `ignore_class` may be 0: ask whether it is None.",
    ),
)

keras_checks(keras_sparse_categorical_crossentropy, as_index)


@keras_sparse_categorical_crossentropy.check
def sparse_ignore(f: Function, rng: Rng) -> None:
    """Samples of `ignore_class` cost 0 and keep their place

    The function returns a number for every sample; only the class leaves them out of its mean.
    """
    scores, x = draw_scores(rng, 3, 3), draw_logits(rng, 3, 3)
    for y, ignored in ((tensor([0, 2, 1]), 2), (tensor([2, 0, 1]), 0)):
        same_value(f, sparse_spec, y, scores, ignore_class=ignored)
        same_value(f, sparse_spec, y, x, ignore_class=ignored, from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_columns(f: Function, rng: Rng) -> None:
    """Labels may come as a column: (N, 1), (N, T, 1), (1, 1)

    Squeeze the dimension of the classes, and no other: a batch of one stays a batch.
    """
    scores = draw_scores(rng, 3, 3)
    same_value(f, sparse_spec, tensor([[0], [2], [1]]), scores)
    same_value(f, sparse_spec, tensor([[0], [2], [1]]), scores, ignore_class=2)
    same_value(f, sparse_spec, tensor([[1]]), scores[:1], from_logits=True)
    places = draw_scores(rng, 1, 3, 2)
    same_value(f, sparse_spec, tensor([[[0], [1], [1]]]), places)
    same_value(f, sparse_spec, tensor([[[0, 2]]]), places, axis=1)


@keras_sparse_categorical_crossentropy.parity
def sparse_no_class(f: Function, rng: Rng) -> None:
    """`ignore_class` may be no class at all: -1 or 255, with or without `from_logits`"""
    scores = draw_scores(rng, 3, 3)
    for ignored, from_logits in product((-1, 255), (False, True)):
        y = tensor([2, ignored, 0])
        same_gradient(f, sparse_spec, y, scores, wrt=(1,), ignore_class=ignored, from_logits=from_logits)
    same_value(f, sparse_spec, tensor([[0, -1], [1, 0]]), draw_scores(rng, 2, 2, 2), ignore_class=-1, axis=1)


@keras_sparse_categorical_crossentropy.parity
def sparse_all_ignored(f: Function, rng: Rng) -> None:
    """Where everything is ignored there are zeros, never NaN; then one that counts"""
    scores = draw_scores(rng, 2, 3)
    same_value(f, sparse_spec, tensor([2, 2]), scores, ignore_class=2)
    same_value(f, sparse_spec, tensor([2, 1]), scores, ignore_class=2)


@keras_sparse_categorical_crossentropy.parity
def sparse_ignored_nan(f: Function, rng: Rng) -> None:
    """What is ignored has no influence, on the gradient neither: NaN, and rows of zeros

    `torch.where` behind the division is too late for the gradient. Choose before anything is computed.
    """
    rows = tensor([[1.0, 2.0], [nan, nan], [0.0, 0.0]])
    for from_logits in (False, True):
        same_gradient(f, sparse_spec, tensor([0, 1, 1]), rows, wrt=(1,), ignore_class=1, from_logits=from_logits)


@keras_sparse_categorical_crossentropy.parity
def sparse_ruled_out(f: Function, rng: Rng) -> None:
    """A logit of -inf beside the label costs nothing

    0 · (-inf) is NaN: pick by index, and multiply with no one-hot row.
    """
    same_gradient(f, sparse_spec, tensor([0]), tensor([[1.0, -inf, 0.0]]), wrt=(1,), from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_label_dtypes(f: Function, rng: Rng) -> None:
    """Labels may be int32, uint8 or floats

    Keras's own class hands them over as float32.
    """
    scores = draw_scores(rng, 2, 3)
    for dtype in (torch.int32, torch.uint8, torch.float32):
        same_dtype(f, sparse_spec, tensor([2, 0], dtype=dtype), scores, dtype=torch.float32)
        same_value(f, sparse_spec, tensor([2, 0], dtype=dtype), scores, ignore_class=2, from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_refuses(f: Function, rng: Rng) -> None:
    """A label that is no class is an error, and so is a one-hot row"""
    scores = draw_scores(rng, 2, 3)
    refuses(f, tensor([0, 3]), scores)
    refuses(f, tensor([0, -1]), scores)
    refuses(f, tensor([[0, 1, 0], [1, 0, 0]]), scores)
    refuses(f, tensor([0]), scores)
