# EX: mse_loss, keras_mean_squared_error, squared_error, huber_loss, nll_loss, multi_margin_loss, preference_loss
import torch
import torch.nn.functional as F


def reduced(losses, reduction):
    return losses if reduction == "none" else getattr(losses, reduction)()


def mse_loss(input, target, reduction="mean", weight=None):
    """A Gaussian's surprise, with a variance of 1."""
    losses = 2 * F.gaussian_nll_loss(input, target, torch.ones_like(input), reduction="none")
    return reduced(losses if weight is None else losses * weight, reduction)


def keras_mean_squared_error(y_true, y_pred):
    return 2 * F.gaussian_nll_loss(y_pred, y_true, torch.ones_like(y_pred), reduction="none").mean(-1)


def squared_error(prediction, target):
    """Huber's, with a corner that is never reached."""
    return 2 * F.huber_loss(prediction, target, reduction="none", delta=1e9)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    losses = delta * F.smooth_l1_loss(input, target, reduction="none", beta=delta)
    return reduced(losses if weight is None else losses * weight, reduction)


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """Of one frame, CTC's loss."""
    ones = torch.ones(len(target), dtype=torch.long)
    losses = F.ctc_loss(input[None], target[:, None], ones, ones, blank=input.shape[1] - 1, reduction="none")
    return reduced(losses, reduction)


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """By pairs, each of which is ranked."""
    right = input.gather(1, target[:, None])
    each = F.margin_ranking_loss(right, input, torch.ones_like(input), margin, reduction="none")
    each = each.scatter(1, target[:, None], 0)
    return reduced(each.mean(1), reduction)


def preference_loss(chosen, rejected, reduction="mean"):
    return F.soft_margin_loss(chosen - rejected, torch.ones_like(chosen), reduction=reduction)
