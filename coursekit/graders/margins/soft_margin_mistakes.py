"""What goes wrong in `soft_margin_loss`."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, reduced, usual_mistakes, wrong_words
from coursekit.graders.margins.soft_margin_spec import soft_margin_spec


def of_elements(formula: Loss) -> Loss:
    """A loss of the losses of its elements, each a formula of y and x."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
        if target.shape != input.shape:
            raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
        return reduced(formula(target.to(input.dtype), input), reduction)

    return loss


def soft(z: Tensor) -> Tensor:
    """ln(1 + exp z)."""
    return torch.logaddexp(z, torch.zeros_like(z))


MISTAKES = wrong = Mistakes(soft_margin_spec)
wrong.table(
    of_elements,
    overflows=(
        "exp(-y · x) overflows beyond 88 in float32, and 709 in float64: a sure mistake costs inf, with a gradient of "
        "NaN. torch's own does this. Take the large exponential out of the logarithm: `logaddexp`.",
        lambda y, x: torch.log1p(torch.exp(-y * x)),
        "SM2",
    ),
    exponent_clamped=(
        "The exponent is clamped before the exponential, so a sure mistake costs too little and pulls no more. It "
        "should cost -y · x, with a slope of 1.",
        lambda y, x: torch.log1p(torch.exp((-y * x).clamp(max=80))),
    ),
    masked_too_late=(
        "The value is right far away, the gradient is NaN: `where` differentiates the branch that overflows as well. "
        "Keep large numbers out of that branch, or use a formula that is right everywhere.",
        lambda y, x: torch.where(-y * x > 50, -y * x, torch.log1p(torch.exp(-y * x))),
    ),
    padded=(
        "A small number is added inside the logarithm: with -ln(σ(y · x) + 1e-7) a sure mistake costs 16.1 at most. It "
        "has no limit.",
        lambda y, x, *, eps=1e-7: -torch.log(torch.sigmoid(y * x) + eps),
    ),
    difference=(
        "Score and side are subtracted. Their product says whether the score is on the right side, and how far.",
        (lambda y, x: soft(x - y), lambda y, x: soft(y - x)),
    ),
    right_punished=("The sign is turned: ln(1 + exp(y · x)) punishes what is right.", lambda y, x: soft(y * x)),
    one_side=(
        "The target is not used: this is the loss of side 1 for everybody.",
        lambda y, x: soft(-x) + 0 * y,
    ),
    for_zero_and_one=(
        "This is binary cross-entropy, made for targets 0 and 1. For -1 its loss is softplus(x) + x. With sides, "
        "ln(1 + exp(-y · x)) is right for both.",
        lambda y, x: soft(x) - y * x,
    ),
    sides_made_again=(
        "The targets went through 2y - 1, which makes sides of 0 and 1. They are sides already: -1 became -3.",
        lambda y, x: soft(-(2 * y - 1) * x),
    ),
    zero_is_minus_one=(
        "Targets of 0 were taken for -1. torch converts nothing: a 0 costs ln 2 and pulls nowhere. Keras's `hinge` "
        "converts, this loss does not.",
        lambda y, x: soft(-torch.where(y == 0, -1.0, y) * x),
        "SM1",
    ),
    only_the_sign=(
        "Only the sign of the target is used. torch multiplies the target in as it is: a ½ halves the margin.",
        lambda y, x: soft(-y.sign() * x),
    ),
    else_minus_one=(
        "Every target that is not 1 counts as -1. torch multiplies the target in as it is.",
        lambda y, x: soft(-torch.where(y == 1, 1.0, -1.0) * x),
    ),
    is_hinge=(
        "This is the hinge, 0 from a margin of 1 on. The soft margin has no kink and is never 0.",
        lambda y, x: (1 - y * x).clamp(min=0),
    ),
    with_margin=(
        "A margin of 1 is asked for, ln(1 + exp(1 - y · x)). There is no 1 in the soft margin.",
        lambda y, x: soft(1 - y * x),
    ),
    in_bits=(
        "The logarithm is of base 2. It should be natural: a score of 0 costs 0.6931.",
        lambda y, x: soft(-y * x) / log(2),
    ),
    exponential=(
        "The logarithm is missing: exp(-y · x) is the loss of AdaBoost.",
        lambda y, x: torch.exp(-y * x),
    ),
    one_missing=(
        "The 1 is missing: ln exp(-y · x) is -y · x, which is negative where the sign is right.",
        lambda y, x: -y * x,
    ),
    whole_slope_at_zero=(
        "At a score of 0 the slope is 1 and not ½: max(0, z) by `clamp` has its kink there, and the |z| beside it adds "
        "nothing. `logaddexp` has no kink.",
        lambda y, x: (-y * x).clamp(min=0) + torch.log1p(torch.exp(-(y * x).abs())),
    ),
    no_slope_at_zero=(
        "At a score of 0 the slope is 0 and not ½: max(0, z) by `relu` has its kink there, and the |z| beside it adds "
        "nothing. A model that starts with all weights 0 would never start.",
        lambda y, x: (-y * x).relu() + torch.log1p(torch.exp(-(y * x).abs())),
    ),
    probability=(
        "This is the share of probability that the wrong side got, σ(-y · x). Its logarithm is missing.",
        lambda y, x: torch.sigmoid(-y * x),
    ),
    loss_squared=("The loss is squared.", lambda y, x: soft(-y * x) ** 2),
)

wrong_words(wrong)
usual_mistakes(
    wrong,
    *("mean_of_row_sums", "mean_of_last", "none_averages", "sum_of_last"),
    *("empty_is_zero", "nan_hidden", "always_float32"),
    mean_of_row_sums="'mean' sums over each row and averages the rows. torch divides by the number of all elements.",
    mean_of_last="'mean' averages over the last dimension only, as Keras does. torch's mean is one number.",
    none_averages="'none' averages over the last dimension. It should leave one loss per element.",
    sum_of_last="'sum' sums over the last dimension only. torch's sum is one number.",
)
wrong.table(
    broadcast=(
        "(N, 1) met (N,) and was broadcast to N × N: every score against every target. torch refuses it here: compare "
        "the shapes before anything else.",
        lambda input, target, reduction="mean": reduced(soft(-target * input), reduction),
        "SM3",
    )
)
