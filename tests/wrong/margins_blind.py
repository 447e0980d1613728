"""Wrong answers to the exercises of notebook 08, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError("unknown reduction")


def _sp(z):
    return torch.clamp(z, min=0) + torch.log1p(torch.exp(-z.abs()))


def soft_margin_loss__overflow(input, target, reduction="mean"):
    """exp overflows at scores of a hundred."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    return _red(torch.log(1 + torch.exp(-target * input)), reduction)


def soft_margin_loss__sign(input, target, reduction="mean"):
    """The sign of the product is missing: what is right costs."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    return _red(_sp(target * input), reduction)


def soft_margin_loss__zero_one(input, target, reduction="mean"):
    """Sides are taken for 0 and 1: 2y - 1."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    return _red(_sp(-(2 * target - 1) * input), reduction)


def soft_margin_loss__hinge(input, target, reduction="mean"):
    """The hinge, not the logistic loss."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    return _red((1 - target * input).clamp(min=0), reduction)


def soft_margin_loss__capped(input, target, reduction="mean"):
    """The product is capped at ±30: no gradient beyond, and the loss stops growing."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    z = torch.clamp(-target * input, -30, 30)
    return _red(torch.log1p(torch.exp(z)), reduction)


def _mm(input, target, p, margin, weight, reduction, *, own=False, div="C", wmode="right", relu_after=False):
    if p not in (1, 2):
        raise ValueError("p")
    x = input[None] if input.dim() == 1 else input
    y = target.reshape(-1)
    if target.dim() != input.dim() - 1 or len(y) != len(x) or ((y < 0) | (y >= x.shape[1])).any():
        raise ValueError("target")
    if weight is not None and weight.shape != (x.shape[1],):
        raise ValueError("weight")
    n, c = x.shape
    right = x.gather(1, y[:, None])
    gaps = torch.relu(margin - right + x) ** p
    if not own:
        gaps = gaps * (torch.arange(c) != y[:, None])
    if weight is not None and wmode == "right":
        gaps = gaps * weight[y][:, None]
    if weight is not None and wmode == "each":
        gaps = gaps * weight
    loss = gaps.sum(1) / {"C": c, "C-1": c - 1, "1": 1}[div]
    if reduction == "mean" and wmode == "norm" and weight is not None:
        return (loss * weight[y]).sum() / weight[y].sum()
    if wmode == "norm" and weight is not None:
        loss = loss * weight[y]
    out = loss.reshape(target.shape)
    return _red(out, reduction)


