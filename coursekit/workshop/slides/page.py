"""The page of a lesson's slides: one file, which loads nothing."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

from coursekit.course import notebooks
from coursekit.course.syllabus import Topic, insist_on_course
from coursekit.errors import CommandError
from coursekit.explorables import pictures, source
from coursekit.workshop.slides.cutting import Slide, cut

_HERE = Path(__file__).parent
_ALLOWED = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{allowed}"><meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style></head>
<body>
<main>
{slides}
</main>
<p id="place" role="status"></p>
{scripts}
<script>
{script}</script>
</body></html>
"""
_KEYS = (
    "Keys: → and ← go on and back, A opens the next answer, N shows these notes, S shows them in their own window, "
    "D changes between light and dark, F fills the screen."
)


def slides_of(topic: Topic) -> list[Slide]:
    """The lesson as slides: its notebook as it stands, with an unanswered stub in each exercise.

    Raises:
        CommandError: this is an installed package, which has no notebooks, or a library is not installed.
    """
    insist_on_course("slides")
    try:
        from coursekit.workshop.slides import pieces
    except ImportError as error:
        raise CommandError(
            f"Slides need packages that are not installed here ({error.name}). In the environment of the course: "
            "pip install 'mistune>=3.1' 'beautifulsoup4>=4.13' 'latex2mathml>=3.78'"
        ) from None
    exercises = {exercise.name: exercise for exercise in topic.exercises}
    cells = notebooks.with_stubs(topic).cells
    return cut((piece for cell in cells for piece in pieces.of_cell(cell, exercises)), html.escape(topic.title))


def page(topic: Topic) -> str:
    """The slides as one HTML page, with explorables that move, notes for the speaker, and keys.

    Raises:
        CommandError: as `slides_of`.
    """
    slides = "\n".join(_slides(slides_of(topic)))
    kinds = dict.fromkeys(kind for kind, _ in pictures.states_in(slides))
    style, script = ((_HERE / f"slides.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return _PAGE.format(
        allowed=_ALLOWED,
        title=html.escape(topic.title),
        style=style,
        slides=slides,
        scripts=source.script(*kinds),
        script=script,
    )


def _slides(slides: list[Slide]) -> Iterator[str]:
    begins = 0.0
    for number, slide in enumerate(slides, start=1):
        told = [f"From {clock(begins)}, for {clock(slide.seconds)}.", *slide.notes, *([_KEYS] if number == 1 else [])]
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in told)
        part = f"<p class=part>{slide.part}</p>" if slide.part else ""
        goes_on = " <small>goes on</small>" if slide.goes_on else ""
        level = "h1" if number == 1 else "h2"
        body = "\n".join(piece.html for piece in slide.pieces)
        yield (
            f'<section id="{number}" aria-label="Slide {number} of {len(slides)}" data-begins="{begins:.0f}">'
            f"<header>{part}<{level}>{slide.title}{goes_on}</{level}></header>\n"
            f"<div class=body>{body}</div>\n<aside>{notes}</aside></section>"
        )
        begins += slide.seconds


def clock(seconds: float) -> str:
    """A time as it is read: 1:05 is a minute and five seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
