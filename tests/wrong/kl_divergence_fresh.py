"""Wrong answers to the exercises of notebook 02, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _kl(a, b):
    safe_a = torch.where(a > 0, a, torch.ones_like(a))
    safe_b = torch.where(a > 0, b, torch.ones_like(b))
    return (a * (safe_a.log() - safe_b.log())).sum(-1)


def distribution_cross_entropy__logs_swapped(p, q):
    """Adds the part of the no: sum over binary cross-entropies."""
    return -(torch.xlogy(p, q) + torch.xlogy(1 - p, 1 - q)).sum(-1)


def distribution_cross_entropy__softmax_q(p, q):
    """q is put through a softmax."""
    return -(p * q.log_softmax(-1)).sum(-1)


def kl_divergence__unweighted(p, q):
    """The logs of the ratios are summed without weights."""
    return torch.where(p > 0, (p / q).log(), 0.0).sum(-1)


def kl_divergence__symmetric(p, q):
    """KL(p||q) + KL(q||p)."""
    return _kl(p, q) + _kl(q, p)


def kl_divergence__log_of_sums(p, q):
    """The logarithm is taken of the sums."""
    return p.sum(-1) * torch.log(p.sum(-1) / q.sum(-1))


def js_divergence__one_side(p, q):
    """Only KL(p||m)."""
    return _kl(p, (p + q) / 2)


def js_divergence__jeffreys(p, q):
    """The mean of KL(p||q) and KL(q||p), without the middle."""
    return (_kl(p, q) + _kl(q, p)) / 2


def js_divergence__geometric_middle(p, q):
    """sqrt(pq) as the middle."""
    m = (p * q).sqrt()
    return (_kl(p, m) + _kl(q, m)) / 2


def gaussian_kl__mean_not_squared(mean_p, std_p, mean_q, std_q):
    """The distance of the means is not squared."""
    return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q).abs()) / (2 * std_q**2) - 0.5


def gaussian_kl__divides_by_p(mean_p, std_p, mean_q, std_q):
    """Divided by the variance of p."""
    return torch.log(std_q / std_p) + (std_q**2 + (mean_p - mean_q) ** 2) / (2 * std_p**2) - 0.5


def gaussian_kl__log_of_variances_unhalved(mean_p, std_p, mean_q, std_q):
    """ln of the ratio of variances, not halved."""
    return torch.log(std_q**2 / std_p**2) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def distillation_loss__divides_by_t2(student_logits, teacher_logits, temperature):
    """Divided by T squared."""
    t = torch.log_softmax(teacher_logits / temperature, -1)
    s = torch.log_softmax(student_logits / temperature, -1)
    return (t.exp() * (t - s)).sum(-1).mean() / temperature**2


def distillation_loss__cross_entropy(student_logits, teacher_logits, temperature):
    """The cross-entropy to the teacher: its entropy is not taken off."""
    t = torch.softmax(teacher_logits / temperature, -1)
    s = torch.log_softmax(student_logits / temperature, -1)
    return -(t * s).sum(1).mean() * temperature**2


def distillation_loss__temperature_multiplied(student_logits, teacher_logits, temperature):
    """Logits are multiplied by the temperature."""
    t = torch.log_softmax(teacher_logits * temperature, -1)
    s = torch.log_softmax(student_logits * temperature, -1)
    return (t.exp() * (t - s)).sum(-1).mean() * temperature**2


def kl_div__batchmean_elements(input, target, reduction="mean", log_target=False):
    """'batchmean' is the mean over all elements."""
    t = target.exp() if log_target else target
    loss = t * (target - input) if log_target else torch.xlogy(t, t) - t * input
    if reduction in ("mean", "batchmean"):
        return loss.mean()
    return loss.sum() if reduction == "sum" else loss


def kl_div__no_entropy(input, target, reduction="mean", log_target=False):
    """-t * input only."""
    t = torch.exp(target) if log_target else target
    loss = -t * input
    if reduction == "batchmean":
        return loss.sum() / input.shape[0]
    return loss if reduction == "none" else getattr(loss, reduction)()


def keras_kl_divergence__normalised(y_true, y_pred):
    """Rows are normalised before the clip."""
    t = y_true.to(y_pred.dtype)
    t = (t / t.sum(-1, keepdim=True)).clamp(1e-7, 1)
    p = (y_pred / y_pred.sum(-1, keepdim=True)).clamp(1e-7, 1)
    return (t * (t / p).log()).sum(-1)
