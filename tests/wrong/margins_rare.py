"""Wrong answers to the exercises of notebook 08, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

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


def keras_hinge__double_margin(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return torch.relu(2 - y * y_pred).mean(-1)


def keras_hinge__difference(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return torch.relu(y - y_pred).mean(-1)


def keras_hinge__sign_of_pred(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return torch.relu(1 - y * torch.sign(y_pred)).mean(-1)


def keras_squared_hinge__sum(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return (torch.relu(1 - y * y_pred) ** 2).sum(-1)


def keras_squared_hinge__sqrt_mean(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return (torch.relu(1 - y * y_pred) ** 2).mean(-1).sqrt()


def keras_categorical_hinge__second_best(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = ((1 - y) * y_pred).sort(-1).values[..., -2]
    return torch.relu(1 + wrong - right)


def keras_categorical_hinge__all_wrong_hinges(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1, keepdim=True)
    return ((1 - y) * torch.relu(1 + y_pred - right)).sum(-1)


def keras_categorical_hinge__squared(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = ((1 - y) * y_pred).max(-1).values
    return torch.relu(1 + wrong - right) ** 2


def _sm(input, target, reduction, f):
    if input.shape != target.shape:
        raise ValueError
    return _red(f(input, target), reduction)


def soft_margin_loss__sigmoid(input, target, reduction="mean"):
    return _sm(input, target, reduction, lambda x, y: torch.sigmoid(-y * x))


def soft_margin_loss__margin_one(input, target, reduction="mean"):
    return _sm(input, target, reduction, lambda x, y: _softplus(1 - y * x))


def soft_margin_loss__no_target(input, target, reduction="mean"):
    return _sm(input, target, reduction, lambda x, y: _softplus(-x.abs()) + 0 * y)


def soft_margin_loss__target_minus(input, target, reduction="mean"):
    return _sm(input, target, reduction, lambda x, y: _softplus(x - y))


def soft_margin_loss__bits(input, target, reduction="mean"):
    return _sm(input, target, reduction, lambda x, y: _softplus(-y * x) / math.log(2))


def multi_margin_loss__mean_over_violations(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    h = h.scatter(1, t[:, None], 0.0) ** p
    loss = h.sum(1) / (h > 0).sum(1).clamp(min=1)
    if weight is not None:
        loss = loss * weight[t]
    return _red(loss.squeeze(0) if single else loss, reduction)


def multi_margin_loss__power_after_sum(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    h = h.scatter(1, t[:, None], 0.0)
    loss = (h.sum(1) / c) ** p
    if weight is not None:
        loss = loss * weight[t]
    return _red(loss.squeeze(0) if single else loss, reduction)


def multi_margin_loss__weighted_mean(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    loss = (h.scatter(1, t[:, None], 0.0) ** p).sum(1) / c
    if weight is not None:
        loss = loss * weight[t]
        if reduction == "mean":
            return loss.sum() / weight[t].sum()
    return _red(loss.squeeze(0) if single else loss, reduction)


def multi_margin_loss__margin_not_powered(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, 0.0, weight, reduction)
    h = h.scatter(1, t[:, None], 0.0) ** p + margin
    h = h.scatter(1, t[:, None], 0.0)
    loss = h.sum(1) / c
    if weight is not None:
        loss = loss * weight[t]
    return _red(loss.squeeze(0) if single else loss, reduction)


def multi_margin_loss__sqrt_weight(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    loss = (h.scatter(1, t[:, None], 0.0) ** p).sum(1) / c
    if weight is not None:
        loss = loss * weight[t] ** 2
    return _red(loss.squeeze(0) if single else loss, reduction)


def _each(pair, rest_all=False, over=lambda c, k, r: c):
    def one(row, chosen, c):
        total = row.sum() * 0
        rest = [j for j in range(c) if j not in chosen]
        for i in chosen:
            for j in rest:
                total = total + pair(row[i], row[j])
        return total / over(c, len(chosen), len(rest))

    return one


def multilabel_margin_loss__by_pairs(input, target, reduction="mean"):
    return _mlm(input, target, reduction, _each(lambda a, b: _h(1 - a + b), over=lambda c, k, r: max(k * r, 1)))


def multilabel_margin_loss__squared(input, target, reduction="mean"):
    return _mlm(input, target, reduction, _each(lambda a, b: _h(1 - a + b) ** 2))


def multilabel_margin_loss__sign(input, target, reduction="mean"):
    return _mlm(input, target, reduction, _each(lambda a, b: _h(1 + a - b)))


def multilabel_margin_loss__no_margin(input, target, reduction="mean"):
    return _mlm(input, target, reduction, _each(lambda a, b: _h(b - a)))


def multilabel_margin_loss__first_only(input, target, reduction="mean"):
    def one(row, chosen, c):
        total = row.sum() * 0
        for i in chosen[:1]:
            for j in range(c):
                if j not in chosen:
                    total = total + _h(1 - row[i] + row[j])
        return total / c

    return _mlm(input, target, reduction, one)
