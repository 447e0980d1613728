"""Keras's KL, which clips: `keras_kl_divergence`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Question,
    Rng,
    detached,
    keras_twin,
    same_dtype,
    same_gradient,
    same_value,
    wider_dtype,
)
from coursekit.exercise.families.inputs import distribution, in_float64
from coursekit.graders.kl_divergence.common import READY_MADE, believed, kl_spec, normalised, pair
from coursekit.graders.kl_divergence.drop_in_spec import kl_div_spec


def keras_kl_spec(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Σ p ln(p/q) over the last dimension, with p and q clipped to [1e-7, 1]."""
    return clipped_kl(y_true, y_pred)


def clipped_kl(y_true: Tensor, y_pred: Tensor, low: float = 1e-7, high: float = 1.0) -> Tensor:
    """The same with other bounds."""
    p, q = y_true.to(y_pred.dtype).clamp(low, high), y_pred.clamp(low, high)
    return (p * (p / q).log()).sum(-1)


def keras_kl_cases() -> Iterator[Question]:
    """Shapes × dtypes with both gradients; then zeros, logarithms, numbers above 1, integers, broadcasting, NaN."""
    dtypes = (torch.float32, torch.float64)
    edges = [
        ([1.0, 0.0], [0.5, 0.5]),
        ([0.5, 0.5], [1.0, 0.0]),
        ([0.0, 1.0], [0.0, 1.0]),
        ([0.6, 0.4], [-0.5, -1.0]),
        ([-0.6, 2.0], [0.9, 0.9]),
        ([2e-7, 1e-9], [1e-8, 3e-7]),
        ([nan, 0.5], [0.5, 0.5]),
        ([inf, 0.5], [0.5, -inf]),
        ([[0.5, 0.5]], [[0.2, 0.8], [1.3, 0.7]]),
    ]
    for first, second in itertools.product(dtypes, dtypes):
        for shape in ((3,), (2, 3), (2, 2), (3, 3, 2), (0, 3)):
            numbers = torch.linspace(-3, 1, int(np.prod(shape)), dtype=torch.float64).reshape(shape)
            yield Question((numbers.exp().to(first), numbers.flip(0).cos().to(second)), wrt=(0, 1))
        for p, q in edges:
            yield Question((tensor(p, dtype=first), tensor(q, dtype=second)), wrt=(0, 1))
    for dtype in dtypes:
        yield Question((tensor([[0, 1, 0]]), tensor([[0.2, 0.7, 0.1]], dtype=dtype)), wrt=(1,))


keras_kl_divergence = Exercise(
    "keras_kl_divergence",
    keras_kl_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("kl_divergence"),
    cases=keras_kl_cases,
    idea="Keras takes the truth first and probabilities twice; its clip makes every alarm finite, and its slope 0.",
    hints=(
        "Clip both arguments, then write the sum of the lesson: y_true holds the weights and stands on top.",
        "`clamp` does both ends at once. What has to be done for p = 0 after it? And for log-probabilities?",
        "One number per row, over `dim=-1`, and no mean. The result has the dtype of `y_pred`: convert `y_true`.",
    ),
)


@keras_kl_divergence.check
def three_outcomes(f: Function, rng: Rng) -> None:
    """(0.6, 0.3, 0.1) and the belief (0.2, 0.5, 0.3): 0.3961 nats

    The truth comes first, and both are probabilities.
    """
    same_value(f, keras_kl_spec, tensor([0.6, 0.3, 0.1]), tensor([0.2, 0.5, 0.3]))
    same_value(f, keras_kl_spec, *pair(rng, 3))


@keras_kl_divergence.check
def keras_kl_rows(f: Function, rng: Rng) -> None:
    """A batch of pairs gives one divergence each, and no mean

    The function sums over the last dimension. Only the class `KLDivergence` averages over the rows.
    """
    same_value(f, keras_kl_spec, *pair(rng, 2, 3))
    same_value(f, keras_kl_spec, *pair(rng, 2, 2, 3))


