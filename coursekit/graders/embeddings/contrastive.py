"""What `info_nce` and `nt_xent` share: cosines, what is made of a table of them, and the mistakes in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, Rng, usual_mistakes, wrong_words
from coursekit.exercise.families.inputs import normal


def unit(x: Tensor) -> Tensor:
    """The vectors of the last dimension divided by their lengths; zeros stay zeros."""
    lengths: Tensor = x.norm(dim=-1, keepdim=True)
    return x / lengths.clamp(min=1e-12)


def cosines(x: Tensor, y: Tensor) -> Tensor:
    """The cosine of each x with each y: (N, M)."""
    return unit(x) @ unit(y).T


def divided(similarity: Tensor, temperature: float) -> Tensor:
    """The logits."""
    return similarity / temperature


def draw(rng: Rng, pairs: int = 4, size: int = 3) -> tuple[Tensor, Tensor]:
    """Pairs of vectors with one decimal, of lengths from 0.6 to 3, of which no two in a table are alike."""
    while True:
        first, second = normal(rng, pairs, size), normal(rng, pairs, size)
        lengths = torch.cat([first, second]).norm(dim=1)
        if lengths.min() > 0.6 and lengths.max() < 3 and len(lengths.unique()) == 2 * pairs:
            return first, second


def check_shapes(first: Tensor, second: Tensor, temperature: float) -> None:
    """Raises ValueError unless both are (N, D) and the temperature is positive."""
    if first.ndim != 2 or first.shape != second.shape:
        raise ValueError(f"{tuple(first.shape)} beside {tuple(second.shape)}")
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}")


def lengths_mistakes(wrong: Mistakes, with_similarity: Callable[[Loss], Loss]) -> None:
    """Adds what goes wrong on the way from vectors to a table of similarities.

    Args:
        wrong: of a contrastive loss.
        with_similarity: makes a loss of `similarity(x, y)`.
    """
    wrong.table(
        with_similarity,
        dot_products=(
            "These are dot products: the longer the vectors, the smaller the loss. Divide each vector by its length "
            "first, so that directions count alone.",
            lambda x, y: x @ y.T,
        ),
        one_side_normalised=(
            "The vectors of one side only are divided by their lengths. Both have to be, or it is no cosine.",
            (lambda x, y: unit(x) @ y.T, lambda x, y: x @ unit(y).T),
        ),
        normalised_along_the_batch=(
            "Each coordinate is normalised over the batch (dim 0). A vector lies along the last dimension.",
            lambda x, y: unit(x.T).T @ unit(y.T),
        ),
        normalised_as_a_whole=(
            "The whole table of vectors is divided by one length: `norm()` without `dim` is a single number. Each "
            "vector has its own.",
            lambda x, y: (x / x.norm()) @ (y / y.norm()).T,
        ),
        squared_lengths=(
            "Each vector is divided by its squared length: a root is missing.",
            lambda x, y: (x / x.square().sum(-1, keepdim=True)) @ (y / y.square().sum(-1, keepdim=True)).T,
        ),
        normalised_by_softmax=(
            "The vectors went through a softmax. They are divided by their lengths, so that their products are "
            "cosines.",
            lambda x, y: x.softmax(-1) @ y.softmax(-1).T,
        ),
        distances=(
            "Minus the distances of the vectors stand where their cosines should.",
            (lambda x, y: -distances(x, y), lambda x, y: -distances(x, y).square()),
        ),
        distances_of_unit_vectors=(
            "Minus the distances of the unit vectors stand where their cosines should. The squared distance is "
            "2 - 2·cos: so squared, it is twice as steep as the cosine.",
            (
                lambda x, y: -distances(unit(x), unit(y)).square(),
                lambda x, y: -distances(unit(x), unit(y)),
            ),
        ),
        cosine_distance=(
            "1 - cos stands where the cosine should: the pair that is most alike gets the smallest logit.",
            (lambda x, y: 1 - cosines(x, y), lambda x, y: -cosines(x, y)),
        ),
        lengths_detached=(
            "The value is right, its gradient is not: the lengths were cut from the graph. A vector that grows has a "
            "longer length as well, and that is why the gradient turns it and never stretches it.",
            lambda x, y: (
                (x / x.norm(dim=-1, keepdim=True).detach().clamp(min=1e-12))
                @ (y / y.norm(dim=-1, keepdim=True).detach().clamp(min=1e-12)).T
            ),
        ),
        zeros_are_nan=(
            "A vector of zeros gives NaN, and so does every mean that it is in. Its length is 0: divide by a little "
            "more, as `clamp(min=1e-12)` does.",
            lambda x, y: (x / x.norm(dim=-1, keepdim=True)) @ (y / y.norm(dim=-1, keepdim=True)).T,
        ),
        zeros_have_no_slope=(
            "A vector of zeros has the right value, and NaN for its gradient: the slope of a root is infinite at 0. "
            "Bound what stands under the root.",
            lambda x, y: (
                (x / x.square().sum(-1, keepdim=True).sqrt().clamp(min=1e-12))
                @ (y / y.square().sum(-1, keepdim=True).sqrt().clamp(min=1e-12)).T
            ),
        ),
    )


def distances(x: Tensor, y: Tensor) -> Tensor:
    """The Euclidean distance of each x from each y, with a slope of 0 where it is 0."""
    result: Tensor = (x[:, None] - y).norm(dim=-1)
    return result


def temperature_mistakes(wrong: Mistakes, with_scale: Callable[[Loss], Loss]) -> None:
    """Adds what goes wrong between a table of cosines and one of logits.

    Args:
        wrong: of a contrastive loss.
        with_scale: makes a loss of `scaled(similarity, temperature)`.
    """
    wrong.table(
        with_scale,
        multiplied=(
            "The cosines are multiplied by the temperature. Divide: a small temperature makes large logits. "
            "Multiplied by 0.1 they stay between -0.1 and 0.1, and no batch is ever told apart.",
            lambda s, t: s * t,
        ),
        divided_twice_by_temperature=(
            "The cosines are divided by the temperature squared: both vectors were divided by it.",
            lambda s, t: s / t**2,
        ),
        root_of_temperature=(
            "The cosines are divided by the root of the temperature. Divide by the temperature itself.",
            lambda s, t: s / t**0.5,
        ),
        logarithm_of_scale=(
            "The temperature is taken for the logarithm of a scale, as in CLIP's code: exp(temperature) multiplies. "
            "Here each cosine is divided by the temperature.",
            lambda s, t: s * torch.tensor(t, dtype=s.dtype).exp(),
        ),
        cut_at_zero=(
            "Cosines below 0 are cut off. They count as well: the farther, the less.",
            lambda s, t: s.clamp(min=0) / t,
        ),
        angles=(
            "The angle stands where its cosine should.",
            (
                lambda s, t: -s.clamp(-1 + 1e-12, 1 - 1e-12).acos() / t,
                lambda s, t: s.clamp(-1 + 1e-12, 1 - 1e-12).acos() / t,
            ),
        ),
    )


def word_mistakes(wrong: Mistakes) -> None:
    """Adds what goes wrong between the losses and the number that is returned."""
    wrong_words(wrong)
    usual_mistakes(wrong, "divided_twice", "always_float32")


def refused_less(wrong: Mistakes, unchecked: Loss) -> None:
    """Adds what passes and should not.

    Args:
        wrong: of a contrastive loss.
        unchecked: the loss without a look at shapes and temperature.
    """

    def passing(which: Callable[[Tensor, Tensor, float], bool]) -> Loss:
        def loss(first: Tensor, second: Tensor, *more: Any, **flags: Any) -> Tensor:
            call = wrong.bound(first, second, *more, **flags)
            call.apply_defaults()
            passes = which(first, second, call.arguments["temperature"])
            return (unchecked if passes else wrong.spec)(*call.args)

        return loss

    wrong.table(
        every_temperature_passes=(
            "A temperature of 0 or below passes. Below 0 the most unlike vectors are drawn together: raise a "
            "ValueError.",
            passing(lambda _x, _y, temperature: not temperature > 0),
        ),
        unlike_shapes_pass=(
            "Tables of unlike sizes pass, and vectors are left without a partner in silence. Raise a ValueError.",
            passing(lambda x, y, _temperature: x.shape != y.shape),
        ),
        any_dimensions_pass=(
            "Tensors of three dimensions pass. They are no table of vectors: raise a ValueError.",
            passing(lambda x, y, _temperature: x.ndim != 2 and x.shape == y.shape),
        ),
    )
