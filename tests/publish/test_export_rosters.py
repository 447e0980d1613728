"""Rosters of Canvas and Moodle: filled where they should be, and otherwise as the instructor exported them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strangers import STRANGE, graded, starved, unread

from coursekit.errors import ExportError
from coursekit.publish.export import canvas, moodle, roster
from coursekit.report import Graded, Mark

CANVAS = (
    b"Student,ID,SIS User ID,SIS Login ID,Section,KL divergence (77),Essay (78),Current Score,Total (read)\r\n"
    b",,,,,Manual Posting,,,\r\n"
    b"    Points Possible,,,,,3,10,(read only),(read only)\r\n"
    b'"Lovelace, Ada",101,s1,ada,A,,8,80,\r\n'
    b'"Zuse, Kim",102,s2,Kim@Uni.example,A,1,,,\r\n'
    b'"Student, Test",103,,,A,,,,\r\n'
)

MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 11,Ada Lovelace,ada@uni.example,Submitted,,3.00,Yes,"Monday, 1 June 2026, 9:00 AM",-,\n'
    "Participant 12,Kim Zuse,kim@uni.example,Submitted,1.00,3.00,Yes,-,-,old words\n"
    "Participant 13,=cmd|' /C calc'!A0,eve@uni.example,No submission,,3.00,No,-,-,\n"
).encode()


def table(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def fill_canvas(data: bytes = CANVAS, *learners: str, column: str = "KL divergence", by: str = "") -> roster.Merged:
    return canvas.merge([graded(name) for name in learners or ("ada", "kim@uni.example")], data, column=column, by=by)


def fill_moodle(data: bytes = MOODLE, *learners: str, **options: str) -> roster.Merged:
    names = learners or ("ada@uni.example", "kim@uni.example")
    return moodle.merge([graded(name) for name in names], data, **options)


# ---- Canvas ------------------------------------------------------------------------------------------------------


def test_canvas_fills_one_column():
    """Our points stand in the assignment's column, in the rows of our learners; all else is as it was."""
    before, after = table(CANVAS), table(fill_canvas().content)
    assert [row[5] for row in after] == ["KL divergence (77)", "Manual Posting", "3", "1.5", "1.5", ""]
    assert [row[:5] + row[6:] for row in after] == [row[:5] + row[6:] for row in before]


def test_canvas_says_what_it_did():
    """Who was matched by what, who was left out, and which grade stood there before."""
    merged = canvas.merge([graded("ada"), graded("kim@uni.example"), graded("eve")], CANVAS, column="KL divergence")
    assert merged.notes == (
        "2 of 3 learners matched by SIS Login ID.",
        "Graded, but not in the roster (1, left out): eve.",
        "In the roster, but not graded (1, left as they were): Student, Test 103.",
        "Other grades stood there before (1): Zuse, Kim 102: 1 became 1.5.",
    )


def test_canvas_fills_points_possible():
    """Where Canvas does not know what can be had it is told; where it knows otherwise the instructor is told."""
    empty = CANVAS.replace(b",,,,,3,10,", b",,,,,,10,")
    assert table(fill_canvas(empty).content)[2][5] == "3"
    merged = fill_canvas(CANVAS.replace(b",,,,,3,10,", b",,,,,9,10,"))
    assert table(merged.content)[2][5] == "9"
    assert "Canvas gives 9 points for it, we 3: ours are not scaled." in merged.notes


@pytest.mark.parametrize("column", ["KL divergence (77)", "KL divergence", " KL divergence (77)"])
def test_canvas_column_with_or_without_its_number(column):
    """The assignment is named as the instructor knows it."""
    assert table(fill_canvas(column=column).content)[3][5] == "1.5"


def test_canvas_takes_the_only_assignment():
    """Where there is one there is nothing to choose; what Canvas computes or keeps read-only is none."""
    one = CANVAS.replace(b"Essay (78)", b"Final Grade")
    assert table(fill_canvas(one, column="").content)[3][5] == "1.5"


