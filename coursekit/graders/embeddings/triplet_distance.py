"""A triplet loss of any distance: `triplet_margin_with_distance_loss`.

A function cannot cross the wall between judge and child, where only numbers and words do. So the checks name distances,
which the docstring defines, and torch's own function is given them as functions by `twin`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Question, Rng, refuses, same_gradient, same_value
from coursekit.graders.embeddings.common import DTYPES, READY_MADE, drop_in_parity
from coursekit.graders.embeddings.triplet_common import triplet_parity, triplets
from coursekit.graders.embeddings.triplet_distance_mistakes import MISTAKES
from coursekit.graders.embeddings.triplet_distance_spec import WORDS, found, spec

Triplet = tuple[Tensor, Tensor, Tensor]


def twin(anchor: Tensor, positive: Tensor, negative: Tensor, **kwargs: Any) -> Tensor:
    """torch's own, given the function that a word stands for."""
    word = kwargs.pop("distance_function", None)
    function = None if word is None else found(word)
    return torch.nn.functional.triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=function, **kwargs
    )


def cases() -> Iterator[Question]:
    """Distances × reductions × swap × margins × dtypes with three gradients; then shapes, kinks, equal vectors."""
    everything = (0, 1, 2)
    for word, reduction, swap, dtype in product(WORDS, REDUCTIONS, (False, True), DTYPES):
        flags = {"distance_function": word, "reduction": reduction, "swap": swap}
        for shape in ((4, 3), (3,), (3, 3), (2, 2, 3), (0, 3)):
            size = torch.Size(shape).numel()
            waves = (torch.linspace(0.1, k, size, dtype=dtype).reshape(shape) for k in (7, 11, 17))
            vectors = tuple((2 * wave).sin().exp() for wave in waves)  # above 0, for kl
            yield Question(vectors, flags, wrt=everything)
            yield Question(vectors, {"margin": 0.2, **flags}, wrt=everything)
    for word, swap in product((None, "manhattan", "squared"), (False, True)):
        flags = {"distance_function": word, "swap": swap, "reduction": "sum"}
        zero, along, across = tensor([[0.0, 0.0]]), tensor([[3.0, 0.0]]), tensor([[3.0, 4.0]])
        for margin in (2.0, 4.0, 16.0):
            yield Question((zero, along, across), {"margin": margin, **flags}, wrt=everything)
        yield Question((zero, zero, zero), flags, wrt=everything)


triplet_margin_with_distance_loss = Exercise(
    "triplet_margin_with_distance_loss",
    spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=twin,
    cases=cases,
    idea="The triplet asks which of two distances is larger. What a distance is, you say; it may have a direction.",
    hints=(
        "The frame is that of `triplet_margin_loss`. Only the distance is another: a function of two tensors, "
        "called two or three times.",
        "A dictionary from words to functions of x and y. `None` is the `pairwise_distance` of this lesson.",
        "KL is no distance: from x to y is not from y to x. Anchor to positive, anchor to negative, and with swap "
        "positive to negative, in these orders.",
    ),
)


def beliefs(rng: Rng) -> Triplet:
    """Three triplets of distributions in steps of 1/20 whose losses are above 0 with a margin of 1.

    From each to each it is another way there than back. In one the anchor is nearer to the negative, in another the
    positive is.
    """
    drawn = (rng.multinomial(17, rng.dirichlet(np.ones(3), size=(3, 1500))) + 1) / 20
    logs = np.log(drawn)
    way = {(i, j): (drawn[i] * (logs[i] - logs[j])).sum(-1) for i, j in permutations(range(3), 2)}
    fits = (way[0, 1] + 0.9 > way[0, 2]) & (way[0, 1] + 0.9 > way[1, 2])
    for i, j in combinations(range(3), 2):
        fits &= np.abs(way[i, j] - way[j, i]) > 0.03
    nearer = way[0, 2] - way[1, 2]
    kinds = ((nearer > 0.05) & (way[2, 1] < way[0, 2] - 0.03), nearer < -0.05)
    near, far = (np.flatnonzero(fits & kind) for kind in kinds)
    rows = [near[0], near[-1], far[0]]  # two of the first: in one, two mistakes may agree by chance
    return tensor(drawn[:, rng.permutation(rows)], dtype=torch.float32).unbind(0)  # type: ignore[return-value]


def suited(rng: Rng, word: str | None) -> Triplet:
    """Triplets for the distance of that name."""
    return beliefs(rng) if word == "kl" else triplets(rng)


@triplet_margin_with_distance_loss.check
def without_a_function(f: Function, rng: Rng) -> None:
    """None is Euclid's distance: positive at 1, negative at 1.5, and 0.5 is lacking"""
    same_value(f, spec, tensor([[0.0]]), tensor([[1.0]]), tensor([[1.5]]), reduction="none")
    vectors, met = triplets(rng), (torch.zeros(2, 1), torch.ones(2, 1), torch.full((2, 1), 3.0))
    for reduction in REDUCTIONS:
        same_value(f, spec, *met, reduction=reduction)
        same_value(f, spec, *vectors, reduction=reduction)
    same_value(f, spec, *vectors)


