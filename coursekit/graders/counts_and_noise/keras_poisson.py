"""Keras's loss of counts: `keras_poisson`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, keras_twin, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import DTYPES, READY_MADE, counts, rates
from coursekit.graders.counts_and_noise.specs import keras_poisson_spec, padded_poisson
from coursekit.wire import Question


def keras_poisson_cases() -> Iterator[Question]:
    """Shapes × dtypes with both gradients; then zeros, negative rates, whole numbers, shapes that broadcast.

    Keras takes the mean of float64 in float32 (as of 3.15): no terms that nearly cancel.
    """
    edges = [
        ([0.0, 2.0], [0.0, 0.0]),
        ([1.0, 2.0], [-0.5, 2.0]),
        ([3.0, 0.0], [1e-7, 3e-8]),
        ([[1.0], [4.0]], [2.0, 3.0, 0.5]),
        ([4.0, 9.0], [[2.0], [3.0]]),
    ]
    for first, second in product(DTYPES, DTYPES):
        for shape in ((3,), (2, 3), (3, 2, 2), (0, 3), (2, 1)):
            numbers = torch.linspace(0.3, 2.1, math.prod(shape), dtype=second).reshape(shape)
            target = torch.linspace(0.0, 9.0, math.prod(shape), dtype=first).reshape(shape).flip(0)
            yield Question((target, numbers), wrt=(0, 1))
        for y_true, y_pred in edges:
            yield Question((tensor(y_true, dtype=first), tensor(y_pred, dtype=second)), wrt=(0, 1))
    for second in DTYPES:
        yield Question((tensor([[0, 1, 5]]), tensor([[0.5, 1.5, 4.0]], dtype=second)), wrt=(1,))


keras_poisson = Exercise(
    "keras_poisson",
    keras_poisson_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("poisson"),
    cases=keras_poisson_cases,
    idea="In Keras the truth comes first and the prediction is the rate itself: torch's log_input=False.",
    hints=(
        "It is `poisson_nll_loss` with `log_input=False` and another eps. Which argument is the prediction?",
        "One number per sample: the mean over `dim=-1`, and not over the batch.",
    ),
)


@keras_poisson.check
def keras_two_of_three(f: Function, rng: Rng) -> None:
    """The truth comes first, and the prediction is the rate: 3 - 2 ln 3 = 0.8028"""
    same_value(f, keras_poisson_spec, tensor([2.0]), tensor([3.0]))
    same_value(f, keras_poisson_spec, counts(rng, 3), rates(rng, 3))


@keras_poisson.check
def keras_poisson_rows(f: Function, rng: Rng) -> None:
    """One mean per sample, over the last dimension"""
    same_value(f, keras_poisson_spec, counts(rng, 2, 3), rates(rng, 2, 3))
    same_value(f, keras_poisson_spec, counts(rng, 2, 3, 2), rates(rng, 2, 3, 2))


@keras_poisson.check
def keras_poisson_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to y_pred is right"""
    same_gradient(f, keras_poisson_spec, counts(rng, 2, 3), rates(rng, 2, 3), wrt=(1,))


@keras_poisson.parity
def keras_poisson_eps(f: Function, rng: Rng) -> None:
    """1e-7 is added inside the logarithm, and only there (float64)

    A rate of 0 costs 32.24 at a count of 2, and a negative rate is NaN.
    """
    zero = tensor([0.0], dtype=torch.float64)
    same_gradient(f, keras_poisson_spec, zero + 2, zero, wrt=(1,))
    tiny = 1e-7 * tensor([int(rng.integers(2, 6)), 0.5], dtype=torch.float64)
    same_gradient(f, keras_poisson_spec, counts(rng, 2).double(), tiny, wrt=(1,))
    same_value(f, keras_poisson_spec, tensor([[2.0], [2.0]]), tensor([[-1.0], [1.5]]))


@keras_poisson.parity
def keras_poisson_gradients(f: Function, rng: Rng) -> None:
    """The gradient with respect to y_true as well, and both pass on what comes from above"""
    same_gradient(f, keras_poisson_spec, counts(rng, 2, 3), rates(rng, 2, 3), wrt=(0, 1), scale=3.0)


@keras_poisson.parity
def keras_poisson_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of y_pred, whatever that of y_true is

    torch would promote to the finer of the two. Keras converts `y_true` first, whole numbers as well.
    """
    y_true, y_pred = counts(rng, 2, 3), rates(rng, 2, 3)
    for first, second in product((torch.float32, torch.float64, torch.int64), DTYPES):
        same_dtype(f, keras_poisson_spec, y_true.to(first), y_pred.to(second), dtype=second)


@keras_poisson.parity
def keras_poisson_broadcast(f: Function, rng: Rng) -> None:
    """Shapes broadcast, (3,) against (3, 1) to nine pairs

    The function lines nothing up. Only the class `keras.losses.Poisson` does.
    """
    same_value(f, keras_poisson_spec, counts(rng, 3), rates(rng, 3, 1))
    same_value(f, keras_poisson_spec, counts(rng, 2, 1), rates(rng, 3))


wrong = keras_poisson.misconceptions


def of_rates(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The loss of each element, in torch's dtype."""
    return y_pred - y_true * (y_pred + 1e-7).log()


