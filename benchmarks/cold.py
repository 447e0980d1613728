"""What a platform waits for that starts a grader anew for each hand-in: beside torch's own import, on a quiet machine.

python benchmarks/cold.py [--exercise huber_loss] [--repeats 9]

One submission of one exercise, in a folder of its own, is graded by `coursekit grade`, and checked by
`coursekit check`. Each command is a process of its own that ends before the next begins; they take turns with
`python -c "import torch"`, so that what slows the machine slows all three. Prints medians of wall-clock seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coursekit.course import syllabus

IMPORT = "import of torch"


def seconds(command: list[str], folder: Path) -> float:
    """How long a command takes, from its start to its end; it must end well."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    took = time.perf_counter() - begin
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took


def main() -> None:
    """Times the commands in turn, and prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--exercise", default="huber_loss")
    parser.add_argument("--repeats", type=int, default=9)
    arguments = parser.parse_args()
    topic, exercise = syllabus.find_exercise(arguments.exercise)
    coursekit = [sys.executable, "-m", "coursekit"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "work").mkdir()
        answer = Path(shutil.copy(topic.solution, folder / "work" / "learner.py"))
        commands = {
            IMPORT: [sys.executable, "-c", "import torch"],
            "coursekit grade": [*coursekit, "grade", "work", "--exercise", exercise.name],
            "coursekit check": [*coursekit, "check", exercise.name, str(answer)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(arguments.repeats + 1):  # in the first, files come from the disk
            for name, command in commands.items():
                shutil.rmtree(folder / "work-grades", ignore_errors=True)
                took = seconds(command, folder)
                if turn:
                    times[name].append(took)
    own = statistics.median(times[IMPORT])
    busy = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{exercise.name}, {arguments.repeats} times {busy}\n{'':<20}{'s':>8}{'ratio':>8}{'least':>8}{'most':>8}")
    for name, taken in times.items():
        middle = statistics.median(taken)
        print(f"{name:<20}{middle:>8.2f}{middle / own:>8.2f}{min(taken):>8.2f}{max(taken):>8.2f}")


if __name__ == "__main__":
    main()
