"""What one cell of a table tells: `pointwise_mutual_information`.

Source: Church and Hanks, Word Association Norms, Mutual Information, and Lexicography (1990). They take log2; here the
unit is the nat, as in the rest of the lesson.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, keeps_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import distribution, in_float64, joint
from coursekit.graders.entropy.common import IN_BITS, READY_MADE, TABLE_NORMALISED
from coursekit.graders.entropy.mutual import beside_independence, mutual_information_spec


def spec(joint: Tensor) -> Tensor:
    """ln [p(x, y) / (p(x) p(y))], cell by cell."""
    p_x, p_y = joint.sum(1), joint.sum(0)
    return torch.stack([(joint[x] / (p_x[x] * p_y)).log() for x in range(len(p_x))])


def cases() -> Iterator[Question]:
    """Shapes × dtypes with gradients; then empty cells, rows and columns, whose slopes nobody asks for."""
    for dtype in (torch.float32, torch.float64):
        for rows, columns in ((1, 1), (1, 3), (2, 2), (2, 3), (3, 2)):
            table = torch.arange(1, rows * columns + 1, dtype=dtype).reshape(rows, columns).square()
            yield Question((table / table.sum(),), wrt=(0,))
        yield Question((tensor([[0.5, 0.0], [0.25, 0.25]], dtype=dtype),))
        yield Question((tensor([[0.5, 0.0], [0.0, 0.0], [0.2, 0.3]], dtype=dtype),))
        yield Question((tensor([[0.5, 0.0, 0.1], [0.1, 0.0, 0.3]], dtype=dtype),))


pointwise_mutual_information = Exercise(
    "pointwise_mutual_information",
    spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    cases=cases,
    idea="A logarithm of a ratio: how much more often x and y come together than chance alone would bring them.",
    hints=(
        "If X and Y had nothing to do with each other, how often would (x, y) come? Compare the cell with that.",
        "p(x) is the sum of a row, p(y) that of a column. `keepdim=True` makes p(x) a column and p(y) a row, and their "
        "product is a table.",
        "Nothing has to be masked. What does the logarithm of 0 give by itself, and what is 0 / 0?",
    ),
)


@pointwise_mutual_information.check
def two_signs(f: Function, rng: Rng) -> None:
    """More often than by chance is above 0, less often below

    One number for each cell: the result has the shape of the table.
    """
    same_value(f, spec, tensor([[0.4, 0.1], [0.2, 0.3]]))
    same_value(f, spec, joint(rng, 2, 3))
    same_value(f, spec, joint(rng, 3, 2))


@pointwise_mutual_information.check
def independent(f: Function, rng: Rng) -> None:
    """Where X and Y are independent, but for one row, that row alone tells something"""
    p = in_float64(distribution(rng, 3))
    columns = torch.stack([p, p, p.roll(1)])
    same_value(f, spec, columns * tensor([[0.5], [0.3], [0.2]], dtype=torch.float64))


@pointwise_mutual_information.check
def never_together(f: Function, rng: Rng) -> None:
    """A pair that never comes together has -inf"""
    same_value(f, spec, tensor([[0.5, 0.0], [0.25, 0.25]]))
    same_value(f, spec, torch.diag(distribution(rng, 3)))


@pointwise_mutual_information.check
def never_at_all(f: Function, rng: Rng) -> None:
    """Of an x or a y that never comes at all, nothing is known: NaN

    0 would say "as if independent", and -inf "never together". Neither was measured.
    """
    p = distribution(rng, 4)
    same_value(f, spec, torch.stack([p[:2], torch.zeros(2), p[2:]]))
    same_value(f, spec, torch.stack([p[:2], torch.zeros(2), p[2:]], dim=1))


@pointwise_mutual_information.check
def pmi_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: a cell is also part of its row's and its column's sum"""
    same_gradient(f, spec, joint(rng, 2, 3))


