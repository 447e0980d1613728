"""What the course's authors type: new, new-mistake, verify, refresh, site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.cli import documents, numbers
from coursekit.cli.grader import add_group
from coursekit.errors import CommandError, UsageError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from coursekit.course.syllabus import Topic


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds them."""
    new = commands.add_parser("new", help="begin an exercise or a lesson: its skeleton in every file (for authors)")
    new.add_argument("name", help="the function's name")
    new.add_argument("--topic", required=True, help="the topic it belongs to")
    new.add_argument("--title", default="", help="a new topic begins with this exercise, and its lesson is called so")
    new.add_argument(
        "--before", default="", metavar="TOPIC", help="with --title: the topic that follows (default: none, it ends)"
    )
    new.add_argument(
        "--after", default="", metavar="EXERCISE", help="the one that it follows (default: the last but one)"
    )
    new.add_argument(
        "--parameters", default="", metavar="TEXT", help='such as "input: Tensor, target: Tensor, power: float = 2.0"'
    )
    new.set_defaults(run=_new)

    mistake = commands.add_parser("new-mistake", help="make a group of answers a mistake of the course (for authors)")
    add_group(mistake)
    mistake.set_defaults(run=_new_mistake)

    verify = commands.add_parser("verify", help="prove that the course is consistent")
    verify.add_argument(
        "--seeds", type=numbers.whole(1, 10_000), default=20, help="on how many hidden seeds (default: 20)"
    )
    verify.add_argument("--topic", action="append", default=[], help="only this topic (may be given again)")
    verify.add_argument("--exercise", action="append", default=[], help="only this exercise (may be given again)")
    verify.add_argument(
        "--mutants", action="store_true", help="instead, make mutants of every solution: each must lose points"
    )
    verify.add_argument(
        "--sample",
        type=numbers.whole(0),
        default=0,
        metavar="N",
        help="with --mutants: only so many, drawn from all of them",
    )
    verify.add_argument(
        "--seed", type=numbers.whole(0), default=0, metavar="S", help="with --sample: which are drawn (default: 0)"
    )
    verify.add_argument("--json", action="store_true", help=documents.HELP)
    verify.set_defaults(run=_verify, commands=commands.choices)  # all of them, by the time that it runs

    refresh = commands.add_parser("refresh", help="make stubs anew and execute the notebooks (for authors)")
    refresh.add_argument("topic", nargs="*", help="only these topics")
    refresh.add_argument(
        "--list", action="store_true", help="execute nothing: only list the texts that are shipped (see verify)"
    )
    refresh.add_argument(
        "--lines",
        action="store_true",
        help="execute nothing: only find the line that shows each mistake, where an exercise has changed",
    )
    refresh.set_defaults(run=_refresh)

    site = commands.add_parser("site", help="make a static site of the course, which needs no network (for authors)")
    site.add_argument("--out", type=Path, default=Path("build/site"), help="its folder (default: build/site)")
    site.add_argument("--topic", action="append", default=[], help="only this lesson (may be given again)")
    site.add_argument(
        "--repository", default="", metavar="OWNER/NAME", help="on GitHub, for the links to Colab, Binder, Codespaces"
    )
    site.add_argument(
        "--check", action="store_true", help="follow all links within it, and list those that lead elsewhere"
    )
    site.set_defaults(run=_site)


def _new(arguments: argparse.Namespace) -> int:
    from coursekit.authoring import lessons, scaffold
    from coursekit.course import syllabus

    syllabus.insist_on_course("`coursekit new`")
    name, gone = arguments.name, list[Path]()
    if arguments.title:
        if arguments.after:
            raise CommandError("--after names an exercise of the same topic, and a new topic has none: leave it out.")
        topic = syllabus.Topic(0, arguments.topic, arguments.title)
        changes, gone = lessons.plan(
            arguments.topic, arguments.title, arguments.before, name, parameters=arguments.parameters
        )
    else:
        if arguments.before:
            raise CommandError("--before gives a new topic its place, and needs its --title. Of an exercise: --after.")
        topic = _topic_to_add_to(arguments.topic)
        changes = scaffold.plan(name, topic, arguments.after, arguments.parameters)
    scaffold.write(changes, gone)
    print(scaffold.told(name, topic, changes, gone))
    return 0


