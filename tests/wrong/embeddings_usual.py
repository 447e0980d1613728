"""Wrong answers to the exercises of notebook 10, a usual mix, written before grader or catalogue was read.

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


def cosine_embedding_loss__dot(input1, input2, target, margin=0.0, reduction="mean"):
    """The dot product and not the cosine: lengths count."""
    cos = (input1 * input2).sum(-1)
    loss = torch.where(target == 1, 1 - cos, torch.relu(cos - margin))
    return _red(loss, reduction)


def cosine_embedding_loss__margin_added(input1, input2, target, margin=0.0, reduction="mean"):
    """max(0, margin - cos) for -1: as for distances."""
    cos = _cos(input1, input2)
    loss = torch.where(target == 1, 1 - cos, torch.clamp(margin - cos, min=0))
    return _red(loss, reduction)


def cosine_embedding_loss__mean_of_positives(input1, input2, target, margin=0.0, reduction="mean"):
    """Target 0 in place of -1 for pairs apart."""
    cos = _cos(input1, input2)
    loss = target * (1 - cos) + (1 - target) * (cos - margin).clamp(min=0)
    return _red(loss, reduction)


def hinge_embedding_loss__no_clamp(input, target, margin=1.0, reduction="mean"):
    """max(0, ...) is forgotten."""
    return _red(torch.where(target == 1, input, margin - input), reduction)


def hinge_embedding_loss__swapped_sides(input, target, margin=1.0, reduction="mean"):
    """1 and -1 have changed places."""
    return _red(torch.where(target == -1, input, (margin - input).clamp(min=0)), reduction)


def pairwise_distance__eps_after(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """eps is added to the absolute differences and not to the signed ones."""
    d = (x1 - x2).abs() + eps
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return d.pow(p).sum(-1, keepdim=keepdim).pow(1 / p)


def pairwise_distance__no_root(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The root is missing."""
    d = (x1 - x2 + eps).abs()
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return (d**p).sum(-1, keepdim=keepdim)


