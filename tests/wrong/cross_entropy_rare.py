"""Wrong answers to the exercises of notebook 04, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _lsm(x, d):
    x = x - x.amax(d, keepdim=True)
    return x - x.exp().sum(d, keepdim=True).log()


def smooth_targets__squared_eps(target, num_classes, label_smoothing):
    out = torch.full((len(target), num_classes), label_smoothing**2 / num_classes)
    out.scatter_add_(1, target[:, None], torch.full((len(target), 1), 1 - label_smoothing**2))
    return out


def smooth_targets__columns(target, num_classes, label_smoothing):
    one_hot = torch.nn.functional.one_hot(target, num_classes).float()
    return one_hot * (1 - label_smoothing) + label_smoothing * one_hot.mean(0, keepdim=True)


def smooth_targets__off_by_one_class(target, num_classes, label_smoothing):
    one_hot = torch.nn.functional.one_hot((target + 1) % num_classes, num_classes).float()
    return one_hot * (1 - label_smoothing) + label_smoothing / num_classes


def smooth_targets__transposed(target, num_classes, label_smoothing):
    one_hot = torch.nn.functional.one_hot(target, num_classes).float()
    return (one_hot * (1 - label_smoothing) + label_smoothing / num_classes).T


def _nll(input, target, weight, ignore_index, reduction, pick=None, w_of=None, denom=None):
    d = 1 if input.ndim > 1 else 0
    c = input.shape[d]
    keep = target != ignore_index
    if bool(((target < 0) | (target >= c))[keep].any()):
        raise IndexError("target")
    y = torch.where(keep, target, 0)
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    x = input.gather(d, y.unsqueeze(d)).squeeze(d)
    wy = w[y]
    loss = (
        torch.where(keep, -wy * x, torch.zeros_like(x))
        if pick is None
        else torch.where(keep, pick(wy, x), torch.zeros_like(x))
    )
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / (denom(wy, keep) if denom else (wy * keep).sum())


def nll_loss__weights_rooted(input, target, weight=None, ignore_index=-100, reduction="mean"):
    return _nll(input, target, weight, ignore_index, reduction, pick=lambda w, x: -w.sqrt() * x)


def nll_loss__weight_added(input, target, weight=None, ignore_index=-100, reduction="mean"):
    if weight is None:
        return _nll(input, target, weight, ignore_index, reduction)
    return _nll(input, target, weight, ignore_index, reduction, pick=lambda w, x: -(x + w))


def nll_loss__sum_is_mean_times_n(input, target, weight=None, ignore_index=-100, reduction="mean"):
    if reduction == "sum":
        return _nll(input, target, weight, ignore_index, "mean") * target.numel()
    return _nll(input, target, weight, ignore_index, reduction)


def nll_loss__ignore_zero_too(input, target, weight=None, ignore_index=-100, reduction="mean"):
    y = torch.where(target == 0, torch.full_like(target, ignore_index), target)
    return _nll(input, y, weight, ignore_index, reduction)


def nll_loss__abs(input, target, weight=None, ignore_index=-100, reduction="mean"):
    return _nll(input, target, weight, ignore_index, reduction, pick=lambda w, x: w * x.abs() * 0.5)


def _seq(logits, target, padding):
    keep = target != padding
    x = torch.where(keep[..., None], logits, torch.zeros_like(logits))
    nll = -_lsm(x, 2).gather(2, target[..., None]).squeeze(2)
    return nll, keep


def sequence_loss__longest_only(logits, target, padding):
    nll, keep = _seq(logits, target, padding)
    i = keep.sum(1).argmax()
    return nll[i][keep[i]].mean()


def sequence_loss__sum_over_time_mean_over_batch(logits, target, padding):
    nll, keep = _seq(logits, target, padding)
    return (nll * keep).sum(1).mean()


def sequence_loss__lengths_from_nonzero(logits, target, padding):
    nll, keep = _seq(logits, target, padding)
    return (nll * keep).sum() / (target != 0).sum()


def sequence_loss__padding_logit_masked(logits, target, padding):
    x = logits.clone()
    x[..., padding] = -1e9
    nll, keep = _seq(x, target, padding)
    return nll[keep].mean()


def sequence_loss__half_weight(logits, target, padding):
    nll, keep = _seq(logits, target, padding)
    w = torch.where(keep, 1.0, 0.1)
    return (nll * w).sum() / w.sum()


def _sl(logits, target):
    return -_lsm(logits, 1)[torch.arange(len(target)), target]


def focal_loss__p_of_weighted_logits(logits, target, gamma=2.0, weight=None):
    x = logits if weight is None else logits * weight
    nll = _sl(x, target)
    return ((1 - (-nll).exp()) ** gamma * nll).mean()


def focal_loss__negative_gamma(logits, target, gamma=2.0, weight=None):
    nll = _sl(logits, target)
    w = 1.0 if weight is None else weight[target]
    return (w * (1 - (-nll).exp()) ** (-gamma) * nll).mean()


def focal_loss__max_prob(logits, target, gamma=2.0, weight=None):
    nll = _sl(logits, target)
    p = _lsm(logits, 1).exp().max(1).values
    w = 1.0 if weight is None else weight[target]
    return (w * (1 - p) ** gamma * nll).mean()


def focal_loss__linear_probability_loss(logits, target, gamma=2.0, weight=None):
    nll = _sl(logits, target)
    p = (-nll).exp()
    w = 1.0 if weight is None else weight[target]
    return (w * (1 - p) ** gamma * (1 - p)).mean()


def focal_loss__weight_mean_normalised(logits, target, gamma=2.0, weight=None):
    nll = _sl(logits, target)
    w = torch.ones_like(nll) if weight is None else weight[target] / weight.mean()
    return (w * (1 - (-nll).exp()) ** gamma * nll).mean()


def _kcc(y_true, y_pred, from_logits, label_smoothing, axis, post=None, share=None):
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype)
    k = y_pred.shape[axis]
    t = t * (1 - label_smoothing) + label_smoothing / k
    if from_logits:
        lp = _lsm(y_pred, axis)
    else:
        p = y_pred / y_pred.sum(axis, keepdim=True) if share is None else share(y_pred, axis)
        lp = p.clamp(1e-7, 1 - 1e-7).log()
    return -(t * lp).sum(axis) if post is None else post(t, lp, axis)


def keras_categorical_crossentropy__mean_axis(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kcc(y_true, y_pred, from_logits, label_smoothing, axis, post=lambda t, lp, a: -(t * lp).mean(a))


def keras_categorical_crossentropy__softmax_scores(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kcc(y_true, y_pred, from_logits, label_smoothing, axis, share=lambda x, a: _lsm(x, a).exp())


def keras_categorical_crossentropy__argmax_target(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kcc(
        y_true,
        y_pred,
        from_logits,
        label_smoothing,
        axis,
        post=lambda t, lp, a: -lp.gather(a, t.argmax(a, keepdim=True)).squeeze(a),
    )


def keras_categorical_crossentropy__l2_norm(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    return _kcc(y_true, y_pred, from_logits, label_smoothing, axis, share=lambda x, a: x / x.norm(dim=a, keepdim=True))


def _ksc(y_true, y_pred, from_logits, ignore_class, axis, floor=1e-7, norm=True, ignored=0.0, mean=False):
    y = y_true
    if y.ndim == y_pred.ndim and y.shape[axis] == 1:
        y = y.squeeze(axis)
    if y.shape != y_pred.select(axis, 0).shape:
        raise ValueError
    y = y.long()
    keep = torch.ones_like(y, dtype=torch.bool) if ignore_class is None else y != ignore_class
    if bool(((y < 0) | (y >= y_pred.shape[axis]))[keep].any()):
        raise RuntimeError
    x = torch.where(keep.unsqueeze(axis), y_pred, torch.ones_like(y_pred))
    if from_logits:
        lp = _lsm(x, axis)
    else:
        p = x / x.sum(axis, keepdim=True) if norm else x
        lp = p.clamp(floor, 1 - floor).log()
    each = -lp.gather(axis, torch.where(keep, y, 0).unsqueeze(axis)).squeeze(axis)
    each = torch.where(keep, each, torch.full_like(each, ignored))
    return each.mean() if mean else each


def keras_sparse_categorical_crossentropy__floor(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    return _ksc(y_true, y_pred, from_logits, ignore_class, axis, floor=1e-3)


def keras_sparse_categorical_crossentropy__ignored_one(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    return _ksc(y_true, y_pred, from_logits, ignore_class, axis, ignored=1.0)


def keras_sparse_categorical_crossentropy__labels_from_one(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    return _ksc(y_true - 1 if ignore_class is None else y_true, y_pred, from_logits, ignore_class, axis)


def _ce(
    input,
    target,
    weight,
    ignore_index,
    reduction,
    label_smoothing,
    hard=1.0,
    spread=1.0,
    wspread=True,
    lp_of=None,
    den=None,
):
    d = 0 if input.ndim == 1 else 1
    c = input.shape[d]
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    shape = [1] * input.ndim
    shape[d] = c
    wv = w.view(shape)
    lp = _lsm(input, d) if lp_of is None else lp_of(input, d)
    if target.is_floating_point():
        q = target * (1 - label_smoothing) + label_smoothing / c
        loss = -(wv * q * lp).sum(d)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / loss.numel()
    keep = target != ignore_index
    if bool(((target < 0) | (target >= c))[keep].any()):
        raise IndexError
    y = torch.where(keep, target, 0)
    loss = -hard * (1 - label_smoothing) * w[y] * lp.gather(d, y.unsqueeze(d)).squeeze(d)
    if label_smoothing:
        loss = loss - spread * label_smoothing / c * ((wv if wspread else 1.0) * lp).sum(d)
    loss = torch.where(keep, loss, torch.zeros_like(loss))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / (den(w, y, keep) if den else (w[y] * keep).sum())


def cross_entropy__smoothing_doubled(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing, spread=2.0)


def cross_entropy__spread_mean_not_over_c(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    c = input.shape[0 if input.ndim == 1 else 1]
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing, spread=float(c))


def cross_entropy__weights_sum_denominator(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing, den=lambda w, y, k: k.sum() * w.mean())


def cross_entropy__no_smoothing_decrease(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    return _ce(
        input,
        target,
        weight,
        ignore_index,
        reduction,
        label_smoothing,
        hard=1.0 / (1 - label_smoothing) if label_smoothing < 1 else 1.0,
    )


def cross_entropy__mean_plus_eps(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    return _ce(
        input, target, weight, ignore_index, reduction, label_smoothing, den=lambda w, y, k: (w[y] * k).sum() + 1e-3
    )


def cross_entropy__ignored_negatives(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    if not target.is_floating_point():
        target = torch.where(target < 0, torch.full_like(target, ignore_index), target)
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing)
