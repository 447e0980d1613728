"""Wrong answers to the exercises of notebook 04, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _lsm(z, dim):
    z = z - z.amax(dim, keepdim=True).detach()
    return z - z.exp().sum(dim, keepdim=True).log()


def smooth_targets__without_own_share(target, num_classes, label_smoothing):
    """ε is spread over the K - 1 other classes: the right one keeps 1 - ε alone."""
    out = torch.full((len(target), num_classes), label_smoothing / (num_classes - 1))
    out[torch.arange(len(target)), target] = 1 - label_smoothing
    return out


def smooth_targets__added_not_mixed(target, num_classes, label_smoothing):
    """The share is added and nothing is taken away: rows sum to 1 + ε."""
    hot = torch.eye(num_classes)[target]
    return hot + label_smoothing / num_classes


def smooth_targets__by_batch(target, num_classes, label_smoothing):
    """Divided by N, the number of samples, not by K."""
    one = torch.zeros(target.shape[0], num_classes).scatter_(1, target.unsqueeze(1), 1.0)
    return one * (1 - label_smoothing) + label_smoothing / target.shape[0]


def nll_loss__mean_by_count(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The mean divides by the number of targets that count, not by their weights."""
    x = input.movedim(1, -1) if input.dim() > 1 else input
    m = target != ignore_index
    y = torch.where(m, target, 0)
    c = x.shape[-1]
    if ((y < 0) | (y >= c)).any():
        raise IndexError("target out of range")
    w = torch.ones(c, dtype=x.dtype) if weight is None else weight
    loss = torch.where(m, -w[y] * x.gather(-1, y.unsqueeze(-1)).squeeze(-1), 0.0)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / m.sum()


