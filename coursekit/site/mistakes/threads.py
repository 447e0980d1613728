"""Where a mistake was seen in public: issues and pull requests in which somebody makes it, or discusses it.

By the codes of the collection from before the course (`tests/catalogue.py` says how it came about), which mistakes
name as `covers`. `docs/threads.json` holds the links; `more` counts further threads of which no link was kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from coursekit.course import syllabus

_FILE = "docs/threads.json"


@dataclass(frozen=True)
class Threads:
    """Of one or several codes.

    Attributes:
        links: `owner/repository#number`, each once.
        more: how many besides.
    """

    links: tuple[str, ...] = ()
    more: int = 0

    def __len__(self) -> int:
        return len(self.links) + self.more


@cache
def by_code() -> dict[str, Threads]:
    """The threads of each code that has any."""
    kept = json.loads((syllabus.ROOT / _FILE).read_text(encoding="utf-8"))
    return {code: Threads(tuple(found["threads"]), found["more"]) for code, found in kept.items()}


def of(codes: str) -> Threads:
    """The threads of all these codes, such as "HE2 HE4"."""
    found = [by_code()[code] for code in codes.split() if code in by_code()]
    links = dict.fromkeys(link for each in found for link in each.links)
    return Threads(tuple(links), sum(each.more for each in found))


def address(link: str) -> str:
    """Of a thread; of a pull request it leads on."""
    repository, _, number = link.partition("#")
    return f"https://github.com/{repository}/issues/{number}"
