"""What must hold of one exercise: it is finished, its solution passes, and the checks tell right from wrong.

The misconceptions are the mutation test of the graders: every one must fail, and be named as itself. Each proof yields
a sentence for each fault, for `coursekit verify`, and for the tests, which ask the same.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import textwrap
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from coursekit.course import stubs, syllabus
from coursekit.course.stubs import StubError
from coursekit.course.syllabus import Topic, is_of_keras
from coursekit.exercise import Exercise
from coursekit.exercise.answers import SpecError, expected_answer, same_answer
from coursekit.exercise.literal import call_line, readable
from coursekit.exercise.recall import recall
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import is_solved, score
from coursekit.jail.inside import source
from coursekit.learning.feedback import as_text
from coursekit.report import Outcome, Report
from coursekit.wire import Answer
from coursekit.wire.answering import answer
from coursekit.wire.readymade import by_hand

LEFT_TO_DO = "TODO"  # what a skeleton holds where its author has something to write
CASES = 10  # over so many calls at least a drop-in is compared with its twin
STYLES, STYLES_OF_DROP_IN = 3, 5  # so many right answers, each written in another way, get full marks
TITLE = 90  # characters, so that a title is a line of a report
NOT_SAID = re.compile(
    r"\b(just|simply|obviously|of course|wrongly)\b", re.IGNORECASE
)  # to somebody who does not have it yet


@dataclass
class Findings:
    """What was found of one exercise, or of the files: a sentence a fault, and the mutation counts."""

    about: str
    faults: list[str] = field(default_factory=list)
    wrong: int = 0
    rejected: int = 0
    named: int = 0


def verify_exercise(topic_name: str, name: str, seeds: int, say: Callable[[str], None] = lambda _: None) -> Findings:
    """All that must hold of one exercise.

    Args:
        topic_name: the topic's.
        name: the exercise's.
        seeds: on how many sets of hidden inputs.
        say: is told how far it is, often.
    """
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # torch's own functions warn about the very edges they are compared on
    topic, exercise = syllabus.find_topic(topic_name), syllabus.find_exercise(name)[1]
    findings = Findings(f"{topic_name}.{name}")
    try:
        _prove(topic, exercise, seeds, findings, say)
    except (SpecError, StubError) as error:  # an author's slip on the way to a new exercise
        findings.faults.append(str(error))
    return findings


def _prove(topic: Topic, exercise: Exercise, seeds: int, findings: Findings, say: Callable[[str], None]) -> None:
    findings.faults += nothing_is_left_to_do(topic, exercise)
    solution: Callable[..., Any] | None = getattr(load_solutions(topic), exercise.name, None)
    if solution is None:
        raise StubError(f"solutions/{topic.name}.py does not define it.")
    findings.faults += _stub_is_unattempted(topic, exercise)
    say("the solution")
    wrong = list(_solution_passes(exercise, solution, seeds))
    findings.faults += wrong
    findings.faults += _trivial_answers_fail(exercise, seeds)
    findings.faults += cases_suffice(exercise)
    findings.faults += last_is_a_drop_in(topic, exercise)
    findings.faults += keras_stands_at_the_end(topic, exercise)
    findings.faults += _twin_passes(exercise)
    say("the cases")
    if not wrong:  # a solution that fails its checks fails its cases, each of them
        findings.faults += _first(cases_agree(exercise, solution))
    findings.faults += wording_is_ours(topic, exercise)
    say("the styles")
    findings.faults += styles_suffice(topic, exercise)
    findings.faults += _styles_pass(topic, exercise)
    _count_mutants(exercise, seeds, findings, say)


def load_solutions(topic: Topic) -> ModuleType:
    """The solution module of a topic, which is no part of the package."""
    return _load(f"solutions_{topic.name}", topic.solution)


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ---- it is finished ----------------------------------------------------------------------------------------------


def nothing_is_left_to_do(topic: Topic, exercise: Exercise) -> Iterator[str]:
    """A sentence for each file in which the author still has something to write."""
    left: dict[Path, list[str]] = {}
    for path, text, first in _written_for(topic, exercise):
        lines = [str(number) for number, line in enumerate(text.splitlines(), first) if LEFT_TO_DO in line]
        left[path] = [*left.get(path, []), *lines]
    for path, lines in left.items():
        name = path.relative_to(syllabus.ROOT) if path.is_relative_to(syllabus.ROOT) else path
        if lines:
            yield f"{name.as_posix()} still says {LEFT_TO_DO} in line{'s' * (len(lines) > 1)} {', '.join(lines)}."


def _written_for(topic: Topic, exercise: Exercise) -> Iterator[tuple[Path, str, int]]:
    """Each text that was written for one exercise: its file, itself, and the number of its first line there."""
    for path in (topic.solution, styles_file(topic)):
        source = path.read_text(encoding="utf-8") if path.exists() else ""
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name.partition("__")[0] == exercise.name:
                yield path, ast.get_source_segment(source, node) or "", node.lineno
    functions: list[Callable[..., Any]] = [exercise.spec, *(check.run for check in exercise.checks)]
    for path in dict.fromkeys(Path(inspect.getfile(function)) for function in functions):
        yield path, path.read_text(encoding="utf-8"), 1


def cases_suffice(exercise: Exercise) -> Iterator[str]:
    """Who rebuilds a framework's function says over which calls it was compared with it, and is worth some points."""
    if exercise.twin is None:
        return
    if exercise.parity_points <= 0:
        yield "it has a twin and no parity_points: to be like its twin is worth some."
    if exercise.cases is None:
        yield "it has a twin and no cases: over which calls do they agree?"
    elif (count := len(list(islice(exercise.cases(), CASES)))) < CASES:
        yield f"its cases are {count}: a twin is compared over {CASES} calls at least."


