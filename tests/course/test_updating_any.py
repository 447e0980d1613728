"""Whatever a learner writes, and whatever becomes of the course: each line of theirs is found again, in its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import upstream
from hypothesis import given
from hypothesis import strategies as st

from coursekit.course.updating import shipped
from coursekit.course.updating.blocks import Block, Sheet, read, text_of
from coursekit.course.updating.carrying import Carried, carry
from coursekit.course.updating.changes import Changes

NAMES = ("double", "triple", "halve", "negate")


def sheets(lessons: upstream.Lessons) -> dict[str, Sheet]:
    """Lessons as they are read from their files."""
    found = {}
    for name, cells in lessons.items():
        blocks = tuple(
            Block(upstream.source(cell), cell["id"], cell["cell_type"], upstream.exercise_of(cell), cell)
            for cell in cells
        )
        found[f"notebooks/{name}.ipynb"] = Sheet(f"notebooks/{name}.ipynb", blocks, {"nbformat": 4})
    return found


@dataclass
class Learner:
    """A learner's course, in which every line of theirs can be told from all others."""

    lessons: upstream.Lessons
    written: list[str] = field(default_factory=list)

    def line(self) -> str:
        """A line that is nowhere else."""
        self.written.append(f"mine = {len(self.written)}  # mine")
        return self.written[-1]

    def do(self, draw: Any) -> None:
        """One of the things that a learner does to a lesson."""
        cells = self.lessons[draw(st.sampled_from(sorted(self.lessons)))]
        at = draw(st.integers(0, len(cells) - 1))
        what = draw(st.sampled_from(["answer", "edit", "add", "double", "delete", "move", "lose the id", "try again"]))
        cell = cells[at]
        if what == "answer":
            for each in cells:
                if upstream.exercise_of(each):
                    stub = upstream.source(each).replace("raise NotImplementedError", f"{self.line()}\n    return # ")
                    each["source"] = stub.splitlines(keepends=True)
        elif what == "edit" and not upstream.exercise_of(cell):
            cell["source"] = [*cell["source"], "\n" + self.line()]
        elif what == "add":
            make = draw(st.sampled_from([upstream.text, upstream.code]))
            cells.insert(at + 1, make(f"own-{len(self.written)}", self.line()))
        elif what == "double":
            place = draw(st.integers(0, len(cells)))
            cells.insert(
                place, {**cell, "id": f"again-{len(self.written)}-{len(cells)}", "source": list(cell["source"])}
            )
        elif what == "try again" and any(map(upstream.exercise_of, cells)):
            cell = draw(st.sampled_from([each for each in cells if upstream.exercise_of(each)]))
            again = upstream.source(cell).replace("raise NotImplementedError", "return # ") + f"\n    {self.line()}"
            cells.append({**cell, "id": f"try-{len(self.written)}", "source": [again]})
        elif what == "delete" and "mine" not in upstream.source(cell) and len(cells) > 1:
            cells.pop(at)
        elif what == "move":
            cells.insert(draw(st.integers(0, len(cells) - 1)), cells.pop(at))
        elif what == "lose the id" and "mine" in upstream.source(cell):
            cell["id"] = ""


@st.composite
def learners(draw: Any) -> Learner:
    """A learner who has done some of these things."""
    learner = Learner(upstream.first())
    for _ in range(draw(st.integers(1, 8))):
        learner.do(draw)
    return learner


@st.composite
def courses(draw: Any) -> upstream.Lessons:
    """A newer version: exercises in other lessons or gone, some described anew, prose reworded, lessons renamed."""
    there = draw(st.lists(st.sampled_from(NAMES), unique=True))
    number = draw(st.integers(1, 3))
    topics = draw(st.permutations(["one", "two", "three"]))[:number]
    lessons: upstream.Lessons = {}
    for at, topic in enumerate(topics):
        described = [
            upstream.exercise(
                name, draw(st.sampled_from(["", "Described anew."])), draw(st.sampled_from(["x: Tensor", "y"]))
            )
            for name in there[at::number]
        ]
        lessons[f"{at:02}_{topic}"] = upstream.lesson(topic, *described)
    for cells in lessons.values():
        for cell in cells:
            if cell["cell_type"] == "markdown" and draw(st.booleans()):
                cell["source"] = ["Reworded."]
    return lessons


def everything(carried: Carried) -> str:
    """All text of the new lessons, and of answers to exercises that are gone."""
    texts = [block.text for sheet in carried.sheets.values() for block in sheet.blocks]
    return "\n".join([*texts, *(text for several in carried.removed.values() for text in several)])


@given(learners(), courses(), st.booleans())
def test_no_line_is_lost(learner: Learner, lessons: upstream.Lessons, is_known: bool):
    """Every line is in the new lessons, but for own cells of a lesson of which nothing is left: those are counted."""
    first, new = sheets(upstream.first()), sheets(lessons)
    before = shipped.NOTHING.plus(first.values())
    known = before.plus(new.values()).plus([module()])
    old = list(sheets(learner.lessons).values())
    carried = carry(old, new, known, before if is_known else None, Changes(Path("/nowhere"), Path("/nowhere")))
    there = everything(carried)
    homeless = {name for name, count in carried.homeless.items() if count}
    for sheet in old:
        for block in sheet.blocks:
            for line in learner.written:
                if line in block.text and sheet.name not in homeless:
                    assert line in there
    answers(old, carried)
    order(carried, new)
    rewritten(carried)


