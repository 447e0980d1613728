"""Which known mistake gives the learner's very numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from coursekit.exercise import Call, Exercise, Loss
from coursekit.exercise.answers import all_finite, lost_alike, same_answer, widened
from coursekit.exercise.recall import recall
from coursekit.report import Diagnosis
from coursekit.wire import Answer

# The one mistake that every exercise with arguments to leave out invites; the error that comes with it names them
ARGUMENTS_MISSING = Diagnosis(
    "arguments_missing",
    "The function does not take all the arguments of the exercise: keep the stub's signature, every argument in its "
    "place and with its default, and use each of them.",
)


def diagnose(exercise: Exercise, failed: list[list[Call]], passed: list[Call]) -> Diagnosis | None:
    """The misconception that gives the learner's very numbers.

    It must do so in the first failing check, and in at least half of the failing checks that ask for no further
    argument: numbers may coincide in one, and a second mistake elsewhere must not hide the first. To refuse too little
    is always such a second mistake. No call that passed may tell the two apart. Where several are left, the one that
    explains the most calls is named.

    That the learner's function does not take an argument hides no mistake either, and is said where no other is found.

    Args:
        exercise: whose misconceptions to try.
        failed: the calls of each failing check, in order; the last of each is what it failed on.
        passed: the calls of all other checks.
    """
    asked = [calls for calls in failed if calls]
    taken = [calls for calls in asked if not _not_taken(calls[-1])]
    if taken:
        evidence = _Evidence(exercise, taken, passed)
        fitting = [m for m in exercise.misconceptions if evidence.fits(m.function)]
        fitting = fitting or [m for m in exercise.misconceptions if any(map(evidence.fits, m.forms))]
        if len(fitting) > 1:
            fitting.sort(key=lambda m: -evidence.explained(m.function))
        if fitting:
            return Diagnosis(fitting[0].name, fitting[0].explanation)
    return ARGUMENTS_MISSING if len(taken) < len(asked) else None


def is_slip(exercise: Exercise, failed: list[list[Call]]) -> bool:
    """Whether wrong numbers follow the right ones: most of them are near, or the same but for a factor.

    A constant does not follow them, nor does what can be written without knowing what the exercise asks for.

    Args:
        exercise: what was asked.
        failed: the calls of each failing check; the last of each is what it failed on.
    """
    ratios: dict[float, float] = {}  # by the right number, each once
    missing = 0
    for call in (call for calls in failed for call in calls):
        got, right = call.answer.value, recall(exercise.spec, widened(call.question)).value
        if right is None:
            continue
        if got is None or got.shape != right.shape:
            missing += 1
            continue
        for one, other in zip(got.flatten().tolist(), right.flatten().tolist(), strict=True):
            if other and math.isfinite(other):
                ratios[other] = one / other
    if len(ratios) < 2:
        return False
    middle = sorted(ratios.values())[len(ratios) // 2]
    near = sum(abs(ratio - 1) <= 0.5 for ratio in ratios.values())
    alike = sum(abs(ratio - middle) <= 0.1 * abs(middle) for ratio in ratios.values())
    if not middle or len(ratios) == 2:  # of two numbers, a factor tells nothing
        alike = 0
    return 4 * max(near, alike) >= 3 * (len(ratios) + missing)


class _Evidence:
    """What a learner's function answered, to be compared with what mistakes answer."""

    def __init__(self, exercise: Exercise, failed: list[list[Call]], passed: list[Call]) -> None:
        self._exercise = exercise
        self._first, *others = failed
        given = exercise.misconceptions.given
        asked = given(self._first[-1].question)
        self._related = [
            calls for calls in others if given(calls[-1].question) <= asked and not self._right(calls[-1]).problem
        ]
        self._keeps_all = all_finite(self._first[-1].answer)
        right = [*passed, *(call for calls in failed for call in calls[:-1])]
        self._passed = [call for call in right if call.answer.value is not None]
        self._calls = [*(call for calls in failed for call in calls), *passed]

    def fits(self, wrong: Loss) -> bool:
        """Whether this may be the learner's mistake: number for number, or in what it loses to inf and NaN."""
        # the call that failed comes first: by it alone most are ruled out
        exactly = self._shows(wrong, self._first[-1], exactly=True)
        if not exactly and self._keeps_all:
            return False
        return (exactly and self._fits(wrong, exactly=True)) or self._fits(wrong, exactly=False)

    def explained(self, wrong: Loss) -> int:
        """In how many calls it gives the very numbers."""
        return sum(same_answer(call.answer, recall(wrong, call.question), call.question) for call in self._calls)

    def _fits(self, wrong: Loss, exactly: bool) -> bool:
        if not self._explains(wrong, self._first, exactly):
            return False
        shown = sum(self._explains(wrong, calls, exactly) for calls in self._related)
        return 2 * (1 + shown) >= 1 + len(self._related) and not any(
            self._tells_apart(wrong, call, exactly) for call in self._passed
        )

    def _explains(self, wrong: Loss, calls: Sequence[Call], exactly: bool) -> bool:
        return self._shows(wrong, calls[-1], exactly) and not any(
            self._tells_apart(wrong, call, exactly) for call in calls[:-1]
        )

    def _shows(self, wrong: Loss, call: Call, exactly: bool) -> bool:
        """Whether a mistake gives what the learner's function gave in a call that failed."""
        theirs = recall(wrong, call.question)
        if exactly or all_finite(call.answer):
            return same_answer(call.answer, theirs, call.question)
        return lost_alike(call.answer, theirs, self._right(call), call.question)

    def _tells_apart(self, wrong: Loss, call: Call, exactly: bool) -> bool:
        """Whether a call that passed shows that the learner's function is not this one.

        A value that passes is right within a tolerance, and a slope that is free may be any: so what gives the right
        answer is not told apart from it.
        """
        theirs = recall(wrong, call.question)
        if same_answer(call.answer, theirs, call.question):
            return False
        right = self._right(call)
        if same_answer(right, theirs, call.question):
            return False
        # another algebra overflows in other places
        return exactly or not lost_alike(right, theirs, right, call.question, more=True)

    def _right(self, call: Call) -> Answer:
        return recall(self._exercise.spec, widened(call.question))


def _not_taken(call: Call) -> bool:
    """Whether the call failed because the learner's function has no such argument, or not so many."""
    problem = call.answer.problem
    if problem is None or problem.kind != "signature" or "__init__()" in problem.message:  # the last: of a class
        return False
    named = any(f"unexpected keyword argument '{name}'" in problem.message for name in call.question.kwargs)
    return named or re.search(r"takes .{1,20} positional arguments? but", problem.message) is not None
