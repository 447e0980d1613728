"""How one shape of matplotlib's looks in a browser: its colours, strokes and dashes, and its path in pixels."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.path import Path

Shape = dict[str, Any]
Place = Callable[[float, float], tuple[float, float]]

POINT = 100 / 72  # pixels
_DASHES = {"--": (3.7, 1.6), ":": (1, 1.65), "-.": (6.4, 1.6, 1, 1.6)}  # matplotlib's own, in widths of the line
_NONE = ("None", "none", "", " ")
_DARK, _LIGHT, _GREY = 0.35, 0.97, 0.12  # a grey beyond these is ink or paper, and changes with the theme
_LETTERS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}


def is_drawn(style: Any) -> bool:
    """Whether a line style or a marker draws anything."""
    return str(style) not in _NONE


def colour_of(colour: Any) -> str:
    """A colour as a browser takes it, or `ink` and `paper` for what changes with the theme."""
    red, green, blue, _ = to_rgba(colour)
    if max(red, green, blue) - min(red, green, blue) < _GREY:
        if max(red, green, blue) < _DARK:
            return "ink"
        if min(red, green, blue) > _LIGHT:
            return "paper"
    return "#" + "".join(f"{round(part * 255):02x}" for part in (red, green, blue))


def stroke(colour: Any, width: float, style: Any = "-", alpha: float | None = None) -> Shape:
    """The look of a line: `width` in points, `style` a name of matplotlib's."""
    pixels = round(width * POINT, 1)
    dashes = [f"{part * pixels:.1f}" for part in _DASHES.get(str(style), ())]
    return {"stroke": colour_of(colour), **_opacity("so", colour, alpha), "width": pixels, **dash_of(dashes)}


def dash_of(parts: list[str]) -> Shape:
    """The entry of a dashed line; none for a solid one."""
    return {"dash": " ".join(parts)} if parts else {}


def look(face: Any, edge: Any, width: float, style: Any = "-", alpha: float | None = None) -> Shape:
    """The look of an area: its fill and its edge, each left out where there is none."""
    shape: Shape = {}
    if face is not None and str(face) not in _NONE and to_rgba(face)[3]:
        shape |= {"fill": colour_of(face), **_opacity("fo", face, alpha)}
    if edge is not None and width and str(edge) not in _NONE and to_rgba(edge)[3]:
        shape |= stroke(edge, width, style, alpha)
    return shape


def _opacity(name: str, colour: Any, alpha: float | None) -> Shape:
    opacity = to_rgba(colour)[3] if alpha is None else alpha
    return {} if opacity > 0.995 else {name: round(float(opacity), 2)}


def line_of(path: Path, place: Place) -> str:
    """A path as the browser's commands; of a long line only the points that matter."""
    path = path.cleaned(remove_nans=True, simplify=np.shape(path.vertices)[0] > 2 and path.codes is None)
    parts = []
    for points, code in path.iter_segments(simplify=False):
        if code == Path.CLOSEPOLY:
            parts.append("Z")
        elif code != Path.STOP:
            pairs = [place(x, y) for x, y in np.reshape(points, (-1, 2))]
            parts.append(_LETTERS[Path.code_type(code)] + " ".join(f"{x:g} {y:g}" for x, y in pairs))
    return "".join(parts)


def stairs(path: Path, style: str) -> Path:
    """The corners that a line of steps has between its points: it goes level first, or rises first."""
    points: list[Any] = list(np.asarray(path.vertices))
    corners = points[:1]
    for before, after in pairwise(points):
        corners += [(after[0], before[1]) if style == "steps-post" else (before[0], after[1]), after]
    return Path(corners)
