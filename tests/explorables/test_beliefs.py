"""Explorables about probabilities: what they show is what torch says."""

import heapq
import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch.distributions import Categorical, kl_divergence

from coursekit.explorables import BeliefBoxes, CurveDoctor, Huffman, Reliability, SoftmaxLogits


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


@pytest.mark.slow
@pytest.mark.browser
def test_softmax_logits(open_page):
    """Over a grid of logits, smoothings and shifts: probability, loss, its floor and its slope are torch's."""
    page = open_page(SoftmaxLogits([-2.0, 0.0, 0.0], ["dog", "cat", "horse"]))
    page.drag("z1", (0, -40))  # of 180 pixels for 22
    assert page.state()["logits"] == pytest.approx([-2.0, 40 * 22 / 180, 0.0], abs=0.1)
    page.tab.keyboard.press("ArrowDown")
    page.tab.keyboard.press("ArrowDown")
    assert page.saves() == 3
    grip = page.box.locator("[data-handle=z1]")
    assert grip.get_attribute("aria-valuetext").startswith("4.7, probability 0.99")
    for first, third, right, epsilon, shift in itertools.product((-6.0, 1.5), (-3.0, 5.9), (0, 2), (0.0, 0.3), (-4, 3)):
        page.move(logits=[first, 0.0, third], right=right, epsilon=epsilon, shift=shift)
        z = torch.tensor([first, 0.0, third], dtype=torch.float64).add(shift).requires_grad_()
        loss = F.cross_entropy(z, torch.tensor(right), label_smoothing=epsilon)
        (slope,) = torch.autograd.grad(loss, z)
        expected = {"p": z.softmax(0)[right].item(), "loss": loss.item(), "slope": slope[1].item()}
        if epsilon:
            target = torch.full((3,), epsilon / 3, dtype=torch.float64)
            target[right] += 1 - epsilon
            expected["floor"] = Categorical(target).entropy().item()
        assert page.numbers() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("logits", "right"), [([1.0], 0), ([1.0, 2.0, 3.0], 0), ([1.0, 2.0], 2)])
def test_no_classes(logits, right):
    """Logits that fit no classes are refused in a sentence."""
    with pytest.raises(ValueError, match=f"these are {len(logits)} logits, 2 classes, and number {right} is right"):
        SoftmaxLogits(logits, ["a", "b"], right)


@pytest.mark.slow
@pytest.mark.browser
def test_reliability(open_page):
    """For each weight, threshold and way to report: what is said, found and named, and the loss, are torch's."""
    torch.manual_seed(0)
    truth = (3 * torch.randn(300, dtype=torch.float64) - 1).round(decimals=3)
    labels = (torch.rand(300) < truth.sigmoid()).double()
    weights = [0.5, 1.0, 8.0]
    logits = [(truth + math.log(w)).round(decimals=3) for w in weights]
    page = open_page(Reliability(weights, [row.tolist() for row in logits], labels.tolist(), ("ill", "well"), chosen=1))
    page.drag("threshold", (64, 0))  # of 320 pixels
    assert page.state()["threshold"] == pytest.approx(0.7, abs=0.005)
    for (chosen, w), off, threshold in itertools.product(enumerate(weights), (0, 1), (0.1, 0.5, 0.77)):
        page.move(chosen=chosen, off=off, threshold=threshold)
        x = logits[chosen] - off * math.log(w)
        named, p = x.sigmoid() >= threshold, x.sigmoid()
        expected = {
            "mean": p.mean(),
            "share": labels.mean(),
            "recall": labels[named].sum() / labels.sum(),
            "precision": labels[named].mean(),
            "loss": F.binary_cross_entropy_with_logits(x, labels),
        }
        assert page.numbers() == pytest.approx({name: value.item() for name, value in expected.items()}, abs=1e-6)


def test_no_logits_for_a_label():
    """As many logits as labels, for each weight."""
    with pytest.raises(ValueError, match=r"2 weights and 3 labels do not fit 2 rows of \[2, 3\] logits"):
        Reliability([1.0, 2.0], [[0.0, 1.0, 2.0], [0.0, 1.0]], [1, 0, 1])


