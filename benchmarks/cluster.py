"""Grades thousands of made-up submissions through a dask cluster on this machine, and says whether any was lost.

python benchmarks/cluster.py [--submissions 10000] [--workers 2] [--local]

Each is one of tests/submissions (right answers and mistakes, without those that use up their limits) and a comment of
its own, so that no two are the same work. `--local` grades them without a cluster, to compare.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coursekit import cli

SOURCES = Path(__file__).parents[1] / "tests" / "submissions"
EXERCISE = "kl_divergence"
COSTLY = {"endless_loop", "memory_hog", "huge_print"}  # these measure their limits


def write_submissions(folder: Path, count: int) -> None:
    """`count` files named after what they are made from."""
    folder.mkdir()
    sources = [path for path in sorted(SOURCES.glob("*.py")) if path.stem not in COSTLY]
    for number in range(count):
        source = sources[number % len(sources)]
        text = f"{source.read_text(encoding='utf-8')}\n# handed in as number {number}\n"
        (folder / f"{number:06}_{source.stem}.py").write_text(text, encoding="utf-8")


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler and its workers, each a process of its own; gives the scheduler's address."""
    port = 20_000 + os.getpid() % 20_000
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    commands = [[*dask, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0"]]
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    commands += [[*worker, "--local-directory", str(folder / f"worker{number}")] for number in range(workers)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SOURCES.parents[1])}
    with (folder / "cluster.log").open("wb") as log:
        processes = [subprocess.Popen(each, env=environment, stdout=log, stderr=log) for each in commands]
        try:
            yield address
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait(20)


def grade(folder: Path, address: str) -> list[dict[str, str]]:
    """The rows of grades.csv after one run."""
    out = folder.with_name("grades")
    arguments = ["grade", str(folder), "--exercise", EXERCISE, "--out", str(out)]
    if cli.main([*arguments, *(["--dask", address] if address else [])]):
        sys.exit("grading failed")
    return list(csv.DictReader((out / "grades.csv").read_text(encoding="utf-8").splitlines()))


def main() -> None:
    """Makes, grades, counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--local", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "submissions"
        write_submissions(folder, arguments.submissions)
        begin = time.perf_counter()
        if arguments.local:
            rows = grade(folder, "")
        else:
            with cluster(Path(temporary), arguments.workers) as address:
                begin = time.perf_counter()
                rows = grade(folder, address)
        seconds = time.perf_counter() - begin
    points = defaultdict(set)
    for row in rows:
        points[row["learner"].partition("_")[2]].add(row[EXERCISE])
    unsure = {name for name, found in points.items() if len(found) > 1}
    print(f"{len(rows)} of {arguments.submissions} graded in {seconds:.0f} s: {len(rows) / seconds:.0f} a second")
    print(f"{len(points)} kinds of answers; with more than one grade: {sorted(unsure) or 'none'}")
    print(f"grader's peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
    sys.exit(len(rows) != arguments.submissions or bool(unsure))


if __name__ == "__main__":
    main()
