"""What a learner's function answered, to be compared with what mistakes answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, partial

from torch import Tensor

from coursekit.exercise import Call, Exercise, Loss
from coursekit.exercise.answers import all_finite, close, coarsest, lost_alike, same_answer, widened
from coursekit.exercise.recall import recall
from coursekit.grading.diagnosis.values import near, value_of
from coursekit.wire import Answer, Question

Near = Callable[[Tensor, Tensor], bool]
_LEFT = 0.25  # of what is wrong in an answer, the part that a mistake may leave unexplained


class Evidence:
    """What a learner's function answered, to be compared with what mistakes answer.

    Args:
        exercise: what was asked.
        failed: the calls of each failing check, in order, at least one; the last of each is what it failed on.
        passed: the calls of all other checks.
    """

    def __init__(self, exercise: Exercise, failed: list[list[Call]], passed: list[Call]) -> None:
        self._exercise = exercise
        self.first = failed[0][-1]  # what the first failing check failed on
        given = self._given = exercise.misconceptions.given
        asked = given(self.first.question)
        # Whoever refuses too little, or what is an input like any other, has made a second mistake, whatever the first
        raises = self.first.answer.problem is not None
        others = [calls[-1] for calls in failed[1:]]
        self._related = [
            call
            for call in others
            if given(call.question) <= asked and (raises or not call.answer.problem) and not self._right(call).problem
        ]
        self._others = [call for call in others if call.answer.value is not None]
        self._keeps_all = all_finite(self.first.answer)
        right = [*passed, *(call for calls in failed for call in calls[:-1])]
        self._passed = [call for call in right if call.answer.value is not None]
        self._calls = [*(call for calls in failed for call in calls), *passed]

    @property
    def failed(self) -> list[Call]:
        """What the checks failed on that speak for a mistake or against it."""
        return [self.first, *self._related]

    @property
    def is_enough(self) -> bool:
        """Whether there are three numbers that do not come of themselves: one or two may coincide with anything."""
        return self._is_enough or self._count([*self.failed, *self._others]) >= 3

    @cached_property
    def _is_enough(self) -> bool:
        return self._numbers >= 3

    @cached_property
    def _numbers(self) -> int:
        return self._count(self.failed)

    @staticmethod
    def _count(calls: list[Call]) -> int:
        """How many numbers those calls gave that do not come of themselves."""
        parts = [part for call in calls for part in (call.answer.value, *call.answer.gradients) if part is not None]
        numbers = {round(x, 4) for part in parts for x in part.double().flatten().tolist() if math.isfinite(x)}
        return len(numbers - {-1.0, 0.0, 1.0})

    def all_are(self, so: Callable[[Answer, Answer, Question], bool]) -> bool:
        """Whether something holds of each call that failed with a value: of the answer, the right one, the question."""
        return all(
            call.answer.value is not None and so(call.answer, self._right(call), call.question)
            for call in (*self.failed, *self._others)
        )

    @property
    def cuts_the_graph(self) -> bool:
        """Whether all that is wrong is that there is no gradient: the values are right."""
        return all(self._lacks_gradient(call) for call in self.failed)

    def _lacks_gradient(self, call: Call) -> bool:
        right = self._right(call)
        slopes = call.answer.gradients
        return (
            bool(slopes)
            and all(slope is None for slope in slopes)
            and any(slope is not None for slope in right.gradients)
            and close(call.answer.value, right.value, coarsest(call.question))
        )

    @property
    def failed_with_right(self) -> list[tuple[Call, Answer]]:
        """The calls of `failed`, each with the right answer."""
        return [(call, self._right(call)) for call in self.failed]

    @property
    def with_right(self) -> list[tuple[Call, Answer]]:
        """All calls that gave a value, those that passed as well, each with the right answer."""
        return [(call, self._right(call)) for call in self._calls if call.answer.value is not None]

    @property
    def first_values(self) -> tuple[Tensor | None, Tensor | None]:
        """What the learner's function gave in the first call that failed, and what is right there."""
        return self.first.answer.value, self._right(self.first).value

    def is_nearly(self, alike: Callable[[Tensor, Tensor, Near], bool]) -> bool:
        """Whether the learner's numbers resemble the right ones in all failing checks, by their values alone.

        Of a row of two numbers anything may be a coincidence: in some check there must be three. Where a value is
        right, it is a slope that is wrong.

        Args:
            alike: tells of the learner's numbers and the right ones whether they do, by what is near enough.
        """
        is_long = False
        for call in self.failed:
            got, right = call.answer.value, self._right(call).value
            if got is None or right is None or got.shape != right.shape:
                return False
            near = partial(close, dtype=coarsest(call.question))
            if near(got, right) or not alike(got.double(), right.double(), near):
                return False
            is_long |= got.ndim > 0 and got.shape[-1] > 2
        return is_long and self.failed_values > 2

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Of the calls that failed, each right number with the learner's, where both are finite."""
        found = []
        for call, answer in self.failed_with_right:
            got, right = call.answer.value, answer.value
            if got is not None and right is not None and got.shape == right.shape:
                both = zip(right.flatten().tolist(), got.flatten().tolist(), strict=True)
                found += [(x, y) for x, y in both if math.isfinite(x) and math.isfinite(y)]
        return found

    @property
    def failed_values(self) -> int:
        """How many of the right numbers in those calls differ from 0 and from each other."""
        values = [part for call in self.failed if (part := self._right(call).value) is not None]
        return len({round(x, 5) for part in values for x in part.flatten().tolist() if math.isfinite(x)} - {0.0})

    def candidates(self, key: Hashable, losses: Iterable[Loss | None]) -> Iterable[int]:
        """The places of those losses that the value of the first failing call does not rule out.

        Args:
            key: stands for the losses, among those that are made of this exercise.
            losses: mistakes; None stands for one that cannot be made in that call.
        """
        value = self.first.answer.value
        if value is None:
            return [place for place, loss in enumerate(losses) if loss is not None]
        return near((key, self._exercise), losses, self.first.question, value)

    def fitting(self, losses: Sequence[Loss]) -> list[int]:
        """The places of those losses that may be the learner's mistake; see `candidates` and `fits`."""
        # what has lost numbers is another one's by those that are left
        places = self.candidates(tuple(losses), losses) if self._keeps_all else range(len(losses))
        return [place for place in places if self.fits(losses[place])]

    def fits(self, wrong: Loss) -> bool:
        """Whether this may be the learner's mistake: number for number, or in what it loses to inf and NaN."""
        # the call that failed comes first: by it alone most are ruled out
        exactly = self._shows(wrong, self.first, exactly=True)
        if not exactly and self._keeps_all:
            return False
        return (exactly and self._fits(wrong, exactly=True)) or self._fits(wrong, exactly=False)

    def fits_all(self, wrong: Loss, *about: str) -> bool:
        """Whether this gives the very numbers of all failing checks that ask for no further argument.

        If these have too few numbers to tell, it must give those of all others as well. A slope that is NaN or infinite
        beside the very value is a second mistake, which hides no first one.

        Args:
            wrong: a mistake.
            about: the arguments that it is about: checks that ask for no others than these besides count as well.
        """
        calls = [*self.failed, *(self._asking_for(*about) if self._is_enough else self._others)]
        return all(self._shows(wrong, call, exactly=True) or self._loses_slopes(wrong, call) for call in calls) and (
            self._fits(wrong, exactly=True)
        )

    def _loses_slopes(self, wrong: Loss, call: Call) -> bool:
        """Whether the learner's value is that of a mistake, and so are those of their slopes that are numbers."""
        got = call.answer
        if got.value is None or all_finite(got) or not got.value.isfinite().all():
            return False
        theirs = recall(wrong, call.question)
        return lost_alike(theirs, got, theirs, call.question, more=True)

    def _asking_for(self, *about: str) -> list[Call]:
        return [call for call, more in self._asking_more if more <= {*about}]

    @cached_property
    def _asking_more(self) -> list[tuple[Call, set[str]]]:
        """Of the other calls that failed, those that give more arguments than the first, and which."""
        known = self._given(self.first.question)
        return [(call, more) for call in self._others if (more := self._given(call.question) - known)]

    def explained(self, wrong: Loss) -> int:
        """In how many calls it gives the very numbers, slopes that are free among them."""
        return sum(
            same_answer(call.answer, recall(wrong, call.question), replace(call.question, free=None))
            for call in self._calls
        )

    def _fits(self, wrong: Loss, exactly: bool) -> bool:
        if not self._shows(wrong, self.first, exactly):
            return False
        left = [call for call in self._related if not self._shows(wrong, call, exactly)]
        against = [*left]
        if not self._numbers:  # 0 comes of anything: what fails with further arguments counts as well
            against += self._others
        if any(self._contradicts(wrong, call) for call in against):
            return False
        explained = 1 + len(self._related) - len(left)
        left = [call for call in left if self._errs(wrong, call) or not self._is_known(call)]
        if explained < len(left) or (explained == len(left) and any(self._errs(wrong, call) for call in left)):
            return False
        return not any(self._tells_apart(wrong, call, exactly) for call in self._passed)

    def _is_known(self, call: Call) -> bool:
        """Whether some mistake of the exercise gives the learner's wrong numbers there: a second one then.

        The first may be a factor, which the second one's numbers then have as well.
        """
        known = [mistake.function for mistake in self._exercise.misconceptions]
        if call.answer.problem:
            return False
        return any(self._shows(each, call, exactly=True) or self._shows_scaled(each, call) for each in known)

    def _shows_scaled(self, wrong: Loss, call: Call) -> bool:
        """Whether a mistake gives the learner's value times the factor by which the first call is wrong.

        It must be wrong there: the right value times that factor is the factor alone, and no second mistake.
        """
        (got, right), value, theirs = self.first_values, call.answer.value, value_of(wrong, call.question)
        if got is None or right is None or got.numel() != 1 or right.numel() != 1 or not right.item():
            return False
        if theirs is None or value is None or bool((value == value.round()).all()):  # whole numbers often coincide
            return False
        if close(theirs, self._right(call).value, coarsest(call.question)):
            return False
        return close(value, theirs * (got.item() / right.item()), coarsest(call.question))

    def _errs(self, wrong: Loss, call: Call) -> bool:
        """Whether a mistake has wrong numbers of its own where the learner's are wrong, and others."""
        theirs = recall(wrong, call.question)
        both_count = theirs.value is not None and call.answer.value is not None and all_finite(call.answer)
        return both_count and not same_answer(self._right(call), theirs, call.question)

    def _contradicts(self, wrong: Loss, call: Call) -> bool:
        """Whether learner and mistake have different wrong values where no other mistake is known to have theirs."""
        theirs, right, dtype = value_of(wrong, call.question), self._right(call).value, coarsest(call.question)
        got = call.answer
        if theirs is None or got.value is None or right is None:
            return False
        if not all_finite(got) or not theirs.isfinite().all():
            return False
        apart = not any(close(a, b, dtype) for a, b in ((got.value, theirs), (got.value, right)))
        return apart and not close(theirs, right, dtype) and not self._is_known(call)

    def _shows(self, wrong: Loss, call: Call, exactly: bool) -> bool:
        """Whether a mistake gives what the learner's function gave in a call that failed."""
        if not exactly and not all_finite(call.answer):
            return lost_alike(call.answer, recall(wrong, call.question), self._right(call), call.question)
        value = call.answer.value
        if value is not None:
            theirs = value_of(wrong, call.question)
            if theirs is None or not close(value, theirs, coarsest(call.question)):
                return False  # no gradient needs to be taken
            if not self._is_nearer(call, value, theirs):
                return False
        return same_answer(call.answer, recall(wrong, call.question), call.question)

    def _is_nearer(self, call: Call, value: Tensor, theirs: Tensor) -> bool:
        """Whether a mistake's value is much nearer to the learner's than the right one is; if all are equal, by dtype.

        What is off by little more than the tolerance is within it of many wrong values.
        """
        right = self._right(call).value
        if right is None or right.shape != value.shape:
            return True
        if close(value, right, coarsest(call.question)):  # then a slope is wrong, or the dtype
            return value.dtype == theirs.dtype
        known = value.isfinite() & right.isfinite()
        off, left = (value[known].double() - other[known].double() for other in (right, theirs))
        return not known.any() or bool(left.abs().max() <= _LEFT * off.abs().max())

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
