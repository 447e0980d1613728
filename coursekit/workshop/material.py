"""What the course itself says on a board: its lessons, the sentence and the counterexample of each known mistake.

All graders take seconds to import: a server does so once it answers (`warm_up`), and not before.
"""

from __future__ import annotations

import ast
import json
from functools import cache, partial
from typing import Any

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.report import Example
from coursekit.workshop import pictures


@cache
def exercise_names() -> frozenset[str]:
    """All exercises; quick, as no grader is imported."""
    return frozenset(syllabus.names())


@cache
def sentence(exercise: str, mistake: str) -> str:
    """What the course says of a mistake; empty where it is none of the exercise's catalogue."""
    return next((each.explanation for each in _mistakes(exercise) if each.name == mistake), "")


@cache
def example(exercise: str, mistake: str) -> Example | None:
    """The smallest input that shows a mistake of the catalogue, as every learner who makes it sees it.

    It is found here by asking the mistake itself, so nothing that a learner posts has a part in it.
    """
    from coursekit.exercise.answers import expected_answer
    from coursekit.exercise.literal import call_line, readable
    from coursekit.exercise.recall import recall
    from coursekit.grading import scoring
    from coursekit.learning.own import VISIBLE_SEED

    function = next((each.function for each in _mistakes(exercise) if each.name == mistake), None)
    if function is None:
        return None
    _, of = syllabus.find_exercise(exercise)
    came = scoring.run(of, partial(recall, function), seed=VISIBLE_SEED)
    for verdict in came.verdicts:
        if verdict.example is not None:
            return verdict.example
    for calls in came.failed:  # it gives no number to show: an error comes where a value should
        question, problem = calls[-1].question, calls[-1].answer.problem
        right = expected_answer(of.spec, question).value
        if problem is not None and right is not None:
            return Example(call_line(exercise, question), "an error", readable(right))
    return None


def warm_up() -> None:
    """Imports what a first mistake would have to wait for."""
    syllabus.exercises()


def _mistakes(exercise: str) -> Any:
    return syllabus.find_exercise(exercise)[1].misconceptions if exercise in exercise_names() else ()


def lessons() -> list[dict[str, Any]]:
    """The lessons in order: number, name, title, exercises with hints and a picture, and the questions they ask."""
    return [
        {
            "number": topic.number,
            "name": topic.name,
            "title": topic.title,
            "exercises": [
                {"name": each.name, "hints": list(each.hints), "picture": _picture(each.name)}
                for each in topic.exercises
            ],
            "questions": questions(topic),
        }
        for topic in syllabus.TOPICS
    ]


def _picture(exercise: str) -> dict[str, str] | None:
    found = pictures.of_exercise(exercise)
    return {"below": found.below, "says": found.says} if found else None


def questions(topic: Topic) -> list[dict[str, Any]]:
    """The questions of a lesson's `predict` cells whose words stand there: none where its notebook is not at hand."""
    try:
        cells = json.loads(topic.notebook.read_bytes())["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []
    return [found for source in sources if "predict(" in source for found in _asked(source)]


def _asked(source: str) -> list[dict[str, Any]]:
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except SyntaxError:  # a cell with a magic
        return []
    found = []
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id == "predict" and call.args:
            try:
                text, *choices = map(ast.literal_eval, call.args[:2])
                name = next(ast.literal_eval(each.value) for each in call.keywords if each.arg == "id")
            except (ValueError, StopIteration):  # words that are computed
                continue
            found.append({"id": name, "text": text, "choices": list(choices[0]) if choices else []})
    return found
