"""Explorables about probabilities and what is believed of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traitlets import Float, List, Unicode

from coursekit.explorables.widget import Explorable, shown


class BeliefBoxes(Explorable):
    """Cross-entropy as areas: each outcome is a box, p wide and ln(1/q) high.

    Args:
        p: how often each outcome comes; sums to 1, none below 0.03.
        q: what is believed of it; sums to 1, none below 0.03.
        outcomes: their names.

    Raises:
        ValueError: the three are not of one length, or p or q is no distribution.
    """

    kind = "belief_boxes"
    p = shown(List(Float()))
    q = shown(List(Float()))
    outcomes = shown(List(Unicode()))

    def __init__(self, p: Sequence[float], q: Sequence[float], outcomes: Sequence[str], **options: Any) -> None:
        if not 2 <= len(outcomes) == len(p) == len(q):
            raise ValueError(
                "p, q and outcomes need one entry per outcome, and two outcomes at least: "
                f"these have {len(p)}, {len(q)} and {len(outcomes)}."
            )
        for name, values in (("p", p), ("q", q)):
            if min(values) < 0.03 or abs(sum(values) - 1) > 1e-6:
                raise ValueError(f"{name} must sum to 1, with no entry below 0.03: this is {list(values)}.")
        super().__init__(p=list(p), q=list(q), outcomes=list(outcomes), **options)
