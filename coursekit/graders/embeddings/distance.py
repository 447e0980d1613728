"""From each vector to its partner: `pairwise_distance`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    always_float32,
    argument_fixed,
    detached,
    keeps_dtype,
    other_default,
    same_gradient,
    same_value,
    with_defaults,
)
from coursekit.graders.embeddings.common import DTYPES, READY_MADE, angled

ORDERS = (2.0, 1.0, 3.0)


def norm(d: Tensor, p: float) -> Tensor:
    """The norm of order p over the last dimension, with slope 0 where all of d is 0."""
    size = d.abs()
    if p == inf:
        return size.amax(-1)
    total = (size**p).sum(-1)
    none = total == 0
    return torch.where(none, 0.0, total.where(~none, 1.0) ** (1 / p))


def distance_of(formula: Loss) -> Loss:
    """A distance of `formula(x1 - x2, p, eps)`."""

    def distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
        result = formula(x1 - x2, p, eps)
        return result.unsqueeze(-1) if keepdim else result

    return distance


spec = distance_of(lambda d, p, eps: norm(d + eps, p))


def cases() -> Iterator[Question]:
    """Orders × eps × shapes × dtypes with both gradients; then equal vectors, and differences of exactly -eps."""
    shapes = (
        ((3,), (3,)),
        ((2, 3), (2, 3)),
        ((3, 3), (3,)),
        ((1, 3), (2, 3)),
        ((2, 1, 3), (2, 2, 3)),
        ((0, 3), (0, 3)),
    )
    for p, eps, keepdim, dtype in product((*ORDERS, 1.5, inf), (1e-6, 0.0, 0.3), (False, True), DTYPES):
        flags = {"p": p, "eps": eps, "keepdim": keepdim}
        for first, second in shapes:
            x1 = torch.linspace(-3, 2.5, math.prod(first), dtype=dtype).reshape(first)
            x2 = torch.linspace(1, -4, math.prod(second), dtype=dtype).sin().reshape(second)
            yield Question((x1, x2), flags, wrt=(0, 1))
    for p, eps, dtype in product(ORDERS, (1e-6, 0.0, 0.5), DTYPES):
        for x, y in (([1.0, 2.0], [1.0, 2.0]), ([0.0, 0.0], [0.5, 0.5]), ([1.0, -1.0], [1.0, 2.0])):
            yield Question((tensor([x], dtype=dtype), tensor([y], dtype=dtype)), {"p": p, "eps": eps}, wrt=(0, 1))
    yield Question((tensor([[1.0, 2.0]]), tensor([[0.5, 2.0]], dtype=torch.float64)))


pairwise_distance = Exercise(
    "pairwise_distance",
    spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=torch.nn.functional.pairwise_distance,
    cases=cases,
    idea="torch adds eps to every signed difference, so from a to b it is not quite as far as from b to a.",
    hints=(
        "Subtract, add eps, and take the norm over the last dimension. In this order.",
        "A norm of order p is (Σ|d|^p)^(1/p). For p = inf it is the largest |d|.",
        "Where all differences are 0, a root has an infinite slope, and the gradient is NaN. "
        "`torch.linalg.vector_norm` has the slope 0 there; or put a harmless number under the root.",
    ),
)


def vectors(rng: Rng, rows: int = 3) -> tuple[Tensor, Tensor]:
    """Pairs of vectors."""
    return angled(rng, *((-0.6, 0.6),) * rows)


@pairwise_distance.check
def euclid(f: Function, rng: Rng) -> None:
    """From (0, 0) to (3, 4) it is 5

    One number per pair.
    """
    same_value(f, spec, tensor([[0.0, 0.0], [1.0, 1.0]]), tensor([[3.0, 4.0], [1.0, 3.0]]))
    same_value(f, spec, *vectors(rng))


@pairwise_distance.check
def other_orders(f: Function, rng: Rng) -> None:
    """p = 1 gives 7, p = 3 gives 4.4979, and p = inf the largest difference, 4"""
    for p in (1.0, 3.0, inf):
        same_value(f, spec, tensor([[0.0, 0.0]]), tensor([[3.0, -4.0]]), p=p)
        same_value(f, spec, *vectors(rng), p=p)


@pairwise_distance.check
def eps_on_differences(f: Function, rng: Rng) -> None:
    """eps goes to every signed difference: with 0.5 it is 5.7009 one way, 4.3012 the other

    Before the norm. Not under the root, and not to the distance.
    """
    x1, x2 = tensor([[3.0, 4.0], [0.0, 0.0], [1.0, 1.0]]), tensor([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0]])
    for p in ORDERS:
        same_value(f, spec, x1, x2, p=p, eps=0.5)
        same_value(f, spec, *vectors(rng), p=p, eps=0.2)


@pairwise_distance.check
def distance_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, for both: a vector of length 1 (p = 2), away from the other"""
    for p, eps in product(ORDERS, (1e-6, 0.25)):  # a difference of exactly -eps would be a kink
        same_gradient(f, spec, *vectors(rng), p, eps, wrt=(0, 1), scale=3.0)


@pairwise_distance.parity
def equal_vectors(f: Function, rng: Rng) -> None:
    """Equal vectors have a gradient, and no NaN

    With eps every difference is eps, and the slope with respect to each of D numbers is 1/√D. Without it, it is 0.
    """
    x = vectors(rng, 2)[0]
    for eps in (1e-6, 0.5):
        same_gradient(f, spec, x, x.clone(), 2.0, eps, wrt=(0, 1))
    same_gradient(f, spec, tensor([[0.0, 2e-6]]), torch.zeros(1, 2), wrt=(0, 1))  # where the default of eps shows
    same_gradient(f, spec, torch.cat([x, x]), torch.cat([x, x + 1]), 2.0, 0.0, wrt=(0, 1))


