"""Wrong answers to the exercises of notebook 01, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def self_information__sign_forgotten(p):
    """The minus is missing: log2 p is negative."""
    return torch.log(p) / torch.log(torch.tensor(2.0, dtype=p.dtype))


def self_information__log10(p):
    """Base 10 and not base 2."""
    return -p.log10()


def entropy__mask_drops_rows(p):
    """Boolean indexing flattens: the entropies of all rows are added together."""
    nonzero = p[p > 0]
    return -(nonzero * nonzero.log()).sum()


def entropy__np_style_eps(p):
    """p + 1e-5 inside the logarithm: biased by the small number."""
    return -(p * torch.log(p + 1e-5)).sum(dim=-1)


def entropy__bits(p):
    """In bits, not in nats."""
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return -torch.einsum("...k,...k->...", p, safe.log2())


def entropy__mean_over_classes(p):
    """The mean over the outcomes and not the sum."""
    return -torch.xlogy(p, p).mean(-1)


def entropy__nan_gradient(p):
    """nan_to_num after the fact: value right, gradient NaN where p is 0."""
    return torch.nan_to_num(-p * p.log(), nan=0.0).sum(-1)


def perplexity__mean_of_exp(losses):
    """The exponential of each, then the mean: exp must come last."""
    total = 0.0
    for loss in losses:
        total = total + torch.exp(loss)
    return total / len(losses)


def perplexity__two_to_the(losses):
    """2 to the power, as if losses were in bits."""
    return 2 ** losses.mean()


def perplexity__exp_sum(losses):
    """exp of the sum: not divided by the number of tokens."""
    return losses.sum().exp()


def joint_entropy__rows_only(joint):
    """Sums over Y only: one number per row."""
    return -torch.xlogy(joint, joint).sum(dim=1)


def joint_entropy__sum_of_marginals(joint):
    """H(X) + H(Y), as if independent."""

    def h(v):
        return -torch.special.xlogy(v, v).sum()

    return h(joint.sum(0)) + h(joint.sum(1))


def conditional_entropy__condition_on_y(joint):
    """H(X|Y): columns are taken as conditions."""
    py = joint.sum(0)
    return -torch.xlogy(joint, joint).sum() + torch.xlogy(py, py).sum()


def conditional_entropy__unweighted_rows(joint):
    """Each row's entropy averaged without the probability of x."""
    rows = []
    for row in joint:
        z = row.sum()
        if z > 0:
            c = row / z
            c = c[c > 0]
            rows.append(-(c * c.log()).sum())
    return torch.stack(rows).mean()


def conditional_entropy__conditional_times_log_conditional(joint):
    """Weighted with p(y|x), not with p(x, y): sum over x of H(Y|X=x)."""
    cond = joint / joint.sum(1, keepdim=True).clamp(min=1e-30)
    return -torch.xlogy(cond, cond).sum()


def pointwise_mutual_information__one_marginal(joint):
    """Divides by p(x) alone."""
    return torch.log(joint / joint.sum(dim=1, keepdim=True))


def pointwise_mutual_information__weighted(joint):
    """Multiplied with p(x, y) already: the terms of the mutual information."""
    px = joint.sum(1)
    py = joint.sum(0)
    return joint * torch.log(joint / torch.outer(px, py))


def pointwise_mutual_information__ratio(joint):
    """The logarithm is forgotten: the ratio itself."""
    return joint / torch.einsum("i,j->ij", joint.sum(1), joint.sum(0))


def mutual_information__sign(joint):
    """Upside down: independent over joint, so that the sign is turned."""
    indep = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    keep = joint > 0
    return (joint[keep] * (indep[keep] / joint[keep]).log()).sum()


def mutual_information__no_joint_weight(joint):
    """Weighted by the product of the marginals, not by the joint."""
    a = joint.sum(1, keepdim=True)
    b = joint.sum(0, keepdim=True)
    prod = a * b
    ok = joint > 0
    out = torch.zeros_like(joint)
    out[ok] = prod[ok] * (joint[ok].log() - prod[ok].log())
    return out.sum()


def entr__plus(input):
    """x ln x without the minus."""
    out = torch.where(input > 0, input * input.clamp(min=1e-40).log(), torch.zeros_like(input))
    out = torch.where(input < 0, torch.full_like(input, -float("inf")), out)
    return torch.where(input.isnan(), input, out)


def entr__negative_zero(input):
    """Negative numbers give 0 and not -inf."""
    safe = torch.where(input > 0, input, torch.ones_like(input))
    out = -input * safe.log()
    out = torch.where(input > 0, out, torch.zeros_like(input))
    return torch.where(torch.isnan(input), input, out)
