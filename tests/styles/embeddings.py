"""Right answers to the exercises of the lesson on embeddings, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import enum
import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def left_as(losses, reduction):
    """As "none", "sum" and "mean" leave them."""
    match reduction:
        case "none":
            return losses
        case "sum":
            return losses.sum()
        case "mean":
            return losses.sum() / losses.numel()
        case _:
            raise ValueError(f"reduction is {reduction!r}")


class HingeFunction(torch.autograd.Function):
    """max(0, x), with slope 1 at 0 too."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x < 0, 0.0, x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x >= 0)


# ---- cosine_embedding_loss ---------------------------------------------------------------------------------------


def checked(input1, input2, target):
    """Raises unless the shapes are those that torch takes."""
    if (input1.ndim, input2.ndim, target.ndim) not in ((2, 2, 1), (1, 1, 0)):
        raise ValueError("shapes")


def cosine_embedding_loss__loop(input1, input2, target, margin=0.0, reduction="mean"):
    """Pair by pair."""
    checked(input1, input2, target)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    single = target.ndim == 0
    rows1, rows2 = (x[None] if single else x for x in (input1, input2))
    targets = target.reshape(-1).expand(len(rows1))
    losses = []
    for x, y, sign in zip(rows1, rows2, targets, strict=True):
        cos = x.dot(y) / ((x.dot(x) + 1e-12).sqrt() * (y.dot(y) + 1e-12).sqrt())
        if sign == 1:
            losses.append(1 - cos)
        elif sign == -1 and cos >= margin:
            losses.append(cos - margin)
        else:
            losses.append(0 * cos)
    losses = torch.stack(losses) if losses else rows1.sum(1)
    return left_as(losses[0] if single and reduction == "none" else losses, reduction)


def cosine_embedding_loss__einsum(input1, input2, target, margin=0.0, reduction="mean"):
    checked(input1, input2, target)
    dot, xx, yy = (torch.einsum("...i,...i->...", *p) for p in ((input1, input2), (input1,) * 2, (input2,) * 2))
    cos = dot * (xx + 1e-12).rsqrt() * (yy + 1e-12).rsqrt()
    return left_as((target == 1) * (1 - cos) + (target == -1) * (cos - margin).clamp(min=0), reduction)


def cosine_embedding_loss__longer_vectors(input1, input2, target, margin=0.0, reduction="mean"):
    """One more coordinate of 1e-6 is 1e-12 in the squared length. The dot product does not see it."""
    checked(input1, input2, target)
    lengths = [
        torch.linalg.vector_norm(torch.cat([x, torch.full_like(x[..., :1], 1e-6)], -1), dim=-1)
        for x in (input1, input2)
    ]
    cos = (input1 / lengths[0][..., None] * (input2 / lengths[1][..., None])).sum(-1)
    apart = torch.where(cos < margin, torch.zeros_like(cos), cos - margin)
    none = torch.zeros_like(cos)
    return left_as(torch.where(target == 1, 1 - cos, torch.where(target == -1, apart, none)), reduction)


def cosine_embedding_loss__own_backward(input1, input2, target, margin=0.0, reduction="mean"):
    checked(input1, input2, target)
    squares = [(x**2).sum(-1) + 1e-12 for x in (input1, input2)]
    cos = (input1 * input2).sum(-1) / torch.sqrt(squares[0] * squares[1])
    apart = HingeFunction.apply(cos - margin)
    return left_as(torch.where(target == 1, 1 - cos, 0.0) + torch.where(target == -1, apart, 0.0), reduction)


def cosine_embedding_loss__masks(input1, input2, target, margin=0.0, reduction="mean"):
    """Losses of one sense after the other are put in their places."""
    checked(input1, input2, target)
    dot = (input1 * input2).sum(-1)
    cos = dot / ((input1 * input1).sum(-1) + 1e-12).sqrt() / ((input2 * input2).sum(-1) + 1e-12).sqrt()
    target = target.expand(cos.shape)
    losses = torch.rsub(cos, 1).masked_fill(target != 1, 0)
    return left_as(losses + (cos - margin).clamp_min(0).masked_fill(target != -1, 0), reduction)


