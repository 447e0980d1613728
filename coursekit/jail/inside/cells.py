"""A cell or a file of a learner's as statements: one that is no Python costs the others nothing."""

from __future__ import annotations

import ast
import re

_MOST = 20  # broken statements in one cell; after that it is given up, for each costs a parse of the whole
_BEGINS = re.compile(r"[^\s#)\]}'\"]")  # at the beginning of a line: no blank, comment, or end of what began above
_GOES_ON = re.compile(r"(else|elif|except|finally)\b")  # such a line belongs to the statement above it

Broken = SyntaxError | ValueError | RecursionError | MemoryError


def statements(text: str) -> tuple[list[ast.stmt], str, list[Broken]]:
    """The statements of a cell, the text in which their places are counted, and what is wrong with the others."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        return ast.parse(text).body, text, []
    except SyntaxError:
        text = _without_magics(text)
    except (ValueError, RecursionError, MemoryError) as error:
        return [], text, [error]
    broken: list[Broken] = []
    while True:
        try:
            return ast.parse(text).body, text, broken
        except SyntaxError as error:
            broken.append(error)
            if len(broken) >= _MOST:
                return [], text, broken
            text = _without_statement(text, error.lineno or 0)
        except (ValueError, RecursionError, MemoryError) as error:
            return [], text, [*broken, error]


def _without_magics(text: str) -> str:
    """The cell as Python alone: it may hold what only IPython understands, %magic, !shell, help?; it knows best."""
    from IPython.core.inputtransformer2 import TransformerManager

    if text.lstrip().startswith("%%"):  # or the whole cell would become the argument of %%time
        text = text.replace("%%", "# %%", 1)
    try:
        return str(TransformerManager().transform_cell(text))  # type: ignore[no-untyped-call]
    except SyntaxError:
        return text


def _without_statement(text: str, number: int) -> str:
    """The text with empty lines in place of the top-level statement that line `number` (from 1) belongs to.

    What is Python by itself is not to blame: Python may notice only there that the statement above is not whole.
    """
    lines = text.split("\n")
    first, last = _statement_at(lines, min(max(number, 1), len(lines)) - 1)
    if first > 0 and _is_python("\n".join(lines[first:last])):
        first, last = _statement_at(lines, first - 1)
    return "\n".join([*lines[:first], *[""] * (last - first), *lines[last:]])


def _statement_at(lines: list[str], at: int) -> tuple[int, int]:
    """Where the top-level statement that line `at` (from 0) belongs to begins, and where the next one does."""
    first, last = at, at + 1
    while first > 0 and not _is_first(lines[first]):
        first -= 1
    while first > 0 and lines[first - 1].startswith("@"):  # or its decorators would be the next one's
        first -= 1
    while last < len(lines) and not _is_first(lines[last]):
        last += 1
    return first, last


def _is_first(line: str) -> bool:
    """Whether a top-level statement may begin with this line."""
    return bool(_BEGINS.match(line)) and not _GOES_ON.match(line)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
