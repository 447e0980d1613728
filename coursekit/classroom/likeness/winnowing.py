"""Fingerprints of answers, after Schleimer, Wilkerson and Aiken, “Winnowing” (SIGMOD 2003), and the course's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache

from coursekit.classroom.likeness.answers import Answer, Token, functions_of
from coursekit.course import syllabus

LENGTH = 7  # tokens of a fingerprint: what is shorter is never found
WINDOW = 4  # of so many neighbours one is kept: what is LENGTH + WINDOW - 1 tokens long is always found


def fingerprints(tokens: Sequence[Token]) -> dict[int, list[int]]:
    """The fingerprints of an answer's tokens, each with the places of its first token."""
    hashes = list(_hashes(tokens))
    found: dict[int, list[int]] = {}
    last = -1
    for begin in range(max(1, len(hashes) - WINDOW + 1)):
        window = range(begin, min(begin + WINDOW, len(hashes)))
        place = min(window, key=lambda at: (hashes[at], -at), default=last)  # of equals the rightmost, as in the paper
        if place != last:
            found.setdefault(hashes[place], []).append(place)
            last = place
    return found


def _hashes(tokens: Sequence[Token]) -> Iterator[int]:
    words = [token.word for token in tokens]
    for at in range(len(words) - LENGTH + 1):
        some = "\0".join(words[at : at + LENGTH]).encode("utf-8", "surrogatepass")
        yield int.from_bytes(hashlib.blake2b(some, digest_size=8).digest())


@cache
def common() -> frozenset[int]:
    """All that the course's own answers hold, whole and not winnowed: who shares that has learnt it here."""
    texts = [topic.solution.read_text(encoding="utf-8") for topic in syllabus.TOPICS]
    return frozenset(
        found for text in texts for _, one in functions_of([("", text)]) for found in _hashes(Answer(one).tokens())
    )
