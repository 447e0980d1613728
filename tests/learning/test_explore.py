"""Sliders that redraw one picture."""

import ipywidgets as widgets
import pytest

from coursekit.learning.explore import explore


@pytest.fixture
def calls():
    return []


@pytest.fixture
def slider():
    return widgets.FloatSlider(value=1.0, min=0.0, max=5.0)


@pytest.fixture
def explorer(calls, slider):
    def draw(axes, **values):
        calls.append(values)
        axes.plot([0, values["a"]])
        return f"A line to {values['a']:g}."

    return explore(draw, a=slider, shape=widgets.Dropdown(options=["round", "flat"]))


def shown(explorer) -> dict:
    return explorer._repr_mimebundle_()


def test_first_picture(explorer, calls):
    """It is drawn once at the start, with the value of every control."""
    assert calls == [{"a": 1.0, "shape": "round"}]


def test_slider_redraws(explorer, slider, calls):
    """A slider that moves draws anew, and the words follow the picture."""
    before = shown(explorer)
    slider.value = 3.0
    after = shown(explorer)
    assert calls[-1] == {"a": 3.0, "shape": "round"}
    first, second = (bundle["text/plain"].splitlines()[0] for bundle in (before, after))
    assert (first, second) == ("A line to 1.", "A line to 3.")
    assert before["text/html"] != after["text/html"]


def test_picture_does_not_pile_up(explorer, slider):
    """Back at the first value, the picture is the first one: nothing of the others is left on it."""
    before = shown(explorer)["text/html"]
    slider.value = 3.0
    slider.value = 1.0
    assert before == shown(explorer)["text/html"]


def test_shown_with_and_without_a_kernel(explorer):
    """JupyterLab gets the widget; a page without a kernel gets the picture, with its words."""
    bundle = shown(explorer)
    assert {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"} == set(bundle)
    assert 'alt="A line to 1."' in bundle["text/html"]


def test_a_stored_picture_says_how_to_move_it(explorer):
    """Its controls are there only once it is run: the line is in what is stored, not in what a kernel shows."""
    bundle = shown(explorer)
    assert bundle["text/html"].endswith("<div><em>Run this cell to move it.</em></div>")
    assert bundle["text/plain"].splitlines()[-1] == "Run this cell to move it."
    assert "Run this cell" not in "".join(str(widget.value) for widget in explorer._box.children)


def test_size():
    """The picture is as large as asked."""
    explorer = explore(lambda axes: "Nothing.", figsize=(3, 2))
    assert '<img width="300"' in shown(explorer)["text/html"]


def test_several_axes():
    """With a grid, `draw` gets all axes of the picture, and each of them is cleared before it draws again."""
    slider = widgets.IntSlider(value=1, min=0, max=3)

    def draw(axes, n):
        left, right = axes
        left.plot(range(n))
        right.plot(range(n))
        return f"{len(left.lines)} and {len(right.lines)} lines, the left {left.get_position().width:.2f} wide."

    grid = {"ncols": 2, "width_ratios": [3, 1], "gridspec_kw": {"left": 0.1, "right": 0.9, "wspace": 0}}
    explorer = explore(draw, grid=grid, n=slider)
    slider.value = 2
    assert shown(explorer)["text/plain"].startswith("1 and 1 lines, the left 0.60 wide.\n")
