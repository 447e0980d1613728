"""Wrong answers to the exercises of notebook 15, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import math

import torch
import torch.nn.functional as F


def classifier_loss__bce(logits, target):
    """A sigmoid for each class: binary cross-entropy with one-hot targets."""
    return F.binary_cross_entropy_with_logits(logits, F.one_hot(target, logits.shape[1]).to(logits.dtype))


def classifier_loss__mean_over_classes(logits, target):
    """Divided by K too: mean over all entries of the one-hot product."""
    return -(F.one_hot(target, logits.shape[1]) * logits.log_softmax(1)).mean()


def classifier_loss__softmax_over_batch(logits, target):
    """dim=0."""
    return F.nll_loss(F.log_softmax(logits, dim=0), target)


def student_loss__no_t2(student_logits, teacher_logits, temperature):
    """T squared is forgotten."""
    return F.kl_div(
        F.log_softmax(student_logits / temperature, 1),
        F.softmax(teacher_logits / temperature, 1),
        reduction="batchmean",
    )


def student_loss__mse(student_logits, teacher_logits, temperature):
    """The squared distance of the softened probabilities."""
    return temperature**2 * F.mse_loss(
        (student_logits / temperature).softmax(1), (teacher_logits / temperature).softmax(1)
    )


def fit_loss__mean_elements(log_q, p):
    """kl_div's 'mean'."""
    return F.kl_div(log_q, p, reduction="mean")


def fit_loss__sum(log_q, p):
    """The sum over the rows."""
    return F.kl_div(log_q, p, reduction="sum")


def speech_loss__sum(logits, targets, input_lengths, target_lengths):
    """The sum over the sequences."""
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, reduction="sum")


def speech_loss__blank_last(logits, targets, input_lengths, target_lengths):
    """The last class is taken for the blank."""
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, blank=logits.shape[-1] - 1)


def speech_loss__full_lengths(logits, targets, input_lengths, target_lengths):
    """All T steps count."""
    full = torch.full_like(input_lengths, logits.shape[0])
    return F.ctc_loss(logits.log_softmax(-1), targets, full, target_lengths)


def regression_loss__sum(prediction, target):
    """The sum."""
    return F.mse_loss(prediction[:, 0], target, reduction="sum")


def regression_loss__sorted(prediction, target):
    """Both sides are sorted."""
    return ((prediction.squeeze(-1).sort().values - target.sort().values) ** 2).mean()


def language_model_loss__shifted(logits, target, padding):
    """Shifted by one: the logits at t against the target at t + 1."""
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), target[:, 1:], ignore_index=padding)


def language_model_loss__sum_over_batch(logits, target, padding):
    """Divided by the number of sequences."""
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding, reduction="sum") / len(target)


def loss_floors__bits(counts, label_smoothing=0.0, weight=None):
    """In bits."""
    k = len(counts)
    n = counts if weight is None else counts * weight
    q = (1 - label_smoothing) * n / n.sum() + label_smoothing / k
    t = torch.full((k,), label_smoothing / k, dtype=counts.dtype)
    t[0] += 1 - label_smoothing
    one = torch.zeros(k, dtype=counts.dtype)
    one[0] = 1
    return torch.stack(
        [
            torch.tensor(math.log(k), dtype=counts.dtype),
            -torch.xlogy(q, q).sum(),
            -(t * one.log_softmax(0)).sum(),
            -torch.xlogy(t, t).sum(),
        ]
    ) / math.log(2)


def loss_floors__prior_not_smoothed(counts, label_smoothing=0.0, weight=None):
    """[1] is the entropy of the counts: smoothing is forgotten there."""
    k = len(counts)
    n = counts if weight is None else counts * weight
    q = n / n.sum()
    t = torch.full((k,), label_smoothing / k, dtype=counts.dtype)
    t[0] += 1 - label_smoothing
    one = torch.zeros(k, dtype=counts.dtype)
    one[0] = 1
    return torch.stack(
        [
            torch.tensor(math.log(k), dtype=counts.dtype),
            -torch.xlogy(q, q).sum(),
            -(t * one.log_softmax(0)).sum(),
            -torch.xlogy(t, t).sum(),
        ]
    )
