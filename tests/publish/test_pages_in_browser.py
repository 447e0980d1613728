"""Pages in a real browser: accessible (axe-core), wide and narrow, light and dark, quick, of use without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import ARGUMENTS, BROWSER, NEEDS_BROWSER
from test_pages import report, small_class, solved

from coursekit.classroom.likeness import Answer
from coursekit.publish import pages
from coursekit.report import Diagnosis, Graded, Outcome

pytestmark = NEEDS_BROWSER

EXERCISES = 8
WCAG_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CONTRAST = {"runOnly": ["color-contrast"]}  # all else is the same in the dark


def a_class(number: int) -> list[Graded]:
    """Learners of whom each has some of every outcome, and one of 90 mistakes in most exercises."""
    outcomes = [Outcome.FAILED] * 4 + list(Outcome)
    grades = small_class()
    for n in range(number):
        reports = []
        for e in range(EXERCISES):
            outcome, name = outcomes[(n * 7 + e * 3) % len(outcomes)], f"exercise_number_{e}"
            mistake = Diagnosis("m", f"Mistake {n * e % 90}. Look at `p`.") if outcome is Outcome.FAILED else None
            passed = outcome is Outcome.PASSED
            reports.append(solved(name, "") if passed else report(name, "", outcome, 0.5 * (n % 2), diagnosis=mistake))
        grades.append(Graded(f"Jürgen Learner_{n}_assignsubmission_file", tuple(reports)))
    return grades


def alike_work() -> dict[str, dict[str, Answer]]:
    """Two who share most, two who share all, and others."""

    def text(one: int) -> str:
        return "def a(x):\n" + "".join(f"    y{k} = x.method_{one}_{k}(x, {k})  # <{k}>\n" for k in range(30))

    work = {f"n{n}": {"a": Answer(text(n))} for n in range(12)}
    return {**work, "ann": {"a": Answer(text(3).replace("y", "z"))}, "eve": work["n5"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests of this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, headless=True, args=ARGUMENTS)
        yield chromium
        chromium.close()


def opened(browser: Any, path: Path, **context: Any) -> Any:
    """A page of that file, which asks nothing of the network."""
    page = browser.new_context(**context).new_page()
    page.on("request", lambda request: pytest.fail(request.url) if not request.url.startswith("file:") else None)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(path.resolve().as_uri())
    return page


def test_accessible(browser: Any, tmp_path: Path) -> None:
    """The instructor's page and a learner's break no rule of WCAG AA, in light and in dark, and nothing sticks out."""
    from axe_playwright_python.sync_playwright import Axe

    index = pages.write(tmp_path, a_class(12), "Week 3", work=alike_work())
    learner = next((index.parent / "learners").glob("*Learner_3*.html"))  # of all outcomes
    for path in (index, learner, index.with_name("similar.html")):
        page = opened(browser, path, color_scheme="light", viewport={"width": 1920, "height": 900})
        assert page.locator("mark").count() == (2 if "similar" in path.name else 0)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        for scheme, width, rules in (("light", 1920, WCAG_AA), ("dark", 390, CONTRAST)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            broken = Axe().run(page, options=rules).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in broken] == [], (path, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()


def first(page: Any, number: int) -> list[str]:
    """The names in the first rows of the table that are in sight."""
    return page.locator("table.points tbody tr:visible th").all_inner_texts()[:number]


def test_sorts_and_searches(browser: Any, tmp_path: Path) -> None:
    """A column's head sorts by it, again the other way round; a name is found without its accent, or by its file."""
    page = opened(browser, pages.write(tmp_path, small_class(), "x"))
    head = page.locator("thead th").nth(1)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert first(page, 5) == ["ann", "bob", "chen", "dora", "emil"]
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert first(page, 5) == ["emil", "chen", "dora", "bob", "ann"]
    page.get_by_role("button", name="learner").click()
    assert page.locator("th[aria-sort]").count() == 1
    assert first(page, 2) == ["ann", "bob"]
    page.context.close()
    page = opened(browser, pages.write(tmp_path, a_class(12), "x"))
    search = page.get_by_label("Find a learner")
    for typed, found in (("jurgen LEARNER", 12), ("_11_assign", 1), ("nobody", 0), ("", 17)):
        search.fill(typed)
        assert page.locator("table.points tbody tr:visible").count() == found, typed
        assert page.locator("output").inner_text() == (f"{found} of 17" if typed else "")
    page.context.close()


def test_without_a_script_and_on_paper(browser: Any, tmp_path: Path) -> None:
    """Where no script runs there is no search that does nothing; on paper all is unfolded, and light."""
    page = opened(browser, pages.write(tmp_path, a_class(40), "x"), java_script_enabled=False, color_scheme="dark")
    assert not page.get_by_label("Find a learner").is_visible()
    assert page.locator("table.points tbody tr").count() == 45
    folded = page.locator("details a").last
    assert not folded.is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert folded.is_visible()
    assert not page.locator("nav").is_visible()
    page.context.close()


def test_a_thousand_learners_open_at_once(browser: Any, tmp_path: Path) -> None:
    """Every learner of a thousand behind every mistake, in under a second of the browser's computing."""
    index = pages.write(tmp_path, a_class(1_000), "x")
    page = opened(browser, index)
    tab = page.context.new_cdp_session(page)
    tab.send("Performance.enable", {"timeDomain": "threadTicks"})  # what other processes take is not counted
    page.reload()
    assert page.locator("table.points tbody tr").count() == 1_005
    seconds = {each["name"]: each["value"] for each in tab.send("Performance.getMetrics")["metrics"]}
    assert 0.01 < seconds["TaskDuration"] < 1
    page.context.close()
