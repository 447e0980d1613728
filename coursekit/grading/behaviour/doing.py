"""A behaviour as plain data, and when two of them are the same.

Behaviours are compared pair by pair, as a diagnosis compares numbers: within the tolerance that the question sets. A
digest of rounded numbers would be quicker to look up and would part equals, since wherever it rounds, two writings of
one formula can fall on either side. So a group is formed around its first behaviour, and has whatever is the same as
that one.

Nothing here needs torch, so pages can be made of what is kept.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Number = float | None  # None is a number that is lost: inf or NaN where the right answer has a finite one


@dataclass(frozen=True)
class Part:
    """A value or a gradient.

    Attributes:
        dtype: its name.
        shape: its sizes.
        numbers: all of it in order, or as many as are kept.
    """

    dtype: str
    shape: tuple[int, ...]
    numbers: tuple[Number, ...]


@dataclass(frozen=True)
class Doing:
    """What came of one question.

    Attributes:
        relative: how far numbers may differ, as a share of the larger one.
        absolute: how far they may differ besides.
        problem: why there is no value: its kind, and the type of what was raised; empty where there is one.
        parts: the value, then the gradients; None where no gradient flows.
    """

    relative: float
    absolute: float
    problem: tuple[str, str] | None = None
    parts: tuple[Part | None, ...] = ()


Behaviour = tuple[Doing, ...]


def to_bytes(behaviour: Behaviour) -> bytes:
    """A behaviour as it is kept."""
    content = [
        [
            doing.relative,
            doing.absolute,
            doing.problem,
            [part and [part.dtype, part.shape, part.numbers] for part in doing.parts],
        ]
        for doing in behaviour
    ]
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode())


def from_bytes(content: bytes) -> Behaviour:
    """The behaviour that `to_bytes` was given."""
    return tuple(
        Doing(relative, absolute, tuple(problem) if problem else None, tuple(map(_part, parts)))
        for relative, absolute, problem, parts in json.loads(zlib.decompress(content))
    )


def _part(fields: Any) -> Part | None:
    return fields and Part(fields[0], tuple(fields[1]), tuple(fields[2]))


def same(one: Behaviour, other: Behaviour) -> bool:
    """Whether two answers do the same: on every question equal numbers, or an error of the same kind."""
    return len(one) == len(other) and all(map(_same, one, other))


def _same(one: Doing, other: Doing) -> bool:
    if one.problem or other.problem:
        return one.problem == other.problem
    if len(one.parts) != len(other.parts):
        return False
    tolerance = one.relative, one.absolute
    if not all(_close(a, b, *tolerance) for a, b in zip(one.parts, other.parts, strict=True)):
        return False
    return _lost(one.parts[:1]) == _lost(other.parts[:1]) and _lost(one.parts[1:]) == _lost(other.parts[1:])


def _close(one: Part | None, other: Part | None, relative: float, absolute: float) -> bool:
    if one is None or other is None:
        return one is other
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    for a, b in zip(one.numbers, other.numbers, strict=True):
        if a == b or a is None or b is None:  # where numbers are lost hangs on the algebra; that some are does not
            continue
        if math.isfinite(a) and math.isfinite(b):
            if abs(a - b) > absolute + relative * max(abs(a), abs(b)):
                return False
        elif not (math.isnan(a) and math.isnan(b)):
            return False
    return True


def _lost(parts: Iterable[Part | None]) -> bool:
    return any(part is not None and None in part.numbers for part in parts)


def grouped(behaviours: Sequence[Behaviour]) -> list[int]:
    """For each behaviour the place of the first one that is the same, in the order in which they came.

    What comes later changes no group: it joins one, or begins one.
    """
    begun: dict[object, list[int]] = {}  # the first of each group, by what must be equal to the letter
    found = []
    for place, behaviour in enumerate(behaviours):
        alike = begun.setdefault(_outline(behaviour), [])
        mine = next((each for each in alike if same(behaviours[each], behaviour)), place)
        if mine == place:
            alike.append(place)
        found.append(mine)
    return found


def _outline(behaviour: Behaviour) -> object:
    return tuple((doing.problem, *(part and (part.dtype, part.shape) for part in doing.parts)) for doing in behaviour)
