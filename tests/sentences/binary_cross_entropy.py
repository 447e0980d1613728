"""Wrong answers to the exercises of notebook 05, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "sigmoid: 2.718^": (
        """
        def sigmoid(input):
            return 1 / (1 + 2.718 ^ (-input))
        """,
        ["`**`"],
        ["ttempted"],
    ),
    "sigmoid: a rounded e": (
        """
        def sigmoid(input):
            return 1 / (1 + 2.718 ** (-input))
        """,
        ["digits"],
        [],
    ),
    "sigmoid: math.exp": (
        """
        def sigmoid(input):
            return 1 / (1 + math.exp(-input))
        """,
        ["a function of `math`"],
        ["coursekit/"],
    ),
    "sigmoid: np.exp": (
        """
        def sigmoid(input):
            return 1 / (1 + np.exp(-input.numpy()))
        """,
        ["numpy.float32", "torch's function of the same name"],
        [],
    ),
    "sigmoid: exp of a number": (
        """
        def sigmoid(input):
            return torch.exp(1) ** input / (1 + torch.exp(1) ** input)
        """,
        ["must be Tensor, not int", "math"],
        [],
    ),
    "sigmoid: nan of infinities": (
        """
        def sigmoid(input):
            return input.exp() / (1 + input.exp())
        """,
        ["inf/inf"],
        [],
    ),
    "sigmoid: an if": (
        """
        def sigmoid(input):
            if input >= 0:
                return 1 / (1 + torch.exp(-input))
            return input.exp() / (1 + input.exp())
        """,
        ["ambiguous", "torch.where"],
        [],
    ),
    "log_sigmoid: an in-place where": (
        """
        def log_sigmoid(input):
            out = input.neg().exp().log1p().neg()
            out[input < -80] = input
            return out
        """,
        ["shape"],
        [],
    ),
    "log_sigmoid: log of the sigmoid": (
        """
        def log_sigmoid(input):
            return (1 / (1 + (-input).exp())).log()
        """,
        ["exp is inf"],
        [],
    ),
    "binary_cross_entropy: only yes": (
        """
        def binary_cross_entropy(input, target, weight=None, reduction="mean"):
            losses = -target * input.log()
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["part of no is missing"],
        [],
    ),
    "binary_cross_entropy: a misspelt flag": (
        """
        def binary_cross_entropy(input, target, weights=None, reduction="mean"):
            losses = -target * input.log() - (1 - target) * (1 - input).log()
            if weights is not None:
                losses = losses * weights
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["ln 0 is -inf", "-100"],
        [],
    ),
    "binary_cross_entropy: sigmoid inside": (
        """
        def binary_cross_entropy(input, target, weight=None, reduction="mean"):
            p = 1 / (1 + (-input).exp())
            losses = -target * p.log() - (1 - target) * (1 - p).log()
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["sigmoid"],
        [],
    ),
    "binary_cross_entropy: 1e-7 added": (
        """
        def binary_cross_entropy(input, target, weight=None, reduction="mean"):
            if input.shape != target.shape or reduction not in ("none", "mean", "sum"):
                raise ValueError("no")
            if input.numel() and (input.min() < 0 or input.max() > 1 or target.min() < 0 or target.max() > 1):
                raise RuntimeError("no")
            losses = -target * (input + 1e-7).log() - (1 - target) * (1 - input + 1e-7).log()
            losses = losses if weight is None else losses * weight
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["A small number, added to the probability"],
        [],
    ),
    "binary_cross_entropy_with_logits: an or of tensors": (
        """
        def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
            weight = weight or 1.0
            losses = input.clamp(min=0) - input * target + (-input.abs()).exp().log1p()
            losses = losses * weight
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["`pos_weight` is not used"],
        [],
    ),
    "binary_cross_entropy_with_logits: one_hot of floats": (
        """
        def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
            both = torch.stack([-input, input], -1)
            p = both.exp() / both.exp().sum(-1, keepdim=True)
            losses = -(F.one_hot(target, 2) * p.log()).sum(-1)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["index tensor", "int64"],
        [],
    ),
    "sigmoid_focal_loss: reduced by default": (
        """
        def sigmoid_focal_loss(inputs, targets, alpha=0.25, gamma=2.0, reduction="mean"):
            p = 1 / (1 + (-inputs).exp())
            q = p * targets + (1 - p) * (1 - targets)
            a = alpha * targets + (1 - alpha) * (1 - targets)
            losses = -a * (1 - q) ** gamma * q.log()
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["default"],
        ["only one dimension"],
    ),
    "sigmoid_focal_loss: a list index": (
        """
        def sigmoid_focal_loss(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
            a = [1 - alpha, alpha][targets]
            return a * inputs
        """,
        ["can be converted to an index", "torch.where"],
        [],
    ),
    "keras_binary_crossentropy: no axis": (
        """
        def keras_binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
            p = y_pred.clamp(1e-7, 1 - 1e-7)
            return (-y_true * p.log() - (1 - y_true) * (1 - p).log()).mean()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "keras_binary_crossentropy: not averaged": (
        """
        def keras_binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
            p = y_pred.clamp(1e-7, 1 - 1e-7)
            return -y_true * p.log() - (1 - y_true) * (1 - p).log()
        """,
        ["one loss for each element", "mean"],
        ["broadcast"],
    ),
    "multilabel_soft_margin_loss: a type name": (
        """
        def multilabel_soft_margin_loss(input, target, weight=None, reduction="mean"):
            target = target.type(input)
            losses = -(target * (1 + (-input).exp()).log()).mean(-1)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["`.to(x.dtype)`"],
        ["coursekit/"],
    ),
    "multilabel_soft_margin_loss: reduction ignored": (
        """
        def multilabel_soft_margin_loss(input, target, weight=None, reduction="mean"):
            z = torch.where(target > 0, input, -input)
            return ((-z).clamp(min=0) + (-z.abs()).exp().log1p()).mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "dice_loss: everything flattened": (
        """
        def dice_loss(input, target, smooth=1.0, batch=False, reduction="mean"):
            p, t = input.view(-1), target.view(-1)
            return 1 - (2 * (p * t).sum() + smooth) / (p.sum() + t.sum() + smooth)
        """,
        ["one fraction for the whole batch", "all dimensions but the first"],
        [],
    ),
    "dice_loss: the dtype of the mask": (
        """
        def dice_loss(input, target, smooth=1.0, batch=False, reduction="mean"):
            if input.shape != target.shape:
                raise ValueError("shapes")
            p, t = input.flatten(1), target.flatten(1)
            overlap, sizes = (p * t).sum(1), p.sum(1) + t.sum(1)
            if batch:
                overlap, sizes = overlap.sum(), sizes.sum()
            losses = 1 - (2 * overlap + smooth) / (sizes + smooth)
            if reduction not in ("none", "sum", "mean"):
                raise ValueError(reduction)
            return {"none": losses, "sum": losses.sum(), "mean": losses.mean()}[reduction]
        """,
        ["has not the dtype of `input`", "target.to(input.dtype)"],
        ["digits were paid for"],
    ),
}
