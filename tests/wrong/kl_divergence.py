"""Wrong answers to the exercises of notebook 02, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch

# ---- from a review -----------------------------------------------------------------------------------------------


def kl_divergence__late_where(p, q):
    return torch.where(p > 0, p * torch.log(p / q), 0.0).sum(-1)


def kl_divergence__late_where_equal(p, q):
    return torch.where(p == 0, torch.zeros_like(p), p * (p / q).log()).sum(dim=-1)


def kl_divergence__late_masked_fill(p, q):
    return (p * torch.log(p / q)).masked_fill(p == 0, 0).sum(-1)


def kl_divergence__late_nan_to_num(p, q):
    return torch.nan_to_num(p * torch.log(p / q), nan=0.0, posinf=math.inf).sum(-1)


def kl_divergence__late_xlogy(p, q):
    return torch.xlogy(p, p / q).sum(-1)


def kl_divergence__both_padded_1e_6(p, q):
    p = p + 1e-6
    q = q + 1e-6
    return (p * torch.log(p / q)).sum(-1)


def kl_divergence__padded_1e_12(p, q):
    return (p * (torch.log(p + 1e-12) - torch.log(q + 1e-12))).sum(-1)


def kl_divergence__padded_1e_10(p, q):
    return torch.sum(p * torch.log((p + 1e-10) / (q + 1e-10)), dim=-1)


def js_divergence__normalised(p, q):
    p = p / p.sum(-1, keepdim=True)
    q = q / q.sum(-1, keepdim=True)
    m = (p + q) / 2

    def kl(a, b):
        ratio = torch.where(a > 0, a, torch.ones_like(a)).log() - torch.where(a > 0, b, torch.ones_like(b)).log()
        return (a * ratio).sum(-1)

    return (kl(p, m) + kl(q, m)) / 2


def _late(a, m):
    return torch.where(a > 0, a * torch.log(a / m), torch.zeros_like(a)).sum(-1)


def js_divergence__late_where(p, q):
    m = 0.5 * (p + q)
    return 0.5 * _late(p, m) + 0.5 * _late(q, m)


def js_divergence__late_where_logs(p, q):
    m = 0.5 * (p + q)

    def kl(a):
        return torch.where(a > 0, a * (a.log() - m.log()), torch.zeros_like(a)).sum(-1)

    return 0.5 * kl(p) + 0.5 * kl(q)


def js_divergence__late_nan_to_num(p, q):
    m = 0.5 * (p + q)
    left = torch.nan_to_num(p * torch.log(p / m)).sum(-1)
    right = torch.nan_to_num(q * torch.log(q / m)).sum(-1)
    return (left + right) / 2


def js_divergence__late_xlogy(p, q):
    m = (p + q) / 2
    return 0.5 * (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).sum(-1)


def gaussian_kl__log_std(mean_p, std_p, mean_q, std_q):
    """As in code for VAEs, where networks return ln σ."""
    var_p = torch.exp(2 * std_p)
    var_q = torch.exp(2 * std_q)
    return std_q - std_p + (var_p + (mean_p - mean_q) ** 2) / (2 * var_q) - 0.5


# ---- written anew ------------------------------------------------------------------------------------------------


def distribution_cross_entropy__swapped(p, q):
    safe = torch.where(q > 0, p, torch.ones_like(p))
    return -(q * safe.log()).sum(-1)


def distribution_cross_entropy__nan(p, q):
    return -(p * torch.log(q)).sum(dim=-1)


def distribution_cross_entropy__bits(p, q):
    safe = torch.where(p > 0, q, torch.ones_like(q))
    return -(p * safe.log2()).sum(-1)


def distribution_cross_entropy__padded_1e_9(p, q):
    return -torch.einsum("...k,...k->...", p, (q + 1e-9).log())


def distribution_cross_entropy__mean(p, q):
    safe = torch.where(p > 0, q, torch.ones_like(q))
    return -(p * safe.log()).mean(-1)


def distribution_cross_entropy__is_kl(p, q):
    keep = p > 0
    one = torch.ones_like(p)
    return (p * (torch.where(keep, p, one).log() - torch.where(keep, q, one).log())).sum(-1)


def distribution_cross_entropy__skips_zero_q(p, q):
    safe = torch.where(q > 0, q, torch.ones_like(q))
    return -(p * safe.log()).sum(-1)


def kl_divergence__swapped(p, q):
    keep = q > 0
    one = torch.ones_like(p)
    return (q * (torch.where(keep, q, one).log() - torch.where(keep, p, one).log())).sum(-1)


def kl_divergence__plain(p, q):
    return (p * torch.log(p / q)).sum(-1)


def kl_divergence__sign(p, q):
    keep = p > 0
    ratio = torch.where(keep, q / torch.where(keep, p, torch.ones_like(p)), torch.ones_like(p))
    return (p * torch.log(ratio)).sum(-1)


def kl_divergence__batch_mean(p, q):
    one = torch.ones_like(p)
    a = torch.where(p > 0, p, one)
    b = torch.where(p > 0, q, one)
    return (p * (a.log() - b.log())).sum(-1).mean()


def kl_divergence__bits(p, q):
    one = torch.ones_like(p)
    return (p * (torch.where(p > 0, p, one).log2() - torch.where(p > 0, q, one).log2())).sum(-1)


def kl_divergence__skips_zero_q(p, q):
    both = (p > 0) & (q > 0)
    one = torch.ones_like(p)
    return (p * (torch.where(both, p, one) / torch.where(both, q, one)).log()).sum(-1)


def kl_divergence__normalised(p, q):
    p = p / p.sum(-1, keepdim=True)
    q = q / q.sum(-1, keepdim=True)
    one = torch.ones_like(p)
    return (p * (torch.where(p > 0, p, one).log() - torch.where(p > 0, q, one).log())).sum(-1)


def kl_divergence__clipped_1e_7(p, q):
    p = torch.clamp(p, 1e-7, 1)
    q = torch.clamp(q, 1e-7, 1)
    return torch.sum(p * torch.log(p / q), dim=-1)


def kl_divergence__absolute(p, q):
    one = torch.ones_like(p)
    return (p * (torch.where(p > 0, p, one).log() - torch.where(p > 0, q, one).log())).abs().sum(-1)


def js_divergence__not_halved(p, q):
    m = (p + q) / 2

    def kl(a, b):
        out = []
        for x, y in zip(a.reshape(-1), b.reshape(-1)):
            out.append(x * torch.log(x / y) if x > 0 else x * 0)
        return torch.stack(out).reshape(a.shape).sum(-1)

    return kl(p, m) + kl(q, m)


def js_divergence__no_middle(p, q):
    def kl(a, b):
        keep = (a > 0) & (b > 0)
        one = torch.ones_like(a)
        return (a * (torch.where(keep, a, one).log() - torch.where(keep, b, one).log())).sum(-1)

    return (kl(p, q) + kl(q, p)) / 2


def js_divergence__root(p, q):
    m = (p + q) / 2

    def kl(a):
        one = torch.ones_like(a)
        return (a * (torch.where(a > 0, a, one).log() - torch.where(a > 0, m, one).log())).sum(-1)

    return torch.sqrt((kl(p) + kl(q)) / 2)


def js_divergence__bits(p, q):
    m = (p + q) / 2

    def kl(a):
        one = torch.ones_like(a)
        return (a * (torch.where(a > 0, a, one).log2() - torch.where(a > 0, m, one).log2())).sum(-1)

    return (kl(p) + kl(q)) / 2


def js_divergence__kl_to_the_middle(p, q):
    m = (p + q) / 2

    def kl(a, b):
        keep = (a > 0) & (b > 0)
        one = torch.ones_like(a)
        return (a * (torch.where(keep, a, one).log() - torch.where(keep, b, one).log())).sum(-1)

    return (kl(m, p) + kl(m, q)) / 2


def js_divergence__padded_1e_8(p, q):
    m = 0.5 * (p + q)
    eps = 1e-8

    def kl(a, b):
        return (a * torch.log((a + eps) / (b + eps))).sum(-1)

    return 0.5 * (kl(p, m) + kl(q, m))


def gaussian_kl__variances(mean_p, std_p, mean_q, std_q):
    return 0.5 * (torch.log(std_q / std_p) + (std_p + (mean_p - mean_q) ** 2) / std_q - 1)


def gaussian_kl__no_minus_half(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2)


def gaussian_kl__swapped(mean_p, std_p, mean_q, std_q):
    return torch.log(std_p / std_q) + (std_q**2 + (mean_p - mean_q) ** 2) / (2 * std_p**2) - 0.5


def gaussian_kl__to_standard_normal(mean_p, std_p, mean_q, std_q):
    return -0.5 * (1 + torch.log(std_p**2) - mean_p**2 - std_p**2)


def gaussian_kl__log_flipped(mean_p, std_p, mean_q, std_q):
    return torch.log(std_p) - torch.log(std_q) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def keras_kl_divergence__normalised(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype)
    y_true = y_true / y_true.sum(-1, keepdim=True)
    y_pred = y_pred / y_pred.sum(-1, keepdim=True)
    y_true = torch.clamp(y_true, 1e-7, 1)
    y_pred = torch.clamp(y_pred, 1e-7, 1)
    return torch.sum(y_true * torch.log(y_true / y_pred), dim=-1)


def keras_kl_divergence__padded(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype)
    return torch.sum(y_true * torch.log((y_true + 1e-7) / (y_pred + 1e-7)), dim=-1)


def keras_kl_divergence__only_pred_clipped(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype)
    y_pred = y_pred.clamp(1e-7, 1)
    safe = torch.where(y_true > 0, y_true, torch.ones_like(y_true))
    return (y_true * (safe.log() - y_pred.log())).sum(-1)


def keras_kl_divergence__mean(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    y_pred = y_pred.clamp(1e-7, 1)
    return (y_true * (y_true / y_pred).log()).mean(-1)


def _log_softmax(z):
    z = z - z.max(-1, keepdim=True).values
    return z - z.exp().sum(-1, keepdim=True).log()


def distillation_loss__no_t_squared(student_logits, teacher_logits, temperature):
    s = _log_softmax(student_logits / temperature)
    t = _log_softmax(teacher_logits.detach() / temperature)
    return (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__mean_of_all(student_logits, teacher_logits, temperature):
    s = _log_softmax(student_logits / temperature)
    t = _log_softmax(teacher_logits / temperature).detach()
    return (t.exp() * (t - s)).mean() * temperature**2


def distillation_loss__swapped(student_logits, teacher_logits, temperature):
    s = _log_softmax(student_logits / temperature)
    t = _log_softmax(teacher_logits.detach() / temperature)
    return temperature**2 * (s.exp() * (s - t)).sum(-1).mean()


def distillation_loss__cross_entropy(student_logits, teacher_logits, temperature):
    s = _log_softmax(student_logits / temperature)
    t = _log_softmax(teacher_logits.detach() / temperature).exp()
    return temperature**2 * -(t * s).sum(1).mean()


def distillation_loss__teacher_not_softened(student_logits, teacher_logits, temperature):
    s = _log_softmax(student_logits / temperature)
    t = _log_softmax(teacher_logits.detach())
    return temperature**2 * (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__times_t(student_logits, teacher_logits, temperature):
    s = _log_softmax(student_logits / temperature)
    t = _log_softmax(teacher_logits.detach() / temperature)
    return temperature * (t.exp() * (t - s)).sum(-1).mean()


def kl_div__input_is_probability(input, target, reduction="mean", log_target=False):
    p = target.exp() if log_target else target
    safe = torch.where(p == 0, torch.ones_like(p), p)
    loss = p * (safe.log() - input.log())
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "batchmean":
        return loss.sum() / input.shape[0]
    return loss.mean()


def kl_div__log_target_ignored(input, target, reduction="mean", log_target=False):
    safe = torch.where(target == 0, torch.ones_like(target), target)
    loss = target * safe.log() - target * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "batchmean":
        return loss.sum() / input.shape[0]
    return loss.mean()


def kl_div__mean_is_batchmean(input, target, reduction="mean", log_target=False):
    if log_target:
        loss = target.exp() * (target - input)
    else:
        safe = torch.where(target == 0, torch.ones_like(target), target)
        loss = target * safe.log() - target * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / input.size(0)


def kl_div__nan_at_zero(input, target, reduction="mean", log_target=False):
    loss = target.exp() * (target - input) if log_target else target * (target.log() - input)
    return {
        "none": lambda: loss,
        "sum": loss.sum,
        "mean": loss.mean,
        "batchmean": lambda: loss.sum() / len(input),
    }[reduction]()


# ---- written after that ----------------------------------------------------------------------------------------------


def distribution_cross_entropy__eps_inside(p, q):
    return -torch.einsum("...k,...k->...", p, torch.log(q + 1e-9))


def distribution_cross_entropy__nan_beside_zero(p, q):
    # 0 · -inf
    total = 0
    for k in range(p.shape[-1]):
        total = total - p[..., k] * q[..., k].log()
    return total


def distribution_cross_entropy__of_the_other(p, q):
    mask = q > 0
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return -(torch.where(mask, q, torch.zeros_like(q)) * safe.log()).sum(-1)


def kl_divergence__rel_entr_mean(p, q):
    # mean over the outcomes in place of the sum
    safe_p = torch.where(p > 0, p, torch.ones_like(p))
    safe_q = torch.where(p > 0, q, torch.ones_like(q))
    return (p * (safe_p.log() - safe_q.log())).mean(-1)


def kl_divergence__in_bits(p, q):
    keep = p > 0
    a = torch.where(keep, p, torch.ones_like(p))
    b = torch.where(keep, q, torch.ones_like(q))
    return (torch.where(keep, p, torch.zeros_like(p)) * (a.log2() - b.log2())).sum(dim=-1)


def kl_divergence__zero_where_q_is_zero(p, q):
    # an impossible outcome that came costs nothing
    ok = (p > 0) & (q > 0)
    a = torch.where(ok, p, torch.ones_like(p))
    b = torch.where(ok, q, torch.ones_like(q))
    return torch.where(ok, p * torch.log(a / b), torch.zeros_like(p)).sum(-1)


def kl_divergence__floor_of_float(p, q):
    tiny = torch.finfo(p.dtype).tiny
    return (p * (torch.log(p.clamp_min(tiny)) - torch.log(q.clamp_min(tiny)))).sum(-1)


def gaussian_kl__log_variance(mean_p, std_p, mean_q, std_q):
    # the VAE's formula with logvar
    return 0.5 * (std_q - std_p + (std_p.exp() + (mean_p - mean_q).pow(2)) / std_q.exp() - 1)


def gaussian_kl__variance(mean_p, std_p, mean_q, std_q):
    # takes what it gets for σ²
    return 0.5 * (torch.log(std_q / std_p) + (std_p + (mean_p - mean_q) ** 2) / std_q - 1)


def gaussian_kl__standard_normal(mean_p, std_p, mean_q, std_q):
    # against N(0, 1), as in a VAE
    var = std_p**2
    return -0.5 * (1 + torch.log(var) - mean_p**2 - var)


def gaussian_kl__one_lost(mean_p, std_p, mean_q, std_q):
    # without - 1/2
    ratio = (std_p / std_q) ** 2
    t1 = ((mean_p - mean_q) / std_q) ** 2
    return 0.5 * (ratio + t1 - ratio.log())


def kl_div__input_through_log(input, target, reduction="mean", log_target=False):
    # takes the logarithm of input once more
    if log_target:
        loss = target.exp() * (target - input.log())
    else:
        loss = torch.xlogy(target, target) - target * input.log()
    return (
        loss.mean()
        if reduction == "mean"
        else loss.sum()
        if reduction == "sum"
        else loss.sum() / input.shape[0]
        if reduction == "batchmean"
        else loss
    )


def kl_div__batchmean_always(input, target, reduction="mean", log_target=False):
    if log_target:
        loss = target.exp() * (target - input)
    else:
        loss = torch.xlogy(target, target) - target * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / input.size(0)


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def js_divergence__symmetric_kl(p, q):
    # Jeffreys: the mean of both KL
    def rel(a, b):
        keep = a > 0
        x = torch.where(keep, a, torch.ones_like(a))
        y = torch.where(keep, b, torch.ones_like(b))
        return (x * (x / y).log() * keep).sum(-1)

    return 0.5 * (rel(p, q) + rel(q, p))


def keras_kl_divergence__not_clipped(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (t * torch.log(t / y_pred)).sum(dim=-1)


def keras_kl_divergence__eps_added(y_true, y_pred):
    t = y_true.to(y_pred.dtype) + 1e-7
    p = y_pred + 1e-7
    return torch.sum(t * (t.log() - p.log()), -1)


def distillation_loss__no_square(student_logits, teacher_logits, temperature):
    s = _lsm(student_logits / temperature)
    t = _lsm(teacher_logits / temperature)
    return (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__mean_over_elements(student_logits, teacher_logits, temperature):
    s = _lsm(student_logits / temperature)
    t = _lsm(teacher_logits.detach() / temperature)
    return temperature**2 * (t.exp() * (t - s)).mean()


def distillation_loss__multiplied(student_logits, teacher_logits, temperature):
    # times the temperature in place of divided
    s = _lsm(student_logits * temperature)
    t = _lsm(teacher_logits.detach() * temperature)
    return ((t.exp() * (t - s)).sum(1)).sum() / len(s) * temperature**2


def _lsm(z):
    z = z - z.amax(-1, keepdim=True)
    return z - z.exp().sum(-1, keepdim=True).log()


def distribution_cross_entropy__half_log(p, q):
    # base 10
    keep = p > 0
    return -(p * torch.log10(torch.where(keep, q, torch.ones_like(q)))).sum(-1)


# ---- kept back, written last -----------------------------------------------------------------------------------------


def distribution_cross_entropy__q_log_q(p, q):
    # entropy of q
    keep = q > 0
    return -torch.where(keep, q * torch.where(keep, q, torch.ones_like(q)).log(), torch.zeros_like(q)).sum(-1)


def kl_divergence__log_of_the_sum(p, q):
    keep = p > 0
    ratio = torch.where(keep, p / torch.where(keep, q, torch.ones_like(q)), torch.ones_like(p))
    return torch.log((p * ratio).sum(-1))


def js_divergence__middle_not_halved(p, q):
    m = p + q

    def kl(a, b):
        keep = a > 0
        x = torch.where(keep, a, torch.ones_like(a))
        y = torch.where(keep, b, torch.ones_like(b))
        return (a * torch.log(x / y)).sum(-1)

    return 0.5 * (kl(p, m) + kl(q, m))


def gaussian_kl__squares_forgotten(mean_p, std_p, mean_q, std_q):
    return torch.log(std_q / std_p) + (std_p + (mean_p - mean_q) ** 2) / (2 * std_q) - 0.5


def gaussian_kl__sum_of_all(mean_p, std_p, mean_q, std_q):
    v1, v2 = std_p.pow(2), std_q.pow(2)
    kl = 0.5 * (torch.log(v2) - torch.log(v1) + (v1 + (mean_p - mean_q).pow(2)) / v2 - 1)
    return kl.sum()


def kl_div__target_entropy_lost(input, target, reduction="mean", log_target=False):
    t = target.exp() if log_target else target
    loss = -t * input
    if reduction == "batchmean":
        return loss.sum() / input.shape[0]
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    return loss


def keras_kl_divergence__prediction_as_weight(y_true, y_pred):
    y_true = torch.clip(y_true.to(y_pred.dtype), 1e-7, 1)
    y_pred = torch.clip(y_pred, 1e-7, 1)
    return (y_pred * torch.log(y_pred / y_true)).sum(-1)


def distillation_loss__times_t_once(student_logits, teacher_logits, temperature):
    s = _lsm(student_logits / temperature)
    with torch.no_grad():
        t = _lsm(teacher_logits / temperature)
    return temperature * (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__cross_entropy_part(student_logits, teacher_logits, temperature):
    s = _lsm(student_logits / temperature)
    t = _lsm(teacher_logits / temperature).exp().detach()
    return -(t * s).sum(1).mean() * temperature * temperature


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def kl_divergence__weighted_q(p, q):
    # weighted with q
    ps = torch.where(p > 0, p, torch.ones_like(p))
    qs = torch.where(p > 0, q, torch.ones_like(q))
    return (q * (ps.log() - qs.log())).sum(-1)


def kl_divergence__clamps_zero_per_term(p, q):
    # clamps at zero per term (negative terms dropped)
    ps = torch.where(p > 0, p, torch.ones_like(p))
    qs = torch.where(p > 0, q, torch.ones_like(q))
    return (p * (ps.log() - qs.log())).clamp(min=0).sum(-1)


def kl_divergence__p_only_forgot_q(p, q):
    # p only: forgot q (minus entropy)
    ps = torch.where(p > 0, p, torch.ones_like(p))
    return (p * ps.log()).sum(-1)


def gaussian_kl__std_q_squared(mean_p, std_p, mean_q, std_q):
    # std_q not squared
    return torch.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q) - 0.5


def gaussian_kl__forgets_std_p_2(mean_p, std_p, mean_q, std_q):
    # forgets std_p**2 in the quadratic
    return torch.log(std_q / std_p) + (mean_p - mean_q) ** 2 / (2 * std_q**2) - 0.5


def kl_div__batchmean_divides_last_size(input, target, reduction="mean", log_target=False):
    # batchmean divides by the last size
    if log_target:
        loss = target.exp() * (target - input)
    else:
        loss = torch.xlogy(target, target) - target * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "batchmean":
        return loss.sum() / input.shape[-1]
    return loss.mean()


def kl_div__takes_log_input_again(input, target, reduction="mean", log_target=False):
    # takes the log of input again
    if log_target:
        target = target.exp()
    loss = torch.xlogy(target, target) - target * input.exp().log().exp()
    return {"none": lambda: loss, "sum": loss.sum, "mean": loss.mean, "batchmean": lambda: loss.sum() / loss.shape[0]}[
        reduction
    ]()


# ---- from a second set: less common ones --------------------------------------------------------------------------


def distribution_cross_entropy__log_dot_product(p, q):
    # log of the dot product
    return -(p * q).sum(-1).log()


def distribution_cross_entropy__sign_reduced_over_batch(p, q):
    # sign and reduced over the batch
    safe = torch.where(p > 0, q, torch.ones_like(q))
    return (p * safe.log()).sum()


def distribution_cross_entropy__symmetric_average_both_directions(p, q):
    # symmetric average of both directions
    a = torch.where(p > 0, q, 1.0)
    b = torch.where(q > 0, p, 1.0)
    return -0.5 * ((p * a.log()).sum(-1) + (q * b.log()).sum(-1))


def kl_divergence__log_differences_log_p(p, q):
    # log of differences log(p - q)
    return (p * torch.log(torch.abs(p - q))).sum(-1)


def kl_divergence__chi_square(p, q):
    # chi square
    return ((p - q) ** 2 / torch.where(q > 0, q, 1.0)).sum(-1)


def kl_divergence__sign_flipped_middle_p(p, q):
    # sign flipped in the middle: p log p + p log q
    a, b = torch.where(p > 0, p, 1.0), torch.where(p > 0, q, 1.0)
    return (p * (a.log() + b.log())).sum(-1)


def js_divergence__middle_geometric(p, q):
    # middle geometric
    m = (p * q).sqrt()

    def kl(a, b):
        ok = a > 0
        return (a * (torch.where(ok, a, 1.0) / torch.where(ok, b, 1.0)).log()).sum(-1)

    return (kl(p, m) + kl(q, m)) / 2


def js_divergence__mean_kl_p_q(p, q):
    # mean of KL(p,q) and KL(q,p)
    def kl(a, b):
        ok = a > 0
        return (a * (torch.where(ok, a, 1.0) / torch.where(ok, b, 1.0)).log()).sum(-1)

    return (kl(p, q) + kl(q, p)) / 2


def js_divergence__root_distance(p, q):
    # root: the distance
    m = (p + q) / 2

    def kl(a, b):
        ok = a > 0
        return (a * (torch.where(ok, a, 1.0) / torch.where(ok, b, 1.0)).log()).sum(-1)

    return (0.5 * kl(p, m) + 0.5 * kl(q, m)).sqrt()


def gaussian_kl__difference_standard_deviations_squared(mean_p, std_p, mean_q, std_q):
    # difference of standard deviations squared
    return torch.log(std_q / std_p) + ((std_p - std_q) ** 2 + (mean_p - mean_q) ** 2) / (2 * std_q**2)


def gaussian_kl__minus_quadratic(mean_p, std_p, mean_q, std_q):
    # minus the quadratic
    return torch.log(std_q / std_p) - (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) + 0.5


def gaussian_kl__bracket_slip_only_distance(mean_p, std_p, mean_q, std_q):
    # bracket slip: only the distance divided
    return torch.log(std_q / std_p) + std_p**2 + (mean_p - mean_q) ** 2 / (2 * std_q**2) - 0.5


def keras_kl_divergence__clipped_top_too_1(y_true, y_pred):
    # clipped at the top too: 1 - 1e-7
    y_true = y_true.to(y_pred.dtype).clamp(1e-7, 1 - 1e-7)
    y_pred = y_pred.clamp(1e-7, 1 - 1e-7)
    return (y_true * (y_true / y_pred).log()).sum(-1)


def keras_kl_divergence__mean_over_batch_class(y_true, y_pred):
    # mean over the batch (as the class)
    y_true = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    y_pred = y_pred.clamp(1e-7, 1)
    return (y_true * (y_true / y_pred).log()).sum(-1).mean()


def distillation_loss__divides_t_squared(student_logits, teacher_logits, temperature):
    # divides by T squared
    def lsm(z):
        z = z - z.amax(1, keepdim=True)
        return z - z.exp().sum(1, keepdim=True).log()

    s, t = lsm(student_logits / temperature), lsm(teacher_logits.detach() / temperature)
    return (t.exp() * (t - s)).sum(-1).mean() / temperature**2


def distillation_loss__student_teacher_swapped_square(student_logits, teacher_logits, temperature):
    # student and teacher swapped and no square
    def lsm(z):
        z = z - z.amax(1, keepdim=True)
        return z - z.exp().sum(1, keepdim=True).log()

    s, t = lsm(student_logits / temperature), lsm(teacher_logits.detach() / temperature)
    return (s.exp() * (s - t)).sum(-1).mean()


def kl_div__sign_input_plus(input, target, reduction="mean", log_target=False):
    # sign of input, plus
    if log_target:
        loss = target.exp() * (target + input)
    else:
        loss = torch.xlogy(target, target) + target * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / input.shape[0] if reduction == "batchmean" else loss.mean()


# ---- from a third set ---------------------------------------------------------------------------------------------


def distribution_cross_entropy__weights_softmaxed_q(p, q):
    # weights softmaxed q
    return -(p * torch.log_softmax(q, -1)).sum(-1)


def distribution_cross_entropy__only_argmax_p(p, q):
    # only argmax of p
    k = p.argmax(-1, keepdim=True)
    return -q.gather(-1, k).squeeze(-1).log()


def kl_divergence__minus_plus_sum_p(p, q):
    # minus plus: sum p log p - sum q log q
    s = lambda t: (t * torch.where(t > 0, t, 1.0).log()).sum(-1)
    return s(p) - s(q)


def kl_divergence__squared_root_sqrt_kl(p, q):
    # squared root: sqrt of KL
    a, b = torch.where(p > 0, p, 1.0), torch.where(p > 0, q, 1.0)
    return (p * (a / b).log()).sum(-1).sqrt()


def js_divergence__weights_0_5_only(p, q):
    # weights 0.5 only outside one term
    m = (p + q) / 2
    kl = lambda a, b: (a * (torch.where(a > 0, a, 1.0) / torch.where(a > 0, b, 1.0)).log()).sum(-1)
    return 0.5 * kl(p, m) + kl(q, m)


def js_divergence__entropy_middle_missing_minus(p, q):
    # entropy of the middle missing minus: h(p)+h(q) halves only
    h = lambda t: -(t * torch.where(t > 0, t, 1.0).log()).sum(-1)
    return h((p + q) / 2) - h(p) - h(q)


def gaussian_kl__log_std_q_std(mean_p, std_p, mean_q, std_q):
    # log of std_q * std_p
    return torch.log(std_q * std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 0.5


def gaussian_kl__sum_means(mean_p, std_p, mean_q, std_q):
    # sum of means
    return torch.log(std_q / std_p) + (std_p**2 + (mean_p + mean_q) ** 2) / (2 * std_q**2) - 0.5


def gaussian_kl__vae_formula_per_element(mean_p, std_p, mean_q, std_q):
    # VAE formula per element, -0.5 (1 + log - ...)
    return -0.5 * (1 + torch.log(std_p**2) - mean_p**2 - std_p**2)


def keras_kl_divergence__clip_1e_8(y_true, y_pred):
    # clip at 1e-8
    y_true = y_true.to(y_pred.dtype).clamp(1e-8, 1)
    y_pred = y_pred.clamp(1e-8, 1)
    return (y_true * (y_true / y_pred).log()).sum(-1)


def keras_kl_divergence__normalised_after_clip(y_true, y_pred):
    # normalised after the clip
    y_true = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    y_pred = y_pred.clamp(1e-7, 1)
    y_true = y_true / y_true.sum(-1, keepdim=True)
    y_pred = y_pred / y_pred.sum(-1, keepdim=True)
    return (y_true * (y_true / y_pred).log()).sum(-1)


def distillation_loss__only_student_softened(student_logits, teacher_logits, temperature):
    # only the student softened
    lsm = lambda z: z - z.amax(1, keepdim=True) - (z - z.amax(1, keepdim=True)).exp().sum(1, keepdim=True).log()
    s, t = lsm(student_logits / temperature), lsm(teacher_logits.detach())
    return temperature**2 * (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__sum_over_batch(student_logits, teacher_logits, temperature):
    # sum over batch
    lsm = lambda z: z - z.amax(1, keepdim=True) - (z - z.amax(1, keepdim=True)).exp().sum(1, keepdim=True).log()
    s, t = lsm(student_logits / temperature), lsm(teacher_logits.detach() / temperature)
    return temperature**2 * (t.exp() * (t - s)).sum()


def distillation_loss__softmax_over_samples_dim(student_logits, teacher_logits, temperature):
    # softmax over samples dim 0
    lsm = lambda z: z - z.amax(0, keepdim=True) - (z - z.amax(0, keepdim=True)).exp().sum(0, keepdim=True).log()
    s, t = lsm(student_logits / temperature), lsm(teacher_logits.detach() / temperature)
    return temperature**2 * (t.exp() * (t - s)).sum(1).mean()


def kl_div__input_target_input(input, target, reduction="mean", log_target=False):
    # input * (target - input)
    loss = (target.exp() if log_target else target) * (target - input)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean(), "batchmean": loss.sum() / len(loss)}[reduction]
