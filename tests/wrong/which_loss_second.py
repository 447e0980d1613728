"""Wrong answers to the exercises of notebook 15, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch.nn.functional as F


def classifier_loss__multi_margin(logits, target):
    """A hinge over the classes, not a cross-entropy."""
    return F.multi_margin_loss(logits, target)


def classifier_loss__bce(logits, target):
    """A binary cross-entropy for each class."""
    return F.binary_cross_entropy_with_logits(logits, F.one_hot(target, logits.shape[1]).to(logits.dtype))


def student_loss__mse(student_logits, teacher_logits, temperature):
    """The squared distance of the logits, softened."""
    return F.mse_loss(student_logits / temperature, teacher_logits / temperature) * temperature**2


def fit_loss__cross_entropy(log_q, p):
    """The cross-entropy: the entropy of p is not taken away."""
    return -(p * log_q).sum(1).mean()


def fit_loss__js(log_q, p):
    """The Jensen-Shannon divergence."""
    m = ((log_q.exp() + p) / 2).log()
    return 0.5 * (F.kl_div(m, p, reduction="batchmean") + F.kl_div(m, log_q, reduction="batchmean", log_target=True))


def speech_loss__batch_first(logits, targets, input_lengths, target_lengths):
    """The softmax runs over the samples."""
    return F.ctc_loss(logits.log_softmax(1), targets, input_lengths, target_lengths)


def regression_loss__root(prediction, target):
    """The root of the mean."""
    return F.mse_loss(prediction.squeeze(1), target).sqrt()


def language_model_loss__shifted(logits, target, padding):
    """Shifted by one: place t is compared with the target of t + 1."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), target[:, 1:].flatten(), ignore_index=padding)
