"""Colour beside the words, and nothing that a stranger could steer."""

import re
from dataclasses import replace

import nasty
import pytest
import toys

from coursekit.cli.screens import terminal
from coursekit.grading.changes import Change
from coursekit.jail.terms import Layer, Limits
from coursekit.report import Diagnosis, Graded, Outcome, Report, Tier, Verdict

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
HOSTILE = "ann\x1b[2J\x1b]0;owned\x07\r[bold]x[/bold]"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """A terminal of 200 columns without colours."""
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def colours(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")


def graded(learner="ann", outcome=Outcome.FAILED, points=1.0, why="The value is not right.", **more) -> Graded:
    verdict = Verdict("one", "One number", Tier.CORE, outcome, why)
    return Graded(learner, (Report("double", learner, outcome, (verdict,), points, 4, **more),))


def table(grades, exercises=None) -> list[str]:
    terminal.grade_table(grades, exercises or [toys.make_double()])


FEEDBACK = """double: done ✓ (4 of 4 points)
  passed          One number
  not yet         [bold]Many[/bold] numbers
    double(torch.tensor([1.0]))  # got 1.0000, expected 2.0000
  not checked yet The gradient"""


def test_feedback_is_the_text_itself(capsys):
    """Without colours the text is printed as it is, brackets and long lines included."""
    line = "x = " + "1 + " * 300 + "1"
    terminal.feedback(f"{FEEDBACK}\n{line}")
    assert capsys.readouterr().out == f"{FEEDBACK}\n{line}\n"


def test_feedback_has_colours(capsys, colours):
    """With colours the words are the same, and each state has its own."""
    terminal.feedback(FEEDBACK)
    out = capsys.readouterr().out
    assert f"{FEEDBACK}\n" == ESCAPE.sub("", out)
    styles = {
        word: re.search(rf"((?:\x1b\[[0-9;]*m)+)\s*{word}", out)[1] for word in ("passed", "not yet", "not checked")
    }
    assert len(set(styles.values())) == 3


def test_say_takes_text_for_text(capsys):
    """A path in brackets is no markup."""
    terminal.say("/tmp/[red]/grades.csv")
    assert capsys.readouterr().out == "/tmp/[red]/grades.csv\n"


LIMITS = Limits(7.5, 300 << 20, 2 << 20)
WALLS = [Layer("process", True, ""), Layer("Landlock", True, ""), Layer("bubblewrap", False, "not installed")]


def test_grading_begins(capsys):
    """Before a run its size, its exercises, its limits and its walls are said."""
    exercises = [toys.make_double(), toys.make_triple()]
    terminal.grading_begins(2, exercises, "2 workers", LIMITS, WALLS)
    out = capsys.readouterr().out
    assert "Grading 2 submissions on 2 workers: double, triple." in out
    assert "7.5 s, 300 MB, 2 MB" in out
    assert "In force: Landlock." in out
    assert "Not in force: bubblewrap, not installed." in out


def test_grading_begins_without_walls(capsys):
    """Who asked for no confinement is told what that means."""
    terminal.grading_begins(0, [], "1 worker", LIMITS, WALLS[:1])
    assert "it can read, write and reach what you can" in capsys.readouterr().out
    terminal.grading_begins(0, [], "a cluster", LIMITS, [])
    assert "Each worker confines what it runs" in capsys.readouterr().out


@pytest.mark.parametrize("force", [False, True])
def test_progress_passes_everything_on(monkeypatch, capsys, force):
    """A progress bar changes nothing of what passes, and writes nothing to standard output."""
    if force:
        monkeypatch.setenv("FORCE_COLOR", "1")
    assert list(terminal.progress(iter("cab"), 3)) == ["c", "a", "b"]
    assert capsys.readouterr().out == ""


def test_progress_in_a_log(monkeypatch, capsys):
    """Where there is no terminal, a line now and then says how many are done, and from ten on how long it will take."""
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0)
    seconds = iter([0.0, 60.0, *(60.0 + number for number in range(1, 20))])  # the first is slow
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(seconds))
    list(terminal.progress(iter("abcdefghijkl"), 20))
    lines = capsys.readouterr().err.splitlines()
    assert lines[:9] == [f"{number} of 20" for number in range(1, 10)]
    assert lines[9:] == [f"{number} of 20, 1/s, about {20 - number} s left" for number in (10, 11, 12)]


@pytest.mark.parametrize("number", [9, 10])
def test_progress_shows_how_far(capsys, colours, number):
    """On a terminal the bar says how many are done, and from ten on how fast."""
    list(terminal.progress(["ann"] * number, number))
    shown = ESCAPE.sub("", capsys.readouterr().err)
    assert f"{number}/{number}" in shown
    assert bool(re.search(r"\d/s", shown)) == (number >= 10)