@keras_kl_divergence.check
def impossible_is_finite(f: Function, rng: Rng) -> None:
    """What y_pred rules out counts as 1e-7: 7.3659 where the truth is inf"""
    same_value(f, keras_kl_spec, tensor([0.5, 0.5]), tensor([1.0, 0.0]))
    p, q = distribution(rng, 3), distribution(rng, 2)
    same_value(f, keras_kl_spec, p, tensor([*q.tolist(), 0.0]))


@keras_kl_divergence.check
def keras_kl_zero_in_truth(f: Function, rng: Rng) -> None:
    """What never happens is no trouble, whatever y_pred says"""
    same_value(f, keras_kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.4, 0.4, 0.2]))
    same_value(f, keras_kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0]))


@keras_kl_divergence.check
def logarithms_given(f: Function, rng: Rng) -> None:
    """Log-probabilities are clipped like anything below 0: 15.2202 in place of 0.3961

    Nothing inside guesses that `y_pred` holds logarithms, as torch's `kl_div` wants them.
    """
    same_value(f, keras_kl_spec, tensor([0.6, 0.3, 0.1]), tensor([-1.6094, -0.6931, -1.204]))
    same_value(f, keras_kl_spec, distribution(rng, 2, 3), believed(rng, 2, 3))


@keras_kl_divergence.check
def sums_are_not_mended(f: Function, rng: Rng) -> None:
    """A belief (0.9, 0.9) is not divided by its sum: -0.5878

    A negative divergence is a message. Neither normalising nor `abs` is part of the loss.
    """
    same_value(f, keras_kl_spec, tensor([0.1, 0.1]), tensor([0.5, 0.5]))
    same_value(f, keras_kl_spec, tensor([0.5, 0.5]), tensor([0.9, 0.9]))


@keras_kl_divergence.check
def above_one(f: Function, rng: Rng) -> None:
    """What is above 1 counts as 1, on either side"""
    same_value(f, keras_kl_spec, tensor([0.5, 0.5]), tensor([0.1 * int(rng.integers(15, 40)), 0.25]))
    same_value(f, keras_kl_spec, tensor([0.1 * int(rng.integers(15, 40)), 0.25]), tensor([0.5, 0.5]))


@keras_kl_divergence.check
def keras_kl_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to y_pred is right, and 0 where y_pred was clipped

    A clipped number does not move the loss. `clamp` knows that.
    """
    same_gradient(f, keras_kl_spec, *pair(rng, 2, 3), wrt=(1,))
    same_gradient(f, keras_kl_spec, tensor([0.5, 0.25, 0.25]), tensor([0.0, 0.25, 1.5]), wrt=(1,))


@keras_kl_divergence.parity
def keras_kl_both_gradients(f: Function, rng: Rng) -> None:
    """The gradient with respect to y_true as well, and both pass on what comes from above"""
    same_gradient(f, keras_kl_spec, *pair(rng, 2, 3), wrt=(0, 1), scale=3.0)
    same_gradient(f, keras_kl_spec, tensor([0.0, 0.75, 1.5]), tensor([0.25, 0.0, 0.5]), wrt=(0, 1))


@keras_kl_divergence.parity
def keras_kl_bounds(f: Function, rng: Rng) -> None:
    """The bounds are 1e-7 and 1, to the digit (float64)

    Look for a number that is added in place of a clip, for another bound, and for a y_true that is not clipped.
    """
    certain = tensor([1.0, 0.0], dtype=torch.float64)
    same_value(f, keras_kl_spec, certain, tensor([0.5, 0.5], dtype=torch.float64))
    same_value(f, keras_kl_spec, tensor([0.9], dtype=torch.float64), certain[:1])
    tiny = 1e-7 * tensor([int(rng.integers(2, 5)), 0.2], dtype=torch.float64)
    same_value(f, keras_kl_spec, tensor([0.5, 0.5], dtype=torch.float64), tiny)


@keras_kl_divergence.parity
def keras_kl_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of y_pred, whatever that of y_true is

    torch would promote to the finer of the two. Keras converts `y_true` first, integers as well.
    """
    p, q = map(in_float64, pair(rng, 2, 3))
    for first, second in itertools.product((torch.float32, torch.float64), repeat=2):
        same_dtype(f, keras_kl_spec, p.to(first), q.to(second), dtype=second)
    same_dtype(f, keras_kl_spec, tensor([[0, 1, 0]]), q[:1].float(), dtype=torch.float32)


