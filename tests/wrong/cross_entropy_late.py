"""Wrong answers to the exercises of notebook 04, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _lsm(x, d):
    x = x - x.amax(d, keepdim=True)
    return x - x.exp().sum(d, keepdim=True).log()


def smooth_targets__eps_over_k_minus_right(target, num_classes, label_smoothing):
    q = torch.zeros(len(target), num_classes)
    for i, y in enumerate(target.tolist()):
        for c in range(num_classes):
            q[i, c] = 1 - label_smoothing if c == y else label_smoothing / num_classes
    return q


def _nll(input, target, weight, ignore_index, reduction, mask_value=None, div=None):
    d = 1 if input.ndim > 1 else 0
    c = input.shape[d]
    keep = target != ignore_index
    if bool(((target < 0) | (target >= c))[keep].any()):
        raise IndexError("target")
    y = torch.where(keep, target, 0)
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    loss = torch.where(keep, -w[y] * input.gather(d, y.unsqueeze(d)).squeeze(d), torch.zeros_like(w[y]))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / div(w, y, keep) if div else loss.sum() / (w[y] * keep).sum()


def nll_loss__divides_by_n_valid_times_c(input, target, weight=None, ignore_index=-100, reduction="mean"):
    return _nll(input, target, weight, ignore_index, reduction, div=lambda w, y, k: k.sum())


def nll_loss__max_of_valid_and_one(input, target, weight=None, ignore_index=-100, reduction="mean"):
    return _nll(input, target, weight, ignore_index, reduction, div=lambda w, y, k: (w[y] * k).sum().clamp(min=1e-12))


def sequence_loss__per_position_then_mean(logits, target, padding):
    keep = target != padding
    x = torch.where(keep[..., None], logits, torch.zeros_like(logits))
    nll = -_lsm(x, 2).gather(2, target[..., None]).squeeze(2) * keep
    n = keep.sum(0)
    return (nll.sum(0) / n.clamp(min=1))[n > 0].mean()


def focal_loss__gamma_on_loss(logits, target, gamma=2.0, weight=None):
    nll = -_lsm(logits, 1)[torch.arange(len(target)), target]
    w = 1.0 if weight is None else weight[target]
    return (w * nll**gamma).mean()


def focal_loss__alpha_weights_normalised(logits, target, gamma=2.0, weight=None):
    nll = -_lsm(logits, 1)[torch.arange(len(target)), target]
    w = torch.ones_like(nll) if weight is None else weight[target]
    return (w * (1 - (-nll).exp()) ** gamma * nll).sum() / w.sum()


def keras_categorical_crossentropy__eps_inside_log(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    lp = _lsm(y_pred, axis) if from_logits else (y_pred / y_pred.sum(axis, keepdim=True) + 1e-7).log()
    return -(t * lp).sum(axis)


def keras_sparse_categorical_crossentropy__mean(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    y = y_true.squeeze(axis) if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1 else y_true
    if y.shape != y_pred.select(axis, 0).shape:
        raise ValueError
    y = y.long()
    keep = torch.ones_like(y, dtype=torch.bool) if ignore_class is None else y != ignore_class
    if bool(((y < 0) | (y >= y_pred.shape[axis]))[keep].any()):
        raise RuntimeError
    x = torch.where(keep.unsqueeze(axis), y_pred, torch.ones_like(y_pred))
    lp = _lsm(x, axis) if from_logits else (x / x.sum(axis, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()
    loss = -lp.gather(axis, torch.where(keep, y, 0).unsqueeze(axis)).squeeze(axis)
    return torch.where(keep, loss, torch.zeros_like(loss)).mean()