@pytest.mark.parametrize("learner", [HOSTILE, "ann\udcff", "[/red]"])
def test_progress_shows_any_name(capsys, colours, learner):
    """A name cannot steer the terminal while grading runs, nor end the run."""
    assert len(list(terminal.progress([learner], 1))) == 1
    err = capsys.readouterr().err
    assert "\x1b[2J" not in err
    assert "\x1b]0" not in err


def test_table_has_a_row_for_each(capsys):
    """A learner's row holds points, total and the first thing in the way."""
    table([graded(), graded("bob", Outcome.PASSED, 4.0)])
    lines = capsys.readouterr().out.splitlines()
    row = {name: next(line for line in lines if name in line).replace("│", " ").split() for name in ("ann", "bob")}
    assert row["ann"] == ["ann", "1", "1/4", "not", "yet:", "The", "value", "is", "not", "right."]
    assert row["bob"] == ["bob", "4", "4/4", "—"]
    assert "2 submissions" in lines[0]
    assert any(line.split() == ["1", "double", "(4)"] for line in lines)


def test_table_names_the_mistake(capsys):
    """Where the mistake has a name, its sentence is shown in place of the check's."""
    table([graded(diagnosis=Diagnosis("squared", "This is the square."))])
    out = capsys.readouterr().out
    assert "This is the square." in out
    assert "The value is not right." not in out


def test_table_says_what_cannot_be_read(capsys):
    """An unreadable submission shows why."""
    report = replace(graded(outcome=Outcome.UNATTEMPTED, points=0.0).reports[0], is_unread=True)
    table([Graded("ann", (report,), "It is a link.")])
    row = next(line for line in capsys.readouterr().out.splitlines() if "ann" in line)
    assert row.replace("│", " ").split() == ["ann", "–", "unread", "unread:", "It", "is", "a", "link."]


def test_table_prefers_what_was_tried(capsys):
    """Of several exercises the first that was tried and lost points is named, not one never begun."""
    never = Report("double", "ann", Outcome.UNATTEMPTED, (), 0.0, 4)
    tried = graded(why="Look here.").reports[0]
    tried = Report("triple", "ann", tried.outcome, tried.verdicts, 0.0, 1)
    table([Graded("ann", (never, tried))], [toys.make_double(), toys.make_triple()])
    assert "triple: not yet: Look here." in capsys.readouterr().out


def test_table_of_many_exercises_fits(capsys, monkeypatch):
    """Where there are more exercises than columns have room, their full marks are counted instead."""
    monkeypatch.setenv("COLUMNS", "80")
    report = graded().reports[0]
    full = Report("double", "ann", Outcome.PASSED, (), 4, 4)
    table([Graded("ann", (full, full, *[report] * 8))], [toys.make_double()] * 10)
    out = capsys.readouterr().out
    assert "2 of 10" in out
    assert "16/40" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("where", ["learner", "why", "explanation", "problem"])
def test_table_shows_any_text(capsys, colours, where):
    """Control characters in a name, an exception or a problem are shown as such and do nothing."""
    if where == "explanation":
        one = graded(diagnosis=Diagnosis("m", HOSTILE))
    elif where == "problem":
        one = Graded("ann", graded().reports, HOSTILE)
    else:
        one = graded(**{where: HOSTILE})
    table([one])
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert "\x1b]0" not in out
    assert "\x07" not in out
    assert "[bold]x" in ESCAPE.sub("", out) or where == "learner"  # a long name is cut


def test_changes_are_shown(capsys):
    """Each grade that differs has a row: whose, of what, before, after, why; nothing where none differs."""
    terminal.changes_table([])
    assert capsys.readouterr().out == ""
    terminal.changes_table([Change(HOSTILE, "double", 4.0, 3.5, 4.0, "One number: The value is not right.")])
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    row = next(line for line in out.splitlines() if "double" in line).replace("│", " ")
    assert " ".join(row.split()).endswith("double 4 3.5/4 One number: The value is not right.")


@pytest.mark.parametrize("text", nasty.NAMES, ids=nasty.label)
def test_nothing_steers_the_terminal(capsys, monkeypatch, text):
    """On no surface: progress, table, feedback of a stranger's file, a line with a path."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    one = Graded(text, (graded(text, why=text).reports[0], graded(text, diagnosis=Diagnosis("m", text)).reports[0]))
    list(terminal.progress([text], 1))
    table([one, Graded(text, one.reports, text)], [toys.make_double(), toys.make_triple()])
    terminal.feedback(text)
    terminal.say(text)
    out, err = capsys.readouterr()
    shown = ESCAPE.sub("", out.replace("\n", "") + err.replace("\r", "").replace("\n", ""))
    assert not set(shown) & set(nasty.STEERING)
    shown.encode()
