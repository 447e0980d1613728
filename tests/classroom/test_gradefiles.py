"""What a graded run leaves behind."""

import csv
import json
import os
import re
import stat
import unicodedata

import nasty
import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st

from coursekit.classroom import gradefiles
from coursekit.classroom.batch import Graded
from coursekit.files import partial_of
from coursekit.report import Mark, Outcome, Report, Tier, Verdict


def graded(learner="ann", points=1.5, rationale="Größer als ∞.") -> Graded:
    verdict = Verdict("one", "One", Tier.CORE, Outcome.FAILED, rationale)
    return Graded(learner, (Report("double", learner, Outcome.FAILED, (verdict,), points, 4),))


def rows(path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


# ---- secret ------------------------------------------------------------------------------------------------------


def test_secret_is_made_once(tmp_path):
    """A second run over the same folder draws the same inputs."""
    first = gradefiles.read_secret(tmp_path)
    assert first == gradefiles.read_secret(tmp_path)
    assert len(first) >= 32


def test_secrets_differ(tmp_path):
    """Another folder has another secret."""
    for name in "ab":
        (tmp_path / name).mkdir()
    assert gradefiles.read_secret(tmp_path / "a") != gradefiles.read_secret(tmp_path / "b")


def test_secret_is_the_graders_own(tmp_path):
    """Nobody else on the machine can read it."""
    gradefiles.read_secret(tmp_path)
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(("secret", "why"), [("", "empty"), (" \n", "empty"), ("password", "shorter"), ("a" * 31, "")])
def test_secret_that_can_be_guessed(tmp_path, monkeypatch, secret, why):
    """What is in the file must be long enough for nobody to try all of them; the message says what to do."""
    monkeypatch.setattr(gradefiles.time, "sleep", lambda _: None)
    (tmp_path / "secret.key").write_text(secret)
    with pytest.raises(OSError, match=f"{why}.*: put the secret of your earlier runs back, or delete it"):
        gradefiles.read_secret(tmp_path)
    (tmp_path / "secret.key").write_text(f"{'a' * 32}\n")
    assert gradefiles.read_secret(tmp_path) == b"a" * 32


# ---- the folder --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
@pytest.mark.parametrize("there", [False, True])
def test_folder_is_the_graders_own(tmp_path, there):
    """Reports, pages and gradebook hold hidden inputs: no other user opens the folder, whoever made it."""
    folder = tmp_path / "course" / "grades"
    if there:
        folder.mkdir(parents=True)
        folder.chmod(0o2775)
    assert gradefiles.make_private(folder)
    assert stat.S_IMODE(folder.stat().st_mode) & 0o777 == 0o700


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_folder_that_cannot_be_closed(tmp_path, monkeypatch):
    """A memory stick knows no owners: whoever grades there is told."""
    tmp_path.chmod(0o755)

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(gradefiles.Path, "chmod", refuse)
    assert not gradefiles.make_private(tmp_path)


# ---- reports -----------------------------------------------------------------------------------------------------


def test_report_holds_everything(tmp_path):
    """The JSON of a learner has the sum, and reports that can be read back."""
    path = gradefiles.write_report(tmp_path, graded())
    content = json.loads(path.read_text(encoding="utf-8"))
    assert tmp_path / "reports" / "ann.json" == path
    assert (content["learner"], content["points"], content["maximum"], content["problem"]) == ("ann", 1.5, 4, "")
    assert graded().reports == tuple(Report.from_json(each) for each in content["reports"])


def test_report_is_readable(tmp_path):
    """A person who opens the file sees words, not escape sequences."""
    assert "Größer als ∞." in gradefiles.write_report(tmp_path, graded()).read_text(encoding="utf-8")


def test_report_is_replaced(tmp_path):
    """Grading again leaves one report, the new one, and nothing half written."""
    gradefiles.write_report(tmp_path, graded(points=1))
    gradefiles.write_report(tmp_path, graded(points=2))
    (path,) = (tmp_path / "reports").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["points"] == 2


def test_failed_write_keeps_the_old_report(tmp_path, monkeypatch):
    """A run that dies while writing leaves the report that was there."""
    path = gradefiles.write_report(tmp_path, graded(points=1))
    monkeypatch.setattr(gradefiles.json, "dumps", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        gradefiles.write_report(tmp_path, graded(points=2))
    assert json.loads(path.read_text(encoding="utf-8"))["points"] == 1


@pytest.mark.parametrize(
    "learner",
    [
        *("ann", "smith.j", "17_ann-B", "a" * 80, "Ann Lee_4321_assignsubmission_file", "O'Neil, Ann (2)"),
        *("王小明", "Владимир", "Jürgen Weiß", "נועה כהן", "山田\u3000太郎", "प्रिया शर्मा", "김민준", "𠮷田"),
    ],
    ids=toys.short,
)
def test_harmless_name_is_the_files_name(tmp_path, learner):
    """Who looks for a learner's report finds it by name, in whatever script."""
    assert f"{learner}.json" == gradefiles.write_report(tmp_path, graded(learner)).name


@pytest.mark.parametrize("learner", nasty.NAMES, ids=nasty.label)
def test_any_name_stays_in_its_folder(tmp_path, learner):
    """No name leads out of the folder, hides its file or looks like an option."""
    path = gradefiles.write_report(tmp_path, graded(learner))
    assert tmp_path / "reports" == path.parent
    assert [path.name] == [entry.name for entry in (tmp_path / "reports").iterdir()]
    assert path.name[0] not in ".- ~"
    assert path.stem.split(".")[0].strip().upper() not in {"CON", "NUL", "AUX", "COM1", "LPT9"}
    assert path.name.replace("\u3000", " ").isprintable()
    assert not set(path.name) & set('<>:"/\\|?*$`&;{}[]!#%=+')  # Windows refuses some, a shell reads the others
    assert path.name == unicodedata.normalize("NFC", path.name)
    assert len(partial_of(path).name.encode()) <= 255


@given(st.lists(st.text(max_size=6) | st.sampled_from(["a b", "a_b", "a/b", "Å", "Ä"]), unique=True, max_size=9))
def test_no_two_learners_share_a_file(learners):
    """Names that look alike once cleaned still have a file each."""
    names = {gradefiles.file_name(learner) for learner in learners}
    assert len(learners) == len(names)


@pytest.mark.parametrize("learner", ["ann", "ann\udcff"])
@pytest.mark.parametrize("rationale", ["fine", "double(…) raised ValueError: \ud800"])
def test_text_that_is_no_unicode(tmp_path, learner, rationale):
    """A file name of another encoding, or half a character in an exception, does not end the run."""
    one = graded(learner, rationale=rationale)
    content = json.loads(gradefiles.write_report(tmp_path, one).read_text(encoding="utf-8"))
    assert content["points"] == 1.5
    table = gradefiles.write_table(tmp_path, [one], ["double"])
    assert rows(table)[1][1:] == ["1.5", "1.5", "4"]


def test_nobody_takes_anothers_file():
    """A learner who is called as another's file is named has a file of their own."""
    taken = gradefiles.file_name("Ann?")
    assert re.fullmatch("Ann_-[0-9a-f]{16}", taken)
    assert len({gradefiles.file_name(name).lower() for name in ("Ann?", taken, taken.upper())}) == 3


@pytest.mark.parametrize("learner", ["nul", "Com1.py", "LPT²", "con .old", "aux"])
def test_devices_of_windows(learner):
    """Whatever stands behind such a word, Windows would open a device."""
    assert gradefiles.file_name(learner).startswith("_")


@pytest.mark.parametrize("letter", ["é", "明", "𠮷", "e\u0301"])
def test_long_names_fit(tmp_path, letter):
    """A name has 255 bytes, the half-written file's too; letters are not cut in two, and the ends still differ."""
    first, second = (gradefiles.write_report(tmp_path, graded(letter * 300 + end)) for end in "ab")
    assert first != second
    assert len(partial_of(first).name.encode()) <= 255
    assert set(re.sub("-[0-9a-f]{16}$", "", first.stem)) == {unicodedata.normalize("NFC", letter)}


UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u200c\u200d\u3164\ufe00\ufe0f\uffa0\U000e0100\U000e01ef"


@pytest.mark.parametrize(
    "twin", [*(f"an{sign}n" for sign in UNSEEN), "ann\u200d", "ann\u00a0", "ann ", "ann."], ids=ascii
)
def test_what_nobody_sees_tells_nobody_apart(twin):
    """A disk may pass over what cannot be seen: such a name has a mark, and nothing else differs from its twin's."""
    assert re.fullmatch("ann-[0-9a-f]{16}", gradefiles.file_name(twin))


def test_nasty_names_are_told_apart():
    """Each has a file of its own, on a system that knows no case too."""
    assert len({gradefiles.file_name(name).lower() for name in nasty.NAMES}) == len(nasty.NAMES)


def test_reports_are_read_back(tmp_path):
    """All that was written comes back, in the order of the learners, whatever they are called."""
    written = sorted((graded(name) for name in nasty.NAMES), key=lambda each: each.learner)
    for each in written:
        gradefiles.write_report(tmp_path, each)
    assert written == gradefiles.read_reports(tmp_path)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "[" * 99_999, '{"learner": 1, "reports": [1], "problem": ""}', "ÿ"]
)
def test_damaged_report(tmp_path, content):
    """A report that cannot be read is named."""
    path = gradefiles.write_report(tmp_path, graded())
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(OSError, match=r"ann\.json is damaged: delete it and grade again"):
        gradefiles.read_reports(tmp_path)


