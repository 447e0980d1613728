"""What every page has: its frame, and strangers' text made harmless."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

from coursekit.classroom import gradefiles
from coursekit.text import visible

_HERE = Path(__file__).parent
_MARK = '<meta name="generator" content="coursekit report">'
_IN_SIGHT = 8  # names that a list shows before it is folded
_LONGEST = 60  # characters of a name

# What Canvas and Moodle call a download: annlee_LATE_4321_98765_kl.py, Ann Lee_4321_assignsubmission_file_kl.py
_DOWNLOADS = (
    re.compile(r"(?P<name>[^_]+)_(?P<late>late_)?(?P<number>\d+)_\d+_", re.IGNORECASE),
    re.compile(r"(?P<name>.+?)_(?P<late>)(?P<number>\d+)_assignsubmission_", re.DOTALL),
)


def page_name(learner: str) -> str:
    """The file of a learner's page."""
    return f"{gradefiles.file_name(learner)}.html"


def page(title: str, body: Iterable[str], *, script: str = "") -> str:
    """A whole page around the HTML in `body`, which may load nothing.

    Args:
        title: what the browser calls it.
        body: what stands on it, a piece of HTML each.
        script: the file in this folder whose script it runs; no other script can run, wherever it came from.
    """
    code = _file(script) if script else ""
    allowed = f"; script-src 'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'"
        f'{allowed if code else ""}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"{_MARK}\n"
        f"<title>{text(title)}</title>\n<style>\n{_file('page.css')}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + (f"\n<script>{code}</script>" if code else "")
        + "\n</body>\n</html>\n"
    )


@cache
def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


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


def folded(items: Sequence[str], summary: str) -> str:
    """A few pieces of HTML in a row; of more than a few all, to be unfolded."""
    row = ", ".join(items)
    return row if len(items) <= _IN_SIGHT else f"<details><summary>{summary}</summary>{row}</details>"


class People:
    """What the learners of a class are called on a page.

    What a platform has written around a name is left out where what is left tells them apart.

    Args:
        learners: all of them.
    """

    def __init__(self, learners: Collection[str]) -> None:
        self._names = dict(zip(learners, learners, strict=True))
        for shorten in (_with_number, _name_alone):  # the shorter one counts, where nobody else has it
            shorter = {learner: shorten(learner) for learner in learners}
            claims = Counter(shorter.values())
            self._names |= {learner: name for learner, name in shorter.items() if claims[name] == 1}

    def name(self, learner: str) -> str:
        """The learner's name as HTML."""
        name = self._names.get(learner, learner)
        shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        return person(shown) + (" <small>late</small>" if _is_late(learner) else "")

    def link(self, learner: str) -> str:
        """The name with a link to the learner's page, and in whole where it is not so already."""
        whole = f' title="{text(learner)}"' if self._names.get(learner) != learner else ""
        return f'<a href="learners/{quote(page_name(learner))}"{whole}>{self.name(learner)}</a>'

    def links(self, learners: Sequence[str]) -> str:
        """The names of these, with links; all of them, folded where they are many."""
        return folded([self.link(learner) for learner in learners], count(len(learners), "learner"))


def _download(learner: str) -> re.Match[str] | None:
    return next(filter(None, (pattern.match(learner) for pattern in _DOWNLOADS)), None)


def _with_number(learner: str) -> str:
    found = _download(learner)
    return f"{found['name']} ({found['number']})" if found else learner


def _name_alone(learner: str) -> str:
    found = _download(learner)
    return found["name"] if found else learner


def _is_late(learner: str) -> bool:
    found = _download(learner)
    return bool(found and found["late"])
