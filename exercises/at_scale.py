"""Losses at scale: write your answers here, then score one with `coursekit check weight_gradient`.

Made from solutions/at_scale.py by `coursekit refresh`.
"""

import torch
from torch import Tensor


def weight_gradient(input: Tensor, linear_weight: Tensor, target: Tensor, chunk_rows: int) -> Tensor:
    """The gradient of the mean cross-entropy with respect to the weights that make the logits, without autograd.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: features (N, D).
        linear_weight: a row for each class (V, D); the logits are input @ linear_weight.T, and may be large.
        target: class indices (N,), int64.
        chunk_rows: how many rows of logits may exist at a time; N need not be a multiple of it, and may be
            smaller.

    Returns:
        The gradient with respect to linear_weight (V, D), in its dtype.
    """
    raise NotImplementedError("weight_gradient: write your answer here")


def online_softmax_step(state: Tensor, logits: Tensor) -> Tensor:
    """Takes the next few logits of each row into a running maximum and a running sum.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        state: (2, N), of the logits seen so far: state[0] is the largest of each row, and state[1] is the
            sum of exp(z - largest) over them. Before the first logits it is -inf and 0.
        logits: the next ones, (N, c). They may be as large as ±1000, and -inf.

    Returns:
        The state (2, N) of all that is seen by now, in the dtype of the logits. While a row has seen nothing but
        -inf, its state is -inf and 0.
    """
    raise NotImplementedError("online_softmax_step: write your answer here")


def cross_entropy_with_z_loss(
    input: Tensor, target: Tensor, z_weight: float = 1e-4, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Cross-entropy, and a price on the square of ln Z that keeps the logits near 0: the z-loss of PaLM.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: logits (N, C), as large as ±1000, and -inf where a class is ruled out. A row that does not
            count may hold NaN.
        target: class indices (N,), int64.
        z_weight: what the price is multiplied by; 0 leaves cross-entropy.
        ignore_index: targets of this value do not count: their rows cost nothing and pay no price.
        reduction: "none" for one loss per row, "sum" over all rows, or "mean" over those that count.

    Returns:
        ln Z - z_y + z_weight · (ln Z)² of each row, with Z = Σ exp(z) over its classes: shape (N,) for "none",
        0 where a row does not count; else a single number. If no row counts, the sum is 0 and the mean NaN.

    Raises:
        ValueError: reduction is another word.
    """
    raise NotImplementedError("cross_entropy_with_z_loss: write your answer here")


def accumulated_loss(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    """The mean cross-entropy of a batch that is worked through in micro-batches.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        logits: (N, C), also very large ones. A row that does not count may hold NaN.
        target: class indices (N,), int64.
        sizes: how many rows each micro-batch has, in order; together N.
        ignore_index: targets of this value do not count. A micro-batch may hold no others.

    Returns:
        The mean over all targets that count, as if there were no micro-batches; a single number.
    """
    raise NotImplementedError("accumulated_loss: write your answer here")


def adaptive_log_softmax(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    """The log-probabilities of an adaptive softmax, as `torch.nn.AdaptiveLogSoftmaxWithLoss` has them.

    Classes are sorted from frequent to rare. Those below cutoffs[0] stand in the head; the others in
    clusters, cluster i from cutoffs[i] up to cutoffs[i + 1], the last one up to the number of classes.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: features (N, D).
        target: class indices (N,), int64.
        cutoffs: where each cluster begins, in rising order.
        head: (cutoffs[0] + number of clusters, D): a row for each class of the head, then one for each
            cluster.
        tail: two tensors for each cluster: a projection (H, D), H is smaller for rarer clusters, and a row
            for each class of the cluster (size, H).

    Returns:
        The log-probability of each target (N,).

    Raises:
        RuntimeError: a target is no class.
    """

    raise NotImplementedError("adaptive_log_softmax: write your answer here")


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A linear layer and its cross-entropy in one: a drop-in for `torch.nn.functional.linear_cross_entropy`.

    (torch's also takes `options`, and weights of more than two dimensions. This one does not.)

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: features (N, D), or (D,) for one sample.
        linear_weight: a row for each class (V, D).
        target: class indices, int64, (N,) or (); or probabilities, (N, V) or (V,).
        linear_bias: a number for each class (V,), added to the logits.
        weight: one factor for each class (V,).
        reduction: "none" (a loss for each row, 0 for those that do not count), "sum", or "mean".
        ignore_index: index targets of this value do not count; None means -100. Not with probabilities.
        label_smoothing: ε, the share of each target that is spread evenly over all classes.

    Returns:
        The cross-entropy of the logits input @ linear_weight.T + linear_bias, reduced as in `cross_entropy`:
        the mean divides by the sum of weight[y] over the targets y that count, or by the number of
        probability targets. A row that does not count may hold NaN, and a class whose linear_bias is -inf costs
        nothing as long as it is no target: 0 · ln 0 is 0.

    Raises:
        ValueError: reduction is another word.
        IndexError: an index target that counts is no class.
        RuntimeError: ignore_index is given, and targets are probabilities.
    """
    raise NotImplementedError("linear_cross_entropy: write your answer here")
