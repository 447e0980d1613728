"""The replacement of torch's `kl_div`, every reduction and flag included."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import distribution
from coursekit.graders.kl_divergence.common import READY_MADE, Rng, apart, ln, nothing
from coursekit.wire import Question


def reduced(loss: Tensor, input: Tensor, reduction: str) -> Tensor:
    """`loss` as "none", "sum", "mean" and "batchmean" leave it."""
    if reduction == "none":
        return loss
    size = {"sum": 1, "mean": loss.numel(), "batchmean": input.shape[0]}[reduction]
    return loss.sum() / size


def kl_div_spec(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """T ln t - t · input for every element, with 0 ln 0 = 0; t is exp(target) if log_target."""
    if log_target:
        return reduced(target.exp() * (target - input), input, reduction)
    log_t = target.where(target != 0, 1.0).log()
    return reduced(target * log_t - target * input, input, reduction)


REDUCTIONS = ("none", "sum", "mean", "batchmean")


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


def believed(rng: Rng, *shape: int) -> Tensor:
    """Log-probabilities rounded to one decimal, so that they are short (and no exact logarithms of a softmax)."""
    return distribution(rng, *shape).log().mul(10).round().div(10)


def pair_of_logs(rng: Rng, *shape: int, log_target: bool = False) -> tuple[Tensor, ...]:
    """An input and a target of `kl_div` that no other order or flag makes look right."""

    def draw() -> tuple[Tensor, ...]:
        return believed(rng, *shape), believed(rng, *shape) if log_target else distribution(rng, *shape)

    def right(input: Tensor, target: Tensor) -> Tensor:
        return kl_div_spec(input, target, "sum", log_target)

    def other_order(input: Tensor, target: Tensor) -> Tensor:
        return places_swapped(input, target, "sum", log_target)

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
    """'none': one term an element, t ln t - t · input

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
    """The gradient with every reduction and flag, by input and by target"""
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


@kl_div.parity
def no_rows(f: Function, rng: Rng) -> None:
    """An empty batch: 'sum' gives 0, the means give NaN"""
    empty = torch.empty(0, 3)
    same_value(f, kl_div_spec, empty, empty, reduction="batchmean")
    same_value(f, kl_div_spec, empty, empty)
    same_value(f, kl_div_spec, empty, empty, reduction="sum")


