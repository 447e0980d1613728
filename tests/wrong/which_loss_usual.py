"""Wrong answers to the exercises of notebook 15, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import math

import torch
import torch.nn.functional as F


def classifier_loss__nll_on_logits(logits, target):
    """nll_loss wants log-probabilities: the log_softmax is missing."""
    return F.nll_loss(logits, target)


def classifier_loss__sum(logits, target):
    """The sum over the batch."""
    return F.cross_entropy(logits, target, reduction="sum")


def classifier_loss__softmax_first(logits, target):
    """A softmax too many."""
    probs = logits.softmax(dim=1)
    return torch.nn.CrossEntropyLoss()(probs, target)


def student_loss__mean(student_logits, teacher_logits, temperature):
    """kl_div's default 'mean' divides by K too."""
    s = F.log_softmax(student_logits / temperature, dim=1)
    t = F.softmax(teacher_logits / temperature, dim=1)
    return F.kl_div(s, t) * temperature**2


def student_loss__reversed(student_logits, teacher_logits, temperature):
    """KL(student||teacher)."""
    s = F.log_softmax(student_logits / temperature, dim=1)
    t = F.log_softmax(teacher_logits / temperature, dim=1)
    return F.kl_div(t, s, reduction="batchmean", log_target=True) * temperature**2


def student_loss__softmax_not_log(student_logits, teacher_logits, temperature):
    """The student's probabilities go where log-probabilities are expected."""
    s = F.softmax(student_logits / temperature, dim=1)
    t = F.softmax(teacher_logits / temperature, dim=1)
    return F.kl_div(s, t, reduction="batchmean") * temperature**2


def fit_loss__reverse(log_q, p):
    """KL(q||p)."""
    q = log_q.exp()
    return (q * (log_q - p.log())).sum(1).mean()


def fit_loss__cross_entropy(log_q, p):
    """The cross-entropy: p's entropy is not taken off."""
    return -(p * log_q).sum(1).mean()


def speech_loss__no_log_softmax(logits, targets, input_lengths, target_lengths):
    """ctc_loss wants log-probabilities."""
    return F.ctc_loss(logits, targets, input_lengths, target_lengths)


def speech_loss__softmax_over_time(logits, targets, input_lengths, target_lengths):
    """log_softmax over the frames, dim 0."""
    return F.ctc_loss(F.log_softmax(logits, 0), targets, input_lengths, target_lengths)


def speech_loss__zero_infinity(logits, targets, input_lengths, target_lengths):
    """zero_infinity hides what does not fit."""
    return torch.nn.CTCLoss(zero_infinity=True)(logits.log_softmax(2), targets, input_lengths, target_lengths)


def regression_loss__broadcast(prediction, target):
    """(N, 1) beside (N,) broadcasts to N by N."""
    return ((prediction - target) ** 2).mean()


def regression_loss__l1(prediction, target):
    """The absolute error."""
    return F.l1_loss(prediction.squeeze(1), target)


def language_model_loss__view_mixed(logits, target, padding):
    """reshape mixes the axes: (N, C, T) by reshape and not by transpose."""
    n, t, c = logits.shape
    return F.cross_entropy(logits.reshape(n, c, t), target, ignore_index=padding)


def language_model_loss__padding_counts(logits, target, padding):
    """The padding is not ignored."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


def language_model_loss__per_sequence(logits, target, padding):
    """Each sequence has the same say: mean of means."""
    losses = F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding, reduction="none")
    real = (target != padding).sum(1)
    return (losses.sum(1) / real).mean()


def loss_floors__weights_forgotten(counts, label_smoothing=0.0, weight=None):
    """weight is not read."""
    k = len(counts)
    p = counts / counts.sum()
    q = (1 - label_smoothing) * p + label_smoothing / k
    out0 = torch.tensor(math.log(k), dtype=counts.dtype)
    out1 = -torch.xlogy(q, q).sum()
    eye = torch.eye(k, dtype=counts.dtype)
    ls = torch.log_softmax(eye, 1)
    t = (1 - label_smoothing) * eye + label_smoothing / k
    out2 = -(t * ls).sum(1)[0]
    out3 = -torch.xlogy(t, t).sum(1)[0]
    return torch.stack([out0, out1, out2, out3])


def loss_floors__floor_zero(counts, label_smoothing=0.0, weight=None):
    """[3] is always 0: label smoothing has a floor above."""
    k = len(counts)
    n = counts if weight is None else counts * weight
    p = n / n.sum()
    q = (1 - label_smoothing) * p + label_smoothing / k
    a = torch.tensor(math.log(k), dtype=counts.dtype)
    b = -torch.xlogy(q, q).sum()
    right = math.log(math.e + k - 1) - 1
    wrong = math.log(math.e + k - 1)
    c = (1 - label_smoothing + label_smoothing / k) * right + label_smoothing * (k - 1) / k * wrong
    return torch.stack([a, b, torch.tensor(c, dtype=counts.dtype), torch.zeros((), dtype=counts.dtype)])
