"""Solutions with one small thing wrong, made by rule: no grader should take one of them for right.

A mutant is a change of one place between BEGIN SOLUTION and END SOLUTION, or of a default: a constant, a comparison, a
sign, an axis, a denominator, a step left out, another slope at a kink. Nothing in it is drawn by chance, so the same
solution has the same mutants in the same order, and each is known by its line before and after.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from coursekit.authoring.rules import Text, changes
from coursekit.course.syllabus import Topic


@dataclass(frozen=True)
class Mutant:
    """One change of one solution.

    Attributes:
        exercise: whose solution.
        was: the changed line, or lines, as they stand in the solution, in one.
        now: the same with the change.
        module: the whole text of the topic's solutions with the change.
    """

    exercise: str
    was: str
    now: str
    module: str

    def __str__(self) -> str:
        return f"{self.exercise}\n- {self.was}\n+ {self.now}"


def mutants(topic: Topic, name: str) -> list[Mutant]:
    """All mutants of the solution of one exercise, in the order of its lines; no two are the same code."""
    module = topic.solution.read_text(encoding="utf-8")
    node = next(node for node in ast.parse(module).body if isinstance(node, ast.FunctionDef) and node.name == name)
    lines = module.splitlines(keepends=True)
    above, below = "".join(lines[: node.lineno - 1]), "".join(lines[node.end_lineno :])
    source = "".join(lines[node.lineno - 1 : node.end_lineno]).encode()  # positions in a line are counted in bytes
    starts = [0, *accumulate(map(len, source.splitlines(keepends=True)))]

    def place(node: Any) -> tuple[int, int]:
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    def text(node: ast.AST) -> str:
        start, end = place(node)
        return source[start:end].decode()

    original = ast.parse(source)
    found: list[Mutant] = []
    known = {ast.dump(original)}
    for changed, after in _changes(original.body[0], source.decode(), text):
        start, end = place(changed)
        mutant, code = _replaced(source, start, end, after, isinstance(changed, ast.expr))
        if not code or code in known:
            continue
        known.add(code)
        first, last = source.rfind(b"\n", 0, start) + 1, source.find(b"\n", end)
        now = mutant[first : len(mutant) - len(source) + last]
        found.append(Mutant(name, _in_one(source[first:last]), _in_one(now), above + mutant.decode() + below))
    return found


def _replaced(source: bytes, start: int, end: int, after: str, in_brackets: bool) -> tuple[bytes, str]:
    """The source with a change, in brackets where it needs them, and its code; no code where a rule does not fit."""
    made = []
    for words in (f"({after})", after) if in_brackets else (after,):
        mutant = source[:start] + words.encode() + source[end:]
        with suppress(SyntaxError):
            made.append((mutant, ast.dump(ast.parse(mutant))))
    if not made:
        return source, ""
    return made[-1] if made[-1][1] == made[0][1] else made[0]


def _in_one(lines: bytes) -> str:
    return " ".join(re.sub(r"#.*", "", line).strip() for line in lines.decode().splitlines()).strip()


def _changes(function: Any, source: str, text: Text) -> Iterator[tuple[ast.AST, str]]:
    """Each change of a function's defaults and of its answer; of its words, types and errors there is none."""
    begin = [line.strip() for line in source.splitlines()].index("# BEGIN SOLUTION")

    def walk(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        if isinstance(node, ast.Raise | ast.JoinedStr):
            return
        yield from changes(node, text)
        for field, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and field not in ("annotation", "returns", "decorator_list"):
                    yield from walk(child)

    for default in filter(None, (*function.args.defaults, *function.args.kw_defaults)):
        yield from walk(default)
    for statement in function.body:
        if statement.lineno > begin:
            yield from walk(statement)
