"""The cell that fetches the course in Google Colab, run here with a stand-in for what only Colab has."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from coursekit.course import colab


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the cell, with another address of the course; returns what it asked the notebook to do."""

    def run_cell(address: str) -> list[str]:
        asked: list[str] = []
        shell = SimpleNamespace(
            system=lambda command: asked.append(command),
            run_line_magic=lambda name, rest: asked.append(f"%{name} {rest}"),
        )
        text = colab.SOURCE.replace("/content/course", str(tmp_path)).replace('COURSE = ""', f'COURSE = "{address}"')
        exec(TransformerManager().transform_cell(text), {"get_ipython": lambda: shell})
        return [line.replace(str(tmp_path), "COURSE") for line in asked]

    monkeypatch.setattr(sys, "path", list(sys.path))
    return run_cell


@pytest.fixture
def in_colab(tmp_path, monkeypatch):
    """Colab's own module, and a course where git or unzip would have put it."""
    module = ModuleType("google.colab")
    module.files = SimpleNamespace(upload=lambda: {"losses.zip": b""})
    module.output = SimpleNamespace(enable_custom_widget_manager=lambda: None)
    monkeypatch.setitem(sys.modules, "google.colab", module)
    (tmp_path / "losses-main").mkdir()
    (tmp_path / "losses-main" / "start.py").touch()
    return tmp_path / "losses-main"


def test_elsewhere_it_does_nothing(run):
    """On any other machine the cell asks for nothing."""
    assert run("") == []


@pytest.mark.parametrize(
    ("address", "fetched"),
    [
        ("https://example.org/course", "git clone --quiet --depth 1 {COURSE} COURSE"),
        ("", 'unzip -q -o "{zipped}" -d COURSE'),
    ],
)
def test_in_colab_it_fetches_and_installs(run, in_colab, address, fetched):
    """From an address by git, else from a zip that is asked for; this Python finds the course, in its folder."""
    assert run(address) == [fetched, "%pip install --quiet -e {root}", "%cd -q {root}/notebooks"]
    assert sys.path[0] == str(in_colab)
