"""Distances made small or large: `hinge_embedding_loss`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    reduced,
    refuses,
    same_gradient,
    same_value,
)
from coursekit.graders.embeddings.common import (
    DTYPES,
    READY_MADE,
    Loss,
    Rng,
    drop_in_parity,
    reduction_mistakes,
    shuffled,
)
from coursekit.wire import Question

# near and far for either sense, on either side of each margin that a check sets
DISTANCES = (0.3, 1.7, 0.4, 0.8, 1.3, 2.6)
SENSE = (1.0, 1.0, -1.0, -1.0, -1.0, -1.0)


def loss_of(formula: Loss) -> Loss:
    """A loss of `formula(distance, target, margin)` with torch's reductions."""

    def loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
        return reduced(formula(input, target, margin), reduction)

    return loss


def formula(x: Tensor, target: Tensor, margin: float) -> Tensor:
    """The distance unless the target is -1, what it lacks to the margin unless it is 1: both for all other targets."""
    zeros = torch.zeros_like(x)
    return torch.where(target != -1, x, zeros) + torch.where(target != 1, (margin - x).clamp(min=0), zeros)


spec = loss_of(formula)


def twin(input: Tensor, target: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """torch's own, with the positions that are left without `size_average` and `reduce`."""
    return torch.nn.functional.hinge_embedding_loss(input, target, **dict(zip(("margin", "reduction"), args)), **kwargs)


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
    twin=twin,
    cases=cases,
    idea="A pair that belongs together pulls with 1 at any distance; any other pushes with 1 inside the margin.",
    hints=(
        "The input holds distances already. Two formulas, one for each sign of the target, and `torch.where` to "
        "choose.",
        "For target 1 the cost is the distance as it stands. For -1 it is what the distance lacks to the margin, and "
        "never less than 0.",
        "A target that is neither: torch asks `target != -1` for the one and `target != 1` for the other, and adds. "
        "`clamp(min=0)` lets the gradient flow at 0; `relu` and `maximum` do not.",
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
reduction_mistakes(hinge_embedding_loss, "distances that are as they should be")

wrong = hinge_embedding_loss.misconceptions.formula(loss_of)


@wrong(  # HE2
    "This is the contrastive loss of Hadsell and others, with squares in both senses. torch's hinge has none."
)
def both_squared(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, x**2, (margin - x).clamp(min=0) ** 2)


@wrong("What lacks to the margin is squared. torch's hinge is a straight line.")  # HE2
def hinge_squared(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, (margin - x).clamp(min=0) ** 2, formula(x, target, margin))


@wrong("The distance of pairs that belong together is squared. torch takes it as it stands.")  # HE2
def pull_squared(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, x**2, formula(x, target, margin))


@wrong("The losses are halved, as in the paper on contrastive losses. torch's are not.")  # HE2
def halved(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(x, target, margin) / 2


@wrong(  # HE3
    "The two targets have changed places, as in the paper, where 0 is for pairs that belong together. In torch those "
    "have 1."
)
def senses_swapped(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(x, -target, margin)


@wrong(  # HE1
    "Every target but 1 is taken for -1. torch asks for each formula whether it is ruled out, so a target of 0 "
    "costs both."
)
def others_are_apart(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(x, torch.where(target == 1, 1, -1), margin)


@wrong(  # HE1
    "Every target but -1 is taken for 1. torch asks for each formula whether it is ruled out, so a target of 0 "
    "costs both."
)
def others_are_together(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(x, torch.where(target == -1, -1, 1), margin)


@wrong(
    "A target of 0 costs nothing here, as in `cosine_embedding_loss`. In `hinge_embedding_loss` it costs both."
)  # HE1
def others_cost_nothing(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where((target == 1) | (target == -1), formula(x, target, margin), 0.0)


@wrong(  # HE1
    "The two formulas are mixed with the weights (1 + y)/2 and (1 - y)/2: a target of 0 costs half of each, and an "
    "infinite distance 0 · inf, NaN. torch chooses, and adds both for a target of 0."
)
def mixed(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return (1 + target) / 2 * x + (1 - target) / 2 * (margin - x).clamp(min=0)


@wrong("The formula that was not chosen is multiplied by 0, and 0 · inf is NaN. Choose with `where`.")
def masked_by_zero(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return (target != -1) * x + (target != 1) * (margin - x).clamp(min=0)


@wrong(
    "Pairs with target 1 are cut off at 0. torch has the hinge for -1 only, and gives a negative number back."
)  # HE4
def pull_hinged(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, x.clamp(min=0), formula(x, target, margin))


@wrong("The size of what is given is taken. torch takes it as it stands, negative or not.")  # HE4
def size_taken(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(x.abs(), target, margin)


@wrong(  # HE5
    "A sigmoid squeezes the distances below 1. So a margin of 1 is never reached, and pairs that are far apart "
    "still push."
)
def squeezed(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(torch.sigmoid(x), target, margin)


@wrong("The hinge is missing: beyond the margin the cost of a pair with target -1 is negative. Cut it off at 0.")
def not_cut_off(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, margin - x, formula(x, target, margin))


@wrong("The margin is not used: it stays at 1.")
def margin_ignored(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(x, target, 1.0)


@wrong("Pairs with target 1 cost what they exceed the margin by. They pull at any distance: the margin is for -1.")
def margin_for_both(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, (x - margin).clamp(min=0), formula(x, target, margin))


@wrong("This is max(0, margin - y·x), the hinge of a classifier. Here target 1 pulls to 0, and has no margin.")
def hinge_of_scores(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return (margin - target * x).clamp(min=0)


@wrong("Pairs with target -1 cost what they exceed the margin by. They should be far apart: margin - distance.")
def pulled_to_margin(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, (x - margin).clamp(min=0), formula(x, target, margin))


@wrong("The hinge is rounded off with a softplus. torch's is a straight line with a kink.")
def softened(x: Tensor, target: Tensor, margin: float) -> Tensor:
    soft = torch.log1p((margin - x.clamp(max=80)).exp())
    return torch.where(target == -1, soft, formula(x, target, margin))


@wrong("The slope at a distance of exactly the margin is 0, as `relu` has it. In torch it is -1: `clamp(min=0)`.")
def relu_at_margin(x: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target != -1, x, 0.0) + torch.where(target != 1, torch.relu(margin - x), 0.0)


@wrong("The slope at a distance of exactly the margin is -½, as `maximum` has it. In torch it is -1: `clamp(min=0)`.")
def maximum_at_margin(x: Tensor, target: Tensor, margin: float) -> Tensor:
    hinge = torch.maximum(margin - x, torch.zeros_like(x))
    return torch.where(target != -1, x, 0.0) + torch.where(target != 1, hinge, 0.0)


@hinge_embedding_loss.misconception("Unlike shapes are refused. torch broadcasts them here, and does not warn.")
def broadcast_refused(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    return spec(input, target, margin, reduction)


@hinge_embedding_loss.misconception(
    "Shapes that do not fit are cut to the shorter, as `zip` does. Let torch broadcast them, and raise if it cannot."
)
def cut_to_fit(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    if input.ndim == target.ndim == 1 and 1 != len(target) != len(input):
        rows = min(len(input), len(target))
        input, target = input[:rows], target[:rows]
    return spec(input, target, margin, reduction)


@hinge_embedding_loss.misconception("The default margin is 0.5. torch's default is 1.")
def half_by_default(input: Tensor, target: Tensor, margin: float = 0.5, reduction: str = "mean") -> Tensor:
    return spec(input, target, margin, reduction)
