"""The screen of `coursekit watch`: draws its pages, hands keys on. Only here is prompt_toolkit known.

Textual would be the usual choice. It is imported in 0.4 s where prompt_toolkit takes 0.2, so that the first screen
would come after more than 0.3 s; and it brings four packages along, where Jupyter has brought this one already.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.styles import Style

from coursekit.errors import CommandError
from coursekit.learning.watching import pages
from coursekit.learning.watching.checker import Checker
from coursekit.learning.watching.orders import Entry, Result
from coursekit.learning.watching.saves import Saves
from coursekit.learning.watching.session import Session, View

_STYLE = Style.from_dict(
    {"good": "bold ansigreen", "bad": "bold #d75f00", "quiet": "ansibrightblack", "strong": "bold", "chosen": "reverse"}
)
_NAMES = {Keys.Up: "up", Keys.Down: "down", Keys.Enter: "enter", Keys.Escape: "escape"}
_PAGES = {Keys.PageDown: 1, Keys.PageUp: -1}
_INTERRUPTED, _STOPPED = 128 + signal.SIGINT, 128 + signal.SIGTERM


def watch(file: Path, exercise: str) -> int:
    """Shows the screen until the learner quits; returns the exit code.

    Raises:
        CommandError: this is no terminal, or the process that checks cannot be begun.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError("`coursekit watch` needs a terminal to draw in. `coursekit check` works anywhere.")
    return asyncio.run(_Screen(file, exercise).run())


class _Screen:
    """One session on one terminal."""

    def __init__(self, file: Path, exercise: str) -> None:
        self._saves = Saves(file)
        self._checker = Checker(self._hear)
        self._session = Session(file, exercise, self._checker.order, self._saves.watch)
        self._scrolled = 0
        self._app: Application[int] = Application(
            layout=Layout(Window(FormattedTextControl(self._drawn, show_cursor=False))),
            key_bindings=self._bindings(),
            style=_STYLE,
            full_screen=True,
        )
        self._app.ttimeoutlen = 0.05  # Escape by itself is waited for so long

    async def run(self) -> int:
        """Draws, hears keys, saves and verdicts."""
        tasks = [asyncio.ensure_future(self._guarded(work)) for work in (self._begin, self._see_saves, self._tick)]
        with suppress(NotImplementedError):  # Windows has none
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._stop, _STOPPED)
        try:
            return await self._app.run_async(set_exception_handler=False)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """What goes wrong beside the screen ends the screen first, so that the terminal is as it was."""
        try:
            await work()
        except Exception as error:
            self._fail(error)

    def _stop(self, code: int) -> None:
        if self._app.is_running and not self._app.is_done:
            self._app.exit(result=code)

    def _fail(self, error: Exception) -> None:
        if self._app.is_running and not self._app.is_done:
            self._app.exit(exception=error)

    async def _begin(self) -> None:
        await asyncio.sleep(0.01)  # the first screen first
        self._session.begin()
        await self._checker.run()

    async def _see_saves(self) -> None:
        async for saved in self._saves:
            self._session.saved(saved)
            self._app.invalidate()

    async def _tick(self) -> None:
        """Says how long a check has run."""
        while True:
            await asyncio.sleep(1)
            if self._session.since is not None:
                self._app.invalidate()

    def _hear(self, answer: Result | list[Entry]) -> None:
        if isinstance(answer, Result):
            self._session.came(answer)
            self._scrolled = 0
        else:
            self._session.knows(answer)
        self._app.invalidate()

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        bindings.add(Keys.Any)(self._press)
        for key in (*_NAMES, *_PAGES):
            bindings.add(key)(self._press)
        bindings.add(Keys.ControlC)(lambda _: self._stop(_INTERRUPTED))
        return bindings

    def _press(self, event: KeyPressEvent) -> None:
        key = event.key_sequence[0].key
        try:
            if key in _PAGES:
                self._scrolled = max(
                    0, self._scrolled + _PAGES[Keys(key)] * max(1, self._app.output.get_size().rows // 2)
                )
                return
            if key in (Keys.Up, Keys.Down) and self._session.view is not View.LIST:
                self._scrolled = max(0, self._scrolled + (1 if key == Keys.Down else -1))
                return
            self._session.key(_NAMES[Keys(key)] if key in _NAMES else str(key))
        except Exception as error:
            self._fail(error)
            return
        if self._session.is_over:
            self._stop(0)

    def _drawn(self) -> StyleAndTextTuples:
        try:
            return self._page()
        except Exception as error:
            self._fail(error)
            return []

    def _page(self) -> StyleAndTextTuples:
        size = self._app.output.get_size()
        if size.columns < pages.NARROWEST or size.rows < pages.LOWEST:
            return [("", f"Too small: {pages.NARROWEST} by {pages.LOWEST} is needed.")]
        page = pages.page(self._session, size.columns - 1)
        room = size.rows - len(page.head) - len(page.foot) - 2
        most = max(0, len(page.body) - room)
        self._scrolled = min(self._scrolled, most)
        if page.focus and not self._scrolled <= page.focus < self._scrolled + room:
            self._scrolled = min(most, max(0, page.focus - room // 2))
        seen = page.body[self._scrolled : self._scrolled + room]
        more = len(page.body) - self._scrolled - len(seen)
        rule = "─" * (size.columns - 1)
        below = f"── {more} more line{'s' if more > 1 else ''}: ↓ " if more else ""
        lines = [
            *page.head,
            [("quiet", rule)],
            *seen,
            *([[]] * (room - len(seen))),
            [("quiet", below + rule[len(below) :])],
            *page.foot,
        ]
        drawn: StyleAndTextTuples = []
        for line in lines:
            drawn += [(f"class:{tone}" if tone else "", words) for tone, words in line]
            drawn.append(("", "\n"))
        return drawn[:-1]
