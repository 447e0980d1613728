"""How long a learner waits for `check`, and a grader for a submission. Prints medians; run on a quiet machine.

python benchmarks/checks.py [--repeats 20]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from coursekit.authoring import proofs
from coursekit.course import syllabus
from coursekit.exercise import Ask
from coursekit.grading import scoring
from coursekit.grading.here import ask_here
from coursekit.jail.judge import Jail


def milliseconds(work: Callable[[int], object], repeats: int) -> tuple[float, float]:
    """Median and worst duration of `work(seed)`, after one unmeasured call."""
    work(0)
    durations = []
    for seed in range(repeats):
        begin = time.perf_counter()
        work(seed)
        durations.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(durations), max(durations)


def main() -> None:
    """Times every exercise's check in this process, and the same grading in a child."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    print(f"{'milliseconds, right answers':<32}{'check':>8}{'worst':>8}{'jailed':>8}{'worst':>8}  checks, calls")
    medians = []
    begin = time.perf_counter()
    with Jail() as jail:
        print(f"  (a jail starts in {time.perf_counter() - begin:.1f} s, once)")
        for topic in syllabus.TOPICS:
            solutions = proofs.load_solutions(topic)
            cells = ((topic.name, topic.solution.read_text(encoding="utf-8")),)
            for exercise in topic.exercises:
                ask = ask_here(getattr(solutions, exercise.name), exercise)
                calls = 0

                def counted(question: scoring.Question, ask: Ask = ask) -> scoring.Answer:
                    nonlocal calls
                    calls += 1
                    return ask(question)

                def jailed(seed: int, exercise: scoring.Exercise = exercise, cells: tuple = cells) -> None:
                    with jail.child(cells, exercise) as child:
                        report = scoring.score(exercise, child, seed=seed)
                    assert report.points == exercise.maximum

                scoring.score(exercise, counted, seed=0)
                here = milliseconds(lambda seed: scoring.score(exercise, ask, seed=seed), repeats)  # noqa: B023
                there = milliseconds(jailed, repeats)
                medians.append(here[0])
                times = "".join(f"{value:8.1f}" for value in (*here, *there))
                print(f"{exercise.name:<32}{times}  {len(exercise.checks)}, {calls}")
    print(f"{'median of the medians':<32}{statistics.median(medians):8.1f}")


if __name__ == "__main__":
    main()
