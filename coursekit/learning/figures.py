"""Pictures with words for who cannot see them."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path
from typing import Any

import matplotlib.style
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's colours, which differ for every kind of colour vision. Give each a line style or a marker as well.
COLOURS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "pink": "#CC79A7",
    "yellow": "#E69F00",
    "sky": "#56B4E9",
    "black": "#000000",
    "grey": "#7A828C",
}

matplotlib.style.use(Path(__file__).with_name("course.mplstyle"))


def subplots(nrows: int = 1, ncols: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure in the course's style and its axes, as `plt.subplots` gives them.

    The figure is not registered with pyplot, so a notebook neither shows it twice nor keeps it alive.

    Args:
        nrows: rows of axes.
        ncols: columns of axes.
        options: `figsize` in inches goes to the figure, all others to `Figure.subplots`.
    """
    figure = Figure(figsize=options.pop("figsize", None), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(nrows, ncols, **options)


def png(figure: Figure) -> bytes:
    """The figure as a PNG of 256 colours that is the same every time (no software version, no date)."""
    from PIL import Image

    drawn, stored = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    # as a palette it takes a third of the room, so a sharp one fits into a notebook
    palette = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    palette.save(stored, format="PNG", optimize=True)
    return stored.getvalue()


def image_tag(picture: bytes, figure: Figure, alt: str) -> str:
    """An `<img>` with alt text: the only form of it that JupyterLab and nbconvert both keep."""
    data = base64.b64encode(picture).decode()
    width = int(figure.get_figwidth() * 100)
    return f'<img width="{width}" alt="{html.escape(alt, quote=True)}" src="data:image/png;base64,{data}">'


def show(figure: Figure, alt: str) -> None:
    """Displays a figure; `alt` says in a sentence or two what there is to see."""
    display(_bundle(figure, alt), raw=True)  # type: ignore[no-untyped-call]


class Live:
    """A picture that is drawn again in its place: for what a learner watches while it runs."""

    def __init__(self) -> None:
        self._handle: Any = None

    def draw(self, figure: Figure, alt: str) -> None:
        """Displays a figure the first time, and puts it in the place of the last one after that."""
        if self._handle is None:
            self._handle = display(_bundle(figure, alt), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(_bundle(figure, alt), raw=True)


def _bundle(figure: Figure, alt: str) -> dict[str, str]:
    return {"text/html": image_tag(png(figure), figure, alt), "text/plain": alt}
