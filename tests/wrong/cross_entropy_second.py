"""Wrong answers to the exercises of notebook 04, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _ls(z, d=-1):
    z = z - z.amax(d, keepdim=True)
    return z - z.exp().sum(d, keepdim=True).log()


def smooth_targets__uniform_only(target, num_classes, label_smoothing):
    """The right class has 1 - ε + ε/K twice over: ε is doubled."""
    hot = torch.eye(num_classes)[target]
    e = 2 * label_smoothing
    return (1 - e) * hot + e / num_classes


def sequence_loss__last_only(logits, target, padding):
    """Only the last place of each sequence is read."""
    x, y = logits[:, -1], target[:, -1]
    k = y != padding
    return -_ls(x[k]).gather(1, y[k][:, None]).mean()


def sequence_loss__padding_minus_100(logits, target, padding):
    """Padding is dropped by a fixed -100."""
    k = target != -100
    return -_ls(logits[k]).gather(1, target[k][:, None]).mean()


def focal_loss__log_of_one_minus(logits, target, gamma=2.0, weight=None):
    """-ln(1 - p) in place of -ln p."""
    p = _ls(logits).exp().gather(1, target[:, None])[:, 0]
    out = -((1 - p) ** gamma) * torch.log(1 - p)
    return (out if weight is None else out * weight[target]).mean()


def focal_loss__weight_normalised(logits, target, gamma=2.0, weight=None):
    """Weights are divided by their sum first."""
    lp = _ls(logits).gather(1, target[:, None])[:, 0]
    w = 1.0 if weight is None else (weight / weight.sum())[target]
    return -(w * (1 - lp.exp()) ** gamma * lp).mean()


def nll_loss__weights_of_argmax(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """The weight is that of the likeliest class, not of the target."""
    x = input.movedim(1, -1) if input.dim() > 1 else input
    k = target != ignore_index
    y = torch.where(k, target, 0)
    if ((y < 0) | (y >= x.shape[-1])).any():
        raise IndexError("class")
    w = torch.ones_like(y, dtype=x.dtype) if weight is None else weight[x.argmax(-1)]
    w = w * k
    loss = torch.where(k, -w * x.gather(-1, y[..., None])[..., 0], 0.0)
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / w.sum()
