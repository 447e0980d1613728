"""Fingerprints of answers, after Schleimer, Wilkerson and Aiken, “Winnowing” (SIGMOD 2003), and the course's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from coursekit.classroom.likeness.answers import Answer, Token, end_of, functions_of
from coursekit.course import syllabus

LENGTH = 7  # tokens of a fingerprint: what is shorter is never found
WINDOW = 4  # of so many neighbours one is kept: what is LENGTH + WINDOW - 1 tokens long is always found
_PRIME = 2**61 - 1
_BASE = 1_000_003
_LEAVING = pow(_BASE, LENGTH, _PRIME)  # what the token that falls out has been multiplied by


def fingerprints(tokens: Sequence[Token]) -> frozenset[int]:
    """The fingerprints of an answer's tokens: of each WINDOW of neighbouring hashes the smallest."""
    found = list(hashes(tokens))
    if len(found) < WINDOW:
        return frozenset(found[:1])
    return frozenset(min(found[at : at + WINDOW]) for at in range(len(found) - WINDOW + 1))


def hashes(tokens: Sequence[Token]) -> Iterator[int]:
    """One for each LENGTH tokens in a row, the same in every run; each is made of the one before (Karp and Rabin)."""
    words = [_number(token.word) for token in tokens]
    found = 0
    for at, word in enumerate(words):
        found = (found * _BASE + word) % _PRIME
        if at >= LENGTH:
            found = (found - words[at - LENGTH] * _LEAVING) % _PRIME
        if at >= LENGTH - 1:
            yield found


@lru_cache(4096)
def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=7).digest())


@cache
def common() -> frozenset[int]:
    """All that the course's own answers hold, whole and not winnowed: who shares that has learnt it here."""
    texts = [topic.solution.read_text(encoding="utf-8") for topic in syllabus.TOPICS]
    functions = [one[: end_of(one)] for text in texts for _, one in functions_of([("", text)])]
    return frozenset(found for one in functions for found in hashes(Answer(one).tokens()))
