"""Wrong answers to the exercises of notebook 05, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


class _SP(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(ctx, up):
        (x,) = ctx.saved_tensors
        z = torch.exp(-x.abs())
        return up * torch.where(x >= 0, 1 / (1 + z), z / (1 + z))


sp = _SP.apply


def sigmoid__exp_over_two(input):
    return torch.exp(input) / (torch.exp(input) + torch.exp(-input))


def log_sigmoid__minus_log1p_exp(input):
    return -torch.log1p(torch.exp(-input))


def _red(v, r):
    return v if r == "none" else v.sum() if r == "sum" else v.mean()


def binary_cross_entropy_with_logits__weight_as_pos_weight(
    input, target, weight=None, reduction="mean", pos_weight=None
):
    if input.shape != target.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError
    d = torch.promote_types(input.dtype, target.dtype)
    x, t = input.to(d), target.to(d)
    yes, no = t * sp(-x), (1 - t) * sp(x)
    if weight is not None:
        yes = yes * weight.expand(x.shape)
    if pos_weight is not None:
        yes = yes * pos_weight.expand(x.shape)
    return _red(yes + no, reduction)


def sigmoid_focal_loss__pt_from_loss_alpha(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    if inputs.shape != targets.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError
    ce = targets * sp(-inputs) + (1 - targets) * sp(inputs)
    pt = torch.exp(-ce)
    a = alpha if alpha >= 0 else 1.0
    return _red(a * (1 - pt) ** gamma * ce, reduction)


def keras_binary_crossentropy__targets_clipped(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = (y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2).clamp(0.05, 0.95)
    if from_logits:
        v = t * sp(-y_pred) + (1 - t) * sp(y_pred)
    else:
        p = y_pred.clamp(1e-7, 1 - 1e-7)
        v = -t * p.log() - (1 - t) * (1 - p).log()
    return v.mean(axis)


def multilabel_soft_margin_loss__mean_then_weight(input, target, weight=None, reduction="mean"):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    t = target.to(torch.promote_types(input.dtype, target.dtype) if target.is_floating_point() else input.dtype)
    x = input.to(t.dtype)
    v = t * sp(-x) + (1 - t) * sp(x)
    if weight is not None:
        v = v * weight / weight.mean()
    return _red(v.mean(-1), reduction)
