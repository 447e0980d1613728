"""Every lesson as a learner works on it: in JupyterLab, in a real browser, on a copy of the course.

One lesson stands for all, as each takes half a minute of two cores. `pytest -m sweep tests/test_browser.py` runs the
others. With COURSE_SCREENSHOTS=FOLDER pictures of all pages are left there, in both themes and widths, to look at.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab import (
    ARGUMENTS,
    BROWSER,
    CONTRAST,
    NEEDS_BROWSER,
    RUN_ALL,
    WCAG_AA,
    against_rules,
    jupyterlab,
    open_notebook,
    theme,
)

from coursekit.course import notebooks, stubs, syllabus

pytestmark = NEEDS_BROWSER
ALWAYS = "objective"  # the lesson that a learner opens first
EVERY_TOPIC = [
    pytest.param(topic, id=topic.name, marks=[] if topic.name == ALWAYS else pytest.mark.sweep)
    for topic in syllabus.TOPICS
]
WRONG = Path(__file__).parent / "wrong"
NAMES = json.loads((WRONG / "names.json").read_text(encoding="utf-8"))

WRITE_ANSWERS = """(answers) => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
    let written = 0;
    for (const cell of cells) {
        const name = (cell.getMetadata('coursekit') || {}).exercise;
        if (name in answers) { cell.sharedModel.setSource(answers[name]); written += 1; }
    }
    return written;
}"""

RUN_EXERCISE = """async (name) => {  // its cell, and the one below it, which checks
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const cells = [...notebook.model.cells];
    notebook.activeCellIndex = cells.findIndex(each => (each.getMetadata('coursekit') || {}).exercise === name);
    await window.jupyterapp.commands.execute('notebook:run-cell-and-select-next');
    await window.jupyterapp.commands.execute('notebook:run-cell-and-select-next');
}"""

# What is wider than the box that cuts it off or scrolls it. A long formula may be scrolled: it cannot be wrapped.
CUT = """() => [...document.querySelectorAll(
        '.jp-InputArea-editor .cm-scroller, .jp-OutputArea-output, .jp-OutputArea-output *, .jp-MarkdownOutput pre')]
    .filter(each => each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1)
    .filter(each => getComputedStyle(each).overflowX !== 'visible' && !each.closest('mjx-container, svg'))
    .map(each => each.outerHTML.slice(0, 120))"""

# anywidget gives a model two seconds to load, which a busy machine may not have; its picture is alive without Python
IMPATIENT = "[anywidget] Failed to initialize model."

LABS_OWN = (  # what JupyterLab's own style sheet does to any notebook
    "link-in-text-block: .jp-RenderedMarkdown",  # it underlines links only below the mouse
)


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab that serves a copy of the lessons; one for all, as it takes seconds to start."""
    root, state = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("state")
    lessons = syllabus.TOPICS[0].notebook.parent
    shutil.copytree(lessons, root / "notebooks", ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSEKIT_PROGRESS", "off")
        with jupyterlab(root, state) as address:
            yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # on a busy machine
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser) -> Iterator[Any]:
    """A page that complains of nothing while the test runs."""
    page = browser.new_page(viewport={"width": 1280, "height": 1500})
    page.set_default_timeout(120_000)  # the whole lesson runs between two commands
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()
    assert [each for each in wrong if IMPATIENT not in each] == []


def wrong_answer(topic: syllabus.Topic) -> tuple[str, str, str]:
    """An exercise of the lesson, a wrong answer to it as learners write it, and what its mistake is said to be."""
    body = ast.parse((WRONG / f"{topic.name}.py").read_text(encoding="utf-8")).body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    answers = [node for node in body if isinstance(node, ast.FunctionDef)]
    helpers = {node.name for node in answers if node.name.startswith("_")}
    for answer in answers:
        name, mistake = answer.name.partition("__")[0], NAMES.get(f"{topic.name}/{answer.name}")
        exercise = next((each for each in topic.exercises if each.name == name), None)
        misconceptions = exercise.misconceptions if exercise else []
        said = next((each.explanation for each in misconceptions if each.name == mistake), None)
        used = {node.id for node in ast.walk(answer) if isinstance(node, ast.Name)}
        if said and not used & helpers:
            answer.name = name
            return name, "\n".join(map(ast.unparse, [*imports, answer])), said
    raise AssertionError(f"tests/wrong/{topic.name}.py has no wrong answer whose mistake has a name")


