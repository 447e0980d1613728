"""What a reader who hears a page, or sees it on a telephone, would stumble over in HTML that is not ours."""

from __future__ import annotations

from typing import Any

_REPAIRS = (
    ('class="caption" role="heading">', 'class="caption" role="heading" aria-level="2">'),
    (
        '<div class="highlight"><pre>',
        '<div class="highlight"><pre tabindex="0">',
    ),  # what is scrolled can have the focus
    ('<th class="head"></th>', "<td></td>"),  # a heading that says nothing
    ('<th class="head"><p></p></th>', "<td></td>"),
)


def _repair(_app: Any, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    for part in ("body", "furo_navigation_tree"):
        text = context.get(part)
        if isinstance(text, str):
            for wrong, right in _REPAIRS:
                text = text.replace(wrong, right)
            context[part] = text


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.connect("html-page-context", _repair, priority=900)  # after the theme
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
