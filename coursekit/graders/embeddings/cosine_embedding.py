"""Directions drawn together or apart: `cosine_embedding_loss`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Question,
    Rng,
    refuses,
    same_gradient,
    same_value,
    torch_twin,
)
from coursekit.graders.embeddings.common import DTYPES, READY_MADE, angled, drop_in_parity, shuffled
from coursekit.graders.embeddings.cosine_embedding_mistakes import MISTAKES
from coursekit.graders.embeddings.cosine_embedding_spec import spec

# a pair that belongs together, near and far; one that does not, near and far
BANDS = ((0.4, 0.9), (-0.8, -0.4), (0.5, 0.9), (-0.8, -0.3))
SENSE = (1.0, 1.0, -1.0, -1.0)


def cases() -> Iterator[Question]:
    """Reductions × margins × shapes × dtypes with both gradients; then right angles, zeros, short vectors."""
    for reduction, margin, dtype in product(REDUCTIONS, (0.0, 0.3, -0.4, 1.0), DTYPES):
        flags = {"margin": margin, "reduction": reduction}
        for rows, size in ((4, 3), (4, 4), (1, 3), (0, 3), (4, 1)):
            input1 = torch.linspace(-3, 2.5, rows * size, dtype=dtype).reshape(rows, size)
            input2 = (2 * input1).cos()
            for signs in ((1, -1, -1, 1), (0, 1, 2, -1)):
                yield Question((input1, input2, tensor(signs[:rows])), flags, wrt=(0, 1))
            yield Question((input1, input2, tensor([-1.0])), flags, wrt=(0, 1))
            yield Question((input1, input1.flip(-1), torch.ones(rows)), flags, wrt=(0, 1))
        for sign in (1.0, -1.0, 0.0):
            yield Question(
                (tensor([1.0, 2.0], dtype=dtype), tensor([2.0, 0.5], dtype=dtype), tensor(sign)), flags, wrt=(0, 1)
            )
    for dtype, sign in product(DTYPES, (1, -1, 0)):
        for x, y in (
            ([0.0, 2.0], [3.0, 0.0]),  # a right angle: exactly at a margin of 0
            ([0.0, 0.0], [3.0, 4.0]),
            ([3.0, 4.0], [0.0, 0.0]),
            ([0.0, 0.0], [0.0, 0.0]),
            ([1e-7, 0.0], [1.0, 1.0]),
            ([3e-6, 4e-6], [-1.0, 2.0]),
            ([1.0, 1.0], [1.0, 1.0]),
            ([1.0, 1.0], [-2.0, -2.0]),
        ):
            args = (tensor([x], dtype=dtype), tensor([y], dtype=dtype), tensor([sign]))
            yield Question(args, {"reduction": "sum"}, wrt=(0, 1))


cosine_embedding_loss = Exercise(
    "cosine_embedding_loss",
    spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.cosine_embedding_loss, "margin", "reduction", tensors=3),
    cases=cases,
    idea="Pairs are turned towards each other, or apart until their cosine is the margin. Lengths are left alone.",
    hints=(
        "First the cosine of each pair, one number per row. Then two formulas, one for each sign of the target.",
        "For target 1 the cost is 1 - cos. For target -1 it is what the cosine exceeds the margin by, and never less "
        "than 0. `torch.where(target == 1, …)` chooses; what is left for a target of 0?",
        "1e-12 goes to each squared length, before the roots: it decides the value of very short vectors. "
        "`clamp(min=0)` lets the gradient flow at 0; `relu` does not, and `maximum` lets half of it through.",
    ),
)


def pairs(rng: Rng) -> tuple[Tensor, Tensor, Tensor]:
    """Four pairs: of either sign one that is near and one that is far."""
    return shuffled(rng, *angled(rng, *BANDS), tensor(SENSE))  # type: ignore[return-value]


@cosine_embedding_loss.check
def belongs_together(f: Function, rng: Rng) -> None:
    """Target 1 costs 1 - cos: 0 for one direction, 1 at a right angle, 2 for opposite ones"""
    input1 = tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    input2 = tensor([[2.0, 0.0], [0.0, 3.0], [-0.5, 0.0]])
    same_value(f, spec, input1, input2, torch.ones(3), reduction="none")
    same_value(f, spec, *angled(rng, *BANDS), torch.ones(4), reduction="none")


@cosine_embedding_loss.check
def belongs_apart(f: Function, rng: Rng) -> None:
    """Target -1 costs the cosine, and nothing from a right angle on"""
    input1 = tensor([[1.0, 0.0], [1.0, 0.0]])
    same_value(f, spec, input1, tensor([[2.0, 0.0], [-1.0, 3.0]]), -torch.ones(2), reduction="none")
    same_value(f, spec, *angled(rng, *BANDS), -torch.ones(4), reduction="none")


@cosine_embedding_loss.check
def mean_and_sum(f: Function, rng: Rng) -> None:
    """'mean', the default, is over all pairs; 'sum' adds them up"""
    args = pairs(rng)
    nothing = (tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([[-1.0, 1.0], [1.0, -2.0]]), -torch.ones(2))
    for word in ("sum", "mean"):
        same_value(f, spec, *nothing, reduction=word)
        same_value(f, spec, *args, reduction=word)
    same_value(f, spec, *args)


@cosine_embedding_loss.check
def with_a_margin(f: Function, rng: Rng) -> None:
    """With margin 0.5 a cosine of 0.8 costs 0.3, and one of 0.3 nothing

    The margin is for target -1 only.
    """
    input1, input2 = tensor([[1.0, 0.0], [0.3, 0.4], [1.0, 0.0]]), tensor([[0.8, 0.6], [0.0, -1.0], [3.0, 4.0]])
    same_value(f, spec, input1, input2, tensor([-1.0, -1.0, 1.0]), margin=0.5, reduction="none")
    for margin in (0.3, -0.5):
        same_value(f, spec, *pairs(rng), margin=margin, reduction="none")


@cosine_embedding_loss.check
def both_gradients(f: Function, rng: Rng) -> None:
    """The gradient is right, for both inputs

    It turns each vector and leaves its length alone.
    """
    for margin in (0.0, 0.3):
        same_gradient(f, spec, *pairs(rng), margin=margin, wrt=(0, 1), scale=3.0)


@cosine_embedding_loss.parity
def other_targets(f: Function, rng: Rng) -> None:
    """A target of 0 costs nothing, and counts in the mean

    Whoever has labels 0 and 1 trains with half of them, and no error tells. `target == -1` is not `target != 1`.
    """
    args = angled(rng, *BANDS)
    same_value(f, spec, *args, tensor([0.0, 1.0, 0.0, 1.0]))
    same_value(f, spec, *args, tensor([0, -1, -1, 2]), reduction="none")
    same_gradient(f, spec, *args, tensor([1, 0, -1, 0]), wrt=(0, 1))


@cosine_embedding_loss.parity
def every_reduction(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction and margin"""
    for reduction, margin in product(REDUCTIONS, (0.0, 0.4, -0.2)):
        same_gradient(f, spec, *pairs(rng), margin, reduction, wrt=(0, 1), scale=2.0)


