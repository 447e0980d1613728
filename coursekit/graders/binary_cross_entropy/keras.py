"""Keras's clipped probabilities: `keras_binary_crossentropy`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, refuses, same_dtype, same_gradient, same_value, wrong_in
from coursekit.exercise.twins import keras_twin
from coursekit.graders.binary_cross_entropy.common import (
    DTYPES,
    LOGITS,
    LOSSES,
    SHARES,
    Loss,
    Rng,
    alike,
    answers,
    as_it_is,
    broadcast,
    draw,
    wrong_part,
)
from coursekit.graders.binary_cross_entropy.logits import of_logits
from coursekit.graders.binary_cross_entropy.shares import of_shares, plain
from coursekit.wire import Question


def of_clipped(p: Tensor, t: Tensor, low: float = 1e-7, high: float = 1 - 1e-7) -> Tensor:
    """The loss of each probability, clipped first."""
    p = p.clamp(low, high)
    return -(t * p.log() + (1 - t) * (1 - p).log())


def half_way(y_true: Tensor, label_smoothing: float) -> Tensor:
    """A share of the target replaced by ½."""
    return y_true * (1 - label_smoothing) + label_smoothing / 2


def keras_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    twist: Loss = as_it_is,
    smooth: Loss = half_way,
    clipped: Loss = of_clipped,
) -> Tensor:
    """The mean along `axis` of each loss, the target smoothed."""
    alike(y_true, y_pred)
    t = smooth(y_true.to(y_pred.dtype), label_smoothing)
    return twist(of_logits if from_logits else clipped, y_pred, t).mean(axis)


def keras_cases() -> Iterator[Question]:
    """Shapes × axes × smoothing × dtypes of y_true with gradients, as shares and as logits; clips and extremes.

    In float64 there are rows of one output only: on torch Keras takes every mean through float32.
    """
    shapes = (((), -1), ((3,), -1), ((2, 3), -1), ((2, 3), 0), ((2, 3, 2), 1), ((2, 1, 2), -2), ((0, 3), -1))
    rows = [(torch.float32, *shape) for shape in shapes] + [(dtype, (4, 1), 1) for dtype in DTYPES]
    for (dtype, shape, axis), smoothing in product(rows, (0.0, 0.1, 1.0)):
        p = torch.linspace(0.02, 0.99, prod(shape), dtype=dtype).reshape(shape)
        flags: dict[str, Any] = {"label_smoothing": smoothing, "axis": axis}
        for t in (p.round(), p.square()):
            yield Question((t, p), flags, wrt=(0, 1))
            yield Question((t, 8 * p - 4), {"from_logits": True, **flags}, wrt=(0, 1))
        for t in (p.round().long(), p > 0.5, p.square().float(), p.square().double()):
            yield Question((t, p), flags, wrt=(1,))
            yield Question((t, 8 * p - 4), {"from_logits": True, **flags}, wrt=(1,))
    for dtype, answer, smoothing in product(DTYPES, (0.0, 1.0, 0.25), (0.0, 0.2)):
        # the float32 next to 1 - 1e-7 is 1 - 1.19e-7, and a no costs 15.94 there in place of 16.12: float64 only
        for share in (0.0, -3.0, 5e-8, 2e-7, *((1.0, 7.5) if dtype == torch.float64 else ())):
            pair = tensor([answer], dtype=dtype), tensor([share], dtype=dtype)
            yield Question(pair, {"label_smoothing": smoothing}, wrt=(0, 1))
        for logit in (1000.0, -1000.0, 0.0, 20.0):
            pair = tensor([answer], dtype=dtype), tensor([logit], dtype=dtype)
            yield Question(pair, {"label_smoothing": smoothing, "from_logits": True}, wrt=(0, 1))


keras_binary_crossentropy = Exercise(
    "keras_binary_crossentropy",
    keras_spec,
    points=2,
    parity_points=2,
    forbids=LOSSES,
    twin=keras_twin("binary_crossentropy"),
    cases=keras_cases,
    idea="Keras clips where torch clamps: a sure mistake costs 16.118 there, and its slope is 0.",
    hints=(
        "`y_true` comes first. Smooth it: 1 - α of it, and α/2.",
        "From probabilities: clip them to [1e-7, 1 - 1e-7], then take both logarithms. From logits: clip nothing.",
        "Average along `axis` and nowhere else. The dtype is that of `y_pred`: convert `y_true`, perhaps integers.",
    ),
)


def keras_shares(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """A yes or no each, and probabilities: Keras's order."""
    return answers(rng, *shape), draw(rng, SHARES, *shape)


