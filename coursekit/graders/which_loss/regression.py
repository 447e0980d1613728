"""Training E, a network with one output: `regression_loss`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nan, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, same_dtype, same_gradient, same_value
from coursekit.graders.which_loss.common import mean_mistakes


def squares(prediction: Tensor, target: Tensor) -> Tensor:
    """The squared error of each sample, shape (N,)."""
    return torch.stack([(row[0] - y) ** 2 for row, y in zip(prediction, target, strict=True)])


def regression_spec(prediction: Tensor, target: Tensor) -> Tensor:
    """Their mean."""
    return squares(prediction, target).mean() if len(target) else tensor(nan)


def torch_mse(prediction: Tensor, target: Tensor) -> Tensor:
    """As torch has it."""
    return F.mse_loss(prediction.squeeze(1), target)


def regression_cases() -> Iterator[Question]:
    """Sizes, dtypes and scales, each with both gradients; a NaN; no samples."""
    generator = torch.Generator().manual_seed(0)
    for size in (1, 2, 3, 7):
        for dtype in (torch.float32, torch.float64):
            for scale in (1.0, 1e4):
                prediction, target = scale * torch.randn((2, size), generator=generator, dtype=dtype)
                yield Question((prediction[:, None], target), wrt=(0, 1))
    yield Question((tensor([[nan], [1.0]]), tensor([0.0, 3.0])))
    yield Question((torch.empty(0, 1), torch.empty(0)))


regression_loss = Exercise(
    "regression_loss",
    regression_spec,
    points=1,
    parity_points=1,
    idea="(N, 1) against (N,) compares everybody with everybody: line up the shapes before the loss.",
    hints=(
        "Print the shape of `prediction - target`. What did you expect?",
        "One of the two has a dimension too many. Take away that one, and only that one: what would `squeeze()` "
        "without a number do to a batch of one?",
    ),
    twin=torch_mse,
    cases=regression_cases,
)


def pair(rng: Rng, size: int) -> tuple[Tensor, Tensor]:
    """Predictions (N, 1) and targets (N,) in steps of 0.5, all errors of another size and more than ½ in the mean."""
    errors = tensor(rng.permutation([-2.5, -1.5, -1.0, 0.5, 3.0])[:size], dtype=torch.float32)
    target = tensor(rng.permutation([-4.0, -1.5, 0.5, 2.0, 5.0])[:size], dtype=torch.float32)
    return (target + errors)[:, None], target


@regression_loss.check
def perfect_and_not(f: Function, rng: Rng) -> None:
    """Perfect predictions cost nothing, and a single error what it is

    Nobody is compared with another one's target.
    """
    same_value(f, regression_spec, tensor([[1.0], [2.0], [6.0]]), tensor([1.0, 2.0, 3.0]))
    same_value(f, regression_spec, tensor([[1.0], [2.0], [3.0]]), tensor([1.0, 2.0, 3.0]))


@regression_loss.check
def mean_of_squares(f: Function, rng: Rng) -> None:
    """The mean of the squared errors"""
    for size in (2, 3, 4):
        same_value(f, regression_spec, *pair(rng, size))


@regression_loss.check
def regression_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the predictions is right: 2 · error / N"""
    same_gradient(f, regression_spec, *pair(rng, 3))


@regression_loss.parity
def batch_of_one(f: Function, rng: Rng) -> None:
    """A batch of one sample, and of none

    The last batch of an epoch may be small. Nothing measured is NaN.
    """
    same_value(f, regression_spec, *pair(rng, 1))
    same_value(f, regression_spec, torch.empty(0, 1), torch.empty(0))


@regression_loss.parity
def missing_target(f: Function, rng: Rng) -> None:
    """A NaN among the targets shows

    Holes are for the caller to remove. A loss that skips them hides that the data are broken.
    """
    prediction, target = pair(rng, 3)
    same_value(f, regression_spec, prediction, target)
    same_value(f, regression_spec, prediction, torch.cat([target[:2], tensor([nan])]))


@regression_loss.parity
def regression_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64; both gradients"""
    prediction, target = pair(rng, 3)
    same_dtype(f, regression_spec, prediction, target)
    same_dtype(f, regression_spec, prediction.double(), target.double())
    same_gradient(f, regression_spec, prediction, target, wrt=(0, 1))


wrong = regression_loss.misconceptions
mean_mistakes(wrong, squares, "samples")
wrong.table(
    every_pair=(
        "(N, 1) against (N,) broadcasts to (N, N): every prediction is compared with every target, so the best one is "
        "the mean of all targets, and the loss stops at their variance. Line up the shapes first.",
        lambda x, y: (x - y).square().mean(),
        "MSE1",
    ),
    every_pair_summed=(
        "Both were given a dimension more: (N, 1, 1) against (N, 1) still compares everybody with everybody.",
        lambda x, y: (x - y).square().sum(1).mean(),
    ),
    sorted_first=(
        "Both are sorted first, so that the pairs are lost: each prediction has a target of its own.",
        lambda x, y: (x[:, 0].sort().values - y.sort().values).square().mean(),
    ),
    half_of_the_sum=(
        "This is half of the sum. The mean divides by the number of samples.",
        lambda x, y: squares(x, y).sum() / 2,
    ),
    errors_cancel=(
        "The predictions were averaged first. One number is compared with the mean of the targets: errors cancel.",
        lambda x, y: (x.mean() - y.mean()).square(),
    ),
    mean_prediction=(
        "The predictions were averaged first: their mean is compared with each target.",
        lambda x, y: (x.mean() - y).square().mean(),
    ),
    root=(
        "This is the root of the mean square. Its minimum is the same, its gradient is not: that is NaN at a perfect "
        "fit.",
        lambda x, y: squares(x, y).mean().sqrt(),
    ),
    absolute=(
        "This is the absolute error. It asks for the median; the task was the squared one.",
        lambda x, y: F.l1_loss(x.squeeze(1), y),
    ),
    robust=(
        "This is Huber's loss (or smooth L1). Beyond an error of 1 it goes on in a straight line; the task was the "
        "square.",
        lambda x, y: F.huber_loss(x.squeeze(1), y),
    ),
    halved=(
        "This is half the squared error. torch's `mse_loss` has no ½, and its slope is 2 · error / N.",
        lambda x, y: squares(x, y).mean() / 2,
        "MSE4",
    ),
    skips_holes=(
        "NaN targets are left out of the mean. The caller removes holes; a loss that skips them hides broken data.",
        lambda x, y: squares(x, y).nanmean() if len(y) else tensor(nan),
    ),
    nothing_is_zero=(
        "The mean of no samples is 0 here. torch gives NaN: nothing was measured, and that should be seen.",
        lambda x, y: regression_spec(x, y) if len(y) else x.sum(),
    ),
)
wrong.table(
    relative_error=(
        "The errors are divided by the targets, or by their spread. They are taken as they are.",
        (
            lambda x, y: ((x.squeeze(1) - y) / y).square().mean(),
            lambda x, y: (x.squeeze(1) - y).square().mean() / y.var(correction=0),
            lambda x, y: (x.squeeze(1) - y).square().mean() / y.square().mean(),
        ),
    ),
)
