"""What is said to add up to the right result does."""

from contextlib import suppress

import numpy as np
import pytest

from coursekit.course import syllabus
from coursekit.exercise import Function
from coursekit.exercise.answers import close, coarsest, widened
from coursekit.exercise.failure import Failure
from coursekit.exercise.recall import recall
from coursekit.wire.answering import answer

IN_PARTS = [exercise for _, exercise in syllabus.exercises().values() if exercise.misconceptions.parts]


def asked(exercise):
    """Every call of every check that has a right answer of finite numbers."""
    f = Function(exercise.name, (), lambda question: answer(exercise.spec, widened(question)))
    for number, check in enumerate(exercise.checks):
        with suppress(Failure):  # of a dtype that is asked for: the spec answers in float64
            check.run(f, np.random.default_rng(number))
    return [call.question for call in f.calls if call.answer.value is not None and call.answer.value.isfinite().all()]


@pytest.mark.parametrize("exercise", IN_PARTS, ids=lambda exercise: exercise.name)
def test_parts_add_up(exercise):
    """The sum of the terms is the right result, wherever all of them are finite."""
    summed = 0
    for question in map(widened, asked(exercise)):
        parts = [recall(loss, question).value for _, loss in exercise.misconceptions.parts.values()]
        assert all(part is not None for part in parts)
        if all(part.isfinite().all() for part in parts):
            summed += 1
            assert close(sum(parts), recall(exercise.spec, question).value, coarsest(question))
    assert summed > 2
