"""An approximation of ln count!, masked: `stirling`."""

from __future__ import annotations

import math

from torch import tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import READY_MADE, counts
from coursekit.graders.counts_and_noise.shared_mistakes import (
    exact_factorial,
    masked_at_zero,
    masked_by_term,
    one_included,
    root_missing,
    root_not_halved,
)
from coursekit.graders.counts_and_noise.specs import HALF_LN_2PI, stirling_formula, stirling_spec

stirling = Exercise(
    "stirling",
    stirling_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    idea="Mask before the logarithm, not after it: `where` differentiates the branch that is not taken as well.",
    hints=(
        "Three terms: t ln t, -t, and half of ln(2πt). Up to 1 none of them is used.",
        "`torch.where(count > 1, …, 0.0)` gives the value. For the gradient at 0 the logarithm needs a mask as well.",
        "Inside the formula let a harmless number stand in for each count up to 1, with a `torch.where` of its own.",
    ),
)


@stirling.check
def stirling_at_two(f: Function, rng: Rng) -> None:
    """ln 2! = 0.6931 comes out as 0.6518"""
    same_value(f, stirling_spec, tensor([2.0, 2.25]))
    same_value(f, stirling_spec, counts(rng, 4))


@stirling.check
def stirling_small(f: Function, rng: Rng) -> None:
    """0 and 1 give 0, and so does all between; a little above, 1.05 gives -0.0554

    The mask asks for the count, not for the size or the sign of the term.
    """
    same_value(f, stirling_spec, tensor([0.0, 0.5, 1.0, 2.0]))
    same_value(f, stirling_spec, tensor([[0.1 * int(rng.integers(1, 10)), 1.05], [1.5, 20.0]]))


@stirling.check
def stirling_gradient(f: Function, rng: Rng) -> None:
    """The gradient above 1 is right"""
    same_gradient(f, stirling_spec, counts(rng, 4))
    same_gradient(f, stirling_spec, tensor([1.5, 1.0 + 0.1 * int(rng.integers(1, 5))]))


@stirling.parity
def stirling_gradient_small(f: Function, rng: Rng) -> None:
    """Up to 1 the gradient is 0, at 0 as well

    `torch.where` computes both branches, and the gradient of the one not taken becomes 0 · inf, NaN. torch's own
    approximation has that NaN.
    """
    same_gradient(f, stirling_spec, tensor([0.0, 2.0]))
    same_gradient(f, stirling_spec, tensor([0.5, 1.0, 3.0]), scale=3.0)


keeps_dtype(
    stirling,
    lambda rng: (counts(rng, 2, 2),),
    "float32 stays float32, float64 stays float64, in any shape",
    "stirling_dtype",
)


