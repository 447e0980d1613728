"""What goes wrong in `cross_entropy_with_z_loss`."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import (
    Loss,
    Mistakes,
    always_float32,
    argument_fixed,
    other_default,
    reduced,
    with_defaults,
    wrong_words,
)
from coursekit.graders.at_scale.z_loss_spec import log_z_of, loss_of, spec

MISTAKES = Mistakes(spec)

wrong_words(MISTAKES)
always_float32(MISTAKES)
argument_fixed(
    MISTAKES,
    "no_price",
    "There is no price: this is cross-entropy. Either `z_weight` is not used, or ln Z is that of log-probabilities: 0, "
    "whatever the logits are.",
    z_weight=0.0,
)
argument_fixed(
    MISTAKES, "weight_fixed", "`z_weight` is not used: the weight stays at 0.0001, that of PaLM.", z_weight=1e-4
)
other_default(
    MISTAKES,
    "another_weight_by_default",
    "Where no `z_weight` is given, it is larger here. A call without one means 0.0001.",
    z_weight=1e-3,
)
MISTAKES.table(
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
        "The logits themselves are squared. The price is on ln Z, one number per row.",
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


MISTAKES.table(
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
MISTAKES.table(
    with_defaults(MISTAKES),
    nothing_is_zero=(
        "Where no row counts, the mean is 0. It is 0/0, NaN: nothing was measured, and that should be seen.",
        lambda *args: spec(*args).nan_to_num() if bool((args[1] == args[3]).all()) else spec(*args),
    ),
    ignored_left_out=(
        "With 'none' the rows that do not count are left out. There is one loss per row: theirs is 0.",
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


MISTAKES.table(
    masked_late,
    masked_too_late=(
        "A row that does not count is multiplied by 0 or blotted out at the end: a NaN in it gets into value or "
        "gradient. Take such rows out before anything is computed.",
        (lambda losses, counts: losses * counts, lambda losses, counts: losses.where(counts, 0.0)),
    ),
)
