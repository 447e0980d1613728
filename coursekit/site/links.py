"""Where the links of a site lead: those within it to a file and a place of it; what a page loads is never elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = re.compile(r"""url\(\s*["']?((?:https?:)?//[^)"']+)|@import\s+["']?((?:https?:)?//[^"';]+)""")
_HINTS = {
    "canonical",
    "next",
    "prev",
    "search",
    "index",
    "author",
    "copyright",
    "help",
    "contents",
}  # <link>s not loaded


@dataclass
class Findings:
    """What was found.

    Attributes:
        faults: a sentence for each link that leads nowhere, and for each thing that is loaded from elsewhere.
        outside: the addresses elsewhere that pages link to; nobody asks whether they are there.
        count: how many links lead from one place of the site to another.
    """

    faults: list[str] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    count: int = 0


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.names.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a":
            self.links += [given["href"]] if "href" in given else []
        elif not _HINTS & set(given.get("rel", "").split()):
            self.loads += [given[name] for name in ("src", "href", "data", "poster") if name in given and tag != "use"]


def check(site: Path) -> Findings:
    """Follows all links of a site.

    Args:
        site: the folder of its pages.
    """
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = Findings()
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme in ("data", "mailto"):
                continue
            if parts.scheme or parts.netloc:
                found.outside.add(link)
                continue
            found.count += 1
            if not _leads_somewhere(path, parts.path, unquote(parts.fragment), pages):
                found.faults.append(f"{name}: the link {link} leads nowhere.")
        for load in page.loads:
            if urlsplit(load).scheme in ("http", "https") or load.startswith("//"):
                found.faults.append(f"{name} loads {load} from elsewhere.")
    found.faults += [
        f"{path.relative_to(site).as_posix()} loads {address} from elsewhere." for path, address in _styles(site)
    ]
    return found


def _leads_somewhere(page: Path, path: str, place: str, pages: dict[Path, _Page]) -> bool:
    target = (page.parent / unquote(path)).resolve() if path else page
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return False
    return not place or target not in pages or place in pages[target].names


def _styles(site: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(site.rglob("*.css")):
        for one, other in _LOADED.findall(path.read_text(encoding="utf-8")):
            yield path, one or other