def nll_loss__ignored_in_mean(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Ignored targets count in the denominator of the mean."""
    x = input.movedim(1, -1) if input.dim() > 1 else input
    m = target != ignore_index
    y = torch.where(m, target, 0)
    c = x.shape[-1]
    if ((y < 0) | (y >= c)).any():
        raise IndexError("target out of range")
    w = torch.ones(c, dtype=x.dtype) if weight is None else weight
    wy = w[y]
    loss = torch.where(m, -wy * x.gather(-1, y.unsqueeze(-1)).squeeze(-1), 0.0)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / wy.sum()


def nll_loss__weight_of_sample(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """ignore_index is fixed at -100."""
    x = input.movedim(1, -1) if input.dim() > 1 else input
    m = target != -100
    y = torch.where(m, target, 0)
    c = x.shape[-1]
    if ((y < 0) | (y >= c)).any():
        raise IndexError("target out of range")
    w = (torch.ones(c, dtype=x.dtype) if weight is None else weight)[y] * m
    loss = torch.where(m, -w * x.gather(-1, y.unsqueeze(-1)).squeeze(-1), 0.0)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / w.sum()


def nll_loss__takes_log(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Takes the logarithm of what are log-probabilities already."""
    x = input.movedim(1, -1) if input.dim() > 1 else input
    x = torch.log(x.exp() * 0 + x.abs())
    m = target != ignore_index
    y = torch.where(m, target, 0)
    if ((y < 0) | (y >= x.shape[-1])).any():
        raise IndexError("target out of range")
    w = (torch.ones(x.shape[-1], dtype=x.dtype) if weight is None else weight)[y] * m
    loss = -w * x.gather(-1, y.unsqueeze(-1)).squeeze(-1)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / w.sum()


def sequence_loss__mean_of_means(logits, target, padding):
    """The mean of each sequence's mean: short sequences count as much as long ones."""
    m = target != padding
    clean = torch.where(m[..., None], logits, torch.zeros_like(logits))
    nll = -_lsm(clean, -1).gather(-1, target[..., None]).squeeze(-1)
    nll = torch.where(m, nll, 0.0)
    return (nll.sum(1) / m.sum(1)).mean()


def sequence_loss__over_all_places(logits, target, padding):
    """Divides by N·T, padding included."""
    m = target != padding
    clean = torch.where(m[..., None], logits, torch.zeros_like(logits))
    nll = -_lsm(clean, -1).gather(-1, target[..., None]).squeeze(-1)
    return torch.where(m, nll, 0.0).mean()


def sequence_loss__mask_multiplied(logits, target, padding):
    """The padding's loss is multiplied by 0: a NaN there stays NaN."""
    m = (target != padding).to(logits.dtype)
    nll = -_lsm(logits, -1).gather(-1, target[..., None]).squeeze(-1)
    return (nll * m).sum() / m.sum()


def sequence_loss__per_sequence(logits, target, padding):
    """Divides by the number of sequences, not by that of the tokens."""
    keep = target != padding
    total = -_lsm(logits[keep], -1)[torch.arange(int(keep.sum())), target[keep]].sum()
    return total / len(target)


def sequence_loss__shifted(logits, target, padding):
    """Shifts as a language model does: place t is compared with the target of t + 1."""
    logits, target = logits[:, :-1], target[:, 1:]
    keep = target != padding
    lp = _lsm(logits[keep], -1)
    return -lp.gather(1, target[keep][:, None]).mean()


def focal_loss__exponent_on_p(logits, target, gamma=2.0, weight=None):
    """p^gamma in place of (1 - p)^gamma."""
    lp = _lsm(logits, 1)[torch.arange(len(target)), target]
    out = -(lp.exp() ** gamma) * lp
    if weight is not None:
        out = out * weight[target]
    return out.mean()


def focal_loss__by_weights(logits, target, gamma=2.0, weight=None):
    """Divides by the sum of weights, not by N."""
    lp = _lsm(logits, 1).gather(1, target[:, None])[:, 0]
    w = torch.ones_like(lp) if weight is None else weight[target]
    return (w * (1 - lp.exp()) ** gamma * -lp).sum() / w.sum()


def focal_loss__modulator_detached(logits, target, gamma=2.0, weight=None):
    """The factor is detached: value right, gradient not."""
    lp = _lsm(logits, 1).gather(1, target[:, None])[:, 0]
    f = ((1 - lp.exp()) ** gamma).detach()
    if weight is not None:
        f = f * weight[target]
    return -(f * lp).mean()


def focal_loss__of_mean(logits, target, gamma=2.0, weight=None):
    """p comes from the mean cross-entropy of the batch, not from each sample."""
    ce = -_lsm(logits, 1).gather(1, target[:, None])[:, 0]
    if weight is not None:
        ce = ce * weight[target]
    ce = ce.mean()
    return (1 - torch.exp(-ce)) ** gamma * ce


def focal_loss__weighted_p(logits, target, gamma=2.0, weight=None):
    """The weight goes into p: pt = exp(-w · ce)."""
    ce = -_lsm(logits, 1).gather(1, target[:, None])[:, 0]
    if weight is not None:
        ce = ce * weight[target]
    pt = torch.exp(-ce)
    return ((1 - pt) ** gamma * ce).mean()


def _ce(
    input,
    target,
    weight,
    ignore_index,
    reduction,
    label_smoothing,
    *,
    denominator="weights",
    smooth_weight=True,
    prob_den="count",
):
    x = input.movedim(1, -1) if input.dim() > 1 else input
    c = x.shape[-1]
    w = torch.ones(c, dtype=x.dtype) if weight is None else weight
    if target.is_floating_point():
        t = target.movedim(1, -1) if target.dim() > 1 else target
        t = t * (1 - label_smoothing) + label_smoothing / c
        loss = -(w * t * _lsm(x, -1)).sum(-1)
        n = loss.numel()
        if reduction == "none":
            return loss
        return loss.sum() if reduction == "sum" else loss.sum() / (n if prob_den == "count" else (w * t).sum())
    m = target != ignore_index
    y = torch.where(m, target, 0)
    if ((y < 0) | (y >= c)).any():
        raise IndexError("no class")
    lp = _lsm(torch.where(m[..., None], x, torch.zeros_like(x)), -1)
    right = -w[y] * lp.gather(-1, y[..., None])[..., 0]
    if label_smoothing:
        spread = -((w if smooth_weight else torch.ones_like(w)) * lp).sum(-1) / c
        right = (1 - label_smoothing) * right + label_smoothing * spread
    loss = torch.where(m, right, 0.0)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if denominator == "weights":
        return loss.sum() / (w[y] * m).sum()
    if denominator == "count":
        return loss.sum() / m.sum()
    return loss.mean()


def cross_entropy__mean_over_count(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """The mean divides by the number of targets, not by their weights."""
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing, denominator="count")


def cross_entropy__plain_mean(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """loss.mean(): neither weights nor ignored targets are seen in the denominator."""
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing, denominator="all")


def cross_entropy__smoothing_unweighted(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """The spread share has no class weights."""
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing, smooth_weight=False)


def cross_entropy__probs_by_weight(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """With probabilities the mean divides by the sum of the weighted targets."""
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing, prob_den="weights")


def cross_entropy__smoothing_halved(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """Half of the smoothing that was asked for."""
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing / 2)


def cross_entropy__ignore_zero(input, target, weight=None, ignore_index=0, reduction="mean", label_smoothing=0.0):
    """The default of ignore_index is 0."""
    return _ce(input, target, weight, ignore_index, reduction, label_smoothing)


def keras_categorical_crossentropy__no_shares(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """Scores are clipped, but not divided by their sum."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes differ")
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / t.shape[axis]
    lp = _lsm(y_pred, axis) if from_logits else y_pred.clamp(1e-7, 1 - 1e-7).log()
    return -(t * lp).sum(axis)


def keras_categorical_crossentropy__smoothing_by_last(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """The share is spread by the first size, the number of samples, not by that of classes."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes differ")
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / len(t)
    if from_logits:
        lp = _lsm(y_pred, axis)
    else:
        lp = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()
    return -(t * lp).sum(axis)


def keras_categorical_crossentropy__logits_by_default(y_true, y_pred, from_logits=True, label_smoothing=0.0, axis=-1):
    """from_logits is True by default."""
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes differ")
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / t.shape[axis]
    if from_logits:
        lp = _lsm(y_pred, axis)
    else:
        lp = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()
    return -(t * lp).sum(axis)


def keras_sparse_categorical_crossentropy__ignored_dropped(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    """Samples of the ignored class are left out of the result: it has fewer numbers."""
    x = y_pred.movedim(axis, -1)
    y = y_true
    if y.dim() == y_pred.dim():
        y = y.squeeze(axis)
    y = y.long()
    if y.shape != x.shape[:-1]:
        raise ValueError("shapes")
    lp = _lsm(x, -1) if from_logits else (x / x.sum(-1, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()
    if ignore_class is not None:
        keep = y != ignore_class
        y, lp = y[keep], lp[keep]
    return -lp.gather(-1, y.unsqueeze(-1)).squeeze(-1)


def keras_sparse_categorical_crossentropy__one_based(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """Labels are taken to begin at 1."""
    x = y_pred.movedim(axis, -1)
    y = y_true
    if y.dim() == y_pred.dim():
        y = y.squeeze(axis)
    y = y.long()
    if y.shape != x.shape[:-1]:
        raise ValueError("shapes")
    lp = _lsm(x, -1) if from_logits else (x / x.sum(-1, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()
    keep = torch.ones_like(y, dtype=torch.bool) if ignore_class is None else y != ignore_class
    out = -lp.gather(-1, (torch.where(keep, y, 1) - 1).clamp(min=0).unsqueeze(-1)).squeeze(-1)
    return torch.where(keep, out, 0.0)


def focal_loss__gamma_plus_one(logits, target, gamma=2.0, weight=None):
    """Two mistakes: gamma + 1, and the sum in place of the mean."""
    lp = _lsm(logits, 1).gather(1, target[:, None])[:, 0]
    out = -((1 - lp.exp()) ** (gamma + 1)) * lp
    if weight is not None:
        out = out * weight[target]
    return out.sum()


def smooth_targets__swapped_shares(target, num_classes, label_smoothing):
    """ε and 1 - ε have changed places."""
    hot = torch.nn.functional.one_hot(target, num_classes).float()
    return label_smoothing * hot + (1 - label_smoothing) / num_classes


def cross_entropy__softmax_twice(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """A softmax before the log-softmax."""
    d = 1 if input.dim() > 1 else 0
    return _ce(_lsm(input, d).exp(), target, weight, ignore_index, reduction, label_smoothing)


def sequence_loss__sum_and_mask_zero(logits, target, padding):
    """Two mistakes: padding is taken to be 0, and the sum in place of the mean."""
    keep = target != 0
    return -_lsm(logits[keep], -1).gather(1, target[keep][:, None]).sum()
