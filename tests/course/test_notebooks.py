"""Lessons as files. A small one is built in a folder of its own; the shipped ones have their tests in test_course."""

import json
import re
from contextlib import nullcontext

import nbformat
import pytest
import toys
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from coursekit.course import colab, notebooks, stubs
from coursekit.errors import CommandError

VIEW = "application/vnd.jupyter.widget-view+json"


def content(topic) -> dict:
    return json.loads(topic.notebook.read_text(encoding="utf-8"))


def rewrite(topic, change) -> None:
    """Lets `change` change the notebook's cells in place."""
    cells = content(topic)["cells"]
    change(cells)
    toys.write_notebook(topic.notebook, *cells)


def sources(notebook) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.metadata.get("coursekit")]


# ---- a new exercise ----------------------------------------------------------------------------------------------

TEXTS = [
    "# A lesson",
    "## One",
    "",
    "check(a)",
    "the answer\n\n## In it",
    "## Two",
    "### Part",
    "",
    "check(b)",
    "## End",
]


def lesson_of(texts):
    new, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    names = iter("ab")
    cells = [new(text) if text and "check" not in text else code(text) for text in texts]
    for cell in cells:
        if cell.source == "":
            cell.metadata["coursekit"] = {"exercise": next(names)}
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("following", "near", "place"),
    [
        ("b", True, 5),  # at the end of the section of the one before it
        ("b", False, 5),  # in front of the section of the one behind it
        ("a", True, 1),
        ("a", False, 1),
        ("", True, 9),
        ("", False, 9),
    ],
)
def test_where_a_new_exercise_goes(following, near, place):
    """Between sections, never within one."""
    assert notebooks.place_for(lesson_of(TEXTS), following, near=near) == place


def test_where_there_are_no_sections():
    """In front of a part of one, of an answer with a heading in it, or of the other exercise itself."""
    parts = ["# A lesson", "", "check(a)", "### Part", "text", "### More", "", "check(b)"]
    assert notebooks.place_for(lesson_of(parts), "b", near=False) == 5
    assert notebooks.place_for(lesson_of(parts), "b", near=True) == 3
    within = ["# A lesson", "", "check(a)", "answer\n\n## In it", "text", "", "check(b)"]
    assert notebooks.place_for(lesson_of(within), "b", near=False) == 3
    bare = ["# A lesson", "", "check(a)", "text", "", "check(b)"]
    assert [notebooks.place_for(lesson_of(bare), "b", near=near) for near in (True, False)] == [4, 4]


def test_the_cells_of_a_new_exercise():
    """Question, stub, check and answer, each with a name of its own."""
    lesson = lesson_of(TEXTS)
    notebooks.insert_exercise(lesson, 5, "c", "def c():\n    ...\n\n", "What is it?", "What is it?")
    assert [cell.source for cell in lesson.cells[4:10]] == [
        *(TEXTS[4], "What is it?", "def c():\n    ...", "check(c)", "What is it?", TEXTS[5]),
    ]
    assert lesson.cells[6].metadata == {"coursekit": {"exercise": "c"}}
    assert len({cell.id for cell in lesson.cells}) == len(TEXTS) + 4


# ---- exercise cells ----------------------------------------------------------------------------------------------


def test_fresh_stubs(toy_course):
    """Every exercise cell gets its stub, whatever stood there; the other cells stay."""
    rewrite(toy_course, lambda cells: cells[2].update(source="def double(x):\n    return 2 * x"))
    notebook = notebooks.with_stubs(toy_course)
    assert [source.split('"')[-2].split(" your")[0] for source in sources(notebook)] == [
        "double: write",
        "triple: write",
    ]
    assert [notebook.cells[number].source for number in (3, 5)] == ["check(double)", "check(triple)"]


def test_filled_from_the_solution(toy_course):
    """The filled notebook holds the course's own answers, without markers."""
    first, second = sources(notebooks.filled(toy_course))
    assert first == 'def double(x: Tensor) -> Tensor:\n    """Twice x."""\n    return FACTOR * x'
    assert stubs.model_answer(toy_course, "triple").rstrip() == second


def test_answers_alone(toy_course):
    """What comes first is the cell of imports, whatever prose or code for Colab stands above it; then the answers."""
    rewrite(toy_course, lambda cells: cells.insert(0, cells.pop()))
    shown = [cell.source for cell in notebooks.answered(toy_course).cells]
    assert (shown[0], shown[2::2]) == ("from coursekit import check", ["check(double)", "check(triple)"])


def test_the_cell_for_colab_is_there_once(toy_course):
    """Wherever it stands it stays; where it is not, it comes first."""
    with_it = notebooks.with_stubs(toy_course).cells
    assert [with_it[0].source, with_it[-1].source] == ["# Toys", colab.SOURCE]
    rewrite(toy_course, lambda cells: cells.pop())
    without = notebooks.with_stubs(toy_course).cells
    assert [without[0].source, without[1].source] == [colab.SOURCE, "# Toys"]


