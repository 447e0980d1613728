"""Controls that move one picture: a lesson's own drawing function, drawn with matplotlib and shown by the browser."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from traitlets import Dict, List

from coursekit.explorables import scene
from coursekit.explorables.widget import Explorable, shown
from coursekit.learning import figures

_MOST = 130  # states that are drawn beforehand: a slider's, and a menu's with a short slider
_LEAST = 3  # of them that a slider keeps, or it is none


class Explorer(Explorable):
    """Controls above a picture; shows itself as the last expression of a cell.

    The states of one slider are all drawn beforehand and come along, so that it moves without a kernel. Where there are
    too many, some of them come along, and where a kernel runs, the browser asks it for the one that it shows.
    """

    kind = "chart"
    size = shown(List())
    controls = shown(List())
    values = shown(Dict())
    drawn = shown(Dict())
    answer = shown(Dict())

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
        # fixed margins: a constrained layout would take longer than the drawing itself
        self._figure.subplots_adjust(left=0.11, right=0.97, bottom=0.17, top=0.88)
        self._options = {name: options_of(control) for name, control in controls.items()}
        super().__init__(
            size=[round(100 * inches) for inches in figsize],
            controls=[self._described(name) for name in controls],
            values={name: self._index(name) for name in controls},
            drawn={"pool": [], "frames": {}},
            answer={},
        )
        self._first = self._frame()
        self.answer = self._first
        self._is_taking = False
        self.on_msg(self._answer)
        self.observe(self._take, names="values")
        for control in controls.values():
            control.observe(self._moved, names="value")

    def _described(self, name: str) -> dict[str, Any]:
        control, options = self._controls[name], self._options[name]
        kind = "text" if isinstance(control, widgets.Combobox) else "range" if is_range(control) else "menu"
        return {
            "name": name,
            "label": control.description or name,
            "kind": kind,
            "words": [word for word, _ in options],
        }

    def _index(self, name: str) -> int | str:
        """What the browser holds for a control: the number of its option, or a text."""
        control = self._controls[name]
        if isinstance(control, widgets.Combobox):
            return str(control.value)
        values = [value for _, value in self._options[name]]
        if control.value in values:
            return values.index(control.value)
        return min(range(len(values)), key=lambda number: abs(values[number] - control.value))

    def _value(self, name: str, index: int | str) -> Any:
        return index if isinstance(index, str) else self._options[name][index][1]

    def _frame(self, indices: dict[str, Any] | None = None) -> dict[str, Any]:
        """The shapes and words of a state; of the controls' own values without one."""
        indices = {name: self._index(name) for name in self._controls} if indices is None else indices
        values = {name: self._value(name, indices[name]) for name in self._controls}
        for axes in self._figure.axes:
            scene.wipe(axes)
        said = self._draw(self._axes, **values)
        return {"key": self._key(indices), "said": said, "shapes": scene.shapes(self._figure)}

    def _key(self, indices: dict[str, Any]) -> str:
        """A state's name, as the browser writes it."""
        return json.dumps([indices[name] for name in self._controls], separators=(",", ":"), ensure_ascii=False)

    def _answer(self, _widget: object, asked: dict[str, Any], _buffers: object) -> None:
        """The browser asks for states: by a message, as a trait waits until the kernel is idle, and is echoed."""
        for state in asked["states"]:
            self.send(self._frame(state))

    def _take(self, _change: object) -> None:
        """The hand was lifted: the controls have what it set, for a lesson that asks for it."""
        self._is_taking = True
        try:
            for name, index in self.values.items():
                value = self._value(name, index)
                if self._controls[name].value != value:
                    self._controls[name].value = value
        finally:
            self._is_taking = False

    def _moved(self, _change: object) -> None:
        """A control was set in Python, or by the hand: then the browser has drawn it."""
        if self._is_taking:
            return
        values = {name: self._index(name) for name in self._controls}
        if values != self.values:
            self.values = values
        if self._key(values) not in (*self.drawn["frames"], self.answer["key"]):  # else it is drawn already
            self.answer = self._frame()

    def _bake(self) -> None:
        """Draws the states that come along; a shape that several of them have is kept once."""
        if self.drawn["frames"]:
            return
        states: list[dict[str, int]] = [{}]
        for name, options in self._along().items():
            states = [{**state, name: number} for state in states for number in options]
        pool: dict[str, int] = {}
        frames = {}
        for state in states:
            frame = self._frame(state)
            numbers = [pool.setdefault(json.dumps(shape), len(pool)) for shape in frame["shapes"]]
            frames[frame["key"]] = {"said": frame["said"], "shapes": numbers}
        self.drawn = {"pool": [json.loads(shape) for shape in pool], "frames": frames}

    def _along(self) -> dict[str, range]:
        """The options of each control that are drawn beforehand.

        All of them or, where that were too many states, every second, third, ... of a slider, the present one among
        them. None where a text or a menu makes too many.
        """
        along = {name: range(len(options)) for name, options in self._options.items()}
        none = dict.fromkeys(along, range(0))
        if any(control["kind"] == "text" for control in self.controls):
            return none
        sliders = [name for name, control in self._controls.items() if is_range(control)]
        while math.prod(map(len, along.values())) > _MOST:
            longest = max(sliders, key=lambda name: len(along[name]), default="")
            if not longest or len(along[longest]) <= _LEAST:
                return none
            step = along[longest].step + 1
            along[longest] = range(int(self._index(longest)) % step, len(self._options[longest]), step)
        return along

    def html(self, key: str = "") -> str:
        """The picture, and what brings it to life, with or without a kernel."""
        self._bake()
        return super().html(key)

    def _picture(self) -> str:
        said = self._frame()["said"]
        return figures.image_tag(figures.png(self._figure), self._figure, said)

    def said(self) -> str:
        """What the drawing function says of the picture."""
        said: str = self._frame()["said"]
        return said


def is_range(control: Any) -> bool:
    """Whether a control is a slider."""
    return isinstance(control, (widgets.FloatSlider, widgets.IntSlider, widgets.SelectionSlider))


def options_of(control: Any) -> list[tuple[str, Any]]:
    """What a control can be set to: the words of each value, and the value."""
    if hasattr(control, "_options_full"):
        return [(str(word), value) for word, value in control._options_full]
    if isinstance(control, widgets.Combobox):
        return [(str(word), word) for word in control.options]
    count = round((control.max - control.min) / control.step) + 1
    if isinstance(control, widgets.IntSlider):
        return [(str(value), value) for value in range(control.min, control.max + 1, control.step)]
    digits = max(0, math.ceil(-math.log10(control.step) - 1e-9))
    values = [round(control.min + number * control.step, 10) for number in range(count)]
    return [(f"{value:.{digits}f}".replace("-", "−"), value) for value in values]


def explore(
    draw: Callable[..., str],
    *,
    figsize: tuple[float, float] = (6.4, 3.4),
    grid: dict[str, Any] | None = None,
    **controls: widgets.ValueWidget,
) -> Explorer:
    """Sliders and the picture they move.

    Args:
        draw: `draw(axes, **values)` draws on an empty Axes and returns what is to be seen: the picture's alt text. It
            is called with the value of every control, and should take well under 50 ms.
        figsize: width and height in inches.
        grid: the arguments of `Figure.subplots`, for several axes in one picture: `draw` is given what it returns.
            Margins other than the usual ones go into its `gridspec_kw`.
        controls: ipywidgets by the name of the argument that they set.
    """
    return Explorer(draw, controls, figsize, grid)
