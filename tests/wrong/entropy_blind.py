"""Wrong answers to the exercises of notebook 01, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import math

import torch


def self_information__nats(p):
    """In nats, not in bits."""
    return -torch.log(p)


def self_information__twice_converted(p):
    """log2 is divided by ln 2 once more."""
    return -torch.log2(p) / math.log(2)


def self_information__clamped(p):
    """Keeps p from 0: an impossible event costs 46 bits, not inf."""
    return -torch.log2(torch.clamp(p, min=1e-14))


def self_information__one_over(p):
    """The improbability 1/p, no logarithm."""
    return 1 / p


def entropy__bits(p):
    """In bits."""
    return -torch.where(p > 0, p * torch.log2(torch.where(p > 0, p, 1.0)), 0.0).sum(-1)


def entropy__nan_to_num(p):
    """Right in value; the 0 is mended after the logarithm, and the gradient beside it is NaN."""
    return torch.nan_to_num(-p * p.log()).sum(dim=-1)


def entropy__mean(p):
    """The mean over the outcomes, not the sum."""
    safe = p.clone()
    safe[p == 0] = 1.0
    return (-p * safe.log()).mean(-1)


def entropy__whole_batch(p):
    """Summed over all dimensions: one number for the whole batch."""
    q = p[p > 0]
    return -(q * q.log()).sum()


def entropy__plus_eps(p):
    """Adds 1e-9 within the logarithm, and normalises p first: two mistakes."""
    p = p / p.sum(-1, keepdim=True)
    return -(p * torch.log(p + 1e-9)).sum(-1)


def entropy__gini(p):
    """The Gini impurity 1 - Σp²."""
    return 1 - (p * p).sum(dim=-1)


def perplexity__base_two(losses):
    """2 to the power of a loss that is in nats."""
    return 2 ** losses.mean()


def perplexity__exp_first(losses):
    """The mean of the exponentials, not the exponential of the mean."""
    return losses.exp().mean()


def perplexity__product(losses):
    """exp of the sum: it is not the geometric mean but the product over all tokens."""
    out = 1.0
    for loss in losses:
        out = out * torch.exp(loss)
    return out


def perplexity__inverse(losses):
    """exp(-mean): the mean probability, not one over it."""
    return torch.exp(-losses.mean())


def joint_entropy__of_rows(joint):
    """The entropy of X alone: summed over the columns first."""
    p = joint.sum(dim=1)
    p = p[p > 0]
    return -(p * p.log()).sum()


def joint_entropy__sum_of_marginals(joint):
    """H(X) + H(Y), which is the joint entropy only of independent ones."""

    def h(q):
        q = q[q > 0]
        return -torch.sum(q * torch.log(q))

    return h(joint.sum(0)) + h(joint.sum(1))


def joint_entropy__one_row_each(joint):
    """One entropy for each row, not summed."""
    return -torch.where(joint > 0, joint * torch.where(joint > 0, joint, 1).log(), 0).sum(dim=1)


def conditional_entropy__x_given_y(joint):
    """H(X|Y): conditioned on the columns."""
    py = joint.sum(0, keepdim=True).expand_as(joint)
    m = joint > 0
    return -(joint[m] * (joint[m] / py[m]).log()).sum()


def conditional_entropy__weighted_by_conditional(joint):
    """Weighted by p(y|x) instead of p(x, y): the rows' entropies are added without their weight."""
    total = joint.new_zeros(())
    for row in joint:
        if row.sum() > 0:
            c = row / row.sum()
            c = c[c > 0]
            total = total - (c * c.log()).sum()
    return total


def conditional_entropy__mean_of_rows(joint):
    """The plain mean of the rows' entropies: each row counts alike."""
    hs = []
    for row in joint:
        s = row.sum()
        c = row / s if s > 0 else row
        c = c[c > 0]
        hs.append(-(c * c.log()).sum())
    return torch.stack(hs).mean()


def conditional_entropy__minus_wrong_marginal(joint):
    """H(X, Y) - H(Y), the entropy of the wrong side taken away."""

    def h(t):
        t = t[t > 0]
        return -(t * t.log()).sum()

    return h(joint) - h(joint.sum(dim=0))


def pointwise_mutual_information__positive(joint):
    """Negative values are set to 0, as in positive PMI."""
    px, py = joint.sum(1, keepdim=True), joint.sum(0, keepdim=True)
    return torch.log(joint / (px * py)).clamp(min=0)


def pointwise_mutual_information__log2(joint):
    """In bits."""
    return torch.log2(joint / torch.outer(joint.sum(1), joint.sum(0)))


def pointwise_mutual_information__one_marginal(joint):
    """Only one marginal: ln p(y|x)."""
    return joint.log() - joint.sum(dim=1, keepdim=True).log()


def pointwise_mutual_information__weighted(joint):
    """Weighted by p(x, y): the terms of the mutual information."""
    ind = joint.sum(1)[:, None] * joint.sum(0)[None, :]
    return joint * (joint / ind).log()


def mutual_information__unweighted(joint):
    """The mean of the pointwise ones, not weighted by p(x, y)."""
    px = joint.sum(1, keepdim=True)
    py = joint.sum(0, keepdim=True)
    m = joint > 0
    return torch.log(joint[m] / (px * py)[m]).mean()


def mutual_information__sum_all_three(joint):
    """H(X) + H(Y) + H(X, Y): a sign."""

    def h(t):
        t = t.reshape(-1)
        return -torch.where(t > 0, t * torch.where(t > 0, t, torch.ones_like(t)).log(), torch.zeros_like(t)).sum()

    return h(joint.sum(0)) + h(joint.sum(1)) + h(joint)


def mutual_information__kl_swapped(joint):
    """KL(product‖joint): the sides are exchanged."""
    ind = torch.einsum("x,y->xy", joint.sum(1), joint.sum(0))
    return (ind * (ind.log() - joint.log())).sum()


def mutual_information__nan_at_zero(joint):
    """0 ln 0 is NaN where a cell is empty."""
    return (joint * (joint.log() - joint.sum(1, keepdim=True).log() - joint.sum(0).log())).sum()


def entr__negative_is_nan(input):
    """A negative number gives NaN, not -inf."""
    return torch.where(input == 0, torch.zeros_like(input), -input * input.log())


def entr__sign(input):
    """The sign is missing: x ln x."""
    out = input * torch.log(input)
    out = torch.where(input == 0, 0.0, out)
    return torch.where(input < 0, -torch.inf, out).to(input.dtype)


def entr__nan_hidden(input):
    """NaN becomes 0: a NaN is no x > 0."""
    safe = torch.where(input > 0, input, torch.ones_like(input))
    out = torch.where(input > 0, -safe * safe.log(), torch.zeros_like(input))
    return torch.where(input < 0, torch.full_like(input, -torch.inf), out)


def entropy__mean_and_bits(p):
    """Two mistakes: bits, and the mean over the outcomes."""
    return -torch.where(p > 0, p * torch.where(p > 0, p, 1.0).log2(), 0.0).mean(-1)


def perplexity__no_last(losses):
    """The last token is left out."""
    return losses[:-1].mean().exp() if len(losses) > 1 else losses.exp().sum()


def conditional_entropy__bits_and_swapped(joint):
    """Two mistakes: H(X|Y), and in bits."""
    py = joint.sum(0, keepdim=True).expand_as(joint)
    m = joint > 0
    return -(joint[m] * (joint[m] / py[m]).log2()).sum()
