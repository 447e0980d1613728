"""The guides in `docs/` as pages, with links to what else is on the site; and the attacks that try the jail."""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from coursekit.classroom import doctor
from coursekit.course import syllabus
from coursekit.errors import CommandError
from coursekit.site.cells import raw
from coursekit.site.losses.table import bare, load, slug
from coursekit.site.mistakes import entry
from coursekit.site.mistakes.symptoms import SYMPTOMS

# In the order of the page; each a file in docs/
GUIDES = {
    "questions": "Questions that people ask",
    "learn": "For whoever learns",
    "teach": "For whoever teaches",
    "workshop": "A workshop",
    "grade": "For whoever grades",
    "how_grading_is_confined": "How grading is confined",
    "compared": "Beside other graders",
    "measured": "What was measured",
}
_ELSEWHERE = {"../SECURITY.md": "security", "../CONTRIBUTING.md": "contributing"}  # pages too, by their files
_INDEX = """# Questions and guides

{entries}

```{{toctree}}
:hidden:

{names}
```
"""
_ATTACKS = """# Attacks that are tried

The jail is tried with these at each run of the tests, with bubblewrap and without, as root and as an ordinary user.
After each of them an honest submission must still pass, and nothing may be left behind.

## Handed in as submissions

{corpus}

## While a question is answered

{bodies}

## By `coursekit doctor`, on your own machine

{doctor}
"""
_SPOKEN = re.compile(r"`(\w+)/(\w+)`|`(\w+)`|(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)")


def write(folder: Path) -> None:
    """Writes `guides/`: an index, and a page for each guide.

    Raises:
        CommandError: a guide names a mistake that there is none of.
    """
    here = folder / "guides"
    here.mkdir(parents=True)
    for name in GUIDES:
        text = (syllabus.ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        (here / f"{name}.md").write_text(_of_site(text, spoken=name == "questions"), encoding="utf-8")
    for path, name in _ELSEWHERE.items():
        text = (syllabus.ROOT / path.removeprefix("../")).read_text(encoding="utf-8")
        (here / f"{name}.md").write_text(_of_site(text), encoding="utf-8")
    (here / "attacks.md").write_text(_attacks(), encoding="utf-8")
    pages = GUIDES | {"attacks": "Attacks that are tried", "security": "Security", "contributing": "Contributing"}
    entries = "\n".join(f"- [{title}]({name}.md)" for name, title in pages.items())
    (here / "index.md").write_text(_INDEX.format(entries=entries, names="\n".join(pages)), encoding="utf-8")


def _of_site(text: str, *, spoken: bool = False) -> str:
    for path, name in _ELSEWHERE.items():
        text = text.replace(f"]({path}", f"]({name}.md")
    text = re.sub(r"\]\(docs/(\w+)\.md", r"](\1.md", text)
    text = text.replace("```console", "```text").replace("```python\n>>> ", "```pycon\n>>> ")
    return _linked(text) if spoken else text


def _linked(text: str) -> str:
    """The text with links where it names a loss, a mistake (`exercise/mistake`) or what is seen (*by its title*)."""
    losses = {bare(row): f"../losses/{slug(row)}.md" for row in load().ROWS}
    symptoms = {each.title: f"../mistakes/symptoms.md#{each.anchor}" for each in SYMPTOMS}

    def linked(found: re.Match[str]) -> str:
        exercise, mistake, name, title = found.groups()
        if exercise:
            _insist_on(exercise, mistake)
            return entry.link(f"../mistakes/{exercise}", mistake, f"<code>{mistake}</code>")
        if name in losses:
            return f"[`{name}`]({losses[name]})"
        if title in symptoms:
            return f"[{title}]({symptoms[title]})"
        return found[0]

    pieces = re.split(r"(?ms)(^```.*?^```$)", text)
    return "".join(piece if piece.startswith("```") else _SPOKEN.sub(linked, piece) for piece in pieces)


def _insist_on(exercise: str, mistake: str) -> None:
    known = syllabus.exercises().get(exercise)
    if known is None or mistake not in [each.name for each in known[1].misconceptions]:
        raise CommandError(f"docs/questions.md names `{exercise}/{mistake}`: there is no such mistake.")


def _attacks() -> str:
    tests = syllabus.ROOT / "tests"
    corpus = json.loads((tests / "hostile" / "MANIFEST.json").read_text(encoding="utf-8"))
    named = ast.parse((tests / "attacks.py").read_text(encoding="utf-8"))
    return _ATTACKS.format(
        corpus="\n\n".join(_by_category(corpus)),
        bodies=raw(_listed(_keys(named, "BODIES"))),
        doctor=raw(_listed(attack.name for attack in doctor.ATTACKS)),
    )


def _by_category(corpus: list[dict[str, str]]) -> Iterator[str]:
    for category in dict.fromkeys(each["category"] for each in corpus):
        those = [each for each in corpus if each["category"] == category]
        yield f"### {category.capitalize()} ({len(those)})"
        yield raw(_listed(f"{each['attack']}: {each['must']}" for each in those))


def _listed(items: Iterator[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(item)}</li>' for item in items)}</ul>"


def _keys(tree: ast.Module, name: str) -> Iterator[str]:
    """The keys of a dictionary that a module defines, without running it."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(node.value, ast.Dict):
            yield from (str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))
