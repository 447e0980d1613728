"""Right answers to the exercises of the lesson on margins, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

# ---- soft_margin_loss --------------------------------------------------------------------------------------------


def soft_margin_loss__loop(input, target, reduction="mean"):
    """Each element from the side on which its exponential is small."""
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    losses = []
    for x, y in zip(input.reshape(-1), target.reshape(-1), strict=True):
        z = y * x
        losses.append(torch.log1p(torch.exp(-z)) if z > 0 else torch.log1p(torch.exp(z)) - z)
    loss = torch.stack(losses).reshape(input.shape) if losses else 0 * input
    return {"none": lambda: loss, "sum": loss.sum, "mean": loss.mean}[reduction]()


def soft_margin_loss__softplus(input, target, reduction="mean"):
    if list(input.shape) != list(target.shape):
        raise ValueError(f"{target.shape} against {input.shape}")
    loss = F.softplus(-target * input)
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return getattr(torch, reduction)(loss)


def soft_margin_loss__logsigmoid(input, target, reduction="mean"):
    assert input.shape == target.shape
    loss = -F.logsigmoid(input * target)
    match reduction:
        case "none":
            return loss
        case "sum":
            return loss.sum()
        case "mean":
            return loss.sum() / loss.numel()
    raise ValueError(f"no reduction {reduction}")


def soft_margin_loss__logsumexp(input, target, reduction="mean"):
    """The log of exp 0 + exp(-y x), by the function that shifts by the maximum."""
    if target.shape != input.shape:
        raise ValueError("target")
    z = -(target * input)
    loss = torch.stack([torch.zeros_like(z), z]).logsumexp(0)
    if reduction == "none":
        return loss
    if reduction in ("sum", "mean"):
        return loss.sum() if reduction == "sum" else loss.mean()
    raise ValueError("reduction")


class SoftMargin(torch.autograd.Function):
    """ln(1 + exp(-z)) and its slope -σ(-z), both without overflow."""

    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return (-z).clamp(min=0) + torch.log1p(torch.exp(-z.abs()))

    @staticmethod
    def backward(ctx, grad):
        (z,) = ctx.saved_tensors
        return -grad * torch.sigmoid(-z)


def soft_margin_loss__own_backward(input, target, reduction="mean"):
    if target.size() != input.size():
        raise ValueError("sizes differ")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction!r}")
    loss = SoftMargin.apply(input * target)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def soft_margin_loss__safe_where(input, target, reduction="mean"):
    """Large numbers are kept out of the branch that would overflow."""
    if target.shape != input.shape:
        raise ValueError
    z = -target * input
    far = z > 30
    near = torch.where(far, torch.zeros_like(z), z)
    loss = torch.where(far, z, torch.log1p(torch.exp(near)))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError


# ---- multi_margin_loss -------------------------------------------------------------------------------------------


def fits(input, target, p, weight, reduction):
    """Raises what is to be raised; N, C."""
    if reduction not in ("none", "sum", "mean") or p not in (1, 2):
        raise ValueError("reduction or p")
    rows = input.reshape(-1, input.shape[-1])
    if target.numel() != len(rows) or target.ndim != input.ndim - 1:
        raise ValueError("target does not fit")
    if target.numel() and not 0 <= int(target.min()) <= int(target.max()) < rows.shape[1]:
        raise ValueError("no such class")
    if weight is not None and tuple(weight.shape) != (rows.shape[1],):
        raise ValueError("weight does not fit")
    return rows.shape


def finished(losses, target, reduction):
    losses = losses.reshape(target.shape)
    return losses if reduction == "none" else getattr(losses, reduction)()


def multi_margin_loss__loop(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    _, classes = fits(input, target, p, weight, reduction)
    losses = []
    for row, y in zip(input.reshape(-1, classes), target.reshape(-1).tolist(), strict=True):
        loss = 0 * row[y]
        for j in range(classes):
            z = margin - row[y] + row[j]
            if j != y and z > 0:
                loss = loss + z**p * (1 if weight is None else weight[y])
        losses.append(loss / classes)
    return finished(torch.stack(losses), target, reduction)


def multi_margin_loss__one_hot(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    rows, classes = fits(input, target, p, weight, reduction)
    x = input.reshape(rows, classes)
    hot = F.one_hot(target.reshape(-1), classes).to(x.dtype)
    z = (margin - (hot * x).sum(1, keepdim=True) + x) * (1 - hot)
    loss = z.relu().pow(p) @ x.new_full((classes,), 1 / classes)
    if weight is not None:
        loss = loss * (hot @ weight)
    return finished(loss, target, reduction)


def multi_margin_loss__all_but_one(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The table of the others, C - 1 wide."""
    rows, classes = fits(input, target, p, weight, reduction)
    x, y = input.view(rows, classes), target.view(-1)
    others = torch.arange(classes - 1).expand(rows, -1)
    others = others + (others >= y[:, None])
    z = margin + x.gather(1, others) - x[torch.arange(rows), y].unsqueeze(1)
    loss = torch.where(z > 0, z, torch.zeros_like(z)).pow(p).sum(1).div(classes)
    return finished(loss if weight is None else weight[y] * loss, target, reduction)


