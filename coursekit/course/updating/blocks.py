"""A lesson's notebook, or a file in exercises/, as blocks: its cells, or its functions and what stands between them."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

_BEGIN, _MIDDLE, _ALSO, _END = (re.compile(rf"{re.escape(sign * 7)}(?: .*)?\Z") for sign in "<=|>")
_CELL_BEGINS, _CELL_ENDS = "  {", ("  }", "  },")  # as Jupyter writes a notebook
_GOES_ON = re.compile(r"[\s#)\]}]|(else|elif|except|finally)\b|\Z")
_DEFINES = re.compile(r"^(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)


class UnreadableError(Exception):
    """A file from which no blocks can be had; the message says why."""


@dataclass(frozen=True)
class Block:
    """A cell of a notebook, or a piece of a .py file.

    Attributes:
        text: what stands in it.
        key: the cell's id, empty where it has none. Of a piece the file's name, with that of the function behind it.
        kind: of the cell: code, markdown or raw; of a piece always code.
        exercise: the exercise that is answered here, if one is; of a piece the function that it defines.
        cell: all that a notebook says of the cell.
        gap: lines between it and the piece above.
    """

    text: str
    key: str = ""
    kind: str = "code"
    exercise: str = ""
    cell: dict[str, Any] = field(default_factory=dict, compare=False)
    gap: int = 3

    @property
    def mark(self) -> str:
        """A short hash of the text, the same whatever ends its lines and stands behind the last."""
        return mark(self.text)

    @property
    def defines(self) -> set[str]:
        """The functions that seem to be defined at its top level."""
        return set(_DEFINES.findall(self.text))


def mark(text: str) -> str:
    """A short hash of a text, the same whatever ends its lines and stands behind the last."""
    return hashlib.sha256("\n".join(text.splitlines()).rstrip().encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True)
class Sheet:
    """A file of blocks.

    Attributes:
        name: as seen from the course's folder, with slashes.
        blocks: in their order.
        rest: what else a notebook's file says.
    """

    name: str
    blocks: tuple[Block, ...]
    rest: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def topic(self) -> str:
        """The lesson's name, without its number."""
        return re.sub(r"\A\d+_", "", PurePosixPath(self.name).stem)


def read(name: str, data: bytes) -> list[Sheet]:
    """What a file holds: one sheet, or two where it stands in conflict, with ours (as git says) before theirs.

    Raises:
        UnreadableError: it is no text, or no notebook.
    """
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UnreadableError("it is no UTF-8 text") from None
    sides = sides_of(text)
    if not name.endswith(".ipynb"):
        return [Sheet(name, tuple(_pieces(PurePosixPath(name).stem, side))) for side in sides]
    if len(sides) == 1:
        return [_notebook(name, text)]
    return [_notebook_in_conflict(name, side) for side in sides]


