"""Wrong answers to the exercises of notebook 15, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import torch.nn.functional as F


def classifier_loss__mean_of_all_logprobs(logits, target):
    return -F.log_softmax(logits, 1).mean()


def classifier_loss__hinge(logits, target):
    return F.multi_margin_loss(logits, target)


def student_loss__no_temperature_square_mean(student_logits, teacher_logits, temperature):
    return F.kl_div(
        F.log_softmax(student_logits / temperature, 1),
        F.softmax(teacher_logits / temperature, 1),
        reduction="batchmean",
    )


def student_loss__cross_entropy_soft(student_logits, teacher_logits, temperature):
    return temperature**2 * F.cross_entropy(student_logits / temperature, F.softmax(teacher_logits / temperature, 1))


def fit_loss__p_log(log_q, p):
    return F.kl_div(p.clamp(min=1e-9).log(), log_q.exp(), reduction="batchmean")


def fit_loss__l1(log_q, p):
    return F.l1_loss(log_q.exp(), p)


def regression_loss__view_column(prediction, target):
    return F.mse_loss(prediction.view(1, -1), target.view(-1, 1))


def regression_loss__mean_prediction_only(prediction, target):
    return (prediction.mean() - target.mean()) ** 2


def language_model_loss__mask_after_mean(logits, target, padding):
    return F.cross_entropy(logits.transpose(1, 2), target) * (target != padding).float().mean()


def language_model_loss__wrong_axis(logits, target, padding):
    return F.nll_loss(F.log_softmax(logits, 1).transpose(1, 2), target, ignore_index=padding)