@pointwise_mutual_information.parity
def rare_pair(f: Function, rng: Rng) -> None:
    """A rare pair is not rounded away (float64)

    Look for a small number added inside the logarithm, or a clamp.
    """
    rare = 1e-9 * int(rng.integers(1, 9))
    same_value(f, spec, tensor([[rare, 3 * rare], [0.4, 0.6 - 4 * rare]], dtype=torch.float64))
    same_value(f, spec, tensor([[rare, 0.3], [0.4, 0.3 - rare]], dtype=torch.float64))


keeps_dtype(pointwise_mutual_information, lambda rng: (joint(rng, 2, 2),), name="pmi_dtype", anew=True)


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = pointwise_mutual_information.misconceptions
wrong.table(
    beside_independence,
    weighted=(
        "Each cell is weighed by p(x, y): these are the terms of the mutual information. Pointwise means the logarithm "
        "alone.",
        (lambda p, q: p * (p / q).log(), lambda p, q: torch.special.xlogy(p, p / q)),
    ),
    averaged=(
        "This is one number, the mutual information: the average over the cells. Pointwise keeps every cell.",
        lambda p, q: mutual_information_spec(p),
    ),
    plain_sum=(
        "The cells are summed or averaged. The result is a table: one number for each pair.",
        (lambda p, q: (p / q).log().sum(), lambda p, q: (p / q).log().mean()),
    ),
    upside_down=(
        "The sign is turned, by a minus too many or by a ratio that is upside down: what comes more often than by "
        "chance is above 0.",
        lambda p, q: -(p / q).log(),
    ),
    no_logarithm=(
        "The logarithm is missing: this is the ratio itself (the lift), which is 1 where X and Y are independent.",
        lambda p, q: p / q,
    ),
    difference=(
        "This takes the difference p(x, y) - p(x) p(y). Compare by their ratio, and take its logarithm.",
        lambda p, q: p - q,
    ),
    of_the_difference=(
        "This is the logarithm of a difference. The logarithm of the ratio is the difference of two logarithms.",
        lambda p, q: (p - q).log(),
    ),
    given_x=(
        "This is ln p(y|x): only p(x) was taken out. A frequent y gets much in every row: divide by p(y) as well.",
        lambda p, q: (p / p.sum(1, keepdim=True)).log(),
    ),
    given_y=(
        "This is ln p(x|y): only p(y) was taken out. A frequent x gets much in every column: divide by p(x) as well.",
        lambda p, q: (p / p.sum(0, keepdim=True)).log(),
    ),
    chance_only_once=(
        "This is ln p(x, y), with nothing to compare it to. Divide by what independence would give, p(x) p(y).",
        lambda p, q: p.log(),
    ),
    surprise=(
        "This is the surprise -ln p(x, y) of the pair. Pointwise mutual information compares it with the two alone.",
        lambda p, q: -p.log(),
    ),
    chance_of_the_pair=(
        "This is ln [p(x) p(y)], what independence would give. The pair itself, p(x, y), is missing.",
        lambda p, q: q.log(),
    ),
    marginals_added=(
        "p(x) and p(y) are added below the fraction. If X and Y were independent, p(x, y) would be their product.",
        lambda p, q: (p / (p.sum(1, keepdim=True) + p.sum(0, keepdim=True))).log(),
    ),
    marginals_averaged=(
        "The marginals are means of rows and columns. p(x) is the sum of a row: whatever y comes, x came.",
        lambda p, q: (p / (p.mean(1, keepdim=True) * p.mean(0, keepdim=True))).log(),
    ),
    equal_chances=(
        "Every cell is compared with 1 / (X · Y), as if all were equally likely. By chance a pair of frequent ones "
        "comes more often: compare with p(x) p(y).",
        lambda p, q: (p * p.numel()).log(),
    ),
    squared=(
        "p(x, y) is squared, which favours frequent pairs (PMI², Daille 1994). Plain PMI takes it once.",
        lambda p, q: (p.square() / q).log(),
    ),
    divided_by_surprise=(
        "This is divided by -ln p(x, y), the surprise of the pair: the normalised PMI (Bouma 2009), between -1 and 1. "
        "Leave the division out.",
        lambda p, q: (p / q).log() / -p.log(),
    ),
    only_positive=(
        "Negative values are cut off at 0: the positive PMI of word vectors. Less often than by chance should show.",
        (lambda p, q: (p / q).log().clamp(min=0), lambda p, q: (p / q).log().nan_to_num(nan=0.0).clamp(min=0)),
    ),
    absolute=(
        "`abs` makes each value positive. The sign says whether a pair comes more or less often than by chance.",
        lambda p, q: (p / q).log().abs(),
    ),
    empty_is_zero=(
        "An empty cell gives 0 here, which says: as often as if independent. Never together is -inf.",
        (
            lambda p, q: torch.where(p > 0, (p.where(p > 0, 1.0) / q.where(p > 0, 1.0)).log(), 0.0),
            lambda p, q: (p.where(p > 0, 1.0) / q.where(p > 0, 1.0)).log(),
            lambda p, q: p.where(p > 0, 1.0).log() - q.where(q > 0, 1.0).log(),
        ),
    ),
    unknown_is_zero=(
        "An x or a y that never comes gives 0 here, which says: as if independent. Nothing is known of it: leave the "
        "NaN of 0 / 0.",
        (
            lambda p, q: torch.where(q > 0, (p / q.where(q > 0, 1.0)).log(), 0.0),
            lambda p, q: (p / q).log().nan_to_num(nan=0.0, neginf=-math.inf),
        ),
    ),
    unknown_is_never=(
        "An x or a y that never comes gives -inf here, as if it had been seen and the pair had not. Nothing is known "
        "of it: leave the NaN of 0 / 0.",
        lambda p, q: (p / q.where(q > 0, 1.0)).log(),
    ),
    infinity_hidden=(
        "`nan_to_num` has made a huge number of -inf, and 0 of NaN. Both say something: leave them as they are.",
        lambda p, q: (p / q).log().nan_to_num(),
    ),
    padded=(
        "A small number inside the logarithm, added or as a clamp, makes an impossible pair merely rare. Nothing has "
        "to be kept from 0 here: -inf is the answer.",
        (
            lambda p, q, *, eps=1e-8: ((p + eps) / (q + eps)).log(),
            lambda p, q, *, eps=1e-8: (p / q + eps).log(),
            lambda p, q, *, eps=1e-8: ((p + eps) / q).log(),
            lambda p, q, *, eps=1e-8: (p / (q + eps)).log(),
            lambda p, q, *, eps=1e-8: (p / (q + eps) + eps).log(),
            lambda p, q, *, eps=1e-8: (p.clamp(min=eps) / q.clamp(min=eps)).log(),
            lambda p, q, *, eps=1e-8: (p / q).clamp(min=eps).log(),
            lambda p, q, *, eps=1e-8: (p.clamp(min=eps) / q).log(),
            lambda p, q, *, eps=1e-8: (p / q.clamp(min=eps)).log(),
        ),
        "I6",
    ),
    in_bits=(IN_BITS, lambda p, q: (p / q).log2(), "I4"),
    table_normalised=(TABLE_NORMALISED, lambda p, q: spec(p / p.sum()), "I5"),
    chance_detached=(
        "The sums of rows and columns send no gradient back. Each cell is part of both: do not detach them.",
        lambda p, q: (p / q.detach()).log(),
    ),
    marginals_in_line=(
        "p(x) and p(y) are multiplied side by side, the first with the first: a row of numbers, and an error where the "
        "table is no square. `keepdim=True` makes p(x) a column, and column times row is the table.",
        lambda p, q: (p / (p.sum(1) * p.sum(0))).log(),
    ),
)
