"""The code in a file's text. Each way in which a file is no code, or no notebook, has a sentence of its own.

Text is UTF-8, whatever a coding comment says: what is graded is what everybody sees. Right-to-left text stays as it
is, and so do the invisible marks that can make code look like other code: an honest comment in Hebrew may hold them,
and they cannot mislead a grade, which comes from numbers. They are made visible where text is shown (text.visible).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from coursekit.grading.opening.disk import UnreadableError
from coursekit.wire import Cell

MAX_VALUES = 500_000  # things in a notebook's JSON: once parsed, each takes up to 250 bytes

_FORMATS = (  # what other kinds of file begin with
    (b"PK\x03\x04", "a zip file, or one of Word, Excel or Pages"),
    (b"%PDF", "a PDF"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF87a", "a picture"),
    (b"GIF89a", "a picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"SQLite format 3", "a database"),
    (b"\x80\x04\x95", "a pickle"),
    (b"\x80\x05\x95", "a pickle"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"bplist0", "a file of macOS"),
)
_CONFLICT = re.compile(r"^(<{7} |>{7} |={7}$)", re.MULTILINE)
_SAVE = "Save it again in Jupyter."


def cells_of(name: str, data: bytes) -> Iterator[Cell]:
    """The pieces of code in a file, each under a label that says where it stood.

    Args:
        name: of the file, fit to be shown; its ending says whether it is a notebook.
        data: what is in it.

    Raises:
        UnreadableError: why there is no code to be had.
    """
    is_notebook = name.lower().endswith(".ipynb")
    text = _text(name, data, "a notebook" if is_notebook else "Python")
    if is_notebook:
        yield from _notebook_cells(name, text)
    else:
        if _is_page(text):
            raise UnreadableError(f"{name} is a web page, not Python: download the file itself and hand that in.")
        yield name, text


def _text(name: str, data: bytes, wanted: str) -> str:
    """The file's text, if it is any."""
    for begin, kind in _FORMATS:
        if data.startswith(begin):
            raise UnreadableError(f"{name} is {kind}, not {wanted}, whatever its ending: hand in the file itself.")
    code = _utf16(data)
    if code:
        raise UnreadableError(f"{name} is {code} text, not UTF-8. Save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        if _is_windows(data):
            raise UnreadableError(
                f"{name} is not UTF-8 text (byte {error.start}), but seems to be Windows-1252 or Latin-1: "
                f"“{bytes([byte]).decode('cp1252')}” stands there. Save it as UTF-8."
            ) from None
        raise UnreadableError(f"{name} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    if "\0" in text:
        raise UnreadableError(f"{name} is not text: it holds a NUL byte. Save it as UTF-8.")
    return text


def _utf16(data: bytes) -> str:
    """How a text of two or four bytes a character is stored; empty where it is none, as far as its bytes tell."""
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "UTF-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    begin = data[:1000]
    odd, even = begin[1::2], begin[::2]  # ASCII in two bytes each: every other one is zero
    zeros = abs(odd.count(0) - even.count(0))
    return "UTF-16" if len(begin) >= 8 and zeros > 0.8 * len(odd) else ""


def _is_windows(data: bytes) -> bool:
    """Whether it reads as text of a single byte a character: letters with accents here and there, nothing else."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    strange = sum(not (char.isprintable() or char in "\t\n\r\f") for char in text[:10_000])
    foreign = sum(char > "\x7f" for char in text[:10_000])
    return not strange and foreign * 5 < len(text[:10_000])


def _notebook_cells(name: str, text: str) -> Iterator[Cell]:
    """The code cells of a notebook, read as JSON: a broken or hostile one is not worth a parser that trusts it."""
    if sum(map(text.count, "[{,")) > MAX_VALUES:
        raise UnreadableError(f"{name} holds too much output. Clear its outputs in Jupyter and save it again.")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(_no_notebook(name, text, error)) from None
    cells = _list_of_cells(name, notebook)
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str):  # JSON can spell half a character, which no file or database takes
            yield f"{name} cell {number}", source.encode("utf-8", "replace").decode()


def _list_of_cells(name: str, notebook: Any) -> list[Any]:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if isinstance(cells, list):
        return cells
    if isinstance(notebook, dict) and "worksheets" in notebook:
        raise UnreadableError(f"{name} has no cells: it is of an old format. {_SAVE}")
    raise UnreadableError(f"{name} has no cells: it is JSON, but no notebook (is it of an old format?). {_SAVE}")


def _no_notebook(name: str, text: str, error: ValueError | RecursionError) -> str:
    """What stands in a file that is no JSON."""
    begin = text.lstrip()
    if not begin:
        return f"{name} is not a notebook: it is empty. {_SAVE}"
    if _is_page(text):
        return f"{name} is not a notebook: it is a web page, of a login perhaps. Download the file itself."
    if _CONFLICT.search(text):
        return in_conflict(name)
    if begin.startswith("version https://git-lfs"):
        return f"{name} is not a notebook: it is a pointer of Git LFS. Hand in the file itself."
    if not begin.startswith("{"):
        kind = "Python, not JSON" if re.search(r"^(import|from|def|class|#)\s", begin, re.MULTILINE) else "no JSON"
        return f"{name} is not a notebook: it is {kind}. {_SAVE}"
    if isinstance(error, json.JSONDecodeError) and _is_cut(text, error):
        return f"{name} is not a notebook: it ends in the middle, as if saving or sending had stopped. {_SAVE}"
    return f"{name} is not a notebook: {error}. {_SAVE}"


def is_in_conflict(text: str) -> bool:
    """Whether git has left all three of its marks in a text."""
    return len(set(_CONFLICT.findall(text))) == 3


def in_conflict(name: str) -> str:
    """What to say of a file in which git has left its marks."""
    return (
        f"{name} stands in conflict: git has left its marks (<<<<<<<) in it. In the course's folder, `python3 start.py "
        "update` reads both sides and keeps your answers."
    )


def _is_page(text: str) -> bool:
    """Whether it begins as a web page does."""
    begin = text[:1000].lstrip().casefold()
    page = ("<!doctype html", "<html", "<head", "<body")
    return begin.startswith(page) or (begin.startswith(("<!--", "<?xml")) and any(sign in begin for sign in page[:2]))


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Whether what is wrong is that the end of it is missing."""
    rest = text[error.pos :].strip()
    return error.msg.startswith("Unterminated") or (len(rest) <= 6 and not rest.endswith(("}", "]")))
