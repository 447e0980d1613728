"""A new lesson: all its files or none, its place in the course, and every number that is another then."""

import dataclasses
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from coursekit.authoring import lessons, scaffold
from coursekit.cli import main
from coursekit.course import notebooks, syllabus
from coursekit.errors import CommandError

PROJECT = Path(__file__).parents[2]
SYLLABUS = '"""The order."""\n\nTITLES = {\n    "toy": "Toys",\n    "games": "Games",\n}\n\nOTHER = {"toy": 1}\n'
LINKS = "[lesson\n01](01_games.ipynb), lesson 01, Lesson 01. notebook 01; lesson 00 and lesson 010, [x](00_toy.ipynb)"
MOVED = "[lesson\n02](02_games.ipynb), lesson 02, Lesson 02. notebook 02; lesson 00 and lesson 010, [x](00_toy.ipynb)"


@pytest.fixture
def course(topic, monkeypatch):
    """Two lessons, of which the second has a file or two that call it by its number."""
    games = syllabus.Topic(1, "games", "Games")
    monkeypatch.setattr(syllabus, "TOPICS", (topic, games))
    grader = ModuleType("coursekit.graders.games")
    grader.EXERCISES = (dataclasses.replace(topic.exercises[0], name="chess"),)
    monkeypatch.setitem(sys.modules, grader.__name__, grader)
    syllabus.exercises.cache_clear()
    for path, text in {
        "coursekit/course/syllabus.py": SYLLABUS,
        "solutions/games.py": f'"""{LINKS}"""\n',
        "tests/hostile/mine.py": "# lesson 01\n",
        "CHANGELOG.md": LINKS,
        "README.md": f"| | lesson |\n| --- | --- |\n| 00 | Toys | old |\n| 01 | Games | old |\n\n{LINKS}\n",
    }.items():
        (syllabus.ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (syllabus.ROOT / path).write_text(text, encoding="utf-8")
    nbformat.write(notebooks.of_cells(("markdown", LINKS)), games.notebook)
    return topic


def files():
    return {
        path.relative_to(syllabus.ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in syllabus.ROOT.rglob("*")
        if path.is_file()
    }


def begin(name="puzzles", title="Puzzles", before="games", exercise="tversky_loss", parameters="p, q, smooth=1.0"):
    changes, gone = lessons.plan(name, title, before, exercise, parameters)
    scaffold.write(changes, gone)
    return changes


NEW = {
    "coursekit/graders/puzzles/__init__.py",
    "coursekit/graders/puzzles/tversky_loss.py",
    "solutions/puzzles.py",
    "tests/styles/puzzles.py",
    "exercises/puzzles.py",
}


def test_between_two_lessons(course):
    """Its files are there, and the lesson behind it has another number wherever one is told; the history stays."""
    before = files()
    begin()
    after = files()
    assert after.keys() - before.keys() == NEW | {"notebooks/01_puzzles.ipynb", "notebooks/02_games.ipynb"}
    assert before.keys() - after.keys() == {"notebooks/01_games.ipynb"}
    assert {name for name in before.keys() & after.keys() if before[name] != after[name]} == {
        *("coursekit/course/syllabus.py", "solutions/games.py", "README.md")
    }
    assert after["solutions/games.py"] == f'"""{MOVED}"""\n'
    assert '    "toy": "Toys",\n    "puzzles": "Puzzles",\n    "games"' in after["coursekit/course/syllabus.py"]
    rows = re.findall(r"(?m)^\| \d\d .*", after["README.md"])
    assert rows == [
        "| 00 | Toys | old |",
        "| 01 | Puzzles | TODO: the real data that it reproduces |",
        "| 02 | Games | old |",
    ]
    games = notebooks.read(syllabus.Topic(2, "games", "Games"))
    assert games.cells[0].source == MOVED
    last = notebooks.read(syllabus.Topic(1, "puzzles", "Puzzles")).cells[-1].source
    assert "**Next:** [Games](02_games.ipynb). TODO" in last


@pytest.mark.parametrize(
    ("before", "titles", "rows"),
    [("", ["toy", "games", "puzzles"], ["00", "01", "02"]), ("toy", ["puzzles", "toy", "games"], ["00", "01", "02"])],
)
def test_at_either_end(course, before, titles, rows):
    """The last has nothing to lead to; with the first every lesson moves."""
    begin(before=before)
    after = files()
    assert re.findall(r'(?m)^    "(\w+)":', after["coursekit/course/syllabus.py"]) == titles
    assert re.findall(r"(?m)^\| (\d\d) ", after["README.md"]) == rows
    there = sorted(name for name in after if name.endswith(".ipynb"))
    assert there == [f"notebooks/{number:02}_{name}.ipynb" for number, name in enumerate(titles)]
    assert ("**Next:**" in after[f"notebooks/{titles.index('puzzles'):02}_puzzles.ipynb"]) == bool(before)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"name": "Puzzles"}, CommandError, "`Puzzles` is no name for a topic"),
        ({"name": "y" * 31}, CommandError, "is no name for a topic: 30 small letters"),
        ({"name": "games"}, CommandError, "There is a topic `games` already: leave --title out"),
        ({"name": "old"}, CommandError, "There is a solutions/old.py already, of no topic"),
        ({"title": "A | B"}, CommandError, "A title is a line of 50 characters at most, without a quotation mark"),
        ({"title": '"""'}, CommandError, "A title is a line of 50 characters"),
        ({"title": "x" * 51}, CommandError, "A title is a line of 50 characters"),
        ({"title": " "}, CommandError, "A title is a line of 50 characters"),
        ({"before": "gamse"}, LookupError, "No topic is called `gamse`. Did you mean `games`?"),
        ({"exercise": "double"}, CommandError, "The course has an exercise `double` already, in toy."),
        ({"exercise": "Dice"}, CommandError, "`Dice` is no name for an exercise"),
        ({"parameters": "p: int"}, CommandError, "There is no tensor among these parameters"),
    ],
)
def test_what_is_refused(course, arguments, error, said):
    """In a sentence, and nothing is written."""
    (syllabus.ROOT / "solutions" / "old.py").touch()
    before = files()
    with pytest.raises(error, match=re.escape(said)):
        begin(**arguments)
    assert before == files()


