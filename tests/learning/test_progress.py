"""What the course remembers, and how it shows it."""

import errno
import json
import os
import re
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from coursekit.cli import main
from coursekit.course import syllabus
from coursekit.learning import learn, memory, records
from coursekit.learning.progress import progress
from coursekit.learning.records import Record, State
from coursekit.report import Diagnosis, Outcome, Report, Tier, Verdict

pytestmark = pytest.mark.usefixtures("toy_course", "plain_terminal")

COURSE = Path(memory.__file__).parents[2]


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Where a learner's checks are remembered: no machine tests here, as far as the course can see."""
    for name in (memory.VARIABLE, "CI", "PYTEST_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(memory, "_NO_LEARNER", ("CI", "PYTEST_VERSION"))  # pytest sets the third anew in each phase
    monkeypatch.setattr(memory, "_told", set())
    return tmp_path / "progress.jsonl"


def report(name="double", core=Outcome.PASSED, parity=Outcome.PASSED, points=4.0, mistake=None) -> Report:
    """A report with a check of each tier."""
    verdicts = Verdict("c", "C", Tier.CORE, core), Verdict("p", "P", Tier.PARITY, parity)
    return Report(name, "", core, verdicts, points, 4.0, Diagnosis(mistake, "So.") if mistake else None)


def double(x):
    return 2 * x


def test_a_check_is_a_line(file):
    """A check in a notebook adds a line with how it ended, and shows nothing new."""
    said = learn.check(double)
    (line,) = file.read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        **{"kind": "check", "exercise": "double", "outcome": "passed", "core": True, "parity": True, "points": 4.0},
        **{"misconception": None, "attempt": 1, "where": "notebook"},
    }
    assert said.next == learn.next_steps(syllabus.find_exercise("double")[1], said.report)


def test_a_line_from_before_it_was_noted_where(file):
    """It counts as it did."""
    memory.remember(report(), "watch")
    (line,) = file.read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert told.pop("where") == "watch"
    file.write_text(f"{line}\n{json.dumps(told)}\n", encoding="utf-8")
    assert [check.where for check in memory.checks()] == ["watch", ""]


def test_a_check_in_a_terminal_is_the_same_line(file, tmp_path, capsys):
    """`coursekit check` remembers too, the name of a mistake and no code of the learner's among it."""
    path = tmp_path / "mine.py"
    path.write_text("def double(my_own_name):\n    return my_own_name * my_own_name\n", encoding="utf-8")
    for _ in range(2):
        main(["check", "double", str(path)])
    assert "remembered" not in capsys.readouterr().out
    assert [(each.outcome, each.core, each.misconception, each.attempt) for each in memory.checks()] == [
        ("failed", False, "squared", 1),
        ("failed", False, "squared", 2),
    ]
    assert "my_own_name" not in file.read_text(encoding="utf-8")


def test_a_stub_is_no_attempt(file):
    """To run a lesson from top to bottom is to try nothing."""
    for each in (report(core=Outcome.FAILED), report(core=Outcome.UNATTEMPTED), report("triple"), report()):
        memory.remember(each)
    assert [(each.attempt, each.is_attempt) for each in memory.checks()] == [
        (1, True),
        (0, False),
        (1, True),
        (2, True),
    ]


def test_parity_is_told_apart(file):
    """Core without parity is core alone; parity without core is nothing."""
    memory.remember(report(parity=Outcome.FAILED))
    memory.remember(report(core=Outcome.FAILED))
    assert [(each.core, each.parity) for each in memory.checks()] == [(True, False), (False, False)]


