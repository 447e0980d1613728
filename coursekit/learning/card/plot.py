"""Two lines over a range, with axes: yours against the right one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from coursekit.learning.card import svg
from coursekit.learning.card.parting import Numbers, finite
from coursekit.learning.card.svg import INK, RIGHT, SOFT, YOURS, line, number, words

LEFT, TOP, EDGE, BOTTOM = 58.0, 30.0, 430.0, 190.0  # px: where the axes stand


def plot(x: Numbers, got: Numbers, expected: Numbers, also: Numbers, at: float | None) -> Iterator[str]:
    """Axes, and two lines in them; of the learner's, what would press the right one flat is cut off.

    Args:
        x: where.
        got: the learner's numbers there.
        expected: the right ones there.
        also: numbers that are in the picture in any case.
        at: where to set a mark.
    """
    ours = _most_of(expected) if finite(expected).size else _most_of(got)
    low, high = min([*ours, *also.tolist()]), max([*ours, *also.tolist()])
    reach = (high - low) or max(abs(high), 1.0)
    theirs = [min(max(value, low - reach), high + reach) for value in _most_of(got)]
    low, high = min([low, *theirs]), max([high, *theirs])
    pad = 0.06 * ((high - low) or 1.0)
    low, high = float(low - pad), float(high + pad)
    first, last = float(x[0]), float(x[-1])

    def across(value: float) -> float:
        return LEFT + (EDGE - LEFT) * (value - first) / (last - first)

    def up(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)

    for value in svg.ticks(low, high, 4):
        yield line([(LEFT, up(value)), (EDGE, up(value))])
        yield words(LEFT - 6, up(value) + 4, number(value), "end")
    for value in svg.ticks(first, last, 5):
        yield line([(across(value), BOTTOM), (across(value), BOTTOM + 4)], INK)
        yield words(across(value), BOTTOM + 17, number(value), "middle")
    yield line([(LEFT, TOP), (LEFT, BOTTOM), (EDGE, BOTTOM)], INK)
    if at is not None:
        yield line([(across(at), TOP), (across(at), BOTTOM)], SOFT, dash="2 3")
    for values, colour, dash, width in ((expected, RIGHT, "", 2.2), (got, YOURS, "7 4", 2.4)):
        for piece in _pieces(x, values, low, high):
            yield line([(across(a), up(b)) for a, b in piece], colour, width, dash)
    if at is not None:
        (here,) = np.flatnonzero(x == at)
        yield _marks(across(at), up, float(got[here]), float(expected[here]), low, high)


def _most_of(values: Numbers) -> list[float]:
    """The ends of a range that holds nearly all of them: one number at an edge may be far from all the others."""
    numbers = finite(values)
    return [float(end) for end in np.quantile(numbers, (0.04, 0.96))] if numbers.size else []


def _marks(x: float, up: Callable[[float], float], got: float, expected: float, low: float, high: float) -> str:
    """A cross on the learner's line and a dot on the right one; where it has no place there, its number in words."""
    parts = []
    if low <= expected <= high:
        parts.append(f'<circle cx="{x:.1f}" cy="{up(expected):.1f}" r="4.5" fill="{RIGHT}"/>')
    if low <= got <= high:
        y = up(got)
        parts += [line([(x - 5, y - 5 * s), (x + 5, y + 5 * s)], YOURS, 2.6) for s in (1, -1)]
    else:
        side, anchor = (-6, "end") if x > (LEFT + EDGE) / 2 else (6, "start")
        parts.append(words(x + side, TOP + 12, f"yours: {number(got)}", anchor, "#9A4200"))
    return "".join(parts)


def _pieces(x: Numbers, values: Numbers, low: float, high: float) -> Iterator[list[tuple[float, float]]]:
    """The line in pieces: without what is no number, and cut where it leaves the picture."""
    piece: list[tuple[float, float]] = []
    before: tuple[float, float] | None = None
    for a, b in zip(x.tolist(), values.tolist(), strict=True):
        inside = math.isfinite(b) and low <= b <= high
        if before is not None and math.isfinite(b) and inside != (low <= before[1] <= high):
            edge = low if min(b, before[1]) < low else high
            share = (edge - before[1]) / (b - before[1])
            piece.append((before[0] + share * (a - before[0]), edge))
        if inside:
            piece.append((a, b))
        elif piece:
            yield piece
            piece = []
        before = (a, b) if math.isfinite(b) else None
    if piece:
        yield piece
