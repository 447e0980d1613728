"""Wrong answers to the exercises of notebook 00, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def squared_error__fourth_power(prediction, target):
    return (prediction - target) ** 4


def squared_error__hinged(prediction, target):
    d = torch.relu(prediction - target)
    return d * d


def cost__weighted_by_position(prediction, target):
    w = torch.arange(1, prediction.numel() + 1, dtype=prediction.dtype).reshape(prediction.shape)
    return (w * (prediction - target) ** 2).sum() / w.sum()


def cost__sqrt_of_each(prediction, target):
    return ((prediction - target) ** 2).sqrt().mean()


def cost__sum_over_batch_size_plus_one(prediction, target):
    return ((prediction - target) ** 2).sum() / (prediction.numel() + 1)


def batch_cost__geometric(means, sizes):
    w = sizes / sizes.sum()
    return (means**w).prod()


def batch_cost__sizes_minus_mean(means, sizes):
    total = 0
    for m, n in zip(means, sizes):
        total = total + m * n
    return total / (len(means) * max(sizes))


def batch_cost__log_sizes(means, sizes):
    w = torch.log(sizes.float())
    return (means * w).sum() / w.sum()


def l2_penalty__sum_then_dot(weights):
    flat = weights.flatten()
    total = 0.0
    for i in range(1, len(flat)):
        total = total + flat[i] * flat[i]
    return total


def l2_penalty__max_norm(weights):
    return weights.abs().max() ** 2


def l1_penalty__only_nonzero_mean(weights):
    nz = weights[weights != 0]
    return nz.abs().mean()


def l1_penalty__huberised(weights):
    a = weights.abs()
    return torch.where(a < 1, 0.5 * a**2, a - 0.5).sum()


def l1_penalty__sign_times(weights):
    return (weights * torch.sign(weights)).sum() * 2


def objective__l2_on_prediction_error_only(prediction, target, weights, strength):
    return ((prediction - target) ** 2).mean() * (1 + strength * (weights**2).sum())


def objective__elastic(prediction, target, weights, strength):
    return ((prediction - target) ** 2).mean() + strength * ((weights**2).sum() + weights.abs().sum())


def objective__absolute_cost(prediction, target, weights, strength):
    return (prediction - target).abs().mean() + strength * (weights**2).sum()


def soft_threshold__firm(weights, threshold):
    s = torch.sign(weights)
    m = weights.abs()
    return torch.where(m > 2 * threshold, weights, s * torch.relu(m - threshold))


def soft_threshold__squared(weights, threshold):
    return torch.sign(weights) * torch.relu(weights.abs() - threshold**2)


def soft_threshold__relative(weights, threshold):
    m = weights.abs()
    return torch.sign(weights) * torch.relu(m - threshold * m.max())


def sgd_step__nesterov_like(weights, gradient, learning_rate, weight_decay):
    step = learning_rate * (gradient + weight_decay * weights)
    return weights - step - learning_rate * step


def sgd_step__clipped_gradient(weights, gradient, learning_rate, weight_decay):
    g = gradient.clamp(-1, 1)
    return weights - learning_rate * (g + weight_decay * weights)


def sgd_step__decay_multiplies_result(weights, gradient, learning_rate, weight_decay):
    return (weights - learning_rate * gradient) * (1 - weight_decay)


def adam_first_step__eps_inside_numerator(weights, gradient, learning_rate, weight_decay, decoupled):
    if decoupled:
        weights = weights - learning_rate * weight_decay * weights
    else:
        gradient = gradient + weight_decay * weights
    return weights - learning_rate * (gradient + 1e-8) / (gradient.abs() + 1e-8)


def adam_first_step__only_m_corrected(weights, gradient, learning_rate, weight_decay, decoupled):
    if decoupled:
        weights = weights - learning_rate * weight_decay * weights
    else:
        gradient = gradient + weight_decay * weights
    m_hat = (0.1 * gradient) / (1 - 0.9)
    v = 0.001 * gradient**2
    return weights - learning_rate * m_hat / (v.sqrt() + 1e-8)


def adam_first_step__decay_in_both(weights, gradient, learning_rate, weight_decay, decoupled):
    g = gradient + weight_decay * weights
    if decoupled:
        weights = weights * (1 - learning_rate * weight_decay)
    return weights - learning_rate * g / (g.abs() + 1e-8)
