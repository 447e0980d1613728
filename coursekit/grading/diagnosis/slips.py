"""Whether a wrong answer is nearly right."""

from __future__ import annotations

import math

from coursekit.exercise import Call, Exercise
from coursekit.exercise.answers import widened
from coursekit.exercise.recall import recall


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
    if middle and len(ratios) > 2:  # of two numbers, a factor tells nothing
        near = max(near, alike)
    return 4 * near >= 3 * (len(ratios) + missing)
