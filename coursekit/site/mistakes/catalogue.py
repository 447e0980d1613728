"""The catalogue: all mistakes that the course knows, a page for each exercise, by loss and by what is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.exercise import Exercise, Misconception
from coursekit.learning.feedback import prose
from coursekit.report import Example
from coursekit.site.cells import raw
from coursekit.site.mistakes import entry, lines, threads
from coursekit.site.mistakes.symptoms import SYMPTOMS, Symptom, symptom

_Shown = tuple[Exercise, Misconception, Example | None]

_INDEX = """# Mistakes

{count:,} wrong ways to write a loss. Each is a function that was run: its sentence says what the numbers show, and the
line below is the smallest input on which it gives something else than the right loss.

- Do you know what you see (a NaN, a negative loss, a wrong shape), and not why? [By what is seen](symptoms.md).
- Do you know the loss? It is in the table.
- {seen} of them, of {codes} kinds, were [seen in public](public.md): somebody made the mistake, or asked about it, in
  an issue tracker.

A line calls the function by the name that its exercise has. Paste it below your own function.

{tables}

```{{toctree}}
:hidden:

symptoms
public
```
"""
_PAGE = """---
orphan: true
---
# Mistakes in `{name}`

[All mistakes](index.md)

{idea}

{count} mistakes that are made here. The exercise is in [lesson {number:02}](../lessons/{lesson}.md){loss}. The numbers
are those of a function that makes this one mistake, and no other.

{entries}
"""
_SYMPTOMS = """# Mistakes by what is seen

The same mistakes, sorted by the difference that their smallest input shows. A link leads to the mistake, with that
input and its numbers. Those that give another number, with no such mark, are not listed here.

{contents}

{sections}
"""
_PUBLIC = """# Mistakes seen in public

Before the course was written, mistakes with these losses were collected from issues and pull requests in which somebody
makes them or discusses them. A link leads to the mistake here, with a line that shows it. A thread stands here once for
each mistake that it is about, and what counts is threads, not people: many more have met the same and asked nobody.

| threads | the mistake | where |
| ---: | --- | --- |
{rows}
"""


def write(folder: Path) -> None:
    """Writes `mistakes/`: an index, a page for each exercise, one by symptom, and one of what was seen in public."""
    here = folder / "mistakes"
    here.mkdir(parents=True)
    shown = list(all_shown())
    for topic in syllabus.TOPICS:
        for exercise in topic.exercises:
            of = [each for each in shown if each[0] is exercise]
            (here / entry.page(exercise.name)).write_text(_page(topic, exercise, of), encoding="utf-8")
    (here / "symptoms.md").write_text(_by_symptom(shown), encoding="utf-8")
    (here / "public.md").write_text(_in_public(shown), encoding="utf-8")
    (here / "index.md").write_text(_index(shown), encoding="utf-8")


def all_shown() -> Iterator[_Shown]:
    """Every mistake, with the line that shows it."""
    for topic in syllabus.TOPICS:
        kept = lines.read(topic)
        for exercise in topic.exercises:
            for mistake in exercise.misconceptions:
                yield exercise, mistake, kept[exercise.name].get(mistake.name)


def _index(shown: list[_Shown]) -> str:
    public = [mistake.covers.split() for _, mistake, _ in shown if threads.of(mistake.covers)]
    return _INDEX.format(
        count=len(shown),
        seen=len(public),
        codes=len({code for codes in public for code in codes if code in threads.by_code()}),
        tables="\n\n".join(map(_table, syllabus.TOPICS)),
    )


def _table(topic: Topic) -> str:
    rows = [f"## {topic.number:02} {topic.title}\n", "| | mistakes | seen in public |", "| --- | ---: | ---: |"]
    for exercise in topic.exercises:
        public = sum(bool(threads.of(mistake.covers)) for mistake in exercise.misconceptions)
        link = f"[`{exercise.name}`]({entry.page(exercise.name)})"
        rows.append(f"| {link} | {len(exercise.misconceptions)} | {public or ''} |")
    return "\n".join(rows)


def _page(topic: Topic, exercise: Exercise, shown: list[_Shown]) -> str:
    from coursekit.site.losses.table import rows_of, slug

    rows = rows_of(exercise.name)
    return _PAGE.format(
        name=exercise.name,
        idea=exercise.idea,
        count=len(shown),
        number=topic.number,
        lesson=topic.notebook.stem,
        loss=f", the loss has [a page of its own](../losses/{slug(rows[0])}.md)" if rows else "",
        entries=raw("\n".join(entry.entry(mistake, example) for _, mistake, example in shown)),
    )


def _by_symptom(shown: list[_Shown]) -> str:
    found: dict[Symptom, list[_Shown]] = {each: [] for each in SYMPTOMS}
    for each in shown:
        if each[2] is not None and (kind := symptom(each[2])) is not None:
            found[kind].append(each)
    sections, contents = [], []
    for kind, those in found.items():
        if those:
            contents.append(f"- [{kind.title}](#{kind.anchor}): {len(those)}")
            sections.append(f"({kind.anchor})=\n## {kind.title}\n\n{raw(_listed(those))}")
    return _SYMPTOMS.format(contents="\n".join(contents), sections="\n\n".join(sections))


def _listed(those: list[_Shown]) -> str:
    """By exercise, folded where there are many: first sentence of each mistake, which is a link to it."""
    parts = []
    for exercise in dict.fromkeys(each[0] for each in those):
        items = [
            f"<li>{entry.link(exercise.name, mistake.name, prose(_first(mistake.explanation)))}</li>"
            for of, mistake, _ in those
            if of is exercise
        ]
        parts.append(
            f"<details><summary><code>{exercise.name}</code>: {len(items)}</summary><ul>{''.join(items)}</ul></details>"
        )
    return "\n".join(parts)


def _first(text: str) -> str:
    """The first sentence."""
    end = text.find(". ")
    return text[: end + 1] if end >= 0 else text


def _in_public(shown: list[_Shown]) -> str:
    by_code: dict[str, list[_Shown]] = {}
    for each in shown:
        for code in each[1].covers.split():
            by_code.setdefault(code, []).append(each)
    rows = []
    for code, those in sorted(by_code.items(), key=lambda item: -len(threads.of(item[0]))):
        seen = threads.of(code)
        if not seen:
            continue
        exercise, mistake, _ = those[0]
        link = entry.link(exercise.name, mistake.name, prose(_first(mistake.explanation)))
        where = ", ".join(f"[{each}]({threads.address(each)})" for each in seen.links)
        more = f" and {seen.more} more" if seen.more else ""
        rows.append(f"| {len(seen)} | {_cell(link)} | {where}{more} |")
    return _PUBLIC.format(rows="\n".join(rows))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