@pairwise_distance.parity
def any_shape(f: Function, rng: Rng) -> None:
    """One pair, three dimensions, a batch against one vector, and no pairs"""
    x1, x2 = vectors(rng, 4)
    same_value(f, spec, x1[0], x2[0])
    same_value(f, spec, x1.reshape(2, 2, 3), x2.reshape(2, 2, 3))
    same_value(f, spec, x1, x2[0])
    same_value(f, spec, x1[:0], x2[:0])


@pairwise_distance.parity
def keeps_dimension(f: Function, rng: Rng) -> None:
    """keepdim leaves the last dimension with size 1"""
    x1, x2 = vectors(rng)
    for p in (2.0, 1.0, inf):
        same_value(f, spec, x1, x2, p=p, keepdim=True)
    same_value(f, spec, x1[0], x2[0], keepdim=True)
    same_value(f, spec, x1, x2, keepdim=False)


keeps_dtype(pairwise_distance, vectors)

wrong = pairwise_distance.misconceptions

wrong.table(
    distance_of,
    eps_ignored=("eps is not used. It goes to every difference, before the norm.", lambda d, p, eps: norm(d, p)),
    eps_on_norm=(
        "eps is added to the distance. It goes to every difference, before the norm.",
        lambda d, p, eps: norm(d, p) + eps,
        "TRI1",
    ),
    eps_under_root=(
        "eps is added under the root. It goes to every difference, before the powers.",
        lambda d, p, eps: d.abs().amax(-1) + eps if p == inf else ((d.abs() ** p).sum(-1) + eps) ** (1 / p),
        "TRI1",
    ),
    eps_on_sizes=(
        "eps is added to the size of each difference, so both ways are equally far. torch adds it to the signed "
        "difference: it makes one way longer and the other shorter.",
        lambda d, p, eps: norm(d.abs() + eps, p),
        "TRI2",
    ),
    way_back=(
        "eps is taken off the differences: this is the way back. torch computes x1 - x2 + eps.",
        lambda d, p, eps: norm(d - eps, p),
        "TRI2",
    ),
    bounded_by_eps=(
        "The differences are kept from falling below eps. It is added to each of them.",
        lambda d, p, eps: norm(d, p).clamp(min=eps),
    ),
    root_missing=(
        "This is the squared distance: the root is missing.",
        lambda d, p, eps: norm(d + eps, p) if p == inf else ((d + eps).abs() ** p).sum(-1),
        "TRI3",
    ),
    order_ignored=("p is not used: the distance is always Euclid's.", lambda d, p, eps: norm(d + eps, 2.0)),
    sign_kept=(
        "The absolute value is missing in |d|^p: an odd power keeps the sign of a difference.",
        lambda d, p, eps: norm(d + eps, p) if p in (2.0, inf) else (d + eps).pow(p).sum(-1).abs() ** (1 / p),
    ),
    always_square_root=(
        "The root is always the square root. A norm of order p ends with the power 1/p.",
        lambda d, p, eps: norm(d + eps, p) if p == inf else ((d + eps).abs() ** p).sum(-1).sqrt(),
    ),
    averaged=(
        "The powers are averaged over the dimensions. A norm adds them up.",
        lambda d, p, eps: norm(d + eps, p) if p == inf else norm(d + eps, p) / d.shape[-1] ** (1 / p),
    ),
    smallest=(
        "p = inf takes the smallest difference. It is the largest.",
        lambda d, p, eps: (d + eps).abs().amin(-1) if p == inf else norm(d + eps, p),
    ),
    infinite_power=(
        "p = inf is put into the formula as it stands: numbers above 1 overflow. It takes the largest difference.",
        lambda d, p, eps: ((d + eps).abs() ** p).sum(-1) ** (1 / p),
    ),
    batch_averaged=(
        "The distances are averaged over the batch. There is one per pair.",
        lambda d, p, eps: norm(d + eps, p).mean(),
    ),
    root_of_zero=(
        "Equal vectors have a NaN gradient here: the root of 0 has an infinite slope, and 0 · inf is NaN. Let the root "
        "see a harmless number there, or use `torch.linalg.vector_norm`.",
        lambda d, p, eps: norm(d + eps, p) if p == inf else ((d + eps).abs() ** p).sum(-1) ** (1 / p),
        "TRI5",
    ),
)
argument_fixed(
    wrong, "keepdim_ignored", "keepdim is not used. It leaves the last dimension with size 1.", keepdim=False
)
argument_fixed(
    wrong,
    "dimension_kept",
    "The last dimension is kept, with size 1, although keepdim is False.",
    keepdim=True,
)


@wrong("The sum is over dimension 1. Vectors lie in the last one, whatever its number is.")
def second_dimension(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    if (x1 - x2).ndim != 3:
        return spec(x1, x2, p, eps, keepdim)
    distance = norm((x1 - x2 + eps).movedim(1, -1), p)
    return distance.unsqueeze(1) if keepdim else distance


wrong.table(
    with_defaults(wrong),
    all_against_all=(
        "Every vector is compared with every other, as `torch.cdist` does. Here each has one partner.",
        lambda x, y, *flags: spec(x.unsqueeze(-2), y.unsqueeze(-3) if y.ndim > 1 else y, *flags),
    ),
)
always_float32(wrong, "The result is float32 for float64 input. Keep the dtype of the input.")
detached(wrong, "x2", "No gradient flows to x2. Both vectors move, unless the caller detaches one.", "partner_detached")
other_default(
    wrong,
    "smaller_eps_by_default",
    "Where no eps is given, it is 1e-8 here. torch's default is 1e-6: with equal vectors the number shows.",
    eps=1e-8,
)
