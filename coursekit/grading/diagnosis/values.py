"""What many wrong implementations give in one call, side by side: those that an answer rules out are ruled out at once.

An answer without a known mistake is compared with a thousand of them. By its value in the first call that failed, all
but a few are another one, and what each of them gives there is the same for everybody who failed on that call.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor

from coursekit.exercise import Loss
from coursekit.exercise.answers import TOLERANCE, coarsest, of_value
from coursekit.exercise.recall import Shelf, digest, recall
from coursekit.grading.diagnosis.changes import After
from coursekit.wire import Question
from coursekit.wire.answering import not_a_tensor

_ENTRY, _PLACE = 300, 40  # bytes that a table takes besides its numbers, and that each loss does


class _OfShape(NamedTuple):
    """The values of one shape: whose they are, and a row of numbers of each."""

    places: list[int]
    numbers: npt.NDArray[np.float64]


_Table = dict[tuple[int, ...], _OfShape]
_tables: Shelf[_Table] = Shelf(24 << 20)


def value_of(wrong: Loss, question: Question) -> Tensor | None:
    """The value alone that a loss of the course's own gives; None where it gives none."""
    if not isinstance(wrong, After):
        return recall(wrong, of_value(question)).value
    value = value_of(wrong.loss, question)
    try:
        return None if value is None else wrong.change(value)
    except (RuntimeError, IndexError, ValueError):  # what has no last row, or is below 0
        return None


def near(key: Hashable, values: Iterable[Tensor | None], question: Question, got: Tensor) -> list[int]:
    """The places of those values, of many losses for one question, that are `got`, to the question's tolerance.

    Args:
        key: stands for the losses; their values are worked out only where they are not known yet.
        values: one of each loss, or None.
        question: what was asked.
        got: what a learner's function has answered.
    """
    key = key, digest(of_value(question))
    table = _tables.get(key)
    if table is None:
        table = _table(values)
        _tables.put(
            key, table, sum(_ENTRY + _PLACE * len(each.places) + each.numbers.nbytes for each in table.values())
        )
    found = table.get(tuple(got.shape))
    if found is None:
        return []
    relative, absolute = TOLERANCE[coarsest(question)]
    mine = got.double().numpy().reshape(-1)
    with np.errstate(all="ignore"):
        off = np.abs(found.numbers - mine) <= absolute + relative * np.abs(found.numbers)
    alike = (found.numbers == mine) | (np.isnan(found.numbers) & np.isnan(mine)) | (np.isfinite(found.numbers) & off)
    return [found.places[row] for row in np.flatnonzero(alike.all(axis=1))]


def _table(values: Iterable[Tensor | None]) -> _Table:
    found: dict[tuple[int, ...], tuple[list[int], list[npt.NDArray[np.float64]]]] = {}
    for place, value in enumerate(values):
        if value is not None:
            places, rows = found.setdefault(tuple(value.shape), ([], []))
            places.append(place)
            rows.append(value.detach().double().numpy().reshape(-1))
    return {shape: _OfShape(places, np.stack(rows)) for shape, (places, rows) in found.items()}


def value_once(wrong: Loss, question: Question) -> Tensor | None:
    """The same as `value_of`, of what is made of a spec, and so writes into no argument, and is not kept by itself."""
    if isinstance(wrong, After):
        return value_of(wrong, question)
    asked = of_value(question)
    try:
        value = wrong(*asked.args, **asked.kwargs)
    except Exception:  # many cannot be made of these arguments
        return None
    return None if not_a_tensor(value) else value
