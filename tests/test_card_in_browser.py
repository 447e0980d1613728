"""What `check`, `predict` and `progress` show in JupyterLab: axe-core minds nothing, and saved it shows no error."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lab import ARGUMENTS, BROWSER, NEEDS_BROWSER, RUN_ALL, against_rules, jupyterlab, open_notebook, theme

from coursekit.course import notebooks
from coursekit.learning import memory

pytestmark = NEEDS_BROWSER

CELLS = (
    "import torch\nfrom coursekit import check",
    "def sigmoid(input):\n    return 1 / (1 + torch.exp(input))",
    "check(sigmoid)",
    "def l2_penalty(weights):\n    return weights.square().sum()",
    "check(l2_penalty)",
    'from coursekit import predict\npredict("Heads or tails?", ["heads", "tails"], id="a/coin", right="heads", why="")',
    "from coursekit import progress\nprogress()",
)
SAVE = "window.jupyterapp.commands.execute('docmanager:save')"
END_KERNELS = "window.jupyterapp.serviceManager.sessions.shutdownAll()"
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea-output, .jp-OutputArea-output *')]
    .filter(each => each.checkVisibility())
    .filter(each => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline')
    .map(each => each.outerHTML.slice(0, 80))"""


def test_a_card_and_a_question_in_jupyterlab(tmp_path, monkeypatch):
    """Hint, solution, a link; in both themes, on a wide page and a narrow one; then once more without its kernel."""
    from playwright.sync_api import expect, sync_playwright

    root = tmp_path / "course"
    root.mkdir()
    text = notebooks.text_of(notebooks.of_cells(*(("code", source) for source in CELLS)))
    (root / "cards.ipynb").write_text(text, encoding="utf-8")
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path / "progress.jsonl"))
    with jupyterlab(root, tmp_path / "state") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=BROWSER, headless=True, args=ARGUMENTS
        )
        page = browser.pages[0] if browser.pages else browser.new_page()
        page.set_viewport_size({"width": 1280, "height": 1500})
        page.set_default_timeout(60_000)

        open_notebook(page, address, "cards.ipynb")
        assert page.evaluate(RUN_ALL) == []
        wrong, right = (page.locator(".jp-CodeCell").nth(number) for number in (2, 4))
        expect(wrong.get_by_role("status").first).to_contain_text("sigmoid: not yet")
        expect(wrong.get_by_role("img")).to_have_attribute(
            "alt", re.compile("^Two curves .* yours is 0.25, right is 0.75")
        )
        expect(right.get_by_role("link", name="l1_penalty")).to_have_attribute(
            "href", re.compile(r"/00_objective\.ipynb\?.*#cell-id=")
        )

        wrong.get_by_role("button", name="Hint (1 of 3)").click()
        expect(wrong.get_by_text("Hint 1 of 3.")).to_be_visible()
        wrong.get_by_role("button", name="Next hint (2 of 3)").click()
        expect(wrong.get_by_text("Hint 2 of 3.")).to_be_visible()
        wrong.get_by_role("button", name="Solution", exact=True).click()
        expect(wrong.get_by_text("Show the solution all the same?")).to_be_visible()
        assert "torch.where" not in wrong.inner_html()
        wrong.get_by_role("button", name="Show the solution").click()
        expect(wrong.locator("pre", has_text="def sigmoid(")).to_be_visible()
        right.get_by_role("button", name="Solution", exact=True).click()
        expect(right.locator("pre", has_text="def l2_penalty(")).to_be_visible()
        assert memory.next_hint("sigmoid") == 3

        question = page.locator(".jp-CodeCell").nth(5)
        expect(question.locator(".coursekit-question")).to_be_hidden()  # the form says the same
        question.get_by_label("heads").check()
        question.get_by_role("button", name="Commit").click()
        expect(question.get_by_text("That holds.")).to_be_visible()

        for name in ("Light", "Dark"):
            theme(page, name)
            for width in (1280, 820):
                page.set_viewport_size({"width": width, "height": 1500})
                page.wait_for_timeout(1000)  # JupyterLab lays out after the call has returned
                assert against_rules(page, ".jp-Notebook .jp-OutputArea") + page.evaluate(TOO_WIDE) == []
                if folder := os.environ.get("COURSE_SCREENSHOTS"):
                    page.screenshot(path=Path(folder) / f"card_{name.lower()}_{width}.png")

        theme(page, "Light")
        page.evaluate(SAVE)
        page.evaluate(END_KERNELS)
        open_notebook(page, address, "cards.ipynb")
        wrong = page.locator(".jp-CodeCell").nth(2)
        lost = wrong.get_by_text("Error displaying widget")
        expect(lost).to_be_attached(timeout=60_000)  # JupyterLab has given up the buttons: that is what is hidden
        expect(lost).to_be_hidden()
        expect(wrong.get_by_role("img")).to_be_visible()
        expect(wrong.get_by_text('hint("sigmoid", 1)')).to_be_visible()
        question = page.locator(".jp-CodeCell").nth(5)
        expect(question.get_by_text("Error displaying widget")).to_be_attached()
        expect(question.get_by_text("Error displaying widget")).to_be_hidden()
        question.get_by_text("Answer", exact=True).click()
        expect(question.get_by_text("heads.", exact=True)).to_be_visible()
        browser.close()
