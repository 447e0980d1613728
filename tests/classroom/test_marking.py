"""Marks by hand and attempts: what stands, what survives, who is told what; as typed, and in every file."""

from __future__ import annotations

import csv
import html
import json
import math
import sqlite3
from contextlib import closing

import pytest
import toys
from defusedxml import ElementTree
from test_batch import WRONG
from test_runs import change_the_check, folder, hand_in  # noqa: F401

from coursekit.classroom import gradefiles, marking
from coursekit.classroom.gradebook import opened
from coursekit.publish.export import canvas, classroom50, gradescope, junit, moodle, spreadsheet
from coursekit.publish.privacy import all_feedback

pytestmark = pytest.mark.usefixtures("toy_course", "plain_terminal", "jail")

SQUARE = "def double(x):\n    return x * x\n# again\n"


@pytest.fixture
def grades(folder, run):  # noqa: F811
    """A folder of grades: ann is right, bob has squared, cem has added 2."""
    assert run("grade", folder)[0] == 0
    return folder.with_name("in-grades")


@pytest.fixture
def mark(grades, run):
    """Marks double by hand, as kim; exit code, what is said, what is complained of."""

    def mark(*arguments) -> tuple[int, str, str]:
        by = () if "--by" in arguments else ("--by", "kim")
        return run("mark", grades, "double", *arguments, *by)

    return mark


def of(grades, learner):
    """A learner's grades, as they stand in reports/."""
    return next(graded for graded in gradefiles.read_reports(grades) if graded.learner == learner)


def rows(grades) -> dict[str, dict[str, str]]:
    """grades.csv by learner."""
    with (grades / "grades.csv").open(encoding="utf-8") as file:
        return {row["learner"]: row for row in csv.DictReader(file)}


def files(grades) -> dict[str, bytes]:
    """What exports and pages are made of."""
    return {path.name: path.read_bytes() for path in [grades / "grades.csv", *(grades / "reports").iterdir()]}


# ---- points ------------------------------------------------------------------------------------------------------


def test_points_stand_beside_the_machines(grades, mark, run):
    """The machine's stay; the total is of what counts; without a mark nothing is different."""
    before = files(grades)
    assert mark("--learner", "bob", "--points", "2.5") == (0, "Kept: bob, double: 2.5 points.\n", "")
    after = files(grades)
    assert {name for name in before if before[name] != after[name]} == {"grades.csv", "bob.json"}
    assert rows(grades)["bob"] == {
        **{"learner": "bob", "double": "0", "total": "2.5", "maximum": "4"},
        **{"double by hand": "2.5", "total by machine": "0"},
    }
    assert rows(grades)["ann"]["double by hand"] == ""
    bob = of(grades, "bob")
    assert (bob.points, bob.grade, bob.reports[0].points, bob.reports[0].grade) == (0, 2.5, 0, 2.5)
    assert (bob.reports[0].mark.by, bob.reports[0].mark.points) == ("kim", 2.5)
    written = json.loads((grades / "reports" / "bob.json").read_text(encoding="utf-8"))
    assert (written["points"], written["grade"], written["reports"][0]["grade"]) == (0, 2.5, 2.5)
    assert mark("--learner", "bob", "--take-back")[1] == "Taken back: bob, double.\n"
    assert files(grades) == before


def test_a_mark_survives_regrading(grades, folder, mark, run):  # noqa: F811
    """A new run, a changed check that is accepted: the machine's points change, the mark stands."""
    mark("--learner", "ann", "--points", "3", "--comment", "Too short.")
    before = files(grades)
    assert run("grade", folder)[0] == 0
    assert files(grades) == before
    change_the_check()
    assert run("regrade", folder, "--accept")[0] == 0
    ann = of(grades, "ann").reports[0]
    assert (ann.points, ann.grade, ann.mark.comment) == (2, 3, "Too short.")


