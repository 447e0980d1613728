"""How long a whole class takes: so many learners, the exercises of one lesson, two in five answers spoilt.

python benchmarks/class.py [--lesson kl_divergence] [--learners 178] [--spoilt 0.4] [--seed 0] [--workers 2]
                           [--keep FOLDER]

Each learner hands in one file. A right answer is the course's own, or one in another style from the tests; a spoilt one
is a wrong answer from the tests, or the course's own with one small thing changed (an operator, a constant, an axis).
No two files are the same. `coursekit grade` grades them in a process of its own, as an instructor would; beside it
stands `python -c "import torch"`, in the same run, for whoever compares two machines. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from grading import answers, answers_in

from coursekit.authoring.mutants import mutants
from coursekit.course import syllabus
from coursekit.course.syllabus import Topic

_SUBREAPER = 36  # of Linux's prctl: what outlives its parent is waited for by us, and its time is counted
_IMPORTS = 3


def class_of(topic: Topic, learners: int, spoilt: float, seed: int) -> dict[str, tuple[str, int]]:
    """By learner, the text of a file that answers every exercise of a lesson, and how many answers in it are spoilt."""
    draw = random.Random(seed)
    names = [exercise.name for exercise in topic.exercises]
    wrong_file = syllabus.ROOT / "tests" / "wrong" / f"{topic.name}.py"
    right = {name: answers(name, names) for name in names}
    wrong = {name: list(answers_in(wrong_file, name, beside=names)) for name in names}
    changed = {name: [_answer(mutant.module, topic, names, name) for mutant in mutants(topic, name)] for name in names}
    files = {}
    for number in range(learners):
        statements: dict[str, None] = {f"learner = {number}": None}  # what two answers share stands in a file once
        spoils = 0
        for name in names:
            among = right[name]
            if draw.random() < spoilt:
                spoils += 1
                among = draw.choice([pool for pool in (wrong[name], changed[name]) if pool])
            statements.update(dict.fromkeys(draw.choice(among)))
        files[f"learner{number:04}"] = "\n\n".join(statements) + "\n", spoils
    return files


def _answer(module: str, topic: Topic, beside: Sequence[str], name: str) -> list[str]:
    """The statements of a module that one of its functions needs."""
    (found,) = answers_in(topic.solution, name, module, beside)
    return found


def cost(command: Sequence[str], folder: Path) -> tuple[float, float]:
    """Wall-clock seconds and CPU-seconds of a command and of all that it starts; it must end well."""
    begin, before = time.perf_counter(), _of_children()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wall = time.perf_counter() - begin
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    while True:  # whatever has outlived the command
        try:
            os.wait()
        except ChildProcessError:
            return wall, _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Makes the class, grades it, and prints what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lesson", default="kl_divergence", choices=[topic.name for topic in syllabus.TOPICS])
    parser.add_argument("--learners", type=int, default=178)
    parser.add_argument("--spoilt", type=float, default=0.4, help="share of the answers that are spoilt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="leave the class and its grades in this folder")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1)
    topic = next(topic for topic in syllabus.TOPICS if topic.name == arguments.lesson)
    files = class_of(topic, arguments.learners, arguments.spoilt, arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        (folder / "work").mkdir(parents=True)
        for learner, (text, _) in files.items():
            (folder / "work" / f"{learner}.py").write_text(text, encoding="utf-8")
        torch = [cost([sys.executable, "-c", "import torch"], folder)[0] for _ in range(_IMPORTS)]
        wanted = [word for exercise in topic.exercises for word in ("--exercise", exercise.name)]
        command = [sys.executable, "-m", "coursekit", "grade", "work", *wanted, "--workers", str(arguments.workers)]
        wall, cpu = cost([*command, "--out", "grades"], folder)
        with (folder / "grades" / "grades.csv").open(newline="", encoding="utf-8") as table:
            points = {row["learner"]: float(row["total"]) / float(row["maximum"]) for row in csv.DictReader(table)}
    full = {learner for learner, (_, spoils) in files.items() if not spoils}
    assert all(points[learner] == 1 for learner in full), "who has spoilt nothing has full marks"
    spoils = sum(number for _, number in files.values())
    one = statistics.median(torch)
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    count = f"{len(files)} learners × {len(topic.exercises)} exercises of {topic.name}, {spoils} answers spoilt"
    print(f"{count}, {arguments.workers} workers{busy}")
    print(
        f"coursekit grade: {wall:.1f} s by the clock, {cpu:.1f} CPU-s with its start; {wall / one:.1f} × import torch"
    )
    print(f"a submission: {1e3 * wall / len(files):.0f} ms, {1e3 * cpu / len(files):.0f} CPU-ms")
    print(f"python -c 'import torch': {one:.2f} s, median of {_IMPORTS}")


if __name__ == "__main__":
    main()
