"""Answers without a name: grouped by what they do, shown to the instructor, named once, and told so from then on."""

from __future__ import annotations

import csv
import json
import re
import sys
from inspect import signature
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
import toys
from test_batch import WRONG, FakeJail
from test_gradebook import report, work
from test_runs import change_the_check, hand_in

from coursekit.classroom import gradefiles
from coursekit.classroom.gradebook import Gradebook, tables
from coursekit.classroom.groups.forming import Group, find_groups, short_ids
from coursekit.exercise import Exercise, Misconception
from coursekit.grading.behaviour.doing import Doing, Part, to_bytes
from coursekit.grading.behaviour.unnamed import Unnamed as Asked
from coursekit.jail.judge import Jail
from coursekit.publish.export import junit
from coursekit.publish.pages.groups import Unnamed, unnamed_section
from coursekit.report import Example

pytestmark = pytest.mark.usefixtures("plain_terminal", "toy_course")

CUBES = ("return 2 * x + x**3", "return x * (2 + x * x)", "y = x * x * x\n    return x + y + x")
TOLD = "You added a cube: 2 · x is what is asked for."


@pytest.fixture
def folder(tmp_path):
    """Who is right, and whose mistakes are known."""
    folder = tmp_path / "in"
    folder.mkdir()
    hand_in(folder, ann=toys.HONEST, bob=WRONG, cem="def double(x):\n    return x + 2\n")
    return folder


@pytest.fixture
def grades(jail, folder, run):
    """The folder, graded, with three more who do one thing, and one who does another."""
    for name, body in zip(("dan", "eve", "fay"), CUBES, strict=True):
        hand_in(folder, **{name: f"def double(x):\n    {body}\n"})
    hand_in(folder, gus="def double(x):\n    return 2 * x + x * x / 3  # <b>SECRET</b>\n")
    assert run("grade", folder)[0] == 0
    return folder.with_name("in-grades")


def groups(grades: Path) -> list[Group]:
    with Gradebook(f"sqlite:///{grades / 'gradebook.sqlite'}") as book:
        return find_groups(book)


def cubed(grades: Path) -> str:
    """The id of the group of those who added a cube."""
    return next(group.id for group in groups(grades) if len(group.kept) == 3)[:8]


def index(grades: Path) -> str:
    return (grades / "pages" / "index.html").read_text(encoding="utf-8")


def diagnoses(grades: Path) -> dict[str, str]:
    found = {graded.learner: graded.reports[0].diagnosis for graded in gradefiles.read_reports(grades)}
    return {learner: diagnosis.explanation for learner, diagnosis in found.items() if diagnosis is not None}


def everything(grades: Path) -> dict[str, set[tuple]]:
    with Gradebook(f"sqlite:///{grades / 'gradebook.sqlite'}") as book, book.reading() as connection:
        return {table.name: set(connection.execute(sa.select(table))) for table in tables.metadata.sorted_tables}


# ---- who is asked, and what is kept ------------------------------------------------------------------------------


def test_only_answers_without_a_name_are_asked(jail, grades):
    """Who is right, and whose mistake is known, costs nothing more; each of the others is asked once."""
    assert (jail.children, jail.asked) == (7, 4)
    assert sorted(len(group.kept) for group in groups(grades)) == [1, 3]


def test_nobody_is_asked_twice(jail, grades, folder, run):
    """A second run, and the same work from others, ask nothing; a new text does, and joins its group."""
    hand_in(folder, hal=f"def double(x):\n    {CUBES[0]}\n")
    run("grade", folder)
    assert jail.asked == 4
    hand_in(folder, ida="def double(x):\n    return 2.0 * x + x**3\n")
    run("grade", folder)
    assert jail.asked == 5
    assert sorted(len(group.kept) for group in groups(grades)) == [1, 4]


def test_what_is_kept_is_kept_with_its_result(jail, folder, run, monkeypatch):
    """Where a run ends before a behaviour is kept, its result is not kept either: the next run asks again."""
    from coursekit.classroom.gradebook import grades as module

    def fail(connection, found):
        raise MemoryError

    hand_in(folder, dan=f"def double(x):\n    {CUBES[0]}\n")
    with monkeypatch.context() as patch:
        patch.setattr(module, "add_behaviours", fail)
        with pytest.raises(MemoryError):
            run("grade", folder)
    run("grade", folder)
    assert [len(group.kept) for group in groups(folder.with_name("in-grades"))] == [1]


def test_ids_are_the_shortest_that_tell_apart():
    """Six digits, or as many as it takes."""
    some = [Group(digits * 8, "double", "1", ()) for digits in ("abcdef01", "abcdef02", "12345678")]
    assert sorted(short_ids(some).values()) == ["12345678", "abcdef01", "abcdef02"]
    assert sorted(short_ids(some[1:]).values()) == ["123456", "abcdef"]
    assert short_ids([]) == {}


# ---- the instructor's page ---------------------------------------------------------------------------------------