@pytest.mark.parametrize(
    "damage",
    [
        b'{"kind": "check", "time": "2026-11-29T20:5',
        b"\0" * 300,
        b"\xff\xfe{}\n",
        b"[" * 100_000 + b"\n",
        b"1" * 5000 + b"\n",
        b'"check"\n\n[]\n7\n',
        b'{"kind": "check", "exercise": "double"}\n',
    ],
    ids=["torn", "zeros", "no text", "deep", "long number", "other JSON", "incomplete"],
)
def test_damage_costs_itself_alone(file, damage):
    """What stands before and after a damaged line is read, and the next check is a line of its own."""
    memory.remember(report())
    with file.open("ab") as end:
        end.write(damage)
    memory.remember(report())
    assert [each.attempt for each in memory.checks()] == [1, 2]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("core", 1),
        ("points", "4"),
        ("points", float("nan")),
        ("points", 10**400),
        ("points", -1),
        ("points", True),
        ("attempt", 1.5),
        ("attempt", 10**4000),
        ("exercise", None),
        ("misconception", ["squared"]),
    ],
)
def test_a_line_of_other_values_is_damaged(file, field, value):
    """A value of another type, or one that we never write, is no check of ours."""
    memory.remember(report())
    told = json.loads(file.read_text(encoding="utf-8"))
    with file.open("a", encoding="utf-8") as end:
        end.write(json.dumps({**told, field: value}) + "\n")
    memory.remember(report())
    assert [each.attempt for each in memory.checks()] == [1, 2]


def test_other_kinds_are_passed_over(file):
    """A line of a kind that comes later, or a check that tells more, disturbs nothing."""
    memory.remember(report())
    line = json.loads(file.read_text(encoding="utf-8"))
    with file.open("a", encoding="utf-8") as end:
        end.write(json.dumps({"kind": "note", "exercise": "double", "attempt": 7, "value": 3}) + "\n")
        end.write(json.dumps({**line, "attempt": 2, "seconds": 4}) + "\r\n")
    memory.remember(report())
    assert [each.attempt for each in memory.checks()] == [1, 2, 3]


def test_lines_of_two_writers_stay_whole(file):
    """Each of several writers at once adds whole lines, and none is lost."""
    names = ("double", "triple")
    writers = [
        threading.Thread(target=lambda n=name: [memory.remember(report(n)) for _ in range(200)]) for name in names
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    lines = [line for line in file.read_bytes().splitlines() if line]  # a line that is being written may look torn
    assert len(lines) == len(memory.checks()) == 400
    for name in names:
        assert [each.attempt for each in memory.checks() if each.exercise == name] == list(range(1, 201))


def test_each_line_is_one_write(file, monkeypatch):
    """Two kernels share the file only because each line goes out by one call, at its end."""
    written = []
    monkeypatch.setattr(memory, "_opened", lambda path, opened=memory._opened: Spy(opened(path), written))
    memory.remember(report())
    memory.remember(report())
    assert [each.count(b"\n") for each in written] == [1, 1]
    flags = []
    monkeypatch.undo()
    monkeypatch.setattr(
        memory.os, "open", lambda path, flag, mode, old=os.open: flags.append(flag) or old(path, flag, mode)
    )
    memory._opened(file).close()
    assert flags[0] & os.O_APPEND


class Spy:
    """A file that keeps what is written."""

    def __init__(self, file, written):
        self.file, self.written = file, written

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, line):
        self.written.append(line)
        return self.file.write(line)

    def __getattr__(self, name):
        return getattr(self.file, name)


class Full(Spy):
    """A file on a disk with room for five more bytes."""

    def write(self, line):
        return self.file.write(line[:5])


def test_a_full_disk_costs_one_sentence(file, monkeypatch):
    """The check is shown as ever, with a sentence the first time; once there is room, whole lines go on."""
    monkeypatch.setattr(memory, "_opened", lambda path, opened=memory._opened: Full(opened(path), []))
    first, second = learn.check(double), learn.check(double)
    assert first.next[-1] == "This check is not remembered: progress.jsonl cannot be written (the disk is full)."
    assert (first.report.outcome, second.next) == (Outcome.PASSED, first.next[:-1])
    monkeypatch.undo()
    monkeypatch.setenv(memory.VARIABLE, str(file))
    memory.remember(report())
    assert len(memory.checks()) == 1


