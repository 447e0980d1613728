"""Wrong answers to the exercises of notebook 10, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "keras_cosine_similarity: dot of tables": (
        """
        def keras_cosine_similarity(y_true, y_pred, axis=-1):
            return -torch.dot(y_true, y_pred) / (y_true.norm() * y_pred.norm())
        """,
        ["1D tensors expected", "shape"],
        [],
    ),
    "keras_cosine_similarity: all pairs": (
        """
        def keras_cosine_similarity(y_true, y_pred, axis=-1):
            a = y_true / y_true.norm(dim=axis, keepdim=True).clamp(min=1e-7)
            b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
            return -a @ b.mT
        """,
        ["matrix product"],
        [],
    ),
    "keras_cosine_similarity: keepdims": (
        """
        def keras_cosine_similarity(y_true, y_pred, axis=-1):
            a = y_true / y_true.norm(dim=axis, keepdim=True).clamp(min=1e-7)
            b = y_pred / y_pred.norm(dim=axis, keepdim=True).clamp(min=1e-7)
            return -(a * b).sum(axis, keepdim=True)
        """,
        ["left over with size 1"],
        [],
    ),
    "cosine_embedding_loss: reduction ignored": (
        """
        def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="mean"):
            a = (input1**2).sum(-1) + 1e-12
            b = (input2**2).sum(-1) + 1e-12
            cos = (input1 * input2).sum(-1) / (a * b).sqrt()
            return torch.where(target == 1, 1 - cos, (cos - margin).clamp(min=0)).mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "cosine_embedding_loss: an if of the target": (
        """
        def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="mean"):
            cos = (input1 * input2).sum(-1) / (input1.norm(dim=-1) * input2.norm(dim=-1))
            losses = 1 - cos if target == 1 else (cos - margin).clamp(min=0)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["torch.where"],
        [],
    ),
    "hinge_embedding_loss: never reduced": (
        """
        def hinge_embedding_loss(input, target, margin=1.0, reduction="mean"):
            return torch.where(target == 1, input, (margin - input).clamp(min=0))
        """,
        ["reduction is ignored"],
        ["broadcast"],
    ),
    "pairwise_distance: p is a word of Python": (
        """
        def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
            return (x1 - x2 + eps).norm(dim=-1, keepdims=keepdim)
        """,
        ["keepdims"],
        [],
    ),
    "pairwise_distance: keepdim forgotten": (
        """
        def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
            return torch.linalg.vector_norm(x1 - x2 + eps, ord=p, dim=-1)
        """,
        ["keepdim"],
        [],
    ),
    "triplet_margin_loss: reduction ignored": (
        """
        def triplet_margin_loss(
            anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
        ):
            near = (anchor - positive + eps).norm(dim=-1, p=p)
            far = (anchor - negative + eps).norm(dim=-1, p=p)
            return (margin + near - far).clamp(min=0).mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "triplet_margin_loss: norm with an unknown name": (
        """
        def triplet_margin_loss(
            anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
        ):
            near = torch.linalg.vector_norm(anchor - positive + eps, p=p, dim=-1)
            far = torch.linalg.vector_norm(anchor - negative + eps, p=p, dim=-1)
            return (margin + near - far).clamp(min=0).mean()
        """,
        ["'p'", "parameter"],
        ["keep the stub's signature"],
    ),
    "batch_hard_losses: one number": (
        """
        def batch_hard_losses(distance, label, margin=1.0):
            same = label[:, None] == label[None]
            far = torch.where(same, distance, -torch.inf).amax(1)
            near = torch.where(same, torch.inf, distance).amin(1)
            return (margin + far - near).clamp(min=0).mean()
        """,
        ["single number"],
        ["only one dimension", "broadcast"],
    ),
    "batch_hard_losses: not a mask": (
        """
        def batch_hard_losses(distance, label, margin=1.0):
            same = label[:, None] == label[None]
            far = torch.where(same, distance, -torch.inf).amax(1)
            near = torch.where(not same, distance, torch.inf).amin(1)
            return (margin + far - near).clamp(min=0)
        """,
        ["ambiguous", "`~`"],
        [],
    ),
    "batch_hard_losses: ~ on numbers": (
        """
        def batch_hard_losses(distance, label, margin=1.0):
            same = (label[:, None] == label[None]).float()
            far = (same * distance).amax(1)
            near = torch.where(~same, distance, torch.inf).amin(1)
            return (margin + far - near).clamp(min=0)
        """,
        ["`~`", "bool"],
        ["ttempted"],
    ),
    "triplet_margin_with_distance_loss: None is called": (
        """
        def triplet_margin_with_distance_loss(
            anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
        ):
            near, far = distance_function(anchor, positive), distance_function(anchor, negative)
            losses = (margin + near - far).clamp(min=0)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["is not callable"],
        [],
    ),
    "info_nce: the logarithm of a softmax": (
        """
        def info_nce(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
            if queries.shape != keys.shape or queries.ndim != 2 or temperature <= 0:
                raise ValueError("arguments")
            z = F.normalize(queries, dim=1) @ F.normalize(keys, dim=1).T / temperature
            losses = -z.softmax(1).diagonal().log()
            if symmetric:
                losses = (losses - z.softmax(0).diagonal().log()) / 2
            if reduction not in ("none", "sum", "mean"):
                raise ValueError(reduction)
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["rounded to 0", "log_softmax"],
        ["exp is taken of the logits as they stand"],
    ),
    "info_nce: ready-made": (
        """
        def info_nce(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
            z = F.normalize(queries, dim=1) @ F.normalize(keys, dim=1).T / temperature
            return F.cross_entropy(z, torch.arange(len(z)), reduction=reduction)
        """,
        ["ready-made `cross_entropy`"],
        [],
    ),
    "nt_xent: minus infinity times 0": (
        """
        def nt_xent(first, second, temperature=0.5, reduction="mean"):
            z = F.normalize(torch.cat([first, second]), dim=1)
            logits = z @ z.T / temperature - torch.inf * torch.eye(len(z))
            partner = torch.arange(len(z)).roll(len(first))
            losses = -logits.log_softmax(1)[torch.arange(len(z)), partner]
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["inf · 0 is NaN", "masked_fill"],
        [],
    ),
}
