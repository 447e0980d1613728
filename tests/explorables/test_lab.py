"""Explorables in JupyterLab, by mouse and keys: live, told to Python, and opened again without a kernel."""

from __future__ import annotations

import ast

import nbformat
import pytest
from lab import ARGUMENTS, BROWSER, NEEDS_BROWSER, READY, TOKEN, jupyterlab

pytestmark = NEEDS_BROWSER

CELLS = (
    "from coursekit.explorables import BeliefBoxes\n"
    'boxes = BeliefBoxes(p=[0.5, 0.5], q=[0.25, 0.75], outcomes=["heads", "tails"])\nboxes',
    "boxes",
    "print([list(boxes.q)])",
    """import ipywidgets as widgets
from coursekit import explore

def draw(ax, a, b):
    ax.plot([0, 1], [a, b])
    return f"From {a} to {b}."

slider = widgets.IntSlider(value=0, min=0, max=99, description="a")
explore(draw, a=slider, b=widgets.IntSlider(value=0, min=0, max=99, description="b"))""",
)
RUN = """async (number) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = number;
    await window.jupyterapp.commands.execute('notebook:run-cell');
    const outputs = notebook.model.cells.get(number).outputs;
    return outputs.length ? outputs.get(0).toJSON().text : '';
}"""
WRITE = """([number, text]) => window.jupyterapp.shell.currentWidget.content.model.cells.get(number).sharedModel
    .setSource(text)"""
CELL_COUNT = "window.jupyterapp.shell.currentWidget.content.model.cells.length"
LIVE = "document.querySelectorAll('.explorable .said').length"
JOINED = "[...document.querySelectorAll('[data-alive]')].every(box => box.explorable.model)"


@pytest.fixture
def lab(tmp_path):
    root = tmp_path / "course"
    root.mkdir()
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "live.ipynb")
    with jupyterlab(root, tmp_path / "state") as address:
        yield root, address


def test_in_jupyterlab(lab):
    """Two views of one model follow hand, keys and Python; a notebook that comes back without its kernel is alive."""
    from playwright.sync_api import sync_playwright

    root, address = lab
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        elsewhere, wrong = [], []
        page.on("request", lambda request: elsewhere.append(request.url) if "//127.0.0.1" not in request.url else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{address}/lab/tree/live.ipynb?token={TOKEN}")
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=90_000)
        page.evaluate(READY)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(f"{LIVE} === 3 && {JOINED}", timeout=90_000)

        grip = page.locator("[data-handle=q0]").first
        box = grip.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 10):
            page.mouse.move(x + 8 * step, y)
        page.mouse.up()
        assert page.evaluate("document.activeElement.dataset.handle") == "q0"  # though JupyterLab wants the focus
        for key in ("ArrowRight", "d", "d", "ArrowUp"):  # d, d deletes the cell of whoever lets it through
            page.keyboard.press(key)
        assert page.evaluate(CELL_COUNT) == 4
        said = page.locator(".said").all_inner_texts()
        assert said[0] == said[1]
        shown = page.evaluate("document.querySelector('[data-alive]').explorable.values.q")
        assert shown[0] > 0.4
        page.wait_for_timeout(300)  # the second of two keys waits until the kernel has answered the first
        assert ast.literal_eval(page.evaluate(RUN, 2))[0] == pytest.approx(shown)

        asking = page.locator("[data-explorable=chart]")
        asking.locator("[data-control=a]").focus()
        for _ in range(7):  # faster than a kernel answers: it is asked for the newest only
            page.keyboard.press("ArrowRight")
        asking.locator(".said", has_text="From 7 to 0.").wait_for(timeout=10_000)
        page.evaluate(WRITE, [2, "print(slider.value)"])
        assert page.evaluate(RUN, 2) == "7\n"
        page.evaluate(WRITE, [2, "slider.value = 50"])
        page.evaluate(RUN, 2)
        asking.locator(".said", has_text="From 50 to 0.").wait_for(timeout=10_000)
        assert asking.locator("[data-control=a]").get_attribute("aria-valuetext") == "50"

        page.evaluate(WRITE, [2, "boxes.q = [0.5, 0.5]"])
        page.evaluate(RUN, 2)
        page.wait_for_function("document.querySelector('[data-number=kl]').textContent === '0.0000'", timeout=10_000)

        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        page.wait_for_timeout(1000)
        page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
        untrusted = nbformat.read(root / "live.ipynb", as_version=4)
        untrusted.cells[2].source += "\n# not what was signed"
        nbformat.write(untrusted, root / "strange.ipynb")
        page.goto(f"{address}/lab/tree/live.ipynb?token={TOKEN}&reset")
        page.wait_for_function(f"{LIVE} === 3", timeout=90_000)
        assert "model not found" not in page.locator(".jp-Notebook").inner_text()
        page.goto(f"{address}/lab/tree/strange.ipynb?token={TOKEN}&reset")
        picture = page.locator(".jp-OutputArea-output img").first
        picture.wait_for(timeout=90_000)
        assert picture.get_attribute("alt").startswith("The area of all boxes is the cross-entropy, 0.8370 nats")
        browser.close()
    assert [url for url in elsewhere if not url.startswith(("blob:", "data:"))] == []
    assert wrong == []