def _new_mistake(arguments: argparse.Namespace) -> int:
    from coursekit.authoring import mistake, scaffold
    from coursekit.classroom.gradebook import opened
    from coursekit.classroom.groups import forming
    from coursekit.course import syllabus

    syllabus.insist_on_course("`coursekit new-mistake`")
    with opened(arguments.grades.resolve(), arguments.gradebook) as book:
        group = forming.find_group(book, arguments.group)
    change = mistake.plan(group)
    scaffold.write([change])
    print(mistake.told(group, change))
    return 0


def _topic_to_add_to(name: str) -> Topic:
    from coursekit.course import syllabus

    try:
        return syllabus.find_topic(name)
    except syllabus.UnknownNameError as error:
        raise CommandError(f'{error.args[0]} A new topic begins with its title: --title "…".') from None


def _verify(arguments: argparse.Namespace) -> int:
    from coursekit.authoring import survivors, verify
    from coursekit.course import syllabus

    syllabus.insist_on_course("`coursekit verify`")
    if arguments.sample and not arguments.mutants:
        raise UsageError("--sample needs --mutants, of which it draws.")
    topics = {syllabus.find_topic(name) for name in arguments.topic}
    names = {syllabus.find_exercise(name)[1].name for name in arguments.exercise}
    everything = not topics and not names
    chosen = [
        (topic, exercise)
        for topic, exercise in syllabus.exercises().values()
        if everything or topic in topics or exercise.name in names
    ]
    say: dict[str, Any] = {"say": _aside} if arguments.json else {}
    if arguments.mutants:
        judged = survivors.prove(chosen, arguments.sample, arguments.seed, **say)
        faults, document = any(each.faults for each in judged), documents.of_mutants(judged)
    else:
        findings = verify.prove(chosen, arguments.seeds, arguments.commands, **say)
        faults, document = any(each.faults for each in findings), documents.of_findings(findings)
    if arguments.json:
        documents.show(document)
    return 1 if faults else 0


def _aside(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _refresh(arguments: argparse.Namespace) -> int:
    from coursekit.authoring.refresh import list_shipped, refresh
    from coursekit.cli.screens import terminal
    from coursekit.course import notebooks, syllabus

    syllabus.insist_on_course("`coursekit refresh`")
    topics = [syllabus.find_topic(name) for name in arguments.topic] or syllabus.TOPICS
    if arguments.list:
        terminal.say(f"{sum(map(list_shipped, topics))} texts are new in the list of what was shipped.")
        return 0
    if arguments.lines:
        return _refresh_lines(topics)
    for topic in topics:
        files = {f"exercises/{topic.stub.name}": topic.stub, f"notebooks/{topic.notebook.name}": topic.notebook}
        before = {name: path.read_bytes() if path.exists() else None for name, path in files.items()}
        terminal.say(f"Executing notebooks/{topic.notebook.name} …")
        cells = notebooks.read(topic).cells
        labels = (f"cell {number + 1}" for number in refresh(topic))
        for _ in terminal.progress(labels, len(cells)):
            pass
        written = [name for name, path in files.items() if path.read_bytes() != before[name]]
        same = [name for name in files if name not in written]
        for names, what in ((written, "written"), (same, "as before")):
            if names:
                terminal.say(f"{' and '.join(names)}: {what}.")
    return 0


def _refresh_lines(topics: Sequence[Topic]) -> int:
    from coursekit.cli.screens import terminal
    from coursekit.site.mistakes import lines

    changed = [name for topic in topics for name in terminal.progress(lines.refresh(topic), len(topic.exercises))]
    terminal.say(f"Lines that show the mistakes of {', '.join(changed)}: found." if changed else "All lines are there.")
    return 0


def _site(arguments: argparse.Namespace) -> int:
    from coursekit.course import syllabus
    from coursekit.site import build, links, starting

    topics = [syllabus.find_topic(name) for name in arguments.topic] or syllabus.TOPICS
    out = arguments.out.resolve()
    build.build(out, topics, starting.repository(arguments.repository))
    print(f"The course as a site: {out / 'index.html'}")
    if not arguments.check:
        return 0
    found = links.check(out)
    print(f"{len(found.outside)} addresses elsewhere, which were not asked:", *sorted(found.outside), sep="\n  ")
    print(f"{found.count} links within the site, {len(found.faults)} faults.", *found.faults, sep="\n")
    return 1 if found.faults else 0
