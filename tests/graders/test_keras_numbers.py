"""What the lessons say of Keras: each number, asked of Keras itself on torch, and found in the lesson."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import tensor

from coursekit.course import notebooks, syllabus

pytestmark = pytest.mark.slow  # Keras takes seconds to import

THREE = "tensor([[1.0, 2.0], [1.0, 3.0], [1.0, 3.0]])"
ROWS, LABELS = "tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])", "tensor([0, 1, 1])"
TABLE = "tensor([[0.0, 1.0], [0.0, 0.0]]), tensor([[1.0, 1.0], [1.0, 0.0]])"
THIRDS = "tensor([0.6, 0.3, 0.1])"

# lesson, what is asked of `keras` (as k) and `keras.losses` (as L), and how the lesson prints the answer
NUMBERS = [
    ("objective", "k.regularizers.L2(0.1)(tensor([2.0, -3.0]))", "1.3000"),
    ("objective", "adam()[0]", "1.8800"),
    ("objective", "adam()[1]", "-3.0700"),
    ("kl_divergence", "L.kl_divergence(tensor([0.6, 0.3, 0.1]), tensor([0.2, 0.5, 0.3]))", "0.3961"),
    ("kl_divergence", "L.kl_divergence(tensor([0.5, 0.3, 0.2]), tensor([0.2, 0.5, 0.3]))", "0.2238"),
    (
        "kl_divergence",
        "L.KLDivergence()(tensor([[0.6, 0.3, 0.1], [0.5, 0.3, 0.2]]), tensor([[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]]))",
        "0.3099",
    ),
    ("kl_divergence", "L.kl_divergence(tensor([0.5, 0.5]), tensor([1.0, 0.0]))", "7.3659"),
    ("kl_divergence", "L.kl_divergence(tensor([0.5, 0.5]), tensor([0.999, 0.001]))", "2.7612"),
    ("kl_divergence", f"L.kl_divergence({THIRDS}, tensor([0.2, 0.5, 0.3]).log())", "15.2202"),
    ("kl_divergence", f"L.kl_divergence({THIRDS}, tensor([-0.1, -7.0, -42.0]))", "15.2202"),
    ("kl_divergence", "L.kl_divergence(tensor([0.5, 0.5]), tensor([0.9, 0.9]))", "-0.5878"),
    ("kl_divergence", "L.kl_divergence(tensor([0.5, 0.5]), tensor([2.0, 2.0]))", "-0.6931"),
    ("cross_entropy", f"L.categorical_crossentropy({ROWS}, {THREE}, from_logits=True)[0]", "1.3133"),
    ("cross_entropy", f"L.categorical_crossentropy({ROWS}, {THREE}, from_logits=True)[1]", "0.1269"),
    ("cross_entropy", f"L.CategoricalCrossentropy(from_logits=True)({ROWS}, {THREE})", "0.5224"),
    ("cross_entropy", f"L.CategoricalCrossentropy()({ROWS}, {THREE})", "0.5580"),
    ("cross_entropy", "dense(1, [3.0, 1.0, -2.0])", "0.6931"),
    ("cross_entropy", "dense(1, [3.0, 1.0, -2.0], from_logits=True)", "2.1328"),
    ("cross_entropy", "dense(2, [2.0, 1.0, -1.0])", "16.1181"),
    ("cross_entropy", "dense(2, [2.0, 1.0, -1.0], from_logits=True)", "3.3490"),
    ("cross_entropy", "dense(0, [1.0, -2.0, -2.0])", "16.1181"),
    ("cross_entropy", "dense(0, [1.0, -2.0, -2.0], from_logits=True)", "0.0949"),
    ("cross_entropy", "dense(0, [1.0, 0.0, 0.0])", "1.19e-07"),
    ("cross_entropy", "dense(0, [1.0, 0.0, 0.0], from_logits=True)", "0.5514"),
    ("cross_entropy", "dense(0, [0.0, 1.0, 0.0], from_logits=True)", "1.5514"),
    ("cross_entropy", "dense(1, tensor([5.0, 0.0, 0.0]).softmax(0).tolist())", "5.0134"),
    ("cross_entropy", "dense(1, tensor([20.0, 0.0, 0.0]).softmax(0).tolist())", "16.1181"),
    ("cross_entropy", "dense(1, [20.0, 0.0, 0.0], from_logits=True)", "20.0000"),
    (
        "cross_entropy",
        f"L.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)({ROWS}, {THREE})",
        "0.5724",
    ),
    ("cross_entropy", "dense(0, [0.0, 0.0])", "nan"),
    ("cross_entropy", "L.sparse_categorical_crossentropy(tensor([1]), tensor([[1.0, 2.0, 1.0]]))", "0.6931"),
    (
        "cross_entropy",
        f"L.SparseCategoricalCrossentropy(from_logits=True)({LABELS}, {THREE}, sample_weight=tensor([1.0, 2.0, 2.0]))",
        "0.6070",
    ),
    (
        "cross_entropy",
        "L.SparseCategoricalCrossentropy(from_logits=True, reduction='mean_with_sample_weight')"
        f"({LABELS}, {THREE}, sample_weight=tensor([1.0, 2.0, 2.0]))",
        "0.3642",
    ),
    (
        "cross_entropy",
        f"L.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)(tensor([0, -1, 1]), {THREE})",
        "0.7201",
    ),
    (
        "cross_entropy",
        f"L.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)(tensor([-1, -1, -1]), {THREE})",
        "0.0000",
    ),
    ("binary_cross_entropy", "L.binary_crossentropy(tensor([1.0, 0.0]), tensor([3.0, -2.0]))", "1.10e-07"),
    (
        "binary_cross_entropy",
        "L.binary_crossentropy(tensor([1.0, 0.0]), tensor([3.0, -2.0]), from_logits=True)",
        "0.0878",
    ),
    ("binary_cross_entropy", "L.binary_crossentropy(tensor([1.0, 0.0]), tensor([0.9, 0.1]))", "0.1054"),
    (
        "binary_cross_entropy",
        "L.binary_crossentropy(tensor([1.0, 0.0]), tensor([0.9, 0.1]), from_logits=True)",
        "0.5428",
    ),
    ("binary_cross_entropy", "L.binary_crossentropy(tensor([1.0]), tensor([0.0]))", "16.118"),
    ("binary_cross_entropy", "L.binary_crossentropy(tensor([0.0]), tensor([1.0]))", "15.942"),
    ("binary_cross_entropy", "L.binary_crossentropy(tensor([1.0]), tensor([0.9]), label_smoothing=0.1)", "0.2152"),
    ("regression", "L.MeanSquaredError()(tensor([1.0, 2, 3]), tensor([[1.0], [2], [3]]))", "0.0000"),
    ("regression", f"L.mean_squared_error({TABLE})[0]", "0.5"),
    ("regression", f"L.MeanSquaredError()({TABLE})", "0.50"),
    ("regression", f"L.MeanSquaredError(reduction='sum')({TABLE})", "1.00"),
    ("regression", f"L.MeanSquaredError()({TABLE}, sample_weight=tensor([0.7, 0.3]))", "0.25"),
    (
        "regression",
        f"L.MeanSquaredError(reduction='mean_with_sample_weight')({TABLE}, sample_weight=tensor([0.7, 0.3]))",
        "0.50",
    ),
    ("regression", "L.MeanAbsolutePercentageError()(tensor([0.0, 1.0]), tensor([0.1, 1.0]))", "5e+07"),
    ("regression", "L.MeanSquaredLogarithmicError()(tensor([1.0]), tensor([0.5]))", "0.0828"),
    ("regression", "L.MeanSquaredLogarithmicError()(tensor([1.0]), tensor([-0.5]))", "0.4805"),
    ("regression", "L.huber(tensor([0.0]), tensor([2.0]), delta=0.5)", "0.875"),
    ("regression", "L.log_cosh(tensor([0.0]), tensor([1000.0]))", "999.307"),
    ("regression", "L.log_cosh(tensor([0.0]), tensor([1.0]))", "0.434"),
    ("counts_and_noise", "L.poisson(tensor([2.0]), tensor([3.0]))", "0.8028"),
    ("counts_and_noise", "L.poisson(tensor([3.0]), tensor([2.0]))", "-0.0794"),
    ("counts_and_noise", "L.poisson(tensor([2.0]), tensor([3.0]).log())", "0.9105"),
    ("counts_and_noise", "L.poisson(tensor([2.0]), tensor([0.0]))", "32.24"),
]


def asked(expression: str) -> float:
    """Keras's answer."""
    from coursekit.exercise.families import twins

    losses = twins._losses()
    import keras

    def dense(label: int, scores: list[float], **options: Any) -> Any:
        truth = torch.nn.functional.one_hot(tensor([label]), len(scores)).float()
        return losses.categorical_crossentropy(truth, tensor([scores]), **options)

    def adam() -> Any:
        weights = keras.Variable([2.0, -3.0])
        keras.optimizers.Adam(learning_rate=0.1, weight_decay=0.1).apply([tensor([0.1, 0.1])], [weights])
        return weights.value.detach()

    return float(eval(expression, {"L": losses, "k": keras, "tensor": tensor, "dense": dense, "adam": adam}))


