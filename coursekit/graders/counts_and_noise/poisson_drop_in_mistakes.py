"""What goes wrong in torch's loss of counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, argument_fixed, other_default
from coursekit.graders.counts_and_noise.shared_mistakes import (
    exact_factorial,
    masked_at_zero,
    masked_by_term,
    one_included,
    reduction_mistakes,
    root_missing,
    root_not_halved,
)
from coursekit.graders.counts_and_noise.specs import (
    poisson_element,
    poisson_nll_loss_spec,
    rate_and_log,
    stirling_formula,
    stirling_spec,
)

MISTAKES = wrong = Mistakes(poisson_nll_loss_spec)

reduction_mistakes(wrong)

# ---- log_input ---------------------------------------------------------------------------------------------------

wrong.table(
    log_input_inverted=(
        "`log_input` is turned round: with True, the default, the input is the logarithm of the rate.",
        lambda x, t, log_input=True, **flags: poisson_nll_loss_spec(x, t, not log_input, **flags),
        "POI1",
    )
)
argument_fixed(
    wrong,
    "always_a_rate",
    "`log_input` is ignored: the input is always taken for the rate. With True, the default, it is its logarithm.",
    covers="POI1",
    log_input=False,
)
argument_fixed(
    wrong,
    "always_a_log_rate",
    "`log_input` is ignored: the input is always taken for the logarithm of the rate. With False it is the rate.",
    log_input=True,
)
other_default(
    wrong,
    "log_input_off",
    "Where `log_input` is not given, it is False here. In torch a call without it passes logarithms of rates.",
    log_input=False,
)

# ---- what `full` does not touch, by input, target, log_input and eps ---------------------------------------------

wrong.table(
    lambda element: partial(poisson_nll_loss_spec, element=element),
    eps_in_the_rate=(
        "eps was added to the rate itself, and so counts outside the logarithm too. It belongs inside, to keep ln from "
        "0.",
        lambda x, t, log_input, eps: poisson_element(x, t, log_input, eps) + (0 if log_input else eps),
        "POI5",
    ),
    eps_ignored=(
        "eps is not inside the logarithm: without `log_input` that is of input + eps.",
        lambda x, t, log_input, eps: poisson_element(x, t, log_input, 0.0),
    ),
    eps_fixed=(
        "eps is fixed at 1e-8, whatever was asked for.",
        lambda x, t, log_input, eps: poisson_element(x, t, log_input, 1e-8),
    ),
    eps_is_a_floor=(
        "The rate is kept at eps or more inside the logarithm. torch adds eps to it: a gradient is left at a rate of "
        "0.",
        lambda x, t, log_input, eps: poisson_element(x, t, True, eps) if log_input else x - t * x.clamp(min=eps).log(),
    ),
    eps_with_log_input=(
        "eps is used with `log_input` as well. There the logarithm is given, and nothing has to be kept from 0.",
        lambda x, t, log_input, eps: poisson_element(x.exp() if log_input else x, t, False, eps),
    ),
    poisson_turned=(
        "The sign is turned: this grows when the counts become likelier.",
        lambda x, t, log_input, eps: -poisson_element(x, t, log_input, eps),
    ),
    poisson_added=(
        "target · ln λ was added. A likely count should cost less: it is subtracted.",
        lambda x, t, log_input, eps: poisson_element(x, -t, log_input, eps),
    ),
    poisson_rate_missing=(
        "The rate is missing: -target · ln λ alone is least where every rate is infinite.",
        lambda x, t, log_input, eps: -t * rate_and_log(x, log_input, eps)[1],
    ),
    poisson_target_missing=(
        "The logarithm is not multiplied by the target: every event counted brings one -ln λ.",
        lambda x, t, log_input, eps: poisson_element(x, torch.ones_like(x), log_input, eps) + 0 * t,
    ),
    exp_missing=(
        "The input is not put through `exp` where it stands alone: with `log_input` this is input - target · input.",
        lambda x, t, log_input, eps: x - t * rate_and_log(x, log_input, eps)[1],
    ),
    poisson_swapped=(
        "Input and target have changed places. torch has the prediction first; Keras has the truth first.",
        lambda x, t, log_input, eps: poisson_element(t, x, log_input, eps),
    ),
    half_deviance=(
        "This is half the deviance: it has target · ln target - target as well. It falls to 0 at a perfect rate; "
        "torch's loss does not contain it.",
        lambda x, t, log_input, eps: poisson_element(x, t, log_input, eps) + torch.xlogy(t, t) - t,
    ),
    squared_error=(
        "This is the squared error of the rate. It takes every count to be equally noisy.",
        lambda x, t, log_input, eps: (rate_and_log(x, log_input, eps)[0] - t).square(),
    ),
    rate_lifted=(
        "A negative rate was lifted to 0, and the loss looks healthy. torch gives NaN: a rate cannot be negative, and "
        "the model should give its logarithm.",
        lambda x, t, log_input, eps: poisson_element(x if log_input else x.clamp(min=0), t, log_input, eps),
        "POI6",
    ),
    rate_without_sign=(
        "A negative rate lost its sign, and the loss looks healthy. torch gives NaN: a rate cannot be negative, and "
        "the model should give its logarithm.",
        lambda x, t, log_input, eps: poisson_element(x if log_input else x.abs(), t, log_input, eps),
        "POI6",
    ),
    softplus_inside=(
        "A softplus was applied to the rate inside. The caller makes the rate positive; here it is taken as it stands.",
        lambda x, t, log_input, eps: poisson_element(x if log_input else F.softplus(x), t, log_input, eps),
        "POI6",
    ),
    poisson_target_detached=(
        "No gradient flows back to the target. In torch it does: -ln λ for each.",
        lambda x, t, log_input, eps: poisson_element(x, t.detach(), log_input, eps),
    ),
    exp_detached=(
        "No gradient flows through the exponential: the value is right, the slope lacks the rate.",
        lambda x, t, log_input, eps: (x.exp().detach() if log_input else x) - t * rate_and_log(x, log_input, eps)[1],
    ),
    always_float32=(
        "Everything was converted to float32. float64 input should stay float64.",
        lambda x, t, log_input, eps: poisson_element(x, t, log_input, eps).float(),
    ),
)

# ---- what `full` adds --------------------------------------------------------------------------------------------

wrong.table(
    lambda constant: partial(poisson_nll_loss_spec, constant=constant),
    full_ignored=("`full` is ignored: with True it adds Stirling's approximation of ln target!.", lambda t: 0 * t),
    full_is_exact=(
        "`full` adds ln target! exactly (`lgamma`). That is the better likelihood, but torch adds Stirling's "
        "approximation: 0.04 less at a target of 2, and nothing up to 1.",
        exact_factorial,
        "POI2",
    ),
    full_from_one=(
        "Stirling's formula is used at a target of 1 as well, where it gives -0.081. torch uses it above 1 only.",
        one_included,
        "POI4",
    ),
    full_above_zero=(
        "Stirling's formula is used for every target above 0. torch uses it above 1 only.",
        masked_at_zero,
        "POI4",
    ),
    full_of_one=(
        "Up to 1 `full` adds Stirling's formula at 1, -0.08, as `clamp(min=1)` does. It adds 0 there.",
        lambda t: stirling_formula(t.clamp(min=1)),
    ),
    full_everywhere=(
        "Stirling's formula is used for every target, and gives NaN at 0. torch uses it above 1 only.",
        stirling_formula,
        "POI4",
    ),
    full_masked_by_term=(
        "Stirling's term is masked where the term is up to 1, not where the target is: a target of 2 loses its 0.65. "
        "(Another framework shipped this.)",
        masked_by_term,
        "POI3",
    ),
    full_without_root=("`full` lacks ½ ln(2π · target), the last term of Stirling's formula.", root_missing),
    full_root_whole=("`full` adds ln(2π · target) whole. It is halved: ½ ln(2π · target).", root_not_halved),
    full_subtracted=(
        "`full` subtracts Stirling's ln target!. It is added: target! divides the probability.",
        lambda t: -stirling_spec(t),
    ),
)
argument_fixed(
    wrong,
    "always_full",
    "ln target! is added, by Stirling's formula, although `full` is False.",
    full=True,
)


@wrong("With `full` ln target! is added after the reduction, as the sum over all targets. It belongs to every element.")
def full_after_reduction(input: Tensor, target: Tensor, full: bool = False, **flags: Any) -> Tensor:
    constant = stirling_spec(target).sum() if full else 0
    return poisson_nll_loss_spec(input, target, **flags) + constant


# ---- what is refused ---------------------------------------------------------------------------------------------


@wrong(
    "Shapes that differ are refused. That may be wise, but torch broadcasts them, and a drop-in does what torch does."
)
def broadcast_refused(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    return poisson_nll_loss_spec(input, target, **flags)


@wrong("Whole numbers are refused as targets. They are what counts are: torch accepts them.")
def whole_refused(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        raise TypeError("float targets only")
    return poisson_nll_loss_spec(input, target, **flags)


wrong.terms(
    rate=(
        "the rate itself",
        partial(
            poisson_nll_loss_spec,
            element=lambda x, t, log, eps: rate_and_log(x, log, eps)[0] + 0 * t,
            constant=torch.zeros_like,
        ),
    ),
    logarithm=(
        "-target · ln rate",
        partial(
            poisson_nll_loss_spec,
            element=lambda x, t, log, eps: -t * rate_and_log(x, log, eps)[1],
            constant=torch.zeros_like,
        ),
    ),
    factorial=(
        "ln target!, which `full` adds,",
        partial(poisson_nll_loss_spec, element=lambda x, t, log, eps: 0 * x + 0 * t),
    ),
)


def with_constant(constant: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """The loss to which `full` adds another number: of the rate and of the target."""

    def loss(input: Tensor, target: Tensor, log_input: bool = True, full: bool = False, **flags: Any) -> Tensor:
        if not full:
            return poisson_nll_loss_spec(input, target, log_input, **flags)
        rate = input.exp() if log_input else input
        return poisson_nll_loss_spec(
            input, target, log_input, full=True, constant=lambda target: constant(rate, target), **flags
        )

    return loss


wrong.table(
    with_constant,
    factorial_of_the_rate=(
        "`full` adds the factorial of the rate. It is that of the target.",
        lambda rate, target: stirling_spec(rate),
    ),
    rate_above_one=(
        "`full` asks whether the rate is above 1. It asks whether the target is.",
        lambda rate, target: stirling_formula(target.where(target > 0, 1.0)).where(rate > 1, 0.0),
    ),
    half_factorial=(
        "`full` adds half of it, or twice as much.",
        (lambda rate, target: stirling_spec(target) / 2, lambda rate, target: 2 * stirling_spec(target)),
    ),
    factorial_averaged=(
        "`full` adds the mean of it to every element. Each element has its own.",
        lambda rate, target: stirling_spec(target).mean(),
    ),
)
wrong.table(
    lambda element: partial(poisson_nll_loss_spec, element=element),
    target_through_exp=(
        "The target went through `exp`. It is a count; the input alone may be a logarithm.",
        lambda x, t, log, eps: poisson_element(x, t.exp(), log, eps),
    ),
    target_for_rate=(
        "The target stands in the place of the rate, or the rate in that of the target.",
        (
            lambda x, t, log, eps: t - t * rate_and_log(x, log, eps)[1],
            lambda x, t, log, eps: rate_and_log(x, log, eps)[0] * (1 - rate_and_log(x, log, eps)[1]) + 0 * t,
        ),
    ),
    logarithm_of_target=(
        "The logarithm is of the target, and the rate multiplies it. It is target · ln rate.",
        lambda x, t, log, eps: t - rate_and_log(x, log, eps)[0] * (t + eps).log(),
    ),
)
wrong.table(
    full_for_logarithms_only=(
        "`full` is heard with `log_input` only. It holds for both.",
        lambda x, t, log_input=True, full=False, **flags: poisson_nll_loss_spec(
            x, t, log_input, full=full and log_input, **flags
        ),
    ),
)
wrong.table(
    with_constant,
    factorial_of_next=(
        "`full` adds Stirling of target + 1, or of target - 1.",
        (lambda rate, target: stirling_spec(target + 1), lambda rate, target: stirling_spec((target - 1).clamp(min=0))),
    ),
)
wrong.table(
    lambda element: partial(poisson_nll_loss_spec, element=element),
    target_times_rate=(
        "The target multiplies the rate. It multiplies the logarithm of it.",
        lambda x, t, log, eps: rate_and_log(x, log, eps)[0] * (1 - t) if log else poisson_element(x, t, log, eps),
    ),
    rate_less_one=(
        "1 is taken off the rate (`expm1`).",
        lambda x, t, log, eps: poisson_element(x, t, log, eps) - log,
    ),
)
