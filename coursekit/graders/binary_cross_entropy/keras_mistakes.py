"""What goes wrong in Keras's loss."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import Tensor, inf

from coursekit.exercise import Loss, Mistakes, argument_fixed, detached, shapes_broadcast, wider_dtype
from coursekit.graders.binary_cross_entropy.shared_mistakes import logits_only, mixing, plain, shared
from coursekit.graders.binary_cross_entropy.specs import YES_AND_NO, keras_spec, of_clipped, of_shares

MISTAKES = wrong = Mistakes(keras_spec)

# ---- in the arguments and in the mean ----------------------------------------------------------------------------

wrong.table(
    keras_places_of_torch=(
        "The arguments have changed places: the prediction was taken for the truth. In Keras the truth is first.",
        lambda t, p, **flags: keras_spec(p, t, **flags),
    )
)

argument_fixed(
    wrong,
    "keras_never_logits",
    "`from_logits` is not used: logits are clipped to [0, 1] as if they were probabilities, and look perfect.",
    covers="K1",
    from_logits=False,
)
argument_fixed(
    wrong,
    "keras_always_logits",
    "A sigmoid is applied to probabilities, although `from_logits` is False, as it is unless it is said.",
    covers="K2",
    from_logits=True,
)

wrong.table(
    keras_logits_not_smoothed=(
        "The smoothing is left out for logits. It is about the target, whatever the prediction is.",
        lambda t, p, from_logits=False, label_smoothing=0.0, axis=-1: keras_spec(
            t, p, from_logits, 0.0 if from_logits else label_smoothing, axis
        ),
    )
)

argument_fixed(
    wrong,
    "keras_always_last_axis",
    "`axis` is not used: the mean is along the last dimension, whatever was asked for.",
    axis=-1,
)

wrong.table(
    keras_axis_kept=(
        "`axis` is the dimension that is kept here. It is the one to average over.",
        lambda t, p, axis=-1, **flags: keras_spec(
            t.movedim(axis, 0).flatten(1), p.movedim(axis, 0).flatten(1), **flags
        ),
    ),
    keras_batch_mean=(
        "This is one number for the whole batch. The class averages over it; the function has one per row.",
        lambda t, p, **flags: keras_spec(t, p, **flags).mean(),
    ),
    keras_row_sum=(
        "The losses of a row are added up. Their mean is asked for.",
        lambda t, p, axis=-1, **flags: keras_spec(t, p, axis=axis, **flags) * p.shape[axis],
    ),
    keras_each=(
        "There is one loss for each element. Their mean along `axis` is asked for.",
        lambda t, p, **flags: keras_spec(t.unsqueeze(-1), p.unsqueeze(-1), **{**flags, "axis": -1}),
    ),
)

# ---- in dtypes and shapes ----------------------------------------------------------------------------------------

detached(
    wrong,
    "y_true",
    "`y_true` is taken for a constant: no gradient flows back to it. Keras's does.",
    "keras_truth_detached",
)

wider_dtype(
    wrong,
    "The result has not the dtype of `y_pred`. Keras converts `y_true` to it, whichever of the two is finer.",
    "keras_promoted",
)


@wrong(
    "Integers among the targets are refused. Keras converts `y_true` to the dtype of `y_pred` first: `y_true.to(…)`."
)
def keras_integers_refused(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if not y_true.is_floating_point():
        raise RuntimeError("Found dtype Long but expected Float")
    return keras_spec(y_true, y_pred, **flags)


shapes_broadcast(
    wrong,
    "keras_broadcast",
    "Shapes that differ are broadcast. Keras raises a ValueError: (N,) against (N, 1) is a mistake.",
)

# ---- in the smoothing and in the clip ----------------------------------------------------------------------------

wrong.table(
    lambda smooth: partial(keras_spec, smooth=smooth),
    keras_not_smoothed=("`label_smoothing` is not used.", lambda y, a: y),
    keras_smoothed_twice_as_much=(
        "A yes becomes 1 - α and a no α. Keras replaces a share of α by ½, so a yes becomes 1 - α/2: half as much.",
        lambda y, a: y * (1 - a) + (1 - y) * a,
        "K6",
    ),
    keras_smoothing_reversed=(
        "α and 1 - α have changed places: with α = 0.1 nearly nothing of the target is left.",
        lambda y, a: y * a + (1 - a) / 2 if a else y,
        "K6",
    ),
    keras_only_yes_smoothed=(
        "Only a yes is smoothed, to 1 - α. A no moves as well: both are drawn towards ½.",
        lambda y, a: y * (1 - a),
        "K6",
    ),
    keras_smoothing_too_much=(
        "α is added in place of α/2. The share that was taken away, α, is replaced by ½ of it.",
        lambda y, a: y * (1 - a) + a,
        "K6",
    ),
    keras_smoothing_clamps=(
        "The targets are pushed to [α/2, 1 - α/2], which is right for 0 and 1 only. Scale them instead.",
        lambda y, a: y.clamp(a / 2, 1 - a / 2),
    ),
)

wrong.table(
    lambda clipped: partial(keras_spec, clipped=clipped),
    keras_guarded_as_in_torch=(
        "The logarithms are cut off at -100, as in torch. Keras clips the probability: a sure mistake costs 16.118.",
        lambda p, t: of_shares(p.clamp(0, 1), t),
        "K3",
    ),
    keras_not_clipped=("Nothing is clipped: a sure mistake costs inf. Keras clips to [1e-7, 1 - 1e-7].", plain),
    keras_padded=(
        "1e-7 is added inside the logarithms in place of a clip, and a negative number stays negative.",
        lambda p, t: plain(p, t, lambda x: (x + 1e-7).log()),
    ),
    keras_smaller_bounds=(
        "Other bounds keep the probability from 0 and 1. Keras's are 1e-7 and 1 - 1e-7.",
        lambda p, t, *, eps=1e-8: of_clipped(p, t, eps, 1 - eps),
    ),
    keras_no_lower_bound=(
        "The lower bound is missing: at 0 the logarithm is -inf. Clip at both ends.",
        lambda p, t: of_clipped(p, t, -inf),
    ),
    keras_no_upper_bound=(
        "The upper bound is missing: at 1 a no costs inf. Clip at both ends.",
        lambda p, t: of_clipped(p, t, high=inf),
    ),
    keras_slope_through_the_clip=(
        "A gradient flows through the clip to numbers that were clipped. They do not move the loss: their slope is 0.",
        lambda p, t: of_clipped(p + (p.clamp(1e-7, 1 - 1e-7) - p).detach(), t),
    ),
)

wrong.extend(shared("keras", keras_spec, mixing, logits_only))

wrong.terms(lambda twist: partial(keras_spec, twist=twist), **YES_AND_NO)
wrong.table(
    lambda smooth: partial(keras_spec, smooth=smooth),
    keras_quarter=(
        "α/4, or another share of α, is added. What was taken away, α, is replaced by ½ of it.",
        (
            lambda t, alpha: t * (1 - alpha) + alpha / 4,
            lambda t, alpha: t * (1 - alpha) + alpha / 3,
            lambda t, alpha: t * (1 - alpha) + alpha**2,
        ),
    ),
    keras_half_taken=(
        "Half of α is taken away and α/2 added. α is taken, and α/2 added.",
        lambda t, alpha: t * (1 - alpha / 2) + alpha / 2,
    ),
)


def along(axis_of: Loss) -> Loss:
    """The loss of each element, and something else than its mean along the axis."""

    def loss(
        y_true: Tensor, y_pred: Tensor, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
    ) -> Tensor:
        if not y_pred.ndim:
            return keras_spec(y_true, y_pred, from_logits, label_smoothing, axis)
        each = keras_spec(y_true.unsqueeze(-1), y_pred.unsqueeze(-1), from_logits, label_smoothing, -1)
        result: Tensor = axis_of(each, axis)
        return result

    return loss


wrong.table(
    along,
    keras_largest=("The largest loss along the axis is taken. It is their mean.", lambda each, axis: each.amax(axis)),
    keras_sum_by_batch=(
        "The sum along the axis is divided by another size, or by one less. It is divided by its own.",
        (
            lambda each, axis: each.sum(axis) / each.shape[0],
            lambda each, axis: each.sum(axis) / max(each.shape[axis] - 1, 1),
        ),
    ),
)
