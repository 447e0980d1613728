"""What an answer needs of the file that it was written in, where that has changed, or it stands in another one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import lru_cache

from coursekit.course.updating.blocks import Block, Sheet

_MAGIC = re.compile(r"(?m)^[ \t]*[%!].*$")  # what only IPython understands


def lent(answer: Block, old: Sheet, own: Iterable[Block], now: Iterable[Block]) -> list[str]:
    """The statements that an answer needs and that are no longer around it: imports, functions, the learner's values.

    Args:
        answer: as it is now.
        old: the file that it was written in.
        own: the blocks of that file that are the learner's: of others, values are the lesson's and are not needed.
        now: all blocks of the file that it stands in now.
    """
    there: dict[str, str] = {}
    mine = {block.mark for block in own}
    for block in old.blocks:
        if block.kind == "code":
            there.update(
                (name, text)
                for name, (text, is_value) in definitions(block.text).items()
                if not is_value or block.mark in mine
            )
    known = {name for block in now if block.kind == "code" for name in definitions(block.text)}
    known.add(answer.exercise)
    needed: dict[str, str] = {}
    waiting = [answer.text]
    while waiting:
        for name in _names(waiting.pop()):
            if name in there and name not in known and name not in needed:
                needed[name] = there[name]
                waiting.append(there[name])
    return list(dict.fromkeys(text for name, text in there.items() if name in needed))  # in their order


@lru_cache(maxsize=4096)
def definitions(text: str) -> dict[str, tuple[str, bool]]:
    """By name the statement at the top level that defines it, and whether that is a value."""
    text = _MAGIC.sub("", text)
    found: dict[str, tuple[str, bool]] = {}
    for node in _body(text):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    found[alias.asname or alias.name.partition(".")[0]] = (ast.unparse(ast.Import([alias])), False)
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    statement = ast.ImportFrom(module, [alias], level)
                    found[alias.asname or alias.name] = (ast.unparse(statement), False)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
                lines = text.split("\n")
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                found[name] = ("\n".join(lines[first - 1 : node.end_lineno]), False)
            case ast.Assign(targets=targets):
                for target in targets:
                    for each in ast.walk(target):
                        if isinstance(each, ast.Name):
                            found[each.id] = (ast.get_source_segment(text, node) or "", True)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = (ast.get_source_segment(text, node) or "", True)
    return found


def _names(text: str) -> list[str]:
    """The names that a text reads, in their order."""
    nodes = (each for node in _body(text) for each in ast.walk(node))
    return list(dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name)))


def _body(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
