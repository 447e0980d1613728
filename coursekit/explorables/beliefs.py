"""Explorables about probabilities and what is believed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from traitlets import Float, Int, List, Unicode

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


class SoftmaxLogits(Explorable):
    """Logits to drag: their softmax, the loss of the right class, and p − q, which pulls each logit.

    Args:
        logits: one per class, from −6 to 6.
        classes: their names.
        right: the number of the right class.
        epsilon: label smoothing, from 0 to 0.6.

    Raises:
        ValueError: logits and classes are not of one length, or there is no such class.
    """

    kind = "softmax_logits"
    logits = shown(List(Float()))
    classes = shown(List(Unicode()))
    right = shown(Int())
    epsilon = shown(Float())
    shift = shown(Float())

    def __init__(
        self, logits: Sequence[float], classes: Sequence[str], right: int = 0, epsilon: float = 0.0, **options: Any
    ) -> None:
        if not 2 <= len(logits) == len(classes) or not 0 <= right < len(classes):
            raise ValueError(
                "There is one logit per class, for two classes at least, and the right class is one of them: "
                f"these are {len(logits)} logits, {len(classes)} classes, and number {right} is right."
            )
        super().__init__(
            logits=[float(z) for z in logits], classes=list(classes), right=right, epsilon=epsilon, shift=0.0, **options
        )


class Reliability(Explorable):
    """A reliability diagram of a classifier that was trained with several `pos_weight`s; a threshold to drag.

    Args:
        weights: the values of pos_weight.
        logits: for each of them the logits of all N cases; three digits after the point are kept.
        labels: N times 1 or 0.
        answers: what 1 means, and what 0.
        chosen: the number of the weight that is shown first.
        threshold: from 0.01 to 0.99; whoever has more is named.

    Raises:
        ValueError: a weight has not as many logits as there are labels.
    """

    kind = "reliability"
    weights = shown(List(Float()))
    logits = shown(List())
    labels = shown(List(Int()))
    answers = shown(List(Unicode()))
    chosen = shown(Int())
    threshold = shown(Float())
    off = shown(Int())

    def __init__(
        self,
        weights: Sequence[float],
        logits: Sequence[Sequence[float]],
        labels: Sequence[float],
        answers: Sequence[str] = ("yes", "no"),
        chosen: int = 0,
        threshold: float = 0.5,
        **options: Any,
    ) -> None:
        if len(weights) != len(logits) or any(len(row) != len(labels) for row in logits):
            raise ValueError(
                f"There is a row of logits for each weight, and a logit for each label: {len(weights)} weights and "
                f"{len(labels)} labels do not fit {len(logits)} rows of {sorted({len(row) for row in logits})} logits."
            )
        super().__init__(
            weights=list(weights),
            logits=[[round(x, 3) for x in row] for row in logits],
            labels=[int(label) for label in labels],
            answers=list(answers),
            chosen=chosen,
            threshold=threshold,
            off=0,
            **options,
        )


class Huffman(Explorable):
    """Letters, how often each comes, and the best yes-or-no questions for them: Huffman's tree.

    Args:
        p: how often each letter comes; sums to 1, none below 0.005.
        letters: their names, two at least.

    Raises:
        ValueError: the two are not of one length, or p is no distribution.
    """

    kind = "huffman"
    p = shown(List(Float()))
    letters = shown(List(Unicode()))

    def __init__(self, p: Sequence[float], letters: Sequence[str], **options: Any) -> None:
        if not 2 <= len(p) == len(letters):
            raise ValueError(f"Each of two letters or more has a probability: these are {len(p)} for {len(letters)}.")
        if min(p) < 0.005 or abs(sum(p) - 1) > 1e-6:
            raise ValueError(f"p must sum to 1, with no entry below 0.005: this is {list(p)}.")
        super().__init__(p=list(p), letters=list(letters), **options)


class CurveDoctor(Explorable):
    """A classifier's training curve, whose end can be dragged, and the floors on which it may lie flat.

    Args:
        data: the classes to choose from: by name how many samples each class has.
        chosen: the number of the first ones.
        end: the loss at which the curve lies flat, in nats.
        epsilon: label smoothing, from 0 to 0.4.

    Raises:
        ValueError: there are no such classes, or fewer than two of them, or one has no sample.
    """

    kind = "curve_doctor"
    choices = shown(List(Unicode()))
    data = shown(List())
    chosen = shown(Int())
    end = shown(Float())
    epsilon = shown(Float())

    def __init__(
        self,
        data: Mapping[str, Sequence[float]],
        chosen: int = 0,
        end: float = 0.0,
        epsilon: float = 0.0,
        **options: Any,
    ) -> None:
        if not 0 <= chosen < len(data):
            raise ValueError(f"Of {len(data)} choices there is none with the number {chosen}.")
        if few := [name for name, counts in data.items() if len(counts) < 2 or min(counts) <= 0]:
            raise ValueError(f"A classifier has two classes or more, each with samples: {few} have not.")
        counts = [[float(count) for count in each] for each in data.values()]
        super().__init__(data=counts, choices=list(data), chosen=chosen, end=end, epsilon=epsilon, **options)
