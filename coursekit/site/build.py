"""The course as a static site: modules write Markdown into a folder, and Sphinx makes pages of it.

A module of content has one function, `write(folder)`. What it writes, pictures as well, stands under `folder`, and it
begins with an index: `losses/index.md`, for example.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from coursekit import __version__
from coursekit.course import syllabus
from coursekit.course.syllabus import TOPICS, Topic
from coursekit.errors import CommandError
from coursekit.site import archive, front, lessons, losses, mistakes, starting
from coursekit.site.manual import guides, reference

CONTENT = losses.write, mistakes.write, guides.write, reference.write  # beside the lessons and the first page
_NEEDED = (
    "sphinx",
    "myst_parser",
    "furo",
    "sphinx_copybutton",
    "griffe",
)  # of the extra `site`, by the names they are imported by
_STAMP = "stamp"  # of what all beside the lessons was made of
_STATIC = Path(__file__).parent / "static"
_AT_ONCE = 2  # processes: pages are read and written side by side


def build(out: Path, topics: Sequence[Topic] = TOPICS, repository: str = "") -> None:
    """Makes the site, or what of it has changed.

    Args:
        out: the folder of pages. What makes the next time quick is kept beside it, in a folder that ends with `.cache`.
        topics: the lessons on it; where these are not all, nothing else is on it.
        repository: where the course can be started, as OWNER/NAME on GitHub; empty where it is nowhere.

    Raises:
        CommandError: this is an installed package, a package is missing, or Sphinx warned of something.
    """
    syllabus.insist_on_course("`coursekit site`")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise CommandError(
            f"A site needs packages that are not installed here ({', '.join(missing)}): `python3 start.py site` brings "
            "them."
        )
    from coursekit.site import katex

    katex.node()
    cache = out.with_name(f"{out.name}.cache")
    katex.styles(cache / "static" / "katex")
    with tempfile.TemporaryDirectory() as fresh:
        folder = Path(fresh)
        lessons.write(folder, topics, repository)
        state = ""
        if len(topics) == len(TOPICS):  # the rest links to all lessons
            state = _state()
            _write_rest(folder, cache, state)
        front.write(folder, topics)
        (cache / _STAMP).unlink(missing_ok=True)
        _bring(folder, cache / "source")
        (cache / _STAMP).write_text(state, encoding="utf-8")
    archive.write(cache / "source" / "files" / starting.COURSE)
    _sphinx(out, cache)


def _write_rest(folder: Path, cache: Path, state: str) -> None:
    """Writes all beside the lessons, or takes it as it was: it takes seconds, and is made of no notebook."""
    stamp = cache / _STAMP
    if state and stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        for part in front.PARTS:
            shutil.copytree(cache / "source" / part, folder / part)
    else:
        for write in CONTENT:
            write(folder)


def _state() -> str:
    """What changes with any file of the course that is no notebook; empty where its files are not known."""
    known = [path for path in archive.course() if path.suffix != ".ipynb"]
    seen = [(str(path), (told := path.stat()).st_mtime_ns, told.st_size) for path in known]
    return hashlib.sha256(repr(seen).encode()).hexdigest() if seen else ""


def _bring(fresh: Path, kept: Path) -> None:
    """Makes a folder what another is, and leaves files alone that are the same: Sphinx reads again what is newer."""
    wanted = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()} | {Path("files", starting.COURSE)}
    for path in [each for each in kept.rglob("*") if each.is_file() and each.relative_to(kept) not in wanted]:
        path.unlink()
    for name in wanted - {Path("files", starting.COURSE)}:
        content = (fresh / name).read_bytes()
        if not (kept / name).exists() or (kept / name).read_bytes() != content:
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            (kept / name).write_bytes(content)


def _sphinx(out: Path, cache: Path) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor
    from sphinx.util.docutils import docutils_namespace

    said = io.StringIO()
    nocolor()
    with docutils_namespace():
        app = Sphinx(
            srcdir=cache / "source",
            confdir=None,
            outdir=out,
            doctreedir=cache / "pages",
            buildername="html",
            confoverrides=_settings(cache),
            status=None,
            warning=said,
            parallel=_AT_ONCE,
        )
        app.build()
    if said.getvalue():
        shutil.rmtree(cache / "pages")  # or the next time would not read these pages again, and say nothing
        raise CommandError(f"The site is not whole:\n{said.getvalue().rstrip()}")


def _settings(cache: Path) -> dict[str, Any]:
    return {
        "project": "Loss functions, built by hand",
        "html_title": "Loss functions, built by hand",
        "author": "The coursekit authors",
        "version": __version__,
        "release": __version__,
        "extensions": ["myst_parser", "sphinx_copybutton", "coursekit.site.katex", "coursekit.site.repairs"],
        "myst_enable_extensions": ["colon_fence", "dollarmath", "amsmath"],
        "myst_heading_anchors": 3,
        "suppress_warnings": [
            "myst.header"
        ],  # a lesson of short parts begins them with ###: they come right below its title
        "exclude_patterns": ["files"],
        "html_math_renderer": "katex",
        "html_theme": "furo",
        "html_static_path": [str(_STATIC), str(cache / "static")],
        "html_extra_path": [str(cache / "source" / "files")],
        "html_css_files": ["katex/katex.min.css", "site.css"],
        "html_js_files": [("site.js", {"defer": "defer"})],
        "html_show_sphinx": False,
        "html_show_sourcelink": False,
        "html_copy_source": False,
        "html_use_index": False,
        "copybutton_selector": "div.highlight-python pre",
    }
