"""The terminal: colour beside the words, progress while grading runs, a table at its end. Only here is rich known."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from coursekit.learning.feedback import WORDS
from coursekit.report import Graded, Outcome, Report
from coursekit.text import some, visible

if TYPE_CHECKING:  # with most of them comes a database, which `check` has no use for
    from rich.progress import Progress

    from coursekit.classroom.gradebook.attempts import Attempt
    from coursekit.classroom.likeness import Likeness
    from coursekit.classroom.marking import Listed
    from coursekit.exercise import Exercise
    from coursekit.grading.changes import Change
    from coursekit.jail.terms import Layer, Limits

PAIRS = 40  # in a terminal; the page has more
SECONDS_BETWEEN_LINES = 10  # of progress, where it goes to a file
ENOUGH = 10  # that are done, before anything is said of how long the others take
_GOOD, _BAD, _DIM = "bold green", "bold dark_orange3", "dim"


def feedback(text: str) -> None:
    """A report's plain text, with its words coloured where the terminal can."""
    styled = Text(visible(text, keep="\n"))
    styled.highlight_regex(r"(?m)^  passed\b|done ✓", _GOOD)
    bad = "not yet|error|too slow|out of memory|ready-made|no time left|not graded yet"
    styled.highlight_regex(rf"(?m)^  ({bad})\b", _BAD)
    styled.highlight_regex(r"(?m)^  not checked yet\b", _DIM)
    Console(highlight=False, soft_wrap=True).print(styled)


def say(text: str, *, stderr: bool = False) -> None:
    """One line; on standard error, where standard output holds a document."""
    Console(highlight=False, soft_wrap=True, stderr=stderr).print(Text(visible(text)))


def grading_begins(
    submissions: int, exercises: Sequence[Exercise], where: str, limits: Limits, layers: Sequence[Layer]
) -> None:
    """What is about to happen, and what keeps it in bounds (no layers: other machines, which see to theirs)."""
    names = ", ".join(exercise.name for exercise in exercises)
    say(f"Grading {submissions} submissions on {where}: {names}.")
    say(
        f"Each submission runs in processes of its own; an exercise has {limits.seconds:g} s, "
        f"{limits.memory >> 20} MB, {limits.output >> 20} MB of print; a whole submission has {limits.total:g} s."
    )
    walls = [layer for layer in layers if layer.name != "process"]
    if not layers:
        say("Each worker confines what it runs, or says that it cannot.")
    elif walls:
        say(f"In force: {', '.join(layer.name for layer in walls if layer.in_force)}.")
        for layer in walls:
            if not layer.in_force:
                say(f"Not in force: {layer.name}, {layer.detail}. The others hold without it.")
    else:
        say("Nothing else keeps it in (--trust-submissions): it can read, write and reach what you can.")


def progress(learners: Iterable[str], total: int) -> Iterator[str]:
    """Passes the names on as they come, with a bar, the rate, the time so far and the time left."""
    console = Console(stderr=True)
    if not console.is_terminal:  # a log gets a line now and then
        yield from _told(learners, total, console)
        return
    with _bar(console) as bar:
        task = bar.add_task("starting", total=total)
        for learner in learners:
            bar.update(task, advance=1, description=escape(visible(learner)[:20].ljust(20)))
            yield learner


def _bar(console: Console) -> Progress:
    from rich import progress  # here, as `check` has no use for it

    class Rate(progress.ProgressColumn):
        """Submissions a second, once there are enough to tell."""

        def render(self, task: progress.Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.3g}/s" if speed and task.completed >= ENOUGH else "")

    class Left(progress.TimeRemainingColumn):
        """The time left, once enough are done to tell."""

        def render(self, task: progress.Task) -> Text:
            return super().render(task) if task.completed >= ENOUGH else Text("")

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        Rate(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        Left(),
    )
    return progress.Progress(*columns, console=console, transient=True)


def _told(learners: Iterable[str], total: int, console: Console) -> Iterator[str]:
    told = time.monotonic()
    first = 0.0  # until then jails were started and torch was imported, which the others do not wait for
    for done, learner in enumerate(learners, start=1):
        yield learner
        now = time.monotonic()
        first = first or now
        if now - told < SECONDS_BETWEEN_LINES:
            continue
        told = now
        if done < ENOUGH or now == first:
            console.print(Text(f"{done} of {total}"))
        else:
            rate = (done - 1) / (now - first)
            console.print(Text(f"{done} of {total}, {rate:.3g}/s, about {(total - done) / rate:.0f} s left"))


def changes_table(changes: Sequence[Change]) -> None:
    """One row for each grade that differs: whose, of what, from how much to how much, and why."""
    if not changes:
        return
    console = Console(highlight=False)
    what = "grades" if any(each.before != each.after for each in changes) else "reports"
    table = Table(title=f"{len(changes)} {what} that differ", title_justify="left")
    table.add_column("learner", max_width=22, no_wrap=True)
    table.add_column("exercise", no_wrap=True)
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    table.add_column("why")
    for each in changes:
        style = "" if each.after == each.before else _GOOD if each.after > each.before else _BAD
        points = Text(f"{each.after:g}/{each.maximum:g}", style=style)
        table.add_row(Text(visible(each.learner)), each.exercise, f"{each.before:g}", points, Text(visible(each.why)))
    console.print(table)


