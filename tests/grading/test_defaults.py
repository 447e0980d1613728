"""A default that is another, a number that is fixed: found by one number of the learner's, held to all others."""

from __future__ import annotations

import pytest
from torch import tensor

from coursekit.exercise import Call, Exercise
from coursekit.grading.diagnosis.defaults import other_value
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.wire import Question
from coursekit.wire.answering import answer


def spec(x, slope: float = 0.1, power: int = 2):
    """Bends at 0."""
    return x.clamp(min=0) ** power + slope * x.clamp(max=0)


def said_of(learner, *asked, passed=()):
    exercise = Exercise("spec", spec, idea="", hints=())
    failed = [[Call(each, answer(learner, each))] for each in asked]
    return other_value(exercise, Evidence(exercise, failed, [Call(each, answer(learner, each)) for each in passed]))


ROW, ANOTHER, ONE = Question((tensor([2.0, -3.0, -1.7]),)), Question((tensor([-4.0, 0.5]),)), Question((tensor(-2.0),))
GIVEN, STEEP = (Question((tensor([2.0, -3.0, -1.7]), slope)) for slope in (0.5, 2.0))


def test_another_default():
    """Where the argument is given, it is heard."""
    said = said_of(lambda x, slope=0.07: spec(x, slope), ROW, ANOTHER, passed=[GIVEN])
    assert said.misconception == "other_default_of_slope"
    assert said.explanation == "Where `slope` is not given, it counts as 0.07 here. Its default is 0.1."


def test_whatever_is_given():
    said = said_of(lambda x, slope=0.1: spec(x, 1.345), GIVEN, STEEP)
    assert (said.misconception, said.explanation) == ("slope_fixed", "`slope` counts as 1.345, whatever is given.")


@pytest.mark.parametrize(
    ("learner", "asked", "passed"),
    [
        (lambda x, slope=0.07: spec(x, slope) + 0.1, [ROW, ANOTHER], []),  # something else is wrong as well
        (lambda x, slope=0.1: spec(x, slope / 2), [GIVEN, STEEP], []),  # it counts, by half
        (lambda x, slope=0.1: spec(x, 0.07 if len(x) == 3 else 0.1), [ROW], [ANOTHER]),  # the default is heard there
        (lambda x, slope=0.1: spec(x, 1.2345678), [ROW, ANOTHER], []),  # nobody writes so many digits
        (lambda x, slope=0.1: spec(x, 0.123), [ONE], []),  # some slope gives any one number
        (lambda x, slope=0.1: spec(x, 0.2), [Question((tensor(-2.0), 0.5))], []),
        (lambda x, slope=0.1: x[:1], [ROW], []),
        (lambda x, slope=0.1: spec(x, -0.5), [ROW, ANOTHER], []),  # no number below 0 is looked for
        (lambda x, slope=0.1, power=3: spec(x, slope, power), [ROW, ANOTHER], []),  # nor a whole one
    ],
)
def test_no_value(learner, asked, passed):
    assert said_of(learner, *asked, passed=passed) is None


def test_of_one_number_a_default_of_two_digits_is_believed():
    assert said_of(lambda x, slope=0.25: spec(x, slope), ONE).misconception == "other_default_of_slope"
