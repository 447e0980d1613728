"""What `nll_loss` and `cross_entropy` get wrong alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Loss, Mistakes, argument_fixed, reduced, wrong_in
from coursekit.graders.cross_entropy.common import class_dim
from coursekit.graders.cross_entropy.drop_in_spec import cross_entropy_spec
from coursekit.graders.cross_entropy.picking_spec import nll_loss_spec

MISTAKES = {"nll": Mistakes(nll_loss_spec), "ce": Mistakes(cross_entropy_spec)}

wrong_in_both = partial(wrong_in, MISTAKES)


def divided_by(
    total: Callable[[Tensor, Tensor, Tensor], Tensor],
    spec: Loss,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    **smoothing: float,
) -> Tensor:
    """The loss with a mean of its own: it divides by `total(target, weight, counts)` where targets are indices."""
    if reduction != "mean" or target.is_floating_point():
        return spec(input, target, weight, ignore_index, reduction, **smoothing)
    w = input.new_ones(input.shape[class_dim(input)]) if weight is None else weight
    return spec(input, target, weight, ignore_index, "sum", **smoothing) / total(target, w, target != ignore_index)


wrong_in_both(
    "The weighted losses are divided by the number of rows. torch divides by the sum of the weights used, "
    "w[target].sum(), so that twice the weights give the same loss.",
    "The losses are divided by the number of all rows. torch divides by the sum of the weights used, over the "
    "targets that count: weight[target].sum().",
    name="mean_over_n",
    covers="CE4 CE6 NLL6",
)(partial(divided_by, lambda y, w, counts: tensor(y.numel())))
wrong_in_both(
    "The weighted losses are divided by the number of targets that count. Divide by the sum of their weights.",
    name="mean_over_valid",
)(partial(divided_by, lambda y, w, counts: counts.sum()))
wrong_in_both(
    "Ignored targets add no loss but are still counted in the mean. It becomes too small by their share: divide by "
    "what counts.",
    "Ignored targets add no loss but are still counted below the fraction. It becomes too small by their share.",
    name="ignored_counted",
    covers="CE7",
)(partial(divided_by, lambda y, w, counts: w[y.where(counts, 0)].sum()))
wrong_in_both(
    "The denominator is kept at 1 or more. Weights may add up to less: the mean is then too small, and where nothing "
    "counts it hides that there is no mean.",
    name="clamped",
)(partial(divided_by, lambda y, w, counts: w[y[counts]].sum().clamp(min=1)))


@wrong_in_both(
    "The mean is the sum divided by the batch size N. With places, every place is a target: divide by all that count."
)
def mean_over_batch(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    value = spec(input, target, **flags)
    places = target.select(class_dim(input), 0) if target.is_floating_point() else target
    if flags.get("reduction", "mean") != "mean" or places.ndim < 2:
        return value
    return value * places[0].numel()


@wrong_in_both("Every loss is half of what it should be: there is no ½ here.")
def halved(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return spec(*args, **flags) / 2


@wrong_in_both(
    "This averages over rows and classes. Each row has one target and one loss: divide by the rows.",
    "This averages over rows and classes. A row has one loss, however many classes there are.",
)
def mean_over_entries(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    value = spec(input, target, **flags)
    return value if flags.get("reduction", "mean") != "mean" else value / input.shape[class_dim(input)]


def fixed_in_both(name: str, explanation: str, covers: str = "", **values: Any) -> None:
    """Adds to both what `argument_fixed` adds to one."""
    for prefix, wrong in MISTAKES.items():
        argument_fixed(wrong, f"{prefix}_{name}", explanation, covers=covers, **values)


fixed_in_both("always_mean", "`reduction` is not used: this is always the mean.", reduction="mean")
fixed_in_both("always_sum", "`reduction` is not used: this is always the sum.", reduction="sum")
fixed_in_both(
    "no_weight", "`weight` is not used: each loss is to be multiplied by the weight of its class.", weight=None
)


@wrong_in_both(
    "The weights are scaled to a mean of 1, and the mean divides by the number of targets that count. They are factors "
    "as they stand, and torch's mean divides by the sum of those that are used."
)
def weights_of_mean_one(
    spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, *args: Any, **flags: Any
) -> Tensor:
    scaled = None if weight is None else weight / weight.mean()
    return divided_by(lambda y, w, counts: counts.sum(), spec, input, target, scaled, *args, **flags)


@wrong_in_both(
    "Ignored targets are counted as class 0. They are left out, of the sum and of what it is divided by.",
)
def ignored_as_first_class(
    spec: Loss,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    *args: Any,
    **flags: Any,
) -> Tensor:
    if not target.is_floating_point():
        target = target.where(target != ignore_index, 0)
    return spec(input, target, weight, -100, *args, **flags)


@wrong_in_both("The weights were given to the rows in their order. They belong to the classes: weight[target].")
def weight_by_row(
    spec: Loss,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    **flags: Any,
) -> Tensor:
    if weight is None:
        return spec(input, target, reduction=reduction, **flags)
    losses = weight * spec(input, target, reduction="none", **flags)
    return reduced(losses, reduction, weight.sum())


fixed_in_both(
    "no_ignore",
    "`ignore_index` is not used: targets of that value still count (or are taken for an index).",
    ignore_index=-101,
)
fixed_in_both(
    "fixed_ignore",
    "`ignore_index` is fixed at -100: with any other value those targets still count, and padding trains the model.",
    "CE10",
    ignore_index=-100,
)


@wrong_in_both(
    "A batch of which nothing counts got a mean of 0. torch gives NaN: a 0 would look like a perfect batch.",
    covers="CE8",
)
def zero_for_nothing(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return spec(input, target, **flags).nan_to_num(0.0, posinf=inf)


def spoilt(ruined: Tensor, value: Tensor, reduction: str) -> Tensor:
    """`value` with a NaN wherever one of the rows that are `ruined` takes part."""
    return torch.where(ruined if reduction == "none" else ruined.any(), nan, value)


@wrong_in_both(
    "The ignored rows are multiplied by 0, and 0 · NaN is NaN. Choose with `torch.where`, or drop the rows by "
    "indexing.",
    covers="CE9",
)
def multiplied_mask(
    spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = spec(input, target, ignore_index=ignore_index, reduction=reduction, **flags)
    if target.is_floating_point():
        return value
    return spoilt(input.isnan().any(class_dim(input)) & (target == ignore_index), value, reduction)


@wrong_in_both(
    "The entry is picked by multiplying with a one-hot row: 0 · (-inf) is NaN, though that class is not the target. "
    "Index, or `gather`.",
    "The target is multiplied as a one-hot row: 0 · (-inf) is NaN, though that class is not the target. Pick by index.",
    covers="CE18",
)
def one_hot_product(spec: Loss, input: Tensor, target: Tensor, reduction: str = "mean", **flags: Any) -> Tensor:
    value = spec(input, target, reduction=reduction, **flags)
    if target.is_floating_point():
        return value
    return spoilt((input == -inf).any(class_dim(input)), value, reduction)


@wrong_in_both(
    "With reduction='none' the ignored rows are gone. The result keeps the targets' shape, with 0 where nothing counts."
)
def rows_dropped(
    spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = spec(input, target, ignore_index=ignore_index, reduction=reduction, **flags)
    hard = not target.is_floating_point()
    return value[target != ignore_index] if reduction == "none" and hard else value


@wrong_in_both(
    "The classes were looked for in the last dimension. In (N, C, d1, …) they are dimension 1.",
    covers="CE19",
)
def channel_last(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if input.ndim < 3:
        return spec(input, target, **flags)
    target = target.movedim(-1, 1) if target.is_floating_point() else target
    return spec(input.movedim(-1, 1), target, **flags)


@wrong_in_both(
    "`reshape(-1, C)` cut the rows across the classes: the shapes fit, the values are scrambled. Move the classes "
    "to the end before you reshape.",
    covers="CE20",
)
def scrambled(spec: Loss, input: Tensor, target: Tensor, reduction: str = "mean", **flags: Any) -> Tensor:
    if input.ndim < 3:
        return spec(input, target, reduction=reduction, **flags)
    rows = input.reshape(-1, input.shape[1])
    soft = target.is_floating_point()
    value = spec(rows, target.reshape(rows.shape) if soft else target.reshape(-1), reduction=reduction, **flags)
    return value.reshape(target.select(1, 0).shape if soft else target.shape) if reduction == "none" else value


@wrong_in_both(
    "A negative target counted from the end, as Python's indices do. It is no class and no `ignore_index`: raise "
    "IndexError."
)
def from_the_end(spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        classes = input.shape[class_dim(input)]
        wraps = (target < 0) & (target >= -classes) & (target != ignore_index)
        target = target.where(~wraps, target + classes)
    return spec(input, target, ignore_index=ignore_index, **flags)


@wrong_in_both(
    "A target that is no class was passed over in silence, as if it were to be ignored. It is a mistake in the "
    "data: raise IndexError."
)
def silent(spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        valid = (target >= 0) & (target < input.shape[class_dim(input)])
        target = target.where(valid, ignore_index)
    return spec(input, target, ignore_index=ignore_index, **flags)


def one_hot_part(
    spec: Loss, input: Tensor, target: Tensor, *args: Any, label_smoothing: float = 0.0, **flags: Any
) -> Tensor:
    """What the loss has of the targets as they are, without the share that is spread."""
    return (1 - label_smoothing) * spec(input, target, *args, **flags)


def spread_part(spec: Loss, input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    """What the loss has of the share that is spread."""
    return spec(input, target, *args, **flags) - one_hot_part(spec, input, target, *args, **flags)


MISTAKES["ce"].terms(
    lambda part: partial(part, cross_entropy_spec),
    own=("the target's part, times 1 - ε,", one_hot_part),
    spread=("the part that is spread over all classes", spread_part),
)
wrong_in_both(
    "The sum is divided by the sum of all the weights, one per class. torch divides by the weights of the targets that "
    "count.",
    name="mean_over_all_weights",
)(partial(divided_by, lambda y, w, counts: w.sum()))
wrong_in_both(
    "The sum is divided by the number of classes. torch divides by the weights of the targets that count.",
    name="mean_over_classes",
)(partial(divided_by, lambda y, w, counts: tensor(w.numel())))


def weight_by(act: Callable[[Tensor], Tensor]) -> Loss:
    """The loss with weights that went through something, where its mean divides by them as they stand."""

    def loss(
        spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, *args: Any, **flags: Any
    ) -> Tensor:
        value = spec(input, target, None if weight is None else act(weight), *args, **flags)
        word = flags.get("reduction", args[1] if len(args) > 1 else "mean")
        if weight is None or word != "mean" or target.is_floating_point():
            return value
        counts = target != flags.get("ignore_index", args[0] if args else -100)
        return value * act(weight)[target[counts]].sum() / weight[target[counts]].sum()

    return loss


wrong_in_both("The weight multiplies each loss twice.", name="weight_squared")(weight_by(torch.square))
wrong_in_both("The losses are divided by the weights. They are multiplied by them.", name="weight_divides")(
    weight_by(torch.reciprocal)
)
wrong_in_both("The weights are divided by their sum first. They are factors as they stand.", name="weights_normalised")(
    weight_by(lambda w: w / w.sum())
)


wrong_in_both("The weights went through a root.", name="weights_rooted")(weight_by(torch.sqrt))


@wrong_in_both("'sum' is the mean times the number of targets. Add the losses up: nothing is divided.")
def sum_from_mean(spec: Loss, input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if flags.get("reduction") != "sum":
        return spec(input, target, *args, **flags)
    places = target.select(class_dim(input), 0) if target.is_floating_point() else target
    return spec(input, target, *args, **{**flags, "reduction": "mean"}) * places.numel()


@wrong_in_both("Targets of class 0 are left out. Only those of `ignore_index` are.")
def class_zero_left_out(spec: Loss, input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    ignored = flags.get("ignore_index", args[1] if len(args) > 1 else -100)
    if target.is_floating_point():
        return spec(input, target, *args, **flags)
    return spec(input, target.where(target != 0, ignored), *args, **flags)


wrong_in_both(
    "A small number is added to what the mean divides by. Where nothing counts the mean is NaN, and elsewhere it is "
    "exact.",
    name="guarded_mean",
)(partial(divided_by, lambda y, w, counts: w[y[counts]].sum() + 1e-3))
