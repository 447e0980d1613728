"""What grading costs, and what forges a grade: coursekit, nbgrader and otter-grader, in one run, on a quiet machine.

python benchmarks/grading.py [--submissions 6] [--ours 400] [--exercises huber_loss …] [--no-cheats]
                             [--nbgrader PYTHON] [--otter PYTHON] [--keep FOLDER]

The same honest submissions of the same exercises are graded by all three: for every exercise the course's answer and
the answers in other styles that the tests keep, in turn, each file with a line of its own so that none is a copy. The
questions are the same too: the inputs of one of coursekit's seeds, value and gradient (and refusals), are written out
as the tests of the other two, which compare with torch's own function and keep it out of the learner's reach, as a
careful course does.

Each grader runs twice, on few submissions and on all; the difference is the price of a submission, what remains the
start. coursekit is given two workers and more submissions, or the difference would be too small to measure. nbgrader
grades one after another and has no option for more, as has otter without containers: therefore CPU-seconds, where
that makes no difference, are shown too. Memory is the peak of the largest process.

nbgrader and otter-grader are this environment's, or come from the package index, in an environment of their own that is
made in the cache folder at the first run, with this environment's torch. PYTHON names an interpreter that has one.
"""

from __future__ import annotations

import argparse
import ast
import csv
import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grading_rivals as rivals
import torch
from grading_cheats import CHEATS

from coursekit.course import syllabus
from coursekit.exercise.literal import literal
from coursekit.grading import scoring
from coursekit.jail.inside.source import Source
from coursekit.wire import Answer, Question
from coursekit.wire.answering import answer

ROOT = syllabus.ROOT
CHEATED = "huber_loss"  # what the cheats pretend to answer
FEW = 2  # of a rival's submissions for its first run
OURS_FEW = 40  # of coursekit's: the right answers of all hidden seeds are computed meanwhile


@dataclass(frozen=True)
class Cost:
    """What a command took: wall-clock seconds, the machine's CPU-seconds meanwhile, and the largest process's MiB."""

    wall: float
    cpu: float
    peak: float

    def per(self, less: Cost, submissions: int) -> Cost:
        """The price of one of the `submissions` that `less` did not have to grade."""
        return Cost((self.wall - less.wall) / submissions, (self.cpu - less.cpu) / submissions, self.peak)


def run(command: Sequence[str], folder: Path) -> Cost:
    """Runs a command to its end; what it says is kept in log.txt of its folder."""
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)))  # nbgrader calls alembic
    begin, busy = time.perf_counter(), _busy()
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": path},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    cpu = usage.ru_utime + usage.ru_stime if busy is None else (_busy() or 0.0) - busy
    return Cost(time.perf_counter() - begin, cpu, peak)


def _busy() -> float | None:
    """CPU-seconds of the whole machine, where Linux counts them: not all that a jail starts is waited for by us."""
    if not sys.platform.startswith("linux"):
        return None
    user, nice, system = Path("/proc/stat").read_text(encoding="ascii").split()[1:4]
    return (int(user) + int(nice) + int(system)) / os.sysconf("SC_CLK_TCK")


# ---- the assignment ----------------------------------------------------------------------------------------------


def answers(name: str, beside: Collection[str] | None = None) -> list[list[str]]:
    """Right answers to one exercise, each as its statements: the course's, and those of tests/styles."""
    topic, _ = syllabus.find_exercise(name)
    styles = ROOT / "tests" / "styles" / f"{topic.name}.py"
    paths = [topic.solution, *([styles] if styles.exists() else [])]
    return [found for path in paths for found in answers_in(path, name, beside=beside)]


def answers_in(
    path: Path, name: str, text: str | None = None, beside: Collection[str] | None = None
) -> Iterator[list[str]]:
    """Each function of a file that answers the exercise, under its name, with the imports and helpers it needs.

    Args:
        path: of the file.
        name: of the exercise.
        text: what is in the file, or is to be taken for it.
        beside: exercises whose functions stand beside the answer anyway. None passes over what leans on any.
    """
    text = path.read_text(encoding="utf-8") if text is None else text
    source, exercises = Source([(path.name, text)]), syllabus.exercises()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.partition("__")[0] == name:
            *helpers, answer = [needed for _, needed in source.needed(node.name)]
            called = [getattr(helper, "name", "") for helper in helpers]
            if beside is None and any(each.partition("__")[0] in exercises for each in called):
                continue
            helpers = [helper for helper, each in zip(helpers, called, strict=True) if each not in (beside or ())]
            # it may call itself, so it is renamed in its body too
            yield [re.sub(rf"\b{node.name}\b", name, ast.unparse(statement)) for statement in (*helpers, answer)]


