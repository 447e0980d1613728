"""Distances made small or large: `hinge_embedding_loss`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, inf, tensor

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
from coursekit.graders.embeddings.common import DTYPES, READY_MADE, drop_in_parity, shuffled
from coursekit.graders.embeddings.hinge_embedding_mistakes import MISTAKES
from coursekit.graders.embeddings.hinge_embedding_spec import spec

# near and far for either sense, on either side of each margin that a check sets
DISTANCES = (0.3, 1.7, 0.4, 0.8, 1.3, 2.6)
SENSE = (1.0, 1.0, -1.0, -1.0, -1.0, -1.0)


def cases() -> Iterator[Question]:
    """Reductions × margins × shapes × dtypes with gradients; then odd targets, the kink, inf, broadcasting."""
    for reduction, margin, dtype in product(REDUCTIONS, (1.0, 0.25, 2.0, 0.0, -1.0), DTYPES):
        flags = {"margin": margin, "reduction": reduction}
        for shape in ((), (3,), (2, 3), (3, 3), (2, 1, 3), (0, 3)):
            size = torch.Size(shape).numel()
            x = torch.linspace(-0.5, 2.5, size, dtype=dtype).reshape(shape)
            signs = tensor((1, -1, -1, 1, 0, 2, -1, 1, -1)[:size]).reshape(shape)
            yield Question((x, signs), flags, wrt=(0,))
            yield Question((x, signs.to(dtype)), flags, wrt=(0,))
            yield Question((x, -torch.ones(1)), flags, wrt=(0,))
        yield Question((tensor([margin, inf, -2.0], dtype=dtype), -torch.ones(3)), flags, wrt=(0,))
        yield Question((tensor([margin, inf, -2.0], dtype=dtype), torch.ones(3)), flags, wrt=(0,))
        yield Question((tensor([[0.2], [1.4]], dtype=dtype), tensor([1.0, -1.0, 0.0])), flags, wrt=(0,))


hinge_embedding_loss = Exercise(
    "hinge_embedding_loss",
    spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.hinge_embedding_loss, "margin", "reduction"),
    cases=cases,
    idea="A pair that belongs together pulls with 1 at any distance; any other pushes with 1 inside the margin.",
    hints=(
        "The input holds distances already. Two formulas, one for each sign of the target, and `torch.where` to "
        "choose.",
        "For target 1 the cost is the distance as it stands. For -1 it is what the distance lacks to the margin, and "
        "never less than 0.",
        "A target that is neither: torch asks `target != -1` for the one and `target != 1` for the other, and adds. "
        "`clamp(min=0)` lets the gradient flow at 0; `relu` does not, and `maximum` lets half of it through.",
    ),
)


def distances(rng: Rng) -> tuple[Tensor, Tensor]:
    """Six distances and what they should be."""
    nudge = tensor(rng.integers(0, 3, size=6) / 20, dtype=torch.float32)
    return shuffled(rng, tensor(DISTANCES) + nudge, tensor(SENSE))  # type: ignore[return-value]


@hinge_embedding_loss.check
def two_senses(f: Function, rng: Rng) -> None:
    """A distance of 0.4 costs 0.4 if the pair belongs together, and 0.6 if not

    From the margin on, a pair that does not belong together costs nothing.
    """
    same_value(f, spec, tensor([0.4, 0.4, 1.5, 1.5]), tensor([1.0, -1.0, 1.0, -1.0]), reduction="none")
    same_value(f, spec, *distances(rng), reduction="none")


@hinge_embedding_loss.check
def mean_and_sum(f: Function, rng: Rng) -> None:
    """'mean', the default, is over all distances; 'sum' adds them up"""
    args = distances(rng)
    for word in ("sum", "mean"):
        same_value(f, spec, tensor([1.5, 2.0]), -torch.ones(2), reduction=word)
        same_value(f, spec, *args, reduction=word)
    same_value(f, spec, args[0].reshape(2, 3), args[1].reshape(2, 3))


@hinge_embedding_loss.check
def other_margins(f: Function, rng: Rng) -> None:
    """With margin 2, a pair that does not belong together costs 1.6 at a distance of 0.4

    The margin is for target -1 only.
    """
    same_value(f, spec, tensor([0.4, 0.4, 1.5]), tensor([1.0, -1.0, -1.0]), margin=2.0, reduction="none")
    for margin in (0.6, 2.0):
        same_value(f, spec, *distances(rng), margin=margin, reduction="none")


@hinge_embedding_loss.check
def hinge_gradient(f: Function, rng: Rng) -> None:
    """The slope is 1 for a pair that belongs together, -1 or 0 for one that does not"""
    for margin in (1.0, 2.0):
        same_gradient(f, spec, *distances(rng), margin=margin, scale=3.0)


@hinge_embedding_loss.parity
def every_reduction(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction and margin, for one and two dimensions"""
    for reduction, margin in product(REDUCTIONS, (1.0, 0.5, 2.0)):
        input, target = distances(rng)
        same_gradient(f, spec, input, target, margin, reduction, scale=2.0)
        same_gradient(f, spec, input.reshape(2, 3), target.reshape(2, 3), margin, reduction, scale=2.0)