@pytest.mark.parametrize(
    ("learners", "by"),
    [
        (("101", "102"), "ID"),
        (("S1", "s2"), "SIS User ID"),
        (("lovelace, ada", "Zuse,  Kim"), "Student"),
        (("lovelaceada_101_9001_kl", "zusekim_LATE_102_9002_kl"), "ID"),
        (("lovelaceada_101", "kimzuse_102"), "ID"),
    ],
)
def test_canvas_finds_learners_by_what_they_are_called(learners, by):
    """The column is guessed, or named; Canvas's own names of downloaded files serve too."""
    for asked in ("", by):
        merged = fill_canvas(CANVAS, *learners, by=asked)
        assert merged.notes[0] == f"2 of 2 learners matched by {by}."
        assert [row[5] for row in table(merged.content)][3:5] == ["1.5", "1.5"]


def test_canvas_invents_nobody():
    """Another platform's `team_101` is not the student 101."""
    with pytest.raises(ExportError, match="None of 2 learners stands in the roster"):
        fill_canvas(CANVAS, "team_101", "week_102")
    with pytest.raises(ExportError, match="None of 1 learners"):
        fill_canvas(CANVAS, " ")  # who has no login has no name in common with them
    with pytest.raises(ExportError, match="None of 1 learners"):  # 102 is Canvas's number, and no login
        fill_canvas(CANVAS.replace(b"s1,ada", b"s1,102"), "adalovelace_102_9_kl", by="SIS Login ID")


def test_canvas_with_names_in_two_columns():
    """Canvas can part first and last names; its number finds learners all the same."""
    data = CANVAS.replace(b"Student,ID", b"LastName,ID")
    assert fill_canvas(data, "lovelaceada_101_9001_kl").notes[0] == "1 of 1 learners matched by ID."


def test_canvas_with_semicolons_and_mark():
    """A file written for another country comes back as it came."""
    content = fill_canvas(b"\xef\xbb\xbf" + re.sub(rb'(".*?")|,', lambda m: m[1] or b";", CANVAS)).content
    assert content.startswith(b"\xef\xbb\xbfStudent;ID;")
    assert table(content, ";")[3][5] == "1.5"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: b"", "The roster is empty"),
        (lambda data: b"\xef\xbb\xbf\r\n", "The roster is empty"),
        (lambda data: data.replace(b"Ada", b"\xc4da"), "not UTF-8 text (byte 191)"),
        (lambda data: b"PK\x03\x04\x00" + data, "NUL characters"),
        (lambda data: b"<!DOCTYPE html>\n<html>", "a single column"),
        (lambda data: data.replace(b'"Zuse, Kim"', b'"Zuse" Kim'), "no CSV file"),
        (lambda data: data + b'"no end', "no CSV file"),
        (lambda data: data.replace(b"Student,ID", b"Name,Number"), "no columns Student and ID"),
        (lambda data: b"Name,Number\nAda,1\n", "no columns Student and ID"),
        (lambda data: data.replace(b"Student,ID", b"Name,ID"), "no columns Student and ID"),
        (lambda data: data.replace(b"Student,ID", b"Student,Number"), "no columns Student and ID"),
        (
            lambda data: data.replace(b"KL div", b"Div"),
            "no column called “KL divergence”. Did you mean “Divergence (77)”",
        ),
        (lambda data: data.replace(b"Essay (78)", b"KL divergence (78)"), "Several assignments are called so"),
        (lambda data: data.replace(b"Essay (78)", b"KL divergence (77)"), "2 columns called"),
        (lambda data: data.replace(b"102,s2,Kim@Uni.example", b"102,s2,ADA"), "“ada” stands in 2 rows"),
        (lambda data: data.replace(b",ada,", b",eva,").replace(b"Kim@Uni", b"Kim@Abc"), "None of 2 learners stands"),
    ],
)
def test_canvas_refuses(change, said):
    """What is wrong with the file is one sentence."""
    with pytest.raises(ExportError) as caught:
        fill_canvas(change(CANVAS))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_canvas_asks_which_assignment():
    """Nothing is guessed where two columns might be meant."""
    with pytest.raises(ExportError, match=r"Which assignment\? Name one with --column: KL divergence \(77\), Essay"):
        fill_canvas(column="")
    nothing = b"Student,ID,Section,Final Grade\nAda,1,A,\n"
    with pytest.raises(ExportError, match="has no assignment"):
        canvas.merge([graded("1")], nothing)


