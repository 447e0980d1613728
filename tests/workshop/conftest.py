"""A workshop that begins anew for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit.learning import memory
from coursekit.learning.joined import membership, posting
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
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, and a sender that does nothing of its own accord: a test sends when it wants to."""
    monkeypatch.setenv(membership.VARIABLE, str(tmp_path / ".workshop"))
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path / "progress.jsonl"))
    monkeypatch.setattr(posting, "start_sending", lambda: None)
    return tmp_path / ".workshop"


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is posted from a box."""
    found: list[Any] = []
    monkeypatch.setattr(posting, "post", lambda event, where="notebook": found.append(event))
    return found
