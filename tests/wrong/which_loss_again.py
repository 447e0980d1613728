"""Wrong answers to the exercises of notebook 15, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch.nn.functional as F


def classifier_loss__softmax_twice(logits, target):
    return F.cross_entropy(F.softmax(logits, dim=-1), target)


def classifier_loss__nll_of_softmax(logits, target):
    return F.nll_loss(F.softmax(logits, dim=-1), target)


def classifier_loss__smoothed(logits, target):
    return F.cross_entropy(logits, target, label_smoothing=0.1)


def classifier_loss__one_hot_bce(logits, target):
    return F.binary_cross_entropy_with_logits(logits, F.one_hot(target, logits.shape[1]).to(logits.dtype))


def classifier_loss__mse_to_one_hot(logits, target):
    return F.mse_loss(logits.softmax(-1), F.one_hot(target, logits.shape[1]).to(logits.dtype))


def student_loss__reduction_mean(student_logits, teacher_logits, temperature):
    return temperature**2 * F.kl_div(
        F.log_softmax(student_logits / temperature, -1), F.softmax(teacher_logits / temperature, -1)
    )


def student_loss__swapped(student_logits, teacher_logits, temperature):
    return temperature**2 * F.kl_div(
        F.log_softmax(teacher_logits / temperature, -1),
        F.log_softmax(student_logits / temperature, -1),
        reduction="batchmean",
        log_target=True,
    )


def student_loss__softmax_input(student_logits, teacher_logits, temperature):
    return temperature**2 * F.kl_div(
        F.softmax(student_logits / temperature, -1), F.softmax(teacher_logits / temperature, -1), reduction="batchmean"
    )


def student_loss__dim_zero(student_logits, teacher_logits, temperature):
    return temperature**2 * F.kl_div(
        F.log_softmax(student_logits / temperature, 0),
        F.softmax(teacher_logits / temperature, 0),
        reduction="batchmean",
    )


def fit_loss__reverse(log_q, p):
    return F.kl_div(p.log(), log_q, reduction="batchmean", log_target=True)


def fit_loss__mean(log_q, p):
    return F.kl_div(log_q, p, reduction="mean")


def fit_loss__cross_entropy_only(log_q, p):
    return -(p * log_q).sum(-1).mean()


def fit_loss__exp_q(log_q, p):
    return F.kl_div(log_q.exp(), p, reduction="batchmean")


def speech_loss__no_log_softmax(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits, targets, input_lengths, target_lengths)


def speech_loss__softmax(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.softmax(-1), targets, input_lengths, target_lengths)


def speech_loss__blank_last(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, blank=logits.shape[-1] - 1)


def speech_loss__zero_infinity(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, zero_infinity=True)


def speech_loss__sum(logits, targets, input_lengths, target_lengths):
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, reduction="none").mean()


def regression_loss__broadcast(prediction, target):
    return F.mse_loss(prediction, target)


def regression_loss__l1(prediction, target):
    return F.l1_loss(prediction.squeeze(1), target)


def regression_loss__sum(prediction, target):
    return F.mse_loss(prediction.squeeze(1), target, reduction="sum")


def regression_loss__half(prediction, target):
    return 0.5 * F.mse_loss(prediction.squeeze(1), target)


def language_model_loss__no_ignore(logits, target, padding):
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), target.reshape(-1))


def language_model_loss__zeroed_and_averaged(logits, target, padding):
    each = F.cross_entropy(logits.transpose(1, 2), target, reduction="none")
    return (each * (target != padding)).mean()


def language_model_loss__reshape_not_transposed(logits, target, padding):
    n, t, c = logits.shape
    return F.cross_entropy(logits.reshape(n, c, t), target, ignore_index=padding)


def language_model_loss__shifted(logits, target, padding):
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), target[:, 1:], ignore_index=padding)


def language_model_loss__per_sequence(logits, target, padding):
    each = F.cross_entropy(logits.transpose(1, 2), target, reduction="none", ignore_index=padding)
    return (each.sum(1) / (target != padding).sum(1).clamp(min=1)).mean()
