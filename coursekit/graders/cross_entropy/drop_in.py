"""The replacement of torch's `cross_entropy`, every flag included: what it owes."""

from __future__ import annotations

import torch.nn.functional as F
from torch import inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    each_reduction,
    same_dtype,
    same_gradient,
    same_value,
)
from coursekit.exercise.families.inputs import distribution, in_float64, indices
from coursekit.graders.cross_entropy import drop_in_mistakes, shared_mistakes
from coursekit.graders.cross_entropy.common import draw_weight, refuses_no_class
from coursekit.graders.cross_entropy.drop_in_spec import cross_entropy_cases, cross_entropy_spec
from coursekit.graders.softmax.common import READY_MADE, draw_logits

cross_entropy = Exercise(
    "cross_entropy",
    cross_entropy_spec,
    points=3,
    parity_points=3,
    forbids=READY_MADE,
    twin=F.cross_entropy,
    cases=cross_entropy_cases,
    idea="Cross-entropy is -Σ q ln p, with q from the labels and p from a softmax; flags change q or the denominator.",
    hints=(
        "You own the parts: `log_softmax` along the classes, then `nll_loss` picks. Without flags that is all.",
        "Smoothing: (1 - ε) of the picked surprise, and ε of the mean over all classes of weight[c]·(-ln p[c]). "
        "Where a target does not count, neither part does.",
        "Probability targets have the shape of `input`: the loss is -Σ q·w·ln p over the classes, with q smoothed "
        "first.",
        "The mean of index targets divides by Σ weight[y] over the targets that count; that of probability targets "
        "by their number. Edges: try a row that is NaN but ignored, and a logit of -inf that is not the target.",
    ),
)


@cross_entropy.check
def three_samples(f: Function, rng: Rng) -> None:
    """Logits [[1, 2], [1, 3], [1, 3]], targets [0, 1, 1]: 0.5224"""
    same_value(f, cross_entropy_spec, tensor([[1.0, 2.0], [1.0, 3.0], [1.0, 3.0]]), tensor([0, 1, 1]))
    same_value(f, cross_entropy_spec, draw_logits(rng, 3, 3), indices(rng, 3, 3))


each_reduction(
    cross_entropy,
    lambda rng: (draw_logits(rng, 2, 3), indices(rng, 3, 2)),
    "`reduction`: none, sum, mean",
    "ce_reductions",
)


@cross_entropy.check
def ce_weight(f: Function, rng: Rng) -> None:
    """`weight` is a factor for each class, and the mean is a weighted mean"""
    x, y, w = draw_logits(rng, 3, 3), tensor([2, 0, 0]), draw_weight(rng, 3)
    same_value(f, cross_entropy_spec, tensor([[1.0, 2.0], [1.0, 3.0]]), tensor([0, 1]), weight=tensor([1.0, 2.0]))
    for reduction in ("none", "mean"):
        same_value(f, cross_entropy_spec, x, y, weight=w, reduction=reduction)


@cross_entropy.check
def ce_ignore(f: Function, rng: Rng) -> None:
    """Targets equal to `ignore_index` do not count"""
    x = draw_logits(rng, 3, 2)
    same_value(f, cross_entropy_spec, x, tensor([0, -100, 1]))
    same_value(f, cross_entropy_spec, x, tensor([0, 1, 0]), ignore_index=1)