class Gaps(torch.autograd.Function):
    """max(0, z)^p with its slope on paper, 0 at 0."""

    @staticmethod
    def forward(ctx, z, p):
        ctx.save_for_backward(z)
        ctx.p = p
        return z.clamp(min=0) ** p

    @staticmethod
    def backward(ctx, grad):
        (z,) = ctx.saved_tensors
        slope = (z > 0).to(z.dtype)
        return grad * (slope if ctx.p == 1 else 2 * z * slope), None


def multi_margin_loss__own_backward(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    rows, classes = fits(input, target, p, weight, reduction)
    x, y = input.reshape(rows, classes), target.reshape(rows)
    z = margin - x.gather(1, y[:, None]) + x
    mine = torch.zeros(rows, classes, dtype=torch.bool).scatter(1, y[:, None], True)
    loss = Gaps.apply(z.masked_fill(mine, -1.0), p).sum(1) / classes
    return finished(loss * (1 if weight is None else weight.index_select(0, y)), target, reduction)


def multi_margin_loss__less_itself(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The right class takes part, and what it adds is taken off again."""
    rows, classes = fits(input, target, p, weight, reduction)
    x, y = input.reshape(rows, classes), target.reshape(rows)
    z = margin - torch.take_along_dim(x, y[:, None], 1) + x
    loss = (F.relu(z) ** p).sum(1) - max(margin, 0) ** p
    factor = torch.ones(classes, dtype=x.dtype) if weight is None else weight
    return finished(torch.einsum("n,n->n", loss, factor[y]) / classes, target, reduction)


class MultiMargin(torch.nn.Module):
    """As torch's class: settings first, tensors after."""

    def __init__(self, p, margin, weight, reduction):
        super().__init__()
        self.p, self.margin, self.weight, self.reduction = p, margin, weight, reduction

    def forward(self, input, target):
        rows, classes = fits(input, target, self.p, self.weight, self.reduction)
        x, y = input.reshape(rows, classes), target.reshape(rows)
        losses = [self.one(x[n], y[n]) for n in range(rows)]
        return finished(torch.stack(losses), target, self.reduction)

    def one(self, x, y):
        keep = torch.arange(len(x)) != y
        z = self.margin - x[y] + x[keep]
        loss = z[z > 0].pow(self.p).sum() / len(x)
        return loss if self.weight is None else loss * self.weight[y]


def multi_margin_loss__module(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    return MultiMargin(p, margin, weight, reduction)(input, target)


# ---- multilabel_margin_loss --------------------------------------------------------------------------------------


def checked(input, target, reduction):
    if input.shape != target.shape:
        raise ValueError("the list has another shape than the scores")
    if target.numel() and (target.min() < -1 or target.max() >= input.shape[-1]):
        raise ValueError("no such class")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)


def collected(losses, input, reduction):
    losses = losses.reshape(input.shape[:-1])
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def multilabel_margin_loss__loop(input, target, reduction="mean"):
    checked(input, target, reduction)
    classes = input.shape[-1]
    losses = []
    for row, numbers in zip(input.reshape(-1, classes), target.reshape(-1, classes).tolist(), strict=True):
        listed = []
        for number in numbers:
            if number == -1:
                break
            listed.append(number)
        loss = 0 * row.sum()
        for i in listed:
            for j in range(classes):
                if j not in listed and 1 - row[i] + row[j] > 0:
                    loss = loss + 1 - row[i] + row[j]
        losses.append(loss / classes)
    return collected(torch.stack(losses), input, reduction)


def multilabel_margin_loss__cumprod(input, target, reduction="mean"):
    """Each place of the list against each class, the places behind the end masked."""
    checked(input, target, reduction)
    classes = input.shape[-1]
    x, t = input.reshape(-1, classes), target.reshape(-1, classes)
    reads = (t != -1).long().cumprod(1).bool()
    hot = F.one_hot(t.clamp(min=0), classes).bool() & reads[..., None]
    wrong = ~hot.any(1)
    z = 1 - x.gather(1, t.clamp(min=0))[..., None] + x[:, None, :]
    keep = reads[..., None] & wrong[:, None, :]
    return collected((F.relu(z) * keep).sum((1, 2)) / classes, input, reduction)


def multilabel_margin_loss__einsum(input, target, reduction="mean"):
    checked(input, target, reduction)
    classes = input.shape[-1]
    x, t = input.reshape(-1, classes), target.reshape(-1, classes)
    before = torch.cumsum(t.eq(-1), 1).eq(0).to(x.dtype)
    times = torch.einsum("nk,nkc->nc", before, F.one_hot(t.clamp(min=0), classes).to(x.dtype))
    z = torch.relu(1 - x.unsqueeze(2) + x.unsqueeze(1))
    return collected(torch.einsum("ni,nj,nij->n", times, (times == 0).to(x.dtype), z) / classes, input, reduction)


def multilabel_margin_loss__select(input, target, reduction="mean"):
    """Two short vectors a sample: the scores that are right, and those that are wrong."""
    checked(input, target, reduction)
    classes = input.shape[-1]
    losses = []
    for x, t in zip(torch.atleast_2d(input), torch.atleast_2d(target), strict=True):
        ends = (t == -1).nonzero()
        listed = t[: int(ends[0])] if len(ends) else t
        wrong = torch.ones(classes, dtype=torch.bool)
        wrong[listed] = False
        z = 1 - x[listed][:, None] + x[wrong][None, :]
        losses.append(torch.where(z > 0, z, 0.0).sum() / classes)
    return collected(torch.stack(losses), input, reduction)


class PairGaps(torch.autograd.Function):
    """The whole loss of each sample, with its slope counted: pairs that are too close, over C."""

    @staticmethod
    def forward(ctx, x, times):
        pairs = times[:, :, None] * (times == 0)[:, None, :]
        z = 1 - x[:, :, None] + x[:, None, :]
        ctx.save_for_backward(pairs * (z > 0))
        return (pairs * z.clamp(min=0)).sum((1, 2)) / x.shape[1]

    @staticmethod
    def backward(ctx, grad):
        (close,) = ctx.saved_tensors
        return grad[:, None] * (close.sum(1) - close.sum(2)) / close.shape[1], None


def multilabel_margin_loss__own_backward(input, target, reduction="mean"):
    checked(input, target, reduction)
    classes = input.shape[-1]
    x, t = input.reshape(-1, classes), target.reshape(-1, classes)
    reads = ((t < 0).cumsum(1) == 0).to(x.dtype)
    times = torch.zeros_like(x.detach()).scatter_add_(1, t.clamp_min(0), reads)
    return collected(PairGaps.apply(x, times), input, reduction)


def multilabel_margin_loss__extra_column(input, target, reduction="mean"):
    """What stands behind the end is written to a column that is thrown away."""
    checked(input, target, reduction)
    classes = input.shape[-1]
    x, t = input.reshape(-1, classes), target.reshape(-1, classes)
    dead = (t == -1).cumsum(1) > 0
    t = torch.where(dead, classes, t)
    times = torch.zeros(len(x), classes + 1, dtype=x.dtype)
    times = times.scatter_add(1, t, torch.ones_like(x))[:, :classes]
    losses = [
        sum(times[n, i] * (1 - x[n, i] + x[n, times[n] == 0]).relu().sum() for i in range(classes)) / classes
        for n in range(len(x))
    ]
    return collected(torch.stack(losses), input, reduction)


# ---- keras_hinge -------------------------------------------------------------------------------------------------


def keras_hinge__loop(y_true, y_pred):
    """One element at a time, in one long row."""
    labels = [float(y) for y in y_true.reshape(-1)]
    if not [y for y in labels if y not in (0.0, 1.0)]:
        labels = [1.0 if y else -1.0 for y in labels]
    losses = []
    for y, x in zip(labels, y_pred.reshape(-1), strict=True):
        missing = 1 - y * x
        losses.append(missing if missing > 0 else 0 * x)
    return torch.stack(losses).reshape(y_pred.shape).mean(-1)


def keras_hinge__as_keras_writes_it(y_true, y_pred):
    """Keras's own lines, in torch."""
    y_true = y_true.to(dtype=y_pred.dtype)
    are_zeros, are_ones = torch.eq(y_true, 0), torch.eq(y_true, 1)
    if torch.all(torch.logical_or(are_zeros, are_ones)):
        y_true = 2.0 * y_true - 1.0
    zero = torch.tensor(0.0, dtype=y_pred.dtype)
    return torch.mean(torch.maximum(1.0 - y_true * y_pred, zero), dim=-1)


def keras_hinge__masked(y_true, y_pred):
    """What is missing, kept where it is positive."""
    values = set(y_true.unique().tolist())
    y = y_true.to(y_pred.dtype)
    y = y.mul(2).sub(1) if values <= {0, 1} else y
    missing = 1 - y * y_pred
    return (missing * (missing > 0)).sum(-1) / y_pred.size(-1)


def keras_hinge__half_of_sum(y_true, y_pred):
    """max(0, z) is half of z + |z|."""
    y = y_true.type_as(y_pred)
    binary = bool((y * (y - 1) == 0).all())
    z = 1 - (y + y - 1 if binary else y) * y_pred
    return ((z + z.abs()) / 2).mean(dim=-1)


class Hinge(torch.autograd.Function):
    """The slope on paper: -y where the margin is not met."""

    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return torch.relu(1 - y * x)

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        return -grad * y * (y * x < 1).to(grad.dtype), None


def keras_hinge__own_backward(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    if torch.isin(y, torch.tensor([0.0, 1.0], dtype=y.dtype)).all():
        y = torch.where(y == 0, -1.0, 1.0).to(y.dtype)
    return Hinge.apply(y_pred, y).mean(-1)


def keras_hinge__einsum(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 2 * y - 1
    losses = F.relu(1 - torch.einsum("...,...->...", y, y_pred))
    return torch.einsum("...d->...", losses) / y_pred.shape[-1]


# ---- keras_squared_hinge -----------------------------------------------------------------------------------------


def keras_squared_hinge__loop(y_true, y_pred):
    labels = [float(y) for y in y_true.flatten()]
    if all(y in (0.0, 1.0) for y in labels):
        labels = [2 * y - 1 for y in labels]
    losses = []
    for y, x in zip(labels, y_pred.flatten(), strict=True):
        losses.append((1 - y * x) ** 2 if y * x < 1 else x * 0)
    return torch.stack(losses).view(y_pred.shape).mean(-1)


def keras_squared_hinge__threshold(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    y = 2 * y - 1 if y.eq(0).logical_or(y.eq(1)).all() else y
    return F.threshold(1 - y * y_pred, 0.0, 0.0).pow(2).mean(-1)


def keras_squared_hinge__product(y_true, y_pred):
    """z · max(0, z)."""
    y = y_true.to(y_pred.dtype)
    if not ((y != 0) & (y != 1)).any():
        y = y - (1 - y)
    z = 1 - y * y_pred
    return (z * z.relu()).mean(-1)


def keras_squared_hinge__norm(y_true, y_pred):
    """The square of a row's norm, over its length."""
    y = y_true.to(y_pred.dtype)
    if ((y == 0) + (y == 1)).all():
        y = 2 * y - 1
    missing = (1 - y * y_pred).clamp_min(0)
    return torch.linalg.vecdot(missing, missing) / missing.shape[-1]


def keras_squared_hinge__where(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    binary = torch.logical_or(y == 0, y == 1).all()
    margin = torch.where(binary, 2 * y - 1, y) * y_pred
    return torch.where(margin < 1, torch.square(1 - margin), torch.zeros_like(margin)).mean(dim=-1)


# ---- keras_categorical_hinge -------------------------------------------------------------------------------------


def keras_categorical_hinge__loop(y_true, y_pred):
    """Row by row, class by class."""
    labels = y_true.to(y_pred.dtype).reshape(-1, y_true.shape[-1])
    losses = []
    for y, x in zip(labels, y_pred.reshape(-1, y_pred.shape[-1]), strict=True):
        right = sum(a * b for a, b in zip(y, x, strict=True))
        best = None
        for a, b in zip(y, x, strict=True):
            candidate = (1 - a) * b
            best = candidate if best is None or candidate > best else best
        loss = 1 + best - right
        losses.append(loss if loss > 0 else 0 * right)
    return torch.stack(losses).reshape(y_pred.shape[:-1])


def keras_categorical_hinge__max(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    neg, _ = torch.max((1.0 - y) * y_pred, dim=-1)
    pos = torch.sum(y * y_pred, dim=-1)
    return torch.maximum(neg - pos + 1.0, torch.zeros_like(pos))


def keras_categorical_hinge__einsum(y_true, y_pred):
    y = y_true.to(y_pred.dtype)
    right = torch.einsum("...c,...c->...", y, y_pred)
    return F.relu(1 - right + (y_pred - y * y_pred).amax(-1))


def keras_categorical_hinge__sorted(y_true, y_pred):
    y = y_true.type(y_pred.dtype)
    return ((1 - y) * y_pred).sort(dim=-1).values[..., -1].add(1).sub((y * y_pred).sum(-1)).relu()


def keras_categorical_hinge__topk(y_true, y_pred):
    wrong = (~y_true if y_true.dtype is torch.bool else 1 - y_true).to(y_pred.dtype)
    best = torch.topk(wrong * y_pred, 1, dim=-1).values.squeeze(-1)
    gap = best + 1 - ((1 - wrong) * y_pred).sum(-1)
    return gap.where(gap > 0, 0 * gap)


# ---- odd but honest ----------------------------------------------------------------------------------------------


def sides(y: Tensor, like: Tensor) -> Tensor:
    y = y.to(like.dtype)
    binary = torch.logical_or(y.eq(0), y.eq(1)).all()
    return torch.where(binary, 2 * y - 1, y)


def keras_hinge__threshold(y_true, y_pred):
    return F.threshold(1 - sides(y_true, y_pred) * y_pred, 0, 0).mean(-1)


HOW = {"none": lambda x: x, "sum": torch.sum, "mean": torch.mean}


def red(x, how):
    if (f := HOW.get(how)) is None:
        raise ValueError(how)
    return f(x)


def soft_margin_loss__two_class_softmax(input, target, reduction="mean"):
    if input.shape != target.shape:
        raise ValueError
    m = (target * input).unsqueeze(-1) * torch.tensor([0.5, -0.5], dtype=input.dtype)
    return red(-torch.log_softmax(m, -1)[..., 0], reduction)


def multilabel_margin_loss__takewhile(input, target, reduction="mean"):
    if input.shape != target.shape or reduction not in HOW:
        raise ValueError
    from itertools import takewhile

    def sample(x, t):
        listed = list(takewhile(lambda i: i != -1, t.tolist()))
        if any(not 0 <= i < len(x) for i in listed):
            raise ValueError
        rest = [j for j in range(len(x)) if j not in {*listed}]
        return sum((F.relu(1 - x[i] + x[j]) for i, j in product(listed, rest)), x.sum() * 0) / len(x)

    return red(
        sample(input, target)
        if input.ndim == 1
        else torch.stack([sample(*xt) for xt in zip(input, target, strict=False)])
        if len(input)
        else input.sum(1),
        reduction,
    )


def multilabel_margin_loss__counts(input, target, reduction="mean"):
    if input.shape != target.shape or reduction not in HOW:
        raise ValueError
    C = input.shape[-1]
    x, t = input.reshape(-1, C), target.reshape(-1, C)
    open_ = (t == -1).cumsum(-1) == 0
    if (((t < 0) | (t >= C)) & open_).any():
        raise ValueError
    times = torch.zeros_like(x).scatter_add(1, t.where(open_, 0), open_.to(x.dtype))
    gap = (1 - x[:, :, None] + x[:, None, :]).relu()
    loss = torch.einsum("ni,nij,nj->n", times, gap, (times == 0).to(x.dtype)) / C
    return red(loss.reshape(input.shape[:-1]), reduction)
