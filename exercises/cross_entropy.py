"""Cross-entropy in practice: write your answers here, then score one with `coursekit check smooth_targets`.

Made from solutions/cross_entropy.py by `coursekit refresh`.
"""

import torch
from torch import Tensor


def smooth_targets(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    """Class indices as probabilities, a share of which is spread evenly over all classes.

    Args:
        target: class indices (N,), int64.
        num_classes: K, the number of classes.
        label_smoothing: ε, the share that is spread, from 0 (nothing) to 1 (everything).

    Returns:
        Probabilities (N, K). The right class keeps its part of what is spread.
    """
    raise NotImplementedError("smooth_targets: write your answer here")


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood: a drop-in for `torch.nn.functional.nll_loss`.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: log-probabilities (N, C), or (N, C, d1, …) with a class for every place, or (C,) for one
            sample.
        target: class indices (N,), or (N, d1, …), or (); int64.
        weight: one factor for each class (C,).
        ignore_index: targets of this value do not count.
        reduction: "none" (a loss for each target, 0 for those that do not count), "sum", or "mean".

    Returns:
        -weight[y] · input[y] for each target y, reduced. Only what is picked counts: a target that does not count may
        stand beside a NaN, and an entry beside the target may be -inf. The mean divides by the sum of the weights of
        the targets that count: it is NaN where that is 0.

    Raises:
        IndexError: a target that counts is not in 0 … C - 1.
    """
    raise NotImplementedError("nll_loss: write your answer here")


def sequence_loss(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """The cross-entropy of a batch of padded sequences: the mean over all their real tokens.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        logits: (N, T, C), for each place of each sequence one number per class, also very large ones. What
            stands at a place of padding does not count, not even a NaN.
        target: the right class at every place (N, T), int64.
        padding: the class index that fills the places after a sequence's end (or before its beginning).

    Returns:
        The mean in nats per real token, a single number.
    """
    raise NotImplementedError("sequence_loss: write your answer here")


def focal_loss(
    logits: Tensor,
    target: Tensor,
    gamma: float = 2.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Cross-entropy that turns away from what the model already knows (Lin et al. 2017).

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        logits: (N, C), also very large ones.
        target: class indices (N,), int64.
        gamma: how fast a sample loses its say as the probability p of its right class grows; 0 or more.
        weight: one factor for each class (C,).

    Returns:
        The mean over the N samples of weight[y] · (1 - p)^gamma · (-ln p), in the dtype of `logits`. It divides by N,
        with weights too. p is the softmax probability of the right class, whatever its weight.
    """
    raise NotImplementedError("focal_loss: write your answer here")


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Softmax and negative log-likelihood in one: a drop-in for `torch.nn.functional.cross_entropy`.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: logits (N, C), or (N, C, d1, …) with a class for every place, or (C,) for one sample.
        target: class indices, int64, in the shape of `input` without C; or probabilities, in the shape
            of `input`.
        weight: one factor for each class (C,).
        ignore_index: index targets of this value do not count.
        reduction: "none" (a loss for each target, 0 for those that do not count), "sum", or "mean".
        label_smoothing: ε, the share of each target that is spread evenly over all classes.

    Returns:
        -Σ_c weight[c] · q[c] · log_softmax(input)[c] for each target, reduced; q is the target, smoothed. With
        an index target a class whose logit is -inf costs nothing (0 · ln 0 is 0), and an ignored row may hold NaN.
        The mean divides by the sum of weight[y] over the targets y that count; for probability targets
        by their number.

    Raises:
        IndexError: an index target that counts is not in 0 … C - 1.
    """
    raise NotImplementedError("cross_entropy: write your answer here")


def keras_categorical_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Cross-entropy with rows as targets: a drop-in for `keras.losses.categorical_crossentropy` on torch.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        y_true: the targets, one-hot or any other numbers, in the shape of `y_pred`; of any dtype.
        y_pred: scores, which are divided by their sum along `axis`; or logits.
        from_logits: whether `y_pred` holds logits.
        label_smoothing: α, the share of each target that is spread evenly over all classes.
        axis: the dimension along which the classes lie.

    Returns:
        -Σ y_true · ln p along `axis`, with y_true smoothed: one number for each sample, in the dtype of
        `y_pred`. p is the softmax of logits; of scores it is the share, clipped to [1e-7, 1 - 1e-7]. A row of
        zeros has no shares, and costs NaN.

    Raises:
        ValueError: the shapes differ.
    """
    raise NotImplementedError("keras_categorical_crossentropy: write your answer here")


def keras_sparse_categorical_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """Cross-entropy with labels: a drop-in for `keras.losses.sparse_categorical_crossentropy` on torch.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        y_true: the index of the right class for each sample, in the shape of `y_pred` without `axis`, or
            with a size of 1 there; of any dtype.
        y_pred: scores, which are divided by their sum along `axis`; or logits.
        from_logits: whether `y_pred` holds logits.
        ignore_class: samples of this label cost 0, and their scores are not looked at.
        axis: the dimension along which the classes lie.

    Returns:
        -ln p of the right class: one number for each sample, in the dtype of `y_pred`. p is the softmax of
        logits; of scores it is the share, clipped to [1e-7, 1 - 1e-7].

    Raises:
        ValueError: the shapes do not fit.
        RuntimeError: a label that counts is not in 0 … C - 1.
    """
    raise NotImplementedError("keras_sparse_categorical_crossentropy: write your answer here")