# ---- hinge_embedding_loss ----------------------------------------------------------------------------------------


def hinge_embedding_loss__loop(input, target, margin=1.0, reduction="mean"):
    """One distance at a time."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    distances, signs = torch.broadcast_tensors(input, target)
    losses = []
    for d, sign in zip(distances.reshape(-1), signs.reshape(-1), strict=True):
        loss = 0 if sign == -1 else d
        if sign != 1 and d <= margin:
            loss = loss + (margin - d)
        losses.append(loss if isinstance(loss, torch.Tensor) else d.new_zeros(()))
    losses = torch.stack(losses).reshape(distances.shape) if losses else distances
    return left_as(losses, reduction)


def hinge_embedding_loss__own_backward(input, target, margin=1.0, reduction="mean"):
    pull, push = (
        torch.where(target == -1, 0.0, input),
        torch.where(target == 1, 0.0, HingeFunction.apply(margin - input)),
    )
    return left_as(pull + push, reduction)


def hinge_embedding_loss__nested_where(input, target, margin=1.0, reduction="mean"):
    apart = torch.where(input > margin, torch.zeros_like(input), margin - input)
    losses = torch.where(target == 1, input, torch.where(target == -1, apart, input + apart))
    return left_as(losses, reduction)


def hinge_embedding_loss__masked_fill(input, target, margin=1.0, reduction="mean"):
    input, target = torch.broadcast_tensors(input, target)
    together = input.masked_fill(target.eq(-1), 0)
    apart = torch.rsub(input, margin).clamp_min(0).masked_fill(target.eq(1), 0)
    return left_as(torch.stack([together, apart]).sum(0), reduction)


def hinge_embedding_loss__capped(input, target, margin=1.0, reduction="mean"):
    """What lacks to the margin is the margin less the distance, cut at the margin."""
    losses = torch.where(target != 1, margin - input.clamp(max=margin), 0.0) + torch.where(target != -1, input, 0.0)
    return {"none": lambda: losses, "sum": losses.sum, "mean": losses.mean}.get(reduction, lambda: refuse(reduction))()


def refuse(reduction):
    """Raises."""
    raise ValueError(f"{reduction} is no reduction")


# ---- pairwise_distance -------------------------------------------------------------------------------------------


def pairwise_distance__powers(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The root sees a 1 where there is no distance."""
    d = (x1 - x2 + eps).abs()
    if p == math.inf:
        return d.amax(-1, keepdim)
    total = d.pow(p).sum(-1, keepdim)
    none = total == 0
    return total.masked_fill(none, 1).pow(1 / p).masked_fill(none, 0)


