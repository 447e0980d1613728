"""Brings what is made from the solutions in step again: the stubs, and the notebooks with their outputs.

Only what has changed is changed. A cell keeps its name, and where nothing that it depends on is other than it was, it
keeps its outputs to the byte: a time that it printed is no change, nor is a picture of which another machine drew some
pixels otherwise.
"""

from __future__ import annotations

import base64
import configparser
import io
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from coursekit.course import notebooks, stubs, syllabus
from coursekit.course.syllabus import ROOT, Topic
from coursekit.course.updating import shipped
from coursekit.errors import CommandError
from coursekit.explorables import pictures, source
from coursekit.site.mistakes import lines

_PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")
_SAME = 0.5  # of 255: the mean difference of a pixel up to which two pictures are one, drawn on two machines


def refresh(topic: Topic) -> Iterator[int]:
    """Writes a topic's stubs, its notebook, executed, and its mistakes' lines; yields the number of each cell that ran.

    Raises:
        CommandError: a cell raised, or did not end; the notebook on disk is as it was.
    """
    text = stubs.stub_module(topic)
    if not topic.stub.exists() or topic.stub.read_text(encoding="utf-8") != text:
        topic.stub.write_text(text, encoding="utf-8")
    before, notebook = notebooks.read(topic), notebooks.with_stubs(topic)
    yield from notebooks.execute_by_cell(notebook, topic)
    notebooks.freeze(notebook)
    picture_explorables(notebook)
    keep_outputs(before, notebook)
    notebooks.write(notebook, topic)
    list_shipped(topic)
    for _ in lines.refresh(topic):
        pass


def list_shipped(topic: Topic) -> int:
    """Adds the texts of a topic's stubs and notebook to what was ever shipped; returns how many were new."""
    return shipped.add_missing(syllabus.ROOT, (f"notebooks/{topic.notebook.name}", f"exercises/{topic.stub.name}"))


def picture_explorables(notebook: Any) -> None:
    """Draws what has no picture yet, and puts the picture with its words where an explorable is stored.

    Raises:
        CommandError: there is something to draw, and no Chromium, or no Playwright to drive it.
    """
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    try:
        pictures.draw(state for data in shown for state in pictures.states_in(data.get("text/html", "")))
    except OSError as error:
        raise CommandError(f"{error}\nNothing of the notebook was stored.") from None
    for data in shown:
        for kind, state in pictures.states_in(data.get("text/html", "")):
            if kind in source.kinds():
                data["text/html"], data["text/plain"] = (
                    source.box(kind, state),
                    f"{source.words(kind, state)}\n{source.RUN}",
                )


def keep_outputs(before: Any, after: Any) -> None:
    """Gives the cells of `after` their outputs of `before`, as long as no code above them has changed."""
    ran = [cell for cell in before.cells if cell.cell_type == "code"]
    runs = [cell for cell in after.cells if cell.cell_type == "code"]
    for old, new in zip(ran, runs, strict=False):
        if old.source != new.source:
            return
        is_drawn_alike = _is_ignored(new) and bool(old.outputs) and _sizes(old.outputs) == _sizes(new.outputs)
        if is_drawn_alike or alike(old.outputs, new.outputs):
            new.outputs = old.outputs


def _is_ignored(cell: Any) -> bool:
    """Whether nbval is told that a cell's output is another one in every run."""
    return "NBVAL_IGNORE_OUTPUT" in cell.source or "nbval-ignore-output" in cell.metadata.get("tags", [])


def alike(old: list[Any], new: list[Any]) -> bool:
    """Whether two lists of outputs say the same, but for what differs from run to run, and show the same pictures."""
    ours, theirs = _texts(old), _texts(new)
    if [_settled(text) for text in ours] != [_settled(text) for text in theirs]:
        return False
    pictures = zip(_pictures(ours), _pictures(theirs), strict=True)
    return all(one == other or _same_picture(one, other) for one, other in pictures)


def _texts(outputs: list[Any]) -> list[str]:
    """All that is stored of them as text, in order: streams, and each form of what was shown."""
    return [
        text
        for output in outputs
        for text in (
            output.get("text", ""),
            *(str(output.get("data", {})[kind]) for kind in sorted(output.get("data", {}))),
        )
    ]


def _pictures(texts: list[str]) -> list[str]:
    return [picture for text in texts for picture in _PICTURE.findall(text)]


def _settled(text: str) -> str:
    """The text without what nbval leaves out of its comparison."""
    text = _PICTURE.sub("PICTURE", text)
    for pattern, replacement in _left_out():
        text = re.sub(pattern, replacement, text)
    return text


@cache
def _left_out() -> list[tuple[str, str]]:
    settings = configparser.RawConfigParser()
    settings.read(ROOT / "tests" / "sanitize.cfg", encoding="utf-8")
    return [(settings[name]["regex"], settings[name]["replace"]) for name in settings.sections()]


def _sizes(outputs: list[Any]) -> list[tuple[int, ...]]:
    """How many pixels each picture has."""
    return [_pixels(picture).shape for picture in _pictures(_texts(outputs))]


def _pixels(picture: str) -> Any:
    from matplotlib.image import imread

    return imread(io.BytesIO(base64.b64decode(picture)), format="png")


def _same_picture(one: str, other: str) -> bool:
    a, b = _pixels(one), _pixels(other)
    return a.shape == b.shape and float(np.abs(a - b).mean()) * 255 < _SAME
