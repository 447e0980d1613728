"""The cosine with its sign turned: `keras_cosine_similarity`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    detached,
    dtype_of_y_pred,
    keras_twin,
    other_default,
    same_gradient,
    same_value,
    wider_dtype,
)
from coursekit.graders.embeddings.common import READY_MADE, angled

BANDS = ((0.3, 0.9), (-0.8, -0.3))


def spec(y_true: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    """-cos; a vector is divided by its length, or by 1e-7 if it is shorter."""
    return unit_product(y_true, y_pred, axis)


def length(x: Tensor, axis: int) -> Tensor:
    """Euclid's length of the vectors along the axis."""
    norm: Tensor = torch.linalg.vector_norm(x, dim=axis)
    return norm


def unit_product(y_true: Tensor, y_pred: Tensor, axis: int = -1, least: float = 1e-7) -> Tensor:
    """Minus the product of the two unit vectors."""
    y_true = y_true.to(y_pred.dtype)
    lengths = [length(x, axis).clamp(min=least) for x in (y_true, y_pred)]
    return -(y_true * y_pred).sum(axis) / lengths[0] / lengths[1]


def cases() -> Iterator[Question]:
    """Shapes × axes with both gradients; then short vectors, vectors of zeros, integers.

    No case has y_pred in float64, which Keras takes through float32. None asks for the gradient by a vector of zeros,
    or by one whose square underflows: Keras's is NaN on torch, since it multiplies the infinite slope of 1/√0 by 0. And
    none has unlike ranks: the two vectors of a pair are of one shape in all that the lesson does.
    """
    for shape, axes in (
        ((3,), (-1, 0)),
        ((2, 3), (-1, 0, 1)),
        ((3, 3), (0, 1)),
        ((2, 3, 2), (-1, 1, -3)),
        ((0, 3), (1,)),
    ):
        y_true = torch.linspace(0.7, -3.1, math.prod(shape)).reshape(shape)
        y_pred = torch.linspace(2.3, 0.2, math.prod(shape)).cos().reshape(shape)
        for axis in axes:
            yield Question((y_true, y_pred), {"axis": axis}, wrt=(0, 1))
        yield Question((y_true, y_pred), wrt=(0, 1))
        yield Question((y_true, y_true.clone()), wrt=(0, 1))
        yield Question((y_true.double(), y_pred))
    for x, y in (([3e-8, 4e-8], [1.0, 2.0]), ([3.0, 4.0], [5e-8, -2e-8]), ([6e-7, 8e-7], [1.0, 1.0])):
        yield Question((tensor([x]), tensor([y])), wrt=(0, 1))
    yield Question((tensor([[0.0, 0.0], [1.0, 2.0]]), tensor([[1.0, 2.0], [0.0, 0.0]])))
    yield Question((tensor([0.0, 0.0]), tensor([1.0, 2.0])), wrt=(1,))
    yield Question((tensor([[1, 0], [3, 4]]), tensor([[0.5, 2.5], [2.25, 3.0]])), wrt=(1,))


keras_cosine_similarity = Exercise(
    "keras_cosine_similarity",
    spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("cosine_similarity"),
    cases=cases,
    idea="The cosine sees the direction and not the length. Keras turns its sign: less is better, -1 is best.",
    hints=(
        "The cosine is the dot product of the two vectors over the product of their lengths. Then turn its sign.",
        "Each length is a root of a sum of squares along `axis`. Nothing else is summed or averaged: one number a "
        "pair.",
        "A length of 0 would give 0/0. `clamp(min=1e-7)` keeps a length away from it; the cosine is then 0.",
    ),
)


