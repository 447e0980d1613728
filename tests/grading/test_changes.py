"""What a changed check does to grades, and which check is said to be the reason."""

from __future__ import annotations

import pytest

from coursekit.grading.changes import changes, renamed
from coursekit.report import Diagnosis, Graded, Outcome, Report, Tier, Verdict


def graded(learner: str, points: float, **checks: bool) -> Graded:
    verdicts = tuple(
        Verdict(name, name.title(), Tier.CORE, Outcome.PASSED if passed else Outcome.FAILED, "" if passed else "why")
        for name, passed in checks.items()
    )
    return Graded(learner, (Report("entropy", learner, Outcome.PASSED, verdicts, points, 3),))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (graded("ann", 3, one=True), graded("ann", 2, one=False), "One: why"),
        (graded("ann", 2, one=False), graded("ann", 3, one=True), "One: why"),
        (graded("ann", 3, one=True), graded("ann", 2, one=True, two=False), "Two: why"),
        (graded("ann", 3, one=False, two=True), graded("ann", 2, one=False, two=False), "Two: why"),
        (graded("ann", 3, one=True, two=True), graded("ann", 2, one=True), "another set of checks: Two"),
        (graded("ann", 3, one=True), graded("ann", 2, one=True), "what the checks are worth has changed"),
    ],
    ids=["lost", "won", "a new check", "not the one that both lost", "a check is gone", "other worth"],
)
def test_why(before, after, why):
    """The first check that the better of the two has and the worse has not."""
    (change,) = changes([before], [after])
    assert (change.learner, change.before, change.after) == ("ann", before.points, after.points)
    assert change.why == why


def test_only_what_differs():
    """Equal points are no change, nor is a learner who was not graded before."""
    assert list(changes([graded("ann", 3, one=True)], [graded("ann", 3, one=True), graded("bob", 1, one=False)])) == []


def named(learner: str, points: float, name: str = "") -> Graded:
    diagnosis = Diagnosis(name, f"It is {name}.") if name else None
    return Graded(learner, (Report("entropy", learner, Outcome.FAILED, (), points, 3, diagnosis),))


def test_only_other_names():
    """With the same points; who was not graded before has no other one."""
    before = [named("ann", 1), named("bob", 1, "swapped"), named("cem", 1, "swapped"), named("dan", 1, "swapped")]
    after = [named("ann", 1, "bits"), named("bob", 1), named("cem", 2, "bits"), named("dan", 1, "swapped")]
    found = renamed(before, [*after, named("eva", 1, "bits")])
    assert [(each.learner, each.before, each.after, each.maximum, each.why) for each in found] == [
        ("ann", 1, 1, 3, "bits: It is bits."),
        ("bob", 1, 1, 3, "no name"),
    ]
