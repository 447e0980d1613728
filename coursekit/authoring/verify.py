"""Proves the course consistent: what is shipped fits together, and every exercise holds (see `proofs`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context

from coursekit.authoring.proofs import LEFT_TO_DO, Findings, verify_exercise
from coursekit.course import notebooks, stubs, syllabus
from coursekit.course.syllabus import Topic
from coursekit.exercise import Exercise
from coursekit.machine import cores

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
        commands: the names of all commands of `coursekit`, each of which README shows.
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
    if len(jobs) == 1:  # an author waits: no other interpreter is started first
        yield verify_exercise(*jobs[0], seeds)
        return
    # a fresh interpreter for each worker: forking one that runs threads is how tests come to hang
    with ProcessPoolExecutor(min(cores(), len(jobs)), mp_context=get_context("spawn")) as executor:
        futures = [executor.submit(verify_exercise, *job, seeds) for job in jobs]
        for done in as_completed(futures):
            yield done.result()


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
        findings.faults += left_in_notebook(topic)
        findings.faults += miscounted_in_lesson(topic)
    findings.faults += _undocumented(commands)
    findings.faults += _miscounted_in_readme()
    return findings


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


def _miscounted_in_readme() -> Iterator[str]:
    """README shows what `verify` prints at the end."""
    exercises = [exercise for _, exercise in syllabus.exercises().values()]
    mistakes = sum(len(exercise.misconceptions) for exercise in exercises)
    readme = (syllabus.ROOT / "README.md").read_text(encoding="utf-8")
    score = r"(\d+) (?:wrong implementations|rejected \(|named as themselves)"
    for told, there in ((r"(\d+) exercises on", len(exercises)), (score, mistakes)):
        for number in dict.fromkeys(re.findall(told, readme)):
            if int(number) != there:
                yield f"README.md still says {number} where `coursekit verify` would print {there}."


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
    readme = (syllabus.ROOT / "README.md").read_text(encoding="utf-8")
    for name in commands:
        if f"coursekit {name}" not in readme:
            yield f"README.md does not show `coursekit {name}`."