def as_printed(number: float, like: str) -> str:
    """`number` with as many digits as the lesson's `like`, and in its form."""
    if like == "nan":
        return f"{number:.4f}"
    mantissa, e, _ = like.partition("e")
    digits = len(mantissa.partition(".")[2])
    text = f"{number:.{digits}{'e' if e else 'f'}}"
    return text.removeprefix("-") if float(text) == 0 else text


def told(lesson: str) -> str:
    """All that a learner reads: prose and outputs."""
    notebook = notebooks.read(syllabus.find_topic(lesson))
    texts = []
    for cell in notebook.cells:
        texts.append(cell.source if cell.cell_type == "markdown" else "")
        for output in cell.get("outputs", []):
            texts.append(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
    return "\n".join(texts).replace("−", "-")


@pytest.mark.parametrize(("lesson", "expression", "printed"), NUMBERS)
def test_the_lesson_prints_what_keras_answers(lesson, expression, printed):
    """The number of the lesson is Keras's own, to the last digit printed."""
    assert printed == as_printed(asked(expression), printed)
    assert re.search(rf"(?<![\d.]){re.escape(printed)}(?!\d)", told(lesson)), f"{lesson} does not print {printed}"


def test_a_wrong_number_is_found():
    """The comparison is exact in the digits printed, and a number inside another one does not count."""
    assert as_printed(0.39605, "0.3961") == "0.3961"
    assert as_printed(0.39599, "0.3961") != "0.3961"
    assert as_printed(float("nan"), "nan") == "nan"
    assert not re.search(r"(?<![\d.])0\.25(?!\d)", "10.25 0.256")
