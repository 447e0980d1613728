"""Pages of losses: what is said on them is what the table holds, and what torch does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import torch

from coursekit.course import stubs, syllabus
from coursekit.site import losses
from coursekit.site.losses import curves, table
from coursekit.site.losses.divisors import UnnamedDivisorError, divisors
from coursekit.site.losses.formulas import NoFormulaError, latex, legend

ROWS = table.load().ROWS


def row(name):
    return next(each for each in ROWS if table.bare(each) == name)


@pytest.mark.parametrize(
    ("line", "formula"),
    [
        ("(x - y)**2", r"\left(x - y\right)^{2}"),
        ("2 * (x - y)", r"2 \cdot \left(x - y\right)"),
        ("x - (y - 1)", r"x - \left(y - 1\right)"),
        ("-s * sigmoid(-s * x)", r"-s \cdot \sigma\left(-s \cdot x\right)"),
        ("exp(x) / 2", r"\frac{e^{x}}{2}"),
        ("lse(z) - z[c]", r"\operatorname{lse}\left(z\right) - z_{c}"),
        (
            "where(abs(x) < delta, x, 0)",
            r"\begin{cases} x & \text{if } \left|x\right| < \delta \\[2pt] 0 & \text{otherwise} \end{cases}",
        ),
        ("clamp(gap, min=0)", r"\max\left(\mathit{gap}, 0\right)"),
        ("(gap >= 0) * x", r"[\,\mathit{gap} \ge 0\,] \cdot x"),
        ("sum(z[o][i:] for i in range(K))", None),
        ("z[:, None]", None),
        ("unheard_of(x)", None),
    ],
)
def test_formulas(line, formula):
    """Python as LaTeX, with parentheses where they are needed; what has no good look is refused."""
    if formula is None and "sum" not in line:
        with pytest.raises(NoFormulaError):
            latex(line)
    elif formula is None:
        assert latex(line) == r"\sum_{i < K} z_{o,\,\ge i}"
    else:
        assert latex(line) == formula


def test_most_losses_have_a_formula():
    """All but two: their sums go over pairs that only slices name."""

    def has_none(text):
        try:
            latex(text)
        except NoFormulaError:
            return True
        return False

    none = {table.bare(each) for each in ROWS if has_none(each.value)}
    assert none == {"multi_margin_loss", "multilabel_margin_loss"}
    assert legend("lse(z) - z[c]", "") == [r"$\operatorname{lse}(z) = \ln \sum_k e^{z_k}$"]


@pytest.mark.slow
def test_what_a_mean_divides_by():
    """torch is asked; a row's own claim is among the answers."""
    found = {table.bare(each): dict(divisors(table.load(), each)) for each in ROWS}
    assert found["cross_entropy"]["mean, with `weight` and `label_smoothing`"].startswith("`weight[target].sum()`")
    assert found["cross_entropy"]["mean, of targets that are probabilities, with `weight`"] == "the number of samples"
    assert found["cross_entropy"]["mean, with `ignore_index`"] == "the number of targets that are not ignored"
    assert found["huber_loss"]["mean, with `weight`"] == "the number of elements"
    assert found["mse_loss"]["mean, with `weight`"] == "`weight.sum()`"
    assert found["kl_div"] == {"mean": "the number of elements", "batchmean": "the number of samples"}
    words = {"N": "the number of samples", "elements": "the number of elements"}
    claimed = {name: words[row(name).mean] for name, said in found.items() if said and row(name).mean in words}
    assert {name: found[name]["mean"] for name in claimed} == claimed
    assert len(claimed) > 15


def test_a_divisor_without_a_name():
    """Should torch divide by something else, the site is not built with a wrong word."""
    odd = replace(row("mse_loss"), call="F.mse_loss(x, y, reduction=r) / (3 if r == 'mean' else 1)")
    with pytest.raises(UnnamedDivisorError, match=r"divides by 36\.0"):
        list(divisors(table.load(), odd))


@pytest.mark.parametrize("name", ["huber_loss", "cross_entropy", "multilabel_margin_loss"])
def test_curves_are_the_loss(name):
    """The slope that is drawn is the slope of the value that is drawn, but at a kink."""
    for curve in curves.curves_of(table.load(), row(name)):
        steps = torch.diff(curve.value) / torch.diff(curve.at)
        between = (curve.slope[1:] + curve.slope[:-1]) / 2
        assert ((steps - between).abs() < 0.01 + 0.05 * between.abs()).double().mean() > 0.9
        assert curve.value.isfinite().all()


def test_a_picture_is_read_on_dark():
    """It is drawn in the page's own colour, has words, and an axis has a name."""
    picture = curves.picture(table.load(), row("cross_entropy"))
    assert set(re.findall(r'(?:fill|stroke)="(.*?)"', picture)) == {"none", "currentColor", "#3A8FD0", "#E0701A"}
    assert 'role="img"' in picture
    assert "of the right class: the loss goes from" in picture
    assert ">one number of the input z</text>" in picture


@pytest.mark.slow
def test_pages(tmp_path):
    """A page for each loss, with all its parts; and no answer to an exercise in any."""
    losses.write(tmp_path)
    pages = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "losses").glob("*.md")}
    assert set(pages) == {"index", *(table.slug(each) for each in ROWS)}
    for name, page in pages.items():
        wanted = ["## Formula", "## What it asks for", "## What 'mean' divides by", "## What goes wrong", "## Sources"]
        assert name == "index" or [part for part in wanted if part not in page] == []
    assert "- **Range**: never below -6.908." in pages["gaussian_nll_loss"]
    assert "the slope that autograd takes there is `-s`" in pages["margin_ranking_loss"]
    assert "- Targets equal to `ignore_index` do not count" in pages["cross_entropy"]
    assert "[cross_entropy](cross_entropy.md)" in pages["index"]
    assert "T. Gneiting and A. Raftery" in pages["index"]
    assert answers_in("\n".join(pages.values())) == []


def answers_in(text):
    """The exercises whose answer stands in a text."""
    found = []
    for topic in syllabus.TOPICS:
        source = topic.solution.read_text(encoding="utf-8")
        for body in re.findall(r"(?s)# BEGIN SOLUTION\n(.*?)# END SOLUTION", source):
            lines = [line.strip() for line in body.splitlines() if len(line.strip()) > 30]
            found += [line for line in lines if line in text]
    return found


def test_an_answer_would_be_found():
    """The search above finds one."""
    topic = syllabus.find_topic("cross_entropy")
    assert answers_in(stubs.stub_module(topic)) == []
    assert answers_in(topic.solution.read_text(encoding="utf-8")) != []
