"""What a workshop sends, below `join` in a notebook: the exercise of the moment, questions, requests, cards.

A card is taken or left. Nothing of it runs, and nothing is written into a cell: whoever wants its code copies it.
"""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from coursekit.learning.feedback import prose
from coursekit.learning.joined import answers, http, membership, pace, posting
from coursekit.learning.joined.events import Answered, Consent, Taken
from coursekit.learning.joined.membership import Membership
from coursekit.text import visible

_BOX = (
    "background:var(--jp-layout-color1,#FFFFFF);color:var(--jp-content-font-color1,#22272E);"
    "border-left:4px solid #0072B2;padding:0.4em 0.9em;margin:0.2em 0;font-size:14px;line-height:1.5;max-width:60em"
)
_CODE = "white-space:pre-wrap;margin:0.4em 0;font-size:13px;color:inherit;background:transparent"
_AGAIN = (1.0, 2.0, 4.0, 8.0, 15.0)  # seconds until a stream that has broken off is asked for again


class Cards:
    """The box below `join`.

    Args:
        member: in which workshop.
        listens: whether to listen to it at once; a test tells the box itself.
    """

    def __init__(self, member: Membership, *, listens: bool = True) -> None:
        self._member = member
        self._shown: dict[str, Any] = {}
        self._now = widgets.HTML()
        self._question = widgets.VBox()
        self._cards = widgets.VBox()
        self._requests = widgets.VBox()
        self._asking: dict[int, Any] = {}  # the box of each request
        self._settled: set[int] = set()  # requests that were answered here
        self._there: dict[int, _Card] = {}
        self._dropped: set[int] = set()
        self._leave = widgets.Button(description="Leave the workshop", layout={"width": "auto"})
        self._leave.on_click(self._left)
        self.box = widgets.VBox([self._now, self._question, self._requests, self._cards, self._leave])
        if listens:
            threading.Thread(target=self._listen, name="coursekit cards", daemon=True).start()

    def show(self, room: dict[str, Any]) -> None:
        """Shows what the room is like now; what has not changed keeps what is typed in it."""
        for part, draw in (
            ("open", self._show_open),
            ("question", self._show_question),
            ("requests", self._show_requests),
            ("cards", self._show_cards),
        ):
            if room.get(part) != self._shown.get(part):
                draw(room.get(part))
        self._shown = room

    def over(self, says: str = "This workshop is over. What you have written stays yours.") -> None:
        """Says that nothing more comes."""
        pace.keep("")
        self._now.value = _styled(says)
        self._question.children = self._requests.children = self._cards.children = ()
        self._leave.layout.display = "none"

    # ---- what comes from the workshop ----------------------------------------------------------------------------

    def _listen(self) -> None:
        broken = 0
        while membership.read() == self._member:
            try:
                for room in http.listen(self._member.address, "/api/room", self._member.token):
                    if room is None:
                        self.over()
                        return
                    broken = 0
                    self.show(room)
            except OSError:  # no network, or the server starts again: it is asked again
                time.sleep(_AGAIN[min(broken, len(_AGAIN) - 1)])
                broken += 1

    def _show_open(self, found: Any) -> None:
        says = ""
        pace.keep(str(found.get("exercise")) if isinstance(found, dict) else "")
        if isinstance(found, dict):
            until = found.get("until")
            clock = f", until {time.strftime('%H:%M', time.localtime(until))}" if _is_time(until) else ""
            says = f"Now: write `{found.get('exercise')}`{clock}."
        self._now.value = _styled(says) if says else ""

    def _show_question(self, found: Any) -> None:
        if not isinstance(found, dict):
            self._question.children = ()
            return
        choices = [str(each) for each in found.get("choices") or []]
        again = "Once more, after the discussion: " if found.get("round") == 2 else "A question to the room: "
        answer: Any = (
            widgets.RadioButtons(options=choices, value=None, tooltip="Your answer", layout={"width": "auto"})
            if choices
            else widgets.Text(tooltip="Your answer", continuous_update=False)
        )
        send, said = widgets.Button(description="Send"), widgets.HTML()

        def sent(_button: object) -> None:
            if not answer.value or not str(answer.value).strip():
                said.value = _styled("Choose an answer first." if choices else "Write an answer first.")
                return
            posting.post(Answered(int(found["id"]), int(found["round"]), str(answer.value).strip()[:200]))
            said.value = _styled(f"You said: {answer.value}. Until the discussion begins you may send another.")

        send.on_click(sent)
        self._question.children = (widgets.HTML(_styled(again + str(found.get("text")))), answer, send, said)

    def _show_requests(self, found: Any) -> None:
        """A request with the answer that would be shown; where that is not here any more, it is declined."""
        asked = {each["id"]: each for each in found or [] if isinstance(each, dict) and isinstance(each.get("id"), int)}
        self._asking = {number: box for number, box in self._asking.items() if number in asked}
        for number in sorted(asked.keys() - self._asking.keys() - self._settled):
            exercise, holding = str(asked[number].get("exercise")), str(asked[number].get("holding"))
            if code := answers.read(exercise, holding):
                self._asking[number] = self._request(number, exercise, code)
            else:
                self._settle(number, "")
        self._requests.children = tuple(self._asking.values())

    def _request(self, number: int, exercise: str, code: str) -> Any:
        says = (
            f"May the room see your answer to `{exercise}`, to talk about it? Your name is not shown with it. If you "
            "say yes, exactly this is sent and shown, comments too. If you say no, nothing of it is sent."
        )
        yes, no = (widgets.Button(description=each) for each in ("Yes, show it", "No"))
        yes.on_click(lambda _button: self._settle(number, code))
        no.on_click(lambda _button: self._settle(number, ""))
        said = widgets.HTML(_styled(says, _preformatted(code), role="status"))
        return widgets.VBox([said, widgets.HBox([yes, no])])

    def _settle(self, number: int, code: str) -> None:
        """Answers a request: with the code that may be shown, or with none. A second click says nothing more."""
        if number not in self._settled:
            self._settled.add(number)
            posting.post(Consent(number, bool(code), code))
        self._asking.pop(number, None)
        self._requests.children = tuple(self._asking.values())

    def _show_cards(self, found: Any) -> None:
        cards = [each for each in found or [] if isinstance(each, dict) and isinstance(each.get("id"), int)]
        cards = [each for each in cards if each["id"] not in self._dropped]  # the server may not know of it yet
        self._there = {
            each["id"]: self._there.get(each["id"])
            or _Card(each["id"], str(each.get("text")), str(each.get("code") or ""), self._drop)
            for each in cards
        }
        self._cards.children = tuple(card.box for card in self._there.values())

    def _drop(self, number: int) -> None:
        self._dropped.add(number)
        del self._there[number]
        self._cards.children = tuple(card.box for card in self._there.values())

    def _left(self, _button: object) -> None:
        membership.leave()
        self.over("You have left the workshop. Nothing more is posted.")


