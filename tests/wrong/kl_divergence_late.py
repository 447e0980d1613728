"""Wrong answers to the exercises of notebook 02, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def distribution_cross_entropy__log_q_plus_one(p, q):
    return -(p * torch.log1p(q)).sum(-1)


def kl_divergence__log2_of_ratio(p, q):
    ok = p > 0
    r = torch.where(ok, p, torch.ones_like(p)) / torch.where(ok, q, torch.ones_like(q))
    return (p * torch.log2(r)).sum(-1)


def kl_divergence__only_first_log_weighted(p, q):
    ok = p > 0
    lp = torch.log(torch.where(ok, p, torch.ones_like(p)))
    lq = torch.log(torch.where(ok, q, torch.ones_like(q)))
    return (p * lp - lq).sum(-1)


def js_divergence__mean_of_kls_to_m_summed_wrong(p, q):
    m = 0.5 * (p + q)

    def kl(a, b):
        ok = a > 0
        return (
            a * (torch.log(torch.where(ok, a, torch.ones_like(a))) - torch.log(torch.where(ok, b, torch.ones_like(b))))
        ).sum(-1)

    return kl(p, m) + kl(q, m)


def gaussian_kl__no_log(mean_p, std_p, mean_q, std_q):
    return (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def gaussian_kl__std_ratio_not_squared(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q / std_p) + 0.5 * (std_p / std_q + (mean_p - mean_q) ** 2 / std_q**2) - 0.5


def keras_kl_divergence__log_softmax_pred(y_true, y_pred):
    t = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    return (t * (t.log() - torch.log_softmax(y_pred, -1))).sum(-1)


def _ls(x):
    x = x - x.amax(-1, keepdim=True)
    return x - x.exp().sum(-1, keepdim=True).log()


def distillation_loss__sqrt_t(student_logits, teacher_logits, temperature):
    s, t = _ls(student_logits / temperature**0.5), _ls(teacher_logits / temperature**0.5)
    return temperature**2 * (t.exp() * (t - s)).sum(-1).mean()


def kl_div__mean_is_batchmean_and_back(input, target, reduction="mean", log_target=False):
    t = target.exp() if log_target else target
    lt = target if log_target else torch.where(target == 0, torch.ones_like(target), target).log()
    loss = t * lt - t * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / input.shape[0] if reduction == "mean" else loss.mean()
