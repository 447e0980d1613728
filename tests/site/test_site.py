"""The whole site, made without a network and read in a browser without one: as a reader, by hand, ear and eye."""

from __future__ import annotations

import html
import re
import socket
import warnings
from pathlib import Path
from typing import Any

import pytest

from coursekit.course import stubs, syllabus
from coursekit.site import build, katex, links

pytestmark = pytest.mark.slow

MOST = 1_000_000  # bytes of a lesson's page with all that it loads until a reader is at its end
LESSONS = [f"lessons/{topic.notebook.stem}.html" for topic in syllabus.TOPICS]
ALWAYS = ("index.html", "lessons/02_kl_divergence.html")  # `-m sweep` looks at the others as well
EVERY_PAGE = [
    pytest.param(page, id=Path(page).stem, marks=[] if page in ALWAYS else pytest.mark.sweep)
    for page in ["index.html", *LESSONS]
]
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
TO_THE_END = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    await new Promise((seen) => setTimeout(seen, 50));
  }
}"""
# Formulas and code have one look each, in thousands of elements: axe-core takes minutes, and is shown some of them
MANY = [[".katex"], [".highlight"]]
COLOUR = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


@pytest.fixture(scope="module")
def site(tmp_path_factory: Any) -> Path:
    """All pages, made where no address can be reached; a warning of Sphinx's fails it."""
    if not katex.KATEX.is_dir():
        pytest.skip("KaTeX is not installed: start.py brings it")

    def refused(*_: object) -> None:
        raise AssertionError("a network was asked for")

    out = tmp_path_factory.mktemp("site") / "pages"
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        for name in ("getaddrinfo", "create_connection"):
            patch.setattr(socket, name, refused)
        patch.setattr(socket.socket, "connect", refused)
        warnings.filterwarnings("ignore", message=".*Sphinx API")  # MyST uses what Sphinx is about to drop
        build.build(out)
    return out


class Reader:
    """A page that is read from the disk; `wrong` is what it complains of, `loaded` the files that it has asked for."""

    def __init__(self, browser: Any, site: Path, page: str, width: int = 1280, scheme: str = "light") -> None:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", offline=True
        )
        self.tab = context.new_page()
        self.wrong: list[str] = []
        self.loaded: set[Path] = set()
        self.tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.tab.on("console", lambda said: self.wrong.append(said.text))
        self.tab.on("request", lambda asked: self._note(asked.url))
        name, _, asked = page.partition("?")
        self.tab.goto((site / name).as_uri() + (f"?{asked}" if asked else ""))

    def _note(self, url: str) -> None:
        if url.startswith("file:"):
            self.loaded.add(Path(url.removeprefix("file://").partition("?")[0]))
        elif not url.startswith("data:"):
            self.wrong.append(f"asks for {url}")

    def scroll(self) -> None:
        """Goes down to the end, as far as the pictures that are seen on the way are there."""
        self.tab.evaluate(TO_THE_END)
        self.tab.wait_for_function("[...document.images].every((one) => one.loading === 'lazy' || one.complete)")

    def unfold(self) -> None:
        self.tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    def against_rules(self, options: dict[str, Any] | None = None, within: str = "") -> list[str]:
        """What axe-core finds."""
        from axe_playwright_python.sync_playwright import Axe

        context = {"include": [[within]]} if within else {"exclude": MANY}
        found = Axe().run(self.tab, context=context, options={**(options or {}), "preload": False}).response
        assert found["passes"]  # it has looked
        return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]

    def close(self) -> None:
        self.tab.context.close()


def test_links(site: Path) -> None:
    """Each link within the site leads to a place of it, and nothing is loaded from elsewhere."""
    found = links.check(site)
    assert found.faults == []
    assert found.count > 1_000


