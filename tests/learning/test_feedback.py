"""A report in words: as text, as HTML, in a notebook."""

import html
import re
from dataclasses import replace

import nasty
import pytest

from coursekit.learning import feedback
from coursekit.report import Diagnosis, Example, Outcome, Report, Tier, Verdict
from coursekit.text import visible

PASSED = Verdict("a", "A pair", Tier.CORE, Outcome.PASSED)
FAILED = Verdict(
    "b",
    "A row",
    Tier.CORE,
    Outcome.FAILED,
    "The value is not right.",
    "Look at `x`.",
    Example("half(torch.tensor(1.0))", "1.0000", "0.5000"),
)
LATER = Verdict("c", "A table", Tier.CORE, Outcome.ERROR, "half(3) raised ZeroDivisionError", "Paste the line.")
UNREACHED = Verdict("d", "float64", Tier.PARITY, Outcome.UNCHECKED)


def report(*verdicts, outcome=Outcome.FAILED, points=0.5, diagnosis=None) -> Report:
    return Report("half", "ann", outcome, verdicts, points, 2, diagnosis)


def words(markup: str) -> str:
    """What is left of HTML for who reads it aloud."""
    inline = re.sub(r"</?(b|code)\b[^>]*>", "", markup.replace("<code style", " <code style"))
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", inline).split()))


@pytest.mark.parametrize(
    ("outcome", "points", "line"),
    [
        (Outcome.PASSED, 2, "half: done ✓ (2 of 2 points)"),
        (Outcome.PASSED, 1.5, "half: the core is done ✓, parity not yet (1.5 of 2 points)"),
        (Outcome.FAILED, 0.67, "half: not yet (0.67 of 2 points)"),
        (Outcome.UNATTEMPTED, 0.0, "half: not attempted yet (0 of 2 points)"),
        (Outcome.ERROR, 0.0, "half: error (0 of 2 points)"),
        (Outcome.TIMEOUT, 0.0, "half: too slow (0 of 2 points)"),
        (Outcome.MEMORY, 0.0, "half: out of memory (0 of 2 points)"),
        (Outcome.FORBIDDEN, 0.0, "half: uses a ready-made function (0 of 2 points)"),
    ],
)
def test_headline(outcome, points, line):
    """One line says which exercise, how it stands and how many points."""
    assert line == feedback.headline(report(outcome=outcome, points=points))


def test_every_outcome_has_a_word():
    """No result is told by colour alone."""
    assert set(Outcome) == set(feedback.WORDS)
    assert all(feedback.WORDS.values())


def test_text_shows_the_first_failure_in_full():
    """The first failing check has its reason, its input and its help; all others are one line each."""
    text = feedback.as_text(report(PASSED, FAILED, LATER, UNREACHED))
    assert text.splitlines() == [
        "half: not yet (0.5 of 2 points)",
        "Core (what it means): 1 of 3 passed",
        "  passed          A pair",
        "  not yet         A row",
        "    The value is not right.",
        "    half(torch.tensor(1.0))  # got 1.0000, expected 0.5000",
        "    Look at `x`.",
        "  error           A table",
        "Parity (flags, edges, exactness): not checked yet",
    ]


def test_a_section_has_classes():
    """Where a page has a style sheet, a class says how an exercise stands, and what has no tone of its own has none."""
    section = feedback.as_section(report(PASSED, outcome=Outcome.PASSED, points=2))
    assert section.startswith('<section class="box good"><h2 class="word good">half: done')
    assert '<div class="tier">' in section


def test_text_names_the_mistake():
    """Where the mistake has a name, its sentence stands in place of the general ones."""
    named = report(PASSED, FAILED, diagnosis=Diagnosis("doubled", "This doubles."))
    assert feedback.as_text(named).splitlines()[3:] == [
        "  not yet         A row",
        "    This doubles.",
        "    half(torch.tensor(1.0))  # got 1.0000, expected 0.5000",
    ]


@pytest.mark.parametrize(
    ("leans_on", "parted", "said"),
    [
        ((), False, ""),
        (("a",), False, "It calls your `a`, which is not right yet: mend it first, then check this again."),
        (
            ("a", "b"),
            False,
            "It calls your `a` and `b`, which are not right yet: mend them first, then check this again.",
        ),
        (("a", "b", "c"), True, "It calls your `a`, `b` and `c`, which are not right yet. So it was graded with"),
    ],
)
def test_which_functions_are_not_right_yet(leans_on, parted, said):
    """What an answer calls is named, one or several."""
    leaning = feedback.leaning(replace(report(PASSED), leans_on=leans_on, parted=parted))
    assert leaning.startswith(said)
    assert bool(leaning) is bool(said)


def test_text_of_an_unattempted_exercise():
    """An exercise not yet begun shows what to do, and no list of checks."""
    begun = Verdict("a", "A pair", Tier.CORE, Outcome.UNATTEMPTED, "Not attempted yet.", "Replace the line.")
    text = feedback.as_text(report(begun, UNREACHED, outcome=Outcome.UNATTEMPTED, points=0.0))
    assert text.splitlines() == ["half: not attempted yet (0 of 2 points)", "Not attempted yet. Replace the line."]


