"""A question to answer before the lesson does. What a learner commits to is remembered, and counts for nothing."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import ipywidgets as widgets

from coursekit import machine
from coursekit.learning import memory
from coursekit.learning.feedback import PAPER, prose
from coursekit.learning.joined import posting
from coursekit.learning.joined.events import Predicted
from coursekit.learning.memory import Prediction

_ID = re.compile(r"([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)")
_RUN = "Run this cell to answer."
_ANOTHER_MINUS = str.maketrans("−–", "--")


class Question:
    """What `predict` gives back: shows itself as a small form, or, where no kernel runs, as text.

    Attributes:
        lesson: the lesson that asks.
        name: the question's name in that lesson.
        text: what is asked.
        choices: what may be answered; empty where a number is asked for.
        right: the right answer, one of the choices or a number.
        near: how far from the right number an answer may be that holds.
        why: the explanation.
    """

    def __init__(
        self, id: str, text: str, choices: Sequence[str], right: str | float, near: float | None, why: str
    ) -> None:
        self.lesson, self.name = _parts(id)
        self.text, self.choices, self.why = text, tuple(choices), why
        self.near = 0.0 if near is None else near
        self.right: str | float
        if choices:
            self.right = str(right)
            if near is not None or len(set(choices)) < max(2, len(choices)) or self.right not in choices:
                raise ValueError(
                    f"{id}: the right answer, {self.right!r}, has to be one of two or more choices, all of them "
                    "different. `near` is for numbers."
                )
        else:
            self.right = float(right)
            if near is None or not (math.isfinite(self.right) and 0 <= near < math.inf):
                raise ValueError(f"{id}: a number needs `near`, how far off an answer may be; both have to be finite.")

    def __repr__(self) -> str:
        return "\n".join([f"Predict: {self.text}", *(f"  ○ {each}" for each in self._offers()), _RUN])

    def _ipython_display_(self) -> None:
        """The text, its answer folded, and the form below it, whose style hides the text.

        JupyterLab shows a saved form whose kernel is gone as an error, and never the text that is stored beside it: so
        they are two outputs, and the text's style hides the error. `freeze` does not store the form.
        """
        from IPython import get_ipython
        from IPython.display import display

        text = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        form: dict[str, Any] = {}
        if getattr(get_ipython(), "kernel", None):
            form = _Form(self).box._repr_mimebundle_()
            form.pop("text/plain")
        if form and not machine.needs_view():
            display(text, raw=True)  # type: ignore[no-untyped-call]
            display(form, raw=True)  # type: ignore[no-untyped-call]
        else:
            display({**form, **text}, raw=True)  # type: ignore[no-untyped-call]

    def _repr_html_(self) -> str:
        offers = "".join(f"<li>{html.escape(each)}</li>" for each in self._offers())
        return (
            f'<div class="coursekit-question {self._mark}" style="{_BOX}">{_STYLE}'
            f'{_asked(self)}<ul style="{_LIST}">{offers}</ul><div>{_RUN}</div>'
            f"<details><summary>Answer</summary><b>{html.escape(self._right_in_words)}.</b> {prose(self.why)}</details>"
            "</div>"
        )

    @property
    def _mark(self) -> str:
        """The class by which a form finds the text that it stands for."""
        return f"coursekit-{self.lesson}-{self.name}"

    def _offers(self) -> Iterator[str]:
        """What may be answered, one a line."""
        yield from self.choices
        if not self.choices:
            yield f"a number: {self._how_near}"

    @property
    def _how_near(self) -> str:
        return f"within {self.near:g} is near enough" if self.near else "it has to be exact"

    @property
    def _right_in_words(self) -> str:
        return self.right if isinstance(self.right, str) else f"{self.right:.4g}"

    def before(self) -> str | None:
        """What was answered last, as it was given; None if nothing was."""
        asked = (self.lesson, self.name)
        found = (each.choice for each in reversed(memory.predictions()) if (each.lesson, each.question) == asked)
        return next(found, None)

    def commit(self, answer: str | float) -> tuple[str, ...]:
        """Commits to an answer and remembers it.

        Args:
            answer: one of the choices, or a number.

        Returns:
            What to say: whether it holds, why, and, where that is so, that it could not be remembered.

        Raises:
            ValueError: the answer is none of the choices, or no number; nothing is remembered.
        """
        choice, holds = self._judged(answer)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        said = memory.remember(Prediction(now, self.lesson, self.name, choice, holds))
        posting.post(Predicted(self.lesson, self.name, choice[:200], holds))
        near = f" ({self._how_near})" if not self.choices and self.near else ""
        verdict = f"{'That holds' if holds else 'Not so'}. The answer: {self._right_in_words}{near}."
        return (f"You said: {choice}.", verdict, self.why, *([said] if said else []))

    def _judged(self, answer: str | float) -> tuple[str, bool]:
        """The answer in the words that are remembered, and whether it holds."""
        if self.choices:
            if answer not in self.choices:
                raise ValueError(f"`{answer}` is none of the choices. There are: {', '.join(self.choices)}.")
            return str(answer), answer == self.right
        number = _number(answer)
        assert isinstance(self.right, float)
        return f"{number:.6g}", abs(number - self.right) <= self.near * (1 + 1e-9)  # 0.3 is within 0.1 of 0.2


def predict(
    question: str,
    choices: Sequence[str] = (),
    *,
    id: str,
    right: str | float,
    why: str,
    near: float | None = None,
) -> Question:
    """Asks a question whose answer the lesson is about to give.

    The cell that asks keeps its source folded, as the answer stands there.

    Args:
        question: what is asked; `backticks` make code.
        choices: the answers to choose from. Without them, a number is asked for.
        id: the lesson's name and the question's own, as in `objective/mean_of_means`. Answers are remembered by it,
            so it stays when the words change.
        right: the right answer, computed wherever that can be: one of the choices, or a number.
        why: the explanation, shown with the right answer.
        near: how far from the right number an answer may be; 0 if it has to be exact.

    Raises:
        ValueError: the question cannot be asked so: the right answer is none of the choices, and the like.
    """
    return Question(id, question, choices, right, near, why)


def _parts(id: str) -> tuple[str, str]:
    parts = _ID.fullmatch(id)
    if parts is None:
        raise ValueError(f"{id!r}: an id is the lesson's name and the question's own, as in `objective/mean_of_means`.")
    return parts[1], parts[2]


def _number(answer: str | float) -> float:
    """What a learner has typed, as a number.

    Raises:
        ValueError: it is none.
    """
    text = str(answer).translate(_ANOTHER_MINUS).strip()
    if not text:
        raise ValueError("Write a number first.")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        point = " Write the decimal point as a point." if "," in text else ""
        raise ValueError(f"`{text}` is no number that can be compared. Write one such as 0.25 or 1e6.{point}")
    return number


_BOX = (
    f"{PAPER};border-left:4px solid #0072B2;padding:0.4em 0.9em;margin:0.2em 0;font-size:14px;line-height:1.5;"
    "max-width:60em"
)
# What JupyterLab writes where a form was that is gone: words alone
_STYLE = (
    "<style>.jp-OutputArea-child:has(.coursekit-question)+.jp-OutputArea-child .jp-OutputArea-output:not(:has(*))"
    "{display:none}</style>"
)
# Choices as far apart as a finger is wide (WCAG 2.2, 2.5.8)
_APART = ".coursekit-predict .widget-radio-box label{min-height:26px;margin:0}"
_LIST = "margin:0.2em 0;padding-left:1.4em"


def _asked(question: Question) -> str:
    return f"<div><b>Predict:</b> {prose(question.text)}</div>"


class _Form:
    """The question, what to choose from or to write in, a button, and below it what comes of it."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._said = widgets.HTML()
        self._answer: Any
        if question.choices:
            layout = {"width": "auto", "margin": "0.2em 0 0.2em 1em"}
            self._answer = widgets.RadioButtons(
                options=question.choices, value=None, tooltip="Your answer", layout=layout
            )
        else:
            # sent as a whole once the button is pressed: letters that are sent one by one may arrive behind the press
            self._answer = widgets.Text(
                description="Number:", placeholder=question._how_near, tooltip="Your number", continuous_update=False
            )
        self._button = widgets.Button(description="Commit", tooltip="Commit to this answer")
        self._button.on_click(self._commit)
        if question.choices:
            self._button.disabled = True
            self._answer.observe(self._chosen, names="value")
        before = question.before()
        if before is not None:
            self._said.value = _lines(f"Last time you said: {before}.")
        instead = f"<style>.jp-OutputArea-child:has(.{question._mark}){{display:none}}{_APART}</style>"
        asked = widgets.HTML(instead + _styled(_asked(question)))
        self.box = widgets.VBox([asked, self._answer, self._button, self._said])
        self.box.add_class("coursekit-predict")

    def _chosen(self, _change: object) -> None:
        self._button.disabled = False

    def _commit(self, _button: object) -> None:
        try:
            said = self.question.commit(self._answer.value)
        except ValueError as error:
            self._said.value = _lines(str(error))
            return
        self._answer.disabled = True
        self._button.layout.display = "none"
        self._said.value = _lines(*said)


def _lines(*said: str) -> str:
    """What is said, each sentence on a line; a screen reader reads it out as it comes."""
    return _styled("".join(f"<div>{prose(line)}</div>" for line in said), role="alert")


def _styled(content: str, role: str = "") -> str:
    spoken = f' role="{role}"' if role else ""
    return f'<div style="{_BOX}"{spoken}>{content}</div>'
