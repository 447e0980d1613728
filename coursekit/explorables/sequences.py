"""Explorables about sequences: CTC, and the tables of a language model's loss."""

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


class TableTiles(Explorable):
    """One training step over a large vocabulary: which tiles of its tables are alive at each moment.

    Args:
        rows: N, the tokens at once.
        words: V, the size of the vocabulary.
        features: D, the numbers that describe a token.
        form: plain, rows, again (rows that are computed again) or words (pieces of the vocabulary).
        cuts: into how many parts a table is cut, from 1 to 16.
        moment: the first moment to look at, from 1.

    Raises:
        ValueError: there is no such form, or a size or the number of parts is out of reach.
    """

    kind = "table_tiles"
    rows = shown(Int())
    words = shown(Int())
    features = shown(Int())
    form = shown(Unicode())
    cuts = shown(Int())
    moment = shown(Int())

    def __init__(
        self, rows: int, words: int, features: int, form: str = "plain", cuts: int = 8, moment: int = 1, **options: Any
    ) -> None:
        if form not in ("plain", "rows", "again", "words"):
            raise ValueError(f"The form is plain, rows, again or words: there is no {form!r}.")
        if min(rows, words, features, moment) < 1 or not 1 <= cuts <= 16:
            raise ValueError("Sizes and moment are 1 or more, and a table is cut into 1 to 16 parts.")
        sizes = {"rows": rows, "words": words, "features": features}
        super().__init__(form=form, cuts=cuts, moment=moment, **sizes, **options)