def test_no_solution_is_on_a_lesson(site: Path) -> None:
    """The course's own answer to an exercise stands nowhere in the source of its lesson's page; all of its hints do."""
    for topic, page in zip(syllabus.TOPICS, LESSONS, strict=True):
        source = (site / page).read_text(encoding="utf-8")
        text = _plain(source)
        for exercise in topic.exercises:
            solution = stubs.solution(topic, exercise.name)
            (answer,) = re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", solution, re.DOTALL)
            assert _plain(html.escape(answer)) not in text, f"{exercise.name} is solved on its page"
            section = source.partition(f'aria-label="Exercise {exercise.name}"')[2].partition("</section>")[0]
            assert section.count('class="hint"') == len(exercise.hints)


def _plain(text: str) -> str:
    """Text without tags, white space, and the marks of HTML."""
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]*>", "", text)))


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_page(site: Path, chromium: Any, page: str) -> None:
    """Light and dark, wide and narrow: no complaint, nothing cut, nothing too heavy, no rule of axe-core broken."""
    reader = Reader(chromium, site, page)
    tab = reader.tab
    tab.wait_for_function("!document.querySelector('[data-explorable]:not([data-alive])')")
    reader.scroll()
    assert reader.wrong == []
    assert sum(path.stat().st_size for path in reader.loaded) < MOST
    reader.unfold()
    assert reader.against_rules() == []
    tab.emulate_media(color_scheme="dark")
    assert reader.against_rules(COLOUR) == []
    tab.set_viewport_size({"width": 390, "height": 900})
    tab.wait_for_timeout(300)
    assert tab.evaluate(WIDER) <= 0
    assert reader.wrong == []
    reader.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_and_formulas_can_be_read(site: Path, chromium: Any, scheme: str) -> None:
    """The colours of code and of formulas are far enough from those that they stand on."""
    reader = Reader(chromium, site, "lessons/14_ctc_speed.html", scheme=scheme)
    assert reader.against_rules(within=".exercise") == []
    assert reader.against_rules(within="span.math") == []
    reader.close()


def test_a_lesson_by_hand(site: Path, chromium: Any) -> None:
    """Explorables move, predictions are answered, hints open one after the other, and words are found."""
    reader = Reader(chromium, site, "lessons/02_kl_divergence.html")
    tab = reader.tab

    box = tab.locator("[data-explorable=belief_boxes]")
    said = box.locator(".said").inner_text()
    box.locator("[data-handle=q0]").focus()
    tab.keyboard.press("ArrowRight")
    assert box.locator(".said").inner_text() != said

    for chart in tab.locator("[data-explorable=chart]").all():
        said = chart.locator(".said").inner_text()
        for _ in range(2):  # a line may say the same twice
            chart.locator("input[type=range]").first.press("ArrowRight")
        assert chart.locator(".said").inner_text() != said
        assert "Run this cell" not in chart.inner_text()

    choice, number = (tab.locator(f".coursekit-question:has(input[type={kind}])").first for kind in ("radio", "text"))
    button, answer = choice.get_by_role("button"), choice.locator("details")
    assert button.is_disabled()
    right = answer.locator("b").text_content().removesuffix(".")
    choice.get_by_label(right, exact=True).check()
    button.click()
    assert choice.get_by_role("status").inner_text() == f"You said: {right}. That holds."
    assert answer.evaluate("(one) => one.open")
    number.get_by_role("textbox").fill("many")
    number.get_by_role("button").click()
    assert number.get_by_role("status").inner_text() == "Write a number such as 0.25 or 1e6."
    number.get_by_role("textbox").fill("−123456")
    number.get_by_role("button").click()
    assert number.get_by_role("status").inner_text() == "You said: −123456. Not so."

    hints = tab.locator(".exercise").first.locator(".hint")
    assert [hint.is_visible() for hint in hints.all()] == [True] + [False] * (hints.count() - 1)
    hints.first.locator("> summary").click()
    assert [hint.is_visible() for hint in hints.all()][:3] == [True, True, False]
    assert reader.wrong == []
    reader.close()


def test_search(site: Path, chromium: Any) -> None:
    """The page's own index finds a word, from the disk."""
    reader = Reader(chromium, site, "search.html?q=perplexity")
    reader.tab.wait_for_selector("#search-results li a")
    assert "Entropy and mutual information" in reader.tab.locator("#search-results").inner_text()
    reader.close()
