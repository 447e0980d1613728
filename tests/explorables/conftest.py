"""Each explorable has a page of its own in the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.explorables import source


class Page:
    """An explorable in a browser: `said` is its sentence, `move` gives it a state, `numbers` are those it shows."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.box = tab.locator("[data-alive]").first

    def move(self, **state: Any) -> None:
        self.box.evaluate("(box, state) => box.explorable.move(state)", state)

    def state(self) -> dict[str, Any]:
        return self.box.evaluate("box => box.explorable.values")

    def saves(self) -> int:
        return self.box.evaluate("box => box.explorable.saves")

    def said(self) -> str:
        return self.box.locator(".said").inner_text()

    def numbers(self) -> dict[str, float]:
        """All digits of the numbers in the sentence; what is read of each is the same, rounded."""
        shown = self.box.locator("[data-number]").evaluate_all(
            "all => all.map(one => [one.dataset.number, one.dataset.value, one.dataset.digits, one.textContent])"
        )
        for name, value, digits, text in shown:
            assert float(text.replace("−", "-")) == pytest.approx(float(value), abs=0.5001 * 10 ** -int(digits)), name
        return {name: float(value) for name, value, *_ in shown}

    def drag(self, handle: str, by: tuple[float, float]) -> None:
        """Moves a handle with the mouse, in nine steps."""
        box = self.box.locator(f"[data-handle={handle}]").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.tab.mouse.move(x, y)
        self.tab.mouse.down()
        for step in range(1, 10):
            self.tab.mouse.move(x + by[0] * step / 9, y + by[1] * step / 9)
        self.tab.mouse.up()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page of an explorable from the disk; whatever it complains of fails the test."""
    wrong: list[str] = []
    contexts = []

    def opened(explorable: Any, **options: Any) -> Page:
        path = tmp_path / "page.html"
        path.write_text(source.page(explorable.html()), encoding="utf-8")
        context = chromium.new_context(offline=True, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        tab.goto(path.as_uri())
        tab.wait_for_selector("[data-alive] .said")
        return Page(tab)

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
