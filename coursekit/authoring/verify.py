"""Proves the course consistent: what is shipped fits together, and every exercise holds (see `proofs`)."""

from __future__ import annotations

import ast
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from coursekit.authoring.proofs import LEFT_TO_DO, Findings, verify_exercise
from coursekit.course import notebooks, stubs, syllabus
from coursekit.course.syllabus import Topic
from coursekit.course.updating import shipped
from coursekit.exercise import Exercise
from coursekit.machine import cores
from coursekit.site.mistakes.lines import stale

SECONDS_BETWEEN_WORDS = 8.0  # so long an author waits in silence at most, as far as it is ours
Say = Callable[[str], None]
_print: Say = partial(print, flush=True)  # a line in a log is of use when it comes

_NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)


def run(exercises: Iterable[tuple[Topic, Exercise]], seeds: int, commands: Iterable[str] = ()) -> int:
    """Verifies exercises and their topics' files, prints what is found, and returns 0 if nothing is wrong, else 1."""
    return 1 if any(finding.faults for finding in prove(exercises, seeds, commands)) else 0


def prove(
    exercises: Iterable[tuple[Topic, Exercise]], seeds: int, commands: Iterable[str] = (), say: Say = _print
) -> list[Findings]:
    """Verifies exercises and their topics' files, says what is found as it comes, and returns it.

    Args:
        exercises: which, each with its topic.
        seeds: on how many sets of hidden inputs.
        commands: the names of all commands of `coursekit`, each of which README or a guide shows.
        say: shows a line.
    """
    wanted = sorted(exercises, key=lambda pair: -len(pair[1].checks) * len(pair[1].misconceptions))  # the longest first
    topics = list(dict.fromkeys(topic for topic, _ in wanted))
    findings = [verify_files(sorted(topics, key=lambda topic: topic.number), commands)]
    _tell(findings[0], say)
    for found in _verify_all([(topic.name, exercise.name) for topic, exercise in wanted], seeds):
        findings.append(found)
        _tell(found, say)
    faults = sum(len(finding.faults) for finding in findings)
    say(mutation_score(findings))
    counted = f"{len(wanted)} exercise{'' if len(wanted) == 1 else 's'} on {seeds} seeds"
    say(f"{counted}: {faults or 'no'} fault{'' if faults == 1 else 's'}.")
    return findings


