"""Wrong answers to the exercises of notebook 00, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def squared_error__no_cross_term(prediction, target):
    return prediction**2 + target**2 - prediction * target


def cost__sum_over_rows_of_2d(prediction, target):
    d = prediction - target
    return (d * d).sum() / len(d)


def cost__unbiased(prediction, target):
    total = 0.0
    for a, b in zip(prediction.flatten(), target.flatten()):
        total = total + (a - b) ** 2
    return total / (prediction.numel() - 1)


def batch_cost__weights_by_sqrt(means, sizes):
    w = sizes.float().sqrt()
    return (means * w).sum() / w.sum()


def batch_cost__skips_last_batch(means, sizes):
    total, n = 0.0, 0
    for i in range(len(sizes) - 1):
        total = total + means[i] * sizes[i]
        n = n + sizes[i]
    return total / n


def l2_penalty__only_last_axis(weights):
    return weights.pow(2).sum(-1)


def l1_penalty__smooth_abs(weights):
    return torch.sqrt(weights**2 + 1e-8).sum()


def l1_penalty__abs_of_sum(weights):
    return weights.sum().abs()


def objective__penalty_averaged(prediction, target, weights, strength):
    return ((prediction - target) ** 2).mean() + strength * (weights**2).mean()


def objective__sum_of_squares_plus(prediction, target, weights, strength):
    return ((prediction - target) ** 2).sum() + strength * (weights**2).sum()


def objective__convex_combination(prediction, target, weights, strength):
    return (1 - strength) * ((prediction - target) ** 2).mean() + strength * (weights**2).sum()


def soft_threshold__sign_times_max_missing(weights, threshold):
    return torch.clamp(weights.abs() - threshold, min=0)


def soft_threshold__clipped(weights, threshold):
    return weights.clamp(-threshold, threshold)


def soft_threshold__scales(weights, threshold):
    return (
        weights * torch.clamp(1 - threshold, min=0)
        if isinstance(threshold, torch.Tensor)
        else weights * max(1 - threshold, 0)
    )


def sgd_step__decay_applied_after(weights, gradient, learning_rate, weight_decay):
    new = weights - learning_rate * gradient
    return new - learning_rate * weight_decay * new


def sgd_step__decay_half(weights, gradient, learning_rate, weight_decay):
    grad = gradient + weight_decay / 2 * weights
    return weights - learning_rate * grad


def adam_first_step__not_bias_corrected(weights, gradient, learning_rate, weight_decay, decoupled):
    if decoupled:
        weights = weights * (1 - learning_rate * weight_decay)
    else:
        gradient = gradient + weight_decay * weights
    m = 0.1 * gradient
    v = 0.001 * gradient**2
    return weights - learning_rate * m / (v.sqrt() + 1e-8)


def adam_first_step__decay_without_lr(weights, gradient, learning_rate, weight_decay, decoupled):
    g = gradient
    w = weights
    if decoupled:
        w = w - weight_decay * w
    else:
        g = g + weight_decay * w
    return w - learning_rate * g / (g.abs() + 1e-8)