class _Card:
    """A sentence, the code that it offers once it is taken, and the two buttons."""

    def __init__(self, number: int, text: str, code: str, drop: Callable[[int], None]) -> None:
        self._number, self._text, self._code, self._drop = number, text, code, drop
        self._said = widgets.HTML(_styled(text, role="status"))
        take = widgets.Button(description="Show the code" if code else "Got it")
        leave = widgets.Button(description="Leave it")
        take.on_click(self._take)
        leave.on_click(self._leave)
        self._buttons = widgets.HBox([take, leave])
        self.box = widgets.VBox([self._said, self._buttons])

    def _take(self, _button: object) -> None:
        posting.post(Taken(self._number, True))
        self._buttons.layout.display = "none"
        if self._code:
            copied = "To try it, copy it into a cell. Nothing of it has run."
            self._said.value = _styled(self._text, f"{_preformatted(self._code)}<div>{copied}</div>")

    def _leave(self, _button: object) -> None:
        posting.post(Taken(self._number, False))
        self._drop(self._number)


def _preformatted(code: str) -> str:
    shown = html.escape(visible(code, keep="\n\t"))
    return f'<pre style="{_CODE}">{shown}</pre>'


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value < 1e11


def _styled(says: str, after: str = "", role: str = "") -> str:
    spoken = f' role="{role}"' if role else ""
    return f'<div style="{_BOX}"{spoken}>{prose(says)}{after}</div>'
