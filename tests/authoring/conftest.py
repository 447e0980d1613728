"""The toy course with all that its author owes, so that each fault can be planted alone."""

import pytest
import torch

from coursekit.course import syllabus
from coursekit.wire import Question

REGISTER = '''"""Toys."""

from coursekit.graders.toy.double import double
from coursekit.graders.toy.triple import triple

# in the order of the course
EXERCISES = (
    double,
    triple,
)
'''

STYLES = """import torch

# ---- double ------------------------------------------------------------------------------------------------------


def double__sum(x):
    return torch.stack([x, x]).sum(0)


double__plus = double__minus = double__left = double__right = double__sum

# ---- triple ------------------------------------------------------------------------------------------------------


def triple__sum(x):
    return double__sum(x) + x


triple__plus = triple__minus = triple__sum
"""


@pytest.fixture
def topic(toy_course):
    """The toy course with cases beside a twin, hints that are a ladder, styles, and a grader that lists exercises."""
    double, triple = toy_course.exercises
    double.cases = lambda: iter([Question((torch.tensor([1.0, 2.0]) * step,), wrt=(0,)) for step in range(10)])
    triple.hints = ("Use double.", "And once more.")
    toy_course.grader.write_text(REGISTER, encoding="utf-8")
    styles = syllabus.ROOT / "tests" / "styles" / "toy.py"
    styles.parent.mkdir(parents=True)
    styles.write_text(STYLES, encoding="utf-8")
    return toy_course


@pytest.fixture
def double(topic):
    """The first of its exercises."""
    return topic.exercises[0]
