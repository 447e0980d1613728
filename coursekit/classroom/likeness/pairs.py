"""Same and similar work in a class, and how much it says.

What two answers share says more the fewer others have it, so each fingerprint that they share counts with the binary
logarithm of how many times as many learners there are as have it: 3 bits, where one in eight has. What the course's own
answers hold counts nothing, and nothing counts more than MOST_BITS, or two short answers would be accused in a large
class. Where both answers are wrong, it counts as well how rare it is to be wrong in that way. The bits of the exercises
in which most of an answer is shared are added up, and a pair is listed from ENOUGH bits on. A short answer has few
fingerprints, and a small class little that is rare: neither comes to so many.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import log2

from coursekit.classroom.likeness.answers import Answer, digest
from coursekit.classroom.likeness.winnowing import LENGTH, common, fingerprints, hashes
from coursekit.report import Graded, Outcome, Report

ENOUGH = 60.0  # bits from which on a pair is listed
MOST_BITS = 4.0  # of a fingerprint: one learner in 16 has it
MOST = 0.5  # of the bits of the shorter answer, from which on an exercise counts
_COMMON = 10  # learners: what more have says nothing of two of them; and pairs would grow with the square of the class

Work = Mapping[str, Mapping[str, Answer]]  # by learner, by exercise


@dataclass(frozen=True)
class Same:
    """Learners whose answers are the same to the letter, but for layout and comments; and in which exercises."""

    learners: tuple[str, ...]
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Shared:
    """What two answers to one exercise share.

    Attributes:
        exercise: its name.
        share: of the bits of the shorter answer, 0 to 1.
        bits: what that says.
        behaviour: bits for being wrong in the same way, which are part of `bits`.
    """

    exercise: str
    share: float
    bits: float
    behaviour: float


@dataclass(frozen=True)
class Alike:
    """Two learners whose answers share much that others do not have; the strongest exercise first."""

    learners: tuple[str, str]
    shared: tuple[Shared, ...]

    @property
    def bits(self) -> float:
        """What all of it says."""
        return sum(each.bits for each in self.shared)


@dataclass(frozen=True)
class Likeness:
    """What a class has in common, the largest groups and the most telling pairs first.

    Of a group of `same` the first learner stands for all in `alike`.
    """

    same: tuple[Same, ...]
    alike: tuple[Alike, ...]


@dataclass(frozen=True)
class _Print:
    """What is kept of an answer to one exercise: digests of it as spelt and as compared, fingerprints."""

    digest: bytes
    shape: bytes
    fingerprints: frozenset[int]


def compare(work: Work, grades: Iterable[Graded] = ()) -> Likeness:
    """Who handed in the same, and whose work shares more than chance has it.

    Args:
        work: by learner, by exercise, what was answered.
        grades: how the answers fared, where that is known.
    """
    prints = {learner: {name: _print(each) for name, each in found.items()} for learner, found in work.items()}
    groups: defaultdict[tuple[tuple[str, bytes], ...], list[str]] = defaultdict(list)
    for learner, found in prints.items():
        groups[tuple((name, found[name].digest) for name in sorted(found))].append(learner)
    groups.pop((), None)  # who has answered nothing shares nothing
    same = [Same(tuple(them), tuple(name for name, _ in key)) for key, them in groups.items() if len(them) > 1]
    single = {learners[0]: prints[learners[0]] for learners in groups.values()}
    wrong = _wrong(graded for graded in grades if graded.learner in single)
    renamed = list(_renamed(single))
    shared: defaultdict[tuple[str, str], list[Shared]] = defaultdict(list)
    for exercise in dict.fromkeys(name for found in single.values() for name in found):
        holders = {learner: found[exercise] for learner, found in single.items() if exercise in found}
        for pair, each in _shared(exercise, holders, renamed, wrong.get(exercise, {})):
            shared[pair].append(each)
    pairs = [Alike(pair, tuple(sorted(found, key=lambda each: -each.bits))) for pair, found in shared.items()]
    return Likeness(
        tuple(sorted(same, key=lambda each: -len(each.learners))),
        tuple(sorted((each for each in pairs if each.bits >= ENOUGH), key=lambda each: -each.bits)),
    )


def _renamed(prints: Mapping[str, Mapping[str, _Print]]) -> Iterator[tuple[str, str]]:
    """Whose answers are all the same but for names and numbers, however many they are: the first and each of them."""
    first: dict[tuple[tuple[str, bytes], ...], str] = {}
    for learner, found in prints.items():
        before = first.setdefault(tuple((name, found[name].shape) for name in sorted(found)), learner)
        if found and before != learner:
            yield before, learner


def _print(answer: Answer) -> _Print:
    tokens = answer.tokens()
    return _Print(
        digest(token.spelt for token in tokens),
        digest(token.word for token in tokens),
        frozenset(fingerprints(tokens)) - common(),
    )


def _shared(
    exercise: str, prints: Mapping[str, _Print], renamed: Iterable[tuple[str, str]], wrong: Mapping[str, Hashable]
) -> Iterator[tuple[tuple[str, str], Shared]]:
    """What pairs of answers to one exercise share, where it is most of one of them."""
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for learner, each in prints.items():
        for mark in each.fingerprints:
            holders[mark].append(learner)
    bits = {mark: min(MOST_BITS, log2(len(prints) / len(learners))) for mark, learners in holders.items()}
    total = {learner: sum(bits[mark] for mark in each.fingerprints) for learner, each in prints.items()}
    pairs: defaultdict[tuple[str, str], float] = defaultdict(float)
    for mark, learners in holders.items():
        if len(learners) <= _COMMON:
            for pair in combinations(learners, 2):
                pairs[pair] += bits[mark]
    for pair in renamed:
        if pair[1] in total:
            pairs[pair] = total[pair[1]]
    ways = Counter(wrong.values())
    for (one, other), common_bits in pairs.items():
        smaller = min(total[one], total[other])
        if smaller and common_bits >= MOST * smaller:
            way = wrong.get(one)
            behaviour = log2(len(prints) / ways[way]) if way is not None and way == wrong.get(other) else 0.0
            yield (one, other), Shared(exercise, common_bits / smaller, common_bits + behaviour, behaviour)


def _wrong(grades: Iterable[Graded]) -> dict[str, dict[str, Hashable]]:
    """By exercise, by learner, in what way an answer that was tried is wrong."""
    found: defaultdict[str, dict[str, Hashable]] = defaultdict(dict)
    for graded in grades:
        for report in graded.reports:
            if report.outcome in (Outcome.FAILED, Outcome.ERROR):
                found[report.exercise][graded.learner] = _way(report)
    return found


def _way(report: Report) -> Hashable:
    name = report.diagnosis.misconception if report.diagnosis else ""
    return (name, *(verdict.outcome for verdict in report.verdicts))


def marks(answer: Answer, other: Answer) -> list[tuple[int, int]]:
    """Where in the text of an answer stands what the other has as well, and the course's own answers do not."""
    tokens = answer.tokens()
    theirs = set(hashes(other.tokens())) - common()
    spans: list[tuple[int, int]] = []
    for place, mark in enumerate(hashes(tokens)):
        if mark not in theirs:
            continue
        begin, end = tokens[place].begin, tokens[place + LENGTH - 1].end
        if spans and begin <= spans[-1][1]:
            begin = spans.pop()[0]
        spans.append((begin, end))
    return spans