def test_points_belong_to_the_work(grades, folder, mark, run):  # noqa: F811
    """A newer attempt does not carry them over, and says that they stand; the older one, come back, has them again."""
    mark("--learner", "bob", "--points", "2", "--comment", "Nearly.")
    hand_in(folder, bob=SQUARE)
    said = run("grade", folder)[1]
    assert "A mark by hand stands for another work, and does not count for this one: bob. See" in said
    bob = of(grades, "bob")
    assert (bob.grade, bob.attempts) == (0, 2)
    (stands,) = bob.reports[0].marks
    assert (stands.other_work, stands.points, stands.comment) == (True, 2, "Nearly.")
    assert "A mark by hand stands for another work of yours" in all_feedback(bob)
    assert "Your instructor, of another work of yours: Nearly." in all_feedback(bob)
    assert mark("--learner", "bob", "--points", "1")[0] == 0  # the newer work has its own
    assert of(grades, "bob").grade == 1
    hand_in(folder, bob=WRONG)
    run("grade", folder)
    bob = of(grades, "bob")
    assert (bob.grade, [each.other_work for each in bob.reports[0].marks]) == (2, [False])


def test_points_that_are_kept(grades, folder, mark, run):  # noqa: F811
    """With --keep whatever is handed in later has them too."""
    mark("--learner", "bob", "--points", "2", "--keep")
    hand_in(folder, bob=SQUARE)
    assert "stands for another work" not in run("grade", folder)[1]
    assert of(grades, "bob").grade == 2


def test_the_newest_of_each_part_counts(grades, mark):
    """A comment leaves the points alone, and points the comment; what was replaced is in the list."""
    mark("--learner", "bob", "--points", "1", "--comment", "One.")
    mark("--learner", "bob", "--comment", "Two.", "--by", "lea")
    assert of(grades, "bob").grade == 1
    assert [(m.points, m.comment, m.by) for m in of(grades, "bob").reports[0].marks] == [
        (1, "", "kim"),
        (None, "Two.", "lea"),
    ]
    mark("--learner", "bob", "--points", "3")
    assert [(m.points, m.comment) for m in of(grades, "bob").reports[0].marks] == [(3, ""), (None, "Two.")]
    with opened(grades) as book:
        assert [each.state for each in marking.listed(grades, book)] == ["replaced", "stands", "stands"]


def test_rows_are_only_added(grades, mark):
    """The same again adds nothing; whoever takes back adds a row."""

    def kept():
        with closing(sqlite3.connect(grades / "gradebook.sqlite")) as book:
            return book.execute("SELECT * FROM coursekit_mark ORDER BY id").fetchall()

    mark("--learner", "bob", "--points", "1")
    first = kept()
    assert mark("--learner", "bob", "--points", "1")[1] == "It stands already: bob, double: 1 point.\n"
    assert kept() == first
    mark("--learner", "bob", "--take-back")
    assert mark("--learner", "bob", "--take-back")[1] == "There was nothing to take back: bob, double.\n"
    assert (kept()[:1], len(kept())) == (first, 2)
    mark("--learner", "bob", "--points", "1")
    assert of(grades, "bob").grade == 1


# ---- a comment for all who hold a misconception ------------------------------------------------------------------


def test_comment_for_a_misconception(grades, folder, mark, run):  # noqa: F811
    """It is written once, and told to whoever holds it, now or later, and to nobody else."""
    assert mark("--misconception", "squared", "--comment", "See page 3.")[1] == (
        "Kept: whoever holds `squared`, double: a comment.\n"
    )
    assert [m.comment for m in of(grades, "bob").reports[0].marks] == ["See page 3."]
    assert of(grades, "cem").reports[0].marks == ()
    hand_in(folder, dan=SQUARE)
    run("grade", folder)
    assert [m.comment for m in of(grades, "dan").reports[0].marks] == ["See page 3."]
    mark("--misconception", "squared", "--points", "1")
    mark("--learner", "dan", "--points", "2")
    assert [of(grades, name).grade for name in ("bob", "dan")] == [1, 2]  # one's own mark comes first
    said = json.loads(run("marks", grades, "--json")[1])["marks"]
    assert [(each["kind"], each["said_to"], each["counts_for"]) for each in said] == [
        ("misconception", ["bob", "dan"], []),
        ("misconception", [], ["bob", "dan"]),
        ("learner", [], ["dan"]),
    ]


# ---- what cannot be given ----------------------------------------------------------------------------------------


