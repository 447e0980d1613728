"""What is said at the end of a run, sentence by sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.classroom.remarks import Remarks, of_strangers
from coursekit.report import Graded, Mark, Outcome, Report


def learner(name: str, problem: str = "", **fields: object) -> Graded:
    report = Report("kl", name, fields.pop("outcome", Outcome.FAILED), (), 1.0, 2.0, **fields)  # type: ignore[arg-type]
    return Graded(name, (report,), problem)


def said(*grades: Graded) -> list[str]:
    remarks = Remarks()
    for graded in grades:
        remarks.add(graded)
    return list(remarks.lines(Path("out")))


def by_hand(points: float | None, *, other_work: bool = True) -> tuple[Mark, ...]:
    return (Mark("learner", "x", "tutor", "now", points, "Well.", other_work),)


def test_nothing_to_be_said():
    """Of grades that are what they seem: marked for this work, or with a comment alone."""
    fine = [learner("ann"), learner("bo", marks=by_hand(1.0, other_work=False)), learner("cy", marks=by_hand(None))]
    assert said(*fine) == []


def test_each_remark():
    """Each names whose grade it is about."""
    assert said(
        learner("ann", "No zip."),
        learner("bo", found_in=("a.py", "b.py", "c.py")),
        learner("cy", marks=by_hand(1.0)),
        learner("dan", outcome=Outcome.STARVED),
        learner("eve"),
    ) == [
        "1 could not be read: ann (No zip). `problem` in grades.csv says why.",
        "Two files define one function, and the newer that is written out counts: bo: kl from c.py, not from a.py or "
        "b.py. Reports name them.",
        "A mark by hand stands for another work, and does not count for this one: cy. See `coursekit marks out`.",
        "1 of them are not final, as the machine was too busy: dan. The same command grades these again; give it fewer "
        "--workers, or a machine that is less busy.",
    ]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["a\x07"], "1 entry is no submission: a\\x07."),
        (["a", "b"], "2 entries are no submissions: a, b."),
        (["a", "b", "c", "d"], "4 entries are no submissions: a, b, c and 1 more."),
    ],
)
def test_entries_that_are_nobodys(names: list[str], words: str):
    """How many, and the first of them."""
    assert of_strangers(names) == words
