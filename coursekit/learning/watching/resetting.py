"""Puts the stub of an exercise back in the place of an answer, and keeps the file as it was."""

from __future__ import annotations

import json
from pathlib import Path

from coursekit.course import stubs, syllabus
from coursekit.course.syllabus import Topic
from coursekit.course.updating.bringing import KEPT
from coursekit.errors import CommandError
from coursekit.files import write_whole


def reset(path: Path, topic: Topic, name: str) -> Path:
    """Puts the stub of `name` into a .py or .ipynb file; returns the copy of what the file was.

    Raises:
        CommandError: the file cannot be understood; it is as it was.
        OSError: it cannot be read, or the disk takes no copy or no new file; it is as it was.
    """
    content = path.read_bytes()
    stub = stubs.stub(topic, name)
    try:
        text = content.decode("utf-8-sig")
        new = _in_notebook(text, name, stub) if path.suffix.lower() == ".ipynb" else _in_module(text, name, stub)
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        why = error.args[0] if error.args else type(error).__name__
        raise CommandError(f"{path.name} was not changed, as it cannot be understood: {why}.") from None
    copy = _new_name(path)
    copy.parent.mkdir(exist_ok=True)
    write_whole(copy, content)
    write_whole(path, new.encode("utf-8"))
    return copy


def _new_name(path: Path) -> Path:
    """In the course's folder of copies, or in one beside a file that lies elsewhere."""
    inside = syllabus.in_course() and path.resolve().is_relative_to(syllabus.ROOT)
    folder = (syllabus.ROOT if inside else path.parent) / KEPT
    number = 1
    while (copy := folder / f"{path.stem} before reset {number}{path.suffix}").exists():
        number += 1
    return copy


def _in_module(text: str, name: str, stub: str) -> str:
    if not any(stubs.spans_of(text, name)):
        return f"{text.rstrip()}\n\n\n{stub}"
    return _replaced(text, name, stub)


def _in_notebook(text: str, name: str, stub: str) -> str:
    """The exercise's own cell holds the stub and nothing else; answers in other cells are taken out."""
    notebook = json.loads(text)
    own = [cell for cell in notebook["cells"] if cell["metadata"].get("coursekit", {}).get("exercise") == name]
    if not own:
        raise LookupError(f"no cell of it is the exercise {name}")
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        new = stub.rstrip() if cell is own[0] else _replaced(source, name, "")
        if new != source:
            cell.update(source=new.splitlines(keepends=True), outputs=[], execution_count=None)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _replaced(text: str, name: str, stub: str) -> str:
    """The text with the stub in the place of the first function of that name, and without any other."""
    if "\r\n" in text:
        stub = stub.replace("\n", "\r\n")
    parts, at = list[str](), 0
    for begin, end in stubs.spans_of(text, name):
        parts += [text[at : _with_decorators(text, begin)], stub]
        stub, at = "", end
    return "".join([*parts, text[at:]])


def _with_decorators(text: str, begin: int) -> int:
    """Where a function begins with what stands above its `def`."""
    while begin and text.startswith("@", above := text.rfind("\n", 0, begin - 1) + 1):
        begin = above
    return begin
