"""When two answers are the same, near, or lost in the same way; and what is no refusal."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, tensor

from coursekit.exercise import Failure, Function, Stopped, refuses
from coursekit.exercise.answers import all_finite, close, coarsest, lost_alike, same_answer, widened
from coursekit.exercise.comparing import _example
from coursekit.report import Outcome
from coursekit.wire import Answer, Problem, Question

X = tensor([1.0, 2.0])
ASKED = Question((X,), wrt=(0,))
INF, NAN = torch.inf, torch.nan


def test_a_question_is_widened_once():
    """Asked again it is the same object; whole numbers stay, and so does all else."""
    question = Question((X, tensor([1]), "mean"), {"w": X.half()}, (0,), 3.0)
    wide = widened(question)
    assert widened(question) is wide
    assert [value.dtype for value in wide.args[:2]] == [torch.float64, torch.int64]
    assert (wide.args[2], wide.kwargs["w"].dtype, wide.wrt, wide.scale) == ("mean", torch.float64, (0,), 3.0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Answer(X, (X,)), Answer(X.clone(), (X.clone(),)), True),
        (Answer(X, (X,)), Answer(X, (X + 1,)), False),
        (Answer(X, (X,)), Answer(X, (None,)), False),
        (Answer(X, (X,)), Answer(X + 1, (X,)), False),
        (Answer(problem=Problem("raised", "ValueError: a")), Answer(problem=Problem("raised", "ValueError b")), True),
        (Answer(problem=Problem("raised", "ValueError: a")), Answer(problem=Problem("raised", "KeyError: a")), False),
        (Answer(problem=Problem("raised", "a")), Answer(problem=Problem("signature", "a")), False),
        (Answer(problem=Problem("raised", "a")), Answer(X, (X,)), False),
        (Answer(problem=Problem("raised", "a")), Answer(), False),
    ],
)
def test_same(one: Answer, other: Answer, same: bool):
    """Numbers and slopes, or an error of one kind and type, whatever it says."""
    assert same_answer(one, other, ASKED) is same_answer(other, one, ASKED) is same


@pytest.mark.parametrize("size", [2, 100])  # Python's own numbers, and numpy's
@pytest.mark.parametrize(
    ("got", "want", "same"),
    [
        (1.0, 1.0, True),
        (1.0, 1.00001, True),
        (1.0, 1.001, False),
        (0.0, 1e-7, True),
        (NAN, NAN, True),
        (NAN, 1.0, False),
        (1.0, NAN, False),
        (INF, INF, True),
        (INF, -INF, False),
        (1.0, INF, False),
        (INF, 1.0, False),
    ],
)
def test_close(size: int, got: float, want: float, same: bool):
    """In each number; what is infinite is near nothing but itself."""
    a, b = torch.zeros(size), torch.zeros(size)
    a[-1], b[-1] = got, want
    assert close(a, b, torch.float32) is same
    assert not close(a, b[:, None], torch.float32)
    assert not close(a, None, torch.float32)
    assert close(None, None, torch.float32)


def lost(*numbers: float, slopes: tuple[float, ...] | None = (0.0, 0.0)) -> Answer:
    return Answer(tensor(numbers), (None if slopes is None else tensor(slopes),))


@pytest.mark.parametrize(
    ("one", "other", "alike", "more"),
    [
        (lost(INF, 2.0), lost(NAN, 2.0), True, True),
        (lost(INF, 2.0), lost(1.0, INF), True, True),  # where is of no account
        (lost(INF, 2.0), lost(NAN, 2.5), False, False),
        (lost(INF, 3.0), lost(INF, 2.0), False, False),
        (lost(1.0, 2.0), lost(NAN, 2.0), False, True),
        (lost(NAN, 2.0), lost(1.0, 2.0), False, False),
        (lost(1.0, 2.0), lost(1.0, 2.0), False, False),
        (lost(1.0, 2.0, slopes=(NAN, 0.0)), lost(1.0, 2.0, slopes=(0.0, INF)), True, True),
        (lost(1.0, 2.0), lost(1.0, 2.0, slopes=(0.0, INF)), False, True),
        (lost(INF, 2.0), lost(INF, 2.0, slopes=(0.0, INF)), False, True),
        (lost(INF, 2.0), lost(INF, 2.0, slopes=None), False, False),
        (lost(INF, 2.0, slopes=None), lost(INF, 2.0, slopes=None), True, True),
        (lost(INF), lost(INF), False, False),
        (Answer(problem=Problem("raised")), lost(INF, 2.0), False, False),
        (lost(INF, 2.0), Answer(problem=Problem("raised")), False, False),
    ],
)
def test_lost_alike(one: Answer, other: Answer, alike: bool, more: bool):
    """Both have lost a value, or a slope, and agree in what both have kept; `more` allows the other to lose more."""
    right = lost(1.0, 2.0)
    assert lost_alike(one, other, right, ASKED) is alike
    assert lost_alike(one, other, right, ASKED, more=True) is more
    assert not lost_alike(one, other, Answer(problem=Problem("raised")), ASKED)


def test_lost_without_slopes():
    """A question that asks for none."""
    asked = Question((X,))
    one, other, right = (Answer(tensor(numbers)) for numbers in ([INF, 2.0], [1.0, NAN], [1.0, 2.0]))
    assert lost_alike(one, other, right, asked)
    assert not lost_alike(right, other, right, asked)
    flat = Answer(X, (None,))
    assert lost_alike(Answer(tensor([INF, 2.0]), (None,)), Answer(tensor([NAN, 2.0]), (None,)), flat, ASKED)


def test_what_is_finite():
    """In the value and in each slope; one that does not flow holds nothing."""
    assert all_finite(Answer(X, (None, X)))
    assert not all_finite(Answer(X, (None, tensor([NAN]))))
    assert not all_finite(Answer(tensor([INF])))


@pytest.mark.parametrize(
    ("dtypes", "least"),
    [
        ((torch.float64, torch.float32), torch.float32),
        ((torch.float16, torch.float64), torch.float16),
        ((torch.int64,), torch.float32),
        ((torch.int64, torch.float64), torch.float64),
    ],
)
def test_the_least_exact(dtypes: tuple[torch.dtype, ...], least: torch.dtype):
    """Of the inputs, keywords too; whole numbers set none."""
    first, *others = (torch.ones(1, dtype=dtype) for dtype in dtypes)
    assert coarsest(Question((first,), {str(at): value for at, value in enumerate(others)})) is least


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Answer(problem=Problem("raised", "ValueError: no")), None),
        (Answer(problem=Problem("signature", "TypeError: no")), None),
        (Answer(problem=Problem("nothing")), "Got None where an error should come: `f(torch.tensor([1.0, 2.0]))`."),
        (Answer(problem=Problem("not-a-tensor", "number float")), "where an error should come: `f(torch.tensor([1.0,"),
        (Answer(problem=Problem("changed-input", "x")), "The function changed x in place"),
        (Answer(X), "A value came where an error should."),
    ],
    ids=["raised", "signature", "None", "float", "changed", "value"],
)
def test_refuses(reply: Answer, said: str | None):
    """An exception is what is asked for; a function that returns nothing, or no tensor, has not raised one."""
    f = Function("f", (), lambda question: reply)
    f.attempted = True
    if said is None:
        refuses(f, X)
        return
    with pytest.raises(Failure) as caught:
        refuses(f, X)
    assert said in caught.value.rationale


@pytest.mark.parametrize(("apart", "digits"), [(0.5, 4), (1e-5, 6), (1e-7, 8), (1e-9, 12), (1e-15, 17), (0.0, 17)])
def test_digits_of_an_example(apart: float, digits: int):
    """As many as it takes to see that the two differ."""
    got, expected = (torch.tensor(1 + each, dtype=torch.float64) for each in (apart, 0))
    assert (_example("x", got, expected).got, _example("x", got, expected).expected) == (
        *(f"{1 + apart:.{digits}f}", f"{1:.{digits}f}"),
    )


def broken(message: str) -> str:
    f = Function("f", (), lambda question: Answer(problem=Problem("broken", message)))
    with pytest.raises(Stopped) as caught:
        f.ask(ASKED)
    assert caught.value.outcome is Outcome.ERROR
    return str(caught.value.help)


def test_what_cannot_be_loaded():
    """Python points at the place; a newer Python is named where it is that; a known error has its own help."""
    alone = "Run the file or the cell by itself: Python points at the place."
    assert broken("Loading it raised Strange: x") == alone
    unread = "Python 3.11 cannot read this, so `f` cannot be found in it: a.py, line 1: invalid syntax."
    assert broken(unread).startswith(f"{alone} If it runs there, that Python is a newer")
    assert broken("Loading it raised ZeroDivisionError: division by zero") not in ("", alone)


def value_of(x: Tensor) -> Answer:
    return Answer(2 * x)


def test_not_attempted_is_only_the_first():
    """A function that has given a value, and raises NotImplementedError then, has been attempted."""
    replies = [Answer(problem=Problem("unattempted", "later"))]
    with pytest.raises(Stopped) as caught:
        Function("f", (), lambda question: replies[0]).ask(ASKED)
    assert caught.value.outcome is Outcome.UNATTEMPTED
    f = Function("f", (), lambda question: value_of(X) if not f.calls else replies[0])
    f.ask(ASKED)
    with pytest.raises(Failure, match="raised NotImplementedError: later"):
        f.ask(ASKED)