def of_log_rates(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The loss whose prediction is the logarithm of the rate."""
    return (y_pred.exp() - y_true * y_pred).mean(-1)


wrong.table(
    keras_poisson_swapped=(
        "The arguments have changed places. In Keras the truth comes first.",
        lambda y_true, y_pred: keras_poisson_spec(y_pred, y_true),
    ),
    log_rate_expected=(
        "The prediction is taken for the logarithm of the rate, which is torch's default. Keras wants the rate.",
        of_log_rates,
        "POI1",
    ),
    keras_places_of_torch=(
        "The places and the reading are torch's: the log-rate first. Keras has the truth first, and then the rate.",
        lambda y_true, y_pred: of_log_rates(y_pred, y_true),
    ),
    logarithm_of_truth=(
        "The logarithm is of the truth, and the prediction multiplies it. It is the other way round: y_true times "
        "ln y_pred.",
        lambda y_true, y_pred: (y_pred - y_pred * (y_true + 1e-7).log()).mean(-1),
    ),
    difference_times_logarithm=(
        "The difference is multiplied by the logarithm. Only the count is: y_pred - y_true · ln y_pred.",
        lambda y_true, y_pred: ((y_pred - y_true) * (y_pred + 1e-7).log()).mean(-1),
    ),
    keras_poisson_total=(
        "This averages over the whole batch. The function gives one number per sample.",
        lambda y_true, y_pred: keras_poisson_spec(y_true, y_pred).mean(),
    ),
    keras_poisson_summed=(
        "This sums over the last dimension. Keras averages.",
        lambda y_true, y_pred: of_rates(y_true, y_pred).sum(-1),
    ),
    keras_poisson_first=(
        "This averages over the first dimension, the samples. Keras averages over the last one.",
        lambda y_true, y_pred: of_rates(y_true, y_pred).mean(0),
    ),
    keras_poisson_elements=("There is no mean: Keras averages over the last dimension.", of_rates),
    keras_poisson_eps_of_torch=(
        "Another small number stands inside the logarithm, torch's 1e-8 perhaps. Keras's is 1e-7.",
        lambda y_true, y_pred, *, eps=1e-8: padded_poisson(y_true, y_pred, eps),
    ),
    keras_poisson_bare=(
        "Nothing is added inside the logarithm: a rate of 0 gives inf or NaN. Keras adds 1e-7.",
        lambda y_true, y_pred: padded_poisson(y_true, y_pred, 0.0),
    ),
    keras_poisson_clipped=(
        "The rate is kept at 1e-7 or more, as Keras's other losses clip. This one adds 1e-7 inside the logarithm.",
        lambda y_true, y_pred: padded_poisson(y_true, y_pred.clamp(min=1e-7), 0.0),
    ),
    keras_poisson_rate_missing=(
        "The rate's own term is missing: -y_true · ln y_pred is least at an infinite rate.",
        lambda y_true, y_pred: keras_poisson_spec(y_true, y_pred) - y_pred.mean(-1),
    ),
    keras_poisson_full=(
        "ln y_true! was added. Keras leaves it out, as torch does without `full`.",
        lambda y_true, y_pred: (of_rates(y_true, y_pred) + (y_true + 1).lgamma()).mean(-1),
        "POI2",
    ),
    keras_poisson_turned=(
        "The sign is turned: this grows when the counts become likelier.",
        lambda y_true, y_pred: -keras_poisson_spec(y_true, y_pred),
    ),
    keras_poisson_promoted=(
        "The result is promoted to the finer dtype, as torch does. Keras converts y_true first.",
        lambda y_true, y_pred: of_rates(y_true, y_pred).mean(-1),
    ),
)


@wrong("(N,) was lined up with (N, 1). The function broadcasts; lining up is what the class `Poisson` does before it.")
def keras_poisson_aligned(y_true: Tensor, y_pred: Tensor) -> Tensor:
    if y_true.ndim == 1 and y_pred.ndim == 2:
        y_true = y_true.unsqueeze(-1)
    return keras_poisson_spec(y_true, y_pred)


wrong.terms(
    rate=("the rate itself", lambda y_true, y_pred: (y_pred + 0 * y_true.to(y_pred.dtype)).mean(-1)),
    logarithm=("-y_true · ln y_pred", lambda y_true, y_pred: keras_poisson_spec(y_true, y_pred) - y_pred.mean(-1)),
)
wrong.table(
    keras_poisson_log1p=(
        "The logarithm is of 1 + y_pred. Keras adds no more than 1e-7.",
        lambda y_true, y_pred: padded_poisson(y_true, y_pred, 1.0),
    ),
    keras_poisson_squared=(
        "This is the mean squared error of the rate. The loss is y_pred - y_true · ln y_pred.",
        lambda y_true, y_pred: (y_pred - y_true).square().mean(-1),
    ),
)