def pairwise_distance__p_ignored(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """Always Euclid."""
    return ((x1 - x2 + eps) ** 2).sum(-1, keepdim=keepdim).sqrt()


def _dist(a, b, p, eps):
    return torch.linalg.vector_norm(a - b + eps, ord=p, dim=-1)


def triplet_margin_loss__reversed(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """Negative and positive have changed places."""
    if margin <= 0:
        raise ValueError
    ap = _dist(anchor, positive, p, eps)
    an = _dist(anchor, negative, p, eps)
    if swap:
        an = torch.minimum(an, _dist(positive, negative, p, eps))
    return _red((margin + an - ap).clamp(min=0), reduction)


def triplet_margin_loss__swap_max(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """swap takes the larger distance."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    ap = _dist(anchor, positive, p, eps)
    an = _dist(anchor, negative, p, eps)
    if swap:
        an = torch.maximum(an, _dist(positive, negative, p, eps))
    return _red((margin + ap - an).clamp(min=0), reduction)


def triplet_margin_loss__squared(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    """Squared distances, as in FaceNet."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    ap = _dist(anchor, positive, p, eps) ** 2
    an = _dist(anchor, negative, p, eps) ** 2
    if swap:
        an = torch.minimum(an, _dist(positive, negative, p, eps) ** 2)
    return _red((margin + ap - an).clamp(min=0), reduction)


def batch_hard_losses__anchor_included_as_nearest(distance, label, margin=1.0):
    """The nearest positive and the farthest negative: the easiest."""
    same = label[:, None] == label[None, :]
    eye = torch.eye(len(label), dtype=torch.bool)
    pos = distance.masked_fill(~same | eye, float("inf")).min(1).values
    neg = distance.masked_fill(same, -float("inf")).max(1).values
    ok = (same & ~eye).any(1) & (~same).any(1)
    return torch.where(ok, torch.relu(margin + pos - neg), torch.zeros_like(pos))


def batch_hard_losses__alone_costs(distance, label, margin=1.0):
    """An anchor alone in its class is its own positive: it costs max(0, margin - nearest)."""
    losses = []
    for i in range(len(label)):
        same = label == label[i]
        pos = distance[i][same].max()
        if (~same).any():
            losses.append(torch.relu(margin + pos - distance[i][~same].min()))
        else:
            losses.append(pos * 0)
    return torch.stack(losses)


def info_nce__not_normalised(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Dot products: lengths count."""
    if queries.shape != keys.shape or queries.dim() != 2 or temperature <= 0:
        raise ValueError
    logits = queries @ keys.T / temperature
    loss = -torch.log_softmax(logits, 1).diagonal()
    if symmetric:
        loss = (loss - torch.log_softmax(logits, 0).diagonal()) / 2
    return _red(loss, reduction)


def info_nce__multiplied(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Times the temperature."""
    if queries.shape != keys.shape or queries.dim() != 2 or temperature <= 0:
        raise ValueError
    q = queries / queries.norm(dim=1, keepdim=True).clamp(min=1e-12)
    k = keys / keys.norm(dim=1, keepdim=True).clamp(min=1e-12)
    logits = torch.einsum("id,jd->ij", q, k) * temperature
    loss = logits.logsumexp(1) - logits.diagonal()
    if symmetric:
        loss = 0.5 * (loss + logits.logsumexp(0) - logits.diagonal())
    return _red(loss, reduction)


def info_nce__symmetric_sum(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """The two losses of a pair are added."""
    if queries.shape != keys.shape or queries.dim() != 2 or temperature <= 0:
        raise ValueError
    q = queries / queries.norm(dim=1, keepdim=True).clamp(min=1e-12)
    k = keys / keys.norm(dim=1, keepdim=True).clamp(min=1e-12)
    logits = q @ k.T / temperature
    loss = logits.logsumexp(1) - logits.diagonal()
    if symmetric:
        loss = loss + logits.logsumexp(0) - logits.diagonal()
    return _red(loss, reduction)


def nt_xent__self_included(first, second, temperature=0.5, reduction="mean"):
    """Each view is compared with itself too."""
    if first.shape != second.shape or first.dim() != 2 or temperature <= 0:
        raise ValueError
    z = torch.cat([first, second])
    z = z / z.norm(dim=1, keepdim=True).clamp(min=1e-12)
    s = z @ z.T / temperature
    n = len(first)
    own = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return _red(s.logsumexp(1) - s[torch.arange(2 * n), own], reduction)


def nt_xent__cross_only(first, second, temperature=0.5, reduction="mean"):
    """Only the views of the other side are candidates: CLIP and not SimCLR."""
    if first.shape != second.shape or first.dim() != 2 or temperature <= 0:
        raise ValueError
    a = first / first.norm(dim=1, keepdim=True).clamp(min=1e-12)
    b = second / second.norm(dim=1, keepdim=True).clamp(min=1e-12)
    s = a @ b.T / temperature
    loss = torch.cat([-s.log_softmax(1).diagonal(), -s.log_softmax(0).diagonal()])
    return _red(loss, reduction)


def triplet_margin_with_distance_loss__kl_swapped(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """'kl' is KL(y||x)."""
    d = {
        None: lambda x, y: _dist(x, y, 2, 1e-6),
        "manhattan": lambda x, y: (x - y).abs().sum(-1),
        "squared": lambda x, y: (x - y).pow(2).sum(-1),
        "cosine": lambda x, y: 1 - _cos(x, y),
        "kl": lambda x, y: (y * (y / x).log()).sum(-1),
    }
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    if not callable(distance_function):
        if distance_function not in d:
            raise ValueError
        distance_function = d[distance_function]
    ap = distance_function(anchor, positive)
    an = distance_function(anchor, negative)
    if swap:
        an = torch.minimum(an, distance_function(positive, negative))
    return _red((margin + ap - an).clamp(min=0), reduction)


def triplet_margin_with_distance_loss__argument_order(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """The distance is asked from positive to anchor: order matters for KL."""
    d = {
        None: lambda x, y: _dist(x, y, 2, 1e-6),
        "manhattan": lambda x, y: (x - y).abs().sum(-1),
        "squared": lambda x, y: (x - y).pow(2).sum(-1),
        "cosine": lambda x, y: 1 - _cos(x, y),
        "kl": lambda x, y: (x * (x / y).log()).sum(-1),
    }
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    if not callable(distance_function):
        if distance_function not in d:
            raise ValueError
        distance_function = d[distance_function]
    ap = distance_function(positive, anchor)
    an = distance_function(negative, anchor)
    if swap:
        an = torch.minimum(an, distance_function(negative, positive))
    return _red((margin + ap - an).clamp(min=0), reduction)


def keras_cosine_similarity__sign(y_true, y_pred, axis=-1):
    """The sign is not turned."""
    y_true = y_true.to(y_pred.dtype)
    a = y_true / y_true.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    return (a * b).sum(axis)


def keras_cosine_similarity__one_minus(y_true, y_pred, axis=-1):
    """1 - cos, a distance."""
    y_true = y_true.to(y_pred.dtype)
    a = y_true / y_true.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    return 1 - (a * b).sum(axis)
