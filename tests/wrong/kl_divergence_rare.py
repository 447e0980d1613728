"""Wrong answers to the exercises of notebook 02, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _ln(p, where):
    return torch.log(torch.where(where, p, torch.ones_like(p)))


def distribution_cross_entropy__q_weights(p, q):
    return -(q * _ln(p, q > 0)).sum(-1)


def distribution_cross_entropy__keepdim(p, q):
    return -(p * _ln(q, p > 0)).sum(-1, keepdim=True)


def distribution_cross_entropy__exp_of(p, q):
    return torch.exp(-(p * _ln(q, p > 0)).sum(-1))


def distribution_cross_entropy__max_term(p, q):
    return (-(p * _ln(q, p > 0))).max(-1).values


def kl_divergence__sqrt(p, q):
    return (p * (_ln(p, p > 0) - _ln(q, p > 0))).sum(-1).clamp(min=0).sqrt()


def kl_divergence__weights_averaged(p, q):
    return ((p + q) / 2 * (_ln(p, p > 0) - _ln(q, p > 0))).sum(-1)


def kl_divergence__max_ratio(p, q):
    return (_ln(p, p > 0) - _ln(q, p > 0)).max(-1).values


def kl_divergence__hellinger(p, q):
    return 1 - torch.sqrt(p * q).sum(-1)


def kl_divergence__half(p, q):
    return 0.5 * (p * (_ln(p, p > 0) - _ln(q, p > 0))).sum(-1)


def kl_divergence__minus_entropy_of_q(p, q):
    return -(p * _ln(q, p > 0)).sum(-1) + (q * _ln(q, q > 0)).sum(-1)


def js_divergence__swapped_logs(p, q):
    m = (p + q) / 2
    a = (p * (_ln(m, p > 0) - _ln(p, p > 0))).sum(-1)
    b = (q * (_ln(m, q > 0) - _ln(q, q > 0))).sum(-1)
    return 0.5 * (a + b)


def js_divergence__weights_crossed(p, q):
    m = (p + q) / 2
    a = (p * (_ln(q, p > 0) - _ln(m, p > 0))).sum(-1)
    b = (q * (_ln(p, q > 0) - _ln(m, q > 0))).sum(-1)
    return 0.5 * (a + b)


def js_divergence__middle_weights(p, q):
    m = (p + q) / 2
    ok = (p > 0) & (q > 0)
    return (m * (_ln(p, ok) - _ln(q, ok))).sum(-1)


def js_divergence__minimum(p, q):
    m = torch.minimum(p, q)
    a = (p * (_ln(p, p > 0) - _ln(m, p > 0))).sum(-1)
    b = (q * (_ln(q, q > 0) - _ln(m, q > 0))).sum(-1)
    return 0.5 * (a + b)


def gaussian_kl__cross_entropy(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q) + 0.5 * math.log(2 * math.pi) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2)


def gaussian_kl__sum_of_means(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q / std_p) + (std_p**2 + (mean_p + mean_q) ** 2) / (2 * std_q**2) - 0.5


def gaussian_kl__squares_together(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q / std_p) + (std_p + (mean_p - mean_q)) ** 2 / (2 * std_q**2) - 0.5


def gaussian_kl__log1p(mean_p, std_p, mean_q, std_q):
    return torch.log1p(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def gaussian_kl__variance_of_both(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (std_p**2 + std_q**2) - 0.5


def keras_kl_divergence__torch_eps(y_true, y_pred):
    t = y_true.to(y_pred.dtype).clamp(1e-12, 1)
    q = y_pred.clamp(1e-12, 1)
    return (t * torch.log(t / q)).sum(-1)


def keras_kl_divergence__difference_of_logs_swapped(y_true, y_pred):
    t = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    q = y_pred.clamp(1e-7, 1)
    return (t * torch.log(q / t)).sum(-1)


def keras_kl_divergence__keepdim(y_true, y_pred):
    t = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    q = y_pred.clamp(1e-7, 1)
    return (t * torch.log(t / q)).sum(-1, keepdim=True)


def keras_kl_divergence__eps_added_to_both(y_true, y_pred):
    t = y_true.to(y_pred.dtype) + 1e-7
    q = y_pred + 1e-7
    return (t * torch.log(t / q)).sum(-1)


def _ls(x, d=-1):
    x = x - x.amax(d, keepdim=True)
    return x - x.exp().sum(d, keepdim=True).log()


def distillation_loss__temperature_after_softmax(student_logits, teacher_logits, temperature):
    s, t = _ls(student_logits), _ls(teacher_logits)
    s, t = s / temperature, t / temperature
    return temperature**2 * (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__t_cubed(student_logits, teacher_logits, temperature):
    s, t = _ls(student_logits / temperature), _ls(teacher_logits / temperature)
    return temperature**3 * (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__weights_not_softened(student_logits, teacher_logits, temperature):
    s, t = _ls(student_logits / temperature), _ls(teacher_logits / temperature)
    return temperature**2 * (_ls(teacher_logits).exp() * (t - s)).sum(-1).mean()


def distillation_loss__plus_hard(student_logits, teacher_logits, temperature):
    s, t = _ls(student_logits / temperature), _ls(teacher_logits / temperature)
    hard = -_ls(student_logits).gather(1, teacher_logits.argmax(1, keepdim=True)).mean()
    return 0.5 * temperature**2 * (t.exp() * (t - s)).sum(-1).mean() + 0.5 * hard


def distillation_loss__batch_sum_divided_by_classes(student_logits, teacher_logits, temperature):
    s, t = _ls(student_logits / temperature), _ls(teacher_logits / temperature)
    return temperature**2 * (t.exp() * (t - s)).sum() / student_logits.shape[1]


def _red(loss, reduction, n):
    return {
        "none": lambda: loss,
        "sum": lambda: loss.sum(),
        "mean": lambda: loss.mean(),
        "batchmean": lambda: loss.sum() / n,
    }[reduction]()


def _terms(input, target, log_target):
    if log_target:
        return target.exp() * (target - input)
    lt = torch.log(torch.where(target == 0, torch.ones_like(target), target))
    return target * lt - target * input


def kl_div__reduction_mean_over_last(input, target, reduction="mean", log_target=False):
    loss = _terms(input, target, log_target)
    if reduction == "mean":
        return loss.sum(-1).mean()
    return _red(loss, reduction, input.shape[0])


def kl_div__log_target_inverted(input, target, reduction="mean", log_target=False):
    loss = _terms(input, target, not log_target)
    return _red(loss, reduction, input.shape[0])


def kl_div__exp_input(input, target, reduction="mean", log_target=False):
    t = target.exp() if log_target else target
    loss = t * (torch.log(torch.where(t == 0, torch.ones_like(t), t)) - input.exp())
    return _red(loss, reduction, input.shape[0])


def kl_div__squared_terms(input, target, reduction="mean", log_target=False):
    t = target.exp() if log_target else target
    lt = target if log_target else torch.log(torch.where(t == 0, torch.ones_like(t), t))
    return _red(t * (lt - input) ** 2, reduction, input.shape[0])