@keras_cosine_similarity.check
def three_angles(f: Function, rng: Rng) -> None:
    """A right angle gives 0, one direction -1, opposite directions 1

    The length of neither vector counts. Less is better, so the best is -1.
    """
    y_true = tensor([[0.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    same_value(f, spec, y_true, tensor([[1.0, 0.0], [2.0, 2.0], [-3.0, -3.0]]))
    same_value(f, spec, *angled(rng, *BANDS))


@keras_cosine_similarity.check
def one_vector(f: Function, rng: Rng) -> None:
    """A single pair gives a single number; (3, 4) and (4, 3) give -0.96"""
    same_value(f, spec, tensor([3.0, 4.0]), tensor([4.0, 3.0]))
    y_true, y_pred = angled(rng, BANDS[0])
    same_value(f, spec, y_true[0], y_pred[0])


@keras_cosine_similarity.check
def along_an_axis(f: Function, rng: Rng) -> None:
    """`axis` says along which dimension a vector lies"""
    y_true, y_pred = angled(rng, (0.3, 0.6), (0.65, 0.9), (-0.8, -0.3))  # square, so that a wrong axis is no error
    for axis in (0, 1, -1):
        same_value(f, spec, y_true, y_pred, axis=axis)
    same_value(f, spec, y_true.reshape(3, 3, 1), y_pred.reshape(3, 3, 1), axis=1)


@keras_cosine_similarity.check
def zeros_have_no_direction(f: Function, rng: Rng) -> None:
    """A vector of zeros gives 0, on either side"""
    y_true, y_pred = angled(rng, BANDS[0], BANDS[1], (0.3, 0.9))
    zero = torch.zeros(1, 3)
    same_value(f, spec, torch.cat([zero, y_true[1:]]), y_pred)
    same_value(f, spec, y_true, torch.cat([y_pred[:2], zero]))


@keras_cosine_similarity.check
def keras_cosine_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to y_pred and y_true

    It turns the vector and never stretches it: it stands at a right angle to it.
    """
    same_gradient(f, spec, *angled(rng, *BANDS), wrt=(1, 0), scale=3.0)


@keras_cosine_similarity.parity
def short_vectors(f: Function, rng: Rng) -> None:
    """What is shorter than 1e-7 is divided by 1e-7

    Each vector for itself. Look for a small number that is added in place of a bound, or for another bound.
    """
    along = tensor([[1.0, 0.0]])
    same_value(f, spec, 1e-9 * tensor([[3.0, 4.0]]), along)
    same_value(f, spec, 1e-8 * tensor([[3.0, 4.0]]), along)
    same_value(f, spec, along, 1e-8 * tensor([[4.0, -3.0]]))
    same_value(f, spec, 1e-7 * tensor([[3.0, 4.0]]), 10 * along)
    same_value(f, spec, 2e-7 * along, 1e-8 * tensor([[3.0, 4.0]]))
    same_gradient(f, spec, along, 1e-8 * tensor([[3.0, 4.0]]), wrt=(0, 1))
    same_gradient(f, spec, 1e-8 * tensor([[3.0, 4.0]]), along, wrt=(0, 1))


dtype_of_y_pred(
    keras_cosine_similarity, lambda rng: angled(rng, *BANDS), lambda y_true: (tensor([[2, 3, -1], [1, 4, 0]]),)
)


wrong = keras_cosine_similarity.misconceptions


def of_one_dtype(formula: Loss) -> Loss:
    """A loss of `formula(y_true, y_pred, axis)`, with y_true in the dtype of y_pred."""
    return lambda y_true, y_pred, axis=-1: formula(y_true.to(y_pred.dtype), y_pred, axis)


wrong.table(
    of_one_dtype,
    sign_kept=(
        "This is the cosine, 1 for one direction. Keras's is a loss, so that less must be better: it turns the sign, "
        "and the best is -1.",
        lambda x, y, axis: -spec(x, y, axis),
        "K11",
    ),
    distance_from_one=(
        "This is 1 - cos, whose best is 0. Keras's loss is -cos: its best is -1, and 0 is a right angle.",
        lambda x, y, axis: 1 + spec(x, y, axis),
        "K11",
    ),
    angle=(
        "This is the angle itself, in radians. The cosine is a dot product over two lengths.",
        lambda x, y, axis: (-spec(x, y, axis)).clamp(-1, 1).arccos(),
    ),
    sign_lost=(
        "The sign of the cosine is lost: opposite directions came out as the best of all.",
        lambda x, y, axis: -spec(x, y, axis).abs(),
    ),
    dot_product=(
        "The lengths are missing: a dot product grows with the vectors. Divide by both lengths.",
        lambda x, y, axis: -(x * y).sum(axis),
    ),
    only_pred_normalised=(
        "Only y_pred is divided by its length. A cosine has both lengths below the line.",
        lambda x, y, axis: spec(x, y, axis) * length(x, axis),
    ),
    only_true_normalised=(
        "Only y_true is divided by its length. A cosine has both lengths below the line.",
        lambda x, y, axis: spec(x, y, axis) * length(y, axis),
    ),
)


@wrong("The roots are missing: this divides by the squared lengths.")
def squared_lengths(y_true: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    lengths = length(y_true.to(y_pred.dtype), axis) * length(y_pred, axis)
    return spec(y_true, y_pred, axis) / lengths.clamp(min=1e-7)


wrong.table(
    of_one_dtype,
    manhattan_length=(
        "Each vector is divided by the sum of the sizes of its numbers. The length of a cosine is Euclid's: squares, "
        "root.",
        lambda x, y, axis: -(x * y).sum(axis) / x.abs().sum(axis).clamp(min=1e-7) / y.abs().sum(axis).clamp(min=1e-7),
    ),
    centred=(
        "The mean of each vector is taken off first: this is minus the correlation. The cosine measures from the "
        "origin.",
        lambda x, y, axis: spec(x - x.mean(axis, keepdim=True), y - y.mean(axis, keepdim=True), axis),
    ),
    averaged=(
        "The products are averaged along the axis. The dot product is a sum.",
        lambda x, y, axis: spec(x, y, axis) / y.shape[axis],
    ),
    batch_averaged=(
        "The mean over the batch is taken. Keras's function keeps one number per pair, and its class averages them.",
        lambda x, y, axis: spec(x, y, axis).mean(),
    ),
    axis_ignored=(
        "`axis` is not used: the last dimension is taken whatever was asked for.",
        lambda x, y, axis: spec(x, y),
    ),
)
other_default(
    wrong,
    "axis_zero_by_default",
    "Where no `axis` is given, it is 0 here. Vectors lie in the last dimension unless another is named.",
    axis=0,
)
wrong.table(
    of_one_dtype,
    dimension_kept=(
        "The dimension along which the vectors lie is left over with size 1. The sum should drop it.",
        lambda x, y, axis: spec(x, y, axis).unsqueeze(axis),
    ),
    zeros_unguarded=(
        "A vector of zeros gives NaN, 0/0. Keep the lengths at 1e-7 or above.",
        lambda x, y, axis: unit_product(x, y, axis, least=0.0),
    ),
    zeros_are_right=(
        "A vector of zeros gives -1, as if it pointed the right way. It has no direction: Keras gives 0.",
        lambda x, y, axis: torch.where((length(x, axis) == 0) | (length(y, axis) == 0), -1.0, spec(x, y, axis)),
    ),
    bound_of_torch=(
        "The bound of a length is 1e-8, as in torch's `cosine_similarity`. Keras's is 1e-7.",
        lambda x, y, axis: unit_product(x, y, axis, least=1e-8),
    ),
    bound_of_normalize=(
        "The bound of a length is 1e-12, as in torch's `normalize`. Keras's is 1e-7.",
        lambda x, y, axis: unit_product(x, y, axis, least=1e-12),
    ),
    added_to_length=(
        "1e-7 is added to each length. It is a bound: lengths above it stay as they are.",
        lambda x, y, axis: -(x * y).sum(axis) / (length(x, axis) + 1e-7) / (length(y, axis) + 1e-7),
    ),
    added_to_square=(
        "1e-12 is added to each squared length, as in torch's `cosine_embedding_loss`. Keras has a bound of 1e-7.",
        lambda x, y, axis: (
            -(x * y).sum(axis) / ((x.square().sum(axis) + 1e-12) * (y.square().sum(axis) + 1e-12)).sqrt()
        ),
    ),
    bound_on_square=(
        "The bound of 1e-7 is on the squared length. It is on the length, so 1e-14 on its square.",
        lambda x, y, axis: (
            -(x * y).sum(axis)
            / x.square().sum(axis).clamp(min=1e-7).sqrt()
            / y.square().sum(axis).clamp(min=1e-7).sqrt()
        ),
    ),
    bound_on_product=(
        "The bound is on the product of the two lengths. Keras bounds each for itself.",
        lambda x, y, axis: -(x * y).sum(axis) / (length(x, axis) * length(y, axis)).clamp(min=1e-7),
    ),
)
wider_dtype(wrong)
detached(
    wrong,
    "y_true",
    "No gradient flows to y_true. Keras's does: where both are embeddings, both have to move.",
    "truth_detached",
)
