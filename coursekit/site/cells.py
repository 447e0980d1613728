"""A lesson's cells in the Markdown that Sphinx reads (MyST), with HTML where Markdown has no words for it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from coursekit.course import colab
from coursekit.exercise import Exercise
from coursekit.explorables import pictures, source
from coursekit.learning.feedback import prose
from coursekit.site import images

_CHECK = re.compile(r"check\(\w+\)")
_PREDICTION = re.compile(r"(?m)^predict\(")
_IMPORTS = re.compile(r"(import|from) ")
_LINK = re.compile(r"\[([^]]*)\]\((\w+)\.ipynb(#[^)]*)?\)")
_STILL = "It moves in the notebook, where Python draws it."


def of_cell(cell: Any, exercises: dict[str, Exercise], lessons: Sequence[str], folder: Path) -> Iterator[str]:
    """What a page shows of a cell: blocks of Markdown; none of what only a notebook needs.

    Args:
        cell: the cell.
        exercises: those of the lesson, by name.
        lessons: the names of the pages beside this one; a link to another is words alone.
        folder: where pictures go.
    """
    if cell.cell_type == "markdown":
        yield _linked(cell.source, lessons)
    elif cell.cell_type == "code" and cell.get("id") != colab.NAME and not _CHECK.fullmatch(cell.source.strip()):
        yield from _of_code(cell, exercises, lessons, folder)


def raw(text: str) -> str:
    """HTML that stands on the page as it is."""
    return fenced(text, "{raw} html")


def fenced(text: str, word: str) -> str:
    """Text between two fences that are longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}{word}\n{text.rstrip()}\n{fence}"


def folded(name: str, summary: str, *blocks: str) -> Iterator[str]:
    """Blocks that a reader unfolds."""
    yield raw(f'<details class="{name}"><summary>{summary}</summary>')
    yield from blocks
    yield raw("</details>")


def _linked(text: str, lessons: Sequence[str]) -> str:
    def linked(found: re.Match[str]) -> str:
        words, page, anchor = found[1], found[2], found[3] or ""
        return f"[{words}]({page}.md{anchor})" if page in lessons else words

    return _LINK.sub(linked, text)


def _of_code(cell: Any, exercises: dict[str, Exercise], lessons: Sequence[str], folder: Path) -> Iterator[str]:
    hidden = cell.metadata.get("jupyter", {})
    name = cell.metadata.get("coursekit", {}).get("exercise", "")
    code = fenced(cell.source, "python")
    if name in exercises:
        yield from _exercise(exercises[name], code)
    elif _PREDICTION.search(cell.source):
        pass  # the source of a prediction holds its answer
    elif _IMPORTS.match(cell.source) and not cell.outputs:
        yield from folded("source", "Imports", code)
    elif hidden.get("source_hidden") or _is_explorable(cell):
        yield from folded("source", "Code", code)
    else:
        yield code
    outputs = [block for output in cell.outputs for block in _of_output(output, lessons, folder)]
    yield from folded("result", "Result", *outputs) if outputs and hidden.get("outputs_hidden") else outputs


def _is_explorable(cell: Any) -> bool:
    """Whether a reader of a page looks at what the cell shows, and not at its code."""
    return any("data-explorable" in output.get("data", {}).get("text/html", "") for output in cell.outputs)


def _exercise(exercise: Exercise, code: str) -> Iterator[str]:
    points = "1 point" if exercise.points == 1 else f"{exercise.points:g} points"
    yield raw(
        f'<section class="exercise" aria-label="Exercise {exercise.name}">'
        f"<p>Your turn, for {points}: write <code>{exercise.name}</code> in the notebook, and run "
        f"<code>check({exercise.name})</code> below it.</p>"
    )
    yield code
    yield raw(f"{_hints(exercise.hints)}</section>")


def _hints(hints: Sequence[str]) -> str:
    """One within the other, so that the next one is there when this one is open."""
    inner = ""
    for number in range(len(hints), 0, -1):
        summary = f"Hint {number} of {len(hints)}"
        inner = f'<details class="hint"><summary>{summary}</summary><p>{prose(hints[number - 1])}</p>{inner}</details>'
    return inner


def _of_output(output: Any, lessons: Sequence[str], folder: Path) -> Iterator[str]:
    data = output.get("data", {})
    plain = "".join(data.get("text/plain", output.get("text", "")))
    if "text/html" in data:
        yield raw(_of_page("".join(data["text/html"]), folder))
    elif "text/markdown" in data:
        yield _linked("".join(data["text/markdown"]), lessons)
    elif plain.strip():
        yield raw(f'<pre class="output" tabindex="0">{html.escape(plain.rstrip())}</pre>')


def _of_page(text: str, folder: Path) -> str:
    """What a cell has shown as HTML, with pictures as files, and without what would move only with a kernel."""
    text = images.as_files(text, folder)
    if all(pictures.moves(kind, state) for kind, state in pictures.states_in(text)):
        return text
    return pictures.still(text).replace(source.RUN, _STILL)
