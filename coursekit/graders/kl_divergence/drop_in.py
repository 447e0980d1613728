"""The replacement of torch's `kl_div`, every reduction and flag included."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, no_elements, same_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import distribution, drawn_once, in_float64
from coursekit.graders.kl_divergence.common import READY_MADE, apart, believed, nothing
from coursekit.graders.kl_divergence.drop_in_mistakes import MISTAKES, places_swapped
from coursekit.graders.kl_divergence.drop_in_spec import REDUCTIONS, kl_div_spec


def kl_div_cases() -> Iterator[Question]:
    """Reductions × log_target × shapes × dtypes, with gradients; then the edges, in value and by input.

    By a target of 0 torch's own gradient is NaN (a fault of xlogy: pytorch issue 89558), so that is not compared.
    """
    edges = [
        (tensor([-0.5, -inf, -inf, -1000.0, 0.5]), tensor([0.0, 0.0, 0.5, 1e-30, 1.5]), False),
        (tensor([0.0, -1.0, nan, -1.0]), tensor([-0.1, nan, 0.5, 0.0]), False),
        (tensor([0.0, -inf, -inf, -1000.0, 100.0]), tensor([-inf, -inf, 0.0, -1000.0, 1.0]), True),
    ]
    dtypes = (torch.float32, torch.float64)
    for reduction, first, second in itertools.product(REDUCTIONS, dtypes, dtypes):
        for log_target, shape in itertools.product((False, True), ((3,), (2, 3), (2, 2), (3, 3, 2), (0, 3))):
            numbers = torch.linspace(-3, 1, int(np.prod(shape)), dtype=first).reshape(shape)
            target = numbers.flip(0).to(second).cos() - 1.1
            target = target if log_target else target.exp()
            yield Question((numbers, target), {"reduction": reduction, "log_target": log_target}, wrt=(0, 1))
        for input, target, log_target in edges:
            kwargs = {"reduction": reduction, "log_target": log_target}
            yield Question((input.to(first), target.to(second)), kwargs, wrt=(0,))


def torch_kl_div(*args: Any, **kwargs: Any) -> Tensor:
    """Torch's own, without its warning that 'mean' is not the KL divergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return torch.nn.functional.kl_div(*args, **kwargs)


@drawn_once
def pair_of_logs(rng: Rng, *shape: int, log_target: bool = False) -> tuple[Tensor, ...]:
    """An input and a target of `kl_div` that no other order or flag makes look right."""

    def draw() -> tuple[Tensor, ...]:
        return believed(rng, *shape), believed(rng, *shape) if log_target else distribution(rng, *shape)

    def right(input: Tensor, target: Tensor) -> Tensor:
        return kl_div_spec(input, target, "sum", log_target)

    def other_order(input: Tensor, target: Tensor) -> Tensor:
        return places_swapped(input, target, log_target).sum()

    return apart(draw, right, other_order, nothing)


kl_div = Exercise(
    "kl_div",
    kl_div_spec,
    points=3,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_kl_div,
    cases=kl_div_cases,
    idea="torch's kl_div takes the believed first and as logarithms, and only 'batchmean' of (N, K) is the KL.",
    hints=(
        "Write KL(p‖q) = Σ p ln p - p ln q in torch's words: which argument is p, which holds ln q already?",
        "First the element-wise loss, then the reduction. `batchmean` looks at `input.shape[0]` only.",
        "With `log_target`, p is exp(target), and ln p is target itself: no logarithm, hence no trouble at 0.",
        "At t = 0 only the logarithm of t needs protection. A mask over the whole term would also hide an input of "
        "-inf.",
    ),
)


@kl_div.check
def element_by_element(f: Function, rng: Rng) -> None:
    """'none': one term per element, t ln t - t · input

    The input holds logarithms; the target does not, and comes second.
    """
    same_value(f, kl_div_spec, tensor([-1.0, -0.5]), tensor([0.25, 0.75]), reduction="none")
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 3), reduction="none")


@kl_div.check
def batchmean(f: Function, rng: Rng) -> None:
    """'batchmean': the mean KL of a batch

    The sum of all terms, divided by the number of rows.
    """
    same_value(f, kl_div_spec, *pair_of_logs(rng, 1, 2), reduction="batchmean")
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 3), reduction="batchmean")


@kl_div.check
def input_as_it_stands(f: Function, rng: Rng) -> None:
    """The input is taken as it stands

    Who calls `kl_div` has applied `log_softmax` before. Nothing is normalised inside.
    """
    same_value(f, kl_div_spec, tensor([[1.0, 3.0]]), tensor([[0.25, 0.75]]), reduction="batchmean")
    same_value(f, kl_div_spec, tensor([[-1.0, -1.0]]), tensor([[0.25, 0.25]]), reduction="batchmean")


@kl_div.check
def zero_in_target(f: Function, rng: Rng) -> None:
    """A target of 0 adds 0"""
    same_value(f, kl_div_spec, tensor([[-0.5, -1.0]]), tensor([[1.0, 0.0]]), reduction="batchmean")


