"""A new exercise: its skeleton in every file that an exercise stands in, all of them or none.

What its author has to write is marked TODO, and `coursekit verify --exercise NAME` tells what is left.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.authoring import proofs, skeleton
from coursekit.authoring.signature import Signature, signature_of
from coursekit.course import notebooks, stubs, syllabus
from coursekit.course.syllabus import Topic
from coursekit.errors import CommandError
from coursekit.files import partial_of

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # two underscores stand between an exercise and a style
_LONGEST = 50  # it stands in lines of code, in tables and in reports


@dataclass(frozen=True)
class Change:
    """A file as it is to be.

    Attributes:
        path: the file.
        text: all of it.
        begins: where in it the new exercise begins, such as "line 112".
        holds: what that is, for its author.
    """

    path: Path
    text: str
    begins: str
    holds: str


def plan(name: str, topic: Topic, after: str = "", parameters: str = "") -> list[Change]:
    """What is to be written for a new exercise. Nothing is.

    Args:
        name: the exercise's.
        topic: where it belongs.
        after: the exercise of the topic that it comes after; by default it comes before the last, the drop-in.
        parameters: its own, if not those of the framework's function or of a loss: see `signature_of`.

    Raises:
        CommandError: no exercise can be called so, or called with that, or the topic does not look as a topic does.
        UnknownNameError: `after` is no exercise of the topic.
    """
    _insist_on_new(name, topic)
    following = _following(topic, after)
    signature = signature_of(name, parameters)
    return [
        _grader(name, signature, topic),
        _register(name, topic, following),
        _solution(name, signature, topic, following),
        _styles(name, signature, topic, following),
        _lesson(name, signature, topic, following, near=bool(after)),
    ]


def write(changes: Sequence[Change]) -> None:
    """Puts all of them on disk, or none.

    Raises:
        OSError: one of them cannot be written; the others are as they were.
    """
    partials = [partial_of(change.path) for change in changes]
    before = [change.path.read_bytes() if change.path.exists() else None for change in changes]
    replaced = 0
    try:
        for change, partial in zip(changes, partials, strict=True):
            partial.write_bytes(change.text.encode())
        for change, partial in zip(changes, partials, strict=True):
            partial.replace(change.path)
            replaced += 1
    except OSError:
        for change, content in list(zip(changes, before, strict=True))[:replaced]:
            change.path.unlink() if content is None else change.path.write_bytes(content)
        raise
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)


def told(name: str, topic: Topic, changes: Sequence[Change]) -> str:
    """What was written and where, and what to type next."""
    places = [f"{change.path.relative_to(syllabus.ROOT).as_posix()}, {change.begins}" for change in changes]
    width = max(map(len, places))
    return "\n".join(
        [
            "Written, with TODO wherever there is something for you to write:",
            *(f"  {place:<{width}}  {change.holds}" for place, change in zip(places, changes, strict=True)),
            "Write the grader, the answer, the styles and the lesson, in this order. After each of them, what is left:",
            f"  coursekit verify --exercise {name} --seeds 2",
            "When the lesson and the answer's docstring stand, the stub and the notebook's outputs:",
            f"  coursekit refresh {topic.name}",
            "At the end, what pytest says:",
            f'  pytest tests/test_course.py tests/test_styles.py -k "{name} or {topic.name}" -m "not slow"',
            "Each step, and the rules of the house: CONTRIBUTING.md.",
        ]
    )


# ---- what is refused ---------------------------------------------------------------------------------------------


def _insist_on_new(name: str, topic: Topic) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or keyword.iskeyword(name):
        raise CommandError(
            f"`{name}` is no name for an exercise: {_LONGEST} small letters and digits at most, parted by single "
            "underscores, a letter first, and no word of Python's own."
        )
    if name in syllabus.exercises():
        raise CommandError(f"The course has an exercise `{name}` already, in {syllabus.exercises()[name][0].name}.")
    if name in _names_in(topic.solution):
        raise CommandError(f"solutions/{topic.name}.py uses the name `{name}` already.")
    module = topic.grader.with_name(f"{name}.py")
    if module.exists():
        raise CommandError(f"There is a {module.relative_to(syllabus.ROOT).as_posix()} already: choose another name.")


def _names_in(path: Path) -> set[str]:
    """What a module defines or imports."""
    names: set[str] = set()
    for node in ast.parse(_text(path)).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Import() | ast.ImportFrom():
                names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
            case ast.Assign() | ast.AnnAssign():
                names.update(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
    return names


def _following(topic: Topic, after: str) -> str:
    """The exercise that comes after the new one: never none, as the last of a topic is its drop-in."""
    names = [exercise.name for exercise in topic.exercises]
    if not names:
        raise CommandError(
            f"{topic.name} has no exercise yet: write its last one first, by hand (see CONTRIBUTING.md)."
        )
    if not after:
        return names[-1]
    if after not in names:
        raise syllabus.UnknownNameError(f"exercise of {topic.name}", after, names)
    if after == names[-1]:
        raise CommandError(f"`{after}` is the last of {topic.name}, and stays it: a topic ends with its drop-in.")
    return names[names.index(after) + 1]


# ---- each file ---------------------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _inserted(path: Path, line: int, text: str, holds: str) -> Change:
    """The file with `text` above its line of that number, counted from 1."""
    lines = _text(path).splitlines(keepends=True)
    return Change(path, "".join([*lines[: line - 1], text, *lines[line - 1 :]]), f"line {line}", holds)


def _solution(name: str, signature: Signature, topic: Topic, following: str) -> Change:
    text = _text(topic.solution)
    line = next(
        (node.lineno for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == following),
        0,
    )
    if not line:
        raise CommandError(f"solutions/{topic.name}.py does not define `{following}`, which comes after the new one.")
    while text.splitlines()[line - 2].startswith("#"):  # a comment belongs to what stands below it
        line -= 1
    holds = "signature, docstring, answer"
    return _inserted(topic.solution, line, skeleton.solution(name, signature) + "\n\n", holds)


def _grader(name: str, signature: Signature, topic: Topic) -> Change:
    common = topic.grader.with_name("common.py")
    ready_made = common.exists() and "READY_MADE" in _names_in(common)
    text = skeleton.grader(name, signature, topic.name, ready_made)
    return Change(topic.grader.with_name(f"{name}.py"), text, "line 1", "spec, cases, checks, mistakes")


def _register(name: str, topic: Topic, following: str) -> Change:
    """The topic's `__init__`, which imports the exercise and gives it its place in EXERCISES."""
    path = topic.grader
    lines = _text(path).splitlines(keepends=True)
    package = f"coursekit.graders.{topic.name}"
    listed = _listed(path)
    if following not in listed:
        raise CommandError(f"{package} has no tuple EXERCISES with `{following}` in it.")
    row, column = listed[following]
    indent = lines[row - 1][:column]
    lines[row - 1] = f"{indent}{name},{' ' if indent.strip() else f'{chr(10)}{indent}'}{lines[row - 1][column:]}"
    imports = [node for node in ast.parse(_text(path)).body if isinstance(node, ast.ImportFrom)]
    later = [node.lineno for node in imports if _sorted_as(node.module or "") > _sorted_as(f"{package}.{name}")]
    at = later[0] if later else (imports[-1].end_lineno or imports[-1].lineno) + 1
    line = f"from {package}.{name} import {name}"
    if len(line) > skeleton.WIDTH:
        line = f"from {package}.{name} import (\n    {name},\n)"
    lines.insert(at - 1, f"{line}\n")
    return Change(path, "".join(lines), f"line {at} and EXERCISES", f"its place in the course, before {following}")


