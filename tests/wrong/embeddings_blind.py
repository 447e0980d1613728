"""Wrong answers to the exercises of notebook 10, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError("unknown reduction")


def _cos(a, b):
    return (a * b).sum(-1) / ((a.square().sum(-1) + 1e-12) * (b.square().sum(-1) + 1e-12)).sqrt()


def _tcheck(input1, target):
    if input1.dim() == 2 and target.shape not in ((input1.shape[0],), (1,)) or input1.dim() == 1 and target.dim() != 0:
        raise ValueError("target")


def cosine_embedding_loss__dot(input1, input2, target, margin=0.0, reduction="mean"):
    """The dot product, not the cosine: lengths count."""
    _tcheck(input1, target)
    c = (input1 * input2).sum(-1)
    loss = torch.where(target == 1, 1 - c, torch.where(target == -1, (c - margin).clamp(min=0), torch.zeros_like(c)))
    return _red(loss, reduction)


def cosine_embedding_loss__margin_added(input1, input2, target, margin=0.0, reduction="mean"):
    """cos + margin for a pair that does not belong together."""
    _tcheck(input1, target)
    c = _cos(input1, input2)
    loss = torch.where(target == 1, 1 - c, torch.where(target == -1, (c + margin).clamp(min=0), torch.zeros_like(c)))
    return _red(loss, reduction)


def cosine_embedding_loss__labels_01(input1, input2, target, margin=0.0, reduction="mean"):
    """A target of 0 marks the pairs that do not belong together, not -1."""
    _tcheck(input1, target)
    c = _cos(input1, input2)
    t = target.to(c.dtype)
    return _red(t * (1 - c) + (1 - t) * (c - margin).clamp(min=0), reduction)


def cosine_embedding_loss__no_clamp(input1, input2, target, margin=0.0, reduction="mean"):
    """Unlike pairs earn a negative loss: no bound at 0."""
    _tcheck(input1, target)
    c = _cos(input1, input2)
    loss = torch.where(target == 1, 1 - c, torch.where(target == -1, c - margin, torch.zeros_like(c)))
    return _red(loss, reduction)


def hinge_embedding_loss__squared(input, target, margin=1.0, reduction="mean"):
    """Squares, as in the contrastive loss of Hadsell."""
    loss = torch.where(
        target == 1,
        input**2,
        torch.where(target == -1, (margin - input).clamp(min=0) ** 2, input**2 + (margin - input).clamp(min=0) ** 2),
    )
    return _red(loss, reduction)


def hinge_embedding_loss__abs(input, target, margin=1.0, reduction="mean"):
    """A negative distance is made positive for target 1."""
    pos = torch.abs(input)
    neg = torch.clamp(margin - input, min=0)
    loss = torch.where(target == 1, pos, torch.where(target == -1, neg, pos + neg))
    return _red(loss, reduction)


def hinge_embedding_loss__sides(input, target, margin=1.0, reduction="mean"):
    """The two targets have changed places."""
    neg = torch.clamp(margin - input, min=0)
    loss = torch.where(target == -1, input, torch.where(target == 1, neg, input + neg))
    return _red(loss, reduction)


def pairwise_distance__squared(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """No root is taken: Σ|d|^p."""
    d = (x1 - x2 + eps).abs()
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return (d**p).sum(-1, keepdim=keepdim)


def pairwise_distance__eps_after(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """eps is added to the distance, not to the differences."""
    return torch.linalg.vector_norm(x1 - x2, ord=p, dim=-1, keepdim=keepdim) + eps


def pairwise_distance__eps_on_abs(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """eps is added to the sizes of the differences, without the sign."""
    return torch.linalg.vector_norm((x1 - x2).abs() + eps, ord=p, dim=-1, keepdim=keepdim)


def pairwise_distance__p_fixed(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """p is not read: always Euclid's."""
    d = x1 - x2 + eps
    s = d.square().sum(-1, keepdim=keepdim)
    safe = torch.where(s > 0, s, torch.ones_like(s))
    return torch.where(s > 0, safe.sqrt(), torch.zeros_like(s))


def _tri(
    anchor,
    positive,
    negative,
    margin,
    p,
    eps,
    swap,
    reduction,
    *,
    sq=False,
    turned=False,
    soft=False,
    pick=torch.minimum,
    only=False,
):
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError("margin or shapes")

    def d(a, b):
        n = torch.linalg.vector_norm(a - b + eps, ord=p, dim=-1)
        return n**2 if sq else n

    dp, dn = d(anchor, positive), d(anchor, negative)
    if swap:
        dn = pick(dn, d(positive, negative))
    z = margin + (dn - dp if turned else dp - dn)
    loss = torch.clamp(z, min=0) if not soft else torch.log1p(z.exp())
    if only and reduction == "mean":
        return loss.sum() / (loss > 0).sum().clamp(min=1)
    return _red(loss, reduction)


