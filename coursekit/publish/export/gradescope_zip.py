"""Gradescope's autograder.zip: our source, what it needs, and the two scripts that Gradescope runs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.files import zip_of
from coursekit.publish.export.gradescope import VISIBLE

# What grading imports; the course's notebooks, figures and tables are not needed to score a function.
NEEDED = ("numpy", "torch", "sqlalchemy", "pyseccomp")

_MODES = {"setup.sh": 0o755, "run_autograder": 0o755, "secret.key": 0o600}
_SCRIPTS = Path(__file__).parent / "autograder"
_PACKAGE = Path(__file__).parents[2]


def autograder(topic: Topic, *, trust_submissions: bool = False, visibility: str = VISIBLE) -> bytes:
    """The zip to upload. It holds the graders and a new secret, but no solutions: grading needs none.

    Args:
        topic: whose exercises it grades.
        trust_submissions: whether to grade without confinement where the image does not allow it.
        visibility: when learners see their results, in Gradescope's word.
    """
    settings = {"TOPIC": topic.name, "TRUST": "yes" if trust_submissions else "no", "VISIBILITY": visibility}
    return zip_of(_files(settings), _MODES)


def requirements() -> list[str]:
    """Those of the package's own dependencies that grading needs."""
    wanted = metadata.requires("coursekit") or []
    return [line for line in wanted if "extra ==" not in line and _name(line) in NEEDED]


def _name(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    return match[0].lower() if match else ""


def _files(settings: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    run = (_SCRIPTS / "run_autograder").read_text(encoding="utf-8")
    for name, value in settings.items():
        run = run.replace(f"@{name}@", value)
    yield "setup.sh", (_SCRIPTS / "setup.sh").read_bytes()
    yield "run_autograder", run.encode()
    yield "requirements.txt", ("\n".join(requirements()) + "\n").encode()
    yield "constraints.txt", syllabus.course_file("constraints.txt").read_bytes()
    yield "secret.key", secrets.token_hex(32).encode()
    yield "LICENSE.txt", syllabus.course_file("LICENSE").read_bytes()
    for path in sorted(_PACKAGE.rglob("*.py")):
        if not path.is_relative_to(syllabus.SHIPPED):
            yield f"coursekit/{path.relative_to(_PACKAGE).as_posix()}", path.read_bytes()
