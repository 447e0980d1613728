"""Self-information, entropy, joint and conditional entropy, mutual information, perplexity.

Source of the definitions: Shannon, A Mathematical Theory of Communication (1948); `torch.special.entr`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import distribution, joint, normal
from coursekit.wire import Question

Rng = np.random.Generator

READY_MADE = ("special_entr",)


def ln(p: Tensor) -> Tensor:
    """ln p, with 0 for ln 0: every term it stands in is multiplied by that 0."""
    return p.where(p > 0, 1.0).log()


# ---- self_information --------------------------------------------------------------------------------------------


def self_information_spec(p: Tensor) -> Tensor:
    """-log2 p."""
    return -p.log2()


self_information = Exercise(
    "self_information",
    self_information_spec,
    points=1,
    idea="Surprise is the logarithm of 1/p: independent surprises add up, because probabilities multiply.",
    hints=(
        "A head has probability 1/2 and one bit, two heads in a row 1/4 and two bits. Which function turns 1/4 into 2?",
        "Bits are logarithms to base 2 (torch has `torch.log2`), and a surprise is never negative.",
    ),
)


@self_information.check
def coin(f: Function, rng: Rng) -> None:
    """A fair coin's head carries 1 bit, an event of 1/4 carries 2"""
    same_value(f, self_information_spec, tensor(0.5))
    same_value(f, self_information_spec, tensor(0.25))


@self_information.check
def many(f: Function, rng: Rng) -> None:
    """Many probabilities at once

    The function works element by element: the result has the shape of p.
    """
    same_value(f, self_information_spec, distribution(rng, 3))
    same_value(f, self_information_spec, distribution(rng, 2, 4))


@self_information.check
def certain_and_impossible(f: Function, rng: Rng) -> None:
    """A certain event carries nothing, an impossible one infinitely much"""
    same_value(f, self_information_spec, tensor([1.0, 0.0]))


@self_information.check
def information_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, self_information_spec, distribution(rng, 3))


@self_information.misconception(  # I4
    "This is the surprise in nats: `torch.log` is the natural logarithm. Bits need base 2."
)
def nats(p: Tensor) -> Tensor:
    return -p.log()


@self_information.misconception("The minus sign is missing: log2 of a probability is negative, a surprise is not.")
def negative_information(p: Tensor) -> Tensor:
    return p.log2()


@self_information.misconception("This weighs the surprise by p. That belongs to the entropy, which averages surprises.")
def weighted_information(p: Tensor) -> Tensor:
    return -p * p.log2()


@self_information.misconception(  # I6
    "A small number was added to p before the logarithm: an impossible event no longer has infinite surprise."
)
def padded_information(p: Tensor) -> Tensor:
    return -(p + 1e-8).log2()


# ---- entropy -----------------------------------------------------------------------------------------------------


def entropy_spec(p: Tensor) -> Tensor:
    """-Σ p ln p over the last dimension, 0 ln 0 = 0."""
    return -(p * ln(p)).sum(-1)


entropy = Exercise(
    "entropy",
    entropy_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Entropy is the surprise to expect: each outcome's surprise, weighted by how often it comes.",
    hints=(
        "An expectation is a sum of value times probability. Here the value is the surprise -ln p.",
        "At p = 0 the computer finds 0 · (-inf) = nan. The limit of p ln p is 0: what could stand in for p inside the "
        "logarithm, so that the product is 0?",
        "`torch.where(p > 0, p, 1.0)` inside the logarithm; masking the product afterwards is too late for the "
        "gradient. Sum over `dim=-1`.",
    ),
)


@entropy.check
def fair_coin(f: Function, rng: Rng) -> None:
    """A fair coin has ln 2 = 0.6931 nats, a crooked one less"""
    same_value(f, entropy_spec, tensor([0.5, 0.5]))
    same_value(f, entropy_spec, distribution(rng, 2))
    same_value(f, entropy_spec, distribution(rng, 3))


@entropy.check
def rows(f: Function, rng: Rng) -> None:
    """A batch of distributions gives one entropy each

    Sum over the last dimension only.
    """
    same_value(f, entropy_spec, distribution(rng, 2, 3))
    same_value(f, entropy_spec, distribution(rng, 2, 2, 3))


@entropy.check
def entropy_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, entropy_spec, distribution(rng, 3))
    same_gradient(f, entropy_spec, distribution(rng, 2, 3))


@entropy.check
def zero_probability(f: Function, rng: Rng) -> None:
    """0 ln 0 counts as 0"""
    same_value(f, entropy_spec, tensor([0.5, 0.5, 0.0]))


