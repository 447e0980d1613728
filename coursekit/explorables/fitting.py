"""Explorables about losses of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traitlets import Float, Int, List, Unicode

from coursekit.explorables.widget import Explorable, shown


class Pulls(Explorable):
    """Measurements of which one can be dragged, and how each pulls a candidate by three losses.

    Args:
        values: the measurements.
        stray: the number of the one that can be moved.
        c: the candidate, to begin with.
        reach: the ends of the line on which all of it stands.
        label: what is measured, with its unit.

    Raises:
        ValueError: there is no such measurement, or one lies beyond the line.
    """

    kind = "pulls"
    values = shown(List(Float()))
    stray = shown(Int())
    c = shown(Float())
    delta = shown(Float())
    reach = shown(List(Float()))
    label = shown(Unicode())

    def __init__(
        self, values: Sequence[float], stray: int, c: float, reach: tuple[float, float], label: str, **options: Any
    ) -> None:
        if not 0 <= stray < len(values):
            raise ValueError(f"Of {len(values)} measurements there is none with the number {stray}.")
        if beyond := [value for value in (*values, c) if not reach[0] <= value <= reach[1]]:
            raise ValueError(f"The line goes from {reach[0]} to {reach[1]}: {beyond} do not stand on it.")
        options = {"delta": 3.0, **options}
        super().__init__(values=list(values), stray=stray, c=c, reach=list(reach), label=label, **options)
