"""What stands in a lesson's cells, as pieces for a screen: their HTML, how high they are, how long they take.

Only this module knows mistune, latex2mathml and Beautiful Soup. Formulas become MathML, which browsers draw by
themselves: a page needs no script and no font for them.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any

import mistune
from bs4 import BeautifulSoup, Tag
from latex2mathml.converter import convert
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from coursekit.course import colab
from coursekit.exercise import Exercise
from coursekit.explorables import pictures

# How long things take, in seconds. Text is read at 200 words a minute, as in the plans of docs/workshop.md
WORD = 60 / 200
_CODE_LINE = 3
_PICTURE = 20
_EXPLORABLE = 90
_PREDICTION = 90  # to think, to raise a hand, and to hear why
_POINT = 5 * 60  # of an exercise: those of one point take about five minutes

# How high things are, in lines of prose; a line holds so many characters of prose, and of code
_WIDE, _WIDE_CODE = 88, 100
_LINE_OF_CODE = 0.72
_GAP = 0.6
_PICTURE_LINES = 11.0
_EXPLORABLE_LINES = 13.0
_TABLE = 14.0  # at most

_MATH = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|\$((?:[^$\n]|\n(?!\n))+?)\$", re.DOTALL)
_PLACE = re.compile("\ue000(\\d+)\ue001")  # where a formula was: Markdown would take its _ and | for its own
_NAMED = re.compile(r"<mi>([a-z]{2,})</mi>")  # ln, max: without a space around it, it runs into its neighbours
_CHECK = re.compile(r"check\(\w+\)")
_MARKDOWN = mistune.create_markdown(escape=False, plugins=["table", "strikethrough"])
_CODE = HtmlFormatter(nowrap=True)


@dataclass(frozen=True)
class Piece:
    """What is not cut any further.

    Attributes:
        html: what is shown.
        lines: how high it is, in lines of prose.
        seconds: how long it takes.
        heading: its level, 1 to 6, if it is a heading; else 0.
        note: what the speaker is told of it.
        ends: whether its slide ends with it: an explorable, an exercise, a question that the next piece may answer.
        leads: whether it leads to the next piece: code to its output, a question to its answer, a
            line that ends with a colon to what it names.
    """

    html: str
    lines: float
    seconds: float = 0.0
    heading: int = 0
    note: str = ""
    ends: bool = False
    leads: bool = False


def of_cell(cell: Any, exercises: dict[str, Exercise]) -> Iterator[Piece]:
    """The pieces of one cell; none of what only a notebook needs."""
    if cell.cell_type == "markdown":
        yield from _of_text(cell.source)
    elif cell.cell_type == "code" and cell.get("id") != colab.NAME and not _CHECK.fullmatch(cell.source.strip()):
        yield from _of_code(cell, exercises)


def _of_text(text: str) -> Iterator[Piece]:
    formulas: list[str] = []

    def taken(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        formulas.append(_formula(found[2] or found[3], "block" if found[2] else "inline"))
        return f"\ue000{len(formulas) - 1}\ue001"

    written = str(_MARKDOWN(_MATH.sub(taken, text)))
    page = BeautifulSoup(_PLACE.sub(lambda found: formulas[int(found[1])], written), "html.parser")
    for link in page.find_all("a"):
        if not str(link.get("href", "")).startswith(("https://", "http://")):
            link.unwrap()  # to another notebook, which does not come along
    for block in page.find_all(True, recursive=False):
        yield from map(_of_block, _short_tables(block) if block.name == "table" else [block])


def _short_tables(table: Tag) -> Iterator[Tag]:
    """A table, or, of a long one, tables that fit, each with its head."""
    short, rest = copy(table), copy(table)
    while _height(short) > _TABLE and len(rows := short.select("tbody > tr")) > 1:
        rows[-1].decompose()
    for row in rest.select("tbody > tr")[: len(short.select("tbody > tr"))]:
        row.decompose()
    yield short
    if rest.select("tbody > tr"):
        yield from _short_tables(rest)


def _formula(latex: str, display: str) -> str:
    return _NAMED.sub(r'<mo lspace="0.17em" rspace="0.17em">\1</mo>', convert(latex, display=display))


def _of_block(block: Tag) -> Piece:
    """A paragraph, a list, a table, a heading, code, or what is folded."""
    words = " ".join(block.get_text(" ").split())
    heading = int(block.name[1]) if re.fullmatch("h[1-6]", block.name) else 0
    return Piece(
        html=block.decode_contents() if heading else str(block),
        lines=0 if heading else _height(block),
        seconds=WORD * len(words.split()),
        heading=heading,
        note=_behind(block) if block.name == "details" else "",
        leads=block.name == "p" and words.endswith((":", "?")),
    )


def _height(block: Tag) -> float:
    if block.name == "pre":
        return _height_of_code(block.get_text())
    if block.name == "table":
        rows = [_lines(row.get_text(" "), _WIDE * 0.8) for row in block.find_all("tr")]
        return sum(1.2 * lines for lines in rows) + _GAP
    if block.name in ("ul", "ol"):
        return sum(_lines(item.get_text(), _WIDE - 4) + 0.2 for item in block.find_all("li")) + _GAP
    if block.name == "details":
        inside = [each for each in block.find_all(True, recursive=False) if each.name != "summary"]
        return 1 + _GAP + sum(_height(each) for each in inside)
    shown = block.find_all("math", display="block")
    return _lines(block.get_text(), _WIDE) + 1.5 * len(shown) + _GAP


def _lines(text: str, wide: float) -> int:
    return max(1, math.ceil(len(" ".join(text.split())) / wide))


def _height_of_code(code: str) -> float:
    return _LINE_OF_CODE * sum(_lines(line, _WIDE_CODE) for line in code.rstrip().splitlines()) + 2 * _GAP


def _of_code(cell: Any, exercises: dict[str, Exercise]) -> Iterator[Piece]:
    hidden = cell.metadata.get("jupyter", {})
    exercise = exercises.get(cell.metadata.get("coursekit", {}).get("exercise", ""))
    outputs = [piece for output in cell.outputs for piece in _of_output(output)]
    if not re.search(r"(?m)^predict\(", cell.source):  # the source of a prediction holds its answer
        # of an explorable, the room sees the picture: its source is folded as well
        folded = bool(hidden.get("source_hidden")) or any("data-explorable" in piece.html for piece in outputs)
        yield _source(cell.source, exercise, folded=folded, leads=bool(outputs))
    for piece in outputs:
        yield _folded(piece) if hidden.get("outputs_hidden") else piece


def _source(code: str, exercise: Exercise | None, *, folded: bool, leads: bool) -> Piece:
    shown = f"<pre class=code>{highlight(code, PythonLexer(), _CODE)}</pre>"
    if folded:
        return Piece(f"<details class=source><summary>Code</summary>{shown}</details>", 1 + _GAP, leads=leads)
    lines, seconds = _height_of_code(code), float(_CODE_LINE * len(code.splitlines()))
    if exercise is None:
        return Piece(shown, lines, seconds, leads=leads)
    minutes = exercise.points * _POINT // 60
    note = f"They write {exercise.name}: {minutes:.0f} minutes, five for each of its points."
    return Piece(shown, lines, exercise.points * _POINT, note=note, ends=True)


def _of_output(output: Any) -> Iterator[Piece]:
    data = output.get("data", {})
    plain = "".join(data.get("text/plain", output.get("text", "")))
    if "text/html" in data:
        yield _of_page(data["text/html"], plain)
    elif "text/markdown" in data:
        yield from _of_text(data["text/markdown"])
    elif plain.strip():
        yield Piece(f"<pre class=output>{html.escape(plain.rstrip())}</pre>", _height_of_code(plain), 5)


def _of_page(text: str, plain: str) -> Piece:
    """What a cell has shown as HTML: an explorable, a prediction, a picture, or a table."""
    page = BeautifulSoup(text, "html.parser")
    if "data-explorable=" in text:
        said = " ".join(plain.splitlines()[:-1])  # the last line tells a reader to run the cell
        do = (
            "Move it."
            if pictures.moves(*pictures.states_in(text)[0])
            else "It moves only in the notebook, where a kernel draws it: show it there."
        )
        return Piece(text, _EXPLORABLE_LINES, _EXPLORABLE, note=f"{do} It begins so: {said}", ends=True)
    answer = page.find("details")
    if page.find(class_="coursekit-question") and answer:
        note = f"Let all of them choose; then press A. {' '.join(answer.get_text(' ').split())}"
        return Piece(text, _lines(page.get_text(" "), _WIDE) + 5, _PREDICTION, note=note, ends=True)
    picture = page.find("img")
    if picture:
        return Piece(text, _PICTURE_LINES, _PICTURE, note=f"The picture: {picture.get('alt', '')}")
    words = page.get_text(" ").split()
    return Piece(text, len(page.find_all("tr")) or _lines(" ".join(words), _WIDE), WORD * len(words))


def _folded(piece: Piece) -> Piece:
    """A result that answers a question."""
    shown = f"<details><summary>Result</summary>{piece.html}</details>"
    note = piece.note or _behind(BeautifulSoup(shown, "html.parser"))
    return Piece(shown, piece.lines + 1, piece.seconds, note=note, ends=piece.ends)


def _behind(details: Tag) -> str:
    """What the speaker knows before it is unfolded."""
    summary, *words = details.stripped_strings
    return f"{summary}, behind A: {' '.join(' '.join(words).split())}"
