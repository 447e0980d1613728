"""The instructor's page: where the room is stuck, points, each exercise, each mistake, each learner."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from coursekit.classroom.likeness import Likeness
from coursekit.learning import feedback
from coursekit.learning.feedback import WORDS
from coursekit.publish.pages import by_hand, charts, everybody, similar
from coursekit.publish.pages.groups import Unnamed, unnamed_section
from coursekit.publish.pages.page import People, count, folded, page, person, text
from coursekit.publish.pages.tally import (
    ENOUGH,
    Obstacle,
    Tally,
    counted,
    echoes,
    misconceptions,
    obstacles,
    readable,
    tally,
)
from coursekit.report import Graded, Outcome

_MISTAKES = 15  # mistakes in sight, before the rest is folded
_UNREAD = 50  # and unread submissions


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor, its heading, and its HTML, which is "" where there is nothing to say."""

    anchor: str
    heading: str
    body: str


def instructor_page(
    grades: Sequence[Graded],
    title: str,
    roster: Iterable[str] | None = None,
    likeness: Likeness | None = None,
    unnamed: Sequence[Unnamed] = (),
) -> str:
    """The whole class on one page: where it is stuck, its points, each exercise, each mistake, each learner."""
    people = People([graded.learner for graded in grades])
    tallies = tally(grades)
    sections = [  # in the order of the page; a new one is a line here, and the contents name it
        Section("stuck", "Where the room is stuck", _stuck(grades, tallies)),
        Section("points", "Points", _points(counted(grades))),
        Section("look", "To look at", "".join(_to_look_at(grades, people, roster))),
        Section("similar", "Same and similar work", similar.section(likeness, people) if likeness else ""),
        Section("exercises", "Exercises", "".join(_exercises(tallies))),
        Section("misconceptions", "Misconceptions", _mistakes(misconceptions(grades), people)),
        Section("unnamed", "Mistakes without a name", "\n".join(unnamed_section(unnamed))),
        Section("by-hand", "Marked by hand", by_hand.section(grades, people)),
        Section("everybody", "Everybody", "\n".join(everybody.table(grades, people))),
    ]
    return page(title, _whole(title, _figures(grades), sections), script=everybody.SCRIPT)


def _whole(title: str, figures: str, sections: Iterable[Section]) -> Iterator[str]:
    sections = [section for section in sections if section.body]
    contents = "".join(f'<li><a href="#{each.anchor}">{each.heading}</a></li>' for each in sections)
    yield f"<header><h1>{text(title)}</h1>{figures}</header>"
    yield f'<nav aria-label="Contents"><ul>{contents}</ul></nav>\n<main>'
    for each in sections:
        heading = f'<h2 id="{each.anchor}">{each.heading}</h2>'
        yield f'<section aria-labelledby="{each.anchor}">{heading}\n{each.body}\n</section>'
    yield "</main>"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _figures(grades: Sequence[Graded]) -> str:
    points = [graded.grade for graded in counted(grades)]
    maximum = max((graded.maximum for graded in grades), default=0)
    unread = len(grades) - len(readable(grades))
    figures = [(f"{len(grades):,}", "learner" if len(grades) == 1 else "learners")]
    if points:
        figures.append((f"{statistics.median(points):.3g} of {maximum:g}", "median points"))
        figures.append((f"{sum(g.grade >= g.maximum for g in counted(grades)):,}", "with full marks"))
    if unread:
        figures.append((f"{unread:,}", "could not be read, and are not counted below"))
    return '<ul class="figures">' + "".join(f"<li><b>{number}</b>{words}</li>" for number, words in figures) + "</ul>"


def _stuck(grades: Sequence[Graded], tallies: Sequence[Tally]) -> str:
    attempted = {each.exercise: each.attempted for each in tallies}
    found = obstacles(grades)
    rows = "".join(
        f'<li class="share">{charts.bar(len(obstacle.learners), attempted[obstacle.exercise])}'
        f"<div><b>{text(obstacle.exercise)}</b>: {_in_short(obstacle)}</div></li>"
        for obstacle in found[:5]
    )
    said = f'<ol class="stuck">{rows}</ol>' if rows else "<p>Nowhere: what was tried is solved.</p>"
    hardest = [each for each in tallies if each.difficulty is not None and each.difficulty < 0.5] if rows else []
    if hardest:
        names = ", ".join(
            f"<b>{text(each.exercise)}</b>" for each in sorted(hardest, key=lambda t: t.difficulty or 0)[:5]
        )
        said += f"<p>Less than half of its points for those who tried it: {names}.</p>"
    left_out = echoes(grades)
    if left_out:
        call = "calls" if left_out == 1 else "call"
        said += (
            f'<p class="note">Not counted: {count(left_out, "answer")} that may be right but for an earlier function '
            f"of the learner's own, not right yet, which {'it' if left_out == 1 else 'they'} {call}.</p>"
        )
    return said


def _in_short(obstacle: Obstacle) -> str:
    """The first sentence of a known mistake; of any other, what fails and how."""
    if obstacle.named:
        return feedback.prose(re.split(r"(?<=[.!?]) (?=[A-Z])", obstacle.sentence)[0])
    if obstacle.outcome not in (Outcome.FAILED, Outcome.ERROR):
        return WORDS[obstacle.outcome]
    return f"{WORDS[obstacle.outcome]} at “{feedback.prose(obstacle.sentence)}” (no known mistake)"


