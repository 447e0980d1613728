"""Which of two gradings stands, rule by rule: what is called, what is a slip, what there was no time for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
import torch

from coursekit.exercise import Exercise
from coursekit.grading import leaning
from coursekit.grading.leaning import may_lean, part
from coursekit.report import Outcome, Report, Tier, Verdict


def report(outcome: Outcome, points: float = 1.0, *, is_slip: bool = False) -> Report:
    state = Outcome.PASSED if outcome is Outcome.PASSED else Outcome.FAILED
    return Report("", "ann", outcome, (Verdict("", "", Tier.CORE, state),), points, 4.0, is_slip=is_slip)


class Told:
    """A learner's functions: what the helper gets, what the answer gets with the course's own helper."""

    def __init__(self, helper: Report, second: Report, called: tuple[str, ...] = ("double",)) -> None:
        self.helper, self.second, self.called = helper, second, called
        self.graded: list[tuple[str, list[str]]] = []

    def grade(self, exercise: Exercise, instead: Mapping[str, str]) -> Report:
        """As `Way.grade`."""
        self.graded.append((exercise.name, [*instead]))
        return self.second if instead else self.helper

    def leans_on(self, exercise: Exercise, others: Sequence[str]) -> tuple[str, ...]:
        """As `Way.leans_on`."""
        return tuple(name for name in self.called if name in others)


WRONG, SLIP = report(Outcome.FAILED), report(Outcome.FAILED, is_slip=True)
RIGHT, MORE = report(Outcome.PASSED, 4.0), report(Outcome.PASSED, 2.0)
AGAIN = ("triple", ["double"])


@pytest.mark.parametrize(
    ("first", "helper", "second", "stands", "graded"),
    [
        (RIGHT, WRONG, MORE, RIGHT, []),
        (report(Outcome.TIMEOUT), SLIP, MORE, report(Outcome.TIMEOUT), []),
        (WRONG, RIGHT, MORE, WRONG, []),
        (WRONG, WRONG, MORE, replace(WRONG, leans_on=("double",)), []),
        (WRONG, SLIP, MORE, replace(MORE, leans_on=("double",), parted=True), [AGAIN]),
        (report(Outcome.ERROR), SLIP, MORE, replace(MORE, leans_on=("double",), parted=True), [AGAIN]),
        (WRONG, SLIP, report(Outcome.PASSED, 1.0), replace(WRONG, leans_on=("double",)), [AGAIN]),
        (WRONG, SLIP, report(Outcome.STARVED), replace(WRONG, leans_on=("double",), outcome=Outcome.STARVED), [AGAIN]),
        (WRONG, report(Outcome.STARVED), MORE, replace(WRONG, outcome=Outcome.STARVED), []),
        (WRONG, report(Outcome.SKIPPED, is_slip=True), MORE, WRONG, []),
    ],
)
def test_which_grading_stands(toy_course, first, helper, second, stands, graded):
    """The second one where a slip of a helper costs points that the answer has earned by itself."""
    way = Told(helper, second)
    assert part(way, toy_course.exercises[1], first, {"double": helper}) == stands
    assert way.graded == graded


def test_a_helper_that_nobody_has_asked_for(toy_course):
    """It is graded now, and that is remembered; what is called and comes later, or not at all, is not looked at."""
    known: dict[str, Report] = {}
    way = Told(SLIP, MORE)
    assert part(way, toy_course.exercises[1], WRONG, known).parted
    assert (way.graded, known) == ([("double", []), AGAIN], {"double": SLIP})
    way = Told(SLIP, MORE, called=())
    assert part(way, toy_course.exercises[1], WRONG, known) == WRONG
    assert part(Told(SLIP, MORE), toy_course.exercises[0], WRONG, known) == WRONG


@pytest.mark.parametrize(
    ("alone", "second", "own"),
    [(0, WRONG, True), (0, RIGHT, True), (1, WRONG, False), (1, RIGHT, True), (3, RIGHT, False)],
)
def test_what_an_answer_does_itself(double, monkeypatch, alone, second, own):
    """The helper alone passes nothing; or not all three core checks, and the answer all."""
    monkeypatch.setattr(leaning, "_passed_alone", lambda name, helper: {"one": 0, "two": alone}[helper])
    assert leaning._does_its_own_part(double, ["one", "two"], second) is own


def test_a_function_with_simple_changes():
    """Its arguments in either order, those that it does not have left out, its result summed, averaged or negated."""

    def loss(x: torch.Tensor, y: torch.Tensor, reduction: str = "mean", factor: float = 1.0) -> torch.Tensor:
        assert reduction == "none"
        return factor * (x - y)

    x, y = torch.tensor([[1.0, 5.0], [2.0, 4.0]]), torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    off = 2 * (x - y)
    found = [way(x, y, factor=2.0, reduction="sum", other=3) for way in leaning._plumbed(loss)]
    expected = [off, -off, off.mean(), off.sum(), off.mean(-1), off.sum(-1)]
    assert len(found) == 12
    assert all(torch.equal(a, b) for a, b in zip(found, [*expected, *(-each for each in expected)], strict=True))
    (first, *_) = leaning._plumbed(lambda x: x)  # of three arguments it takes one
    assert first(x, y, y) is x
    last = [*leaning._plumbed(lambda x, y, z: x + z)][6](x, y, off)  # the third stays where it is
    assert torch.equal(last, y + off)


def test_what_a_source_may_lean_on():
    """What it names elsewhere than where it defines it, of what comes earlier."""
    names = ["a", "b", "c"]
    assert may_lean([("x", "def a(): ...\ndef c():\n    return a()")], names) == {"a": [], "b": ["a"], "c": ["a"]}
    assert may_lean([("x", "def a(): ...\n"), ("y", "b(c)")], names) == {"a": [], "b": [], "c": ["b"]}