def keras_logits(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """A yes or no each, and logits."""
    return answers(rng, *shape), draw(rng, LOGITS, *shape)


@keras_binary_crossentropy.check
def keras_pair(f: Function, rng: Rng) -> None:
    """A yes that was given 0.8 and a no that was given 0.5 cost 0.4581 on average

    The truth comes first.
    """
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([0.8, 0.5]))
    same_value(f, keras_spec, *keras_shares(rng, 3))


@keras_binary_crossentropy.check
def keras_rows(f: Function, rng: Rng) -> None:
    """One number for each row: the mean along the last dimension

    Only the class averages over the batch.
    """
    same_value(f, keras_spec, *keras_shares(rng, 2, 3))
    same_value(f, keras_spec, *keras_shares(rng, 2, 2, 2))


@keras_binary_crossentropy.check
def keras_from_logits(f: Function, rng: Rng) -> None:
    """Logits 3 and -2 of a yes and a no cost 0.0878 with `from_logits`"""
    for from_logits in (True, False):
        same_value(f, keras_spec, tensor([0.0, 0.0]), tensor([-2.0, 0.3]), from_logits=from_logits)
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([3.0, -2.0]), from_logits=True)
    same_value(f, keras_spec, *keras_logits(rng, 2, 3), from_logits=True)


@keras_binary_crossentropy.check
def keras_certain(f: Function, rng: Rng) -> None:
    """Certain and wrong costs 16.1181: probabilities are clipped to [1e-7, 1 - 1e-7]"""
    # float64, because 1 - 1e-7 is 1 - 1.19e-7 in float32, and costs 15.94
    certain = tensor([[0.0], [1.0]], dtype=torch.float64)
    same_value(f, keras_spec, 1 - certain, certain)
    same_value(f, keras_spec, tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([[0.0, 0.25], [0.3, -2.0]]))


@keras_binary_crossentropy.check
def keras_share(f: Function, rng: Rng) -> None:
    """A target of 0.75 is three quarters of a yes and one of a no"""
    same_value(f, keras_spec, tensor([0.75]), tensor([0.8]))
    same_value(f, keras_spec, draw(rng, SHARES, 2, 2), draw(rng, SHARES, 2, 2))
    same_value(f, keras_spec, draw(rng, SHARES, 2, 2), draw(rng, LOGITS, 2, 2), from_logits=True)


