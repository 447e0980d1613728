"""No text of strangers costs the judge more than reading it once: a megabyte of the worst takes milliseconds."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from coursekit.classroom.batch import exercises_in
from coursekit.classroom.likeness.answers import MAX_ANSWER, answers
from coursekit.classroom.likeness.winnowing import fingerprints
from coursekit.grading.submission import Submission, files_that_define
from coursekit.learning.feedback import as_html, as_text
from coursekit.publish.privacy import all_feedback
from coursekit.report import Graded, Outcome, Report, Tier, Verdict
from coursekit.text import clean, clean_name, visible

SIZE = 1 << 20
# One walk over as many plain characters, one by one, is some 15 ms of computing: all that is read here takes four of
# them or fewer, and what is quadratic takes thousands. A machine that is slow at this moment is slow at both.
WALKS = 6
TRIES = 5  # the best counts: what else runs on the same core makes even computing time longer

UNITS = {
    "imports": "import ",
    "imports of func": "import x func_",
    "import and blanks": "import" + " " * 64,
    "definitions": "def ",
    "blank definitions": "def\t ",
    "blanks": " ",
    "lines": "\n",
    "blank lines": " \n",
    "escapes": "\x1b[",
    "long escapes": "\x1b[0000;",
    "titles": "\x1b]0;",
    "backticks": "`a(",
    "calls": "`f(x) raised ",
    "brackets": "((((",
    "digits": "1.1.1e",
    "joiners": "\u200d\u202e",
    "entities": "&<>\"'",
    "words": "a" * 63 + "-",
}


def report(text: str) -> Report:
    text = text[:4_000]  # of a message, the wire lets through no more
    verdict = Verdict("one", "One", Tier.CORE, Outcome.ERROR, text, text)
    return Report("entropy", "ann", Outcome.ERROR, (verdict,), 0, 1)


def compared(text: str) -> None:
    for answer in answers([("a.py", text)], ["entropy"]).values():
        assert len(answer.text) <= MAX_ANSWER
        fingerprints(answer.tokens())


READERS = {
    "what is compared, behind its head": lambda text: compared(f"def entropy(x):\n {text}"),
    "what is compared, in a string": lambda text: compared(f"def entropy(x):\n '{text}\\"),
    "what is compared, alone": compared,
    "which files define one": lambda text: files_that_define((("a.py", text),), "entropy"),
    "which exercises there are": lambda text: exercises_in([Submission("ann", (("a.py", text),))]),
    "what is shown": lambda text: visible(text, keep="\n"),
    "what is cleaned": clean,
    "a name": clean_name,
    "a report as text": lambda text: as_text(report(text)),
    "a report as HTML": lambda text: as_html(report(text)),
    "what is handed back": lambda text: all_feedback(Graded(text[:200], (report(text),))),
    "why nothing was read": lambda text: all_feedback(Graded("ann", (), text)),
}


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("unit", UNITS)
def test_reading_is_linear(unit, reader):
    """Whatever is repeated a million times, and with whatever end."""
    text = UNITS[unit] * (SIZE // len(UNITS[unit])) + "!"
    READERS[reader]("warm")
    plain = "a" * SIZE
    for _ in range(TRIES):
        walk, taken = computing(lambda: sum(map(ord, plain))), computing(lambda: READERS[reader](text))
        if taken < WALKS * walk:
            return
    pytest.fail(f"{taken:.2f} s of computing, {taken / walk:.0f} walks")


def computing(call: Callable[[], object]) -> float:
    """Seconds of this thread's own computing that a call takes."""
    before = time.thread_time()
    call()
    return time.thread_time() - before
