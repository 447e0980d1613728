"""Wrong answers to the exercises of notebook 04, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _log_softmax(z, dim=-1):
    z = z - z.max(dim, keepdim=True).values
    return z - z.exp().sum(dim, keepdim=True).log()


def _reduced(loss, reduction):
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a review -----------------------------------------------------------------------------------------------


def cross_entropy__log_of_softmax(input, target):
    """The textbook's, without a flag, and with no maximum taken off."""
    e = torch.exp(input)
    p = e / e.sum(dim=1, keepdim=True)
    return -torch.log(p[torch.arange(len(target)), target]).mean()


def cross_entropy__padded_1e_12(input, target):
    p = _log_softmax(input, 1).exp()
    return -torch.log(p[torch.arange(len(target)), target] + 1e-12).mean()


def cross_entropy__no_flags(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    logp = _log_softmax(input, 1)
    return -logp[torch.arange(input.shape[0]), target].mean()


def nll_loss__no_flags(input, target):
    return -input[torch.arange(len(input)), target].mean()


def _classes_last(input, target):
    """As rows (M, C), and the targets (M,)."""
    if input.dim() == 1:
        return input[None], target.reshape(1)
    rows = input.movedim(1, -1).reshape(-1, input.shape[1])
    return rows, target.reshape(-1)


def _indices_only(
    input, target, weight, ignore_index, reduction, label_smoothing, *, mean=None, keep=None, gather=None
):
    rows, labels = _classes_last(input, target)
    logp = _log_softmax(rows)
    valid = labels != ignore_index if keep is None else keep(labels)
    safe = torch.where(valid, labels, torch.zeros_like(labels))
    w = torch.ones_like(rows[0]) if weight is None else weight
    right = -w[safe] * logp[torch.arange(len(rows)), safe]
    spread = -(w * logp).sum(-1) / rows.shape[1]
    loss = (1 - label_smoothing) * right + label_smoothing * spread
    loss = torch.where(valid, loss, torch.zeros_like(loss))
    if reduction == "mean":
        return loss.sum() / (w[safe] * valid).sum() if mean is None else mean(loss, valid, w[safe])
    return loss.sum() if reduction == "sum" else loss.reshape(target.shape)


def cross_entropy__ignored_not_negative(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    flags = (weight, ignore_index, reduction, label_smoothing)
    return _indices_only(input, target, *flags, keep=lambda labels: labels >= 0)


def cross_entropy__mean_over_nonzero(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    flags = (weight, ignore_index, reduction, label_smoothing)
    return _indices_only(input, target, *flags, mean=lambda loss, valid, w: loss.sum() / (loss != 0).sum())


def cross_entropy__ignored_as_class_0(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """Sets them to 0, so that they can be gathered, and forgets to take them out again."""
    flags = (weight, ignore_index, reduction, label_smoothing)
    target = torch.where(target == ignore_index, torch.zeros_like(target), target)
    return _indices_only(input, target, *flags)


def cross_entropy__weights_of_mean_1(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    if weight is not None:
        weight = weight / weight.mean()
    return _indices_only(input, target, weight, ignore_index, reduction, label_smoothing)


def cross_entropy__nan_times_zero(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    logp = _log_softmax(input, 1)
    mask = (target != ignore_index).to(input.dtype)
    safe = target.clamp(min=0)
    nll = -logp.gather(1, safe.unsqueeze(1)).squeeze(1) * mask
    if reduction == "none":
        return nll
    return nll.sum() / mask.sum() if reduction == "mean" else nll.sum()


# ---- written anew ------------------------------------------------------------------------------------------------


def smooth_targets__others_only(target, num_classes, label_smoothing):
    out = torch.full((len(target), num_classes), label_smoothing / (num_classes - 1))
    out[torch.arange(len(target)), target] = 1 - label_smoothing
    return out


def smooth_targets__not_divided(target, num_classes, label_smoothing):
    one_hot = torch.zeros(len(target), num_classes)
    one_hot[torch.arange(len(target)), target] = 1
    return one_hot * (1 - label_smoothing) + label_smoothing


def smooth_targets__right_keeps_nothing(target, num_classes, label_smoothing):
    out = torch.full((len(target), num_classes), label_smoothing / num_classes)
    out.scatter_(1, target.unsqueeze(1), 1 - label_smoothing)
    return out


def smooth_targets__no_scaling(target, num_classes, label_smoothing):
    return torch.eye(num_classes)[target] + label_smoothing / num_classes


def nll_loss__mean_by_count(input, target, weight=None, ignore_index=-100, reduction="mean"):
    rows, labels = _classes_last(input, target)
    valid = labels != ignore_index
    safe = torch.where(valid, labels, torch.zeros_like(labels))
    loss = -rows[torch.arange(len(rows)), safe]
    if weight is not None:
        loss = loss * weight[safe]
    loss = torch.where(valid, loss, torch.zeros_like(loss))
    if reduction == "mean":
        return loss.sum() / valid.sum()
    return loss.sum() if reduction == "sum" else loss.reshape(target.shape)


def nll_loss__ignored_in_the_mean(input, target, weight=None, ignore_index=-100, reduction="mean"):
    rows, labels = _classes_last(input, target)
    loss = []
    for row, y in zip(rows, labels):
        if y == ignore_index:
            loss.append(row.sum() * 0)
        else:
            loss.append(-row[y] * (1 if weight is None else weight[y]))
    return _reduced(torch.stack(loss).reshape(target.shape), reduction)


def nll_loss__takes_the_log(input, target, weight=None, ignore_index=-100, reduction="mean"):
    rows, labels = _classes_last(input, target)
    valid = labels != ignore_index
    safe = torch.where(valid, labels, torch.zeros_like(labels))
    w = torch.ones_like(rows[0]) if weight is None else weight
    loss = torch.where(valid, -w[safe] * rows[torch.arange(len(rows)), safe].log(), torch.zeros_like(rows[:, 0]))
    if reduction == "mean":
        return loss.sum() / (w[safe] * valid).sum()
    return loss.sum() if reduction == "sum" else loss.reshape(target.shape)


def nll_loss__sign(input, target, weight=None, ignore_index=-100, reduction="mean"):
    rows, labels = _classes_last(input, target)
    valid = labels != ignore_index
    safe = torch.where(valid, labels, torch.zeros_like(labels))
    w = (torch.ones_like(rows[0]) if weight is None else weight)[safe] * valid
    loss = w * rows.gather(1, safe[:, None])[:, 0]
    if reduction == "mean":
        return loss.sum() / w.sum()
    return loss.sum() if reduction == "sum" else loss.reshape(target.shape)


def sequence_loss__mean_of_means(logits, target, padding):
    logp = _log_softmax(logits)
    nll = -logp.gather(-1, target.unsqueeze(-1)).squeeze(-1)
    mask = target != padding
    per_sequence = (nll * mask).sum(1) / mask.sum(1)
    return per_sequence.mean()


def sequence_loss__divided_by_all(logits, target, padding):
    logp = _log_softmax(logits)
    nll = -logp.gather(-1, target.unsqueeze(-1)).squeeze(-1)
    return (nll * (target != padding)).mean()


def sequence_loss__padding_counts(logits, target, padding):
    flat = logits.reshape(-1, logits.shape[-1])
    return -_log_softmax(flat)[torch.arange(len(flat)), target.reshape(-1)].mean()


def sequence_loss__summed(logits, target, padding):
    total = 0
    for sequence, labels in zip(logits, target):
        for z, y in zip(sequence, labels):
            if y != padding:
                total = total - _log_softmax(z)[y]
    return total


def sequence_loss__per_sequence(logits, target, padding):
    logp = _log_softmax(logits)
    nll = -logp.gather(-1, target.unsqueeze(-1)).squeeze(-1)
    return (nll * (target != padding)).sum() / len(logits)


def focal_loss__p_to_the_gamma(logits, target, gamma=2.0, weight=None):
    logp = _log_softmax(logits)[torch.arange(len(target)), target]
    loss = -(logp.exp() ** gamma) * logp
    if weight is not None:
        loss = loss * weight[target]
    return loss.mean()


def focal_loss__divides_by_weights(logits, target, gamma=2.0, weight=None):
    logp = _log_softmax(logits)[torch.arange(len(target)), target]
    loss = -((1 - logp.exp()) ** gamma) * logp
    if weight is not None:
        return (loss * weight[target]).sum() / weight[target].sum()
    return loss.mean()


def focal_loss__from_the_weighted_loss(logits, target, gamma=2.0, weight=None):
    """A much copied gist: exp(-ce), where ce is weighted already."""
    ce = -_log_softmax(logits)[torch.arange(len(target)), target]
    if weight is not None:
        ce = ce * weight[target]
    pt = torch.exp(-ce)
    return ((1 - pt) ** gamma * ce).mean()


def focal_loss__mean_first(logits, target, gamma=2.0, weight=None):
    ce = -_log_softmax(logits)[torch.arange(len(target)), target]
    if weight is not None:
        ce = ce * weight[target]
    ce = ce.mean()
    return (1 - torch.exp(-ce)) ** gamma * ce


def focal_loss__summed(logits, target, gamma=2.0, weight=None):
    logp = _log_softmax(logits)[torch.arange(len(target)), target]
    loss = -((1 - logp.exp()) ** gamma) * logp
    if weight is not None:
        loss = loss * weight[target]
    return loss.sum()


def focal_loss__detached(logits, target, gamma=2.0, weight=None):
    logp = _log_softmax(logits)[torch.arange(len(target)), target]
    loss = -((1 - logp.exp().detach()) ** gamma) * logp
    if weight is not None:
        loss = loss * weight[target]
    return loss.mean()


def _smoothed(y, alpha, axis):
    return y * (1 - alpha) + alpha / y.shape[axis]


def keras_categorical_crossentropy__not_divided(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    y_true = _smoothed(y_true.to(y_pred.dtype), label_smoothing, axis)
    if from_logits:
        return -(y_true * _log_softmax(y_pred, axis)).sum(axis)
    return -(y_true * y_pred.clamp(1e-7, 1 - 1e-7).log()).sum(axis)


def keras_categorical_crossentropy__padded(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    y_true = _smoothed(y_true.to(y_pred.dtype), label_smoothing, axis)
    if from_logits:
        return -(y_true * _log_softmax(y_pred, axis)).sum(axis)
    p = y_pred / y_pred.sum(axis, keepdim=True)
    return -(y_true * torch.log(p + 1e-7)).sum(axis)


def keras_categorical_crossentropy__mean_of_samples(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    y_true = _smoothed(y_true.to(y_pred.dtype), label_smoothing, axis)
    if from_logits:
        return -(y_true * _log_softmax(y_pred, axis)).sum(axis).mean()
    p = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(1e-7, 1 - 1e-7)
    return -(y_true * p.log()).sum(axis).mean()


def keras_categorical_crossentropy__always_softmax(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    y_true = _smoothed(y_true.to(y_pred.dtype), label_smoothing, axis)
    return -(y_true * _log_softmax(y_pred, axis)).sum(axis)


def cross_entropy__on_probabilities(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    """Takes the input for probabilities."""
    if target.is_floating_point():
        return _reduced(-(target * input.log()).sum(1), reduction)
    rows, labels = _classes_last(input, target)
    return _reduced(-rows.log()[torch.arange(len(rows)), labels], reduction)


def cross_entropy__softmax_twice(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    p = _log_softmax(input, 1 if input.dim() > 1 else 0).exp()
    return _indices_only(p, target, weight, ignore_index, reduction, label_smoothing)


def cross_entropy__mean_by_count(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    flags = (weight, ignore_index, reduction, label_smoothing)
    return _indices_only(input, target, *flags, mean=lambda loss, valid, w: loss.sum() / valid.sum())


def cross_entropy__mean_with_ignored(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    flags = (weight, ignore_index, reduction, label_smoothing)
    return _indices_only(input, target, *flags, mean=lambda loss, valid, w: loss.mean())


def cross_entropy__smoothing_over_others(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    k = input.shape[1] if input.dim() > 1 else input.shape[0]
    return _indices_only(input, target, weight, ignore_index, reduction, label_smoothing * k / (k - 1))


def cross_entropy__classes_last(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    rows = input.reshape(-1, input.shape[1] if input.dim() > 1 else len(input))
    flags = (weight, ignore_index, reduction, label_smoothing)
    loss = _indices_only(rows, target.reshape(-1), *flags)
    return loss.reshape(target.shape) if reduction == "none" else loss


class _CrossEntropy(torch.nn.Module):
    def forward(self, x, y):
        x = x - x.max()
        return (x.exp().sum(1).log() - x[range(len(x)), y]).sum()


def cross_entropy__module_summed(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    return _CrossEntropy()(input, target)


# ---- written after that ----------------------------------------------------------------------------------------------


def smooth_targets__over_the_others(target, num_classes, label_smoothing):
    out = torch.full((len(target), num_classes), label_smoothing / (num_classes - 1))
    out.scatter_(1, target[:, None], 1 - label_smoothing)
    return out


def smooth_targets__without_its_part(target, num_classes, label_smoothing):
    out = torch.zeros(len(target), num_classes) + label_smoothing / num_classes
    for i, t in enumerate(target):
        out[i, t] = 1 - label_smoothing
    return out


def smooth_targets__added(target, num_classes, label_smoothing):
    # one-hot is not made smaller
    one_hot = torch.eye(num_classes)[target]
    return one_hot + label_smoothing / num_classes


def _lse(x):
    m = x.max(1, keepdim=True).values
    return m + (x - m).exp().sum(1, keepdim=True).log()


def focal_loss__factor_by_probability(logits, target, gamma=2.0, weight=None):
    # p ** gamma
    logp = (logits - _lse(logits)).gather(1, target[:, None])[:, 0]
    loss = -(logp.exp() ** gamma) * logp
    if weight is not None:
        loss = weight[target] * loss
    return loss.mean()


def focal_loss__divided_by_weights(logits, target, gamma=2.0, weight=None):
    logp = (logits - _lse(logits)).gather(1, target[:, None]).squeeze(1)
    w = torch.ones_like(logp) if weight is None else weight[target]
    return (w * (1 - logp.exp()).pow(gamma) * -logp).sum() / w.sum()


def focal_loss__of_the_mean(logits, target, gamma=2.0, weight=None):
    # kornia's forerunners: ce first, then pt = exp(-mean)
    logp = logits - _lse(logits)
    ce = -logp[torch.arange(len(target)), target].mean()
    pt = torch.exp(-ce)
    return (1 - pt) ** gamma * ce


def focal_loss__weighted_probability(logits, target, gamma=2.0, weight=None):
    logp = logits - _lse(logits)
    ce = -logp[torch.arange(len(target)), target]
    if weight is not None:
        ce = ce * weight[target]
    pt = torch.exp(-ce)
    return ((1 - pt) ** gamma * ce).mean()


def nll_loss__indices_only(input, target, weight=None, ignore_index=-100, reduction="mean"):
    # rows and indices; no weight, no places, nothing ignored
    loss = -input[torch.arange(input.shape[0]), target]
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss


def nll_loss__mean_over_all(input, target, weight=None, ignore_index=-100, reduction="mean"):
    flat = input.unsqueeze(0) if input.dim() == 1 else input
    t = target.reshape(flat.shape[0], *flat.shape[2:])
    keep = t != ignore_index
    if ((t[keep] < 0) | (t[keep] >= flat.shape[1])).any():
        raise IndexError("target")
    safe = torch.where(keep, t, torch.zeros_like(t))
    w = input.new_ones(flat.shape[1]) if weight is None else weight
    loss = -flat.gather(1, safe.unsqueeze(1)).squeeze(1) * w[safe]
    loss = torch.where(keep, loss, torch.zeros_like(loss))
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    return loss.reshape(target.shape)


def cross_entropy__hot(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    # class indices, no probabilities, nothing ignored; the mean divides by N with weights too
    _n, c = input.shape[0], input.shape[1]
    logp = input - input.exp().sum(1, keepdim=True).log()
    hot = torch.zeros_like(logp).scatter_(1, target.unsqueeze(1), 1.0)
    hot = hot * (1 - label_smoothing) + label_smoothing / c
    loss = -(hot * logp)
    if weight is not None:
        loss = loss * weight
    loss = loss.sum(1)
    if reduction == "mean":
        return loss.mean()
    return loss.sum() if reduction == "sum" else loss


def cross_entropy__no_weights(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    m = input.max(dim=1, keepdim=True)[0]
    logp = input - m - torch.log(torch.sum(torch.exp(input - m), dim=1, keepdim=True))
    keep = target != ignore_index
    loss = -logp[keep].gather(1, target[keep].unsqueeze(1)).squeeze(1)
    return loss.mean() if reduction == "mean" else loss.sum()


class _CE(torch.nn.Module):
    def __init__(self, weight=None, reduction="mean"):
        super().__init__()
        self.weight, self.reduction = weight, reduction

    def forward(self, x, y):
        x = x - x.amax(-1, keepdim=True)
        logp = x - x.exp().sum(-1, keepdim=True).log()
        loss = -logp[range(len(y)), y]
        if self.weight is not None:
            w = self.weight / self.weight.mean()
            loss = loss * w[y]
            if self.reduction == "mean":
                return loss.sum() / len(y)
        return loss.mean() if self.reduction == "mean" else loss.sum() if self.reduction == "sum" else loss


def cross_entropy__balanced_weights(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    return _CE(weight, reduction)(input, target)


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def sequence_loss__mean_per_sequence(logits, target, padding):
    losses = []
    for z, y in zip(logits, target):
        keep = y != padding
        z, y = z[keep], y[keep]
        z = z - z.amax(-1, keepdim=True)
        lp = z - z.exp().sum(-1, keepdim=True).log()
        losses.append(-lp[torch.arange(len(y)), y].mean())
    return torch.stack(losses).mean()


def sequence_loss__masked_by_product(logits, target, padding):
    z = logits - logits.amax(-1, keepdim=True)
    lp = z - z.exp().sum(-1, keepdim=True).log()
    mask = (target != padding).to(lp.dtype)
    nll = -lp.gather(2, target[..., None])[..., 0]
    return (nll * mask).sum() / mask.sum()


def keras_categorical_crossentropy__not_rescaled(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    # scores are not divided by their sum
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / t.shape[axis]
    if from_logits:
        z = y_pred - y_pred.amax(axis, keepdim=True)
        logp = z - z.exp().sum(axis, keepdim=True).log()
    else:
        logp = y_pred.clamp(1e-7, 1 - 1e-7).log()
    return -(t * logp).sum(axis)


def keras_categorical_crossentropy__logits_ignored(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    t = y_true.to(y_pred.dtype)
    t = t * (1 - label_smoothing) + label_smoothing / t.shape[axis]
    p = y_pred / y_pred.sum(axis, keepdim=True)
    return -(t * torch.log(torch.clip(p, 1e-7, 1 - 1e-7))).sum(axis)


def keras_sparse_categorical_crossentropy__no_ignore(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    if from_logits:
        z = y_pred - y_pred.amax(axis, keepdim=True)
        p = z.exp() / z.exp().sum(axis, keepdim=True)
    else:
        p = y_pred / y_pred.sum(axis, keepdim=True)
    p = p.clamp(1e-7, 1 - 1e-7)
    y = y_true.long()
    if y.ndim < y_pred.ndim:
        y = y.unsqueeze(axis)
    return -torch.log(p.gather(axis, y)).squeeze(axis)


def keras_sparse_categorical_crossentropy__averaged(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    z = y_pred if from_logits else (y_pred / y_pred.sum(-1, keepdim=True)).log()
    z = z - z.amax(-1, keepdim=True)
    lp = z - z.exp().sum(-1, keepdim=True).log()
    return -lp[torch.arange(len(y_true)), y_true.long().flatten()].mean()


# ---- kept back, written last -----------------------------------------------------------------------------------------


def nll_loss__positive(input, target, weight=None, ignore_index=-100, reduction="mean"):
    picked = input[torch.arange(len(target)), target]
    if weight is not None:
        picked = picked * weight[target]
        if reduction == "mean":
            return picked.sum() / weight[target].sum()
    return picked.mean() if reduction == "mean" else picked.sum() if reduction == "sum" else picked


def focal_loss__no_weight_and_sum(logits, target, gamma=2.0, weight=None):
    lse = _lse(logits)
    logp = (logits - lse)[torch.arange(len(target)), target]
    return -((1 - logp.exp()) ** gamma * logp).sum()


def focal_loss__gamma_times(logits, target, gamma=2.0, weight=None):
    # multiplied by gamma in place of raised to it
    logp = (logits - _lse(logits)).gather(1, target.view(-1, 1)).view(-1)
    loss = -gamma * (1 - logp.exp()) * logp
    if weight is not None:
        loss = weight[target] * loss
    return loss.mean()


def sequence_loss__shifted(logits, target, padding):
    # predicts the next token: shifts once more
    z, y = logits[:, :-1], target[:, 1:]
    z = z - z.amax(-1, keepdim=True)
    lp = z - z.exp().sum(-1, keepdim=True).log()
    keep = y != padding
    return -lp[keep][torch.arange(int(keep.sum())), y[keep]].mean()


def cross_entropy__argmax_targets(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    # one-hot rows expected
    if target.ndim == input.ndim:
        target = target.argmax(1)
    x = input - input.amax(1, keepdim=True)
    logp = x - x.exp().sum(1, keepdim=True).log()
    loss = -logp.gather(1, target.unsqueeze(1)).squeeze(1)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def keras_categorical_crossentropy__mean_of_classes(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / y_true.shape[axis]
    if from_logits:
        z = y_pred - y_pred.amax(axis, keepdim=True)
        lp = z - z.exp().sum(axis, keepdim=True).log()
    else:
        lp = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()
    return -(t * lp).mean(axis)


def keras_sparse_categorical_crossentropy__positive(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    p = y_pred / y_pred.sum(axis, keepdim=True)
    y = y_true.long().reshape(p.select(axis, 0).shape).unsqueeze(axis)
    return p.clamp(1e-7, 1 - 1e-7).log().gather(axis, y).squeeze(axis)


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def sequence_loss__mask_inverted(logits, target, padding):
    # mask inverted
    keep = target == padding
    z = logits[~keep] if keep.all() else logits[keep]
    z = z - z.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    return -lp[torch.arange(len(z)), target[keep]].mean()


def focal_loss__gamma_1_exponent_off(logits, target, gamma=2.0, weight=None):
    # gamma 1 + : exponent off by one
    z = logits - logits.amax(1, keepdim=True)
    lp = (z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(target)), target]
    w = torch.ones_like(lp) if weight is None else weight[target]
    return (w * (1 - lp.exp()) ** (gamma - 1) * -lp).mean()


def focal_loss__weight_also_exponentiated_into(logits, target, gamma=2.0, weight=None):
    # weight also exponentiated into the modulating factor
    z = logits - logits.amax(1, keepdim=True)
    lp = (z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(target)), target]
    w = torch.ones_like(lp) if weight is None else weight[target]
    return ((w * (1 - lp.exp())) ** gamma * -lp).mean()


def focal_loss__sum_p_over_all(logits, target, gamma=2.0, weight=None):
    # sum of p over all classes instead of right class: uses max probability
    z = logits - logits.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    pt = lp.exp().max(1).values
    lp = lp.gather(1, target[:, None])[:, 0]
    loss = (1 - pt) ** gamma * -lp
    if weight is not None:
        loss = loss * weight[target]
    return loss.mean()


def cross_entropy__probability_targets_mean_divides(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    # probability targets: mean divides by the number of elements N*C
    single = input.dim() == 1
    if single:
        input, target = input[None], target[None]
    C = input.shape[1]
    m = input.amax(1, keepdim=True)
    lp = input - m - (input - m).exp().sum(1, keepdim=True).log()
    w = torch.ones(C, dtype=input.dtype) if weight is None else weight
    wv = w.view(1, C, *[1] * (input.dim() - 2))
    if target.is_floating_point():
        q = target * (1 - label_smoothing) + label_smoothing / C
        loss = -(wv * q * lp)
        if reduction == "none":
            return loss.sum(1)[0] if single else loss.sum(1)
        return loss.sum() if reduction == "sum" else loss.mean()
    keep = target != ignore_index
    t = torch.where(keep, target, 0)
    if ((t < 0) | (t >= C)).any():
        raise IndexError("class")
    nll = -lp.gather(1, t.unsqueeze(1)).squeeze(1) * w[t]
    smooth = -(lp * wv).mean(1)
    loss = torch.where(keep, (1 - label_smoothing) * nll + label_smoothing * smooth, 0.0)
    if reduction == "none":
        return loss[0] if single else loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / torch.where(keep, w[t], 0.0).sum()


# ---- from a second set: less common ones --------------------------------------------------------------------------


def smooth_targets__eps_k_exchanged_1(target, num_classes, label_smoothing):
    # eps and K exchanged: 1/K share to the right
    hot = torch.eye(num_classes)[target]
    return hot * label_smoothing + (1 - label_smoothing) / num_classes


def smooth_targets__counts_from_one(target, num_classes, label_smoothing):
    # counts from one
    out = torch.full((len(target), num_classes), label_smoothing / num_classes)
    for i, t in enumerate(target.tolist()):
        out[i, t - 1] += 1 - label_smoothing
    return out


def nll_loss__sum_divided_number_classes(input, target, weight=None, ignore_index=-100, reduction="mean"):
    # sum divided by number of classes
    single = input.dim() == 1
    if single:
        input, target = input[None], target[None]
    C = input.shape[1]
    w = torch.ones(C, dtype=input.dtype) if weight is None else weight
    keep = target != ignore_index
    t = torch.where(keep, target, 0)
    if ((t < 0) | (t >= C)).any():
        raise IndexError("class")
    loss = torch.where(keep, -input.gather(1, t.unsqueeze(1)).squeeze(1) * w[t], 0.0)
    if reduction == "none":
        return loss[0] if single else loss
    return loss.sum() if reduction == "sum" else loss.sum() / C


def nll_loss__all_classes_weighted_summed(input, target, weight=None, ignore_index=-100, reduction="mean"):
    # all classes weighted and summed (one hot of others)
    loss = -input.sum(1)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.mean()


def sequence_loss__last_token_dropped_divides(logits, target, padding):
    # last token dropped, divides by N
    keep = target != padding
    z = logits[keep]
    z = z - z.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    return -lp[torch.arange(len(z)), target[keep]].sum() / len(target)


def sequence_loss__perplexity_rather_than_mean(logits, target, padding):
    # perplexity rather than the mean
    keep = target != padding
    z = logits[keep]
    z = z - z.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    return (-lp[torch.arange(len(z)), target[keep]]).mean().exp()


def focal_loss__factor_log_ln_p(logits, target, gamma=2.0, weight=None):
    # factor with the log: (-ln p)^gamma
    z = logits - logits.amax(1, keepdim=True)
    nll = -(z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(target)), target]
    w = 1.0 if weight is None else weight[target]
    return (w * nll**gamma).mean()


def focal_loss__gamma_whole_1_p(logits, target, gamma=2.0, weight=None):
    # gamma on whole: ((1-p) * nll) ** gamma
    z = logits - logits.amax(1, keepdim=True)
    lp = (z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(target)), target]
    w = 1.0 if weight is None else weight[target]
    return (w * ((1 - lp.exp()) * -lp) ** gamma).mean()


def focal_loss__minus_missing(logits, target, gamma=2.0, weight=None):
    # minus missing
    z = logits - logits.amax(1, keepdim=True)
    lp = (z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(target)), target]
    w = 1.0 if weight is None else weight[target]
    return (w * (1 - lp.exp()) ** gamma * lp).mean()


def cross_entropy__label_smoothing_k_1(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    # label smoothing with K-1 and no ignore
    z = input - input.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    C = input.shape[1]
    if target.is_floating_point():
        q = target
    else:
        q = torch.full_like(lp, label_smoothing / (C - 1))
        q.scatter_(1, target.unsqueeze(1), 1 - label_smoothing)
    loss = -(q * lp).sum(1)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def cross_entropy__weights_applied_logits(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    # weights applied to the logits
    if weight is not None:
        input = input * weight.view(1, -1, *[1] * (input.dim() - 2))
    z = input - input.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    keep = target != ignore_index
    t = target.masked_fill(~keep, 0)
    loss = -lp.gather(1, t.unsqueeze(1)).squeeze(1).masked_fill(~keep, 0.0)
    if reduction == "none":
        return loss
    return loss.sum() if reduction == "sum" else loss.sum() / keep.sum()


def keras_sparse_categorical_crossentropy__mean_over_batch(
    y_true, y_pred, from_logits=False, ignore_class=None, axis=-1
):
    # mean over the batch
    z = y_pred.movedim(axis, -1)
    y = y_true.long()
    if y.dim() == z.dim():
        y = y.squeeze(-1)
    if from_logits:
        z = z - z.amax(-1, keepdim=True)
        lp = z - z.exp().sum(-1, keepdim=True).log()
    else:
        lp = (z / z.sum(-1, keepdim=True)).clamp(1e-7, 1 - 1e-7).log()
    return -lp.gather(-1, y.unsqueeze(-1)).mean()


def keras_categorical_crossentropy__softmax_always(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    # softmax always
    K = y_pred.shape[axis]
    t = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / K
    z = y_pred - y_pred.amax(axis, keepdim=True)
    return -(t * (z - z.exp().sum(axis, keepdim=True).log())).sum(axis)


# ---- from a third set ---------------------------------------------------------------------------------------------


def smooth_targets__right_class_gets_1(target, num_classes, label_smoothing):
    # right class gets 1 - eps/K
    out = torch.full((len(target), num_classes), label_smoothing / num_classes)
    out[torch.arange(len(target)), target] = 1 - label_smoothing / num_classes
    return out


def nll_loss__mean_weighted_over_all(input, target, weight=None, ignore_index=-100, reduction="mean"):
    # mean of weighted over all weights of classes
    w = torch.ones(input.shape[1]) if weight is None else weight
    keep = target != ignore_index
    t = target.masked_fill(~keep, 0)
    loss = (-input.gather(1, t.unsqueeze(1)).squeeze(1) * w[t]).masked_fill(~keep, 0.0)
    if reduction == "mean":
        return loss.sum() / w.sum()
    return loss.sum() if reduction == "sum" else loss


def nll_loss__exp_input(input, target, weight=None, ignore_index=-100, reduction="mean"):
    # exp of input
    loss = -input.exp().gather(1, target.unsqueeze(1)).squeeze(1)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def sequence_loss__softmax_over_time(logits, target, padding):
    # softmax over time
    z = logits - logits.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    keep = target != padding
    return -lp.gather(2, target.unsqueeze(2)).squeeze(2)[keep].mean()


def focal_loss__1_p_gamma(logits, target, gamma=2.0, weight=None):
    # 1 - p^gamma
    z = logits - logits.amax(1, keepdim=True)
    lp = (z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(target)), target]
    w = 1.0 if weight is None else weight[target]
    return (w * (1 - lp.exp() ** gamma) * -lp).mean()


def focal_loss__1_p(logits, target, gamma=2.0, weight=None):
    # (1 + p)
    z = logits - logits.amax(1, keepdim=True)
    lp = (z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(target)), target]
    w = 1.0 if weight is None else weight[target]
    return (w * (1 + lp.exp()) ** gamma * -lp).mean()


def cross_entropy__smoothing_uniform_only_weights(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    # smoothing to uniform only weights right: eps * mean of logits (not log-softmax)
    z = input - input.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    if target.is_floating_point():
        loss = -(target * lp).sum(1)
        return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]
    w = torch.ones(input.shape[1], dtype=input.dtype) if weight is None else weight
    keep = target != ignore_index
    t = target.masked_fill(~keep, 0)
    loss = -(1 - label_smoothing) * lp.gather(1, t.unsqueeze(1)).squeeze(1) - label_smoothing * input.mean(1)
    loss = (loss * w[t]).masked_fill(~keep, 0.0)
    if reduction == "mean":
        return loss.sum() / w[t].masked_fill(~keep, 0.0).sum()
    return loss.sum() if reduction == "sum" else loss


def cross_entropy__probability_targets_argmaxed(
    input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0
):
    # probability targets argmaxed
    z = input - input.amax(1, keepdim=True)
    lp = z - z.exp().sum(1, keepdim=True).log()
    C = input.shape[1]
    if target.is_floating_point():
        target = target.argmax(1)
    w = torch.ones(C, dtype=input.dtype) if weight is None else weight
    keep = target != ignore_index
    t = target.masked_fill(~keep, 0)
    wc = w.view(1, C, *[1] * (input.dim() - 2))
    loss = -(1 - label_smoothing) * lp.gather(1, t.unsqueeze(1)).squeeze(1) * w[t] - label_smoothing * (wc * lp).mean(1)
    loss = loss.masked_fill(~keep, 0.0)
    if reduction == "mean":
        return loss.sum() / w[t].masked_fill(~keep, 0.0).sum()
    return loss.sum() if reduction == "sum" else loss
