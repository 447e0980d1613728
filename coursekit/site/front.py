"""The first page: what the course is, three ways in, and all lessons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from coursekit.course import notebooks
from coursekit.course.syllabus import ROOT, Topic, find_topic
from coursekit.explorables import pictures, source
from coursekit.site import cells

_ROW = re.compile(r"(?m)^\| (\d\d) \| (.*?) \| (.*?) \|$")  # of the table of lessons in README
_SHOWN = "kl_divergence", "belief_boxes"  # the picture, and whose it is
_PAGE = """# Loss functions, built by hand

From entropy to CTC: every loss is built step by step, checked against PyTorch in value **and** gradient, and then
asked of you. You move a picture, you predict, you write the loss, and you are told *which* mistake it is.

A coin is fair, and you believe something else. What does that cost you with each toss? Drag the boundaries.

{picture}

{ways}

## Lessons

{lessons}

{contents}
"""
_FIRST = "lessons/00_objective.md"
_WAYS = """::::{{container}} ways
:::{{container}} way
**Learn.** Read the [first lesson]({first}) here, predict, move a picture. Then write the losses yourself: download the
course, type `python3 start.py`, and each answer is checked on the spot.{learn}
:::
:::{{container}} way
**Teach.** `coursekit workshop start` shows live which mistake a room is making. `coursekit workshop slides` makes
slides of a lesson.{teach}
:::
:::{{container}} way
**Grade.** `coursekit grade FOLDER` grades a folder of untrusted notebooks in a jail, and writes the file that your
platform wants.{grade}
:::
::::{look_up}"""
_LOOK_UP = """

**Or look something up.** [Questions that people ask](guides/questions.md): a CTC loss that is inf, a KL that is
negative, a weighted mean with label smoothing. [A page for each loss](losses/index.md). [Mistakes](mistakes/index.md),
each with a line that shows it, also [by what is seen](mistakes/symptoms.md)."""
_PARTS = {
    "guides": "Questions and guides",
    "losses": "Losses, one by one",
    "mistakes": "Mistakes",
    "reference": "Reference",
}


def write(folder: Path, topics: Sequence[Topic]) -> None:
    """Writes `index.md`, with a table of contents of all that lies in the folder."""
    parts = [part for part in _PARTS if (folder / part / "index.md").exists()]
    page = _PAGE.format(
        picture=_picture(),
        ways=_ways(parts),
        lessons="\n".join(_lessons(topics)),
        contents=_contents(topics, parts),
    )
    (folder / "index.md").write_text(page, encoding="utf-8")


def _picture() -> str:
    """The first explorable of the lesson on KL divergence, as it begins there."""
    outputs = [output for cell in notebooks.read(find_topic(_SHOWN[0])).cells for output in cell.get("outputs", [])]
    states = [each for output in outputs for each in pictures.states_in(output.get("data", {}).get("text/html", ""))]
    state = next(state for kind, state in states if kind == _SHOWN[1])
    return cells.raw(source.box(_SHOWN[1], state) + source.script(_SHOWN[1]))


def _ways(parts: Sequence[str]) -> str:
    has = set(parts) >= {"guides", "losses", "mistakes"}
    guides = {name: f" [All of it](guides/{name}.md)." if has else "" for name in ("learn", "teach", "grade")}
    return _WAYS.format(first=_FIRST, look_up=_LOOK_UP if has else "", **guides)


def _lessons(topics: Sequence[Topic]) -> Iterator[str]:
    rows = {
        number: (words, data) for number, words, data in _ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    }
    yield "| | lesson | real data it reproduces |"
    yield "| --- | --- | --- |"
    for topic in topics:
        number = f"{topic.number:02}"
        words, data = rows.get(number, (topic.title, ""))
        yield f"| {number} | [{words}](lessons/{topic.notebook.stem}.md) | {data} |"


def _contents(topics: Sequence[Topic], parts: Sequence[str]) -> str:
    lessons = [f"{topic.number:02} {topic.title} <lessons/{topic.notebook.stem}>" for topic in topics]
    trees = [_tree("Lessons", lessons)]
    if parts:
        trees.append(_tree("To look up", [f"{_PARTS[part]} <{part}/index>" for part in parts]))
    return "\n\n".join(trees)


def _tree(caption: str, entries: Sequence[str]) -> str:
    lines = "\n".join(entries)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n:maxdepth: 1\n\n{lines}\n```"