def last_is_a_drop_in(topic: Topic, exercise: Exercise) -> Iterator[str]:
    """A topic that replaces a framework's functions ends with one; only the first, on cost and objective, does not."""
    drop_ins = [each.name for each in topic.exercises if each.twin is not None]
    if topic.number > 0 and drop_ins and exercise is topic.exercises[-1] and exercise.twin is None:
        yield (
            f"it is the last of {topic.name} and has no twin: a topic ends with a drop-in, so it goes before "
            f"{drop_ins[-1]}."
        )


def keras_stands_at_the_end(topic: Topic, exercise: Exercise) -> Iterator[str]:
    """Whoever does not work with Keras leaves out its section, which is the last: nothing else comes after it."""
    names = [each.name for each in topic.exercises]
    behind = [name for name in names[names.index(exercise.name) + 1 :] if not is_of_keras(name)]
    if is_of_keras(exercise.name) and behind:
        yield (
            f"it comes before {behind[-1]}, which is none of Keras's: what rebuilds Keras's losses is optional, and "
            f"stands at the end of {topic.name}."
        )


def wording_is_ours(topic: Topic, exercise: Exercise) -> Iterator[str]:
    """Hints are a ladder, titles are short and unlike, nobody is told that it is simple, and every rule is."""
    if len(exercise.hints) < 2:
        yield "it has fewer than two hints: they are a ladder."
    titles = [check.title for check in exercise.checks]
    for title, count in Counter(titles).items():
        if count > 1:
            yield f"{count} checks have the title {title!r}."
        if len(title) > TITLE:
            yield f"the title {title!r} has {len(title)} characters, of {TITLE} at most."
        if title.endswith("."):
            yield f"the title {title!r} ends with a full stop."
    texts = [*exercise.hints, exercise.idea, *titles, *(check.help for check in exercise.checks)]
    for text in (*texts, *(mistake.explanation for mistake in exercise.misconceptions)):
        if said := NOT_SAID.search(text):
            yield f"{said[0]!r} is not said to somebody who does not have it yet: {text!r}."
    answer = [line.strip() for line in stubs.model_answer(topic, exercise.name).splitlines()]
    rules = [by_hand(exercise.forbids)] if exercise.forbids else []
    if [line for line in answer if line.startswith("By hand:")] != rules:
        yield f"its docstring says above Args what an answer does not call: {''.join(rules) or 'nothing, so no line'}"
    for line in answer:
        if line.startswith("return") and any(line in hint for hint in exercise.hints):
            yield f"a hint gives the answer away: {line!r}."


