"""What every export owes: harmless text, no hidden inputs, and the shape that its platform publishes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import jsonschema
import pytest
import strangers
from defusedxml import ElementTree
from strangers import STRANGE, diagnosed, graded, starved, unread

from coursekit.classroom import gradefiles
from coursekit.cli import main
from coursekit.errors import ExportError
from coursekit.publish.export import canvas, classroom50, gradescope, junit, moodle
from coursekit.publish.privacy import feedback
from coursekit.report import Graded, Mark, Outcome
from coursekit.text import clean, clean_name

VISIBILITIES = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMATS = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEXT = {"type": "string"}

# written from gradescope-autograders.readthedocs.io/en/latest/specs/
GRADESCOPE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number", "minimum": 0},
        "output": TEXT,
        "output_format": FORMATS,
        "test_output_format": FORMATS,
        "test_name_format": FORMATS,
        "visibility": VISIBILITIES,
        "stdout_visibility": VISIBILITIES,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["score"],
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXT,
                    "name_format": FORMATS,
                    "number": TEXT,
                    "output": TEXT,
                    "output_format": FORMATS,
                    "tags": {"type": "array", "items": TEXT},
                    "visibility": VISIBILITIES,
                    "extra_data": {"type": "object"},
                },
            },
        },
        "leaderboard": {"type": "array"},
    },
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
}

# written from the contract of result.json in github.com/foundation50/classroom50, wiki/Advanced-Autograding.md
FULL = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}
CLASSROOM50 = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **dict.fromkeys(("classroom", "assignment", "submission", "commit", "release", "review"), FULL),
        "datetime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "score": COUNT,
        "max-score": COUNT,
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {"test-name": FULL, "passed": {"type": "boolean"}, "score": COUNT, "max-score": COUNT},
            },
        },
    },
}
CLASSROOM50["required"] = list(CLASSROOM50["properties"])

# what junit-10.xsd of jenkinsci/xunit-plugin allows: attributes that must and may be there, and children
NEEDED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}, "property": {"name", "value"}}
ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname", "id", "package"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    **dict.fromkeys(("skipped", "error", "failure"), ({"type", "message"}, set())),
}

RUNNER = {
    "CLASSROOM": "losses",
    "ASSIGNMENT": "kl",
    "SUBMISSION_TAG": "submit/2026-11-25T06-00-00Z-abc",
    "COMMIT_URL": "https://github.com/o/r/commit/abc",
    "RELEASE_URL": "https://github.com/o/r/releases/tag/x",
    "REVIEW_URL": "https://github.com/o/r/compare/a...b",
}
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)

CANVAS = "Student,ID,SIS Login ID,Section,KL (7)\r\n    Points Possible,,,,\r\nAda,1,{},A,\r\n"
MOODLE = "Identifier,Email address,Grade,Last modified (grade),Feedback comments\nParticipant 1,{},,-,\n"


def as_canvas(one: Graded) -> str:
    return canvas.merge([one], CANVAS.format("ada").encode()).content.decode()


def as_moodle(one: Graded) -> str:
    return moodle.merge([one], MOODLE.format("ada").encode()).content.decode()


WRITERS = {
    "gradescope": lambda one: json.dumps(gradescope.results(one)),
    "classroom50": lambda one: json.dumps(classroom50.result(one, RUNNER, NOON)),
    "junit": lambda one: junit.document([one]),
    "canvas": as_canvas,
    "moodle": as_moodle,
}


def check_junit(text: str) -> ElementTree:
    """Parses JUnit XML, and holds it to the schema and to its own counts."""
    root = ElementTree.fromstring(text.encode(), forbid_dtd=True)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert NEEDED.get(element.tag, set()) <= set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
    for suite in root.iter("testsuite"):
        cases = suite.findall("testcase")
        found = [len(cases), *(len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error", "skipped"))]
        assert found == [int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")]
    total = sum(int(suite.get("tests")) for suite in root.iter("testsuite"))
    assert total == int(root.get("tests"))
    return root


# ---- every writer ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("strange", STRANGE)
def test_no_writer_passes_on_what_does_harm(writer, strange):
    """Feedback that holds formulas, HTML, terminal codes or half characters makes a file that is still sound."""
    words = STRANGE[strange]
    text = WRITERS[writer](graded("ada", words))
    text.encode("utf-8")  # no half character is left
    plain = json.dumps(json.loads(text), ensure_ascii=False) if writer in ("gradescope", "classroom50") else text
    assert not [char for char in plain if not char.isprintable() and char not in "\r\n\t\u200d"]
    if writer == "junit":
        check_junit(text)
    if writer == "gradescope":
        jsonschema.validate(json.loads(text), GRADESCOPE)
    if writer == "classroom50":
        jsonschema.validate(json.loads(text), CLASSROOM50)
    if writer in ("canvas", "moodle"):
        assert "<script" not in text
        ours = text.splitlines()[-1].split(",", 3)[3]
        assert not [cell for cell in ours.replace('"', "").split(",") if cell[:1] in ("=", "+", "@")]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("strange", STRANGE)
def test_no_writer_fails_on_a_name(writer, strange):
    """A learner who is called so gets a file, or a sentence that says that they are not in the roster."""
    one = graded(STRANGE[strange])
    if writer in ("canvas", "moodle"):
        with pytest.raises(ExportError, match="None of 1 learners stands in the roster"):
            WRITERS[writer](one)
        return
    text = WRITERS[writer](one)
    text.encode("utf-8")
    if writer == "junit":
        check_junit(text)


@pytest.mark.parametrize("writer", WRITERS)
def test_no_writer_shows_a_hidden_input(writer):
    """Neither the example, nor a call in a sentence, nor what the learner's code said when it raised."""
    text = WRITERS[writer](graded())
    assert "0.1234567" not in text
    assert "torch.tensor" not in text


