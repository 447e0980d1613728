"""What holds of an argument wherever a number is wrong, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import tensor

from coursekit.exercise import Call, Exercise
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.grading.diagnosis.where import wrong_only_where
from coursekit.wire import Question
from coursekit.wire.answering import answer


def spec(a, b, flag=0.0):
    return a * a + b + flag


A = tensor([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 1.0, 0.0, 0.7])
B = tensor([1.0, 0.0, 2.0, 0.0, 0.2, 1.0, 3.0, 2.5, -1.0, -1.0, -2.0])


def said_of(learner, *arguments, wrt=(), right=spec):
    exercise = Exercise("spec", right, idea="", hints=())
    calls = [[Call(asked := Question(given, {}, wrt), answer(learner, asked))] for given in arguments]
    return wrong_only_where(exercise, Evidence(exercise, calls[:1], [call for each in calls[1:] for call in each]))


def name_of(*of, **more):
    said = said_of(*of, **more)
    return said and said.misconception.removeprefix("wrong_where_")


def wrong_where(holds):
    return lambda a, b, flag=0.0: spec(a, b, flag) + holds(a, b)


@pytest.mark.parametrize(
    ("holds", "name", "words"),
    [
        (lambda a, b: a == 0, "a_zero", "`a` is 0"),
        (lambda a, b: a < 0, "a_negative", "`a` is below 0"),
        (lambda a, b: a > 0, "a_positive", "`a` is above 0"),
        (lambda a, b: a <= 0, "a_not_positive", "`a` is 0 or below"),
        (lambda a, b: a >= 0, "a_not_negative", "`a` is 0 or above"),
        (lambda a, b: a == 1, "a_one", "`a` is 1"),
        (lambda a, b: b == -1, "b_minus_one", "`b` is -1"),
        (lambda a, b: a > 1, "a_above_one", "`a` is above 1"),
        (lambda a, b: a <= 1, "a_up_to_one", "`a` is 1 or below"),
        (lambda a, b: b <= 0, "b_not_positive", "`b` is 0 or below"),
        (lambda a, b: a == b, "a_equals_b", "`a` equals `b`"),
        (lambda a, b: a > b, "a_above_b", "`a` is above `b`"),
        (lambda a, b: a >= b, "a_from_b", "`a` is `b` or above"),
        (lambda a, b: b > a, "b_above_a", "`b` is above `a`"),
        (lambda a, b: b >= a, "b_from_a", "`b` is `a` or above"),
        (lambda a, b: a > 0.6, None, ""),
        (lambda a, b: a > -9, None, ""),  # everywhere
        (lambda a, b: a > 9, None, ""),
    ],
)
def test_what_holds_where_numbers_are_wrong(holds, name, words):
    """Each condition is known by its own numbers, and said in words."""
    said = said_of(wrong_where(holds), (A, B))
    if name is None:
        assert said is None
    else:
        assert said.misconception == f"wrong_where_{name}"
        assert said.explanation == f"The numbers are right everywhere but where {words}: there, all of them are wrong."


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ([-1.0, -2.0, 1, 2, 3, 4, 5, 6], "a_negative"),
        ([-1.0, -2.0, 1, 2, 3, 4, 5], None),  # seven are too few
        ([-1.0, 1, 2, 3, 4, 5, 6, 7], None),  # and so is a single wrong one
        ([-1.0, -2, -3, -4, -5, -6, -7, 1], None),  # or a single right one
        ([-1.0, -2, -3, -4, -5, -6, 2, 1], "a_negative"),
    ],
)
def test_numbers_enough(numbers, name):
    """Eight, of which two are right and two are wrong."""
    assert name_of(wrong_where(lambda a, b: a < 0), (tensor(numbers), 9.0)) == name


def test_numbers_of_several_calls():
    """All count; how many there are is said by those that have both, and the arguments are those that all have."""
    few, row = tensor([-1.0, -2.0, 1.0, 2.0]), tensor([[-1.0, -2.0, 1.0, 2.0]])
    negative = wrong_where(lambda a, b: a < 0)
    assert name_of(negative, (few, 9.0), (row, 9.0)) == "a_negative"
    assert name_of(negative, (few, 9.0), (few[2:], 9.0), (few[:2], 9.0)) is None
    assert name_of(negative, (few, few), (row, 9.0)) == "a_negative"
    assert name_of(lambda a, b: spec(a, b) + (b < 0), (A, B), (row, 9.0)) is None
    assert name_of(wrong_where(lambda a, b: a < b), (A, 0.6)) is None  # a number is no tensor
    rows = lambda a, b: spec(a, b) + (a < 0) * (a.ndim > 0)  # noqa: E731
    assert name_of(rows, (few, 9.0), (row, 9.0), (tensor(-1.0), 9.0)) == "a_negative"  # a lone number has no places
    first = lambda a, b, flag=0.0: spec(a, b)[: 2 if flag else 9]  # noqa: E731
    wrong = lambda a, b, flag=0.0: first(a, b, flag) + (0 if flag else (a < 0))  # noqa: E731
    assert name_of(wrong, (few, 9.0), (few, 9.0), (few, 9.0, 1.0), right=first) == "a_negative"  # nor what has no shape
    assert name_of(negative, (few, 9.0), (row, 9.0), (-few, few + 8)) is not None
    assert name_of(lambda a, b: spec(a, b)[:3] + (a < 0)[:3], (A, 9.0)) is None
    exact = lambda a, b: spec(a, b) + (a < 0) * (len(a) == 11)  # noqa: E731
    assert name_of(exact, (A, 9.0), (few, 9.0)) is None  # it holds in the first call, and not in the second


def cube(a, b):
    return a**3 / 3 + b**3


class Held(torch.autograd.Function):
    """The value of a cube's third, and a slope that is wrong where it is told."""

    @staticmethod
    def forward(ctx, x, wrong):
        ctx.save_for_backward(x, wrong)
        return x**3 / 3

    @staticmethod
    def backward(ctx, slope):
        x, wrong = ctx.saved_tensors
        return slope * (x * x + wrong), None


def test_where_slopes_are_wrong():
    """If all values are right."""

    def held(a, b):
        return Held.apply(a, (a < 0).double()) + b**3

    said = said_of(held, (A.double(), B.double()), wrt=(0, 1), right=cube)
    assert said is None  # by the second argument they are right, wherever the first is below 0
    said = said_of(held, (A.double(), B.double()), wrt=(0,), right=cube)
    assert said.explanation.startswith("The slopes are right everywhere but where `a` is below 0: ")
    assert said_of(lambda a, b: a**3 / 3 + b.detach() ** 3, (A, B), wrt=(1, 0), right=cube) is None
    assert said_of(lambda a, b: held(a, b) + 1, (A.double(), B.double()), wrt=(0,), right=cube) is None
