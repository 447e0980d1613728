"""The last lesson's table of all losses, and its map: every entry is tried on torch and on Keras."""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import replace

import pytest

from coursekit.course import syllabus
from coursekit.exercise.families.twins import _losses
from coursekit.site.losses.table import ALSO, bare

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


# Exercises that are no loss of a prediction: prices of weights, steps, measures, pieces of a loss, readings
NO_LOSS = """
    l2_penalty l1_penalty objective soft_threshold sgd_step adam_first_step
    self_information entropy perplexity joint_entropy conditional_entropy pointwise_mutual_information
    mutual_information entr log_softmax smooth_targets sigmoid log_sigmoid stirling keras_align keras_reduce
    area_under_curve pairwise_distance collapse ctc_states ctc_skips ctc_beta ctc_occupancy greedy_decode
    edit_distance prefix_beam_search weight_gradient online_softmax_step hmm_nll hmm_posterior loss_floors
"""
# Rows that are a relative of an arrow of the map, and have none of their own
RELATIVES = {
    "smooth_l1_loss": "huber_loss",
    "MAPE": "MSLE",
    "log-cosh": "huber_loss",
    "nll_loss": "cross_entropy",
    "binary_cross_entropy": "binary_cross_entropy_with_logits",
    "squared hinge": "hinge",
    "triplet_margin_with_distance_loss": "triplet_margin_loss",
}


def the_map():
    with (NOTEBOOKS / "data" / "which_loss.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_loss_of_the_course_is_in_the_table(table):
    """Each exercise is a row, or the loss of a row, or said to be none; and nothing else is said of any."""
    rows = {bare(row) for row in table.ROWS}
    also, none = [name for names in ALSO.values() for name in names.split()], NO_LOSS.split()
    assert set(ALSO) <= rows
    exercises = set(syllabus.exercises())
    assert exercises - rows - {*also, *none} == set()
    assert {*also, *none} - exercises == set()
    assert len({*also, *none} - rows) == len(also) + len(none)


def test_every_row_is_on_the_map(table):
    """Each loss of the table has an arrow, or is a relative of one that has."""
    on_map = " ".join(f"{row['torch']} {row['keras']} {row['call']}" for row in the_map())
    words = set(re.findall(r"\w+", on_map))
    arrows = {bare(row) for row in table.ROWS if {bare(row), row.keras.partition(" ")[0]} & words - {""}}
    assert {bare(row) for row in table.ROWS} - arrows - set(RELATIVES) == set()
    assert set(RELATIVES.values()) <= arrows


def test_what_is_not_built_is_told_where_to_read(table):
    """It is no row, predicts what the map knows, and has an author and a year."""
    with (NOTEBOOKS / "data" / "not_built.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 10
    assert {row["predicted"] for row in rows} <= {row["predicted"] for row in the_map()}
    assert not {row["loss"] for row in rows} & {row["loss"] for row in the_map()}
    assert all(re.search(r"[A-Z]\. [A-Z]\w+.*\((19|20)\d\d\)", row["read"]) for row in rows)


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
    names = [row["keras"] for row in the_map()] + [row.keras for row in table.ROWS]
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
        ("(by hand) quantile_loss", {"best": "y.median()"}, "optimum"),
        ("(by hand) focal_loss", {"slope": "(1 - p)**2 * (softmax(z) - onehot(c))"}, "slope"),
        ("(by hand) negative_elbo", {"mean": "elements"}, "mean"),
    ],
)
def test_a_lie_is_found(table, name, lie, found):
    """Whatever is claimed can fail."""
    row = next(row for row in table.ROWS if row.name == name)
    assert found in broken(table.claims(replace(row, **lie)))
