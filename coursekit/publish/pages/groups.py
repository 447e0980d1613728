"""For the instructor's page: answers that no known mistake explains, grouped by what they do, to be named once."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coursekit.learning import feedback
from coursekit.publish.pages.page import count, text
from coursekit.report import Example
from coursekit.text import visible

_SHOWN = 20  # groups
_LINES, _WIDTH = 30, 200  # of a piece of code, and of its lines


@dataclass(frozen=True)
class Unnamed:
    """One group of answers that do the same.

    Attributes:
        id: what to name it by.
        exercise: what they answer.
        learners: how many have handed one in.
        code: how it is written where it is shortest.
        shows: the smallest input that shows it; None where all that is asked of everybody comes out right.
        name: what it is called, if it is.
    """

    id: str
    exercise: str
    learners: int
    code: str
    shows: Example | None
    name: str = ""


def unnamed_section(groups: Sequence[Unnamed]) -> Iterator[str]:
    """The section, as HTML: nothing where there are no such answers.

    Args:
        groups: the largest first.
    """
    if not groups:
        return
    yield (
        '<p class="note">Answers that lose points by no known mistake. Those that give the same numbers, gradients and '
        "errors are one group, however they are written. Say once what a group does, and all of it is told so: "
        "<code>coursekit name GRADES GROUP &quot;…&quot;</code></p>"
    )
    for group in groups[:_SHOWN]:
        yield f'<section class="unnamed"><h3>{text(group.exercise)}, {count(group.learners, "learner")}</h3>'
        yield f"<p>Group <code>{text(group.id)}</code>{_called(group)}</p>"
        yield f"<p>{_shown(group.shows)}</p>"
        if group.code:
            yield f"<pre><code>{_code(group.code)}</code></pre>"
        yield "</section>"
    if len(groups) > _SHOWN:
        yield f'<p class="note">And {count(len(groups) - _SHOWN, "smaller group")}.</p>'


def _called(group: Unnamed) -> str:
    return f", called: {feedback.prose(group.name)}" if group.name else ", which has no name yet."


def _shown(example: Example | None) -> str:
    if example is None:
        return "It is right on all inputs that everybody is asked; hidden ones show that it is not."
    line = visible(f"{example.line}  # got {example.got}, expected {example.expected}")
    return f"The smallest input that shows it: <code>{html.escape(line)}</code>"


def _code(code: str) -> str:
    """A stranger's code as text, so much of it that the page stays one."""
    lines = code.expandtabs(4).splitlines()
    shown = [visible(line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…") for line in lines[:_LINES]]
    return html.escape("\n".join([*shown, *["…"] * (len(lines) > _LINES)]))
