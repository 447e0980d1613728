"""A group of answers that no known mistake explains becomes a mistake of the course: its skeleton in the grader.

What a stranger wrote is put there as a comment, and never as code: a grader is imported by whoever grades, outside of
every jail. Its author reads it, and writes what it does as a line or two of their own.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from pathlib import Path

from coursekit.authoring.proofs import LEFT_TO_DO
from coursekit.authoring.scaffold import Change
from coursekit.authoring.skeleton import WIDTH
from coursekit.classroom.groups.forming import Group
from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.errors import CommandError
from coursekit.exercise import Exercise
from coursekit.text import visible

_DIGITS = 6  # of the group's id in the mistake's first name


def plan(group: Group) -> Change:
    """The grader of the group's exercise with one more mistake at its end. Nothing is written.

    Raises:
        CommandError: the exercise stands in no file of its topic by its own name, or has this mistake already.
        UnknownNameError: the course has no such exercise any more.
    """
    topic, exercise = syllabus.find_exercise(group.exercise)
    path, target = _defined(topic, exercise)
    text = path.read_text(encoding="utf-8")
    name = f"group_{group.id[:_DIGITS]}"
    if name in {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}:
        raise CommandError(f"{_place(path)} has the mistake `{name}` already. Look for what is left to write there.")
    line = len(text.splitlines()) + 3
    return Change(path, f"{text.rstrip()}\n\n\n{_mistake(name, target, exercise, group)}", f"line {line}", name)


def told(group: Group, change: Change) -> str:
    """What was written and where, and what to type next."""
    return "\n".join(
        [
            f"Written: {_place(change.path)}, {change.begins}: `{change.holds}`, with {LEFT_TO_DO} where there is "
            "something for you to write.",
            "Read the answer that stands there as a comment, write what it does, and call it by a name. Then:",
            f"  coursekit verify --exercise {group.exercise} --seeds 2",
            "It is the course's own from then on: `coursekit regrade FOLDER --diff` shows whose answers have it.",
        ]
    )


def _place(path: Path) -> str:
    return path.relative_to(syllabus.ROOT).as_posix()


def _defined(topic: Topic, exercise: Exercise) -> tuple[Path, str]:
    """The file in which the exercise is made, and the name that it has there."""
    made = [
        (path, node.targets[0].id, [each.value for each in node.value.args if isinstance(each, ast.Constant)])
        for path in sorted(topic.grader.parent.glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name)
    ]
    found = [each for each in made if exercise.name in each[2]] or [each for each in made if each[1] == exercise.name]
    if found:
        return found[0][:2]
    raise CommandError(
        f"No file of coursekit/graders/{topic.name} says `{exercise.name} = Exercise(…)`: add the mistake by hand, as "
        "CONTRIBUTING.md tells."
    )


def _mistake(name: str, target: str, exercise: Exercise, group: Group) -> str:
    sentence = group.name or f"{LEFT_TO_DO}: what the numbers show, then what to do."
    lines = textwrap.wrap(sentence, WIDTH - 8, break_long_words=False, break_on_hyphens=False)
    pieces = [json.dumps(line + " " * (line is not lines[-1]), ensure_ascii=False) for line in lines]
    quoted = pieces[0] if len(pieces) == 1 else "\n    " + "\n    ".join(pieces) + "\n"
    head = f"@{target}.misconception({quoted})"
    if len(head.splitlines()[0]) > WIDTH:
        head = f"@{target}.misconception(\n    {quoted}\n)"
    number = len(group.kept)
    whose = "An answer" if number == 1 else f"The shortest of {number} answers"
    shown = group.shows and f"{group.shows.line} gives {group.shows.got}, and should give {group.shows.expected}"
    return "\n".join(
        [
            head,
            f"def {name}{_parameters(exercise)}:",
            f"    # {LEFT_TO_DO}: write what this does, and call it by a name that says so.",
            f"    # {whose} that nobody has read yet, as handed in:",
            *(f"    #     {visible(line.expandtabs(4))}".rstrip() for line in (group.code or "?").splitlines()),
            *(f"    # {line}" for line in textwrap.wrap(visible(shown or ""), WIDTH - 6)),
            f'    raise NotImplementedError("{LEFT_TO_DO}")',
            "",
        ]
    )


def _parameters(exercise: Exercise) -> str:
    """Those of the exercise, without their types; what a spec takes besides, for its own ends, is a function."""
    found = inspect.signature(exercise.spec)
    given = [each for each in found.parameters.values() if not inspect.isfunction(each.default)]
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in given]
    return str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty)).replace("'", '"')
