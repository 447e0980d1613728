"""What a changed check does to grades, and which check is said to be the reason."""

from __future__ import annotations

import pytest

from coursekit.grading.changes import changes
from coursekit.report import Graded, Outcome, Report, Tier, Verdict


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
