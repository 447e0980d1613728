"""Wrong answers to the exercises of notebook 15, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch
import torch.nn.functional as F


def classifier_loss__nll_of_logits(logits, target):
    return F.nll_loss(logits, target)


def classifier_loss__softmax_first(logits, target):
    return F.cross_entropy(F.softmax(logits, dim=1), target)


def classifier_loss__nll_of_probabilities(logits, target):
    return F.nll_loss(F.softmax(logits, dim=-1), target)


def classifier_loss__summed(logits, target):
    return F.cross_entropy(logits, target, reduction="sum")


def classifier_loss__one_hot_mse(logits, target):
    return F.mse_loss(F.softmax(logits, 1), F.one_hot(target, logits.shape[1]).to(logits.dtype))


def classifier_loss__multi_margin(logits, target):
    return F.multi_margin_loss(logits, target)


def student_loss__default_mean(student_logits, teacher_logits, temperature):
    s = F.log_softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t) * temperature**2


def student_loss__no_t_squared(student_logits, teacher_logits, temperature):
    s = F.log_softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t, reduction="batchmean")


def student_loss__softmax_for_log_softmax(student_logits, teacher_logits, temperature):
    s = F.softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t, reduction="batchmean") * temperature**2


def student_loss__swapped(student_logits, teacher_logits, temperature):
    s = F.softmax(student_logits / temperature, -1)
    t = F.log_softmax(teacher_logits / temperature, -1)
    return F.kl_div(t, s, reduction="batchmean") * temperature**2


def student_loss__one_softened(student_logits, teacher_logits, temperature):
    s = F.log_softmax(student_logits, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t, reduction="batchmean") * temperature**2


def fit_loss__swapped(log_q, p):
    return F.kl_div(p.log(), log_q, reduction="batchmean", log_target=True)


def fit_loss__default_mean(log_q, p):
    return F.kl_div(log_q, p)


def fit_loss__summed(log_q, p):
    return F.kl_div(log_q, p, reduction="sum")


def fit_loss__log_target(log_q, p):
    return F.kl_div(log_q, p, reduction="batchmean", log_target=True)


def fit_loss__by_hand_nan(log_q, p):
    return (p * (p.log() - log_q)).sum(-1).mean()


def fit_loss__cross_entropy(log_q, p):
    return -(p * log_q).sum(-1).mean()


def speech_loss__no_log_softmax(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits, targets, input_lengths, target_lengths)


def speech_loss__softmax(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.softmax(-1), targets, input_lengths, target_lengths)


def speech_loss__summed(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, reduction="sum")


def speech_loss__zero_infinity(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(2), targets, input_lengths, target_lengths, zero_infinity=True)


def speech_loss__over_frames(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(0), targets, input_lengths, target_lengths)


def speech_loss__mean_of_samples(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(2), targets, input_lengths, target_lengths, reduction="none").mean()


def regression_loss__broadcasts(prediction, target):
    return F.mse_loss(prediction, target)


def regression_loss__l1(prediction, target):
    return F.l1_loss(prediction.squeeze(-1), target)


def regression_loss__summed(prediction, target):
    return ((prediction[:, 0] - target) ** 2).sum()


def regression_loss__broadcast_by_hand(prediction, target):
    return torch.mean((prediction - target) ** 2)


def language_model_loss__padding_counts(logits, target, padding):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), target.reshape(-1))


def language_model_loss__view_not_transposed(logits, target, padding):
    n, t, c = logits.shape
    return F.cross_entropy(logits.reshape(n, c, t), target, ignore_index=padding)


def language_model_loss__mean_of_means(logits, target, padding):
    losses = [F.cross_entropy(z, y, ignore_index=padding) for z, y in zip(logits, target)]
    return torch.stack(losses).mean()


def language_model_loss__divided_by_all(logits, target, padding):
    losses = F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding, reduction="none")
    return losses.mean()


def language_model_loss__summed(logits, target, padding):
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=padding, reduction="sum")


def language_model_loss__zero_if_empty(logits, target, padding):
    return torch.nan_to_num(F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding))


# ---- written after that ----------------------------------------------------------------------------------------------


def classifier_loss__softmax_twice(logits, target):
    return F.cross_entropy(F.softmax(logits, dim=1), target)


def classifier_loss__bce(logits, target):
    hot = F.one_hot(target, logits.shape[-1]).to(logits.dtype)
    return F.binary_cross_entropy_with_logits(logits, hot)


def speech_loss__batch_mean(logits, targets, input_lengths, target_lengths):
    # not divided by the lengths
    losses = F.ctc_loss(logits.log_softmax(2), targets, input_lengths, target_lengths, reduction="none")
    return losses.mean()


def speech_loss__total_lengths(logits, targets, input_lengths, target_lengths):
    # sum over all, divided by all labels
    losses = F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, reduction="none")
    return losses.sum() / target_lengths.sum()


def fit_loss__probabilities(log_q, p):
    return F.kl_div(log_q.exp(), p, reduction="batchmean")


def fit_loss__reverse(log_q, p):
    q = log_q.exp()
    return (q * (log_q - p.log())).sum(-1).mean()


def fit_loss__mean_over_all(log_q, p):
    return F.kl_div(log_q, p, reduction="mean")


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def student_loss__no_scale(student_logits, teacher_logits, temperature):
    s = F.log_softmax(student_logits / temperature, 1)
    t = F.softmax(teacher_logits / temperature, 1)
    return F.kl_div(s, t, reduction="batchmean")


def student_loss__hard_labels(student_logits, teacher_logits, temperature):
    return temperature**2 * F.cross_entropy(student_logits / temperature, teacher_logits.argmax(1))


def student_loss__teacher_sharp(student_logits, teacher_logits, temperature):
    # the teacher is not softened
    s = F.log_softmax(student_logits / temperature, -1)
    t = F.log_softmax(teacher_logits, -1)
    return temperature**2 * F.kl_div(s, t, reduction="batchmean", log_target=True)


def regression_loss__broadcast_mean(prediction, target):
    return ((prediction - target) ** 2).mean()


def language_model_loss__wrong_axis(logits, target, padding):
    return F.cross_entropy(logits.reshape(logits.shape[0], logits.shape[2], -1), target, ignore_index=padding)


def language_model_loss__perplexity(logits, target, padding):
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding).exp()


# ---- kept back, written last -----------------------------------------------------------------------------------------


def classifier_loss__label_smoothing(logits, target):
    return F.cross_entropy(logits, target, label_smoothing=0.1)


def student_loss__mse_of_logits(student_logits, teacher_logits, temperature):
    return F.mse_loss(student_logits / temperature, teacher_logits / temperature) * temperature**2


def fit_loss__js(log_q, p):
    q = log_q.exp()
    m = (p + q) / 2
    a = torch.where(p > 0, p * (p.clamp(min=1e-30) / m).log(), torch.zeros_like(p)).sum(-1)
    b = (q * (q / m).log()).sum(-1)
    return (0.5 * a + 0.5 * b).mean()


def regression_loss__flattened_sum(prediction, target):
    return ((prediction.flatten() - target) ** 2).sum() / 2


def language_model_loss__per_sequence_sum(logits, target, padding):
    losses = F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding, reduction="none")
    return losses.sum(1).mean()


def speech_loss__blank_is_last(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, blank=logits.shape[-1] - 1)


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def fit_loss__kl_q_p_hand(log_q, p):
    # KL(q||p) by hand, masked
    q = log_q.exp()
    return (q * (log_q - p.clamp(min=1e-8).log())).sum(1).mean()


def language_model_loss__next_token_shift_applied(logits, target, padding):
    # next-token shift applied though target is aligned already
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), target[:, 1:].flatten(), ignore_index=padding)


# ---- from a second set: less common ones --------------------------------------------------------------------------


def classifier_loss__squared_error_one_hot(logits, target):
    # squared error of one hot
    return F.mse_loss(logits.softmax(1), F.one_hot(target, logits.shape[1]).to(logits.dtype))


def classifier_loss__bce_logits_one_hot(logits, target):
    # bce with logits of one-hot
    return F.binary_cross_entropy_with_logits(logits, F.one_hot(target, logits.shape[1]).to(logits.dtype))


def classifier_loss__label_smoothing_default(logits, target):
    # label smoothing by default
    return F.cross_entropy(logits, target, label_smoothing=0.1)


def student_loss__t_squared_both_right(student_logits, teacher_logits, temperature):
    # T not squared, both right
    T = temperature
    return F.kl_div(F.log_softmax(student_logits / T, 1), F.softmax(teacher_logits / T, 1), reduction="sum") * T * T


def fit_loss__sum(log_q, p):
    # sum
    return F.kl_div(log_q, p, reduction="sum")


def speech_loss__batch_first_transpose(logits, targets, input_lengths, target_lengths):
    # batch first: transpose
    return F.ctc_loss(logits.log_softmax(-1), targets, torch.full_like(input_lengths, logits.shape[0]), target_lengths)


def speech_loss__blank_last_class(logits, targets, input_lengths, target_lengths):
    # blank at the last class
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, blank=logits.shape[-1] - 1)


def regression_loss__sum_over_samples(prediction, target):
    # sum over samples
    return ((prediction.flatten() - target) ** 2).sum()


def regression_loss__huber(prediction, target):
    # huber
    return F.smooth_l1_loss(prediction.squeeze(-1), target)


def language_model_loss__padding_zero_index(logits, target, padding):
    # padding by zero index
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0)


def language_model_loss__sum_batch_size(logits, target, padding):
    # sum / batch size
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=padding, reduction="sum") / len(target)


# ---- from a third set ---------------------------------------------------------------------------------------------


def classifier_loss__log_softmax_twice_mean(logits, target):
    # log_softmax twice & mean over classes: nll of softmax without log
    return F.nll_loss(F.softmax(logits, 1), target)


def student_loss__hard_labels_2(student_logits, teacher_logits, temperature):
    # hard labels
    return F.cross_entropy(student_logits, teacher_logits.softmax(1))


def fit_loss__log_p_target_log(log_q, p):
    # log of p as target with log_target and nan
    return F.mse_loss(log_q, p.clamp(min=1e-8).log())


def speech_loss__log_softmax_ok_but(logits, targets, input_lengths, target_lengths):
    # log of softmax ok but reduction sum
    return F.ctc_loss(logits.log_softmax(2), targets, input_lengths, target_lengths, reduction="sum")


def regression_loss__target_unsqueezed_wrongly_1(prediction, target):
    # target unsqueezed wrongly to (1, N)
    return F.mse_loss(prediction, target[None, :].expand(len(target), -1))


def language_model_loss__per_token_sum(logits, target, padding):
    # per-token sum
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=padding, reduction="sum")


# ---- the floors ------------------------------------------------------------------------------------------------------


def _entropy(p):
    return -torch.xlogy(p, p).sum()


def _four(counts, label_smoothing, weight, **other):
    """The right numbers, but for those that are named."""
    k = len(counts)
    times = counts if weight is None else counts * weight
    f = (1 - label_smoothing) * times / times.sum() + label_smoothing / k
    q = torch.full_like(counts, label_smoothing / k)
    q[0] = 1 - label_smoothing + label_smoothing / k
    numbers = {
        "nothing": torch.log(torch.tensor(float(k))),
        "known": _entropy(f),
        "twice": torch.log(torch.e + torch.tensor(k - 1.0)) - q[0],
        "best": _entropy(q),
        **other,
    }
    return torch.stack([torch.as_tensor(x, dtype=counts.dtype) for x in numbers.values()])


def loss_floors__best_is_zero(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, weight, best=0.0)


def loss_floors__known_is_ln_k(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, weight, known=math.log(len(counts)))


def loss_floors__plain_frequencies(counts, label_smoothing=0.0, weight=None):
    times = counts if weight is None else counts * weight
    return _four(counts, label_smoothing, weight, known=_entropy(times / times.sum()))


def loss_floors__plain_double_softmax(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, weight, twice=math.log(1 + (len(counts) - 1) / math.e))


def loss_floors__k_others(counts, label_smoothing=0.0, weight=None):
    right = 1 - label_smoothing + label_smoothing / len(counts)
    return _four(counts, label_smoothing, weight, twice=math.log(math.e + len(counts)) - right)


def loss_floors__spread_over_the_wrong(counts, label_smoothing=0.0, weight=None):
    q = torch.full_like(counts, label_smoothing / (len(counts) - 1))
    q[0] = 1 - label_smoothing
    return _four(counts, label_smoothing, weight, best=_entropy(q))


def loss_floors__surprise_of_the_right_one(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, weight, best=-math.log(1 - label_smoothing + label_smoothing / len(counts)))


def loss_floors__no_weight(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, None)


def loss_floors__weights_on_terms(counts, label_smoothing=0.0, weight=None):
    f = (1 - label_smoothing) * counts / counts.sum() + label_smoothing / len(counts)
    w = torch.ones_like(f) if weight is None else weight
    return _four(counts, label_smoothing, weight, known=-(w * f * f.log()).sum())


def loss_floors__nan_at_zero(counts, label_smoothing=0.0, weight=None):
    times = counts if weight is None else counts * weight
    f = (1 - label_smoothing) * times / times.sum() + label_smoothing / len(counts)
    return _four(counts, label_smoothing, weight, known=-(f * torch.log(f)).sum())


def loss_floors__majority(counts, label_smoothing=0.0, weight=None):
    times = counts if weight is None else counts * weight
    f = (1 - label_smoothing) * times / times.sum() + label_smoothing / len(counts)
    return _four(counts, label_smoothing, weight, known=-torch.log(f.max()))


def loss_floors__log2(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, weight) / math.log(2)


def loss_floors__exchanged(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, weight)[[0, 1, 3, 2]]


def loss_floors__samples_for_classes(counts, label_smoothing=0.0, weight=None):
    return _four(counts, label_smoothing, weight, nothing=torch.log(counts.sum()))


def loss_floors__target_through_softmax(counts, label_smoothing=0.0, weight=None):
    q = torch.full_like(counts, label_smoothing / len(counts))
    q[0] = 1 - label_smoothing + label_smoothing / len(counts)
    return _four(counts, label_smoothing, weight, twice=-(q * torch.log_softmax(q, 0)).sum())


def loss_floors__no_smoothing(counts, label_smoothing=0.0, weight=None):
    return _four(counts, 0.0, weight)