@pytest.mark.parametrize(("broken", "at"), [("write_bytes", 0), ("write_bytes", 7), ("replace", 6), ("unlink", 0)])
def test_all_or_nothing(course, monkeypatch, broken, at):
    """Where a file cannot be written or taken away, all are as they were, and no folder is left."""
    before, (changes, gone) = files(), lessons.plan("puzzles", "Puzzles", "games", "tversky_loss", "p, q")
    real, calls = getattr(Path, broken), iter(range(100))

    def fail(path, *arguments, **how):
        if next(calls) == at:
            raise OSError(28, "No space left on device", str(path))
        return real(path, *arguments, **how)

    monkeypatch.setattr(Path, broken, fail)
    with pytest.raises(OSError, match="No space left"):
        scaffold.write(changes, gone)
    assert before == files()
    assert not (syllabus.ROOT / "coursekit" / "graders" / "puzzles").exists()


def test_the_command(course, capsys):
    """What is its author's to write is listed, the rest is counted."""
    words = ["new", "tversky_loss", "--topic", "puzzles", "--parameters", "p, q"]
    assert main(words) == 1
    assert 'A new topic begins with its title: --title "…".' in capsys.readouterr().err
    assert main([*words, "--before", "games"]) == 1
    assert "--before gives a new topic its place, and needs its --title." in capsys.readouterr().err
    assert main([*words, "--title", "Puzzles", "--after", "double"]) == 1
    assert "--after names an exercise of the same topic" in capsys.readouterr().err
    assert main([*words, "--title", "Puzzles", "--before", "games"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"  notebooks/01_puzzles.ipynb, new +a slider; question, exercise, check, answer\n", out)
    assert "In 2 more files the numbers of the lessons behind it are one larger.\n" in out
    assert "Renamed with them: notebooks/01_games.ipynb.\n" in out
    assert "  coursekit verify --exercise tversky_loss --seeds 2\n" in out


def ruff(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--no-cache"],
        cwd=syllabus.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout if done.returncode else ""


@pytest.mark.slow
@pytest.mark.parametrize("exercise", ["x" * 50, "gelu"], ids=["long", "with a twin"])
def test_written_as_the_house_writes(course, exercise):
    """ruff has nothing to say of it, neither of its rules nor of its layout."""
    shutil.copy(PROJECT / "pyproject.toml", syllabus.ROOT)
    for there in ("graders/toy/double", "graders/toy/triple", "exercise/__init__", "exercise/families/inputs"):
        module = syllabus.ROOT / "coursekit" / f"{there}.py"  # what is not there is somebody else's to ruff
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text('"""Here."""\n', encoding="utf-8")
    begin(name="y" * 30, title="Zürich – " + "x" * 41, exercise=exercise, parameters="")
    new = [f"coursekit/graders/{'y' * 30}", f"solutions/{'y' * 30}.py", f"tests/styles/{'y' * 30}.py"]
    assert ruff("check", *new) + ruff("format", "--diff", *new) == ""


@pytest.mark.slow
def test_in_a_copy_of_the_course(tmp_path):
    """There it runs, reads as the house writes, and what is left is said; nothing else in the course is at fault."""
    for name in ("coursekit", "solutions", "exercises", "notebooks", "tests/styles"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.nb?"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)

    def run(*command, module="coursekit"):
        done = subprocess.run(
            [sys.executable, "-m", module, *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, out = run("new", "tversky_loss", "--topic", "puzzles", "--title", "Puzzles", "--before", "margins")
    assert code == 0, out
    assert run("check", ".", module="ruff") == (0, "All checks passed!\n")
    assert run("format", "--check", ".", module="ruff")[0] == 0
    assert "puzzles.py is" not in run("verify", "--exercise", "tversky_loss", "--seeds", "1")[1]  # missing, or stale
    code, out = run("refresh", "puzzles")
    assert code == 0, out
    assert "notebooks/08_puzzles.ipynb: written.\n" in out
    code, out = run("verify", "--topic", "puzzles", "--seeds", "1")
    assert code == 1
    assert "notebooks/07_counts_and_noise.ipynb says that 09_margins.ipynb is next: it is 08_puzzles.ipynb." in out
    assert "README.md still says TODO in the row of lesson 08." in out
    assert "notebooks/08_puzzles.ipynb still says TODO in cells" in out
    assert "drop-in" not in out
    assert "stale" not in out
    assert "coursekit/graders/puzzles/__init__.py still says TODO in line 1." in out
    assert "solutions/puzzles.py still says TODO in line 3." in out
