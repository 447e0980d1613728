"""Fixtures of all unit tests. What is heavy is imported by the fixture that needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from postgres import Server

    from coursekit.course.syllabus import Topic
    from coursekit.exercise import Exercise
    from coursekit.jail.judge import Jail

settings.register_profile("course", deadline=None, max_examples=60, derandomize=True)
settings.load_profile("course")


@pytest.fixture
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide terminal without colours, for who reads what a command prints."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # main() sets it
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Tensors of a dozen numbers are no work to share."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def strict_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child has its wall-clock time and no more, however busy the machine is: what never ends is a timeout."""
    from coursekit.jail.process import Process

    monkeypatch.setattr(Process, "_ask_waited", lambda self: 0.0)


@pytest.fixture(scope="session")
def any_jail() -> Iterator[Jail]:
    """A jail for who does not need one of their own: it takes seconds to start. Whoever uses it sets its limits."""
    from coursekit.jail.judge import Jail

    if os.name != "posix":
        pytest.skip("submissions run in forked processes")
    with Jail(confined=sys.platform == "linux") as jail:
        yield jail


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of a test file's own."""
    from postgres import Server, server_programs

    programs = server_programs()
    if programs is None:
        assert not os.environ.get("CI"), "start.py installs PostgreSQL where the tests run in CI"
        pytest.skip("PostgreSQL's server programs are not installed")
    import tempfile

    # not pytest's own folder, which no other user may enter, and short: a socket's path has at most 107 bytes
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = Server(Path(folder), programs)
        try:
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for each file of tests, as its loop may not outlive it."""
    from coursekit.explorables import pictures

    if pictures.browser() is None:
        pytest.skip("Chromium is not on PATH")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=pictures.browser(), args=list(pictures.FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def double() -> Exercise:
    """The toy exercise."""
    import toys

    return toys.make_double("softmax")


@pytest.fixture
def toy_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Topic]:
    """A course in `tmp_path` with one topic, `toy`, whose exercises are `double` and `triple`; all in order."""
    import toys

    from coursekit.cli import commands
    from coursekit.course import stubs, syllabus
    from coursekit.course.updating import shipped
    from coursekit.site.mistakes import lines
    from coursekit.workshop import material, pictures

    kept = (  # of one course
        *(syllabus.exercises, material.exercise_names, material.sentence, material.example),
        pictures.of_lesson,
    )
    grader = ModuleType("coursekit.graders.toy")
    grader.EXERCISES = toys.make_double(), toys.make_triple()
    topic = syllabus.Topic(0, "toy", "Toys")
    monkeypatch.setitem(sys.modules, grader.__name__, grader)
    monkeypatch.setattr(syllabus, "ROOT", tmp_path)
    monkeypatch.setattr(syllabus, "TOPICS", (topic,))
    graders = tmp_path / "coursekit" / "graders"
    for path in (topic.notebook, topic.solution, topic.stub, graders / "__init__.py", topic.grader):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    readme = "\n".join(["| 00 | Toys | none |", *(f"`coursekit {name}`" for name in commands.command_names())])
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    topic.solution.write_text(toys.SOLUTION, encoding="utf-8")
    for each in kept:
        each.cache_clear()
    topic.stub.write_text(stubs.stub_module(topic), encoding="utf-8")
    toys.write_notebook(topic.notebook, *toys.lesson(topic))
    shipped.add_missing(tmp_path, shipped.names_in(tmp_path))
    for _ in lines.refresh(topic):
        pass
    yield topic
    for each in kept:
        each.cache_clear()
