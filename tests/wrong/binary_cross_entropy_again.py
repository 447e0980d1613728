"""Wrong answers to the exercises of notebook 05, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def sigmoid__tanh_unhalved(input):
    return 0.5 * (1 + torch.tanh(input))


def sigmoid__tanh_not_shifted(input):
    return torch.tanh(input / 2)


def sigmoid__sign_of_exponent(input):
    z = torch.exp(-input.abs())
    return torch.where(input >= 0, z / (1 + z), 1 / (1 + z))


def log_sigmoid__softplus_positive(input):
    return torch.clamp(input, min=0) + torch.log1p(torch.exp(-input.abs()))


def log_sigmoid__of_minus(input):
    return torch.clamp(-input, max=0) - torch.log1p(torch.exp(-input.abs()))


def _check(input, target, reduction):
    if input.shape != target.shape:
        raise ValueError("shape")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")


def _red(loss, reduction):
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


class _Bce(torch.autograd.Function):
    @staticmethod
    def forward(ctx, p, t):
        ctx.save_for_backward(p, t)
        return -t * p.log().clamp(min=-100) - (1 - t) * (1 - p).log().clamp(min=-100)

    @staticmethod
    def backward(ctx, up):
        p, t = ctx.saved_tensors
        return up * (p - t) / (p * (1 - p)).clamp(min=1e-12), up * (
            (1 - p).log().clamp(min=-100) - p.log().clamp(min=-100)
        )


def binary_cross_entropy__weighted_mean(input, target, weight=None, reduction="mean"):
    _check(input, target, reduction)
    for x in (input, target):
        if bool(((x < 0) | (x > 1)).any()):
            raise RuntimeError("range")
    loss = _Bce.apply(input, target)
    if weight is not None:
        weight = weight.expand(loss.shape)
        loss = loss * weight
        if reduction == "mean":
            return loss.sum() / weight.sum()
    return _red(loss, reduction)


def binary_cross_entropy__weights_yes_only(input, target, weight=None, reduction="mean"):
    _check(input, target, reduction)
    for x in (input, target):
        if bool(((x < 0) | (x > 1)).any()):
            raise RuntimeError("range")
    loss = _Bce.apply(input, target)
    if weight is not None:
        weight = weight.expand(loss.shape)
        loss = loss * torch.where(target > 0, weight, torch.ones_like(weight))
    return _red(loss, reduction)


def binary_cross_entropy__no_part_dropped(input, target, weight=None, reduction="mean"):
    _check(input, target, reduction)
    for x in (input, target):
        if bool(((x < 0) | (x > 1)).any()):
            raise RuntimeError("range")
    loss = -target * torch.log(input).clamp(min=-100)
    if weight is not None:
        loss = loss * weight
    return _red(loss, reduction)


class _Sp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(ctx, up):
        (x,) = ctx.saved_tensors
        z = torch.exp(-x.abs())
        return up * torch.where(x >= 0, 1 / (1 + z), z / (1 + z))


sp = _Sp.apply


def _dtypes(input, target):
    d = torch.promote_types(input.dtype, target.dtype)
    return input.to(d), target.to(d)


def binary_cross_entropy_with_logits__pos_weight_on_no(input, target, weight=None, reduction="mean", pos_weight=None):
    _check(input, target, reduction)
    input, target = _dtypes(input, target)
    pw = 1.0 if pos_weight is None else pos_weight
    loss = target * sp(-input) + pw * (1 - target) * sp(input)
    if weight is not None:
        loss = loss * weight
    return _red(loss, reduction)


def binary_cross_entropy_with_logits__pos_weight_on_all(input, target, weight=None, reduction="mean", pos_weight=None):
    _check(input, target, reduction)
    input, target = _dtypes(input, target)
    loss = sp(input) - input * target
    if pos_weight is not None:
        loss = loss * pos_weight
    if weight is not None:
        loss = loss * weight
    return _red(loss, reduction)


def binary_cross_entropy_with_logits__forgets_pos_in_softplus(
    input, target, weight=None, reduction="mean", pos_weight=None
):
    _check(input, target, reduction)
    input, target = _dtypes(input, target)
    pw = 1.0 if pos_weight is None else pos_weight
    loss = sp(input) - pw * input * target
    if weight is not None:
        loss = loss * weight
    return _red(loss, reduction)


def sigmoid_focal_loss__alpha_for_no(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    _check(inputs, targets, reduction)
    ce = sp(inputs) - inputs * targets
    p = torch.exp(-sp(-inputs))
    q = p * targets + (1 - p) * (1 - targets)
    loss = ce * (1 - q) ** gamma
    if alpha >= 0:
        loss = loss * ((1 - alpha) * targets + alpha * (1 - targets))
    return _red(loss, reduction)


def sigmoid_focal_loss__alpha_zero_off(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    _check(inputs, targets, reduction)
    ce = sp(inputs) - inputs * targets
    p = torch.exp(-sp(-inputs))
    q = p * targets + (1 - p) * (1 - targets)
    loss = ce * (1 - q) ** gamma
    if alpha:
        loss = loss * (alpha * targets + (1 - alpha) * (1 - targets))
    return _red(loss, reduction)


def sigmoid_focal_loss__alpha_on_yes_only(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    _check(inputs, targets, reduction)
    ce = sp(inputs) - inputs * targets
    p = torch.exp(-sp(-inputs))
    q = p * targets + (1 - p) * (1 - targets)
    loss = ce * (1 - q) ** gamma
    if alpha >= 0:
        loss = loss * (alpha * targets + (1 - targets))
    return _red(loss, reduction)


def sigmoid_focal_loss__hard_targets(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    _check(inputs, targets, reduction)
    ce = sp(inputs) - inputs * targets
    p = torch.exp(-sp(-inputs))
    q = torch.where(targets >= 0.5, p, 1 - p)
    loss = ce * (1 - q) ** gamma
    if alpha >= 0:
        loss = loss * (alpha * targets + (1 - alpha) * (1 - targets))
    return _red(loss, reduction)


def keras_binary_crossentropy__smooth_full(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing
    if from_logits:
        loss = sp(y_pred) - y_pred * t
    else:
        p = y_pred.clamp(1e-7, 1 - 1e-7)
        loss = -t * p.log() - (1 - t) * (1 - p).log()
    return loss.mean(axis)


def keras_binary_crossentropy__mean_of_all(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        loss = sp(y_pred) - y_pred * t
    else:
        p = y_pred.clamp(1e-7, 1 - 1e-7)
        loss = -t * p.log() - (1 - t) * (1 - p).log()
    return loss.mean()


def multilabel_soft_margin_loss__weights_normalised(input, target, weight=None, reduction="mean"):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    input, target = _dtypes(input, target) if target.is_floating_point() else (input, target.to(input.dtype))
    loss = sp(input) - input * target
    if weight is not None:
        loss = (loss * weight).sum(-1) / weight.sum()
    else:
        loss = loss.mean(-1)
    return _red(loss, reduction)


def multilabel_soft_margin_loss__summed_labels(input, target, weight=None, reduction="mean"):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    input, target = _dtypes(input, target) if target.is_floating_point() else (input, target.to(input.dtype))
    loss = sp(input) - input * target
    if weight is not None:
        loss = loss * weight
    return _red(loss.sum(-1), reduction)
