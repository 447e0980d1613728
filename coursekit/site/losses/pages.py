"""A page for each loss of the table, and an index of them."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from coursekit.course import stubs, syllabus
from coursekit.course.syllabus import Topic, is_of_keras
from coursekit.exercise import Exercise
from coursekit.site.cells import fenced, raw
from coursekit.site.losses import curves
from coursekit.site.losses.divisors import divisors
from coursekit.site.losses.formulas import NoFormulaError, latex, legend
from coursekit.site.losses.table import arrows, bare, exercises_of, load, not_built, slug
from coursekit.site.mistakes import entry, lines, threads

TRAPS = 12  # so many mistakes stand on a loss's own page at most: those that were seen most often in public

_INDEX = """# Losses, one by one

Every loss of the course. Each has a page: its formula, a picture of its value and its slope, what it asks for, what its
mean divides by, and what goes wrong with it. What is said there was computed, or is tried by a test.

Which one do you need? [The last lesson](../lessons/{last}.md) has a map.

{tables}

## Not built here

{elsewhere}

```{{toctree}}
:hidden:

{pages}
```
"""
_PAGE = """# {name}

{opening}

{picture}

## Formula

{formula}

## What it asks for

{asks}

## What 'mean' divides by

{divisors}

{promises}

## What goes wrong

{traps}

## Build it yourself

{exercises}

## Sources

