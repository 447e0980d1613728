"""How often somebody may do something: what floods, and what guesses, is told to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

_MOST = 20_000  # of whom is kept how much they have left; who is full again is forgotten first


class Limit:
    """So many at once, and then so many a second, for each of whom is asked.

    Args:
        burst: how many at once.
        rate: how many come back each second.
        clock: what time it is, in seconds.
    """

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, rate, clock
        self._left: dict[Hashable, tuple[float, float]] = {}

    def wait(self, who: Hashable, cost: float = 1) -> float:
        """Takes `cost` of what somebody has left; 0, or where that is too little, the seconds until it is enough."""
        left, now = self._now(who)
        if left < cost:
            return (min(cost, self._burst) - left) / self._rate
        self._keep(who, left - cost, now)
        return 0.0

    def is_out(self, who: Hashable) -> bool:
        """Whether somebody has nothing left; takes nothing."""
        return self._now(who)[0] < 1

    def _now(self, who: Hashable) -> tuple[float, float]:
        now = self._clock()
        left, at = self._left.get(who, (self._burst, now))
        return min(self._burst, left + (now - at) * self._rate), now

    def _keep(self, who: Hashable, left: float, now: float) -> None:
        self._left.pop(who, None)
        self._left[who] = left, now
        if len(self._left) > _MOST:
            self._left = {each: kept for each, kept in self._left.items() if self._now(each)[0] < self._burst}
        while len(self._left) > _MOST:
            self._left.pop(next(iter(self._left)))
