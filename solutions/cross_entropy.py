"""Cross-entropy as it is used, with weights, padding, smoothing: the exercises of notebook 04.

Logits are real numbers, one per class. Losses are in nats.
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
    # BEGIN SOLUTION
    one_hot = torch.eye(num_classes, device=target.device)[target]
    return (1 - label_smoothing) * one_hot + label_smoothing / num_classes
    # END SOLUTION


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
    # BEGIN SOLUTION
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    class_dim = 0 if input.ndim == 1 else 1
    classes = input.shape[class_dim]
    counts = target != ignore_index
    if ((target < 0) | (target >= classes))[counts].any():
        raise IndexError(f"a target is not in 0 … {classes - 1}")
    if weight is None:
        weight = input.new_ones(classes)
    index = torch.where(counts, target, 0)  # any class will do where the target does not count
    picked = input.gather(class_dim, index.unsqueeze(class_dim)).squeeze(class_dim)
    # `where`, because 0 times a NaN that nobody asked for would still be a NaN
    losses = torch.where(counts, -weight[index] * picked, 0.0)
    if reduction == "none":
        return losses
    return losses.sum() / weight[target[counts]].sum() if reduction == "mean" else losses.sum()
    # END SOLUTION


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
    # BEGIN SOLUTION
    shifted = logits - logits.detach().amax(2, keepdim=True)
    log_p = shifted - shifted.exp().sum(2, keepdim=True).log()
    return nll_loss(log_p.movedim(2, 1), target, ignore_index=padding)
    # END SOLUTION


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
    # BEGIN SOLUTION
    shifted = logits - logits.detach().amax(1, keepdim=True)
    log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
    nll = nll_loss(log_p, target, reduction="none")
    losses = (1 - torch.exp(-nll)) ** gamma * nll
    if weight is not None:
        losses = weight[target] * losses
    return losses.mean()
    # END SOLUTION


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
    # BEGIN SOLUTION
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing is {label_smoothing}, a share is from 0 to 1")
    if target.is_floating_point() and ignore_index >= 0:
        raise RuntimeError("ignore_index is for targets that are indices")
    class_dim = 0 if input.ndim == 1 else 1
    classes = input.shape[class_dim]
    if weight is None:
        weight = input.new_ones(classes)
    shifted = input - input.detach().amax(class_dim, keepdim=True)
    log_p = shifted - shifted.exp().sum(class_dim, keepdim=True).log()
    by_class = weight.reshape(-1, *[1] * (input.ndim - 1 - class_dim))
    if target.is_floating_point():
        q = (1 - label_smoothing) * target + label_smoothing / classes
        losses = -(q * by_class * log_p).sum(class_dim)
        total = losses.numel()
    else:
        losses = nll_loss(log_p, target, weight, ignore_index, reduction="none")
        counts = target != ignore_index
        if label_smoothing > 0:  # not 0 times the others: a class ruled out by -inf would make it NaN
            spread = torch.where(counts, -(by_class * log_p).mean(class_dim), 0.0)
            losses = (1 - label_smoothing) * losses + label_smoothing * spread
        total = weight[target[counts]].sum()
    if reduction == "none":
        return losses
    return losses.sum() / total if reduction == "mean" else losses.sum()
    # END SOLUTION


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
    # BEGIN SOLUTION
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    if from_logits:
        shifted = y_pred - y_pred.detach().amax(axis, keepdim=True)
        log_p = shifted - shifted.exp().sum(axis, keepdim=True).log()
    else:
        shares = y_pred / y_pred.sum(axis, keepdim=True)
        log_p = shares.clamp(1e-7, 1 - 1e-7).log()
    q = (1 - label_smoothing) * y_true.to(y_pred.dtype) + label_smoothing / y_pred.shape[axis]
    return -(q * log_p).sum(axis)
    # END SOLUTION


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
    # BEGIN SOLUTION
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if y_true.shape != y_pred.select(axis, 0).shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    counts = torch.full_like(y_true, True, dtype=torch.bool) if ignore_class is None else y_true != ignore_class
    label = torch.where(counts, y_true, 0).long()  # any class will do where the sample does not count
    y_pred = torch.where(counts.unsqueeze(axis), y_pred, 1.0)  # now, so that no NaN gets into the gradient
    if from_logits:
        shifted = y_pred - y_pred.detach().amax(axis, keepdim=True)
        log_p = shifted - shifted.exp().sum(axis, keepdim=True).log()
    else:
        shares = y_pred / y_pred.sum(axis, keepdim=True)
        log_p = shares.clamp(1e-7, 1 - 1e-7).log()
    losses = -log_p.gather(axis, label.unsqueeze(axis)).squeeze(axis)
    return torch.where(counts, losses, 0.0)
    # END SOLUTION
