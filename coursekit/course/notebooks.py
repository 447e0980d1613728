"""The lessons as files: exercise cells, execution, frozen outputs. Only this module knows nbformat."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Iterator
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.warnings import MissingIDFieldWarning

from coursekit.course import colab, drawings, questions, stubs
from coursekit.course.syllabus import Topic
from coursekit.errors import CommandError

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_EXPLORABLE = "<div data-explorable="
_OF_ONE_RUN = re.compile(r'\n<script type="module">.*?</script>| data-model="\w+"', re.DOTALL)  # of an explorable
_SECONDS_PER_CELL = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # IPython colours the traces of what was raised


def read(topic: Topic) -> NotebookNode:
    """The topic's notebook as it is on disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingIDFieldWarning)  # `freeze` names each cell that has no name
        notebook: NotebookNode = nbformat.read(topic.notebook, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def with_stubs(topic: Topic) -> NotebookNode:
    """The notebook with a fresh stub in every exercise cell."""
    return _with_sources(topic, stubs.stub)


def filled(topic: Topic) -> NotebookNode:
    """The notebook with the course's own answer in every exercise cell."""
    return _with_sources(topic, stubs.model_answer)


def answered(topic: Topic) -> NotebookNode:
    """Of the filled notebook, the cell of imports at its top, then the answers, each with its check."""
    notebook = filled(topic)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.id != colab.NAME]
    answers = [cell for cell, _ in _exercise_cells(notebook)]
    checks = [notebook.cells[notebook.cells.index(cell) + 1] for cell in answers]
    notebook.cells = [code[0], *(cell for pair in zip(answers, checks, strict=True) for cell in pair)]
    return notebook


def execute(notebook: NotebookNode, topic: Topic) -> None:
    """Runs the notebook in place, from top to bottom.

    Raises:
        CommandError: a cell raised, or did not end.
    """
    for _ in execute_by_cell(notebook, topic):
        pass


def execute_by_cell(notebook: NotebookNode, topic: Topic) -> Iterator[int]:
    """The same, and yields the number of each cell once it has run.

    Raises:
        CommandError: a cell raised, or did not end.
    """
    client = NotebookClient(
        notebook,
        timeout=_SECONDS_PER_CELL,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # how the kernel happened to cut a cell's printing is of no interest
        resources={"metadata": {"path": str(topic.notebook.parent)}},
        extra_arguments=["--log-level=40"],  # the kernel's own warnings are not about the lesson
    )
    client.reset_execution_trackers()
    # whoever runs a lesson to store or prove it is no learner
    with client.setup_kernel(env={**os.environ, "COURSEKIT_PROGRESS": "off"}):
        for number, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, number, execution_count=client.code_cells_executed + 1)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                raise CommandError(
                    f"Cell {number + 1} of notebooks/{topic.notebook.name} {_end_of(error)}\n"
                    "Nothing of the notebook was stored: mend the cell, save, and type it again."
                ) from None
            yield number


def _end_of(error: CellExecutionError | CellTimeoutError | DeadKernelError) -> str:
    """How a cell ended that did not end well, and at which of its lines where that is known."""
    if isinstance(error, CellTimeoutError):
        return f"was still running after {_SECONDS_PER_CELL} s."
    if isinstance(error, DeadKernelError):
        return "ended its kernel: out of memory, perhaps."
    line = re.search(r"(?m)^-+> (\d+) (.*)", _COLOUR.sub("", error.traceback))
    place = f" in its line {line[1]}, `{line[2].strip()}`" if line else ""
    return f"raised {error.ename}{place}: {error.evalue}"


def freeze(notebook: NotebookNode) -> None:
    """Leaves only what every viewer can show, and nothing that changes from run to run."""
    notebook.metadata = NotebookNode(  # type: ignore[no-untyped-call]
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    taken: set[str] = set()
    for cell in notebook.cells:
        if cell.get("id", "") in {"", *taken}:  # new in an old format, or a copy: by its content, so that it stays
            cell["id"] = _name_of(cell.source, taken)
        taken.add(cell["id"])
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data or "image/png" in data:
                data.pop(_WIDGET_VIEW, None)  # its state is not stored, the picture beside it is
            if _EXPLORABLE in data.get("text/html", ""):
                data["text/html"] = _OF_ONE_RUN.sub("", data["text/html"])
        if "outputs" in cell:  # a widget without even words belongs to a kernel: the buttons of a card
            cell.outputs = [each for each in cell.outputs if set(each.get("data", {})) != {_WIDGET_VIEW}]
    questions.fold(notebook.cells)
    drawings.fold(notebook.cells)


def _name_of(source: str, taken: set[str]) -> str:
    """A cell's name that no other has."""
    number = 0
    while (name := hashlib.sha256(f"{number} {source}".encode()).hexdigest()[:8]) in taken:
        number += 1
    return name


def write(notebook: NotebookNode, topic: Topic) -> None:
    """Puts the notebook on disk."""
    nbformat.write(notebook, topic.notebook)  # type: ignore[no-untyped-call]


def text_of(notebook: NotebookNode) -> str:
    """What `write` puts on disk."""
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def of_cells(*cells: tuple[str, str]) -> NotebookNode:
    """A notebook of these cells, each with its kind, "code" or "markdown"; none has run."""
    make: dict[str, Any] = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    made = [make[kind](source) for kind, source in cells]
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=made)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        cell["id"] = ""
    freeze(notebook)
    return notebook


