"""Grades the mutants of the solutions, and says which of them live: for `coursekit verify --mutants`.

A mutant that lives is a mistake with full marks. It is killed by a new check, or stands in `equivalents.toml` with the
reason why it is no mistake.
"""

from __future__ import annotations

import random
import tomllib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from coursekit.authoring.mutants import Mutant, mutants
from coursekit.authoring.proofs import load_solutions
from coursekit.authoring.verify import miscounted
from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.exercise import Exercise
from coursekit.exercise.answers import widened
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import score
from coursekit.jail.inside import source
from coursekit.machine import cores
from coursekit.wire import Answer, Question
from coursekit.wire.answering import answer

SEEDS = 2  # each mutant must lose points on every one of so many sets of hidden inputs
SECONDS = 60.0  # after which one call of a mutant hangs; far more than any takes on a busy machine
AT_ONCE = 40  # so many mutants are judged before something is said
_print = partial(print, flush=True)  # a line in a log is of use when it comes
_LISTED = Path(__file__).with_name("equivalents.toml")
_DIGITS = {torch.float64: 1e-12, torch.float32: 1e-5, torch.float16: 1e-2}  # of rounding, relative to the largest


@dataclass(frozen=True)
class Equivalent:
    """A mutant that is no mistake, and why.

    Attributes:
        kind: "same": all its numbers are the solution's, to the bit; "rounding": to the last digits; "free": it differs
            where the docstring promises nothing. The first two are checked on every call of every check and case.
        exercises: whose solutions have the line.
        was: the line (see `Mutant`).
        now: the line with the change.
        why: the reason.
    """

    kind: str
    exercises: str
    was: str
    now: str
    why: str


@dataclass
class Judged:
    """What became of the mutants of one exercise."""

    about: str
    made: int = 0
    killed: int = 0
    explained: int = 0
    faults: list[str] = field(default_factory=list)


def equivalents() -> list[Equivalent]:
    """All that is listed."""
    listed = tomllib.loads(_LISTED.read_text(encoding="utf-8"))
    return [Equivalent(kind, *entry) for kind in ("same", "rounding", "free") for entry in listed.get(kind, ())]


def run(exercises: Iterable[tuple[Topic, Exercise]], sample: int = 0, seed: int = 0) -> int:
    """Judges the mutants of the solutions, prints what is found, and returns 0 if nothing is wrong, else 1."""
    return 1 if any(judged.faults for judged in prove(exercises, sample, seed)) else 0


def prove(
    exercises: Iterable[tuple[Topic, Exercise]], sample: int = 0, seed: int = 0, say: Callable[[str], None] = _print
) -> list[Judged]:
    """Judges the mutants of the solutions, says what is found as it comes, and returns it: the list's own faults first.

    Args:
        exercises: which, each with its topic.
        sample: how many mutants are drawn from all; 0 for all of them.
        seed: which are drawn.
        say: shows a line.
    """
    exercises = list(exercises)
    made = [(topic, mutant) for topic, exercise in exercises for mutant in mutants(topic, exercise.name)]
    listed = equivalents()
    faults = [*unmatched(listed, [mutant for _, mutant in made]), *_miscounted(exercises, len(made))]
    for fault in faults:
        say(f"FAULT {fault}")
    drawn = random.Random(seed).sample(made, sample) if 0 < sample < len(made) else made
    jobs: dict[tuple[str, str], list[Mutant]] = {}
    for topic, mutant in drawn:
        jobs.setdefault((topic.name, mutant.exercise), []).append(mutant)
    found = [Judged("files", faults=faults)]
    total = Judged("")
    for judged in _judge_all(jobs, listed):
        found.append(judged)
        total.made, total.killed = total.made + judged.made, total.killed + judged.killed
        total.explained += judged.explained
        about = f"{judged.about}, {judged.killed}/{judged.made} mutants killed, {judged.explained} explained"
        say(f"{'FAULT' if judged.faults else 'ok':<6}{about}   ({total.made} of {len(drawn)})")
        for fault in judged.faults:
            say("      " + fault.replace("\n", "\n      "))
    say(
        f"Mutation score: {total.made} mutants of {len({name for _, name in jobs})} solutions"
        f"{f', drawn from {len(made)}' if len(drawn) < len(made) else ''}: {total.killed} killed, "
        f"{total.explained} explained, {total.made - total.killed - total.explained} live."
    )
    return found