{sources}
"""
_TORCH = "https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.{}.html"
_NAMES = {
    "x": "the input",
    "y": "the target",
    "s": "a side, 1 or -1",
    "c": "the index of the right class",
    "t": "marks, 1 for what is right",
    "p": "a distribution, the target",
    "h": "what goes into the last layer",
    "W": "the weights of the last layer",
    "o": "an order: indices, the best first",
    "v": "a variance or a width",
    "beta": "the flag `beta`",
    "delta": "the flag `delta`",
    "m": "the margin",
    "u": "the quantile",
    "T": "a temperature",
    "K": "the number of classes",
}


def write(folder: Path) -> None:
    """Writes `losses/`: an index, and a page for each loss."""
    here = folder / "losses"
    here.mkdir(parents=True)
    table = load()
    for row in table.ROWS:
        (here / f"{slug(row)}.md").write_text(_page(table, row), encoding="utf-8")
    (here / "index.md").write_text(_index(table), encoding="utf-8")


# ---- the index ---------------------------------------------------------------------------------------------------


def _index(table: Any) -> str:
    families = dict.fromkeys(row.family for row in table.ROWS)
    return _INDEX.format(
        last=syllabus.TOPICS[-1].notebook.stem,
        tables="\n\n".join(_family(family, [row for row in table.ROWS if row.family == family]) for family in families),
        elsewhere=_table(
            ("predicted", "loss", "what it is", "where to read"),
            [(each["predicted"], each["loss"], each["what"], each["read"]) for each in not_built()],
        ),
        pages="\n".join(slug(row) for row in table.ROWS),
    )


def _family(family: str, rows: list[Any]) -> str:
    told = [
        (
            f"[{bare(row)}]({slug(row)}.md)",
            " · ".join(each for each in ("torch" if _of_torch(row) else "", "Keras" if row.keras else "") if each),
            row.asks,
            _words(row.mean),
            _words(row.weighted) if row.weighted else "",
        )
        for row in rows
    ]
    return f"## {family}\n\n" + _table(
        ("loss", "ready-made in", "asks for", "its mean divides by", "with weights"), told
    )


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _words(divisor: str) -> str:
    """What a mean divides by, as the table has it, in words."""
    known = {
        "": "samples",
        "N": "samples",
        "elements": "elements",
        "lengths": "each by its target's length, then samples",
    }
    return known.get(divisor, f"`{divisor.replace('w', 'weight').replace('[c]', '[target]')}`")


def _of_torch(row: Any) -> bool:
    return bool(row.call.startswith(("F.", "adaptive")) and row.name == bare(row))


# ---- a page ------------------------------------------------------------------------------------------------------


def _page(table: Any, row: Any) -> str:
    exercises = exercises_of(row)
    return _PAGE.format(
        name=bare(row),
        opening=_opening(row),
        picture=raw(curves.picture(table, row)),
        formula="\n\n".join(_formula(row)),
        asks="\n".join(_asks(row)),
        divisors=_divided(table, row),
        promises="\n\n".join(_promises(row, exercises)),
        traps="\n\n".join(_traps(exercises)),
        exercises="\n".join(f"- {_exercise(topic, exercise)}" for topic, exercise in exercises),
        sources="\n\n".join(dict.fromkeys(filter(None, (_sources(topic) for topic, _ in exercises)))),
    )


def _opening(row: Any) -> str:
    names = []
    if _of_torch(row):
        place = "torch.nn" if row.name[0].isupper() else "torch.nn.functional"
        link = _TORCH.format(row.name) if row.name[0].islower() else _TORCH.replace(".functional", "").format(row.name)
        names.append(f"[`{place}.{row.name}`]({link})")
    if row.keras:
        call, _, note = row.keras.partition(" ")
        names.append(f"[`keras.losses.{call}`](https://keras.io/api/losses/){f' {note}' if note else ''}")
    made = f"Ready-made: {' and '.join(names)}." if names else "Neither torch nor Keras has it ready-made."
    return f"It asks for: **{row.asks}**. {made}"


def _formula(row: Any) -> Iterator[str]:
    yield "The loss of one sample:"
    yield _math(row.value)
    if row.where:
        name, _, part = row.where.partition(" = ")
        yield "where"
        yield _math(part, name)
    yield "Its slope with respect to the input, as autograd gives it:"
    yield _math(row.slope)
    told = [*_letters(row), *legend(row.value, row.slope, row.where.partition(" = ")[2])]
    if told:
        yield f"Here {'; '.join(told)}."
    lines = [f"loss = {row.value}", f"slope = {row.slope}"]
    yield fenced("\n".join([row.where, *lines] if row.where else lines), "python")


def _math(text: str, name: str = "") -> str:
    """The formula; where it has no look as LaTeX, the line itself."""
    try:
        formula = latex(f"{name} == {text}" if name else text)
    except NoFormulaError:
        return f"`{f'{name} = {text}' if name else text}`"
    return f"$$\n{formula.removeprefix('[' + chr(92) + ',').removesuffix(chr(92) + ',]') if name else formula}\n$$"


def _letters(row: Any) -> Iterator[str]:
    names = load().draw(row.kind, 0)
    used = set(re.findall(r"[A-Za-z_]+", f"{row.value} {row.slope} {row.where}"))
    first = next(iter(names))
    yield f"`{first}` is the input"
    for name, words in _NAMES.items():
        if name in used and name != first and (name in names or name in ("beta", "delta", "m", "u", "T", "K")):
            yield f"`{name}` {words}"


def _asks(row: Any) -> Iterator[str]:
    low = f"{row.low:.4g}"
    yield f"- It is least for: {row.asks}."
    yield "- **Range**: it has no lower end." if row.low == -float("inf") else f"- **Range**: never below {low}."
    if row.kink:
        at = row.kink if row.kink_at else f"`{row.kink}`"
        yield f"- **Kink** at {at}: the slope that autograd takes there is `{row.at_kink}`."
    else:
        yield "- **Kink**: it has none."
    if found := arrows(row):
        yield "\nWhen it is the one to take:\n"
        rows = [(each["predicted"], each["data"], each["loss"], each["reason"]) for each in found]
        yield _table(("predicted is", "and the data", "then", "because"), rows)


def _divided(table: Any, row: Any) -> str:
    found = list(divisors(table, row))
    if not found:
        words = _words(row.mean)
        return f"By the number of {words}." if words in ("samples", "elements") else f"By {words}."
    return _table(("reduction", "divides the sum by"), found) + (
        "\n\ntorch was asked: the sum was divided by the mean." if row.name != "ctc_loss" else ""
    )


def _promises(row: Any, exercises: list[tuple[Topic, Exercise]]) -> Iterator[str]:
    """What a function of that name owes, as its exercise asks for it."""
    topic, exercise = exercises[0]
    if exercise.name != bare(row):
        return
    yield "## What it promises, edges and all"
    yield f"What the checks of the exercise `{exercise.name}` ask:"
    yield "\n".join(f"- {check.title}" for check in exercise.checks)
    stub = stubs.stub_module(topic)
    text = re.search(rf"(?ms)^def {exercise.name}\(.*?^    \"\"\"(.*?)\"\"\"", stub)
    if text:
        yield from (
            raw("<details><summary>Its text in full</summary>"),
            fenced(inspect.cleandoc(text[1]), "text"),
            raw("</details>"),
        )


def _traps(exercises: list[tuple[Topic, Exercise]]) -> Iterator[str]:
    """The mistakes that were seen in public, most threads first; where there are none, the first of the exercise."""
    known = [(topic, exercise, mistake) for topic, exercise in exercises for mistake in exercise.misconceptions]
    public = [each for each in known if threads.of(each[2].covers)]
    public.sort(key=lambda each: -len(threads.of(each[2].covers)))
    told = dict.fromkeys(each[2].covers for each in public)  # in Keras's letters, it is the same trap
    once = [next(each for each in public if each[2].covers == codes) for codes in told]
    shown = (once or known)[: TRAPS if once else 3]
    yield (
        "Seen in public, with the line that shows it:"
        if once
        else "The first that are known, with a line that shows each:"
    )
    kept = {topic: lines.read(topic) for topic in {each[0] for each in shown}}
    articles = [
        entry.entry(mistake, kept[topic][exercise.name].get(mistake.name)) for topic, exercise, mistake in shown
    ]
    yield raw("\n".join(articles))
    pages = ", ".join(
        f"[{len(e.misconceptions)} in `{e.name}`](../mistakes/{entry.page(e.name)})" for _, e in exercises
    )
    yield f"All that are known: {pages}."


def _exercise(topic: Topic, exercise: Exercise) -> str:
    keras = ", optional" if is_of_keras(exercise.name) else ""
    return (
        f"`{exercise.name}` in lesson [{topic.number:02} {topic.title}](../lessons/{topic.notebook.stem}.md){keras}: "
        f"{exercise.idea}"
    )


def _sources(topic: Topic) -> str:
    """What the lesson's graders name as their sources."""
    told = importlib.import_module(f"coursekit.graders.{topic.name}").__doc__ or ""
    found = re.search(r"Sources?: (.*?)(?:\n\n|$)", told, re.S)
    return f"Lesson {topic.number:02}: {' '.join(found[1].split())}" if found else ""
