"""The card itself: feedback that also draws, leads on, and has buttons where a kernel runs."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cached_property

from coursekit.course import stubs, syllabus
from coursekit.course.places import address, place_of
from coursekit.exercise import Exercise
from coursekit.grading import scoring
from coursekit.learning.card.drawing import drawing
from coursekit.learning.card.parting import Asked, parting
from coursekit.learning.feedback import CODE, LINK, Feedback, as_html
from coursekit.report import Outcome, Report

# Hides buttons that were saved, where their kernel is gone: JupyterLab writes an error in their place, and nothing but
# words. Hides those as well whose kernel has just gone. A notebook keeps no style sheet but
# those in its outputs.
_STYLE = (
    "<style>.jp-OutputArea-child:has(.coursekit-card)+.jp-OutputArea-child .jp-OutputArea-output:not(:has(*)),"
    ".coursekit-help .jupyter-button.jupyter-widgets-disconnected{display:none}"
    ".jupyter-widgets-disconnected:is(.coursekit-help,.coursekit-help *)::before{content:none}"
    ".coursekit-help .jupyter-button{width:auto}"
    f":is(.coursekit-card,.coursekit-help) div code{{{CODE}}}</style>"
)


class Card(Feedback):
    """What `check` gives back.

    Args:
        report: the report.
        next: what to do now, one sentence a line.
        exercise: what was checked.
        asked: how the learner's functions were asked.
        docstring: the learner's function's own.
    """

    report: Report

    def __init__(
        self, report: Report, next: tuple[str, ...], exercise: Exercise, asked: Sequence[Asked], docstring: str
    ) -> None:
        super().__init__(report, next)
        self._exercise = exercise
        self._asked = asked
        self._docstring = docstring

    def _ipython_display_(self) -> None:
        from IPython import get_ipython
        from IPython.display import display

        display({"text/html": self._repr_html_(), "text/plain": repr(self)}, raw=True)  # type: ignore[no-untyped-call]
        if getattr(get_ipython(), "kernel", None):
            from coursekit.learning.card.buttons import Buttons

            Buttons(self._exercise, scoring.is_solved(self.report), self._answer).show()

    def _repr_html_(self) -> str:
        onward = self._onward()
        # its last line of text says the same, without the link
        steps = tuple(line for line in self.next if not (onward and line.startswith("Next exercise: ")))
        picture = f"<div>Yours against the right one:</div>{self.picture}" if self.picture else ""
        return f'<div class="coursekit-card">{_STYLE}{as_html(self.report, steps, picture, onward)}</div>'

    @cached_property
    def picture(self) -> str:
        """Yours against the right one, as an `<img>`; empty where there is nothing to draw."""
        parted = parting(self._exercise, self.report, self._asked, self._docstring)
        return drawing(parted) if parted else ""

    def _onward(self) -> str:
        """A link to the next exercise, once this one has passed."""
        name = self._exercise.name
        after = syllabus.next_exercise(name)
        if self.report.outcome is not Outcome.PASSED or after is None:
            return ""
        topic, _ = syllabus.find_exercise(after)
        place = place_of(topic, after)
        words = f"<code>{after}</code>"
        href = address(topic, place.fragment)
        link = f'<a href="{html.escape(href)}" style="{LINK}">{words}</a>' if href else words
        is_here = topic == syllabus.find_exercise(name)[0]
        where = "" if is_here else f", in the notebook of lesson {topic.number:02}, {html.escape(topic.title)}"
        return f"Next exercise: {link}{' (optional)' if syllabus.is_of_keras(after) else ''}{where}"

    def _answer(self) -> str:
        topic, _ = syllabus.find_exercise(self._exercise.name)
        return stubs.model_answer(topic, self._exercise.name)