def test_filling_leaves_the_file(toy_course):
    """Nothing is written until it is asked for."""
    before = content(toy_course)
    notebooks.filled(toy_course)
    assert before == content(toy_course)


def test_write_and_read(toy_course):
    """A notebook that is written is read back as it was, and is valid."""
    notebook = notebooks.filled(toy_course)
    notebooks.write(notebook, toy_course)
    assert sources(notebook) == sources(notebooks.read(toy_course))
    nbformat.validate(content(toy_course))


# ---- freezing ----------------------------------------------------------------------------------------------------


def frozen(*outputs, metadata=None):
    cell = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("display_data", data) for data in outputs])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title"), cell], metadata=metadata or {})
    notebooks.freeze(notebook)
    return notebook


def test_freezing_leaves_pictures_without_widgets():
    """Beside a picture the widget goes, since nobody but a running kernel could show it."""
    notebook = frozen({VIEW: {"model_id": "1"}, "text/html": "<img>"}, {VIEW: {}, "image/png": "AA", "text/plain": "x"})
    kept = [set(output.data) for output in notebook.cells[1].outputs]
    assert [{"text/html"}, {"image/png", "text/plain"}] == kept


def test_freezing_keeps_a_widget_that_has_no_picture():
    """A widget without a picture is not hidden: `faults` will name it."""
    assert VIEW in frozen({VIEW: {}, "text/plain": "Slider()"}).cells[1].outputs[0].data


def test_freezing_removes_what_changes():
    """Versions and widget state do not come into the file."""
    state = {"widgets": {"state": {"1": 2}}, "language_info": {"name": "python", "version": "3.11.7"}}
    one, other = frozen(metadata=state), frozen()
    for cell, same in zip(one.cells, other.cells, strict=True):
        cell["id"] = same["id"]
    assert one == other
    assert {"kernelspec", "language_info"} == set(one.metadata)
    assert one.metadata.language_info == {"name": "python"}
    nbformat.validate(one)


IN_COLOUR = "x\n\x1b[32m      1\x1b[39m y\n\x1b[32m----> \x1b[39m\x1b[32m6\x1b[39m     draw(\x1b[1m)\n---> 3 later"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CellExecutionError(IN_COLOUR, "TypeError", "no."), "raised TypeError in its line 6, `draw()`: no."),
        (CellExecutionError("", "SystemExit", "3"), "raised SystemExit: 3"),
        (CellTimeoutError("…"), "was still running after 300 s."),
        (DeadKernelError("…"), "ended its kernel: out of memory, perhaps."),
    ],
)
def test_a_cell_that_fails(toy_course, monkeypatch, error, said):
    """Its author is told which one it is, where in it, and that nothing is lost; no trace of ours."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(notebooks.NotebookClient, "setup_kernel", lambda _, env: nullcontext())
    monkeypatch.setattr(notebooks.NotebookClient, "execute_cell", fail)
    with pytest.raises(CommandError) as caught:
        notebooks.execute(notebooks.read(toy_course), toy_course)
    assert caught.value.args[0].startswith(
        f"Cell 1 of notebooks/00_toy.ipynb {said}\nNothing of the notebook was stored"
    )


def test_cells_without_names_are_read_in_silence(toy_course):
    """A notebook that a program wrote may have none: they are named when it is frozen."""
    text = toy_course.notebook.read_text(encoding="utf-8")
    toy_course.notebook.write_text(re.sub(r'"nbformat_minor": \d', '"nbformat_minor": 5', text), encoding="utf-8")
    notebook = notebooks.read(toy_course)
    notebooks.freeze(notebook)
    nbformat.validate(notebook)


def test_freezing_keeps_the_names_of_cells():
    """A cell keeps its id wherever it stands; one that has none, or another's, gets one that hangs on its text."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text) for text in "abcc"])
    for cell, name in zip(notebook.cells, ("one", "two", "one", ""), strict=True):
        cell["id"] = name
    notebooks.freeze(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert ids[:2] == ["one", "two"]
    assert len(set(ids)) == 4
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell("new"))
    notebooks.freeze(notebook)
    assert ids == [cell.id for cell in notebook.cells if cell.source != "new"]
    nbformat.validate(notebook)


def test_freezing_twice_changes_nothing():
    """A notebook that is refreshed again is the same file."""
    notebook = frozen({VIEW: {}, "text/html": "<img>"})
    before = json.dumps(notebook)
    notebooks.freeze(notebook)
    assert before == json.dumps(notebook)


# ---- what keeps a notebook from being shipped --------------------------------------------------------------------


