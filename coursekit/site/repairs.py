"""What in HTML that is not ours keeps readers up who hear a page, see it on a telephone, or wait for it."""

from __future__ import annotations

import re
from typing import Any

# Most words of code have the colour of all text: a third of a lesson's elements would say so
_PLAIN_CODE = re.compile(r'<span class="(?:n|p|w)">([^<]*)</span>')
_REPAIRS = (
    ('class="caption" role="heading">', 'class="caption" role="heading" aria-level="2">'),
    (
        '<div class="highlight"><pre>',
        '<div class="highlight"><pre tabindex="0">',
    ),  # what is scrolled can have the focus
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),  # as above, on a telephone
    ('<th class="head"></th>', "<td></td>"),  # a heading that says nothing
    ('<th class="head"><p></p></th>', "<td></td>"),
)


def _repair(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    for part in ("body", "furo_navigation_tree"):
        text = context.get(part)
        if isinstance(text, str):
            for wrong, right in _REPAIRS:
                text = text.replace(wrong, right)
            context[part] = _PLAIN_CODE.sub(r"\1", text)


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.connect("html-page-context", _repair, priority=900)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
