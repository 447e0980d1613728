"""`coursekit grade` and `regrade`: runs that go on where they were, changed checks, and machines that fail."""

from __future__ import annotations

import csv
import errno
import html
import json
import os
import re
import resource
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import toys
from test_batch import WRONG, FakeJail

from coursekit import database
from coursekit.classroom import batch, gradefiles, runs
from coursekit.classroom.gradebook import Gradebook, tables
from coursekit.classroom.groups.forming import find_groups
from coursekit.cli import main
from coursekit.cli.screens import terminal
from coursekit.course import syllabus
from coursekit.exercise import same_value
from coursekit.jail.terms import JailError
from coursekit.learning.feedback import as_html
from coursekit.publish.export import junit
from coursekit.publish.privacy import all_feedback
from coursekit.report import Graded, Outcome

ROOT = Path(__file__).parents[2]
ON = "run the same command again to go on."

pytestmark = pytest.mark.usefixtures("plain_terminal")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    hand_in(folder, ann=toys.HONEST, bob=WRONG, cem="def double(x):\n    return x + 2\n")
    return folder


def hand_in(folder: Path, **texts: str) -> None:
    for learner, text in texts.items():
        (folder / f"{learner}.py").write_text(text, encoding="utf-8")


def table(folder: Path) -> dict[str, list[str]]:
    lines = (folder.with_name("in-grades") / "grades.csv").read_text(encoding="utf-8").splitlines()
    return {name: points for name, *points in csv.reader(lines[1:])}


