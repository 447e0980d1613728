"""The instructor's page: where the room is stuck, points, each exercise, each mistake, each learner."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from coursekit.learning import feedback
from coursekit.learning.feedback import WORDS
from coursekit.publish.pages import by_hand
from coursekit.publish.pages.groups import Unnamed, unnamed_section
from coursekit.publish.pages.page import count, page, page_name, person, text
from coursekit.publish.pages.tally import ENOUGH, Obstacle, Tally, misconceptions, obstacles, readable, tally
from coursekit.report import Graded, Outcome

_NAMES = 25  # learners named in one place
_MISTAKES = 40  # mistakes listed

# Okabe and Ito's colours, which differ for every kind of colour vision, and in lightness where they stand side by side.
_COLOURS = {
    Outcome.PASSED: "#0072B2",
    Outcome.FAILED: "#E69F00",
    Outcome.ERROR: "#D55E00",
    Outcome.TIMEOUT: "#F0E442",
    Outcome.MEMORY: "#CC79A7",
    Outcome.FORBIDDEN: "#56B4E9",
    Outcome.SKIPPED: "#C2A33A",
    Outcome.STARVED: "#F4F5F7",
    Outcome.UNATTEMPTED: "#DDE1E6",
    Outcome.UNCHECKED: "#B9C1C9",
}
_BLUE = _COLOURS[Outcome.PASSED]


def instructor_page(
    grades: Sequence[Graded], title: str, roster: Iterable[str] | None = None, unnamed: Sequence[Unnamed] = ()
) -> str:
    """The whole class on one page: where it is stuck, its points, each exercise, each mistake, each learner."""
    tallies = tally(grades)
    return page(
        title,
        [
            f"<h1>{text(title)}</h1>",
            *_figures(grades),
            *_stuck(grades, tallies),
            *_distribution(readable(grades)),
            *_to_look_at(grades, roster),
            *_exercises(tallies),
            *_mistakes(misconceptions(grades)),
            *unnamed_section(unnamed),
            *_by_hand(grades),
            *_everybody(grades),
        ],
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _figures(grades: Sequence[Graded]) -> Iterator[str]:
    points = [graded.grade for graded in readable(grades)]
    maximum = max((graded.maximum for graded in grades), default=0)
    unread = len(grades) - len(points)
    figures = [(f"{len(grades):,}", "learner" if len(grades) == 1 else "learners")]
    if points:
        figures.append((f"{statistics.median(points):.3g} of {maximum:g}", "median points"))
        figures.append((f"{sum(g.grade >= g.maximum for g in readable(grades)):,}", "with full marks"))
    if unread:
        figures.append((f"{unread:,}", "could not be read, and are not counted below"))
    yield '<ul class="figures">' + "".join(f"<li><b>{number}</b>{words}</li>" for number, words in figures) + "</ul>"


def _stuck(grades: Sequence[Graded], tallies: Sequence[Tally]) -> Iterator[str]:
    yield "<h2>Where the room is stuck</h2>"
    attempted = {each.exercise: each.attempted for each in tallies}
    found = obstacles(grades)
    if not found:
        yield "<p>Nowhere: what was tried is solved.</p>"
        return
    yield '<ol class="stuck">'
    for obstacle in found[:5]:
        number = len(obstacle.learners)
        yield (
            f'<li class="share">{_bar(number, attempted[obstacle.exercise])}'
            f"<div><b>{text(obstacle.exercise)}</b>: {_in_short(obstacle)}</div></li>"
        )
    yield "</ol>"
    hardest = [each for each in tallies if each.difficulty is not None and each.difficulty < 0.5]
    if hardest:
        names = ", ".join(
            f"<b>{text(each.exercise)}</b>" for each in sorted(hardest, key=lambda t: t.difficulty or 0)[:5]
        )
        yield f"<p>Less than half of its points for those who tried it: {names}.</p>"


def _in_short(obstacle: Obstacle) -> str:
    """The first sentence of a known mistake; of any other, what fails and how."""
    if obstacle.named:
        return feedback.prose(re.split(r"(?<=[.!?]) (?=[A-Z])", obstacle.sentence)[0])
    if obstacle.outcome not in (Outcome.FAILED, Outcome.ERROR):
        return WORDS[obstacle.outcome]
    return f"{WORDS[obstacle.outcome]} at “{feedback.prose(obstacle.sentence)}” (no known mistake)"


def _bar(number: int, total: int) -> str:
    """So many of so many, as a length and as words."""
    width = 100 * number / total if total else 0
    words = f"{number:,} of {total:,}"
    return (
        f'<svg role="img" aria-label="{words} who tried it"><rect width="100%" height="100%" fill="#EDF0F2"/>'
        f'<rect width="{width:.1f}%" height="100%" fill="#F2BE52"/>'
        f'<text x="6" y="50%" dominant-baseline="central" fill="#000" font-weight="600">{words}</text></svg>'
    )


def _distribution(grades: Sequence[Graded]) -> Iterator[str]:
    """A histogram of what share of the points learners got; full marks have a bar of their own."""
    if not grades:
        return
    bins = Counter(_bin(graded) for graded in grades)
    labels = [*(f"{10 * n}–{10 * n + 9} %" for n in range(10)), "full marks"]
    alt = "; ".join(f"{labels[n]}: {bins[n]}" for n in range(11))
    yield "<h2>Points</h2>"
    yield f'<svg role="img" height="190" aria-label="Learners by share of the points. {alt}.">'
    tallest = max(bins.values())
    for n in range(11):
        height = 140 * bins[n] / tallest
        middle = (n + 0.5) * 100 / 11
        if bins[n]:
            yield f'<rect x="{middle - 4.1:.2f}%" y="{160 - height:.1f}" width="8.2%" height="{height:.1f}" '
            yield f'fill="{_BLUE}"/>'
            yield f'<text x="{middle:.2f}%" y="{154 - height:.1f}" text-anchor="middle" fill="#22272e">{bins[n]}</text>'
        label = "full" if n == 10 else f"{10 * n}"
        yield f'<text x="{middle:.2f}%" y="178" text-anchor="middle" fill="#22272e">{label}</text>'
    yield '<line x1="0" x2="100%" y1="160.5" y2="160.5" stroke="#22272e"/></svg>'
    mean = statistics.fmean(graded.grade for graded in grades)
    yield (
        '<p class="note">How many learners have at least so many percent of the points, and less than the next number; '
        f"the last bar has all of them. The mean is {mean:.3g} of {max(g.maximum for g in grades):g} points.</p>"
    )


def _bin(graded: Graded) -> int:
    if graded.grade >= graded.maximum:
        return 10
    return max(0, min(9, int(10 * graded.grade / graded.maximum)))


def _exercises(tallies: Sequence[Tally]) -> Iterator[str]:
    yield "<h2>Exercises</h2>"
    for each in tallies:
        yield f'<section class="exercise"><h3>{text(each.exercise)}</h3>{_outcomes(each.outcomes)}<dl>'
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
        yield "".join(f"<div><dt>{word}</dt><dd>{value}</dd></div>" for word, value in facts) + "</dl></section>"
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


def _outcomes(outcomes: Counter[Outcome]) -> str:
    """A stacked bar, with its words below it."""
    total = sum(outcomes.values())
    present = [outcome for outcome in _COLOURS if outcomes[outcome]]
    words = {outcome: f"{outcomes[outcome]:,} {WORDS[outcome]}" for outcome in present}
    rects, at = [], 0.0
    for outcome in present:
        width = 100 * outcomes[outcome] / total
        colour = _COLOURS[outcome]
        rects.append(f'<rect x="{at:.2f}%" width="{width:.2f}%" height="100%" fill="{colour}" stroke="#fff"/>')
        if width > 7:
            ink = "#fff" if outcome is Outcome.PASSED else "#000"
            middle = f'x="{at + width / 2:.2f}%" y="50%" text-anchor="middle" dominant-baseline="central"'
            rects.append(f'<text {middle} fill="{ink}">{outcomes[outcome]:,}</text>')
        at += width
    key = "".join(f'<li><i style="background:{_COLOURS[outcome]}"></i>{words[outcome]}</li>' for outcome in present)
    picture = f'<svg class="outcomes" role="img" aria-label="{", ".join(words.values())}">{"".join(rects)}</svg>'
    return f'{picture}<ul class="key" aria-hidden="true">{key}</ul>'


def _mistakes(found: Sequence[Obstacle]) -> Iterator[str]:
    yield "<h2>Misconceptions</h2>"
    if not found:
        yield "<p>No answer gives the numbers of a known misconception.</p>"
        return
    yield '<ul class="mistakes">'
    for mistake in found[:_MISTAKES]:
        yield (
            f"<li><b>{text(mistake.exercise)}</b>, {count(len(mistake.learners), 'learner')}: "
            f'{feedback.prose(mistake.sentence)}<div class="learners">{_links(mistake.learners)}</div></li>'
        )
    yield "</ul>"
    if len(found) > _MISTAKES:
        yield f'<p class="note">And {count(len(found) - _MISTAKES, "rarer one")}.</p>'


def _links(learners: Sequence[str]) -> str:
    """The learners' names with links to their pages: so many, and how many more."""
    links = ", ".join(_link(learner) for learner in learners[:_NAMES])
    return links + (f" and {len(learners) - _NAMES:,} more" if len(learners) > _NAMES else "")


