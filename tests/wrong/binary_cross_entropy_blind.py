"""Wrong answers to the exercises of notebook 05, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _loss(x, t):
    return torch.clamp(x, min=0) - x * t + torch.log1p(torch.exp(-x.abs()))


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError("unknown reduction")


def sigmoid__sign(input):
    """The sign is missing: the probability of no."""
    return 1 / (1 + torch.exp(input))


def sigmoid__unstable(input):
    """e^x / (1 + e^x) overflows to NaN."""
    return input.exp() / (1 + input.exp())


def sigmoid__tanh(input):
    """tanh(x) shifted, without halving x."""
    return (torch.tanh(input) + 1) / 2


def sigmoid__where_nan_gradient(input):
    """Two branches by torch.where: right in value, NaN in the gradient of the branch not taken."""
    return torch.where(input >= 0, 1 / (1 + torch.exp(-input)), torch.exp(input) / (1 + torch.exp(input)))


def log_sigmoid__naive(input):
    """-inf at very negative logits: the logarithm of a sigmoid that underflowed."""
    return torch.log(1 / (1 + torch.exp(-input)))


def log_sigmoid__softplus_of_x(input):
    """-ln(1 + e^x): the logarithm of 1 - σ."""
    return -(torch.clamp(input, min=0) + torch.log1p(torch.exp(-torch.abs(input))))


def log_sigmoid__abs_slope(input):
    """Right in value; at 0 the slope of relu and |x| is 0 each, so 0 is the slope and not a half."""
    return -torch.relu(-input) - torch.log1p(torch.exp(-input.abs()))


def log_sigmoid__clipped(input):
    """Logits are clipped to ±50 to save exp."""
    x = input.clip(-50, 50)
    return -torch.log1p(torch.exp(-x))


def _check(input, target, weight):
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    if ((input < 0) | (input > 1)).any() or ((target < 0) | (target > 1)).any():
        raise RuntimeError("not from 0 to 1")
    if weight is not None:
        torch.broadcast_to(weight, input.shape)


def binary_cross_entropy__yes_only(input, target, weight=None, reduction="mean"):
    """Only the part of yes: what a no costs is missing."""
    _check(input, target, weight)
    loss = -target * input.log().clamp(min=-100)
    if weight is not None:
        loss = loss * weight
    return _red(loss, reduction)


def binary_cross_entropy__weighted_mean(input, target, weight=None, reduction="mean"):
    """The mean divides by the sum of the weights."""
    _check(input, target, weight)
    loss = -target * input.log().clamp(min=-100) - (1 - target) * (1 - input).log().clamp(min=-100)
    if weight is None:
        return _red(loss, reduction)
    w = weight.expand_as(loss)
    loss = loss * w
    return loss.sum() / w.sum() if reduction == "mean" else _red(loss, reduction)


def binary_cross_entropy__eps(input, target, weight=None, reduction="mean"):
    """1e-7 within the logarithms in place of the bound at -100."""
    _check(input, target, weight)
    loss = -(target * torch.log(input + 1e-7) + (1 - target) * torch.log(1 - input + 1e-7))
    if weight is not None:
        loss = weight * loss
    return _red(loss, reduction)


def binary_cross_entropy__applies_sigmoid(input, target, weight=None, reduction="mean"):
    """Takes what are probabilities for logits."""
    _check(input, target, weight)
    loss = _loss(input, target)
    if weight is not None:
        loss = loss * weight
    return _red(loss, reduction)


def binary_cross_entropy_with_logits__weight_on_no(input, target, weight=None, reduction="mean", pos_weight=None):
    """pos_weight multiplies the part of no."""
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    pw = 1.0 if pos_weight is None else pos_weight
    loss = target * _loss(input, torch.ones_like(input)) + pw * (1 - target) * _loss(input, torch.zeros_like(input))
    if weight is not None:
        loss = loss * torch.broadcast_to(weight, loss.shape)
    return _red(loss, reduction)


def binary_cross_entropy_with_logits__pos_weight_on_all(input, target, weight=None, reduction="mean", pos_weight=None):
    """pos_weight multiplies the whole loss."""
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    loss = _loss(input, target)
    for w in (weight, pos_weight):
        if w is not None:
            loss = loss * w.expand(loss.shape)
    return _red(loss, reduction)


def binary_cross_entropy_with_logits__pos_weight_normalised(
    input, target, weight=None, reduction="mean", pos_weight=None
):
    """With pos_weight the mean divides by the sum of the factors."""
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    pw = torch.ones_like(input) if pos_weight is None else pos_weight.expand(input.shape)
    factor = 1 + (pw - 1) * target
    loss = target * pw * _loss(input, torch.ones_like(input)) + (1 - target) * _loss(input, torch.zeros_like(input))
    if weight is not None:
        loss = loss * weight.expand(loss.shape)
    if reduction == "mean":
        return loss.sum() / factor.sum()
    return _red(loss, reduction)


def binary_cross_entropy_with_logits__naive(input, target, weight=None, reduction="mean", pos_weight=None):
    """A sigmoid, then logarithms: inf and NaN at large logits."""
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    p = 1 / (1 + torch.exp(-input))
    pw = 1.0 if pos_weight is None else pos_weight
    loss = -(pw * target * p.log() + (1 - target) * (1 - p).log())
    if weight is not None:
        loss = loss * weight.expand(loss.shape)
    return _red(loss, reduction)


def sigmoid_focal_loss__alpha_on_both(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """alpha is the factor of yes and no alike."""
    if inputs.shape != targets.shape:
        raise ValueError("shapes")
    ce = _loss(inputs, targets)
    p = torch.exp(-_loss(inputs, torch.ones_like(inputs)))
    q = p * targets + (1 - p) * (1 - targets)
    a = alpha if alpha >= 0 else 1
    return _red(a * (1 - q) ** gamma * ce, reduction)


def sigmoid_focal_loss__q_is_exp_minus_loss(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """q = exp(-loss), which is another number where the target is a share."""
    if inputs.shape != targets.shape:
        raise ValueError("shapes")
    ce = _loss(inputs, targets)
    q = torch.exp(-ce)
    a = alpha * targets + (1 - alpha) * (1 - targets) if alpha >= 0 else 1
    return _red(a * (1 - q) ** gamma * ce, reduction)


def sigmoid_focal_loss__alpha_turned(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """A yes has 1 - alpha, a no alpha."""
    if inputs.shape != targets.shape:
        raise ValueError("shapes")
    ce = _loss(inputs, targets)
    p = torch.exp(-_loss(inputs, torch.ones_like(inputs)))
    q = p * targets + (1 - p) * (1 - targets)
    if alpha >= 0:
        ce = ce * (alpha * (1 - targets) + (1 - alpha) * targets)
    return _red(ce * (1 - q) ** gamma, reduction)


def sigmoid_focal_loss__mean_by_positives(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """The mean divides by the number of yes, as in the paper."""
    if inputs.shape != targets.shape:
        raise ValueError("shapes")
    ce = _loss(inputs, targets)
    p = torch.exp(-_loss(inputs, torch.ones_like(inputs)))
    q = p * targets + (1 - p) * (1 - targets)
    a = alpha * targets + (1 - alpha) * (1 - targets) if alpha >= 0 else 1
    loss = a * (1 - q) ** gamma * ce
    if reduction == "mean":
        return loss.sum() / targets.sum().clamp(min=1)
    return _red(loss, reduction)


def dice_loss__smooth_above_only(input, target, smooth=1.0, batch=False, reduction="mean"):
    """smooth stands above the line only."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    a, b = input.flatten(1), target.flatten(1).to(input.dtype)
    if batch:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    d = (2 * (a * b).sum(1) + smooth) / (a.sum(1) + b.sum(1))
    out = _red(1 - d, reduction)
    return out.reshape(()) if batch else out