def triplet_margin_loss__squared(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    """Squared distances, as in FaceNet."""
    return _tri(anchor, positive, negative, margin, p, eps, swap, reduction, sq=True)


def triplet_margin_loss__turned(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    """Positive and negative have changed places."""
    return _tri(anchor, positive, negative, margin, p, eps, swap, reduction, turned=True)


def triplet_margin_loss__swap_max(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """swap takes the larger of the two distances."""
    return _tri(anchor, positive, negative, margin, p, eps, swap, reduction, pick=torch.maximum)


def triplet_margin_loss__active_mean(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """The mean is over the triplets that cost anything."""
    return _tri(anchor, positive, negative, margin, p, eps, swap, reduction, only=True)


def triplet_margin_loss__soft(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    """ln(1 + e^z) in place of max(0, z)."""
    return _tri(anchor, positive, negative, margin, p, eps, swap, reduction, soft=True)


def _hard(distance, label, margin, *, self_counts=False, easy=False, alone_zero=True):
    n = len(label)
    same = label[:, None] == label[None, :]
    eye = torch.eye(n, dtype=torch.bool)
    pos = same if self_counts else same & ~eye
    inf = torch.tensor(float("inf"), dtype=distance.dtype)
    if easy:
        hp = torch.where(pos, distance, inf).amin(1)
        hn = torch.where(~same, distance, -inf).amax(1)
    else:
        hp = torch.where(pos, distance, -inf).amax(1)
        hn = torch.where(~same, distance, inf).amin(1)
    ok = pos.any(1) & (~same).any(1)
    z = margin + torch.where(ok, hp, 0.0) - torch.where(ok, hn, 0.0)
    return torch.where(ok, z.clamp(min=0), torch.zeros_like(z)) if alone_zero else z.clamp(min=0)


def batch_hard_losses__self_is_positive(distance, label, margin=1.0):
    """The anchor itself counts as a member of its class: who is alone has a triplet with itself."""
    return _hard(distance, label, margin, self_counts=True)


def batch_hard_losses__easiest(distance, label, margin=1.0):
    """The nearest positive and the farthest negative: the easiest triplet."""
    return _hard(distance, label, margin, easy=True)


def batch_hard_losses__lone_costs_margin(distance, label, margin=1.0):
    """Who forms no triplet costs the margin."""
    return _hard(distance, label, margin, alone_zero=False)


def batch_hard_losses__mean_distances(distance, label, margin=1.0):
    """The mean distances of the positives and of the negatives, not the hardest."""
    same = label[:, None] == label
    pos = same & ~torch.eye(len(label), dtype=torch.bool)
    np_, nn_ = pos.sum(1), (~same).sum(1)
    hp = (distance * pos).sum(1) / np_.clamp(min=1)
    hn = (distance * ~same).sum(1) / nn_.clamp(min=1)
    return torch.where((np_ > 0) & (nn_ > 0), (margin + hp - hn).clamp(min=0), 0.0)


def _unit(v):
    return v / (v.square().sum(-1, keepdim=True) + 1e-24).sqrt()


def _nce_check(q, k, t):
    if q.dim() != 2 or q.shape != k.shape or t <= 0:
        raise ValueError("shapes or temperature")


def _xent_diag(z):
    m = z.amax(1, keepdim=True)
    return (m + (z - m).exp().sum(1, keepdim=True).log())[:, 0] - z.diagonal()


def info_nce__not_normalised(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Dot products: lengths count."""
    _nce_check(queries, keys, temperature)
    z = queries @ keys.T / temperature
    loss = (_xent_diag(z) + _xent_diag(z.T)) / 2 if symmetric else _xent_diag(z)
    return _red(loss, reduction)


def info_nce__symmetric_sum(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """symmetric adds the two losses, without halving."""
    _nce_check(queries, keys, temperature)
    z = _unit(queries) @ _unit(keys).T / temperature
    loss = _xent_diag(z) + _xent_diag(z.T) if symmetric else _xent_diag(z)
    return _red(loss, reduction)


def info_nce__own_key_left_out(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """The own key is left out of the denominator, as in decoupled contrastive learning."""
    _nce_check(queries, keys, temperature)

    def one(z):
        off = z.masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
        m = off.amax(1, keepdim=True)
        return (m + (off - m).exp().sum(1, keepdim=True).log())[:, 0] - z.diagonal()

    z = _unit(queries) @ _unit(keys).T / temperature
    return _red((one(z) + one(z.T)) / 2 if symmetric else one(z), reduction)


def info_nce__temperature_multiplied(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Multiplied by the temperature."""
    _nce_check(queries, keys, temperature)
    z = _unit(queries) @ _unit(keys).T * temperature
    return _red((_xent_diag(z) + _xent_diag(z.T)) / 2 if symmetric else _xent_diag(z), reduction)


def _ntx(first, second, temperature, *, mask=True, halves=False):
    v = _unit(torch.cat([first, second]))
    n = len(first)
    z = v @ v.T / temperature
    if mask:
        z = z.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
    if halves:
        z = z[:, :n].clone() if halves == "first" else z
    own = torch.arange(2 * n).roll(n)
    m = z.amax(1, keepdim=True)
    return (m + (z - m).exp().sum(1, keepdim=True).log())[:, 0] - z.gather(1, own[:, None])[:, 0]


def nt_xent__self_in_sum(first, second, temperature=0.5, reduction="mean"):
    """The view itself stays in the denominator."""
    _nce_check(first, second, temperature)
    return _red(_ntx(first, second, temperature, mask=False), reduction)


def nt_xent__first_only(first, second, temperature=0.5, reduction="mean"):
    """The mean and the sum are over the first views only."""
    _nce_check(first, second, temperature)
    loss = _ntx(first, second, temperature)
    return _red(loss if reduction == "none" else loss[: len(first)], reduction)


def nt_xent__is_clip(first, second, temperature=0.5, reduction="mean"):
    """Only the other kind of views are compared: no first view with another first one."""
    _nce_check(first, second, temperature)
    z = _unit(first) @ _unit(second).T / temperature
    return _red(torch.cat([_xent_diag(z), _xent_diag(z.T)]), reduction)


def _dist(f):
    if callable(f):
        return f
    table = {
        None: lambda x, y: torch.linalg.vector_norm(x - y + 1e-6, dim=-1),
        "manhattan": lambda x, y: (x - y).abs().sum(-1),
        "squared": lambda x, y: (x - y).square().sum(-1),
        "cosine": lambda x, y: 1 - _cos(x, y),
        "kl": lambda x, y: (x * (x / y).log()).sum(-1),
    }
    if f not in table:
        raise ValueError("distance_function")
    return table[f]


def triplet_margin_with_distance_loss__order(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """The distance is called with the anchor second."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError("margin")
    d = _dist(distance_function)
    dp, dn = d(positive, anchor), d(negative, anchor)
    if swap:
        dn = torch.minimum(dn, d(positive, negative))
    return _red((margin + dp - dn).clamp(min=0), reduction)


def triplet_margin_with_distance_loss__function_ignored(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """distance_function is not read: always Euclid's."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError("margin")
    _dist(distance_function)
    d = _dist(None)
    dp, dn = d(anchor, positive), d(anchor, negative)
    if swap:
        dn = torch.minimum(dn, d(positive, negative))
    return _red((margin + dp - dn).clamp(min=0), reduction)


def keras_cosine_similarity__positive(y_true, y_pred, axis=-1):
    """The sign is not turned."""
    t = y_true.to(y_pred.dtype)
    a = t / t.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    b = y_pred / y_pred.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    return (a * b).sum(axis)


def keras_cosine_similarity__distance(y_true, y_pred, axis=-1):
    """1 - cos."""
    t = y_true.to(y_pred.dtype)
    a = t / t.square().sum(axis, keepdim=True).clamp(min=1e-14).sqrt()
    b = y_pred / y_pred.square().sum(axis, keepdim=True).clamp(min=1e-14).sqrt()
    return 1 - (a * b).sum(axis)


def triplet_margin_loss__no_margin_and_squared(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """Two mistakes: squared distances, and swap takes the larger."""
    return _tri(anchor, positive, negative, margin, p, eps, swap, reduction, sq=True, pick=torch.maximum)


def info_nce__default_temperature(queries, keys, temperature=0.07, symmetric=False, reduction="mean"):
    """The default temperature is 0.07."""
    _nce_check(queries, keys, temperature)
    z = _unit(queries) @ _unit(keys).T / temperature
    return _red((_xent_diag(z) + _xent_diag(z.T)) / 2 if symmetric else _xent_diag(z), reduction)


def hinge_embedding_loss__margin_slip(input, target, margin=1.0, reduction="mean"):
    """Where the target is no side, only the hinge costs."""
    neg = torch.clamp(margin - input, min=0)
    return _red(torch.where(target == 1, input, neg), reduction)


def keras_cosine_similarity__eps_slip(y_true, y_pred, axis=-1):
    """1e-7 is added to the length in place of a bound."""
    t = y_true.to(y_pred.dtype)
    n = (t.square().sum(axis).sqrt() + 1e-7) * (y_pred.square().sum(axis).sqrt() + 1e-7)
    return -(t * y_pred).sum(axis) / n