def _verify_all(jobs: Sequence[tuple[str, str]], seeds: int) -> Iterator[Findings]:
    say = _now_and_then()
    if len(jobs) == 1:  # an author waits: no other interpreter is started first
        yield verify_exercise(*jobs[0], seeds, say)
        return
    # a fresh interpreter for each worker: forking one that runs threads is how tests come to hang
    with ProcessPoolExecutor(min(cores(), len(jobs)), mp_context=get_context("spawn")) as executor:
        waiting = {executor.submit(verify_exercise, *job, seeds) for job in jobs}
        while waiting:
            done, waiting = wait(waiting, timeout=SECONDS_BETWEEN_WORDS, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
            say(f"{len(jobs) - len(waiting)} of {len(jobs)} exercises")


def _now_and_then() -> Callable[[str], None]:
    """Says how far it is on standard error, if some seconds have passed since it last did."""
    begin = told = time.monotonic()

    def say(how_far: str) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= SECONDS_BETWEEN_WORDS:
            told = now
            print(f"      {now - begin:.0f} s: {how_far}", file=sys.stderr, flush=True)

    return say


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


def _tell(finding: Findings, say: Say) -> None:
    counts = f", {finding.rejected}/{finding.wrong} rejected, {finding.named} named" if finding.wrong else ""
    say(f"{'FAULT' if finding.faults else 'ok':<6}{finding.about}{counts}")
    for fault in finding.faults:
        say("      " + fault.replace("\n", "\n      "))


# ---- files -------------------------------------------------------------------------------------------------------


def verify_files(topics: Sequence[Topic], commands: Iterable[str] = ()) -> Findings:
    """Every file has its partners, what is generated is fresh, every command is in README or a guide."""
    findings = Findings("files")
    findings.faults += _partners()
    for topic in topics:
        if not all(path.exists() for path in (topic.notebook, topic.solution, topic.stub, topic.grader)):
            continue  # _partners has said so
        is_stale = topic.stub.read_text(encoding="utf-8") != stubs.stub_module(topic)
        if is_stale:
            findings.faults.append(f"exercises/{topic.stub.name} is stale (run `coursekit refresh`).")
        defined = set(re.findall(r"(?m)^def (\w+)", topic.solution.read_text(encoding="utf-8")))
        for name in defined ^ {exercise.name for exercise in topic.exercises}:
            findings.faults.append(f"`{name}` is in only one of solutions/{topic.name}.py and its grader.")
        unfit = list(notebooks.faults(topic))
        findings.faults += unfit
        if not (is_stale or unfit):
            findings.faults += unlisted(topic)
            findings.faults += stale([topic])
        findings.faults += left_above_exercises(topic)
        findings.faults += left_in_notebook(topic)
        findings.faults += miscounted_in_lesson(topic)
        findings.faults += passes_for_an_answer(topic)
    before = [each for each in syllabus.TOPICS if each.number + 1 in {topic.number for topic in topics}]
    for lesson in dict.fromkeys([*before, *topics]):  # a new one comes between the lesson before and the next of that
        if lesson.notebook.exists():
            findings.faults += leads_elsewhere(lesson)
    findings.faults += _undocumented(commands)
    findings.faults += _miscounted()
    findings.faults += _lessons_in_readme()
    return findings


def left_above_exercises(topic: Topic) -> Iterator[str]:
    """Where the author of a topic still has something to write of no one exercise: register, docstring."""
    solution = topic.solution.read_text(encoding="utf-8")
    docstring = ast.parse(solution).body[0].end_lineno
    for path, lines in (
        (topic.grader, topic.grader.read_text(encoding="utf-8").splitlines()),
        (topic.solution, solution.splitlines()[:docstring]),
    ):
        for number, line in enumerate(lines, 1):
            if LEFT_TO_DO in line:
                yield f"{path.relative_to(syllabus.ROOT).as_posix()} still says {LEFT_TO_DO} in line {number}."


def left_in_notebook(topic: Topic) -> Iterator[str]:
    """Where the author of a lesson still has something to write."""
    cells = [str(at) for at, cell in enumerate(notebooks.read(topic).cells, 1) if LEFT_TO_DO in cell.source]
    if cells:
        where = f"cell{'s' * (len(cells) > 1)} {', '.join(cells)}"
        yield f"notebooks/{topic.notebook.name} still says {LEFT_TO_DO} in {where}."


def miscounted_in_lesson(topic: Topic) -> Iterator[str]:
    """A lesson says how many exercises it has; whoever adds one has the word to change."""
    there = len(topic.exercises)
    for word in re.findall(r"\bhas (\w+) exercises\b", "\n".join(cell.source for cell in notebooks.read(topic).cells)):
        if word in _NUMBERS and _NUMBERS.index(word) != there:
            yield f"notebooks/{topic.notebook.name} says that it has {word} exercises: there are {there}."


def passes_for_an_answer(topic: Topic) -> Iterator[str]:
    """Of two functions of one name in what is handed in the last one counts: none of a lesson may be an exercise's."""
    for number, cell in enumerate(notebooks.read(topic).cells, 1):
        if cell.cell_type == "code" and "exercise" not in cell.metadata.get("coursekit", {}):
            for name in re.findall(r"(?m)^def (\w+)\(", cell.source):
                if name in syllabus.exercises():
                    yield f"notebooks/{topic.notebook.name}, cell {number}: `{name}` is an exercise: call it otherwise."


def unlisted(topic: Topic) -> Iterator[str]:
    """An update knows the course's own text by a list: what is not in it would be taken for its learner's."""
    names = f"notebooks/{topic.notebook.name}", f"exercises/{topic.stub.name}"
    for name in names:
        if shipped.missing(syllabus.ROOT, [name]):
            yield f"{name}: text in it is not listed in {shipped.LIST} (run `coursekit refresh --list`)."


def leads_elsewhere(topic: Topic) -> Iterator[str]:
    """A lesson links to lessons that are there, and at its end to the one behind it."""
    text = "\n".join(cell.source for cell in notebooks.read(topic).cells if cell.cell_type == "markdown")
    names = [each.notebook.name for each in syllabus.TOPICS]
    for name in dict.fromkeys(re.findall(r"\]\(([^():/]+\.ipynb)", text)):
        if name not in names:
            yield f"notebooks/{topic.notebook.name} links to {name}, which is no lesson."
    links = re.findall(r"\]\(([^():/]+\.ipynb)", text.partition("**Next:**")[2])[:1]
    behind = names[topic.number + 1 : topic.number + 2]
    if behind and links and links != behind:
        yield f"notebooks/{topic.notebook.name} says that {links[0]} is next: it is {behind[0]}."


def _lessons_in_readme() -> Iterator[str]:
    """README's table has a row for each lesson, in their order."""
    text = (syllabus.ROOT / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^\| (\d\d) \| (.*?) \| (.*)", text)
    for topic in syllabus.TOPICS:
        row = next((row for row in told if row[0] == f"{topic.number:02}"), ("", "", ""))
        if not row[1].startswith(topic.title):
            yield f"README.md has no row `| {topic.number:02} | {topic.title} | …` in its table of lessons."
        elif LEFT_TO_DO in row[2]:
            yield f"README.md still says {LEFT_TO_DO} in the row of lesson {topic.number:02}."


def guides() -> list[Path]:
    """README and the guides, which tell what the course can do and what was counted of it."""
    return [syllabus.ROOT / "README.md", *sorted((syllabus.ROOT / "docs").glob("*.md"))]


def miscounted(told: str, there: int, command: str) -> Iterator[str]:
    """A sentence for each other number in README or a guide.

    Args:
        told: what finds the number, as a pattern with one group.
        there: what it is now.
        command: what prints it, as it is typed.
    """
    for path in guides():
        for number in dict.fromkeys(re.findall(told, path.read_text(encoding="utf-8"))):
            if int(number) != there:
                name = path.relative_to(syllabus.ROOT).as_posix()
                yield f"{name} still says {number} where `{command}` would print {there}."


def _miscounted() -> Iterator[str]:
    """A guide shows what `verify` prints at the end."""
    exercises = [exercise for _, exercise in syllabus.exercises().values()]
    mistakes = sum(len(exercise.misconceptions) for exercise in exercises)
    score = r"(\d+) (?:wrong implementations|rejected \(|named as themselves)"
    yield from miscounted(r"(\d+) exercises on", len(exercises), "coursekit verify")
    yield from miscounted(score, mistakes, "coursekit verify")


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
            yield f"{path.relative_to(syllabus.ROOT).as_posix()} belongs to no topic of the syllabus."
        for path in sorted(wanted - there):
            yield f"{path.relative_to(syllabus.ROOT).as_posix()} is missing."


def _undocumented(commands: Iterable[str]) -> Iterator[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in guides())
    for name in commands:
        if f"coursekit {name}" not in text:
            yield f"Neither README.md nor a guide in docs/ shows `coursekit {name}`."