def best_questions(p):
    """The average number of questions, by merging the two rarest until one is left: each merge is one question."""
    heap, average = list(p), 0.0
    heapq.heapify(heap)
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        average += both
        heapq.heappush(heap, both)
    return average


@pytest.mark.slow
@pytest.mark.browser
def test_huffman(open_page):
    """For even, uneven and very uneven shares: questions, entropy and the surprise of the most common letter."""
    page = open_page(Huffman([0.4, 0.3, 0.2, 0.1], list("ETAO")))
    page.drag("p3", (0, -33))  # of 110 pixels
    assert page.state()["p"][3] == pytest.approx(0.4, abs=0.02)
    assert sum(page.state()["p"]) == pytest.approx(1)
    page.tab.keyboard.press("ArrowUp")
    page.box.locator("[data-control=equal]").click()
    assert page.numbers() == pytest.approx({"mean": 2.0, "entropy": 2.0, "surprise": 2.0})
    rng = torch.Generator().manual_seed(0)
    for sharpness in (0.0, 0.5, 1.0, 2.0, 3.0):
        p = (sharpness * torch.randn(4, generator=rng, dtype=torch.float64)).softmax(0)
        page.move(p=p.tolist())
        expected = {"mean": best_questions(p.tolist()), "entropy": Categorical(p).entropy().item() / math.log(2)}
        expected["surprise"] = -math.log2(p.max())
        assert page.numbers() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("p", "sentence"), [([1.0], "these are 1 for 2"), ([0.5, 0.6], "p must sum to 1")])
def test_no_letters(p, sentence):
    """Shares that fit no letters, or are none, are refused in a sentence."""
    with pytest.raises(ValueError, match=sentence):
        Huffman(p, ["a", "b"])


def floors(counts, epsilon):
    """What torch's cross-entropy is of four models, each sample counting once."""
    K, shares = len(counts), torch.tensor(counts, dtype=torch.float64) / sum(counts)
    sure = torch.eye(K, dtype=torch.float64)
    logits = {
        "nothing": torch.zeros(K, K, dtype=torch.float64),
        "often": ((1 - epsilon) * shares + epsilon / K).log().expand(K, K),
        "twice": sure,
        "right": ((1 - epsilon) * sure + epsilon / K).clamp(min=1e-300).log(),
    }
    losses = {
        name: F.cross_entropy(z, torch.arange(K), label_smoothing=epsilon, reduction="none")
        for name, z in logits.items()
    }
    return {name: (loss * shares).sum().item() for name, loss in losses.items()}


@pytest.mark.slow
@pytest.mark.browser
def test_curve_doctor(open_page):
    """Over classes and smoothings the four floors are torch's losses, and the sentence names the one that is met."""
    data = {"three": [901, 542, 354], "ten": [1] * 10, "a thousand": [1] * 1000, "yes or no": [9, 1]}
    page = open_page(CurveDoctor(data, end=0.626, epsilon=0.1))
    for (chosen, counts), epsilon in itertools.product(enumerate(data.values()), (0.0, 0.1, 0.4)):
        page.move(chosen=chosen, epsilon=epsilon)
        expected, found = floors(counts, epsilon), page.numbers()
        assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
        for name, words in (("twice", "softmax stands before"), ("right", "all that the targets leave")):
            page.move(end=expected[name])
            assert words in page.said()
    page.move(chosen=1, epsilon=0.0, end=-0.2)
    assert "no log-probabilities" in page.said()
    page.drag("end", (0, -60))
    end = page.state()["end"]
    assert end > 0.2
    page.tab.keyboard.press("ArrowUp")
    assert page.state()["end"] == pytest.approx(end + 0.01)
    page.move(epsilon=0.4, end=0.5)
    assert "too good to be true" in page.said()


def test_no_such_classes():
    """A choice that there is not, and a class without samples, are told apart."""
    with pytest.raises(ValueError, match="Of 1 choices there is none with the number 1"):
        CurveDoctor({"two": [1, 2]}, chosen=1)
    with pytest.raises(ValueError, match=r"each with samples: \['one'\] have not"):
        CurveDoctor({"one": [3], "two": [1, 2]})
