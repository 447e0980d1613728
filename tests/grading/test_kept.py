"""What is right but for one thing, in whole answers: the learner's and the right one, and what is said of the two."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from torch import inf, nan, tensor

from coursekit.grading.diagnosis.kept import right_but_for
from coursekit.wire import Answer, Problem, Question

REFUSED = Answer(problem=Problem("raised"))


def gives(value, *slopes):
    return Answer(tensor(value), tuple(None if slope is None else tensor(slope) for slope in slopes))


@pytest.mark.parametrize(
    ("got", "right", "name"),
    [
        # slopes that are NaN or infinite, beside the right value
        (gives([1.0, 2.0], [nan, 3.0]), gives([1.0, 2.0], [5.0, 3.0]), "slope_lost"),
        (gives([1.0, 2.0], [nan, 3.0], [1.0, 1.0]), gives([1.0, 2.0], [5.0, 3.0], [1.0, 1.0]), "slope_lost"),
        (gives([1.0, 2.0], [nan, 4.0]), gives([1.0, 2.0], [5.0, 3.0]), "slope_differs"),
        (gives([1.0, 2.0], [inf, 3.0]), gives([1.0, 2.0], [inf, 4.0]), "slope_differs"),
        (gives([1.0, 2.0], [7.0, 3.0]), gives([1.0, 2.0], [nan, 3.0]), "slope_differs"),
        # slopes that are all off by the same, in each row
        (gives([1.0, 2.0], [5.5, 3.5]), gives([1.0, 2.0], [5.0, 3.0]), "slope_shifted"),
        (gives(1.0, [[1.0, 2.0], [5.0, 3.0]]), gives(1.0, [[2.0, 3.0], [3.0, 1.0]]), "slope_shifted"),
        (gives(1.0, [1.0, 2.0], [4.0, 6.0]), gives(1.0, [1.0, 2.0], [2.0, 4.0]), "slope_shifted"),  # of one argument
        (gives(1.0, [1.0, 3.0], [4.0, 6.0]), gives(1.0, [1.0, 2.0], [2.0, 4.0]), "slope_differs"),
        (gives([1.0, 2.0], [2.0, 2.0]), gives([1.0, 2.0], [1.0, 1.0]), "slope_differs"),  # or twice as large
        (gives(1.0, [[2.0], [3.0]]), gives(1.0, [[1.0], [2.5]]), "slope_differs"),  # a row of one number
        (gives(1.0, 2.0), gives(1.0, 3.0), "slope_differs"),
        (gives([1.0, 2.0], None, [1.0, 1.0]), gives([1.0, 2.0], [5.0, 3.0], [1.0, 1.0]), None),  # there is none
        (gives([1.0, 2.0], [9.0, 9.0], [1.0, 1.0]), gives([1.0, 2.0], None, [1.0, 2.0]), "slope_differs"),
        (gives([1.0, 2.0], [9.0, 9.0], [1.0, 1.0]), gives([1.0, 2.0], None, [1.0, 1.0]), None),  # one too many
        (gives([1.0, 2.0], [5.0]), gives([1.0, 2.0], [5.0, 3.0]), None),
        # slopes that are off by the same number in each row, which are not all the same
        (gives([1.0, 2.0], [6.0, 4.0]), gives([1.0, 2.0], [5.0, 3.0]), "slope_shifted"),
        (gives([1.0], [[6.0, 4.0], [5.0, 3.0]]), gives([1.0], [[5.0, 3.0], [3.0, 1.0]]), "slope_shifted"),
        (gives([1.0], [6.0, 4.0], [1.0, 3.0]), gives([1.0], [5.0, 3.0], [1.0, 2.0]), "slope_differs"),
        (gives([1.0, 2.0], [4.0, 4.0]), gives([1.0, 2.0], [3.0, 3.0]), "slope_differs"),
        (gives([1.0, 2.0], [4.0]), gives([1.0, 2.0], [3.0]), "slope_differs"),
        (gives(1.0, 4.0), gives(1.0, 3.0), "slope_differs"),
        # values that are
        (gives([nan, 2.0]), gives([1.0, 2.0]), "value_lost"),
        (gives([nan, 2.0], [nan, 3.0]), gives([1.0, 2.0], [5.0, 3.0]), "value_lost"),
        (gives([nan, 2.0], [nan, 4.0]), gives([1.0, 2.0], [5.0, 3.0]), None),
        (gives([nan, 3.0]), gives([1.0, 2.0]), None),
        (gives([nan, 7.0]), gives([1.0, inf]), None),  # and one that is hidden
        (gives([nan, 2.0, 3.0]), gives([1.0, 2.0]), None),
        (gives([nan, nan]), gives([1.0, 2.0]), "value_lost"),
        # what should be
        (gives([7.0, 2.0]), gives([inf, 2.0]), "infinity_hidden"),
        (gives([7.0, 2.0]), gives([nan, 2.0]), "infinity_hidden"),
        (gives([7.0, 3.0]), gives([inf, 2.0]), None),
        (gives([7.0, nan]), gives([inf, 2.0]), None),
        (gives([nan, 2.0]), gives([inf, 2.0]), None),  # of infinity, NaN
        (gives([7.0, 2.0, 3.0]), gives([inf, 2.0]), None),
        # another order, of three different numbers at least
        (gives([3.0, 1.0, 2.0]), gives([1.0, 2.0, 3.0]), "another_order"),
        (gives([[3.0, 1.0], [2.0, 1.0]]), gives([[1.0, 2.0], [3.0, 1.0]]), "another_order"),
        (gives([2.0, 1.0, 1.0]), gives([1.0, 2.0, 1.0]), None),
        (gives([3.0, 1.0, 2.5]), gives([1.0, 2.0, 3.0]), None),
        (gives([1.0, 2.0, 3.0], [1.0, 2.0, 2.0]), gives([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), "slope_differs"),
        (gives([3.0, 1.0, 2.0]), gives([[1.0, 2.0, 3.0]]), None),
        # labels
        (gives([1, 3]), gives([1, 2, 3]), "some_missing"),
        (gives([3]), gives([1, 2, 3]), None),  # a single one stands anywhere
        (gives([3, 1]), gives([1, 2, 3]), None),
        (gives([1, 1, 3]), gives([1, 2, 3]), None),
        (gives([1, 2, 3]), gives([1, 3]), "some_too_many"),
        (gives([1.0, 3.0]), gives([1, 2, 3]), None),
        (gives([[1, 3]]), gives([1, 2, 3]), None),
        (gives([1, 3]), gives([[1, 2, 3]]), None),
        (gives([True, True]), gives([True, False, True]), None),
        # masks
        (gives([True, True]), gives([True, False]), "true_too_often"),
        (gives([False, True]), gives([True, True]), "true_too_seldom"),
        (gives([False, True]), gives([True, False]), None),
        (gives([0, 1]), gives([True, True]), None),
        (gives([True, True, True]), gives([True, False]), None),
        # in another dtype, say
        (gives([1, 2]), gives([1, 2]), None),
        (gives([True, False]), gives([True, False]), None),
        # what should be refused
        (gives([1.0, 2.0]), REFUSED, "not_refused"),
        (REFUSED, gives([1.0, 2.0]), None),
        (REFUSED, REFUSED, None),
        # all of it
        (gives([1.0, 2.0]), gives([3.0, 4.0]), None),
    ],
)
def test_right_but_for_one_thing(got, right, name):
    """The first of these that holds is said, and nothing where none does."""
    question = Question((tensor([1.0]),))
    evidence = SimpleNamespace(all_are=lambda so: so(got, right, question))
    said = right_but_for(evidence)
    assert (said and said.misconception) == name