def grade_table(grades: Sequence[Graded], exercises: Sequence[Exercise]) -> None:
    """One row per learner: points by exercise where there is room, the total, and what stands in the way first."""
    console = Console(highlight=False)
    columns = len(exercises) if 7 * len(exercises) <= console.width - 78 or len(exercises) < 4 else 0
    table = Table(title=f"{len(grades)} submissions", title_justify="left")
    table.add_column("learner", max_width=22, no_wrap=True)
    for number in range(1, columns + 1):
        table.add_column(str(number), justify="right")
    if not columns:
        table.add_column("full marks", justify="right")
    table.add_column("points", justify="right")
    table.add_column("first thing in the way")
    room = console.width - 22 - 7 * (columns or 2) - 18
    for graded in grades:
        cells = [_points(report) for report in graded.reports] if columns else [_full_marks(graded)]
        obstacle = _first_obstacle(graded, name_exercise=len(exercises) > 1)
        obstacle.truncate(max(room, 24), overflow="ellipsis")
        table.add_row(Text(visible(graded.learner)), *cells, _total(graded), obstacle)
    console.print(table)
    if any(graded.is_marked for graded in grades):
        console.print("  0→2: the machine gave 0, a mark by hand 2, which count", soft_wrap=True)
    for number, exercise in enumerate(exercises[:columns], start=1):
        console.print(f"  {number}  {exercise.name} ({exercise.maximum:g})", soft_wrap=True)


def _total(graded: Graded) -> str:
    """The points that count, or the word for why there are none."""
    if graded.is_open:
        return "unread" if graded.problem else "not graded"
    return f"{graded.grade:g}/{graded.maximum:g}"


def marks_table(found: Sequence[Listed]) -> None:
    """One row for each mark by hand, the newest last."""
    console = Console(highlight=False)
    table = Table(title=f"{len(found)} mark{'' if len(found) == 1 else 's'} by hand", title_justify="left")
    for column in ("to", "exercise"):
        table.add_column(column, no_wrap=True, max_width=30)
    table.add_column("points", justify="right")
    for column in ("comment", "by", "at (UTC)", "what of it"):
        table.add_column(column)
    for each in found:
        row = each.row
        to = row.key if row.kind == "learner" else f"{row.kind} {row.key}"
        points = "" if row.points is None else f"{row.points:g}"
        at = row.at[:16].replace("T", " ")
        cells = (to, row.exercise, points, row.comment, row.by, at, _what_of(each))
        table.add_row(*(Text(visible(cell, keep="\n")) for cell in cells))
    console.print(table)


def _what_of(each: Listed) -> str:
    """Whether it stands, and for whom."""
    if each.state != "stands":
        return each.state
    learners = dict.fromkeys((*each.counts_for, *each.said_to))
    if each.elsewhere:
        return "stands, for another work"
    return "stands" if each.row.kind == "learner" and learners else f"stands, for {len(learners)}"


def attempts_table(found: Sequence[Attempt]) -> None:
    """One row for each work that was handed in."""
    console = Console(highlight=False)
    table = Table(title=f"{len(found)} attempt{'' if len(found) == 1 else 's'}", title_justify="left")
    table.add_column("learner", max_width=30, no_wrap=True)
    table.add_column("N", justify="right")
    for column in ("first seen (UTC)", "file", "points"):
        table.add_column(column)
    for each in found:
        points = ", ".join(f"{exercise} {number:g}" for exercise, number in each.points.items())
        at = each.at[:16].replace("T", " ")
        cells = (each.learner, str(each.number), at, each.file, points or "not graded")
        table.add_row(*(Text(visible(cell)) for cell in cells))
    console.print(table)


def likeness(found: Likeness) -> None:
    """Who handed in the same, and a row for each pair whose work is similar."""
    for each in found.same:
        say(f"{len(each.learners)} learners handed in the same work: {some(each.learners, most=5)}")
    if not found.alike:
        say("No two others are more alike than chance has it.")
        return
    console = Console(highlight=False)
    table = Table(title=f"{len(found.alike)} pairs with similar work", title_justify="left")
    for title in ("learner", "and"):
        table.add_column(title, max_width=30, no_wrap=True)
    table.add_column("bits", justify="right")
    table.add_column("most alike in")
    for pair in found.alike[:PAIRS]:
        names = ", ".join(f"{each.exercise} {100 * each.share:.0f} %" for each in pair.shared[:3])
        table.add_row(*(Text(visible(one)) for one in pair.learners), f"{pair.bits:.0f}", names)
    console.print(table)


def _full_marks(graded: Graded) -> Text:
    full = sum(report.grade >= report.maximum for report in graded.reports)
    return Text(f"{full} of {len(graded.reports)}")


def _points(report: Report) -> Text:
    full = report.grade >= report.maximum
    if report.mark is not None:
        return Text(f"{report.points:g}→{report.grade:g}", style=_GOOD if full else "")
    if report.is_open:  # no points, which is not none
        return Text("–", style=_DIM)
    return Text(f"{report.points:g}", style=_GOOD if full else "" if report.points else _DIM)


def _first_obstacle(graded: Graded, *, name_exercise: bool) -> Text:
    """The first exercise that lost points, and the mistake in one sentence where it has a name."""
    if graded.problem:
        return Text(visible(f"unread: {graded.problem}"))
    short = [report for report in graded.reports if report.grade < report.maximum]
    if not short:
        return Text("—")
    tried = [report for report in short if report.outcome is not Outcome.UNATTEMPTED]
    report = (tried or short)[0]
    first = report.first_failure
    if report.mark is not None:
        why = ": ".join(["marked by hand", *filter(None, [" ".join(report.mark.comment.split())])])
    elif report.diagnosis is not None:
        why = f"{report.diagnosis.misconception}: {report.diagnosis.explanation}"
    elif first is not None:
        why = f"{WORDS[first.outcome]}: {first.rationale or first.title}"
    else:
        why = WORDS[report.outcome]
    return Text(visible(f"{report.exercise}: {why}" if name_exercise else why))
