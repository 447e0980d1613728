"""What the course's authors type: verify, refresh."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds them."""
    verify = commands.add_parser("verify", help="prove that the course is consistent")
    verify.add_argument("--seeds", type=int, default=20, help="on how many hidden seeds (default: 20)")
    verify.add_argument("--topic", action="append", default=[], help="only this topic (may be given again)")
    verify.set_defaults(run=_verify)

    refresh = commands.add_parser("refresh", help="make stubs anew and execute the notebooks (for authors)")
    refresh.add_argument("topic", nargs="*", help="only these topics")
    refresh.set_defaults(run=_refresh)


def _verify(arguments: argparse.Namespace) -> int:
    from coursekit.authoring import verify
    from coursekit.course import syllabus

    topics = [syllabus.find_topic(name) for name in arguments.topic] or list(syllabus.TOPICS)
    return verify.run(topics, arguments.seeds)


def _refresh(arguments: argparse.Namespace) -> int:
    from coursekit.course import notebooks, stubs, syllabus

    for topic in [syllabus.find_topic(name) for name in arguments.topic] or syllabus.TOPICS:
        topic.stub.write_text(stubs.stub_module(topic), encoding="utf-8")
        print(f"exercises/{topic.stub.name} written; executing notebooks/{topic.notebook.name} …", flush=True)
        notebook = notebooks.with_stubs(topic)
        notebooks.execute(notebook, topic)
        notebooks.freeze(notebook)
        notebooks.write(notebook, topic)
    return 0
