"""What goes wrong in `soft_margin_loss`."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import torch
from torch import Tensor

from coursekit.exercise import reduced, wrong_words
from coursekit.graders.margins.common import Loss, of_samples
from coursekit.graders.margins.soft_margin import soft_margin_loss


def wrong(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in the loss of one element: a function of y and x."""

    def add(own: Loss) -> Loss:
        def loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
            if target.shape != input.shape:
                raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
            return reduced(own(target.to(input.dtype), input), reduction)

        soft_margin_loss.misconception(explanation, own.__name__)(loss)
        return own

    return add


def soft(wrong: Tensor) -> Tensor:
    """ln(1 + exp z) of how wrong the sign is."""
    return torch.logaddexp(wrong, torch.zeros_like(wrong))


@wrong(  # SM2
    "exp(-y · x) overflows beyond 88 in float32, and 709 in float64: a sure mistake costs inf, with a gradient of NaN. "
    "torch's own does this. Take the large exponential out of the logarithm: `logaddexp`."
)
def overflows(y: Tensor, x: Tensor) -> Tensor:
    return torch.log1p(torch.exp(-y * x))


@wrong(
    "The exponent is clamped before the exponential, so a sure mistake costs too little and pulls no more. It should "
    "cost -y · x, with a slope of 1."
)
def exponent_clamped(y: Tensor, x: Tensor) -> Tensor:
    return torch.log1p(torch.exp((-y * x).clamp(max=80)))


@wrong(
    "The value is right far away, the gradient is NaN: `where` differentiates the branch that overflows as well. Keep "
    "large numbers out of that branch, or use a formula that is right everywhere."
)
def masked_too_late(y: Tensor, x: Tensor) -> Tensor:
    z = -y * x
    return torch.where(z > 50, z, torch.log1p(torch.exp(z)))


@wrong(
    "A small number is added inside the logarithm, -ln(σ(y · x) + 1e-7): a sure mistake costs 16.1 at most. It has no "
    "limit."
)
def padded(y: Tensor, x: Tensor) -> Tensor:
    return -torch.log(torch.sigmoid(y * x) + 1e-7)


@wrong("The sign is turned: ln(1 + exp(y · x)) punishes what is right.")
def right_punished(y: Tensor, x: Tensor) -> Tensor:
    return soft(y * x)


@wrong("The target is not used: this is the loss of side 1 for everybody.")
def one_side(y: Tensor, x: Tensor) -> Tensor:
    return soft(-x) + 0 * y


@wrong(
    "This is binary cross-entropy, made for targets 0 and 1. For -1 its loss is softplus(x) + x. With sides, "
    "ln(1 + exp(-y · x)) is right for both."
)
def for_zero_and_one(y: Tensor, x: Tensor) -> Tensor:
    return soft(x) - y * x


@wrong(  # SM1
    "Targets of 0 were taken for -1. torch converts nothing: a 0 costs ln 2 and pulls nowhere. Keras's `hinge` "
    "converts, this loss does not."
)
def zero_is_minus_one(y: Tensor, x: Tensor) -> Tensor:
    return soft(-torch.where(y == 0, -1.0, y) * x)


@wrong("Only the sign of the target is used. torch multiplies the target in as it is: a ½ halves the margin.")
def only_the_sign(y: Tensor, x: Tensor) -> Tensor:
    return soft(-y.sign() * x)


@wrong("Every target that is not 1 counts as -1. torch multiplies the target in as it is.")
def else_minus_one(y: Tensor, x: Tensor) -> Tensor:
    return soft(-torch.where(y == 1, 1.0, -1.0) * x)


@wrong("This is the hinge, 0 from a margin of 1 on. The soft margin has no kink and is never 0.")
def is_hinge(y: Tensor, x: Tensor) -> Tensor:
    return (1 - y * x).clamp(min=0)


@wrong("A margin of 1 is asked for, ln(1 + exp(1 - y · x)). There is no 1 in the soft margin.")
def with_margin(y: Tensor, x: Tensor) -> Tensor:
    return soft(1 - y * x)


@wrong("The logarithm is of base 2. It should be natural: a score of 0 costs 0.6931.")
def in_bits(y: Tensor, x: Tensor) -> Tensor:
    return soft(-y * x) / log(2)


@wrong("The logarithm is missing: exp(-y · x) is the loss of AdaBoost.")
def exponential(y: Tensor, x: Tensor) -> Tensor:
    return torch.exp(-y * x)


@wrong("The 1 is missing: ln exp(-y · x) is -y · x, which is negative where the sign is right.")
def one_missing(y: Tensor, x: Tensor) -> Tensor:
    return -y * x


@wrong(
    "At a score of 0 the slope is 1 and not ½: max(0, z) by `clamp` has its kink there, and the |z| beside it adds "
    "nothing. `logaddexp` has no kink."
)
def whole_slope_at_zero(y: Tensor, x: Tensor) -> Tensor:
    z = -y * x
    return z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))


@wrong(
    "At a score of 0 the slope is 0 and not ½: max(0, z) by `relu` has its kink there, and the |z| beside it adds "
    "nothing. A model that starts with all weights 0 would never start."
)
def no_slope_at_zero(y: Tensor, x: Tensor) -> Tensor:
    z = -y * x
    return z.relu() + torch.log1p(torch.exp(-z.abs()))


@wrong("This is the share of probability that the wrong side got, σ(-y · x). Its logarithm is missing.")
def probability(y: Tensor, x: Tensor) -> Tensor:
    return torch.sigmoid(-y * x)


@wrong("The loss is squared.")
def loss_squared(y: Tensor, x: Tensor) -> Tensor:
    return soft(-y * x) ** 2


wrong_words(soft_margin_loss.misconceptions)
wrong_mean = of_samples(soft_margin_loss)


@wrong_mean("'mean' sums over each row and averages the rows. torch divides by the number of all elements.")
def mean_of_row_sums(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    rows = losses.flatten(1).sum(1) if losses.ndim > 1 and reduction == "mean" else losses
    return reduced(rows, reduction)


@wrong_mean("'mean' averages over the last dimension only, as Keras does. torch's mean is one number.")
def mean_of_last(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    return losses.mean(-1) if reduction == "mean" else reduced(losses, reduction)


@wrong_mean("'none' averages over the last dimension. It should leave one loss an element.")
def none_averages(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    return losses.mean(-1) if reduction == "none" else reduced(losses, reduction)


@wrong_mean("'sum' sums over the last dimension only. torch's sum is one number.")
def sum_of_last(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    return losses.sum(-1) if reduction == "sum" else reduced(losses, reduction)


@wrong_mean("The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen.")
def empty_is_zero(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    return reduced(losses, reduction) if losses.numel() else reduced(losses, reduction).nan_to_num()


@wrong_mean("NaN losses count as 0. torch lets them through: a hole in the data should be seen.")
def nan_hidden(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    return reduced(losses.where(~losses.isnan(), 0.0), reduction)


@wrong_mean("The result is float32 for float64 input. Keep the dtype of the input, its digits were paid for.")
def always_float32(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    return reduced(losses, reduction).float()


@soft_margin_loss.misconception(  # SM3
    "(N, 1) met (N,) and was broadcast to N × N: every score against every target. torch refuses it here: compare the "
    "shapes before anything else."
)
def broadcast(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return reduced(soft(-target * input), reduction)
