"""An explorable as text: its module with what all share above it, its box on a page, and a page without a kernel.

The modules lie in `js/`, one file each, with no build step. A browser takes no import between files of a page that was
opened from a disk, so the shared file is put above a module's own text wherever the module is used.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"

RUN = "Run this cell to move it."  # what is said of a picture that stands without its script
_LONG = 4000  # characters of a state, from which on it is packed

_IMPORTS = re.compile(r'^import \{[^}]*\} from "\./kit\.js";\n', re.MULTILINE)
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title></head>
<body>
{body}
</body></html>
"""


def kinds() -> list[str]:
    """The names of all explorables with a module of their own, of which a picture is kept for each state in a lesson.

    A chart's picture is drawn when its cell runs, by the lesson's own function.
    """
    return sorted(path.stem for path in (HERE / "js").glob("*.js") if path.stem not in ("kit", "chart"))


@cache
def module(kind: str) -> str:
    """One ES module that needs no other file and no network."""
    return _kit() + _own(kind)


def script(*kinds: str) -> str:
    """The element that brings every picture of these kinds on its page to life; what they share stands in it once."""
    parts = [_kit()]
    for kind in kinds:
        own = _own(kind).replace("export default ", "const shown = ")
        parts.append(f'{{\n{own}\nenliven("{kind}", shown);\n}}')
    return '<script type="module">\n{}\n</script>'.format("\n".join(parts))


@cache
def _kit() -> str:
    return re.sub(r"(?m)^export ", "", (HERE / "js" / "kit.js").read_text(encoding="utf-8"))


@cache
def _own(kind: str) -> str:
    return _IMPORTS.sub("", (HERE / "js" / f"{kind}.js").read_text(encoding="utf-8"))


def box(kind: str, state: dict[str, Any], key: str = "", picture: str = "") -> str:
    """What stands on a page: a picture of the state with its words, or, where none was drawn, words alone.

    Args:
        kind: the explorable's name.
        state: what it shows, as JSON knows it.
        key: the name of the kernel's model, where there is a kernel.
        picture: an `<img>` with alt text, where it is not one of those that are kept.
    """
    model = f' data-model="{key}"' if key else ""
    attributes = f"data-explorable=\"{kind}\"{model} data-state='{packed(state)}'"
    return f"<div {attributes}>{_shown(kind, state, picture)}</div>"


def packed(state: dict[str, Any]) -> str:
    """A state as an attribute in single quotes: JSON, or, of a long one, its gzip in base64."""
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":"))
    if len(text) > _LONG:
        return "gzip:" + base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return html.escape(text, quote=False).replace("'", "&#x27;")  # JSON is full of quotes that may stay what they are


def unpacked(attribute: str) -> dict[str, Any]:
    """The state of which `packed` made an attribute."""
    if attribute.startswith("gzip:"):
        attribute = gzip.decompress(base64.b64decode(attribute.removeprefix("gzip:"))).decode()
    state: dict[str, Any] = json.loads(html.unescape(attribute))
    return state


def page(*fragments: str, title: str = "Explorables") -> str:
    """A whole page that needs neither kernel nor network, of what `Explorable.html` returns."""
    return _PAGE.format(title=html.escape(title), body="\n".join(fragments))


def picture(kind: str, state: dict[str, Any]) -> Path:
    """Where the picture of a state is kept; its words lie beside it, as .txt."""
    drawn = hashlib.sha256(json.dumps(_steady(state), sort_keys=True).encode()).hexdigest()[:12]
    return PICTURES / f"{kind}-{drawn}.png"


def _steady(state: Any) -> Any:
    """A state without the last digits of its numbers, in which two machines may differ."""
    if isinstance(state, dict):
        return {name: _steady(value) for name, value in state.items()}
    if isinstance(state, list | tuple):
        return [_steady(value) for value in state]
    return f"{state:.5g}" if isinstance(state, float) else state


def words(kind: str, state: dict[str, Any]) -> str:
    """What is seen, as the module says it; of a state that is not shipped, what it is."""
    said = picture(kind, state).with_suffix(".txt")
    if said.exists():
        return said.read_text(encoding="utf-8").strip()
    values = ", ".join(f"{name} = {value}" for name, value in state.items())
    return f"{kind.replace('_', ' ').capitalize()} of {values}."


def _shown(kind: str, state: dict[str, Any], image: str) -> str:
    drawn, said = picture(kind, state), words(kind, state)
    if not image and not drawn.exists():
        image = f"<p>{html.escape(said)}</p>"
    elif not image:
        data = base64.b64encode(drawn.read_bytes()).decode()
        image = f'<img width="640" alt="{html.escape(said, quote=True)}" src="data:image/png;base64,{data}">'
    return f"{image}<div><em>{RUN}</em></div>"
