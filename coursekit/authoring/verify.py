"""Proves the course consistent: what is shipped fits together, and the checks tell right from wrong.

The misconceptions are the mutation test of the graders: every one must fail, and be named as itself.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from coursekit.course import notebooks, stubs, syllabus
from coursekit.course.syllabus import Topic
from coursekit.exercise import Exercise
from coursekit.exercise.answers import expected_answer, same_answer
from coursekit.exercise.literal import call_line
from coursekit.grading import scoring
from coursekit.grading.here import ask_here
from coursekit.jail.inside import source
from coursekit.report import Outcome, Report
from coursekit.wire.answering import answer


@dataclass
class Findings:
    """What was found of one exercise, or of the files: a sentence a fault, and the mutation counts."""

    about: str
    faults: list[str] = field(default_factory=list)
    wrong: int = 0
    rejected: int = 0
    named: int = 0


def run(topics: Sequence[Topic], seeds: int) -> int:
    """Verifies the topics, prints what is found, and returns 0 if nothing is wrong, else 1."""
    exercises = [(topic, exercise) for topic in topics for exercise in topic.exercises]
    exercises.sort(key=lambda pair: -len(pair[1].checks) * len(pair[1].misconceptions))  # the longest first
    jobs = [(topic.name, exercise.name) for topic, exercise in exercises]
    findings = [verify_files(topics)]
    _tell(findings[0])
    # a fresh interpreter for each worker: forking one that runs threads is how tests come to hang
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        futures = [executor.submit(verify_exercise, *job, seeds) for job in jobs]
        for done in as_completed(futures):
            findings.append(done.result())
            _tell(findings[-1])
    faults = sum(len(finding.faults) for finding in findings)
    print(mutation_score(findings))
    print(f"{len(jobs)} exercises on {seeds} seeds: {faults or 'no'} fault{'' if faults == 1 else 's'}.")
    return 1 if faults else 0


def mutation_score(findings: Sequence[Findings]) -> str:
    """Of all wrong implementations: how many fail, how many are named."""
    wrong = sum(finding.wrong for finding in findings)
    rejected = sum(finding.rejected for finding in findings)
    named = sum(finding.named for finding in findings)
    share = 100 / max(wrong, 1)
    return (
        f"Mutation score: {wrong} wrong implementations, {rejected} rejected ({rejected * share:.1f} %), "
        f"{named} named as themselves ({named * share:.1f} %)."
    )


def _tell(finding: Findings) -> None:
    counts = f", {finding.rejected}/{finding.wrong} rejected, {finding.named} named" if finding.wrong else ""
    print(f"{'FAULT' if finding.faults else 'ok':<6}{finding.about}{counts}", flush=True)
    for fault in finding.faults:
        print(f"      {fault}")


# ---- files -------------------------------------------------------------------------------------------------------


def verify_files(topics: Sequence[Topic]) -> Findings:
    """Every file has its partners, what is generated is fresh, every command is in README."""
    findings = Findings("files")
    findings.faults += _partners()
    for topic in topics:
        if not all(path.exists() for path in (topic.notebook, topic.solution, topic.stub)):
            continue  # _partners has said so
        if topic.stub.read_text(encoding="utf-8") != stubs.stub_module(topic):
            findings.faults.append(f"exercises/{topic.stub.name} is stale (run `coursekit refresh`).")
        defined = set(re.findall(r"(?m)^def (\w+)", topic.solution.read_text(encoding="utf-8")))
        for name in defined ^ {exercise.name for exercise in topic.exercises}:
            findings.faults.append(f"`{name}` is in only one of solutions/{topic.name}.py and its grader.")
        findings.faults += notebooks.faults(topic)
    findings.faults += _undocumented()
    return findings


def _partners() -> Iterator[str]:
    graders = syllabus.ROOT / "coursekit" / "graders"
    for files, wanted in (
        ((syllabus.ROOT / "notebooks").glob("*.ipynb"), {topic.notebook for topic in syllabus.TOPICS}),
        ((syllabus.ROOT / "solutions").glob("*.py"), {topic.solution for topic in syllabus.TOPICS}),
        ((syllabus.ROOT / "exercises").glob("*.py"), {topic.stub for topic in syllabus.TOPICS}),
        (
            [*graders.glob("*.py"), *graders.glob("*/__init__.py")],
            {topic.grader for topic in syllabus.TOPICS} | {graders / "__init__.py"},
        ),
    ):
        there = set(files)
        for path in sorted(there - wanted):
            yield f"{path.relative_to(syllabus.ROOT).as_posix()} belongs to no topic of course.py."
        for path in sorted(wanted - there):
            yield f"{path.relative_to(syllabus.ROOT).as_posix()} is missing."


def _undocumented() -> Iterator[str]:
    from coursekit.cli.main import command_names

    readme = (syllabus.ROOT / "README.md").read_text(encoding="utf-8")
    for name in command_names():
        if f"coursekit {name}" not in readme:
            yield f"README.md does not show `coursekit {name}`."


# ---- one exercise ------------------------------------------------------------------------------------------------


def verify_exercise(topic_name: str, name: str, seeds: int) -> Findings:
    """All that must hold of one exercise."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # torch's own functions warn about the very edges they are compared on
    topic, exercise = syllabus.find_topic(topic_name), syllabus.find_exercise(name)[1]
    findings = Findings(f"{topic_name}.{name}")
    solution: Callable[..., Any] = getattr(load_solutions(topic), name)
    findings.faults += _stub_is_unattempted(topic, exercise)
    findings.faults += _solution_passes(exercise, solution, seeds)
    findings.faults += _trivial_answers_fail(exercise, seeds)
    findings.faults += _twin_passes(exercise)
    findings.faults += cases_agree(exercise, solution)
    _count_mutants(exercise, seeds, findings)
    return findings


