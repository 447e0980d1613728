"""Wrong answers to the exercises of notebook 05, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _reduced(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _same_shape(input, target):
    if input.shape != target.shape:
        raise ValueError("the shapes differ")


def _sigmoid(x):
    e = torch.exp(-x.abs())
    return torch.where(x >= 0, 1 / (1 + e), e / (1 + e))


def _softplus(x):
    return torch.where(x > 0, x, torch.zeros_like(x)) + torch.log1p(torch.exp(-x.abs()))


# ---- from a review -----------------------------------------------------------------------------------------------


def _with_logits(formula):
    def loss(input, target, weight=None, reduction="mean", pos_weight=None):
        _same_shape(input, target)
        pw = torch.ones_like(input) if pos_weight is None else pos_weight
        losses = formula(input, target, pw)
        return _reduced(losses if weight is None else weight * losses, reduction)

    return loss


def binary_cross_entropy_with_logits__log_one_plus_exp(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        return (1 - t) * x + (1 + (pw - 1) * t) * torch.log(1 + torch.exp(-x))

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__log1p_exp(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        return (1 - t) * x + (1 + (pw - 1) * t) * torch.log1p(torch.exp(-x))

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__sigmoid_then_logs(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        p = 1 / (1 + torch.exp(-x))
        return -pw * t * torch.log(p) - (1 - t) * torch.log(1 - p)

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__where_over_100(input, target, weight=None, reduction="mean", pos_weight=None):
    def softplus(x):
        return torch.where(x > 100, x, torch.log(1 + torch.exp(x)))

    def formula(x, t, pw):
        return pw * t * softplus(-x) + (1 - t) * softplus(x)

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__padded_1e_8(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        p = _sigmoid(x)
        return -pw * t * torch.log(p + 1e-8) - (1 - t) * torch.log(1 - p + 1e-8)

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__clamped_1e_7(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        p = _sigmoid(x).clamp(1e-7, 1 - 1e-7)
        return -pw * t * torch.log(p) - (1 - t) * torch.log(1 - p)

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__tensorflow(logits, labels):
    """max(x, 0) - x · z + log(1 + exp(-|x|)), as TensorFlow's page has it."""
    return torch.clamp(logits, min=0) - logits * labels + torch.log(1 + torch.exp(-torch.abs(logits)))


def log_sigmoid__x_minus_log(input):
    return input - torch.log(1 + torch.exp(input))


