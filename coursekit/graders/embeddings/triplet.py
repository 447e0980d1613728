"""Nearer to the positive than to the negative: `triplet_margin_loss`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Question, Rng, same_gradient, same_value, torch_twin
from coursekit.graders.embeddings.common import DTYPES, READY_MADE, drop_in_parity
from coursekit.graders.embeddings.triplet_common import triplet_parity, triplets
from coursekit.graders.embeddings.triplet_mistakes import MISTAKES
from coursekit.graders.embeddings.triplet_spec import spec


def cases() -> Iterator[Question]:
    """Reductions × orders × eps × swap × margins × dtypes with three gradients; then shapes, kinks, equal vectors."""
    everything = (0, 1, 2)

    def vectors(*shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
        size = torch.Size(shape).numel()
        waves = (torch.linspace(0, k, size, dtype=dtype) for k in (7, 11, 17))
        return tuple((2 * wave).sin().reshape(shape) * k for k, wave in enumerate(waves, 1))

    for reduction, p, eps, swap in product(REDUCTIONS, (2.0, 1.0, 3.0), (1e-6, 0.3), (False, True)):
        flags = {"reduction": reduction, "p": p, "eps": eps, "swap": swap}
        for margin, dtype in product((1.0, 0.2), DTYPES):
            yield Question(vectors(4, 3, dtype=dtype), {"margin": margin, **flags}, wrt=everything)
        for shape in ((3,), (3, 3), (2, 2, 3), (0, 3)):
            yield Question(vectors(*shape), flags, wrt=everything)
    for swap, eps, dtype in product((False, True), (0.0, 0.5), DTYPES):
        flags = {"swap": swap, "eps": eps, "reduction": "sum"}
        zero = torch.zeros(1, 2, dtype=dtype)
        along, across = torch.tensor([[3.0, 0.0]], dtype=dtype), torch.tensor([[3.0, 4.0]], dtype=dtype)
        yield Question((zero, along, across), {"margin": 2.0, **flags}, wrt=everything)
        yield Question((zero, zero, zero), flags, wrt=everything)
        yield Question((zero, zero, along), {"margin": 5.0, **flags}, wrt=everything)
        yield Question((zero, along, zero), flags, wrt=everything)
    yield Question((torch.zeros(4, 8), torch.zeros(4, 8), torch.zeros(4, 8)), {"margin": 0.2}, wrt=everything)
    yield Question((*vectors(4, 3)[:2], tensor([[1.0, 2.0, 3.0]])), wrt=everything)


triplet_margin_loss = Exercise(
    "triplet_margin_loss",
    spec,
    points=3,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.triplet_margin_loss, "margin", "p", "eps", "swap", "reduction", tensors=3),
    cases=cases,
    idea="A triplet asks for no distance, only that one is larger than another by the margin. Met, it teaches nothing.",
    hints=(
        "Two distances per triplet, from the anchor to each of the others. The loss is what the second lacks "
        "to exceed the first by the margin.",
        "The distance is `pairwise_distance` with p and eps. `clamp(min=0)` cuts off, and lets the gradient flow at 0.",
        "With swap, the negative may be nearer to the positive than to the anchor. Take the smaller of the two, "
        "and measure from the positive to the negative, in this order.",
        "The margin is looked at first: 0 is refused. So are unlike numbers of dimensions, which would broadcast.",
    ),
)


@triplet_margin_loss.check
def one_triplet(f: Function, rng: Rng) -> None:
    """Positive at 1, negative at 1.5: it lacks 0.5 to the margin of 1

    Nearer than the positive it costs more than the margin, and from 2 on nothing.
    """
    zero, one = torch.zeros(3, 1), torch.ones(3, 1)
    same_value(f, spec, zero, one, tensor([[1.5], [0.2], [-2.5]]), reduction="none")
    same_value(f, spec, *triplets(rng), reduction="none")


@triplet_margin_loss.check
def mean_and_sum(f: Function, rng: Rng) -> None:
    """'mean', the default, is over all triplets, those that are met too; 'sum' adds them up"""
    vectors = triplets(rng)
    met = (torch.zeros(2, 1), torch.ones(2, 1), torch.full((2, 1), 3.0))
    for word in ("sum", "mean"):
        same_value(f, spec, *met, reduction=word)
        same_value(f, spec, *vectors, reduction=word)
    same_value(f, spec, *vectors)


@triplet_margin_loss.check
def other_margins(f: Function, rng: Rng) -> None:
    """A margin of 2 asks for more, one of 0.5 for less"""
    for margin in (2.0, 0.5):
        same_value(f, spec, *triplets(rng), margin=margin, reduction="none")


@triplet_margin_loss.check
def other_orders(f: Function, rng: Rng) -> None:
    """p is the order of the norm: 1 and 3 as well as 2"""
    for p in (1.0, 3.0):
        same_value(f, spec, *triplets(rng), p=p, margin=2.0, reduction="none")


@triplet_margin_loss.check
def three_gradients(f: Function, rng: Rng) -> None:
    """The gradient is right, for anchor, positive and negative

    0 for a triplet that is met. In any other the positive is drawn and the negative pushed.
    """
    for p in (2.0, 1.0):
        same_gradient(f, spec, *triplets(rng), 1.03, p, wrt=(0, 1, 2), scale=3.0)


@triplet_margin_loss.check
def swapped(f: Function, rng: Rng) -> None:
    """With swap the negative counts from the positive where that is nearer: 1.5 in place of 0.5

    The anchor at 0, the positive at 1, the negative at 1.5: from 1 to 1.5 it is only 0.5.
    """
    args = (torch.zeros(2, 1), torch.ones(2, 1), tensor([[1.5], [-0.5]]))
    same_value(f, spec, *args, swap=True, reduction="none")
    same_value(f, spec, *triplets(rng), swap=True, reduction="none")


@triplet_margin_loss.parity
def eps_on_differences(f: Function, rng: Rng) -> None:
    """eps goes to every signed difference, with and without swap

    A large eps shows where it goes: into the norm, with the difference from the anchor and from the positive.
    """
    vectors = triplets(rng)
    for p, swap in product((2.0, 1.0, 3.0), (False, True)):
        for eps in (0.15, 0.45):
            same_value(f, spec, *vectors, 2.0, p, eps, swap, reduction="none")


@triplet_margin_loss.parity
def all_flags(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction, order and swap"""
    vectors = triplets(rng)
    for reduction, p, swap in product(REDUCTIONS, (2.0, 1.0, 3.0), (False, True)):
        same_gradient(f, spec, *vectors, 1.53, p, 0.25, swap, reduction, wrt=(0, 1, 2), scale=2.0)