@hinge_embedding_loss.parity
def other_targets(f: Function, rng: Rng) -> None:
    """A target of 0 costs the sum of both: the margin, whatever the distance

    Inside the margin the two slopes cancel, and labels 0 and 1 train nothing there. Beyond it the distance is left.
    """
    same_gradient(f, spec, tensor([0.3, 0.8, 1.75]), torch.zeros(3), reduction="sum")
    input, _ = distances(rng)
    same_gradient(f, spec, input, tensor([0, 1, 2, -2, 0, 1]), margin=1.5)


@hinge_embedding_loss.parity
def below_zero(f: Function, rng: Rng) -> None:
    """What is given is not looked at: -2 with target 1 costs -2

    Only target -1 has a hinge. A negative "distance" was a similarity, or an embedding itself.
    """
    k = int(rng.integers(1, 5))
    same_gradient(f, spec, tensor([-2.0, -0.25 * k, 0.75]), tensor([1.0, 1.0, 1.0]), reduction="sum")
    same_gradient(f, spec, tensor([-2.0, 0.25 * k]), tensor([-1.0, -1.0]), reduction="sum")


@hinge_embedding_loss.parity
def exactly_at_the_margin(f: Function, rng: Rng) -> None:
    """At a distance of exactly the margin the gradient still flows

    The value is 0, the slope is -1. `clamp` has it so; `relu` gives 0 there, `maximum` a half.
    """
    for margin in (1.0, 0.25 * int(rng.integers(1, 8))):
        same_gradient(f, spec, tensor([margin, 0.125]), tensor([-1.0, -1.0]), margin=margin, reduction="sum")


@hinge_embedding_loss.parity
def infinite_distance(f: Function, rng: Rng) -> None:
    """An infinite distance costs nothing where it is right, and inf where it is not

    0 · inf is NaN: choose with `where`, do not multiply by 0.
    """
    same_gradient(f, spec, tensor([inf, 0.5]), tensor([-1.0, -1.0]), reduction="sum")
    same_value(f, spec, tensor([inf, 0.5]), tensor([1.0, -1.0]), reduction="none")


@hinge_embedding_loss.parity
def shapes_broadcast(f: Function, rng: Rng) -> None:
    """(3, 1) beside (3,) gives 3 × 3 losses, without a warning

    torch broadcasts here as everywhere. One target () or (1,) goes for all.
    """
    input, target = distances(rng)
    for reduction in REDUCTIONS:
        same_value(f, spec, input[:3, None], tensor([1.0, -1.0, -1.0]), reduction=reduction)
        same_value(f, spec, input, tensor(-1.0), reduction=reduction)
    refuses(f, input, target[:4])


drop_in_parity(hinge_embedding_loss, distances, "distances")

hinge_embedding_loss.misconceptions.extend(MISTAKES)
