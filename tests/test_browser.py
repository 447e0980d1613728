"""One exercise solved as a learner solves it: in JupyterLab, in a real browser, on a copy of the course."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coursekit.course import notebooks, stubs, syllabus
from coursekit.explorables import pictures

BROWSER = pictures.browser()
TOKEN = "learner"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]

NEEDS_BROWSER = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(pictures.BROWSERS)} is on PATH"),
    pytest.mark.filterwarnings("default"),
]
pytestmark = NEEDS_BROWSER

# JupyterLab saves what it opens, shows a kernel as idle before there is one, and loads the notebook piece by piece
READY = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.revealed; await panel.context.ready; await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
}"""

WRITE_ANSWERS = """(answers) => {
    const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
    let written = 0;
    for (const cell of cells) {
        const name = (cell.getMetadata('coursekit') || {}).exercise;
        if (name in answers) { cell.sharedModel.setSource(answers[name]); written += 1; }
    }
    return written;
}"""

RUN_ALL = """async () => {
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
    const errors = [];
    for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
        if (cell.type !== 'code') continue;
        for (let i = 0; i < cell.outputs.length; i++) {
            const output = cell.outputs.get(i);
            if (output.type === 'error') errors.push(output.toJSON().evalue);
        }
    }
    return errors;
}"""


@contextmanager
def jupyterlab(root: Path, state: Path) -> Iterator[str]:
    """The address of a JupyterLab that serves `root` and keeps its own files in `state`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folders = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    environment = {**os.environ, **{name: str(state / name.lower()) for name in folders}}
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(state / "settings")
    notices = state / "settings" / "@jupyterlab" / "apputils-extension"
    notices.mkdir(parents=True)
    quiet = '{"fetchNews": "false", "checkForUpdates": false}'
    (notices / "notification.jupyterlab-settings").write_text(quiet)
    lessons = state / "settings" / "@jupyterlab" / "notebook-extension"
    lessons.mkdir(parents=True)
    # else the cells that are not in sight are not in the page
    (lessons / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}"]
    command += ["--expose-app-in-browser", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    log = (state / "lab.log").open("wb")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 90
        while True:
            assert server.poll() is None, (state / "lab.log").read_text()
            try:
                urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=2).close()
                break
            except OSError:
                assert time.monotonic() < deadline, (state / "lab.log").read_text()
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


# the lesson that a learner opens first, and the one whose pictures have most to move
LESSONS = ("objective", "ctc_training")


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


@pytest.mark.parametrize("lesson", LESSONS)
def test_solve_a_lesson_in_jupyterlab(lesson, tmp_path):
    """Answers written into a notebook's exercise cells are checked, its sliders move their pictures, it asks first."""
    from playwright.sync_api import expect, sync_playwright

    topic = syllabus.find_topic(lesson)
    root = tmp_path / "course"
    shutil.copytree(topic.notebook.parent, root / "notebooks", ignore=shutil.ignore_patterns("*.ipynb", "__pycache__"))
    shutil.copy(topic.notebook, root / "notebooks")
    answers = {exercise.name: stubs.model_answer(topic, exercise.name).rstrip() for exercise in topic.exercises}
    with jupyterlab(root, tmp_path / "state") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=BROWSER, headless=True, args=ARGUMENTS
        )
        page = browser.pages[0] if browser.pages else browser.new_page()
        page.set_default_timeout(120_000)  # the whole lesson runs between two commands
        page.goto(f"{address}/doc/tree/notebooks/{topic.notebook.name}?token={TOKEN}&reset")
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=90_000)
        page.evaluate(READY)
        assert len(answers) == page.evaluate(WRITE_ANSWERS, answers)
        notebook = page.locator(".jp-NotebookPanel")
        expect(notebook.locator(".jp-OutputPlaceholder").first).to_be_visible()
        assert set(notebook.locator(".jp-OutputPlaceholder").all_inner_texts()) == {
            ""
        }  # a first line may be the answer
        assert page.evaluate(RUN_ALL) == []
        expect(notebook.locator(".jp-OutputPlaceholder")).to_have_count(0)  # what has run is open
        answer_a_prediction(notebook)
        for name in answers:
            result = notebook.get_by_text(f"{name}: done ✓").first
            result.scroll_into_view_if_needed(timeout=30_000)
            expect(result).to_be_visible()
        explored = [
            cell
            for cell in notebooks.read(topic).cells
            if re.search(r"(?m)^explore\(|coursekit.explorables", cell.source)
        ]
        assert len(explored) == move_every_explorer(notebook) > 0
        if folder := os.environ.get("COURSE_SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{lesson}.png")
        browser.close()
