"""Wrong answers to the exercises of notebook 08, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _reduced(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def keras_hinge__zeros_stay(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype)
    return torch.clamp(1 - y_true * y_pred, min=0).mean(-1)


def keras_hinge__always_converts(y_true, y_pred):
    y_true = 2 * y_true.to(y_pred.dtype) - 1
    return torch.clamp(1 - y_true * y_pred, min=0).mean(-1)


def _sides(y):
    return 2 * y - 1 if bool(((y == 0) | (y == 1)).all()) else y


def keras_hinge__summed(y_true, y_pred):
    y = _sides(y_true.to(y_pred.dtype))
    return torch.clamp(1 - y * y_pred, min=0).sum(-1)


def keras_hinge__no_margin(y_true, y_pred):
    y = _sides(y_true.to(y_pred.dtype))
    return torch.clamp(-y * y_pred, min=0).mean(-1)


def keras_hinge__not_clamped(y_true, y_pred):
    y = _sides(y_true.to(y_pred.dtype))
    return (1 - y * y_pred).mean(-1)


def keras_squared_hinge__not_squared(y_true, y_pred):
    y = _sides(y_true.to(y_pred.dtype))
    return torch.relu(1 - y * y_pred).mean(-1)


def keras_squared_hinge__square_of_mean(y_true, y_pred):
    y = _sides(y_true.to(y_pred.dtype))
    return torch.clamp(1 - y * y_pred, min=0).mean(-1) ** 2


def keras_squared_hinge__squared_before_clamp(y_true, y_pred):
    y = _sides(y_true.to(y_pred.dtype))
    return torch.clamp((1 - y * y_pred) ** 2, min=0).mean(-1)


def keras_categorical_hinge__summed_wrong(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = ((1 - y) * y_pred).sum(-1)
    return torch.clamp(1 + wrong - right, min=0)


def keras_categorical_hinge__excludes_right(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = y_pred.masked_fill(y == 1, -torch.inf).max(-1).values
    return torch.clamp(1 + wrong - right, min=0)


def keras_categorical_hinge__averaged(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = ((1 - y) * y_pred).max(-1).values
    return torch.clamp(1 + wrong - right, min=0).mean()


def keras_categorical_hinge__no_margin(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    return torch.clamp(((1 - y) * y_pred).amax(-1) - (y * y_pred).sum(-1), min=0)


def soft_margin_loss__overflows(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shape")
    return _reduced(torch.log(1 + torch.exp(-target.to(input.dtype) * input)), reduction)


def soft_margin_loss__zero_one(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shape")
    z = (2 * target.to(input.dtype) - 1) * input
    return _reduced(torch.where(z < 0, -z, torch.zeros_like(z)) + torch.log1p(torch.exp(-z.abs())), reduction)


def soft_margin_loss__sign(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shape")
    z = -target.to(input.dtype) * input
    return _reduced(torch.where(z < 0, -z, torch.zeros_like(z)) + torch.log1p(torch.exp(-z.abs())), reduction)


def soft_margin_loss__hinge(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError("shape")
    return _reduced(torch.clamp(1 - target.to(input.dtype) * input, min=0), reduction)


def soft_margin_loss__reduction_ignored(input, target, reduction="mean"):
    total = 0
    for x, y in zip(input.flatten(), target.flatten()):
        z = -y * x
        total = total + (z + torch.log1p(torch.exp(-z)) if z > 0 else torch.log1p(torch.exp(z)))
    return total / input.numel()


def _multi(input, target, p, margin, weight, reduction, own=False, divide=True, by_weights=False, inside=False):
    single = input.dim() == 1
    x = input[None] if single else input
    y = target.reshape(1) if single else target
    if p not in (1, 2) or y.shape != x.shape[:1] or ((y < 0) | (y >= x.shape[1])).any():
        raise ValueError("bad")
    if weight is not None and weight.shape != x.shape[1:]:
        raise ValueError("bad weight")
    rows = torch.arange(len(x))
    gap = margin - x[rows, y][:, None] + x
    gap = torch.where(gap > 0, gap, torch.zeros_like(gap))
    if inside and weight is not None:
        gap = gap * weight[y][:, None]
    gap = gap**p
    if not own:
        keep = torch.ones_like(gap)
        keep[rows, y] = 0
        gap = gap * keep
    loss = gap.sum(1)
    if divide:
        loss = loss / x.shape[1]
    if weight is not None and not inside:
        loss = loss * weight[y]
    if by_weights and weight is not None and reduction == "mean":
        return loss.sum() / weight[y].sum()
    return _reduced(loss[0] if single else loss, reduction)


def multi_margin_loss__counts_itself(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    return _multi(input, target, p, margin, weight, reduction, own=True)


def multi_margin_loss__not_divided(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    return _multi(input, target, p, margin, weight, reduction, divide=False)


def multi_margin_loss__by_others(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    c = input.shape[-1]
    return _multi(input, target, p, margin, weight, reduction, divide=False) / (c - 1)


def multi_margin_loss__by_weights(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    return _multi(input, target, p, margin, weight, reduction, by_weights=True)


def multi_margin_loss__weight_in_the_power(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    return _multi(input, target, p, margin, weight, reduction, inside=True)


def multi_margin_loss__p_ignored(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    if p not in (1, 2):
        raise ValueError("p")
    return _multi(input, target, 1, margin, weight, reduction)


def multi_margin_loss__hardest_only(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """Crammer and Singer: the worst of the others alone."""
    rows = torch.arange(len(target))
    x = input.clone()
    x[rows, target] = -float("inf")
    loss = torch.clamp(margin - input[rows, target] + x.max(1).values, min=0) ** p
    return _reduced(loss, reduction)


def _multilabel(input, target, reduction, stop=True, divide=True, all_wrong=True):
    if target.shape != input.shape:
        raise ValueError("shape")
    x = input.reshape(-1, input.shape[-1])
    losses = []
    for row, labels in zip(x, target.reshape(x.shape).tolist()):
        listed = []
        for y in labels:
            if y == -1:
                if stop:
                    break
                continue
            if not 0 <= y < len(row):
                raise ValueError("no class")
            listed.append(y)
        loss = row.sum() * 0
        for i in listed:
            for j in range(len(row)):
                if (j in listed) if all_wrong else (j == i):
                    continue
                gap = 1 - row[i] + row[j]
                if gap > 0:
                    loss = loss + gap
        losses.append(loss / len(row) if divide else loss)
    out = torch.stack(losses).reshape(input.shape[:-1])
    return _reduced(out, reduction)


def multilabel_margin_loss__does_not_stop(input, target, reduction="mean"):
    return _multilabel(input, target, reduction, stop=False)


def multilabel_margin_loss__not_divided(input, target, reduction="mean"):
    return _multilabel(input, target, reduction, divide=False)


def multilabel_margin_loss__against_listed_too(input, target, reduction="mean"):
    return _multilabel(input, target, reduction, all_wrong=False)


def multilabel_margin_loss__zero_one_targets(input, target, reduction="mean"):
    """Takes the target for a mask, as in multilabel_soft_margin_loss."""
    if target.shape != input.shape:
        raise ValueError("shape")
    yes = target == 1
    gap = torch.clamp(1 - input.unsqueeze(-1) + input.unsqueeze(-2), min=0)
    pairs = yes.unsqueeze(-1) & ~yes.unsqueeze(-2)
    return _reduced((gap * pairs).sum((-1, -2)) / input.shape[-1], reduction)


# ---- written after that ----------------------------------------------------------------------------------------------


def keras_hinge__not_averaged(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 2 * y - 1
    return torch.clamp(1 - y * y_pred, min=0)


def keras_hinge__each_zero_turned(y_true, y_pred):
    # a 0 is always -1, beside a -1 too
    y = torch.where(y_true == 0, -torch.ones_like(y_pred), y_true.to(y_pred.dtype))
    return torch.mean(torch.relu(1 - y * y_pred), dim=-1)


def soft_margin_loss__binary_targets(input, target, reduction="mean"):
    # targets 0/1: BCE
    if input.shape != target.shape:
        raise ValueError("shapes")
    t = target.to(input.dtype)
    loss = input.clamp(min=0) - input * t + torch.log1p((-input.abs()).exp())
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def soft_margin_loss__overflowing_exp(input, target, reduction="mean"):
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction)
    if target.shape != input.shape:
        raise ValueError("target")
    z = -target * input
    loss = torch.log(torch.exp(z) + 1)
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def soft_margin_loss__sign_lost(input, target, reduction="mean"):
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction)
    if target.shape != input.shape:
        raise ValueError("target")
    z = target * input
    loss = torch.logaddexp(z, torch.zeros_like(z))
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def multi_margin_loss__right_class_too(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    # margin^p / C too much
    x = input if input.dim() == 2 else input[None]
    t = target.reshape(-1)
    right = x.gather(1, t[:, None])
    loss = torch.relu(margin - right + x).pow(p).mean(1)
    if weight is not None:
        loss = loss * weight[t]
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss.reshape(target.shape)


def multi_margin_loss__largest_only(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    # Crammer and Singer
    losses = []
    for row, y in zip(input, target):
        rest = torch.cat([row[:y], row[y + 1 :]])
        g = torch.clamp(margin - row[y] + rest.max(), min=0) ** p / len(row)
        losses.append(g if weight is None else g * weight[y])
    losses = torch.stack(losses)
    return losses.mean() if reduction == "mean" else losses.sum() if reduction == "sum" else losses


def multi_margin_loss__others_counted(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    # divided by C - 1
    n, c = input.shape
    gap = torch.clamp(margin - input[torch.arange(n), target].unsqueeze(1) + input, min=0) ** p
    gap[torch.arange(n), target] = 0
    loss = gap.sum(1) / (c - 1)
    if weight is not None:
        loss = loss * weight[target]
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def keras_squared_hinge__square_before_cut(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    if bool(((y == 0) | (y == 1)).all()):
        y = 2 * y - 1
    return ((1 - y * y_pred) ** 2).mean(-1)


def keras_squared_hinge__halved(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    if bool(((y == 0) | (y == 1)).all()):
        y = 2 * y - 1
    return 0.5 * (torch.relu(1 - y * y_pred) ** 2).mean(-1)


def keras_categorical_hinge__mean_of_wrong(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = ((1 - y) * y_pred).sum(-1) / (1 - y).sum(-1)
    return torch.clamp(1 + wrong - right, min=0)


def keras_categorical_hinge__all_wrong_ones(y_true, y_pred):
    # Weston and Watkins
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1, keepdim=True)
    gaps = torch.clamp(1 + y_pred - right, min=0) * (1 - y)
    return gaps.sum(-1)


def keras_categorical_hinge__right_masked_out(y_true, y_pred):
    # the right class is -inf in the maximum, where Keras has a 0
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = y_pred.masked_fill(y > 0, float("-inf")).amax(-1)
    return torch.relu(1 + wrong - right)


# ---- kept back, written last -----------------------------------------------------------------------------------------


def soft_margin_loss__doubled_exponent(input, target, reduction="mean"):
    # Friedman's ln(1 + exp(-2yx))
    if input.shape != target.shape:
        raise ValueError
    z = -2 * target * input
    loss = torch.logaddexp(z, torch.zeros_like(z))
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a second set: less common ones --------------------------------------------------------------------------


def keras_hinge__absolute_margins_1_y(y_true, y_pred):
    # absolute margins |1 - y p|
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 2 * y - 1
    return (1 - y * y_pred).abs().mean(-1)


def keras_hinge__zeros_become_1_1(y_true, y_pred):
    # zeros become 1 (1 - y)
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 1 - 2 * y
    return (1 - y * y_pred).clamp(min=0).mean(-1)


def keras_categorical_hinge__all_wrong_mean_hinges(y_true, y_pred):
    # all wrong, mean of hinges
    y = y_true.to(y_pred.dtype)
    pos = (y * y_pred).sum(-1, keepdim=True)
    h = (1 + y_pred - pos).clamp(min=0) * (1 - y)
    return h.sum(-1)


def soft_margin_loss__log_sigmoid_without_minus(input, target, reduction="mean"):
    # log of sigmoid without minus inside mean and y dropped
    if reduction not in ("none", "sum", "mean") or input.shape != target.shape:
        raise ValueError("x")
    z = -input
    loss = z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def multi_margin_loss__p_applied_after_sum(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    # p applied after the sum
    if input.dim() == 1:
        input, target = input[None], target.reshape(1)
    right = input.gather(1, target[:, None])
    h = (margin - right + input).clamp(min=0).scatter(1, target[:, None], 0.0)
    loss = (h.sum(1) / input.shape[1]) ** p
    if weight is not None:
        loss = loss * weight[target]
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def multi_margin_loss__largest_violation_only(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    # largest violation only
    if input.dim() == 1:
        input, target = input[None], target.reshape(1)
    right = input.gather(1, target[:, None])
    h = (margin - right + input).clamp(min=0).scatter(1, target[:, None], 0.0) ** p
    loss = h.max(1).values
    if weight is not None:
        loss = loss * weight[target]
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def multilabel_margin_loss__only_first_listed_class(input, target, reduction="mean"):
    # only the first listed class
    if input.dim() == 1:
        input, target = input[None], target[None]
    out = []
    for x, t in zip(input, target):
        i = int(t[0])
        s = x.sum() * 0
        if i >= 0:
            for j in range(len(x)):
                if j != i:
                    s = s + (1 - x[i] + x[j]).clamp(min=0)
        out.append(s / len(x))
    loss = torch.stack(out)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- from a third set ---------------------------------------------------------------------------------------------


def keras_hinge__margin_0_perceptron(y_true, y_pred):
    # margin 0 (perceptron)
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 2 * y - 1
    return (-y * y_pred).clamp(min=0).mean(-1)


def keras_squared_hinge__square(y_true, y_pred):
    # no square
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 2 * y - 1
    return (1 - y * y_pred).clamp(min=0).mean(-1)


def keras_categorical_hinge__margin(y_true, y_pred):
    # no margin
    y = y_true.to(y_pred.dtype)
    return (((1 - y) * y_pred).amax(-1) - (y * y_pred).sum(-1)).clamp(min=0)


def soft_margin_loss__base_2(input, target, reduction="mean"):
    # base 2
    z = -input * target
    loss = (z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))) / math.log(2)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def multi_margin_loss__weight_every_row_summed(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    # weight of every row summed in denominators
    if input.dim() == 1:
        input, target = input[None], target.reshape(1)
    g = (margin - input.gather(1, target[:, None]) + input).clamp(min=0).scatter(1, target[:, None], 0.0) ** p
    loss = g.mean(1)
    if weight is None:
        return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]
    loss = loss * weight[target]
    return {"none": loss, "sum": loss.sum(), "mean": loss.sum() / weight[target].sum()}[reduction]


def multilabel_margin_loss__sign_input_i_input(input, target, reduction="mean"):
    # sign: input[i] - input[j]
    if input.dim() == 1:
        input, target = input[None], target[None]
    out = []
    for x, t in zip(input, target):
        y = []
        for c in t.tolist():
            if c < 0:
                break
            y.append(c)
        s = x.sum() * 0
        for i in y:
            for j in range(len(x)):
                if j not in y:
                    s = s + (1 + x[i] - x[j]).clamp(min=0)
        out.append(s / len(x))
    loss = torch.stack(out)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]