REFUSED = (
    (["--learner", "bbo", "--points", "1"], "is called `bbo`. Did you mean `bob`?"),
    (["--learner", "zz", "--points", "1"], "is called `zz`. There are: ann, bob, cem."),
    (["--misconception", "sqared", "--comment", "x"], "No misconception in `double` is called `sqared`. Did you"),
    (["--learner", "bob", "--points", "nan"], "--points needs a number from 0 on."),
    (["--learner", "bob", "--points", "inf", "--extra"], "--points needs a number from 0 on."),
    (["--learner", "bob", "--points", "-1"], "--points needs a number from 0 on."),
    (["--learner", "bob", "--points", "5"], "The exercise has 4 points, and 5 are more: give them with --extra."),
    (["--learner", "bob", "--points", "1e9", "--extra"], "points are too many"),
    (["--learner", "bob", "--comment", "\x1b[2J\x07 "], "The comment says nothing"),
    (["--learner", "bob", "--comment", "x" * 2_001], "The comment has 2,001 characters; 2,000 are the most."),
    (["--learner", "bob"], "What is to be given? Say --points, --comment, or --take-back."),
    (["--learner", "bob", "--take-back", "--points", "1"], "--take-back goes alone"),
    (["--points", "1"], "To whom? Name learners with --learner, or"),
    (["--learner", "bob", "--misconception", "squared", "--points", "1"], "To whom?"),
    (["--learner", "bob", "--points", "1", "--by", " "], "Who gives it? Say it with --by NAME."),
)


def test_what_cannot_be_given(grades, mark):
    """One sentence each, and nothing is changed."""
    before = files(grades)
    for arguments, said in REFUSED:
        code, out, err = mark(*arguments)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert said in err
    assert files(grades) == before


def test_unknown_exercise_and_missing_gradebook(grades, run):
    """What was not graded is named with what is near; a folder without its database names the option."""
    said = run("mark", grades, "duble", "--learner", "bob", "--points", "1")[2]
    assert "is called `duble`. Did you mean `double`?" in said
    (grades / "gradebook.sqlite").rename(grades / "elsewhere.sqlite")
    said = run("mark", grades, "double", "--learner", "bob", "--points", "1")[2]
    assert f"There is no gradebook {grades / 'gradebook.sqlite'}: give the folder" in said
    assert not (grades / "gradebook.sqlite").exists()
    elsewhere = f"sqlite:///{grades / 'elsewhere.sqlite'}"
    assert run("mark", grades, "double", "--learner", "bob", "--points", "1", "--gradebook", elsewhere)[0] == 0
    assert of(grades, "bob").grade == 1


def test_extra_points(grades, mark):
    """More than the exercise has, where that is said."""
    assert mark("--learner", "ann", "--points", "4.5", "--extra")[0] == 0
    assert rows(grades)["ann"]["total"] == "4.5"


def test_control_characters_stay_out(grades, mark):
    """What would steer a terminal or turn the reading order is not kept; lines are."""
    mark("--learner", "bob", "--comment", "\x1b[31mred\x00\u202e\r\ntwo\ud800")
    assert of(grades, "bob").reports[0].marks[0].comment == "red\ntwo"


# ---- who is told what --------------------------------------------------------------------------------------------

EVIL = "<b>no</b> & =1+1"


def test_pages(grades, mark, run):
    """Both pages show what counts, the machine's points beside it, and the comment escaped; who gave it is not told."""
    mark("--learner", "bob", "--points", "2", "--comment", EVIL, "--by", "Kim <K>")
    assert run("report", grades)[0] == 0
    page = (grades / "pages" / "learners" / "bob.html").read_text(encoding="utf-8")
    assert "2 of 4</b>points" in page
    assert "Marked by hand: 2 of 4 points. They count; the machine&#x27;s 0 do not." in page
    assert html.escape(EVIL) in page
    assert "Kim" not in page
    index = (grades / "pages" / "index.html").read_text(encoding="utf-8")
    assert "2 of 4 (by machine 0)" in index
    assert "<td>2 <small>by hand (0)</small></td>" in index
    assert html.escape(EVIL) in index
    assert "Kim &lt;K&gt;" in index
    assert EVIL not in index + page
    assert "Marked by hand" not in (grades / "pages" / "learners" / "ann.html").read_text(encoding="utf-8")


