"""Wrong answers to the exercises of notebook 08, a usual mix, written before grader or catalogue was read.

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


def soft_margin_loss__naive(input, target, reduction="mean"):
    """log(1 + exp): overflows."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    return _red(torch.log(1 + torch.exp(-target * input)), reduction)


def soft_margin_loss__sign(input, target, reduction="mean"):
    """The minus inside exp is missing."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    z = target * input
    return _red(z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), reduction)


def soft_margin_loss__hinge(input, target, reduction="mean"):
    """The hinge."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    return _red(torch.relu(1 - target * input), reduction)


def soft_margin_loss__zero_one(input, target, reduction="mean"):
    """targets are taken for 0 and 1."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    return _red(torch.relu(input) - input * target + torch.log1p(torch.exp(-input.abs())), reduction)


def _ok(input, target, weight, p):
    c = input.shape[-1]
    if p not in (1, 2) or target.shape != input.shape[:-1] or (weight is not None and weight.shape != (c,)):
        raise ValueError("bad")
    if ((target < 0) | (target >= c)).any():
        raise ValueError("bad")


def multi_margin_loss__right_class_counts(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The right class against itself: margin^p / C too much."""
    _ok(input, target, weight, p)
    right = input.gather(-1, target.unsqueeze(-1))
    gaps = torch.relu(margin - right + input) ** p
    loss = gaps.mean(-1)
    if weight is not None:
        loss = loss * weight[target]
    return _red(loss, reduction)


def multi_margin_loss__by_c_minus_1(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Divided by C - 1."""
    _ok(input, target, weight, p)
    x = input.reshape(-1, input.shape[-1])
    y = target.reshape(-1)
    out = []
    for row, t in zip(x, y):
        s = 0
        for j in range(len(row)):
            if j != t:
                s = s + torch.relu(margin - row[t] + row[j]) ** p
        s = s / (len(row) - 1)
        if weight is not None:
            s = s * weight[t]
        out.append(s)
    loss = torch.stack(out).reshape(target.shape)
    return _red(loss, reduction)


def multi_margin_loss__hardest(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Only the best of the wrong scores."""
    _ok(input, target, weight, p)
    idx = target.unsqueeze(-1)
    right = input.gather(-1, idx).squeeze(-1)
    wrong = input.scatter(-1, idx, float("-inf")).max(-1).values
    loss = torch.relu(margin - right + wrong) ** p
    if weight is not None:
        loss = loss * weight[target]
    return _red(loss, reduction)


def multi_margin_loss__weight_inside(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The weight is multiplied before the power."""
    _ok(input, target, weight, p)
    idx = target.unsqueeze(-1)
    gaps = margin - input.gather(-1, idx) + input
    if weight is not None:
        gaps = gaps * weight[target].unsqueeze(-1)
    gaps = torch.relu(gaps) ** p
    gaps = gaps.scatter(-1, idx, 0.0)
    return _red(gaps.sum(-1) / input.shape[-1], reduction)


def multilabel_margin_loss__reads_all(input, target, reduction="mean"):
    """What stands behind the first -1 is read too."""
    if input.shape != target.shape or (target < -1).any() or (target >= input.shape[-1]).any():
        raise ValueError
    x = input.reshape(-1, input.shape[-1])
    y = target.reshape(-1, input.shape[-1])
    out = []
    for row, t in zip(x, y):
        listed = [int(i) for i in t if i >= 0]
        others = [j for j in range(len(row)) if j not in listed]
        s = row.sum() * 0
        for i in listed:
            for j in others:
                s = s + torch.relu(1 - row[i] + row[j])
        out.append(s / len(row))
    loss = torch.stack(out)
    return _red(loss if input.dim() == 2 else loss[0], reduction)


def multilabel_margin_loss__all_classes(input, target, reduction="mean"):
    """Listed classes are compared with each other too."""
    if input.shape != target.shape or (target < -1).any() or (target >= input.shape[-1]).any():
        raise ValueError
    x = input.reshape(-1, input.shape[-1])
    y = target.reshape(-1, input.shape[-1])
    out = []
    for row, t in zip(x, y):
        s = row.sum() * 0
        for i in t:
            if i == -1:
                break
            for j in range(len(row)):
                if j != i:
                    s = s + (1 - row[i] + row[j]).clamp(min=0)
        out.append(s / len(row))
    loss = torch.stack(out)
    return _red(loss if input.dim() == 2 else loss[0], reduction)


def multilabel_margin_loss__by_pairs(input, target, reduction="mean"):
    """Divided by the number of pairs and not by C."""
    if input.shape != target.shape or (target < -1).any() or (target >= input.shape[-1]).any():
        raise ValueError
    x = input.reshape(-1, input.shape[-1])
    y = target.reshape(-1, input.shape[-1])
    out = []
    for row, t in zip(x, y):
        listed = []
        for i in t.tolist():
            if i == -1:
                break
            listed.append(i)
        others = [j for j in range(len(row)) if j not in listed]
        s = row.sum() * 0
        for i in listed:
            for j in others:
                s = s + (1 - row[i] + row[j]).clamp(min=0)
        out.append(s / max(1, len(listed) * len(others)))
    loss = torch.stack(out)
    return _red(loss if input.dim() == 2 else loss[0], reduction)


def keras_hinge__no_conversion(y_true, y_pred):
    """0 stays 0."""
    return torch.relu(1 - y_true.to(y_pred.dtype) * y_pred).mean(-1)


def keras_hinge__per_element_conversion(y_true, y_pred):
    """Every 0 becomes -1, even where -1 stands beside: element by element."""
    t = y_true.to(y_pred.dtype)
    t = torch.where(t == 0, -torch.ones_like(t), t)
    return torch.clamp(1 - t * y_pred, min=0).mean(dim=-1)


def keras_squared_hinge__not_squared(y_true, y_pred):
    """The square is forgotten."""
    t = y_true.to(y_pred.dtype)
    if bool(((t == 0) | (t == 1)).all()):
        t = 2 * t - 1
    return torch.maximum(1 - t * y_pred, torch.zeros_like(y_pred)).mean(-1)


def keras_squared_hinge__square_of_mean(y_true, y_pred):
    """The square of the mean."""
    t = y_true.to(y_pred.dtype)
    if bool(((t == 0) | (t == 1)).all()):
        t = 2 * t - 1
    return torch.relu(1 - t * y_pred).mean(-1) ** 2


def keras_categorical_hinge__sum_of_wrong(y_true, y_pred):
    """The sum of the wrong scores and not the largest."""
    t = y_true.to(y_pred.dtype)
    right = (t * y_pred).sum(-1)
    wrong = ((1 - t) * y_pred).sum(-1)
    return torch.relu(1 + wrong - right)


def keras_categorical_hinge__masked_max(y_true, y_pred):
    """The right class does not take part in the maximum."""
    t = y_true.to(y_pred.dtype)
    right = torch.einsum("...c,...c->...", t, y_pred)
    wrong = y_pred.masked_fill(t > 0, float("-inf")).amax(-1)
    return torch.relu(1 + wrong - right)
