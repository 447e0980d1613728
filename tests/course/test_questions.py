"""What a lesson asks, and what is folded below it."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from coursekit.course import questions

PREDICT = 'predict("Which?", ["a", "b"], id="toy/{name}", right=max("a", "b"), why="So.")'
FOLDED = "<details><summary>Answer</summary>\n\nThree.\n\n</details>"


def code(source, prints="3", **metadata):
    outputs = [new_output("stream", text=prints)] if prints else []
    return new_code_cell(source, outputs=outputs, metadata=metadata)


def text(source):
    return new_markdown_cell(source)


def prediction(name="one"):
    return code(PREDICT.format(name=name))


def folded(*cells) -> list[str]:
    """The sources of the cells whose outputs are folded."""
    questions.fold(cells)
    return [cell.source for cell in cells if cell.metadata.get("jupyter", {}).get("outputs_hidden")]


def faults(*cells, fold=True) -> list[str]:
    if fold:
        questions.fold(cells)
    return list(questions.faults(cells, "toy"))


def test_what_is_folded():
    """The outputs of the code below a question, as far as the next text; not where nothing was asked."""
    cells = (
        *(text("How many?"), code("one"), code("two"), code("silent", prints="")),
        *(text("It is three.\n\nWhy? Think.\n\nSee:"), code("three"), text("And?"), code("four")),
    )
    assert folded(*cells) == ["one", "two", "four"]
    assert cells[1].metadata == {"jupyter": {"outputs_hidden": True}, "tags": ["hide-output"], "collapsed": True}


def test_the_first_line_is_no_answer():
    """JupyterLab shows it beside a folded output, so an output without any comes first: once, and only there."""
    cells = text("How many?"), code("one"), text("So."), code("two"), code("three", jupyter={"outputs_hidden": True})
    for _ in range(2):
        questions.fold(cells)
    assert [[output.get("data") == {} for output in cells[at].outputs] for at in (1, 3, 4)] == [
        [True, False],
        [False],
        [True, False],
    ]
    del cells[1].outputs[0]
    assert "is not folded" in "".join(faults(*cells, fold=False))


def test_what_shows_no_answer_is_open():
    """An explorer has to be moved, an exercise has to be written, and a prediction tells nothing before it is made."""
    explorer, exercise = code("f = 1\nexplore(f, a=1)"), code("def f(): ...", coursekit={"exercise": "f"})
    assert folded(text("How?"), explorer, prediction(), exercise, code("check(f)"), code("g")) == ["g"]


def test_an_explorable_is_open():
    """It is drawn in the browser and moves without a kernel; its stored output says what it is."""
    cell = code("Boxes(p=1)", prints="")
    cell.outputs = [new_output("display_data", {"text/html": '<div data-explorable="boxes"></div>'})]
    assert folded(text("How?"), cell, code("g")) == ["g"]


def test_what_answers_no_more_is_opened():
    """Folding follows the text: where the question is gone, its cell is as it was; what an author folds stays."""
    cells = (
        *(text("How many?"), code("f", tags=["mine"]), text("So.")),
        code("g", jupyter={"outputs_hidden": True}),
    )
    questions.fold(cells)
    cells[0].source = "It is three."
    assert folded(*cells) == ["g"]
    assert cells[1].metadata == {"tags": ["mine"]}
    assert [output.get("text") for output in cells[1].outputs] == ["3"]


def test_the_source_of_a_prediction_is_folded():
    """Its answer stands there. Tags that a cell has, and what its metadata says, stay."""
    cell = prediction()
    cell.metadata = {"tags": ["mine"], "jupyter": {"other": 1}}
    for _ in range(2):
        questions.fold([cell])
    assert cell.metadata == {
        **{"tags": ["mine", "hide-input"], "jupyter": {"other": 1, "source_hidden": True}, "cellView": "form"},
    }


def test_a_folded_question_asks_nothing():
    """What stands in <details> is asked of whoever opens it."""
    assert folded(text("It is three.\n\n<details><summary>And?</summary>\n\nWhy?\n\n</details>"), code("one")) == []


@pytest.mark.parametrize(
    "cells",
    [
        [text("How many?"), code("f"), text("Three.")],
        [text("How many?"), text(FOLDED)],
        [text("How many? Three."), text("## Next")],
        [text("Predict: how many?"), code("f"), text(FOLDED)],
        [text("How many?"), code("def f(): ...", "", coursekit={"exercise": "f"}), code("check(f)"), text(FOLDED)],
        [text("We guess."), code("f"), text("Three.")],
        [text("A model predicts.\n\nIs it so?"), code("f"), text("Three.")],
        [prediction(), code("f"), text(FOLDED)],
        [prediction("one"), prediction("two")],
    ],
)
def test_fit_to_ship(cells):
    """Questions with their answers folded."""
    assert faults(*cells) == []


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([text("How many?"), text("Three.")], "the text below “How many?” answers it in plain view"),
        ([text("Predict: how many?"), code("f"), text("Three.")], "answers it in plain view"),
        ([text("Before you move it: why?"), code("explore(f)"), text("So.")], "answers it in plain view"),
        ([prediction(), code("f"), text("It is a.")], "the text below “toy/one” answers it in plain view"),
        ([prediction(), text("It is a.")], "the text below “toy/one” answers it in plain view"),
        (
            [text("How many?"), code("def f(): ...", "", coursekit={"exercise": "f"}), code("check(f)"), text("(3.)")],
            "answers it in plain view",
        ),
        (
            [text("Guess: how many?\n\nIt is three.")],
            "“Guess: how many? It is three.” asks for a prediction and goes on",
        ),
        ([prediction(), prediction()], "a name that no other has, not `toy/one`"),
        ([code(PREDICT.format(name="one").replace("toy/", "else/"))], "`toy/` and a name that no other has"),
        ([code('predict("?", near=1, id="toy/a", right=3, why="")')], "the right answer of toy/a is written down"),
        ([code('predict("?", near=1, right=3, why="")')], "has to end with `predict(…"),
        ([code('predict("?", near=1, id="toy/a", right=f(), why="")\nprint()')], "has to end with `predict(…"),
        ([code("predict(")], "has to end with `predict(…"),
    ],
)
def test_what_is_told_of_plain_view(cells, told):
    """Each is a sentence that says where, and what to do."""
    (fault,) = faults(*cells)
    assert told in fault


def test_what_is_not_folded():
    """As long as nobody has refreshed."""
    assert [fault.split(" (")[0] for fault in faults(text("How many?"), code("f"), prediction(), fold=False)] == [
        "what answers “How many?” is not folded",
        "the source of toy/one holds its answer, and is not folded",
    ]
