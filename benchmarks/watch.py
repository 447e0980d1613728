"""How long `coursekit watch` takes from a save to the verdict on the screen, beside a cold `coursekit check`.

python benchmarks/watch.py [--saves 4] [--topics objective kl_divergence regression ctc_forward]

The real program runs in a real terminal. Each exercise is saved wrong a few times, each time with another word printed
that the screen is searched for, and then right, which goes on to the next. Run on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from terminal import Terminal  # the tests' own: needs pyte, of coursekit[test]

from coursekit.course import stubs, syllabus

WORDS = ("amber", "birch", "cloud", "dusky", "eagle", "frost", "grape", "heron")
TWICE = """def twice(f):
    def wrong(*args, **kwargs):
        print({word!r})
        return 2 * f(*args, **kwargs)

    return wrong


"""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--saves", type=int, default=4, help="wrong ones of each exercise (at most 8)")
    parser.add_argument("--topics", nargs="+", default=["objective", "kl_divergence", "regression", "ctc_forward"])
    arguments = parser.parse_args()
    os.environ["COURSEKIT_PROGRESS"] = "off"
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.topics:
            taken += topic(syllabus.find_topic(name), Path(folder), min(arguments.saves, len(WORDS)))
        cold = [check(Path(folder), name) for name in arguments.topics]
    middle = statistics.median(taken)
    print(f"save to verdict, {len(taken)} saves: median {1e3 * middle:.0f} ms, ", end="")
    print(f"95th percentile {1e3 * statistics.quantiles(taken, n=20)[-1]:.0f} ms, worst {1e3 * max(taken):.0f} ms")
    print(f"coursekit check, cold: median {1e3 * statistics.median(cold):.0f} ms, ", end="")
    print(f"{statistics.median(cold) / middle:.0f} times as long")


def topic(topic: syllabus.Topic, folder: Path, saves: int) -> Iterator[float]:
    """The seconds of each save of one lesson's file."""
    path = folder / f"{topic.name}.py"
    names = [exercise.name for exercise in topic.exercises]
    path.write_text(text(topic, 0, ""), encoding="utf-8")
    begin = time.perf_counter()
    terminal = Terminal([sys.executable, "-m", "coursekit", "watch", str(path), names[0]], rows=60, columns=160)
    terminal.wait("Loading torch")
    first = 1e3 * (time.perf_counter() - begin)
    terminal.wait("not attempted yet")
    print(
        f"{topic.name}: first screen {first:.0f} ms, first verdict {time.perf_counter() - begin:.1f} s after the start"
    )
    for number, name in enumerate(names):
        of_this = []
        terminal.wait(lambda shown, name=name: f"{name}: not attempted yet" in shown)
        time.sleep(1)  # the learner thinks; meanwhile what this exercise's check needs is imported
        for word in WORDS[:saves]:
            of_this.append(save(terminal, path, text(topic, number, word), word))
        after = f"{name}: done ✓" if name != names[-1] else "are passed"
        of_this.append(save(terminal, path, text(topic, number + 1, ""), after))
        print(f"  {name:<32}" + "".join(f"{1e3 * seconds:6.0f}" for seconds in of_this))
        yield from of_this
    terminal.press("q")
    terminal.close()


def text(topic: syllabus.Topic, right: int, word: str) -> str:
    """The lesson's file with so many right answers; where there is a word, the next is wrong and prints it."""
    source = stubs.stub_module(topic)
    for number, exercise in enumerate(topic.exercises):
        answer = stubs.model_answer(topic, exercise.name)
        if number < right:
            source = source.replace(stubs.stub(topic, exercise.name), answer)
        elif number == right and word:
            wrong = f"{TWICE.format(word=word)}@twice\n{answer}"
            source = source.replace(stubs.stub(topic, exercise.name), wrong)
    return source


def save(terminal: Terminal, path: Path, content: str, until: str) -> float:
    """Saves; the seconds until the screen shows a text."""
    path.write_text(content, encoding="utf-8")
    begin = time.perf_counter()
    terminal.wait(until)
    return time.perf_counter() - begin


def check(folder: Path, name: str) -> float:
    """The seconds of a cold check of a lesson's first exercise, all right by now."""
    exercise = syllabus.find_topic(name).exercises[0].name
    begin = time.perf_counter()
    command = [sys.executable, "-m", "coursekit", "check", exercise, str(folder / f"{name}.py")]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
