"""A lesson's slides in a real browser, from a file: nothing is cut, nothing is asked for, keys and hands work."""

from collections.abc import Iterator
from typing import Any

import pytest

from coursekit.course import syllabus
from coursekit.explorables import pictures
from coursekit.workshop.slides.page import page

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# Slides of which a part is out of sight, or whose letters are smaller than 24 of the 1080 pixels
TOO_SMALL = """() => [...document.querySelectorAll("section")].filter((slide) => {
  const body = slide.querySelector(".body");
  const cut = body.scrollHeight > body.clientHeight + 1 || body.scrollWidth > body.clientWidth + 1;
  return cut || parseFloat(getComputedStyle(body).fontSize) < 24 || slide.getBoundingClientRect().height !== 1080;
}).map((slide) => slide.id)"""


@pytest.fixture(scope="module")
def slides(tmp_path_factory: Any) -> Iterator[Any]:
    """Those of lesson 02, without a network."""
    if pictures.browser() is None:
        pytest.skip("Chromium is not on PATH")
    from playwright.sync_api import sync_playwright

    file = tmp_path_factory.mktemp("slides") / "kl.html"
    file.write_text(page(syllabus.find_topic("kl_divergence")), encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=pictures.browser(), args=list(pictures.FLAGS))
        context = browser.new_context(viewport={"width": 1920, "height": 1080}, offline=True)
        tab = context.new_page()
        tab.wrong = []
        tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
        tab.on("console", lambda said: tab.wrong.append(said.text))
        tab.on("request", lambda asked: tab.wrong.append(asked.url[:200]) if asked.url != file.as_uri() else None)
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-ready]")
        yield tab
        browser.close()


def place(tab: Any) -> int:
    """The number of the slide that fills the screen."""
    tab.wait_for_timeout(200)
    return int(tab.evaluate("slides.find((one) => one.getBoundingClientRect().top === 0).id"))


def data_free(wrong: list[str]) -> list[str]:
    return [each for each in wrong if not each.startswith("data:")]


def test_slides(slides):
    tab = slides
    assert tab.evaluate(TOO_SMALL) == []
    tab.evaluate("document.querySelectorAll('details:not(.source)').forEach((one) => { one.open = true; })")
    tab.wait_for_timeout(1_000)
    assert tab.evaluate(TOO_SMALL) == []  # with all answers open
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = false; })")

    for key, there in (("ArrowRight", 2), (" ", 3), ("PageDown", 4), ("ArrowLeft", 3), ("Shift+ ", 2), ("Home", 1)):
        tab.keyboard.press(key.replace(" ", "Space"))
        assert place(tab) == there, key
    tab.keyboard.press("End")
    last = place(tab)
    assert last == tab.locator("section").count() > 50
    assert tab.locator("#place").inner_text() == f"{last} / {last}"

    asked = tab.locator("section", has=tab.locator(".coursekit-question")).first
    tab.evaluate("(one) => show(slides.indexOf(one))", asked.element_handle())
    answer = asked.locator(".coursekit-question details b")
    assert not answer.is_visible()
    tab.keyboard.press("a")
    assert answer.is_visible()

    note = asked.locator("aside")
    assert not note.is_visible()
    tab.keyboard.press("n")
    assert note.is_visible()
    assert "Let all of them choose" in note.inner_text()
    tab.keyboard.press("n")
    with tab.expect_popup() as opened:
        tab.keyboard.press("s")
    assert "Let all of them choose" in opened.value.locator("#notes").inner_text()
    opened.value.keyboard.press("ArrowRight")  # from the speaker's own screen
    assert place(tab) == int(asked.get_attribute("id")) + 1
    opened.value.close()

    before = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.keyboard.press("d")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert data_free(tab.wrong) == []


def test_explorables_move(slides):
    """By hand, at their size on a slide, and by the keys that elsewhere turn the slides."""
    tab = slides
    assert tab.locator("[data-explorable]:not([data-alive])").count() == 0
    slide = tab.locator("section", has=tab.locator("[data-explorable=belief_boxes]")).first
    tab.evaluate("(one) => show(slides.indexOf(one))", slide.element_handle())
    here = place(tab)
    box = slide.locator("[data-explorable]")
    grip = box.locator("[data-handle=q0]").bounding_box()
    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    first = box.evaluate("(one) => one.explorable.get('q')[0]")
    said = box.locator(".said").inner_text()
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 100, y, steps=4)
    tab.mouse.up()
    dragged = box.evaluate("(one) => one.explorable.get('q')[0]")
    moved = box.locator("[data-handle=q0]").bounding_box()
    assert dragged > first + 0.05
    assert moved["x"] == pytest.approx(grip["x"] + 100, abs=5)  # it stays under the hand
    assert box.locator(".said").inner_text() != said
    tab.keyboard.press("ArrowLeft")
    assert box.evaluate("(one) => one.explorable.get('q')[0]") == pytest.approx(dragged - 0.01)
    assert place(tab) == here
    assert data_free(tab.wrong) == []


FRAMED = """(text) => {
  const frame = document.body.appendChild(document.createElement("iframe"));
  Object.assign(frame, { width: 1600, height: 900, sandbox: "allow-scripts allow-same-origin" });
  const based = text.replace("<head>", '<head><base href="http://127.0.0.1/files/kl.html">');
  frame.src = URL.createObjectURL(new Blob([based], { type: "text/html" }));
}"""


def test_slides_in_a_frame(slides):
    """As JupyterLab shows a page: in a frame that may open no window, at an address that is none."""
    tab = slides.context.new_page()
    wrong = []
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto("about:blank")
    tab.evaluate(FRAMED, page(syllabus.find_topic("kl_divergence")))
    tab.wait_for_selector("iframe")
    frame = tab.frames[-1]
    frame.wait_for_selector("html[data-ready]", timeout=20_000)
    frame.locator("section").first.click()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("s")
    assert place(frame) == 2
    assert wrong == []
    tab.close()
