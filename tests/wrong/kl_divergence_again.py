"""Wrong answers to the exercises of notebook 02, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def distribution_cross_entropy__infinite_everywhere(p, q):
    return -(p * q.log()).sum(-1)


def distribution_cross_entropy__both_log(p, q):
    safe = torch.where(p > 0, q, torch.ones_like(q))
    return -(safe.log() * q).sum(-1)


def distribution_cross_entropy__mean_of_rows(p, q):
    safe = torch.where(p > 0, q, torch.ones_like(q))
    return -(p * safe.log()).sum(-1).mean()


def kl_divergence__cross_entropy_returned(p, q):
    safe = torch.where(p > 0, q, torch.ones_like(q))
    return -(p * safe.log()).sum(-1)


def kl_divergence__plus_q_minus_p(p, q):
    ps = torch.where(p > 0, p, torch.ones_like(p))
    qs = torch.where(p > 0, q, torch.ones_like(q))
    return (p * (ps.log() - qs.log()) + q - p).sum(-1)


def kl_divergence__zero_q_skipped(p, q):
    ok = (p > 0) & (q > 0)
    ps = torch.where(ok, p, torch.ones_like(p))
    qs = torch.where(ok, q, torch.ones_like(q))
    return (torch.where(ok, p, torch.zeros_like(p)) * (ps / qs).log()).sum(-1)


def kl_divergence__log_of_sum(p, q):
    ps = torch.where(p > 0, p, torch.ones_like(p))
    qs = torch.where(p > 0, q, torch.ones_like(q))
    return (p * (ps / qs)).sum(-1).log()


def js_divergence__only_first_half(p, q):
    m = (p + q) / 2
    ps = torch.where(p > 0, p, torch.ones_like(p))
    ms = torch.where(p > 0, m, torch.ones_like(m))
    return (p * (ps.log() - ms.log())).sum(-1)


def js_divergence__reverse_direction(p, q):
    m = (p + q) / 2
    out = 0
    for a in (p, q):
        ok = (m > 0) & (a > 0)
        s = torch.where(ok, a, torch.ones_like(a))
        ms = torch.where(ok, m, torch.ones_like(m))
        out = out + 0.5 * (m * (ms.log() - s.log())).sum(-1)
    return out


def js_divergence__middle_not_halved(p, q):
    m = p + q
    out = 0
    for a in (p, q):
        s = torch.where(a > 0, a, torch.ones_like(a))
        ms = torch.where(a > 0, m, torch.ones_like(m))
        out = out + 0.5 * (a * (s.log() - ms.log())).sum(-1)
    return out


def gaussian_kl__difference_not_squared_abs(mean_p, std_p, mean_q, std_q):
    return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q).abs()) / (2 * std_q**2) - 0.5


def gaussian_kl__log_ratio_of_variances(mean_p, std_p, mean_q, std_q):
    return (std_q**2 / std_p**2).log() + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def gaussian_kl__divides_by_p(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q) - torch.log(std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_p**2) - 0.5


def gaussian_kl__standard_normal(mean_p, std_p, mean_q, std_q):
    return 0.5 * (std_p**2 + mean_p**2 - 1 - torch.log(std_p**2)) + 0 * (mean_q + std_q)


def keras_kl_divergence__one_clip(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    q = y_pred.clamp(1e-7, 1)
    return (torch.xlogy(t, t.clamp(min=1e-7)) - t * q.log()).sum(-1)


def keras_kl_divergence__mean_of_last(y_true, y_pred):
    t = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    q = y_pred.clamp(1e-7, 1)
    return (t * (t / q).log()).mean(-1)


def keras_kl_divergence__upper_open(y_true, y_pred):
    t = y_true.to(y_pred.dtype).clamp(1e-7, 1 - 1e-7)
    q = y_pred.clamp(1e-7, 1 - 1e-7)
    return (t * (t / q).log()).sum(-1)


def _lsm(x):
    x = x - x.max(-1, keepdim=True).values
    return x - x.exp().sum(-1, keepdim=True).log()


def distillation_loss__no_t_squared(student_logits, teacher_logits, temperature):
    s, t = _lsm(student_logits / temperature), _lsm(teacher_logits / temperature)
    return (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__student_not_softened(student_logits, teacher_logits, temperature):
    s, t = _lsm(student_logits), _lsm(teacher_logits / temperature)
    return temperature**2 * (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__cross_entropy_of_soft(student_logits, teacher_logits, temperature):
    s, t = _lsm(student_logits / temperature), _lsm(teacher_logits / temperature)
    return -(temperature**2) * (t.exp() * s).sum(-1).mean()


def distillation_loss__mean_over_elements(student_logits, teacher_logits, temperature):
    s, t = _lsm(student_logits / temperature), _lsm(teacher_logits / temperature)
    return temperature**2 * (t.exp() * (t - s)).mean()


def kl_div__log_target_exp_twice(input, target, reduction="mean", log_target=False):
    if log_target:
        loss = target * (target.exp() - input)
    else:
        loss = torch.xlogy(target, target) - target * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "batchmean":
        return loss.sum() / input.shape[0]
    return loss.mean()


def kl_div__batchmean_over_last(input, target, reduction="mean", log_target=False):
    t = target.exp() if log_target else target
    lt = target if log_target else torch.where(target > 0, target, torch.ones_like(target)).log()
    loss = t * (lt - input)
    if not log_target:
        loss = torch.where(target < 0, torch.full_like(loss, math.nan), loss)
    if reduction == "batchmean":
        return loss.sum() / input.shape[-1]
    return {"none": lambda each: each, "sum": torch.sum, "mean": torch.mean}[reduction](loss)
