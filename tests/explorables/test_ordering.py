"""Explorables about losses of pairs and triplets: what they show is what torch says."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from coursekit.explorables import ClassGaps, PreferencePlane, TripletZones


@pytest.mark.slow
@pytest.mark.browser
def test_triplet_zones(open_page):
    """Wherever the three are: distances, loss, its pull on the anchor, and the zone, are torch's."""
    page = open_page(TripletZones())
    page.drag("negative", (-44, 0))  # of 440 pixels for 6
    assert page.state()["negative"] == pytest.approx([-1.8, 0.9], abs=0.02)
    page.tab.keyboard.press("ArrowUp")
    assert page.state()["negative"][1] == pytest.approx(1.0, abs=0.02)
    places = ([0.0, 0.0], [-0.5, 1.4]), ([0.9, 0.6], [-2.0, -2.5]), ([-1.2, 0.9], [2.5, 1.0], [0.3, 0.2])
    for anchor, positive, negative, margin in itertools.product(*places, (0.1, 1.0, 2.0)):
        page.move(anchor=anchor, positive=positive, negative=negative, margin=margin)
        a, p, n = (torch.tensor([point], dtype=torch.float64) for point in (anchor, positive, negative))
        a.requires_grad_()
        near, far = F.pairwise_distance(a, p), F.pairwise_distance(a, n)
        loss = F.triplet_margin_loss(a, p, n, margin=margin)
        (slope,) = torch.autograd.grad(loss, a)
        expected = {"near": near.item(), "far": far.item(), "loss": loss.item(), "pull": slope.norm().item()}
        assert page.numbers() == pytest.approx(expected, abs=1e-6)
        assert f"a {'hard' if far < near else 'semi-hard' if loss > 0 else 'easy'} negative" in page.said()


def test_no_triplet():
    """A point beyond the plane, and a margin of 0, which torch refuses too."""
    with pytest.raises(ValueError, match=r"The positive has two coordinates from -3 to 3: this is \[4.0, 0.0\]"):
        TripletZones(positive=[4.0, 0.0])
    with pytest.raises(ValueError, match="The margin is more than 0: this is 0"):
        TripletZones(margin=0)


@pytest.mark.slow
@pytest.mark.browser
def test_class_gaps(open_page):
    """Over a grid of scores, margins and powers: loss, its slope and cross-entropy are torch's."""
    page = open_page(ClassGaps([1.5, 0.9, -0.5], ["cat", "dog", "frog"]))
    page.drag("score2", (0, -42))  # of 210 pixels for 8
    assert page.state()["scores"][2] == pytest.approx(1.1, abs=0.1)
    page.tab.keyboard.press("PageUp")
    assert page.state()["scores"][2] == pytest.approx(2.1, abs=0.1)
    for first, second, right, margin, power in itertools.product((-3.0, 1.5), (0.9, 4.0), (0, 2), (0.5, 3.0), (1, 2)):
        page.move(scores=[first, second, 0.2], right=right, margin=margin, power=power)
        x = torch.tensor([[first, second, 0.2]], dtype=torch.float64, requires_grad=True)
        label = torch.tensor([right])
        loss = F.multi_margin_loss(x, label, p=power, margin=margin)
        (slope,) = torch.autograd.grad(loss, x)
        expected = {"loss": loss.item(), "slope": slope[0, right].item(), "cross": F.cross_entropy(x, label).item()}
        assert page.numbers() == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
@pytest.mark.browser
def test_preference_plane(open_page):
    """Over the plane and β: lead, loss and slope are those of torch's logsigmoid."""
    page = open_page(PreferencePlane(-1.0, -2.5, 0.5))
    assert "Both answers have become less likely" in page.said()
    page.drag("point", (100, 0))
    page.tab.keyboard.press("ArrowDown")
    assert page.state()["chosen"] > 0
    assert page.state()["rejected"] == pytest.approx(-2.6, abs=0.05)
    assert "Both" not in page.said()
    for chosen, rejected, beta in itertools.product((-4.0, 0.0, 3.1), (-3.0, 1.7), (0.1, 1.0, 2.0)):
        page.move(chosen=chosen, rejected=rejected, beta=beta)
        at = torch.tensor(chosen, dtype=torch.float64, requires_grad=True)
        lead = beta * (at - rejected)
        loss = -F.logsigmoid(lead)
        (slope,) = torch.autograd.grad(loss, at)
        expected = {"lead": lead.item(), "loss": loss.item(), "slope": slope.item()}
        assert page.numbers() == pytest.approx(expected, abs=1e-6)


def test_no_scores():
    """Scores that fit no classes, and a log-ratio beyond the plane."""
    with pytest.raises(ValueError, match="these are 1 scores, 2 classes, and number 0 is right"):
        ClassGaps([1.0], ["a", "b"])
    with pytest.raises(ValueError, match=r"Log-ratios go from -4 to 4: these are 5\.0 and 0\.0"):
        PreferencePlane(chosen=5.0)