def module() -> Sheet:
    """A module of stubs, by which the list knows the exercises' names."""
    return Sheet("exercises/one.py", tuple(Block("", f"one.py:{name}", "code", name) for name in NAMES))


def answers(old: list[Sheet], carried: Carried) -> None:
    """Each exercise that had an answer and is still there has one, in its own cell, which is there once."""
    blocks = [block for sheet in carried.sheets.values() for block in sheet.blocks if block.exercise]
    assert len({block.exercise for block in blocks}) == len(blocks)
    for block in blocks:
        mine = [each.text for sheet in old for each in sheet.blocks if each.exercise == block.exercise]
        assert ("mine" in block.text) == any("mine" in text for text in mine)
        assert not mine or "mine" not in block.text or block.text in mine


def order(carried: Carried, new: dict[str, Sheet]) -> None:
    """Without the learner's, a lesson has the course's cells, in the course's order."""
    for name, sheet in new.items():
        keys = [block.key for block in sheet.blocks]
        assert [block.key for block in carried.sheets[name].blocks if block.key in keys] == keys


def rewritten(carried: Carried) -> None:
    """What is put on disk is read again as it is, each cell under an id of its own; its code is not run twice."""
    for name, sheet in carried.sheets.items():
        (again,) = read(name, text_of(sheet).encode())
        assert [block.text for block in again.blocks] == [block.text for block in sheet.blocks]
        assert len({block.key for block in again.blocks}) == len(again.blocks)


PIECES = st.sampled_from(
    ["import math\n", "# a word\n", "def helper(x):\n    return x\n", "x = 1\n", "@decorated\ndef f(): pass\n"]
)
BROKEN = st.sampled_from(
    ["def (:\n", "x = (1,\n", '"""\nnever closed\n', "  indented\n", "class\n", ")\n", "\n", "#\n"]
)


@given(st.lists(PIECES | BROKEN), st.lists(PIECES | BROKEN))
def test_any_module_is_read_whole(above: list[str], below: list[str]):
    """The pieces of a module, Python or not, are all of it, in order, and written again they are the same lines."""
    text = "".join([*above, "def double(x):\n    return 2 * x\n", *below])
    (sheet,) = read("exercises/one.py", text.encode())
    lines = [line for block in sheet.blocks for line in block.text.split("\n") if line.strip()]
    assert lines == [line for line in text.split("\n") if line.strip()]
    assert [line for line in text_of(sheet).split("\n") if line.strip()] == lines


HEAD = '"""{}: write your answers here."""\n\nimport torch\nfrom torch import Tensor\n\n\n'
OWN = (
    "# {}",
    "import math  # {}",
    "def helper_{n}(x):\n    # {}\n    return x",
    "a_{n} = 1  # {}",
    "half (a line  # {}",
)


@st.composite
def modules(draw: Any) -> tuple[dict[str, Sheet], list[Sheet], dict[str, Sheet], list[str]]:
    """Modules as they were shipped, as their learner has them, in a newer version, and the learner's lines."""
    written: list[str] = []
    first, mine, new = {}, [], {}
    for name, exercises in (("one", NAMES[:2]), ("two", NAMES[2:])):
        stubs = [upstream.source(upstream.exercise(each)[0]) for each in exercises]
        first[name] = read(f"exercises/{name}.py", (HEAD.format(name) + "\n\n\n".join(stubs) + "\n").encode())[0]
        pieces = [HEAD.format(name).rstrip()]
        for each, stub in zip(exercises, stubs, strict=True):
            for shape in draw(st.lists(st.sampled_from(OWN), max_size=2)):
                written.append(f"mine-{name}-{len(written)}-")
                pieces.append(shape.format(written[-1], n=len(written)))
            if draw(st.booleans()):
                written.append(f"mine-{name}-{len(written)}-")
                stub = upstream.answer(each, f"return 1  # {written[-1]}")
            pieces += [stub] * draw(st.sampled_from([1, 1, 2]))
        gap = draw(st.sampled_from(["\n\n\n", "\n"]))
        mine += read(f"exercises/{name}.py", (gap.join(pieces) + "\n").encode())
    order = draw(st.permutations(NAMES))
    cut = draw(st.integers(1, 3))
    for name, exercises in (("one", order[:cut]), ("three", order[cut:])):
        words = draw(st.sampled_from(["", "Described anew."]))
        stubs = [upstream.source(upstream.exercise(each, words)[0]) for each in exercises]
        new[f"exercises/{name}.py"] = read(
            f"exercises/{name}.py", (HEAD.format(name) + "\n\n\n".join(stubs) + "\n").encode()
        )[0]
    return first, mine, new, written


@given(modules())
def test_no_line_of_a_module_is_lost(found: tuple[dict[str, Sheet], list[Sheet], dict[str, Sheet], list[str]]):
    """Every line is in the new modules, though exercises and whole files have moved, and lines are no Python."""
    first, mine, new, written = found
    before = shipped.NOTHING.plus(first.values())
    known = before.plus(new.values())
    carried = carry(mine, new, known, before, Changes(Path("/nowhere"), Path("/nowhere")))
    there = "\n".join(text_of(sheet) for sheet in carried.sheets.values())
    old = "\n".join(block.text for sheet in mine for block in sheet.blocks)
    homeless = {sheet.topic for sheet in mine if carried.homeless.get(sheet.name)}
    for line in written:
        if line in old and line.split("-")[1] not in homeless:
            assert line in there
    for name in NAMES:
        assert f"def {name}(" in there
