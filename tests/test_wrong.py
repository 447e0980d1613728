"""Wrong answers that were written before the catalogue of mistakes was read: they lose points, and most have a name."""

import importlib.util
import json
import re
from functools import cache
from pathlib import Path

import pytest

from coursekit.course import syllabus
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import score

FOLDER = Path(__file__).parent / "wrong"
# What `tests/wrong/names.json` says of each: the name of its mistake, or null where it has none yet
NAMES = json.loads((FOLDER / "names.json").read_text(encoding="utf-8"))
FIRST = {
    answer.partition("/")[2].partition("__")[0]: answer for answer in reversed(NAMES)
}  # of each exercise: quick to run as well
MARKED = [answer if answer in FIRST.values() else pytest.param(answer, marks=pytest.mark.slow) for answer in NAMES]


@cache
def functions(topic: str):
    found = importlib.util.spec_from_file_location(f"wrong_{topic}", FOLDER / f"{topic}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if "__" in name.strip("_") and callable(value)}


def test_each_is_listed():
    """No wrong answer is left out of the count, and none is counted that is not there."""
    there = [f"{path.stem}/{name}" for path in sorted(FOLDER.glob("*.py")) for name in functions(path.stem)]
    assert there == list(NAMES)


@pytest.mark.filterwarnings("ignore")  # torch warns of some of these mistakes itself
@pytest.mark.parametrize("answer", MARKED)
def test_wrong_answer(answer):
    """It loses points, and is called what it was found to be."""
    topic, name = answer.split("/")
    exercise = syllabus.find_exercise(name.partition("__")[0])[1]
    report = score(exercise, ask_here(functions(topic)[name], exercise), seed=0)
    assert report.points < exercise.maximum
    assert (report.diagnosis and report.diagnosis.misconception) == NAMES[answer]


def test_nine_in_ten_have_a_name():
    """What was measured, in docs/, gives the rate."""
    named = sum(name is not None for name in NAMES.values())
    assert named >= 0.9 * len(NAMES)
    told = (syllabus.ROOT / "docs" / "measured.md").read_text(encoding="utf-8")
    assert re.findall(r"(\d+) of (\d+) wrong answers", told) == [(str(named), str(len(NAMES)))]
