"""Wrong answers to the exercises of notebook 00, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def squared_error__log_ratio(prediction, target):
    """Squared difference of logarithms."""
    return (torch.log(prediction.abs() + 1) - torch.log(target.abs() + 1)) ** 2


def squared_error__target_detached_prediction_too(prediction, target):
    """Computed on .data: no gradient."""
    return (prediction.data - target.data) ** 2


def cost__weighted_by_target(prediction, target):
    """Divided by the mean square of the targets: a relative cost."""
    return ((prediction - target) ** 2).mean() / (target**2).mean()


def cost__trimmed(prediction, target):
    """The largest error is left out."""
    d = ((prediction - target) ** 2).flatten().sort().values
    return d[:-1].mean()


def batch_cost__size_plus_one(means, sizes):
    """Each size is taken one too large."""
    s = sizes + 1
    return (means * s).sum() / s.sum()


def batch_cost__root_of_sizes(means, sizes):
    """Weighted by the roots of the sizes."""
    w = sizes.double().sqrt()
    return ((means * w).sum() / w.sum()).to(means.dtype)


def objective__sign(prediction, target, weights, strength):
    """The price is taken away."""
    return (prediction - target).square().mean() - strength * weights.square().sum()


def objective__l1(prediction, target, weights, strength):
    """An L1 price."""
    return (prediction - target).square().mean() + strength * weights.abs().sum()


def sgd_step__decay_squared(weights, gradient, learning_rate, weight_decay):
    """The price's value, not its gradient, is subtracted: lr · λ · w²."""
    return weights - learning_rate * (gradient + weight_decay * weights**2)


def adam_first_step__sign_only(weights, gradient, learning_rate, weight_decay, decoupled):
    """Decoupled, the decay is not multiplied by the learning rate."""
    if decoupled:
        return weights - weight_decay * weights - learning_rate * gradient / (gradient.abs() + 1e-8)
    g = gradient + weight_decay * weights
    return weights - learning_rate * g / (g.abs() + 1e-8)