@cosine_embedding_loss.parity
def exactly_at_the_margin(f: Function, rng: Rng) -> None:
    """At a cosine of exactly the margin the gradient still flows

    A right angle with margin 0: the value is 0, the slope is not. `clamp` has it so; `relu` gives 0 there, `maximum` a
    half.
    """
    a, b = (0.5 * int(k) for k in rng.integers(1, 6, size=2))
    input1, input2 = tensor([[0.0, a], [1.0, 2.0]]), tensor([[b, 0.0], [2.0, 1.5]])
    same_gradient(f, spec, input1, input2, tensor([-1.0, -1.0]), wrt=(0, 1), reduction="sum")


@cosine_embedding_loss.parity
def short_vectors(f: Function, rng: Rng) -> None:
    """1e-12 on each squared length: a vector of length 1e-7 costs 0.9005

    Look for a bound in place of a sum, and for a small number on the length or on the product.
    """
    k = int(rng.integers(1, 4))
    one, along = torch.ones(1), tensor([[1.0, 0.0]])
    same_value(f, spec, tensor([[1e-7, 0.0]]), along, one)
    same_value(f, spec, along, 1e-7 * tensor([[3.0 * k, 4.0]]), one)
    same_value(f, spec, tensor([[3e-6, 4e-6]]), 1e-6 * along, -one)
    same_gradient(f, spec, 1e-6 * tensor([[1.0, 2.0 * k]]), along, one, wrt=(0, 1))


@cosine_embedding_loss.parity
def no_direction(f: Function, rng: Rng) -> None:
    """A vector of zeros costs 1 with target 1, and is pulled with a million

    Both values are finite, and so are the gradients: -1e6 times the other's direction.
    """
    zero, other = torch.zeros(1, 2), tensor([[3.0, 4.0]])
    for sign in (1.0, -1.0):
        same_gradient(f, spec, zero, other, tensor([sign]), wrt=(0, 1))
        same_gradient(f, spec, other, zero, tensor([sign]), wrt=(0, 1))


@cosine_embedding_loss.parity
def one_pair(f: Function, rng: Rng) -> None:
    """A single pair (D,) with a target (), and one target (1,) for a whole batch"""
    input1, input2 = angled(rng, *BANDS)
    for reduction in REDUCTIONS:
        same_value(f, spec, input1[0], input2[0], tensor(1.0), reduction=reduction)
        same_value(f, spec, input1[2], input2[2], tensor(-1.0), margin=0.2, reduction=reduction)
        same_value(f, spec, input1, input2, tensor([-1.0]), reduction=reduction)


@cosine_embedding_loss.parity
def target_shapes(f: Function, rng: Rng) -> None:
    """A target (N, 1) is refused, and so are three-dimensional inputs

    (N, 1) beside (N,) would broadcast to N × N losses.
    """
    input1, input2 = angled(rng, *BANDS)
    refuses(f, input1[None], input2[None], torch.ones(1))
    refuses(f, input1[None], input2[None], torch.ones(1, 4))
    refuses(f, input1, input2, tensor(1.0))
    refuses(f, input1[0], input2[0], torch.ones(1))
    refuses(f, input1, input2, torch.ones(4, 1))


drop_in_parity(cosine_embedding_loss, pairs, "pairs")

cosine_embedding_loss.misconceptions.extend(MISTAKES)
