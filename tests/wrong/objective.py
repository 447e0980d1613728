"""Wrong answers to the exercises of notebook 00, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch

# ---- from a review -----------------------------------------------------------------------------------------------


def soft_threshold__copysign(weights, threshold):
    return torch.copysign(weights.abs() - threshold, weights)


def soft_threshold__shrink_by_share(weights, threshold):
    return weights * torch.clamp(1 - threshold / weights.abs(), min=0)


# ---- written anew ------------------------------------------------------------------------------------------------


def squared_error__absolute(prediction, target):
    return (prediction - target).abs()


def squared_error__mean(prediction, target):
    return torch.mean((prediction - target) ** 2)


def squared_error__half(prediction, target):
    diff = prediction - target
    return 0.5 * diff * diff


def squared_error__difference_of_squares(prediction, target):
    return prediction**2 - target**2


def squared_error__per_row(prediction, target):
    return ((prediction - target) ** 2).mean(dim=-1)


def cost__summed(prediction, target):
    return torch.einsum("i,i->", (prediction - target).flatten(), (prediction - target).flatten())


def cost__root(prediction, target):
    return torch.sqrt(torch.mean(torch.square(prediction - target)))


def cost__by_first_dimension(prediction, target):
    total = 0.0
    for p, t in zip(prediction, target):
        total = total + ((p - t) ** 2).sum()
    return total / len(prediction)


def cost__mean_error_squared(prediction, target):
    return (prediction - target).mean().pow(2)


def batch_cost__mean_of_means(means, sizes):
    return means.mean()


def batch_cost__not_divided(means, sizes):
    return (means * sizes).sum()


def batch_cost__divided_by_batches(means, sizes):
    total = 0
    for m, n in zip(means, sizes):
        total += m * n
    return total / len(means)


def l2_penalty__norm(weights):
    return weights.norm()


def l2_penalty__half(weights):
    return 0.5 * (weights * weights).sum()


def l2_penalty__mean(weights):
    return weights.pow(2).mean()


def l1_penalty__no_absolute(weights):
    return weights.sum()


def l1_penalty__mean(weights):
    return sum(w.abs() for w in weights.flatten()) / weights.numel()


def l1_penalty__smoothed(weights):
    return torch.sqrt(weights**2 + 1e-8).sum()


def objective__half_penalty(prediction, target, weights, strength):
    mse = ((prediction - target) ** 2).mean()
    return mse + strength / 2 * torch.sum(weights**2)


def objective__mean_penalty(prediction, target, weights, strength):
    return torch.mean((prediction - target) ** 2) + strength * torch.mean(weights**2)


def objective__norm_penalty(prediction, target, weights, strength):
    return torch.mean((prediction - target) ** 2) + strength * torch.linalg.norm(weights)


def objective__l1_penalty(prediction, target, weights, strength):
    return torch.mean((prediction - target) ** 2) + strength * weights.abs().sum()


def objective__summed_errors(prediction, target, weights, strength):
    return ((prediction - target) ** 2).sum() + strength * (weights**2).sum()


def soft_threshold__hard(weights, threshold):
    return torch.where(weights.abs() > threshold, weights, torch.zeros_like(weights))


def soft_threshold__one_sided(weights, threshold):
    return torch.clamp(weights - threshold, min=0)


def soft_threshold__past_zero(weights, threshold):
    return weights - threshold * torch.sign(weights)


def soft_threshold__loses_sign(weights, threshold):
    return (weights.abs() - threshold).clamp(min=0)


def sgd_step__ascent(weights, gradient, learning_rate, weight_decay):
    return weights + learning_rate * (gradient + weight_decay * weights)


def sgd_step__decay_without_rate(weights, gradient, learning_rate, weight_decay):
    return weights - learning_rate * gradient - weight_decay * weights


def sgd_step__decay_doubled(weights, gradient, learning_rate, weight_decay):
    g = gradient + 2 * weight_decay * weights
    return weights - learning_rate * g


def sgd_step__in_place(weights, gradient, learning_rate, weight_decay):
    weights -= learning_rate * (gradient + weight_decay * weights)
    return weights


def adam_first_step__always_decoupled(weights, gradient, learning_rate, weight_decay, decoupled):
    weights = weights * (1 - learning_rate * weight_decay)
    return weights - learning_rate * gradient / (gradient.abs() + 1e-8)


def adam_first_step__never_decoupled(weights, gradient, learning_rate, weight_decay, decoupled):
    g = gradient + weight_decay * weights
    return weights - learning_rate * g / (g.abs() + 1e-8)


def adam_first_step__without_bias_correction(weights, gradient, learning_rate, weight_decay, decoupled):
    if decoupled:
        weights = weights - learning_rate * weight_decay * weights
    else:
        gradient = gradient + weight_decay * weights
    m = 0.1 * gradient
    v = 0.001 * gradient**2
    return weights - learning_rate * m / (v.sqrt() + 1e-8)


def adam_first_step__decay_without_rate(weights, gradient, learning_rate, weight_decay, decoupled):
    if decoupled:
        weights = weights * (1 - weight_decay)
    else:
        gradient = gradient + weight_decay * weights
    return weights - learning_rate * gradient / (gradient.abs() + 1e-8)


# ---- written after that ----------------------------------------------------------------------------------------------


def cost__square_of_the_mean(prediction, target):
    # averages first, squares then
    error = 0.0
    for p, t in zip(prediction.flatten(), target.flatten()):
        error = error + (p - t)
    return (error / prediction.numel()) ** 2


def cost__absolute(prediction, target):
    return torch.abs(target - prediction).sum() / target.numel()


def cost__half(prediction, target):
    # Ng's 1/(2m)
    m = prediction.numel()
    e = (prediction - target).reshape(-1)
    return (e @ e) / (2 * m)


def batch_cost__largest_batch(means, sizes):
    return (means * sizes).sum() / (sizes.max() * len(sizes))


def batch_cost__median(means, sizes):
    return means.repeat_interleave(sizes).median()


def l1_penalty__norm_of_rows(weights):
    # largest column sum, the matrix norm
    return torch.linalg.norm(weights.reshape(-1), 2)


def l1_penalty__sum_then_absolute(weights):
    return weights.sum().abs()


def soft_threshold__clipped(weights, threshold):
    # what is taken away, not what is left
    return torch.clamp(weights, -threshold, threshold)


def soft_threshold__ratio(weights, threshold):
    # NaN at 0
    return torch.maximum(1 - threshold / torch.abs(weights), torch.tensor(0.0)) * weights


def soft_threshold__only_positive_moves(weights, threshold):
    out = weights.clone()
    for i, w in enumerate(weights.flatten()):
        if w > threshold:
            out.view(-1)[i] = w - threshold
        elif w < threshold:
            out.view(-1)[i] = w + threshold
        else:
            out.view(-1)[i] = 0
    return out


def adam_first_step__eps_under_the_root(weights, gradient, learning_rate, weight_decay, decoupled):
    if decoupled:
        weights = weights - learning_rate * weight_decay * weights
    else:
        gradient = gradient + weight_decay * weights
    return weights - learning_rate * gradient / torch.sqrt(gradient**2 + 1e-8)


def adam_first_step__plain_gradient(weights, gradient, learning_rate, weight_decay, decoupled):
    # this is SGD
    if decoupled:
        return weights * (1 - learning_rate * weight_decay) - learning_rate * gradient
    return weights - learning_rate * (gradient + weight_decay * weights)


def adam_first_step__decoupled_turned(weights, gradient, learning_rate, weight_decay, decoupled):
    if not decoupled:
        weights = weights * (1 - learning_rate * weight_decay)
    else:
        gradient = gradient + weight_decay * weights
    m_hat = 0.1 * gradient / (1 - 0.9)
    v_hat = 0.001 * gradient**2 / (1 - 0.999)
    return weights - learning_rate * m_hat / (v_hat.sqrt() + 1e-8)


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def l2_penalty__root_of_mean(weights):
    return torch.sqrt(torch.mean(weights**2))


def l2_penalty__per_row(weights):
    return torch.einsum("...i,...i->...", weights, weights)


def objective__weights_not_squared(prediction, target, weights, strength):
    fit = (prediction - target).pow(2).sum() / prediction.numel()
    return fit + strength * weights.sum()


def objective__strength_on_the_cost(prediction, target, weights, strength):
    return strength * ((prediction - target) ** 2).mean() + (weights * weights).sum()


def objective__convex_mix(prediction, target, weights, strength):
    mse = torch.square(prediction - target).mean()
    return (1 - strength) * mse + strength * torch.square(weights).sum()


def sgd_step__decay_of_gradient(weights, gradient, learning_rate, weight_decay):
    return weights - learning_rate * (gradient + weight_decay * gradient)


def sgd_step__normalised_gradient(weights, gradient, learning_rate, weight_decay):
    g = gradient + weight_decay * weights
    return weights - learning_rate * g / g.norm()


def sgd_step__decay_by_sign(weights, gradient, learning_rate, weight_decay):
    # L1 decay
    step = gradient + weight_decay * torch.sign(weights)
    return weights - step * learning_rate


# ---- kept back, written last -----------------------------------------------------------------------------------------


def squared_error__cubed(prediction, target):
    e = prediction - target
    return torch.abs(e) ** 3


def l1_penalty__largest(weights):
    return weights.abs().max()


def batch_cost__weights_squared(means, sizes):
    # sizes used twice
    w = sizes * sizes
    return (means * w).sum() / w.sum()


def sgd_step__momentum(weights, gradient, learning_rate, weight_decay):
    return weights - learning_rate * (0.9 * gradient + weight_decay * weights)


def adam_first_step__squared_not_rooted(weights, gradient, learning_rate, weight_decay, decoupled):
    if decoupled:
        weights = weights * (1 - learning_rate * weight_decay)
        g = gradient
    else:
        g = gradient + weight_decay * weights
    m = g
    v = g**2
    return weights - learning_rate * m / (v + 1e-8)


def soft_threshold__threshold_squared(weights, threshold):
    return torch.sign(weights) * torch.relu(torch.abs(weights) - threshold**2)


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def squared_error__difference_squares_square_difference(prediction, target):
    # difference of squares, not square of difference
    return (prediction**2 - target**2).abs()


def squared_error__each_row_summed_over(prediction, target):
    # each row summed over its last dimension
    return torch.einsum("...i,...i->...", prediction - target, prediction - target)


def cost__divides_n_1_variance(prediction, target):
    # divides by n - 1, as a variance does
    err = (prediction - target).flatten()
    n = err.numel()
    return torch.dot(err, err) / (n - 1)


def cost__python_loop_only_goes(prediction, target):
    # python loop that only goes over the first dimension and returns a float tensor without gradient
    total = 0.0
    for p, t in zip(prediction.flatten().tolist(), target.flatten().tolist()):
        total += (p - t) ** 2
    return torch.tensor(total / prediction.numel(), dtype=prediction.dtype)


def batch_cost__weights_are_inverted_sum(means, sizes):
    # weights are inverted (sum of sizes / sizes)
    w = sizes.sum() / sizes
    return (means * w).sum() / w.sum()


def batch_cost__leaves_out_last_batch(means, sizes):
    # leaves out the last batch (off by one)
    total, n = 0, 0
    for i in range(len(means) - 1):
        total = total + means[i] * sizes[i]
        n = n + sizes[i]
    return total / n


def soft_threshold__adds_threshold_negative_too(weights, threshold):
    # adds the threshold to negative too strongly (moves negative away from 0)
    out = weights - threshold
    out[weights.abs() <= threshold] = 0
    return out


# ---- from a second set: less common ones --------------------------------------------------------------------------


def squared_error__error_relative_target(prediction, target):
    # error relative to the target
    return ((prediction - target) / target) ** 2


def squared_error__sign_kept_error_times(prediction, target):
    # sign kept: error times its size
    d = prediction - target
    return d * d.abs()


def cost__mean_only_along_last(prediction, target):
    # mean only along the last dimension
    return torch.mean((prediction - target) ** 2, -1)


def cost__sum_over_rows_mean(prediction, target):
    # sum over rows of the mean
    return ((prediction - target) ** 2).mean(0).sum()


def batch_cost__weights_rounded_sizes_total(means, sizes):
    # weights rounded: sizes // total
    return (means * (sizes // sizes.sum())).sum()


def batch_cost__softmax_sizes_weights(means, sizes):
    # softmax of the sizes as weights
    w = torch.softmax(sizes.to(means.dtype), 0)
    return (w * means).sum()


def batch_cost__running_average_averages_loop(means, sizes):
    # running average of averages in a loop
    avg = means[0]
    for m in means[1:]:
        avg = (avg + m) / 2
    return avg


def l2_penalty__sum_squared(weights):
    # sum squared
    return weights.sum() ** 2


def l2_penalty__half_squares(weights):
    # half of the squares
    return 0.5 * torch.einsum("i,i->", weights.flatten(), weights.flatten())


def l1_penalty__max_norm(weights):
    # max norm
    return weights.abs().max()


def objective__strength_squared_price_strength(prediction, target, weights, strength):
    # strength squared in the price: (strength * w)^2
    return ((prediction - target) ** 2).mean() + ((strength * weights) ** 2).sum()


def objective__convex_mixture_1_strength(prediction, target, weights, strength):
    # convex mixture (1 - strength) * cost + strength * price
    c = ((prediction - target) ** 2).mean()
    return (1 - strength) * c + strength * (weights**2).sum()


def objective__sum_squares_instead_mean(prediction, target, weights, strength):
    # sum of squares instead of the mean, and half price
    return ((prediction - target) ** 2).sum() + strength / 2 * (weights**2).sum()


def soft_threshold__relative_shrink_w_1(weights, threshold):
    # relative shrink: w * (1 - t)
    return weights * max(0.0, 1 - threshold)


def soft_threshold__clamp_min_then_min(weights, threshold):
    # clamp min then min: only the positive side right, negatives all zero
    return torch.where(weights > threshold, weights - threshold, torch.zeros_like(weights))


def sgd_step__lr_applied_gradient_only(weights, gradient, learning_rate, weight_decay):
    # lr applied to gradient only, decay without lr, and plus
    return weights - learning_rate * gradient - weight_decay * weights


def sgd_step__decay_added_l1_sign(weights, gradient, learning_rate, weight_decay):
    # decay added as L1 sign
    return weights - learning_rate * (gradient + weight_decay * torch.sign(weights))


def adam_first_step__sqrt_g_denominator(weights, gradient, learning_rate, weight_decay, decoupled):
    # sqrt of |g| in the denominator
    g = gradient if decoupled else gradient + weight_decay * weights
    w = weights * (1 - learning_rate * weight_decay) if decoupled else weights
    return w - learning_rate * g / (g.abs().sqrt() + 1e-8)


def adam_first_step__adamw_s_decay_without(weights, gradient, learning_rate, weight_decay, decoupled):
    # AdamW's decay without the learning rate
    g = gradient if decoupled else gradient + weight_decay * weights
    w = weights - weight_decay * weights if decoupled else weights
    return w - learning_rate * g / (g.abs() + 1e-8)


# ---- from a third set ---------------------------------------------------------------------------------------------


def squared_error__target_added_instead_subtracted(prediction, target):
    # target added instead of subtracted
    return (prediction + target) ** 2


def squared_error__only_squares_prediction(prediction, target):
    # only squares prediction
    return torch.square(prediction) - target


def cost__median_squared_errors(prediction, target):
    # median of squared errors
    return torch.median((prediction - target) ** 2)


def cost__mean_minus_twice_uses(prediction, target):
    # mean minus twice: uses var
    return torch.var(prediction - target)


def batch_cost__sizes_float_weights_normalised(means, sizes):
    # sizes as float weights normalised by max
    w = sizes / sizes.max()
    return (w * means).mean()


def batch_cost__divides_sum_sizes_1(means, sizes):
    # divides by (sum of sizes - 1)
    return torch.dot(means, sizes.to(means.dtype)) / (sizes.sum() - 1)


def l2_penalty__multiplied_number_mean_n(weights):
    # multiplied by number: mean * n twice
    return torch.sum(torch.abs(weights)) ** 2


def l1_penalty__mean_2(weights):
    # mean
    return weights.abs().mean()


def l1_penalty__smooth_sqrt_w_2(weights):
    # smooth: sqrt(w^2 + eps)
    return torch.sqrt(weights**2 + 1e-8).sum()


def objective__strength_divides(prediction, target, weights, strength):
    # strength divides
    return ((prediction - target) ** 2).mean() + (weights**2).sum() / strength


def objective__norm_squared(prediction, target, weights, strength):
    # norm not squared
    return ((prediction - target) ** 2).mean() + strength * weights.norm()


def objective__penalises_prediction_instead_weights(prediction, target, weights, strength):
    # penalises prediction instead of weights
    return ((prediction - target) ** 2).mean() + strength * (prediction**2).sum()


def soft_threshold__threshold_halved_each_side(weights, threshold):
    # threshold halved on each side
    return torch.sign(weights) * torch.clamp(weights.abs() - threshold / 2, min=0)


def sgd_step__gradient_added(weights, gradient, learning_rate, weight_decay):
    # gradient added
    return weights + learning_rate * (gradient + weight_decay * weights)


def sgd_step__decay_squared(weights, gradient, learning_rate, weight_decay):
    # decay squared
    return weights - learning_rate * (gradient + weight_decay * weights**2)


def sgd_step__decay_gradient(weights, gradient, learning_rate, weight_decay):
    # decay on the gradient
    return weights - learning_rate * (gradient + weight_decay * gradient)


def adam_first_step__sign_only_without_learning(weights, gradient, learning_rate, weight_decay, decoupled):
    # sign only without learning rate
    if decoupled:
        weights = weights * (1 - learning_rate * weight_decay)
    else:
        gradient = gradient + weight_decay * weights
    return weights - gradient / (gradient.abs() + 1e-8)


def adam_first_step__decay_after_step_adamw(weights, gradient, learning_rate, weight_decay, decoupled):
    # decay after the step in AdamW
    if not decoupled:
        gradient = gradient + weight_decay * weights
    new = weights - learning_rate * gradient / (gradient.abs() + 1e-8)
    return new * (1 - learning_rate * weight_decay) if decoupled else new
