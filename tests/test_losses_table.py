"""The last lesson's table of all losses, and its map: every entry is tried on torch and on Keras."""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import replace

import pytest

from coursekit.course import syllabus
from coursekit.exercise.families.twins import _losses

NOTEBOOKS = syllabus.ROOT / "notebooks"
pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")


@pytest.fixture(scope="module")
def table():
    """notebooks/losses_table.py, as the lesson imports it."""
    sys.path.insert(0, str(NOTEBOOKS))
    try:
        import losses_table
    finally:
        sys.path.remove(str(NOTEBOOKS))
    return losses_table


def broken(claims):
    return [what for what, holds in claims if not holds]


@pytest.mark.slow
def test_every_claim_holds_on_torch(table):
    """Value, slope, least value, optimum, slope at the kink, denominators."""
    assert {row.name: [] for row in table.ROWS} == {row.name: broken(table.claims(row)) for row in table.ROWS}


@pytest.mark.slow
def test_every_claim_holds_on_keras(table):
    """Keras's rows against Keras itself, on torch; and its mean is that of the losses of the samples."""
    losses = _losses()
    rows = [row for row in table.ROWS if row.call.startswith("keras")]
    assert {row.name: [] for row in rows} == {row.name: broken(table.claims(row, losses)) for row in rows}
    for row in rows:
        names = table.many(row)
        function = table.run(row.call, names, keras=losses)
        call = row.call.replace("keras." + row.call.split(".")[1].split("(")[0], f"keras.{row.keras}()", 1)
        assert function.shape == (12,) if row.mean == "N" else (3,)
        assert float(table.run(call, names, keras=losses)) == pytest.approx(float(function.mean()), rel=1e-5)


@pytest.mark.slow
def test_keras_has_these_classes(table):
    """What the table and the map call by a class's name is one."""
    with (NOTEBOOKS / "data" / "which_loss.csv").open(encoding="utf-8", newline="") as file:
        names = [row["keras"] for row in csv.DictReader(file)] + [row.keras for row in table.ROWS]
    classes = {match[0] for name in names if (match := re.match(r"[A-Z]\w+", name))}
    assert len(classes) > 12
    assert [name for name in classes if not hasattr(_losses(), name)] == []


@pytest.mark.parametrize(
    ("name", "lie", "found"),
    [
        ("mse_loss", {"value": "(x - y)**2 / 2"}, "value"),
        ("mse_loss", {"slope": "x - y"}, "slope"),
        ("poisson_nll_loss", {"low": 0}, "range"),
        ("l1_loss", {"best": "y.mean()"}, "optimum"),
        ("margin_ranking_loss", {"at_kink": "0"}, "slope at the kink"),
        ("kl_div", {"mean": "N"}, "mean"),
        ("huber_loss", {"weighted": "w.sum()"}, "weighted mean"),
    ],
)
def test_a_lie_is_found(table, name, lie, found):
    """Whatever is claimed can fail."""
    row = next(row for row in table.ROWS if row.name == name)
    assert found in broken(table.claims(replace(row, **lie)))
