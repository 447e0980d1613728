"""A toy of a course to be updated: lessons of a few cells, as files, in as many versions as a test needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from coursekit.course import stubs
from coursekit.course.updating import shipped
from coursekit.course.updating.bringing import bring
from coursekit.course.updating.update import carry_over

Cell = dict[str, Any]
Lessons = dict[str, list[Cell]]

SOLUTION = '''def {name}({signature}) -> Tensor:
    """{docstring}"""
    # BEGIN SOLUTION
    return {name}_answer
    # END SOLUTION
'''


def text(key: str, source: str) -> Cell:
    """A cell of prose."""
    return {"cell_type": "markdown", "id": key, "metadata": {}, "source": source.splitlines(keepends=True)}


def code(key: str, source: str, shown: str = "", **metadata: Any) -> Cell:
    """A cell of code, with what it shows."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": [shown]}] if shown else []
    cell = {"cell_type": "code", "id": key, "metadata": metadata, "outputs": outputs, "execution_count": None}
    return {**cell, "source": source.splitlines(keepends=True)}


def solution(name: str, docstring: str = "", signature: str = "x: Tensor") -> str:
    """The course's own answer, marked."""
    return SOLUTION.format(name=name, docstring=docstring or f"The {name} of x.", signature=signature)


def exercise(name: str, docstring: str = "", signature: str = "x: Tensor") -> list[Cell]:
    """An exercise's cell, with its check below."""
    stub = stubs.without_answers(solution(name, docstring, signature)).rstrip()
    return [
        code(f"{name}-cell", stub, coursekit={"exercise": name}),
        code(f"{name}-check", f"check({name})", f"{name}: not attempted yet"),
    ]


def lesson(topic: str, *exercises: list[Cell]) -> list[Cell]:
    """A lesson that begins with prose and imports, and says something before each exercise and at its end."""
    cells = [
        text(f"{topic}-0", f"# {topic}\n\nWhat is it?"),
        code(f"{topic}-1", "import torch\nfrom torch import Tensor"),
    ]
    for each in exercises:
        name = exercise_of(each[0])
        cells += [text(f"{name}-above", f"Now write `{name}`."), *each, text(f"{name}-below", f"({name} is right.)")]
    return [*cells, text(f"{topic}-end", f"What to keep of {topic}.")]


def exercise_of(cell: Cell) -> str:
    """The exercise of a cell; empty where it has none."""
    name: str = cell["metadata"].get("coursekit", {}).get("exercise", "")
    return name


def first() -> Lessons:
    """The course's first version: two lessons of two exercises each."""
    return {
        "00_one": lesson("one", exercise("double"), exercise("triple")),
        "01_two": lesson("two", exercise("halve"), exercise("negate")),
    }


def ship(root: Path, lessons: Lessons, history: Path | None = None, checks: str = "") -> Path:
    """Writes a version of the course into a folder, whose list knows of that in another one as well."""
    for name, cells in lessons.items():
        topic = name[3:]
        write(root / "notebooks" / f"{name}.ipynb", cells)
        found = [(exercise_of(cell), "".join(cell["source"])) for cell in cells if exercise_of(cell)]
        solved = [
            each.replace("    raise", "    # BEGIN SOLUTION\n    raise") + "\n    # END SOLUTION\n" for _, each in found
        ]
        head = f'"""{topic}: the exercises."""\n\nfrom torch import Tensor\n\n\n'
        put(root / "solutions" / f"{topic}.py", head + "\n\n".join(solved))
        header = head.replace("the exercises", "write your answers here")
        put(root / "exercises" / f"{topic}.py", header + "\n\n\n".join(each for _, each in found) + "\n")
        for name_of, _ in found:
            grader = f'from coursekit.exercise import Exercise\n\n{name_of} = Exercise("{name_of}", {checks!r})\n'
            put(root / "coursekit" / "graders" / topic / f"{name_of}.py", grader)
    put(root / "start.py", f"# {len(lessons)}\n")
    put(root / "pyproject.toml", 'requires-python = ">=3.11"\n')
    if history is not None:
        put(root / shipped.LIST, (history / shipped.LIST).read_text(encoding="utf-8"))
    shipped.add_missing(root, shipped.names_in(root))
    return root


def put(path: Path, content: str) -> None:
    """Writes a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def write(path: Path, cells: Iterable[Cell]) -> None:
    """Writes a notebook, as Jupyter does."""
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    content = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    put(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def cells_of(root: Path, name: str) -> list[Cell]:
    """The cells of a lesson on disk."""
    cells: list[Cell] = json.loads((root / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return cells


def source(cell: Cell) -> str:
    """What stands in a cell."""
    return "".join(cell["source"])


def change(root: Path, name: str, key: str, source: str) -> None:
    """Changes a cell's text, as its learner would."""
    cells = cells_of(root, name)
    next(cell for cell in cells if cell["id"] == key)["source"] = source.splitlines(keepends=True)
    write(root / "notebooks" / f"{name}.ipynb", cells)


def answer(name: str, body: str, docstring: str = "", signature: str = "x: Tensor") -> str:
    """An answer to an exercise, written into its stub."""
    stub = source(exercise(name, docstring, signature)[0])
    return stub.replace(f'raise NotImplementedError("{name}: write your answer here")', body)


def solve(root: Path, lesson: str, name: str, body: str) -> str:
    """Writes an answer into a lesson of the first version; returns all of it."""
    written = answer(name, body)
    change(root, lesson, f"{name}-cell", written)
    return written


def add(root: Path, name: str, after: str, *cells: Cell) -> None:
    """Puts cells below another one."""
    there = cells_of(root, name)
    at = [cell["id"] for cell in there].index(after) + 1
    write(root / "notebooks" / f"{name}.ipynb", [*there[:at], *cells, *there[at:]])


def update(root: Path, new: Path) -> None:
    """Brings a new version from a folder, and carries over what is in the old one."""
    assert bring(root, new, is_broken=False) == ""
    carry_over(root)


def keys(root: Path, name: str) -> list[str]:
    """The ids of a lesson's cells."""
    return [cell["id"] for cell in cells_of(root, name)]


def texts(root: Path, name: str) -> dict[str, str]:
    """By id what stands in a lesson's cells."""
    return {cell["id"]: source(cell) for cell in cells_of(root, name)}


def kept(root: Path) -> list[Path]:
    """The folders of copies."""
    return sorted((root / "kept").glob("*"))


def files(root: Path, leaving: Sequence[str] = ("kept",)) -> dict[str, bytes]:
    """All files of a folder but for these folders."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    names = ((path.relative_to(root).as_posix(), path) for path in paths)
    return {name: path.read_bytes() for name, path in names if name.partition("/")[0] not in leaving}
