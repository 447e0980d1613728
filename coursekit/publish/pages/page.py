"""What every page has: its frame, and strangers' text made harmless."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

from coursekit.classroom import gradefiles
from coursekit.text import visible

_CSS = Path(__file__).with_suffix(".css")
_MARK = '<meta name="generator" content="coursekit report">'


def page_name(learner: str) -> str:
    """The file of a learner's page."""
    return f"{gradefiles.file_name(learner)}.html"


def page(title: str, body: Iterable[str]) -> str:
    """A whole page around the HTML in `body`, which may run no script and load nothing."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"{_MARK}\n"
        f"<title>{text(title)}</title>\n<style>\n{_CSS.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def is_ours(path: Path) -> bool:
    """Whether a file is a page that was written here."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return _MARK in file.read(1_000)


def text(stranger: str) -> str:
    """A stranger's text as HTML."""
    return html.escape(visible(stranger))


def person(learner: str) -> str:
    """A name set apart, so that its reading order does not turn what stands beside it."""
    return f"<bdi>{text(learner) if learner.strip() else '(no name)'}</bdi>"


def count(number: int, noun: str) -> str:
    """`3 learners`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