# ---- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strange", "kept"),
    [
        ("ansi", "red"),
        ("control", "a\ufffdb\ufffdc\ufffd\ufffd\ufffd31m"),
        ("surrogate", "caf\ufffd \ufffd"),
        ("right to left", "nna\ufffd\ufffd txt.exe\ufffd"),
        ("not a character", "a\ufffdb\ufffd"),
        ("lines", 'two\nlines, "quoted"; and\nmore'),
        ("emoji", STRANGE["emoji"]),
        ("html", STRANGE["html"]),
    ],
)
def test_clean(strange, kept):
    """What steers a terminal or a reader goes, words stay; formats escape what is special to them."""
    assert clean(STRANGE[strange]) == kept


def test_clean_is_bounded():
    """A long text is cut, and shows that it was."""
    assert clean("ab" * 50, limit=10) == "ababababa…"
    assert clean("ab" * 5, limit=10) == "ab" * 5
    assert len(clean_name(STRANGE["long"])) == 120


def test_clean_name_is_one_line():
    """A name is never empty and never two lines."""
    assert clean_name("a\n b\tc") == "a b c"
    assert clean_name("") == clean_name("\x1b[2J \n") == "(no name)"


def test_feedback_of_a_diagnosis():
    """A mistake that has a name is explained."""
    assert "This is the square." in feedback(diagnosed().reports[0])


# ---- Gradescope --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [graded(), diagnosed(), unread(), Graded("nobody", ())], ids=lambda one: one.learner)
def test_gradescope(one):
    """Valid by the published specification, and the points are ours."""
    content = gradescope.results(one)
    jsonschema.validate(content, GRADESCOPE)
    assert content["score"] == one.points
    assert "execution_time" not in content  # it is a learner's to choose
    assert [test["score"] for test in content["tests"]] == [report.points for report in one.reports]
    assert [test["max_score"] for test in content["tests"]] == [report.maximum for report in one.reports]
    statuses = ["passed" if report.points == report.maximum else "failed" for report in one.reports]
    assert [test["status"] for test in content["tests"]] == statuses


