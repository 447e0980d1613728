"""Wrong answers to the exercises of notebook 04, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def smooth_targets__all_of_eps_on_others(target, num_classes, label_smoothing):
    out = torch.full((len(target), num_classes), label_smoothing)
    out[torch.arange(len(target)), target] = 1 - label_smoothing
    return out


def smooth_targets__k_plus_one(target, num_classes, label_smoothing):
    one_hot = torch.nn.functional.one_hot(target, num_classes).float()
    return one_hot * (1 - label_smoothing) + label_smoothing / (num_classes + 1)


def _reduce(loss, w, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / w.sum()


def nll_loss__weight_squared(input, target, weight=None, ignore_index=-100, reduction="mean"):
    dim = 1 if input.dim() > 1 else 0
    c = input.shape[dim]
    counts = target != ignore_index
    if bool(((target < 0) | (target >= c))[counts].any()):
        raise IndexError("target")
    safe = torch.where(counts, target, 0)
    w = (torch.ones(c, dtype=input.dtype) if weight is None else weight)[safe] * counts
    picked = input.gather(dim, safe.unsqueeze(dim)).squeeze(dim)
    loss = torch.where(counts, -w * w * picked, 0.0)
    return _reduce(loss, w, reduction)


def nll_loss__ignored_weighted(input, target, weight=None, ignore_index=-100, reduction="mean"):
    dim = 1 if input.dim() > 1 else 0
    c = input.shape[dim]
    counts = target != ignore_index
    if bool(((target < 0) | (target >= c))[counts].any()):
        raise IndexError("target")
    safe = torch.where(counts, target, 0)
    w = (torch.ones(c, dtype=input.dtype) if weight is None else weight)[safe]
    picked = input.gather(dim, safe.unsqueeze(dim)).squeeze(dim)
    loss = torch.where(counts, -w * picked, 0.0)
    return _reduce(loss, w, reduction)


def nll_loss__last_dim_is_class(input, target, weight=None, ignore_index=-100, reduction="mean"):
    c = input.shape[-1]
    counts = target != ignore_index
    if bool(((target < 0) | (target >= c))[counts].any()):
        raise IndexError("target")
    safe = torch.where(counts, target, 0)
    w = (torch.ones(c, dtype=input.dtype) if weight is None else weight)[safe] * counts
    picked = input.gather(-1, safe.unsqueeze(-1)).squeeze(-1)
    loss = torch.where(counts, -w * picked, 0.0)
    return _reduce(loss, w, reduction)


def sequence_loss__mean_of_sequence_means(logits, target, padding):
    logits = torch.where((target == padding)[..., None], torch.zeros_like(logits), logits)
    m = logits.amax(-1, keepdim=True)
    lse = (logits - m).exp().sum(-1).log() + m.squeeze(-1)
    nll = lse - logits.gather(-1, target[..., None]).squeeze(-1)
    mask = (target != padding).float()
    return ((nll * mask).sum(1) / mask.sum(1)).mean()


def sequence_loss__divides_by_all(logits, target, padding):
    keep = target != padding
    rows = logits[keep]
    rows = rows - rows.amax(-1, keepdim=True)
    lp = rows - rows.exp().sum(-1, keepdim=True).log()
    return -lp[torch.arange(len(rows)), target[keep]].sum() / target.numel()


def sequence_loss__shifted_targets(logits, target, padding):
    logits, target = logits[:, :-1], target[:, 1:]
    keep = target != padding
    rows = logits[keep]
    rows = rows - rows.amax(-1, keepdim=True)
    lp = rows - rows.exp().sum(-1, keepdim=True).log()
    return -lp[torch.arange(len(rows)), target[keep]].mean()


def sequence_loss__padding_prefix_only(logits, target, padding):
    keep = (target != padding).cumprod(1).bool()
    rows = logits[keep]
    rows = rows - rows.amax(-1, keepdim=True)
    lp = rows - rows.exp().sum(-1, keepdim=True).log()
    return -lp[torch.arange(len(rows)), target[keep]].mean()


def _logp(logits):
    m = logits.max(1, keepdim=True)[0].detach()
    return logits - m - torch.log(torch.exp(logits - m).sum(1, keepdim=True))


def focal_loss__weight_in_denominator(logits, target, gamma=2.0, weight=None):
    lp = _logp(logits)[torch.arange(len(target)), target]
    w = torch.ones_like(lp) if weight is None else weight[target]
    return (w * (1 - lp.exp()) ** gamma * -lp).sum() / w.sum()


def focal_loss__one_minus_p_gamma(logits, target, gamma=2.0, weight=None):
    lp = _logp(logits)[torch.arange(len(target)), target]
    w = 1.0 if weight is None else weight[target]
    return (w * (1 - lp.exp() ** gamma) * -lp).mean()


def focal_loss__all_classes_summed(logits, target, gamma=2.0, weight=None):
    lp = _logp(logits)
    p = lp.exp()
    onehot = torch.zeros_like(lp).scatter(1, target[:, None], 1.0)
    pt = onehot * p + (1 - onehot) * (1 - p)
    lpt = torch.where(onehot > 0, lp, torch.log1p(-p.clamp(max=1 - 1e-6)))
    w = 1.0 if weight is None else weight[target][:, None]
    return (w * (1 - pt) ** gamma * -lpt).sum(1).mean()


def keras_categorical_crossentropy__no_normalisation(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t = y_true.to(y_pred.dtype)
    k = y_pred.shape[axis]
    if label_smoothing:
        t = t * (1 - label_smoothing) + label_smoothing / k
    if from_logits:
        m = y_pred.amax(axis, keepdim=True)
        lp = y_pred - m - (y_pred - m).exp().sum(axis, keepdim=True).log()
    else:
        lp = y_pred.clamp(1e-7, 1 - 1e-7).log()
    return -(t * lp).sum(axis)


def keras_categorical_crossentropy__clip_then_share(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    if from_logits:
        m = y_pred.amax(axis, keepdim=True)
        lp = y_pred - m - (y_pred - m).exp().sum(axis, keepdim=True).log()
    else:
        p = y_pred.clamp(1e-7, 1 - 1e-7)
        lp = (p / p.sum(axis, keepdim=True)).log()
    return -(t * lp).sum(axis)


def cross_entropy__smoothing_over_k_minus_1(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    dim = 0 if input.ndim == 1 else 1
    c = input.shape[dim]
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    shape = [1] * input.ndim
    shape[dim] = c
    m = input.amax(dim, keepdim=True)
    lp = input - m - (input - m).exp().sum(dim, keepdim=True).log()
    if target.is_floating_point():
        q = target * (1 - label_smoothing) + label_smoothing / c
        loss = -(w.view(shape) * q * lp).sum(dim)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / loss.numel()
    keep = target != ignore_index
    if bool(((target < 0) | (target >= c))[keep].any()):
        raise IndexError("target out of range")
    safe = torch.where(keep, target, 0)
    off = label_smoothing / (c - 1)
    picked = lp.gather(dim, safe.unsqueeze(dim)).squeeze(dim)
    wy = w[safe]
    loss = -(1 - label_smoothing) * wy * picked
    if label_smoothing:
        every = (w.view(shape) * lp).sum(dim) - wy * picked
        loss = loss - off * every
    loss = torch.where(keep, loss, 0.0)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / (wy * keep).sum()


def cross_entropy__mean_by_count(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    dim = 0 if input.ndim == 1 else 1
    c = input.shape[dim]
    w = torch.ones(c, dtype=input.dtype) if weight is None else weight
    shape = [1] * input.ndim
    shape[dim] = c
    m = input.amax(dim, keepdim=True)
    lp = input - m - (input - m).exp().sum(dim, keepdim=True).log()
    if target.is_floating_point():
        q = target * (1 - label_smoothing) + label_smoothing / c
        loss = -(w.view(shape) * q * lp).sum(dim)
        return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / loss.numel()
    keep = target != ignore_index
    if bool(((target < 0) | (target >= c))[keep].any()):
        raise IndexError("target out of range")
    safe = torch.where(keep, target, 0)
    picked = lp.gather(dim, safe.unsqueeze(dim)).squeeze(dim)
    loss = -(1 - label_smoothing) * w[safe] * picked
    if label_smoothing:
        loss = loss - label_smoothing / c * (w.view(shape) * lp).sum(dim)
    loss = torch.where(keep, loss, 0.0)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / keep.sum()
