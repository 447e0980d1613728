"""What goes wrong in `cross_entropy`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, inf, tensor

from coursekit.graders.cross_entropy.common import Loss, as_rows, class_dim, log_softmax_spec, only_valid, reduced
from coursekit.graders.cross_entropy.drop_in import cross_entropy, cross_entropy_spec
from coursekit.graders.cross_entropy.picking import nll_loss_spec
from coursekit.graders.cross_entropy.softmax import (
    log_after_softmax,
    no_shift,
    over_the_batch,
    padded,
    raw,
    softmax,
    total_detached,
)


def with_log_softmax(
    own: Callable[[Tensor, int], Tensor],
    input: Tensor,
    target: Tensor,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    **flags: Any,
) -> Tensor:
    """Cross-entropy as `cross_entropy_spec`, but from the log-probabilities that `own(input, dim)` gives.

    They may be no log-probabilities at all, so they are not to be normalised again: the smoothed target is made here.
    """
    log_p = own(input, class_dim(input))
    if target.is_floating_point() or label_smoothing > 0:
        return _from_log_p(log_p, target, ignore_index=ignore_index, label_smoothing=label_smoothing, **flags)
    return nll_loss_spec(log_p, target, ignore_index=ignore_index, **flags)


def _from_log_p(
    log_p: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ w q ln p with a smoothed q."""
    rows, targets = as_rows(log_p, target)
    classes = rows.shape[1]
    w = rows.new_ones(classes) if weight is None else weight
    soft = target.is_floating_point()
    counts = torch.ones(len(rows), dtype=torch.bool) if soft else targets != ignore_index
    q = targets if soft else torch.eye(classes, dtype=rows.dtype)[only_valid(targets[counts], classes)]
    losses = rows.new_zeros(len(rows))
    losses[counts] = -(w * (q * (1 - label_smoothing) + label_smoothing / classes) * rows[counts]).sum(1)
    total = tensor(len(rows)) if soft else w[targets[counts]].sum()
    places = target.select(class_dim(log_p), 0) if soft else target
    return reduced(losses, total, reduction, places)


