"""The replacement of torch's `entr`: what it owes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, Rng, same_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import distribution
from coursekit.graders.entropy.common import MASKED_TOO_LATE, PADDED, READY_MADE, ln
from coursekit.wire import Question


def entr_spec(input: Tensor) -> Tensor:
    """-x ln x for x > 0; 0 at 0; -inf below; NaN stays NaN."""
    value = torch.where(input < 0, -inf, -input.where(input > 0, 1.0) * ln(input))
    return value.where(~input.isnan(), input)


def entr_cases() -> Iterator[Question]:
    """Shapes × dtypes, with gradients; then the edges.

    torch's own slope at 0 is +inf and below 0 it is NaN; a mask gives 0. Neither matters to a value, so the edges are
    compared in value only.
    """
    for dtype in (torch.float32, torch.float64):
        for shape in ((), (3,), (2, 3), (0,), (2, 0)):
            x = torch.linspace(0.1, 1.7, math.prod(shape), dtype=dtype).reshape(shape)
            yield Question((x,), wrt=(0,))
        yield Question((tensor([0.0, -0.0, 1.0, -0.5, -inf, inf, nan, 1e-30], dtype=dtype),))


entr = Exercise(
    "entr",
    entr_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=torch.special.entr,
    cases=entr_cases,
    idea="A drop-in replacement also answers for inputs that should not happen, and lets a NaN be seen.",
    hints=(
        "There are four kinds of x: positive, zero, negative, NaN. Write down what each should give.",
        "`nan_to_num` hides every NaN, also the one that was in the input and should be seen.",
        "Compute -s ln s for a safe s first, then choose with `torch.where` for x < 0 and for NaN.",
    ),
)


@entr.check
def elementwise(f: Function, rng: Rng) -> None:
    """Each element by itself, in any shape"""
    same_value(f, entr_spec, tensor(0.5))
    same_value(f, entr_spec, distribution(rng, 3))
    same_value(f, entr_spec, distribution(rng, 2, 3))


@entr.check
def zero_beside(f: Function, rng: Rng) -> None:
    """0 gives 0, and no NaN in the gradient

    If a NaN stands in the gradient, mask the input of the logarithm, not its output.
    """
    x = tensor([0.25, 0.0])
    same_value(f, entr_spec, x)
    same_gradient(f, entr_spec, x, free=x == 0)


@entr.check
def entr_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, entr_spec, distribution(rng, 2, 3))


@entr.parity
def negative_input(f: Function, rng: Rng) -> None:
    """A negative input gives -inf"""
    same_value(f, entr_spec, tensor([-0.5, 0.5]))


@entr.parity
def nan_is_seen(f: Function, rng: Rng) -> None:
    """A NaN in the input stays a NaN

    A NaN says that something went wrong earlier. Hiding it moves the search to the wrong place.
    """
    same_value(f, entr_spec, tensor([0.5, nan]))


@entr.parity
def entr_exact(f: Function, rng: Rng) -> None:
    """Exact in float64, and float32 stays float32

    Look for a small number added inside the logarithm, or a clamp.
    """
    tiny = tensor([10.0 ** -int(rng.integers(7, 10)), 0.5], dtype=torch.float64)
    same_dtype(f, entr_spec, tiny)
    same_gradient(f, entr_spec, tiny)
    same_dtype(f, entr_spec, distribution(rng, 3))


entr.misconceptions.table(
    entr_nan_at_zero=(
        "0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from 0.",
        lambda x: -x * x.log(),
        "I1",
    ),
    entr_masked_too_late=(MASKED_TOO_LATE, lambda x: torch.where(x == 0, 0.0, -x * x.log()), "I2"),
    entr_nan_hidden=(
        "A NaN of the input is hidden: `nan_to_num` does that, and so does a mask that asks for x > 0, or to "
        "drop every NaN. It should be seen.",
        lambda x: entr_spec(x.nan_to_num()),
        "I3",
    ),
    entr_zero_below=(
        "This gives 0 for a negative input. torch gives -inf, so that an impossible probability is noticed.",
        lambda x: -x.where(x > 0, 1.0) * ln(x) + 0 * x,
    ),
    entr_negative=(
        "The minus sign is missing: this is x ln x. `entr` is -x ln x.",
        lambda x: -entr_spec(x),
    ),
    entr_summed=("This sums the terms. `entr` gives one value for each element.", lambda x: entr_spec(x).sum()),
    entr_padded=(PADDED, lambda x, *, eps=1e-8: -x * (x + eps).log(), "I6"),
    entr_clipped=(PADDED, lambda x, *, eps=1e-8: -x * x.clamp(min=eps).log(), "I6"),
)
entr.misconceptions.table(
    entr_nan_below=(
        "A negative input gives NaN. torch gives -inf: the mask of the zeros is not enough.",
        (
            lambda x: torch.where(x == 0, 0.0, -x * x.where(x != 0, 1.0).log()),
            lambda x: entr_spec(x).where(x >= 0, nan),
        ),
    ),
    entr_inf_below=("A negative input gives +inf. torch gives -inf.", lambda x: entr_spec(x).where(~(x < 0), inf)),
    entr_size=(
        "The size of a negative input is taken. torch gives -inf there.",
        (lambda x: entr_spec(x.abs()), lambda x: -x * ln(x.abs())),
    ),
    entr_of_the_rest=(
        "The logarithm is of 1 - x. It is of x itself.",
        (lambda x: -x * (1 - x).log(), lambda x: -(1 - x) * (1 - x).log()),
    ),
    entr_yes_or_no=(
        "1 - x has a term of its own here, as in the entropy of yes or no. `entr` is -x ln x alone.",
        lambda x: entr_spec(x) + entr_spec(1 - x),
    ),
    entr_bits=("This is in bits. `entr` has the natural logarithm.", lambda x: entr_spec(x) / math.log(2)),
    entr_surprise=("This is -ln x, without the factor x.", lambda x: -x.log()),
    entr_rows_added=(
        "This sums over the last dimension. `entr` gives one value for each element.",
        lambda x: entr_spec(x).sum(-1),
    ),
)
entr.misconceptions.table(
    entr_inf_at_zero=(
        "0 gives -inf, as what is below it. 0 · ln 0 counts as 0.",
        lambda x: entr_spec(x).where(x != 0, -inf),
    ),
    entr_one_at_zero=("0 gives 1. 0 · ln 0 counts as 0.", lambda x: entr_spec(x).where(x != 0, 1.0)),
)
