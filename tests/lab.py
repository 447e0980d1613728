"""JupyterLab in a real browser, for tests and benchmarks: a server, a lesson open in it, and what axe-core minds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

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
WCAG_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
CONTRAST = {"runOnly": ["color-contrast"]}

# JupyterLab saves what it opens, shows a kernel as idle before there is one, and loads the notebook piece by piece
READY = """async () => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.revealed; await panel.context.ready; await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
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


def open_notebook(page: Any, address: str, name: str) -> None:
    """Shows a notebook of the server's, alone, with its kernel ready; not yet run."""
    page.goto(f"{address}/doc/tree/{name}?token={TOKEN}&reset")
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=90_000)
    page.evaluate(READY)


def theme(page: Any, name: str) -> None:
    """Changes to JupyterLab's theme "Light" or "Dark"."""
    page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{ theme: 'JupyterLab {name}' }})")
    page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{str(name == 'Light').lower()}'")
    page.wait_for_timeout(1000)  # colours fade over after the call has returned


def against_rules(page: Any, within: str, rules: dict[str, list[str]] = WCAG_AA) -> list[str]:
    """What axe-core finds against WCAG AA in the elements of a selector, each with where it stands.

    What JupyterLab makes of formulas is its own (MathJax, with words for screen readers), and much to look through.
    """
    from axe_playwright_python.sync_playwright import Axe

    # JupyterLab's body has no height and shows nothing that sticks out: axe-core takes all in it for hidden
    page.add_style_tag(content="body, .jp-LabShell { overflow: visible !important }")
    context = {"include": [[within]], "exclude": [["mjx-container"]]}
    found = Axe().run(page, context=context, options=rules).response
    contrast = next(each for each in found["passes"] if each["id"] == "color-contrast")
    assert len(contrast["nodes"]) > 20  # it has looked
    return [
        f"{each['id']}: {' '.join(map(str, node['target']))}: {node['html'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