def test_notebook_in_order(toy_course):
    """A notebook with fresh stubs, executed once, has no fault."""
    assert list(notebooks.faults(toy_course)) == []


def show_widget(cells):
    cells[1]["outputs"] = [{"output_type": "display_data", "data": {VIEW: {}}, "metadata": {}}]


def show_error(cells):
    cells[1]["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]


def print_before(cells):
    cells[3]["outputs"].insert(0, {"output_type": "stream", "name": "stdout", "text": "hello"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells: cells[2].update(metadata={}), "holds the exercises ['triple'], the grader ['double', 'triple']"),
        (lambda cells: cells.reverse(), "holds the exercises ['triple', 'double']"),
        (lambda cells: cells[2].update(source="def double(x):\n    return 2 * x"), "the stub of double is stale"),
        (lambda cells: cells[3].update(source="check(triple)"), "below the exercise double is not `check(double)`"),
        (lambda cells: cells.insert(3, toys.code("x", 3)), "below the exercise double is not `check(double)`"),
        (lambda cells: cells[3].update(outputs=[]), "below the exercise double is not `check(double)`, unattempted"),
        (print_before, "below the exercise double is not `check(double)`, unattempted"),
        (lambda cells: cells[5]["outputs"][0]["data"].update({"text/plain": "triple: done ✓"}), "triple"),
        (lambda cells: cells.pop(5), "below the exercise triple is not `check(triple)`"),
        (lambda cells: cells[1].update(execution_count=None), "was not executed once from top to bottom"),
        (lambda cells: cells[1].update(execution_count=9), "was not executed once from top to bottom"),
        (lambda cells: cells.pop(), "lacks the cell that Google Colab needs"),
        (show_error, "holds an error"),
        (show_widget, "holds widget state, or a widget without a picture"),
    ],
)
def test_faults(toy_course, change, said):
    """Everything that keeps a notebook from being shipped is said, with the notebook's name."""
    rewrite(toy_course, change)
    found = list(notebooks.faults(toy_course))
    assert any(said in fault for fault in found)
    assert all(fault.startswith("00_toy.ipynb") for fault in found)


def test_widget_state_is_a_fault(toy_course):
    """Widget state in the file's metadata is named."""
    whole = content(toy_course) | {"metadata": {"widgets": {}}}
    toy_course.notebook.write_text(json.dumps(whole), encoding="utf-8")
    assert any("holds widget state" in fault for fault in notebooks.faults(toy_course))


def test_frozen_notebook_has_no_widget_fault(toy_course):
    """Freezing mends what it can."""

    def picture(cells):
        cells[1]["outputs"] = [
            {"output_type": "display_data", "data": {VIEW: {}, "text/html": "<img>"}, "metadata": {}}
        ]

    rewrite(toy_course, picture)
    assert list(notebooks.faults(toy_course))
    notebook = notebooks.read(toy_course)
    notebooks.freeze(notebook)
    notebooks.write(notebook, toy_course)
    assert list(notebooks.faults(toy_course)) == []


def test_check_outputs(toy_course):
    """For each exercise the text below it, empty where there is none."""
    rewrite(toy_course, lambda cells: cells[5].update(outputs=[]))
    assert list(notebooks.check_outputs(notebooks.read(toy_course))) == [
        ("double", "double: not attempted yet (0 of 1 points)"),
        ("triple", ""),
    ]


def test_covered(toy_course):
    """The traps that cells claim to treat are collected over the notebook."""
    rewrite(
        toy_course,
        lambda cells: [
            cells[0].update(metadata={"coursekit": {"covers": ["I1", "I2"]}}),
            cells[1].update(metadata={"coursekit": {"covers": ["I2", "KL3"]}}),
        ],
    )
    assert {"I1", "I2", "KL3"} == notebooks.covered(notebooks.read(toy_course))


# ---- execution ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Jupyter's own
def test_execute(toy_course):
    """A notebook runs from top to bottom in its own folder, remembers nothing, and stops at the cell that raises."""
    printing = "for part in range(3):\n    print(part, flush=True)"
    cells = [
        toys.code(text)
        for text in (
            "import os",
            "os.path.basename(os.getcwd()), os.environ['COURSEKIT_PROGRESS']",
            printing,
            "1 / 0",
            "2",
        )
    ]
    toys.write_notebook(toy_course.notebook, *cells)
    notebook = notebooks.read(toy_course)
    with pytest.raises(CommandError, match="ZeroDivisionError"):
        notebooks.execute(notebook, toy_course)
    assert notebook.cells[1].outputs[0].data["text/plain"] == "('notebooks', 'off')"
    assert [output.text for output in notebook.cells[2].outputs] == ["0\n1\n2\n"]
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3, 4, None]
    assert "execution" not in notebook.cells[0].metadata
