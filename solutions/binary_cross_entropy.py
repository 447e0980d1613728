"""Yes or no, once or many times over: the exercises of notebook 05.

A logit is a real number, the log-odds of yes: the sigmoid turns it into a probability. Losses are in nats.
"""

import torch
from torch import Tensor


def sigmoid(input: Tensor) -> Tensor:
    """The probability of yes, given its log-odds: 1 / (1 + exp(-input)).

    By hand: no ready-made loss, distribution, sigmoid, softplus, softmax, log_softmax, logaddexp or logsumexp.

    Args:
        input: logits, any shape, up to ±1000.

    Returns:
        Probabilities, same shape. Neither they nor their gradient are NaN.
    """
    # BEGIN SOLUTION
    # the softmax of (input, 0): without the larger of the two, neither exponential overflows
    top = input.detach().clamp(min=0)
    yes, no = torch.exp(input - top), torch.exp(-top)
    return yes / (yes + no)
    # END SOLUTION


def log_sigmoid(input: Tensor) -> Tensor:
    """The logarithm of the sigmoid: a drop-in for `torch.nn.functional.logsigmoid`.

    By hand: no ready-made loss, distribution, sigmoid, softplus, softmax, log_softmax, logaddexp or logsumexp.

    Args:
        input: logits, any shape, float32 or float64. They may be as large as ±1000.

    Returns:
        ln σ(input), same shape and dtype, at most 0. Its slope is 1 - σ(input) everywhere, also at 0.
    """
    # BEGIN SOLUTION
    # below 0 the line, above 0 the axis, and between them a bend that log1p knows even where it is tiny;
    # `minimum` shares the slope at 0 between the two, where `clamp` would take one side
    line = torch.minimum(input, torch.zeros_like(input))
    return line - torch.log1p(torch.exp(-input.abs()))
    # END SOLUTION


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The surprise at a yes or a no: a drop-in for `torch.nn.functional.binary_cross_entropy`.

    By hand: no ready-made loss or distribution.

    Args:
        input: probabilities p of yes, any shape.
        target: t, 1 for yes and 0 for no, or a share between them; same shape.
        weight: a factor for each loss, in a shape that can be broadcast to that of `input`.
        reduction: "none" for one loss per element, "sum", or "mean", which divides by their number, with
            weights too.

    Returns:
        -t · ln p - (1 - t) · ln(1 - p), weighted and reduced. A logarithm below -100 counts as -100. The
        slope with respect to p is (p - t) / max(p(1 - p), 1e-12), everywhere. The mean of an empty batch is NaN.

    Raises:
        ValueError: the shapes of input and target differ, or the reduction is unknown.
        RuntimeError: a number in input or target is not from 0 to 1, or the weight does not fit.
    """
    # BEGIN SOLUTION
    if input.shape != target.shape:
        raise ValueError(f"input is {tuple(input.shape)}, target {tuple(target.shape)}")
    for name, values in (("input", input), ("target", target)):
        if not ((values >= 0) & (values <= 1)).all():  # asked in this way, NaN is refused as well
            raise RuntimeError(f"{name} holds a number that is not from 0 to 1")
    p = input.detach()
    log_yes, log_no = p.log().clamp(min=-100), torch.log1p(-p).clamp(min=-100)
    losses = -(target * log_yes + (1 - target) * log_no)
    # the product is 0 and changes no value; what it adds is a slope of our own choice
    slope = (p - target.detach()) / (p * (1 - p)).clamp(min=1e-12)
    losses = losses + slope * (input - p)
    if weight is not None:
        losses = losses * weight.expand_as(losses)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Sigmoid and surprise in one: a drop-in for `torch.nn.functional.binary_cross_entropy_with_logits`.

    By hand: no ready-made loss or distribution.

    Args:
        input: logits x, any shape, up to ±1000.
        target: t, 1 for yes and 0 for no, or a share between them; same shape.
        weight: a factor for each loss, in a shape that can be broadcast to that of `input`.
        reduction: "none" for one loss per element, "sum", or "mean", which divides by their number, with
            weights too.
        pos_weight: a factor for the part of yes alone, in a shape that can be broadcast to that of `input`.

    Returns:
        -pos_weight · t · ln σ(x) - (1 - t) · ln σ(-x), weighted and reduced. The mean of an empty batch is
        NaN. The finer of the dtypes of input and target wins.

    Raises:
        ValueError: the shapes of input and target differ, or the reduction is unknown.
        RuntimeError: a weight does not fit.
    """
    # BEGIN SOLUTION
    if input.shape != target.shape:
        raise ValueError(f"input is {tuple(input.shape)}, target {tuple(target.shape)}")
    yes = target
    if pos_weight is not None:
        yes = yes * pos_weight.expand_as(yes)  # to the target's shape and no further
    losses = -(yes * log_sigmoid(input) + (1 - target) * log_sigmoid(-input))
    if weight is not None:
        losses = losses * weight.expand_as(losses)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def sigmoid_focal_loss(
    inputs: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
) -> Tensor:
    """Binary cross-entropy that turns away from what is known already, as in torchvision (Lin et al. 2017).

    By hand: no ready-made loss or distribution.

    Args:
        inputs: logits, any shape, up to ±1000.
        targets: t, 1 for yes and 0 for no, or a share between them; same shape.
        alpha: the factor of a yes; a no has 1 - alpha. Below 0, neither has a factor.
        gamma: how fast an element loses its say as the probability of the right answer grows.
        reduction: "none", "sum", or "mean", which divides by the number of elements.

    Returns:
        a · (1 - q)^gamma · loss, reduced. The loss is the binary cross-entropy of the logits, q is
        p · t + (1 - p) · (1 - t), and a is alpha · t + (1 - alpha) · (1 - t).

    Raises:
        ValueError: the shapes differ, or the reduction is unknown.
    """
    # BEGIN SOLUTION
    losses = binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    p = sigmoid(inputs)
    q = p * targets + (1 - p) * (1 - targets)
    losses = (1 - q) ** gamma * losses
    if alpha >= 0:
        losses = (alpha * targets + (1 - alpha) * (1 - targets)) * losses
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def dice_loss(
    input: Tensor, target: Tensor, smooth: float = 1.0, batch: bool = False, reduction: str = "mean"
) -> Tensor:
    """How little two masks overlap: 1 less their soft Dice coefficient.

    By hand: no ready-made loss or distribution.

    Args:
        input: probabilities of a yes for every element of N samples, (N, …), with a dimension at least behind
            the first. Whatever stands behind the N belongs to one sample.
        target: their masks, 1 for yes and 0 for no, or shares between them; same shape; of any dtype, bool
            too.
        smooth: what is added above and below the line of the fraction; 0 adds nothing.
        batch: whether the sums run over the whole batch, so that there is one fraction for all samples.
        reduction: "none" for one loss per sample, "sum" or "mean" over the samples. With `batch` there is one
            loss, a single number, and each of the three gives it.

    Returns:
        1 - (2 Σ input · target + smooth) / (Σ input + Σ target + smooth): shape (N,) for "none", else a single
        number; in the dtype of input. Nothing beside nothing costs 0, and with smooth 0 it is NaN. The mean of
        no samples is NaN.

    Raises:
        ValueError: the shapes differ, or the reduction is unknown.
    """
    # BEGIN SOLUTION
    if input.shape != target.shape:
        raise ValueError(f"input {tuple(input.shape)} beside target {tuple(target.shape)}")
    input, target = input.flatten(1), target.flatten(1).to(input.dtype)
    dims = (0, 1) if batch else 1
    overlap = (input * target).sum(dims)
    sizes = input.sum(dims) + target.sum(dims)
    losses = 1 - (2 * overlap + smooth) / (sizes + smooth)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """One yes or no for each label: a drop-in for `torch.nn.functional.multilabel_soft_margin_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: logits, one for each of C labels, (N, C), or (C,), or (N, …, C); up to ±1000.
        target: 1 for a label that is there and 0 for one that is not, same shape; of any numeric dtype.
        weight: a factor for each label (C,).
        reduction: "none" for one loss per sample, "sum" or "mean" over the samples.

    Returns:
        The binary cross-entropy of the logits, weighted and averaged over the C labels: shape (N,), or
        reduced. The average divides by C, with weights too, and so "sum" is a sum over samples. The mean of
        an empty batch is NaN. The finer of the dtypes of input and target wins.

    Raises:
        ValueError: the reduction is unknown.
    """
    # BEGIN SOLUTION
    losses = binary_cross_entropy_with_logits(input, target, weight, reduction="none")
    losses = losses.mean(dim=-1)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def keras_binary_crossentropy(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Binary cross-entropy, averaged along one axis: a drop-in for `keras.losses.binary_crossentropy` on torch.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: 1 for yes and 0 for no, or a share between them, in the shape of `y_pred`; of any dtype.
        y_pred: probabilities, which are clipped to [1e-7, 1 - 1e-7]; or logits.
        from_logits: whether `y_pred` holds logits.
        label_smoothing: α, the share of each target that is replaced by ½.
        axis: the dimension to average over.

    Returns:
        The mean along `axis` of -t · ln p - (1 - t) · ln(1 - p), in the dtype of `y_pred`. t is `y_true`
        smoothed. A clipped probability has the gradient 0.

    Raises:
        ValueError: the shapes differ.
    """
    # BEGIN SOLUTION
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    t = (1 - label_smoothing) * y_true.to(y_pred.dtype) + label_smoothing / 2
    if from_logits:
        return binary_cross_entropy_with_logits(y_pred, t, reduction="none").mean(axis)
    p = y_pred.clamp(1e-7, 1 - 1e-7)  # from here on no logarithm and no slope needs a guard
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(axis)
    # END SOLUTION
