"""Controls that move one picture, drawn by a lesson's own function."""

import json
from itertools import pairwise

import ipywidgets as widgets
import numpy as np
import pytest
from matplotlib.figure import Figure

from coursekit.explorables import scene
from coursekit.explorables.explore import explore, options_of


@pytest.fixture
def calls():
    return []


@pytest.fixture
def slider():
    return widgets.FloatSlider(value=1.0, min=0.0, max=5.0, step=0.5)


@pytest.fixture
def explorer(calls, slider):
    def draw(axes, **values):
        calls.append(values)
        axes.plot([0, values["a"]])
        axes.set_title(f"to {values['a']:g}")
        return f"A line to {values['a']:g}."

    return explore(draw, a=slider, shape=widgets.Dropdown(options=["round", "flat"]))


def shown(explorer) -> dict:
    return explorer._repr_mimebundle_()[0]


def test_first_picture(explorer, calls):
    """It is drawn once at the start, with the value of every control."""
    assert calls == [{"a": 1.0, "shape": "round"}]


def test_slider_redraws(explorer, slider, calls):
    """A slider that is set in Python draws anew, and the words follow the picture."""
    before = shown(explorer)
    slider.value = 3.0
    after = shown(explorer)
    assert calls[-1] == {"a": 3.0, "shape": "round"}
    said = [bundle["text/plain"].splitlines() for bundle in (before, after)]
    assert said == [["A line to 1.", "Run this cell to move it."], ["A line to 3.", "Run this cell to move it."]]
    assert before["text/html"] != after["text/html"]


def test_hand_sets_the_controls(explorer, slider):
    """What is set in the browser is what the lesson's control has, by the number of its option."""
    explorer.values = {"a": 4, "shape": 1}
    assert slider.value == 2.0
    assert shown(explorer)["text/plain"].startswith("A line to 2.")


def test_browser_asks(explorer, monkeypatch):
    """Each state that the browser asks for is answered with its shapes and words, in the order in which it asks."""
    sent = []
    monkeypatch.setattr(explorer, "send", sent.append)
    explorer._handle_custom_msg({"states": [{"a": 10, "shape": 0}, {"a": 9, "shape": 0}]}, [])
    answer, ahead = sent
    assert (answer["key"], ahead["key"]) == ("[10,0]", "[9,0]")
    assert answer["said"] == "A line to 5."
    assert any(shape.get("s") == "to 5" for shape in answer["shapes"])


def test_hand_draws_nothing_twice(explorer):
    """What the browser has set it has asked for: Python draws it only when it is itself who sets it."""
    before = explorer.answer
    explorer.values = {"a": 9, "shape": 1}
    assert explorer.answer is before


def test_few_states_come_along(explorer):
    """All states of a short slider and a menu are drawn beforehand; what two have in common is kept once."""
    shown(explorer)
    frames, pool = explorer.drawn["frames"], explorer.drawn["pool"]
    assert set(frames) == {f"[{a},{shape}]" for a in range(11) for shape in range(2)}
    assert len(pool) == len({json.dumps(shape) for shape in pool})
    titles = [pool[number].get("s") for number in frames["[6,1]"]["shapes"]]
    assert "to 3" in titles


def test_of_many_states_some_come_along():
    """Of hundreds of states, those come along that lie evenly on each slider, the one that is shown among them."""
    mean = widgets.IntSlider(value=7, min=0, max=100)
    width = widgets.IntSlider(value=20, min=10, max=39)
    kind = widgets.Dropdown(options=["wide", "narrow"])
    explorer = explore(lambda axes, mean, width, kind: f"{mean}", mean=mean, width=width, kind=kind)
    shown(explorer)
    keys = [json.loads(key) for key in explorer.drawn["frames"]]
    means, widths, kinds = (sorted(set(each)) for each in zip(*keys, strict=True))
    assert len(keys) == len(means) * len(widths) * len(kinds) <= 130
    assert [7, 10, 0] in keys
    for stops, last in ((means, 100), (widths, 29)):
        assert len(stops) >= 6
        assert len({later - sooner for sooner, later in pairwise(stops)}) == 1
        assert stops[0] < stops[1] - stops[0]
        assert last - stops[-1] < stops[1] - stops[0]
    assert kinds == [0, 1]


def test_too_many_words():
    """Where menus make too many states, none comes along."""
    many = widgets.Dropdown(options=list(range(200)))
    explorer = explore(lambda axes, n: f"{n}", n=many)
    shown(explorer)
    assert explorer.drawn["frames"] == {}


def test_picture_does_not_pile_up(explorer, slider):
    """Back at the first value, the picture is the first one: nothing of the others is left on it."""
    before = shown(explorer)["text/html"].split("<img")[1]
    slider.value = 3.0
    slider.value = 1.0
    assert before == shown(explorer)["text/html"].split("<img")[1]


