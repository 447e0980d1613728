"""The little of SVG that the drawings need: text, boxes, lines, and a whole picture as an `<img>`.

An `<img>`, because JupyterLab and GitHub take an `<svg>` out of a notebook that they do not trust, and leave the words
in it behind; of an image they keep the alt text at least. Written by hand, because matplotlib takes longer for a
figure than the whole check may.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterable

INK, SOFT, PALE = "#22272E", "#5A626C", "#D5D9DE"  # letters, those that stand back, lines that help the eye
YOURS, RIGHT = "#D55E00", "#0072B2"  # Okabe and Ito's; each has a pattern or a dash of its own as well
PAPER = "#FFFFFF"
SIZE = 12  # of the letters, in px
_LETTER = 6.9  # the widest digit, in px

_HATCH = (
    f'<defs><pattern id="yours" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="{PAPER}"/><rect width="3.6" height="6" fill="{YOURS}"/></pattern></defs>'
)
HATCHED = "url(#yours)"  # the fill of what is the learner's


def image(parts: Iterable[str], width: float, height: float, alt: str) -> str:
    """The picture as an `<img>`, no wider than the page.

    Args:
        parts: its elements.
        width: in px.
        height: in px.
        alt: what there is to see, with its numbers.
    """
    body = "".join(parts)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif" font-size="{SIZE}">{_HATCH}'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>{body}</svg>'
    )
    data = base64.b64encode(picture.encode()).decode()
    return (
        f'<img width="{width:.0f}" style="max-width:100%;height:auto" alt="{html.escape(alt, quote=True)}" '
        f'src="data:image/svg+xml;base64,{data}">'
    )


def words(x: float, y: float, text: str, anchor: str = "start", colour: str = INK, size: float = SIZE) -> str:
    """Text whose base line is at y; `anchor` is start, middle or end."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size:g}">'
        f"{html.escape(text)}</text>"
    )


def room(text: str) -> float:
    """About how wide it is, in px."""
    return _LETTER * len(text)


def box(x: float, y: float, width: float, height: float, fill: str, edge: str = "none", dash: str = "") -> str:
    """A filled rectangle, perhaps with an edge."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{fill}" '
        f'stroke="{edge}"{dashed}/>'
    )


def line(points: Iterable[tuple[float, float]], colour: str = PALE, width: float = 1, dash: str = "") -> str:
    """A line through the points."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def legend(x: float, y: float, note: str = "") -> str:
    """Which is whose, in words, and what the numbers are."""
    parts = [
        box(x, y - 10, 16, 11, HATCHED, YOURS),
        words(x + 21, y, "yours"),
        box(x + 66, y - 10, 16, 11, RIGHT, RIGHT),
        words(x + 87, y, "right"),
        words(x + 128, y, note),
    ]
    return "".join(parts)


def number(value: float, digits: int = 4) -> str:
    """A number as it is shown, with a real minus sign."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value + 0.0:.{digits}g}".replace("-", "−")


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers from low to high, about so many."""
    step = (high - low) / about
    unit = 10.0 ** math.floor(math.log10(step))
    step = unit * next(round_one for most, round_one in ((1.5, 1), (3.5, 2), (7.5, 5), (10, 10)) if step <= most * unit)
    first = math.ceil(low / step - 1e-9)
    return [each * step for each in range(first, math.floor(high / step + 1e-9) + 1)]
