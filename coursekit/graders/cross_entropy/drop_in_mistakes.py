"""What goes wrong in `cross_entropy`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Loss, Mistakes, argument_fixed, reduced, with_defaults
from coursekit.graders.cross_entropy.common import as_rows, class_dim, only_valid
from coursekit.graders.cross_entropy.drop_in_spec import cross_entropy_spec
from coursekit.graders.cross_entropy.picking_spec import nll_loss_spec
from coursekit.graders.softmax.common import log_softmax_spec
from coursekit.graders.softmax.log_softmax import log_after_softmax, no_shift, padded, total_detached

MISTAKES = wrong = Mistakes(cross_entropy_spec)


def with_log_softmax(own: Loss) -> Loss:
    """The loss from the log-probabilities that `own(input, dim)` gives.

    They may be no log-probabilities at all, so they are not to be normalised again: the smoothed target is made here.
    """

    def loss(
        input: Tensor, target: Tensor, weight: Tensor | None, ignored: int, reduction: str, smoothing: float
    ) -> Tensor:
        log_p = own(input, class_dim(input))
        soft = target.is_floating_point()
        if not soft and smoothing == 0:
            return nll_loss_spec(log_p, target, weight, ignored, reduction)
        rows, targets = as_rows(log_p, target)
        classes = rows.shape[1]
        w = rows.new_ones(classes) if weight is None else weight
        counts = torch.ones(len(rows), dtype=torch.bool) if soft else targets != ignored
        q = targets if soft else torch.eye(classes, dtype=rows.dtype)[only_valid(targets[counts], classes)]
        losses = rows.new_zeros(len(rows))
        losses[counts] = -(w * (q * (1 - smoothing) + smoothing / classes) * rows[counts]).sum(1)
        places = target.select(class_dim(log_p), 0) if soft else target
        return reduced(losses.reshape(places.shape), reduction, None if soft else w[targets[counts]].sum())

    return with_defaults(wrong)(loss)


@wrong(
    "The mean of probability targets was divided by the weights, as that of indices is. A target that is spread "
    "over several classes has no single weight: torch divides by the number of targets.",
    covers="CE5",
)
def ce_probabilities_by_weight(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = cross_entropy_spec(input, target, weight, reduction=reduction, **flags)
    if weight is None or reduction != "mean" or not target.is_floating_point():
        return value
    rows, q = as_rows(input, target)
    return value * len(rows) / (q * weight).sum()


@wrong(
    "The mean of probability targets is over all their entries, N · C of them. It divides by the number of targets: "
    "the classes of each are added up first."
)
def ce_probabilities_over_entries(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = cross_entropy_spec(input, target, weight, reduction=reduction, **flags)
    entries = target.is_floating_point() and reduction == "mean"
    return value / input.shape[class_dim(input)] if entries else value


wrong.table(
    with_log_softmax,
    ce_no_logarithm=(
        "The probabilities themselves are picked, without a logarithm: the loss lies between -1 and 0.",
        lambda x, dim: log_softmax_spec(x, dim).exp(),
        "NLL1",
    ),
    ce_no_softmax=(
        "The logits are picked without a softmax. They are no log-probabilities: this loss falls for ever when all "
        "logits grow.",
        lambda x, dim: x,
        "NLL2",
    ),
    ce_on_probabilities=(
        "The input is taken for probabilities: its logarithm is picked, without a softmax. It holds logits.",
        lambda x, dim: x.log(),
    ),
    ce_over_the_batch=(
        "The softmax goes over the batch (dim 0), so the samples compete with one another. The classes are dimension "
        "1.",
        lambda x, dim: log_softmax_spec(x, 0),
        "NLL3",
    ),
    ce_no_shift=(
        "exp overflows for large logits. Take each row's largest logit away before `exp`; the result does not change.",
        no_shift,
        "CE3 NLL5",
    ),
    ce_log_after_softmax=(
        "Softmax first and then its logarithm: a small probability is rounded to 0, and ln 0 is -inf. Use x - ln Σ "
        "exp x.",
        log_after_softmax,
        "CE2",
    ),
    ce_padded=(
        "A small number inside the logarithm avoids -inf by computing something slightly else. With a log-softmax "
        "there is no 0 to avoid.",
        padded,
    ),
    ce_total_detached=(
        "The log-softmax's sum was cut from the graph (`detach`, `no_grad`): the value is right, the gradient is that "
        "of the picked logit alone.",
        total_detached,
    ),
)


def spread_by(share: Loss) -> Loss:
    """The loss whose uniform part is the mean over the classes of -`share(input, dim)`, weighted per class."""

    def loss(
        input: Tensor, target: Tensor, weight: Tensor | None, ignored: int, reduction: str, smoothing: float
    ) -> Tensor:
        right = cross_entropy_spec(input, target, weight, ignored, reduction)
        every = cross_entropy_spec(input, target, weight, ignored, reduction, 1.0)
        return (1 - smoothing) * right + smoothing * share(input, every)

    return with_defaults(wrong)(loss)


wrong.table(
    spread_by,
    ce_spread_over_others=(
        "ε/(K-1) of every class's surprise is added, that of the right one too. K classes share ε: ε/K each.",
        lambda x, every: every * x.shape[class_dim(x)] / (x.shape[class_dim(x)] - 1),
    ),
    ce_spread_over_more=(
        "ε/(K+1) of every class's surprise is added. K classes share ε: ε/K each.",
        lambda x, every: every * x.shape[class_dim(x)] / (x.shape[class_dim(x)] + 1),
    ),
    ce_spread_subtracted=("The share that is spread is subtracted. It is added.", lambda x, every: -every),
    ce_spread_missing=("The part that is spread is missing: this is (1 - ε) of the loss.", lambda x, every: 0 * every),
)


def indices_only(error: type[Exception]) -> Loss:
    """The loss of class indices, to which probabilities are an error."""

    def loss(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
        if target.is_floating_point():
            raise error
        return cross_entropy_spec(input, target, *args, **flags)

    return loss


wrong.table(
    ce_indices_only=(
        "Only class indices are taken. A floating-point target in the shape of `input` holds probabilities: the loss "
        "is then -Σ q · log_softmax over the classes.",
        (indices_only(IndexError), indices_only(RuntimeError), indices_only(TypeError), indices_only(ValueError)),
    ),
    ce_likeliest_target=(
        "Probability targets were turned into their likeliest class. The rest of the row counts too.",
        lambda x, y, **flags: cross_entropy_spec(x, y.argmax(class_dim(x)) if y.is_floating_point() else y, **flags),
    ),
    ce_probabilities_unsmoothed=(
        "`label_smoothing` is not applied to probability targets: (1 - ε) · target + ε/K holds for them too.",
        lambda x, y, label_smoothing=0.0, **flags: cross_entropy_spec(
            x, y, label_smoothing=0.0 if y.is_floating_point() else label_smoothing, **flags
        ),
    ),
    ce_probabilities_unweighted=(
        "`weight` is not applied to probability targets: each class's part carries that class's weight.",
        lambda x, y, weight=None, **flags: cross_entropy_spec(x, y, None if y.is_floating_point() else weight, **flags),
    ),
    ce_softmax_first=(
        "A softmax is applied to the logits before the log-softmax. The probabilities are squeezed together, and the "
        "loss cannot fall below ln(1 + (K-1)/e): 0.55 for three classes.",
        lambda x, y, **flags: cross_entropy_spec(log_softmax_spec(x, class_dim(x)).exp(), y, **flags),
        "CE1",
    ),
    ce_negated=(
        "The sign is turned: the loss should be positive.",
        lambda x, y, **flags: -cross_entropy_spec(x, y, **flags),
    ),
)


@wrong("The weights multiply the logits. They are factors on the losses: the softmax does not see them.")
def ce_weighted_logits(input: Tensor, target: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    if weight is not None:
        input = input * weight.reshape(-1, *[1] * (input.ndim - 1 - class_dim(input)))
    return cross_entropy_spec(input, target, **flags)


@wrong(
    "The ignored class was taken out of the softmax. Only targets are skipped: its logit stays in the sum.",
    covers="CE11",
)
def ce_class_removed(input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    if 0 <= ignore_index < input.shape[class_dim(input)]:
        input = input.index_fill(class_dim(input), tensor(ignore_index), -inf)
    return cross_entropy_spec(input, target, ignore_index=ignore_index, **flags)


argument_fixed(
    wrong,
    "ce_no_smoothing",
    "`label_smoothing` is not used: a share ε of each target belongs to all classes alike.",
    label_smoothing=0.0,
)


@wrong(
    "ε went to the K - 1 wrong classes only, ε/(K-1) each. torch spreads it over all K: the right class has 1 - ε + "
    "ε/K.",
    covers="CE12",
)
def ce_wrong_classes_only(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    classes = input.shape[class_dim(input)]
    return cross_entropy_spec(input, target, label_smoothing=label_smoothing * classes / (classes - 1), **flags)


def _smoothed_like(hard: float, uniform: float, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    """`hard` times the loss at the target, `uniform` times the sum of all classes' losses."""
    sharp = cross_entropy_spec(input, target, **flags)
    spread = cross_entropy_spec(input, target, label_smoothing=1.0, **flags)
    return hard * sharp + uniform * input.shape[class_dim(input)] * spread


