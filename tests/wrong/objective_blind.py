"""Wrong answers to the exercises of notebook 00, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def squared_error__sum_of_row(prediction, target):
    """Summed over the last dimension: one loss a row, no longer one for each element."""
    d = prediction - target
    return (d * d).sum(-1) if d.dim() else d * d


def squared_error__difference_of_squares(prediction, target):
    """p² - t² in place of (p - t)²."""
    return torch.pow(prediction, 2) - torch.pow(target, 2)


def squared_error__detached_factor(prediction, target):
    """One factor of the square is detached: the value is right, the gradient is half."""
    d = prediction - target
    return d.detach() * d


def squared_error__cubed(prediction, target):
    """|d|³ by a loop that multiplies once too often."""
    d = abs(prediction - target)
    out = torch.ones_like(d)
    for _ in range(3):
        out = out * d
    return out


def cost__n_minus_one(prediction, target):
    """Divided by n - 1, as a sample variance is."""
    n = prediction.numel()
    return torch.sum((prediction - target) ** 2) / (n - 1)


def cost__variance(prediction, target):
    """The variance of the error: the mean error is taken away first."""
    e = prediction - target
    return ((e - e.mean()) ** 2).mean()


def cost__square_of_mean(prediction, target):
    """The mean of the errors is squared, not the mean of the squares."""
    return (prediction - target).mean().pow(2)


def cost__by_first_size(prediction, target):
    """Divides by len(prediction), the first size, not by the number of elements."""
    total = 0.0
    for p, t in zip(prediction.reshape(-1), target.reshape(-1)):
        total = total + (p - t) ** 2
    return total / (len(prediction) if prediction.dim() else 1)


def batch_cost__mean_of_means(means, sizes):
    """The plain mean of the means: a batch of one counts as much as a batch of a hundred."""
    return torch.mean(means)


def batch_cost__weights_squared(means, sizes):
    """Weighted by the squares of the sizes."""
    w = sizes.double() ** 2
    w = w / w.sum()
    return torch.einsum("b,b->", means, w.to(means))


def batch_cost__divides_by_batches(means, sizes):
    """The sum of all losses divided by the number of batches."""
    return (means @ sizes.to(means.dtype)) / len(sizes)


def batch_cost__last_dropped(means, sizes):
    """The last batch is left out, as drop_last does."""
    if len(means) == 1:
        return means[0]
    m, s = means[:-1], sizes[:-1].to(means.dtype)
    return (m * s).sum() / s.sum()


def l2_penalty__root(weights):
    """The root is taken: the norm, not its square."""
    return (weights * weights).sum().sqrt()


def l2_penalty__mean(weights):
    """The mean of the squares."""
    return weights.square().mean()


def l1_penalty__sum_then_abs(weights):
    """The absolute value of the sum: weights of unlike sign cancel."""
    return torch.abs(weights.sum())


def l1_penalty__slope_one_at_zero(weights):
    """Right in value; by torch.where the slope at 0 is 1 and not 0."""
    return torch.where(weights >= 0, weights, -weights).sum()


def l1_penalty__squared(weights):
    """The square of the L1 norm."""
    s = sum(w.abs() for w in weights.flatten())
    return s**2


def objective__penalises_predictions(prediction, target, weights, strength):
    """The price is put on the predictions, not on the weights."""
    mse = (prediction - target).square().mean()
    price = strength * (prediction**2).sum()
    return mse + price


def objective__half(prediction, target, weights, strength):
    """The price has a factor of a half."""
    err = prediction - target
    return (err**2).mean() + strength / 2 * torch.dot(weights.flatten(), weights.flatten())


def objective__mean_price(prediction, target, weights, strength):
    """The price is the mean of the squared weights, not their sum."""
    return ((prediction - target) ** 2).mean() + strength * (weights**2).mean()


def objective__strength_on_both(prediction, target, weights, strength):
    """The bracket is wrong: the strength multiplies the cost too."""
    return strength * (((prediction - target) ** 2).mean() + (weights**2).sum())


def objective__convex_mix(prediction, target, weights, strength):
    """A mixture: (1 - λ) cost + λ price."""
    return (1 - strength) * ((prediction - target) ** 2).mean() + strength * weights.pow(2).sum()


def soft_threshold__hard(weights, threshold):
    """Hard thresholding: what is larger stays as it is."""
    return weights * (weights.abs() > threshold).to(weights.dtype)


def soft_threshold__always_down(weights, threshold):
    """Subtracts the threshold from negative weights too: they move away from 0."""
    return torch.where(weights.abs() <= threshold, torch.zeros_like(weights), weights - threshold)


def soft_threshold__no_stop(weights, threshold):
    """Small weights do not stop at 0: they cross it."""
    return weights - threshold * torch.sign(weights)


def soft_threshold__clamped(weights, threshold):
    """Clamps to ±threshold: the complement of the result."""
    return weights.clamp(min=-threshold, max=threshold)


def soft_threshold__positive_only(weights, threshold):
    """Only the positive side: every negative weight becomes 0."""
    return torch.relu(weights - threshold)


def sgd_step__ascent(weights, gradient, learning_rate, weight_decay):
    """Goes uphill: the step is added."""
    return weights + learning_rate * (gradient + weight_decay * weights)


def sgd_step__decay_without_rate(weights, gradient, learning_rate, weight_decay):
    """The decay is taken off without the learning rate."""
    return (1 - weight_decay) * weights - learning_rate * gradient


def sgd_step__two_lambda(weights, gradient, learning_rate, weight_decay):
    """The decay is doubled, as if the price were λ Σ w²."""
    grad = gradient + 2 * weight_decay * weights
    return weights - learning_rate * grad


def sgd_step__in_place(weights, gradient, learning_rate, weight_decay):
    """Right in value, and the weights of the caller are changed."""
    with torch.no_grad():
        weights.mul_(1 - learning_rate * weight_decay)
        weights.sub_(learning_rate * gradient)
    return weights


def adam_first_step__eps_in_root(weights, gradient, learning_rate, weight_decay, decoupled):
    """The eps stands in the root: g / sqrt(g² + 1e-8)."""
    g = gradient if decoupled else gradient + weight_decay * weights
    w = weights * (1 - learning_rate * weight_decay) if decoupled else weights
    return w - learning_rate * g / torch.sqrt(g * g + 1e-8)


def adam_first_step__flag_turned(weights, gradient, learning_rate, weight_decay, decoupled):
    """Adam and AdamW have changed places."""
    if not decoupled:
        return weights * (1 - learning_rate * weight_decay) - learning_rate * gradient / (gradient.abs() + 1e-8)
    g = gradient + weight_decay * weights
    return weights - learning_rate * g / (g.abs() + 1e-8)


def adam_first_step__decay_both(weights, gradient, learning_rate, weight_decay, decoupled):
    """AdamW adds the decay to the gradient as well: it is paid twice."""
    g = gradient + weight_decay * weights
    w = weights
    if decoupled:
        w = w - learning_rate * weight_decay * w
    return w - learning_rate * g / (g.abs() + 1e-8)


def adam_first_step__decay_of_new(weights, gradient, learning_rate, weight_decay, decoupled):
    """AdamW takes the decay off the stepped weights, after the step and not before."""
    if decoupled:
        stepped = weights - learning_rate * gradient / (gradient.abs() + 1e-8)
        return stepped - learning_rate * weight_decay * stepped
    g = gradient + weight_decay * weights
    return weights - learning_rate * g / (g.abs() + 1e-8)


def cost__half_and_sum(prediction, target):
    """Two mistakes: a half, and the sum in place of the mean."""
    return 0.5 * ((prediction - target) ** 2).sum()


def adam_first_step__eps_larger(weights, gradient, learning_rate, weight_decay, decoupled):
    """eps is 1e-6, not 1e-8."""
    if decoupled:
        weights = weights - learning_rate * weight_decay * weights
    else:
        gradient = gradient + weight_decay * weights
    return weights - learning_rate * gradient / (gradient.abs() + 1e-6)


def sgd_step__ascent_and_no_decay(weights, gradient, learning_rate, weight_decay):
    """Two mistakes: uphill, and weight_decay is not read."""
    return weights + learning_rate * gradient


def soft_threshold__half(weights, threshold):
    """Half of the threshold."""
    return weights.sign() * (weights.abs() - threshold / 2).clamp(min=0)