@triplet_margin_loss.parity
def all_in_one_point(f: Function, rng: Rng) -> None:
    """Three equal vectors cost the margin, and the gradient is no NaN

    The anchor's is 0, since its two pulls cancel. Without eps, the root of 0 is what gives NaN.
    """
    x = triplets(rng)[0]
    for eps in (1e-6, 0.0):
        same_gradient(f, spec, x, x.clone(), x.clone(), 0.2, 2.0, eps, wrt=(0, 1, 2))
    same_gradient(f, spec, x[:2], x[:2], x[2:], 2.0, 2.0, 0.0, wrt=(0, 1, 2))


@triplet_margin_loss.parity
def swap_at_a_tie(f: Function, rng: Rng) -> None:
    """Where both distances of swap are equal, each gets half of the gradient"""
    k = float(rng.integers(1, 4))
    args = (tensor([[0.0, 0.0]]), tensor([[2 * k, 0.0]]), tensor([[k, k]]))
    same_gradient(f, spec, *args, 1.0, 2.0, 0.0, True, wrt=(0, 1, 2))


triplet_parity(triplet_margin_loss, {"eps": 0.0})
drop_in_parity(triplet_margin_loss, triplets, "triplets")

triplet_margin_loss.misconceptions.extend(MISTAKES)