def test_gradescope_hides_what_is_printed():
    """The autograder's own output is the instructor's; the visibility of the tests is theirs to choose."""
    content = gradescope.results(graded(), visibility="after_published")
    assert (content["stdout_visibility"], content["visibility"]) == ("hidden", "after_published")


def test_gradescope_of_an_unreadable_submission():
    """The learner reads why."""
    assert "It is not a regular file." in gradescope.results(unread())["output"]


def test_gradescope_of_what_is_not_final():
    """A score is owed; that it is none yet is said first."""
    content = gradescope.results(starved())
    assert content["output"].startswith("This is not final, ")
    assert content["output"].endswith("So far 1 of 3 points.")


def test_gradescope_when_the_grader_failed():
    """No points, a sentence, and still a valid file."""
    content = gradescope.not_graded("no torch\x1b[2J")
    jsonschema.validate(content, GRADESCOPE)
    assert content["score"] == 0
    assert content["output"].endswith("Tell your instructor: no torch")


# ---- Classroom 50 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [graded(), diagnosed(), unread(), Graded("nobody", ())], ids=lambda one: one.learner)
def test_classroom50(one):
    """Valid by the published contract: whole numbers, which are hundredths of our points, and their sums."""
    content = classroom50.result(one, RUNNER, NOON)
    jsonschema.validate(content, CLASSROOM50)
    assert (content["score"], content["max-score"]) == (100 * one.points, 100 * one.maximum)
    assert content["score"] == sum(test["score"] for test in content["tests"])
    assert [test["passed"] for test in content["tests"]] == [r.points == r.maximum for r in one.reports]


def test_classroom50_takes_the_runners_word():
    """Identity and links are the runner's; the time is that of the commit, in UTC."""
    content = classroom50.result(graded(), RUNNER, NOON.astimezone(timezone(timedelta(hours=5))))
    assert content["datetime"] == "2026-11-25T12:00:00Z"
    assert (content["classroom"], content["assignment"]) == ("losses", "kl")
    assert content["review"] == RUNNER["REVIEW_URL"]
    without_review = {name: value for name, value in RUNNER.items() if name != "REVIEW_URL"}
    assert classroom50.result(graded(), without_review, NOON)["review"] == RUNNER["COMMIT_URL"]


@pytest.mark.parametrize("name", sorted(set(RUNNER) - {"REVIEW_URL"}))
def test_classroom50_outside_its_runner(name):
    """A missing variable is named."""
    with pytest.raises(ExportError, match=f"^{name} not set"):
        classroom50.result(graded(), {**RUNNER, name: ""}, NOON)


def test_classroom50_of_what_is_no_grade():
    """A score of 0 says that nothing could be read; what is not final has no result."""
    assert [test["test-name"] for test in classroom50.result(unread(), RUNNER, NOON)["tests"]] == [
        "double (could not be read)"
    ]
    with pytest.raises(ExportError, match=r"The grade of lea is not final.*: grade again, then export\."):
        classroom50.result(starved(), RUNNER, NOON)


