"""Wrong answers to the exercises of notebook 08, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _sides(y, like):
    y = y.to(like.dtype)
    return 2 * y - 1 if bool(((y == 0) | (y == 1)).all()) else y


def keras_hinge__margin_added_outside(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return (1 + torch.relu(-y * y_pred)).mean(-1)


def keras_hinge__clamped_after_mean(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return torch.relu((1 - y * y_pred).mean(-1))


def keras_hinge__row_converts(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    binary = ((y == 0) | (y == 1)).all(-1, keepdim=True)
    y = torch.where(binary, 2 * y - 1, y)
    return torch.relu(1 - y * y_pred).mean(-1)


def keras_squared_hinge__halved(y_true, y_pred):
    y = _sides(y_true, y_pred)
    return 0.5 * (torch.relu(1 - y * y_pred) ** 2).mean(-1)


def keras_squared_hinge__no_conversion(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    return (torch.relu(1 - y * y_pred) ** 2).mean(-1)


def keras_categorical_hinge__hardest_right_too(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).max(-1).values
    wrong = ((1 - y) * y_pred).max(-1).values
    return torch.relu(1 + wrong - right)


def keras_categorical_hinge__sign(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = ((1 - y) * y_pred).max(-1).values
    return torch.relu(1 - wrong + right)


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def _softplus(z):
    return torch.logaddexp(z, torch.zeros_like(z))


def soft_margin_loss__two_factor(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError
    return _red(_softplus(-2 * target * input), reduction)


def soft_margin_loss__zero_one(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError
    y = (target + 1) / 2
    return _red(_softplus(-y * input), reduction)


def soft_margin_loss__exponential(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError
    return _red(torch.exp(-target * input), reduction)


def soft_margin_loss__sign_only(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError
    return _red(_softplus(-torch.sign(target) * input), reduction)


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


def multi_margin_loss__includes_itself(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    loss = (h**p).sum(1) / c
    if weight is not None:
        loss = loss * weight[t]
    loss = loss.squeeze(0) if single else loss
    return _red(loss, reduction)


def multi_margin_loss__c_minus_one(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    h = h.scatter(1, t[:, None], 0.0)
    loss = (h**p).sum(1) / (c - 1)
    if weight is not None:
        loss = loss * weight[t]
    loss = loss.squeeze(0) if single else loss
    return _red(loss, reduction)


def multi_margin_loss__weight_of_wrong(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    h = h.scatter(1, t[:, None], 0.0) ** p
    if weight is not None:
        h = h * weight
    loss = h.sum(1) / c
    loss = loss.squeeze(0) if single else loss
    return _red(loss, reduction)


def multi_margin_loss__worst_only(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    x, t, h, single, n, c = _mm(input, target, p, margin, weight, reduction)
    h = h.scatter(1, t[:, None], 0.0) ** p
    loss = h.max(1).values / c
    if weight is not None:
        loss = loss * weight[t]
    loss = loss.squeeze(0) if single else loss
    return _red(loss, reduction)


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


def multilabel_margin_loss__against_all(input, target, reduction="mean"):
    def one(row, chosen, c):
        total = row.sum() * 0
        for i in chosen:
            for j in range(c):
                if i != j:
                    total = total + _h(1 - row[i] + row[j])
        return total / c

    return _mlm(input, target, reduction, one)


def multilabel_margin_loss__not_divided(input, target, reduction="mean"):
    def one(row, chosen, c):
        total = row.sum() * 0
        for i in chosen:
            for j in range(c):
                if j not in chosen:
                    total = total + _h(1 - row[i] + row[j])
        return total

    return _mlm(input, target, reduction, one)


def multilabel_margin_loss__by_listed(input, target, reduction="mean"):
    def one(row, chosen, c):
        total = row.sum() * 0
        for i in chosen:
            for j in range(c):
                if j not in chosen:
                    total = total + _h(1 - row[i] + row[j])
        return total / max(len(chosen), 1)

    return _mlm(input, target, reduction, one)


def multilabel_margin_loss__best_wrong_only(input, target, reduction="mean"):
    def one(row, chosen, c):
        total = row.sum() * 0
        rest = [j for j in range(c) if j not in chosen]
        if not rest:
            return total
        worst = row[rest].max()
        for i in chosen:
            total = total + _h(1 - row[i] + worst)
        return total / c

    return _mlm(input, target, reduction, one)
