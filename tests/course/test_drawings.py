"""Which cells only draw, and are folded."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from coursekit.course import drawings

LINES = "\n".join(f"ax.plot({number})" for number in range(6))
PICTURE = f"fig, ax = subplots()\n{LINES}\nshow(fig, 'A line.')"
FUNCTION = "def line(ax, slope):\n" + "\n".join(f"    ax.plot({number})" for number in range(6))
SLIDER = "slope = widgets.FloatSlider()\nexplore(line, slope=slope)"


@pytest.mark.parametrize("source", [PICTURE, FUNCTION, f"{FUNCTION}\n\n\n{SLIDER}", f"GRID = range(9)\n{FUNCTION}"])
def test_drawing(source):
    """A picture at the end, or functions that draw on their first argument, with or without their slider."""
    assert drawings.draws(source)


@pytest.mark.parametrize(
    "source",
    [
        "show(fig, 'A line.')",  # short
        SLIDER,
        f"{PICTURE}\nprint(3)",
        f"assert 1 < 2\n{PICTURE}",
        PICTURE.replace("show(fig, 'A line.')", "line = 3"),
        FUNCTION.replace("ax, slope", "x, slope"),
        f"{FUNCTION}\n\nfor step in range(9):\n    train()",
        f"%pip install x\n{PICTURE}",
    ],
)
def test_no_drawing(source):
    """What is short, what says or asserts something, and what computes, stays in sight."""
    assert not drawings.draws(source)


def test_folded_once_and_kept():
    """The marks of three programs are set, whatever was set before, and a second time changes nothing."""
    cells = [new_code_cell(PICTURE, metadata={"tags": ["hide-output"]}), new_code_cell("x = 1"), new_markdown_cell("?")]
    for _ in range(2):
        drawings.fold(cells)
    assert cells[0].metadata == {
        "tags": ["hide-output", "hide-input"],
        "jupyter": {"source_hidden": True},
        "cellView": "form",
    }
    assert [dict(cell.metadata) for cell in cells[1:]] == [{}, {}]
