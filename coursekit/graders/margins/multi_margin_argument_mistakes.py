"""What goes wrong around the samples of `multi_margin_loss`: weights, targets, powers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, reduced, with_defaults
from coursekit.graders.margins.common import hinge
from coursekit.graders.margins.multi_margin_spec import assembled, gaps, multi_margin_spec, others, sample_loss

ARGUMENT_MISTAKES = wrong = Mistakes(multi_margin_spec)

# ---- weights -----------------------------------------------------------------------------------------------------


def of_weighted(own: Loss) -> Loss:
    """A loss that is `own`, of all arguments, where there are weights."""

    def loss(input: Tensor, target: Tensor, p: int, margin: float, weight: Tensor | None, reduction: str) -> Tensor:
        formula = multi_margin_spec if weight is None else own
        return formula(input, target, p, margin, weight, reduction)

    return with_defaults(wrong)(loss)


wrong_weights = wrong.formula(of_weighted)


@wrong_weights(
    "The weighted mean divides by the sum of the factors, as cross-entropy does. `multi_margin_loss` divides by the "
    "number of samples.",
    covers="MM5",
)
def divided_by_weights(input: Tensor, target: Tensor, p: int, margin: float, weight: Tensor, reduction: str) -> Tensor:
    value = multi_margin_spec(input, target, p, margin, weight, reduction)
    return value * target.numel() / weight[target].sum() if reduction == "mean" else value


wrong.table(
    of_weighted,
    weights_normalised=(
        "The factors are divided by their sum first. They are taken as they are.",
        lambda x, y, p, m, w, word: multi_margin_spec(x, y, p, m, w / w.sum(), word),
    ),
    weights_in_mean_only=(
        "The factors are used in 'mean' only. 'none' and 'sum' are weighted as well.",
        lambda x, y, p, m, w, word: multi_margin_spec(x, y, p, m, w if word == "mean" else None, word),
    ),
)


@wrong_weights(
    "The factor is that of each other class, inside the sum. It is that of the right class, for the whole sample."
)
def factors_of_the_others(
    input: Tensor, target: Tensor, p: int, margin: float, weight: Tensor, reduction: str
) -> Tensor:
    def sample(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
        loss: Tensor = (others(weight, right) * hinge(gaps(row, right, margin)) ** p).sum() / len(row)
        return loss

    return assembled(sample)(input, target, p, margin, weight, reduction)


@wrong_weights("The factors line up with the samples, not with the classes. `weight` has one for each class.")
def factors_of_samples(input: Tensor, target: Tensor, p: int, margin: float, weight: Tensor, reduction: str) -> Tensor:
    if input.ndim < 2 or weight.shape != input.shape[1:] or len(weight) != len(input):
        return multi_margin_spec(input, target, p, margin, weight, reduction)
    return reduced(weight * multi_margin_spec(input, target, p, margin, None, "none"), reduction)


wrong.table(
    of_weighted,
    one_weight_for_all=(
        "A `weight` of one number is used for all classes. torch wants a factor for each.",
        lambda x, y, p, m, w, word: multi_margin_spec(
            x, y, p, m, w.expand(x.shape[-1]) if w.shape == (1,) else w, word
        ),
    ),
    spare_weights=(
        "More factors than classes pass. What was the last one for? Raise an error.",
        lambda x, y, p, m, w, word: multi_margin_spec(x, y, p, m, w[: x.shape[-1]], word),
    ),
)

# ---- targets -----------------------------------------------------------------------------------------------------


def of_other_targets(change: Loss) -> Loss:
    """A loss of what `change` makes of the targets and C."""

    def loss(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
        return multi_margin_spec(input, change(target, input.shape[-1]), *args, **flags)

    return loss


@wrong(
    "A target of -100 is left out, as cross-entropy does. There is no `ignore_index` here: raise an error.",
    covers="MM7",
)
def ignores_minus_100(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if target.ndim and bool((target == -100).any()):
        input, target = input[target != -100], target[target != -100]
    return multi_margin_spec(input, target, *args, **flags)


wrong.table(
    of_other_targets,
    counts_from_the_end=(
        "A negative target counts from the end, as Python's indices do: -1 is the last class. It is no class: raise an "
        "error.",
        lambda target, classes: torch.where((target < 0) & (target >= -classes), target + classes, target),
        "MM7",
    ),
    target_clamped=(
        "A target that is no class was clamped to the nearest one. Raise an error.",
        lambda target, classes: target.clamp(0, classes - 1),
    ),
)


@wrong("Too few targets pass: the samples that have none are left out. Raise an error.")
def samples_left_out(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if input.ndim > 1 and target.ndim == 1 and len(target) < len(input):
        input = input[: len(target)]
    return multi_margin_spec(input, target, *args, **flags)


wrong.table(
    of_other_targets,
    one_hot_passes=(
        "A one-hot table passes as a target. torch wants the index of the right class.",
        lambda target, classes: target.argmax(-1) if target.ndim > 1 else target,
    ),
)

# ---- powers ------------------------------------------------------------------------------------------------------


@wrong("p = 3 and others pass. torch knows 1 and 2 only: raise a ValueError.", covers="MM6")
def any_power(input: Tensor, target: Tensor, p: int = 1, *args: Any, **flags: Any) -> Tensor:
    def sample(row: Tensor, right: int, _p: int, margin: float, factor: Tensor | None) -> Tensor:
        return sample_loss(row, right, p, margin, factor)

    return assembled(sample)(input, target, 1, *args, **flags)


wrong.table(
    else_squared=(
        "Every p that is not 1 passes for 2. Raise a ValueError for any other.",
        lambda x, y, p=1, *more, **flags: multi_margin_spec(x, y, 1 if p == 1 else 2, *more, **flags),
        "MM6",
    ),
    else_plain=(
        "Every p that is not 2 passes for 1. Raise a ValueError for any other.",
        lambda x, y, p=1, *more, **flags: multi_margin_spec(x, y, 2 if p == 2 else 1, *more, **flags),
        "MM6",
    ),
    margin_before_p=(
        "`margin` comes before `p` here. torch's order is p, margin, weight.",
        lambda x, y, margin=1.0, p=1, *more, **flags: multi_margin_spec(x, y, p, margin, *more, **flags),
    ),
)
