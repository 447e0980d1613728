"""What is right but for one thing that no formula is needed to see: infinite, hidden, in another order."""

from __future__ import annotations

from collections.abc import Callable

import torch
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
    lost = any(bool((b.isfinite() & ~a.isfinite()).any()) for a, b in _both(got, right) or [])
    return lost and _alike_where(lambda a, b: a.isfinite() | ~b.isfinite(), got, right, question)


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


def _only_slopes_differ(got: Answer, right: Answer, question: Question) -> bool:
    parts, dtype = _both(got, right), coarsest(question)
    if parts is None or not close(got.value, right.value, dtype):
        return False
    return not all(close(a, b, dtype) for a, b in parts)


def _only_slopes_are_shifted(got: Answer, right: Answer, question: Question) -> bool:
    parts, dtype = _both(got, right), coarsest(question)
    if parts is None or not _only_slopes_differ(got, right, question):
        return False
    wrong = [(a, b) for a, b in parts if not close(a, b, dtype)]
    return all(_is_shifted(a - b, dtype) and len(set(b.flatten().tolist())) > 1 for a, b in wrong)


def _is_shifted(off: Tensor, dtype: torch.dtype) -> bool:
    return off.ndim > 0 and off.shape[-1] > 1 and close(off, off[..., :1].expand(off.shape), dtype)


def _whole(reply: Answer) -> list[int] | None:
    """A row of whole numbers, such as labels."""
    value = reply.value
    if value is None or value.ndim != 1 or value.is_floating_point() or value.dtype is torch.bool:
        return None
    numbers: list[int] = value.tolist()
    return numbers


def _stands_in(some: list[int] | None, others: list[int] | None) -> bool:
    """Whether all of `some`, two at least, stand among the others, in the same order, and there are more of those."""
    if some is None or others is None or not 1 < len(some) < len(others):
        return False
    left = iter(others)
    return all(each in left for each in some)


def _some_are_missing(got: Answer, right: Answer, _question: Question) -> bool:
    return _stands_in(_whole(got), _whole(right))


def _some_do_not_belong(got: Answer, right: Answer, _question: Question) -> bool:
    return _stands_in(_whole(right), _whole(got))


def _holds_within(some: Answer, others: Answer) -> bool:
    one, other = some.value, others.value
    if one is None or other is None or one.shape != other.shape or not one.dtype == other.dtype == torch.bool:
        return False
    return bool((one <= other).all() and (one < other).any())


def _true_too_often(got: Answer, right: Answer, _question: Question) -> bool:
    return _holds_within(right, got)


def _true_too_seldom(got: Answer, right: Answer, _question: Question) -> bool:
    return _holds_within(got, right)


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
            "some_missing",
            "All that is there is right, and in the right order. Some are missing: something is dropped, or merged, "
            "or skipped that should stay.",
        ),
        _some_are_missing,
    ),
    (
        Diagnosis(
            "some_too_many",
            "The right ones are all there, in the right order, and others among them: something should be dropped, or "
            "merged, or skipped.",
        ),
        _some_do_not_belong,
    ),
    (
        Diagnosis(
            "true_too_often",
            "Whatever should be True is True, and more is: a condition is missing.",
        ),
        _true_too_often,
    ),
    (
        Diagnosis(
            "true_too_seldom",
            "Whatever is True should be True, and some that should be are not: there is a condition too many.",
        ),
        _true_too_seldom,
    ),
    (
        Diagnosis(
            "slope_shifted",
            "All values are right, and a gradient is off by the same number throughout a row. Is something divided by "
            "its own sum on the way, where that sum is 1? It leaves the value, and shifts the gradient.",
        ),
        _only_slopes_are_shifted,
    ),
    (
        Diagnosis(
            "slope_differs",
            "All values are right, and a gradient is not. Look for what lets no gradient through, or only some of it "
            "(`detach`, `no_grad`, `clamp`, `round`), and for a backward that was written by hand.",
        ),
        _only_slopes_differ,
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
