"""The table of grades as spreadsheets read it: letters, columns, numbers and names survive in any country."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import nasty
import pytest
from strangers import graded, starved, unread

from coursekit.classroom import gradefiles
from coursekit.cli import main
from coursekit.errors import ExportError
from coursekit.publish.export import spreadsheet
from coursekit.report import Graded, Mark

HEAD = ["learner", "double", "triple", "total", "maximum", "note"]


def opened(content: bytes) -> list[list[str]]:
    """What Excel makes of such a file anywhere: tabs part cells, fractions and quoted texts are worked out."""
    assert content.startswith(b"\xff\xfe")
    rows = list(csv.reader(io.StringIO(content[2:].decode("utf-16-le"), newline=""), delimiter="\t"))
    return [[_worked_out(cell) for cell in row] for row in rows]


def _worked_out(cell: str) -> str:
    if fraction := re.fullmatch(r"=(\d+)/100", cell):
        return str(int(fraction[1]) / 100)
    if text := re.fullmatch('="((?:[^"]|"")*)"', cell):
        return text[1].replace('""', '"')
    assert not cell.startswith("=")
    assert not re.fullmatch(r"\d+[.,]\d+", cell)  # a country's own decimal sign would be needed
    return cell


def test_excel_in_any_country():
    """王小明 and Weiß keep their letters; 1.5 is no date where people write 1,5."""
    rows = opened(spreadsheet.table([graded("王小明"), graded("Jürgen Weiß; Jr.")], excel=True))
    assert rows == [HEAD, ["王小明", "0.5", "1", "1.5", "3", ""], ["Jürgen Weiß; Jr.", "0.5", "1", "1.5", "3", ""]]


@pytest.mark.parametrize("learner", ["0012", "1-2", "3.5", "MAR1", "2E5", "1/2", "12 Mai", 'a"1"', "student17"])
def test_names_that_look_like_numbers(learner):
    """A name is text, whatever a spreadsheet might read in it."""
    assert opened(spreadsheet.table([graded(learner)], excel=True))[1][0] == learner
    assert spreadsheet.table([graded(learner)], excel=True).decode("utf-16").splitlines()[1].startswith('"=""')


@pytest.mark.parametrize("excel", [True, False])
def test_what_is_no_grade_is_empty(excel):
    """Nobody gets a 0 for what could not be read; what was graded of an unfinished one is there."""
    content = spreadsheet.table([unread("No zip."), starved()], excel=excel)
    rows = opened(content) if excel else list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert rows[1:] == [
        ["kim", "", "", "", "2", "could not be read: No zip."],
        ["lea", "", "1", "", "3", "not final: the machine was too busy"],
    ]


def test_plain():
    """Without Excel in mind it is plain UTF-8 with commas."""
    assert spreadsheet.table([graded("王")]).decode().splitlines() == [",".join(HEAD), "王,0.5,1,1.5,3,"]
    with pytest.raises(ExportError, match="There are no grades"):
        spreadsheet.table([])


@pytest.mark.parametrize("learner", nasty.NAMES, ids=nasty.label)
def test_nasty_names(learner):
    """Each is one cell of one row, no formula, and nothing that steers a terminal."""
    for content in (spreadsheet.table([graded(learner)], excel=True), spreadsheet.table([graded(learner)])):
        text = content.decode("utf-16") if content.startswith(b"\xff\xfe") else content.decode()
        assert not set(text.replace("\r\n", "")) & set(nasty.STEERING)
        (_, row) = csv.reader(text.splitlines(), delimiter="\t" if content.startswith(b"\xff\xfe") else ",")
        assert len(row) == 6
        assert not row[0].lstrip().startswith(("+", "-", "@", "＝"))
        assert not row[0].startswith("=") or re.fullmatch('="(?:[^"]|"")*"', row[0])


def test_what_was_given_by_hand():
    """The exercises that somebody has marked have columns of their own; the total is of what counts."""
    by_hand = Mark("learner", "ada", "tutor", "now", 1.75)
    first, second = graded("ada").reports
    marked = Graded("ada", (replace(first, marks=(by_hand,)), second))
    rows = list(csv.reader(spreadsheet.table([marked, graded("ben"), starved()]).decode().splitlines()))
    assert rows == [
        [*HEAD[:-1], "double by hand", "total by machine", "note"],
        ["ada", "0.5", "1", "2.75", "3", "1.75", "1.5", ""],
        ["ben", "0.5", "1", "1.5", "3", "", "1.5", ""],
        ["lea", "", "1", "", "3", "", "", "not final: the machine was too busy"],
    ]


@pytest.mark.parametrize(
    ("name", "is_formula"), [("1" * 254, True), ("1" * 255, False), ("ann 12", True), ("ann 12 lee", False)]
)
def test_which_names_are_formulas(name, is_formula):
    """As few as need be: Excel takes no longer text, and reads no number into two words."""
    assert spreadsheet._text(name, True) == (f'="{name}"' if is_formula else name)


def test_command(tmp_path, capsys):
    """Who has no grade is told beside it."""
    for one in (graded(), unread()):
        gradefiles.write_report(tmp_path, one)
    assert main(["export", "csv", str(tmp_path), "--excel", "--out", str(tmp_path / "x.csv")]) == 0
    assert capsys.readouterr().out.startswith("Could not be read, so no grade is written (1): kim")
    assert [row[0] for row in opened((tmp_path / "x.csv").read_bytes())] == ["learner", "ada", "kim"]