def unmatched(listed: Iterable[Equivalent], made: Iterable[Mutant]) -> Iterator[str]:
    """A sentence for each entry of the list that no mutant of its exercise is."""
    there = {(mutant.exercise, mutant.was, mutant.now) for mutant in made}
    names = {name for name, _, _ in there}
    for entry in listed:
        for name in entry.exercises.split():
            if name in names and (name, entry.was, entry.now) not in there:
                yield f"equivalents.toml lists a mutant that is none: {name}\n- {entry.was}\n+ {entry.now}"


def _miscounted(exercises: Sequence[tuple[Topic, Exercise]], there: int) -> Iterator[str]:
    """A guide shows what a run over all exercises prints at the end."""
    if len(exercises) == len(syllabus.exercises()):
        yield from miscounted(r"(\d+) mutants of", there, "coursekit verify --mutants")


def _judge_all(jobs: dict[tuple[str, str], list[Mutant]], listed: list[Equivalent]) -> Iterator[Judged]:
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as executor:
        futures = [
            executor.submit(judge, topic, name, found[at : at + AT_ONCE], listed)
            for (topic, name), found in sorted(jobs.items(), key=lambda job: -len(job[1]))
            for at in range(0, len(found), AT_ONCE)
        ]
        for done in as_completed(futures):
            yield done.result()


def judge(topic_name: str, name: str, made: Sequence[Mutant], listed: Sequence[Equivalent]) -> Judged:
    """Grades mutants of one exercise; each that lives must be listed, and be what is said of it."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    topic, exercise = syllabus.find_topic(topic_name), syllabus.find_exercise(name)[1]
    known = {(entry.was, entry.now): entry for entry in listed if name in entry.exercises.split()}
    judged = Judged(f"{topic_name}.{name}")
    for mutant in made:
        judged.made += 1
        function, entry = load(mutant), known.get((mutant.was, mutant.now))
        if not lives(exercise, function):
            judged.killed += 1
            if entry:
                judged.faults.append(f"it is listed in equivalents.toml, and fails:\n{mutant}")
        elif not entry:
            judged.faults.append(f"it gets full marks:\n{mutant}")
        elif entry.kind != "free" and not _same_everywhere(topic, exercise, function, entry.kind):
            judged.faults.append(f"it is listed as {entry.kind!r}, and gives other numbers:\n{mutant}")
        else:
            judged.explained += 1
    return judged


def load(mutant: Mutant) -> Callable[..., Any]:
    """The mutant as a function."""
    return source.load([("mutant", mutant.module)], mutant.exercise)


def lives(exercise: Exercise, function: Callable[..., Any]) -> bool:
    """Whether it has full marks on one of the seeds: somebody would meet it there."""
    asked = replace(exercise, forbids=())  # no rule puts in what is forbidden; without mistakes, none is looked for
    ask = ask_here(function, asked, SECONDS)
    return any(score(asked, ask, seed=seed).points == exercise.maximum for seed in range(SEEDS))


# ---- reasons that can be checked ---------------------------------------------------------------------------------


def _same_everywhere(topic: Topic, exercise: Exercise, function: Callable[..., Any], kind: str) -> bool:
    solution = getattr(load_solutions(topic), exercise.name)
    digits = _DIGITS if kind == "rounding" else {}
    return all(
        _same_answer(answer(function, question), answer(solution, question), digits)
        for question in questions(exercise, solution)
    )


def questions(exercise: Exercise, solution: Callable[..., Any]) -> Iterator[Question]:
    """All that the checks ask of a solution, in float64 as well, and all cases."""
    asked: list[Question] = list(exercise.cases()) if exercise.cases else []

    def ask(question: Question) -> Answer:
        asked.append(question)
        return answer(solution, question)

    for seed in range(SEEDS):
        score(replace(exercise, forbids=()), ask, seed=seed)
    for question in asked:
        yield from (question, widened(question))


def _same_answer(one: Answer, other: Answer, digits: dict[torch.dtype, float]) -> bool:
    if one.problem or other.problem:
        return (one.problem and one.problem.kind) == (other.problem and other.problem.kind)
    pairs = zip((one.value, *one.gradients), (other.value, *other.gradients), strict=True)
    return all(_same_numbers(a, b, digits) for a, b in pairs)


def _same_numbers(one: Tensor | None, other: Tensor | None, digits: dict[torch.dtype, float]) -> bool:
    if one is None or other is None:
        return one is other
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype not in digits:
        return bool(((one == other) | (one.isnan() & other.isnan())).all())
    finite = other.isfinite()
    if not bool(((one == other) | (one.isnan() & other.isnan()) | finite).all()) or not finite.any():
        return bool((one.isfinite() == finite).all())
    largest = max(float(other[finite].abs().max()), 1.0)
    return bool(((one - other)[finite].abs() <= digits[one.dtype] * largest).all())
