"""What goes wrong in both of Keras's losses alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import log

from torch import Tensor, inf

from coursekit.exercise import Loss, Mistakes, Row, argument_fixed
from coursekit.graders.cross_entropy.keras_spec import dense_spec, log_shares, sparse_spec
from coursekit.graders.softmax.common import log_softmax_spec
from coursekit.graders.softmax.log_softmax import log_after_softmax, no_shift

MISTAKES = {"dense": Mistakes(dense_spec), "sparse": Mistakes(sparse_spec)}


def table(assemble: Callable[[Loss, Loss], Loss], /, **rows: Row) -> None:
    """Adds mistakes to both losses, a row each as in `Mistakes.table`.

    Args:
        assemble: makes a loss of each formula and the spec that it spoils.
        rows: by name, the sentence and the formula, and perhaps what it covers.
    """
    for prefix, wrong in MISTAKES.items():
        for name, (explanation, formula, *covers) in rows.items():
            wrong(explanation, f"{prefix}_{name}", covers=" ".join(covers))(assemble(formula, wrong.spec))


def with_shares(own: Loss, spec: Loss) -> Loss:
    """The spec with `own(y_pred, axis)` for the logarithms of the shares."""
    return partial(spec, shares=own)


def with_softmax(own: Loss, spec: Loss) -> Loss:
    """The spec with `own(y_pred, axis)` for the log-softmax of logits."""
    return partial(spec, softmax=own)


def shares(y_pred: Tensor, axis: int) -> Tensor:
    """Each score by the sum of its row."""
    return y_pred / y_pred.sum(axis, keepdim=True)


def clipped_log(p: Tensor) -> Tensor:
    """ln p between Keras's bounds."""
    return p.clamp(1e-7, 1 - 1e-7).log()


def guarded_sum(y_pred: Tensor, axis: int) -> Tensor:
    """The shares by a sum that is never 0."""
    total = y_pred.sum(axis, keepdim=True)
    return clipped_log(y_pred / total.where(total != 0, 1.0))


def slope_through_the_clip(y_pred: Tensor, axis: int) -> Tensor:
    """The right value, with the slope of shares that nobody clipped."""
    p = shares(y_pred, axis)
    return (p + (p.clamp(1e-7, 1 - 1e-7) - p).detach()).log()


