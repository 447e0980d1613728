"""Text from strangers, made fit to be shown: on a terminal, in a page, in a platform's file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

MAX_NAME = 120
MAX_FEEDBACK = 10_000  # more than any report of ours; what a stranger's exception adds to one is cut there
_READ = 1 << 16  # of a text that is cut, what stands behind so many characters is not looked at

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_JOINERS = "\u200c\u200d"  # invisible, and part of how names are written in Persian and in Indic scripts, and of emoji


def some(names: Sequence[str], between: str = ", ", most: int = 3) -> str:
    """The first few of a list of names, and how many more there are."""
    return between.join(names[:most]) + (f" and {len(names) - most} more" if names[most:] else "")


def visible(text: str, keep: str = "") -> str:
    r"""Text from a stranger, fit to be shown: what would steer a terminal or turn the reading order is an escape.

    Letters, signs and spaces of every script stay. Control characters, line ends, direction marks and half characters
    become what Python writes for them, such as `\x1b`.

    Args:
        text: any string.
        keep: characters to leave as they are, such as line ends.
    """
    return text if text.isprintable() else text.translate(_escapes(keep))


class _Shown(dict[int, str]):
    """What each character is shown as, looked up once: a megabyte of them takes as long as copying it."""

    def __init__(self, show: Callable[[str], str]) -> None:
        super().__init__()
        self._show = show

    def __missing__(self, code: int) -> str:
        self[code] = self._show(chr(code))
        return self[code]


@cache
def _escapes(keep: str) -> _Shown:
    return _Shown(lambda char: char if _is_harmless(char) or char in keep else _escape(char))


def _is_harmless(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()


# the same for what every reader is to see alike
_REPLACED = _Shown(lambda char: char if char.isprintable() or char in "\n\t" or char in _JOINERS else "\ufffd")


def clean(text: str, limit: int = MAX_FEEDBACK) -> str:
    """Text of which every reader sees the same: no terminal codes, control characters, marks of direction or halves.

    Each becomes a replacement character; line ends and tabs stay.

    Args:
        text: a stranger's words, or ours with theirs in them.
        limit: the number of characters after which it is cut.
    """
    text = _ANSI.sub("", text[:_READ]).replace("\r\n", "\n")
    if not text.isprintable():
        text = text.translate(_REPLACED)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_name(text: str) -> str:
    """The same on one line, for a name or a message."""
    return clean(" ".join(_ANSI.sub("", text[:_READ]).split()), MAX_NAME) or "(no name)"