def test_canvas_refuses_an_unknown_key():
    """A column to match by that is not there is named, with the closest one."""
    with pytest.raises(ExportError, match=r"no column called “SIS Login”. Did you mean “SIS Login ID”\?"):
        fill_canvas(by="SIS Login")


@pytest.mark.parametrize(
    ("learners", "said"),
    [
        (("ada", "ada"), "Graded twice: ada."),
        (("ada", "ADA"), "“ada” and “ADA” are the same row"),
        ((), "There are no grades"),
    ],
)
def test_no_learner_twice(learners, said):
    """Which of two grades counts is not ours to decide."""
    with pytest.raises(ExportError, match=said):
        canvas.merge([graded(name) for name in learners], CANVAS, column="KL divergence")


# ---- Moodle ------------------------------------------------------------------------------------------------------


def test_moodle_fills_grade_and_feedback():
    """Unknown columns, dates with commas and the byte order mark stay; grades and comments are ours."""
    merged = fill_moodle()
    before, after = table(MOODLE), table(merged.content)
    assert merged.content.startswith(b"\xef\xbb\xbfIdentifier,")
    assert b"\r" not in merged.content
    assert [row[4] for row in after] == ["Grade", "1.5", "1.5", ""]
    assert [row[:4] + row[5:9] for row in after] == [row[:4] + row[5:9] for row in before]
    assert after[1][9].startswith("<pre>double: not yet (0.5 of 2 points)<br>")
    assert after[3][9] == ""
    assert merged.notes == (
        "2 of 2 learners matched by Email address.",
        "In the roster, but not graded (1, left as they were): Participant 13 =cmd|' /C calc'!A0.",
        "Other grades stood there before (1): Participant 12 Kim Zuse: 1.00 became 1.5.",
    )


def test_moodle_knows_its_own_file_names():
    """A folder of downloaded submissions matches by participant, also where names are hidden."""
    for names in (
        ("Ada Lovelace_11_assignsubmission_file", "Kim Zuse_12_assignsubmission_file_kl"),
        ("Ada Lovelace_11", "Kim Zuse_12"),
        ("Group A-Ada Lovelace_11_assignsubmission_file", "Participant_12"),
    ):
        merged = fill_moodle(MOODLE, *names)
        assert merged.notes[0] == "2 of 2 learners matched by Identifier."
        assert [row[4] for row in table(merged.content)][1:3] == ["1.5", "1.5"]


@pytest.mark.parametrize(
    ("learners", "by"), [(("Participant 11", "participant_12"), "Identifier"), (("ada lovelace",), "Full name")]
)
def test_moodle_finds_learners(learners, by):
    """By number, or by name."""
    assert fill_moodle(MOODLE, *learners).notes[0].endswith(f"matched by {by}.")


def test_moodle_without_numbers():
    """Where no column has the participants' numbers, others will do; a name is the last of them."""
    data = MOODLE.replace(b"Identifier", b"Group")
    for participant, group in ((b"Participant 11", b"x"), (b"Participant 12", b"y"), (b"Participant 13", b"z")):
        data = data.replace(participant, group)
    assert fill_moodle(data).notes[0] == "2 of 2 learners matched by Email address."
    assert fill_moodle(data, "ada@uni.example", "Kim Zuse").notes[0] == "1 of 2 learners matched by Email address."
    twice = data.replace(b"Status", b"Email address")  # of two that are called the same, neither will do
    assert fill_moodle(twice, "Kim Zuse").notes[0] == "1 of 1 learners matched by Full name."
    with pytest.raises(ExportError, match=r"no column by which to find a learner \(\)\. It has: Grade, Maximum Grade"):
        fill_moodle(b"Grade,Maximum Grade,Email address\n,3,ada@uni.example\n")


def test_nothing_is_told_of_nothing():
    """Where all are found and nothing stood there before; a row without a first cell is called by its second."""
    table = roster.Roster(["Student", "ID"], [["Ada", "1"], ["", "2"]], False, ",", "\n")
    keys = roster.Keys(("ID",), lambda _, cell: cell, lambda _, learner: [learner])
    assert roster.match(table, [graded("1")], keys, [0]) == ({0: graded("1")}, ("1 of 1 learners matched by ID.",))
    assert roster.match(table, [graded("1")], keys, [0, 1])[1][1:] == (
        "In the roster, but not graded (1, left as they were): 2.",
    )
    assert roster.replaced(["", ""]) == ()


