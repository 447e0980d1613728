"""What a learner's function answered, to be compared with what mistakes answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from coursekit.exercise import Call, Exercise, Loss
from coursekit.exercise.answers import all_finite, lost_alike, same_answer, widened
from coursekit.exercise.recall import recall
from coursekit.wire import Answer


class Evidence:
    """What a learner's function answered, to be compared with what mistakes answer.

    Args:
        exercise: what was asked.
        failed: the calls of each failing check, in order, at least one; the last of each is what it failed on.
        passed: the calls of all other checks.
    """

    def __init__(self, exercise: Exercise, failed: list[list[Call]], passed: list[Call]) -> None:
        self._exercise = exercise
        self._expected: dict[int, Answer] = {}
        self._first, *others = failed
        given = exercise.misconceptions.given
        asked = given(self.first.question)
        # Whoever refuses too little, or what is an input like any other, has made a second mistake, whatever the first
        raises = self.first.answer.problem is not None
        self._related = [
            calls
            for calls in others
            if given(calls[-1].question) <= asked
            and (raises or not calls[-1].answer.problem)
            and not self._right(calls[-1]).problem
        ]
        self._keeps_all = all_finite(self.first.answer)
        right = [*passed, *(call for calls in failed for call in calls[:-1])]
        self._passed = [call for call in right if call.answer.value is not None]
        self._calls = [*(call for calls in failed for call in calls), *passed]

    @property
    def first(self) -> Call:
        """What the first failing check failed on."""
        return self._first[-1]

    @property
    def failed(self) -> list[Call]:
        """What the checks failed on that speak for a mistake or against it."""
        return [self.first, *(calls[-1] for calls in self._related)]

    def fits(self, wrong: Loss) -> bool:
        """Whether this may be the learner's mistake: number for number, or in what it loses to inf and NaN."""
        # the call that failed comes first: by it alone most are ruled out
        exactly = self._shows(wrong, self.first, exactly=True)
        if not exactly and self._keeps_all:
            return False
        return (exactly and self._fits(wrong, exactly=True)) or self._fits(wrong, exactly=False)

    def fits_all(self, wrong: Loss) -> bool:
        """Whether this gives the very numbers of all failing checks that ask for no further argument."""
        return all(self._shows(wrong, call, exactly=True) for call in self.failed) and self._fits(wrong, exactly=True)

    def explained(self, wrong: Loss) -> int:
        """In how many calls it gives the very numbers, slopes that are free among them."""
        return sum(
            same_answer(call.answer, recall(wrong, call.question), replace(call.question, free=None))
            for call in self._calls
        )

    def _fits(self, wrong: Loss, exactly: bool) -> bool:
        if not self._explains(wrong, self._first, exactly):
            return False
        left = [calls for calls in self._related if not self._explains(wrong, calls, exactly)]
        explained = 1 + len(self._related) - len(left)
        if explained <= len(left):
            left = [calls for calls in left if self._errs(wrong, calls[-1]) or not self._is_known(calls[-1])]
        if explained < len(left) or (explained == len(left) and any(self._errs(wrong, calls[-1]) for calls in left)):
            return False
        return not any(self._tells_apart(wrong, call, exactly) for call in self._passed)

    def _is_known(self, call: Call) -> bool:
        """Whether some mistake of the exercise gives the learner's wrong numbers there: a second one then."""
        known = (mistake.function for mistake in self._exercise.misconceptions)
        return not call.answer.problem and any(self._shows(each, call, exactly=True) for each in known)

    def _errs(self, wrong: Loss, call: Call) -> bool:
        """Whether a mistake has wrong numbers of its own where the learner's are wrong, and others."""
        theirs = recall(wrong, call.question)
        both_count = theirs.value is not None and call.answer.value is not None and all_finite(call.answer)
        return both_count and not same_answer(self._right(call), theirs, call.question)

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
        known = self._expected.get(id(call))  # the calls live as long as this does
        if known is None:
            known = self._expected[id(call)] = recall(self._exercise.spec, widened(call.question))
        return known