def _points(grades: Sequence[Graded]) -> str:
    if not grades:
        return ""
    mean = statistics.fmean(graded.grade for graded in grades)
    return (
        f"{charts.histogram(grades)}"
        '<p class="note">How many learners have at least so many percent of the points, and less than the next number; '
        f"the last bar has all of them. The mean is {mean:.3g} of {max(g.maximum for g in grades):g} points.</p>"
    )


def _exercises(tallies: Sequence[Tally]) -> Iterator[str]:
    for each in tallies:
        yield f'<article class="exercise"><h3>{text(each.exercise)}</h3>{charts.outcomes(each.outcomes)}<dl>'
        facts = [
            ("attempted", f"{each.attempted:,}"),
            ("solved", f"{each.solved:,}"),
            ("full marks", f"{each.full:,}"),
            ("mean share", _percent(each.share)),
            ("difficulty", "—" if each.difficulty is None else f"{each.difficulty:.2f} ({_how_hard(each.difficulty)})"),
            (
                "discrimination",
                "—"
                if each.discrimination is None
                else f"{each.discrimination:.2f} ({_how_telling(each.discrimination)})",
            ),
        ]
        yield "".join(f"<div><dt>{word}</dt><dd>{value}</dd></div>" for word, value in facts) + "</dl></article>"
    if tallies:
        number = sum(tallies[0].outcomes.values())
        error = f"; with {number:,} it is uncertain by about ±{2 / number**0.5:.2f}" if number >= ENOUGH else ""
        yield (
            '<p class="note"><b>Solved</b>: the core has passed. <b>Mean share</b>: of its points, over everybody. '
            "<b>Difficulty</b>: the share that those got who tried it; the lower, the harder. <b>Discrimination</b>: "
            "the correlation of its points with the points for all other exercises. Near 0 it tells nothing of who "
            "understood the rest; below 0, look at the exercise itself. It is given from "
            f"{ENOUGH} learners on{error}.</p>"
        )


def _how_hard(difficulty: float) -> str:
    return "easy" if difficulty >= 0.8 else "hard" if difficulty < 0.5 else "middling"


def _how_telling(discrimination: float) -> str:
    if discrimination < 0:
        return "look at it"
    return "tells nothing" if discrimination < 0.1 else "weak" if discrimination < 0.3 else "good"


def _mistakes(found: Sequence[Obstacle], people: People) -> str:
    if not found:
        return "<p>No answer gives the numbers of a known misconception.</p>"
    items = [
        f"<li><b>{text(mistake.exercise)}</b>, {count(len(mistake.learners), 'learner')}: "
        f'{feedback.prose(mistake.sentence)}<div class="learners">{people.links(mistake.learners)}</div></li>'
        for mistake in found
    ]
    return _listed(items, _MISTAKES, "mistakes", "rarer one")


def _listed(items: Sequence[str], in_sight: int, kind: str, noun: str) -> str:
    """A list; what is more than so many is folded."""
    rest = items[in_sight:]
    more = f'<details><summary>{count(len(rest), noun)}</summary><ul class="{kind}">{"".join(rest)}</ul></details>'
    return f'<ul class="{kind}">{"".join(items[:in_sight])}</ul>' + (more if rest else "")


def _to_look_at(grades: Sequence[Graded], people: People, roster: Iterable[str] | None) -> Iterator[str]:
    """Whoever's grade may not be what it seems: unread, cut short, refused, empty, missing."""
    unread = [graded for graded in grades if graded.problem]
    groups = [
        ("Not graded yet, as the machine was too busy: grade again", _with(grades, Outcome.STARVED)),
        ("Stopped because it took too long", _with(grades, Outcome.TIMEOUT)),
        ("Cut short, as the time of the whole submission was over", _with(grades, Outcome.SKIPPED)),
        ("Ran out of memory", _with(grades, Outcome.MEMORY)),
        ("Used a ready-made function", _with(grades, Outcome.FORBIDDEN)),
        ("Tried nothing", [g.learner for g in readable(grades) if _tried_nothing(g)]),
    ]
    if unread:
        items = [f"<li>{people.link(graded.learner)}: {text(graded.problem)}</li>" for graded in unread]
        yield f"<p><b>Could not be read</b> ({len(unread):,}):</p>"
        yield _listed(items, _UNREAD, "learners", "more submission")
    for words, learners in groups:
        if learners:
            yield _named(words, len(learners), people.links(learners))
    if roster is not None:
        handed_in = {graded.learner.casefold() for graded in grades}
        missing = [person(learner) for learner in roster if learner.casefold() not in handed_in]
        names = folded(missing, count(len(missing), "name")) or "nobody"
        yield _named("On the roster, but nothing was handed in", len(missing), names)
    elif not unread and not any(learners for _, learners in groups):
        yield "<p>Nobody: every submission was read, tried something and ran to its end.</p>"


def _named(words: str, number: int, names: str) -> str:
    return f'<div class="named"><b>{words}</b> ({number:,}): <div class="learners">{names}</div></div>'


def _with(grades: Iterable[Graded], outcome: Outcome) -> list[str]:
    return [graded.learner for graded in grades if any(report.outcome is outcome for report in graded.reports)]


def _tried_nothing(graded: Graded) -> bool:
    return all(report.outcome is Outcome.UNATTEMPTED for report in graded.reports)