def test_who_has_no_grade():
    """Whose work could not be read is not waiting as well; what a person has marked is a grade."""
    by_hand = Mark("learner", "kim", "tutor", "now", 1.0)
    marked = replace(unread().reports[0], marks=(by_hand,))
    both = Graded("bo", starved().reports, "No zip.")
    told = roster.not_graded([replace(unread(), reports=(marked,)), both, graded()])
    assert told == ("Could not be read, so no grade is written (1): bo (No zip).",)


def test_the_first_line_tells_what_parts_cells():
    """Whatever stands in the others, and where there are no others."""
    assert roster.read(b"a;b\n1,2,3;x\n").rows == [["1,2,3", "x"]]
    assert roster.read(b"a,b").header == ["a", "b"]
    with pytest.raises(ExportError, match=r"no column called “zzz”\. It has: a, b\."):
        roster.read(b"a,b").column("zzz")


def test_moodle_reads_its_own_file_names():
    """A download is called after its learner and after the number of the participant; the first number is theirs."""
    strange = "Nobody_12_assignsubmission_file_x_11_assignsubmission_file"
    merged = fill_moodle(MOODLE, "Ada  lovelace_99_assignsubmission_file", by="Full name")
    assert [row[4] for row in table(merged.content)][1:3] == ["1.5", "1.00"]
    assert [row[4] for row in table(fill_moodle(MOODLE, strange).content)][1:3] == ["", "1.5"]


def test_moodle_invents_nobody():
    """A number in a name is no participant."""
    with pytest.raises(ExportError, match="None of 5 learners stands in the roster"):
        fill_moodle(MOODLE, "student11", "12", "student_11", "Ada_12", "7_11")


def test_moodle_leaves_what_is_locked():
    """A grade that Moodle will not change is not filled in, and is named."""
    merged = fill_moodle(MOODLE, "eve@uni.example")
    assert table(merged.content)[3][4] == ""
    assert "Moodle does not let these grades be changed (1): eve@uni.example." in merged.notes


def test_moodle_of_another_maximum():
    """3 of 3 points are not 3 of 100."""
    merged = fill_moodle(MOODLE.replace(b",3.00,Yes", b",30.00,Yes"))
    assert merged.notes.count("Moodle's maximum is 30.00, ours 3: set it in Moodle.") == 1


def test_moodle_without_feedback():
    """A worksheet that has no column for comments gets the grades."""
    merged = fill_moodle(MOODLE.replace(b"Feedback comments", b"Feedback files"))
    assert [row[4] for row in table(merged.content)][1:3] == ["1.5", "1.5"]
    assert table(merged.content)[2][9] == "old words"
    assert any("no column for feedback" in note for note in merged.notes)


def test_moodle_tells_why_nothing_was_graded():
    """The comment of an unreadable submission says so."""
    content = moodle.merge([unread()], MOODLE.replace(b"Kim Zuse", b"kim")).content
    assert table(content)[2][9] == "<pre>Nothing could be graded. It is not a regular file.</pre>"


@pytest.mark.parametrize("strange", STRANGE)
def test_comment_is_never_a_formula(strange):
    """Moodle shows it as the plain text that it is, and a spreadsheet as text."""
    comment = moodle.as_comment(STRANGE[strange])
    assert comment.startswith("<pre>")
    assert re.findall(r"<(?!br>)[^>]*>", comment) == ["<pre>", "</pre>"]
    assert "\n" not in comment


# ---- Moodle in other languages -----------------------------------------------------------------------------------