@wrong(
    "The one-hot row was multiplied by 1 - ε/K instead of 1 - ε: the smoothed target adds up to more than 1.",
    covers="CE13",
)
def ce_too_little_taken(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    if label_smoothing == 0:
        return cross_entropy_spec(input, target, **flags)
    share = label_smoothing / input.shape[class_dim(input)]
    return _smoothed_like(1 - share, share, input, target, **flags)


@wrong("1/K was added without the factor ε: the smoothed target adds up to 2 - ε. Add ε/K.", covers="CE14")
def ce_share_without_factor(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    if label_smoothing == 0:
        return cross_entropy_spec(input, target, **flags)
    return _smoothed_like(1 - label_smoothing, 1 / input.shape[class_dim(input)], input, target, **flags)


@wrong(
    "The surprises of all classes are summed for the smoothed part, without dividing by K: ε of the mean over the "
    "classes."
)
def ce_spread_not_divided(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    if label_smoothing == 0 or target.is_floating_point():
        return cross_entropy_spec(input, target, label_smoothing=label_smoothing, **flags)
    return _smoothed_like(1 - label_smoothing, label_smoothing, input, target, **flags)


def of_rows(formula: Loss) -> Loss:
    """The loss that smooths indices by `formula(rows, targets, w, ignore_index, ε)`; in all else it is right."""

    def loss(
        input: Tensor, target: Tensor, weight: Tensor | None, ignored: int, reduction: str, smoothing: float
    ) -> Tensor:
        if smoothing == 0 or target.is_floating_point():
            return cross_entropy_spec(input, target, weight, ignored, reduction, smoothing)
        rows, targets = as_rows(input, target)
        w = rows.new_ones(rows.shape[1]) if weight is None else weight
        losses = formula(rows, targets, w, ignored, smoothing)
        return reduced(losses.reshape(target.shape), reduction, w[targets[targets != ignored]].sum())

    return with_defaults(wrong)(loss)


wrong.table(
    of_rows,
    ce_smooths_ignored=(
        "The smoothed part was computed on ignored rows too (as torch itself did in 1.10). They take no part at all.",
        lambda x, y, w, ignored, eps: (
            (1 - eps) * cross_entropy_spec(x, y, w, ignored, "none") - eps * (w * log_softmax_spec(x, 1)).mean(1)
        ),
        "CE15",
    ),
    ce_smoothed_times_weight=(
        "The whole smoothed loss was multiplied by the weight of the right class. In torch each class's part carries "
        "its own weight: ε/K · Σ weight[c] · (-ln p[c]).",
        lambda x, y, w, ignored, eps: (
            w[y.where(y != ignored, 0)] * cross_entropy_spec(x, y, None, ignored, "none", eps)
        ),
        "CE16",
    ),
)


@wrong.formula(with_defaults(wrong))(
    "The smoothed part carries no weights. In torch each class's part has that class's weight: ε/K · Σ weight[c] · "
    "(-ln p[c])."
)
def ce_spread_unweighted(
    input: Tensor, target: Tensor, weight: Tensor | None, ignored: int, reduction: str, smoothing: float
) -> Tensor:
    if smoothing == 0 or weight is None or target.is_floating_point():
        return cross_entropy_spec(input, target, weight, ignored, reduction, smoothing)
    sharp = cross_entropy_spec(input, target, weight, ignored, "none")
    spread = cross_entropy_spec(input, target, None, ignored, "none", 1.0)
    losses = (1 - smoothing) * sharp + smoothing * spread
    return reduced(losses, reduction, weight[target[target != ignored]].sum())
