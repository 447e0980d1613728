"""Wrong answers to the exercises of notebook 02, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch
import torch.nn.functional as F


def distribution_cross_entropy__swapped(p, q):
    """H(q, p): the roles are exchanged."""
    return -torch.xlogy(q, p).sum(-1)


def distribution_cross_entropy__mean(p, q):
    """Mean over the outcomes and not the sum."""
    return -torch.mean(torch.xlogy(p, q), dim=-1)


def distribution_cross_entropy__clipped(p, q):
    """q is clipped to 1e-9: what is impossible no longer costs inf."""
    return -(p * q.clip(1e-9).log()).sum(dim=-1)


def kl_divergence__reverse(p, q):
    """KL(q||p)."""
    total = torch.zeros(p.shape[:-1], dtype=p.dtype)
    for k in range(p.shape[-1]):
        total = total + torch.xlogy(q[..., k], q[..., k]) - torch.xlogy(q[..., k], p[..., k])
    return total


def kl_divergence__cross_entropy_only(p, q):
    """The entropy of p is not taken off: this is the cross-entropy."""
    return torch.where(p > 0, -p * q.log(), torch.zeros_like(p)).sum(-1)


def kl_divergence__entropy_added(p, q):
    """H(p) is added and not taken off."""
    return -(torch.xlogy(p, q) + torch.xlogy(p, p)).sum(-1)


def kl_divergence__eps_everywhere(p, q):
    """eps 1e-6 in both: biased, and finite where it should be inf."""
    eps = 1e-6
    return ((p + eps) * ((p + eps) / (q + eps)).log()).sum(-1)


def kl_divergence__abs(p, q):
    """Absolute values of the terms."""
    safe = torch.where(p > 0, p / q, torch.ones_like(p))
    return (p * safe.log()).abs().sum(-1)


def js_divergence__no_half(p, q):
    """The two divergences are added, not averaged."""
    m = (p + q) / 2

    def kl(a, b):
        safe_a = torch.where(a > 0, a, torch.ones_like(a))
        safe_b = torch.where(a > 0, b, torch.ones_like(b))
        return (a * (safe_a.log() - safe_b.log())).sum(-1)

    return kl(p, m) + kl(q, m)


def js_divergence__m_not_halved(p, q):
    """The middle is p + q, not half of it."""
    m = p + q

    def kl(a, b):
        safe_a = torch.where(a > 0, a, torch.ones_like(a))
        safe_b = torch.where(a > 0, b, torch.ones_like(b))
        return (a * (safe_a.log() - safe_b.log())).sum(-1)

    return 0.5 * kl(p, m) + 0.5 * kl(q, m)


def js_divergence__distance(p, q):
    """The square root: the distance and not the divergence."""
    m = 0.5 * (p + q)
    t = torch.xlogy(p, p) + torch.xlogy(q, q) - 2 * torch.xlogy(m, m)
    return (t.sum(-1) / 2).sqrt()


def js_divergence__from_m(p, q):
    """KL(m||p) and KL(m||q): the middle stands on the wrong side."""
    m = (p + q) / 2
    a = torch.xlogy(m, m) - torch.xlogy(m, p)
    b = torch.xlogy(m, m) - torch.xlogy(m, q)
    return 0.5 * (a + b).sum(-1)


def gaussian_kl__no_half_at_end(mean_p, std_p, mean_q, std_q):
    """The -1/2 at the end is forgotten."""
    return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2)


def gaussian_kl__swapped_log(mean_p, std_p, mean_q, std_q):
    """ln(std_p / std_q): the ratio is upside down."""
    return torch.log(std_p / std_q) + (std_p.pow(2) + (mean_p - mean_q).pow(2)) / (2 * std_q.pow(2)) - 0.5


def gaussian_kl__std_as_var(mean_p, std_p, mean_q, std_q):
    """Standard deviations are taken for variances."""
    return 0.5 * (torch.log(std_q / std_p) + (std_p + (mean_p - mean_q) ** 2) / std_q - 1)


def distillation_loss__temperature_once(student_logits, teacher_logits, temperature):
    """Scaled by T and not by T squared."""
    t = F.log_softmax(teacher_logits / temperature, -1) if False else (teacher_logits / temperature).log_softmax(-1)
    s = (student_logits / temperature).log_softmax(-1)
    return temperature * (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__student_only(student_logits, teacher_logits, temperature):
    """Only the student is softened: the teacher's logits are not divided."""
    t = teacher_logits.softmax(1)
    s = torch.log_softmax(student_logits / temperature, 1)
    kl = torch.xlogy(t, t) - t * s
    return temperature**2 * kl.sum(1).mean()


def distillation_loss__elementwise_mean(student_logits, teacher_logits, temperature):
    """The mean over all N * K elements."""
    lt = torch.log_softmax(teacher_logits / temperature, dim=-1)
    ls = torch.log_softmax(student_logits / temperature, dim=-1)
    return (lt.exp() * (lt - ls)).mean() * temperature * temperature


def kl_div__mean_is_batchmean(input, target, reduction="mean", log_target=False):
    """'mean' divides by the batch size."""
    t = target.exp() if log_target else target
    loss = t * (target - input) if log_target else torch.xlogy(t, t) - t * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / input.shape[0]


def kl_div__takes_log(input, target, reduction="mean", log_target=False):
    """input is taken for probabilities: its logarithm is taken once more."""
    if log_target:
        target = target.exp()
    loss = torch.xlogy(target, target) - target * input.log()
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "batchmean":
        return loss.sum() / input.size(0)
    return loss


def kl_div__log_target_ignored(input, target, reduction="mean", log_target=False):
    """log_target is not read."""
    loss = torch.xlogy(target, target) - target * input
    return {"mean": loss.mean, "sum": loss.sum, "none": lambda: loss, "batchmean": lambda: loss.sum() / len(input)}[
        reduction
    ]()


def keras_kl_divergence__only_pred_clipped(y_true, y_pred):
    """Only y_pred is clipped: 0 in y_true gives NaN or 0."""
    y_true = y_true.to(y_pred.dtype)
    y_pred = y_pred.clamp(1e-7, 1)
    return torch.sum(torch.xlogy(y_true, y_true) - y_true * torch.log(y_pred), -1)


def keras_kl_divergence__mean(y_true, y_pred):
    """The mean over the last dimension, as most of Keras's losses."""
    t = torch.clamp(y_true.to(y_pred.dtype), 1e-7, 1)
    p = torch.clamp(y_pred, 1e-7, 1)
    return torch.mean(t * torch.log(t / p), dim=-1)