@triplet_margin_with_distance_loss.check
def four_words(f: Function, rng: Rng) -> None:
    """Each word stands for its distance

    From (3, 4) to (4, 3): manhattan 2, squared 2, cosine 0.04.
    """
    for word in WORDS[1:4]:
        args = (tensor([[3.0, 4.0]]), tensor([[4.0, 3.0]]), tensor([[4.5, 3.5]]))
        same_value(f, spec, *args, distance_function=word, reduction="none")
        same_value(f, spec, *triplets(rng), distance_function=word, margin=3.0, reduction="none")
    same_value(f, spec, *beliefs(rng), distance_function="kl", reduction="none")


@triplet_margin_with_distance_loss.check
def from_the_anchor(f: Function, rng: Rng) -> None:
    """Both distances go from the anchor: with KL the way back is another

    KL is a distance in one direction only. From (0.5, 0.5) to (0.25, 0.75) it is 0.1438, back 0.1308.
    """
    args = (tensor([[0.5, 0.5]]), tensor([[0.25, 0.75]]), tensor([[0.9, 0.1]]))
    same_value(f, spec, *args, distance_function="kl")
    same_value(f, spec, *beliefs(rng), distance_function="kl", margin=2.0)


@triplet_margin_with_distance_loss.check
def every_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, for all three, with every distance"""
    for word in WORDS:
        args = suited(rng, word)
        same_gradient(f, spec, *args, distance_function=word, margin=1.537, wrt=(0, 1, 2), scale=3.0)


@triplet_margin_with_distance_loss.check
def swapped(f: Function, rng: Rng) -> None:
    """With swap the distance from the positive to the negative counts where it is smaller"""
    args = (torch.zeros(2, 1), torch.ones(2, 1), tensor([[1.5], [-0.5]]))
    same_value(f, spec, *args, swap=True, reduction="none")
    for word in WORDS:
        args = suited(rng, word)
        same_value(f, spec, *args, distance_function=word, swap=True, margin=3.0, reduction="none")


@triplet_margin_with_distance_loss.parity
def all_flags(f: Function, rng: Rng) -> None:
    """Value and gradient with every distance, reduction and swap"""
    args = {word: suited(rng, word) for word in WORDS}
    for word, reduction, swap in product(WORDS, REDUCTIONS, (False, True)):
        flags: dict[str, Any] = {"distance_function": word, "reduction": reduction, "swap": swap}
        same_gradient(f, spec, *args[word], margin=1.237, wrt=(0, 1, 2), scale=2.0, **flags)


@triplet_margin_with_distance_loss.parity
def eps_of_none(f: Function, rng: Rng) -> None:
    """None adds 1e-6 to every difference, so equal vectors have a gradient and no NaN"""
    x = triplets(rng)[0]
    same_gradient(f, spec, x, x.clone(), x.clone(), margin=0.2, wrt=(0, 1, 2))
    same_gradient(f, spec, x, x.clone(), x.flip(0), margin=4.0, swap=True, wrt=(0, 1, 2))


@triplet_margin_with_distance_loss.parity
def any_number_of_dimensions(f: Function, rng: Rng) -> None:
    """One triplet, and a table of them: vectors lie along the last dimension"""
    for word in WORDS:
        args = suited(rng, word)
        same_value(f, spec, *(part[0] for part in args), distance_function=word, margin=3.0)
        table = [part[:, None].expand(-1, 2, -1) + tensor([[0.0], [0.25]]) for part in args]
        same_value(f, spec, *table, distance_function=word, margin=3.0, reduction="none")


@triplet_margin_with_distance_loss.parity
def short_and_rare(f: Function, rng: Rng) -> None:
    """Short vectors have directions, and rare outcomes their logarithms (float64)

    Look for a small number below a root or inside a logarithm, or a clamp. Only the distance of None adds one.
    """
    short = [0.01 * part.double() for part in triplets(rng)]
    same_value(f, spec, *short, distance_function="cosine", margin=3.0, reduction="none")
    rare, even, other = (tensor([[p, 1 - p]], dtype=torch.float64) for p in (1e-7, 0.5, 0.25))
    same_gradient(f, spec, rare, even, other, distance_function="kl", margin=3.0, wrt=(0, 1, 2))


@triplet_margin_with_distance_loss.parity
def unknown_distance(f: Function, rng: Rng) -> None:
    """A word that is no distance is refused

    A misspelt word should not train a model with another distance.
    """
    refuses(f, *triplets(rng), distance_function="euklid")


triplet_parity(triplet_margin_with_distance_loss, {"distance_function": "manhattan"})
drop_in_parity(triplet_margin_with_distance_loss, triplets, "triplets")

triplet_margin_with_distance_loss.misconceptions.extend(MISTAKES)