# ---- right answers pass ------------------------------------------------------------------------------------------


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
        if report.outcome is Outcome.UNATTEMPTED:
            yield "the solution is not written yet."
            return
        if not is_solved(report):
            yield f"the solution does not pass (seed {seed}):\n{_indented(report)}"
            return


# ---- trivial answers fail ----------------------------------------------------------------------------------------

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


# ---- the twin, and other right answers ---------------------------------------------------------------------------


def _twin_passes(exercise: Exercise) -> Iterator[str]:
    if exercise.twin is None:
        return
    for seed in range(3):
        report = score(exercise, partial(answer, exercise.twin), seed=seed)
        if report.points != exercise.maximum:
            yield f"the twin does not pass (seed {seed}):\n{_indented(report)}"
            return


def styles_of(topic: Topic, exercise: Exercise | None = None) -> dict[str, Callable[..., Any]]:
    """Right answers in other styles than the course's own, to one exercise or to all of a topic, by their names.

    They are the functions of `tests/styles/<topic>.py` that are called `<exercise>__<style>`.
    """
    path = styles_file(topic)
    found = vars(_load(f"styles_{topic.name}", path)) if path.exists() else {}
    return {
        name: function
        for name, function in found.items()
        if "__" in name.strip("_") and (exercise is None or name.partition("__")[0] == exercise.name)
    }


def styles_file(topic: Topic) -> Path:
    """Where its right answers in other styles stand."""
    return syllabus.ROOT / "tests" / "styles" / f"{topic.name}.py"


def styles_suffice(topic: Topic, exercise: Exercise) -> Iterator[str]:
    """There are right answers in several styles: so the checks ask for the loss, and for no way to write it."""
    there, wanted = len(styles_of(topic, exercise)), STYLES if exercise.twin is None else STYLES_OF_DROP_IN
    if there < wanted:
        yield f"tests/styles/{topic.name}.py holds {there} right answers `{exercise.name}__…`, it needs {wanted}."


def _styles_pass(topic: Topic, exercise: Exercise) -> Iterator[str]:
    for name, function in styles_of(topic, exercise).items():
        report = score(exercise, partial(answer, function), seed=0)
        if report.outcome is Outcome.UNATTEMPTED:
            yield f"{name} is not written yet."
        elif report.points != exercise.maximum:
            yield f"{name} does not pass (seed 0):\n{_indented(report)}"


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


def _first(sentences: Iterator[str], few: int = 3) -> Iterator[str]:
    """The first of many sentences that say the same of other numbers, and how many more there are."""
    yield from islice(sentences, few)
    if more := len(list(sentences)):
        yield f"… and {more} more of its cases."


def _said(reply: Answer) -> str:
    """Value and gradients in words."""
    if reply.value is None:
        return f"none ({reply.problem.message or reply.problem.kind})" if reply.problem else "none"
    gradients = [readable(gradient) if gradient is not None else "None" for gradient in reply.gradients]
    return readable(reply.value, 6) + (f" with gradient {', '.join(gradients)}" if gradients else "")


# ---- wrong answers fail ------------------------------------------------------------------------------------------


def _count_mutants(
    exercise: Exercise, seeds: int, findings: Findings, say: Callable[[str], None] = lambda _: None
) -> None:
    """Each misconception must be rejected, and named as itself, on every seed."""
    for misconception in exercise.misconceptions:
        findings.wrong += 1
        say(f"mistake {findings.wrong} of {len(exercise.misconceptions)}")
        rejected = named = True
        for seed in range(seeds):
            # Asked without watch and time limit, which are for strangers. The diagnosis recalls what each mistake
            # answers: on the first seed it is asked anew, so that one whose numbers change from call to call is found.
            ask = recall if seed else answer
            report = score(exercise, partial(ask, misconception.function), seed=seed)
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
