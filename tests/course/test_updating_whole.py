"""An update from its first word to its last: start.py in processes of its own, and a real lesson that is split."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import upstream

from coursekit.course import stubs, syllabus
from coursekit.course.updating import shipped

CODE = (
    "start.py",
    "coursekit/__init__.py",
    "coursekit/errors.py",
    "coursekit/files.py",
    "coursekit/course/__init__.py",
)


def with_code(course: Path) -> Path:
    """A toy course with all the code that an update needs, and no more: no library is there, and no other room."""
    updating = (syllabus.ROOT / "coursekit" / "course" / "updating").glob("*.py")
    for path in [*(syllabus.ROOT / name for name in CODE), *updating]:
        target = course / path.relative_to(syllabus.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return course


def start(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs start.py of a folder with Python alone."""
    command = [sys.executable, "-S", str(folder / "start.py"), *words]
    environment = {**os.environ, "COURSE_VENV": str(folder / "none"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_start_py(tmp_path: Path):
    """A zip is brought by the old code and carried over by the new; the same from the new course's folder."""
    root = with_code(upstream.ship(tmp_path / "course", upstream.first()))
    answer = upstream.solve(root, "00_one", "double", "return 2 * x  # mine")
    older = tmp_path / "older"
    shutil.copytree(root, older)
    shutil.rmtree(older / "coursekit")  # of before there was an update
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    new = with_code(upstream.ship(tmp_path / "new", lessons, history=root))
    update = new / "coursekit" / "course" / "updating" / "update.py"
    update.write_text(update.read_text(encoding="utf-8").replace("Go on: ", "The new code says: "), encoding="utf-8")
    archive = shutil.make_archive(str(tmp_path / "new"), "zip", new)
    done = start(root, "update", archive)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The new code says: python3 start.py" in done.stdout
    assert start(new, "update", "--into", str(older)).returncode == 0
    for course in (root, older):
        assert upstream.texts(course, "00_one")["double-cell"] == answer
        assert upstream.texts(course, "00_one")["one-0"] == "# One, reworded"
    wrong = start(root, "update", str(tmp_path / "nothing.zip"))
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("update: There is no ")
    assert "Traceback" not in wrong.stderr


def test_a_real_lesson_is_split(tmp_path: Path):
    """The lesson with the most exercises, all answered, in two: each answer is in its cell, and both are notebooks."""
    topic = max(syllabus.TOPICS, key=lambda topic: len(stubs_in(topic.notebook)))
    root, new = tmp_path / "course", tmp_path / "new"
    for course in (root, new):
        for path in (topic.notebook, topic.stub, topic.solution):
            target = course / path.relative_to(syllabus.ROOT)
            target.parent.mkdir(parents=True)
            shutil.copy(path, target)
        upstream.put(course / "start.py", "")
        upstream.put(course / "pyproject.toml", "")
        shutil.copytree(topic.grader.parent, course / topic.grader.parent.relative_to(syllabus.ROOT))
        shipped.add_missing(course, shipped.names_in(course))
    name, names = topic.notebook.stem, stubs_in(topic.notebook)
    cells = upstream.cells_of(root, name)
    for cell in cells:
        if exercise := upstream.exercise_of(cell):
            cell["source"] = stubs.model_answer(topic, exercise).rstrip().splitlines(keepends=True)
    notes = [upstream.text(f"note-{at}", f"My note {at}.") for at in range(len(cells))]
    upstream.write(topic_file(root, name), [each for pair in zip(cells, notes, strict=True) for each in pair])
    middle = next(at for at, cell in enumerate(cells) if upstream.exercise_of(cell) == names[len(names) // 2]) - 1
    original = upstream.cells_of(new, name)
    second = [{**cell, "id": f"{cell['id']}-again"} for cell in original[:3]] + original[middle:]
    upstream.write(topic_file(new, name), original[:middle])
    upstream.write(topic_file(new, "99_second"), second)
    shipped.add_missing(new, shipped.names_in(new))
    upstream.update(root, new)
    there = {part: upstream.cells_of(root, part) for part in (name, "99_second")}
    answers = {upstream.exercise_of(cell): upstream.source(cell) for part in there.values() for cell in part}
    for exercise in names:
        assert answers[exercise] == stubs.model_answer(topic, exercise).rstrip()
    for part, count in zip(there, (middle, len(cells) - middle), strict=True):
        nbformat.validate(nbformat.read(topic_file(root, part), as_version=4))
        assert [cell["id"].startswith("note-") for cell in there[part]].count(True) == count
    for at, cell in enumerate(there["99_second"][:-1]):  # a note is below the cell that it was below
        if not cell["id"].startswith("note-") and cell["id"] in [each["id"] for each in original[middle:]]:
            number = [each["id"] for each in original].index(cell["id"])
            assert there["99_second"][at + 1]["id"] == f"note-{number}"


PARTS = {"03_cross_entropy": ("softmax", "cross_entropy"), "12_at_scale": ("at_scale", "ctc_speed")}


def test_the_lessons_that_were_split(tmp_path: Path):
    """Lessons 03 and 12 of before, all answered in both kinds of file, a note below each cell, become four."""
    root, new = tmp_path / "course", tmp_path / "new"
    with zipfile.ZipFile(Path(__file__).with_name("before_the_split.zip")) as before:
        before.extractall(root)  # the two lessons without their outputs, and their modules
    for course in (root, new):
        upstream.put(course / "start.py", "")
        upstream.put(course / "pyproject.toml", "")
    shipped.add_missing(root, shipped.names_in(root))
    topics = [syllabus.find_topic(name) for names in PARTS.values() for name in names]
    for path in (path for topic in topics for path in (topic.notebook, topic.stub, topic.solution)):
        upstream.put(new / path.relative_to(syllabus.ROOT), path.read_text(encoding="utf-8"))
    upstream.put(new / shipped.LIST, (syllabus.ROOT / shipped.LIST).read_text(encoding="utf-8"))
    answers = {name: stubs.model_answer(topic, name).rstrip() for topic in topics for name in stubs_in(topic.notebook)}
    cells = {name: upstream.cells_of(root, name) for name in PARTS}
    for name, lesson in cells.items():
        for cell in lesson:
            if exercise := upstream.exercise_of(cell):
                cell["source"] = answers[exercise].splitlines(keepends=True)
        notes = [upstream.text(f"note-{at}-{name}", f"My note {at} of {name}.") for at in range(len(lesson))]
        upstream.write(topic_file(root, name), [each for pair in zip(lesson, notes, strict=True) for each in pair])
        module = root / "exercises" / f"{name[3:]}.py"
        head = module.read_text(encoding="utf-8").partition("\ndef ")[0]
        mine = [answers[each].replace("# BEGIN", "# mine: BEGIN") for each in map(upstream.exercise_of, lesson) if each]
        module.write_text(head + "\n" + "\n\n\n".join(mine) + "\n", encoding="utf-8")

    upstream.update(root, new)

    answered = [exercise for lesson in cells.values() for exercise in map(upstream.exercise_of, lesson) if exercise]
    assert len(answered) == 17  # what has come since is a stub
    for old, parts in PARTS.items():
        assert not topic_file(root, old).exists()
        there = {}
        for topic in map(syllabus.find_topic, parts):
            nbformat.validate(nbformat.read(topic_file(root, topic.notebook.stem), as_version=4))
            there[topic.name] = upstream.cells_of(root, topic.notebook.stem)
            module = (root / "exercises" / f"{topic.name}.py").read_text(encoding="utf-8")
            for cell in there[topic.name]:
                if (exercise := upstream.exercise_of(cell)) in answered:
                    assert upstream.source(cell) == answers[exercise]
                    assert answers[exercise].replace("# BEGIN", "# mine: BEGIN") in module
        found = [cell["id"] for lesson in there.values() for cell in lesson if cell["id"].startswith("note-")]
        assert sorted(found) == sorted(f"note-{at}-{old}" for at in range(len(cells[old])))
        below = {one["id"]: two["id"] for lesson in there.values() for one, two in pairwise(lesson)}
        for at, key in enumerate(each["id"] for each in cells[old]):
            if key in below and key != "colab":  # which both lessons begin with
                assert below[key] == f"note-{at}-{old}"


def topic_file(course: Path, name: str) -> Path:
    """Where a lesson is."""
    return course / "notebooks" / f"{name}.ipynb"


def stubs_in(notebook: Path) -> list[str]:
    """The exercises of a real lesson, in their order."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [name for cell in cells if (name := upstream.exercise_of(cell))]


def test_the_list_is_of_texts_alone():
    """What is shipped beside code is a key and a mark a line, or a file's name; each file of the course is in it."""
    lines = (syllabus.ROOT / shipped.LIST).read_text(encoding="utf-8").splitlines()
    assert {len(line.split(" ")) for line in lines} == {1, 2}
    listed = shipped.listed(syllabus.ROOT)
    assert listed is not None
    assert {f"notebooks/{topic.notebook.name}" for topic in syllabus.TOPICS} <= listed.names
    defined = ast.parse(syllabus.TOPICS[0].solution.read_text(encoding="utf-8")).body
    assert {node.name for node in defined if isinstance(node, ast.FunctionDef)} <= listed.exercises