def binary_cross_entropy__padded_1e_7(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    loss = -target * torch.log(input + 1e-7) - (1 - target) * torch.log(1 - input + 1e-7)
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy__mean_by_weights(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    a = torch.clamp(torch.log(input), min=-100)
    b = torch.clamp(torch.log(1 - input), min=-100)
    loss = -target * a - (1 - target) * b
    if weight is None:
        return _reduced(loss, reduction)
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else _reduced(loss, reduction)


# ---- written anew ------------------------------------------------------------------------------------------------


def sigmoid__overflows(input):
    return torch.exp(input) / (1 + torch.exp(input))


def sigmoid__sign(input):
    return 1 / (1 + torch.exp(input))


def sigmoid__late_where(input):
    return torch.where(input >= 0, 1 / (1 + torch.exp(-input)), torch.exp(input) / (1 + torch.exp(input)))


def sigmoid__tanh(input):
    return torch.tanh(input)


def sigmoid__tanh_not_halved(input):
    return (torch.tanh(input) + 1) / 2


def log_sigmoid__log_of_sigmoid(input):
    return torch.log(1 / (1 + torch.exp(-input)))


def log_sigmoid__minus_log1p(input):
    return -torch.log1p(torch.exp(-input))


def log_sigmoid__sign(input):
    return _softplus(-input)


def log_sigmoid__clamp_kink(input):
    return torch.clamp(input, max=0) - torch.log1p(torch.exp(-input.abs()))


def log_sigmoid__padded(input):
    return torch.log(_sigmoid(input) + 1e-10)


def log_sigmoid__late_where(input):
    return torch.where(input > 0, -torch.log1p(torch.exp(-input)), input - torch.log1p(torch.exp(input)))


def binary_cross_entropy__only_yes(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    loss = -target * torch.clamp(torch.log(input), min=-100)
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy__takes_logits(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    loss = target * _softplus(-input) + (1 - target) * _softplus(input)
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy__nan(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    loss = -(target * input.log() + (1 - target) * (1 - input).log())
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy__clamped_1e_6(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    p = torch.clamp(input, 1e-6, 1 - 1e-6)
    loss = -(target * p.log() + (1 - target) * (1 - p).log())
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy__swapped(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    a = torch.log(target).clamp(min=-100)
    b = torch.log(1 - target).clamp(min=-100)
    loss = -input * a - (1 - input) * b
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy__reduction_ignored(input, target, weight=None, reduction="mean"):
    a = torch.log(input).clamp(min=-100)
    b = torch.log(1 - input).clamp(min=-100)
    return torch.mean(-target * a - (1 - target) * b)


def binary_cross_entropy_with_logits__pos_weight_on_both(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        return pw * (t * _softplus(-x) + (1 - t) * _softplus(x))

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__pos_weight_on_no(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        return t * _softplus(-x) + pw * (1 - t) * _softplus(x)

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__no_pos_weight(input, target, weight=None, reduction="mean"):
    _same_shape(input, target)
    loss = target * _softplus(-input) + (1 - target) * _softplus(input)
    return _reduced(loss if weight is None else weight * loss, reduction)


def binary_cross_entropy_with_logits__no_sigmoid(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        return -pw * t * torch.log(x) - (1 - t) * torch.log(1 - x)

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def binary_cross_entropy_with_logits__targets_flipped(input, target, weight=None, reduction="mean", pos_weight=None):
    def formula(x, t, pw):
        return pw * t * _softplus(x) + (1 - t) * _softplus(-x)

    return _with_logits(formula)(input, target, weight, reduction, pos_weight)


def _focal(inputs, targets, alpha, gamma, reduction, power=None, factor=None):
    _same_shape(inputs, targets)
    p = _sigmoid(inputs)
    ce = targets * _softplus(-inputs) + (1 - targets) * _softplus(inputs)
    q = p * targets + (1 - p) * (1 - targets)
    loss = ce * (1 - q) ** gamma if power is None else ce * power(q, p)
    if alpha >= 0:
        a = alpha * targets + (1 - alpha) * (1 - targets) if factor is None else factor(targets)
        loss = a * loss
    return _reduced(loss, reduction)


def sigmoid_focal_loss__alpha_on_both(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _focal(inputs, targets, alpha, gamma, reduction, factor=lambda t: alpha)


def sigmoid_focal_loss__alpha_flipped(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _focal(inputs, targets, alpha, gamma, reduction, factor=lambda t: (1 - alpha) * t + alpha * (1 - t))


def sigmoid_focal_loss__p_of_yes(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _focal(inputs, targets, alpha, gamma, reduction, power=lambda q, p: (1 - p) ** gamma)


def sigmoid_focal_loss__power_of_q(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    return _focal(inputs, targets, alpha, gamma, reduction, power=lambda q, p: q**gamma)


def sigmoid_focal_loss__negative_alpha_used(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    _same_shape(inputs, targets)
    p = _sigmoid(inputs)
    ce = targets * _softplus(-inputs) + (1 - targets) * _softplus(inputs)
    q = p * targets + (1 - p) * (1 - targets)
    return _reduced((alpha * targets + (1 - alpha) * (1 - targets)) * (1 - q) ** gamma * ce, reduction)


def sigmoid_focal_loss__by_positives(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    losses = _focal(inputs, targets, alpha, gamma, "none")
    if reduction == "mean":
        return losses.sum() / targets.sum()
    return _reduced(losses, reduction)


def keras_binary_crossentropy__smoothing_not_halved(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    _same_shape(y_true, y_pred)
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing
    if from_logits:
        return (t * _softplus(-y_pred) + (1 - t) * _softplus(y_pred)).mean(axis)
    p = y_pred.clamp(1e-7, 1 - 1e-7)
    return (-t * p.log() - (1 - t) * (1 - p).log()).mean(axis)


def keras_binary_crossentropy__padded(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    _same_shape(y_true, y_pred)
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return (t * _softplus(-y_pred) + (1 - t) * _softplus(y_pred)).mean(axis)
    eps = 1e-7
    return (-t * torch.log(y_pred + eps) - (1 - t) * torch.log(1 - y_pred + eps)).mean(axis)


def keras_binary_crossentropy__mean_of_all(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    _same_shape(y_true, y_pred)
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return (t * _softplus(-y_pred) + (1 - t) * _softplus(y_pred)).mean()
    p = y_pred.clamp(1e-7, 1 - 1e-7)
    return (-t * p.log() - (1 - t) * (1 - p).log()).mean()


def keras_binary_crossentropy__summed(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    _same_shape(y_true, y_pred)
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / 2
    if from_logits:
        return (t * _softplus(-y_pred) + (1 - t) * _softplus(y_pred)).sum(axis)
    p = y_pred.clamp(1e-7, 1 - 1e-7)
    return (-t * p.log() - (1 - t) * (1 - p).log()).sum(axis)


def multilabel_soft_margin_loss__summed_over_labels(input, target, weight=None, reduction="mean"):
    t = target.to(input.dtype)
    loss = t * _softplus(-input) + (1 - t) * _softplus(input)
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.sum(-1), reduction)


def multilabel_soft_margin_loss__sum_of_all(input, target, weight=None, reduction="mean"):
    t = target.to(input.dtype)
    loss = t * _softplus(-input) + (1 - t) * _softplus(input)
    if weight is not None:
        loss = loss * weight
    return _reduced(loss, reduction)


def multilabel_soft_margin_loss__by_weights(input, target, weight=None, reduction="mean"):
    t = target.to(input.dtype)
    loss = t * _softplus(-input) + (1 - t) * _softplus(input)
    if weight is not None:
        return _reduced((loss * weight).sum(-1) / weight.sum(), reduction)
    return _reduced(loss.mean(-1), reduction)


def multilabel_soft_margin_loss__plus_minus_one(input, target, weight=None, reduction="mean"):
    loss = _softplus(-target.to(input.dtype) * input)
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.mean(-1), reduction)


def multilabel_soft_margin_loss__overflows(input, target, weight=None, reduction="mean"):
    p = 1 / (1 + torch.exp(-input))
    t = target.to(input.dtype)
    loss = -(t * torch.log(p) + (1 - t) * torch.log(1 - p))
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.mean(-1), reduction)


# ---- written after that ----------------------------------------------------------------------------------------------


def sigmoid__exp_of_x(input):
    # inf / inf on the right
    return torch.exp(input) / (torch.exp(input) + 1)


def sigmoid__hard(input):
    # the piecewise approximation
    return torch.clamp(0.2 * input + 0.5, 0.0, 1.0)


def sigmoid__loop_no_graph(input):
    out = [1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v)) for v in input.flatten().tolist()]
    return torch.tensor(out, dtype=input.dtype).reshape(input.shape)


def log_sigmoid__relu_and_log1p(input):
    # stable, slope at 0 by relu and abs
    return -(torch.relu(-input) + torch.log1p(torch.exp(-torch.abs(input))))


def log_sigmoid__of_minus(input):
    # ln σ(-x)
    return torch.minimum(-input, torch.zeros_like(input)) - torch.log1p(torch.exp(-input.abs()))


def binary_cross_entropy_with_logits__probabilities(input, target, weight=None, reduction="mean", pos_weight=None):
    # no sigmoid: input taken for probabilities
    p = input.clamp(1e-7, 1 - 1e-7)
    pw = 1.0 if pos_weight is None else pos_weight
    loss = -(pw * target * torch.log(p) + (1 - target) * torch.log(1 - p))
    if weight is not None:
        loss = loss * weight
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def binary_cross_entropy_with_logits__sum_over_weights(input, target, weight=None, reduction="mean", pos_weight=None):
    def softplus(z):
        return (
            torch.logaddexp(z, torch.zeros_like(z))
            if False
            else torch.clamp(z, min=0) + torch.log1p(torch.exp(-z.abs()))
        )

    pw = 1.0 if pos_weight is None else pos_weight
    loss = pw * target * softplus(-input) + (1 - target) * softplus(input)
    if weight is not None:
        loss = loss * weight
        if reduction == "mean":
            return loss.sum() / weight.expand_as(loss).sum()
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda v: v}[reduction](loss)


def keras_binary_crossentropy__eps_in_logs(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    # old Keras: + eps inside both logarithms
    y = y_true.to(y_pred.dtype)
    y = y * (1 - label_smoothing) + 0.5 * label_smoothing
    p = 1 / (1 + torch.exp(-y_pred)) if from_logits else y_pred
    return -(y * torch.log(p + 1e-7) + (1 - y) * torch.log(1 - p + 1e-7)).mean(axis)


def keras_binary_crossentropy__smoothing_whole(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    # α is added in place of α / 2
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    y = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing
    if from_logits:
        loss = torch.maximum(y_pred, torch.zeros_like(y_pred)) - y_pred * y + torch.log1p(torch.exp(-y_pred.abs()))
    else:
        p = y_pred.clamp(1e-7, 1 - 1e-7)
        loss = -(y * p.log() + (1 - y) * (1 - p).log())
    return loss.mean(dim=axis)


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def binary_cross_entropy__no_side(input, target, weight=None, reduction="mean"):
    # only -t ln p
    loss = -target * torch.clamp(torch.log(input), min=-100)
    if weight is not None:
        loss = loss * weight
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def binary_cross_entropy__expects_logits(input, target, weight=None, reduction="mean"):
    p = 1 / (1 + torch.exp(-input))
    loss = -(target * torch.log(p) + (1 - target) * torch.log(1 - p))
    if weight is not None:
        loss = loss * weight
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss


def binary_cross_entropy__hard_targets(input, target, weight=None, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shape")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction)
    p_right = torch.where(target == 1, input, 1 - input)
    loss = -p_right.log().clamp(min=-100)
    if weight is not None:
        loss = loss * weight.expand_as(loss)
    return loss if reduction == "none" else getattr(loss, reduction)()


def sigmoid_focal_loss__alpha_for_both(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    p = 1 / (1 + torch.exp(-inputs))
    ce = torch.logaddexp(torch.zeros_like(inputs), -inputs) * targets + torch.logaddexp(
        torch.zeros_like(inputs), inputs
    ) * (1 - targets)
    pt = p * targets + (1 - p) * (1 - targets)
    loss = alpha * (1 - pt) ** gamma * ce
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def sigmoid_focal_loss__mean_always(inputs, targets, alpha=0.25, gamma=2.0, reduction="mean"):
    z = torch.zeros_like(inputs)
    ce = targets * torch.logaddexp(z, -inputs) + (1 - targets) * torch.logaddexp(z, inputs)
    p = torch.exp(-ce)
    a = alpha * targets + (1 - alpha) * (1 - targets) if alpha >= 0 else 1
    loss = a * (1 - p) ** gamma * ce
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def multilabel_soft_margin_loss__softmax(input, target, weight=None, reduction="mean"):
    # a softmax over the labels
    z = input - input.amax(-1, keepdim=True)
    lp = z - z.exp().sum(-1, keepdim=True).log()
    loss = -(target * lp).mean(-1)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def multilabel_soft_margin_loss__summed_labels(input, target, weight=None, reduction="mean"):
    zero = torch.zeros_like(input)
    loss = target * torch.logaddexp(zero, -input) + (1 - target) * torch.logaddexp(zero, input)
    if weight is not None:
        loss = loss * weight
    loss = loss.sum(-1)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- kept back, written last -----------------------------------------------------------------------------------------


def sigmoid__softsign(input):
    return 0.5 * (input / (1 + input.abs()) + 1)


def log_sigmoid__only_right(input):
    # ln(1 + e^-x) without the minus
    return torch.log1p(torch.exp(-input.abs())) + torch.relu(-input)


def binary_cross_entropy__log_base(input, target, weight=None, reduction="mean"):
    p = input.clamp(1e-12, 1 - 1e-12)
    loss = -(target * torch.log2(p) + (1 - target) * torch.log2(1 - p))
    if weight is not None:
        loss = loss * weight
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda x: x}[reduction](loss)


def binary_cross_entropy_with_logits__hinge(input, target, weight=None, reduction="mean", pos_weight=None):
    y = 2 * target - 1
    loss = torch.relu(1 - y * input)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def sigmoid_focal_loss__gamma_one(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    zero = torch.zeros_like(inputs)
    ce = targets * torch.logaddexp(zero, -inputs) + (1 - targets) * torch.logaddexp(zero, inputs)
    p = 1 / (1 + torch.exp(-inputs))
    pt = p * targets + (1 - p) * (1 - targets)
    a = alpha * targets + (1 - alpha) * (1 - targets)
    loss = a * (1 - pt) * ce
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def multilabel_soft_margin_loss__mean_of_the_present(input, target, weight=None, reduction="mean"):
    # divided by the number of labels that are there
    zero = torch.zeros_like(input)
    loss = target * torch.logaddexp(zero, -input) + (1 - target) * torch.logaddexp(zero, input)
    loss = loss.sum(-1) / target.sum(-1).clamp(min=1)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def sigmoid__clamps_logits_gradient_lost(input):
    # clamps logits, gradient lost beyond
    x = input.clamp(-5, 5)
    return 1 / (1 + torch.exp(-x))


# ---- from a second set: less common ones --------------------------------------------------------------------------


def sigmoid__negative_branch_missing_where(input):
    # negative branch missing: where with 1 -
    e = torch.exp(-input.abs())
    return 1 / (1 + e)


def sigmoid__softplus(input):
    # softplus
    return input.clamp(min=0) + torch.log1p(torch.exp(-input.abs()))


def log_sigmoid__missing_log1p_log_exp(input):
    # missing log1p: log(exp)
    return torch.minimum(input, torch.zeros_like(input)) - torch.exp(-input.abs())


def log_sigmoid__abs_missing_sign_max(input):
    # abs missing sign: max instead of min
    return torch.maximum(input, torch.zeros_like(input)) - torch.log1p(torch.exp(-input.abs()))


def binary_cross_entropy__plus_between_sign_slip(input, target, weight=None, reduction="mean"):
    # plus between with sign slip
    if input.shape != target.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError("s")
    loss = -target * input.log().clamp(min=-100) + (1 - target) * (1 - input).log().clamp(min=-100)
    if weight is not None:
        loss = loss * weight
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def binary_cross_entropy__log_1_p_log1p(input, target, weight=None, reduction="mean"):
    # log(1 - p) with log1p(p)
    if input.shape != target.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError("s")
    loss = -target * input.log().clamp(min=-100) - (1 - target) * torch.log1p(input).clamp(min=-100)
    if weight is not None:
        loss = loss * weight
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def binary_cross_entropy_with_logits__abs_stable_formula_forgotten(
    input, target, weight=None, reduction="mean", pos_weight=None
):
    # abs in the stable formula forgotten
    if input.shape != target.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError("s")
    loss = input.clamp(min=0) - input * target + torch.log1p(torch.exp(input))
    if weight is not None:
        loss = loss * weight
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def binary_cross_entropy_with_logits__pos_weight_target_t(
    input, target, weight=None, reduction="mean", pos_weight=None
):
    # pos_weight on target: t * pw in both places
    if input.shape != target.shape or reduction not in ("none", "sum", "mean"):
        raise ValueError("s")
    t = target if pos_weight is None else target * pos_weight
    loss = input.clamp(min=0) - input * t + torch.log1p(torch.exp(-input.abs()))
    if weight is not None:
        loss = loss * weight
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def sigmoid_focal_loss__alpha_used_exponent_loss(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    # alpha used as exponent: loss without (1-q) but alpha ** gamma
    ce = inputs.clamp(min=0) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    loss = alpha * gamma * ce
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def sigmoid_focal_loss__q_p_only_flipped(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    # q is p only (not flipped for a no)
    p = 1 / (1 + torch.exp(-inputs))
    ce = inputs.clamp(min=0) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    loss = (1 - p) ** gamma * ce
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def keras_binary_crossentropy__smoothing_without_half(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    # smoothing without the half
    if y_true.shape != y_pred.shape:
        raise ValueError("s")
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing
    if from_logits:
        loss = y_pred.clamp(min=0) - y_pred * t + torch.log1p(torch.exp(-y_pred.abs()))
    else:
        p = y_pred.clamp(1e-7, 1 - 1e-7)
        loss = -t * p.log() - (1 - t) * (1 - p).log()
    return loss.mean(axis)


def multilabel_soft_margin_loss__targets_1_1(input, target, weight=None, reduction="mean"):
    # targets as -1/1
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("r")
    z = -target * input
    loss = z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))
    if weight is not None:
        loss = loss * weight
    loss = loss.mean(-1)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- from a third set ---------------------------------------------------------------------------------------------


def sigmoid__minus_one_missing_exp(input):
    # minus one missing: exp(x)/(exp(x)-1)
    return 1 / (1 - torch.exp(-input))


def sigmoid__2_sigmoid_1(input):
    # 2 sigmoid - 1
    return torch.tanh(input / 2)


def log_sigmoid__log_1_exp_x(input):
    # log(1 + exp(-x)) with no minus and overflow
    return torch.log(1 + torch.exp(-input))


def log_sigmoid__sigmoid_then_log2(input):
    # sigmoid then log2
    return torch.log2(1 / (1 + torch.exp(-input)))


def binary_cross_entropy__mean_halves_divides_two(input, target, weight=None, reduction="mean"):
    # mean halves: divides by two classes
    loss = -(target * input.log().clamp(min=-100) + (1 - target) * (1 - input).log().clamp(min=-100)) / 2
    if weight is not None:
        loss = loss * weight
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def binary_cross_entropy__weight_only_positives(input, target, weight=None, reduction="mean"):
    # weight only for positives
    w = torch.ones_like(input) if weight is None else weight
    loss = -(w * target * input.log().clamp(min=-100) + (1 - target) * (1 - input).log().clamp(min=-100))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def binary_cross_entropy_with_logits__clamp_probability_1e_6(
    input, target, weight=None, reduction="mean", pos_weight=None
):
    # clamp of probability 1e-6
    p = (1 / (1 + torch.exp(-input))).clamp(1e-6, 1 - 1e-6)
    pw = 1.0 if pos_weight is None else pos_weight
    loss = -(pw * target * p.log() + (1 - target) * (1 - p).log())
    if weight is not None:
        loss = loss * weight
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def binary_cross_entropy_with_logits__sigmoid(input, target, weight=None, reduction="mean", pos_weight=None):
    # no sigmoid
    loss = -(target * input.abs().log() + (1 - target) * (1 - input).abs().log())
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def sigmoid_focal_loss__gamma_multiplies(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    # gamma multiplies
    p = 1 / (1 + torch.exp(-inputs))
    ce = inputs.clamp(min=0) - inputs * targets + torch.log1p(torch.exp(-inputs.abs()))
    q = p * targets + (1 - p) * (1 - targets)
    loss = gamma * (1 - q) * ce
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def keras_binary_crossentropy__clip_1e_8(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    # clip at 1e-8
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        loss = y_pred.clamp(min=0) - y_pred * t + torch.log1p(torch.exp(-y_pred.abs()))
    else:
        p = y_pred.clamp(1e-6, 1 - 1e-6)
        loss = -t * p.log() - (1 - t) * (1 - p).log()
    return loss.mean(axis)


def multilabel_soft_margin_loss__softmax_over_labels(input, target, weight=None, reduction="mean"):
    # softmax over labels
    z = input - input.amax(-1, keepdim=True)
    lp = z - z.exp().sum(-1, keepdim=True).log()
    loss = -(target * lp)
    if weight is not None:
        loss = loss * weight
    loss = loss.mean(-1)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- dice_loss, as it is written in a hurry ----------------------------------------------------------------------


def _dice_sums(input, target, batch, dims):
    if input.shape != target.shape:
        raise ValueError("shapes")
    target = target.to(input.dtype)
    dims = tuple(range(input.ndim)) if batch else dims
    return (input * target).sum(dims), input.sum(dims), target.sum(dims)


def _dice_reduced(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _behind(input):
    return tuple(range(1, input.ndim))


def dice_loss__flattened(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, True, None)
    return _dice_reduced(1 - (2 * i + smooth) / (p + t + smooth), reduction)


def dice_loss__iou(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    return _dice_reduced(1 - (i + smooth) / (p + t - i + smooth), reduction)


def dice_loss__keras(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    return _dice_reduced(1 - 2 * i / (p + t + smooth), reduction)


def dice_loss__smooth_doubled(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    return _dice_reduced(1 - 2 * (i + smooth) / (p + t + smooth), reduction)


def dice_loss__vnet(input, target, smooth=1.0, batch=False, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shapes")
    x, y = input.flatten(1), target.flatten(1).to(input.dtype)
    i, sizes = (x * y).sum(1), (x * x).sum(1) + (y * y).sum(1)
    if batch:
        i, sizes = i.sum(), sizes.sum()
    return _dice_reduced(1 - (2 * i + smooth) / (sizes + smooth), reduction)


def dice_loss__of_logits(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(torch.sigmoid(input), target, batch, _behind(input))
    return _dice_reduced(1 - (2 * i + smooth) / (p + t + smooth), reduction)


def dice_loss__hard(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums((input > 0.5).to(input.dtype), target, batch, _behind(input))
    return _dice_reduced(1 - (2 * i + smooth) / (p + t + smooth), reduction)


def dice_loss__rows_only(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, -1)
    return _dice_reduced(1 - (2 * i + smooth) / (p + t + smooth), reduction)


def dice_loss__score(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    return _dice_reduced((2 * i + smooth) / (p + t + smooth), reduction)


def dice_loss__shape_not_looked_at(input, target, smooth=1.0, batch=False, reduction="mean"):
    target = target.to(input.dtype)
    both = input * target
    dims = tuple(range(both.ndim)) if batch else tuple(range(1, both.ndim))
    i, p, t = (x.expand_as(both).sum(dims) for x in (both, input, target))
    return _dice_reduced(1 - (2 * i + smooth) / (p + t + smooth), reduction)


# ---- of dice_loss, written after its catalogue -------------------------------------------------------------------


def dice_loss__mean_of_sizes(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    return _dice_reduced(1 - (i + smooth) / ((p + t) / 2 + smooth), reduction)


def dice_loss__twice_smooth(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    return _dice_reduced(1 - (2 * i + 2 * smooth) / (p + t + 2 * smooth), reduction)


def dice_loss__f1_of_counts(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    precision, recall = (i + smooth) / (p + smooth), (i + smooth) / (t + smooth)
    return _dice_reduced(1 - 2 * precision * recall / (precision + recall), reduction)


def dice_loss__batch_after_the_division(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, False, _behind(input))
    loss = 1 - (2 * i + smooth) / (p + t + smooth)
    return loss.mean() if batch else _dice_reduced(loss, reduction)


def dice_loss__first_channel(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, tuple(range(2, input.ndim)) or (1,))
    return _dice_reduced(1 - (2 * i + smooth) / (p + t + smooth), reduction)


def dice_loss__nan_to_zero(input, target, smooth=1.0, batch=False, reduction="mean"):
    i, p, t = _dice_sums(input, target, batch, _behind(input))
    return _dice_reduced((1 - (2 * i + smooth) / (p + t + smooth)).nan_to_num(), reduction)


def dice_loss__absolute_differences(input, target, smooth=1.0, batch=False, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shapes")
    target = target.to(input.dtype)
    dims = tuple(range(input.ndim)) if batch else _behind(input)
    apart, sizes = (input - target).abs().sum(dims), (input + target).sum(dims)
    return _dice_reduced(apart / (sizes + smooth), reduction)
