"""Which picture of its lesson stands nearest to an exercise: the explorable that shows what the exercise is about."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic

_DRAWN = re.compile(r'data-explorable="\w+".*?<img [^>]*?alt="([^"]*)" src="data:image/png;base64,([\w+/=]+)"', re.S)
_HEADING = re.compile(r"^#+ +(.+?) *$", re.M)
_CHECK = re.compile(r"^check\((\w+)\)", re.M)


@dataclass(frozen=True)
class Picture:
    """An explorable as the lesson shows it where no kernel runs.

    Attributes:
        below: the heading in its lesson below which it stands.
        says: what is seen on it, in words.
        png: the picture itself.
    """

    below: str
    says: str
    png: bytes


def of_exercise(name: str) -> Picture | None:
    """The picture of an exercise's lesson that stands nearest to it; None where the lesson has none."""
    return next((found for topic in syllabus.TOPICS if (found := of_lesson(topic).get(name))), None)


@cache
def of_lesson(topic: Topic) -> dict[str, Picture]:
    """The nearest picture of each exercise of a lesson; none where its notebook is not at hand."""
    try:
        cells = json.loads(topic.notebook.read_bytes())["cells"]
        read = [("".join(cell["source"]), cell["cell_type"], _outputs(cell)) for cell in cells]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    below, drawn, checks = topic.title, dict[int, Picture](), dict[str, int]()
    for place, (source, kind, outputs) in enumerate(read):
        if kind == "markdown":
            below = [below, *_HEADING.findall(source)][-1]
        elif found := _DRAWN.search(outputs):
            says, png = found.groups()
            drawn[place] = Picture(below, html.unescape(says), base64.b64decode(png))
        elif found := _CHECK.search(source):
            checks[found[1]] = place
    return {name: drawn[min(drawn, key=lambda each: abs(each - place))] for name, place in checks.items() if drawn}


def _outputs(cell: dict[str, Any]) -> str:
    """What the cell has shown, as HTML."""
    shown = (output.get("data", {}).get("text/html", "") for output in cell.get("outputs", []))
    return "\n".join("".join(each) for each in shown)
