"""Whether a wrong answer is nearly right: by how far its numbers are from the right ones, and how many."""

from __future__ import annotations

import pytest
from torch import inf, nan, tensor

from coursekit.exercise import Call, Exercise
from coursekit.grading.diagnosis.slips import is_slip
from coursekit.wire import Answer, Problem, Question


def spec(x):
    """Itself, and refused below 0."""
    if (x < 0).any():
        raise ValueError
    return x


def came(right, got):
    value = None if got is None else tensor(got)
    return Call(Question((tensor(right),)), Answer(value, (), None if got is not None else Problem("raised")))


@pytest.mark.parametrize(
    ("calls", "nearly"),
    [
        ([came([2.0, 4.0], [3.0, 6.0])], True),  # half as much again, and no more
        ([came([2.0, 4.0], [1.0, 2.0])], True),
        ([came([2.0, 4.0], [3.2, 6.4])], False),  # of two numbers, a factor tells nothing
        ([came([2.0, 4.0], [2.0, 9.0])], False),
        ([came([2.0], [2.1])], False),  # a single number is no evidence
        ([came([2.0, 2.0], [2.1, 2.1])], False),
        ([came([2.0, 0.0, inf, nan], [2.0, 0.0, inf, nan])], False),
        ([came([2.0, 4.0, 5.0, 7.0], [2.0, 4.0, 5.0, 99.0])], True),  # three of four
        ([came([2.0, 4.0, 5.0, 7.0], [2.0, 4.0, 55.0, 99.0])], False),
        ([came([2.0, 4.0, 5.0], [20.0, 40.0, 50.0])], True),  # the same but for a factor
        ([came([2.0, 4.0, 5.0], [-2.0, -4.0, -5.0])], True),
        ([came([2.0, 4.0, 5.0, 7.0], [21.8, 40.0, 50.0, 99.0])], True),  # a tenth off
        ([came([2.0, 4.0, 5.0, 7.0], [22.4, 40.0, 50.0, 99.0])], False),
        ([came([2.0, 4.0, 5.0, 7.0], [18.2, 40.0, 50.0, 99.0])], True),
        ([came([2.0, 4.0, 5.0, 7.0], [6.0, 36.4, 50.0, 76.3])], True),  # a tenth off the one in the middle
        ([came([2.0, 4.0, 5.0], [0.0, 0.0, 0.0])], False),
        ([came([2.0, 4.0, 5.0], [nan, nan, nan])], False),
        # what gives nothing, or another shape, is missing; what should give nothing does not count
        ([came([2.0, 4.0, 5.0], [2.0, 4.0, 5.0]), came([3.0], None)], True),
        ([came([2.0, 4.0, 5.0], [2.0, 4.0, 5.0]), came([3.0], None), came([3.0], [[3.0]])], False),
        ([came([2.0, 4.0, 5.0], [2.0, 4.0, 5.0]), *[came([-3.0, 7.0], [9.0, 9.0])] * 3], True),
        ([came([2.0, 4.0, 5.0], [2.0, 4.0, 5.0]), *[came([-3.0, 7.0], None)] * 3], True),
        ([came([-3.0, 7.0], [9.0, 9.0]), came([2.0, 4.0, 5.0], [9.0, 9.0, 9.0])], False),
    ],
)
def test_what_is_nearly_right(calls, nearly):
    """Three of four numbers are near the right ones, or are the same but for a factor."""
    exercise = Exercise("spec", spec, idea="", hints=())
    assert is_slip(exercise, [calls]) is nearly
    assert is_slip(exercise, [[call] for call in calls]) is nearly