def refuse(number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_disk_that_refuses_breaks_no_check(file, monkeypatch, number):
    """Whatever the disk says is said once, in its own words."""
    monkeypatch.setattr(memory.os, "open", refuse(number))
    said = [memory.remember(report()) for _ in range(2)]
    assert said == [f"This check is not remembered: progress.jsonl cannot be written ({os.strerror(number)}).", ""]
    assert memory.checks() == []


def test_what_is_no_file_is_not_waited_for(file, monkeypatch, tmp_path):
    """A folder, a pipe, a device, or no folder to be in: a sentence, and no check that hangs."""
    for number, name in enumerate(("folder", "pipe", os.devnull, "missing/file")):
        (tmp_path / "folder").mkdir(exist_ok=True)
        if name == "pipe":
            os.mkfifo(tmp_path / name)
        monkeypatch.setenv(memory.VARIABLE, name)
        assert "cannot be written" in memory.remember(report()), number
        assert memory.checks() == []


def test_where_it_lies(file, tmp_path, monkeypatch):
    """Beside the course; where the variable says; nowhere for machines that test, nor for the installed package."""
    assert memory.place() == file
    for name, value in (("CI", "true"), ("CI", "1"), ("PYTEST_VERSION", "8.4")):
        with monkeypatch.context() as here:
            here.setenv(name, value)
            assert memory.place() is None
            here.setenv(memory.VARIABLE, "elsewhere/mine.jsonl")
            assert memory.place() == tmp_path / "elsewhere/mine.jsonl"
    monkeypatch.setenv("CI", "false")
    assert memory.place() == file
    monkeypatch.setattr(syllabus, "SHIPPED", tmp_path)
    assert memory.place() is None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(memory.VARIABLE, "mine.jsonl")
    assert memory.place() == tmp_path / "mine.jsonl"
    monkeypatch.setenv(memory.VARIABLE, "Off")
    assert (memory.place(), memory.remember(report()), memory.checks()) == (None, "", [])


def test_tests_remember_nothing(toy_course):
    """pytest itself is a machine that tests: nothing is left in the course's folder."""
    learn.check(double)
    assert memory.place() is None
    assert not (syllabus.ROOT / "progress.jsonl").exists()


def test_git_ignores_it():
    """It is its learner's alone."""
    assert "/progress.jsonl" in (COURSE / ".gitignore").read_text(encoding="utf-8").splitlines()


# ---- the map -----------------------------------------------------------------------------------------------------


LESSONS = [["a", "b", "c"], ["d", "e"]]


def check_of(name, state="core") -> memory.Check:
    """A check that ended so: `stub`, `tried`, `core` or `done`."""
    outcome = {"stub": "unattempted", "tried": "failed"}.get(state, "passed")
    return memory.Check("", name, outcome, state in ("core", "done"), state == "done", 1.0, None, 1)


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("", "a"),
        ("a tried", "a"),
        ("a core", "b"),
        ("a core, c tried", "c"),
        ("a core, c done", "d"),
        ("a done, b done, c done, d done, e done", None),
        ("a done, b core, c done, d done, e done", "b"),
        ("b done, c done, d done, e core", "a"),
        ("a core, d stub, e stub", "d"),
        ("a core, b tried, a core, b tried, c stub", "b"),
        ("a core, b core, d stub, a core, b core, c stub", "c"),
        ("a tried, a done, a tried", "b"),
        ("d stub, nameless core", "d"),
    ],
)
def test_what_is_next(told, name):
    """The exercise that is worked on, or the first open one behind it, in the lesson that was last at hand."""
    checks = [check_of(*each.split()) for each in told.split(", ") if each]
    assert records.next_up(LESSONS, checks) == name


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("a done", "b"),  # what is optional is passed over
        ("a done, keras_a tried", "keras_a"),  # until somebody has begun it
        ("a done, keras_a core", "b"),
        ("a done, b core", "b"),  # and comes after parity
        ("a done, b done", "keras_a"),
        ("a done, b done, keras_a done", None),
    ],
)
def test_what_is_optional_comes_last(told, name):
    """Nobody is led to an optional exercise before all others are done, but for one that is worked on."""
    checks = [check_of(*each.split()) for each in told.split(", ")]
    assert records.next_up([["a", "keras_a"], ["b"]], checks) == name


