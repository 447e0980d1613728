"""`coursekit grade` on real input: fifty-four submissions, right, unfinished, mistaken and broken."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from coursekit.classroom.gradebook import Gradebook
from coursekit.classroom.groups.forming import find_groups
from coursekit.cli import main
from coursekit.course import syllabus
from coursekit.report import Outcome, Report

SUBMISSIONS = Path(__file__).parents[1] / "submissions"

RIGHT = {"ada", "boris", "chen", "dora", "emil", "fatima", "gustav"}

EXPECTED = {
    "hana": Outcome.UNATTEMPTED,
    "ivan": Outcome.UNATTEMPTED,  # the cell was deleted
    "kofi": Outcome.UNATTEMPTED,  # the name is misspelt
    "jun": Outcome.ERROR,  # half done
    "syntax_error": Outcome.ERROR,
    "endless_loop": Outcome.TIMEOUT,
    "leaves": Outcome.ERROR,
    "memory_hog": Outcome.MEMORY,
    "huge_print": Outcome.ERROR,
    "no_return": Outcome.FAILED,
    "raises": Outcome.ERROR,
    "ready_made": Outcome.FORBIDDEN,
    "floats": Outcome.FAILED,
    "in_place": Outcome.FAILED,
    "not_a_notebook": Outcome.UNATTEMPTED,
    "essay": Outcome.UNATTEMPTED,
}

SAYS = {
    "kofi": "Did you mean `kl_divergance`",
    "jun": "NotImplementedError",
    "syntax_error": "line 4",
    "endless_loop": "Still running",
    "leaves": "ended its own process",
    "huge_print": "printed more than 1 MB",
    "no_return": "Got None",
    "raises": "IndexError",
    "ready_made": "kl_div",
    "floats": "Got a float",
    "in_place": "in place",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One run of the command over the whole folder."""
    out = tmp_path_factory.mktemp("grades")
    arguments = ["grade", str(SUBMISSIONS), "--exercise", "kl_divergence", "--out", str(out), "--seconds", "5"]
    assert main(arguments) == 0
    return out


@pytest.mark.slow
def test_who_has_no_name_is_asked_what_they_do(graded):
    """Each answer that ran and fails by no known mistake, and no other, is in a group; one that ends is as well."""
    with Gradebook(f"sqlite:///{graded / 'gradebook.sqlite'}") as book:
        holders = book.holders()
        found = {frozenset(holders[each.key][0] for each in group.kept) for group in find_groups(book)}
    assert found == {frozenset([who]) for who in ("leaves", "huge_print", "floats", "jun", "no_return", "raises")}


def report_of(out: Path, learner: str) -> Report:
    content = json.loads((out / "reports" / f"{learner}.json").read_text(encoding="utf-8"))
    return Report.from_json(content["reports"][0])


def first_words(report: Report) -> str:
    return next((verdict.rationale for verdict in report.verdicts if verdict.rationale), "")


@pytest.mark.slow
def test_everybody_has_a_row_and_a_report(graded):
    """Nobody is lost, whatever they handed in."""
    learners = {path.stem for path in SUBMISSIONS.iterdir()}
    rows = list(csv.DictReader((graded / "grades.csv").read_text(encoding="utf-8").splitlines()))
    assert learners == {row["learner"] for row in rows}
    assert learners == {path.stem for path in (graded / "reports").iterdir()}
    assert {"3"} == {row["maximum"] for row in rows}


@pytest.mark.slow
def test_right_answers_get_full_marks(graded):
    """In every style: loops, einsum, own gradient, a folder, a zip, a notebook with doubled cells."""
    assert dict.fromkeys(RIGHT, 3.0) == {learner: report_of(graded, learner).points for learner in RIGHT}


@pytest.mark.slow
def test_each_misconception_is_named(graded):
    """Written as a learner would write it, not as the grader does."""
    names = {misconception.name for misconception in syllabus.find_exercise("kl_divergence")[1].misconceptions}
    said = {name: getattr(report_of(graded, name).diagnosis, "misconception", None) for name in names}
    assert {name: name for name in names} == said
    assert all(report_of(graded, name).points < 3 for name in names)


@pytest.mark.slow
def test_outcomes_of_unfinished_and_broken_work(graded):
    """Each gets the outcome and the sentence that fit."""
    assert {name: report_of(graded, name).outcome for name in EXPECTED} == EXPECTED
    said = {name: first_words(report_of(graded, name)) for name in SAYS}
    assert [(name, said[name]) for name, words in SAYS.items() if words not in said[name]] == []


@pytest.mark.slow
def test_grades_are_reproducible(graded, tmp_path):
    """The same secret gives the same reports again."""
    again = tmp_path / "again"
    again.mkdir()
    (again / "secret.key").write_text((graded / "secret.key").read_text())
    few = tmp_path / "few"
    few.mkdir()
    for name in ("ada.py", "swapped.py"):
        (few / name).write_bytes((SUBMISSIONS / name).read_bytes())
    assert main(["grade", str(few), "--exercise", "kl_divergence", "--out", str(again)]) == 0
    for learner in ("ada", "swapped"):
        assert report_of(graded, learner) == report_of(again, learner)
