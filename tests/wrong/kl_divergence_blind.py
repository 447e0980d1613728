"""Wrong answers to the exercises of notebook 02, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def distribution_cross_entropy__swapped(p, q):
    """H(q, p): the arguments have changed places."""
    return -torch.where(q > 0, q * torch.where(q > 0, p, torch.ones_like(p)).log(), torch.zeros_like(p)).sum(-1)


def distribution_cross_entropy__nan(p, q):
    """0 · ln 0 is NaN where both are 0."""
    return -torch.einsum("...k,...k->...", p, q.log())


def distribution_cross_entropy__clamped(p, q):
    """q is kept from 0 by 1e-12: what is impossible costs 27 nats, not inf."""
    return -(p * torch.log(q.clamp_min(1e-12))).sum(-1)


def distribution_cross_entropy__minus_entropy(p, q):
    """The entropy of p is taken away: this is KL."""
    m = p > 0
    lp = torch.where(m, p, torch.ones_like(p)).log()
    lq = torch.where(m, q, torch.ones_like(q)).log()
    return (p * (lp - lq)).sum(-1)


def kl_divergence__reverse(p, q):
    """KL(q‖p)."""
    term = torch.where(q > 0, q * (torch.where(q > 0, q, 1.0).log() - torch.where(q > 0, p, 1.0).log()), 0.0)
    return term.sum(-1)


def kl_divergence__batchmean(p, q):
    """The mean over the rows, a single number."""
    m = p > 0
    t = torch.where(m, p * (torch.where(m, p, 1.0) / torch.where(m, q, 1.0)).log(), 0.0).sum(-1)
    return t.mean()


def kl_divergence__nan_filtered(p, q):
    """Right in value; nan_to_num leaves a NaN in the gradient where p is 0."""
    terms = p * (p.log() - q.log())
    terms = torch.where(p == 0, torch.zeros_like(terms), terms)
    return terms.sum(dim=-1)


def kl_divergence__abs(p, q):
    """Each term is made positive."""
    ok = p > 0
    ratio = torch.where(ok, p, 1.0).log() - torch.where(ok, q, 1.0).log()
    return torch.where(ok, (p * ratio).abs(), 0.0).sum(-1)


def kl_divergence__symmetrised(p, q):
    """(KL(p‖q) + KL(q‖p)) / 2."""

    def one(a, b):
        m = a > 0
        return torch.where(m, a * (torch.where(m, a, 1.0).log() - torch.where(m, b, 1.0).log()), 0.0).sum(-1)

    return (one(p, q) + one(q, p)) / 2


def kl_divergence__q_zero_skipped(p, q):
    """Outcomes with q = 0 are left out as well: they should cost inf."""
    m = (p > 0) & (q > 0)
    sp, sq = torch.where(m, p, 1.0), torch.where(m, q, 1.0)
    return torch.where(m, sp * torch.log(sp / sq), 0.0).sum(-1)


def js_divergence__not_halved(p, q):
    """The sum of both halves, not their mean: twice as large."""
    m = (p + q) / 2

    def kl(a):
        k = a > 0
        return torch.where(k, a * (torch.where(k, a, 1.0).log() - torch.where(k, m, 1.0).log()), 0.0).sum(-1)

    return kl(p) + kl(q)


def js_divergence__root(p, q):
    """The root: the Jensen-Shannon distance."""
    m = (p + q) / 2

    def kl(a):
        k = a > 0
        return torch.where(k, a * (torch.where(k, a, 1.0).log() - torch.where(k, m, 1.0).log()), 0.0).sum(-1)

    return (0.5 * (kl(p) + kl(q))).sqrt()


def js_divergence__reversed_kls(p, q):
    """KL(m‖p) and KL(m‖q): from the middle to the sides."""
    m = 0.5 * p + 0.5 * q

    def kl(a, b):
        k = a > 0
        return torch.where(k, a * (torch.where(k, a, 1.0).log() - torch.where(k, b, 1.0).log()), 0.0).sum(-1)

    return 0.5 * kl(m, p) + 0.5 * kl(m, q)


def js_divergence__middle_not_halved(p, q):
    """The middle is p + q, not half of it."""
    m = p + q

    def kl(a, b):
        k = a > 0
        return torch.where(k, a * (torch.where(k, a, 1.0).log() - torch.where(k, b, 1.0).log()), 0.0).sum(-1)

    return (kl(p, m) + kl(q, m)) / 2


def gaussian_kl__no_minus_half(mean_p, std_p, mean_q, std_q):
    """The ½ that is taken away at the end is missing."""
    return torch.log(std_q / std_p) + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2)


def gaussian_kl__std_as_variance(mean_p, std_p, mean_q, std_q):
    """Takes the standard deviations for variances."""
    return 0.5 * (torch.log(std_q / std_p) + (std_p + (mean_p - mean_q).pow(2)) / std_q - 1)


def gaussian_kl__logs_turned(mean_p, std_p, mean_q, std_q):
    """The logarithm of the ratio has the wrong sign."""
    a = std_p.log() - std_q.log()
    b = (std_p.square() + (mean_p - mean_q).square()) / (2 * std_q.square())
    return a + b - 0.5


def gaussian_kl__divided_by_p(mean_p, std_p, mean_q, std_q):
    """Divides by the variance of p, not by that of q."""
    return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_p**2) - 0.5


def _lsm(z):
    z = z - z.max(-1, keepdim=True).values.detach()
    return z - z.exp().sum(-1, keepdim=True).log()


def distillation_loss__no_t_squared(student_logits, teacher_logits, temperature):
    """The factor T² is missing."""
    s, t = _lsm(student_logits / temperature), _lsm(teacher_logits / temperature)
    return (t.exp() * (t - s)).sum(-1).mean()


def distillation_loss__mean_over_all(student_logits, teacher_logits, temperature):
    """Averaged over classes too: reduction mean of kl_div."""
    s, t = _lsm(student_logits / temperature), _lsm(teacher_logits / temperature)
    return temperature**2 * (t.exp() * (t - s)).mean()


def distillation_loss__reverse(student_logits, teacher_logits, temperature):
    """KL(student‖teacher)."""
    s, t = _lsm(student_logits / temperature), _lsm(teacher_logits / temperature)
    kl = torch.einsum("nk,nk->n", s.exp(), s - t)
    return temperature * temperature * kl.mean()


def distillation_loss__student_detached(student_logits, teacher_logits, temperature):
    """The student is detached in place of the teacher."""
    s = _lsm(student_logits.detach() / temperature)
    t = _lsm(teacher_logits / temperature)
    return (t.exp() * (t - s)).sum(-1).mean() * temperature**2


def distillation_loss__multiplied(student_logits, teacher_logits, temperature):
    """Logits are multiplied by the temperature, not divided."""
    s, t = _lsm(student_logits * temperature), _lsm(teacher_logits * temperature)
    return (t.exp() * (t - s)).sum(-1).mean() * temperature**2


def kl_div__batchmean_is_mean(input, target, reduction="mean", log_target=False):
    """ "mean" divides by the batch, as "batchmean" does."""
    t = target.exp() if log_target else target
    lt = target if log_target else torch.where(target == 0, torch.ones_like(target), target).log()
    out = t * (lt - input)
    if reduction == "none":
        return out
    if reduction == "sum":
        return out.sum()
    return out.sum() / input.shape[0]


def kl_div__exp_input(input, target, reduction="mean", log_target=False):
    """The log of the input is taken: it is one already."""
    t = target.exp() if log_target else target
    lt = target if log_target else target.log()
    out = torch.where(t > 0, t * (lt - input.log()), torch.zeros_like(t))
    return {"none": out, "sum": out.sum(), "mean": out.mean(), "batchmean": out.sum() / len(out)}[reduction]


def kl_div__log_target_ignored(input, target, reduction="mean", log_target=False):
    """log_target is not read."""
    out = torch.where(target == 0, -target * input, target * (torch.where(target == 0, 1.0, target).log() - input))
    if reduction == "batchmean":
        return out.sum() / input.size(0)
    return out.mean() if reduction == "mean" else out.sum() if reduction == "sum" else out


def kl_div__swapped_direction(input, target, reduction="mean", log_target=False):
    """KL(input‖target): weighted by exp(input)."""
    lt = target if log_target else target.log()
    out = input.exp() * (input - lt)
    if reduction == "mean":
        return out.mean()
    if reduction == "sum":
        return out.sum()
    if reduction == "batchmean":
        return out.sum() / input.shape[0]
    return out


def keras_kl_divergence__unclipped(y_true, y_pred):
    """Nothing is clipped: 0s give NaN."""
    y_true = y_true.to(y_pred.dtype)
    return (y_true * torch.log(y_true / y_pred)).sum(-1)


def keras_kl_divergence__only_pred(y_true, y_pred):
    """Only y_pred is clipped; a true probability of 0 adds nothing."""
    t = y_true.to(y_pred.dtype)
    q = y_pred.clamp(1e-7, 1)
    return torch.where(t > 0, t * (torch.where(t > 0, t, 1.0).log() - q.log()), 0.0).sum(-1).to(y_pred.dtype)


def keras_kl_divergence__eps_added(y_true, y_pred):
    """1e-7 is added, not clipped to."""
    t = y_true.to(y_pred.dtype) + 1e-7
    return (t * torch.log(t / (y_pred + 1e-7))).sum(dim=-1)


def gaussian_kl__mean_not_squared(mean_p, std_p, mean_q, std_q):
    """The distance of the means is not squared."""
    return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q).abs()) / (2 * std_q**2) - 0.5


def gaussian_kl__constant_slip(mean_p, std_p, mean_q, std_q):
    """1 is taken away, not ½."""
    return (std_q / std_p).log() + (std_p**2 + (mean_p - mean_q) ** 2) / (2 * std_q**2) - 1


def distillation_loss__t_once_and_reverse(student_logits, teacher_logits, temperature):
    """Two mistakes: KL(student‖teacher), and T in place of T²."""
    s, t = _lsm(student_logits / temperature), _lsm(teacher_logits / temperature)
    return (s.exp() * (s - t)).sum(1).mean() * temperature


def js_divergence__cross_entropies(p, q):
    """H(p, m) + H(q, m), halved: the entropies are not taken away."""
    m = (p + q) / 2
    s = torch.where(m > 0, m, 1.0).log()
    return -0.5 * ((p + q) * s).sum(-1)
