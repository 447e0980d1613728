"""Sliders that redraw one picture."""

import ipywidgets as widgets
import pytest

from coursekit.explore import explore


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
    assert (before["text/plain"], after["text/plain"]) == ("A line to 1.", "A line to 3.")
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


def test_size():
    """The picture is as large as asked."""
    explorer = explore(lambda axes: "Nothing.", figsize=(3, 2))
    assert '<img width="300"' in shown(explorer)["text/html"]