def test_report_shows_the_groups(grades, run):
    """The largest first: its size, its shortest code, the smallest input that shows it, its id; no learner sees it."""
    assert run("report", grades)[0] == 0
    page = index(grades)
    assert "Mistakes without a name" in page
    assert page.index("double, 3 learners") < page.index("double, 1 learner<")
    assert "return 2 * x + x**3" in page
    assert "return x * (2 + x * x)" not in page
    assert "double(torch.tensor(3.0))  # got 33.0000, expected 6.0000" in page
    assert cubed(grades)[:6] in page
    assert "&lt;b&gt;SECRET" in page
    assert "<b>SECRET" not in page
    for path in (grades / "pages" / "learners").iterdir():
        assert "SECRET" not in path.read_text(encoding="utf-8")


def test_groups_of_those_who_are_shown(grades, folder, run):
    """Whoever has mended their answer, or left the folder, is in no group; the group keeps its id."""
    before = cubed(grades)
    hand_in(folder, dan=toys.HONEST)
    (folder / "eve.py").unlink()
    (folder / "gus.py").unlink()
    run("grade", folder)
    run("report", grades)
    assert "double, 1 learner<" in index(grades)
    assert "SECRET" not in index(grades)
    assert before[:6] in index(grades)


def test_pages_of_grades_without_a_gradebook(grades, run):
    """Reports that were copied elsewhere have pages as ever."""
    (grades / "gradebook.sqlite").unlink()
    assert run("report", grades)[0] == 0
    assert "Mistakes without a name" not in index(grades)
    assert not (grades / "gradebook.sqlite").exists()


def test_section_of_many_and_of_strange_groups():
    """Long code is cut, marks of direction are visible, and no more groups are listed than somebody reads."""
    code = "def f(x):\n" + "\u202e" + "y" * 900 + "\n    pass" * 100
    many = [Unnamed(str(n), "<i>", 30 - n, code, None) for n in range(25)]
    many[0] = Unnamed("0", "<i>", 30, "", Example("f(1)", "<u>", "2"), "Called `so`.")
    page = "\n".join(unnamed_section(many))
    assert "<i>" not in page
    assert "<u>" not in page
    assert "\u202e" not in page
    assert "And 5 smaller groups." in page
    assert "Called <code>so</code>." in page
    assert max(map(len, page.splitlines())) < 2_000
    assert list(unnamed_section([])) == []


# ---- naming ------------------------------------------------------------------------------------------------------


def test_name_is_told_of_what_was_graded_once_it_is_accepted(grades, folder, run):
    """Naming changes nothing that was published; regrade shows it, and with --accept it is everywhere, at no point."""
    before = (grades / "grades.csv").read_bytes()
    code, out, _ = run("name", grades, cubed(grades), f"  {TOLD}\n")
    assert code == 0
    assert "(3 learners) follows: coursekit regrade FOLDER --diff" in out
    _, out, _ = run("grade", folder)
    assert "3 reports are older than the name of what their answer does, and stay as they were." in out
    assert f"coursekit regrade {folder} --diff" in out
    assert TOLD not in diagnoses(grades).values()
    code, out, _ = run("regrade", folder, "--diff")
    assert code == 0
    assert out.count("You added a cube") == 3
    assert "3 reports get another name for what is wrong, and no points change by that." in out
    assert f"coursekit regrade {folder} --accept" in out
    assert TOLD not in diagnoses(grades).values()
    code, out, _ = run("regrade", folder, "--accept")
    assert code == 0
    assert {who for who, said in diagnoses(grades).items() if said == TOLD} == {"dan", "eve", "fay"}
    assert (grades / "grades.csv").read_bytes() == before
    assert "are those that gave the grades" in run("regrade", folder)[1]
    _, out, _ = run("grade", folder)
    assert f"group-{cubed(grades)[:6]}: You added a cube" in out
    assert "older than the name" not in out
    run("report", grades)
    assert index(grades).count("You added a cube") >= 2
    assert "You added a cube" in (grades / "pages" / "learners" / "dan.html").read_text(encoding="utf-8")
    assert "You added a cube" in junit.document(gradefiles.read_reports(grades))


