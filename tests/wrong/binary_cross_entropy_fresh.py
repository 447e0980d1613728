"""Wrong answers to the exercises of notebook 05, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def sigmoid__softmax_style(input):
    """exp(x) / sum exp(x): softmax over everything."""
    e = torch.exp(input - input.max())
    return e / e.sum()


def sigmoid__no_one(input):
    """exp(x) / (1 + x)."""
    return torch.where(input >= 0, torch.ones_like(input), torch.exp(input.clamp(max=0)))


def log_sigmoid__minus_log_sigmoid_of_minus(input):
    """ln sigma(-x)."""
    return -(input.clamp(min=0) + torch.log1p(torch.exp(-input.abs())))


def log_sigmoid__log2(input):
    """Half of it in bits: log2 of 1 + e^-|x|."""
    return input.clamp(max=0) - torch.log2(1 + torch.exp(-input.abs()))


def binary_cross_entropy__target_rounded(input, target, weight=None, reduction="mean"):
    """Shares are rounded to 0 and 1."""
    if input.shape != target.shape:
        raise ValueError
    p = torch.where(target > 0.5, input, 1 - input)
    loss = -p.log().clamp(min=-100)
    if weight is not None:
        loss = loss * weight
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def binary_cross_entropy__weight_on_yes(input, target, weight=None, reduction="mean"):
    """The weight multiplies the yes-part alone."""
    if input.shape != target.shape:
        raise ValueError
    w = 1.0 if weight is None else weight
    loss = -(w * target * input.log().clamp(min=-100) + (1 - target) * (1 - input).log().clamp(min=-100))
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def binary_cross_entropy_with_logits__pos_weight_on_no(input, target, weight=None, reduction="mean", pos_weight=None):
    """pos_weight goes to the no-part."""
    if input.shape != target.shape:
        raise ValueError
    sp = lambda x: x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))
    pw = 1.0 if pos_weight is None else pos_weight
    loss = target * sp(-input) + pw * (1 - target) * sp(input)
    if weight is not None:
        loss = loss * weight
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def binary_cross_entropy_with_logits__one_minus_logit(input, target, weight=None, reduction="mean", pos_weight=None):
    """log sigma(1 - x) for the no-part in place of log(1 - sigma(x))."""
    if input.shape != target.shape:
        raise ValueError
    sp = lambda x: x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))
    pw = 1.0 if pos_weight is None else pos_weight
    loss = pw * target * sp(-input) + (1 - target) * sp(-(1 - input))
    if weight is not None:
        loss = loss * weight
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def sigmoid_focal_loss__alpha_swapped(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """alpha goes to the no and 1 - alpha to the yes."""
    if inputs.shape != targets.shape:
        raise ValueError
    ce = inputs.clamp(min=0) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    p = torch.sigmoid(inputs)
    q = p * targets + (1 - p) * (1 - targets)
    loss = ce * (1 - q) ** gamma
    if alpha >= 0:
        loss = ((1 - alpha) * targets + alpha * (1 - targets)) * loss
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def sigmoid_focal_loss__factor_detached(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """The factor is computed under no_grad."""
    if inputs.shape != targets.shape:
        raise ValueError
    ce = inputs.clamp(min=0) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    with torch.no_grad():
        p = torch.sigmoid(inputs)
        q = p * targets + (1 - p) * (1 - targets)
        f = (1 - q) ** gamma
        if alpha >= 0:
            f = f * (alpha * targets + (1 - alpha) * (1 - targets))
    loss = f * ce
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def sigmoid_focal_loss__q_to_gamma(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """1 - q^gamma in place of (1 - q)^gamma."""
    if inputs.shape != targets.shape:
        raise ValueError
    ce = inputs.clamp(min=0) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    p = torch.sigmoid(inputs)
    q = p * targets + (1 - p) * (1 - targets)
    loss = ce * (1 - q**gamma)
    if alpha >= 0:
        loss = loss * (alpha * targets + (1 - alpha) * (1 - targets))
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def dice_loss__coefficient(input, target, smooth=1.0, batch=False, reduction="mean"):
    """The coefficient and not the loss: 1 - is forgotten."""
    if input.shape != target.shape:
        raise ValueError
    t = target.to(input.dtype)
    dims = tuple(range(0 if batch else 1, input.dim()))
    d = (2 * (input * t).sum(dims) + smooth) / (input.sum(dims) + t.sum(dims) + smooth)
    return d if reduction == "none" else d.sum() if reduction == "sum" else d.mean()


def dice_loss__smooth_below_only(input, target, smooth=1.0, batch=False, reduction="mean"):
    """smooth stands below the line only."""
    if input.shape != target.shape:
        raise ValueError
    t = target.to(input.dtype)
    dims = tuple(range(0 if batch else 1, input.dim()))
    d = 1 - 2 * (input * t).sum(dims) / (input.sum(dims) + t.sum(dims) + smooth)
    return d if reduction == "none" else d.sum() if reduction == "sum" else d.mean()


def dice_loss__last_dim_only(input, target, smooth=1.0, batch=False, reduction="mean"):
    """Sums over the last dimension only; then averaged over rows too."""
    if input.shape != target.shape:
        raise ValueError
    t = target.to(input.dtype)
    if batch:
        return 1 - (2 * (input * t).sum() + smooth) / (input.sum() + t.sum() + smooth)
    d = 1 - (2 * (input * t).sum(-1) + smooth) / (input.sum(-1) + t.sum(-1) + smooth)
    d = d.flatten(1).mean(1) if d.dim() > 1 else d
    return d if reduction == "none" else d.sum() if reduction == "sum" else d.mean()


def multilabel_soft_margin_loss__weights_normalised(input, target, weight=None, reduction="mean"):
    """Divides by the sum of the weights and not by C."""
    loss = input.clamp(min=0) - input * target + torch.log1p(torch.exp(-input.abs()))
    if weight is None:
        loss = loss.mean(-1)
    else:
        loss = (loss * weight).sum(-1) / weight.sum()
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def keras_binary_crossentropy__axis_ignored(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Always the last axis."""
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + 0.5 * label_smoothing
    p = y_pred.sigmoid() if from_logits else y_pred
    p = p.clamp(1e-7, 1 - 1e-7)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(-1)
