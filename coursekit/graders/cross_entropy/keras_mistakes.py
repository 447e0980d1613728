"""What goes wrong in Keras's two losses: first what both get wrong, then each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import log
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import wrong_in
from coursekit.graders.cross_entropy.common import Loss, log_softmax_spec
from coursekit.graders.cross_entropy.keras import (
    dense_spec,
    keras_categorical_crossentropy,
    keras_sparse_categorical_crossentropy,
    log_shares,
    one_hot,
    sparse_spec,
)
from coursekit.graders.cross_entropy.softmax import log_after_softmax, no_shift, over_the_batch, over_the_last, raw

KERAS = {
    "dense": keras_categorical_crossentropy.misconceptions,
    "sparse": keras_sparse_categorical_crossentropy.misconceptions,
}

in_both_of_keras = partial(wrong_in, KERAS)


def wrong_part(part: str, explanation: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a wrong `shares` or a wrong `softmax` to both of Keras's losses."""

    def add(own: Loss) -> Loss:
        def with_own(spec: Loss, *args: Any, **flags: Any) -> Tensor:
            loss: Tensor = spec(*args, **{part: own}, **flags)
            return loss

        in_both_of_keras(explanation, name=name or own.__name__)(with_own)
        return own

    return add


wrong_shares, wrong_softmax = partial(wrong_part, "shares"), partial(wrong_part, "softmax")


def clipped_log(p: Tensor) -> Tensor:
    """ln p between Keras's bounds."""
    return p.clamp(1e-7, 1 - 1e-7).log()


wrong_shares(  # K2
    "A softmax is always applied, as torch's `cross_entropy` does. Keras's default is `from_logits=False`: the "
    "numbers are probabilities already.",
    "always_logits",
)(log_softmax_spec)
wrong_softmax(  # K1
    "`from_logits` is not used: logits were divided by their sum as if they were probabilities.", "never_logits"
)(log_shares)
wrong_softmax(  # NLL2
    "With `from_logits` the softmax is missing: logits are no log-probabilities. Use your `log_softmax`.",
    "logits_as_they_are",
)(raw)
wrong_softmax(  # CE3
    "exp overflows for large logits. Take each row's largest logit away before `exp`, as in your `log_softmax`.",
    "logits_not_shifted",
)(no_shift)
wrong_softmax(  # CE2
    "With `from_logits` a probability was rounded to 0 before its logarithm was taken. Use x - ln Σ exp x, where no "
    "probability is formed.",
    "log_of_softmax",
)(log_after_softmax)


