"""Wrong answers to the exercises of notebook 04, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _ls(x, dim=-1):
    x = x - x.max(dim=dim, keepdim=True).values
    return x - x.exp().sum(dim=dim, keepdim=True).log()


def smooth_targets__others_only(target, num_classes, label_smoothing):
    """Spread over the K - 1 wrong classes."""
    out = torch.full((len(target), num_classes), label_smoothing / (num_classes - 1))
    out[torch.arange(len(target)), target] = 1 - label_smoothing
    return out


def smooth_targets__right_has_no_share(target, num_classes, label_smoothing):
    """The right class gets 1 - eps and none of what is spread: rows do not sum to 1."""
    out = torch.full((len(target), num_classes), label_smoothing / num_classes)
    out.scatter_(1, target[:, None], 1 - label_smoothing)
    return out


def nll_loss__mean_by_n(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The mean divides by the number of targets that count, not by their weights."""
    keep = target != ignore_index
    safe = target.where(keep, torch.zeros_like(target))
    if input.dim() == 1:
        picked = -input[safe]
    else:
        picked = -input.gather(1, safe.unsqueeze(1)).squeeze(1)
    w = weight[safe] if weight is not None else torch.ones_like(picked)
    loss = torch.where(keep, w * picked, torch.zeros_like(picked))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / keep.sum()


def nll_loss__ignore_forgotten(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """ignored targets still count in the denominator."""
    keep = target != ignore_index
    safe = torch.where(keep, target, 0)
    picked = -input[safe] if input.dim() == 1 else -input.gather(1, safe.unsqueeze(1)).squeeze(1)
    w = torch.ones_like(picked) if weight is None else weight[safe]
    loss = torch.where(keep, w * picked, 0)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / w.sum()


def sequence_loss__mean_of_means(logits, target, padding):
    """The mean of each sequence, then the mean of these."""
    lp = _ls(logits)
    means = []
    for row, t in zip(lp, target):
        real = t != padding
        means.append(-row[real].gather(1, t[real][:, None]).mean())
    return torch.stack(means).mean()


def sequence_loss__divides_by_all(logits, target, padding):
    """The padded places count in the denominator."""
    lp = _ls(logits)
    nll = -lp.gather(-1, target.unsqueeze(-1)).squeeze(-1)
    nll = torch.where(target == padding, torch.zeros_like(nll), nll)
    return nll.mean()


def focal_loss__p_to_gamma(logits, target, gamma=2.0, weight=None):
    """p^gamma and not (1 - p)^gamma."""
    lp = _ls(logits).gather(1, target[:, None])[:, 0]
    loss = -(lp.exp() ** gamma) * lp
    if weight is not None:
        loss = loss * weight[target]
    return loss.mean()


def focal_loss__weighted_mean(logits, target, gamma=2.0, weight=None):
    """Divides by the sum of the weights."""
    lp = _ls(logits)[torch.arange(len(target)), target]
    loss = -((1 - lp.exp()) ** gamma) * lp
    if weight is None:
        return loss.mean()
    w = weight[target]
    return (w * loss).sum() / w.sum()


def focal_loss__detached(logits, target, gamma=2.0, weight=None):
    """The factor is detached: the gradient lacks a part."""
    lp = _ls(logits)[range(len(target)), target]
    factor = (1 - lp.detach().exp()).pow(gamma)
    w = 1.0 if weight is None else weight[target]
    return -(w * factor * lp).mean()


def cross_entropy__smoothing_over_others(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """eps is spread over C - 1 classes."""
    lp = _ls(input, 1 if input.dim() > 1 else 0)
    if input.dim() > 2:
        lp = lp.movedim(1, -1)
    c = lp.shape[-1]
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    if target.is_floating_point():
        t = target.movedim(1, -1) if target.dim() > 2 else target
        q = t * (1 - label_smoothing) + label_smoothing / c
        loss = -(w * q * lp).sum(-1)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
    keep = target != ignore_index
    safe = torch.where(keep, target, 0)
    q = torch.full_like(lp, label_smoothing / (c - 1)).scatter(-1, safe.unsqueeze(-1), 1 - label_smoothing)
    loss = -(w * q * lp).sum(-1)
    loss = torch.where(keep, loss, 0)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / torch.where(keep, w[safe], 0).sum()


def cross_entropy__softmax_twice(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """A softmax before the log_softmax."""
    dim = 1 if input.dim() > 1 else 0
    lp = _ls(torch.exp(_ls(input, dim)), dim)
    if input.dim() > 2:
        lp = lp.movedim(1, -1)
    c = lp.shape[-1]
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    if target.is_floating_point():
        t = target.movedim(1, -1) if target.dim() > 2 else target
        q = t * (1 - label_smoothing) + label_smoothing / c
        loss = -(w * q * lp).sum(-1)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()
    keep = target != ignore_index
    safe = torch.where(keep, target, 0)
    q = torch.full_like(lp, label_smoothing / c).scatter(
        -1, safe.unsqueeze(-1), 1 - label_smoothing + label_smoothing / c
    )
    loss = torch.where(keep, -(w * q * lp).sum(-1), 0)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / torch.where(keep, w[safe], 0).sum()


def keras_categorical_crossentropy__not_normalised(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Scores are not divided by their sum."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    y_true = y_true.to(y_pred.dtype)
    c = y_pred.shape[axis]
    y_true = y_true * (1 - label_smoothing) + label_smoothing / c
    lp = _ls(y_pred, axis) if from_logits else y_pred.clamp(1e-7, 1 - 1e-7).log()
    return -(y_true * lp).sum(axis)


def keras_sparse_categorical_crossentropy__from_logits_always(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    """A softmax is taken always: from_logits is not read."""
    t = y_true.long()
    if t.dim() == y_pred.dim():
        t = t.squeeze(axis)
    lp = _ls(y_pred, axis).movedim(axis, -1)
    keep = torch.ones_like(t, dtype=torch.bool) if ignore_class is None else t != ignore_class
    safe = torch.where(keep, t, 0)
    loss = -lp.gather(-1, safe.unsqueeze(-1)).squeeze(-1)
    return torch.where(keep, loss, torch.zeros_like(loss))
