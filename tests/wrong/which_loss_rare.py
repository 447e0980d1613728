"""Wrong answers to the exercises of notebook 15, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch
import torch.nn.functional as F


def classifier_loss__log_softmax_dim0(logits, target):
    return F.nll_loss(F.log_softmax(logits, dim=0), target)


def classifier_loss__focal(logits, target):
    ce = F.cross_entropy(logits, target, reduction="none")
    return ((1 - torch.exp(-ce)) ** 2 * ce).mean()


def classifier_loss__perplexity(logits, target):
    return F.cross_entropy(logits, target).exp()


def classifier_loss__class_weights_by_frequency(logits, target):
    w = 1.0 / torch.bincount(target, minlength=logits.shape[1]).clamp(min=1).to(logits.dtype)
    return F.cross_entropy(logits, target, weight=w)


def classifier_loss__temperature(logits, target):
    return F.cross_entropy(logits / 2.0, target)


def classifier_loss__normalised_logits(logits, target):
    return F.cross_entropy(F.normalize(logits, dim=1), target)


def classifier_loss__divided_by_log_k(logits, target):
    return F.cross_entropy(logits, target) / math.log(logits.shape[1])


def student_loss__log_softmax_of_teacher_not_flagged(student_logits, teacher_logits, temperature):
    return temperature**2 * F.kl_div(
        F.log_softmax(student_logits / temperature, 1),
        F.log_softmax(teacher_logits / temperature, 1),
        reduction="batchmean",
    )


def student_loss__sum(student_logits, teacher_logits, temperature):
    return temperature**2 * F.kl_div(
        F.log_softmax(student_logits / temperature, 1), F.softmax(teacher_logits / temperature, 1), reduction="sum"
    )


def student_loss__js(student_logits, teacher_logits, temperature):
    a, b = F.softmax(student_logits / temperature, 1), F.softmax(teacher_logits / temperature, 1)
    m = ((a + b) / 2).log()
    return temperature**2 * 0.5 * (F.kl_div(m, a, reduction="batchmean") + F.kl_div(m, b, reduction="batchmean"))


def student_loss__cosine(student_logits, teacher_logits, temperature):
    return (
        1 - F.cosine_similarity(student_logits / temperature, teacher_logits / temperature, dim=1)
    ).mean() * temperature**2


def student_loss__mixed(student_logits, teacher_logits, temperature):
    soft = temperature**2 * F.kl_div(
        F.log_softmax(student_logits / temperature, 1),
        F.softmax(teacher_logits / temperature, 1),
        reduction="batchmean",
    )
    return 0.5 * soft + 0.5 * F.cross_entropy(student_logits, teacher_logits.argmax(1))


def fit_loss__log_target_wrong(log_q, p):
    return F.kl_div(log_q, p.clamp(min=1e-12).log(), reduction="batchmean", log_target=True) * 2


def fit_loss__sum(log_q, p):
    return F.kl_div(log_q, p, reduction="sum")


def fit_loss__nll_argmax(log_q, p):
    return F.nll_loss(log_q, p.argmax(1))


def fit_loss__entropy_of_model(log_q, p):
    return (log_q.exp() * log_q).sum(1).mean() - (p * log_q).sum(1).mean()


def fit_loss__mse_of_probs(log_q, p):
    return F.mse_loss(log_q.exp(), p, reduction="sum") / len(p)


def speech_loss__mean_over_input_lengths(logits, targets, input_lengths, target_lengths):
    each = F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, reduction="none")
    return (each / input_lengths).mean()


def speech_loss__full_length(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(-1), targets, torch.full_like(input_lengths, len(logits)), target_lengths)


def speech_loss__softmax_over_time(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(0), targets, input_lengths, target_lengths)


def speech_loss__sum_reduction(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, reduction="sum")


def speech_loss__double_log_softmax_of_softmax(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.softmax(-1).log_softmax(-1), targets, input_lengths, target_lengths)


def regression_loss__unsqueeze_wrong(prediction, target):
    return F.mse_loss(prediction.T, target.unsqueeze(1))


def regression_loss__rmse(prediction, target):
    return F.mse_loss(prediction.squeeze(1), target).sqrt()


def regression_loss__smooth_l1(prediction, target):
    return F.smooth_l1_loss(prediction.squeeze(1), target)


def regression_loss__relative(prediction, target):
    return (((prediction.squeeze(1) - target) / target) ** 2).mean()


def regression_loss__normalised_by_variance(prediction, target):
    return F.mse_loss(prediction.squeeze(1), target) / target.var(unbiased=False)


def language_model_loss__transpose_time_batch(logits, target, padding):
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=-100)


def language_model_loss__perplexity(logits, target, padding):
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding).exp()


def language_model_loss__last_token_only(logits, target, padding):
    return F.cross_entropy(logits[:, -1], target[:, -1], ignore_index=padding)


def language_model_loss__sum_over_batch(logits, target, padding):
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding, reduction="sum") / len(logits)


def language_model_loss__weight_padding_zero_and_smoothing(logits, target, padding):
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding, label_smoothing=0.1)