@wrong_softmax(
    "With `from_logits` the softmax was clipped like probabilities: no loss above 16.118, and no slope there. Logits "
    "are not clipped: take their log-softmax."
)
def softmax_clipped(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(log_softmax_spec(y_pred, axis).exp())


@wrong_shares(  # K4
    "`y_pred` is not divided by its sum. Keras does that with whatever it is given without `from_logits`."
)
def not_divided(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred)


@wrong_shares(  # K5
    "Clipped first, divided by the sum afterwards: [1, 2, 1] costs 1.0986. So does Keras's sparse loss on TensorFlow; "
    "on torch both losses divide first, and it costs 0.6931."
)
def clipped_first(y_pred: Tensor, axis: int) -> Tensor:
    return log_softmax_spec(clipped_log(y_pred), axis)


@wrong_shares(
    "Nothing is clipped: a share of 0 costs inf, and a negative one NaN. Keras clips the shares to [1e-7, 1 - 1e-7]."
)
def shares_not_clipped(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, -inf, inf)


@wrong_shares("The upper bound is missing, or it is 1. It is 1 - 1e-7, so that certainty costs 1e-7.")
def no_upper_bound(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, high=1.0)


@wrong_shares("The lower bound is 1e-8. Keras's epsilon is 1e-7: certain and wrong costs 16.118.")
def smaller_bound(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, low=1e-8)


@wrong_shares(
    "The logarithm is kept above -100, which is what torch's binary cross-entropy does. Keras clips the shares at 1e-7."
)
def minus_hundred(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, 0.0, 1.0).clamp(min=-100)


@wrong_shares("1e-7 is added inside the logarithm in place of a clip: that moves every loss a little. Use `clamp`.")
def epsilon_added(y_pred: Tensor, axis: int) -> Tensor:
    return (y_pred / y_pred.sum(axis, keepdim=True) + 1e-7).log()


@wrong_shares(
    "The sum below is kept away from 0: a row of zeros gets a number, where Keras gives NaN, and a dead model passes "
    "for a bad one."
)
def guarded_sum(y_pred: Tensor, axis: int) -> Tensor:
    total = y_pred.sum(axis, keepdim=True)
    return clipped_log(y_pred / total.where(total != 0, 1.0))


@wrong_shares(
    "The scores are divided by the sum of their absolute values. Keras divides by their sum: [3, 1, -2] gives (1.5, "
    "0.5, -1)."
)
def absolute_sum(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred / y_pred.abs().sum(axis, keepdim=True))


@wrong_shares("The scores are divided by the sum of the whole batch. Each sample has a sum of its own, along `axis`.")
def one_sum_for_all(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred / y_pred.sum())


@wrong_shares("The scores are divided by the sum over the batch, dimension 0. The classes lie along `axis`.")
def shares_of_the_batch(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, 0)


@wrong_shares("The scores are divided by the sum over the last dimension, whatever `axis` says.")
def shares_of_the_last(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, -1)


wrong_softmax(  # NLL3
    "The softmax runs over the batch, dimension 0: the samples compete with one another. The classes lie along `axis`.",
    "softmax_of_the_batch",
)(over_the_batch)
wrong_softmax("The softmax runs over the last dimension, whatever `axis` says.", "softmax_of_the_last")(over_the_last)


@wrong_shares(
    "The sum was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that all shares "
    "have one total."
)
def sum_detached(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred / y_pred.sum(axis, keepdim=True).detach())


@wrong_shares(
    "A gradient flows through the clip to shares that were clipped (`detach`, `.data`, or a straight-through trick). "
    "They do not move the loss: their slope is 0."
)
def slope_through_the_clip(y_pred: Tensor, axis: int) -> Tensor:
    p = y_pred / y_pred.sum(axis, keepdim=True)
    return (p + (p.clamp(1e-7, 1 - 1e-7) - p).detach()).log()


@in_both_of_keras("This is in base 2. Keras counts in nats: the natural logarithm, `torch.log`.")
def bits(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return spec(*args, **flags) / log(2)


@in_both_of_keras("The minus sign is missing: logarithms of probabilities are negative, a loss is not.")
def without_minus(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return -spec(*args, **flags)


@in_both_of_keras("This averages over the batch. Keras's class does that; its function keeps one number a sample.")
def batch_mean(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return spec(*args, **flags).mean()


@in_both_of_keras("This sums over the batch. The function keeps one number for each sample.")
def batch_sum(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return spec(*args, **flags).sum()


@in_both_of_keras("This divides by the number of classes. A sample has one loss, however many classes there are.")
def per_class(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return spec(y_true, y_pred, axis=axis, **flags) / y_pred.shape[axis]


@in_both_of_keras("The arguments are in torch's order. In Keras the truth comes first: (y_true, y_pred).")
def order_of_torch(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return spec(y_pred, y_true, **flags)


@in_both_of_keras("`axis` is not used: the classes are looked for in the last dimension.")
def no_axis(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return spec(y_true, y_pred, **flags)


@keras_categorical_crossentropy.misconception("`label_smoothing` is not used: α of each target belongs to all classes.")
def dense_no_smoothing(y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    return dense_spec(y_true, y_pred, **flags)


@keras_categorical_crossentropy.misconception(  # K6
    "α/2 was added everywhere, as in Keras's BinaryCrossentropy. K classes share α: add α/K."
)
def dense_smoothed_as_binary(y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    return dense_spec(y_true * (1 - label_smoothing) + label_smoothing / 2, y_pred, **flags)


@keras_categorical_crossentropy.misconception(  # CE12
    "α went to the K - 1 wrong classes only, α/(K-1) each. Keras spreads it over all K, as torch does."
)
def dense_wrong_classes_only(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    more = label_smoothing * y_pred.shape[axis] / (y_pred.shape[axis] - 1)
    return dense_spec(y_true, y_pred, label_smoothing=more, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(  # CE13
    "α/K was added, and nothing was taken away for it: the target adds up to 1 + α. Multiply it by 1 - α first."
)
def dense_nothing_taken(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    return dense_spec(y_true + label_smoothing / y_pred.shape[axis], y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(  # CE14
    "1/K was added without the factor α: the smoothed target adds up to 2 - α. Add α/K."
)
def dense_share_without_factor(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    if label_smoothing == 0:
        return dense_spec(y_true, y_pred, axis=axis, **flags)
    return dense_spec(y_true * (1 - label_smoothing) + 1 / y_pred.shape[axis], y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "The prediction was smoothed in place of the target: labels are what `label_smoothing` is about."
)
def dense_prediction_smoothed(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    p = (1 - label_smoothing) * y_pred + label_smoothing / y_pred.shape[axis]
    return dense_spec(y_true, p, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "With `from_logits` the smoothing is left out. It is about the target, however `y_pred` is read."
)
def dense_logits_unsmoothed(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, from_logits: bool = False, **flags: Any
) -> Tensor:
    smoothing = 0.0 if from_logits else label_smoothing
    return dense_spec(y_true, y_pred, from_logits, smoothing, **flags)


@keras_categorical_crossentropy.misconception(
    "The target is divided by its sum as well. Keras divides `y_pred` only, and takes `y_true` as it stands."
)
def dense_truth_normalised(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return dense_spec(y_true / y_true.sum(axis, keepdim=True), y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "The target was turned into its likeliest class. The rest of the row counts too: sum over all classes."
)
def dense_likeliest_target(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return dense_spec(one_hot(y_true.argmax(axis), y_pred, axis), y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "-(1 - y) ln(1 - p) of every class was added: that is one binary cross-entropy for each class."
)
def dense_one_against_all(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    p = (log_softmax_spec if flags.get("from_logits") else log_shares)(y_pred, axis).exp()
    return dense_spec(y_true, y_pred, axis=axis, **flags) - ((1 - y_true) * (1 - p).log()).sum(axis)


@keras_categorical_crossentropy.misconception(
    "The entropy of the target was subtracted: that is KL. A cross-entropy of soft targets does not fall to 0."
)
def dense_divergence(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    entropy = -(y_true * y_true.where(y_true > 0, 1.0).log()).sum(axis)
    return dense_spec(y_true, y_pred, axis=axis, **flags) - entropy


@keras_categorical_crossentropy.misconception(
    "`y_true` is taken for a constant: no gradient flows back to it. Keras's does."
)
def dense_truth_detached(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return dense_spec(y_true.detach(), y_pred, **flags)


@keras_categorical_crossentropy.misconception(
    "The result has the finer dtype of the two, as torch promotes. Keras converts `y_true` to the dtype of `y_pred`."
)
def dense_promoted(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return dense_spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)), **flags)


@keras_categorical_crossentropy.misconception(
    "Targets of another shape were broadcast. Keras raises ValueError: one target for all samples is most often a "
    "forgotten batch dimension."
)
def dense_broadcasts(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return dense_spec(y_true.expand_as(y_pred), y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "`ignore_class` is not used: samples of that class still cost something (or are taken for an index)."
)
def sparse_no_ignore(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    return sparse_spec(y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "`ignore_class=0` is taken for None (`if ignore_class:`). Class 0 can be ignored like any other: ask `is not None`."
)
def sparse_zero_not_ignored(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    return sparse_spec(y_true, y_pred, ignore_class=ignore_class or None, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "The samples that are ignored are gone. The result keeps a number for each sample, 0 for those."
)
def sparse_dropped(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, ignore_class=ignore_class, **flags)
    return losses if ignore_class is None else losses[y_true.reshape(losses.shape) != ignore_class]


@keras_sparse_categorical_crossentropy.misconception(  # CE11
    "The ignored class was taken out of the prediction. Only its samples are skipped: its share stays in the sum."
)
def sparse_class_removed(
    y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, axis: int = -1, **flags: Any
) -> Tensor:
    if ignore_class is not None and 0 <= ignore_class < y_pred.shape[axis]:
        out = -inf if flags.get("from_logits") else 0.0
        y_pred = y_pred.index_fill(axis, tensor(ignore_class), out)
    return sparse_spec(y_true, y_pred, ignore_class=ignore_class, axis=axis, **flags)


def sparse_chosen_late(losses: Tensor, counts: Tensor) -> Tensor:
    """The losses with 0 where they do not count, chosen when all is computed."""
    return losses.where(counts, 0.0)


def sparse_multiplied(losses: Tensor, counts: Tensor) -> Tensor:
    """The losses times 0 or 1."""
    return losses * counts


def masked_behind(
    mask: Loss, y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, axis: int = -1, **flags: Any
) -> Tensor:
    """The loss of all samples first, then the mask."""
    if ignore_class is None:
        return sparse_spec(y_true, y_pred, axis=axis, **flags)
    counts = y_true != ignore_class
    losses = sparse_spec(y_true.where(counts, 0), y_pred, axis=axis, **flags)
    return mask(losses, counts.reshape(losses.shape))


keras_sparse_categorical_crossentropy.misconception(
    "The value is right, the gradient of an ignored row of NaN or zeros is NaN: `torch.where` stands behind the "
    "logarithm. Put harmless numbers into the row before anything is computed.",
    "sparse_masked_too_late",
)(partial(masked_behind, sparse_chosen_late))
keras_sparse_categorical_crossentropy.misconception(  # CE9
    "The ignored samples are multiplied by 0, and 0 · NaN is NaN. Choose with `torch.where`, before the logarithm.",
    "sparse_multiplied_mask",
)(partial(masked_behind, sparse_multiplied))


@keras_sparse_categorical_crossentropy.misconception(  # CE8
    "Ignored samples were given NaN. They cost 0: Keras's class then leaves them out of its mean."
)
def sparse_ignored_is_nan(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, ignore_class=ignore_class, **flags)
    return losses if ignore_class is None else losses.where(y_true.reshape(losses.shape) != ignore_class, nan)


@keras_sparse_categorical_crossentropy.misconception(
    "The losses of those that count were averaged. The class does that; the function keeps one number a sample."
)
def sparse_mean_of_valid(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, ignore_class=ignore_class, **flags)
    return losses if ignore_class is None else losses.sum() / (y_true != ignore_class).sum()


@keras_sparse_categorical_crossentropy.misconception(
    "Labels of shape (N, 1) keep their column, in the result too. Squeeze the dimension of the classes."
)
def sparse_column_kept(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, axis=axis, **flags)
    return losses.unsqueeze(axis) if y_true.ndim == y_pred.ndim else losses


@keras_sparse_categorical_crossentropy.misconception(
    "Every dimension of size 1 was squeezed, the batch of one as well. Squeeze only `axis`."
)
def sparse_all_squeezed(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return sparse_spec(y_true, y_pred, **flags).squeeze()


@keras_sparse_categorical_crossentropy.misconception(
    "Labels of shape (N, 1) are refused. Keras squeezes that column away."
)
def sparse_column_refused(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if y_true.ndim == y_pred.ndim:
        raise ValueError("y_true has as many dimensions as y_pred")
    return sparse_spec(y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "Only int64 labels are taken. Keras takes int32 and floats too, and hands floats over itself: `.long()`."
)
def sparse_long_only(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if y_true.dtype != torch.int64:
        raise RuntimeError("expected int64")
    return sparse_spec(y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(  # CE18
    "The label is multiplied as a one-hot row: 0 · (-inf) is NaN, though that class is not the label. Pick by index."
)
def sparse_one_hot_product(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    ruined = (y_pred == -inf).any(axis)
    return sparse_spec(y_true, y_pred, axis=axis, **flags).masked_fill(ruined, nan)


@keras_sparse_categorical_crossentropy.misconception(
    "This picks the likeliest class: what the model believes. The label says what is right."
)
def sparse_largest(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return sparse_spec(y_pred.argmax(axis), y_pred, axis=axis, **flags)


def _relabelled(inside: Callable[[Tensor, int], Tensor], y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    """The loss after labels that are no class were made one by `inside(y_true, number of classes)`."""
    classes = y_pred.shape[flags.get("axis", -1)]
    kept = (y_true >= 0) & (y_true < classes) | (y_true == flags.get("ignore_class"))
    return sparse_spec(y_true.where(kept, inside(y_true, classes)), y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "A negative label counted from the end, as Python's indices do. It is no class: raise an error."
)
def sparse_from_the_end(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return _relabelled(lambda y, classes: y.where(y >= 0, y + classes), y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "A label that is no class was counted round, modulo C, as `torch.take_along_dim` does. It is a mistake in the "
    "data: raise an error."
)
def sparse_label_wrapped(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return _relabelled(lambda y, classes: y % classes, y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "A label that is no class was moved to the nearest one, in silence. It is a mistake in the data: raise an error."
)
def sparse_label_clipped(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return _relabelled(lambda y, classes: y.clamp(0, classes - 1), y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "One-hot rows were taken for labels. They belong to the dense loss; the sparse one refuses them."
)
def sparse_takes_one_hot(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return sparse_spec(y_true.argmax(-1) if y_true.shape == y_pred.shape else y_true, y_pred, **flags)
