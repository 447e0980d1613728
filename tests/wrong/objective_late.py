"""Wrong answers to the exercises of notebook 00, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def squared_error__log_ratio(prediction, target):
    return torch.log1p((prediction - target) ** 2)


def cost__trimmed(prediction, target):
    losses = ((prediction - target) ** 2).flatten().sort().values
    return losses[:-1].mean() if len(losses) > 1 else losses.mean()


def batch_cost__int_division_of_means(means, sizes):
    return (means * (sizes / sizes.max())).sum() / len(sizes)


def batch_cost__cumulative_average(means, sizes):
    avg, seen = means[0], sizes[0]
    for m, n in zip(means[1:], sizes[1:]):
        seen = seen + n
        avg = avg + (m - avg) / seen
    return avg


def l2_penalty__einsum_mean(weights):
    return torch.einsum("...,...->...", weights, weights).mean() * weights.shape[0]


def l1_penalty__relu_both_half(weights):
    return torch.relu(weights).sum() - torch.relu(-weights).sum()


def objective__strength_on_both_halved(prediction, target, weights, strength):
    return 0.5 * (((prediction - target) ** 2).mean() + strength * (weights**2).sum())


def soft_threshold__ge_without_shrink_positive(weights, threshold):
    out = weights.clone()
    out[weights > threshold] = weights[weights > threshold] - threshold
    out[weights.abs() <= threshold] = 0
    return out


def sgd_step__gradient_sign_of_decay(weights, gradient, learning_rate, weight_decay):
    d = learning_rate * (gradient - weight_decay * weights)
    return weights - d


def adam_first_step__lr_times_gradient_over_sqrt(weights, gradient, learning_rate, weight_decay, decoupled):
    g = gradient if decoupled else gradient + weight_decay * weights
    w = weights * (1 - learning_rate * weight_decay) if decoupled else weights
    return w - learning_rate * g / torch.sqrt(g**2 + 1e-8)
