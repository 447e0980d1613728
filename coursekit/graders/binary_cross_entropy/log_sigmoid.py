"""The logarithm of a probability from its logit, without detour: `log_sigmoid`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import log, prod

import torch
import torch.nn.functional as F
from torch import inf, nan, tensor

from coursekit.exercise import Exercise, Function, Rng, same_dtype, same_gradient, same_value
from coursekit.graders.binary_cross_entropy.common import DTYPES, LOGITS, LOSSES, SIGMOIDS, draw
from coursekit.graders.binary_cross_entropy.shared_mistakes import softmax_of_all, stable_share
from coursekit.graders.binary_cross_entropy.specs import log_sigmoid_spec, sigmoid_spec
from coursekit.wire import Question


def log_sigmoid_cases() -> Iterator[Question]:
    """Shapes × dtypes, zeros and extremes with gradients; -inf and NaN in value only."""
    for dtype, shape in product(DTYPES, ((), (3,), (2, 3), (2, 2, 3), (0, 3))):
        yield Question((torch.linspace(-6, 5, prod(shape), dtype=dtype).reshape(shape),), wrt=(0,))
    for dtype, x in product(DTYPES, (0.0, 20.0, -20.0, 100.0, -100.0, 1000.0, -1000.0, 1e-4, -30.0)):
        yield Question((tensor([x, 0.5], dtype=dtype),), wrt=(0,))
    for dtype in DTYPES:
        yield Question((tensor([-inf, nan], dtype=dtype),))


log_sigmoid = Exercise(
    "log_sigmoid",
    log_sigmoid_spec,
    points=1,
    parity_points=1,
    forbids=SIGMOIDS + LOSSES,
    twin=F.logsigmoid,
    cases=log_sigmoid_cases,
    idea="Far left it is the line x, far right the axis: only the bend between them needs exp and log.",
    hints=(
        "On paper it is -ln(1 + exp(-x)). For which x does exp overflow, and what is the result there?",
        "Take x out where it is negative: -ln(1 + exp(-x)) = x - ln(1 + exp(x)). The same bend, mirrored.",
        "Both at once: min(x, 0) and a logarithm of 1 + exp(-|x|). Then look at the slope at exactly 0.",
    ),
)


@log_sigmoid.check
def log_of_three_quarters(f: Function, rng: Rng) -> None:
    """Odds of 3 to 1 give ln 0.75 = -0.2877, odds of 1 to 3 give ln 0.25 = -1.3863"""
    same_value(f, log_sigmoid_spec, tensor(log(3)))
    same_value(f, log_sigmoid_spec, tensor(-log(3)))
    same_value(f, log_sigmoid_spec, draw(rng, LOGITS, 2, 3))


@log_sigmoid.check
def log_sigmoid_slope(f: Function, rng: Rng) -> None:
    """The slope is 1 - p, what is missing to certainty"""
    same_gradient(f, log_sigmoid_spec, draw(rng, LOGITS, 3))


@log_sigmoid.check
def log_sigmoid_middle(f: Function, rng: Rng) -> None:
    """Between -100 and -20 nothing is cut off (float32)

    Look for a clamp, and for a small number inside the logarithm.
    """
    same_gradient(f, log_sigmoid_spec, tensor([1.5, -20.0, -float(rng.integers(90, 100))]))


@log_sigmoid.check
def log_sigmoid_extremes(f: Function, rng: Rng) -> None:
    """At -1000 it is -1000 with slope 1, at 1000 it is 0 with slope 0

    No probability can be formed on the way: it would be rounded to 0, and its logarithm is -inf.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_value(f, log_sigmoid_spec, tensor([-big, big]))
    same_gradient(f, log_sigmoid_spec, tensor([-big, 0.5]))
    same_gradient(f, log_sigmoid_spec, tensor([big, 0.5]))


@log_sigmoid.parity
def log_sigmoid_at_zero(f: Function, rng: Rng) -> None:
    """The slope at exactly 0 is ½

    `clamp`, `relu`, `where` and `abs` decide for one side there. A model whose last layer starts with zeros begins at
    this very place.
    """
    same_gradient(f, log_sigmoid_spec, tensor([0.0]))
    same_gradient(f, log_sigmoid_spec, tensor([0.0, 1.5]), scale=3.0)


