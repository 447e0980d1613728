"""Sliders that redraw one picture, and leave it behind where no kernel runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from coursekit.learning import figures

_RUN = "Run this cell to move it."  # what is said below a picture that stands without its controls


class Explorer:
    """Controls above a picture; shows itself as the last expression of a cell."""

    def __init__(
        self,
        draw: Callable[..., str],
        controls: dict[str, Any],
        figsize: tuple[float, float] = (6.4, 3.4),
        grid: dict[str, Any] | None = None,
    ) -> None:
        self._draw = draw
        self._controls = controls
        self._figure = Figure(figsize=figsize)
        FigureCanvasAgg(self._figure)
        self._axes = self._figure.subplots(**(grid or {}))
        # fixed margins: a constrained layout would take longer than the drawing itself at every step of a slider
        self._figure.subplots_adjust(left=0.11, right=0.97, bottom=0.17, top=0.88)
        self._image = widgets.HTML()
        for control in controls.values():
            control.observe(self._redraw, names="value")
        self._redraw()
        self._box = widgets.VBox([*controls.values(), self._image])

    def _redraw(self, _change: object = None) -> None:
        for axes in self._figure.axes:
            axes.clear()
        values = {name: control.value for name, control in self._controls.items()}
        self._alt = self._draw(self._axes, **values)
        self._image.value = figures.image_tag(figures.png(self._figure), self._figure, self._alt)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        # JupyterLab takes the widget; GitHub, nbconvert and a frozen notebook take the picture
        bundle = self._box._repr_mimebundle_()
        stored = f"{self._image.value}<div><em>{_RUN}</em></div>"
        return {**bundle, "text/html": stored, "text/plain": f"{self._alt}\n{_RUN}"}


def explore(
    draw: Callable[..., str],
    *,
    figsize: tuple[float, float] = (6.4, 3.4),
    grid: dict[str, Any] | None = None,
    **controls: widgets.ValueWidget,
) -> Explorer:
    """Sliders and the picture they move.

    Args:
        draw: `draw(axes, **values)` draws on a cleared Axes and returns the picture's alt text. It is called with the
            value of every control at each change, so it should take well under 100 ms.
        figsize: width and height in inches.
        grid: the arguments of `Figure.subplots`, for several axes in one picture: `draw` is given what it returns.
            Margins other than the usual ones go into its `gridspec_kw`.
        controls: ipywidgets by the name of the argument that they set.
    """
    return Explorer(draw, controls, figsize, grid)