def multi_margin_loss__own_class(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The right class is compared with itself: margin/C too much."""
    return _mm(input, target, p, margin, weight, reduction, own=True)


def multi_margin_loss__by_c_minus_one(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Divided by C - 1."""
    return _mm(input, target, p, margin, weight, reduction, div="C-1")


def multi_margin_loss__weight_of_wrong(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Each gap has the weight of the wrong class."""
    return _mm(input, target, p, margin, weight, reduction, wmode="each")


def multi_margin_loss__weighted_mean(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The mean divides by the sum of the weights."""
    return _mm(input, target, p, margin, weight, reduction, wmode="norm")


def multi_margin_loss__p_one(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """p is not read: always 1."""
    if p not in (1, 2):
        raise ValueError("p")
    return _mm(input, target, 1, margin, weight, reduction)


def multi_margin_loss__hardest(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Only the best of the wrong classes counts, as in Crammer and Singer, without a division."""
    if p not in (1, 2):
        raise ValueError("p")
    x = input[None] if input.dim() == 1 else input
    y = target.reshape(-1)
    if target.dim() != input.dim() - 1 or len(y) != len(x) or ((y < 0) | (y >= x.shape[1])).any():
        raise ValueError("target")
    if weight is not None and weight.shape != (x.shape[1],):
        raise ValueError("weight")
    wrong = x.masked_fill(torch.arange(x.shape[1]) == y[:, None], -torch.inf).amax(1)
    loss = torch.relu(margin - x.gather(1, y[:, None])[:, 0] + wrong) ** p
    if weight is not None:
        loss = loss * weight[y]
    return _red(loss.reshape(target.shape), reduction)


def _mlm(input, target, reduction, *, stop=True, wrong_only=True, div=None, margin=1.0, once=False):
    if input.shape != target.shape:
        raise ValueError("shapes")
    x = input[None] if input.dim() == 1 else input
    t = target[None] if target.dim() == 1 else target
    c = x.shape[1]
    out = []
    for row, labels in zip(x, t):
        listed = []
        for k in labels.tolist():
            if k == -1:
                if stop:
                    break
                continue
            if not 0 <= k < c:
                raise ValueError("label")
            listed.append(k)
        if once:
            listed = sorted(set(listed))
        total = row.sum() * 0
        for i in listed:
            for j in range(c):
                if (j in listed) if wrong_only else j == i:
                    continue
                total = total + (margin - row[i] + row[j]).clamp(min=0)
        d = c if div is None else max(len(listed) * (c - len(set(listed))), 1)
        out.append(total / d)
    loss = torch.stack(out) if out else x.sum(1) * 0
    if input.dim() == 1:
        loss = loss[0]
    return _red(loss, reduction)


def multilabel_margin_loss__reads_on(input, target, reduction="mean"):
    """-1 is skipped, and what stands behind it is read."""
    return _mlm(input, target, reduction, stop=False)


def multilabel_margin_loss__against_all(input, target, reduction="mean"):
    """Each listed class is compared with the other listed ones too."""
    return _mlm(input, target, reduction, wrong_only=False)


def multilabel_margin_loss__by_pairs(input, target, reduction="mean"):
    """Divided by the number of pairs, not by C."""
    return _mlm(input, target, reduction, div="pairs")


def multilabel_margin_loss__twice_is_once(input, target, reduction="mean"):
    """A class that is listed twice counts once."""
    return _mlm(input, target, reduction, once=True)


def _sides(y, p):
    y = y.to(p.dtype)
    return 2 * y - 1 if ((y == 0) | (y == 1)).all() else y


def keras_hinge__no_conversion(y_true, y_pred):
    """Zeros are no -1: they cost 1."""
    return (1 - y_true.to(y_pred.dtype) * y_pred).clamp(min=0).mean(-1)


def keras_hinge__zeros_always(y_true, y_pred):
    """Every 0 becomes -1, also where -1 stands beside it."""
    y = torch.where(y_true == 0, -1, y_true).to(y_pred.dtype)
    return torch.relu(1 - y * y_pred).mean(-1)


def keras_hinge__no_margin(y_true, y_pred):
    """The perceptron's loss: no margin of 1."""
    return torch.relu(-_sides(y_true, y_pred) * y_pred).mean(-1)


def keras_squared_hinge__square_of_mean(y_true, y_pred):
    """The mean is squared, not each hinge."""
    return torch.relu(1 - _sides(y_true, y_pred) * y_pred).mean(-1) ** 2


def keras_squared_hinge__square_before(y_true, y_pred):
    """No maximum with 0: (1 - yx)² punishes what is right too."""
    return ((1 - _sides(y_true, y_pred) * y_pred) ** 2).mean(-1)


def keras_squared_hinge__halved(y_true, y_pred):
    """With a half."""
    return 0.5 * torch.relu(1 - _sides(y_true, y_pred) * y_pred).square().mean(-1)


def keras_categorical_hinge__true_wrong_max(y_true, y_pred):
    """The right class takes no part: the maximum is of the wrong ones alone, and may be negative."""
    t = y_true.to(y_pred.dtype)
    right = (t * y_pred).sum(-1)
    wrong = torch.where(t == 1, torch.full_like(y_pred, -torch.inf), y_pred).amax(-1)
    return torch.relu(1 + wrong - right)


def keras_categorical_hinge__sum_of_wrong(y_true, y_pred):
    """The sum of the wrong scores, not the largest."""
    t = y_true.to(y_pred.dtype)
    return torch.relu(1 + ((1 - t) * y_pred).sum(-1) - (t * y_pred).sum(-1))


def keras_categorical_hinge__sign(y_true, y_pred):
    """right - wrong: the sides have changed places."""
    t = y_true.to(y_pred.dtype)
    return torch.relu(1 + (t * y_pred).sum(-1) - ((1 - t) * y_pred).amax(-1))


def multi_margin_loss__margin_inside(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Two mistakes: the margin is fixed at 1, and the sum is not divided by C."""
    return _mm(input, target, p, 1.0, weight, reduction, div="1")


def multi_margin_loss__weight_in_power(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The weight is raised to the power p with the gap."""
    if weight is None or p == 1:
        return _mm(input, target, p, margin, weight, reduction)
    return _mm(input, target, p, margin, weight**p, reduction)


def multilabel_margin_loss__margin_half(input, target, reduction="mean"):
    """The margin is ½."""
    return _mlm(input, target, reduction, margin=0.5)


def keras_hinge__margin_and_sum(y_true, y_pred):
    """Two mistakes: zeros are no -1, and the sum over the last dimension."""
    return (1 - y_true.to(y_pred.dtype) * y_pred).clamp(min=0).sum(-1)
