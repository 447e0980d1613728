"""Wrong answers to the exercises of notebook 10, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _reduced(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a review -----------------------------------------------------------------------------------------------


def cosine_embedding_loss__textbook(input1, input2, target, margin=0.0):
    cos = (input1 * input2).sum(-1) / (input1.norm(dim=-1) * input2.norm(dim=-1))
    return torch.where(target == 1, 1 - cos, torch.clamp(cos - margin, min=0)).mean()


# ---- written anew ------------------------------------------------------------------------------------------------


def _unit(x, axis):
    return x / x.pow(2).sum(axis, keepdim=True).sqrt().clamp(min=1e-7)


def keras_cosine_similarity__no_sign(y_true, y_pred, axis=-1):
    y_true = y_true.to(y_pred.dtype)
    return (_unit(y_true, axis) * _unit(y_pred, axis)).sum(axis)


def keras_cosine_similarity__one_minus(y_true, y_pred, axis=-1):
    y_true = y_true.to(y_pred.dtype)
    return 1 - (_unit(y_true, axis) * _unit(y_pred, axis)).sum(axis)


def keras_cosine_similarity__dot(y_true, y_pred, axis=-1):
    return -(y_true.to(y_pred.dtype) * y_pred).sum(axis)


def keras_cosine_similarity__zero_is_nan(y_true, y_pred, axis=-1):
    y_true = y_true.to(y_pred.dtype)
    return -(y_true * y_pred).sum(axis) / (y_true.norm(dim=axis) * y_pred.norm(dim=axis))


def keras_cosine_similarity__axis_ignored(y_true, y_pred, axis=-1):
    y_true = y_true.to(y_pred.dtype)
    return -(_unit(y_true, -1) * _unit(y_pred, -1)).sum(-1)


def _cosine(a, b):
    return (a * b).sum(-1) / torch.sqrt(((a * a).sum(-1) + 1e-12) * ((b * b).sum(-1) + 1e-12))


def _check_pairs(input1, target):
    if not (target.shape == input1.shape[:-1] or (input1.dim() == 2 and target.shape == (1,))):
        raise ValueError("target")


def _edge(x):
    return torch.where(x >= 0, x, torch.zeros_like(x))


def cosine_embedding_loss__targets_zero_one(input1, input2, target, margin=0.0, reduction="mean"):
    _check_pairs(input1, target)
    cos = _cosine(input1, input2)
    return _reduced(target * (1 - cos) + (1 - target) * _edge(cos - margin), reduction)


def cosine_embedding_loss__margin_added(input1, input2, target, margin=0.0, reduction="mean"):
    _check_pairs(input1, target)
    cos = _cosine(input1, input2)
    zero = torch.zeros_like(cos)
    loss = torch.where(target == 1, 1 - cos, zero) + torch.where(target == -1, _edge(cos + margin), zero)
    return _reduced(loss, reduction)


def cosine_embedding_loss__not_clamped(input1, input2, target, margin=0.0, reduction="mean"):
    _check_pairs(input1, target)
    cos = _cosine(input1, input2)
    zero = torch.zeros_like(cos)
    return _reduced(torch.where(target == 1, 1 - cos, zero) + torch.where(target == -1, cos - margin, zero), reduction)


def cosine_embedding_loss__cos_for_similar(input1, input2, target, margin=0.0, reduction="mean"):
    _check_pairs(input1, target)
    cos = _cosine(input1, input2)
    zero = torch.zeros_like(cos)
    return _reduced(
        torch.where(target == 1, -cos, zero) + torch.where(target == -1, _edge(cos - margin), zero), reduction
    )


def hinge_embedding_loss__squared(input, target, margin=1.0, reduction="mean"):
    loss = torch.where(target == 1, input**2, _edge(margin - input) ** 2)
    return _reduced(loss, reduction)


def hinge_embedding_loss__halves(input, target, margin=1.0, reduction="mean"):
    losses = 0.5 * (1 + target) * input + 0.5 * (1 - target) * _edge(margin - input)
    return _reduced(losses, reduction)


def hinge_embedding_loss__both_clamped(input, target, margin=1.0, reduction="mean"):
    positive = torch.where(target == -1, torch.zeros_like(input), torch.clamp(input, min=0))
    negative = torch.where(target == 1, torch.zeros_like(input), _edge(margin - input))
    return _reduced(positive + negative, reduction)


def hinge_embedding_loss__margin_on_positive(input, target, margin=1.0, reduction="mean"):
    zero = torch.zeros_like(input)
    loss = torch.where(target == -1, zero, _edge(margin - input)) + torch.where(target == 1, zero, input)
    return _reduced(loss, reduction)


def hinge_embedding_loss__product(input, target, margin=1.0, reduction="mean"):
    """max(0, margin - y · x), as for a classifier."""
    return _reduced(torch.clamp(margin - target * input, min=0), reduction)


def pairwise_distance__no_eps(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = (x1 - x2).abs()
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return (d**p).sum(-1, keepdim=keepdim) ** (1 / p)


def pairwise_distance__squared(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return ((x1 - x2 + eps) ** 2).sum(-1, keepdim=keepdim)


def pairwise_distance__eps_under_root(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    if p == float("inf"):
        return (x1 - x2).abs().amax(-1, keepdim=keepdim)
    return ((x1 - x2).abs().pow(p).sum(-1, keepdim=keepdim) + eps) ** (1 / p)


def pairwise_distance__eps_after_abs(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = (x1 - x2).abs() + eps
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return d.pow(p).sum(-1, keepdim=keepdim).pow(1 / p)


def pairwise_distance__always_euclid(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return torch.sqrt(((x1 - x2 + eps) ** 2).sum(-1, keepdim=keepdim))


def pairwise_distance__keepdim_ignored(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return torch.linalg.vector_norm(x1 - x2 + eps, ord=p, dim=-1)


def pairwise_distance__all_pairs(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return torch.linalg.vector_norm(x1[:, None] - x2[None] + eps, ord=p, dim=-1)


def _distance(x, y, p=2.0, eps=1e-6):
    return torch.linalg.vector_norm(x - y + eps, ord=p, dim=-1)


def _check_triplet(anchor, positive, negative, margin):
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError("bad")


def triplet_margin_loss__swapped(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    _check_triplet(anchor, positive, negative, margin)
    d_ap, d_an = _distance(anchor, positive, p, eps), _distance(anchor, negative, p, eps)
    if swap:
        d_an = torch.minimum(d_an, _distance(positive, negative, p, eps))
    return _reduced(_edge(d_an - d_ap + margin), reduction)


def triplet_margin_loss__squared_distances(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """FaceNet's."""
    _check_triplet(anchor, positive, negative, margin)
    d_ap = _distance(anchor, positive, p, eps) ** 2
    d_an = _distance(anchor, negative, p, eps) ** 2
    if swap:
        d_an = torch.minimum(d_an, _distance(positive, negative, p, eps) ** 2)
    return _reduced(_edge(d_ap - d_an + margin), reduction)