stirling.misconceptions.table(
    exact_factorial=(
        "This is ln count! exactly. torch's `full=True` adds Stirling's approximation, 0.04 less at 2.",
        exact_factorial,
        "POI2",
    ),
    never_masked=(
        "The formula is used for all counts. At 1 it gives -0.081 in place of 0, and at 0 NaN: use it above 1 only.",
        stirling_formula,
        "POI4",
    ),
    masked_at_zero=(
        "Only a count of 0 is spared. Up to 1 inclusive the answer is 0: the mask is count > 1.",
        masked_at_zero,
        "POI4",
    ),
    one_included=(
        "A count of 1 uses the formula, which gives -0.081. ln 1! is 0, and torch leaves 1 out: the mask is count > 1.",
        one_included,
        "POI4",
    ),
    masked_by_term=(
        "The mask asks whether the term is above 1, not whether the count is. At 2 the term is 0.65, and it is lost. "
        "(Another framework shipped this.)",
        masked_by_term,
        "POI3",
    ),
    from_two_on=(
        "The mask is count > 2. 2 is above 1 already, and so is 1.5: the mask is count > 1.",
        lambda count: stirling_spec(count).where(count > 2, 0.0),
    ),
    stirling_masked_too_late=(
        "The value is right, the gradient at 0 is NaN: it is masked after the logarithm, and ln 0 is still "
        "differentiated. Let another number stand in before the logarithm.",
        lambda count: stirling_formula(count).masked_fill(count <= 1, 0.0),
        "POI7",
    ),
    root_missing=(
        "The last term is missing: ½ ln(2π · count) is most of the correction at small counts.",
        root_missing,
    ),
    root_not_halved=("ln(2π · count) is not halved. It comes from the square root of 2π · count.", root_not_halved),
    root_without_pi=(
        "The last term is ½ ln count: the 2π is missing, ½ ln(2π · count).",
        lambda count: stirling_spec(count) - (count > 1) * math.log(2 * math.pi) / 2,
    ),
    root_without_count=(
        "The last term is ½ ln 2π, without the count: it is ½ ln(2π · count).",
        lambda count: (stirling_spec(count) - count.log() / 2).where(count > 1, 0.0),
    ),
    count_added=(
        "-count is missing, or was added: the formula is count · ln count minus count plus the rest.",
        lambda count: (stirling_spec(count) + 2 * count).where(count > 1, 0.0),
    ),
    count_missing=(
        "-count is missing: the formula is count · ln count - count + ½ ln(2π · count).",
        lambda count: (stirling_spec(count) + count).where(count > 1, 0.0),
    ),
    next_term=(
        "This has the next term of Stirling's series, 1/(12 · count), as well. It is closer to ln count!, but not what "
        "torch adds.",
        lambda count: (stirling_spec(count) + 1 / (12 * count)).where(count > 1, 0.0),
    ),
    counts_kept_at_one=(
        "The counts were kept at 1 or more, and the formula used on all: up to 1 that gives -0.081 in place of 0.",
        lambda count: stirling_formula(count.clamp(min=1.0)),
    ),
    cut_off_at_zero=(
        "Negative terms were cut off, in place of a mask. A little above 1 the formula is still below 0, and so is "
        "torch: the mask is count > 1.",
        lambda count: stirling_formula(count.where(count > 0, 0.5)).clamp(min=0),
    ),
    stirling_padded=(
        "A small number inside the logarithms takes the place of the mask: with 1e-8, 0 gives -8.3, and 1 gives "
        "-0.081.",
        lambda count, *, eps=1e-8: count * (count + eps).log() - count + (2 * math.pi * (count + eps)).log() / 2,
        "I6",
    ),
)


def above_one(formula: Loss) -> Loss:
    """A formula of the counts above 1, and 0 for the others."""
    return lambda count: formula(count.where(count > 1, 1.0)).where(count > 1, 0.0)


stirling.misconceptions.terms(
    above_one,
    product=("count · ln count", lambda count: count * count.log()),
    count=("-count", lambda count: -count),
    two_pi=("½ ln 2π", lambda count: 0 * count + HALF_LN_2PI),
    root=("½ ln count", lambda count: count.log() / 2),
)
stirling.misconceptions.table(
    exact_above_one=(
        "This is ln count! exactly, above 1. torch's `full=True` adds Stirling's approximation, 0.04 less at 2.",
        (above_one(exact_factorial), lambda count: exact_factorial(count.clamp(min=1.0))),
    ),
    other_base=(
        "The logarithms are of another base. They are natural ones.",
        (
            lambda count: stirling_spec(count) / math.log(2) + (count / math.log(2) - count).where(count > 1, 0.0),
            lambda count: stirling_spec(count) / math.log(10) + (count / math.log(10) - count).where(count > 1, 0.0),
        ),
    ),
    pi_alone=(
        "The root is of π · count: the 2 is missing.",
        above_one(lambda n: stirling_formula(n) - math.log(2) / 2),
    ),
    two_pi_times_count=(
        "The count multiplies ½ ln 2π. It stands inside the logarithm: ½ ln(2π · count).",
        above_one(lambda n: n * n.log() - n + HALF_LN_2PI * n),
    ),
    half_inside=(
        "The ½ stands inside the logarithm, or the logarithm is of π · count / 2. It halves the logarithm.",
        (
            above_one(lambda n: n * n.log() - n + (math.pi * n).log()),
            above_one(lambda n: n * n.log() - n + (math.pi * n / 2).log() / 2),
        ),
    ),
    one_count_more=(
        "This is the formula at count + 1, or at count - 1. It is of the count as it is.",
        (above_one(lambda n: stirling_formula(n + 1)), above_one(lambda n: stirling_formula((n - 1).clamp(min=0.5)))),
    ),
    count_not_multiplied=(
        "ln count lost its count: the first term is count · ln count.",
        above_one(lambda n: stirling_formula(n) - n * n.log() + n.log()),
    ),
)