def test_no_reports(tmp_path):
    """A folder without grades is said."""
    with pytest.raises(FileNotFoundError, match="holds no reports: give the folder that `coursekit grade` wrote"):
        gradefiles.read_reports(tmp_path)


def test_reports_of_who_is_gone(tmp_path):
    """They go, and are named; those of this run stay, and so does what is no report."""
    kept = [gradefiles.write_report(tmp_path, graded(name)) for name in ("ann", "bob")]
    for name in ("cem", "dan"):
        gradefiles.write_report(tmp_path, graded(name))
    (tmp_path / "reports" / "notes.txt").touch()
    assert gradefiles.drop_reports(tmp_path, kept) == ["cem", "dan"]
    assert gradefiles.drop_reports(tmp_path, kept) == []
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == ["ann.json", "bob.json", "notes.txt"]
    (tmp_path / "reports" / "Bob.json").hardlink_to(kept[1])  # as on a disk that knows no case
    assert gradefiles.drop_reports(tmp_path, kept) == []
    (tmp_path / "reports" / "Bob.json").unlink()
    path = tmp_path / "reports" / "zed.json"
    path.write_bytes(kept[0].read_bytes())
    with pytest.raises(OSError, match=r"zed\.json is a second report of the same learner"):
        gradefiles.read_reports(tmp_path)


