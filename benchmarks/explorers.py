"""How long a picture takes to follow the hand: every explorer of every lesson, in JupyterLab, in Chromium.

    python benchmarks/explorers.py [LESSON…]          for instance 02 11; all lessons take about ten minutes

For each control and handle: a key is pressed, and the page itself takes the time from the key's event to the changed
and laid out picture (not to the screen's next frame, up to 16.7 ms later). Wanted: a median of 60 ms at most and a 95th
percentile of 120 ms; of what is drawn in the browser, a 95th percentile of 16 ms.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from lab import ARGUMENTS, BROWSER, RUN_ALL, jupyterlab, open_notebook  # noqa: E402

PRESSES = 30
WATCH = """box => {
    const pictures = box.querySelector('svg'), times = box.times = [];
    let since = null;
    box.addEventListener('keydown', (event) => { since = event.timeStamp; }, true);
    new MutationObserver(() => {
        if (since === null) return;
        pictures.getBBox();  // lays it out
        times.push(performance.now() - since);
        since = null;
    }).observe(pictures, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


def measure(page: Page, box: object) -> list[float]:
    """The milliseconds of each key that has changed the picture."""
    box.evaluate(WATCH)
    controls = box.locator("input[type=range], [role=slider]")
    for number in range(controls.count()):
        control = controls.nth(number)
        control.focus()
        for press in range(PRESSES):
            before = box.evaluate("box => box.times.length")
            page.keyboard.press("ArrowRight" if press % 10 < 6 else "ArrowLeft")
            try:
                page.wait_for_function(
                    "([box, n]) => box.times.length > n", arg=[box.element_handle(), before], timeout=1500
                )
            except TimeoutError:  # the end of a slider: the key changes nothing
                continue
    return box.evaluate("box => box.times")


def main() -> None:
    """Prints a line for each explorer; exits with a sentence if one is too slow."""
    wanted = sys.argv[1:]
    lessons = [path for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if not wanted or path.name[:2] in wanted]
    slow = 0
    with tempfile.TemporaryDirectory() as scratch:
        course = Path(scratch) / "course"
        shutil.copytree(ROOT / "notebooks", course / "notebooks")
        with jupyterlab(course, Path(scratch) / "state") as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
            for lesson in lessons:
                page = browser.new_page(viewport={"width": 1280, "height": 1000})
                page.set_default_timeout(240_000)
                open_notebook(page, address, f"notebooks/{lesson.name}")
                page.evaluate(RUN_ALL)
                page.wait_for_timeout(1000)
                boxes = page.locator("[data-alive]")
                for number in range(boxes.count()):
                    box = boxes.nth(number)
                    times = sorted(measure(page, box))
                    kind = box.get_attribute("data-explorable")
                    asks = kind == "chart" and not box.evaluate(
                        "b => Object.keys(b.explorable.get('drawn').frames).length"
                    )
                    if not times:
                        print(f"{lesson.stem[:2]} {kind:16} no control changed it")
                        slow += 1
                        continue
                    median, late = statistics.median(times), times[int(0.95 * (len(times) - 1))]
                    fits = (median <= 60 and late <= 120) if asks else late <= 16
                    slow += not fits
                    where = "asks the kernel" if asks else "in the browser"
                    words = f"median {median:6.1f} ms, 95 % {late:6.1f} ms of {len(times)}"
                    print(f"{lesson.stem[:2]} {kind:16} {where:16} {words}{'' if fits else '   TOO SLOW'}", flush=True)
                page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
                page.close()
            browser.close()
    sys.exit(f"{slow} explorers are too slow." if slow else 0)


if __name__ == "__main__":
    main()
