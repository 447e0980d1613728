"""The pictures of a page, number by number, and the groups of answers below them."""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from coursekit.publish.pages import charts, groups
from coursekit.publish.pages.groups import Unnamed
from coursekit.report import Example, Graded, Outcome, Report


def learner(points: float, maximum: float = 8.0) -> Graded:
    return Graded("ann", (Report("double", "ann", Outcome.FAILED, (), points, maximum),))


@pytest.mark.parametrize(
    ("number", "total", "width", "words"),
    [(1, 3, "33.3%", "1 of 3"), (0, 0, "0.0%", "0 of 0"), (1500, 2000, "75.0%", "1,500 of 2,000")],
)
def test_a_bar(number: int, total: int, width: str, words: str):
    """As long as the share, and in words."""
    svg = ET.fromstring(charts.bar(number, total))
    assert [each.get("width") for each in svg.iter("rect")] == ["100%", width]
    assert (svg.findtext("text"), svg.get("aria-label")) == (words, f"{words} who tried it")


def test_a_histogram():
    """Eleven bars, of which the tallest is 140 high and stands on a line at 160; empty ones are left out."""
    points = [-1.0, 0.5, 0.79, 0.8, 7.99, 7.0, 8.0, 9.0, 8.0, 8.0]
    svg = ET.fromstring(charts.histogram([learner(each) for each in points]))
    bars = [tuple(each.get(name) for name in ("x", "y", "width", "height")) for each in svg.iter("rect")]
    assert bars == [
        ("0.45%", "55.0", "8.2%", "105.0"),
        ("9.54%", "125.0", "8.2%", "35.0"),
        ("73.17%", "125.0", "8.2%", "35.0"),
        ("82.26%", "125.0", "8.2%", "35.0"),
        ("91.35%", "20.0", "8.2%", "140.0"),
    ]
    texts = [(each.get("x"), each.get("y"), each.text) for each in svg.iter("text")]
    counts = [each for each in texts if each[1] != "178"]
    assert counts == [
        *(("4.55%", "49.0", "3"), ("13.64%", "119.0", "1"), ("77.27%", "119.0", "1")),
        *(("86.36%", "119.0", "1"), ("95.45%", "14.0", "4")),
    ]
    assert [text for _, y, text in texts if y == "178"] == [*map(str, range(0, 100, 10)), "full"]
    assert svg.get("aria-label") == (
        "Learners by share of the points. 0–9 %: 3; 10–19 %: 1; 20–29 %: 0; 30–39 %: 0; 40–49 %: 0; 50–59 %: 0; "
        "60–69 %: 0; 70–79 %: 0; 80–89 %: 1; 90–99 %: 1; full marks: 4."
    )


def test_a_stacked_bar():
    """In one order; a number stands where it has room."""
    svg, key = charts.outcomes(Counter({Outcome.UNATTEMPTED: 7, Outcome.PASSED: 80, Outcome.FAILED: 13})).split(
        "<ul", 1
    )
    found = ET.fromstring(svg)
    assert [(each.get("x"), each.get("width"), each.get("class")) for each in found.iter("rect")] == [
        *(("0.00%", "80.00%", "passed"), ("80.00%", "13.00%", "failed"), ("93.00%", "7.00%", "unattempted")),
    ]
    assert [(each.get("x"), each.get("class"), each.text) for each in found.iter("text")] == [
        *(("40.00%", "on-dark", "80"), ("86.50%", "on-light", "13")),
    ]
    assert found.get("aria-label") == "80 passed, 13 not yet, 7 not attempted"
    assert key.count("<li>") == 3
    few = ET.fromstring(charts.outcomes(Counter({Outcome.PASSED: 925, Outcome.FAILED: 75})).partition("<ul")[0])
    assert [each.text for each in few.iter("text")] == ["925", "75"]


def unnamed(**fields: object) -> str:
    given = {"id": "a1", "exercise": "double", "learners": 2, "code": "", "shows": None, **fields}
    return "".join(groups.unnamed_section([Unnamed(**given)]))  # type: ignore[arg-type]


def test_a_group_of_answers():
    """What it is called, what shows it, how it is written: so much of that as fits."""
    assert list(groups.unnamed_section([])) == []
    assert "double, 2 learners</h3>" in unnamed()
    assert "<code>a1</code>, which has no name yet.</p>" in unnamed()
    assert ", called: It adds <code>1</code>.</p>" in unnamed(name="It adds `1`.")
    assert "It is right on all inputs that everybody is asked" in unnamed()
    assert "<pre>" not in unnamed()
    shows = Example("double(<x>)", "3", "2")
    assert "that shows it: <code>double(&lt;x&gt;)  # got 3, expected 2</code>" in unnamed(shows=shows)
    assert "<pre><code>if a:\n    b &lt; c</code></pre>" in unnamed(code="if a:\n\tb < c\n")
    assert f"<code>{'x' * 200}\n{'y' * 200}…</code>" in unnamed(code=f"{'x' * 200}\n{'y' * 201}")
    assert "<code>" + "\n".join("x" * 30) + "</code>" in unnamed(code="\n".join("x" * 30))
    assert "<code>" + "\n".join("x" * 30) + "\n…</code>" in unnamed(code="\n".join("x" * 31))


@pytest.mark.parametrize(("number", "more"), [(20, ""), (21, "And 1 smaller group."), (23, "And 3 smaller groups.")])
def test_the_largest_groups_are_shown(number: int, more: str):
    """And how many more there are."""
    page = "".join(groups.unnamed_section([Unnamed("a", "double", 1, "", None)] * number))
    assert page.count("<h3>") == 20
    assert page.endswith(f'<p class="note">{more}</p>' if more else "</section>")
