"""What goes wrong around the samples of `multi_margin_loss`: weights, targets, powers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import reduced
from coursekit.graders.margins.common import hinge
from coursekit.graders.margins.multi_margin import assembled, multi_margin_loss, multi_margin_spec, others, sample_loss
from coursekit.graders.margins.multi_margin_mistakes import gaps


@multi_margin_loss.misconception(  # MM5
    "The weighted mean divides by the sum of the factors, as cross-entropy does. `multi_margin_loss` divides by the "
    "number of samples."
)
def divided_by_weights(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    value = multi_margin_spec(input, target, *args, **flags)
    weight = flags.get("weight", args[2] if len(args) > 2 else None)
    if weight is None or flags.get("reduction", "mean") != "mean":
        return value
    total: Tensor = weight[target].sum()
    return value * target.numel() / total


@multi_margin_loss.misconception("The factors are divided by their sum first. They are taken as they are.")
def weights_normalised(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    shares = weight if weight is None else weight / weight.sum()
    return multi_margin_spec(input, target, p, margin, shares, reduction)


@multi_margin_loss.misconception("The factors are used in 'mean' only. 'none' and 'sum' are weighted as well.")
def weights_in_mean_only(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    return multi_margin_spec(input, target, p, margin, weight if reduction == "mean" else None, reduction)


@multi_margin_loss.misconception(
    "The factor is that of each other class, inside the sum. It is that of the right class, for the whole sample."
)
def factors_of_the_others(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    def sample(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
        factors = torch.ones_like(row) if weight is None else weight
        loss: Tensor = (others(factors, right) * hinge(gaps(row, right, margin)) ** p).sum() / len(row)
        return loss

    return assembled(sample)(input, target, p, margin, weight, reduction)


@multi_margin_loss.misconception(
    "The factors line up with the samples, not with the classes. `weight` has one for each class."
)
def factors_of_samples(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    if weight is None or input.ndim < 2 or weight.shape != input.shape[1:] or len(weight) != len(input):
        return multi_margin_spec(input, target, p, margin, weight, reduction)
    return reduced(weight * multi_margin_spec(input, target, p, margin, None, "none"), reduction)


@multi_margin_loss.misconception("A `weight` of one number is used for all classes. torch wants a factor for each.")
def one_weight_for_all(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    if weight is not None and weight.shape == (1,):
        weight = weight.expand(input.shape[-1])
    return multi_margin_spec(input, target, p, margin, weight, reduction)


@multi_margin_loss.misconception("More factors than classes pass. What was the last one for? Raise an error.")
def spare_weights(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    if weight is not None and len(weight) > input.shape[-1]:
        weight = weight[: input.shape[-1]]
    return multi_margin_spec(input, target, p, margin, weight, reduction)


@multi_margin_loss.misconception(  # MM7
    "A target of -100 is left out, as cross-entropy does. There is no `ignore_index` here: raise an error."
)
def ignores_minus_100(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if target.ndim and bool((target == -100).any()):
        input, target = input[target != -100], target[target != -100]
    return multi_margin_spec(input, target, *args, **flags)


@multi_margin_loss.misconception(  # MM7
    "A negative target counts from the end, as Python's indices do: -1 is the last class. It is no class: raise an "
    "error."
)
def counts_from_the_end(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    classes = input.shape[-1]
    near = (target < 0) & (target >= -classes)
    return multi_margin_spec(input, torch.where(near, target + classes, target), *args, **flags)


@multi_margin_loss.misconception("A target that is no class was clamped to the nearest one. Raise an error.")
def target_clamped(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target.clamp(0, input.shape[-1] - 1), *args, **flags)


@multi_margin_loss.misconception("Too few targets pass: the samples that have none are left out. Raise an error.")
def samples_left_out(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if input.ndim > 1 and target.ndim == 1 and len(target) < len(input):
        input = input[: len(target)]
    return multi_margin_spec(input, target, *args, **flags)


@multi_margin_loss.misconception("A one-hot table passes as a target. torch wants the index of the right class.")
def one_hot_passes(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target.argmax(-1) if target.ndim > 1 else target, *args, **flags)


@multi_margin_loss.misconception("p = 3 and others pass. torch knows 1 and 2 only: raise a ValueError.")  # MM6
def any_power(input: Tensor, target: Tensor, p: int = 1, *args: Any, **flags: Any) -> Tensor:
    if p in (1, 2):
        return multi_margin_spec(input, target, p, *args, **flags)

    def sample(row: Tensor, right: int, _p: int, margin: float, factor: Tensor | None) -> Tensor:
        return sample_loss(row, right, p, margin, factor)

    return assembled(sample)(input, target, 1, *args, **flags)


@multi_margin_loss.misconception("Every p that is not 1 passes for 2. Raise a ValueError for any other.")  # MM6
def else_squared(input: Tensor, target: Tensor, p: int = 1, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target, 1 if p == 1 else 2, *args, **flags)


@multi_margin_loss.misconception("Every p that is not 2 passes for 1. Raise a ValueError for any other.")  # MM6
def else_plain(input: Tensor, target: Tensor, p: int = 1, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target, 2 if p == 2 else 1, *args, **flags)


@multi_margin_loss.misconception("`margin` comes before `p` here. torch's order is p, margin, weight.")
def margin_before_p(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    p: int = 1,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    return multi_margin_spec(input, target, p, margin, weight, reduction)
