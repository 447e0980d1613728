"""What all exercises share: inputs, shapes, how a mistake is added."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Mistakes, wrong_in

Rng = np.random.Generator
Loss = Callable[..., Tensor]
Draw = Callable[..., tuple[Tensor, Tensor]]


LOSSES = (
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss", "soft_margin_loss"),
    *("cross_entropy", "nll_loss", "kl_div"),
)
SIGMOIDS = (
    *("sigmoid", "logsigmoid", "hardsigmoid", "silu", "glu", "softplus"),
    *("softmax", "log_softmax", "logaddexp", "logaddexp2", "logsumexp", "logcumsumexp"),
)

DTYPES = (torch.float32, torch.float64)

# No two of them add up to 1, and of the logits no two add up to 0: what costs as a yes never costs as a no
SHARES = (0.05, 0.1, 0.2, 0.3, 0.35, 0.45, 0.6, 0.75, 0.85, 0.97)
LOGITS = (-2.1, -1.8, -1.5, -0.9, -0.3, 0.2, 0.7, 1.3, 1.7, 2.4)
FACTORS = (0.05, 0.4, 0.1, 0.25, 0.02, 0.06)
POSITIVE = (3.0, 0.5, 2.2, 1.6, 5.0, 0.8)


def draw(rng: Rng, values: tuple[float, ...], *shape: int) -> Tensor:
    """Some of `values`, each at most once."""
    return tensor(rng.permutation(values)[: prod(shape)].reshape(shape), dtype=torch.float32)


def answers(rng: Rng, *shape: int) -> Tensor:
    """Noes and yeses, as many of the one as of the other, or one no more."""
    return tensor(rng.permutation(np.arange(prod(shape)) % 2).reshape(shape), dtype=torch.float32)


def with_shares(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Probabilities, and a yes or no for each."""
    return draw(rng, SHARES, *shape), answers(rng, *shape)


def with_logits(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Logits, and a yes or no for each."""
    return draw(rng, LOGITS, *shape), answers(rng, *shape)


def wrong_part(exercises: dict[str, Mistakes], part: str, *explanations: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a mistake in one of the parts that a spec is made of: what takes this part's place."""

    def add(own: Loss) -> Loss:
        def with_own(spec: Loss, *args: Any, **flags: Any) -> Tensor:
            return spec(*args, **{part: own}, **flags)

        wrong_in(exercises, *explanations, name=name or own.__name__)(with_own)
        return own

    return add


def wrong_losses(exercises: dict[str, Mistakes], *explanations: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a mistake in the loss of each element: a function of the right loss, and of its arguments."""
    return wrong_part(exercises, "twist", *explanations, name=name)


def as_it_is(losses: Loss, *args: Any) -> Tensor:
    """The twist of a spec that nobody has spoilt."""
    return losses(*args)


def weighed(losses: Tensor, weight: Tensor | None) -> Tensor:
    """Each loss times its factor, which does not add to the shape."""
    return losses if weight is None else losses * weight.expand_as(losses)


def broadcast(*values: Tensor) -> tuple[Tensor, ...]:
    """All in the shape to which they broadcast together."""
    return tuple(torch.broadcast_tensors(*values))  # type: ignore[no-untyped-call]


def alike(one: Tensor, other: Tensor) -> None:
    """Raises where torch and Keras do: what would broadcast is refused."""
    if one.shape != other.shape:
        raise ValueError(f"one is {tuple(one.shape)}, the other {tuple(other.shape)}")


def yes_and_no(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
    """What a yes costs, and what a no."""
    return losses(x, torch.ones_like(t), *rest), losses(x, torch.zeros_like(t), *rest)
