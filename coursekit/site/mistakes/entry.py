"""One mistake as it stands on a page: its name, its sentence, the line that shows it, where it was seen."""

from __future__ import annotations

import html

from coursekit.exercise import Misconception
from coursekit.learning.feedback import prose
from coursekit.report import Example
from coursekit.site.mistakes import threads


def anchor(mistake: str) -> str:
    """What follows the # of a link to a mistake on the page of its exercise."""
    return mistake.replace("_", "-")


def page(exercise: str) -> str:
    """The name of the page of an exercise's mistakes, in the folder `mistakes`."""
    return f"{exercise}.md"


def link(exercise: str, mistake: str, words: str) -> str:
    """A link in HTML from a page beside the exercise's; from elsewhere, the exercise comes with the way to it."""
    return f'<a href="{exercise}.html#{anchor(mistake)}">{words}</a>'


def entry(mistake: Misconception, example: Example | None) -> str:
    """The mistake as HTML."""
    return (
        f'<article class="mistake" id="{anchor(mistake.name)}"><p>{prose(mistake.explanation)}</p>'
        f'{shown(example)}<p class="aside"><code>{mistake.name}</code>{seen(mistake.covers)}</p></article>'
    )


def shown(example: Example | None) -> str:
    """The line to paste, what comes and what should."""
    if example is None:
        return '<p class="aside">Only a long input shows it: <code>check</code> prints it.</p>'
    line, got, right = map(html.escape, (example.line, example.got, example.expected))
    return (
        f'<div class="highlight-python"><div class="highlight"><pre>{line}</pre></div></div>'
        f"<p>gives <b>{got}</b>, right is <b>{right}</b></p>"
    )


def seen(codes: str) -> str:
    """Where, if it is known, with links."""
    found = threads.of(codes)
    if not found:
        return ""
    links = ", ".join(f'<a href="{threads.address(each)}">{html.escape(each)}</a>' for each in found.links)
    more = f" and {found.more} more" if found.more else ""
    count = len(found)
    return f" · Seen in {count} public thread{'s' * (count > 1)}: {links}{more}"
