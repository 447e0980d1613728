"""The line that shows each mistake: the smallest input, as `check` would print it for that wrong implementation.

To find them all takes minutes, so they are kept in `docs/mistakes/`, a file a lesson, and found anew only where an
exercise has changed. `coursekit refresh --lines` does so, and `coursekit verify` says when it is due.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.errors import CommandError
from coursekit.exercise import Exercise
from coursekit.grading.fingerprint import fingerprint
from coursekit.report import Example
from coursekit.workshop import material

LONGEST = 2500  # characters: what is longer shows itself in a hundred frames, and nobody reads or pastes that
Kept = dict[str, dict[str, Any]]  # by exercise, its `version` and its `lines`: by mistake, the line, got, expected


def kept_in(topic: Topic) -> Path:
    """Where the lines of a lesson's mistakes stand."""
    return syllabus.ROOT / "docs" / "mistakes" / f"{topic.name}.json"


def read(topic: Topic) -> dict[str, dict[str, Example]]:
    """The line of each mistake that has one, by exercise and mistake, as they are kept.

    Whether they are those of the exercises as they are now, `stale` says: that takes seconds.

    Raises:
        CommandError: there are none of an exercise.
    """
    kept = _kept(topic)
    for exercise in topic.exercises:
        if exercise.name not in kept:
            raise CommandError(
                f"docs/mistakes/{topic.name}.json has no lines of `{exercise.name}`: run `coursekit refresh --lines`."
            )
    return {name: {mistake: Example(*line) for mistake, line in of["lines"].items()} for name, of in kept.items()}


def stale(topics: Iterable[Topic]) -> Iterator[str]:
    """A sentence for each lesson whose lines are not those of its exercises as they are now."""
    for topic in topics:
        changed = [exercise.name for exercise in _changed(topic)]
        gone = sorted(set(_kept(topic)) - {exercise.name for exercise in topic.exercises})
        if changed or gone:
            yield (
                f"docs/mistakes/{topic.name}.json does not fit {', '.join([*changed, *gone])} "
                "(run `coursekit refresh --lines`)."
            )


def refresh(topic: Topic) -> Iterator[str]:
    """Finds the lines of each exercise that has changed, writes the lesson's file, and yields the exercises' names."""
    kept, there = _kept(topic), {}
    changed = [exercise.name for exercise in _changed(topic)]
    for exercise in topic.exercises:
        if exercise.name in changed:
            kept[exercise.name] = {"version": fingerprint(exercise)[:16], "lines": dict(found(exercise))}
            yield exercise.name
        there[exercise.name] = kept[exercise.name]
    text = _text(there)
    if not kept_in(topic).exists() or kept_in(topic).read_text(encoding="utf-8") != text:
        kept_in(topic).parent.mkdir(parents=True, exist_ok=True)
        kept_in(topic).write_text(text, encoding="utf-8")


def found(exercise: Exercise) -> Iterator[tuple[str, list[str]]]:
    """Asks each mistake of an exercise, and yields its name with line, got and expected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong implementation may do what torch warns about
        for mistake in exercise.misconceptions:
            if example := shown(exercise.name, mistake.name):
                yield mistake.name, [example.line, example.got, example.expected]


def shown(exercise: str, mistake: str) -> Example | None:
    """The line that shows a mistake, found anew; None where it is a long one."""
    example = material.example(exercise, mistake)
    if example is None or len(example.line) + len(example.got) + len(example.expected) > LONGEST:
        return None
    return example


def _changed(topic: Topic) -> list[Exercise]:
    kept = _kept(topic)
    return [
        exercise
        for exercise in topic.exercises
        if kept.get(exercise.name, {}).get("version") != fingerprint(exercise)[:16]
    ]


def _kept(topic: Topic) -> Kept:
    try:
        kept: Kept = json.loads(kept_in(topic).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or two versions of it with git's marks between them
        return {}
    return kept


def _text(kept: Kept) -> str:
    """JSON with a line for each mistake, so that a change of one is a line in git."""
    parts = []
    for name, of in kept.items():
        lines = ",\n".join(
            f"  {json.dumps(mistake)}: {json.dumps(line, ensure_ascii=False)}" for mistake, line in of["lines"].items()
        )
        parts.append(f'{json.dumps(name)}: {{"version": {json.dumps(of["version"])}, "lines": {{\n{lines}\n}}}}')
    return "{\n" + ",\n".join(parts) + "\n}\n"