def test_text_wraps_prose_but_no_code():
    """Sentences end before column 100; a line to paste stays one line."""
    long = "word " * 60
    line = f"half({', '.join('1.0' for _ in range(60))})"
    verdict = Verdict("a", "A pair", Tier.CORE, Outcome.FAILED, long, long, Example(line, "1", "2"))
    lines = feedback.as_text(report(verdict)).splitlines()
    assert [f"    {line}  # got 1, expected 2"] == [each for each in lines if len(each) > 100]


def test_html_says_what_the_text_says():
    """Every word of the plain text is in the HTML too, and no more."""
    full = report(PASSED, FAILED, LATER, UNREACHED)
    text = feedback.as_text(full).replace("`", "")
    assert sorted(text.split()) == sorted(words(feedback.as_html(full)).replace("—", "").split())
    section = feedback.as_section(full)
    assert sorted(text.split()) == sorted(words(section).replace("—", "").split())
    assert "style=" not in section
    assert "<h2 " in section


@pytest.mark.parametrize("where", ["rationale", "help", "title", "got", "line", "explanation", "exercise", "next"])
def test_html_is_escaped(where):
    """Whatever a learner's code says, wherever it stands, it is shown and not run."""
    evil = '<script>alert("1")</script>'
    said = dict.fromkeys(["rationale", "help", "title", "got", "line", "explanation", "exercise", "next"], "x")
    said[where] = evil
    example = Example(said["line"], said["got"], "2")
    verdict = Verdict("a", said["title"], Tier.CORE, Outcome.ERROR, said["rationale"], said["help"], example)
    diagnosis = Diagnosis("m", evil) if where == "explanation" else None
    full = Report(said["exercise"], "ann", Outcome.ERROR, (verdict,), 0, 1, diagnosis)
    markup = feedback.as_html(full, (said["next"],))
    assert "<script" not in markup
    assert evil in words(markup)


def test_html_of_an_unattempted_exercise_is_escaped():
    """The message of a learner's own error is escaped where there is nothing else to show."""
    verdict = Verdict("a", "A pair", Tier.CORE, Outcome.UNATTEMPTED, "<b>No</b> function.")
    markup = feedback.as_html(report(verdict, outcome=Outcome.UNATTEMPTED))
    assert "&lt;b&gt;No&lt;/b&gt; function." in markup


def test_html_turns_backticks_into_code():
    """`Code` in a sentence looks like code."""
    assert "<div>Look at <code>x</code>.</div>" in feedback.as_html(report(FAILED))


def test_html_has_a_colour_beside_the_words():
    """A pass is drawn in another colour than a failure."""
    done, failed = report(PASSED, outcome=Outcome.PASSED, points=2), report(FAILED)
    assert "border-left:4px solid #009E73" in feedback.as_html(done)
    assert "border-left:4px solid #D55E00" in feedback.as_html(failed)


def test_feedback_is_text_and_html():
    """Feedback shows the report and then what to do next, in both forms."""
    given = feedback.Feedback(report(FAILED), ('A hint: hint("half", 1)', "Next."))
    assert [*feedback.as_text(report(FAILED)).splitlines(), 'A hint: hint("half", 1)', "Next."] == repr(
        given
    ).splitlines()
    assert words(given._repr_html_()).endswith('A hint: hint("half", 1) Next.')


def test_feedback_without_report():
    """Where nothing was checked, only the sentences are shown."""
    given = feedback.Feedback(None, ("Give the function itself.",))
    assert "Give the function itself." == repr(given) == words(given._repr_html_())


def test_source_shows_itself():
    """A solution is highlighted in a notebook and plain in a terminal."""
    source = feedback.Code("x = 1\n\n")
    assert repr(source) == "x = 1"
    assert source._repr_mimebundle_() == {"text/markdown": "```python\nx = 1\n```", "text/plain": "x = 1"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2J", r"a\x1b[2J"),
        ("a\nb\r", "a\\nb\\r"),
        ("\u202eyp\u2069", r"\u202eyp\u2069"),
        ("\udcff", r"\udcff"),
        ("שלום", "שלום"),
        ("山田\u3000太郎\xa0x", "山田\u3000太郎\xa0x"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
    ids=nasty.label,
)
def test_visible(text, shown):
    """What would steer a terminal or turn the reading order is shown as Python writes it; every script stays."""
    assert visible(text) == shown


def test_visible_keeps_what_is_asked_for():
    """Line ends of a report stay line ends."""
    assert visible("a\n\x1b", keep="\n") == "a\n\\x1b"


@pytest.mark.parametrize("text", [name for name in nasty.NAMES if name], ids=nasty.label)
def test_html_is_inert(text):
    """A stranger's text adds no element and no attribute to a report, and steers nothing."""
    failed = Verdict(text, text, Tier.CORE, Outcome.FAILED, text, text, Example(text, text, text))

    def tags(report) -> list[str]:
        return re.findall(r"<[^>]*>", feedback.as_html(report).replace("<code>", "").replace("</code>", ""))

    harmless = Verdict("x", "x", Tier.CORE, Outcome.FAILED, "x", "x", Example("x", "x", "x"))
    assert tags(report(failed)) == tags(report(harmless))
    assert not set(feedback.as_html(report(failed))) & set(nasty.STEERING)
