"""What must hold of one exercise: its solution passes, and the checks tell right from wrong.

The misconceptions are the mutation test of the graders: every one must fail, and be named as itself.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from coursekit.course import stubs, syllabus
from coursekit.course.stubs import StubError
from coursekit.course.syllabus import Topic
from coursekit.exercise import Exercise
from coursekit.exercise.answers import SpecError, expected_answer, same_answer
from coursekit.exercise.literal import call_line, readable
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import is_solved, score
from coursekit.jail.inside import source
from coursekit.learning.feedback import as_text
from coursekit.report import Outcome, Report
from coursekit.wire import Answer
from coursekit.wire.answering import answer

LEFT_TO_DO = "TODO"  # what a skeleton holds where its author has something to write


@dataclass
class Findings:
    """What was found of one exercise, or of the files: a sentence a fault, and the mutation counts."""

    about: str
    faults: list[str] = field(default_factory=list)
    wrong: int = 0
    rejected: int = 0
    named: int = 0


def verify_exercise(topic_name: str, name: str, seeds: int) -> Findings:
    """All that must hold of one exercise."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # torch's own functions warn about the very edges they are compared on
    topic, exercise = syllabus.find_topic(topic_name), syllabus.find_exercise(name)[1]
    findings = Findings(f"{topic_name}.{name}")
    if LEFT_TO_DO in inspect.getsource(sys.modules[exercise.spec.__module__]):
        findings.faults.append(f"its grader still says {LEFT_TO_DO}.")
    try:
        _prove(topic, exercise, seeds, findings)
    except (SpecError, StubError) as error:  # an author's slip on the way to a new exercise
        findings.faults.append(str(error))
    return findings


def _prove(topic: Topic, exercise: Exercise, seeds: int, findings: Findings) -> None:
    solution: Callable[..., Any] | None = getattr(load_solutions(topic), exercise.name, None)
    if solution is None:
        raise StubError(f"solutions/{topic.name}.py does not define it.")
    findings.faults += _stub_is_unattempted(topic, exercise)
    findings.faults += _solution_passes(exercise, solution, seeds)
    findings.faults += _trivial_answers_fail(exercise, seeds)
    findings.faults += _twin_passes(exercise)
    findings.faults += cases_agree(exercise, solution)
    _count_mutants(exercise, seeds, findings)


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
    return score(exercise, ask_here(function, exercise), seed=seed)


def _stub_is_unattempted(topic: Topic, exercise: Exercise) -> Iterator[str]:
    function = source.load([("stub", stubs.stub_module(topic))], exercise.name)
    report = score_here(exercise, function, 0)
    if report.outcome is not Outcome.UNATTEMPTED or report.points:
        yield f"the stub counts as {report.outcome} with {report.points:g} points."


def _solution_passes(exercise: Exercise, solution: Callable[..., Any], seeds: int) -> Iterator[str]:
    for seed in range(seeds):
        report = score_here(exercise, solution, seed)
        if report.points != exercise.maximum or not is_solved(report):
            yield f"the solution does not pass (seed {seed}):\n{_indented(report)}"
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
        report = score(exercise, lambda question: answer(exercise.twin, question), seed=seed)  # type: ignore[arg-type]
        if report.points != exercise.maximum:
            yield f"the twin does not pass (seed {seed}):\n{_indented(report)}"
            return


def _indented(report: Report) -> str:
    """A report as its learner would read it, up to what was not reached."""
    return textwrap.indent(as_text(report).split("Parity (flags, edges, exactness): not checked yet")[0].rstrip(), "  ")


def cases_agree(exercise: Exercise, solution: Callable[..., Any]) -> Iterator[str]:
    """A sentence for each of the exercise's cases on which solution, spec and twin (if it has one) do not agree."""
    for question in exercise.cases() if exercise.cases else ():
        right = expected_answer(exercise.spec, question)
        mine = answer(solution, question)
        line = call_line(exercise.name, question)
        if not same_answer(mine, right, question):
            yield f"{line}: the solution gives {_said(mine)}, the spec {_said(right)}."
        if exercise.twin is None:
            continue
        theirs = answer(exercise.twin, question)
        if not same_answer(theirs, right, question):
            yield f"{line}: the twin gives {_said(theirs)}, the spec {_said(right)}."
        if mine.value is not None and theirs.value is not None and mine.value.dtype != theirs.value.dtype:
            yield f"{line}: the solution gives {mine.value.dtype}, the twin {theirs.value.dtype}."


def _said(reply: Answer) -> str:
    """Value and gradients in words."""
    if reply.value is None:
        return f"none ({reply.problem.message or reply.problem.kind})" if reply.problem else "none"
    gradients = [readable(gradient) if gradient is not None else "None" for gradient in reply.gradients]
    return readable(reply.value, 6) + (f" with gradient {', '.join(gradients)}" if gradients else "")


def _count_mutants(exercise: Exercise, seeds: int, findings: Findings) -> None:
    """Each misconception must be rejected, and named as itself, on every seed."""
    for misconception in exercise.misconceptions:
        findings.wrong += 1
        rejected = named = True
        for seed in range(seeds):
            # asked without watch and time limit, which are for strangers
            report = score(exercise, partial(answer, misconception.function), seed=seed)
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
