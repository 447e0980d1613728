"""What is told of an update: each sentence, whole."""

from __future__ import annotations

from typing import cast

import pytest

from coursekit.course.updating import telling
from coursekit.course.updating.carrying import Carried
from coursekit.course.updating.changes import Changes
from coursekit.course.updating.planning import Wanted

ONE, TWO, MODULE = "notebooks/00_one.ipynb", "notebooks/01_two.ipynb", "exercises/one.py"


class Changed:
    """Changes as they are said to be: `halve` has another signature and docstring, three another docstring alone."""

    def signature(self, name: str) -> tuple[str, str] | None:
        """As `Changes.signature`."""
        return ("def halve(x)", "def halve(y)") if name == "halve" else None

    def docstring(self, name: str) -> bool:
        """As `Changes.docstring`."""
        return name in ("double", "halve", "negate", "triple", "nobody's")

    def words(self, name: str) -> str:
        """As `Changes.words`."""
        return f"The new {name}.\nIn two lines."

    def checks(self, name: str) -> bool:
        """As `Changes.checks`."""
        return name in ("double", "triple", "nobody's")


def wanted(**fields: object) -> Wanted:
    return Wanted(cast(Changes, Changed()), **fields)  # type: ignore[arg-type]


def test_all_of_an_update():
    """The course first, then what is the learner's, then what needs a look; of what is not there nothing is said."""
    notebooks = Carried(
        answers={"double": ONE, "halve": TWO, "triple": ONE, "negate": TWO},
        moved={"halve": ONE},
        described=["double", "negate"],
        spare={"double": 1, "halve": 2},
        lent=["halve", "triple"],
        removed={"old": ["def old(): 1", "def old(): 2"]},
        own={ONE: 2, TWO: 1},
        noted={ONE: 1, TWO: 0},
        edited={TWO: 3},
        back={ONE: 2},
        homeless={"notebooks/05_gone.ipynb": 1},
    )
    modules = Carried(
        answers={"double": MODULE, "halve": MODULE},
        moved={"halve": "exercises/two.py"},
        described=["double", "halve"],
        lent=["halve"],
        removed={"old": ["def old(): 2"], "older": ["def older(): 0"]},
        noted={MODULE: 2},
    )
    all_of_it = wanted(
        carried=[notebooks, modules],
        unreadable={TWO: "it is empty"},
        conflicts=[ONE, ONE],
        replaced=["README.md"],
        left=["a.csv", "b.csv"],
        lessons={
            ONE: "changed",
            TWO: "changed",
            "notebooks/02_new.ipynb": "new",
            "notebooks/03_moved.ipynb": "new",
            "notebooks/02_moved.ipynb": "gone",
            "notebooks/05_gone.ipynb": "gone",
            "exercises/gone.py": "gone",
        },
    )
    assert telling.sentences(all_of_it) == [
        "notebooks/02_moved.ipynb is notebooks/03_moved.ipynb now.",
        "notebooks/00_one.ipynb and notebooks/01_two.ipynb have changed.",
        "notebooks/02_new.ipynb is new.",
        "notebooks/05_gone.ipynb is no longer in the course.",
        "Carried over: 4 answers in notebooks, 2 answers in exercises/, 3 cells or pieces of your own.",
        "notebooks/00_one.ipynb stood in conflict: both sides were read, and your answers in it are kept.",
        "halve has moved from notebooks/00_one.ipynb to notebooks/01_two.ipynb, and your answer with it.",
        "halve and triple: what your answer needs of its old lesson stands above it.",
        "halve has another signature: `def halve(y)`. Your answer stands as you wrote it, with `def halve(x)`: change "
        "it, and check it again.",
        "double and negate: described anew. The new docstring stands above your answer: read it again.",
        "triple: described anew, where you have words of your own. what-changed.txt has the new ones.",
        "double and triple: their checks have changed since you answered. Check again.",
        "double had several answers in notebooks/00_one.ipynb: the last one counts, and another answer stands above "
        "it.",
        "halve had several answers in notebooks/01_two.ipynb: the last one counts, and 2 other answers stand above it.",
        "old and older are no longer exercises: your answers stand in answers-to-removed-exercises.py, beside your old "
        "files.",
        "notebooks/00_one.ipynb and exercises/one.py (2): text of the course that you had changed, and the course as "
        "well: yours stands below it, as a note.",
        "notebooks/01_two.ipynb (3): text of the course that you had changed, which stays as you have it.",
        "notebooks/00_one.ipynb (2): cells of the course that you had deleted are back.",
        "notebooks/05_gone.ipynb: cells of your own whose lesson is gone: they are in your old files.",
        "notebooks/01_two.ipynb could not be read (it is empty): the lesson is as it is shipped, and yours among your "
        "old files.",
        "You had changed README.md: the course's own is there now, and yours among your old files.",
        "a.csv and b.csv: as you have changed it, for the course has not.",
    ]
    assert (
        telling.report(all_of_it).splitlines()[-4:]
        == [
            *("", "triple is described so now:", "", "    The new triple."),
            *("    In two lines.",),
        ][-4:]
    )
    assert telling.removed_answers(all_of_it) == (
        "# old\n\ndef old(): 1\n\n\n# old\n\ndef old(): 2\n\n\n# older\n\ndef older(): 0\n"
    )


def test_nothing_is_said_of_nothing():
    """An update of a course in which nobody has written, and that was the newest."""
    assert telling.sentences(wanted(carried=[Carried(), Carried()])) == []
    assert telling.report(wanted()) == ""
    assert telling.removed_answers(wanted()) == ""


@pytest.mark.parametrize(
    ("carried", "said"),
    [
        (Carried(answers={"zero": ONE}), "Carried over: 1 answer in notebooks."),
        (Carried(answers={"zero": MODULE}), "Carried over: 1 answer in exercises/."),
        (Carried(own={ONE: 1}), "Carried over: 1 cell or piece of your own."),
    ],
)
def test_one_of_a_kind(carried: Carried, said: str):
    """It is not told in the plural, nor with a nought."""
    assert telling.sentences(wanted(carried=[carried])) == [said]


def test_one_exercise():
    """Its checks, and its place in the course."""
    said = telling.sentences(wanted(carried=[Carried(answers={"triple": ONE}, removed={"old": ["1"]})]))
    assert "triple: its checks have changed since you answered. Check again." in said
    assert said[-1].startswith("old is no longer an exercise: your answer stands in answers-to-removed")


@pytest.mark.parametrize(("count", "ends"), [(12, "10 and 11"), (13, "11 and 1 more"), (15, "11 and 3 more")])
def test_a_row_of_names_ends(count: int, ends: str):
    """On the screen, after a dozen; in the report it does not."""
    many = wanted(left=[str(number) for number in range(count)])
    assert telling.sentences(many)[0].partition(":")[0].endswith(ends)
    assert f"and {count - 1}: as you" in telling.report(many)