@keras_binary_crossentropy.check
def keras_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` draws both answers towards ½: 1 and 0 become 0.95 and 0.05 at α = 0.1"""
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([0.9, 0.3]), label_smoothing=0.1)
    for smoothing in (0.3, 1.0):
        same_value(f, keras_spec, *keras_shares(rng, 2, 3), label_smoothing=smoothing)
        same_value(f, keras_spec, *keras_logits(rng, 2, 3), label_smoothing=smoothing, from_logits=True)


@keras_binary_crossentropy.check
def keras_slope(f: Function, rng: Rng) -> None:
    """The gradient by y_pred is right, of probabilities and of logits"""
    same_gradient(f, keras_spec, *keras_shares(rng, 2, 3), wrt=(1,))
    same_gradient(f, keras_spec, *keras_logits(rng, 2, 3), wrt=(1,), from_logits=True)


@keras_binary_crossentropy.parity
def keras_axis(f: Function, rng: Rng) -> None:
    """`axis` is averaged over, any one"""
    for axis in (0, 1, -2):
        same_value(f, keras_spec, *keras_shares(rng, 2, 2), axis=axis)
        same_gradient(f, keras_spec, *keras_logits(rng, 2, 2, 2), wrt=(1,), axis=axis, from_logits=True)


@keras_binary_crossentropy.parity
def keras_dead(f: Function, rng: Rng) -> None:
    """A clipped probability has no slope, a logit keeps its own

    That is Keras's own behaviour: a sure mistake among probabilities is not repaired.
    """
    t, p = tensor([1.0, 1.0, 0.0]), tensor([0.0, 0.25, -0.5])
    same_gradient(f, keras_spec, t, p, wrt=(1,))
    big = 100.0 * int(rng.integers(8, 11))
    for x, y in product((20.0, -big, big, 0.0), (0.0, 1.0)):
        same_gradient(f, keras_spec, tensor([y, 0.0]), tensor([x, 0.5]), wrt=(1,), from_logits=True)


@keras_binary_crossentropy.parity
def keras_bounds(f: Function, rng: Rng) -> None:
    """The bounds are 1e-7 and 1 - 1e-7, to the digit (float64)

    A perfect answer costs 1e-7. Look for another bound, and for a number that is added in place of a clip.
    """
    # rows of one output, because on torch Keras takes every mean through float32
    zero_one = tensor([[0.0], [1.0]], dtype=torch.float64)
    same_value(f, keras_spec, torch.ones_like(zero_one), 1e-7 * (int(rng.integers(2, 6)) * zero_one + 0.3))
    same_value(f, keras_spec, zero_one, zero_one)


@keras_binary_crossentropy.parity
def keras_soft(f: Function, rng: Rng) -> None:
    """The gradient by y_true as well, of smoothed targets between 0 and 1"""
    t = draw(rng, SHARES, 2, 2)
    for y_pred, from_logits in ((draw(rng, SHARES, 2, 2), False), (draw(rng, LOGITS, 2, 2), True)):
        flags: dict[str, Any] = {"from_logits": from_logits, "label_smoothing": 0.2}
        same_gradient(f, keras_spec, t, y_pred, wrt=(0, 1), scale=3.0, **flags)


@keras_binary_crossentropy.parity
def keras_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of y_pred; y_true may be integers, bools, or finer"""
    t, p = keras_shares(rng, 4, 1)
    for y_true, y_pred in product((t, t.double(), t.long(), t.bool()), (p, p.double())):
        same_dtype(f, keras_spec, y_true, y_pred, dtype=y_pred.dtype)
        same_dtype(f, keras_spec, y_true, y_pred, dtype=y_pred.dtype, from_logits=True, label_smoothing=0.3)


@keras_binary_crossentropy.parity
def keras_unlike(f: Function, rng: Rng) -> None:
    """Shapes that differ are refused, though they would broadcast"""
    refuses(f, answers(rng, 3), draw(rng, SHARES, 3, 1))
    refuses(f, answers(rng, 3, 1), draw(rng, SHARES, 3))


@keras_binary_crossentropy.parity
def keras_few(f: Function, rng: Rng) -> None:
    """Rows of one output, and a batch of no rows"""
    same_value(f, keras_spec, *keras_shares(rng, 3, 1))
    same_value(f, keras_spec, torch.empty(0, 3), torch.empty(0, 3))


ON_KERAS = {"keras": keras_binary_crossentropy.misconceptions}
wrong_on_keras = partial(wrong_in, ON_KERAS)


wrong_smoothing = partial(wrong_part, ON_KERAS, "smooth")
wrong_clip = partial(wrong_part, ON_KERAS, "clipped")


@wrong_on_keras(
    "The arguments have changed places: the prediction was taken for the truth. In Keras the truth is first."
)
def places_of_torch(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_pred, y_true, **flags)


@wrong_on_keras(  # K1
    "`from_logits` is not used: logits are clipped to [0, 1] as if they were probabilities, and look perfect."
)
def never_logits(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **{**flags, "from_logits": False})


@wrong_on_keras(  # K2
    "`from_logits` is not used: a sigmoid is applied to probabilities as well. It is False unless it is said."
)
def always_logits(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **{**flags, "from_logits": True})


@wrong_on_keras("The smoothing is left out for logits. It is about the target, whatever the prediction is.")
def logits_not_smoothed(
    spec: Loss, y_true: Tensor, y_pred: Tensor, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    return keras_spec(y_true, y_pred, from_logits, 0.0 if from_logits else label_smoothing, axis)


@wrong_on_keras("`axis` is not used: the mean is along the last dimension, whatever was asked for.")
def always_last_axis(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **{**flags, "axis": -1})


@wrong_on_keras("`axis` is the dimension that is kept here. It is the one to average over.")
def axis_kept(
    spec: Loss, y_true: Tensor, y_pred: Tensor, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    return keras_spec(
        y_true.movedim(axis, 0).flatten(1), y_pred.movedim(axis, 0).flatten(1), from_logits, label_smoothing
    )


@wrong_on_keras("This is one number for the whole batch. The class averages over it; the function has one a row.")
def keras_batch_mean(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **flags).mean()


@wrong_on_keras("The losses of a row are added up. Their mean is asked for.")
def keras_row_sum(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, axis=axis, **flags) * y_pred.shape[axis]


@wrong_on_keras("There is one loss for each element. Their mean along `axis` is asked for.")
def keras_each(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return keras_spec(y_true.unsqueeze(-1), y_pred.unsqueeze(-1), **flags)


@wrong_on_keras("`y_true` is taken for a constant: no gradient flows back to it. Keras's does.")
def truth_detached(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true.detach(), y_pred, **flags)


@wrong_on_keras(
    "The result has not the dtype of `y_pred`. Keras converts `y_true` to it, whichever of the two is finer."
)
def keras_promoted(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)), **flags)


@wrong_on_keras(
    "Integers among the targets are refused. Keras converts `y_true` to the dtype of `y_pred` first: `y_true.to(…)`."
)
def integers_refused(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if not y_true.is_floating_point():
        raise RuntimeError("Found dtype Long but expected Float")
    return keras_spec(y_true, y_pred, **flags)


@wrong_on_keras("Shapes that differ are broadcast. Keras raises a ValueError: (N,) against (N, 1) is a mistake.")
def keras_broadcast(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return spec(*broadcast(y_true, y_pred), **flags)


@wrong_smoothing("`label_smoothing` is not used.")
def not_smoothed(y: Tensor, a: float) -> Tensor:
    return y


@wrong_smoothing(  # K6
    "A yes becomes 1 - α and a no α. Keras replaces a share of α by ½, so a yes becomes 1 - α/2: half as much.",
)
def smoothed_twice_as_much(y: Tensor, a: float) -> Tensor:
    return y * (1 - a) + (1 - y) * a


@wrong_smoothing(  # K6
    "α and 1 - α have changed places: with α = 0.1 nearly nothing of the target is left."
)
def smoothing_reversed(y: Tensor, a: float) -> Tensor:
    return y * a + (1 - a) / 2 if a else y


@wrong_smoothing(  # K6
    "Only a yes is smoothed, to 1 - α. A no moves as well: both are drawn towards ½."
)
def only_yes_smoothed(y: Tensor, a: float) -> Tensor:
    return y * (1 - a)


@wrong_smoothing("α is added in place of α/2. The share that was taken away, α, is replaced by ½ of it.")  # K6
def smoothing_too_much(y: Tensor, a: float) -> Tensor:
    return y * (1 - a) + a


@wrong_smoothing("The targets are pushed to [α/2, 1 - α/2], which is right for 0 and 1 only. Scale them instead.")
def smoothing_clamps(y: Tensor, a: float) -> Tensor:
    return y.clamp(a / 2, 1 - a / 2)


@wrong_clip(  # K3
    "The logarithms are cut off at -100, as in torch. Keras clips the probability: a sure mistake costs 16.118.",
)
def guarded_as_in_torch(p: Tensor, t: Tensor) -> Tensor:
    return of_shares(p.clamp(0, 1), t)


@wrong_clip("Nothing is clipped: a sure mistake costs inf. Keras clips to [1e-7, 1 - 1e-7].")
def not_clipped(p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t)


@wrong_clip("1e-7 is added inside the logarithms in place of a clip, and a negative number stays negative.")
def keras_padded(p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t, lambda x: (x + 1e-7).log())


@wrong_clip("The bounds are 1e-8 and 1 - 1e-8. Keras's epsilon is 1e-7.")
def smaller_bounds(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p, t, 1e-8, 1 - 1e-8)


@wrong_clip("The lower bound is missing: at 0 the logarithm is -inf. Clip at both ends.")
def no_lower_bound(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p, t, -inf)


@wrong_clip("The upper bound is missing: at 1 a no costs inf. Clip at both ends.")
def no_upper_bound(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p, t, high=inf)


@wrong_clip(
    "A gradient flows through the clip to numbers that were clipped. They do not move the loss: their slope is 0.",
)
def slope_through_the_clip(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p + (p.clamp(1e-7, 1 - 1e-7) - p).detach(), t)