@cross_entropy.misconception(  # CE5
    "The mean of probability targets was divided by the weights, as that of indices is. A target that is spread "
    "over several classes has no single weight: torch divides by the number of targets."
)
def ce_probabilities_by_weight(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = cross_entropy_spec(input, target, weight, reduction=reduction, **flags)
    if weight is None or reduction != "mean" or not target.is_floating_point():
        return value
    rows, q = as_rows(input, target)
    return value * len(rows) / (q * weight).sum()


def wrong_log_softmax(explanation: str, name: str, own: Loss) -> None:
    """Adds the loss that a wrong `log_softmax` leads to."""
    cross_entropy.misconception(explanation, name)(partial(with_log_softmax, own))


wrong_log_softmax(  # NLL1
    "The probabilities themselves are picked, without a logarithm: the loss lies between -1 and 0.",
    "ce_no_logarithm",
    softmax,
)
wrong_log_softmax(  # NLL2
    "The logits are picked without a softmax. They are no log-probabilities: this loss falls for ever when all "
    "logits grow.",
    "ce_no_softmax",
    raw,
)
wrong_log_softmax(  # NLL3
    "The softmax goes over the batch (dim 0), so the samples compete with one another. The classes are dimension 1.",
    "ce_over_the_batch",
    over_the_batch,
)
wrong_log_softmax(  # CE3, NLL5
    "exp overflows for large logits. Take each row's largest logit away before `exp`; the result does not change.",
    "ce_no_shift",
    no_shift,
)
wrong_log_softmax(  # CE2
    "Softmax first and then its logarithm: a small probability is rounded to 0, and ln 0 is -inf. Use x - ln Σ exp x.",
    "ce_log_after_softmax",
    log_after_softmax,
)
wrong_log_softmax(
    "A small number inside the logarithm avoids -inf by computing something slightly else. With a log-softmax there "
    "is no 0 to avoid.",
    "ce_padded",
    padded,
)
wrong_log_softmax(
    "The log-softmax's sum was cut from the graph (`detach`, `no_grad`): the value is right, the gradient is that "
    "of the picked logit alone.",
    "ce_total_detached",
    total_detached,
)


@cross_entropy.misconception(
    "Probability targets were turned into their likeliest class. The rest of the row counts too."
)
def ce_likeliest_target(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    hard = target.argmax(class_dim(input)) if target.is_floating_point() else target
    return cross_entropy_spec(input, hard, **flags)


@cross_entropy.misconception(
    "`label_smoothing` is not applied to probability targets: (1 - ε) · target + ε/K holds for them too."
)
def ce_probabilities_unsmoothed(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    smoothing = 0.0 if target.is_floating_point() else label_smoothing
    return cross_entropy_spec(input, target, label_smoothing=smoothing, **flags)


@cross_entropy.misconception(
    "`weight` is not applied to probability targets: each class's part carries that class's weight."
)
def ce_probabilities_unweighted(input: Tensor, target: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    return cross_entropy_spec(input, target, None if target.is_floating_point() else weight, **flags)


@cross_entropy.misconception(  # CE1
    "A softmax is applied to the logits before the log-softmax. The probabilities are squeezed together, and the "
    "loss cannot fall below ln(1 + (K-1)/e): 0.55 for three classes."
)
def ce_softmax_first(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return cross_entropy_spec(log_softmax_spec(input, class_dim(input)).exp(), target, **flags)


@cross_entropy.misconception("The sign is turned: the loss should be positive.")
def ce_negated(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return -cross_entropy_spec(input, target, **flags)


@cross_entropy.misconception(
    "The weights multiply the logits. They are factors on the losses: the softmax does not see them."
)
def ce_weighted_logits(input: Tensor, target: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    if weight is not None:
        input = input * weight.reshape(-1, *[1] * (input.ndim - 1 - class_dim(input)))
    return cross_entropy_spec(input, target, **flags)


@cross_entropy.misconception(  # CE11
    "The ignored class was taken out of the softmax. Only targets are skipped: its logit stays in the sum."
)
def ce_class_removed(input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    if 0 <= ignore_index < input.shape[class_dim(input)]:
        input = input.index_fill(class_dim(input), tensor(ignore_index), -inf)
    return cross_entropy_spec(input, target, ignore_index=ignore_index, **flags)


@cross_entropy.misconception("`label_smoothing` is not used: a share ε of each target belongs to all classes alike.")
def ce_no_smoothing(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    return cross_entropy_spec(input, target, **flags)


@cross_entropy.misconception(  # CE12
    "ε went to the K - 1 wrong classes only, ε/(K-1) each. torch spreads it over all K: the right class has 1 - ε + "
    "ε/K."
)
def ce_wrong_classes_only(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    classes = input.shape[class_dim(input)]
    return cross_entropy_spec(input, target, label_smoothing=label_smoothing * classes / (classes - 1), **flags)


def _smoothed_like(hard: float, uniform: float, input: Tensor, target: Tensor, reduction: str, **flags: Any) -> Tensor:
    """`hard` times the loss at the target, `uniform` times the sum of all classes' losses."""
    sharp = cross_entropy_spec(input, target, reduction=reduction, **flags)
    spread = cross_entropy_spec(input, target, reduction=reduction, label_smoothing=1.0, **flags)
    return hard * sharp + uniform * input.shape[class_dim(input)] * spread


@cross_entropy.misconception(  # CE13
    "The one-hot row was multiplied by 1 - ε/K instead of 1 - ε: the smoothed target adds up to more than 1."
)
def ce_too_little_taken(
    input: Tensor, target: Tensor, label_smoothing: float = 0.0, reduction: str = "mean", **flags: Any
) -> Tensor:
    if label_smoothing == 0:
        return cross_entropy_spec(input, target, reduction=reduction, **flags)
    share = label_smoothing / input.shape[class_dim(input)]
    return _smoothed_like(1 - share, share, input, target, reduction, **flags)


@cross_entropy.misconception(  # CE14
    "1/K was added without the factor ε: the smoothed target adds up to 2 - ε. Add ε/K."
)
def ce_share_without_factor(
    input: Tensor, target: Tensor, label_smoothing: float = 0.0, reduction: str = "mean", **flags: Any
) -> Tensor:
    if label_smoothing == 0:
        return cross_entropy_spec(input, target, reduction=reduction, **flags)
    return _smoothed_like(1 - label_smoothing, 1 / input.shape[class_dim(input)], input, target, reduction, **flags)


@cross_entropy.misconception(
    "The surprises of all classes are summed for the smoothed part, without dividing by K: ε of the mean over the "
    "classes."
)
def ce_spread_not_divided(
    input: Tensor, target: Tensor, label_smoothing: float = 0.0, reduction: str = "mean", **flags: Any
) -> Tensor:
    if label_smoothing == 0 or target.is_floating_point():
        return cross_entropy_spec(input, target, reduction=reduction, label_smoothing=label_smoothing, **flags)
    return _smoothed_like(1 - label_smoothing, label_smoothing, input, target, reduction, **flags)


@cross_entropy.misconception(  # CE15
    "The smoothed part was computed on ignored rows too (as torch itself did in 1.10). They take no part at all."
)
def ce_smooths_ignored(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    if label_smoothing == 0 or target.is_floating_point():
        return cross_entropy_spec(input, target, weight, ignore_index, reduction, label_smoothing)
    rows, targets = as_rows(input, target)
    w = rows.new_ones(rows.shape[1]) if weight is None else weight
    counts = targets != ignore_index
    sharp = cross_entropy_spec(rows, targets, w, ignore_index, "none")
    losses = (1 - label_smoothing) * sharp - label_smoothing * (w * log_softmax_spec(rows, 1)).mean(1)
    return reduced(losses, w[targets[counts]].sum(), reduction, target)


@cross_entropy.misconception(  # CE16
    "The whole smoothed loss was multiplied by the weight of the right class. In torch each class's part carries "
    "its own weight: ε/K · Σ weight[c] · (-ln p[c])."
)
def ce_smoothed_times_weight(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    **flags: Any,
) -> Tensor:
    if weight is None or target.is_floating_point():
        return cross_entropy_spec(input, target, weight, ignore_index, reduction, **flags)
    w = weight[target.where(target != ignore_index, 0)] * (target != ignore_index)
    losses = w * cross_entropy_spec(input, target, None, ignore_index, "none", **flags)
    return reduced(losses, w.sum(), reduction, target)


@cross_entropy.misconception(
    "The smoothed part carries no weights. In torch each class's part has that class's weight: ε/K · Σ weight[c] · "
    "(-ln p[c])."
)
def ce_spread_unweighted(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    if label_smoothing == 0 or weight is None or target.is_floating_point():
        return cross_entropy_spec(input, target, weight, ignore_index, reduction, label_smoothing)
    counts = target != ignore_index
    sharp = cross_entropy_spec(input, target, weight, ignore_index, "none")
    spread = cross_entropy_spec(input, target, None, ignore_index, "none", 1.0)
    losses = (1 - label_smoothing) * sharp + label_smoothing * spread
    return reduced(losses, weight[target[counts]].sum(), reduction, target)
