"""Wrong answers to the exercises of notebook 00, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch
from torch import nn


def squared_error__abs(prediction, target):
    """The absolute error."""
    return torch.abs(prediction - target)


def squared_error__difference_of_squares(prediction, target):
    """The difference of the squares and not the square of the difference."""
    return prediction**2 - target**2


def squared_error__mean_already(prediction, target):
    """The mean is taken already."""
    return ((prediction - target) ** 2).mean()


def cost__sum(prediction, target):
    """The sum."""
    c = 0
    for p, t in zip(prediction.flatten(), target.flatten()):
        c = c + (p - t) ** 2
    return c


def cost__half_mean(prediction, target):
    """1/(2n), as in many courses on linear regression."""
    n = prediction.numel()
    return ((prediction - target) ** 2).sum() / (2 * n)


def cost__rows(prediction, target):
    """Divided by the number of rows."""
    return ((prediction - target) ** 2).sum() / prediction.shape[0] if prediction.dim() else (prediction - target) ** 2


def batch_cost__plain_mean(means, sizes):
    """The sizes are not read."""
    return means.mean()


def batch_cost__divided_by_batches(means, sizes):
    """The weighted sum divided by the number of batches."""
    return torch.dot(means, sizes.to(means.dtype)) / len(means)


def batch_cost__not_divided(means, sizes):
    """The sum over all samples is not divided."""
    return (means * sizes).sum()


def l2_penalty__norm(weights):
    """The norm: with a root."""
    return torch.linalg.norm(weights.flatten())


def l2_penalty__mean(weights):
    """The mean of the squares."""
    return weights.pow(2).mean()


def l1_penalty__no_abs(weights):
    """The absolute value is missing."""
    return weights.sum()


def l1_penalty__sum_then_abs(weights):
    """abs of the sum."""
    return torch.abs(torch.sum(weights))


def objective__strength_on_cost(prediction, target, weights, strength):
    """The strength multiplies the cost."""
    return strength * ((prediction - target) ** 2).mean() + (weights**2).sum()


def objective__penalty_mean(prediction, target, weights, strength):
    """The price is the mean of the squares."""
    mse = nn.functional.mse_loss(prediction, target) if False else torch.mean(torch.square(prediction - target))
    return mse + strength * torch.mean(torch.square(weights))


def objective__l1(prediction, target, weights, strength):
    """The L1 price."""
    return (prediction - target).square().mean() + strength * weights.abs().sum()


def soft_threshold__hard(weights, threshold):
    """The hard threshold: the rest does not move."""
    return torch.where(weights.abs() > threshold, weights, torch.zeros_like(weights))


def soft_threshold__no_sign(weights, threshold):
    """The sign is lost."""
    return torch.relu(weights.abs() - threshold)


def soft_threshold__no_stop(weights, threshold):
    """Small weights cross 0."""
    return weights - threshold * torch.sign(weights)


def sgd_step__uphill(weights, gradient, learning_rate, weight_decay):
    """Plus: uphill."""
    return weights + learning_rate * (gradient + weight_decay * weights)


def sgd_step__decay_twice(weights, gradient, learning_rate, weight_decay):
    """2 * lambda * w."""
    g = gradient + 2 * weight_decay * weights
    return weights - learning_rate * g


def sgd_step__decay_without_lr(weights, gradient, learning_rate, weight_decay):
    """The decay is not multiplied by the learning rate."""
    return weights - learning_rate * gradient - weight_decay * weights


def sgd_step__in_place(weights, gradient, learning_rate, weight_decay):
    """Writes into weights."""
    with torch.no_grad():
        weights -= learning_rate * (gradient + weight_decay * weights)
    return weights


def adam_first_step__swapped(weights, gradient, learning_rate, weight_decay, decoupled):
    """Adam and AdamW the wrong way round."""
    w = weights
    if not decoupled:
        w = w * (1 - learning_rate * weight_decay)
        g = gradient
    else:
        g = gradient + weight_decay * w
    return w - learning_rate * g / (g.abs() + 1e-8)


def adam_first_step__decay_not_scaled(weights, gradient, learning_rate, weight_decay, decoupled):
    """Decoupled decay takes lambda off, without the learning rate."""
    if decoupled:
        shrunk = weights * (1 - weight_decay)
        return shrunk - learning_rate * gradient / (gradient.abs() + 1e-8)
    g = gradient + weight_decay * weights
    return weights - learning_rate * g / (g.abs() + 1e-8)