def test_size():
    """The picture is as large as asked."""
    explorer = explore(lambda axes: "Nothing.", figsize=(3, 2))
    assert '<img width="300"' in shown(explorer)["text/html"]


def test_several_axes():
    """With a grid, `draw` gets all axes of the picture, and each of them is empty before it draws again."""
    slider = widgets.IntSlider(value=1, min=0, max=3)

    def draw(axes, n):
        left, right = axes
        left.plot(range(n))
        right.plot(range(n))
        return f"{len(left.lines)} and {len(right.lines)} lines, the left {left.get_position().width:.2f} wide."

    grid = {"ncols": 2, "width_ratios": [3, 1], "gridspec_kw": {"left": 0.1, "right": 0.9, "wspace": 0}}
    explorer = explore(draw, grid=grid, n=slider)
    slider.value = 2
    assert shown(explorer)["text/plain"].startswith("1 and 1 lines, the left 0.60 wide.")


@pytest.mark.parametrize(
    ("control", "words", "values"),
    [
        (widgets.FloatSlider(value=0, min=-0.1, max=0.1, step=0.1), ["−0.1", "0.0", "0.1"], [-0.1, 0.0, 0.1]),
        (widgets.IntSlider(value=2, min=2, max=6, step=2), ["2", "4", "6"], [2, 4, 6]),
        (widgets.SelectionSlider(options=[8_000, 32_000]), ["8000", "32000"], [8_000, 32_000]),
        (widgets.Dropdown(options=[("none", 0), ("all", 1)]), ["none", "all"], [0, 1]),
    ],
)
def test_what_a_control_can_be_set_to(control, words, values):
    """Each value of a control with its words."""
    assert ([word for word, _ in options_of(control)], [value for _, value in options_of(control)]) == (words, values)


def figure_with(draw):
    figure = Figure(figsize=(4, 2), dpi=100)
    axes = figure.subplots()
    draw(axes)
    return figure, axes


def test_places_are_pixels():
    """A point of the data stands where matplotlib would put it, from the upper left."""
    figure, axes = figure_with(lambda axes: axes.plot([0, 1], [0, 1], "s", color="#0072B2"))
    marks = next(shape for shape in scene.shapes(figure) if shape["t"] == "marks")
    x, y = axes.transData.transform((1, 1))
    assert marks["at"][1] == pytest.approx([x, 200 - y], abs=0.06)
    assert (marks["m"], marks["fill"]) == ("s", "#0072b2")


def test_a_long_line_keeps_its_form():
    """A curve of thousand points is told in few, none of which is off by more than a fifth of a pixel."""
    x = np.linspace(0, 6, 1000)
    figure, axes = figure_with(lambda axes: axes.plot(x, np.sin(x), color="#0072B2"))
    line = next(shape for shape in scene.shapes(figure) if shape.get("stroke") == "#0072b2")
    points = np.array([part.split() for part in line["d"].replace("M", "").split("L")], dtype=float)
    assert len(points) < 200
    pixels = axes.transData.transform(np.column_stack([x, np.sin(x)]))
    assert np.abs(np.interp(pixels[:, 0], points[:, 0], points[:, 1]) - (200 - pixels[:, 1])).max() < 0.2


def test_ink_and_paper_change_with_the_theme():
    """Black and white are named, not coloured; a colour stays."""
    figure, _ = figure_with(lambda axes: axes.plot([0, 1], color="black", marker="o", markeredgecolor="white"))
    line, marks = [shape for shape in scene.shapes(figure) if shape.get("clip")]
    assert (line["stroke"], marks["fill"], marks["stroke"]) == ("ink", "ink", "paper")


def test_wiped_is_as_cleared():
    """After a wipe a function draws what it draws on new axes, whatever was there before."""

    def first(axes):
        axes.bar([0, 1], [2, 300], hatch="//", label="bars")
        axes.axhline(3)
        axes.legend(loc="upper left")
        axes.set(xlabel="n", ylabel="m", title="first")

    def second(axes):
        axes.plot([0, 1], [0.5, 0.25])
        axes.scatter([0.2], [0.3], c=[0.5], cmap="Blues")
        axes.fill_between([0, 1], [0.1, 0.2])
        axes.bar([0.4], [0.2], label="one bar")
        axes.legend(loc="lower left")
        axes.text(0.5, 0.5, "here")

    figure, axes = figure_with(first)
    scene.shapes(figure)
    scene.wipe(axes)
    second(axes)
    fresh, _ = figure_with(second)
    assert scene.shapes(figure) == scene.shapes(fresh)