def submissions(names: Sequence[str], count: int) -> dict[str, str]:
    """So many files that answer all exercises, by learner; no two are the same."""
    styles = [answers(name) for name in names]
    files = {}
    for number in range(count):
        statements: dict[str, None] = {f"learner = {number}": None}  # what two answers share stands in a file once
        for style in styles:
            statements.update(dict.fromkeys(style[number % len(style)]))
        files[f"learner{number:04}"] = "\n\n".join(statements) + "\n"
    return files


def cases(name: str) -> list[str]:
    """The questions that coursekit asks on one seed, as Python: (args, kwargs, wrt, scale, through)."""
    _, exercise = syllabus.find_exercise(name)
    asked: list[Question] = []
    twin, theirs = exercise.twin or exercise.spec, getattr(torch.nn.functional, name)

    def right(question: Question) -> Answer:
        reply = answer(twin, question)
        # torch's own function takes other things by position than the loss that rebuilds it
        if (answer(theirs, question).problem is None) == (reply.problem is None):
            asked.append(question)
        return reply

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of shapes that the questions are about
        assert scoring.score(exercise, right, seed=0).points == exercise.maximum, "torch's own function has full marks"
    return [_case(question) for question in asked]


def _case(question: Question) -> str:
    args = "".join(f"{literal(value)}, " for value in question.args)
    flags = ", ".join(f"{name!r}: {literal(value)}" for name, value in question.kwargs.items())
    return f"(({args}), {{{flags}}}, {question.wrt}, {question.scale!r}, {question.through!r})"


# ---- the three graders -------------------------------------------------------------------------------------------


