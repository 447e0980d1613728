"""Answers that are kept: the same as those of a second call, and only for the very same question."""

import sys

import pytest
import torch
from torch import nan, tensor

from coursekit.exercise.recall import ROOM, Shelf, recall
from coursekit.wire import Question
from coursekit.wire.answering import answer

X = tensor([1.0, 2.0])
ASKED = Question((X, 2), {"flag": None}, wrt=(0,), scale=3.0)


def counted():
    """A function, and the list of what it was called with."""
    calls = []

    def power(x, exponent, flag=None):
        calls.append((x.detach().clone(), exponent, flag))
        return x**exponent

    return power, calls


def test_asked_twice_computed_once():
    """An equal question gets the answer of the first call, value and gradient."""
    power, calls = counted()
    first = recall(power, ASKED)
    second = recall(power, Question((X.clone(), 2), {"flag": None}, wrt=(0,), scale=3.0))
    assert (len(calls), second) == (1, first)
    again = answer(power, ASKED)
    assert (again.value.tolist(), again.gradients[0].tolist()) == (first.value.tolist(), first.gradients[0].tolist())


@pytest.mark.parametrize(
    "other",
    [
        Question((tensor([1.0, 2.5]), 2), {"flag": None}, wrt=(0,), scale=3.0),
        Question((X.double(), 2), {"flag": None}, wrt=(0,), scale=3.0),
        Question((X[:, None], 2), {"flag": None}, wrt=(0,), scale=3.0),
        Question((X, 2.0), {"flag": None}, wrt=(0,), scale=3.0),
        Question((X, True), {"flag": None}, wrt=(0,), scale=3.0),
        Question((X, 2), {"flag": "a"}, wrt=(0,), scale=3.0),
        Question((X, 2), {}, wrt=(0,), scale=3.0),
        Question((X, 2, None), {}, wrt=(0,), scale=3.0),
        Question((X, 2), {"flag": None}, wrt=(), scale=3.0),
        Question((X, 2), {"flag": None}, wrt=(0,), scale=2.0),
        Question((X, 2), {"flag": None}, wrt=(0,), scale=3.0, through="log_softmax"),
    ],
)
def test_another_question_is_computed(other):
    """One number, dtype, shape, flag or wish that differs makes it another question."""
    power, calls = counted()
    recall(power, ASKED)
    recall(power, other)
    assert len(calls) == 2


def test_another_function_is_asked():
    """Two functions never share an answer."""
    (one, calls), (other, others) = counted(), counted()
    recall(one, ASKED)
    recall(other, ASKED)
    assert (len(calls), len(others)) == (1, 1)


def test_nan_is_the_same_question():
    """A NaN is not equal to itself, but asked for twice it is one question."""
    power, calls = counted()
    for _ in range(2):
        recall(power, Question((torch.stack([tensor(nan), tensor(-0.0)]), nan)))
    assert len(calls) == 1


def test_problems_are_kept():
    """Where a function raises, the problem is its answer."""
    calls = []

    def fails(x):
        calls.append(x)
        raise ValueError("no")

    assert [recall(fails, Question((X,))).problem.kind for _ in range(2)] == ["raised", "raised"]
    assert len(calls) == 1


def test_shelf_lets_go_of_what_was_not_asked_for():
    """A shelf of ten bytes keeps what was used last, whatever number of things that is."""
    shelf = Shelf(10)
    for name in "abc":
        shelf.put(name, name.upper(), 3)
    shelf.put("a", "again", 3)  # which another thread was faster with
    assert shelf.get("a") == "A"
    shelf.put("d", "D", 4)
    assert [shelf.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    assert shelf.taken == 10
    shelf.put("e", "E", 11)
    assert ([shelf.get(name) for name in "acde"], shelf.taken) == ([None] * 4, 0)


def test_what_an_answer_takes(monkeypatch):
    """The bytes of its value and of each gradient that flows count; so the room that there is holds."""
    kept = Shelf(ROOM)  # the course's own may be full by now
    monkeypatch.setattr(sys.modules["coursekit.exercise.recall"], "_answers", kept)
    question = Question((torch.zeros(1000), torch.ones(1000)), wrt=(0, 1))
    recall(lambda x, y: x + y.detach(), question)
    assert 2 * 4000 < kept.taken < 2 * 4000 + 4000