@kl_div.parity
def kl_div_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32; together with float64 it becomes float64"""
    input, target = pair_of_logs(rng, 2, 2)
    double = torch.float64
    same_dtype(f, kl_div_spec, input, target)
    same_dtype(f, kl_div_spec, input.double(), target.double(), dtype=double)
    same_dtype(f, kl_div_spec, input, target.double(), dtype=double)
    same_dtype(f, kl_div_spec, input.double(), target, dtype=double)
    same_dtype(f, kl_div_spec, input, target.log().double(), log_target=True, dtype=double)


@kl_div.misconception(  # KL1
    "This takes the logarithm of `input`. It holds log-probabilities already; a logarithm of negative numbers is NaN."
)
def input_is_probabilities(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input.log(), target, reduction, log_target)


@kl_div.misconception(
    "A `log_softmax` is applied to the input inside. The caller does that: log-probabilities pass through it "
    "unchanged, so it often goes unnoticed, but anything else is silently changed."
)
def log_softmax_inside(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input.log_softmax(-1), target, reduction, log_target)


@kl_div.misconception(
    "A `softmax` is applied to the input inside, and its logarithm is missing. The input holds log-probabilities "
    "already."
)
def softmax_inside(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input.softmax(-1), target, reduction, log_target)


@kl_div.misconception(  # KL2
    "The arguments are swapped: this weighs by exp(input). The target is p, what happens, so it holds the weights, "
    "although it comes second."
)
def places_swapped(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    log_t = target if log_target else target.log()
    return reduced(input.exp() * (input - log_t), input, reduction)


@kl_div.misconception("The sign is wrong: this is t · input - t ln t. KL is p times ln p minus ln q.")
def kl_div_negative(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return -kl_div_spec(input, target, reduction, log_target)


@kl_div.misconception(
    "This is the cross-entropy, -t · input. Its gradient by the input is the same; the value lacks t ln t, so it "
    "does not fall to 0."
)
def without_entropy(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced(-(target.exp() if log_target else target) * input, input, reduction)


@kl_div.misconception("The terms are not weighted by the target: this is ln t - input.")
def kl_div_unweighted(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced((target if log_target else target.log()) - input, input, reduction)


@kl_div.misconception("The target's logarithm is in bits. torch's kl_div is in nats: `torch.log`.")  # I4
def kl_div_bits(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return kl_div_spec(input, target, reduction, log_target)
    return reduced(target * (ln(target) / math.log(2) - input), input, reduction)


@kl_div.misconception(  # I8
    "`abs` is taken of every term. Single terms may be negative; only their sum over a distribution may not."
)
def kl_div_absolute(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced(kl_div_spec(input, target, "none", log_target).abs(), input, reduction)


@kl_div.misconception(  # I8
    "Terms below 0 are cut off. Single terms may be negative; only their sum over a distribution may not."
)
def kl_div_cut_off(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return reduced(kl_div_spec(input, target, "none", log_target).clamp(min=0), input, reduction)


@kl_div.misconception(  # KL10
    "The target is normalised first. torch takes it as it stands: rows that do not sum to 1 give another, even "
    "negative number."
)
def target_normalised(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    target = target.log_softmax(-1) if log_target else target / target.sum(-1, keepdim=True)
    return kl_div_spec(input, target, reduction, log_target)


@kl_div.misconception(  # KL8
    "0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from a target of 0."
)
def kl_div_nan(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    log_t = target if log_target else target.log()
    return reduced((target.exp() if log_target else target) * (log_t - input), input, reduction)


@kl_div.misconception(
    "The target is compared as a constant: no gradient flows back to it. torch's does, and a teacher who is not "
    "trained is detached by the caller."
)
def target_detached(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target.detach(), reduction, log_target)


@kl_div.misconception("'none' sums over the last dimension. It should leave one number an element.")
def none_sums_rows(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    loss = kl_div_spec(input, target, "none", log_target)
    return loss.sum(-1) if reduction == "none" else reduced(loss, input, reduction)


@kl_div.misconception("The reduction is ignored: this is 'batchmean' whatever was asked for.")
def always_batchmean(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "batchmean", log_target)


@kl_div.misconception("The reduction is ignored: this is 'mean' whatever was asked for.")
def always_mean(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "mean", log_target)


@kl_div.misconception("The reduction is ignored: this is 'none' whatever was asked for.")
def always_none(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "none", log_target)


@kl_div.misconception("The reduction is ignored: this is 'sum' whatever was asked for.")
def always_sum(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "sum", log_target)


@kl_div.misconception(  # KL3
    "'mean' divides by the number of rows here. torch divides by the number of elements, which is why its 'mean' is "
    "not the KL divergence and 'batchmean' was added."
)
def mean_over_rows(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "batchmean" if reduction == "mean" else reduction, log_target)


@kl_div.misconception(  # KL3
    "'batchmean' divides by the number of elements here. That is 'mean'; 'batchmean' divides by the number of rows."
)
def batchmean_over_elements(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, "mean" if reduction == "batchmean" else reduction, log_target)


@kl_div.misconception(  # KL12
    "The default reduction is 'batchmean' here. torch's is 'mean', which is not the KL divergence but is what a call "
    "without a reduction gives."
)
def other_default(input: Tensor, target: Tensor, reduction: str = "batchmean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, reduction, log_target)


@kl_div.misconception(  # KL4
    "'batchmean' divides by the number of distributions, N · T for (N, T, K). torch divides by the first size only, "
    "whatever the number of dimensions."
)
def batchmean_per_row(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    loss = kl_div_spec(input, target, "none", log_target)
    return loss.sum(-1).mean() if reduction == "batchmean" else reduced(loss, input, reduction)


@kl_div.misconception(  # KL5
    "'batchmean' of a single distribution (K,) gives its sum here: the KL, but not torch's answer. torch divides by "
    "the first size, K."
)
def batchmean_spares_one(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    single = reduction == "batchmean" and input.ndim == 1
    return kl_div_spec(input, target, "sum" if single else reduction, log_target)


@kl_div.misconception(  # KL6
    "`log_target` is not used: log-probabilities were taken for probabilities. Their exponential is the weight, and "
    "they are the logarithm themselves."
)
def log_target_ignored(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, reduction, False)


@kl_div.misconception(  # KL7
    "The target is taken for log-probabilities although `log_target` is False: the weight is exp(target)."
)
def always_log_target(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    return kl_div_spec(input, target, reduction, True)


@kl_div.misconception(  # KL7
    "With `log_target` the weight is the target itself, a negative number. The weight is exp(target)."
)
def weight_stays_logarithm(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return reduced(target * (target - input), input, reduction)
    return kl_div_spec(input, target, reduction)


@kl_div.misconception(
    "With `log_target` this takes the logarithm of exp(target), which rounds to log 0 for a very small probability. "
    "The logarithm is there already: it is target."
)
def logarithm_of_exponential(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    if log_target:
        t = target.exp()
        return reduced(t * (t.log() - input), input, reduction)
    return kl_div_spec(input, target, reduction)


@kl_div.misconception(  # I6
    "A small number inside the logarithm (1e-6) avoids NaN by computing something slightly else. Protect the "
    "logarithm where the target is 0, and only there."
)
def kl_div_padded(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return kl_div_spec(input, target, reduction, True)
    return reduced(target * ((target + 1e-6).log() - input), input, reduction)


@kl_div.misconception(
    "The whole term is masked where the target is 0. That hides an input of -inf or NaN beside it; torch's NaN there "
    "is to be seen. Only the target's logarithm needs protection."
)
def whole_term_masked(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    loss = kl_div_spec(input, target, "none", log_target)
    zero = target == (-inf if log_target else 0)
    return reduced(loss.where(~zero, 0.0), input, reduction)


@kl_div.misconception(
    "A negative target passes as if it were a probability of 0. torch gives NaN: protect the logarithm at 0 only, "
    "and let it complain below."
)
def negative_target_passes(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    if log_target:
        return kl_div_spec(input, target, reduction, True)
    return reduced(target * ln(target) - target * input, input, reduction)
