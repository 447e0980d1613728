"""Explorables about CTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from traitlets import Float, Int, List, Unicode

from coursekit.explorables.widget import Explorable, shown


class CtcLattice(Explorable):
    """The lattice of a word, its paths and their sum, over what a network says, which can be dragged.

    Args:
        table: the network's probabilities, T rows of C. Without it, `noise` makes a toy network that hears the word.
        classes: the C letters of the table, the blank first.
        noise: random numbers, T rows of 8: half of them is added to the toy network's logits.
        words: those to choose from, or to suggest where any can be typed.
        word: the first one.
        frame: the first frame to look at, from 1.
        shade: what shades the states: α, β or γ. With γ come the bars of what it asks of the network.

    Raises:
        ValueError: there is neither a table nor noise, or a word has a letter that is no class.
    """

    kind = "ctc_lattice"
    table = shown(List())
    noise = shown(List())
    classes = shown(List(Unicode()))
    words = shown(List(Unicode()))
    word = shown(Unicode())
    frame = shown(Int())
    shades = shown(List(Unicode()))
    shade = shown(Unicode())
    sharpness = shown(Float(1.0))
    push = shown(List())

    def __init__(
        self,
        table: Sequence[Sequence[float]] = (),
        classes: str = "",
        *,
        noise: Sequence[Sequence[float]] = (),
        words: Sequence[str] = (),
        word: str = "",
        frame: int = 1,
        shade: str = "α",
        **options: Any,
    ) -> None:
        if not len(table) and not len(noise):
            raise ValueError("Give the network's probabilities, `table`, or the `noise` of a toy network.")
        strange = {letter for each in (word, *words) for letter in each} - set(classes[1:])
        if len(table) and strange:
            raise ValueError(f"{sorted(strange)} are in words, but no classes: {list(classes[1:])}.")
        super().__init__(
            table=[list(row) for row in table],
            noise=[list(row) for row in noise],
            classes=list(classes),
            words=list(words),
            word=word,
            frame=frame,
            shades=["α", "β", "γ"] if shade == "γ" else [shade],
            shade=shade,
            **options,
        )


class PrefixTree(Explorable):
    """Prefix beam search, frame by frame: the prefixes that are kept, each with two bars, its p_b and its p_ℓ.

    Args:
        table: the network's probabilities, T rows of C, T from 1 to 4.
        classes: the C letters of the table, the blank first.
        width: how many prefixes are kept, from 1 to 8.
        frame: the first frame to look at, from 1.

    Raises:
        ValueError: the table is too long to be drawn, or has not as many columns as there are classes.
    """

    kind = "prefix_tree"
    table = shown(List())
    classes = shown(List(Unicode()))
    width = shown(Int())
    frame = shown(Int())

    def __init__(
        self, table: Sequence[Sequence[float]], classes: str, width: int = 3, frame: int = 1, **options: Any
    ) -> None:
        if not 1 <= len(table) <= 4:
            raise ValueError(f"One to four frames can be drawn: the table has {len(table)}.")
        if any(len(row) != len(classes) for row in table):
            raise ValueError(f"Each frame needs {len(classes)} probabilities, one for each of {list(classes)}.")
        rows = [[float(value) for value in row] for row in table]
        super().__init__(table=rows, classes=list(classes), width=width, frame=frame, **options)
