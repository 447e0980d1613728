"""Right numbers but for a term of a sum: what it is multiplied by is found by arithmetic, and said in words."""

from __future__ import annotations

import math

import pytest
import torch
from torch import inf, tensor

from coursekit.exercise import Call, Exercise
from coursekit.grading.diagnosis import terms
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.grading.diagnosis.parts import wrong_part, wrong_parts
from coursekit.grading.diagnosis.terms import wrong_term
from coursekit.grading.diagnosis.twice import two_mistakes
from coursekit.wire import Question
from coursekit.wire.answering import answer


def square(x, y):
    return x * x + 0 * y


def power(x, y):
    return y.exp() + 0 * x


def both(x, y):
    return square(x, y) + power(x, y)


X, Y = tensor([1.5, -2.0, 0.5, 3.0]), tensor([0.5, 1.0, -1.5, 0.2])


def told(learner, *asked, of=both):
    """The two sentences, on one wrong term and on two; the questions are about the numbers above, or others."""
    exercise = Exercise("both", of, idea="", hints=())
    exercise.misconceptions.terms(first=("the square", square), second=("`exp(y)`", power))
    evidence = Evidence(exercise, [[Call(q, answer(learner, q))] for q in map(Question, asked or [(X, Y)])], [])
    found = wrong_part(exercise, evidence), wrong_parts(exercise, evidence)
    return [each and (each.misconception, each.explanation) for each in found]


@pytest.mark.parametrize(
    ("factor", "name", "says"),
    [
        (0.0, "missing", "`exp(y)` is missing."),
        (-1.0, "turned", "`exp(y)` has the wrong sign."),
        (2.0, "doubled", "`exp(y)` counts twice: it should count once, a ½ may be missing."),
        (0.5, "halved", "`exp(y)` counts half: it should count once."),
        (-2.0, "turned_and_doubled", "`exp(y)` has the wrong sign, and counts twice."),
        (1 / math.log(2), "in_bits", "`exp(y)` is in bits (`log2`): use the natural logarithm."),
        (1 / math.log(10), "of_base_10", "`exp(y)` has a logarithm of base 10: use the natural one."),
        (1.2345, "scaled", "`exp(y)` is multiplied by 1.23, which nobody asked for."),
        (0.002, "scaled", "`exp(y)` is multiplied by 0.002, which nobody asked for."),
        (1.002, "scaled", "`exp(y)` is multiplied by 1, which nobody asked for."),
    ],
)
def test_one_term(factor, name, says):
    """Whatever factor it has."""
    (one, _) = told(lambda x, y: square(x, y) + factor * power(x, y))
    assert one == (f"second_{name}", f"All is right but for a term. {says}")


@pytest.mark.parametrize(
    ("learner", "name"),
    [
        (lambda x, y: -square(x, y) + 3 * power(x, y), "first_turned_and_second_scaled"),
        (lambda x, y: 2 * square(x, y) + power(x, y), None),  # one of the two is right
        (lambda x, y: both(x, y) + y, None),
        (lambda x, y: both(x, y) + 0.01 * y, None),
        (lambda x, y: (2 * square(x, y) + 3 * power(x, y))[:2], None),
        (lambda x, y: x.nothing, None),
    ],
)
def test_two_terms(learner, name):
    """Both are said."""
    two = told(learner)[1]
    assert (two and two[0]) == name
    if two:
        says = (
            "Two terms are wrong. The square has the wrong sign. `exp(y)` is multiplied by 3, which nobody asked for."
        )
        assert two[1] == says


def test_numbers_enough():
    """More than there are terms, of which the terms do not hang on each other; what is infinite tells nothing."""
    wrong = lambda x, y: -square(x, y) + 3 * power(x, y)  # noqa: E731
    assert told(wrong, (X[:2], Y[:2]))[1] is None
    assert told(wrong, (X[:2], Y[:2]), (X[2:], Y[2:]))[1] is not None
    assert told(wrong, (X[:3], Y[:3]))[1] is not None
    assert told(wrong, (tensor([1.0, 1.0, 1.0, -1.0]), Y[:1].expand(4)))[1] is None  # the same number four times
    assert told(lambda x, y: square(x, y), (tensor([1.5, inf]), tensor([0.5, 1.0])))[0] is None
    assert told(lambda x, y: 3 * square(x, y) + power(x, y), (tensor([1.5, inf, 2.0]), Y[:3]))[0][0] == "first_scaled"
    assert told(lambda x, y: wrong(x, y)[:2], (X, Y), of=lambda x, y: both(x, y)[:2]) == [None, None]
    twice = tensor([1.5, 1.5, 2.0, 2.0]), tensor([0.5, 0.5, 1.0, 1.0])
    assert told(wrong, twice)[1] is None  # two numbers, each of them twice
    positive = tensor([1.5, 2.0, 0.5, 3.0])
    alike = lambda x, y: 3 * square(x, y) + 2 * power(x, y)  # noqa: E731
    assert told(alike, (positive, (positive * positive).log()))[1] is None  # where the two terms are one
    assert told(lambda x, y: wrong(x, y).where(x > 0, torch.nan)) == [None, None]
    assert told(lambda x, y: 3 * square(x, y) + power(x, y), (X[:1], Y[:1]))[0] is None


# ---- what an argument adds, or multiplies ------------------------------------------------------------------------


def spec(x, k: float = 2.0):
    return x.exp() * k


@pytest.mark.parametrize(
    ("learner", "name"),
    [
        (lambda x, k=2.0: spec(x, k) + x, "x_itself_added"),
        (lambda x, k=2.0: spec(x, k) - x * x, "x_square_subtracted"),
        (lambda x, k=2.0: spec(x, k) * x.mean(), "x_mean_multiplied"),
        (lambda x, k=2.0: spec(x, k) / x.abs(), "x_size_divided"),
        (lambda x, k=2.0: spec(x, k) + k * k, "k_square_added"),
        (lambda x, k=2.0: spec(x, k) + x.cos(), None),
    ],
)
def test_a_term_of_an_argument(learner, name):
    """By its own number or its default; what is gathered by a star is no argument."""
    exercise = Exercise("spec", spec, idea="", hints=())
    asked = [Question((X,)), Question((X,), {"k": 3.0}), Question((Y,), {"k": 0.7})]
    said = wrong_term(exercise, Evidence(exercise, [[Call(q, answer(learner, q))] for q in asked], []))
    assert (said and said.misconception) == name
    assert not said or said.explanation.startswith("These are the right numbers ")
    starred = Exercise("spec", lambda *x, k=2.0: x[0], idea="", hints=())
    assert {slip.about for slip in terms._wrong_terms(starred)} == {("k",)}


def test_two_mistakes():
    """One of the exercise's own, and a slip in what comes out: in every call, with whatever arguments."""
    exercise = Exercise("spec", spec, idea="", hints=())
    exercise.misconceptions.table(cubed=("It is cubed.", lambda x, k=2.0: spec(x, k) ** 3))
    asked = [Question((X,)), Question((X,), {"k": 3.0})]

    def said_of(learner):
        return two_mistakes(exercise, Evidence(exercise, [[Call(q, answer(learner, q))] for q in asked], []))

    said = said_of(lambda x, k=2.0: 2 * spec(x, k) ** 3)
    assert said.misconception == "cubed_and_doubled"
    assert said.explanation == "Two things at once. It is cubed. And what comes out is doubled."
    assert said_of(lambda x, k=2.0: 2 * spec(x, k) ** 3 if k == 2 else spec(x, k) + torch.pi) is None
