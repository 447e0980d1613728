"""Lining up (N,) and (N, 1): `keras_align`."""

from __future__ import annotations

from torch import Tensor

from coursekit.exercise import Exercise, Function, Rng, same_value
from coursekit.graders.regression.common import pair


def align_spec(x: Tensor, other: Tensor) -> Tensor:
    """X with a last dimension of size 1 added or removed, where Keras does so."""
    if x.shape[1:] == () and x.ndim == 1 and other.ndim == 2 and other.shape[1] == 1:
        return x.reshape(-1, 1)
    if x.ndim == other.ndim + 1 and x.ndim > 2 and x.shape[-1] == 1:
        return x.reshape(x.shape[:-1])
    return x


keras_align = Exercise(
    "keras_align",
    align_spec,
    points=1,
    idea="Keras puts (N,) beside (N, 1) as a column; torch would broadcast the two to N × N.",
    hints=(
        "Two cases change x, everything else returns it as it is. Write down the number of dimensions of x and other "
        "in each case.",
        "`x.unsqueeze(-1)` adds a last dimension of size 1, `x.squeeze(-1)` takes it away. The second case needs "
        "other to have one dimension less than x, but more than one.",
    ),
)


@keras_align.check
def row_beside_column(f: Function, rng: Rng) -> None:
    """(3,) beside (3, 1) becomes (3, 1), and the column stays as it is"""
    x, other = pair(rng, 3)
    same_value(f, align_spec, x, other[:, None])
    same_value(f, align_spec, x[:, None], other)


@keras_align.check
def last_one_dropped(f: Function, rng: Rng) -> None:
    """(2, 3, 1) beside (2, 3) becomes (2, 3), and the other stays as it is"""
    x, other = pair(rng, 2, 3)
    same_value(f, align_spec, x[..., None], other)
    same_value(f, align_spec, x, other[..., None])
    same_value(f, align_spec, x[..., None, None], other[..., None])


@keras_align.check
def left_alone(f: Function, rng: Rng) -> None:
    """Any other two shapes are left alone"""
    x, other = pair(rng, 4)
    same_value(f, align_spec, x[:, None], other[:, None])
    same_value(f, align_spec, x, other)
    same_value(f, align_spec, x[:2], other.reshape(2, 2))
    same_value(f, align_spec, x.reshape(2, 2), other[:2])
    same_value(f, align_spec, x[:, None, None], other)
    same_value(f, align_spec, x, other[:, None, None])
    same_value(f, align_spec, x.reshape(2, 2, 1), other.reshape(2, 2, 1))
    same_value(f, align_spec, x, other[:, None])  # and these are changed, so that doing nothing is no answer


wrong = keras_align.misconceptions
wrong.table(
    never_aligned=(
        "x comes back as it was. Where (N,) meets (N, 1), torch would broadcast to (N, N).",
        lambda x, other: x * 1,
    ),
    always_squeezed=(
        "Every dimension of size 1 is dropped, whatever the other's shape. Only a lonely last one is.",
        lambda x, other: x.squeeze(),
    ),
    squeezed_last=(
        "A last dimension of size 1 is dropped although the other has one as well. Compare the numbers of dimensions.",
        lambda x, other: x.squeeze(-1) if x.ndim > 1 else align_spec(x, other),
    ),
)


@wrong("A column (N, 1) beside (N,) is flattened. Keras does it the other way: (N,) becomes a column.")
def column_flattened(x: Tensor, other: Tensor) -> Tensor:
    if x.ndim == 1:
        return x * 1
    return x.squeeze(-1) if x.ndim == 2 and other.ndim == 1 else align_spec(x, other)


@wrong("All dimensions of size 1 are dropped beside a shorter other. Only a last one is, and of a column none.")
def all_ones_dropped(x: Tensor, other: Tensor) -> Tensor:
    return x.squeeze() if x.ndim == other.ndim + 1 and x.shape[-1] == 1 else align_spec(x, other)


wrong.table(
    always_extended=(
        "(N, M) beside (N, M, 1) gets a third dimension. From two dimensions on Keras does it the other way: the "
        "longer one loses its last.",
        lambda x, other: x.unsqueeze(-1) if other.ndim == x.ndim + 1 and other.shape[-1] == 1 else x * 1,
    ),
    extended_beside_any_matrix=(
        "(N,) gets a last dimension beside any matrix. Keras asks whether the matrix has a single column; beside "
        "others it leaves (N,) alone.",
        lambda x, other: x.unsqueeze(-1) if x.ndim == 1 and other.ndim == 2 else align_spec(x, other),
    ),
    any_size_counts=(
        "A dimension is added or taken away wherever the numbers of dimensions differ. Only one is, if it is the last "
        "and of size 1.",
        (
            lambda x, other: x.squeeze() if x.ndim > other.ndim else x[..., None] if x.ndim < other.ndim else x * 1,
            lambda x, other: x.squeeze(-1) if x.ndim > other.ndim else x[..., None] if x.ndim < other.ndim else x * 1,
        ),
    ),
    reshaped_as_other=(
        "x takes on the shape of the other. Only a last dimension of size 1 comes or goes.",
        lambda x, other: x.reshape(other.shape) if x.numel() == other.numel() else x * 1,
    ),
)


@wrong("(N,) becomes a row (1, N). Beside a column that broadcasts to N × N: it must become a column.")
def made_a_row(x: Tensor, other: Tensor) -> Tensor:
    column = x.ndim == 1 and other.ndim == 2 and other.shape[-1] == 1
    return x.unsqueeze(0) if column else align_spec(x, other)
