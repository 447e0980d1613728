"""Half of the right numbers, and twice as many, are called nothing else: two rows, or two classes, hide what they are.

Of two numbers a mean is half of the sum. Where all checks ask about two of something, a mistake about means fits
whoever has lost a ½, and the sentence that is said is false.
"""

from __future__ import annotations

import re
from functools import wraps

import pytest

from coursekit.course import syllabus
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import score

EXERCISES = [exercise for topic in syllabus.TOPICS for exercise in topic.exercises]
SAYS_SO = re.compile(r"½|1/2|[Hh]al(f|ve)|[Tt]wice|[Dd]ouble|\b2\b|\btwo\b")


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_factor_of_two_is_said(exercise, factor):
    @wraps(exercise.spec)
    def learner(*args, **flags):
        right = exercise.spec(*args, **flags)
        return (factor * right).to(right.dtype) if right.is_floating_point() else right  # nobody halves a label

    named = score(exercise, ask_here(learner, exercise), seed=0).diagnosis
    assert named is None or SAYS_SO.search(named.explanation), named
