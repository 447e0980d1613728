"""The one file to hand in: what is in it, what is said of it, and that it gets the grade of the notebooks."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from coursekit.cli import main
from coursekit.course import stubs, syllabus
from coursekit.course.syllabus import Topic
from coursekit.grading.submission import read_submission
from coursekit.learning.submit import Handed, exercises_of, submit
from coursekit.report import Report

LINE = '{"kind": "check", "time": "", "exercise": "%s", "outcome": "passed", "core": true, "parity": false, '
LINE += '"points": 1, "misconception": null, "attempt": 1}\n'


@pytest.fixture
def remembered(toy_course: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of what is remembered, of which there is none yet."""
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.jsonl"))
    return tmp_path / "progress.jsonl"


def write(path: Path, name: str, body: str) -> None:
    """Writes an answer in the place of a stub, in a notebook or a module."""
    text = path.read_text(encoding="utf-8")
    stub = f'raise NotImplementedError("{name}: write your answer here")'
    if path.suffix == ".ipynb":
        stub, body = (json.dumps(each, ensure_ascii=False)[1:-1] for each in (stub, body))
    assert stub in text
    path.write_text(text.replace(stub, body), encoding="utf-8")


def hand_in(toy_course: Topic) -> Handed:
    return submit([], syllabus.ROOT / "submission.zip")


def test_what_is_in_it(toy_course: Topic, remembered: Path):
    """The notebook without its outputs, each exercise with its state, and how large it is."""
    write(toy_course.notebook, "double", "return 2 * x")
    remembered.write_text(LINE % "double" + LINE % "triple", encoding="utf-8")
    handed = hand_in(toy_course)
    with zipfile.ZipFile(handed.path) as archive:
        assert archive.namelist() == ["notebooks/00_toy.ipynb"]
        cells = json.loads(archive.read("notebooks/00_toy.ipynb"))["cells"]
    there = json.loads(toy_course.notebook.read_text(encoding="utf-8"))["cells"]
    assert [cell["source"] for cell in cells] == [cell["source"] for cell in there]
    assert not any(cell.get("outputs") for cell in cells)
    assert any(cell.get("outputs") for cell in there)
    assert str(handed).splitlines() == [
        f"{handed.path}, {handed.size / 1000:.0f} kB, is what to hand in. Its name may be another, with .zip.",
        "00 Toys",
        "  ✓  double  answered in notebooks/00_toy.ipynb, checked: core passed",
        "  ·  triple  untouched now, though an answer was checked once",
        "1 of 2 exercises are answered.",
    ]


def test_what_was_saved_last_counts(toy_course: Topic, remembered: Path):
    """An answer in each kind of file: that is said, and the grader reads them in the order in which they were saved."""
    write(toy_course.notebook, "double", "return 2 * x  # notebook")
    write(toy_course.stub, "double", "return 2 * x  # module")
    for first, last in ((toy_course.notebook, toy_course.stub), (toy_course.stub, toy_course.notebook)):
        os.utime(first, (1_700_000_000, 1_700_000_000))
        os.utime(last, (1_700_000_900, 1_700_000_900))
        handed = hand_in(toy_course)
        name = last.relative_to(syllabus.ROOT).as_posix()
        assert f"what you saved last counts, {name}." in handed.warnings[0]
        assert handed.entries[0].files[-1] == name
        assert read_submission(handed.path, "").cells[-1][0].startswith(name)


def test_nothing_is_answered(toy_course: Topic, remembered: Path):
    """It is made all the same, and that is said."""
    handed = hand_in(toy_course)
    assert handed.warnings == ("Nothing in it is answered yet.",)
    assert handed.size > 0


