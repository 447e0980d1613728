"""The package's own reference, read off signatures and docstrings: nothing of it is imported for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.course import syllabus
from coursekit.site.cells import fenced


@dataclass(frozen=True)
class Page:
    """What stands on one page.

    Attributes:
        name: of its file.
        title: its heading.
        says: what it is for.
        modules: whose public functions and classes it shows, below `coursekit.`.
    """

    name: str
    title: str
    says: str
    modules: tuple[str, ...]


PAGES = (
    Page(
        "notebooks",
        "In a notebook",
        "What a lesson imports: `from coursekit import check, hint, …`.",
        (
            *("learning.learn", "learning.predict", "learning.progress", "learning.figures"),
            *("explorables.explore", "learning.joined.joining"),
        ),
    ),
    Page(
        "exercises",
        "To write exercises",
        "The words that graders are written in: `from coursekit.exercise import Exercise, same_gradient, …`. "
        "How an exercise is added: CONTRIBUTING, in eight steps.",
        (
            *("exercise.exercise", "exercise.mistakes", "exercise.comparing", "exercise.function", "exercise.failure"),
            *("exercise.families.owed", "exercise.families.usual", "exercise.families.reductions"),
            *("exercise.families.twins", "exercise.families.inputs", "wire.messages"),
        ),
    ),
    Page(
        "grading",
        "To grade by program",
        "A report is data; a batch is a generator of reports; a gradebook keeps them. The commands are made of these.",
        (
            *("report", "grading.scoring", "grading.submission", "classroom.batch", "classroom.folder"),
            *("classroom.gradebook.grades", "jail.judge", "jail.terms", "learning.feedback"),
        ),
    ),
    Page(
        "losses",
        "Losses that beat torch's",
        "Two losses that are quicker or smaller than torch's own on a processor. Lessons 13 and 14 tell how.",
        ("fast.ctc", "fast.linear_cross_entropy"),
    ),
)
_INDEX = """# Reference

The package `coursekit`, from its own docstrings.

{entries}

```{{toctree}}
:hidden:

{names}
```
"""
_HEADS = {"parameters": "Arguments", "attributes": "Attributes", "raises": "Raises"}


def write(folder: Path) -> None:
    """Writes `reference/`: an index and its pages."""
    here = folder / "reference"
    here.mkdir(parents=True)
    for page in PAGES:
        blocks = [f"# {page.title}", page.says]
        for module in page.modules:
            blocks += _of_module(module)
        (here / f"{page.name}.md").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    entries = "\n".join(f"- [{page.title}]({page.name}.md): {page.says}" for page in PAGES)
    names = "\n".join(page.name for page in PAGES)
    (here / "index.md").write_text(_INDEX.format(entries=entries, names=names), encoding="utf-8")


def _of_module(name: str) -> Iterator[str]:
    import griffe

    path = syllabus.ROOT / "coursekit" / f"{name.replace('.', '/')}.py"
    full = f"coursekit.{name}"
    module = griffe.visit(
        full,
        filepath=path,
        code=path.read_text(encoding="utf-8"),
        docstring_parser=griffe.Parser.google,
        # a dataclass's arguments are told in its docstring, and typed where they stand
        docstring_options={"warn_unknown_params": False, "warn_missing_types": False},
    )
    yield f"## {full}"
    if module.docstring:
        yield module.docstring.value
    for member in module.members.values():
        if not member.is_alias and not member.name.startswith("_") and (member.is_function or member.is_class):
            yield from _of_object(member, member.name, "###")


def _of_object(thing: Any, name: str, level: str) -> Iterator[str]:
    yield f"{level} `{name}`"
    yield fenced(_signature(thing, name), "python")
    yield from _docstring(thing)
    for member in thing.members.values() if thing.is_class else ():
        if not member.name.startswith("_") and member.is_function and member.docstring:
            yield from _of_object(member, f"{name}.{member.name}", "####")


def _signature(thing: Any, name: str) -> str:
    """How it is called; of a property or a class without arguments its name."""
    if thing.is_class:
        given = [each for each in thing.parameters if each.name != "self"]
        return f"class {name}({', '.join(map(_parameter, given))})" if given else f"class {name}"
    words = [_parameter(each) for each in thing.parameters if each.name != "self"]
    if "property" in thing.labels:
        return f"{name}: {thing.returns}"
    line = f"{name}({', '.join(words)}) -> {thing.returns}"
    return line if len(line) <= 100 else f"{name}(\n    " + ",\n    ".join(words) + f",\n) -> {thing.returns}"


def _parameter(each: Any) -> str:
    stars = {"variadic positional": "*", "variadic keyword": "**"}.get(each.kind.value if each.kind else "", "")
    kind = f": {each.annotation}" if each.annotation is not None else ""
    default = f" = {each.default}" if each.default is not None and not stars else ""
    return f"{stars}{each.name}{kind}{default}"


def _docstring(thing: Any) -> Iterator[str]:
    for section in thing.docstring.parsed if thing.docstring else ():
        kind = section.kind.value
        if kind == "text":
            yield section.value
        elif kind in _HEADS:
            yield f"**{_HEADS[kind]}**"
            yield "\n".join(_item(each, kind) for each in section.value)
        elif kind in ("returns", "yields"):
            yield f"**{kind.capitalize()}** {' '.join(each.description for each in section.value)}"
        else:
            yield section.title or kind


def _item(each: Any, kind: str) -> str:
    name = str(each.annotation) if kind == "raises" else each.name
    return f"- `{name}`: {' '.join(each.description.split())}"
