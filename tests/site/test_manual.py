"""Guides and reference: their links, their examples, and what they show of the package."""

from __future__ import annotations

import doctest
import re
import warnings

import pytest

from coursekit.course import syllabus
from coursekit.errors import CommandError
from coursekit.site.manual import guides, reference

DOCS = syllabus.ROOT / "docs"


def test_answers_to_questions():
    """Every line of them, typed as it stands."""
    text = re.sub(r"(?m)^```.*$", "", (DOCS / "questions.md").read_text(encoding="utf-8"))
    asked = doctest.DocTestParser().get_doctest(text, {}, "questions", "docs/questions.md", 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch warns of is the question
        ran = doctest.DocTestRunner(verbose=False).run(asked)
    assert ran.failed == 0
    assert ran.attempted > 20


@pytest.mark.parametrize("path", ["README.md", *(f"docs/{path.name}" for path in sorted(DOCS.glob("*.md")))])
def test_links_of_guides(path):
    """A file that a guide links to is there, and so is the heading."""
    here = syllabus.ROOT / path
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", here.read_text(encoding="utf-8")):
        name, _, heading = target.partition("#")
        there = here.parent / name if name else here
        assert there.exists(), target
        if heading:
            headings = re.findall(r"(?m)^#+ (.*)$", there.read_text(encoding="utf-8"))
            assert heading in [re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings]


def test_guides(tmp_path):
    """All of docs/ is on the site, questions lead to losses, mistakes and what is seen, and all attacks are listed."""
    guides.write(tmp_path)
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "guides").glob("*.md")}
    assert {path.stem for path in DOCS.glob("*.md")} == set(guides.GUIDES) < set(pages)
    questions = pages["questions"]
    assert "[`ctc_loss`](../losses/ctc_loss.md)" in questions
    assert '<a href="../mistakes/kl_divergence.html#upside-down"><code>upside_down</code></a>' in questions
    assert "[A loss that is negative](../mistakes/symptoms.md#negative)" in questions
    corpus = [path.name for path in (syllabus.ROOT / "tests" / "hostile").glob("[a-i]*.*")]
    assert len(re.findall("<li>", pages["attacks"])) > len(corpus) > 80
    assert "](../" not in pages["grade"].replace("](../losses", "")


def test_a_mistake_that_is_none():
    """A question that names one is refused."""
    with pytest.raises(CommandError, match="names `kl_div/nonsense`: there is no such mistake"):
        guides._linked("See `kl_div/nonsense`.")
    code = "```python\n>>> `kl_div`\n```"
    assert guides._linked(code) == code


def test_reference(tmp_path):
    """Names, signatures and what docstrings say of arguments, of the modules that are listed."""
    reference.write(tmp_path)
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "reference").glob("*.md")}
    exercises = pages["exercises"]
    from coursekit import exercise

    functions = [name for name in exercise.__all__ if callable(getattr(exercise, name)) and name.islower()]
    assert [name for name in functions if f"### `{name}`" not in exercises] == []
    assert "#### `Exercise.check`" in exercises
    assert "- `spec`: the slow and obvious implementation; runs in float64" in exercises
    assert "check(" in pages["notebooks"]
    assert "**Raises**" in pages["grading"]
    assert "_private" not in "".join(re.findall(r"#+ `(_\w+)`", "\n".join(pages.values())))