def text_of(sheet: Sheet) -> str:
    """What is to stand in the file; ids that a notebook lacks, or has twice, are made."""
    if not sheet.name.endswith(".ipynb"):
        lines = (("\n" * block.gap if at else "") + block.text for at, block in enumerate(sheet.blocks))
        return "".join(lines).rstrip("\n") + "\n"
    taken: set[str] = set()
    cells = []
    for block in sheet.blocks:
        key = block.key if block.key and block.key not in taken else new_key(block.text, taken)
        taken.add(key)
        cells.append({**_fitting(block), "id": key, "source": block.text.splitlines(keepends=True)})
    # as nbformat writes it, so that Jupyter changes nothing by saving it
    return json.dumps({**sheet.rest, "cells": cells}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _fitting(block: Block) -> dict[str, Any]:
    """What a notebook has to say of a cell of this kind."""
    cell = {"metadata": {}, **block.cell, "cell_type": block.kind}
    if block.kind == "code":
        return {"outputs": [], "execution_count": None, **cell}
    return {name: value for name, value in cell.items() if name not in ("outputs", "execution_count")}


def new_key(text: str, taken: Iterable[str] = ()) -> str:
    """An id for a cell of that text, the same each time, which is none of these."""
    number = 0
    while (key := hashlib.sha256(f"{number} {text}".encode("utf-8", "replace")).hexdigest()[:8]) in taken:
        number += 1
    return key


# ---- conflicts ---------------------------------------------------------------------------------------------------


def sides_of(text: str) -> list[str]:
    """Both sides of a text in which git has left its marks; the text alone where it has not."""
    ours: list[str] = []
    theirs: list[str] = []
    within, met = "", False  # of a conflict: the part that a line belongs to
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        if not within and _BEGIN.match(bare):
            within = "ours"
        elif within in ("ours", "base") and _MIDDLE.match(bare):
            within = "theirs"
        elif within == "ours" and _ALSO.match(bare):
            within = "base"
        elif within == "theirs" and _END.match(bare):
            within, met = "", True
        else:
            if within in ("", "ours"):
                ours.append(line)
            if within in ("", "theirs"):
                theirs.append(line)
    if within or not met:
        return [text]
    return ["".join(ours), "".join(theirs)]


# ---- notebooks ---------------------------------------------------------------------------------------------------


def _notebook(name: str, text: str) -> Sheet:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableError("it is not empty, but no notebook" if text.strip() else "it is empty") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise UnreadableError("it has no cells, or is of an old format")
    rest = {key: value for key, value in content.items() if key != "cells"}
    return Sheet(name, tuple(map(_block, cells)), rest)


def _notebook_in_conflict(name: str, text: str) -> Sheet:
    """One side of a notebook; where git's cuts have broken its JSON, those of its cells that are whole."""
    try:
        return _notebook(name, text)
    except UnreadableError:
        blocks = tuple(_whole_cells(text))
        if not blocks:
            raise UnreadableError("it stands in conflict, and neither side is a notebook") from None
        return Sheet(name, blocks)


def _whole_cells(text: str) -> Iterator[Block]:
    lines: list[str] = []
    for line in text.splitlines():
        if line == _CELL_BEGINS:
            lines = []
        lines.append(line)
        if line in _CELL_ENDS:
            try:
                cell = json.loads("\n".join(lines).rstrip(","))
            except (ValueError, RecursionError):
                continue
            if "cell_type" in cell:
                yield _block(cell)


def _block(cell: dict[str, Any]) -> Block:
    source, key, kind = cell.get("source", ""), cell.get("id"), cell.get("cell_type")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return Block(
        text.replace("\r\n", "\n"),
        key if isinstance(key, str) else "",
        kind if kind in ("code", "markdown", "raw") else "raw",
        _exercise_of(cell),
        cell,
    )


def _exercise_of(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    ours = metadata.get("coursekit") if isinstance(metadata, dict) else None
    name = ours.get("exercise") if isinstance(ours, dict) else None
    return name if isinstance(name, str) else ""


# ---- .py files ---------------------------------------------------------------------------------------------------


def _pieces(stem: str, text: str) -> Iterator[Block]:
    """The pieces of a module; nothing but blank lines stands between them."""
    lines = text.split("\n")
    begins = sorted({0, *_begins(text)})
    gap = 0
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        piece = "\n".join(lines[begin:end]).strip("\n")
        before = len(lines[begin:end]) - len("\n".join(lines[begin:end]).lstrip("\n").split("\n"))
        if piece.strip():
            found = _DEFINES.search(piece)
            name = found[1] if found and not piece.startswith("#") else ""
            is_header = not begin and piece.startswith(('"""', "'''"))
            key = f"{stem}.py" + (f":{name}" if name else ":docstring" if is_header else "")
            yield Block(piece, key, "code", name, {}, gap + before + 1 if begin else 0)
            gap = 0
        gap += end - begin - before - len(piece.split("\n"))


def _begins(text: str) -> Iterator[int]:
    """The lines (from 0) on which a statement of the top level begins, or a comment above one."""
    lines = text.split("\n")
    starts = list(_starts(text, lines))
    inside = {line for start, end in starts for line in range(start, end)}
    yield from (start for start, _ in starts)
    for at, line in enumerate(lines):
        if line.startswith("#") and at not in inside and not (at and lines[at - 1].startswith("#")):
            yield at


def _starts(text: str, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each statement of the top level begins and ends; of what is no Python, as its indentation tells."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        heads = [at for at, line in enumerate(lines) if not _GOES_ON.match(line)]
        heads = [at for at in heads if not (at and lines[at - 1].startswith("@"))]
        for at in heads:
            end = next((n for n in range(at + 1, len(lines)) if n in heads or lines[n].startswith("#")), len(lines))
            yield at, end
        return
    for node in body:
        decorators = getattr(node, "decorator_list", [])
        yield min([node.lineno, *(each.lineno for each in decorators)]) - 1, node.end_lineno or node.lineno
