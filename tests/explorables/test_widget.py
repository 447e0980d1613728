"""What holds for every explorable: its text, what a cell shows of it, and the picture that stays behind."""

import json
import re

import pytest

from coursekit.authoring import refresh
from coursekit.course import notebooks, syllabus
from coursekit.explorables import BeliefBoxes, pictures, source

VIEW = "application/vnd.jupyter.widget-view+json"


def boxes(q=(0.25, 0.75)):
    return BeliefBoxes(p=[0.5, 0.5], q=q, outcomes=["heads", "tails"])


def shipped():
    """Every explorable that the lessons' stored outputs show."""
    outputs = [o for t in syllabus.TOPICS for c in notebooks.read(t).cells for o in c.get("outputs", [])]
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    return [each for page in pages for each in pictures.states_in(page)]


@pytest.mark.parametrize("kind", [*source.kinds(), "chart"])
def test_a_module_needs_no_other(kind):
    """A module names no file and no network, and can stand within a page."""
    text = source.module(kind)
    assert not re.search(r"^import|import\(|https?://(?!www\.w3\.org/2000/svg)|</script", text, re.MULTILINE)
    assert text.count("export default") == 1


def test_shown_in_jupyterlab():
    """A cell shows picture, words and a script that finds the model, and no view that would need a kernel."""
    data, _ = boxes()._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"].startswith("The area of all boxes is the cross-entropy, 0.8370 nats")
    words, run = data["text/plain"].splitlines()
    assert f'alt="{words}"' in data["text/html"]
    assert data["text/html"].split("</div>")[0].endswith(f"<div><em>{run}</em>")
    assert re.search(r'data-model="\w{32}"', data["text/html"])


@pytest.mark.parametrize("name", ["VSCODE_PID", "google.colab"])
def test_shown_elsewhere(name, monkeypatch):
    """VS Code and Colab are given a view."""
    if name == "VSCODE_PID":
        monkeypatch.setenv(name, "1")
    else:
        monkeypatch.setitem(__import__("sys").modules, name, object())
    data, _ = boxes()._repr_mimebundle_()
    assert VIEW in data
    assert "text/html" in data


def test_own_state_is_told_in_words():
    """A state that is not shipped has no picture, and says what to do."""
    data, _ = boxes(q=[0.4, 0.6])._repr_mimebundle_()
    assert "<img" not in data["text/html"]
    assert data["text/plain"].startswith(
        "Belief boxes of outcomes = ['heads', 'tails'], p = [0.5, 0.5], q = [0.4, 0.6]"
    )
    assert "Run this cell to move it." in data["text/html"]


def test_what_is_stored_of_it():
    """A stored cell keeps the picture and the state, and neither the script nor the run's own key."""
    notebook = notebooks.of_cells(("code", "boxes"))
    made = boxes()
    notebook.cells[0].outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": made.html(made.key), "text/plain": ""}}
    ]
    notebooks.freeze(json_copy := notebook)
    stored = json_copy.cells[0].outputs[0]["data"]["text/html"]
    assert stored == source.box(made.kind, made.state())
    assert pictures.states_in(stored) == [(made.kind, made.state())]


def test_python_and_page_hold_one_state():
    """The state on a page is what Python has, as JSON."""
    assert json.loads(json.dumps(boxes().state())) == {
        "p": [0.5, 0.5],
        "q": [0.25, 0.75],
        "outcomes": ["heads", "tails"],
    }


def test_every_lesson_has_its_pictures():
    """All that the lessons show has a picture, and no picture is there for nothing."""
    assert shipped()
    wanted = {source.picture(*each).name for each in shipped() if each[0] in source.kinds()}
    assert {path.name for path in source.PICTURES.glob("*.png")} == wanted
    assert {path.stem for path in source.PICTURES.glob("*.txt")} == {name.removesuffix(".png") for name in wanted}


@pytest.mark.slow
@pytest.mark.browser
def test_pictures_are_fresh(chromium, monkeypatch, tmp_path):
    """Each picture and its words are what the module draws and says today."""
    states = [each for each in shipped() if each[0] in source.kinds()]

    def stored():
        return [{"data": {"text/html": source.box(*each), "text/plain": source.words(*each)}} for each in states]

    kept = stored()
    monkeypatch.setattr(source, "PICTURES", tmp_path)
    pictures.draw_in(chromium, states)
    for state, old, new in zip(states, kept, stored(), strict=True):
        assert refresh.alike([old], [new]), state