table(
    with_shares,
    always_logits=(
        "A softmax is applied, as torch's `cross_entropy` does. Keras's default is `from_logits=False`: the "
        "numbers are probabilities already.",
        log_softmax_spec,
        "K2",
    ),
)
table(
    with_softmax,
    never_logits=(
        "`from_logits` is not used: logits were divided by their sum as if they were probabilities.",
        log_shares,
        "K1",
    ),
    logits_as_they_are=(
        "With `from_logits` the softmax is missing: logits are no log-probabilities. Use your `log_softmax`.",
        lambda x, axis: x,
        "NLL2",
    ),
    logits_not_shifted=(
        "exp overflows for large logits. Take each row's largest logit away before `exp`, as in your `log_softmax`.",
        no_shift,
        "CE3",
    ),
    log_of_softmax=(
        "With `from_logits` a probability was rounded to 0 before its logarithm was taken. Use x - ln Σ exp x, where "
        "no probability is formed.",
        log_after_softmax,
        "CE2",
    ),
    softmax_clipped=(
        "With `from_logits` the softmax was clipped like probabilities: no loss above 16.118, and no slope there. "
        "Logits are not clipped: take their log-softmax.",
        lambda x, axis: clipped_log(log_softmax_spec(x, axis).exp()),
    ),
)
table(
    with_shares,
    not_divided=(
        "`y_pred` is not divided by its sum. Keras does that with whatever it is given without `from_logits`.",
        lambda x, axis: clipped_log(x),
        "K4",
    ),
    clipped_first=(
        "Clipped first, divided by the sum afterwards: [1, 2, 1] costs 1.0986. So does Keras's sparse loss on "
        "TensorFlow; on torch both losses divide first, and it costs 0.6931.",
        lambda x, axis: log_softmax_spec(clipped_log(x), axis),
        "K5",
    ),
    shares_not_clipped=(
        "Nothing is clipped: a share of 0 costs inf, and a negative one NaN. Keras clips the shares to [1e-7, 1 - "
        "1e-7].",
        lambda x, axis: log_shares(x, axis, -inf, inf),
    ),
    no_upper_bound=(
        "The upper bound is missing, or it is 1. It is 1 - 1e-7, so that certainty costs 1e-7.",
        lambda x, axis: log_shares(x, axis, high=1.0),
    ),
    smaller_bound=(
        "The lower bound is 1e-8. Keras's epsilon is 1e-7: certain and wrong costs 16.118.",
        lambda x, axis: log_shares(x, axis, low=1e-8),
    ),
    minus_hundred=(
        "The logarithm is kept above -100, which is what torch's binary cross-entropy does. Keras clips the shares at "
        "1e-7.",
        lambda x, axis: log_shares(x, axis, 0.0, 1.0).clamp(min=-100),
    ),
    epsilon_added=(
        "1e-7 is added inside the logarithm in place of a clip: that moves every loss a little. Use `clamp`.",
        lambda x, axis: (shares(x, axis) + 1e-7).log(),
    ),
    guarded_sum=(
        "The sum below is kept away from 0: a row of zeros gets a number, where Keras gives NaN, and a dead model "
        "passes for a bad one.",
        guarded_sum,
    ),
    absolute_sum=(
        "The scores are divided by the sum of their absolute values. Keras divides by their sum: [3, 1, -2] gives "
        "(1.5, 0.5, -1).",
        lambda x, axis: clipped_log(x / x.abs().sum(axis, keepdim=True)),
    ),
    one_sum_for_all=(
        "The scores are divided by the sum of the whole batch. Each sample has a sum of its own, along `axis`.",
        lambda x, axis: clipped_log(x / x.sum()),
    ),
    shares_of_the_batch=(
        "The scores are divided by the sum over the batch, dimension 0. The classes lie along `axis`.",
        lambda x, axis: log_shares(x, 0),
    ),
    shares_of_the_last=(
        "The scores are divided by the sum over the last dimension, whatever `axis` says.",
        lambda x, axis: log_shares(x, -1),
    ),
)
table(
    with_softmax,
    softmax_of_the_batch=(
        "The softmax runs over the batch, dimension 0: the samples compete with one another. The classes lie along "
        "`axis`.",
        lambda x, axis: log_softmax_spec(x, 0),
        "NLL3",
    ),
    softmax_of_the_last=(
        "The softmax runs over the last dimension, whatever `axis` says.",
        lambda x, axis: log_softmax_spec(x, -1),
    ),
)
table(
    with_shares,
    sum_detached=(
        "The sum was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that all shares "
        "have one total.",
        lambda x, axis: clipped_log(x / x.sum(axis, keepdim=True).detach()),
    ),
    slope_through_the_clip=(
        "A gradient flows through the clip to shares that were clipped (`detach`, `.data`, or a straight-through "
        "trick). They do not move the loss: their slope is 0.",
        slope_through_the_clip,
    ),
)
table(
    partial,  # formulas of the spec and its arguments
    bits=(
        "This is in base 2. Keras counts in nats: the natural logarithm, `torch.log`.",
        lambda spec, *args, **flags: spec(*args, **flags) / log(2),
    ),
    without_minus=(
        "The minus sign is missing: logarithms of probabilities are negative, a loss is not.",
        lambda spec, *args, **flags: -spec(*args, **flags),
    ),
    batch_mean=(
        "This averages over the batch. Keras's class does that; its function keeps one number per sample.",
        lambda spec, *args, **flags: spec(*args, **flags).mean(),
    ),
    batch_sum=(
        "This sums over the batch. The function keeps one number for each sample.",
        lambda spec, *args, **flags: spec(*args, **flags).sum(),
    ),
    per_class=(
        "This divides by the number of classes. A sample has one loss, however many classes there are.",
        lambda spec, y, x, axis=-1, **flags: spec(y, x, axis=axis, **flags) / x.shape[axis],
    ),
    order_of_torch=(
        "The arguments are in torch's order. In Keras the truth comes first: (y_true, y_pred).",
        lambda spec, y, x, **flags: spec(x, y, **flags),
    ),
)
for prefix, wrong in MISTAKES.items():
    argument_fixed(
        wrong, f"{prefix}_no_axis", "`axis` is not used: the classes are looked for in the last dimension.", axis=-1
    )
