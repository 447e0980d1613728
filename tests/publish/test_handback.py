"""Learners' pages as the zip that a platform takes: Moodle's and Canvas's own rules find each learner again."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import nasty
import pytest
from strangers import graded, starved, unread

from coursekit.classroom import gradefiles
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


@pytest.mark.parametrize(
    ("learner", "participant", "plugin"),
    [
        ("Ann Lee_4321_assignsubmission_file", 4321, "file"),
        ("Ann Lee_4321_assignsubmission_file_", 4321, "file"),
        ("Ann Lee_4321_assignsubmission_file_kl_2", 4321, "file"),
        ("Ann Lee_4321_assignsubmission_onlinetext_", 4321, "onlinetext"),
        ("王小明_17_assignsubmission_file_答え", 17, "file"),
        ("Teilnehmer-in_99_assignsubmission_file_a_5_assignsubmission_file", 99, "file"),
        ("Ann_Marie Lee_4321_assignsubmission_file", 4321, "file"),
        ('Ann "A" B_7_assignsubmission_file', 7, "file"),
        (f"{'é' * 150}_8_assignsubmission_file", 8, "file"),
    ],
)
def test_moodle_finds_its_participant(learner, participant, plugin):
    """A page comes to the participant's own feedback, under one name for all."""
    packed = handback.for_moodle([graded(learner)])
    ((path, page),) = unzip(packed.content).items()
    assert at_moodle(path) == (participant, "assignsubmission", plugin, "feedback.html")
    assert page == learner_page(graded(learner))
    assert packed.notes == ("1 of 1 learners have their page in it.",)


@pytest.mark.parametrize(
    "learner",
    [
        *("leeann_4321_98765_kl", "leeann_LATE_4321_98765_kl-1", "leeann_late_4321_98765_kl_2", "李_4321_98765_kl"),
        *("leeann_4321_98765", "leeann_4321_98765_link", "leeann_4321_98765_kl_link_3", "leeann_4321_98765_kl.py"),
    ],
)
def test_canvas_finds_student_and_file(learner):
    """The downloaded name is kept, so far as Canvas would read it again."""
    ((path, page),) = unzip(handback.for_canvas([graded(learner)]).content).items()
    assert at_canvas(path) == ("4321", "98765")
    assert path.startswith(learner)
    assert path.endswith(".html")
    assert page == learner_page(graded(learner))


def test_files_tell_the_place():
    """A learner is called NAME_NUMBER, and is found by what the platform called the newest file."""
    ann = replace(graded("leeann_4321"), files=("leeann_4321_98_kl.py", "leeann_LATE_4321_99_kl-1.ipynb"))
    (path,) = unzip(handback.for_canvas([ann]).content)
    assert (path, at_canvas(path)) == ("leeann_LATE_4321_99_kl-1.html", ("4321", "99"))
    ann = replace(graded("J. Lee_17"), files=("J. Lee_17_assignsubmission_file_",))
    (path,) = unzip(handback.for_moodle([ann]).content)
    assert at_moodle(path)[:2] == (17, "assignsubmission")


MOODLE = ["Ann Lee_1_assignsubmission_file", "Bo_2_assignsubmission_file", "Bo_2_assignsubmission_onlinetext", "zoe"]


def test_who_has_no_place_is_told():
    """Nobody's page goes to anybody else, and nobody is left out in silence."""
    waiting = starved("Lea_5_assignsubmission_file")
    packed = handback.for_moodle([*map(graded, MOODLE), unread(learner="Kim_3_assignsubmission_file"), waiting])
    assert [at_moodle(path)[0] for path in unzip(packed.content)] == [1, 3]
    assert packed.notes == (
        "2 of 6 learners have their page in it.",
        "Not called as in Moodle's “Download all submissions” (1, left out): zoe.",
        "One person to the platform, so which page is theirs? Left out: "
        "Bo_2_assignsubmission_file, Bo_2_assignsubmission_onlinetext.",
        "Not graded to the end, as the machine was too busy (1, left out): Lea_5_assignsubmission_file.",
    )
    several = handback.for_canvas([graded("ann_4321_1_a"), graded("ann_4321_2_b"), graded("zoe")])  # two files of Ann's
    assert [at_canvas(path) for path in unzip(several.content)] == [("4321", "1"), ("4321", "2")]
    assert "(1, left out): zoe." in several.notes[1]


@pytest.mark.parametrize("pack", [handback.for_moodle, handback.for_canvas])
def test_nobody_has_a_place(pack):
    """Grades of files that were renamed make no empty zip."""
    with pytest.raises(ExportError, match=r"No learner is called as in .*called like “ann”: grade the download as it"):
        pack([graded("ann"), graded("bo")])
    with pytest.raises(ExportError, match="There are no grades to export"):
        pack([])


@pytest.mark.parametrize("name", nasty.NAMES, ids=nasty.label)
def test_no_name_leads_out_of_the_zip(name):
    """A name is one name within the zip, whatever is in it."""
    for pack, read, end in (
        (handback.for_moodle, at_moodle, "_12_assignsubmission_file_x"),
        (handback.for_canvas, at_canvas, "_12_34_x"),
    ):
        (path,) = unzip(pack([graded(f"{name}{end}")]).content)
        assert not set(path) & set("/\\")
        assert read(path)[0] in (12, "12")


def test_commands(tmp_path, capsys):
    """Each platform has a command, which tells what it did."""
    for learner in MOODLE:
        gradefiles.write_report(tmp_path, graded(learner))
    out = tmp_path / "feedback.zip"
    assert main(["export", "moodle-feedback", str(tmp_path), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "1 of 4 learners have their page in it."
    assert list(unzip(out.read_bytes())) == ["Ann Lee_1_assignsubmission_file_feedback.html"]
    out.unlink()
    assert main(["export", "canvas-feedback", str(tmp_path), "--out", str(out)]) == 1
    assert "No learner is called as in Canvas's “Download Submissions”" in capsys.readouterr().err
    assert not out.exists()
