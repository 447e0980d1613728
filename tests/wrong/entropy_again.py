"""Wrong answers to the exercises of notebook 01, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def self_information__one_over_p(p):
    return torch.log2(1 / p + 1)


def self_information__complement(p):
    return -torch.log2(1 - p)


def entropy__only_yes_part(p):
    h = torch.zeros(p.shape[:-1], dtype=p.dtype)
    for k in range(p.shape[-1] - 1):
        pk = p[..., k]
        safe = torch.where(pk > 0, pk, torch.ones_like(pk))
        h = h - pk * torch.log(safe)
    return h


def entropy__binary_each(p):
    def xlx(t):
        safe = torch.where(t > 0, t, torch.ones_like(t))
        return t * safe.log()

    return -(xlx(p) + xlx(1 - p)).sum(-1)


def entropy__mean_over_k(p):
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return -(p * safe.log()).mean(-1)


def entropy__relative_to_max(p):
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return math.log(p.shape[-1]) + (p * safe.log()).sum(-1)


def perplexity__base_two(losses):
    return 2 ** losses.mean()


def perplexity__exp_sum(losses):
    return torch.exp(losses.sum())


def perplexity__geometric(losses):
    return torch.exp(losses).prod() ** (1 / (len(losses) + 1))


def joint_entropy__marginals(joint):
    def h(p):
        safe = torch.where(p > 0, p, torch.ones_like(p))
        return -(p * safe.log()).sum()

    return h(joint.sum(0)) + h(joint.sum(1))


def joint_entropy__per_row(joint):
    safe = torch.where(joint > 0, joint, torch.ones_like(joint))
    return -(joint * safe.log()).sum(1)


def conditional_entropy__given_y(joint):
    py = joint.sum(0, keepdim=True)
    ratio = torch.where(joint > 0, joint, torch.ones_like(joint)) / torch.where(py > 0, py, torch.ones_like(py))
    ratio = torch.where(joint > 0, ratio, torch.ones_like(ratio))
    return -(joint * ratio.log()).sum()


def conditional_entropy__unweighted_rows(joint):
    px = joint.sum(1, keepdim=True)
    cond = joint / torch.where(px > 0, px, torch.ones_like(px))
    safe = torch.where(cond > 0, cond, torch.ones_like(cond))
    return -(cond * safe.log()).sum(1).mean()


def conditional_entropy__unweighted_sum(joint):
    px = joint.sum(1, keepdim=True)
    cond = joint / torch.where(px > 0, px, torch.ones_like(px))
    safe = torch.where(cond > 0, cond, torch.ones_like(cond))
    return -(cond * safe.log()).sum()


def mutual_information__variation_of_information(joint):
    def h(p):
        safe = torch.where(p > 0, p, torch.ones_like(p))
        return -(p * safe.log()).sum()

    hx, hy, hxy = h(joint.sum(1)), h(joint.sum(0)), h(joint)
    return 2 * hxy - hx - hy


def mutual_information__conditional(joint):
    def h(p):
        safe = torch.where(p > 0, p, torch.ones_like(p))
        return -(p * safe.log()).sum()

    return h(joint.sum(1)) - (h(joint) - h(joint.sum(0))) * 2


def mutual_information__normalised_by_sqrt(joint):
    def h(p):
        safe = torch.where(p > 0, p, torch.ones_like(p))
        return -(p * safe.log()).sum()

    hx, hy, hxy = h(joint.sum(1)), h(joint.sum(0)), h(joint)
    return (hx + hy - hxy) / torch.sqrt(hx * hy)


def entr__negative_is_nan(input):
    safe = torch.where(input == 0, torch.ones_like(input), input)
    return -input * torch.log(safe)


def entr__negative_is_zero(input):
    safe = torch.where(input > 0, input, torch.ones_like(input))
    out = -input * torch.log(safe)
    return torch.where(input.isnan(), input, out * (input > 0))


def entr__plus_inf_for_negative(input):
    safe = torch.where(input > 0, input, torch.ones_like(input))
    out = -safe * torch.log(safe)
    out = torch.where(input == 0, torch.zeros_like(input), out)
    out = torch.where(input < 0, torch.full_like(input, math.inf), out)
    return torch.where(input.isnan(), input, out)
