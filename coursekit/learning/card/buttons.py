"""Hint, next hint and solution at a click, below the card. Only where a kernel runs: there is somebody to ask.

Why ipywidgets: it works in JupyterLab, VS Code and Colab without anything to install (JupyterLab is tested; for the
other two their documentation says so). A click is answered in the kernel, so that what was read is remembered, and the
solution is in no page before somebody has asked for it twice. An HTML `<details>` could do neither.

Why the buttons are an output of their own, which holds a widget and nothing else: JupyterLab shows a saved widget whose
kernel is gone as "Error displaying widget", and never the HTML that is stored beside it. So the card itself is HTML and
stays, and its style hides what is left of the buttons. The card's last line says what to run in their place. `freeze`
does not store them, and nbval does not look at them.
"""

from __future__ import annotations

import html
from collections.abc import Callable

import ipywidgets as widgets
from IPython.display import display

from coursekit.exercise import Exercise
from coursekit.learning import memory
from coursekit.learning.feedback import CODE, PAPER, prose

_BOX = f"{PAPER};padding:0.4em 0.9em;font-size:14px;line-height:1.5;max-width:60em"
_CODE = f"{CODE};padding:0.6em;white-space:pre-wrap;word-break:normal;font-size:12px;line-height:1.4"


class Buttons:
    """The buttons of one card.

    Args:
        exercise: what was checked.
        is_solved: whether it has passed, so that the solution needs no second thought.
        answer: gives the course's own answer.
    """

    def __init__(self, exercise: Exercise, is_solved: bool, answer: Callable[[], str]) -> None:
        self._exercise = exercise
        self._is_solved = is_solved
        self._answer = answer
        self._hints: list[str] = []  # shown
        self._solution = ""  # shown
        self.hint = widgets.Button(description=self._offer())
        self.solution = widgets.Button(description="Solution")
        self.sure = widgets.Button(description="Show the solution")
        self.not_yet = widgets.Button(description="Not yet")
        self.said = widgets.HTML()
        self._buttons = widgets.HBox([self.hint, self.solution])
        self._question = widgets.HBox([self.sure, self.not_yet])
        self.row = widgets.VBox([self._buttons, self.said])
        self.row.add_class("coursekit-help")
        self.hint.on_click(self._show_hint)
        self.solution.on_click(self._show_solution if is_solved else self._ask)
        self.sure.on_click(self._show_solution)
        self.not_yet.on_click(self._take_back)

    def show(self) -> None:
        """Displays them: the widget alone, without words that a page would show in its place."""
        bundle = self.row._repr_mimebundle_()
        bundle.pop("text/plain")
        display(bundle, raw=True)  # type: ignore[no-untyped-call]

    def _offer(self) -> str:
        """What the first button says."""
        number, step = len(self._exercise.hints), memory.next_hint(self._exercise.name)
        if step > number:
            return "Hints again" if number > 1 else "Hint again"
        return f"{'Hint' if step == 1 else 'Next hint'} ({step} of {number})"

    def _show_hint(self, _: widgets.Button) -> None:
        hints = self._exercise.hints
        step = min(max(memory.next_hint(self._exercise.name), len(self._hints) + 1), len(hints))
        memory.read_hint(self._exercise.name, step)
        self._hints = [f"Hint {number} of {len(hints)}. {hints[number - 1]}" for number in range(1, step + 1)]
        self.hint.description = f"Next hint ({step + 1} of {len(hints)})"
        if step == len(hints):
            self.hint.description, self.hint.disabled = "No more hints", True
            self.solution.focus()  # a button that is off has no focus, and a keyboard would be back at the top
        self._say(self._hints[-1])

    def _ask(self, _: widgets.Button) -> None:
        unread = len(self._exercise.hints) - len(self._hints)
        hints = f", and {unread} of its hints {'is' if unread == 1 else 'are'} not shown yet" if unread else ""
        self.row.children = (self._buttons, self.said, self._question)
        self._say(f"`{self._exercise.name}` has not passed yet{hints}. Show the solution all the same?")

    def _take_back(self, _: widgets.Button) -> None:
        self.row.children = (self._buttons, self.said)
        self._say("")
        self.solution.focus()

    def _show_solution(self, _: widgets.Button) -> None:
        self._solution = self._answer()
        self.row.children = (self._buttons, self.said)
        self.solution.disabled = True
        self._say("The course's own answer:")
        self.hint.focus()

    def _say(self, latest: str) -> None:
        """Shows all that was asked for; a screen reader is told the latest."""
        before = [hint for hint in self._hints if hint != latest]
        lines = [*(f"<div>{prose(hint)}</div>" for hint in before)]
        lines.append(f'<div role="status" aria-live="polite">{prose(latest)}</div>')
        if self._solution:
            lines.append(f'<pre tabindex="0" style="{_CODE}">{html.escape(self._solution.rstrip())}</pre>')
        self.said.value = f'<div style="{_BOX}">{"".join(lines)}</div>' if latest or before or self._solution else ""
