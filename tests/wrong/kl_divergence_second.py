"""Wrong answers to the exercises of notebook 02, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _x(p, q):
    return torch.where(p > 0, p * torch.where(p > 0, q, 1.0).log(), 0.0)


def kl_divergence__difference_of_entropies(p, q):
    """H(q) - H(p)."""
    return _x(p, p).sum(-1) - _x(q, q).sum(-1)


def kl_divergence__plus_q_minus_p(p, q):
    """The generalised divergence: Σ q - Σ p is added."""
    return (_x(p, p) - _x(p, q) + q - p).sum(-1)


def js_divergence__geometric_middle(p, q):
    """The middle is the geometric mean."""
    m = (p * q).sqrt()
    return 0.5 * (_x(p, p) - _x(p, m) + _x(q, q) - _x(q, m)).sum(-1)


def distribution_cross_entropy__one_minus(p, q):
    """A binary cross-entropy for each outcome: the part of 1 - p is added."""
    return -(_x(p, q) + _x(1 - p, 1 - q)).sum(-1)


def gaussian_kl__variance_of_p_halved_twice(mean_p, std_p, mean_q, std_q):
    """The distance of the means is not divided by 2σ², but by σ²."""
    return (std_q / std_p).log() + std_p**2 / (2 * std_q**2) + (mean_p - mean_q) ** 2 / std_q**2 - 0.5


def distillation_loss__t_of_student_only(student_logits, teacher_logits, temperature):
    """A cross-entropy: the teacher's entropy is not taken away."""
    s = (student_logits / temperature).log_softmax(-1)
    t = (teacher_logits / temperature).softmax(-1)
    return -(t * s).sum(-1).mean() * temperature**2


def kl_div__target_entropy_missing(input, target, reduction="mean", log_target=False):
    """-t · input alone: t ln t is missing."""
    t = target.exp() if log_target else target
    out = -t * input
    if reduction == "none":
        return out
    return out.sum() if reduction == "sum" else out.mean() if reduction == "mean" else out.sum() / len(input)