def move_every_explorer(notebook) -> int:
    """Moves the first slider or handle of each explorer, sees the picture change, and returns how many there are."""
    from playwright.sync_api import expect

    boxes = notebook.locator("[data-alive]")
    for number in range(boxes.count()):
        box = boxes.nth(number)
        handle, said = box.locator("input[type=range], [role=slider]").first, box.locator(".said")
        handle.scroll_into_view_if_needed(timeout=30_000)
        before, drawn = said.inner_text(), box.locator("svg").inner_html()
        handle.focus()
        at = handle.get_attribute("aria-valuenow") or handle.input_value()
        last = handle.get_attribute("aria-valuemax") or handle.get_attribute("max")
        handle.page.keyboard.press("ArrowLeft" if at == last else "ArrowRight")
        expect(said).not_to_have_text(before, timeout=20_000)
        assert box.locator("svg").inner_html() != drawn
    return boxes.count()


def answer_a_prediction(notebook) -> None:
    """Commits to the first choice of the first question, which is then judged."""
    from playwright.sync_api import expect

    form = notebook.locator(".jp-OutputArea-output:has(.widget-radio)").first
    form.locator("input[type=radio]").first.check()
    form.get_by_role("button", name="Commit").click()
    verdict = form.get_by_role("alert")
    expect(verdict).to_contain_text("You said: ")
    expect(verdict).to_contain_text(re.compile(r"(That holds|Not so)\. The answer: \w"))


def keep_picture(page, topic: syllabus.Topic, look: str) -> None:
    """All of the lesson as pictures, in the folder that COURSE_SCREENSHOTS names, if it does."""
    folder = os.environ.get("COURSE_SCREENSHOTS")
    if not folder:
        return
    size, scroller = page.viewport_size, ".jp-WindowedPanel-outer"
    page.set_viewport_size({"width": size["width"], "height": 2500})
    for number, top in enumerate(range(0, page.locator(scroller).evaluate("each => each.scrollHeight"), 2400)):
        page.locator(scroller).evaluate("(each, top) => each.scrollTo(0, top)", top)
        page.screenshot(path=Path(folder) / f"{topic.number:02}_{look}_{number:02}.png")
    page.set_viewport_size(size)


@pytest.mark.parametrize("topic", EVERY_TOPIC)
def test_a_lesson_in_jupyterlab(course, page, topic):
    """It runs, asks, names a mistake, passes right answers, moves every picture, and can be read in both themes."""
    from playwright.sync_api import expect

    answers = {exercise.name: stubs.model_answer(topic, exercise.name).rstrip() for exercise in topic.exercises}
    name, wrong, said = wrong_answer(topic)
    open_notebook(page, course, f"notebooks/{topic.notebook.name}")
    assert len(answers) == page.evaluate(WRITE_ANSWERS, {**answers, name: wrong})
    notebook = page.locator(".jp-NotebookPanel")
    # of a cell whose source is folded too, JupyterLab shows one bar for both
    expect(notebook.locator(".jp-OutputPlaceholder:visible").first).to_be_visible()
    # a first line may be the answer
    assert set(notebook.locator(".jp-OutputPlaceholder").all_inner_texts()) == {""}
    assert page.evaluate(RUN_ALL) == []
    expect(notebook.locator(".jp-OutputPlaceholder")).to_have_count(0)  # what has run is open
    answer_a_prediction(notebook)
    card = notebook.locator(".coursekit-card", has_text=re.compile(rf"\b{name}: (not yet|error)"))
    expect(card.first).to_contain_text(said.replace("`", ""))
    for passed in answers.keys() - {name}:
        expect(notebook.get_by_text(f"{passed}: done ✓").first).to_be_visible()
    explored = [
        cell for cell in notebooks.read(topic).cells if re.search(r"(?m)^explore\(|coursekit.explorables", cell.source)
    ]
    assert len(explored) == move_every_explorer(notebook) > 0

    for look, rules in (("Light", WCAG_AA), ("Dark", CONTRAST)):  # all else is the same in the dark
        theme(page, look)
        found = against_rules(page, ".jp-OutputArea, .jp-MarkdownOutput", rules)
        assert [each for each in found if not each.startswith(LABS_OWN)] == []
        for width in (1280, 820):
            page.set_viewport_size({"width": width, "height": 1500})
            page.wait_for_timeout(1000)  # JupyterLab lays out after the call has returned
            assert page.evaluate(CUT) == []
            keep_picture(page, topic, f"{look}_{width}")

    assert page.evaluate(WRITE_ANSWERS, {name: answers[name]}) == 1
    page.evaluate(RUN_EXERCISE, name)
    expect(notebook.get_by_text(f"{name}: done ✓").first).to_be_visible()