def _link(learner: str) -> str:
    shown = learner if len(learner) <= 60 else f"{learner[:59]}…"
    return f'<a href="learners/{quote(page_name(learner))}">{person(shown)}</a>'


def _to_look_at(grades: Sequence[Graded], roster: Iterable[str] | None) -> Iterator[str]:
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
    yield "<h2>To look at</h2>"
    if unread:
        yield f'<p><b>Could not be read</b> ({len(unread):,}):</p><ul class="learners">'
        yield from (f"<li>{_link(graded.learner)}: {text(graded.problem)}</li>" for graded in unread[: 2 * _NAMES])
        yield "</ul>" + (f"<p>And {len(unread) - 2 * _NAMES:,} more.</p>" if len(unread) > 2 * _NAMES else "")
    for words, learners in groups:
        if learners:
            yield f'<p><b>{words}</b> ({len(learners):,}): <span class="learners">{_links(learners)}</span></p>'
    if roster is not None:
        handed_in = {graded.learner.casefold() for graded in grades}
        missing = [learner for learner in roster if learner.casefold() not in handed_in]
        names = ", ".join(map(person, missing[: 4 * _NAMES]))
        more = f" and {len(missing) - 4 * _NAMES:,} more" if len(missing) > 4 * _NAMES else ""
        yield f"<p><b>On the roster, but nothing was handed in</b> ({len(missing):,}): {names or 'nobody'}{more}</p>"
    elif not unread and not any(learners for _, learners in groups):
        yield "<p>Nobody: every submission was read, tried something and ran to its end.</p>"


def _with(grades: Iterable[Graded], outcome: Outcome) -> list[str]:
    return [graded.learner for graded in grades if any(report.outcome is outcome for report in graded.reports)]


def _tried_nothing(graded: Graded) -> bool:
    return all(report.outcome is Outcome.UNATTEMPTED for report in graded.reports)


def _by_hand(grades: Sequence[Graded]) -> Iterator[str]:
    marks = by_hand.section(grades)
    if marks:
        yield f"<h2>Marked by hand</h2>{marks}"


def _everybody(grades: Sequence[Graded]) -> Iterator[str]:
    yield '<h2>Everybody</h2>\n<ul class="all">'
    for graded in grades:
        points = f"{graded.grade:g} of {graded.maximum:g}" if graded.is_grade or not graded.problem else "unread"
        tries = f", {count(graded.attempts, 'attempt')}" if graded.attempts > 1 else ""
        yield f"<li>{_link(graded.learner)}<span>{points}{tries}</span></li>"
    yield "</ul>"
