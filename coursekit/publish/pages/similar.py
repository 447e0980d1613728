"""Same and similar work: a section of the instructor's page, and a page with the texts side by side."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from coursekit.classroom import likeness
from coursekit.classroom.likeness import Alike, Answer, Likeness, Same, Work
from coursekit.publish.pages.page import People, count, folded, page, text
from coursekit.text import visible

NAME = "similar.html"
_PAIRS = 100  # of which the texts are shown
_HOW = """<p><b>Likeness is no proof.</b> Learners who sat together, read the same page or were helped by the same
person write alike, and two people can come to the same thing. Look at the texts, and talk with both.</p>
<details><summary>How it is measured</summary>
<p>Compared are the functions that were asked for and the helpers that they call, without comments, layout, docstrings
and stubs. Names that one can choose, numbers and strings count as alike. What two answers share is told by fingerprints
of 7 tokens (Schleimer, Wilkerson and Aiken, “Winnowing”, 2003). What the course's own answers hold is left out. Each
fingerprint counts more bits the fewer of the class have it: 1 where half of them do, 2 where a quarter does, never more
than 4. Two wrong answers that fail in the same checks with the same misconception add as many bits as that is rare.</p>
<p>An exercise counts where at least half of the bits of the shorter answer are shared, and a pair is listed from
{enough:g} bits on. An answer of three lines does not come to so many, and in a class of two nothing does: short answers
that are right are alike by nature. So a copied short answer is not found, nor one that was written anew.</p></details>
"""


def section(found: Likeness, people: People) -> str:
    """What the instructor's page says of it, with a link to the texts."""
    if not found.same and not found.alike:
        return "<p>No two learners handed in the same work, and none is more alike than chance has it.</p>"
    link = f'<a href="{NAME}">the texts side by side</a>'
    pairs = f"<p>{count(len(found.alike), 'pair')} with similar work: {link}. Likeness is no proof.</p>"
    return _groups(found.same, people) + (pairs if found.alike else "")


def similar_page(found: Likeness, work: Work, title: str) -> str:
    """All groups and pairs, with what the pairs share marked in their texts."""
    people = People(list(work))
    return page(f"{title}: same and similar work", _body(found, work, people, title))


def _body(found: Likeness, work: Work, people: People, title: str) -> Iterator[str]:
    yield f"<main><h1>{text(title)}: same and similar work</h1>"
    yield _HOW.format(enough=likeness.ENOUGH)
    yield "<h2>The same work</h2>"
    yield _groups(found.same, people) or "<p>No two learners handed in the same work.</p>"
    yield "<h2>Similar work</h2>"
    if not found.alike:
        yield "<p>No pair is more alike than chance has it.</p>"
    for pair in found.alike[:_PAIRS]:
        yield _pair(pair, work, people)
    if len(found.alike) > _PAIRS:
        yield f"<p>And {count(len(found.alike) - _PAIRS, 'pair')} that share less.</p>"
    yield "</main>"


def _groups(same: Sequence[Same], people: People) -> str:
    """Who handed in the same, a line a group."""
    lines = [
        f"<li><b>{len(each.learners):,} learners handed in the same work</b> "
        f"({_exercises(each.exercises)}): {folded([people.name(one) for one in each.learners], 'who')}</li>"
        for each in same
    ]
    return f'<ul class="mistakes">{"".join(lines)}</ul>' if lines else ""


def _exercises(names: Sequence[str]) -> str:
    return ", ".join(map(text, names)) if len(names) <= 3 else count(len(names), "exercise")


def _pair(pair: Alike, work: Work, people: People) -> str:
    names = [people.name(learner) for learner in pair.learners]
    told = ", ".join(
        f"{text(each.exercise)} ({100 * each.share:.0f} % shared{', the same mistake' if each.behaviour else ''})"
        for each in pair.shared
    )
    texts = "".join(
        f'<h3>{text(each.exercise)}</h3><div class="two">'
        + "".join(
            f"<figure><figcaption>{name}</figcaption>"
            f"<pre>{_marked(work[one][each.exercise], work[other][each.exercise])}</pre></figure>"
            for name, one, other in zip(names, pair.learners, pair.learners[::-1], strict=True)
        )
        + "</div>"
        for each in pair.shared
    )
    summary = f"<b>{names[0]} and {names[1]}</b>, {pair.bits:.0f} bits: {told}"
    return f'<details class="pair"><summary>{summary}</summary>{texts}</details>'


def _marked(answer: Answer, other: Answer) -> str:
    """The text with what the other has as well marked in it."""
    parts, at = [], 0
    for begin, end in likeness.marks(answer, other):
        parts += [_code(answer.text[at:begin]), f"<mark>{_code(answer.text[begin:end])}</mark>"]
        at = end
    return "".join([*parts, _code(answer.text[at:])])


def _code(stranger: str) -> str:
    return html.escape(visible(stranger, keep="\n\t"))
