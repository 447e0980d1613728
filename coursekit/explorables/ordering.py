"""Explorables about losses of pairs and triplets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traitlets import Float, Int, List, Unicode

from coursekit.explorables.widget import Explorable, shown


class TripletZones(Explorable):
    """Anchor, positive and negative in the plane, each to drag; the zones of hard, semi-hard and easy negatives.

    Args:
        anchor: two coordinates, from −3 to 3, as all of them.
        positive: of the anchor's class.
        negative: of another class.
        margin: by how much the negative has to be farther than the positive.

    Raises:
        ValueError: a point has not two coordinates from −3 to 3, or the margin is none.
    """

    kind = "triplet_zones"
    anchor = shown(List(Float()))
    positive = shown(List(Float()))
    negative = shown(List(Float()))
    margin = shown(Float())

    def __init__(
        self,
        anchor: Sequence[float] = (0.0, 0.0),
        positive: Sequence[float] = (0.9, 0.6),
        negative: Sequence[float] = (-1.2, 0.9),
        margin: float = 1.0,
        **options: Any,
    ) -> None:
        points = {"anchor": anchor, "positive": positive, "negative": negative}
        for name, point in points.items():
            if len(point) != 2 or not all(-3 <= value <= 3 for value in point):
                raise ValueError(f"The {name} has two coordinates from -3 to 3: this is {list(point)}.")
        if not margin > 0:
            raise ValueError(f"The margin is more than 0: this is {margin}.")
        super().__init__(
            **{name: [float(v) for v in point] for name, point in points.items()}, margin=margin, **options
        )


class ClassGaps(Explorable):
    """Scores of classes to drag; the gap of each wrong class that is within the margin of the right one.

    Args:
        scores: one per class, from −4 to 4.
        classes: their names.
        right: the number of the right class.
        margin: from 0 to 3.

    Raises:
        ValueError: scores and classes are not of one length, or there is no such class.
    """

    kind = "class_gaps"
    scores = shown(List(Float()))
    classes = shown(List(Unicode()))
    right = shown(Int())
    margin = shown(Float())
    power = shown(Int(1))

    def __init__(
        self, scores: Sequence[float], classes: Sequence[str], right: int = 0, margin: float = 1.0, **options: Any
    ) -> None:
        if not 2 <= len(scores) == len(classes) or not 0 <= right < len(classes):
            raise ValueError(
                "There is one score per class, for two classes at least, and the right class is one of them: "
                f"these are {len(scores)} scores, {len(classes)} classes, and number {right} is right."
            )
        super().__init__(
            scores=[float(s) for s in scores], classes=list(classes), right=right, margin=margin, **options
        )


class PreferencePlane(Explorable):
    """DPO's loss over the log-ratios of the chosen and the rejected answer, a point to drag.

    Args:
        chosen: ln π/π_ref of the chosen answer, from −4 to 4.
        rejected: the same of the rejected one.
        beta: from 0.1 to 2.

    Raises:
        ValueError: a log-ratio is beyond the plane.
    """

    kind = "preference_plane"
    chosen = shown(Float())
    rejected = shown(Float())
    beta = shown(Float())

    def __init__(self, chosen: float = 0.0, rejected: float = 0.0, beta: float = 0.5, **options: Any) -> None:
        if max(abs(chosen), abs(rejected)) > 4:
            raise ValueError(f"Log-ratios go from -4 to 4: these are {chosen} and {rejected}.")
        super().__init__(chosen=float(chosen), rejected=float(rejected), beta=beta, **options)