@entropy.check
def gradient_beside_a_zero(f: Function, rng: Rng) -> None:
    """A probability of 0 leaves no NaN in the gradient

    `torch.where` computes both branches; the gradient of the one not taken is multiplied by 0, and 0 · inf is NaN. Put
    the mask inside the logarithm.
    """
    # at the zero itself the slope is +inf; 0 is what masking gives, and as good for training
    p = tensor([0.5, 0.5, 0.0])
    same_gradient(f, entropy_spec, p, free=p == 0)


@entropy.parity
def tiny_probability(f: Function, rng: Rng) -> None:
    """Tiny probabilities are not rounded away (float64)

    Look for a small number added inside the logarithm, or a clamp.
    """
    tiny = 10.0 ** -int(rng.integers(6, 9))
    same_value(f, entropy_spec, tensor([tiny, 1 - tiny], dtype=torch.float64))


@entropy.parity
def entropy_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, entropy_spec, distribution(rng, 3))
    same_dtype(f, entropy_spec, distribution(rng, 3).double())


@entropy.misconception(  # I1
    "0 · log 0 came out as NaN (0 times -inf). The limit is 0: keep the logarithm away from 0."
)
def nan_at_zero(p: Tensor) -> Tensor:
    return -(p * p.log()).sum(-1)


@entropy.misconception(  # I2
    "The value is masked after the logarithm (`where`, `nan_to_num`), so its gradient is still NaN: both branches are "
    "differentiated. Mask the input of the logarithm as well."
)
def masked_too_late(p: Tensor) -> Tensor:
    return -torch.where(p > 0, p * p.log(), torch.zeros_like(p)).sum(-1)


@entropy.misconception(  # I4
    "This is the entropy in bits. Nats need the natural logarithm, `torch.log`: ln 2 = 0.693 nats are one bit."
)
def bits(p: Tensor) -> Tensor:
    return -(p * ln(p)).sum(-1) / math.log(2)


@entropy.misconception(  # I6
    "A small number inside the logarithm (log(p + 1e-8)) avoids the NaN by computing something slightly else. Mask the "
    "zeros instead."
)
def padded(p: Tensor) -> Tensor:
    return -(p * (p + 1e-8).log()).sum(-1)


@entropy.misconception("The minus sign is missing: logarithms of probabilities are negative, entropy is not.")
def negative_entropy(p: Tensor) -> Tensor:
    return (p * ln(p)).sum(-1)


@entropy.misconception("The surprises are not weighted by their probabilities: this is their plain sum.")
def unweighted(p: Tensor) -> Tensor:
    return -ln(p).sum(-1)


@entropy.misconception(
    "This divides by the number of outcomes. The weights p add up to 1 already: sum, do not average."
)
def averaged(p: Tensor) -> Tensor:
    return -(p * ln(p)).mean(-1)


@entropy.misconception("This sums over the whole batch. Each row is a distribution of its own: sum over dim=-1.")
def summed_over_batch(p: Tensor) -> Tensor:
    return -(p * ln(p)).sum()


@entropy.misconception("This sums over the first dimension. The outcomes lie along the last one: sum over dim=-1.")
def summed_over_first(p: Tensor) -> Tensor:
    return -(p * ln(p)).sum(0)


@entropy.misconception(  # I5
    "This normalises p first, as `scipy.stats.entropy` does. A p that does not sum to 1 should show as a wrong "
    "entropy, and the division changes the gradient."
)
def normalised(p: Tensor) -> Tensor:
    q = p / p.sum(-1, keepdim=True)
    return -(q * ln(q)).sum(-1)


# ---- perplexity --------------------------------------------------------------------------------------------------


def perplexity_spec(losses: Tensor) -> Tensor:
    """exp of the mean."""
    return losses.mean().exp()


perplexity = Exercise(
    "perplexity",
    perplexity_spec,
    points=1,
    idea="Perplexity is an entropy told as a number of choices; average the losses first, then take the exponential.",
    hints=(
        "A model that gives every one of 8 choices the probability 1/8 has a loss of ln 8 at each token, and a "
        "perplexity of 8.",
        "Losses are logarithms, so they are averaged before the exponential, not after it.",
    ),
)


@perplexity.check
def eight_choices(f: Function, rng: Rng) -> None:
    """A loss of ln 8 at every token is a perplexity of 8"""
    same_value(f, perplexity_spec, tensor([8.0, 8.0]).log())