@cross_entropy.check
def ce_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` spreads ε evenly over all classes"""
    x, y = draw_logits(rng, 2, 3), indices(rng, 3, 2)
    same_value(f, cross_entropy_spec, tensor([[1.0, 3.0, 2.0]]), tensor([1]), label_smoothing=0.3)
    for smoothing in (0.2, 1.0):
        same_value(f, cross_entropy_spec, x, y, label_smoothing=smoothing)


@cross_entropy.check
def ce_probabilities(f: Function, rng: Rng) -> None:
    """Targets may be probabilities: a row for each sample, in the shape of the logits"""
    same_value(f, cross_entropy_spec, tensor([[1.0, 2.0]]), tensor([[0.75, 0.25]]))
    x, q = draw_logits(rng, 3, 3), distribution(rng, 3, 3)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, q, reduction=reduction)


@cross_entropy.check
def ce_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to the logits and to probability targets"""
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 2), distribution(rng, 2, 2), wrt=(0, 1))


@cross_entropy.parity
def ce_pairs(f: Function, rng: Rng) -> None:
    """Every pair of `weight`, `ignore_index` and `label_smoothing`, and all three

    Smoothing gives each class c a part of the loss with that class's own weight; ignored rows get no part at all.
    """
    x, w = draw_logits(rng, 4, 3), draw_weight(rng, 3)
    y = tensor([2, -100, 0, 2])
    same_value(f, cross_entropy_spec, x, y, weight=w)
    same_value(f, cross_entropy_spec, x, y % 3, weight=w, label_smoothing=0.2)
    same_value(f, cross_entropy_spec, x, y, label_smoothing=0.2)
    same_value(f, cross_entropy_spec, x, tensor([2, 1, 0, 2]), ignore_index=1, label_smoothing=0.2)
    for reduction in REDUCTIONS:
        same_gradient(f, cross_entropy_spec, x, y, weight=w, label_smoothing=0.2, reduction=reduction)


@cross_entropy.parity
def ce_probability_flags(f: Function, rng: Rng) -> None:
    """Probability targets with `weight` and `label_smoothing`

    The weighted mean of probability targets divides by the number of samples, not by weights.
    """
    x, q, w = draw_logits(rng, 3, 3), distribution(rng, 3, 3), draw_weight(rng, 3)
    same_value(f, cross_entropy_spec, x, q, label_smoothing=0.2)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, q, weight=w, reduction=reduction)
    same_gradient(f, cross_entropy_spec, x, q, weight=w, label_smoothing=0.2, wrt=(0, 1))


@cross_entropy.parity
def ce_places(f: Function, rng: Rng) -> None:
    """A class for every place: (N, C, d1)

    The classes are dimension 1, not the last one.
    """
    x, y, w = draw_logits(rng, 2, 2, 2), tensor([[0, 1], [1, 1]]), draw_weight(rng, 2)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, y, reduction=reduction)
    same_value(f, cross_entropy_spec, x, tensor([[0, -100], [1, 1]]), weight=w, label_smoothing=0.2)
    same_value(f, cross_entropy_spec, x, distribution(rng, 2, 2, 2).movedim(1, 2), weight=w)


@cross_entropy.parity
def ce_pixels(f: Function, rng: Rng) -> None:
    """A class for every pixel: (N, C, d1, d2)

    Keep (N, d1, d2), the shape of the targets; `reshape` alone does not move a dimension.
    """
    x, y = draw_logits(rng, 1, 3, 2, 2), tensor([[[0, 2], [1, 2]]])
    same_gradient(f, cross_entropy_spec, x, y, reduction="none")
    same_value(f, cross_entropy_spec, x, y, label_smoothing=0.2)


@cross_entropy.parity
def ce_one_sample(f: Function, rng: Rng) -> None:
    """One sample without a batch: (C,) with (), or with (C,) probabilities"""
    x, w = draw_logits(rng, 3), draw_weight(rng, 3)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, indices(rng, 3), weight=w, label_smoothing=0.2, reduction=reduction)
        same_value(f, cross_entropy_spec, x, distribution(rng, 3), weight=w, reduction=reduction)


@cross_entropy.parity
def ce_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers, not inf or NaN

    Take each row's largest logit away before `exp`, and form no probability before the logarithm.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, cross_entropy_spec, tensor([[big, 0.0], [0.0, -big]]), tensor([1, 0]))
    same_gradient(f, cross_entropy_spec, tensor([[big, 0.0]]), tensor([[0.25, 0.75]]))
    same_gradient(f, cross_entropy_spec, tensor([[100.0, 0.0], [-100.0, 0.0]]), tensor([0, 0]), label_smoothing=0.1)


@cross_entropy.parity
def ce_ruled_out(f: Function, rng: Rng) -> None:
    """A class ruled out by -inf costs nothing, as long as it is not the target

    0 · (-inf) is NaN: where nothing is to be added, add nothing instead of 0 times something.
    """
    same_gradient(f, cross_entropy_spec, tensor([[1.0, -inf, 0.0]]), tensor([0]))


@cross_entropy.parity
def ce_nothing_counts(f: Function, rng: Rng) -> None:
    """Where nothing counts, the mean is NaN and the sum is 0

    A mean of nothing has no value. A 0 in its place would look like a perfect batch.
    """
    x, none_counts = draw_logits(rng, 2, 2), tensor([-100, -100])
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, none_counts, label_smoothing=0.1, reduction=reduction)
    same_value(f, cross_entropy_spec, x, tensor([0, 0]), weight=tensor([0.0, 1.0]))
    same_value(f, cross_entropy_spec, x[:0], none_counts[:0])


@cross_entropy.parity
def ce_ignored_nan(f: Function, rng: Rng) -> None:
    """An ignored row has no influence on the value, even when it is NaN"""
    x = tensor([[1.0, 2.0], [nan, 1.0]])
    same_value(f, cross_entropy_spec, x, tensor([0, -100]))
    same_value(f, cross_entropy_spec, x, tensor([0, -100]), label_smoothing=0.1, reduction="none")


refuses_no_class(cross_entropy, "ce_out_of_range")


@cross_entropy.parity
def ce_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, w, q = draw_logits(rng, 2, 2), tensor([0, 1]), draw_weight(rng, 2), distribution(rng, 2, 2)
    same_dtype(f, cross_entropy_spec, x, y, label_smoothing=0.2)
    same_dtype(f, cross_entropy_spec, x.double(), y, weight=w.double(), label_smoothing=0.2)
    same_dtype(f, cross_entropy_spec, x.double(), in_float64(q))


@cross_entropy.parity
def ce_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 2), tensor([0, 1]), scale=3.0)
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 2), distribution(rng, 2, 2), wrt=(0, 1), scale=3.0)


cross_entropy.misconceptions.extend(drop_in_mistakes.MISTAKES)
cross_entropy.misconceptions.extend(shared_mistakes.MISTAKES["ce"])