def test_a_record_is_the_best_of_its_checks():
    """What has passed stays passed; stubs count for nothing."""
    checks = [check_of(*each.split()) for each in ("a tried", "a done", "a tried", "b stub", "c core")]
    assert records.records(checks) == {"a": Record(State.DONE, 3, 1.0), "c": Record(State.CORE, 1, 1.0)}


@pytest.fixture
def midway(file):
    """`double` has passed, and `triple` was tried twice."""
    for each in (report(), *[report("triple", Outcome.FAILED, points=0.5)] * 2):
        memory.remember(each)


MAP = [
    "1 of 2 exercises passed, 4.5 of 5 points",
    "00 Toys                            1 of 2 passed    4.5 of 5 points",
    "   ✓✓ double  done            4 of 4",
    "   …  triple  tried 2 times   0.5 of 1",
    "✓✓ done, ✓ core passed, … tried, · untouched",
    "Next: `triple`, in notebooks/00_toy.ipynb",
]


def test_the_map_as_text(midway):
    """Each lesson has a line, each exercise its sign and its words, and the end says where to go on."""
    assert repr(progress()).splitlines() == MAP


def test_what_is_optional_is_told_apart(midway, monkeypatch, capsys):
    """Nobody owes it: its points are in no sum but their own."""
    monkeypatch.setattr(syllabus, "is_of_keras", lambda name: name == "triple")
    said = repr(progress()).splitlines()
    assert said[0] == "1 of 1 exercises passed, 4 of 4 points; optional: 0 of 1, 0.5 of 1 points"
    assert said[1:4] == [
        "00 Toys                            1 of 1 passed      4 of 4 points",
        "   ✓✓ double  done            4 of 4",
        "   …  triple  tried 2 times   0.5 of 1, optional",
    ]
    assert main(["progress", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["maximum"]) == (4.0, 4.0)
    assert [each["optional"] for each in told["topics"][0]["exercises"]] == [False, True]


def test_the_map_on_a_narrow_terminal(midway, monkeypatch, capsys):
    """A terminal of 30 columns gets lines of 30 columns."""
    monkeypatch.setenv("COLUMNS", "30")
    assert main(["progress"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 30
    assert lines[2:5] == ["00 Toys 1/2", "  ✓✓ double", "   … triple"]
    assert lines[-2:] == ["Next: triple, in", "notebooks/00_toy.ipynb"]


def test_the_map_in_a_terminal(midway, capsys):
    """The same lines, without a notebook's marks for code."""
    assert main(["progress"]) == 0
    assert capsys.readouterr().out.splitlines() == [line.replace("`", "") for line in MAP]


def test_the_map_as_json(midway, capsys):
    """One document, with the cell to write in."""
    assert main(["progress", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["next"] == {"exercise": "triple", "notebook": "notebooks/00_toy.ipynb", "cell": "cell-4"}
    assert told["topics"][0]["exercises"][1] == {
        **{"name": "triple", "state": "tried", "attempts": 2, "points": 0.5, "maximum": 1.0, "optional": False},
    }
    assert (told["points"], told["maximum"], told["note"]) == (4.5, 5.0, "")


def test_the_list_has_ticks(midway, capsys):
    """`coursekit list` says what has come of each, in words beside the sign."""
    assert main(["list"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  ✓✓ double                      4 points, done",
        "  …  triple                      1 point, tried",
    ]


def test_the_map_in_a_notebook(midway, tmp_path, monkeypatch):
    """A table with heads and a caption; signs are read out as words; the link opens the notebook at the cell."""
    (tmp_path / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "notebooks")
    shown = progress()._repr_html_()
    assert ElementTree.fromstring(shown.replace("<details open>", "<details>")) is not None
    assert '<a href="00_toy.ipynb#cell-id=cell-4"' in shown
    for part in (
        '<th scope="col"',
        '<th scope="row"',
        "<caption",
        '<span aria-hidden="true">✓✓</span>',
        "tried 2 times",
    ):
        assert part in shown
    for colour in re.findall(r"#[0-9A-F]{6}", shown):  # only what a theme replaces
        assert re.search(rf"var\(--jp-[a-z0-9-]+,{colour}\)", shown)


@pytest.mark.parametrize(("folder", "href"), [(".", "notebooks/00_toy.ipynb"), ("a/b", "../../notebooks/00_toy.ipynb")])
def test_links_from_elsewhere(midway, tmp_path, monkeypatch, folder, href):
    """A notebook in another folder of the course has links that lead from there."""
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / folder)
    assert f'href="{href}#cell-id=cell-4"' in progress()._repr_html_()


def test_everything_is_done(file):
    """At the end there is no next, and nothing is left to list."""
    memory.remember(report())
    memory.remember(report("triple", points=1.0))
    assert repr(progress()).splitlines()[1:] == [
        "00 Toys                            2 of 2 passed      5 of 5 points",
        *MAP[4:5],
        "All is done.",
    ]
    assert "All is done." in progress()._repr_html_()


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        (None, ""),
        (b"<<<<<<< HEAD", ""),
        (b"[" * 100_000, ""),
        (b'{"cells": 7}', ""),
        (b'{"cells": [{"metadata": []}]}', ""),
        (b'{"cells": [{"metadata": {"coursekit": {"exercise": "triple"}}, "id": "x\\"y"}]}', ""),
        (b'{"cells": [{"metadata": {"coursekit": {"exercise": "triple"}}}]}', ""),
        (b'{"cells": [{"metadata": {"coursekit": {"exercise": "triple"}}, "id": "0f_-A"}]}', "#cell-id=0f_-A"),
    ],
    ids=["gone", "conflict", "deep", "no cells", "no metadata", "no name", "no id", "a name"],
)
def test_the_place_in_any_notebook(midway, toy_course, content, cell):
    """A notebook that tells no cell, or that is none, is linked as a whole."""
    toy_course.notebook.unlink()
    if content is not None:
        toy_course.notebook.write_bytes(content)
    assert f'00_toy.ipynb{cell}"' in progress()._repr_html_()


def test_why_nothing_is_remembered(file, tmp_path, monkeypatch, capsys):
    """Where nothing is remembered, the map says why, and what to do: unlike reasons in unlike words."""
    assert memory.why_not() == ""
    said = []
    for setting, value in ((memory.VARIABLE, "off"), ("CI", "1"), (memory.VARIABLE, "folder")):
        (tmp_path / "folder").mkdir(exist_ok=True)
        with monkeypatch.context() as here:
            here.setenv(setting, value)
            said.append(memory.why_not())
            assert progress().note in progress()._repr_html_()
            assert main(["progress"]) == 0
            assert said[-1][:30] in capsys.readouterr().out
    memory.remember(report())
    with monkeypatch.context() as here:
        here.setattr(Path, "open", refuse(errno.EACCES))
        here.setattr(Path, "read_bytes", refuse(errno.EACCES))
        said.append(memory.why_not())
        assert memory.checks() == []
    monkeypatch.setattr(syllabus, "SHIPPED", tmp_path)
    said.append(memory.why_not())
    assert [" ".join(each.split()[:4]) for each in said] == [
        "Nothing is remembered, as",
        "A machine that tests",
        "folder is no file,",
        "progress.jsonl cannot be read",
        "The installed package remembers",
    ]


def test_an_installed_package_names_no_notebook(midway, tmp_path, monkeypatch):
    """It has none to link to."""
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path / "progress.jsonl"))
    monkeypatch.setattr(syllabus, "SHIPPED", tmp_path)
    assert repr(progress()).splitlines()[-1] == "Next: `triple`, lesson 00"
    assert "href" not in progress()._repr_html_()
