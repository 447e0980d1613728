"""Wrong answers to the exercises of notebook 10, other mistakes than the usual ones, written before grader or catalogue was read.

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


def _cos(a, b, dim=-1):
    return (a * b).sum(dim) / ((a.pow(2).sum(dim) + 1e-12) * (b.pow(2).sum(dim) + 1e-12)).sqrt()


def _d(a, b, p=2.0, eps=1e-6):
    return torch.linalg.vector_norm(a - b + eps, ord=p, dim=-1)


def cosine_embedding_loss__one_norm(input1, input2, target, margin=0.0, reduction="mean"):
    """Divided by the first length only."""
    cos = (input1 * input2).sum(-1) / (input1.pow(2).sum(-1) + 1e-12).sqrt()
    return _red(torch.where(target == 1, 1 - cos, torch.clamp(cos - margin, min=0)), reduction)


def cosine_embedding_loss__squared_norms(input1, input2, target, margin=0.0, reduction="mean"):
    """The root is forgotten below."""
    cos = (input1 * input2).sum(-1) / ((input1.pow(2).sum(-1) + 1e-12) * (input2.pow(2).sum(-1) + 1e-12))
    return _red(torch.where(target == 1, 1 - cos, torch.clamp(cos - margin, min=0)), reduction)


def cosine_embedding_loss__margin_for_both(input1, input2, target, margin=0.0, reduction="mean"):
    """The margin is taken off for target 1 as well."""
    cos = _cos(input1, input2)
    return _red(torch.where(target == 1, (1 - cos - margin).clamp(min=0), (cos - margin).clamp(min=0)), reduction)


def hinge_embedding_loss__squared(input, target, margin=1.0, reduction="mean"):
    """Squared, as in Hadsell's contrastive loss."""
    return _red(torch.where(target == 1, input**2, (margin - input).clamp(min=0) ** 2), reduction)


def hinge_embedding_loss__negative_only_mean(input, target, margin=1.0, reduction="mean"):
    """target 0/1: t * d + (1 - t) * hinge."""
    return _red(target * input + (1 - target) * (margin - input).clamp(min=0), reduction)


def pairwise_distance__eps_under_root(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """eps is added under the root."""
    d = (x1 - x2).abs()
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return (d.pow(p).sum(-1, keepdim=keepdim) + eps).pow(1 / p)


def pairwise_distance__all_pairs(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """Every row with every row."""
    return torch.linalg.vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3) + eps, ord=p, dim=-1, keepdim=keepdim)