def test_exports(grades, mark):
    """The points that count go to the platform; a comment goes where feedback goes."""
    mark("--learner", "bob", "--points", "2", "--comment", EVIL)
    bob = of(grades, "bob")
    filled = canvas.merge([bob], b"Student,ID,HW (1)\nPoints Possible,,4\nbob,1,\n").content.decode()
    assert filled.splitlines()[2] == "bob,1,2"
    filled = moodle.merge([bob], b"Full name,Grade,Feedback comments,Last modified (grade)\nbob,,,-\n").content.decode()
    assert filled.splitlines()[1].startswith("bob,2,")
    assert "Marked by hand: 2 of 4 points." in filled
    assert "&lt;b&gt;no&lt;/b&gt;" in filled
    lines = spreadsheet.table([bob]).decode().splitlines()
    assert lines == [
        "learner,double,total,maximum,double by hand,total by machine,note",
        "bob,0,2,4,2,0,",
    ]
    assert gradescope.results(bob)["score"] == 2
    assert gradescope.results(bob)["tests"][0]["score"] == 2
    names = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")
    content = classroom50.result(bob, dict.fromkeys(names, "x"), classroom50.commit_date())
    assert (content["score"], content["tests"][0]["score"]) == (200, 200)
    suite = ElementTree.fromstring(junit.document([bob])).find("testsuite")
    values = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert (values["points"], values["grade"]) == ("0", "2")
    assert EVIL in values["marks"]


def test_unread_work_that_is_marked(grades, folder, mark, run):  # noqa: F811
    """A person can give a grade to what the machine could not read; then it is one."""
    (folder / "eva.docx").write_bytes(b"PK")
    run("grade", folder)
    assert not of(grades, "eva").is_grade
    mark("--learner", "eva", "--points", "3", "--comment", "Read on paper.")
    eva = of(grades, "eva")
    assert (eva.is_grade, eva.grade) == (True, 3)
    merged = canvas.merge([eva], b"Student,ID,HW (1)\neva,1,\n")
    assert merged.content.decode().splitlines()[1] == "eva,1,3"
    assert not any("no grade is written" in note for note in merged.notes)
    assert "Read on paper." in all_feedback(eva)


def test_table_and_list(grades, folder, mark, run):  # noqa: F811
    """The table of a run shows both numbers; `marks` lists what was given, as a table and as JSON."""
    assert run("marks", grades)[1] == "Nothing was marked by hand yet.\n"
    mark("--learner", "bob", "--points", "2", "--comment", "Nearly.\nRight.")
    out = run("grade", folder)[1]
    row = next(line for line in out.splitlines() if "bob" in line)
    assert [cell.strip() for cell in row.split("│")[2:-1]] == ["0→2", "2/4", "marked by hand: Nearly. Right."]
    out = run("marks", grades)[1]
    row = next(line for line in out.splitlines() if "bob" in line)
    assert all(word in row for word in ("double", "2", "Nearly.", "kim", "stands"))
    (said,) = json.loads(run("marks", grades, "--json")[1])["marks"]
    assert math.isclose(said["points"], 2)
    assert {**said, "at": ""} == {
        **{
            "number": 1,
            "kind": "learner",
            "key": "bob",
            "exercise": "double",
            "points": 2,
            "comment": "Nearly.\nRight.",
        },
        **{"by": "kim", "at": "", "keep": False, "state": "stands", "counts_for": ["bob"], "said_to": ["bob"]},
        "for_other_work_of": [],
    }


# ---- attempts ----------------------------------------------------------------------------------------------------


def test_attempts_over_time(grades, folder, run):  # noqa: F811
    """Each work once, in the order in which it came, with its points and its text; the same again is no new one."""
    hand_in(folder, bob=toys.HONEST + "# now\n")
    run("grade", folder)
    run("grade", folder)
    said = json.loads(run("attempts", grades, "bob", "--json")[1])["attempts"]
    assert [(each["number"], each["file"], each["points"]) for each in said] == [
        (1, "bob.py", {"double": 0.0}),
        (2, "bob.py", {"double": 4.0}),
    ]
    assert len(json.loads(run("attempts", grades, "--json")[1])["attempts"]) == 4
    out = run("attempts", grades, "bob")[1]
    assert [line.split("│")[2].strip() for line in out.splitlines() if "bob" in line] == ["1", "2"]
    code, out, _ = run("attempts", grades, "bob", "--show", "1")
    assert (code, out) == (0, f"# %% submission.py\n{WRONG}\n")
    assert json.loads(run("attempts", grades, "bob", "--show", "2", "--json")[1])["attempts"][0]["text"].endswith(
        "now\n"
    )
    assert of(grades, "bob").attempts == 2
    assert run("report", grades)[0] == 0
    row = next(
        line
        for line in (grades / "pages" / "index.html").read_text(encoding="utf-8").splitlines()
        if '<th scope="row"' in line and "bob" in line
    )
    assert row.endswith("<td class=full>4</td><td>2</td></tr>")