def pairwise_distance__norm(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return (x1 - x2).add(eps).norm(p, dim=-1, keepdim=keepdim)


def pairwise_distance__loop(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """Pair by pair."""
    x1, x2 = torch.broadcast_tensors(x1, x2)
    size = x1.shape[-1]
    distances = []
    for x, y in zip(x1.reshape(-1, size), x2.reshape(-1, size), strict=True):
        differences = [abs(u - v + eps) for u, v in zip(x, y, strict=True)]
        if p == math.inf:
            distances.append(torch.stack(differences).max())
            continue
        total = sum(d**p for d in differences)
        distances.append(total ** (1 / p) if total > 0 else total * 0)
    result = torch.stack(distances).reshape(x1.shape[:-1]) if distances else x1.sum(-1)
    return result.unsqueeze(-1) if keepdim else result


class Norm(torch.autograd.Function):
    """sign(d) |d|^(p-1) / norm^(p-1), and 0 at 0."""

    @staticmethod
    def forward(ctx, d, p):
        size = d.abs()
        norm = size.amax(-1) if p == math.inf else size.pow(p).sum(-1).pow(1 / p)
        ctx.save_for_backward(d, norm)
        ctx.p = p
        return norm

    @staticmethod
    def backward(ctx, grad):
        d, norm = ctx.saved_tensors
        share = d.abs() / torch.where(norm > 0, norm, 1.0)[..., None]
        part = (share == 1).to(d.dtype) if ctx.p == math.inf else share.pow(ctx.p - 1)
        return grad[..., None] * d.sign() * part * (norm > 0)[..., None], None


def pairwise_distance__own_backward(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    distance = Norm.apply(x1 - x2 + eps, p)
    return distance[..., None] if keepdim else distance


def pairwise_distance__matrix_norm_of_rows(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = x1 - x2 + eps
    result = torch.linalg.norm(d, ord=p, dim=d.ndim - 1)
    return result.reshape(*result.shape, 1) if keepdim else result


# ---- triplet_margin_loss -----------------------------------------------------------------------------------------


def fit(margin, *vectors):
    """Raises where torch does."""
    if not margin > 0:
        raise ValueError("the margin has to be positive")
    if len({x.ndim for x in vectors}) > 1:
        raise ValueError("dimensions")


def triplet_margin_loss__norm(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    fit(margin, anchor, positive, negative)
    near, far, between = (
        torch.norm(x - y + eps, p, -1) for x, y in ((anchor, positive), (anchor, negative), (positive, negative))
    )
    return left_as((near - (torch.min(far, between) if swap else far) + margin).clamp_min(0), reduction)


def triplet_margin_loss__own_backward(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    fit(margin, anchor, positive, negative)
    far = Norm.apply(anchor - negative + eps, p)
    if swap:
        far = torch.minimum(far, Norm.apply(positive - negative + eps, p))
    return left_as(HingeFunction.apply(margin + Norm.apply(anchor - positive + eps, p) - far), reduction)


def triplet_margin_loss__loop(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    """Triplet by triplet."""
    fit(margin, anchor, positive, negative)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    anchor, positive, negative = torch.broadcast_tensors(anchor, positive, negative)
    losses = []
    for a, b, c in zip(*(x.reshape(-1, x.shape[-1]) for x in (anchor, positive, negative)), strict=True):
        near, far = torch.linalg.vector_norm(a - b + eps, p), torch.linalg.vector_norm(a - c + eps, p)
        if swap:
            other = torch.linalg.vector_norm(b - c + eps, p)
            far = (far + other) / 2 if other == far else other if other < far else far
        loss = near - far + margin
        losses.append(loss if loss >= 0 else 0 * loss)
    losses = torch.stack(losses).reshape(anchor.shape[:-1]) if losses else anchor.sum(-1)
    return left_as(losses, reduction)


def triplet_margin_loss__stacked(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    """All three distances at once; `amin` shares the gradient of a tie."""
    fit(margin, anchor, positive, negative)
    ends = torch.broadcast_tensors(anchor, positive, negative)
    start, end = torch.stack([ends[0], ends[0], ends[1]]), torch.stack([ends[1], ends[2], ends[2]])
    near, *far = torch.linalg.vector_norm(start - end + eps, p, dim=-1)
    hard = torch.stack(far).amin(0) if swap else far[0]
    losses = torch.where(hard - near > margin, torch.zeros_like(near), near - hard + margin)
    return left_as(losses, reduction)


class Triplets(torch.nn.Module):
    """With methods."""

    def __init__(self, margin, p, eps):
        super().__init__()
        self.margin, self.p, self.eps = margin, p, eps

    def distance(self, x, y):
        return torch.linalg.vector_norm(x.sub(y).add(self.eps), ord=self.p, dim=-1)

    def forward(self, anchor, positive, negative, swap):
        far = self.distance(anchor, negative)
        if swap:
            far = far.minimum(self.distance(positive, negative))
        return self.distance(anchor, positive).sub(far).add(self.margin).clamp(min=0)


def triplet_margin_loss__module(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    fit(margin, anchor, positive, negative)
    return left_as(Triplets(margin, p, eps)(anchor, positive, negative, swap), reduction)


# ---- batch_hard_losses -------------------------------------------------------------------------------------------


def batch_hard_losses__loop(distance, label, margin=1.0):
    """Anchor by anchor, with lists."""
    size = len(label)
    losses = []
    for i in range(size):
        near = [distance[i, j] for j in range(size) if j != i and label[j] == label[i]]
        far = [distance[i, j] for j in range(size) if label[j] != label[i]]
        if near and far:
            losses.append((margin + max(near) - min(far)).clamp(min=0))
        else:
            losses.append(distance[i, i] * 0)
    return torch.stack(losses)


def batch_hard_losses__all_triplets(distance, label, margin=1.0):
    """The hardest is the largest loss of all triplets of an anchor."""
    same = label.unsqueeze(1) == label.unsqueeze(0)
    positive = same.logical_and(torch.eye(len(label)) == 0)
    valid = positive.unsqueeze(2) & same.logical_not().unsqueeze(1)
    losses = margin + distance.unsqueeze(2) - distance.unsqueeze(1)
    return losses.masked_fill(~valid, 0).clamp(min=0).flatten(1).max(1).values


def batch_hard_losses__gather(distance, label, margin=1.0):
    """The numbers of the hardest first, then their distances."""
    same = label[:, None].eq(label)
    positive = same.clone().fill_diagonal_(False)
    i = torch.where(positive, distance, -math.inf).argmax(1, keepdim=True)
    j = torch.where(same, math.inf, distance).argmin(1, keepdim=True)
    losses = F.relu(margin + distance.gather(1, i) - distance.gather(1, j)).squeeze(1)
    return losses * (positive.any(1) & ~same.all(1))


# ---- info_nce ----------------------------------------------------------------------------------------------------


def of_unit_length(x):
    """Without a root of 0: a vector of zeros stays one."""
    square = x.pow(2).sum(-1, keepdim=True)
    return x * torch.where(square > 0, square, 1.0).rsqrt()


def as_pairs(one, other, temperature):
    """Raises unless the shapes and the temperature fit."""
    if one.dim() != 2 or one.size() != other.size():
        raise ValueError("shapes")
    if temperature <= 0:
        raise ValueError("temperature")


def info_nce__loop(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Vector by vector, the largest logit taken out by hand."""
    as_pairs(queries, keys, temperature)
    q, k = [of_unit_length(v) for v in queries], [of_unit_length(v) for v in keys]

    def search(ones, others):
        losses = []
        for i, one in enumerate(ones):
            logits = [one.dot(other) / temperature for other in others]
            largest = max(logits).detach()
            losses.append(sum((z - largest).exp() for z in logits).log() + largest - logits[i])
        return torch.stack(losses)

    losses = 0.5 * (search(q, k) + search(k, q)) if symmetric else search(q, k)
    return left_as(losses, reduction)


class OwnAmongAll(torch.autograd.Function):
    """-ln softmax on the diagonal; its slope is the softmax less the identity."""

    @staticmethod
    def forward(ctx, logits):
        log_p = logits.log_softmax(1)
        ctx.save_for_backward(log_p)
        return -log_p.diagonal().clone()

    @staticmethod
    def backward(ctx, grad):
        (log_p,) = ctx.saved_tensors
        return grad[:, None] * (log_p.exp() - torch.eye(len(log_p), dtype=log_p.dtype))


def info_nce__own_backward(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    as_pairs(queries, keys, temperature)
    logits = F.normalize(queries) @ F.normalize(keys).t() / temperature
    losses = OwnAmongAll.apply(logits)
    if symmetric:
        losses = torch.stack([losses, OwnAmongAll.apply(logits.t())]).mean(0)
    return left_as(losses, reduction)


def info_nce__gaps(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """ln of 1 plus what the others hold beside the own key: a softplus of gaps."""
    as_pairs(queries, keys, temperature)
    s = torch.einsum("nd,md->nm", F.normalize(queries, dim=1), F.normalize(keys, dim=1)) / temperature
    itself = torch.eye(len(s), dtype=torch.bool)

    def search(table):
        gaps = (table - table.diag()[:, None]).masked_fill(itself, 0)
        return torch.logsumexp(gaps, dim=-1)

    return left_as((search(s) + search(s.mT)) / 2 if symmetric else search(s), reduction)


# ---- nt_xent -----------------------------------------------------------------------------------------------------


def nt_xent__loop(first, second, temperature=0.5, reduction="mean"):
    """View by view; the others are those that are left when it is taken out."""
    as_pairs(first, second, temperature)
    n = len(first)
    views = [of_unit_length(v) for v in (*first, *second)]
    losses = []
    for i, view in enumerate(views):
        partner = (i + n) % (2 * n)
        logits = {j: (view * other).sum() / temperature for j, other in enumerate(views) if j != i}
        losses.append(torch.stack(list(logits.values())).logsumexp(0) - logits[partner])
    return left_as(torch.stack(losses), reduction)


class OthersAmongAll(torch.autograd.Function):
    """-ln softmax of the partner among the others, from the unit vectors; its slope is written out."""

    @staticmethod
    def forward(ctx, z, temperature):
        size = len(z)
        partner = torch.arange(size).roll(size // 2)
        logits = (z @ z.T / temperature).fill_diagonal_(-math.inf)
        log_p = logits.log_softmax(1)
        ctx.save_for_backward(z, log_p, partner)
        ctx.temperature = temperature
        return -log_p[torch.arange(size), partner]

    @staticmethod
    def backward(ctx, grad):
        z, log_p, partner = ctx.saved_tensors
        slope = log_p.exp()
        slope[torch.arange(len(z)), partner] -= 1
        slope = grad[:, None] * slope / ctx.temperature
        return (slope + slope.T) @ z, None


def nt_xent__own_backward(first, second, temperature=0.5, reduction="mean"):
    as_pairs(first, second, temperature)
    z = F.normalize(torch.cat([first, second]), dim=-1)
    return left_as(OthersAmongAll.apply(z, temperature), reduction)


def nt_xent__four_blocks(first, second, temperature=0.5, reduction="mean"):
    """The table in four blocks: each view beside its own kind, and beside the other."""
    as_pairs(first, second, temperature)
    a, b = F.normalize(first), F.normalize(second)
    itself = torch.eye(len(a), dtype=torch.bool)
    rows = []
    for one, other in ((a, b), (b, a)):
        own_kind = (one @ one.mT).div(temperature)[~itself].reshape(len(a), len(a) - 1)
        across = one @ other.mT / temperature
        rows.append(torch.hstack([across, own_kind]).logsumexp(1) - across.diag())
    return left_as(torch.hstack(rows), reduction)


# ---- triplet_margin_with_distance_loss ---------------------------------------------------------------------------


def by_word(word):
    """The distance that a word stands for."""
    match word:
        case None:
            return lambda x, y: torch.linalg.vector_norm(x - y + 1e-6, dim=-1)
        case "manhattan":
            return lambda x, y: torch.linalg.vector_norm(x - y, ord=1, dim=-1)
        case "squared":
            return lambda x, y: torch.einsum("...i,...i->...", x - y, x - y)
        case "cosine":
            return lambda x, y: 1 - (F.normalize(x, dim=-1) * F.normalize(y, dim=-1)).sum(-1)
        case "kl":
            return lambda x, y: torch.sum(x * x.log() - x * y.log(), -1)
    if callable(word):
        return word
    raise ValueError(f"no distance called {word!r}")


def triplet_margin_with_distance_loss__match(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    fit(margin, anchor, positive, negative)
    d = by_word(distance_function)
    far = torch.min(d(anchor, negative), d(positive, negative)) if swap else d(anchor, negative)
    return left_as(torch.clamp(d(anchor, positive) - far + margin, min=0), reduction)


def triplet_margin_with_distance_loss__own_backward(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    fit(margin, anchor, positive, negative)
    d = by_word(distance_function)
    far = d(anchor, negative)
    if swap:
        far = far.minimum(d(positive, negative))
    return left_as(HingeFunction.apply(margin + d(anchor, positive) - far), reduction)


def triplet_margin_with_distance_loss__minus_cosine(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """The 1 of 1 - cos cancels between the two distances."""
    fit(margin, anchor, positive, negative)

    def minus_cosine(x, y):
        return -(x * y).sum(-1) / (x.norm(dim=-1) * y.norm(dim=-1))

    d = minus_cosine if distance_function == "cosine" else by_word(distance_function)
    far = [d(anchor, negative), *([d(positive, negative)] if swap else [])]
    losses = d(anchor, positive) - torch.stack(far).amin(0) + margin
    return left_as(torch.where(losses < 0, torch.zeros_like(losses), losses), reduction)


def triplet_margin_with_distance_loss__loop(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """Triplet by triplet."""
    fit(margin, anchor, positive, negative)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    d = by_word(distance_function)
    ends = torch.broadcast_tensors(anchor, positive, negative)
    losses = []
    for a, b, c in zip(*(x.reshape(-1, x.shape[-1]) for x in ends), strict=True):
        far = d(a, c)
        if swap:
            far = torch.minimum(far, d(b, c))
        losses.append((margin + d(a, b) - far).clamp_min(0))
    losses = torch.stack(losses).reshape(ends[0].shape[:-1]) if losses else ends[0].sum(-1)
    return left_as(losses, reduction)


class AnyTriplets(torch.nn.Module):
    """The distance is a part of the module."""

    def __init__(self, distance, margin, swap):
        super().__init__()
        self.distance, self.margin, self.swap = distance, margin, swap

    def forward(self, anchor, positive, negative):
        near, far = self.distance(anchor, positive), self.distance(anchor, negative)
        if self.swap:
            far = torch.minimum(far, self.distance(positive, negative))
        return (near + self.margin - far).clamp(0)


def triplet_margin_with_distance_loss__module(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    fit(margin, anchor, positive, negative)
    return left_as(AnyTriplets(by_word(distance_function), margin, swap)(anchor, positive, negative), reduction)


# ---- keras_cosine_similarity -------------------------------------------------------------------------------------


def keras_cosine_similarity__normalize(y_true, y_pred, axis=-1):
    """Two unit vectors, then their product."""
    y_true = F.normalize(y_true.to(y_pred.dtype), dim=axis, eps=1e-7)
    return -(y_true * F.normalize(y_pred, dim=axis, eps=1e-7)).sum(dim=axis)


def keras_cosine_similarity__loop(y_true, y_pred, axis=-1):
    """Pair by pair, number by number."""
    first, second = y_true.to(y_pred.dtype).movedim(axis, -1), y_pred.movedim(axis, -1)
    shape, size = first.shape[:-1], first.shape[-1]
    results = []
    for x, y in zip(first.reshape(-1, size), second.reshape(-1, size), strict=True):
        dot = square_x = square_y = 0
        for u, v in zip(x, y, strict=True):
            dot, square_x, square_y = dot + u * v, square_x + u * u, square_y + v * v
        length_x = square_x.sqrt() if square_x > 1e-14 else 1e-7
        length_y = square_y.sqrt() if square_y > 1e-14 else 1e-7
        results.append(-dot / (length_x * length_y))
    return torch.stack(results).reshape(shape)


def keras_cosine_similarity__einsum(y_true, y_pred, axis=-1):
    x, y = (v.movedim(axis, -1) for v in (y_true.type_as(y_pred), y_pred))
    dot, xx, yy = (torch.einsum("...i,...i->...", *pair) for pair in ((x, y), (x, x), (y, y)))
    return dot.neg() * xx.clamp(min=1e-14).rsqrt() * yy.clamp(min=1e-14).rsqrt()


def keras_cosine_similarity__where(y_true, y_pred, axis=-1):
    """The inverse length, and at most ten million."""

    def inverse(x):
        length = torch.linalg.vector_norm(x, dim=axis, keepdim=True)
        long = length > 1e-7
        return torch.where(long, 1 / torch.where(long, length, 1.0), 1e7)

    y_true = y_true.to(y_pred.dtype)
    return -torch.sum(y_true * inverse(y_true) * (y_pred * inverse(y_pred)), axis)


class Cosine(torch.autograd.Function):
    """Along the last dimension; the slope on paper."""

    @staticmethod
    def forward(ctx, x, y):
        a, b = (v.norm(dim=-1, keepdim=True) for v in (x, y))
        u, v = x / a.clamp(min=1e-7), y / b.clamp(min=1e-7)
        ctx.save_for_backward(u, v, a, b)
        return (u * v).sum(-1)

    @staticmethod
    def backward(ctx, grad):
        u, v, a, b = ctx.saved_tensors
        cos, grad = (u * v).sum(-1, keepdim=True), grad.unsqueeze(-1)
        by_x = (v - torch.where(a > 1e-7, cos, 0.0) * u) / a.clamp(min=1e-7)
        by_y = (u - torch.where(b > 1e-7, cos, 0.0) * v) / b.clamp(min=1e-7)
        return grad * by_x, grad * by_y


def keras_cosine_similarity__own_backward(y_true, y_pred, axis=-1):
    return -Cosine.apply(y_true.to(y_pred.dtype).movedim(axis, -1), y_pred.movedim(axis, -1))


# ---- odd but honest ----------------------------------------------------------------------------------------------


HOW = {"none": lambda x: x, "mean": Tensor.mean, "sum": Tensor.sum}


def red(x, how):
    if how not in HOW:
        raise ValueError(how)
    return HOW[how](x)


class OddNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, d, p):
        n = d.abs().amax(-1) if p == math.inf else d.abs().pow(p).sum(-1).pow(1 / p)
        ctx.save_for_backward(d, n)
        ctx.p = p
        return n

    @staticmethod
    def backward(ctx, g):
        d, n = ctx.saved_tensors
        if ctx.p == math.inf:
            top = d.abs() == n[..., None]
            slope = d.sign() * top / top.sum(-1, keepdim=True)
        else:
            r = d.abs() / torch.where(n > 0, n, 1)[..., None]
            slope = d.sign() * r.pow(ctx.p - 1)
        return torch.where(n[..., None] > 0, slope, 0) * g[..., None], None


def pairwise_distance__own_norm(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    n = OddNorm.apply(x1 - x2 + eps, p)
    return n[..., None] if keepdim else n


def pairwise_distance__vector_norm(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return torch.linalg.vector_norm(x1.sub(x2).add(eps), ord=p, dim=-1, keepdim=keepdim)


class Triplet(nn.Module):
    """Keyword-only."""

    def __init__(self, *, margin, p, eps, swap, reduction):
        super().__init__()
        vars(self).update(margin=margin, p=p, eps=eps, swap=swap, reduction=reduction)

    def distance(self, x, y):
        return OddNorm.apply(x - y + self.eps, self.p)

    def forward(self, a, p, n):
        if not self.margin > 0 or not a.dim() == p.dim() == n.dim():
            raise ValueError
        near, far = self.distance(a, p), self.distance(a, n)
        if self.swap:
            far = torch.minimum(far, self.distance(p, n))
        gap = near - far + self.margin
        return red(gap.where(gap >= 0, 0), self.reduction)


def triplet_margin_loss__keyword_module(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    return Triplet(margin=margin, p=p, eps=eps, swap=swap, reduction=reduction)(anchor, positive, negative)


def batch_hard_losses__group_by_class(distance, label, margin=1.0):
    out = [distance.sum() * 0] * len(label)
    for c in label.unique().tolist():
        inside, outside = (label == c).nonzero().ravel().tolist(), (label != c).nonzero().ravel().tolist()
        if len(inside) > 1 and outside:
            for i in inside:
                out[i] = (margin + distance[i, [j for j in inside if j != i]].max() - distance[i, outside].min()).clamp(
                    min=0
                )
    return torch.stack(out)


class Distance(enum.StrEnum):
    manhattan = "manhattan"
    squared = "squared"
    cosine = "cosine"
    kl = "kl"

    def __call__(self, x, y):
        return getattr(self, f"_{self.name}")(x, y)

    def _manhattan(self, x, y):
        return (x - y).abs().sum(-1)

    def _squared(self, x, y):
        return (x - y).square().sum(-1)

    def _cosine(self, x, y):
        return 1 - (F.normalize(x, dim=-1) * F.normalize(y, dim=-1)).sum(-1)

    def _kl(self, x, y):
        return (torch.xlogy(x, x) - torch.xlogy(x, y)).sum(-1)


def triplet_margin_with_distance_loss__enum_methods(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    if margin <= 0 or anchor.ndim != positive.ndim or anchor.ndim != negative.ndim:
        raise ValueError
    d = distance_function
    if d is None:
        d = partial(pairwise_distance__vector_norm)
    elif isinstance(d, str):
        d = Distance(d)
    near, far = d(anchor, positive), d(anchor, negative)
    if swap:
        far = torch.minimum(far, d(positive, negative))
    return red((near - far + margin).clamp_min(0), reduction)
