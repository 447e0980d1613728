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
from coursekit.course.syllabus import Topic, is_of_keras
from coursekit.errors import CommandError
from coursekit.files import partial_of

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # two underscores stand between an exercise and a style
_LONGEST = 50  # it stands in lines of code, in tables and in reports
NUMBERS = "its numbers"  # where a file changes in which a lesson is called by its number, and in nothing else


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
        after: the exercise of the topic that it comes after; by default it comes before the drop-in for torch that
            the topic ends with, and where it is of Keras's, behind all others.
        parameters: its own, if not those of the framework's function or of a loss: see `signature_of`.

    Raises:
        CommandError: no exercise can be called so, or called with that, or the topic does not look as a topic does.
        UnknownNameError: `after` is no exercise of the topic.
    """
    _insist_on_new(name, topic)
    following = _following(name, topic, after)
    signature = signature_of(name, parameters)
    return [
        _grader(name, signature, topic),
        _register(name, topic, following),
        _solution(name, signature, topic, following),
        _styles(name, signature, topic, following),
        _lesson(name, signature, topic, following, near=bool(after)),
    ]


def write(changes: Sequence[Change], gone: Sequence[Path] = ()) -> None:
    """Puts all of them on disk and takes away what is gone, or does nothing.

    Raises:
        OSError: one of them cannot be written; the others are as they were.
    """
    partials = [partial_of(change.path) for change in changes]
    before = [change.path.read_bytes() if change.path.exists() else None for change in changes]
    taken = [(path, path.read_bytes()) for path in gone]
    folders = [parent for change in changes if not (parent := change.path.parent).exists()]
    replaced = 0
    try:
        for folder in folders:
            folder.mkdir(exist_ok=True)
        for change, partial in zip(changes, partials, strict=True):
            partial.write_bytes(change.text.encode())
        for change, partial in zip(changes, partials, strict=True):
            partial.replace(change.path)
            replaced += 1
        for path in gone:
            path.unlink()
    except OSError:
        for change, content in list(zip(changes, before, strict=True))[:replaced]:
            change.path.unlink() if content is None else change.path.write_bytes(content)
        for path, content in taken:
            if not path.exists():
                path.write_bytes(content)
        for partial in partials:
            partial.unlink(missing_ok=True)
        for folder in folders:
            if folder.exists():
                folder.rmdir()
        raise
    finally:
        for partial in partials:
            partial.unlink(missing_ok=True)


def told(name: str, topic: Topic, changes: Sequence[Change], gone: Sequence[Path] = ()) -> str:
    """What was written and where, and what to type next."""
    shown = [change for change in changes if change.begins != NUMBERS]
    places = [f"{change.path.relative_to(syllabus.ROOT).as_posix()}, {change.begins}" for change in shown]
    width = max(map(len, places))
    moved = len(changes) - len(shown)
    return "\n".join(
        [
            "Written, with TODO wherever there is something for you to write:",
            *(f"  {place:<{width}}  {change.holds}" for place, change in zip(places, shown, strict=True)),
            *[f"In {moved} more files the numbers of the lessons behind it are one larger."] * (moved > 0),
            *[f"Renamed with them: {', '.join(f'notebooks/{path.name}' for path in gone)}."] * (len(gone) > 0),
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


def insist_on_word(name: str, what: str, longest: int) -> None:
    """Raises unless something of this kind, such as "a topic", can be called so, in so many characters at most.

    Raises:
        CommandError: says what a name looks like.
    """
    if not _NAME.fullmatch(name) or len(name) > longest or keyword.iskeyword(name):
        raise CommandError(
            f"`{name}` is no name for {what}: {longest} small letters and digits at most, parted by single "
            "underscores, a letter first, and no word of Python's own."
        )


def insist_on_name(name: str) -> None:
    """Raises unless a new exercise can be called so.

    Raises:
        CommandError: it is no name, or one that the course has already.
    """
    insist_on_word(name, "an exercise", _LONGEST)
    if name in syllabus.exercises():
        raise CommandError(f"The course has an exercise `{name}` already, in {syllabus.exercises()[name][0].name}.")


def _insist_on_new(name: str, topic: Topic) -> None:
    insist_on_name(name)
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


def _following(name: str, topic: Topic, after: str) -> str:
    """The exercise that comes after the new one; empty where it is the last.

    A topic ends with its drop-in for torch, and behind that come Keras's, which are optional.
    """
    names = [exercise.name for exercise in topic.exercises]
    optional = next((each for each in names if is_of_keras(each)), "")
    others = [exercise for exercise in topic.exercises if not is_of_keras(exercise.name)]
    drop_in = others[-1].name if others and others[-1].twin is not None else ""
    if not after:
        return "" if is_of_keras(name) else drop_in or optional
    if after not in names:
        raise syllabus.UnknownNameError(f"exercise of {topic.name}", after, names)
    if is_of_keras(after) != is_of_keras(name):
        raise CommandError(
            f"`{name}` does not come after `{after}`: what rebuilds Keras's losses is optional, and stands at the end "
            "of a topic. Leave --after out."
        )
    if after == drop_in:
        raise CommandError(f"`{after}` is the last of {topic.name}, and stays it: a topic ends with its drop-in.")
    return [*names, ""][names.index(after) + 1]


# ---- each file ---------------------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _inserted(path: Path, line: int, text: str, holds: str) -> Change:
    """The file with `text` above its line of that number, counted from 1."""
    lines = _text(path).splitlines(keepends=True)
    return Change(path, "".join([*lines[: line - 1], text, *lines[line - 1 :]]), f"line {line}", holds)


def _appended(path: Path, text: str, holds: str) -> Change:
    """The file with `text` at its end, below two empty lines."""
    return _inserted(path, len(_text(path).splitlines()) + 1, f"\n\n{text}", holds)


def _solution(name: str, signature: Signature, topic: Topic, following: str) -> Change:
    text = _text(topic.solution)
    holds = "signature, docstring, answer"
    if not following:
        return _appended(topic.solution, skeleton.solution(name, signature), holds)
    line = next(
        (node.lineno for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == following),
        0,
    )
    if not line:
        raise CommandError(f"solutions/{topic.name}.py does not define `{following}`, which comes after the new one.")
    while text.splitlines()[line - 2].startswith("#"):  # a comment belongs to what stands below it
        line -= 1
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
    neighbour = following or topic.exercises[-1].name
    if neighbour not in listed:
        raise CommandError(f"{package} has no tuple EXERCISES with `{neighbour}` in it.")
    row, column = listed[neighbour]
    indent, rest = lines[row - 1][:column], lines[row - 1][column:]
    parted = " " if indent.strip() else f"\n{indent}"
    if following:
        alone = parted == " " and len(listed) == 1  # (a,) has a comma that (new, a) has not
        lines[row - 1] = f"{indent}{name},{parted}{rest.replace(',)', ')', 1) if alone else rest}"
    else:  # behind the last, and behind its comma if it has one; a tuple of two needs none
        rest = rest.removeprefix(neighbour).removeprefix(",")
        lines[row - 1] = f"{indent}{neighbour},{parted}{name}{',' * (parted != ' ')}{rest}"
    imports = [node for node in ast.parse(_text(path)).body if isinstance(node, ast.ImportFrom)]
    later = [node.lineno for node in imports if _sorted_as(node.module or "") > _sorted_as(f"{package}.{name}")]
    at = later[0] if later else (imports[-1].end_lineno or imports[-1].lineno) + 1
    lines.insert(at - 1, f"{import_line(topic, name)}\n")
    place = f"before {following}" if following else f"after {neighbour}"
    return Change(path, "".join(lines), f"line {at} and EXERCISES", f"its place in the course, {place}")


def import_line(topic: Topic, name: str) -> str:
    """How the topic's `__init__` imports an exercise, as ruff lays it out."""
    line = f"from coursekit.graders.{topic.name}.{name} import {name}"
    return line if len(line) <= skeleton.WIDTH else line.removesuffix(name) + f"(\n    {name},\n)"


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
    if following and at:
        return _inserted(path, at, f"{section}\n\n", holds)
    return _appended(path, section, holds)


def _lesson(name: str, signature: Signature, topic: Topic, following: str, *, near: bool) -> Change:
    notebook = notebooks.read(topic)
    at = notebooks.place_for(notebook, following, near=near)
    question, answer = skeleton.lesson(name)
    stub = stubs.without_answers(skeleton.solution(name, signature))
    notebooks.insert_exercise(notebook, at, name, stub, question, answer)
    return Change(topic.notebook, notebooks.text_of(notebook), f"cell {at + 1}", "question, exercise, check, answer")
