"""What must hold of every topic, besides what `coursekit verify` proves: that is the second part of `start.py test`."""

from __future__ import annotations

import base64
import inspect
import io
import re
import subprocess
import sys

import catalogue
import pytest
import torch
from PIL import Image

from coursekit.authoring import proofs
from coursekit.course import notebooks, questions, stubs, syllabus
from coursekit.jail.inside import source

EVERY_TOPIC = pytest.mark.parametrize("topic", syllabus.TOPICS, ids=[t.name for t in syllabus.TOPICS])


@EVERY_TOPIC
def test_lesson_asks_first(topic):
    """It has four predictions or more, and nothing that it asks is answered in plain view."""
    cells = notebooks.read(topic).cells
    assert len(questions.predictions(cells)) >= 4
    assert list(questions.faults(cells, topic.name)) == []


@EVERY_TOPIC
def test_catalogue_is_covered(topic):
    """Every row of the catalogue is a mistake of an exercise or a trap of the notebook, and every code is a row."""
    mistakes = [mistake for exercise in topic.exercises for mistake in exercise.misconceptions]
    named = {code for mistake in mistakes for code in mistake.covers.split()} | notebooks.covered(notebooks.read(topic))
    assert set() == catalogue.LESSONS.get(topic.name, set()) - named
    assert set() == named - catalogue.EVERY_ROW


def test_catalogue_is_whole():
    """Rows belong to lessons that there are, in their order, and every row has its lesson."""
    assert [topic.name for topic in syllabus.TOPICS if topic.name in catalogue.LESSONS] == list(catalogue.LESSONS)
    assert len(catalogue.EVERY_ROW) == 182
    assert set.union(*catalogue.LESSONS.values()) == catalogue.EVERY_ROW


def is_blank(tag):
    """Whether a stored picture has one colour only; one that lies in a file of its own is not looked at."""
    data = re.search(r'src="data:image/png;base64,([^"]+)"', tag)
    return data and len(Image.open(io.BytesIO(base64.b64decode(data[1]))).convert("RGB").getcolors(1 << 20)) == 1


@EVERY_TOPIC
def test_lesson_is_readable(topic):
    """No code cell is longer than 25 lines, every picture has alt text and shows something, there is a slider."""
    notebook = notebooks.read(topic)
    long = [cell.source[:40] for cell in notebook.cells if cell.cell_type == "code" and cell.source.count("\n") >= 25]
    stub_starts = {stubs.stub(topic, exercise.name)[:40] for exercise in topic.exercises}
    assert not set(long) - stub_starts
    pages = [
        o.data["text/html"] for c in notebook.cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})
    ]
    pictures = [tag for page in pages for tag in re.findall(r"<img[^>]*>", page)]
    assert pictures
    assert all(re.search(r'alt="[^"]{20,}"', tag) for tag in pictures)
    assert [alt for tag in pictures for alt in re.findall(r'alt="([^"]*)', tag) if is_blank(tag)] == []
    bare = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert not bare
    assert any("explore(" in cell.source or "coursekit.explorables" in cell.source for cell in notebook.cells)


OPTIONAL = (
    "## Optional: the same in Keras This section is for those who work with Keras. If you do not, skip it: only the "
    "Keras sections of later lessons build on it."
)


@EVERY_TOPIC
def test_keras_is_an_optional_section(topic):
    """What is about Keras stands in one section, behind all else that is taught, and says who may skip it."""
    cells = notebooks.read(topic).cells
    texts = {at: " ".join(cell.source.split()) for at, cell in enumerate(cells) if cell.cell_type == "markdown"}
    begins = [at for at, text in texts.items() if text.startswith(OPTIONAL)]
    of_keras = [at for at, cell in enumerate(cells) if "### Exercise: `keras_" in cell.source]
    of_keras += [at for at, cell in enumerate(cells) if re.search(r"(?m)^def keras_\w+\(", cell.source)]
    headed = [at for at, cell in enumerate(cells) if at in texts and re.search(r"(?m)^##+ .*Keras", cell.source)]
    if not of_keras + headed:
        return
    (begin,) = begins
    sections = [at for at, cell in enumerate(cells) if at in texts and re.search(r"(?m)^## ", cell.source)]
    end = sections[sections.index(begin) + 1]
    assert all(begin <= at < end for at in of_keras + headed)
    assert cells[end].source.startswith("## What to keep")


# A lesson by its file, by the words of a link to it, and by the number in the first line of a topic's module
FILE = re.compile(r"(?<!\d)(\d\d)_([a-z_]+)\.ipynb")
LINK = re.compile(r"\b(\d\d)\]\((?:notebooks/)?(\d\d)_[a-z_]+\.ipynb")
OWN = re.compile(r"\A\"{3}[^\n]*\bnotebook (\d\d)\b")