@log_sigmoid.parity
def log_sigmoid_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64 and is exact"""
    same_dtype(f, log_sigmoid_spec, draw(rng, LOGITS, 3))
    same_dtype(f, log_sigmoid_spec, tensor([12.0, -float(rng.integers(17, 30))], dtype=torch.float64))


PADDED = (
    "A small number, added to the probability or as a clip, keeps the logarithm finite: with 1e-8, from x = -17 on, "
    "the result stands still at about -18. Form no probability, then nothing needs to be protected."
)

log_sigmoid.misconceptions.table(
    surprise=(
        "The sign is wrong: this is the surprise -ln p. The logarithm of a probability is negative.",
        lambda x: -log_sigmoid_spec(x),
    ),
    log_of_no=(
        "This is ln(1 - p), the logarithm of the probability of no. Turn the sign of the logit.",
        lambda x: log_sigmoid_spec(-x),
    ),
    softplus=(
        "This is ln(1 + exp(x)), the softplus: how surprising a no is. ln p is minus that of -x.",
        lambda x: -log_sigmoid_spec(-x),
    ),
    log_sigmoid_bits=("This is in bits. Nats need the natural logarithm.", lambda x: log_sigmoid_spec(x) / log(2)),
    no_logarithm=("This is the sigmoid itself; its logarithm is missing.", sigmoid_spec),
    line_on_the_other_side=(
        "The line is on the wrong side: max(0, x) grows where ln σ(x) is nearly 0. It is min(0, x) that belongs to "
        "-ln(1 + exp(-|x|)).",
        lambda x: x.clamp(min=0) - (-x.abs()).exp().log1p(),
    ),
    bend_without_logarithm=(
        "exp(-|x|) stands without its logarithm: it is ln(1 + exp(-|x|)).",
        lambda x: x.clamp(max=0) - (-x.abs()).exp(),
    ),
    only_the_bend=(
        "The line is missing: -ln(1 + exp(-|x|)) is the same on both sides. Where x is negative, x belongs to it.",
        lambda x: -(-x.abs()).exp().log1p(),
    ),
    log_softmax_of_all=(
        "The elements compete: this is a log-softmax along the last dimension. Each has a rival, 0.",
        lambda x: softmax_of_all(x).log(),
    ),
    sigmoid_twice=(
        "The sigmoid was applied twice. ln σ(σ(x)) lies between -0.69 and -0.31, whatever the logit.",
        lambda x: log_sigmoid_spec(sigmoid_spec(x)),
        "BCEL1",
    ),
    log_after_sigmoid=(
        "log(sigmoid(x)): far on the left the probability is rounded to 0, its logarithm is -inf, and the gradient "
        "NaN. Form no probability.",
        lambda x: stable_share(x).log(),
    ),
    overflow=(
        "-log(1 + exp(-x)), or log(1 / (1 + exp(-x))): from x = -89 on (float32) exp is inf, and the result "
        "-inf. Where x is negative use x - log(1 + exp(x)).",
        lambda x: -(1 + (-x).exp()).log(),
    ),
    overflow_on_the_right=(
        "x - log(1 + exp(x)): from x = 89 on (float32) exp is inf, and the result -inf. Where x is positive use "
        "-log(1 + exp(-x)).",
        lambda x: x - (1 + x.exp()).log(),
    ),
    log_chosen_too_late=(
        "Two formulas and a `where` between them: the value is right, the gradient NaN, because `where` computes both. "
        "Choose before exp, not after.",
        lambda x: torch.where(x >= 0, -(-x).exp().log1p(), x - x.exp().log1p()),
    ),
    log_sigmoid_padded=(
        PADDED,
        lambda x, *, eps=1e-8: (stable_share(x) + eps).log(),
    ),
    log_sigmoid_clipped=(
        PADDED,
        lambda x, *, eps=1e-7: stable_share(x).clamp(eps, 1 - eps).log(),
    ),
    cut_at_hundred=(
        "The result is cut off at -100. That is `binary_cross_entropy`; here x goes on to -1000.",
        lambda x: log_sigmoid_spec(x).clamp(min=-100),
    ),
    logit_cut_off=(
        "The logit is cut off at ±50 before anything is computed: the loss of a sure mistake too.",
        lambda x: log_sigmoid_spec(x.clamp(-50, 50)),
    ),
    slope_one_at_zero=(
        "At exactly 0 the slope is 1 in place of ½: `clamp(max=0)` counts 0 as its inside. `torch.minimum` shares it.",
        lambda x: x.clamp(max=0) - (-x.abs()).exp().log1p(),
    ),
    slope_zero_at_zero=(
        "At exactly 0 the slope is 0 in place of ½: `relu` counts 0 as its outside, and |x| has no slope there. "
        "`torch.minimum` shares it.",
        lambda x: -(-x).relu() - (-x.abs()).exp().log1p(),
    ),
    log_sigmoid_float32=(
        "The result is always float32: make constants with `torch.zeros_like(input)`.",
        lambda x: log_sigmoid_spec(x).float(),
    ),
)


log_sigmoid.misconceptions.table(
    probability_itself=(
        "This is ln(1 + p) or 1 - p. The logarithm is of p itself.",
        (lambda x: sigmoid_spec(x).log1p(), lambda x: -sigmoid_spec(-x)),
    ),
    logit_of_it=("This is the logit again, ln(p / (1 - p)).", lambda x: x),
    log_of_slope=(
        "This is ln p + ln(1 - p). Only ln p is asked for.",
        lambda x: log_sigmoid_spec(x) + log_sigmoid_spec(-x),
    ),
    weighed_by_p=("ln p is weighed by p. It is asked for as it is.", lambda x: sigmoid_spec(x) * log_sigmoid_spec(x)),
    one_forgotten=("The 1 inside the logarithm is missing: this is x or -x.", lambda x: -x),
)
