"""Two variables in one table, and one of them when the other is known: `joint_entropy`, `conditional_entropy`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_value
from coursekit.exercise.families.inputs import joint
from coursekit.graders.entropy.common import (
    IN_BITS,
    MASKED_TOO_LATE,
    PADDED,
    READY_MADE,
    TABLE_NORMALISED,
    gradient_beside_an_empty_cell,
    ln,
)
from coursekit.graders.entropy.surprise import entropy_spec

# ---- joint_entropy -----------------------------------------------------------------------------------------------


def joint_entropy_spec(joint: Tensor) -> Tensor:
    """-Σ p(x, y) ln p(x, y)."""
    return -(joint * ln(joint)).sum()


joint_entropy = Exercise(
    "joint_entropy",
    joint_entropy_spec,
    points=1,
    forbids=READY_MADE,
    idea="A pair of variables is one variable whose outcomes are the cells of a table.",
    hints=(
        "Forget that the table has rows and columns: how many outcomes does the pair have?",
        "It is the entropy of `joint.flatten()`; a cell of 0 needs the same care as before.",
    ),
)


@joint_entropy.check
def two_coins(f: Function, rng: Rng) -> None:
    """Two fair coins have 2 ln 2 = 1.3863 nats, a crooked pair less"""
    same_value(f, joint_entropy_spec, torch.full((2, 2), 0.25))
    same_value(f, joint_entropy_spec, joint(rng, 2, 2))
    same_value(f, joint_entropy_spec, joint(rng, 2, 3))


@joint_entropy.check
def empty_cell(f: Function, rng: Rng) -> None:
    """A cell of probability 0 adds nothing"""
    same_value(f, joint_entropy_spec, tensor([[0.5, 0.0, 0.125], [0.125, 0.125, 0.0], [0.0, 0.0625, 0.0625]]))


gradient_beside_an_empty_cell(joint_entropy, "joint_gradient", columns=2)


joint_entropy.misconceptions.table(
    sum_of_marginals=(
        "This adds H(X) and H(Y). The pair has that much entropy only if X and Y are independent.",
        lambda p: entropy_spec(p.sum(1)) + entropy_spec(p.sum(0)),
    ),
    one_per_row=("This gives one number per row. The pair (X, Y) is one variable: sum over all cells.", entropy_spec),
    joint_nan_at_zero=(
        "0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from 0.",
        lambda p: -(p * p.log()).sum(),
        "I1",
    ),
    joint_masked_too_late=(
        MASKED_TOO_LATE,
        lambda p: -torch.where(p > 0, p * p.log(), torch.zeros_like(p)).sum(),
        "I2",
    ),
    joint_padded=(PADDED, lambda p, *, eps=1e-8: -(p * (p + eps).log()).sum(), "I6"),
    joint_clipped=(PADDED, lambda p, *, eps=1e-6: -(p * p.clamp(min=eps).log()).sum(), "I6"),
    joint_normalised=(TABLE_NORMALISED, lambda p: joint_entropy_spec(p / p.sum()), "I5"),
    joint_bits=(IN_BITS, lambda p: joint_entropy_spec(p) / math.log(2), "I4"),
)


# ---- conditional_entropy -----------------------------------------------------------------------------------------


def conditional_entropy_spec(joint: Tensor) -> Tensor:
    """Σₓ p(x) H(Y | X = x): the row entropies, averaged with the weights of the rows."""
    rows = [(row.sum(), row / row.sum()) for row in joint if row.sum() > 0]
    return torch.stack([weight * entropy_spec(row) for weight, row in rows]).sum()


conditional_entropy = Exercise(
    "conditional_entropy",
    conditional_entropy_spec,
    points=2,
    forbids=READY_MADE,
    idea="Conditional entropy is an average: each row's own entropy, weighted by how often that row comes.",
    hints=(
        "Each row x, divided by its sum p(x), is a distribution p(y|x) with an entropy of its own.",
        "Those entropies are averaged with the weights p(x). The same number is H(X, Y) - H(X).",
        "A row of zeros must not divide 0 by 0: the form H(X, Y) - H(X) never divides.",
    ),
)


@conditional_entropy.check
def known_answer(f: Function, rng: Rng) -> None:
    """A small table, with rows of unequal weight"""
    same_value(f, conditional_entropy_spec, tensor([[0.4, 0.4], [0.15, 0.05]]))
    same_value(f, conditional_entropy_spec, joint(rng, 2, 3))
    same_value(f, conditional_entropy_spec, joint(rng, 3, 2))


@conditional_entropy.check
def empty_cells_and_rows(f: Function, rng: Rng) -> None:
    """Empty cells and empty rows add nothing"""
    same_value(f, conditional_entropy_spec, tensor([[0.5, 0.0], [0.25, 0.25]]))
    same_value(f, conditional_entropy_spec, tensor([[0.5, 0.0], [0.0, 0.0], [0.2, 0.3]]))


gradient_beside_an_empty_cell(conditional_entropy, "conditional_gradient")


def ln_conditional(joint: Tensor) -> Tensor:
    """ln p(y|x), with 0 where a cell is empty."""
    return ln(joint) - ln(joint.sum(1, keepdim=True)) * (joint > 0)


def unmasked_terms(joint: Tensor) -> Tensor:
    """p(x, y) ln p(y|x), which is NaN where a cell is empty."""
    return joint * (joint / joint.sum(1, keepdim=True)).log()


conditional_entropy.misconceptions.table(
    transposed=(
        "This is H(X|Y): the columns were taken as given. X is the row, and X is what is known.",
        lambda p: conditional_entropy_spec(p.T),
    ),
    equal_weights=(
        "This averages the rows' entropies with equal weights. A row that comes more often counts more: weigh by p(x).",
        lambda p: torch.stack([entropy_spec(row / row.sum()) for row in p if row.sum() > 0]).mean(),
    ),
    summed_rows=(
        "The rows' entropies are added up. They are averaged with the weights p(x): a row that comes more often counts "
        "more.",
        lambda p: torch.stack([entropy_spec(row / row.sum()) for row in p if row.sum() > 0]).sum(),
    ),
    whole_joint=(
        "This is H(X, Y), the entropy of the pair. What X alone contributes, H(X), must go.",
        joint_entropy_spec,
    ),
    marginal=("This is H(Y): what is uncertain before X is known.", lambda p: entropy_spec(p.sum(0))),
    conditional_nan=(
        "An empty cell or row gave NaN (0 · log 0, or 0 / 0). Those terms count as 0: mask before dividing and before "
        "the logarithm.",
        lambda p: -unmasked_terms(p).sum(),
        "I1",
    ),
    conditional_masked_too_late=(
        MASKED_TOO_LATE,
        lambda p: -torch.where(p > 0, unmasked_terms(p), torch.zeros_like(p)).sum(),
        "I2",
    ),
    conditional_normalised=(TABLE_NORMALISED, lambda p: conditional_entropy_spec(p / p.sum()), "I5"),
    conditional_bits=(IN_BITS, lambda p: conditional_entropy_spec(p) / math.log(2), "I4"),
)
conditional_entropy.misconceptions.terms(
    pair=("H(X, Y)", joint_entropy_spec),
    known=("H(X), which is taken away,", lambda p: -entropy_spec(p.sum(1))),
)
joint_entropy.misconceptions.table(
    marginal_alone=(
        "This is the entropy of one variable alone. The pair has a cell for each combination.",
        (lambda p: entropy_spec(p.sum(1)), lambda p: entropy_spec(p.sum(0))),
    ),
    of_the_mean_row=(
        "The rows are averaged first. The pair has a cell for each combination: sum over all cells.",
        (lambda p: entropy_spec(p.mean(0)), lambda p: entropy_spec(p.mean(1))),
    ),
    joint_averaged=(
        "The terms are averaged. The weights add up to 1 already: sum.",
        (lambda p: -(p * ln(p)).mean(), lambda p: -(p * ln(p)).sum(1).mean(), lambda p: -(p * ln(p)).sum(0).mean()),
    ),
    joint_negative=("The minus sign is missing.", lambda p: (p * ln(p)).sum()),
    joint_unweighted=("The surprises are not weighted by their probabilities.", lambda p: -ln(p).sum()),
    one_per_column=(
        "This gives one number a column. The pair (X, Y) is one variable: sum over all cells.",
        lambda p: -(p * ln(p)).sum(0),
    ),
    of_rows_normalised=(
        "Each row is divided by its sum first: that is p(y|x). The pair has the cells as they stand.",
        lambda p: -(p / p.sum(1, keepdim=True) * ln(p / p.sum(1, keepdim=True))).nan_to_num().sum(),
    ),
)
conditional_entropy.misconceptions.table(
    told=(
        "This is what X tells of Y, or its negative: H(Y) - H(Y|X). What is left is asked for.",
        (
            lambda p: entropy_spec(p.sum(0)) - conditional_entropy_spec(p),
            lambda p: conditional_entropy_spec(p) - entropy_spec(p.sum(0)),
        ),
    ),
    known_alone=(
        "This is H(X), what was known. What is left of Y is asked for.",
        lambda p: entropy_spec(p.sum(1)),
    ),
    weights_of_conditional=(
        "ln p(y|x) is weighed by p(y|x), or by p(x). Weigh it by p(x, y): that is how often the cell comes.",
        (
            lambda p: -(p.sum(1, keepdim=True) * ln_conditional(p)).sum(),
            lambda p: -ln_conditional(p).sum(),
            lambda p: -ln_conditional(p).mean(),
        ),
    ),
    pointwise_ratio_turned=(
        "The ratio below the logarithm is turned, ln [p(x) / p(x, y)], or the minus is missing.",
        lambda p: -conditional_entropy_spec(p),
    ),
    weights_of_columns=(
        "The rows' entropies are weighed by the sums of the columns. Weigh each by p(x), the sum of its row.",
        lambda p: (entropy_spec(p / p.sum(1, keepdim=True)) * p.sum(0)[: len(p)]).sum(),
    ),
    rows_as_they_stand=(
        "The rows are not divided by their sums, and their entropies are averaged or weighed.",
        (
            lambda p: (p.sum(1) * entropy_spec(p)).sum(),
            lambda p: entropy_spec(p).mean(),
        ),
    ),
    one_for_each_x=(
        "This gives one number for each x. They are averaged with the weights p(x).",
        (
            lambda p: torch.stack([entropy_spec(row / row.sum()) for row in p]),
            lambda p: torch.stack([row.sum() * entropy_spec(row / row.sum()) for row in p]),
        ),
    ),
)
joint_entropy.misconceptions.table(
    what_x_leaves=(
        "This is H(Y|X) or H(X|Y), what one variable leaves open of the other. The pair is asked for.",
        (conditional_entropy_spec, lambda p: conditional_entropy_spec(p.T)),
    ),
)
