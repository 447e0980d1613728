"""Learners' pages as the zip that a platform takes: Moodle's and Canvas's own rules find each learner again."""

from __future__ import annotations

import io
import re
import zipfile

import nasty
import pytest
from strangers import graded, starved, unread

from coursekit.classroom import folder, gradefiles
from coursekit.cli import main
from coursekit.errors import ExportError
from coursekit.publish.pages import handback
from coursekit.publish.pages.learner import learner_page


def unzip(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def at_moodle(path: str) -> tuple[int, str, str, str] | None:
    """Who gets a file, from which plugin, under which name: as mod/assign/feedback/file/importziplib.php reads it."""
    parts = path.split("/")
    if parts[-1].startswith((".", "~")):
        return None
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 4 or not re.fullmatch("[0-9]+", info[1]) or info[2] != "assignsubmission":
            continue
        return int(info[1]), info[2], info[3], "/".join([*info[4:], *parts])
    return None


def at_canvas(path: str) -> tuple[str, str] | None:
    """The student and the file that a comment is for: as app/models/assignment.rb of canvas-lms reads its name."""
    name = path.rpartition("/")[2]
    parts = name.split("_")
    numbers = [part for part in parts if re.fullmatch("[0-9]+", part)]
    if len(numbers) < 2 or parts[-1].startswith("link") or name.startswith("._"):
        return None
    return numbers[0], numbers[1]


def moodle(name: str) -> handback.Zip:
    """The zip for a learner of whom a file of that name was downloaded."""
    return handback.for_moodle([graded("ann")], {"ann": [name]})


@pytest.mark.parametrize(
    ("name", "participant", "plugin"),
    [
        ("Ann Lee_4321_assignsubmission_file", 4321, "file"),
        ("Ann Lee_4321_assignsubmission_file_", 4321, "file"),
        ("Ann Lee_4321_assignsubmission_file_kl_2.py", 4321, "file"),
        ("Ann Lee_4321_assignsubmission_onlinetext_onlinetext.html", 4321, "onlinetext"),
        ("王小明_17_assignsubmission_file_答え.py", 17, "file"),
        ("Teilnehmer-in_99_assignsubmission_file_a_5_assignsubmission_file", 99, "file"),
        ('Ann "A" B_7_assignsubmission_file', 7, "file"),
        (f"{'é' * 150}_8_assignsubmission_file", 8, "file"),
    ],
)
def test_moodle_finds_its_participant(name, participant, plugin):
    """A page comes to the participant's own feedback, under one name for all."""
    packed = moodle(name)
    ((path, page),) = unzip(packed.content).items()
    assert at_moodle(path) == (participant, "assignsubmission", plugin, "feedback.html")
    assert page == learner_page(graded("ann"))
    assert packed.notes == ("1 of 1 learners have their page in it.",)


@pytest.mark.parametrize(
    "name",
    [
        *("leeann_4321_98765_kl.py", "leeann_LATE_4321_98765_kl-1.py", "leeann_late_4321_98765_kl_2.ipynb"),
        *(
            "李_4321_98765_kl.py",
            "leeann_4321_98765_7.py",
            "leeann_4321_98765_link.py",
            "leeann_4321_98765_a_link_3.zip",
        ),
    ],
)
def test_canvas_finds_student_and_file(name):
    """The downloaded name is kept, so far as Canvas would read it again."""
    ((path, page),) = unzip(handback.for_canvas([graded("ann")], {"ann": [name]}).content).items()
    assert at_canvas(path) == ("4321", "98765")
    assert path.startswith(name.rpartition(".")[0])
    assert path.endswith(".html")
    assert page == learner_page(graded("ann"))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("leeann_4321_98765_kl.py", "leeann_4321_98765_kl.html"),
        ("leeann_4321_98765_kl", "leeann_4321_98765_kl.html"),
        ("leeann_4321_98765_7.py", "leeann_4321_98765_7_feedback.html"),
        ("leeann_4321_98765_link.py", "leeann_4321_98765_link_feedback.html"),
        ("._leeann_4321_98765_kl.py", "_leeann_4321_98765_kl.html"),
    ],
)
def test_what_canvas_is_given_back(name, path):
    """The name that was downloaded, and a word behind it only where it would be a number or a link."""
    assert list(unzip(handback.for_canvas([graded("ann")], {"ann": [name]}).content)) == [path]


