"""Wrong answers to the exercises of notebook 03, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch


def _log_softmax(z, dim=-1):
    z = z - z.max(dim, keepdim=True).values
    return z - z.exp().sum(dim, keepdim=True).log()


# ---- written anew ------------------------------------------------------------------------------------------------


def sample_loss__probability(logits, target):
    e = torch.exp(logits - logits.max())
    return -(e / e.sum())[target]


def sample_loss__no_log(logits, target):
    return -logits[target]


def sample_loss__log2(logits, target):
    e = torch.exp(logits - logits.max())
    return -torch.log2(e[target] / e.sum())


def sample_loss__divided_by_classes(logits, target):
    one_hot = torch.zeros_like(logits)
    one_hot[target] = 1
    return -(one_hot * _log_softmax(logits)).mean()


def sample_loss__sign(logits, target):
    return _log_softmax(logits)[target]


def log_softmax__log_of_softmax(input, dim):
    e = torch.exp(input - input.max(dim, keepdim=True).values)
    return torch.log(e / e.sum(dim, keepdim=True))


def log_softmax__no_shift(input, dim):
    return input - torch.log(torch.exp(input).sum(dim=dim, keepdim=True))


def log_softmax__last_dimension(input, dim):
    return _log_softmax(input, -1)


def log_softmax__softmax(input, dim):
    e = torch.exp(input - input.amax(dim, keepdim=True))
    return e / e.sum(dim, keepdim=True)


def log_softmax__shift_not_subtracted(input, dim):
    m = input.amax(dim, keepdim=True)
    return input - (input - m).exp().sum(dim, keepdim=True).log()


def log_softmax__padded(input, dim):
    m = input.amax(dim, keepdim=True)
    e = (input - m).exp()
    return torch.log(e / e.sum(dim, keepdim=True) + 1e-9)


def log_softmax__global_max(input, dim):
    z = input - input.max()
    return z - torch.log(torch.exp(z).sum(dim, keepdim=True))


# ---- written after that ----------------------------------------------------------------------------------------------


def sample_loss__shift_forgotten_outside(logits, target):
    # the maximum is taken off inside the sum and not off the right class
    m = logits.max()
    return torch.log(torch.exp(logits - m).sum()) - logits[target]


def sample_loss__others_only(logits, target):
    others = torch.cat([logits[:target], logits[target + 1 :]])
    m = others.max()
    return m + (others - m).exp().sum().log() - logits[target]


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def log_softmax__max_of_all(input, dim):
    # one shift for everything: rows far below it underflow
    z = input - input.max()
    return z - torch.log(torch.exp(z).sum(dim, keepdim=True))


def log_softmax__first_dimension(input, dim):
    z = input - input.amax(0, keepdim=True)
    return z - z.exp().sum(0, keepdim=True).log()


def log_softmax__sum_not_kept(input, dim):
    # the sum over everything
    z = input - input.amax(dim, keepdim=True)
    return z - z.exp().sum().log()


# ---- kept back, written last -----------------------------------------------------------------------------------------


def sample_loss__softmin(logits, target):
    z = -logits
    z = z - z.max()
    return -(z[target] - z.exp().sum().log())


def log_softmax__abs_shift(input, dim):
    # the largest by size is taken off
    m = input.abs().amax(dim, keepdim=True)
    z = input - m
    return z - z.exp().sum(dim, keepdim=True).log()


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def sample_loss__negative_log_wrong_1(logits, target):
    # negative log of the wrong: 1 - p
    z = logits - logits.max()
    p = z.exp() / z.exp().sum()
    return -(1 - p[target]).log()


def log_softmax__log1p_sum(input, dim):
    # log1p of the sum
    m = input.amax(dim, keepdim=True)
    return input - m - (input - m).exp().sum(dim, keepdim=True).log1p()


def log_softmax__inf_masked_1e9(input, dim):
    # -inf masked as -1e9
    x = input.clamp(min=-1e4)
    m = x.amax(dim, keepdim=True)
    return x - m - (x - m).exp().sum(dim, keepdim=True).log()


# ---- from a second set: less common ones --------------------------------------------------------------------------


def sample_loss__softmax_index_target_one(logits, target):
    # softmax of the index: target as one-hot times logits
    z = logits - logits.max()
    lp = z - z.exp().sum().log()
    return -(lp * torch.arange(len(logits))).sum()


def sample_loss__off_one_target_1(logits, target):
    # off by one: target - 1
    z = logits - logits.max()
    return z.exp().sum().log() - z[target - 1]


def log_softmax__divides_max(input, dim):
    # divides by max
    z = input / input.amax(dim, keepdim=True)
    return z - z.exp().sum(dim, keepdim=True).log()


def log_softmax__exp_sum(input, dim):
    # no exp in the sum
    return input - input.sum(dim, keepdim=True).abs().log()


def log_softmax__shift_taken_twice(input, dim):
    # shift taken twice
    m = input.amax(dim, keepdim=True)
    return input - m - (input - m).exp().sum(dim, keepdim=True).log() - m


# ---- from a third set ---------------------------------------------------------------------------------------------


def sample_loss__mean_exp_denominator(logits, target):
    # mean of exp in the denominator
    return torch.log(torch.exp(logits).mean()) - logits[target]


def sample_loss__sums_squared(logits, target):
    # sums squared
    p = logits.exp() / logits.exp().sum()
    return (1 - p[target]) ** 2


def log_softmax__exp_outside_log_minus(input, dim):
    # exp outside (no log, minus sum)
    return input - input.exp().sum(dim, keepdim=True)


def log_softmax__max_over_all_then(input, dim):
    # max over all then dims ok but keepdim missing handled by unsqueeze at the end
    m = input.amax(dim, keepdim=True)
    return input - m.exp().sum(dim, keepdim=True).log()


# ---- the likelihood of the labels ------------------------------------------------------------------------------------


def negative_log_likelihood__product_first(probabilities, target):
    likelihood = 1.0
    for row, y in zip(probabilities, target):
        likelihood = likelihood * row[y]
    return -torch.log(torch.as_tensor(likelihood))


def negative_log_likelihood__product_in_double(probabilities, target):
    p = probabilities[torch.arange(len(target)), target]
    return -torch.log(p.double().prod()).to(probabilities.dtype)


def negative_log_likelihood__likelihood(probabilities, target):
    return probabilities[torch.arange(len(target)), target].prod()


def negative_log_likelihood__no_sign(probabilities, target):
    return torch.log(probabilities[torch.arange(len(target)), target]).sum()


def negative_log_likelihood__mean(probabilities, target):
    return -torch.log(probabilities.gather(1, target.unsqueeze(1))).mean()


def negative_log_likelihood__every_pair(probabilities, target):
    return -torch.log(probabilities[:, target]).sum()


def negative_log_likelihood__all_classes(probabilities, target):
    return -probabilities.log().sum()


def negative_log_likelihood__softmax_again(probabilities, target):
    e = torch.exp(probabilities)
    p = e / e.sum(dim=1, keepdim=True)
    return -p[torch.arange(len(target)), target].log().sum()


def negative_log_likelihood__padded(probabilities, target):
    return -torch.log(probabilities.gather(1, target[:, None]) + 1e-12).sum()


def negative_log_likelihood__clamped(probabilities, target):
    return -torch.log(probabilities.clamp(1e-7, 1 - 1e-7).gather(1, target[:, None])).sum()


def negative_log_likelihood__product_padded(probabilities, target):
    return -torch.log(probabilities.gather(1, target[:, None]).prod() + 1e-10)


def negative_log_likelihood__log_of_mean(probabilities, target):
    return -torch.log(probabilities.gather(1, target[:, None]).mean())


def negative_log_likelihood__unpicked(probabilities, target):
    return -torch.log(probabilities.gather(1, target[:, None]))


def negative_log_likelihood__argmax(probabilities, target):
    return -torch.log(probabilities.max(dim=1).values).sum()


def negative_log_likelihood__log2(probabilities, target):
    return -torch.log2(probabilities.gather(1, target[:, None])).sum()


def negative_log_likelihood__missing_probability(probabilities, target):
    return (1 - probabilities.gather(1, target[:, None])).sum()


def negative_log_likelihood__binary(probabilities, target):
    hot = torch.eye(probabilities.shape[1], dtype=probabilities.dtype)[target]
    return -(hot * probabilities.log() + (1 - hot) * (1 - probabilities).log()).sum()


def negative_log_likelihood__nan_to_num(probabilities, target):
    return torch.nan_to_num(-probabilities.gather(1, target[:, None]).log()).sum()


def negative_log_likelihood__one_hot_times_log(probabilities, target):
    hot = torch.eye(probabilities.shape[1], dtype=probabilities.dtype)[target]
    return -(hot * probabilities.log()).sum()


def negative_log_likelihood__perplexity(probabilities, target):
    return torch.exp(-probabilities.gather(1, target[:, None]).log().mean())


def negative_log_likelihood__first_sample_only(probabilities, target):
    return -torch.log(probabilities[0, target]).sum()