def latest(folder: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{folder.with_name('in-grades') / 'gradebook.sqlite'}") as book:
        return {graded.learner: graded.points for graded in book.latest()}


# ---- again and again ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("toy_course")
def test_same_work_is_told(jail, folder, run):
    """Who handed in the same answers, however laid out, the largest group first; stubs are none."""
    hand_in(folder, dan=f"# mine\n{toys.HONEST}", eve=toys.HONEST.replace("    ", "\t"), fay=WRONG)
    stub = "def double(x):\n    raise NotImplementedError('double: write your answer here')\n"
    hand_in(folder, gus=stub, hal=stub)
    _, said, _ = run("grade", folder, "--exercise", "double")
    assert said.index("3 learners handed in the same work: ann, dan, eve.") < said.index("the same work: bob, fay.")
    assert f"`coursekit similar {folder}` lists them" in said
    assert "gus, hal" not in said


@pytest.mark.usefixtures("toy_course")
def test_only_new_work_is_graded(jail, folder, run):
    """A second run grades who is new or has handed in anew, and shows all."""
    assert run("grade", folder)[0] == 0
    assert jail.children == 3
    first = table(folder)
    assert run("grade", folder)[0] == 0
    assert (jail.children, jail.open) == (3, 0)
    assert first == table(folder)
    hand_in(folder, bob=toys.HONEST + "# mended\n", dan=WRONG)
    code, out, _ = run("grade", folder)
    assert (code, jail.children) == (0, 4)  # dan's work is what bob's was
    assert table(folder) == {**first, "bob": ["4", "4", "4"], "dan": ["0", "0", "4"]}
    assert "4 submissions" in out
    assert "more, all in" not in out


@pytest.mark.usefixtures("toy_course")
def test_what_a_busy_machine_spoilt_is_graded_again(jail, folder, run, monkeypatch):
    """The table, the pages and a sentence say that it is no grade, and the next run makes it one."""
    real = FakeJail.score_one

    def busy(self, cells, exercise, seed, learner):
        report = real(self, cells, exercise, seed, learner)
        return replace(report, outcome=Outcome.STARVED, points=0.0) if "2 * x" in cells[0][1] else report

    with monkeypatch.context() as patch:
        patch.setattr(FakeJail, "score_one", busy)
        code, out, _ = run("grade", folder)
        assert code == 0
        assert "1 of them are not final, as the machine was too busy: ann. The same command grades" in out
        assert run("report", folder.with_name("in-grades"))[0] == 0
        pages = folder.with_name("in-grades") / "pages"
        assert "Not graded yet, as the machine was too busy" in (pages / "index.html").read_text(encoding="utf-8")
        assert (
            "Not final, as the machine was too busy, so no grade is written (1): ann."
            in run(*("export", "junit", folder.with_name("in-grades"), "--out", folder.with_name("grades.xml")))[1]
        )
        assert "not graded yet" in (pages / "learners" / "ann.html").read_text(encoding="utf-8")
    children = jail.children
    _, out, _ = run("grade", folder)
    assert jail.children == children + 1
    assert "not final" not in out
    assert table(folder)["ann"][0] == "4"


@pytest.mark.usefixtures("toy_course")
def test_best(jail, folder, run):
    """With --best a learner's better first attempt is shown."""
    run("grade", folder)
    hand_in(folder, ann=WRONG)
    run("grade", folder)
    assert table(folder)["ann"][0] == "0"
    run("grade", folder, "--best")
    assert table(folder)["ann"][0] == "4"


@pytest.mark.usefixtures("toy_course")
def test_who_has_left_the_folder_is_not_in_the_table(jail, folder, run):
    """The table is that of the folder; the book forgets nobody."""
    run("grade", folder)
    (folder / "cem.py").unlink()
    run("grade", folder)
    assert set(table(folder)) == {"ann", "bob"}
    assert set(latest(folder)) == {"ann", "bob", "cem"}


@pytest.mark.usefixtures("toy_course")
def test_who_has_left_the_folder_has_no_report(jail, folder, run):
    """Nor do pages and exports go on with it; the book keeps the grade, and whoever comes back finds it."""
    out = folder.with_name("in-grades")

    def reports() -> list[str]:
        return [graded.learner for graded in gradefiles.read_reports(out)]

    assert "not in" not in run("grade", folder)[1]
    (folder / "ann.py").rename(folder / "Zoe.py")
    (folder / "cem.py").unlink()
    assert "The 2 reports of ann, cem, not in" in run("grade", folder)[1]
    assert reports() == ["Zoe", "bob"]
    assert {"ann", "cem"} <= latest(folder).keys()
    (folder / "Zoe.py").rename(folder / "ann.py")
    assert "The report of Zoe, not in" in run("grade", folder)[1]
    assert reports() == ["ann", "bob"]
    change_the_check()
    (folder / "bob.py").unlink()
    assert "The report of bob, not in" in run("regrade", folder, "--accept")[1]
    assert reports() == ["ann"]


@pytest.mark.usefixtures("toy_course")
def test_two_files_with_one_function(jail, folder, run):
    """The one whose name is newer counts, and whoever reads the grades is told of both."""
    (folder / "dora").mkdir()
    hand_in(folder / "dora", **{"answer-1": toys.HONEST, "answer": WRONG})
    said = run("grade", folder)[1]
    assert (
        "the newer that is written out counts: dora: double from answer-1.py, not from answer.py. Reports name them."
        in said
    )
    graded = {graded.learner: graded for graded in gradefiles.read_reports(folder.with_name("in-grades"))}
    double = graded["dora"].reports[0]
    assert (double.points, double.found_in) == (4, ("answer.py", "answer-1.py"))
    assert {each for learner in ("ann", "bob", "cem") for each in graded[learner].reports[0].found_in} == set()
    told = "It is defined in `answer.py` and `answer-1.py`: the last of these in which it is written out was graded."
    assert told in " ".join(all_feedback(graded["dora"]).split())
    assert told in html.unescape(as_html(double)).replace("<code>", "`").replace("</code>", "`")
    assert told in junit.document([graded["dora"]])
    assert Graded.from_json(graded["dora"].to_json()) == graded["dora"]


@pytest.mark.usefixtures("toy_course")
def test_report_under_another_spelling_of_its_name(jail, folder, run):
    """On a disk that takes `Ann` and `ann` for one, what was just written is nobody else's report."""
    out = folder.with_name("in-grades")
    run("grade", folder)
    os.link(out / "reports" / "ann.json", out / "reports" / "Ann.json")
    assert gradefiles.drop_reports(out, [out / "reports" / "ann.json", out / "reports" / "bob.json"]) == ["cem"]


@pytest.mark.usefixtures("toy_course")
def test_gradebook_elsewhere(jail, folder, run, tmp_path):
    """--gradebook names the database; the files stay where they were."""
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    assert run("grade", folder, "--gradebook", url)[0] == 0
    with Gradebook(url) as book:
        assert [graded.learner for graded in book.latest()] == ["ann", "bob", "cem"]
    assert sorted(path.name for path in folder.with_name("in-grades").iterdir()) == [
        "grades.csv",
        "reports",
        "secret.key",
    ]
    assert (tmp_path / "elsewhere.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("toy_course", "jail")
def test_grades_are_closed_to_others(folder, run, monkeypatch):
    """What a run writes holds hidden inputs, so nobody else can open its folder; a disk without owners is named."""
    assert "Others on this machine" not in run("grade", folder)[1]
    out = folder.with_name("in-grades")
    assert out.stat().st_mode & 0o777 == 0o700
    out.chmod(0o755)  # as earlier versions left it
    assert run("grade", folder)[0] == 0
    assert out.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(gradefiles, "make_private", lambda folder: False)
    assert f"Others on this machine may be able to read {out}" in run("grade", folder)[1]


@pytest.mark.usefixtures("toy_course", "jail")
def test_short_secret_is_refused(folder, run, monkeypatch):
    """Inputs that are drawn from an empty file, or from a word, are no secret."""
    monkeypatch.setattr(gradefiles.time, "sleep", lambda _: None)
    out = folder.with_name("in-grades")
    out.mkdir()
    for secret, why in (("", "is empty"), ("password", "is shorter than a secret can be")):
        (out / "secret.key").write_text(secret)
        code, said, complaint = run("grade", folder)
        assert (code, why in complaint, said) == (1, True, "")
    assert not (out / "grades.csv").exists()


@pytest.mark.usefixtures("toy_course")
def test_long_table_is_cut(jail, folder, run, monkeypatch):
    """A terminal shows the first, the files hold all."""
    monkeypatch.setattr("coursekit.classroom.runs.ROWS", 2)
    _, out, _ = run("grade", folder)
    assert "cem" not in out
    assert "1 more, all in" in out
    assert set(table(folder)) == {"ann", "bob", "cem"}


# ---- nothing is said that is not so ------------------------------------------------------------------------------


@pytest.mark.usefixtures("toy_course")
def test_resubmission_is_the_same_person(jail, folder, run):
    """Canvas calls it otherwise; there is one row, of the newer work, and the next attempt of the same learner."""
    hand_in(folder, lee_43_98001_kl=WRONG, bo_44_98002_kl=WRONG)
    run("grade", folder)
    (folder / "lee_43_98001_kl.py").unlink()
    hand_in(folder, **{"lee_LATE_43_98777_kl-1": toys.HONEST})
    run("grade", folder)
    assert {name: cells[0] for name, cells in table(folder).items()} == {
        **{"ann": "4", "bob": "0", "cem": "0", "lee_43": "4", "bo_44": "0"}
    }
    hand_in(folder, lee_43_98001_kl=WRONG)  # both are there: the newer upload counts, and that is said
    said = run("grade", folder)[1]
    assert table(folder)["lee_43"][0] == "4"
    assert "the newer that is written out counts: lee_43: double from kl-1.py, not from kl.py." in said
    with Gradebook(f"sqlite:///{folder.with_name('in-grades') / 'gradebook.sqlite'}") as book:
        assert [graded.attempts for graded in book.latest() if graded.learner == "lee_43"] == [3]


@pytest.mark.usefixtures("toy_course", "jail")
def test_no_column_is_taken_away(folder, run):
    """A narrower run leaves what the gradebook holds of these learners; of others' nothing comes in."""
    triple = "\ndef triple(x):\n    return 3 * x\n"
    hand_in(folder, **{name: text + triple for name, text in (("ann", toys.HONEST), ("bob", WRONG), ("cem", WRONG))})
    out = folder.with_name("in-grades")
    other = folder.with_name("other")
    other.mkdir()
    hand_in(other, zoe=toys.HONEST)
    run("grade", other, "--exercise", "double", "--gradebook", f"sqlite:///{out}/gradebook.sqlite", "--out", out)
    assert run("grade", folder, "--exercise", "triple")[0] == 0
    header = (out / "grades.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == '"learner","triple","total","maximum"'
    run("grade", folder, "--topic", "toy")
    before = table(folder)
    hand_in(folder, dan=WRONG + triple)
    said = run("grade", folder, "--exercise", "triple")[1]
    assert table(folder) == {**before, "dan": ["", "1", "1", "1"]}
    assert "1  double (4)" in said
    reports = gradefiles.read_reports(out)
    assert [len(graded.reports) for graded in reports] == [2, 2, 2, 1]


@pytest.mark.usefixtures("toy_course", "jail")
def test_unread_is_no_zero(folder, run):
    """In the terminal, in the table, in a spreadsheet and at the end it reads unread, with the reason."""
    (folder / "dan.ipynb").write_text("", encoding="utf-8")
    (folder / "eve.docx").write_text("", encoding="utf-8")
    said = run("grade", folder)[1]
    row = next(line for line in said.splitlines() if "dan" in line).replace("│", " ")
    assert row.split()[:4] == ["dan", "–", "unread", "unread:"]
    problem = "dan.ipynb is not a notebook: it is empty. Save it again in Jupyter."
    assert table(folder)["dan"] == ["", "", "4", problem]
    assert table(folder)["ann"] == ["4", "4", "4", ""]
    assert f"2 could not be read: dan ({problem.rstrip('.')}); eve (A .docx is not graded; hand in" in said
    assert [graded.reports[0].is_unread for graded in gradefiles.read_reports(folder.with_name("in-grades"))] == [
        *(False, False, False, True, True)
    ]


@pytest.mark.usefixtures("toy_course", "jail")
def test_what_is_no_submission_is_said_once(folder, run):
    for name in ("Thumbs.db", "roster.csv", ".DS_Store", "index.html"):
        (folder / name).write_text("x", encoding="utf-8")
    said = run("grade", folder)[1]
    assert said.count("no submission") == 1
    assert "4 entries are no submissions: .DS_Store, Thumbs.db, index.html and 1 more." in said
    assert set(table(folder)) == {"ann", "bob", "cem"}


@pytest.mark.usefixtures("toy_course", "jail")
def test_next_command_works_as_printed(tmp_path, run):
    """With whatever this one was given, quoted for a shell; typed as it is, it does what it says."""
    folder, out = tmp_path / "it's; in", tmp_path / "my grades"
    folder.mkdir()
    hand_in(folder, ann=toys.HONEST)
    url = f"sqlite:///{tmp_path / 'a b.sqlite'}"
    given = ["--out", out, "--gradebook", url, "--exercise", "double", "--seconds", "7", "--trust-submissions"]

    said = run("regrade", folder, *given)[2]
    assert "holds no grades of that yet" in said
    assert run(*shlex.split(said.partition("yet: ")[2])[1:])[0] == 0
    assert (out / "grades.csv").exists()
    change_the_check()
    said = run("grade", folder, *given, "--best", "--learner", "ann")[2]
    (line,) = [line for line in said.splitlines() if "See whose" in line]
    command = line.partition("See whose grades differ: ")[2].partition("; with --accept")[0]
    assert "--seconds 7.0 " in command
    code, said, _ = run(*shlex.split(command)[1:])
    assert (code, "1 of 1 grades differ" in said) == (0, True)
    command = said.partition("accept these: ")[2].splitlines()[0]
    assert run(*shlex.split(command)[1:])[0] == 0
    assert (out / "grades.csv").read_text(encoding="utf-8").splitlines()[1] == '"ann",2,2,4'
    assert not folder.with_name(f"{folder.name}-grades").exists()


@pytest.mark.usefixtures("toy_course", "jail")
def test_grades_are_not_written_among_the_submissions(folder, run, tmp_path):
    """However the place is spelt."""
    (tmp_path / "link").symlink_to(folder)
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    places = [folder, folder / "grades", tmp_path / "link" / "x", folder / "out", tmp_path / "x" / ".." / "in"]
    for place in places:
        code, _, said = run("grade", folder, "--out", place)
        assert (code, "among the submissions: name a place outside of it" in said) == (2, True)
    code, _, said = run("grade", folder, "--gradebook", f"sqlite:///{folder}/a.sqlite")
    assert (code, "(--gradebook)" in said) == (2, True)
    (folder / "out").unlink()
    assert sorted(path.name for path in folder.iterdir()) == ["ann.py", "bob.py", "cem.py"]
    assert run("grade", tmp_path / "link", "--out", tmp_path / "in-grades2")[0] == 0


@pytest.mark.usefixtures("toy_course", "jail")
@pytest.mark.parametrize(
    "damage",
    [
        "update coursekit_result set report = '{'",
        "update coursekit_result set report = '[]'",
        "update coursekit_result set report = x'ff00'",
        "update coursekit_result set report = replace(report, '\"passed\"', '\"great\"')",
        "update coursekit_result set report = replace(report, '4.0', '\"4\"')",
        "update coursekit_result set report = replace(report, '4.0', 'NaN')",
        "update coursekit_result set report = replace(report, '\"double\"', '\"triple\"')",
        'update coursekit_result set report = replace(report, \'"title": \', \'"title": 3, "more": \')',
        "update coursekit_entry set learner = '\"ann'",
        "update coursekit_entry set problem = '\"x'",
    ],
    ids=lambda text: text.partition("set ")[2][:50],
)
def test_damaged_row(folder, run, damage):
    """Whichever field it is, a sentence says what is damaged, and what to do."""
    run("grade", folder)
    path = folder.with_name("in-grades") / "gradebook.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    connection.close()
    code, _, said = run("grade", folder)
    assert code == 1
    assert "damaged" in complaint(said)
    assert "estore a copy" in complaint(said)


# ---- a changed check ---------------------------------------------------------------------------------------------


def change_the_check() -> None:
    """From now on nobody passes `One number` who multiplies: 3 must become 7."""
    grader = sys.modules["coursekit.graders.toy"]
    double, triple = toys.make_double(), toys.make_triple()
    grader.EXERCISES = (double, triple)
    one_number = double.checks[0]

    def run(f, rng):
        same_value(f, lambda x: x + 4, toys.torch.tensor(3.0))

    double.checks[0] = type(one_number)(one_number.name, one_number.title, "", one_number.tier, run)
    syllabus.exercises.cache_clear()


@pytest.mark.usefixtures("toy_course")
def test_changed_check_is_shown_first(jail, folder, run):
    """Nothing replaces a grade before the difference was shown and accepted; the old ones stay in the book."""
    run("grade", folder)
    before = table(folder)
    change_the_check()
    code, _, err = run("grade", folder)
    assert code == 1
    assert "The checks of double (or torch) have changed since the grades in" in err
    assert f"coursekit regrade {folder} --diff" in err
    for _ in range(2):
        code, out, _ = run("regrade", folder, "--diff")
        assert code == 0
        row = next(line for line in out.splitlines() if "ann" in line).replace("│", " ")
        assert row.split()[:8] == ["ann", "double", "4", "2/4", "One", "number:", "The", "value"]
        assert "1 of 3 grades differ under the checks of today." in out
        assert f"coursekit regrade {folder} --accept" in out
        assert jail.children == 6
    assert before == table(folder)
    assert latest(folder) == {"ann": 4.0, "bob": 0.0, "cem": 0.0}
    code, out, _ = run("regrade", folder, "--accept")
    assert (code, jail.children) == (0, 6)
    assert table(folder)["ann"] == ["2", "2", "4"]
    assert latest(folder) == {"ann": 2.0, "bob": 0.0, "cem": 0.0}
    assert run("grade", folder)[0] == 0
    assert jail.children == 6
    assert "are those that gave the grades" in run("regrade", folder)[1]


@pytest.mark.usefixtures("toy_course")
def test_documents(jail, folder, run):
    """With --json the document is all that is printed, and progress and sentences go to standard error."""
    code, out, err = run("grade", folder, "--json")
    found = json.loads(out)
    assert (code, list(found)) == (0, ["learners"])
    assert "Grading 3 submissions" in err
    assert "3 reports in" in err
    bob = found["learners"][1]
    assert bob == {
        **{"learner": "bob", "points": 0, "grade": 0, "maximum": 4, "attempts": 1, "final": True, "problem": ""},
        "exercises": [
            {
                **{"exercise": "double", "outcome": "failed", "points": 0, "grade": 0, "maximum": 4},
                "misconception": "squared",
            }
        ],
    }
    assert json.loads(run("regrade", folder, "--json")[1]) == {"changes": [], "accepted": False}
    change_the_check()
    code, out, err = run("grade", folder, "--json")
    assert (code, out, "have changed since" in err) == (1, "", True)
    code, out, err = run("regrade", folder, "--json")
    assert (code, "1 of 3 grades differ under the checks of today." in err) == (0, True)
    (change,) = json.loads(out)["changes"]
    assert (change["learner"], change["exercise"], change["before"], change["after"]) == ("ann", "double", 4, 2)


@pytest.mark.usefixtures("toy_course")
def test_nothing_to_regrade(jail, folder, run):
    """Where nothing was graded yet, regrade names the command that grades."""
    code, _, err = run("regrade", folder)
    assert code == 1
    assert f"holds no grades of that yet: coursekit grade {folder}" in err


# ---- machines that fail ------------------------------------------------------------------------------------------


@pytest.fixture
def many(folder):
    for number in range(40):
        hand_in(folder, **{f"learner{number:02}": f"{toys.HONEST}# {number}\n"})
    return folder


def complaint(err: str) -> str:
    (line,) = [line for line in err.splitlines() if line.startswith("coursekit: ")]
    assert "Traceback" not in err
    return line


@pytest.mark.usefixtures("toy_course")
def test_disk_full(jail, many, run):
    """A disk that fills up ends the run with a sentence; once there is room the same command goes on."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, limits[1]))
    try:
        code, _, err = run("grade", many)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    said = complaint(err)
    assert code == 1
    assert "gradebook.sqlite fails: the disk " in said
    assert "What was graded so far is kept in" in said
    assert said.endswith(ON)
    done = len(latest(many))
    assert 0 < done < 43
    before = jail.children
    assert run("grade", many)[0] == 0
    assert jail.children == 43 - done + before
    assert len(table(many)) == 43


@pytest.mark.usefixtures("toy_course")
def test_no_room_for_reports(jail, folder, run, monkeypatch):
    """Where only the files cannot be written, the grades are in the book."""

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "ann.json")

    monkeypatch.setattr(gradefiles, "write_report", full)
    said = complaint(run("grade", folder)[2])
    assert "No space left on device: ann.json. What was graded so far is kept in" in said
    assert len(latest(folder)) == 3


def when_graded(monkeypatch, number: int, action) -> None:
    """Does something once so many are recorded."""
    record = Gradebook.record
    count = 0

    def counting(self, *arguments, **more):
        nonlocal count
        record(self, *arguments, **more)
        count += 1
        if count == number:
            action()

    monkeypatch.setattr(Gradebook, "record", counting)


@pytest.mark.usefixtures("toy_course")
def test_gradebook_removed(jail, many, run, monkeypatch):
    """Who removes the gradebook during a run is told, and not that anything was kept."""
    when_graded(monkeypatch, 5, (many.with_name("in-grades") / "gradebook.sqlite").unlink)
    code, _, err = run("grade", many)
    said = complaint(err)
    assert code == 1
    assert "was removed while it was open; what it held went with it. Run the same command again" in said


@pytest.mark.usefixtures("toy_course")
def test_gradebook_locked(jail, folder, run, monkeypatch):
    """A program that holds the database is named, in so far as we can."""
    run("grade", folder)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    other = database.sa.create_engine(f"sqlite:///{folder.with_name('in-grades') / 'gradebook.sqlite'}")
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        said = complaint(run("grade", folder)[2])
    other.dispose()
    assert "another program has held it for more than" in said


@pytest.mark.usefixtures("toy_course")
def test_folder_that_goes_away(jail, many, run, monkeypatch):
    """A share that vanishes in the middle costs nobody their grade: the run ends, and nobody is unreadable."""
    when_graded(monkeypatch, 5, lambda: shutil.rmtree(many))
    code, _, err = run("grade", many)
    said = complaint(err)
    assert code == 1
    assert f"is gone since the run began; is {many} still there?" in said
    assert set(latest(many).values()) <= {0.0, 4.0}
    with Gradebook(f"sqlite:///{many.with_name('in-grades') / 'gradebook.sqlite'}") as book:
        assert [graded.problem for graded in book.latest() if graded.problem] == []


@pytest.mark.usefixtures("toy_course")
def test_folder_that_cannot_be_read(jail, folder, run, monkeypatch):
    """A folder without the right to list it is named."""

    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(runs, "entries", refuse)
    assert complaint(run("grade", folder)[2]) == f"coursekit: Permission denied: {folder}"


@pytest.mark.usefixtures("toy_course")
def test_jail_that_fails_in_the_middle(jail, many, run, monkeypatch):
    """Where no grading process can be had any more, the sentence says that and how to go on."""

    class Failing(FakeJail):
        def score_one(self, *arguments):
            if FakeJail.children >= 5:
                raise JailError("The grading process did not start: no memory.")
            return super().score_one(*arguments)

    monkeypatch.setattr(batch, "Jail", Failing)
    said = complaint(run("grade", many, "--workers", "1")[2])
    assert "did not start: no memory. What was graded so far is kept in" in said
    assert len(latest(many)) == 5


# ---- stopped and killed ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("toy_course")
def test_stopped_by_hand(jail, many, run, monkeypatch):
    """Ctrl-C keeps what is done and says how to go on."""

    def stop():
        raise KeyboardInterrupt

    when_graded(monkeypatch, 5, stop)
    code, _, err = run("grade", many)
    assert code == 130
    assert "Stopped. What was graded so far is kept in" in err
    assert err.strip().endswith(ON)
    assert jail.open == 0
    assert 5 <= len(latest(many)) < 43


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_run_that_is_ended_goes_on(tmp_path, monkeypatch, jail, number):
    """A real run, ended in the middle: no process is left, and the next one grades the rest and nothing twice."""
    folder, out = tmp_path / "in", tmp_path / "in-grades"
    folder.mkdir()
    source = (ROOT / "tests" / "submissions" / "ada.py").read_text(encoding="utf-8")
    # by no known mistake, so that it is asked what it does
    wrong = source.replace("return", "p = p + (3 * p).cos() * q.sin()\n    return")
    hand_in(folder, **{f"learner{n}": f"{wrong if n % 3 else source}\n# {n}\n" for n in range(6)})
    hand_in(folder, aa_endless=source.replace("return", "import time\n    time.sleep(600)\n    return"))
    arguments = ["grade", str(folder), "--exercise", "kl_divergence", "--seconds", "600", "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "coursekit", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it is ignored
    )
    deadline = time.monotonic() + 300
    while not (out / "gradebook.sqlite").exists() or not latest(folder):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2
    process.send_signal(number)
    _, err = process.communicate(timeout=120)  # what is in flight is ended, not waited for: it would take 600 s
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert err.strip().endswith(ON)
        assert "Traceback" not in err
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    with Gradebook(f"sqlite:///{out / 'gradebook.sqlite'}") as book:  # what a busy machine has spoilt is not done
        done = {graded.learner for graded in book.latest() if graded.is_final}
    (folder / "aa_endless.py").unlink()
    assert main(arguments) == 0
    assert jail.children == 6 - len(done)
    assert len(table(folder)) == 6
    with Gradebook(f"sqlite:///{out / 'gradebook.sqlite'}") as book:
        assert [len(group.kept) for group in find_groups(book)] == [4]


class _Killed:
    """Kills its own process at one of the steps that write something: in a transaction, or before a file appears."""

    def __init__(self, monkeypatch, at: int) -> None:
        self.steps, self.at = 0, at
        writing, replace = database.Database.writing, Path.replace

        @contextmanager
        def write(book):
            with writing(book) as connection:
                yield connection
                self.step()  # all is written, and nothing is committed
            self.step()

        def move(path, target):
            self.step()
            return replace(path, target)

        monkeypatch.setattr(database.Database, "writing", write)
        monkeypatch.setattr(Path, "replace", move)

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def written(out: Path) -> dict[str, bytes]:
    """What a run leaves, but for the gradebook, what was begun by who was killed, and when a mark was given."""
    found = {path.name: path.read_bytes() for path in out.rglob("*") if path.suffix in (".csv", ".json")}
    return {name: re.sub(rb'"at": "[-0-9T:+]*"', b"", content) for name, content in found.items()}


def counted(out: Path) -> list[int]:
    """How many rows each table has."""
    with Gradebook(f"sqlite:///{out / 'gradebook.sqlite'}") as book, book.reading() as connection:
        select = database.sa.select(database.sa.func.count())
        return [connection.scalar(select.select_from(each)) for each in tables.metadata.sorted_tables]


@pytest.mark.slow
@pytest.mark.usefixtures("toy_course", "jail")
def test_kill_at_any_step(folder, tmp_path, monkeypatch, run):
    """Wherever kill -9 comes, the next run leaves the files of one that was not killed, to the byte, and its rows.

    Marks by hand stand before the run: on work that stays, on work that is replaced, and for a misconception.
    """
    out, begun = tmp_path / "in-grades", tmp_path / "begun"
    mark = ("mark", out, "double", "--by", "kim")
    assert run("grade", folder, "--workers", "1")[0] == 0
    for given in (("--learner", "ann", "--points", "3"), ("--learner", "bob", "--points", "2", "--comment", "Nearly.")):
        assert run(*mark, *given)[0] == 0
    assert run(*mark, "--misconception", "squared", "--comment", "See page 3.")[0] == 0
    hand_in(folder, bob=toys.HONEST + "# mended\n", dan=WRONG + "# dan\n")
    commands = [["grade", folder, "--workers", "1"], [*mark, "--learner", "dan", "--points", "1"]]
    shutil.copytree(out, begun)

    def all_of_it() -> None:
        for command in commands:
            assert main([str(argument) for argument in command]) == 0

    with monkeypatch.context() as patch:
        count = _Killed(patch, at=0)
        all_of_it()
    expected, rows = written(out), counted(out)
    assert b'"ann"' in expected["grades.csv"]
    assert count.steps > 20
    for at in range(1, count.steps + 1):
        shutil.rmtree(out)
        shutil.copytree(begun, out)
        child = os.fork()
        if not child:
            with monkeypatch.context() as patch:
                _Killed(patch, at)
                all_of_it()
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        all_of_it()
        assert written(out) == expected, at
        assert counted(out) == rows, at


@pytest.mark.usefixtures("toy_course")
def test_two_graders_at_once(jail, many, monkeypatch):
    """Two runs over the same folder, in step: each ends well, and both leave what one would have left."""
    codes = []
    monkeypatch.setattr(terminal, "progress", lambda learners, total: learners)  # one display a process

    def grade():
        codes.append(main(["grade", str(many)]))

    graders = [threading.Thread(target=grade) for _ in range(2)]
    for grader in graders:
        grader.start()
    for grader in graders:
        grader.join()
    assert codes == [0, 0]
    assert len(table(many)) == 43
    assert set(table(many)) == set(latest(many))
    assert len(list((many.with_name("in-grades") / "reports").iterdir())) == 43