@perplexity.check
def uneven_losses(f: Function, rng: Rng) -> None:
    """Losses that differ"""
    same_value(f, perplexity_spec, tensor([1.0, 3.0]))
    same_value(f, perplexity_spec, normal(rng, 3).abs() + tensor([0.5, 1.0, 1.5]))


@perplexity.check
def perplexity_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, perplexity_spec, normal(rng, 3).abs() + tensor([0.5, 1.0, 1.5]))


@perplexity.misconception(  # I10
    "This averages the exponentials. The result then depends on how the tokens were batched: average the losses, then "
    "take the exponential."
)
def mean_of_exponentials(losses: Tensor) -> Tensor:
    return losses.exp().mean()


@perplexity.misconception("The losses are in nats, so the base is e: this uses 2, which belongs to losses in bits.")
def base_two(losses: Tensor) -> Tensor:
    return losses.mean().exp2()


@perplexity.misconception("This sums the losses: perplexity is per token, so take their mean.")
def summed(losses: Tensor) -> Tensor:
    return losses.sum().exp()


@perplexity.misconception("The exponential is missing: this is the mean loss, whose exponential is the perplexity.")
def mean_loss(losses: Tensor) -> Tensor:
    return losses.mean()


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
    same_value(f, joint_entropy_spec, tensor([[0.5, 0.0], [0.25, 0.25]]))


@joint_entropy.check
def joint_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, also beside an empty cell

    If a NaN stands in the gradient, mask the input of the logarithm, not its output.
    """
    same_gradient(f, joint_entropy_spec, joint(rng, 2, 2))
    table = tensor([[0.5, 0.0], [0.25, 0.25]])
    same_gradient(f, joint_entropy_spec, table, free=table == 0)


@joint_entropy.misconception("This adds H(X) and H(Y). The pair has that much entropy only if X and Y are independent.")
def sum_of_marginals(joint: Tensor) -> Tensor:
    return entropy_spec(joint.sum(1)) + entropy_spec(joint.sum(0))


@joint_entropy.misconception("This gives one number a row. The pair (X, Y) is one variable: sum over all cells.")
def one_per_row(joint: Tensor) -> Tensor:
    return entropy_spec(joint)


@joint_entropy.misconception("0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from 0.")  # I1
def joint_nan_at_zero(joint: Tensor) -> Tensor:
    return -(joint * joint.log()).sum()


@joint_entropy.misconception(  # I2
    "The value is masked after the logarithm, so its gradient is still NaN. Mask the input of the logarithm as well."
)
def joint_masked_too_late(joint: Tensor) -> Tensor:
    return -torch.where(joint > 0, joint * joint.log(), torch.zeros_like(joint)).sum()


@joint_entropy.misconception("This is in bits. Nats need the natural logarithm.")  # I4
def joint_bits(joint: Tensor) -> Tensor:
    return joint_entropy_spec(joint) / math.log(2)


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


@conditional_entropy.check
def conditional_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, also beside an empty cell

    If a NaN stands in the gradient, mask the input of the logarithm, not its output.
    """
    same_gradient(f, conditional_entropy_spec, joint(rng, 2, 3))
    table = tensor([[0.5, 0.0], [0.25, 0.25]])
    same_gradient(f, conditional_entropy_spec, table, free=table == 0)


@conditional_entropy.misconception(
    "This is H(X|Y): the columns were taken as given. X is the row, and X is what is known."
)
def transposed(joint: Tensor) -> Tensor:
    return conditional_entropy_spec(joint.T)


@conditional_entropy.misconception(
    "This averages the rows' entropies with equal weights. A row that comes more often counts more: weigh by p(x)."
)
def equal_weights(joint: Tensor) -> Tensor:
    return torch.stack([entropy_spec(row / row.sum()) for row in joint if row.sum() > 0]).mean()


@conditional_entropy.misconception("This is H(X, Y), the entropy of the pair. What X alone contributes, H(X), must go.")
def whole_joint(joint: Tensor) -> Tensor:
    return joint_entropy_spec(joint)


@conditional_entropy.misconception("This is H(Y): what is uncertain before X is known.")
def marginal(joint: Tensor) -> Tensor:
    return entropy_spec(joint.sum(0))


@conditional_entropy.misconception(  # I1
    "An empty cell or row gave NaN (0 · log 0, or 0 / 0). Those terms count as 0: mask before dividing and before the "
    "logarithm."
)
def conditional_nan(joint: Tensor) -> Tensor:
    return -(joint * (joint / joint.sum(1, keepdim=True)).log()).sum()