def coursekit_grader(folder: Path, names: Sequence[str], files: Mapping[str, str]) -> tuple[Cost, dict[str, float]]:
    """`coursekit grade` with two workers; points as shares of the maximum."""
    work = folder / "work"
    work.mkdir(parents=True)
    for learner, text in files.items():
        (work / f"{learner}.py").write_text(text, encoding="utf-8")
    wanted = [word for name in names for word in ("--exercise", name)]
    command = [sys.executable, "-m", "coursekit", "grade", str(work), *wanted]
    cost = run([*command, "--workers", "2", "--out", str(folder / "out")], folder)
    with (folder / "out" / "grades.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    return cost, {row["learner"]: float(row["total"]) / float(row["maximum"]) for row in rows}


def nbgrader_grader(
    python: str, folder: Path, names: Sequence[str], files: Mapping[str, str]
) -> tuple[Cost, dict[str, float]]:
    """`nbgrader autograde`, which grades one after another."""
    folder.mkdir(parents=True)
    rivals.write_nbgrader(folder, {name: cases(name) for name in names}, files)
    run([python, "-m", "nbgrader", "generate_assignment", "hw"], folder)
    cost = run([python, "-m", "nbgrader", "autograde", "hw"], folder)
    time.sleep(4 if set(files) & set(CHEATS) else 0)  # a process that a cheat left behind may still write
    points = rivals.nbgrader_points(python, folder)
    return cost, {learner: points.get(learner, 0.0) / len(names) for learner in files}


def otter_grader(
    python: str, folder: Path, names: Sequence[str], files: Mapping[str, str]
) -> tuple[Cost, dict[str, float]]:
    """otter's `grade_submission`, in a loop in one process."""
    folder.mkdir(parents=True)
    rivals.write_otter(folder, {name: cases(name) for name in names}, files)
    run([python, "-m", "otter", "generate", "-t", "tests", "--no-environment", "--no-requirements"], folder)
    cost = run([python, str(Path(rivals.__file__).resolve()), str(folder)], folder)
    points = rivals.otter_points(folder)
    return cost, {learner: points.get(learner, 0.0) / len(names) for learner in files}


def environment(package: str) -> str:
    """This interpreter if it has `package`; else one that has it from the index, and all that is here."""
    with suppress(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version(package)
        return sys.executable
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "coursekit-benchmarks" / package
    python = folder / "bin" / "python"
    if not (folder / "made").exists():
        print(f"  making an environment for {package} …", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        where = subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        )
        (Path(where.strip()) / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
        subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
        (folder / "made").touch()
    return str(python)


# ---- what is printed ---------------------------------------------------------------------------------------------

Grader = Callable[[Path, Sequence[str], Mapping[str, str]], tuple[Cost, dict[str, float]]]


def measure(graders: Mapping[str, Grader], folder: Path, names: Sequence[str], count: int, ours: int) -> None:
    """Prints the table of costs."""
    each: dict[str, Cost] = {}
    for grader, grade in graders.items():
        few, many = (OURS_FEW, OURS_FEW + ours) if grader == "coursekit" else (FEW, FEW + count)
        costs = []
        for size in (few, many):
            print(f"  {grader} grades {size} …", end="", flush=True)
            cost, points = grade(folder / f"{grader}-{size}", names, submissions(names, size))
            full = sum(share > 0.999 for share in points.values())
            print(f" {cost.wall:.1f} s, {full} of {size} have full marks", flush=True)
            if full < size:
                sys.exit(f"These are honest answers: see log.txt in --keep's folder {grader}-{size}.")
            costs.append(cost)
        each[grader] = costs[1].per(costs[0], many - few)
    mine = each["coursekit"]
    print(
        f"\n{'of ' + ', '.join(names):<34}{'s':>9}{'ratio':>8}{'CPU-s':>9}{'ratio':>8}{'a minute':>10}{'peak MiB':>10}"
    )
    for grader, cost in each.items():
        ratios = f"{cost.wall:>9.4f}{cost.wall / mine.wall:>8.0f}{cost.cpu:>9.4f}{cost.cpu / mine.cpu:>8.0f}"
        print(f"{grader:<34}{ratios}{60 / cost.wall:>10.0f}{cost.peak:>10.0f}")


def cheat(graders: Mapping[str, Grader], folder: Path) -> None:
    """Prints what each grader gives to each cheat."""
    files = {f"cheat{number}": text for number, text in enumerate(CHEATS.values())}
    given = {}
    for grader, grade in graders.items():
        print(f"  {grader} grades the cheats …", flush=True)
        given[grader] = grade(folder / f"{grader}-cheats", [CHEATED], files)[1]
    print(f"\n{'points for a cheat (of 1)':<50}" + "".join(f"{grader:>14}" for grader in graders))
    for learner, what in zip(files, CHEATS, strict=True):
        print(f"{what:<50}" + "".join(f"{given[grader].get(learner, 0.0):>14.2f}" for grader in graders))


def _interpreter(path: str) -> str:
    """Found from any folder; a link is not followed, for an environment's interpreter is one."""
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"there is no interpreter at {path}")
    return str(Path(path).absolute())


def main() -> None:
    """Grades with all three, and prints two tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--submissions", type=int, default=6, help="for nbgrader and otter")
    parser.add_argument("--ours", type=int, default=400, help="for coursekit")
    parser.add_argument("--exercises", nargs="+", default=[CHEATED], help="with a twin in torch.nn.functional")
    parser.add_argument("--nbgrader", type=_interpreter, metavar="PYTHON", help="an interpreter that has nbgrader")
    parser.add_argument("--otter", type=_interpreter, metavar="PYTHON", help="an interpreter that has otter-grader")
    parser.add_argument("--no-cheats", action="store_true")
    parser.add_argument("--keep", type=Path, help="a new folder for all that is made, kept to look at")
    arguments = parser.parse_args()
    graders: dict[str, Grader] = {
        "coursekit": coursekit_grader,
        "nbgrader": partial(nbgrader_grader, arguments.nbgrader or environment("nbgrader")),
        "otter-grader": partial(otter_grader, arguments.otter or environment("otter-grader")),
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = arguments.keep or Path(temporary)
        measure(graders, folder, arguments.exercises, arguments.submissions, arguments.ours)
        if not arguments.no_cheats:
            cheat(graders, folder)


if __name__ == "__main__":
    main()
