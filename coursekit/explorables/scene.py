"""A drawn figure as a short list of shapes that a browser can draw: what matplotlib has put where, without its pixels.

To make pixels of a figure takes matplotlib ten times as long as to lay it out, and a picture that follows the hand has
no time for that. All places are in pixels of the figure, 100 to the inch, from the upper left.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text

from coursekit.explorables.looks import POINT, Place, Shape, dash_of, is_drawn, line_of, look, stairs, stroke

_LETTER = 0.94  # of matplotlib's size: the browser's letters are a little wider
_LIFT = {"top": 0.85, "center": 0.35, "center_baseline": 0.35, "bottom": -0.2, "baseline": 0.0}  # in letters
_ANCHOR = {"left": "start", "center": "middle", "right": "end"}


def wipe(axes: Axes) -> None:
    """Takes everything off that a drawing function has put on; ten times as fast as `clear`, which makes new axes."""
    for artist in [*axes.lines, *axes.patches, *axes.texts, *axes.collections, *axes.images]:
        artist.remove()
    axes.containers.clear()  # the bars of a legend
    if (legend := axes.get_legend()) is not None:
        legend.remove()
    axes.set(title="", xlabel="", ylabel="")
    axes.set_title("", loc="left")
    axes.set_prop_cycle(None)
    axes.relim()
    # as those of new axes, on which nothing but words may be written
    axes.set(xscale="linear", yscale="linear", xlim=(0, 1), ylim=(0, 1))
    axes.set_autoscale_on(True)


def shapes(figure: Figure) -> list[Shape]:
    """Every shape of a figure, those behind first."""
    return [shape for axes in figure.axes for shape in _of_axes(axes, figure)]


def _of_axes(axes: Axes, figure: Figure) -> Iterator[Shape]:
    axes.get_xlim()  # what was drawn may have left limits to be found, as matplotlib does when they are asked for
    axes.apply_aspect()
    height, zoom = figure.get_figheight() * figure.dpi, 100 / figure.dpi

    def place(x: float, y: float) -> tuple[float, float]:
        return round(float(x) * zoom, 1), round(float(height - y) * zoom, 1)

    (left, top), (right, bottom) = place(axes.bbox.x0, axes.bbox.y1), place(axes.bbox.x1, axes.bbox.y0)
    if axes.axison:
        yield from _ticks(axes, place, (left, top, right, bottom))
        yield from _words(axes, (left, top, right, bottom))
    inside = [left, top, round(right - left, 1), round(bottom - top, 1)]
    artists: list[Any] = [*axes.images, *axes.patches, *axes.collections, *axes.lines, *axes.texts]
    for artist in sorted((each for each in artists if each.get_visible()), key=lambda each: each.get_zorder()):
        for shape in _of_artist(artist, place):
            yield {**shape, "clip": inside} if artist.get_clip_on() and shape["t"] != "text" else shape
    if (legend := axes.get_legend()) is not None:
        yield _legend(legend, inside)


def _ticks(axes: Axes, place: Place, box: tuple[float, float, float, float]) -> Iterator[Shape]:
    """The grid, and the words at its lines; then the spines."""
    left, top, right, bottom = box
    origin = axes.get_xlim()[0], axes.get_ylim()[0]
    for upright, axis in enumerate((axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        slack = (high - low) * 1e-9
        values = [value for value in axis.get_majorticklocs() if low - slack <= value <= high + slack]
        style = axis.get_tick_params()
        size = _size(style.get("labelsize", 10))
        labelled = style.get("labelleft" if upright else "labelbottom", True)
        for value, word in zip(values, axis.get_major_formatter().format_ticks(values), strict=True):
            x, y = place(*axes.transData.transform((origin[0], value) if upright else (value, origin[1])))
            if style.get("gridOn"):
                yield {
                    "t": "path",
                    "d": f"M{left} {y}H{right}" if upright else f"M{x} {top}V{bottom}",
                    "stroke": "grid",
                }
            if word and labelled:
                at = (left - 7, round(y + size * 0.35, 1), "end") if upright else (x, bottom + 18, "middle")
                yield _written(word, *at, size)
    edges = {"left": f"M{left} {top}V{bottom}", "bottom": f"M{left} {bottom}H{right}"}
    edges |= {"right": f"M{right} {top}V{bottom}", "top": f"M{left} {top}H{right}"}
    drawn = "".join(line for side, line in edges.items() if axes.spines[side].get_visible())
    yield {"t": "path", "d": drawn, "stroke": "ink", "width": 1}


def _words(axes: Axes, box: tuple[float, float, float, float]) -> Iterator[Shape]:
    """Title and labels."""
    left, top, right, bottom = box
    if axes.get_xlabel():
        yield _written(axes.get_xlabel(), (left + right) / 2, bottom + 38, "middle", 14)
    if axes.get_ylabel():
        yield _written(axes.get_ylabel(), left - 46, (top + bottom) / 2, "middle", 14, turn=1)
    if title := axes.get_title(loc="left") or axes.get_title():
        yield _written(title, left, top - 11, "start", 15, bold=1)


def _written(words: str, x: float, y: float, anchor: str, size: float, **more: int) -> Shape:
    return {"t": "text", "s": words, "x": round(x, 1), "y": round(y, 1), "a": anchor, "size": size, **more}


def _of_artist(artist: Any, place: Place) -> Iterator[Shape]:
    if isinstance(artist, Text):
        yield from _text(artist, place)
    elif isinstance(artist, Line2D):
        yield from _line(artist, place)
    elif isinstance(artist, AxesImage):
        yield _image(artist, place)
    elif isinstance(artist, Patch):
        yield {
            "t": "path",
            "d": line_of(artist.get_transform().transform_path(artist.get_path()), place),
            **_area(artist),
        }
    elif isinstance(artist, PathCollection):
        yield from _points(artist, place)
    elif isinstance(artist, Collection):
        yield from _many(artist, place)


def _area(patch: Patch) -> Shape:
    face = patch.get_facecolor() if patch.get_fill() else None
    hatch = {"hatch": 1} if patch.get_hatch() else {}
    return {**look(face, patch.get_edgecolor(), patch.get_linewidth(), patch.get_linestyle()), **hatch}


def _marker(line: Line2D) -> Shape:
    return look(
        line.get_markerfacecolor(), line.get_markeredgecolor(), line.get_markeredgewidth(), "-", line.get_alpha()
    )


def _line(line: Line2D, place: Place) -> Iterator[Shape]:
    path = line.get_transform().transform_path(line.get_path())
    if is_drawn(line.get_linestyle()):
        kind = str(line.get_drawstyle())
        drawn = line_of(stairs(path, kind) if kind.startswith("steps") else path, place)
        yield {
            "t": "path",
            "d": drawn,
            **stroke(line.get_color(), line.get_linewidth(), line.get_linestyle(), line.get_alpha()),
        }
    if is_drawn(line.get_marker()):
        points = [place(x, y) for x, y in np.asarray(path.vertices) if np.isfinite([x, y]).all()]
        radius = round(line.get_markersize() * POINT / 2, 1)
        yield {"t": "marks", "m": str(line.get_marker()), "r": radius, "at": points, **_marker(line)}


def _points(artist: PathCollection, place: Place) -> Iterator[Shape]:
    artist.update_scalarmappable()
    faces, edges, sizes = (
        np.asarray(each) for each in (artist.get_facecolor(), artist.get_edgecolor(), artist.get_sizes())
    )
    width = float(np.atleast_1d(np.asarray(artist.get_linewidth()))[0])
    offsets = artist.get_offset_transform().transform(np.asarray(artist.get_offsets()))
    for number, (x, y) in enumerate(offsets):
        face, edge = (colours[number % len(colours)] if len(colours) else None for colours in (faces, edges))
        radius = round(float(sizes[number % len(sizes)]) ** 0.5 * POINT / 2, 1)
        yield {"t": "marks", "m": "o", "r": radius, "at": [place(x, y)], **look(face, edge, width)}


def _many(artist: Any, place: Place) -> Iterator[Shape]:
    """Paths of a collection, those that look alike as one shape."""
    artist.update_scalarmappable()
    faces = [] if isinstance(artist, LineCollection) else artist.get_facecolor()
    edges, widths, styles = artist.get_edgecolor(), np.atleast_1d(artist.get_linewidth()), artist.get_linestyle()
    alike: dict[str, tuple[Shape, list[str]]] = {}
    for number, path in enumerate(artist.get_paths()):
        face, edge = (colours[number % len(colours)] if len(colours) else None for colours in (faces, edges))
        shape = look(face, edge, float(widths[number % len(widths)]))
        if "stroke" in shape:
            shape |= _dashes(styles[number % len(styles)])
        _, paths = alike.setdefault(str(shape), (shape, []))
        paths.append(line_of(artist.get_transform().transform_path(path), place))
    for shape, paths in alike.values():
        yield {"t": "path", "d": "".join(paths), **shape}


def _dashes(style: Any) -> Shape:
    return dash_of([f"{part * POINT:.1f}" for part in style[1] or ()])


def _image(image: Any, place: Place) -> Shape:
    from PIL import Image

    pixels = image.to_rgba(image.get_array(), bytes=True)
    made = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[::-1] if image.origin == "lower" else pixels)).save(made, "PNG")
    left, right, bottom, top = image.get_extent()
    (x0, y0), (x1, y1) = (place(*image.axes.transData.transform(corner)) for corner in ((left, top), (right, bottom)))
    href = "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()
    return {"t": "image", "x": x0, "y": min(y0, y1), "w": round(x1 - x0, 1), "h": round(abs(y1 - y0), 1), "href": href}


def _text(text: Any, place: Place) -> Iterator[Shape]:
    if isinstance(text, Annotation) and text.arrowprops and text.axes:
        (x0, y0), (x1, y1) = (place(*text.axes.transData.transform(end)) for end in (text.xyann, text.xy))
        props = text.arrowprops
        yield {
            "t": "arrow",
            "from": [x0, y0],
            "to": [x1, y1],
            **stroke(props.get("color", "black"), props.get("lw", 1.5)),
        }
    if not text.get_text():
        return
    size = _size(text.get_size())
    more = {"bold": int(text.get_weight() in ("bold", 700)), "mono": int(text.get_family() == ["monospace"])}
    x, y = place(*text.get_transform().transform(text.get_unitless_position()))
    anchor = _ANCHOR[text.get_horizontalalignment()]
    lift = _LIFT[text.get_verticalalignment()] * size
    yield _written(text.get_text(), x, y + lift, anchor, size, **{name: 1 for name, is_so in more.items() if is_so})


def _legend(legend: Any, inside: list[float]) -> Shape:
    entries = [
        {"s": text.get_text(), **_sample(artist)}
        for artist, text in zip(legend.legend_handles, legend.get_texts(), strict=True)
    ]
    size = _size(legend.get_texts()[0].get_size())
    return {
        "t": "legend",
        "box": inside,
        "loc": int(legend._loc),
        "cols": int(legend._ncols),
        "size": size,
        "of": entries,
    }


def _sample(artist: Any) -> Shape:
    """What stands before the words of a legend's entry."""
    if isinstance(artist, Patch):
        return _area(artist)
    if isinstance(artist, Line2D):
        line = stroke(artist.get_color(), artist.get_linewidth(), artist.get_linestyle())
        sample = line if is_drawn(artist.get_linestyle()) else {}
        if is_drawn(artist.get_marker()):
            sample |= {"m": str(artist.get_marker()), **{f"m_{name}": value for name, value in _marker(artist).items()}}
        return sample
    return {**stroke(np.atleast_2d(artist.get_edgecolor())[0], 2), **_dashes(artist.get_linestyle()[0])}


def _size(points: float | str | None) -> float:
    return round((points if isinstance(points, (int, float)) else 10) * POINT * _LETTER, 1)
