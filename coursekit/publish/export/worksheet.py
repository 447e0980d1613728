"""Which column of Moodle's grading worksheet is which, in whatever language it was downloaded.

The columns and their order are those of mod/assign/gradingtable.php: identifier, full name, what else identifies a
person, status, group, marker, grade, maximum (or the scale), workflow, whether the grade can be changed, dates, what
was handed in, the date of the grade, comments. Their headings are Moodle's own translations (assign.php, moodle.php,
grades.php, langconfig.php and assignfeedback_comments.php of its language packs). In a language that is not listed a
column is found by its place and by what its cells look like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from coursekit.errors import ExportError
from coursekit.publish.export import roster
from coursekit.publish.export.roster import Roster
from coursekit.text import clean_name


class _Language(NamedTuple):
    """Headings, and the words below one of them. A `|` parts what different versions say."""

    identifier: str
    name: str
    grade: str
    maximum: str
    changeable: str
    modified: str
    feedback: str
    scale: str
    yes: str
    no: str
    comma: bool = True  # whether 8.5 is written 8,5


# fmt: off
_LANGUAGES = (
    _Language("Identifier", "Full name", "Grade", "Maximum grade", "Grade can be changed",
              "Last modified (grade)", "Feedback comments", "Scale", "Yes", "No", comma=False),
    _Language("ID", "Vollständiger Name", "Bewertung", "Bestwertung", "Bewertung kann geändert werden",
              "Zuletzt geändert (Bewertung)", "Feedback als Kommentar", "Skala", "Ja", "Nein"),
    _Language("Identifiant", "Nom complet", "Note", "Note maximale", "La note peut être modifiée",
              "Dernière modification (note)", "Feedback par commentaires", "Barème", "Oui", "Non"),
    _Language("Identificador", "Nombre completo", "Calificación", "Calificación máxima",
              "La calificación puede ser cambiada", "Última modificación (calificación)",
              "Comentarios de retroalimentación", "Escala", "Sí", "No"),
    _Language("Identificador|Número de identificação", "Nome completo", "Avaliação|Nota", "Nota máxima",
              "A nota pode ser alterada.", "Última atualização (avaliação)", "Comentários de feedback", "Escala",
              "Sim", "Não"),
    _Language("Identificador", "Nome completo", "Nota", "Nota máxima", "Nota pode ser alterada",
              "Última modificação (nota)", "Comentários de feedback", "Escala", "Sim", "Não"),  # of Brazil
    _Language("Identificativo", "Nome", "Valutazione", "Valutazione massima", "La valutazione può essere cambiata",
              "Ultima modifica (valutazione)", "Commenti", "Scala", "Sì", "No"),
    _Language("Identificatie", "Volledige naam", "Cijfer|Beoordeling", "Maximaal cijfer",
              "Het cijfer kan gewijzigd worden", "Laatst gewijzigd (beoordeling)", "Feedback tekstvak", "Schaal",
              "Ja", "Nee"),
    _Language("Identyfikator", "", "Ocena", "Maksymalna ocena", "Ocena może być zmieniona",
              "Ostatnia aktualizacja (ocena)", "", "Skala", "Tak", "Nie"),
    _Language("Идентификатор", "Полное имя", "Оценка", "Максимальная оценка", "Оценка может быть изменена",
              "Последнее изменение (оценка)", "Отзыв в виде комментария", "Шкала", "Да", "Нет"),
    _Language("ID", "フルネーム", "評点|評定", "最大評点", "評点変更可", "最終更新日時 (評定)",
              "フィードバックコメント", "評価尺度", "Yes", "No", comma=False),
    _Language("标识符|识别码", "全名", "成绩", "最高分|最高成绩", "允许更改成绩", "上次修改（评分）|最后修改（教师）",
              "反馈意见", "量表", "是的|是", "否", comma=False),
    _Language("Identificador", "Nom complet", "Qualificació", "Qualificació màxima", "Es pot canviar la qualificació",
              "Darrera modificació (qualificació)", "Comentaris de retroacció.", "Escala", "Sí", "No"),
    _Language("Identifierare", "Fullständigt namn", "Betyg", "Maxbetyg", "Betyg kan ändras",
              "Senast modifierat (betyg)", "Återkopplingskommentarer", "Skala", "Ja", "Nej"),
    _Language("Ідентифікатор", "Повна назва", "Оцінка", "Максимальна оцінка", "Оцінка може бути змінена",
              "Востаннє змінювалося (оцінка)", "Відгук - коментарем", "", "Так", "Ні"),
    _Language("Tanımlayıcı", "Tam adı", "Not", "Enyüksek not", "Not değiştirilebilir", "Son düzenleme (not)",
              "Geri bildirim yorumları", "", "Evet", "Hayır"),
    _Language("식별자", "전체 이름", "성적", "최대 성적", "", "마지막 수정됨(성적)", "피드백 코멘트", "", "예",
              "아니오", comma=False),
)
# fmt: on
_HEADINGS = ("identifier", "name", "grade", "maximum", "changeable", "modified", "feedback")


@dataclass(frozen=True)
class Columns:
    """The places of the columns, None where there is none.

    Attributes:
        comma: whether numbers have a decimal comma.
        misses: the heading without which Moodle refuses the worksheet, where it is missing.
        notes: what was found by its looks alone, one sentence each.
    """

    grade: int
    identifier: int | None
    name: int | None
    maximum: int | None
    changeable: int | None
    feedback: int | None
    comma: bool
    misses: str
    notes: tuple[str, ...]


def columns(table: Roster, students: Sequence[int], *, grade: str = "", feedback: str = "") -> Columns:
    """Finds them by their headings, else by their place and their cells.

    Args:
        table: the worksheet.
        students: the rows that are learners.
        grade: the heading of the grades, where it is not to be found out.
        feedback: the heading of the comments, likewise.

    Raises:
        ExportError: a heading that was given is not there, the grades cannot be told, or are no points.
    """
    cells = [[table.rows[row][place].strip() for row in students] for place in range(len(table.header))]
    language = _language(table.header)
    known = {name: _known(table.header, language, name) for name in _HEADINGS}
    notes = []
    place = table.column(grade) if grade else known["grade"]
    if place is None:
        place = _by_numbers(table, cells) if not known["maximum"] else known["maximum"] - 1  # they stand together
        notes.append(_by_looks(table, place, "The grades", "--column"))
    scale = {word for each in _LANGUAGES for word in _words(each.scale)}
    if place + 1 < len(table.header) and _plain(table.header[place + 1]) in scale:
        raise ExportError(
            f"Moodle grades this assignment by a scale (“{clean_name(table.header[place + 1])}”), and ours are points: "
            "set the assignment to points in Moodle, then download the worksheet again."
        )
    maximum = known["maximum"]
    if maximum is None and _maximum(cells, place + 1):
        maximum = place + 1
    behind = (place if maximum is None else maximum) + 1
    changeable = known["changeable"]
    if changeable is None:
        changeable = next((each for each in range(behind, behind + 2) if _is_yes_or_no(cells, each)), None)
    comments = table.column(feedback) if feedback else known["feedback"]
    if comments is None and not (language and language.feedback):
        comments = _behind_dates(cells, behind)
        if comments is not None:
            notes.append(_by_looks(table, comments, "The comments", "--feedback"))
    misses = language.modified.partition("|")[0] if language and known["modified"] is None else ""
    return Columns(
        place,
        known["identifier"] if known["identifier"] is not None else _numbered(cells),
        known["name"],
        maximum,
        changeable,
        comments,
        _has_comma([*cells[place], *(cells[maximum] if maximum is not None else [])], language),
        misses,
        tuple(notes),
    )


def is_locked(cell: str) -> bool | None:
    """Whether the grade of that row cannot be changed, by the word that says so; None for a word that is not known."""
    word = _plain(cell)
    if any(word in _words(each.no) for each in _LANGUAGES):
        return True
    return False if any(word in _words(each.yes) for each in _LANGUAGES) else None


def _plain(text: str) -> str:
    return roster.plain_key(text).rstrip(".")


def _words(variants: str) -> list[str]:
    return [_plain(word) for word in variants.split("|") if word]


def _language(header: Sequence[str]) -> _Language | None:
    """The language in which most headings are known; None where hardly any is."""
    titles = {_plain(title) for title in header}

    def known(language: _Language) -> int:
        return sum(any(word in titles for word in _words(getattr(language, name))) for name in _HEADINGS)

    best = max(_LANGUAGES, key=known)
    return best if known(best) > 2 else None


def _known(header: Sequence[str], language: _Language | None, name: str) -> int | None:
    """The place of the only column with one of the headings: of the worksheet's language, else of any."""
    for languages in ([language] if language else [], _LANGUAGES):
        words = {word for each in languages for word in _words(getattr(each, name))}
        places = [place for place, title in enumerate(header) if _plain(title) in words]
        if len(places) == 1:
            return places[0]
    return None


