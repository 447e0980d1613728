"""The picture of a lesson that stands nearest to an exercise."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import toys
from starlette.testclient import TestClient

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.workshop import material, pictures
from coursekit.workshop.server import Server
from coursekit.workshop.store import Session, Store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))


def words(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source}


def explorable(says: str, png: bytes = PNG) -> dict[str, Any]:
    image = f'<img width="640" alt="{says}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
    shown = f"<div data-explorable=\"boxes\" data-state='{{}}'>{image}</div>"
    return {"cell_type": "code", "source": ["Boxes()"], "outputs": [{"data": {"text/html": [shown]}}]}


def check(name: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": f"check({name})", "outputs": [{"data": {"text/html": "<img src=x>"}}]}


@pytest.fixture
def lesson(toy_course: Topic) -> Topic:
    """A lesson with a picture before each exercise."""
    first, second = explorable("It&#x27;s &lt;one&gt;"), explorable("Two", PNG + b"2")
    cells = (
        words("# Toys\n\n## Doubling\nText"),
        first,
        check("double"),
        words("### Three `x`"),
        second,
        check("triple"),
    )
    toys.write_notebook(toy_course.notebook, *cells)
    return toy_course


def test_the_nearest(lesson: Topic) -> None:
    """By place in the notebook, with its heading and its words; of an exercise that is none, none."""
    double, triple = pictures.of_exercise("double"), pictures.of_exercise("triple")
    assert double == pictures.Picture("Doubling", "It's <one>", PNG)
    assert triple == pictures.Picture("Three `x`", "Two", PNG + b"2")
    assert pictures.of_exercise("nonsense") is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": [1]}', '{"cells": [{"source": 3}]}', '{"cells": []}'])
def test_a_notebook_that_cannot_be_read(lesson: Topic, content: str) -> None:
    """Has no pictures, and neither has one that is away."""
    lesson.notebook.write_text(content, encoding="utf-8")
    assert pictures.of_exercise("double") is None
    lesson.notebook.unlink()
    pictures.of_lesson.cache_clear()
    assert pictures.of_exercise("double") is None


def test_it_is_served(lesson: Topic, store: Store, session: Session) -> None:
    """Its words with the exercise, and the picture itself by the exercise's name: nothing else can be had so."""
    found = {each["name"]: each["picture"] for each in material.lessons()[0]["exercises"]}
    assert found["double"] == {"below": "Doubling", "says": "It's <one>"}
    with TestClient(Server(store, session).app()) as client:
        answer = client.get("/pictures/double.png")
        assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PNG, "image/png")
        assert "img-src 'self'" in answer.headers["Content-Security-Policy"]
        for name in ("nonsense", "..%2Fboard", "double.png"):
            assert client.get(f"/pictures/{name}.png").status_code == 404


@pytest.mark.parametrize("topic", syllabus.TOPICS, ids=lambda topic: topic.name)
def test_lessons_of_the_course(topic: Topic) -> None:
    """A lesson that has an explorable has a picture for each of its exercises, which the board can show."""
    has = "data-explorable=" in topic.notebook.read_text(encoding="utf-8").replace('\\"', '"')
    found = pictures.of_lesson(topic)
    assert ({*found} == {name for name, of in syllabus.names().items() if of == topic}) if has else found == {}
    assert all(each.png.startswith(PNG[:8]) and each.says and each.below for each in found.values())