@conditional_entropy.misconception(  # I2
    "The value is masked after the logarithm, so its gradient is still NaN. Mask the input of the logarithm as well."
)
def conditional_masked_too_late(joint: Tensor) -> Tensor:
    terms = joint * (joint / joint.sum(1, keepdim=True)).log()
    return -torch.where(joint > 0, terms, torch.zeros_like(joint)).sum()


@conditional_entropy.misconception("This is in bits. Nats need the natural logarithm.")  # I4
def conditional_bits(joint: Tensor) -> Tensor:
    return conditional_entropy_spec(joint) / math.log(2)


# ---- mutual_information ------------------------------------------------------------------------------------------


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

    A cell of probability 0 adds nothing: keep the logarithm away from it.
    """
    p = distribution(rng, 3)
    same_value(f, mutual_information_spec, torch.diag(p))
    same_value(f, mutual_information_spec, p[:, None].double() * tensor([0.3, 0.7], dtype=torch.float64))


@mutual_information.check
def mutual_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, also beside an empty cell

    If a NaN stands in the gradient, mask the input of the logarithm, not its output.
    """
    same_gradient(f, mutual_information_spec, joint(rng, 2, 3))
    table = tensor([[0.5, 0.0], [0.25, 0.25]])
    same_gradient(f, mutual_information_spec, table, free=table == 0)


@mutual_information.parity
def weak_dependence(f: Function, rng: Rng) -> None:
    """A faint dependence is seen (float64)

    Look for a small number added inside the logarithm.
    """
    faint = 1e-3 * int(rng.integers(1, 9))
    table = tensor([[0.25 + faint, 0.25 - faint], [0.25 - faint, 0.25 + faint]], dtype=torch.float64)
    same_value(f, mutual_information_spec, table)
    same_value(f, mutual_information_spec, tensor([[1e-7, 1e-7], [3e-7, 1 - 5e-7]], dtype=torch.float64))


@mutual_information.parity
def mutual_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, mutual_information_spec, joint(rng, 2, 2))
    same_dtype(f, mutual_information_spec, joint(rng, 2, 2).double())


@mutual_information.misconception(
    "The logarithms are added without weights: this sums the pointwise mutual information. Weigh each by p(x, y)."
)
def pointwise(joint: Tensor) -> Tensor:
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return (joint / independent).log().sum()


@mutual_information.misconception(
    "The ratio is upside down, so the sign is wrong: mutual information is never negative."
)
def upside_down(joint: Tensor) -> Tensor:
    return -mutual_information_spec(joint)


@mutual_information.misconception(
    "This weighs by p(x) p(y) instead of p(x, y): it averages as if X and Y were independent."
)
def independent_weights(joint: Tensor) -> Tensor:
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return (independent * (ln(joint) - ln(independent))).sum()


@mutual_information.misconception("This is H(X) + H(Y): the entropy of the pair, H(X, Y), still has to be taken away.")
def without_the_pair(joint: Tensor) -> Tensor:
    return entropy_spec(joint.sum(1)) + entropy_spec(joint.sum(0))


@mutual_information.misconception(
    "This is H(Y|X), what X leaves open. Mutual information is what it tells: H(Y) - H(Y|X)."
)
def what_is_left(joint: Tensor) -> Tensor:
    return conditional_entropy_spec(joint)


@mutual_information.misconception(
    "An empty cell gave NaN (0 · log 0). It counts as 0: mask the input of the logarithm."
)  # I1
def mutual_nan(joint: Tensor) -> Tensor:
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return (joint * (joint / independent).log()).sum()


@mutual_information.misconception(  # I2
    "The value is masked after the logarithm, so its gradient is still NaN. Mask the input of the logarithm as well."
)
def mutual_masked_too_late(joint: Tensor) -> Tensor:
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    terms = joint * (joint / independent).log()
    return torch.where(joint > 0, terms, torch.zeros_like(joint)).sum()


@mutual_information.misconception("This is in bits. Nats need the natural logarithm.")  # I4
def mutual_bits(joint: Tensor) -> Tensor:
    return mutual_information_spec(joint) / math.log(2)


@mutual_information.misconception(  # I6
    "A small number inside the logarithm avoids the NaN by computing something slightly else. Mask the zeros instead."
)
def mutual_padded(joint: Tensor) -> Tensor:
    independent = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    return (joint * ((joint + 1e-8) / (independent + 1e-8)).log()).sum()


# ---- entr --------------------------------------------------------------------------------------------------------


