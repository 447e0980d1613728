"""A workshop that begins anew for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.workshop import material, pictures
from coursekit.workshop.store import Session, Store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: Any, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'workshop.sqlite'}"
    return request.getfixturevalue("postgres").database(f"t{abs(hash(request.node.name)) % 10**12}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A workshop in a file."""
    with Store(f"sqlite:///{tmp_path / 'workshop.sqlite'}") as store:
        yield store


@pytest.fixture
def session(store: Store) -> Session:
    """The session that goes on in it."""
    return store.begin("Losses")


@pytest.fixture
def fresh_material(toy_course: Any) -> Iterator[None]:
    """What is known of the toy course is known in this test alone."""
    known = (material.exercise_names, material.sentence, material.example, pictures.of_lesson)
    for each in known:
        each.cache_clear()
    yield
    for each in known:
        each.cache_clear()