def test_the_newest_upload_is_answered():
    """Of several files of one person, the page stands beside what was handed in last."""
    names = {"ann": ["leeann_4321_99_kl.py", "leeann_4321_101_kl-1.py", "leeann_4321_text.html"]}
    (path,) = unzip(handback.for_canvas([graded("ann")], names).content)
    assert at_canvas(path) == ("4321", "101")


def test_who_has_no_place_is_told():
    """Nobody's page goes to anybody else, and nobody is left out in silence."""
    names = {
        "ann": ["Ann_1_assignsubmission_file"],
        "kim": ["Kim_3_assignsubmission_file_kl.py"],
        "lea": ["Lea_5_assignsubmission_file"],
        "team": ["Default group_assignsubmission_file"],  # without a number
        "student_12": ["student_12.py"],
    }
    packed = handback.for_moodle(
        [graded("ann"), unread(), starved(), *map(graded, ("team", "student_12", "zoe"))], names
    )
    assert [at_moodle(path)[0] for path in unzip(packed.content)] == [1, 3]
    assert packed.notes == (
        "2 of 6 learners have their page in it.",
        "Without a file from Moodle's “Download all submissions” (3, left out): team, student_12, zoe.",
        "Not graded to the end, as the machine was too busy (1, left out): lea.",
    )


@pytest.mark.parametrize("pack", [handback.for_moodle, handback.for_canvas])
def test_nobody_has_a_place(pack):
    """Files that were renamed make no empty zip, nor do those of another platform."""
    names = {"ann": ["ann_12.py"], "bo": ["submission_7"], "cy": ["anon_7a_9_kl.py"]}
    with pytest.raises(ExportError, match=r"Nobody's work lies there as .* names it"):
        pack([graded("ann"), graded("bo"), graded("cy"), graded("dan")], names)
    with pytest.raises(ExportError, match="There are no grades to export"):
        pack([], {})


@pytest.mark.parametrize("name", [name for name in nasty.NAMES if not {"/", "_"} & set(name)], ids=nasty.label)
def test_no_name_leads_out_of_the_zip(name):
    """A name is one name within the zip, whatever is in it."""
    for pack, read, end in (
        (handback.for_moodle, at_moodle, "_12_assignsubmission_file_x.py"),
        (handback.for_canvas, at_canvas, "_12_34_x.py"),
    ):
        (path,) = unzip(pack([graded("ann")], {"ann": [f"{name}{end}"]}).content)
        assert not set(path) & set("/\\")
        assert read(path)[0] in (12, "12")


@pytest.mark.parametrize("beside", [True, False])
def test_commands(tmp_path, capsys, beside):
    """Each platform has a command, which reads whose is which from the folder that was graded."""
    submissions, grades = tmp_path / "in", tmp_path / ("in-grades" if beside else "grades")
    submissions.mkdir()
    grades.mkdir()
    for name in ("Ann Lee_1_assignsubmission_file_kl.py", "Bo_2_assignsubmission_file_kl.py"):
        (submissions / name).write_text("pass", encoding="utf-8")
    for entry in folder.entries(submissions):
        gradefiles.write_report(grades, graded(entry.learner))
    out = tmp_path / "feedback.zip"
    named = [] if beside else ["--submissions", str(submissions)]
    assert main(["export", "moodle-feedback", str(grades), "--out", str(out), *named]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "2 of 2 learners have their page in it."
    assert [at_moodle(path)[0] for path in unzip(out.read_bytes())] == [1, 2]
    out.unlink()
    assert main(["export", "canvas-feedback", str(grades), "--out", str(out), *named]) == 1
    assert "Nobody's work lies there as Canvas's “Download Submissions” names it" in capsys.readouterr().err
    if not beside:
        assert main(["export", "moodle-feedback", str(grades), "--out", str(out)]) == 1
        assert "Which folder was graded? Name it with --submissions" in capsys.readouterr().err
    assert not out.exists()