@kl_div.check
def kl_div_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, also beside a target of 0

    By the input it is -target, divided by what the reduction divides by.
    """
    same_gradient(f, kl_div_spec, *pair_of_logs(rng, 2, 3), reduction="batchmean")
    same_gradient(f, kl_div_spec, tensor([[-0.5, -1.0]]), tensor([[1.0, 0.0]]), reduction="batchmean")


@kl_div.parity
def four_reductions(f: Function, rng: Rng) -> None:
    """Four reductions, and 'mean' is the default

    'mean' divides by the number of elements, 'batchmean' by the number of rows.
    """
    input, target = pair_of_logs(rng, 2, 3)
    same_value(f, kl_div_spec, input, target, reduction="sum")
    same_value(f, kl_div_spec, input, target, reduction="mean")
    same_value(f, kl_div_spec, input, target)


@kl_div.parity
def logarithmic_target(f: Function, rng: Rng) -> None:
    """log_target, with every reduction

    The target then holds ln p: take its exponential for the weight, and itself for the logarithm.
    """
    input, target = pair_of_logs(rng, 2, 3, log_target=True)
    for reduction in REDUCTIONS:
        same_value(f, kl_div_spec, input, target, reduction=reduction, log_target=True)
    same_value(f, kl_div_spec, input, target, log_target=True)
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 2), reduction="sum", log_target=False)


@kl_div.parity
def other_shapes(f: Function, rng: Rng) -> None:
    """One and three dimensions: 'batchmean' divides by the first size

    For (N, T, K) that is N, not N · T; for a single distribution (K,) it is K, and not the KL.
    """
    input, target = pair_of_logs(rng, 2, 2, 2)
    for reduction in REDUCTIONS:
        same_value(f, kl_div_spec, input, target, reduction=reduction)
    same_value(f, kl_div_spec, *pair_of_logs(rng, 3), reduction="batchmean")
    same_value(f, kl_div_spec, *pair_of_logs(rng, 2, 2, 2, log_target=True), reduction="batchmean", log_target=True)


@kl_div.parity
def all_gradients(f: Function, rng: Rng) -> None:
    """The gradient with every reduction and flag, for input and target"""
    for log_target in (False, True):
        input, target = pair_of_logs(rng, 2, 2, log_target=log_target)
        for reduction in REDUCTIONS:
            kwargs: dict[str, Any] = {"reduction": reduction, "log_target": log_target}
            same_gradient(f, kl_div_spec, input, target, wrt=(0, 1), scale=3.0, **kwargs)


@kl_div.parity
def kl_div_impossible(f: Function, rng: Rng) -> None:
    """Impossible events: inf where they happen, NaN where the target is 0

    0 ln 0 is 0, but 0 · (-inf) stays what it is, as in torch: an input of -inf should be seen.
    """
    same_value(f, kl_div_spec, tensor([[-inf, 0.0]]), tensor([[0.5, 0.5]]), reduction="batchmean")
    same_value(f, kl_div_spec, tensor([[-inf, -0.5]]), tensor([[0.0, 1.0]]), reduction="none")
    same_value(f, kl_div_spec, tensor([-0.5, -0.5]), tensor([-inf, 0.0]), reduction="none", log_target=True)


@kl_div.parity
def negative_target(f: Function, rng: Rng) -> None:
    """A negative target gives NaN

    It is no probability, and often a sign of log-probabilities that were passed without `log_target`.
    """
    same_value(f, kl_div_spec, tensor([[-0.5, -1.0]]), tensor([[-0.5, 0.5]]), reduction="none")


@kl_div.parity
def kl_div_extremes(f: Function, rng: Rng) -> None:
    """Extreme inputs and tiny targets

    Look for a small number added inside a logarithm, for a clamp, and for a logarithm of an exponential.
    """
    same_value(f, kl_div_spec, tensor([[-100.0, -1000.0, 0.0]]), tensor([[0.5, 0.25, 0.25]]), reduction="sum")
    logs = tensor([[-1000.0, 0.0]]), tensor([[-100.0, -900.0]])
    same_value(f, kl_div_spec, *logs, reduction="sum", log_target=True)
    logs = tensor([[-1000.0, 0.0]]), tensor([[0.0, -900.0]])
    same_value(f, kl_div_spec, *logs, reduction="sum", log_target=True)
    tiny = 10.0 ** -int(rng.integers(6, 9))
    target = tensor([[tiny, 2 * tiny]], dtype=torch.float64)
    same_value(f, kl_div_spec, tensor([[-1.0, -0.5]], dtype=torch.float64), target, reduction="none")


no_elements(
    kl_div,
    lambda rng: (torch.empty(0, 3),) * 2,
    "An empty batch: 'sum' gives 0, the means give NaN",
    "no_rows",
    reductions=("batchmean", None, "sum"),
)


@kl_div.parity
def kl_div_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32; together with float64 it becomes float64"""
    input, target = pair_of_logs(rng, 2, 2)
    double = torch.float64
    same_dtype(f, kl_div_spec, input, target)
    same_dtype(f, kl_div_spec, input.double(), in_float64(target), dtype=double)
    same_dtype(f, kl_div_spec, input, in_float64(target), dtype=double)
    same_dtype(f, kl_div_spec, input.double(), target, dtype=double)
    same_dtype(f, kl_div_spec, input, in_float64(target).log(), log_target=True, dtype=double)


kl_div.misconceptions.extend(MISTAKES)
