"""The table of what many losses give in one call: it rules out what a comparison one by one would rule out."""

from __future__ import annotations

import math

import pytest
import torch
from torch import tensor

from coursekit.exercise.answers import close, coarsest
from coursekit.grading.diagnosis.changes import After
from coursekit.grading.diagnosis.values import near, value_of, value_once
from coursekit.wire import Question

INF, NAN = math.inf, math.nan
VALUES = [
    *(tensor(value, dtype=torch.float64) for value in (2.0, 2.00003, 2.001, -2.0, INF, -INF, NAN)),
    *(tensor(value, dtype=torch.float64) for value in ([2.0, INF, NAN], [2.0, INF, 1.0], [2.0], [[2.0]], [])),
    *(tensor(value) for value in (2, 3, True, [True, False], [2, 0, 0])),
    None,
    torch.zeros(0, 3),
    torch.arange(100.0) / 7,
    torch.arange(100.0) / 7.0001,
]


@pytest.mark.parametrize("got", [value for value in VALUES if value is not None])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_near(got, dtype):
    """As `close` has it, whatever is infinite, whole, or of another shape."""
    question = Question((torch.ones(1, dtype=dtype),))
    same = [place for place, value in enumerate(VALUES) if value is not None and close(got, value, coarsest(question))]
    assert near((test_near, dtype), iter(VALUES), question, got) == same


def test_values_are_worked_out_once():
    """A second answer to the same question is compared with what is known; another question is asked anew."""
    asked = []

    def values():
        asked.append(1)
        yield tensor(1.0)
        yield tensor(2.0)

    one, other = Question((tensor([1.0]),)), Question((tensor([2.0]),))
    for question, got, places in ((one, 2.0, [1]), (one, 1.0, [0]), (one, 3.0, []), (other, 1.0, [0])):
        assert near("these", values(), question, tensor(got)) == places
    assert len(asked) == 2
    assert near("others", values(), one, tensor(2.0)) == [1]
    assert len(asked) == 3


def test_value_once():
    """Without a gradient, and None for whatever is no tensor, or cannot be had."""
    question = Question((tensor([1.0, 3.0]),), {"scale": 2.0}, (0,))

    def double(x, scale):
        assert not x.requires_grad
        return scale * x

    def refuses(_x, scale):
        raise ValueError(scale)

    for value in (value_of, value_once):
        assert value(double, question).tolist() == [2.0, 6.0]
        assert value(After(torch.sum, double), question).item() == 8.0
        assert value(After(lambda x: x[9], double), question) is None
        assert value(refuses, question) is None
        assert value(After(torch.sum, refuses), question) is None
        assert value(lambda x, scale: scale, question) is None
        assert value(lambda x, scale: x.to_sparse(), question) is None
