"""Which known mistake gives the learner's very numbers."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapreplace

from torch import Tensor

from coursekit.exercise import Call, Exercise, Misconception
from coursekit.exercise.answers import same_answer
from coursekit.exercise.recall import recall
from coursekit.report import Diagnosis


def diagnose(exercise: Exercise, failed: list[list[Call]], passed: list[Call]) -> Diagnosis | None:
    """The misconception that gives the learner's very numbers.

    It must do so in all calls of the first failing check, and in at least half of the failing checks: numbers may
    coincide in one, and a second mistake elsewhere must not hide the first. Where several do, the one that explains the
    most calls is named.

    Args:
        exercise: whose misconceptions to try.
        failed: the calls of each failing check, in order.
        passed: the calls of all other checks.
    """
    if not failed:
        return None

    def explains(misconception: Misconception, calls: list[Call]) -> bool:
        # the last call is the one that failed, so most misconceptions are ruled out by it alone
        return bool(calls) and all(_reproduces(misconception.function, call) for call in reversed(calls))

    fitting = [m for m in exercise.misconceptions if explains(m, failed[0])]
    fitting = [m for m in fitting if 2 * sum(explains(m, calls) for calls in failed) >= len(failed)]
    if not fitting:
        return None
    best = fitting[0]
    if len(fitting) > 1:
        best = _explaining_most(fitting, [call for check in failed for call in check] + passed)
    return Diagnosis(best.name, best.explanation)


def _explaining_most(fitting: list[Misconception], calls: list[Call]) -> Misconception:
    """The one that leaves the fewest calls unexplained, of several such the first.

    Whichever has missed least so far is tried on its next call. So the first that comes to the end is it, and the
    others, which missed as much earlier, are not tried to theirs.
    """
    tried = [(0, place, 0) for place in range(len(fitting))]  # missed, place, next call: already a heap
    while True:
        missed, place, at = tried[0]
        if at == len(calls):
            return fitting[place]
        heapreplace(tried, (missed + (not _reproduces(fitting[place].function, calls[at])), place, at + 1))


def _reproduces(wrong: Callable[..., Tensor], call: Call) -> bool:
    return same_answer(call.answer, recall(wrong, call.question, call.digest), call.question)