def entr_spec(input: Tensor) -> Tensor:
    """-x ln x for x > 0; 0 at 0; -inf below; NaN stays NaN."""
    value = torch.where(input < 0, -inf, -input.where(input > 0, 1.0) * ln(input))
    return value.where(~input.isnan(), input)


def entr_cases() -> Iterator[Question]:
    """Shapes × dtypes, with gradients; then the edges.

    torch's own slope at 0 is +inf and below 0 it is NaN; a mask gives 0. Neither matters to a value, so the edges are
    compared in value only.
    """
    for dtype in (torch.float32, torch.float64):
        for shape in ((), (3,), (2, 3), (0,), (2, 0)):
            x = torch.linspace(0.1, 1.7, int(np.prod(shape, dtype=int)), dtype=dtype).reshape(shape)
            yield Question((x,), wrt=(0,))
        yield Question((tensor([0.0, -0.0, 1.0, -0.5, -inf, inf, nan, 1e-30], dtype=dtype),))


entr = Exercise(
    "entr",
    entr_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=torch.special.entr,
    cases=entr_cases,
    idea="A drop-in replacement also answers for inputs that should not happen, and lets a NaN be seen.",
    hints=(
        "There are four kinds of x: positive, zero, negative, NaN. Write down what each should give.",
        "`nan_to_num` hides every NaN, also the one that was in the input and should be seen.",
        "Compute -s ln s for a safe s first, then choose with `torch.where` for x < 0 and for NaN.",
    ),
)


@entr.check
def elementwise(f: Function, rng: Rng) -> None:
    """Each element by itself, in any shape"""
    same_value(f, entr_spec, tensor(0.5))
    same_value(f, entr_spec, distribution(rng, 3))
    same_value(f, entr_spec, distribution(rng, 2, 3))


@entr.check
def zero_beside(f: Function, rng: Rng) -> None:
    """0 gives 0, and no NaN in the gradient

    If a NaN stands in the gradient, mask the input of the logarithm, not its output.
    """
    x = tensor([0.25, 0.0])
    same_value(f, entr_spec, x)
    same_gradient(f, entr_spec, x, free=x == 0)


@entr.check
def entr_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, entr_spec, distribution(rng, 2, 3))


@entr.parity
def negative_input(f: Function, rng: Rng) -> None:
    """A negative input gives -inf"""
    same_value(f, entr_spec, tensor([-0.5, 0.5]))


@entr.parity
def nan_is_seen(f: Function, rng: Rng) -> None:
    """A NaN in the input stays a NaN

    A NaN says that something went wrong earlier. Hiding it moves the search to the wrong place.
    """
    same_value(f, entr_spec, tensor([0.5, nan]))


@entr.parity
def entr_exact(f: Function, rng: Rng) -> None:
    """Exact in float64, and float32 stays float32

    Look for a small number added inside the logarithm, or a clamp.
    """
    tiny = 10.0 ** -int(rng.integers(6, 9))
    same_dtype(f, entr_spec, tensor([tiny, 0.5], dtype=torch.float64))
    same_dtype(f, entr_spec, distribution(rng, 3))


@entr.misconception("0 · log 0 came out as NaN. The limit is 0: keep the logarithm away from 0.")  # I1
def entr_nan_at_zero(input: Tensor) -> Tensor:
    return -input * input.log()


@entr.misconception(  # I2
    "The value is masked after the logarithm, so its gradient is still NaN. Mask the input of the logarithm as well."
)
def entr_masked_too_late(input: Tensor) -> Tensor:
    return torch.where(input == 0, 0.0, -input * input.log())


@entr.misconception(  # I3
    "`nan_to_num` (or dropping the NaNs) also hides a NaN that was in the input. It should be seen."
)
def entr_nan_hidden(input: Tensor) -> Tensor:
    x = input.nan_to_num()
    return torch.where(x < 0, -inf, -x.where(x > 0, 1.0) * ln(x))


@entr.misconception(
    "This gives 0 for a negative input. torch gives -inf, so that an impossible probability is noticed."
)
def entr_zero_below(input: Tensor) -> Tensor:
    return -input.where(input > 0, 1.0) * ln(input) + 0 * input


@entr.misconception("This sums the terms. `entr` gives one value for each element.")
def entr_summed(input: Tensor) -> Tensor:
    return entr_spec(input).sum()


@entr.misconception(  # I6
    "A small number inside the logarithm avoids the NaN by computing something slightly else. Mask the zeros instead."
)
def entr_padded(input: Tensor) -> Tensor:
    return -input * (input + 1e-8).log()
