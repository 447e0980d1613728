"""Several exercises of one submission in one child: the same verdicts as alone, and no point lost by another's code."""

import dataclasses
import os
import socket

import pytest
import toys

from coursekit.grading import scoring
from coursekit.jail import judge
from coursekit.jail.child import Child
from coursekit.jail.terms import Limits
from coursekit.report import Outcome

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("strict_time"),
    pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes"),
]

LIMITS = Limits(seconds=3.0, memory=300 << 20)
HONEST = f"{toys.HONEST}\ndef triple(x):\n    return 3 * x\n"
BOTH = (toys.make_double(), toys.make_triple())


@pytest.fixture(scope="module")
def jail(any_jail):
    any_jail.limits = LIMITS
    return any_jail


@pytest.fixture
def forks(monkeypatch):
    """The names that each fork was asked for, in order."""
    forks = []
    begin, turn = Child.begin, Child.turn_to
    monkeypatch.setattr(Child, "begin", lambda self, *rest, **more: forks.append([]) or begin(self, *rest, **more))
    monkeypatch.setattr(
        Child, "turn_to", lambda self, each, *rest: forks[-1].append(each.name) or turn(self, each, *rest)
    )
    return forks


def told(jail, text, exercises=BOTH, known=()):
    asked = [(each, 1) for each in exercises]
    return jail.score((("a.py", text),), asked, learner="ann", exercises=known)


def alone(jail, text, exercises=BOTH):
    return [report for each in exercises for report in told(jail, text, [each])]


SAME_AS_ALONE = {
    "both right": HONEST,
    "one is missing": toys.HONEST,
    "the first is missing": "def triple(x):\n    return 3 * x\n",
    "neither": "def other(x):\n    return x\n",
    "no Python": "def double(x:\n",
    "the first is wrong": HONEST.replace("2 * x", "2 * x.detach()"),
    "the second is wrong": HONEST.replace("3 * x", "x * x"),
    "the first is a stub": HONEST.replace("return 2 * x", "raise NotImplementedError"),
    "the first is half done, and has changed torch": f"""
import torch

def double(x):
    torch.Tensor.__rmul__ = torch.Tensor.__add__
    raise NotImplementedError

{HONEST.partition(chr(10) * 2)[2]}
""",
    "the first makes the second look unattempted": """
import torch

def refuse(*_):
    raise NotImplementedError

def double(x):
    torch.zeros = refuse
    return 2 * x

def triple(x):
    return 3 * x + torch.zeros(())
""",
    "the first ends its process": HONEST.replace("return 2 * x", "import os; os._exit(0)"),
    "the second ends its process": HONEST.replace("return 3 * x", "import os; os._exit(0)"),
    "the first never ends": HONEST.replace("return 2 * x", "while True: pass"),
    "the first takes all memory": HONEST.replace("return 2 * x", "return [bytes(1 << 25) for _ in range(99)]"),
    "the first prints without end": HONEST.replace("return 2 * x", "print('x' * (1 << 22), flush=True); return 2 * x"),
    "the first raises while it is loaded": f"X = 1 / 0\n{HONEST.replace('2 * x', 'X * x')}",
    "the first takes away a function of torch": HONEST.replace(
        "return 2 * x", "torch.Tensor.__rmul__ = torch.Tensor.__mul__ = None; return x + x"
    ).replace("def double", "import torch\n\ndef double", 1),
    "the first changes how torch computes": f"import torch\ntorch.set_default_dtype(torch.float64)\n{HONEST}",
    "the first leaves a thread behind that spoils it": f"""
import threading, torch

def spoil():
    while True:
        torch.Tensor.__rmul__ = torch.Tensor.__add__

def double(x):
    threading.Thread(target=spoil, daemon=True).start()
    return x + x

{HONEST.partition(chr(10) * 2)[2]}
""",
}


SLOW = {"the first never ends", "the first leaves a thread behind that spoils it"}