def test_a_secret_that_another_grader_is_about_to_write(tmp_path, monkeypatch):
    """It is waited for, a tenth of a second at a time."""
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            (tmp_path / "secret.key").write_text("b" * 40)

    monkeypatch.setattr(gradefiles.time, "sleep", sleep)
    (tmp_path / "secret.key").touch()
    assert gradefiles.read_secret(tmp_path) == b"b" * 40
    assert slept == [0.1] * 3


def test_roster(tmp_path):
    """One learner a line, blank lines and the byte order mark aside."""
    path = tmp_path / "roster.txt"
    path.write_bytes(b"\xef\xbb\xbfann \r\n\r\nA\xcc\x8asa\n")
    assert gradefiles.read_names(path) == ["ann", "Åsa"]
    path.write_bytes(b"\xff")
    with pytest.raises(OSError, match="is not UTF-8 text"):
        gradefiles.read_names(path)


# ---- table -------------------------------------------------------------------------------------------------------


def test_table(tmp_path):
    """One row a learner in the order given, one column an exercise, total and maximum."""
    exercises = [toys.make_double(), toys.make_triple()]
    ann, bob = (
        Graded(name, tuple(Report(e.name, name, Outcome.PASSED, (), points, e.maximum) for e in exercises))
        for name, points in (("ann", 1.0), ("bob", 0.33))
    )
    path = gradefiles.write_table(tmp_path, [bob, ann], [each.name for each in exercises])
    assert rows(path) == [
        ["learner", "double", "triple", "total", "maximum"],
        ["bob", "0.33", "0.33", "0.66", "5"],
        ["ann", "1", "1", "2", "5"],
    ]
    assert [path] == list(tmp_path.iterdir())


def given(points, work=""):
    return Mark("learner", "ann", "kim", "2026-01-01T00:00:00", points, other_work=bool(work))