def misnumbered(name: str, text: str) -> list[str]:
    """What in a file calls a lesson by a number that is not its own, or by one that no lesson has."""
    numbers = {topic.name: f"{topic.number:02}" for topic in syllabus.TOPICS}
    found = [match[0] for match in FILE.finditer(text) if numbers.get(match[2], match[1]) != match[1]]
    found += [match[0] for match in LINK.finditer(text) if match[1] != match[2]]
    found += [match[0] for match in re.finditer(r"\b[Ll]essons? (\d\d)\b", text) if match[1] not in numbers.values()]
    stem = re.sub(r"_(again|late|rare)$", "", name.rpartition("/")[2].removesuffix(".py"))
    found += [match[0] for match in OWN.finditer(text) if numbers.get(stem, match[1]) != match[1]]
    return found


def test_lessons_have_their_own_numbers():
    """Wherever a lesson's number stands beside its name, it is that lesson's; but for CHANGELOG, which is history."""
    folders = ("solutions", "exercises", "notebooks", "coursekit", "tests/styles", "tests/wrong", "tests/sentences")
    paths = [path for folder in folders for path in (syllabus.ROOT / folder).rglob("*") if path.is_file()]
    paths += [syllabus.ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "start.py")]
    paths += (syllabus.ROOT / "docs").glob("*.md")
    texts = {
        path.relative_to(syllabus.ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.suffix in {".py", ".md", ".ipynb", ".js", ".csv", ".toml"}
    }
    assert {name: found for name, text in texts.items() if (found := misnumbered(name, text))} == {}


def test_a_wrong_number_is_found():
    """Each way to be wrong, and none that is right."""
    right = (
        "[lesson 02](02_kl_divergence.ipynb), lessons 00 and 01, `pytest notebooks/01_entropy.ipynb`, 99_unknown.ipynb"
    )
    assert misnumbered("README.md", right) == []
    wrong = "[lesson 03](02_kl_divergence.ipynb), 07_entropy.ipynb, lesson 99"
    assert misnumbered("README.md", wrong) == ["07_entropy.ipynb", "03](02_kl_divergence.ipynb", "lesson 99"]
    assert misnumbered("tests/wrong/entropy_late.py", '"""Wrong answers of notebook 02."""') == [
        '"""Wrong answers of notebook 02'
    ]


@pytest.mark.slow
@EVERY_TOPIC
def test_answered_notebook_passes_every_check(topic):
    """With the course's answers in its exercise cells each check of the notebook says that it is done.

    No other cell of a lesson calls what a learner writes, and nbval runs them all.
    """
    imports, *cells = notebooks.answered(topic).cells
    names: dict[str, object] = {}
    exec(imports.source, names)
    for exercise, answer, check in zip(topic.exercises, cells[::2], cells[1::2], strict=True):
        exec(answer.source, names)
        assert repr(eval(check.source, names)).startswith(f"{exercise.name}: done ✓")


@pytest.mark.slow
def test_every_cell_is_slow():
    """Whoever leaves out what is slow runs no notebook."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n0",
        "-q",
        "--collect-only",
        "-m",
        "not slow",
        "notebooks/01_entropy.ipynb",
    ]
    ran = subprocess.run(command, cwd=syllabus.ROOT, capture_output=True, text=True)
    assert (ran.returncode, "no tests collected" in ran.stdout) == (pytest.ExitCode.NO_TESTS_COLLECTED, True)


def test_verify_can_fail():
    """A solution that is wrong, a check that passes zeros and a mistake that goes unnoticed are all found."""
    exercise = syllabus.find_exercise("entropy")[1]
    wrong = exercise.misconceptions[0].function
    assert list(proofs._solution_passes(exercise, wrong, 1))
    lenient = type(exercise)("entropy", exercise.spec, "idea", ("hint",))

    @lenient.check
    def anything_goes(f, rng):
        """Anything goes"""
        f(torch.tensor([0.5, 0.5]))

    lenient.misconception("Never noticed.")(wrong)
    assert list(proofs._trivial_answers_fail(lenient, 1))
    findings = proofs.Findings("lenient")
    proofs._count_mutants(lenient, 1, findings)
    assert (findings.wrong, findings.rejected, findings.named) == (1, 0, 0)
    assert list(proofs.cases_agree(syllabus.find_exercise("entr")[1], lambda input: input))


def test_names_are_those_of_the_graders():
    """They are read off the solutions where no grader is needed: the same, in the same order."""
    assert [*syllabus.names()] == [*syllabus.exercises()]
    assert all(syllabus.find_exercise(name)[0] is topic for name, topic in syllabus.names().items())


@EVERY_TOPIC
def test_a_spec_has_no_numbers_of_its_own(topic):
    """What a diagnosis varies are the numbers that a spec takes: a learner's function has to take them too."""
    for exercise in topic.exercises:
        stub = source.load([("stub", stubs.stub_module(topic))], exercise.name)
        takes = inspect.signature(exercise.spec).parameters
        more = [takes[name].default for name in takes.keys() - inspect.signature(stub).parameters.keys()]
        assert not [default for default in more if isinstance(default, float | int)], exercise.name
