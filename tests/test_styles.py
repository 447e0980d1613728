"""Right answers in many styles: whoever understood the loss gets every point, however it is written."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import pytest
import torch

from coursekit import course, verify

STYLES = Path(__file__).parent / "styles"
SEEDS = range(5)


def styles_of(topic):
    """Every function called `<exercise>__<style>` in the topic's file, by its name."""
    spec = importlib.util.spec_from_file_location(f"styles_{topic.name}", STYLES / f"{topic.name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if "__" in name.strip("_")}


FOUND = {name: function for topic in course.TOPICS for name, function in styles_of(topic).items()}


def exercise_of(style):
    return course.find_exercise(style.partition("__")[0])[1]


def complaint(report):
    """What a learner would have been told."""
    failure = report.first_failure
    return None if failure is None else (failure.check, failure.rationale, failure.example)


@pytest.fixture(autouse=True)
def _one_thread():
    """Tensors of a dozen numbers are no work to share."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("style", FOUND)
def test_full_marks(style):
    """Core and parity, on several hidden seeds."""
    exercise = exercise_of(style)
    for seed in SEEDS:
        report = verify.grade_here(exercise, FOUND[style], seed)
        assert (seed, None) == (seed, complaint(report))
        assert exercise.maximum == report.points


@pytest.mark.parametrize("exercise", [e for _, e in course.exercises().values()], ids=lambda e: e.name)
def test_enough_styles(exercise):
    """At least three for every exercise, and five for those that rebuild a function of torch."""
    styles = Counter(name.partition("__")[0] for name in FOUND)
    assert styles[exercise.name] >= (3 if exercise.twin is None else 5)
