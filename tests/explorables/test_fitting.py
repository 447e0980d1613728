"""Explorables about losses of numbers: what they show is what torch says."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from coursekit.explorables import Diamond, NoiseModel, Pulls


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


def densities(noise, centre, spread, nu):
    """The noise as torch has it."""
    return {
        "Gauss": lambda: torch.distributions.Normal(centre, spread),
        "Laplace": lambda: torch.distributions.Laplace(centre, spread),
        "Student": lambda: torch.distributions.StudentT(torch.tensor(nu, dtype=torch.float64), centre, spread),
    }[noise]()


@pytest.mark.slow
@pytest.mark.browser
def test_noise_model(open_page):
    """For noises, centres and widths: cost, slope and the farthest's share are torch's; the best centre is best."""
    values = torch.tensor([24.0, 26.0, 27.0, 27.0, 29.0, 31.0, -44.0], dtype=torch.float64)
    page = open_page(NoiseModel(values.tolist(), "Gauss", 20.0, 5.0, (-50, 50), "seconds"))
    page.drag("centre", (57.4, 0))  # of 574 pixels for 100
    assert page.state()["centre"] == pytest.approx(30.0, abs=0.2)
    page.tab.keyboard.press("ArrowRight")
    assert page.state()["centre"] == pytest.approx(30.1, abs=0.2)
    dial = page.box.locator("[data-control=nu]")
    assert not dial.is_visible()
    page.move(noise="Student")
    assert dial.is_visible()
    grid = itertools.product(("Gauss", "Laplace", "Student"), (-12.5, 26.4), (2.0, 9.5), (1.0, 4.5))
    for noise, centre, spread, nu in grid:
        page.move(noise=noise, centre=centre, spread=spread, nu=nu)
        at = torch.tensor(centre, dtype=torch.float64, requires_grad=True)
        each = -densities(noise, at, spread, nu).log_prob(values)
        (slope,) = torch.autograd.grad(each.sum(), at, retain_graph=True)
        (pull,) = torch.autograd.grad(each[-1], at)
        found = page.numbers()
        expected = {"nll": each.sum().item(), "slope": slope.item(), "far": each[-1].item(), "pull": abs(pull.item())}
        assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
        line = torch.linspace(-44, 31, 751, dtype=torch.float64)[:, None]
        least = -densities(noise, line, spread, nu).log_prob(values).sum(1).amin()
        assert -densities(noise, found["best"], spread, nu).log_prob(values).sum() <= least + 1e-6


@pytest.mark.slow
@pytest.mark.browser
def test_best_fit_of_noise(open_page):
    """The button finds the centre and the width at which torch's slopes vanish."""
    values = torch.tensor([24.0, 26.0, 27.0, 28.0, 29.0, 33.0, -14.0], dtype=torch.float64)
    page = open_page(NoiseModel(values.tolist(), "Gauss", 0.0, 5.0, (-50, 50), "seconds"))
    for noise in ("Gauss", "Student"):
        page.move(noise=noise)
        page.box.locator("[data-control=fit]").click()
        state = page.state()
        parameters = torch.tensor([state["centre"], state["spread"]], dtype=torch.float64, requires_grad=True)
        cost = -densities(noise, *parameters, state["nu"]).log_prob(values).sum()
        (slopes,) = torch.autograd.grad(cost, parameters)
        assert slopes.abs().max() < 1e-6
    page.move(noise="Laplace")
    page.box.locator("[data-control=fit]").click()
    assert page.state()["centre"] == 27.0
    assert page.state()["spread"] == pytest.approx((values - 27).abs().mean().item(), abs=1e-9)


def test_no_such_noise():
    """A noise that is none, and a measurement beyond the line, are told apart."""
    with pytest.raises(ValueError, match="there is no 'Cauchy'"):
        NoiseModel([1.0], "Cauchy", 1.0, 2.0, (0, 3), "")
    with pytest.raises(ValueError, match=r"The line goes from 0 to 3: \[4.0\] do not stand on it"):
        NoiseModel([1.0, 4.0], "Gauss", 1.0, 2.0, (0, 3), "")
