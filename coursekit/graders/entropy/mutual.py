"""What two variables tell of each other: `mutual_information`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, keeps_dtype, same_value
from coursekit.exercise.families.inputs import distribution, in_float64, joint
from coursekit.graders.entropy.common import (
    IN_BITS,
    MASKED_TOO_LATE,
    PADDED,
    READY_MADE,
    TABLE_NORMALISED,
    gradient_beside_an_empty_cell,
    ln,
)
from coursekit.graders.entropy.pair import conditional_entropy_spec
from coursekit.graders.entropy.surprise import entropy_spec


def mutual_information_spec(joint: Tensor) -> Tensor:
    """Σ p(x, y) ln [p(x, y) / (p(x) p(y))] over the cells that are not empty."""
    p_x, p_y = joint.sum(1), joint.sum(0)
    cells = [(x, y) for x in range(len(p_x)) for y in range(len(p_y)) if joint[x, y] > 0]
    return torch.stack([joint[x, y] * (joint[x, y] / (p_x[x] * p_y[y])).log() for x, y in cells]).sum()


mutual_information = Exercise(
    "mutual_information",
    mutual_information_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Mutual information is what one variable's entropy loses when the other is told: H(Y) - H(Y|X).",
    hints=(
        "If X and Y were independent, cell (x, y) would hold p(x) p(y). How far is it from that, as a logarithm?",
        "Average ln [p(x, y) / (p(x) p(y))] with the weights p(x, y). `keepdim=True` makes p(x) a column, p(y) a row.",
        "Or use entropies: I = H(X) + H(Y) - H(X, Y).",
    ),
)


@mutual_information.check
def dependent(f: Function, rng: Rng) -> None:
    """Two variables that depend on each other"""
    same_value(f, mutual_information_spec, tensor([[0.5, 0.1], [0.1, 0.3]]))
    same_value(f, mutual_information_spec, joint(rng, 2, 3))


@mutual_information.check
def told_and_not_told(f: Function, rng: Rng) -> None:
    """X = Y shares all its entropy, independent variables share none

    A cell of probability 0 adds nothing, nor does a whole row of them: keep the logarithm away from it.
    """
    p = distribution(rng, 3)
    same_value(f, mutual_information_spec, torch.diag(p))
    same_value(f, mutual_information_spec, tensor([[0.5, 0.0], [0.0, 0.0], [0.2, 0.3]]))
    same_value(f, mutual_information_spec, in_float64(p)[:, None] * tensor([0.3, 0.7], dtype=torch.float64))


gradient_beside_an_empty_cell(mutual_information, "mutual_gradient")


@mutual_information.parity
def weak_dependence(f: Function, rng: Rng) -> None:
    """A faint dependence is seen (float64)

    Look for a small number added inside the logarithm.
    """
    faint = 1e-3 * int(rng.integers(1, 9))
    table = tensor([[0.25 + faint, 0.25 - faint], [0.25 - faint, 0.25 + faint]], dtype=torch.float64)
    same_value(f, mutual_information_spec, table)
    same_value(f, mutual_information_spec, tensor([[1e-7, 1e-7], [3e-7, 1 - 5e-7]], dtype=torch.float64))


keeps_dtype(mutual_information, lambda rng: (joint(rng, 2, 2),), name="mutual_dtype", anew=True)


# ---- mistakes ----------------------------------------------------------------------------------------------------


def beside_independence(formula: Loss) -> Loss:
    """A loss of the joint p and of q = p(x) p(y), the joint that it would be if X and Y were independent."""

    def loss(joint: Tensor) -> Tensor:
        return formula(joint, joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True))

    return loss


mutual_information.misconceptions.table(
    beside_independence,
    pointwise=(
        "The logarithms are added or averaged without weights: this is the pointwise mutual information. Weigh each by "
        "p(x, y).",
        (
            lambda p, q: (p / q).log().sum(),
            lambda p, q: (p / q).log().mean(),
            lambda p, q: (p / q)[p > 0].log().sum(),
            lambda p, q: (p / q)[p > 0].log().mean(),
        ),
    ),
    upside_down=(
        "The sign is turned, by a minus too many or by a ratio that is upside down: mutual information is never "
        "negative.",
        lambda p, q: -mutual_information_spec(p),
    ),
    independent_weights=(
        "This weighs by p(x) p(y) instead of p(x, y): it averages as if X and Y were independent.",
        lambda p, q: (q * (ln(p) - ln(q))).sum(),
    ),
    without_the_pair=(
        "This is H(X) + H(Y): the entropy of the pair, H(X, Y), still has to be taken away.",
        lambda p, q: entropy_spec(p.sum(1)) + entropy_spec(p.sum(0)),
    ),
    pair_added=(
        "H(X, Y) is added to H(X) + H(Y). It has to be taken away.",
        lambda p, q: entropy_spec(p.sum(1)) + entropy_spec(p.sum(0)) + entropy_spec(p.flatten()),
    ),
    other_direction=(
        "This is the divergence the other way round, weighed by p(x) p(y) and with the ratio upside down. Mutual "
        "information weighs ln of p(x, y) / (p(x) p(y)) by p(x, y).",
        lambda p, q: (q * (ln(q.where(p > 0, 1.0)) - ln(p))).sum(),
    ),
    what_is_left=(
        "This is H(Y|X), what X leaves open. Mutual information is what it tells: H(Y) - H(Y|X).",
        lambda p, q: conditional_entropy_spec(p),
    ),
    mutual_nan=(
        "An empty cell gave NaN (0 · log 0). It counts as 0: mask the input of the logarithm.",
        lambda p, q: (p * (p / q).log()).sum(),
        "I1",
    ),
    mutual_masked_too_late=(
        MASKED_TOO_LATE,
        lambda p, q: torch.where(p > 0, p * (p / q).log(), torch.zeros_like(p)).sum(),
        "I2",
    ),
    mutual_normalised=(TABLE_NORMALISED, lambda p, q: mutual_information_spec(p / p.sum()), "I5"),
    mutual_bits=(IN_BITS, lambda p, q: mutual_information_spec(p) / math.log(2), "I4"),
    mutual_padded=(PADDED, lambda p, q, *, eps=1e-8: (p * ((p + eps) / (q + eps)).log()).sum(), "I6"),
    mutual_clipped=(PADDED, lambda p, q, *, eps=1e-8: (p * (p.clamp(min=eps) / q.clamp(min=eps)).log()).sum(), "I6"),
)
mutual_information.misconceptions.table(
    terms_made_positive=(
        "`abs` makes each term positive. Terms below 0 belong to the sum: only the sum of all is never negative.",
        lambda joint: (joint * (ln(joint) - ln(joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)))).abs().sum(),
        "I8",
    ),
    marginals_added=(
        "p(x) and p(y) are added below the fraction. If X and Y were independent, p(x, y) would be their product.",
        lambda joint: (joint * (ln(joint) - ln(joint.sum(1, keepdim=True) + joint.sum(0, keepdim=True)))).sum(),
    ),
)
mutual_information.misconceptions.terms(
    x=("H(X)", lambda p: entropy_spec(p.sum(1))),
    y=("H(Y)", lambda p: entropy_spec(p.sum(0))),
    pair=("H(X, Y), which is taken away,", lambda p: -entropy_spec(p.flatten())),
)


def entropies(formula: Loss) -> Loss:
    """A loss of H(X), H(Y) and H(X, Y)."""
    return lambda joint: formula(*map(entropy_spec, (joint.sum(1), joint.sum(0), joint.flatten())))


mutual_information.misconceptions.table(
    entropies,
    share_of_entropy=(
        "The information is divided by an entropy, so that it lies between 0 and 1. Here it is in nats.",
        (
            lambda x, y, pair: (x + y - pair) / (x * y).sqrt(),
            lambda x, y, pair: 2 * (x + y - pair) / (x + y),
            lambda x, y, pair: (x + y - pair) / torch.minimum(x, y),
            lambda x, y, pair: (x + y - pair) / torch.maximum(x, y),
            lambda x, y, pair: (x + y - pair) / pair,
            lambda x, y, pair: (x + y - pair) / x,
            lambda x, y, pair: (x + y - pair) / y,
            lambda x, y, pair: (x + y) / pair - 1,
        ),
    ),
    variation=(
        "This is what each leaves open of the other, H(X|Y) + H(Y|X). What they share is asked for.",
        lambda x, y, pair: 2 * pair - x - y,
    ),
    what_y_leaves=(
        "This is H(X|Y), what Y leaves open, or H(X) less that twice. Mutual information is H(X) - H(X|Y).",
        (lambda x, y, pair: pair - y, lambda x, y, pair: x - 2 * (pair - y), lambda x, y, pair: y - 2 * (pair - x)),
    ),
    product_of_entropies=(
        "The entropies are multiplied or divided. Information is added and taken away.",
        (lambda x, y, pair: x * y - pair, lambda x, y, pair: x * y / pair),
    ),
    entropy_alone=(
        "This is an entropy alone. Mutual information is H(X) + H(Y) - H(X, Y).",
        (lambda x, y, pair: x, lambda x, y, pair: y, lambda x, y, pair: pair),
    ),
)
mutual_information.misconceptions.table(
    beside_independence,
    information_averaged=(
        "The terms are averaged over the cells. The weights p(x, y) add up to 1 already: sum.",
        lambda p, q: mutual_information_spec(p) / p.numel(),
    ),
    chi_squared=(
        "This is Σ (p - q)² / q, how far from independence by squares. Information weighs logarithms.",
        (lambda p, q: ((p - q).square() / q.where(q > 0, 1.0)).sum(), lambda p, q: (p - q).abs().sum()),
    ),
    one_information_a_row=(
        "This gives one number per row. All cells belong together: sum over both dimensions.",
        (
            lambda p, q: (p * (ln(p) - ln(q))).sum(1),
            lambda p, q: (p * (ln(p) - ln(q))).sum(0),
            lambda p, q: (p * (ln(p) - ln(q))).sum(1).mean(),
        ),
    ),
    information_of_cells=(
        "These are the terms of the cells. Add them up.",
        lambda p, q: p * (ln(p) - ln(q)),
    ),
)
