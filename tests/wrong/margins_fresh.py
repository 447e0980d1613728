"""Wrong answers to the exercises of notebook 08, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError(f"unknown reduction {reduction}")


def soft_margin_loss__bits(input, target, reduction="mean"):
    """log2."""
    if input.shape != target.shape:
        raise ValueError
    z = -target * input
    return _red((z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))) / 0.6931471805599453, reduction)


def soft_margin_loss__exponential(input, target, reduction="mean"):
    """exp(-y x), as in AdaBoost: the logarithm is forgotten."""
    if input.shape != target.shape:
        raise ValueError
    return _red(torch.exp(-target * input), reduction)


def soft_margin_loss__difference(input, target, reduction="mean"):
    """y - x in place of y * x."""
    if input.shape != target.shape:
        raise ValueError
    z = -(target - input)
    return _red(z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), reduction)


def _ok(input, target, weight, p):
    c = input.shape[-1]
    if p not in (1, 2) or target.shape != input.shape[:-1] or (weight is not None and weight.shape != (c,)):
        raise ValueError("bad")
    if ((target < 0) | (target >= c)).any():
        raise ValueError("bad")


def multi_margin_loss__power_ignored(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """p is not read."""
    _ok(input, target, weight, p)
    idx = target.unsqueeze(-1)
    gaps = torch.relu(margin - input.gather(-1, idx) + input).scatter(-1, idx, 0.0)
    loss = gaps.sum(-1) / input.shape[-1]
    if weight is not None:
        loss = loss * weight[target]
    return _red(loss, reduction)


def multi_margin_loss__weight_of_wrong(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Each wrong class has its own factor, not that of the right one."""
    _ok(input, target, weight, p)
    idx = target.unsqueeze(-1)
    gaps = (torch.relu(margin - input.gather(-1, idx) + input) ** p).scatter(-1, idx, 0.0)
    if weight is not None:
        gaps = gaps * weight
    return _red(gaps.sum(-1) / input.shape[-1], reduction)


def multi_margin_loss__sign_of_gap(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """margin + right - wrong."""
    _ok(input, target, weight, p)
    idx = target.unsqueeze(-1)
    gaps = (torch.relu(margin + input.gather(-1, idx) - input) ** p).scatter(-1, idx, 0.0)
    loss = gaps.sum(-1) / input.shape[-1]
    if weight is not None:
        loss = loss * weight[target]
    return _red(loss, reduction)


def multi_margin_loss__weighted_mean(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The mean divides by the sum of the weights."""
    _ok(input, target, weight, p)
    idx = target.unsqueeze(-1)
    gaps = (torch.relu(margin - input.gather(-1, idx) + input) ** p).scatter(-1, idx, 0.0)
    loss = gaps.sum(-1) / input.shape[-1]
    if weight is None:
        return _red(loss, reduction)
    w = weight[target]
    if reduction == "mean":
        return (loss * w).sum() / w.sum()
    return _red(loss * w, reduction)


def _mlm(input, target, f, reduction):
    if input.shape != target.shape or (target < -1).any() or (target >= input.shape[-1]).any():
        raise ValueError
    out = []
    for row, t in zip(input.reshape(-1, input.shape[-1]), target.reshape(-1, input.shape[-1])):
        listed = []
        for i in t.tolist():
            if i == -1:
                break
            listed.append(i)
        out.append(f(row, listed))
    loss = torch.stack(out)
    return _red(loss if input.dim() == 2 else loss[0], reduction)


def multilabel_margin_loss__twice_once(input, target, reduction="mean"):
    """A class that is listed twice counts once (a set)."""

    def f(row, listed):
        s = row.sum() * 0
        for i in set(listed):
            for j in range(len(row)):
                if j not in listed:
                    s = s + torch.relu(1 - row[i] + row[j])
        return s / len(row)

    return _mlm(input, target, f, reduction)


def multilabel_margin_loss__worst_right(input, target, reduction="mean"):
    """Only the lowest of the listed scores."""

    def f(row, listed):
        s = row.sum() * 0
        if listed:
            low = row[listed].min()
            for j in range(len(row)):
                if j not in listed:
                    s = s + torch.relu(1 - low + row[j])
        return s / len(row)

    return _mlm(input, target, f, reduction)


def multilabel_margin_loss__no_division(input, target, reduction="mean"):
    """Not divided by C."""

    def f(row, listed):
        s = row.sum() * 0
        for i in listed:
            for j in range(len(row)):
                if j not in listed:
                    s = s + torch.relu(1 - row[i] + row[j])
        return s

    return _mlm(input, target, f, reduction)


def _sides(t):
    return 2 * t - 1 if bool(((t == 0) | (t == 1)).all()) else t


def keras_hinge__sum(y_true, y_pred):
    """The sum over the last dimension."""
    return torch.relu(1 - _sides(y_true.to(y_pred.dtype)) * y_pred).sum(-1)


def keras_hinge__hinge_of_mean(y_true, y_pred):
    """The hinge after the mean."""
    return torch.relu((1 - _sides(y_true.to(y_pred.dtype)) * y_pred).mean(-1))


def keras_squared_hinge__no_clamp(y_true, y_pred):
    """No max(0, ...): what is right by far is punished."""
    return ((1 - _sides(y_true.to(y_pred.dtype)) * y_pred) ** 2).mean(-1)


def keras_squared_hinge__half(y_true, y_pred):
    """Half the square."""
    return (torch.relu(1 - _sides(y_true.to(y_pred.dtype)) * y_pred) ** 2 / 2).mean(-1)


def keras_categorical_hinge__max_of_all(y_true, y_pred):
    """The maximum over all raw scores, the right one included."""
    t = y_true.to(y_pred.dtype)
    return torch.relu(1 + y_pred.max(-1).values - (t * y_pred).sum(-1))
