"""Wrong answers to the exercises of notebook 01, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def self_information__log_of_one_plus(p):
    return -torch.log1p(p) / math.log(2)


def self_information__squared(p):
    return torch.log2(p) ** 2


def self_information__rounded_up(p):
    return torch.ceil(-torch.log2(p))


def _safe_log(p):
    return torch.log(torch.where(p > 0, p, torch.ones_like(p)))


def entropy__surprise_of_mean(p):
    return -_safe_log(p.mean(-1))


def entropy__min_subtracted(p):
    h = -(p * _safe_log(p)).sum(-1)
    return h - h.min()


def entropy__keepdim(p):
    return -(p * _safe_log(p)).sum(-1, keepdim=True)


def entropy__cumulative(p):
    c = p.cumsum(-1)
    return -(c * _safe_log(c)).sum(-1)


def entropy__nonzero_average(p):
    n = (p > 0).sum(-1)
    return -(p * _safe_log(p)).sum(-1) / n


def entropy__tsallis(p):
    return (1 - (p**2).sum(-1)) / (2 - 1)


def perplexity__nats_of_bits(losses):
    return torch.exp(losses.mean() * math.log(2))


def perplexity__log_mean_exp(losses):
    return torch.log(torch.exp(losses).mean())


def perplexity__median(losses):
    return torch.exp(losses.sort().values[len(losses) // 2])


def perplexity__per_token_mean_square(losses):
    return torch.exp((losses**2).mean().sqrt())


def joint_entropy__row_normalised_sum(joint):
    px = joint.sum(1)
    h = 0
    for i in range(joint.shape[0]):
        row = joint[i]
        h = h - (row * _safe_log(row)).sum() * px[i]
    return h


def joint_entropy__first_row_only(joint):
    r = joint[0]
    return -(r * _safe_log(r)).sum()


def joint_entropy__upper_triangle(joint):
    j = torch.triu(joint)
    return -(j * _safe_log(j)).sum()


def conditional_entropy__joint_minus_hy(joint):
    def h(q):
        return -(q * _safe_log(q)).sum()

    return h(joint) - h(joint.sum(0))


def conditional_entropy__log_px(joint):
    px = joint.sum(1, keepdim=True)
    return -(joint * _safe_log(px)).sum()


def conditional_entropy__weights_squared(joint):
    px = joint.sum(1, keepdim=True)
    c = joint / torch.where(px > 0, px, torch.ones_like(px))
    hs = -(c * _safe_log(c)).sum(1)
    return (px.squeeze(1) ** 2 * hs).sum()


def conditional_entropy__max_row(joint):
    px = joint.sum(1, keepdim=True)
    c = joint / torch.where(px > 0, px, torch.ones_like(px))
    return (-(c * _safe_log(c)).sum(1)).max()


def mutual_information__unnormalised_weights(joint):
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    m = joint > 0
    ratio = torch.where(m, joint, 1.0) / torch.where(m, px * py, 1.0)
    return (px * py * ratio.log()).sum()


def mutual_information__only_px(joint):
    px = joint.sum(1, keepdim=True)
    m = joint > 0
    ratio = torch.where(m, joint, 1.0) / torch.where(m, px, 1.0)
    return (joint * ratio.log()).sum()


def mutual_information__mean_marginals(joint):
    px = joint.mean(1, keepdim=True)
    py = joint.mean(0, keepdim=True)
    m = joint > 0
    ratio = torch.where(m, joint, 1.0) / torch.where(m, px * py, 1.0)
    return (joint * ratio.log()).sum()


def mutual_information__squared_dependence(joint):
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    return ((joint - px * py) ** 2).sum()


def mutual_information__log_joint_over_marginals_added(joint):
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    return (joint * (_safe_log(joint) - _safe_log(px) + _safe_log(py))).sum()


def entr__one_at_zero(input):
    out = -input * torch.log(torch.where(input > 0, input, torch.ones_like(input)))
    out = torch.where(input == 0, torch.ones_like(input), out)
    out = torch.where(input < 0, torch.full_like(input, -math.inf), out)
    return torch.where(input.isnan(), input, out)


def entr__log2_positive(input):
    out = input * torch.log(torch.where(input > 0, input, torch.ones_like(input)))
    out = torch.where(input < 0, torch.full_like(input, -math.inf), out)
    return torch.where(input.isnan(), input, out)


def entr__zero_is_minus_inf(input):
    out = -input * torch.log(torch.where(input > 0, input, torch.ones_like(input)))
    out = torch.where(input <= 0, torch.full_like(input, -math.inf), out)
    return torch.where(input.isnan(), input, out)
