"""A new lesson: its files with its first exercise, its place in the course, and the numbers of the lessons behind it.

What its author has to write is marked TODO, as in every skeleton.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from coursekit.authoring import proofs, scaffold, skeleton
from coursekit.authoring.scaffold import Change
from coursekit.authoring.signature import signature_of
from coursekit.course import notebooks, stubs, syllabus
from coursekit.course.syllabus import Topic
from coursekit.errors import CommandError

_LONGEST = 30  # with an exercise's name it stands in a line of code
_LONGEST_TITLE = 50

_GRADER = '''"""TODO: what these losses have in common, in a line.

Sources: TODO.
"""

{line}

# in the order of the course
EXERCISES = ({exercise},)
'''

_SOLUTION = '''"""{title}: the exercises of notebook {number:02}.

TODO: what they have in common, in a line.
"""

from torch import Tensor


'''

_STYLES = '''"""Right answers to the exercises of notebook {number:02}, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

'''

_OPENING = """# {title}

TODO: what somebody wants to know, with real data and a published number that the lesson reproduces. Then what will be
built, and how many exercises the lesson has."""

_IMPORTS = """import ipywidgets as widgets
import torch
from torch import Tensor

from coursekit import COLOURS, check, explore, hint, show, solution, subplots

torch.set_num_threads(1)"""

_SLIDER_ABOVE = """## TODO: the first step

TODO: a question before its answer. Which way will it go? Move the slider."""

_SLIDER = """def picture(ax, steepness):
    x = torch.linspace(-2, 2, 81)
    ax.plot(x, steepness * x**2, color=COLOURS["blue"])
    ax.set(xlabel="error", ylabel="loss", ylim=(0, 8))
    return f"TODO: what is to be seen, in numbers: a parabola of height {steepness:.1f} at 1."  # the alt text


explore(picture, steepness=widgets.FloatSlider(value=1.0, min=0.5, max=2.0, step=0.5))"""

_KEEP = """## What to keep

| loss | TODO |
| --- | --- |
| `{exercise}` | TODO |"""

_NEXT = """

**Next:** [{title}]({file}). TODO: what is still open."""


def plan(name: str, title: str, before: str, exercise: str, parameters: str = "") -> tuple[list[Change], list[Path]]:
    """What is to be written for a new lesson with its first exercise, and which files are gone then. Nothing is.

    Args:
        name: the topic's.
        title: the lesson's.
        before: the topic that it comes before; empty for the end of the course.
        exercise: its first exercise.
        parameters: of the exercise (see `signature_of`).

    Raises:
        CommandError: nothing can be called so.
        UnknownNameError: `before` is no topic.
    """
    number = syllabus.find_topic(before).number if before else len(syllabus.TOPICS)
    topic = Topic(number, name, title)
    _insist_on_new(topic)
    scaffold.insist_on_name(exercise)
    signature = signature_of(exercise, parameters)
    moved = list(syllabus.TOPICS[number:])
    count = proofs.STYLES_OF_DROP_IN if signature.twin else proofs.STYLES
    solution = skeleton.solution(exercise, signature)
    module = _SOLUTION.format(title=title, number=number) + solution
    texts = {
        topic.grader: _GRADER.format(line=scaffold.import_line(topic, exercise), exercise=exercise),
        topic.grader.with_name(f"{exercise}.py"): skeleton.grader(exercise, signature, name, ready_made=False),
        topic.solution: module,
        proofs.styles_file(topic): _STYLES.format(number=number) + skeleton.styles(exercise, signature, count),
        topic.stub: stubs.stubs_of(topic, module, exercise),
        topic.notebook: _lesson(topic, exercise, solution, moved[0] if moved else None),
    }
    holds = (
        *("its exercises, their sources", "spec, cases, checks, mistakes", "signature, docstring, answer"),
        *(
            f"{count} right answers, each written in another way",
            "made from the solution: never edited",
            "a slider; question, exercise, check, answer",
        ),
    )
    new = [Change(path, text, "new", held) for (path, text), held in zip(texts.items(), holds, strict=True)]
    there, gone = _renumbered(moved, topic)
    return [*new, *there], gone


def _insist_on_new(topic: Topic) -> None:
    scaffold.insist_on_word(topic.name, "a topic", _LONGEST)
    if not topic.title.strip() or len(topic.title) > _LONGEST_TITLE or re.search(r'["\\|\n]', topic.title):
        raise CommandError(
            f"A title is a line of {_LONGEST_TITLE} characters at most, without a quotation mark, a backslash or a |: "
            "it stands in tables and docstrings."
        )
    if topic.name in [each.name for each in syllabus.TOPICS]:
        raise CommandError(f"There is a topic `{topic.name}` already: leave --title out to add an exercise to it.")
    for path in (topic.grader.parent, topic.solution, proofs.styles_file(topic)):
        if path.exists():
            there = path.relative_to(syllabus.ROOT).as_posix()
            raise CommandError(f"There is a {there} already, of no topic: take it away, or choose another name.")


def _lesson(topic: Topic, exercise: str, solution: str, following: Topic | None) -> str:
    """The notebook's text: title, imports, a slider, the exercise, what to keep."""
    more = _NEXT.format(title=following.title, file=_numbered(following, 1).name) if following else ""
    notebook = notebooks.of_cells(
        *(("markdown", _OPENING.format(title=topic.title)), ("code", _IMPORTS)),
        *(("markdown", _SLIDER_ABOVE), ("code", _SLIDER)),
        ("markdown", _KEEP.format(exercise=exercise) + more),
    )
    stub = stubs.without_answers(solution)
    notebooks.insert_exercise(notebook, 4, exercise, stub, *skeleton.lesson(exercise))
    return notebooks.text_of(notebook)


# ---- what moves up -----------------------------------------------------------------------------------------------


def _numbered(topic: Topic, more: int) -> Path:
    """The topic's notebook, once its number is larger by so much."""
    return Topic(topic.number + more, topic.name, topic.title).notebook


def _renumbered(moved: list[Topic], new: Topic) -> tuple[list[Change], list[Path]]:
    """Every file in which a number is another, the syllabus and README's table with the new line, and what is gone."""
    renamed = {topic.notebook: _numbered(topic, 1) for topic in moved}
    changes = []
    for path in sorted(_told_in()):
        before = path.read_text(encoding="utf-8")
        text = _moved_up(before, moved)
        change = Change(renamed.get(path, path), text, scaffold.NUMBERS, "")
        if path == _syllabus():
            change = _with_title(change, new)
        elif path == syllabus.ROOT / "README.md":
            change = _with_row(change, new)
        if change.text != before or path in renamed:
            changes.append(change)
    return changes, [path for path in renamed if path not in renamed.values()]


def _syllabus() -> Path:
    return syllabus.ROOT / "coursekit" / "course" / "syllabus.py"


def _told_in() -> Iterator[Path]:
    """The files in which a lesson may be called by its number. The history, in CHANGELOG, stays."""
    root = syllabus.ROOT
    yield from (path for name in ("README.md", "CONTRIBUTING.md", "start.py") if (path := root / name).exists())
    yield from (root / "docs").glob("*.md")
    yield from (root / "notebooks").glob("*.ipynb")
    for folder in ("coursekit", "solutions", "exercises", "tests"):
        for path in (root / folder).rglob("*.py"):
            if not {"submissions", "hostile"} & set(path.parts):
                yield path


def _moved_up(text: str, moved: list[Topic]) -> str:
    """The text with the numbers of these lessons larger by one: in links, in words, in README's table."""
    numbers = {f"{topic.number:02}": f"{topic.number + 1:02}" for topic in moved}
    if not numbers:
        return text
    old = "|".join(numbers)
    names = "|".join(re.escape(topic.name) for topic in moved)
    for pattern in (
        rf"(?<!\d)({old})(?=_(?:{names})\.ipynb)",  # a file
        rf"\b({old})(?=\]\(\d\d_\w+\.ipynb)",  # the words of a link to it, of which "lesson" may stand a line above
        rf"(?<=\b[Ll]esson )({old})(?!\]\(|\d)",
        rf"(?<=\b[Nn]otebook )({old})(?!\]\(|\d)",
        rf"(?m)(?<=^\| )({old})(?= \| )",
    ):
        text = re.sub(pattern, lambda match: numbers[match[1]], text)
    return text


def _with_title(change: Change, new: Topic) -> Change:
    """The syllabus with a line for the new topic."""
    titles = next(
        node.value
        for node in ast.parse(change.text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TITLES"
    )
    assert isinstance(titles, ast.Dict)
    rows = [key.lineno for key in titles.keys if key] + [titles.end_lineno or titles.lineno]
    at = rows[new.number]
    line = f'    "{new.name}": {json.dumps(new.title, ensure_ascii=False)},\n'
    return Change(change.path, _inserted(change.text, at, line), f"line {at}", "its place in the course")


def _with_row(change: Change, new: Topic) -> Change:
    """README with a row for the new lesson, below that of the lesson before it."""
    rows = [at for at, line in enumerate(change.text.splitlines(), 1) if re.match(r"\| \d\d \| ", line)]
    at = rows[new.number - 1] + 1 if new.number else rows[0]
    row = f"| {new.number:02} | {new.title} | {proofs.LEFT_TO_DO}: the real data that it reproduces |\n"
    return Change(change.path, _inserted(change.text, at, row), f"line {at}", "its row in the table of lessons")


def _inserted(text: str, line: int, new: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: line - 1], new, *lines[line - 1 :]])