def test_commit_date(tmp_path, monkeypatch):
    """The checkout's commit; now, where there is none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert abs(datetime.now(UTC) - classroom50.commit_date()) < timedelta(minutes=1)


# ---- JUnit -------------------------------------------------------------------------------------------------------


def test_junit():
    """One test case a check, its outcome as CI shows it, the points as properties of the suite."""
    root = check_junit(junit.document([graded(), diagnosed(), unread()]))
    double, triple, bob, kim = root
    assert [case.get("name") for case in double.iter("testcase")] == ["One number", "Two numbers", "Three numbers"]
    assert [[child.tag for child in case] for case in double.iter("testcase")] == [[], ["failure"], ["skipped"]]
    assert {case.get("classname") for case in double.iter("testcase")} == {"ada.double"}
    values = {item.get("name"): item.get("value") for item in double.iter("property")}
    assert (values["learner"], values["points"], values["maximum"]) == ("ada", "0.5", "2")
    assert values.keys() == {"learner", "exercise", "outcome", "points", "maximum"}  # the rest is for whoever has it
    assert triple.get("failures") == "0"
    assert bob.find("testcase/failure").get("message") == "This is the square."
    assert bob.find("properties/property[@name='misconception']").get("value") == "squared"
    assert kim.find("testcase/error").get("message") == "It is not a regular file."
    told = replace(graded().reports[0], leans_on=("surprise",), found_in=("a.py", "b.py"))
    (told,) = check_junit(junit.document([Graded("ada", (told,))]))
    assert "surprise" in told.find("properties/property[@name='calls']").get("value")
    assert "a.py" in told.find("properties/property[@name='found']").get("value")
    by_hand = Mark("learner", "ada", "tutor", "now", 1.5, "Well seen.")
    marked = junit.document([Graded("ada", (replace(graded().reports[0], marks=(by_hand,)),))])
    values = {item.get("name"): item.get("value") for item in check_junit(marked).iter("property")}
    assert (values["points"], values["grade"], values["marks"].split("\n")[-1]) == (
        *("0.5", "1.5", "Your instructor: Well seen."),
    )
    assert marked.splitlines()[2].startswith('  <testsuite name="ada: double"')  # a person can read it
    lea, done = check_junit(junit.document([starved()]))
    assert [case.find("error") is not None for case in lea.iter("testcase")] == [False, True, False]
    with_points = [suite.find("properties/property[@name='points']") is not None for suite in (bob, kim, lea, done)]
    assert with_points == [True, False, False, True]  # 0 points would be a grade


@pytest.mark.parametrize(
    ("outcome", "tag"),
    [
        (Outcome.FAILED, "failure"),
        (Outcome.UNATTEMPTED, "failure"),
        (Outcome.ERROR, "error"),
        (Outcome.TIMEOUT, "error"),
        (Outcome.MEMORY, "error"),
        (Outcome.FORBIDDEN, "error"),
    ],
)
def test_junit_never_looks_green(outcome, tag):
    """What did not pass is no pass in CI either."""
    root = check_junit(junit.document([Graded("ada", (strangers.report(outcome=outcome),))]))
    assert root.find("testsuite/testcase[2]/*").tag == tag


# ---- the folder of grades ----------------------------------------------------------------------------------------


def test_reports_are_read_back(tmp_path):
    """What `coursekit grade` wrote, in the order of the learners, strange names included."""
    grades = [graded(name) for name in {**STRANGE, "plain": "zoe"}.values()]
    for one in grades:
        gradefiles.write_report(tmp_path, one)
    assert gradefiles.read_reports(tmp_path) == sorted(grades, key=lambda one: one.learner)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"learner": "a", "reports": [{}], "problem": ""}', "7"])
def test_damaged_report(tmp_path, content):
    """A report that is none is named."""
    gradefiles.write_report(tmp_path, graded()).write_text(content, encoding="utf-8")
    with pytest.raises(OSError, match=r"ada\.json is damaged: delete it"):
        gradefiles.read_reports(tmp_path)


def test_report_that_is_no_text(tmp_path):
    """Bytes that are no UTF-8 are damage too."""
    gradefiles.write_report(tmp_path, graded()).write_bytes(b"\xff\xfe")
    with pytest.raises(OSError, match="is damaged"):
        gradefiles.read_reports(tmp_path)


def test_no_reports(tmp_path):
    """A folder without reports is not taken for a class without learners."""
    with pytest.raises(FileNotFoundError, match="holds no reports"):
        gradefiles.read_reports(tmp_path)


def test_second_report_of_a_learner(tmp_path):
    """A copied file does not decide who gets which grade."""
    path = gradefiles.write_report(tmp_path, graded())
    path.with_name("copy.json").write_bytes(path.read_bytes())
    with pytest.raises(OSError, match="second report of the same learner"):
        gradefiles.read_reports(tmp_path)


# ---- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def grades(tmp_path):
    """A folder of grades of two learners."""
    (tmp_path / "grades").mkdir()
    for name in ("ada", "bob"):
        gradefiles.write_report(tmp_path / "grades", graded(name))
    return tmp_path / "grades"


@pytest.fixture
def run(capsys):
    """Runs `coursekit export`: exit code and lines of both streams."""

    def run(*arguments) -> tuple[int, list[str], list[str]]:
        code = main(["export", *map(str, arguments)])
        return code, *(text.splitlines() for text in capsys.readouterr())

    return run


def test_command_canvas(run, grades, tmp_path):
    """The filled file is written beside the roster, which stays; what happened is said."""
    roster, out = tmp_path / "roster.csv", tmp_path / "filled.csv"
    roster.write_bytes(CANVAS.format("ada").encode())
    code, said, complaints = run("canvas", grades, "--roster", roster, "--out", out)
    assert (code, complaints, said[-1]) == (0, [], f"{out} written.")
    assert said[:2] == [
        "1 of 2 learners matched by SIS Login ID.",
        "Graded, but not in the roster (1, left out): bob.",
    ]
    assert out.read_bytes().endswith(b"\r\n    Points Possible,,,,3\r\nAda,1,ada,A,1.5\r\n")
    assert roster.read_bytes() == CANVAS.format("ada").encode()
    assert run("canvas", grades, "--roster", roster, "--out", roster)[0] == 1


def test_command_moodle(run, grades, tmp_path):
    """Grade and feedback are filled; headings that are not known are named."""
    roster, out = tmp_path / "roster.csv", tmp_path / "filled.csv"
    roster.write_text(MOODLE.format("ada").replace("Grade,", "Marks,"), encoding="utf-8")
    assert run("moodle", grades, "--roster", roster, "--out", out)[0] == 1
    code, _, _ = run(
        "moodle", grades, "--roster", roster, "--out", out, "--column", "Marks", "--match", "Email address"
    )
    assert code == 0
    assert ',1.5,-,"<pre>' in out.read_text(encoding="utf-8")


def test_command_junit(run, grades, tmp_path):
    """One file for all learners; who has no grade is told."""
    assert run("junit", grades, "--out", tmp_path / "all.xml")[0] == 0
    gradefiles.write_report(grades, unread())
    said = run("junit", grades, "--out", tmp_path / "more.xml")[1]
    assert said[0] == "Could not be read, so no grade is written (1): kim (It is not a regular file)."
    assert len(check_junit((tmp_path / "all.xml").read_text(encoding="utf-8"))) == 4


def test_command_classroom50(run, grades, tmp_path, monkeypatch):
    """result.json of one learner; failed tests are no failure of the command."""
    monkeypatch.chdir(tmp_path)
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    code, _, complaints = run("classroom50", grades)
    assert (code, len(complaints)) == (1, 1)
    assert "name one with --learner" in complaints[0]
    assert run("classroom50", grades, "--learner", "ada")[0] == 0
    jsonschema.validate(json.loads((tmp_path / "result.json").read_text()), CLASSROOM50)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["junit", "nothing", "--out", "x"], "nothing holds no reports"),
        (["canvas", "grades", "--roster", "none.csv", "--out", "x"], "No such file or directory: none.csv"),
        (["gradescope", "kl_divergense"], "Did you mean `kl_divergence`?"),
        (["nbgrader", "kl_divergense", "--out", "x"], "Did you mean `kl_divergence`?"),
        (["junit", "grades", "--out", "grades"], "coursekit: grades is a folder: name a file, such as one in it."),
        (["csv", "grades", "--out", "new/x"], "coursekit: There is no folder new: make it, or name another place for"),
        (["nbgrader", "kl_divergence", "--out", "file"], "coursekit: file is a file, and a folder is needed there"),
    ],
)
def test_what_cannot_be_exported(run, grades, tmp_path, monkeypatch, arguments, said):
    """One sentence and exit code 1, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    code, out, complaints = run(*arguments)
    assert sorted(tmp_path.rglob("*")) == before
    assert (code, out, len(complaints)) == (1, [], 1)
    assert said in complaints[0]
