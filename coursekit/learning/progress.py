"""The course as a map: its lessons, how far each exercise has come, and what is next. Words and signs, no colours."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.course import syllabus
from coursekit.course.places import Place, address, place_of
from coursekit.learning import memory
from coursekit.learning.feedback import LINK, PAPER
from coursekit.learning.records import NOTHING, SIGNS, Lesson, State, Step, Tally, next_up, predicted, records

_WIDE = 80  # columns, of a notebook's text as well
_NARROW = 80  # below so many, a terminal gets less of it
_LEGEND = ", ".join(f"{sign} {state}" for state, sign in reversed(SIGNS.items()))


@dataclass(frozen=True)
class Progress:
    """The map; shows itself as a table in a notebook, and as text elsewhere.

    Attributes:
        lessons: all of them, in course order.
        next: where to go on; None where everything is done.
        note: why nothing is remembered, if so.
    """

    lessons: tuple[Lesson, ...]
    next: Place | None
    note: str

    @property
    def owed(self) -> Tally:
        """What has come of all exercises but the optional ones."""
        return Tally.of(step for step in self._steps if not step.is_optional)

    @property
    def optional(self) -> Tally:
        """What has come of the optional ones, which rebuild losses of Keras's."""
        return Tally.of(step for step in self._steps if step.is_optional)

    @property
    def _steps(self) -> list[Step]:
        return [step for lesson in self.lessons for step in lesson.steps]

    @property
    def headline(self) -> str:
        """The whole course in a line; the optional exercises, if there are any, are told apart."""
        said = f"{self.owed.counted(' exercises')} passed, {self.owed.worth}"
        return f"{said}; optional: {self.optional.counted()}, {self.optional.worth}" if self.optional.number else said

    def __repr__(self) -> str:
        return self.as_text(_WIDE)

    def as_text(self, width: int) -> str:
        """The map as text, in lines of `width` columns where that can be; a narrow one lists fewer exercises."""
        width = max(width, 20)
        lines = self._wide() if width >= _NARROW else self._narrow(width)
        end = [_LEGEND, self.note, self._next_in_words()]
        return "\n".join(
            [*lines, *(line for text in end for line in textwrap.wrap(text, width, break_long_words=False))]
        )

    def _wide(self) -> Iterator[str]:
        yield self.headline
        for lesson in self.lessons:
            counted = f"{lesson.owed.counted()} passed"
            predicted = f"{lesson.predictions} predicted" if lesson.predictions else ""
            line = (
                f"{lesson.topic.number:02} {lesson.topic.title:<30}{counted:>15}{lesson.owed.worth:>19}{predicted:>13}"
            )
            yield line.rstrip()
            if self._is_open(lesson):
                room = max(len(step.name) for step in lesson.steps) + 2
                for step in lesson.steps:
                    sign = SIGNS[step.record.state]
                    yield f"   {sign:<3}{step.name:<{room}}{step.words:<16}{step.worth}"

    def _narrow(self, width: int) -> Iterator[str]:
        yield from textwrap.wrap(self.headline, width)
        for lesson in self.lessons:
            counted = f" {lesson.owed.passed}/{lesson.owed.number}"
            title = textwrap.shorten(
                f"{lesson.topic.number:02} {lesson.topic.title}", width - len(counted), placeholder="…"
            )
            yield title + counted
            if self._is_next(lesson):
                yield from (f"{SIGNS[step.record.state]:>4} {step.name}" for step in lesson.steps)

    def _is_next(self, lesson: Lesson) -> bool:
        return self.next is not None and self.next.topic == lesson.topic

    def _is_open(self, lesson: Lesson) -> bool:
        """Whether its exercises are of interest: it is next, or begun and not done."""
        states = {step.record.state for step in lesson.steps}
        return self._is_next(lesson) or states not in ({State.UNTOUCHED}, {State.DONE})

    def _next_in_words(self) -> str:
        if self.next is None:
            return "All is done."
        where = f"in {self.next.path}" if syllabus.in_course() else f"lesson {self.next.topic.number:02}"
        return f"Next: `{self.next.exercise}`, {where}"

    def _repr_html_(self) -> str:
        rows = "".join(self._row(lesson) for lesson in self.lessons)
        names = "Lesson", "Passed", "Exercises", "Points", "Predictions"
        head = "".join(f'<th scope="col" style="{_CELL}">{name}</th>' for name in names)
        note = f"<div>{html.escape(self.note)}</div>" if self.note else ""
        return (
            f'<div style="{_BOX}"><b>{self.headline}</b>{note}<div>{self._next_as_link()}</div>'
            f'<table style="{_TABLE}"><caption style="{_CAPTION}">The course: {_LEGEND}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _next_as_link(self) -> str:
        if self.next is None:
            return "All is done."
        place = self.next
        words = f"Next: <code>{place.exercise}</code>, lesson {place.topic.number:02}, {html.escape(place.topic.title)}"
        return _link(place.topic, place.fragment, words)

    def _row(self, lesson: Lesson) -> str:
        topic = lesson.topic
        title = _link(topic, "", html.escape(f"{topic.number:02} {topic.title}"))
        steps = "".join(
            f'<li><span aria-hidden="true">{SIGNS[step.record.state]}</span> <code>{step.name}</code>: '
            f"{step.words}, {step.worth}</li>"
            for step in lesson.steps
        )
        is_open = " open" if self._is_next(lesson) else ""
        signs = f'<span aria-hidden="true">{lesson.signs}</span>'
        exercises = (
            f'<details{is_open}><summary aria-label="the exercises of lesson {topic.number:02}">{signs}</summary>'
            f'<ul style="{_LIST}">{steps}</ul></details>'
        )
        points = lesson.owed.worth.removesuffix(" points")
        cells = lesson.owed.counted(), exercises, points, str(lesson.predictions or "")
        return (
            f'<tr><th scope="row" style="{_CELL};font-weight:normal">{title}</th>'
            + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
            + "</tr>"
        )


_BOX = f"{PAPER};padding:0.4em 0.9em;font-size:14px;line-height:1.5;max-width:60em"
_TABLE = "border-collapse:collapse;font-size:inherit;margin:0.5em 0"
_CAPTION = "text-align:left;color:inherit;padding:0.3em 0"
_CELL = (
    "text-align:left;vertical-align:top;padding:0.35em 0.9em 0.35em 0;color:inherit;background:inherit;max-width:none"
)
_LIST = "list-style:none;margin:0;padding:0.2em 0"


def _link(topic: syllabus.Topic, fragment: str, words: str) -> str:
    """The words, as a link that opens the lesson where there is one."""
    href = address(topic, fragment)
    return f'<a href="{html.escape(href)}" style="{LINK}">{words}</a>' if href else words


def progress() -> Progress:
    """Where you are in the course: what has passed, what was tried, and what comes next."""
    checks = memory.checks()
    found, answered = records(checks), predicted(memory.predictions())
    lessons = tuple(
        Lesson(
            topic,
            tuple(Step(each.name, each.maximum, found.get(each.name, NOTHING)) for each in topic.exercises),
            answered[topic.name],
        )
        for topic in syllabus.TOPICS
    )
    name = next_up([[step.name for step in lesson.steps] for lesson in lessons], checks)
    place = place_of(syllabus.find_exercise(name)[0], name) if name is not None else None
    return Progress(lessons, place, memory.why_not())
