"""The board in a real browser: live, accessible, wide and narrow, with script in every field a stranger fills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import toys
from living import living
from test_browser import ARGUMENTS, BROWSER, NEEDS_BROWSER
from test_pictures import check, explorable, words

from coursekit.course.syllabus import Topic
from coursekit.explorables.source import PICTURES
from coursekit.learning.joined import events
from coursekit.learning.joined.events import Answered, Checked, Consent, Predicted
from coursekit.workshop.store import Person, Role, Session, Store

pytestmark = [*NEEDS_BROWSER, pytest.mark.usefixtures("toy_course")]

SCRIPT = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
WCAG_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


class Board:
    """A board that is open, and the room that it shows."""

    def __init__(self, browser: Any, store: Store, session: Session, address: str, **context: Any) -> None:
        self.store, self.session, self.address = store, session, address
        self.boss, token = store.add_person(session, Role.INSTRUCTOR)
        self.page = browser.new_context(**context).new_page()
        self.page.on("pageerror", lambda error: pytest.fail(str(error)))
        self.page.on("request", lambda asked: None if asked.url.startswith(address) else pytest.fail(asked.url))
        self.page.goto(f"{address}/board#{token}")
        self._uids = iter(range(10**9))

    def join(self, name: str = "") -> Person:
        return self.store.add_person(self.session, Role.LEARNER, name)[0]

    def post(self, who: Person, *posted: Any) -> None:
        self.store.log(who, [(f"{next(self._uids):032x}", events.to_body(each)) for each in posted])

    def say(self, body: dict[str, Any]) -> int:
        self.store.log(self.boss, [(f"{next(self._uids):032x}", body)])
        return self.store.events(self.session)[-1].id

    def fill(self, number: int) -> None:
        """Learners of every state, who hold mistakes with and without a name, asked before and after a discussion."""
        asked = self.say({"kind": "ask", "text": "Up or down?", "choices": ["up", "down"]})
        self.say({"kind": "open", "exercise": "double", "minutes": 10})
        people = [self.join(f"Ann {n} {SCRIPT}") for n in range(number)]
        for n, who in enumerate(people):
            mistake = Checked("double", "failed", False, 1, ("squared", "two_more")[n % 2], SCRIPT)
            group = Checked("double", "failed", False, 2, "", "", "abc", "double(3)", SCRIPT, "6", SCRIPT)
            passed = Checked("double", "passed", n % 10 == 0, 3)
            told = [[], [mistake], [mistake, group], [mistake, group, passed], [passed]][n % 5]
            self.post(who, *told, Answered(asked, 1, "up"), Predicted("toy", "which", SCRIPT[:200], n % 2 == 0))
        self.say({"kind": "turn", "asked": asked, "to": "discussed"})
        for who in people[::2]:
            self.post(who, Answered(asked, 2, "down"))
        self.say({"kind": "push", "text": SCRIPT})
        request = self.say({"kind": "request", "exercise": "double", "holding": "abc"})
        for who in people:  # counts of the one who was asked
            self.post(who, Consent(request, True, SCRIPT))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for all tests of this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, headless=True, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def address(store: Store, session: Session) -> Iterator[str]:
    with living(store, session) as address:
        yield address


def test_live(browser: Any, store: Store, session: Session, address: str) -> None:
    """What is posted comes by itself; nothing is asked of another machine; the key leaves the address."""
    from playwright.sync_api import expect

    board = Board(browser, store, session, address)
    page = board.page
    expect(page.get_by_text("Nobody has joined yet")).to_be_visible()
    expect(page.locator("#join")).to_contain_text(f'join("{address}", "{session.code}")')
    assert page.url == f"{address}/board"
    ann = board.join("Ann")
    board.post(ann, Checked("triple", "failed", False, 1))
    expect(page.get_by_text("0 passed · 1 tried · 0 not started")).to_be_visible()
    board.post(ann, Checked("double", "failed", False, 1, "squared"))
    expect(page.locator(".says")).to_have_text("This is the square.", timeout=30_000)
    expect(page.locator("#stuck")).to_contain_text("Learner 1: ")
    page.reload()
    expect(page.locator(".says")).to_have_text("This is the square.")
    page.keyboard.press("n")
    expect(page.locator("#stuck")).to_contain_text("Ann: ")
    page.keyboard.press("N")
    expect(page.locator("#stuck")).to_contain_text("Learner 1: ")
    page.get_by_role("textbox", name="Question").fill("an n in a question")
    expect(page.locator("#names")).to_have_text("Show names (N)")
    store.end()
    expect(page.get_by_role("status")).to_have_text("This session is over.")
    page.context.close()


def test_everything_is_said_from_the_board(browser: Any, store: Store, session: Session, address: str) -> None:
    """Counterexample, name of a group, exercise with a clock, question in two rounds, card: each by its form."""
    from playwright.sync_api import expect

    board = Board(browser, store, session, address)
    page = board.page
    ann, bob = board.join("Ann"), board.join("Bob")
    board.post(ann, Checked("double", "failed", False, 1, "squared"))
    board.post(bob, Checked("double", "failed", False, 1, "", "", "abc", "double(3)", "5", "6"))
    page.get_by_role("button", name="Send the counterexample to this one").first.click()
    page.get_by_role("textbox", name="What is it?").fill("One is missing.")
    page.get_by_role("button", name="Name it, and tell this one").click()
    expect(page.locator(".says").filter(has_text="One is missing.")).to_be_visible()
    page.locator("#open [name=exercise]").select_option("triple")
    page.locator("#open [name=minutes]").fill("5")
    page.get_by_role("button", name="Open it for all").click()
    expect(page.locator("#clock")).to_contain_text("triple")
    expect(page.locator("#clock")).to_contain_text("4:5")
    page.get_by_role("textbox", name="Question").fill("Up?")
    page.get_by_label("Choices").fill("up\n\n down ")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#questions")).to_contain_text("Up?")
    asked = next(each.id for each in store.events(session) if each.body["kind"] == "ask")
    board.post(ann, Answered(asked, 1, "up"))
    expect(page.locator("#questions")).to_contain_text("1 of 1")
    page.get_by_role("button", name="Discussed: ask once more").click()
    expect(page.get_by_role("button", name="Discussed: ask once more")).to_be_hidden()
    board.post(ann, Answered(asked, 2, "down"))
    expect(page.locator("#questions")).to_contain_text("after: 1 of 1")
    page.get_by_role("button", name="Close").click()
    page.locator("#send [name=to]").select_option("double")
    page.locator("#send [name=hint]").select_option("To itself.")
    expect(page.locator("#send [name=text]")).to_have_value("To itself.")
    page.locator("#send").get_by_role("button").click()
    expect(page.locator("#cards")).to_contain_text("“To itself.” to 2: 0 took it, 0 left it")
    page.get_by_role("button", name="Let all go on by themselves").click()
    expect(page.locator("#clock")).to_be_hidden()
    said = [each.body for each in store.events(session) if each.person == board.boss.id]
    assert [each["kind"] for each in said] == ["push", "name", "open", "ask", "turn", "turn", "push", "open"]
    assert (said[0]["exercise"], said[0]["text"]) == ("double", "This is the square.")
    assert said[3]["choices"] == ["up", "down"]
    page.context.close()


def test_an_answer_to_discuss(browser: Any, store: Store, session: Session, address: str) -> None:
    """Asked for below its mistake, shown once its author agrees, large for the room, sent to it; it runs nowhere."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

    board = Board(browser, store, session, address, viewport={"width": 1920, "height": 1080})
    page = board.page
    ann = board.join("Annegret")
    board.post(ann, Checked("double", "failed", False, 1, "squared"))
    page.get_by_role("button", name="Ask one of them to show their answer").click()
    shown = page.locator("#requests")
    expect(shown).to_contain_text("One learner was asked")
    expect(page.get_by_role("button", name="Ask one of them to show their answer")).to_be_hidden()
    expect(page.get_by_role("button", name="Show it large")).to_be_hidden()
    asked = next(each.id for each in store.events(session) if each.body["kind"] == "request")
    code = f"def double(x):\n    return x * x  # {SCRIPT}\n"
    board.post(ann, Consent(asked, True, code))
    expect(shown.locator("pre")).to_have_text(code.strip())
    page.keyboard.press("n")
    assert "Annegret" not in shown.inner_text()
    page.get_by_role("button", name="Show it large").click()
    large = page.get_by_role("dialog", name="An answer to double")
    expect(large.locator("pre")).to_have_text(code.strip())
    assert "Annegret" not in large.inner_text()
    assert large.locator("pre").evaluate("(each) => parseFloat(getComputedStyle(each).fontSize)") >= 28
    for scheme, width in (("light", 1920), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(page, options=WCAG_AA).response["violations"] == []
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    page.get_by_role("button", name="Send it to everybody").click()
    expect(page.locator("#cards")).to_contain_text("An answer from the room")
    assert store.events(session)[-1].body["code"] == code
    assert page.title() == "Losses: board"
    page.context.close()


def test_the_picture_of_a_mistake(
    browser: Any, toy_course: Topic, store: Store, session: Session, address: str
) -> None:
    """It stands below the mistake with its words, and whoever holds it is sent to its place in the lesson."""
    from playwright.sync_api import expect

    drawn = min(PICTURES.glob("*.png")).read_bytes()
    cells = words("## Doubling `x`"), explorable("Boxes.", drawn), check("double")
    toys.write_notebook(toy_course.notebook, *cells)
    board = Board(browser, store, session, address)
    page = board.page
    board.post(board.join(), Checked("double", "failed", False, 1, "squared"))
    page.get_by_text("The picture to move: lesson 0, below “Doubling x”").click()
    picture = page.get_by_role("img", name="Boxes.")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('.picture img').naturalWidth > 100")
    page.get_by_role("button", name="Send those who hold it there").click()
    expect(page.locator("#cards")).to_contain_text("Open lesson 0, below “Doubling x”")
    assert store.events(session)[-1].body["holding"] == "squared"
    page.context.close()


@pytest.mark.parametrize("number", [12, 200])
def test_accessible(browser: Any, store: Store, session: Session, address: str, number: int) -> None:
    """No rule of WCAG AA is broken and nothing sticks out, light or dark, wide or narrow; no script runs."""
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

    board = Board(browser, store, session, address)
    page = board.page
    board.fill(number)
    expect(page.locator(".squares").first.locator("i")).to_have_count(number, timeout=10_000)
    page.keyboard.press("n")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    expect(page.locator("#rows tr")).to_have_count(number)
    expect(page.locator("#cards li")).to_have_count(1)
    for scheme, width in (("light", 1920), ("dark", 820), ("dark", 390), ("light", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if number > 100 and width != 390:  # the rules look at each of a thousand squares, for a quarter of a minute
            continue
        broken = Axe().run(page, options=WCAG_AA).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in broken] == [], (scheme, width)
    assert page.title() == "Losses: board"
    assert page.locator("main img, main script").count() == 0
    page.context.close()


def test_from_the_back_of_a_room(browser: Any, store: Store, session: Session, address: str) -> None:
    """On a projector what matters is written large, and the heat map and the first mistakes need no scrolling."""
    from playwright.sync_api import expect

    board = Board(browser, store, session, address, viewport={"width": 1920, "height": 1080})
    page = board.page
    board.fill(24)
    expect(page.locator(".says")).to_have_count(3)
    sizes = {
        name: float(page.locator(name).first.evaluate("(each) => parseFloat(getComputedStyle(each).fontSize)"))
        for name in (".says", ".join code", ".clock", ".exercises h3", ".mistakes pre")
    }
    assert sizes[".says"] >= 22
    assert sizes[".join code"] >= 20
    assert sizes[".clock"] >= 36
    assert min(sizes.values()) >= 18
    for name in (".squares", ".says"):
        box = page.locator(name).first.bounding_box()
        assert box["y"] + box["height"] <= 1080
    page.context.close()


def test_the_page_to_join(browser: Any, store: Store, session: Session, address: str) -> None:
    """The line to copy, with the code where it came along, and no script from behind the address."""
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_context().new_page()
    page.goto(f"{address}/#{session.code}")
    assert page.locator("#cell").inner_text() == f'from coursekit import join\njoin("{address}", "{session.code}")'
    assert Axe().run(page, options=WCAG_AA).response["violations"] == []
    page.goto("about:blank")
    page.goto(f"{address}/#<script>alert(1)</script>")
    assert '"CODE")' in page.locator("#cell").inner_text()
    page.goto(f"{address}/board#{'x' * 43}")
    page.get_by_text("The line to open it stands where the workshop was started.").wait_for()
    page.context.close()