def triplet_margin_loss__swap_ignored(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _check_triplet(anchor, positive, negative, margin)
    loss = _edge(_distance(anchor, positive, p, eps) - _distance(anchor, negative, p, eps) + margin)
    return _reduced(loss, reduction)


def triplet_margin_loss__swap_by_maximum(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _check_triplet(anchor, positive, negative, margin)
    d_an = _distance(anchor, negative, p, eps)
    if swap:
        d_an = torch.maximum(d_an, _distance(positive, negative, p, eps))
    return _reduced(_edge(_distance(anchor, positive, p, eps) - d_an + margin), reduction)


def triplet_margin_loss__mean_of_active(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _check_triplet(anchor, positive, negative, margin)
    d_an = _distance(anchor, negative, p, eps)
    if swap:
        d_an = torch.minimum(d_an, _distance(positive, negative, p, eps))
    loss = _edge(_distance(anchor, positive, p, eps) - d_an + margin)
    if reduction == "mean":
        return loss.sum() / (loss > 0).sum().clamp(min=1)
    return _reduced(loss, reduction)


def triplet_margin_loss__soft(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    d = _distance(anchor, positive, p, eps) - _distance(anchor, negative, p, eps)
    return _reduced(torch.log1p(torch.exp(d)), reduction)


def batch_hard_losses__oneself_counts_as_negative(distance, label, margin=1.0):
    losses = []
    for i in range(len(label)):
        same = label == label[i]
        losses.append(torch.clamp(margin + distance[i][same].max() - distance[i].min(), min=0))
    return torch.stack(losses)


def batch_hard_losses__easiest_positive(distance, label, margin=1.0):
    losses = []
    n = len(label)
    for i in range(n):
        pos = [distance[i, j] for j in range(n) if j != i and label[j] == label[i]]
        neg = [distance[i, j] for j in range(n) if label[j] != label[i]]
        if pos and neg:
            losses.append(torch.clamp(margin + torch.stack(pos).min() - torch.stack(neg).min(), min=0))
        else:
            losses.append(distance[i, i] * 0)
    return torch.stack(losses)


def batch_hard_losses__farthest_negative(distance, label, margin=1.0):
    losses = []
    n = len(label)
    for i in range(n):
        pos = [distance[i, j] for j in range(n) if j != i and label[j] == label[i]]
        neg = [distance[i, j] for j in range(n) if label[j] != label[i]]
        if pos and neg:
            losses.append(torch.clamp(margin + torch.stack(pos).max() - torch.stack(neg).max(), min=0))
        else:
            losses.append(distance[i, i] * 0)
    return torch.stack(losses)


def batch_hard_losses__masked_by_product(distance, label, margin=1.0):
    """max over same * distance and min over other * distance, in which the zeros win."""
    same = (label[:, None] == label[None, :]).to(distance.dtype)
    hardest_positive = (same * distance).max(1).values
    hardest_negative = ((1 - same) * distance).min(1).values
    return torch.clamp(margin + hardest_positive - hardest_negative, min=0)


def batch_hard_losses__lonely_counts(distance, label, margin=1.0):
    same = label[:, None] == label[None, :]
    hardest_positive = (distance * same).amax(1)
    hardest_negative = distance.masked_fill(same, float("inf")).amin(1)
    return torch.clamp(margin + hardest_positive - hardest_negative, min=0)


def batch_hard_losses__averaged(distance, label, margin=1.0):
    same = label[:, None] == label[None, :]
    other = same & ~torch.eye(len(label), dtype=torch.bool)
    hp = distance.masked_fill(~other, -float("inf")).amax(1)
    hn = distance.masked_fill(same, float("inf")).amin(1)
    valid = other.any(1) & (~same).any(1)
    loss = torch.clamp(margin + hp - hn, min=0)
    return loss[valid].mean()


def triplet_margin_with_distance_loss__always_euclid(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    _check_triplet(anchor, positive, negative, margin)
    d_an = _distance(anchor, negative)
    if swap:
        d_an = torch.minimum(d_an, _distance(positive, negative))
    return _reduced(_edge(_distance(anchor, positive) - d_an + margin), reduction)


def triplet_margin_with_distance_loss__arguments_turned(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    _check_triplet(anchor, positive, negative, margin)
    words = {
        None: _distance,
        "manhattan": lambda x, y: (x - y).abs().sum(-1),
        "squared": lambda x, y: ((x - y) ** 2).sum(-1),
        "cosine": lambda x, y: 1 - (x * y).sum(-1) / (x.norm(dim=-1) * y.norm(dim=-1)),
        "kl": lambda x, y: (x * (x / y).log()).sum(-1),
    }
    if isinstance(distance_function, str) and distance_function not in words:
        raise ValueError("word")
    d = words.get(distance_function, distance_function) if not callable(distance_function) else distance_function
    d_an = d(negative, anchor)
    if swap:
        d_an = torch.minimum(d_an, d(negative, positive))
    return _reduced(_edge(d(positive, anchor) - d_an + margin), reduction)


# ---- written after that ----------------------------------------------------------------------------------------------


def cosine_embedding_loss__zero_one(input1, input2, target, margin=0.0, reduction="mean"):
    # targets 0 and 1 in place of -1 and 1
    cos = (input1 * input2).sum(-1) / (input1.norm(dim=-1) * input2.norm(dim=-1) + 1e-12)
    loss = target * (1 - cos) + (1 - target) * torch.relu(cos - margin)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def cosine_embedding_loss__not_one_minus(input1, input2, target, margin=0.0, reduction="mean"):
    # -cos for those that belong together
    cos = torch.einsum("...d,...d->...", input1, input2) / torch.sqrt(
        (input1.square().sum(-1) + 1e-12) * (input2.square().sum(-1) + 1e-12)
    )
    losses = torch.where(target > 0, -cos, (cos - margin).clamp(min=0))
    return losses.mean() if reduction == "mean" else losses.sum() if reduction == "sum" else losses


def pairwise_distance__eps_inside_root(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    # eps is added to the sum
    return ((x1 - x2).abs().pow(p).sum(-1, keepdim=keepdim) + eps) ** (1 / p)


def pairwise_distance__no_root(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    total = 0
    for a, b in zip(x1.unbind(-1), x2.unbind(-1)):
        total = total + (a - b + eps).abs() ** p
    return total.unsqueeze(-1) if keepdim else total


def pairwise_distance__eps_on_absolute(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return torch.linalg.vector_norm((x1 - x2).abs() + eps, ord=p, dim=-1, keepdim=keepdim)


def triplet_margin_loss__squared(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    # FaceNet's squared distances
    dp = (anchor - positive).pow(2).sum(-1)
    dn = (anchor - negative).pow(2).sum(-1)
    loss = torch.relu(dp - dn + margin)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def triplet_margin_loss__only_active(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    # averaged over those that cost something
    dp = torch.linalg.vector_norm(anchor - positive + eps, ord=p, dim=-1)
    dn = torch.linalg.vector_norm(anchor - negative + eps, ord=p, dim=-1)
    if swap:
        dn = torch.minimum(dn, torch.linalg.vector_norm(positive - negative + eps, ord=p, dim=-1))
    loss = torch.clamp(margin + dp - dn, min=0)
    if reduction == "mean":
        active = (loss > 0).sum()
        return loss.sum() / active.clamp(min=1)
    return loss.sum() if reduction == "sum" else loss


def triplet_margin_loss__positive_and_negative_exchanged(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    def dist(a, b):
        return ((a - b + eps).abs() ** p).sum(-1) ** (1 / p)

    loss = (dist(anchor, negative) - dist(anchor, positive) + margin).clamp_min(0)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def keras_cosine_similarity__sign_kept(y_true, y_pred, axis=-1):
    y_true = y_true.to(y_pred.dtype)
    a = y_true / y_true.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    return (a * b).sum(axis)


def keras_cosine_similarity__distance(y_true, y_pred, axis=-1):
    y_true = y_true.to(y_pred.dtype)
    a = y_true / y_true.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    return 1 - (a * b).sum(axis)


def hinge_embedding_loss__squared_hinge(input, target, margin=1.0, reduction="mean"):
    # Hadsell
    pos = input**2
    neg = torch.clamp(margin - input, min=0) ** 2
    loss = torch.where(target == 1, pos, neg)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def hinge_embedding_loss__zero_one_labels(input, target, margin=1.0, reduction="mean"):
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction)
    loss = target * input + (1 - target) * torch.clamp(margin - input, min=0)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def hinge_embedding_loss__margin_minus_ignored(input, target, margin=1.0, reduction="mean"):
    loss = torch.where(target == 1, input, torch.relu(-input))
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def batch_hard_losses__itself_as_positive(distance, label, margin=1.0):
    same = label[:, None] == label[None, :]
    hardest_positive = torch.where(same, distance, torch.zeros_like(distance)).amax(1)
    hardest_negative = torch.where(same, torch.full_like(distance, float("inf")), distance).amin(1)
    return torch.relu(margin + hardest_positive - hardest_negative)


def batch_hard_losses__easiest(distance, label, margin=1.0):
    # nearest positive and farthest negative
    out = []
    n = len(label)
    for i in range(n):
        pos = [distance[i, j] for j in range(n) if j != i and label[j] == label[i]]
        neg = [distance[i, j] for j in range(n) if label[j] != label[i]]
        if pos and neg:
            out.append(torch.clamp(margin + min(pos) - max(neg), min=0))
        else:
            out.append(distance[i, i] * 0)
    return torch.stack(out)


def batch_hard_losses__all_pairs_mean(distance, label, margin=1.0):
    # batch-all: the mean over all triplets of each anchor
    n = len(label)
    out = []
    for i in range(n):
        terms = [
            torch.clamp(margin + distance[i, j] - distance[i, k], min=0)
            for j in range(n)
            for k in range(n)
            if j != i and label[j] == label[i] and label[k] != label[i]
        ]
        out.append(sum(terms) / len(terms) if terms else distance[i, i] * 0)
    return torch.stack(out)


# ---- kept back, written last -----------------------------------------------------------------------------------------


def keras_cosine_similarity__half_normalised(y_true, y_pred, axis=-1):
    # only the prediction is normalised
    b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
    return -(y_true.to(y_pred.dtype) * b).sum(axis)


def cosine_embedding_loss__angle(input1, input2, target, margin=0.0, reduction="mean"):
    # the angle itself
    a = input1 / (input1.norm(dim=-1, keepdim=True) + 1e-12)
    b = input2 / (input2.norm(dim=-1, keepdim=True) + 1e-12)
    angle = torch.arccos((a * b).sum(-1).clamp(-1, 1))
    loss = torch.where(target == 1, angle, torch.relu(margin - angle))
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def hinge_embedding_loss__margin_on_both(input, target, margin=1.0, reduction="mean"):
    loss = torch.where(target == 1, torch.clamp(input - margin, min=0), torch.clamp(margin - input, min=0))
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def pairwise_distance__mean_of_differences(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return ((x1 - x2 + eps).abs() ** p).mean(-1, keepdim=keepdim) ** (1 / p)


def triplet_margin_loss__ratio(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    # softmax ratio of Hoffer and Ailon
    dp = (anchor - positive + eps).pow(2).sum(-1).sqrt()
    dn = (anchor - negative + eps).pow(2).sum(-1).sqrt()
    loss = (dp.exp() / (dp.exp() + dn.exp())) ** 2
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def batch_hard_losses__anchors_triplet_left_out(distance, label, margin=1.0):
    # anchors with no triplet left out of the result
    same = label[:, None] == label[None, :]
    eye = torch.eye(len(label), dtype=torch.bool)
    pos = distance.masked_fill(~same | eye, float("-inf")).amax(1)
    neg = distance.masked_fill(same, float("inf")).amin(1)
    ok = (same & ~eye).any(1) & (~same).any(1)
    return (margin + pos - neg).clamp(min=0)[ok]


# ---- from a second set: less common ones --------------------------------------------------------------------------


def keras_cosine_similarity__length_only_one_vector(y_true, y_pred, axis=-1):
    # length of only one vector
    y_true = y_true.to(y_pred.dtype)
    return -(y_true * y_pred).sum(axis) / y_pred.pow(2).sum(axis).sqrt().clamp(min=1e-7)


def cosine_embedding_loss__1_cos_negative(input1, input2, target, margin=0.0, reduction="mean"):
    # 1 + cos for negative
    cos = (input1 * input2).sum(-1) / ((input1.pow(2).sum(-1) + 1e-12) * (input2.pow(2).sum(-1) + 1e-12)).sqrt()
    loss = torch.where(target == 1, 1 - cos, torch.where(target == -1, (1 + cos - margin).clamp(min=0), 0.0))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def cosine_embedding_loss__squared(input1, input2, target, margin=0.0, reduction="mean"):
    # squared
    cos = (input1 * input2).sum(-1) / ((input1.pow(2).sum(-1) + 1e-12) * (input2.pow(2).sum(-1) + 1e-12)).sqrt()
    loss = torch.where(target == 1, (1 - cos) ** 2, torch.where(target == -1, (cos - margin).clamp(min=0) ** 2, 0.0))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def hinge_embedding_loss__margin_positive_well(input, target, margin=1.0, reduction="mean"):
    # margin on the positive as well
    loss = torch.where(target == 1, (input - margin).clamp(min=0), (margin - input).clamp(min=0))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def pairwise_distance__mean_under_root(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    # mean under the root
    d = (x1 - x2 + eps).abs() ** p
    return d.mean(-1, keepdim=keepdim) ** (1 / p)


def pairwise_distance__root_p_forgotten_always(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    # root p forgotten: always square root
    return ((x1 - x2 + eps).abs() ** p).sum(-1, keepdim=keepdim).sqrt()


def triplet_margin_loss__squared_distances_2(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    # squared distances
    dp = ((anchor - positive + eps) ** 2).sum(-1)
    dn = ((anchor - negative + eps) ** 2).sum(-1)
    if swap:
        dn = torch.minimum(dn, ((positive - negative + eps) ** 2).sum(-1))
    loss = (dp - dn + margin).clamp(min=0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def triplet_margin_loss__negative_distance_from_positive(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    # negative distance from the positive always
    def dist(a, b):
        return ((a - b + eps).abs() ** p).sum(-1) ** (1 / p)

    loss = (dist(anchor, positive) - dist(positive, negative) + margin).clamp(min=0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def batch_hard_losses__anchor_counts_own_positive(distance, label, margin=1.0):
    # anchor counts as its own positive (farthest incl. itself: alone ones cost)
    same = label[:, None] == label[None, :]
    pos = distance.masked_fill(~same, float("-inf")).amax(1)
    neg = distance.masked_fill(same, float("inf")).amin(1)
    return (margin + pos - neg).clamp(min=0)


def triplet_margin_with_distance_loss__squared_summed_rooted(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    # squared summed and rooted
    def eu(x, y):
        return (x - y + 1e-6).pow(2).sum(-1).sqrt()

    table = {
        None: eu,
        "manhattan": lambda x, y: (x - y).abs().sum(-1),
        "squared": eu,
        "cosine": lambda x, y: 1 - (x * y).sum(-1) / (x.norm(dim=-1) * y.norm(dim=-1)),
        "kl": lambda x, y: torch.where(x > 0, x * torch.where(x > 0, x / y, 1.0).log(), 0.0).sum(-1),
    }
    d = distance_function if callable(distance_function) else table[distance_function]
    ap, an = d(anchor, positive), d(anchor, negative)
    if swap:
        an = torch.minimum(an, d(positive, negative))
    loss = torch.clamp_min(margin + ap - an, 0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- from a third set ---------------------------------------------------------------------------------------------


def keras_cosine_similarity__arccos(y_true, y_pred, axis=-1):
    # arccos
    a = y_true.to(y_pred.dtype)
    return -(a * y_pred).sum(axis) / (a.norm(dim=axis) + y_pred.norm(dim=axis))


def cosine_embedding_loss__abs_cos(input1, input2, target, margin=0.0, reduction="mean"):
    # abs cos
    cos = (input1 * input2).sum(-1) / ((input1.pow(2).sum(-1) + 1e-12) * (input2.pow(2).sum(-1) + 1e-12)).sqrt()
    loss = torch.where(target == 1, 1 - cos, torch.where(target == -1, (cos.abs() - margin).clamp(min=0), 0.0))
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def hinge_embedding_loss__margin_times_target(input, target, margin=1.0, reduction="mean"):
    # margin times target
    loss = (margin - target * input).clamp(min=0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def pairwise_distance__dim_0(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    # dim 0
    return ((x1 - x2 + eps).abs() ** p).sum(0, keepdim=keepdim) ** (1 / p)


def triplet_margin_loss__ratio_margin_times(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    # ratio margin times
    d = lambda a, b: ((a - b + eps).abs() ** p).sum(-1) ** (1 / p)
    loss = (margin * d(anchor, positive) - d(anchor, negative)).clamp(min=0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def triplet_margin_loss__hinge(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    # no hinge
    d = lambda a, b: ((a - b + eps).abs() ** p).sum(-1) ** (1 / p)
    loss = margin + d(anchor, positive) - d(anchor, negative)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def batch_hard_losses__mean_over_all(distance, label, margin=1.0):
    # mean over all
    same = label[:, None] == label
    eye = torch.eye(len(label), dtype=torch.bool)
    ok = (same & ~eye).any(1) & (~same).any(1)
    pos = distance.masked_fill(~same | eye, -1e9).amax(1)
    neg = distance.masked_fill(same, 1e9).amin(1)
    return torch.where(ok, (pos - neg).clamp(min=0) + margin, 0.0)


# ---- contrastive losses, as they are written in a hurry ----------------------------------------------------------


def _pairs(queries, keys, temperature):
    if queries.ndim != 2 or queries.shape != keys.shape or temperature <= 0:
        raise ValueError("arguments")


def _rows(vectors):
    return torch.nn.functional.normalize(vectors, dim=-1)


def info_nce__never_normalised(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = queries @ keys.T / temperature
    loss = -sim.log_softmax(dim=1).diagonal()
    if symmetric:
        loss = (loss - sim.log_softmax(dim=0).diagonal()) / 2
    return _reduced(loss, reduction)


def info_nce__times_temperature(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T * temperature
    loss = -sim.log_softmax(dim=1).diagonal()
    if symmetric:
        loss = (loss - sim.log_softmax(dim=0).diagonal()) / 2
    return _reduced(loss, reduction)


def info_nce__negatives_below_only(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    pos = sim.diagonal()
    neg = sim.masked_fill(torch.eye(len(sim)).bool(), float("-inf"))
    loss = neg.logsumexp(1) - pos
    if symmetric:
        loss = (loss + neg.logsumexp(0) - pos) / 2
    return _reduced(loss, reduction)


def info_nce__diagonal_masked(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    sim = sim.masked_fill(torch.eye(len(sim)).bool(), float("-inf"))
    loss = -sim.log_softmax(1).diagonal()
    if symmetric:
        loss = (loss - sim.log_softmax(0).diagonal()) / 2
    return _reduced(loss, reduction)


def info_nce__one_way(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    return _reduced(sim.logsumexp(dim=1) - sim.diagonal(), reduction)


def info_nce__textbook_exp(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    e = torch.exp(_rows(queries) @ _rows(keys).T / temperature)
    loss = -torch.log(e.diagonal() / e.sum(1))
    if symmetric:
        loss = (loss - torch.log(e.diagonal() / e.sum(0))) / 2
    return _reduced(loss, reduction)


def info_nce__label_zero(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    loss = -sim.log_softmax(1)[:, 0]
    if symmetric:
        loss = (loss - sim.T.log_softmax(1)[:, 0]) / 2
    return _reduced(loss, reduction)


def info_nce__probabilities(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    p = torch.softmax(_rows(queries) @ _rows(keys).T / temperature, dim=1)
    loss = -torch.log_softmax(p, dim=1).diagonal()
    return _reduced(loss, reduction)


def info_nce__summed_both(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    loss = -sim.log_softmax(1).diagonal()
    if symmetric:
        loss = loss - sim.log_softmax(0).diagonal()
    return _reduced(loss, reduction)


def nt_xent__itself_kept(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = z @ z.T / temperature
    partner = torch.arange(len(z)).roll(len(first))
    return _reduced(-sim.log_softmax(1)[torch.arange(len(z)), partner], reduction)


def nt_xent__diagonal_of_zeros(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = z @ z.T / temperature * (1 - torch.eye(len(z), dtype=z.dtype))
    partner = torch.arange(len(z)).roll(len(first))
    return _reduced(-sim.log_softmax(1)[torch.arange(len(z)), partner], reduction)


def nt_xent__neighbours(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = (z @ z.T / temperature).masked_fill(torch.eye(len(z)).bool(), float("-inf"))
    partner = torch.tensor([i + 1 if i % 2 == 0 else i - 1 for i in range(len(z))])
    return _reduced(-sim.log_softmax(1)[torch.arange(len(z)), partner], reduction)


def nt_xent__clip(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    sim = _rows(first) @ _rows(second).T / temperature
    loss = torch.cat([-sim.log_softmax(1).diagonal(), -sim.log_softmax(0).diagonal()])
    return _reduced(loss, reduction)


def nt_xent__first_half(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = (z @ z.T / temperature).masked_fill(torch.eye(len(z)).bool(), float("-inf"))
    n = len(first)
    return _reduced(-sim.log_softmax(1)[torch.arange(n), torch.arange(n) + n], reduction)


def nt_xent__divided_by_n(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = (z @ z.T / temperature).masked_fill(torch.eye(len(z)).bool(), float("-inf"))
    loss = -sim.log_softmax(1)[torch.arange(len(z)), torch.arange(len(z)).roll(len(first))]
    return loss.sum() / len(first) if reduction == "mean" else _reduced(loss, reduction)


def nt_xent__positive_not_counted(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = z @ z.T / temperature
    rows, partner = torch.arange(len(z)), torch.arange(len(z)).roll(len(first))
    out = torch.eye(len(z)).bool()
    out[rows, partner] = True
    return _reduced(sim.masked_fill(out, float("-inf")).logsumexp(1) - sim[rows, partner], reduction)


def nt_xent__default_norm(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = torch.cat([first, second])
    z = z / z.norm()
    sim = (z @ z.T / temperature).masked_fill(torch.eye(len(z)).bool(), float("-inf"))
    return _reduced(-sim.log_softmax(1)[torch.arange(len(z)), torch.arange(len(z)).roll(len(first))], reduction)


# ---- of contrastive losses, written after their catalogue --------------------------------------------------------


def info_nce__temperature_above_only(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T
    loss = sim.logsumexp(1) - sim.diagonal() / temperature
    if symmetric:
        loss = (loss + sim.logsumexp(0) - sim.diagonal() / temperature) / 2
    return _reduced(loss, reduction)


def info_nce__temperature_below_only(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T
    loss = (sim / temperature).logsumexp(1) - sim.diagonal()
    if symmetric:
        loss = (loss + (sim / temperature).logsumexp(0) - sim.diagonal()) / 2
    return _reduced(loss, reduction)


def info_nce__diagonal_counted_twice(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    pos = sim.diagonal()
    loss = torch.cat([pos[:, None], sim], 1).logsumexp(1) - pos
    if symmetric:
        loss = (loss + torch.cat([pos[:, None], sim.T], 1).logsumexp(1) - pos) / 2
    return _reduced(loss, reduction)


def info_nce__log_softmax_of_columns(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(keys) @ _rows(queries).T / temperature
    loss = -sim.log_softmax(1).diagonal()
    if symmetric:
        loss = (loss - sim.log_softmax(0).diagonal()) / 2
    return _reduced(loss, reduction)


def info_nce__all_log_softmax(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    loss = -sim.log_softmax(1).mean(1)
    if symmetric:
        loss = (loss - sim.log_softmax(0).mean(0)) / 2
    return _reduced(loss, reduction)


def info_nce__log_of_softmax(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    loss = -sim.softmax(1).diagonal().log()
    if symmetric:
        loss = (loss - sim.softmax(0).diagonal().log()) / 2
    return _reduced(loss, reduction)


def info_nce__summed_over_batch_size(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    _pairs(queries, keys, temperature)
    sim = _rows(queries) @ _rows(keys).T / temperature
    loss = -sim.log_softmax(1).diagonal()
    if symmetric:
        loss = (loss - sim.log_softmax(0).diagonal()) / 2
    return loss.sum() if reduction == "mean" else _reduced(loss, reduction)


def info_nce__no_checks(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    sim = _rows(queries) @ _rows(keys).T / temperature
    loss = -sim.log_softmax(1).diagonal()
    if symmetric:
        loss = (loss - sim.log_softmax(0).diagonal()) / 2
    return _reduced(loss, reduction)


def nt_xent__minus_one_on_the_diagonal(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = (z @ z.T).fill_diagonal_(-1) / temperature
    return _reduced(-sim.log_softmax(1)[torch.arange(len(z)), torch.arange(len(z)).roll(len(first))], reduction)


def nt_xent__mask_times_minus_inf(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = z @ z.T / temperature + torch.eye(len(z)) * float("-inf")
    return _reduced(-sim.log_softmax(1)[torch.arange(len(z)), torch.arange(len(z)).roll(len(first))], reduction)


def nt_xent__diagonal_taken_off_after_exp(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    e = torch.exp(z @ z.T / temperature)
    partner = e[torch.arange(len(z)), torch.arange(len(z)).roll(len(first))]
    return _reduced(-torch.log(partner / (e.sum(1) - e.diagonal())), reduction)


def nt_xent__stacked(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.stack([first, second], 1).flatten(0, 1))
    sim = (z @ z.T / temperature).masked_fill(torch.eye(len(z)).bool(), float("-inf"))
    partner = torch.arange(len(z)) ^ 1
    return _reduced(-sim.log_softmax(1)[torch.arange(len(z)), partner], reduction)


def nt_xent__one_over_n_per_view(first, second, temperature=0.5, reduction="mean"):
    _pairs(first, second, temperature)
    z = _rows(torch.cat([first, second]))
    sim = (z @ z.T / temperature).masked_fill(torch.eye(len(z)).bool(), float("-inf"))
    loss = -sim.log_softmax(1)[torch.arange(len(z)), torch.arange(len(z)).roll(len(first))]
    return loss[: len(first)] + loss[len(first) :] if reduction == "none" else _reduced(loss, reduction)
