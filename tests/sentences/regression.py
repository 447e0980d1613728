"""Wrong answers to the exercises of notebook 06, and what a learner must be told (see test_sentences.py)."""

ANSWERS = {
    "l1_loss: reduction ignored": (
        """
        def l1_loss(input, target, reduction="mean", weight=None):
            return (input - target).abs().mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "l1_loss: no weight in the signature": (
        """
        def l1_loss(input, target, reduction="mean"):
            losses = (input - target).abs()
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["A misspelt word"],
        [],
    ),
    "l1_loss: getattr of none": (
        """
        def l1_loss(input, target, reduction="mean", weight=None):
            return getattr((input - target).abs(), reduction)()
        """,
        ["no attribute 'none'"],
        [],
    ),
    "mse_loss: a dictionary of reductions": (
        """
        def mse_loss(input, target, reduction="mean", weight=None):
            losses = (input - target) ** 2
            return {"mean": losses.mean, "sum": losses.sum}[reduction]()
        """,
        ["KeyError", "none"],
        [],
    ),
    "mse_loss: reduction compared with is": (
        """
        def mse_loss(input, target, reduction="mean", weight=None):
            losses = (input - target) ** 2
            if reduction == "mean":
                return losses.mean()
            if reduction == "sum":
                return losses.sum()
        """,
        ["Got None", "branch"],
        [],
    ),
    "mse_loss: half precision": (
        """
        def mse_loss(input, target, reduction="mean", weight=None):
            losses = (input.half() - target.half()) ** 2
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["float16"],
        [],
    ),
    "smooth_l1_loss: an if": (
        """
        def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
            d = (input - target).abs()
            losses = d**2 / (2 * beta) if d < beta else d - beta / 2
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["torch.where"],
        [],
    ),
    "smooth_l1_loss: where with one branch": (
        """
        def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
            d = (input - target).abs()
            losses = torch.where(d < beta, d**2 / (2 * beta))
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["invalid combination of arguments"],
        [],
    ),
    "huber_loss: an if": (
        """
        def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
            d = (input - target).abs()
            if d <= delta:
                losses = d**2 / 2
            else:
                losses = delta * (d - delta / 2)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["torch.where"],
        [],
    ),
    "huber_loss: d less a half": (
        """
        def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
            d = (input - target).abs()
            losses = torch.where(d <= delta, d**2 / 2, d - 0.5)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["delta"],
        [],
    ),
    "huber_loss: a chained comparison": (
        """
        def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
            d = input - target
            losses = torch.where(-delta < d < delta, d**2 / 2, delta * (d.abs() - delta / 2))
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["ambiguous", "`&`"],
        [],
    ),
    "huber_loss: reduction ignored": (
        """
        def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
            d = (input - target).abs()
            return torch.where(d <= delta, d**2 / 2, delta * (d - delta / 2)).mean()
        """,
        ["reduction is ignored"],
        ["only one dimension"],
    ),
    "quantile_loss: weights of a list": (
        """
        def quantile_loss(input, target, quantile=0.5, reduction="mean"):
            losses = [quantile * (t - i) if t > i else (1 - quantile) * (i - t) for i, t in zip(input, target)]
            return losses if reduction == "none" else sum(losses) / len(losses)
        """,
        ["torch.stack"],
        ["numpy"],
    ),
    "quantile_loss: nothing refused": (
        """
        def quantile_loss(input, target, quantile=0.5, reduction="mean"):
            if not 0 < quantile < 1:
                raise ValueError("quantile")
            e = target - input
            losses = torch.maximum(quantile * e, (quantile - 1) * e)
            return {"mean": losses.mean(), "sum": losses.sum(), "none": losses}.get(reduction)
        """,
        ["where an error should come"],
        ["End the function with"],
    ),
    "quantile_loss: sides exchanged": (
        """
        def quantile_loss(input, target, quantile=0.5, reduction="mean"):
            e = input - target
            losses = torch.maximum(quantile * e, (quantile - 1) * e)
            return losses if reduction == "none" else losses.mean() if reduction == "mean" else losses.sum()
        """,
        ["side"],
        [],
    ),
    "keras_align: a reshape": (
        """
        def keras_align(x, other):
            return x.reshape(other.shape)
        """,
        ["wherever the numbers of dimensions differ"],
        [],
    ),
    "keras_align: expand_dims": (
        """
        def keras_align(x, other):
            if x.ndim < other.ndim:
                return x.expand_dims(-1)
            return x
        """,
        ["no attribute 'expand_dims'", "unsqueeze"],
        [],
    ),
    "keras_mean_squared_error: the mean of all": (
        """
        def keras_mean_squared_error(y_true, y_pred):
            return (y_true - y_pred).square().mean()
        """,
        ["single number"],
        ["broadcast"],
    ),
    "keras_mean_squared_error: the wrong axis": (
        """
        def keras_mean_squared_error(y_true, y_pred):
            return ((y_true - y_pred) ** 2).mean(0)
        """,
        ["dimension"],
        ["(N, 1) against (N,)"],
    ),
    "keras_mean_squared_error: one argument of numpy": (
        """
        def keras_mean_squared_error(y_true, y_pred):
            return np.mean((y_true.numpy() - y_pred.numpy()) ** 2, axis=-1)
        """,
        ["numpy.ndarray"],
        [".item()"],
    ),
    "keras_mean_absolute_percentage_error: no hundred": (
        """
        def keras_mean_absolute_percentage_error(y_true, y_pred):
            return ((y_true - y_pred).abs() / y_true.abs().clamp(min=1e-7)).mean(-1)
        """,
        ["100"],
        [],
    ),
    "keras_mean_squared_logarithmic_error: base 10": (
        """
        def keras_mean_squared_logarithmic_error(y_true, y_pred):
            y_true, y_pred = y_true.clamp(min=1e-7), y_pred.clamp(min=1e-7)
            return ((torch.log10(1 + y_pred) - torch.log10(1 + y_true)) ** 2).mean(-1)
        """,
        ["base 10"],
        [],
    ),
    "keras_log_cosh: cosh overflows": (
        """
        def keras_log_cosh(y_true, y_pred):
            return (y_pred - y_true).cosh().log().mean(-1)
        """,
        ["lines the two up"],
        [],
    ),
    "keras_huber: delta missing": (
        """
        def keras_huber(y_true, y_pred):
            d = (y_true - y_pred).abs()
            return torch.where(d <= 1, d**2 / 2, d - 0.5).mean(-1)
        """,
        ["keep the stub's signature"],
        [],
    ),
    "keras_reduce: None as a factor": (
        """
        def keras_reduce(losses, sample_weight=None, reduction="sum_over_batch_size"):
            losses = losses * sample_weight
            return losses if reduction in ("none", None) else losses.mean()
        """,
        ["NoneType", "is not None"],
        [],
    ),
    "keras_reduce: an unread word": (
        """
        def keras_reduce(losses, sample_weight=None, reduction="sum_over_batch_size"):
            if sample_weight is not None:
                losses = losses * sample_weight
            return losses.mean()
        """,
        ["'sum' divides"],
        ["only one dimension"],
    ),
}