def pairwise_distance__mean(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The mean of the powers."""
    d = (x1 - x2 + eps).abs()
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return d.pow(p).mean(-1, keepdim=keepdim).pow(1 / p)


def _tri(ap, an, margin, reduction):
    return _red((margin + ap - an).clamp(min=0), reduction)


def triplet_margin_loss__swap_always(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """swap takes d(positive, negative) always, without the minimum."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    an = _d(positive, negative, p, eps) if swap else _d(anchor, negative, p, eps)
    return _tri(_d(anchor, positive, p, eps), an, margin, reduction)


def triplet_margin_loss__ignores_easy(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """The mean over those above 0 only."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    an = _d(anchor, negative, p, eps)
    if swap:
        an = torch.minimum(an, _d(positive, negative, p, eps))
    loss = (margin + _d(anchor, positive, p, eps) - an).clamp(min=0)
    if reduction == "mean":
        return loss.sum() / (loss > 0).sum().clamp(min=1)
    return _red(loss, reduction)


def triplet_margin_loss__negative_to_positive(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """swap also moves the anchor of the positive distance: d(positive, anchor)."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    an = _d(negative, anchor, p, eps)
    if swap:
        an = torch.minimum(an, _d(negative, positive, p, eps))
    return _tri(_d(positive, anchor, p, eps), an, margin, reduction)


def batch_hard_losses__mean_of_negatives(distance, label, margin=1.0):
    """The mean of the negatives and not the nearest."""
    out = []
    for i in range(len(label)):
        same = label == label[i]
        pos = same.clone()
        pos[i] = False
        if not pos.any() or same.all():
            out.append(distance[i].sum() * 0)
            continue
        out.append(torch.relu(margin + distance[i][pos].max() - distance[i][~same].mean()))
    return torch.stack(out)


def batch_hard_losses__columns(distance, label, margin=1.0):
    """Columns for anchors."""
    d = distance.T
    same = label[:, None] == label[None, :]
    eye = torch.eye(len(label), dtype=torch.bool)
    pos = d.masked_fill(~same | eye, -float("inf")).max(1).values
    neg = d.masked_fill(same, float("inf")).min(1).values
    ok = (same & ~eye).any(1) & (~same).any(1)
    safe = torch.where(ok, margin + pos - neg, torch.zeros_like(pos))
    return safe.clamp(min=0)


def _n(x):
    return x / x.norm(dim=1, keepdim=True).clamp(min=1e-12)


def info_nce__symmetric_always(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Symmetric always."""
    if queries.shape != keys.shape or queries.dim() != 2 or temperature <= 0:
        raise ValueError
    s = _n(queries) @ _n(keys).T / temperature
    return _red((s.logsumexp(1) + s.logsumexp(0)) / 2 - s.diagonal(), reduction)


def info_nce__negatives_only(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """The own key is left out of the denominator."""
    if queries.shape != keys.shape or queries.dim() != 2 or temperature <= 0:
        raise ValueError
    s = _n(queries) @ _n(keys).T / temperature
    eye = torch.eye(len(s), dtype=torch.bool)
    loss = s.masked_fill(eye, -float("inf")).logsumexp(1) - s.diagonal()
    if symmetric:
        loss = (loss + s.masked_fill(eye, -float("inf")).logsumexp(0) - s.diagonal()) / 2
    return _red(loss, reduction)


def info_nce__keys_not_normalised(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Only the queries are normalised."""
    if queries.shape != keys.shape or queries.dim() != 2 or temperature <= 0:
        raise ValueError
    s = _n(queries) @ keys.T / temperature
    loss = s.logsumexp(1) - s.diagonal()
    if symmetric:
        loss = (loss + s.logsumexp(0) - s.diagonal()) / 2
    return _red(loss, reduction)


def nt_xent__first_views_only(first, second, temperature=0.5, reduction="mean"):
    """Only the first views have a loss."""
    if first.shape != second.shape or first.dim() != 2 or temperature <= 0:
        raise ValueError
    z = _n(torch.cat([first, second]))
    s = z @ z.T / temperature
    n = len(first)
    s = s.masked_fill(torch.eye(2 * n, dtype=torch.bool), -float("inf"))
    loss = s[:n].logsumexp(1) - s[range(n), range(n, 2 * n)]
    return _red(loss, reduction)


def nt_xent__interleaved(first, second, temperature=0.5, reduction="mean"):
    """Partners at 2i and 2i + 1 though views are concatenated."""
    if first.shape != second.shape or first.dim() != 2 or temperature <= 0:
        raise ValueError
    z = _n(torch.cat([first, second]))
    s = z @ z.T / temperature
    m = len(z)
    s = s.masked_fill(torch.eye(m, dtype=torch.bool), -float("inf"))
    partner = torch.arange(m) ^ 1
    return _red(s.logsumexp(1) - s[torch.arange(m), partner], reduction)


def keras_cosine_similarity__axis_ignored(y_true, y_pred, axis=-1):
    """Always the last axis."""
    a = y_true.to(y_pred.dtype)
    a = a / a.norm(dim=-1, keepdim=True).clamp(min=1e-7)
    b = y_pred / y_pred.norm(dim=-1, keepdim=True).clamp(min=1e-7)
    return -(a * b).sum(-1)


def keras_cosine_similarity__mean(y_true, y_pred, axis=-1):
    """The mean over the axis and not the sum."""
    a = y_true.to(y_pred.dtype)
    a = a / a.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    return -(a * b).mean(axis)
