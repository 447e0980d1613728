"""The last lesson's table of all losses, `notebooks/losses_table.py`, and which exercises build each of them."""

from __future__ import annotations

import csv
import importlib.util
import re
import sys
from functools import cache
from types import ModuleType
from typing import Any

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.exercise import Exercise

# Exercises that are a row's loss in other hands: on one sample, of logits, called as it should be, in Keras's letters
ALSO = {
    "mse_loss": "squared_error cost batch_cost keras_mean_squared_error regression_loss",
    "huber_loss": "keras_huber",
    "MAPE": "keras_mean_absolute_percentage_error",
    "MSLE": "keras_mean_squared_logarithmic_error",
    "log-cosh": "keras_log_cosh",
    "poisson_nll_loss": "poisson_nll keras_poisson",
    "gaussian_nll_loss": "gaussian_nll",
    "cross_entropy": "distribution_cross_entropy sample_loss sequence_loss keras_categorical_crossentropy "
    "keras_sparse_categorical_crossentropy accumulated_loss classifier_loss language_model_loss",
    "nll_loss": "negative_log_likelihood",
    "AdaptiveLogSoftmaxWithLoss": "adaptive_log_softmax",
    "binary_cross_entropy": "keras_binary_crossentropy",
    "categorical hinge": "keras_categorical_hinge",
    "hinge": "keras_hinge",
    "squared hinge": "keras_squared_hinge",
    "kl_div": "kl_divergence keras_kl_divergence fit_loss",
    "distillation_loss": "student_loss",
    "ctc_loss": "ctc_by_enumeration ctc_alpha ctc_loss_from_logits ctc_scaled speech_loss",
    "preference_loss": "bradley_terry_loss",
    "cosine similarity": "keras_cosine_similarity",
    "triplet_margin_loss": "batch_hard_losses",
    "info_nce": "nt_xent",
}


@cache
def load() -> ModuleType:
    """The table, as the lesson imports it."""
    name = "losses_table"
    spec = importlib.util.spec_from_file_location(name, syllabus.ROOT / "notebooks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look it up there
    spec.loader.exec_module(module)
    return module


def bare(row: Any) -> str:
    """A row's name without who has it."""
    return re.sub(r"^\(.*?\) ", "", row.name)


def slug(row: Any) -> str:
    """The name of its page."""
    return re.sub(r"\W+", "_", bare(row).lower())


def exercises_of(row: Any) -> list[tuple[Topic, Exercise]]:
    """Those that build the loss: the one of its name first, then as the course has them."""
    names = {*ALSO.get(bare(row), "").split(), bare(row)}
    found = [(topic, exercise) for name, (topic, exercise) in syllabus.exercises().items() if name in names]
    return sorted(found, key=lambda each: each[1].name != bare(row))


def rows_of(exercise: str) -> list[Any]:
    """The rows that an exercise builds: one, or none."""
    return [row for row in load().ROWS if exercise == bare(row) or exercise in ALSO.get(bare(row), "").split()]


def _read(name: str) -> list[dict[str, str]]:
    with (syllabus.ROOT / "notebooks" / "data" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def the_map() -> list[dict[str, str]]:
    """The last lesson's map: for what is predicted and what the data are like, a loss and the reason."""
    return _read("which_loss.csv")


def not_built() -> list[dict[str, str]]:
    """Losses that the course does not build, and where to read of them."""
    return _read("not_built.csv")


def arrows(row: Any) -> list[dict[str, str]]:
    """The arrows of the map that lead to a loss."""
    names = {bare(row), row.keras.partition(" ")[0]} - {""}
    return [
        each for each in the_map() if names & set(re.findall(r"\w+", f"{each['torch']} {each['keras']} {each['call']}"))
    ]