# heading of: identifier, name, status, grade, maximum, whether it can be changed, dates, comments; participant, yes, no
LANGUAGES = {
    "de": "ID;Vollständiger Name;Status;Bewertung;Bestwertung;Bewertung kann geändert werden;Zuletzt geändert (Abgabe);"
    "Zuletzt geändert (Bewertung);Feedback als Kommentar;Teilnehmer/in;Ja;Nein",
    "fr": "Identifiant;Nom complet;Statut;Note;Note maximale;La note peut être modifiée;Dernière modification (travail "
    "remis);Dernière modification (note);Feedback par commentaires;Participant;Oui;Non",
    "es": "Identificador;Nombre completo;Estado;Calificación;Calificación máxima;La calificación puede ser cambiada;"
    "Última modificación (entrega);Última modificación (calificación);Comentarios de retroalimentación;Participante;"
    "Sí;No",
    "pt": "Identificador;Nome completo;Estado;Nota;Nota máxima;A nota pode ser alterada.;Última atualização "
    "(submissão);Última atualização (avaliação);Comentários de feedback;Participante;Sim;Não",
    "it": "Identificativo;Nome;Stato;Valutazione;Valutazione massima;La valutazione può essere cambiata;Ultima "
    "modifica (consegna);Ultima modifica (valutazione);Commenti;Partecipante;Sì;No",
    "nl": "Identificatie;Volledige naam;Status;Cijfer;Maximaal cijfer;Het cijfer kan gewijzigd worden;Laatst gewijzigd "
    "(inzending);Laatst gewijzigd (beoordeling);Feedback tekstvak;Deelnemer;Ja;Nee",
    "pl": "identyfikator;Imię i nazwisko;Status;Ocena;Maksymalna ocena;Ocena może być zmieniona;Ostatnia modyfikacja "
    "(przesłane rozwiązanie);Ostatnia aktualizacja (ocena);Komentarz;Uczestnik;Tak;Nie",
    "ru": "Идентификатор;Полное имя;Статус;Оценка;Максимальная оценка;Оценка может быть изменена;Последнее изменение "
    "(ответ);Последнее изменение (оценка);Отзыв в виде комментария;Участник;Да;Нет",
    "ja": "ID;フルネーム;ステータス;評点;最大評点;評点変更可;最終更新日時 (提出);最終更新日時 (評定);"
    "フィードバックコメント;参加者;Yes;No",
    "zh": "标识符;全名;状态;成绩;最高分;允许更改成绩;上次修改（作业）;上次修改（评分）;反馈意见;参与人;是的;否",
    "of no list": "Tunniste;Nimi;Tila;Arvosana;Suurin;Muutettavissa;Palautus;Muutettu;Sanat;Osallistuja;Kyllä;Ei",
}
DATE = "Mittwoch, 13. März 2026, 19:59"


def sheet(language: str, delimiter: str = ",", *, point: str = "", more: bool = False) -> bytes:
    """The worksheet of four participants; that of the last cannot be changed. `more`: two columns of other ids."""
    *headings, participant, yes, no = LANGUAGES[language].split(";")
    point = point or ("." if language in ("ja", "zh") else ",")
    people = [("Ada Lovelace", "2,50", yes), ("Kim Zuse", "1,50", yes), ("Kim Zuse", "", yes), ("Eve", "2,00", no)]
    rows = [
        [f"{participant}{11 + n}", name, "…", grade, "3,00", changeable, DATE, DATE if n else "-", ""]
        for n, (name, grade, changeable) in enumerate(people)
    ]
    for row in rows:
        row[3:5] = [cell.replace(",", point) for cell in row[3:5]]
    if more:
        for n, row in enumerate([headings, *rows]):
            row[2:2] = [f"m{n}", f"{n}@uni.example"]
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows([headings, *rows])
    return ("\ufeff" + target.getvalue()).encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_moodle_in_any_language(language, delimiter):
    """Columns are found, numbers are read and written as the worksheet does; what is locked stays, and all else."""
    data = sheet(language, delimiter)
    names = [f"Somebody_{number}_assignsubmission_file" for number in (11, 12, 13, 14)]
    merged = fill_moodle(data, *names)
    before, after = table(data, delimiter), table(merged.content, delimiter)
    said = "\n".join(merged.notes)
    point = "." if language in ("ja", "zh") else ","
    half = f"1{point}5"
    assert merged.content.startswith(b"\xef\xbb\xbf")
    assert merged.notes[0] == f"4 of 4 learners matched by {before[0][0]}."
    known = language != "of no list"
    assert [row[3] for row in after[1:]] == [half, half, half, f"2{point}00" if known else half]
    assert [row[8][:5] for row in after[1:]] == ["<pre>"] * 3 + ["" if known else "<pre>"]
    assert [row[:3] + row[4:8] for row in after] == [row[:3] + row[4:8] for row in before]
    assert f"(1): {before[1][0]} Ada Lovelace: 2{point}50 became {half}." in said or not known
    assert "Moodle in English" not in said
    assert "refuse" not in said
    assert "Moodle's maximum" not in said
    assert (f"be changed (1): {names[3]}" in said) == known
    assert ("that are not known here (Ei, Kyllä)" in said) != known


