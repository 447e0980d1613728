"""The picture of a loss: its value and its slope for one sample, as one number of the input moves.

Drawn with the little SVG of the cards, and not by matplotlib, which would take as long for these pictures as for the
rest of the site. It stands in the page's own HTML, with letters in the page's own colour: so it is read on dark, too.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from coursekit.learning.card.svg import line, number, ticks, words

# Between which values the number moves, by kind of sample; of all others MOVES
MOVES = (-4.0, 4.0)
BOUNDED = {
    "probability": (0.02, 0.98),
    "mask": (0.0, 1.0),
    "positive": (0.05, 4.0),
    "log-probabilities": (-4.0, 0.0),
    "belief": (-4.0, 0.0),
}
STEPS = 101  # odd, so that the middle is met
STYLES = (("#3A8FD0", ""), ("#E0701A", "7 4"))  # at least 3 to 1 on white and on furo's dark, and a dash
INK = "currentColor"
WIDTH, HEIGHT = 380.0, 250.0  # px, of each half
LEFT, TOP, EDGE, BOTTOM = 56.0, 52.0, 366.0, 206.0  # where its axes stand


@dataclass(frozen=True)
class Curve:
    """One line of the picture.

    Attributes:
        label: what is the case along it.
        at: the values of the number that moves.
        value: the loss there.
        slope: its derivative by that number there.
    """

    label: str
    at: Tensor
    value: Tensor
    slope: Tensor


def picture(table: Any, row: Any) -> str:
    """The picture as SVG, with words for who cannot see it.

    Args:
        table: the module `losses_table` of the last lesson.
        row: of it.
    """
    curves = curves_of(table, row)
    names = sample(table, row)
    first = next(iter(names))
    moves = f"the input {first}" if names[first].ndim == 0 else f"one number of the input {first}"
    halves = "".join(  # side by side, or one below the other where there is no room
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" font-size="12">'
        f"{''.join(_half(title, moves, part, curves))}</svg>"
        for title, part in (("Loss of one sample", "value"), ("Its slope", "slope"))
    )
    said = html.escape(_in_words(moves, curves), quote=True)
    return f'<div class="curves" role="img" aria-label="{said}">{halves}</div>'


def curves_of(table: Any, row: Any) -> list[Curve]:
    """The lines of the picture of a loss: one, or two where a label says what is wanted of the number."""
    names = sample(table, row)
    first = next(iter(names))
    low, high = BOUNDED.get(row.kind, MOVES)
    at = torch.linspace(low, high, STEPS, dtype=torch.float64)
    return [_curve(table, row, label, {**names, **change}, first, place, at) for label, change, place in _cases(names)]


def sample(table: Any, row: Any) -> dict[str, Any]:
    """The sample of which one number moves: the first that is drawn whose widths are neither tiny nor huge."""
    drawn = (table.draw(row.kind, seed) for seed in range(2, 99))
    return next(names for names in drawn if row.kind not in _WIDE or _is_wide(names))


_WIDE = ("hit", "noisy", "bells")  # kinds whose `b` or `v` is a width


def _is_wide(names: dict[str, Any]) -> bool:
    return all(0.3 < float(names[name]) < 3 for name in ("b", "v") if name in names)


def _cases(names: dict[str, Any]) -> list[tuple[str, dict[str, Any], int]]:
    """What is shown of a sample: words, what is changed in it, and which number of the input moves."""
    one = torch.tensor(1.0, dtype=torch.float64)
    if "s" in names:
        return [("s = 1", {"s": one}, 0), ("s = −1", {"s": -one}, 0)]
    if "z" in names and "c" in names:
        right = int(names["c"])
        return [("of the right class", {}, right), ("of another class", {}, (right + 1) % len(names["z"]))]
    if "t" in names and set(names["t"].tolist()) == {0.0, 1.0}:
        return [("of a right label", {}, int(names["t"].argmax())), ("of a wrong one", {}, int(names["t"].argmin()))]
    if {"x", "y"} == set(names) and float(names["y"]) in (0.0, 1.0):
        return [("y = 1", {"y": one}, 0), ("y = 0", {"y": 0 * one}, 0)]
    kept = {name: float(value) for name, value in [*names.items()][1:] if isinstance(value, Tensor) and not value.ndim}
    return [(", ".join(f"{name} = {number(value, 3)}" for name, value in kept.items()), {}, 0)]


def _curve(table: Any, row: Any, label: str, names: dict[str, Any], first: str, place: int, at: Tensor) -> Curve:
    values, slopes = [], []
    for moves in at:
        moved = names[first].clone()
        moved.view(-1)[place] = moves
        there = {**names, first: moved}
        values.append(torch.as_tensor(table.run(row.value, there, row.where)).double())
        slope = torch.as_tensor(table.run(row.slope, there, row.where)).double()
        slopes.append(slope.expand(moved.shape).reshape(-1)[place])
    return Curve(label, at, torch.stack(values), torch.stack(slopes))


def _half(title: str, moves: str, part: str, curves: list[Curve]) -> Iterator[str]:
    """Axes with their words, and the lines in them."""
    at = curves[0].at
    heights = torch.cat([getattr(curve, part) for curve in curves])
    low, high = float(heights.min()), float(heights.max())
    pad = 0.06 * ((high - low) or 1.0)
    low, high, first, last = low - pad, high + pad, float(at[0]), float(at[-1])

    def across(value: float) -> float:
        return LEFT + (EDGE - LEFT) * (value - first) / (last - first)

    def up(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (value - low) / (high - low)

    yield f'<g font-weight="bold">{words(LEFT, 16, title, colour=INK, size=13)}</g>'
    for value in ticks(low, high, 4):
        yield f'<g opacity="0.18">{line([(LEFT, up(value)), (EDGE, up(value))], INK)}</g>'
        yield words(LEFT - 6, up(value) + 4, number(value), "end", INK)
    for value in ticks(first, last, 5):
        yield line([(across(value), BOTTOM), (across(value), BOTTOM + 4)], INK)
        yield words(across(value), BOTTOM + 18, number(value), "middle", INK)
    yield line([(LEFT, TOP), (LEFT, BOTTOM), (EDGE, BOTTOM)], INK)
    yield words((LEFT + EDGE) / 2, BOTTOM + 38, moves, "middle", INK)
    begins = LEFT
    for curve, (colour, dash) in zip(curves, STYLES, strict=False):
        heights = getattr(curve, part)
        yield line(zip(map(across, at.tolist()), map(up, heights.tolist()), strict=True), colour, 2.4, dash)
        if curve.label:
            yield line([(begins, 32), (begins + 24, 32)], colour, 2.4, dash)
            yield words(begins + 30, 36, curve.label, colour=INK)
            begins += 160


def _in_words(moves: str, curves: list[Curve]) -> str:
    told = []
    for curve in curves:
        loss, slope, least = curve.value, curve.slope, curve.value.argmin()
        told.append(
            f"{curve.label or 'One line'}: the loss goes from {number(float(loss[0]), 3)} to "
            f"{number(float(loss[-1]), 3)} and is least at {number(float(curve.at[least]), 3)}; the slope goes from "
            f"{number(float(slope[0]), 3)} to {number(float(slope[-1]), 3)}."
        )
    ends = f"{number(float(curves[0].at[0]))} to {number(float(curves[0].at[-1]))}"
    return f"Two pictures side by side, a loss and its slope, as {moves} goes from {ends}. {' '.join(told)}"
