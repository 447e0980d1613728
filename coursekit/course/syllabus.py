"""The syllabus: the ordered topics, and where each keeps its notebook, solution, stub and grader.

In the course's folder (a clone, or its zip) each has its own place there. Installed as a package, solutions and stubs
come along as data, in `coursekit/shipped`, and there are no notebooks.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.errors import CommandError

if TYPE_CHECKING:
    from coursekit.exercise import Exercise

_DEFINITION = re.compile(r"(?m)^def (\w+)\(")
_ANSWER = "# BEGIN SOLUTION"

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Path(__file__).resolve().parents[1] / "shipped"


def in_course() -> bool:
    """Whether this is the course's own folder, and not an installed package."""
    return not SHIPPED.exists()


def insist_on_course(what: str) -> None:
    """Raises unless this is the course's own folder.

    Raises:
        CommandError: says what needs it.
    """
    if not in_course():
        raise CommandError(
            f"{what} needs the course's folder with its notebooks and solutions, and this is the installed package: "
            "run it there, in the folder that holds start.py."
        )


def course_file(name: str) -> Path:
    """A file of the course that is shipped as well, such as `constraints.txt`, or `solutions/entropy.py`."""
    return (ROOT if in_course() else SHIPPED) / name


@dataclass(frozen=True)
class Topic:
    """A lesson, its notebook and its exercises. Everything else follows from the name and the place in line."""

    number: int
    name: str
    title: str

    @property
    def notebook(self) -> Path:
        """The lesson."""
        return ROOT / "notebooks" / f"{self.number:02}_{self.name}.ipynb"

    @property
    def solution(self) -> Path:
        """The source of every exercise of the topic."""
        return course_file(f"solutions/{self.name}.py")

    @property
    def stub(self) -> Path:
        """The exercises, generated from the solution; a learner's own copy of it is what they edit."""
        return course_file(f"exercises/{self.name}.py")

    @property
    def grader(self) -> Path:
        """The package that holds the checks of every exercise."""
        return ROOT / "coursekit" / "graders" / self.name / "__init__.py"

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises, in the order of the course.

        Raises:
            CommandError: the syllabus names the topic, and there is no grader of it, or none that lists exercises.
        """
        package = f"coursekit.graders.{self.name}"
        try:
            exercises: tuple[Exercise, ...] = import_module(package).EXERCISES
        except ModuleNotFoundError as error:
            if error.name != package:  # what the grader itself imports
                raise
            exercises = ()
        except AttributeError as error:
            if error.name != "EXERCISES":
                raise
            exercises = ()
        if not exercises:
            raise CommandError(
                f"The syllabus has the topic `{self.name}`, and coursekit/graders/{self.name}/__init__.py has no "
                "exercise in EXERCISES. Take its line out of TITLES in coursekit/course/syllabus.py: `coursekit new` "
                "begins a topic, with that line and all its files (CONTRIBUTING, “Add a topic”)."
            )
        return exercises


TITLES = {
    "objective": "Loss, cost, objective",
    "entropy": "Entropy and mutual information",
    "kl_divergence": "KL divergence",
    "softmax": "Softmax and cross-entropy",
    "cross_entropy": "Cross-entropy in practice",
    "binary_cross_entropy": "Binary cross-entropy",
    "regression": "Regression",
    "counts_and_noise": "Counts and noise",
    "margins": "Margins",
    "ranking": "Ranking",
    "embeddings": "Embeddings",
    "ctc_forward": "CTC: the forward algorithm",
    "ctc_training": "CTC: training and reading out",
    "at_scale": "Losses at scale",
    "ctc_speed": "CTC: a faster one",
    "which_loss": "Which loss when",
}

TOPICS = tuple(Topic(number, name, title) for number, (name, title) in enumerate(TITLES.items()))


class UnknownNameError(LookupError):
    """A name that no topic or exercise has; the message offers the closest one, where one is close."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.7 if len(name) > 3 else 0.6)
        there = f"There are: {', '.join(known)}." if len(known) < 20 else "`coursekit list` names them all."
        hint = f"Did you mean `{close[0]}`?" if close else there
        super().__init__(f"No {kind} is called `{name}`. {hint}")


def names() -> dict[str, Topic]:
    """The topic of every exercise by its name, in course order, read off the solutions: no grader is imported."""
    found: dict[str, Topic] = {}
    for topic in TOPICS:
        if topic.solution.exists():
            parts = _DEFINITION.split(topic.solution.read_text(encoding="utf-8"))
            found |= {name: topic for name, body in zip(parts[1::2], parts[2::2], strict=True) if _ANSWER in body}
    return found


@cache
def exercises() -> dict[str, tuple[Topic, Exercise]]:
    """Every exercise of the course by its name, in course order."""
    return {exercise.name: (topic, exercise) for topic in TOPICS for exercise in topic.exercises}


def find_exercise(name: str) -> tuple[Topic, Exercise]:
    """The exercise called `name`, and its topic.

    Raises:
        UnknownNameError: there is none.
    """
    topic = names().get(name)  # whoever asks for one exercise does not wait for the graders of all
    if topic is not None:
        for exercise in topic.exercises:
            if exercise.name == name:
                return topic, exercise
    known = exercises()
    if name not in known:
        raise UnknownNameError("exercise", name, list(known))
    return known[name]


def find_topic(name: str) -> Topic:
    """The topic called `name`.

    Raises:
        UnknownNameError: there is none.
    """
    for topic in TOPICS:
        if topic.name == name:
            return topic
    raise UnknownNameError("topic", name, [topic.name for topic in TOPICS])


def is_of_keras(name: str) -> bool:
    """Whether an exercise rebuilds a loss of Keras's: such exercises are optional, and stand at the end of a topic."""
    return name.startswith("keras_")


def earlier_exercises(name: str) -> list[str]:
    """The names of those before `name`, in course order; none if the course has no such exercise."""
    names = list(exercises())
    return names[: names.index(name)] if name in names else []


def next_exercise(name: str) -> str | None:
    """The name of the exercise after `name`; None after the last."""
    topic, _ = find_exercise(name)
    later = TOPICS[TOPICS.index(topic) : TOPICS.index(topic) + 2]
    names = [exercise.name for each in later for exercise in each.exercises]
    return next(iter(names[names.index(name) + 1 :]), None)
