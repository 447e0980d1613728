"""Explorables about losses of numbers: what they show is what torch says."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from coursekit.explorables import Diamond, Pulls


@pytest.mark.slow
@pytest.mark.browser
def test_pulls(open_page):
    """Wherever the odd measurement and the candidate are: three best values, and three slopes, are torch's."""
    values = [3.0, 5.0, 8.0, 9.0, 14.0, 15.0, 15.0, -20.0]
    page = open_page(Pulls(values, stray=7, c=6.0, reach=(-30, 30), label="seconds"))
    page.drag("stray", (290, 0))  # of 580 pixels for 60
    assert page.state()["values"] == [*values[:7], 10.0]
    page.tab.keyboard.press("ArrowRight")
    page.box.locator("[data-handle=c]").focus()
    page.tab.keyboard.press("PageDown")
    assert page.state()["values"][7] == 11.0
    assert page.state()["c"] == pytest.approx(5.0)
    for stray, c, delta in itertools.product((-30.0, 7.0, 29.0), (-4.0, 8.5, 14.9), (0.5, 3.0, 20.0)):
        now = torch.tensor([*values[:7], stray], dtype=torch.float64)
        page.move(values=now.tolist(), c=c, delta=delta)
        at = torch.tensor(c, dtype=torch.float64, requires_grad=True)
        losses = {
            "squared": F.mse_loss(at.expand(8), now),
            "absolute": F.l1_loss(at.expand(8), now),
            "limited": F.huber_loss(at.expand(8), now, delta=delta),
        }
        expected = {name: torch.autograd.grad(loss, at)[0].item() for name, loss in losses.items()}
        expected |= {"mean": now.mean().item(), "median": now.quantile(0.5).item()}
        found = page.numbers()
        best = torch.tensor(found.pop("huber"), dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(F.huber_loss(best.expand(8), now, delta=delta), best)
        assert slope.item() == pytest.approx(0, abs=1e-6)
        assert found == pytest.approx(expected, abs=1e-6)


def test_no_such_measurement():
    """A number that no measurement has, and one beyond the line, are told apart."""
    with pytest.raises(ValueError, match="Of 2 measurements there is none with the number 2"):
        Pulls([1.0, 2.0], stray=2, c=1.0, reach=(0, 3), label="")
    with pytest.raises(ValueError, match=r"The line goes from 0 to 3: \[4.0\] do not stand on it"):
        Pulls([1.0, 4.0], stray=0, c=1.0, reach=(0, 3), label="")


@pytest.mark.slow
@pytest.mark.browser
def test_diamond(open_page):
    """Over middles and strengths: at the weights that are shown torch's slopes of cost and price cancel."""
    page = open_page(Diamond([2.0, 1.2], [[2.0, 1.0], [1.0, 1.5]], "L1", 4.0))
    page.drag("middle", (-143, 0))  # of 430 pixels for 6
    page.tab.keyboard.press("ArrowUp")
    assert page.state()["middle"] == pytest.approx([0.0, 1.3], abs=0.06)
    curvature = torch.tensor([[2.0, 1.0], [1.0, 1.5]], dtype=torch.float64)
    for first, second, price, strength in itertools.product((-2.5, 0.4), (1.2, 3.0), ("L1", "L2"), (0.0, 2.0, 7.5)):
        page.move(middle=[first, second], price=price, strength=strength)
        found = page.numbers()
        w = torch.tensor([found["w1"], found["w2"]], dtype=torch.float64, requires_grad=True)
        away = w - torch.tensor([first, second], dtype=torch.float64)
        cost = away @ curvature @ away
        paid = w.abs().sum() if price == "L1" else w.square().sum()
        assert (found["cost"], found["price"]) == pytest.approx((cost.item(), paid.item()), abs=1e-6)
        (slope,) = torch.autograd.grad(cost, w)
        for weight, pull in zip(w.tolist(), slope.tolist(), strict=True):
            if price == "L1" and weight == 0:
                assert abs(pull) <= strength + 1e-6  # the corner holds it
            else:
                asked = strength * (2 * weight if price == "L2" else math.copysign(1, weight))
                assert pull + asked == pytest.approx(0, abs=1e-6)


def test_no_lowest_point():
    """A saddle has no best weights, and a middle beyond the plane is not seen."""
    with pytest.raises(ValueError, match="The cost needs a lowest point"):
        Diamond([1.0, 1.0], [[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(ValueError, match=r"two weights from -3 to 3: this is \[4.0, 0.0\]"):
        Diamond([4.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])
