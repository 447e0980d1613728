"""Wrong answers to the exercises of notebook 05, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def sigmoid__sign(input):
    """1 / (1 + exp(x)): the sign is turned, the probability of no."""
    return torch.where(input > 0, torch.exp(-input.abs()), torch.ones_like(input)) / (1 + torch.exp(-input.abs()))


def sigmoid__clamped(input):
    """Logits are clamped to +-10: tails and gradients are lost."""
    x = torch.clamp(input, -10, 10)
    return 1 / (1 + torch.exp(-x))


def sigmoid__tanh_forgot_half(input):
    """(1 + tanh(x)) / 2: the half inside tanh is forgotten."""
    return 0.5 * (1 + torch.tanh(input))


def log_sigmoid__naive(input):
    """-ln(1 + exp(-x)): overflows at -1000."""
    return -torch.log(1 + torch.exp(-input))


def log_sigmoid__positive(input):
    """The minus is missing: softplus(-x)."""
    return torch.clamp(-input, min=0) + torch.log1p(torch.exp(-input.abs()))


def log_sigmoid__eps(input):
    """ln(sigmoid + 1e-8): floors at -18.4."""
    s = 0.5 * (1 + torch.tanh(input / 2))
    return torch.log(s + 1e-8)


def binary_cross_entropy__only_positive(input, target, weight=None, reduction="mean"):
    """The no-part is forgotten."""
    if input.shape != target.shape:
        raise ValueError("shape")
    loss = -target * input.log().clamp(min=-100)
    if weight is not None:
        loss = loss * weight
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def binary_cross_entropy__weighted_mean(input, target, weight=None, reduction="mean"):
    """The mean divides by the sum of the weights."""
    if input.shape != target.shape:
        raise ValueError("shape")
    loss = -(target * input.log().clamp(min=-100) + (1 - target) * (1 - input).log().clamp(min=-100))
    if weight is not None:
        loss = weight * loss
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if weight is None:
        return loss.mean()
    return loss.sum() / weight.expand_as(loss).sum()


def binary_cross_entropy__swapped_names(input, target, weight=None, reduction="mean"):
    """Input and target have changed places in the formula."""
    assert input.shape == target.shape
    loss = -(input * torch.log(target).clamp(min=-100) + (1 - input) * torch.log(1 - target).clamp(min=-100))
    if weight is not None:
        loss *= weight
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss


def binary_cross_entropy_with_logits__no_sigmoid(input, target, weight=None, reduction="mean", pos_weight=None):
    """The logits are used as if probabilities."""
    p = input.clamp(1e-7, 1 - 1e-7)
    pw = 1.0 if pos_weight is None else pos_weight
    loss = -(pw * target * p.log() + (1 - target) * (1 - p).log())
    if weight is not None:
        loss = loss * weight
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def binary_cross_entropy_with_logits__pos_weight_on_all(input, target, weight=None, reduction="mean", pos_weight=None):
    """pos_weight multiplies the whole loss and not the yes-part alone."""
    if input.shape != target.shape:
        raise ValueError("shape mismatch")
    loss = input.clamp(min=0) - input * target + torch.log1p(torch.exp(-input.abs()))
    for w in (weight, pos_weight):
        if w is not None:
            loss = loss * w
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.mean()


def binary_cross_entropy_with_logits__pos_weight_ignored(input, target, weight=None, reduction="mean", pos_weight=None):
    """pos_weight is not read."""
    if input.shape != target.shape:
        raise ValueError("shape mismatch")
    loss = torch.relu(input) - input * target + torch.log1p(torch.exp(-torch.abs(input)))
    if weight is not None:
        loss = loss * weight
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return getattr(loss, reduction)() if reduction != "none" else loss


def sigmoid_focal_loss__alpha_for_both(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """alpha multiplies yes and no alike."""
    if inputs.shape != targets.shape:
        raise ValueError
    ce = torch.relu(inputs) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    p = torch.sigmoid(inputs)
    pt = p * targets + (1 - p) * (1 - targets)
    loss = ce * (1 - pt) ** gamma
    if alpha >= 0:
        loss = alpha * loss
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss


def sigmoid_focal_loss__p_not_pt(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """(1 - p)^gamma for both sides: for a no it should be p^gamma."""
    if inputs.shape != targets.shape:
        raise ValueError
    ce = torch.relu(inputs) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    p = torch.sigmoid(inputs)
    loss = ce * (1 - p).pow(gamma)
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def dice_loss__no_two(input, target, smooth=1.0, batch=False, reduction="mean"):
    """The factor of 2 above the line is missing."""
    if input.shape != target.shape:
        raise ValueError
    t = target.to(input.dtype)
    dims = tuple(range(input.dim())) if batch else tuple(range(1, input.dim()))
    inter = (input * t).sum(dims)
    loss = 1 - (inter + smooth) / (input.sum(dims) + t.sum(dims) + smooth)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def dice_loss__iou(input, target, smooth=1.0, batch=False, reduction="mean"):
    """Intersection over union: Jaccard and not Dice."""
    if input.shape != target.shape:
        raise ValueError
    t = target.to(input.dtype)
    if batch:
        x, t = input.reshape(1, -1), t.reshape(1, -1)
    else:
        x, t = input.flatten(1), t.flatten(1)
    inter = (x * t).sum(1)
    union = x.sum(1) + t.sum(1) - inter
    loss = 1 - (inter + smooth) / (union + smooth)
    if batch:
        return loss[0]
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def dice_loss__squared_denominator(input, target, smooth=1.0, batch=False, reduction="mean"):
    """Squares below the line (V-Net's form)."""
    if input.shape != target.shape:
        raise ValueError
    t = target.to(input.dtype)
    dims = tuple(range(0 if batch else 1, input.dim()))
    loss = 1 - (2 * (input * t).sum(dims) + smooth) / ((input**2).sum(dims) + (t**2).sum(dims) + smooth)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def multilabel_soft_margin_loss__sum_over_labels(input, target, weight=None, reduction="mean"):
    """The labels are summed and not averaged."""
    loss = torch.relu(input) - input * target + torch.log1p(torch.exp(-input.abs()))
    if weight is not None:
        loss = loss * weight
    loss = loss.sum(-1)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def multilabel_soft_margin_loss__softmax(input, target, weight=None, reduction="mean"):
    """A softmax over the labels, as if only one could be there."""
    lp = torch.log_softmax(input, -1)
    loss = -(target * lp)
    if weight is not None:
        loss = loss * weight
    loss = loss.mean(-1)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.mean()


def keras_binary_crossentropy__smoothing_by_alpha(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """alpha itself is added and not alpha / 2."""
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing
    p = torch.sigmoid(y_pred) if from_logits else y_pred
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(axis)


def keras_binary_crossentropy__from_logits_inverted(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """from_logits the wrong way round."""
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + 0.5 * label_smoothing
    p = y_pred if from_logits else torch.sigmoid(y_pred)
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(axis)
