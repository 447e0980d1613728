"""Draws the pictures that stand where no script runs: the very module, in headless Chromium. For authors only."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterable
from typing import Any

from coursekit.explorables import source

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_BOX = re.compile(r'<div data-explorable="(\w+)"(?: data-model="\w*")? data-state=\'([^\']*)\'>')
_COLOURS = 96  # of a picture's palette: lines and letters stay smooth, and a lesson stays small


def browser() -> str | None:
    """Where Chromium is; None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def states_in(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The explorables in a cell's stored HTML: the kind and state of each."""
    return [(kind, source.unpacked(state)) for kind, state in _BOX.findall(text)]


def moves(kind: str, state: dict[str, Any]) -> bool:
    """Whether an explorable needs no kernel; an explorer does whose states are too many to be stored."""
    return kind != "chart" or bool(state["drawn"]["frames"])


def still(text: str) -> str:
    """The HTML with its explorables as the pictures that they are where no script runs."""
    return _BOX.sub("<div>", text)


def draw(states: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Draws those states that have no picture yet, each with its words.

    Raises:
        OSError: there is no Chromium, or no Playwright to drive it.
    """
    missing = [each for each in states if each[0] in source.kinds() and not source.picture(*each).exists()]
    if not missing:
        return
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise OSError("A picture of an explorable is drawn by Playwright: pip install playwright.") from None
    if browser() is None:
        raise OSError(f"A picture of an explorable is drawn by Chromium: none of {', '.join(BROWSERS)} is on PATH.")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser(), args=list(FLAGS))
        draw_in(chromium, missing)
        chromium.close()


def draw_in(chromium: Any, states: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Draws the states, each with its words, in a browser of Playwright's that runs."""
    source.PICTURES.mkdir(exist_ok=True)
    tab = chromium.new_page(device_scale_factor=2, color_scheme="light", viewport={"width": 700, "height": 900})
    for kind, state in states:
        tab.set_content(source.page(source.box(kind, state) + source.script(kind)))
        tab.wait_for_selector("[data-alive] .said")
        target = source.picture(kind, state)
        target.write_bytes(_smaller(tab.locator(".explorable svg").screenshot()))
        target.with_suffix(".txt").write_text(tab.locator(".said").inner_text() + "\n", encoding="utf-8")
    tab.close()


def _smaller(png: bytes) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS).save(made, "PNG", optimize=True)
    return made.getvalue()
