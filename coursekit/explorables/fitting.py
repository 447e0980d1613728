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


class Diamond(Explorable):
    """Two weights, the ellipses of their cost, and the diamond or circle of a price: the best is where they touch.

    The cost is (w − m)ᵀ H (w − m) for the middle m, the objective cost + λ · price.

    Args:
        middle: the weights of least cost, from −3 to 3.
        curvature: H, symmetric, two rows of two; positive definite.
        price: L1 or L2.
        strength: λ, from 0 to 8.

    Raises:
        ValueError: the middle lies beyond the plane, or the cost has no lowest point.
    """

    kind = "diamond"
    middle = shown(List(Float()))
    curvature = shown(List())
    price = shown(Unicode())
    strength = shown(Float())

    def __init__(
        self,
        middle: Sequence[float],
        curvature: Sequence[Sequence[float]],
        price: str = "L1",
        strength: float = 0.0,
        **options: Any,
    ) -> None:
        (a, b), (c, d) = curvature
        if b != c or a <= 0 or a * d <= b * c:
            raise ValueError(
                f"The cost needs a lowest point: a symmetric, positive definite H, and this is {curvature}."
            )
        if len(middle) != 2 or not all(-3 <= value <= 3 for value in middle):
            raise ValueError(f"The middle has two weights from -3 to 3: this is {list(middle)}.")
        rows = [[float(value) for value in row] for row in curvature]
        super().__init__(middle=[float(v) for v in middle], curvature=rows, price=price, strength=strength, **options)


class NoiseModel(Explorable):
    """Measurements, a density of noise over them, and minus its logarithm, which is the loss.

    Args:
        values: the measurements.
        noise: Gauss, Laplace or Student.
        centre: of the noise, on the line.
        spread: its width, from 1.5 to 25: Gauss's σ, Laplace's b, Student's scale.
        reach: the ends of the line on which all of it stands.
        label: what is measured, with its unit.
        nu: Student's ν, from 1 to 10.

    Raises:
        ValueError: there is no such noise, or a measurement or the centre lies beyond the line.
    """

    kind = "noise_model"
    values = shown(List(Float()))
    noise = shown(Unicode())
    centre = shown(Float())
    spread = shown(Float())
    nu = shown(Float())
    reach = shown(List(Float()))
    label = shown(Unicode())

    def __init__(
        self,
        values: Sequence[float],
        noise: str,
        centre: float,
        spread: float,
        reach: tuple[float, float],
        label: str,
        nu: float = 3.0,
        **options: Any,
    ) -> None:
        if noise not in ("Gauss", "Laplace", "Student"):
            raise ValueError(f"The noise is Gauss, Laplace or Student: there is no {noise!r}.")
        if beyond := [value for value in (*values, centre) if not reach[0] <= value <= reach[1]]:
            raise ValueError(f"The line goes from {reach[0]} to {reach[1]}: {beyond} do not stand on it.")
        options = {"noise": noise, "spread": spread, "nu": nu, "label": label, **options}
        super().__init__(values=list(values), centre=centre, reach=list(reach), **options)
