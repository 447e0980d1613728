"""A submission's answers as words, without what says nothing of who wrote them: comments, layout, docstrings, stubs.

Read as text, in time that grows with its length alone: neither Python's parser nor anything else of Python's meets it.
"""

from __future__ import annotations

import builtins
import hashlib
import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # with it comes torch
    from coursekit.wire import Cell

MAX_ANSWER = 12_000  # characters of an exercise's functions that are compared; the course's longest has 5,000
_MAX_FUNCTIONS = 1_000  # of a submission

_BEGINS = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)", re.MULTILINE)
_TOKEN = re.compile(  # matches whatever comes, and never goes back: an open string goes on to the end
    r"""(?P<blank>(?:\#[^\n]*+|\s++|\\)++)
    |(?P<string>[a-zA-Z]{0,2}(?:
        \"{3}(?:[^"\\]++|\\.|"(?!""))*+(?:\"{3}|\Z)
        |'{3}(?:[^'\\]++|\\.|'(?!''))*+(?:'{3}|\Z)
        |"(?:[^"\\\n]++|\\.)*+"?
        |'(?:[^'\\\n]++|\\.)*+'?))
    |(?P<name>[^\W\d]\w*+)
    |(?P<number>\.?\d[\w.]*+)
    |(?P<sign>\*\*|//|[=!<>]=|->|:=|.)""",
    re.VERBOSE | re.DOTALL,
)
_FUNCTION = frozenset(("def", "class", "async", "@"))
_OPEN, _CLOSED = frozenset("([{"), frozenset(")]}")
_KEPT = frozenset(keyword.kwlist) | frozenset(vars(builtins))  # nobody renames them


class Token(NamedTuple):
    """A word of an answer: as it is compared, as it is spelt, and where it stands."""

    word: str
    spelt: str
    begin: int
    end: int


@dataclass(frozen=True)
class Answer:
    """One exercise's function and the helpers that it calls, as they were handed in."""

    text: str

    def spelt(self) -> list[str]:
        """What the functions do, as it is spelt."""
        return [found[0] for _, found in _body(_no_blanks(self.text))]

    def tokens(self) -> list[Token]:
        """What the functions do, without their heads and docstrings. They take much memory: keep none of them."""
        return list(_tokens(self.text))


def answers(cells: Sequence[Cell], exercises: Collection[str]) -> dict[str, Answer]:
    """By exercise, the answer in these cells; an exercise that nobody has begun to write has none."""
    functions: dict[str, str] = {}
    for name, text in islice(functions_of(cells), _MAX_FUNCTIONS):
        if name not in functions or not _is_stub(text):  # of several the last one counts, but no stub hides an answer
            functions[name] = text
    others = functions.keys() - set(exercises)  # exercises are compared each by itself
    written = [name for name in exercises if name in functions and not _is_stub(functions[name])]
    return {name: Answer("\n".join(_with_helpers(name, functions, others))[:MAX_ANSWER]) for name in written}


def functions_of(cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    """Name of each function or class that begins a line, and the text from there on: `end_of` says where it ends."""
    for _, text in cells:
        for found in _BEGINS.finditer(text):
            yield found[1], text[found.start() : found.start() + MAX_ANSWER]


def end_of(text: str) -> int:
    """Where a function ends that begins the text: at the next line that begins with something else."""
    end = 0
    for found in _own_tokens(text):
        end = found.end()
    return end


def _no_blanks(text: str) -> Iterator[re.Match[str]]:
    return (found for found in _TOKEN.finditer(text) if found.lastgroup != "blank")


def _own_tokens(text: str) -> Iterator[re.Match[str]]:
    """The tokens of the function that begins the text, without blanks, as they come."""
    depth, at_margin = 0, False
    for found in _TOKEN.finditer(text):
        word = found[0]
        if found.lastgroup == "blank":
            at_margin = word.endswith("\n") and not word.endswith("\\\n")
            continue
        # of a bracket that nobody closes the next function knows nothing
        if at_margin and (word in _FUNCTION or (depth == 0 and word not in _CLOSED)):
            return
        depth += (word in _OPEN) - (word in _CLOSED and depth > 0)
        at_margin = False
        yield found


def _with_helpers(name: str, functions: dict[str, str], others: Collection[str]) -> Iterator[str]:
    """The function and, in the order in which they are first named, those of `others` that it needs."""
    waiting, seen, length = [name], {name}, 0
    while waiting and length < MAX_ANSWER:
        text = functions[waiting.pop(0)]
        text = text[: end_of(text)] + "\n"
        length += len(text)
        yield text
        for word in re.findall(r"[^\W\d]\w*", text):
            if word in others and word not in seen:
                seen.add(word)
                waiting.append(word)


def _is_stub(text: str) -> bool:
    words = [found[0] for _, found in islice(_body(_own_tokens(text)), 6)]
    return words[:2] == ["raise", "NotImplementedError"] and len(words) < 6


def _tokens(text: str) -> Iterator[Token]:
    """The tokens of functions, one below the other, less the head and the docstring of each."""
    own = list(_no_blanks(text))
    words = ["", *(found[0] for found in own), ""]  # each has one before and one behind it
    depth = 0
    for place, found in _body(own):
        before, spelt, after = words[place : place + 3]
        depth += (spelt in _OPEN) - (spelt in _CLOSED and depth > 0)
        yield Token(_word(found, before, after, depth), spelt, *found.span())


def _body(tokens: Iterable[re.Match[str]]) -> Iterator[tuple[int, re.Match[str]]]:
    """What functions do: without `def …:`, and without a string that stands first behind it; each with its place."""
    depth, in_head, begins = 0, False, False
    for place, found in enumerate(tokens):
        word = found[0]
        in_head = in_head or (word == "def" and depth == 0)
        depth += (word in _OPEN) - (word in _CLOSED and depth > 0)
        if not in_head and not (begins and found.lastgroup == "string"):
            yield place, found
        begins = in_head and word == ":" and depth == 0
        in_head = in_head and not begins


def _word(found: re.Match[str], before: str, after: str, depth: int) -> str:
    """What a token counts as: names that one can choose, numbers and strings are all alike."""
    word = found[0]
    if found.lastgroup == "name":
        api = before == "." or (after == "=" and depth > 0)  # an attribute, or a parameter of what is called
        return word if api or word in _KEPT else "name"
    return {"number": "0", "string": "''"}.get(found.lastgroup or "", word)


def digest(words: Iterable[str]) -> bytes:
    """The same for the same words."""
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).digest()


def digest_of(found: Mapping[str, Answer]) -> bytes:
    """The same for the same answers to the same exercises; empty where there are none."""
    words = (word for name in sorted(found) for word in (*found[name].spelt(), name))
    return digest(words) if found else b""
