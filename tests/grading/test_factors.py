"""Right numbers but for one factor, one constant, one power: what is found by arithmetic, and what is no such thing."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import inf, tensor

from coursekit.exercise import Call, Exercise
from coursekit.grading.diagnosis import factors
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.grading.diagnosis.factors import wrong_factor
from coursekit.wire import Question
from coursekit.wire.answering import answer


def said_of(spec, learner, *asked):
    exercise = Exercise("spec", spec, idea="", hints=())
    return wrong_factor(exercise, Evidence(exercise, [[Call(each, answer(learner, each))] for each in asked], []))


def name_of(*of):
    said = said_of(*of)
    return said and said.misconception


TABLE = tensor([[1.0, 0.0, -2.0], [3.0, 4.5, 0.0]])


def test_what_is_counted():
    """In a table and in a row, which has neither rows nor columns."""
    counted = {key: [float(count(x)) for x in (TABLE, TABLE[0])] for key, (count, _) in factors._COUNTED.items()}
    assert counted == {
        "size": [6, 3],
        "rows": [2, 0],
        "columns": [3, 0],
        "shape": [2 / 3, 0],
        "sum": [6.5, -1],
        "nonzero": [4, 2],
        "positive": [3, 1],
    }
    assert {key: act(4) for key, (act, _) in factors._DONE.items()} == {
        "divided": 1 / 4,
        "multiplied": 4,
        "over_one_less": 4 / 3,
        "over_one_more": 4 / 5,
    }


def energy(x, k: float = 3.0, reduction="mean"):
    """Squares times k."""
    losses = k * x * x
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


MEAN, SUM, NONE = (Question((TABLE,), {"reduction": word}) for word in ("mean", "sum", "none"))
LONGER, THIRD = Question((TABLE[:1].repeat(4, 3),)), Question((TABLE.mT * 2, 7.0))


def reduced(change):
    """Only the mean is another one."""

    def learner(x, k=3.0, reduction="mean"):
        right = energy(x, k, reduction)
        return change(x, right) if reduction == "mean" else right

    return learner


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda x, mean: mean / x.shape[0], "divided_by_rows_of_x"),
        (lambda x, mean: mean * x.shape[-1], "another_denominator"),  # or divided by the rows alone,
        (lambda x, mean: mean * x.shape[0] / x.shape[-1], "multiplied_by_shape_of_x"),
        (lambda x, mean: mean * x.numel() / (x.numel() - 1), "over_one_less_by_size_of_x"),
        (lambda x, mean: mean * x.numel() / (x.numel() + 1), "over_one_more_by_size_of_x"),
        (lambda x, mean: mean / x.sum(), "divided_by_sum_of_x"),
        (lambda x, mean: mean * x.numel() / (x != 0).sum(), "mean_over_nonzero_of_x"),
        (lambda x, mean: mean * x.numel() / (x > 0).sum(), "mean_over_positive_of_x"),
        (lambda x, mean: mean * x.cos().sum(), None),
    ],
)
def test_a_mean_that_divides_by_something_else(change, name):
    """Sums and single losses are right, so that only the mean may be changed."""
    assert name_of(energy, reduced(change), MEAN, LONGER, THIRD) == name


def test_of_several_sizes_none_is_named():
    """Rows and columns are as many, so nobody can tell."""
    square, other = Question((TABLE[:, :2],)), Question((TABLE[:, 1:] + 1,))
    said = said_of(energy, reduced(lambda x, mean: mean / 2), square, other, Question((TABLE[:2, :2] + 2,)))
    assert said.misconception == "another_denominator"
    says = said_of(energy, reduced(lambda x, mean: mean / x.shape[0]), MEAN, LONGER, THIRD).explanation
    assert says == "These are the right numbers divided by the first size of `x`."
    says = said_of(energy, reduced(lambda x, mean: mean * x.numel() / (x > 0).sum()), MEAN, LONGER, THIRD).explanation
    assert says.startswith("'mean' is the sum divided by how many of `x` are above 0 here.")


@pytest.mark.parametrize("word", ["sum", "none"])
def test_what_is_no_mean_is_right(word):
    """Whatever it is said to be divided by; if the word is left out, by what it is then."""

    def by_default(x, k=3.0, reduction=word):
        return energy(x, k, reduction)

    for says, wrong in factors._sizes(Exercise("spec", by_default, idea="", hints=())):
        if says.misconception.endswith("_x"):
            assert torch.equal(wrong(TABLE, 2.0), energy(TABLE, 2.0, word))
            assert torch.equal(wrong(TABLE, 2.0, reduction=word), energy(TABLE, 2.0, word))


@pytest.mark.parametrize("power", [1, -1, 2, -2, 3, -3, 4, -4])
def test_a_power_of_an_argument(power):
    """Of one that is a number; where it is left out, of its default."""
    says = said_of(energy, lambda x, k=3.0, **more: energy(x, k, **more) * k**power, MEAN, NONE, THIRD)
    assert says.misconception == "power_of_k"
    assert says.explanation.endswith(f": these are the right numbers times `k`^{power}.")


def test_which_arguments_are_numbers():
    """By their annotation, written out or not."""

    def spec(a: torch.Tensor, b: float, c, d: int = 1, e=2.0):
        return a

    spec.__annotations__["c"] = float
    exercise = Exercise("spec", spec, idea="", hints=())
    names = [says.misconception for says, _ in factors._powers(exercise)]
    assert names == ["power_of_b"] * 8 + ["power_of_c"] * 8
    sizes = [says.misconception for says, _ in factors._sizes(exercise)]
    assert sizes[:4] == [f"{word}_by_size_of_a" for word in ("divided", "multiplied", "over_one_less", "over_one_more")]
    assert len(sizes) == 5 * 7 * 4


def plain(x):
    return x * x


def row(*numbers):
    return Question((tensor(numbers),))


ROW, MORE = row(1.5, 2.5, 3.5), row(0.5, 4.5, 1.0)


@pytest.mark.parametrize(
    ("learner", "asked", "name"),
    [
        (lambda x: 1.7 * plain(x), [ROW, MORE], "constant_factor"),
        (lambda x: -1.7 * plain(x), [ROW], "constant_factor"),
        (lambda x: 1.02 * plain(x), [ROW, MORE], "constant_factor"),
        (lambda x: 0.98 * plain(x), [ROW, MORE], "constant_factor"),
        (lambda x: 1.009 * plain(x), [ROW, MORE], "factor_of_each_row"),  # a constant was rounded
        (lambda x: 0.991 * plain(x), [ROW, MORE], "factor_of_each_row"),
        (lambda x: plain(x) - 2.3, [ROW, MORE], "constant_added"),
        (lambda x: plain(x) + 7.1, [ROW, MORE], "constant_added"),
        (lambda x: 1.7 * plain(x) - 2.3, [ROW, MORE], "factor_and_constant"),
        (lambda x: 1.7 * plain(x) - 2.3, [ROW], None),  # three numbers do not tell a factor and a term
        (lambda x: -0.3 * plain(x) + 9, [ROW, MORE], "factor_and_constant"),
        (lambda x: 0.0005 * plain(x) + 9, [ROW, MORE], None),  # it hardly hangs on the right one
        (lambda x: plain(x) ** 1.5, [ROW, MORE], "another_power"),
        (lambda x: plain(x) ** -0.6, [ROW, MORE], "another_power"),
        (lambda x: plain(x) ** 0.12, [ROW, MORE], "another_power"),
        (lambda x: plain(x) ** 0.08, [ROW, MORE], None),
        (lambda x: plain(x) ** 1.504, [ROW, MORE], None),  # the exponent of a formula is a short number
        (lambda x: 1.7 * plain(x), [row(0.0, 2.0, 3.0)], "constant_factor"),
        (lambda x: 1.7 * plain(x), [row(inf, 2.0, 3.0)], "constant_factor"),
        (lambda x: 1.7 * plain(x), [row(0.0, 2.0, 2.0)], None),  # of one number that is no evidence
        (lambda x: plain(x) + 1.7, [row(0.0, 2.0, 3.0)], "constant_added"),
        (lambda x: 1.7 * plain(x), [row(inf, 0.5, 0.7)], "constant_factor"),
        (lambda x: 1.7 * plain(x) - 2.3, [row(1.5, 2.5, 3.5, 4.5)], "factor_and_constant"),
        (lambda x: 2 * plain(x) / (x > 4), [row(1.5, 2.5, 3.5, 4.5)], None),  # one of four is a number
        (lambda x: plain(x) ** 1.5, [row(0.0, 2.0, 3.0, 4.0), MORE], "another_power"),
        (lambda x: plain(x) ** 1.5 * (1 - 2 * (x > 3)), [ROW, MORE], None),
        (lambda x: plain(x) ** 1.5 * (x > 4), [ROW, MORE], None),  # of one number that is above 0
        (lambda x: plain(x).where(x < 3, inf), [ROW, MORE], None),
        (lambda x: plain(x)[:2], [ROW, MORE], None),
        (lambda x: plain(x) + 5, [row(0.0, 0.0, 0.0)], None),
        (lambda x: x.sum() * 2, [ROW], None),
        (lambda x: plain(x) * tensor([1.0, -1.0, 1.0]), [ROW, MORE], "some_signs"),
    ],
)
def test_one_number_everywhere(learner, asked, name):
    """A factor, a term, both, or an exponent, of numbers enough; near 1 a factor is none of these."""
    assert name_of(plain, learner, *asked) == name


def test_a_term_in_each_loss():
    """It is added before the mean and the sum are taken, and so counts as often as there are losses."""

    def learner(x, k=3.0, reduction="mean"):
        losses = energy(x, k, "none") + 0.7
        return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()

    assert name_of(energy, learner, MEAN, SUM, NONE) == "constant_added_to_each"


TWO_ROWS = tensor([[1.5, 2.5, 3.5], [0.5, 4.0, 1.0]])


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda y: y * tensor([[2.5], [3.7]]), "factor_of_each_row"),
        (lambda y: y + tensor([[2.5], [3.7]]), "term_of_each_row"),
        (lambda y: y * tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]]), "some_signs"),
        (lambda y: y * tensor([2.5, 3.7, 4.1]), None),
        (lambda y: y + tensor([2.5, 3.7, 4.1]), None),
    ],
)
def test_something_of_each_row(change, name):
    """Every row has a slip of its own, so that no function makes it."""
    assert name_of(plain, lambda x: change(plain(x)), Question((TWO_ROWS,))) == name


@pytest.mark.parametrize("alike", [factors._but_for_a_term_a_row, factors._but_for_a_factor_a_row])
def test_a_row_of_one_is_none(alike):
    """Nor is a single number: of these anything could be said."""
    near = partial(torch.allclose, rtol=1e-6)
    assert alike(tensor([3.0, 6.0]), tensor([1.0, 4.0] if "term" in alike.__name__ else [1.0, 2.0]), near)
    assert not alike(tensor([[3.0], [6.0]]), tensor([[1.0], [7.0]]), near)
    assert not alike(tensor(3.0), tensor(1.0), near)