@keras_kl_divergence.parity
def keras_kl_no_rows(f: Function, rng: Rng) -> None:
    """A batch of no rows gives no numbers, a batch of one row gives one"""
    same_value(f, keras_kl_spec, torch.empty(0, 3), torch.empty(0, 3))
    same_value(f, keras_kl_spec, *pair(rng, 1, 3))


def clip(p: Tensor) -> Tensor:
    """P within the bounds of Keras."""
    return p.clamp(1e-7, 1)


wrong = keras_kl_divergence.misconceptions
wrong.table(
    keras_kl_swapped=(
        "The arguments have changed places: this is KL(y_pred‖y_true). In Keras the truth comes first, as on paper.",
        lambda p, q: keras_kl_spec(q, p),
        "KL2",
    ),
    log_probabilities_expected=(
        "`y_pred` is taken for log-probabilities, which is torch's habit. Keras wants probabilities and takes the "
        "logarithm itself.",
        lambda p, q: (clip(p) * (clip(p).log() - q)).sum(-1),
        "K7",
    ),
    places_of_torch=(
        "These are torch's places: the first argument is read as log-probabilities, the second as the truth. Keras has "
        "the truth first, and no logarithms.",
        lambda p, q: kl_div_spec(p, q, "none").sum(-1),
        "K7",
    ),
    belief_normalised=(
        "`y_pred` is divided by its sum first. Keras does that in CategoricalCrossentropy, not here: rows that do not "
        "sum to 1 show, even as a negative number.",
        lambda p, q: keras_kl_spec(p, normalised(q)),
        "K8",
    ),
    both_normalised=(
        "Both arguments are divided by their sums first. Keras takes them as they stand: rows that do not sum to 1 "
        "show, even as a negative number.",
        lambda p, q: keras_kl_spec(normalised(p), normalised(q)),
        "K8",
    ),
    keras_kl_absolute=(
        "`abs` is taken of the result. A negative number says that a row does not sum to 1: Keras lets it be seen.",
        lambda p, q: keras_kl_spec(p, q).abs(),
        "I8",
    ),
    keras_kl_cut_off=(
        "A result below 0 is cut off. It says that a row does not sum to 1: Keras lets it be seen.",
        lambda p, q: keras_kl_spec(p, q).clamp(min=0),
        "I8",
    ),
    nothing_clipped=(
        "Nothing is clipped: an impossible event costs inf. That is the better alarm, but not Keras's: clip both to "
        "[1e-7, 1].",
        kl_spec,
    ),
    truth_not_clipped=(
        "`y_true` is not clipped. Keras clips both, so a 0 in y_true counts as 1e-7 too.",
        lambda p, q: kl_spec(p, clip(q)),
    ),
    belief_not_clipped=(
        "`y_pred` is not clipped: where it is 0 the result is inf, where it is negative NaN. Clip both to [1e-7, 1].",
        lambda p, q: (clip(p) * (clip(p) / q).log()).sum(-1),
    ),
    no_upper_bound=(
        "The upper bound is missing: what is above 1 counts as 1.",
        lambda p, q: clipped_kl(p, q, high=inf),
    ),
    upper_bound_below_one=(
        "The upper bound is 1 - 1e-7, as in Keras's cross-entropies. There it guards a logarithm of 1 - p; here it is "
        "1.",
        lambda p, q: clipped_kl(p, q, high=1 - 1e-7),
    ),
    smaller_bound=(
        "The lower bound is another, as 1e-8. Keras's epsilon is 1e-7.",
        lambda p, q, *, eps=1e-8: clipped_kl(p, q, low=eps),
    ),
    keras_kl_padded=(
        "1e-7 is added to both in place of a clip: that moves every number a little, and a negative one stays "
        "negative.",
        lambda p, q: (p * ((p + 1e-7) / (q + 1e-7)).log()).sum(-1),
        "I6",
    ),
    slope_through_the_clip=(
        "A gradient flows through the clip to numbers that were clipped (`detach`, `.data`, or a straight-through "
        "trick). They do not move the loss: their slope is 0.",
        lambda p, q: keras_kl_spec(p, q + (clip(q) - q).detach()),
    ),
)
detached(
    wrong,
    "y_true",
    "`y_true` is taken for a constant: no gradient flows back to it. Keras's does, as torch's `kl_div` does.",
    "truth_detached",
)
wrong.table(
    keras_kl_whole_surprise=(
        "This is the cross-entropy, -Σ p ln q. Subtract the entropy: p ln p is part of KL.",
        lambda p, q: -(clip(p) * clip(q).log()).sum(-1),
    ),
    keras_kl_bits=(
        "This is in bits. Keras counts in nats: the natural logarithm, `torch.log`.",
        lambda p, q: keras_kl_spec(p, q) / math.log(2),
        "I4",
    ),
    belief_from_logits=(
        "`y_pred` went through a softmax first. It holds probabilities already; this loss has no `from_logits`.",
        lambda p, q: keras_kl_spec(p, q.softmax(-1)),
    ),
    keras_kl_averaged=(
        "This divides by the number of outcomes. The weights add up to 1 already: sum over dim=-1, do not average.",
        lambda p, q: keras_kl_spec(p, q) / q.shape[-1],
        "KL3",
    ),
    keras_kl_batch_mean=(
        "This averages over the batch. The class `KLDivergence` does that; the function keeps one number per row.",
        lambda p, q: keras_kl_spec(p, q).mean(),
    ),
    keras_kl_total=(
        "This sums over the whole batch. Each row keeps its own number: sum over dim=-1.",
        lambda p, q: keras_kl_spec(p, q).sum(),
    ),
)
wider_dtype(
    wrong,
    "The result has the finer dtype of the two, as torch promotes. Keras converts `y_true` to the dtype of `y_pred`.",
    "keras_kl_promoted",
)
wrong.terms(
    truth=("Σ p ln p", lambda p, q: (clip(p.to(q.dtype)) * clip(p.to(q.dtype)).log()).sum(-1) + 0 * q.sum(-1)),
    belief=("-Σ p ln q", lambda p, q: -(clip(p.to(q.dtype)) * clip(q).log()).sum(-1)),
)
wrong.table(
    normalised_after_the_clip=(
        "Both rows are divided by their sums after the clip. Keras takes them as they are then.",
        lambda p, q: kl_spec(normalised(clip(p.to(q.dtype))), normalised(clip(q))),
        "K8",
    ),
    clipped_at_zero=(
        "Both are clipped to [0, 1], which leaves the zeros. Keras's lower bound is 1e-7.",
        lambda p, q: (p.to(q.dtype).clamp(0, 1) * (p.to(q.dtype).clamp(0, 1) / q.clamp(0, 1)).log()).sum(-1),
    ),
    weights_not_clipped=(
        "The weights are not clipped: a 0 in y_true adds nothing. Keras clips first, so it counts as 1e-7.",
        lambda p, q: (p.to(q.dtype) * (clip(p.to(q.dtype)) / clip(q)).log()).sum(-1),
    ),
    keras_kl_first_dim=(
        "This sums over the first dimension. The outcomes lie along the last one: sum over dim=-1.",
        lambda p, q: (clip(p.to(q.dtype)) * (clip(p.to(q.dtype)) / clip(q)).log()).sum(0),
    ),
)