def test_table_of_what_is_no_grade(tmp_path):
    """Empty cells for what was not read or not graded to the end, with the reason; what was marked, in columns."""

    def one(exercise, outcome=Outcome.PASSED, points=1.5, marks=(), **more):
        return Report(exercise, "", outcome, (), points, 4, marks=marks, **more)

    unread = {"outcome": Outcome.UNATTEMPTED, "points": 0.0, "is_unread": True}
    grades = [
        Graded("ann", (one("double"), one("triple", marks=(given(3.0),)))),
        Graded("bob", (one("double", Outcome.STARVED, 0.0), one("triple", Outcome.STARVED, 0.0)), ""),
        Graded("cem", (one("double", Outcome.STARVED, 0.0), one("triple"))),
        Graded("dan", (one("double", **unread), one("triple", **unread)), "It is =no Python."),
        Graded("eva", (one("double", **unread, marks=(given(2.0),)), one("triple", **unread)), "unread"),
        Graded("fay", (one("triple", marks=(given(None), given(1.0, "other"), given(0.5), given(4.0))),)),
        Graded("gil", ()),
    ]
    by_hand = ["double by hand", "triple by hand", "total by machine"]
    busy = "Not graded to the end: the machine was too busy."
    assert rows(gradefiles.write_table(tmp_path, grades, ["double", "triple"])) == [
        ["learner", "double", "triple", "total", "maximum", "problem", *by_hand],
        ["ann", "1.5", "1.5", "4.5", "8", "", "", "3", "3"],
        ["bob", "", "", "", "8", busy, "", "", ""],
        ["cem", "", "1.5", "1.5", "8", busy, "", "", "1.5"],
        ["dan", "", "", "", "8", "It is =no Python.", "", "", ""],
        ["eva", "", "", "2", "8", "unread", "2", "", ""],
        ["fay", "", "1.5", "0.5", "4", "", "", "0.5", "1.5"],
        ["gil", "", "", "0", "0", "", "", "", ""],
    ]
    assert rows(gradefiles.write_table(tmp_path, grades[1:2], ["double"]))[0][-1] == "problem"
    assert rows(gradefiles.write_table(tmp_path, grades[:1], ["triple"])) == [
        ["learner", "triple", "total", "maximum", "triple by hand", "total by machine"],
        ["ann", "1.5", "4.5", "8", "3", "3"],
    ]


@pytest.mark.parametrize("learner", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "＝1", " =1"])
def test_table_holds_no_formula(tmp_path, learner):
    """A name that a spreadsheet would compute is marked as text."""
    path = gradefiles.write_table(tmp_path, [graded(learner)], ["double"])
    assert "'" + learner == rows(path)[1][0]


@pytest.mark.parametrize("learner", nasty.NAMES, ids=nasty.label)
def test_table_holds_nasty_names(tmp_path, learner):
    """Whatever a learner is called, the table has one line for each, no formula and nothing that steers a terminal."""
    path = gradefiles.write_table(tmp_path, [graded(learner), graded("ann")], ["double"])
    text = path.read_bytes().decode()
    assert len(text.splitlines()) == 3
    assert not set(text.replace("\r\n", "")) & set(nasty.STEERING)
    for delimiter in ",;\t":  # as spreadsheets of other countries cut it up
        cells = [cell for row in csv.reader(text.splitlines(), delimiter=delimiter) for cell in row]
        assert not [cell for cell in cells if cell.lstrip().startswith(tuple("=+-@＝"))]
    assert [row[1:] for row in rows(path)[1:]] == [["1.5", "1.5", "4"]] * 2


@pytest.mark.parametrize("learner", ["ann", "O'Neil, Ann", 'Ann "A" B', "Åsa", "a;b", "山田\u3000太郎"])
def test_table_holds_any_name(tmp_path, learner):
    """Commas, semicolons and quotes in a name stay in its cell."""
    path = gradefiles.write_table(tmp_path, [graded(learner)], ["double"])
    assert [learner, "1.5", "1.5", "4"] == rows(path)[1]


def test_which_file_is_whose(tmp_path):
    """Each cell in quotes; a name that would be a formula is none."""
    path = gradefiles.write_files(tmp_path, {"ann": "learners/ann.html", "=1+1": "learners/1.html"})
    assert path == tmp_path / "learners.csv"
    assert path.read_bytes().splitlines() == [
        *(b'"learner","file"', b'"ann","learners/ann.html"', b'"\'=1+1","learners/1.html"'),
    ]
