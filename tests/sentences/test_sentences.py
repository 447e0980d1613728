"""What learners are told: wrong answers of every kind, and the words that must and must not stand in the feedback.

An answer's file is its topic's: a title "exercise: what is wrong", the source, the words that must appear, and those
that must not. Where no word must appear, the sentence tells what came and leads no further: such answers are few.
"""

from __future__ import annotations

import importlib.util
import io
import warnings
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest
from notebook import checked

from coursekit.course import syllabus
from coursekit.grading import scoring
from coursekit.jail.terms import Limits
from coursekit.learning.own import VISIBLE_SEED
from coursekit.report import Outcome

pytestmark = pytest.mark.usefixtures("one_thread")

FOLDER = Path(__file__).parent
OURS = str(FOLDER.parents[1])


def _answers():
    for path in (FOLDER / f"{topic.name}.py" for topic in syllabus.TOPICS):
        if not path.exists():  # a lesson of which nobody has collected such answers
            continue
        spec = importlib.util.spec_from_file_location(f"sentences_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield from module.ANSWERS.items()


ANSWERS = dict(_answers())
checked_once = cache(checked)


@pytest.fixture(autouse=True)
def no_keyboard(monkeypatch):
    """Nobody types anything, as in a graded run."""
    monkeypatch.setattr("sys.stdin", io.StringIO())


@pytest.mark.parametrize(
    "title", [pytest.param(title, marks=[pytest.mark.slow] * ("compiled" in title)) for title in ANSWERS]
)
def test_what_is_said(title):
    """The feedback names what is wrong, and nothing that is not; no path of ours is shown; a line to paste raises."""
    source, words, never = ANSWERS[title]
    shown, names = checked_once(title.partition(":")[0], source)
    said = " ".join(shown.split())
    assert [word for word in words if word not in said] == [], said
    assert [word for word in (*never, OURS) if word in said] == [], said
    first = names["feedback"].report.first_failure
    if first is not None and first.outcome is Outcome.ERROR:
        line, _, error = first.rationale.removeprefix("`").partition("` raised ")
        assert error.partition(" ")[0].rstrip(":") == _raised_by(line, names)


def _raised_by(line, names):
    """The type of what a line raises, as a learner would find it who pastes that line."""
    with warnings.catch_warnings(action="ignore"):
        try:
            exec(line, names)
        except BaseException as error:  # SystemExit as well
            return type(error).__name__
    return ""


def test_few_are_told_no_more_than_what_came():
    """Of a hundred wrong answers, 15 at most are told nothing that leads on."""
    assert sum(not words for _, words, _ in ANSWERS.values()) <= 0.15 * len(ANSWERS)


SETUP = (FOLDER / "notebook.py").read_text(encoding="utf-8").partition('SETUP = """')[2].partition('"""')[0]


@pytest.mark.slow
def test_a_graded_run_says_the_same(any_jail):
    """What a notebook's check says of an answer, a jail says as well, to the last word."""
    parted = {}
    any_jail.limits = Limits()
    for title, (source, _, _) in ANSWERS.items():
        exercise = syllabus.find_exercise(title.partition(":")[0])[1]
        with any_jail.child((("1", SETUP), ("2", dedent(source))), exercise) as ask:
            there = scoring.score(exercise, ask, seed=VISIBLE_SEED)
        here = checked_once(exercise.name, source)[1]["feedback"].report
        if (here.first_failure, here.diagnosis) != (there.first_failure, there.diagnosis):
            parted[title] = (here.first_failure, there.first_failure)
    assert parted == {}