def test_attempts_are_written_out(grades, folder, run, tmp_path):  # noqa: F811
    """A file an attempt, named as its learner's report is."""
    hand_in(folder, bob=toys.HONEST)
    run("grade", folder)
    assert run("attempts", grades, "bob", "--out", tmp_path / "out")[0] == 0
    assert {path.name: WRONG in path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()} == {
        "bob-1.py": True,
        "bob-2.py": False,
    }


def test_work_is_kept_once(grades, folder, run):  # noqa: F811
    """However many hand it in, and without their names."""
    hand_in(folder, **{f"twin{number}": WRONG for number in range(5)})
    run("grade", folder)
    with closing(sqlite3.connect(grades / "gradebook.sqlite")) as book:
        assert book.execute("SELECT count(*) FROM coursekit_handed_in").fetchone() == (3,)
        assert book.execute("SELECT count(*) FROM coursekit_attempt").fetchone() == (8,)


def test_attempts_that_are_not_there(grades, run):
    """One sentence each."""
    for arguments, said in (
        (["bbo"], "is called `bbo`. Did you mean `bob`?"),
        (["--show", "1"], "Whose attempt? Name the learner."),
        (["bob", "--show", "2"], "There is 1 attempt of that learner, and none is number 2."),
    ):
        code, out, err = run("attempts", grades, *arguments)
        assert (code, out) == (1, "")
        assert said in err


# ---- one learner -------------------------------------------------------------------------------------------------


def test_grade_one_learner(grades, folder, run, jail):  # noqa: F811
    """Only theirs is graded; the rest of the table and of the reports stays to the byte."""
    before, children = files(grades), jail.children
    hand_in(folder, ann=WRONG + "# new\n", bob=toys.HONEST + "# new\n", dan=toys.HONEST + "# dan\n")
    code, out, _ = run("grade", folder, "--learner", "bob")
    assert (code, jail.children) == (0, children + 1)
    assert "What is there of 2 others stays as it was." in out
    after = files(grades)
    assert {name for name in after if before.get(name) != after[name]} == {"grades.csv", "bob.json"}
    assert {name: row["total"] for name, row in rows(grades).items()} == {"ann": "4", "bob": "4", "cem": "0"}
    assert run("grade", folder, "--learner", "bob", "--learner", "dan")[0] == 0
    assert list(rows(grades)) == ["ann", "bob", "cem", "dan"]
    assert "is called `bbo`. Did you mean `bob`?" in run("grade", folder, "--learner", "bbo")[2]
    run("grade", folder)
    assert {name: row["total"] for name, row in rows(grades).items()} == {
        "ann": "0",
        "bob": "4",
        "cem": "0",
        "dan": "4",
    }


def test_a_narrower_grade_of_one_learner(grades, folder, run):  # noqa: F811
    """Another exercise of one learner takes nobody's column away."""
    hand_in(folder, bob=toys.HONEST + "def triple(x):\n    return x + x + x\n")
    assert run("grade", folder, "--learner", "bob", "--exercise", "triple")[0] == 0
    assert rows(grades)["bob"] == {"learner": "bob", "double": "0", "triple": "1", "total": "1", "maximum": "5"}
    assert rows(grades)["ann"] == {"learner": "ann", "double": "4", "triple": "", "total": "4", "maximum": "4"}


def test_regrade_one_learner(grades, folder, run, jail):  # noqa: F811
    """The difference is shown for them alone; what stands is accepted for all, or for none."""
    change_the_check()
    children = jail.children
    _, out, _ = run("regrade", folder, "--learner", "ann")
    assert jail.children == children + 1
    assert "1 of 1 grades differ" in out
    code, _, err = run("regrade", folder, "--learner", "ann", "--accept")
    assert (code, "Changed checks are accepted for everybody" in err) == (1, True)