def test_moodle_match_and_column_override():
    """What is named is taken, in whatever language; a number is found by its word alone."""
    data = sheet("de", more=True)
    data = data.replace(b"\nTeil", b"\n\nTeil", 1)  # a blank line is nobody
    by_id = fill_moodle(data, "Teilnehmerin11", "Participant 13", by="ID")
    assert [row[5] for row in table(by_id.content)[1:] if row] == ["1,5", "1,50", "1,5", "2,00"]
    with pytest.raises(ExportError, match="None of 2 learners stands"):
        fill_moodle(data, "student11", "12", by="ID")
    assert fill_moodle(data, "2@uni.example").notes[0] == "1 of 1 learners matched by 0@uni.example."
    other = fill_moodle(data, "m1", by="m0", column="Status", feedback="Zuletzt geändert (Abgabe)")
    assert table(other.content)[2][4] == "1,5"
    assert table(other.content)[2][8].startswith("<pre>")
    with pytest.raises(ExportError, match="Did you mean “Bewertung”"):
        fill_moodle(data, "m1", column="Bewertungen")


@pytest.mark.parametrize(("language", "written"), [("de", "1,5"), ("ja", "1.5")])
def test_whole_numbers_follow_the_language(language, written):
    """Where no number of the worksheet has a fraction, its headings tell how one is written."""
    data = re.sub(rb'"?(\d)[.,]\d\d"?', rb"\1", sheet(language))
    assert table(fill_moodle(data, "ada lovelace").content)[1][3] == written


def test_two_of_one_name():
    """Another column tells them apart; where none does, nobody is guessed."""
    assert fill_moodle(sheet("de", more=True), "m2", "m3").notes[0].startswith("2 of 2 learners matched by m0")
    with pytest.raises(ExportError, match="“kim zuse” stands in 2 rows of the roster by its column Vollständiger Name"):
        fill_moodle(sheet("de"), "kim zuse")


def test_moodle_by_looks_alone():
    """What is found by its place is told; what may be several columns is asked for."""
    merged = fill_moodle(sheet("of no list"), "Osallistuja 11")
    assert "The grades go into “Arvosana”, which is known by its place and its cells alone" in "\n".join(merged.notes)
    assert "The comments go into “Sanat”" in "\n".join(merged.notes)
    without = sheet("of no list").replace("…".encode(), b"")  # an empty column stands beside that of the grades
    assert table(fill_moodle(without, "Osallistuja 11").content)[1][3] == "1,5"
    beside = fill_moodle(sheet("de").replace(b",Bewertung,", b",Punkte,").replace(b"3,00", b"x"), "ada lovelace")
    assert table(beside.content)[1][3] == "1,5"
    assert "“Punkte”, which is known by its place" in "\n".join(beside.notes)
    twice = sheet("of no list").replace(f'"{DATE}"'.encode(), b"5").replace(b",-,", b",5,")
    with pytest.raises(ExportError, match=r"Several columns of the worksheet may be that of the grades: .*Arvosana"):
        fill_moodle(twice, "Osallistuja 11")
    with pytest.raises(ExportError, match="No column of the worksheet is known as that of the grades"):
        fill_moodle(sheet("of no list").replace(b"3,00", b"x"), "Osallistuja 11")


