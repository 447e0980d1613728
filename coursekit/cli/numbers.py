"""Numbers that are typed: finite, and in a range that says what it is."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

DAY = 86_400.0  # seconds
MANY = 2**31 - 1


def whole(least: int, most: int = MANY) -> Callable[[str], int]:
    """What argparse is to take a whole number for."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"need a whole number {_between(least, most)}, not {text!r}") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"need a whole number {_between(least, most)}, not {text}")
        return value

    return number


def seconds(most: float) -> Callable[[str], float]:
    """What argparse is to take a time for: more than none, and at most so many seconds."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 < value <= most:  # so written that it does not hold for what is no number
            raise argparse.ArgumentTypeError(f"need a number above 0 and at most {most:g}, not {text!r}")
        return value

    return number


def _between(least: int, most: int) -> str:
    above = "above 0" if least == 1 else f"of {least} or more"
    return above if most == MANY else f"{above} and at most {most}"
