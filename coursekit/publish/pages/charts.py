"""Pictures of a page, in SVG: each number that they show is in their words as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from coursekit.learning.feedback import WORDS
from coursekit.report import Graded, Outcome

# In this order; the style sheet has their colours, Okabe and Ito's, which differ for every kind of colour vision, and
# in lightness where they stand side by side
_ORDER = (
    *(Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.TIMEOUT, Outcome.MEMORY, Outcome.FORBIDDEN),
    *(Outcome.SKIPPED, Outcome.STARVED, Outcome.UNATTEMPTED, Outcome.UNCHECKED),
)


def bar(number: int, total: int) -> str:
    """So many of so many, as a length and as words."""
    width = 100 * number / total if total else 0
    words = f"{number:,} of {total:,}"
    return (
        f'<svg role="img" aria-label="{words} who tried it"><rect width="100%" height="100%" class="track"/>'
        f'<rect width="{width:.1f}%" height="100%" class="length"/>'
        f'<text x="6" y="50%" dominant-baseline="central" class="on-light">{words}</text></svg>'
    )


def histogram(grades: Sequence[Graded]) -> str:
    """What share of the points learners got; full marks have a bar of their own."""
    bins = Counter(_bin(graded) for graded in grades)
    labels = [*(f"{10 * n}–{10 * n + 9} %" for n in range(10)), "full marks"]
    alt = "; ".join(f"{labels[n]}: {bins[n]}" for n in range(11))
    parts = [f'<svg role="img" height="190" aria-label="Learners by share of the points. {alt}.">']
    tallest = max(bins.values())
    for n in range(11):
        height = 140 * bins[n] / tallest
        middle = (n + 0.5) * 100 / 11
        if bins[n]:
            parts.append(
                f'<rect x="{middle - 4.1:.2f}%" y="{160 - height:.1f}" width="8.2%" height="{height:.1f}" '
                'class="passed"/>'
                f'<text x="{middle:.2f}%" y="{154 - height:.1f}" text-anchor="middle">{bins[n]}</text>'
            )
        label = "full" if n == 10 else f"{10 * n}"
        parts.append(f'<text x="{middle:.2f}%" y="178" text-anchor="middle">{label}</text>')
    return "".join(parts) + '<line x1="0" x2="100%" y1="160.5" y2="160.5"/></svg>'


def _bin(graded: Graded) -> int:
    if graded.grade >= graded.maximum:
        return 10
    return max(0, min(9, int(10 * graded.grade / graded.maximum)))


def outcomes(outcomes: Counter[Outcome]) -> str:
    """A stacked bar, with its words below it."""
    total = sum(outcomes.values())
    present = [outcome for outcome in _ORDER if outcomes[outcome]]
    words = {outcome: f"{outcomes[outcome]:,} {WORDS[outcome]}" for outcome in present}
    rects, at = [], 0.0
    for outcome in present:
        width = 100 * outcomes[outcome] / total
        rects.append(f'<rect x="{at:.2f}%" width="{width:.2f}%" height="100%" class="{outcome}"/>')
        if width > 7:
            middle = f'x="{at + width / 2:.2f}%" y="50%" text-anchor="middle" dominant-baseline="central"'
            ink = "on-dark" if outcome is Outcome.PASSED else "on-light"
            rects.append(f'<text {middle} class="{ink}">{outcomes[outcome]:,}</text>')
        at += width
    key = "".join(f'<li><i class="{outcome}"></i>{words[outcome]}</li>' for outcome in present)
    picture = f'<svg class="outcomes" role="img" aria-label="{", ".join(words.values())}">{"".join(rects)}</svg>'
    return f'{picture}<ul class="key" aria-hidden="true">{key}</ul>'
