"""Wrong answers to the exercises of notebook 04, and what a learner must be told (see test_sentences.py)."""

LOG_SOFTMAX = """
        def log_soft(x):
            x = x - x.amax(-1, keepdim=True)
            return x - x.exp().sum(-1, keepdim=True).log()
"""

ANSWERS = {
    "smooth_targets: integers of one_hot": (
        """
        def smooth_targets(target, num_classes, label_smoothing):
            rows = F.one_hot(target, num_classes)
            rows[rows == 1] = 1 - label_smoothing
            rows[rows == 0] = label_smoothing / num_classes
            return rows
        """,
        ["whole numbers", "int64"],
        [],
    ),
    "smooth_targets: in place on integers": (
        """
        def smooth_targets(target, num_classes, label_smoothing):
            rows = F.one_hot(target, num_classes)
            rows *= 1 - label_smoothing
            return rows + label_smoothing / num_classes
        """,
        ["can't be cast", "whole numbers"],
        [],
    ),
    "smooth_targets: transposed": (
        """
        def smooth_targets(target, num_classes, label_smoothing):
            rows = torch.zeros(num_classes, len(target))
            rows[target, torch.arange(len(target))] = 1.0
            return rows * (1 - label_smoothing) + label_smoothing / num_classes
        """,
        ["order", "dimensions"],
        ["broadcast"],
    ),
    "smooth_targets: one class too few": (
        """
        def smooth_targets(target, num_classes, label_smoothing):
            rows = F.one_hot(target, num_classes - 1).float()
            return rows * (1 - label_smoothing) + label_smoothing / num_classes
        """,
        ["1 entry fewer", "dimension 1"],
        [],
    ),
    "nll_loss: the whole column": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses = -input[:, target]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["arange"],
        [],
    ),
    "nll_loss: None as a weight": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses = -input[torch.arange(len(target)), target] * weight[target]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["'NoneType' object is not subscriptable", "is not None"],
        [],
    ),
    "nll_loss: if weight": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses = -input[torch.arange(len(target)), target]
            if weight:
                losses = losses * weight[target]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["ambiguous", "is not None"],
        [],
    ),
    "nll_loss: if another name": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses, by_class = -input[torch.arange(len(target)), target], weight
            if by_class:
                losses = losses * by_class[target]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["ambiguous", "is not None"],
        [],
    ),
    "nll_loss: gather without a dimension": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses = -input.gather(1, target)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["same number of dimensions", "unsqueeze"],
        [],
    ),
    "nll_loss: gather keeps a dimension": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses = -input.gather(1, target[:, None])
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["size 1 is left over"],
        [],
    ),
    "nll_loss: an index that is float": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses = -input[torch.arange(len(target)), target.float()]
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["indices must be", "int64"],
        [],
    ),
    "nll_loss: reduction ignored": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            return -input[torch.arange(len(target)), target].mean()
        """,
        ["`reduction` is not used"],
        ["only one dimension"],
    ),
    "nll_loss: a module without flags": (
        """
        class Loss(nn.Module):
            def forward(self, input, target):
                return -input[torch.arange(len(target)), target].mean()

        nll_loss = Loss()
        """,
        ["keep the stub's signature"],
        ["no parameter of that name"],
    ),
    "nll_loss: a helper called wrongly": (
        """
        def pick(input, target):
            return -input[torch.arange(len(target)), target]

        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            return pick(input, target, weight).mean()
        """,
        ["takes 2 positional arguments but 3 were given", "compare with its definition"],
        ["keep the stub's signature"],
    ),
    "nll_loss: probabilities as an index": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            return -input[torch.arange(len(target)), target / 1].mean()
        """,
        ["int64"],
        ["dtypes differ"],
    ),
    "nll_loss: a whole number by chance": (
        """
        def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
            losses = torch.stack([-row[right] for row, right in zip(input, target)])
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["weight"],
        ["whole numbers"],
    ),
    "nll_loss: no flags": (
        """
        def nll_loss(input, target):
            return -input[torch.arange(len(target)), target].mean()
        """,
        ["unexpected keyword argument", "keep the stub's signature"],
        [],
    ),
    "sequence_loss: mean of means": (
        LOG_SOFTMAX
        + """
        def sequence_loss(logits, target, padding):
            losses = -log_soft(logits).gather(-1, target[..., None]).squeeze(-1)
            mask = target != padding
            return ((losses * mask).sum(1) / mask.sum(1)).mean()
        """,
        ["averaged for itself"],
        [],
    ),
    "sequence_loss: no flattening": (
        LOG_SOFTMAX
        + """
        def sequence_loss(logits, target, padding):
            losses = -log_soft(logits)[torch.arange(len(target)), target]
            return losses[target != padding].mean()
        """,
        ["mixed-up dimension"],
        [],
    ),
    "sequence_loss: -mask": (
        LOG_SOFTMAX
        + """
        def sequence_loss(logits, target, padding):
            losses = -log_soft(logits).gather(-1, target[..., None]).squeeze(-1)
            return losses[-(target == padding)].mean()
        """,
        ["`~`"],
        [],
    ),
    "focal_loss: if weight": (
        LOG_SOFTMAX
        + """
        def focal_loss(logits, target, gamma=2.0, weight=None):
            lp = log_soft(logits)[torch.arange(len(target)), target]
            loss = -((1 - lp.exp()) ** gamma) * lp
            if weight:
                loss = loss * weight[target]
            return loss.mean()
        """,
        ["is not None"],
        [],
    ),
    "focal_loss: all classes averaged": (
        LOG_SOFTMAX
        + """
        def focal_loss(logits, target, gamma=2.0, weight=None):
            lp = log_soft(logits)
            return (-((1 - lp.exp()) ** gamma) * lp).mean()
        """,
        [],
        [],
    ),
    "focal_loss: rows by target": (
        LOG_SOFTMAX
        + """
        def focal_loss(logits, target, gamma=2.0, weight=None):
            lp = log_soft(logits)[target]
            return (-((1 - lp.exp()) ** gamma) * lp).mean()
        """,
        [],
        [],
    ),
    "focal_loss: p^gamma with a hat": (
        LOG_SOFTMAX
        + """
        def focal_loss(logits, target, gamma=2.0, weight=None):
            lp = log_soft(logits)[torch.arange(len(target)), target]
            return (-((1 - lp.exp()) ^ gamma) * lp).mean()
        """,
        ["`**`"],
        ["ttempted"],
    ),
    "focal_loss: torch's cross entropy": (
        """
        def focal_loss(logits, target, gamma=2.0, weight=None):
            ce = F.cross_entropy(logits, target, reduction="none")
            return ((1 - (-ce).exp()) ** gamma * ce).mean()
        """,
        ["ready-made `cross_entropy`"],
        ["may well be right"],
    ),
    "keras_categorical_crossentropy: no flags": (
        """
        def keras_categorical_crossentropy(y_true, y_pred):
            p = (y_pred / y_pred.sum(-1, keepdim=True)).clamp(1e-7, 1 - 1e-7)
            return -(y_true * p.log()).sum(-1)
        """,
        ["keep the stub's signature"],
        [],
    ),
    "keras_categorical_crossentropy: the batch mean": (
        """
        def keras_categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
            p = (y_pred / y_pred.sum(-1, keepdim=True)).clamp(1e-7, 1 - 1e-7)
            return -(y_true * p.log()).sum(-1).mean()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "keras_sparse_categorical_crossentropy: an index of floats": (
        """
        def keras_sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
            p = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(1e-7, 1 - 1e-7)
            return -p.gather(axis, y_true.float().unsqueeze(axis)).squeeze(axis).log()
        """,
        ["int64"],
        [],
    ),
    "cross_entropy: index or rows, no flags": (
        """
        def cross_entropy(input, target):
            lp = input - input.exp().sum(-1, keepdim=True).log()
            return -lp[torch.arange(len(target)), target].mean()
        """,
        ["keep the stub's signature"],
        [],
    ),
    "cross_entropy: another name of the function, without its flags": (
        """
        def my_loss(input, target):
            lp = input - input.exp().sum(-1, keepdim=True).log()
            return -lp[torch.arange(len(target)), target].mean()

        cross_entropy = my_loss
        """,
        ["my_loss() got an unexpected keyword argument", "keep the stub's signature"],
        [],
    ),
    "cross_entropy: reduction ignored": (
        LOG_SOFTMAX
        + """
        def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
            return -log_soft(input)[torch.arange(len(target)), target].mean()
        """,
        ["`reduction` is not used"],
        ["only one dimension"],
    ),
    "cross_entropy: an eps": (
        """
        def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
            p = input.exp() / input.exp().sum(-1, keepdim=True)
            return -(p[torch.arange(len(target)), target] + 1e-12).log().mean()
        """,
        ["`reduction` is not used"],
        [],
    ),
}