def test_moodle_by_a_scale():
    """Points are no words of a scale."""
    scale = sheet("de").replace(b"Bestwertung", b"Skala").replace(b"3,00", b"gut\nschlecht")
    with pytest.raises(ExportError, match=r"by a scale .“Skala”.*set the assignment to points in Moodle"):
        fill_moodle(scale, "ada lovelace")
    ends = "\n".join(",".join(row[:5]) for row in table(scale))  # there may be nothing behind it
    with pytest.raises(ExportError, match="by a scale"):
        fill_moodle(ends.encode(), "ada lovelace")


def test_moodle_tells_what_it_needs():
    """The heading that Moodle looks for is named in the worksheet's language."""
    lacks = sheet("de").replace("Zuletzt geändert (Bewertung)".encode(), b"Notiz")
    assert (
        "Moodle will refuse the worksheet without its column “Zuletzt geändert (Bewertung)”."
        in fill_moodle(lacks, "ada lovelace").notes
    )


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("8,50", 8.5), ("8.5", 8.5), ("1.000,50", 1000.5), ("1,000.50", 1000.5), ("1 000,5", 1000.5), ("21", 21)),
        *(("", None), ("-", None), ("EX", None), ("nan", None), ("inf", None), ("1,2,3", None)),
    ],
)
def test_numbers_of_other_countries(cell, number):
    """8,50 is 8.5."""
    assert roster.value(cell) == number


# ---- what is no grade --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", ["", "1", "EX"])
def test_canvas_writes_no_grade_where_there_is_none(standing):
    """What could not be read, and what is not final, leave the cell as it was: Canvas takes an empty one for a wish."""
    stands = standing.encode()
    data = CANVAS.replace(b"s1,ada,A,", b"s1,ada,A," + stands).replace(b"A,1,,,", b"A," + stands + b",,,")
    merged = canvas.merge([unread("No zip.", "ada"), starved("kim@uni.example")], data, column="KL divergence")
    assert merged.content == data
    assert merged.notes[2:4] == (
        "Could not be read, so no grade is written (1): ada (No zip).",
        "Not final, as the machine was too busy, so no grade is written (1): kim@uni.example. "
        "Grade again: the same command grades these.",
    )


def test_moodle_writes_no_grade_where_there_is_none():
    """The grade that stands there stays; who could not be read is told why, who waits is told nothing yet."""
    merged = moodle.merge([unread("No zip.", "ada@uni.example"), starved("kim@uni.example")], MOODLE)
    after = table(merged.content)
    assert [row[4] for row in after[1:3]] == ["", "1.00"]
    assert [row[9] for row in after[1:3]] == ["<pre>Nothing could be graded. No zip.</pre>", "old words"]
    assert [note.partition(":")[0] for note in merged.notes if "no grade is written" in note] == [
        "Could not be read, so no grade is written (1)",
        "Not final, as the machine was too busy, so no grade is written (1)",
    ]


# ---- any roster --------------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=9)


@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=5), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_the_instructors_cells_survive(rows, mark, line_end):
    """Whatever stands in the roster's other cells, formulas too, is there afterwards."""
    rows = [row for row in rows if row[0].strip()]
    target = io.StringIO(newline="")
    header = ["Identifier", "Username", "Grade", "Notes"]
    csv.writer(target, lineterminator=line_end).writerows([header, ["Participant 5", "ada", "", ""], *rows])
    data = (("\ufeff" if mark else "") + target.getvalue()).encode()
    content = moodle.merge([graded("participant 5")], data).content
    assert content.startswith(b"\xef\xbb\xbf") == mark
    assert table(content)[2:] == rows
    assert table(content)[1] == ["Participant 5", "ada", "1.5", ""]


@pytest.mark.parametrize(
    ("points", "written"), [(0, "0"), (3, "3"), (1.5, "1.5"), (1.67, "1.67"), (10, "10"), (12345.67, "12345.67")]
)
def test_points(points, written):
    """A decimal point, no exponent, no zeros behind."""
    assert roster.number(points) == written


def test_many_learners():
    """Nobody is lost among a thousand."""
    data = ("Student,ID,Section,KL (1)\n" + "".join(f"S {n},{n},A,\n" for n in range(1000))).encode()
    rows = table(canvas.merge([Graded(str(n), ()) for n in range(1000)], data).content)
    assert [row[3] for row in rows[1:]] == ["0"] * 1000
