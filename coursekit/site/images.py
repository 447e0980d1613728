"""Pictures that stand inside of HTML as base64: on a page they are files, which a browser loads when they are seen."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

_SOURCE = re.compile(r'<img (?P<before>[^>]*)src="data:image/png;base64,(?P<data>[^"]*)"')


def as_files(html: str, folder: Path) -> str:
    """The HTML with each of its pictures as a file, and the room on the page that it will take.

    Args:
        html: what a cell has shown.
        folder: where the files go; the page lies beside it.
    """

    def stored(found: re.Match[str]) -> str:
        png = base64.b64decode(found["data"])
        name = f"{hashlib.sha256(png).hexdigest()[:12]}.png"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png)
        wide, tall = size(png)
        return (
            f'<img {found["before"]}src="{folder.name}/{name}" loading="lazy" decoding="async" '
            f'style="aspect-ratio: {wide} / {tall}"'
        )

    return _SOURCE.sub(stored, html)


def size(png: bytes) -> tuple[int, int]:
    """How wide and how high a PNG is, in its own pixels: they stand at the same place in every one."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
