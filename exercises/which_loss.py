"""Which loss when: write your answers here, then score one with `coursekit check classifier_loss`.

Made from solutions/which_loss.py by `coursekit refresh`.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def classifier_loss(logits: Tensor, target: Tensor) -> Tensor:
    """The loss of training A: how surprised a classifier is by the right class, on average.

    Args:
        logits: what the network returns, any real numbers, shape (N, K).
        target: the index of the right class of each sample, shape (N,).

    Returns:
        A single number: the mean over the samples of -ln of the softmax probability of the right class.
    """
    raise NotImplementedError("classifier_loss: write your answer here")


def student_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """The loss of training B: how far a student is from its teacher, both softened.

    Args:
        student_logits: up to ±1000, shape (N, K).
        teacher_logits: up to ±1000, shape (N, K).
        temperature: a positive number T by which all logits are divided before the softmax.

    Returns:
        A single number: T² times the mean over the samples of KL(teacher‖student).
    """
    raise NotImplementedError("student_loss: write your answer here")


def fit_loss(log_q: Tensor, p: Tensor) -> Tensor:
    """The loss of training C: makes q cover all that p holds.

    Args:
        log_q: the model's log-probabilities, each row a distribution, shape (N, K).
        p: the data's probabilities, each row a distribution, shape (N, K). It may contain zeros.

    Returns:
        A single number: the mean over the rows of KL(p‖q). inf if the model rules out what p holds.
    """
    raise NotImplementedError("fit_loss: write your answer here")


def speech_loss(logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """The loss of training D: CTC, from what a network returns.

    Args:
        logits: any real numbers, shape (T, N, C). Class 0 is the blank.
        targets: classes from 1 to C - 1, padded with 0 at the end, shape (N, S).
        input_lengths: how many of the T steps belong to each sequence, shape (N,).
        target_lengths: how many of the S classes belong to each sequence, at least 1, shape (N,).

    Returns:
        A single number: -ln of the probability of each target, divided by its length, then the mean over
        the sequences. A target that does not fit into its steps gives inf.
    """
    raise NotImplementedError("speech_loss: write your answer here")


def regression_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """The loss of training E: the mean squared error of a network with one output.

    Args:
        prediction: what the network returns, shape (N, 1).
        target: what was to be predicted, shape (N,).

    Returns:
        A single number: the mean over the N samples of (prediction - target)². NaN if there are none.
    """
    raise NotImplementedError("regression_loss: write your answer here")


def language_model_loss(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """The loss of training F: how surprised a language model is by the real tokens, on average.

    Args:
        logits: any real numbers, one for each of C classes at each place, shape (N, T, C).
        target: the right class at each place, shape (N, T).
        padding: the class that fills up a sequence. Places with this target do not count.

    Returns:
        A single number: the mean over all real tokens of the batch of -ln of the softmax probability of
        the right class. NaN if there is no real token.
    """
    raise NotImplementedError("language_model_loss: write your answer here")


def loss_floors(counts: Tensor, label_smoothing: float = 0.0, weight: Tensor | None = None) -> Tensor:
    """Four numbers to write down before a classifier is trained: where may the curve of its cross-entropy lie flat?

    Args:
        counts: how many samples each of the K classes has, shape (K,), floating point. Some may be 0.
        label_smoothing: ε, from 0 to 0.5: the share of each target that is spread evenly over all K classes.
        weight: one factor for each class (K,): a sample counts as often as the weight of its class says. None: 1.

    Returns:
        Mean losses in nats, shape (4,), dtype of counts:
        [0] of a model that says nothing: all logits equal;
        [1] of a model that knows only how often each class counts, and says so whatever the sample is;
        [2] of a model that is right every time and as sure as can be, with a softmax too many before the loss;
        [3] of a model that is right every time, and just as sure as the targets ask for.
    """

    raise NotImplementedError("loss_floors: write your answer here")
