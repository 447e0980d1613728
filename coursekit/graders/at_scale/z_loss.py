"""Cross-entropy with a price on the square of ln Z: `cross_entropy_with_z_loss`, which torch has not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    always_float32,
    argument_fixed,
    keeps_dtype,
    other_default,
    reduced,
    same_gradient,
    same_value,
    unknown_word,
    with_defaults,
    wrong_words,
)
from coursekit.graders.cross_entropy.common import READY_MADE, draw_logits


def log_z_of(logits: Tensor) -> Tensor:
    """ln Σ exp z of each row, with the largest z taken out of the sum."""
    top = logits.amax(1)
    return top + (logits - top[:, None]).exp().sum(1).log()


def priced(surprise: Tensor, log_z: Tensor, weight: float, _logits: Tensor) -> Tensor:
    """The surprise, and the weight times the square of ln Z."""
    return surprise + weight * log_z**2


def loss_of(formula: Loss = priced, log_z: Loss = log_z_of) -> Loss:
    """A loss of `formula(surprise, ln Z, z_weight, logits)` of the rows that count; the others cost 0."""

    def loss(
        input: Tensor, target: Tensor, z_weight: float = 1e-4, ignore_index: int = -100, reduction: str = "mean"
    ) -> Tensor:
        counts = target != ignore_index
        rows, classes = input[counts], target[counts]
        each = log_z(rows)
        top = rows.amax(1)
        surprise = (each - top) - (rows[torch.arange(len(rows)), classes] - top)  # the digits of large logits
        losses = formula(surprise, each, z_weight, rows)
        if reduction != "none":
            return reduced(losses, reduction)
        return torch.zeros(len(target), dtype=losses.dtype).index_put((counts,), losses)

    return loss


spec = loss_of()


def cases() -> Iterator[Question]:
    """Reductions × weights × targets × dtypes with the gradient; then large logits, and ones that are ruled out."""
    for reduction, weight, dtype in product(REDUCTIONS, (0.0, 1e-4, 0.1, 2.0), (torch.float32, torch.float64)):
        flags = {"z_weight": weight, "reduction": reduction}
        for classes, rows in ((2, 3), (5, 4), (3, 1)):
            logits = torch.linspace(-3, 2.5, rows * classes, dtype=dtype).reshape(rows, classes)
            target = torch.arange(rows) % classes
            yield Question((logits, target), flags, wrt=(0,))
            yield Question((logits + 20, target), {**flags, "ignore_index": 0}, wrt=(0,))
            yield Question((logits, target.where(target != 1, -100)), flags, wrt=(0,))
        yield Question((tensor([[1000.0, 990.0], [-900.0, -901.0]], dtype=dtype), tensor([0, 1])), flags, wrt=(0,))
        yield Question((tensor([[1.0, -inf, 2.0]], dtype=dtype), tensor([2])), flags)


cross_entropy_with_z_loss = Exercise(
    "cross_entropy_with_z_loss",
    spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    cases=cases,
    idea="Cross-entropy does not see what is added to all logits of a row. A small price on ln Z keeps it near 0.",
    hints=(
        "Only the rows that count matter: take them out first. Of each you need ln Z, the logarithm of the sum of all "
        "exponentials. How did the softmax in one pass keep that from overflowing?",
        "The surprise of a row is ln Z less the logit of its class. The price is z_weight times the square of the same "
        "ln Z: it is at hand already.",
        "'mean' divides both by the number of rows that count. For 'none' put the losses of those rows back in their "
        "places, between zeros.",
    ),
)

WEIGHTS = (0.5, 0.05, 2.0)


@cross_entropy_with_z_loss.check
def one_row(f: Function, rng: Rng) -> None:
    """Two equal logits of -3, weight 0.1: ln 2 for the class, and 0.1·(-3 + ln 2)² = 0.5322

    ln Z is -3 + ln 2. With two logits of -ln 2 it is 0, and so is the price: they are logarithms of probabilities.
    """
    same_value(f, spec, tensor([[-3.0, -3.0]]), tensor([0]), z_weight=0.1)
    same_value(f, spec, tensor([[3.0, 3.0]]), tensor([1]), z_weight=0.1)
    same_value(f, spec, draw_logits(rng, 2, 3), tensor([2, 0]), z_weight=0.5, reduction="none")


@cross_entropy_with_z_loss.check
def the_weight(f: Function, rng: Rng) -> None:
    """The price is multiplied by z_weight, 0.0001 by default; 0 leaves cross-entropy"""
    logits, target = draw_logits(rng, 3, 3), tensor([2, 0, 1])
    for weight in (*WEIGHTS, 0.0):
        same_value(f, spec, logits, target, z_weight=weight, reduction="none")
    same_value(f, spec, logits + 60, target, reduction="none")


@cross_entropy_with_z_loss.check
def price_of_a_shift(f: Function, rng: Rng) -> None:
    """Logits that are all larger by 4 predict the same, and pay more"""
    logits, target = draw_logits(rng, 2, 4), tensor([3, 1])
    for shift in (4.0, -4.0):
        same_value(f, spec, logits + shift, target, z_weight=0.05, reduction="none")


@cross_entropy_with_z_loss.check
def mean_and_sum(f: Function, rng: Rng) -> None:
    """'mean', the default, is over the rows; 'sum' adds them up"""
    logits, target = draw_logits(rng, 3, 4), tensor([2, 0, 1])
    for flags in ({"reduction": "none"}, {"reduction": "sum"}, {"reduction": "mean"}, {}):
        same_value(f, spec, logits, target, z_weight=0.5, **flags)


@cross_entropy_with_z_loss.check
def rows_that_do_not_count(f: Function, rng: Rng) -> None:
    """A row whose target is ignore_index costs nothing, pays no price, and is not in the mean

    Padding has logits too, and a ln Z. Nobody has asked for it.
    """
    logits = draw_logits(rng, 4, 3)
    for reduction in ("sum", "mean", "none"):
        same_value(f, spec, logits, tensor([1, -100, 0, -100]), z_weight=0.5, reduction=reduction)
        same_value(f, spec, logits, tensor([1, 2, 0, 2]), z_weight=0.5, ignore_index=2, reduction=reduction)


@cross_entropy_with_z_loss.check
def slopes(f: Function, rng: Rng) -> None:
    """The slope by a logit is (1 + 2·z_weight·ln Z)·p, less 1 for the class

    The slopes of a row no longer add up to 0: together they are 2·z_weight·ln Z.
    """
    for weight in (0.5, 0.05):
        same_gradient(f, spec, draw_logits(rng, 3, 3), tensor([2, 0, 1]), z_weight=weight, scale=3.0)
    same_gradient(f, spec, draw_logits(rng, 3, 3), tensor([2, -100, 1]), z_weight=0.5)


@cross_entropy_with_z_loss.parity
def every_flag(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction and weight, by position as well"""
    for reduction, weight in product(REDUCTIONS, WEIGHTS):
        same_gradient(f, spec, draw_logits(rng, 3, 4), tensor([2, 3, 1]), weight, 3, reduction, scale=2.0)


