# EX: joint_entropy, conditional_entropy, mutual_information, js_divergence, cross_entropy, log_sigmoid, keras_poisson, distribution_cross_entropy
import torch
from torch import distributions as laws


def joint_entropy(joint):
    return laws.Multinomial(1, probs=joint.flatten(-2), validate_args=False).entropy()


def conditional_entropy(joint):
    return joint_entropy(joint) - laws.OneHotCategorical(probs=joint.sum(-1), validate_args=False).entropy()


def mutual_information(joint):
    both = joint_entropy(joint)
    first, second = (laws.Multinomial(1, probs=joint.sum(dim), validate_args=False).entropy() for dim in (-1, -2))
    return first + second - both


def js_divergence(p, q):
    def entropy(share):
        return laws.Multinomial(1, probs=share, validate_args=False).entropy()

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    losses = -laws.Categorical(probs=input.exp(), validate_args=False).log_prob(target)
    return losses if reduction == "none" else getattr(losses, reduction)()


def log_sigmoid(input):
    """The density of a logistic law, as a transformed uniform one, is σ(1 - σ)."""
    return laws.SigmoidTransform()(input).log()


def keras_poisson(y_true, y_pred):
    return (-laws.Poisson(y_pred, validate_args=False).log_prob(y_true) - torch.lgamma(y_true + 1)).mean(-1)


def distribution_cross_entropy(p, q):
    first, second = laws.Categorical(p, validate_args=False), laws.Categorical(q, validate_args=False)
    return laws.kl_divergence(first, second) + first.entropy()