def test_what_will_not_be_graded(toy_course: Topic, remembered: Path):
    """A copy of a lesson, a half-written answer, a file in conflict: each is named, and the rest is handed in."""
    shutil.copy(toy_course.notebook, toy_course.notebook.with_name("00_toy-Copy1.ipynb"))
    write(toy_course.notebook.with_name("00_toy-Copy1.ipynb"), "triple", "return 3 * x")
    write(toy_course.notebook, "double", "return 2 * (x")
    toy_course.stub.write_bytes(b"x = 1\n\xff")
    said = hand_in(toy_course).warnings
    assert said[0].startswith("Left out, as it cannot be graded: exercises/toy.py is not UTF-8 text")
    assert said[1] == "notebooks/00_toy.ipynb cell 3 is no Python (line 3): double in it may not be graded."
    assert (
        said[2] == "notebooks/00_toy-Copy1.ipynb is no lesson of the course, and not in it, though it answers triple."
    )
    assert len(said) == 3


def test_a_grader_would_refuse_it(toy_course: Topic, remembered: Path, monkeypatch: pytest.MonkeyPatch):
    """What would not be graded at all is said, in the grader's words."""
    write(toy_course.notebook, "double", "return 2 * x")
    monkeypatch.setattr("coursekit.grading.submission.MAX_CELLS", 2)
    assert hand_in(toy_course).warnings[0].startswith("It would not be graded: It holds more than 2 code cells.")


@pytest.mark.parametrize("word", ["0", "00", "toy", "notebooks/00_toy.ipynb", "exercises/toy.py"])
def test_a_lesson_is_named(toy_course: Topic, remembered: Path, capsys, monkeypatch: pytest.MonkeyPatch, word: str):
    """A lesson may be called by its number, its name or its file; the zip lies where the command was typed."""
    monkeypatch.chdir(syllabus.ROOT)
    assert main(["submit", word]) == 0
    assert capsys.readouterr().out.startswith("submission.zip, ")
    assert (syllabus.ROOT / "submission.zip").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], 1, "No topic is called `nothing`."),
        (["--out", "mine.txt"], 2, "call it mine.zip."),
        (["--out", "no/such/a.zip"], 1, "There is no folder no/such"),
    ],
)
def test_what_cannot_be_meant(toy_course: Topic, remembered: Path, capsys, arguments: list[str], code: int, said: str):
    """Each mistake has its sentence."""
    assert main(["submit", *arguments]) == code
    assert said in capsys.readouterr().err


def test_names_of_exercises():
    """The names that are told without a grader are those of the course."""
    for topic in syllabus.TOPICS:
        assert sorted(exercises_of(topic)) == sorted(exercise.name for exercise in topic.exercises)


@pytest.mark.slow
def test_it_gets_the_grade_of_the_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    """Two lessons, with right answers, a wrong one, one that calls another, and stubs: each report is the same."""
    root, work = tmp_path / "course", tmp_path / "work"
    names = ["squared_error", "cost", "entropy", "perplexity"]
    for topic in syllabus.TOPICS[:2]:
        for path in (topic.notebook, topic.solution, topic.stub):
            target = root / path.relative_to(syllabus.ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        for name in set(names[:-1]) & set(exercises_of(topic)):
            body = stubs.model_answer(topic, name).partition('    """\n')[2].strip()
            written = root / topic.notebook.relative_to(syllabus.ROOT)
            write(written, name, f"return 3 * {name[0]}  # wrong" if name == "cost" else body)
    (work / "ann").mkdir(parents=True)
    for path in (root / "notebooks").glob("*.ipynb"):
        shutil.copy(path, work / "ann")
    with monkeypatch.context() as patch:
        patch.setattr(syllabus, "ROOT", root)
        handed = submit(syllabus.TOPICS[:2], work / "bob.zip")
    assert sum(bool(entry.files) for entry in handed.entries) == len(names) - 1
    chosen = [part for name in names for part in ("--exercise", name)]
    assert main(["grade", str(work), *chosen, "--out", str(tmp_path / "grades")]) == 0
    marks = {}
    for who in ("ann", "bob"):
        graded = json.loads((tmp_path / "grades" / "reports" / f"{who}.json").read_text(encoding="utf-8"))
        reports = [Report.from_json(each) for each in graded["reports"]]
        marks[who] = [(report.exercise, str(report.outcome), report.points) for report in reports]
    assert marks["ann"] == marks["bob"]
    assert {outcome for _, outcome, _ in marks["bob"]} >= {"passed", "unattempted"}
    assert len({points for _, _, points in marks["bob"]}) > 2
