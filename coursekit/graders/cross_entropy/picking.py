"""Picking each row's entry, with weights and with rows that do not count: `nll_loss`."""

from __future__ import annotations

import torch.nn.functional as F
from torch import inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    each_reduction,
    reduced,
    same_dtype,
    same_gradient,
    same_value,
    scaled_gradient,
)
from coursekit.exercise.families.inputs import indices
from coursekit.graders.cross_entropy.common import class_dim, draw_weight, refuses_no_class
from coursekit.graders.cross_entropy.picking_spec import nll_loss_cases, nll_loss_spec
from coursekit.graders.cross_entropy.shared_mistakes import MISTAKES
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec

nll_loss = Exercise(
    "nll_loss",
    nll_loss_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=F.nll_loss,
    cases=nll_loss_cases,
    idea="NLL only picks: the logarithm was taken before. A weighted mean divides by the weights that were given out.",
    hints=(
        "Each row gives one number: the entry at its target. `input.gather(1, target.unsqueeze(1))` picks it.",
        "The mean is Σ w[y]·loss by Σ w[y]. Without weights every w is 1, and Σ w is the number of targets that count.",
        "A row that does not count must vanish from both sums, also when it holds NaN: choose with `torch.where`, "
        "or by indexing with the mask. Its target, -100, is no index: put some class in its place first.",
        "In (N, C, d1, …) the classes are dimension 1; `gather` along it gives the targets' shape, with a 1 for C.",
    ),
)


@nll_loss.check
def picks(f: Function, rng: Rng) -> None:
    """One entry of each row: the one at the target

    The input holds logarithms already; whatever stands there is taken as it is.
    """
    same_value(f, nll_loss_spec, tensor([[-0.1, -2.3], [-1.6, -0.2]]), tensor([0, 0]))
    same_value(f, nll_loss_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))


each_reduction(
    nll_loss, lambda rng: (draw_logits(rng, 2, 3), indices(rng, 3, 2)), "`reduction`: none, sum, mean", "nll_reductions"
)


@nll_loss.check
def nll_weight(f: Function, rng: Rng) -> None:
    """`weight` is a factor for each class, and the mean is a weighted mean

    Divide by the sum of the weights that were used, w[target].sum().
    """
    same_value(f, nll_loss_spec, tensor([[-2.0, -1.0], [-1.0, -3.0]]), tensor([0, 1]), weight=tensor([1.0, 2.0]))
    x, y, w = draw_logits(rng, 3, 3), tensor([2, 0, 0]), draw_weight(rng, 3)
    for reduction in ("none", "mean"):
        same_value(f, nll_loss_spec, x, y, weight=w, reduction=reduction)


@nll_loss.check
def nll_ignore(f: Function, rng: Rng) -> None:
    """Targets equal to `ignore_index` do not count, neither above nor below the fraction"""
    x, y = draw_logits(rng, 3, 2), tensor([0, 1, 1])
    same_value(f, nll_loss_spec, x, tensor([0, -100, 1]))
    for reduction in ("mean", "none"):
        same_value(f, nll_loss_spec, x, y, ignore_index=1, reduction=reduction)


@nll_loss.check
def nll_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, nll_loss_spec, draw_logits(rng, 3, 4), indices(rng, 4, 3))
    same_gradient(f, nll_loss_spec, draw_logits(rng, 2, 2), tensor([1, -100]), weight=draw_weight(rng, 2))


@nll_loss.parity
def nll_pairs(f: Function, rng: Rng) -> None:
    """`weight` and `ignore_index` together, under every reduction"""
    x, w = draw_logits(rng, 4, 3), draw_weight(rng, 3)
    y = tensor([2, -100, 0, 2])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, weight=w, reduction=reduction)
        same_value(f, nll_loss_spec, x, tensor([2, 1, 0, 2]), weight=w, ignore_index=1, reduction=reduction)