def dice_loss__jaccard(input, target, smooth=1.0, batch=False, reduction="mean"):
    """The Jaccard index: the overlap is taken from the union once."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    a, b = input.flatten(1), target.flatten(1).to(input.dtype)
    if batch:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    i = (a * b).sum(1)
    out = _red(1 - (i + smooth) / (a.sum(1) + b.sum(1) - i + smooth), reduction)
    return out.reshape(()) if batch else out


def dice_loss__squares(input, target, smooth=1.0, batch=False, reduction="mean"):
    """Squares in the denominator, as in V-Net."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    a, b = input.flatten(1), target.flatten(1).to(input.dtype)
    if batch:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    out = _red(1 - (2 * (a * b).sum(1) + smooth) / ((a * a).sum(1) + (b * b).sum(1) + smooth), reduction)
    return out.reshape(()) if batch else out


def dice_loss__always_batch(input, target, smooth=1.0, batch=False, reduction="mean"):
    """batch is not read: the sums run over the whole batch always."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    t = target.to(input.dtype)
    return 1 - (2 * (input * t).sum() + smooth) / (input.sum() + t.sum() + smooth)


def multilabel_soft_margin_loss__sum_over_labels(input, target, weight=None, reduction="mean"):
    """The sum over the labels, not their mean."""
    w = 1.0 if weight is None else weight
    return _red((w * _loss(input, target)).sum(-1), reduction)


def multilabel_soft_margin_loss__by_weights(input, target, weight=None, reduction="mean"):
    """Divides by the sum of the weights, not by C."""
    loss = _loss(input, target)
    if weight is None:
        return _red(loss.mean(-1), reduction)
    return _red((weight * loss).sum(-1) / weight.sum(), reduction)


def multilabel_soft_margin_loss__sides(input, target, weight=None, reduction="mean"):
    """Targets are taken for -1 and 1."""
    x = -target * input
    loss = torch.clamp(x, min=0) + torch.log1p(torch.exp(-x.abs()))
    if weight is not None:
        loss = loss * weight
    return _red(loss.mean(dim=-1), reduction)


def keras_binary_crossentropy__smoothing_full(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """α is added and not half of it."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing
    if from_logits:
        return _loss(y_pred, t).mean(axis)
    p = y_pred.clamp(1e-7, 1 - 1e-7)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(axis)


