"""Wrong answers to the exercises of notebook 01, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def entropy__base_k(p):
    """In units of ln K: divided by the largest possible entropy."""
    k = p.shape[-1]
    h = -torch.where(p > 0, p * torch.where(p > 0, p, 1.0).log(), 0.0).sum(-1)
    return h / torch.log(torch.tensor(float(k)))


def entropy__min_entropy(p):
    """-ln of the largest probability."""
    return -p.max(-1).values.log()


def joint_entropy__product(joint):
    """The product of the two entropies."""

    def h(q):
        q = q[q > 0]
        return -(q * q.log()).sum()

    return h(joint.sum(0)) * h(joint.sum(1))


def conditional_entropy__joint(joint):
    """The joint entropy: nothing is taken away."""
    q = joint[joint > 0]
    return -(q * q.log()).sum()


def conditional_entropy__sum_minus(joint):
    """H(X) - H(X, Y): the sign."""

    def h(q):
        q = q.reshape(-1)
        return -torch.where(q > 0, q * torch.where(q > 0, q, 1.0).log(), 0.0).sum()

    return h(joint.sum(1)) - h(joint)


def mutual_information__normalised(joint):
    """Divided by the entropy of Y."""

    def h(q):
        q = q.reshape(-1)
        return -torch.where(q > 0, q * torch.where(q > 0, q, 1.0).log(), 0.0).sum()

    return (h(joint.sum(0)) + h(joint.sum(1)) - h(joint)) / h(joint.sum(0))


def perplexity__root_product(losses):
    """exp(mean) less 1."""
    return torch.expm1(losses.mean())