@nll_loss.parity
def nll_places(f: Function, rng: Rng) -> None:
    """A class for every place: (N, C, d1)

    The classes are dimension 1, not the last one.
    """
    x, y = draw_logits(rng, 2, 2, 2), tensor([[0, 1], [1, 1]])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, reduction=reduction)
    same_value(f, nll_loss_spec, x, tensor([[0, -100], [1, 1]]), weight=draw_weight(rng, 2))


@nll_loss.parity
def nll_pixels(f: Function, rng: Rng) -> None:
    """A class for every pixel: (N, C, d1, d2)

    Keep (N, d1, d2), the shape of the targets; `reshape` alone does not move a dimension.
    """
    x, y = draw_logits(rng, 1, 3, 2, 2), tensor([[[0, 2], [1, 2]]])
    same_gradient(f, nll_loss_spec, x, y, reduction="none")
    same_value(f, nll_loss_spec, x, y)


@nll_loss.parity
def nll_one_sample(f: Function, rng: Rng) -> None:
    """One sample without a batch: (C,) and ()"""
    x, y = draw_logits(rng, 3), indices(rng, 3)
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, weight=draw_weight(rng, 3), reduction=reduction)


@nll_loss.parity
def nll_nothing_counts(f: Function, rng: Rng) -> None:
    """Where nothing counts, the mean is NaN and the sum is 0

    A mean of nothing has no value. A 0 in its place would look like a perfect batch.
    """
    x, y = draw_logits(rng, 2, 2), tensor([0, 0])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, tensor([-100, -100]), reduction=reduction)
    same_value(f, nll_loss_spec, x, y, weight=tensor([0.0, 1.0]))


@nll_loss.parity
def nll_ignored_nan(f: Function, rng: Rng) -> None:
    """What is not picked has no influence: NaN in an ignored row, -inf beside the target

    0 times NaN is NaN, and so is 0 times -inf. Choose instead of multiplying.
    """
    same_gradient(f, nll_loss_spec, tensor([[-0.5, -1.0], [nan, nan]]), tensor([0, -100]))
    same_gradient(f, nll_loss_spec, tensor([[-0.5, -inf], [-2.0, -0.1]]), tensor([0, 1]))


refuses_no_class(nll_loss, "nll_out_of_range")


@nll_loss.parity
def nll_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, w = draw_logits(rng, 2, 2), tensor([0, 1]), draw_weight(rng, 2)
    same_dtype(f, nll_loss_spec, x, y)
    same_dtype(f, nll_loss_spec, x.double(), y, weight=w.double())


scaled_gradient(nll_loss, lambda rng: (draw_logits(rng, 2, 2), tensor([0, 1])), name="nll_scaled")


nll_loss.misconceptions.table(
    log_likelihood=(
        "The minus sign is missing: this is the log-likelihood, and a model is trained to make it large.",
        lambda x, y, **flags: -nll_loss_spec(x, y, **flags),
    ),
    takes_the_logarithm=(
        "A logarithm is taken here. `nll_loss` expects logarithms already, and only picks from them.",
        lambda x, y, **flags: nll_loss_spec(x.log(), y, **flags),
    ),
    takes_the_log_softmax=(
        "A log-softmax is taken here: that is `cross_entropy`. `nll_loss` expects log-probabilities and only picks "
        "from them.",
        lambda x, y, **flags: nll_loss_spec(log_softmax_spec(x, class_dim(x)), y, **flags),
    ),
    nll_all_classes=(
        "All classes are added up. Only that of the target counts.",
        lambda x, y, reduction="mean", **flags: reduced(-x.sum(class_dim(x)), reduction),
    ),
    nll_every_pair=(
        "`input[:, target]` picks every target from every row: N × N numbers. Pair them: `input[torch.arange(N), "
        "target]`, or `gather`.",
        lambda x, y, reduction="mean", **flags: reduced(-x[:, y], reduction),
    ),
    nll_largest=(
        "This picks each row's largest entry: what the model believes. The target says what is right.",
        lambda x, y, **flags: nll_loss_spec(x, x.argmax(class_dim(x)), **flags),
    ),
)
nll_loss.misconceptions.extend(MISTAKES["nll"])
