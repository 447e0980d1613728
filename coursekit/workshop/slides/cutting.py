"""Where one slide ends and the next begins.

A heading begins a slide, and so does what would not fit on the screen any more. An explorable, a prediction and an
exercise end theirs. What leads to the next piece, as code does to its output and a question to what
answers it, goes along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from coursekit.workshop.slides.pieces import Piece

LINES = 18.0  # of prose, that fit below a title


@dataclass
class Slide:
    """What is seen at once.

    Attributes:
        title: its heading, as HTML.
        part: the heading of the part of the lesson that it stands in, if that is another.
        pieces: what stands below.
        goes_on: whether the slide before has the same heading.
    """

    title: str
    part: str = ""
    pieces: list[Piece] = field(default_factory=list)
    goes_on: bool = False

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(piece.seconds for piece in self.pieces)

    @property
    def notes(self) -> list[str]:
        """What the speaker is told."""
        return [piece.note for piece in self.pieces if piece.note]

    @property
    def lines(self) -> float:
        """How high it is."""
        return sum(piece.lines for piece in self.pieces)


def cut(pieces: Iterable[Piece], title: str) -> list[Slide]:
    """The slides of a lesson.

    Args:
        pieces: all that it holds, in order.
        title: what stands above anything that comes before the first heading.
    """
    slides = [Slide(title)]
    part = ""
    for piece in pieces:
        last = slides[-1]
        if piece.heading:
            part = piece.html if piece.heading <= 2 else part
            slides.append(Slide(piece.html, part if piece.heading > 2 else ""))
        elif last.pieces and (last.pieces[-1].ends or last.lines + piece.lines > LINES):
            slide = Slide(last.title, last.part, [piece], goes_on=True)
            while len(last.pieces) > 1 and last.pieces[-1].leads and slide.lines + last.pieces[-1].lines <= LINES:
                slide.pieces.insert(0, last.pieces.pop())
            slides.append(slide)
        else:
            last.pieces.append(piece)
    return slides if slides[0].pieces else slides[1:]