def load_solutions(topic: Topic) -> ModuleType:
    """The solution module of a topic, which is no part of the package."""
    spec = importlib.util.spec_from_file_location(f"solutions_{topic.name}", topic.solution)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score_here(exercise: Exercise, function: Callable[..., Any], seed: int) -> Report:
    """The report on a function of this process."""
    return scoring.score(exercise, ask_here(function, exercise), seed=seed)


def _stub_is_unattempted(topic: Topic, exercise: Exercise) -> Iterator[str]:
    function = source.load([("stub", stubs.stub_module(topic))], exercise.name)
    report = score_here(exercise, function, 0)
    if report.outcome is not Outcome.UNATTEMPTED or report.points:
        yield f"the stub counts as {report.outcome} with {report.points:g} points."


def _solution_passes(exercise: Exercise, solution: Callable[..., Any], seeds: int) -> Iterator[str]:
    for seed in range(seeds):
        report = score_here(exercise, solution, seed)
        if report.points != exercise.maximum or not scoring.is_solved(report):
            yield f"seed {seed}: the solution fails: {report.first_failure}."
            return


TRIVIAL: dict[str, Callable[[Tensor, tuple[Any, ...]], Any]] = {
    "the number 0": lambda _, __: torch.zeros(()),
    "the number 1": lambda _, __: torch.ones(()),
    "zeros": lambda right, _: torch.zeros_like(right),
    "ones": lambda right, _: torch.ones_like(right),
    "NaN": lambda right, _: torch.full_like(right, torch.nan),
    "the input": lambda _, args: args[0] * 1.0,
    "the second input": lambda _, args: args[1] * 1.0 if len(args) > 1 and isinstance(args[1], Tensor) else None,
    "the input's sum": lambda _, args: args[0].double().sum(),
    "the input's mean": lambda _, args: args[0].double().mean(),
}


def _trivial_answers_fail(exercise: Exercise, seeds: int) -> Iterator[str]:
    for what, trivial in TRIVIAL.items():

        def guess(*args: Any, _trivial: Any = trivial, **kwargs: Any) -> Any:
            try:
                right = exercise.spec(*args, **kwargs).detach()
            except Exception:  # where raising is right, a trivial answer still answers
                right = torch.zeros(())
            return _trivial(right, args)

        for seed in range(seeds):
            report = score_here(exercise, guess, seed)
            passed = [verdict.check for verdict in report.verdicts if verdict.outcome is Outcome.PASSED]
            if passed:
                yield f"seed {seed}: {what} passes {', '.join(passed)}."
                break


def _twin_passes(exercise: Exercise) -> Iterator[str]:
    if exercise.twin is None:
        return
    for seed in range(3):
        report = scoring.score(exercise, lambda question: answer(exercise.twin, question), seed=seed)  # type: ignore[arg-type]
        if report.points != exercise.maximum:
            yield f"seed {seed}: the twin fails: {report.first_failure}."
            return


def cases_agree(exercise: Exercise, solution: Callable[..., Any]) -> Iterator[str]:
    """A sentence for each of the exercise's cases on which solution, spec and twin do not agree."""
    if exercise.cases is None or exercise.twin is None:
        return
    for question in exercise.cases():
        mine, theirs = answer(solution, question), answer(exercise.twin, question)
        right = expected_answer(exercise.spec, question)
        line = call_line(exercise.name, question)
        if mine.value is None or theirs.value is None:
            yield f"{line}: solution {mine.problem}, twin {theirs.problem}."
        elif mine.value.dtype != theirs.value.dtype:
            yield f"{line}: solution gives {mine.value.dtype}, twin {theirs.value.dtype}."
        elif not same_answer(mine, right, question):
            yield f"{line}: solution {mine}, spec {right}."
        elif not same_answer(theirs, right, question):
            yield f"{line}: twin {theirs}, spec {right}."


def _count_mutants(exercise: Exercise, seeds: int, findings: Findings) -> None:
    """Each misconception must be rejected, and named as itself, on every seed."""
    for misconception in exercise.misconceptions:
        findings.wrong += 1
        rejected = named = True
        for seed in range(seeds):
            # asked without watch and time limit, which are for strangers
            report = scoring.score(exercise, partial(answer, misconception.function), seed=seed)
            rejected = rejected and report.points < exercise.maximum
            said = report.diagnosis.misconception if report.diagnosis else "nothing"
            if said != misconception.name:
                named = False
                findings.faults.append(f"seed {seed}: {misconception.name} is named as {said}.")
                break
        if not rejected:
            findings.faults.append(f"{misconception.name} gets full marks.")
        findings.rejected += rejected
        findings.named += named
