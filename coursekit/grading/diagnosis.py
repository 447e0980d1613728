"""Which known mistake gives the learner's very numbers."""

from __future__ import annotations

from collections.abc import Callable

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
    if len(fitting) > 1:
        calls = [call for check in failed for call in check] + passed
        fitting.sort(key=lambda m: -sum(_reproduces(m.function, call) for call in calls))
    return Diagnosis(fitting[0].name, fitting[0].explanation) if fitting else None


def _reproduces(wrong: Callable[..., Tensor], call: Call) -> bool:
    return same_answer(call.answer, recall(wrong, call.question), call.question)