def test_name_is_told_of_what_comes_later_at_once(jail, grades, folder, run):
    """New work of that behaviour, and old work from somebody new, carries it without more ado; no points differ."""
    run("name", grades, cubed(grades), TOLD)
    hand_in(folder, hal="def double(x):\n    return x**3 + 5 * x - 3 * x\n", ida=f"def double(x):\n    {CUBES[0]}\n")
    run("grade", folder)
    assert {who for who, said in diagnoses(grades).items() if said == TOLD} == {"hal", "ida"}
    rows = list(csv.DictReader((grades / "grades.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["total"] for row in rows if row["learner"] in ("dan", "hal", "ida")} == {"0"}


def test_last_name_counts_and_none_is_changed(grades, folder, run):
    """Naming again adds a row, an empty name takes it away, and every row that was there stays as it was."""
    group, seen = cubed(grades), everything(grades)
    for sentence in (TOLD, "A cube is too many.", ""):
        assert run("name", grades, group, sentence)[0] == 0
        run("regrade", folder, "--accept")
        told = {said for who, said in diagnoses(grades).items() if who in ("dan", "eve", "fay")}
        assert told == ({sentence} if sentence else set())
        now = everything(grades)
        assert all(seen[table] <= now[table] for table in seen)
        seen = now
    code, _, err = run("name", grades, group, "")
    assert code == 1
    assert "has no name that could be taken away" in err


def test_name_outlives_a_change_of_the_checks(grades, folder, run):
    """Other questions form the groups anew; the name goes with the work that it was given to, and keeps its id."""
    group = cubed(grades)
    run("name", grades, group, TOLD)
    run("regrade", folder, "--accept")
    change_the_check()
    code, _, err = run("name", grades, group, "Another sentence.")
    assert code == 1
    assert "The checks of double (or torch) have changed since this group was found" in err
    assert run("regrade", folder, "--accept")[0] == 0
    assert {who for who, said in diagnoses(grades).items() if said == TOLD} == {"dan", "eve", "fay"}
    assert run("name", grades, group, "Another sentence.")[0] == 0


def test_what_a_known_mistake_does_has_a_name(grades, run, monkeypatch):
    """The course may have come to know it: then it is not named a second time."""
    double: Exercise = sys.modules["coursekit.graders.toy"].EXERCISES[0]
    known = [*double.misconceptions, Misconception("cube_added", "A cube is added.", lambda x: 2 * x + x**3)]
    monkeypatch.setattr("coursekit.classroom.groups.naming.insist_on_version", lambda group: double)
    double.misconceptions[:] = known
    code, _, err = run("name", grades, cubed(grades), TOLD)
    assert code == 1
    assert "This is what `cube_added` of double does, which has a name in the course already." in err


def test_what_another_named_group_does_has_a_name(grades, run, monkeypatch):
    """Where two groups touch, the second is not given a name of its own."""
    one, other = sorted((group.id[:8] for group in groups(grades)), key=lambda digits: digits != cubed(grades))
    assert run("name", grades, one, TOLD)[0] == 0
    monkeypatch.setattr(
        "coursekit.classroom.groups.naming.same", lambda a, b: len(a) == len(b) and a[0].parts[0].numbers != (0,)
    )
    monkeypatch.setattr("coursekit.classroom.groups.naming.known_behaviours", lambda exercise: [])
    code, _, err = run("name", grades, other, "Another.")
    assert code == 1
    assert f"This is what the group {one[:6]} does, which is called: {TOLD}" in err


def test_input_that_is_none(grades, run, tmp_path):
    """Unlike faults have unlike sentences, nothing is kept, and no file is made."""
    shared = shared_prefix(grades)
    before = everything(grades)
    said = {}
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "gradebook.sqlite").write_text("no database")
    for fault, arguments in {
        "unknown": (grades, "ffff0000ffff", TOLD),
        "no id": (grades, "", TOLD),
        "ambiguous": (grades, shared, TOLD),
        "no gradebook": (tmp_path / "empty", "abc", TOLD),
        "no folder": (tmp_path / "nowhere", "abc", TOLD),
        "no database": (tmp_path / "notes", "abc", TOLD),
        "too long": (grades, cubed(grades), "x" * 501),
    }.items():
        code, out, err = run("name", *arguments)
        assert (code, out, err.count("\n"), err[:11]) == (1, "", 1, "coursekit: "), fault
        said[fault] = re.sub(r"/\S+", "", err)
    assert "shows all groups and their ids" in said["unknown"]
    assert "Several groups begin with" in said["ambiguous"]
    assert "There is no gradebook" in said["no gradebook"]
    assert "it is no database, or a damaged one" in said["no database"]
    assert "501 characters, of 500 at most" in said["too long"]
    assert len(set(said.values())) == len(said) - 1  # a folder without a gradebook is as good as none
    assert everything(grades) == before
    assert not (tmp_path / "empty" / "gradebook.sqlite").exists()


def shared_prefix(grades: Path) -> str:
    """What the ids of two groups begin with, once there are twenty more."""
    with Gradebook(f"sqlite:///{grades / 'gradebook.sqlite'}") as book:
        version = find_groups(book)[0].version
        for number in range(20):
            does = to_bytes((Doing(0.0, 0.0, parts=(Part("float64", (), (float(number),)),)),))
            found = {"double": json.dumps(report(0).to_json())}
            asked = {"double": Asked(does, "null", "")}
            book.record(["zoe"], [work(str(number), version=version)], found, behaviours=asked)
        ids = sorted(group.id for group in find_groups(book))
    return next(one[0] for one, other in pairwise(ids) if one[0] == other[0])


def test_fake_jail_is_asked_as_the_real_one():
    """The stand-in has what the judge has."""
    assert list(signature(FakeJail.answers).parameters) == list(signature(Jail.answers).parameters)
