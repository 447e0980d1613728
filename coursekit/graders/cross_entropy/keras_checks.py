"""What both of Keras's losses owe."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, same_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import distribution, indices
from coursekit.graders.softmax.common import draw_logits


def draw_scores(rng: Rng, *shape: int) -> Tensor:
    """Up to 12 different positive numbers between 0.05 and 4.3 whose rows add up to anything."""
    return ((20 * draw_logits(rng, *shape)).round() + 43) / 20  # short decimals again


def keras_checks(exercise: Exercise, truth: Loss) -> None:
    """What both of Keras's losses mean and owe; `truth(y, y_pred, axis)` makes `y_true` from indices."""
    spec = exercise.spec

    @exercise.check
    def share_of_a_half(f: Function, rng: Rng) -> None:
        """Of (¼, ½, ¼) the class with ½ costs 0.6931

        The truth comes first. Without `from_logits` the second argument holds probabilities.
        """
        p = tensor([[0.25, 0.5, 0.25]])
        same_value(f, spec, truth(tensor([1]), p), p)
        p = distribution(rng, 1, 3)
        same_value(f, spec, truth(indices(rng, 3, 1), p), p)

    @exercise.check
    def one_number_each(f: Function, rng: Rng) -> None:
        """One number for each sample, and no mean

        Only the class averages over the batch.
        """
        p = distribution(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), p), p)
        p = distribution(rng, 3, 3)
        same_value(f, spec, truth(indices(rng, 3, 3), p), p)

    @exercise.check
    def divided_by_the_sum(f: Function, rng: Rng) -> None:
        """What does not sum to 1 is divided by its sum: [1, 2, 1] costs 0.6931 too

        Divide first, then clip. [3, 1, -2] sums to 2, so class 1 has the share ½ again.
        """
        for row in ([1.0, 2.0, 1.0], [3.0, 1.0, -2.0]):
            same_value(f, spec, truth(tensor([1]), tensor([row])), tensor([row]))
        scores = draw_scores(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), scores), scores)

    @exercise.check
    def keras_logits(f: Function, rng: Rng) -> None:
        """With `from_logits` a softmax comes first: class 1 of [3, 1, -2] costs 2.1328"""
        x = tensor([[3.0, 1.0, -2.0]])
        same_value(f, spec, truth(tensor([1]), x), x, from_logits=True)
        x = draw_logits(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), x), x, from_logits=True)

    @exercise.check
    def certain_and_wrong(f: Function, rng: Rng) -> None:
        """Certain and wrong costs 16.1181 and no more: a share of 0 counts as 1e-7"""
        p = tensor([[1.0, 0.0, 0.0]])
        same_value(f, spec, truth(tensor([1]), p), p)
        p = tensor([[0.0, 3.0, 0.1 * int(rng.integers(1, 9))], [2.0, 0.0, 0.0]])
        same_value(f, spec, truth(tensor([0, 2]), p), p)

    @exercise.check
    def keras_gradient(f: Function, rng: Rng) -> None:
        """The gradient with respect to y_pred is right, of shares and of logits

        The sum that divides depends on every class: it is part of the gradient.
        """
        y = indices(rng, 3, 2)
        scores, x = draw_scores(rng, 2, 3), draw_logits(rng, 2, 3)
        same_gradient(f, spec, truth(y, scores), scores, wrt=(1,))
        same_gradient(f, spec, truth(y, x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def no_slope_behind_the_clip(f: Function, rng: Rng) -> None:
        """Where the share was clipped the gradient is 0; logits keep theirs

        That is Keras's own behaviour: a sure mistake among probabilities is not repaired.
        """
        p = tensor([[5.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
        same_gradient(f, spec, truth(tensor([1, 0]), p), p, wrt=(1,))
        x = tensor([[25.0, 0.0, -1.0]])
        same_gradient(f, spec, truth(tensor([1]), x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def keras_axis(f: Function, rng: Rng) -> None:
        """The classes may lie along any `axis`"""
        scores, x = draw_scores(rng, 2, 3, 2), draw_logits(rng, 2, 3, 2)
        y = tensor([[0, 2], [2, 1]])
        for axis in (1, -2):
            same_gradient(f, spec, truth(y, scores, axis), scores, wrt=(1,), axis=axis)
            same_gradient(f, spec, truth(y, x, axis), x, wrt=(1,), axis=axis, from_logits=True)
        square = draw_scores(rng, 3, 3)
        same_value(f, spec, truth(tensor([0, 2, 1]), square, 0), square, axis=0)

    @exercise.parity
    def places_and_one_sample(f: Function, rng: Rng) -> None:
        """A class for every place, (N, T, C), and one sample without a batch, (C,)"""
        scores = draw_scores(rng, 2, 2, 3)
        same_value(f, spec, truth(tensor([[0, 2], [2, 1]]), scores), scores)
        same_value(f, spec, truth(tensor([[0, 2], [2, 1]]), scores), scores, from_logits=True)
        scores = draw_scores(rng, 3)
        same_value(f, spec, truth(indices(rng, 3), scores), scores)

    @exercise.parity
    def keras_extremes(f: Function, rng: Rng) -> None:
        """Logits of ±1000 give numbers, and are not clipped

        Take the largest logit away before `exp`, and form no probability before the logarithm.
        """
        big = 100.0 * int(rng.integers(8, 11))
        x = tensor([[big, 0.0], [-big, 0.0], [0.0, -big]])
        same_gradient(f, spec, truth(tensor([1, 0, 0]), x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def keras_bounds(f: Function, rng: Rng) -> None:
        """The bounds are 1e-7 and 1 - 1e-7, to the digit (float64)

        A perfect prediction costs 1e-7. Look for another bound, and for a number that is added in place of a clip.
        """
        p = tensor([[1.0, 0.0]], dtype=torch.float64)
        same_value(f, spec, truth(tensor([0]), p), p)
        same_value(f, spec, truth(tensor([1]), p), p)
        small = tensor([[1.0, 1e-7 * int(rng.integers(3, 9))]], dtype=torch.float64)
        same_value(f, spec, truth(tensor([1]), small), small)

    @exercise.parity
    def nothing_to_divide(f: Function, rng: Rng) -> None:
        """A row of zeros has no shares: NaN

        0/0 has no value, and Keras says so. A small number in the denominator hides a model that is dead.
        """
        p = tensor([[0.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
        same_value(f, spec, truth(tensor([1, 0]), p), p)

    @exercise.parity
    def keras_dtype(f: Function, rng: Rng) -> None:
        """The result has the dtype of y_pred, float32 or float64"""
        scores = draw_scores(rng, 2, 3)
        for y_pred, from_logits in product((scores, scores.double()), (False, True)):
            y_true = truth(tensor([2, 0]), y_pred)
            same_dtype(f, spec, y_true, y_pred, dtype=y_pred.dtype, from_logits=from_logits)

    @exercise.parity
    def keras_scaled(f: Function, rng: Rng) -> None:
        """The gradient passes on what comes from above, in a batch of one and of none as well"""
        scores = draw_scores(rng, 1, 3)
        same_gradient(f, spec, truth(tensor([1]), scores), scores, wrt=(1,), scale=3.0)
        none, nobody = torch.empty(0, 3), torch.empty(0, dtype=torch.int64)
        same_value(f, spec, truth(nobody, none), none)