def keras_binary_crossentropy__axis_ignored(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Averages over the last dimension whatever axis says."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return _loss(y_pred, t).mean(-1)
    p = torch.clip(y_pred, 1e-7, 1 - 1e-7)
    return torch.mean(-(t * torch.log(p) + (1 - t) * torch.log(1 - p)), dim=-1)


def dice_loss__two_forgotten(input, target, smooth=1.0, batch=False, reduction="mean"):
    """The 2 is forgotten: two equal masks cost a half."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    a, b = input.flatten(1), target.flatten(1).to(input.dtype)
    if batch:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    out = _red(1 - ((a * b).sum(1) + smooth) / (a.sum(1) + b.sum(1) + smooth), reduction)
    return out.reshape(()) if batch else out


def sigmoid_focal_loss__gamma_one_no_alpha(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    """Two mistakes: alpha is not read, and reduction is the mean always."""
    if inputs.shape != targets.shape:
        raise ValueError("shapes")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    ce = _loss(inputs, targets)
    p = torch.exp(-_loss(inputs, torch.ones_like(inputs)))
    q = p * targets + (1 - p) * (1 - targets)
    return ((1 - q) ** gamma * ce).mean()


def binary_cross_entropy__log_bound(input, target, weight=None, reduction="mean"):
    """The logarithm is bounded at -10, not at -100."""
    _check(input, target, weight)
    loss = -target * input.log().clamp(min=-10) - (1 - target) * (1 - input).log().clamp(min=-10)
    if weight is not None:
        loss = loss * weight
    return _red(loss, reduction)


def keras_binary_crossentropy__eps_slip(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Clips at 1e-6."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return _loss(y_pred, t).mean(axis)
    p = y_pred.clamp(1e-6, 1 - 1e-6)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(axis)
