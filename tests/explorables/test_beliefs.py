"""Explorables about probabilities: what they show is what torch says."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Categorical, kl_divergence

from coursekit.explorables import BeliefBoxes


def boxes():
    return BeliefBoxes(p=[0.5, 0.3, 0.2], q=[0.25, 0.25, 0.5], outcomes=["a", "b", "c"])


def of_beliefs(p, q):
    p, q = torch.tensor([p, q], dtype=torch.float64)
    return {
        "cross": F.cross_entropy(q.log()[None], p[None]).item(),
        "entropy": Categorical(p).entropy().item(),
        "kl": kl_divergence(Categorical(p), Categorical(q)).item(),
    }


def areas(page):
    """The three numbers from the drawn rectangles alone."""
    shared, more, less = (
        page.box.locator(f"[data-part={part}]").evaluate_all(
            "all => all.reduce((area, one) => area + one.height.baseVal.value * one.width.baseVal.value, 0)"
        )
        / (220 / 3.55)  # pixels per nat
        / (640 - 290)  # pixels of the whole width
        for part in ("shared", "more", "less")
    )
    return {"cross": shared + more, "entropy": shared + less, "kl": more - less}


@pytest.mark.slow
@pytest.mark.browser
def test_belief_boxes(open_page):
    """Over a grid of truths and beliefs numbers and areas are torch's; a hand moves what it grips."""
    page = open_page(boxes())
    grid = [[first, (1 - first) * 0.6, (1 - first) * 0.4] for first in (0.1, 0.3, 0.5, 0.7, 0.85)]
    for p, q in itertools.product(grid, grid):
        page.move(p=p, q=q)
        assert page.numbers() == pytest.approx(of_beliefs(p, q), abs=1e-6)
        assert areas(page) == pytest.approx(of_beliefs(p, q), abs=1e-4)
    page.move(p=[0.5, 0.3, 0.2], q=[0.25, 0.25, 0.5])
    page.drag("q0", (70, 0))  # of 350 pixels
    assert page.saves() == 1  # Python hears of a drag once
    assert page.state()["q"] == pytest.approx([0.45, 0.05, 0.5], abs=0.004)
    page.tab.keyboard.press("ArrowLeft")
    page.tab.keyboard.press("PageUp")
    page.tab.keyboard.press("PageUp")
    assert page.state()["q"] == pytest.approx([0.47, 0.03, 0.5])  # no outcome gets less likely than 0.03
    grip = page.box.locator("[data-handle=q0]")
    assert grip.get_attribute("aria-valuetext") == "a 0.47, b 0.03"
    assert grip.get_attribute("aria-label") == "belief q: boundary between a and b"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([0.5, 0.5], [0.5, 0.5], ["a"]), "these have 2, 2 and 1"),
        (([0.5, 0.6], [0.5, 0.5], ["a", "b"]), r"p must sum to 1, with no entry below 0.03: this is \[0.5, 0.6\]"),
        (([0.5, 0.5], [0.0, 1.0], ["a", "b"]), "q must sum to 1"),
    ],
)
def test_no_distribution(arguments, sentence):
    """What is no distribution is refused in a sentence."""
    with pytest.raises(ValueError, match=sentence):
        BeliefBoxes(*arguments)