def insert_exercise(notebook: NotebookNode, at: int, name: str, stub: str, question: str, answer: str) -> None:
    """Puts four cells in front of the cell with that number: question, exercise, check, and answer."""
    code, markdown = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells: list[Any] = [
        markdown(question),  # type: ignore[no-untyped-call]
        code(stub.rstrip(), metadata={"coursekit": {"exercise": name}}),  # type: ignore[no-untyped-call]
        code(f"check({name})"),  # type: ignore[no-untyped-call]
        markdown(answer),  # type: ignore[no-untyped-call]
    ]
    taken = {cell.id for cell in notebook.cells}
    for cell in cells:
        cell["id"] = _name_of(cell.source, taken)
        taken.add(cell["id"])
    notebook.cells[at:at] = cells


def place_for(notebook: NotebookNode, following: str, *, near: bool) -> int:
    """The number of the cell in front of which an exercise goes that comes before another.

    Args:
        notebook: the lesson.
        following: the other exercise; empty where it is to be the last, in front of what a lesson ends with.
        near: whether it goes as far up as can be, to the end of the section of the exercise before it. Otherwise it
            goes as far down as can be, in front of the section in which the other stands.
    """
    end = next((at for at, cell in enumerate(notebook.cells) if _exercise_in(cell) == following), len(notebook.cells))
    before = [at for at, cell in enumerate(notebook.cells[:end]) if _exercise_in(cell)]
    begin = before[-1] + 2 if before else 0  # below its check
    texts = [(at, notebook.cells[at].source) for at in range(begin, end) if notebook.cells[at].cell_type == "markdown"]
    if near:
        return next((at for at, text in texts if text.startswith("##")), end)
    for opens in (r"\A## ", r"\A##+ ", r"(?m)^##+ "):  # with a section, with a part of one, or with an answer above it
        found = [at for at, text in texts if re.search(opens, text)]
        if found:
            return found[-1]
    return end


def faults(topic: Topic) -> Iterator[str]:
    """A sentence for everything that keeps the notebook on disk from being shipped."""
    notebook = read(topic)
    if [cell.source for cell in notebook.cells if cell.get("id") == colab.NAME] != [colab.SOURCE]:
        yield f"{topic.notebook.name} lacks the cell that Google Colab needs (run `coursekit refresh`)."
    seen = [name for _, name in _exercise_cells(notebook)]
    wanted = [exercise.name for exercise in topic.exercises]
    if seen != wanted:
        yield f"{topic.notebook.name} holds the exercises {seen}, the grader {wanted}."
        return
    for cell, name in _exercise_cells(notebook):
        if cell.source.rstrip() != stubs.stub(topic, name).rstrip():
            yield f"{topic.notebook.name}: the stub of {name} is stale (run `coursekit refresh`)."
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    if counts != list(range(1, len(counts) + 1)):
        yield f"{topic.notebook.name} was not executed once from top to bottom (run `coursekit refresh`)."
        if None in counts:  # a new cell: what it prints is not there to be judged
            return
    for name, output in check_outputs(notebook):
        if f"{name}: not attempted yet" not in output:
            yield f"{topic.notebook.name}: the cell below the exercise {name} is not `check({name})`, unattempted."
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    if any(output.output_type == "error" for output in outputs):
        yield f"{topic.notebook.name} holds an error."
    if "widgets" in notebook.metadata or any(_is_bare_widget(output) for output in outputs):
        yield f"{topic.notebook.name} holds widget state, or a widget without a picture."
    yield from (f"{topic.notebook.name}: {fault}" for fault in questions.faults(notebook.cells, topic.name))
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    if any(_EXPLORABLE in page and "<img" not in page for page in pages):
        yield f"{topic.notebook.name} holds an explorable without its picture (run `coursekit refresh`, with Chromium)."


def check_outputs(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """For each exercise what the `check(...)` cell directly below it printed; empty where there is none."""
    for cell, name in _exercise_cells(notebook):
        after = notebook.cells[notebook.cells.index(cell) + 1 :][:1]
        if after and after[0].source.strip() == f"check({name})" and after[0].get("outputs"):
            yield name, after[0].outputs[0].get("data", {}).get("text/plain", "")
        else:
            yield name, ""


def covered(notebook: NotebookNode) -> set[str]:
    """The catalogue rows that the notebook treats as traps."""
    return {row for cell in notebook.cells for row in cell.metadata.get("coursekit", {}).get("covers", [])}


def _exercise_cells(notebook: NotebookNode) -> Iterator[tuple[Any, str]]:
    for cell in notebook.cells:
        name = _exercise_in(cell)
        if name is not None:
            yield cell, name


def _exercise_in(cell: Any) -> str | None:
    name: str | None = cell.metadata.get("coursekit", {}).get("exercise")
    return name


def _with_sources(topic: Topic, source_of: Any) -> NotebookNode:
    notebook = read(topic)
    for cell, name in _exercise_cells(notebook):
        cell.source = source_of(topic, name).rstrip()
    _begin_in_colab(notebook)
    return notebook


def _begin_in_colab(notebook: NotebookNode) -> None:
    """Puts the cell at the top that Google Colab needs, where it is not there."""
    cells = [cell for cell in notebook.cells if cell.get("id") == colab.NAME]
    cell = cells[0] if cells else nbformat.v4.new_code_cell(id=colab.NAME)  # type: ignore[no-untyped-call]
    cell.source, cell.metadata = colab.SOURCE, NotebookNode(**colab.METADATA)  # type: ignore[no-untyped-call]
    if not cells:
        notebook.cells.insert(0, cell)


def _is_bare_widget(output: Any) -> bool:
    return _WIDGET_VIEW in output.get("data", {})
