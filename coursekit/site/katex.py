"""Formulas: all of the site in one process of KaTeX's, before pages are written. They need no script on a page."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util import logging

from coursekit.errors import CommandError

KATEX = Path(sys.prefix) / "node_modules" / "katex"
_NEEDED = "Formulas are drawn by KaTeX, which is not installed here: `python3 start.py site` brings it."
_SCRIPT = """
const katex = require(process.argv[1]);
const drawn = JSON.parse(require("fs").readFileSync(0, "utf8")).map(([tex, displayMode]) => {
  try { return [katex.renderToString(tex, { displayMode, throwOnError: true, strict: "ignore" }), null]; }
  catch (error) { return [null, String(error)]; }
});
process.stdout.write(JSON.stringify(drawn));
"""
_LONG = 60  # characters of a formula that may be wider than a narrow page, and is scrolled there

_JOINED = "&#8288;"  # no line begins with the full stop behind a formula

_log = logging.getLogger(__name__)


def node() -> str:
    """The program that runs KaTeX: the environment's own, or the system's.

    Raises:
        CommandError: it is not there, or KaTeX is not.
    """
    beside = Path(sys.executable).parent
    found = shutil.which("node", path=str(beside)) or shutil.which("node")
    if found is None or not KATEX.is_dir():
        raise CommandError(_NEEDED)
    return found


def styles(folder: Path) -> None:
    """Puts KaTeX's style sheet and fonts into a folder."""
    (folder / "fonts").mkdir(parents=True, exist_ok=True)
    shutil.copy(KATEX / "dist" / "katex.min.css", folder)
    for font in (KATEX / "dist" / "fonts").glob("*.woff2"):
        shutil.copy(font, folder / "fonts")


def _key(formula: Any) -> tuple[str, bool]:
    return formula.astext(), isinstance(formula, nodes.math_block)


def _draw(app: Any, env: Any) -> None:
    """Draws the formulas of all pages that were read since the last time."""
    kept = Path(app.doctreedir) / "katex.json"
    known = {tuple(key): drawn for key, drawn in json.loads(kept.read_text("utf-8"))} if kept.exists() else {}
    since = kept.stat().st_mtime if kept.exists() else 0.0
    new: dict[tuple[str, bool], str] = {}
    for page in env.found_docs:
        if Path(app.doctreedir, f"{page}.doctree").stat().st_mtime < since:
            continue
        for formula in env.get_doctree(page).findall(lambda n: isinstance(n, nodes.math | nodes.math_block)):
            if _key(formula) not in known:
                new.setdefault(_key(formula), page)
    if new:
        command = [node(), "-e", _SCRIPT, str(KATEX / "dist" / "katex.js")]
        done = subprocess.run(command, input=json.dumps(list(new)), capture_output=True, text=True, check=True)
        for (key, page), (drawn, problem) in zip(new.items(), json.loads(done.stdout), strict=True):
            if problem:
                _log.warning("%s in %r", problem, key[0], location=page)
            else:
                known[key] = drawn
    kept.write_text(json.dumps(list(known.items())), "utf-8")
    app.formulas = known


def _visit(translator: Any, formula: Any) -> None:
    key = _key(formula)
    drawn = translator.builder.app.formulas.get(key, f"<code>{translator.encode(key[0])}</code>")
    tag = "div" if key[1] else "span"
    scrolled = ' tabindex="0"' if key[1] and len(key[0]) > _LONG else ""
    joined = "" if key[1] else _JOINED
    translator.body.append(f'<{tag} class="math"{scrolled}>{drawn}</{tag}>{joined}')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.add_html_math_renderer("katex", (_visit, None), (_visit, None))
    app.connect("env-updated", _draw)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
