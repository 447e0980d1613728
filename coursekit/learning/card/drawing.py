"""Yours against the right one, as a small picture with alt text: bars, cells, heat maps or curves.

Which one follows from the numbers alone; no exercise has a drawing of its own. Yours is orange and hatched or dashed,
right is blue and plain, so that no kind of colour vision is needed to tell them apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from coursekit.learning.card import svg
from coursekit.learning.card.parting import Curve, Numbers, Parting, finite
from coursekit.learning.card.plot import BOTTOM, EDGE, LEFT, plot
from coursekit.learning.card.svg import (
    HATCHED,
    INK,
    PALE,
    RIGHT,
    SOFT,
    YOURS,
    box,
    legend,
    line,
    number,
    room,
    words,
)

_BARS = 8  # so many pairs at most; more numbers are drawn as two lines
_CELLS = 400  # so many numbers at most: there is nothing to see in more
_TOLD = 12  # so many numbers are read out one by one
_FAINT = 0.02  # of the largest number: differences up to it are drawn by themselves


def drawing(parting: Parting) -> str:
    """The picture as an `<img>`; empty where there are too many numbers for one."""
    got, expected = parting.got, parting.expected
    if parting.curve is not None:
        return _curve(parting, parting.curve)
    if parting.are_labels:
        return _labels(got, expected) if max(got.size, expected.size) <= 2 * _TOLD else ""
    if got.size > _CELLS or got.size == 0:
        return ""
    if got.size in (*got.shape, 1):  # a row, a column, a number
        if got.size <= _BARS:
            return _bars(parting, got.flatten(), expected.flatten())
        return _lines(parting, np.arange(got.size, dtype=np.float64), got.flatten(), expected.flatten())
    return _heat_maps(parting, got.reshape(-1, got.shape[-1]), expected.reshape(-1, got.shape[-1]))


def _apart(got: Numbers, expected: Numbers) -> Numbers:
    """The difference, which is 0 where both are the same infinity, or NaN."""
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        return np.where(same, 0.0, got - expected)


def _digits(got: Numbers, expected: Numbers) -> int:
    """How many digits it takes to see which numbers differ."""
    pairs = [pair for pair in zip(got.flat, expected.flat, strict=True) if pair[0] != pair[1]]
    for digits in (3, 4, 6, 9):
        if all(number(a, digits) != number(b, digits) for a, b in pairs):
            return digits
    return 9


def _one_by_one(parting: Parting, names: Sequence[str], got: Numbers, expected: Numbers) -> str:
    """The numbers in words: all of them, or of many those that are furthest apart."""
    digits, apart = _digits(got, expected), np.nan_to_num(np.abs(_apart(got, expected)), nan=np.inf)
    told, begin = np.arange(got.size), ""
    if got.size > _TOLD:
        told = np.sort(np.argsort(-apart, kind="stable")[: min(_TOLD, np.count_nonzero(apart))])
        begin = f"They part in {np.count_nonzero(apart)} of {got.size} entries, most in these: "
    said = "; ".join(f"{names[i]}{number(got[i], digits)}, right {number(expected[i], digits)}" for i in told.tolist())
    return f"{parting.what.capitalize()}, yours against the right one. {begin}{said}."


# ---- bars --------------------------------------------------------------------------------------------------------

_BAR, _GAP, _TOP = 13.0, 9.0, 22.0  # px: the height of a bar, between two pairs, above the first


def _bars(parting: Parting, got: Numbers, expected: Numbers) -> str:
    """A pair of bars for each number; or one for each difference, where those could not be seen."""
    names = [f"entry {i}: yours " for i in range(got.size)] if got.size > 1 else ["Yours "]
    alt = _one_by_one(parting, names, got, expected)
    digits = _digits(got, expected)
    both = finite(got, expected)
    apart = _apart(got, expected)
    faint = len(both) == 2 * got.size and np.abs(apart).max() <= _FAINT * np.abs(both).max()
    if faint:
        rows = [[(apart[i], HATCHED, YOURS)] for i in range(got.size)]
        heading = words(0, 12, f"yours − right ({parting.what}): hardly apart")
        digits = 3
    else:
        rows = [[(got[i], HATCHED, YOURS), (expected[i], RIGHT, RIGHT)] for i in range(got.size)]
        heading = legend(0.5, 12, f"{parting.what}{', entry by entry' if got.size > 1 else ''}")
    texts = [number(value, digits) for row in rows for value, _, _ in row]
    parts, height = [heading], _TOP
    low, high = min(0.0, *(finite(apart) if faint else both)), max(0.0, *(finite(apart) if faint else both))
    margin = room(max(texts, key=len)) + 8
    left = (room(f"{got.size}") + 8 if got.size > 1 else 0) + (margin if low < 0 else 0)
    right = max(240.0, left + 160)
    zero = left + (right - left) * (0 - low) / ((high - low) or 1)
    for i, row in enumerate(rows):
        if got.size > 1:
            parts.append(words(0, height + _BAR * len(row) / 2 + 4, str(i)))
        for value, fill, edge in row:
            parts.append(
                _bar(value, zero, (right - left) / ((high - low) or 1), height, fill, edge, number(value, digits))
            )
            height += _BAR + 1
        height += _GAP
    parts.append(line([(zero, _TOP - 4), (zero, height - _GAP + 4)], INK))
    return svg.image(parts, max(right + margin, 260), height, alt)


def _bar(value: float, zero: float, scale: float, y: float, fill: str, edge: str, text: str) -> str:
    length = value * scale if math.isfinite(value) else 0.0
    end = zero + length
    label = words(end - 5, y + 11, text, "end") if value < 0 else words(end + 5, y + 11, text)
    return box(min(zero, end), y, abs(length), _BAR, fill, edge) + label


# ---- cells -------------------------------------------------------------------------------------------------------

_CELL, _ROW = 34.0, 25.0  # px


def _labels(got: Numbers, expected: Numbers) -> str:
    """Two rows of whole numbers, one below the other."""
    longest = max(got.size, expected.size)
    parts = []
    for row, (name, values) in enumerate((("yours", got), ("right", expected))):
        y = 18 + row * (_ROW + 5)
        parts.append(words(0, y + 17, name))
        if not values.size:
            parts.append(words(46, y + 17, "(nothing)"))
        for i, value in enumerate(values):
            same = i < min(got.size, expected.size) and got[i] == expected[i]
            fill, edge = ("#FFFFFF", INK) if same else (("#FBE3D3", YOURS) if row == 0 else ("#D3E6F3", RIGHT))
            parts.append(box(45.5 + i * _CELL, y + 0.5, _CELL - 4, _ROW, fill, edge, "" if same or row else "4 2"))
            parts.append(words(43.5 + i * _CELL + _CELL / 2, y + 17, number(value, 9), "middle"))
    parts += [words(43.5 + (i + 0.5) * _CELL, 12, str(i), "middle", SOFT, 10) for i in range(longest)]
    first = next(
        (i for i, (a, b) in enumerate(zip(got, expected, strict=False)) if a != b), min(got.size, expected.size)
    )
    said = [" ".join(number(value, 9) for value in values) or "nothing" for values in (got, expected)]
    alt = f"Yours: {said[0]}. Right: {said[1]}. They part at entry {first}."
    return svg.image(parts, 50 + max(longest, 2) * _CELL, 18 + 2 * (_ROW + 5), alt)


# ---- heat maps ---------------------------------------------------------------------------------------------------

_WRITTEN = 8  # so many columns at most have their numbers written in
_WIDE = 640.0  # px, of a notebook's text


def _heat_maps(parting: Parting, got: Numbers, expected: Numbers) -> str:
    """Yours, the right one, and their difference, which has a scale of its own."""
    digits = min(_digits(got, expected), 4)
    apart = _apart(got, expected)
    both, off = finite(got, expected), finite(apart)
    scale, off_scale = (float(np.abs(each).max()) if each.size else 0.0 for each in (both, off))
    panels = (("yours", got, scale, digits), ("right", expected, scale, digits), ("yours − right", apart, off_scale, 3))
    texts = [number(value, panel[3]) for panel in panels for value in panel[1].flat]
    columns = got.shape[1]
    is_written = columns <= _WRITTEN
    cell = max(room(max(texts, key=len)) + 6, 30) if is_written else 14.0
    row = 22.0 if is_written else 14.0
    wide, tall = columns * cell + 34, got.shape[0] * row + 40
    across = 3 if 3 * wide <= _WIDE else 1
    parts = []
    for i, (name, values, most, precise) in enumerate(panels):
        x, y = 18 + (i % across) * wide, 32 + (i // across) * tall
        parts.append(words(x, y - 18, name))
        parts += _panel(x, y, cell, row, values, most, precise if is_written else None)
    height = 3 // across * tall + 14
    full = f"full at {number(scale, 3)}, in the difference at {number(off_scale, 3)}"
    note = f"{parting.what}: white is 0, blue above, orange below; {full}"
    for i, text in enumerate(_wrapped(note, across * wide)):
        parts.append(words(18, height - 8 + 14 * i, text, colour=SOFT, size=11))
    names = [f"row {r}, column {c}: yours " for r in range(got.shape[0]) for c in range(columns)]
    alt = _one_by_one(parting, names, got.flatten(), expected.flatten())
    return svg.image(parts, across * wide + 4, height + 14 * len(_wrapped(note, across * wide)) - 12, alt)


def _wrapped(text: str, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and room(f"{lines[-1]} {word}") * 0.85 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _panel(
    x: float, y: float, cell: float, row: float, values: Numbers, most: float, digits: int | None
) -> Iterator[str]:
    for c in range(values.shape[1] if digits else 0):
        yield words(x + (c + 0.5) * cell, y - 4, str(c), "middle", SOFT, 10)
    for r, numbers in enumerate(values):
        if digits:
            yield words(x - 4, y + (r + 0.65) * row, str(r), "end", SOFT, 10)
        for c, value in enumerate(numbers):
            share = value / most if most and math.isfinite(value) else 0.0
            fill = _shade(share) if math.isfinite(value) else "#E4E7EA"
            yield box(x + c * cell, y + r * row, cell, row, fill, PALE)
            if digits:
                ink = "#FFFFFF" if share > 0.8 else INK
                yield words(x + (c + 0.5) * cell, y + (r + 0.7) * row, number(value, digits), "middle", ink, 11)


def _shade(share: float) -> str:
    """From orange at -1 by white at 0 to blue at 1."""
    full = RIGHT if share > 0 else YOURS
    mixed = (round(255 + (int(full[i : i + 2], 16) - 255) * min(abs(share), 1.0)) for i in (1, 3, 5))
    return "#{:02X}{:02X}{:02X}".format(*mixed)


# ---- curves ------------------------------------------------------------------------------------------------------


def _curve(parting: Parting, curve: Curve) -> str:
    """Both functions over their argument, with a mark where the check found that they part."""
    got, expected = parting.got.item(), parting.expected.item()
    digits = _digits(parting.got, parting.expected)
    at = f"at {curve.argument} = {number(curve.at)} yours is {number(got, digits)}, right is {number(expected, digits)}"
    low, high = number(curve.x[0]), number(curve.x[-1])
    lost = np.count_nonzero(~np.isfinite(curve.got) & np.isfinite(curve.expected))
    gone = f" At {lost} of {curve.x.size} points yours is no finite number, and right is." if lost else ""
    alt = f"Two curves of the {parting.what} over {curve.argument} from {low} to {high}: {at}.{gone}"
    parts = [legend(LEFT, 14, parting.what)]
    parts += plot(curve.x, curve.got, curve.expected, finite(parting.got, parting.expected), curve.at)
    parts.append(words((LEFT + EDGE) / 2, BOTTOM + 34, f"{curve.argument} (checked at {number(curve.at)})", "middle"))
    return svg.image(parts, EDGE + 22, BOTTOM + 42, alt)


def _lines(parting: Parting, x: Numbers, got: Numbers, expected: Numbers) -> str:
    """Two lines over the entries of a long row."""
    parts = [legend(LEFT, 14, parting.what), *plot(x, got, expected, np.array([]), None)]
    parts.append(words((LEFT + EDGE) / 2, BOTTOM + 34, "entry", "middle"))
    alt = _one_by_one(parting, [f"entry {i}: yours " for i in range(got.size)], got, expected)
    return svg.image(parts, EDGE + 22, BOTTOM + 42, alt)
