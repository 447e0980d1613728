"""What is right but for one thing that no formula is needed to see: infinite, hidden, in another order."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from coursekit.exercise.answers import close, coarsest
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.report import Diagnosis
from coursekit.wire import Answer, Question

Holds = Callable[[Answer, Answer, Question], bool]


def right_but_for(evidence: Evidence) -> Diagnosis | None:
    """The one thing that is wrong in all that failed, if everything else in it is right.

    Args:
        evidence: what no formula explains.
    """
    return next((says for says, holds in _ONE_THING if evidence.all_are(holds)), None)


def _both(got: Answer, right: Answer) -> list[tuple[Tensor, Tensor]] | None:
    """Values and gradients side by side, or None where they cannot be compared."""
    parts = list(zip((got.value, *got.gradients), (right.value, *right.gradients), strict=True))
    together = [(a.double(), b.double()) for a, b in parts if a is not None and b is not None]
    if right.problem or len(together) < sum(b is not None for _, b in parts):
        return None
    return together if all(a.shape == b.shape for a, b in together) else None


def _alike_where(kept: Callable[[Tensor, Tensor], Tensor], got: Answer, right: Answer, question: Question) -> bool:
    parts, dtype = _both(got, right), coarsest(question)
    if parts is None:
        return False
    return all(close(a[kept(a, b)], b[kept(a, b)], dtype) for a, b in parts)


def _value_is_lost(got: Answer, right: Answer, question: Question) -> bool:
    if got.value is None or right.value is None or got.value.shape != right.value.shape:
        return False
    lost = bool((right.value.isfinite() & ~got.value.isfinite()).any())
    return lost and _alike_where(lambda a, b: a.isfinite() | ~b.isfinite(), got, right, question)


def _only_slopes_are_lost(got: Answer, right: Answer, question: Question) -> bool:
    if not close(got.value, right.value, coarsest(question)):
        return False
    return _alike_where(lambda a, b: a.isfinite() | ~b.isfinite(), got, right, question)


def _lost(got: Answer, right: Answer, question: Question) -> bool:
    return _value_is_lost(got, right, question) or _only_slopes_are_lost(got, right, question)


def _hidden(got: Answer, right: Answer, question: Question) -> bool:
    if right.value is None or got.value is None or right.value.shape != got.value.shape:
        return False
    hidden = bool((got.value.isfinite() & ~right.value.isfinite()).any())
    finite = right.value.isfinite()
    return hidden and close(got.value[finite], right.value[finite], coarsest(question))


def _in_another_order(got: Answer, right: Answer, question: Question) -> bool:
    one, other = got.value, right.value
    if one is None or other is None or one.shape != other.shape or len(set(other.flatten().tolist())) < 3:
        return False
    if close(one, other, coarsest(question)):
        return False
    return close(one.flatten().sort().values, other.flatten().sort().values, coarsest(question))


def _not_refused(got: Answer, right: Answer, _question: Question) -> bool:
    return right.problem is not None and got.value is not None


_ONE_THING: tuple[tuple[Diagnosis, Holds], ...] = (
    (
        Diagnosis(
            "slope_lost",
            "All values are right, and so is every gradient that is a number. The others are NaN or infinite: where "
            "the value is mended after the fact (`where`, `nan_to_num`, `clamp`), what was computed before is still "
            "differentiated. Keep the 0 or the inf away from `log`, `sqrt`, `exp` and `/` themselves.",
        ),
        _only_slopes_are_lost,
    ),
    (
        Diagnosis(
            "value_lost",
            "All that came out as a number is right. The rest is NaN or infinite and should not be: look for the `exp` "
            "of something large, the logarithm of 0, 0 · inf and 0 / 0.",
        ),
        _lost,
    ),
    (
        Diagnosis(
            "infinity_hidden",
            "All finite numbers are right. What should be infinite or NaN came out as a number: a small number is "
            "added, a clamp or a mask keeps it away, and so what is impossible, or unknown, cannot be seen.",
        ),
        _hidden,
    ),
    (
        Diagnosis("another_order", "The numbers are right, in another order: something is sorted, turned or moved."),
        _in_another_order,
    ),
    (
        Diagnosis(
            "not_refused",
            "What is no valid call gave a number. The docstring says what is refused: compare shapes, words and values "
            "first, and raise.",
        ),
        _not_refused,
    ),
)
