"""Wrong answers to the exercises of notebook 00, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def squared_error__half(prediction, target):
    """Half the square."""
    return 0.5 * (prediction - target) ** 2


def squared_error__product(prediction, target):
    """(p - t) * p: target forgotten in one factor."""
    return (prediction - target) * prediction


def cost__root(prediction, target):
    """The root."""
    return ((prediction - target) ** 2).mean() ** 0.5


def cost__median(prediction, target):
    """The median."""
    return ((prediction - target) ** 2).median()


def batch_cost__last_batch_small(means, sizes):
    """Weighted by the inverse of the sizes."""
    w = 1 / sizes.to(means.dtype)
    return (w * means).sum() / w.sum()


def batch_cost__divided_by_largest(means, sizes):
    """The weighted sum divided by B times the largest size."""
    return (means * sizes).sum() / (len(sizes) * sizes.max())


def batch_cost__running_mean(means, sizes):
    """A running mean of means: (old + new) / 2."""
    out = means[0]
    for m in means[1:]:
        out = (out + m) / 2
    return out


def l2_penalty__half(weights):
    """With a half."""
    return 0.5 * torch.einsum("...,...->", weights, weights)


def l2_penalty__fourth(weights):
    """Squared twice."""
    return ((weights**2) ** 2).sum()


def l1_penalty__rms(weights):
    """sqrt(w^2 + 1e-8): smooth at 0, slope NaN free but biased."""
    return torch.sqrt(weights**2 + 1e-2).sum()


def l1_penalty__count(weights):
    """The number of weights that are not 0."""
    return (weights != 0).to(weights.dtype).sum() + 0 * weights.sum()


def objective__penalty_on_prediction(prediction, target, weights, strength):
    """The price is that of the predictions."""
    return ((prediction - target) ** 2).mean() + strength * (prediction**2).sum()


def objective__sum_cost(prediction, target, weights, strength):
    """The sum of the squared errors."""
    return ((prediction - target) ** 2).sum() + strength * (weights**2).sum()


def objective__minus(prediction, target, weights, strength):
    """The price is taken off."""
    return ((prediction - target) ** 2).mean() - strength * (weights**2).sum()


def soft_threshold__clamp(weights, threshold):
    """The part that goes, and not the part that stays: clamp."""
    return weights.clamp(-threshold, threshold)


def soft_threshold__positive_only(weights, threshold):
    """Negative weights become 0."""
    return (weights - threshold).clamp(min=0)


def sgd_step__decay_of_step(weights, gradient, learning_rate, weight_decay):
    """Decay is applied after the step: (w - lr g)(1 - lr lambda)."""
    w = weights - learning_rate * gradient
    return w - learning_rate * weight_decay * w


def sgd_step__only_change(weights, gradient, learning_rate, weight_decay):
    """Only the change is returned."""
    return -learning_rate * (gradient + weight_decay * weights)


def adam_first_step__sign_of_plain(weights, gradient, learning_rate, weight_decay, decoupled):
    """No normalisation: a plain gradient step."""
    if decoupled:
        return weights * (1 - learning_rate * weight_decay) - learning_rate * gradient
    return weights - learning_rate * (gradient + weight_decay * weights)


def adam_first_step__decay_after(weights, gradient, learning_rate, weight_decay, decoupled):
    """Adam: the decay is added after the division."""
    u = gradient / (gradient.abs() + 1e-8)
    if decoupled:
        return weights - learning_rate * weight_decay * weights - learning_rate * u
    return weights - learning_rate * (u + weight_decay * weights * 0 + weight_decay * weights)
