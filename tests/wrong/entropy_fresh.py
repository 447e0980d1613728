"""Wrong answers to the exercises of notebook 01, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def self_information__of_the_rest(p):
    """-log2(1 - p): the surprise at the event not happening."""
    return -torch.log2(1 - p)


def self_information__one_over_p(p):
    """log2 is forgotten: 1 / p, among how many choices."""
    return 1 / p


def entropy__batch_summed(p):
    """Loops over the last dimension with a float accumulator, but returns the total of all distributions."""
    total = 0.0
    for v in p.reshape(-1):
        if v > 0:
            total = total - v * torch.log(v)
    return total * torch.ones(p.shape[:-1], dtype=p.dtype)


def entropy__normalises(p):
    """p is normalised first."""
    q = p / p.sum(-1, keepdim=True)
    safe = torch.where(q > 0, q, torch.ones_like(q))
    return -(q * safe.log()).sum(-1)


def entropy__surprise_unweighted(p):
    """The sum of surprises, not weighted by p."""
    safe = torch.where(p > 0, p, torch.ones_like(p))
    return -safe.log().sum(-1)


def perplexity__one_over_mean_likelihood(losses):
    """1 / mean of exp(-loss): a harmonic mean of the inverse probabilities."""
    return 1 / torch.exp(-losses).mean()


def joint_entropy__averaged_over_cells(joint):
    """Mean over the cells."""
    return torch.special.xlogy(joint, joint).mean().neg()


def joint_entropy__skips_first_row(joint):
    """Loop starts at 1."""
    out = joint.new_zeros(())
    for i in range(1, joint.shape[0]):
        for j in range(joint.shape[1]):
            if joint[i, j] > 0:
                out = out - joint[i, j] * joint[i, j].log()
    return out


def conditional_entropy__minus_hy(joint):
    """H(X,Y) - H(Y) with a variable named px that sums over the wrong axis: H(X|Y)."""
    px = joint.sum(dim=0)
    h = lambda t: -torch.xlogy(t, t).sum()
    return h(joint) - h(px)


def conditional_entropy__hx_plus(joint):
    """H(X,Y) + H(X)."""
    px = joint.sum(dim=1)
    return -torch.xlogy(joint, joint).sum() - torch.xlogy(px, px).sum()


def pointwise_mutual_information__means_for_marginals(joint):
    """Means stand in place of the sums."""
    return torch.log(joint / (joint.mean(1, keepdim=True) * joint.mean(0, keepdim=True)))


def pointwise_mutual_information__squared_joint(joint):
    """ln(p^2 / (px py)): PMI^2."""
    return torch.log(joint * joint / torch.outer(joint.sum(1), joint.sum(0)))


def mutual_information__hx_plus_hy_plus_hxy(joint):
    """The joint entropy is added and not taken off."""
    h = lambda t: -torch.xlogy(t, t).sum()
    return h(joint.sum(0)) + h(joint.sum(1)) + h(joint)


def mutual_information__conditional(joint):
    """H(X,Y) - H(X): the conditional entropy."""
    h = lambda t: -torch.xlogy(t, t).sum()
    return h(joint) - h(joint.sum(1))


def entr__clamped(input):
    """clamp(min=1e-7) before everything: at 0 it gives 1.6e-6, below 0 no -inf."""
    x = input.clamp(min=1e-7)
    return -x * x.log()
