"""The share of pairs in the right order: `area_under_curve`."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, keeps_dtype, same_value
from coursekit.graders.ranking.common import draw_scores


def area_spec(scores: Tensor, labels: Tensor) -> Tensor:
    """Pair by pair: 1 for the right order, a half for a tie, 0 for the wrong order; then the mean."""
    ones = [float(s) for s, y in zip(scores, labels, strict=True) if y == 1]
    zeros = [float(s) for s, y in zip(scores, labels, strict=True) if y == 0]
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in ones for b in zeros]
    return scores.new_tensor(np.mean(pairs) if pairs else torch.nan)


def items(rng: Rng) -> tuple[Tensor, Tensor]:
    """Six scores of either sign, two 1s and four 0s in any order; five, six or seven of eight pairs are right."""
    order = rng.permutation(6)
    below = rng.choice([(1, 5), (2, 4), (2, 5), (3, 5)])  # the places of the 1s among the sorted scores
    labels = np.isin(order, below).astype(np.int64)
    return draw_scores(rng, 6).sort().values[order], tensor(labels)


area_under_curve = Exercise(
    "area_under_curve",
    area_spec,
    points=2,
    parity_points=1,
    idea="The AUC counts pairs: it is the probability that a 1 outranks a 0, and no other property of the scores.",
    hints=(
        "`labels == 1` picks the scores of the ones, `labels == 0` those of the zeros. How many pairs are there?",
        "`[:, None]` and `[None, :]` set every one against every zero. Compare: true for the right order.",
        "Ties count half: add half of `==`. Booleans become numbers with `.to(scores.dtype)`.",
    ),
)


@area_under_curve.check
def three_of_four(f: Function, rng: Rng) -> None:
    """Three of four pairs are in the right order: 0.75"""
    same_value(f, area_spec, tensor([0.9, 0.4, 0.6, 0.1]), tensor([1, 1, 0, 0]))
    same_value(f, area_spec, tensor([2.0, -1.0, -2.0, -3.0, 1.0]), tensor([0, 1, 0, 0, 1]))


@area_under_curve.check
def any_scores(f: Function, rng: Rng) -> None:
    """Scores of either sign, labels in any order"""
    for _ in range(3):
        same_value(f, area_spec, *items(rng))


@area_under_curve.check
def ties(f: Function, rng: Rng) -> None:
    """A tie counts as half a pair"""
    same_value(f, area_spec, tensor([0.5, 0.5, 0.8, 0.8, 0.8, 0.2]), tensor([1, 0, 0, 0, 1, 0]))
    same_value(f, area_spec, tensor([0.5, 0.5, 0.2]), tensor([0, 1, 0]))


@area_under_curve.parity
def no_pair(f: Function, rng: Rng) -> None:
    """Without a single pair it is NaN

    0 would say that all are wrong, ½ that it is chance.
    """
    same_value(f, area_spec, tensor([0.3, 0.8]), tensor([1, 1]))
    same_value(f, area_spec, tensor([0.3, 0.8]), tensor([0, 0]))
    same_value(f, area_spec, tensor([0.3, 0.8, 0.2]), tensor([1, 0, 0]))


@area_under_curve.parity
def only_the_order(f: Function, rng: Rng) -> None:
    """Only the order counts: huge scores, close ones, infinite ones

    Compare the scores themselves: a sigmoid rounds 40 and 50 to the same number, and inf - inf is NaN.
    """
    same_value(f, area_spec, tensor([60.0, 50.0, 40.0, -900.0]), tensor([1, 0, 0, 1]))
    same_value(f, area_spec, tensor([inf, inf, -inf, 0.5]), tensor([1, 0, 0, 1]))
    same_value(f, area_spec, tensor([0.5 + 1e-9, 0.5, 0.2, 0.7], dtype=torch.float64), tensor([1, 0, 1, 0]))


@area_under_curve.parity
def labels_of_any_kind(f: Function, rng: Rng) -> None:
    """Labels may be integers, booleans or floating-point numbers"""
    scores, labels = items(rng)
    same_value(f, area_spec, scores, labels.bool())
    same_value(f, area_spec, scores, labels.float())
    same_value(f, area_spec, scores, labels.to(torch.uint8))


keeps_dtype(area_under_curve, items, "The result has the dtype of the scores", "area_dtype")


def of_sides(formula: Loss) -> Loss:
    """An area by the scores of the ones, a column, and those of the zeros, a row."""
    return lambda scores, labels: formula(scores[labels == 1][:, None], scores[labels == 0][None, :])


def right_pairs(scores: Tensor, labels: Tensor) -> Tensor:
    """Their number, and not their share."""
    pairs = int((labels == 1).sum() * (labels == 0).sum())
    return area_spec(scores, labels) * (pairs or torch.nan)


wrong = area_under_curve.misconceptions
wrong_sides = wrong.formula(of_sides)

wrong.table(
    ranks_from_zero=(
        "The ranks begin with 0, and what is taken off is that of ranks from 1: n(n - 1)/2 in place of n(n + 1)/2.",
        lambda scores, labels: area_spec(scores, labels) - 1 / (labels == 0).sum().to(scores.dtype),
    ),
    zeros_first=(
        "The zeros are put first: this is 1 less the area. A pair is right if the 1 has the larger score.",
        lambda scores, labels: area_spec(-scores, labels),
    ),
)
wrong.table(
    of_sides,
    tie_is_wrong=(
        "A tie counts as wrong. Count it as half: who cannot tell two items apart guesses right half of the time.",
        lambda ones, zeros: (ones > zeros).to(ones.dtype).mean(),
    ),
    tie_is_right=(
        "A tie counts as right. Count it as half, or equal scores for all would have an area of 1.",
        lambda ones, zeros: (ones >= zeros).to(ones.dtype).mean(),
    ),
    ties_left_out=(
        "Ties are left out of the pairs. They stay in the denominator, and half of each in the numerator.",
        lambda ones, zeros: (ones > zeros).sum().to(ones.dtype) / (ones != zeros).sum(),
    ),
)
wrong.table(
    ties_by_position=(
        "Ties are broken by where the items stand, as `argsort` does. Whether the 1 or the 0 is listed first says "
        "nothing.",
        lambda scores, labels: area_spec(scores.argsort(stable=True).argsort().to(scores.dtype), labels),
    ),
    accuracy_at_half=(
        "This is the accuracy at a threshold of ½. The area needs no threshold: it counts pairs.",
        lambda scores, labels: ((scores > 0.5) == (labels == 1)).to(scores.dtype).mean(),
    ),
    accuracy_at_zero=(
        "This is the accuracy at a threshold of 0. The area needs no threshold: it counts pairs.",
        lambda scores, labels: ((scores > 0) == (labels == 1)).to(scores.dtype).mean(),
    ),
    count_of_pairs=(
        "The right pairs are counted, not their share: divide by the number of pairs, ones times zeros.",
        right_pairs,
    ),
    all_pairs_below=(
        "Divided by the number of all pairs, N(N - 1)/2. Two ones or two zeros have no right order.",
        lambda scores, labels: right_pairs(scores, labels) / (len(scores) * (len(scores) - 1) / 2),
    ),
    squared_below=(
        "Divided by N². The pairs are those of a 1 and a 0: ones times zeros.",
        lambda scores, labels: right_pairs(scores, labels) / len(scores) ** 2,
    ),
    gini=(
        "This is 2·AUC - 1, Gini's coefficient: 0 for chance. The area itself is ½ for chance.",
        lambda scores, labels: 2 * area_spec(scores, labels) - 1,
    ),
    turned_round=(
        "An area below ½ is turned round. That the scores are worse than chance should be seen.",
        lambda scores, labels: torch.maximum(area_spec(scores, labels), 1 - area_spec(scores, labels)),
    ),
)
wrong.table(
    of_sides,
    soft=(
        "The sigmoid of the differences is a soft stand-in, good for training. Here pairs are counted, whole ones.",
        lambda ones, zeros: (ones - zeros).sigmoid().mean(),
    ),
    difference_of_means=(
        "The mean scores of the ones and of the zeros are compared. One far-off score moves a mean, and one pair only.",
        lambda ones, zeros: ones.mean() - zeros.mean(),
    ),
)


@wrong(
    "This is the average precision, the area under the curve of precision and recall. The area under the ROC curve is "
    "the share of right pairs."
)
def average_precision(scores: Tensor, labels: Tensor) -> Tensor:
    hit = (labels == 1)[scores.argsort(descending=True, stable=True)].to(scores.dtype)
    precision = hit.cumsum(0) / torch.arange(1, len(hit) + 1)
    return (precision * hit).sum() / hit.sum()


wrong.table(
    none_is_zero=(
        "Without a pair this is 0, as if all were in the wrong order. There is nothing to share: NaN.",
        lambda scores, labels: area_spec(scores, labels).nan_to_num(0.0),
    ),
    none_is_half=(
        "Without a pair this is ½, as if chance had been measured. There is nothing to share: NaN.",
        lambda scores, labels: area_spec(scores, labels).nan_to_num(0.5),
    ),
    none_is_one=(
        "Without a pair this is 1, as if all were in order. There is nothing to share: NaN.",
        lambda scores, labels: area_spec(scores, labels).nan_to_num(1.0),
    ),
    sigmoid_first=(
        "A sigmoid came before the comparison, and rounds large scores to 1: they are tied. Compare the scores.",
        lambda scores, labels: area_spec(scores.float().sigmoid(), labels).to(scores.dtype),
    ),
)


@wrong_sides("The difference of two infinite scores is NaN, and counts as a wrong pair here. Compare, do not subtract.")
def by_difference(ones: Tensor, zeros: Tensor) -> Tensor:
    lead = ones - zeros
    return ((lead > 0).to(lead.dtype) + (lead == 0).to(lead.dtype) / 2).mean()


@wrong_sides("Scores closer than 1e-6 count as tied (`isclose`). A score that is larger, however little, is larger.")
def nearly_tied(ones: Tensor, zeros: Tensor) -> Tensor:
    tied = ones.isclose(zeros, atol=1e-6)
    return ((ones > zeros) & ~tied).to(ones.dtype).mean() + tied.to(ones.dtype).mean() / 2


wrong.table(
    counted_in_float32=(
        "The result is float32 for float64 scores. Count in the dtype of the scores.",
        lambda scores, labels: area_spec(scores, labels).float(),
    ),
)
wrong.table(
    of_sides,
    one_against_one=(
        "The ones and the zeros are compared one after the other. Each 1 meets each 0.",
        lambda ones, zeros: (
            sum(1.0 * (a > b) + 0.5 * (a == b) for a, b in zip(ones, zeros, strict=False)) / min(len(ones), len(zeros))
        ),
    ),
    against_the_mean=(
        "Each 1 is compared with the mean of the zeros. It is compared with each of them.",
        lambda ones, zeros: ((ones > zeros.mean()) * 1.0 + (ones == zeros.mean()) * 0.5).mean(),
    ),
)