@cross_entropy_with_z_loss.parity
def large_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers

    exp(1000) is inf. Take the largest logit out of the sum, and add it to the logarithm.
    """
    big = 100.0 * int(rng.integers(8, 11))
    logits = tensor([[big, big - 1.5], [-big, 1.0 - big]])
    same_value(f, spec, logits, tensor([1, 0]), reduction="none")
    same_gradient(f, spec, logits, tensor([1, 0]), z_weight=0.01)


@cross_entropy_with_z_loss.parity
def ruled_out(f: Function, rng: Rng) -> None:
    """A logit of -inf rules its class out, and adds nothing to Z"""
    logits = draw_logits(rng, 2, 3)
    logits[0, 1] = -inf
    same_value(f, spec, logits, tensor([2, 0]), z_weight=0.5, reduction="none")


@cross_entropy_with_z_loss.parity
def holes_in_the_padding(f: Function, rng: Rng) -> None:
    """A row that does not count may hold NaN: value and gradient are right without it"""
    logits = draw_logits(rng, 3, 3)
    logits[1] = nan
    for reduction in ("mean", "none"):
        same_gradient(f, spec, logits, tensor([2, -100, 1]), z_weight=0.5, reduction=reduction)


@cross_entropy_with_z_loss.parity
def nothing_counts(f: Function, rng: Rng) -> None:
    """If no row counts, 'sum' is 0 and 'mean' is NaN"""
    target = tensor([-100, -100])
    for reduction in ("sum", "mean", "none"):
        same_value(f, spec, draw_logits(rng, 2, 3), target, z_weight=0.5, reduction=reduction)


keeps_dtype(cross_entropy_with_z_loss, lambda rng: (draw_logits(rng, 2, 3), tensor([2, 0]), 0.5))
unknown_word(cross_entropy_with_z_loss, lambda rng: (draw_logits(rng, 2, 3), tensor([2, 0])))


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = cross_entropy_with_z_loss.misconceptions
wrong_words(wrong)
always_float32(wrong)
argument_fixed(
    wrong,
    "no_price",
    "There is no price: this is cross-entropy. Either `z_weight` is not used, or ln Z is that of log-probabilities: 0, "
    "whatever the logits are.",
    z_weight=0.0,
)
argument_fixed(
    wrong, "weight_fixed", "`z_weight` is not used: the weight stays at 0.0001, that of PaLM.", z_weight=1e-4
)
other_default(
    wrong,
    "another_weight_by_default",
    "The default of `z_weight` is larger here. A call without one means 0.0001.",
    z_weight=1e-3,
)
wrong.table(
    loss_of,
    not_squared=(
        "ln Z is not squared: below 0 it is a reward, and the logits fall without end. Its square is least at 0.",
        lambda ce, log_z, w, z: ce + w * log_z,
    ),
    absolute=(
        "The absolute value of ln Z is taken in place of its square.",
        lambda ce, log_z, w, z: ce + w * log_z.abs(),
    ),
    halved=("The square is halved. The price is z_weight · (ln Z)².", lambda ce, log_z, w, z: ce + w * log_z**2 / 2),
    weight_squared=(
        "The weight is squared with ln Z: it belongs in front of the square.",
        lambda ce, log_z, w, z: ce + (w * log_z) ** 2,
    ),
    price_of_z=(
        "The square of Z itself is taken, and not of its logarithm.",
        (
            lambda ce, log_z, w, z: ce + w * (2 * log_z).exp(),
            lambda ce, log_z, w, z: ce + w * log_z.exp(),
        ),
    ),
    of_probabilities=(
        "ln Z is computed from probabilities, whose exponentials say nothing of how large the logits are. Take the "
        "logits themselves.",
        (lambda ce, log_z, w, z: ce + w * log_z_of((z - log_z[:, None]).exp()) ** 2,),
    ),
    price_alone=(
        "The price stands alone: cross-entropy is missing.",
        (lambda ce, log_z, w, z: w * log_z**2, lambda ce, log_z, w, z: log_z**2),
    ),
    subtracted=("The price is subtracted. It is added.", lambda ce, log_z, w, z: ce - w * log_z**2),
    largest_logit=(
        "The largest logit is squared in place of ln Z: the sum over the others is missing.",
        lambda ce, log_z, w, z: ce + w * z.amax(1) ** 2,
    ),
    top_forgotten=(
        "ln Z lacks the largest logit, which was taken out of the sum. In the surprise it cancels; here it does not: "
        "add it to the logarithm.",
        lambda ce, log_z, w, z: ce + w * (log_z - z.amax(1)) ** 2,
    ),
    surprise_squared=(
        "The surprise is squared in place of ln Z.",
        lambda ce, log_z, w, z: ce + w * ce**2,
    ),
    logits_squared=(
        "The logits themselves are squared. The price is on ln Z, one number a row.",
        (
            lambda ce, log_z, w, z: ce + w * z.square().mean(1),
            lambda ce, log_z, w, z: ce + w * z.square().sum(1),
        ),
    ),
    mean_for_sum=(
        "The exponentials are averaged, so that equal logits of 0 pay nothing. Z is their sum.",
        lambda ce, log_z, w, z: ce + w * (log_z - torch.log(torch.tensor(float(z.shape[1])))) ** 2,
    ),
    base_two=(
        "The logarithm of the price has base 2. It is the natural one, as in the surprise.",
        lambda ce, log_z, w, z: ce + w * (log_z / 0.6931471805599453) ** 2,
    ),
    price_detached=(
        "The value is right, and the price has no gradient: ln Z was cut from the graph. It is by its slope that it "
        "keeps the logits near.",
        lambda ce, log_z, w, z: ce + w * log_z.detach() ** 2,
    ),
    price_replaces=(
        "Cross-entropy and price are mixed, with 1 - z_weight and z_weight. Cross-entropy keeps its weight of 1.",
        lambda ce, log_z, w, z: (1 - w) * ce + w * log_z**2,
    ),
    weight_on_both=(
        "The weight multiplies cross-entropy as well. It belongs to the price alone.",
        lambda ce, log_z, w, z: w * (ce + log_z**2),
    ),
    logit_of_the_class=(
        "The logit of the class is squared in place of ln Z.",
        lambda ce, log_z, w, z: ce + w * (log_z - ce) ** 2,
    ),
    centred_first=(
        "The mean of the logits is taken out before ln Z. In the surprise it cancels; here it is what is to be priced.",
        lambda ce, log_z, w, z: ce + w * (log_z - z.mean(1)) ** 2,
    ),
    mean_of_ln_z=(
        "The mean of ln Z over the rows is squared: rows above 0 and below cancel. Square first.",
        lambda ce, log_z, w, z: ce + w * log_z.mean() ** 2,
    ),
    one_z_for_all=(
        "There is one Z for the whole batch. Each row has its own.",
        lambda ce, log_z, w, z: ce + w * log_z.logsumexp(0) ** 2,
    ),
    summed_price=(
        "The prices of all rows are added to the loss of each. Each row pays its own.",
        lambda ce, log_z, w, z: ce + w * (log_z**2).sum(),
    ),
)


def over_all_rows(formula: Loss) -> Loss:
    """A loss of `formula(surprises, prices, which rows count, reduction)`, where every row has a price."""

    def loss(
        input: Tensor, target: Tensor, z_weight: float = 1e-4, ignore_index: int = -100, reduction: str = "mean"
    ) -> Tensor:
        counts = target != ignore_index
        surprises = spec(input, target, 0.0, ignore_index, "none")
        return formula(surprises, z_weight * log_z_of(input) ** 2, counts, reduction)

    return loss


wrong.table(
    over_all_rows,
    padding_pays=(
        "Rows that do not count pay the price all the same. Take them out before anything else.",
        (
            lambda ce, price, counts, word: (
                (ce + price).sum() / counts.sum() if word == "mean" else reduced(ce + price, word)
            ),
            lambda ce, price, counts, word: (
                ce.sum() / counts.sum() + price.mean() if word == "mean" else reduced(ce + price, word)
            ),
        ),
    ),
    divided_by_all_rows=(
        "'mean' divides by the number of all rows. It is over those that count.",
        lambda ce, price, counts, word: reduced(ce + price.where(counts, 0.0), word),
    ),
    price_divided_by_all_rows=(
        "In 'mean' the price is divided by the number of all rows, and cross-entropy by that of those that count. Both "
        "are means over the rows that count.",
        lambda ce, price, counts, word: (
            ce.sum() / counts.sum() + price.where(counts, 0.0).mean()
            if word == "mean"
            else reduced(ce + price.where(counts, 0.0), word)
        ),
    ),
    price_not_averaged=(
        "In 'mean' the prices are added up, and only cross-entropy is averaged.",
        lambda ce, price, counts, word: (
            ce.sum() / counts.sum() + price.where(counts, 0.0).sum()
            if word == "mean"
            else reduced(ce + price.where(counts, 0.0), word)
        ),
    ),
    mean_price_for_all=(
        "The mean of the prices is added whatever the reduction is: to each loss, and once to their sum. Each row pays "
        "its own price before anything is reduced.",
        lambda ce, price, counts, word: (
            (ce.sum() / counts.sum() if word == "mean" else reduced(ce, word)) + price[counts].mean()
        ),
    ),
    price_not_summed=(
        "In 'sum' the mean of the prices is added. Sum both.",
        lambda ce, price, counts, word: (
            ce.sum() + price[counts].mean()
            if word == "sum"
            else (ce + price.where(counts, 0.0)).sum() / counts.sum()
            if word == "mean"
            else ce + price.where(counts, 0.0)
        ),
    ),
)
wrong.table(
    with_defaults(wrong),
    nothing_is_zero=(
        "Where no row counts, the mean is 0. It is 0/0, NaN: nothing was measured, and that should be seen.",
        lambda *args: spec(*args).nan_to_num() if bool((args[1] == args[3]).all()) else spec(*args),
    ),
    ignored_left_out=(
        "With 'none' the rows that do not count are left out. There is one loss a row: theirs is 0.",
        lambda x, y, w, ignore, word: (
            spec(x, y, w, ignore, word)[y != ignore] if word == "none" else spec(x, y, w, ignore, word)
        ),
    ),
    only_minus_hundred=(
        "`ignore_index` is not used: only -100 counts as padding.",
        lambda x, y, w, ignore, word: spec(x, y, w, -100, word),
    ),
    overflows=(
        "exp is taken of the logits as they stand, and overflows. Take the largest out of the sum first, and add it to "
        "the logarithm.",
        lambda x, y, w, ignore, word: loss_of(log_z=lambda z: z.exp().sum(1).log())(x, y, w, ignore, word),
    ),
    along_the_batch=(
        "Z is a sum over the rows (dim 0). It is one over the classes of a row, dim 1.",
        lambda x, y, w, ignore, word: spec(x, y, 0.0, ignore, word) + w * (x.logsumexp(0) ** 2).mean(),
    ),
)


def masked_late(masked: Loss) -> Loss:
    """A loss of `masked(losses of all rows, which count)`, where nothing was left out before."""

    def loss(
        input: Tensor, target: Tensor, z_weight: float = 1e-4, ignore_index: int = -100, reduction: str = "mean"
    ) -> Tensor:
        counts = target != ignore_index
        losses = masked(spec(input, target.where(counts, 0), z_weight, -1, "none"), counts)
        return losses.sum() / counts.sum() if reduction == "mean" else reduced(losses, reduction)

    return loss


wrong.table(
    masked_late,
    masked_too_late=(
        "A row that does not count is multiplied by 0 or blotted out at the end: a NaN in it gets into value or "
        "gradient. Take such rows out before anything is computed.",
        (lambda losses, counts: losses * counts, lambda losses, counts: losses.where(counts, 0.0)),
    ),
)