def _listed(path: Path) -> dict[str, tuple[int, int]]:
    """Where each name stands in the tuple EXERCISES: line, counted from 1, and column."""
    for node in ast.parse(_text(path)).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and _names_target(node, "EXERCISES"):
            return {each.id: (each.lineno, each.col_offset) for each in node.value.elts if isinstance(each, ast.Name)}
    return {}


def _names_target(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _sorted_as(module: str) -> list[tuple[int, str]]:
    """A key by which ruff sorts modules: digits count as the number that they are."""
    parts = re.findall(r"\d+|\D+", module)
    return [(int(part), "") if part.isdigit() else (0, part) for part in parts]


def _styles(name: str, signature: Signature, topic: Topic, following: str) -> Change:
    path = proofs.styles_file(topic)
    count = proofs.STYLES_OF_DROP_IN if signature.twin else proofs.STYLES
    section, holds = skeleton.styles(name, signature, count), f"{count} right answers, each written in another way"
    lines = _text(path).splitlines()
    at = next((number for number, line in enumerate(lines, 1) if line.startswith(f"# ---- {following} -")), 0)
    if at:
        return _inserted(path, at, f"{section}\n\n", holds)
    return _inserted(path, len(lines) + 1, f"\n\n{section}", holds)


def _lesson(name: str, signature: Signature, topic: Topic, following: str, *, near: bool) -> Change:
    notebook = notebooks.read(topic)
    at = notebooks.place_for(notebook, following, near=near)
    question, answer = skeleton.lesson(name)
    stub = stubs.without_answers(skeleton.solution(name, signature))
    notebooks.insert_exercise(notebook, at, name, stub, question, answer)
    return Change(topic.notebook, notebooks.text_of(notebook), f"cell {at + 1}", "question, exercise, check, answer")