@pytest.mark.parametrize(
    "text",
    [pytest.param(t, id=name, marks=[pytest.mark.slow] * (name in SLOW)) for name, t in SAME_AS_ALONE.items()],
)
def test_verdicts_are_the_same_as_alone(jail, text):
    expected = alone(jail, text)
    assert told(jail, text) == expected
    assert told(jail, text, BOTH[::-1]) == expected[::-1]


def test_who_has_all_right_costs_one_fork(jail, forks):
    reports = told(jail, HONEST)
    assert [report.points for report in reports] == [4.0, 1.0]
    assert forks == [["double", "triple"]]


def test_stubs_cost_one_fork(jail, forks):
    stubs = [f"def {name}(x):\n    'To do.'\n    raise NotImplementedError\n" for name in ("double", "triple")]
    assert [report.outcome for report in told(jail, "\n".join(stubs))] == [Outcome.UNATTEMPTED] * 2
    assert forks == [["double", "triple"]]


def test_what_fails_is_graded_again_where_nothing_else_ran(jail, forks):
    both_wrong = HONEST.replace("2 * x", "x").replace("3 * x", "x")
    assert [report.outcome for report in told(jail, both_wrong)] == [Outcome.FAILED] * 2
    assert forks == [["double", "triple"], ["triple"]]


def test_exercises_under_other_rules_have_other_children(jail, forks):
    exercises = toys.make_double("softmax"), BOTH[1]
    assert all(map(scoring.is_solved, told(jail, HONEST, exercises)))
    assert forks == [["double"], ["triple"]]


def test_reports_stand_in_the_order_asked(jail):
    strict = dataclasses.replace(BOTH[1], name="triple", forbids=("softmax",))
    again = dataclasses.replace(BOTH[0], name="twice")
    text = f"{HONEST}\ndef twice(x):\n    return x + x\n"
    assert [report.exercise for report in told(jail, text, (BOTH[0], strict, again))] == ["double", "triple", "twice"]


def test_each_has_its_own_time(jail):
    """Two answers that take long, but not too long, are not ended for what they take together."""
    slow = "import time\nONE = time.sleep(1.8) or 1\n" + HONEST.replace("x\n", "x * ONE\n")
    assert all(map(scoring.is_solved, told(jail, slow)))


def test_another_exercise_is_no_misspelt_one(jail):
    """`triples` is close to `triple`, but it is the answer to something else that the course asks for."""
    text = "def triples(x):\n    return 3 * x\n"
    (missing,) = told(jail, text, BOTH[1:], known=["triple", "triples"])
    assert "Did you mean" not in missing.verdicts[0].rationale
    (missing,) = told(jail, text, BOTH[1:], known=["triple"])
    assert "Did you mean `triples`" in missing.verdicts[0].rationale


def test_a_jail_that_ends_under_one_exercise_costs_the_others_nothing(jail, monkeypatch):
    """Whoever is asked when the jail ends, twice as the first in its child, has it on record; the others do not."""
    real = judge.scoring.run

    def grade(exercise, ask, **more):
        if exercise.name == "double" and isinstance(ask, Child):
            raise judge.ZygoteGone
        return real(exercise, ask, **more)

    monkeypatch.setattr(judge.scoring, "run", grade)
    monkeypatch.setattr(jail, "_stop", lambda: None)  # it is well
    for exercises in (BOTH, BOTH[::-1]):
        reports = {report.exercise: report for report in told(jail, HONEST, exercises)}
        assert "ended twice" in reports["double"].verdicts[0].rationale
        assert scoring.is_solved(reports["triple"])


def test_a_jail_that_takes_no_orders_ends(jail, monkeypatch):
    """Where the zygote cannot be told to fork, that is said, and not tried for ever."""

    def broken(*_):
        raise BrokenPipeError

    with monkeypatch.context() as patch:
        patch.setattr(socket, "send_fds", broken)
        patch.setattr(jail, "_stop", lambda: None)
        reports = told(jail, HONEST)
    assert ["ended twice" in report.verdicts[0].rationale for report in reports] == [True, True]