def _by_looks(table: Roster, place: int, what: str, option: str) -> str:
    return (
        f"{what} go into “{clean_name(table.header[place])}”, which is known by its place and its cells alone: "
        f"name another with {option}, if that is wrong."
    )


def _by_numbers(table: Roster, cells: Sequence[Sequence[str]]) -> int:
    """The column of the grades: numbers or nothing, and behind it the maximum."""
    places = [place for place in range(1, len(cells)) if _is_grade(cells, place)]
    if len(places) != 1:
        found = "Several columns of the worksheet may be" if places else "No column of the worksheet is known as"
        titles = [table.header[place] for place in places] or table.header
        raise ExportError(
            f"{found} that of the grades: name one with --column. It has: {', '.join(map(clean_name, titles))}."
        )
    return places[0]


def _is_grade(cells: Sequence[Sequence[str]], place: int) -> bool:
    highest = _maximum(cells, place + 1)
    if highest is None:
        return False
    grades = [roster.value(cell) for cell in cells[place] if cell not in ("", "-")]
    return all(grade is not None and 0 <= grade <= highest for grade in grades)


def _maximum(cells: Sequence[Sequence[str]], place: int) -> float | None:
    """The number above 0 that a column holds throughout; None where it holds something else."""
    if place >= len(cells) or len(set(cells[place])) != 1:
        return None
    number = roster.value(cells[place][0])
    return number if number is not None and number > 0 else None


