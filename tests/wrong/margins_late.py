"""Wrong answers to the exercises of notebook 08, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _sides(y, like):
    y = y.to(like.dtype)
    return 2 * y - 1 if bool(((y == 0) | (y == 1)).all()) else y


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def _softplus(z):
    return torch.logaddexp(z, torch.zeros_like(z))


def _mm(input, target, p, margin, weight, reduction, gap_of=None, over=None, w_in=False):
    if p not in (1, 2):
        raise ValueError
    if input.ndim not in (1, 2):
        raise ValueError
    single = input.ndim == 1
    x = input.unsqueeze(0) if single else input
    t = target.reshape(-1) if single else target
    if target.shape != input.shape[:-1]:
        raise ValueError
    n, c = x.shape
    if bool(((t < 0) | (t >= c)).any()):
        raise ValueError
    if weight is not None and weight.shape != (c,):
        raise ValueError
    right = x.gather(1, t[:, None])
    gap = margin - right + x
    h = torch.where(gap > 0, gap, torch.zeros_like(gap))
    return x, t, h, single, n, c


def _lists(target, c):
    out = []
    for row in target.tolist():
        chosen = []
        for k in row:
            if k == -1:
                break
            chosen.append(k)
        out.append(chosen)
    return out


def _mlm(input, target, reduction, per_sample):
    if input.shape != target.shape:
        raise ValueError
    single = input.ndim == 1
    x = input.unsqueeze(0) if single else input
    t = target.unsqueeze(0) if single else target
    c = x.shape[1]
    if bool(((t < -1) | (t >= c)).any()):
        raise ValueError
    losses = []
    for row, chosen in zip(x, _lists(t, c)):
        losses.append(per_sample(row, chosen, c))
    loss = torch.stack(losses) if losses else x.sum(1)
    return _red(loss[0] if single else loss, reduction)


def _h(z):
    return torch.where(z > 0, z, torch.zeros_like(z))


def keras_hinge__threshold_half(y_true, y_pred):
    y = torch.where(y_true.to(y_pred.dtype) > 0.5, 1.0, -1.0).to(y_pred.dtype)
    return torch.relu(1 - y * y_pred).mean(-1)


def keras_squared_hinge__abs(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return ((1 - y * y_pred).abs() ** 2).mean(-1)


def keras_categorical_hinge__min_wrong(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    return torch.relu(1 + ((1 - y) * y_pred).min(-1).values - (y * y_pred).sum(-1))


def soft_margin_loss__log_two_shift(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError
    return _red(_softplus(-target * input) - math.log(2), reduction)


def multi_margin_loss__margin_squared_outside(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    loss = (h.scatter(1, t[:, None], 0.0) ** p).mean(1) * 2
    if weight is not None:
        loss = loss * weight[t]
    return _red(loss.squeeze(0) if single else loss, reduction)


def multilabel_margin_loss__ignores_terminator(input, target, reduction="mean"):
    def per(row, chosen, c):
        total = row.sum() * 0
        for i in chosen:
            for j in range(c):
                if j != i and j not in chosen:
                    total = total + _h(0.5 - row[i] + row[j])
        return total / c

    return _mlm(input, target, reduction, per)
