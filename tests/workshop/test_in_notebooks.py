"""Real notebooks in a room: two kernels check, one without a server for a while, and all is on the board once."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel
from living import living

from coursekit.learning import memory
from coursekit.learning.joined import membership
from coursekit.workshop import feed
from coursekit.workshop.store import Role, Session, Store

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

WRONG = "def squared_error(prediction, target):\n    return (prediction - target).abs()\n"
CELLS = ["from coursekit import check, join", 'join("{address}", "{code}", "{name}")', WRONG, "check(squared_error)"]


class Notebook:
    """A notebook with a kernel of its own, in a learner's folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        monkeypatch.setenv(membership.VARIABLE, str(folder / ".workshop"))
        monkeypatch.setenv(memory.VARIABLE, str(folder / "progress.jsonl"))
        self.outbox = folder / ".workshop" / "outbox"
        self.kernel, self.client = start_new_kernel(env=dict(os.environ))

    def run(self, source: str) -> str:
        """What a cell says, as text."""
        said: list[str] = []

        def keep(message: Any) -> None:
            said.append(str(message["content"]))

        self.client.execute_interactive(source, timeout=300, output_hook=keep)
        return "".join(said)

    def close(self) -> None:
        self.client.stop_channels()
        self.kernel.shutdown_kernel(now=True)


def works(store: Store, session: Session) -> list[Any]:
    """Of each learner, how far they are in the exercise, and in how many attempts."""
    room = feed.Feed(store, session)
    found = room._look()
    assert found is not None
    return sorted(room._room.board()["works"].get("squared_error", {}).values())


def test_two_notebooks(store: Store, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line joins; checks arrive, also what was checked without a server; a card appears, and nothing of it runs."""
    notebooks = [Notebook(tmp_path / name, monkeypatch) for name in ("ann", "bob")]
    ann, bob = notebooks
    try:
        with living(store, session) as address:
            for name, notebook in (("Ann", ann), ("Bob", bob)):
                for cell in CELLS:
                    said = notebook.run(cell.format(address=address, code=session.code, name=name))
                assert "squared_error" in said
            wait_for(lambda: works(store, session) == [["tried", 1]] * 2)
        for _ in range(2):  # the cable is pulled: the check answers as before
            assert "squared_error" in bob.run("check(squared_error)")
        assert len(list(bob.outbox.glob("*.json"))) == 2
        with living(store, session, int(address.rpartition(":")[2])):
            wait_for(lambda: works(store, session) == [["tried", 1], ["tried", 3]])
            boss, _ = store.add_person(session, Role.INSTRUCTOR)
            card = {"kind": "push", "text": "Try it.", "code": f"open({str(tmp_path / 'ran')!r}, 'w')"}
            store.log(boss, [("a" * 32, card)])
            assert "Try it." in ann.run(ASK_WIDGETS)
    finally:
        for notebook in notebooks:
            notebook.close()
    assert not (tmp_path / "ran").exists()
    assert [each.name for each in store.people(session) if each.role is Role.LEARNER] == ["Ann", "Bob"]


ASK_WIDGETS = """
import time
import ipywidgets
from ipywidgets.widgets.widget import _instances
for _ in range(300):
    said = [each.value for each in list(_instances.values()) if isinstance(each, ipywidgets.HTML)]
    if any("Try it." in each for each in said):
        break
    time.sleep(0.1)
print(said)
"""


def wait_for(what: Any) -> None:
    """Until it is so, for a minute at most."""
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.2)
