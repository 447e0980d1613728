"""Where a reader becomes a learner: links that open a lesson in a notebook that runs."""

from __future__ import annotations

import html
import re
import subprocess
from urllib.parse import quote

from coursekit.course.syllabus import ROOT, Topic
from coursekit.errors import CommandError

COURSE = "course.zip"  # the whole course, beside the site's first page
_BRANCH = "main"
_GITHUB = re.compile(r"(?:https://github\.com/|git@github\.com:)([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def repository(asked: str) -> str:
    """Where the course can be started, as OWNER/NAME on GitHub: what is asked for, or where the course's clone is from.

    Empty where the course is no clone of a repository on GitHub: pages then say how to start from a download.

    Raises:
        CommandError: what is asked for is no such name.
    """
    if asked and not _NAME.fullmatch(asked):
        raise CommandError(f"`{asked}` is no repository on GitHub: say its owner and its name, as in OWNER/NAME.")
    if asked:
        return asked
    try:
        command = ["git", "-C", str(ROOT), "remote", "get-url", "origin"]
        origin = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:  # there is no git
        return ""
    found = _GITHUB.fullmatch(origin)
    return found[1] if found else ""


def from_page(topic: Topic, repository: str) -> str:
    """What stands below a lesson's title."""
    path = f"notebooks/{topic.notebook.name}"
    links = [
        f'<a href="../{COURSE}" download>Download the course</a>',
        f'<a href="{topic.notebook.name}" download>Notebook</a>',
    ]
    if repository:
        at = f"https://colab.research.google.com/github/{repository}/blob/{_BRANCH}/{path}"
        links.append(_badge("Colab", at))
        links.append(
            _badge("Binder", f"https://mybinder.org/v2/gh/{repository}/{_BRANCH}?labpath={quote(path, safe='')}")
        )
        links.append(_badge("Codespaces", f"https://codespaces.new/{repository}?ref={_BRANCH}"))
    else:
        links.append(_badge("Colab", "https://colab.research.google.com/#create=true", " (upload the notebook there)"))
    items = "".join(f"<li>{link}</li>" for link in links)
    return f'<ul class="starting" aria-label="Start this lesson">{items}</ul>'


def _badge(name: str, address: str, more: str = "") -> str:
    return f'<a href="{html.escape(address, quote=True)}" rel="noopener">Open in {name}</a>{more}'
