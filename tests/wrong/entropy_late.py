"""Wrong answers to the exercises of notebook 01, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def self_information__float_log_change_of_base(p):
    return -torch.log(p) * math.log(2)


def entropy__numpy_style_base(p):
    lp = torch.where(p > 0, torch.log(torch.where(p > 0, p, torch.ones_like(p))), torch.zeros_like(p))
    return -(p * lp / math.log(10)).sum(-1)


def entropy__axis_one(p):
    lp = torch.log(torch.where(p > 0, p, torch.ones_like(p)))
    return -(p * lp).sum(0)


def perplexity__sum_of_exp_over_n_root(losses):
    return torch.exp(losses).sum() / len(losses)


def joint_entropy__conditional(joint):
    px = joint.sum(1, keepdim=True)
    c = torch.where(joint > 0, joint / torch.where(px > 0, px, torch.ones_like(px)), torch.ones_like(joint))
    return -(joint * c.log()).sum()


def conditional_entropy__hxy_minus_hx_bits(joint):
    def h(q):
        return -(q * torch.log2(torch.where(q > 0, q, torch.ones_like(q)))).sum()

    return h(joint) - h(joint.sum(1))


def mutual_information__hx_minus_hy_given_x(joint):
    def h(q):
        return -(q * torch.log(torch.where(q > 0, q, torch.ones_like(q)))).sum()

    hx, hy, hxy = h(joint.sum(1)), h(joint.sum(0)), h(joint)
    return hx - (hxy - hx)


def entr__sign_below(input):
    safe = torch.where(input > 0, input, torch.ones_like(input))
    out = -input * torch.log(safe)
    out = torch.where(input < 0, torch.full_like(input, math.nan), out)
    return torch.where(input.isnan(), input, out)
