"""Wrong answers to the exercises of notebook 08, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "keras_hinge: relu of torch forgotten": (
        """
        def keras_hinge(y_true, y_pred):
            return relu(1 - y_true * y_pred).mean(-1)
        """,
        ["name 'relu' is not defined", "import"],
        [],
    ),
    "keras_hinge: amax of a pair": (
        """
        def keras_hinge(y_true, y_pred):
            return torch.max(0, 1 - y_true * y_pred).mean(-1)
        """,
        ["clamp"],
        [],
    ),
    "keras_hinge: over all": (
        """
        def keras_hinge(y_true, y_pred):
            return (1 - y_true * y_pred).clamp(min=0).mean()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "keras_squared_hinge: zip of a batch": (
        """
        def keras_squared_hinge(y_true, y_pred):
            losses = []
            for t, p in zip(y_true, y_pred):
                losses.append(max(0, 1 - t * p) ** 2)
            return torch.tensor(losses)
        """,
        ["ambiguous"],
        [],
    ),
    "keras_categorical_hinge: the tuple of max": (
        """
        def keras_categorical_hinge(y_true, y_pred):
            right = (y_true * y_pred).sum(-1)
            wrong = ((1 - y_true) * y_pred).max(-1)
            return (1 + wrong - right).clamp(min=0)
        """,
        ["return_types.max", ".values"],
        [],
    ),
    "keras_categorical_hinge: argmax": (
        """
        def keras_categorical_hinge(y_true, y_pred):
            right = (y_true * y_pred).sum(-1)
            wrong = ((1 - y_true) * y_pred).argmax(-1)
            return (1 + wrong - right).clamp(min=0)
        """,
        [],
        [],
    ),
    "soft_margin_loss: reduction misspelt inside": (
        """
        def soft_margin_loss(input, target, reduction="mean"):
            if target.shape != input.shape:
                raise ValueError("shapes")
            z = -target * input
            losses = z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))
            if reduction == "non":
                return losses
            if reduction == "sum":
                return losses.sum()
            return losses.mean()
        """,
        ["'none' averages"],
        ["only one dimension"],
    ),
    "soft_margin_loss: always summed": (
        """
        def soft_margin_loss(input, target, reduction="mean"):
            return torch.log1p(torch.exp(-target * input)).sum()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "multi_margin_loss: the right class takes part": (
        """
        def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
            right = input[torch.arange(len(target)), target][:, None]
            losses = (margin - right + input).clamp(min=0).pow(p).mean(-1)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["class"],
        [],
    ),
    "multi_margin_loss: broadcast of rows": (
        """
        def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
            right = input[torch.arange(len(target)), target]
            losses = (margin - right + input).clamp(min=0).pow(p).sum(-1) / input.shape[1]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["compared with itself"],
        [],
    ),
    "multi_margin_loss: an index in place": (
        """
        def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
            right = input[torch.arange(len(target)), target][:, None]
            gaps = (margin - right + input).clamp(min=0)
            powers = gaps.pow(p)
            gaps[torch.arange(len(target)), target] = 0
            losses = powers.sum(-1) / input.shape[1]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["compared with itself"],
        [],
    ),
    "multilabel_margin_loss: range of a tensor": (
        """
        def multilabel_margin_loss(input, target, reduction="mean"):
            total = 0
            for i in range(target):
                total = total + 1 - input[i]
            return total
        """,
        ["integer"],
        [],
    ),
    "multilabel_margin_loss: no matching list": (
        """
        def multilabel_margin_loss(input, target, reduction="mean"):
            losses = []
            for row, wanted in zip(input, target):
                named = wanted[wanted >= 0].tolist()
                others = [j for j in range(len(row)) if j not in named]
                losses.append([(1 - row[i] + row[j]).clamp(min=0) for i in named for j in others])
            losses = torch.stack([sum(each) for each in losses])
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["not divided"],
        [],
    ),
}
