"""Wrong answers to the exercises of notebook 05, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def sigmoid__gaussian_cdf_approx(input):
    return 0.5 * (1 + torch.erf(input / math.sqrt(2) * 0.6))


def sigmoid__normalised_softplus(input):
    z = torch.exp(-input.abs())
    p = torch.where(input >= 0, 1 / (1 + z), z / (1 + z))
    return p**2


def sigmoid__algebraic(input):
    return 0.5 * (1 + input / torch.sqrt(1 + input**2))


def sigmoid__complement_twice(input):
    z = torch.exp(-input.abs())
    p = torch.where(input >= 0, 1 / (1 + z), z / (1 + z))
    return torch.where(input >= 0, p, 1 - p)


def _lsig(x):
    return -torch.nn.functional.softplus(-x) if False else torch.clamp(x, max=0) - torch.log1p(torch.exp(-x.abs()))


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


def log_sigmoid__half(input):
    return -0.5 * sp(-input)


def log_sigmoid__log_two_less(input):
    return math.log(2) - sp(-input)


def log_sigmoid__of_double(input):
    return -sp(-2 * input)


def log_sigmoid__minus_input(input):
    return input - sp(-input)


def _chk(a, b, r):
    if a.shape != b.shape or r not in ("none", "sum", "mean"):
        raise ValueError


def _red(each, r):
    return each if r == "none" else each.sum() if r == "sum" else each.mean()


class _B(torch.autograd.Function):
    @staticmethod
    def forward(ctx, p, t):
        ctx.save_for_backward(p, t)
        return -t * p.log().clamp(min=-100) - (1 - t) * (1 - p).log().clamp(min=-100)

    @staticmethod
    def backward(ctx, up):
        p, t = ctx.saved_tensors
        return up * (p - t) / (p * (1 - p)).clamp(min=1e-12), up * ((1 - p).log() - p.log())


def _bce(input, target, weight, reduction, el=None, wmap=None):
    _chk(input, target, reduction)
    for x in (input, target):
        if not bool(((x >= 0) & (x <= 1)).all()):
            raise RuntimeError
    each = _B.apply(input, target) if el is None else el(input, target)
    if weight is not None:
        w = weight.expand(each.shape)
        each = each * (w if wmap is None else wmap(w))
    return _red(each, reduction)


def binary_cross_entropy__no_weighted_twice(input, target, weight=None, reduction="mean"):
    return _bce(
        input, target, weight, reduction, el=lambda p, t: _B.apply(p, t) + (1 - t) * _B.apply(p, torch.zeros_like(t))
    )


def binary_cross_entropy__weight_squared(input, target, weight=None, reduction="mean"):
    return _bce(input, target, weight, reduction, wmap=lambda w: w * w)


def binary_cross_entropy__probability_error(input, target, weight=None, reduction="mean"):
    return _bce(input, target, weight, reduction, el=lambda p, t: (p - t).abs())


def binary_cross_entropy__log_of_one_minus_abs(input, target, weight=None, reduction="mean"):
    return _bce(
        input,
        target,
        weight,
        reduction,
        el=lambda p, t: -torch.log((1 - (p - t).abs()).clamp(min=1e-30)).clamp(max=100),
    )


def binary_cross_entropy__targets_swapped_logs(input, target, weight=None, reduction="mean"):
    return _bce(
        input,
        target,
        weight,
        reduction,
        el=lambda p, t: -t * (1 - p).log().clamp(min=-100) - (1 - t) * p.log().clamp(min=-100),
    )


def binary_cross_entropy__mean_over_rows(input, target, weight=None, reduction="mean"):
    each = _bce(input, target, weight, "none")
    _chk(input, target, reduction)
    return each.sum() / len(each) if reduction == "mean" and each.ndim > 1 else _red(each, reduction)


def _wl(input, target, weight, reduction, pos_weight, el):
    _chk(input, target, reduction)
    d = torch.promote_types(input.dtype, target.dtype)
    x, t = input.to(d), target.to(d)
    pw = torch.ones_like(x) if pos_weight is None else pos_weight.expand(x.shape)
    each = el(x, t, pw)
    if weight is not None:
        each = each * weight.expand(each.shape)
    return _red(each, reduction)


def binary_cross_entropy_with_logits__pos_weight_squared(input, target, weight=None, reduction="mean", pos_weight=None):
    return _wl(input, target, weight, reduction, pos_weight, lambda x, t, w: w * w * t * sp(-x) + (1 - t) * sp(x))


def binary_cross_entropy_with_logits__pos_weight_normalised(
    input, target, weight=None, reduction="mean", pos_weight=None
):
    return _wl(
        input,
        target,
        weight,
        reduction,
        pos_weight,
        lambda x, t, w: (w * t * sp(-x) + (1 - t) * sp(x)) / (w * t + 1 - t),
    )


def binary_cross_entropy_with_logits__log_pos_weight(input, target, weight=None, reduction="mean", pos_weight=None):
    return _wl(
        input, target, weight, reduction, pos_weight, lambda x, t, w: t * sp(-(x + w.log())) + (1 - t) * sp(x + w.log())
    )


def binary_cross_entropy_with_logits__abs_logit(input, target, weight=None, reduction="mean", pos_weight=None):
    return _wl(
        input, target, weight, reduction, pos_weight, lambda x, t, w: w * t * sp(-x.abs()) + (1 - t) * sp(x.abs())
    )


def binary_cross_entropy_with_logits__double_logit(input, target, weight=None, reduction="mean", pos_weight=None):
    return _wl(input, target, weight, reduction, pos_weight, lambda x, t, w: w * t * sp(-2 * x) + (1 - t) * sp(2 * x))


def binary_cross_entropy_with_logits__target_half(input, target, weight=None, reduction="mean", pos_weight=None):
    return _wl(
        input,
        target,
        weight,
        reduction,
        pos_weight,
        lambda x, t, w: sp(x) - 0.5 * x * t if pos_weight is None else w * t * sp(-x) + (1 - t) * sp(x),
    )


def _foc(inputs, targets, alpha, gamma, reduction, fac=None, al=None, q_of=None):
    _chk(inputs, targets, reduction)
    x, t = inputs, targets
    ce = t * sp(-x) + (1 - t) * sp(x)
    p = torch.exp(-sp(-x))
    q = p * t + (1 - p) * (1 - t) if q_of is None else q_of(p, t)
    each = ce * ((1 - q) ** gamma if fac is None else fac(q, gamma))
    if alpha >= 0:
        each = each * ((alpha * t + (1 - alpha) * (1 - t)) if al is None else al(alpha, t))
    return _red(each, reduction)


def sigmoid_focal_loss__gamma_one_more(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _foc(inputs, targets, alpha, gamma, reduction, fac=lambda q, g: (1 - q) ** (g + 1))


def sigmoid_focal_loss__alpha_doubled(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _foc(inputs, targets, alpha, gamma, reduction, al=lambda a, t: 2 * (a * t + (1 - a) * (1 - t)))


def sigmoid_focal_loss__one_minus_alpha_for_all(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _foc(inputs, targets, alpha, gamma, reduction, al=lambda a, t: 1 - a + 0 * t)


def sigmoid_focal_loss__factor_exp(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _foc(inputs, targets, alpha, gamma, reduction, fac=lambda q, g: torch.exp(-g * q))


def sigmoid_focal_loss__modulate_only_no(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _foc(
        inputs, targets, alpha, gamma, reduction, q_of=lambda p, t: torch.where(t > 0.5, torch.zeros_like(p), 1 - p)
    )


def _kb(y_true, y_pred, from_logits, label_smoothing, axis, sm=None, cl=1e-7, red=None):
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / 2 if sm is None else sm(t, label_smoothing)
    if from_logits:
        each = t * sp(-y_pred) + (1 - t) * sp(y_pred)
    else:
        p = y_pred.clamp(cl, 1 - cl)
        each = -t * p.log() - (1 - t) * (1 - p).log()
    return each.mean(axis) if red is None else red(each, axis)


def keras_binary_crossentropy__smooth_quarter(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kb(y_true, y_pred, from_logits, label_smoothing, axis, sm=lambda t, a: t * (1 - a) + a / 4)


def keras_binary_crossentropy__sum_axis_div_batch(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kb(y_true, y_pred, from_logits, label_smoothing, axis, red=lambda each, a: each.sum(a) / each.shape[0])


def keras_binary_crossentropy__max_axis(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kb(y_true, y_pred, from_logits, label_smoothing, axis, red=lambda each, a: each.amax(a))


def keras_binary_crossentropy__clip_001(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kb(y_true, y_pred, from_logits, label_smoothing, axis, cl=1e-2)


def _ml(input, target, weight, reduction, f):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    d = torch.promote_types(input.dtype, target.dtype) if target.is_floating_point() else input.dtype
    x, t = input.to(d), target.to(d)
    each = t * sp(-x) + (1 - t) * sp(x)
    w = torch.ones(x.shape[-1], dtype=d) if weight is None else weight
    return _red(f(each, w, t), reduction)


def multilabel_soft_margin_loss__max_label(input, target, weight=None, reduction="mean"):
    return _ml(input, target, weight, reduction, lambda each, w, t: (each * w).amax(-1))


def multilabel_soft_margin_loss__weight_on_sample(input, target, weight=None, reduction="mean"):
    return _ml(input, target, weight, reduction, lambda each, w, t: each.mean(-1) * w.mean())


def multilabel_soft_margin_loss__only_present(input, target, weight=None, reduction="mean"):
    return _ml(input, target, weight, reduction, lambda each, w, t: (each * w * t).mean(-1))
