"""A topic as an assignment for nbgrader: its exercises as answer cells, each with a locked test cell that asks us.

The cells' metadata follows nbgrader's schema 3. In nbgrader an answer and its test run in one process, so a grade
can be forged there: the notebook says so.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from coursekit.course import stubs
from coursekit.course.syllabus import Topic
from coursekit.grading.here import ask_here

_ADVICE = """# {title}

Write your answers into the cells that say so. The cell below each of them scores it: it prints what is right and what
is not yet, and ends with the points. A graded run uses other inputs.

For instructors: in nbgrader a learner's code runs in the same process as the cell that scores it, and could change the
score. Where that matters, grade the submitted notebooks with `coursekit grade`, which runs them apart.
"""

_TEST = """from coursekit.publish.export.nbgrader import points

seed = {visible}
### BEGIN HIDDEN TESTS
seed = {hidden}
### END HIDDEN TESTS
points({name}, "{name}", seed)"""

# Of a course that has no configuration yet. nbgrader 0.9.6 takes a copied cell's data away and then stops at its having
# none (DeduplicateIds and CheckCellMetadata in nbgrader/preprocessors), for the whole class; and OverwriteCells adds a
# missing test below the answer only where that is there.
CONFIG = '''"""nbgrader's configuration: cells that a learner has copied or deleted stop nobody's grading."""

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
)


class Mend(NbGraderPreprocessor):
    """Each cell of the assignment is there once: the last one of its copies, or where all were deleted, a new one."""

    def preprocess(self, nb, resources):
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as book:
            source = book.find_notebook(about["notebook"], about["assignment"])
            points = {cell.name: cell.max_score for cell in source.grade_cells}
            answers = {cell.name for cell in source.solution_cells}
            wanted = {
                cell.name: (cell.cell_type, cell.source, self._metadata(cell, points, answers))
                for cell in source.source_cells
            }
        there = set()
        for cell in reversed(nb.cells):
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in wanted and name not in there:
                cell.metadata["nbgrader"] = wanted[name][2]
                there.add(name)
            else:  # a copy is an ordinary cell, and so is a cell of another assignment
                cell.metadata.pop("nbgrader", None)
        place = 0
        for name, (kind, text, metadata) in wanted.items():
            if name not in there:
                self.log.warning("Cell %s was deleted: it is put back", name)
                new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
                nb.cells.insert(place, new(text, metadata={"nbgrader": metadata}))
            names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]
            place = names.index(name) + 1
        return nb, resources

    def _metadata(self, cell, points, answers):
        metadata = {"grade": cell.name in points, "solution": cell.name in answers, "locked": cell.locked}
        metadata |= {"grade_id": cell.name, "task": False, "schema_version": 3}
        metadata |= {"checksum": cell.checksum, "cell_type": cell.cell_type}
        return metadata | ({"points": points[cell.name]} if cell.name in points else {})


c = get_config()  # noqa: F821
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    Mend,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
c.ExecutePreprocessor.timeout = 300  # seconds for a cell: on a busy machine, importing torch alone may take a minute
'''

VISIBLE_SEED = 0  # what a learner's own run of a test cell draws its inputs from


def notebook(topic: Topic, draw: Callable[[], int]) -> str:
    """The source version of the assignment, as JSON, for `source/<assignment>/` of an nbgrader course.

    Args:
        topic: whose exercises.
        draw: gives a seed for the hidden inputs of each exercise; release versions do not hold it.
    """
    content = {
        "cells": [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(_cells(topic, draw))],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def points(function: Callable[..., Any], name: str, seed: int = VISIBLE_SEED) -> float:
    """Scores an answer in this process, prints the feedback, and returns the points, which nbgrader reads.

    Nothing that the answer writes is shown: nbgrader takes any line on standard error for a failure.

    Args:
        function: the learner's.
        name: the exercise.
        seed: what the inputs are drawn from; those of any other seed than the visible one are not shown.
    """
    from coursekit.course import syllabus
    from coursekit.grading import scoring
    from coursekit.learning.feedback import as_text
    from coursekit.publish.privacy import feedback
    from coursekit.text import clean

    _, exercise = syllabus.find_exercise(name)
    ignored = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(ignored), contextlib.redirect_stderr(ignored):
        warnings.simplefilter("ignore")
        report = scoring.score(exercise, ask_here(function, exercise), seed=seed)
    print(clean(as_text(report)) if seed == VISIBLE_SEED else feedback(report))
    return report.points


def _cells(topic: Topic, draw: Callable[[], int]) -> Iterator[dict[str, Any]]:
    yield _cell("markdown", _ADVICE.format(title=topic.title), _locked(f"{topic.name}-about"))
    yield _cell("code", _preamble(topic), _locked(f"{topic.name}-imports"))
    for exercise in topic.exercises:
        answer = {"grade": False, "locked": False, "solution": True, "grade_id": exercise.name}
        yield _cell("code", stubs.solution(topic, exercise.name).rstrip(), answer)
        test = {"grade": True, "locked": True, "solution": False, "grade_id": f"{exercise.name}-test"}
        source = _TEST.format(name=exercise.name, visible=VISIBLE_SEED, hidden=draw())
        yield _cell("code", source, {**test, "points": exercise.maximum})


def _locked(grade_id: str) -> dict[str, Any]:
    return {"grade": False, "locked": True, "solution": False, "grade_id": grade_id}


def _cell(kind: str, source: str, nbgrader: dict[str, Any]) -> dict[str, Any]:
    metadata = {"nbgrader": {**nbgrader, "schema_version": 3, "task": False}}
    extra: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": metadata, "source": source, **extra}


def _preamble(topic: Topic) -> str:
    """What the solutions share: the imports and constants above the first function."""
    source = topic.solution.read_text(encoding="utf-8")
    end = ast.parse(source).body[0].end_lineno or 0
    return re.split(r"(?m)^def ", "".join(source.splitlines(keepends=True)[end:]))[0].strip()