def _is_yes_or_no(cells: Sequence[Sequence[str]], place: int) -> bool:
    """Whether a column holds a word or two, and nothing else."""
    if place >= len(cells):
        return False
    words = set(cells[place])
    return 0 < len(words) <= 2 and all(word and not re.search(r"\d", word) and word != "-" for word in words)


def _behind_dates(cells: Sequence[Sequence[str]], start: int) -> int | None:
    """The column behind the last one of dates, which is when the grade was changed; `-` stands for none."""
    for place in range(len(cells) - 2, start - 1, -1):
        if cells[place] and all(cell == "-" or re.search(r"\d.*\d", cell) for cell in cells[place]):
            return place + 1
    return None


def _numbered(cells: Sequence[Sequence[str]]) -> int | None:
    """The first column, where each cell is the same word and a number: Participant 4321, Teilnehmer/in7005."""
    found = [re.fullmatch(r"(\D*[^\W\d_]\W*)\d+", cell) for cell in cells[0]] if cells else []
    return 0 if found and len({match and match[1] for match in found}) == 1 and found[0] else None


def _has_comma(numbers: Sequence[str], language: _Language | None) -> bool:
    """Whether the worksheet writes 8,5: by its numbers, or where all are whole, by its language."""
    parts = [number for number in numbers if re.search(r"\d[.,]\d", number)]
    if parts:
        return all("," in number and "." not in number for number in parts)
    return language is not None and language.comma
